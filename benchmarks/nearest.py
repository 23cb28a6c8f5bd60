"""The nearest site of 27 kinds for every residence of the embedded city: circle15 beside scipy, in one run.

    python benchmarks/nearest.py [repetitions]

scipy gets the same graph with one extra node a kind, joined to the ends of every site's edge (its documented way to
search from many sources with `min_only`), and reads a residence as the smaller of its edge's two ends. That leaves out
walks that never leave one edge, so agreement is told beside the times.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from circle15 import demo
from circle15.checklist import KINDS
from circle15.network import Snaps, WalkNetwork
from circle15.reach import nearest_times, take
from circle15.schema import points_of
from circle15.study import Study

CUTOFF_S = 900.0


def with_scipy(network: WalkNetwork, home: Snaps, there: Snaps, groups: list[np.ndarray]) -> np.ndarray:
    """The same times by `scipy.sparse.csgraph.dijkstra`, one search a kind."""
    arcs = network.arcs_backwards
    n = len(network.node_id)
    tail = np.repeat(np.arange(n), np.diff(arcs.indptr))
    out = np.full((len(home.indptr) - 1, len(groups)), np.inf)
    for column, group in enumerate(groups):
        site = take(there, group)
        ends = np.concatenate([arcs.edge_v[site.edge], arcs.edge_u[site.edge]])
        first = np.concatenate([(1 - site.fraction) * arcs.from_u[site.edge], site.fraction * arcs.from_v[site.edge]])
        first = first + np.tile(site.leg_m, 2) / network.profile.speed_m_s
        rows = np.concatenate([tail, np.full(len(ends), n)])
        columns, cost = np.concatenate([arcs.head, ends]), np.concatenate([arcs.cost, first])
        order = np.lexsort((cost, columns, rows))
        keep = order[np.r_[True, (np.diff(rows[order]) != 0) | (np.diff(columns[order]) != 0)]]
        graph = csr_array((np.maximum(cost[keep], 1e-9), (rows[keep], columns[keep])), shape=(n + 1, n + 1))
        reached = dijkstra(graph, indices=n, limit=CUTOFF_S)
        e, f = home.edge, home.fraction
        best = np.minimum(
            reached[arcs.edge_u[e]] + f * arcs.from_u[e], reached[arcs.edge_v[e]] + (1 - f) * arcs.from_v[e]
        )
        np.minimum.at(out[:, column], home.owner, best + home.leg_m / network.profile.speed_m_s)
    return np.where(out <= CUTOFF_S, out, np.inf)


def median_s(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and spread (largest less smallest) of the seconds that some work takes."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return statistics.median(took), max(took) - min(took)


def main() -> None:
    """Print a table."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    result = Study.from_config(demo.config_path()).run()
    network, sites, holds = result.network, result.sites, result.site_kinds
    home, there = network.snap(points_of(result.residences)), network.snap_sites(sites.geometry)
    groups = [np.flatnonzero(sites["site_id"].isin(holds["site_id"][holds["kind"] == kind])) for kind in KINDS]
    ours, _ = nearest_times(network, home, there, groups, cutoff_s=CUTOFF_S)
    theirs = with_scipy(network, home, there, groups)
    both = np.isfinite(ours) & np.isfinite(theirs)
    print(f"{network!r}, {len(home.edge):,} residences, {len(sites):,} sites, 27 kinds, cutoff {CUTOFF_S:.0f} s")
    print(f"agreement within 0.5 s: {(np.abs(ours[both] - theirs[both]) <= 0.5).mean():.4%} of {both.sum():,} pairs")
    mine, my_spread = median_s(lambda: nearest_times(network, home, there, groups, cutoff_s=CUTOFF_S), repetitions)
    scipys, scipy_spread = median_s(lambda: with_scipy(network, home, there, groups), repetitions)
    print(f"circle15  median {mine:.4f} s, spread {my_spread:.4f} s")
    print(f"scipy     median {scipys:.4f} s, spread {scipy_spread:.4f} s, ratio {scipys / mine:.1f}")


if __name__ == "__main__":
    main()
