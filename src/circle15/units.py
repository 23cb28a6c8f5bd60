"""Minutes and seconds, lengths on the ellipsoid, and the local plane: the only place where units change.

Inside, time is seconds and length is metres. Minutes exist in configs and on pages only.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Geod, Transformer

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

WGS84 = CRS.from_epsg(4326)
_GEOD = Geod(ellps="WGS84")


def minutes_to_s(minutes: float) -> float:
    """Minutes, as configs and policies give them, to seconds.

    >>> minutes_to_s(15)
    900.0
    """
    return float(minutes) * 60.0


def s_to_minutes(seconds: float) -> float:
    """Seconds to minutes, as pages show them.

    >>> s_to_minutes(450.0)
    7.5
    """
    return float(seconds) / 60.0


def geodesic_lengths_m(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Length in metres on the WGS84 ellipsoid of each step of a sequence of positions.

    Parameters
    ----------
    lon, lat : (n,) arrays of degrees.

    Returns
    -------
    (n - 1,) array of metres (empty for fewer than two positions).

    >>> geodesic_lengths_m(np.array([0.0, 0.0]), np.array([0.0, 1.0])).round(0).tolist()
    [110574.0]
    """
    if len(lon) < 2:
        return np.empty(0)
    _, _, length = _GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    return np.asarray(length, dtype=np.float64)


def geodesic_area_m2(lon: FloatArray, lat: FloatArray) -> float:
    """Area in square metres on the WGS84 ellipsoid of a ring of positions, whichever way round.

    Parameters
    ----------
    lon, lat : (n,) arrays of degrees, the corners; the first needn't be repeated.

    >>> round(geodesic_area_m2(np.array([0.0, 0.01, 0.01, 0.0]), np.array([0.0, 0.0, 0.01, 0.01])))
    1230907
    """
    area, _ = _GEOD.polygon_area_perimeter(lon, lat)
    return abs(float(area))


@lru_cache(maxsize=32)
def local_crs(lon: float, lat: float) -> CRS:
    """Transverse Mercator centred on a place: metres, true within 0.1 % to some 280 km east or west of it."""
    return CRS.from_proj4(f"+proj=tmerc +approx +lat_0={lat:.6f} +lon_0={lon:.6f} +k=1 +ellps=WGS84 +units=m +no_defs")


@lru_cache(maxsize=32)
def to_plane(crs: CRS) -> Transformer:
    """From longitude and latitude to the metres of a local plane."""
    return Transformer.from_crs(WGS84, crs, always_xy=True)


@lru_cache(maxsize=32)
def from_plane(crs: CRS) -> Transformer:
    """From the metres of a local plane to longitude and latitude."""
    return Transformer.from_crs(crs, WGS84, always_xy=True)
