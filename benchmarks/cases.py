"""The networks and places that engines are timed on: a city from OpenStreetMap, and drawn grids of any size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.checklist import KINDS
from circle15.network import Snaps, WalkNetwork
from circle15.schema import points_of
from circle15.sources.osm import osm_sites, read_osm
from circle15.sources.residences import osm_residences

HOMES = ("residential", "apartments", "house", "detached", "terrace")


@dataclass(frozen=True)
class Case:
    """A network, residences and sites on it, and the sites of each of the 27 kinds (numbers of rows)."""

    network: WalkNetwork
    home: Snaps
    there: Snaps
    groups: list[np.ndarray]


def city(path: Path) -> tuple[Case, gpd.GeoDataFrame]:
    """A city at 1 m/s, with all its residences on the network, as places and as points."""
    osm = read_osm(path)
    network = WalkNetwork.from_osm(osm)
    residences = osm_residences(osm, buildings=HOMES, default_levels=2)
    residences = residences.set_geometry(points_of(residences))[["residence_id", "geometry"]]
    on_network = network.snap(residences.geometry).on_network
    residences = residences[on_network].reset_index(drop=True)
    sites, holds = osm_sites(osm)
    groups = [np.flatnonzero(sites["site_id"].isin(holds["site_id"][holds["kind"] == kind])) for kind in KINDS]
    return Case(network, network.snap(residences.geometry), network.snap_sites(sites.geometry), groups), residences


def some_rows(n: int, of: int) -> np.ndarray:
    """Numbers of n rows drawn from all, always the same ones."""
    return np.sort(np.random.default_rng(0).permutation(of)[:n])


def drawn(n_nodes: int, *, n_residences: int, site_share: float = 0.01) -> Case:
    """A jittered grid of streets some 100 m long, one in eight left out, with residences and sites anywhere on them.

    There are as many sites of each kind as `site_share` of the corners; corners are numbered in no order.
    """
    rng = np.random.default_rng(n_nodes)
    side = round(n_nodes**0.5)
    n = side * side
    number = np.arange(n).reshape(side, side)
    east, north = np.stack([number[:, :-1], number[:, 1:]], -1), np.stack([number[:-1], number[1:]], -1)
    ends = np.concatenate([east.reshape(-1, 2), north.reshape(-1, 2)])
    ends = rng.permutation(ends[rng.random(len(ends)) > 1 / 8])
    at_m = 100.0 * np.stack(np.divmod(np.arange(n), side), -1) + rng.uniform(-30, 30, (n, 2))
    shuffled = rng.permutation(n)
    lonlat = np.empty_like(at_m)
    lonlat[shuffled] = np.array([118.0, 32.0]) + at_m / np.array([94_400.0, 110_900.0])
    length_m = np.hypot(*(at_m[ends[:, 0]] - at_m[ends[:, 1]]).T) * rng.uniform(1.0, 1.3, len(ends))
    u, v = shuffled[ends].T
    nodes = gpd.GeoDataFrame({"node_id": np.arange(n)}, geometry=gpd.points_from_xy(*lonlat.T), crs="EPSG:4326")
    network = WalkNetwork.from_edges(nodes, pd.DataFrame({"u": u, "v": v, "length_m": length_m}))
    m = len(ends)
    kind = rng.integers(0, len(KINDS), int(len(KINDS) * site_share * n))
    groups = [np.flatnonzero(kind == k) for k in range(len(KINDS))]
    return Case(network, _anywhere(rng, m, n_residences), _anywhere(rng, m, len(kind)), groups)


def along_one_street_m(case: Case, *, cutoff_m: float = 1250.0) -> np.ndarray:
    """(residences, kinds) metres to the nearest site whose entry lies on the residence's own street, else inf."""
    network, home, there = case.network, case.home, case.there
    out = np.full((len(home.own), len(case.groups)), np.inf)
    order = np.argsort(there.edge, kind="stable")
    low, high = (np.searchsorted(there.edge[order], home.edge, side=side) for side in ("left", "right"))
    size = high - low
    at_home = np.repeat(np.arange(len(home.edge)), size)
    at_site = order[np.arange(len(at_home)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(low, size)]
    ahead = there.fraction[at_site] - home.fraction[at_home]
    along, against = network.edge_time_s[home.edge[at_home]].T
    walked = np.where(ahead == 0, 0.0, np.abs(ahead) * np.where(ahead > 0, along, against))
    metres = home.leg_m[at_home] + walked + there.leg_m[at_site]
    for kind, group in enumerate(case.groups):
        of_kind = np.isin(there.owner[at_site], group) & (metres <= cutoff_m)
        np.minimum.at(out[:, kind], home.owner[at_home[of_kind]], metres[of_kind])
    return out


def _anywhere(rng: np.random.Generator, n_edges: int, n: int) -> Snaps:
    """Places on any streets, up to 30 m from them."""
    return Snaps(
        indptr=np.arange(n + 1),
        edge=rng.integers(0, n_edges, n),
        fraction=rng.random(n),
        leg_m=rng.uniform(0, 30, n),
        own=np.zeros(n, dtype=np.int64),
    )


def write_highways(osm_file: Path, out: Path) -> None:
    """A file's walkable ways, by the classes that osmnx's own filter for walking takes, as OSM XML."""
    import osmium

    not_walked = {
        "abandoned", "bus_guideway", "construction", "cycleway", "motor", "no", "planned", "platform", "proposed",
        "raceway", "razed", "rest_area", "services",
    }  # fmt: skip
    ways = osmium.FileProcessor(osm_file, osmium.osm.NODE | osmium.osm.WAY).with_locations()
    ways = ways.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(osmium.filter.KeyFilter("highway"))
    with osmium.BackReferenceWriter(out, ref_src=osm_file, overwrite=True) as writer:
        for way in ways:
            tags = way.tags
            if tags["highway"] in not_walked or tags.get("access") == "private" or tags.get("foot") == "no":
                continue
            nodes = [node.ref for node in way.nodes if node.location.valid()]  # osmnx fails at nodes that aren't there
            if len(nodes) > 1:
                writer.add_way(way.replace(nodes=nodes))
