"""igraph: `Graph.distances` from many vertices in one call; it has no cutoff."""

from __future__ import annotations

import igraph
import numpy as np
import timed

PART = 200  # residences searched from: a search runs over the whole network


def main() -> None:
    case, folder = timed.arguments()
    given = timed.task(folder)
    n, limit = int(given["n"]), float(given["cutoff_m"])
    if case == "nearest":
        # Backwards, from one extra vertex a kind, joined to its sites.
        n_sites, start = int(given["n_sites"]), given["group_start"]
        kinds = len(start) - 1
        kind = n + n_sites + np.repeat(np.arange(kinds), np.diff(start))
        tail = np.concatenate([given["head"], given["site_head"], kind])
        head = np.concatenate([given["tail"], given["site_tail"], n + given["group_site"]])
        metres = np.concatenate([given["metres"], given["site_m"], np.zeros(len(kind))])
        graph = igraph.Graph(n + n_sites + kinds, np.column_stack([tail, head]), directed=True)
        sources, corners = list(range(n + n_sites, n + n_sites + kinds)), list(range(n))
        weights = metres.tolist()

        def nearest() -> np.ndarray:
            at_corner = np.array(graph.distances(sources, corners, weights=weights, algorithm="dijkstra")).T
            return timed.read_at_homes(given, at_corner)["nearest_m"]

        timed.serve(nearest, lambda time: {"nearest_m": time}, packages=("igraph",))
        return
    n_homes = int(given["n_homes"])
    part = min(PART, n_homes)
    tail, head = (
        np.concatenate([given["tail"], given["home_tail"]]),
        np.concatenate([given["head"], given["home_head"]]),
    )
    graph = igraph.Graph(n + n_homes, np.column_stack([tail, head]), directed=True)
    weights = np.concatenate([given["metres"], given["home_m"]]).tolist()
    sources, corners = list(range(n, n + part)), list(range(n))

    timed.serve(
        lambda: np.nonzero(np.array(graph.distances(sources, corners, weights=weights, algorithm="dijkstra")) <= limit),
        lambda found: timed.pairs_of(*found),
        packages=("igraph",),
        scale=n_homes / part,
    )


if __name__ == "__main__":
    main()
