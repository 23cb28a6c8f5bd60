"""Heights of the ground: a digital elevation model as GeoTIFF, SRTM tile (.hgt) or any raster that GDAL reads."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from pyproj import CRS, Transformer
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from circle15.errors import DataError
from circle15.sources.rasters import crs_of
from circle15.units import WGS84, FloatArray, geodesic_lengths_m

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Elevation", "read_elevation"]

Box = tuple[float, float, float, float]

FINEST_M = 5.0
"""Finer cells are averaged to about this: a street is no narrower, and a city's laser scan would fill the memory."""
MARGIN_M = 100.0
"""So much more than the box is read, so that heights at its edge have neighbours."""
LOWEST_M, HIGHEST_M = -1000.0, 9000.0
"""No land is lower or higher: lower cells are void whatever the file calls void, higher ones are no metres."""
METRES = frozenset({"", "m", "metre", "metres", "meter", "meters"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Elevation:
    """Heights of the ground on a grid.

    Attributes
    ----------
    path : the file.
    heights_m : (rows, columns) metres, nan where the file has no height (void cells).
    crs : of the grid.
    grid : from column and row (the first cell's corner is 0, 0) to the coordinates of `crs`.
    resolution_m : the width of a cell, the mean of both ways.
    """

    path: Path
    heights_m: npt.NDArray[np.float32]
    crs: CRS
    grid: Affine
    resolution_m: float

    def at(self, lonlat: FloatArray) -> FloatArray:
        """(n,) metres at (n, 2) degrees, bilinear between the cells' middles; nan outside and beside void cells.

        In the outermost half cell the height is that of the edge.
        """
        return self.between(*self.cells(lonlat))

    def cells(self, lonlat: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(n,) columns and (n,) rows of (n, 2) degrees, whole numbers at the cells' middles."""
        x, y = Transformer.from_crs(WGS84, self.crs, always_xy=True).transform(lonlat[:, 0], lonlat[:, 1])
        back = ~self.grid
        return back.a * x + back.b * y + back.c - 0.5, back.d * x + back.e * y + back.f - 0.5

    def between(self, column: FloatArray, row: FloatArray) -> FloatArray:
        """(n,) metres at columns and rows as `cells` gives them."""
        rows, columns = self.heights_m.shape
        inside = (column >= -0.5) & (column <= columns - 0.5) & (row >= -0.5) & (row <= rows - 0.5)
        column, row = np.where(inside, column, 0).clip(0, columns - 1), np.where(inside, row, 0).clip(0, rows - 1)
        left, top = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
        right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        over, down = column - left, row - top
        height = np.where(inside, 0.0, np.nan)
        for r, c, share in (
            (top, left, (1 - down) * (1 - over)),
            (top, right, (1 - down) * over),
            (bottom, left, down * (1 - over)),
            (bottom, right, down * over),
        ):
            # A void cell without a share must not spoil the height on its neighbour's middle.
            height += np.where(share > 0, share * self.heights_m[r, c], 0.0)
        return height


def read_elevation(path: str | Path, *, box: Box | None = None) -> Elevation:
    """Read a digital elevation model in metres: one band, any coordinate system.

    Parameters
    ----------
    path : the raster. An SRTM tile keeps the name that says where it lies, such as N43E007.hgt.
    box : (west, south, east, north) in degrees: only this part and 100 m around it is read. Default: all of it. Cells
        finer than 5 m are averaged to about 5 m.

    Raises
    ------
    DataError
        there is no such file; it is no raster, damaged, without a coordinate system, or has several bands; its values
        are no metres of height; or it has no height in the box.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; check the path of the elevation model")
    with _raster_errors(path), rasterio.open(path) as raster:
        crs = _checked_crs(path, raster)
        if raster.count != 1:
            raise DataError(f"{path}: has {raster.count} bands and looks like a picture; give one band of heights")
        if raster.dtypes[0] == "uint8":
            raise DataError(f"{path}: holds shades of 0 to 255 (a hillshade?), no heights; give heights in metres")
        if (raster.units[0] or "").lower() not in METRES:
            raise DataError(f"{path}: heights are in {raster.units[0]}; convert them to metres")
        window = _window(path, raster, crs, box)
        cell_m = _cell_m(crs, raster.transform @ Affine.translation(*_middle(window)))
        finer = max(1.0, FINEST_M / cell_m)
        shape = max(1, round(window.height / finer)), max(1, round(window.width / finer))
        read = raster.read(1, window=window, out_shape=shape, resampling=Resampling.average, masked=True)
        scale, offset = raster.scales[0], raster.offsets[0]
        grid = raster.transform @ Affine.translation(window.col_off, window.row_off)
    heights = np.ma.filled(read.astype(np.float32), np.nan) * np.float32(scale) + np.float32(offset)
    heights[heights < LOWEST_M] = np.nan
    if np.isnan(heights).all():
        where = "in it" if box is None else f"in the box {_degrees(box)}"
        raise DataError(f"{path}: has no heights {where}, only void cells; give a filled elevation model")
    if np.nanmax(heights) > HIGHEST_M:
        raise DataError(
            f"{path}: has heights up to {np.nanmax(heights):,.0f}, above any mountain; convert them to metres"
        )
    return Elevation(
        path=path,
        heights_m=heights,
        crs=crs,
        grid=grid @ Affine.scale(window.width / shape[1], window.height / shape[0]),
        resolution_m=cell_m * (window.width / shape[1] + window.height / shape[0]) / 2,
    )


@contextmanager
def _raster_errors(path: Path) -> Iterator[None]:
    """Whatever GDAL raises over a file becomes one sentence; that a file lies nowhere is said by `_checked_crs`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            yield
    except RasterioError as error:
        raise DataError(
            f"{path}: isn't a raster of heights or is damaged ({error}); give a GeoTIFF, or an SRTM tile under its own "
            "name such as N43E007.hgt"
        ) from error


def _checked_crs(path: Path, raster: Any) -> CRS:
    crs = crs_of(path, raster)
    upright = [axis for axis in crs.axis_info if axis.direction == "up"]
    if upright and upright[0].unit_conversion_factor != 1.0:
        raise DataError(f"{path}: heights are in {upright[0].unit_name}; convert them to metres")
    return CRS(crs.to_2d())


def _window(path: Path, raster: Any, crs: CRS, box: Box | None) -> Window:
    """The cells of the box and its margin, whole ones."""
    whole = Window(0, 0, raster.width, raster.height)
    if box is None:
        return whole
    forth = Transformer.from_crs(WGS84, crs, always_xy=True)
    west, south, east, north = forth.transform_bounds(*box, densify_pts=21)
    back = ~raster.transform
    corners = [back @ (x, y) for x in (west, east) for y in (south, north)]
    if np.isfinite(corners).all():
        margin = MARGIN_M / _cell_m(crs, raster.transform @ Affine.translation(*_middle(whole))) + 1
        left, top = np.floor(np.min(corners, axis=0) - margin).clip(0).astype(int).tolist()
        right, bottom = np.ceil(np.max(corners, axis=0) + margin).astype(int).tolist()
        right, bottom = min(right, raster.width), min(bottom, raster.height)
        if left < right and top < bottom:
            return Window(left, top, right - left, bottom - top)
    west, south, east, north = raster.bounds
    span = Transformer.from_crs(crs, WGS84, always_xy=True).transform_bounds(west, south, east, north, densify_pts=21)
    raise DataError(
        f"{path}: lies elsewhere: its heights span {_degrees(span)}, the streets {_degrees(box)}; give the elevation "
        "model of this place"
    )


def _middle(window: Window) -> tuple[float, float]:
    return window.col_off + window.width / 2, window.row_off + window.height / 2


def _cell_m(crs: CRS, cell: Affine) -> float:
    """The mean of a cell's width and height in metres; `cell` puts its corner at 0, 0."""
    x, y = np.array([cell @ corner for corner in ((1.0, 0.0), (0.0, 0.0), (0.0, 1.0))]).T
    lon, lat = Transformer.from_crs(crs, WGS84, always_xy=True).transform(x, y)
    return float(geodesic_lengths_m(lon, lat).mean())


def _degrees(box: Box) -> str:
    return ", ".join(f"{degrees:.4f}" for degrees in box)
