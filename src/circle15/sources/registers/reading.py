"""A register of any sort, from its file to its frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.config import ReadingSection
from circle15.schema import (
    LEVELS,
    checked_area_shapes,
    checked_compounds,
    checked_gates,
)
from circle15.sources.registers.columns import (
    ACCESS,
    FLOOR_AREA,
    GROUPS,
    LAT,
    LEVEL,
    LON,
    REGISTERS,
    RURAL_ZH,
    SETTING,
    URBAN_ZH,
    WEIGHT,
    What,
)
from circle15.sources.registers.headers import read_sheet
from circle15.sources.registers.shapes import geometry_of
from circle15.sources.registers.sheet import (
    UNLOCATED,
    Register,
    Sheet,
    blanks_missing,
    leftovers_of,
    note_rows,
    notes_of,
    refuse,
    refuse_all_unlocated,
    rows_by_id,
)
from circle15.sources.registers.sites import no_absent, no_kinds, site_register
from circle15.sources.registers.values import amounts_in, named_in

if TYPE_CHECKING:
    pass

__all__ = ["read_register", "read_residences", "read_sites"]


_SETTINGS = {
    URBAN_ZH: "urban", RURAL_ZH: "rural", "urban": "urban", "rural": "rural", "城市": "urban", "乡村": "rural",
}  # fmt: skip
_GATE_ACCESS = {"开放": "open", "封闭": "closed", "open": "open", "closed": "closed", "关闭": "closed"}
_LEVEL_NAMES = {
    "社区": "community", "街道": "district", "区": "district", "乡镇": "district", **{level: level for level in LEVELS},
}  # fmt: skip


def read_register(source: Path | str, *, what: What = "sites", settings: ReadingSection | None = None) -> Register:
    """A register: a text file, a workbook, a map layer or a table of a database.

    Parameters
    ----------
    source : .csv, .tsv, .txt, .xlsx; .gpkg, .geojson, .shp, .kml, .kmz, .fgb, a folder or .zip with a Shapefile; or
        `postgresql://user@host/db`, with `settings.table` or `settings.sql`.
    what : which columns are sought: `SITE_REGISTER`, `RESIDENCE_REGISTER`, `GATE_REGISTER` ...
    settings : encoding, sheet, layer, system of the coordinates, headers, as in the config; its own file isn't read.

    Returns
    -------
    See `Register`. Headers may stand below title rows, and go by many names; blank rows, headers that are repeated
    further down and rows with the id 示例 are skipped. A register without ids gets them from the file's name and the
    row. Columns that no register has pass through as text; of residences, personal ones are dropped. Sites' kinds are
    told as `checklist.kinds_told` says; a row without a kind is what its name fits, "possible". Coordinates are
    decimal degrees or degrees, minutes and seconds, or metres where `settings.coordinates` says so.

    Raises
    ------
    DataError
        when the file can't be read or isn't what its name says, its encoding, sheet or headers are in doubt, no row
        has a known kind or coordinates; else naming every row with a missing or repeated id, a wrong number, half a
        coordinate or one that can't be.
    """
    settings = ReadingSection() if settings is None else settings
    sheet = read_sheet(source, what, settings)
    if what == "sites":
        return site_register(sheet, settings)
    reading = {
        "residences": _residences,
        "gates": _gates,
        "areas": _areas,
        "candidates": _plain,
        "compounds": _compounds,
    }
    columns = reading[what](sheet)
    geometry = geometry_of(sheet, settings)
    located = np.array([shape is not None for shape in geometry], dtype=bool)
    leftovers = leftovers_of(sheet, [(row, "coordinates", UNLOCATED) for row in sheet.cells.index[~located]])
    refuse(sheet.name, sheet.problems)
    refuse_all_unlocated(sheet, located)
    frame = gpd.GeoDataFrame(columns[located].reset_index(drop=True), geometry=list(geometry[located]), crs="EPSG:4326")
    if what == "gates":
        frame = checked_gates(frame, source=sheet.name)
    if what == "areas":
        frame = checked_area_shapes(frame, source=sheet.name)
    if what == "compounds":
        frame = checked_compounds(frame, source=sheet.name)
    rows = rows_by_id(sheet, REGISTERS[what][1][0])
    return Register(frame, no_kinds(), no_absent(), leftovers, notes_of(sheet, leftovers), sheet.columns, rows)


def read_sites(path: Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Sites of a register and their kinds, as `read_register` reads them."""
    register = read_register(path, what="sites")
    return register.frame, register.site_kinds


def read_residences(path: Path, settings: ReadingSection | None = None) -> gpd.GeoDataFrame:
    """Residences of a register or a map layer, as `read_register` reads them, not yet checked."""
    return read_register(path, what="residences", settings=settings).frame


def _residences(sheet: Sheet) -> pd.DataFrame:
    cells = sheet.cells
    unused = [one.id for one in (WEIGHT, *GROUPS, SETTING) if one.id in cells and (cells[one.id] == "").all()]
    columns = _plain(sheet).drop(columns=unused)
    if WEIGHT.id in columns:
        columns[WEIGHT.id] = amounts_in(sheet, WEIGHT)
        blank = cells.index[cells[WEIGHT.id] == ""]
        note_rows(sheet.problems, blank, f"{WEIGHT} is missing, give a number of at least 0")
    for group in (one for one in GROUPS if one.id in columns):
        columns[group.id] = amounts_in(sheet, group)  # nan where nobody counted
    if SETTING.id in columns:
        columns[SETTING.id] = named_in(sheet, SETTING, _SETTINGS, f"write {URBAN_ZH} or {RURAL_ZH}")
    return columns


def _gates(sheet: Sheet) -> pd.DataFrame:
    columns = _plain(sheet)
    columns[ACCESS.id] = named_in(sheet, ACCESS, _GATE_ACCESS, "write 开放 (open) or 封闭 (closed)")
    return columns


def _areas(sheet: Sheet) -> pd.DataFrame:
    columns = _plain(sheet)
    columns[LEVEL.id] = named_in(sheet, LEVEL, _LEVEL_NAMES, "write 社区 (community) or 街道 (district)")
    return columns


def _plain(sheet: Sheet) -> pd.DataFrame:
    columns = blanks_missing(sheet.cells.drop(columns=[LON.id, LAT.id], errors="ignore"))
    if FLOOR_AREA.id in sheet.found:
        columns[FLOOR_AREA.id] = amounts_in(sheet, FLOOR_AREA)
    return columns


def _compounds(sheet: Sheet) -> pd.DataFrame:
    columns = _plain(sheet)
    return columns.assign(weight=amounts_in(sheet, WEIGHT)) if WEIGHT.id in sheet.found else columns
