"""Valhalla's isochrones on foot, on tiles of the same file, with its own rules of walking and snapping.

They are asked by time at 3.6 km/h, that is by metres at 1 m/s: by distance it takes six times as long. The case
`circles` has one thread, `threads` all that the machine has, each with an actor of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import timed
from valhalla import Actor, get_config


def main() -> None:
    case, folder = timed.arguments()
    given = timed.task(folder)
    asked = [
        {
            "locations": [{"lon": lon, "lat": lat}],
            "costing": "pedestrian",
            "costing_options": {"pedestrian": {"walking_speed": 3.6}},
            "contours": [{"time": float(given["cutoff_m"]) / 60}],
            "polygons": True,
        }
        for lon, lat in given["lonlat"].tolist()
    ]
    with TemporaryDirectory() as tiles:
        config = get_config(tile_extract="", tile_dir=tiles)
        config["mjolnir"]["tile_extract"] = f"{tiles}/tiles.tar"  # without it each request reads its tiles anew
        config["mjolnir"]["admin"] = config["mjolnir"]["timezone"] = ""
        where = Path(tiles) / "valhalla.json"
        where.write_text(json.dumps(config))
        here = str(Path(sys.executable).parent)  # its command looks for itself on the path
        path = here + os.pathsep + os.environ.get("PATH", "")
        for command in (["valhalla_build_tiles", str(given["osm_file"])], ["valhalla_build_extract", "--overwrite"]):
            build = [f"{here}/{command[0]}", "-c", where, *command[1:]]
            subprocess.run(build, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PATH": path})
        threads = max(1, os.cpu_count() or 1) if case == "threads" else 1
        actors = [Actor(where) for _ in range(threads)]

        def share(i: int) -> list[dict[str, Any]]:
            return [actors[i].isochrone(one) for one in asked[i::threads]]

        def circles() -> list[dict[str, Any]]:
            with ThreadPoolExecutor(threads) as pool:
                shares = list(pool.map(share, range(threads)))
            return [shares[i % threads][i // threads] for i in range(len(asked))]

        timed.serve(
            circles,
            lambda found: {"geojson": np.array([json.dumps(one["features"][0]["geometry"]) for one in found])},
            packages=("pyvalhalla",),
        )


if __name__ == "__main__":
    main()
