"""The picture behind the map: water, green and the sea, as light polygons; and the mending of polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely import Polygon

__all__ = ["Geometries", "backdrop_of", "mended"]

Geometries = npt.NDArray[np.object_]

POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
SIMPLIFY_DEG = 2e-5
"""About two metres: finer than a pixel of any map that shows the backdrop."""


def backdrop_of(areas: Mapping[str, Geometries], coast: Geometries, extent: Polygon) -> gpd.GeoDataFrame:
    """What a map is drawn on: `kind` ("water" or "green") and polygons inside the extent, the sea first.

    Parameters
    ----------
    areas : polygons by kind, in degrees; None is nothing to draw.
    coast : coastline ways, the sea on their right.
    """
    parts = [("water", _sea(shapely.simplify(coast, SIMPLIFY_DEG), shapely.box(*extent.bounds)))]
    for kind, drawn in areas.items():
        parts += [(kind, mended(shapely.simplify(drawn, SIMPLIFY_DEG, preserve_topology=False)))]
    kinds = np.repeat([kind for kind, _ in parts], [len(shapes) for _, shapes in parts])
    shapes = np.concatenate([shapes for _, shapes in parts])
    over = np.ones(len(shapes), dtype=bool)
    over[shapely.STRtree(shapes).query(extent, predicate="covers")] = False
    shapes[over] = mended(shapely.intersection(shapes[over], extent))
    kept = ~shapely.is_missing(shapes)
    return gpd.GeoDataFrame({"kind": pd.Series(kinds[kept], dtype="str")}, geometry=shapes[kept], crs="EPSG:4326")


def mended(shapes: Geometries) -> Geometries:
    """Valid polygons and multipolygons; None where nothing of an area is left."""
    out = shapes.copy()
    bent = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
    out[bent] = shapely.make_valid(shapes[bent], method="structure", keep_collapsed=False)
    mixed = shapely.get_type_id(out) == shapely.GeometryType.GEOMETRYCOLLECTION
    parts, owner = shapely.get_parts(out[mixed], return_index=True)
    pieces, part = shapely.get_parts(parts, return_index=True)
    areal = shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON
    areas = np.full(int(mixed.sum()), None, dtype=object)
    shapely.multipolygons(pieces[areal], indices=owner[part[areal]], out=areas)
    out[mixed] = areas
    single = shapely.get_num_geometries(out) == 1
    out[single] = shapely.get_geometry(out[single], 0)
    out[shapely.is_empty(out) | ~np.isin(shapely.get_type_id(out), POLYGONAL)] = None
    return out


def _sea(coast: Geometries, box: Polygon) -> Geometries:
    """The parts of the box on the right-hand side of the coastline; nothing where its ways don't agree on that."""
    nothing = np.empty(0, dtype=object)
    coast = coast[shapely.intersects(coast, box)]
    if not len(coast):
        return nothing
    # Coastline ways meet at their ends, so only the box's edge needs to be cut where they run out.
    inside = shapely.covered_by(coast, box)
    edge = shapely.union_all([box.boundary, *shapely.intersection(coast[~inside], box)])
    faces = shapely.get_parts(shapely.polygonize([*shapely.get_parts(edge), *coast[inside]]))
    # Each step of the coast (cut to some 100 m) votes with its length for the faces beside it, from 10 cm off.
    xy, way = shapely.get_coordinates(shapely.segmentize(coast, 1e-3), return_index=True)
    step = np.diff(xy, axis=0)
    length = np.hypot(*step.T)
    real = (way[1:] == way[:-1]) & (length > 0)
    step, length, middle = step[real], length[real], (xy[:-1] + step / 2)[real]
    across = step[:, ::-1] * (1e-6, -1e-6) / length[:, None]
    sea, land = (
        np.bincount(face, weights=length[point], minlength=len(faces))
        for side in (middle + across, middle - across)
        for face, point in [shapely.STRtree(shapely.points(side)).query(faces, predicate="contains")]
    )
    if (np.minimum(sea, land) > 0.02 * (sea + land)).any() or (sea + land == 0).any():
        return nothing
    return mended(faces[sea > land])
