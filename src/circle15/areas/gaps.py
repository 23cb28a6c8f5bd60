"""Neighbouring residences that lack the same kind, as one place; and what opening a gate would give."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from circle15.areas.table import table_of
from circle15.checklist import KINDS
from circle15.coverage import GAP
from circle15.errors import InputError
from circle15.schema import REASONS
from circle15.units import BoolArray, FloatArray, IntArray, from_plane, local_crs, to_plane

if TYPE_CHECKING:
    from pyproj import Transformer

LINK_M = 150.0
"""Residences with the same gap belong to one gap area when no further apart than this on foot."""

_GROUPS_AT_ONCE = 32
BUFFER_SEGMENTS = 8
"""Sides of a quarter of the circle round a corner: within 15 cm of round at 30 m."""
GAP_BUFFER_M = 30.0


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
    table = table_of(residences, access)
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
    alike = np.zeros(len(lacks), dtype=np.int64)
    for column in lacks.T:
        alike, _ = pd.factorize(2 * alike + column)
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
