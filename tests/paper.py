"""A finished study small enough to work out on paper, and what tests make of it.

Twelve residences, two communities, two districts. Weights (residents) and places:

    residence  r01 r02 r03 r04 r05 | r06 r07 r08 r09 r10 | r11 | r12      sum
    weight      10  20  30  40 100 |  50  50  60  30  10 |  70 |  30      500
    community   c1 (200)           |  c2 (200)           |  none (100)
    district    d1                 |  d1  d1  d2  d2  d2 |  d2 | none     d1 300, d2 170, none 30
    school       C   C   C   C   G |   G   P   C   U   N |  G  |  C

The farmers' market is a gap for everybody but r10, who is off the network; all other kinds are unknown.
"""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, box

from circle15 import areas
from circle15.checklist import KINDS
from circle15.schema import STATUSES, StudyFrames
from drawn import no_gates, nothing_more

WEIGHTS = (10, 20, 30, 40, 100, 50, 50, 60, 30, 10, 70, 30)
COMMUNITIES = ("c1",) * 5 + ("c2",) * 5 + (None, None)
DISTRICTS = ("d1",) * 7 + ("d2",) * 4 + (None,)
SCHOOL = "CCCCGGPCUNGC"
LETTERS = dict(zip("CPUGN", STATUSES, strict=True))
REASON = {"C": None, "P": "data_missing", "U": "data_edge", "G": "too_far", "N": "off_network"}
HOSTILE = "<script>alert('1')</script></style></title>\"'>\u202egnp.exe &amp; {{ 7*7 }}"


def strings(values: Any) -> pd.Series[str]:
    return pd.Series(list(values), dtype="str")


def letters_of(kind: str) -> str:
    if kind == "school":
        return SCHOOL
    return "GGGGGGGGGNGG" if kind == "farmers_market" else "UUUUUUUUUNUU"


def home(row: int) -> Any:
    x, y = 116.5 + 0.001 * row, 35.4 + 0.0005 * (row % 3)
    return box(x, y, x + 0.0001, y + 0.0001)


def paper_study() -> StudyFrames:
    """The study that the head of this file describes."""
    ids = [f"r{i:02d}" for i in range(1, 13)]
    residences = gpd.GeoDataFrame(
        {
            "residence_id": strings(ids),
            "weight": np.array(WEIGHTS, dtype=np.float64),
            "compound_id": strings([None] * 12),
            "community_id": strings(COMMUNITIES),
            "district_id": strings(DISTRICTS),
            "setting": strings(["urban"] * 12),
            "name": strings([None] * 12),
        },
        geometry=[home(i) for i in range(12)],
        crs="EPSG:4326",
    )
    rows = []
    for i, residence in enumerate(ids):
        for kind in KINDS:
            letter = letters_of(kind)[i]
            reason = REASON[letter] if kind in {"school", "farmers_market"} or letter == "N" else "data_missing"
            time_s = {"C": 300.0, "G": 1200.0}.get(letter, np.inf)
            rows.append((residence, kind, LETTERS[letter], time_s, None, 0, reason, (kind, i) != ("school", 0)))
    columns = ["residence_id", "kind", "status", "time_s", "site_id", "n_sites", "reason", "robust"]
    access = pd.DataFrame(rows, columns=columns)
    access = access.astype({"status": "str", "reason": "str", "kind": "str", "residence_id": "str", "site_id": "str"})
    shapes = gpd.GeoDataFrame(
        {
            "level": strings(["community", "community", "district", "district"]),
            "area_id": strings(["c1", "c2", "d1", "d2"]),
            "name": strings(["西闸社区", "洸河社区", "洸河街道", "柳行街道"]),
            "setting": strings(["urban"] * 4),
        },
        geometry=[
            box(116.499, 35.39, 116.5045, 35.41),
            box(116.5045, 35.39, 116.5095, 35.41),
            box(116.499, 35.39, 116.5065, 35.41),
            box(116.5065, 35.39, 116.5105, 35.41),
        ],
        crs="EPSG:4326",
    )
    declared = {"school", "farmers_market"}
    layers = pd.DataFrame(
        [
            (
                area,
                kind,
                kind in declared,
                3.0,
                10.0,
                1.5,
                1.5,
                0.2,
                kind in declared,
                None if kind in declared else "not_declared",
            )
            for area in ("c1", "c2", "none")
            for kind in KINDS
        ],
        columns=[
            *("community_id", "kind", "declared", "n_features", "street_km", "density_per_km", "median_per_km"),
            *("floor_per_km", "complete", "why"),
        ],
    ).astype({"why": "str", "community_id": "str", "kind": "str"})
    # Two gap areas of the market: r01 to r07 (300) and r08, r09, r11, r12 (190); one of the school at r05, r06.
    gap_areas = gpd.GeoDataFrame(
        {
            "gap_area_id": strings(["school-0001", "farmers_market-0001", "farmers_market-0002"]),
            "kind": strings(["school", "farmers_market", "farmers_market"]),
            "weight": [150.0, 300.0, 190.0],
            "n_residences": [2, 7, 4],
            "nearest_s": [1200.0, np.inf, 1230.0],
            "cause": strings(["too_far", "no_site", "detour"]),
        },
        geometry=[
            box(116.5039, 35.399, 116.5052, 35.402),
            box(116.4999, 35.399, 116.5062, 35.402),
            box(116.5069, 35.399, 116.5112, 35.402),
        ],
        crs="EPSG:4326",
    )
    indicators = pd.DataFrame(
        [
            (
                "guanghe_2019",
                "A-1/school",
                level,
                area,
                confirmed,
                possible,
                unknown,
                1.0,
                "share of residents",
                weight,
                met,
                year,
                "十五分钟",
            )
            for level, area, confirmed, possible, unknown, weight, met, year in (
                ("study", "all", 0.38, 0.48, 0.08, 500.0, "no", pd.NA),
                ("district", "d1", 1 / 3, 0.5, 0.0, 300.0, "no", pd.NA),
                ("community", "c1", 0.5, 0.5, 0.0, 200.0, "no", pd.NA),
                ("community", "c2", 0.3, 0.55, 0.2, 200.0, "undetermined", pd.NA),
            )
        ],
        columns=[
            *("policy", "indicator", "level", "area_id", "value_confirmed", "value_possible", "share_unknown"),
            *("threshold", "unit", "denominator", "met", "plan_year", "quote"),
        ],
    ).astype({"plan_year": "Int64"})
    candidates = gpd.GeoDataFrame(
        {
            "candidate_id": strings(["f1", "s1"]),
            "origin": strings(["frontage", "site"]),
            "site_id": strings([None, "n1"]),
            "name": strings([None, "崇文学校"]),
        },
        geometry=[Point(116.502, 35.4), Point(116.508, 35.4)],
        crs="EPSG:4326",
    )
    plan = gpd.GeoDataFrame(
        {
            "candidate_id": strings(["f1", "s1"]),
            "kinds": strings(["school,farmers_market", "farmers_market"]),
            "gained": [300.0, 90.0],
            "gained_if_confirmed": [0.0, 30.0],
            "rank": [1, 2],
        },
        geometry=list(candidates.geometry),
        crs="EPSG:4326",
    )
    summary = {
        "model": "mclp",
        "kinds": ["school", "farmers_market"],
        "p": 2,
        "objective": 390.0,
        "bound": 400.0,
        "gap": 10 / 390,
        "solver": {"nodes": 3},
        "demand": 710.0,
        "demand_unreachable": 100.0,
        "unreachable_residences": [
            {"residence_id": "r11", "kind": "school", "weight": 70.0},
            {"residence_id": "r12", "kind": "farmers_market", "weight": 30.0},
        ],
        "gained_by_community": [
            {"community_id": "c1", "kind": "school", "demand": 100.0, "gained": 50.0},
            {"community_id": "c1", "kind": "farmers_market", "demand": 200.0, "gained": 200.0},
            {"community_id": "c2", "kind": "farmers_market", "demand": 190.0, "gained": 140.0},
        ],
    }
    about = {
        "study_id": "paper",
        "title_zh": "纸上城",
        "title_en": "Paper City",
        "data_date": "2019-05-09",
        "attribution": "© OpenStreetMap contributors, ODbL 1.0",
        "licence_url": "https://opendatacommons.org/licenses/odbl/1-0/",
        "weight_meaning": "residents",
        "profile": "planning",
        "speed_m_s": 1.0,
        "threshold_urban_s": 900.0,
        "threshold_rural_s": 1800.0,
        "complete_why": "surveyed on foot",
        "warnings": [],
        "version": "0.1.0",
        "map_review_number": None,
    }
    empty = gpd.GeoDataFrame({"site_id": strings([])}, geometry=[], crs="EPSG:4326")
    return StudyFrames(
        residences=residences,
        access=access,
        sites=empty,
        site_kinds=pd.DataFrame({"site_id": [], "kind": [], "evidence": [], "rule": []}),
        layers=layers,
        area_shapes=shapes,
        areas=areas.area_shares(residences, access, shapes),
        scores=areas.scores(residences, access),
        indicators=indicators,
        gap_areas=gap_areas,
        gates=no_gates(),
        **nothing_more(),
        candidates=candidates,
        plan=plan,
        plan_summary=summary,
        streets=gpd.GeoDataFrame(
            {"street_class": strings(["road", "path"])},
            geometry=[LineString([(116.498, 35.4), (116.512, 35.4)]), LineString([(116.505, 35.39), (116.505, 35.41)])],
            crs="EPSG:4326",
        ),
        backdrop=gpd.GeoDataFrame(
            {"kind": strings(["water"])}, geometry=[box(116.506, 35.3995, 116.508, 35.4005)], crs="EPSG:4326"
        ),
        extent=box(116.49, 35.39, 116.52, 35.41),
        about=about,
    )


def changed(frames: StudyFrames, **parts: Any) -> StudyFrames:
    return dataclasses.replace(frames, **parts)


def without_areas(frames: StudyFrames) -> StudyFrames:
    residences = frames.residences.assign(community_id=strings([None] * 12), district_id=strings([None] * 12))
    shapes = frames.area_shapes.iloc[:0]
    layers = frames.layers[frames.layers["community_id"] == "none"]
    return changed(
        frames,
        residences=residences,
        area_shapes=shapes,
        layers=layers,
        areas=areas.area_shares(residences, frames.access, shapes),
        scores=areas.scores(residences, frames.access),
    )


def without_plan(frames: StudyFrames) -> StudyFrames:
    return changed(frames, plan=frames.plan.iloc[:0], plan_summary={}, candidates=frames.candidates.iloc[:0])


def all_unknown(frames: StudyFrames) -> StudyFrames:
    access = frames.access.assign(
        status=strings(["unknown"] * len(frames.access)), reason=strings(["data_missing"] * len(frames.access))
    )
    layers = frames.layers.assign(
        declared=False, complete=False, why=strings(["not_declared"] * len(frames.layers)).to_numpy()
    )
    return without_plan(
        changed(
            frames,
            access=access,
            layers=layers,
            areas=areas.area_shares(frames.residences, access, frames.area_shapes),
            scores=areas.scores(frames.residences, access),
            gap_areas=frames.gap_areas.iloc[:0],
            indicators=frames.indicators.iloc[:0],
        )
    )


def rows_of(table: str, *rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=table.split())


# Community c1 has two signed providers (p1 tells all and keeps the common rules) and a revoked one. c2 has one that has
# applied only, and so has c9, which is no area of the study.
PROVIDERS = rows_of(
    "provider_id area_id kind applied passed signed published revoked items modes hotline "
    "common_sign common_standard common_rules",
    ("p1", "c1", "dining", "2024-01", "2024-02", "2024-03", "2024-04", None, "a", "b", "c", 1, 1, 1),
    ("p2", "c1", "dining", "2024-01", "2024-02", "2024-03", None, None, "a", "b", None, 1, 1, 0),
    ("p3", "c1", "post", "2024-01", "2024-02", "2024-03", None, "2025-01", "a", "b", "c", 1, 1, 1),
    ("p4", "c2", "post", "2024-01", None, None, None, None, None, None, None, None, None, None),
    ("p5", "c9", "post", "2024-01", None, None, None, None, None, None, None, None, None, None),
)
SATISFACTION = rows_of(
    "survey_id kind period n asked score",
    ("1", "dining", "2024", 50.0, 100.0, 80.0),
    ("2", "dining", "2025", 30.0, 60.0, 90.0),
    ("3", "dining", "2025", 10.0, None, 70.0),
    ("4", "post", "2025", 20.0, None, 95.0),
)
DEMANDS = rows_of(
    "item_id area_id list matches",
    ("1", "c1", "demand", None),
    ("2", "c1", "demand", None),
    ("3", "c1", "resource", "1"),
    ("4", "c2", "demand", None),
    ("5", "c2", "demand", None),
)
INVENTORY = rows_of(
    "item_id category status",
    ("1", "government", "delivered"),
    ("2", "government", "missing"),
    ("3", "health", "partial"),
)


def with_forms(frames: StudyFrames) -> StudyFrames:
    forms = {
        "providers": areas.providers_by_area(PROVIDERS),
        "satisfaction": areas.satisfaction_by_kind(SATISFACTION),
        "demand_list": areas.matched_demand(DEMANDS),
        "inventory": areas.inventory_by_category(INVENTORY),
    }
    return changed(frames, forms=forms)


def asking(frames: StudyFrames, *rows: tuple[Any, ...]) -> StudyFrames:
    """Add indicators: policy, indicator, level, area, confirmed, possible, unknown, threshold, unit, met."""
    more = rows_of(
        "policy indicator level area_id value_confirmed value_possible share_unknown threshold unit met", *rows
    ).assign(denominator=2.0, plan_year=pd.array([2025] * len(rows), dtype="Int64"), quote="每百户")
    return changed(frames, indicators=pd.concat([frames.indicators, more], ignore_index=True))


NAN = float("nan")
OTHER_UNITS = (
    ("panzhihua_2020", "C-2", "community", "c1", 25.0, 25.0, 0.0, 30.0, "m2 per 100 households", "no"),
    ("panzhihua_2020", "C-2", "community", "c2", 41.5, 41.5, 0.5, 30.0, "m2 per 100 households", "yes"),
    ("panzhihua_2020", "C-2", "community", "c3", 99.0, 99.0, 0.0, 30.0, "m2 per 100 households", "yes"),
    ("panzhihua_2020", "B-3b", "community", "c1", 100.0, 100.0, 0.0, 92.0, "days", "no"),
    ("panzhihua_2020", "B-3b", "community", "c2", NAN, NAN, 1.0, 92.0, "days", "undetermined"),
    ("panzhihua_2020", "E-8a", "study", "all", 0.15, 0.15, 0.0, 0.13, "share of residents", "yes"),
    ("zhejiang_2025", "F-5", "study", "all", 0.5, 0.5, 0.5, 0.8, "share of communities", "undetermined"),
    ("zhejiang_2025", "F-5", "district", "d1", 1.0, 1.0, 0.0, 0.8, "share of communities", "yes"),
    ("zhejiang_2025", "F-5", "district", "d2", 0.0, 0.0, 0.0, 0.8, "share of communities", "no"),
)
PRESENCE = tuple(
    ("guanghe_2019", indicator, "community", area, confirmed, possible, unknown, 1.0, "sites", met)
    for indicator, area, confirmed, possible, unknown, met in (
        ("B-1/dining", "c1", 0.0, 0.0, 0.0, "no"),
        ("B-1/dining", "c2", 0.0, 0.0, 1.0, "undetermined"),
        ("B-1/dining", "c3", 4.0, 5.0, 1.0, "yes"),
        ("B-1/school", "c1", 2.0, 2.0, 0.0, "yes"),
        ("B-1/school", "c2", 0.0, 1.0, 0.0, "undetermined"),
        ("B-1/school", "c3", 0.0, 0.0, 0.0, "no"),
        ("B-4/school", "c1", 2.0, 2.0, 0.0, "yes"),
        ("B-4/school", "c2", 0.0, 1.0, 0.0, "undetermined"),
        ("B-4/school", "c3", 0.0, 0.0, 0.0, "no"),
    )
)


def open_requirements(n: int, text: str = "") -> pd.DataFrame:
    rows = [
        ("guanghe_2019", f"X-{i}", f"第{i}句{text}", None if i == 1 else "providers", f"表{i}{text}", f"form {i}")
        for i in range(1, n + 1)
    ]
    return rows_of("policy indicator quote form needs_zh needs_en", *rows)


def asked_on_the_ground(name: str = "益民药房") -> gpd.GeoDataFrame:
    # r07 alone hangs on n7, nobody on n8; car parks are missing from the data of c1, telecom outlets from c2's.
    table = rows_of(
        "rank ask site_id community_id kind name weight n_residences",
        (1, "community", None, "c1", "parking", "西闸社区", 200.0, 5),
        (2, "community", None, "c2", "telecom", "洸河社区", 190.0, 4),
        (3, "site", "n7", None, "school", name, 50.0, 1),
        (4, "site", "n8", None, "school", None, 40.0, 1),
    ).astype({"site_id": "str", "community_id": "str"})
    return gpd.GeoDataFrame(table, geometry=[Point(116.5, 35.4)] * 4, crs="EPSG:4326")


def with_checks(frames: StudyFrames) -> StudyFrames:
    access = frames.access.copy()
    access.loc[access["status"] == "possible", "site_id"] = "n7"
    merges = rows_of("site_id why", ("a", "twin"), ("b", "same_place"), ("c", "twin"))
    conflicts = rows_of("site_id why", ("a", "surveyed_absent"))
    return changed(frames, access=access, merges=merges, conflicts=conflicts, survey=asked_on_the_ground())


def with_everything(frames: StudyFrames) -> StudyFrames:
    asked = asking(with_checks(with_forms(frames)), *OTHER_UNITS, *PRESENCE)
    return changed(asked, unanswered=open_requirements(3))


def made_hostile(frames: StudyFrames) -> StudyFrames:
    """Markup, quotes, a right-to-left mark and template braces wherever the data can hold text."""
    about = frames.about | dict.fromkeys(("title_zh", "title_en", "study_id", "data_date", "profile"), HOSTILE)
    about |= dict.fromkeys(("attribution", "complete_why", "version", "map_review_number"), HOSTILE)
    about |= {"warnings": [HOSTILE], "licence_url": "javascript:alert(1)"}
    hostile = changed(
        asking(with_checks(with_forms(frames)), *OTHER_UNITS, *PRESENCE),
        about=about,
        area_shapes=frames.area_shapes.assign(name=HOSTILE),
        candidates=frames.candidates.assign(name=HOSTILE),
        survey=asked_on_the_ground(HOSTILE),
        unanswered=open_requirements(3, HOSTILE).assign(policy=HOSTILE, indicator=HOSTILE, needs_en=HOSTILE),
        forms={
            "providers": areas.providers_by_area(PROVIDERS.assign(area_id=["c1", "c2", HOSTILE, HOSTILE, HOSTILE])),
            "satisfaction": areas.satisfaction_by_kind(SATISFACTION.assign(kind=HOSTILE, period=HOSTILE)),
            "demand_list": areas.matched_demand(DEMANDS.assign(area_id=HOSTILE)),
            "inventory": areas.inventory_by_category(INVENTORY.assign(category=HOSTILE)),
        },
        plan_summary=frames.plan_summary | {"solver": {HOSTILE: HOSTILE}, "model": HOSTILE},
    )
    checks = hostile.merges.assign(why=HOSTILE)
    told = asking(frames, *OTHER_UNITS, *PRESENCE).indicators.assign(quote=HOSTILE, policy=HOSTILE)
    days = told["unit"] == "days"
    strange = told["indicator"].where(days, HOSTILE) + f"/{HOSTILE}"
    strange_units = told.assign(indicator=strange, unit=told["unit"].where(~days, HOSTILE))
    return changed(hostile, merges=checks, conflicts=checks, indicators=strange_units)


class Page(HTMLParser):
    """Checks that tags are balanced; collects rows of cells, all attributes, tags and the text."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []
        self.rows = [[" ".join(cell.split()) for cell in row] for row in self.rows]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            return
        self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def row(self, *starts: str) -> list[str]:
        """The one row whose first cells start with these words."""
        found = [r for r in self.rows if len(r) >= len(starts) and all(map(str.startswith, r, starts))]
        assert len(found) == 1, found
        return found[0]


def matrix_row(page: Page, mark_and_name: str) -> list[str]:
    return page.row(mark_and_name)
