"""The public map: one file, no request, hostile names, and the figures of the frames."""

from __future__ import annotations

import base64
import dataclasses
import html.parser
import json
import re
import zlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15 import areas, checklist, schema
from circle15.outputs import palette
from circle15.outputs.webmap import render_map
from circle15.outputs.webmap.encode import DEGREES, LARGEST, NO_TIME, encode_shapes, packed, payload
from map_pages import CLOSING, DESKTOP, HOSTILE, PHARMACY, PHONE, POST, Opened, grid_frames, press_residence, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def frames() -> schema.StudyFrames:
    return grid_frames()


@pytest.fixture(scope="module")
def page_text(frames: schema.StudyFrames) -> str:
    return render_map(frames)


class Elements(html.parser.HTMLParser):
    """Every start tag with its attributes, as a browser's tokenizer sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def data_in(text: str) -> Any:
    found = re.search(r'<script id="data"[^>]*>([^<]*)</script>', text)
    assert found is not None
    return json.loads(zlib.decompress(base64.b64decode(found[1])))


def decoded(code: dict[str, list[int]]) -> list[list[np.ndarray[Any, Any]]]:
    """Longitudes and latitudes of each part of each feature, straight from the description of the code."""
    points = np.cumsum(np.reshape(code["xy"], (-1, 2)), axis=0) * DEGREES
    parts = np.split(points, np.cumsum(code["points"])[:-1]) if code["points"] else []
    ends = np.cumsum(code["parts"])
    return [parts[end - n : end] for n, end in zip(code["parts"], ends, strict=True)]


class TestShapes:
    def test_each_type_keeps_its_parts(self) -> None:
        ring = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (2, 1), (2, 2)]])
        shapes = gpd.GeoSeries(
            [
                shapely.Point(1.5, 2.5),
                ring,
                shapely.LineString([(0, 0), (1, 1), (0, 0)]),
                shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
                shapely.Polygon(),
            ]
        )
        code = encode_shapes(shapes)
        assert code["parts"] == [1, 2, 1, 2, 0]
        assert code["points"] == [1, 4, 3, 3, 4, 4]  # a ring doesn't repeat its first point, a line that returns does
        point, polygon, line, _, nothing = decoded(code)
        np.testing.assert_allclose(point[0], [[1.5, 2.5]])
        np.testing.assert_allclose(polygon[1], [[1, 1], [2, 1], [2, 2]])
        np.testing.assert_allclose(line[0], [[0, 0], [1, 1], [0, 0]])
        assert nothing == []

    def test_no_shapes(self) -> None:
        assert encode_shapes(gpd.GeoSeries([], crs="EPSG:4326")) == {"parts": [], "points": [], "xy": []}

    def test_errors_do_not_add_up(self) -> None:
        rng = np.random.default_rng(15)
        line = np.array([121.47, 31.23]) + np.cumsum(rng.normal(0, 3e-5, (5000, 2)), axis=0)
        (parts,) = decoded(encode_shapes(gpd.GeoSeries([shapely.LineString(line)])))
        assert np.abs(parts[0] - line).max() <= DEGREES / 2 + 1e-9


class TestPalette:
    def test_statuses_in_the_order_of_the_schema(self) -> None:
        assert tuple(palette.STATUS_STYLES) == schema.STATUSES
        assert tuple(palette.REASONS) == schema.REASONS
        assert tuple(palette.EVIDENCE) == schema.EVIDENCE
        assert tuple(palette.GROUPS_EN) == checklist.GROUPS

    def test_letters_and_patterns_are_unique(self) -> None:
        styles = palette.STATUS_STYLES.values()
        for field in ("zh", "en", "letter", "colour", "pattern", "pattern_path"):
            assert len({getattr(style, field) for style in styles}) == len(schema.STATUSES)

    @staticmethod
    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    def contrast(self, one: str, other: str) -> float:
        low, high = sorted((self.luminance(one), self.luminance(other)))
        return (high + 0.05) / (low + 0.05)

    def test_contrasts(self) -> None:
        for style in palette.STATUS_STYLES.values():
            assert self.contrast(style.colour, style.ink) >= 4.5, style.status
            assert self.contrast(style.line, "#ffffff") >= 4.5, style.status

    def test_scores_have_a_class_and_darken(self) -> None:
        assert [s for low, high in palette.SCORE_CLASSES for s in range(low, high + 1)] == list(range(28))
        assert len(palette.SCORE_COLOURS) == len(palette.SCORE_CLASSES)
        light = [self.luminance(colour) for colour in palette.SCORE_COLOURS]
        assert light == sorted(light, reverse=True)


class TestFile:
    def test_same_frames_same_text(self, frames: schema.StudyFrames, page_text: str) -> None:
        assert render_map(frames) == page_text

    def test_frames_stay_as_they_were(self, frames: schema.StudyFrames) -> None:
        before = {
            field.name: value.copy()
            for field in dataclasses.fields(frames)
            if isinstance(value := getattr(frames, field.name), pd.DataFrame)
        }
        render_map(frames)
        for name, copy in before.items():
            pd.testing.assert_frame_equal(getattr(frames, name), copy)

    def test_nothing_is_fetched(self, page_text: str) -> None:
        for tag, attributes in Elements(page_text).found:
            assert "src" not in attributes
            assert "srcset" not in attributes
            if "href" in attributes:
                href = attributes["href"] or ""
                assert (tag, href) == ("link", "data:,") or (tag == "a" and href.startswith("https://"))
        styles = "".join(re.findall(r"<style>(.*?)</style>", page_text, re.DOTALL))
        assert "url(" not in styles
        assert "@import" not in styles
        assert "sourceMappingURL" not in page_text
        policy = next(a["content"] or "" for _, a in Elements(page_text).found if a.get("http-equiv"))
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        assert "http" not in policy

    def test_no_machine_path(self, page_text: str) -> None:
        assert "/home/" not in page_text
        assert "site-packages" not in page_text

    def test_leaflets_licence_is_whole(self, page_text: str) -> None:
        assert "BSD 2-Clause License" in page_text
        assert "Volodymyr Agafonkin" in page_text
        assert "THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS" in page_text

    def test_hostile_text_makes_no_element(self, frames: schema.StudyFrames, page_text: str) -> None:
        plain = {name: value for name, value in frames.about.items() if isinstance(value, str)}
        calm = dataclasses.replace(frames, about=frames.about | {name: "calm" for name in plain if "title" in name})
        tags = [tag for tag, _ in Elements(page_text).found]
        assert tags == [tag for tag, _ in Elements(render_map(calm)).found]
        assert tags.count("script") == 5
        assert "window.pwned=1</script>" not in page_text

    def test_hostile_text_stays_readable(self, page_text: str) -> None:
        data = data_in(page_text)
        assert data["residences"]["name"][:3] == [HOSTILE, CLOSING, "Market gnp.exe"]
        assert data["sites"]["rules"][data["sites"]["kinds"][2][0][2]] == HOSTILE

    def test_only_web_addresses_are_links(self, frames: schema.StudyFrames) -> None:
        text = render_map(dataclasses.replace(frames, about=frames.about | {"licence_url": "javascript:alert(1)"}))
        assert "javascript:alert" not in text
        assert not [tag for tag, _ in Elements(text).found if tag == "a"]

    def test_review_number_only_when_given(self, frames: schema.StudyFrames, page_text: str) -> None:
        markup = page_text[: page_text.index("<script id=")]
        assert "审图号" not in markup
        given = render_map(dataclasses.replace(frames, about=frames.about | {"map_review_number": "鲁S(2026)001号"}))
        assert "审图号：鲁S(2026)001号" in given

    def test_a_study_without_anything_on_top(self, frames: schema.StudyFrames) -> None:
        bare = dataclasses.replace(
            frames,
            sites=frames.sites.iloc[:0],
            site_kinds=frames.site_kinds.iloc[:0],
            access=frames.access.assign(site_id=pd.Series([None] * len(frames.access), dtype="str")),
            area_shapes=frames.area_shapes.iloc[:0],
            gap_areas=frames.gap_areas.iloc[:0],
            candidates=frames.candidates.iloc[:0],
            plan=frames.plan.iloc[:0],
            plan_served=frames.plan_served.iloc[:0],
            plan_summary={},
            streets=frames.streets.iloc[:0],
            backdrop=frames.backdrop.iloc[:0],
        )
        data = data_in(render_map(bare))
        assert data["plan"]["rank"] == []
        assert data["base"]["road"] == {"parts": "", "points": "", "at": [], "xy": ""}


def by_residence(data: dict[str, Any], kind: str) -> dict[str, list[int]]:
    """What the page holds of a kind, in the order of the residences."""
    order, found = unpacked(data["order"]), data["access"][checklist.KINDS.index(kind)]
    place = {residence: j for j, residence in enumerate(order)}
    columns = {name: unpacked(found[name]) for name in ("verdict", "minutes", "site")}
    return {name: [column[place[i]] for i in range(len(order))] for name, column in columns.items()}


class TestPacked:
    @given(st.lists(st.integers(0, LARGEST), max_size=50))
    def test_every_number_is_one_character(self, numbers: list[int]) -> None:
        code = packed(numbers)
        assert len(code) == len(numbers)
        assert unpacked(code) == numbers
        assert unpacked(json.loads(json.dumps(code, ensure_ascii=False))) == numbers
        assert '"' not in code
        assert "\\" not in code
        code.encode()  # no surrogate

    def test_larger_ones_stay_numbers(self) -> None:
        assert packed([LARGEST + 1, 0]) == [LARGEST + 1, 0]


class TestPayload:
    def test_every_residence_and_kind(self, frames: schema.StudyFrames) -> None:
        data = payload(frames)
        pharmacy = by_residence(data, "pharmacy")
        assert [verdict % 5 for verdict in pharmacy["verdict"]] == [0] * 5 + [1] * 2 + [2] * 2 + [3] * 2 + [4]
        assert [verdict // 5 % 2 for verdict in pharmacy["verdict"]] == [1] * 4 + [0] + [1] * 7
        assert [minutes + NO_TIME for minutes in pharmacy["minutes"]] == [
            *([15] * 5 + [11] * 2 + [NO_TIME] * 2),
            *[22, 25, NO_TIME],
        ]
        sites = [
            unpacked(data["access"][checklist.KINDS.index("pharmacy")]["sites"])[s - 1] for s in pharmacy["site"] if s
        ]
        assert sites == [0] * 5 + [1] * 2 + [0] * 2
        assert [site > 0 for site in pharmacy["site"]] == [True] * 7 + [False] * 2 + [True] * 2 + [False]
        reasons = [(*schema.REASONS, None)[verdict // 10] for verdict in pharmacy["verdict"]]
        assert reasons[7:] == ["data_missing", "data_missing", "too_far", "detour", "off_network"]
        assert reasons[:7] == [None] * 7
        assert by_residence(data, "school")["minutes"] == [13 - NO_TIME] * 12  # 12.3 min

    def test_minutes_never_pass_for_less(self, frames: schema.StudyFrames) -> None:
        times = frames.access["time_s"].where(frames.access["time_s"] != 900.0, 900.5)
        data = payload(dataclasses.replace(frames, access=frames.access.assign(time_s=times)))
        assert by_residence(data, "pharmacy")["minutes"][0] == 16 - NO_TIME

    def test_areas_come_from_the_frames(self, frames: schema.StudyFrames) -> None:
        data = payload(frames)
        named = [(area["level"], area["id"]) for area in data["areas"]]
        assert named == [
            ("study", "all"),
            ("district", "d1"),
            ("district", "none"),
            ("community", "c1"),
            ("community", "c2"),
            ("community", "none"),
        ]
        for area in data["areas"]:
            rows = frames.areas[(frames.areas["level"] == area["level"]) & (frames.areas["area_id"] == area["id"])]
            shares = rows[list(schema.STATUSES)].to_numpy()
            assert area["shares"] == [[palette.percent(share) for share in row] for row in shares]
        # 186 residents: 10 of 27 shares can't be told from a frame, so the mean is worked out: school everywhere (1),
        # pharmacy for 10+11+12+13+14 = 60 of 186 confirmed, and for 15+16 = 31 more possible.
        whole = data["areas"][0]["scores"]["all"]
        assert whole["mean"][:2] == [round(1 + 60 / 186, 2), round(1 + 91 / 186, 2)]
        # By number of kinds covered: 126 residents have the school only, 60 the pharmacy as well.
        assert whole["weight"][:4] == [0, 126, 60, 0]
        assert whole["n"][:4] == [0, 7, 5, 0]
        assert data["areas"][0]["scores"]["school"]["weight"] == [0, 186]
        assert data["areas"][0]["amounts"][checklist.KINDS.index("pharmacy")] == [60, 31, 35, 39, 21]
        assert data["areas"][0]["counts"][checklist.KINDS.index("pharmacy")] == [5, 2, 2, 2, 1]
        assert unpacked(data["residences"]["community"]) == [4] * 4 + [5] * 4 + [6] * 4
        assert unpacked(data["residences"]["district"]) == [2] * 8 + [3] * 4

    def test_completeness_counts_what_was_taken_back(self, frames: schema.StudyFrames) -> None:
        found = payload(frames)["completeness"]
        declared = [checklist.KINDS.index(kind) for kind in ("school", "pharmacy", "post")]
        assert found["declared"] == declared
        assert found["whole"] == []
        assert found["nowhere"] == []
        assert found["communities"] == 3
        assert found["thin"] == [HOSTILE]
        assert (found["thinLow"], found["thinHigh"], found["needed"], found["median"]) == (0.05, 0.05, 0.2, 0.4)


@pytest.fixture(scope="module")
def path(page_text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("map") / "map.html"
    out.write_text(page_text, encoding="utf-8")
    return out


both_sizes = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture
def size() -> tuple[int, int]:
    return DESKTOP


@pytest.fixture
def page(browser: Browser, path: Path, size: tuple[int, int]) -> Iterator[Page]:
    opened = Opened(browser, path, *size)
    yield opened.ready()
    assert opened.page.evaluate("window.pwned") is None
    opened.close(path)


def legend_rows(page: Page) -> dict[str, tuple[str, str, str]]:
    """Share, weight and residences of each status, as the legend has them."""
    rows = page.evaluate(
        """() => [...document.querySelectorAll("#legend tr[data-status]")].map((row) =>
          [row.dataset.status, ...[...row.querySelectorAll("td")].map((cell) => cell.innerText)])"""
    )
    return {status: (share, weight, n) for status, share, weight, n in rows}


class TestPage:
    def test_legend_equals_the_areas_frame(self, page: Page, frames: schema.StudyFrames) -> None:
        study = frames.areas[frames.areas["level"] == "study"].set_index("kind")
        counts = frames.access.groupby(["kind", "status"]).size()
        for k, kind in enumerate(checklist.KINDS):
            page.select_option("#kind", f"kind {k}")
            expected = {
                status: (
                    palette.percent(study.loc[kind, status]),
                    f"{study.loc[kind, status] * study.loc[kind, 'weight']:.0f}",
                    str(counts.get((kind, status), 0)),
                )
                for status in schema.STATUSES
            }
            assert list(legend_rows(page).items()) == list(expected.items()), kind
        assert page.inner_text("#legend-title").endswith("通信网点")

    def test_legend_of_a_community(self, page: Page, frames: schema.StudyFrames) -> None:
        page.select_option("#kind", f"kind {PHARMACY}")
        page.select_option("#area", "4")
        rows = frames.areas[(frames.areas["area_id"] == "c2") & (frames.areas["kind"] == "pharmacy")]
        shown = {status: percent for status, (percent, _, _) in legend_rows(page).items()}
        assert shown == {status: palette.percent(rows[status].iloc[0]) for status in schema.STATUSES}
        assert [n for _, _, n in legend_rows(page).values()] == ["1", "2", "1", "0", "0"]

    def test_score_has_its_own_legend(self, page: Page) -> None:
        page.select_option("#kind", "scope 0")
        assert page.locator("#legend tr[data-class]").count() == 7
        assert page.locator("#legend tr[data-class='0'] td").all_inner_texts() == ["100%", "186", "12"]
        assert "已确认 1.3 类" in page.inner_text("#legend")

    @both_sizes
    def test_a_residence_shows_its_checklist(self, page: Page) -> None:
        page.select_option("#kind", f"kind {POST}")
        press_residence(page, 5)
        card = page.locator("#details")
        assert card.locator("h2").inner_text() == "居住点 w05"
        rows = card.locator("tr[data-kind]")
        assert [rows.nth(i).get_attribute("data-kind") for i in range(rows.count())] == list(checklist.KINDS)
        pharmacy = card.locator("tr[data-kind='pharmacy']").inner_text()
        assert "P" in pharmacy
        assert "11 分钟" in pharmacy
        assert CLOSING in pharmacy
        assert "两倍时限内都没有这类设施" in card.locator("tr[data-kind='post']").inner_text()
        page.keyboard.press("Escape")
        assert card.is_hidden()

    @both_sizes
    def test_hostile_names_are_only_read(self, page: Page) -> None:
        press_residence(page, 0)
        assert page.locator("#details h2").inner_text() == HOSTILE
        page.locator("#details tr[data-kind='school'] .why button").click()
        assert page.locator("#details h2").inner_text() == HOSTILE
        assert HOSTILE in page.locator("#details code").inner_text()
        assert page.locator("#area option").all_inner_texts()[4] == HOSTILE
        assert page.locator("h1").inner_text() == "格子街道" + HOSTILE
        assert "一条提示 " + HOSTILE in page.inner_text("#completeness")
        assert page.locator("img[src='x']").count() == 0

    def test_the_density_check_is_told(self, page: Page) -> None:
        notice = page.locator("#thin")
        assert notice.is_visible()
        assert "3 个社区中有 1 个" in notice.inner_text()
        assert "0.05" in notice.inner_text()
        assert "至少 0.2 处" in notice.inner_text()

    def test_language(self, page: Page) -> None:
        assert page.get_attribute("html", "lang") == "zh-CN"
        assert page.locator("#legend tr[data-status='gap'] th").inner_text().split() == ["G", "缺口", "Gap"]
        page.click("#language")
        assert page.get_attribute("html", "lang") == "en"
        assert page.locator("#legend tr[data-status='gap'] th").inner_text().split() == ["G", "Gap", "缺口"]
        assert page.locator("h1").inner_text() == "Grid " + CLOSING
        assert "1 of 3 communities" in page.inner_text("#thin")
        shown = page.inner_text("main").replace("中文", "")
        names = ["太白社区", "城关街道", "一条提示", "街道已逐条踏勘", *(s.zh for s in palette.STATUS_STYLES.values())]
        for name in sorted(names, key=len, reverse=True):
            shown = shown.replace(name, "")
        assert re.findall(r"[\u4e00-\u9fff]+", shown) == []

    @both_sizes
    def test_layers_switch(self, page: Page) -> None:
        assert page.locator(".pin").count() == 2
        page.uncheck("#show-plan")
        assert page.locator(".pin").count() == 0
        page.uncheck("#show-residences")
        press_residence(page, 0)
        assert page.locator("#details h2").count() == 0

    @both_sizes
    def test_plan_and_overview_from_the_keyboard(self, page: Page) -> None:
        page.locator(".plan-row").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("#details h2").inner_text() == "方案第 1 处"
        assert "120" in page.inner_text("#details")
        kind = page.locator(f".kind-row[data-kind='{checklist.KINDS.index('school')}']")
        kind.focus()
        page.keyboard.press("Enter")
        assert page.input_value("#kind") == f"kind {checklist.KINDS.index('school')}"
        assert kind.get_attribute("aria-pressed") == "true"
        assert kind.evaluate("button => button === document.activeElement")

    def test_map_from_the_keyboard(self, page: Page) -> None:
        page.evaluate("() => { circle15.page.map.setView([35.40025, 116.50025], 17, { animate: false }); }")
        page.locator("#map").focus()
        page.keyboard.press("Enter")
        assert page.locator("#details h2").inner_text() == HOSTILE

    @both_sizes
    def test_every_control_has_a_name_and_nothing_sticks_out(self, page: Page) -> None:
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, select, input, a, [role=application]")].filter((e) =>
              !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length || e.title)).length"""
        )
        assert nameless == 0
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0


def test_statuses_are_painted(browser: Browser, path: Path) -> None:
    opened = Opened(browser, path, 1280, 800)
    page = opened.ready()
    page.select_option("#kind", f"kind {PHARMACY}")
    page.uncheck("#show-gaps")
    page.uncheck("#show-sites")
    page.uncheck("#show-plan")
    page.evaluate("() => { circle15.page.map.setZoom(16, { animate: false }); }")
    painted = page.evaluate(
        """(i) => {
          const { map, data } = circle15.page;
          const at = map.latLngToContainerPoint(circle15.middle(data.residences.shapes, i));
          const box = document.getElementById("map").getBoundingClientRect();
          const place = [box.left + at.x + 3, box.top + at.y + 1];
          const found = [...document.querySelectorAll(".leaflet-tile-pane canvas")].map((canvas) => {
            const tile = canvas.getBoundingClientRect();
            const [x, y] = [place[0] - tile.left, place[1] - tile.top];
            if (x < 0 || y < 0 || x >= tile.width || y >= tile.height) return null;
            return [...canvas.getContext("2d").getImageData(x, y, 1, 1).data];
          });
          return found.filter((colour) => colour && colour[3] === 255);
        }""",
        0,
    )
    covered = palette.STATUS_STYLES["covered"].colour
    assert [int(covered[i : i + 2], 16) for i in (1, 3, 5)] + [255] in painted
    opened.close(path)


def test_a_study_without_communities(browser: Browser, frames: schema.StudyFrames, tmp_path: Path) -> None:
    nowhere = frames.residences.assign(
        community_id=pd.Series([None] * 12, dtype="str"), district_id=pd.Series([None] * 12, dtype="str")
    )
    shapes = frames.area_shapes.iloc[:0]
    layers = frames.layers[frames.layers["community_id"] == schema.NO_AREA]
    alone = dataclasses.replace(
        frames,
        residences=nowhere,
        area_shapes=shapes,
        areas=areas.area_shares(nowhere, frames.access, shapes),
        scores=areas.scores(nowhere, frames.access),
        layers=layers.assign(
            complete=False, why=layers["why"].fillna("thin_community"), density_per_km=0.04, median_per_km=0.04
        ),
    )
    file = tmp_path / "map.html"
    file.write_text(render_map(alone), encoding="utf-8")
    opened = Opened(browser, file, 1280, 800)
    page = opened.ready()
    assert page.locator("#area option").all_inner_texts() == ["整个研究区"]
    assert page.inner_text("#thin").startswith("注意：整个研究区的地图数据都太稀疏：每公里步行道路只有 0.04 处设施")
    press_residence(page, 3)
    assert "社区内" not in page.inner_text("#details")
    opened.close(file)


def test_an_old_browser_is_told(browser: Browser, path: Path) -> None:
    opened = Opened(browser, path, 800, 600, before="delete window.DecompressionStream;")
    opened.page.locator("#message", has_text="浏览器太旧").wait_for()
    opened.close(path)


def test_damaged_data_is_told(browser: Browser, page_text: str, tmp_path: Path) -> None:
    damaged = tmp_path / "map.html"
    damaged.write_text(re.sub(r'(<script id="data"[^>]*>.{200}).*?<', r"\1<", page_text), encoding="utf-8")
    opened = Opened(browser, damaged, 800, 600)
    opened.page.locator("#message", has_text="不完整").wait_for()
    assert len(opened.complaints) == 1
    opened.context.close()
