"""Squares are crossed: hand-drawn ones, and random polygons against every line of sight in networkx."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from circle15 import demo
from circle15.network import WalkNetwork
from circle15.network.profiles import PROFILES
from circle15.network.squares import TIE, legs_across, square_streets
from circle15.network.streets import walkable_ways
from circle15.sources.osm import read_osm
from drawn import place

PLAZA = {"highway": "pedestrian", "area": "yes"}
STREET = {"highway": "residential"}
CORNERS = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100)}
OUTSIDE = {11: (-50, 0), 13: (150, 100)}
ENTERED = {91: ([11, 1], STREET), 93: ([3, 13], STREET)}


def drawn_osm(tmp_path, nodes, ways, relations=()):
    """An extract: nodes {id: (east_m, north_m)}, ways {id: ([nodes], tags)}, relations [([outer], [inner], tags)]."""

    def tag_lines(tags):
        return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())

    lines = ['<?xml version="1.0"?><osm version="0.6">']
    for i, at in nodes.items():
        lon, lat = place(*at)
        lines.append(f'<node id="{i}" lon="{lon:.9f}" lat="{lat:.9f}"/>')
    for i, (refs, tags) in ways.items():
        lines.append(f'<way id="{i}">' + "".join(f'<nd ref="{ref}"/>' for ref in refs) + tag_lines(tags) + "</way>")
    for i, (outer, inner, tags) in enumerate(relations, 1):
        roles = [("outer", one) for one in outer] + [("inner", one) for one in inner]
        members = "".join(f'<member type="way" ref="{one}" role="{role}"/>' for role, one in roles)
        lines.append(f'<relation id="{i}">{members}{tag_lines({"type": "multipolygon", **tags})}</relation>')
    path = tmp_path / "drawn.osm"
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return read_osm(path)


def crossed(osm, profile="planning"):
    """Ids of the ends of the streets across squares."""
    return square_streets(walkable_ways(osm, PROFILES[profile]), osm, PROFILES[profile]).node_ids.tolist()


def walk_m(osm, start, end, profile="planning"):
    """Metres from node to node on foot."""
    network = WalkNetwork.from_osm(osm, profile=profile)
    graph = network.to_networkx()
    number = {str(name): vertex for vertex, name in enumerate(network.node_id)}
    return nx.shortest_path_length(graph, number[f"n{start}"], number[f"n{end}"], weight="length_m")


def near(metres):
    """Nodes are stored to about a centimetre."""
    return pytest.approx(metres, abs=0.05)


def test_a_square_is_crossed_on_the_diagonal(tmp_path):
    osm = drawn_osm(tmp_path, {**CORNERS, **OUTSIDE}, {**ENTERED, 1: ([1, 2, 3, 4, 1], PLAZA)})
    assert crossed(osm) == [[1, 3]]
    assert walk_m(osm, 1, 3) == near(141.42)  # 100 x sqrt(2), where the outline is 200
    assert walk_m(osm, 11, 13) == near(241.42)
    network = WalkNetwork.from_osm(osm)
    across = np.flatnonzero(network.edge_way == "w1")[-1]
    assert (network.edge_class[across], network.edge_name[across]) == ("path", None)
    assert network.edge_forward[across]
    assert network.edge_backward[across]


def test_sides_of_the_outline_get_no_second_street(tmp_path):
    # Entries at 1 and 2, and at 5 in the middle of the side between them: the outline is the shortest walk.
    nodes = {**CORNERS, 5: (50, 0), 11: (-50, 0), 12: (150, 0), 15: (50, -50)}
    ways = {1: ([1, 5, 2, 3, 4, 1], PLAZA), 91: ([11, 1], STREET), 92: ([2, 12], STREET), 95: ([15, 5], STREET)}
    assert crossed(drawn_osm(tmp_path, nodes, ways)) == []


def test_a_square_is_entered_in_the_middle_of_a_side(tmp_path):
    nodes = {**CORNERS, 5: (50, 0), 6: (100, 50), 15: (50, -50), 16: (150, 50)}
    ways = {1: ([1, 5, 2, 6, 3, 4, 1], PLAZA), 95: ([15, 5], STREET), 96: ([6, 16], STREET)}
    osm = drawn_osm(tmp_path, nodes, ways)
    assert crossed(osm) == [[5, 6]]
    assert walk_m(osm, 5, 6) == near(70.71)  # 50 x sqrt(2), where the outline is 100


def test_the_walk_bends_at_the_corner_that_sticks_into_it(tmp_path):
    # An L without the quarter north-east of (50, 50), from (100, 25) to (25, 100): the straight line lies on
    # x + y = 125, beyond (50, 50), so 2 x sqrt(50 x 50 + 25 x 25) = 111.80; round the outline it is 150.
    nodes = {
        1: (0, 0), 2: (100, 0), 3: (100, 25), 4: (100, 50), 5: (50, 50), 6: (50, 100), 7: (25, 100), 8: (0, 100),
        13: (150, 25), 17: (25, 150),
    }  # fmt: skip
    ways = {1: ([1, 2, 3, 4, 5, 6, 7, 8, 1], PLAZA), 93: ([13, 3], STREET), 97: ([17, 7], STREET)}
    osm = drawn_osm(tmp_path, nodes, ways)
    assert crossed(osm) == [[3, 5], [5, 7]]
    assert walk_m(osm, 3, 7) == near(111.80)


FOUNTAIN = {21: (40, 40), 22: (60, 40), 23: (60, 60), 24: (40, 60)}
RINGS = {1: ([1, 2, 3, 4, 1], {}), 2: ([21, 22, 23, 24, 21], {"barrier": "kerb"})}


@pytest.mark.parametrize("tags", [{"highway": "pedestrian"}, {"highway": "footway", "area": "yes"}])
def test_the_walk_goes_round_a_fountain(tmp_path, tags):
    # Past (60, 40) or (40, 60), both 2 x sqrt(60 x 60 + 40 x 40) = 144.22. The outline is no street here.
    osm = drawn_osm(tmp_path, {**CORNERS, **FOUNTAIN, **OUTSIDE}, {**ENTERED, **RINGS}, [([1], [2], tags)])
    assert crossed(osm) in ([[1, 22], [3, 22]], [[1, 24], [3, 24]])
    assert walk_m(osm, 1, 3) == near(144.22)


def test_a_hole_is_entered_too(tmp_path):
    # A kiosk's door at (40, 40), reached from inside the hole: 40 x sqrt(2) from (0, 0).
    ways = {**ENTERED, **RINGS, 94: ([21, 30], STREET)}
    osm = drawn_osm(tmp_path, {**CORNERS, **FOUNTAIN, **OUTSIDE, 30: (50, 50)}, ways, [([1], [2], PLAZA)])
    assert walk_m(osm, 1, 21) == near(56.57)


def test_a_square_of_two_parts_is_crossed_part_by_part(tmp_path):
    second = {31: (200, 0), 32: (300, 0), 33: (300, 100), 34: (200, 100), 35: (350, 100)}
    ways = {
        **ENTERED, 1: ([1, 2, 3, 4, 1], {}), 2: ([31, 32, 33, 34, 31], {}), 95: ([13, 31], STREET),
        96: ([33, 35], STREET),
    }  # fmt: skip
    osm = drawn_osm(tmp_path, {**CORNERS, **OUTSIDE, **second}, ways, [([1, 2], [], PLAZA)])
    assert crossed(osm) == [[1, 3], [31, 33]]


def test_a_bridge_over_a_square_is_no_entry(tmp_path):
    # The bridge passes over the square, the last time with a node of its own at the very place of corner 2.
    nodes = {**CORNERS, **OUTSIDE, 41: (-50, 50), 42: (100, 0), 43: (150, -50)}
    bridge = {99: ([41, 42, 43], {"highway": "footway", "bridge": "yes", "layer": "1"})}
    closed_way = drawn_osm(tmp_path, nodes, {**ENTERED, **bridge, 1: ([1, 2, 3, 4, 1], PLAZA)})
    assert crossed(closed_way) == [[1, 3]]
    ways = {**ENTERED, **bridge, 1: ([1, 2, 3, 4, 1], {})}
    assert crossed(drawn_osm(tmp_path, nodes, ways, [([1], [], PLAZA)])) == [[1, 3]]


@pytest.mark.parametrize(
    "tags",
    [
        {**PLAZA, "access": "private"},
        {**PLAZA, "foot": "no"},
        {"highway": "construction", "area": "yes"},
        {"highway": "pedestrian"},  # a circular path
        {"highway": "pedestrian", "area": "no"},
    ],
)
def test_what_is_no_public_square_is_not_crossed(tmp_path, tags):
    ways = {**ENTERED, 1: ([1, 2, 3, 4, 1], tags), 2: ([1, 2, 3], STREET)}
    osm = drawn_osm(tmp_path, {**CORNERS, **OUTSIDE}, ways)
    assert crossed(osm) == []
    assert walk_m(osm, 1, 3) == near(200.0)


def test_a_square_with_one_entry_stays_as_it_is(tmp_path):
    ways = {91: ([11, 1], STREET), 93: ([3, 13], {**STREET, "foot": "no"}), 1: ([1, 2, 3, 4, 1], PLAZA)}
    osm = drawn_osm(tmp_path, {**CORNERS, **OUTSIDE}, ways)
    assert crossed(osm) == []
    assert len(WalkNetwork.from_osm(osm).edge_way) == 2  # the street and the outline


def test_people_come_out_of_private_ways_too(tmp_path):
    ways = {91: ([11, 1], STREET), 93: ([3, 13], {**STREET, "access": "private"}), 1: ([1, 2, 3, 4, 1], PLAZA)}
    osm = drawn_osm(tmp_path, {**CORNERS, **OUTSIDE}, ways)
    assert crossed(osm) == [[1, 3]]
    assert walk_m(osm, 1, 3) == near(141.42)


@pytest.mark.parametrize(("said", "home"), [({}, 1), ({"access": "yes"}, 0)])
def test_a_square_in_a_closed_compound_is_its_residents(tmp_path, said, home):
    # Inside the compound the legs follow it, as the outline does, unless the square itself says who may walk there.
    nodes = {**CORNERS, **OUTSIDE, 51: (-20, -20), 52: (120, -20), 53: (120, 120), 54: (-20, 120)}
    compound = {5: ([51, 52, 53, 54, 51], {"landuse": "residential", "barrier": "wall"})}
    osm = drawn_osm(tmp_path, nodes, {**ENTERED, **compound, 1: ([1, 2, 3, 4, 1], {**PLAZA, **said})})
    network = WalkNetwork.from_osm(osm, compound_default="closed")
    square = network.edge_way == "w1"
    assert network.edge_home[square].tolist() == [home] * 3  # the outline's two halves and the diagonal
    assert np.sort(network.edge_length_m[square]).tolist() == [near(141.42), near(200.0), near(200.0)]


def test_squares_side_by_side_enter_each_other_at_shared_corners(tmp_path):
    # 200 m straight through the middle 7 of their common side, by the outlines 50 + 200 + 50.
    nodes = {
        **CORNERS, 5: (200, 0), 6: (200, 100), 7: (100, 50), 8: (0, 50), 9: (200, 50), 18: (-50, 50), 19: (250, 50),
    }  # fmt: skip
    ways = {
        1: ([1, 2, 7, 3, 4, 8, 1], PLAZA), 2: ([2, 5, 9, 6, 3, 7, 2], PLAZA), 98: ([18, 8], STREET),
        99: ([9, 19], STREET),
    }  # fmt: skip
    osm = drawn_osm(tmp_path, nodes, ways)
    assert walk_m(osm, 8, 9) == near(200.0)
    assert crossed(osm) == [[2, 8], [3, 8], [7, 8], [2, 9], [3, 9], [7, 9]]
    # As relations, neither of which is a street: the common side is laid once.
    rings = {i: (refs, {}) for i, (refs, _) in ways.items() if i < 10}
    osm = drawn_osm(tmp_path, nodes, {**ways, **rings}, [([1], [], PLAZA), ([2], [], PLAZA)])
    assert walk_m(osm, 8, 9) == near(200.0)
    assert crossed(osm) == [[2, 7], [2, 8], [3, 7], [3, 8], [7, 8], [2, 9], [3, 9], [7, 9]]


def test_stairs_drawn_as_an_area_stay_stairs(tmp_path):
    ways = {**ENTERED, 1: ([1, 2, 3, 4, 1], {"highway": "steps", "area": "yes"}), 2: ([1, 2, 3], STREET)}
    osm = drawn_osm(tmp_path, {**CORNERS, **OUTSIDE}, ways)
    assert walk_m(osm, 1, 3) == near(141.42)
    assert walk_m(osm, 1, 3, profile="wheelchair") == near(200.0)
    assert crossed(osm, "wheelchair") == []


def test_a_corner_made_in_mending_has_an_id_of_its_own(tmp_path):
    # A five-pointed star drawn in one go: the walk between its feet bends in the crotch at (0, -38.30), where the
    # drawn lines cross without a node: 2 x sqrt(58 x 58 + 41.70 x 41.70) = 142.87.
    nodes = {1: (0, 100), 2: (58, -80), 3: (-95, 30), 4: (95, 30), 5: (-58, -80), 12: (58, -120), 15: (-58, -120)}
    ways = {1: ([1, 2, 3, 4, 5, 1], PLAZA), 92: ([2, 12], STREET), 95: ([5, 15], STREET)}
    osm = drawn_osm(tmp_path, nodes, ways)
    assert (osm.square_node_ids[:-1] == 0).sum() == 5  # the last coordinate is the first
    (crotch, other), (again, foot) = crossed(osm)
    assert (crotch, {other, foot}) == (again, {2, 5})
    assert crotch < 0
    assert walk_m(osm, 2, 5) == near(142.87)


def test_two_nodes_of_an_outline_may_lie_on_the_same_spot(tmp_path):
    nodes = {**CORNERS, **OUTSIDE, 5: (100, 0), 6: (100, 100)}
    osm = drawn_osm(tmp_path, nodes, {**ENTERED, 1: ([1, 2, 5, 3, 6, 4, 1], PLAZA)})
    assert walk_m(osm, 11, 13) == near(241.42)


# Random stars with random holes


def star(rng, centre, low, high, n):
    angle = np.sort(rng.uniform(0, 2 * np.pi, n))
    radius = rng.uniform(low, high, n)
    return np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)])


def random_square(seed):
    """A polygon, the number of each of its coordinates, and where it is entered."""
    rng = np.random.default_rng(seed)
    holes = [star(rng, rng.uniform(-25, 25, 2), 3, 15, int(rng.integers(3, 8))) for _ in range(int(rng.integers(0, 4)))]
    polygon = shapely.Polygon(star(rng, (0, 0), 30, 90, int(rng.integers(4, 14))), holes)
    assume(polygon.is_valid)
    _, corner = np.unique(shapely.get_coordinates(polygon), axis=0, return_inverse=True)
    return polygon, corner, rng.random(corner.max() + 1) < rng.choice([0.2, 0.5, 1.0])


def ring_steps(polygon, corner):
    """Pairs of numbers along the rings."""
    ring = shapely.get_coordinates(shapely.get_rings(polygon), return_index=True)[1]
    pairs = np.column_stack([corner[:-1], corner[1:]])[ring[1:] == ring[:-1]]
    return np.unique(np.sort(pairs, axis=1), axis=0)


def distances(pairs, polygon, corner, entries):
    """Metres between all entries along straight pairs, by networkx."""
    xy = np.empty((corner.max() + 1, 2))
    xy[corner] = shapely.get_coordinates(polygon)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(xy)))
    graph.add_weighted_edges_from((int(u), int(v), float(np.hypot(*(xy[u] - xy[v])))) for u, v in pairs)
    found = dict(nx.all_pairs_dijkstra_path_length(graph))
    return np.array([[found[u].get(v, np.inf) for v in entries] for u in entries]), xy[entries]


@given(st.integers(0, 10**6), st.booleans())
def test_walks_are_those_on_every_line_of_sight(seed, outline_is_street):
    polygon, corner, is_entry = random_square(seed)
    entries = np.flatnonzero(is_entry).tolist()
    assume(len(entries) >= 2)
    rings = ring_steps(polygon, corner)
    streets = rings if outline_is_street else rings[:0]
    legs = legs_across(polygon, corner, is_entry, streets)
    ours, at = distances([*legs.tolist(), *streets.tolist()], polygon, corner, entries)

    xy = np.empty((corner.max() + 1, 2))
    xy[corner] = shapely.get_coordinates(polygon)
    naive = [(u, v) for u, v in combinations(range(len(xy)), 2) if polygon.covers(shapely.LineString([xy[u], xy[v]]))]
    every, _ = distances(naive, polygon, corner, entries)
    np.testing.assert_allclose(ours, every, rtol=2 * TIE, atol=0)

    along, _ = distances(rings, polygon, corner, entries)
    straight = np.hypot(*(at[:, None] - at[None, :]).T)
    assert (ours <= along * (1 + 2 * TIE)).all()
    assert (ours >= straight * (1 - 1e-12)).all()
    # Few: each leg is a line of sight that no street has yet, and takes part in a shortest walk.
    kept = {tuple(leg) for leg in legs.tolist()}
    assert kept <= set(naive) - {tuple(step) for step in streets.tolist()}
    assert len(kept) == len(legs)
    if len(legs):
        u, v = legs[seed % len(legs)]
        rest, _ = distances(
            [leg for leg in [*legs.tolist(), *streets.tolist()] if leg != [u, v]], polygon, corner, entries
        )
        assert (rest > ours).any()


@given(st.integers(0, 10**6))
def test_numbers_and_turning_direction_do_not_matter(seed):
    polygon, corner, is_entry = random_square(seed)
    none = np.empty((0, 2), dtype=np.int64)
    legs = legs_across(polygon, corner, is_entry, none)
    turned = shapely.reverse(polygon)
    number = np.random.default_rng(seed).permutation(len(is_entry))
    place_of = {tuple(at): i for at, i in zip(shapely.get_coordinates(polygon).tolist(), corner, strict=True)}
    renamed = np.array([number[place_of[tuple(at)]] for at in shapely.get_coordinates(turned).tolist()])
    entered = np.empty_like(is_entry)
    entered[number] = is_entry
    again = legs_across(turned, renamed, entered, none)
    expected = np.unique(np.sort(number[legs], axis=1), axis=0) if len(legs) else legs
    assert again.tolist() == expected.tolist()


def test_the_embedded_citys_squares_are_crossed_inside_them():
    osm = read_osm(demo.config_path().parent / "reykjavik-centre.osm.pbf")
    streets = square_streets(walkable_ways(osm, PROFILES["planning"]), osm, PROFILES["planning"])
    shape = dict(zip(osm.squares["osm_id"], osm.squares.geometry, strict=True))
    assert len(streets.osm_id) > 0
    for osm_id, line in zip(streets.osm_id, shapely.linestrings(streets.lonlat), strict=True):
        # A plane's straight line and that of degrees differ by less than a millimetre here (1e-8 degrees).
        assert shape[osm_id].buffer(1e-8).covers(line)
