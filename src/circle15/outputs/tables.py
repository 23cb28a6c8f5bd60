"""Frames to files: GeoParquet, Parquet, CSV, and a GeoPackage with every layer for QGIS."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from circle15.outputs.palette import date_of
from circle15.schema import strings_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from circle15.schema import StudyFrames
    from circle15.typology import Typology

__all__ = ["EXACT", "gdal_settings", "json_text", "read_tables", "write_tables", "write_types"]

_PARQUET = (
    *("residences", "access", "sites", "site_kinds", "merges", "conflicts"),
    *("compounds", "areas", "group_shares", "scores", "gap_areas", "gates", "plan"),
    "plan_served",
    *("deciding", "network_edges", "ends", "zones", "barriers"),
    *("indicators", "unanswered", "survey", "layers", "area_shapes", "candidates", "streets", "backdrop"),
)
"""Frames that are written as NAME.parquet and read back; those of `forms` and the extent stand beside them."""
_FORMS = ("providers", "satisfaction", "demand_list", "inventory")
EXACT = (*(f"{name}.parquet" for name in (*_PARQUET, "extent")), "plan.json")
"""The files from which a run is read back, beside those of its forms."""
_GPKG_TABLES = (
    *("site_kinds", "merges", "conflicts", "compounds", "access", "areas", "group_shares", "scores", "indicators"),
    "layers",
)


def write_tables(frames: StudyFrames, folder: Path) -> None:
    """Write every table of a run into an existing folder; the same frames give the same bytes."""
    with ThreadPoolExecutor(1) as beside:
        # GDAL writes without holding Python's lock, so the other files cost next to nothing.
        others = beside.submit(_write_others, frames, folder)
        _write_gpkg(frames, folder / "circle15.gpkg")
        others.result()


def _write_others(frames: StudyFrames, folder: Path) -> None:
    from circle15.outputs.survey_sheet import survey_workbook  # noqa: PLC0415 - openpyxl loads beside the writing

    extent = gpd.GeoDataFrame(geometry=[frames.extent], crs="EPSG:4326")
    exact = {name: getattr(frames, name) for name in _PARQUET} | frames.forms | {"extent": extent}
    for name, frame in exact.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")
    for_people = {"indicators": frames.indicators, "unanswered": frames.unanswered, **frames.forms}
    for name, table in for_people.items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
    (folder / "plan.json").write_text(json_text(frames.plan_summary), encoding="utf-8")
    content = survey_workbook(
        frames.survey, unit=frames.about["weight_meaning"], date=date_of(frames.about.get("data_date"))
    )
    (folder / "survey.xlsx").write_bytes(content)


def read_tables(folder: Path, files: Collection[str]) -> dict[str, Any]:
    """What `write_tables` wrote, as it was, by its name in `StudyFrames`: frames, forms, extent, the plan's summary.

    Parameters
    ----------
    files : names of the run's files: those of forms that aren't among them are somebody else's.
    """
    frames = {name: _read_parquet(folder / f"{name}.parquet") for name in _PARQUET}
    forms = {name: _read_parquet(folder / f"{name}.parquet") for name in _FORMS if f"{name}.parquet" in files}
    extent = _read_parquet(folder / "extent.parquet").geometry.iloc[0]
    summary = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    return {**frames, "forms": forms, "extent": extent, "plan_summary": summary}


def _read_parquet(path: Path) -> Any:
    from pyarrow import parquet  # noqa: PLC0415 - slow to import, and only reading needs it

    has_geometry = b"geo" in (parquet.read_schema(path).metadata or {})
    return gpd.read_parquet(path) if has_geometry else pd.read_parquet(path)


def write_types(types: Typology, folder: Path) -> None:
    """Write which type each community is of; the same types give the same bytes."""
    table = types.communities.merge(types.types, on="type", how="left", validate="many_to_one")
    columns = ["area_id", "type", "name_zh", "name_en", "n_communities", "silhouette"]
    table[columns].to_csv(folder / "community_types.csv", index=False, encoding="utf-8-sig", lineterminator="\n")


def json_text(content: Mapping[str, Any]) -> str:
    """JSON with readable Chinese; numbers that JSON doesn't know (inf, nan) become null."""
    return json.dumps(_plain(content), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _write_gpkg(frames: StudyFrames, path: Path) -> None:
    layers = {
        "residences": frames.residences.merge(_wide(frames.access), on="residence_id", validate="one_to_one"),
        "sites": frames.sites,
        "gap_areas": frames.gap_areas,
        "gates": frames.gates,
        "plan": frames.plan,
        "candidates": frames.candidates,
        "area_shapes": frames.area_shapes,
        "streets": frames.streets,
        "backdrop": frames.backdrop,
    }
    with gdal_settings(frames.about.get("data_date")):
        for name, frame in layers.items():
            shown = frame.set_crs("EPSG:4326", allow_override=True) if frame.crs is None else frame
            pyogrio.write_dataframe(
                _storable(shown), path, layer=name, driver="GPKG", append=path.exists(), use_arrow=True,
                geometry_type=None if len(shown) else "Unknown", promote_to_multi=False,
            )  # fmt: skip
        for name in _GPKG_TABLES:
            table = _storable(getattr(frames, name))
            pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", append=True, use_arrow=True)


def _wide(access: pd.DataFrame) -> pd.DataFrame:
    """One row a residence, one status column a kind: what a planner colours by in QGIS."""
    wide = access.pivot_table(index="residence_id", columns="kind", values="status", aggfunc="first", sort=False)
    return wide.add_prefix("status_").reset_index()


def _storable(frame: Any) -> Any:
    """A frame as SQLite can hold it, where an unreachable time is NULL, since it knows no infinity.

    Texts are of one piece: how often GDAL commits, which the file counts, hangs on the pieces that a frame was made of.
    """
    finite = {name: frame[name].replace([np.inf, -np.inf], np.nan) for name in frame.select_dtypes("float64").columns}
    whole = {name: pd.array(strings_of(frame[name]), dtype="str") for name in frame.columns[frame.dtypes == "str"]}
    return frame.assign(**finite, **whole)


@contextmanager
def gdal_settings(data_date: str | None) -> Iterator[None]:
    """The data's date instead of the clock's, so that the same data gives the same file; and no waiting for the disk.

    The folder is put in place when it is whole, so a half-written file is never met.
    """
    ours = {"OGR_CURRENT_DATE": f"{data_date or '1970-01-01'}T00:00:00.000Z", "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    pyogrio.set_gdal_config_options(ours)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(ours))
