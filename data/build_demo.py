"""Rebuild the embedded city: the OSM file byte for byte, and its reporting areas cut from the larger extract.

    python data/build_demo.py --source ../shared/data

The small extract clips the districts' boundaries, so they are taken whole from `reykjavik.osm.pbf` and then cut
to the demo's box. Two runs give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import shapely

from circle15.sources.osm import read_osm

BOX = (-21.97, 64.12, -21.84, 64.16)
LEVELS = {10: "community", 9: "district"}
REPOSITORY = Path(__file__).resolve().parents[1]
DEMO = REPOSITORY / "src" / "circle15" / "demo"
DECIMALS = 6


def area_features(path: Path) -> list[dict[str, object]]:
    """GeoJSON features of the administrative areas that meet the box, sorted by level and numeric id."""
    areas = read_osm(path, extent=BOX).admin_areas
    areas = areas[areas["admin_level"].isin(LEVELS)]
    rows = []
    for row in areas.itertuples():
        cut = shapely.intersection(row.geometry, shapely.box(*BOX))
        cut = shapely.normalize(shapely.set_precision(cut, 10.0**-DECIMALS))
        if cut.area > 0:
            names = {key: row.tags[key] for key in ("name", "name:en") if key in row.tags}
            properties = {"level": LEVELS[row.admin_level], "area_id": row.osm_id, **names}
            rows.append({"type": "Feature", "properties": properties, "geometry": rounded(cut)})
    return sorted(rows, key=lambda one: (one["properties"]["level"], int(one["properties"]["area_id"][1:])))


def rounded(shape: shapely.Geometry) -> dict[str, object]:
    """The geometry as GeoJSON with counter-clockwise outer rings (RFC 7946) and six decimals."""
    return json.loads(
        shapely.to_geojson(shapely.orient_polygons(shape)), parse_float=lambda text: round(float(text), DECIMALS)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = REPOSITORY.parent / "shared" / "data"
    parser.add_argument("--source", type=Path, default=default, help="the folder with both extracts (%(default)s)")
    source = parser.parse_args().source
    shutil.copyfile(source / "reykjavik-centre.osm.pbf", DEMO / "reykjavik-centre.osm.pbf")
    areas = area_features(source / "reykjavik.osm.pbf")
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in areas)
    target = DEMO / "reykjavik-areas.geojson"
    target.write_text(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n', encoding="utf-8", newline="\n")
    print(f"{target.name}: {len(areas)} areas, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
