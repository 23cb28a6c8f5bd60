"""Residences from OSM buildings: those typed as homes, weighted by floor area."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.errors import DataError
from circle15.schema import checked_residences
from circle15.units import local_crs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from circle15.sources.osm import OsmExtract

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_MOST_LEVELS = 163  # no building on earth has more; a larger number is a slip of the pen


def osm_residences(osm: OsmExtract, *, buildings: Collection[str], default_levels: float) -> gpd.GeoDataFrame:
    """Residences from the extract's buildings.

    Parameters
    ----------
    buildings : values of the tag `building` that people live in.
    default_levels : storeys of a building without a usable `building:levels`.

    Returns
    -------
    Residences with `weight` = footprint (m2 in a local plane) x storeys, and `name` = address or name where mapped.

    Raises
    ------
    DataError
        when no building has one of these values.
    """
    homes = osm.buildings[[tags.get("building") in buildings for tags in osm.buildings["tags"]]]
    if not len(homes):
        raise DataError(
            f"{osm.path}: none of {len(osm.buildings):,} buildings is typed {', '.join(sorted(buildings))}; "
            "name the types that people live in (residences.buildings) or give a file of residences"
        )
    west, south, east, north = osm.extent.bounds
    footprint_m2 = homes.geometry.to_crs(local_crs((west + east) / 2, (south + north) / 2)).area.to_numpy()
    levels = np.array([_levels(tags, default_levels) for tags in homes["tags"]])
    names = [_address(tags) for tags in homes["tags"]]
    return checked_residences(
        gpd.GeoDataFrame(
            {
                "residence_id": homes["osm_id"].to_numpy(),
                "weight": footprint_m2 * levels,
                "name": pd.array(names, dtype="str"),
            },
            geometry=homes.geometry.to_numpy(),
            crs="EPSG:4326",
        ),
        source=str(osm.path),
    )


def _levels(tags: Mapping[str, Any], default: float) -> float:
    """Storeys above ground: the largest number in `building:levels` ("2;3" has 3), the default if none makes sense."""
    numbers = [float(number.replace(",", ".")) for number in _NUMBER.findall(tags.get("building:levels", ""))]
    usable = [number for number in numbers if 0 < number <= _MOST_LEVELS]
    return max(usable, default=default)


def _address(tags: Mapping[str, Any]) -> str | None:
    street, number = tags.get("addr:street"), tags.get("addr:housenumber")
    if street and number:
        return f"{street} {number}"
    return tags.get("name") or street
