"""From the ways of OpenStreetMap to streets between vertices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from circle15.network.foot import FOOT_TAGS, foot_access, foot_directions, says_access, street_class
from circle15.units import BoolArray, FloatArray, IntArray, geodesic_lengths_m

if TYPE_CHECKING:
    from circle15.network.profiles import Profile
    from circle15.sources.osm import OsmExtract


class Parts(NamedTuple):
    """Streets between vertices; `positions` are rows of the flat way-node arrays, edge after edge, ends included."""

    vertex_node: IntArray
    vertex_position: IntArray
    edge_u: IntArray
    edge_v: IntArray
    edge_way: IntArray
    positions: IntArray
    positions_start: IntArray


class Ways(NamedTuple):
    """Ways that somebody may walk, as arrays: nodes of way i are rows offsets[i] to offsets[i + 1] of the node arrays.

    node_ids, lonlat : (k,), (k, 2); nodes that are on no map (where a compound's edge crosses a way) have ids below 0.
    osm_id, name, street_class : (w,) strings; a name may be None.
    access : (w,) "public", "private" or "customers"; says_access : whether the way's own tags say so.
    forward, backward : (w,) which way it may be walked.
    """

    node_ids: IntArray
    offsets: IntArray
    lonlat: FloatArray
    osm_id: np.ndarray[Any, Any]
    name: np.ndarray[Any, Any]
    street_class: np.ndarray[Any, Any]
    access: np.ndarray[Any, Any]
    says_access: BoolArray
    forward: BoolArray
    backward: BoolArray

    @property
    def of_node(self) -> IntArray:
        """(k,) the way of each row of the node arrays."""
        return np.repeat(np.arange(len(self.osm_id)), np.diff(self.offsets))


def access_of(tags: Mapping[str, str], profile: Profile) -> str | None:
    """Who may walk on a way as `foot_access` says; None for steps where the profile doesn't walk on them."""
    return None if profile.stairs_factor == 0 and street_class(tags) == "steps" else foot_access(tags)


def walkable_ways(osm: OsmExtract, profile: Profile) -> Ways:
    """The ways of an extract that somebody may walk. Few distinct tag sets, so each is judged once."""
    verdicts: dict[tuple[str | None, ...], tuple[str | None, bool, bool, bool, str]] = {}
    rows = []
    for tags in osm.ways["tags"]:
        key = tuple(map(tags.get, FOOT_TAGS))
        if key not in verdicts:
            verdicts[key] = (
                access_of(tags, profile), says_access(tags), *foot_directions(tags), street_class(tags)
            )  # fmt: skip
        rows.append(verdicts[key])
    length = np.diff(osm.way_offsets)
    walked = np.array([row[0] is not None for row in rows], dtype=bool) & (length >= 2)
    kept = [row for row, yes in zip(rows, walked, strict=True) if yes]
    nodes = np.repeat(walked, length)
    flags = np.array([row[1:4] for row in kept], dtype=bool).reshape(-1, 3)
    return Ways(
        node_ids=osm.way_node_ids[nodes],
        offsets=np.concatenate([[0], np.cumsum(length[walked])]).astype(np.int64),
        lonlat=osm.way_lonlat[nodes],
        osm_id=osm.ways["osm_id"].to_numpy(dtype=object)[walked],
        name=np.array([tags.get("name:zh") or tags.get("name") for tags in osm.ways["tags"][walked]], dtype=object),
        street_class=np.array([row[4] for row in kept], dtype=object),
        access=np.array([row[0] for row in kept], dtype=object),
        says_access=flags[:, 0],
        forward=flags[:, 1],
        backward=flags[:, 2],
    )


def split_at_junctions(ways: Ways, cuts: IntArray) -> Parts:
    """Cut ways at every node where they meet or end, and at the nodes `cuts` (gates, edges of compounds)."""
    way, node = ways.of_node, ways.node_ids
    unique, index, count = np.unique(node, return_inverse=True, return_counts=True)
    first = np.r_[True, way[1:] != way[:-1]] if len(way) else np.zeros(0, dtype=bool)
    last = np.r_[way[1:] != way[:-1], True] if len(way) else np.zeros(0, dtype=bool)
    stops = np.flatnonzero(first | last | (count[index] > 1) | np.isin(unique, cuts)[index])
    begin, end = stops[:-1], stops[1:]
    inside = way[begin] == way[end] if len(stops) else np.zeros(0, dtype=bool)
    begin, end = begin[inside], end[inside]
    _, position, vertex = np.unique(index[np.concatenate([begin, end])], return_index=True, return_inverse=True)
    at = np.concatenate([begin, end])[position]
    size = end - begin + 1
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    steps = np.arange(start[-1]) - np.repeat(start[:-1], size) + np.repeat(begin, size)
    return Parts(
        vertex_node=node[at],
        vertex_position=at,
        edge_u=vertex[: len(begin)].astype(np.int64),
        edge_v=vertex[len(begin) :].astype(np.int64),
        edge_way=way[begin].astype(np.int64),
        positions=steps.astype(np.int64),
        positions_start=start,
    )


def lengths_m(lonlat: FloatArray, positions: IntArray, start: IntArray) -> FloatArray:
    """Geodesic length of each line, given as rows of positions."""
    at = lonlat[positions]
    steps = np.concatenate([geodesic_lengths_m(at[:, 0], at[:, 1]), [0.0]])
    steps[start[1:-1] - 1] = 0.0
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.maximum(total[start[1:] - 1] - total[start[:-1]], 0.0), dtype=np.float64)


class StreetSteps(NamedTuple):
    """Streets as flat arrays: street e is the rows start[e] to start[e + 1] of steps.

    A step is its start's x and y, its direction and its length, `along` the way from the street's start; each street's
    last step has no length.
    """

    step: FloatArray
    along: FloatArray
    start: IntArray


def street_steps(xy: FloatArray, start: IntArray) -> StreetSteps:
    """Steps of the streets through the points xy, street e through those from start[e] to start[e + 1]."""
    step = straight_steps(xy, np.vstack([xy[1:], xy[-1:]]))
    step[start[1:] - 1, 4] = 0.0
    along = np.concatenate([[0.0], np.cumsum(step[:-1, 4])])
    return StreetSteps(step, along - np.repeat(along[start[:-1]], np.diff(start)), start)


def straight_steps(begin: FloatArray, end: FloatArray) -> FloatArray:
    """(n, 5) start, direction and length of straight ways; a way of no length points east."""
    way = end - begin
    length = np.hypot(way[:, 0], way[:, 1])
    still = length == 0.0
    direction = np.where(still[:, None], (1.0, 0.0), way / np.where(still, 1.0, length)[:, None])
    return np.column_stack([begin, direction, length])


def as_lines(xy: FloatArray, start: IntArray, rows: IntArray | None = None) -> np.ndarray[Any, Any]:
    """Line i is the rows start[i] to start[i + 1] of xy; with `rows` only the lines of these numbers."""
    size = np.diff(start)
    if rows is not None:
        size = size[rows]
        first = np.cumsum(size) - size
        xy = xy[np.arange(size.sum()) + np.repeat(start[rows] - first, size)]
    return np.asarray(shapely.linestrings(xy, indices=np.repeat(np.arange(len(size)), size)), dtype=object)
