"""The report's section on what the planner's forms say; none of it enters the score."""

from __future__ import annotations

from collections.abc import Sequence

from circle15.outputs.palette import percent
from circle15.outputs.report.layout import (
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
from circle15.outputs.report.model import ReportModel
from circle15.outputs.report.wording import DASH, number
from circle15.words import Words


def beside_part(model: ReportModel) -> Part:
    """Providers, satisfaction, demands and service items."""
    beside = model.beside
    first = Words(
        zh="这些数字来自登记表，不计入得分，也不影响任何状态。",
        en="These figures come from forms; they don't enter the score and change no status.",
    )
    blocks: list[Block] = [Text(words=first, style="strong")]
    if beside.providers is not None:
        blocks += _providers(model)
    if beside.satisfaction is not None:
        blocks += _satisfaction(model)
    if beside.demands is not None:
        blocks.append(Heading(words=Words(zh="需求清单", en="Demand lists")))
        heads = [("需求（条）", "demands"), ("已有资源或项目对接", "answered"), ("占需求", "share of the demands")]
        rows: list[tuple[Cell, ...]] = [
            (both(row.area), plain(str(row.demands)), plain(str(row.matched)), plain(percent(row.share)))
            for row in beside.demands
        ]
        nothing = Words(zh="这里的社区没有列出需求。", en="No demand is listed in these communities.")
        blocks.append(
            _summed("demands", ("社区", "community"), heads, rows) if rows else Text(words=nothing, style="none")
        )
    if beside.inventory is not None:
        blocks.append(Heading(words=Words(zh="服务项目（全研究区）", en="Service items (whole study)")))
        heads = [
            ("列出的项目", "items listed"), ("已提供", "delivered"), ("部分提供", "in part"),
            ("已提供占列出的", "delivered, of those listed"),
        ]  # fmt: skip
        rows = [
            (
                both(row.category), plain(str(row.n_items)), plain(str(row.delivered)), plain(str(row.partial)),
                plain(percent(row.share)),
            )
            for row in beside.inventory
        ]  # fmt: skip
        blocks.append(_summed("inventory", ("服务类别", "category"), heads, rows, always=True))
    return Words(zh="服务商与满意度", en="Providers and satisfaction"), tuple(blocks)


def _summed(
    name: str,
    first: tuple[str, str],
    heads: Sequence[tuple[str, str]],
    rows: Sequence[tuple[Cell, ...]],
    *,
    always: bool = False,
) -> Table:
    """A table whose last row is the sum: always, or where there is more than one."""
    last = len(rows) - 1 if always or len(rows) > 1 else -1
    return Table(
        name=name,
        columns=(column(*first, width_mm=32), *(numbers(*head) for head in heads)),
        bodies=(tuple(Row(cells=cells, style="sum" if i == last else "") for i, cells in enumerate(rows)),),
    )


def _providers(model: ReportModel) -> tuple[Block, ...]:
    head = Heading(words=Words(zh="签约服务商", en="Signed providers"))
    if not model.beside.providers:
        nothing = Words(zh="这里的社区没有登记服务商。", en="No provider is listed in these communities.")
        return head, Text(words=nothing, style="none")
    heads = (
        ("登记", "listed"), ("申报", "applied"), ("通过", "passed"), ("签约", "signed"), ("公示", "published"),
        ("取消", "revoked"), ("三项公开", "tell all"), ("三统一", "common rules"),
    )  # fmt: skip
    rows = []
    for row in model.beside.providers:
        counts = (
            row.n, row.applied, row.passed, row.signed, row.published, row.revoked, row.tells_all, row.common_rules,
        )  # fmt: skip
        rows.append((both(row.area), *(plain(str(count)) for count in counts)))
    note = Words(
        zh=(
            "单位：家。取消资格的只计入“登记”和“取消”。三项公开：签约的服务商公开了服务项目、方式和专线；三统一：签约的"
            "服务商统一了标识、标准和管理。"
        ),
        en=(
            "Numbers of providers. Revoked ones count as listed and revoked only. Of the signed: tell all = items, "
            "modes and hotline are published; common rules = sign, standard and management in common."
        ),
    )
    return head, _summed("providers", ("社区", "community"), heads, rows), note_of(note)


def _satisfaction(model: ReportModel) -> tuple[Block, ...]:
    head = Heading(words=Words(zh="满意度（全研究区）", en="Satisfaction (whole study)"))
    if not model.beside.satisfaction:
        return head, Text(words=Words(zh="没有满意度调查。", en="No survey is listed."), style="none")
    rows = []
    for row in model.beside.satisfaction:
        before = f"{percent(row.before[1] / 100)}（{row.before[0]}）" if row.before else DASH
        told = (
            row.period, str(row.n_surveys), number(row.n), percent(row.response_rate), percent(row.score / 100), before,
        )  # fmt: skip
        rows.append(Row(cells=(both(row.kind), *(plain(text) for text in told))))
    heads = (("调查", "surveys"), ("有效份数", "answers"), ("回收率", "response"), ("满意度", "satisfaction"))
    table = Table(
        name="satisfaction",
        columns=(
            column("类别", "kind", width_mm=44), column("调查期", "period", width_mm=22),
            *(numbers(*one) for one in heads), numbers("上一期", "period before", width_mm=32),
        ),
        bodies=(tuple(rows),),
    )  # fmt: skip
    note = Words(
        zh="每类列最近一期，按有效份数加权平均；各期见 satisfaction.csv。",
        en="Last period of each kind, the mean weighted by answers; all periods are in satisfaction.csv.",
    )
    return head, table, note_of(note)
