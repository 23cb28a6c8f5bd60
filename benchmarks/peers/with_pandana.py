"""pandana: `nodes_in_range` and `nearest_pois` on its contraction hierarchy.

pandana hangs places on their nearest node by coordinates. Here a node's number is its coordinate, so that places find
their own extra node.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import timed
from pandana import Network


def main() -> None:
    case, folder = timed.arguments()
    given = timed.task(folder)
    n, limit = int(given["n"]), float(given["cutoff_m"])
    end, extra = ("site", int(given["n_sites"])) if case == "nearest" else ("home", int(given["n_homes"]))
    x = pd.Series(np.arange(n + extra, dtype=float))
    network = Network(
        x,
        pd.Series(np.zeros(n + extra)),
        pd.Series(np.concatenate([given["tail"], given[f"{end}_tail"]])),
        pd.Series(np.concatenate([given["head"], given[f"{end}_head"]])),
        pd.DataFrame({"metres": np.concatenate([given["metres"], given[f"{end}_m"]])}),
        twoway=False,
    )
    if case == "nearest":
        groups = np.split(n + given["group_site"], given["group_start"][1:-1])

        def nearest() -> np.ndarray:
            at_corner = np.full((n, len(groups)), np.inf)
            for column, sites in enumerate(groups):
                if len(sites):
                    here = pd.Series(sites.astype(float))
                    network.set_pois(f"kind{column}", limit, 1, here, pd.Series(np.zeros(len(sites))))
                    found = network.nearest_pois(limit, f"kind{column}", num_pois=1, max_distance=np.inf)
                    at_corner[:, column] = found[1].to_numpy()[:n]
            return timed.read_at_homes(given, at_corner)["nearest_m"]

        timed.serve(nearest, lambda metres: {"nearest_m": metres}, packages=("pandana", "pandas"))
        return
    part = min(extra, 10_000)
    timed.serve(
        lambda: network.nodes_in_range(n + np.arange(part), limit),
        lambda frame: timed.pairs_of(
            *(frame[["source", "destination"]][frame["destination"] < n].to_numpy() - [n, 0]).T
        ),
        packages=("pandana", "pandas"),
        scale=extra / part,
    )


if __name__ == "__main__":
    main()
