"""What a study makes of several sources: merged, surveyed, asked and answered."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from circle15 import Study
from circle15.errors import ConfigError, DataError
from circle15.sources.merging import sites_meant
from circle15.sources.surveys import read_survey
from drawn import osm_file, place, spots

if TYPE_CHECKING:
    from pathlib import Path

# A street of 3 km with a house of six storeys at 0 m. Along it: a supermarket at 300 m, a greengrocer (possibly a
# market) at 500 m, a clinic (possibly a health room) at 600 m, a second one at 800 m.
NODES = {
    1: (-1500, 0, {}), 2: (1500, 0, {}), 11: (0, 10, {}), 12: (10, 10, {}), 13: (10, 20, {}), 14: (0, 20, {}),
    21: (300, 5, {"shop": "supermarket", "name": "光河超市"}),
    22: (500, 5, {"shop": "greengrocer", "name": "老李菜店"}),
    23: (600, 5, {"amenity": "clinic", "name": "光河诊所"}), 24: (800, 5, {"amenity": "clinic", "name": "东明诊所"}),
}  # fmt: skip
WAYS = {
    1: ([1, 2], {"highway": "residential"}),
    2: ([11, 12, 13, 14, 11], {"building": "apartments", "building:levels": "6"}),
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


@pytest.fixture
def village(tmp_path: Path) -> Any:
    """A study of that street, in a community c1 that ends at 700 m; with registers as CSV by name."""

    def made(registers: dict[str, str] | None = None, *, top: str = "", more: str = "") -> Study:
        osm_file(tmp_path, NODES, WAYS)
        shape = shapely.Polygon([place(-1600, -100), place(700, -100), place(700, 100), place(-1600, 100)])
        areas = gpd.GeoDataFrame(
            {"level": ["community"], "area_id": ["c1"], "name": ["光河社区"]}, geometry=[shape], crs="EPSG:4326"
        )
        areas.to_file(tmp_path / "areas.geojson")
        for name, rows in (registers or {}).items():
            (tmp_path / name).write_text(rows, encoding="utf-8")
        (tmp_path / "village.toml").write_text(CONFIG.format(top=top, more=more), encoding="utf-8")
        return Study.from_config(tmp_path / "village.toml")

    return made


def row(site_id: str, name: str, kind: str, at: tuple[float, float], *more: str) -> str:
    lon, lat = place(*at)
    return ",".join([site_id, name, kind, f"{lon:.7f}", f"{lat:.7f}", *more]) + "\n"


HEAD = "设施编号,名称,类别,经度,纬度\n"


def said(result: Any) -> str:
    return " ".join(one["en"] for one in result.about["warnings"])


def statuses(result: Any) -> pd.Series[str]:
    return result.access.set_index("kind")["status"]


def test_a_register_and_the_map_speak_of_one_site(village: Any) -> None:
    # The register has the supermarket 20 m farther on, under a longer name, and what is in it as well.
    register = HEAD + row("S1", "光河超市（总店）", "超市便利店、理发店", (320, 5))
    result = village({"r.csv": register}, more='[[registers]]\nfile = "r.csv"').run()
    merge = result.merges.iloc[0]
    assert (len(result.merges), merge["kept_id"], merge["dropped_id"], merge["why"]) == (1, "S1", "n21", "same_place")
    assert merge["distance_m"] == pytest.approx(20, abs=0.1)
    kept = result.sites.set_index("site_id").loc["S1"]
    assert (kept["name"], kept["source"]) == ("光河超市（总店）", "r.csv; osm")
    held = result.site_kinds[result.site_kinds["site_id"] == "S1"]
    assert held["kind"].tolist() == ["grocery", "hairdresser"]
    assert "n21" not in set(result.sites["site_id"])
    assert "went into it (one place in two sources 1)" in said(result)
    # 315 m along the street (from 5 to 320), 15 and 5 m of legs.
    assert result.access.set_index("kind").loc["grocery", "time_s"] == pytest.approx(315 + 15 + 5, abs=0.5)


def test_a_surveyed_absence_overrules_a_guess_at_its_place(village: Any) -> None:
    register = "设施编号,名称,类别,经度,纬度,现状\n" + row("S1", "老李菜店", "农贸市场", (505, 5), "无")
    register += row("S2", "光河修鞋铺", "维修点", (10, 5), "有")
    result = village({"r.csv": register}, more='[[registers]]\nfile = "r.csv"').run()
    before = village().run()
    assert statuses(before)["farmers_market"] == "possible"
    # Nobody says that there is no other market: unknown, not a gap.
    assert statuses(result)["farmers_market"] == "unknown"
    conflict = result.conflicts.set_index("site_id").loc["n22"]
    assert (conflict["kind"], conflict["why"], conflict["by"]) == ("farmers_market", "surveyed_absent", "r.csv")


def test_an_absence_that_means_no_known_site_is_told(village: Any) -> None:
    register = "设施编号,名称,类别,经度,纬度,现状\n" + row("S1", "别处的菜店", "农贸市场", (505, 5), "无")
    register += row("S2", "光河修鞋铺", "维修点", (10, 5), "有")
    result = village({"r.csv": register}, more='[[registers]]\nfile = "r.csv"').run()
    assert statuses(result)["farmers_market"] == "possible"
    assert "1 absences of r.csv speak of no site" in said(result)


def test_a_register_is_complete_where_it_says_so(village: Any) -> None:
    # The clinic at 600 m lies in c1, the one at 800 m outside: the register speaks for c1 only.
    register = HEAD + row("S1", "光河修鞋铺", "社区卫生室", (-1400, 5))
    section = '[[registers]]\nfile = "r.csv"\ncomplete = ["health_room"]\ncomplete_in = ["c1"]'
    result = village({"r.csv": register}, more=section).run()
    assert result.conflicts["site_id"].tolist() == ["n23"]
    # 795 m and legs to the second clinic: still within 15 minutes, and possible.
    assert result.access.set_index("kind").loc["health_room", ["status", "site_id"]].tolist() == ["possible", "n24"]
    with pytest.raises(ConfigError, match="complete_in: c9 are no communities of the study"):
        village({"r.csv": register}, more=section.replace("c1", "c9")).run()


def answered(asked: bytes, path: Path, answers: dict[tuple[str, str], dict[str, Any]]) -> None:
    """The survey list with answers, keyed by kind and by site or community."""
    book = openpyxl.load_workbook(io.BytesIO(asked))
    sheet = book.worksheets[0]
    column = {cell.value: cell.column for cell in sheet[1]}
    for cells in sheet.iter_rows(min_row=2):
        where = cells[column["设施编号"] - 1].value or cells[column["社区编号"] - 1].value
        for header, value in answers.get((cells[column["类别"] - 1].value, where), {}).items():
            cells[column[header] - 1].value = value
    book.save(path)


def test_the_survey_list_settles_what_it_asked(village: Any, tmp_path: Path) -> None:
    first = village().run()
    out = first.write(tmp_path / "out")
    before = statuses(first)
    assert before[["farmers_market", "health_room", "post", "finance"]].tolist() == [
        "possible", "possible", "unknown", "unknown",
    ]  # fmt: skip
    lon, lat = place(200, 5)
    answers = {
        ("农贸市场", "n22"): {"现状": "有"},
        ("社区卫生室", "n23"): {"现状": "无"},
        ("邮政网点", "c1"): {"现状": "无"},
        ("金融网点", "c1"): {"现状": "有", "实际名称": "光河信用社", "实际经度": lon, "实际纬度": lat},
    }
    answered((out / "survey.xlsx").read_bytes(), tmp_path / "answers.xlsx", answers)
    result = village(top='survey = "answers.xlsx"').run()
    after = statuses(result)
    assert after["farmers_market"] == "covered"
    assert after["post"] == "gap"  # the whole community was walked
    assert after["finance"] == "covered"
    # The first clinic is none; the second is 795 m along the street, with 15 and 5 m of legs, and nobody looked.
    assert after["health_room"] == "possible"
    assert result.access.set_index("kind").loc["health_room", "time_s"] == pytest.approx(795 + 15 + 5, abs=0.5)
    assert "answers.xlsx answers 4 of" in said(result)
    asked_again = result.survey[["kind", "site_id"]].to_numpy().tolist()
    assert ["health_room", "n24"] in asked_again
    assert "farmers_market" not in result.survey["kind"].tolist()
    assert set(before.index[before != after]) == {"farmers_market", "post", "finance"}


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({("邮政网点", "c1"): {"现状": "也许"}}, "现状 '也许' is neither 有 nor 无"),
        ({("邮政网点", "c1"): {"现状": "有"}}, "实际经度 and 实际纬度 aren't WGS84 degrees"),
        ({("邮政网点", "c1"): {"现状": "有", "实际经度": "東", "实际纬度": 32}}, "aren't WGS84 degrees"),
        ({("农贸市场", "n22"): {"现状": "有", "实际经度": 118, "实际纬度": 32}}, "asks about one site"),
        ({("邮政网点", "c1"): {"现状": "无", "类别": "邮局子"}}, "类别 '邮局子' is unknown"),
        ({("邮政网点", "c1"): {"现状": "无", "社区编号": None}}, "are both empty"),
    ],
)
def test_an_answer_that_cannot_be_used_is_named_with_its_row(
    village: Any, tmp_path: Path, answers: dict[tuple[str, str], dict[str, Any]], says: str
) -> None:
    out = village().run().write(tmp_path / "out", pages=False)
    answered((out / "survey.xlsx").read_bytes(), tmp_path / "answers.xlsx", answers)
    with pytest.raises(DataError, match=says) as refused:
        read_survey(tmp_path / "answers.xlsx")
    assert "answers.xlsx: row " in str(refused.value)


def test_another_workbook_is_no_survey_list(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["类别", "名称"])
    book.active.append(["邮政网点", "x"])
    book.save(tmp_path / "other.xlsx")
    with pytest.raises(DataError, match="lacks the headers"):
        read_survey(tmp_path / "other.xlsx")


def test_which_site_is_meant() -> None:
    # Alike and 50 m off; 10 m off without a name; alike but 70 m off; 30 m off without a name; another kind.
    sites = spots({"a": (0, 0), "b": (1000, 0), "c": (2000, 0), "d": (3000, 0), "e": (4000, 0)}, "site_id")
    sites["name"] = ["光河菜店", "东明菜店", "南关菜店", "北关菜店", "西关菜店"]
    kinds = pd.DataFrame({"site_id": [*"abcde"], "kind": ["farmers_market"] * 4 + ["post"]})
    asked = spots({"1": (50, 0), "2": (1010, 0), "3": (2070, 0), "4": (3030, 0), "5": (4000, 0)}, "id")
    asked = asked.assign(kind="farmers_market", name=["光河菜店", np.nan, "南关菜店", np.nan, "西关菜店"])
    meant = sites_meant(asked, sites, kinds)
    assert meant.fillna("").tolist() == ["a", "b", "", "", ""]
