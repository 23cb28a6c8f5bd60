"""The report's pages in order: what each section says. The policies, the plan and the forms have files of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from circle15.outputs.palette import STATUS_STYLES, percent, web_address
from circle15.outputs.report import verdict
from circle15.outputs.report.layout import (
    Answer,
    Block,
    Bullets,
    Cell,
    Column,
    Document,
    Drawing,
    Drawings,
    Front,
    Heading,
    Key,
    Part,
    Row,
    Section,
    Table,
    Text,
    areas_in,
    both,
    column,
    facts,
    note_of,
    numbers,
    plain,
    weight_column,
)
from circle15.outputs.report.model import GAP_AREA_ROWS, CommunityTypes, GapAreaRow, PeopleRow, ReportModel, Shares
from circle15.outputs.report.pages_asked import policies_part
from circle15.outputs.report.pages_beside import beside_part
from circle15.outputs.report.pages_plan import plan_part
from circle15.outputs.report.sketch import Sketch
from circle15.outputs.report.wording import CHECKED, DASH, JUDGED, USUAL, amount, decimals, minutes, number, number_zh
from circle15.schema import STATUSES
from circle15.words import Words

_TOP_GAPS = 5

SERIES: Final = Words(zh="一刻钟社区服务圈评估报告", en="15-minute community service circle: report")


def report_document(model: ReportModel, sketch: Sketch, gap_sketches: Sequence[tuple[int, Sketch]]) -> Document:
    """Order what a report says into sections.

    Parameters
    ----------
    sketch : the map of the whole scope.
    gap_sketches : maps of gap areas, each with the area's place in the model's list.
    """
    sections = [
        _places(model, sketch), _matrix(model), _scores(model), _gap_areas(model, gap_sketches), policies_part(model),
        plan_part(model), *([beside_part(model)] if model.beside.given else []), _quality(model), _method(model),
    ]  # fmt: skip
    return Document(
        series=SERIES,
        title=verdict.headline(model),
        meta=meta_of(model),
        front=_front(model),
        sections=tuple(
            Section(number=i, head=head, blocks=blocks, fresh=i in {2, 3})
            for i, (head, blocks) in enumerate(sections, start=2)
        ),
        source=model.about.get("attribution") or DASH,
        address=web_address(model.about.get("licence_url")),
        data_date=model.about.get("data_date") or DASH,
    )


def meta_of(model: ReportModel) -> tuple[tuple[Words, str], ...]:
    """What identifies a report."""
    about = model.about
    rows = [
        (Words(zh="数据日期", en="data of"), about.get("data_date") or DASH),
        (Words(zh="研究编号", en="study"), about.get("study_id") or DASH),
    ]
    if about.get("map_review_number"):
        rows.append((Words(zh="审图号", en="map review number"), about["map_review_number"]))
    return tuple(rows)


def _front(model: ReportModel) -> Front:
    total = amount(model.weight, model.unit)
    judged = sum(row.judged != "none" for row in model.kinds)
    return Front(
        lead=verdict.lead(model),
        alerts=verdict.alerts(model),
        tiles=(
            (number(model.n_residences), Words(zh="处居住点", en="residences")),
            (total.zh, model.unit.what),
            (f"{judged} / {len(model.kinds)}", Words(zh="类可判定", en="kinds to judge")),
            (str(len(model.top_gaps)), Words(zh="类有缺口", en="kinds in gap")),
        ),
        average=model.average,
        of=Words(zh=f"分母：{total.zh}×27类", en=f"of {total.en} × 27 kinds"),
        answers=tuple(
            Answer(head=one.head, lines=one.lines, table=_top_gaps(model) if one.key == "lacking" else None)
            for one in verdict.findings(model)
        ),
    )


def _top_gaps(model: ReportModel) -> Table | None:
    if not model.top_gaps:
        return None
    return Table(
        name="top",
        columns=(
            column("类别", "kind", width_mm=46), numbers(f"缺口（{model.unit.unit.zh}）", "in gap", width_mm=28),
            numbers("占比", "share", width_mm=22), column("主要在", "mostly in"),
        ),
        bodies=(
            tuple(
                Row(
                    cells=(
                        both(gap.words), plain(number_zh(gap.weight)), plain(percent(gap.share)),
                        plain("、".join(f"{area.words.zh} {number_zh(weight)}" for area, weight in gap.where[:3])),
                    )
                )
                for gap in model.top_gaps[:_TOP_GAPS]
            ),
        ),
        dense=True,
    )  # fmt: skip


def _places(model: ReportModel, sketch: Sketch) -> Part:
    total = amount(model.weight, model.unit)
    caption = Words(
        zh=f"占比的分母：{total.zh}；括号内为居住点数。缺口只计能判定的类别。上北下南。",
        en=(
            f"Shares of {total.en}; residences in brackets. Gaps are counted among the kinds that can be judged. North "
            "is up."
        ),
    )
    drawing = Drawing(sketch=sketch, caption=caption)
    if not model.divided:
        return Words(zh="地图", en="Map"), (drawing,)
    what = model.unit.what
    table = Table(
        name="glance",
        columns=(
            column("社区", "community", width_mm=32), weight_column(model), column("27类平均", "mean of the 27 kinds"),
            numbers("得分", "score", width_mm=26), numbers("最差十分之一", "worst decile", width_mm=26),
        ),
        bodies=(
            tuple(
                Row(
                    cells=(
                        both(row.area.words), plain(number(row.average.weight)), Cell(five=row.average),
                        plain(pair(row.score.mean) if row.score else DASH),
                        plain(pair(row.score.worst) if row.score else DASH),
                    )
                )
                for row in model.glance
            ),
        ),
        dense=True,
    )  # fmt: skip
    note = Words(
        zh=f"分母：该社区在本报告范围内的{what.zh}×27类。得分成对：只算已确认 / 连同可能；跨区的社区不列得分。",
        en=(
            f"Of the community's {what.en} here × 27 kinds. Scores: confirmed / with possible; none for communities "
            "that lie in part elsewhere."
        ),
    )
    glance = (Heading(words=Words(zh="各社区一览", en="Communities at a glance")), Key(), table, note_of(note))
    types = () if model.types is None else _types(model, model.types)
    return Words(zh="地图与各社区一览", en="Map, communities at a glance"), (drawing, *glance, *types)


def _types(model: ReportModel, found: CommunityTypes) -> tuple[Block, ...]:
    head = Heading(words=Words(zh="社区类型（全研究区）", en="Types of communities (whole study)"))
    if found.silhouette is None:
        only = found.types[0].words
        return head, Text(words=Words(zh=f"没有分出类型：{only.zh}。", en=f"No types: {only.en}."), style="none")
    note = Words(
        zh=(
            f"按各类“可达、缺数据、缺口”的占比聚类，分为{len(found.types)}类，轮廓系数{decimals(found.silhouette, 2)}"
            "（越近1越分明）；类型以与全部社区平均差别最大的类别命名。"
        ),
        en=(
            f"Communities clustered by the shares covered, unknown and in gap of every kind: {len(found.types)} types, "
            f"silhouette {decimals(found.silhouette, 2)} (the nearer to 1, the clearer); named by the kinds in which "
            "a type differs most from the mean."
        ),
    )
    table = Table(
        name="types",
        columns=(
            numbers("类型", "type", width_mm=12), column("特征", "what sets it apart", width_mm=74),
            numbers("社区数", "communities", width_mm=22), weight_column(model),
            column("本报告范围内", "in this report"),
        ),
        bodies=(
            tuple(
                Row(
                    cells=(
                        plain(str(one.number)), both(one.words), plain(str(one.n_communities)),
                        plain(number(one.weight)), plain(areas_in(one.here, most=12)),
                    )
                )
                for one in found.types
            ),
        ),
        name_at=1,
    )  # fmt: skip
    return head, note_of(note), table


def pair(values: tuple[float, float]) -> str:
    """Write a score: confirmed, and with what is possible."""
    return f"{percent(values[0])} / {percent(values[1])}"


def _matrix(model: ReportModel) -> Part:
    what = model.unit.what
    note = Words(
        zh=(
            f"每格：该社区{what.zh}中五种状态的占比，合计100%；0不列出。分母见表头。● 全部社区可判定有无，"
            "◐ 部分社区可判定，○ 资料不完整、不能判定缺口。±：步行速度变化20%时结论会变的占比（不稳健）。"
        ),
        en=(
            f"Each cell: the five shares of the community's {what.en} (denominator in the head); zeros are left out. "
            "● judged in every community, ◐ in some, ○ data incomplete, no gap can be seen. ±: share not robust, whose "
            "verdict changes between 0.8 and 1.2 times the speed."
        ),
    )
    columns = tuple(
        (area.words, tuple(row.cells[i] for row in model.kinds))
        for i, area in enumerate(model.communities if model.divided else ())
    )
    return Words(zh="27类×社区", en="The 27 kinds by community"), (Key(), note_of(note), *matrix_tables(model, columns))


def matrix_tables(model: ReportModel, columns: Sequence[tuple[Words, tuple[Shares, ...]]]) -> tuple[Table, ...]:
    """The 27 kinds by area: five areas beside the total, then six a table, as many as A4 holds."""
    n = len(columns)
    return tuple(
        _matrix_part(model, columns[start : start + (6 if start else 5)], total=start == 0)
        for start in (0, *range(5, n, 6))
    )


def _matrix_part(model: ReportModel, columns: Sequence[tuple[Words, tuple[Shares, ...]]], *, total: bool) -> Table:
    names = [Column(head=Cell(zh="类别", en="kind"), width_mm=32)]
    if total:
        of = Words(zh=amount(model.weight, model.unit).zh, en="")
        names.append(Column(head=Cell(zh="合计", en="total", small=of), width_mm=36))
    for words, cells in columns:
        of = Words(zh=amount(cells[0].weight, model.unit).zh, en="")
        names.append(Column(head=both(words, small=of), width_mm=22.8))
    bodies = []
    at = 0
    for group in model.matrix:
        rows = [Row(cells=(Cell(zh=group.words.zh, en=group.words.en, wide=True),), style="group")]
        for i, row in enumerate(group.rows, start=at):
            shaky = f"± {percent(row.not_robust)}" if row.not_robust > 0 else ""
            first = (
                both(row.words, mark=JUDGED[row.judged].zh[0]),
                *([Cell(five=row.total, shaky=shaky)] if total else []),
            )
            rows.append(Row(cells=(*first, *(Cell(five=cells[i]) for _, cells in columns))))
        at += len(group.rows)
        bodies.append(tuple(rows))
    return Table(name="matrix", columns=tuple(names), bodies=tuple(bodies), dense=True)


def _scores(model: ReportModel) -> Part:
    head = Words(zh="得分", en="Scores")
    if not model.scores:
        return head, (Text(words=Words(zh="没有得分。", en="No scores."), style="none"),)
    total = amount(model.weight, model.unit)
    note = Words(
        zh=(
            "成对：只算已确认 / 连同可能。最差十分之一：可达最少的10%权重。"
            f"五色条：各类五种状态占比的平均，分母{total.zh}。"
        ),
        en=(
            "Pairs: confirmed / with possible. Worst decile: the tenth of the weight that reaches least. Bars: the "
            f"five shares, mean of the kinds, of {total.en}."
        ),
    )
    table = Table(
        name="scores",
        columns=(
            column("范围", "scope", width_mm=40), numbers("类数", "kinds", width_mm=16),
            numbers("平均得分", "mean score", width_mm=28), numbers("最差十分之一", "worst decile", width_mm=28),
            column("五种状态", "five statuses"),
        ),
        bodies=(
            tuple(
                Row(
                    cells=(
                        both(row.words), plain(str(row.n_kinds)), plain(pair(row.mean)), plain(pair(row.worst)),
                        plain("") if row.average is None else Cell(five=row.average),
                    ),
                    style="" if i else "sum",
                )
                for i, row in enumerate(model.scores)
            ),
        ),
    )  # fmt: skip
    return head, (note_of(note), Key(), table, *_people(model))


def _people(model: ReportModel) -> tuple[Block, ...]:
    """The elderly, minors and the disabled beside everybody, where a register counts them."""
    if not model.people:
        return ()
    note = Words(
        zh=(
            f"分母：登记表所填的该人群人数；没有统计的居住点不计。全体按{model.unit.what.zh}计。"
            "各社区、各类别见 group_shares.parquet。"
        ),
        en=(
            "Of the group's people as the register counts them; residences where nobody counted are left out. "
            f"Everybody: by {model.unit.what.en}. Each community and kind: group_shares.parquet."
        ),
    )
    table = Table(
        name="people",
        columns=(
            column("人群", "group", width_mm=26), numbers("人数", "people", width_mm=18),
            numbers("居住点", "residences", width_mm=18), column("27类平均", "mean of the 27 kinds"),
            column("缺口最大的类别（该人群 / 全体）", "most in gap (the group / everybody)"),
        ),
        bodies=(
            tuple(
                Row(
                    cells=(
                        both(row.words), plain(number(row.average.weight)), plain(number(row.average.n_residences)),
                        Cell(five=row.average), _worst(row),
                    )
                )
                for row in model.people
            ),
        ),
    )  # fmt: skip
    head = Words(zh="老年人、未成年人、残疾人", en="The elderly, minors, the disabled")
    return Heading(words=head), table, note_of(note)


def _worst(row: PeopleRow) -> Cell:
    if not row.worst:
        return plain(DASH)
    figures = [(words, f"{percent(share)} / {percent(of_all)}") for words, share, of_all in row.worst]
    return Cell(
        zh="；".join(f"{words.zh} {told}" for words, told in figures),
        en="; ".join(f"{words.en} {told}" for words, told in figures),
    )


def _gap_areas(model: ReportModel, sketches: Sequence[tuple[int, Sketch]]) -> Part:
    head = Words(zh="缺口片区", en="Gap areas")
    if not model.gap_areas:
        nothing = Words(zh="没有缺口片区。“缺数据”不算缺口。", en="No gap areas. Unknown is not a gap.")
        return head, (Text(words=nothing, style="none"),)
    note = Words(
        zh=(
            f"步行150米内相邻、缺同一类的居住点合为一片，按{model.unit.what.zh}从大到小。同一居住点缺几类就在几片里，"
            "各片不能相加。"
        ),
        en=(
            "Residences within 150 m on foot that lack the same kind, largest first. A residence counts once for each "
            "kind it lacks, so areas don't add up."
        ),
    )
    shown, rest = model.gap_areas[:GAP_AREA_ROWS], model.gap_areas[GAP_AREA_ROWS:]
    table = Table(
        name="places",
        columns=(
            numbers("号", "no.", width_mm=10), column("类别", "kind", width_mm=40), weight_column(model),
            numbers("居住点", "residences", width_mm=19), numbers("最近一处（分钟）", "nearest, min", width_mm=22),
            column("主要原因", "main cause", width_mm=40), column("社区", "community"),
        ),
        bodies=(tuple(_gap_area_row(i, row) for i, row in enumerate(shown, start=1)),),
        name_at=1,
    )  # fmt: skip
    blocks: list[Block] = [note_of(note), table]
    if rest:
        total = amount(sum(row.weight for row in rest), model.unit)
        blocks.append(
            Text(
                words=Words(
                    zh=f"另有{number(len(rest))}个较小的片区（合计{total.zh}，按类累计），见 gap_areas.parquet。",
                    en=f"And {number(len(rest))} smaller ones ({total.en}, summed over kinds): see gap_areas.parquet.",
                )
            )
        )
    partly = any(row.partly for row in shown)
    nearest = Words(
        zh="最近一处：在两倍时限内找到的最近设施的平均步行时间；“–”表示两倍时限内没有。"
        + ("*片区跨出本区，数字为整片。" if partly else ""),
        en="Nearest: mean walk to the nearest site within twice the limit; a dash where there is none."
        + (" *The area crosses the district's border; figures are of the whole." if partly else ""),
    )
    blocks.append(note_of(nearest))
    if sketches:
        blocks += [
            Heading(words=Words(zh="最大的缺口片区在哪里", en="Where the largest gap areas are")),
            Drawings(sketches=tuple((sketch, _gap_caption(model, i + 1, shown[i])) for i, sketch in sketches)),
            note_of(
                Words(
                    zh=(
                        "橙色：缺这一类的居住点；灰色：其余居住点；紫线：片区范围；蓝色菱形：这一类的设施（实心已确认，"
                        "空心为可能或推断）；黑圆：方案在此新增这一类，编号见第7节。"
                    ),
                    en=(
                        "Orange: residences that lack the kind; grey: the others; violet line: the gap area; blue "
                        "diamond: a site of the kind (filled: confirmed, hollow: possible or implied); black disc: the "
                        "plan opens one here, numbered as in section 7."
                    ),
                )
            ),
        ]
    return head, tuple(blocks)


def _gap_area_row(i: int, row: GapAreaRow) -> Row:
    star = "*" if row.partly else ""
    return Row(
        cells=(
            plain(str(i)), both(row.kind), plain(f"{number(row.weight)}{star}"),
            plain(f"{number(row.n_residences)}{star}"), plain(minutes(row.nearest_s)), both(row.cause),
            plain(areas_in(row.where)),
        )
    )  # fmt: skip


def _gap_caption(model: ReportModel, i: int, row: GapAreaRow) -> Words:
    weight = amount(row.weight, model.unit)
    return Words(zh=f"{i} {row.kind.zh}：{weight.zh}，{areas_in(row.where)}", en=f"{row.kind.en}: {weight.en}")


def _quality(model: ReportModel) -> Part:
    quality = model.quality
    n = len(quality.communities)
    heads = (
        ("步行道路（公里）", "street, km"), ("每公里设施", "sites per km"), ("要求", "asked"),
        ("声明完整", "declared"), ("算作完整", "complete"),
    )  # fmt: skip
    of_communities = Table(
        name="density",
        columns=(
            column("社区", "community", width_mm=32), weight_column(model),
            *(numbers(*head, width_mm=19) for head in heads), column("结论", "verdict"),
        ),
        bodies=(
            tuple(
                Row(
                    cells=(
                        both(row.area.words), plain(number(row.weight)), plain(decimals(row.street_km)),
                        plain(decimals(row.density_per_km, 2)), plain(decimals(row.needed_per_km, 2)),
                        plain(str(row.declared)), plain(str(row.complete)),
                        Cell(zh=CHECKED[row.checked].zh, en=CHECKED[row.checked].en, tone="strong" if row.thin else ""),
                    ),
                    style="thin" if row.thin else "",
                )
                for row in quality.communities
            ),
        ),
    )  # fmt: skip
    of_kinds = Table(
        name="layers",
        columns=(
            column("类别", "kind", width_mm=48), numbers("匹配到的设施", "matched sites", width_mm=20),
            numbers("声明完整的社区", "declared in", width_mm=22),
            numbers("算作完整的社区", "complete in", width_mm=22),
            column("为什么不算完整（社区数）", "why not, in how many"),
            column("中国的一般情况（仅供参考）", "usual in China, a hint", width_mm=26),
        ),
        bodies=(
            tuple(
                Row(
                    cells=(
                        both(row.words), plain(number(row.n_features)), plain(f"{row.declared} / {n}"),
                        plain(f"{row.complete} / {n}"),
                        Cell(
                            zh="；".join(f"{words.zh}（{count}）" for words, count in row.why) or DASH,
                            en="; ".join(f"{words.en} ({count})" for words, count in row.why),
                        ),
                        both(USUAL[row.completeness_cn]),
                    )
                )
                for row in quality.kinds
            ),
        ),
    )  # fmt: skip
    blocks: list[Block] = [
        Text(words=verdict.density(model), style="lines"), of_communities, of_kinds,
        Heading(words=Words(zh="合并、矛盾与核实", en="Merges, conflicts, and what to check")),
        facts(verdict.checks(model), "checks"),
    ]  # fmt: skip
    if quality.warnings:
        blocks += [Heading(words=Words(zh="警告", en="Warnings")), Bullets(items=quality.warnings)]
    return Words(zh="数据质量", en="Data quality"), tuple(blocks)


def _method(model: ReportModel) -> Part:
    statuses = [
        Row(
            cells=(
                Cell(mark=style.letter, zh=style.zh, en=style.en, tone=status),
                Cell(zh=style.read_zh, en=style.read_en),
            )
        )
        for status, style in ((one, STATUS_STYLES[one]) for one in STATUSES)
    ]  # fmt: skip
    told = (*verdict.definitions(), *verdict.method(model), *verdict.source(model))
    rows = [*statuses, *(Row(cells=(both(label), both(text))) for label, text in told)]
    return Words(zh="方法与来源", en="Method and provenance"), (Table(name="facts", columns=(), bodies=(tuple(rows),)),)
