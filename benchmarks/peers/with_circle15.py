"""circle15 itself: all threads that the machine has, in one process."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import timed


def searches(case: str, folder: Path) -> None:
    from circle15.reach import nearest_times, reached_nodes, warm_up

    given = kept(folder)
    network, home, cutoff_s = given["network"], given["home"], given["cutoff_s"]
    warm_up()
    if case == "nearest":
        timed.serve(
            lambda: nearest_times(network, home, given["there"], given["groups"], cutoff_s=cutoff_s)[0],
            lambda time_s: {"nearest_m": time_s},
            packages=("circle15", "numba", "numpy"),
        )
    else:
        timed.serve(
            lambda: reached_nodes(network, home, cutoff_s=cutoff_s),
            lambda found: timed.pairs_of(
                np.repeat(np.arange(len(found.indptr) - 1), np.diff(found.indptr)), found.node
            ),
            packages=("circle15", "numba", "numpy"),
        )


def circles(folder: Path, *, exact: bool) -> None:
    import shapely

    from circle15.isochrones import isochrones

    given = kept(folder)
    everybody = given["residences"]
    some = everybody.iloc[:: 20 if exact else 1]
    if not exact:
        isochrones(given["network"], some.iloc[:2], [given["cutoff_s"]])  # compiles
    timed.serve(
        lambda: isochrones(given["network"], some, [given["cutoff_s"]], width_m=25.0, hole_m2=5000.0, exact=exact),
        lambda frame: {
            "residence_id": frame["residence_id"].to_numpy(dtype=np.str_),
            "wkb": np.array(shapely.to_wkb(frame.geometry.array, hex=True), dtype=np.str_),
        },
        packages=("circle15", "numba", "shapely"),
        scale=len(everybody) / len(some),
    )


def reading(folder: Path) -> None:
    from circle15.network import WalkNetwork
    from circle15.sources.osm import read_osm

    path = str(timed.task(folder)["osm_file"])
    timed.serve(
        lambda: WalkNetwork.from_osm(read_osm(path)),
        lambda network: {
            "n_nodes": np.array(len(network.node_id)),
            "street_km": np.array(network.edge_length_m.sum() / 1000),
        },
        packages=("circle15", "osmium"),
    )


def kept(folder: Path) -> dict[str, Any]:
    with (folder / "circle15.pickle").open("rb") as file:
        objects: dict[str, Any] = pickle.load(file)  # noqa: S301 - written by tasks.py a moment ago
    return objects


if __name__ == "__main__":
    case, folder = timed.arguments()
    if case == "exact_one_core":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if case in {"circles", "exact", "exact_one_core"}:
        circles(folder, exact=case != "circles")
    elif case == "reading":
        reading(folder)
    else:
        searches(case, folder)
