"""How many people live in a residence: from households, from a population raster, from a compound's own figure."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from affine import Affine
from pyproj import CRS, Transformer
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from circle15.errors import DataError, InputError, head
from circle15.schema import points_of
from circle15.sources.rasters import crs_of
from circle15.units import WGS84, FloatArray, IntArray, geodesic_area_m2, local_crs

if TYPE_CHECKING:
    from typing import Any

    from shapely import MultiPolygon, Polygon

__all__ = ["PopulationUnit", "Settled", "Spread", "settle_people", "spread_population", "weights_of_households"]

PopulationUnit = Literal["count", "per_km2", "per_ha"]

REACH_M = 100.0
"""People of a cell without a residence go to the nearest one no further than this: the width of a usual cell."""
PEOPLE_PER_M2 = (0.001, 0.5)
"""People on a square metre of residential floor: from 1,000 m2 for each (a raster of another place or unit) to 2 m2."""
LARGEST_HOUSEHOLD = 50.0

_M2 = {"per_km2": 1e6, "per_ha": 1e4}
_STATED: tuple[tuple[PopulationUnit, re.Pattern[str]], ...] = (
    (
        "per_km2",
        re.compile(
            r"(?:/|per|每)\s*(?:sq(?:uare)?\.?\s*(?:km|kilomet)|km\s*(?:\^?2|²|\*\*2)|平方公里|平方千米)|km\s*\^?-2"
        ),
    ),
    ("per_ha", re.compile(r"(?:/|per|每)\s*(?:ha\b|hectare|公顷)|\bha\s*\^?-1")),
    ("count", re.compile(r"\b(?:count|number|people|persons?|inhabitants?|residents?)\b|人")),
)
_DENSITY = re.compile("densit|密度")


class Spread(NamedTuple):
    """Residences weighted by residents, and what became of the raster's people."""

    residences: gpd.GeoDataFrame
    summary: dict[str, float]


class Settled(NamedTuple):
    """Residences with the compounds' own figures, and the compounds whose figure found no residence."""

    residences: gpd.GeoDataFrame
    unplaced: pd.DataFrame


class _Cells(NamedTuple):
    """The part of a raster round the study: people a cell (nan where void), row 0 north, and where it lies."""

    people: FloatArray
    crs: CRS
    grid: Affine


def weights_of_households(
    households: pd.Series[float], household_size: float | pd.Series[float], *, source: str = "households"
) -> pd.Series[float]:
    """Residents from the number of households and how many people one has.

    Parameters
    ----------
    households : at least 0 each, as counted.
    household_size : people in a household, one figure for all or one for each row.
    source : what messages call the figures: a file's name where there is one.

    Raises
    ------
    DataError
        naming the rows with missing or negative households, or a size that isn't between 0 and 50.

    >>> weights_of_households(pd.Series([10, 0]), 2.5).tolist()
    [25.0, 0.0]
    """
    count = pd.to_numeric(households, errors="coerce").astype("float64")
    size = pd.Series(household_size, index=count.index, dtype="float64")
    for bad, what in (
        (~(np.isfinite(count) & (count >= 0)), "households are missing or negative; give a number of at least 0"),
        (~((size > 0) & (size <= LARGEST_HOUSEHOLD)), "household_size isn't a number of people, such as 2.6"),
    ):
        if bad.any():
            raise DataError(f"{source}: rows {head(count.index[bad])}: {what}")
    return count * size


def spread_population(
    raster_path: str | Path,
    residences: gpd.GeoDataFrame,
    *,
    extent: Polygon | MultiPolygon,
    unit: PopulationUnit | None = None,
    reach_m: float = REACH_M,
    plausible_per_weight: tuple[float, float] | None = PEOPLE_PER_M2,
) -> Spread:
    """Spread a population raster over the residences, by how much floor each has in each cell.

    Each cell's people go to the residences that it touches, in proportion to their floor area within the cell: the
    weight times the part of the footprint that lies in it (exactextract), all of it for a residence drawn as a point.
    People of cells without any such floor go to the nearest residence (from the cell's edge) no further than `reach_m`;
    of equally near ones to that with the smallest id. Whom no residence is near enough to is told as unplaced. A cell
    cut by the extent counts by the part of it inside.

    Parameters
    ----------
    raster_path : one band in any format that GDAL reads, any coordinate system, north up.
    residences : `residence_id, weight, geometry`; the weight is floor area, as of OSM buildings, or dwellings.
    extent : the study, in degrees.
    unit : what a cell's value is: "count" people, or a density "per_km2" or "per_ha". Only asked where the file
        doesn't say; where it does, both must agree.
    plausible_per_weight : people for each unit of weight, least and most, over the whole study; outside of it the unit
        is refused as a slip. None: not checked (weights that are no floor area).

    Returns
    -------
    Spread
        `residences` with residents as `weight`; what was the weight is kept as `spread_by`. `summary`:
        `people_in_study` = `people_spread` + `people_unplaced`; `people_moved` (those spread to a residence beside
        their cell); `n_cells`, `n_cells_void` (no data), `n_cells_unplaced`; `n_residences_empty` (weight 0 now);
        `people_per_weight`.

    Raises
    ------
    DataError
        the file is missing, no raster, of several bands, without a coordinate system, not north up, or elsewhere; it
        has values below 0, or none in the study; nobody says its unit, or two units are said, or an implausible one; or
        no residence has any floor.
    """
    path = Path(raster_path)
    if unit is not None and unit not in get_args(PopulationUnit):
        raise InputError(f"unit is {unit!r}; use {', '.join(get_args(PopulationUnit))}")
    if not (residences["weight"] > 0).any():
        raise DataError(f"{path}: no residence has any weight to spread people by; give floor area or dwellings")
    cells = _read_cells(path, extent, unit)
    inside = _part_inside(cells, extent)
    people = np.where(np.isnan(cells.people), 0.0, cells.people) * inside
    in_study = inside > 0
    if not (in_study & ~np.isnan(cells.people)).any():
        raise DataError(f"{path}: has no data in the study area, only void cells; give a raster that covers it")

    who, cell, part = _parts_in_cells(cells, residences)
    floor = residences["weight"].to_numpy(dtype=np.float64)[who] * part
    in_cell = np.bincount(cell, weights=floor, minlength=people.size)
    flat = people.ravel()
    share = np.divide(floor, in_cell[cell], out=np.zeros_like(floor), where=in_cell[cell] > 0)
    weight = np.bincount(who, weights=flat[cell] * share, minlength=len(residences))
    homeless = np.flatnonzero((flat > 0) & (in_cell == 0))
    nearest = _nearest(cells, homeless, residences, reach_m)
    placed = nearest >= 0
    weight += np.bincount(nearest[placed], weights=flat[homeless[placed]], minlength=len(residences))

    unplaced = float(flat[homeless[~placed]].sum())
    per_weight = float(weight.sum() / residences["weight"].sum())
    if plausible_per_weight is not None:
        _check_plausible(path, per_weight, plausible_per_weight, cell_m2=_cell_m2(cells).mean())
    return Spread(
        residences.assign(weight=weight, spread_by=residences["weight"]),
        {
            "people_in_study": float(flat.sum()),
            "people_spread": float(weight.sum()),
            "people_moved": float(flat[homeless[placed]].sum()),
            "people_unplaced": unplaced,
            "n_cells": int(in_study.sum()),
            "n_cells_void": int((in_study & np.isnan(cells.people)).sum()),
            "n_cells_unplaced": int((~placed).sum()),
            "n_residences_empty": int((weight == 0).sum()),
            "people_per_weight": per_weight,
        },
    )


def settle_people(residences: gpd.GeoDataFrame, compound_figures: pd.DataFrame) -> Settled:
    """Let a compound's own figure replace the estimates of its buildings.

    The figure is spread over the compound's residences by floor area (or whatever a raster's people were spread by:
    `spread_by`, where the residences have it; else their weight), evenly where that is 0 for all of them. Residences of
    other compounds and of none keep their estimate.

    Parameters
    ----------
    residences : `residence_id, compound_id, weight, geometry`.
    compound_figures : `compound_id, weight` (residents). With polygons, residences without a compound that lie in one
        (by a point inside them) belong to it, to the smallest where they overlap.

    Returns
    -------
    Settled
        `residences` with the new weights (and compounds), `unplaced`: the figures of compounds without any residence.

    Raises
    ------
    DataError
        naming compounds that are given twice, and figures that are missing, negative or infinite.
    """
    figures = compound_figures.reset_index(drop=True)
    again = figures["compound_id"].duplicated(keep=False)
    if again.any():
        raise DataError(
            f"compounds: {head(figures['compound_id'][again].unique())} are given twice; keep one figure each"
        )
    people = pd.to_numeric(figures["weight"], errors="coerce").astype("float64")
    bad = ~(np.isfinite(people) & (people >= 0))
    if bad.any():
        raise DataError(f"compounds: {head(figures['compound_id'][bad])} have no figure of at least 0; give residents")
    compound = residences["compound_id"].astype("str")
    if isinstance(figures, gpd.GeoDataFrame):
        compound = compound.fillna(_compound_around(residences, figures))
    floor = residences["spread_by" if "spread_by" in residences else "weight"].fillna(0.0)
    own = compound.isin(figures["compound_id"])
    all_floor = floor.groupby(compound).transform("sum")
    n_homes = floor.groupby(compound).transform("size")
    share = (floor / all_floor).where(all_floor > 0, 1.0 / n_homes)
    settled = compound.map(dict(zip(figures["compound_id"], people, strict=True))) * share
    return Settled(
        residences.assign(compound_id=compound, weight=settled.where(own, residences["weight"])),
        figures[~figures["compound_id"].isin(compound)].reset_index(drop=True),
    )


def _compound_around(residences: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame) -> pd.Series[str]:
    """The compound that each residence lies in, missing where it lies in none."""
    drawn = compounds.to_crs(residences.crs)
    drawn = drawn[drawn.geom_type.isin(["Polygon", "MultiPolygon"])]
    drawn = drawn.assign(_area=shapely.area(drawn.geometry.to_numpy()))
    drawn = drawn.sort_values(["_area", "compound_id"], ignore_index=True)
    polygons, points = drawn.geometry.to_numpy(), points_of(residences).to_numpy()
    home, polygon = shapely.STRtree(polygons).query(points, predicate="intersects")
    first = np.full(len(points), len(polygons))
    np.minimum.at(first, home, polygon)
    ids = [*drawn["compound_id"], None]
    return pd.Series(pd.array([ids[row] for row in first], dtype="str"), index=residences.index)


# The raster


def _read_cells(path: Path, extent: Polygon | MultiPolygon, unit: PopulationUnit | None) -> _Cells:
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; check the path of the population raster")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                crs = _checked_crs(path, raster)
                unit = _checked_unit(path, raster, unit)
                window = _window(path, raster, crs, extent)
                read = raster.read(1, window=window, masked=True)
                grid = raster.transform @ Affine.translation(window.col_off, window.row_off)
                scale, offset = raster.scales[0], raster.offsets[0]
    except RasterioError as error:
        raise DataError(f"{path}: isn't a raster or is damaged ({error}); give a GeoTIFF of population") from error
    values = np.ma.filled(read.astype(np.float64), np.nan) * scale + offset
    values[~np.isfinite(values)] = np.nan
    if (values < 0).any():
        raise DataError(
            f"{path}: has values down to {np.nanmin(values):,.0f}, and nobody counts people below 0; declare the "
            "file's nodata value"
        )
    cells = _Cells(values, crs, grid)
    if unit == "count":
        return cells
    return cells._replace(people=values * _cell_m2(cells)[:, np.newaxis] / _M2[unit])


def _checked_crs(path: Path, raster: Any) -> CRS:
    crs = crs_of(path, raster)
    if raster.count != 1:
        raise DataError(f"{path}: has {raster.count} bands; give one band of people")
    grid = raster.transform
    if grid.b or grid.d or grid.a <= 0 or grid.e >= 0:
        raise DataError(f"{path}: isn't north up; turn it with gdalwarp")
    return crs


def _checked_unit(path: Path, raster: Any, declared: PopulationUnit | None) -> PopulationUnit:
    """The unit that the file states (its band's unit or description, its tags), or the one declared."""
    tags = {key.casefold(): text for key, text in {**raster.tags(), **raster.tags(1)}.items()}
    texts = [raster.units[0], *(tags.get(key) for key in ("units", "unit")), raster.descriptions[0]]
    said = next((name for text in texts if text for name in [_stated_unit(text)] if name), None)
    if said is None and declared is None:
        raise DataError(
            f"{path}: doesn't say whether a cell is a number of people or a density; set unit to "
            f"{', '.join(get_args(PopulationUnit))}"
        )
    if said is not None and declared is not None and said != declared:
        raise DataError(f"{path}: says that its cells are {said}, not {declared}; leave unit out or mend the file")
    return said or declared or "count"


def _stated_unit(text: str) -> PopulationUnit | None:
    """The unit that a text names; a "density" without one says nothing."""
    plain = text.casefold().replace("_", " ")
    for name, pattern in _STATED:
        if pattern.search(plain) and not (name == "count" and _DENSITY.search(plain)):
            return name
    return None


def _window(path: Path, raster: Any, crs: CRS, extent: Polygon | MultiPolygon) -> Window:
    """The cells of the study's box, whole ones."""
    forth = Transformer.from_crs(WGS84, crs, always_xy=True)
    west, south, east, north = forth.transform_bounds(*extent.bounds, densify_pts=21)
    corners = [~raster.transform @ corner for corner in ((west, north), (east, south))]
    if np.isfinite(corners).all():
        left, top = np.floor(corners[0]).clip(0).astype(int).tolist()
        right, bottom = np.ceil(corners[1]).astype(int).tolist()
        right, bottom = min(right, raster.width), min(bottom, raster.height)
        if left < right and top < bottom:
            return Window(left, top, right - left, bottom - top)
    back = Transformer.from_crs(crs, WGS84, always_xy=True)
    west, south, east, north = raster.bounds
    spans = back.transform_bounds(west, south, east, north, densify_pts=21), extent.bounds
    theirs, ours = (", ".join(f"{degrees:.4f}" for degrees in box) for box in spans)
    raise DataError(f"{path}: lies elsewhere: it spans {theirs}, the study {ours}; give the raster of this place")


def _cell_m2(cells: _Cells) -> FloatArray:
    """(rows,) area of a cell of each row, on the ellipsoid, in the middle column."""
    n_rows, n_columns = cells.people.shape
    middle = n_columns // 2
    back = Transformer.from_crs(cells.crs, WGS84, always_xy=True)
    areas = np.empty(n_rows)
    for row in range(n_rows):
        corners = [cells.grid @ (middle + x, row + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
        lon, lat = back.transform(*np.array(corners, dtype=np.float64).T)
        areas[row] = geodesic_area_m2(lon, lat)
    return areas


def _coverage(cells: _Cells, shapes: gpd.GeoSeries) -> tuple[IntArray, IntArray, FloatArray]:
    """Which cells (by number, row by row) each polygon touches, and how much of the cell it covers."""
    from exactextract import exact_extract  # noqa: PLC0415 - only studies with a population raster need it
    from exactextract.raster import NumPyRasterSource  # noqa: PLC0415

    rows, columns = cells.people.shape
    (west, north), (east, south) = cells.grid @ (0, 0), cells.grid @ (columns, rows)
    source = NumPyRasterSource(
        np.zeros((rows, columns)), xmin=west, ymin=south, xmax=east, ymax=north, srs_wkt=cells.crs.to_wkt()
    )
    given = gpd.GeoDataFrame({"row": np.arange(len(shapes))}, geometry=shapes.to_numpy(), crs=cells.crs)
    found = exact_extract(source, given, ["cell_id", "coverage"], include_cols=["row"], output="pandas")
    who = np.repeat(found["row"].to_numpy(dtype=np.int64), [len(ids) for ids in found["cell_id"]])
    if not len(who):
        return who, who, np.empty(0)
    cell = np.concatenate(found["cell_id"].to_list()).astype(np.int64)
    return who, cell, np.concatenate(found["coverage"].to_list()).astype(np.float64)


def _part_inside(cells: _Cells, extent: Polygon | MultiPolygon) -> FloatArray:
    """How much of each cell lies in the study, 0 to 1."""
    study = gpd.GeoSeries([extent], crs="EPSG:4326").to_crs(cells.crs)
    _, cell, part = _coverage(cells, study)
    inside = np.zeros(cells.people.size)
    inside[cell] = part
    return inside.reshape(cells.people.shape)


def _parts_in_cells(cells: _Cells, residences: gpd.GeoDataFrame) -> tuple[IntArray, IntArray, FloatArray]:
    """Which residences lie in which cells, and how much of each residence does: 1 for one drawn as a point."""
    shapes = residences.geometry.to_crs(cells.crs)
    flat = (shapely.get_dimensions(shapes.to_numpy()) == 2) & (shapely.area(shapes.to_numpy()) > 0)
    rows, columns = cells.people.shape
    drawn = np.flatnonzero(flat)
    who, cell, covered = _coverage(cells, shapes.iloc[drawn].make_valid())
    cell_area = abs(cells.grid.a * cells.grid.e)
    part = covered * cell_area / shapely.area(shapes.to_numpy())[drawn][who]
    spots = np.flatnonzero(~flat)
    points = shapes.iloc[spots].representative_point()
    back = ~cells.grid
    column = np.floor(back.a * points.x.to_numpy() + back.c).astype(np.int64)
    row = np.floor(back.e * points.y.to_numpy() + back.f).astype(np.int64)
    on = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    return (
        np.concatenate([drawn[who], spots[on]]),
        np.concatenate([cell, (row * columns + column)[on]]),
        np.concatenate([part, np.ones(int(on.sum()))]),
    )


def _nearest(cells: _Cells, chosen: IntArray, residences: gpd.GeoDataFrame, reach_m: float) -> IntArray:
    """The row of the residence with weight that is nearest to each cell, -1 where none is within reach."""
    found = np.full(len(chosen), -1, dtype=np.int64)
    if not len(chosen):
        return found
    row, column = np.divmod(chosen, cells.people.shape[1])
    grid = cells.grid
    west, north = grid.a * column + grid.c, grid.e * row + grid.f
    boxes = gpd.GeoSeries(shapely.box(west, north + grid.e, west + grid.a, north), crs=cells.crs)
    west, south, east, north = residences.to_crs("EPSG:4326").total_bounds
    plane = local_crs((west + east) / 2, (south + north) / 2)
    homes = residences.reset_index(drop=True)
    homes = homes[homes["weight"] > 0].sort_values("residence_id", kind="stable")
    shapes, cells_m = homes.geometry.to_crs(plane).to_numpy(), boxes.to_crs(plane).to_numpy()
    which, home = shapely.STRtree(shapes).query(cells_m, predicate="dwithin", distance=reach_m)
    away = shapely.distance(cells_m[which], shapes[home]).round(2)  # to the centimetre: below it there is no nearer one
    order = np.lexsort((home, away, which))
    first, at = np.unique(which[order], return_index=True)
    found[first] = homes.index.to_numpy()[home[order][at]]
    return found


def _check_plausible(path: Path, per_weight: float, limits: tuple[float, float], *, cell_m2: float) -> None:
    least, most = limits
    if least <= per_weight <= most:
        return
    raise DataError(
        f"{path}: gives {per_weight:.2g} people for each m2 of residential floor, and homes have {least:g} to "
        f"{most:g}; check unit (a cell is {cell_m2:,.0f} m2: count is people in it, per_km2 and per_ha are densities)"
    )
