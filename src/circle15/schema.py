"""The frames that cross a room's border: their columns, their checks, their order of rows.

Frames are plain (Geo)DataFrames. A caller gives ids and geometry; `checked_*` fills what is missing, passes other
columns through, sorts by id, brings geometry to EPSG:4326, and lists every bad row at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from shapely import Polygon

from circle15.errors import DataError, head
from circle15.words import Words

STATUSES = ("covered", "possible", "unknown", "gap", "off_network")
EVIDENCE = ("confirmed", "possible", "implied")
REASONS = ("no_site", "too_far", "detour", "gate", "data_missing", "data_edge", "off_network")
SETTINGS = ("urban", "rural")
GATE_ACCESS = ("open", "closed")
LEVELS = ("community", "district")
NO_AREA = "none"
"""The area of residences that lie in no area of a level."""

PEOPLE_GROUPS = {
    "elderly": Words("老年人", "the elderly"),
    "minors": Words("未成年人", "minors"),
    "disabled": Words("残疾人", "the disabled"),
}
"""Columns of residences that count some of their people; a residence where nobody counted them is nan."""

RESIDENCE_COLUMNS = (
    "residence_id",
    "weight",
    "compound_id",
    "community_id",
    "district_id",
    "setting",
    "geometry",
)
SITE_COLUMNS = ("site_id", "name", "source", "opening_hours", "floor_area_m2", "capacity", "geometry")
SITE_KIND_COLUMNS = ("site_id", "kind", "evidence", "rule")
AREA_SHAPE_COLUMNS = ("level", "area_id", "name", "setting", "geometry")
ACCESS_COLUMNS = (
    *("residence_id", "kind", "status", "time_s", "site_id", "n_sites", "reason", "robust"),
    *("margin", "time_low_s", "time_high_s", "gate_id"),
)


@dataclass(frozen=True, kw_only=True)
class StudyFrames:
    """Everything that a study found, as frames; what the outputs are made from.

    The columns of each frame are listed in docs/files.md. `forms` sums up those filled in, by id;
    `plan_summary` and `about` hold JSON-ready values. `deciding`, `network_edges`, `ends`, `zones` and `barriers` are
    what others need to walk as the study does; a study told without its network has no rows there.
    """

    residences: gpd.GeoDataFrame
    access: pd.DataFrame
    sites: gpd.GeoDataFrame
    site_kinds: pd.DataFrame
    merges: pd.DataFrame
    conflicts: pd.DataFrame
    layers: pd.DataFrame
    area_shapes: gpd.GeoDataFrame
    areas: pd.DataFrame
    scores: pd.DataFrame
    indicators: pd.DataFrame
    gap_areas: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    survey: gpd.GeoDataFrame
    group_shares: pd.DataFrame
    compounds: pd.DataFrame
    unanswered: pd.DataFrame
    forms: dict[str, pd.DataFrame]
    candidates: gpd.GeoDataFrame
    plan: gpd.GeoDataFrame
    plan_served: pd.DataFrame
    plan_summary: dict[str, Any]
    streets: gpd.GeoDataFrame
    backdrop: gpd.GeoDataFrame
    deciding: pd.DataFrame
    network_edges: gpd.GeoDataFrame
    ends: pd.DataFrame
    zones: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    extent: Polygon
    about: dict[str, Any]


def checked_residences(frame: gpd.GeoDataFrame, *, source: str = "residences") -> gpd.GeoDataFrame:
    """Residences with every column of the design, sorted by id, in EPSG:4326.

    Parameters
    ----------
    frame : `residence_id` and geometry are required; `weight` defaults to 1, `setting` to "urban"; of `PEOPLE_GROUPS`
        those that are there become numbers.
    source : what messages call the frame: a file's name where there is one.

    Raises
    ------
    DataError
        naming every row with a missing or repeated id, an empty geometry, a negative or missing weight, a negative
        group of people, or an unknown setting; and frames without a coordinate system.
    """
    out = _checked_geometry(frame, "residence_id", source)
    if "weight" not in out:
        out["weight"] = 1.0
    out["weight"] = _numbers(out, "residence_id", "weight", source)
    bad = ~np.isfinite(out["weight"]) | (out["weight"] < 0)
    _refuse(
        out,
        bad,
        "residence_id",
        f"{source}: weight is missing, negative or infinite",
        "give a number of at least 0",
    )
    for column in (group for group in PEOPLE_GROUPS if group in out):
        out[column] = _numbers(out, "residence_id", column, source)
        bad = np.isinf(out[column]) | (out[column] < 0)
        _refuse(out, bad, "residence_id", f"{source}: {column} is negative or infinite", "give a number of at least 0")
    for column in ("compound_id", "community_id", "district_id", "name"):
        out[column] = _strings(out, column)
    reserved = (out["community_id"] == NO_AREA) | (out["district_id"] == NO_AREA)
    _refuse(out, reserved, "residence_id", f"{source}: the area id '{NO_AREA}' is reserved", "leave it empty")
    if "setting" not in out:
        out["setting"] = "urban"
    out["setting"] = out["setting"].astype("str")
    _refuse(
        out,
        ~out["setting"].isin(SETTINGS),
        "residence_id",
        f"{source}: setting is unknown",
        "use urban or rural",
    )
    return _ordered(out, "residence_id", RESIDENCE_COLUMNS)


def checked_sites(frame: gpd.GeoDataFrame, *, source: str = "sites") -> gpd.GeoDataFrame:
    """Sites with every column of the design, sorted by id, in EPSG:4326; see `checked_residences`."""
    out = _checked_geometry(frame, "site_id", source)
    for column in ("name", "opening_hours"):
        out[column] = _strings(out, column)
    if "source" not in out:
        out["source"] = source
    out["source"] = out["source"].astype("str")
    for column in ("floor_area_m2", "capacity"):
        out[column] = _numbers(out, "site_id", column, source) if column in out else np.nan
    return _ordered(out, "site_id", SITE_COLUMNS)


def checked_site_kinds(
    frame: pd.DataFrame, *, sites: gpd.GeoDataFrame, kinds: Sequence[str], source: str = "site_kinds"
) -> pd.DataFrame:
    """Which site holds which kind: one row a pair, the strongest evidence kept, sorted by site and kind order.

    Raises
    ------
    DataError
        naming the missing columns, or every row with an unknown site, kind or evidence.
    """
    missing = [column for column in SITE_KIND_COLUMNS if column not in frame]
    if missing:
        raise DataError(f"{source}: columns {', '.join(missing)} are missing; give site_id, kind, evidence and rule")
    out = frame.loc[:, list(SITE_KIND_COLUMNS)].astype("str").reset_index(drop=True)
    rows = pd.Series(out.index, index=out.index)
    for bad, what, mend in (
        (
            ~out["site_id"].isin(sites["site_id"]),
            "site_id is not among the sites",
            "add the site or drop the row",
        ),
        (
            ~out["kind"].isin(list(kinds)),
            "kind is unknown",
            "use a kind of the checklist (docs/catalogue-review.md)",
        ),
        (~out["evidence"].isin(EVIDENCE), "evidence is unknown", f"use {', '.join(EVIDENCE)}"),
    ):
        if bad.any():
            raise DataError(f"{source}: {what} in {int(bad.sum())} rows: {head(rows[bad])}; {mend}")
    order = out.assign(
        _kind=out["kind"].map({kind: i for i, kind in enumerate(kinds)}),
        _evidence=out["evidence"].map({evidence: i for i, evidence in enumerate(EVIDENCE)}),
    ).sort_values(["site_id", "_kind", "_evidence", "rule"], kind="stable")
    first = order.drop_duplicates(["site_id", "kind"])
    return first.loc[:, list(SITE_KIND_COLUMNS)].reset_index(drop=True)


def checked_area_shapes(frame: gpd.GeoDataFrame, *, source: str = "areas") -> gpd.GeoDataFrame:
    """Reporting areas: polygons with level and id, sorted by level (community first) and id, in EPSG:4326."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise DataError(f"{source}: a table without geometry; give a GeoDataFrame")
    if "level" not in frame:
        raise DataError(f"{source}: column level is missing; give community or district for each area")
    polygonal = frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    if not polygonal.any():
        raise DataError(f"{source}: no polygon in the area layer; give the communities' or districts' boundaries")
    out = _checked_geometry(frame, "area_id", source, unique=False)
    polygonal = out.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    _refuse(
        out,
        ~polygonal,
        "area_id",
        f"{source}: areas are not polygons",
        "give boundaries, not points or lines",
    )
    out["level"] = out["level"].astype("str")
    _refuse(out, ~out["level"].isin(LEVELS), "area_id", f"{source}: level is unknown", "use community or district")
    again = out.duplicated(["level", "area_id"], keep=False)
    _refuse(out, again, "area_id", f"{source}: ids are repeated", "give each area of a level its own id")
    reserved = out["area_id"] == NO_AREA
    _refuse(out, reserved, "area_id", f"{source}: the id '{NO_AREA}' is reserved", "rename the area")
    out["name"] = _strings(out, "name")
    out["setting"] = _strings(out, "setting")
    bad = out["setting"].notna() & ~out["setting"].isin(SETTINGS)
    _refuse(out, bad, "area_id", f"{source}: setting is unknown", "use urban or rural, or leave it out")
    out = out.assign(_level=out["level"].map({level: i for i, level in enumerate(LEVELS)}))
    out = out.sort_values(["_level", "area_id"], kind="stable").drop(columns="_level")
    return _columns_first(out, AREA_SHAPE_COLUMNS)


def checked_gates(frame: gpd.GeoDataFrame, *, source: str = "gates") -> gpd.GeoDataFrame:
    """A planner's gates: points with `gate_id` and `access` ("open" or "closed"), sorted by id, in EPSG:4326."""
    out = _checked_geometry(frame, "gate_id", source)
    if "access" not in out:
        raise DataError(f"{source}: column access is missing; give open or closed for each gate")
    _refuse(out, ~out["access"].isin(GATE_ACCESS), "gate_id", f"{source}: access is unknown", "use open or closed")
    _refuse(out, out.geom_type != "Point", "gate_id", f"{source}: gates are not points", "give a point for each")
    return out.sort_values("gate_id", kind="stable", ignore_index=True)


def checked_compounds(frame: gpd.GeoDataFrame, *, source: str = "compounds") -> gpd.GeoDataFrame:
    """A planner's compounds: polygons with `compound_id` and perhaps `name`, sorted by id, in EPSG:4326."""
    out = _checked_geometry(frame, "compound_id", source)
    polygonal = out.geom_type.isin(["Polygon", "MultiPolygon"])
    _refuse(out, ~polygonal, "compound_id", f"{source}: compounds are not polygons", "give the ground of each")
    out["name"] = _strings(out, "name")
    return out.sort_values("compound_id", kind="stable", ignore_index=True)


def strings_of(column: pd.Series[str]) -> pa.Array:
    """A column of text as Arrow has it: comparing there is many times faster than as Python's strings."""
    found = pa.array(column, pa.large_string(), from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def points_of(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """One point inside each geometry: the point itself, or a polygon's representative point."""
    return frame.geometry.representative_point()


def _checked_geometry(frame: gpd.GeoDataFrame, key: str, source: str, *, unique: bool = True) -> gpd.GeoDataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        raise DataError(f"{source}: a table without geometry; give a GeoDataFrame")
    if key not in frame:
        raise DataError(f"{source}: column {key} is missing; give each row an id of its own")
    if frame.crs is None:
        raise DataError(f"{source}: the coordinate system is missing; set it, for instance with .set_crs('EPSG:4326')")
    out = frame.reset_index(drop=True)
    if out.geometry.name != "geometry":
        out = out.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
    rows = pd.Series(out.index, index=out.index)
    nameless = out[key].isna()
    if nameless.any():
        raise DataError(f"{source}: {key} is missing in rows {head(rows[nameless])}; give each row an id")
    out[key] = out[key].astype("str")
    if unique:
        again = out[key].duplicated(keep=False)
        _refuse(out, again, key, f"{source}: {key} is repeated", "give each row an id of its own")
    hollow = out.geometry.isna() | out.geometry.is_empty
    _refuse(out, hollow, key, f"{source}: geometry is missing or empty", "draw it or drop the row")
    out = out.to_crs("EPSG:4326")
    reach = out.geometry.bounds.abs()
    on_earth = (reach[["minx", "maxx"]] <= 180.0).all(axis=1) & (reach[["miny", "maxy"]] <= 90.0).all(axis=1)
    mend = "check the declared coordinate system, and whether longitude and latitude are swapped"
    _refuse(out, ~on_earth, key, f"{source}: coordinates are not on earth", mend)
    return out


def _refuse(frame: pd.DataFrame, bad: Any, key: str, what: str, mend: str) -> None:
    if bad.any():
        raise DataError(f"{what} in {int(bad.sum())} rows: {head(frame.loc[bad, key])}; {mend}")


def _numbers(frame: pd.DataFrame, key: str, column: str, source: str) -> pd.Series[float]:
    numbers = pd.to_numeric(frame[column], errors="coerce").astype("float64")
    _refuse(
        frame,
        numbers.isna() & frame[column].notna(),
        key,
        f"{source}: {column} is not a number",
        "give numbers",
    )
    return numbers


def _strings(frame: pd.DataFrame, column: str) -> pd.Series[str]:
    if column not in frame:
        return pd.Series([None] * len(frame), index=frame.index, dtype="str")
    return frame[column].astype("str")


def _ordered(frame: gpd.GeoDataFrame, key: str, columns: Sequence[str]) -> gpd.GeoDataFrame:
    return _columns_first(frame.sort_values(key, kind="stable"), columns)


def _columns_first(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> gpd.GeoDataFrame:
    others = [column for column in frame.columns if column not in columns]
    return frame[[*columns[:-1], *others, columns[-1]]].reset_index(drop=True)
