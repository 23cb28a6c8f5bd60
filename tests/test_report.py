"""The district report on frames small enough to work out on paper.

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
import re
from html.parser import HTMLParser
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

from circle15 import areas
from circle15.checklist import KINDS
from circle15.errors import InputError
from circle15.outputs.report import render_report, report_model
from circle15.outputs.report.model import GAP_AREA_ROWS, UNANSWERED_ROWS
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


@pytest.fixture
def frames() -> StudyFrames:
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


def test_figures_worked_out_on_paper(frames: StudyFrames) -> None:
    page = Page(render_report(frames, None))
    # School, of 500: covered 10+20+30+40+60+30 = 190, possible 50, unknown 30, gap 100+50+70 = 220, off 10.
    # One residence of weight 10 isn't robust. c1, of 200: covered 100, gap 100. c2: 60, 50, 30, 50, 10. none: 30, 70.
    assert matrix_row(page, "● 服务社区的学校")[1:] == [
        "C38.0% P10.0% U6.0% G44.0% N2.0% ± 2.0%",
        "C50.0% G50.0%",
        "C30.0% P25.0% U15.0% G25.0% N5.0%",
        "C30.0% G70.0%",
    ]
    assert matrix_row(page, "● 农贸市场")[1:] == ["G98.0% N2.0%", "G100%", "G95.0% N5.0%", "G100%"]
    assert matrix_row(page, "○ 停车场")[1] == "U98.0% N2.0%"
    # Mean of the 27: (0.38, 0.10, 0.06 + 25 x 0.98, 0.44 + 0.98) / 27, and 0.02.
    assert "C 可达 1.4%" in page.text
    assert "P 可能可达 0.4%" in page.text
    assert "U 缺数据 91.0%" in page.text
    assert "G 缺口 5.3%" in page.text
    assert "N 未连通 2.0%" in page.text
    assert "490人（占98.0%，11处居住点）至少缺一类" in page.text
    assert "27类中2类在全部社区都能判定有没有；其余25类资料不完整" in page.text
    where = "西闸社区 200、洸河社区 190、不属任何社区 100"
    assert page.row("农贸市场", "490")[1:] == ["490", "98.0%", where]


def test_shares_equal_the_areas_frame_and_sum_to_one(frames: StudyFrames) -> None:
    model = report_model(frames, None)
    expected = frames.areas.set_index(["level", "area_id", "kind"])
    for row in model.kinds:
        areas_of_row = [("study", "all", row.total)]
        areas_of_row += [
            ("community", area.area_id, cell) for area, cell in zip(model.communities, row.cells, strict=True)
        ]
        for level, area_id, shares in areas_of_row:
            known = expected.loc[(level, area_id, row.kind)]
            assert shares.shares == pytest.approx(known[list(STATUSES)].to_list(), abs=1e-12)
            assert sum(shares.shares) == pytest.approx(1.0, abs=1e-12)
            assert (shares.weight, shares.n_residences) == (known["weight"], known["n_residences"])
    assert sum(model.average.shares) == pytest.approx(1.0, abs=1e-12)


def test_a_district_sees_its_own_residences_only(frames: StudyFrames) -> None:
    page = Page(render_report(frames, "d1"))
    # Of 300: covered 100, possible 50, gap 150; of community c2 only r06 (50, gap) and r07 (50, possible) are here.
    assert matrix_row(page, "● 服务社区的学校")[1:] == [
        "C33.3% P16.7% G50.0% ± 3.3%",
        "C50.0% G50.0%",
        "P50.0% G50.0%",
    ]
    assert "7处居住点、2个社区，按居民计共300人" in page.text
    assert page.text.count("洸河街道") >= 1
    # The second market area lies in d2; the first and the school's lie here with all their residences.
    assert page.row("1", "农贸市场")[2] == "300"
    assert page.row("2", "服务社区的学校")[2:5] == ["150", "2", "20.0"]
    assert not [row for row in page.rows if row[0] == "3" and row[1].startswith("农贸市场")]
    # One of the two sites lies here; r11 and r12, whom no candidate reaches, live elsewhere.
    assert "全研究区方案新增2处，其中1处在本区：1号在西闸社区，设服务社区的学校、农贸市场，新增300人" in page.text
    # What the plan brings to c1 and c2: 250 of 300 and 140 of 190.
    assert "本区各社区这2类的缺口490人中，全部方案可补390人（按类累计）。" in page.text
    assert "本区之外" in page.row("2", "崇文学校")[1]
    assert "本报告范围内没有列出" in page.text
    # Met: c1 no, c2 undetermined; the study's row isn't shown.
    assert page.row("服务社区的学校", "33.3%")[1:] == [
        *("33.3%", "50.0%", "0%", "50.0%", "100%", "未达标 not met", "未达标1，不能判定1"),
    ]


def test_residences_in_no_district_have_a_report(frames: StudyFrames) -> None:
    page = Page(render_report(frames, "none"))
    assert "不属任何街道（区）" in page.text
    assert "1处居住点，按居民计共30人" in page.text


def test_an_unknown_district_is_refused_by_name(frames: StudyFrames) -> None:
    with pytest.raises(InputError, match=r"district 'd9'; the districts are d1, d2, none"):
        render_report(frames, "d9")


def test_plan_its_proof_and_who_stays_unserved(frames: StudyFrames) -> None:
    page = Page(render_report(frames, None))
    # 390 of 710 - 100 = 610 within reach: 63.9 %; 10 / 390 = 2.6 % to the bound; 610 - 390 = 220 are left over.
    assert "2处建成，390人（每类各计一次）由缺口变为可达，占候选点够得着的缺口的63.9%" in page.text
    assert "任何2处的方案都不超过400人，本方案离最优至多差2.6%" in page.text
    assert page.row("目标值")[1::2] == ["390", "400"]
    assert page.row("候选点都够不着")[1::2] == ["100", "220"]
    assert page.row("服务社区的学校", "70")[1:] == ["70", "1", "不属任何社区"]
    assert page.row("农贸市场", "30")[1:] == ["30", "1", "不属任何社区"]
    assert page.row("2", "崇文学校")[3:] == ["90", "30"]
    assert page.row("西闸社区", "300", "250")[1:] == ["300", "250", "50"]
    assert page.row("洸河社区", "190", "140")[1:] == ["190", "140", "50"]
    clocked = changed(frames, plan_summary=frames.plan_summary | {"reproducible": False})
    assert "求解因时间限制而停止" in render_report(clocked, None)
    proven = changed(frames, plan_summary=frames.plan_summary | {"bound": 390.0, "gap": 0.0})
    assert "上界也是390人，差距0%：已证明" in render_report(proven, None)
    unbounded = changed(frames, plan_summary=frames.plan_summary | {"bound": None, "gap": None})
    assert "没有算出上界，不能说离最优多远" in render_report(unbounded, None)


def test_an_indicator_without_a_target_has_no_verdict(frames: StudyFrames) -> None:
    aimless = frames.indicators.assign(threshold=np.nan, met="undetermined", indicator="A-2", plan_year=2025)
    page = Page(render_report(changed(frames, indicators=aimless.astype({"plan_year": "Int64"})), None))
    assert page.row("全部合计", "38.0%")[5:] == ["–", "无量化目标 no target", "–"]
    assert "规划年 plan year 2025；分母 of 500人" in page.text


def test_layers_taken_back_stand_at_the_top_with_figures(frames: StudyFrames) -> None:
    thin = (frames.layers["community_id"] == "c2").to_numpy()
    declared = frames.layers["declared"].to_numpy()
    absent = declared & (frames.layers["kind"] == "farmers_market").to_numpy() & ~thin
    why = np.where(
        ~declared, "not_declared", np.where(thin, "thin_community", np.where(absent, "no_feature_anywhere", ""))
    )
    layers = frames.layers.assign(
        density_per_km=np.where(thin, 0.03, 1.5),
        complete=declared & ~thin & ~absent,
        why=strings(why).replace("", None),
    )
    html = render_report(changed(frames, layers=layers), None)
    page = Page(html)
    assert (
        "资料密度检查收回了2项完整性声明（按“社区×类别”计，本报告范围内共声明6项）：洸河社区（200人，占40.0%）"
        "每公里步行道路只有0.03处实地调查类设施，低于要求的0.20处（全研究区中位数1.50处）"
    ) in page.text
    assert "农贸市场：虽声明资料完整" in page.text
    assert html.index("资料密度检查收回了") < html.index("能判定什么")
    assert page.row("洸河社区", "200", "10.0")[3:7] == ["0.03", "0.20", "2", "0"]
    assert "资料太稀疏，声明收回" in page.row("洸河社区", "200", "10.0")[7]
    assert "◐ 服务社区的学校" in matrix_row(page, "◐ 服务社区的学校")[0]


def test_nothing_known_is_not_nothing_lacking(frames: StudyFrames) -> None:
    page = Page(render_report(all_unknown(frames), None))
    assert "没有一类的资料完整到足以判定“没有”" in page.text
    assert "没有一类能判定，所以不能说缺什么；这并不表示什么都不缺。" in page.text
    assert "100%的结果是“缺数据”：未知多于已知" in page.text
    assert "没有缺口片区。" in page.text
    assert "本次没有选用政策文件。" in page.text
    assert "本次没有计算选址方案。" in page.text
    nothing = {"model": "mclp", "kinds": ["school"], "p": 2, "demand": 0.0, "objective": 0.0, "bound": 0.0, "gap": None}
    assert "应先补齐数据" in render_report(changed(all_unknown(frames), plan_summary=nothing), None)
    assert matrix_row(page, "○ 服务社区的学校")[1] == "U100% ± 2.0%"
    assert [row.share for row in _legend(page) if row.name == "缺数据，无法判定"] == ["100%"]


@dataclasses.dataclass
class LegendLine:
    name: str
    share: str


def _legend(page: Page) -> list[LegendLine]:
    found = re.findall(r"(缺数据，无法判定|未连通|可判定的类别中无缺口)\s.*?([<>]?[\d.]+%) \(", page.text)
    return [LegendLine(name, share) for name, share in found]


def test_no_gap_and_no_plan(frames: StudyFrames) -> None:
    covered = frames.access.assign(
        status=strings(["covered"] * len(frames.access)), reason=strings([None] * len(frames.access))
    )
    none = changed(
        frames,
        access=covered,
        areas=areas.area_shares(frames.residences, covered, frames.area_shapes),
        scores=areas.scores(frames.residences, covered),
        gap_areas=frames.gap_areas.iloc[:0],
        plan=frames.plan.iloc[:0],
        plan_summary={"model": "mclp", "kinds": [], "p": 2, "demand": 0.0, "objective": 0.0, "bound": 0.0, "gap": 0.0},
    )
    page = Page(render_report(none, None))
    assert "在能判定的类别中没有发现缺口" in page.text
    assert "没有可确认的缺口，因此没有建议新建。" in page.text
    assert "没有“缺数据”的结果。" in page.text
    beyond = changed(
        frames,
        plan=frames.plan.iloc[:0],
        plan_summary=frames.plan_summary | {"objective": 0.0, "bound": 0.0, "gap": 0.0, "demand_unreachable": 710.0},
    )
    assert "没有一个候选点能补上缺口" in render_report(beyond, None)


def test_a_study_without_areas(frames: StudyFrames) -> None:
    page = Page(render_report(without_areas(frames), None))
    assert "12处居住点，按居民计共500人" in page.text
    assert matrix_row(page, "● 服务社区的学校")[1:] == ["C38.0% P10.0% U6.0% G44.0% N2.0% ± 2.0%"]
    assert "各社区一览" not in page.text


def test_a_scope_without_weight_shows_dashes(frames: StudyFrames) -> None:
    weightless = frames.residences.assign(weight=[*map(float, WEIGHTS[:11]), 0.0])
    page = Page(render_report(changed(frames, residences=weightless), "none"))
    assert matrix_row(page, "● 服务社区的学校")[1] == "–"
    assert not re.search(r"\bnan\b", page.text)


def test_gap_areas_beyond_the_cap_are_summed(frames: StudyFrames) -> None:
    more = GAP_AREA_ROWS + 5
    many = gpd.GeoDataFrame(
        {
            "gap_area_id": strings([f"school-{i:04d}" for i in range(more)]),
            "kind": strings(["school"] * more),
            "weight": [float(1000 - i) for i in range(more)],
            "n_residences": [1] * more,
            "nearest_s": [1000.0] * more,
            "cause": strings(["gate"] * more),
        },
        geometry=[box(116.5039, 35.399, 116.5052, 35.402)] * more,
        crs="EPSG:4326",
    )
    page = Page(render_report(changed(frames, gap_areas=many), None))
    # The five smallest weigh 970 + 969 + 968 + 967 + 966 = 4840.
    assert "另有5个较小的片区（合计4,840人，按类累计），见 gap_areas.parquet" in page.text


def test_a_gap_area_across_the_border_is_marked(frames: StudyFrames) -> None:
    across = frames.gap_areas.assign(weight=[150.0, 490.0, 190.0])
    page = Page(render_report(changed(frames, gap_areas=across), "d1"))
    assert page.row("1", "农贸市场")[2] == "490*"
    assert "*片区跨出本区，数字为整片。" in page.text


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


def test_forms_stand_beside_the_score(frames: StudyFrames) -> None:
    page = Page(render_report(with_forms(frames), None))
    assert "不计入得分" in page.text
    assert "they don't enter the score" in page.text
    # listed, applied, passed, signed, published, revoked, tell all, common rules
    assert ["西闸社区", "3", "2", "2", "2", "1", "1", "1", "1"] in page.rows
    assert ["洸河社区", "1", "1", "0", "0", "0", "0", "0", "0"] in page.rows
    assert ["c9", "1", "1", "0", "0", "0", "0", "0", "0"] in page.rows
    assert ["合计 in all", "5", "4", "2", "2", "1", "1", "1", "1"] in page.rows
    # (30 x 90 + 10 x 70) / 40 = 85; 30 of the 60 asked answered in the one survey that tells it.
    assert page.row("餐饮", "2025")[1:] == ["2025", "2", "40", "50.0%", "85.0%", "80.0%（2024）"]
    assert page.row("邮政网点", "2025")[1:] == ["2025", "1", "20", "–", "95.0%", "–"]
    assert ["西闸社区", "2", "1", "50.0%"] in page.rows
    assert ["洸河社区", "2", "0", "0%"] in page.rows
    assert ["合计 in all", "4", "1", "25.0%"] in page.rows
    assert page.row("政务服务 government")[1:] == ["2", "1", "0", "50.0%"]
    assert page.row("健康服务 health")[1:] == ["1", "0", "1", "0%"]
    assert ["合计 in all", "3", "1", "1", "33.3%"] in page.rows
    headings = re.findall(r'<h2 id="s(\d+)">', render_report(with_forms(frames), None))
    assert headings == ["2", "3", "4", "5", "6", "7", "8", "9", "10"]


def test_without_forms_there_is_nothing_beside(frames: StudyFrames) -> None:
    html = render_report(frames, None)
    assert "服务商与满意度" not in html
    assert re.findall(r'<h2 id="s(\d+)">', html) == ["2", "3", "4", "5", "6", "7", "8", "9"]
    only = changed(frames, forms={"demand_list": areas.matched_demand(DEMANDS)})
    page = Page(render_report(only, None))
    assert "服务商与满意度" in page.text
    assert "签约服务商" not in page.text


def test_scores_are_the_same_with_and_without_forms(frames: StudyFrames) -> None:
    with_, without = report_model(with_forms(frames), None), report_model(frames, None)
    assert dataclasses.replace(with_, beside=without.beside) == without


def test_a_district_shows_the_forms_of_its_own_communities(frames: StudyFrames) -> None:
    page = Page(render_report(with_forms(frames), "d2"))
    # Of the communities only c2 has residences in d2: one row, and no sum of one.
    assert ["洸河社区", "1", "1", "0", "0", "0", "0", "0", "0"] in page.rows
    assert ["洸河社区", "2", "0", "0%"] in page.rows
    assert not [row for row in page.rows if row[0] in {"西闸社区", "c9"}]
    assert [row[1] for row in page.rows if row[0] == "合计 in all"] == ["3"]  # the service items of the whole study
    assert "满意度（全研究区）" in page.text
    nobody = Page(render_report(with_forms(frames), "none"))
    assert "这里的社区没有登记服务商。" in nobody.text
    assert "这里的社区没有列出需求。" in nobody.text


def test_requirements_in_other_units(frames: StudyFrames) -> None:
    page = Page(render_report(asking(frames, *OTHER_UNITS), None))
    floor_area, days = (row for row in page.rows if row[0] == "逐片区 area by area")
    assert floor_area[1:] == ["25–99", "25–99", "1 / 3", "≥ 30", "见各片区 see areas", "社区：达标2，未达标1"]
    assert days[1:] == ["100", "100", "1 / 2", "≤ 92", "见各片区 see areas", "社区：未达标1，不能判定1"]
    whole = [row[1:] for row in page.rows if row[0] == "全部合计 as a whole"]
    # The registered volunteers are a figure, not reach, though residents are the study's weight too.
    assert whole == [
        ["15.0%", "15.0%", "0%", "≥ 13.0%", "达标 met", "–"],
        ["50.0%", "50.0%", "50.0%", "≥ 80.0%", "不能判定 undetermined", "街道（区）：达标1，未达标1"],
    ]
    quoted = page.row("C-2 「每百户」")[0]
    assert "规划年 plan year 2025" in quoted
    assert "单位 in 平方米/百户 m² per 100 households" in quoted
    assert "占社区数 share of communities；分母 of 2" in page.row("F-5 ")[0]


def test_a_district_shows_its_own_requirements_in_other_units(frames: StudyFrames) -> None:
    page = Page(render_report(asking(frames, *OTHER_UNITS, *PRESENCE), "d2"))
    floor_area, days = (row for row in page.rows if row[0] == "逐片区 area by area")
    assert floor_area[1:] == ["41.5", "41.5", "1 / 1", "≥ 30", "见各片区 see areas", "社区：达标1"]
    assert days[1:] == ["–", "–", "1 / 1", "≤ 92", "见各片区 see areas", "社区：不能判定1"]
    whole = [row[1:] for row in page.rows if row[0] == "全部合计 as a whole"]
    assert whole == [["0%", "0%", "0%", "≥ 80.0%", "未达标 not met", "–"]]
    assert page.row("服务社区的学校", "0 / 1")[2:6] == ["1", "0", "0", "1"]


def test_presence_is_told_once_a_kind(frames: StudyFrames) -> None:
    page = Page(render_report(asking(frames, *PRESENCE), None))
    # confirmed, possible, absent, unknown, asked, verdicts, by; two requirements ask the same of schools
    school = page.row("服务社区的学校", "1 / 3")[1:]
    assert school == ["1 / 3", "1", "1", "0", "1", "达标1，未达标1，不能判定1", "B-1、B-4"]
    dining = page.row("餐饮", "1 / 3")[1:]
    assert dining == ["1 / 3", "0", "1", "1", "1", "达标1，未达标1，不能判定1", "B-1"]
    assert page.text.count("「每百户」") == 2


def open_requirements(n: int, text: str = "") -> pd.DataFrame:
    rows = [
        ("guanghe_2019", f"X-{i}", f"第{i}句{text}", None if i == 1 else "providers", f"表{i}{text}", f"form {i}")
        for i in range(1, n + 1)
    ]
    return rows_of("policy indicator quote form needs_zh needs_en", *rows)


def test_what_stays_unanswered(frames: StudyFrames) -> None:
    page = Page(render_report(changed(frames, unanswered=open_requirements(2)), None))
    # What a form would answer comes before what nobody asks for.
    listed = [row for row in page.rows if row[0].startswith("X-")]
    assert [row[0][:8] for row in listed] == ["X-2 「第2句", "X-1 「第1句"]
    assert listed[0][1] == "表2 form 2"
    assert "全部见 unanswered.csv" in page.text
    assert "另有" not in page.text.split("待补充")[1].split("unanswered.csv")[0]
    many = Page(render_report(changed(frames, unanswered=open_requirements(UNANSWERED_ROWS + 5)), None))
    assert len([row for row in many.rows if row[0].startswith("X-")]) == 12
    assert "另有5条。全部见 unanswered.csv" in many.text
    assert "待补充" not in render_report(frames, None)


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


def test_merges_conflicts_and_what_to_check_first(frames: StudyFrames) -> None:
    page = Page(render_report(with_checks(frames), None))
    merged = page.row("合并 Merges")[1]
    assert (
        "3行资料与另一行说的是同一处设施，已并入（地图上点与面重复2；不同来源的同一处1）：见 merges.parquet" in merged
    )
    assert "1条依据被更可信的资料推翻，不起作用（实地核实没有1）：见 conflicts.parquet" in page.row("矛盾 Conflicts")[1]
    asked = page.row("先核实什么 Check first")[1]
    assert (
        "问题共4个，最要紧的：1. 西闸社区有没有停车场，在哪里（200人）；2. 洸河社区有没有通信网点，在哪里（190人）；"
        "3. “益民药房”有没有服务社区的学校（50人）。全部见 survey.xlsx"
    ) in asked
    bare = Page(render_report(frames, None))
    assert bare.row("合并 Merges")[1] == "没有合并的行。 No row went into another."
    assert bare.row("矛盾 Conflicts")[1] == "没有互相矛盾的依据。 No evidence was overruled."
    assert bare.row("先核实什么 Check first")[1].startswith("没有要实地核实的问题。")


def test_a_district_is_asked_only_what_it_hangs_on(frames: StudyFrames) -> None:
    # d2 holds r08 to r11, of c2 and of no community: nothing of c1, and not r07, the only one for whom n7 is possible.
    asked = Page(render_report(with_checks(frames), "d2")).row("先核实什么 Check first")[1]
    assert "与本区有关的问题共1个，最要紧的（权重按全研究区）：1. 洸河社区有没有通信网点，在哪里（190人）。" in asked
    asked = Page(render_report(with_checks(frames), "d1")).row("先核实什么 Check first")[1]
    assert "与本区有关的问题共3个" in asked
    assert "“益民药房”有没有服务社区的学校（50人）" in asked


def test_names_are_hostile(frames: StudyFrames) -> None:
    about = frames.about | dict.fromkeys(("title_zh", "title_en", "study_id", "data_date", "profile"), HOSTILE)
    about |= dict.fromkeys(("attribution", "complete_why", "version", "map_review_number"), HOSTILE)
    about |= {"warnings": [{"zh": HOSTILE, "en": "a note of " + HOSTILE}], "licence_url": "javascript:alert(1)"}
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
    hostile = changed(hostile, merges=checks, conflicts=checks, indicators=strange_units)
    for district in (None, "d1"):
        html = render_report(hostile, district)
        page = Page(html)
        assert "<script" not in html.lower()
        assert "{{ 7*7 }}" in page.text
        assert "script" not in page.tags
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", html)
        assert not [value for _, name, value in page.attributes if name == "href"]
        assert not [name for _, name, _ in page.attributes if name.startswith("on")]


def with_everything(frames: StudyFrames) -> StudyFrames:
    asked = asking(with_checks(with_forms(frames)), *OTHER_UNITS, *PRESENCE)
    return changed(asked, unanswered=open_requirements(3))


@pytest.mark.parametrize("make", [lambda f: f, without_areas, without_plan, all_unknown, with_everything])
def test_pages_are_balanced_and_ask_for_nothing(make: Any, frames: StudyFrames) -> None:
    study = make(frames)
    for district in (None, *sorted(set(study.residences["district_id"].dropna()))):
        html = render_report(study, district)
        page = Page(html)
        assert html.startswith("<!DOCTYPE html>")
        assert not {"script", "link", "img", "iframe", "object", "embed", "image", "use"} & set(page.tags)
        assert not [name for _, name, _ in page.attributes if name in {"src", "srcset", "xlink:href", "background"}]
        links = {value for _, name, value in page.attributes if name == "href"}
        assert links == {"https://opendatacommons.org/licenses/odbl/1-0/"}
        assert set(re.findall(r"url\((.)", html)) <= {"#"}
        assert "@import" not in html
        assert "@font-face" not in html
        ids = [value for _, name, value in page.attributes if name == "id"]
        assert len(ids) == len(set(ids))
        assert set(re.findall(r"url\(#([\w-]+)\)", html)) <= set(ids)
        assert not re.search(r"\b(nan|inf)\b", page.text)


def test_the_same_frames_give_the_same_bytes(frames: StudyFrames) -> None:
    shuffled = changed(frames, access=frames.access.sample(frac=1.0, random_state=5))
    assert render_report(frames, None) == render_report(frames, None) == render_report(shuffled, None)


def test_access_with_a_missing_kind_is_refused(frames: StudyFrames) -> None:
    lacking = changed(frames, access=frames.access[frames.access["kind"] != "school"])
    with pytest.raises(InputError, match="no valid status for some kinds of residences r01, r02"):
        render_report(lacking, None)


def test_the_map_of_a_large_city_stays_small(frames: StudyFrames) -> None:
    many = 15_000
    side = 125
    x, y = 116.5 + 0.0004 * (np.arange(many) % side), 35.4 + 0.0003 * (np.arange(many) // side)
    residences = gpd.GeoDataFrame(
        {
            "residence_id": strings([f"h{i:05d}" for i in range(many)]),
            "weight": 1.0,
            "community_id": strings([None] * many),
            "district_id": strings([None] * many),
            "setting": strings(["urban"] * many),
        },
        geometry=[box(a, b, a + 0.0002, b + 0.0001) for a, b in zip(x, y, strict=True)],
        crs="EPSG:4326",
    )
    access = pd.DataFrame(
        {
            "residence_id": strings(np.repeat(residences["residence_id"], len(KINDS))),
            "kind": strings(np.tile(KINDS, many)),
            "status": strings(["unknown"] * (many * len(KINDS))),
            "reason": strings(["data_missing"] * (many * len(KINDS))),
            "robust": True,
        }
    )
    wiggle = np.sin(np.arange(200))
    streets = gpd.GeoDataFrame(
        {"street_class": strings(["road", "path"] * 400)},
        geometry=[
            LineString(np.column_stack([116.5 + np.arange(200) * 0.00025, 35.4 + i * 0.00005 + wiggle * 0.0001]))
            for i in range(800)
        ],
        crs="EPSG:4326",
    )
    bare = without_areas(without_plan(frames))
    city = changed(bare, residences=residences, access=access, streets=streets, gap_areas=frames.gap_areas.iloc[:0])
    html = render_report(city, None)
    drawing = re.search(r'<svg class="map".*?</svg>', html, re.DOTALL)
    assert drawing is not None
    assert len(drawing.group().encode()) < 400_000
    Page(html)
