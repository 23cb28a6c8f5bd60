"""Frames to files: GeoParquet, Parquet, CSV, and a GeoPackage with every layer for QGIS."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyogrio

from circle15.schema import NO_AREA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from circle15.schema import StudyFrames

__all__ = ["json_text", "write_tables", "write_types"]

_PARQUET = (
    *("residences", "access", "sites", "site_kinds", "merges", "conflicts"),
    *("compounds", "areas", "group_shares", "scores", "gap_areas", "gates", "plan"),
)
_GPKG_TABLES = (
    "site_kinds",
    "merges",
    "conflicts",
    "compounds",
    "access",
    "areas",
    "group_shares",
    "scores",
    "indicators",
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

    for name in _PARQUET:
        getattr(frames, name).to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")
    tables = {"indicators": frames.indicators, "unanswered": frames.unanswered, **frames.forms}
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
    (folder / "plan.json").write_text(json_text(frames.plan_summary), encoding="utf-8")
    content = survey_workbook(
        frames.survey, unit=frames.about["weight_meaning"], date=_date(frames.about.get("data_date"))
    )
    (folder / "survey.xlsx").write_bytes(content)


def write_types(frames: StudyFrames, folder: Path) -> None:
    """Write which type each community is of, where the study has communities; the same frames give the same bytes."""
    from circle15.typology import community_types  # noqa: PLC0415 - scikit-learn is slow to import

    if set(frames.areas["area_id"][frames.areas["level"] == "community"]) <= {NO_AREA}:
        return
    found = community_types(frames.areas)
    table = found.communities.merge(found.types, on="type", how="left", validate="many_to_one")
    columns = ["area_id", "type", "name_zh", "name_en", "n_communities", "silhouette"]
    table[columns].to_csv(folder / "community_types.csv", index=False, encoding="utf-8-sig", lineterminator="\n")


def _date(data_date: str | None) -> datetime:
    return datetime.fromisoformat(max(data_date or "", "1980-01-01"))  # the first that a ZIP file knows


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
    with _gdal_settings(frames.about.get("data_date")):
        for name, frame in layers.items():
            shown = frame.set_crs("EPSG:4326", allow_override=True) if frame.crs is None else frame
            pyogrio.write_dataframe(
                _finite(shown), path, layer=name, driver="GPKG", append=path.exists(), use_arrow=True,
                geometry_type=None if len(shown) else "Unknown", promote_to_multi=False,
            )  # fmt: skip
        for name in _GPKG_TABLES:
            table = _finite(getattr(frames, name))
            pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", append=True, use_arrow=True)


def _wide(access: pd.DataFrame) -> pd.DataFrame:
    """One row a residence, one status column a kind: what a planner colours by in QGIS."""
    wide = access.pivot_table(index="residence_id", columns="kind", values="status", aggfunc="first", sort=False)
    return wide.add_prefix("status_").reset_index()


def _finite(frame: Any) -> Any:
    """SQLite knows no infinity: an unreachable time is NULL there."""
    numbers = frame.select_dtypes("float64").columns
    return frame.assign(**{name: frame[name].replace([np.inf, -np.inf], np.nan) for name in numbers})


@contextmanager
def _gdal_settings(data_date: str | None) -> Iterator[None]:
    """The data's date instead of the clock's, so that the same data gives the same file; and no waiting for the disk.

    The folder is put in place when it is whole, so a half-written file is never met.
    """
    ours = {"OGR_CURRENT_DATE": f"{data_date or '1970-01-01'}T00:00:00.000Z", "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    pyogrio.set_gdal_config_options(ours)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(ours))
