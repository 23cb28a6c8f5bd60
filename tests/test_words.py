"""Every note that the program can make, brought up by drawn data: Chinese and English, with the same figures."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import rasterio
import shapely
from affine import Affine

import circle15
from circle15 import Study, demo
from circle15.checklist import kind_spellings, policies
from circle15.config import RegisterSection
from circle15.errors import ConfigError
from circle15.outputs.report.gather import build, types_of, whole_scope
from circle15.outputs.report.layout import Table
from circle15.outputs.report.pages import report_document
from circle15.outputs.report.sketch import draw
from circle15.sources.coordinates import from_wgs84, judge_system
from circle15.sources.opening import calendar_note
from circle15.sources.osm import read_osm
from circle15.sources.registers import read_register
from circle15.words import Words, named, words_in
from drawn import drawn_town, osm_file, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PACKAGE = Path(circle15.__file__).parent
NOTED = sorted(
    [PACKAGE / "inputs.py", PACKAGE / "notes.py", PACKAGE / "quality.py", *(PACKAGE / "sources").rglob("*.py")]
)
"""Where notes are made; what else is said in two languages stands in tables of words, or is written by pages."""

Site = tuple[str, int]  # a file and a line
HAN = re.compile("[\u3400-\u9fff]+")
FULL_WIDTH = re.compile("[\u3000-\u303f\uff00-\uffef]")
TEMPLATE = "类别 经度 纬度 权重 说明"
"""Words of the templates that notes quote: headers, and the sheet that lists the kinds."""


def figures(text: str) -> Counter[str]:
    return Counter(re.findall(r"\d+(?:[.,:]\d+)*", text.replace("一刻钟", "15")))


def wrong(words: Words, data: str) -> str:
    """What is wrong with a pair; `data` is all that may be quoted in it."""
    if not words.zh and not words.en:
        return ""
    left = [run for run in HAN.findall(words.en) if run not in data]
    if left or FULL_WIDTH.search(words.en):
        return f"the English is partly Chinese: {words}"
    if not HAN.search(words.zh):
        return f"the Chinese isn't: {words}"
    return "" if figures(words.zh) == figures(words.en) else f"the figures differ: {words}"


# The data that brings them up

HOUSE = {"building": "apartments", "building:levels": "6"}
SHOPS = {
    21: (300, 5, {"shop": "supermarket", "name": "光河超市"}),
    22: (500, 5, {"shop": "greengrocer", "name": "老李菜店"}),  # possibly a market
    23: (600, 5, {"amenity": "clinic", "name": "光河诊所"}),  # possibly a health room
    24: (800, 5, {"amenity": "pharmacy", "name": "光河药房"}),
}
NAMES = ("甲米店", "乙粮行", "丙鞋庄", "丁茶社", "戊书屋", "己布庄", "庚酒坊")
KNOWN = {30 + i: (-1400 + 200 * i, 5, {"shop": "supermarket", "name": name}) for i, name in enumerate(NAMES)}
HEAD = "设施编号,名称,类别,经度,纬度"
CONFIG = """id = "village"
title_zh = "光河村"
title_en = "Guanghe village"
{top}
[osm]
file = "drawn.osm"
extent = {extent}
[areas]
file = "areas.geojson"
{more}
"""


def village(folder: Path, more: str, *, top: str = "") -> Study:
    """A street of 3 km with seven shops that the map alone has and four more; houses at 0, 1,000 and 2,500 m.

    The community c1 ends at 700 m, the data at 2,000 m; one house in four says only building=yes.
    """
    nodes: dict[int, Any] = {1: (-1500, 0, {}), 2: (1500, 0, {}), **SHOPS, **KNOWN}
    ways: dict[int, Any] = {1: ([1, 2], {"highway": "residential"})}
    for i, (east, tags) in enumerate([(0, HOUSE), (1000, HOUSE), (2500, HOUSE), (50, {"building": "yes"})]):
        ids = [100 + 10 * i + j for j in range(4)]
        corners = [(east, 10), (east + 10, 10), (east + 10, 20), (east, 20)]
        nodes |= {node: (*corner, {}) for node, corner in zip(ids, corners, strict=True)}
        ways[10 + i] = ([*ids, ids[0]], tags)
    osm_file(folder, nodes, ways)
    shape = shapely.Polygon([place(-1600, -100), place(700, -100), place(700, 500), place(-1600, 500)])
    areas = {"level": ["community"], "area_id": ["c1"], "name": ["光河社区"]}
    gpd.GeoDataFrame(areas, geometry=[shape], crs="EPSG:4326").to_file(folder / "areas.geojson")
    extent = [*place(-2000, -1000), *place(2000, 1000)]
    (folder / "village.toml").write_text(CONFIG.format(top=top, extent=extent, more=more), encoding="utf-8")
    return Study.from_config(folder / "village.toml")


def row(site_id: str, name: str, kind: str, at: tuple[float, float], *more: str, system: str = "wgs84") -> str:
    x, y = from_wgs84(*([value] for value in place(*at)), system)
    return ",".join([site_id, name, kind, f"{x[0]:.7f}", f"{y[0]:.7f}", *more])


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


def sources_that_disagree(folder: Path) -> None:
    """Two registers, a survey, gates and opening hours, each with something to tell."""
    write(
        folder / "r.csv", HEAD + ",开放时间",
        row("R1", "光河超市（总店）", "超市便利店", (310, 5), "看老板心情"),
        row("R2", "光河药房", "药店", (805, 5), ""),
        row("R3", "光河菜场", "农贸市场", (-1000, 5), ""), "R9,远方药店,药店,116.40,39.90,",
    )  # fmt: skip
    write(
        folder / "s.csv", HEAD + ",现状",
        row("S1", "光河诊所", "社区卫生室", (600, 5), "无"), row("S2", "光河药房", "药店", (806, 5), "无"),
        row("S3", "别处的菜店", "农贸市场", (-600, 5), "无"), row("S4", "光河修鞋铺", "维修点", (10, 5), "有"),
    )  # fmt: skip
    lon, lat = place(0, 500)
    write(folder / "gates.csv", "出入口编号,通行,经度,纬度", f"G1,封闭,{lon:.7f},{lat:.7f}")
    book = openpyxl.Workbook()
    book.active.append(["类别", "设施编号", "社区编号", "现状", "实际名称", "实际经度", "实际纬度"])
    book.active.append(["药店", "n999", None, "有"])
    book.active.append(["邮政网点", None, "c1", None])
    book.save(folder / "answers.xlsx")
    registers = '[[registers]]\nfile = "r.csv"\ncomplete = ["farmers_market", "post"]\n[[registers]]\nfile = "s.csv"\n'
    study = village(
        folder, f'{registers}[walk]\ngates = "gates.csv"\nprofile = "elderly"\n',
        top='survey = "answers.xlsx"\nat = "2033-11-23T10:00"\n',
    )  # fmt: skip
    study.check()


def raster(path: Path, values: list[list[float]], west: float, east: float) -> None:
    """Cells from `west` to `east` metres along the village's street."""
    (left, bottom), (right, top) = place(west, -1000), place(east, 1000)
    cells = np.array(values)
    grid = Affine((right - left) / cells.shape[1], 0, left, 0, -(top - bottom) / cells.shape[0], top)
    with rasterio.open(
        path, "w", driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=1, dtype="float64",
        crs="EPSG:4326", transform=grid,
    ) as file:  # fmt: skip
        file.write(cells, 1)


def people_and_heights(folder: Path) -> None:
    raster(folder / "people.tif", [[3.0, 0.0, 0.0], [0.0, 90.0, 0.0], [0.0, 0.0, 7.0]], -2000, 2000)
    raster(folder / "heights.tif", [[5.0] * 20] * 20, -2000, 500)
    residences = '[residences]\npopulation = "people.tif"\npopulation_unit = "count"\n'
    village(folder, f'{residences}[walk]\nelevation = "heights.tif"\nprofile = "wheelchair"\n').check()


def households_in_another_system(folder: Path) -> None:
    """Registers that are in GCJ-02 and say that they aren't: one was looked at, one mixes systems, one is swapped."""
    lon, lat = place(5, 15)
    write(
        folder / "homes.csv", "小区编号,户主姓名,户数,经度,纬度",
        f"h1,某人,\"1,200\",{lon:.7f},{lat:.7f}", f"h2,某人,\"1,300\",{lon + 0.01:.7f},{lat:.7f}",
    )  # fmt: skip
    ground = shapely.box(*place(-500, -900), *place(-400, -800))
    figures = gpd.GeoDataFrame({"小区编号": ["c9"], "人口": [100]}, geometry=[ground], crs="EPSG:4326")
    figures.to_file(folder / "figures.geojson")
    shops = [(f"A{i}", name, "超市便利店", (-1400 + 200 * i, 5)) for i, name in enumerate(NAMES)]
    write(folder / "looked.csv", HEAD, *(row(*shop, system="gcj02") for shop in shops))
    write(folder / "moved.csv", HEAD, *(row(f"B{shop[0]}", *shop[1:], system="gcj02") for shop in shops))
    write(
        folder / "mixed.csv", HEAD, *(row(f"C{shop[0]}", *shop[1:]) for shop in shops[:4]),
        *(row(f"C{shop[0]}", *shop[1:], system="gcj02") for shop in shops[4:]), row("C9", "无名", "药店", (40, 5)),
    )  # fmt: skip
    write(folder / "right.csv", HEAD, *(row(f"D{shop[0]}", *shop[1:]) for shop in shops))
    study = village(
        folder,
        '[residences]\nfile = "homes.csv"\nweight_meaning = "dwellings"\nhousehold_size = 2.5\n'
        '[residences.compounds]\nfile = "figures.geojson"\n'
        '[[registers]]\nfile = "looked.csv"\ncoordinates_checked = true\n'
        '[[registers]]\nfile = "moved.csv"\n[[registers]]\nfile = "mixed.csv"\n[[registers]]\nfile = "right.csv"\n',
    )
    study.check()


def people_counted_in_part(folder: Path) -> None:
    lon, lat = place(5, 15)
    homes = (f"h1,120,30,{lon:.7f},{lat:.7f}", f"h2,80,,{lon + 0.01:.7f},{lat:.7f}")
    write(folder / "homes.csv", "小区编号,居民人数,老年人数,经度,纬度", *homes)
    village(folder, '[residences]\nfile = "homes.csv"\nweight_meaning = "residents"\n').check()


def odd_tables(folder: Path) -> None:
    """Registers whose rows need mending, or can't be used."""
    lon, lat = "118.78", "32.04"
    write(
        folder / "甲.txt", "光河街道登记;;;", "名称;类别;经度;纬度", "光河药店;药店;118,78;32,04",
        f"菜场;农贸市埸;{lon};{lat}", f"无名堂;§§§§;{lon};{lat}", f"某处;;{lon};{lat}", f"光河小学;;{lon};{lat}",
        "名称;类别;经度;纬度", "东明药店;药店;;", "南关药店;药店;118°46'48\";32°2'24\"", encoding="gb18030",
    )  # fmt: skip
    read_register(folder / "甲.txt")
    half = [f"{name}{i},药店,{'' if i % 2 else lon},{'' if i % 2 else lat}" for i, name in enumerate(["药店"] * 450)]
    read_register(write(folder / "half.csv", "序号,类别,经度,纬度", *half))
    path = write(folder / "one.csv", "名称,经度,纬度", f"光河,{lon},{lat}")
    read_register(path, settings=RegisterSection(file=path, kind="pharmacy"))
    path = write(folder / "homes.csv", "编号,户数,经度,纬度", f'1,"1,200",{lon},{lat}')
    read_register(path, what="residences")
    book = openpyxl.Workbook()
    book.active.append(["先看说明"])
    sheet = book.create_sheet("二街道")
    sheet.append(["名称", "类别", "经度", "纬度"])
    sheet.append(["光河药店", "药店", float(lon), float(lat)])
    book.save(folder / "book.xlsx")
    read_register(folder / "book.xlsx")


def odd_layers(folder: Path) -> None:
    bow = shapely.Polygon([(118.70, 32.0), (118.72, 32.02), (118.72, 32.0), (118.70, 32.02)])
    shops = gpd.GeoDataFrame(
        {"编号": ["1", "2"], "名称": ["光河药店", "东明药店"], "类别": ["药店", "药店"]},
        geometry=[bow, shapely.Point(118.7, 32.0, 7.0)], crs="EPSG:4326",
    )  # fmt: skip
    shops.to_file(folder / "shops.geojson")
    read_register(folder / "shops.geojson")
    points = shops.set_geometry([shapely.Point(118.7, 32.0), shapely.Point(118.71, 32.0)])
    points.to_file(folder / "shops.shp", encoding="GBK")
    (folder / "shops.cpg").write_text("UTF-8", encoding="ascii")
    read_register(folder / "shops.shp")


def broken_map(folder: Path) -> None:
    """An extract that was cut: ways, rings and relations of which parts are missing, and no box."""

    def way(number: int, refs: list[int], key: str, value: str) -> str:
        nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        return f'<way id="{number}">{nodes}<tag k="{key}" v="{value}"/></way>'

    def relation(number: int, kind: str, tags: str) -> str:
        members = '<member type="way" ref="1" role="outer"/><member type="way" ref="99" role="outer"/>'
        return f'<relation id="{number}">{members}<tag k="type" v="{kind}"/>{tags}</relation>'

    parts = [
        *(f'<node id="{i}" lat="{50 + i / 1000}" lon="{10 + (i % 3) / 1000}"/>' for i in range(1, 7)),
        way(1, [1, 2, 3], "highway", "residential"), way(2, [3, 4, 77], "highway", "service"),
        way(3, [88, 89], "highway", "service"), way(4, [4, 5, 6], "building", "house"),
        relation(1, "multipolygon", '<tag k="building" v="yes"/>'),
        relation(2, "boundary", '<tag k="boundary" v="administrative"/><tag k="admin_level" v="8"/>'),
    ]  # fmt: skip
    path = write(folder / "cut.osm", f'<?xml version="1.0"?><osm version="0.6">{"".join(parts)}</osm>')
    read_osm(path)


def coordinates_of_every_sort(_: Path) -> None:
    """Tables that the judge has something else to say of than in the villages."""
    town, rng = drawn_town(118.75, 32.03), np.random.default_rng(0)
    nothing = gpd.GeoSeries([], crs="EPSG:4326")
    bare = {"streets": nothing, "buildings": nothing}
    here = (town.lon, town.lat)
    moved = from_wgs84(*here, "gcj02")
    zone, utm = from_wgs84(*here, "EPSG:4549"), from_wgs84(*here, "EPSG:32650")
    west, south, east, north = town.extent.bounds
    odd = np.arange(len(town.lon)) % 2 == 1
    for verdict in (
        town.judge(*here, "wgs84"),
        town.judge(*moved, "wgs84"),
        town.judge(np.where(odd, moved[0], here[0]), np.where(odd, moved[1], here[1]), "wgs84"),
        town.judge(rng.uniform(west, east, 200), rng.uniform(south, north, 200), "wgs84"),
        town.judge(*zone, "EPSG:4549", **bare),
        town.judge(*zone, "EPSG:4548", **bare),
        town.judge(*here[::-1], "wgs84", **bare),
        town.judge(*utm[::-1], "EPSG:32650"),
        town.judge([np.nan], [np.nan], "wgs84"),
        town.judge(*here, "wgs84", **bare, extent=None),
        town.judge(*here, "wgs84", extent=shapely.box(104.0, 30.6, 104.1, 30.7)),
        town.judge(*here, "wgs84", buildings=nothing),
        town.judge(*(values[:19] for values in here), "wgs84"),
        judge_system([32.04], [118.78], declared="gcj02", extent=shapely.box(118.7, 32.0, 118.8, 32.1), **bare),
    ):
        verdict.sentence("sites.csv")
        verdict.sentence("sites.csv", rows=range(2, 302))


def unknown_years(_: Path) -> None:
    from datetime import datetime  # noqa: PLC0415 - only here

    for year in (1999, 2033):
        assert calendar_note(datetime(year, 10, 1)) is not None


DRAWN: tuple[Callable[[Path], None], ...] = (
    sources_that_disagree, people_and_heights, households_in_another_system, people_counted_in_part, odd_tables,
    odd_layers, broken_map, coordinates_of_every_sort, unknown_years,
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Site, list[Words]]:
    """Where in the code each pair was made."""
    found: dict[Site, list[Words]] = defaultdict(list)
    real = Words.__init__

    def recorded(self: Words, zh: str, en: str) -> None:
        real(self, zh, en)
        caller = sys._getframe(1)
        found[Path(caller.f_code.co_filename).name, caller.f_lineno].append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Words, "__init__", recorded)
        for draw in DRAWN:
            draw(tmp_path_factory.mktemp(draw.__name__))
    return found


def sites_in_code() -> set[Site]:
    """Every `Words(...)` in a function that makes notes, but for the empty ones."""
    return {
        (path.name, call.lineno)
        for path in NOTED
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Words"
    }


def test_every_note_of_the_code_is_drawn(made: Mapping[Site, list[Words]]) -> None:
    assert len(sites_in_code()) > 80
    assert sorted(sites_in_code() - made.keys()) == []


def test_why_a_layer_is_complete_is_said_in_both_or_alike(tmp_path: Path) -> None:
    pages = {"zh": "逐街核对。", "en": "Checked street by street."}
    config = village(tmp_path, "").config.path
    text = config.read_text(encoding="utf-8")
    for said, shown in (
        ('{ zh = "逐街核对。", en = "Checked street by street." }', pages),
        ('"甲 A"', dict.fromkeys(pages, "甲 A")),
    ):
        config.write_text(text.replace("[osm]\n", f"[osm]\ncomplete_why = {said}\n"), encoding="utf-8")
        study = Study.from_config(config)
        assert study.config.settings()["osm"]["complete_why"] == shown
    config.write_text(text.replace("[osm]\n", '[osm]\ncomplete_why = { zh = "逐街核对。" }\n'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"village\.toml: key 'osm\.complete_why\.en' is missing; add it"):
        Study.from_config(config)


QUOTED = Path(__file__).read_text(encoding="utf-8") + TEMPLATE + " ".join(kind_spellings())
"""What drawn notes may quote: the data above, the templates' headers and the names of kinds."""


def test_drawn_notes_are_chinese_and_english_with_the_same_figures(made: Mapping[Site, list[Words]]) -> None:
    said = [words for site in sites_in_code() for words in made[site]]
    assert [fault for words in said if (fault := wrong(words, QUOTED))] == []


def sentences(found: dict[str, Any]) -> list[Words]:
    """All that `Study.check` says in sentences."""
    registers = found["registers"]
    said = [*found["overview"], *found["warnings"], *found["errors"], found["missed_assumes"]]
    said += [note for one in registers for note in (*one["notes"], one["coordinates"]["sentence"])]
    return list(map(words_in, said))


@pytest.mark.parametrize("city", ["the embedded city", "the example"])
def test_the_studies_that_come_along_speak_both(city: str) -> None:
    example = Path(__file__).parents[1] / "configs" / "xinghe.toml"
    study = Study.from_config(example if city == "the example" else demo.config_path())
    why = study.config.osm.complete_why
    assert why is not None
    said = [Words(why.zh, why.en), *sentences(study.check())]
    assert len(said) > 5
    folder = study.config.file(study.config.osm.file).parent
    data = " ".join(text for path in folder.rglob("*") for text in (path.name, *cells_of(path)))
    assert [fault for words in said if (fault := wrong(words, f"{data} {TEMPLATE} {' '.join(kind_spellings())}"))] == []


def cells_of(path: Path) -> Iterator[str]:
    """What a workbook holds."""
    if path.suffix == ".xlsx":
        for sheet in openpyxl.load_workbook(path).worksheets:
            yield from (str(cell.value) for cells in sheet.iter_rows() for cell in cells)


def test_every_table_of_words_has_both() -> None:
    names = [one.name for one in pkgutil.walk_packages([str(PACKAGE)], "circle15.") if "__main__" not in one.name]
    modules = [vars(importlib.import_module(name)) for name in names]
    said = {words for module in modules for value in module.values() for words in pairs_in(value)}
    assert len(said) > 60
    assert [fault for words in said if (fault := wrong(words, ""))] == []


def pairs_in(value: object) -> Iterator[Words]:
    if isinstance(value, Words):
        yield value
    elif isinstance(value, dict):
        yield from (words for part in value.values() for words in pairs_in(part))
    elif isinstance(value, list | tuple):
        yield from (words for part in value for words in pairs_in(part))


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        (Words("3处设施点", "3 sites"), ""),
        (Words("r.csv：1,200行", "r.csv: 1,200 rows"), ""),
        (Words("3处设施点", "4 sites"), "the figures differ"),
        (Words("三处设施点", "3 sites"), "the figures differ"),
        (Words("3 sites", "3 sites"), "the Chinese isn't"),
        (Words("3处设施点", "3 设施点"), "the English is partly Chinese"),
        (Words("3处：甲", "3 sites：甲"), "the English is partly Chinese"),
    ],
)
def test_a_pair_that_does_not_agree_is_seen(pair: Words, fault: str) -> None:
    assert wrong(pair, "甲").startswith(fault)
    assert bool(wrong(pair, "甲")) == bool(fault)


def test_what_is_named_is_counted_alike_in_both() -> None:
    assert named([]) == Words("", "")
    for n in range(1, 9):
        few = named((f"w{i}" for i in range(n)), most=3)
        assert figures(few.zh) == figures(few.en)
        assert few.zh.count("w") == few.en.count("w") == min(n, 3)


def test_a_report_leaves_no_cell_in_one_language_but_names_and_quotes() -> None:
    result = Study.from_config(Path(__file__).parents[1] / "configs" / "xinghe.toml").run()
    scope = whole_scope(result)
    model = build(result, scope, None, types_of(result))
    cells = [
        cell
        for section in report_document(model, draw(result, scope, model), ()).sections
        for block in section.blocks
        if isinstance(block, Table)
        for cell in (
            *(column.head for column in block.columns),
            *(c for rows in block.bodies for r in rows for c in r.cells),
        )
    ]
    names = {*result.area_shapes["name"], *result.candidates["name"], result.about["attribution"]}
    names |= {policy.name_zh for policy in policies().values()}
    bare = re.compile("|".join(re.escape(name) for name in names if isinstance(name, str)) + "|「.*」")
    assert len(cells) > 500
    assert [cell.zh for cell in cells if not cell.en and HAN.search(bare.sub("", cell.zh))] == []
