"""Any network a planner has: tables of nodes and edges, checked."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.errors import DataError, head
from circle15.units import FloatArray


def checked_network_tables(nodes: gpd.GeoDataFrame, edges: pd.DataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Nodes in EPSG:4326, and edges with vertex numbers, lines from u to v and every optional column filled."""
    if "node_id" not in nodes or not isinstance(nodes, gpd.GeoDataFrame) or nodes.crs is None:
        raise DataError("nodes: give a GeoDataFrame with node_id, points and a coordinate system")
    missing = [column for column in ("u", "v") if column not in edges]
    if missing:
        raise DataError(f"edges: column {', '.join(missing)} is missing; name the nodes at both ends")
    places = nodes.to_crs("EPSG:4326").assign(node_id=nodes["node_id"].astype("str")).reset_index(drop=True)
    again = places["node_id"].duplicated(keep=False)
    if again.any():
        raise DataError(f"nodes: node_id is repeated: {head(places['node_id'][again].unique())}; give each its own")
    _refuse_rows("nodes", shapely.get_type_id(places.geometry.to_numpy()) != 0, "geometry is no point", "give points")
    gated = places.get("closed_gate", pd.Series(False, index=places.index))
    _refuse_rows("nodes", ~gated.isin([True, False]), "closed_gate is neither true nor false", "give true or false")
    places["closed_gate"] = gated.astype(bool)
    number = pd.Series(places.index, index=places["node_id"])
    table = pd.DataFrame({end: edges[end].astype("str").map(number).to_numpy() for end in ("u", "v")})
    _refuse_rows("edges", table.isna().any(axis=1), "u or v is not among the nodes", "add the nodes")
    table = table.astype(np.int64)
    at = shapely.get_coordinates(places.geometry.to_numpy())
    lines = np.asarray(shapely.linestrings(at[table.to_numpy()]), dtype=object)
    if isinstance(edges, gpd.GeoDataFrame):
        lines = _drawn_from_u_to_v(edges, lines, at[table["u"]])
    given = {column: edges[column].reset_index(drop=True) for column in edges.columns if column not in {"u", "v"}}
    rows = pd.Series(np.arange(len(table)))
    told = given.get("length_m", pd.Series(np.nan, index=rows))
    table["length_m"] = pd.to_numeric(told, errors="coerce").astype("float64")
    unclear = (table["length_m"].isna() & told.notna()) | (table["length_m"] < 0) | np.isinf(table["length_m"])
    _refuse_rows("edges", unclear, "length_m is negative or no number", "give metres, or leave it empty")
    oneway = given.get("oneway", pd.Series(False, index=rows))
    _refuse_rows(
        "edges", ~oneway.isin([True, False]), "oneway is neither true nor false", "give true (u to v) or false"
    )
    table["oneway"] = oneway.astype(bool)
    table["street_class"] = given.get("street_class", pd.Series("road", index=rows)).astype(object)
    unknown = ~table["street_class"].isin(["road", "path", "steps"])
    _refuse_rows("edges", unknown, "street_class is unknown", "use road, path or steps")
    table["name"] = given.get("name", pd.Series(None, index=rows, dtype=object)).astype(object)
    table["way_id"] = given.get("way_id", rows).astype(str)
    table["private_to"] = given.get("private_to", pd.Series(None, index=rows, dtype="str")).astype("str")
    return places, gpd.GeoDataFrame(table, geometry=lines, crs="EPSG:4326")


def _drawn_from_u_to_v(
    edges: gpd.GeoDataFrame, straight: np.ndarray[Any, Any], start: FloatArray
) -> np.ndarray[Any, Any]:
    """Each edge's own line, turned where it was drawn from v to u; a straight one where none was drawn."""
    if edges.crs is None:
        raise DataError("edges: the coordinate system is missing; set it, for instance with .set_crs('EPSG:4326')")
    drawn = edges.geometry.to_crs("EPSG:4326").to_numpy()
    absent = shapely.is_missing(drawn) | shapely.is_empty(drawn)
    _refuse_rows(
        "edges", ~absent & (shapely.get_type_id(drawn) != 1), "geometry is no single line", "give one line each"
    )
    lines = np.where(absent, straight, drawn)
    ends = [shapely.get_coordinates(shapely.get_point(lines, end)) for end in (0, -1)]
    near_u, near_v = (np.hypot(*(end - start).T) for end in ends)
    return np.where(near_v < near_u, shapely.reverse(lines), lines)


def _refuse_rows(table: str, bad: Any, what: str, mend: str) -> None:
    if np.any(bad):
        raise DataError(f"{table}: {what} in rows {head(np.flatnonzero(bad))}; {mend}")
