"""Walking times: graphs worked out on paper, properties, and scipy as an oracle."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array

from circle15 import _kernels
from circle15.errors import DataError, InputError
from circle15.network import Snaps, WalkNetwork
from circle15.reach import (
    _counts,
    links_passed,
    nearest_sites,
    nearest_times,
    reached_nodes,
    reached_parts,
    straight_line_m,
    take,
    times_within,
    travel_times,
    warm_up,
)
from drawn import (
    as_walked_by,
    drawn_network,
    holds,
    line,
    random_network,
    random_nodes,
    random_places,
    scipy_times_s,
    spots,
    with_zones,
)

TOLERANCE_S = 2e-3  # float32 sums, told in whole milliseconds

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
    here, there = network.plane(spots({"h": (0, 0)}).geometry), network.plane(spots({"s": (300, 400)}).geometry)
    found = straight_line_m(here, there)
    assert found == pytest.approx([500], rel=1e-3)
    assert straight_line_m(here, there[:0]).tolist() == [np.inf]


def dense(found, size):
    """A sparse matrix with inf for what it lacks."""
    out = np.full(size, np.inf)
    coo = coo_array(found)
    out[coo.coords] = coo.data
    return out


def close(ours, oracle, cutoff):
    """Whether times agree, to what float32 sums and whole milliseconds leave, and none beyond the cutoff is told."""
    near, told = oracle <= cutoff - TOLERANCE_S, np.isfinite(ours)
    same = np.abs(ours[near] - oracle[near]) <= TOLERANCE_S
    return bool(same.all() and (oracle[told] <= cutoff + TOLERANCE_S).all())


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
    ours = dense(times_within(network, homes, sites, cutoff_s=700.0), (6, 6))
    assert close(ours, oracle, 700.0)
    nearest, which = nearest_times(network, homes, sites, [np.arange(6)], cutoff_s=700.0)
    assert close(nearest[:, 0], oracle.min(axis=1), 700.0)
    some = which[:, 0] >= 0
    assert oracle[some, which[some, 0]] == pytest.approx(nearest[some, 0], abs=TOLERANCE_S)


#   h ---100--- a =gate= b ---50--- s     and the long way round from a to b: 600 m
GATED_NODES = {"h": (0, 0), "a": (100, 0), "b": (101, 0), "s": (151, 0)}
GATED = [("h", "a", 100.0), ("a", "b", 0.0), ("b", "s", 50.0), ("a", "b", 600.0)]


def gated(zone=1):
    network = drawn_network(GATED_NODES, GATED)
    return replace(network, edge_zone=np.array([0, zone, 0, 0]))


def at_corners(network, corners, own=0):
    """Places at the u end of edges, without a leg."""
    n = len(corners)
    return Snaps(np.arange(n + 1), np.array(corners), np.zeros(n), np.zeros(n), np.full(n, own))


@pytest.mark.parametrize(("own", "seconds"), [(0, 100 + 600), (1, 100 + 0), (2, 100 + 600)])
def test_only_the_gates_own_people_pass_it(own, seconds):
    # From h to b: through the gate 100 m, round it 700 m. Edge 0 starts at h, edge 2 at b.
    network = gated()
    home, site = at_corners(network, [0], own), at_corners(network, [2])
    time_s, which = nearest_times(network, home, site, [np.array([0])], cutoff_s=900)
    assert (time_s[0, 0], which[0, 0]) == (seconds, 0)
    assert times_within(network, home, site, cutoff_s=900).toarray().tolist() == [[seconds]]
    open_s, _ = nearest_times(network, home, site, [np.array([0])], cutoff_s=900, ignore_zones=True)
    assert open_s[0, 0] == 100
    # 150 s reach h - a and, with the gate, the 50 m of b - s and 50 of the 600 m from either end.
    parts = reached_parts(network, home, cutoff_s=150)
    told = [(e, round(low, 3), round(high, 3)) for e, low, high in zip(*parts[1:], strict=True) if e != 1]
    through = [(0, 0, 1), (2, 0, 1), (3, 0, 0.083), (3, 0.917, 1)]
    assert told == (through if own == 1 else [(0, 0, 1), (3, 0, 0.083)])


def test_the_gate_that_keeps_people_away_is_named():
    # For a stranger and for people of another zone that is edge 1; its own people aren't kept away by it, and from s
    # to b there is no gate.
    network = gated()
    homes = Snaps(np.arange(5), np.array([0, 0, 0, 2]), np.array([0.0, 0, 0, 1]), np.zeros(4), np.array([0, 1, 2, 0]))
    site, rows = at_corners(network, [2]), np.arange(4)
    assert links_passed(network, homes, site, np.array([0]), rows, cutoff_s=900).tolist() == [1, -1, 1, -1]
    assert links_passed(network, homes, site, np.array([0]), rows[::-1], cutoff_s=90).tolist() == [-1, -1, -1, -1]


def test_the_first_of_two_gates_is_named_from_home():
    # h --10-- a =1= b --10-- c =2= d --10-- s, both gates of no length.
    nodes = {name: (10 * i, 0) for i, name in enumerate("habcds")}
    edges = [("h", "a", 10.0), ("b", "a", 0.0), ("b", "c", 10.0), ("c", "d", 0.0), ("d", "s", 10.0)]
    network = replace(drawn_network(nodes, edges), edge_zone=np.array([0, 1, 0, 2, 0]))
    for own, first in ((0, 1), (1, 3), (2, 1)):
        home, site = at_corners(network, [0], own), Snaps(*map(np.array, ([0, 1], [4], [1.0], [0.0], [0])))
        assert links_passed(network, home, site, np.array([0]), np.array([0]), cutoff_s=900).tolist() == [first]


def test_ties_go_to_the_smaller_site_after_repair_too():
    # From h, site 0 (at s) is 100 + 0 + 50 = 150 m away through the gate and site 1, 50 m beyond h on its other side,
    # 150 m without: equal for the gate's people, who get site 0; a stranger gets site 1.
    nodes = {**GATED_NODES, "t": (-150, 0)}
    network = drawn_network(nodes, [*GATED, ("h", "t", 150.0)])
    network = replace(network, edge_zone=np.array([0, 1, 0, 0, 0]))
    homes = Snaps(np.arange(3), np.array([0, 0]), np.zeros(2), np.zeros(2), np.array([0, 1]))
    sites = Snaps(np.arange(3), np.array([2, 4]), np.ones(2), np.zeros(2), np.zeros(2, dtype=np.int64))
    time_s, which = nearest_times(network, homes, sites, [np.array([0, 1])], cutoff_s=900)
    assert time_s.tolist() == [[150], [150]]
    assert which.tolist() == [[1], [0]]


@given(st.integers(0, 100_000))
def test_everybody_walks_their_own_streets_as_scipy_does(seed):
    network = with_zones(random_network(seed), seed)
    homes, sites = random_places(network, seed, 12, n_zones=4), random_places(network, seed + 1, 8)
    oracle = np.empty((12, 8))
    for zone in range(5):
        mine = np.flatnonzero(homes.own == zone)
        oracle[mine] = scipy_times_s(as_walked_by(network, zone), take(homes, mine), sites)
    ours = dense(times_within(network, homes, sites, cutoff_s=800.0), (12, 8))
    assert close(ours, oracle, 800.0)
    groups = [np.arange(8), np.arange(0, 8, 2), np.array([5])]
    time_s, site = nearest_times(network, homes, sites, groups, cutoff_s=800.0)
    for column, group in enumerate(groups):
        assert close(time_s[:, column], oracle[:, group].min(axis=1), 800.0)
        some = site[:, column] >= 0
        assert oracle[some, site[some, column]] == pytest.approx(time_s[some, column], abs=TOLERANCE_S)
    everywhere, _ = nearest_times(network, homes, sites, groups, cutoff_s=800.0, ignore_zones=True)
    unzoned = replace(network, edge_zone=np.zeros_like(network.edge_zone))
    assert (everywhere == nearest_times(unzoned, homes, sites, groups, cutoff_s=800.0)[0]).all()


@given(st.integers(0, 100_000), st.booleans())
def test_reached_parts_are_the_points_within_reach(seed, backwards):
    # Five points on each edge are in a part exactly if scipy walks there in time; backwards, from there as a stranger.
    # Ends aren't asked: one can stand at the end of a one-way street without walking on it.
    network = with_zones(random_network(seed, n=12, extra=8), seed, share=0.2)
    homes, cutoff = random_places(network, seed, 5, n_zones=3), 350.0
    parts = reached_parts(network, homes, cutoff_s=cutoff, backwards=backwards)
    streets = np.flatnonzero(network.edge_zone == 0)
    edge, fraction = np.repeat(streets, 5), np.tile([0.05, 0.2, 0.5, 0.7, 0.95], len(streets))
    n = len(edge)
    points = Snaps(np.arange(n + 1), edge, fraction, np.zeros(n), np.zeros(n, dtype=np.int64))
    for place in range(5):
        rows = slice(parts.indptr[place], parts.indptr[place + 1])
        e, low, high = parts.edge[rows], parts.low[rows], parts.high[rows]
        assert (np.diff(e) >= 0).all()
        assert (low < high).all()
        assert (high[:-1] < low[1:])[np.diff(e) == 0].all()
        home = take(homes, np.array([place]))
        if backwards:
            seconds = scipy_times_s(as_walked_by(network, 0), points, home)[:, 0]
        else:
            seconds = scipy_times_s(as_walked_by(network, int(homes.own[place])), home, points)[0]
        inside = ((edge[:, None] == e) & (fraction[:, None] >= low) & (fraction[:, None] <= high)).any(axis=1)
        assert inside[seconds < cutoff - TOLERANCE_S].all()
        assert not inside[seconds > cutoff + TOLERANCE_S].any()


@given(st.integers(0, 100_000))
def test_results_depend_neither_on_the_order_of_vertices_nor_on_threads(seed):
    network = with_zones(random_network(seed), seed)
    homes, sites = random_places(network, seed, 9, n_zones=3), random_places(network, seed + 1, 6)
    rng = np.random.default_rng(seed)
    moved = replace(network, node_lonlat=rng.uniform(0, 1, network.node_lonlat.shape))  # searches number vertices by it
    groups = [np.arange(6), np.array([1, 3])]

    def everything(walk):
        within, parts = times_within(walk, homes, sites, cutoff_s=600.0), reached_parts(walk, homes, cutoff_s=600.0)
        links = links_passed(walk, homes, sites, groups[1], np.arange(9), cutoff_s=600.0)
        return [*nearest_times(walk, homes, sites, groups, cutoff_s=600.0), within.toarray(), *parts, links]

    expected = everything(network)
    with pytest.MonkeyPatch.context() as patch:
        for threads in (1, 3):
            patch.setattr("circle15.reach._threads", lambda threads=threads: threads)
            for ours, theirs in zip(everything(moved), expected, strict=True):
                assert np.array_equal(ours, theirs)


@given(st.integers(0, 100_000))
def test_each_place_is_answered_as_if_it_were_alone(seed):
    network = with_zones(random_network(seed), seed)
    homes, sites = random_places(network, seed, 9, n_zones=3), random_places(network, seed + 1, 6)
    within, parts = times_within(network, homes, sites, cutoff_s=600.0), reached_parts(network, homes, cutoff_s=600.0)
    nodes = reached_nodes(network, homes, cutoff_s=600.0)
    for i in range(9):
        alone = take(homes, np.array([i]))
        mine = slice(parts.indptr[i], parts.indptr[i + 1])
        assert np.array_equal(within[[i]].toarray(), times_within(network, alone, sites, cutoff_s=600.0).toarray())
        for ours, theirs in zip(parts[1:], reached_parts(network, alone, cutoff_s=600.0)[1:], strict=True):
            assert np.array_equal(ours[mine], theirs)
        theirs = reached_nodes(network, alone, cutoff_s=600.0)
        reached = slice(nodes.indptr[i], nodes.indptr[i + 1])
        assert dict(zip(nodes.node[reached], nodes.time_s[reached], strict=True)) == dict(
            zip(theirs.node, theirs.time_s, strict=True)
        )


@given(st.integers(0, 100_000), st.sampled_from(["gate", "street", "speed", "cutoff"]))
def test_more_never_lengthens_a_time(seed, more):
    network = with_zones(random_network(seed), seed)
    homes, sites = random_places(network, seed, 9, n_zones=3), random_places(network, seed + 1, 6)
    rng = np.random.default_rng(seed)
    cutoff = 500.0
    better = network
    if more == "gate":
        better = replace(network, edge_zone=np.where(rng.random(len(network.edge_u)) < 0.3, 0, network.edge_zone))
    elif more == "street":
        closed = rng.random(len(network.edge_u)) < 0.2
        closed[np.concatenate([homes.edge, sites.edge])] = False
        network = replace(
            network, edge_forward=network.edge_forward & ~closed, edge_backward=network.edge_backward & ~closed
        )
    elif more == "speed":
        better = replace(
            network, profile=replace(network.profile, speed_m_s=network.profile.speed_m_s * rng.uniform(1, 2))
        )
    before, _ = nearest_times(network, homes, sites, [np.arange(6)], cutoff_s=cutoff)
    after, _ = nearest_times(better, homes, sites, [np.arange(6)], cutoff_s=cutoff * (1.3 if more == "cutoff" else 1))
    assert (after <= before).all()
    few, many = (times_within(walk, homes, sites, cutoff_s=cutoff) for walk in (network, better))
    assert (dense(many, (9, 6)) <= dense(few, (9, 6))).all()


@given(st.integers(0, 100_000))
def test_counts_are_the_sites_within_each_residences_own_threshold(seed):
    network = with_zones(random_network(seed), seed)
    homes, sites = random_places(network, seed, 9, n_zones=3), random_places(network, seed + 1, 12)
    rng = np.random.default_rng(seed)
    threshold_s = rng.choice([300.0, 600.0], 9)
    groups = [np.flatnonzero(rng.random(12) < 0.4) for _ in range(3)]
    within = dense(times_within(network, homes, sites, cutoff_s=600.0), (9, 12))
    expected = np.stack([(within[:, group] <= threshold_s[:, None]).sum(axis=1) for group in groups], axis=1)
    assert _counts(network, homes, sites, groups, threshold_s).tolist() == expected.tolist()


def test_the_two_nearest_of_a_kind_come_by_rank():
    # From h at 120 m: s3 at 150 (30 m), s2 at 200 (80 m), s1 at 0 (120 m); only one dining.
    network = drawn_network(NODES, EDGES)
    sites = spots({"s1": (0, 0), "s2": (200, 0), "s3": (150, 0)}, "site_id")
    kinds = holds({"s1": "school", "s2": "school", "s3": "dining"})
    kinds = pd.concat([kinds, holds({"s3": "school"})], ignore_index=True)
    frame = nearest_sites(network, spots({"h": (120, 0)}), sites, kinds, cutoff_s=900, k=2)
    assert frame.columns.tolist() == ["residence_id", "kind", "rank", "time_s", "site_id", "snap_m"]
    found = frame[frame["kind"].isin(["school", "dining"])]
    assert found[["kind", "rank", "site_id"]].to_numpy().tolist() == [
        ["school", 1, "s3"], ["school", 2, "s2"], ["dining", 1, "s3"],
    ]  # fmt: skip
    assert found["time_s"].tolist() == pytest.approx([30, 80, 30], abs=0.05)
    rest = frame[~frame["kind"].isin(["school", "dining"])]
    assert len(rest) == 25
    assert (rest["rank"] == 1).all()
    assert np.isinf(rest["time_s"]).all()
    assert rest["site_id"].isna().all()


@pytest.mark.parametrize("k", [0, -1, 1.5, "two"])
def test_k_must_be_a_whole_number(k):
    network, people, places = drawn_network(NODES, EDGES), spots({"h": (0, 0)}), spots({"s": (0, 0)}, "site_id")
    with pytest.raises(InputError, match="give a whole number of sites"):
        nearest_sites(network, people, places, holds({"s": "school"}), cutoff_s=900, k=k)


@given(st.integers(0, 10_000))
def test_scipy_reaches_the_same_nodes(seed):
    network = with_zones(random_network(seed), seed)
    homes = random_places(network, seed, 6, n_zones=3)
    found = reached_nodes(network, homes, cutoff_s=500.0)
    at_nodes = [(e, f) for v in range(len(network.node_id)) for e, f in [_end_at(network, v)]]
    n = len(at_nodes)
    edge, fraction = (np.array(column) for column in zip(*at_nodes, strict=True))
    nodes = Snaps(np.arange(n + 1), edge, fraction.astype(float), np.zeros(n), np.zeros(n, dtype=np.int64))
    for i in range(6):
        walked = as_walked_by(network, int(homes.own[i]))
        theirs = scipy_times_s(walked, take(homes, np.array([i])), nodes, limit_s=600.0)[0]
        ours = np.full(n, np.inf)
        mine = slice(found.indptr[i], found.indptr[i + 1])
        ours[found.node[mine]] = found.time_s[mine]
        assert len(set(found.node[mine].tolist())) == found.indptr[i + 1] - found.indptr[i]
        near = np.isfinite(ours)
        assert ours[near] == pytest.approx(theirs[near], abs=2e-3)
        assert (theirs[~near] > 500 - 2e-3).all()


def _end_at(network, vertex):
    """An edge that ends at a vertex, and the fraction of that end."""
    at_u = np.flatnonzero(network.edge_u == vertex)
    return (int(at_u[0]), 0.0) if len(at_u) else (int(np.flatnonzero(network.edge_v == vertex)[0]), 1.0)


def test_warming_up_leaves_nothing_to_compile():
    warm_up()
    searches = [getattr(_kernels, name) for name in ("nearest_places", "in_ticks", "times_between", "counts_within")]
    searches += [_kernels.reached_parts, _kernels.reached_nodes, _kernels.first_links, _kernels.put_rows]
    known = [len(search.signatures) for search in searches]
    network = gated()
    people, places = spots({"i": (20, 5)}), spots({"t": (140, 5)}, "site_id")
    nearest_sites(network, people, places, holds({"t": "school"}), cutoff_s=900, k=2)
    home, there = network.snap(people.geometry), network.snap(places.geometry)
    nearest_times(network, home, there, [np.array([0])], cutoff_s=900)
    _counts(network, home, there, [np.array([0])], np.array([900.0]))
    reached_parts(network, home, cutoff_s=900)
    reached_nodes(network, home, cutoff_s=900)
    links_passed(network, home, there, np.array([0]), np.array([0]), cutoff_s=900)
    assert [len(search.signatures) for search in searches] == known


def test_many_more_entries_than_there_is_room_for_at_first():
    # A star of 3,000 streets of 10 m: one corner with more arcs than a search first has room for.
    nodes = {"c": (0, 0), **{f"{i}": (10, 0) for i in range(3000)}}
    network = drawn_network(nodes, [("c", f"{i}", 10.0) for i in range(3000)])
    home = at_corners(network, [7])
    parts = reached_parts(network, home, cutoff_s=20)
    assert parts.edge.tolist() == list(range(3000))
    ends = Snaps(np.arange(3001), np.arange(3000), np.ones(3000), np.zeros(3000), np.zeros(3000, dtype=np.int64))
    assert times_within(network, home, ends, cutoff_s=20).toarray().tolist() == [[10.0] * 3000]
    time_s, _ = nearest_times(network, ends, home, [np.array([0])], cutoff_s=20)
    assert (time_s == 10).all()


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
