"""A small study for the tests of the map, worked out on paper, and pages opened in Chromium without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15 import areas, checklist, schema
from drawn import no_gates, nothing_more

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

HOSTILE = "<script>window.pwned=1</script>"
CLOSING = "</script><img src=x onerror='window.pwned=2'>\"'&"
TURNED = "Market \u202egnp.exe"
STEP = 0.002
DESKTOP, PHONE = (1280, 800), (390, 844)
PHARMACY, POST = checklist.KINDS.index("pharmacy"), checklist.KINDS.index("post")


RANGE = (np.inf, np.inf, np.inf, None)
"""Margin, low and high time, gate: not on the map."""


def unpacked(code: str | list[int]) -> list[int]:
    """The numbers of `packed`, by the description of its code."""
    if not isinstance(code, str):
        return code
    points = [ord(character) for character in code]
    points = [point - 0x800 if point >= 0xE000 else point for point in points]
    return [point - 36 if point > 92 else point - 35 for point in points]


def square(column: float, row: float, side: float = 0.0005) -> shapely.Polygon:
    west, south = 116.5 + column * STEP, 35.4 + row * STEP
    return shapely.box(west, south, west + side, south + side)


def frame(columns: dict[str, Any], geometry: list[Any]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(columns)
    texts = [name for name, values in columns.items() if any(isinstance(value, str) for value in values)]
    return gpd.GeoDataFrame(table.astype(dict.fromkeys(texts, "str")), geometry=geometry, crs="EPSG:4326")


def grid_frames() -> schema.StudyFrames:
    """Twelve residences in a 4 x 3 grid: two communities of four, four in none; one district of eight.

    `pharmacy` runs through all five statuses: residences 0-4 covered, 5-6 possible, 7-8 unknown, 9-10 gap, 11 off.
    The plan serves 39 residents with a pharmacy and 81 + 66 with a post office.
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
    served = [("f1", "pharmacy", 9), ("f1", "pharmacy", 10), *(("f1", "post", i) for i in (0, 1, 9, 10, 11))]
    served += [("s1", "post", i) for i in (5, 6, 7, 8)]
    plan_served = pd.DataFrame(
        [(candidate, kind, ids[i]) for candidate, kind, i in served], columns=["candidate_id", "kind", "residence_id"]
    ).astype("str")
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
        **nothing_more() | {"plan_served": plan_served},
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


ENGINE = """
globalThis.circle15 = {};
// Stands in for the engine: whoever isn't covered gains what is put, whoever the closed site covers loses, and the gate
// gives residence 11 a post office. Whatever else the page brings is passed over.
Object.defineProperty(circle15, "makeEngine", { set() {}, get: () => (data) => {
  const at = (shapes, i) => { const { lat, lng } = circle15.middle(shapes, i); return [lat, lng]; };
  const none = () => ({ gained: { weight: 0, n: 0 }, lost: { weight: 0, n: 0 } });
  return {
    gates: [{ id: "g<1>", lat: 35.4012, lon: 116.5035, isClosed: true }],
    route(i, k) {
      const site = data.access[k].site[i];
      if (site < 0) return null;
      return { site, seconds: 600.5, line: [at(data.residences.shapes, i), at(data.sites.shapes, site)] };
    },
    circle(i, seconds) {
      const [lat, lng] = at(data.residences.shapes, i);
      return { parts: [[[lat, lng], [lat + seconds / 450000, lng]]], widthM: 30 };
    },
    trial(edits) {
      const changed = new Map();
      const note = (i, k, how) => changed.set(i, [...(changed.get(i) || []), [k, how]]);
      for (const edit of edits) {
        data.kinds.forEach((_, k) => data.residences.weight.forEach((_, i) => {
          const { status, site } = data.access[k];
          if (edit.do === "open_site" && edit.kind === k && status[i] !== 0) note(i, k, "gained");
          const isClosed = edit.do === "close_site" && edit.site === site[i] && (edit.kind === null || edit.kind === k);
          if (isClosed && status[i] === 0) note(i, k, "lost");
          if (edit.do === "open_gate" && data.kinds[k].id === "post" && i === 11) note(i, k, "gained");
        }));
      }
      const [kinds, communities, total] = [new Map(), new Map(), none()];
      const add = (sums, how, i) => { sums[how].weight += data.residences.weight[i]; sums[how].n++; };
      for (const [i, changes] of changed) {
        for (const [k, how] of changes) {
          const area = data.residences.community[i];
          if (!kinds.has(k)) kinds.set(k, { k, ...none() });
          if (!communities.has(area + " " + k)) communities.set(area + " " + k, { area, k, ...none() });
          add(kinds.get(k), how, i);
          add(communities.get(area + " " + k), how, i);
        }
        for (const how of new Set(changes.map((change) => change[1]))) add(total, how, i);
      }
      return { kinds: [...kinds.values()], communities: [...communities.values()], total, changed };
    },
  };
} });
"""
"""The engine of the contract, small enough to foresee; for `Opened(before=)`."""


class Opened:
    """A page opened offline from disk, with what it asked for and complained about."""

    def __init__(self, browser: Browser, path: Path, width: int, height: int, before: str = "") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)
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
        self.page.wait_for_selector("html[data-ready]")  # wait_for_function would need eval, which the page forbids
        return self.page

    def close(self, path: Path) -> None:
        self.context.close()
        # Opening it again is no request, nor is a file that the page makes itself.
        assert {url for url in self.requests if not url.startswith("blob:")} == {path.as_uri()}
        assert self.complaints == []


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
