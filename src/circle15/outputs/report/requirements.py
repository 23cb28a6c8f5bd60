"""What the policies ask, as a report shows it: shares of the weight, other measures, presence, and what stays open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from circle15.checklist import EXTENSION_KINDS, KINDS, Policy, Requirement, policies, standards
from circle15.outputs.report.model import (
    VERDICTS,
    IndicatorRow,
    MeasureRow,
    MeasureRows,
    PolicyRows,
    Presence,
    PresenceRow,
    RequirementRows,
    Scope,
    Sentence,
    Unanswered,
)
from circle15.outputs.report.names import kind_words, text_of
from circle15.outputs.report.wording import name_or, unit_words
from circle15.schema import StudyFrames
from circle15.words import Words

_PRESENCE = "sites"
_WHOLE = Words(zh="全部合计", en="as a whole")
_EACH = Words(zh="逐片区", en="area by area")

_PARTS: Mapping[str, Words] = {
    "same": Words(zh="同一处", en="on one site"),
    "adjacent": Words(zh="相邻", en="adjoining"),
    "main": Words(zh="主体", en="main"),
    "special": Words(zh="专项", en="special"),
    "outlets": Words(zh="网点", en="outlets"),
    "outdoor": Words(zh="室外", en="outdoor"),
}
"""Parts of requirements that aren't kinds: how near a partner is, and the roles of service places."""


def shares_asked(frames: StudyFrames, scope: Scope, district_id: str | None) -> tuple[PolicyRows, ...]:
    """The requirements of reach: shares of the scope's weight."""
    known = policies() | standards()
    of_weight = _of_weight(frames, known)
    indicators = frames.indicators[of_weight]
    communities = indicators[
        (indicators["level"] == "community") & indicators["area_id"].isin(list(scope.community_ids))
    ]
    counts = communities.groupby(["policy", "indicator", "met"]).size().to_dict()
    out: dict[str, dict[str, RequirementRows]] = {}
    for row in indicators[of_area(indicators, district_id)].to_dict("records"):
        policy, indicator = str(row["policy"]), str(row["indicator"])
        requirement, _, one = indicator.partition("/")
        rows = IndicatorRow(
            indicator=indicator,
            words=_part_words(one) if one else _WHOLE,
            value_confirmed=float(row["value_confirmed"]),
            value_possible=float(row["value_possible"]),
            share_unknown=float(row["share_unknown"]),
            threshold=float(row["threshold"]),
            met=str(row["met"]),
            communities=tuple((met, int(counts.get((policy, indicator, met), 0))) for met in VERDICTS),
        )
        of_policy = out.setdefault(policy, {})
        before, known_one = of_policy.get(requirement), _requirement(policy, requirement, known)
        of_policy[requirement] = RequirementRows(
            id=text_of(requirement),
            quote=text_of(row["quote"]),
            measures="" if known_one is None else known_one.measures,
            plan_year=text_of(row["plan_year"]),
            denominator=float(row["denominator"]),
            rows=(*(before.rows if before else ()), rows),
        )
    return tuple(
        PolicyRows(name=_policy_name(policy, known), requirements=tuple(of_policy.values()))
        for policy, of_policy in out.items()
    )


def measures_asked(frames: StudyFrames, scope: Scope, district_id: str | None) -> tuple[MeasureRows, ...]:
    """The requirements in other units, but for presence: of the scope itself, else of its areas one by one.

    A whole study shows its communities, else its districts; a district its own communities. What was measured only of
    areas that the scope doesn't hold is left out.
    """
    known = policies() | standards()
    indicators = frames.indicators[~_of_weight(frames, known) & (frames.indicators["unit"] != _PRESENCE)]
    out: dict[str, dict[str, tuple[Sentence, tuple[MeasureRow, ...]]]] = {}
    for (policy, indicator), rows in indicators.groupby(["policy", "indicator"], sort=False):
        whole = rows[of_area(rows, district_id)]
        inside, areas = _areas_inside(rows, scope, district_id)
        if not len(whole) and not len(inside):
            continue
        requirement_id, _, part = str(indicator).partition("/")
        told = whole if len(whole) else inside
        first = told.iloc[0]
        requirement = _requirement(policy, requirement_id, known)
        is_share = str(first["unit"]).startswith("share of ")
        one = len(whole) > 0
        row = MeasureRow(
            words=_part_words(part) if part else _WHOLE if one else _EACH,
            unit=unit_words(text_of(first["unit"]), frames.about["weight_meaning"]),
            is_share=is_share,
            areas=areas,
            n_areas=len(inside),
            confirmed=_span(told["value_confirmed"]),
            possible=_span(told["value_possible"]),
            unknown=float(first["share_unknown"]) if one else float((inside["share_unknown"] > 0).sum()),
            denominator=float(first["denominator"]) if one and is_share else math.nan,
            threshold=_span(told["threshold"]),
            comparison=_comparison(requirement, told),
            met=str(first["met"]) if one else None,
            verdicts=_verdicts(inside["met"]),
        )
        of_policy = out.setdefault(str(policy), {})
        sentence, before = of_policy.get(requirement_id, (_sentence(requirement_id, first, requirement), ()))
        of_policy[requirement_id] = (sentence, (*before, row))
    return tuple(
        MeasureRows(name=_policy_name(policy, known), requirements=tuple(of_policy.values()))
        for policy, of_policy in out.items()
    )


def presence_asked(frames: StudyFrames, scope: Scope, district_id: str | None) -> Presence:
    """Present in how many communities: one row a kind, shared by the requirements that ask the same."""
    known = policies() | standards()
    indicators = frames.indicators[frames.indicators["unit"] == _PRESENCE]
    inside = indicators[indicators["level"] == "community"]
    if district_id is not None:
        inside = inside[inside["area_id"].isin(list(scope.community_ids))]
    asked_by: dict[tuple[Any, ...], list[str]] = {}
    found: dict[tuple[Any, ...], tuple[str, pd.DataFrame]] = {}
    sentences: dict[str, dict[str, Sentence]] = {}
    for (policy, indicator), rows in inside.groupby(["policy", "indicator"], sort=False):
        requirement_id, _, one = str(indicator).partition("/")
        first = rows.iloc[0]
        met = tuple(zip(rows["area_id"], rows["met"], strict=True))
        key = (one, None if pd.isna(first["threshold"]) else float(first["threshold"]), met)
        asked_by.setdefault(key, []).append(text_of(requirement_id))
        found.setdefault(key, (one, rows))
        requirement = _requirement(policy, requirement_id, known)
        sentences.setdefault(str(policy), {})[requirement_id] = _sentence(requirement_id, first, requirement)
    order = {kind_id: i for i, kind_id in enumerate((*KINDS, *EXTENSION_KINDS))}
    keys = sorted(found, key=lambda key: order.get(key[0], len(order)))
    return Presence(
        rows=tuple(_presence_row(*found[key], asked_by[key]) for key in keys),
        policies=tuple(
            (_policy_name(policy, known), tuple(of_policy.values())) for policy, of_policy in sentences.items()
        ),
    )


def _presence_row(kind_id: str, rows: pd.DataFrame, asked_by: Sequence[str]) -> PresenceRow:
    confirmed = rows["value_confirmed"] > 0
    possible = ~confirmed & (rows["value_possible"] > 0)
    unknown = ~confirmed & ~possible & (rows["share_unknown"] > 0)
    counts = [int(one.sum()) for one in (confirmed, possible, unknown)]
    return PresenceRow(
        kind=kind_words(kind_id),
        n_communities=len(rows),
        confirmed=counts[0],
        possible=counts[1],
        absent=len(rows) - sum(counts),
        unknown=counts[2],
        threshold=float(rows["threshold"].iloc[0]),
        verdicts=_verdicts(rows["met"]),
        asked_by=tuple(dict.fromkeys(asked_by)),
    )


def unanswered(frames: StudyFrames) -> tuple[Unanswered, ...]:
    """The requirements that nothing answers; those that a form or register would answer come first."""
    table = frames.unanswered
    if not len(table):
        return ()
    known = policies() | standards()
    return tuple(
        Unanswered(
            policy=_policy_name(row["policy"], known),
            id=text_of(row["indicator"]),
            quote=text_of(row["quote"]),
            needs=Words(zh=text_of(row["needs_zh"]), en=text_of(row["needs_en"])),
        )
        for row in pd.concat([table[table["form"].notna()], table[table["form"].isna()]]).to_dict("records")
    )


def _of_weight(frames: StudyFrames, known: Mapping[str, Policy]) -> pd.Series[bool]:
    """Which indicators are shares of the weight; a figure may have the same unit (volunteers of the residents)."""
    indicators = frames.indicators
    figures = {
        (name, one.id) for name, policy in known.items() for one in policy.requirements if one.formula != "reach"
    }
    told = zip(indicators["policy"], indicators["indicator"], strict=True)
    figure = np.array([(policy, str(one).partition("/")[0]) in figures for policy, one in told], dtype=bool)
    return (indicators["unit"] == f"share of {frames.about['weight_meaning']}") & ~figure


def _requirement(policy: Any, requirement_id: str, known: Mapping[str, Policy]) -> Requirement | None:
    of_policy = known[policy].requirements if policy in known else ()
    return next((one for one in of_policy if one.id == requirement_id), None)


def _policy_name(policy: Any, known: Mapping[str, Policy]) -> str:
    return known[policy].name_zh if policy in known else name_or(policy, "?")


def _sentence(requirement_id: str, row: pd.Series[Any], requirement: Requirement | None) -> Sentence:
    return Sentence(
        id=text_of(requirement_id),
        quote=text_of(row["quote"]),
        measures="" if requirement is None else requirement.measures,
        plan_year=text_of(row["plan_year"]),
    )


def _part_words(part: str) -> Words:
    return _PARTS[part] if part in _PARTS else kind_words(part)


def _comparison(requirement: Requirement | None, rows: pd.DataFrame) -> str:
    """How a value compares with its target; shares and windows have a target other than the sentence's number."""
    if requirement is None:
        return ""
    own = requirement.threshold is not None and (rows["threshold"] == requirement.threshold).all()
    return {">=": "≥", "<=": "≤", "=": "="}[requirement.comparison or ">="] if own else "≥"


def _areas_inside(rows: pd.DataFrame, scope: Scope, district_id: str | None) -> tuple[pd.DataFrame, Words]:
    community = rows[rows["level"] == "community"]
    if district_id is not None:
        community = community[community["area_id"].isin(list(scope.community_ids))]
    if len(community) or district_id is not None:
        return community, Words(zh="社区", en="communities")
    return rows[rows["level"] == "district"], Words(zh="街道（区）", en="districts")


def of_area(frame: pd.DataFrame, district_id: str | None) -> pd.Series[bool]:
    """Which rows speak of a report's scope as a whole."""
    if district_id is None:
        return frame["level"] == "study"
    return (frame["level"] == "district") & (frame["area_id"] == district_id)


def _span(values: pd.Series[float]) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _verdicts(met: pd.Series[str]) -> tuple[tuple[str, int], ...]:
    return tuple((one, int((met == one).sum())) for one in VERDICTS)
