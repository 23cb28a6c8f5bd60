"""Networks, places and frames drawn by hand, in metres from a spot in Nanjing."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas.testing import assert_geodataframe_equal
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from circle15.network import Snaps, WalkNetwork
from circle15.schema import STATUSES, StudyFrames
from circle15.sources.coordinates import judge_system
from circle15.sources.osm import read_osm

_GEOD = Geod(ellps="WGS84")
ORIGIN = (118.78, 32.04)


def place(east_m: float, north_m: float) -> tuple[float, float]:
    """Longitude and latitude of a spot some metres east and north of a spot in Nanjing."""
    lon, lat, _ = _GEOD.fwd(*ORIGIN, 90.0, east_m)
    lon, lat, _ = _GEOD.fwd(lon, lat, 0.0, north_m)
    return lon, lat


def spots(ids_at: dict[str, tuple[float, float]], key: str = "residence_id") -> gpd.GeoDataFrame:
    """Named points, given in metres."""
    points = [shapely.Point(place(*at)) for at in ids_at.values()]
    return gpd.GeoDataFrame({key: list(ids_at)}, geometry=points, crs="EPSG:4326")


def drawn_network(
    nodes: dict[str, tuple[float, float]],
    edges: list[tuple[str, str, float]],
    *,
    oneway: tuple[int, ...] = (),
    steps: tuple[int, ...] = (),
    profile: str = "planning",
    max_snap_m: float = 200.0,
    min_component_m: float = 0.0,
) -> WalkNetwork:
    """A network of straight streets: nodes in metres, edges with the length that the test counts with."""
    table = pd.DataFrame(edges, columns=["u", "v", "length_m"])
    table["oneway"] = [i in oneway for i in range(len(edges))]
    table["street_class"] = ["steps" if i in steps else "road" for i in range(len(edges))]
    return WalkNetwork.from_edges(
        spots(nodes, "node_id"), table, profile=profile, max_snap_m=max_snap_m, min_component_m=min_component_m
    )


def osm_file(tmp_path, nodes, ways, *, name="drawn.osm"):
    """A small OSM XML: nodes {id: (east_m, north_m, tags)}, ways {id: ([nodes], tags)}."""

    def tag_lines(tags):
        return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())

    lines = ['<?xml version="1.0"?><osm version="0.6">']
    for i, (east, north, tags) in nodes.items():
        lon, lat = place(east, north)
        lines.append(f'<node id="{i}" version="1" lon="{lon:.9f}" lat="{lat:.9f}">{tag_lines(tags)}</node>')
    for i, (refs, tags) in ways.items():
        body = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{i}" version="1">{body}{tag_lines(tags)}</way>')
    path = tmp_path / name
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def network_of(tmp_path, nodes, ways, **options):
    """The walking network of a small drawn map."""
    return WalkNetwork.from_osm(read_osm(osm_file(tmp_path, nodes, ways)), **options)


def line(*points: tuple[float, float]) -> shapely.LineString:
    """A line through spots given in metres."""
    return shapely.LineString([place(*point) for point in points])


def holds(pairs: dict[str, str], evidence: str = "confirmed") -> pd.DataFrame:
    """Site -> kind."""
    return pd.DataFrame(
        {"site_id": list(pairs), "kind": list(pairs.values()), "evidence": evidence, "rule": "drawn by hand"}
    )


def no_gates() -> gpd.GeoDataFrame:
    """The gates of a study that has none."""
    columns = {"gate_id": "str", "zone": "str", "kind": "str", "weight": "float64", "n_residences": "int64"}
    table = pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in columns.items()})
    return gpd.GeoDataFrame(table, geometry=[], crs="EPSG:4326")


def nothing_more() -> dict[str, Any]:
    """Frames of a study without network, compounds and forms; nothing was merged or overruled, or is to be asked."""
    table = pd.DataFrame({"site_id": []}, dtype="str")
    asked = pd.DataFrame({name: pd.Series(dtype="str") for name in ("rank", "ask", "site_id", "community_id", "kind")})
    survey = gpd.GeoDataFrame(asked, geometry=[], crs="EPSG:4326")
    nowhere = gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
    columns = ("level", "area_id", "group", "kind", "weight", "n_residences", *STATUSES)
    groups = pd.DataFrame({name: pd.Series(dtype="str" if i < 4 else "float64") for i, name in enumerate(columns)})
    nothing = dict.fromkeys(("merges", "conflicts", "compounds", "unanswered", "deciding", "ends"), table)
    nothing |= dict.fromkeys(("network_edges", "zones", "barriers"), nowhere)
    nothing["plan_served"] = pd.DataFrame(columns=["candidate_id", "kind", "residence_id"]).astype("str")
    return {**nothing, "survey": survey, "forms": {}, "group_shares": groups}


def random_nodes(seed: int, n: int = 30) -> np.ndarray:
    """(n, 2) metres: where `random_network` has its nodes."""
    return np.random.default_rng(seed).uniform(0, 1000, (n, 2))


def random_network(seed: int, n: int = 30, extra: int = 20) -> WalkNetwork:
    """A connected random network with a few one-way streets, loops and parallel streets."""
    rng = np.random.default_rng(seed + 1)
    at = {f"{i}": (float(x), float(y)) for i, (x, y) in enumerate(random_nodes(seed, n))}
    pairs = [(i, int(rng.integers(0, i))) for i in range(1, n)] + rng.integers(0, n, (extra, 2)).tolist()
    edges = [(f"{u}", f"{v}", float(rng.uniform(20, 400))) for u, v in pairs]
    oneway = tuple(int(i) for i in range(n - 1, len(edges)) if rng.random() < 0.3)
    return drawn_network(at, edges, oneway=oneway)


def with_zones(network: WalkNetwork, seed: int, *, share: float = 0.3, n_zones: int = 3) -> WalkNetwork:
    """The same streets, some of them links of a few zones."""
    rng = np.random.default_rng(seed + 2)
    m = len(network.edge_u)
    return replace(network, edge_zone=np.where(rng.random(m) < share, rng.integers(1, n_zones + 1, m), 0))


def as_walked_by(network: WalkNetwork, zone: int) -> WalkNetwork:
    """The streets that people of a zone may walk, as a network without zones."""
    open_ = (network.edge_zone == 0) | (network.edge_zone == zone)
    return replace(
        network,
        edge_forward=network.edge_forward & open_,
        edge_backward=network.edge_backward & open_,
        edge_zone=np.zeros_like(network.edge_zone),
    )


def random_places(network: WalkNetwork, seed: int, n: int, *, n_zones: int = 0) -> Snaps:
    """Places on streets that everybody walks, some of them at corners, with people of some zones."""
    rng = np.random.default_rng(seed)
    edge = rng.choice(np.flatnonzero(network.edge_zone == 0), n)
    fraction = np.where(rng.random(n) < 0.3, rng.integers(0, 2, n), rng.random(n))
    return Snaps(np.arange(n + 1), edge, fraction, rng.uniform(0, 40, n), rng.integers(0, n_zones + 1, n))


def scipy_times_s(network: WalkNetwork, origins: Snaps, targets: Snaps, *, limit_s: float = np.inf) -> np.ndarray:
    """(origin entries, target entries) seconds by scipy: the oracle.

    Every snapped point becomes a node that splits its edge: joined to its neighbours along the edge, and at no cost in
    both directions to what lies on the very same spot. scipy's Dijkstra does the rest; the legs are added.
    """
    n, h = len(network.node_id), len(origins.edge)
    on_edge: dict[int, list[tuple[float, int]]] = {}
    points = zip([*origins.edge, *targets.edge], [*origins.fraction, *targets.fraction], strict=True)
    for i, (e, f) in enumerate(points):
        on_edge.setdefault(int(e), []).append((float(f), n + i))
    triples = []
    for e, (along, back) in enumerate(network.edge_time_s.tolist()):
        stops = sorted([(0.0, int(network.edge_u[e])), (1.0, int(network.edge_v[e])), *on_edge.get(e, [])])
        for (f, x), (g, y) in pairwise(stops):
            same = f == g
            triples += [(x, y, 0.0 if same else (g - f) * along), (y, x, 0.0 if same else (g - f) * back)]
    table = pd.DataFrame(triples, columns=["from", "to", "s"])
    table = table[np.isfinite(table["s"])].groupby(["from", "to"], as_index=False)["s"].min()
    table["s"] = table["s"].clip(lower=1e-9)  # scipy takes a stored zero for no edge
    size = n + h + len(targets.edge)
    graph = coo_array((table["s"], (table["from"], table["to"])), shape=(size, size)).tocsr()
    walk = dijkstra(graph, indices=np.arange(n, n + h), limit=limit_s)[:, n + h :]
    return walk + (origins.leg_m[:, None] + targets.leg_m[None, :]) / network.profile.speed_m_s


def assert_same_frames(read: StudyFrames, found: StudyFrames) -> None:
    """Every frame with its dtypes, order of rows and columns, index and coordinate system; JSON values as they are."""
    for field in dataclasses.fields(StudyFrames):
        ours, theirs = getattr(read, field.name), getattr(found, field.name)
        if field.name == "forms":
            assert list(ours) == list(theirs)
            for form in theirs:
                pd.testing.assert_frame_equal(ours[form], theirs[form], check_exact=True)
        elif isinstance(theirs, pd.DataFrame):
            assert type(ours) is type(theirs), field.name
            pd.testing.assert_frame_equal(pd.DataFrame(ours), pd.DataFrame(theirs), check_exact=True, obj=field.name)
            if hasattr(theirs, "crs"):
                assert_geodataframe_equal(ours, theirs, check_crs=True)
        elif field.name == "extent":
            assert ours.equals_exact(theirs, tolerance=0)
        else:
            assert ours == json.loads(json.dumps(theirs)), field.name


def drawn_town(lon, lat, *, seed=0):
    """Some 3 x 3 km: 2,500 buildings of 20 x 20 m at random, and a street every 200 m. And 120 sites in buildings."""
    rng = np.random.default_rng(seed)
    scale = np.array([111_320 * np.cos(np.radians(lat)), 110_900])
    corner = np.array([lon, lat])
    middles_m = rng.uniform(20, 2980, (2500, 2))
    buildings = shapely.box(*((middles_m - 10) / scale + corner).T, *((middles_m + 10) / scale + corner).T)
    ends_m = [[(at, 0), (at, 3000)] for at in range(0, 3001, 200)] + [
        [(0, at), (3000, at)] for at in range(0, 3001, 200)
    ]
    streets = shapely.linestrings(np.array(ends_m) / scale + corner)
    sites = (middles_m[:120] + rng.uniform(-9, 9, (120, 2))) / scale + corner
    extent = shapely.box(*corner, *(3000 / scale + corner))
    return Town(gpd.GeoSeries(streets, crs=4326), gpd.GeoSeries(buildings, crs=4326), extent, *sites.T)


class Town(NamedTuple):
    streets: gpd.GeoSeries
    buildings: gpd.GeoSeries
    extent: shapely.Polygon
    lon: np.ndarray
    lat: np.ndarray

    def judge(self, x, y, declared, **more):
        return judge_system(
            x,
            y,
            declared=declared,
            **{"streets": self.streets, "buildings": self.buildings, "extent": self.extent} | more,
        )
