"""Trials: gains and losses worked out by hand, and against whole new runs on the edited data."""

from __future__ import annotations

import csv
import doctest
import runpy
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import circle15 as c15
from circle15 import CloseSite, OpenGate, OpenSite, Study, coverage, trial
from circle15.checklist import KINDS
from circle15.errors import InputError
from circle15.reach import kind_reach, nearest_times
from circle15.schema import points_of
from conftest import ROOT
from drawn import osm_file, place

lonlat = runpy.run_path(str(ROOT / "data" / "build_example.py"))["lonlat"]
"""Where a spot of the invented quarter is, some metres east and north of its corner."""


@pytest.fixture(scope="module")
def xinghe() -> Any:
    return Study.from_config(ROOT / "configs" / "xinghe.toml").without_siting().run()


def changes(tried: c15.Trial) -> list[tuple[str, ...]]:
    return [tuple(row) for row in tried.residences.to_numpy().tolist()]


def sums(tried: c15.Trial, level: str) -> dict[tuple[str, str], tuple[float, float, int, int]]:
    rows = tried.areas[tried.areas["level"] == level]
    return {(row.area_id, row.kind): (row.gained, row.lost, row.n_gained, row.n_lost) for row in rows.itertuples()}


# The walks of tests/test_example.py; the threshold is 900 s, and 1,800 s for R7.
def test_a_laundry_where_the_pharmacy_is_serves_who_reaches_the_pharmacy(xinghe: Any) -> None:
    # Seconds to (790,300): R1 1,020, R2 820, R3 720, R4 320, R5 1,120, R7 1,620; who has none lacks it for sure.
    tried = trial(xinghe, [OpenSite("laundry", *lonlat((790, 300)))])
    assert changes(tried) == [(home, "laundry", "gap", "covered", "gained") for home in ("R2", "R3", "R4", "R7")]
    assert sums(tried, "study") == {("all", "laundry"): (80 + 100 + 150 + 70, 0, 4, 0)}
    # R2 and R3 live in c1, R4 in c2, R7 in the village.
    assert sums(tried, "community") == {
        ("c1", "laundry"): (180, 0, 2, 0),
        ("c2", "laundry"): (150, 0, 1, 0),
        ("c3", "laundry"): (70, 0, 1, 0),
    }
    assert tried.areas["name"].dropna().tolist() == ["星河社区", "明湖社区", "柳湾村"]
    assert (tried.gained, tried.lost, tried.notes) == (400, 0, ())


def test_closing_the_only_pharmacy_takes_it_from_who_reached_it(xinghe: Any) -> None:
    tried = trial(xinghe, [CloseSite("S7")])
    assert changes(tried) == [(home, "pharmacy", "covered", "gap", "lost") for home in ("R2", "R3", "R4", "R7")]
    assert (tried.gained, tried.lost) == (0, 400)
    assert changes(trial(xinghe, [CloseSite("S7", "pharmacy")])) == changes(tried)


def test_closing_one_kind_of_a_site_leaves_its_others(xinghe: Any) -> None:
    # S1 and S8 are committee offices: without S1 at (400,500), to S8 at (800,700) R1 walks 300 + 600 + 300 + 20 m, R2
    # 100 + 600 + 300 + 20, R3 200 + 400 + 300 + 20, all over 900; R4 and R5 went there before.
    tried = trial(xinghe, [CloseSite("S1", "community_committee_office")])
    assert set(tried.residences["kind"]) == {"community_committee_office"}
    assert dict(zip(tried.residences["residence_id"], tried.residences["change"], strict=True)) == dict.fromkeys(
        ("R1", "R2", "R3"), "lost"
    )


def test_the_southern_gate_lets_one_home_in_to_the_day_care_centre(xinghe: Any) -> None:
    # R3 by (400,0), (200,0) and the gate: 200 + 200 + 200 and 20 m; R4 1,420 m, by the northern gate 1,020 m.
    for gates in (["G1"], ["G2"], ["G1", "G2"]):
        tried = trial(xinghe, [OpenGate(gate) for gate in gates])
        assert changes(tried) == [("R3", "day_care_centre", "gap", "covered", "gained")], gates
        assert (tried.gained, tried.lost) == (100, 0)
        assert set(sums(tried, "study")) == {("all", kind) for kind in KINDS}
        assert len(tried.statuses) == 1


def test_a_site_moved_to_where_it_stood_changes_nothing(xinghe: Any) -> None:
    at = xinghe.sites.set_index("site_id").geometry["S7"]
    tried = trial(xinghe, [CloseSite("S7"), OpenSite("pharmacy", at.x, at.y)])
    assert tried.statuses.empty
    assert sums(tried, "study") == {("all", "pharmacy"): (0, 0, 0, 0)}


def test_gains_and_losses_of_one_proposal_are_told_apart(xinghe: Any) -> None:
    # The pharmacy moves from (790,300) to (200,410): R1 300 + 20 m gains it, R2 100 + 20, R3 200 + 200 + 20 and R4
    # 200 + 600 + 20 m keep it, R7 1,900 + 400 + 20 m loses it.
    tried = trial(xinghe, [CloseSite("S7"), OpenSite("pharmacy", *lonlat((200, 410)))])
    assert changes(tried) == [
        ("R1", "pharmacy", "gap", "covered", "gained"),
        ("R7", "pharmacy", "covered", "gap", "lost"),
    ]
    assert (tried.gained, tried.lost) == (120, 70)
    assert repr(tried) == "Trial(2 edits: gained 120, lost 70)"


def test_a_possible_site_gives_way_to_nothing(xinghe: Any) -> None:
    # The car park is on the map only, whose layer isn't complete: without it nothing is known, and nobody loses what
    # was never sure.
    (site_id,) = xinghe.site_kinds.loc[xinghe.site_kinds["kind"] == "parking", "site_id"]
    tried = trial(xinghe, [CloseSite(site_id)])
    assert tried.residences.empty
    assert set(zip(tried.statuses["before"], tried.statuses["after"], strict=True)) == {("possible", "unknown")}
    assert set(tried.statuses["residence_id"]) == {"R1", "R2", "R3", "R7"}


def test_what_counts_for_nothing_closes_without_effect(xinghe: Any) -> None:
    (kind,) = xinghe.conflicts.loc[xinghe.conflicts["why"] == "surveyed_absent", "kind"]
    (site_id,) = xinghe.conflicts.loc[xinghe.conflicts["why"] == "surveyed_absent", "site_id"]
    tried = trial(xinghe, [CloseSite(site_id, kind)])
    assert tried.statuses.empty
    assert site_id in tried.notes[0]["zh"]
    assert site_id in tried.notes[0]["en"]


def test_a_site_beside_no_street_is_told_and_serves_nobody(xinghe: Any) -> None:
    # The park's far end, 320 m north of the last street.
    tried = trial(xinghe, [OpenSite("laundry", *lonlat((200, 1120)))])
    assert tried.statuses.empty
    assert "200 m" in tried.notes[0]["en"]
    assert "200 米" in tried.notes[0]["zh"]


@pytest.mark.parametrize("at", [(-170.0, 35.0), (0.0, 90.0), (116.5, -35.0)])
def test_a_site_on_the_other_side_of_the_earth_is_told_and_serves_nobody(xinghe: Any, at: tuple[float, float]) -> None:
    tried = trial(xinghe, [OpenSite("laundry", *at), OpenSite("laundry", *lonlat((790, 300)))])
    assert tried.gained == 400
    assert [note["en"].split(":")[0] for note in tried.notes] == ["Edit 1", "Edit 1"]
    assert "outside the data's extent" in tried.notes[1]["en"]


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ([], "there is none"),
        ([OpenSite("cinema", 1.0, 2.0)], "edit 1: kind 'cinema' is not on the checklist"),
        ([OpenSite("kindergarten", 1.0, 2.0)], "outside the 27"),
        ([OpenSite("post", float("nan"), 2.0)], "no place on earth"),
        ([OpenSite("post", 1.0, 91.0)], "no place on earth"),
        ([OpenSite("post", "1", 2.0)], "no place on earth"),
        ([CloseSite("S99")], "no site 'S99'"),
        ([CloseSite("S7", "post")], "'S7' holds no post"),
        ([CloseSite("S7", "cinema")], "kind 'cinema'"),
        ([OpenGate("G9")], "no closed gate is called 'G9'"),
        (["S7"], "str is no edit"),
        ([OpenGate("G1"), OpenGate("G9"), CloseSite("S99")], "edit 2: no closed gate.*edit 3: the study has no site"),
    ],
)  # fmt: skip
def test_edits_that_cannot_be_are_refused_each_with_its_number(xinghe: Any, edits: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        trial(xinghe, edits)


def test_nothing_that_was_given_is_changed(xinghe: Any) -> None:
    before = xinghe.access.copy(), xinghe.deciding.copy(), xinghe.network.edge_zone.copy()
    trial(xinghe, [OpenGate("G1"), CloseSite("S1"), OpenSite("post", *lonlat((0, 0)))])
    pd.testing.assert_frame_equal(xinghe.access, before[0])
    pd.testing.assert_frame_equal(xinghe.deciding, before[1])
    assert (xinghe.network.edge_zone == before[2]).all()


def test_the_example_of_the_docs_is_true() -> None:
    found = doctest.testfile(
        str(ROOT / "docs" / "scenarios.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert found.attempted > 3
    assert found.failed == 0


# ---- against whole runs ----


def settled_anew(result: Any, edits: list[Any]) -> Any:
    """Every status of the study with the edits made in its data, residences and sites hung anew."""
    network = result.network.with_open_gates([edit.gate_id for edit in edits if isinstance(edit, OpenGate)])
    put = [edit for edit in edits if isinstance(edit, OpenSite)]
    names = [f"put {i}" for i in range(len(put))]
    added = gpd.GeoDataFrame(
        {"site_id": names}, geometry=[shapely.Point(edit.lon, edit.lat) for edit in put], crs="EPSG:4326"
    )
    sites = gpd.GeoDataFrame(pd.concat([result.sites[["site_id", "geometry"]], added], ignore_index=True))
    closed = {(edit.site_id, edit.kind) for edit in edits if isinstance(edit, CloseSite)}
    stays = [
        (site, None) not in closed and (site, kind) not in closed
        for site, kind in zip(result.deciding["site_id"], result.deciding["kind"], strict=True)
    ]
    said = pd.DataFrame({"site_id": names, "kind": [edit.kind for edit in put], "evidence": "confirmed"})
    counted = pd.concat([result.deciding[stays], said], ignore_index=True)
    spots = points_of(result.residences)
    home = network.snap(spots, result.residences["compound_id"])
    threshold_s = result.basis.threshold_s
    reach = kind_reach(
        network, result.residences.set_geometry(spots), sites, counted,
        home=home, there=network.snap_sites(sites.geometry), threshold_s=threshold_s,
    )  # fmt: skip
    edge = network.data_edge(result.extent)
    edge_s, _ = nearest_times(network, home, edge, [np.array([0])], cutoff_s=2 * threshold_s.max())
    return coverage.statuses(
        result.residences["residence_id"],
        site_id=sites["site_id"],
        **reach._asdict(),
        complete=coverage.complete_at(result.residences["community_id"], result.layers),
        on_network=home.on_network,
        edge_s=edge_s[:, 0],
        threshold_s=threshold_s,
        flat_speed_m_s=network.profile.speed_m_s,
    )


def assert_as_in(tried: c15.Trial, result: Any, after: pd.DataFrame) -> None:
    """The trial's changes are the differences between two runs, all of them, in their order."""
    differs = result.access["status"].to_numpy() != after["status"].to_numpy()
    expected = pd.DataFrame(
        {
            "residence_id": result.access["residence_id"][differs],
            "kind": result.access["kind"][differs],
            "before": result.access["status"][differs],
            "after": after["status"][differs],
        }
    ).reset_index(drop=True)
    pd.testing.assert_frame_equal(tried.statuses, expected)
    was, becomes = (expected[column] == "covered" for column in ("before", "after"))
    moved = expected[was != becomes]
    pd.testing.assert_frame_equal(tried.residences[list(moved)], moved.reset_index(drop=True))
    change = np.where(moved["after"] == "covered", "gained", "lost")
    assert tried.residences["change"].tolist() == change.tolist()
    # In all a residence counts once, by kind for each.
    weight = result.residences.set_index("residence_id")["weight"]
    for name in ("gained", "lost"):
        rows = moved[change == name]
        everyone = rows["residence_id"].unique()
        assert getattr(tried, name) == pytest.approx(weight[everyone].sum())
        assert getattr(tried, f"n_{name}") == len(everyone)
        by_kind = weight[rows["residence_id"]].groupby(rows["kind"].to_numpy()).sum()
        told = tried.areas[(tried.areas["level"] == "study") & (tried.areas[name] > 0)].set_index("kind")[name]
        assert told.to_dict() == pytest.approx(by_kind.to_dict())


TOWN_KINDS = ["pharmacy", "grocery", "post", "laundry", "school"]
BEHIND = "day_care_centre"
"""The town's only site of it is in compound A."""
SITE_HEADER = ["编号", "名称", "类别", "经度", "纬度"]


def town(folder: Any, seed: int, sites: list[list[Any]]) -> Any:
    """A drawn town of 1 km: streets every 200 m, some missing; two closed compounds, a hospital, homes; its config.

    Compound A has gates in the south and the north, B one in the west; the hospital's own way starts in the west.
    """
    rng = np.random.default_rng(seed)
    nodes = {1 + 6 * i + j: (200 * i, 200 * j, {}) for i in range(6) for j in range(6)}
    shut = {"barrier": "gate", "access": "private"}
    nodes |= {50: (300, 200, {}), 51: (300, 210, shut), 52: (300, 390, shut), 53: (300, 400, {})}
    nodes |= {60: (600, 700, {}), 61: (610, 700, shut), 62: (750, 700, {})}
    nodes |= {70: (800, 300, {}), 71: (900, 300, {})}
    nodes |= {80: (210, 210, {}), 81: (390, 210, {}), 82: (390, 390, {}), 83: (210, 390, {})}
    nodes |= {84: (610, 610, {}), 85: (790, 610, {}), 86: (790, 790, {}), 87: (610, 790, {})}
    nodes |= {88: (820, 220, {}), 89: (980, 220, {}), 90: (980, 380, {}), 91: (820, 380, {})}
    street, ways = {"highway": "residential"}, {}
    on_edge = {(8, 14): 50, (9, 15): 53, (22, 23): 60, (26, 27): 70}
    pairs = [(1 + 6 * i + j, 7 + 6 * i + j) for i in range(5) for j in range(6)]
    pairs += [(1 + 6 * i + j, 2 + 6 * i + j) for i in range(6) for j in range(5)]
    for number, (u, v) in enumerate(pairs, start=100):
        if (u, v) in on_edge:
            ways[number] = ([u, on_edge[u, v], v], street)
        elif rng.random() < 0.85:
            ways[number] = ([u, v], street)
    inner = {"highway": "service"}
    ways |= {10: ([50, 51, 52, 53], inner), 11: ([60, 61, 62], inner)}
    ways |= {12: ([70, 71], {"highway": "service", "access": "private"})}
    ways |= {20: ([80, 51, 81, 82, 52, 83, 80], {"landuse": "residential", "name": "甲苑"})}
    ways |= {21: ([84, 85, 86, 87, 61, 84], {"landuse": "residential", "name": "乙苑"})}
    ways |= {22: ([88, 89, 90, 91, 88], {"amenity": "hospital", "name": "市医院"})}
    for number in range(4):
        east, north = rng.uniform(0, 1000, 2)
        nodes[200 + number] = (east, north, {"amenity": "parking"})
    homes = [
        [f"R{i:02}", *place(*rng.uniform(0, 1000, 2)), int(rng.integers(1, 50))] for i in range(20)
    ] + [["RA", *place(310, 300), 30], ["RB", *place(700, 690), 40], ["RC", *place(250, 190), 7]]  # fmt: skip
    return study_files(folder, nodes, ways, homes=homes, sites=sites, corners=((-300, -300), (1300, 1300)))


def study_files(folder: Any, nodes: Any, ways: Any, *, homes: list[Any], sites: list[Any], corners: Any) -> Any:
    """The files of a drawn study, thresholds 7 minutes at 1 m/s; its config. `corners` are those of the extent."""
    osm_file(folder, nodes, ways, name="town.osm")
    for name, header, rows in (
        ("居民.csv", ["编号", "经度", "纬度", "居民人数"], homes),
        ("设施.csv", SITE_HEADER, sites),
    ):
        with (folder / name).open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([header, *rows])
    (west, south), (east, north) = (place(*corner) for corner in corners)
    (folder / "town.toml").write_text(
        f"""
id = "town"
title_zh = "小镇"
title_en = "A town"
[osm]
file = "town.osm"
extent = [{west}, {south}, {east}, {north}]
[[registers]]
file = "设施.csv"
coordinates = "wgs84"
coordinates_checked = true
complete = ["pharmacy", "grocery", "post", "laundry", "school", "day_care_centre"]
[residences]
file = "居民.csv"
coordinates = "wgs84"
coordinates_checked = true
weight_meaning = "residents"
[walk]
compound_default = "closed"
min_component_m = 0
[thresholds]
urban_min = 7
""",
        encoding="utf-8",
    )
    return folder / "town.toml"


def town_sites(seed: int) -> list[list[Any]]:
    """Rows of a register: sites in both compounds and in the hospital, and others anywhere."""
    rng = np.random.default_rng(seed + 1)
    spots = [(310, 250), (700, 705), (900, 310), *(tuple(rng.uniform(0, 1000, 2)) for _ in range(7))]
    return [["日照", "日照", BEHIND, *place(290, 300)]] + [
        [f"S{i}", f"第{i}号", "、".join(rng.choice(TOWN_KINDS, int(rng.integers(1, 3)), replace=False)), *place(*at)]
        for i, at in enumerate(spots)
    ]


@pytest.fixture(scope="module", params=range(2))
def drawn_town(request: Any, tmp_path_factory: Any) -> Any:
    return Study.from_config(town(tmp_path_factory.mktemp("town"), request.param, town_sites(request.param))).run()


def edits_of(result: Any, *, only: tuple[type, ...] = (OpenSite, CloseSite, OpenGate)) -> Any:
    """Any edits of a study, of some sorts; sites are put anywhere within and a little beyond its extent."""
    west, south, east, north = result.extent.bounds
    spot = st.tuples(st.floats(west - 0.001, east + 0.001), st.floats(south - 0.001, north + 0.001))
    used = sorted(set(result.deciding["kind"]) & set(KINDS))
    pairs = result.site_kinds[result.site_kinds["kind"].isin(KINDS)]
    one = {
        OpenSite: st.builds(lambda kind, at: OpenSite(kind, *at), st.sampled_from([*used, "telecom"]), spot),
        CloseSite: st.sampled_from(
            [CloseSite(site) for site in result.sites["site_id"]]
            + [CloseSite(site, kind) for site, kind in zip(pairs["site_id"], pairs["kind"], strict=True)]
        ),
        OpenGate: st.sampled_from([OpenGate(gate) for gate in result.network.gates()["gate_id"]]),
    }
    return st.lists(st.one_of(*(one[sort] for sort in only)), min_size=1, max_size=5)


def test_the_drawn_towns_have_gates_and_every_verdict(drawn_town: Any) -> None:
    assert len(drawn_town.network.gates()) >= 4
    assert {"covered", "gap", "unknown"} <= set(drawn_town.access["status"])
    # RC lives before A's southern gate: 50 m to it, 100 m in to the day care centre and 20 m beside the ways.
    rows = drawn_town.access.set_index(["residence_id", "kind"])
    assert rows.loc[("RC", BEHIND), "reason"] == "gate"
    tried = trial(drawn_town, [OpenGate(rows.loc[("RC", BEHIND), "gate_id"])])
    assert ("RC", BEHIND, "gap", "covered", "gained") in changes(tried)


def test_a_gate_that_leads_out_of_the_data_makes_a_gap_unsure(tmp_path: Any) -> None:
    # 1 --- 400 m --- 2 --- private --- 3; the data ends 200 m behind the gate at 2, 410 m from the home at (200,10).
    nodes = {1: (0, 0, {}), 2: (400, 0, {}), 3: (700, 0, {})}
    ways = {10: ([1, 2], {"highway": "residential"}), 20: ([2, 3], {"highway": "service", "access": "private"})}
    config = study_files(
        tmp_path, nodes, ways, homes=[["R", *place(200, 10), 9]], sites=[["S", "站", "post", *place(0, 10)]],
        corners=((-300, -300), (600, 300)),
    )  # fmt: skip
    base = Study.from_config(config).run()
    assert base.network.gates()["gate_id"].tolist() == ["n2"]
    tried = trial(base, [OpenGate("n2")])
    assert (tried.gained, tried.lost) == (0, 0)
    assert ["R", "laundry", "gap", "unknown"] in tried.statuses.to_numpy().tolist()
    assert_as_in(tried, base, settled_anew(base, [OpenGate("n2")]))


@settings(max_examples=12)
@given(data=st.data())
def test_a_trial_is_a_new_settling_of_every_status(drawn_town: Any, data: Any) -> None:
    edits = data.draw(edits_of(drawn_town))
    assert_as_in(trial(drawn_town, edits), drawn_town, settled_anew(drawn_town, edits))


@settings(max_examples=12)
@given(data=st.data())
def test_a_trial_of_the_example_is_a_new_settling_of_every_status(xinghe: Any, data: Any) -> None:
    edits = data.draw(edits_of(xinghe))
    assert_as_in(trial(xinghe, edits), xinghe, settled_anew(xinghe, edits))


def test_a_trial_of_gates_is_a_new_run_with_them_open(xinghe: Any) -> None:
    gates = ["G1", "G2"]
    anew = Study.from_config(ROOT / "configs" / "xinghe.toml", open_gates=gates)
    after = anew.without_siting().run()
    assert_as_in(trial(xinghe, [OpenGate(gate) for gate in gates]), xinghe, after.access)


@pytest.mark.parametrize("seed", range(3))
def test_a_trial_is_a_whole_new_run_on_the_edited_files(tmp_path: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sites = town_sites(seed)
    base = Study.from_config(town(tmp_path, seed, sites)).run()
    gate = str(rng.choice(base.network.gates()["gate_id"]))
    closed, halved = sites[int(rng.integers(1, 4))], sites[int(rng.integers(4, 11))]
    kind = halved[2].split("、")[0]
    put = [(str(rng.choice(TOWN_KINDS)), *place(*rng.uniform(0, 1000, 2))) for _ in range(2)]
    edits = [
        CloseSite(closed[0]), CloseSite(halved[0], kind), OpenGate(gate), *(OpenSite(*one) for one in put),
    ]  # fmt: skip
    left = [row for row in sites if row[0] != closed[0]]
    left = [[*row[:2], "、".join(set(row[2].split("、")) - {kind}), *row[3:]] if row is halved else row for row in left]
    left = [row for row in left if row[2]]
    config = town(tmp_path, seed, [*left, *([f"新{i}", f"新设{i}", *one] for i, one in enumerate(put))])
    after = Study.from_config(config, open_gates=[gate]).run().access
    assert_as_in(trial(base, edits), base, after)


@settings(max_examples=10)
@given(data=st.data())
def test_what_is_opened_takes_nothing_from_anybody(drawn_town: Any, data: Any) -> None:
    tried = trial(drawn_town, data.draw(edits_of(drawn_town, only=(OpenSite, OpenGate))))
    assert tried.lost == 0
    assert "covered" not in set(tried.statuses["before"])
    assert set(tried.statuses.loc[tried.statuses["before"] == "possible", "after"]) <= {"covered"}


@settings(max_examples=10)
@given(data=st.data())
def test_what_is_closed_gives_nothing_to_anybody(drawn_town: Any, data: Any) -> None:
    tried = trial(drawn_town, data.draw(edits_of(drawn_town, only=(CloseSite,))))
    assert tried.gained == 0
    assert "covered" not in set(tried.statuses["after"])


@settings(max_examples=12)
@given(data=st.data())
def test_order_and_repetition_of_edits_do_not_matter(drawn_town: Any, data: Any) -> None:
    edits = data.draw(edits_of(drawn_town))
    tried, again = trial(drawn_town, edits), trial(drawn_town, [*reversed(edits), *edits])
    pd.testing.assert_frame_equal(tried.statuses, again.statuses)
    pd.testing.assert_frame_equal(tried.areas, again.areas)


@settings(max_examples=12)
@given(data=st.data())
def test_communities_sum_to_the_study(xinghe: Any, data: Any) -> None:
    areas = trial(xinghe, data.draw(edits_of(xinghe))).areas
    figures = ["gained", "lost", "n_gained", "n_lost"]
    parts, whole = (areas[areas["level"] == level].groupby("kind")[figures].sum() for level in ("community", "study"))
    pd.testing.assert_frame_equal(parts.reindex(whole.index, fill_value=0), whole, check_dtype=False)


def test_where_the_clock_starts_at_a_gate_it_starts_there_still(tmp_path: Any) -> None:
    config = town(tmp_path, 0, town_sites(0))
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[walk]", '[walk]\norigin = "gate"'), encoding="utf-8")
    base = Study.from_config(config).run()
    gates = base.network.gates()["gate_id"]
    anew = Study.from_config(config, open_gates="all").run()
    tried = trial(base, [OpenGate(gate) for gate in gates])
    assert tried.lost == 0
    assert_as_in(tried, base, anew.access)
