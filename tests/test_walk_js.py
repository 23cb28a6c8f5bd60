"""What the map's page computes as it walks equals what Python computes: snaps, times, routes, circles, trials."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from itertools import islice, starmap
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import circle15
from circle15 import CloseSite, OpenGate, OpenSite, Study, WalkNetwork, demo, trial
from circle15.checklist import KINDS
from circle15.network import PROFILES, Snaps, barriers_frame, edges_frame, ends_frame, zones_frame
from circle15.network.snaps import Entries, listed
from circle15.outputs import webmap
from circle15.outputs.webmap.walk import CIRCLE_WIDTH_M, encode_walk
from circle15.reach import nearest_times, reached_parts, take
from circle15.schema import STATUSES
from circle15.sources.osm import read_osm
from circle15.units import local_crs, to_plane
from drawn import drawn_network, line, osm_file, place, random_network, random_places, spots, with_zones
from test_gates import BARRIER_SCENE, COMPOUND_NODES, COMPOUND_WAYS, PRIVATE_WAY

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [
    pytest.mark.xdist_group("walk_js"),
    pytest.mark.skipif(shutil.which("node") is None, reason="node runs the page's scripts, and isn't installed"),
]

ROOT = Path(__file__).parents[1]
PHARMACY, POST = KINDS.index("pharmacy"), KINDS.index("post")
Edit = dict[str, Any]


def answers(tmp_path: Path, *cases: dict[str, Any]) -> list[list[Any]]:
    """What the engine of each case answers to each of its questions."""
    questions = tmp_path / "questions.json"
    questions.write_text(json.dumps({"cases": cases}), encoding="utf-8")
    done = subprocess.run(
        ["node", str(ROOT / "tests" / "js" / "engine.js"), str(Path(webmap.__file__).parent), str(questions)],
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[list[Any]] = json.loads(done.stdout)
    return found


def seconds(answer: float | str) -> float:
    return np.inf if answer == "never" else float(answer)


# ---- Drawn by hand ---------------------------------------------------------------------------------------------------


def case(
    network: WalkNetwork,
    home: Snaps,
    there: Snaps,
    holds: Sequence[tuple[int, int, bool]],
    *,
    rural: Sequence[int] = (),
    covered: np.ndarray[Any, Any] | None = None,
    shown: Sequence[int] | None = None,
) -> dict[str, Any]:
    """A page's data of residences and sites that hang on a network.

    `holds` lists site, kind, and whether confirmed; `shown` are the residences that the page shows, all by default.
    """
    n, n_sites = len(home.indptr) - 1, len(there.indptr) - 1
    ids = [pd.Series([f"{what}{i:03d}" for i in range(size)], dtype="str") for what, size in (("r", n), ("s", n_sites))]
    frames: Any = SimpleNamespace(
        sites=pd.DataFrame({"site_id": ids[1]}),
        network_edges=edges_frame(network),
        ends=ends_frame(network, {"residence": (ids[0], home), "site": (ids[1], there)}),
        zones=zones_frame(network),
        barriers=barriers_frame(network),
        deciding=pd.DataFrame(
            {
                "site_id": [ids[1][site] for site, _, _ in holds],
                "kind": [KINDS[kind] for _, kind, _ in holds],
                "evidence": ["confirmed" if sure else "possible" for _, _, sure in holds],
            }
        ),
        about={
            "speed_m_s": network.profile.speed_m_s,
            "threshold_urban_s": 900.0,
            "threshold_rural_s": 1800.0,
            "walk": {
                "plane_lonlat": network.plane_lonlat,
                "max_snap_m": network.max_snap_m,
                "compounds_closed": network.surroundings.closed,
            },
        },
    )
    header, numbers = encode_walk(frames, ids[0] if shown is None else ids[0].iloc[list(shown)])
    status = np.ones((len(KINDS), n), dtype=int) if covered is None else np.where(covered.T, 0, 1)
    where = {"from": list(range(n + 1)), "start": list(range(n + 1))}
    nowhere = {**where, "lon": [place(0, 0)[0]] * n, "lat": [place(0, 0)[1]] * n}
    data = {
        "kinds": [{"id": kind} for kind in KINDS],
        "statuses": [{"id": status} for status in STATUSES],
        "residences": {
            "weight": [10.0 + i for i in range(n)],
            "community": [1 + i % 2 for i in range(n)],
            "rural": [int(i in rural) for i in range(n)],
            "shapes": nowhere,
        },
        "sites": {"shapes": {**nowhere, "from": list(range(n_sites + 1)), "start": list(range(n_sites + 1))}},
        "access": [{"status": row.tolist(), "site": [-1] * n} for row in status],
    }
    return {"data": data, "header": header, "numbers": numbers}


def hung(entries: list[tuple[int, int, float, float]], own: Sequence[int]) -> Snaps:
    """Snaps from rows of place, edge, fraction and metres to the street."""
    columns = [np.array(column) for column in zip(*entries, strict=True)]
    return listed([Entries(*columns)], own=np.array(own))


# A street of 1,000 m from a to b, and one of 400 m that may only be walked from b to c. Beside it 600 m from d to e.
BENT = drawn_network(
    {"a": (0, 0), "b": (1000, 0), "c": (1000, 400), "d": (0, 500), "e": (600, 500)},
    [("a", "b", 1000.0), ("b", "c", 400.0), ("d", "e", 600.0)],
    oneway=(1,),
)


def test_ends_in_the_middle_of_edges_and_one_way_streets(tmp_path: Path) -> None:
    home = hung([(0, 0, 0.2, 10.0), (1, 1, 0.75, 0.0), (2, 2, 0.5, 5.0)], own=[0, 0, 0])
    there = hung([(0, 0, 0.5, 20.0), (1, 1, 0.5, 0.0), (2, 0, 0.1, 1.0)], own=[0, 0, 0])
    asked = case(BENT, home, there, [(0, PHARMACY, True), (1, POST, True), (2, POST, False)], rural=[1])
    ask = [["times", 0], ["times", 1], ["times", 2], ["routeTo", 0, 1], ["routeTo", 1, 0], ["circle", 0, 105]]
    first, second, third, route, none, circle = answers(tmp_path, {**asked, "ask": ask})[0]
    # On one edge: 300 m, and 10 and 20 m to the doors. To the middle of b-c 800 + 200 m, which is beyond 900 s but
    # within twice as much; the possible post 100 m the other way decides.
    assert first[PHARMACY] == {"confirmed": 330, "possible": "never", "site": 0}
    assert first[POST] == {"confirmed": 1010, "possible": 111, "site": 2}
    # Nobody walks from c to b, so 100 m back is no way. On d-e there are no sites.
    assert second[POST] == {"confirmed": "never", "possible": "never", "site": -1}
    assert [kind["site"] for kind in third] == [-1] * 27
    assert none is None
    assert (route["site"], route["seconds"]) == (1, 1010)
    corners = [place(200, 0), place(1000, 0), place(1000, 200)]
    np.testing.assert_allclose(route["line"][1:], [corner[::-1] for corner in corners], atol=1e-7)
    # 10 s to the street leave 95 m either way.
    assert circle["widthM"] == CIRCLE_WIDTH_M
    street, leg = circle["parts"]
    np.testing.assert_allclose(street, [place(105, 0)[::-1], place(295, 0)[::-1]], atol=1e-7)
    np.testing.assert_allclose(leg[1], place(200, 0)[::-1], atol=1e-7)


def test_only_residences_that_the_page_shows_travel(tmp_path: Path) -> None:
    home = hung([(0, 0, 0.2, 10.0), (1, 0, 0.9, 10.0), (2, 0, 0.4, 0.0)], own=[0, 0, 0])
    there = hung([(0, 0, 0.5, 20.0)], own=[0])
    everybody = case(BENT, home, there, [(0, PHARMACY, True)])
    two = case(BENT, home, there, [(0, PHARMACY, True)], shown=[2, 0])
    # 100 and 20 m from the third residence, 10, 300 and 20 m from the first.
    found = answers(tmp_path, {**two, "ask": [["times", 0], ["times", 1]]})[0]
    assert [one[PHARMACY]["confirmed"] for one in found] == [120, 330]
    sizes = [{name: size for name, _, size in one["header"]["arrays"]} for one in (everybody, two)]
    assert [one["residenceLeg"] for one in sizes] == [3, 2]


def test_a_closed_gate_keeps_strangers_out_until_it_is_opened(tmp_path: Path) -> None:
    # a --500-- g --500-- b, where g is a gate of zone 1, an edge of no length between the vertices g and h.
    network = drawn_network(
        {"a": (0, 0), "g": (500, 0), "h": (500, 0), "b": (1000, 0)},
        [("a", "g", 500.0), ("h", "b", 500.0), ("g", "h", 0.0)],
    )
    network = with_link(network, edge=2, zone=1)
    # A stranger and a resident 400 m before the gate; the pharmacy is 300 m behind it, the post 100 m before it.
    home = hung([(0, 0, 0.2, 0.0), (1, 0, 0.2, 0.0)], own=[0, 1])
    there = hung([(0, 1, 0.6, 0.0), (1, 0, 0.8, 0.0)], own=[0, 0])
    covered = np.zeros((2, 27), dtype=bool)
    covered[1, PHARMACY] = covered[:, POST] = True
    asked = case(network, home, there, [(0, PHARMACY, True), (1, POST, True)], covered=covered)
    open_gate: Edit = {"do": "open_gate", "gate": 0}
    close: Edit = {"do": "close_site", "site": 0, "kind": None}
    ask = [
        ["gates"], ["times", 0], ["times", 1], ["trial", []], ["trial", [open_gate]], ["trial", [open_gate, close]],
        ["trial", [close]], ["trial", [{**close, "kind": POST}]],
    ]  # fmt: skip
    gates, stranger, resident, nothing, opened, both, closed, other = answers(tmp_path, {**asked, "ask": ask})[0]
    assert [gate["id"] for gate in gates] == [network.edge_way[2]]
    assert (gates[0]["lon"], gates[0]["lat"]) == pytest.approx(place(500, 0), abs=1e-7)
    assert stranger[PHARMACY]["confirmed"] == "never"
    assert resident[PHARMACY]["confirmed"] == 700
    none = {"weight": 0, "n": 0}
    assert nothing["total"] == {"gained": none, "lost": none}
    # Residence 0 weighs 10 and is of the first community, 1 weighs 11 and is of the second.
    assert opened["changed"] == [[0, [[PHARMACY, "gained"]]]]
    assert opened["communities"] == [{"area": 1, "k": PHARMACY, "gained": {"weight": 10, "n": 1}, "lost": none}]
    assert both["changed"] == closed["changed"] == [[1, [[PHARMACY, "lost"]]]]
    assert closed["kinds"] == [{"k": PHARMACY, "gained": none, "lost": {"weight": 11, "n": 1}}]
    assert closed["total"] == {"gained": none, "lost": {"weight": 11, "n": 1}}
    assert other["changed"] == []


def with_link(network: WalkNetwork, *, edge: int, zone: int) -> WalkNetwork:
    zones = np.zeros_like(network.edge_zone)
    zones[edge] = zone
    return replace(network, edge_zone=zones)


def test_a_put_site_hangs_on_the_nearest_street_that_no_wall_parts_from_it(tmp_path: Path) -> None:
    # Streets along y = 0 and y = 120; a wall along y = 25 from x = 400 to 600; an island of 60 m at y = 60.
    nodes = {"a": (0, 0), "b": (1000, 0), "c": (0, 120), "d": (1000, 120), "e": (700, 60), "f": (760, 60)}
    table = pd.DataFrame({"u": ["a", "c", "b", "e"], "v": ["b", "d", "d", "f"]})
    network = WalkNetwork.from_edges(
        spots(nodes, "node_id"), table, barriers=gpd.GeoSeries([line((400, 25), (600, 25))], crs="EPSG:4326")
    )
    home = hung([(0, 0, 0.5, 0.0)], own=[0])
    asked = case(network, home, home, [])
    at = {"behind the wall": (500, 50), "beside it": (300, 50), "by the island": (730, 55), "far": (500, 330)}
    ask = [["snap", *place(*spot)] for spot in at.values()]
    behind, beside, island, far = answers(tmp_path, {**asked, "ask": ask})[0]
    for found, edge, fraction, metres in ((behind, 1, 0.5, 70), (beside, 0, 0.3, 50), (island, 0, 0.73, 55)):
        (entry,) = found
        assert entry["e"] == edge
        assert entry["fraction"] == pytest.approx(fraction, abs=1e-3)
        assert entry["far"] == pytest.approx(metres, abs=0.1)
    assert far == []


def test_what_is_put_off_the_streets_serves_nobody(tmp_path: Path) -> None:
    home = hung([(0, 0, 0.2, 10.0)], own=[0])
    asked = case(BENT, home, home, [])
    put: Edit = {"do": "open_site", "kind": PHARMACY}
    ask = [
        ["trial", [{**put, "lon": lon, "lat": lat}]]
        for lon, lat in (place(500, -5000), place(1000, 2), place(905, -150), place(905, -190))
    ]
    nowhere, corner, near, late = answers(tmp_path, {**asked, "ask": ask})[0]
    assert nowhere["changed"] == late["changed"] == []
    # 10 + 800 + 2 s, and 10 + 705 + 150 s; from 190 m off it would be 905 s.
    assert corner["changed"] == near["changed"] == [[0, [[PHARMACY, "gained"]]]]


def test_a_study_without_its_network_has_no_engine(tmp_path: Path) -> None:
    asked = case(BENT, *[hung([(0, 0, 0.2, 10.0)], own=[0])] * 2, [])
    assert answers(tmp_path, {**asked, "header": None, "numbers": "", "ask": [["isThere"]]}) == [[False]]


def test_the_plane_is_the_one_python_snaps_in(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    asked = case(BENT, *[hung([(0, 0, 0.2, 10.0)], own=[0])] * 2, [])
    for lon, lat in ((116.6, 35.4), (-21.9, 64.15), (103.8, 1.3), (-70.5, -33.4)):
        at = np.column_stack([rng.uniform(-1, 1, 40) + lon, rng.uniform(-0.5, 0.5, 40) + lat])
        ask = [["project", [lon, lat], spot] for spot in at.tolist()]
        found = np.array(answers(tmp_path, {**asked, "ask": ask})[0])
        expected = np.column_stack(to_plane(local_crs(lon, lat)).transform(at[:, 0], at[:, 1]))
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_times_are_told_in_whole_milliseconds_halves_to_the_even_one(tmp_path: Path) -> None:
    asked = case(BENT, *[hung([(0, 0, 0.2, 10.0)], own=[0])] * 2, [])
    found = answers(tmp_path, {**asked, "ask": [["ticks", 0.0625, 0.1875, 0.0634, 0.0636, 900.00049]]})[0][0]
    assert found == pytest.approx([0.062, 0.188, 0.063, 0.064, 900.0], abs=1e-9)


def test_circles_are_as_wide_as_pythons() -> None:
    assert circle15.isochrones.__kwdefaults__["width_m"] == CIRCLE_WIDTH_M


# ---- Scenes of tests/test_gates.py -----------------------------------------------------------------------------------

CUSTOMERS = {20: ([2, 4], {"highway": "service", "access": "customers"})}
HOSPITAL_CORNERS = {11: (150, -10, {}), 12: (250, -10, {}), 13: (250, -250, {}), 14: (150, -250, {})}
HOSPITAL = {50: ([11, 12, 13, 14, 11], {"amenity": "hospital"})}
SHUT_INSIDE = {4: (200, -150, {}), 5: (200, -80, {"barrier": "gate", "access": "no"})}
SHUT_WAY = {20: ([2, 5, 4], {"highway": "service", "access": "private"})}
DRIVE = {40: ([7, 6, 8, 9], {"highway": "service"}), 41: ([2, 7], {"highway": "service", "access": "private"})}
RING = {14: (150, 15, {}), 15: (150, 60, {}), 16: (50, 60, {}), 17: (50, 15, {}), 12: (100, 15, {"barrier": "gate"})}
WALL = {40: ([12, 14, 15, 16, 17, 12], {"barrier": "wall"})}
STEPS = {20: ([2, 4], {"highway": "steps"})}
STEEP = {10: ([5, 1, 2], {"highway": "residential", "incline": "15%"})}
WITHOUT_WAYS = {key: way for key, way in COMPOUND_WAYS.items() if key != 40}
NEAR = {"min_component_m": 0.0, "max_snap_m": 60.0}

BESIDE = {
    31: (150, 150, {}),
    32: (420, 150, {}),
    33: (420, 320, {}),
    34: (150, 320, {}),
    35: (300, 150, {"barrier": "gate"}),
}
OVERLAPPING = {92: ([31, 35, 32, 33, 34, 31], {"landuse": "residential"}), 93: ([35, 36], {"highway": "service"})}

# Nodes, ways and settings.
SCENES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "a private way": (*PRIVATE_WAY, NEAR),
    "a shop's grounds": (PRIVATE_WAY[0], PRIVATE_WAY[1] | CUSTOMERS, NEAR),
    "a hospital's grounds": (PRIVATE_WAY[0] | HOSPITAL_CORNERS, PRIVATE_WAY[1] | HOSPITAL, NEAR),
    "a shut gate in them": (
        PRIVATE_WAY[0] | HOSPITAL_CORNERS | SHUT_INSIDE, PRIVATE_WAY[1] | HOSPITAL | SHUT_WAY,
        {"min_component_m": 0.0, "max_snap_m": 40.0},
    ),
    "steps, on wheels": (PRIVATE_WAY[0], PRIVATE_WAY[1] | STEPS, {**NEAR, "profile": "wheelchair"}),
    "a slope, on wheels": (
        BARRIER_SCENE[0], BARRIER_SCENE[1] | STEEP, {"min_component_m": 0.0, "profile": "wheelchair"}
    ),
    "an open compound": (COMPOUND_NODES, COMPOUND_WAYS, {}),
    "a closed compound": (COMPOUND_NODES, COMPOUND_WAYS, {"compound_default": "closed"}),
    "a closed compound and its drive": (COMPOUND_NODES, COMPOUND_WAYS | DRIVE, {"compound_default": "closed"}),
    "closed compounds that overlap": (
        COMPOUND_NODES | BESIDE | {36: (300, 200, {})}, COMPOUND_WAYS | OVERLAPPING, {"compound_default": "closed"}
    ),
    "a closed compound without ways": (COMPOUND_NODES, WITHOUT_WAYS, {"compound_default": "closed"}),
    "an open compound without ways": (COMPOUND_NODES, WITHOUT_WAYS, {"max_snap_m": 70.0}),
    "a wall with a gate": (BARRIER_SCENE[0] | RING, BARRIER_SCENE[1] | WALL, {}),
    "a wall with a gate, nearby": (BARRIER_SCENE[0] | RING, BARRIER_SCENE[1] | WALL, {"max_snap_m": 50.0}),
}  # fmt: skip


def test_put_sites_hang_in_drawn_scenes_where_python_hangs_them(tmp_path: Path) -> None:
    at_edges = [(150, 50.3), (150, 49.7), (299.7, 170), (300.3, 170), (250, 249.6), (160, 150.2)]
    grid = np.array(
        [place(x, y) for x in range(-60, 440, 19) for y in range(-260, 330, 23)] + [*starmap(place, at_edges)]
    )
    cases, expected = [], []
    for i, (nodes, ways, options) in enumerate(SCENES.values()):
        network = WalkNetwork.from_osm(read_osm(osm_file(tmp_path, nodes, ways, name=f"{i}.osm")), **options)
        on_street = hung([(0, 0, 0.5, 0.0)], own=[0])
        ask = [["snap", *spot] for spot in grid.tolist()]
        cases.append({**case(network, on_street, on_street, []), "ask": ask})
        expected.append(network.snap_sites(gpd.GeoSeries(shapely.points(grid), crs="EPSG:4326")))
    for name, found, snaps in zip(SCENES, answers(tmp_path, *cases), expected, strict=True):
        assert_hung_alike(found, snaps, name)
    several = {name for name, snaps in zip(SCENES, expected, strict=True) if (np.diff(snaps.indptr) > 1).any()}
    # On private ways also on the nearest public street, on grounds also at their gates.
    assert {"a private way", "a shop's grounds", "a hospital's grounds"} <= several


def assert_hung_alike(found: list[Any], snaps: Snaps, where: str) -> None:
    """The page's entries of places are Python's."""
    rows = [(i, e["e"], e["fraction"], e["far"]) for i, one in enumerate(found) for e in one]
    mine = hung(rows, own=[0] * len(found))
    np.testing.assert_array_equal(mine.indptr, snaps.indptr, err_msg=where)
    np.testing.assert_array_equal(mine.edge, snaps.edge, err_msg=where)
    np.testing.assert_allclose(mine.fraction, snaps.fraction, atol=1e-6, err_msg=where)
    np.testing.assert_allclose(mine.leg_m, snaps.leg_m, atol=1e-4, err_msg=where)


# ---- Random networks -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def random_cases() -> list[tuple[Any, ...]]:
    made = []
    for seed in range(25):
        network = with_zones(random_network(seed), seed)
        if seed % 2:
            # Up one way and down the other.
            pace = np.random.default_rng(seed).uniform(0.7, 1.6, (len(network.edge_u), 2))
            network = replace(network, edge_pace=pace, profile=PROFILES["adult"])
        home, there = random_places(network, seed, 30, n_zones=3), random_places(network, seed + 100, 12)
        # Some of them on links, where not everybody may walk.
        links = np.flatnonzero(network.edge_zone > 0)
        home.edge[:6], there.edge[:3] = np.resize(links[:3], 6), links[:3]
        made.append((network, home, there, {PHARMACY: np.arange(8), POST: np.arange(4, 12)}))
    return made


def test_times_and_circles_on_random_networks(tmp_path: Path, random_cases: list[tuple[Any, ...]]) -> None:
    cases = []
    for network, home, there, groups in random_cases:
        held = [(int(site), kind, True) for kind, sites in groups.items() for site in sites]
        ask = [["times", i] for i in range(30)] + [["circle", i, 400] for i in range(30)]
        cases.append({**case(network, home, there, held), "ask": ask})
    for (network, home, there, groups), found in zip(random_cases, answers(tmp_path, *cases), strict=True):
        time_s, _ = nearest_times(network, home, there, list(groups.values()), cutoff_s=1800.0)
        walks = np.array([[seconds(found[i][kind]["confirmed"]) for kind in groups] for i in range(30)])
        np.testing.assert_allclose(walks, time_s, atol=1.1e-3)
        parts = reached_parts(network, home, cutoff_s=400.0)
        for i, circle in enumerate(found[30:]):
            which = slice(parts.indptr[i], parts.indptr[i + 1])
            streets = circle["parts"][: which.stop - which.start]
            for e, low, high, drawn in zip(
                parts.edge[which], parts.low[which], parts.high[which], streets, strict=True
            ):
                ends = shapely.line_interpolate_point(network.lines[e], [low, high], normalized=True)
                expected = shapely.get_coordinates(network.to_lonlat(ends))
                np.testing.assert_allclose([drawn[0][::-1], drawn[-1][::-1]], expected, atol=1e-7)


def test_gates_opened_and_sites_closed_on_random_networks(tmp_path: Path, random_cases: list[tuple[Any, ...]]) -> None:
    rng = np.random.default_rng(7)
    cases, expected = [], []
    for network, home, there, groups in random_cases:
        time_s, _ = nearest_times(network, home, there, list(groups.values()), cutoff_s=1800.0)
        covered = np.zeros((30, 27), dtype=bool)
        covered[:, list(groups)] = time_s <= 900.0
        held = [(int(site), kind, True) for kind, sites in groups.items() for site in sites]
        gates = sorted(set(network.edge_way[network.edge_zone > 0]))
        ask = []
        for _ in range(6):
            opened = rng.choice(len(gates), rng.integers(0, min(4, len(gates))), replace=False)
            closed = rng.choice(12, rng.integers(0, 5), replace=False)
            ask.append(
                [
                    *({"do": "open_gate", "gate": int(gate)} for gate in opened),
                    *({"do": "close_site", "site": int(site), "kind": None} for site in closed),
                ]
            )
            after = network.with_open_gates([gates[gate] for gate in opened])
            left = [np.setdiff1d(sites, closed) for sites in groups.values()]
            then_s, _ = nearest_times(after, home, there, left, cutoff_s=1800.0)
            expected.append(changes(covered[:, list(groups)], then_s <= 900.0, list(groups)))
        cases.append({**case(network, home, there, held, covered=covered), "ask": [["trial", edits] for edits in ask]})
    found = [told["changed"] for trials in answers(tmp_path, *cases) for told in trials]
    assert [as_set(told) for told in found] == expected
    # Not a test of nothing: some gain by gates, and some lose.
    assert {how for one in expected for _, _, how in one} == {"gained", "lost"}


def changes(
    before: np.ndarray[Any, Any], after: np.ndarray[Any, Any], kinds: Sequence[int]
) -> set[tuple[int, int, str]]:
    """Residence, kind, and what happened to it."""
    return {(int(i), kinds[j], "gained" if after[i, j] else "lost") for i, j in np.argwhere(before != after)}


def as_set(told: list[Any]) -> set[tuple[int, int, str]]:
    return {(i, k, how) for i, changed in told for k, how in changed}


# ---- Whole studies ---------------------------------------------------------------------------------------------------


class Told:
    """A finished study, its page, and how its residences and sites hang on the network."""

    def __init__(self, config: Path, folder: Path, **walk: str) -> None:
        given = Study.from_config(config).config
        # What is advised walks nowhere.
        changes = {"siting": None, "walk": given.walk.model_copy(update=walk)}
        self.result = Study(given.model_copy(update=changes)).run()
        self.page = folder / "map.html"
        self.page.write_text(webmap.render_map(self.result), encoding="utf-8")
        self.network = self.result.network
        self.home = self.snaps("residence", self.result.residences["residence_id"])
        self.there = self.snaps("site", self.result.sites["site_id"])

    def snaps(self, what: str, ids: pd.Series[str]) -> Snaps:
        """Snaps as the run wrote them down."""
        rows = self.result.ends[self.result.ends["what"] == what]
        owner = pd.Index(ids).get_indexer(pd.Index(rows["row_id"]))
        own = np.zeros(len(ids), dtype=np.int64)
        own[owner] = rows["own_zone"]
        leg_m = rows["leg_s"].to_numpy() * self.network.profile.speed_m_s
        return listed([Entries(owner, rows["edge"].to_numpy(), rows["fraction"].to_numpy(), leg_m)], own=own)

    def groups(self, *, confirmed: bool) -> list[np.ndarray[Any, Any]]:
        rows = self.result.deciding[(self.result.deciding["evidence"] == "confirmed") == confirmed]
        number = pd.Series(np.arange(len(self.result.sites)), index=self.result.sites["site_id"])
        return [np.sort(number[rows["site_id"][rows["kind"] == kind]].to_numpy()) for kind in KINDS]

    def after(self, edits: list[Edit], gates: list[str]) -> set[tuple[int, int, str]]:
        """What residents gain and lose, as Python tries the edits."""
        told = [
            OpenSite(KINDS[edit["kind"]], edit["lon"], edit["lat"])
            if edit["do"] == "open_site"
            else OpenGate(gates[edit["gate"]])
            if edit["do"] == "open_gate"
            else CloseSite(
                self.result.sites["site_id"][edit["site"]], None if edit["kind"] is None else KINDS[edit["kind"]]
            )
            for edit in edits
        ]
        if not told:
            return set()
        found = trial(self.result, told).residences
        row = pd.Index(self.result.residences["residence_id"]).get_indexer(pd.Index(found["residence_id"]))
        return {(int(i), KINDS.index(k), how) for i, k, how in zip(row, found["kind"], found["change"], strict=True)}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(demo.config_path(), tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def xinghe(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(ROOT / "configs" / "xinghe.toml", tmp_path_factory.mktemp("xinghe"))


@pytest.fixture(scope="module")
def from_gates(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The clock of who lives in a compound starts at its gate."""
    return Told(ROOT / "configs" / "xinghe.toml", tmp_path_factory.mktemp("gates"), origin="gate")


def drawn_proposals(told: Told, seed: int, n: int, gates: list[str]) -> list[list[Edit]]:
    """Proposals of one to three edits: sites put near residences, sites closed, gates opened."""
    rng = np.random.default_rng(seed)
    doors = shapely.get_coordinates(told.result.residences.representative_point().array)
    held = told.result.deciding[told.result.deciding["kind"].isin(KINDS)]
    number = pd.Series(np.arange(len(told.result.sites)), index=told.result.sites["site_id"])
    proposals = []
    for _ in range(n):
        edits: list[Edit] = []
        for do in rng.choice(["open_site", "close_site", "open_gate"], rng.integers(1, 4)):
            if do == "open_site":
                lon, lat = doors[rng.integers(len(doors))] + rng.normal(0, 8e-4, 2)
                edits.append({"do": "open_site", "kind": int(rng.integers(27)), "lon": float(lon), "lat": float(lat)})
            elif do == "close_site":
                row = held.iloc[rng.integers(len(held))]
                kind = None if rng.random() < 0.5 else KINDS.index(row["kind"])
                edits.append({"do": "close_site", "site": int(number[row["site_id"]]), "kind": kind})
            elif gates:
                edits.append({"do": "open_gate", "gate": int(rng.integers(len(gates)))})
        proposals.append(edits)
    return proposals


def test_every_script_travels_in_the_page(city: Told) -> None:
    page = city.page.read_text(encoding="utf-8")
    scripts = sorted(Path(webmap.__file__).parent.glob("*.js"))
    assert {"snapping.js", "walk.js", "trial.js"} <= {script.name for script in scripts}
    assert [script.name for script in scripts if script.read_text(encoding="utf-8") not in page] == []


def test_the_frames_say_how_places_hang(city: Told, xinghe: Told) -> None:
    for told in (city, xinghe):
        edges, network = told.result.network_edges, told.network
        np.testing.assert_array_equal(edges[["u", "v"]], np.column_stack([network.edge_u, network.edge_v]))
        np.testing.assert_array_equal(edges["zone"], network.edge_zone)
        np.testing.assert_allclose(edges[["from_u_s", "from_v_s"]], network.edge_time_s, rtol=1e-7)
        hung_again = network.snap(told.result.residences.representative_point(), told.result.residences["compound_id"])
        for column in ("indptr", "edge", "fraction", "leg_m"):
            np.testing.assert_allclose(getattr(told.home, column), getattr(hung_again, column), atol=1e-6)


def test_times_of_500_residences(tmp_path: Path, city: Told) -> None:
    rows = np.random.default_rng(11).choice(len(city.home.own), 500, replace=False)
    found = answers(tmp_path, {"page": str(city.page), "ask": [["times", int(i)] for i in rows]})[0]
    groups = [*city.groups(confirmed=True), *city.groups(confirmed=False)]
    time_s, _ = nearest_times(city.network, take(city.home, rows), city.there, groups, cutoff_s=1800.0)
    told_s = np.array([[seconds(kind[how]) for how in ("confirmed", "possible") for kind in one] for one in found])
    assert np.isfinite(time_s).mean() > 0.3
    np.testing.assert_array_equal(np.isfinite(told_s), np.isfinite(time_s))
    both = np.isfinite(time_s)
    assert np.abs(told_s[both] - time_s[both]).max() < 2.5e-3
    # The site that decides is the one in the table, or one just as near.
    access = city.result.access.set_index("residence_id").loc[city.result.residences["residence_id"].iloc[rows]]
    ids = city.result.sites["site_id"].tolist()
    decided = [ids[kind["site"]] if kind["site"] >= 0 else None for one in found for kind in one]
    same = (access["site_id"].to_numpy(dtype=object) == np.array(decided, dtype=object)) | access["site_id"].isna()
    assert same.mean() > 0.999


def test_routes_lead_from_door_to_site_in_the_time_told(tmp_path: Path, city: Told) -> None:
    rows = [int(i) for i in np.random.default_rng(12).choice(len(city.home.own), 60, replace=False)]
    kind = KINDS.index("grocery")
    found = answers(tmp_path, {"page": str(city.page), "ask": [["route", i, kind] for i in rows]})[0]
    access = city.result.access[city.result.access["kind"] == KINDS[kind]].iloc[rows]
    speed, to_xy = city.network.profile.speed_m_s, to_plane(city.network.crs).transform
    n_walked = 0
    for row, route in zip(access.itertuples(index=False), found, strict=True):
        if route is None:
            assert pd.isna(row.site_id)
            continue
        n_walked += 1
        assert city.result.sites["site_id"].iloc[route["site"]] == row.site_id
        assert route["seconds"] == pytest.approx(row.time_s, abs=1.1e-3)
        lat, lon = np.array(route["line"]).T
        drawn_m = np.hypot(*np.diff(np.column_stack(to_xy(lon, lat)), axis=0).T).sum()
        # The line is drawn from the middle of the house: as long as the walk, but for that.
        assert drawn_m == pytest.approx(row.time_s * speed, rel=0.01, abs=30)
    assert n_walked > 40


def test_put_sites_hang_where_python_hangs_them(tmp_path: Path, city: Told, xinghe: Told) -> None:
    rng = np.random.default_rng(13)
    for told, spread, n in ((city, 1e-3, 600), (xinghe, 2e-3, 300)):
        doors = shapely.get_coordinates(told.result.residences.representative_point().array)
        at = doors[rng.integers(len(doors), size=n)] + rng.normal(0, spread, (n, 2))
        found = answers(tmp_path, {"page": str(told.page), "ask": [["snap", *spot] for spot in at.tolist()]})[0]
        snaps = told.network.snap_sites(gpd.GeoSeries(shapely.points(at), crs="EPSG:4326"))
        assert_hung_alike(found, snaps, told.result.about["study_id"])


@pytest.mark.parametrize("study", ["city", "xinghe", "from_gates"])
def test_fifty_proposals_to_the_resident(tmp_path: Path, study: str, request: pytest.FixtureRequest) -> None:
    told: Told = request.getfixturevalue(study)
    gates = sorted(set(told.network.gates()["gate_id"]))
    proposals = drawn_proposals(told, 14, 50, gates)
    asked = {"page": str(told.page), "ask": [["gates"], *(["trial", edits] for edits in proposals)]}
    known, *found = answers(tmp_path, asked)[0]
    assert [gate["id"] for gate in known] == gates
    expected = [told.after(edits, gates) for edits in proposals]
    assert [as_set(one["changed"]) for one in found] == expected
    ways = {how for one in expected for _, _, how in one}
    assert ways == {"gained", "lost"}
    weight = told.result.residences["weight"].to_numpy()
    for one, changed in islice(zip(found, expected, strict=True), 10):
        for how in ("gained", "lost"):
            who = sorted({i for i, _, h in changed if h == how})
            assert one["total"][how]["n"] == len(who)
            assert one["total"][how]["weight"] == pytest.approx(weight[who].sum(), abs=0.05 * len(who) + 1e-6)
