"""The public map: one file, no request, hostile names, and the figures of the frames."""

from __future__ import annotations

import base64
import dataclasses
import html.parser
import json
import re
import shutil
import zlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from circle15 import areas, checklist, schema
from circle15.outputs import palette
from circle15.outputs.webmap import render_map
from circle15.outputs.webmap.encode import DEGREES, NO_TIME, encode_shapes, payload
from drawn import no_gates, nothing_more

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

HOSTILE = "<script>window.pwned=1</script>"
CLOSING = "</script><img src=x onerror='window.pwned=2'>\"'&"
TURNED = "Market \u202egnp.exe"
STEP = 0.002


RANGE = (np.inf, np.inf, np.inf, None)
"""Margin, low and high time, gate: not on the map."""


def square(column: float, row: float, side: float = 0.0005) -> shapely.Polygon:
    west, south = 116.5 + column * STEP, 35.4 + row * STEP
    return shapely.box(west, south, west + side, south + side)


def frame(columns: dict[str, Any], geometry: list[Any]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(columns)
    texts = [name for name, values in columns.items() if any(isinstance(value, str) for value in values)]
    return gpd.GeoDataFrame(table.astype(dict.fromkeys(texts, "str")), geometry=geometry, crs="EPSG:4326")


@pytest.fixture(scope="module")
def frames() -> schema.StudyFrames:
    """Twelve residences in a 4 x 3 grid: two communities of four, four in none; one district of eight.

    `pharmacy` runs through all five statuses: residences 0-4 covered, 5-6 possible, 7-8 unknown, 9-10 gap, 11 off.
    `post` is a gap everywhere, `school` covered everywhere (12.3 min), every other kind unknown.
    """
    n = 12
    ids = [f"w{i:02d}" for i in range(n)]
    residences = frame(
        {
            "residence_id": ids,
            "weight": [float(10 + i) for i in range(n)],
            "compound_id": [None] * n,
            "community_id": ["c1"] * 4 + ["c2"] * 4 + [None] * 4,
            "district_id": ["d1"] * 8 + [None] * 4,
            "setting": ["urban"] * n,
            "name": [HOSTILE, CLOSING, TURNED, *[None] * 9],
        },
        [square(i % 4, i // 4) for i in range(n - 1)] + [square(3, 2).centroid],
    )
    residences["snap_m"] = 10.0
    sites = frame(
        {
            "site_id": ["n1", "n2", "w9"],
            "name": ["药店", CLOSING, HOSTILE],
            "source": ["osm"] * 3,
            "opening_hours": [None] * 3,
            "floor_area_m2": [np.nan] * 3,
            "capacity": [np.nan] * 3,
        },
        [square(0.6, 0.6).centroid, square(2.4, 1.6).centroid, square(1.5, 0.5)],
    )
    site_kinds = pd.DataFrame(
        {
            "site_id": ["n1", "n2", "w9"],
            "kind": ["pharmacy", "pharmacy", "school"],
            "evidence": ["confirmed", "possible", "confirmed"],
            "rule": ["amenity=pharmacy", "name", HOSTILE],
        }
    )
    pharmacy = (
        [("covered", 900.0, "n1", None)] * 5
        + [("possible", 600.5, "n2", None)] * 2
        + [("unknown", np.inf, None, "data_missing")] * 2
        + [("gap", 1300.0, "n1", "too_far"), ("gap", 1500.0, "n1", "detour")]
        + [("off_network", np.inf, None, "off_network")]
    )
    verdicts = {
        "pharmacy": pharmacy,
        "post": [("gap", np.inf, None, "no_site")] * n,
        "school": [("covered", 738.0, "w9", None)] * n,
    }
    unknown = [("unknown", np.inf, None, "data_missing")] * n
    access = pd.DataFrame(
        [
            (ids[i], kind, *verdicts.get(kind, unknown)[i][:3], 1, verdicts.get(kind, unknown)[i][3], i != 4, *RANGE)
            for i in range(n)
            for kind in checklist.KINDS
        ],
        columns=list(schema.ACCESS_COLUMNS),
    ).astype({"site_id": "str", "reason": "str", "gate_id": "str"})
    area_shapes = frame(
        {
            "level": ["community", "community", "district"],
            "area_id": ["c1", "c2", "d1"],
            "name": ["太白社区", HOSTILE, "城关街道"],
            "setting": ["urban"] * 3,
        },
        [
            shapely.box(116.499, 35.3995, 116.508, 35.4015),
            shapely.box(116.499, 35.4015, 116.508, 35.4035),
            shapely.box(116.499, 35.3995, 116.508, 35.4035),
        ],
    )
    layers = pd.DataFrame(
        [
            (community, kind, kind in ("pharmacy", "post", "school"), 1.0, 5.0, density, 0.4, 0.2, 0.2)
            for community, density in (("c1", 0.4), ("c2", 0.05), ("none", 0.4))
            for kind in checklist.KINDS
        ],
        columns=[
            "community_id",
            "kind",
            "declared",
            "n_features",
            "street_km",
            "density_per_km",
            "median_per_km",
            "floor_per_km",
            "needed_per_km",
        ],
    )
    thin = layers["community_id"] == "c2"
    layers["complete"] = layers["declared"] & ~thin
    layers["why"] = pd.Series(
        np.select([~layers["declared"], thin], ["not_declared", "thin_community"], default="none"), dtype="str"
    ).where(~layers["complete"])
    gap_areas = frame(
        {
            "gap_area_id": ["pharmacy-0001", "post-0001"],
            "kind": ["pharmacy", "post"],
            "weight": [39.0, 186.0],
            "n_residences": [2, 12],
            "nearest_s": [1400.0, np.inf],
            "cause": ["too_far", "no_site"],
        },
        [square(0.9, 1.9, 0.0032), square(-0.2, -0.2, 0.0072)],
    )
    candidates = frame(
        {
            "candidate_id": ["f1", "s1"],
            "origin": ["frontage", "site"],
            "site_id": [None, "n2"],
            "name": [None, CLOSING],
        },
        [square(1.5, 2.4).centroid, square(2.4, 1.6).centroid],
    )
    plan = frame(
        {
            "candidate_id": ["f1", "s1"],
            "kinds": ["pharmacy,post", "post"],
            "gained": [120.0, 66.0],
            "gained_if_confirmed": [150.0, 66.0],
            "rank": [1, 2],
        },
        list(candidates.geometry),
    )
    return schema.StudyFrames(
        residences=residences,
        access=access,
        sites=sites,
        site_kinds=site_kinds,
        layers=layers,
        area_shapes=area_shapes,
        areas=areas.area_shares(residences, access, area_shapes),
        scores=areas.scores(residences, access),
        indicators=pd.DataFrame(),
        gap_areas=gap_areas,
        gates=no_gates(),
        **nothing_more(),
        candidates=candidates,
        plan=plan,
        plan_summary={"model": "mclp", "objective": 186.0, "bound": 186.0, "gap": 0.0, "demand": 225.0},
        streets=frame(
            {"street_class": ["road", "path", "steps"]},
            [shapely.LineString([(116.499, y), (116.508, y)]) for y in (35.4012, 35.4022, 35.4032)],
        ),
        backdrop=frame({"kind": ["water", "green"]}, [square(3.6, 0), square(3.6, 2)]),
        extent=shapely.box(116.498, 35.398, 116.509, 35.407),
        about={
            "study_id": "grid",
            "title_zh": "格子街道" + HOSTILE,
            "title_en": "Grid " + CLOSING,
            "data_date": "2026-05-09",
            "attribution": "© OpenStreetMap contributors, ODbL 1.0",
            "licence_url": "https://opendatacommons.org/licenses/odbl/",
            "weight_meaning": "residents",
            "profile": "planning",
            "speed_m_s": 1.0,
            "threshold_urban_s": 900.0,
            "threshold_rural_s": 1800.0,
            "complete_why": "街道已逐条踏勘 " + CLOSING,
            "warnings": [{"zh": "一条提示 " + HOSTILE, "en": "a note of " + HOSTILE}],
            "version": "0.1.0",
            "map_review_number": None,
        },
    )


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
            plan_summary={},
            streets=frames.streets.iloc[:0],
            backdrop=frames.backdrop.iloc[:0],
        )
        data = data_in(render_map(bare))
        assert data["plan"]["rank"] == []
        assert data["base"]["road"] == {"parts": [], "points": [], "xy": []}


class TestPayload:
    def test_every_residence_and_kind(self, frames: schema.StudyFrames) -> None:
        data = payload(frames)
        pharmacy = data["access"][checklist.KINDS.index("pharmacy")]
        assert pharmacy["status"] == "000001122334"
        assert pharmacy["robust"] == "111101111111"
        assert pharmacy["minutes"] == [15] * 5 + [11] * 2 + [NO_TIME] * 2 + [22, 25, NO_TIME]
        assert pharmacy["site"] == [0] * 5 + [1] * 2 + [-1] * 2 + [0, 0, -1]
        reasons = [schema.REASONS[int(r)] if int(r) < len(schema.REASONS) else None for r in pharmacy["reason"]]
        assert reasons[7:] == ["data_missing", "data_missing", "too_far", "detour", "off_network"]
        assert reasons[:7] == [None] * 7
        assert data["access"][checklist.KINDS.index("school")]["minutes"] == [13] * 12  # 12.3 min

    def test_minutes_never_pass_for_less(self, frames: schema.StudyFrames) -> None:
        times = frames.access["time_s"].where(frames.access["time_s"] != 900.0, 900.5)
        data = payload(dataclasses.replace(frames, access=frames.access.assign(time_s=times)))
        assert data["access"][checklist.KINDS.index("pharmacy")]["minutes"][0] == 16

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
        assert data["areas"][0]["score"][:2] == [round(1 + 60 / 186, 2), round(1 + 91 / 186, 2)]
        assert data["residences"]["community"] == [3] * 4 + [4] * 4 + [5] * 4
        assert data["residences"]["district"] == [1] * 8 + [2] * 4

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
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright isn't installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


class Opened:
    """A page opened offline from disk, with what it asked for and complained about."""

    def __init__(self, browser: Browser, path: Path, width: int, height: int, before: str = "") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        if before:
            self.page.add_init_script(before)
        self.page.goto(path.as_uri())

    def ready(self) -> Page:
        self.page.wait_for_selector("html[data-drawn]")  # wait_for_function would need eval, which the page forbids
        return self.page

    def close(self, path: Path) -> None:
        self.context.close()
        assert self.requests == [path.as_uri()]
        assert self.complaints == []


@pytest.fixture(scope="module")
def path(page_text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("map") / "map.html"
    out.write_text(page_text, encoding="utf-8")
    return out


DESKTOP, PHONE = (1280, 800), (390, 844)
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


def legend_rows(page: Page) -> dict[str, tuple[str, str]]:
    rows = page.evaluate(
        """() => [...document.querySelectorAll("#legend tr[data-status]")].map((row) =>
          [row.dataset.status, ...[...row.querySelectorAll("td")].map((cell) => cell.innerText)])"""
    )
    return {status: (share, n) for status, share, n in rows}


def press_residence(page: Page, index: int) -> None:
    place = page.evaluate(
        """(i) => {
          const { map, data } = circle15.page;
          const at = map.latLngToContainerPoint(circle15.middle(data.residences.shapes, i));
          const box = document.getElementById("map").getBoundingClientRect();
          return { x: box.left + at.x, y: box.top + at.y };
        }""",
        index,
    )
    page.mouse.click(place["x"], place["y"])


class TestPage:
    def test_legend_equals_the_areas_frame(self, page: Page, frames: schema.StudyFrames) -> None:
        study = frames.areas[frames.areas["level"] == "study"].set_index("kind")
        counts = frames.access.groupby(["kind", "status"]).size()
        for k, kind in enumerate(checklist.KINDS):
            page.select_option("#kind", str(k))
            expected = {
                status: (palette.percent(study.loc[kind, status]), str(counts.get((kind, status), 0)))
                for status in schema.STATUSES
            }
            assert list(legend_rows(page).items()) == list(expected.items()), kind
        assert page.inner_text("#legend-title").endswith("通信网点")

    def test_legend_of_a_community(self, page: Page, frames: schema.StudyFrames) -> None:
        page.select_option("#kind", str(checklist.KINDS.index("pharmacy")))
        page.select_option("#area", "4")
        rows = frames.areas[(frames.areas["area_id"] == "c2") & (frames.areas["kind"] == "pharmacy")]
        shown = {status: percent for status, (percent, _) in legend_rows(page).items()}
        assert shown == {status: palette.percent(rows[status].iloc[0]) for status in schema.STATUSES}
        assert [n for _, n in legend_rows(page).values()] == ["1", "2", "1", "0", "0"]

    def test_score_has_its_own_legend(self, page: Page) -> None:
        page.select_option("#kind", "score")
        assert page.locator("#legend tr[data-class]").count() == 7
        assert page.locator("#legend tr[data-class='0'] td").nth(1).inner_text() == "12"
        assert "已确认 1.3 类" in page.inner_text("#legend")

    @both_sizes
    def test_a_residence_shows_its_checklist(self, page: Page) -> None:
        page.select_option("#kind", str(checklist.KINDS.index("post")))
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
        assert page.input_value("#kind") == str(checklist.KINDS.index("school"))
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
    page.select_option("#kind", str(checklist.KINDS.index("pharmacy")))
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
