"""Squares: areas that are walked across, as straight streets between the places where people enter them.

A shortest walk inside a polygon with holes is straight but for bends at corners that stick into the way (reflex
corners): Lozano-Perez and Wesley, An algorithm for planning collision-free paths among polyhedral obstacles,
Communications of the ACM 22 (1979). So the straight stretches between entries and such corners hold all shortest walks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from circle15.network.foot import says_access, street_class
from circle15.network.streets import Ways, access_of
from circle15.units import BoolArray, FloatArray, IntArray, local_crs, to_plane

if TYPE_CHECKING:
    from circle15.network.profiles import Profile
    from circle15.sources.osm import OsmExtract

TIE = 1e-9
"""Walks that differ by less than this share are the same: the one along streets that are there already is taken, then
the one of shorter legs."""
STRAIGHT = 1e-9
"""The sine of a bend below which a corner counts as straight, and so may stick into the way."""


class SquareStreets(NamedTuple):
    """Straight streets across squares: k rows in order of `OsmExtract.squares`, then of node ids.

    Attributes
    ----------
    osm_id : (k,) the square's id.
    street_class : (k,) "path", or "steps" on steps drawn as an area.
    says_access : (k,) whether the square's own tags say who may walk on it.
    node_ids : (k, 2) both ends, the smaller id first. A corner without a node has an id of its own, below every other.
    lonlat : (k, 2, 2) degrees.
    """

    osm_id: np.ndarray[Any, Any]
    street_class: np.ndarray[Any, Any]
    says_access: BoolArray
    node_ids: IntArray
    lonlat: FloatArray


def with_squares_crossed(ways: Ways, osm: OsmExtract, profile: Profile) -> Ways:
    """The ways, and the streets across squares after them: nameless, public, walked both ways."""
    added = square_streets(ways, osm, profile)
    count = len(added.osm_id)
    yes = np.ones(count, dtype=bool)
    return Ways(
        osm_id=np.concatenate([ways.osm_id, added.osm_id]),
        name=np.concatenate([ways.name, np.full(count, None, dtype=object)]),
        access=np.concatenate([ways.access, np.full(count, "public", dtype=object)]),
        says_access=np.concatenate([ways.says_access, added.says_access]),
        forward=np.concatenate([ways.forward, yes]),
        backward=np.concatenate([ways.backward, yes]),
        street_class=np.concatenate([ways.street_class, added.street_class]),
        offsets=np.concatenate([ways.offsets, ways.offsets[-1] + 2 * np.arange(1, count + 1)]),
        node_ids=np.concatenate([ways.node_ids, added.node_ids.ravel()]),
        lonlat=np.concatenate([ways.lonlat, added.lonlat.reshape(-1, 2)]),
    )


def square_streets(ways: Ways, osm: OsmExtract, profile: Profile) -> SquareStreets:
    """The streets across all public squares.

    A square is entered at each corner that it shares with another public square or with a way that somebody may walk
    (people come out of private ones too). One with fewer than two entries isn't crossed. Its outline, where that is a
    way, stays a street as it is.
    """
    tags = osm.squares["tags"].tolist()
    public = np.array([access_of(one, profile) == "public" for one in tags], dtype=bool)
    osm_ids = osm.squares["osm_id"].to_numpy(dtype=object)
    parts, part_square = shapely.get_parts(osm.squares.geometry.array[public], return_index=True)
    lonlat, square = shapely.get_coordinates(osm.squares.geometry.array, return_index=True)
    on_public = public[square]
    corner_ids = _numbered(osm.square_node_ids, lonlat, ways.node_ids)[on_public]
    lonlat, square = lonlat[on_public], square[on_public]
    nodes, first, corner = np.unique(corner_ids, return_index=True, return_inverse=True)

    way, node, joined = _ways_through(nodes, ways)
    owner, _ = pd.factorize(np.concatenate([ways.osm_id[way], osm_ids[square]]))
    sharing = np.unique(np.column_stack([np.concatenate([node, corner]), owner]), axis=0)
    is_entry = np.bincount(sharing[:, 0], minlength=len(nodes)) > 1

    corners_of = np.split(corner, np.cumsum(shapely.get_num_coordinates(parts)))[:-1]
    legs = [
        legs_across(part, corners, is_entry, joined) for part, corners in zip(_in_plane(parts), corners_of, strict=True)
    ]
    ends = np.concatenate([np.empty((0, 2), dtype=np.int64), *legs])
    of = np.flatnonzero(public)[part_square].repeat([len(leg) for leg in legs])
    # Squares side by side may both lead along their common edge.
    _, once = np.unique(ends, axis=0, return_index=True)
    ends, of = ends[np.sort(once)], of[np.sort(once)]
    return SquareStreets(
        osm_id=osm_ids[of],
        street_class=np.array(["steps" if street_class(tags[i]) == "steps" else "path" for i in of], dtype=object),
        says_access=np.array([says_access(tags[i]) for i in of], dtype=bool),
        node_ids=nodes[ends],
        lonlat=lonlat[first][ends],
    )


def legs_across(polygon: shapely.Polygon, corner: IntArray, is_entry: BoolArray, joined: IntArray) -> IntArray:
    """The straight legs that the shortest walks between a polygon's entries are made of.

    Parameters
    ----------
    polygon : in a plane, with holes or without. Its edge belongs to it: holes are walked along.
    corner : (n,) the number of each coordinate, in the order of `shapely.get_coordinates`; the same place has the
        same number.
    is_entry : by number, whether people enter there.
    joined : (s, 2) numbers that a straight street joins already, the smaller first.

    Returns
    -------
    (k, 2) numbers, the smaller first, in order. Walks on these legs and on the streets that are there already (on the
    polygon's edge or inside it) are at most 2 `TIE` of their length longer than the shortest.

    Every pair of entries and reflex corners is looked at once, and a search is made from each entry; for k entries
    that see each other, all k (k - 1) / 2 legs are needed.

    >>> square = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100)])
    >>> opposite = np.array([True, False, True, False])
    >>> legs_across(square, np.array([0, 1, 2, 3, 0]), opposite, np.empty((0, 2), dtype=np.int64)).tolist()
    [[0, 2]]
    """
    numbers, first, local = np.unique(corner, return_index=True, return_inverse=True)
    entries = np.flatnonzero(is_entry[numbers])
    if len(entries) < 2:
        return np.empty((0, 2), dtype=np.int64)
    coordinates, ring = shapely.get_coordinates(shapely.get_rings(polygon), return_index=True)
    xy, n = coordinates[first], len(numbers)
    # An edge of the graph, u < v, has the key u n + v.
    stops = np.union1d(entries, local[_is_reflex(polygon)])
    u, v = stops[np.column_stack(np.triu_indices(len(stops), 1))].T
    shapely.prepare(polygon)
    sees = shapely.covers(polygon, shapely.linestrings(np.stack([xy[u], xy[v]], axis=1)))
    sight = (u * n + v)[sees]
    side = np.sort(np.column_stack([local[:-1], local[1:]])[ring[1:] == ring[:-1]], axis=1) @ (n, 1)
    street = np.searchsorted(numbers, joined[np.isin(joined, numbers).all(axis=1)]) @ (n, 1)
    key = np.union1d(sight, np.intersect1d(side, street))
    is_street = np.isin(key, street)
    u, v = np.divmod(key, n)
    length = np.hypot(*(xy[u] - xy[v]).T)
    cost = np.where(is_street, length, length * (1 + TIE * (1 + length / length.max())))
    graph = sparse.csr_array((np.maximum(cost, 1e-9), (u, v)), shape=(n, n))  # a stored zero would be no edge
    _, before = csgraph.dijkstra(graph, directed=False, indices=entries, return_predecessors=True)
    legs = np.setdiff1d(_walked(before.astype(np.int64), entries) @ (n, 1), street)
    ends: IntArray = numbers[np.column_stack(np.divmod(legs, n))]
    return ends


def _walked(before: IntArray, entries: IntArray) -> IntArray:
    """(k, 2) steps of the walks between all pairs of entries, the smaller end first, read from each back to its start.

    `before[i, x]` is the stop before x on the walk from entry i, negative where there is none.
    """
    start, later = np.triu_indices(len(entries), 1)
    at, steps = entries[later], [np.empty((0, 2), dtype=np.int64)]
    while len(at):
        came = before[start, at]
        on = came >= 0
        start, at, came = start[on], at[on], came[on]
        steps.append(np.sort(np.column_stack([came, at]), axis=1))
        at = came
    return np.concatenate(steps)


def _is_reflex(polygon: shapely.Polygon) -> BoolArray:
    """For each coordinate, whether the polygon's edge bends there so that its inside fills half a turn or more."""
    reflex = []
    for i, ring in enumerate(shapely.get_rings(polygon)):
        xy = shapely.get_coordinates(ring)
        step = np.diff(xy, axis=0)
        ahead, behind = step[np.r_[: len(step), 0]], step[np.r_[-1, : len(step)]]
        bend = behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0]
        inside_is_left = bool(shapely.is_ccw(ring)) == (i == 0)
        straight = STRAIGHT * np.hypot(*behind.T) * np.hypot(*ahead.T)
        reflex.append((bend if inside_is_left else -bend) <= straight)
    return np.concatenate(reflex)


def _numbered(node_ids: IntArray, lonlat: FloatArray, taken: IntArray) -> IntArray:
    """Node ids, and for the corners without one (0) an id a place, below all that are taken."""
    nameless = node_ids == 0
    _, place = np.unique(lonlat[nameless], axis=0, return_inverse=True)
    out = node_ids.copy()
    out[nameless] = min(taken.min(initial=0), node_ids.min(initial=0)) - 1 - place
    return out


def _ways_through(nodes: IntArray, ways: Ways) -> tuple[IntArray, IntArray, IntArray]:
    """Where ways pass the (sorted) nodes: rows of ways, and places in `nodes`.

    Third, (s, 2) places joined by a straight step of a way that is walked as squares are: by all, both ways, no stairs.
    """
    position = np.flatnonzero(np.isin(ways.node_ids, nodes))
    way, node = ways.of_node[position], np.searchsorted(nodes, ways.node_ids[position])
    alike = (ways.access == "public") & ways.forward & ways.backward & (ways.street_class != "steps")
    step = (np.diff(position) == 1) & (np.diff(way) == 0) & alike[way[1:]]
    return way, node, np.sort(np.column_stack([node[:-1], node[1:]])[step], axis=1)


def _in_plane(polygons: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Polygons in degrees on a local plane in metres."""
    if not len(polygons):
        return polygons
    west, south, east, north = shapely.total_bounds(polygons)
    plane = to_plane(local_crs((west + east) / 2, (south + north) / 2))
    return np.asarray(shapely.transform(polygons, lambda xy: np.column_stack(plane.transform(*xy.T))), dtype=object)
