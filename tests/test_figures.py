"""Figures, against a study small enough to work out on paper.

Six residences; the first five in community c1, district d1; r6, a point, in none. Minutes on foot are seconds / 60.

    residence   r1    r2    r3    r4     r5     r6     sum
    weight      10    20    30    40     60     40     200
    pharmacy    C 300 C 900 P 600 G 1200 C 61   N
    post        C 300 C 300 U     C 300  G none N
    dining      C 100 C 200 C 300 C 400  C 500  N

All other kinds are unknown but for r6, which is off the network.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import warnings
from itertools import pairwise
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from circle15 import InputError, SitingProblem, areas, checklist, figures, solve_siting
from circle15.outputs import sheet
from circle15.outputs.palette import STATUS_STYLES
from circle15.schema import STATUSES, StudyFrames
from drawn import place

WEIGHT = [10.0, 20.0, 30.0, 40.0, 60.0, 40.0]
TOLD = {
    "pharmacy": ["covered 300", "covered 900", "possible 600", "gap 1200", "covered 61", "off_network inf"],
    "post": ["covered 300", "covered 300", "unknown inf", "covered 300", "gap inf", "off_network inf"],
    "dining": ["covered 100", "covered 200", "covered 300", "covered 400", "covered 500", "off_network inf"],
}
OTHER = ["unknown inf"] * 5 + ["off_network inf"]


def box(east: float, north: float, size: float) -> shapely.Polygon:
    return shapely.Polygon([place(east + x * size, north + y * size) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))])


def frame(columns: dict[str, Any], shapes: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()}, geometry=shapes,
                            crs="EPSG:4326")  # fmt: skip


@pytest.fixture(scope="module")
def study() -> StudyFrames:
    ids = [f"r{i}" for i in range(1, 7)]
    inside = ["c1"] * 5 + [None]
    residences = frame(
        {"residence_id": ids, "setting": ["urban"] * 6, "community_id": inside, "district_id": ["d1"] * 5 + [None]},
        [*(box(120 * i, 40 * (i % 3), 30) for i in range(5)), shapely.Point(place(700, 300))],
    ).assign(weight=WEIGHT)
    rows = [
        (residence, kind, *TOLD.get(kind, OTHER)[i].split())
        for i, residence in enumerate(ids)
        for kind in checklist.KINDS
    ]
    access = pd.DataFrame(rows, columns=["residence_id", "kind", "status", "time_s"]).astype({"time_s": float})
    shapes = frame(
        {"level": ["community", "district"], "area_id": ["c1", "d1"], "name": ["光河社区", "光河街道"],
         "setting": ["urban", "urban"]}, [box(-50, -50, 650), box(-60, -60, 680)],
    )  # fmt: skip
    complete = {("c1", "pharmacy"), ("none", "pharmacy"), ("c1", "post")}
    layers = pd.DataFrame(
        [(area, kind, (area, kind) in complete) for area in ("c1", "none") for kind in checklist.KINDS],
        columns=["community_id", "kind", "complete"],
    )
    sites = frame({"site_id": ["s1", "s2", "s3"]}, [shapely.Point(place(x, 200)) for x in (50, 300, 500)])
    held = pd.DataFrame(
        {"site_id": ["s1", "s2", "s3", "s1"], "kind": ["pharmacy"] * 3 + ["post"],
         "evidence": ["confirmed", "possible", "possible", "confirmed"]}
    )  # fmt: skip
    parts: dict[str, Any] = {
        "residences": residences,
        "access": access,
        "sites": sites,
        "site_kinds": held,
        "conflicts": pd.DataFrame(
            {"site_id": ["s3", "s1"], "kind": ["pharmacy"] * 2, "evidence": ["possible", "absent"]}
        ),
        "layers": layers,
        "area_shapes": shapes,
        "areas": areas.area_shares(residences, access, shapes),
        "streets": frame({"street_class": ["road", "path"]}, [street(150), street(250)]),
        "backdrop": frame({"kind": ["green", "water", "water"]}, [box(0, 200, 90), box(400, 100, 60), street(280)]),
        "plan": frame({"candidate_id": ["f1", "f2"]}, [shapely.Point(place(400, 0))] * 2),
        "plan_summary": {
            "kinds": ["pharmacy", "post"],
            "gained_by_community": [
                {"community_id": "c1", "kind": "pharmacy", "demand": 40.0, "gained": 40.0},
                {"community_id": "c1", "kind": "post", "demand": 60.0, "gained": 60.0},
            ],
        },
        "about": {
            "title_zh": "纸上城", "title_en": "Paper Town", "data_date": "2019-05-09", "weight_meaning": "residents",
            "attribution": "© OpenStreetMap contributors, ODbL 1.0", "speed_m_s": 1.0, "threshold_urban_s": 900.0,
            "threshold_rural_s": 1800.0, "map_review_number": None,
        },
    }  # fmt: skip
    return StudyFrames(**{field.name: parts.get(field.name) for field in dataclasses.fields(StudyFrames)})


def street(north: float) -> shapely.LineString:
    return shapely.LineString([place(-200, north), place(900, north)])


def frontier(study: StudyFrames) -> Figure:
    """Ten of twenty residents can be reached: six of them from candidate 0 alone, all by 1 and 2 together."""
    times = [[99, 10, 99], [10, 10, 99], [10, 99, 10], [99, 99, 10], [np.inf] * 3]
    problem = SitingProblem(time_s=times, weights=[2, 3, 3, 2, 10], cutoff_s=10, kinds=["pharmacy"])
    return figures.siting_frontier([solve_siting(problem, p=p) for p in (2, 1)], study)


DRAWN: dict[str, Any] = {
    "status_map": lambda study: figures.status_map(study, "pharmacy"),
    "coverage_by_kind": figures.coverage_by_kind,
    "time_distribution": lambda study: figures.time_distribution(study, "pharmacy"),
    "lorenz": lambda study: figures.lorenz(study, kinds=["pharmacy", "post"]),
    "siting_frontier": frontier,
    "before_after": figures.before_after,
}


@pytest.fixture(scope="module")
def drawn(study) -> dict[str, Figure]:
    """Each figure of the study as it is, drawn once."""
    return {name: draw(study) for name, draw in DRAWN.items()}


def about(study: StudyFrames, **other: Any) -> StudyFrames:
    return dataclasses.replace(study, about={**study.about, **other})


def texts(figure: Figure) -> list[str]:
    return [one.get_text() for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip()]


def title(figure: Figure) -> str:
    """The finding, in as many lines as it takes: 13 points are Chinese, 9.5 English."""
    zh, en = ([one.get_text() for one in figure.texts if one.get_fontsize() == size] for size in (13.0, 9.5))
    return "".join(zh) + " " + " ".join(en)


def parts(figure: Figure) -> dict[str, list[float]]:
    """How long each bar's part of a status is."""
    axes = figure.axes[0]
    along = "get_width" if figure.axes[0].get_xlim() == (0, 1) else "get_height"
    return {bars.get_label(): [float(getattr(bar, along)()) for bar in bars] for bars in axes.containers}


def test_every_drawing_is_tried():
    assert {*DRAWN, "as_bytes"} == set(figures.__all__)


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_study_gives_the_same_bytes(study, drawn, name):
    one, other = drawn[name], DRAWN[name](study)
    for file_format in ("png", "svg", "pdf") if name == "before_after" else ("png", "svg"):
        content = figures.as_bytes(one, file_format, dpi=60)
        assert content == figures.as_bytes(other, file_format, dpi=60)
        assert len(content) > 5000


@pytest.mark.parametrize("name", DRAWN)
def test_no_text_is_cut_off_and_none_lies_on_another_line(study, name):
    figure = DRAWN[name](
        about(study, title_en="A study of which the name is " + "very " * 40 + "long", title_zh="长" * 120)
    )
    figure.draw_without_rendering()
    sheet_box = figure.bbox
    for one in figure.findobj(Text):
        if one.get_visible() and one.get_text().strip():
            box_ = one.get_window_extent()
            assert min(box_.x0, box_.y0) >= 0, one
            assert box_.x1 <= sheet_box.x1, one
            assert box_.y1 <= sheet_box.y1, one
    lines = sorted((one.get_window_extent() for one in figure.texts), key=lambda box_: box_.y0)
    assert all(lower.y1 <= upper.y0 + 2 for lower, upper in pairwise(lines))
    drawn = figure.axes[0].get_tightbbox()
    for box_ in lines:
        assert box_.y0 >= drawn.y1 - 1 or box_.y1 <= drawn.y0 + 1
    for one in figure.legends:
        box_ = one.get_window_extent()
        assert box_.x1 <= sheet_box.x1
        assert box_.y1 <= drawn.y0 + 1 or box_.x0 >= drawn.x1 - 1


@pytest.mark.parametrize("name", DRAWN)
def test_the_foot_says_of_whom_of_when_and_whose(study, name):
    foot = " ".join(texts(DRAWN[name](about(study, map_review_number="鲁S(2026)001号"))))
    for part in (
        "居民200人，6处居住点", "Shares of 200 residents, 6 residences", "2019-05-09", "© OpenStreetMap contributors",
        "纸上城 Paper Town", "审图号 鲁S(2026)001号",
    ):  # fmt: skip
        assert part in foot


def test_a_date_or_review_number_that_nobody_knows_is_not_made_up(study):
    without = " ".join(texts(figures.status_map(about(study, data_date=None), "post")))
    assert "不详 unknown date" in without
    assert "审图号" not in without


@pytest.mark.parametrize("name", DRAWN)
def test_settings_are_left_alone_and_have_no_say(study, drawn, name):
    plain = figures.as_bytes(drawn[name], dpi=60)
    with mpl.rc_context(
        {"font.family": ["monospace"], "axes.grid": True, "hatch.linewidth": 5.0, "lines.linewidth": 9.0}
    ):
        before = dict(mpl.rcParams)
        assert figures.as_bytes(DRAWN[name](study), dpi=60) == plain
        assert dict(mpl.rcParams) == before


def test_colours_and_patterns_are_those_of_every_page(drawn):
    for figure in (drawn["coverage_by_kind"], drawn["before_after"]):
        for bars in figure.axes[0].containers:
            style = STATUS_STYLES[bars.get_label()]
            assert {to_hex(bar.get_facecolor()) for bar in bars} == {style.colour}
            assert {bar.get_hatch() or "" for bar in bars} == {figures.HATCHES[style.pattern]}
    assert len({figures.HATCHES[style.pattern] for style in STATUS_STYLES.values()}) == 5
    for style in STATUS_STYLES.values():
        assert any(f"{style.letter} {style.zh} {style.en}" in text for text in texts(drawn["status_map"]))


def test_bars_are_the_shares_of_the_areas_table(study, drawn):
    figure = drawn["coverage_by_kind"]
    told = parts(figure)
    # By hand: the pharmacy's 10 + 20 + 60 of 200 covered, 30 possible, 40 in gap, 40 off the network.
    pharmacy = checklist.KINDS.index("pharmacy")
    assert [told[status][pharmacy] for status in STATUSES] == pytest.approx([0.45, 0.15, 0, 0.2, 0.2])
    shares = study.areas[study.areas["level"] == "study"].set_index("kind").loc[list(checklist.KINDS), list(STATUSES)]
    assert pytest.approx(shares.to_numpy()) == np.array([told[status] for status in STATUSES]).T
    # Nobody's kind is at 90 %; the post's 60 of 200 is the widest gap; 27 less three told kinds are 80 % unknown.
    for part in (
        "没有一类",
        "邮政网点（30.0%）",
        "24类多半缺数据",
        "none of 27",
        "Postal outlet (30.0%)",
        "24 kinds are",
    ):
        assert part in title(figure)


def test_kinds_stand_in_the_order_of_the_checklist_by_groups(drawn):
    said = texts(drawn["coverage_by_kind"])
    names = [kind.zh for kind in checklist.kinds()]
    assert [text for text in said if text in names] == names
    assert [text for text in said if text in {kind.group_zh for kind in checklist.kinds()}] == [
        "一校", "二栏", "四场", "五室", "六中心", "九网点",
    ]  # fmt: skip


def test_a_district_is_drawn_alone(study):
    # In d1 only, of 160: the pharmacy's 90 covered, the dining's all of it.
    told = parts(figures.coverage_by_kind(study, district_id="d1"))
    row = study.areas[(study.areas["level"] == "district") & (study.areas["area_id"] == "d1")].set_index("kind")
    assert told["covered"][checklist.KINDS.index("pharmacy")] == pytest.approx(90 / 160)
    assert told["gap"] == pytest.approx(row["gap"].loc[list(checklist.KINDS)].tolist())
    figure = figures.status_map(study, "dining", district_id="d1")
    assert title(figure).startswith("100%的居民步行15分钟可达餐饮")
    assert "光河街道" in " ".join(texts(figure))
    assert "160人" in " ".join(texts(figures.time_distribution(study, "dining", district_id="d1")))
    with pytest.raises(InputError, match="no residence lies in district 'd9'; use one of d1, none"):
        figures.lorenz(study, district_id="d9")


def test_titles_never_call_missing_data_a_missing_service(study):
    # At least: the possible site may be one; the post's unknown 15 % too. Dining is known of everybody.
    assert title(figures.status_map(study, "pharmacy")).startswith("至少45.0%的居民步行15分钟可达药店")
    assert "for at least 35.0% of residents" in title(figures.status_map(study, "post"))
    assert title(figures.status_map(study, "dining")).startswith("80.0%的居民步行15分钟可达餐饮")
    assert title(figures.status_map(study, "school")).startswith("服务社区的学校缺数据：80.0%的居民")
    # Nobody is sure to reach it: 90 of 200 possible or unknown, 70 in gap, 40 off the network.
    states = ["possible", "unknown", "gap", "gap", "possible", "off_network"]
    access = study.access.assign(
        status=study.access["status"].mask(study.access["kind"] == "post", np.repeat(states, 27))
    )
    told = title(figures.time_distribution(dataclasses.replace(study, access=access), "post"))
    assert told.startswith("35.0%的居民步行15分钟内没有邮政网点，另有45.0%尚不能判断")
    assert "none within 15 minutes on foot for 35.0% of residents, not known for 45.0%" in told


def test_the_map_shows_the_sites_that_count(drawn):
    said = texts(drawn["status_map"])
    # s1 is confirmed, and overruled who found it absent; s2 is possible; s3 was overruled.
    assert "已确认设施 confirmed sites: 1" in said
    assert "可能设施 possible sites: 1" in said
    assert {"100 m", "北 N"} <= set(said)


def test_the_map_is_true_to_scale(drawn):
    figure = drawn["status_map"]
    axes = figure.axes[0]
    bar = next(line for line in axes.lines if line.get_linewidth() == 2.2)
    (left, right), (low, high) = bar.get_xdata(), bar.get_ydata()
    assert (right - left, high - low) == (100, 0)
    # r1 and r4 are drawn as squares of 30 m, 360 m apart: place() counts geodesic metres.
    (covered, gap) = (
        path.get_path().get_extents()
        for path in axes.patches
        if path.get_hatch() in ("", "xxxx")
        and to_hex(path.get_facecolor()) in {STATUS_STYLES["covered"].colour, STATUS_STYLES["gap"].colour}
    )
    assert gap.width == pytest.approx(30, rel=1e-3)
    assert gap.x0 - covered.x0 == pytest.approx(360, rel=1e-3)
    box_ = axes.get_position()
    width, height = figure.get_size_inches()
    across, along = (np.diff(limits)[0] for limits in (axes.get_xlim(), axes.get_ylim()))
    assert (box_.width * width / across) == pytest.approx(box_.height * height / along)


def test_walks_fall_into_the_minute_that_they_end_in(study):
    told = parts(figures.time_distribution(study, "pharmacy"))
    walked = {(name, minute + 1): share for name, row in told.items() for minute, share in enumerate(row) if share}
    # 61 s end in minute 2, 300 s in minute 5, 900 s in minute 15: within the threshold; off the network is set apart.
    assert walked == pytest.approx(
        {("covered", 2): 0.3, ("covered", 5): 0.05, ("covered", 15): 0.1, ("possible", 10): 0.15, ("gap", 20): 0.2,
         ("off_network", 31): 0.2}
    )  # fmt: skip
    assert sum(sum(row) for row in told.values()) == pytest.approx(1)
    unknown = parts(figures.time_distribution(study, "post"))["unknown"]
    assert (unknown[30], sum(unknown)) == pytest.approx((0.15, 0.15))


def test_the_median_is_told_where_half_arrive(study):
    # 10 + 20 + 30 + 40 of 200 reach a place to eat in 400 s, 6.7 minutes; of the pharmacy less than half are sure.
    assert "一半不超过6.7分钟" in title(figures.time_distribution(study, "dining"))
    assert "for half, within 6.7 minutes" in title(figures.time_distribution(study, "dining"))
    assert "一半" not in title(figures.time_distribution(study, "pharmacy"))


def test_two_thresholds_are_both_told(study):
    homes = study.residences.assign(setting=["urban"] * 5 + ["rural"])
    mixed = dataclasses.replace(study, residences=homes)
    assert "步行15分钟（农村30分钟）可达" in title(figures.status_map(mixed, "pharmacy"))
    figure = figures.time_distribution(mixed, "pharmacy")
    assert {"15 分钟 min", "30 分钟 min"} <= set(texts(figure))
    assert len(parts(figure)["gap"]) == 61
    rural = dataclasses.replace(study, residences=study.residences.assign(setting="rural"))
    assert "within 30 minutes on foot" in title(figures.status_map(rural, "pharmacy"))


def test_the_lorenz_curve_by_hand(study):
    figure = figures.lorenz(study, kinds=["pharmacy", "post"])
    _, sure, maybe = figure.axes[0].lines
    # Two kinds reach r1, r2 (30); one r4, r5 (100); none r3, r6 (70). In all 160 of a person's kinds.
    assert sure.get_xdata() == pytest.approx([0, 0.35, 0.85, 1])
    assert sure.get_ydata() == pytest.approx([0, 0, 100 / 160, 1])
    # With what is possible or unknown r3 has both: none 40, one 100, two 60; 220 in all.
    assert maybe.get_xdata() == pytest.approx([0, 0.2, 0.7, 1])
    assert maybe.get_ydata() == pytest.approx([0, 0, 100 / 220, 1])
    # 1 - (0.35 * 0 + 0.5 * 0.625 + 0.15 * 1.625) = 0.44375, and 1 - (0.5 * 0.4545 + 0.3 * 1.4545) = 0.336.
    told = [text for text in texts(figure) if "Gini" in text]
    assert [text[-5:] for text in told if "基尼" in text and "\n" in text] == ["0.444", "0.336"]
    # Half of the people: 15 of the 50 hundredths between none and 0.625.
    assert "0.444：可达最少的一半居民占18.8%" in title(figure)
    assert "Pharmacy and 1 other kind" in title(figure)


def test_lorenz_counts_kinds_that_the_data_can_judge(study):
    # The pharmacy is complete everywhere, the post for 160 of 200: of the pharmacy 110 have none and 90 have one.
    figure = figures.lorenz(study)
    assert figure.axes[0].lines[1].get_xdata() == pytest.approx([0, 0.55, 1])
    assert "计入：药店；" in " ".join(texts(figure))
    assert "药店、邮政网点" in " ".join(texts(figures.lorenz(study, district_id="d1")))
    blind = dataclasses.replace(study, layers=study.layers.assign(complete=False))
    with pytest.raises(InputError, match="complete for nine tenths of the weight; name the kinds"):
        figures.lorenz(blind)
    with pytest.raises(InputError, match="nobody reaches any of the kinds"):
        figures.lorenz(study, kinds=["school"])


@given(st.lists(st.tuples(st.integers(0, 27), st.integers(0, 1000)), min_size=1, max_size=30))
def test_gini_is_half_the_mean_difference_over_the_mean(rows):
    value, weight = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    if not weight.sum() > 0:
        with pytest.raises(InputError, match="no row has any weight"):
            areas.gini(value, weight)
        return
    pairs = np.outer(weight, weight)
    mean = (value * weight).sum() / weight.sum()
    if mean == 0:
        assert np.isnan(areas.gini(value, weight))
        return
    difference = (pairs * np.abs(value[:, np.newaxis] - value)).sum() / pairs.sum()
    assert areas.gini(value, weight) == pytest.approx(difference / (2 * mean), abs=1e-12)
    people, whole = areas.lorenz_curve(value, weight)
    assert (np.diff(people) >= 0).all()
    assert (whole <= people + 1e-12).all()


@pytest.mark.parametrize("values", [[-1.0], [np.inf], [np.nan]])
def test_lorenz_refuses_what_cannot_be_shared_out(values):
    with pytest.raises(InputError, match="negative or not finite in rows 0"):
        areas.lorenz_curve(values, [1])
    with pytest.raises(InputError, match="give one weight for each value"):
        areas.gini(values, [1, 2])


def test_the_frontier_shows_plans_bounds_and_what_candidates_reach(study):
    figure = frontier(study)
    lines = {line.get_label().split()[0]: line for line in figure.axes[0].lines}
    # Of the 20 that lack it: 6 by the best single site, 10 by two; the other 10 no candidate reaches.
    assert lines["方案"].get_xdata().tolist() == [1, 2]
    assert lines["方案"].get_ydata() == pytest.approx([0.3, 0.5])
    assert (lines["上界"].get_ydata() >= lines["方案"].get_ydata()).all()
    assert lines["候选点所能及"].get_ydata() == pytest.approx([0.5, 0.5])
    assert "药店的缺口：1处新设施补上30.0%，2处新设施补上50.0%，均已证明最优" in title(figure)
    assert "1 new site closes 30.0% of the gap, 2 new sites close 50.0%, proven best" in title(figure)
    assert "缺口共20人" in " ".join(texts(figure))


def test_an_unproven_plan_says_how_far_it_may_be_from_the_best(study):
    problem = SitingProblem(time_s=[[5.0]], weights=[4], cutoff_s=10, kinds=["pharmacy"])
    loose = dataclasses.replace(solve_siting(problem, p=1), objective=2.0, bound=3.0)
    figure = figures.siting_frontier([loose], study)
    assert "距最优至多差50.0%" in title(figure)
    room = figure.axes[0].collections[0].get_paths()[0].get_extents()
    assert (room.y0, room.y1) == pytest.approx((0.5, 0.75))


def test_a_problem_of_ones_own_keeps_its_names(study):
    plan = solve_siting(SitingProblem(time_s=[[5.0]], weights=[[4, 2]], cutoff_s=10), p=1)
    told = figures.siting_frontier([plan], study)
    assert "kind_1等2类的缺口：1处新设施补上100%" in title(told)
    assert "counted once for each kind lacked" in " ".join(texts(told))


def test_a_frontier_is_of_one_question(study):
    def solved(p: int, **other: Any) -> Any:
        given_ = {"time_s": [[5.0]], "weights": [4], "cutoff_s": 10, "kinds": ["pharmacy"]} | other
        return solve_siting(SitingProblem(**given_), p=p)

    for plans, what in (
        ([], "no plan was given"),
        ([solved(1), solved(1)], "the same p"),
        ([solved(1), solved(2, weights=[5])], "different questions"),
        ([solved(1), solved(2, kinds=["post"])], "different questions"),
        ([solved(1, weights=[0])], "nobody is known to lack"),
        ([dataclasses.replace(solved(1), model="p-median")], "give plans of model 'mclp'"),
    ):
        with pytest.raises(InputError, match=what):
            figures.siting_frontier(plans, study)


def test_a_plan_moves_gaps_to_covered(study):
    figure = figures.before_after(study)
    told = parts(figure)
    # The pharmacy's 40 and the post's 60 of 200 are gained; what is possible or unknown stays.
    assert told["covered"] == pytest.approx([0.45, 0.65, 0.35, 0.65])
    assert told["gap"] == pytest.approx([0.2, 0, 0.3, 0])
    assert told["possible"] == pytest.approx([0.15, 0.15, 0, 0])
    assert "2处新设施可使缺口缩小，最多的是邮政网点：由30.0%降到0%" in title(figure)
    summary = study.plan_summary
    half = {
        **summary,
        "kinds": ["pharmacy"],
        "gained_by_community": [summary["gained_by_community"][0] | {"gained": 20.0}],
    }
    only = dataclasses.replace(study, plan_summary=half)
    assert "2处新设施可使药店的缺口由20.0%降到10.0%" in title(figures.before_after(only))
    with pytest.raises(InputError, match="proposes no site"):
        figures.before_after(dataclasses.replace(study, plan_summary={}))


def test_hostile_names_are_letters_and_missing_glyphs_are_named(study):
    bad = about(study, title_zh="$\\frac{1}{2}$ \u202enapp.exe", attribution="© 🏠 & <b>$x$</b>")
    with pytest.warns(UserWarning, match=r"has no glyph for '🏠' \(U\+1F3E0\); drawn as 〓"):
        figure = figures.status_map(bad, "pharmacy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a glyph that it draws as a box
        assert b"PNG" in figures.as_bytes(figure)[:8]
    said = " ".join(texts(figure))
    assert "$\\frac{1}{2}$ napp.exe" in said
    assert "© 〓 & <b>$x$</b>" in said


def test_the_font_has_every_word_that_figures_say(drawn):
    words = "".join(f"{kind.zh}{kind.en}{kind.group_zh}" for kind in (*checklist.kinds(), *checklist.extension_kinds()))
    words += "".join(text for figure in drawn.values() for text in texts(figure))
    assert {letter for letter in words if ord(letter) not in sheet._glyphs()} == {"\n"}


@pytest.mark.parametrize("text", ["27类中有24类多半缺数据" * 9, "Two words " * 30, "A（27类），" * 20])
def test_lines_keep_numbers_with_their_unit_and_stops_at_the_end(text):
    lines = sheet._lines(text, 13.0)
    assert len(lines) > 1
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not [line for line in lines if line[0] in "，。；：、）" or line[-1].isdigit() or line[-1] == "（"]
    assert all(sheet._width_in(line, 13.0) <= sheet.WIDTH_IN - 2 * sheet.MARGIN_IN for line in lines)


@pytest.mark.parametrize("name", ["status_map", "time_distribution"])
def test_an_unknown_kind_is_refused(study, name):
    with pytest.raises(InputError, match="the study has no kind 'market'; use one of school"):
        getattr(figures, name)(study, "market")


def test_a_figure_shows_itself_in_a_notebook(drawn):
    figure = drawn["status_map"]
    assert figure._repr_png_() == figures.as_bytes(figure, "png", dpi=150)


def test_another_format_is_refused():
    with pytest.raises(InputError, match="can't be written as 'jpg'; use one of png, svg, pdf"):
        figures.as_bytes(Figure(), "jpg")


@pytest.mark.parametrize(
    ("missing", "what"), [("matplotlib", "need matplotlib"), ("noto_cjk_sans_otc", "need the font")]
)
def test_a_missing_extra_is_one_sentence(missing, what):
    code = f"""
import sys; sys.modules["{missing}"] = None
from circle15 import InputError
from circle15.outputs import sheet
from circle15.words import Words
try:
    sheet.drawn_plainly(lambda: sheet.new_sheet(Words(zh="甲", en="A"), [], body_in=1)[0])()
except InputError as error:
    print(error)
"""
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    ).stdout
    assert what in told
    assert told.endswith("install it with: pip install 'circle15[figures]'\n")
    assert told.count("\n") == 1
