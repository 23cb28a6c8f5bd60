"""What slopes, steps and crossings do to a walk."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from circle15.errors import ConfigError, DataError, InputError
from circle15.network import PROFILES, Profile, WalkNetwork, profiles_with
from circle15.network.slopes import edge_slopes, tobler_pace
from circle15.reach import travel_times
from circle15.sources.elevation import Elevation, read_elevation
from circle15.sources.osm import read_osm
from circle15.study import Study
from circle15.units import local_crs
from drawn import ORIGIN, line, place, random_nodes, spots
from test_network import network_of

ADULT = PROFILES["adult"]
UP_10 = math.exp(0.35)  # exp(3.5 * 0.10) = 1.419 times as long


def ground(height, *, cell_m=25.0, west=-1500.0, east=1500.0) -> Elevation:
    """Heights as a function of metres east and north, on cells of some metres in the local plane."""
    columns, rows = round((east - west) / cell_m), round(3000 / cell_m)
    x, y = np.meshgrid(west + (np.arange(columns) + 0.5) * cell_m, 1500 - (np.arange(rows) + 0.5) * cell_m)
    return Elevation(
        path=Path("drawn.tif"),
        heights_m=(height(x, y) + np.zeros_like(x)).astype(np.float32),
        crs=local_crs(*ORIGIN),
        grid=Affine(cell_m, 0, west, 0, -cell_m, 1500),
        resolution_m=cell_m,
    )


def ramp(x, y):
    """One metre up in ten metres east."""
    return 0.1 * x


def on_ground(nodes, edges, elevation, *, steps=(), profile="adult", drawn=None, **options) -> WalkNetwork:
    table = pd.DataFrame(edges, columns=["u", "v", "length_m"])
    table["street_class"] = ["steps" if i in steps else "road" for i in range(len(edges))]
    if drawn is not None:
        table = gpd.GeoDataFrame(table, geometry=drawn, crs="EPSG:4326")
    options = {"min_component_m": 0.0, **options}
    return WalkNetwork.from_edges(spots(nodes, "node_id"), table, profile=profile, elevation=elevation, **options)


#   a ---100 m--- b       10 % up from a to b
AB = {"a": (0.0, 0.0), "b": (100.0, 0.0)}


def test_ten_percent_up_and_down():
    network = on_ground(AB, [("a", "b", 100.0)], ground(ramp))
    # Up: 100 m / 1.2 m/s x exp(3.5 (|0.1 + 0.05| - 0.05)) = 83.33 x 1.4191 = 118.26 s.
    # Down: |-0.1 + 0.05| - 0.05 = 0: as on the flat, 83.33 s.
    assert network.edge_time_s[0] == pytest.approx([118.256, 83.333], abs=0.01)
    assert network.edge_known.tolist() == [1.0]
    assert network.edge_steepest == pytest.approx([0.1], abs=1e-4)


@pytest.mark.parametrize(
    ("slope", "up", "down"),
    [
        (0.05, math.exp(0.175), math.exp(-0.175)),  # 5 % down is Tobler's optimum
        (0.20, math.exp(0.70), math.exp(0.35)),  # |-0.20 + 0.05| - 0.05 = 0.10
        (0.40, math.exp(1.40), math.exp(1.05)),
        (0.80, math.exp(1.40), math.exp(1.05)),  # steeper than any street: counts as 40 %
    ],
)
def test_paces(slope, up, down):
    pace = on_ground(AB, [("a", "b", 100.0)], ground(lambda x, y: slope * x)).edge_pace
    assert pace[0] == pytest.approx([up, down], rel=1e-4)


def test_a_bend_is_followed():
    #                c       a to b rises by 10 %, b to c is level: steps of 25 m, four of each, so the mean of both
    #                |       (as the crow flies from a to c it would rise by 7 % all the way)
    #   a --100 m--- b
    nodes = {"a": (0.0, 0.0), "c": (100.0, 100.0)}
    network = on_ground(nodes, [("a", "c", 200.0)], ground(ramp), drawn=[line((0, 0), (100, 0), (100, 100))])
    assert network.edge_pace[0] == pytest.approx([(UP_10 + 1) / 2, 1.0], abs=2e-3)
    assert network.edge_steepest == pytest.approx([0.1], abs=1e-3)


def test_out_and_back_total_the_same_in_either_order():
    hill = ground(lambda x, y: 30 * np.sin(x / 60) + 0.02 * y)
    nodes = {"a": (0.0, 0.0), "b": (130.0, 20.0), "c": (300.0, 90.0)}
    there = on_ground(nodes, [("a", "b", 132.0), ("b", "c", 184.0)], hill).edge_time_s
    back = on_ground(nodes, [("c", "b", 184.0), ("b", "a", 132.0)], hill).edge_time_s
    assert there.sum() == pytest.approx(back.sum(), rel=1e-9)
    assert there[0] == pytest.approx(back[1, ::-1], rel=1e-9)
    assert (np.abs(there[:, 0] - there[:, 1]) > 1.0).all()  # and each differs from its way back


def test_steps_have_their_own_factor_and_no_slope():
    network = on_ground(AB, [("a", "b", 100.0)], ground(ramp), steps=(0,))
    assert network.edge_time_s.tolist() == [[pytest.approx(100 / 1.2 / 0.5)] * 2]


def test_planning_and_metres_know_neither_slopes_nor_delays(tmp_path):
    network = on_ground(AB, [("a", "b", 100.0)], ground(ramp))
    for level in (replace(network, profile=PROFILES["planning"]), network.in_metres()):
        assert level.edge_time_s.tolist() == [[100.0, 100.0]]
    crossing = crossed(tmp_path, {"highway": "crossing"})
    assert crossing.in_metres().edge_time_s[:, 0] == pytest.approx(crossing.edge_length_m)


def test_an_edge_half_beyond_the_heights_is_half_flat():
    # Heights end at 115 m east; 200 m in eight steps of 25 m: the first four rise by 10 %, the rest is not known.
    network = on_ground(
        {"a": (0.0, 0.0), "b": (200.0, 0.0)}, [("a", "b", 200.0)], ground(ramp, west=-1510.0, east=115.0)
    )
    assert network.edge_known.tolist() == [0.5]
    assert network.edge_pace[0] == pytest.approx([(UP_10 + 1) / 2, 1.0], abs=1e-3)
    assert network.edge_steepest == pytest.approx([0.1], abs=1e-3)


def test_a_void_is_flat_and_not_known():
    elevation = ground(lambda x, y: np.where(np.abs(x - 50) < 100, np.nan, 0.1 * x))
    nodes = {"a": (0.0, 0.0), "b": (100.0, 0.0), "c": (500.0, 0.0), "d": (600.0, 0.0)}
    network = on_ground(nodes, [("a", "b", 100.0), ("c", "d", 100.0)], elevation)
    assert network.edge_known.tolist() == [0.0, 1.0]
    assert network.edge_pace[:, 0] == pytest.approx([1.0, UP_10], rel=1e-4)
    assert np.isnan(network.edge_steepest).tolist() == [True, False]


def test_heights_of_another_place_are_refused():
    with pytest.raises(DataError, match=r"drawn\.tif: has no height along any street"):
        on_ground(AB, [("a", "b", 100.0)], ground(ramp, west=1000.0))


def test_a_gate_without_length_is_flat():
    slopes = edge_slopes(
        np.array([place(0, 0), place(0, 0)]), np.array([0, 2]), np.array([0.0]), ground(ramp), aloft=np.array([False])
    )
    assert slopes.pace.tolist() == [[1.0, 1.0]]
    assert slopes.steepest.tolist() == [0.0]


def test_one_wrong_cell_makes_no_steep_street():
    # A cell of 10 m is 5 m too high: 50 % up and down by itself. A ninth of it is left, 0.56 m, and spread over 30 m.
    def spike(x, y):
        return np.where((np.abs(x - 105) < 1) & (np.abs(y - 5) < 1), 5.0, 0.0)

    nodes = {"a": (0.0, 5.0), "b": (200.0, 5.0)}
    network = on_ground(nodes, [("a", "b", 200.0)], ground(spike, cell_m=10.0), profile="wheelchair")
    assert 0 < network.edge_steepest[0] < 0.03
    assert network.edge_open.tolist() == [[True, True]]
    assert (network.edge_pace[0] > 0.99).all()
    assert (network.edge_pace[0] < 1.02).all()


def test_wheels_stay_off_steep_streets_both_ways():
    #   c ---- d  80 m east is 7 m up along b-c: 8.75 %; a-b is 10 m up in 125 m: 8 %
    nodes = {"a": (0.0, 0.0), "b": (125.0, 0.0), "c": (205.0, 0.0)}
    hill = ground(lambda x, y: np.where(x < 125, 0.08 * x, 10 + 0.0875 * (x - 125)), cell_m=5.0)
    network = on_ground(nodes, [("a", "b", 125.0), ("b", "c", 80.0)], hill, profile="wheelchair")
    assert network.edge_steepest == pytest.approx([0.08, 0.0875], abs=2e-3)
    assert network.edge_open.tolist() == [[True, True], [False, False]]
    assert np.isinf(network.edge_time_s[1]).all()
    adult = replace(network, profile=ADULT)
    assert np.isfinite(adult.edge_time_s).all()


def test_steep_for_thirty_metres_is_steep_though_the_street_is_long():
    hill = ground(lambda x, y: 0.2 * np.clip(x - 200, 0, 60), cell_m=10.0)
    nodes = {"a": (0.0, 0.0), "b": (500.0, 0.0)}
    network = on_ground(nodes, [("a", "b", 500.0)], hill, profile="wheelchair")
    # 12 m up in 500 m is 2.4 % from end to end, but 20 % in between
    assert network.edge_steepest == pytest.approx([0.2], abs=0.01)
    assert not network.edge_open.any()


def test_a_wheelchair_isnt_snapped_to_a_street_it_cant_use():
    #   c ======== d   level, 65 m or 150 m north of the steep one
    #
    #     x            home, 20 m north of the steep street
    #   a -------- b   up 10 %
    # The level one will do where it lies at most 30 m farther than the one at the door: 45 m, but not 130 m.
    hill = ground(lambda x, y: np.where(y < 40, 0.1 * x, 0.0), cell_m=5.0)
    home = spots({"x": (50.0, 20.0)}).geometry
    for profile, north_m, edges, legs_m in (
        ("adult", 65.0, [0], [20.0]),
        ("wheelchair", 65.0, [1], [45.0]),
        ("wheelchair", 150.0, [], []),
    ):
        nodes = {**AB, "c": (0.0, north_m), "d": (100.0, north_m)}
        network = on_ground(nodes, [("a", "b", 100.0), ("c", "d", 100.0)], hill, profile=profile, min_component_m=50.0)
        snaps = network.snap(home)
        assert snaps.edge.tolist() == edges
        assert snaps.leg_m.tolist() == pytest.approx(legs_m, abs=0.1)


def test_steep_streets_join_no_island():
    #   a --60-- b --steep 60-- c --60-- d: 180 m for an adult, two islands of 60 m for a wheelchair
    hill = ground(lambda x, y: 0.2 * np.clip(x, 60, 120), cell_m=5.0)
    nodes = {name: (60.0 * i, 0.0) for i, name in enumerate("abcd")}
    edges = [("a", "b", 60.0), ("b", "c", 60.0), ("c", "d", 60.0)]
    network = on_ground(nodes, edges, hill)
    assert network.component_m.tolist() == [180.0] * 3
    assert replace(network, profile=PROFILES["wheelchair"]).component_m[[0, 2]].tolist() == [60.0, 60.0]


@pytest.mark.parametrize(
    ("tags", "up"),
    [
        ({"bridge": "yes"}, 1.0),
        ({"bridge": "no"}, UP_10),
        ({"tunnel": "building_passage"}, 1.0),
        ({"indoor": "yes"}, 1.0),
        ({"covered": "yes"}, UP_10),
        ({"highway": "corridor"}, 1.0),
    ],
)
def test_bridges_and_tunnels_are_flat(tmp_path, tags, up):
    nodes = {1: (0, 0, {}), 2: (100, 0, {})}
    ways = {1: ([1, 2], {"highway": "footway", **tags})}
    network = network_of(tmp_path, nodes, ways, profile="adult", elevation=ground(ramp))
    assert network.edge_pace[0] == pytest.approx([up, 1.0], rel=1e-3)


@pytest.mark.parametrize(
    ("tags", "heights", "walked"),
    [
        ({}, None, True),  # nothing is known
        ({}, ramp, False),
        ({"incline": "4%"}, ramp, True),  # told on the spot, before what a model thinks
        ({"incline": "-12.5 %"}, None, False),
        ({"incline": "up"}, ramp, False),
        ({"wheelchair": "no"}, None, False),
        ({"wheelchair": "limited"}, None, True),
        ({"bridge": "yes"}, ramp, True),
    ],
)
def test_what_tags_say_of_wheels(tmp_path, tags, heights, walked):
    nodes = {1: (0, 0, {}), 2: (100, 0, {})}
    ways = {1: ([1, 2], {"highway": "footway", **tags})}
    elevation = None if heights is None else ground(heights)
    network = network_of(tmp_path, nodes, ways, profile="wheelchair", elevation=elevation)
    assert network.edge_open.tolist() == [[walked, walked]]
    assert replace(network, profile=ADULT).edge_open.all()


#            5
#            |  path, 60 m
#   1 ------ 2 ------ 3     road, 2 is the crossing
#            |  path, 40 m
#            4
def crossed(tmp_path, tags, path_ways=((4, 2), (2, 5)), **path_tags):
    nodes = {1: (-100, 0, {}), 2: (0, 0, tags), 3: (100, 0, {}), 4: (0, -40, {}), 5: (0, 60, {})}
    ways = {1: ([1, 2, 3], {"highway": "residential"})}
    for i, refs in enumerate(path_ways, start=2):
        ways[i] = (list(refs), {"highway": "footway", **path_tags})
    return network_of(tmp_path, nodes, ways, profile="adult")


@pytest.mark.parametrize(
    ("tags", "delay_s"),
    [
        ({"highway": "crossing", "crossing": "zebra"}, 5.0),
        ({"highway": "crossing", "crossing": "traffic_signals"}, 20.0),
        ({"highway": "crossing", "crossing:signals": "yes"}, 20.0),
        ({"highway": "crossing", "crossing:signals": "no"}, 5.0),
        ({"highway": "traffic_signals"}, 20.0),
        ({"highway": "crossing", "crossing": "no"}, 0.0),
        ({"highway": "stop"}, 0.0),
    ],
)
def test_across_the_road_waits_once_along_it_never(tmp_path, tags, delay_s):
    network = crossed(tmp_path, tags)
    path, wait_s = network.edge_class == "path", network.edge_time_s - network.edge_length_m[:, None] / 1.2
    assert wait_s[path] == pytest.approx(np.full((2, 2), delay_s / 2))  # half on each side
    assert wait_s[~path] == pytest.approx(np.zeros((2, 2)))
    ends = spots({"south": (0, -40), "north": (0, 60), "west": (-100, 0), "east": (100, 0)})
    times = travel_times(replace(network, min_component_m=0.0), ends, ends, cutoff_s=900)
    time_s = pd.DataFrame(times.time_s.toarray(), times.row_ids, times.column_ids)
    assert time_s.loc["south", "north"] == pytest.approx(100 / 1.2 + delay_s, abs=0.01)
    assert time_s.loc["west", "east"] == pytest.approx(200 / 1.2, abs=0.01)
    assert time_s.loc["south", "east"] == pytest.approx(140 / 1.2 + delay_s / 2, abs=0.01)  # who knows which side


def test_one_path_drawn_across_pays_as_two_do(tmp_path):
    network = crossed(tmp_path, {"highway": "crossing"}, path_ways=((4, 2, 5),))
    assert sorted(network.edge_crossings.tolist()) == [[0, 0], [0, 0], [0.5, 0], [0.5, 0]]


@pytest.mark.parametrize(("path_ways", "charged"), [(((4, 2, 5),), [[1, 0]]), (((4, 2), (2, 5)), [[0.5, 0]] * 2)])
def test_a_crossing_of_a_road_that_isnt_walked(tmp_path, path_ways, charged):
    nodes = {2: (0, 0, {"highway": "crossing"}), 4: (0, -40, {}), 5: (0, 60, {})}
    nodes |= {1: (-100, 0, {}), 3: (100, 0, {})}
    ways = {1: ([1, 2, 3], {"highway": "motorway"})}
    ways |= {i: (list(refs), {"highway": "footway"}) for i, refs in enumerate(path_ways, start=2)}
    assert network_of(tmp_path, nodes, ways).edge_crossings.tolist() == charged


def test_a_crossing_that_no_path_meets_charges_nobody(tmp_path):
    nodes = {1: (-100, 0, {}), 2: (0, 0, {"highway": "crossing"}), 3: (100, 0, {})}
    network = network_of(tmp_path, nodes, {1: ([1, 2, 3], {"highway": "residential"})})
    assert network.edge_crossings.tolist() == [[0, 0]]


def test_profiles_are_data():
    assert list(PROFILES) == ["planning", "adult", "elderly", "child", "wheelchair"]
    assert all(profile.zh and profile.en and profile.basis for profile in PROFILES.values())
    plain = PROFILES["planning"]
    assert (plain.speed_m_s, plain.stairs_factor, plain.slope, plain.minds_slopes) == (1.0, 1.0, False, False)
    assert (plain.crossing_delay_s, plain.crossing_delay_signals_s) == (0.0, 0.0)
    own = profiles_with({"child": {"speed_m_s": 0.7}, "pram": {"speed_m_s": 1.0, "stairs_factor": 0.0}})
    assert own["child"] == replace(PROFILES["child"], speed_m_s=0.7)
    assert own["pram"] == Profile("pram", 1.0, stairs_factor=0.0)
    assert PROFILES["child"].speed_m_s == 0.9


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"stairs_factor": 0.5}, "profile pram: speed_m_s is missing"),
        ({"speed_m_s": 9.0}, "profile pram: speed_m_s is 9.0; give metres a second"),
        ({"speed_m_s": 1.0, "max_slope": 8.0}, r"profile pram: max_slope is 8.0; give rise over run"),
        ({"speed_m_s": 1.0, "crossing_delay_s": -1.0}, "profile pram: crossing_delay_s is -1.0; give seconds"),
        ({"speed_m_s": 1.0, "speed": 1.0}, "profile pram: speed is unknown; use basis, crossing_delay_s"),
    ],
)
def test_wrong_profiles_are_refused(table, message):
    with pytest.raises(InputError, match=message):
        profiles_with({"pram": table})


CONFIG = """
id = "drawn"
title_zh = "画"
title_en = "Drawn"
osm.file = "{osm}"
[walk]
profile = "{profile}"
{walk}
"""


def study(folder, walk, *, profile="pram", osm="drawn.osm"):
    path = folder / "study.toml"
    path.write_text(CONFIG.format(osm=osm, profile=profile, walk=walk), encoding="utf-8")
    return Study.from_config(path)


def test_a_config_defines_profiles(tmp_path):
    own = study(tmp_path, "[walk.profiles.pram]\nspeed_m_s = 1.0\nslope = true\n").profile
    assert own == Profile("pram", 1.0, slope=True)
    for walk, message in (
        ("", r"study\.toml: key 'walk\.profile': profile 'pram' isn't known"),
        ("[walk.profiles.pram]\nslope = true", r"key 'walk\.profiles': profile pram: speed_m_s is missing"),
        ("[walk.profiles.pram]\nspeed = 1.0", r"key 'walk\.profiles\.pram\.speed' is unknown; use one of speed_m_s, "),
        ("[walk.profiles.pram]\nslope = 1", r"key 'walk\.profiles\.pram\.slope': input should be a valid boolean"),
        ('[walk.profiles."p r"]\nspeed_m_s = 1.0', r"'p r' can't be an id"),
    ):
        with pytest.raises(ConfigError, match=message):
            study(tmp_path, walk)


@given(seed=st.integers(0, 2**20), height=st.floats(-100, 4000))
def test_flat_ground_changes_nothing(seed, height):
    xy = random_nodes(seed, 6)
    lines = [shapely.LineString([place(*xy[i]), place(*xy[i + 1])]) for i in range(5)]
    slopes = edge_slopes(
        shapely.get_coordinates(lines),
        np.arange(0, 12, 2),
        np.hypot(*np.diff(xy, axis=0).T),
        ground(lambda x, y: height),
        aloft=np.zeros(5, dtype=bool),
    )
    assert slopes.pace == pytest.approx(np.ones((5, 2)), abs=1e-9)
    assert slopes.steepest == pytest.approx(np.zeros(5), abs=1e-9)


STREET_AND_STEPS = on_ground(AB, [("a", "b", 100.0), ("a", "b", 90.0)], None, steps=(1,))


@given(
    slope=st.floats(-0.6, 0.6),
    speed=st.floats(0.1, 5.0),
    more=st.floats(0.0, 4.9),
    halves=st.integers(0, 4),
    factor=st.floats(0.01, 1.0),
)
def test_a_higher_speed_never_lengthens_a_time(slope, speed, more, halves, factor):
    slow, fast = (
        replace(
            STREET_AND_STEPS,
            profile=replace(ADULT, speed_m_s=each, stairs_factor=factor),
            edge_pace=np.full((2, 2), tobler_pace(np.array(slope))),
            edge_crossings=np.full((2, 2), halves / 2),
        )
        for each in (speed, min(speed + more, 5.0))
    )
    assert (fast.edge_time_s <= slow.edge_time_s).all()


@given(slope=st.floats(0.05, 1.0), more=st.floats(0.0, 1.0))
def test_beyond_the_optimum_steeper_is_never_faster_and_up_is_slower_than_down(slope, more):
    steeper = slope + more
    up, down, up_more, down_more = (float(tobler_pace(np.array(s))) for s in (slope, -slope, steeper, -steeper))
    assert up_more >= up > down
    assert down_more >= down


@pytest.fixture(scope="module")
def monaco(shared_data):
    osm = read_osm(shared_data / "monaco.osm.pbf")
    box = (*osm.way_lonlat.min(axis=0).tolist(), *osm.way_lonlat.max(axis=0).tolist())
    heights = read_elevation(shared_data / "N43E007.hgt", box=box)
    return WalkNetwork.from_osm(osm, profile="adult", elevation=heights), heights


def test_monaco_slopes_matter(monaco):
    network, _ = monaco
    assert (network.edge_known @ network.edge_length_m) / network.edge_length_m.sum() > 0.99
    flat = replace(network, profile=replace(network.profile, slope=False))
    both = network.edge_open.all(axis=1)
    # Tobler is convex: out and back over a hill takes longer than over the plain (beyond small descents).
    assert network.edge_time_s[both].sum() > 1.1 * flat.edge_time_s[both].sum()
    # On an edge of even slope beyond the optimum, up is slower than down.
    steep = both & (np.abs(np.log(network.edge_pace)).max(axis=1) > 0.2) & (network.edge_length_m < 60)
    up, down = network.edge_time_s[steep].max(axis=1), network.edge_time_s[steep].min(axis=1)
    assert steep.sum() > 500
    assert (up > down).all()


def test_monaco_the_rock_is_up(monaco):
    network, heights = monaco
    # From the port to the palace on its rock, and back: up is slower.
    at = {"port": (7.4207, 43.7349), "palace": (7.4205, 43.7312)}
    low, high = heights.at(np.array(list(at.values())))
    assert high > low + 20
    ends = gpd.GeoDataFrame(
        {"residence_id": list(at)}, geometry=[shapely.Point(one) for one in at.values()], crs="EPSG:4326"
    )
    times = travel_times(network, ends, ends, cutoff_s=3600)
    time_s = pd.DataFrame(times.time_s.toarray(), times.row_ids, times.column_ids)
    assert time_s.loc["port", "palace"] > time_s.loc["palace", "port"] > 0


def test_monaco_stairs_matter(monaco):
    network, _ = monaco
    steps = network.edge_class == "steps"
    assert steps.sum() > 250
    same = replace(network, profile=replace(network.profile, stairs_factor=1.0))
    assert network.edge_time_s[steps] == pytest.approx(2 * same.edge_time_s[steps])
    assert (network.edge_time_s[~steps] == same.edge_time_s[~steps]).all()
    wheels = replace(network, profile=PROFILES["wheelchair"])
    assert not wheels.edge_open[steps].any()
    assert 0.1 < wheels.edge_open[~steps].mean() < 0.9  # a steep town


def test_a_study_says_what_heights_it_has(shared_data, tmp_path):
    walk = f'elevation = "{(shared_data / "N43E007.hgt").as_posix()}"'
    files = {"osm": (shared_data / "monaco.osm.pbf").as_posix()}
    found = study(tmp_path, walk, profile="elderly", **files).check()
    assert any("N43E007.hgt has heights for 99." in said["en"] for said in found["overview"])
    assert any("km of street lie beyond the heights of" in said["en"] for said in found["warnings"])
    found = study(tmp_path, "", profile="wheelchair", **files).check()
    assert any("count as flat, and only tags bar what is steeper than 8.3%" in said["en"] for said in found["warnings"])
    result = study(tmp_path, walk, profile="planning", **files).run()
    assert [one["file"] for one in result.manifest["inputs"]] == ["monaco.osm.pbf"]
    assert not any("flat" in said["en"] for said in result.manifest["warnings"])
    result = study(tmp_path, walk, profile="elderly", **files).run()
    assert [one["file"] for one in result.manifest["inputs"]] == ["monaco.osm.pbf", "N43E007.hgt"]
