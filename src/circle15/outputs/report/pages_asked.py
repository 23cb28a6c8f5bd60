"""The report's section on what the policies ask: shares, other measures, presence, and what stays open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from circle15.outputs.palette import percent
from circle15.outputs.report.layout import (
    NOTHING,
    Block,
    Cell,
    Heading,
    Part,
    Row,
    Table,
    Text,
    both,
    column,
    note_of,
    numbers,
    plain,
)
from circle15.outputs.report.model import UNANSWERED_ROWS, MeasureRow, ReportModel, Sentence
from circle15.outputs.report.wording import DASH, MET, amount, figure, number, number_zh, span
from circle15.words import Words


def _quote(sentence_id: str, quote: str, *, after: Words, english: str = "") -> Row:
    return Row(
        cells=(Cell(mark=sentence_id, zh=f"「{quote}」", en=english, small=after, beside=True, wide=True),),
        style="quote",
    )


def _policy(name: str) -> Row:
    return Row(cells=(Cell(zh=name, wide=True),), style="group")


def _verdict(met: str) -> Cell:
    return Cell(zh=MET[met].zh, en=MET[met].en, tone=met)


def _each(verdicts: Sequence[tuple[str, int]], areas: Words = NOTHING) -> Cell:
    """How many areas meet it, or don't; `areas` says which, where it isn't the head of the column."""
    zh = "，".join(f"{MET[met].zh}{n}" for met, n in verdicts if n)
    en = ", ".join(f"{MET[met].en} {n}" for met, n in verdicts if n)
    if not areas.zh:
        return Cell(zh=zh or DASH, en=en)
    return Cell(zh=f"{areas.zh}：{zh or DASH}", en=f"{areas.en}: {en or DASH}")


_AIMLESS: Final = Cell(zh="无量化目标", en="no target")


def policies_part(model: ReportModel) -> Part:
    """What the policies ask, with their sentences."""
    blocks: list[Block] = []
    if not model.policies and not model.measures and not model.presence.rows:
        nothing = Words(zh="本次没有选用政策文件。", en="No policy was chosen for this study.")
        blocks.append(Text(words=nothing, style="none"))
    if model.policies:
        blocks += _shares_asked(model)
    if model.measures:
        blocks += _measures_asked(model)
    if model.presence.rows:
        blocks += _presence_asked(model)
    if model.unanswered:
        blocks += _still_open(model)
    return Words(zh="政策指标", en="Policy indicators"), tuple(blocks)


def _shares_asked(model: ReportModel) -> tuple[Block, ...]:
    note = Words(
        zh="达标=已确认的占比已达目标；未达标=即使可能的与缺数据的全算上也达不到；其余为“不能判定”。",
        en=(
            "Met: what is confirmed reaches the target. Not met: not even with everything possible and unknown. Else "
            "undetermined."
        ),
    )
    bodies = []
    for policy in model.policies:
        for i, one in enumerate(policy.requirements):
            of = amount(one.denominator, model.unit).zh
            after = Words(zh=f"规划年 plan year {one.plan_year or DASH}；分母 of {of}", en="")
            rows = [
                *([] if i else [_policy(policy.name)]),
                _quote(one.id, one.quote, after=after, english=one.measures),
            ]
            for row in one.rows:
                told = (row.value_confirmed, row.value_possible, row.share_unknown, row.short, row.threshold)
                ends = (_AIMLESS, plain(DASH)) if row.aimless else (_verdict(row.met), _each(row.communities))
                rows.append(Row(cells=(both(row.words), *(plain(percent(value)) for value in told), *ends)))
            bodies.append(tuple(rows))
    heads = (
        ("已确认", "confirmed"), ("连同可能", "with possible"), ("未知", "unknown"), ("确缺", "short"),
        ("目标", "target"),
    )  # fmt: skip
    table = Table(
        name="policy",
        columns=(
            column("指标", "indicator", width_mm=36), *(numbers(*head, width_mm=17) for head in heads),
            column("结论", "met", width_mm=27), column("各社区", "communities"),
        ),
        bodies=tuple(bodies),
    )  # fmt: skip
    return note_of(note), table


def _measures_asked(model: ReportModel) -> tuple[Block, ...]:
    note = Words(
        zh="逐片区衡量的，列最低至最高，“未知”为还不知道的片区数；其余的“未知”为占分母的比例。",
        en=(
            "Where areas are measured one by one: lowest to highest, and the number of areas not fully known. Else "
            "unknown is a share of the denominator."
        ),
    )
    bodies = []
    for policy in model.measures:
        for i, (sentence, measures) in enumerate(policy.requirements):
            first = measures[0]
            unit = f"单位 in {first.unit.zh} {first.unit.en}"
            of = f"；分母 of {number_zh(first.denominator)}" if first.denominator > 0 else ""
            after = Words(zh=f"{_planned(sentence)}{unit}{of}", en="")
            quote = _quote(sentence.id, sentence.quote, after=after, english=sentence.measures)
            rows = [*([] if i else [_policy(policy.name)]), quote]
            rows += [_measure_row(row, first) for row in measures]
            bodies.append(tuple(rows))
    heads = (("已确认", "confirmed"), ("连同可能", "with possible"), ("未知", "unknown"), ("目标", "target"))
    table = Table(
        name="policy",
        columns=(
            column("指标", "indicator", width_mm=36), *(numbers(*head, width_mm=22) for head in heads),
            column("结论", "met", width_mm=27), column("各片区", "areas"),
        ),
        bodies=tuple(bodies),
    )  # fmt: skip
    return Heading(words=Words(zh="其他单位的要求", en="Requirements in other units")), note_of(note), table


def _planned(sentence: Sentence) -> str:
    return f"规划年 plan year {sentence.plan_year}；" if sentence.plan_year else ""


def _measure_row(row: MeasureRow, first: MeasureRow) -> Row:
    of_its_own = row.denominator > 0 and row.denominator != first.denominator
    small = Words(zh=f"分母 of {number_zh(row.denominator)}", en="") if of_its_own else NOTHING
    unknown = percent(row.unknown) if row.met is not None else f"{number(row.unknown)} / {row.n_areas}"
    target = span(row.threshold, is_share=row.is_share)
    cells = (
        both(row.words, small=small), plain(span(row.confirmed, is_share=row.is_share)),
        plain(span(row.possible, is_share=row.is_share)), plain(unknown),
        plain(target if row.aimless else f"{row.comparison} {target}".strip()),
    )  # fmt: skip
    if row.aimless:
        return Row(cells=(*cells, _AIMLESS, plain(DASH)))
    met = Cell(zh="见各片区", en="see areas") if row.met is None else _verdict(row.met)
    return Row(cells=(*cells, met, _each(row.verdicts, row.areas if row.n_areas else NOTHING)))


def _presence_asked(model: ReportModel) -> tuple[Block, ...]:
    which_zh, which_en = (
        ("含没有居住点的社区", "those without residences too")
        if model.scope is None
        else ("本区有居住点的社区", "those with residences in this district")
    )
    note = Words(
        zh=f"每类设施在几个社区里有（{which_zh}）；只看设施在不在社区内，不看步行。",
        en=(
            f"In how many communities a site of the kind stands ({which_en}); what residents reach across a border "
            "doesn't count here."
        ),
    )
    heads = (
        ("已确认有", "present in"), ("可能有", "possibly in"), ("确无", "absent in"), ("未知", "unknown in"),
        ("要求", "asked"),
    )  # fmt: skip
    rows = []
    for row in model.presence.rows:
        counts = (
            f"{row.confirmed} / {row.n_communities}", str(row.possible), str(row.absent), str(row.unknown),
            figure(row.threshold),
        )  # fmt: skip
        each = plain(DASH) if row.threshold != row.threshold else _each(row.verdicts)
        rows.append(
            Row(cells=(both(row.kind), *(plain(count) for count in counts), each, plain("、".join(row.asked_by))))
        )
    table = Table(
        name="presence",
        columns=(
            column("类别", "kind", width_mm=42), *(numbers(*head, width_mm=16) for head in heads),
            column("各社区", "communities", width_mm=38), column("依据", "asked by"),
        ),
        bodies=(tuple(rows),),
        dense=True,
    )  # fmt: skip
    asked = []
    for name, sentences in model.presence.policies:
        said = " ".join(
            f"{one.id} 「{one.quote}」" + (f" 规划年 plan year {one.plan_year}" if one.plan_year else "")
            for one in sentences
        )
        english = "; ".join(f"{one.id} {one.measures}" for one in sentences if one.measures)
        asked.append(Text(words=Words(zh=f"{name}：{said}", en=english), style="note"))
    head = Heading(words=Words(zh="有没有：按类别、社区", en="Present or not, by kind and community"))
    return head, note_of(note), table, *asked


def _still_open(model: ReportModel) -> tuple[Block, ...]:
    shown, more = model.unanswered[:UNANSWERED_ROWS], len(model.unanswered) - UNANSWERED_ROWS
    table = Table(
        name="open",
        columns=(column("要求", "requirement", width_mm=108), column("由什么回答", "what would answer it")),
        bodies=(
            tuple(
                Row(
                    cells=(
                        Cell(mark=row.id, zh=f"「{row.quote}」", small=Words(zh=row.policy, en="")), both(row.needs),
                    )
                )
                for row in shown
            ),
        ),
    )  # fmt: skip
    note = Words(
        zh=(f"另有{number(more)}条。" if more > 0 else "") + "全部见 unanswered.csv。",
        en=(f"And {number(more)} more. " if more > 0 else "")
        + "All are in unanswered.csv, all figures in indicators.csv.",
    )
    return Heading(words=Words(zh="待补充", en="Still unanswered")), table, note_of(note)
