"""scipy.sparse.csgraph.dijkstra: rows of a dense matrix in batches; `min_only` for the nearest site."""

from __future__ import annotations

import numpy as np
import timed
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

BATCH = 200  # sources at once: their rows are as wide as the network


def main() -> None:
    case, folder = timed.arguments()
    given = timed.task(folder)
    n, limit = int(given["n"]), float(given["cutoff_m"])
    if case == "nearest":
        # Backwards: from the sites' extra nodes along turned arcs.
        size = n + int(given["n_sites"])
        tail, head = (
            np.concatenate([given["head"], given["site_head"]]),
            np.concatenate([given["tail"], given["site_tail"]]),
        )
        graph = csr_array((np.concatenate([given["metres"], given["site_m"]]), (tail, head)), shape=(size, size))
        groups = np.split(n + given["group_site"], given["group_start"][1:-1])

        def nearest() -> np.ndarray:
            at_corner = np.full((n, len(groups)), np.inf)
            for column, sites in enumerate(groups):
                if len(sites):
                    at_corner[:, column] = dijkstra(graph, indices=sites, limit=limit, min_only=True)[:n]
            return timed.read_at_homes(given, at_corner)["nearest_m"]

        timed.serve(nearest, lambda time: {"nearest_m": time}, packages=("scipy", "numpy"))
        return
    n_homes = int(given["n_homes"])
    part = n_homes if n <= 200_000 else n_homes // 10  # dense rows of a large network take minutes
    size = n + n_homes
    tail, head = (
        np.concatenate([given["tail"], given["home_tail"]]),
        np.concatenate([given["head"], given["home_head"]]),
    )
    graph = csr_array((np.concatenate([given["metres"], given["home_m"]]), (tail, head)), shape=(size, size))

    def reached() -> list[np.ndarray]:
        found = []
        for first in range(0, part, BATCH):
            rows = dijkstra(graph, indices=n + np.arange(first, min(first + BATCH, part)), limit=limit)
            row, corner = np.nonzero(np.isfinite(rows[:, :n]))
            found.append(np.column_stack([first + row, corner]))
        return found

    timed.serve(
        reached,
        lambda found: timed.pairs_of(*np.concatenate(found).T),
        packages=("scipy", "numpy"),
        scale=n_homes / part,
    )


if __name__ == "__main__":
    main()
