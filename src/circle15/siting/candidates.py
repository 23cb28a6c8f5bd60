"""Where a new site could be opened: street frontage thinned to a spacing, and existing sites with room to share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15 import checklist
from circle15.schema import points_of
from circle15.units import BoolArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from circle15.network import WalkNetwork

__all__ = ["frontage_candidates", "host_candidates", "join_candidates", "may_hold"]


def frontage_candidates(network: WalkNetwork, extent: shapely.Polygon, *, spacing_m: float) -> gpd.GeoDataFrame:
    """Points along the public roads inside the extent, no two closer than the spacing as the crow flies.

    Every road is sampled from its middle outwards at a quarter of the spacing; points are kept in the order of edges
    unless one kept before is nearer than `spacing_m`, so the same network gives the same points.

    Returns
    -------
    `candidate_id` ("street-00001" ...), `origin` "frontage", `site_id` missing, `name` of the street, geometry.
    """
    public = network.edge_frontage & (network.edge_home == 0) & (network.component_m >= network.min_component_m)
    roads = np.flatnonzero((network.edge_class == "road") & public)
    length_m = shapely.length(network.lines[roads])
    half = np.floor(length_m / 2 / (spacing_m / 4)).astype(np.int64)
    count = 2 * half + 1
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) - np.repeat(half, count)
    edge = np.repeat(roads, count)
    at = np.repeat(length_m / 2, count) + step * (spacing_m / 4)
    points = shapely.line_interpolate_point(network.lines[edge], at)
    (rim,) = network.plane(gpd.GeoSeries([extent], crs="EPSG:4326"))
    inside = np.flatnonzero(shapely.covers(rim, points))
    xy = shapely.get_coordinates(points[inside])
    kept = inside[_thinned(xy, spacing_m)]
    return gpd.GeoDataFrame(
        {
            "candidate_id": pd.array([f"street-{i:05d}" for i in range(1, len(kept) + 1)], dtype="str"),
            "origin": pd.array(["frontage"] * len(kept), dtype="str"),
            "site_id": pd.array([None] * len(kept), dtype="str"),
            "name": pd.array(network.edge_name[edge[kept]], dtype="str"),
        },
        geometry=network.to_lonlat(points[kept]),
        crs="EPSG:4326",
    )


def host_candidates(
    sites: gpd.GeoDataFrame, site_kinds: pd.DataFrame, *, kinds: Sequence[str], extent: shapely.Polygon
) -> gpd.GeoDataFrame:
    """Existing sites inside the extent that could take in one of the kinds (一室多用).

    A host holds a confirmed kind that may share a site with one of `kinds`. Kinds traced from imagery (car parks,
    pitches) are no premises and host nothing.
    """
    hosts = {
        host.id for host in checklist.kinds() if not host.from_imagery and set(kinds) & set(host.can_share_site_with)
    }
    proven = site_kinds["evidence"] == "confirmed"
    ids = site_kinds["site_id"][proven & site_kinds["kind"].isin(hosts)].unique()
    chosen = sites[sites["site_id"].isin(ids)]
    points = points_of(chosen)
    inside = shapely.covers(extent, points.to_numpy())
    return gpd.GeoDataFrame(
        {
            "candidate_id": ("site-" + chosen["site_id"][inside]).to_numpy(),
            "origin": pd.array(["site"] * int(inside.sum()), dtype="str"),
            "site_id": chosen["site_id"][inside].to_numpy(),
            "name": chosen["name"][inside].to_numpy(),
        },
        geometry=points[inside].to_numpy(),
        crs="EPSG:4326",
    )


def join_candidates(*parts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Candidates of several origins as one frame, sorted by id."""
    together = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4326")
    return together.sort_values("candidate_id", kind="stable").reset_index(drop=True)


def may_hold(candidates: gpd.GeoDataFrame, site_kinds: pd.DataFrame, kinds: Sequence[str]) -> BoolArray:
    """(candidates, kinds): whether a candidate may hold a kind beside what it holds today.

    Frontage may hold anything. A site may not hold a kind that it has (confirmed), one that a kind it has must not
    share a site with, or one that none of its kinds may share a site with.
    """
    held = site_kinds[site_kinds["evidence"] == "confirmed"].groupby("site_id")["kind"].agg(set)
    allowed = np.ones((len(candidates), len(kinds)), dtype=bool)
    for row, site in enumerate(candidates["site_id"]):
        if not isinstance(site, str):
            continue
        has = held.get(site, set())
        for column, name in enumerate(kinds):
            wanted = checklist.kind(name)
            allowed[row, column] = (
                name not in has
                and not has & set(wanted.avoid_sharing_with)
                and bool(has & set(wanted.can_share_site_with))
            )
    return allowed


def _thinned(xy: np.ndarray[tuple[int, int], np.dtype[np.float64]], spacing_m: float) -> list[int]:
    """Rows kept when each, in order, is dropped if a kept one is nearer than the spacing."""
    cells: dict[tuple[int, int], list[int]] = {}
    kept = []
    for row, (x, y) in enumerate(xy.tolist()):
        i, j = int(x // spacing_m), int(y // spacing_m)
        near = (k for a in (i - 1, i, i + 1) for b in (j - 1, j, j + 1) for k in cells.get((a, b), ()))
        if all((x - xy[k, 0]) ** 2 + (y - xy[k, 1]) ** 2 >= spacing_m**2 for k in near):
            cells.setdefault((i, j), []).append(row)
            kept.append(row)
    return kept
