"""The invented example study: every state, reason and indicator, against figures worked out by hand.

Streets lie on a grid (data/build_example.py draws it); at 1 m/s a walk takes as many seconds as it has metres. Every
home and site stands 10 m off its street, the school's gate 20 m. Homes hang at: R1 (200,100) and R2 (200,300) inside
the compound, R3 (400,200), R4 (800,600), R5 (1400,800), R7 (2100,0), R8 (3700,0); R6 is 310 m from the nearest street.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from circle15 import Study
from circle15.schema import REASONS, STATUSES

ROOT = Path(__file__).parents[1]
HOMES = ["R1", "R2", "R3", "R4", "R5", "R7"]


@pytest.fixture(scope="module")
def result() -> Any:
    return Study.from_config(ROOT / "configs" / "xinghe.toml").run()


def test_the_files_are_what_the_script_draws() -> None:
    made = runpy.run_path(str(ROOT / "data" / "build_example.py"))["files"]()
    folder = ROOT / "data" / "xinghe"
    assert sorted(made) == sorted(path.name for path in folder.iterdir())
    for name, content in made.items():
        assert (folder / name).read_bytes() == content, name


# Seconds from R1, R2, R3, R4, R5 and R7 to the nearest site: the way along the streets, and 10 m at either end.
WALKS = {
    # S1 at (400,500), S8 at (800,700), from R1 by the northern gate: 300 + 200 + 100; R5: 200 + 400 + 100; R7: 900 to
    # x = 1200, 400 up, 400 west, 300 up.
    "community_committee_office": [620, 420, 320, 120, 720, 2020],
    # S2 at (1200,200): R1 100 + 1000 + 200; R2 100 + 1000 + 200; R3 200 + 800 + 200; R4 200 + 400 + 200.
    "farmers_market": [1320, 1320, 1220, 820, 820, 1120],
    # S6 at (800,20): R1 100 + 600 + 20; R2 300 + 600 + 20; R5 200 + 400 + 780; R7 1300 + 20.
    "grocery": [740, 940, 640, 600, 1400, 1340],
    # S7 at (800,300): R1 300 + 600 + 100 either way; R2 100 + 600 + 100; R7 1300 + 300.
    "pharmacy": [1020, 820, 720, 320, 1120, 1620],
    # The school's gate at (1000,420), 20 m of footway from the street, and no way of its own: R1 300 + 800 + 20 + 10.
    "school": [1130, 930, 830, 430, 830, 1530],
    # S4 at (1600,790) behind the river, over the bridge: out of sight but for R7: 500 + 790.
    "post": [np.inf, np.inf, np.inf, np.inf, np.inf, 1310],
    # S3 at (200,200) in the compound, whose gates are shut to strangers.
    "day_care_centre": [120, 120, np.inf, np.inf, np.inf, np.inf],
    # S13 at (0,700): R1 300 + 200 + 300; R3 200 + 400 + 300; R4 200 + 800 + 100; R5 1400 + 100; R7 2100 + 700.
    "outdoor_sports_centre": [820, 620, 920, 1120, 1520, 2820],
    # Everything is in the register, which has no laundry.
    "laundry": [np.inf] * 6,
    # The car park at (450,0), on the map only: R1 100 + 250; R4 600 + 350; R7 1650.
    "parking": [370, 570, 270, 970, 1770, 1670],
}


@pytest.mark.parametrize("kind", WALKS)
def test_walks_are_as_long_as_drawn(result: Any, kind: str) -> None:
    cells = result.access[result.access["kind"] == kind].set_index("residence_id")["time_s"]
    assert cells[HOMES].to_numpy() == pytest.approx(WALKS[kind], abs=0.5)


# Status and reason of R1, R2, R3, R4, R5, R7: 900 s, and 1,800 s for the village R7. A gap is a detour where the site
# lies within 900 m (1,800 m) as the crow flies.
C, P, U = ("covered", None), ("possible", "data_missing"), ("unknown", "data_missing")
FAR, DETOUR, NONE, GATE = (("gap", reason) for reason in ("too_far", "detour", "no_site", "gate"))
STATES = {
    "community_committee_office": [C, C, C, C, C, DETOUR],  # R7 to S8: 1,463 m in the air
    "farmers_market": [FAR, FAR, DETOUR, C, C, C],  # to S2 in the air: 985, 985, 780 m
    "grocery": [C, DETOUR, C, C, FAR, C],  # R2 644 m, R5 998 m
    "pharmacy": [DETOUR, C, C, C, DETOUR, C],  # R1 613 m, R5 795 m
    "school": [DETOUR, DETOUR, C, C, C, C],  # the school's edge: R1 689 m, R2 622 m
    "post": [FAR, FAR, FAR, DETOUR, DETOUR, C],  # R3 1,337 m, R4 822 m, R5 211 m
    "day_care_centre": [C, C, GATE, DETOUR, FAR, FAR],  # were the gates open: R3 610 m, R4 1,010 m; R4 721 m in the air
    "outdoor_sports_centre": [C, C, DETOUR, DETOUR, FAR, FAR],  # to S13: R3 640 m, R4 806 m, R5 1,394 m, R7 2,201 m
    "laundry": [NONE] * 6,
    "parking": [P, P, P, U, U, P],
    "housekeeping": [U] * 6,
}


@pytest.mark.parametrize("kind", STATES)
def test_states_and_reasons_are_as_drawn(result: Any, kind: str) -> None:
    cells = result.access[result.access["kind"] == kind].set_index("residence_id")
    told = cells.loc[HOMES, ["status", "reason"]].astype(object)
    assert [tuple(row) for row in told.where(told.notna(), None).to_numpy()] == STATES[kind]
    assert cells.loc["R6", ["status", "reason"]].tolist() == ["off_network", "off_network"]
    # 310 m from where the data ends: what R8 lacks may lie beyond.
    assert cells.loc["R8", ["status", "reason"]].tolist() == ["unknown", "data_edge"]


def test_every_state_and_reason_occurs(result: Any) -> None:
    assert set(result.access["status"]) == set(STATUSES)
    assert set(result.access["reason"].dropna()) == set(REASONS)


def test_the_gate_that_would_help_is_named(result: Any) -> None:
    cells = result.access.set_index(["residence_id", "kind"])
    # The shorter way for R3 leads by the southern gate: 200 + 200 + 200 either way; the first of equals is told.
    assert cells.loc[("R3", "day_care_centre"), "gate_id"] in {"G1", "G2"}
    assert result.gates.set_index("gate_id")["weight"].sum() == 100  # R3's people
    compound = result.compounds[result.compounds["kind"] == "day_care_centre"].iloc[0]
    assert compound[["name", "weight", "n_residences", "n_gates", "covered"]].tolist() == ["阳光花园", 200, 2, 2, 1]


def test_sources_are_merged_overruled_and_left_over(result: Any) -> None:
    merge = result.merges.iloc[0]
    assert (len(result.merges), merge["kept_name"], merge["dropped_name"]) == (1, "星河超市(总店)", "星河超市")
    assert merge["distance_m"] == pytest.approx(10, abs=0.1)  # (790,20) and (790,10)
    overruled = result.conflicts[["kind", "why"]].to_numpy().tolist()
    # The clinic was looked at; the park isn't in the complete register of sports grounds; nor is what S1 implies.
    assert ["health_room", "surveyed_absent"] in overruled
    assert ["outdoor_sports_centre", "complete_register"] in overruled
    said = " ".join(one["en"] for one in result.about["warnings"])
    assert "'观星台' is unknown" in said
    assert "row 14" in said  # the hairdresser's address has no coordinates
    assert "社区边界.zip: its text is read as gb18030" in said
    names = result.area_shapes.set_index("area_id")["name"]
    assert names[["c1", "c2", "c3", "d1"]].tolist() == ["星河社区", "明湖社区", "柳湾村", "星河街道"]


def test_the_pages_name_the_data_as_invented(result: Any) -> None:
    assert "Invented" in result.about["attribution"]
    assert "© OpenStreetMap" not in result.explore().html


def test_groups_have_shares_of_their_own(result: Any) -> None:
    rows = result.group_shares.set_index(["area_id", "group", "kind"])
    # To the pharmacy of R1, R2 and R3 in c1 it is a gap, covered and covered: 30, 10 and 40 elderly, 20, 15 and 10
    # minors; of the disabled 3 and 2, and nobody counted them in R2.
    shares = ["weight", "n_residences", "covered", "gap"]
    assert rows.loc[("c1", "elderly", "pharmacy"), shares].tolist() == [80, 3, 50 / 80, 30 / 80]
    assert rows.loc[("c1", "minors", "pharmacy"), shares].tolist() == [45, 3, 25 / 45, 20 / 45]
    assert rows.loc[("c1", "disabled", "pharmacy"), shares].tolist() == [5, 2, 2 / 5, 3 / 5]
    # The day care is theirs who live in the compound: R1 and R2.
    assert rows.loc[("c1", "elderly", "day_care_centre"), "covered"] == 40 / 80
    assert rows.loc[("all", "elderly", "pharmacy"), "weight"] == 180
    assert ("c3", "disabled", "pharmacy") not in rows.index  # R7 and R8
    assert rows.loc[:, "covered":"off_network"].sum(axis=1).to_numpy() == pytest.approx(1)
    said = " ".join(one["en"] for one in result.about["warnings"])
    assert "5 of 8 residences of 居民登记表.xlsx don't count the disabled" in said


def test_forms_stand_beside_the_score(result: Any) -> None:
    providers = result.forms["providers"].set_index("area_id")
    # c1: two applied, one of them passed, signed and was published; c2: the only one was revoked.
    assert providers.loc["c1", ["applied", "passed", "signed", "published", "revoked"]].tolist() == [2, 1, 1, 1, 0]
    assert providers.loc["c2", ["applied", "passed", "signed", "published", "revoked"]].tolist() == [0, 0, 0, 0, 1]
    laundry = result.forms["satisfaction"].iloc[0]
    # (40 x 90 + 10 x 60) / 50; 50 answers of 100 asked.
    assert laundry[["kind", "n", "score", "response_rate"]].tolist() == ["laundry", 50, 84, 0.5]


Y, N, OPEN = "yes", "no", "undetermined"
INDICATORS = [
    # Floor area for each 100 households: 42,000 / 1,000, 38,000 / 2,000; the village hasn't said.
    ("shaoyang_2025", "C-1", {"c1": (42.0, N), "c2": (19.0, N), "c3": (np.nan, OPEN)}),
    ("panzhihua_2020", "C-2", {"c1": (42.0, Y), "c2": (19.0, N)}),
    ("shaoyang_2025", "C-3", {"c1": (252 / 420, Y), "c2": (190 / 380, N)}),
    ("shaoyang_2025", "C-4", {"c2": ((620 + 380) / 10000, Y)}),  # the only new community
    ("shaoyang_2025", "C-9", {"d1": ((240 + 660) / 9000, Y), "d2": (np.nan, OPEN)}),
    ("panzhihua_2020", "C-5", {"c3": (2000 / 500, Y)}),
    ("panzhihua_2020", "C-6", {"c1": (1.0, Y), "c2": (0.0, N), "d1": (0.5, N)}),  # 420 and 380 m2 against 400
    ("panzhihua_2020", "C-7", {"d1": (1.0, Y)}),  # 850 m2 against 800
    # One window for each 5,000 begun: 3,000 need one, 6,000 two; and one clerk more than windows.
    ("panzhihua_2020", "E-1", {"c1": (1.0, Y), "c2": (1.0, N)}),
    ("panzhihua_2020", "E-2", {"c1": (1.0, Y), "c2": (0.0, N)}),
    ("shaoyang_2025", "E-4", {"all": (15 / 0.9, N)}),  # 15 workers on 9,000 townspeople, against 18 on 10,000
    ("panzhihua_2020", "E-6b", {"c3": (5.0, Y)}),
    ("panzhihua_2020", "E-7", {"c1": (0.8, Y), "c2": (0.5, N)}),
    ("panzhihua_2020", "E-8b", {"c1": (0.8, Y), "c2": (0.5, N)}),
    ("panzhihua_2020", "E-8c", {"c1": (0.3, Y), "c2": (0.15, N)}),
    ("shaoyang_2025", "E-9c", {"all": (4.0, N)}),
    ("shaoyang_2025", "F-1", {"d1": (1.0, Y), "d2": (0.0, N), "all": (2 / 3, N)}),
    ("zhejiang_2025", "F-3", {"d2": (0.0, N)}),
    # A volunteers' station in one of three service centres; nobody said that the other two have none.
    ("shaoyang_2025", "F-4", {"d1": (1 / 3, OPEN), "c2": (1.0, Y)}),
    ("zhejiang_2025", "F-5", {"d1": (0.5, OPEN)}),
    ("shaoyang_2025", "F-7a", {"d1": (1.0, Y)}),
    ("shaoyang_2025", "F-7b", {"d1": (0.5, N)}),
    ("panzhihua_2020", "F-8a", {"d1": (0.5, N)}),
    ("panzhihua_2020", "F-9", {"all": (1 / 3, OPEN)}),
    ("panzhihua_2020", "F-11b", {"d2": (1.0, Y)}),
    ("shaoyang_2025", "F-14", {"d1": (0.5, N), "d2": (0.0, OPEN)}),
    ("shaoyang_2025", "F-16b", {"all": (0.0, Y)}),
    # S1 is open 8.5 hours every day, S8 not at weekends.
    ("northeast_city", "G-1a", {"c1": (1.0, Y), "c2": (0.0, N)}),
    ("shaoyang_2025", "G-2b", {"c1": (24.0, Y), "c2": (8.0, N)}),
    ("panzhihua_2020", "G-3b", {"c1": (1.0, Y), "c2": (0.0, N)}),
    ("shaoyang_2025", "D-4", {"c1": (1.0, OPEN)}),  # the police room is S1, as is the committee; no number is named
    # The day care's own site has a clinic; which kinds adjoin whose is told whatever else there is.
    ("shaoyang_2025", "D-3/same", {"c1": (1.0, OPEN)}),
    ("shaoyang_2025", "D-3/adjacent", {"c1": (1.0, OPEN)}),
    # S13 is open for free; of S1 (reading room) and S9 (meals) nobody has said it, nor of the school.
    ("guanghe_2019", "D-8", {"c1": (1 / 3, OPEN)}),
    ("shaoyang_2025", "D-10", {"c1": (10.0, OPEN)}),  # S13 holds ten kinds
    ("panzhihua_2020", "B-3b", {"c1": (30.0, Y), "c2": (120.0, N)}),
    ("northeast_city", "C-10", {"c1": (0.0, Y), "c2": (2.0, N)}),
]


@pytest.mark.parametrize(("policy", "indicator", "told"), INDICATORS, ids=[row[1] for row in INDICATORS])
def test_indicators_are_as_reckoned(result: Any, policy: str, indicator: str, told: dict[str, Any]) -> None:
    rows = result.indicators
    rows = rows[(rows["policy"] == policy) & (rows["indicator"] == indicator)].set_index("area_id")
    for area, (value, met) in told.items():
        assert rows.loc[area, "value_confirmed"] == pytest.approx(value, nan_ok=True), area
        assert rows.loc[area, "met"] == met, area


def test_reach_is_told_with_its_verdict(result: Any) -> None:
    rows = result.indicators.set_index(["policy", "indicator", "area_id"])
    # c1 has 300 people: R1 120, R2 80, R3 100.
    assert rows.loc[("guanghe_2019", "A-1/grocery", "c1"), "value_confirmed"] == pytest.approx(220 / 300)
    assert rows.loc[("guanghe_2019", "A-1/grocery", "c1"), "met"] == "no"
    assert rows.loc[("guanghe_2019", "A-1/community_committee_office", "c1"), "met"] == "yes"
    assert rows.loc[("guanghe_2019", "A-1/parking", "c1"), ["value_confirmed", "value_possible", "met"]].tolist() == [
        0.0, 1.0, "undetermined",
    ]  # fmt: skip


def test_every_requirement_that_can_be_computed_is_answered_or_named(result: Any) -> None:
    answered = set(map(tuple, result.indicators[["policy", "indicator"]].to_numpy()))
    answered = {(policy, indicator.partition("/")[0]) for policy, indicator in answered}
    lists = result.unanswered["indicator"].str.match("[HIJ]-|G-4")  # lists and registers, not indicators
    lacking = result.unanswered[~lists & result.unanswered["form"].notna()]
    assert lacking.empty
    assert len(answered) > 100


def test_a_register_complete_for_an_extension_kind_makes_its_absence_a_no(tmp_path: Path) -> None:
    text = (ROOT / "configs" / "xinghe.toml").read_text(encoding="utf-8").replace("../data", (ROOT / "data").as_posix())
    config = tmp_path / "listed.toml"
    config.write_text(
        text.replace('"outdoor_sports_centre",\n]', '"outdoor_sports_centre", "volunteer_station",\n]'), "utf-8"
    )
    rows = Study.from_config(config).run().indicators
    told = rows[(rows["policy"] == "shaoyang_2025") & (rows["indicator"] == "F-4")].set_index("area_id")
    # S8 of the three service centres has a volunteers' station; S1 and S14 in c1 have none.
    assert told.loc[["c1", "c2", "d1"], "met"].tolist() == ["no", "yes", "no"]
    assert told.loc[["c1", "c2", "d1"], "value_possible"].tolist() == pytest.approx([0, 1, 1 / 3])


def test_the_survey_list_begins_with_what_weighs_most(result: Any) -> None:
    # The car park on the map may be one for R1, R2, R3 and R7: 120 + 80 + 100 + 70 people. Of the kinds that nobody has
    # listed the 300 people of c1 know nothing.
    told = result.survey[["ask", "kind", "community_id", "weight"]].astype(object)
    told = told.where(told.notna(), None).to_numpy().tolist()
    assert told[0] == ["site", "parking", None, 370.0]
    assert told[1] == ["community", "publicity_board", "c1", 300.0]


def test_what_is_open_on_a_monday_evening(tmp_path: Path) -> None:
    text = (ROOT / "configs" / "xinghe.toml").read_text(encoding="utf-8").replace("../data", (ROOT / "data").as_posix())
    config = tmp_path / "evening.toml"
    config.write_text(text.replace("policies = ", 'at = "2026-11-23T19:00"\npolicies = '), encoding="utf-8")
    evening = Study.from_config(config).run()
    status = evening.access.set_index(["residence_id", "kind"])["status"]
    assert status["R4", "pharmacy"] == "covered"  # 8:30-21:00
    assert status["R4", "farmers_market"] == "gap"  # closed since six
    assert status["R4", "school"] == "possible"  # nobody wrote its hours
