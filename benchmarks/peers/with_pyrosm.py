"""pyrosm: a file's walking network as nodes and edges, and the graph of them in igraph (the fastest that it offers)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyrosm
import timed


def main() -> None:
    _, folder = timed.arguments()
    path = str(timed.task(folder)["osm_file"])

    def read() -> tuple[Any, Any]:
        osm = pyrosm.OSM(path)
        nodes, edges = osm.get_network(network_type="walking", nodes=True)
        return edges, osm.to_graph(nodes, edges, graph_type="igraph")

    timed.serve(
        read,
        lambda found: {
            "n_nodes": np.array(found[1].vcount()),
            "street_km": np.array(found[0]["length"].sum() / 1000),
        },
        packages=("pyrosm", "igraph"),
    )


if __name__ == "__main__":
    main()
