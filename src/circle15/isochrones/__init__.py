"""Circles: what lies within a width of every stretch of street that a residence reaches in time; catchments of sites.

Stretches are cut where the time runs out, the leg between door and street included. Outlines come from a grid with
exact ends (`_kernels`), thousands at a time; exact mode buffers each stretch and unites. Circles are pictures; statuses
come from times.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.errors import InputError
from circle15.isochrones import _kernels
from circle15.network.streets import StreetSteps, straight_steps
from circle15.reach import ReachedParts, checked_cutoff_s, reached_parts, take
from circle15.schema import checked_residences, checked_sites, points_of
from circle15.units import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from circle15.network import Snaps, WalkNetwork

__all__ = ["catchments", "isochrones", "part_lines"]

_QUARTER_SEGMENTS = 8
_CELLS_A_WIDTH = 2.25  # a line across a cell leaves at most a twentieth of the width of a round end outside
_PRECISION_M = 1e-6  # of unions
_PLACES_AT_ONCE = 1024  # bounds the memory of reached parts
_PLACES_A_TASK = 32
_TIMES_WORTH = 3  # a tile is worth keeping for as many circles


def isochrones(
    network: WalkNetwork,
    residences: gpd.GeoDataFrame,
    cutoffs_s: Sequence[float],
    *,
    width_m: float = 30.0,
    hole_m2: float = 5000.0,
    water: gpd.GeoSeries | None = None,
    exact: bool = False,
) -> gpd.GeoDataFrame:
    """The walking circle of each residence for each cutoff.

    Parameters
    ----------
    network : where people walk.
    residences : `residence_id` and geometry in any CRS; the walk starts at a point inside each geometry.
    cutoffs_s : seconds, in any order.
    width_m : a circle is what lies within this distance of a reached stretch, the leg to the street included.
    hole_m2 : holes smaller than this are closed.
    water : polygons in any CRS; a hole that holds some of it stays open, so that no circle covers water beyond
        `width_m` (but in a hole smaller than a cell of the grid, which is `width_m` / 2.25 wide).
    exact : buffer and unite the stretches instead (some sixty times slower): what the fast way is tested against. The
        fast way adds nothing beyond `width_m` (and 2 mm) but closed holes; it cuts up to a twentieth of the width from
        round ends, and the tips of narrow clefts between strips may be a cell wider.

    Returns
    -------
    GeoDataFrame `residence_id, cutoff_s, area_m2, geometry` in EPSG:4326, sorted by residence and cutoff. Circles of
    one residence nest by cutoff. Off the network the geometry is an empty polygon and the area 0.

    Raises
    ------
    InputError
        when a cutoff or the width isn't positive, or the hole's area is negative.

    Examples
    --------
    From the middle of a street of 1 km, 200 s at 1 m/s: 400 m of street, 60 m wide, with round ends (about
    400 x 60 + pi x 30 x 30 = 26,827 m2).

    >>> import geopandas as gpd, pandas as pd
    >>> from circle15 import WalkNetwork, isochrones
    >>> ends = gpd.GeoDataFrame({"node_id": ["a", "b"]}, geometry=gpd.points_from_xy([0, 1000], [0, 0]), crs=32650)
    >>> network = WalkNetwork.from_edges(ends, pd.DataFrame({"u": ["a"], "v": ["b"]}))
    >>> home = gpd.GeoDataFrame({"residence_id": ["h"]}, geometry=gpd.points_from_xy([500], [0]), crs=32650)
    >>> isochrones(network, home, [200])["area_m2"].round(-3).tolist()
    [27000.0]
    """
    limits = _checked_limits(cutoffs_s, width_m, hole_m2)
    people = checked_residences(residences)
    home = network.snap(people.geometry, people["compound_id"])
    return _circles(
        network, people["residence_id"], points_of(people), home, limits,
        width_m=width_m, hole_m2=hole_m2, water=water, exact=exact, backwards=False,
    )  # fmt: skip


def catchments(
    network: WalkNetwork,
    sites: gpd.GeoDataFrame,
    cutoffs_s: Sequence[float],
    *,
    width_m: float = 30.0,
    hole_m2: float = 5000.0,
    water: gpd.GeoSeries | None = None,
    exact: bool = False,
) -> gpd.GeoDataFrame:
    """From where people reach each site within each cutoff: a circle walked *towards* the site.

    It differs from a circle walked away from the site by one-way stairs and escalators, and by slopes.

    Parameters
    ----------
    network : where people walk.
    sites : `site_id` and geometry in any CRS; a polygon is entered at its entrances, or where streets cross its edge.
    cutoffs_s, width_m, hole_m2, water, exact : as in `isochrones`.

    Returns
    -------
    GeoDataFrame `site_id, cutoff_s, area_m2, geometry` in EPSG:4326, sorted by site and cutoff, nested by cutoff. Off
    the network the geometry is an empty polygon and the area 0. A site with several entries may have several parts.

    Raises
    ------
    InputError
        when a cutoff or the width isn't positive, or the hole's area is negative.

    Examples
    --------
    The street leads one way, from a to b: a site at its middle is reached from a's side only.

    >>> import geopandas as gpd, pandas as pd
    >>> from circle15 import WalkNetwork, catchments
    >>> ends = gpd.GeoDataFrame({"node_id": ["a", "b"]}, geometry=gpd.points_from_xy([0, 1000], [0, 0]), crs=32650)
    >>> network = WalkNetwork.from_edges(ends, pd.DataFrame({"u": ["a"], "v": ["b"], "oneway": [True]}))
    >>> school = gpd.GeoDataFrame({"site_id": ["s"]}, geometry=gpd.points_from_xy([500], [0]), crs=32650)
    >>> from_where = catchments(network, school, [200]).to_crs(32650)
    >>> from_where.bounds.round(-1).iloc[0].tolist()
    [270.0, -30.0, 530.0, 30.0]
    """
    limits = _checked_limits(cutoffs_s, width_m, hole_m2)
    places = checked_sites(sites)
    return _circles(
        network, places["site_id"], places.geometry, network.snap_sites(places.geometry), limits,
        width_m=width_m, hole_m2=hole_m2, water=water, exact=exact, backwards=True,
    )  # fmt: skip


def _checked_limits(cutoffs_s: Sequence[float], width_m: float, hole_m2: float) -> list[float]:
    """Cutoffs in ascending order, each once."""
    limits = sorted({checked_cutoff_s(cutoff) for cutoff in np.atleast_1d(np.asarray(cutoffs_s, dtype=object))})
    if not limits:
        raise InputError("cutoffs_s is empty; give at least one number of seconds")
    if not (0 < width_m < np.inf and 0 <= hole_m2 < np.inf):
        raise InputError(f"width_m is {width_m} and hole_m2 is {hole_m2}; give metres above 0 and square metres from 0")
    return limits


def _circles(
    network: WalkNetwork,
    ids: pd.Series[str],
    geometry: gpd.GeoSeries,
    snaps: Snaps,
    limits: list[float],
    *,
    width_m: float,
    hole_m2: float,
    water: gpd.GeoSeries | None,
    exact: bool,
    backwards: bool,
) -> gpd.GeoDataFrame:
    """The frame of circles or catchments: one row a place and cutoff."""
    places = network.plane(geometry)
    lines, step_m = network.steps, width_m / _CELLS_A_WIDTH
    wet = None if water is None else shapely.STRtree(network.plane(water))

    def draw(rows: IntArray, reached: list[ReachedParts], kept: _Kept) -> tuple[np.ndarray[Any, Any], FloatArray]:
        shapes = np.empty((len(rows), len(limits)), dtype=object)
        home = take(snaps, rows)
        for column, (limit, block) in enumerate(zip(limits, reached, strict=True)):
            parts = _part_rows(block, rows % _PLACES_AT_ONCE)
            legs = _legs(network, home, places[rows], limit)
            if exact:
                shapes[:, column] = _united(network, parts, home, legs, width_m=width_m, hole_m2=hole_m2, wet=wet)
            else:
                shapes[:, column] = _outlined(
                    lines, kept, parts, home, legs, width_m=width_m, hole_m2=hole_m2, wet=wet, step_m=step_m
                )
            if column:
                # A round end is cut by lines from where the grid meets it, so that a longer walk may cut off a sliver
                # that a shorter one had. Without a precision GEOS 3.14 now and then loses whole parts of such unions.
                both = shapely.union(shapes[:, column], shapes[:, column - 1], grid_size=_PRECISION_M)
                shapes[:, column] = [_without_small_holes(shape, hole_m2, wet) for shape in both]
        return network.to_lonlat(shapes.ravel()), shapely.area(shapes.ravel())

    drawn: list[tuple[np.ndarray[Any, Any], FloatArray]] = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for start in range(0, len(places), _PLACES_AT_ONCE):
            block = np.arange(start, min(start + _PLACES_AT_ONCE, len(places)))
            some = take(snaps, block)
            reached = [reached_parts(network, some, cutoff_s=limit, backwards=backwards) for limit in limits]
            chunks = np.array_split(block, -(-len(block) // _PLACES_A_TASK))
            kept = _kept(lines, reached, width_m, step_m, pool)
            drawn += pool.map(draw, chunks, repeat(reached), repeat(kept))
    shapes, area_m2 = zip(*drawn, strict=True) if drawn else ((), ())
    return gpd.GeoDataFrame(
        {
            str(ids.name): pd.array(np.repeat(ids.to_numpy(dtype=object), len(limits)), dtype="str"),
            "cutoff_s": np.tile(np.array(limits, dtype=np.float64), len(places)),
            "area_m2": np.concatenate([np.empty(0), *area_m2]),
        },
        geometry=np.concatenate([np.empty(0, dtype=object), *shapes]),
        crs="EPSG:4326",
    )


class _Kept(NamedTuple):
    """What circles drawn together copy: street e, where some place reaches it whole, has the stamp `of_line[e]`."""

    of_line: IntArray
    stamps: _kernels.Stamps
    tiles: _kernels.Tiles


def _kept(
    lines: StreetSteps, reached: Sequence[ReachedParts], width_m: float, step_m: float, pool: ThreadPoolExecutor
) -> _Kept:
    whole = np.concatenate([parts.edge[(parts.low <= 0.0) & (parts.high >= 1.0)] for parts in reached])
    times = np.bincount(whole, minlength=len(lines.start) - 1)
    edges = np.flatnonzero(times)

    def shared_out(kernel: Callable[..., Any]) -> list[Any]:
        shares = np.array_split(edges, os.cpu_count() or 1)
        return list(pool.map(lambda some: kernel(some, *lines, width_m, step_m), shares))

    stamps, tiles = _stamps(shared_out(_kernels.stamps)), _kernels.no_tiles()
    if len(whole) > _TIMES_WORTH * len(edges):
        indptr, touched = zip(*shared_out(_kernels.touched), strict=True)
        tiles = _tiles(
            lines, stamps, times[edges], _joined(indptr), np.concatenate(touched),
            width_m=width_m, step_m=step_m, pool=pool,
        )  # fmt: skip
    return _Kept(np.cumsum(times > 0) - 1, stamps, tiles)


def _stamps(made: Sequence[_kernels.Stamps]) -> _kernels.Stamps:
    """All stamps, one share after the other: runs count on from those before, and so do marks."""
    edge, window, indptr, run, mark = zip(*made, strict=True)
    n_marks = np.cumsum([0, *(len(of) for of in mark)])
    counted_on = [of + np.array([0, 0, before, before]) for of, before in zip(run, n_marks[:-1], strict=True)]
    return _kernels.Stamps(
        np.concatenate(edge), np.concatenate(window), _joined(indptr), np.concatenate(counted_on), np.concatenate(mark)
    )


def _tiles(
    lines: StreetSteps,
    stamps: _kernels.Stamps,
    times: IntArray,
    indptr: IntArray,
    touched: IntArray,
    *,
    width_m: float,
    step_m: float,
    pool: ThreadPoolExecutor,
) -> _kernels.Tiles:
    """The tiles that enough circles may have in common, of those that stamps touch."""
    place, tile, touching = _tiles_in_blocks(touched)
    stamp = np.repeat(np.arange(len(times)), np.diff(indptr))
    most = np.full(len(place), np.iinfo(np.int64).max)
    np.minimum.at(most, tile, times[stamp])
    keep = most >= _TIMES_WORTH
    if not keep.any():
        return _kernels.no_tiles()
    tile = np.where(keep, np.cumsum(keep) - 1, -1)[tile]
    place, touching = place[keep], touching[keep]
    of_tile = stamp[np.argsort(tile, kind="stable")[np.count_nonzero(tile < 0) :]]
    first = np.concatenate([[0], np.cumsum(touching)])
    cuts = np.unique(np.linspace(0, len(place), 4 * (os.cpu_count() or 1) + 1).astype(np.int64))
    made = pool.map(
        lambda start, end: _kernels.shared(
            place[start:end], first[start : end + 1], of_tile, stamps, *lines, width_m, step_m
        ),
        cuts[:-1],
        cuts[1:],
    )
    start, goes, comes, corners_first, corner = zip(*made, strict=True)
    return _kernels.Tiles(
        indptr, tile.astype(np.int32), place, touching.astype(np.int32), _joined(start),
        np.concatenate(goes), np.concatenate(comes), _joined(corners_first), np.concatenate(corner),
    )  # fmt: skip


def _tiles_in_blocks(touched: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Each tile once, block after block and row after row; which one each row is; and how many rows each one has."""
    block, inner = np.divmod(touched, _kernels.BLOCK)
    block -= block.min(axis=0)
    key = (block @ [block[:, 1].max() + 1, 1] * _kernels.BLOCK + inner[:, 0]) * _kernels.BLOCK + inner[:, 1]
    _, tile, touching = np.unique(key, return_inverse=True, return_counts=True)
    place = np.empty((len(touching), 2), dtype=np.int64)
    place[tile] = touched
    return place, tile, touching


def _joined(starts: Sequence[IntArray]) -> IntArray:
    """One `indptr` of several: each counts on from the one before."""
    before = np.cumsum([0, *(of[-1] for of in starts)])
    return np.concatenate([[0], *(of[1:] + n for of, n in zip(starts, before[:-1], strict=True))])


def _part_rows(parts: ReachedParts, rows: IntArray) -> ReachedParts:
    """The parts of consecutive places."""
    indptr = parts.indptr[rows[0] : rows[-1] + 2]
    which = slice(indptr[0], indptr[-1])
    return ReachedParts(indptr - indptr[0], parts.edge[which], parts.low[which], parts.high[which])


def _legs(network: WalkNetwork, home: Snaps, shapes: np.ndarray[Any, Any], cutoff_s: float) -> FloatArray:
    """(entries, 4) the ways between places and the street (x, y at the place, x, y at the end), as far as time goes."""
    touch = shapely.line_interpolate_point(network.lines[home.edge], home.fraction, normalized=True)
    ways = shapely.get_coordinates(shapely.shortest_line(shapes[home.owner], touch)).reshape(-1, 4)
    leg_s = home.leg_m / network.profile.speed_m_s
    part = np.minimum(1.0, cutoff_s / np.maximum(leg_s, 1e-9))
    ways[:, 2:] = ways[:, :2] + part[:, None] * (ways[:, 2:] - ways[:, :2])
    return ways


def _outlined(
    lines: StreetSteps,
    kept: _Kept,
    parts: ReachedParts,
    home: Snaps,
    legs: FloatArray,
    *,
    width_m: float,
    hole_m2: float,
    wet: shapely.STRtree | None,
    step_m: float,
) -> np.ndarray[Any, Any]:
    """A polygon a place, by the grid."""
    corners, start, owner, area = _kernels.outlines(
        *parts, *lines, *kept,
        home.indptr, straight_steps(legs[:, :2], legs[:, 2:]), width_m, hole_m2 if wet is None else 0.0, step_m,
    )  # fmt: skip
    rings = np.asarray(
        shapely.linearrings(corners, indices=np.repeat(np.arange(len(area)), np.diff(start))), dtype=object
    )
    if wet is not None:
        keep = area > 0
        keep[~keep] = _stay_open(rings[~keep], hole_m2, wet)
        rings, owner, area = rings[keep], owner[keep], area[keep]
    out = np.full(len(home.indptr) - 1, shapely.Polygon(), dtype=object)
    shells = np.bincount(owner[area > 0], minlength=len(out))
    order = np.lexsort((area < 0, owner))
    order = order[shells[owner[order]] == 1]
    alone, place = np.unique(owner[order], return_inverse=True)
    out[alone] = shapely.polygons(rings[order], indices=place)
    for several in np.flatnonzero(shells > 1):
        mine = owner == several
        solid, hollow = shapely.polygons(rings[mine & (area > 0)]), shapely.polygons(rings[mine & (area < 0)])
        out[several] = shapely.difference(shapely.union_all(solid), shapely.union_all(hollow))
    return out


def _united(
    network: WalkNetwork,
    parts: ReachedParts,
    home: Snaps,
    legs: FloatArray,
    *,
    width_m: float,
    hole_m2: float,
    wet: shapely.STRtree | None,
) -> np.ndarray[Any, Any]:
    """A polygon a place, by buffers of all its stretches and their union."""
    stretches = part_lines(network, parts)
    ways = np.asarray(shapely.linestrings(legs.reshape(-1, 2, 2)), dtype=object)
    out = np.empty(len(home.indptr) - 1, dtype=object)
    for place in range(len(out)):
        mine, its_ways = (slice(ptr[place], ptr[place + 1]) for ptr in (parts.indptr, home.indptr))
        lines = np.concatenate([stretches[mine], ways[its_ways]])
        strips = shapely.buffer(lines, width_m, quad_segs=_QUARTER_SEGMENTS)
        out[place] = _without_small_holes(shapely.union_all(strips), hole_m2, wet) if len(lines) else shapely.Polygon()
    return out


def part_lines(network: WalkNetwork, parts: ReachedParts) -> np.ndarray[Any, Any]:
    """Each part as a line in the network's local plane."""
    lines = network.lines[parts.edge]
    cut = np.flatnonzero((parts.low > 0.0) | (parts.high < 1.0))
    lines[cut] = [_cut(lines[i], parts.low[i], parts.high[i]) for i in cut]
    return lines


def _cut(line: shapely.LineString, low: float, high: float) -> shapely.LineString:
    """The part of a line between two fractions of its length."""
    xy = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    start, end = low * along[-1], high * along[-1]
    inner = xy[(along > start) & (along < end)]
    cuts = [[np.interp(at, along, xy[:, 0]), np.interp(at, along, xy[:, 1])] for at in (start, end)]
    return shapely.LineString(np.vstack([cuts[:1], inner, cuts[1:]]))


def _stay_open(rings: np.ndarray[Any, Any], hole_m2: float, wet: shapely.STRtree | None) -> BoolArray:
    """Which holes stay open: large ones, and those that hold water."""
    holes = np.asarray(shapely.polygons(rings), dtype=object)
    stay = np.asarray(shapely.area(holes) >= hole_m2)
    if wet is not None:
        stay[wet.query(holes, predicate="intersects")[0]] = True
    return stay


def _without_small_holes(shape: shapely.Geometry, hole_m2: float, wet: shapely.STRtree | None) -> shapely.Geometry:
    """The polygons of a shape with their small holes closed; a union may leave a stray line a micrometre long."""
    parts = shapely.get_parts(shape)
    filled = []
    for polygon in parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)]:
        rings = shapely.get_rings(polygon)
        filled.append(shapely.polygons(rings[0], rings[1:][_stay_open(rings[1:], hole_m2, wet)]))
    if not filled:
        return shapely.Polygon()
    return filled[0] if len(filled) == 1 else shapely.union_all(filled)
