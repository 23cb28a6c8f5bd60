"""The district report: what its page says of the study in paper.py, whose figures are worked out there by hand."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, box

from circle15 import areas
from circle15.checklist import KINDS
from circle15.errors import InputError
from circle15.outputs.report import render_report, report_model
from circle15.outputs.report.model import GAP_AREA_ROWS, UNANSWERED_ROWS
from circle15.schema import STATUSES, StudyFrames
from paper import (
    DEMANDS,
    OTHER_UNITS,
    PRESENCE,
    WEIGHTS,
    Page,
    all_unknown,
    asking,
    changed,
    made_hostile,
    matrix_row,
    open_requirements,
    paper_study,
    strings,
    with_checks,
    with_everything,
    with_forms,
    without_areas,
    without_plan,
)


@pytest.fixture
def frames() -> StudyFrames:
    return paper_study()


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
        *("33.3%", "50.0%", "0%", "50.0%", "100%", "未达标 not met", "未达标1，不能判定1 not met 1, undetermined 1"),
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


def met(zh: str, en: str) -> str:
    """How a report counts the verdicts of communities."""
    return f"社区：{zh} communities: {en}"


def test_requirements_in_other_units(frames: StudyFrames) -> None:
    page = Page(render_report(asking(frames, *OTHER_UNITS), None))
    floor_area, days = (row for row in page.rows if row[0] == "逐片区 area by area")
    assert floor_area[1:] == [
        "25–99",
        "25–99",
        "1 / 3",
        "≥ 30",
        "见各片区 see areas",
        met("达标2，未达标1", "met 2, not met 1"),
    ]
    assert days[1:] == [
        "100",
        "100",
        "1 / 2",
        "≤ 92",
        "见各片区 see areas",
        met("未达标1，不能判定1", "not met 1, undetermined 1"),
    ]
    whole = [row[1:] for row in page.rows if row[0] == "全部合计 as a whole"]
    # The registered volunteers are a figure, not reach, though residents are the study's weight too.
    assert whole == [
        ["15.0%", "15.0%", "0%", "≥ 13.0%", "达标 met", "–"],
        [
            "50.0%",
            "50.0%",
            "50.0%",
            "≥ 80.0%",
            "不能判定 undetermined",
            "街道（区）：达标1，未达标1 districts: met 1, not met 1",
        ],
    ]
    quoted = page.row("C-2 「每百户」")[0]
    assert "规划年 plan year 2025" in quoted
    assert "单位 in 平方米/百户 m² per 100 households" in quoted
    assert "占社区数 share of communities；分母 of 2" in page.row("F-5 ")[0]


def test_a_district_shows_its_own_requirements_in_other_units(frames: StudyFrames) -> None:
    page = Page(render_report(asking(frames, *OTHER_UNITS, *PRESENCE), "d2"))
    floor_area, days = (row for row in page.rows if row[0] == "逐片区 area by area")
    assert floor_area[1:] == ["41.5", "41.5", "1 / 1", "≥ 30", "见各片区 see areas", met("达标1", "met 1")]
    assert days[1:] == ["–", "–", "1 / 1", "≤ 92", "见各片区 see areas", met("不能判定1", "undetermined 1")]
    whole = [row[1:] for row in page.rows if row[0] == "全部合计 as a whole"]
    assert whole == [["0%", "0%", "0%", "≥ 80.0%", "未达标 not met", "–"]]
    assert page.row("服务社区的学校", "0 / 1")[2:6] == ["1", "0", "0", "1"]


def test_presence_is_told_once_a_kind(frames: StudyFrames) -> None:
    page = Page(render_report(asking(frames, *PRESENCE), None))
    # confirmed, possible, absent, unknown, asked, verdicts, by; two requirements ask the same of schools
    school = page.row("服务社区的学校", "1 / 3")[1:]
    assert school == [
        "1 / 3",
        "1",
        "1",
        "0",
        "1",
        "达标1，未达标1，不能判定1 met 1, not met 1, undetermined 1",
        "B-1、B-4",
    ]
    dining = page.row("餐饮", "1 / 3")[1:]
    assert dining == ["1 / 3", "0", "1", "1", "1", "达标1，未达标1，不能判定1 met 1, not met 1, undetermined 1", "B-1"]
    assert page.text.count("「每百户」") == 2


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
    hostile = made_hostile(frames)
    for district in (None, "d1"):
        html = render_report(hostile, district)
        page = Page(html)
        assert "<script" not in html.lower()
        assert "{{ 7*7 }}" in page.text
        assert "script" not in page.tags
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", html)
        assert not [value for _, name, value in page.attributes if name == "href"]
        assert not [name for _, name, _ in page.attributes if name.startswith("on")]


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
