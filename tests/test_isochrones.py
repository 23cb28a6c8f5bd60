"""Circles: areas worked out on paper, nesting, and every reached stretch inside."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import InputError
from circle15.isochrones import isochrones, reached_stretches, stretch_lines
from drawn import drawn_network, random_network, spots

STREET = ({"a": (0, 0), "b": (1000, 0)}, [("a", "b", 1000.0)])


def test_a_straight_street_gives_a_sausage():
    # From the middle of a street, 300 s at 1 m/s: 300 m both ways, 30 m on each side, round ends.
    # 600 x 60 + pi x 30^2 = 38,827 m2; the round ends are drawn with 32 corners: a 0.6 % smaller circle.
    circles = isochrones(drawn_network(*STREET), spots({"h": (500, 0)}), [300])
    assert circles["area_m2"][0] == pytest.approx(600 * 60 + np.pi * 900, rel=1e-3)
    assert circles["residence_id"].tolist() == ["h"]
    assert circles.crs == "EPSG:4326"


def test_the_leg_belongs_to_the_circle_and_takes_time():
    # 100 m to the street, so 200 m along it both ways, and a strip along the leg.
    circles = isochrones(drawn_network(*STREET), spots({"h": (500, 100)}), [300])
    strip = 400 * 60 + np.pi * 900 + 70 * 60 + np.pi * 900 / 2
    assert circles["area_m2"][0] == pytest.approx(strip, rel=2e-3)


def test_time_that_ends_on_the_leg_draws_only_the_leg():
    circles = isochrones(drawn_network(*STREET), spots({"h": (500, 150)}), [100])
    assert circles["area_m2"][0] == pytest.approx(100 * 60 + np.pi * 900, rel=3e-3)


def test_off_the_network_keeps_its_row():
    circles = isochrones(drawn_network(*STREET), spots({"h": (500, 0), "i": (500, 900)}), [300, 60])
    assert circles[["residence_id", "cutoff_s"]].to_numpy().tolist() == [["h", 60], ["h", 300], ["i", 60], ["i", 300]]
    assert circles.geometry.is_empty.tolist() == [False, False, True, True]
    assert circles["area_m2"][2:].tolist() == [0, 0]


def test_one_way_streets_are_walked_one_way():
    circles = isochrones(drawn_network(*STREET, oneway=(0,)), spots({"h": (500, 0)}), [300])
    assert circles["area_m2"][0] == pytest.approx(300 * 60 + np.pi * 900, rel=1e-3)


def test_small_holes_are_closed_and_large_ones_stay():
    # Round a block of 200 x 200 m the strips leave a hole of 140 x 140 = 19,600 m2.
    square = {"a": (0, 0), "b": (200, 0), "c": (200, 200), "d": (0, 200)}
    streets = [("a", "b", 200.0), ("b", "c", 200.0), ("c", "d", 200.0), ("d", "a", 200.0)]
    network = drawn_network(square, streets)
    home = spots({"h": (0, 0)})
    open_, closed = (isochrones(network, home, [900], hole_m2=hole)["area_m2"][0] for hole in (19_000, 20_000))
    assert closed - open_ == pytest.approx(19_600, rel=1e-2)


def test_stretches_are_cut_where_the_time_runs_out():
    network = drawn_network(*STREET)
    home = network.snap(spots({"h": (500, 0)}).geometry)
    stretches = reached_stretches(network, home, cutoff_s=300)
    assert stretches.edge.tolist() == [0]
    assert (stretches.low[0], stretches.high[0]) == (pytest.approx(0.2, abs=1e-5), pytest.approx(0.8, abs=1e-5))


def test_two_ends_of_an_edge_can_be_reached_without_its_middle():
    # a - b is 100 m by the short street and 1,000 m by the long one: from a, 150 s, the long one is reached for 150 m
    # from a and for 50 m from b.
    nodes = {"a": (0, 0), "b": (100, 0)}
    network = drawn_network(nodes, [("a", "b", 100.0), ("a", "b", 1000.0)])
    home = network.snap(spots({"h": (0, 0)}).geometry)
    stretches = reached_stretches(network, home, cutoff_s=150)
    long = [(low, high) for e, low, high in zip(*stretches, strict=True) if e == 1]
    assert long == [(0.0, pytest.approx(0.15, abs=1e-4)), (pytest.approx(0.95, abs=1e-4), 1.0)]


@pytest.mark.parametrize("bad", [{"cutoffs_s": []}, {"cutoffs_s": [0]}, {"width_m": 0}, {"hole_m2": -1}])
def test_bad_numbers_are_refused(bad):
    with pytest.raises(InputError, match="give"):
        isochrones(drawn_network(*STREET), spots({"h": (500, 0)}), **{"cutoffs_s": [300], **bad})


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.lists(st.floats(30, 900), min_size=2, max_size=3, unique=True))
def test_circles_nest_and_hold_every_reached_stretch(seed, cutoffs):
    network = random_network(seed, n=15, extra=8)
    rng = np.random.default_rng(seed)
    home = spots({"h": tuple(rng.uniform(0, 1000, 2))})
    circles = network.plane(isochrones(network, home, cutoffs).geometry)
    snaps = network.snap(home.geometry)
    for small, large in pairwise(circles):
        assert shapely.area(shapely.difference(small, large)) <= 1e-3
    for circle, cutoff in zip(circles, sorted(cutoffs), strict=True):
        if len(snaps.edge):
            lines = stretch_lines(network, reached_stretches(network, snaps, cutoff_s=cutoff))
            assert shapely.length(shapely.difference(lines, circle)).sum() <= 1e-3
