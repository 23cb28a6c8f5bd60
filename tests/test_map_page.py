"""The map as people meet it: search, before and after, proposals, comments, privacy, print, screen readers."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from circle15 import checklist, schema
from circle15.cli import app
from circle15.outputs import palette
from circle15.outputs.webmap import TIANDITU, render_map
from circle15.outputs.webmap.encode import payload
from circle15.outputs.webmap.privacy import published, shown_residences
from circle15.study import Study
from conftest import ROOT
from map_pages import (
    CLOSING,
    DESKTOP,
    ENGINE,
    HOSTILE,
    PHARMACY,
    PHONE,
    POST,
    Opened,
    grid_frames,
    press_residence,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

FRAMES = grid_frames()


def node(expression: str, *scripts: str) -> Any:
    """What an expression of JavaScript gives with some of the page's scripts loaded, outside a browser."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node isn't installed")
    own = resources.files("circle15.outputs.webmap")
    text = "\n".join(own.joinpath(name).read_text(encoding="utf-8") for name in scripts)
    text += f"\nconst c15 = globalThis.circle15;\nconsole.log(JSON.stringify({expression}));"
    run = subprocess.run([program, "-"], input=text, capture_output=True, text=True, check=True, encoding="utf-8")
    return json.loads(run.stdout)


class TestSearch:
    NAMES = '{"太": ["tai"], "白": ["bai"], "社": ["she"], "区": ["qu"], "银": ["yin"], "行": ["hang", "xing"]}'

    @pytest.mark.parametrize(
        ("typed", "name", "rank"),
        [
            ("太白社区", "太白社区", 6),
            ("c1", "太白社区", 5),
            ("太白", "太白社区", 4),
            ("tbsq", "太白社区", 3),
            ("tbshq", "太白社区", 3),
            ("taibai", "太白社区", 3),
            ("tai bai she", "太白社区", 3),
            ("taib", "太白社区", 3),
            ("tais", "太白社区", 0),
            ("社区", "太白社区", 2),
            ("bsq", "太白社区", 1),
            ("qu", "太白社区", 1),
            ("yh", "银行", 3),
            ("yinxing", "银行", 3),
            ("y2", "银 2 行", 3),
            ("harp", "Harpa", 4),
            ("arp", "Harpa", 2),
            ("tb", "Harpa", 0),
        ],
    )
    def test_ranks(self, typed: str, name: str, rank: int) -> None:
        pinyin = f"new Map(Object.entries({self.NAMES}))"
        found = node(f"c15.matchName({pinyin}, {json.dumps(name)}, 'C1', {json.dumps(typed)})", "data.js", "search.js")
        assert found == rank

    def test_readings_travel_once_a_character(self) -> None:
        told = payload(FRAMES)["pinyin"]
        readings = dict(zip(told["characters"], told["readings"].split(" "), strict=True))
        assert readings["太"] == "tai"
        assert readings["街"] == "jie"
        assert len(set(told["characters"])) == len(told["characters"])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("map") / "map.html"
    out.write_text(render_map(FRAMES), encoding="utf-8")
    return out


@pytest.fixture
def size() -> tuple[int, int]:
    return DESKTOP


@pytest.fixture
def page(browser: Browser, path: Path, size: tuple[int, int]) -> Iterator[Page]:
    """The page with the engine of `map_pages`: nothing asked for, nothing complained about, nothing run."""
    opened = Opened(browser, path, *size, before=ENGINE)
    yield opened.ready()
    assert opened.page.evaluate("window.pwned") is None
    opened.close(path)


both_sizes = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


def colour_of(page: Page, index: int) -> list[str]:
    """Every colour painted within four pixels of a residence's middle."""
    return page.evaluate(
        """(i) => {
          const { map, data } = circle15.page;
          const at = map.latLngToContainerPoint(circle15.middle(data.residences.shapes, i));
          const box = document.getElementById("map").getBoundingClientRect();
          const [left, top] = [box.left + at.x, box.top + at.y];
          const found = new Set();
          for (const canvas of document.querySelectorAll(".leaflet-tile-pane canvas")) {
            const tile = canvas.getBoundingClientRect();
            const [x, y] = [left - tile.left, top - tile.top];
            if (x < 0 || y < 0 || x >= tile.width || y >= tile.height) continue;
            const copy = new OffscreenCanvas(9, 9).getContext("2d");
            copy.drawImage(canvas, 4 - x, 4 - y);
            const { data: painted } = copy.getImageData(0, 0, 9, 9);
            for (let j = 0; j < painted.length; j += 4) {
              found.add("#" + [...painted.slice(j, j + 3)].map((part) => part.toString(16).padStart(2, "0")).join(""));
            }
          }
          return [...found];
        }""",
        index,
    )


def changes_shown(page: Page) -> dict[str, list[str]]:
    """Of the legend's gains and losses the figures."""
    rows = page.evaluate(
        """() => [...document.querySelectorAll("#legend tr[data-change]")].map((row) =>
          [row.dataset.change, ...[...row.querySelectorAll("td")].map((cell) => cell.innerText).filter(Boolean)])"""
    )
    return {change: figures for change, *figures in rows}


@both_sizes
class TestSearchBox:
    def test_a_community_by_its_initials(self, page: Page) -> None:
        box = page.locator("#search")
        box.fill("tbsq")
        assert page.locator("#found li").count() == 1
        assert box.get_attribute("aria-expanded") == "true"
        page.keyboard.press("ArrowDown")
        assert box.get_attribute("aria-activedescendant") == "found-0"
        assert page.locator("#found-0").get_attribute("aria-selected") == "true"
        page.keyboard.press("Enter")
        assert page.locator("#details h2").inner_text() == "太白社区"
        assert page.locator("#details tr[data-kind]").count() == 27
        assert page.locator("#area option:checked").inner_text() == "太白社区"
        assert page.locator("#found").is_hidden()

    def test_hostile_names_are_found_as_text(self, page: Page) -> None:
        page.fill("#search", "<script>")
        found = page.locator("#found li").all_inner_texts()
        # The community c2, the school and residence 0 have that name.
        assert [HOSTILE in text for text in found] == [True] * 3
        assert "社区" in found[0]
        page.locator("#found li").nth(1).click()
        assert page.locator("#details h2").inner_text() == HOSTILE

    def test_a_residence_by_its_id_and_nothing(self, page: Page) -> None:
        page.fill("#search", "w07")
        page.keyboard.press("Enter")
        assert page.locator("#details h2").inner_text() == "居住点 w07"
        page.fill("#search", "没有这个地方")
        assert "没有找到" in page.inner_text("#search-said")
        page.keyboard.press("Escape")
        assert page.input_value("#search") == ""


class TestBeforeAndAfter:
    def test_the_plan_on_legend_map_and_card(self, page: Page) -> None:
        page.select_option("#kind", f"kind {PHARMACY}")
        for layer in ("gaps", "sites", "plan"):
            page.uncheck(f"#show-{layer}")
        assert palette.STATUS_STYLES["gap"].colour in colour_of(page, 9)
        page.check("#when-plan")
        # Residences 9 and 10, 19 + 20 of 186 residents, 60 of whom had a pharmacy before.
        assert changes_shown(page) == {"gained": ["39", "2"]}
        assert page.inner_text("#after") == "可达的占比由 32.3% 变为 53.2%。"
        assert palette.CHANGE_STYLES["gained"].colour in colour_of(page, 9)
        page.select_option("#area", "3")
        assert changes_shown(page) == {"gained": ["0", "0"]}
        press_residence(page, 3)
        assert "方案建成后可达" not in page.inner_text("#details tr[data-kind='pharmacy']")
        page.select_option("#area", "0")
        press_residence(page, 9)
        assert "方案建成后可达" in page.inner_text("#details tr[data-kind='pharmacy']")
        page.check("#when-now")
        assert changes_shown(page) == {}
        assert "方案建成后可达" not in page.inner_text("#details tr[data-kind='pharmacy']")

    def test_scores_of_groups_and_services(self, page: Page) -> None:
        scopes = page.evaluate("circle15.page.data.scopes.map(({ zh, kinds }) => [zh, kinds.length])")
        assert [name for name, _ in scopes] == ["总分", *(zh for zh in dict.fromkeys(
            checklist.kind(kind).group_zh for kind in checklist.KINDS)), *checklist.SERVICES_ZH]  # fmt: skip
        page.select_option("#kind", "scope 1")
        figures = page.locator("#legend tbody tr").all_inner_texts()
        # The school alone: everybody has it.
        assert [text.split() for text in figures] == [["1", "类", "100%", "186", "12"], ["0", "类", "0%", "0", "0"]]
        assert page.inner_text("#legend-title").endswith("一校")
        # With the plan the outlets' score rises for the nine residences that gain a pharmacy or a post office: all but
        # 2, 3 and 4, who weigh 12 + 13 + 14.
        page.select_option("#kind", "scope 6")
        page.check("#when-plan")
        assert changes_shown(page) == {"gained": ["147", "9"], "lost": ["0", "0"]}


def circle_and_route(page: Page) -> list[bool]:
    """Whether the band of what is reached, and a walk, are on the map."""
    return page.evaluate(
        """() => {
          const colours = [];
          circle15.page.map.eachLayer((layer) => colours.push(layer.options.color));
          return ["#6a3fb5", "#3b0f70"].map((colour) => colours.includes(colour));
        }"""
    )


class TestProposal:
    def rows(self, page: Page) -> list[list[str]]:
        cells = "(rows) => rows.map((row) => [...row.children].map((cell) => cell.innerText.trim()))"
        return page.locator("#outcome tbody tr").evaluate_all(cells)

    def put(self, page: Page, kind: int = PHARMACY) -> None:
        page.select_option("#edit-kind", str(kind))
        page.click("#pick-site")
        assert page.locator("#picking").is_visible()
        page.keyboard.press("Enter")  # the map has the keyboard: at its centre

    def test_circle_and_route(self, page: Page) -> None:
        press_residence(page, 0)
        assert circle_and_route(page) == [True, False]
        page.click(f"#route-{PHARMACY}")
        assert circle_and_route(page) == [True, True]
        assert "11 分钟" in page.inner_text("#details .walk")  # 600.5 s, rounded up
        assert page.get_attribute(f"#route-{PHARMACY}", "aria-pressed") == "true"
        assert page.locator(f"#route-{POST}").count() == 0  # no site, no walk
        page.keyboard.press("Escape")
        assert circle_and_route(page) == [False, False]

    @both_sizes
    def test_a_site_put_and_undone(self, page: Page) -> None:
        self.put(page)
        assert "新增可达 126，不再可达 0" in page.inner_text("#outcome")
        assert self.rows(page) == [
            ["药店", "+126", "0"],
            ["不在任何社区内", "+78", "0"],
            [HOSTILE, "+48", "0"],
        ]
        page.select_option("#kind", f"kind {PHARMACY}")
        assert page.is_checked("#when-trial")
        assert changes_shown(page) == {"gained": ["126", "7"], "lost": ["0", "0"]}
        assert page.locator(".pin.draft").count() == 1
        page.click("#undo")
        assert page.locator("#outcome tr").count() == 0
        assert page.locator(".pin.draft").count() == 0
        assert page.is_checked("#when-now") or page.locator("#when").is_hidden()

    def test_a_site_closed_and_a_gate_opened(self, page: Page) -> None:
        page.fill("#search", "药店")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="试试关闭这处设施").click()
        assert self.rows(page)[0] == ["药店", "0", "−60"]  # residences 0 to 4
        assert page.get_by_role("button", name="试试关闭这处设施").is_disabled()
        page.keyboard.press("Escape")
        page.click("#show-gates")
        page.locator(".pin.gate").click()
        assert page.locator("#details h2").inner_text() == "门 g<1>"
        page.get_by_role("button", name="试试打开这扇门").click()
        assert [row[1:] for row in self.rows(page)[:2]] == [["0", "−60"], ["+21", "0"]]  # pharmacies, post offices
        assert page.locator(".pin.gate:not(.draft)").count() == 0
        page.click("#drop-edit-0")
        assert self.rows(page)[0][1:] == ["+21", "0"]

    def exported(self, page: Page) -> dict[str, Any]:
        with page.expect_download() as download:
            page.click("#export")
        assert re.fullmatch(r"[a-z0-9.-]+\.geojson", download.value.suggested_filename)
        text = download.value.path().read_text(encoding="utf-8")
        return json.loads(text)

    def test_what_is_left_is_a_file_and_comes_back(
        self, page: Page, browser: Browser, path: Path, tmp_path: Path
    ) -> None:
        self.put(page)
        page.fill("#search", CLOSING[:9])
        page.locator("#found li", has_text=CLOSING).first.click()
        page.get_by_role("button", name="试试关闭这处设施").click()
        page.fill("#proposal-text", "近一点的药店\n" + HOSTILE)
        page.click("#save-proposal")
        page.click("#pick-comment")
        page.keyboard.press("Enter")
        page.fill("#comment-text", CLOSING)
        page.click("#save-comment")
        assert page.locator("ul.saved li").count() == 2
        assert "只保存在这台设备" in page.inner_text("#notes")

        file = self.exported(page)
        assert file["type"] == "FeatureCollection"
        assert file["circle15"] == {"study_id": "grid", "data_date": "2026-05-09", "version": 1}
        keys = {"what", "text", "proposal", "do", "kind", "site_id", "gate_id"}
        for feature in file["features"]:
            assert set(feature) == {"type", "geometry", "properties"}
            assert feature["geometry"]["type"] == "Point"
            lon, lat = feature["geometry"]["coordinates"]
            assert 116.49 < lon < 116.51
            assert 35.39 < lat < 35.41
            assert set(feature["properties"]) == keys
        comment, put, closed = (feature["properties"] for feature in file["features"])
        assert (comment["what"], comment["text"], comment["proposal"], comment["do"]) == (
            "comment",
            CLOSING,
            None,
            None,
        )
        assert (put["what"], put["do"], put["kind"], put["site_id"]) == ("edit", "open_site", "pharmacy", None)
        assert (closed["do"], closed["kind"], closed["site_id"], closed["gate_id"]) == ("close_site", None, "n2", None)
        assert put["proposal"] == closed["proposal"]
        assert put["text"] == "近一点的药店\n" + HOSTILE

        page.reload()  # what the device keeps comes back by itself
        page.wait_for_selector("html[data-ready]")
        assert page.locator("ul.saved li").count() == 2
        page.evaluate("() => localStorage.clear()")

        saved = tmp_path / "comments.geojson"
        saved.write_text(json.dumps(file, ensure_ascii=False), encoding="utf-8")
        other = Opened(browser, path, *DESKTOP, before=ENGINE)
        other.ready()
        assert other.page.locator("ul.saved li").count() == 0
        other.page.set_input_files("#import", saved)
        other.page.locator("#notes-said", has_text="读入 2 条").wait_for()
        assert self.exported(other.page) == file
        other.page.get_by_role("button", name="近一点的药店", exact=True).click()
        assert other.page.locator("ol.edits li").count() == 2
        saved.write_text(json.dumps(file | {"circle15": {**file["circle15"], "study_id": "other"}}), encoding="utf-8")
        other.page.set_input_files("#import", saved)
        other.page.locator("#notes-said", has_text="另一个研究区").wait_for()
        saved.write_text("<html>", encoding="utf-8")
        other.page.set_input_files("#import", saved)
        other.page.locator("#notes-said", has_text="不是本地图导出").wait_for()
        assert other.page.evaluate("window.pwned") is None
        other.close(path)

    def test_reading_refuses_what_the_map_has_not_got(self) -> None:
        data = {
            "about": {"studyId": "grid", "dataDate": None},
            "kinds": [{"id": "pharmacy"}],
            "sites": {"id": ["n1"], "shapes": {"from": [0, 1], "start": [0, 1], "lon": [116.5], "lat": [35.4]}},
        }

        def feature(lon: float = 116.5, **properties: Any) -> dict[str, Any]:
            return {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lon, 35.4]},
                "properties": properties,
            }

        features = [
            feature(what="comment", text="a"),
            feature(what="comment", text="a"),  # the same again
            feature(what="comment", text=""),
            feature(what="edit", proposal="x", do="open_site", kind="pharmacy"),
            feature(what="edit", proposal="x", do="open_site", kind="ministry"),
            feature(what="edit", proposal="x", do="close_site", site_id="n9", kind=None),
            feature(what="edit", proposal="x", do="open_gate", gate_id="g9"),
            feature(what="edit", proposal="x", do="burn_site", site_id="n1"),
            feature(what="edit", do="open_site", kind="pharmacy"),  # of no proposal
            feature(lon=500, what="comment", text="nowhere"),
            {"type": "Feature", "geometry": None, "properties": None},
        ]
        file = {"type": "FeatureCollection", "circle15": {"study_id": "grid", "version": 1}, "features": features}
        text = json.dumps(json.dumps(file))
        read = node(f"c15.notesFromGeoJSON({json.dumps(data)}, [], {text})", "data.js", "notes.js")
        assert read["refused"] == 8
        assert read["notes"]["comments"] == [{"lon": 116.5, "lat": 35.4, "text": "a"}]
        (proposal,) = read["notes"]["proposals"]
        assert proposal["edits"] == [{"do": "open_site", "kind": 0, "lon": 116.5, "lat": 35.4}]


def test_nothing_can_be_kept(browser: Browser, path: Path) -> None:
    forbidden = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } });"
    opened = Opened(browser, path, *DESKTOP, before=ENGINE + forbidden)
    page = opened.ready()
    page.click("#pick-comment")
    page.keyboard.press("Enter")
    page.fill("#comment-text", "路灯坏了")
    page.click("#save-comment")
    assert "不允许本页保存" in page.inner_text("#notes")
    assert page.locator("ul.saved li").count() == 1
    opened.close(path)


def test_a_page_without_an_engine(browser: Browser, path: Path) -> None:
    nothing = (
        "globalThis.circle15 = {}; Object.defineProperty(circle15, 'makeEngine', { set() {}, get: () => () => null });"
    )
    opened = Opened(browser, path, *DESKTOP, before=nothing)
    page = opened.ready()
    assert "不能当场计算" in page.inner_text("#proposal")
    page.click("#pick-site")
    page.keyboard.press("Enter")
    assert page.locator("ol.edits li").count() == 1
    assert page.locator("#outcome tr").count() == 0
    press_residence(page, 0)
    assert page.locator(".route").count() == 0
    opened.close(path)


def test_what_is_left_on_the_map_is_counted_by_the_command(browser: Browser, tmp_path: Path) -> None:
    config = ROOT / "configs" / "xinghe.toml"
    file = tmp_path / "map.html"
    file.write_text(render_map(Study.from_config(config).run()), encoding="utf-8")
    opened = Opened(browser, file, *DESKTOP)
    page = opened.ready()
    page.select_option("#edit-kind", str(checklist.KINDS.index("farmers_market")))
    page.click("#pick-site")
    page.keyboard.press("Enter")
    page.click("#show-gates")
    page.locator(".pin-holder:has(.gate)").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="试试打开这扇门").click()
    page.fill("#proposal-text", "=近一点的菜场" + HOSTILE)
    page.click("#save-proposal")
    page.click("#pick-comment")
    page.keyboard.press("Enter")
    page.fill("#comment-text", "路灯坏了")
    page.click("#save-comment")
    total = page.evaluate("circle15.page.state.trial.total")
    with page.expect_download() as download:
        page.click("#export")
    download.value.save_as(tmp_path / "left.geojson")
    opened.close(file)

    out = tmp_path / "out"
    told = CliRunner().invoke(app, ["comments", str(config), str(tmp_path / "left.geojson"), "--out", str(out)])
    assert told.exit_code == 0, told.output
    (row,) = pd.read_csv(out / "proposals.csv").to_dict("records")
    assert total["gained"]["n"] > 0
    assert (row["n_gained"], row["n_lost"]) == (total["gained"]["n"], total["lost"]["n"])
    assert row["gained"] == pytest.approx(total["gained"]["weight"], abs=0.01)
    assert len(pd.read_csv(out / "comments.csv")) == 1


class TestPrivacy:
    """Weights are 10 to 21: 46 in c1, 62 in c2 (district d1), 78 in none."""

    def study(self, least: float) -> schema.StudyFrames:
        names = pd.Series([f"秘密{i}号" for i in range(12)], dtype="str")
        return dataclasses.replace(
            FRAMES, residences=FRAMES.residences.assign(name=names), about=FRAMES.about | {"min_residents": least}
        )

    def test_nothing_is_merged_by_default(self) -> None:
        assert published(FRAMES).frames is FRAMES
        assert shown_residences(FRAMES) is FRAMES.residences

    def test_neighbours_make_groups(self) -> None:
        shown = published(self.study(30.0))
        weights = shown.frames.residences.groupby(shown.frames.residences["community_id"].fillna("none"))["weight"]
        # c1: three of its four reach 30, the last joins them; c2: two don't reach it, three do; in none every two do.
        assert {name: sorted(rows) for name, rows in weights} == {
            "c1": [46.0],
            "c2": [62.0],
            "none": sorted(shown.frames.residences["weight"][-2:]),
        }
        assert shown.frames.residences["weight"].sum() == 186
        assert shown.n_homes.tolist() == [4, 4, 2, 2]
        # Each group has the verdicts of its heaviest home: residences 3, 7 and two of 8 to 11.
        assert shown.heaviest.tolist()[:2] == [3, 7]
        assert shown_residences(self.study(30.0))["residence_id"].tolist()[:2] == ["w03", "w07"]
        status = shown.frames.access.pivot_table(
            index="residence_id", columns="kind", values="status", aggfunc="first", sort=False
        )
        assert status["pharmacy"].tolist()[:2] == ["covered", "unknown"]

    def test_small_areas_are_merged_within_their_district(self) -> None:
        data = payload(self.study(50.0))
        # c1 has less than 50, and c2 is the lightest beside it in d1: together 108.
        assert [(area["level"], area["merged"], area["weight"]) for area in data["areas"]] == [
            ("study", False, 186),
            ("district", False, 108),
            ("district", False, 78),
            ("community", False, 78),
            ("community", True, 108),
        ]
        covered = data["areas"][4]["shares"][PHARMACY][0]
        assert covered == palette.percent(60 / 108)
        assert all(area["counts"] is None for area in data["areas"])

    def test_single_homes_do_not_travel(self) -> None:
        study = self.study(50.0)
        text = json.dumps(payload(study), ensure_ascii=False)
        for secret in (*study.residences["residence_id"], *study.residences["name"], "太白社区", "c1", "c2"):
            assert json.dumps(secret, ensure_ascii=False) not in text, secret
        assert min(payload(study)["residences"]["weight"]) >= 50
        assert payload(study)["about"]["warnings"] == []
        assert payload(study)["gapAreas"]["weight"] == [186]  # the other weighs 39

    def test_legends_stay_those_of_every_residence(self) -> None:
        told = payload(self.study(30.0))["areas"]
        plain = payload(FRAMES)["areas"]
        assert [area["shares"] for area in told] == [area["shares"] for area in plain]
        assert [area["amounts"] for area in told] == [area["amounts"] for area in plain]

    @settings(max_examples=30)
    @given(
        st.lists(st.tuples(st.integers(0, 40), st.sampled_from("abcd")), min_size=12, max_size=12),
        st.integers(1, 120),
    )
    def test_nothing_light_is_shown(self, homes: list[tuple[int, str]], least: int) -> None:
        weight = np.array([weight for weight, _ in homes], dtype=float)
        if not weight.sum():
            weight[0] = 1.0
        district = {"a": "d1", "b": "d1", "c": "d2", "d": None}
        residences = FRAMES.residences.assign(
            weight=weight,
            community_id=pd.Series([area for _, area in homes], dtype="str"),
            district_id=pd.Series([district[area] for _, area in homes], dtype="str"),
        )
        study = dataclasses.replace(FRAMES, residences=residences, about=FRAMES.about | {"min_residents": float(least)})
        shown = published(study)
        assert shown.n_homes.sum() == 12
        assert shown.frames.residences["weight"].sum() == pytest.approx(weight.sum())
        assert len(shown.frames.access) == 27 * len(shown.heaviest)
        if weight.sum() >= least:
            assert shown.frames.residences["weight"].min() >= least
            assert shown.frames.areas["weight"].min() >= least

    def test_the_page_says_so(self, browser: Browser, tmp_path: Path) -> None:
        file = tmp_path / "map.html"
        file.write_text(render_map(self.study(50.0)), encoding="utf-8")
        opened = Opened(browser, file, *DESKTOP, before=ENGINE)
        page = opened.ready()
        assert "不足 50" in page.inner_text("#completeness")
        assert "不足 50" in page.inner_text("#proposal")
        assert page.locator("#area option").all_inner_texts()[-1] == "其他社区（合并）"
        press_residence(page, 0)
        assert page.locator("#details h2").inner_text().startswith("合并显示的")
        page.fill("#search", "秘密")
        assert page.locator("#found li").count() == 0
        assert page.locator("#legend thead th").all_inner_texts() == ["状态", "占比", "人数"]
        opened.close(file)


class TestTianditu:
    KEY = "0123456789abcdef0123456789abcdef"

    def policy(self, text: str) -> str:
        found = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert found is not None
        return found[1]

    def test_only_with_a_key(self) -> None:
        assert re.search(r"img-src data:;", self.policy(render_map(FRAMES)))
        keyed = render_map(dataclasses.replace(FRAMES, about=FRAMES.about | {"tianditu_key": self.KEY}))
        assert f"img-src data: {TIANDITU};" in self.policy(keyed)
        assert self.policy(keyed).count("http") == 1

    def test_tiles_come_from_that_host_alone(self, browser: Browser, tmp_path: Path) -> None:
        file = tmp_path / "map.html"
        keyed = dataclasses.replace(FRAMES, about=FRAMES.about | {"tianditu_key": self.KEY})
        file.write_text(render_map(keyed), encoding="utf-8")
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        asked: list[str] = []
        pixel = bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
            "050001a5f645400000000049454e44ae426082"
        )

        def answer(route: Any) -> None:
            asked.append(route.request.url)
            route.fulfill(body=pixel, content_type="image/png")

        context.route("http*://**/*", answer)
        page = context.new_page()
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]")
        page.wait_for_timeout(300)
        assert asked
        layers = set()
        for url in asked:
            found = re.fullmatch(
                re.escape(TIANDITU) + r"/(vec|cva)_w/wmts\?SERVICE=WMTS&REQUEST=GetTile&VERSION=1\.0\.0&LAYER=\1"
                r"&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX=(\d+)&TILEROW=\d+&TILECOL=\d+&tk=" + self.KEY,
                url,
            )
            assert found is not None, url
            layers.add(found[1])
        assert layers == {"vec", "cva"}
        assert TIANDITU in page.inner_text("footer")
        assert "不连接网络" not in page.inner_text("footer")
        page.uncheck("#show-tianditu")
        n = len(asked)
        page.evaluate("() => circle15.page.map.zoomIn(1, { animate: false })")
        page.wait_for_timeout(200)
        assert len(asked) == n
        context.close()


@both_sizes
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_barrier_for_screen_readers(page: Page, language: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe isn't installed").Axe()

    def serious() -> list[str]:
        found = axe.run(page).response["violations"]
        return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in {"serious", "critical"}]

    if language == "en":
        page.click("#language")
    page.fill("#search", "太白")
    assert serious() == []
    page.keyboard.press("Enter")
    assert serious() == []
    page.click("#show-gates")
    page.click("#pick-site")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")  # the card lies over the map
    press_residence(page, 0)
    page.click(f"#route-{PHARMACY}")
    assert serious() == []
    page.click("#pick-comment")
    page.keyboard.press("Enter")
    assert serious() == []


def test_on_paper(page: Page) -> None:
    press_residence(page, 9)
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for gone in ("#language", "#print", "#search", "#kind", "#layers", "#notes", ".leaflet-control-zoom"):
        assert page.locator(gone).first.is_hidden(), gone
    for there in ("#map", "#legend", "h1", "footer", "#details tr[data-kind]", ".credit"):
        assert page.locator(there).first.is_visible(), there
    width = page.locator("#map").evaluate("map => map.getBoundingClientRect().width")
    assert width == pytest.approx(186 / 25.4 * 96, abs=3)
    assert page.evaluate("circle15.page.map.getSize().x") == pytest.approx(width, abs=3)
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="screen")
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#search").is_visible()
