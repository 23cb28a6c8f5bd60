"""Statuses -> communities, districts and the study: shares, scores, gap areas and the indicators of policies.

The rules are told to planners in docs/statuses.md; a change here is a change there. Everything is weighted by the
residences' weight, and areas that hold no weight have no row: a share of nothing is no number.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from circle15.checklist import GROUPS, KINDS, SERVICES_ZH, kind
from circle15.coverage import COVERED, GAP, POSSIBLE, names_at
from circle15.errors import InputError, head
from circle15.schema import LEVELS, NO_AREA, REASONS, STATUSES, points_of
from circle15.units import BoolArray, FloatArray, IntArray, from_plane, local_crs, minutes_to_s, to_plane

if TYPE_CHECKING:
    from pyproj import Transformer

    from circle15.checklist import Policy, Requirement

STUDY = "study"
EVERYWHERE = "all"
"""The one area of the level `study`."""

LINK_M = 150.0
"""Residences with the same gap belong to one gap area when no further apart than this on foot."""

_GROUPS_AT_ONCE = 32
BUFFER_SEGMENTS = 8
"""Sides of a quarter of the circle round a corner: within 15 cm of round at 30 m."""
GAP_BUFFER_M = 30.0

WORST_SHARE = 0.1
"""The worst decile: this share of the weight."""

ROUNDING = 1e-9
"""A policy isn't missed by what adding up a million weights rounds away."""

INDICATOR_TYPES = {
    "policy": "str",
    "indicator": "str",
    "level": "str",
    "area_id": "str",
    "value_confirmed": "float64",
    "value_possible": "float64",
    "share_unknown": "float64",
    "threshold": "float64",
    "unit": "str",
    "denominator": "float64",
    "met": "str",
    "plan_year": "Int64",
    "quote": "str",
}
"""The columns of the indicators frame."""

COMPOUND_COLUMNS = ("compound_id", "name", "kind", "weight", "n_residences", "n_gates")
"""The columns of the compounds frame, before the five shares."""


def assign_areas(places: gpd.GeoDataFrame, area_shapes: gpd.GeoDataFrame) -> tuple[pd.Series[str], pd.Series[str]]:
    """The community and the district that each place lies in, by one point inside the place.

    Parameters
    ----------
    places : residences or sites, any geometry, in the same coordinate system as the areas.
    area_shapes : `level, area_id, geometry`; borders belong to the area.

    Returns
    -------
    community_id and district_id on the index of `places`; missing where no area of the level holds the point. On a
    shared border or in an overlap the smallest area_id (as text) wins.

    Raises
    ------
    InputError
        where the two are in different coordinate systems.
    """
    if places.crs != area_shapes.crs:
        raise InputError(f"places are in {places.crs} and areas in {area_shapes.crs}; bring both to EPSG:4326")
    points = points_of(places)
    community, district = (_holder(points, area_shapes[area_shapes["level"] == level]) for level in LEVELS)
    return community, district


def _holder(places: gpd.GeoSeries, shapes: gpd.GeoDataFrame) -> pd.Series[str]:
    shapes = shapes.sort_values("area_id")
    points = places.to_numpy()
    point, shape = shapely.STRtree(points).query(shapes.geometry.to_numpy(), predicate="intersects")[::-1]
    first = np.full(len(points), len(shapes))
    np.minimum.at(first, point, shape)
    return names_at(np.where(first < len(shapes), first, -1), shapes["area_id"]).set_axis(places.index)


def without_overlaps(area_shapes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The areas of one level without what a smaller area_id holds already, as `assign_areas` decides."""
    ordered = area_shapes.sort_values("area_id", kind="stable")
    shapes = ordered.geometry.to_numpy().copy()
    earlier, later = shapely.STRtree(ordered.geometry.to_numpy()).query(
        ordered.geometry.to_numpy(), predicate="intersects"
    )
    for row in np.unique(later):
        before = earlier[(later == row) & (earlier < row)]
        if len(before):
            shapes[row] = shapely.difference(shapes[row], shapely.union_all(ordered.geometry.to_numpy()[before]))
    return ordered.set_geometry(gpd.GeoSeries(shapes, index=ordered.index, crs=ordered.crs))


def area_shares(residences: gpd.GeoDataFrame, access: pd.DataFrame, area_shapes: gpd.GeoDataFrame) -> pd.DataFrame:
    """What share of each area's weight has which status, for each kind.

    Parameters
    ----------
    residences : `residence_id, weight, community_id, district_id`.
    access : from `statuses`, in the residences' order.
    area_shapes : gives names and settings; areas without weight are left out of the result.

    Returns
    -------
    One row per level (community, district, study), area (sorted; "none" for residences in no area, "all" for the
    study) and kind: `level, area_id, name, setting, kind, weight, n_residences`, then the five shares, which sum
    to 1.

    Raises
    ------
    InputError
        where access and residences don't belong together, or no residence has weight.
    """
    table = _table(residences, access)
    known = area_shapes.set_index(["level", "area_id"])[["name", "setting"]]
    frames = []
    for level, area_id, rows in _areas(residences, table.weight):
        status, weight = table.status[rows], table.weight[rows, np.newaxis]
        weights = np.stack([np.where(status == code, weight, 0.0).sum(axis=0) for code in range(len(STATUSES))])
        shares = weights / weights.sum(axis=0)
        name, setting = known.loc[(level, area_id)] if (level, area_id) in known.index else (None, None)
        columns = {
            "level": level,
            "area_id": area_id,
            "name": name,
            "setting": setting,
            "kind": table.kinds,
            "weight": weight.sum(),
            "n_residences": len(rows),
        }
        frames.append(pd.DataFrame(columns | dict(zip(STATUSES, shares, strict=True))))
    texts = dict.fromkeys(("level", "area_id", "name", "setting", "kind"), "str")
    return pd.concat(frames, ignore_index=True).astype(texts)


def scores(residences: gpd.GeoDataFrame, access: pd.DataFrame) -> pd.DataFrame:
    """How much of the circle each area has: the mean over its weight, and the mean of its worst tenth.

    A residence's score in a scope is the share of the scope's kinds that are covered (or covered or possible). The
    worst decile is the tenth of the area's weight with the fewest; the residence on its border counts in part. Each
    of the two scores has its own worst decile. Extension kinds stay outside.

    Parameters
    ----------
    residences, access : as for `area_shares`; access must have all 27 kinds.

    Returns
    -------
    One row per level, area and scope ("all", the groups, the services): `level, area_id, scope, confirmed,
    confirmed_or_possible, worst_decile_confirmed, worst_decile_confirmed_or_possible`, all from 0 to 1.

    Raises
    ------
    InputError
        as for `area_shares`, and where a kind of the checklist is missing from access.
    """
    table = _table(residences, access)
    scopes = _scopes()
    column = [table.columns(names) for names in scopes.values()]
    score = np.stack(
        [(table.status <= best)[:, columns].mean(axis=1) for best in (COVERED, POSSIBLE) for columns in column],
        axis=1,
    )
    frames = []
    for level, area_id, rows in _areas(residences, table.weight):
        mean = _weighted_mean(score[rows], table.weight[rows]).reshape(2, -1)
        worst = _worst_mean(score[rows], table.weight[rows]).reshape(2, -1)
        frames.append(
            pd.DataFrame(
                {
                    "level": level,
                    "area_id": area_id,
                    "scope": list(scopes),
                    "confirmed": mean[0],
                    "confirmed_or_possible": mean[1],
                    "worst_decile_confirmed": worst[0],
                    "worst_decile_confirmed_or_possible": worst[1],
                }
            )
        )
    return pd.concat(frames, ignore_index=True).astype(dict.fromkeys(("level", "area_id", "scope"), "str"))


def _scopes() -> dict[str, list[str]]:
    scopes = {EVERYWHERE: list(KINDS)}
    scopes |= {group: [name for name in KINDS if kind(name).group == group] for group in GROUPS}
    return scopes | {service: [name for name in KINDS if service in kind(name).services] for service in SERVICES_ZH}


def _weighted_mean(values: FloatArray, weight: FloatArray) -> FloatArray:
    mean: FloatArray = (values * weight[:, np.newaxis]).sum(axis=0) / weight.sum()
    return mean


def _worst_mean(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Mean of each column over the tenth of the weight where it is lowest.

    >>> _worst_mean(np.array([[0.0], [1.0]]), np.array([5.0, 95.0]))  # 5 of the 10 at 0, the other 5 at 1
    array([0.5])
    """
    order = np.argsort(values, axis=0, kind="stable")
    ordered = weight[order]
    before = np.cumsum(ordered, axis=0) - ordered
    part = np.clip(WORST_SHARE * weight.sum() - before, 0.0, ordered)
    mean: FloatArray = (part * np.take_along_axis(values, order, axis=0)).sum(axis=0) / part.sum(axis=0)
    return mean


def gate_gains(residences: gpd.GeoDataFrame, access: pd.DataFrame, gates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Who would gain a kind if a closed gate were open: what `access` lays at each gate's door.

    A walk that needs several closed gates is told at the first one from home, so opening one may not be enough.

    Parameters
    ----------
    access : with `reason` and `gate_id`.
    gates : `gate_id, zone` and points.

    Returns
    -------
    `gate_id, zone, kind, weight, n_residences, geometry`: one row a gate and kind that residences lack because of it;
    gates that keep nobody away have one row without kind. Sorted by gate, then in the order of kinds.
    """
    kept = access[(access["reason"] == "gate") & access["gate_id"].notna()]
    weight = residences.set_index("residence_id")["weight"]
    lost = kept.assign(weight=kept["residence_id"].map(weight).to_numpy(dtype=np.float64))
    gains = lost.groupby(["gate_id", "kind"], sort=False)["weight"].agg(["sum", "size"]).reset_index()
    gains = gains.rename(columns={"sum": "weight", "size": "n_residences"})
    once = gates.drop_duplicates("gate_id")
    table = once.merge(gains, on="gate_id", how="left")
    table["weight"] = table["weight"].fillna(0.0)
    table["n_residences"] = table["n_residences"].fillna(0).astype(np.int64)
    table["_kind"] = table["kind"].map({kind: i for i, kind in enumerate(KINDS)})
    table = table.sort_values(["gate_id", "_kind"], kind="stable", ignore_index=True)
    return table[["gate_id", "zone", "kind", "weight", "n_residences", "geometry"]].astype({"kind": "str"})


def gap_areas(
    residences: gpd.GeoDataFrame,
    access: pd.DataFrame,
    within: Callable[[IntArray], Any],
    *,
    link_m: float = LINK_M,
    buffer_m: float = GAP_BUFFER_M,
) -> gpd.GeoDataFrame:
    """Neighbouring residences that lack the same kind, as one place.

    Single linkage: two residences with the gap belong together when a chain of such residences joins them with no
    step longer than `link_m` on foot, in either direction; a step of exactly `link_m` counts (to the millimetre).

    Parameters
    ----------
    residences : sorted by id, in EPSG:4326.
    access : from `statuses`, in the residences' order.
    within : called once with the row numbers of residences (m of them); answers a sparse m x m matrix of walking
        metres between them, stored wherever they are at most `link_m` apart (a stored zero is a distance of zero).
    link_m, buffer_m : the longest step, and how far round its residences the area is drawn.

    Returns
    -------
    `gap_area_id, kind, weight, n_residences, nearest_s, cause, geometry`, by kind, then by weight (largest first; of
    equals the one with the smallest residence_id). `nearest_s` is the weighted mean over the residences whose search
    found a site (inf if none did), `cause` the reason with the most weight (of equals the first in the order of
    `schema.REASONS`); where no residence has weight, each counts once for these two.

    Raises
    ------
    InputError
        where access and residences don't belong together, or the matrix isn't m x m.
    """
    table = _table(residences, access)
    lacking = np.flatnonzero((table.status == GAP).any(axis=1))
    links = coo_array(within(lacking))
    if links.shape != (len(lacking), len(lacking)):
        raise InputError(f"within: a matrix of shape {links.shape}; give {len(lacking)} x {len(lacking)}")
    near = np.round(links.data, 3) <= link_m  # to the millimetre: metres are made from rounded seconds
    start, end = (ends[near].astype(np.int64) for ends in links.coords)
    shapes = residences.geometry.to_numpy()[lacking]
    reasons = pd.Index(REASONS).get_indexer(pd.Index(access["reason"])).reshape(table.status.shape)

    lacks = table.status[lacking] == GAP
    linked = [_linked(lacks[:, column], start, end) for column in range(len(table.kinds))]
    groups = [members for places in linked for members in places]
    drawn = iter(_drawn(shapes, groups, buffer_m=buffer_m, lacks=lacks, start=start, end=end))
    records = []
    for column, name in enumerate(table.kinds):
        places = []
        for members in linked[column]:
            rows = lacking[members]
            weight = table.weight[rows]
            counted = weight if weight.sum() > 0 else np.ones(len(rows))
            place: dict[str, Any] = {
                "kind": name,
                "weight": weight.sum(),
                "n_residences": len(rows),
                "nearest_s": _finite_mean(table.time_s[rows, column], counted),
                "cause": _heaviest(reasons[rows, column], counted),
                "geometry": next(drawn),
            }
            places.append(place)
        places.sort(key=lambda place: -place["weight"])  # stable: equals stay in the order of their first residence
        records += [{"gap_area_id": f"{name}-{n:04d}", **place} for n, place in enumerate(places, start=1)]
    columns = ["gap_area_id", "kind", "weight", "n_residences", "nearest_s", "cause", "geometry"]
    frame = gpd.GeoDataFrame(pd.DataFrame(records, columns=columns), geometry="geometry", crs=residences.crs)
    numbers = {"weight": "float64", "n_residences": "int64", "nearest_s": "float64"}
    return frame.astype(dict.fromkeys(("gap_area_id", "kind", "cause"), "str") | numbers)


def _linked(in_gap: BoolArray, start: IntArray, end: IntArray) -> list[IntArray]:
    """The members of each connected piece of the marked residences, pieces in the order of their first member."""
    members = np.flatnonzero(in_gap)
    position = np.cumsum(in_gap) - 1
    both = in_gap[start] & in_gap[end]
    # Ones rather than metres: a distance of zero must stay a link.
    graph = coo_array(
        (np.ones(both.sum()), (position[start[both]], position[end[both]])), shape=(len(members), len(members))
    )
    _, label = connected_components(graph, directed=False)
    piece, _ = pd.factorize(label)
    ends = np.cumsum(np.bincount(piece))
    return np.split(members[np.argsort(piece, kind="stable")], ends[:-1]) if len(members) else []


def _drawn(
    shapes: Any, groups: list[IntArray], *, buffer_m: float, lacks: BoolArray, start: IntArray, end: IntArray
) -> list[Any]:
    """What lies within some metres of each group's shapes (longitude and latitude, as the shapes are).

    Linked neighbours who lack the same kinds are united once for all kinds.
    """
    if not groups:
        return []
    west, south, east, north = shapely.total_bounds(shapes)
    plane = local_crs((west + east) / 2, (south + north) / 2)
    flat = _projected(shapes, to_plane(plane))
    _, alike = np.unique(lacks, axis=0, return_inverse=True)
    same = alike[start] == alike[end]
    graph = coo_array((np.ones(same.sum()), (start[same], end[same])), shape=(len(lacks), len(lacks)))
    n_pieces, piece = connected_components(graph, directed=False)
    order = np.argsort(piece, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(piece, minlength=n_pieces))[:-1])

    def grown(some: Sequence[IntArray]) -> list[Any]:
        return [shapely.union_all(shapely.buffer(flat[rows], buffer_m, quad_segs=BUFFER_SEGMENTS)) for rows in some]

    def united(some: Sequence[IntArray]) -> list[Any]:
        return [shapely.union_all(pieces[np.unique(piece[rows])]) for rows in some]

    pieces = np.array(_in_threads(grown, members), dtype=object)
    return list(_projected(np.array(_in_threads(united, groups), dtype=object), from_plane(plane)))


def _in_threads(work: Callable[[Sequence[IntArray]], list[Any]], groups: list[IntArray]) -> list[Any]:
    """The work done on all groups, some at a time: GEOS runs on several threads at once."""
    chunks = [groups[first : first + _GROUPS_AT_ONCE] for first in range(0, len(groups), _GROUPS_AT_ONCE)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [shape for part in pool.map(work, chunks) for shape in part]


def _projected(shapes: Any, transformer: Transformer) -> Any:
    return shapely.transform(shapes, lambda xy: np.column_stack(transformer.transform(*xy.T)))


def _finite_mean(values: FloatArray, weight: FloatArray) -> float:
    finite = np.isfinite(values)
    if not finite.any():
        return np.inf
    counted = weight[finite] if weight[finite].sum() > 0 else np.ones(finite.sum())
    return float(np.average(values[finite], weights=counted))


def _heaviest(codes: IntArray, weight: FloatArray) -> str:
    """The reason with the most weight; of equals the first in order."""
    return REASONS[int(np.argmax(np.bincount(codes, weights=weight, minlength=len(REASONS))))]


def indicators(
    policies: Iterable[Policy],
    residences: gpd.GeoDataFrame,
    access: pd.DataFrame,
    *,
    threshold_s: FloatArray,
    weight_meaning: str,
) -> pd.DataFrame:
    """What the policies promise about reach, measured in each area, with a verdict that the data can carry.

    A requirement is judged at its own minutes; residences of a setting for which it gives none are left out of its
    denominator. From the status and time in `access` a residence has, for one kind: confirmed reach, possible reach,
    no reach, or none of these: undecided (data missing or ended, off the network, or a longer time asked than the
    study settled). Kinds are combined as the requirement says: "each" gives every kind an indicator of its own
    (`A-1/farmers_market`), "all" and "any" ask it of all or one of the kinds, "mean" counts the share of the kinds.

    Parameters
    ----------
    policies : their requirements without theme kinds are passed over.
    residences, access : as for `area_shares`; `setting` is needed too.
    threshold_s : n, the thresholds that `access` was settled at.
    weight_meaning : what the weight counts, for the unit.

    Returns
    -------
    One row per policy, requirement (and kind), level and area: `policy, indicator, level, area_id, value_confirmed,
    value_possible` (confirmed or possible), `share_unknown` (undecided), `threshold` (the target share; nan where the
    document names none), `unit, denominator` (the weight that the requirement speaks of; areas without any are left
    out), `met, plan_year` (missing where the document has none), `quote`. `met` is "yes" where what is confirmed
    reaches the target, "no" where even all that is possible or undecided would not, else "undetermined" (always
    where there is no target).

    Raises
    ------
    InputError
        as for `area_shares`, and where access lacks a kind that a requirement names.
    """
    table = _table(residences, access)
    rural = (residences["setting"] == "rural").to_numpy()
    records = []
    for policy in policies:
        for requirement in policy.requirements:
            if not requirement.kinds:
                continue
            asked_s = np.where(rural, _asked_s(requirement.minutes_rural), _asked_s(requirement.minutes_urban))
            weight = np.where(np.isnan(asked_s), 0.0, table.weight)
            target = np.nan if requirement.target_share is None else float(requirement.target_share)
            for name, judged in _judged(requirement, table, asked_s, threshold_s).items():
                for level, area_id, rows in _areas(residences, weight):
                    confirmed, possible, at_most = _weighted_mean(judged[rows], weight[rows])
                    record = {
                        "policy": policy.id,
                        "indicator": name,
                        "level": level,
                        "area_id": area_id,
                        "value_confirmed": confirmed,
                        "value_possible": possible,
                        "share_unknown": at_most - possible,
                        "threshold": target,
                        "unit": f"share of {weight_meaning}",
                        "denominator": weight[rows].sum(),
                        "met": _verdict(confirmed, at_most, target),
                        "plan_year": requirement.plan_year,
                        "quote": requirement.quote,
                    }
                    records.append(record)
    return pd.DataFrame(records, columns=list(INDICATOR_TYPES)).astype(INDICATOR_TYPES)


def _asked_s(minutes: float | None) -> float:
    return np.nan if minutes is None else minutes_to_s(minutes)


def _judged(
    requirement: Requirement, table: _Table, asked_s: FloatArray, threshold_s: FloatArray
) -> dict[str, FloatArray]:
    """For each indicator of a requirement, n x (confirmed, possible, at most): how far each residence has it."""
    columns = table.columns(requirement.kinds)
    asked = asked_s[:, np.newaxis]
    status, time_s = table.status[:, columns], table.time_s[:, columns]
    possible = time_s <= asked
    confirmed = possible & (status == COVERED)
    # A gap at the study's threshold is one at any shorter; at a longer one the data may end, or hold a further site.
    missing = ~possible & (status == GAP) & (asked <= threshold_s[:, np.newaxis])
    judged = np.stack([confirmed, possible, ~missing], axis=2)
    if requirement.combine == "each":
        return {f"{requirement.id}/{name}": judged[:, i] for i, name in enumerate(requirement.kinds)}
    folds: dict[str | None, Callable[..., FloatArray]] = {"all": np.all, "any": np.any, "mean": np.mean}
    fold = folds[requirement.combine]
    return {requirement.id: fold(judged, axis=1)}


def _verdict(confirmed: float, at_most: float, target: float) -> str:
    if confirmed >= target - ROUNDING:
        return "yes"
    return "no" if at_most < target - ROUNDING else "undetermined"


@dataclass(frozen=True, kw_only=True)
class _Table:
    """The access frame as residences x kinds."""

    kinds: list[str]
    status: IntArray
    time_s: FloatArray
    weight: FloatArray

    def columns(self, names: Sequence[str]) -> list[int]:
        absent = [name for name in names if name not in self.kinds]
        if absent:
            raise InputError(f"access: kinds {head(absent)} are missing; settle them with coverage.statuses")
        return [self.kinds.index(name) for name in names]


def _table(residences: pd.DataFrame, access: pd.DataFrame) -> _Table:
    ids = residences["residence_id"].to_numpy(object)
    weight = residences["weight"].to_numpy(dtype=np.float64)
    if not weight.sum() > 0:
        raise InputError("residences: no residence has any weight; give residents, dwellings or floor area")
    k, left_over = divmod(len(access), len(ids))
    kinds = access["kind"].to_numpy(object)
    if (
        left_over
        or not np.array_equal(access["residence_id"].to_numpy(object), np.repeat(ids, k))
        or not np.array_equal(kinds, np.tile(kinds[:k], len(ids)))
    ):
        raise InputError("access: rows don't follow the residences; give each residence every kind, in their order")
    status = pd.Index(STATUSES).get_indexer(pd.Index(access["status"]))
    if (status < 0).any():
        raise InputError(f"access: unknown statuses in {(status < 0).sum()} rows; use {', '.join(STATUSES)}")
    time_s = access["time_s"].to_numpy(dtype=np.float64)
    return _Table(kinds=list(kinds[:k]), status=status.reshape(-1, k), time_s=time_s.reshape(-1, k), weight=weight)


def _areas(residences: pd.DataFrame, weight: FloatArray) -> Iterator[tuple[str, str, IntArray]]:
    """Level, area and rows of every area that holds weight: communities, districts (each by id), the study."""
    for level in LEVELS:
        rows_of = residences.groupby(residences[f"{level}_id"].fillna(NO_AREA).to_numpy(object)).indices
        for area_id, rows in sorted(rows_of.items()):
            if weight[rows].sum() > 0:
                yield level, str(area_id), np.asarray(rows)
    if weight.sum() > 0:
        yield STUDY, EVERYWHERE, np.arange(len(weight))


def compound_shares(
    residences: gpd.GeoDataFrame, access: pd.DataFrame, compounds: pd.DataFrame, gates: pd.DataFrame
) -> pd.DataFrame:
    """What share of each compound's weight has which status, for each kind.

    Parameters
    ----------
    residences : `residence_id, weight, compound_id`.
    access : from `statuses`, in the residences' order.
    compounds : `compound_id`, perhaps `name`; those without weight are left out of the result.
    gates : `gate_id, zone`, as `WalkNetwork.gates` gives them: the zone is the compound behind a closed gate.

    Returns
    -------
    One row per compound (sorted by id) and kind: `compound_id, name, kind, weight, n_residences, n_gates` (its closed
    gates), then the five shares, which sum to 1. Residences in no compound are in no row.

    Raises
    ------
    InputError
        where access and residences don't belong together, or no residence has weight.
    """
    table = _table(residences, access)
    names = compounds.set_index("compound_id")["name"] if "name" in compounds else pd.Series(dtype="str")
    n_gates = gates.groupby("zone")["gate_id"].nunique()
    rows_of = residences.groupby(residences["compound_id"].to_numpy(object)).indices
    frames = [pd.DataFrame(columns=[*COMPOUND_COLUMNS, *STATUSES])]
    for compound_id in sorted(set(compounds["compound_id"]) & rows_of.keys()):
        rows = rows_of[compound_id]
        weight = table.weight[rows, np.newaxis]
        if not weight.sum() > 0:
            continue
        shares = [np.where(table.status[rows] == code, weight, 0.0).sum(axis=0) for code in range(len(STATUSES))]
        columns = {
            "compound_id": compound_id,
            "name": names.get(compound_id),
            "kind": table.kinds,
            "weight": weight.sum(),
            "n_residences": len(rows),
            "n_gates": int(n_gates.get(compound_id, 0)),
        }
        told = (share / weight.sum() for share in shares)
        frames.append(pd.DataFrame(columns | dict(zip(STATUSES, told, strict=True))))
    numbers = dict.fromkeys(("weight", *STATUSES), "float64") | {"n_residences": "int64", "n_gates": "int64"}
    texts = dict.fromkeys(("compound_id", "name", "kind"), "str")
    return pd.concat(frames[1:] or frames, ignore_index=True).astype(texts | numbers)
