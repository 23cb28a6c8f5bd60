"""What policies ask beyond reach: presence, areas and figures, nearness, opening hours, shares over communities.

A requirement names one formula and its parameters (checklist/policies/*.toml); here is what each formula does. All
answer the columns of `INDICATOR_TYPES`; a formula whose data wasn't given answers no row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.areas.reach import ROUNDING, reach_indicators, verdict
from circle15.areas.shares import assign_areas, without_overlaps
from circle15.areas.table import EVERYWHERE, STUDY, areas_of
from circle15.checklist import KINDS, kind, parts_of
from circle15.errors import InputError, head
from circle15.schema import LEVELS, NO_AREA
from circle15.units import local_crs, to_plane

if TYPE_CHECKING:
    from circle15.checklist import Policy, Requirement
    from circle15.units import BoolArray, FloatArray, IntArray

SAME_SITE_M = 30.0
"""Two kinds are on one site when no further apart than this, edge to edge."""

ADJACENT_M = 100.0
"""Two kinds adjoin when no further apart than this, edge to edge; the plans name no number."""

_LEVELS = {
    "community": "community", "new community": "community", "district": "district", "street": "district",
    "township": "district", "city": STUDY, "province": STUDY,
}  # fmt: skip
_ABSENT, _UNKNOWN, _POSSIBLE, _CONFIRMED = range(4)

_FLAGS: dict[Any, float] = {"是": 1.0, "yes": 1.0, "否": 0.0, "no": 0.0}

_Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the formulas may draw on.

    `residences, access, threshold_s, weight_meaning` as for `reach_indicators`; `area_shapes, sites, site_kinds,
    layers` as in `StudyFrames`. `figures` are community figures (`level, area_id` and numbers), `hours` a row a site:
    `site_id, min_day_hours, holidays_open`. What is None leaves its requirements unanswered.
    """

    residences: gpd.GeoDataFrame
    access: pd.DataFrame
    threshold_s: FloatArray
    weight_meaning: str
    area_shapes: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    site_kinds: pd.DataFrame
    layers: pd.DataFrame
    figures: pd.DataFrame | None = None
    hours: pd.DataFrame | None = None
    same_site_m: float = SAME_SITE_M
    adjacent_m: float = ADJACENT_M


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The given, joined to areas once: communities with their district and setting, sites with both areas."""

    given: Given
    communities: pd.DataFrame
    districts: pd.DataFrame
    sites: gpd.GeoDataFrame
    held: dict[str, dict[str, int]]  # kind -> site_id -> confirmed or possible
    complete: frozenset[tuple[str, str]]
    figures: dict[tuple[str, str], dict[str, float]]


def measured(policy: Policy, facts: Facts) -> Iterator[_Row]:
    """The rows of one policy's requirements that aren't reach alone, in the policy's order."""
    for requirement in policy.requirements:
        if requirement.measure is None:
            continue
        for row in _FORMULAS[str(requirement.measure["formula"])](requirement, facts, policy):
            yield {
                "policy": policy.id,
                "indicator": requirement.id,
                "threshold": np.nan,
                "plan_year": requirement.plan_year,
                "quote": requirement.quote,
                **row,
            }


def facts_of(given: Given) -> Facts:
    """Join the given to its areas, for `measured`."""
    shapes = given.area_shapes
    communities = _members(shapes, "community", given.residences)
    districts = _members(shapes, "district", given.residences)
    inside = shapes[shapes["level"] == "community"].sort_values("area_id")
    communities["district_id"] = assign_areas(inside, shapes)[1].to_numpy() if len(inside) else None
    community, district = assign_areas(given.sites, shapes)
    sites = given.sites.assign(community_id=community, district_id=district)
    if given.hours is not None:
        hours = given.hours.set_index("site_id")
        sites["min_day_hours"] = sites["site_id"].map(hours["min_day_hours"])
        sites["holidays_open"] = sites["site_id"].map(hours["holidays_open"])
        known = sites["min_day_hours"].notna() & sites["holidays_open"].notna()
        every_day = (sites["min_day_hours"] > 0) & (sites["holidays_open"] == True)  # noqa: E712 - may be missing
        sites["open_every_day"] = every_day.astype(object).where(known, None)
    held: dict[str, dict[str, int]] = {}
    for site_id, name, evidence in given.site_kinds[["site_id", "kind", "evidence"]].itertuples(index=False):
        of_kind = held.setdefault(name, {})
        code = _CONFIRMED if evidence == "confirmed" else _POSSIBLE
        of_kind[site_id] = max(of_kind.get(site_id, 0), code)
    layers = given.layers[given.layers["complete"].to_numpy(dtype=bool)]
    complete = set(zip(layers["community_id"], layers["kind"], strict=True))
    complete |= {(community, sort) for community, name in complete for sort in parts_of(name)}
    return Facts(
        given=given,
        communities=communities,
        districts=districts,
        sites=sites,
        held=held,
        complete=frozenset(complete),
        figures=_figures_of(given.figures, shapes),
    )


def _members(shapes: gpd.GeoDataFrame, level: str, residences: pd.DataFrame) -> pd.DataFrame:
    """The areas of a level with their setting: their own, else the one of most of their residences."""
    out = shapes.loc[shapes["level"] == level, ["area_id", "setting"]].sort_values("area_id", ignore_index=True)
    by = residences.groupby([f"{level}_id", "setting"])["weight"].sum().reset_index().sort_values("weight")
    most = dict(zip(by[f"{level}_id"], by["setting"], strict=True))  # the heaviest comes last and stays
    settings = out["setting"].fillna(out["area_id"].map(most))
    return pd.DataFrame({"area_id": out["area_id"], "setting": settings})


def _figures_of(figures: pd.DataFrame | None, shapes: pd.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    if figures is None:
        return {}
    again = figures.duplicated(["level", "area_id"])
    if again.any():
        raise InputError(f"community_figures: {head(figures['area_id'][again])} stand twice; keep one row an area")
    known = {*zip(shapes["level"], shapes["area_id"], strict=True), (STUDY, EVERYWHERE)}
    strange = [pair[1] for pair in zip(figures["level"], figures["area_id"], strict=True) if pair not in known]
    if strange:
        raise InputError(f"community_figures: {head(strange)} are no areas of the study; use its area ids and levels")
    names = [name for name in figures if pd.api.types.is_numeric_dtype(figures[name].dtype)]
    table: list[list[float]] = figures[names].to_numpy(dtype=np.float64).tolist()
    rows = [dict(zip(map(str, names), row, strict=True)) for row in table]
    areas = zip(figures["level"].tolist(), figures["area_id"].tolist(), strict=True)
    return dict(zip(areas, rows, strict=True))


def plaza_areas_m2(plazas: gpd.GeoDataFrame, area_shapes: gpd.GeoDataFrame) -> pd.Series[float]:
    """Square metres of plaza in each community: overlaps counted once, what lies outside cut off.

    Parameters
    ----------
    plazas, area_shapes : polygons in EPSG:4326; `level, area_id` of the areas.

    Returns
    -------
    One number a community, by area_id, for the column `plaza_area_m2` of community figures.
    """
    shapes = without_overlaps(area_shapes[area_shapes["level"] == "community"])
    union = shapely.union_all(plazas.geometry.to_numpy())
    pieces = shapely.intersection(shapes.geometry.to_numpy(), union)
    return pd.Series([_area_m2(piece) for piece in pieces], index=shapes["area_id"].to_numpy(), dtype="float64")


def _area_m2(shape: Any) -> float:
    if shapely.is_empty(shape):
        return 0.0
    return float(shapely.area(_flat(np.array([shape], dtype=object), shape)[0]))


def _flat(shapes: Any, around: Any) -> Any:
    west, south, east, north = shapely.total_bounds(around)
    plane = to_plane(local_crs((west + east) / 2, (south + north) / 2))
    return shapely.transform(shapes, lambda xy: np.column_stack(plane.transform(*xy.T)))


# Figures ------------------------------------------------------------------------------------------------------------


def _figure(requirement: Requirement, facts: Facts, _: Policy) -> list[_Row]:
    """`times` x (the sum of `of` less `minus`) / `per`, of each area's own figures or of its communities' sums.

    With `drawn`, the ground of that kind on the map is possible where a community's figures are silent.
    """
    measure = requirement.measure or {}
    columns = [*measure["of"], *measure.get("minus", ()), *([measure["per"]] if "per" in measure else [])]
    drawn = _drawn(str(measure["drawn"]), facts) if "drawn" in measure else {}
    if not drawn and not any(set(columns) <= _known(row) for row in facts.figures.values()):
        return []
    level = _LEVELS[requirement.level]
    rows = []
    for area_id in _areas_at(level, requirement, facts):
        parts = [facts.figures.get((level, area_id), {})]
        if level != "community" and not set(columns) <= _known(parts[0]):
            parts = [facts.figures.get(("community", one), {}) for one in _inside(level, area_id, requirement, facts)]
        if "only" in measure:
            parts = [part for part in parts if part.get(measure["only"], 0.0) > 0]
            if not parts:
                continue
        known = [part for part in parts if set(columns) <= _known(part)]
        value, base = _ratio(measure, known)
        unknown = 1 - len(known) / len(parts) if parts else 1.0
        if np.isnan(value):
            unknown = 1.0
        if not known and area_id in drawn:  # the form is silent, and the map may lack some
            row = _counted(level, area_id, (0.0, drawn[area_id][0], 1.0), requirement.unit, requirement)
            rows.append(row | {"denominator": drawn[area_id][1]})
            continue
        row = _counted(level, area_id, (value, value, unknown), requirement.unit, requirement)
        if 0 < unknown < 1 and ({"per", "minus"} & set(measure)):
            row["met"] = "undetermined"  # of a part of the communities, a ratio bounds nothing
        rows.append(row | {"denominator": base})
    return rows


def _drawn(name: str, facts: Facts) -> dict[str, tuple[float, float]]:
    """Square metres a resident of the grounds of a kind that a map draws in each community, and its residents.

    Parks aren't counted: a 广场 is no green. Residents are the form's, else the study's where its weights are theirs.
    """
    held, parks = facts.held.get(name, {}), facts.held.get("green_space", {})
    ids, shapes = facts.sites["site_id"], facts.sites.geom_type
    plazas = facts.sites[ids.isin(held) & ~ids.isin(parks) & shapes.isin(["Polygon", "MultiPolygon"])]
    if not len(plazas):
        return {}
    given = facts.given
    counted: dict[str, float] = {}
    if given.weight_meaning == "residents":
        counted = given.residences.groupby("community_id")["weight"].sum().to_dict()
    out = {}
    for area_id, area_m2 in plaza_areas_m2(plazas, given.area_shapes).items():
        told = facts.figures.get(("community", str(area_id)), {}).get("residents", math.nan)
        residents = counted.get(str(area_id), math.nan) if math.isnan(told) else told
        if area_m2 > 0 and residents > 0:
            out[str(area_id)] = (area_m2 / residents, residents)
    return out


def _known(row: Mapping[str, float]) -> set[str]:
    return {name for name, value in row.items() if not math.isnan(value)}


def _ratio(measure: Mapping[str, Any], parts: list[dict[str, float]]) -> tuple[float, float]:
    """The value and what it is divided by (nan where it is a count)."""

    def total(names: Any) -> float:
        return math.fsum(part[name] for part in parts for name in names)

    if not parts:
        return np.nan, np.nan
    value = measure.get("times", 1) * (total(measure["of"]) - total(measure.get("minus", ())))
    if "per" not in measure:
        return value, np.nan
    base = total([measure["per"]])
    return (value / base if base > 0 else np.nan), base


def _windows(requirement: Requirement, facts: Facts, _: Policy) -> list[_Row]:
    """General windows against one for every so many residents, begun ones counted, at least one."""
    each = float((requirement.measure or {})["residents_each"])
    if not any({"residents", "service_windows"} <= _known(row) for row in facts.figures.values()):
        return []
    rows = []
    for area_id in _areas_at("community", requirement, facts):
        figures = facts.figures.get(("community", area_id), {})
        known = {"residents", "service_windows"} <= _known(figures)
        residents = figures["residents"] if known else np.nan
        asked = float(max(1, math.ceil(residents / each))) if known else np.nan
        value = figures["service_windows"] if known else np.nan
        asked_of = replace(requirement, threshold=asked, comparison=">=")
        row = _counted("community", area_id, (value, value, 0.0 if known else 1.0), "windows", asked_of)
        rows.append(row | {"denominator": residents})
    return rows


# Presence -----------------------------------------------------------------------------------------------------------


def _presence(requirement: Requirement, facts: Facts, _: Policy) -> list[_Row]:
    """How many sites of each kind stand in each community."""
    names = (requirement.measure or {})["kinds"]
    rows = []
    for name in KINDS if names == "all" else names:
        held = facts.sites["site_id"].map(facts.held.get(name, {}))
        where = facts.sites["community_id"]
        sure, either = (some.groupby(where).sum() for some in (held == _CONFIRMED, held.notna()))
        for area_id in _areas_at("community", requirement, facts):
            confirmed, possible = float(sure.get(area_id, 0)), float(either.get(area_id, 0))
            unknown = 0.0 if (area_id, name) in facts.complete else 1.0
            row = _counted("community", area_id, (confirmed, possible, unknown), "sites", requirement)
            rows.append(row | {"indicator": f"{requirement.id}/{name}", "denominator": 1.0})
    return rows


def _counted(
    level: str,
    area_id: str,
    amount: tuple[float, float, float],
    unit: str | None,
    asked: Requirement | None = None,
) -> _Row:
    """A row of an amount: at least the first, at most the second unless something (the third) is unknown."""
    confirmed, possible, unknown = amount
    target = None if asked is None else asked.threshold
    comparison = None if asked is None else asked.comparison
    return {
        "level": level,
        "area_id": area_id,
        "value_confirmed": confirmed,
        "value_possible": possible,
        "share_unknown": unknown,
        "threshold": np.nan if target is None else target,
        "unit": unit,
        "met": _amount_verdict(confirmed, np.inf if unknown > 0 else possible, target, comparison),
    }


def _amount_verdict(low: float, high: float, target: float | None, comparison: str | None) -> str:
    """Whether an amount between two bounds keeps to the target; a ratio of part of the communities has no bounds.

    >>> _amount_verdict(1, 3, 2, ">="), _amount_verdict(2, 3, 2, ">="), _amount_verdict(0, 1, 2, ">=")
    ('undetermined', 'yes', 'no')
    >>> _amount_verdict(1, 1, 1, "="), _amount_verdict(2, float("inf"), 1, "=")
    ('yes', 'no')
    """
    if target is None or math.isnan(target) or math.isnan(low):
        return "undetermined"
    reaches, may_reach = low >= target - ROUNDING, high >= target - ROUNDING
    stays, may_stay = high <= target + ROUNDING, low <= target + ROUNDING
    surely = {">=": reaches, "<=": stays, "=": reaches and stays}[str(comparison)]
    maybe = {">=": may_reach, "<=": may_stay, "=": may_reach and may_stay}[str(comparison)]
    return "yes" if surely else "undetermined" if maybe else "no"


# Shares of areas ----------------------------------------------------------------------------------------------------


def _areas_with(requirement: Requirement, facts: Facts, policy: Policy) -> list[_Row]:
    """The share of communities or districts that have a kind, or a figure above zero, or meet another requirement."""
    measure = requirement.measure or {}
    area = measure["area"]
    speaks_of = set(_areas_at(area, requirement, facts))
    answers: dict[str, dict[str, int]] = {}
    if "kinds" in measure:
        for name in measure["kinds"]:
            answers[f"{requirement.id}/{name}" if measure.get("each") else requirement.id] = {
                area_id: code for area_id, code in _with(name, area, facts).items() if area_id in speaks_of
            }
    elif "of" in measure:
        values = {key: row for key, row in facts.figures.items() if set(measure["of"]) <= _known(row)}
        if not values:
            return []
        answers[requirement.id] = {
            area_id: _UNKNOWN
            if (area, area_id) not in values
            else _CONFIRMED
            if all(values[area, area_id][name] > 0 for name in measure["of"])
            else _ABSENT
            for area_id in _areas_at(area, requirement, facts)
        }
    else:
        other = next(one for one in policy.requirements if one.id == measure["meets"])
        met = {row["area_id"]: row["met"] for row in _figure(other, facts, policy)}
        if not met:
            return []
        codes = {"yes": _CONFIRMED, "no": _ABSENT}
        answers[requirement.id] = {
            area_id: codes.get(met.get(area_id, ""), _UNKNOWN) for area_id in _areas_at(area, requirement, facts)
        }
    return [
        row | {"indicator": name}
        for name, answer in answers.items()
        for level in ("district", STUDY)
        for area_id in _areas_at(level, replace(requirement, setting="both"), facts)
        for row in _share(
            level, area_id, [answer[one] for one in _inside(level, area_id, requirement, facts, area)],
            requirement.threshold, f"share of {'communities' if area == 'community' else 'districts'}",
        )
    ]  # fmt: skip


def _with(name: str, level: str, facts: Facts) -> dict[str, int]:
    """Whether each area has a kind: the best evidence there; where there is none, what complete layers say."""
    held = facts.sites["site_id"].map(facts.held.get(name, {}))
    best = held.groupby(facts.sites[f"{level}_id"]).max().dropna()
    table = facts.communities if level == "community" else facts.districts
    answer = {}
    for area_id in map(str, table["area_id"]):
        parts = [area_id] if level == "community" else _communities_of(level, area_id, facts)
        without = _ABSENT if parts and all((one, name) in facts.complete for one in parts) else _UNKNOWN
        answer[area_id] = int(best.get(area_id, without))
    return answer


def _share(level: str, area_id: str, codes: list[int], target: float | None, unit: str) -> list[_Row]:
    """The row of a share of things of which each is confirmed, possible, unknown or absent; none of nothing."""
    if not codes:
        return []
    n = len(codes)
    confirmed, possible = codes.count(_CONFIRMED) / n, sum(code >= _POSSIBLE for code in codes) / n
    unknown = codes.count(_UNKNOWN) / n
    asked = np.nan if target is None else float(target)
    return [
        {
            "level": level,
            "area_id": area_id,
            "value_confirmed": confirmed,
            "value_possible": possible,
            "share_unknown": unknown,
            "threshold": asked,
            "unit": unit,
            "denominator": float(n),
            "met": verdict(confirmed, possible + unknown, asked),
        }
    ]


def _areas_at(level: str, requirement: Requirement, facts: Facts) -> list[str]:
    """The areas of a level that a requirement speaks of."""
    if level == STUDY:
        return [EVERYWHERE]
    table = facts.communities if level == "community" else facts.districts
    if requirement.setting != "both":
        table = table[table["setting"] == requirement.setting]
    return [str(area_id) for area_id in table["area_id"]]


def _inside(level: str, area_id: str, requirement: Requirement, facts: Facts, area: str = "community") -> list[str]:
    """The communities (or districts) of an area that a requirement speaks of."""
    asked = _areas_at(area, requirement, facts)
    if level == STUDY:
        return asked
    if area == "district":
        return [one for one in asked if one == area_id]
    within = set(_communities_of(level, area_id, facts))
    return [one for one in asked if one in within]


def _communities_of(level: str, area_id: str, facts: Facts) -> list[str]:
    return list(facts.communities.loc[facts.communities[f"{level}_id"] == area_id, "area_id"])


# Shares of sites ----------------------------------------------------------------------------------------------------


def _sites(requirement: Requirement, facts: Facts, _: Policy) -> list[_Row]:
    """The share of the sites of some kinds whose column is large enough, or says one of some words."""
    measure = requirement.measure or {}
    column = measure["column"]
    if column not in facts.sites or facts.sites[column].isna().all():
        return []
    chosen = _holding(measure["kinds"], facts)
    asked = measure.get("facility_level")
    if asked is not None:
        if "facility_level" in facts.sites:
            told = facts.sites["facility_level"].astype(object).fillna("community")
            chosen = chosen & (told == asked).to_numpy()
        elif asked != "community":
            return []
    values = facts.sites[column]
    if "at_least" in measure:  # a register's words are flags: 是 is 1
        told_as = values.astype(object).map(lambda value: _FLAGS.get(value, value), na_action="ignore")
        numbers = pd.to_numeric(told_as, errors="coerce").astype("float64")
        good, silent = numbers >= measure["at_least"], numbers.isna()
    else:
        good, silent = values.isin(measure["among"]), values.isna()
    code = np.where(silent, _UNKNOWN, np.where(good, _CONFIRMED, _ABSENT))
    return _site_shares(chosen, code, facts, measure.get("target"))


def _near(requirement: Requirement, facts: Facts, _: Policy) -> list[_Row]:
    """The share of the sites of some kinds with a partner on the same site, or adjoining."""
    measure = requirement.measure or {}
    chosen = _holding(measure["kinds"], facts)
    if not chosen.any():
        return []
    shapes = _flat(facts.sites.geometry.to_numpy(), facts.sites.geometry.to_numpy())
    rows = []
    for apart in measure["apart"]:
        within_m = facts.given.same_site_m if apart == "same" else facts.given.adjacent_m
        complete = [
            all((community, name) in facts.complete for name in measure["partners"])
            for community in facts.sites["community_id"].astype(object).fillna(NO_AREA)
        ]
        code = np.where(complete, _ABSENT, _UNKNOWN)
        for name in measure["partners"]:
            held = facts.sites["site_id"].map(facts.held.get(name, {})).fillna(0).to_numpy(dtype=int)
            partner = np.flatnonzero(held)
            site, found = shapely.STRtree(shapes[partner]).query(shapes, predicate="dwithin", distance=within_m)
            np.maximum.at(code, site, held[partner[found]])
        indicator = requirement.id if len(measure["apart"]) == 1 else f"{requirement.id}/{apart}"
        rows += [row | {"indicator": indicator} for row in _site_shares(chosen, code, facts, requirement.threshold)]
    return rows


def _holding(names: Any, facts: Facts) -> BoolArray:
    """Which sites are confirmed to hold one of the kinds."""
    held = {name: facts.held.get(name, {}) for name in (KINDS if names == "all" else names)}
    sure = {site for sites in held.values() for site, code in sites.items() if code == _CONFIRMED}
    chosen: BoolArray = facts.sites["site_id"].isin(sure).to_numpy()
    return chosen


def _site_shares(chosen: BoolArray, code: Any, facts: Facts, target: float | None) -> list[_Row]:
    rows = []
    for level, area_id, members in _site_areas(facts):
        here = code[members[chosen[members]]]
        rows += _share(level, area_id, [int(one) for one in here], target, "share of sites")
    return rows


def _site_areas(facts: Facts) -> Iterator[tuple[str, str, IntArray]]:
    """Level, area and rows of the sites of every area that holds any."""
    for level in LEVELS:
        for area_id, rows in sorted(facts.sites.groupby(f"{level}_id").indices.items()):
            yield level, str(area_id), np.asarray(rows)
    if len(facts.sites):
        yield STUDY, EVERYWHERE, np.arange(len(facts.sites))


def _kinds_per_site(requirement: Requirement, facts: Facts, _: Policy) -> list[_Row]:
    """The share of sites that hold at least so many kinds; without a number, the most that one site holds.

    A sort of a kind (小学) is no kind more. Shares are of the sites of the checklist: a bus stop holds nothing else.
    """
    least = (requirement.measure or {}).get("at_least")
    n = pd.Series(0, index=facts.sites["site_id"])
    sure, of_checklist = n.copy(), n.astype(bool)
    for name, sites in facts.held.items():
        if kind(name).part_of:
            continue
        for site, code in sites.items():
            n[site] += 1
            sure[site] += code == _CONFIRMED
            of_checklist[site] |= name in KINDS
    most, confirmed = n.to_numpy(), sure.to_numpy()
    if least is not None:
        codes = np.where(confirmed >= least, _CONFIRMED, np.where(most >= least, _POSSIBLE, _ABSENT))
        return _site_shares(of_checklist.to_numpy(), codes, facts, None)
    return [
        _counted(level, area_id, (float(confirmed[members].max()), float(most[members].max()), 0.0), "kinds")
        | {"denominator": float(len(members))}
        for level, area_id, members in _site_areas(facts)
    ]


# What residents reach -----------------------------------------------------------------------------------------------


def _roles(requirement: Requirement, facts: Facts, policy: Policy) -> list[_Row]:
    """The share of each role's kinds within the circle at the study's threshold, as reach with "mean"."""
    given = facts.given
    rural = (given.residences["setting"] == "rural").to_numpy()
    minutes = [float(given.threshold_s[rows].max()) / 60 if rows.any() else None for rows in (~rural, rural)]
    rows: list[_Row] = []
    for role, names in (requirement.measure or {})["roles"].items():
        asked = replace(
            requirement, id=f"{requirement.id}/{role}", kinds=tuple(names), combine="mean", measure=None,
            minutes_urban=minutes[0], minutes_rural=minutes[1],
        )  # fmt: skip
        frame = reach_indicators(
            [replace(policy, requirements=(asked,))], given.residences, given.access,
            threshold_s=given.threshold_s, weight_meaning=given.weight_meaning,
        )  # fmt: skip
        unit = f"share of {given.weight_meaning} x kinds"
        rows += [{str(name): value for name, value in row.items()} | {"unit": unit} for row in frame.to_dict("records")]
    return rows


def _choice(requirement: Requirement, facts: Facts, _: Policy) -> list[_Row]:
    """How many places of a kind a resident can choose from, on average: those of the evidence that decided."""
    given = facts.given
    weight = given.residences["weight"].to_numpy(dtype=np.float64)
    rows = []
    for name in (requirement.measure or {})["kinds"]:
        cells = given.access[given.access["kind"] == name]
        n = cells["n_sites"].to_numpy(dtype=np.float64)
        status = cells["status"].to_numpy(object)
        for level, area_id, members in areas_of(given.residences, weight):
            share = weight[members] / weight[members].sum()
            covered, possible = status[members] == "covered", status[members] == "possible"
            counted = (share * n[members] * covered).sum()
            either = counted + (share * n[members] * possible).sum()
            open_ = share[~covered & ~possible & (status[members] != "gap")].sum()
            row = _counted(level, area_id, (counted, either, open_), "places of a resident")
            rows.append(row | {"indicator": f"{requirement.id}/{name}", "denominator": weight[members].sum()})
    return rows


def _borrowed(_requirement: Requirement, facts: Facts, _: Policy) -> list[_Row]:
    """The share of residents' covered kinds that lie outside their own community.

    Confirmed: the only place within the threshold lies in another community. Possible: the nearest does, but there
    are others, of which one may be their own.
    """
    given = facts.given
    home = given.residences.set_index("residence_id")["community_id"]
    lies_in = facts.sites.set_index("site_id")["community_id"]
    cells = given.access[given.access["kind"].isin(KINDS)]
    away = cells["site_id"].map(lies_in).astype(object).fillna(NO_AREA).to_numpy(object) != cells["residence_id"].map(
        home
    ).astype(object).fillna(NO_AREA).to_numpy(object)
    reached = (cells["status"] == "covered").to_numpy()
    weight = cells["residence_id"].map(given.residences.set_index("residence_id")["weight"]).to_numpy(dtype=np.float64)
    only = reached & away & (cells["n_sites"] == 1).to_numpy()
    rows = []
    n_kinds = len(cells) // len(given.residences)
    counted = (weight * reached).reshape(-1, n_kinds).sum(axis=1)
    parts = [(weight * part).reshape(-1, n_kinds).sum(axis=1) for part in (only, reached & away)]
    for level, area_id, members in areas_of(given.residences, counted):
        base = counted[members].sum()
        low, high = (part[members].sum() / base for part in parts)
        row = _counted(level, area_id, (low, high, 0.0), f"share of covered {given.weight_meaning} x kinds")
        rows.append(row | {"denominator": base})
    return rows


_FORMULAS: dict[str, Callable[[Requirement, Facts, Policy], list[_Row]]] = {
    "figure": _figure,
    "windows": _windows,
    "presence": _presence,
    "areas_with": _areas_with,
    "sites": _sites,
    "near": _near,
    "kinds_per_site": _kinds_per_site,
    "roles": _roles,
    "choice": _choice,
    "borrowed": _borrowed,
}

FORMULAS = ("reach", *_FORMULAS)
"""What a requirement's `measure` may name; reach is told by its kinds."""
