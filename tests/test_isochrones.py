"""Circles and catchments: areas worked out on paper, the exact union as oracle, width, nesting and water."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from unittest import mock

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from circle15 import demo
from circle15.errors import InputError
from circle15.isochrones import catchments, isochrones, part_lines
from circle15.network import Profile, WalkNetwork
from circle15.reach import reached_parts
from circle15.schema import points_of
from circle15.sources.osm import read_osm
from circle15.sources.residences import osm_residences
from drawn import drawn_network, place, random_network, spots

module = import_module("circle15.isochrones")  # circle15.isochrones itself is the function

STREET = ({"a": (0, 0), "b": (1000, 0)}, [("a", "b", 1000.0)])
END = np.pi * 30**2 / 2  # m2 of a round end of a strip 60 m wide
both_ways = pytest.mark.parametrize("exact", [False, True])


@both_ways
def test_a_straight_street_gives_a_sausage(exact):
    # From the middle of a street, 300 s at 1 m/s: 300 m both ways, 30 m on each side, round ends, which either way
    # cuts by lines: 600 x 60 + pi x 30^2 = 38,827 m2, less at most 2 x 60 m2.
    circles = isochrones(drawn_network(*STREET), spots({"h": (500, 0)}), [300], exact=exact)
    assert 600 * 60 + 2 * END - 120 <= circles["area_m2"][0] <= 600 * 60 + 2 * END
    assert circles["residence_id"].tolist() == ["h"]
    assert circles.crs == "EPSG:4326"


@both_ways
def test_the_leg_belongs_to_the_circle_and_takes_time(exact):
    # 100 m to the street, so 200 m along it both ways, and a strip along the leg: 70 m of it beyond the street's strip.
    circles = isochrones(drawn_network(*STREET), spots({"h": (500, 100)}), [300], exact=exact)
    assert circles["area_m2"][0] == pytest.approx(400 * 60 + 2 * END + 70 * 60 + END, rel=5e-3)


@both_ways
def test_time_that_ends_on_the_leg_draws_only_the_leg(exact):
    circles = isochrones(drawn_network(*STREET), spots({"h": (500, 150)}), [100], exact=exact)
    assert circles["area_m2"][0] == pytest.approx(100 * 60 + 2 * END, rel=1e-2)


@both_ways
def test_off_the_network_keeps_its_row(exact):
    homes = spots({"h": (500, 0), "i": (500, 900)})
    circles = isochrones(drawn_network(*STREET), homes, [300, 60, 300], exact=exact)
    assert circles[["residence_id", "cutoff_s"]].to_numpy().tolist() == [["h", 60], ["h", 300], ["i", 60], ["i", 300]]
    assert circles.geometry.is_empty.tolist() == [False, False, True, True]
    assert circles["area_m2"][2:].tolist() == [0, 0]
    nobody = isochrones(drawn_network(*STREET), homes.iloc[:0], [300], exact=exact)
    assert nobody.columns.tolist() == ["residence_id", "cutoff_s", "area_m2", "geometry"]
    assert len(nobody) == 0


@both_ways
def test_one_way_streets_are_walked_one_way(exact):
    # Away from the middle towards b only; towards it from a's side only.
    network, middle = drawn_network(*STREET, oneway=(0,)), (500, 0)
    away = network.plane(isochrones(network, spots({"h": middle}), [300], exact=exact).geometry)[0]
    towards = network.plane(catchments(network, spots({"s": middle}, "site_id"), [300], exact=exact).geometry)[0]
    assert shapely.area(away) == pytest.approx(300 * 60 + 2 * END, rel=5e-3)
    assert shapely.area(towards) == pytest.approx(300 * 60 + 2 * END, rel=5e-3)
    assert shapely.area(shapely.intersection(away, towards)) == pytest.approx(2 * END, rel=6e-2)


@both_ways
def test_a_park_is_reached_by_each_of_its_entries(exact):
    # A park of 400 x 100 m astride two streets 300 m apart: four entries (one a street on its near and its far edge);
    # within 50 s the surroundings of the two streets don't meet.
    nodes = {"a": (0, -500), "b": (0, 500), "c": (300, -500), "d": (300, 500)}
    network = drawn_network(nodes, [("a", "b", 1000.0), ("c", "d", 1000.0)])
    corners = [place(-50, -50), place(350, -50), place(350, 50), place(-50, 50)]
    park = gpd.GeoDataFrame({"site_id": ["p"]}, geometry=[shapely.Polygon(corners)], crs="EPSG:4326")
    found = catchments(network, park, [50], exact=exact)
    assert found["site_id"].tolist() == ["p"]
    # Each street: 50 m beyond either entry and the 100 m between them.
    assert shapely.get_num_geometries(found.geometry[0]) == 2
    assert found["area_m2"][0] == pytest.approx(2 * (200 * 60 + 2 * END), rel=1e-2)


@both_ways
def test_small_holes_are_closed_and_large_ones_stay(exact):
    # Round a block of 200 x 200 m the strips leave a hole of 140 x 140 = 19,600 m2.
    square = {"a": (0, 0), "b": (200, 0), "c": (200, 200), "d": (0, 200)}
    network = drawn_network(square, [("a", "b", 200.0), ("b", "c", 200.0), ("c", "d", 200.0), ("d", "a", 200.0)])
    home = spots({"h": (0, 0)})
    open_, closed = (
        isochrones(network, home, [900], hole_m2=hole, exact=exact)["area_m2"][0] for hole in (19_000, 20_000)
    )
    assert closed - open_ == pytest.approx(19_600, rel=1e-2)


@both_ways
def test_a_hole_with_water_stays_open(exact):
    # The block of 200 x 200 m again, with a pond of 10 x 10 m in the hole of 140 x 140 m, and one far away.
    square = {"a": (0, 0), "b": (200, 0), "c": (200, 200), "d": (0, 200)}
    network = drawn_network(square, [("a", "b", 200.0), ("b", "c", 200.0), ("c", "d", 200.0), ("d", "a", 200.0)])
    home, ring = spots({"h": (0, 0)}), [(95, 95), (105, 95), (105, 105), (95, 105)]
    ponds = [shapely.Polygon([place(x + shift, y) for x, y in ring]) for shift in (0, 900)]
    near, far = (gpd.GeoSeries([pond], crs="EPSG:4326") for pond in ponds)
    dry, wet, dry_too = (
        isochrones(network, home, [300, 900], hole_m2=20_000, water=water, exact=exact)["area_m2"][1]
        for water in (None, near, far)
    )
    assert dry - wet == pytest.approx(19_600, rel=1e-2)
    assert dry_too == dry


@both_ways
def test_corners_between_strips_are_kept(exact):
    # A crossroads: two strips of 400 x 60 m that share 60 x 60 m, four round ends; its four inner corners are sharp.
    nodes = {"m": (0, 0), "e": (200, 0), "n": (0, 200), "w": (-200, 0), "s": (0, -200)}
    network = drawn_network(nodes, [("m", there, 200.0) for there in "enws"])
    circles = isochrones(network, spots({"h": (0, 0)}), [900], exact=exact)
    # A round end, 94 m long, loses at most 1.5 m x 2/3 of its length.
    assert -4 * 94 <= circles["area_m2"][0] - (2 * 400 * 60 - 60 * 60 + 4 * END) <= 0


@both_ways
@pytest.mark.parametrize("gap_m", [2.0, 7.0])
def test_a_gap_narrower_than_a_cell_stays_open(exact, gap_m):
    # Two streets of 600 m, 60 m + the gap apart, joined at one end: between the strips the gap stays, from the joining
    # street's strip to the open end.
    apart = 60 + gap_m
    nodes = {"a": (0, 0), "b": (600, 0), "c": (0, apart), "d": (600, apart)}
    network = drawn_network(nodes, [("a", "b", 600.0), ("a", "c", apart), ("c", "d", 600.0)])
    circles = isochrones(network, spots({"h": (0, 0)}), [900], exact=exact)
    gap = shapely.LineString([place(100, apart / 2), place(600, apart / 2)])
    assert not circles.geometry[0].intersects(gap)


def test_streets_of_no_length_and_repeated_points_do_no_harm():
    # a and a' are one spot (as on both sides of a gate); the street bends back on itself.
    nodes = {"a": (0, 0), "a'": (0, 0), "b": (500, 0)}
    network = drawn_network(nodes, [("a", "a'", 0.0), ("a'", "b", 500.0)])
    twice = np.repeat(network.coords_lonlat, 2, axis=0)
    network = replace(network, coords_lonlat=twice, coords_start=2 * network.coords_start)
    circles = isochrones(network, spots({"h": (0, 0)}), [100])
    assert circles["area_m2"][0] == pytest.approx(100 * 60 + 2 * END, rel=1e-2)


@pytest.mark.parametrize("bad", [{"cutoffs_s": []}, {"cutoffs_s": [0]}, {"width_m": 0}, {"hole_m2": -1}])
def test_bad_numbers_are_refused(bad):
    with pytest.raises(InputError, match="give"):
        isochrones(drawn_network(*STREET), spots({"h": (500, 0)}), **{"cutoffs_s": [300], **bad})
    with pytest.raises(InputError, match="give"):
        catchments(drawn_network(*STREET), spots({"s": (500, 0)}, "site_id"), **{"cutoffs_s": [300], **bad})


def circles_in_plane(network: WalkNetwork, homes: gpd.GeoDataFrame, cutoffs, **options) -> np.ndarray:
    return network.plane(isochrones(network, homes, cutoffs, **options).geometry)


@settings(max_examples=40)
@example(
    seed=63, cutoffs=[30.0, 359.0, 525.0], closing=False
)  # the union of two of these leaves a line a micrometre long
@example(
    seed=75, cutoffs=[60.0, 90.0], closing=False
)  # and that of these loses a street where GEOS isn't told a precision
@given(st.integers(0, 10_000), st.lists(st.floats(30, 900), min_size=2, max_size=3, unique=True), st.booleans())
def test_circles_are_valid_nest_hold_every_reached_stretch_and_stay_in_width(seed, cutoffs, closing):
    network = random_network(seed, n=15, extra=8)
    home = spots({"h": tuple(np.random.default_rng(seed).uniform(0, 1000, 2))})
    hole_m2 = 5000.0 if closing else 0.0
    circles = circles_in_plane(network, home, cutoffs, hole_m2=hole_m2)
    exact = circles_in_plane(network, home, cutoffs, hole_m2=hole_m2, exact=True)
    snaps = network.snap(home.geometry)
    assert shapely.is_valid(circles).all()
    for small, large in pairwise(circles):
        assert shapely.area(shapely.difference(small, shapely.buffer(large, 1e-5))) <= 1e-9
    for circle, union, cutoff in zip(circles, exact, sorted(cutoffs), strict=True):
        assert shapely.is_empty(circle) == shapely.is_empty(union)
        if len(snaps.edge):
            lines = part_lines(network, reached_parts(network, snaps, cutoff_s=cutoff))
            assert shapely.length(shapely.difference(lines, circle)).sum() <= 1e-3
            # Corners and the middles of sides, against the streets themselves: no farther than the width.
            rim = shapely.get_coordinates(shapely.segmentize(shapely.boundary(circle), 3.0))
            reached = [*lines, shapely.shortest_line(network.plane(home.geometry)[0], network.lines[snaps.edge[0]])]
            assert shapely.distance(shapely.points(rim), shapely.union_all(reached)).max() <= 30 + 2e-3
            assert shapely.area(shapely.intersection(circle, union)) >= 0.97 * shapely.area(union)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(100, 600), st.sampled_from(["longer", "faster", "path"]))
def test_more_time_speed_or_paths_never_shrink_a_circle(seed, cutoff, what):
    # All holes are closed here: of a hole just as large as the limit, either circle may close it.
    network = random_network(seed, n=15, extra=8)
    home = spots({"h": tuple(np.random.default_rng(seed).uniform(200, 800, 2))})
    before = circles_in_plane(network, home, [cutoff], hole_m2=1e7)[0]
    more, longer = network, cutoff
    if what == "longer":
        longer = cutoff * 1.1
    elif what == "faster":
        more = replace(network, profile=Profile("fast", 1.1))
    else:
        more = replace(
            network, edge_forward=np.ones(len(network.edge_u), bool), edge_backward=np.ones(len(network.edge_u), bool)
        )
    after = circles_in_plane(more, home, [longer], hole_m2=1e7)[0]
    # Round ends are cut by lines (a twentieth of the width), clefts between strips end at a cell's corner (13 m).
    assert shapely.area(shapely.difference(before, shapely.buffer(after, 13.4))) <= 1e-3
    assert shapely.area(shapely.difference(before, shapely.buffer(after, 30 / 20))) <= 2e-3 * shapely.area(before)


def test_many_places_at_once_give_what_each_gives_alone():
    network = random_network(7, n=40, extra=30)
    rng = np.random.default_rng(7)
    homes = spots({f"h{i:02d}": tuple(rng.uniform(0, 1000, 2)) for i in range(70)})
    together = isochrones(network, homes, [200, 500])
    for row in (0, 31, 32, 69):
        alone = isochrones(network, homes.iloc[[row]], [200, 500])
        assert alone.geometry.tolist() == together.geometry[2 * row : 2 * row + 2].tolist()
        assert alone["area_m2"].tolist() == together["area_m2"][2 * row : 2 * row + 2].tolist()


def close_together(seed: int, n: int = 12) -> gpd.GeoDataFrame:
    at = np.random.default_rng(seed).uniform(-40, 40, (n, 2)) + np.random.default_rng(seed).uniform(300, 700, 2)
    return spots({f"h{i:02d}": tuple(xy) for i, xy in enumerate(at)})


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.lists(st.floats(300, 1500), min_size=1, max_size=3, unique=True))
def test_circles_made_together_are_those_made_one_by_one(seed, cutoffs):
    network, homes = random_network(seed, n=40, extra=30), close_together(seed)
    with mock.patch.object(module, "_kept", wraps=module._kept) as kept:
        together = isochrones(network, homes, cutoffs, hole_m2=0)
        alone = pd.concat([isochrones(network, homes.iloc[[row]], cutoffs, hole_m2=0) for row in range(len(homes))])
    assert kept.call_count == 1 + len(homes)
    assert together["area_m2"].to_numpy() == pytest.approx(alone["area_m2"].to_numpy(), abs=1e-3)
    differ = shapely.symmetric_difference(network.plane(together.geometry), network.plane(alone.geometry))
    assert shapely.area(differ).max() <= 1e-3


def test_circles_made_together_take_what_they_have_in_common_from_one_place():
    # Where the corners kept for all are moved by 10 cm, circles made together are spoilt, one made alone isn't.
    network, homes = random_network(7, n=40, extra=30), close_together(7)
    spoilt, make = [], module._tiles

    def moved(*arguments, **options):
        tiles = make(*arguments, **options)
        spoilt.append(len(tiles.place))
        return tiles._replace(corner=tiles.corner + 0.1)

    right = isochrones(network, homes, [900], hole_m2=0)
    with mock.patch.object(module, "_tiles", moved):
        wrong = isochrones(network, homes, [900], hole_m2=0)
        alone = isochrones(network, homes.iloc[:1], [900], hole_m2=0)
    assert len(spoilt) == 1
    assert spoilt[0] > 100
    assert (np.abs(wrong["area_m2"] - right["area_m2"]) > 0.01).all()
    assert alone["area_m2"][0] == pytest.approx(right["area_m2"][0], abs=1e-3)


@pytest.fixture(scope="module")
def city():
    """Extract, network and some residences of the embedded city; 25 m is the width of the issue's figures."""
    osm = read_osm(demo.config_path().parent / "reykjavik-centre.osm.pbf")
    homes = osm_residences(osm, buildings=["apartments", "house", "residential", "detached"], default_levels=2)
    return osm, WalkNetwork.from_osm(osm), homes.iloc[:: len(homes) // 40]


@pytest.mark.parametrize(("cutoff_s", "worst"), [(300.0, 0.98), (900.0, 0.98)])
def test_circles_of_a_city_match_the_exact_union(city, cutoff_s, worst):
    _, network, homes = city
    fast, exact = (circles_in_plane(network, homes, [cutoff_s], width_m=25, exact=way) for way in (False, True))
    some = ~shapely.is_empty(exact)
    assert some.sum() > 30
    assert shapely.is_valid(fast).all()
    overlap = shapely.area(shapely.intersection(fast, exact)[some]) / shapely.area(shapely.union(fast, exact)[some])
    assert overlap.mean() >= 0.99
    assert overlap.min() >= worst


def test_every_point_of_a_citys_circles_is_within_the_width_or_in_a_closed_hole(city):
    _, network, homes = city
    snaps, doors = network.snap(points_of(homes)), network.plane(points_of(homes))
    circles = circles_in_plane(network, homes, [900], width_m=25)
    bare = circles_in_plane(network, homes, [900], width_m=25, hole_m2=0, exact=True)
    parts = reached_parts(network, snaps, cutoff_s=900)
    rng = np.random.default_rng(1)
    lines = part_lines(network, parts)
    checked = 0
    for i, (circle, union) in enumerate(zip(circles, bare, strict=True)):
        if shapely.is_empty(circle):
            continue
        west, south, east, north = circle.bounds
        xy = rng.uniform((west, south), (east, north), (800, 2))
        rim = shapely.get_coordinates(shapely.segmentize(shapely.boundary(circle), 20.0))
        points = shapely.points(np.vstack([xy, rim[:400]]))
        points = points[shapely.intersects(circle, points)]
        door = shapely.shortest_line(doors[i], lines[parts.indptr[i] : parts.indptr[i + 1]][0])
        way = shapely.union_all([*lines[parts.indptr[i] : parts.indptr[i + 1]], door])
        far = shapely.distance(points, way) > 25 + 2e-3
        holes = [shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors]
        closed = shapely.union_all([hole for hole in holes if hole.area < 5000])
        assert shapely.distance(points[far], closed).max(initial=0.0) <= 0.2
        checked += len(points)
    assert checked >= 10_000


def test_no_circle_of_a_city_covers_water_beyond_its_width(city):
    osm, network, homes = city
    water = osm.backdrop.geometry[osm.backdrop["kind"] == "water"]
    circles = circles_in_plane(network, homes, [300, 900], width_m=25, water=water)
    strips = circles_in_plane(network, homes, [300, 900], width_m=25, hole_m2=0, exact=True)
    lake = shapely.union_all(network.plane(water))
    covered = shapely.intersection(circles, lake)
    assert (shapely.area(covered) > 0).sum() > 10
    # GEOS cuts its round ends by lines too, up to 0.12 m inside the width; a hole inside one cell isn't seen.
    assert shapely.area(shapely.difference(covered, shapely.buffer(strips, 0.2))).max() <= 0.1
