"""What every raster must say before it is read: where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from affine import Affine
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from circle15.errors import DataError
from circle15.units import WGS84

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["crs_of"]


def crs_of(path: Path, raster: Any) -> CRS:
    """The coordinate system of an open raster.

    Raises
    ------
    DataError
        when it has none, or one that can't be brought to degrees.
    """
    if raster.crs is None or raster.transform == Affine.identity():
        raise DataError(f"{path}: doesn't say where it lies (no coordinate system); give a GeoTIFF that does")
    try:
        crs = CRS.from_wkt(raster.crs.to_wkt())
        Transformer.from_crs(WGS84, crs, always_xy=True)
    except (CRSError, ProjError) as error:
        raise DataError(f"{path}: its coordinate system isn't understood ({error}); convert it to EPSG:4326") from error
    return crs
