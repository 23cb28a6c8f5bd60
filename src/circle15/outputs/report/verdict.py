"""The sentences of a report: what a reader takes along after a minute. Figures come from the model, words from here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from circle15.display import plain_name
from circle15.outputs.palette import percent, web_address
from circle15.outputs.report.model import AreaName, Plan, PlanSite, Question, ReportModel
from circle15.outputs.report.wording import amount, decimals, listing, number, plural, whole_minutes
from circle15.schema import NO_AREA
from circle15.words import Words, words_in

_FIRST_SITES = 3


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A numbered part of the verdict: a question and sentences that answer it."""

    key: str
    head: Words
    lines: tuple[Words, ...]


def headline(model: ReportModel) -> Words:
    """The place that the report is about."""
    if model.scope is None:
        return model.study
    return Words(
        zh=f"{model.study.zh} · {model.scope.words.zh}",
        en=f"{model.study.en} · {model.scope.words.en}",
    )


def alerts(model: ReportModel) -> tuple[Words, ...]:
    """What a reader must know before any figure: layers taken back, and more unknown than known."""
    quality = model.quality
    out = []
    thin = [one for one in quality.communities if one.thin]
    if thin:
        low, high = (decimals(f(one.density_per_km for one in thin), 2) for f in (min, max))
        needed = decimals(max(one.needed_per_km for one in thin), 2)
        span_zh = low if low == high else f"{low}至{high}"
        span_en = low if low == high else f"{low} to {high}"
        weight = amount(quality.thin_weight, model.unit)
        share = percent(_ratio(quality.thin_weight, model.weight))
        where = listing([one.area.words for one in thin], most=4)
        out.append(
            Words(
                zh=(
                    f"资料密度检查收回了{quality.taken_back_thin:,}项完整性声明（按“社区×类别”计，本报告范围内共声明"
                    f"{quality.declared_cells:,}项）：{where.zh}（{weight.zh}，占{share}）每公里步行道路只有{span_zh}处"
                    f"实地调查类设施，低于要求的{needed}处（全研究区中位数{decimals(quality.median_per_km, 2)}处）。"
                    "这里没找到的设施记为“缺数据”，不算缺口。"
                ),
                en=(
                    f"The density check took back {quality.taken_back_thin:,} of {quality.declared_cells:,} "
                    f"declarations of completeness (community × kind): {where.en} ({weight.en}, {share}) "
                    f"{'has' if len(thin) == 1 else 'have'} only {span_en} ground-surveyed sites per km of walkable "
                    f"street, below the {needed} asked for (median of the study "
                    f"{decimals(quality.median_per_km, 2)}). What was not found there is unknown, not a gap."
                ),
            )
        )
    if quality.taken_back_absent:
        kinds = listing(quality.absent_kinds, most=6)
        out.append(
            Words(
                zh=(
                    f"{kinds.zh}：虽声明资料完整，但整个研究区没有一处已确认的此类设施，"
                    f"{quality.taken_back_absent:,}项声明已收回，一律记为“缺数据”。"
                ),
                en=(
                    f"{kinds.en}: declared complete, yet the whole study has no confirmed site; "
                    f"{plural(quality.taken_back_absent, 'declaration')} taken back, so they count as unknown."
                ),
            )
        )
    unknown = model.average.of("unknown")
    if unknown > 0.5:
        out.append(
            Words(
                zh=f"本报告范围内{percent(unknown)}的结果是“缺数据”：未知多于已知，不宜据此排名或考核。",
                en=f"{percent(unknown)} of all results here are unknown: more than is known. Not fit for ranking.",
            )
        )
    return tuple(out)


def findings(model: ReportModel) -> tuple[Finding, ...]:
    """The verdict in four answers."""
    return (
        Finding(key="judged", head=Words(zh="能判定什么", en="What can be judged"), lines=(_judged(model),)),
        Finding(
            key="lacking", head=Words(zh="缺什么，缺在哪", en="What is lacking, and where"), lines=(_lacking(model),)
        ),
        Finding(key="build", head=Words(zh="先建什么", en="What to build first"), lines=_build_first(model)),
        Finding(key="unknown", head=Words(zh="什么还不能知道", en="What can't be known yet"), lines=_unknown(model)),
    )


def lead(model: ReportModel) -> Words:
    """What was looked at, in one sentence."""
    weight = amount(model.weight, model.unit)
    places = [area for area in model.communities if area.area_id != NO_AREA]
    zh = f"、{len(places)}个社区" if places else ""
    en = f" in {plural(len(places), 'community', 'communities')}" if places else ""
    of = "" if model.unit.what.en == model.unit.unit.en else f" of {model.unit.what.en}"
    urban, rural = (whole_minutes(model.about[key]) for key in ("threshold_urban_s", "threshold_rural_s"))
    if len(model.settings) == 1:
        only = urban if model.settings == ("urban",) else rural
        times_zh, times_en = f"{only}分钟", only
    else:
        times_zh, times_en = f"{urban}分钟（农村{rural}分钟）", f"{urban} (rural {rural})"
    return Words(
        zh=(
            f"{model.n_residences:,}处居住点{zh}，按{model.unit.what.zh}计共{weight.zh}；"
            f"看每处居住点步行{times_zh}内能否到达27类设施。"
        ),
        en=(
            f"{plural(model.n_residences, 'residence')}{en}, {weight.en}{of} in all: which of the 27 kinds can each "
            f"reach within {times_en} minutes on foot?"
        ),
    )


def _judged(model: ReportModel) -> Words:
    count = {word: sum(row.judged == word for row in model.kinds) for word in ("all", "some", "none")}
    if not count["all"] + count["some"]:
        return Words(
            zh="27类中没有一类的资料完整到足以判定“没有”：找到的算可达，没找到的只能记为“缺数据”。",
            en="None: no layer is complete enough to show that a site is missing. What was not found is unknown.",
        )
    parts_zh = [f"{count['all']}类在全部社区都能判定有没有"] if count["all"] else []
    parts_en = [f"{count['all']} can be judged in every community"] if count["all"] else []
    if count["some"]:
        parts_zh.append(f"{count['some']}类只在部分社区能判定")
        parts_en.append(f"{count['some']} can be judged in some communities only")
    zh, en = "，".join(parts_zh), ", ".join(parts_en)
    if not count["none"]:
        return Words(zh=f"27类中{zh}。", en=f"Of 27 kinds, {en}.")
    return Words(
        zh=f"27类中{zh}；其余{count['none']}类资料不完整，找到的算数，没找到的记为“缺数据”，不算缺口。",
        en=(
            f"Of 27 kinds, {en}; for the other {count['none']} the data is incomplete: what was found counts, what was "
            "not found is unknown, not a gap."
        ),
    )


def _lacking(model: ReportModel) -> Words:
    weight, n = model.lacking
    if n:
        total = amount(weight, model.unit)
        share = percent(_ratio(weight, model.weight))
        kinds = len(model.top_gaps)
        return Words(
            zh=f"{total.zh}（占{share}，{n:,}处居住点）至少缺一类；共{kinds}类有缺口，缺得最多的是：",
            en=(
                f"{total.en} ({share}, {plural(n, 'residence')}) lack at least one kind; "
                f"{plural(kinds, 'kind')} with gaps, the largest being:"
            ),
        )
    if any(row.judged != "none" for row in model.kinds):
        return Words(
            zh="在能判定的类别中没有发现缺口。其余类别缺数据，不能说不缺。",
            en="No gap was found among the kinds that can be judged. The others are unknown.",
        )
    return Words(
        zh="没有一类能判定，所以不能说缺什么；这并不表示什么都不缺。",
        en="Nothing can be judged, so nothing can be said to be lacking; that is not the same as lacking nothing.",
    )


def _build_first(model: ReportModel) -> tuple[Words, ...]:
    plan = model.plan
    if plan is None:
        return (Words(zh="本次没有计算选址方案。", en="No siting plan was computed."),)
    if not plan.sites:
        if plan.demand > 0:
            return (
                Words(
                    zh="没有一个候选点能补上缺口，因此没有建议。原因见第7节。",
                    en="No candidate closes any gap, so nothing is proposed; see section 7.",
                ),
            )
        if all(row.judged == "none" for row in model.kinds):
            return (
                Words(
                    zh="资料不完整，没有可确认的缺口，现在不能说该建什么：应先补齐数据。",
                    en="The data is incomplete and confirms no gap, so what to build can't be said: survey first.",
                ),
            )
        return (
            Words(zh="没有可确认的缺口，因此没有建议新建。", en="There is no confirmed gap, so nothing is proposed."),
        )
    return (*_first_sites(model, plan), *proof(model))


def _first_sites(model: ReportModel, plan: Plan) -> tuple[Words, ...]:
    here = [site for site in plan.sites if site.here]
    count_en = plural(len(plan.sites), "proposed site")
    if not here:
        return (
            Words(
                zh=f"全研究区方案的{len(plan.sites)}处新设施都不在本区。{_gain_here(model, plan).zh}",
                en=f"None of the study's {count_en} lies in this district. {_gain_here(model, plan).en}",
            ),
        )
    first = [_site_words(model, site) for site in here[:_FIRST_SITES]]
    more_zh = f"；其余{len(here) - len(first)}处见第7节" if len(here) > len(first) else ""
    more_en = f"; {len(here) - len(first)} more in section 7" if len(here) > len(first) else ""
    sites_zh, sites_en = "；".join(one.zh for one in first), "; ".join(one.en for one in first)
    if model.scope is None:
        return (
            Words(
                zh=f"建议新增{len(here)}处：{sites_zh}{more_zh}。",
                en=f"{plural(len(here), 'site')} proposed: {sites_en}{more_en}.",
            ),
        )
    return (
        Words(
            zh=(
                f"全研究区方案新增{len(plan.sites)}处，其中{len(here)}处在本区：{sites_zh}{more_zh}。"
                f"{_gain_here(model, plan).zh}"
            ),
            en=(
                f"{len(here)} of the study's {count_en} in this district: {sites_en}{more_en}. "
                f"{_gain_here(model, plan).en}"
            ),
        ),
    )


def _gain_here(model: ReportModel, plan: Plan) -> Words:
    """What the whole plan, wherever its sites lie, brings to the district's communities."""
    own = [one for one in plan.community_gains if one.area.area_id != NO_AREA]
    if not own:
        return Words(zh="", en="")
    gained, demand = (amount(sum(getattr(one, key) for one in own), model.unit) for key in ("gained", "demand"))
    return Words(
        zh=f"本区各社区这{len(plan.kinds)}类的缺口{demand.zh}中，全部方案可补{gained.zh}（按类累计）。",
        en=(
            f"Of {demand.en} in gap for {plural(len(plan.kinds), 'kind')} in this district's communities the plan "
            f"serves {gained.en} (summed over kinds)."
        ),
    )


def _site_words(model: ReportModel, site: PlanSite) -> Words:
    kinds = listing(site.kinds, most=3)
    gained = amount(site.gained, model.unit)
    where = site.where.words
    place = where if site.name is None else Words(zh=f"{site.name}（{where.zh}）", en=f"{site.name} ({where.en})")
    return Words(
        zh=f"{site.rank}号在{place.zh}，设{kinds.zh}，新增{gained.zh}",
        en=f"no. {site.rank} at {place.en}: {kinds.en}, gains {gained.en}",
    )


def proof(model: ReportModel) -> tuple[Words, ...]:
    """One sentence that says what the plan reaches, what no plan can exceed, and how far apart the two are."""
    plan = model.plan
    if plan is None or not plan.sites:
        return ()
    reached, bound = amount(plan.objective, model.unit), amount(plan.bound, model.unit)
    each_zh, each_en = ("（每类各计一次）", " (each kind counted)") if len(plan.kinds) != 1 else ("", "")
    whole_zh = "" if model.scope is None else "全研究区"
    whole_en = "" if model.scope is None else " in the whole study"
    reachable = plan.demand - plan.demand_unreachable
    of = percent(_ratio(plan.objective, reachable))
    claim_zh = f"{whole_zh}{len(plan.sites)}处建成，{reached.zh}{each_zh}由缺口变为可达，占候选点够得着的缺口的{of}；"
    claim_en = (
        f"All {plural(len(plan.sites), 'site')}{whole_en} would bring {reached.en}{each_en} from gap to covered, "
        f"{of} of what candidates can reach; "
    )
    if not math.isfinite(plan.bound):
        return (Words(zh=f"{claim_zh}没有算出上界，不能说离最优多远。", en=f"{claim_en}no bound was found."),)
    if plan.gap < 1e-9:
        return (
            Words(
                zh=f"{claim_zh}上界也是{bound.zh}，差距0%：已证明，从这些候选点中选{plan.p}处，没有更好的方案。",
                en=f"{claim_en}the bound is {bound.en} too, gap 0%: proven best for {plan.p} of these candidates.",
            ),
        )
    return (
        Words(
            zh=f"{claim_zh}已证明任何{plan.p}处的方案都不超过{bound.zh}，本方案离最优至多差{percent(plan.gap)}。",
            en=f"{claim_en}no plan of {plan.p} can exceed {bound.en}: at most {percent(plan.gap)} from the best.",
        ),
    )


def _unknown(model: ReportModel) -> tuple[Words, ...]:
    unknown = model.average.of("unknown")
    out = []
    if unknown > 0 and model.unknown_because:
        because_zh = "；".join(f"{words.zh}（{percent(share)}）" for words, share in model.unknown_because)
        because_en = "; ".join(f"{words.en} ({percent(share)})" for words, share in model.unknown_because)
        out.append(
            Words(
                zh=f"27类合计，按{model.unit.what.zh}计有{percent(unknown)}的结果缺数据，不能当作缺口。原因：{because_zh}。",
                en=f"{percent(unknown)} of all results (weight × 27 kinds) are unknown and no gaps. Why: {because_en}.",
            )
        )
    else:
        out.append(Words(zh="没有“缺数据”的结果。", en="Nothing is unknown."))
    weight, n = model.off_network
    if n:
        total = amount(weight, model.unit)
        share = percent(_ratio(weight, model.weight))
        out.append(
            Words(
                zh=f"另有{n:,}处居住点（{total.zh}，占{share}）附近没有可步行的道路，未连通。",
                en=f"{plural(n, 'residence')} ({total.en}, {share}) {'is' if n == 1 else 'are'} off the network.",
            )
        )
    return tuple(out)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def density(model: ReportModel) -> Words:
    """What the density check asks, with its figures."""
    quality = model.quality
    median, floor = decimals(quality.median_per_km, 2), decimals(quality.floor_per_km, 2)
    thin = [one for one in quality.communities if one.thin]
    verdict_zh = f"{len(thin)}个社区未通过" if thin else "没有社区被收回"
    verdict_en = f"{plural(len(thin), 'community', 'communities')} failed" if thin else "no community failed"
    return Words(
        zh=(
            "检查的是每公里步行道路上实地调查类设施（不含从影像描绘的停车场、球场等）的数量，"
            f"与下限{floor}处和全研究区中位数{median}处的一部分相比，取较大者；低于它的社区，完整性声明一律收回。结果：{verdict_zh}。"
        ),
        en=(
            "The check counts ground-surveyed sites (not car parks or pitches drawn from imagery) per km of walkable "
            f"street and asks for the larger of the floor, {floor}, and a share of the study's median, {median}; in a "
            f"community below it no layer counts as complete. Result: {verdict_en}."
        ),
    )


def checks(model: ReportModel) -> tuple[tuple[Words, Words], ...]:
    """Rows of what was merged and overruled, and of what to check first: label and text."""
    found = model.checks
    merged, overruled = (sum(n for _, n in part) for part in (found.merges, found.conflicts))
    whole_zh, whole_en = ("", "") if model.scope is None else ("全研究区", " in the whole study")
    merges = Words(
        zh=(
            f"{whole_zh}{merged:,}行资料与另一行说的是同一处设施，已并入（{_reasons(found.merges).zh}）："
            "见 merges.parquet。"
        ),
        en=(
            f"{plural(merged, 'row')}{whole_en} went into the site of another ({_reasons(found.merges).en}): "
            "see merges.parquet."
        ),
    )
    conflicts = Words(
        zh=(
            f"{whole_zh}{overruled:,}条依据被更可信的资料推翻，不起作用（{_reasons(found.conflicts).zh}）："
            "见 conflicts.parquet。"
        ),
        en=(
            f"{plural(overruled, 'piece')} of evidence{whole_en} overruled and decided nothing "
            f"({_reasons(found.conflicts).en}): see conflicts.parquet."
        ),
    )
    nothing_merged = Words(zh="没有合并的行。", en="No row went into another.")
    nothing_overruled = Words(zh="没有互相矛盾的依据。", en="No evidence was overruled.")
    return (
        (Words(zh="合并", en="Merges"), merges if merged else nothing_merged),
        (Words(zh="矛盾", en="Conflicts"), conflicts if overruled else nothing_overruled),
        (Words(zh="先核实什么", en="Check first"), _survey(model)),
    )


def _reasons(parts: Sequence[tuple[Words, int]]) -> Words:
    return Words(
        zh="；".join(f"{words.zh}{n:,}" for words, n in parts), en="; ".join(f"{words.en} {n:,}" for words, n in parts)
    )


def _survey(model: ReportModel) -> Words:
    found = model.checks
    if not found.n_questions:
        return Words(zh="没有要实地核实的问题。", en="No question is left for the ground.")
    here_zh, here_en = ("", "") if model.scope is None else ("与本区有关的", " that concern this district")
    weighed_zh, weighed_en = (
        ("", "") if model.scope is None else ("（权重按全研究区）", " (weights of the whole study)")
    )
    asked = [_asked(question, model) for question in found.first]
    zh = "；".join(f"{i}. {one.zh}" for i, one in enumerate(asked, start=1))
    en = "; ".join(f"{i}. {one.en}" for i, one in enumerate(asked, start=1))
    return Words(
        zh=(
            f"{here_zh}问题共{found.n_questions:,}个，最要紧的{weighed_zh}：{zh}。"
            "全部见 survey.xlsx，填好后可读回再算。"
        ),
        en=(
            f"{plural(found.n_questions, 'question')}{here_en}; the weightiest{weighed_en}: {en}. "
            "All in survey.xlsx, which is read back once filled in."
        ),
    )


def _asked(question: Question, model: ReportModel) -> Words:
    weight = amount(question.weight, model.unit)
    place, what = question.place, question.kind
    if question.ask == "site":
        return Words(zh=f"“{place.zh}”有没有{what.zh}（{weight.zh}）", en=f"{what.en} at “{place.en}”? ({weight.en})")
    return Words(
        zh=f"{place.zh}有没有{what.zh}，在哪里（{weight.zh}）",
        en=f"{what.en} in {place.en}, and where? ({weight.en})",
    )


def definitions() -> tuple[tuple[Words, Words], ...]:
    """What words of the report mean: label and text."""
    return (
        (
            Words(zh="证据", en="Evidence"),
            Words(
                zh="已确认：标签或登记直接证明；可能：标签相符但不足以证明；推断：通常与另一类同址。后两者只算“可能可达”。",
                en=(
                    "Confirmed: the tag or register proves it. Possible: it fits but proves nothing. Implied: usually "
                    "hosted with another kind. The last two only make “possible”."
                ),
            ),
        ),
        (
            Words(zh="得分", en="Score"),
            Words(
                zh="居住点可达的类别所占比例，按权重平均；最差十分之一：可达类别最少的那10%权重的平均。",
                en=(
                    "The share of the kinds that a residence reaches, weighted mean; worst decile: mean over the tenth "
                    "of the weight that reaches least."
                ),
            ),
        ),
        (
            Words(zh="不稳健", en="Not robust"),
            Words(
                zh="步行速度在0.8至1.2倍之间变化时结论会变。",
                en="The verdict changes between 0.8 and 1.2 times the walking speed.",
            ),
        ),
    )


def source(model: ReportModel) -> tuple[tuple[Words, Words], ...]:
    """Where the data comes from and under which licence: label and text."""
    told = _said(model.about.get("attribution"))
    where = web_address(model.about.get("licence_url"))
    return ((Words(zh="数据来源与许可", en="Source and licence"), _same(f"{told} {where}" if where else told)),)


def method(model: ReportModel) -> tuple[tuple[Words, Words], ...]:
    """Rows of the method table: label and text."""
    about = model.about
    speed = decimals(float(about["speed_m_s"]), 2)
    urban, rural = (whole_minutes(float(about[key])) for key in ("threshold_urban_s", "threshold_rural_s"))
    metres = number(float(about["speed_m_s"]) * float(about["threshold_urban_s"]))
    profile = _said(about.get("profile"))
    weight = amount(model.weight, model.unit)
    rows = [
        (
            Words(zh="步行", en="Walk"),
            Words(
                zh=(
                    f"沿步行道路网，不是直线；步行方案“{profile}”，平路{speed}米/秒，"
                    f"城市{urban}分钟（平路约{metres}米），农村{rural}分钟。"
                ),
                en=(
                    f"Along walkable streets, not as the crow flies; profile “{profile}”, {speed} m/s on the flat, "
                    f"urban {urban} min (about {metres} m), rural {rural} min."
                ),
            ),
        ),
        (
            Words(zh="权重与分母", en="Weight, denominator"),
            Words(
                zh=f"每处居住点按{model.unit.what.zh}计权；除另有说明，比例的分母是本报告范围的{weight.zh}。",
                en=f"Each residence weighs its {model.unit.what.en}; unless said otherwise shares are of {weight.en}.",
            ),
        ),
        (Words(zh="资料完整的理由", en="Why complete"), _said_in_both(about.get("complete_why"))),
        (Words(zh="资料日期", en="Data date"), _same(_said(about.get("data_date")))),
        (Words(zh="研究编号", en="Study"), _same(_said(about.get("study_id")))),
        (Words(zh="软件", en="Software"), _same(f"circle15 {_said(about.get('version'))}")),
    ]
    if about.get("map_review_number"):
        rows.append((Words(zh="审图号", en="Map review number"), _same(_said(about["map_review_number"]))))
    return tuple(rows)


def _said(value: object) -> str:
    return plain_name(value) or "–"


def _said_in_both(value: object) -> Words:
    words = words_in(value or "")
    return Words(zh=_said(words.zh), en=_said(words.en))


def _same(text: str) -> Words:
    return Words(zh=text, en=text)


def names_of(areas: Sequence[AreaName], most: int = 2) -> Words:
    """Name the first communities of a row."""
    return listing([area.words for area in areas], most=most)
