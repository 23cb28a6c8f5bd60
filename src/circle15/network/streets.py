"""From the ways of OpenStreetMap to streets between vertices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from circle15.network.foot import FOOT_TAGS, foot_access, foot_directions, street_class
from circle15.units import BoolArray, FloatArray, IntArray, geodesic_lengths_m

if TYPE_CHECKING:
    import pandas as pd

    from circle15.network.profiles import Profile


class Parts(NamedTuple):
    """Streets between vertices; `positions` are rows of the flat way-node arrays, edge after edge, ends included."""

    vertex_node: IntArray
    vertex_position: IntArray
    edge_u: IntArray
    edge_v: IntArray
    edge_way: IntArray
    positions: IntArray
    positions_start: IntArray


def ways_on_foot(
    tags: pd.Series[Any], profile: Profile
) -> tuple[BoolArray, BoolArray, BoolArray, np.ndarray[Any, Any]]:
    """For each way: public, forward, backward, street class. Few distinct tag sets, so each is judged once."""
    verdicts: dict[tuple[str | None, ...], tuple[bool, bool, bool, str]] = {}
    rows = []
    for way in tags:
        key = tuple(way.get(tag) for tag in FOOT_TAGS)
        if key not in verdicts:
            kind = street_class(way)
            public = foot_access(way) == "public" and (kind != "steps" or profile.stairs_factor > 0)
            verdicts[key] = (public, *foot_directions(way), kind)
        rows.append(verdicts[key])
    flags = np.array([row[:3] for row in rows], dtype=bool).reshape(-1, 3)
    return flags[:, 0], flags[:, 1], flags[:, 2], np.array([row[3] for row in rows], dtype=object)


def split_at_junctions(node_ids: IntArray, offsets: IntArray, public: BoolArray, gates: IntArray) -> Parts:
    """Cut the public ways at every node where streets meet, end or are gated; a gate's node is nobody's meeting point.

    `positions` are rows of the flat way-node arrays, edge after edge, first and last vertex included.
    """
    length = np.diff(offsets)
    keep_way = public & (length >= 2)
    way = np.repeat(np.arange(len(length)), length)
    flat = np.flatnonzero(keep_way[way])
    way, node = way[flat], node_ids[flat]
    unique, index, count = np.unique(node, return_inverse=True, return_counts=True)
    first = np.r_[True, way[1:] != way[:-1]] if len(way) else np.zeros(0, dtype=bool)
    last = np.r_[way[1:] != way[:-1], True] if len(way) else np.zeros(0, dtype=bool)
    gated = np.isin(unique, gates)
    cut = first | last | (count[index] > 1) | gated[index]
    stops = np.flatnonzero(cut)
    begin, end = stops[:-1], stops[1:]
    inside = way[begin] == way[end] if len(stops) else np.zeros(0, dtype=bool)
    begin, end = begin[inside], end[inside]
    # Each street end at a closed gate is a vertex of its own: the streets on both sides stay, the passage doesn't.
    ends = np.concatenate([begin, end])
    shut = gated[index[ends]]
    key = np.where(shut, len(unique) + np.arange(len(ends)), index[ends])
    _, position, vertex = np.unique(key, return_index=True, return_inverse=True)
    at = ends[position]
    size = end - begin + 1
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    steps = np.arange(start[-1]) - np.repeat(start[:-1], size) + np.repeat(begin, size)
    return Parts(
        vertex_node=node[at],
        vertex_position=flat[at],
        edge_u=vertex[: len(begin)].astype(np.int64),
        edge_v=vertex[len(begin) :].astype(np.int64),
        edge_way=way[begin].astype(np.int64),
        positions=flat[steps].astype(np.int64),
        positions_start=start,
    )


def lengths_m(lonlat: FloatArray, positions: IntArray, start: IntArray) -> FloatArray:
    """Geodesic length of each line, given as rows of positions."""
    at = lonlat[positions]
    steps = np.concatenate([geodesic_lengths_m(at[:, 0], at[:, 1]), [0.0]])
    steps[start[1:-1] - 1] = 0.0
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.maximum(total[start[1:] - 1] - total[start[:-1]], 0.0), dtype=np.float64)


def as_lines(xy: FloatArray, start: IntArray) -> np.ndarray[Any, Any]:
    """Line i is the rows start[i] to start[i + 1] of xy."""
    lines = shapely.linestrings(xy, indices=np.repeat(np.arange(len(start) - 1), np.diff(start)))
    return np.asarray(lines, dtype=object)
