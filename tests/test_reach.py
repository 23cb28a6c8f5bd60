"""Walking times: graphs worked out on paper, properties, and scipy as an oracle."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array

from circle15.errors import DataError, InputError
from circle15.network import WalkNetwork
from circle15.reach import nearest_sites, nearest_times, straight_line_m, times_within, travel_times
from drawn import drawn_network, holds, line, random_network, random_nodes, scipy_times_s, spots

#   a ---100--- b ---100--- c        d ---100--- e (an island)
NODES = {"a": (0, 0), "b": (100, 0), "c": (200, 0), "d": (0, 500), "e": (100, 500)}
EDGES = [("a", "b", 100.0), ("b", "c", 100.0), ("d", "e", 100.0)]


def minutes_table(network, people, places, kinds=None, cutoff_s=900.0):
    """{residence: {site: seconds}}"""
    found = travel_times(network, spots(people), spots(places, "site_id"), cutoff_s=cutoff_s)
    dense = np.full(found.time_s.shape, np.inf)
    coo = coo_array(found.time_s)
    dense[coo.coords] = coo.data
    return {
        row: {column: pytest.approx(dense[i, j], abs=0.05) for j, column in enumerate(found.column_ids)}
        for i, row in enumerate(found.row_ids)
    }


def test_from_mid_edge_to_mid_edge():
    # From 25 m along a-b to 75 m along b-c: 75 + 75 = 150 m at 1 m/s.
    table = minutes_table(drawn_network(NODES, EDGES), {"h": (25, 0)}, {"s": (175, 0)})
    assert table == {"h": {"s": 150}}


def test_both_on_one_edge_in_either_order():
    # 25 m and 75 m along a-b: 50 m both ways, without passing a or b.
    network = drawn_network(NODES, EDGES)
    assert minutes_table(network, {"h": (25, 0)}, {"s": (75, 0)}) == {"h": {"s": 50}}
    assert minutes_table(network, {"h": (75, 0)}, {"s": (25, 0)}) == {"h": {"s": 50}}


def test_same_spot_is_a_stored_zero():
    found = travel_times(
        drawn_network(NODES, EDGES), spots({"h": (50, 0)}), spots({"s": (50, 0)}, "site_id"), cutoff_s=1
    )
    assert found.time_s.nnz == 1
    assert found.time_s.data.tolist() == [0.0]


def test_the_way_round_can_be_shorter_than_the_way_along():
    # A loop street of 1,000 m from a back to b beside the short a-b of 10 m: from 100 m to 900 m along the loop it is
    # 100 + 10 + 100 m round, not 800 m along.
    nodes = {"a": (0, 0), "b": (10, 0)}
    loop = gpd.GeoDataFrame(
        {"u": ["a", "a"], "v": ["b", "b"], "length_m": [1000.0, 10.0]},
        geometry=[line((0, 0), (0, 495), (10, 495), (10, 0)), line((0, 0), (10, 0))],
        crs="EPSG:4326",
    )
    network = WalkNetwork.from_edges(spots(nodes, "node_id"), loop, min_component_m=0.0)
    table = minutes_table(network, {"h": (0, 100)}, {"s": (10, 100)})
    assert table == {"h": {"s": pytest.approx(10 + 100 + 100, abs=0.5)}}


def test_legs_are_walked_at_the_same_speed():
    # 30 m to the street, 50 m along it, 20 m to the site: 100 m; at 0.8 m/s that is 125 s.
    people, places = {"h": (25, 30)}, {"s": (75, -20)}
    assert minutes_table(drawn_network(NODES, EDGES), people, places) == {"h": {"s": 100}}
    assert minutes_table(drawn_network(NODES, EDGES, profile="elderly"), people, places) == {"h": {"s": 125}}


def test_an_island_reaches_only_itself():
    table = minutes_table(drawn_network(NODES, EDGES), {"h": (0, 0), "i": (0, 500)}, {"s": (200, 0), "t": (100, 500)})
    assert table == {"h": {"s": 200, "t": np.inf}, "i": {"s": np.inf, "t": 100}}


def test_one_way_streets_bind_in_their_direction():
    # a -> b only; b - c both ways. From a to c 200 m; from c only back to b.
    network = drawn_network(NODES, EDGES, oneway=(0,))
    assert minutes_table(network, {"h": (0, 0)}, {"s": (200, 0)}) == {"h": {"s": 200}}
    assert minutes_table(network, {"h": (200, 0)}, {"s": (25, 0)}) == {"h": {"s": np.inf}}
    # 75 m back along the one-way street itself isn't walked either; 50 m with it is.
    assert minutes_table(network, {"h": (75, 0)}, {"s": (25, 0)}) == {"h": {"s": np.inf}}
    assert minutes_table(network, {"h": (25, 0)}, {"s": (75, 0)}) == {"h": {"s": 50}}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_place_at_the_end_of_a_one_way_street_is_not_stuck_there(order):
    # a -> b one way northwards, a - c both ways eastwards: from a spot 14.14 m south-west of a, which hangs on a,
    # to one 5 m off c it is 14.14 + 100 + 5 m, whichever street is listed first; and back the same.
    streets = [("a", "b", 100.0), ("a", "c", 100.0)]
    at = {"a": (0, 0), "b": (0, 100), "c": (100, 0)}
    network = drawn_network(at, [streets[i] for i in order], oneway=(order.index(0),))
    far, near = {"h": (-10, -10)}, {"s": (100, -5)}
    assert minutes_table(network, far, near) == {"h": {"s": 119.14}}
    assert minutes_table(network, {"h": (100, -5)}, {"s": (-10, -10)}) == {"h": {"s": 119.14}}
    frame = nearest_sites(network, spots(far), spots(near, "site_id"), holds({"s": "school"}), cutoff_s=900)
    assert frame["time_s"][0] == pytest.approx(119.14, abs=0.05)


def test_nearest_goes_against_one_ways_from_the_sites():
    # The search runs backwards from the site but walks forwards: s at b is reached from a, not from c's far side d->c.
    network = drawn_network(NODES, EDGES, oneway=(0, 1))
    frame = nearest_sites(
        network,
        spots({"h": (0, 0), "i": (200, 0)}),
        spots({"s": (100, 0)}, "site_id"),
        holds({"s": "school"}),
        cutoff_s=900,
    )
    school = frame[frame["kind"] == "school"]
    assert school["time_s"].tolist() == [pytest.approx(100, abs=0.05), np.inf]
    assert school["site_id"].isna().tolist() == [False, True]


def test_nearest_of_each_kind_with_an_empty_kind():
    network = drawn_network(NODES, EDGES)
    sites = spots({"s1": (0, 0), "s2": (200, 0), "s3": (150, 0)}, "site_id")
    frame = nearest_sites(
        network, spots({"h": (120, 0)}), sites, holds({"s1": "school", "s2": "school", "s3": "dining"}), cutoff_s=900
    )
    assert len(frame) == 27
    found = frame[np.isfinite(frame["time_s"])].set_index("kind")
    assert found["site_id"].to_dict() == {"school": "s2", "dining": "s3"}
    assert found["time_s"].tolist() == pytest.approx([80, 30], abs=0.05)
    assert frame["snap_m"].tolist() == pytest.approx([0.0] * 27, abs=1e-3)


def test_ties_go_to_the_smaller_site_id():
    # s1 and s2 both 100 m from b, in either order of rows.
    network = drawn_network(NODES, EDGES)
    for order in (["s2", "s1"], ["s1", "s2"]):
        at = {"s1": (0, 0), "s2": (200, 0)}
        sites = spots({site: at[site] for site in order}, "site_id")
        frame = nearest_sites(
            network, spots({"h": (100, 0)}), sites, holds(dict.fromkeys(order, "school")), cutoff_s=900
        )
        assert frame["site_id"][0] == "s1"


def test_a_site_exactly_at_the_cutoff_counts():
    # Nine edges of 100 m at nodes: 900 m = 900 s; a cutoff of 899.9 s misses it.
    nodes = {f"{i}": (100.0 * i, 0) for i in range(10)}
    network = drawn_network(nodes, [(f"{i}", f"{i + 1}", 100.0) for i in range(9)])
    people, places, school = spots({"h": (0, 0)}), spots({"s": (900, 0)}, "site_id"), holds({"s": "school"})
    assert nearest_sites(network, people, places, school, cutoff_s=900)["time_s"][0] == 900.0
    assert nearest_sites(network, people, places, school, cutoff_s=899.9)["time_s"][0] == np.inf


def test_off_the_network_reaches_nothing():
    frame = nearest_sites(
        drawn_network(NODES, EDGES),
        spots({"h": (0, 250)}),
        spots({"s": (0, 0)}, "site_id"),
        holds({"s": "school"}),
        cutoff_s=900,
    )
    assert frame["time_s"][0] == np.inf
    assert frame["snap_m"][0] == np.inf


def test_extension_kinds_come_after_the_27_when_they_occur():
    frame = nearest_sites(
        drawn_network(NODES, EDGES),
        spots({"h": (0, 0)}),
        spots({"s": (50, 0)}, "site_id"),
        holds({"s": "kindergarten"}),
        cutoff_s=900,
    )
    assert len(frame) == 28
    assert frame.iloc[27][["kind", "site_id"]].tolist() == ["kindergarten", "s"]


@pytest.mark.parametrize("cutoff", [0, -1, np.inf, np.nan, "soon"])
def test_a_cutoff_must_be_a_positive_number(cutoff):
    with pytest.raises(InputError, match="cutoff_s"):
        travel_times(
            drawn_network(NODES, EDGES), spots({"h": (0, 0)}), spots({"s": (0, 0)}, "site_id"), cutoff_s=cutoff
        )


def test_unknown_kinds_and_sites_are_refused_with_rows():
    network, people, places = drawn_network(NODES, EDGES), spots({"h": (0, 0)}), spots({"s": (0, 0)}, "site_id")
    with pytest.raises(DataError, match="kind is unknown in 1 rows: 0"):
        nearest_sites(network, people, places, holds({"s": "spaceport"}), cutoff_s=900)
    with pytest.raises(DataError, match="site_id is not among the sites in 1 rows: 0"):
        nearest_sites(network, people, places, holds({"x": "school"}), cutoff_s=900)


def test_straight_line_is_in_metres():
    network = drawn_network(NODES, EDGES)
    found = straight_line_m(network, spots({"h": (0, 0)}).geometry, spots({"s": (300, 400)}, "site_id").geometry)
    assert found == pytest.approx([500], rel=1e-3)
    assert straight_line_m(network, spots({"h": (0, 0)}).geometry, spots({}, "site_id").geometry).tolist() == [np.inf]


@given(st.integers(0, 100_000))
def test_scipy_finds_the_same_times(seed):
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    # Some places lie exactly at nodes, where a one-way street may begin or end.
    corners = [tuple(at) for at in rng.permutation(random_nodes(seed))[:4]]
    around = [tuple(rng.uniform(-50, 1050, 2)) for _ in range(8)]
    homes = network.snap(spots({f"h{i}": at for i, at in enumerate([*corners[:2], *around[:4]])}).geometry)
    sites = network.snap(spots({f"s{i}": at for i, at in enumerate([*corners[2:], *around[4:]])}).geometry)
    oracle = np.full((6, 6), np.inf)
    oracle[np.ix_(homes.on_network, sites.on_network)] = scipy_times_s(network, homes, sites)
    cutoff = 700.0
    ours = np.full((6, 6), np.inf)
    for backwards, (rows, columns) in ((False, (homes, sites)), (True, (sites, homes))):
        coo = coo_array(times_within(network, rows, columns, cutoff_s=cutoff))
        ours[:] = np.inf
        index = coo.coords if not backwards else coo.coords[::-1]
        ours[index] = coo.data
        near = oracle <= cutoff - 1e-5
        assert ours[near] == pytest.approx(oracle[near], abs=1e-5)
        assert (oracle[np.isfinite(ours)] <= cutoff + 1e-5).all()
    nearest, which = nearest_times(network, homes, sites, [np.arange(6)], cutoff_s=cutoff)
    assert nearest[:, 0] == pytest.approx(ours.min(axis=1))
    some = which[:, 0] >= 0
    assert ours[some, which[some, 0]] == pytest.approx(nearest[some, 0])


@given(st.integers(0, 10_000), st.integers(2, 8))
def test_adding_a_site_never_lengthens_a_time(seed, n_sites):
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    homes = network.snap(spots({f"h{i}": tuple(rng.uniform(0, 1000, 2)) for i in range(8)}).geometry)
    sites = network.snap(spots({f"s{i}": tuple(rng.uniform(0, 1000, 2)) for i in range(n_sites)}).geometry)
    few, _ = nearest_times(network, homes, sites, [np.arange(n_sites - 1)], cutoff_s=900)
    all_, _ = nearest_times(network, homes, sites, [np.arange(n_sites)], cutoff_s=900)
    assert (all_ <= few).all()


@given(st.integers(0, 10_000), st.floats(50, 500), st.floats(0, 500))
def test_a_longer_cutoff_never_loses_a_residence(seed, cutoff, more):
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    homes = network.snap(spots({f"h{i}": tuple(rng.uniform(0, 1000, 2)) for i in range(8)}).geometry)
    sites = network.snap(spots({f"s{i}": tuple(rng.uniform(0, 1000, 2)) for i in range(3)}).geometry)
    short, _ = nearest_times(network, homes, sites, [np.arange(3)], cutoff_s=cutoff)
    long, _ = nearest_times(network, homes, sites, [np.arange(3)], cutoff_s=cutoff + more)
    within = np.isfinite(short)
    assert (long[within] == short[within]).all()
