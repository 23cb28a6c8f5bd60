"""What a planner brings: registers of sites and residences (CSV, XLSX), and map layers that GDAL reads.

A register is a table of text: row 1 holds the headers (Chinese or English), each further row is one site or
residence. Rows are named by the number that the spreadsheet shows, and every bad row is listed at once.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
import warnings
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from circle15 import checklist
from circle15.errors import DataError
from circle15.schema import LEVELS, checked_area_shapes, checked_site_kinds, checked_sites

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from openpyxl.cell.cell import Cell, MergedCell

    from circle15.sources.osm import OsmExtract
    from circle15.units import BoolArray, FloatArray

__all__ = [
    "EXAMPLE_ID",
    "GATE_REGISTER",
    "RESIDENCE_REGISTER",
    "RURAL_ZH",
    "SITE_REGISTER",
    "URBAN_ZH",
    "Column",
    "osm_areas",
    "read_areas",
    "read_gates",
    "read_layer",
    "read_residences",
    "read_sites",
]


class Column(NamedTuple):
    """A column of a register: its name in frames, and in Chinese; either is a header."""

    id: str
    zh: str
    required: bool = True

    def __str__(self) -> str:
        return f"{self.zh}/{self.id}"


_NAME, _LON, _LAT = Column("name", "名称", required=False), Column("lon", "经度"), Column("lat", "纬度")
_SITE_ID, _KIND = Column("site_id", "设施编号"), Column("kind", "类别")
_FLOOR_AREA = Column("floor_area_m2", "建筑面积", required=False)
_CAPACITY = Column("capacity", "容量", required=False)
_RESIDENCE_ID = Column("residence_id", "居住点编号")
_WEIGHT = Column("weight", "权重", required=False)
_SETTING = Column("setting", "城乡", required=False)

SITE_REGISTER = (
    _SITE_ID, _NAME, _KIND, _LON, _LAT, Column("opening_hours", "开放时间", required=False), _FLOOR_AREA, _CAPACITY,
)  # fmt: skip
"""The columns of a register of sites, in the template's order."""

RESIDENCE_REGISTER = (_RESIDENCE_ID, _NAME, _LON, _LAT, _WEIGHT, _SETTING)
"""The columns of a register of residences, in the template's order."""

GATE_REGISTER = (
    Column("gate_id", "出入口编号"), _NAME, Column("access", "通行"), _LON, _LAT,
)  # fmt: skip
"""The columns of a register of gates."""

EXAMPLE_ID = "示例"
"""The id of a template's example row; a row with it is skipped."""

URBAN_ZH, RURAL_ZH = "城镇", "农村"
_SETTINGS = {URBAN_ZH: "urban", RURAL_ZH: "rural", "urban": "urban", "rural": "rural"}

_GATE_ACCESS = {"开放": "open", "封闭": "closed", "open": "open", "closed": "closed"}

# The program's own columns, and what a GeoPackage calls its key and its shape.
_RESERVED = frozenset({"source", "geometry", "geom", "fid"})
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_MOST_PROBLEMS, _MOST_RUNS = 40, 200  # in one message, which must stay readable
_SAVE_AS_UTF8 = "save it as CSV UTF-8"

_Problems = dict[str, list[int]]  # what is wrong, with its mend -> the rows where it is


def read_sites(path: Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """A register of sites: CSV (UTF-8) or XLSX (values of the first sheet).

    Row 1 has the headers of `SITE_REGISTER`, Chinese or English, in any order. A site's kinds are ids or Chinese
    names of the checklist or the extension kinds, separated by any of 、 ; ； , ，. Coordinates are WGS84 degrees.
    Blank rows and rows with the id 示例 are skipped. Other columns pass through as text.

    Returns
    -------
    sites : as `schema.checked_sites` gives them; source is the file's name, geometry the point.
    site_kinds : one row a site and kind, evidence "confirmed", the rule naming the register's row.

    Raises
    ------
    DataError
        when the file can't be read, isn't what its name says, isn't UTF-8, has no site or lacks a column; else
        naming every row with a missing or repeated id, an unknown kind, unusable coordinates, or a bad number.
    """
    table, problems = _read_register(path, SITE_REGISTER, "site")
    _check_ids(table, _SITE_ID, "put all kinds of one site into one row, separated by 、", problems)
    kinds = _kinds(table[_KIND.id], problems)
    lon, lat = _coordinates(table, problems)
    numbers = {
        column.id: _amounts(table, column, problems) for column in (_FLOOR_AREA, _CAPACITY) if column.id in table
    }
    _refuse(path, problems)
    rows = table.index.to_series().astype("str")
    sites = gpd.GeoDataFrame(
        _blanks_missing(table.drop(columns=[_KIND.id, _LON.id, _LAT.id])).assign(**numbers, source=path.name),
        geometry=gpd.points_from_xy(lon, lat),
        crs="EPSG:4326",
    )
    holds = pd.DataFrame(
        {"site_id": table[_SITE_ID.id], "kind": kinds, "evidence": "confirmed", "rule": f"{path.name} row " + rows}
    ).explode("kind")
    checked = checked_sites(sites, source=str(path))
    known = (*checklist.KINDS, *checklist.EXTENSION_KINDS)
    return checked, checked_site_kinds(holds, sites=checked, kinds=known, source=str(path))


def read_residences(path: Path) -> gpd.GeoDataFrame:
    """Residences as they are given, not yet checked: a register (CSV, XLSX) or a map layer.

    A register has the headers of `RESIDENCE_REGISTER`; an optional column without any value counts as not given.
    Blank rows and rows with the id 示例 are skipped. A map layer has `residence_id`, optionally `weight`, `setting` and
    `name`.

    Returns
    -------
    residence_id, the other columns that were given, and geometry (points in EPSG:4326 from a register).

    Raises
    ------
    DataError
        as `read_sites` does; for a weight or setting that is missing or unusable, too.
    """
    if path.suffix.lower() not in _ROWS_OF:
        frame = read_layer(path)
        if not len(frame):
            raise DataError(f"{path}: has no residence; give at least one")
        return frame
    table, problems = _read_register(path, RESIDENCE_REGISTER, "residence")
    _check_ids(table, _RESIDENCE_ID, "give each residence an id of its own", problems)
    lon, lat = _coordinates(table, problems)
    unused = [column.id for column in (_WEIGHT, _SETTING) if column.id in table and (table[column.id] == "").all()]
    columns = _blanks_missing(table.drop(columns=[_LON.id, _LAT.id, *unused]))
    if _WEIGHT.id in columns:
        columns[_WEIGHT.id] = _amounts(table, _WEIGHT, problems)
        _note(problems, table.index[table[_WEIGHT.id] == ""], f"{_WEIGHT} is missing, give a number of at least 0")
    if _SETTING.id in columns:
        columns[_SETTING.id] = table[_SETTING.id].str.lower().map(_SETTINGS).astype("str")
        unknown = columns[_SETTING.id].isna()
        _note(problems, table.index[unknown], f"{_SETTING} is missing or unknown, write {URBAN_ZH} or {RURAL_ZH}")
    _refuse(path, problems)
    return gpd.GeoDataFrame(columns.reset_index(drop=True), geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")


def read_gates(path: Path) -> gpd.GeoDataFrame:
    """A register of gates: CSV (UTF-8) or XLSX with the headers of `GATE_REGISTER`; 通行 is 开放/open or 封闭/closed.

    Returns
    -------
    `gate_id, name, access` ("open" or "closed") and other columns as text; points in EPSG:4326.

    Raises
    ------
    DataError
        as `read_sites` does; for an access that is neither, too.
    """
    table, problems = _read_register(path, GATE_REGISTER, "gate")
    gate_id, access = GATE_REGISTER[0], GATE_REGISTER[2]
    _check_ids(table, gate_id, "give each gate an id of its own", problems)
    lon, lat = _coordinates(table, problems)
    columns = _blanks_missing(table.drop(columns=[_LON.id, _LAT.id]))
    columns[access.id] = table[access.id].str.lower().map(_GATE_ACCESS).astype("str")
    unknown = table.index[columns[access.id].isna()]
    _note(problems, unknown, f"{access} is missing or unknown, write 开放 (open) or 封闭 (closed)")
    _refuse(path, problems)
    return gpd.GeoDataFrame(columns.reset_index(drop=True), geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")


# A register's file: rows of text


def _read_register(path: Path, columns: Sequence[Column], what: str) -> tuple[pd.DataFrame, _Problems]:
    """A register's cells as text under the frames' column names, indexed by the spreadsheet's row number."""
    rows_of = _ROWS_OF.get(path.suffix.lower())
    if rows_of is None:
        raise DataError(f"{path}: isn't a register; give a .csv (UTF-8) or .xlsx file")
    if not path.is_file():
        raise DataError(f"{path}: no such file; check the path in the config (it is relative to the config)")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror}); close it elsewhere and check its rights") from None
    numbered = rows_of(path, content)
    header = _header(path, numbered[0][1] if numbered and numbered[0][0] == 1 else [], columns)
    cells, rows, spilt = [], [], []
    for row, texts in numbered[1:]:
        cells.append((texts + [""] * len(header))[: len(header)])
        rows.append(row)
        if any(texts[len(header) :]) or any(text for text, name in zip(texts, header, strict=False) if not name):
            spilt.append(row)
    named = [i for i, name in enumerate(header) if name]
    table = pd.DataFrame(cells, index=rows, columns=range(len(header)), dtype="str")[named]
    table.columns = pd.Index([header[i] for i in named])
    table = table[table[columns[0].id] != EXAMPLE_ID]
    if not len(table):
        raise DataError(
            f"{path}: has no {what}; fill in at least one row below the headers (rows {EXAMPLE_ID} don't count)"
        )
    problems: _Problems = {}
    _note(problems, spilt, "a cell stands under no header, put text that holds commas into quotes or add the header")
    return table, problems


def _csv_rows(path: Path, content: bytes) -> list[tuple[int, list[str]]]:
    """The rows of a CSV file that aren't blank, with their numbers."""
    if content.startswith((_ZIP, _OLE)):
        raise DataError(f"{path}: is a workbook and no CSV text; {_SAVE_AS_UTF8}, or name it .xlsx")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: isn't UTF-8 text; {_SAVE_AS_UTF8}") from None
    if "\0" in text:
        raise DataError(f"{path}: isn't CSV text; {_SAVE_AS_UTF8}")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        for row, cells in enumerate(reader, start=1):
            texts = [cell.strip() for cell in cells]
            if any(texts):
                rows.append((row, texts))
    except csv.Error as error:
        raise DataError(f"{path}: isn't valid CSV near line {reader.line_num} ({error}); {_SAVE_AS_UTF8}") from None
    return rows


def _xlsx_rows(path: Path, content: bytes) -> list[tuple[int, list[str]]]:
    """The rows of a workbook's first sheet that aren't blank, with their numbers."""
    import openpyxl  # noqa: PLC0415 - slow to import, and only workbooks need it

    if content.startswith(_OLE):
        raise DataError(f"{path}: is an old or password-protected workbook; save it as .xlsx without a password")
    if not content.startswith(_ZIP):
        raise DataError(f"{path}: isn't an XLSX workbook; save it as .xlsx, or name it .csv if it is text")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl names the styles and drop-downs that it doesn't know
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs write wrong ones, which would hide cells
            rows = [(row, [_cell_text(cell) for cell in cells]) for row, cells in enumerate(sheet.iter_rows(), start=1)]
    except Exception as error:  # openpyxl lets through whatever the damaged part's parser raised
        mend = "open it in a spreadsheet program and save it again as .xlsx"
        raise DataError(f"{path}: can't be read as an XLSX workbook; {mend}") from error
    return [(row, texts) for row, texts in rows if any(texts)]


_ROWS_OF = {".csv": _csv_rows, ".xlsx": _xlsx_rows}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def _cell_text(cell: Cell | MergedCell) -> str:
    """A cell as the spreadsheet shows it: whole numbers without a point, with the zeros of formats such as 00000."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, int) and set(str(cell.number_format)) == {"0"}:
        return str(value).zfill(len(cell.number_format))
    return str(value).strip()


def _header(path: Path, texts: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """The frames' column name of each cell of row 1; "" for a blank one.

    Case is ignored, as it is by GeoPackage, where `Name` and `name` couldn't stand beside each other.
    """
    known = {spelling: column.id for column in columns for spelling in (column.id, column.zh)}
    names = [known.get(unicodedata.normalize("NFKC", text).casefold(), text) for text in texts]
    missing = [str(column) for column in columns if column.required and column.id not in names]
    if missing:
        raise DataError(
            f"{path}: row 1 lacks the headers {', '.join(missing)}; write each in Chinese or English"
            f"{', separated by commas' if path.suffix.lower() == '.csv' else ''}"
        )
    folded = [name.casefold() for name in names]
    again = [name for i, name in enumerate(names) if name and folded[i] in folded[:i]]
    if again:
        raise DataError(f"{path}: the headers {', '.join(map(_quoted, again))} stand twice in row 1; keep one of each")
    reserved = [name for name in names if name.casefold() in _RESERVED]
    if reserved:
        raise DataError(f"{path}: the headers {', '.join(reserved)} in row 1 have a meaning of their own; rename them")
    return names


# A register's columns, checked: what is wrong is noted with its rows, then refused at once


def _note(problems: _Problems, rows: Iterable[int], text: str) -> None:
    for row in rows:
        problems.setdefault(text, []).append(int(row))


def _refuse(path: Path, problems: _Problems) -> None:
    if not problems:
        return
    ordered = sorted(problems.items(), key=lambda problem: (problem[1], problem[0]))
    parts = [f"{_rows_text(rows)}: {text}" for text, rows in ordered[:_MOST_PROBLEMS]]
    if len(ordered) > _MOST_PROBLEMS:
        rest = sorted({row for _, rows in ordered[_MOST_PROBLEMS:] for row in rows})
        parts.append(f"{_rows_text(rest)}: more of the same")
    raise DataError(f"{path}: {'; '.join(parts)}")


def _rows_text(rows: Sequence[int]) -> str:
    """The rows, runs joined; what is too much for a message is counted.

    >>> _rows_text([2, 3, 4, 9])
    'rows 2-4, 9'
    >>> _rows_text([5])
    'row 5'
    """
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    listed = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs[:_MOST_RUNS])
    more = sum(last - first + 1 for first, last in runs[_MOST_RUNS:])
    return f"{'row' if len(rows) == 1 else 'rows'} {listed}{f' and {more} more' if more else ''}"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _check_ids(table: pd.DataFrame, column: Column, mend: str, problems: _Problems) -> None:
    ids = table[column.id]
    _note(problems, ids.index[ids == ""], f"{column} is missing, give each row an id of its own")
    again = ids[(ids != "") & ids.duplicated(keep=False)]
    for value, rows in again.groupby(again, sort=False):
        _note(problems, rows.index, f"{column} {_quoted(str(value))} is repeated, {mend}")


def _kinds(cells: pd.Series[str], problems: _Problems) -> list[tuple[str, ...]]:
    """The kinds that each cell names, each once."""
    names = {
        spelling: kind.id
        for kind in (*checklist.kinds(), *checklist.extension_kinds())
        for spelling in (kind.id, kind.zh)
    }
    held: dict[str, tuple[str, ...]] = {}
    for text, rows in cells.groupby(cells, sort=False):
        pieces = [piece.strip() for piece in re.split("[、;,]", unicodedata.normalize("NFKC", str(text)))]
        pieces = [piece for piece in pieces if piece]
        if not pieces:
            _note(problems, rows.index, f"{_KIND} is missing, write a name or id of the checklist")
        for piece in pieces:
            if piece.casefold() not in names:
                near = difflib.get_close_matches(piece[:40], names, n=1, cutoff=0.3)
                mend = f"the nearest is {near[0]}" if near else "the template's sheet 说明 lists the names"
                _note(problems, rows.index, f"{_KIND} {_quoted(piece)} is unknown, {mend}")
        held[str(text)] = tuple(dict.fromkeys(names.get(piece.casefold(), piece) for piece in pieces))
    return [held[text] for text in cells]


def _numbers(table: pd.DataFrame, column: Column, mend: str, problems: _Problems) -> FloatArray:
    """A column's numbers; nan where a cell is empty, or noted as unreadable."""
    texts = table[column.id]
    plain = texts.str.normalize("NFKC")  # full-width digits are digits
    numbers = pd.to_numeric(plain.where(plain.str.fullmatch(_NUMBER)), errors="coerce").to_numpy(dtype=np.float64)
    unreadable = texts[(texts != "").to_numpy() & ~np.isfinite(numbers)]
    for text, rows in unreadable.groupby(unreadable, sort=False):
        _note(problems, rows.index, f"{column} {_quoted(str(text))} isn't a number, {mend}")
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _amounts(table: pd.DataFrame, column: Column, problems: _Problems) -> FloatArray:
    amounts = _numbers(table, column, "give digits without a unit", problems)
    _note(problems, table.index[amounts < 0], f"{column} is negative, give a number of at least 0")
    return amounts


def _coordinates(table: pd.DataFrame, problems: _Problems) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes in WGS84 degrees; nan or out of range only where a problem is noted."""
    mend = "give WGS84 degrees such as 116.5872 (经度/lon) and 35.4148 (纬度/lat)"
    lon, lat = (_numbers(table, column, mend, problems) for column in (_LON, _LAT))
    for column in (_LON, _LAT):
        _note(problems, table.index[table[column.id] == ""], f"{column} is missing, {mend}")
    swapped = _look_swapped(lon, lat)
    afar = ((np.abs(lon) > 180) | (np.abs(lat) > 90)) & ~swapped
    _note(problems, table.index[swapped], f"{_LON} and {_LAT} are swapped, exchange them")
    _note(problems, table.index[afar], f"{_LON} and {_LAT} aren't degrees on earth, {mend}")
    _note(problems, table.index[(lon == 0) & (lat == 0)], f"{_LON} and {_LAT} are both 0, {mend}")
    return lon, lat


def _look_swapped(lon: FloatArray, lat: FloatArray) -> BoolArray:
    """Whether the latitude can only be a longitude: beyond the pole, or in the polar sea with China as its mirror.

    Western China lies at 73 to 90 degrees east; as a latitude that is uninhabited ice at longitudes of 18 to 54.
    """
    beyond_pole = (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
    mirrored: BoolArray = beyond_pole | ((lat > 73.4) & (lat <= 90) & (lon >= 18) & (lon <= 54))
    return mirrored


def _blanks_missing(table: pd.DataFrame) -> pd.DataFrame:
    return table.where(table != "", None).astype("str")


# Map layers


def read_layer(path: Path) -> gpd.GeoDataFrame:
    """A vector file's only layer, with its coordinate system.

    Raises
    ------
    DataError
        when the file is missing, empty, can't be read, has several layers, no geometry or no coordinate system.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; check the path in the config (it is relative to the config)")
    try:
        layers = [name for name, kind in pyogrio.list_layers(path) if kind is not None]
        if len(layers) > 1:
            raise DataError(f"{path}: has {len(layers)} layers; keep the one to be read in a file of its own")
        frame = pyogrio.read_dataframe(path)
    except pyogrio.errors.DataSourceError:
        raise DataError(f"{path}: can't be read as a map layer; give a GeoPackage, GeoJSON or Shapefile") from None
    except pyogrio.errors.DataLayerError:
        raise DataError(f"{path}: has no layer; give a file with at least one") from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise DataError(f"{path}: has no geometry; give a GeoPackage, GeoJSON or Shapefile")
    if frame.crs is None:
        raise DataError(f"{path}: has no coordinate system; add it (a .prj beside a Shapefile) and say which it is")
    return frame


def read_areas(path: Path) -> gpd.GeoDataFrame:
    """Communities and districts from a polygon layer with `level, area_id, name`."""
    return checked_area_shapes(read_layer(path), source=str(path))


def osm_areas(osm: OsmExtract, admin_levels: Mapping[str, int]) -> gpd.GeoDataFrame:
    """Communities and districts from OSM's administrative areas, by admin level.

    Raises
    ------
    DataError
        when the extract has no area of a level that was asked for.
    """
    parts = []
    for level in LEVELS:
        if level not in admin_levels:
            continue
        chosen = osm.admin_areas[osm.admin_areas["admin_level"] == admin_levels[level]]
        if not len(chosen):
            present = sorted(set(osm.admin_areas["admin_level"]))
            raise DataError(
                f"{osm.path}: no whole area of admin_level {admin_levels[level]} ({level}); "
                f"the file has {', '.join(map(str, present)) or 'none'}, or give areas.file"
            )
        parts.append(chosen[["osm_id", "name", "geometry"]].rename(columns={"osm_id": "area_id"}).assign(level=level))
    return checked_area_shapes(gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4326"))
