"""The searches beside scipy's, in one run on the same streets, places and limits.

    python benchmarks/searches.py CITY.osm.pbf [repetitions]

scipy gets the same arcs, the smallest kept of parallel ones. What starts in the middle of a street is an extra node
joined to the ends of its edge, and what ends there is read as the smaller of its edge's two ends, so walks that never
leave one edge aren't found: agreement is told beside the times.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from circle15.checklist import KINDS
from circle15.network import Snaps, WalkNetwork, profile_named
from circle15.reach import nearest_times, reached_parts, take, warm_up
from circle15.schema import points_of
from circle15.sources.osm import osm_sites, read_osm
from circle15.sources.residences import osm_residences

CUTOFF_S = 1250.0
BATCH = 200  # sources that scipy searches from at once: its rows are as wide as the network


@dataclass(frozen=True)
class Case:
    """A network, places where people live, sites, and the sites of each kind."""

    name: str
    network: WalkNetwork
    home: Snaps
    there: Snaps
    groups: list[np.ndarray]


def city_case(path: Path, *, n_residences: int = 10_000) -> Case:
    """A city from OpenStreetMap: some of its residences, and its sites of the 27 kinds."""
    osm = read_osm(path)
    network = WalkNetwork.from_osm(osm)
    residences = osm_residences(
        osm, buildings=("residential", "apartments", "house", "detached", "terrace"), default_levels=2
    )
    chosen = np.random.default_rng(0).permutation(len(residences))[:n_residences]
    sites, holds = osm_sites(osm)
    groups = [np.flatnonzero(sites["site_id"].isin(holds["site_id"][holds["kind"] == kind])) for kind in KINDS]
    home = network.snap(points_of(residences.iloc[np.sort(chosen)]))
    return Case(path.name, network, home, network.snap(sites.geometry), groups)


def drawn_case(n_nodes: int, *, n_residences: int, site_share: float = 0.01) -> Case:
    """A jittered grid of streets some 100 m long, one in eight left out, with residences and sites anywhere on them.

    There are as many sites of each of 27 kinds as `site_share` of the corners.
    """
    rng = np.random.default_rng(n_nodes)
    side = round(n_nodes**0.5)
    number = np.arange(side * side).reshape(side, side)
    east, north = np.stack([number[:, :-1], number[:, 1:]], -1), np.stack([number[:-1], number[1:]], -1)
    ends = np.concatenate([east.reshape(-1, 2), north.reshape(-1, 2)])
    ends = rng.permutation(ends[rng.random(len(ends)) > 1 / 8])
    shuffled = rng.permutation(side * side)  # as little order as in real numbers of nodes
    at_m = 100.0 * np.stack(np.divmod(np.arange(side * side), side), -1) + rng.uniform(-30, 30, (side * side, 2))
    lonlat = np.empty_like(at_m)
    lonlat[shuffled] = np.array([118.0, 32.0]) + at_m / np.array([94_400.0, 110_900.0])
    length_m = np.hypot(*(at_m[ends[:, 0]] - at_m[ends[:, 1]]).T) * rng.uniform(1.0, 1.3, len(ends))
    u, v = shuffled[ends].T
    m = len(ends)
    network = WalkNetwork(
        node_id=np.arange(side * side).astype(np.str_),
        node_lonlat=lonlat,
        edge_u=u,
        edge_v=v,
        edge_way=np.full(m, "w", dtype=object),
        edge_class=np.full(m, "road", dtype=object),
        edge_name=np.full(m, None, dtype=object),
        edge_length_m=length_m,
        edge_forward=np.ones(m, dtype=bool),
        edge_backward=np.ones(m, dtype=bool),
        coords_lonlat=lonlat[np.stack([u, v], -1).ravel()],
        coords_start=2 * np.arange(m + 1),
        edge_zone=np.zeros(m, dtype=np.int64),
        profile=profile_named("planning"),
    )
    n_sites = int(len(KINDS) * site_share * n_nodes)
    kind = rng.integers(0, len(KINDS), n_sites)
    groups = [np.flatnonzero(kind == k) for k in range(len(KINDS))]
    return Case(
        f"{side * side:,} corners", network, _anywhere(rng, m, n_residences), _anywhere(rng, m, n_sites), groups
    )


def _anywhere(rng: np.random.Generator, n_edges: int, n: int) -> Snaps:
    return Snaps(
        np.arange(n + 1), rng.integers(0, n_edges, n), rng.random(n), rng.uniform(0, 30, n), np.zeros(n, dtype=np.int64)
    )


def scipy_graph_to_sites(case: Case, group: np.ndarray) -> csr_array:
    """The network walked backwards, with a node for each entry of a group's sites."""
    network, site = case.network, take(case.there, group)
    n = len(network.node_id)
    tail, head, cost = arcs(network, backwards=True)
    e, f, leg = site.edge, site.fraction, site.leg_m / network.profile.speed_m_s
    here = n + np.arange(len(e))
    return smallest(
        np.concatenate([tail, here, here]),
        np.concatenate([head, network.edge_v[e], network.edge_u[e]]),
        np.concatenate([cost, (1 - f) * network.edge_time_s[e, 1] + leg, f * network.edge_time_s[e, 0] + leg]),
        n + len(e),
    )


def with_scipy_nearest(case: Case, graph: csr_array) -> np.ndarray:
    """Seconds from each residence to the nearest of a graph's sites: one `min_only` search, read at the residences."""
    network, home = case.network, case.home
    n = len(network.node_id)
    out = np.full(len(home.indptr) - 1, np.inf)
    if graph.shape[0] > n:
        reached = dijkstra(graph, indices=np.arange(n, graph.shape[0]), limit=CUTOFF_S, min_only=True)
        e, f = home.edge, home.fraction
        to_u, to_v = f * network.edge_time_s[e, 1], (1 - f) * network.edge_time_s[e, 0]
        best = np.minimum(reached[network.edge_u[e]] + to_u, reached[network.edge_v[e]] + to_v)
        np.minimum.at(out, home.owner, best + home.leg_m / network.profile.speed_m_s)
    return np.where(out <= CUTOFF_S, out, np.inf)


def scipy_graph_from_homes(case: Case) -> csr_array:
    """The network with a node for each entry of a residence."""
    network, home = case.network, case.home
    n = len(network.node_id)
    tail, head, cost = arcs(network, backwards=False)
    e, f, leg = home.edge, home.fraction, home.leg_m / network.profile.speed_m_s
    here = n + np.arange(len(e))
    return smallest(
        np.concatenate([tail, here, here]),
        np.concatenate([head, network.edge_v[e], network.edge_u[e]]),
        np.concatenate([cost, (1 - f) * network.edge_time_s[e, 0] + leg, f * network.edge_time_s[e, 1] + leg]),
        n + len(e),
    )


def with_scipy_reached(case: Case, graph: csr_array) -> int:
    """How many corners all residences reach: dense rows, in batches."""
    n = len(case.network.node_id)
    total = 0
    for first in range(n, graph.shape[0], BATCH):
        rows = dijkstra(graph, indices=np.arange(first, min(first + BATCH, graph.shape[0])), limit=CUTOFF_S)
        total += int(np.isfinite(rows[:, :n]).sum())
    return total


def arcs(network: WalkNetwork, *, backwards: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tail, head and seconds of every arc."""
    along, against = network.edge_time_s.T
    tail, head = np.concatenate([network.edge_u, network.edge_v]), np.concatenate([network.edge_v, network.edge_u])
    cost = np.concatenate([along, against])
    some = np.isfinite(cost)
    return (head[some], tail[some], cost[some]) if backwards else (tail[some], head[some], cost[some])


def smallest(tail: np.ndarray, head: np.ndarray, cost: np.ndarray, n: int) -> csr_array:
    """A graph with the smallest of parallel arcs; scipy would add them up, and takes a stored zero for none."""
    order = np.lexsort((cost, head, tail))
    tail, head, cost = tail[order], head[order], cost[order]
    first = np.r_[True, (np.diff(tail) != 0) | (np.diff(head) != 0)]
    return csr_array((np.maximum(cost[first], 1e-9), (tail[first], head[first])), shape=(n, n))


def median_s(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and spread (largest less smallest) of the seconds that some work takes."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return statistics.median(took), max(took) - min(took)


def row(name: str, ours: tuple[float, float], theirs: tuple[float, float], note: str) -> None:
    """Print a row of the table, from medians and spreads."""
    seconds = " | ".join(f"{median:.4f} ± {spread:.4f}" for median, spread in (ours, theirs))
    print(f"| {name} | {seconds} | {theirs[0] / ours[0]:.1f} | {note} |", flush=True)


def nearest_row(case: Case, repetitions: int) -> None:
    def work() -> tuple[np.ndarray, np.ndarray]:
        return nearest_times(case.network, case.home, case.there, case.groups, cutoff_s=CUTOFF_S)

    ours = work()[0]
    same = both = 0
    median = spread = 0.0
    for column, group in enumerate(case.groups):
        graph = scipy_graph_to_sites(case, group)  # not counted against scipy
        theirs = with_scipy_nearest(case, graph)
        some = np.isfinite(ours[:, column]) & np.isfinite(theirs)
        same += (np.abs(ours[some, column] - theirs[some]) <= 0.5).sum()
        both += some.sum()
        took = median_s(lambda graph=graph: with_scipy_nearest(case, graph), repetitions)
        median, spread = median + took[0], spread + took[1]
    note = f"{both:,} pairs, {same / both:.3%} within 0.5 s"
    row(f"nearest of 27 kinds, {case.name}", median_s(work, repetitions), (median, spread), note)


def reached_row(case: Case, repetitions: int) -> None:
    graph = scipy_graph_from_homes(case)
    corners = with_scipy_reached(case, graph)

    def work() -> object:
        return reached_parts(case.network, case.home, cutoff_s=CUTOFF_S)

    parts = work()
    ours = median_s(work, repetitions)
    n = len(case.home.edge)
    note = f"{corners / n:.0f} corners, {len(parts.edge) / n:.0f} parts each; {1e9 * ours[0] / corners:.0f} ns a corner"
    row(f"reached by {n:,}, {case.name}", ours, median_s(lambda: with_scipy_reached(case, graph), repetitions), note)


def main() -> None:
    """Print a table."""
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    warm_up()
    print("| work | circle15 s | scipy s | ratio | |\n|---|---|---|---|---|")
    city = city_case(Path(sys.argv[1]))
    print(repr(city.network), len(city.home.indptr) - 1, len(city.there.indptr) - 1)
    nearest_row(city, repetitions)
    reached_row(city, repetitions)
    for n_nodes in (10_000, 100_000, 1_000_000):
        case = drawn_case(n_nodes, n_residences=min(n_nodes, 10_000))
        reached_row(case, repetitions if n_nodes < 1_000_000 else 1)
        case = drawn_case(n_nodes, n_residences=n_nodes)
        nearest_row(case, repetitions if n_nodes < 1_000_000 else 1)


if __name__ == "__main__":
    main()
