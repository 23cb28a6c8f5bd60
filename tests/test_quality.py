"""What `circle15 check` tells of a study's data, on a village whose figures can be worked out by hand."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from circle15 import Study, cli, demo, osm_sites, read_osm
from circle15.errors import ConfigError, DataError
from circle15.outputs.check_page import check_html, check_text
from circle15.schema import points_of
from circle15.sources.coordinates import from_wgs84
from circle15.sources.merging import alike_pairs
from drawn import osm_file, place, spots

if TYPE_CHECKING:
    from pathlib import Path

# A street of 3 km from -1500 to 1500 m, and 400 m north of it an island of 200 m. Four houses of 10 x 10 m: A of six
# storeys 15 m from the street, B of three 45 m from it, C of one 125 m from it, D of two 305 m from it.
HOUSES = {"A": (0, 10, 6), "B": (1000, 40, 3), "C": (-1000, 120, 1), "D": (-150, 300, 2)}
SHOPS = {
    21: (300, 5, {"shop": "supermarket", "name": "光河超市"}),
    22: (600, 5, {"amenity": "pharmacy", "name": "光河药房"}),
    23: (650, 5, {"amenity": "bank", "name": "光河信用社"}),
    24: (800, 5, {"amenity": "pharmacy", "name": "东明药房"}),
}
CONFIG = """
id = "village"
title_zh = "光河村"
title_en = "Guanghe village"
{top}
[osm]
file = "drawn.osm"
extent = [118.70, 31.99, 118.87, 32.10]
[areas]
file = "areas.geojson"
{more}
"""
HEAD = "设施编号,名称,类别,经度,纬度\n"
REGISTER = '[[registers]]\nfile = "r.csv"\n'


def village(folder: Path, registers: dict[str, str] | None = None, *, top: str = "", more: str = "") -> Path:
    """The config of that village; c1 ends at 700 m, c2 is the rest."""
    nodes: dict[int, Any] = {1: (-1500, 0, {}), 2: (1500, 0, {}), 3: (-200, 400, {}), 4: (0, 400, {}), **SHOPS}
    ways: dict[int, Any] = {1: ([1, 2], {"highway": "residential"}), 2: ([3, 4], {"highway": "footway"})}
    for i, (east, north, levels) in enumerate(HOUSES.values()):
        corners = [(east, north), (east + 10, north), (east + 10, north + 10), (east, north + 10)]
        ids = [100 + 10 * i + j for j in range(4)]
        nodes |= {node: (*corner, {}) for node, corner in zip(ids, corners, strict=True)}
        ways[10 + i] = ([*ids, ids[0]], {"building": "apartments", "building:levels": str(levels)})
    osm_file(folder, nodes, ways)
    shapes = [
        shapely.Polygon([place(west, -100), place(east, -100), place(east, 500), place(west, 500)])
        for west, east in ((-1600, 700), (700, 1600))
    ]
    gpd.GeoDataFrame(
        {"level": ["community"] * 2, "area_id": ["c1", "c2"], "name": ["光河社区", "东明社区"]}, geometry=shapes,
        crs="EPSG:4326",
    ).to_file(folder / "areas.geojson")  # fmt: skip
    for name, rows in (registers or {}).items():
        (folder / name).write_text(rows, encoding="utf-8")
    config = folder / "village.toml"
    config.write_text(CONFIG.format(top=top, more=more), encoding="utf-8")
    return config


def row(site_id: str, name: str, kind: str, at: tuple[float, float], system: str = "wgs84") -> str:
    lon, lat = place(*at)
    x, y = from_wgs84([lon], [lat], system)
    return f"{site_id},{name},{kind},{x[0]:.7f},{y[0]:.7f}\n"


def checked(folder: Path, *registers: str, more: str = REGISTER, **options: Any) -> dict[str, Any]:
    named = {"r.csv": HEAD + "".join(registers)} if registers else {}
    return Study.from_config(village(folder, named, more=more if registers else "", **options)).check()


def call(monkeypatch: Any, capsys: Any, *words: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["circle15", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err


def test_communities_are_measured(tmp_path: Path) -> None:
    found = checked(tmp_path)
    first, second = found["communities"]
    assert [first["community_id"], first["name"], second["community_id"]] == ["c1", "光河社区", "c2"]
    # 2.2 km of the street and the island in c1, 0.8 km in c2.
    assert [first["street_km"], first["island_km"]] == pytest.approx([2.4, 0.2], abs=0.002)
    assert [second["street_km"], second["island_km"]] == pytest.approx([0.8, 0.0], abs=0.002)
    # Three sites on 2.4 km; c2 has less than 1 km and takes the study's four on 3.2 km. A quarter of the median asked.
    assert [first["density_per_km"], second["density_per_km"]] == pytest.approx([3 / 2.4, 4 / 3.2], rel=0.002)
    assert first["median_per_km"] == pytest.approx(1.25, rel=0.002)
    assert first["needed_per_km"] == pytest.approx(0.3125, rel=0.002)
    assert not first["thin"]
    # A 600 m2, C 100, D 200 in c1: A stands at the street, D is off the network, C is over 100 m away from it.
    assert first["weight"] == pytest.approx(900, rel=0.002)
    assert [first["share_at_street"], first["share_off_network"]] == pytest.approx([6 / 9, 2 / 9], rel=0.002)
    assert [first["n_residences"], first["n_off_network"], first["n_far"]] == [3, 1, 1]
    assert [second["share_at_street"], second["n_off_network"], second["n_far"]] == [0, 0, 0]


def test_a_community_below_the_floor_is_thin(tmp_path: Path) -> None:
    config = village(tmp_path, more="[density]\nfloor_per_km = 1.3\n")
    assert [row["thin"] for row in Study.from_config(config).check()["communities"]] == [True, True]


def test_registers_tell_what_was_read_and_what_was_left(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        row("S1", "光河超市（总店）", "超市便利店、理发店", (320, 5)),
        row("S2", "无名堂", "飞碟停机坪", (0, 5)),
        "S3,光河小学,学校,,\n",
        row("S4", "东明药房", "药店", (810, 5)),
    )
    (register,) = found["registers"]
    assert [register[key] for key in ("file", "what", "rows", "used", "absent")] == ["r.csv", "sites", 4, 2, 0]
    assert register["kinds"] == {"grocery": 1, "hairdresser": 1, "pharmacy": 1}
    assert register["leftovers"] == [
        {"why": "coordinates", "n": 1, "rows": [4]}, {"why": "kind", "n": 1, "rows": [3]},
    ]  # fmt: skip
    assert register["columns"] == {
        "site_id": "设施编号", "name": "名称", "kind": "类别", "lon": "经度", "lat": "纬度",
    }  # fmt: skip
    assert register["coordinates"]["verdict"] == "unclear"  # two places
    assert any("nothing shows whether the coordinates are WGS-84" in note["en"] for note in found["warnings"])
    assert found["errors"] == []


def test_kinds_are_counted_by_evidence_and_source(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        row("S1", "光河超市", "超市便利店", (320, 5)),  # the map's
        row("S2", "南关超市", "超市便利店", (-800, 5)),
        more='[[registers]]\nfile = "r.csv"\ncomplete = ["grocery"]\ncomplete_in = ["c1"]\n',
    )
    kinds = {row["kind"]: row for row in found["kinds"]}
    assert kinds["grocery"] | {"kind": ""} == {
        "kind": "", "confirmed": 2, "possible": 0, "implied": 0, "sources": {"osm": 1, "r.csv": 2},
        "complete_share": 0.5, "why": ["not_declared"],
    }  # fmt: skip
    assert [kinds["pharmacy"][key] for key in ("confirmed", "sources", "complete_share")] == [2, {"osm": 2}, 0.0]
    assert "complete in 50%" in check_text(found)
    assert "50%的社区齐全（其余未声明齐全）" in check_html(found)


def test_duplicates_conflicts_and_what_both_miss(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        row("S1", "光河药房", "药店", (610, 5)),  # the map's first pharmacy; its second isn't listed
        row("S2", "西关药房", "药店", (-900, 5)),
        row("S3", "光河超级市场", "超市便利店", (310, 5)),  # 10 m from 光河超市: alike, 2 x 4 of 10 characters
    )
    assert found["duplicates"]["merged"] == [
        {"why": "same_place", "kept_source": "r.csv", "dropped_source": "osm", "n": 1}
    ]
    (pair,) = found["duplicates"]["alike"]
    assert {pair["one_id"], pair["other_id"]} == {"S3", "n21"}
    assert [pair["likeness"], pair["distance_m"], pair["kinds"]] == [0.8, pytest.approx(10, abs=0.1), "grocery"]
    missed = {row["kind"]: row for row in found["missed"]}
    # Two pharmacies in each, one in both: 3 x 3 / 2 - 1 = 3.5 in all, 3 found; variance 3 x 3 x 1 x 1 / (4 x 3).
    pharmacy = missed["pharmacy"]
    assert [pharmacy[key] for key in ("first", "second", "n_first", "n_second", "n_both")] == ["osm", "r.csv", 2, 2, 1]
    assert [pharmacy["estimate"], pharmacy["missed"]] == pytest.approx([3.5, 0.5])
    assert [pharmacy["low"], pharmacy["high"]] == pytest.approx([3.0, 3.5 + 1.96 * 0.75**0.5])
    assert pharmacy["firm"] is False
    assert "nothing opened or closed" in found["missed_assumes"]["en"]


def test_an_overruled_guess_is_a_conflict(tmp_path: Path) -> None:
    SHOPS[25] = (500, 5, {"shop": "greengrocer", "name": "老李菜店"})  # possibly a market
    try:
        config = village(
            tmp_path, {"r.csv": HEAD + row("S1", "光河菜场", "农贸市场", (-1000, 5))},
            more='[[registers]]\nfile = "r.csv"\ncomplete = ["farmers_market"]\n',
        )  # fmt: skip
    finally:
        del SHOPS[25]
    found = Study.from_config(config).check()
    assert found["conflicts"] == [{"kind": "farmers_market", "why": "complete_register", "by": "r.csv", "n": 1}]


def test_alike_pairs_need_a_kind_in_common_and_names() -> None:
    sites = spots({"a": (0, 0), "b": (30, 0), "c": (0, 30), "d": (0, -30), "e": (100, 0)}, "site_id")
    sites = sites.assign(name=["光河菜店", "光河菜店", "光河菜店", None, "光河菜店"], source="x.csv")
    kinds = pd.DataFrame({"site_id": [*"abcde"], "kind": ["grocery", "grocery", "post", "grocery", "grocery"]})
    pairs = alike_pairs(sites, kinds, distance_m=60)
    assert pairs[["one_id", "other_id"]].to_numpy().tolist() == [["a", "b"]]
    assert alike_pairs(sites.iloc[:0], kinds.iloc[:0]).empty


# Coordinates

NAMES = ("甲米店", "乙粮行", "丙鞋庄", "丁茶社", "戊书屋", "己布庄", "庚酒坊")


@pytest.fixture
def shops(monkeypatch: Any) -> None:
    """Seven more shops on the map, 200 m apart, each with a name of its own."""
    for i, name in enumerate(NAMES):
        monkeypatch.setitem(SHOPS, 30 + i, (-1400 + 200 * i, 5, {"shop": "supermarket", "name": name}))


def listed(system: str, chosen: range = range(len(NAMES)), *, first: int = 0) -> str:
    """These shops as a register has them."""
    return "".join(row(f"S{first + i}", NAMES[i], "超市便利店", (-1400 + 200 * i, 5), system) for i in chosen)


def test_a_register_in_another_system_is_an_error(shops: Any, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    config = village(tmp_path, {"r.csv": HEAD + listed("gcj02")}, more=REGISTER)
    code, out, err = call(monkeypatch, capsys, "check", config)
    assert code == 3
    assert "Communities" in out  # the whole page
    said = "r.csv: declared as WGS-84, but fits GCJ-02 (7 of 7 twins lie within 100 m of the map's point"
    assert said in err.replace("\n", " ")
    assert 'write coordinates = "gcj02"' in err
    code, out, err = call(monkeypatch, capsys, "check", config, "--json")
    assert code == 3
    assert said in json.loads(out)["errors"][0]["en"]
    out_folder = tmp_path / "out"
    code, out, err = call(monkeypatch, capsys, "run", config, "--out", out_folder)
    assert (code, out, out_folder.exists()) == (3, "", False)
    assert said in err


def test_a_run_refuses_before_the_network_is_built(shops: Any, tmp_path: Path, monkeypatch: Any) -> None:
    config = village(tmp_path, {"r.csv": HEAD + listed("gcj02")}, more=REGISTER)
    stages: list[str] = []
    with pytest.raises(DataError, match="fits GCJ-02"):
        Study.from_config(config).run(on_stage=stages.append)
    assert stages == ["reading OpenStreetMap", "finding residences, areas and sites"]


def test_the_declared_system_fits(shops: Any, tmp_path: Path) -> None:
    found = checked(tmp_path, listed("gcj02"), more=REGISTER + 'coordinates = "gcj02"\n')
    assert found["errors"] == []
    assert found["registers"][0]["coordinates"]["verdict"] == "fits"
    assert found["duplicates"]["merged"][0]["n"] == 7
    # All seven are in both, and the map has one grocery more: 9 x 8 / 8 - 1 = 8.
    assert [row["estimate"] for row in found["missed"]] == [8.0]
    assert found["missed"][0]["firm"] is True


def test_a_planner_who_has_looked_insists(shops: Any, tmp_path: Path) -> None:
    config = village(tmp_path, {"r.csv": HEAD + listed("gcj02")}, more=REGISTER + "coordinates_checked = true\n")
    study = Study.from_config(config)
    assert study.check()["errors"] == []
    warnings = study.run().about["warnings"]
    assert sum("the config says that they were checked and are right" in warning["en"] for warning in warnings) == 1


def test_a_register_of_two_systems_names_its_rows(shops: Any, tmp_path: Path) -> None:
    mixed = listed("wgs84", range(4)) + listed("gcj02", range(4, 7))
    (error,) = checked(tmp_path, mixed)["errors"]
    assert error["en"].startswith(
        "r.csv: mixes coordinate systems, 4 in WGS-84 (rows 2, 3, 4, 5), 3 in GCJ-02 (rows 6, 7, 8)"
    )
    assert checked(tmp_path, mixed)["missed"] == []


def test_another_zone_is_an_error(shops: Any, tmp_path: Path) -> None:
    (error,) = checked(tmp_path, listed("EPSG:4548"), more=REGISTER + 'coordinates = "EPSG:4549"\n')["errors"]
    assert 'write coordinates = "EPSG:4548"' in error["en"]
    assert '请写 coordinates = "EPSG:4548"' in error["zh"]


def test_swapped_columns_are_an_error(tmp_path: Path) -> None:
    # Iceland's longitudes can be latitudes, so that the register alone shows nothing.
    text = demo.config_path().read_text(encoding="utf-8")
    osm = demo.config_path().with_name("reykjavik-centre.osm.pbf")
    sites, kinds = osm_sites(read_osm(osm))
    chosen = sites[sites["site_id"].isin(kinds["site_id"][kinds["kind"] == "pharmacy"])]
    at = points_of(chosen)
    lines = [f"P{i},药店,{lat:.7f},{lon:.7f}\n" for i, (lon, lat) in enumerate(zip(at.x, at.y, strict=True))]
    (tmp_path / "r.csv").write_text("设施编号,类别,经度,纬度\n" + "".join(lines), encoding="utf-8")
    config = tmp_path / "swapped.toml"
    config.write_text(
        re.sub(r'(?m)^file = ".*"$', f'file = "{osm.as_posix()}"', text, count=1) + "\n" + REGISTER, encoding="utf-8"
    )
    with pytest.raises(DataError, match=r"fits longitude and latitude swapped .*; swap the columns") as refused:
        Study.from_config(config).run()
    assert "r.csv" in str(refused.value)


def test_residences_in_another_system_are_an_error(tmp_path: Path) -> None:
    lines = [row(f"H{i}", f"{i}号楼", "100", (-60 + 20 * i, 10), "gcj02") for i in range(6)]
    (tmp_path / "homes.csv").write_text("居住点编号,名称,权重,经度,纬度\n" + "".join(lines), encoding="utf-8")
    # GCJ-02 lies some 200 m south of WGS84 here: read as they stand, all leave the extent.
    west, south, east, north = *place(-1600, -100), *place(1600, 500)
    small = f"extent = [{west}, {south}, {east}, {north}]"
    config = village(tmp_path, more='[residences]\nfile = "homes.csv"\nweight_meaning = "residents"\n')
    config.write_text(
        config.read_text(encoding="utf-8").replace("extent = [118.70, 31.99, 118.87, 32.10]", small), encoding="utf-8"
    )
    for asked in (Study.from_config(config).check, Study.from_config(config).run):
        with pytest.raises(DataError, match=r"homes\.csv: declared as WGS-84, but fits GCJ-02"):
            asked()


def test_nanjings_sites_moved_to_gcj02_are_found(
    shared_data: Path, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    box = (118.765, 32.028, 118.797, 32.052)
    sites, kinds = osm_sites(read_osm(shared_data / "nanjing-centre.osm", extent=box))
    at = points_of(sites)
    x, y = from_wgs84(at.x.to_numpy(), at.y.to_numpy(), "gcj02")
    held = kinds.groupby("site_id")["kind"].agg("、".join)
    book = openpyxl.Workbook()
    book.active.append(["设施编号", "名称", "类别", "经度", "纬度"])
    for site_id, name, lon, lat in zip(sites["site_id"], sites["name"], x.tolist(), y.tolist(), strict=True):
        book.active.append([f"R{site_id}", None if pd.isna(name) else name, held[site_id], lon, lat])
    book.save(tmp_path / "moved.xlsx")
    text = (
        f'id = "nanjing"\ntitle_zh = "南京"\ntitle_en = "Nanjing"\n[osm]\n'
        f'file = "{(shared_data / "nanjing-centre.osm").as_posix()}"\nextent = {list(box)}\n[residences]\n'
        'buildings = ["yes", "apartments", "residential", "house", "dormitory"]\n'
        '[[registers]]\nfile = "moved.xlsx"\n'
    )
    config = tmp_path / "nanjing.toml"
    config.write_text(text, encoding="utf-8")
    code, _, err = call(monkeypatch, capsys, "check", config)
    assert code == 3
    assert "moved.xlsx: declared as WGS-84, but fits GCJ-02" in err
    assert "twins lie within 100 m of the map's point, as declared 0" in err
    config.write_text(text + 'coordinates = "gcj02"\n', encoding="utf-8")
    code, out, _ = call(monkeypatch, capsys, "check", config, "--json")
    assert code == 0
    merged = json.loads(out)["duplicates"]["merged"]
    back = sum(row["n"] for row in merged if (row["kept_source"], row["dropped_source"]) == ("moved.xlsx", "osm"))
    assert back >= 0.95 * len(sites)


# The page

HOSTILE = "<script>alert(1)</script>\x1b[31m"


def test_the_keys_of_check(tmp_path: Path) -> None:
    found = checked(tmp_path)
    assert list(found) == [
        "title", "data_date", "attribution", "licence_url", "overview", "registers", "kinds", "communities",
        "duplicates", "conflicts", "missed", "missed_assumes", "survey", "warnings", "errors",
    ]  # fmt: skip
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_text_fits_100_columns_and_obeys_nothing(tmp_path: Path) -> None:
    from rich.cells import cell_len  # noqa: PLC0415

    found = checked(
        tmp_path, row("S1", "光河超级市场" + "很长" * 40, "超市便利店", (310, 5)), row("S2", "x", "药店", (1, 5))
    )
    found["warnings"].append({"zh": "一条提示 " + HOSTILE, "en": "a note of " + HOSTILE})
    text = check_text(found)
    assert max(map(cell_len, text.splitlines())) <= 100
    assert "\x1b" not in text
    for title in ("Overview", "Registers", "Kinds and sources", "Communities", "Duplicates", "Missed by both", "Notes"):
        assert f"\n{title}\n=" in text


def test_hostile_names_are_escaped_in_the_page(tmp_path: Path) -> None:
    found = checked(
        tmp_path, row("S1", "光河超级市场<b>", "超市便利店", (310, 5)), row("S2", "光河药房", "药店", (610, 5))
    )
    found["title"] = HOSTILE
    found["errors"] = [{"zh": HOSTILE, "en": "an error of " + HOSTILE}]
    found["registers"][0]["notes"].append({"zh": HOSTILE, "en": "a note of " + HOSTILE})
    found["registers"][0]["file"] = HOSTILE
    found["registers"][0]["columns"] = {"name": HOSTILE}
    found["communities"][0]["name"] = HOSTILE
    page = check_html(found)
    assert page.count("&lt;script&gt;") >= 6
    assert "<script" not in page
    assert "光河超级市场<b>" not in page
    assert "\x1b" not in page
    # no request: the only address is the licence's
    assert page.count("http") == 1
    assert "各社区" in page.split("Communities", maxsplit=1)[0]
    assert "© OpenStreetMap contributors" in page


def test_the_owner_of_other_data_is_named(tmp_path: Path) -> None:
    config = village(tmp_path)
    text = config.read_text(encoding="utf-8")
    owner = 'attribution = "光河市测绘院 <内部资料>"'
    config.write_text(text.replace("[osm]\n", f"[osm]\n{owner}\n"), encoding="utf-8")
    found = Study.from_config(config).check()
    assert found["licence_url"] is None
    page = check_html(found)
    assert "光河市测绘院 &lt;内部资料&gt;" in page
    assert "OpenStreetMap" not in page
    assert check_text(found).endswith("光河市测绘院 <内部资料> | data of unknown date")


def test_a_survey_is_counted(tmp_path: Path) -> None:
    result = Study.from_config(village(tmp_path)).run()
    out = result.write(tmp_path / "out", pages=False)
    book = openpyxl.load_workbook(out / "survey.xlsx")
    sheet = book.worksheets[0]
    at = {cell.value: cell.column for cell in sheet[1]}
    asked = sheet.max_row - 1
    sheet.cell(2, at["现状"]).value = "无"
    book.save(tmp_path / "answers.xlsx")
    found = Study.from_config(village(tmp_path, top='survey = "answers.xlsx"')).check()
    assert found["survey"] == {"file": "answers.xlsx", "answered": 1, "asked": asked}
    assert f"answers.xlsx: 1 of {asked} questions are answered" in check_text(found)


def test_check_writes_the_page(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    config = village(tmp_path)
    code, out, _ = call(monkeypatch, capsys, "check", config, "--out", tmp_path / "page.html")
    assert code == 0
    assert "Communities" in out
    assert (tmp_path / "page.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert not list(tmp_path.glob(".*part"))


@pytest.mark.parametrize(
    ("name", "says"),
    [("village.toml", "give a name that ends in .html"), ("d.html", "is a folder"), ("no/p.html", "doesn't exist")],
)
def test_a_place_where_no_page_can_be_is_refused(
    tmp_path: Path, monkeypatch: Any, capsys: Any, name: str, says: str
) -> None:
    config = village(tmp_path)
    before = config.read_text(encoding="utf-8")
    (tmp_path / "d.html").mkdir()
    code, out, err = call(monkeypatch, capsys, "check", config, "--out", tmp_path / name)
    assert (code, out) == (2, "")
    assert says in err
    assert config.read_text(encoding="utf-8") == before


def test_insisting_is_true_or_false(tmp_path: Path) -> None:
    config = village(tmp_path, {"r.csv": HEAD}, more=REGISTER + 'coordinates_checked = "ja"\n')
    with pytest.raises(ConfigError, match=r"key 'registers\.0\.coordinates_checked'"):
        Study.from_config(config)


def test_a_register_that_lists_only_what_is_not_there(tmp_path: Path) -> None:
    text = "设施编号,名称,类别,现状,社区编号\nS1,,邮政网点,无,c1\n"
    found = Study.from_config(village(tmp_path, {"r.csv": text}, more=REGISTER)).check()
    (register,) = found["registers"]
    assert [register["rows"], register["used"], register["absent"]] == [1, 0, 1]
    assert register["coordinates"]["verdict"] == "unclear"
    assert "no place has coordinates" in register["coordinates"]["sentence"]["en"]
    assert check_text(found)
    assert check_html(found)
