"""What a planner brings: registers of sites, residences, gates, areas and candidates, as tables or as map layers.

A register is rows of text (`tables.py`, `layers.py`, `postgis.py`) under headers in Chinese or English. Rows are
named by the number that the spreadsheet shows, and every bad row is listed at once. A row that can't be used is never
dropped in silence: it is refused, or it is among the leftovers and told in the notes.
"""

from __future__ import annotations

import difflib
import importlib
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from circle15 import checklist
from circle15.checklist.forms import forms
from circle15.checklist.matcher import plain
from circle15.config import ReadingSection, RegisterSection
from circle15.errors import DataError, InputError, head
from circle15.schema import (
    LEVELS,
    SITE_KIND_COLUMNS,
    checked_area_shapes,
    checked_compounds,
    checked_gates,
    checked_site_kinds,
    checked_sites,
)
from circle15.sources.layers import LAYER_ENDINGS, read_layer_rows
from circle15.sources.postgis import is_database, read_database_rows, without_password
from circle15.sources.tables import ERRORS, Table, read_rows
from circle15.words import Words, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
    "Register",
    "osm_areas",
    "read_cells",
    "read_register",
    "read_residences",
    "read_sites",
]

What = Literal["sites", "residences", "gates", "areas", "candidates", "compounds"]


class Column(NamedTuple):
    """A column of a register: its name in frames and in Chinese, other headers for it, and some that may mean it.

    A header in `weak` counts only where no other header is the column's. `fixed`: the config said which it is.
    """

    id: str
    zh: str
    required: bool = True
    also: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    fixed: bool = False

    def __str__(self) -> str:
        return f"{self.zh}/{self.id}"


_IDS = ("编号", "id", "编码", "代码", "code", "唯一编号")
_ROW_IDS = ("序号", "no", "fid", "objectid", "gid", "uid")
_NAME = Column(
    "name", "名称", required=False,
    also=(
        "设施名称", "单位名称", "机构名称", "网点名称", "店名", "项目名称", "学校名称", "小区名称", "门店名称",
        "企业名称", "title",
    ),
    weak=("标题", "小区", "楼盘", "简称"),
)  # fmt: skip
_LON = Column(
    "lon", "经度", also=("lng", "long", "longitude", "东经", "经度坐标"), weak=("x", "X坐标", "坐标x", "横坐标")
)
_LAT = Column("lat", "纬度", also=("latitude", "北纬", "纬度坐标"), weak=("y", "Y坐标", "坐标y", "纵坐标"))
_SITE_ID = Column("site_id", "设施编号", also=("设施代码", "设施编码", *_IDS), weak=_ROW_IDS)
_KIND = Column(
    "kind", "类别",
    also=("类型", "种类", "小类", "设施类别", "设施类型", "设施种类", "type", "category"),
    weak=("typecode", "类型编码", "中类"),
)  # fmt: skip
_FLOOR_AREA = Column(
    "floor_area_m2", "建筑面积", required=False, also=("房屋面积", "用房面积", "floor area"), weak=("面积",)
)
_CAPACITY = Column("capacity", "容量", required=False, also=("床位", "床位数", "座位数", "学位数", "泊位数", "车位数"))
_HOURS = Column("opening_hours", "开放时间", required=False, also=("营业时间", "服务时间", "开门时间", "opening hours"))
_ADDRESS = Column(
    "address", "地址", required=False, also=("详细地址", "所在地址", "住址", "地点"), weak=("位置", "所在地")
)
_STATUS = Column("status", "现状", required=False, also=("有无", "是否有", "设施现状"))
_COMMUNITY = Column(
    "community_id",
    "社区编号",
    required=False,
    also=("所属社区", "所在社区", "社区代码"),
    weak=("社区", "社区名称", "村居"),
)
_CHOSEN = tuple(
    Column(one.id, one.zh, required=False) for one in forms()["facilities"].columns if one.type in {"choice", "flag"}
)
"""Columns of sites whose cells are one of a few words (docs/forms.md)."""
_RESIDENCE_ID = Column("residence_id", "居住点编号", also=("小区编号", "楼栋编号", *_IDS), weak=_ROW_IDS)
_WEIGHT = Column(
    "weight", "权重", required=False,
    also=(
        "户数", "人口", "居民人数", "人数", "常住人口", "总户数", "人口数", "居民数",
        "population", "dwellings", "households", "residents",
    ),
)  # fmt: skip
_GROUPS = (
    Column(
        "elderly", "老年人数", required=False, also=("老年人口", "老年人", "老人数", "老年人口数", "60岁以上老年人数"),
        weak=("60岁以上", "60岁及以上", "60岁以上人数", "60岁及以上人口", "60岁以上人口"),
    ),
    Column(
        "minors", "未成年人数", required=False, also=("未成年人口", "未成年人", "未成年人口数"),
        weak=("0-14岁", "0-14岁人口", "0-14岁人数", "0-17岁", "18岁以下", "儿童人数", "少年儿童人数"),
    ),
    Column("disabled", "残疾人数", required=False, also=("残疾人", "残障人数", "残疾人口", "持证残疾人数")),
)  # fmt: skip
"""Groups of the people of a residence, as `schema.PEOPLE_GROUPS`; the law's elderly are 60 and older."""
_SETTING = Column("setting", "城乡", required=False, also=("城乡类型", "城乡属性"))
_GATE_ID = Column("gate_id", "出入口编号", also=_IDS, weak=_ROW_IDS)
_ACCESS = Column("access", "通行", also=("通行情况", "开放情况", "是否开放"))
_AREA_ID = Column(
    "area_id", "片区编号", also=("社区编号", "街道编号", "区划代码", "行政区划代码", *_IDS), weak=_ROW_IDS
)
_LEVEL = Column("level", "级别", also=("层级", "行政级别"))
_CANDIDATE_ID = Column("candidate_id", "候选点编号", also=_IDS, weak=_ROW_IDS)
_COMPOUND_ID = Column("compound_id", "小区编号", also=_IDS, weak=_ROW_IDS)

SITE_REGISTER = (_SITE_ID, _NAME, _KIND, _LON, _LAT, _HOURS, _FLOOR_AREA, _CAPACITY)
"""The columns of a register of sites, in the template's order."""

RESIDENCE_REGISTER = (_RESIDENCE_ID, _NAME, _LON, _LAT, _WEIGHT, _SETTING, *_GROUPS)
"""The columns of a register of residences, in the template's order."""

GATE_REGISTER = (_GATE_ID, _NAME, _ACCESS, _LON, _LAT)
"""The columns of a register of gates."""

_REGISTERS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "sites": ("site", (*SITE_REGISTER, _ADDRESS, _STATUS, _COMMUNITY, *_CHOSEN)),
    "residences": ("residence", (*RESIDENCE_REGISTER, _ADDRESS)),
    "gates": ("gate", GATE_REGISTER),
    "areas": ("area", (_AREA_ID, _NAME, _LEVEL, _LON, _LAT, _SETTING)),
    "candidates": ("candidate", (_CANDIDATE_ID, _NAME, _LON, _LAT, _ADDRESS, _FLOOR_AREA)),
    "compounds": ("compound", (_COMPOUND_ID, _NAME, _LON, _LAT, _WEIGHT)),
}

EXAMPLE_ID = "示例"
"""The id of a template's example row; a row with it is skipped."""

URBAN_ZH, RURAL_ZH = "城镇", "农村"
_SETTINGS = {
    URBAN_ZH: "urban", RURAL_ZH: "rural", "urban": "urban", "rural": "rural", "城市": "urban", "乡村": "rural",
}  # fmt: skip
_GATE_ACCESS = {"开放": "open", "封闭": "closed", "open": "open", "closed": "closed", "关闭": "closed"}
_LEVEL_NAMES = {
    "社区": "community", "街道": "district", "区": "district", "乡镇": "district", **{level: level for level in LEVELS},
}  # fmt: skip
_PRESENT = {
    "": True, "有": True, "present": True, "yes": True, "是": True, "已建": True, "现状": True,
    "无": False, "absent": False, "no": False, "没有": False, "否": False, "缺": False, "未建": False,
}  # fmt: skip

# The program's own columns, and what a GeoPackage calls its key and its shape.
_RESERVED = frozenset({"source", "geometry", "geom", "fid"})
_PERSONAL = re.compile("身份证|证件号|手机|电话|联系方式|户主|姓名|id ?card|phone|mobile|telephone", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_COMMA_DECIMAL = re.compile(r"[+-]?[0-9]{1,3},[0-9]+")
_DATE = re.compile(r"[0-9]{4}[-/年.][0-9]{1,2}[-/月.][0-9]{1,2}")
_DEGREES = re.compile(
    r"(?P<before>东经|西经|北纬|南纬|[NSEW])?\s*(?P<d>[+-]?[0-9]+(?:\.[0-9]+)?)\s*(?:°|度)\s*"
    r"(?:(?P<m>[0-9]+(?:\.[0-9]+)?)\s*(?:'|分)\s*)?(?:(?P<s>[0-9]+(?:\.[0-9]+)?)\s*(?:\"|''|秒)\s*)?(?P<after>[NSEW])?",
    re.IGNORECASE,
)
_MARKS = str.maketrans({"″": '"', "”": '"', "“": '"', "′": "'", "’": "'", "‘": "'", "º": "°", "˚": "°", "＂": '"'})
_SOUTH_WEST = ("西经", "南纬", "S", "W")
# Units that would change what a number means.
_OTHER_UNITS = frozenset("亩 公顷 ha km2 km² 平方公里 万平方米 万人 千人 万户 千户 百户".split())
_OTHER_SYSTEMS = {
    "gcj02": "gcj02",
    "gcj-02": "gcj02",
    "高德": "gcj02",
    "火星坐标": "gcj02",
    "腾讯": "gcj02",
    "bd09": "bd09",
    "bd-09": "bd09",
    "百度": "bd09",
}
_BRACKETS = re.compile(r"[(\[{【]([^()\[\]{}【】]*)[)\]}】]")
_HEADER_ROWS = 20  # among which the headers are looked for
_MOST_PROBLEMS, _MOST_RUNS = 40, 200  # in one message, which must stay readable
_UNLOCATED = Words("没有坐标", "no coordinates")

_Noted = dict[str, list[int]]  # what is wrong -> the rows where it is
_Mended = dict[Words, list[int]]  # what was mended -> the rows where it was
_Said = TypeVar("_Said", str, Words)


class Register(NamedTuple):
    """What a register holds.

    Attributes
    ----------
    frame : the usable rows: sites, residences, gates, areas, candidates or compounds, in EPSG:4326.
    site_kinds : of sites: `site_id, kind, evidence, rule`.
    absent : of sites: surveyed and not there: `site_id, name, kind, community_id, rule, geometry` (None where only
        the community is known).
    leftovers : rows that can't be used as they are: `row`, `why` ("kind": none is recognised, or not all of them;
        "coordinates": it has none), `told` (`Words`), and the register's cells.
    notes : what was found, mended, skipped or left over, one sentence each, in both languages.
    columns : column -> the header that it was read from.
    rows : id -> the row's number in the file, of all rows that aren't blank, headers or examples.
    """

    frame: gpd.GeoDataFrame
    site_kinds: pd.DataFrame
    absent: gpd.GeoDataFrame
    leftovers: pd.DataFrame
    notes: tuple[Words, ...]
    columns: dict[str, str]
    rows: dict[str, int]

    @property
    def unrecognised(self) -> pd.DataFrame:
        """Leftovers whose kind isn't recognised."""
        return self.leftovers[self.leftovers["why"] == "kind"]

    @property
    def unlocated(self) -> pd.DataFrame:
        """Leftovers without coordinates."""
        return self.leftovers[self.leftovers["why"] == "coordinates"]


class _Sheet(NamedTuple):
    """A register's cells as text under the frames' column names, indexed by row number; a shape for each, or None."""

    name: str
    short: str
    cells: pd.DataFrame
    geometry: gpd.GeoSeries | None
    columns: dict[str, str]
    found: dict[str, Column]
    problems: _Noted
    mended: _Mended
    notes: list[Words]


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
    sheet = _read_sheet(source, what, settings)
    if what == "sites":
        return _site_register(sheet, settings)
    reading = {
        "residences": _residences,
        "gates": _gates,
        "areas": _areas,
        "candidates": _plain,
        "compounds": _compounds,
    }
    columns = reading[what](sheet)
    geometry = _geometry(sheet, settings)
    located = np.array([shape is not None for shape in geometry], dtype=bool)
    leftovers = _leftovers(sheet, [(row, "coordinates", _UNLOCATED) for row in sheet.cells.index[~located]])
    _refuse(sheet.name, sheet.problems)
    _refuse_all_unlocated(sheet, located)
    frame = gpd.GeoDataFrame(columns[located].reset_index(drop=True), geometry=list(geometry[located]), crs="EPSG:4326")
    if what == "gates":
        frame = checked_gates(frame, source=sheet.name)
    if what == "areas":
        frame = checked_area_shapes(frame, source=sheet.name)
    if what == "compounds":
        frame = checked_compounds(frame, source=sheet.name)
    rows = _rows(sheet, _REGISTERS[what][1][0])
    return Register(frame, _no_kinds(), _no_absent(), leftovers, _notes(sheet, leftovers), sheet.columns, rows)


def read_sites(path: Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Sites of a register and their kinds, as `read_register` reads them."""
    register = read_register(path, what="sites")
    return register.frame, register.site_kinds


def read_residences(path: Path, settings: ReadingSection | None = None) -> gpd.GeoDataFrame:
    """Residences of a register or a map layer, as `read_register` reads them, not yet checked."""
    return read_register(path, what="residences", settings=settings).frame


# Sites: kinds, and what is not there


def _site_register(sheet: _Sheet, settings: ReadingSection) -> Register:
    cells = sheet.cells
    numbers = {one.id: _amounts(sheet, one) for one in (_FLOOR_AREA, _CAPACITY) if one.id in cells}
    chosen = {one.id: _choice(sheet, one) for one in _CHOSEN if one.id in cells}
    present = _present(sheet)
    told = _kinds(sheet, settings)
    geometry = _geometry(sheet, settings)
    located = np.array([shape is not None for shape in geometry], dtype=bool)
    known = np.array([bool(one.matches) for one in told], dtype=bool)
    placed = located | (~present & (cells[_COMMUNITY.id] != "").to_numpy() if _COMMUNITY.id in cells else False)
    listed = []
    for i, (row, one) in enumerate(zip(cells.index, told, strict=True)):
        if not one.matches or one.unknown:
            listed.append((row, "kind", _unknown_text(one)))
        if not placed[i]:
            listed.append((row, "coordinates", _UNLOCATED))
    _refuse(sheet.name, sheet.problems)
    _refuse_all_unlocated(sheet, placed)
    if not known.any():
        words = list(dict.fromkeys(word for one in told for word in one.unknown))
        spoken = f"{_KIND} reads {', '.join(map(_quoted, words[:5]))}" if words else "no row says what it is"
        near = _nearest(words)
        spoken += f", the nearest is {near}" if near else ""
        raise DataError(
            f"{sheet.name}: none of {len(cells):,} rows has a kind that is known ({spoken}); write "
            'names of the template\'s sheet 说明, or set kind = "pharmacy" if all are of one kind'
        )
    leftovers = _leftovers(sheet, listed)
    usable = placed & known
    rules = [f"{sheet.short} row {row}" for row in cells.index]
    held = pd.DataFrame(
        [
            (site_id, match.kind, match.evidence, rule if match.evidence == "confirmed" else f"{rule}: {match.rule}", i)
            for i, (site_id, one, rule) in enumerate(zip(cells[_SITE_ID.id], told, rules, strict=True))
            for match in (one.matches if usable[i] else ())
        ],
        columns=[*SITE_KIND_COLUMNS, "_row"],
    )
    there = present[held["_row"].to_numpy(dtype=np.intp)]
    gone = held[~there]
    gone = gone[~_only_in_part(gone, geometry)]
    community = cells[_COMMUNITY.id].replace("", None) if _COMMUNITY.id in cells else pd.Series([None] * len(cells))
    at = gone["_row"].to_numpy(dtype=np.intp)
    names = cells[_NAME.id].replace("", None) if _NAME.id in cells else pd.Series([None] * len(cells))
    absent = gpd.GeoDataFrame(
        gone.assign(community_id=community.to_numpy()[at], name=names.to_numpy()[at]).astype("str")
        .reset_index(drop=True)[["site_id", "name", "kind", "community_id", "rule"]],
        geometry=list(geometry[at]), crs="EPSG:4326",
    )  # fmt: skip
    keep = usable & present
    columns = _blanks_missing(cells.drop(columns=[_KIND.id, _LON.id, _LAT.id, _STATUS.id], errors="ignore"))
    # a site's community is where it lies; what the register calls it passes through under its own header
    columns = columns.rename(columns={_COMMUNITY.id: sheet.columns.get(_COMMUNITY.id, _COMMUNITY.id)})
    sites = gpd.GeoDataFrame(
        columns.assign(**numbers, **chosen, source=sheet.short)[keep], geometry=list(geometry[keep]), crs="EPSG:4326"
    )
    checked = checked_sites(sites, source=sheet.name) if keep.any() else sites.reset_index(drop=True)
    kinds = (*checklist.KINDS, *checklist.EXTENSION_KINDS)
    site_kinds = checked_site_kinds(held[there].drop(columns="_row"), sites=checked, kinds=kinds, source=sheet.name)
    if len(absent):
        n = len(absent)
        sheet.notes.append(
            Words(f"{sheet.short}：有{n:,}项核实为“无”", f"{sheet.short}: {n:,} kinds were surveyed and are not there")
        )
    rows_of = _rows(sheet, _SITE_ID)
    return Register(checked, site_kinds, absent, leftovers, _notes(sheet, leftovers), sheet.columns, rows_of)


def _only_in_part(gone: pd.DataFrame, geometry: np.ndarray[tuple[int], np.dtype[np.object_]]) -> BoolArray:
    """Absences from a whole community that speak of a sort of a kind (小学) and not of the kind (学校)."""
    by_row: dict[int, set[str]] = {}
    for row, kind_id in zip(gone["_row"], gone["kind"], strict=True):
        by_row.setdefault(row, set()).add(kind_id)
    return np.array(
        [
            geometry[row] is None and not by_row[row].issuperset(checklist.parts_of(kind_id))
            for row, kind_id in zip(gone["_row"], gone["kind"], strict=True)
        ],
        dtype=bool,
    )


def _present(sheet: _Sheet) -> BoolArray:
    if _STATUS.id not in sheet.cells:
        return np.ones(len(sheet.cells), dtype=bool)
    said = sheet.cells[_STATUS.id].str.casefold().map(_PRESENT)
    unknown = sheet.cells.index[said.isna()]
    _note(sheet.problems, unknown, f"{_STATUS} is unknown, write 有 (present) or 无 (absent), or rename the column")
    return (said != False).to_numpy(dtype=bool)  # noqa: E712 - a Series, with missing values


def _kinds(sheet: _Sheet, settings: ReadingSection) -> list[checklist.Told]:
    """What each row says that it is: its cell, else what all are, else what its name fits."""
    cells = sheet.cells
    names = cells[_NAME.id] if _NAME.id in cells else pd.Series("", index=cells.index)
    texts = cells[_KIND.id] if _KIND.id in cells else pd.Series("", index=cells.index)
    every = settings.kind if isinstance(settings, RegisterSection) else None
    out, by_default, by_name = [], 0, []
    for row, text, name in zip(cells.index, texts, names, strict=True):
        told = checklist.kinds_told(text, name=name)
        if not told.matches and not told.unknown:
            if every is not None:
                told = checklist.kinds_told(every, name=name)
                by_default += 1
            elif name:
                told = checklist.Told(checklist.names_fitting(name), ())
                by_name += [row] if told.matches else []
        out.append(told)
    if by_default:
        zh = checklist.kind(str(every)).zh
        sheet.notes.append(
            Words(
                f"{sheet.short}：{by_default:,}行没有写类别，按配置都算作「{zh}」",
                f"{sheet.short}: {by_default:,} rows without a kind are {every}, as the config says",
            )
        )
    if by_name:
        rows = _rows_words(by_name)
        sheet.notes.append(
            Words(
                f"{sheet.short}：{rows.zh}没有写类别，按名称判断，只算“可能”",
                f"{sheet.short}: {rows.en}: no kind is given; by name they are possible",
            )
        )
    return out


def _unknown_text(told: checklist.Told) -> Words:
    if not told.unknown:
        return Words("没有写类别而名称不像任何类别", f"{_KIND} is missing and the name fits no kind")
    words, near = told.unknown[:5], _nearest(told.unknown)
    zh, en = "".join(f"「{_shortened(word)}」" for word in words), ", ".join(map(_quoted, words))
    if near is None:
        return Words(f"不识别类别{zh}", f"{_KIND} {en} is unknown")
    return Words(f"不识别类别{zh}（最接近的是「{near}」）", f"{_KIND} {en} is unknown, the nearest is {near}")


def _nearest(words: Sequence[str]) -> str | None:
    """The spelling of a kind that is most like the first of the words that are like any."""
    for word in words:
        near = difflib.get_close_matches(word[:40].casefold(), checklist.kind_spellings(), n=1, cutoff=0.3)
        if near:
            return near[0]
    return None


def _choice(sheet: _Sheet, column: Column) -> pd.Series[str]:
    """The choices' ids of a column, missing where a cell is empty; flags are yes and no."""
    form = next(one for one in forms()["facilities"].columns if one.id == column.id)
    words = {word.casefold(): one.id for one in form.choices for word in (one.zh, one.en, one.id)}
    cells = sheet.cells[column.id]
    ids = cells.str.casefold().map(words).astype("str")
    unknown = cells.index[(cells != "") & ids.isna()]
    _note(sheet.problems, unknown, f"{column} is unknown, write {'、'.join(one.zh for one in form.choices)}")
    return ids


def _no_kinds() -> pd.DataFrame:
    return pd.DataFrame(columns=list(SITE_KIND_COLUMNS), dtype="str")


def _no_absent() -> gpd.GeoDataFrame:
    columns = {name: pd.Series([], dtype="str") for name in ("site_id", "name", "kind", "community_id", "rule")}
    return gpd.GeoDataFrame(columns, geometry=[], crs="EPSG:4326")


# The other registers


def _residences(sheet: _Sheet) -> pd.DataFrame:
    cells = sheet.cells
    unused = [one.id for one in (_WEIGHT, *_GROUPS, _SETTING) if one.id in cells and (cells[one.id] == "").all()]
    columns = _plain(sheet).drop(columns=unused)
    if _WEIGHT.id in columns:
        columns[_WEIGHT.id] = _amounts(sheet, _WEIGHT)
        blank = cells.index[cells[_WEIGHT.id] == ""]
        _note(sheet.problems, blank, f"{_WEIGHT} is missing, give a number of at least 0")
    for group in (one for one in _GROUPS if one.id in columns):
        columns[group.id] = _amounts(sheet, group)  # nan where nobody counted
    if _SETTING.id in columns:
        columns[_SETTING.id] = _named(sheet, _SETTING, _SETTINGS, f"write {URBAN_ZH} or {RURAL_ZH}")
    return columns


def _gates(sheet: _Sheet) -> pd.DataFrame:
    columns = _plain(sheet)
    columns[_ACCESS.id] = _named(sheet, _ACCESS, _GATE_ACCESS, "write 开放 (open) or 封闭 (closed)")
    return columns


def _areas(sheet: _Sheet) -> pd.DataFrame:
    columns = _plain(sheet)
    columns[_LEVEL.id] = _named(sheet, _LEVEL, _LEVEL_NAMES, "write 社区 (community) or 街道 (district)")
    return columns


def _plain(sheet: _Sheet) -> pd.DataFrame:
    columns = _blanks_missing(sheet.cells.drop(columns=[_LON.id, _LAT.id], errors="ignore"))
    if _FLOOR_AREA.id in sheet.found:
        columns[_FLOOR_AREA.id] = _amounts(sheet, _FLOOR_AREA)
    return columns


def _compounds(sheet: _Sheet) -> pd.DataFrame:
    columns = _plain(sheet)
    return columns.assign(weight=_amounts(sheet, _WEIGHT)) if _WEIGHT.id in sheet.found else columns


def _named(sheet: _Sheet, column: Column, names: Mapping[str, str], mend: str) -> pd.Series[str]:
    said = sheet.cells[column.id].str.casefold().map(names).astype("str")
    _note(sheet.problems, sheet.cells.index[said.isna()], f"{column} is missing or unknown, {mend}")
    return said


# From rows to columns


def read_cells(path: Path, columns: Sequence[Column], thing: str) -> tuple[pd.DataFrame, dict[str, list[int]]]:
    """The cells of a form as text, under the columns' names and by the spreadsheet's row; what is wrong, and where.

    Raises
    ------
    DataError
        as `read_register` does, and where any required column is missing, that of the ids too.
    """
    sheet, _ = _sheet_under(path, tuple(columns), thing, None, ReadingSection())
    return sheet.cells, sheet.problems


def _read_sheet(source: Path | str, what: What, settings: ReadingSection) -> _Sheet:
    thing, columns = _REGISTERS[what]
    columns = _with_own_headers(without_password(str(source)), columns, settings)
    sheet, stem = _sheet_under(source, columns, thing, what, settings)
    sheet = _without_personal(sheet) if what == "residences" else sheet
    return _with_ids(sheet, columns[0], stem, what)


def _sheet_under(
    source: Path | str, columns: tuple[Column, ...], thing: str, what: What | None, settings: ReadingSection
) -> tuple[_Sheet, str]:
    """The rows under the columns' headers, and what their file is called."""
    table, stem = _read_table(source, columns, what, settings)
    short = stem if is_database(str(source)) else Path(source).name
    at, names, notes = _header(table, columns, what, settings)
    body = table.rows[at:]
    found = {name: one for name, one in zip(names, _columns_of(names, columns), strict=True) if one is not None}
    headers = dict(zip(names, _texts_above(table, at, len(names)), strict=False))
    own = tuple(headers.values())
    again = [row for row, texts in body if tuple((texts + [""] * len(own))[: len(own)]) == own]
    if again:
        rows = _rows_words(again)
        notes.append(
            Words(f"{short}：{rows.zh}重复表头，已跳过", f"{short}: {rows.en} repeats the headers and is skipped")
        )
    skipped = set(again)
    kept = [(row, texts) for row, texts in body if row not in skipped]
    width = len(names)
    spilt = [
        row
        for row, texts in kept
        if any(texts[width:]) or any(text for text, name in zip(texts, names, strict=False) if not name)
    ]
    named = [i for i, name in enumerate(names) if name]
    padded = [(texts + [""] * width)[:width] for _, texts in kept]
    cells = pd.DataFrame(padded, index=[row for row, _ in kept], columns=range(width), dtype="str")[named]
    cells.columns = pd.Index([names[i] for i in named])
    geometry = table.geometry
    if geometry is not None:
        geometry = geometry.set_axis([row for row, _ in table.rows]).loc[cells.index]
    id_column = columns[0]
    if id_column.id in cells:
        real = cells[id_column.id] != EXAMPLE_ID
        cells, geometry = cells[real], None if geometry is None else geometry[real]
    if not len(cells):
        raise DataError(
            f"{table.name}: has no {thing}; fill in at least one row below the headers (rows {EXAMPLE_ID} don't count)"
        )
    problems: _Noted = {}
    _note(problems, spilt, "a cell stands under no header, put text that holds commas into quotes or add the header")
    sheet = _Sheet(
        table.name,
        short,
        cells,
        geometry,
        {key: headers[key] for key in found},
        found,
        problems,
        {},
        [*table.notes, *notes],
    )
    for one in found.values():
        failed = cells.index[cells[one.id].isin(ERRORS)]
        _note(problems, failed, f"{one} is a spreadsheet's error, mend its formula or write the value")
    return sheet, stem


def _with_own_headers(shown: str, columns: tuple[Column, ...], settings: ReadingSection) -> tuple[Column, ...]:
    """The columns with the headers that the config names, which are the only ones of their column then."""
    own = dict(settings.columns)
    if settings.id_column is not None:
        own[columns[0].id] = settings.id_column
    unknown = [name for name in own if name not in {one.id for one in columns}]
    if unknown:
        known = ", ".join(one.id for one in columns)
        raise DataError(f"{shown}: the config's columns name {head(unknown)}, which is no column here; use {known}")
    return tuple(one._replace(also=(own[one.id],), weak=(), fixed=True) if one.id in own else one for one in columns)


def _read_table(
    source: Path | str, columns: Sequence[Column], what: What | None, settings: ReadingSection
) -> tuple[Table, str]:
    if is_database(str(source)):
        given = [name for name in ("encoding", "sheet", "layer") if getattr(settings, name) is not None]
        if given:
            raise DataError(f"{without_password(str(source))}: a database has no {given[0]}; remove it")
        return read_database_rows(str(source), table=settings.table, sql=settings.sql), (settings.table or "sql")
    path = Path(source)
    if settings.table is not None or settings.sql is not None:
        raise DataError(f"{path}: table and sql are for databases (postgresql://user@host/db); remove them")
    ending = path.suffix.lower()
    if ending in {".csv", ".tsv", ".txt", ".xlsx"}:
        if settings.layer is not None:
            raise DataError(f"{path}: has no layers; remove layer = '{settings.layer}'")
        needed = _required(columns, what=what, has_geometry=False)

        def fits(rows: list[tuple[int, list[str]]]) -> bool:
            return any(needed <= _columns_named(texts, columns).keys() for texts in _header_rows(rows))

        return read_rows(path, encoding=settings.encoding, sheet=settings.sheet, fits=fits), path.stem
    if ending in LAYER_ENDINGS or path.is_dir():
        if settings.sheet is not None:
            raise DataError(f"{path}: has no sheets; remove sheet = '{settings.sheet}'")
        return read_layer_rows(path, encoding=settings.encoding, layer=settings.layer), path.stem
    mend = "save it as .xlsx" if ending in {".xls", ".et", ".ods", ".wps"} else "give a .csv, .xlsx or map layer"
    raise DataError(f"{path}: isn't a register; {mend} (.csv, .tsv, .txt, .xlsx, {', '.join(LAYER_ENDINGS)})")


def _required(columns: Sequence[Column], *, what: What | None, has_geometry: bool) -> set[str]:
    """Columns without which there is nothing to read; a register's ids can be made, and rows tell what kinds lack."""
    if what is None:
        return {one.id for one in columns if one.required}
    made = {columns[0].id, _KIND.id, *((_LON.id, _LAT.id) if has_geometry else ())}
    return {one.id for one in columns if one.required} - made


def _header_rows(rows: list[tuple[int, list[str]]]) -> list[list[str]]:
    """The first rows as headers: each by itself, then each filled up from the row below (merged cells)."""
    first = [texts for _, texts in rows[:_HEADER_ROWS]]
    merged = []
    for i in range(len(first) - 1):
        above, below = first[i], first[i + 1]
        size = max(len(above), len(below))
        pairs = zip(above + [""] * (size - len(above)), below + [""] * (size - len(below)), strict=True)
        merged.append([lower or upper for upper, lower in pairs])
    return first + merged


def _header(
    table: Table, columns: Sequence[Column], what: What | None, settings: ReadingSection
) -> tuple[int, list[str], list[Words]]:
    """Where the rows below the headers begin, the frames' column name of each header ("" for a blank), what is told."""
    short = Path(table.name).name
    needed = _required(columns, what=what, has_geometry=table.geometry is not None)
    # where it is surveyed what isn't there, a community is place enough
    unlocated = needed - {_LON.id, _LAT.id} | {_STATUS.id, _COMMUNITY.id} if what == "sites" else needed
    if table.header is not None:
        texts = list(table.header)
        return 0, _names(table.name, "its fields", texts, columns, needed, settings=settings, layer=True), []
    if not table.rows:
        raise DataError(
            f"{table.name}: is empty; fill in the headers "
            f"{', '.join(str(one) for one in columns if one.id in needed)} and a row"
        )
    candidates = _header_rows(table.rows)
    n = min(len(table.rows), _HEADER_ROWS)
    best, most = 0, (False, -1)
    for i, texts in enumerate(candidates):
        have = _columns_named(texts, columns).keys()
        whole = needed <= have or unlocated <= have
        if (whole or i < n) and (whole, len(have)) > most:
            best, most = i, (whole, len(have))
    if unlocated <= _columns_named(candidates[best], columns).keys():
        needed -= {_LON.id, _LAT.id}
    merged = best >= n
    first = best - n if merged else best
    row = table.rows[first][0]
    lines = str(row)
    where = f"row {row}"
    if merged:
        lines = f"{row}-{table.rows[first + 1][0]}"
        where = f"rows {lines}"
    texts = candidates[best]
    names = _names(table.name, where, texts, columns, needed, settings=settings)
    notes = []
    if row != 1 or merged:
        notes.append(Words(f"{short}：表头在第{lines}行", f"{short}: the headers stand in {where}"))
    return first + (2 if merged else 1), names, notes


def _columns_named(texts: Sequence[str], columns: Sequence[Column]) -> dict[str, list[int]]:
    """For each column the cells that are its header, of the strongest sort that occurs: own, synonym, weak synonym."""
    keys = [_header_key(text) for text in texts]
    out: dict[str, list[int]] = {}
    for one in columns:
        own = () if one.fixed else (one.id, one.zh)
        for words in (own, one.also, one.weak):
            spelled = {_header_key(word) for word in words}
            hits = [i for i, key in enumerate(keys) if key and key in spelled]
            if hits:
                out[one.id] = hits
                break
    return out


def _names(
    name: str, where: str, texts: Sequence[str], columns: Sequence[Column], needed: set[str],
    *, settings: ReadingSection, layer: bool = False,
) -> list[str]:  # fmt: skip
    hits = _columns_named(texts, columns)
    missing = [one for one in columns if one.id in needed and one.id not in hits]
    for one in columns:
        if one.fixed and one.id not in hits:
            listed = head([text for text in texts if text], most=20)
            raise DataError(
                f"{name}: the config says {one.id} = '{one.also[0]}', but the headers are {listed}; name one of them"
            )
    if missing:
        seen = head([text for text in texts if text], most=12)
        raise DataError(
            f"{name}: {where} lacks the headers {', '.join(map(str, missing))}; write each in Chinese or English, or "
            f'say which it is, as in columns = {{{missing[0].id} = "…"}} (there are {seen or "none"})'
        )
    for column_id, at in hits.items():
        if len(at) > 1:
            rivals = [texts[i] for i in at]
            if len({_header_key(text) for text in rivals}) > 1 and not any(
                one.id == column_id and _header_key(text) in {_header_key(one.id), _header_key(one.zh)}
                for one in columns for text in rivals
            ):  # fmt: skip
                raise DataError(
                    f"{name}: the headers {', '.join(map(_quoted, rivals))} in {where} may each be {column_id}; "
                    f'choose one with columns = {{{column_id} = "{rivals[0]}"}}'
                )
            raise DataError(
                f"{name}: the headers {', '.join(_quoted(text) for text in rivals[1:])} stand twice in {where}; "
                "keep one of each"
            )
    names = list(texts)
    taken: dict[int, str] = {}
    for column_id, (i, *_) in hits.items():
        if i in taken:
            raise DataError(
                f"{name}: the header {_quoted(texts[i])} is taken for {taken[i]} and {column_id}; name another"
            )
        taken[i] = column_id
        names[i] = column_id
        _check_units(name, column_id, texts[i], settings)
    folded = [one.casefold() for one in names]
    again = [one for i, one in enumerate(names) if one and folded[i] in folded[:i]]
    if again:
        raise DataError(
            f"{name}: the headers {', '.join(map(_quoted, again))} stand twice in {where}; keep one of each"
        )
    reserved = [one for one in names if one.casefold() in _RESERVED]
    if reserved and not layer:
        raise DataError(
            f"{name}: the headers {', '.join(reserved)} in {where} have a meaning of their own; rename them"
        )
    return [f"given_{one}" if one.casefold() in _RESERVED else one for one in names]


def _columns_of(names: Sequence[str], columns: Sequence[Column]) -> list[Column | None]:
    known = {one.id: one for one in columns}
    return [known.get(name) for name in names]


def _texts_above(table: Table, at: int, width: int) -> list[str]:
    """The headers as the file has them."""
    if table.header is not None:
        return list(table.header)
    texts = table.rows[at - 1][1] if at else []
    return (texts + [""] * width)[:width]


def _header_key(text: str) -> str:
    """A header as headers are compared: without case, spaces, marks and what stands in brackets.

    >>> _header_key("建筑面积（㎡）*") == _header_key(" 建筑面积 ")
    True
    """
    folded = plain(text).casefold()
    bare = re.sub(r"[\s_*:.\-]", "", _BRACKETS.sub("", folded))
    return bare or re.sub(r"\s", "", folded)


def _check_units(name: str, column_id: str, text: str, settings: ReadingSection) -> None:
    """Refuse a header whose brackets hold a unit or a coordinate system other than the one that is read."""
    for inside in _BRACKETS.findall(unicodedata.normalize("NFKC", text).casefold()):
        word = inside.replace(" ", "").removeprefix("单位").strip(":")
        if word in _OTHER_UNITS:
            unit = "square metres" if column_id == _FLOOR_AREA.id else "single units"
            raise DataError(f"{name}: the header {_quoted(text)} counts in {word}; give {unit}")
        system = next((_OTHER_SYSTEMS[key] for key in _OTHER_SYSTEMS if key in word), None)
        if column_id in {_LON.id, _LAT.id} and system is not None and "coordinates" not in settings.model_fields_set:
            raise DataError(
                f'{name}: the header {_quoted(text)} names another system than WGS84; write coordinates = "{system}", '
                'or coordinates = "wgs84" if it is wrong'
            )


def _without_personal(sheet: _Sheet) -> _Sheet:
    personal = [name for name in sheet.cells if name not in sheet.found and _PERSONAL.search(str(name))]
    if not personal:
        return sheet
    which = named(personal)
    note = Words(
        f"{sheet.short}：含居民个人信息的栏不读取：{which.zh}",
        f"{sheet.short}: the columns {which.en} hold personal data of residents and are not read",
    )
    return sheet._replace(cells=sheet.cells.drop(columns=personal), notes=[*sheet.notes, note])


def _with_ids(sheet: _Sheet, column: Column, stem: str, what: What) -> _Sheet:
    """The register with ids: its own, each once; else of the file's name and the row, the same at each reading."""
    cells = sheet.cells.copy()
    header = sheet.columns.get(column.id)
    rows = cells.index.astype("str")
    if header is None:
        cells.insert(0, column.id, [f"{stem}-{row}" for row in rows])
        cells[column.id] = cells[column.id].astype("str")
        note = Words(
            f"{sheet.short}：没有编号，以文件名加行号作为编号（如 {stem}-{rows[0]}）",
            f"{sheet.short}: has no ids; each row's is made of the file's name and its number ({stem}-{rows[0]})",
        )
        return sheet._replace(cells=cells, notes=[*sheet.notes, note])
    if what != "areas":
        mend = {
            "sites": "put all kinds of one site into one row, separated by 、",
        }.get(what, f"give each {_REGISTERS[what][0]} an id of its own")
        _check_ids(cells[column.id], column, mend, sheet.problems)
    if _header_key(header) in {_header_key(word) for word in column.weak}:
        cells[column.id] = (f"{stem}-" + cells[column.id]).astype("str")
        first = cells[column.id].iloc[0]
        note = Words(
            f"{sheet.short}：以文件名加「{header}」作为编号，如 {first}",
            f"{sheet.short}: ids are the file's name and {header}, such as {first}",
        )
        return sheet._replace(cells=cells, notes=[*sheet.notes, note])
    return sheet


def _rows(sheet: _Sheet, key: Column) -> dict[str, int]:
    return dict(zip(sheet.cells[key.id], map(int, sheet.cells.index), strict=True))


def _leftovers(sheet: _Sheet, listed: Sequence[tuple[int, str, Words]]) -> pd.DataFrame:
    rows = [row for row, _, _ in listed]
    told = pd.DataFrame(listed, columns=["row", "why", "told"])
    return pd.concat([told, sheet.cells.loc[rows].reset_index(drop=True)], axis=1)


def _notes(sheet: _Sheet, leftovers: pd.DataFrame) -> tuple[Words, ...]:
    """What a run tells of the register: what was mended, then what was left over."""
    notes = list(sheet.notes)
    for text, rows in sheet.mended.items():
        at = _rows_words(rows)
        notes.append(Words(f"{sheet.short}：{at.zh}：{text.zh}", f"{sheet.short}: {at.en}: {text.en}"))
    for why, mend in (
        ("kind", Words("请按模板「说明」表中的名称填写类别", "name their kind as the template's sheet 说明 does")),
        ("coordinates", Words("请按地址查出坐标", "look their addresses up")),
    ):
        left = leftovers[leftovers["why"] == why]
        if not len(left):
            continue
        said = list(dict.fromkeys(left["told"]))
        zh, en = named(one.zh for one in said).zh, named(one.en for one in said).en
        n, whole, at = len(left), len(sheet.cells), _rows_words(list(left["row"]))
        notes.append(
            Words(
                f"{sheet.short}：{whole:,}行中有{n:,}行不能用（{zh}）：{at.zh}；{mend.zh}",
                f"{sheet.short}: {n:,} of {whole:,} rows can't be used ({en}): {at.en}; {mend.en}",
            )
        )
    return tuple(notes)


# A register's columns, checked: what is wrong is noted with its rows, then refused at once


def _note(noted: dict[_Said, list[int]], rows: Iterable[int], text: _Said) -> None:
    for row in rows:
        noted.setdefault(text, []).append(int(row))


def _refuse(name: str, problems: _Noted) -> None:
    if not problems:
        return
    ordered = sorted(problems.items(), key=lambda problem: (problem[1], problem[0]))
    parts = [f"{_rows_text(rows)}: {text}" for text, rows in ordered[:_MOST_PROBLEMS]]
    if len(ordered) > _MOST_PROBLEMS:
        rest = sorted({row for _, rows in ordered[_MOST_PROBLEMS:] for row in rows})
        parts.append(f"{_rows_text(rest)}: more of the same")
    raise DataError(f"{name}: {'; '.join(parts)}")


def _refuse_all_unlocated(sheet: _Sheet, placed: BoolArray) -> None:
    if not placed.any():
        raise DataError(
            f"{sheet.name}: none of {len(placed):,} rows has coordinates; look the addresses up first and fill in "
            f"{_LON} and {_LAT}, or draw the shapes"
        )


def _rows_text(rows: Sequence[int]) -> str:
    """The rows of an error, as `_rows_words` has them in English."""
    return _rows_words(rows).en


def _rows_words(rows: Sequence[int]) -> Words:
    """The rows, runs joined; what is too much for a message is counted.

    >>> _rows_words([2, 3, 4, 9])
    Words(zh='第2-4、9行', en='rows 2-4, 9')
    >>> _rows_words([5])
    Words(zh='第5行', en='row 5')
    """
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    listed = [str(first) if first == last else f"{first}-{last}" for first, last in runs[:_MOST_RUNS]]
    more = sum(last - first + 1 for first, last in runs[_MOST_RUNS:])
    rest = Words(f"，另有{more}行", f" and {more} more") if more else Words("", "")
    return Words(
        f"第{'、'.join(listed)}行{rest.zh}", f"{'row' if len(rows) == 1 else 'rows'} {', '.join(listed)}{rest.en}"
    )


def _quoted(text: str) -> str:
    return repr(_shortened(text))


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _check_ids(ids: pd.Series[str], column: Column, mend: str, problems: _Noted) -> None:
    _note(problems, ids.index[ids == ""], f"{column} is missing, give each row an id of its own")
    alike = ids.str.normalize("NFKC").str.replace(r"\s", "", regex=True)
    again = ids[(ids != "") & alike.duplicated(keep=False)]
    for _, rows in again.groupby(alike[again.index], sort=False):
        spellings = list(dict.fromkeys(rows))
        what = f"{_quoted(spellings[0])} is repeated"
        if len(spellings) > 1:
            what = f"{' and '.join(map(_quoted, spellings[:3]))} differ only by spaces or wide characters"
        _note(problems, rows.index, f"{column} {what}, {mend}")


def _numbers(sheet: _Sheet, column: Column, mend: str, *, comma: Literal["thousands", "decimal"]) -> FloatArray:
    """A column's numbers; nan where a cell is empty, or noted as unreadable."""
    texts = sheet.cells[column.id]
    plain = texts.str.normalize("NFKC")  # full-width digits are digits
    digits = plain.where(plain.str.fullmatch(_NUMBER.pattern))
    numbers = pd.to_numeric(digits, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    open_rows = np.flatnonzero((texts != "").to_numpy() & ~np.isfinite(numbers))
    for i in open_rows:
        row, text = int(texts.index.to_numpy()[i]), str(plain.iloc[i])
        read = _odd_number(text, column, comma)
        if read is None:
            quoted = _quoted(str(texts.iloc[i]))
            if _DATE.match(text):
                _note(
                    sheet.problems,
                    [row],
                    f"{column} {quoted} is a date, which a spreadsheet made of the value; retype it",
                )
            else:
                _note(sheet.problems, [row], f"{column} {quoted} isn't a number, {mend}")
        else:
            numbers[i], told = read
            _note(sheet.mended, [row], Words(f"{column.zh}：{told.zh}", f"{column}: {told.en}"))
    return np.where(np.isfinite(numbers), numbers, np.nan)


_GROUPED = Words("逗号按千位分隔符读取", "its commas are read as marks of thousands")
_POINTED = Words("逗号按小数点读取", "its commas are read as decimal points")
_CONVERTED = Words("由度、分、秒换算", "read from degrees, minutes and seconds")


def _odd_number(text: str, column: Column, comma: str) -> tuple[float, Words] | None:
    """A number with commas, or an angle in degrees, minutes and seconds, and how it was read; None for neither."""
    if comma == "thousands" and _THOUSANDS.fullmatch(text):
        return float(text.replace(",", "")), _GROUPED
    if _COMMA_DECIMAL.fullmatch(text):
        return float(text.replace(",", ".")), _POINTED
    if column not in _ANGLES:
        return None
    angle = _DEGREES.fullmatch(text.translate(_MARKS).replace("′", "'"))
    if angle is None:
        return None
    minutes, seconds = float(angle["m"] or 0), float(angle["s"] or 0)
    marks = [mark.upper() for mark in (angle["before"], angle["after"]) if mark]
    fitting = ("东经", "西经", "E", "W") if column.id == _LON.id else ("北纬", "南纬", "N", "S")
    if minutes >= 60 or seconds >= 60 or any(mark not in fitting for mark in marks):
        return None
    degrees = float(angle["d"])
    size = abs(degrees) + minutes / 60 + seconds / 3600
    south_west = degrees < 0 or any(mark in _SOUTH_WEST for mark in marks)
    return -size if south_west else size, _CONVERTED


_ANGLES = (_LON, _LAT)


def _amounts(sheet: _Sheet, column: Column) -> FloatArray:
    amounts = _numbers(sheet, column, "give digits without a unit", comma="thousands")
    negative = sheet.cells.index[amounts < 0]
    _note(sheet.problems, negative, f"{column} is negative, give a number of at least 0")
    return amounts


def _geometry(sheet: _Sheet, settings: ReadingSection) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Each row's shape in EPSG:4326; None where it has none."""
    if sheet.geometry is not None:
        return _layer_shapes(sheet, settings)
    out = np.full(len(sheet.cells), None, dtype=object)
    if _LON.id not in sheet.cells or _LAT.id not in sheet.cells:
        return out
    blank = ((sheet.cells[_LON.id] == "") & (sheet.cells[_LAT.id] == "")).to_numpy()
    lon, lat = _coordinates(sheet, blank, settings)
    usable = np.isfinite(lon) & np.isfinite(lat) & ~blank
    out[usable] = shapely.points(lon[usable], lat[usable])
    return out


def _layer_shapes(sheet: _Sheet, settings: ReadingSection) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
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
    _note(sheet.problems, sheet.cells.index[afar], "its shape isn't on earth, check its coordinate system")
    out = np.full(len(shapes), None, dtype=object)
    for i, shape in enumerate(shapes):
        out[i] = None if shape is None or shape.is_empty else shape
    return out


def _coordinates(sheet: _Sheet, blank: BoolArray, settings: ReadingSection) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes in WGS84; nan or out of range only where a problem is noted or both are blank."""
    system = _system(sheet, settings)
    in_metres = system not in {"wgs84", "gcj02", "bd09", "cgcs2000"}
    mend = "give WGS84 degrees such as 116.5872 (经度/lon) and 35.4148 (纬度/lat)"
    mend = f"give metres in {system}" if in_metres else mend.replace("WGS84", system.upper())
    comma: Literal["thousands", "decimal"] = "thousands" if in_metres else "decimal"
    x, y = (_numbers(sheet, column, mend, comma=comma) for column in (_LON, _LAT))
    index = sheet.cells.index
    for column in (_LON, _LAT):
        half = (sheet.cells[column.id] == "").to_numpy() & ~blank
        _note(sheet.problems, index[half], f"{column} is missing, {mend}")
    _note(sheet.problems, index[(x == 0) & (y == 0)], f"{_LON} and {_LAT} are both 0, {mend}")
    if system != "wgs84":
        given = np.isfinite(x) & np.isfinite(y)
        x, y = _to_wgs84(sheet, x, y, system)
        _note(
            sheet.problems, index[given & ~(np.isfinite(x) & np.isfinite(y))], f"{_LON} and {_LAT} aren't in {system}"
        )
    swapped = _look_swapped(x, y)
    afar = ((np.abs(x) > 180) | (np.abs(y) > 90)) & ~swapped
    _note(sheet.problems, index[swapped], f"{_LON} and {_LAT} are swapped, exchange them")
    _note(
        sheet.problems,
        index[afar],
        f"{_LON} and {_LAT} aren't degrees on earth, {mend}; or say what they are (coordinates)",
    )
    return x, y


def _system(sheet: _Sheet, settings: ReadingSection) -> str:
    """The id of the system that the config names."""
    if settings.coordinates.casefold() in {"wgs84", "wgs-84", "epsg:4326"}:
        return "wgs84"  # without a look at the others
    try:
        return str(importlib.import_module("circle15.sources.coordinates").checked_system(settings.coordinates))
    except InputError as error:
        raise DataError(f"{sheet.name}: {error}") from None


def _to_wgs84(sheet: _Sheet, x: FloatArray, y: FloatArray, system: str) -> tuple[FloatArray, FloatArray]:
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


def _blanks_missing(table: pd.DataFrame) -> pd.DataFrame:
    return table.where(table != "", None).astype("str")


# Areas of the map


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
