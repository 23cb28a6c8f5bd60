"""What `circle15 init` leaves: a starter config, templates of the registers, and a page that says what comes next."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from circle15 import checklist
from circle15.checklist.forms import forms
from circle15.errors import ConfigError
from circle15.outputs.workbook import still_bytes
from circle15.sources.registers import EXAMPLE_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openpyxl.worksheet.worksheet import Worksheet

    from circle15.checklist.forms import Form, FormColumn

__all__ = ["write_starter"]


def write_starter(folder: Path) -> list[Path]:
    """Write a starter config, the register templates and a page of advice into a folder, all or nothing.

    Parameters
    ----------
    folder : doesn't exist or is empty.

    Returns
    -------
    The files written: study.toml, README.md and a template of each of the nine forms (XLSX; facilities and
    residences as CSV, too).

    Raises
    ------
    ConfigError
        when the folder is a file, holds anything, or can't be written; nothing is changed then.
    """
    files = _files()
    try:
        exists = folder.exists()
        if exists and not folder.is_dir():
            raise ConfigError(f"{folder}: is a file; name a new or empty folder")
        if exists and any(folder.iterdir()):
            raise ConfigError(f"{folder}: isn't empty; name a new or empty folder, so that nothing is overwritten")
        folder.parent.mkdir(parents=True, exist_ok=True)
        # An empty folder stays the same folder, since somebody's shell may stand in it: its files are staged inside.
        staged = Path(tempfile.mkdtemp(prefix=".circle15-", dir=folder if exists else folder.parent))
        try:
            staged.chmod(0o755)
            for name, content in files.items():
                (staged / name).write_bytes(content)
            if exists:
                _move_in(staged, folder, files)
            else:
                staged.rename(folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"{folder}: can't be written ({error.strerror}); choose another folder") from None
    return [folder / name for name in files]


def _move_in(staged: Path, folder: Path, names: Mapping[str, bytes]) -> None:
    moved: list[Path] = []
    try:
        for name in names:
            (staged / name).rename(folder / name)
            moved.append(folder / name)
    except OSError:
        for path in moved:
            path.unlink()
        raise


_CSV_TOO = ("facilities", "residences")
"""Forms that are written as CSV, too: what other programs export."""

_WIDTHS = {"name": 42, "kind": 32, "opening_hours": 24, "item": 32, "title": 32}
_MOST_ROWS = 1_048_576  # of a sheet: the drop-downs reach to its end


def _files() -> dict[str, bytes]:
    """Every file by name, in the order in which a planner needs them."""
    files = {"study.toml": _CONFIG.encode()}
    for form in forms().values():
        if form.id in _CSV_TOO:
            files[f"{form.zh}.csv"] = _csv(form)
        files[f"{form.zh}.xlsx"] = _xlsx(form)
    return files | {"README.md": _README.encode()}


def _csv(form: Form) -> bytes:
    """The template as CSV: with a byte order mark, without which Excel shows no Chinese."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[column.zh for column in form.columns], _example(form)])
    return text.getvalue().encode("utf-8-sig")


def _example(form: Form) -> list[str | float]:
    """A row that shows what the columns take, and that readers skip by its id."""
    return [_example_cell(form, column) for column in form.columns]


def _example_cell(form: Form, column: FormColumn) -> str | float:
    if column.id == form.key:
        return EXAMPLE_ID
    if column.id == "name":
        return "示例（读取时跳过本行）"
    if column.type in {"number", "whole"}:
        return float(column.example) if column.example else 1
    if column.choices:
        return column.choices[0].zh
    return "2026-01-01" if column.type == "date" else column.example


def _xlsx(form: Form) -> bytes:
    book = Workbook()
    sheet, notes = book.worksheets[0], book.create_sheet("说明")
    sheet.title = form.zh
    sheet.append([column.zh for column in form.columns])
    sheet.append(_example(form))
    _style_header(sheet, 1)
    for cell in sheet[2]:
        cell.font = Font(italic=True, color="808080")
    sheet.freeze_panes = "A2"
    kinds_at = _write_notes(notes, form)
    for i, column in enumerate(form.columns, start=1):
        letter = get_column_letter(i)
        sheet.column_dimensions[letter].width = _WIDTHS.get(column.id, 14)
        if column.type == "id" or column.id.endswith("_id"):
            sheet.column_dimensions[letter].number_format = "@"  # text: 0012 stays 0012
        if column.type == "kind":
            _add_choices(sheet, letter, f"'说明'!$A${kinds_at}:$A${kinds_at + len(checklist.KINDS) - 1}")
        if column.choices:
            _add_choices(sheet, letter, f'"{",".join(choice.zh for choice in column.choices)}"')
    return still_bytes(book, datetime(2026, 1, 1))


def _write_notes(sheet: Worksheet, form: Form) -> int:
    """The sheet 说明: a line for each column, then the kinds; the row of the first kind."""
    sheet.append([f"编号为“{EXAMPLE_ID}”的行读取时跳过。", None, None, f"Rows with the id {EXAMPLE_ID} are skipped."])
    sheet.append(["列", "English", "必填 Required", "填写说明", "How to fill it in"])
    _style_header(sheet, sheet.max_row)
    for column in form.columns:
        required = "是 yes" if column.required else "否 no"
        sheet.append([column.zh, column.id, required, *_note(column)])
    for letter, width in zip("ABCDE", (30, 28, 14, 62, 82), strict=True):
        sheet.column_dimensions[letter].width = width
    if not any(column.type == "kind" for column in form.columns):
        return 0
    sheet.append([])
    sheet.append(["类别", "English id", "组 Group", None, "English"])
    _style_header(sheet, sheet.max_row)
    first = sheet.max_row + 1
    for kind in (*checklist.kinds(), *checklist.extension_kinds()):
        sheet.append([kind.zh, kind.id, kind.group_zh, None, kind.en])
    return first


def _note(column: FormColumn) -> tuple[str, str]:
    """What to write into a column, in Chinese and in English."""
    zh, en = [column.note_zh], [column.en, column.note_en]
    if column.choices:
        zh.append("、".join(choice.zh for choice in column.choices))
        en.append("one of " + ", ".join(f"{choice.zh} ({choice.en})" for choice in column.choices))
    if column.type in {"number", "whole"} and not column.note_zh:
        zh.append("只写数字" if column.type == "number" else "只写整数")
        en.append("digits only" if column.type == "number" else "a whole number")
    if column.type == "date":
        zh.append("如 2026-01-01")
        en.append("such as 2026-01-01")
    return "；".join(filter(None, zh)), "; ".join(filter(None, en))


def _style_header(sheet: Worksheet, row: int) -> None:
    for cell in sheet[row]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E8EEF2")
        cell.alignment = Alignment(horizontal="left")


def _add_choices(sheet: Worksheet, letter: str, choices: str) -> None:
    """A drop-down that offers but doesn't insist: several kinds in one cell, and extension kinds, are typed."""
    offer = DataValidation(type="list", formula1=choices, allow_blank=True, showErrorMessage=False)
    offer.add(f"{letter}2:{letter}{_MOST_ROWS}")
    sheet.add_data_validation(offer)


_CONFIG = """\
# 一刻钟社区服务圈研究设置。先改 id、标题和 [osm] 的 file；其余都是默认值。行首有 # 的设置是可选的，去掉“# ”即生效。
# Settings of a study of the 15-minute circle. First change id, the titles and [osm] file; the rest are defaults.
# A setting behind a # is optional: remove the "# " to use it. Paths are relative to this file.

# 代号：英文字母、数字、- 和 _。 Id: letters, digits, - and _.
id = "my-city"
title_zh = "我的城市一刻钟社区服务圈"
title_en = "My city: the 15-minute circle"
# 居住点和片区都没有注明城乡时按此：urban 城镇，rural 农村。 Where neither residences nor areas say: urban or rural.
setting = "urban"
# 要对照的政策文件。 Policy documents to compare with.
# policies = ["guanghe_2019", "zhejiang_2025", "shaoyang_2025", "panzhihua_2020", "northeast_city"]
# 只研究这个方框里的居住点：西、南、东、北。 Only residences in this box: west, south, east, north.
# within = [116.50, 35.36, 116.66, 35.46]
# 填好的核实表（上次运行留下的 survey.xlsx）。 A survey list of a former run, filled in.
# survey = "survey.xlsx"
# 审图号。 The map's review number.
# map_review_number = "GS(xxxx)xxxx号"
# 只算此刻开放的设施（开放时间不详的为可能可达）；不写则不论时间。
# Only what is open then counts, unknown hours make it possible; else hours don't matter.
# at = "2026-11-23T19:00"
# 设施所在时区；中国的节假日和调休只用于 Asia/Shanghai。 The places' time zone; China's holidays hold in this one only.
timezone = "Asia/Shanghai"

[osm]
# 自备的 OpenStreetMap 数据（.osm.pbf 或 .osm），放在本文件夹。 Your OpenStreetMap extract, put into this folder.
file = "city.osm.pbf"
# 数据范围（西、南、东、北）；不写则取文件自带范围。 What the data covers; else what the file says.
# extent = [116.45, 35.32, 116.70, 35.50]
# 数据日期；填写则代替文件所写。 The data's date, instead of what the file says.
# data_date = "2026-01-01"
# 数据不是 OpenStreetMap 时的来源和许可，显示在各页。 Whose the data is, where it isn't OpenStreetMap's.
# attribution = "© 我市测绘院 The city's survey"
# 确信 OSM 已收录齐全的类别：只有齐全的类别才会判为缺口，其余为缺数据；并写明理由。
# Kinds that OSM is believed to have all of: only these can be gaps, others are unknown. Say why.
complete = []
# complete_why = { zh = "2026年已逐街核对。", en = "Checked street by street in 2026." }

# 设施登记表（可多个，每个一节）：CSV、XLSX、GeoPackage、GeoJSON、Shapefile（.shp、文件夹或 .zip）、KML；
# complete 是表里已登记齐全的类别。
# Registers of sites (one section each): tables or map layers; complete: the kinds of which it lists every site.
# [[registers]]
# file = "设施登记表.xlsx"
# complete = ["community_committee_office"]
# 只在这些社区（area_id）登记齐全；不写则处处齐全。 Complete in these communities only (area_id); else everywhere.
# complete_in = ["c1"]
# 也可以读 PostGIS 数据库（代替 file；密码放在 PGPASSWORD 或 .pgpass），写 table 或 sql。
# Or a PostGIS database in place of the file (password in PGPASSWORD or .pgpass), with table or sql.
# database = "postgresql://user@host/city"
# table = "public.sites"
# sql = "SELECT * FROM sites"
# 没有写类别的行都算这一类。 What rows without a kind of their own are.
# kind = "pharmacy"
# 坐标系：wgs84、gcj02（高德、腾讯）、bd09（百度）、cgcs2000 或 EPSG 代码。
# The system of the coordinates: wgs84, gcj02 (Amap, Tencent), bd09 (Baidu), cgcs2000 or an EPSG code.
# coordinates = "gcj02"
# 与地图不符时会停止计算；您核对过、确认无误时写这一行。
# Coordinates that don't fit the map stop a run; write this if you have looked and they are right.
# coordinates_checked = true
# 文本或 Shapefile 的编码；不写则自动识别，拿不准会问。 Of text and Shapefiles; else found, and asked for in doubt.
# encoding = "gbk"
# 工作表；图层。不写则取唯一合适的。 The workbook's sheet; the file's layer; else the only one that fits.
# sheet = "Sheet1"
# layer = "sites"
# 认不出的表头写在这里；编号所在的列。 Headers that aren't recognised; the header of the ids.
# columns = {name = "单位"}
# id_column = "编号"

[residences]
# 居住点登记表或图层（格式同上）；不写则用下列 OSM 建筑。 Residences, table or layer; else the OSM buildings below.
# file = "居住点登记表.xlsx"
# 或者数据库，代替 file。 Or a database in place of the file.
# database = "postgresql://user@host/city"
# table = "public.homes"
# sql = "SELECT * FROM homes"
# 坐标系：wgs84、gcj02（高德、腾讯）、bd09（百度）、cgcs2000 或 EPSG 代码。
# The system of the coordinates: wgs84, gcj02 (Amap, Tencent), bd09 (Baidu), cgcs2000 or an EPSG code.
# coordinates = "gcj02"
# 与地图不符时会停止计算；您核对过、确认无误时写这一行。
# Coordinates that don't fit the map stop a run; write this if you have looked and they are right.
# coordinates_checked = true
# 文本或 Shapefile 的编码；不写则自动识别，拿不准会问。 Of text and Shapefiles; else found, and asked for in doubt.
# encoding = "gbk"
# 工作表；图层。不写则取唯一合适的。 The workbook's sheet; the file's layer; else the only one that fits.
# sheet = "Sheet1"
# layer = "homes"
# 认不出的表头写在这里；编号所在的列。 Headers that aren't recognised; the header of the ids.
# columns = {name = "楼栋名"}
# id_column = "编号"
# 权重的含义：residents 居民人数，dwellings 户数，floor_area_m2 建筑面积（OSM 建筑只能用它）。
# What a weight is: residents, dwellings or floor_area_m2 (the only one for OSM buildings).
weight_meaning = "floor_area_m2"
# 视为住宅的 OSM 建筑类型。 Types of OSM buildings that people live in.
buildings = [
    "apartments", "bungalow", "cabin", "detached", "dormitory", "farm", "ger", "house", "houseboat", "residential",
    "semidetached_house", "static_caravan", "terrace",
]
# 没有写明层数的建筑按几层算。 Storeys of a building that doesn't say.
default_levels = 2.0
# 人口栅格（GeoTIFF）：各格人口按建筑面积（或户数）分到居住点，权重即为居民人数。
# A population raster: each cell's people are spread by floor area (or dwellings); weights are residents then.
# population = "population.tif"
# 栅格没有注明单位时：count 每格人数，per_km2 或 per_ha 密度。 Where the raster doesn't say: a number or a density.
# population_unit = "count"
# 权重是户数（dwellings）时，每户人数：权重换算为居民人数。 Where weights are dwellings: people in each; residents then.
# household_size = 2.6
# 有自己人口数的小区（面图层：compound_id、weight），以其为准。 Compounds with residents of their own, which then count.
# compounds = "compounds.gpkg"

[areas]
# 社区和街道（区）的边界图层，含 level（community 或 district）、area_id、name。
# Boundaries of communities and districts: level (community or district), area_id and name.
# file = "areas.gpkg"
# 或者取 OSM 行政区划的级别（与 file 二选一）。 Or admin levels of OSM (in place of file).
# community_admin_level = 10
# district_admin_level = 8

[walk]
# 步行方式：planning（1.0 米/秒）、adult、elderly、child、wheelchair。 How people walk; planning is 1.0 m/s.
profile = "planning"
# 地面高程（GeoTIFF 或 .hgt）：adult、elderly、child 和 wheelchair 按坡度计时；planning 不用。
# Heights of the ground: adult, elderly, child and wheelchair are timed by slope; planning has no use for them.
# elevation = "heights.tif"
# 居住点离最近街道的最大距离（米），更远为未连通。 Metres to the nearest street at most; farther is off the network.
max_snap_m = 200.0
# 不足此长度（米）的孤立街道不连接。 Islands with fewer metres of street are not snapped to.
min_component_m = 500.0
# 小区内未标注通行权限的道路：open 视为开放，closed 视为仅供本小区居民。
# Ways without access tags inside compounds: open to all, or closed to strangers.
compound_default = "open"
# 地图之外的小区：面图层，含 compound_id、name。 Compounds beside those on the map: polygons with compound_id, name.
# compounds = "compounds.gpkg"
# 出入口登记表（表格或点图层）：出入口编号、名称、通行（开放或封闭）、经度、纬度。
# A register of gates (table or points on a map): gate_id, name, access (open or closed), lon, lat.
# gates = "gates.csv"
# 假设打开这些封闭的出入口（编号见 gates.parquet），或 "all" 全部打开。 What if these closed gates were open, or "all"?
# open_gates = ["n123"]
# 计时起点：door 家门，gate 小区最近的出入口。 Where the clock starts: at the door, or at the compound's nearest gate.
origin = "door"

# 修改或新增步行方式（上面的 profile 写它的名字）；不写的项目沿用原值，新方式则为不减速、不等待。
# Changes a profile or defines one (name it in profile above); what isn't given stays, or slows nobody in a new one.
# [walk.profiles.pram]
# zh = "推婴儿车"
# en = "With a pram"
# basis = "本地调查。 A survey of ours."
# speed_m_s = 1.0
# stairs_factor = 0.0
# slope = true
# max_slope = 0.12
# crossing_delay_s = 5.0
# crossing_delay_signals_s = 20.0

[merging]
# 地图与登记表相距多少米以内的同名设施算同一处。 How far apart two sources may put the same site, in metres.
distance_m = 60.0

# 登记表之外的表格（模板见本文件夹）。 Figures and lists beside the registers; their templates are in this folder.
# [forms]
# community_figures = "社区数据表.xlsx"
# providers = "签约服务商登记表.xlsx"
# satisfaction = "满意度登记表.xlsx"
# demand_list = "三项清单.xlsx"
# inventory = "服务项目清单.xlsx"
# 只计官方清单所列事项。 Only items of the official list count.
# inventory_official = true

[thresholds]
# 步行分钟数。 Minutes on foot.
urban_min = 15.0
rural_min = 30.0

[density]
# 每公里街道的设施数低于此值，或低于全市中位数的此比例，就不再视为齐全。
# Sites per km of street, and share of the study's own median, under which OSM is not called complete.
floor_per_km = 0.1
median_share = 0.25

# 公开地图：权重小于此值的居住点和片区合并显示；自己的天地图密钥（有它才联网取底图）。
# The public map: what weighs less is shown merged; your own key of 天地图, with which alone it asks the network.
[map]
min_residents = 0.0
# tianditu_key = "0123456789abcdef0123456789abcdef"

# 选址：为哪些类别新增几处。 Siting: which kinds, and how many new sites.
# [siting]
# kinds = ["farmers_market"]
# p = 5
# spacing_m = 150.0
# gap = 0.005
# node_limit = 1000
"""

_README = """\
# 一刻钟社区服务圈

1. 把城市的 OpenStreetMap 数据（`city.osm.pbf`）放进本文件夹，并在 `study.toml` 里改好代号和标题。
2. 在 `设施登记表.xlsx`（或 `.csv`）里一行填一个设施，在 `居住点登记表` 里一行填一个居住点；“说明”页讲明每一列。
3. 编号为“示例”的行会跳过，可以删除。CSV 请存成“CSV UTF-8（逗号分隔）”；编号有前导零时请用 XLSX。
   其他表格（社区数据、签约服务商、满意度、三项清单等）需要时再填。
4. 在 `study.toml` 里去掉 `[[registers]]` 和 `[residences]` 的 `file` 前面的“# ”，登记表才会读入；
   并把 `weight_meaning` 改成权重的含义。
5. 先运行 `circle15 check study.toml` 查数据，再运行 `circle15 run study.toml --out out`，然后打开 `out/map.html`。

# The 15-minute circle

1. Put your city's OpenStreetMap extract (`city.osm.pbf`) into this folder, and set id and titles in `study.toml`.
2. Fill in one site a row in `设施登记表.xlsx` (or `.csv`), one residence a row in `居住点登记表`; see sheet 说明.
3. Rows with the id 示例 are skipped and may be deleted. Save CSV as "CSV UTF-8"; use XLSX for ids with leading zeros.
   The other forms (figures, providers, satisfaction, the three lists ...) are for those who have them.
4. Registers are read once the "# " before `[[registers]]` and before `file` in `[residences]` is removed;
   then let `weight_meaning` say what the weights are.
5. Run `circle15 check study.toml` first, then `circle15 run study.toml --out out`, and open `out/map.html`.
"""
