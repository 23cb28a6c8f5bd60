"""Walking times: from residences to sites, to the nearest site of each kind, and what lies within a time.

Times are seconds from door to door: the leg from a place to the street, the walk along streets with exact ends in the
middle of edges, and the leg to the other place. They are rounded to a microsecond, so that a site exactly at a cutoff
counts whatever the order of the sums.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from circle15 import _kernels, checklist
from circle15.errors import InputError
from circle15.schema import checked_residences, checked_site_kinds, checked_sites, points_of
from circle15.units import FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from circle15.network import Snaps, WalkNetwork

__all__ = ["TravelTimes", "nearest_sites", "nearest_times", "straight_line_m", "times_within", "travel_times"]

_TICK_S = 1e-6
_SITES_AT_ONCE = 512  # bounds the memory of counting: sites x residences in reach of them


class TravelTimes(NamedTuple):
    """A sparse matrix of seconds with the ids of its rows and columns; an absent entry is beyond the cutoff."""

    time_s: sparse.csr_array
    row_ids: list[str]
    column_ids: list[str]


def travel_times(
    network: WalkNetwork, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, *, cutoff_s: float
) -> TravelTimes:
    """Walking time from each origin to each destination within a cutoff.

    Parameters
    ----------
    network : where people walk.
    origins : residences (`residence_id`, geometry in any CRS), walked from a point inside each geometry.
    destinations : sites (`site_id`, geometry) or residences; polygons are entered where streets cross their edge.
    cutoff_s : seconds; a time exactly at the cutoff is kept.

    Returns
    -------
    TravelTimes of shape (origins, destinations), rows and columns sorted by id. A stored zero is a time of zero.

    Raises
    ------
    InputError
        when `cutoff_s` isn't a positive number; DataError for unusable frames.
    """
    limit = checked_cutoff_s(cutoff_s)
    rows = checked_residences(origins, source="origins")
    if "site_id" in destinations:
        columns = checked_sites(destinations, source="destinations")
        column_ids, there = columns["site_id"], network.snap_sites(columns.geometry)
    else:
        columns = checked_residences(destinations, source="destinations")
        column_ids, there = columns["residence_id"], network.snap(columns.geometry, columns["compound_id"])
    home = network.snap(rows.geometry, rows["compound_id"])
    time_s = times_within(network, home, there, cutoff_s=limit)
    return TravelTimes(time_s, rows["residence_id"].tolist(), column_ids.tolist())


def nearest_sites(
    network: WalkNetwork,
    residences: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    site_kinds: pd.DataFrame,
    *,
    cutoff_s: float,
) -> pd.DataFrame:
    """The nearest site of each kind for each residence, whatever its evidence.

    Parameters
    ----------
    residences, sites : ids and geometry in any CRS; site_kinds : `site_id, kind, evidence, rule`.
    cutoff_s : seconds; a site exactly at the cutoff counts.

    Returns
    -------
    Frame `residence_id, kind, time_s, site_id, snap_m`: one row a residence and kind (the 27, and extension kinds that
    occur in `site_kinds`), sorted by residence, kinds in checklist order. `time_s` is inf and `site_id` missing where
    no site is within the cutoff; `snap_m` is the metres from the residence to the street, inf off the network. Ties
    go to the smaller site id.
    """
    limit = checked_cutoff_s(cutoff_s)
    people = checked_residences(residences)
    places = checked_sites(sites)
    known = (*checklist.KINDS, *checklist.EXTENSION_KINDS)
    holds = checked_site_kinds(site_kinds, sites=places, kinds=known)
    kinds = [kind for kind in known if kind in checklist.KINDS or (holds["kind"] == kind).any()]
    home = network.snap(people.geometry, people["compound_id"])
    there = network.snap_sites(places.geometry)
    number = pd.Series(places.index, index=places["site_id"])
    chosen = [np.sort(number[holds["site_id"][holds["kind"] == kind]].to_numpy(dtype=np.int64)) for kind in kinds]
    time_s, site = nearest_times(network, home, there, chosen, cutoff_s=limit)
    ids = np.array([*places["site_id"], None], dtype=object)  # number -1 is the last: no site
    return pd.DataFrame(
        {
            "residence_id": np.repeat(people["residence_id"].to_numpy(dtype=object), len(kinds)),
            "kind": np.tile(np.array(kinds, dtype=object), len(people)),
            "time_s": time_s.ravel(),
            "site_id": pd.array(ids[site.ravel()], dtype="str"),
            "snap_m": np.repeat(home.snap_m, len(kinds)),
        }
    ).astype({"residence_id": "str", "kind": "str"})


def nearest_times(
    network: WalkNetwork, origins: Snaps, sites: Snaps, groups: Sequence[IntArray], *, cutoff_s: float
) -> tuple[FloatArray, IntArray]:
    """Time to, and number of, the nearest site of each group, by one search a group backwards from its sites.

    Parameters
    ----------
    origins : n places; sites : places; groups : for each group the numbers of its sites.

    Returns
    -------
    (n, groups) seconds, inf beyond the cutoff, and (n, groups) site numbers, -1 there. Ties go to the smaller number.
    """
    arcs = network.arcs_backwards
    pace = 1.0 / network.profile.speed_m_s
    n = len(origins.indptr) - 1

    def search(group: IntArray) -> tuple[FloatArray, IntArray]:
        source = take(sites, group)
        start, entries = _listed(source.edge, len(arcs.edge_u))
        return _kernels.nearest_places(
            arcs.indptr, arcs.head, arcs.cost, arcs.edge_u, arcs.edge_v, arcs.from_u, arcs.from_v,
            source.edge, source.fraction, source.leg_m * pace, group[source.owner], start, entries,
            origins.edge, origins.fraction, origins.leg_m * pace, origins.owner, n, cutoff_s + _TICK_S,
        )  # fmt: skip

    time_s, site = np.full((n, len(groups)), np.inf), np.full((n, len(groups)), -1, dtype=np.int64)
    with ThreadPoolExecutor(_threads()) as pool:
        for column, (best, who) in enumerate(pool.map(search, groups)):
            rounded = np.round(best, 6)
            inside = rounded <= cutoff_s + _TICK_S / 2
            time_s[inside, column], site[inside, column] = rounded[inside], who[inside]
    return time_s, site


def times_within(
    network: WalkNetwork, origins: Snaps, destinations: Snaps, *, cutoff_s: float, backwards: bool = False
) -> sparse.csr_array:
    """Sparse (origins x destinations) seconds within the cutoff; `backwards` walks from destination to origin."""
    arcs = network.arcs_backwards if backwards else network.arcs
    pace = 1.0 / network.profile.speed_m_s
    n_rows, n_columns = len(origins.indptr) - 1, len(destinations.indptr) - 1
    start, entries = _listed(destinations.edge, len(arcs.edge_u))
    at_u, at_v = destinations.fraction == 0.0, destinations.fraction == 1.0
    ends = np.concatenate([arcs.edge_u[destinations.edge[at_u]], arcs.edge_v[destinations.edge[at_v]]])
    end_start, order = _listed(ends, len(arcs.indptr) - 1)
    end_entries = np.concatenate([np.flatnonzero(at_u), np.flatnonzero(at_v)])[order]
    owner = destinations.owner

    def search(rows: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
        source = take(origins, rows)
        return _kernels.times_between(
            arcs.indptr, arcs.head, arcs.cost, arcs.edge, arcs.tail_is_u, arcs.edge_u, arcs.edge_v,
            arcs.from_u, arcs.from_v, source.indptr, source.edge, source.fraction, source.leg_m * pace,
            start, entries, end_start, end_entries, destinations.fraction, destinations.leg_m * pace, owner,
            n_columns, cutoff_s + _TICK_S,
        )  # fmt: skip

    chunks = np.array_split(np.arange(n_rows), max(1, min(n_rows, 4 * _threads())))
    with ThreadPoolExecutor(_threads()) as pool:
        parts = list(pool.map(search, chunks))
    indptr = np.concatenate([[0], np.cumsum(np.concatenate([np.diff(part[0]) for part in parts]))])
    indices, time_s = np.concatenate([part[1] for part in parts]), np.concatenate([part[2] for part in parts])
    rounded = np.round(time_s, 6)
    inside = rounded <= cutoff_s + _TICK_S / 2
    kept = np.concatenate([[0], np.cumsum(inside)])
    return sparse.csr_array((rounded[inside], indices[inside], kept[indptr]), shape=(n_rows, n_columns))


class KindReach(NamedTuple):
    """Reach of n residences to the 27 kinds, apart for confirmed and for possible or implied sites; each (n, 27).

    Times are seconds to the nearest site within twice the longest threshold, inf beyond; sites are row numbers, -1
    beyond; `n_*` count the sites within the residence's own threshold; `straight_m` is the distance as the crow flies
    to the nearest site of any evidence.
    """

    time_confirmed_s: FloatArray
    time_possible_s: FloatArray
    site_confirmed: IntArray
    site_possible: IntArray
    n_confirmed: IntArray
    n_possible: IntArray
    straight_m: FloatArray


def kind_reach(
    network: WalkNetwork,
    residences: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    site_kinds: pd.DataFrame,
    *,
    home: Snaps,
    there: Snaps,
    threshold_s: FloatArray,
) -> KindReach:
    """How each residence reaches each kind.

    Parameters
    ----------
    residences, sites, site_kinds : checked frames; `home` and `there` are their snaps on `network`.
    threshold_s : (n,) each residence's threshold.
    """
    row = pd.Series(np.arange(len(sites)), index=sites["site_id"])
    proven = site_kinds["evidence"] == "confirmed"
    groups = [
        np.sort(row[site_kinds["site_id"][(site_kinds["kind"] == kind) & which]].to_numpy(dtype=np.int64))
        for which in (proven, ~proven)
        for kind in checklist.KINDS
    ]
    time_s, site = nearest_times(network, home, there, groups, cutoff_s=2 * float(threshold_s.max()))
    count = _counts(network, home, there, groups, threshold_s)
    k = len(checklist.KINDS)
    doors = points_of(residences)
    straight_m = [
        straight_line_m(network, doors, sites.geometry.iloc[np.union1d(groups[i], groups[k + i])]) for i in range(k)
    ]
    return KindReach(
        time_s[:, :k], time_s[:, k:], site[:, :k], site[:, k:], count[:, :k], count[:, k:], np.column_stack(straight_m)
    )


def _counts(
    network: WalkNetwork, home: Snaps, there: Snaps, groups: Sequence[IntArray], threshold_s: FloatArray
) -> IntArray:
    """(residences, groups): how many sites of each group are within each residence's threshold."""
    n_sites = len(there.indptr) - 1
    member = np.zeros((n_sites, len(groups)))
    for column, group in enumerate(groups):
        member[group, column] = 1.0
    total = np.zeros((len(threshold_s), len(groups)), dtype=np.int64)
    for start in range(0, n_sites, _SITES_AT_ONCE):
        rows = np.arange(start, min(start + _SITES_AT_ONCE, n_sites))
        within = times_within(network, take(there, rows), home, cutoff_s=float(threshold_s.max()), backwards=True)
        within.data = (within.data <= threshold_s[within.indices]).astype(np.float64)
        total += np.asarray(within.T @ member[rows]).astype(np.int64)
    return total


def straight_line_m(network: WalkNetwork, origins: gpd.GeoSeries, places: gpd.GeoSeries) -> FloatArray:
    """Metres as the crow flies from each origin to the nearest place, inf where there is none."""
    if not len(places):
        return np.full(len(origins), np.inf)
    tree = shapely.STRtree(network.plane(places))
    _, distance = tree.query_nearest(network.plane(origins), return_distance=True, all_matches=False)
    return np.asarray(distance, dtype=np.float64)


def take(snaps: Snaps, rows: IntArray) -> Snaps:
    """The snaps of some places, in the order given."""
    size = np.diff(snaps.indptr)[rows]
    indptr = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    entry = np.arange(indptr[-1]) - np.repeat(indptr[:-1], size) + np.repeat(snaps.indptr[:-1][rows], size)
    return type(snaps)(indptr, snaps.edge[entry], snaps.fraction[entry], snaps.leg_m[entry], snaps.own[rows])


def checked_cutoff_s(cutoff_s: Any) -> float:
    """A cutoff as a positive, finite number of seconds."""
    try:
        value = float(cutoff_s)
    except (TypeError, ValueError):
        value = np.nan
    if not 0 < value < np.inf:
        raise InputError(f"cutoff_s is {cutoff_s!r}; give a positive number of seconds")
    return value


def _listed(key: IntArray, n_keys: int) -> tuple[IntArray, IntArray]:
    """Positions listed by key (CSR)."""
    indptr = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=n_keys))]).astype(np.int64)
    return indptr, np.argsort(key, kind="stable")


def _threads() -> int:
    return max(1, os.cpu_count() or 1)
