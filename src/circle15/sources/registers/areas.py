"""Communities and districts as the map has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from circle15.errors import DataError
from circle15.schema import (
    LEVELS,
    checked_area_shapes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from circle15.sources.osm import OsmExtract

__all__ = ["osm_areas"]


def osm_areas(osm: OsmExtract, admin_levels: Mapping[str, int]) -> gpd.GeoDataFrame:
    """Communities and districts from OSM's administrative areas, by admin level.

    Raises
    ------
    DataError
        when the extract has no area of a level that was asked for.
    """
    parts = []
    for level in LEVELS:
        if level not in admin_levels:
            continue
        chosen = osm.admin_areas[osm.admin_areas["admin_level"] == admin_levels[level]]
        if not len(chosen):
            present = sorted(set(osm.admin_areas["admin_level"]))
            raise DataError(
                f"{osm.path}: no whole area of admin_level {admin_levels[level]} ({level}); "
                f"the file has {', '.join(map(str, present)) or 'none'}, or give areas.file"
            )
        parts.append(chosen[["osm_id", "name", "geometry"]].rename(columns={"osm_id": "area_id"}).assign(level=level))
    return checked_area_shapes(gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4326"))
