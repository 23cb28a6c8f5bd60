"""The report's section on the plan: what it reaches, what proves it, and who stays unserved."""

from __future__ import annotations

from collections.abc import Sequence

from circle15.outputs.palette import percent
from circle15.outputs.report import verdict
from circle15.outputs.report.layout import (
    Block,
    Cell,
    Heading,
    Part,
    Row,
    Table,
    Text,
    areas_in,
    both,
    column,
    note_of,
    numbers,
    plain,
    weight_column,
)
from circle15.outputs.report.model import Plan, PlanSite, ReportModel
from circle15.outputs.report.wording import DASH, amount, listing, number
from circle15.words import Words


def plan_part(model: ReportModel) -> Part:
    """The plan and its proof."""
    head = Words(zh="选址方案与证明", en="The plan and its proof")
    plan = model.plan
    if plan is None:
        nothing = Words(zh="本次没有计算选址方案。", en="No siting plan was computed.")
        return head, (Text(words=nothing, style="none"),)
    blocks: list[Block] = [Text(words=line, style="lines") for line in verdict.proof(model)]
    blocks += [_proof_facts(plan), note_of(_plan_note(model))]
    if plan.sites:
        blocks.append(_plan_sites(plan.sites))
    if plan.community_gains:
        blocks.append(_plan_gains(plan))
    if not plan.reproducible:
        blocks.append(
            Text(
                words=Words(
                    zh="求解因时间限制而停止，再算一次结果可能不同。",
                    en="The search was ended by the clock: another run may differ.",
                )
            )
        )
    blocks.append(Heading(words=Words(zh="仍然缺的，为什么", en="Who stays unserved, and why")))
    return head, (*blocks, *_unserved(model, plan))


def _proof_facts(plan: Plan) -> Table:
    told = (
        ("模型", "model", plan.model), ("新增上限", "at most", str(plan.p)),
        ("目标值", "objective", number(plan.objective)), ("上界", "bound", number(plan.bound)),
        ("相对差距", "gap to the bound", percent(plan.gap)), ("缺口总量", "demand in gap", number(plan.demand)),
        ("候选点都够不着", "beyond every candidate", number(plan.demand_unreachable)),
        ("够得着但仍缺", "reachable, still unserved", number(plan.left_over)),
    )  # fmt: skip
    cells = [(Cell(zh=zh, en=en), plain(value)) for zh, en, value in told]
    rows = [Row(cells=(*cells[i], *cells[i + 1])) for i in range(0, len(cells), 2)]
    solver = Row(cells=(Cell(zh="求解", en="solver"), Cell(zh=plan.solver or DASH, tone="soft", wide=True)))
    return Table(name="short", columns=(), bodies=((*rows, solver),))


def _plan_note(model: ReportModel) -> Words:
    return Words(
        zh=f"单位：{model.unit.unit.zh}，按类累计；全研究区。只计“缺口”，不计“缺数据”。",
        en=(f"In {model.unit.unit.en}, summed over kinds, whole study. Only gaps are demand, never what is unknown."),
    )


def _plan_sites(sites: Sequence[PlanSite]) -> Table:
    rows = []
    for site in sites:
        where = site.where.words
        place = where if site.name is None else Words(zh=f"{site.name}，{where.zh}", en=f"{site.name}, {where.en}")
        what_zh, what_en = ("现有设施增设", "in an existing site") if site.existing else ("临街新址", "street frontage")
        away_zh, away_en = ("", "") if site.here else ("（本区之外）", ", outside this district")
        small = Words(zh=f"{what_zh} {site.candidate_id}{away_zh}", en=f"{what_en}{away_en}")
        kinds = Words(zh="、".join(one.zh for one in site.kinds), en=listing(site.kinds, most=9).en)
        gains = (plain(number(site.gained)), plain(number(site.gained_if_confirmed)))
        named = both(place if where.en != where.zh else Words(zh=place.zh, en=place.zh), small=small)
        style = "" if site.here else "away"
        rows.append(Row(cells=(plain(str(site.rank)), named, both(kinds), *gains), style=style))
    return Table(
        name="plan",
        columns=(
            numbers("号", "no.", width_mm=10), column("地点", "place", width_mm=62), column("设什么", "kinds"),
            numbers("新增可达", "gained", width_mm=24),
            numbers("若缺数据也是缺，另增", "more, if unknown is missing", width_mm=30),
        ),
        bodies=(tuple(rows),),
        name_at=1,
    )  # fmt: skip


def _plan_gains(plan: Plan) -> Table:
    heads = (("现有缺口", "in gap now"), ("方案新增可达", "gained by the plan"), ("仍缺", "still unserved"))
    return Table(
        name="gains",
        columns=(column("社区", "community", width_mm=62), *(numbers(*head) for head in heads)),
        bodies=(
            tuple(
                Row(
                    cells=(
                        both(row.area.words), plain(number(row.demand)), plain(number(row.gained)),
                        plain(number(row.demand - row.gained)),
                    )
                )
                for row in plan.community_gains
            ),
        ),
    )  # fmt: skip


def _unserved(model: ReportModel, plan: Plan) -> tuple[Block, ...]:
    blocks: list[Block] = []
    beyond = amount(plan.demand_unreachable, model.unit)
    if plan.unserved:
        why = Words(
            zh="下列居住点离每个候选点都超过时限，任何方案都帮不到；要么增加候选点，要么打通道路。",
            en=(
                "These are farther from every candidate than the limit: no plan can serve them without new candidates "
                "or new paths."
            ),
        )
        table = Table(
            name="unserved",
            columns=(
                column("类别", "kind", width_mm=50), weight_column(model), numbers("居住点", "residences", width_mm=24),
                column("社区", "communities"),
            ),
            bodies=(
                tuple(
                    Row(
                        cells=(
                            both(row.kind), plain(number(row.weight)), plain(number(row.n)),
                            plain(areas_in(row.where, 4)),
                        )
                    )
                    for row in plan.unserved
                ),
            ),
        )  # fmt: skip
        blocks += [Text(words=why), table]
    elif plan.demand_unreachable > 0:
        blocks.append(
            Text(
                words=Words(
                    zh=f"全研究区有{beyond.zh}（按类累计）离每个候选点都太远；本报告范围内没有列出。",
                    en=(
                        f"In the whole study {beyond.en} (summed over kinds) are too far from every candidate; none is "
                        "listed in this scope."
                    ),
                )
            )
        )
    else:
        reached = Words(zh="每处缺口都有候选点够得着。", en="Every gap is within reach of some candidate.")
        blocks.append(Text(words=reached))
    if plan.left_over > 0.5:
        left = amount(plan.left_over, model.unit)
        blocks.append(
            Text(
                words=Words(
                    zh=(f"另有{left.zh}（按类累计，全研究区）够得着候选点，但不在这{plan.p}处之内：新增更多才能服务。"),
                    en=(
                        f"Another {left.en} (summed over kinds, whole study) could be reached by candidates beyond "
                        f"these {plan.p}."
                    ),
                )
            )
        )
    if plan.other_gap_kinds:
        kinds = listing(plan.other_gap_kinds, most=27)
        blocks.append(
            Text(
                words=Words(
                    zh=f"方案未涉及的有缺口类别：{kinds.zh}。",
                    en=f"Kinds in gap that the plan doesn't treat: {kinds.en}.",
                )
            )
        )
    return tuple(blocks)
