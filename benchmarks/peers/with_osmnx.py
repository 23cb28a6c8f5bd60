"""osmnx: `graph_from_xml` of a file's highways; it reads no PBF, so `run.py` turns the file into XML beforehand."""

from __future__ import annotations

import resource

import numpy as np
import osmnx
import timed

MEMORY_BYTES = 14 * 1024**3  # so that a large file ends in an error and not in a stopped machine


def main() -> None:
    _, folder = timed.arguments()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    timed.serve(
        lambda: osmnx.graph_from_xml(folder / "highways.osm", bidirectional=True, retain_all=True),
        lambda graph: {
            "n_nodes": np.array(len(graph)),
            "street_km": np.array(sum(length for _, _, length in graph.edges(data="length")) / 2000),
        },
        packages=("osmnx",),
    )


if __name__ == "__main__":
    main()
