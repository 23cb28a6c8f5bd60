"""Time the public map of a drawn city in headless Chromium, and weigh it beside folium's page for the same polygons.

    python benchmarks/map.py [--residences N] [--keep FOLDER]

The city is drawn from its number of residences alone: streets on a jittered grid, buildings of six to ten corners along
them, sites of many kinds, 100 communities, 10 districts. It goes the way of every study: an OSM file, a run, a page.
With 50,000 residences the figures are written into docs/benchmarks.md; with another number they are printed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import sys
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import osmium
import shapely
from osmium.osm.mutable import Node, Way

from circle15.outputs.webmap import render_map
from circle15.study import Study

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured by benchmarks/map.py: begin -->", "<!-- measured by benchmarks/map.py: end -->"
WEST, SOUTH = 116.50, 35.35
DEGREES_PER_M = (1 / 90_800, 1 / 110_950)
BLOCK_M = 110.0
HOMES_A_BLOCK = 10
REPETITIONS = 5
SITES = (
    *("amenity=pharmacy", "amenity=school", "shop=supermarket", "shop=convenience", "amenity=restaurant"),
    *("amenity=bank", "shop=laundry", "shop=hairdresser", "amenity=post_office", "amenity=marketplace"),
    *("amenity=parking", "amenity=toilets", "amenity=recycling", "leisure=pitch", "amenity=library"),
    *("amenity=clinic", "amenity=police", "amenity=community_centre", "amenity=social_facility", "shop=greengrocer"),
)
STUDY = """
id = "drawn"
title_zh = "绘制的城市"
title_en = "A drawn city"

[osm]
file = "city.osm.pbf"
data_date = "2026-01-01"
attribution = "drawn by benchmarks/map.py"
complete = ["school", "pharmacy", "post", "finance", "laundry"]
complete_why = "for the benchmark"

[areas]
file = "areas.geojson"

[residences]
weight_meaning = "floor_area_m2"
default_levels = 6

[density]
floor_per_km = 0.0
median_share = 0.0

[siting]
kinds = ["pharmacy", "post"]
p = 10
spacing_m = 300
gap = 0.05
"""
WORDS = list("东西南北新老福安和兴永长青星云金玉锦华文明建设民主解放胜利团结光荣红旗银河")


def degrees(metres: np.ndarray) -> np.ndarray:
    return np.array([WEST, SOUTH]) + metres * DEGREES_PER_M


class Drawing:
    """An OSM file in the making: places, ways of them, and the tags of some places."""

    def __init__(self) -> None:
        self.places: list[np.ndarray] = []
        self.tags: dict[int, dict[str, str]] = {}
        self.ways: list[tuple[list[int], dict[str, str]]] = []

    def add(self, metres: np.ndarray, tags: dict[str, str] | None = None) -> int:
        self.places.append(degrees(metres))
        if tags:
            self.tags[len(self.places)] = tags
        return len(self.places)

    def write(self, path: Path, rng: np.random.Generator) -> None:
        """Ways get their ids in no order, as the buildings of a real city have them."""
        with osmium.SimpleWriter(str(path), overwrite=True) as writer:
            for number, place in enumerate(self.places, start=1):
                writer.add_node(Node(id=number, location=tuple(place), tags=self.tags.get(number, {})))
            for number, row in enumerate(rng.permutation(len(self.ways)), start=1):
                nodes, tags = self.ways[row]
                writer.add_way(Way(id=number, nodes=nodes, tags=tags))


def draw_streets(drawing: Drawing, side: int, rng: np.random.Generator) -> None:
    """A jittered grid, one stretch in twelve left out."""
    corners = np.array(
        [
            [drawing.add(BLOCK_M * np.array([i, j]) + rng.uniform(-15, 15, 2)) for j in range(side + 1)]
            for i in range(side + 1)
        ]
    )
    for line in (*corners, *corners.T):
        drawing.ways += [
            ([int(u), int(v)], {"highway": "residential"}) for u, v in pairwise(line) if rng.random() > 1 / 12
        ]


def draw_homes(drawing: Drawing, side: int, n: int, names: list[str], rng: np.random.Generator) -> None:
    """Buildings of six to ten corners in two rows a block; every other one has an address."""
    for number in range(n):
        block, place = divmod(number, HOMES_A_BLOCK)
        i, j = divmod(block, side)
        middle = BLOCK_M * np.array([i, j]) + [14 + 20 * (place % 5), 28 + 52 * (place // 5)]
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(6, 11)))
        ring = middle + rng.uniform(6, 9, (len(angle), 1)) * np.stack([np.cos(angle), np.sin(angle)], 1)
        nodes = [drawing.add(corner) for corner in ring]
        tags = {"building": "apartments", "building:levels": str(rng.integers(2, 12))}
        if rng.random() < 0.5:
            tags["name"] = f"{names[i]}{number % 300 + 1}号"
        drawing.ways.append(([*nodes, nodes[0]], tags))


def draw_areas(path: Path, size_m: float, rng: np.random.Generator) -> None:
    """100 communities and 10 districts as rectangles."""
    areas = []
    for level, nx, ny, title in (("community", 10, 10, "社区"), ("district", 5, 2, "街道")):
        for i, j in np.ndindex(nx, ny):
            low, high = (degrees(np.array([a / nx, b / ny]) * size_m - 20) for a, b in ((i, j), (i + 1, j + 1)))
            name = "".join(rng.choice(WORDS, 2)) + title
            shape = shapely.box(*low, *high)
            areas.append({"level": level, "area_id": f"{level[0]}{i}{j}", "name": name, "geometry": shape})
    gpd.GeoDataFrame(areas, crs="EPSG:4326").to_file(path, driver="GeoJSON")


def draw_city(folder: Path, n_residences: int) -> None:
    """Write city.osm.pbf, areas.geojson and study.toml; the same number gives the same city."""
    rng = np.random.default_rng(n_residences)
    side = int(np.ceil(np.sqrt(n_residences / HOMES_A_BLOCK)))
    drawing = Drawing()
    names = ["".join(rng.choice(WORDS, 2)) + "路" for _ in range(2 * side)]
    draw_streets(drawing, side, rng)
    draw_homes(drawing, side, n_residences, names, rng)
    for number in range(max(n_residences // 25, len(SITES))):
        key, value = SITES[number % len(SITES)].split("=")
        name = f"{names[number % len(names)]}{value} {number}"
        drawing.add(rng.uniform(0, side * BLOCK_M, 2), {key: value, "name": name})
    drawing.write(folder / "city.osm.pbf", rng)
    draw_areas(folder / "areas.geojson", side * BLOCK_M, rng)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")


def page_of(folder: Path, n_residences: int) -> tuple[str, gpd.GeoDataFrame]:
    """The map of the drawn city, and its residences with the status of one kind."""
    draw_city(folder, n_residences)
    result = Study.from_config(folder / "study.toml").run()
    access = result.access[result.access["kind"] == "pharmacy"]
    return render_map(result), result.residences[["geometry"]].assign(status=access["status"].to_numpy())


def folium_bytes(residences: gpd.GeoDataFrame, folder: Path) -> int:
    """Size of folium's page for the same polygons, coloured by one kind; its libraries aren't in the file."""
    import folium

    colour = dict(zip(["covered", "possible", "unknown", "gap", "off_network"], ["b", "c", "g", "o", "k"], strict=True))
    page = folium.Map(location=[SOUTH, WEST], tiles=None)
    folium.GeoJson(
        residences, style_function=lambda feature: {"color": colour[feature["properties"]["status"]]}
    ).add_to(page)
    page.save(folder / "folium.html")
    return (folder / "folium.html").stat().st_size


TIMES = """async () => {
  const { map, actions, data } = circle15.page;
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const timed = async (job) => {
    const start = performance.now();
    job();
    await painted();
    return performance.now() - start;
  };
  const zooms = [];
  for (const step of [1, 1, 1, -1, -1, -1]) {
    zooms.push(await timed(() => map.setZoom(map.getZoom() + step, { animate: false })));
  }
  const kinds = [];
  for (const k of [0, 9, 18, 26]) kinds.push(await timed(() => actions.setKind(k)));
  const search = await timed(() => {
    const input = document.getElementById("search");
    input.value = "dx";
    input.dispatchEvent(new Event("input"));
  });
  const engine = circle15.page.engine();
  const trials = [];
  if (engine) {
    const { lat, lng } = map.getCenter();
    const k = data.plan.kinds[0][0];
    for (let t = 0; t < 5; t++) {
      const put = { do: "open_site", kind: k, lat: lat + t * 2e-3, lon: lng };
      const edits = [put, { do: "close_site", site: t, kind: null }];
      const start = performance.now();
      engine.trial(edits);
      trials.push(performance.now() - start);
    }
  }
  const first = performance.getEntriesByName("circle15-first-frame")[0].startTime;
  return { first, zooms, kinds, search, trials };
}"""


def browsed(path: Path) -> dict[str, list[float]]:
    """Milliseconds of each thing that a reader does, each page opened anew."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    found: dict[str, list[float]] = {"first": [], "zooms": [], "kinds": [], "search": [], "trials": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(REPETITIONS):
            context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
            page = context.new_page()
            page.goto(path.as_uri())
            page.wait_for_selector("html[data-ready]", timeout=120_000)
            for name, times in page.evaluate(TIMES).items():
                found[name] += times if isinstance(times, list) else [times]
            context.close()
        found["chromium"] = [browser.version]
        browser.close()
    return found


def report(n: int, page: str, others: int, times: dict[str, list[float]], load: float) -> str:
    """The section of docs/benchmarks.md."""
    whole = len(page.encode())
    walk = re.search(r'<script id="walk"[^>]*>([^<]*)<', page)
    network = len(walk[1]) if walk else 0

    def line(what: str, name: str, most_ms: float) -> str:
        values = times[name]
        if not values:
            return f"| {what} | not in this page | {most_ms / 1000:g} s |"
        median, most = statistics.median(values) / 1000, max(values) / 1000
        return f"| {what} | {median:.2f} s, at most {most:.2f} s | {most_ms / 1000:g} s |"

    return "\n".join(
        [
            f"A drawn city of {n:,} residences, 27 kinds, 100 communities ({', '.join(run_on(load, times))}):",
            "",
            "| what | measured | asked |",
            "|---|---|---|",
            f"| the page, without the walk network | {(whole - network) / 1e6:.2f} MB | 8 MB |",
            f"| the walk network in it | {network / 1e6:.2f} MB | |",
            f"| folium's page for the same polygons and one kind (its libraries not in it) | {others / 1e6:.2f} MB | |",
            line("first frame, from opening the file", "first", 3000),
            line("a zoom step, to the painted frame", "zooms", 1500),
            line("another kind, to the painted frame", "kinds", 1500),
            line("a search for two letters of pinyin, to the painted frame", "search", 1500),
            line("a proposal (one site put, one closed)", "trials", 500),
        ]
    )


def run_on(load: float, times: dict[str, list[float]]) -> list[str]:
    """Where and how it was measured."""
    return [
        f"headless Chromium {times['chromium'][0]} on {os.cpu_count()} cores without a graphics card",
        f"load before the run {load:.1f}",
        f"medians over {REPETITIONS} openings",
        f"folium {version('folium')}",
    ]


def main() -> None:
    """Measure, and write or print the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--residences", type=int, default=50_000)
    parser.add_argument("--keep", type=Path, help="folder for the city and the pages; else they are thrown away")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="circle15-map-") as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        page, residences = page_of(folder, options.residences)
        (folder / "map.html").write_text(page, encoding="utf-8")
        text = report(
            options.residences, page, folium_bytes(residences, folder), browsed((folder / "map.html").resolve()), load
        )
    if options.residences == 50_000:
        before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")
        print(f"Written: {PAGE.relative_to(ROOT)}", file=sys.stderr)
    print(text)


if __name__ == "__main__":
    main()
