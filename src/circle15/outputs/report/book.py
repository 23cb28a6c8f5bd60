"""A report as a workbook to check and to reckon with: one sheet a subject, one fact a cell, numbers as numbers.

Shares are fractions shown as percent, times minutes, amounts in the study's weight; an empty cell is a figure that
isn't known. Chinese first, then English. No text becomes a formula, a link or markup, whatever it says.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from circle15.outputs.palette import STATUS_STYLES
from circle15.outputs.report import verdict
from circle15.outputs.report.model import MeasureRow, ProviderRow, ReportModel, Shares
from circle15.outputs.report.wording import CHECKED, JUDGED, MET
from circle15.schema import STATUSES
from circle15.units import s_to_minutes
from circle15.words import Words

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

Value = str | float | None
"""A text, a number, or nothing known."""

_MOST_CHARACTERS: Final = 16_000
"""Half of what a cell holds, for letters that count twice."""
_FOOTER_CHARACTERS: Final = 200
_HEAD_LINES_PT: Final = 48
_FORMS: Final[dict[str, dict[str, object]]] = {
    "text": {"text_wrap": True},
    "share": {"num_format": "0.0%"},
    "amount": {"num_format": "#,##0"},
    "figure": {"num_format": "General"},
    "minutes": {"num_format": "0.0"},
    "degrees": {"num_format": "0.000000"},
}


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its head in both languages, width in characters, and how its numbers are shown."""

    zh: str
    en: str
    width: float = 12
    form: str = "text"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table of a workbook; the first `fixed` columns stay in view."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    fixed: int = 1
    notes: Sequence[Words] = field(default=())


def workbook_of(sheets: Sequence[Sheet], *, title: str, source: str, date: datetime) -> bytes:
    """Write sheets as an XLSX file, the same bytes for the same sheets.

    Parameters
    ----------
    title, source : the head and foot of each printed page.
    date : the data's; workbooks carry one.
    """
    import xlsxwriter  # noqa: PLC0415 - loads where reports are written only

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"title": _text(title), "author": "circle15", "created": date})
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EEF2", "bottom": 1, "font_size": 10}
    )
    forms = {name: book.add_format({"valign": "top", "font_size": 10, **form}) for name, form in _FORMS.items()}
    for sheet in sheets:
        _write(book, sheet, head=head, forms=forms, title=title, source=source)
    book.close()
    return target.getvalue()


def _write(book: Workbook, sheet: Sheet, *, head: Format, forms: dict[str, Format], title: str, source: str) -> None:
    page = book.add_worksheet(sheet.name)
    page.set_row(0, _HEAD_LINES_PT)
    for i, column in enumerate(sheet.columns):
        page.set_column(i, i, column.width)
        page.write_string(0, i, f"{column.zh}\n{column.en}", head)
    for y, row in enumerate(sheet.rows, start=1):
        for x, (value, column) in enumerate(zip(row, sheet.columns, strict=True)):
            _put(page, (y, x), value, form=forms[column.form], plain=forms["text"])
    page.freeze_panes(1, sheet.fixed)
    page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
    page.set_paper(9)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    page.set_header(f"&L{_foot(title)}&R{_foot(sheet.name)}")
    page.set_footer(f"&L&8 {_foot(source)}&R&P / &N")


def _put(page: Worksheet, at: tuple[int, int], value: Value, *, form: Format, plain: Format) -> None:
    if isinstance(value, str):
        page.write_string(*at, _text(value), plain)
    elif value is not None and math.isfinite(value):
        page.write_number(*at, value, form)


def _text(value: str) -> str:
    r"""Text as a cell can hold it.

    >>> _text("<r><t>A</t></r>"), _text("\ud800=1+1")
    ('<r><t>A</t></r> ', '?=1+1')
    """
    text = value.encode("utf-8", "replace").decode("utf-8")[:_MOST_CHARACTERS]
    # XlsxWriter takes a string in these tags for markup of its own and writes it as it stands.
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def _foot(text: str) -> str:
    """Text of a printed page's head or foot, where & begins a code."""
    return _text(text)[: _FOOTER_CHARACTERS // 2].replace("&", "&&")


def report_sheets(model: ReportModel) -> tuple[Sheet, ...]:
    """Lay out a report's figures as tables; those of forms that weren't given are left out."""
    made: tuple[Callable[[ReportModel], Sheet | None], ...] = (
        _verdict, _summary, _matrix, _communities, _scores, _gap_areas, _indicators, _presence, _unanswered, _plan,
        _gains, _unserved, _sites, _types, _providers, _satisfaction, _demands, _inventory, _quality, _layers,
        _method,
    )  # fmt: skip
    return tuple(sheet for make in made if (sheet := make(model)) is not None)


_ZH_EN = (Column("中文", "Chinese", 70), Column("英文", "English", 70))
_COMMUNITY = Column("社区", "community", 20)
_KIND = Column("类别", "kind", 16)
_KIND_EN = Column("类别（英文）", "kind, English", 24)
_AREA_ID = Column("片区编号", "area id", 12)
_LONLAT = (Column("经度", "longitude", 12, "degrees"), Column("纬度", "latitude", 12, "degrees"))
PAIR = (
    Column("平均得分，只算已确认", "mean score, confirmed", 13, "share"),
    Column("平均得分，连同可能", "mean score, with possible", 13, "share"),
    Column("最差十分之一，只算已确认", "worst decile, confirmed", 13, "share"),
    Column("最差十分之一，连同可能", "worst decile, with possible", 13, "share"),
)
FIVE = tuple(Column(STATUS_STYLES[one].zh, STATUS_STYLES[one].en, 10, "share") for one in STATUSES)


def _weight(model: ReportModel) -> Column:
    unit = model.unit
    return Column(f"{unit.what.zh}（{unit.unit.zh}）", unit.what.en, 14, "amount")


def _names(words: Iterable[Words]) -> str:
    return "、".join(one.zh for one in words)


def _verdict(model: ReportModel) -> Sheet:
    rows: list[Sequence[Value]] = [
        ("报告 Report", *_both(verdict.headline(model))),
        ("范围 Scope", *_both(verdict.lead(model))),
    ]
    rows += [("请注意 Note", *_both(one)) for one in verdict.alerts(model)]
    for finding in verdict.findings(model):
        rows += [(f"{finding.head.zh} {finding.head.en}", *_both(line)) for line in finding.lines]
    return Sheet(name="结论 Verdict", columns=(Column("项目", "item", 26), *_ZH_EN), rows=rows)


def _both(words: Words) -> tuple[str, str]:
    return words.zh, words.en


def _summary(model: ReportModel) -> Sheet:
    unit = f"{model.unit.unit.zh} {model.unit.unit.en}"
    judged = [sum(row.judged == word for row in model.kinds) for word in ("all", "some", "none")]
    rows: list[Sequence[Value]] = [
        ("居住点", "residences", model.n_residences, None, "处"),
        (model.unit.what.zh, model.unit.what.en, model.weight, None, unit),
        ("社区", "communities", len([one for one in model.communities if one.area_id != "none"]), None, "个"),
        ("全部社区能判定有无的类别", "kinds judged in every community", judged[0], None, "类 of 27"),
        ("部分社区能判定的类别", "kinds judged in some communities", judged[1], None, "类 of 27"),
        ("不能判定缺口的类别", "kinds that can't be judged", judged[2], None, "类 of 27"),
        ("有缺口的类别", "kinds in gap", len(model.top_gaps), None, "类 of 27"),
        ("至少缺一类", "lacking at least one kind", model.lacking[0], _part(model.lacking[0], model), unit),
        ("至少缺一类的居住点", "residences lacking one or more", model.lacking[1], None, "处"),
        ("未连通", "off the network", model.off_network[0], _part(model.off_network[0], model), unit),
        ("未连通的居住点", "residences off the network", model.off_network[1], None, "处"),
    ]
    rows += [
        (
            f"27类平均：{STATUS_STYLES[one].zh}",
            f"mean of the 27: {STATUS_STYLES[one].en}",
            None,
            model.average.of(one),
            None,
        )
        for one in STATUSES
    ]
    rows += [(f"缺口：{gap.words.zh}", f"gap: {gap.words.en}", gap.weight, gap.share, unit) for gap in model.top_gaps]
    return Sheet(
        name="概要 Summary",
        columns=(
            Column("项目", "item", 30), Column("项目（英文）", "item, English", 34),
            Column("数值", "value", 14, "figure"), Column("占全部权重", "share of the weight", 14, "share"),
            Column("单位", "unit", 18),
        ),
        rows=rows,
    )  # fmt: skip


def _part(weight: float, model: ReportModel) -> float:
    return weight / model.weight if model.weight > 0 else math.nan


def five_of(shares: Shares) -> tuple[Value, ...]:
    """A row's cells: weight, number of residences and the five shares."""
    return (shares.weight, shares.n_residences, *shares.shares)


def _matrix(model: ReportModel) -> Sheet:
    rows: list[Sequence[Value]] = []
    for group in model.matrix:
        for row in group.rows:
            first = (group.words.zh, row.words.zh, row.words.en)
            judged = f"{JUDGED[row.judged].zh} {JUDGED[row.judged].en}"
            rows.append((*first, "合计 total", None, *five_of(row.total), row.not_robust, judged))
            if model.divided:
                rows += [
                    (*first, area.words.zh, area.area_id, *five_of(cell), None, None)
                    for area, cell in zip(model.communities, row.cells, strict=True)
                ]
    return Sheet(
        name="27类×社区 Matrix",
        columns=(
            Column("组", "group", 8), _KIND, _KIND_EN, _COMMUNITY, _AREA_ID, _weight(model),
            Column("居住点", "residences", 10, "amount"), *FIVE, Column("不稳健", "not robust", 10, "share"),
            Column("能否判定缺口", "can gaps be seen", 26),
        ),
        rows=rows,
        fixed=4,
    )  # fmt: skip


def _communities(model: ReportModel) -> Sheet:
    type_of = {area.area_id: one.words.zh for one in (model.types.types if model.types else ()) for area in one.here}
    rows = [
        (
            row.area.words.zh, row.area.area_id, *five_of(row.average),
            *((*row.score.mean, *row.score.worst) if row.score else (None,) * 4), type_of.get(row.area.area_id),
        )
        for row in model.glance
    ]  # fmt: skip
    return Sheet(
        name="社区 Communities",
        columns=(
            _COMMUNITY, _AREA_ID, _weight(model), Column("居住点", "residences", 10, "amount"), *FIVE, *PAIR,
            Column("类型", "type", 40),
        ),
        rows=rows,
    )  # fmt: skip


def _scores(model: ReportModel) -> Sheet:
    rows = [
        (
            row.words.zh, row.words.en, row.n_kinds, *row.mean, *row.worst,
            *(row.average.shares if row.average else (None,) * len(STATUSES)),
        )
        for row in model.scores
    ]  # fmt: skip
    columns = (
        Column("范围", "scope", 16),
        Column("范围（英文）", "scope, English", 20),
        Column("类数", "kinds", 8, "amount"),
    )
    return Sheet(name="得分 Scores", columns=(*columns, *PAIR, *FIVE), rows=rows)


def _gap_areas(model: ReportModel) -> Sheet:
    rows: list[Sequence[Value]] = [
        (
            i, row.kind.zh, row.kind.en, row.weight, row.n_residences, _minutes(row.nearest_s), row.cause.zh,
            row.cause.en, _names(area.words for area in row.where), "是 yes" if row.partly else None, row.lon, row.lat,
            row.gap_area_id,
        )
        for i, row in enumerate(model.gap_areas, start=1)
    ]  # fmt: skip
    return Sheet(
        name="缺口片区 Gap areas",
        columns=(
            Column("号", "no.", 6, "amount"), _KIND, _KIND_EN, _weight(model),
            Column("居住点", "residences", 10, "amount"),
            Column("最近一处（分钟），空为两倍时限内没有", "nearest, min; empty: too far", 20, "minutes"),
            Column("主要原因", "main cause", 26), Column("原因（英文）", "cause, English", 30),
            Column("社区", "community", 30), Column("跨出本区（数字为整片）", "crosses the border: of the whole", 16),
            *_LONLAT, Column("编号", "id", 24),
        ),
        rows=rows,
        fixed=2,
    )  # fmt: skip


def _minutes(seconds: float) -> float:
    return s_to_minutes(seconds) if math.isfinite(seconds) else math.nan


def _counts(verdicts: Sequence[tuple[str, int]]) -> tuple[int, ...]:
    return tuple(n for _, n in verdicts)


_COUNTED = tuple(Column(f"{MET[one].zh}的片区", f"areas {MET[one].en}", 10, "amount") for one in MET)


def _indicators(model: ReportModel) -> Sheet:
    rows: list[Sequence[Value]] = []
    for policy in model.policies:
        for requirement in policy.requirements:
            rows += [
                (
                    policy.name, requirement.id, requirement.quote, _year(requirement.plan_year), row.words.zh,
                    row.words.en, f"占{model.unit.what.zh} share of {model.unit.what.en}", row.value_confirmed, None,
                    row.value_possible, None, row.share_unknown, None, requirement.denominator, "≥", row.threshold,
                    None if row.aimless else f"{MET[row.met].zh} {MET[row.met].en}", *_counts(row.communities),
                )
                for row in requirement.rows
            ]  # fmt: skip
    for measured in model.measures:
        for sentence, measures in measured.requirements:
            rows += [
                (
                    measured.name, sentence.id, sentence.quote, _year(sentence.plan_year), row.words.zh,
                    row.words.en, f"{row.unit.zh} {row.unit.en}", *_span(row.confirmed), *_span(row.possible),
                    *_unknown(row), row.denominator, row.comparison, row.threshold[0],
                    None if row.met is None or row.aimless else f"{MET[row.met].zh} {MET[row.met].en}",
                    *_counts(row.verdicts),
                )
                for row in measures
            ]  # fmt: skip
    return Sheet(
        name="指标 Indicators",
        columns=(
            Column("政策", "policy", 24), Column("编号", "id", 9), Column("原文", "quote", 50),
            Column("规划年", "plan year", 9), Column("指标", "indicator", 16),
            Column("指标（英文）", "indicator, English", 20),
            Column("单位（比例为0至1）", "unit (shares from 0 to 1)", 22),
            Column("已确认（逐片区的为最低）", "confirmed (lowest of areas)", 14, "figure"),
            Column("已确认，各片区最高", "confirmed, highest of areas", 14, "figure"),
            Column("连同可能（逐片区的为最低）", "with possible (lowest of areas)", 14, "figure"),
            Column("连同可能，各片区最高", "with possible, highest of areas", 14, "figure"),
            Column("未知的比例", "share unknown", 10, "figure"),
            Column("不全知道的片区数", "areas not fully known", 12, "amount"), Column("分母", "of", 12, "figure"),
            Column("比较", "compares", 7), Column("目标", "target", 10, "figure"),
            Column("结论，空为没有目标或只逐片区", "met; empty: no target, or by areas only", 18), *_COUNTED,
        ),
        rows=rows,
        fixed=2,
    )  # fmt: skip


def _year(text: str) -> Value:
    return float(text) if text.isdecimal() else text or None


def _span(values: tuple[float, float]) -> tuple[Value, Value]:
    return values[0], None if values[0] == values[1] else values[1]


def _unknown(row: MeasureRow) -> tuple[Value, Value]:
    return (row.unknown, None) if row.met is not None else (None, row.unknown)


def _presence(model: ReportModel) -> Sheet | None:
    if not model.presence.rows:
        return None
    rows: list[Sequence[Value]] = [
        (
            row.kind.zh, row.kind.en, row.n_communities, row.confirmed, row.possible, row.absent, row.unknown,
            row.threshold, *_counts(row.verdicts), "、".join(row.asked_by),
        )
        for row in model.presence.rows
    ]  # fmt: skip
    counted = (("社区", "communities"), ("已确认有", "present in"), ("可能有", "possibly in"), ("确无", "absent in"))
    return Sheet(
        name="有没有 Presence",
        columns=(
            _KIND, _KIND_EN, *(Column(zh, en, 11, "amount") for zh, en in (*counted, ("未知", "unknown in"))),
            Column("要求", "asked", 9, "figure"), *_COUNTED, Column("依据", "asked by", 20),
        ),
        rows=rows,
    )  # fmt: skip


def _unanswered(model: ReportModel) -> Sheet | None:
    if not model.unanswered:
        return None
    rows = [(row.policy, row.id, row.quote, row.needs.zh, row.needs.en) for row in model.unanswered]
    columns = (Column("政策", "policy", 24), Column("编号", "id", 9), Column("原文", "quote", 60))
    needs = (Column("由什么回答", "what would answer it", 40), Column("由什么回答（英文）", "in English", 40))
    return Sheet(name="待补充 Unanswered", columns=(*columns, *needs), rows=rows)


def _plan(model: ReportModel) -> Sheet:
    sites = model.plan.sites if model.plan else ()
    rows = [
        (
            site.rank, site.name, site.where.words.zh, "是 yes" if site.here else "否 no",
            "现有设施增设 in an existing site" if site.existing else "临街新址 street frontage", _names(site.kinds),
            "; ".join(one.en for one in site.kinds), site.gained, site.gained_if_confirmed, site.lon, site.lat,
            site.candidate_id,
        )
        for site in sites
    ]  # fmt: skip
    unit = model.unit.unit.zh
    return Sheet(
        name="方案 Plan",
        columns=(
            Column("号", "no.", 6, "amount"), Column("名称", "name", 24), Column("社区", "community", 20),
            Column("在本报告范围内", "in this report's scope", 12), Column("类型", "what it is", 22),
            Column("设什么", "kinds", 30), Column("设什么（英文）", "kinds, English", 40),
            Column(f"新增可达（{unit}，按类累计）", "gained, summed over kinds", 16, "amount"),
            Column(f"若缺数据也是缺，另增（{unit}）", "more, if unknown is missing", 16, "amount"), *_LONLAT,
            Column("候选点", "candidate", 24),
        ),
        rows=rows,
        fixed=2,
    )  # fmt: skip


def _gains(model: ReportModel) -> Sheet | None:
    plan = model.plan
    if plan is None:
        return None
    unit = f"{model.unit.unit.zh}，按类累计 {model.unit.unit.en}, summed over kinds"
    whole = "全研究区 whole study"
    rows: list[Sequence[Value]] = [
        ("目标值 objective", whole, plan.objective, unit),
        ("上界 bound", whole, plan.bound, unit),
        ("相对差距（0至1） gap to the bound (0 to 1)", whole, plan.gap, None),
        ("缺口总量 demand in gap", whole, plan.demand, unit),
        ("候选点都够不着 beyond every candidate", whole, plan.demand_unreachable, unit),
        ("够得着但仍缺 reachable, still unserved", whole, plan.left_over, unit),
        ("新增上限 at most", whole, plan.p, "处 sites"),
    ]
    for one in plan.community_gains:
        rows += [
            ("现有缺口 in gap now", one.area.words.zh, one.demand, unit),
            ("方案新增可达 gained by the plan", one.area.words.zh, one.gained, unit),
            ("仍缺 still unserved", one.area.words.zh, one.demand - one.gained, unit),
        ]
    columns = (Column("项目", "item", 40), Column("片区", "area", 24), Column("数值", "value", 14, "figure"))
    return Sheet(name="证明与增益 Proof", columns=(*columns, Column("单位", "unit", 44)), rows=rows)


def _unserved(model: ReportModel) -> Sheet | None:
    if model.plan is None or not model.plan.unserved:
        return None
    rows = [
        (row.kind.zh, row.kind.en, row.weight, row.n, _names(area.words for area in row.where))
        for row in model.plan.unserved
    ]
    columns = (_KIND, _KIND_EN, _weight(model), Column("居住点", "residences", 10, "amount"))
    return Sheet(name="够不着 Beyond reach", columns=(*columns, Column("社区", "communities", 60)), rows=rows)


def _sites(model: ReportModel) -> Sheet | None:
    if not model.sites:
        return None
    rows = [
        (
            row.kind.zh, row.kind.en, row.name, row.evidence.zh, row.evidence.en, row.where.words.zh, row.rule,
            row.source, row.opening_hours, row.lon, row.lat, row.site_id,
        )
        for row in model.sites
    ]  # fmt: skip
    return Sheet(
        name="设施 Sites",
        columns=(
            _KIND, _KIND_EN, Column("名称", "name", 28), Column("证据", "evidence", 9),
            Column("证据（英文）", "evidence, English", 11), Column("所在社区", "lies in", 20),
            Column("依据", "the rule that says so", 30), Column("来源", "source", 24),
            Column("开放时间", "opening hours", 20), *_LONLAT, Column("设施编号", "site id", 16),
        ),
        rows=rows,
        fixed=3,
    )  # fmt: skip


def _types(model: ReportModel) -> Sheet | None:
    if model.types is None:
        return None
    rows = [
        (
            one.number, one.words.zh, one.words.en, one.n_communities, one.weight, model.types.silhouette,
            _names(area.words for area in one.here),
        )
        for one in model.types.types
    ]  # fmt: skip
    return Sheet(
        name="社区类型 Types",
        columns=(
            Column("类型", "type", 7, "amount"), Column("名称", "name", 40),
            Column("名称（英文）", "name, English", 44),
            Column("社区数（全研究区）", "communities, whole study", 14, "amount"),
            Column(f"{model.unit.what.zh}（全研究区）", "weight, whole study", 14, "amount"),
            Column("轮廓系数，空为只有一类", "silhouette; empty: one type", 14, "figure"),
            Column("本报告范围内的社区", "communities in this report", 60),
        ),
        rows=rows,
        fixed=2,
    )  # fmt: skip


_STEPS = (
    ("登记", "listed"), ("申报", "applied"), ("通过", "passed"), ("签约", "signed"), ("公示", "published"),
    ("取消", "revoked"), ("三项公开", "tell all"), ("三统一", "common rules"),
)  # fmt: skip


def _providers(model: ReportModel) -> Sheet | None:
    if model.beside.providers is None:
        return None
    names = [one.name for one in fields(ProviderRow) if one.name != "area"]
    rows = [(row.area.zh, *(getattr(row, name) for name in names)) for row in model.beside.providers]
    columns = (_COMMUNITY, *(Column(zh, en, 10, "amount") for zh, en in _STEPS))
    return Sheet(name="服务商 Providers", columns=columns, rows=rows)


def _satisfaction(model: ReportModel) -> Sheet | None:
    if model.beside.satisfaction is None:
        return None
    rows = [
        (
            row.kind.zh, row.kind.en, row.period, row.n_surveys, row.n, row.response_rate, row.score / 100,
            *((row.before[0], row.before[1] / 100) if row.before else (None, None)),
        )
        for row in model.beside.satisfaction
    ]  # fmt: skip
    return Sheet(
        name="满意度 Satisfaction",
        columns=(
            _KIND, _KIND_EN, Column("调查期", "period", 12), Column("调查", "surveys", 9, "amount"),
            Column("有效份数", "answers", 10, "amount"), Column("回收率", "response", 10, "share"),
            Column("满意度（全研究区）", "satisfaction, whole study", 12, "share"),
            Column("上一期", "period before", 12), Column("上一期满意度", "satisfaction then", 12, "share"),
        ),
        rows=rows,
    )  # fmt: skip


def _demands(model: ReportModel) -> Sheet | None:
    if model.beside.demands is None:
        return None
    rows = [(row.area.zh, row.demands, row.matched, row.share) for row in model.beside.demands]
    counted = (Column("需求（条）", "demands", 12, "amount"), Column("已有资源或项目对接", "answered", 14, "amount"))
    columns = (_COMMUNITY, *counted, Column("占需求", "share of the demands", 12, "share"))
    return Sheet(name="需求 Demands", columns=columns, rows=rows)


def _inventory(model: ReportModel) -> Sheet | None:
    if model.beside.inventory is None:
        return None
    rows = [
        (row.category.zh, row.category.en, row.n_items, row.delivered, row.partial, row.share)
        for row in model.beside.inventory
    ]
    counted = (("列出的项目", "items listed"), ("已提供", "delivered"), ("部分提供", "in part"))
    return Sheet(
        name="服务项目 Service items",
        columns=(
            Column("服务类别（全研究区）", "category, whole study", 20),
            Column("类别（英文）", "category, English", 24), *(Column(zh, en, 12, "amount") for zh, en in counted),
            Column("已提供占列出的", "delivered, of those listed", 14, "share"),
        ),
        rows=rows,
    )  # fmt: skip


def _quality(model: ReportModel) -> Sheet:
    rows = [
        (
            row.area.words.zh, row.area.area_id, row.weight, row.street_km, row.density_per_km, row.needed_per_km,
            row.declared, row.complete, f"{CHECKED[row.checked].zh} {CHECKED[row.checked].en}",
        )
        for row in model.quality.communities
    ]  # fmt: skip
    return Sheet(
        name="数据质量 Data quality",
        columns=(
            _COMMUNITY, _AREA_ID, _weight(model), Column("步行道路（公里）", "street, km", 12, "figure"),
            Column("每公里实地调查类设施", "surveyed sites per km", 12, "figure"), Column("要求", "asked", 9, "figure"),
            Column("声明完整的类别", "kinds declared complete", 12, "amount"),
            Column("算作完整的类别", "kinds taken as complete", 12, "amount"), Column("结论", "verdict", 30),
        ),
        rows=rows,
    )  # fmt: skip


def _layers(model: ReportModel) -> Sheet:
    rows = [
        (
            row.words.zh, row.words.en, row.n_features, row.declared, row.complete, len(model.quality.communities),
            "；".join(f"{words.zh}（{n}）" for words, n in row.why),
            "; ".join(f"{words.en} ({n})" for words, n in row.why),
        )
        for row in model.quality.kinds
    ]  # fmt: skip
    counted = (("匹配到的设施", "matched sites"), ("声明完整的社区", "declared in"), ("算作完整的社区", "complete in"))
    return Sheet(
        name="图层 Layers",
        columns=(
            _KIND, _KIND_EN, *(Column(zh, en, 12, "amount") for zh, en in (*counted, ("社区", "communities"))),
            Column("为什么不算完整（社区数）", "why not, in Chinese (communities)", 40),
            Column("为什么不算完整（英文）", "why not, in how many", 40),
        ),
        rows=rows,
    )  # fmt: skip


def _method(model: ReportModel) -> Sheet:
    rows: list[Sequence[Value]] = [
        (
            f"状态 {STATUS_STYLES[one].zh} {STATUS_STYLES[one].en}",
            STATUS_STYLES[one].read_zh,
            STATUS_STYLES[one].read_en,
        )
        for one in STATUSES
    ]
    told = (*verdict.definitions(), (Words(zh="密度检查", en="Density check"), verdict.density(model)))
    for label, text in (*told, *verdict.checks(model), *verdict.method(model), *verdict.source(model)):
        rows.append((f"{label.zh} {label.en}", text.zh, text.en))
    rows += [("警告 Warning", one.zh, one.en) for one in model.quality.warnings]
    return Sheet(name="说明 Method", columns=(Column("项目", "item", 26), *_ZH_EN), rows=rows)


def report_workbook(model: ReportModel, *, date: datetime) -> bytes:
    """Write a report's figures as an XLSX file, the same bytes for the same model and date."""
    told: dict[str, Any] = dict(model.about)
    source = f"{told.get('attribution') or '–'} · 数据日期 data of {told.get('data_date') or '–'}"
    headline = verdict.headline(model).zh
    return workbook_of(report_sheets(model), title=f"{headline} · 一刻钟社区服务圈评估", source=source, date=date)
