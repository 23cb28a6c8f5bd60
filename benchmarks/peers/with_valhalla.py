"""Valhalla's isochrones by distance on foot, on tiles of the same file, with its own rules of walking and snapping."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import timed
from valhalla import Actor, get_config


def main() -> None:
    _, folder = timed.arguments()
    given = timed.task(folder)
    km = float(given["cutoff_m"]) / 1000
    asked = [
        {
            "locations": [{"lon": lon, "lat": lat}],
            "costing": "pedestrian",
            "contours": [{"distance": km}],
            "polygons": True,
        }
        for lon, lat in given["lonlat"].tolist()
    ]
    with TemporaryDirectory() as tiles:
        config = get_config(tile_extract=f"{tiles}/tiles.tar", tile_dir=f"{tiles}/tiles")
        config["mjolnir"]["admin"] = config["mjolnir"]["timezone"] = ""
        where = Path(tiles) / "valhalla.json"
        where.write_text(json.dumps(config))
        build = Path(sys.executable).parent / "valhalla_build_tiles"
        subprocess.run([build, "-c", where, str(given["osm_file"])], check=True, stdout=subprocess.DEVNULL)
        actor = Actor(where)
        timed.serve(
            lambda: [actor.isochrone(one) for one in asked],
            lambda found: {"geojson": np.array([json.dumps(one["features"][0]["geometry"]) for one in found])},
            packages=("pyvalhalla",),
        )


if __name__ == "__main__":
    main()
