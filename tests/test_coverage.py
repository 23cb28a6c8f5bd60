"""Statuses and completeness, on cases worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.checklist import EXTENSION_KINDS, KINDS, kind
from circle15.coverage import (
    OtherTimes,
    complete_at,
    extension_layers,
    layer_completeness,
    settle_evidence,
    statuses,
    with_complete_registers,
)
from circle15.errors import InputError
from circle15.schema import ACCESS_COLUMNS

INF = np.inf
SITES = ["n1", "n2"]  # n1 is confirmed, n2 possible


def access(extra: dict[str, Any] | None = None, otherwise: OtherTimes | None = None, **changes: Any) -> pd.DataFrame:
    """One kind; a residence on the network, layer complete, no site anywhere, 15 minutes, 1 m/s: a gap."""
    given_ = {
        "time_confirmed_s": INF, "time_possible_s": INF, "n_confirmed": 0, "n_possible": 0, "straight_m": INF,
        "complete": True, "on_network": True, "edge_s": INF, "threshold_s": 900.0,
    } | changes  # fmt: skip
    n = max(np.size(value) for value in given_.values())
    column = {name: np.broadcast_to(np.asarray(value), n) for name, value in given_.items()}
    per_residence = {name: column.pop(name) for name in ("on_network", "edge_s", "threshold_s")}
    table = {name: value[:, np.newaxis] for name, value in column.items()}
    return statuses(
        [f"h{i}" for i in range(n)],
        site_id=SITES,
        site_confirmed=np.where(np.isfinite(table["time_confirmed_s"]), 0, -1),
        site_possible=np.where(np.isfinite(table["time_possible_s"]), 1, -1),
        flat_speed_m_s=1.0,
        kinds=["pharmacy"],
        **table,
        **per_residence,
        **{name: np.full((n, 1) if name == "time_open_s" else n, value) for name, value in (extra or {}).items()},
        otherwise=otherwise,
    )


def cell(**changes: Any) -> pd.Series[Any]:
    frame = access(**changes)
    assert len(frame) == 1
    return frame.iloc[0]


def verdict(**changes: Any) -> tuple[str, Any]:
    row = cell(**changes)
    return row["status"], None if pd.isna(row["reason"]) else row["reason"]


class TestStatus:
    def test_covered_by_a_confirmed_site(self) -> None:
        row = cell(time_confirmed_s=300.0, n_confirmed=2, time_possible_s=60.0, n_possible=3, straight_m=50.0)
        # The possible site is nearer, yet the confirmed one decides.
        assert (row["status"], row["time_s"], row["site_id"], row["n_sites"]) == ("covered", 300.0, "n1", 2)
        assert pd.isna(row["reason"])

    def test_possible_when_the_confirmed_one_is_too_far(self) -> None:
        row = cell(time_confirmed_s=1000.0, time_possible_s=600.0, n_possible=3, straight_m=500.0)
        assert (row["status"], row["time_s"], row["site_id"], row["n_sites"]) == ("possible", 600.0, "n2", 3)
        assert row["reason"] == "data_missing"

    def test_off_network_before_unknown(self) -> None:
        assert verdict(on_network=False, complete=False, edge_s=0.0) == ("off_network", "off_network")

    def test_unknown_where_no_layer_is_complete(self) -> None:
        assert verdict(complete=False) == ("unknown", "data_missing")

    def test_unknown_where_the_data_end_within_the_threshold(self) -> None:
        assert verdict(edge_s=900.0) == ("unknown", "data_edge")
        assert verdict(edge_s=900.1) == ("gap", "no_site")

    def test_the_edge_is_named_first_where_both_hold(self) -> None:
        assert verdict(complete=False, edge_s=100.0) == ("unknown", "data_edge")
        assert verdict(complete=False, edge_s=901.0) == ("unknown", "data_missing")

    def test_the_edge_takes_nothing_back_that_was_found(self) -> None:
        assert verdict(edge_s=0.0, time_confirmed_s=10.0, n_confirmed=1) == ("covered", None)
        assert verdict(edge_s=0.0, time_possible_s=10.0, n_possible=1) == ("possible", "data_missing")

    def test_a_site_exactly_at_the_threshold_counts(self) -> None:
        assert verdict(time_confirmed_s=900.0)[0] == "covered"
        assert verdict(time_confirmed_s=np.nextafter(900.0, INF))[0] == "gap"
        assert verdict(time_possible_s=900.0)[0] == "possible"
        assert verdict(time_possible_s=np.nextafter(900.0, INF))[0] == "gap"

    def test_thresholds_are_those_of_the_residence(self) -> None:
        frame = access(time_confirmed_s=1500.0, threshold_s=[900.0, 1800.0])
        assert frame["status"].tolist() == ["gap", "covered"]


class TestReasonsOfGaps:
    def test_no_site_in_the_study(self) -> None:
        assert verdict() == ("gap", "no_site")

    def test_too_far_even_as_the_crow_flies(self) -> None:
        assert verdict(straight_m=900.1, time_confirmed_s=1200.0) == ("gap", "too_far")

    def test_detour_where_the_straight_line_would_do(self) -> None:
        assert verdict(straight_m=900.0, time_confirmed_s=1200.0) == ("gap", "detour")  # 900 m at 1 m/s: exactly 15 min

    def test_a_gate_where_a_site_would_be_near_enough_if_it_were_open(self) -> None:
        row = access(time_confirmed_s=1200.0, straight_m=500.0, extra={"time_open_s": 900.0}).iloc[0]
        assert (row["status"], row["reason"]) == ("gap", "gate")
        row = access(time_confirmed_s=1200.0, straight_m=500.0, extra={"time_open_s": 900.1}).iloc[0]
        assert row["reason"] == "detour"

    def test_a_gate_is_no_reason_for_what_is_not_a_gap(self) -> None:
        row = access(time_confirmed_s=900.0, n_confirmed=1, extra={"time_open_s": 100.0}).iloc[0]
        assert pd.isna(row["reason"])
        row = access(complete=False, extra={"time_open_s": 100.0}).iloc[0]
        assert row["reason"] == "data_missing"


class TestTheSiteTold:
    def test_a_gap_tells_the_nearest_confirmed_within_twice_the_threshold(self) -> None:
        row = cell(time_confirmed_s=1800.0, time_possible_s=1000.0, straight_m=950.0)
        assert (row["time_s"], row["site_id"], row["n_sites"]) == (1800.0, "n1", 0)

    def test_else_the_nearest_possible(self) -> None:
        row = cell(time_confirmed_s=1801.0, time_possible_s=1000.0, straight_m=950.0)
        assert (row["time_s"], row["site_id"], row["n_sites"]) == (1000.0, "n2", 0)

    def test_else_none(self) -> None:
        row = cell(time_confirmed_s=1801.0, time_possible_s=1801.0, straight_m=950.0)
        assert row["time_s"] == INF
        assert pd.isna(row["site_id"])


class TestRobust:
    def test_the_snapping_error_is_added_to_the_slow_walk_and_taken_off_the_fast_one(self) -> None:
        # Slow: (690 + 30) / 0.8 = 900, still covered; a tenth of a second more is not.
        assert access(time_confirmed_s=690.0, n_confirmed=1, extra={"snap_error_s": 30.0})["robust"].all()
        assert not access(time_confirmed_s=690.1, n_confirmed=1, extra={"snap_error_s": 30.0})["robust"].any()
        # Fast: (1110.1 - 30) / 1.2 = 900.08, still a gap; at 1110 it is 900 and covered.
        assert access(time_confirmed_s=1110.1, extra={"snap_error_s": 30.0})["robust"].all()
        assert not access(time_confirmed_s=1110.0, extra={"snap_error_s": 30.0})["robust"].any()

    def test_the_range_and_the_margin(self) -> None:
        row = access(time_confirmed_s=600.0, n_confirmed=1, extra={"snap_error_s": 30.0}).iloc[0]
        assert row["margin"] == pytest.approx(600 / 900)
        assert (row["time_low_s"], row["time_high_s"]) == pytest.approx((570 / 1.2, 630 / 0.8))
        beyond = access().iloc[0]
        assert (beyond["margin"], beyond["time_low_s"], beyond["time_high_s"]) == (INF, INF, INF)

    def test_with_compounds_the_other_way_round(self) -> None:
        def other(seconds: float) -> OtherTimes:
            return OtherTimes(np.array([[seconds]]), np.array([[INF]]), np.array([True]), np.array([INF]))

        assert access(time_confirmed_s=300.0, n_confirmed=1, otherwise=other(899.0))["robust"].all()
        assert not access(time_confirmed_s=300.0, n_confirmed=1, otherwise=other(INF))["robust"].any()

    # At 0.8 of the speed 900 s reach what lies within 720 s; at 1.2 of it, within 1080 s.
    @pytest.mark.parametrize(
        ("time", "status", "robust"),
        [
            (720.0, "covered", True),
            (720.1, "covered", False),  # slower: a gap
            (900.0, "covered", False),
            (1080.0, "gap", False),  # faster: covered
            (1080.1, "gap", True),
        ],
    )
    def test_between_slow_and_fast(self, time: float, status: str, robust: bool) -> None:
        row = cell(time_confirmed_s=time)
        assert (row["status"], row["robust"]) == (status, robust)

    def test_a_possible_site_flips_to_covered_when_faster(self) -> None:
        row = cell(time_possible_s=100.0, time_confirmed_s=1000.0)
        assert (row["status"], row["robust"]) == ("possible", False)

    def test_the_edge_of_the_data_flips_a_gap_as_well(self) -> None:
        assert not cell(edge_s=1080.0)["robust"]  # faster: unknown
        assert cell(edge_s=1080.1)["robust"]
        assert not cell(edge_s=720.1)["robust"]  # slower: a gap
        assert cell(edge_s=720.0)["robust"]

    def test_what_speed_cannot_change(self) -> None:
        assert access(complete=[True, False, False], on_network=[True, True, False])["robust"].all()


def test_rows_columns_and_types() -> None:
    frame = statuses(
        ["w1", "w2"],
        site_id=["n1"],
        time_confirmed_s=np.array([[1.0, INF], [INF, INF]]),
        site_confirmed=np.array([[0, -1], [-1, -1]]),
        n_confirmed=np.array([[1, 0], [0, 0]]),
        time_possible_s=np.full((2, 2), INF),
        site_possible=np.full((2, 2), -1),
        n_possible=np.zeros((2, 2), dtype=int),
        straight_m=np.array([[1.0, INF], [2000.0, INF]]),
        complete=np.ones((2, 2), dtype=bool),
        on_network=np.ones(2, dtype=bool),
        edge_s=np.full(2, INF),
        threshold_s=np.full(2, 900.0),
        flat_speed_m_s=1.0,
        kinds=["school", "pharmacy"],
    )
    assert tuple(frame.columns) == ACCESS_COLUMNS[:-1]  # the gate is named by whoever knows the network
    assert frame["residence_id"].tolist() == ["w1", "w1", "w2", "w2"]
    assert frame["kind"].tolist() == ["school", "pharmacy", "school", "pharmacy"]
    assert frame["reason"].tolist()[1:] == ["no_site", "too_far", "no_site"]
    assert [str(frame[column].dtype) for column in frame] == [
        "str", "str", "str", "float64", "str", "int64", "str", "bool", "float64", "float64", "float64",
    ]  # fmt: skip


def test_wrong_shapes_and_nan_are_named() -> None:
    tables = {
        "time_confirmed_s": np.zeros((2, 1)), "site_confirmed": np.zeros((2, 1), int), "n_confirmed": np.ones((2, 1)),
        "time_possible_s": np.zeros((2, 1)), "site_possible": np.zeros((2, 1), int), "n_possible": np.ones((2, 1)),
        "straight_m": np.zeros((2, 1)), "complete": np.ones((2, 1), bool), "on_network": np.ones(2, bool),
        "edge_s": np.zeros(2), "threshold_s": np.full(2, 900.0),
    }  # fmt: skip
    usual: dict[str, Any] = {"site_id": ["n1"], "flat_speed_m_s": 1.0, "kinds": ["pharmacy"]}
    with pytest.raises(InputError, match=r"straight_m \(1, 2\); give arrays of shape \(2, 1\)"):
        statuses(["a", "b"], **usual, **(tables | {"straight_m": np.zeros((1, 2))}))
    with pytest.raises(InputError, match="edge_s hold nan; give inf"):
        statuses(["a", "b"], **usual, **(tables | {"edge_s": np.array([np.nan, 0.0])}))


seconds = st.one_of(st.just(INF), st.integers(0, 2000).map(float))
cells = st.fixed_dictionaries(
    {
        "time_confirmed_s": seconds,
        "time_possible_s": seconds,
        "straight_m": seconds,
        "complete": st.booleans(),
        "edge_s": seconds,
        "threshold_s": st.sampled_from([600.0, 900.0, 1800.0]),
    }
)


@settings(deadline=None)
@given(cells, seconds)
def test_adding_a_site_never_turns_covered_into_something_else(before: dict[str, Any], added: float) -> None:
    was = cell(**before)
    for evidence in ("time_confirmed_s", "time_possible_s"):
        now = cell(**(before | {evidence: min(before[evidence], added)}))
        assert was["status"] != "covered" or now["status"] == "covered"
        assert was["status"] != "possible" or now["status"] in {"covered", "possible"}


@settings(deadline=None)
@given(cells, st.integers(0, 3600))
def test_a_longer_threshold_never_loses_a_covered(before: dict[str, Any], longer: int) -> None:
    was, now = cell(**before), cell(**(before | {"threshold_s": before["threshold_s"] + longer}))
    assert was["status"] != "covered" or now["status"] == "covered"


@settings(deadline=None)
@given(cells)
def test_never_a_gap_where_the_data_are_missing_or_end(given_: dict[str, Any]) -> None:
    row = cell(**given_)
    if not given_["complete"] or given_["edge_s"] <= given_["threshold_s"]:
        assert row["status"] != "gap"
    assert pd.isna(row["reason"]) == (row["status"] == "covered")


# Completeness -----------------------------------------------------------------------------------------------------

GROUND = tuple(name for name in KINDS if not kind(name).from_imagery)
TRACED = tuple(name for name in KINDS if kind(name).from_imagery)


def features(counts: dict[str, int], *, name: str = GROUND[0], evidence: str = "confirmed") -> Any:
    """So many sites of one kind in each community, as (site_kinds, site_community)."""
    rows = [(f"{name}-{place}-{i}", place) for place, count in counts.items() for i in range(count)]
    ids = [site for site, _ in rows]
    held = pd.DataFrame({"site_id": ids, "kind": name, "evidence": evidence, "rule": "drawn"}, dtype="str")
    return held, pd.Series([place for _, place in rows], index=ids, dtype="str")


def judged(*parts: Any, street_km: dict[str, float], **options: Any) -> pd.DataFrame:
    held = pd.concat([part[0] for part in parts], ignore_index=True)
    place = pd.concat([part[1] for part in parts])
    return layer_completeness(
        held, site_community=place, street_km=pd.Series(street_km), **({"declared": KINDS} | options)
    )


def of(layers: pd.DataFrame, community: str, name: str = GROUND[0]) -> pd.Series[Any]:
    return layers[(layers["community_id"] == community) & (layers["kind"] == name)].iloc[0]


def test_the_data_say_which_kinds_are_traced_from_imagery() -> None:
    assert TRACED
    assert len(GROUND) > 20


def test_a_mapped_city_is_complete_and_a_bare_one_is_not() -> None:
    mapped = judged(features({"c1": 50, "c2": 40, "c3": 60}), street_km={"c1": 50.0, "c2": 50.0, "c3": 50.0})
    # 1.0, 0.8 and 1.2 sites a km: the median is 1.0, and a quarter of it is above the floor of 0.1.
    row = of(mapped, "c2")
    assert (row["density_per_km"], row["median_per_km"], row["needed_per_km"]) == (0.8, 1.0, 0.25)
    assert row["complete"]
    assert pd.isna(row["why"])
    bare = judged(features({"c1": 3, "c2": 3}), street_km={"c1": 100.0, "c2": 100.0})
    # 0.03 a km: every community is at the median, so only the floor sees that the whole city is bare.
    row = of(bare, "c1")
    assert (row["density_per_km"], row["median_per_km"], row["needed_per_km"]) == (0.03, 0.03, 0.1)
    assert not bare["complete"].any()
    assert set(bare["why"]) == {"thin_community"}


def test_one_thin_community_in_a_mapped_city() -> None:
    layers = judged(features({"c1": 90, "c2": 90, "c3": 30}), street_km={"c1": 30.0, "c2": 30.0, "c3": 50.0})
    # 3, 3 and 0.6 a km: the median asks 0.75, above the floor.
    assert of(layers, "c1")["complete"]
    assert of(layers, "c3")["why"] == "thin_community"


def test_a_density_exactly_at_the_bar_is_enough() -> None:
    layers = judged(features({"c1": 100, "c2": 100, "c3": 25}), street_km={"c1": 100.0, "c2": 100.0, "c3": 100.0})
    assert of(layers, "c3")["needed_per_km"] == 0.25
    assert of(layers, "c3")["complete"]


def test_what_is_traced_from_imagery_or_implied_says_nothing_of_the_ground() -> None:
    traced = features({"c1": 500}, name=TRACED[0])
    implied = features({"c1": 500}, name=GROUND[1], evidence="implied")
    possible = features({"c1": 5}, name=GROUND[2], evidence="possible")
    layers = judged(traced, implied, possible, street_km={"c1": 10.0})
    assert of(layers, "c1")["density_per_km"] == 0.5
    assert of(layers, "c1", TRACED[0])["n_features"] == 500
    assert of(layers, "c1", GROUND[1])["n_features"] == 0
    assert of(layers, "c1", GROUND[2])["n_features"] == 5


def test_a_site_with_many_kinds_is_one_surveyed_site() -> None:
    first, place = features({"c1": 4})
    again = first.assign(kind=GROUND[1])
    layers = judged((first, place), (again, place.iloc[:0]), street_km={"c1": 10.0})
    assert of(layers, "c1")["density_per_km"] == 0.4
    assert of(layers, "c1", GROUND[1])["n_features"] == 4


def test_a_kind_without_one_confirmed_feature_anywhere_is_taken_back() -> None:
    layers = judged(
        features({"c1": 10}),
        features({"c1": 10}, name=GROUND[1], evidence="possible"),
        street_km={"c1": 10.0},
        declared=[GROUND[0], GROUND[1]],
    )
    assert of(layers, "c1")["complete"]
    assert of(layers, "c1", GROUND[1])["why"] == "no_feature_anywhere"
    assert of(layers, "c1", GROUND[2])["why"] == "not_declared"
    assert layers["declared"].sum() == 2 * 2  # in c1 and in "none"


def test_short_communities_take_the_density_of_the_study() -> None:
    layers = judged(
        features({"c1": 10, "c2": 20, "tiny": 0, "none": 10}),
        street_km={"c1": 10.0, "c2": 10.0, "tiny": 0.5, "none": 59.5},
    )
    # 40 sites on 80 km: 0.5 a km for the tiny one; the median of c1 (1) and c2 (2) asks 0.375; "none" has 0.17.
    row = of(layers, "tiny")
    assert (row["density_per_km"], row["median_per_km"], row["needed_per_km"]) == (0.5, 1.5, 0.375)
    assert row["complete"]
    assert of(layers, "none")["density_per_km"] == pytest.approx(10 / 59.5)
    assert of(layers, "none")["why"] == "thin_community"


def test_a_study_without_communities_has_the_floor_alone() -> None:
    place = features({"none": 30})
    layers = judged((place[0], place[1].astype(object).map(lambda _: None).astype("str")), street_km={"none": 100.0})
    assert layers["community_id"].unique().tolist() == ["none"]
    row = of(layers, "none")
    assert (row["density_per_km"], row["median_per_km"], row["needed_per_km"]) == (0.3, 0.3, 0.1)
    assert row["complete"]


def test_a_study_without_streets_or_sites_is_thin() -> None:
    layers = judged(features({}), street_km={})
    assert layers["why"].eq("thin_community").all()
    assert len(layers) == len(KINDS)
    assert np.isnan(layers["density_per_km"]).all()


def test_layers_have_one_row_a_community_and_kind_in_order() -> None:
    street_km = pd.Series({"c2": 10.0, "c1": 10.0})
    held, place = features({"c2": 10, "c1": 10})
    layers = layer_completeness(held, site_community=place, street_km=street_km, declared=["pharmacy"])
    assert layers["community_id"].tolist() == [name for name in ("c1", "c2", "none") for _ in KINDS]
    assert layers["kind"].tolist() == list(KINDS) * 3
    assert street_km.index.tolist() == ["c2", "c1"]  # what was given stays as it was


def test_strangers_are_named() -> None:
    held, place = features({"c1": 2})
    street = pd.Series({"c1": 1.0})
    with pytest.raises(InputError, match="bakery not on the checklist"):
        layer_completeness(held, site_community=place, street_km=street, declared=["bakery"])
    with pytest.raises(InputError, match="1 sites are missing"):
        layer_completeness(held, site_community=place.iloc[:1], street_km=street, declared=[])
    with pytest.raises(InputError, match="communities c1 are missing"):
        layer_completeness(held, site_community=place, street_km=street.iloc[:0], declared=[])


def test_completeness_reaches_each_residence_through_its_community() -> None:
    layers = judged(features({"c1": 10}), street_km={"c1": 10.0, "c2": 10.0, "none": 10.0}, declared=[GROUND[0]])
    complete = complete_at(pd.Series(["c1", None, "c2", "c1"], dtype="str"), layers)
    assert complete.shape == (4, len(KINDS))
    assert complete[:, KINDS.index(GROUND[0])].tolist() == [True, False, False, True]
    # c9 has no shape, so nothing is known of its streets: it is judged as what lies outside all communities.
    assert complete_at(pd.Series(["c9", None], dtype="str"), layers).tolist()[0] == complete[1].tolist()


def test_a_complete_register_overrules_weaker_evidence_of_others() -> None:
    rows = [
        ("s1", "school", "confirmed"),  # the map is sure: stays
        ("s2", "school", "possible"),  # the map guesses: a conflict
        ("r1", "school", "possible"),  # the register's own doubt: stays
        ("s2", "dining", "possible"),  # no register of dining: stays
    ]
    site_kinds = pd.DataFrame([(*row, "drawn") for row in rows], columns=["site_id", "kind", "evidence", "rule"])
    source = pd.Series({"s1": "osm", "s2": "osm", "r1": "schools.csv"})
    kept, conflicts = settle_evidence(site_kinds, source=source, complete_sources={"school": {"schools.csv"}})
    assert kept[["site_id", "kind"]].to_numpy().tolist() == [["s1", "school"], ["r1", "school"], ["s2", "dining"]]
    assert conflicts[["site_id", "kind"]].to_numpy().tolist() == [["s2", "school"]]


def evidence_of(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Rows of `site_id, kind, evidence, source`, with a rule."""
    columns = ["site_id", "kind", "evidence", "source"]
    return pd.DataFrame(rows, columns=columns, dtype="str").assign(rule="drawn")


NO_SOURCES = pd.Series(dtype="str")
COMMUNITIES = pd.Series({"s1": "c1", "s2": "c2", "s3": None, "r1": "c1"})


def overruled(conflicts: pd.DataFrame) -> list[list[str]]:
    return conflicts[["site_id", "kind", "evidence", "why", "by"]].to_numpy().tolist()


def test_a_register_may_be_complete_in_some_communities_only() -> None:
    site_kinds = evidence_of(*((site, "school", "possible", "osm") for site in ("s1", "s2", "s3")))
    kept, conflicts = settle_evidence(
        site_kinds, source=NO_SOURCES, complete_sources={"school": ["schools.csv"]},
        complete_in={"schools.csv": ["c1"]}, site_community=COMMUNITIES,
    )  # fmt: skip
    assert kept["site_id"].tolist() == ["s2", "s3"]
    assert overruled(conflicts) == [["s1", "school", "possible", "complete_register", "schools.csv"]]


def test_what_two_sources_say_together_is_the_registers_own() -> None:
    site_kinds = evidence_of(("s1", "school", "possible", "schools.csv; osm"))
    kept, conflicts = settle_evidence(site_kinds, source=NO_SOURCES, complete_sources={"school": ["schools.csv"]})
    assert (len(kept), len(conflicts)) == (1, 0)


def test_a_survey_of_a_site_overrules_guesses_about_that_site_and_kind() -> None:
    site_kinds = evidence_of(
        ("s1", "school", "possible", "osm"),
        ("s1", "dining", "possible", "osm"),  # the survey doesn't speak of it
        ("s2", "school", "implied", "osm"),  # nor of this site
    )
    absent = pd.DataFrame({"site_id": ["s1"], "kind": ["school"], "source": ["survey.xlsx"], "rule": ["row 2"]})
    kept, conflicts = settle_evidence(site_kinds, source=NO_SOURCES, complete_sources={}, absent=absent)
    assert kept[["site_id", "kind"]].to_numpy().tolist() == [["s1", "dining"], ["s2", "school"]]
    assert overruled(conflicts) == [["s1", "school", "possible", "surveyed_absent", "survey.xlsx"]]


def test_a_survey_of_a_community_overrules_guesses_in_it_and_completes_its_layer() -> None:
    site_kinds = evidence_of(*((site, "school", "possible", "osm") for site in ("s1", "s2", "s3")))
    absent = pd.DataFrame({"community_id": ["c1"], "kind": ["school"], "source": ["survey.xlsx"]})
    kept, conflicts = settle_evidence(
        site_kinds, source=NO_SOURCES, complete_sources={}, absent=absent, site_community=COMMUNITIES
    )
    assert kept["site_id"].tolist() == ["s2", "s3"]
    assert conflicts["why"].tolist() == ["surveyed_absent"]
    layers = judged(features({"c1": 1}), street_km={"c1": 100.0, "c2": 100.0})
    done = with_complete_registers(layers, {}, absent=absent)
    assert done.loc[done["complete"], ["community_id", "kind"]].to_numpy().tolist() == [["c1", "school"]]
    assert pd.isna(of(done, "c1", "school")["why"])
    assert of(done, "c2", "school")["why"] == of(layers, "c2", "school")["why"]


@pytest.mark.parametrize(
    ("sources", "survey", "stays"),
    [
        ("osm", "survey.xlsx", False),  # the map comes after every register
        ("schools.csv", "survey.xlsx", True),  # the first in the config decides
        ("schools.csv; osm", "survey.xlsx", True),  # the best of its sources speaks for it
        ("survey.xlsx", "schools.csv", False),
        ("survey.xlsx", "survey.xlsx", True),  # a register that says both: the site is there
    ],
)
def test_confirmed_against_absent_goes_to_the_first_in_the_config_and_the_other_is_listed(
    sources: str, survey: str, stays: bool
) -> None:
    absent = pd.DataFrame({"site_id": ["s1"], "kind": ["school"], "source": [survey]})
    kept, conflicts = settle_evidence(
        evidence_of(("s1", "school", "confirmed", sources)), source=NO_SOURCES, complete_sources={}, absent=absent,
        priority=["schools.csv", "survey.xlsx", "osm"],
    )  # fmt: skip
    assert len(kept) == stays
    by = "; ".join(sorted(sources.split("; ")))
    expected = ["s1", "school", "absent", "confirmed_site", by] if stays else None
    assert overruled(conflicts) == [expected or ["s1", "school", "confirmed", "surveyed_absent", survey]]


def test_surveys_that_speak_of_nothing_and_strange_communities_are_named() -> None:
    site_kinds = evidence_of(("s1", "school", "possible", "osm"))
    nowhere = pd.DataFrame({"site_id": [None], "kind": ["school"], "source": ["survey.xlsx"]})
    with pytest.raises(InputError, match="rows 0 name no site and no community"):
        settle_evidence(site_kinds, source=NO_SOURCES, complete_sources={}, absent=nowhere, site_community=COMMUNITIES)
    with pytest.raises(InputError, match="site_community: 1 sites are missing: s1"):
        settle_evidence(
            site_kinds, source=NO_SOURCES, complete_sources={"school": ["a.csv"]}, complete_in={"a.csv": ["c1"]}
        )
    layers = judged(features({"c1": 1}), street_km={"c1": 100.0})
    with pytest.raises(InputError, match="c9 are no communities of the study"):
        with_complete_registers(layers, {}, complete_in={"a.csv": ["c9"]})


def test_a_register_completes_the_layers_of_its_communities_only() -> None:
    layers = judged(features({"c1": 1}), street_km={"c1": 100.0, "c2": 100.0})
    done = with_complete_registers(layers, {"school": ["a.csv"], "dining": ["b.csv"]}, complete_in={"a.csv": ["c2"]})
    complete = done[done["complete"]].sort_values(["kind", "community_id"])
    assert complete[["kind", "community_id"]].to_numpy().tolist() == [
        ["dining", "c1"], ["dining", "c2"], ["dining", "none"], ["school", "c2"],
    ]  # fmt: skip


def test_a_kind_that_a_register_lists_is_complete_where_the_map_is_thin() -> None:
    layers = judged(features({"c1": 1}), street_km={"c1": 100.0})
    assert not layers["complete"].any()
    listed = with_complete_registers(layers, {GROUND[0]: {"schools.csv"}})
    assert listed["complete"].to_numpy().tolist() == (listed["kind"] == GROUND[0]).to_numpy().tolist()
    assert listed["why"].isna().tolist() == listed["complete"].tolist()


def test_only_registers_and_surveys_say_that_an_extension_kind_is_nowhere_else() -> None:
    held, place = features({"c1": 10, "c2": 10})
    street_km = pd.Series({"c1": 10.0, "c2": 10.0})
    layers = layer_completeness(held, site_community=place, street_km=street_km, declared=KINDS)
    absent = pd.DataFrame({"kind": ["clinic"], "source": ["survey.xlsx"], "site_id": [None], "community_id": ["c2"]})
    listed = {"kindergarten": ["a.xlsx"], "clinic": ["b.xlsx"]}
    told = extension_layers(layers, listed, complete_in={"b.xlsx": ["c1"]}, absent=absent)
    assert told["kind"].tolist() == list(EXTENSION_KINDS) * 3
    known = told[told["complete"]]
    assert known["why"].isna().all()
    assert set(zip(known["community_id"], known["kind"], strict=True)) == {
        ("c1", "kindergarten"), ("c2", "kindergarten"), ("none", "kindergarten"), ("c1", "clinic"), ("c2", "clinic"),
    }  # fmt: skip
    assert (told["why"][~told["complete"]] == "not_declared").all()
