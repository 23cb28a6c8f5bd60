"""Coordinates in any system that `names` knows, to WGS84 and back."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from pyproj import CRS, Transformer

from circle15.errors import InputError
from circle15.sources.coordinates.moved import bd09_done, bd09_undone, gcj02_done, gcj02_undone
from circle15.sources.coordinates.names import (
    checked_system,
    grid_code,
    grid_of,
    is_geographic,
    meridian_of_zone,
    system_name,
)
from circle15.units import WGS84
from circle15.words import Words, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from circle15.sources.coordinates.names import Grid
    from circle15.units import BoolArray, FloatArray

__all__ = ["Axes", "called_in_words", "from_wgs84", "to_wgs84"]

Axes = Literal["xy", "yx"]


def to_wgs84(
    x: npt.ArrayLike, y: npt.ArrayLike, system: str, *, axes: Axes | None = None, rows: Sequence[object] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Longitude and latitude on WGS84 of coordinates in another system.

    Parameters
    ----------
    x, y : arrays of one shape
        easting and northing in the system's unit (for Gauss-Kruger metres), or longitude and latitude in degrees. nan
        marks a missing place and passes through.
    system
        as `checked_system` understands it.
    axes
        "xy": x is the easting or longitude. "yx": x is the northing or latitude, as surveyors write it. None: "xy", but
        for Gauss-Kruger whichever column holds northings (0.3 to 6.1 million in China, where eastings have six
        digits, or eight with the zone's number before them).
    rows
        what to call the places in an error (a table's row numbers), in the arrays' flat order; else places 1, 2, 3.

    Returns
    -------
    lon, lat : degrees, in the shape of x. GCJ-02 and BD-09 are undone to within a micrometre of their published
    formulas, which meet the services' own figures within two metres. CGCS2000 is taken as WGS84: they agree within
    a metre (plate motion since 2000), like everything on the map. GCJ-02 is WGS84 outside `in_gcj02_area`.

    Raises
    ------
    InputError
        naming the rows: degrees out of range, eastings whose zone number isn't that of the system, or far outside it.
        An easting with its zone's number under a system without it, or the reverse, is understood.

    Examples
    --------
    >>> lon, lat = to_wgs84([116.487585177952], [39.991754014757], "gcj02")  # of 116.481499, 39.990475 in Amap's manual
    >>> float(lon[0].round(4)), float(lat[0].round(4))
    (116.4815, 39.9905)
    >>> lon, lat = to_wgs84([4984944.378], [39_500_000.0], "CGCS2000 3度带 39带")  # the meridian's arc to 45 N
    >>> float(lon[0].round(7)), float(lat[0].round(7))
    (117.0, 45.0)
    """
    system = checked_system(system)
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if first.shape != second.shape:
        raise InputError(f"x has the shape {first.shape} and y {second.shape}; give as many of one as of the other")
    grid = grid_of(system)
    if grid is not None:
        return _from_grid(first, second, system, grid, axes=axes, rows=rows)
    if axes == "yx":
        first, second = second, first
    if not is_geographic(system):
        return _from_projected(first, second, system, rows)
    _check_degrees(first, second, system, rows)
    if system in {"wgs84", "cgcs2000"}:
        return first.copy(), second.copy()
    if system == "gcj02":
        return gcj02_undone(first, second)
    if system == "bd09":
        return gcj02_undone(*bd09_undone(first, second))
    return _from_projected(first, second, system, rows)


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, system: str) -> tuple[FloatArray, FloatArray]:
    """Coordinates in another system of longitude and latitude on WGS84: the reverse of `to_wgs84`.

    Parameters
    ----------
    lon, lat : arrays of one shape, degrees; nan passes through.
    system
        as `checked_system` understands it.

    Returns
    -------
    x, y : easting and northing, or longitude and latitude, in this order whatever the authority's is; eastings begin
    with the zone's number where the system's do. Places that the projection can't show are `inf`.

    Raises
    ------
    InputError
        for degrees out of range, naming the places.

    Examples
    --------
    >>> x, y = from_wgs84([116.481499], [39.990475], "gcj02")  # Amap's manual: 116.487585177952, 39.991754014757
    >>> float(x[0].round(6)), float(y[0].round(6))
    (116.487586, 39.991754)
    """
    system = checked_system(system)
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    _check_degrees(x, y, "wgs84", None)
    if system in {"wgs84", "cgcs2000"}:
        return x.copy(), y.copy()
    if system == "gcj02":
        return gcj02_done(x, y)
    if system == "bd09":
        return bd09_done(*gcj02_done(x, y))
    east, north = _transformer(system).transform(x, y, direction="INVERSE")
    return np.asarray(east, dtype=np.float64), np.asarray(north, dtype=np.float64)


@lru_cache(maxsize=64)
def _transformer(system: str) -> Transformer:
    """PROJ takes CGCS2000 as WGS84, having no published parameters between them."""
    return Transformer.from_crs(CRS.from_user_input(system), WGS84, always_xy=True)


def _called(bad: BoolArray, rows: Sequence[object] | None) -> str:
    """The places of a mask, for an error."""
    return called_in_words(bad, rows).en


def called_in_words(bad: BoolArray, rows: Sequence[object] | None) -> Words:
    """The places of a mask, by number or as `rows` calls them."""
    where = np.flatnonzero(bad).tolist()
    plural = "" if len(where) == 1 else "s"
    if rows is None:
        which = named(i + 1 for i in where)
        return Words(f"地点 {which.zh}", f"place{plural} {which.en}")
    which = named(rows[i] for i in where)
    return Words(f"行 {which.zh}", f"row{plural} {which.en}")


def _check_degrees(lon: FloatArray, lat: FloatArray, system: str, rows: Sequence[object] | None) -> None:
    bad = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if not bad.any():
        return
    where = _called(bad, rows)
    x, y = float(lon[bad].flat[0]), float(lat[bad].flat[0])
    if abs(x) <= 90 and abs(y) <= 180:
        raise InputError(f"{where}: latitude {y:g} is beyond 90; longitude and latitude look swapped, swap the columns")
    if np.isfinite([x, y]).all() and min(abs(x), abs(y)) > 1e5:
        raise InputError(
            f"{where}: {x:.10g}, {y:.10g} are metres and no degrees of {system_name(system)}; declare the plane's "
            'system, for example coordinates = "EPSG:4548"'
        )
    raise InputError(f"{where}: longitude {x:.10g}, latitude {y:.10g} is nowhere on the globe; write decimal degrees")


def _from_projected(
    x: FloatArray, y: FloatArray, system: str, rows: Sequence[object] | None
) -> tuple[FloatArray, FloatArray]:
    lon, lat = (np.asarray(values, dtype=np.float64) for values in _transformer(system).transform(x, y))
    missing = np.isnan(x) | np.isnan(y)
    bad = ~missing & ~(np.isfinite(lon) & np.isfinite(lat))
    if bad.any():
        raise InputError(
            f"{_called(bad, rows)}: {x[bad].flat[0]:.10g}, {y[bad].flat[0]:.10g} lies nowhere in "
            f"{system_name(system)}; check the numbers or declare another system"
        )
    return np.where(missing, np.nan, lon), np.where(missing, np.nan, lat)


# Gauss-Kruger zones of CGCS2000


_NORTHING_M = (300_000.0, 6_100_000.0)  # of China, from the south of its sea to the Heilongjiang
_FARTHEST_M = 400_000.0  # from the central meridian; a province in one 3-degree zone reaches 350 km


def _from_grid(
    x: FloatArray, y: FloatArray, system: str, grid: Grid, *, axes: Axes | None, rows: Sequence[object] | None
) -> tuple[FloatArray, FloatArray]:
    """Zone numbers before eastings are read and held against the system's; then the plane is left."""
    north_first = axes == "yx" or (axes is None and _north_is_first(x, y))
    east, north = (y, x) if north_first else (x, y)
    name = system_name(system)
    missing = np.isnan(east) | np.isnan(north)
    prefix = np.floor(np.clip(np.where(missing, 0.0, east), -1e9, 1e9) / 1e6)
    told = prefix >= 10
    bad = ~missing & ((north < _NORTHING_M[0]) | (north > _NORTHING_M[1]) | (prefix < 0) | (prefix > 99))
    bad |= ~told & (prefix > 0)
    if bad.any():
        raise InputError(
            f"{_called(bad, rows)}: easting {east[bad].flat[0]:.10g}, northing {north[bad].flat[0]:.10g} isn't "
            f"in China under {name}; check which column holds the northings and which system the numbers are in"
        )
    for zone in np.unique(prefix[told]).tolist():
        meridian = meridian_of_zone(int(zone))
        if meridian == grid.meridian_deg:
            continue
        where = _called(prefix == zone, rows)
        if meridian is None:
            raise InputError(
                f"{where}: an easting begins with {zone:.0f}, which is no zone of China; check the numbers"
            )
        right = grid_code(width_deg=6 if zone < 25 else 3, zone=int(zone), prefixed=True)
        raise InputError(
            f"{where}: eastings begin with zone {zone:.0f} (central meridian {meridian}), but {name} has "
            f'{grid.meridian_deg}; write coordinates = "{right}"'
        )
    offset_m = np.where(told, east - prefix * 1e6, east) - 500_000.0
    far = np.abs(offset_m) > _FARTHEST_M
    if far.any():
        raise InputError(
            f"{_called(far, rows)}: {np.abs(offset_m[far]).max() / 1000:,.0f} km from the central meridian of {name} "
            "is the wrong zone; declare the zone that the numbers were made in"
        )
    false_m = 500_000.0 + (grid.zone * 1e6 if grid.prefixed else 0.0)
    return _from_projected(offset_m + false_m, north, system, rows)


def _north_is_first(x: FloatArray, y: FloatArray) -> bool:
    """Whether most places have a northing in x, and in y none."""
    low, high = _NORTHING_M
    likely = (x >= 1e6) & (x <= high) & ((y < 1e6) | (y > 1e7))
    otherwise = (y >= low) & (y <= high) & ((x < 1e6) | (x > 1e7))
    return int(likely.sum()) > int(otherwise.sum())
