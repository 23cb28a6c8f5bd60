"""What a notebook shows: tables of a few rows, escaped, without script; figures worked out by hand."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from html.parser import HTMLParser
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from circle15 import InputError, SitingProblem, Study, read_run, solve_siting
from circle15.display import listed, small_table
from circle15.outputs.frame_map import embed
from circle15.outputs.notebook import EmbeddedPage
from circle15.outputs.palette import STATUS_STYLES
from circle15.schema import STATUSES
from conftest import ROOT
from drawn import drawn_network

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e'\"&"


class Table(HTMLParser):
    """The rows of a table as text, and every element in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.caption = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]
        if tag in {"th", "td"}:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data
        else:
            self.caption += data

    def rows(self) -> dict[str, str]:
        return dict(zip(self.cells[::2], self.cells[1::2], strict=True))


def shown(thing: Any) -> Table:
    table = Table(thing._repr_html_())
    assert set(table.tags) <= {"table", "caption", "tbody", "tr", "th", "td", "span"}
    return table


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.from_config(ROOT / "configs" / "xinghe.toml")


@pytest.fixture(scope="module")
def result(study: Study) -> Any:
    return study.run()


def test_a_network_in_figures() -> None:
    # 100 and 250 m of road, 150 m of steps: half a kilometre in all.
    nodes = {"a": (0.0, 0.0), "b": (100.0, 0.0), "c": (350.0, 0.0), "d": (350.0, 150.0)}
    network = drawn_network(nodes, [("a", "b", 100.0), ("b", "c", 250.0), ("c", "d", 150.0)], steps=(2,))
    rows = shown(network).rows()
    assert rows["节点 nodes"] == "4"
    assert rows["路段 edges"] == "3"
    assert rows["长度 length"] == "0.5 km"
    assert rows["台阶 steps"] == "0.1 km"  # 0.15, and 0.35 of road, to the even tenth
    assert rows["关闭的出入口 closed gates"] == "0"
    assert rows["步行方式 profile"] == "planning, 1 m/s"


def test_a_plan_with_hostile_ids() -> None:
    problem = SitingProblem(
        time_s=[[5, 9], [9, 5]], weights=[4, 1], cutoff_s=6, candidate_ids=[HOSTILE, "b"], kinds=["post"]
    )
    rows = shown(solve_siting(problem, p=1)).rows()
    assert rows["新增覆盖 objective"] == "4"
    assert rows["差距 gap"] == "0.00%"
    assert rows["依次 in order"] == HOSTILE.replace("\u202e", " ")


def test_a_study_before_it_is_run(study: Study) -> None:
    table = shown(study)
    assert table.caption.startswith("星河街道一刻钟社区服务圈（虚构示例） · Xinghe")
    rows = table.rows()
    assert rows["配置 config"] == "xinghe.toml"
    assert rows["地图齐全的类别 kinds complete on the map"] == "school"


def test_a_result_shows_the_five_shares_in_their_colours(result: Any) -> None:
    table = shown(result)
    found = result.access.merge(result.residences[["residence_id", "weight"]], on="residence_id")
    shares = found.groupby("status")["weight"].sum() / found["weight"].sum()
    told = table.rows()["27 类合计 all 27 kinds"]
    for status in STATUSES:
        style = STATUS_STYLES[status]
        share = re.search(rf"{style.letter} {style.zh} {style.en} ([\d.]+)%", told)
        assert share, status
        assert float(share[1]) == pytest.approx(100 * shares.get(status, 0.0), abs=0.051)
        assert style.colour in result._repr_html_()
    assert table.rows()["缺口片区 gap areas"] == str(len(result.gap_areas))
    assert table.rows()["方案 plan"] == result.plan_summary["explanation"]


def test_a_run_read_back_shows_the_same(result: Any, tmp_path: Any) -> None:
    out = result.write(tmp_path / "out", pages=False)
    run = read_run(out)
    assert run._repr_html_() == result._repr_html_()
    assert run.explore().html == result.explore().html
    assert repr(run).startswith("FinishedRun(xinghe: ")
    assert repr(result).startswith("StudyResult(xinghe: ")


def test_hostile_titles_and_plans_are_text(result: Any) -> None:
    hostile = dataclasses.replace(
        result, about={**result.about, "title_zh": HOSTILE}, plan_summary={"explanation": HOSTILE}
    )
    table = shown(hostile)
    assert "<script>alert(1)</script>" in table.caption
    assert "\u202e" not in table.caption
    assert table.rows()["方案 plan"] == HOSTILE.replace("\u202e", " ")


def test_long_lists_are_cut_and_counted() -> None:
    assert listed("abcdefghij", most=3) == "a, b, c … (10)"
    assert Table(small_table("", [("", "")])).cells == ["–", "–"]


# A frame on a map


def squares() -> gpd.GeoDataFrame:
    """Three squares around one spot, 300, 200 and 100 m wide, in metres of UTM zone 50."""
    spot = shapely.Point(500_000, 3_546_000)  # about 117 E, 32 N
    return gpd.GeoDataFrame(
        {"name": [HOSTILE, "乙", None], "cutoff_s": [300.0, 600.0, float("inf")], "status": ["gap", "covered", "gap"]},
        geometry=[spot.buffer(size, cap_style="square") for size in (50, 100, 150)],
        crs="EPSG:32650",
    )


def data_of(page: EmbeddedPage) -> Any:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page.html, re.DOTALL)
    assert found
    return json.loads(found[1])


def legend_of(page: EmbeddedPage) -> list[tuple[str, str]]:
    return re.findall(r'<li><span style="background:(#[0-9a-f]{6})"></span>(.*?)</li>', page.html)


def test_a_frame_on_a_map_holds_shapes_in_degrees_the_large_beneath() -> None:
    data = data_of(embed(squares()))
    assert data["columns"] == ["name", "cutoff_s", "status"]
    # The third square is the largest. Infinite and missing are told apart.
    assert data["rows"] == [["", "∞", "gap"], ["乙", "600", "covered"], [HOSTILE.replace("\u202e", " "), "300", "gap"]]
    widths = []
    for shape in data["shapes"]:
        west, south, east, north = shapely.from_geojson(json.dumps(shape["geometry"])).bounds
        assert west < 117.0 < east
        assert south < 32.05 < north
        widths.append(Geod(ellps="WGS84").line_length([west, east], [south, south]))
    # UTM's scale is 0.9996 at its middle.
    assert widths == pytest.approx([300.1, 200.1, 100.0], abs=0.2)
    assert [shape["id"] for shape in data["shapes"]] == [0, 1, 2]


def test_colours_by_status_number_and_text() -> None:
    page = embed(squares(), colour_by="status")
    assert data_of(page)["colours"] == [STATUS_STYLES[status].colour for status in ("gap", "covered", "gap")]
    assert [words for _, words in legend_of(page)] == ["C 可达 Covered (1)", "G 缺口 Gap (2)"]
    page = embed(squares(), colour_by="cutoff_s")
    assert [words for _, words in legend_of(page)] == ["300", "600", "无数值 no number (1)"]
    light, dark, grey = (colour for colour, _ in legend_of(page))
    assert data_of(page)["colours"] == [grey, dark, light]
    page = embed(squares(), colour_by="name")
    assert [words.split(" ")[-1] for _, words in legend_of(page)] == ["(1)", "(1)", "(1)"]
    assert legend_of(page)[-1][1] == "其他 other (1)"


def test_numbers_are_cut_into_classes_of_as_many_rows() -> None:
    frame = gpd.GeoDataFrame({"n": range(60)}, geometry=[shapely.Point(117, 32)] * 60, crs="EPSG:4326")
    page = embed(frame, colour_by="n")
    assert [words for _, words in legend_of(page)] == ["0 – 9", "10 – 19", "20 – 29", "30 – 39", "40 – 49", "50 – 59"]
    assert len({colour for colour, _ in legend_of(page)}) == 6
    # Ninety zeros are one class; what is above them is another.
    frame = gpd.GeoDataFrame({"n": [0] * 90 + [7] * 10}, geometry=[shapely.Point(117, 32)] * 100, crs="EPSG:4326")
    assert [words for _, words in legend_of(embed(frame, colour_by="n"))] == ["0", "7"]


def test_a_map_of_nothing_and_of_rows_without_shape() -> None:
    nothing = squares().iloc[:0]
    assert data_of(embed(nothing, colour_by="cutoff_s"))["shapes"] == []
    hollow = squares()
    hollow.loc[1, "geometry"] = None
    assert [row[1] for row in data_of(embed(hollow))["rows"]] == ["∞", "300"]


def test_what_cannot_be_embedded_is_said() -> None:
    with pytest.raises(InputError, match="frame has no column 'time' to colour by; use one of name, cutoff_s"):
        embed(squares(), colour_by="time")
    with pytest.raises(InputError, match="frame has no coordinate system; set it"):
        embed(squares().set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="frame is a table without geometry"):
        embed(pd.DataFrame({"a": [1]}))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="streets is a table without geometry"):
        embed(squares(), streets=pd.DataFrame({"a": [1]}))  # type: ignore[arg-type]


@pytest.mark.xdist_group("chromium")
def test_in_a_browser_names_are_text_and_nothing_is_asked_of_the_network(tmp_path: Any) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright drives the page")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs Chromium")
    streets = gpd.GeoDataFrame(geometry=[shapely.LineString([(116.99, 32.05), (117.01, 32.05)])], crs="EPSG:4326")
    page = embed(squares(), colour_by="status", streets=streets, attribution="© <b>somebody</b>")
    (tmp_path / "map.html").write_text(page.html, encoding="utf-8")
    asked, said = [], []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 800, "height": 500})
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("dialog", lambda dialog: said.append(dialog.message))
        tab.goto((tmp_path / "map.html").as_uri())
        tab.wait_for_selector("canvas")
        # The middle of the map is the smallest square, whose name is hostile.
        tab.mouse.click(400, 250)
        told = tab.wait_for_selector(".leaflet-popup-content").inner_text()
        assert "<script>alert(1)</script>" in told
        assert "300" in told
        assert tab.inner_text(".credit") == "© <b>somebody</b>"
        browser.close()
    assert said == []
    assert asked == [(tmp_path / "map.html").as_uri()]
