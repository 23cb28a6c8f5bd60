"""Walking times against what others found: pgRouting's documented examples, and scipy on real streets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array

from circle15 import demo
from circle15.network import Snaps, WalkNetwork
from circle15.reach import take, times_within
from circle15.sources.osm import osm_sites, read_osm
from circle15.sources.residences import osm_residences
from drawn import as_walked_by, drawn_network, scipy_times_s

# The sample data of pgRouting's manual (3.6): edge -> its ends, and whether it is walked from the first to the second
# and back where directions bind. Each costs 1, here 100 m at 1 m/s.
PG_EDGES = {
    1: (5, 6, True, True), 2: (6, 10, False, True), 3: (10, 15, False, True), 4: (6, 7, True, True),
    5: (10, 11, True, False), 6: (1, 3, True, True), 7: (3, 7, True, True), 8: (7, 11, True, True),
    9: (11, 16, True, True), 10: (7, 8, True, True), 11: (11, 12, True, False), 12: (8, 12, True, False),
    13: (12, 17, True, False), 14: (8, 9, True, True), 15: (16, 17, True, True), 16: (15, 16, True, True),
    17: (2, 4, True, True), 18: (13, 14, True, True),
}  # fmt: skip
PG_PLACES = {
    1: (0, 2), 2: (0.5, 3.5), 3: (1, 2), 4: (2, 3.5), 5: (2, 0), 6: (2, 1), 7: (2, 2), 8: (2, 3), 9: (2, 4),
    10: (3, 1), 11: (3, 2), 12: (3, 3), 13: (3.5, 2.3), 14: (3.5, 4), 15: (4, 1), 16: (4, 2), 17: (4, 3),
}  # fmt: skip
PG_POINTS = {-1: (1, 0.4), -2: (15, 0.4), -3: (12, 0.6), -4: (6, 0.3), -5: (5, 0.8), -6: (4, 0.7)}
"""Points of interest: edge and fraction from its first end."""


def pg_reached(start, distance, *, directed):
    """Vertices (above 0) and points (below 0) within a distance of a start, with their distance."""
    rows, oneway = [], []
    for number, (u, v, along, back) in enumerate(PG_EDGES.values()):
        turned = directed and not along
        rows.append((f"{v}", f"{u}", 100.0) if turned else (f"{u}", f"{v}", 100.0))
        if directed and not (along and back):
            oneway.append(number)
    at = {f"{vertex}": (100.0 * x, 100.0 * y) for vertex, (x, y) in PG_PLACES.items()}
    network = drawn_network(at, rows, oneway=tuple(oneway))
    edge_of = {edge: number for number, edge in enumerate(PG_EDGES)}

    def hung(place):
        if place < 0:
            edge, fraction = PG_POINTS[place]
            return edge_of[edge], fraction
        number = next(i for i, row in enumerate(rows) if f"{place}" in row[:2])
        return number, 0.0 if rows[number][0] == f"{place}" else 1.0

    def places(names):
        edge, fraction = (np.array(column) for column in zip(*map(hung, names), strict=True))
        n = len(names)
        return Snaps(np.arange(n + 1), edge, fraction.astype(float), np.zeros(n), np.zeros(n, dtype=np.int64))

    everywhere = [*PG_PLACES, *PG_POINTS] if start < 0 else [*PG_PLACES]
    found = coo_array(times_within(network, places([start]), places(everywhere), cutoff_s=100.0 * distance))
    return {everywhere[j]: pytest.approx(s / 100, abs=1e-4) for j, s in zip(found.coords[1], found.data, strict=True)}


def test_driving_distance_of_the_manual_directed():
    # pgr_drivingDistance from vertex 11 for 3.0, directed.
    assert pg_reached(11, 3.0, directed=True) == {
        11: 0, 7: 1, 12: 1, 16: 1, 3: 2, 6: 2, 8: 2, 15: 2, 17: 2, 1: 3, 5: 3, 9: 3, 10: 3,
    }  # fmt: skip


def test_driving_distance_of_the_manual_undirected():
    # pgr_drivingDistance from vertices 11 and 16 for 3.0, undirected. (The manual lists each vertex under its nearest
    # start only where asked to; these are the rows of each start.)
    assert pg_reached(11, 3.0, directed=False) == {
        11: 0, 7: 1, 10: 1, 12: 1, 16: 1, 3: 2, 6: 2, 8: 2, 15: 2, 17: 2, 1: 3, 5: 3, 9: 3,
    }  # fmt: skip
    assert pg_reached(16, 3.0, directed=False) == {
        16: 0, 11: 1, 15: 1, 17: 1, 7: 2, 10: 2, 12: 2, 3: 3, 6: 3, 8: 3,
    }  # fmt: skip


def test_with_points_of_the_manual():
    # pgr_withPointsDD from point -1 for 3.3, points reached from both sides, undirected, with details.
    found = pg_reached(-1, 3.3, directed=False)
    assert found == {
        -1: 0, 5: 0.4, 6: 0.6, -6: 1.3, 10: 1.6, 7: 1.6, -5: 2.4, 15: 2.6, 3: 2.6, 8: 2.6, 11: 2.6, -3: 3.2, -4: 3.3,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["the embedded city", "nanjing-centre.osm", "monaco.osm.pbf"])
def test_scipy_finds_the_same_times_on_real_streets(name, request):
    # All pairs of 60 residences and every site within 15 minutes: the same pairs, half a second at most between them.
    file = demo.config_path().parent / "reykjavik-centre.osm.pbf"
    if name != "the embedded city":
        file = request.getfixturevalue("shared_data") / name
    osm = read_osm(file)
    network = WalkNetwork.from_osm(osm, profile="adult")
    homes = osm_residences(osm, buildings=("apartments", "house", "residential", "yes"), default_levels=2)
    everybody = network.snap(homes.geometry, homes["compound_id"])
    everybody = take(everybody, np.flatnonzero(everybody.on_network))
    home = take(everybody, np.linspace(0, len(everybody.own) - 1, 60).astype(int))
    there = network.snap_sites(osm_sites(osm)[0].geometry)
    ours = coo_array(times_within(network, home, there, cutoff_s=900.0))
    theirs = np.full(ours.shape, np.inf)
    for zone in np.unique(home.own):
        rows = np.flatnonzero(home.own == zone)
        walk = scipy_times_s(as_walked_by(network, zone), take(home, rows), there, limit_s=1000.0)
        for j, site in enumerate(there.owner):
            theirs[rows, site] = np.minimum(theirs[rows, site], walk[:, j])
    dense = np.full(ours.shape, np.inf)
    dense[ours.coords] = ours.data
    compared = np.isfinite(dense)
    assert compared.sum() > 500
    assert np.abs(dense[compared] - theirs[compared]).max() <= 0.5
    assert (theirs[~compared] > 899.5).all()
