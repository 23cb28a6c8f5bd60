"""Where people may walk, how ways become edges, and how places hang on them."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from circle15.errors import DataError, InputError
from circle15.network import PROFILES, Profile, WalkNetwork, foot_access, foot_directions, gate_rule
from circle15.sources.osm import read_osm
from drawn import drawn_network, network_of, osm_file, place, random_network, spots


@pytest.mark.parametrize(
    ("tags", "who"),
    [
        ({"highway": "residential"}, "public"),
        ({"highway": "footway"}, "public"),
        ({"highway": "steps"}, "public"),
        ({"highway": "corridor"}, "public"),
        ({"railway": "platform"}, "public"),
        ({"public_transport": "platform"}, "public"),
        ({"highway": "service", "access": "destination"}, "public"),
        ({"highway": "service", "access": "permissive"}, "public"),
        ({"highway": "service", "access": "private"}, "private"),
        ({"highway": "service", "access": "customers"}, "customers"),
        ({"highway": "service", "access": "private", "foot": "designated"}, "public"),
        ({"highway": "path", "foot": "private"}, "private"),
        ({"highway": "path", "access": "no"}, None),
        ({"highway": "path", "access": "no", "foot": "yes"}, "public"),
        ({"highway": "cycleway", "foot": "no"}, None),
        ({"highway": "primary", "foot": "use_sidewalk"}, None),
        ({"highway": "primary", "sidewalk": "no"}, "public"),
        ({"highway": "trunk"}, "public"),
        ({"highway": "trunk", "sidewalk": "no"}, None),
        ({"highway": "trunk", "sidewalk": "no", "foot": "yes"}, "public"),
        ({"highway": "trunk", "motorroad": "yes"}, None),
        ({"highway": "motorway"}, None),
        ({"highway": "motorway", "foot": "yes"}, "public"),
        ({"highway": "construction"}, None),
        ({"highway": "proposed", "foot": "yes"}, None),
        ({"highway": "raceway"}, None),
        ({"highway": "residential", "vehicle": "no", "motor_vehicle": "private"}, "public"),
        ({"building": "yes"}, None),
    ],
)
def test_who_may_walk(tags, who):
    assert foot_access(tags) == who


@pytest.mark.parametrize(
    ("tags", "both"),
    [
        ({"oneway": "yes"}, (True, True)),
        ({"oneway": "-1", "highway": "footway"}, (True, True)),
        ({"oneway:foot": "yes"}, (True, False)),
        ({"oneway:foot": "-1"}, (False, True)),
        ({"oneway:foot": "no", "conveying": "forward"}, (True, True)),
        ({"conveying": "forward"}, (True, False)),
        ({"conveying": "backward"}, (False, True)),
        ({"conveying": "reversible"}, (True, True)),
    ],
)
def test_directions(tags, both):
    assert foot_directions(tags) == both


@pytest.mark.parametrize(
    ("tags", "stops"),
    [
        ({"barrier": "bollard", "access": "no"}, False),
        ({"barrier": "block"}, False),
        ({"barrier": "kerb"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "gate", "access": "no"}, True),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, False),
        ({"barrier": "gate", "access": "yes", "foot": "no"}, True),
        ({"barrier": "lift_gate", "access": "private"}, True),
        ({"entrance": "main", "access": "private"}, False),
    ],
)
def test_gates(tags, stops):
    assert (gate_rule(tags) == "closed") == stops


def pairs(network):
    """The edges as node-id pairs with rounded metres, in a fixed order."""
    ends = zip(network.node_id[network.edge_u], network.node_id[network.edge_v], strict=True)
    return sorted(
        (*sorted(map(str, pair)), round(float(m))) for pair, m in zip(ends, network.edge_length_m, strict=True)
    )


def test_ways_are_cut_where_streets_meet_and_nowhere_else(tmp_path):
    #            4
    #            |  way 20
    #  1 -- 2 -- 3 -- 5      way 10: node 2 is only a bend, node 3 a junction
    nodes = {1: (0, 0, {}), 2: (100, 0, {}), 3: (200, 0, {}), 4: (200, 50, {}), 5: (300, 0, {})}
    ways = {10: ([1, 2, 3, 5], {"highway": "residential"}), 20: ([4, 3], {"highway": "footway"})}
    network = network_of(tmp_path, nodes, ways)
    assert pairs(network) == [("n1", "n3", 200), ("n3", "n4", 50), ("n3", "n5", 100)]


def test_ways_that_cross_without_a_shared_node_do_not_meet(tmp_path):
    nodes = {1: (0, 0, {}), 2: (200, 0, {}), 3: (100, -100, {}), 4: (100, 100, {})}
    ways = {
        10: ([1, 2], {"highway": "residential"}),
        20: ([3, 4], {"highway": "footway", "bridge": "yes", "layer": "1"}),
    }
    network = network_of(tmp_path, nodes, ways)
    assert len(set(network.component)) == 2


def test_a_way_that_crosses_itself_and_a_ring(tmp_path):
    # 1 -- 2 -- 3 -- 4 -- 2: node 2 is met twice; ring 5-6-7-5 hangs on nothing and has one vertex
    nodes = {i: (100.0 * i, 37.0 * i * i, {}) for i in range(1, 8)}
    ways = {10: ([1, 2, 3, 4, 2], {"highway": "path"}), 20: ([5, 6, 7, 5], {"highway": "path"})}
    network = network_of(tmp_path, nodes, ways)
    ends = [(u, v) for u, v, _ in pairs(network)]
    assert ends == [("n1", "n2"), ("n2", "n2"), ("n5", "n5")]


def test_an_open_gate_and_a_bollard_stop_nobody(tmp_path):
    nodes = {1: (0, 0, {}), 2: (100, 0, {"barrier": "gate"}), 3: (200, 0, {"barrier": "bollard"}), 4: (300, 0, {})}
    network = network_of(tmp_path, nodes, {10: ([1, 2, 3, 4], {"highway": "service"})})
    assert pairs(network) == [("n1", "n4", 300)]


def test_no_public_street_is_refused(tmp_path):
    nodes = {1: (0, 0, {}), 2: (100, 0, {})}
    path = osm_file(tmp_path, nodes, {10: ([1, 2], {"highway": "motorway"})})
    with pytest.raises(DataError, match="no street that the public may walk on"):
        WalkNetwork.from_osm(read_osm(path))


def test_lengths_are_geodesic(tmp_path):
    nodes = {1: (0, 0, {}), 2: (700, 0, {}), 3: (700, 900, {})}
    network = network_of(tmp_path, nodes, {10: ([1, 2, 3], {"highway": "residential"})})
    (lon1, lat1), (lon2, lat2), (lon3, lat3) = place(0, 0), place(700, 0), place(700, 900)
    expected = Geod(ellps="WGS84").line_length([lon1, lon2, lon3], [lat1, lat2, lat3])
    assert network.edge_length_m.sum() == pytest.approx(expected, rel=1e-6)


def test_profiles_change_times_only_as_they_say():
    nodes = {"a": (0, 0), "b": (100, 0), "c": (200, 0)}
    edges = [("a", "b", 120.0), ("b", "c", 120.0)]
    planning, adult, wheels = (
        drawn_network(nodes, edges, steps=(1,), profile=profile) for profile in ("planning", "adult", "wheelchair")
    )
    assert planning.edge_time_s.tolist() == [[120, 120], [120, 120]]  # 1.0 m/s, steps like streets
    assert adult.edge_time_s.tolist() == [[100, 100], [200, 200]]  # 1.2 m/s, half of it on steps
    assert adult.in_metres().edge_time_s.tolist() == [[120, 120], [120, 120]]
    assert wheels.edge_length_m.tolist() == [120]  # never on steps


def test_unknown_profile_is_refused_by_name():
    with pytest.raises(InputError, match=r"profile 'jogger' isn't known; use planning, adult"):
        drawn_network({"a": (0, 0), "b": (1, 0)}, [("a", "b", 1.0)], profile="jogger")
    with pytest.raises(InputError, match="speed_m_s is 0"):
        Profile("still", 0.0)
    assert PROFILES["planning"].speed_m_s * 900 == 900  # GB 50180: 800 to 1,000 m in 15 minutes


#   a -------- b        street of 200 m; house 30 m north of it, 50 m from a
STREET = ({"a": (0, 0), "b": (200, 0)}, [("a", "b", 200.0)])


def test_a_place_hangs_on_the_nearest_point_of_a_street():
    snaps = drawn_network(*STREET).snap(spots({"house": (50, 30)}).geometry)
    assert snaps.edge.tolist() == [0]
    assert snaps.fraction[0] == pytest.approx(0.25, abs=1e-5)
    assert snaps.snap_m[0] == pytest.approx(30, abs=1e-3)


def test_beyond_max_snap_is_off_the_network():
    network = drawn_network(*STREET, max_snap_m=40.0)
    snaps = network.snap(spots({"near": (50, 39.9), "far": (50, 40.1)}).geometry)
    assert snaps.on_network.tolist() == [True, False]
    assert snaps.snap_m.tolist() == [pytest.approx(39.9, abs=1e-2), np.inf]


def test_islands_are_not_snapped_to():
    nodes = {"a": (0, 0), "b": (600, 0), "c": (0, 50), "d": (100, 50)}
    edges = [("a", "b", 600.0), ("c", "d", 100.0)]
    house = spots({"house": (50, 45)}).geometry
    assert drawn_network(nodes, edges).snap(house).edge.tolist() == [1]
    assert drawn_network(nodes, edges, min_component_m=500.0).snap(house).edge.tolist() == [0]


def test_a_polygon_is_entered_where_streets_cross_its_edge():
    # A park from 80 to 120 m along the street: entries at fractions 0.4 and 0.6, no leg.
    corners = [place(80, -20), place(120, -20), place(120, 20), place(80, 20)]
    park = gpd.GeoSeries([shapely.Polygon(corners)], crs="EPSG:4326")
    snaps = drawn_network(*STREET).snap_sites(park)
    assert snaps.fraction == pytest.approx([0.4, 0.6], abs=1e-4)
    assert snaps.leg_m.tolist() == [0, 0]


def test_a_polygon_beside_the_street_is_entered_from_its_near_edge():
    corners = [place(80, 10), place(120, 10), place(120, 50), place(80, 50)]
    snaps = drawn_network(*STREET).snap_sites(gpd.GeoSeries([shapely.Polygon(corners)], crs="EPSG:4326"))
    assert len(snaps.edge) == 1
    assert snaps.leg_m[0] == pytest.approx(10, abs=0.01)
    assert 0.399 <= snaps.fraction[0] <= 0.601


def test_geometry_without_a_coordinate_system_is_refused():
    with pytest.raises(DataError, match="coordinate system"):
        drawn_network(*STREET).snap(gpd.GeoSeries([shapely.Point(0, 0)]))


def test_the_edge_of_the_data_is_where_streets_leave_the_extent():
    # The extent ends at 150 m: the street of 200 m crosses it at fraction 0.75; its start at a lies deep inside.
    west, south = place(-100, -100)
    east, north = place(150, 100)
    snaps = drawn_network(*STREET).data_edge(shapely.box(west, south, east, north))
    assert snaps.fraction == pytest.approx([0.75], abs=1e-4)


def test_a_street_that_ends_at_the_extent_leaves_the_data_too():
    west, south = place(-100, -100)
    east, north = place(210, 100)  # node b ends 10 m before it: clipped there
    snaps = drawn_network(*STREET).data_edge(shapely.box(west, south, east, north))
    assert snaps.fraction.tolist() == [1.0]


def test_a_street_cut_inside_the_extent_leaves_the_data_there(tmp_path):
    # 1 -- 2 -- (3, not in the file): the street goes on beyond 2, far from the extent's edge.
    nodes = {1: (0, 0, {}), 2: (700, 0, {})}
    network = network_of(tmp_path, nodes, {10: ([1, 2, 3], {"highway": "residential"})})
    (west, south), (east, north) = place(-5000, -5000), place(5000, 5000)
    snaps = network.data_edge(shapely.box(west, south, east, north))
    assert snaps.fraction.tolist() == [1.0]


def test_street_km_inside_a_polygon():
    corners = [place(50, -20), place(150, -20), place(150, 20), place(50, 20)]
    km = drawn_network(*STREET).street_km(gpd.GeoSeries([shapely.Polygon(corners)], crs="EPSG:4326"))
    assert km == pytest.approx([0.1], rel=1e-3)


def test_networkx_has_both_directions_and_geometry_in_the_edges_direction():
    graph = drawn_network(*STREET, oneway=()).to_networkx()
    assert isinstance(graph, nx.MultiDiGraph)
    assert graph.number_of_edges() == 2
    back = graph.edges[1, 0, 0]
    assert (back["length_m"], back["time_s"]) == (200.0, 200.0)
    assert back["geometry"].coords[0] == (graph.nodes[1]["x"], graph.nodes[1]["y"])
    assert drawn_network(*STREET, oneway=(0,)).to_networkx().number_of_edges() == 1


@given(st.integers(0, 10_000))
def test_networkx_shortest_paths_are_ours(seed):
    network = random_network(seed, n=12, extra=8)
    graph = network.to_networkx()
    ours = nx.DiGraph()
    for e in range(len(network.edge_u)):
        for tail, head_, time_s in (
            (network.edge_u[e], network.edge_v[e], network.edge_time_s[e, 0]),
            (network.edge_v[e], network.edge_u[e], network.edge_time_s[e, 1]),
        ):
            if np.isfinite(time_s):
                known = ours.get_edge_data(int(tail), int(head_), {"time_s": np.inf})["time_s"]
                ours.add_edge(int(tail), int(head_), time_s=min(known, time_s))
    a = nx.single_source_dijkstra_path_length(graph, 0, weight="time_s")
    b = nx.single_source_dijkstra_path_length(ours, 0, weight="time_s")
    assert a == pytest.approx(b)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda nodes, edges: (nodes.drop(columns="node_id"), edges), "node_id"),
        (lambda nodes, edges: (nodes, edges.drop(columns="v")), "column v is missing"),
        (lambda nodes, edges: (nodes, edges.assign(v="z")), "not among the nodes in rows 0"),
        (lambda nodes, edges: (nodes, edges.assign(length_m=-1.0)), "length_m is negative or no number in rows 0"),
        (lambda nodes, edges: (nodes.assign(node_id="a"), edges), "node_id is repeated: a"),
        (
            lambda nodes, edges: (nodes.set_geometry(nodes.geometry.map(lambda at: at.buffer(1e-4))), edges),
            "geometry is no point in rows 0, 1",
        ),
        (lambda nodes, edges: (nodes, edges.assign(oneway="no")), "oneway is neither true nor false in rows 0"),
        (lambda nodes, edges: (nodes, edges.assign(length_m="12,5 m")), "length_m is negative or no number in rows 0"),
        (lambda nodes, edges: (nodes, edges.assign(length_m=np.inf)), "length_m is negative or no number in rows 0"),
        (lambda nodes, edges: (nodes, edges.assign(street_class="stairs")), "street_class is unknown in rows 0"),
    ],
)
def test_bad_tables_are_refused_with_rows(change, message):
    nodes, edges = spots(STREET[0], "node_id"), pd.DataFrame(STREET[1], columns=["u", "v", "length_m"])
    with pytest.raises(DataError, match=message):
        WalkNetwork.from_edges(*change(nodes, edges))


def test_networks_with_impossible_settings_are_refused():
    for bad in ({"max_snap_m": -5.0}, {"min_component_m": np.inf}):
        with pytest.raises(InputError, match="give metres"):
            drawn_network(*STREET, **bad)


def test_edges_drawn_from_v_to_u_are_turned():
    # 50 m from a along a street drawn backwards, half of it a detour: the fraction counts from a all the same.
    nodes = spots({"a": (0, 0), "b": (200, 0)}, "node_id")
    drawn = shapely.LineString([place(200, 0), place(0, 0)])
    edges = gpd.GeoDataFrame({"u": ["a"], "v": ["b"]}, geometry=[drawn], crs="EPSG:4326")
    network = WalkNetwork.from_edges(nodes, edges, min_component_m=0.0)
    assert network.snap(spots({"h": (50, 0)}).geometry).fraction == pytest.approx([0.25], abs=1e-4)
    with pytest.raises(DataError, match="edges: the coordinate system is missing"):
        WalkNetwork.from_edges(nodes, edges.set_crs(None, allow_override=True))


def test_edges_with_drawn_geometry_are_measured_along_it():
    nodes = spots({"a": (0, 0), "b": (200, 0)}, "node_id")
    detour = shapely.LineString([place(0, 0), place(0, 100), place(200, 100), place(200, 0)])
    edges = gpd.GeoDataFrame({"u": ["a"], "v": ["b"]}, geometry=[detour], crs="EPSG:4326")
    assert WalkNetwork.from_edges(nodes, edges).edge_length_m == pytest.approx([400], rel=1e-3)
