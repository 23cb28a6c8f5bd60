"""The comparison of a study's districts: one page and one workbook, the districts in order of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from circle15.outputs.palette import percent, web_address
from circle15.outputs.report import verdict
from circle15.outputs.report.book import FIVE, PAIR, Sheet, Value, five_of, workbook_of
from circle15.outputs.report.book import Column as Head
from circle15.outputs.report.layout import (
    Block,
    Cell,
    Document,
    Key,
    Row,
    Section,
    Table,
    Text,
    both,
    column,
    facts,
    note_of,
    numbers,
    plain,
    weight_column,
)
from circle15.outputs.report.model import VERDICTS, ReportModel
from circle15.outputs.report.pages import matrix_tables, meta_of, pair
from circle15.outputs.report.wording import DASH, MET, amount, number, plural
from circle15.schema import NO_AREA
from circle15.words import Words

_SERIES = Words(
    zh="一刻钟社区服务圈评估：各街道（区）比较", en="15-minute community service circle: districts compared"
)
_MOST_LACKED = 3


def summary_document(whole: ReportModel, districts: Sequence[ReportModel]) -> Document:
    """Lay the districts of a study side by side.

    Parameters
    ----------
    whole : the whole study.
    districts : its districts, in the order in which they are to be shown.
    """
    note = Words(
        zh=(
            f"五色条：27类五种状态占比的平均，分母为该街道（区）的{whole.unit.what.zh}×27类。"
            "得分成对：只算已确认 / 连同可能。最缺的类别：缺口占该街道（区）权重的比例。"
            "指标：达标 / 未达标 / 不能判定的条数。缺数据多的街道（区）不宜据此排名。"
        ),
        en=(
            f"Bars: the five shares, mean of the 27 kinds, of the district's {whole.unit.what.en} × 27. Scores: "
            "confirmed / with possible. Most lacked: gap as a share of the district's weight. Indicators: met / not "
            "met / undetermined. Where much is unknown, ranks mean little."
        ),
    )
    compared: tuple[Block, ...] = (
        Text(words=_lead(whole, districts), style="lines"),
        Key(),
        note_of(note),
        _compared(whole, districts),
    )
    columns = [(_name(one), tuple(row.total for row in one.kinds)) for one in districts]
    told = (*verdict.definitions(), *verdict.method(whole), *verdict.source(whole))
    sections: tuple[tuple[Words, tuple[Block, ...]], ...] = (
        (Words(zh="各街道（区）比较", en="Districts compared"), compared),
        (Words(zh="27类×街道（区）", en="The 27 kinds by district"), (Key(), *matrix_tables(whole, columns))),
        (Words(zh="方法与来源", en="Method and provenance"), (facts(told),)),
    )
    return Document(
        series=_SERIES,
        title=whole.study,
        meta=meta_of(whole),
        front=None,
        sections=tuple(
            Section(number=i, head=head, blocks=blocks, fresh=i == 2)
            for i, (head, blocks) in enumerate(sections, start=1)
        ),
        source=whole.about.get("attribution") or DASH,
        address=web_address(whole.about.get("licence_url")),
        data_date=whole.about.get("data_date") or DASH,
    )


def _name(model: ReportModel) -> Words:
    return Words(zh="全研究区", en="whole study") if model.scope is None else model.scope.words


def _lead(whole: ReportModel, districts: Sequence[ReportModel]) -> Words:
    total = amount(whole.weight, whole.unit)
    named = [one for one in districts if one.scope is not None and one.scope.area_id != NO_AREA] or districts
    most = {
        status: max(named, key=lambda one: one.average.of(status) if one.weight > 0 else -1.0)
        for status in ("gap", "unknown")
    }
    gap, unknown = (percent(model.average.of(status)) for status, model in most.items())
    worst, darkest = (_name(model) for model in most.values())
    return Words(
        zh=(
            f"{len(named)}个街道（区），按{whole.unit.what.zh}计共{total.zh}。27类平均缺口占比最高的是{worst.zh}"
            f"（{gap}），缺数据占比最高的是{darkest.zh}（{unknown}）。"
        ),
        en=(
            f"{plural(len(named), 'district')}, {total.en} in all. The largest mean share in gap: {worst.en} ({gap}); "
            f"the largest unknown: {darkest.en} ({unknown})."
        ),
    )


def _compared(whole: ReportModel, districts: Sequence[ReportModel]) -> Table:
    rows = []
    for one in (*districts, whole):
        scores = one.scores[0] if one.scores else None
        lacked = "、".join(f"{gap.words.zh} {percent(gap.share)}" for gap in one.top_gaps[:_MOST_LACKED])
        cells = (
            both(_name(one)), plain(number(one.weight)), Cell(five=one.average),
            plain(pair(scores.mean) if scores else DASH), plain(pair(scores.worst) if scores else DASH),
            plain(lacked or DASH), plain(" / ".join(str(n) for n in _met(one))),
        )  # fmt: skip
        rows.append(Row(cells=cells, style="sum" if one is whole else ""))
    return Table(
        name="glance",
        columns=(
            column("街道（区）", "district", width_mm=26), weight_column(whole),
            column("27类平均", "mean of the 27 kinds", width_mm=40), numbers("得分", "score", width_mm=22),
            numbers("最差十分之一", "worst decile", width_mm=22), column("最缺的类别", "most lacked"),
            numbers("指标", "indicators", width_mm=20),
        ),
        bodies=(tuple(rows),),
    )  # fmt: skip


def _met(model: ReportModel) -> tuple[int, ...]:
    """How many indicators with a target are met, aren't, and can't be judged."""
    found = [row.met for policy in model.policies for one in policy.requirements for row in one.rows if not row.aimless]
    found += [
        row.met
        for policy in model.measures
        for _, rows in policy.requirements
        for row in rows
        if row.met and not row.aimless
    ]
    return tuple(found.count(one) for one in VERDICTS)


def summary_workbook(whole: ReportModel, districts: Sequence[ReportModel], *, date: datetime) -> bytes:
    """Write the comparison as an XLSX file, the same bytes for the same models and date."""
    name = (Head("街道（区）", "district", 20), Head("编号", "id", 14))
    weight = Head(f"{whole.unit.what.zh}（{whole.unit.unit.zh}）", whole.unit.what.en, 14, "amount")
    homes = Head("居住点", "residences", 10, "amount")
    rows: list[Sequence[Value]] = []
    cells: list[Sequence[Value]] = []
    for one in (*districts, whole):
        named = (_name(one).zh, one.scope.area_id if one.scope else None)
        scores = one.scores[0] if one.scores else None
        lacked = "、".join(gap.words.zh for gap in one.top_gaps[:_MOST_LACKED])
        pairs = (*scores.mean, *scores.worst) if scores else (None,) * len(PAIR)
        rows.append((*named, *five_of(one.average), *pairs, *one.lacking, lacked, *_met(one)))
        cells += [(*named, row.words.zh, row.words.en, *five_of(row.total)) for row in one.kinds]
    counted = (Head(f"{MET[one].zh}的指标", f"indicators {MET[one].en}", 11, "amount") for one in VERDICTS)
    lacking = (
        Head("至少缺一类", "lacking one or more", 14, "amount"),
        Head("其居住点", "their residences", 10, "amount"),
    )
    sheets = (
        Sheet(
            name="比较 Districts",
            columns=(*name, weight, homes, *FIVE, *PAIR, *lacking, Head("最缺的类别", "most lacked", 34), *counted),
            rows=rows,
        ),
        Sheet(
            name="27类×街道 Matrix",
            columns=(*name, Head("类别", "kind", 16), Head("类别（英文）", "kind, English", 24), weight, homes, *FIVE),
            rows=cells,
            fixed=3,
        ),
    )
    source = f"{whole.about.get('attribution') or DASH} · 数据日期 data of {whole.about.get('data_date') or DASH}"
    return workbook_of(sheets, title=f"{whole.study.zh} · {_SERIES.zh}", source=source, date=date)
