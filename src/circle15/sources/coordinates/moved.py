"""GCJ-02 and BD-09: degrees that map services in China move on purpose, moved and moved back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from circle15.units import BoolArray, FloatArray

__all__ = ["Pair", "bd09_done", "bd09_undone", "gcj02_done", "gcj02_undone", "in_gcj02_area"]

_WEST_DEG, _EAST_DEG, _SOUTH_DEG, _NORTH_DEG = 72.004, 137.8347, 0.8293, 55.8271
_NEAR_DEG = 0.05  # more than GCJ-02 moves anything
_AXIS_M, _ECCENTRICITY_2 = 6378245.0, 0.00669342162296594323  # Krasovsky 1940
_BD09_WAVE = np.pi * 3000.0 / 180.0
_BLOCK = 1 << 15  # places at a time, so that the steps' arrays stay in the cache
_SETTLED_DEG = 1e-9  # the last step; 2 % of it, two micrometres, are left
_MOST_STEPS = 20

Pair = tuple["FloatArray", "FloatArray"]


def in_gcj02_area(lon: FloatArray, lat: FloatArray) -> BoolArray:
    """Whether a WGS84 place lies where GCJ-02 moves places: 72.004 to 137.8347 E, 0.8293 to 55.8271 N, edges included.

    It is the box of the published formula, not the border: services follow the border more closely, so in the box but
    outside mainland China (Korea, Taiwan, the Mekong) a table is more likely WGS84 than GCJ-02.

    >>> in_gcj02_area(np.array([116.4, -21.9]), np.array([39.9, 64.1])).tolist()
    [True, False]
    """
    inside: BoolArray = (lon >= _WEST_DEG) & (lon <= _EAST_DEG) & (lat >= _SOUTH_DEG) & (lat <= _NORTH_DEG)
    return inside


def _gcj02_shift(lon: FloatArray, lat: FloatArray) -> Pair:
    """How far GCJ-02 lies from WGS84 in degrees, as published in 2010 (docs/coordinates.md), anywhere.

    The sines of 6 pi x and 2 pi x come from those of pi x, which leaves fewer to compute.
    """
    x, y = lon - 105.0, lat - 35.0
    pi_x, pi_y = np.pi * x, np.pi * y
    sin_x = np.sin(pi_x)
    sin_2x = 2.0 * sin_x * np.cos(pi_x)
    both = 20.0 * (sin_2x * (3.0 - 4.0 * sin_2x**2) + sin_2x)
    xy, root = 0.1 * x * y, np.sqrt(np.abs(x))
    north_m = both + 20.0 * np.sin(pi_y) + 40.0 * np.sin(pi_y / 3.0)
    north_m += 160.0 * np.sin(pi_y / 12.0) + 320.0 * np.sin(pi_y / 30.0)
    north_m = north_m * (2.0 / 3.0) - 100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + xy + 0.2 * root
    east_m = both + 20.0 * sin_x + 40.0 * np.sin(pi_x / 3.0)
    east_m += 150.0 * np.sin(pi_x / 12.0) + 300.0 * np.sin(pi_x / 30.0)
    east_m = east_m * (2.0 / 3.0) + 300.0 + x + 2.0 * y + 0.1 * x * x + xy + 0.1 * root
    phi = np.radians(lat)
    curve = 1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    per_radian_m = _AXIS_M / np.sqrt(curve)
    dlon = np.degrees(east_m / (per_radian_m * np.cos(phi)))
    dlat = np.degrees(north_m / (per_radian_m * (1.0 - _ECCENTRICITY_2) / curve))
    return dlon, dlat


def _bd09_shift(lon: FloatArray, lat: FloatArray) -> Pair:
    """How far BD-09 lies from GCJ-02 in degrees: a stretch and a turn about 0 N 0 E, both tiny, and a step."""
    stretch = 2e-5 * np.sin(lat * _BD09_WAVE) / np.maximum(np.hypot(lon, lat), 1e-300)
    turn = 3e-6 * np.cos(lon * _BD09_WAVE)
    # (1 + stretch) (cos turn, sin turn), less the one that would cancel
    along = (1.0 + stretch) * np.cos(turn) - 1.0
    across = (1.0 + stretch) * np.sin(turn)
    return lon * along - lat * across + 0.0065, lon * across + lat * along + 0.006


def _undone(shift: Callable[[FloatArray, FloatArray], Pair], lon: FloatArray, lat: FloatArray) -> Pair:
    """The place that `shift` moves here. Each step leaves 2 % of the error or less: shifts change slowly."""
    x, y = lon, lat
    for _ in range(_MOST_STEPS):
        dx, dy = shift(x, y)
        before_x, before_y = x, y
        x, y = lon - dx, lat - dy
        moved = np.abs(x - before_x) + np.abs(y - before_y)
        if not (moved > _SETTLED_DEG).any():
            break
    return x, y


def _in_blocks(step: Callable[[FloatArray, FloatArray], Pair], lon: FloatArray, lat: FloatArray) -> Pair:
    """A function of pairs, some thousand at a time."""
    x, y = lon.ravel(), lat.ravel()
    out_x, out_y = np.empty_like(x), np.empty_like(y)
    for start in range(0, len(x), _BLOCK):
        block = slice(start, start + _BLOCK)
        out_x[block], out_y[block] = step(x[block], y[block])
    return out_x.reshape(lon.shape), out_y.reshape(lat.shape)


def gcj02_done(lon: FloatArray, lat: FloatArray) -> Pair:
    """WGS84 to GCJ-02, in its area; places outside it stay."""

    def step(x: FloatArray, y: FloatArray) -> Pair:
        moved = in_gcj02_area(x, y)
        out_x, out_y = x.copy(), y.copy()
        dx, dy = _gcj02_shift(x[moved], y[moved])
        out_x[moved] += dx
        out_y[moved] += dy
        return out_x, out_y

    return _in_blocks(step, lon, lat)


def gcj02_undone(lon: FloatArray, lat: FloatArray) -> Pair:
    """What lies in the area is undone exactly; beyond its rim, where both could be, a place is taken as moved."""

    def step(x: FloatArray, y: FloatArray) -> Pair:
        near = (x > _WEST_DEG - _NEAR_DEG) & (x < _EAST_DEG + _NEAR_DEG)
        near &= (y > _SOUTH_DEG - _NEAR_DEG) & (y < _NORTH_DEG + _NEAR_DEG)
        back_x, back_y = _undone(_gcj02_shift, x[near], y[near])
        moved = in_gcj02_area(back_x, back_y)
        out_x, out_y = x.copy(), y.copy()
        out_x[near] = np.where(moved, back_x, x[near])
        out_y[near] = np.where(moved, back_y, y[near])
        return out_x, out_y

    return _in_blocks(step, lon, lat)


def bd09_done(lon: FloatArray, lat: FloatArray) -> Pair:
    """GCJ-02 to BD-09."""

    def step(x: FloatArray, y: FloatArray) -> Pair:
        dx, dy = _bd09_shift(x, y)
        return x + dx, y + dy

    return _in_blocks(step, lon, lat)


def bd09_undone(lon: FloatArray, lat: FloatArray) -> Pair:
    """BD-09 to GCJ-02."""
    return _in_blocks(lambda x, y: _undone(_bd09_shift, x, y), lon, lat)
