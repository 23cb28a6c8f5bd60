"""Where a register's rows are: shapes and coordinates of any system, in WGS84."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyproj
import shapely

from circle15.config import ReadingSection
from circle15.errors import DataError, InputError
from circle15.sources.registers.columns import LAT, LON
from circle15.sources.registers.sheet import Sheet, note_rows
from circle15.sources.registers.values import numbers_in

if TYPE_CHECKING:
    from circle15.units import BoolArray, FloatArray

__all__ = ["geometry_of"]


def geometry_of(sheet: Sheet, settings: ReadingSection) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Each row's shape in EPSG:4326; None where it has none."""
    if sheet.geometry is not None:
        return _layer_shapes(sheet, settings)
    out = np.full(len(sheet.cells), None, dtype=object)
    if LON.id not in sheet.cells or LAT.id not in sheet.cells:
        return out
    blank = ((sheet.cells[LON.id] == "") & (sheet.cells[LAT.id] == "")).to_numpy()
    lon, lat = _coordinates(sheet, blank, settings)
    usable = np.isfinite(lon) & np.isfinite(lat) & ~blank
    out[usable] = shapely.points(lon[usable], lat[usable])
    return out


def _layer_shapes(sheet: Sheet, settings: ReadingSection) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    series = sheet.geometry
    assert series is not None  # noqa: S101 - the caller looked
    declared = "coordinates" in settings.model_fields_set
    system = _system(sheet, settings)
    if series.crs is None and not declared:
        raise DataError(
            f"{sheet.name}: has no coordinate system; add it (a .prj beside a Shapefile), or say which it is, as in "
            'coordinates = "wgs84" or coordinates = "EPSG:4547"'
        )
    if series.crs is not None:
        try:
            series = series.to_crs("EPSG:4326")
        except pyproj.exceptions.ProjError as error:
            why = " ".join(str(error).split())
            raise DataError(f"{sheet.name}: its coordinate system leads nowhere ({why}); save it in WGS84") from None
        if system not in {"wgs84", "gcj02", "bd09"}:
            raise DataError(
                f"{sheet.name}: has a coordinate system of its own; remove coordinates = '{settings.coordinates}'"
            )
    if system != "wgs84":
        shapes = shapely.transform(
            series.to_numpy(), lambda xy: np.column_stack(_to_wgs84(sheet, xy[:, 0], xy[:, 1], system))
        )
    else:
        shapes = series.to_numpy()
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        afar = (np.abs(bounds[:, [0, 2]]) > 180).any(axis=1) | (np.abs(bounds[:, [1, 3]]) > 90).any(axis=1)
        afar = np.asarray(afar | np.isinf(bounds).any(axis=1), dtype=bool)
    note_rows(sheet.problems, sheet.cells.index[afar], "its shape isn't on earth, check its coordinate system")
    out = np.full(len(shapes), None, dtype=object)
    for i, shape in enumerate(shapes):
        out[i] = None if shape is None or shape.is_empty else shape
    return out


def _coordinates(sheet: Sheet, blank: BoolArray, settings: ReadingSection) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes in WGS84; nan or out of range only where a problem is noted or both are blank."""
    system = _system(sheet, settings)
    in_metres = system not in {"wgs84", "gcj02", "bd09", "cgcs2000"}
    mend = "give WGS84 degrees such as 116.5872 (经度/lon) and 35.4148 (纬度/lat)"
    mend = f"give metres in {system}" if in_metres else mend.replace("WGS84", system.upper())
    comma: Literal["thousands", "decimal"] = "thousands" if in_metres else "decimal"
    x, y = (numbers_in(sheet, column, mend, comma=comma) for column in (LON, LAT))
    index = sheet.cells.index
    for column in (LON, LAT):
        half = (sheet.cells[column.id] == "").to_numpy() & ~blank
        note_rows(sheet.problems, index[half], f"{column} is missing, {mend}")
    note_rows(sheet.problems, index[(x == 0) & (y == 0)], f"{LON} and {LAT} are both 0, {mend}")
    if system != "wgs84":
        given = np.isfinite(x) & np.isfinite(y)
        x, y = _to_wgs84(sheet, x, y, system)
        note_rows(
            sheet.problems, index[given & ~(np.isfinite(x) & np.isfinite(y))], f"{LON} and {LAT} aren't in {system}"
        )
    swapped = _look_swapped(x, y)
    afar = ((np.abs(x) > 180) | (np.abs(y) > 90)) & ~swapped
    note_rows(sheet.problems, index[swapped], f"{LON} and {LAT} are swapped, exchange them")
    note_rows(
        sheet.problems,
        index[afar],
        f"{LON} and {LAT} aren't degrees on earth, {mend}; or say what they are (coordinates)",
    )
    return x, y


def _system(sheet: Sheet, settings: ReadingSection) -> str:
    """The id of the system that the config names."""
    if settings.coordinates.casefold() in {"wgs84", "wgs-84", "epsg:4326"}:
        return "wgs84"  # without a look at the others
    try:
        return str(importlib.import_module("circle15.sources.coordinates").checked_system(settings.coordinates))
    except InputError as error:
        raise DataError(f"{sheet.name}: {error}") from None


def _to_wgs84(sheet: Sheet, x: FloatArray, y: FloatArray, system: str) -> tuple[FloatArray, FloatArray]:
    try:
        lon, lat = importlib.import_module("circle15.sources.coordinates").to_wgs84(x, y, system)
    except InputError as error:
        raise DataError(f"{sheet.name}: {error}") from None
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _look_swapped(lon: FloatArray, lat: FloatArray) -> BoolArray:
    """Whether the latitude can only be a longitude: beyond the pole, or in the polar sea with China as its mirror.

    Western China lies at 73 to 90 degrees east; as a latitude that is uninhabited ice at longitudes of 18 to 54.
    """
    beyond_pole = (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
    mirrored: BoolArray = beyond_pole | ((lat > 73.4) & (lat <= 90) & (lon >= 18) & (lon <= 54))
    return mirrored
