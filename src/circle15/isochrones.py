"""Circles: what lies within a strip along every stretch of street that a residence reaches in time.

Exact mode: stretches are cut where the time runs out, buffered, united, and small holes closed. Circles are pictures;
statuses come from times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.errors import InputError
from circle15.reach import checked_cutoff_s, reached_parts, take
from circle15.schema import checked_residences, points_of
from circle15.units import FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from circle15.network import Snaps, WalkNetwork

__all__ = ["Stretches", "isochrones", "reached_stretches", "stretch_lines"]

_QUARTER_SEGMENTS = 8


class Stretches(NamedTuple):
    """Parts of edges: from fraction `low` to fraction `high` of edge `edge`; they may overlap."""

    edge: IntArray
    low: FloatArray
    high: FloatArray


def isochrones(
    network: WalkNetwork,
    residences: gpd.GeoDataFrame,
    cutoffs_s: Sequence[float],
    *,
    width_m: float = 30.0,
    hole_m2: float = 5000.0,
) -> gpd.GeoDataFrame:
    """The walking circle of each residence for each cutoff.

    Parameters
    ----------
    network : where people walk.
    residences : `residence_id` and geometry in any CRS; the walk starts at a point inside each geometry.
    cutoffs_s : seconds, in any order.
    width_m : a circle is what lies within this distance of a reached stretch, the leg to the street included.
    hole_m2 : holes smaller than this are closed.

    Returns
    -------
    GeoDataFrame `residence_id, cutoff_s, area_m2, geometry` in EPSG:4326, sorted by residence and cutoff. Circles of
    one residence nest by cutoff. Off the network the geometry is an empty polygon and the area 0.

    Raises
    ------
    InputError
        when a cutoff or the width isn't positive, or the hole's area is negative.
    """
    limits = sorted({checked_cutoff_s(cutoff) for cutoff in np.atleast_1d(np.asarray(cutoffs_s, dtype=object))})
    if not limits:
        raise InputError("cutoffs_s is empty; give at least one number of seconds")
    if not (0 < width_m < np.inf and 0 <= hole_m2 < np.inf):
        raise InputError(f"width_m is {width_m} and hole_m2 is {hole_m2}; give metres above 0 and square metres from 0")
    people = checked_residences(residences)
    doors = points_of(people)
    snaps, points = network.snap(doors), network.plane(doors)
    shapes = np.empty((len(people), len(limits)), dtype=object)
    for row, door in enumerate(points):
        home = take(snaps, np.array([row]))
        circle: shapely.Geometry = shapely.Polygon()
        for column, limit in enumerate(limits):
            if len(home.edge):
                stretches = stretch_lines(network, reached_stretches(network, home, cutoff_s=limit))
                lines = np.concatenate([stretches, _legs(network, home, door, limit)])
                strips = shapely.buffer(lines, width_m, quad_segs=_QUARTER_SEGMENTS)
                circle = shapely.union_all([*strips, circle])
            shapes[row, column] = _without_small_holes(circle, hole_m2)
    flat = shapes.ravel()
    return gpd.GeoDataFrame(
        {
            "residence_id": pd.array(
                np.repeat(people["residence_id"].to_numpy(dtype=object), len(limits)), dtype="str"
            ),
            "cutoff_s": np.tile(np.array(limits, dtype=np.float64), len(people)),
            "area_m2": shapely.area(flat),
        },
        geometry=network.to_lonlat(flat),
        crs="EPSG:4326",
    )


def reached_stretches(network: WalkNetwork, home: Snaps, *, cutoff_s: float) -> Stretches:
    """Stretches of street within the cutoff of one place, cut where the time runs out."""
    parts = reached_parts(network, home, cutoff_s=checked_cutoff_s(cutoff_s))
    return Stretches(parts.edge.astype(np.int64), parts.low, parts.high)


def stretch_lines(network: WalkNetwork, stretches: Stretches) -> np.ndarray[Any, Any]:
    """Stretches as lines in the network's local plane; a stretch of no length is left out."""
    some = stretches.high > stretches.low
    edge, low, high = stretches.edge[some], stretches.low[some], stretches.high[some]
    whole = (low <= 0.0) & (high >= 1.0)
    lines = network.lines[edge]
    parts = [_part(line, a, b) for line, a, b in zip(lines[~whole], low[~whole], high[~whole], strict=True)]
    return np.concatenate([lines[whole], np.array(parts, dtype=object)])


def _part(line: shapely.LineString, low: float, high: float) -> shapely.LineString:
    """The part of a line between two fractions of its length."""
    xy = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    start, end = low * along[-1], high * along[-1]
    inner = xy[(along > start) & (along < end)]
    cuts = [[np.interp(at, along, xy[:, 0]), np.interp(at, along, xy[:, 1])] for at in (start, end)]
    return shapely.LineString(np.vstack([cuts[:1], inner, cuts[1:]]))


def _legs(network: WalkNetwork, home: Snaps, door: shapely.Point, cutoff_s: float) -> np.ndarray[Any, Any]:
    """The way from the door to the street, as far as the time goes."""
    touch = shapely.line_interpolate_point(network.lines[home.edge], home.fraction, normalized=True)
    leg_s = home.leg_m / network.profile.speed_m_s
    part = np.minimum(1.0, cutoff_s / np.maximum(leg_s, 1e-9))
    ends = np.stack(
        [np.broadcast_to(shapely.get_coordinates(door), (len(touch), 2)), shapely.get_coordinates(touch)], 1
    )
    ends[:, 1] = ends[:, 0] + part[:, None] * (ends[:, 1] - ends[:, 0])
    return np.asarray(shapely.linestrings(ends), dtype=object)


def _without_small_holes(shape: shapely.Geometry, hole_m2: float) -> shapely.Geometry:
    polygons = shapely.get_parts(shape)
    filled = []
    for polygon in polygons:
        rings = shapely.get_rings(polygon)
        holes = [ring for ring in rings[1:] if shapely.area(shapely.polygons(ring)) >= hole_m2]
        filled.append(shapely.polygons(rings[0], holes or None) if len(rings) else polygon)
    return filled[0] if len(filled) == 1 else shapely.union_all(filled)
