"""Walking times: from residences to sites, to the nearest site of each kind, and what lies within a time.

Times are seconds from door to door: the leg from a place to the street, the walk along streets with exact ends in the
middle of edges, and the leg to the other place. They are rounded to a millisecond, so that a site exactly at a cutoff
counts: the sums are float32.

Who walks passes the closed gates of their own zone and no others (`Snaps.own` of where they live); the `own` of sites
and destinations says nothing.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse

from circle15 import _kernels, checklist
from circle15._kernels import EVERYWHERE, HOOK, PLACE, READING, TICK_S, UNLABELLED, Records, Targets
from circle15.errors import InputError
from circle15.network import Snaps, WalkNetwork
from circle15.network.snaps import Entries, listed
from circle15.schema import checked_residences, checked_site_kinds, checked_sites, points_of
from circle15.units import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "BehindGates",
    "ReachedNodes",
    "ReachedParts",
    "TravelTimes",
    "behind_gates",
    "from_gates",
    "kind_reach",
    "kind_times",
    "links_passed",
    "nearest_sites",
    "nearest_times",
    "reached_nodes",
    "reached_parts",
    "straight_line_m",
    "times_within",
    "travel_times",
    "warm_up",
]

_T = TypeVar("_T")
_HOUR_S = 3600.0
_BLOCK = 2**20  # entries of a sparse result that are made room for at once


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
    k: int = 1,
) -> pd.DataFrame:
    """The nearest sites of each kind for each residence, whatever their evidence.

    Parameters
    ----------
    residences, sites : ids and geometry in any CRS; site_kinds : `site_id, kind, evidence, rule`.
    cutoff_s : seconds; a site exactly at the cutoff counts.
    k : how many sites of each kind.

    Returns
    -------
    Frame `residence_id, kind, time_s, site_id, snap_m`: one row a residence and kind (the 27, and extension kinds that
    occur in `site_kinds`), sorted by residence, kinds in checklist order. `time_s` is inf and `site_id` missing where
    no site is within the cutoff; `snap_m` is the metres from the residence to the street, inf off the network. Ties
    go to the smaller site id. With `k` above 1 there is a column `rank` after `kind`, from 1 for the nearest, and a row
    for each of up to k sites within the cutoff; a residence and kind without any keeps one row.

    Raises
    ------
    InputError
        when `cutoff_s` isn't a positive number or `k` isn't a whole number from 1; DataError for unusable frames.
    """
    limit = checked_cutoff_s(cutoff_s)
    if not (isinstance(k, int | np.integer) and k >= 1):
        raise InputError(f"k is {k!r}; give a whole number of sites from 1")
    people = checked_residences(residences)
    places = checked_sites(sites)
    known = (*checklist.KINDS, *checklist.EXTENSION_KINDS)
    holds = checked_site_kinds(site_kinds, sites=places, kinds=known)
    kinds = [kind for kind in known if kind in checklist.KINDS or (holds["kind"] == kind).any()]
    home = network.snap(people.geometry, people["compound_id"])
    there = network.snap_sites(places.geometry)
    number = pd.Series(places.index, index=places["site_id"])
    chosen = [np.sort(number[holds["site_id"][holds["kind"] == kind]].to_numpy(dtype=np.int64)) for kind in kinds]
    n = len(people)
    row, column, rank = np.repeat(np.arange(n), len(kinds)), np.tile(np.arange(len(kinds)), n), None
    if k == 1:
        times, site_numbers = nearest_times(network, home, there, chosen, cutoff_s=limit)
        time_s, site = times.ravel(), site_numbers.ravel()
    else:
        row, column, rank, time_s, site = _nearest_few(network, home, there, chosen, cutoff_s=limit, k=int(k))
    ids = np.array([*places["site_id"], None], dtype=object)  # number -1 is the last: no site
    frame = pd.DataFrame(
        {
            "residence_id": people["residence_id"].to_numpy(dtype=object)[row],
            "kind": np.array(kinds, dtype=object)[column],
            "time_s": time_s,
            "site_id": pd.array(ids[site], dtype="str"),
            "snap_m": home.snap_m[row],
        }
    ).astype({"residence_id": "str", "kind": "str"})
    if rank is not None:
        frame.insert(2, "rank", rank)
    return frame


def _nearest_few(
    network: WalkNetwork, home: Snaps, there: Snaps, groups: Sequence[IntArray], *, cutoff_s: float, k: int
) -> tuple[IntArray, IntArray, IntArray, FloatArray, IntArray]:
    """Row, group, rank, seconds and number of up to k sites of each group; one of inf and -1 where there is none."""
    coo = sparse.coo_array(times_within(network, home, there, cutoff_s=cutoff_s))
    row, site, time_s = coo.row.astype(np.int64), coo.col.astype(np.int64), coo.data
    found = []
    for group, members in enumerate(groups):
        of_group = np.isin(site, members)
        r, s, t = row[of_group], site[of_group], time_s[of_group]
        none = np.setdiff1d(np.arange(len(home.indptr) - 1), r)
        r, s, t = np.append(r, none), np.append(s, np.full(len(none), -1)), np.append(t, np.full(len(none), np.inf))
        order = np.lexsort((s, t, r))
        r, s, t = r[order], s[order], t[order]
        rank = np.arange(len(r)) - np.searchsorted(r, r) + 1
        near = rank <= k
        found.append((r[near], np.full(near.sum(), group), rank[near], t[near], s[near]))
    row, column, rank, time_s, site = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((rank, column, row))
    return row[order], column[order], rank[order], time_s[order], site[order]


def nearest_times(
    network: WalkNetwork,
    origins: Snaps,
    sites: Snaps,
    groups: Sequence[IntArray],
    *,
    cutoff_s: float,
    ignore_zones: bool = False,
) -> tuple[FloatArray, IntArray]:
    """Time to, and number of, the nearest site of each group, by one search a group backwards from its sites.

    Parameters
    ----------
    origins : n places; sites : places; groups : for each group the numbers of its sites.
    ignore_zones : walk as if every closed gate were open.

    Returns
    -------
    (n, groups) seconds, inf beyond the cutoff, and (n, groups) site numbers, -1 there. Ties go to the smaller number.
    """
    arcs = network.arcs_backwards
    n = len(origins.indptr) - 1
    sources, group_start = _grouped(network, sites, groups)
    zone_of = np.full(n, EVERYWHERE) if ignore_zones else origins.own
    targets = _places(network, origins)
    edge_start, by_edge = _listed(targets["edge"], len(arcs.edges))
    zone = zone_of[targets["owner"]]
    readings = np.empty(len(targets), dtype=READING)
    readings["owner"], at = targets["owner"], arcs.edges[targets["edge"]]
    readings["u"], readings["v"] = at["u"], at["v"]
    readings["to_u"], readings["to_v"] = _to_ends(
        at, targets, closed=(zone >= 0) & (at["zone"] > 0) & (at["zone"] != zone)
    )
    order = np.lexsort((readings["u"], zone))
    zones, first = np.unique(zone[order], return_index=True)
    readings, entries_on, zone_start = readings[order], targets[by_edge], np.append(first, len(order)).astype(np.int64)
    best = np.full((len(groups), n), UNLABELLED)

    def search(first_group: int, _: int) -> None:
        _kernels.nearest_places(
            arcs, sources, group_start, np.arange(first_group, len(groups), n_parts), readings, zones.astype(np.int64),
            zone_start, edge_start, entries_on, zone_of, cutoff_s + TICK_S, best,
        )  # fmt: skip

    n_parts = _n_parts(len(groups))
    _in_parts(search, n_parts, n_parts)
    time_s, site = np.empty((n, len(groups))), np.empty((n, len(groups)), dtype=np.int64)
    _in_parts(lambda a, b: _kernels.in_ticks(best, float(cutoff_s), a, b, time_s, site), n, _threads())
    return time_s, site


def times_within(network: WalkNetwork, origins: Snaps, destinations: Snaps, *, cutoff_s: float) -> sparse.csr_array:
    """Sparse (origins x destinations) seconds within the cutoff; a stored zero is a time of zero."""
    order = _by_place(network, origins)
    chosen = take(origins, order)
    arcs, sources, targets = network.arcs, _places(network, chosen), _targets(network, destinations)

    def search(first: int, last: int, count: IntArray, *out: Any) -> Any:
        start, zone = chosen.indptr, chosen.own
        return _kernels.times_between(arcs, sources, start, zone, first, last, targets, float(cutoff_s), count, *out)

    indptr, (indices, time_s) = _rows(search, order, (np.int32, np.float64), most=targets.size)
    return sparse.csr_array((time_s, indices, indptr), shape=(len(order), targets.size))


class ReachedParts(NamedTuple):
    """Parts of street that n places reach: place i the parts `indptr[i]` to `indptr[i + 1]`.

    Part j runs from fraction `low[j]` to `high[j]` of edge `edge[j]` of the network. The parts of a place come by edge
    and fraction; those of one edge don't overlap.
    """

    indptr: IntArray
    edge: npt.NDArray[np.int32]
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]


def reached_parts(network: WalkNetwork, homes: Snaps, *, cutoff_s: float, backwards: bool = False) -> ReachedParts:
    """The parts of street that can be walked from each place within the cutoff, cut exactly where the time runs out.

    Parameters
    ----------
    homes : n places; their people pass the gates of their own zone.
    cutoff_s : seconds.
    backwards : the parts from where strangers can walk to each place instead.
    """
    order = _by_place(network, homes)
    chosen = take(homes, order)
    arcs, sources = network.arcs_backwards if backwards else network.arcs, _places(network, chosen)
    zone = np.zeros_like(chosen.own) if backwards else chosen.own

    def search(first: int, last: int, count: IntArray, *out: Any) -> Any:
        return _kernels.reached_parts(arcs, sources, chosen.indptr, zone, first, last, float(cutoff_s), count, *out)

    most = 2 * (len(arcs.edges) + len(sources))
    indptr, (edge, low, high) = _rows(search, order, (np.int32, np.float32, np.float32), most=most)
    return ReachedParts(indptr, edge, low, high)


class ReachedNodes(NamedTuple):
    """Nodes that n places reach: place i the rows `indptr[i]` to `indptr[i + 1]`, in no order of meaning.

    Row j is node `node[j]` of the network, reached after `time_s[j]` seconds, which aren't rounded to milliseconds.
    """

    indptr: IntArray
    node: npt.NDArray[np.int32]
    time_s: npt.NDArray[np.float32]


def reached_nodes(network: WalkNetwork, homes: Snaps, *, cutoff_s: float) -> ReachedNodes:
    """The nodes that the people of each place reach within the cutoff, and when: what other tools call one to many.

    Parameters
    ----------
    homes : n places; their people pass the gates of their own zone.
    cutoff_s : seconds; a node exactly at it counts.
    """
    order = _by_place(network, homes)
    chosen = take(homes, order)
    arcs, sources, node_of = network.arcs, _places(network, chosen), network.search_order.astype(np.int32)

    def search(first: int, last: int, count: IntArray, *out: Any) -> Any:
        return _kernels.reached_nodes(
            arcs, sources, chosen.indptr, chosen.own, node_of, first, last, float(cutoff_s), count, *out
        )

    indptr, (node, time_s) = _rows(search, order, (np.int32, np.float32), most=len(node_of))
    return ReachedNodes(indptr, node, time_s)


def links_passed(
    network: WalkNetwork, origins: Snaps, sites: Snaps, group: IntArray, rows: IntArray, *, cutoff_s: float
) -> IntArray:
    """The closed gate that keeps some origins from the nearest site of a group, were all gates open.

    Parameters
    ----------
    group : numbers of the group's sites; rows : (r,) numbers of the origins asked about.

    Returns
    -------
    (r,) edge number of the first link met from home that isn't of the origin's own zone; -1 where the walk meets none
    or no site is within the cutoff. Of equally short walks one that is fixed by the edges' numbers is told.
    """
    sources, _ = _grouped(network, sites, [group])
    chosen = take(origins, rows)
    found: IntArray = _kernels.first_links(
        network.arcs_backwards, network.arcs, sources, _places(network, chosen), chosen.indptr, chosen.own,
        cutoff_s + TICK_S,
    )  # fmt: skip
    return found


class KindReach(NamedTuple):
    """Reach of n residences to the 27 kinds, apart for confirmed and for possible or implied sites; each (n, 27).

    Times are seconds to the nearest site within twice the longest threshold, inf beyond; sites are row numbers, -1
    beyond; `n_*` count the sites within the residence's own threshold; `straight_m` is the distance as the crow flies
    to the nearest site of any evidence, for those that walk longer than the threshold to all of them (0 for others).
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
    groups = _kind_groups(sites, site_kinds)
    time_s, site = nearest_times(network, home, there, groups, cutoff_s=2 * float(threshold_s.max()))
    # Sums in the other direction may differ by a tick: the nearest site decides whether there is one.
    count = np.where(
        time_s <= threshold_s[:, None], np.maximum(_counts(network, home, there, groups, threshold_s), 1), 0
    )
    k = len(checklist.KINDS)
    doors, places = network.plane(points_of(residences)), network.plane(sites.geometry)
    late = np.minimum(time_s[:, :k], time_s[:, k:]) > threshold_s[:, None]
    straight_m = np.zeros(late.shape)

    def measure(i: int) -> None:
        straight_m[late[:, i], i] = straight_line_m(doors[late[:, i]], places[np.union1d(groups[i], groups[k + i])])

    with ThreadPoolExecutor(_threads()) as pool:
        list(pool.map(measure, range(k)))
    return KindReach(time_s[:, :k], time_s[:, k:], site[:, :k], site[:, k:], count[:, :k], count[:, k:], straight_m)


def _kind_groups(sites: gpd.GeoDataFrame, site_kinds: pd.DataFrame) -> list[IntArray]:
    """The numbers of the sites of each of the 27 kinds: the confirmed ones of each, then the others of each."""
    row = pd.Series(np.arange(len(sites)), index=sites["site_id"])
    proven = site_kinds["evidence"] == "confirmed"
    return [
        np.sort(row[site_kinds["site_id"][(site_kinds["kind"] == kind) & which]].to_numpy(dtype=np.int64))
        for which in (proven, ~proven)
        for kind in checklist.KINDS
    ]


def kind_times(
    network: WalkNetwork,
    sites: gpd.GeoDataFrame,
    site_kinds: pd.DataFrame,
    *,
    home: Snaps,
    there: Snaps,
    cutoff_s: float,
) -> tuple[FloatArray, FloatArray]:
    """Seconds from n residences to the nearest confirmed, and possible or implied, site of each kind; each (n, 27)."""
    time_s, _ = nearest_times(network, home, there, _kind_groups(sites, site_kinds), cutoff_s=cutoff_s)
    k = len(checklist.KINDS)
    return time_s[:, :k], time_s[:, k:]


class BehindGates(NamedTuple):
    """What n residences would reach if every closed gate were open; each (n, 27).

    `time_s` are seconds to the nearest site of any evidence within the longest threshold, inf beyond. `gate` is the
    edge of the first closed gate met on that walk, where only gates keep the residence from a site in time; else -1.
    """

    time_s: FloatArray
    gate: IntArray


def behind_gates(
    network: WalkNetwork,
    sites: gpd.GeoDataFrame,
    site_kinds: pd.DataFrame,
    reach: KindReach,
    *,
    home: Snaps,
    there: Snaps,
    threshold_s: FloatArray,
) -> BehindGates:
    """Which gates keep residences from which kinds; `reach` is what they reach as gates are."""
    k, limit = len(checklist.KINDS), float(threshold_s.max())
    now_s = np.minimum(reach.time_confirmed_s, reach.time_possible_s)
    gate = np.full(now_s.shape, -1, dtype=np.int64)
    if not (network.edge_zone > 0).any():
        return BehindGates(np.where(now_s <= limit, now_s, np.inf), gate)
    groups = _kind_groups(sites, site_kinds)
    either = [np.union1d(groups[i], groups[k + i]) for i in range(k)]
    time_s, _ = nearest_times(network, home, there, either, cutoff_s=limit, ignore_zones=True)
    kept_out = (time_s <= threshold_s[:, None]) & (now_s > threshold_s[:, None])
    for column in np.flatnonzero(kept_out.any(axis=0)):
        rows = np.flatnonzero(kept_out[:, column])
        gate[rows, column] = links_passed(network, home, there, either[column], rows, cutoff_s=limit)
    return BehindGates(time_s, gate)


def _counts(
    network: WalkNetwork, home: Snaps, there: Snaps, groups: Sequence[IntArray], threshold_s: FloatArray
) -> IntArray:
    """(residences, groups): how many sites of each group are within each residence's threshold."""
    order = _by_place(network, home)
    home, threshold_s = take(home, order), threshold_s[order]
    arcs, sources, targets = network.arcs, _places(network, home), _targets(network, there)
    member = np.concatenate([np.empty(0, dtype=np.int64), *groups])
    group_start, by_site = _listed(member, targets.size)
    group_of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])[by_site]
    n = len(threshold_s)
    count = np.zeros((n, len(groups)), dtype=np.int64)

    def search(first: int, last: int) -> None:
        _kernels.counts_within(
            arcs, sources, home.indptr, home.own, first, last, targets, threshold_s, group_start, group_of, count
        )

    _in_parts(search, n, _n_parts(n))
    told = np.empty_like(count)
    told[order] = count
    return told


def from_gates(network: WalkNetwork, home: Snaps) -> Snaps:
    """The same residences with the clock started at the gate of their zone that is nearest to them on foot.

    The gate counts as the door: nothing is walked before it. Who is of no zone, or reaches no gate of it within an
    hour, starts at the door. Of equally near gates the first edge is taken.
    """
    gates = np.flatnonzero(network.edge_class == "gate")
    n, ground, n_compounds = len(gates), network.edge_ground[gates], len(network.surroundings.compounds)
    # Of compounds whether they are open or closed, and of private pieces; opened ones too.
    zone = np.where(ground > 0, (ground - 1) % max(n_compounds, 1) + 1, network.edge_home[gates])
    inner = Snaps(np.arange(n + 1), gates, np.ones(n), np.zeros(n), np.zeros(n, dtype=np.int64))
    rows = np.flatnonzero(home.own > 0)
    walk = times_within(network, take(home, rows), inner, cutoff_s=_HOUR_S).tocoo()
    row, column = walk.coords
    own = zone[column] == home.own[rows[row]]
    row, column, time_s = row[own], column[own], walk.data[own]
    order = np.lexsort((column, time_s, row))
    order = order[np.append(True, np.diff(row[order]) != 0)] if len(order) else order
    moved = np.full(len(home.own), -1)
    moved[rows[row[order]]] = gates[column[order]]
    stays = moved[home.owner] < 0
    place = np.concatenate([home.owner[stays], np.flatnonzero(moved >= 0)])
    started = Entries(
        place,
        np.concatenate([home.edge[stays], moved[moved >= 0]]),
        np.concatenate([home.fraction[stays], np.zeros(int((moved >= 0).sum()))]),
        np.concatenate([home.leg_m[stays], np.zeros(int((moved >= 0).sum()))]),
    )
    return listed([started], own=home.own)


def straight_line_m(origins: npt.NDArray[Any], places: npt.NDArray[Any]) -> FloatArray:
    """Metres as the crow flies from each origin to the nearest place, inf where there is none; shapes in one plane."""
    if not len(places):
        return np.full(len(origins), np.inf)
    _, distance = shapely.STRtree(places).query_nearest(origins, return_distance=True, all_matches=False)
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


def warm_up() -> None:
    """Load, or compile for the first time, every search, by walking a street of two corners.

    It takes seconds that a study may spend while it reads its data.
    """
    nodes = gpd.GeoDataFrame({"node_id": ["a", "b"]}, geometry=gpd.points_from_xy([0, 0.001], [0, 0]), crs="EPSG:4326")
    network = WalkNetwork.from_edges(nodes, pd.DataFrame({"u": ["a"], "v": ["b"]}))
    here = Snaps(np.array([0, 1]), np.array([0]), np.array([0.5]), np.array([0.0]), np.array([0]))
    group = np.array([0])
    nearest_times(network, here, here, [group], cutoff_s=1.0)
    times_within(network, here, here, cutoff_s=1.0)
    _counts(network, here, here, [group], np.array([1.0]))
    reached_nodes(network, here, cutoff_s=1.0)
    reached_parts(network, here, cutoff_s=1.0)
    links_passed(network, here, here, group, group, cutoff_s=1.0)


def _by_place(network: WalkNetwork, snaps: Snaps) -> IntArray:
    """Places in an order in which neighbours follow each other: what one search had in cache the next finds there."""
    at = np.zeros(len(snaps.indptr) - 1, dtype=np.int64)
    at[snaps.owner[::-1]] = network.arcs.edges["u"][snaps.edge[::-1]]  # of several entries the first
    return np.argsort(at, kind="stable")


def _places(network: WalkNetwork, snaps: Snaps) -> Records:
    """The entries of places as searches read them, legs in seconds."""
    out = np.empty(len(snaps.edge), dtype=PLACE)
    out["edge"], out["owner"], out["fraction"] = snaps.edge, snaps.owner, snaps.fraction
    out["leg"] = snaps.leg_m / network.profile.speed_m_s
    return out


def _grouped(network: WalkNetwork, sites: Snaps, groups: Sequence[IntArray]) -> tuple[Records, IntArray]:
    """The entries of each group's sites, neighbours together, and where each group starts."""
    members = np.concatenate([np.empty(0, dtype=np.int64), *groups])
    chosen = take(sites, members)
    entries = _places(network, chosen)
    group = np.repeat(np.arange(len(groups)), [len(one) for one in groups])[entries["owner"]]
    entries["owner"] = members[entries["owner"]]
    order = np.lexsort((network.arcs_backwards.edges["u"][entries["edge"]], group))
    start, _ = _listed(group, len(groups))
    return entries[order], start


def _targets(network: WalkNetwork, destinations: Snaps) -> Targets:
    """Destinations listed by edge, and by the vertices from which they are walked to."""
    edges, entries = network.arcs.edges, _places(network, destinations)
    edge_start, order = _listed(entries["edge"], len(edges))
    entries = entries[order]
    at = edges[entries["edge"]]
    cost = np.concatenate(_to_ends(at, entries, closed=at["zone"] > 0))
    walkable = np.isfinite(cost)
    hooks = np.empty(2 * len(entries), dtype=HOOK)
    hooks["owner"], hooks["cost"] = np.tile(entries["owner"], 2), cost
    hook_start, order = _listed(np.concatenate([at["u"], at["v"]])[walkable], len(network.node_id))
    return Targets(hook_start, hooks[walkable][order], edge_start, entries, len(destinations.indptr) - 1)


def _to_ends(at: Records, entries: Records, *, closed: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Seconds between entries and the ends u and v of their edges `at`, inf where that isn't walked."""
    legs, parts = entries["leg"], (entries["fraction"], 1.0 - entries["fraction"])
    ends = []
    for part, whole in zip(parts, (at["from_u"], at["from_v"]), strict=True):
        along = np.zeros(len(entries))
        np.multiply(part, np.where(closed, np.inf, whole), out=along, where=part > 0.0)
        ends.append(along + legs)
    return ends[0], ends[1]


def _listed(key: npt.NDArray[np.integer], n_keys: int) -> tuple[IntArray, IntArray]:
    """Positions listed by key (CSR)."""
    indptr = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=n_keys))]).astype(np.int64)
    return indptr, np.argsort(key, kind="stable")


def _in_parts(work: Callable[[int, int], _T], size: int, n_parts: int) -> list[_T]:
    """Do some work for rows 0 to `size` in parts, given each the first row and the one after its last."""
    bounds = np.linspace(0, size, max(1, n_parts) + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(_threads()) as pool:
        return list(pool.map(work, bounds[:-1], bounds[1:]))


def _rows(search: Callable[..., int], order: IntArray, dtypes: Sequence[type], *, most: int) -> tuple[IntArray, Any]:
    """A CSR structure of n rows: where each row starts, and its columns.

    `search(first, last, count, *columns)` finds row `order[i]` as its i-th: it fills the columns from the `first` on,
    says in `count` how long each is, and returns the one that might not fit any more. No row is longer than `most`.
    """
    n = len(order)
    count = np.zeros(n, dtype=np.int64)

    def filled(first: int, last: int) -> list[tuple[int, int, list[Any]]]:
        blocks = []
        while first < last:
            columns: list[Any] = [
                np.empty(_BLOCK + most, dtype=dtype) for dtype in dtypes
            ]  # what isn't written costs nothing
            after = search(first, last, count, *columns)
            blocks.append((first, after, columns))
            first = after
        return blocks

    blocks = [block for part in _in_parts(filled, n, _n_parts(n)) for block in part]
    size = np.empty(n, dtype=np.int64)
    size[order] = count
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    joined = [np.empty(start[-1], dtype=dtype) for dtype in dtypes]

    def copy(first: int, last: int) -> None:
        for i, after, columns in blocks[first:last]:
            for column, part in zip(joined, columns, strict=True):
                _kernels.put_rows(part, count[i:after], start[order[i:after]], column)

    _in_parts(copy, len(blocks), len(blocks))
    return start, joined


def _n_parts(size: int) -> int:
    """How many parts keep all threads busy to the end."""
    return max(1, min(size, 4 * _threads()))


def _threads() -> int:
    return max(1, os.cpu_count() or 1)
