"""What policies ask beyond reach, on three drawn communities worked out by hand."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, box

from circle15.areas import indicators, plaza_areas_m2, unanswered
from circle15.areas.measures import FORMULAS
from circle15.checklist import EXTENSION_KINDS, KINDS, Policy, policies, standards
from circle15.checklist.forms import forms
from circle15.checklist.policy import NEVER_ASKED, base_id, requirement_ids
from circle15.errors import InputError

# District d1 holds the urban c1 and c2, district d2 the rural c3; each community is 0.01 degrees wide.
SHAPES = gpd.GeoDataFrame(
    {
        "level": ["community"] * 3 + ["district"] * 2,
        "area_id": ["c1", "c2", "c3", "d1", "d2"],
        "name": None,
        "setting": ["urban", "urban", "rural", None, None],
    },
    geometry=[
        box(120.00, 30, 120.01, 30.01), box(120.01, 30, 120.02, 30.01), box(120.02, 30, 120.03, 30.01),
        box(120.00, 30, 120.02, 30.01), box(120.02, 30, 120.03, 30.01),
    ],
    crs="EPSG:4326",
)  # fmt: skip
HOMES = gpd.GeoDataFrame(
    {
        "residence_id": ["h1", "h2", "h3"], "weight": [6.0, 3.0, 1.0], "community_id": ["c1", "c2", "c3"],
        "district_id": ["d1", "d1", "d2"], "setting": ["urban", "urban", "rural"],
    },
    geometry=[Point(120.005, 30.005), Point(120.015, 30.005), Point(120.025, 30.005)],
    crs="EPSG:4326",
)  # fmt: skip


def answered(
    policy_id: str,
    indicator: str,
    *,
    sites: Sequence[tuple[str, Any, dict[str, str]]] | None = None,
    complete: tuple[str, ...] = (),
    figures: list[dict[str, Any]] | None = None,
    hours: pd.DataFrame | None = None,
    columns: dict[str, Any] | None = None,
    access: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One requirement's rows; sites are (id, longitude on the parallel of the homes or polygon, kind -> evidence)."""
    policy = policies()[policy_id]
    wanted = indicator.partition("/")[0]
    one = replace(policy, requirements=tuple(row for row in policy.requirements if row.id == wanted))
    assert len(one.requirements) == 1
    frame = measure_all([one], sites or [], complete, figures, hours, columns or {}, access)
    return frame[frame["indicator"] == indicator].set_index("area_id")


def measure_all(  # noqa: PLR0917
    chosen: list[Policy],
    sites: Sequence[tuple[str, Any, dict[str, str]]],
    complete: tuple[str, ...],
    figures: list[dict[str, Any]] | None,
    hours: pd.DataFrame | None,
    columns: dict[str, Any],
    access: pd.DataFrame | None = None,
) -> pd.DataFrame:
    places = gpd.GeoDataFrame(
        {"site_id": pd.Series([site[0] for site in sites], dtype="str"), **columns},
        geometry=[site[1] if isinstance(site[1], Polygon) else Point(site[1], 30.005) for site in sites],
        crs="EPSG:4326",
    )
    holds = [(site[0], name, evidence) for site in sites for name, evidence in site[2].items()]
    layers = pd.DataFrame(
        [(area, name, name in complete) for area in ("c1", "c2", "c3", "none") for name in KINDS + EXTENSION_KINDS],
        columns=["community_id", "kind", "complete"],
    )
    return indicators(
        chosen,
        HOMES,
        gaps() if access is None else access,
        threshold_s=np.array([900.0, 900.0, 1800.0]),
        weight_meaning="residents",
        area_shapes=SHAPES,
        sites=places,
        site_kinds=pd.DataFrame(holds, columns=["site_id", "kind", "evidence"]),
        layers=layers,
        figures=None if figures is None else pd.DataFrame(figures),
        hours=hours,
    )


def gaps(**cells: list[tuple[str, float, str | None, int]]) -> pd.DataFrame:
    """Access of the three homes: a gap everywhere but in the named cells (status, time, site, number of sites)."""
    rows = [
        (home, name, *(cells[name][i] if name in cells else ("gap", np.inf, None, 0)))
        for i, home in enumerate(HOMES["residence_id"])
        for name in KINDS
    ]
    return pd.DataFrame(rows, columns=["residence_id", "kind", "status", "time_s", "site_id", "n_sites"])


def community(area_id: str, **figures: float) -> dict[str, Any]:
    return {"level": "community", "area_id": area_id, **figures}


# Figures ------------------------------------------------------------------------------------------------------------


def test_area_per_hundred_households_against_43() -> None:
    # 860 m2 for 2,000 households are 43 a hundred, exactly enough; 859 are not; c3 gave no area.
    figures = [
        community("c1", facility_area_m2=860, households=2000),
        community("c2", facility_area_m2=859, households=2000),
        community("c3", facility_area_m2=np.nan, households=100),
    ]
    rows = answered("shaoyang_2025", "C-1", figures=figures)
    assert rows["value_confirmed"].tolist()[:2] == [43.0, 42.95]
    assert np.isnan(rows.loc["c3", "value_confirmed"])
    assert rows["met"].tolist() == ["yes", "no", "undetermined"]
    assert rows["share_unknown"].tolist() == [0, 0, 1]
    assert rows["denominator"].tolist()[:2] == [2000, 2000]
    assert set(rows["plan_year"]) == {2025}


def test_one_plan_asks_30_and_speaks_of_urban_communities_only() -> None:
    figures = [community(area, facility_area_m2=600, households=2000) for area in ("c1", "c2", "c3")]
    rows = answered("panzhihua_2020", "C-2", figures=figures)
    assert rows.index.tolist() == ["c1", "c2"]
    assert rows["met"].tolist() == ["yes", "yes"]  # 30 here, while 43 of the other plan would be missed
    assert set(rows["threshold"]) == {30.0}
    assert set(answered("shaoyang_2025", "C-1", figures=figures)["met"]) == {"no"}


def test_squares_are_asked_of_rural_communities() -> None:
    figures = [community(area, plaza_area_m2=2500, residents=1000) for area in ("c1", "c2", "c3")]
    rows = answered("panzhihua_2020", "C-5", figures=figures)
    assert rows[["value_confirmed", "met"]].to_numpy().tolist() == [[2.5, "yes"]]
    assert rows.index.tolist() == ["c3"]


def test_ten_per_cent_are_asked_of_new_communities_only() -> None:
    numbers = {"commercial_area_m2": 700, "facility_area_m2": 299, "building_area_m2": 10_000}
    rows = answered(
        "shaoyang_2025", "C-4", figures=[community("c1", is_new=1, **numbers), community("c2", is_new=0, **numbers)]
    )
    assert rows[["value_confirmed", "met"]].to_numpy().tolist() == [[pytest.approx(0.0999), "no"]]


def test_elder_care_land_is_of_all_residents_of_the_district() -> None:
    # d1: (150 + 50) m2 of land for (1,500 + 500) residents = 0.1; d2 has no figures.
    figures = [
        community("c1", elder_land_m2=150, residents=1500),
        community("c2", elder_land_m2=50, residents=500),
    ]
    rows = answered("shaoyang_2025", "C-9", figures=figures)
    assert rows.loc["d1", ["value_confirmed", "denominator", "met"]].tolist() == [0.1, 2000, "yes"]
    assert rows.loc["d2", ["share_unknown", "met"]].tolist() == [1.0, "undetermined"]


def test_a_ratio_of_half_the_communities_settles_nothing() -> None:
    rows = answered("shaoyang_2025", "C-9", figures=[community("c1", elder_land_m2=900, residents=1500)])
    assert rows.loc["d1", ["value_confirmed", "share_unknown", "met"]].tolist() == [0.6, 0.5, "undetermined"]


def test_workers_are_counted_per_ten_thousand_urban_residents() -> None:
    # The city's own row: 36 for 20,000 are 18 exactly; residents of the country don't count.
    city = {
        "level": "study", "area_id": "all", "community_workers": 36, "urban_residents": 20_000, "residents": 90_000
    }  # fmt: skip
    rows = answered("shaoyang_2025", "E-4", figures=[city])
    assert rows.loc["all", ["value_confirmed", "denominator", "met"]].tolist() == [18.0, 20_000, "yes"]


@pytest.mark.parametrize(
    ("residents", "windows", "asked", "met"),
    [(0, 1, 1, "yes"), (5000, 1, 1, "yes"), (5001, 1, 2, "no"), (5001, 2, 2, "yes"), (10_000, 1, 2, "no")],
)
def test_a_window_for_every_begun_five_thousand(residents: int, windows: int, asked: int, met: str) -> None:
    rows = answered("panzhihua_2020", "E-1", figures=[community("c1", residents=residents, service_windows=windows)])
    assert rows.loc["c1", ["value_confirmed", "threshold", "met"]].tolist() == [windows, asked, met]
    assert rows.loc["c2", ["share_unknown", "met"]].tolist() == [1.0, "undetermined"]


def test_staff_is_one_more_than_windows() -> None:
    figures = [
        community("c1", window_staff=3, service_windows=2),
        community("c2", window_staff=2, service_windows=2),
    ]
    rows = answered("panzhihua_2020", "E-2", figures=figures)
    assert rows.loc[["c1", "c2"], "met"].tolist() == ["yes", "no"]


def test_separate_offices_must_be_none_and_boards_fresh() -> None:
    figures = [
        community("c1", private_offices=0, law_board_age_days=92),
        community("c2", private_offices=1, law_board_age_days=93),
    ]
    assert answered("northeast_city", "C-10", figures=figures).loc[["c1", "c2"], "met"].tolist() == ["yes", "no"]
    assert answered("panzhihua_2020", "B-3b", figures=figures).loc[["c1", "c2"], "met"].tolist() == ["yes", "no"]


def test_an_area_with_two_rows_of_figures_is_refused() -> None:
    with pytest.raises(InputError, match="c1 stand twice; keep one row an area"):
        answered("panzhihua_2020", "E-2", figures=[community("c1", x=1), community("c1", x=2)])


def test_squares_of_the_map_are_possible_where_the_form_is_silent() -> None:
    # 0.001 x 0.0005 degrees at 30.005 north, half of it in the rural c3: 0.0005 x 96,481 m by 0.0005 x 110,852 m.
    square = box(120.0195, 30.005, 120.0205, 30.0055)
    park = box(120.025, 30.005, 120.026, 30.006)
    half = 0.0005 * 96_481 * 0.0005 * 110_852
    sites: list[tuple[str, Any, dict[str, str]]] = [
        ("square", square, {"outdoor_sports_centre": "possible"}),
        ("station", 120.021, {"outdoor_sports_centre": "confirmed"}),  # a point has no area
        ("park", park, {"outdoor_sports_centre": "possible", "green_space": "confirmed"}),
    ]
    columns = ["value_confirmed", "value_possible", "share_unknown", "denominator"]
    rows = answered("panzhihua_2020", "C-5", sites=sites, figures=[community("c3", residents=500)])
    assert rows.loc["c3", columns].tolist() == pytest.approx([0, half / 500, 1, 500], rel=1e-3)
    assert rows.loc["c3", "met"] == "undetermined"
    # without a form the study's own residents count: h3 is one
    rows = answered("panzhihua_2020", "C-5", sites=sites)
    assert rows.loc["c3", columns].tolist() == pytest.approx([0, half, 1, 1], rel=1e-3)
    # the form's own figure stands
    rows = answered("panzhihua_2020", "C-5", sites=sites, figures=[community("c3", residents=500, plaza_area_m2=100)])
    assert rows.loc["c3", [*columns, "met"]].tolist() == [0.2, 0.2, 0, 500, "no"]
    # and a map without squares says nothing
    assert answered("panzhihua_2020", "C-5", sites=sites[1:]).empty


def test_plazas_are_dissolved_and_cut_by_community() -> None:
    # Two overlapping squares, together 0.0015 x 0.001 degrees at 30.005 north, a third of it in c2.
    plazas = gpd.GeoDataFrame(
        geometry=[box(120.009, 30.005, 120.010, 30.006), box(120.0095, 30.005, 120.0105, 30.006)], crs="EPSG:4326"
    )
    found = plaza_areas_m2(plazas, SHAPES)
    # A degree is 110,852 m of latitude and 96,483 m of longitude there (WGS84).
    whole = 0.001 * 110_852 * 0.001 * 96_481
    assert found["c1"] == pytest.approx(whole, rel=1e-3)
    assert found["c2"] == pytest.approx(whole / 2, rel=1e-3)
    assert found["c3"] == 0


# Presence and shares of communities ---------------------------------------------------------------------------------

CENTRE = "community_service_centre"


def test_presence_is_counted_and_missing_data_is_no_absence() -> None:
    sites = [("s1", 120.005, {CENTRE: "confirmed"}), ("s2", 120.015, {CENTRE: "possible"})]
    rows = answered("guanghe_2019", f"B-1/{CENTRE}", sites=sites)
    assert rows[["value_confirmed", "value_possible", "share_unknown"]].to_numpy().tolist() == [
        [1, 1, 1], [0, 1, 1], [0, 0, 1],
    ]  # fmt: skip
    assert rows["met"].tolist() == ["yes", "undetermined", "undetermined"]
    rows = answered("guanghe_2019", f"B-1/{CENTRE}", sites=sites, complete=(CENTRE,))
    assert rows["met"].tolist() == ["yes", "undetermined", "no"]


def test_one_centre_means_one() -> None:
    sites = [
        ("s1", 120.005, {CENTRE: "confirmed"}),
        ("s2", 120.014, {CENTRE: "confirmed"}),
        ("s3", 120.015, {CENTRE: "confirmed"}),
    ]
    rows = answered("panzhihua_2020", f"B-2/{CENTRE}", sites=sites, complete=(CENTRE,))
    assert rows["met"].tolist() == ["yes", "no", "no"]
    assert answered("panzhihua_2020", f"B-2/{CENTRE}", sites=sites)["met"].tolist() == [
        "undetermined", "no", "undetermined",
    ]  # fmt: skip


def test_rural_coverage_is_half_in_one_plan_and_all_in_the_others() -> None:
    sites = [("s1", 120.005, {CENTRE: "confirmed"}), ("s2", 120.015, {CENTRE: "possible"})]
    rows = answered("shaoyang_2025", "F-1", sites=sites)
    assert rows.loc["all", ["value_confirmed", "value_possible", "share_unknown", "denominator"]].tolist() == (
        pytest.approx([1 / 3, 2 / 3, 1 / 3, 3])
    )
    assert rows.loc["all", "met"] == "undetermined"
    rural = answered("panzhihua_2020", "F-2", sites=sites, complete=(CENTRE,))
    assert rural.loc["all", ["value_possible", "threshold", "denominator", "met"]].tolist() == [0, 0.5, 1, "no"]
    assert "d1" not in rural.index  # no rural community there
    assert answered("zhejiang_2025", "F-3", sites=sites).loc["all", "threshold"] == 1.0


def test_meals_count_once_for_a_community() -> None:
    sites = [("s1", 120.004, {"elderly_meals": "confirmed"}), ("s2", 120.005, {"elderly_meals": "confirmed"})]
    rows = answered("zhejiang_2025", "F-5", sites=sites, complete=("elderly_meals",))
    assert rows.loc["d1", ["value_confirmed", "met"]].tolist() == [0.5, "no"]


def test_each_of_the_eight_services_has_its_own_share() -> None:
    sites = [("s1", 120.005, {"post": "confirmed", "finance": "possible"})]
    rows = answered("zhejiang_2025", "B-16/post", sites=sites, complete=("post",))
    assert rows.loc["all", ["value_confirmed", "met"]].tolist() == [pytest.approx(1 / 3), "no"]
    rows = answered("zhejiang_2025", "B-16/finance", sites=sites)
    assert rows.loc["all", ["value_confirmed", "value_possible", "share_unknown"]].tolist() == (
        pytest.approx([0, 1 / 3, 2 / 3])
    )


def test_communities_that_meet_the_area_are_shared_out() -> None:
    figures = [community("c1", facility_area_m2=600, households=2000)]
    rows = answered_pair("panzhihua_2020", "C-8b", "C-2", figures)
    assert rows.loc["all", ["value_confirmed", "share_unknown", "denominator", "met"]].tolist() == [
        0.5, 0.5, 2, "undetermined",
    ]  # fmt: skip


def answered_pair(policy_id: str, indicator: str, other: str, figures: list[dict[str, Any]]) -> pd.DataFrame:
    policy = policies()[policy_id]
    pair = replace(policy, requirements=tuple(row for row in policy.requirements if row.id in {indicator, other}))
    frame = measure_all([pair], [], (), figures, None, {})
    return frame[frame["indicator"] == indicator].set_index("area_id")


def test_flags_of_communities_are_shares() -> None:
    figures = [community("c1", surveyed=1), community("c2", surveyed=0), community("c3", surveyed=np.nan)]
    rows = answered("northeast_city", "F-14", figures=figures)
    assert rows.loc["all", ["value_confirmed", "share_unknown", "met"]].tolist() == pytest.approx([1 / 3, 1 / 3, "no"])


# Sites --------------------------------------------------------------------------------------------------------------


def test_floor_areas_are_of_a_communitys_stations_or_a_streets_centres() -> None:
    sites = [(f"s{i}", 120.005, {CENTRE: "confirmed"}) for i in range(4)]
    columns = {
        "floor_area_m2": [400.0, 399.0, np.nan, 800.0],
        "facility_level": ["community", None, "community", "street"],
    }
    rows = answered("panzhihua_2020", "C-6", sites=sites, columns=columns)
    assert rows.loc["c1", ["value_confirmed", "share_unknown", "denominator", "met"]].tolist() == pytest.approx(
        [1 / 3, 1 / 3, 3, "no"]
    )
    rows = answered("panzhihua_2020", "C-7", sites=sites, columns=columns)
    assert rows.loc["d1", ["value_confirmed", "denominator", "met"]].tolist() == [1, 1, "yes"]


def test_eight_hours_are_asked_of_every_facility() -> None:
    sites = [("s1", 120.005, {CENTRE: "confirmed"}), ("s2", 120.015, {CENTRE: "confirmed"})]
    hours = pd.DataFrame({"site_id": ["s1"], "min_day_hours": [8.0], "holidays_open": [True]})
    rows = answered("northeast_city", "G-1a", sites=sites, hours=hours)
    assert rows.loc[["c1", "c2", "all"], "met"].tolist() == ["yes", "undetermined", "undetermined"]
    assert rows.loc["all", "share_unknown"] == 0.5
    short = pd.DataFrame({"site_id": ["s1", "s2"], "min_day_hours": [7.9, 0.0], "holidays_open": [True, True]})
    assert answered("northeast_city", "G-1a", sites=sites, hours=short).loc["all", "value_possible"] == 0
    # Open every day of the year: s2 closes on some day of the week.
    rows = answered("panzhihua_2020", "G-3b", sites=sites, hours=short)
    assert rows.loc[["c1", "c2"], "met"].tolist() == ["yes", "no"]


def test_same_site_adjoining_and_apart() -> None:
    # 0.0002 degrees of longitude are 19.3 m here, 0.0008 are 77.2 m, 0.002 are 193 m.
    sites = [
        ("care1", 120.001, {"day_care_centre": "confirmed"}),
        ("room1", 120.0012, {"health_room": "confirmed"}),
        ("care2", 120.011, {"day_care_centre": "confirmed"}),
        ("room2", 120.0118, {"clinic": "possible"}),
        ("care3", 120.021, {"day_care_centre": "confirmed"}),
        ("room3", 120.023, {"clinic": "confirmed"}),
    ]
    complete = ("health_room", "clinic")
    same = answered("shaoyang_2025", "D-3/same", sites=sites, complete=complete)
    near = answered("shaoyang_2025", "D-3/adjacent", sites=sites, complete=complete)
    numbers = ["value_confirmed", "value_possible", "share_unknown"]
    assert same.loc[["c1", "c2", "c3"], numbers].to_numpy().tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert near.loc[["c1", "c2", "c3"], numbers].to_numpy().tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert near.loc["all", "denominator"] == 3
    assert set(near["met"]) == {"undetermined"}  # the sentence names no share


def test_volunteer_stations_are_counted_over_facilities() -> None:
    # Two facilities in c1, one with a station; three communities: the share is of facilities, 1/2.
    sites = [
        ("s1", 120.002, {CENTRE: "confirmed", "volunteer_station": "confirmed"}),
        ("s2", 120.008, {CENTRE: "confirmed"}),
    ]
    rows = answered("shaoyang_2025", "F-4", sites=sites, complete=("volunteer_station",))
    assert rows.loc["all", ["value_confirmed", "threshold", "denominator", "met"]].tolist() == [0.5, 0.8, 2, "no"]


def test_sites_of_several_kinds() -> None:
    sites = [
        ("s1", 120.005, {"post": "confirmed", "finance": "confirmed", "dining": "possible"}),
        ("s2", 120.006, {"post": "confirmed", "finance": "possible"}),
        ("s3", 120.007, {"post": "confirmed"}),
    ]
    rows = answered("guanghe_2019", "D-5", sites=sites)
    assert rows.loc["c1", ["value_confirmed", "value_possible"]].tolist() == pytest.approx([1 / 3, 2 / 3])
    rows = answered("northeast_city", "D-10", sites=sites)
    assert rows.loc["c1", ["value_confirmed", "value_possible", "unit"]].tolist() == [2, 3, "kinds"]


# Residents ----------------------------------------------------------------------------------------------------------


def test_choice_is_the_mean_number_of_places() -> None:
    access = gaps(post=[("covered", 60.0, "s1", 3), ("possible", 60.0, "s1", 2), ("unknown", np.inf, None, 0)])
    rows = answered("guanghe_2019", "A-12/post", access=access)
    # 6 x 3 of 10 confirmed, and 3 x 2 possible; 1 of 10 unknown.
    assert rows.loc["all", ["value_confirmed", "value_possible", "share_unknown"]].tolist() == pytest.approx(
        [1.8, 2.4, 0.1]
    )


def test_borrowed_service_lies_in_another_community() -> None:
    # h1 uses its own s1; h2 has only s1 of c1 (surely borrowed); h3's nearest is s1, but it has two.
    sites = [("s1", 120.005, {"post": "confirmed"}), ("s2", 120.025, {"post": "confirmed"})]
    access = gaps(post=[("covered", 1.0, "s1", 1), ("covered", 1.0, "s1", 1), ("covered", 1.0, "s1", 2)])
    rows = answered("shaoyang_2025", "A-13", sites=sites, access=access)
    assert rows.loc["all", ["value_confirmed", "value_possible"]].tolist() == pytest.approx([0.3, 0.4])


def test_roles_are_shares_of_their_kinds() -> None:
    one = [("covered", 1.0, "s1", 1)] * 3
    access = gaps(community_service_centre=one, post=one)
    rows = {
        role: answered("guanghe_2019", f"D-11/{role}", access=access).loc["all", "value_confirmed"]
        for role in ("main", "special", "outlets", "outdoor")
    }
    assert rows == pytest.approx({"main": 1 / 2, "special": 0, "outlets": 1 / 9, "outdoor": 0})


# All of them --------------------------------------------------------------------------------------------------------

evidences = st.sampled_from(["confirmed", "possible", "implied"])


@settings(max_examples=12)
@given(
    st.lists(
        st.tuples(
            st.floats(120, 120.03), st.dictionaries(st.sampled_from(KINDS + EXTENSION_KINDS), evidences, min_size=1)
        ),
        max_size=6,
    ),
    st.lists(st.sampled_from(KINDS + EXTENSION_KINDS), max_size=12),
)
def test_shares_keep_to_their_bounds(drawn: list[tuple[float, dict[str, str]]], complete: list[str]) -> None:
    sites = [(f"s{i}", lon, held) for i, (lon, held) in enumerate(drawn)]
    frame = measure_all(list(policies().values()), sites, tuple(complete), None, None, {})
    assert (frame["value_confirmed"] <= frame["value_possible"] + 1e-12).all()
    shares = frame[frame["unit"].str.startswith("share of")]
    assert shares[["value_confirmed", "value_possible", "share_unknown"]].stack().between(0, 1 + 1e-12).all()
    assert (shares["value_possible"] + shares["share_unknown"] <= 1 + 1e-12).all()
    judged = shares[shares["threshold"].notna()]
    assert ((judged["met"] == "yes") == (judged["value_confirmed"] >= judged["threshold"] - 1e-9)).all()
    at_most = judged["value_possible"] + judged["share_unknown"]
    assert ((judged["met"] == "no") == (at_most < judged["threshold"] - 1e-9)).all()
    assert (frame["met"][frame["threshold"].isna()] == "undetermined").all()


def test_every_requirement_is_computed_or_says_what_it_needs() -> None:
    frame = measure_all(list(policies().values()), [], (), None, None, {})
    missing = unanswered(policies().values(), frame)
    told = set(zip(missing["policy"], missing["indicator"], strict=True))
    assert ("shaoyang_2025", "C-1") in told
    assert ("guanghe_2019", "A-1") not in told
    row = missing[(missing["policy"] == "shaoyang_2025") & (missing["indicator"] == "C-1")].iloc[0]
    assert row["form"] == "community_figures"
    assert row["needs_zh"] == "社区数据表：户数、综合服务设施建筑面积"
    assert row["needs_en"] == "Figures of communities: households; floor area of service facilities, m2"
    row = missing[missing["indicator"] == "J-10"].iloc[0]
    assert pd.isna(row["form"])
    assert missing["needs_en"].notna().all()


def test_requirements_name_formulas_forms_and_columns_that_exist() -> None:
    columns = {column.id for form in forms().values() for column in form.columns}
    columns |= {"min_day_hours", "holidays_open", "open_every_day"}  # of the frame of hours
    for policy in policies().values():
        for row in policy.requirements:
            assert (row.formula is not None) + (row.form is not None) + (row.out_of_scope is not None) == 1
            assert row.formula is None or row.formula in FORMULAS
            assert row.form is None or row.form in forms()
            measure = row.measure or {}
            used = {*measure.get("of", ()), *measure.get("minus", ())}
            used |= {measure[key] for key in ("per", "only", "column") if key in measure}
            assert used <= columns
            names = measure.get("kinds", ())
            assert names == "all" or set(names) <= {*KINDS, *EXTENSION_KINDS}
            assert measure.get("drawn") in {None, *KINDS, *EXTENSION_KINDS}


def test_schools_are_counted_by_level() -> None:
    sites = [
        ("s1", 120.005, {"school": "confirmed", "primary_school": "confirmed"}),
        ("s2", 120.015, {"school": "confirmed", "primary_school": "possible", "secondary_school": "possible"}),
    ]
    told = {}
    for level in ("primary_school", "secondary_school"):
        rows = answered("guanghe_2019", f"B-4/{level}", sites=sites, complete=("school",))
        told[level] = rows[["value_confirmed", "value_possible", "met"]].to_numpy().tolist()
    # where all schools are known, so are those of each level: c1 has no secondary school, c3 none at all
    assert told == {
        "primary_school": [[1, 1, "yes"], [0, 1, "undetermined"], [0, 0, "no"]],
        "secondary_school": [[0, 0, "no"], [0, 1, "undetermined"], [0, 0, "no"]],
    }


def test_a_primary_school_is_one_kind_and_a_bus_stop_no_facility() -> None:
    sites = [
        ("s1", 120.005, {"school": "confirmed", "primary_school": "confirmed"}),
        ("s2", 120.006, {"post": "confirmed", "parcel_station": "confirmed"}),
        ("s3", 120.007, {"bus_stop": "confirmed"}),
    ]
    rows = answered("guanghe_2019", "D-5", sites=sites)
    assert rows.loc["c1", ["value_confirmed", "denominator"]].tolist() == [0.5, 2]


@pytest.mark.parametrize(
    ("policy", "indicator", "kinds"),
    [
        ("guanghe_2019", "B-4", "kindergarten primary_school secondary_school"),
        ("shaoyang_2025", "B-14",
         "post finance telecom supply_cooperative gas_outlet power_outlet water_outlet broadcasting_outlet"),
        ("shaoyang_2025", "B-15",
         ("day_care_centre childcare_0_3 repair housekeeping dining grocery hairdresser parcel_station "
          "logistics_point recycling_point")),
        ("zhejiang_2025", "B-16",
         "post finance telecom supply_cooperative gas_outlet bus_stop logistics_point recycling_point"),
        ("zhejiang_2025", "B-19", "walking_trail fitness_centre public_gym outdoor_sports_centre"),
    ],
)  # fmt: skip
def test_each_thing_that_a_sentence_lists_has_a_row(policy: str, indicator: str, kinds: str) -> None:
    sites = [("s1", 120.005, dict.fromkeys(kinds.split(), "confirmed"))]
    frame = measure_all([policies()[policy]], sites, (), None, None, {})
    rows = frame[frame["indicator"].str.startswith(f"{indicator}/") & frame["level"].isin(["community", "study"])]
    assert set(rows["indicator"]) == {f"{indicator}/{kind}" for kind in kinds.split()}
    where = "c1" if indicator != "B-16" else "all"
    assert (rows["value_confirmed"][rows["area_id"] == where] > 0).all()


def test_without_sites_only_reach_is_measured() -> None:
    frame = indicators(
        policies().values(), HOMES, gaps(), threshold_s=np.array([900.0, 900.0, 1800.0]), weight_meaning="residents"
    )
    assert set(frame["unit"]) == {"share of residents"}


def test_the_given_frames_stay_as_they_were() -> None:
    before = SHAPES.copy()
    plaza_areas_m2(gpd.GeoDataFrame(geometry=[shapely.box(120, 30, 120.001, 30.001)], crs="EPSG:4326"), SHAPES)
    answered("guanghe_2019", "B-1/post", sites=[("s1", 120.005, {"post": "confirmed"})])
    pd.testing.assert_frame_equal(pd.DataFrame(SHAPES), pd.DataFrame(before))


def test_each_of_the_111_requirements_is_told_once() -> None:
    told = {base_id(row.id) for policy in policies().values() for row in policy.requirements}
    assert told | set(NEVER_ASKED) == set(requirement_ids())
    assert not told & set(NEVER_ASKED)
    assert len(requirement_ids()) == 111


def test_the_page_of_requirements_agrees_with_the_policies() -> None:
    docs = Path(__file__).resolve().parents[1] / "docs"
    page = (docs / "requirements.md").read_text(encoding="utf-8")
    listed = re.findall(r"(?m)^\| ([A-J]-\d+) \|", page)
    assert listed == requirement_ids()
    spec = importlib.util.spec_from_file_location("make_requirements", docs / "make_requirements.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.table() == page  # else run docs/make_requirements.py
    for policy in policies().values():
        for row in policy.requirements:
            line = next(line for line in page.splitlines() if line.startswith(f"| {base_id(row.id)} |"))
            assert (row.formula or row.form or "out of scope") in line


def test_standards_say_where_they_are_told_and_how_surely() -> None:
    assert not set(standards()) & set(policies())
    for standard in standards().values():
        assert standard.source
        assert standard.status
        for row in standard.requirements:
            assert (row.formula is not None) + (row.form is not None) == 1
            assert row.target_share is None


def test_the_nations_area_is_judged_beside_the_plans() -> None:
    figures = [community("c1", facility_area_m2=600, households=2000)]
    frame = measure_all([standards()["nine_ministries_2025"]], [], (), figures, None, {}).set_index("area_id")
    assert frame.loc["c1", ["indicator", "value_confirmed", "threshold", "met"]].tolist() == ["area", 30, 30, "yes"]
    assert set(frame["plan_year"]) == {2030}


def test_ten_minutes_to_a_market_have_no_verdict() -> None:
    access = gaps(farmers_market=[("covered", 600.0, "s1", 1), ("covered", 601.0, "s1", 1), ("gap", np.inf, None, 0)])
    frame = measure_all([standards()["living_circle_minutes"]], [], (), None, None, {}, access)
    row = frame[(frame["indicator"] == "market/farmers_market") & (frame["area_id"] == "all")].iloc[0]
    # Of the urban 6 + 3: 6 in exactly 10 minutes; 3 further, with a place that may yet be nearer unconfirmed.
    assert (row["value_confirmed"], row["denominator"], row["met"]) == (6 / 9, 9, "undetermined")


def test_what_registers_say_in_words_counts_as_flags() -> None:
    sites = [(f"s{i}", 120.005, {"post": "confirmed"}) for i in range(4)]
    rows = answered("zhejiang_2025", "I-4", sites=sites, columns={"step_free": ["是", "否", 1.0, None]})
    assert rows.loc["c1", ["value_confirmed", "share_unknown", "denominator"]].tolist() == [0.5, 0.25, 4]


def test_a_confirmed_site_answers_even_where_the_layer_has_holes() -> None:
    policy = policies()["guanghe_2019"]
    frame = measure_all([policy], [("s1", 120.005, {"emergency_hut": "confirmed"})], (), None, None, {})
    assert "B-6" not in set(unanswered([policy], frame)["indicator"])


def test_figures_of_an_area_that_the_study_has_not_got_are_refused() -> None:
    with pytest.raises(InputError, match="community_figures: c9 are no areas of the study"):
        answered("panzhihua_2020", "E-2", figures=[community("c9", window_staff=3, service_windows=2)])
