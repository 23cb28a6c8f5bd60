"""A run's folder: written beside, then put in place whole, so that a run that dies leaves the previous one."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circle15.errors import ConfigError
from circle15.outputs.report import SUMMARY, types_of, write_reports
from circle15.outputs.tables import json_text, write_tables, write_types
from circle15.outputs.webmap import render_map
from circle15.schema import NO_AREA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from circle15.schema import StudyFrames

__all__ = ["check_out", "report_names", "write_run"]

_MANIFEST = "manifest.json"


def write_run(frames: StudyFrames, out: str | Path, *, manifest: Mapping[str, Any], pages: bool = True) -> Path:
    """Write a finished run: tables, map, a report for each district, and the manifest.

    Parameters
    ----------
    out : a folder that doesn't exist, is empty, or holds a former run, which is replaced. Files in it that are no
        part of a run are kept.
    manifest : what the run was made from and how; counts are added here.
    pages : whether the map and the reports are written beside the tables.

    Raises
    ------
    ConfigError
        when `out` is a file, holds other things than a run, or can't be written.
    """
    target = check_out(out)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as beside:
            staged = Path(beside) / "new"
            staged.mkdir()
            _write_files(frames, staged, manifest, pages=pages)
            _put_in_place(staged, target, old=Path(beside) / "old")
    except OSError as error:
        raise ConfigError(
            f"{out}: can't be written ({error.strerror}); choose another folder or free some space"
        ) from None
    return target


def _write_files(frames: StudyFrames, staged: Path, manifest: Mapping[str, Any], *, pages: bool) -> None:
    write_tables(frames, staged)
    if pages:
        types = types_of(frames)
        if types is not None:
            write_types(types, staged)
        (staged / "map.html").write_text(render_map(frames), encoding="utf-8", newline="\n")
        (staged / "reports").mkdir()
        told = write_reports(frames, staged / "reports", names=report_names(frames), types=types)
        manifest = {**manifest, "warnings": [*manifest["warnings"], *({"zh": one.zh, "en": one.en} for one in told)]}
    written = sorted(path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file())
    full = {**manifest, "counts": _counts(frames), "files": [*written, _MANIFEST]}
    (staged / _MANIFEST).write_text(json_text(full), encoding="utf-8", newline="\n")


def check_out(out: str | Path) -> Path:
    """The folder of a run, refused where writing would harm something else."""
    target = Path(out).resolve()
    if target.exists() and not target.is_dir():
        raise ConfigError(f"{out}: is a file; name a folder for the run")
    if target.is_dir() and any(target.iterdir()) and _former_files(target) is None:
        raise ConfigError(f"{out}: holds files but no run of circle15; name an empty or new folder")
    return target


def report_names(frames: StudyFrames) -> dict[str | None, str]:
    """The report of each district and its file's name, safe on every system.

    None is the whole study; "none" collects the residences that lie in no district, where a study has districts.
    """
    names: dict[str | None, str] = {None: "all"}
    district_id = frames.residences["district_id"]
    districts = sorted(set(district_id.dropna()))
    if districts and district_id.isna().any():
        names[NO_AREA] = NO_AREA
    for district in districts:
        base = re.sub(r"[^A-Za-z0-9_-]+", "_", district).strip("_") or "district"
        name, n = base, 2
        while name.lower() in {SUMMARY, *(taken.lower() for taken in names.values())}:
            name, n = f"{base}-{n}", n + 1
        names[district] = name
    return names


def _former_files(target: Path) -> list[str] | None:
    try:
        manifest = json.loads((target / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_run = isinstance(manifest, dict) and manifest.get("program") == "circle15"
    return [str(name) for name in manifest.get("files", [])] if is_run else None


def _put_in_place(staged: Path, target: Path, *, old: Path) -> None:
    """Swap the folders; what the former run didn't write moves over. Whatever interrupts, one whole run stays."""
    if not target.exists():
        staged.rename(target)
        return
    former = set(_former_files(target) or [])
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if path.is_dir():
            (staged / name).mkdir(exist_ok=True)
        elif name not in former and not (staged / name).exists():
            shutil.copy2(path, staged / name)
    try:
        target.rename(old)
        staged.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise


def _counts(frames: StudyFrames) -> dict[str, Any]:
    return {
        "residences": len(frames.residences),
        "sites": len(frames.sites),
        "site_kinds": frames.site_kinds.groupby(["kind", "evidence"], sort=True).size().unstack(fill_value=0)
        .astype(int).to_dict("index"),
        "access": {str(status): int(n) for status, n in frames.access["status"].value_counts(sort=False).items()},
        "layers_complete": int(frames.layers["complete"].sum()),
        "layers_declared": int(frames.layers["declared"].sum()),
        "gap_areas": len(frames.gap_areas),
        "candidates": len(frames.candidates),
        "plan": len(frames.plan),
    }  # fmt: skip
