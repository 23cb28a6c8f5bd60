"""Compounds, private ways and gates: scenes worked out on paper, and every resident's own graph by networkx."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array

from circle15.areas import gate_gains
from circle15.errors import DataError, InputError
from circle15.isochrones import isochrones
from circle15.network import Snaps, WalkNetwork
from circle15.reach import from_gates, times_within, travel_times
from circle15.study import Study
from drawn import network_of, osm_file, place, spots


def walk_s(network, home, site):
    """Seconds from a residence (east, north) to a point site; inf beyond half an hour."""
    found = travel_times(network, spots({"h": home}), spots({"s": site}, "site_id"), cutoff_s=1800)
    return float(found.time_s.data[0]) if found.time_s.nnz else np.inf


def seconds(value):
    return pytest.approx(value, abs=0.1)


#  1 ---200--- 2 ---200--- 3      a public street
#              |
#              4 (100 m south)    a private way 2-4
PRIVATE_WAY = (
    {1: (0, 0, {}), 2: (200, 0, {}), 3: (400, 0, {}), 4: (200, -100, {})},
    {
        10: ([1, 2, 3], {"highway": "residential"}),
        20: ([2, 4], {"highway": "service", "access": "private"}),
    },
)


def test_who_lives_on_a_private_way_walks_it(tmp_path):
    # 50 m up the private way, 200 m along the street.
    network = network_of(tmp_path, *PRIVATE_WAY, min_component_m=0.0)
    assert walk_s(network, (200, -50), (0, 0)) == seconds(50 + 200)


def test_strangers_do_not_walk_on_a_private_way(tmp_path):
    # The site hangs on the private way's end, 100 m from the street; no public street is within 60 m of it.
    network = network_of(tmp_path, *PRIVATE_WAY, min_component_m=0.0, max_snap_m=60.0)
    assert walk_s(network, (0, 0), (200, -100)) == np.inf
    assert network.gates()["gate_id"].tolist() == ["n2"]
    assert walk_s(network.with_open_gates(["n2"]), (0, 0), (200, -100)) == seconds(300)
    assert walk_s(network.with_open_gates("all"), (0, 0), (200, -100)) == seconds(300)


def test_a_site_on_a_private_way_is_reached_from_the_nearest_public_street_too(tmp_path):
    # 40 m south of the street beside the private way: 200 m along the street and 40 m straight down from it.
    network = network_of(tmp_path, *PRIVATE_WAY, min_component_m=0.0)
    assert walk_s(network, (0, 0), (200, -40)) == seconds(240)


def test_a_customers_way_is_the_grounds_of_the_site_on_it(tmp_path):
    nodes, ways = PRIVATE_WAY
    network = network_of(
        tmp_path,
        nodes,
        ways | {20: ([2, 4], {"highway": "service", "access": "customers"})},
        min_component_m=0.0,
        max_snap_m=60.0,
    )
    # Visitors may walk to it: 200 + 100 m.
    assert walk_s(network, (0, 0), (200, -100)) == seconds(300)


def test_grounds_are_entered_only_at_the_end_of_a_walk(tmp_path):
    # Streets 1-2 and 3-4, joined by 200 m of a shop's own way 2-3 or 600 m round by 5: nobody cuts through the shop.
    nodes = {1: (0, 0, {}), 2: (100, 0, {}), 3: (300, 0, {}), 4: (400, 0, {}), 5: (200, 282.8, {})}
    ways = {
        10: ([1, 2], {"highway": "residential"}),
        20: ([2, 3], {"highway": "service", "access": "customers"}),
        30: ([3, 4], {"highway": "residential"}),
        40: ([2, 5, 3], {"highway": "footway"}),
    }
    network = network_of(tmp_path, nodes, ways)
    around = 2 * np.hypot(100, 282.8)
    assert walk_s(network, (0, 0), (400, 0)) == pytest.approx(100 + around + 100, abs=1)
    assert walk_s(network, (0, 0), (200, 0)) == seconds(100 + 100)  # to the shop itself


def test_a_hospitals_private_ways_are_its_grounds(tmp_path):
    # The ward 100 m inside the grounds, on a private way; the hospital's polygon says whose way it is.
    nodes, ways = PRIVATE_WAY
    corners = {11: (150, -10, {}), 12: (250, -10, {}), 13: (250, -150, {}), 14: (150, -150, {})}
    hospital = {50: ([11, 12, 13, 14, 11], {"amenity": "hospital", "name": "市医院"})}
    network = network_of(tmp_path, nodes | corners, ways | hospital, min_component_m=0.0, max_snap_m=60.0)
    assert walk_s(network, (0, 0), (200, -100)) == seconds(300)


def test_an_unmarked_dead_end_is_public(tmp_path):
    nodes, ways = PRIVATE_WAY
    network = network_of(tmp_path, nodes, ways | {20: ([2, 4], {"highway": "service"})}, max_snap_m=60.0)
    assert walk_s(network, (0, 0), (200, -100)) == seconds(300)


#   1 ---- 2 ---- 3 ---- 4 ---- 5     a street; a gate at 3 that says private; behind it 4 - 5 without tags
GATED_STREET = (
    {
        1: (0, 0, {}),
        2: (300, 0, {}),
        3: (600, 0, {"barrier": "gate", "access": "private"}),
        4: (700, 0, {}),
        5: (800, 0, {}),
    },
    {10: ([1, 2, 3, 4, 5], {"highway": "residential"})},
)


def test_a_closed_gate_stops_strangers_and_not_who_lives_behind_it(tmp_path):
    network = network_of(tmp_path, *GATED_STREET, min_component_m=0.0)
    assert walk_s(network, (500, 0), (700, 0)) == np.inf
    assert walk_s(network, (700, 0), (500, 0)) == seconds(200)
    assert walk_s(network.with_open_gates(["n3"]), (500, 0), (700, 0)) == seconds(200)


@pytest.mark.parametrize("tags", [{"barrier": "gate"}, {"barrier": "gate", "access": "private", "foot": "yes"}])
def test_an_open_gate_and_one_that_says_nothing_stop_nobody(tmp_path, tags):
    nodes, ways = GATED_STREET
    network = network_of(tmp_path, nodes | {3: (600, 0, tags)}, ways)
    assert walk_s(network, (500, 0), (700, 0)) == seconds(200)
    assert not len(network.gates())


# A compound of 200 x 200 m between two streets, with a gate (7) on its southern edge and one (8) on its northern:
#
#   4 --------------- 8 --------------- 5      north street, y = 300
#                     |
#        +------------+------------+  y = 250
#        |            6 (200,150)  |
#        +------------+------------+  y = 50
#                     7
#   1 --------------- 2 --------------- 3      south street, y = 0
#   1 and 4 are joined by a street of 300 m in the west.
COMPOUND_NODES = {
    1: (0, 0, {}), 2: (200, 0, {}), 3: (400, 0, {}),
    4: (0, 300, {}), 9: (200, 300, {}), 5: (400, 300, {}),
    6: (200, 150, {}), 7: (200, 50, {"barrier": "gate"}), 8: (200, 250, {"barrier": "gate"}),
    21: (100, 50, {}), 22: (300, 50, {}), 23: (300, 250, {}), 24: (100, 250, {}),
}  # fmt: skip
COMPOUND_WAYS = {
    10: ([1, 2, 3], {"highway": "residential"}),
    20: ([4, 9, 5], {"highway": "residential"}),
    30: ([1, 4], {"highway": "residential"}),
    40: ([2, 7, 6, 8, 9], {"highway": "service"}),
    90: ([21, 7, 22, 23, 8, 24, 21], {"landuse": "residential", "name": "太白小区"}),
}


def compound(tmp_path, *, nodes=None, ways=None, **options):
    return network_of(tmp_path, COMPOUND_NODES | (nodes or {}), COMPOUND_WAYS | (ways or {}), **options)


def test_an_open_compound_is_walked_through(tmp_path):
    assert walk_s(compound(tmp_path), (200, 0), (200, 300)) == seconds(300)


def test_a_closed_compound_is_walked_around_by_strangers_and_through_by_its_people(tmp_path):
    network = compound(tmp_path, compound_default="closed")
    assert walk_s(network, (200, 0), (200, 300)) == seconds(200 + 300 + 200)
    # Its people leave by either gate: 150 m south or north from the middle.
    assert walk_s(network, (200, 150), (200, 0)) == seconds(150)
    assert walk_s(network, (200, 150), (200, 300)) == seconds(150)
    assert network.gates()["gate_id"].tolist() == ["n7", "n8"]
    assert set(network.gates()["zone"]) == {"w90"}


def test_its_people_walk_through_their_compound_in_the_middle_of_a_walk_too(tmp_path):
    # A residence that says it is of the compound but lies at the southern street: through both gates, 300 m.
    network = compound(tmp_path, compound_default="closed")
    people = spots({"h": (200, 0), "i": (200, 0)}).assign(compound_id=["w90", None])
    found = travel_times(network, people, spots({"s": (200, 300)}, "site_id"), cutoff_s=1800)
    assert found.time_s.toarray().ravel().tolist() == [seconds(300), seconds(700)]


def test_a_site_in_somebody_elses_closed_compound_is_not_reached(tmp_path):
    network = compound(tmp_path, compound_default="closed")
    assert walk_s(network, (200, 0), (200, 150)) == np.inf
    assert walk_s(network, (200, 100), (200, 150)) == seconds(50)
    assert walk_s(network.with_open_gates(["n7"]), (200, 0), (200, 150)) == seconds(150)


def test_opening_one_gate_lets_strangers_in_but_not_through(tmp_path):
    network = compound(tmp_path, compound_default="closed").with_open_gates(["n7"])
    assert walk_s(network, (200, 0), (200, 300)) == seconds(700)
    both = compound(tmp_path, compound_default="closed").with_open_gates(["n7", "n8"])
    assert walk_s(both, (200, 0), (200, 300)) == seconds(300)


def test_a_gate_that_says_yes_opens_its_closed_compound(tmp_path):
    network = compound(tmp_path, nodes={7: (200, 50, {"barrier": "gate", "foot": "yes"})}, compound_default="closed")
    assert walk_s(network, (200, 0), (200, 150)) == seconds(150)
    assert network.gates()["gate_id"].tolist() == ["n8"]


def test_a_public_way_through_a_closed_compound_stays_public(tmp_path):
    # 40 says foot=yes: walked by all. A path 6-31 inside without tags is the compound's.
    network = compound(
        tmp_path,
        nodes={31: (280, 150, {})},
        ways={40: ([2, 7, 6, 8, 9], {"highway": "service", "foot": "yes"}), 41: ([6, 31], {"highway": "footway"})},
        compound_default="closed",
        max_snap_m=60.0,
    )
    assert walk_s(network, (200, 0), (200, 300)) == seconds(300)
    assert walk_s(network, (200, 0), (280, 150)) == np.inf
    assert walk_s(network, (280, 150), (200, 0)) == seconds(80 + 150)


def test_a_way_over_the_edge_without_a_gate_is_a_gate_with_a_name(tmp_path):
    # A second way 2-6 that passes the southern edge at no node.
    network = compound(
        tmp_path,
        nodes={32: (150, 0, {}), 33: (150, 150, {})},
        ways={10: ([1, 32, 2, 3], {"highway": "residential"}), 50: ([32, 33, 6], {"highway": "service"})},
        compound_default="closed",
    )
    gates = network.gates()
    assert gates["gate_id"].tolist() == ["n7", "n8", "w50@w90"]
    at = gates.geometry.iloc[2]
    assert (at.x, at.y) == pytest.approx(place(150, 50), abs=1e-6)
    # Its people may pass it: from 33 straight down.
    assert walk_s(network, (150, 150), (150, 0)) == seconds(150)


def test_private_ways_in_an_open_compound_are_its_peoples(tmp_path):
    network = compound(tmp_path, ways={40: ([2, 7, 6, 8, 9], {"highway": "service", "access": "private"})})
    assert walk_s(network, (200, 0), (200, 300)) == seconds(700)
    assert walk_s(network, (200, 150), (200, 0)) == seconds(150)


def test_streets_behind_a_private_way_are_not_locked_in(tmp_path):
    # 2-4 is private, 4-5 beyond it says nothing: who lives on 4-5 walks out, and strangers don't walk in.
    nodes, ways = PRIVATE_WAY
    network = network_of(
        tmp_path,
        nodes | {5: (300, -100, {})},
        ways | {30: ([4, 5], {"highway": "residential"})},
        min_component_m=0.0,
        max_snap_m=60.0,
    )
    assert walk_s(network, (280, -100), (0, 0)) == seconds(80 + 100 + 200)
    assert walk_s(network, (0, 0), (280, -100)) == np.inf


def test_a_private_drive_to_one_compound_is_its_own_and_one_to_two_is_public(tmp_path):
    # The way from the southern street to the gate says private; the compound is closed.
    drive = {40: ([7, 6, 8, 9], {"highway": "service"}), 41: ([2, 7], {"highway": "service", "access": "private"})}
    network = compound(tmp_path, ways=drive, compound_default="closed")
    assert walk_s(network, (200, 150), (200, 0)) == seconds(150)
    assert set(network.gates()["zone"]) == {"w90"}
    # A second compound south of the first one's edge, its gate on the same drive.
    second = {51: (210, 20, {}), 52: (290, 20, {}), 53: (290, 40, {}), 54: (210, 40, {}), 55: (250, 30, {})}
    gate = {56: (210, 30, {"barrier": "gate"}), 57: (200, 30, {})}
    ways = {
        41: ([2, 57, 7], {"highway": "service", "access": "private"}),
        42: ([57, 56, 55], {"highway": "service"}),
        91: ([51, 52, 53, 54, 56, 51], {"landuse": "residential"}),
    }
    both = compound(
        tmp_path,
        nodes=second | gate,
        ways=drive
        | ways
        | {43: ([57, 56], {"highway": "service", "access": "private"}), 42: ([56, 55], {"highway": "service"})},
        compound_default="closed",
    )
    assert walk_s(both, (250, 30), (200, 0)) == seconds(50 + 30)
    assert walk_s(both, (200, 150), (200, 0)) == seconds(150)
    assert walk_s(both, (200, 0), (250, 30)) == np.inf
    assert both.gates()["gate_id"].tolist() == ["n56", "n7", "n8"]


SHUT = {7: (200, 50, {"barrier": "gate", "access": "private"}), 8: (200, 250, {"barrier": "gate", "access": "private"})}


@pytest.mark.parametrize("default", ["open", "closed"])
def test_gates_that_say_private_keep_strangers_out_and_nobody_in(tmp_path, default):
    network = compound(tmp_path, nodes=SHUT, compound_default=default)
    assert walk_s(network, (200, 150), (200, 0)) == seconds(150)
    assert walk_s(network, (200, 0), (200, 150)) == np.inf
    assert walk_s(network, (200, 0), (200, 300)) == seconds(700)
    assert set(network.gates()["zone"]) == {"w90"}
    home = network.snap(spots({"h": (200, 150)}).geometry)
    assert network.compound_ids(home.own).tolist() == ["w90"]


def test_a_town_of_its_own_keeps_its_private_ways_to_itself(tmp_path):
    # A longer street elsewhere; here 11-12-13-14 round three sides (900 m), and the private shortcut 11-14 (300 m).
    nodes = {
        1: (0, 5000, {}),
        2: (3000, 5000, {}),
        11: (0, 0, {}),
        12: (0, 300, {}),
        13: (300, 300, {}),
        14: (300, 0, {}),
    }
    ways = {
        10: ([1, 2], {"highway": "residential"}),
        20: ([11, 12, 13, 14], {"highway": "residential"}),
        30: ([11, 14], {"highway": "service", "access": "private"}),
    }
    network = network_of(tmp_path, nodes, ways)
    assert walk_s(network, (0, 10), (300, 10)) == seconds(290 + 300 + 290)
    assert (network.edge_home[network.edge_way == "w20"] == 0).all()


def test_visitors_do_not_come_through_a_gate_in_the_wall_that_keeps_them_out(tmp_path):
    # A wall all around, its only gate (12) on no street: the people inside use it whatever it says, visitors only if
    # it doesn't say private.
    nodes, ways = BARRIER_SCENE
    ring = {14: (150, 15, {}), 15: (150, 60, {}), 16: (50, 60, {}), 17: (50, 15, {})}
    walled = ways | {40: ([12, 14, 15, 16, 17, 12], {"barrier": "wall"})}
    for tags, reached in (({"barrier": "gate"}, True), ({"barrier": "gate", "access": "private"}, False)):
        network = network_of(tmp_path, nodes | ring | {12: (100, 15, tags)}, walled)
        inside = spots({"h": (100, 30)}).geometry
        assert network.snap(inside).on_network[0]
        assert network.snap_sites(inside).on_network[0] == reached


def test_a_site_in_a_closed_compound_without_ways_is_not_reached_through_its_gate(tmp_path):
    ways = {key: way for key, way in COMPOUND_WAYS.items() if key != 40}
    network = network_of(tmp_path, COMPOUND_NODES, ways, compound_default="closed")
    assert walk_s(network, (0, 0), (200, 80)) == np.inf


def test_a_quarter_that_holds_a_compound_is_none_itself(tmp_path):
    # A smaller compound w92 around (200, 150), with gates on the same way: its people get out, the quarter is open.
    inner = {61: (170, 120, {}), 62: (230, 120, {}), 63: (230, 180, {}), 64: (170, 180, {})}
    gates = {65: (200, 120, {"barrier": "gate"}), 66: (200, 180, {"barrier": "gate"})}
    ways = {
        40: ([2, 7, 65, 6, 66, 8, 9], {"highway": "service"}),
        92: ([61, 65, 62, 63, 66, 64, 61], {"landuse": "residential"}),
    }
    network = compound(tmp_path, nodes=inner | gates, ways=ways, compound_default="closed")
    assert set(network.gates()["zone"]) == {"w92"}
    assert walk_s(network, (200, 150), (200, 0)) == seconds(150)
    assert walk_s(network, (200, 80), (200, 0)) == seconds(80)


def test_a_house_along_the_drive_of_a_compound_hangs_on_the_drive(tmp_path):
    # The drive leads 550 m from the street in the south to the gate; a house 10 m beside its middle.
    nodes = {2: (200, -500, {}), 1: (0, -500, {}), 3: (400, -500, {})}
    ways = {40: ([7, 6, 8, 9], {"highway": "service"}), 41: ([2, 7], {"highway": "service", "access": "private"})}
    network = compound(tmp_path, nodes=nodes, ways=ways, compound_default="closed")
    home = spots({"h": (210, -220)}).geometry
    assert network.snap(home).snap_m[0] == pytest.approx(10, abs=0.05)
    assert walk_s(network, (210, -220), (200, -500)) == seconds(10 + 280)


def test_a_closed_gate_within_private_ground_stops_its_visitors(tmp_path):
    # The way from the street to (200, -150) has a gate at (200, -80) that says no: visitors get as far as that.
    nodes, ways = PRIVATE_WAY
    corners = {11: (150, -10, {}), 12: (250, -10, {}), 13: (250, -250, {}), 14: (150, -250, {})}
    inside = {4: (200, -150, {}), 5: (200, -80, {"barrier": "gate", "access": "no"})}
    hospital = {
        50: ([11, 12, 13, 14, 11], {"amenity": "hospital"}),
        20: ([2, 5, 4], {"highway": "service", "access": "private"}),
    }
    network = network_of(tmp_path, nodes | corners | inside, ways | hospital, min_component_m=0.0, max_snap_m=40.0)
    assert walk_s(network, (0, 0), (200, -70)) == seconds(270)
    assert walk_s(network, (0, 0), (200, -150)) == np.inf
    assert walk_s(network, (200, -150), (0, 0)) == seconds(350)  # who lives there passes it


@pytest.mark.parametrize("opened", [[], ["n7"], "all"])
def test_the_clock_starts_at_the_gate_whether_it_is_open_or_closed(tmp_path, opened):
    network = compound(tmp_path, compound_default="closed").with_open_gates(opened)
    home = from_gates(network, network.snap(spots({"h": (200, 80)}).geometry))
    there = network.snap_sites(spots({"s": (200, 0)}, "site_id").geometry)
    assert times_within(network, home, there, cutoff_s=900).toarray().ravel().tolist() == [seconds(50)]


@pytest.mark.parametrize(("made", "read"), [("open", "closed"), ("closed", "open")])
def test_one_network_can_be_read_both_ways(tmp_path, made, read):
    other = compound(tmp_path, compound_default=made).with_compounds(read)
    own = compound(tmp_path, compound_default=read)
    for home, site in [((200, 0), (200, 300)), ((200, 150), (200, 0)), ((200, 0), (200, 150))]:
        assert walk_s(other, home, site) == walk_s(own, home, site)
    assert other.gates().equals(own.gates())


def test_who_lives_far_from_compounds_need_not_be_hung_anew(tmp_path):
    # Inside, at the edge, at the far end of the southern street, and one who says that it is of the compound.
    places = spots({"a": (210, 150), "b": (150, 40), "c": (400, -150), "d": (400, -140)}).geometry
    names = pd.Series([None, None, None, "w90"], dtype="str")
    made = compound(tmp_path, compound_default="open")
    read = made.with_compounds("closed")
    again = read.snap_again(made.snap(places, names), places, names)
    for mine, plain in zip(again, read.snap(places, names), strict=True):
        assert mine.tolist() == plain.tolist()
    assert again.own.tolist() == [1, 0, 0, 1]


def test_a_residential_area_without_gate_or_wall_is_no_compound(tmp_path):
    plain = {7: (200, 50, {}), 8: (200, 250, {})}
    network = compound(tmp_path, nodes=plain, compound_default="closed")
    assert not len(network.gates())
    assert walk_s(network, (200, 0), (200, 300)) == seconds(300)


def test_a_walled_area_is_a_compound(tmp_path):
    # A wall along its whole edge, no gates mapped: ways over the edge are its gates.
    plain = {7: (200, 50, {}), 8: (200, 250, {})}
    wall = {91: ([21, 7, 22, 23, 8, 24, 21], {"barrier": "wall"})}
    network = compound(tmp_path, nodes=plain, ways=wall, compound_default="closed")
    assert network.gates()["gate_id"].tolist() == ["n7", "n8"]


def test_a_register_says_which_gates_are_open(tmp_path):
    gates = spots({"东门": (203, 50)}, "gate_id").assign(access="open")
    network = compound(tmp_path, compound_default="closed", gates=gates)
    assert walk_s(network, (200, 0), (200, 150)) == seconds(150)
    assert walk_s(network, (200, 0), (200, 300)) == seconds(700)  # the northern one is still closed


def test_a_closed_gate_of_a_register_cuts_a_street(tmp_path):
    # On the street in the west, 150 m up: from south to north it is now through the open compound.
    gates = spots({"g1": (4, 150)}, "gate_id").assign(access="closed")
    network = compound(tmp_path, gates=gates)
    assert "g1" in set(network.gates()["gate_id"])
    assert walk_s(network, (0, 100), (0, 200)) == seconds(100 + 200 + 300 + 200 + 100)


def test_a_gate_far_from_every_way_is_no_gate_of_the_network(tmp_path):
    gates = spots({"g1": (500, 500)}, "gate_id").assign(access="closed")
    assert not len(compound(tmp_path, gates=gates).gates())


def test_bad_gates_and_compounds_are_refused(tmp_path):
    with pytest.raises(InputError, match="compound_default is 'ajar'; use open or closed"):
        compound(tmp_path, compound_default="ajar")
    gate = spots({"g1": (200, 50)}, "gate_id")
    for gates, message in [
        (gate.assign(access="ajar"), "access is unknown in 1 rows: g1; use open or closed"),
        (gate, "column access is missing"),
        (gate.drop(columns="gate_id"), "column gate_id is missing"),
        (gate.assign(access="open").set_crs(None, allow_override=True), "coordinate system is missing"),
        (gate.assign(access="open", geometry=gate.geometry.map(lambda at: at.buffer(1e-5))), "gates are not points"),
    ]:
        with pytest.raises(DataError, match=message):
            compound(tmp_path, gates=gates)
    with pytest.raises(DataError, match="compounds are not polygons in 1 rows: c1"):
        compound(tmp_path, compounds=spots({"c1": (200, 50)}, "compound_id"))
    with pytest.raises(InputError, match="no closed gate is called n99"):
        compound(tmp_path).with_open_gates(["n99"])
    square = shapely.Polygon([place(0, 0), place(1, 0), place(1, 1)])
    twice = gpd.GeoDataFrame({"compound_id": ["w90"]}, geometry=[square], crs="EPSG:4326")
    with pytest.raises(DataError, match="compound_id is repeated: w90"):
        compound(tmp_path, compounds=twice)


def test_a_planners_own_compound(tmp_path):
    plain = {7: (200, 50, {}), 8: (200, 250, {})}
    corners = [place(100, 50), place(300, 50), place(300, 250), place(100, 250)]
    own = gpd.GeoDataFrame({"compound_id": ["c1"]}, geometry=[shapely.Polygon(corners)], crs="EPSG:4326")
    network = compound(tmp_path, nodes=plain, compounds=own, compound_default="closed")
    assert set(network.gates()["zone"]) == {"c1"}
    assert walk_s(network, (200, 0), (200, 150)) == np.inf


def test_the_clock_can_start_at_the_gate(tmp_path):
    # From 30 m north of the southern gate: the walk to the street counts from the gate, 50 m, not 80.
    network = compound(tmp_path, compound_default="closed")
    home = network.snap(spots({"h": (200, 80), "i": (0, 100)}).geometry)
    at_gate = from_gates(network, home)
    there = network.snap_sites(spots({"s": (200, 0)}, "site_id").geometry)
    assert times_within(network, home, there, cutoff_s=900).toarray().ravel().tolist() == [seconds(80), seconds(300)]
    assert times_within(network, at_gate, there, cutoff_s=900).toarray().ravel().tolist() == [seconds(50), seconds(300)]


def random_tables(seed, n=14, extra=14):
    """A random planner's network with private streets of two compounds."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 800, (n, 2))
    nodes = spots({f"{i}": (float(x), float(y)) for i, (x, y) in enumerate(at)}, "node_id")
    pairs = [(i, int(rng.integers(0, i))) for i in range(1, n)] + rng.integers(0, n, (extra, 2)).tolist()
    edges = pd.DataFrame([(f"{u}", f"{v}") for u, v in pairs], columns=["u", "v"])
    edges["length_m"] = rng.uniform(20, 300, len(edges))
    edges["oneway"] = rng.random(len(edges)) < 0.15
    edges["private_to"] = rng.choice(np.array([None, "A", "B"], dtype=object), len(edges), p=[0.6, 0.2, 0.2])
    return nodes, edges, rng


@given(st.integers(0, 100_000))
def test_every_resident_walks_the_graph_that_it_may_use(seed):
    nodes, edges, rng = random_tables(seed)
    network = WalkNetwork.from_edges(nodes, edges, min_component_m=0.0)
    m = len(edges)
    homes = rng.integers(0, m, 12)
    where = rng.uniform(0, 1, 12)
    public = np.flatnonzero(edges["private_to"].isna())
    targets = rng.choice(public, 3)
    there = Snaps(np.arange(4), targets, rng.uniform(0, 1, 3), np.zeros(3), np.zeros(3, dtype=np.int64))
    own = network.edge_home[homes].copy()
    home = Snaps(np.arange(13), homes, where, np.zeros(12), own)
    found = coo_array(times_within(network, home, there, cutoff_s=5000))
    ours = np.full((12, 3), np.inf)
    ours[found.coords] = found.data
    for i in range(12):
        # What this resident may use, from the planner's own tables: public streets and those of the own compound.
        name = edges["private_to"].iloc[homes[i]]
        may = edges[edges["private_to"].isna() | (edges["private_to"] == name)]
        graph = nx.DiGraph()
        spotted = {("h", 0): (homes[i], where[i])} | {("s", j): (targets[j], there.fraction[j]) for j in range(3)}
        for e, row in may.iterrows():
            stops = [
                (0.0, row["u"]),
                *sorted((f, key) for key, (edge, f) in spotted.items() if edge == e),
                (1.0, row["v"]),
            ]
            for (f, a), (g, b) in pairwise(stops):
                cost = (g - f) * row["length_m"]
                for tail, tip in ((a, b),) if row["oneway"] else ((a, b), (b, a)):
                    known = graph.get_edge_data(tail, tip, {"s": np.inf})["s"]
                    graph.add_edge(tail, tip, s=min(known, cost))
        reached = nx.single_source_dijkstra_path_length(graph, ("h", 0), weight="s")
        for j in range(3):
            assert ours[i, j] == pytest.approx(reached.get(("s", j), np.inf), abs=0.01)


@given(st.integers(0, 100_000), st.data())
def test_opening_gates_never_lengthens_a_walk(seed, data):
    nodes, edges, rng = random_tables(seed)
    network = WalkNetwork.from_edges(nodes, edges, min_component_m=0.0)
    ids = sorted(set(network.gates()["gate_id"]))
    opened = network.with_open_gates(data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else [])
    edge = rng.integers(0, len(edges), 10)
    places = Snaps(np.arange(11), edge, rng.uniform(0, 1, 10), np.zeros(10), network.edge_home[edge])
    before, after, everything = (
        _dense(times_within(one, places, places, cutoff_s=2000))
        for one in (network, opened, network.with_open_gates("all"))
    )
    assert (after <= before).all()
    assert (everything <= after).all()


@given(st.integers(0, 100_000))
@settings(max_examples=15)
def test_opening_gates_never_shrinks_a_circle(seed):
    # With every hole closed, since a hole may fall under the limit; up to the slivers at round ends (docs/walking.md).
    nodes, edges, rng = random_tables(seed)
    network = WalkNetwork.from_edges(nodes, edges.drop(columns="length_m"), min_component_m=0.0)
    homes = spots({"h": tuple(rng.uniform(0, 800, 2)), "i": tuple(rng.uniform(0, 800, 2))}).assign(
        compound_id=["A", None]
    )
    before, after = (
        network.plane(isochrones(one, homes, [400], hole_m2=1e9).geometry)
        for one in (network, network.with_open_gates("all"))
    )
    assert (shapely.area(shapely.difference(before, after)) <= 0.002 * shapely.area(before)).all()


def _dense(times):
    out = np.full(times.shape, np.inf)
    coo = coo_array(times)
    out[coo.coords] = coo.data
    return out


def test_the_mouth_of_a_drive_is_walked_by_everybody(tmp_path):
    # A pavement 1-4 ends on a drive at 4, 12 m from the road 5-6-7 that the drive comes from. These 12 m are public,
    # the next 50 m aren't: from the road it is 12 + 100 m to the pavement's far end.
    nodes = {1: (0, 12, {}), 4: (100, 12, {}), 5: (0, 0, {}), 6: (100, 0, {}), 7: (900, 0, {}), 8: (100, 62, {})}
    ways = {
        10: ([5, 6, 7], {"highway": "residential"}),
        20: ([1, 4], {"highway": "footway"}),
        30: ([6, 4, 8], {"highway": "service", "access": "private"}),
    }
    network = network_of(tmp_path, nodes, ways, min_component_m=0.0, max_snap_m=10.0)
    assert walk_s(network, (100, 0), (0, 12)) == seconds(112)
    assert walk_s(network, (100, 0), (100, 62)) == np.inf
    # With a gate at its mouth, or in it, it is private from there.
    between = ways | {30: ([6, 9, 4, 8], {"highway": "service", "access": "private"})}
    for gated, drives in (
        (nodes | {6: (100, 0, {"barrier": "gate"})}, ways),
        (nodes | {9: (100, 6, {"barrier": "gate"})}, between),
    ):
        network = network_of(tmp_path, gated, drives, min_component_m=0.0, max_snap_m=10.0)
        assert walk_s(network, (100, 0), (0, 12)) == np.inf


@pytest.mark.parametrize(
    ("tags", "snap_m"),
    [
        ({"highway": "footway", "tunnel": "yes"}, 60),
        ({"highway": "footway", "layer": "-1"}, 60),
        ({"highway": "residential", "bridge": "yes"}, 60),
        ({"highway": "footway", "tunnel": "building_passage"}, 30),
        ({"highway": "footway", "layer": "1"}, 30),
    ],
)
def test_places_do_not_hang_on_bridges_and_tunnels(tmp_path, tags, snap_m):
    nodes, ways = BARRIER_SCENE
    network = network_of(tmp_path, nodes, ways | {10: ([5, 1, 2], tags)})
    assert network.snap(spots({"h": (100, 30)}).geometry).snap_m[0] == pytest.approx(snap_m, abs=0.05)


def test_on_wheels_the_street_at_the_door_is_not_left_out(tmp_path):
    # The street at the door, 30 m south, is too steep for wheels; another lies 60 m north: as near as that (30 m more)
    # it will do; the house 20 m from the steep one and 70 m from the other is off the network of wheels.
    nodes, ways = BARRIER_SCENE
    steep = ways | {10: ([5, 1, 2], {"highway": "residential", "incline": "15%"})}
    network = network_of(tmp_path, nodes, steep, profile="wheelchair", min_component_m=0.0)
    snaps = network.snap(spots({"h": (100, 30), "i": (100, 20)}).geometry)
    assert snaps.snap_m.tolist() == [pytest.approx(60, abs=0.05), np.inf]
    adult = network_of(tmp_path, nodes, steep, profile="adult").snap(spots({"h": (100, 30), "i": (100, 20)}).geometry)
    assert adult.snap_m.tolist() == pytest.approx([30, 20], abs=0.05)


#   a ---200--- b     a house 30 m north of the street, a wall between at 15 m; a second street 60 m north of the house
def walls_scene(barriers):
    nodes = spots({"a": (0, 0), "b": (200, 0), "c": (0, 90), "d": (200, 90)}, "node_id")
    edges = pd.DataFrame([("a", "b"), ("c", "d"), ("a", "c")], columns=["u", "v"])
    lines = gpd.GeoSeries([shapely.LineString([place(*one) for one in line]) for line in barriers], crs="EPSG:4326")
    return WalkNetwork.from_edges(nodes, edges, min_component_m=0.0, barriers=lines)


def test_a_wall_sends_a_place_to_the_next_street():
    house = spots({"h": (100, 30)}).geometry
    assert walls_scene([]).snap(house).snap_m[0] == pytest.approx(30, abs=0.01)
    assert walls_scene([[(50, 15), (150, 15)]]).snap(house).snap_m[0] == pytest.approx(60, abs=0.01)


def test_walls_all_around_leave_a_place_off_the_network():
    ring = [(90, 20), (110, 20), (110, 40), (90, 40), (90, 20)]
    assert not walls_scene([ring]).snap(spots({"h": (100, 30)}).geometry).on_network[0]


def test_a_wall_at_the_street_itself_bars_nobody():
    # A guard rail on the kerb, where the leg ends.
    assert walls_scene([[(0, 0.05), (200, 0.05)]]).snap(spots({"h": (100, 30)}).geometry).snap_m[0] == pytest.approx(
        30, abs=0.01
    )


BARRIER_SCENE = (
    {
        1: (0, 0, {}), 2: (200, 0, {}), 3: (0, 90, {}), 4: (200, 90, {}), 5: (-400, 0, {}), 6: (-400, 90, {}),
        11: (-50, 15, {}), 12: (100, 15, {}), 13: (250, 15, {}),
    },
    {10: ([5, 1, 2], {"highway": "residential"}), 20: ([6, 3, 4], {"highway": "residential"}),
     30: ([5, 6], {"highway": "footway"})},
)  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "snap_m"),
    [
        ({"barrier": "wall"}, 60),
        ({"barrier": "fence"}, 60),
        ({"waterway": "river"}, 60),
        ({"railway": "rail"}, 60),
        ({"highway": "motorway"}, 60),
        ({"highway": "trunk", "motorroad": "yes"}, 60),
        ({"barrier": "kerb"}, 30),
        ({"waterway": "stream"}, 30),
        ({"waterway": "river", "tunnel": "culvert"}, 30),
        ({"railway": "rail", "tunnel": "yes"}, 30),
        ({"railway": "rail", "bridge": "yes"}, 30),
        ({"highway": "motorway", "bridge": "yes"}, 30),
        ({"railway": "tram"}, 30),
    ],
)
def test_what_bars_the_way_to_the_street(tmp_path, tags, snap_m):
    nodes, ways = BARRIER_SCENE
    network = network_of(tmp_path, nodes, ways | {40: ([11, 12, 13], tags)})
    assert network.snap(spots({"h": (100, 30)}).geometry).snap_m[0] == pytest.approx(snap_m, abs=0.05)


def test_through_a_gate_in_the_wall_that_stands_on_no_street(tmp_path):
    # A wall all around the house, its gate at (100, 15): 15 m to the gate and 15 m to the street.
    nodes, ways = BARRIER_SCENE
    ring = {
        12: (100, 15, {"barrier": "gate"}),
        14: (150, 15, {}),
        15: (150, 60, {}),
        16: (50, 60, {}),
        17: (50, 15, {}),
    }
    network = network_of(tmp_path, nodes | ring, ways | {40: ([12, 14, 15, 16, 17, 12], {"barrier": "wall"})})
    snaps = network.snap(spots({"h": (110, 30), "i": (100, 30)}).geometry)
    assert snaps.snap_m.tolist() == pytest.approx([np.hypot(10, 15) + 15, 30], abs=0.05)


def test_people_of_a_closed_compound_leave_it_by_its_ways_not_over_its_edge(tmp_path):
    # A house 20 m inside the southern edge: not over it to the street, but to the inner way, 50 m to the east.
    network = compound(tmp_path, compound_default="closed")
    snaps = network.snap(spots({"h": (150, 70)}).geometry)
    assert snaps.snap_m[0] == pytest.approx(50, abs=0.05)
    assert network.zone_id[snaps.own[0]] == "w90"


def test_people_of_a_closed_compound_without_mapped_ways_leave_by_its_gate(tmp_path):
    # No way inside; a gate at 7 on the edge that no way passes: 30 m to it, 50 m on to the street.
    nodes, ways = COMPOUND_NODES, {key: way for key, way in COMPOUND_WAYS.items() if key != 40}
    network = network_of(tmp_path, nodes, ways, compound_default="closed")
    snaps = network.snap(spots({"h": (200, 80)}).geometry)
    assert snaps.snap_m[0] == pytest.approx(30 + 50, abs=0.05)


def school(tmp_path, points, changes=None, gates=None):
    """A school's polygon 20 m north of the street 1-2, 100 m wide; `points` are tags of nodes on its edge."""
    nodes = {1: (0, 0, {}), 2: (400, 0, {}), 3: (0, 200, {}), 4: (400, 200, {})}
    corners = {11: (100, 20, {}), 12: (200, 20, {}), 13: (200, 180, {}), 14: (100, 180, {})}
    spots_on_edge = {21 + i: (*at, tags) for i, (at, tags) in enumerate(points)}
    ways = {
        10: ([1, 2], {"highway": "residential"}),
        20: ([3, 4], {"highway": "residential"}),
        30: ([1, 3], {"highway": "residential"}),
    }
    network = network_of(tmp_path, nodes | corners | spots_on_edge, ways | (changes or {}), gates=gates)
    ring = [place(100, 20), place(200, 20), place(200, 180), place(100, 180)]
    return network, gpd.GeoSeries([shapely.Polygon(ring)], crs="EPSG:4326")


def test_a_polygon_is_entered_at_its_mapped_entrance(tmp_path):
    # The only entrance is on the northern side at x = 150: on the northern street, 20 m off.
    network, polygon = school(tmp_path, [((150, 180), {"entrance": "main"})])
    snaps = network.snap_sites(polygon)
    assert network.edge_way[snaps.edge].tolist() == ["w20"]
    assert snaps.fraction == pytest.approx([150 / 400], abs=1e-3)
    assert snaps.leg_m == pytest.approx([20], abs=0.01)


@pytest.mark.parametrize(
    "tags",
    [
        {"entrance": "emergency"},
        {"entrance": "service"},
        {"barrier": "gate", "access": "private"},
        {"entrance": "main", "access": "private"},
        {"entrance": "yes", "barrier": "gate", "access": "no"},
        {},
    ],
)
def test_a_door_that_visitors_cannot_use_is_no_entrance(tmp_path, tags):
    network, polygon = school(tmp_path, [((150, 180), tags)])
    assert len(network.snap_sites(polygon).edge) == 1  # from the nearest street: one of the two, 20 m off
    assert network.snap_sites(polygon).leg_m == pytest.approx([20], abs=0.01)


def test_a_polygon_is_entered_at_the_gate_where_one_is_mapped_and_not_at_every_crossing(tmp_path):
    # Two footways cross its southern edge, at 150 m with a gate and at 180 m without: it is entered at the gate alone.
    points = [((150, 20), {"barrier": "gate"}), ((150, 60), {}), ((180, 60), {}), ((150, 0), {}), ((180, 0), {})]
    ways = {
        10: ([1, 24, 25, 2], {"highway": "residential"}),
        40: ([24, 21, 22], {"highway": "footway"}),
        50: ([25, 23], {"highway": "footway"}),
    }
    network, polygon = school(tmp_path, points, ways)
    snaps = network.snap_sites(polygon)
    assert network.edge_way[snaps.edge].tolist() == ["w40"]
    assert snaps.leg_m == pytest.approx([0], abs=0.01)


@pytest.mark.parametrize(
    ("north", "access", "entered"),
    [(184, "open", "w20"), (186, "open", None), (184, "closed", None)],
    ids=["4 m off the edge", "6 m off: not of this school", "closed to strangers"],
)
def test_a_polygon_is_entered_at_the_open_gates_of_a_register(tmp_path, north, access, entered):
    # The gate at x = 150 is 16 m from the northern street at y = 200; else the school is entered from the nearest one.
    gates = spots({"g1": (150, north)}, "gate_id").assign(access=access)
    network, polygon = school(tmp_path, [], gates=gates)
    snaps = network.snap_sites(polygon)
    at_gate = (network.edge_way[snaps.edge] == "w20") & (np.abs(snaps.leg_m - 16) < 0.01)
    assert at_gate.any() == (entered == "w20")
    assert len(snaps.edge) == 1


STUDY = """
id = "drawn"
title_zh = "示例"
title_en = "Drawn"

[osm]
file = "drawn.osm"
extent = [118.70, 31.99, 118.87, 32.10]
complete = ["pharmacy"]

[density]
floor_per_km = 0.0
median_share = 0.0

[walk]
min_component_m = 0.0
max_snap_m = 60.0
"""


def house(nodes, ways, number, east, north):
    """A house of 10 x 10 m, with its weight of 100 m2 on one storey."""
    corners = [(0, 0), (10, 0), (10, 10), (0, 10)]
    nodes |= {1000 * number + i: (east + x, north + y, {}) for i, (x, y) in enumerate(corners)}
    refs = [1000 * number + i for i in (0, 1, 2, 3, 0)]
    ways |= {1000 * number: (refs, {"building": "house", "building:levels": "1"})}


def drawn_study(tmp_path, walk=""):
    """The compound with a pharmacy inside it, two houses outside at the southern gate and one inside."""
    nodes, ways = dict(COMPOUND_NODES), dict(COMPOUND_WAYS)
    nodes[40] = (200, 140, {"amenity": "pharmacy", "name": "药店"})
    for number, (east, north) in enumerate([(150, 10), (240, 10), (210, 200)], start=1):
        house(nodes, ways, number, east, north)
    osm_file(tmp_path, nodes, ways)
    config = tmp_path / "study.toml"
    config.write_text(STUDY + walk, encoding="utf-8")
    return Study.from_config(config)


def pharmacies(result):
    rows = result.access[result.access["kind"] == "pharmacy"]
    return {
        row["residence_id"]: (
            row["status"],
            None if pd.isna(row["reason"]) else row["reason"],
            row["gate_id"],
            row["robust"],
        )
        for _, row in rows.iterrows()
    }


def test_a_study_says_which_gate_would_help_and_whom(tmp_path):
    result = drawn_study(tmp_path, 'compound_default = "closed"\n').run()
    found = pharmacies(result)
    assert found["w1000"][:3] == ("gap", "gate", "n7")
    assert found["w2000"][:3] == ("gap", "gate", "n7")
    assert found["w3000"][:2] == ("covered", None)
    assert not found["w1000"][3]  # with an open compound it would be covered
    assert result.residences.set_index("residence_id")["compound_id"].dropna().to_dict() == {"w3000": "w90"}
    gates = result.gates.set_index("gate_id")
    assert gates.loc["n7", ["zone", "kind", "weight", "n_residences"]].tolist() == [
        "w90", "pharmacy", pytest.approx(200, rel=0.01), 2,
    ]  # fmt: skip
    assert gates.loc["n8", "n_residences"] == 0


def test_a_study_with_the_gate_opened_covers_them(tmp_path):
    closed = 'compound_default = "closed"\n'
    for opened in ('open_gates = ["n7"]\n', 'open_gates = "all"\n'):
        result = drawn_study(tmp_path, closed + opened).run()
        assert {row[0] for row in pharmacies(result).values()} == {"covered"}
    with pytest.raises(InputError, match="no closed gate is called n99"):
        drawn_study(tmp_path, closed + 'open_gates = ["n99"]\n').run()


def test_a_study_with_an_open_compound_knows_that_it_could_be_closed(tmp_path):
    found = pharmacies(drawn_study(tmp_path).run())
    assert found["w1000"][0] == "covered"
    assert not found["w1000"][3]
    assert found["w3000"][3]


def test_a_study_takes_gates_from_a_register(tmp_path):
    lon, lat = place(203, 50)
    (tmp_path / "gates.csv").write_text(
        f"出入口编号,名称,通行,经度,纬度\n南门,南门,开放,{lon:.7f},{lat:.7f}\n", encoding="utf-8"
    )
    study = drawn_study(tmp_path, 'compound_default = "closed"\ngates = "gates.csv"\n')
    result = study.run()
    assert {row[0] for row in pharmacies(result).values()} == {"covered"}
    assert "gates.csv" in [entry["file"] for entry in result.manifest["inputs"]]


@pytest.mark.parametrize("default", ["open", "closed"])
def test_a_study_can_start_the_clock_at_the_gate(tmp_path, default):
    # The house inside is some 60 m from the northern gate on foot; the pharmacy by the way inside is 110 m from there,
    # whatever strangers may do. Its distance to the street is still told from the door.
    result = drawn_study(tmp_path, f'compound_default = "{default}"\norigin = "gate"\n').run()
    access = result.access.set_index(["residence_id", "kind"])
    assert access.loc[("w3000", "pharmacy"), "time_s"] == seconds(110)
    assert result.residences.set_index("residence_id")["snap_m"]["w3000"] == pytest.approx(15, abs=0.1)


def test_a_bad_register_of_gates_is_refused_with_its_rows(tmp_path):
    (tmp_path / "gates.csv").write_text("gate_id,access,lon,lat\ng1,ajar,118.78,32.04\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"gates.csv: row 2: 通行/access is missing or unknown"):
        drawn_study(tmp_path, 'gates = "gates.csv"\n').run()


def test_the_gains_of_gates_are_sums_over_who_stands_before_them():
    # Weights 3 and 4 lack a pharmacy because of g1, the second a school because of it too; g2 stops nobody.
    residences = spots({"a": (0, 0), "b": (1, 0)}).assign(weight=[3.0, 4.0])
    access = pd.DataFrame(
        {
            "residence_id": ["a", "b", "b", "a"],
            "kind": ["pharmacy", "pharmacy", "school", "school"],
            "reason": ["gate", "gate", "gate", "too_far"],
            "gate_id": ["g1", "g1", "g1", None],
        }
    )
    gates = spots({"g1": (0, 0), "g2": (5, 5)}, "gate_id").assign(zone="c1")
    gains = gate_gains(residences, access, gates)
    assert gains[["gate_id", "kind", "weight", "n_residences"]].fillna("-").to_numpy().tolist() == [
        ["g1", "school", 4.0, 1],
        ["g1", "pharmacy", 7.0, 2],
        ["g2", "-", 0.0, 0],
    ]
