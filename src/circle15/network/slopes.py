"""What slopes do to a walk: Tobler's function along each edge's own line, and how steep an edge is.

W. Tobler, Three Presentations on Geographical Analysis and Modeling, NCGIA Technical Report 93-1, 1993: a walker's
speed is 6 exp(-3.5 |s + 0.05|) km/h at the slope s (rise over run). Here it only multiplies a profile's own speed on
the flat: it is rescaled to be 1 there, and fastest (1.19) at a descent of 5 %.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from circle15.errors import DataError
from circle15.units import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from circle15.sources.elevation import Elevation

STEEPEST = 0.4
"""Steeper slopes count as this: the world's steepest streets rise by 35 to 37 %; more is a wall beside the street."""
SMOOTH_LEAST_M, SMOOTH_MOST_M = 10.0, 30.0
"""Heights are averaged with those one cell away in all directions, but at least and at most so many metres away."""
SUSTAINED_M = 30.0
"""An edge is as steep as its steepest stretch of this length, or as the whole of a shorter edge."""
INDOORS = frozenset({"corridor", "elevator"})
_PERCENT = re.compile(r"[+-]?(\d+(?:\.\d+)?) ?%")
_GAP_DEG = 1e-3


class Slopes(NamedTuple):
    """Slopes of m edges.

    pace : (m, 2) time from u to v and from v to u, as a multiple of the time on the flat.
    steepest : (m,) steepest slope, up or down, that an edge keeps up for 30 m; nan where heights aren't known.
    known : (m,) share of each edge whose heights are known; the rest counts as flat.
    """

    pace: FloatArray
    steepest: FloatArray
    known: FloatArray


def tobler_pace(slope: FloatArray) -> FloatArray:
    """Time to walk up a slope (rise over run, down is negative) as a multiple of the time on the flat.

    1.0 on the flat and at 10 % down, 0.84 at 5 % down, 1.42 at 10 % up; slopes beyond 40 % count as 40 %. Tobler 1993,
    rescaled.

    >>> tobler_pace(np.array([-0.1, -0.05, 0.0, 0.1])).round(2).tolist()
    [1.0, 0.84, 1.0, 1.42]
    """
    return np.asarray(np.exp(3.5 * (np.abs(slope.clip(-STEEPEST, STEEPEST) + 0.05) - 0.05)))


def unknown_slopes(m: int) -> Slopes:
    """Edges without heights: all count as flat."""
    return Slopes(np.ones((m, 2)), np.full(m, np.nan), np.zeros(m))


def off_the_ground(tags: Mapping[str, str]) -> bool:
    """Whether the ground says nothing about the slope of a way: bridges, tunnels, indoors, and steps.

    Steps have their own factor, and no slope on top.

    >>> off_the_ground({"highway": "footway", "bridge": "yes"}), off_the_ground({"highway": "path", "tunnel": "no"})
    (True, False)
    """
    return (
        tags.get("highway") == "steps"
        or tags.get("highway") in INDOORS
        or any(tags.get(key, "no") != "no" for key in ("bridge", "tunnel", "indoor"))
    )


def told_steepness(tags: Mapping[str, str]) -> float:
    """How steep a way's own tags say it is: `incline` in percent, inf where `wheelchair=no`, nan where neither is told.

    >>> told_steepness({"incline": "-10%"}), told_steepness({"wheelchair": "no"}), told_steepness({"incline": "up"})
    (0.1, inf, nan)
    """
    if "incline" not in tags and "wheelchair" not in tags:
        return np.nan
    if tags.get("wheelchair") == "no":
        return np.inf
    percent = _PERCENT.fullmatch(tags.get("incline", "").strip())
    return float(percent[1]) / 100.0 if percent else np.nan


def way_slopes(
    coords_lonlat: FloatArray,
    coords_start: IntArray,
    length_m: FloatArray,
    elevation: Elevation | None,
    *,
    tags: Iterable[Mapping[str, str]],
    edge_way: IntArray,
) -> Slopes:
    """Slopes of edges that are pieces of tagged ways, `edge_way` the way of each: tags about steepness go first."""
    ways = list(tags)
    steepness = np.array([told_steepness(way) for way in ways])[edge_way]
    if elevation is None:
        slopes = unknown_slopes(len(edge_way))
    else:
        aloft = np.array([off_the_ground(way) for way in ways])[edge_way]
        slopes = edge_slopes(coords_lonlat, coords_start, length_m, elevation, aloft=aloft)
    return slopes._replace(steepest=np.where(np.isnan(steepness), slopes.steepest, steepness))


def edge_slopes(
    coords_lonlat: FloatArray,
    coords_start: IntArray,
    length_m: FloatArray,
    elevation: Elevation,
    *,
    aloft: BoolArray,
) -> Slopes:
    """Slopes along each edge's own line.

    Heights are taken at both ends and at even steps of at most one cell of the elevation model between them, each
    smoothed (`smoothed_heights_m`). The pace is the mean over the steps; a step without heights counts as flat.

    Parameters
    ----------
    coords_lonlat, coords_start : line i is the rows coords_start[i] to coords_start[i + 1].
    length_m : (m,) metres that the edges are walked for.
    elevation : the heights.
    aloft : (m,) edges that don't lie on the ground: flat.

    Raises
    ------
    DataError
        when no edge has any height: the elevation model of another place.
    """
    m = len(length_m)
    n_steps = np.maximum(np.ceil(length_m / elevation.resolution_m), 1).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(n_steps + 1)]).astype(np.int64)
    edge = np.repeat(np.arange(m), n_steps + 1)
    fraction = (np.arange(first[-1]) - first[edge]) / n_steps[edge]
    height = smoothed_heights_m(elevation, _along(coords_lonlat, coords_start, edge, fraction))

    step_m = length_m / n_steps
    step = np.delete(np.arange(first[-1]), first[1:] - 1)
    of = edge[step]
    slope = _slope(height[step + 1] - height[step], step_m[of])
    known = np.isfinite(slope)
    if m and not known.any():
        raise DataError(f"{elevation.path}: has no height along any street; give the elevation model of this place")
    pace = [np.where(known, tobler_pace(direction * slope), 1.0) for direction in (1, -1)]
    means = np.column_stack([np.bincount(of, weights=each, minlength=m) / n_steps for each in pace])
    means[aloft] = 1.0
    steepest = _steepest(height, first[:-1], n_steps, step_m)
    steepest[aloft] = 0.0
    return Slopes(means, steepest, np.bincount(of, weights=known, minlength=m) / n_steps)


def smoothed_heights_m(elevation: Elevation, lonlat: FloatArray) -> FloatArray:
    """Heights without the noise of single cells: (n,) metres at (n, 2) degrees, nan where there is none.

    The mean of the height at each place and at eight places around it, one cell away but 10 m at least and 30 m at
    most. Coarse models are means of wide cells already, and fine ones err by decimetres. The eight are four pairs of
    opposite places; a pair counts only where both have a height, so that an even slope stays what it is even at the
    model's edge.
    """
    column, row = elevation.cells(lonlat)
    reach = float(np.clip(elevation.resolution_m, SMOOTH_LEAST_M, SMOOTH_MOST_M)) / elevation.resolution_m
    total, count = elevation.between(column, row), np.ones(len(column))
    for right, down in ((1, 0), (0, 1), (1, 1), (1, -1)):
        pair = sum(elevation.between(column + sign * reach * right, row + sign * reach * down) for sign in (1.0, -1.0))
        both = np.isfinite(pair)
        total += np.where(both, pair, 0.0)
        count += 2 * both
    return total / count


def _along(coords_lonlat: FloatArray, start: IntArray, edge: IntArray, fraction: FloatArray) -> FloatArray:
    """(n, 2) degrees at fractions of edges' lines."""
    lon, lat = coords_lonlat.T
    # A degree of longitude shrinks with the latitude; only the proportions of one line's pieces matter.
    pieces = np.hypot(np.diff(lon) * np.cos(np.radians(lat[1:])), np.diff(lat))
    # All lines one after another, with a gap between them that no place falls into.
    pieces[start[1:-1] - 1] = _GAP_DEG
    along = np.concatenate([[0.0], np.cumsum(pieces)])
    begin, end = along[start[:-1]], along[start[1:] - 1]
    where = (begin[edge] + fraction * (end - begin)[edge]).clip(begin[edge], end[edge])
    return np.column_stack([np.interp(where, along, lon), np.interp(where, along, lat)])


def _slope(rise_m: FloatArray, run_m: FloatArray) -> FloatArray:
    """Rise over run; flat where there is no run (gates)."""
    return np.divide(rise_m, run_m, out=np.where(np.isnan(rise_m), np.nan, 0.0), where=run_m > 0)


def _steepest(height: FloatArray, first: IntArray, n_steps: IntArray, step_m: FloatArray) -> FloatArray:
    """(m,) steepest slope over any SUSTAINED_M of each edge, in whole steps; over the whole of a shorter edge."""
    least = np.ceil(SUSTAINED_M / np.maximum(step_m, 1e-9))
    span = np.minimum(least, n_steps).astype(np.int64)
    n_stretches = n_steps - span + 1
    begin = np.concatenate([[0], np.cumsum(n_stretches)[:-1]]).astype(np.int64)
    edge = np.repeat(np.arange(len(first)), n_stretches)
    low = np.arange(len(edge)) - begin[edge] + first[edge]
    slope = np.abs(_slope(height[low + span[edge]] - height[low], (span * step_m)[edge]))
    return np.asarray(np.fmax.reduceat(slope, begin)) if len(edge) else np.empty(0)
