"""The way of osmnx's isochrone tutorial: `networkx.ego_graph` around each residence."""

from __future__ import annotations

import networkx as nx
import numpy as np
import timed
from with_networkx import homes_and_graph


def main() -> None:
    _, folder = timed.arguments()
    given = timed.task(folder)
    n, limit = int(given["n"]), float(given["cutoff_m"])
    homes, graph = homes_and_graph(given)

    def pairs(found: list[nx.MultiDiGraph]) -> timed.Answer:
        row = np.repeat(np.arange(len(found)), [len(one) for one in found])
        corner = np.concatenate([np.fromiter(one, dtype=np.int64) for one in found])
        return timed.pairs_of(row[corner < n], corner[corner < n])

    timed.serve(
        lambda: [nx.ego_graph(graph, home, radius=limit, distance="length") for home in homes],
        pairs,
        packages=("networkx",),
        scale=int(given["n_homes"]) / len(homes),
    )


if __name__ == "__main__":
    main()
