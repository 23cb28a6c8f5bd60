"""A run's folder: written beside, then put in place whole, so that a run that dies leaves the previous one.

A finished run is read back with `read_run`, and its pages are made anew with `rebuild_map` and `rebuild_reports`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circle15.errors import ConfigError, DataError, head
from circle15.outputs.notebook import EmbeddedPage, study_table
from circle15.outputs.report import SUMMARY, types_of, write_reports
from circle15.outputs.tables import EXACT, json_text, read_tables, write_tables, write_types
from circle15.outputs.webmap import render_map
from circle15.schema import NO_AREA, StudyFrames

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from circle15.words import Words

__all__ = [
    "FinishedRun",
    "check_out",
    "read_run",
    "rebuild_map",
    "rebuild_reports",
    "report_names",
    "sha256_of",
    "write_run",
]

_MANIFEST = "manifest.json"
_ADDED = ("about", "counts", "files", "sha256")
"""What `write_run` adds to a manifest."""


@dataclass(frozen=True, kw_only=True)
class FinishedRun(StudyFrames):
    """A study that was run: its frames, and in `manifest` the settings and what they were computed from."""

    manifest: dict[str, Any]

    def __repr__(self) -> str:
        counts = f"{len(self.residences):,} residences, {len(self.sites):,} sites"
        return f"{type(self).__name__}({self.about['study_id']}: {counts})"

    def _repr_html_(self) -> str:
        return study_table(self)

    def write(self, out: str | Path, *, pages: bool = True) -> Path:
        """Write every file of a run into a folder, all or nothing; see docs/files.md.

        Parameters
        ----------
        pages : whether the map and the reports are written beside the tables.

        Raises
        ------
        ConfigError
            when the folder holds files but no run of circle15, or can't be written.
        """
        return write_run(self, out, manifest=self.manifest, pages=pages)

    def explore(self) -> EmbeddedPage:
        """The map of the study, to be shown in a notebook; it needs no network."""
        return EmbeddedPage(render_map(self))


def read_run(out: str | Path) -> FinishedRun:
    """Read what a finished run wrote: the very frames that the study found, without the data it was made from.

    Parameters
    ----------
    out : the folder that `circle15 run --out` or `StudyResult.write` wrote.

    Returns
    -------
    The frames of `StudyFrames` with their dtypes and order of rows, and the manifest. A study written from them
    again is the same to the byte. A `WalkNetwork` is no part of it.

    Raises
    ------
    ConfigError
        when the folder holds no run, or one of a version that didn't keep all that is needed.
    DataError
        when one of the run's files that are read is missing or isn't as the run wrote it.

    Examples
    --------
    >>> run = read_run("nowhere")
    Traceback (most recent call last):
    circle15.errors.ConfigError: nowhere: holds no run of circle15; name the folder that `circle15 run --out` wrote
    """
    folder = Path(out)
    manifest = _manifest_of(folder)
    if manifest is None:
        raise ConfigError(f"{out}: holds no run of circle15; name the folder that `circle15 run --out` wrote")
    written = manifest.get("sha256", {})
    lacking = [key for key in _ADDED if key not in manifest] or [name for name in EXACT if name not in written]
    if lacking:
        raise ConfigError(
            f"{folder / _MANIFEST}: lists no {head(lacking)}, as circle15 {manifest.get('version')} wrote it; "
            "run the study again"
        )
    for name, digest in written.items():
        try:
            found = sha256_of(folder / name)
        except OSError as error:
            raise DataError(f"{folder / name}: can't be read ({error.strerror}); run the study again") from None
        if found != digest:
            raise DataError(f"{folder / name}: isn't what the run wrote; run the study again, or bring it back")
    made_from = {key: value for key, value in manifest.items() if key not in _ADDED}
    return FinishedRun(**read_tables(folder, written), about=manifest["about"], manifest=made_from)


def rebuild_map(out: str | Path) -> Path:
    """Make the map of a finished run anew and put it in its place.

    Returns
    -------
    The page's path.

    Raises
    ------
    ConfigError, DataError
        as `read_run` does, and when the folder can't be written.
    """
    run = read_run(out)
    with _renewed(Path(out)) as (staged, _):
        _write_map(run, staged)
    return Path(out) / "map.html"


def rebuild_reports(out: str | Path, districts: Collection[str] = ()) -> tuple[list[Path], tuple[Words, ...]]:
    """Make the reports of a finished run anew and put them in their places.

    Parameters
    ----------
    districts : ids of districts, "none" for residences in no district, "all" for the whole study; without any, all of
        them and the summary.

    Returns
    -------
    The paths of the files, and what the user is to be told, as `write_reports` says it.

    Raises
    ------
    ConfigError, DataError
        as `read_run` does, when a district isn't in the run, and when the folder can't be written.
    """
    run = read_run(out)
    names = report_names(run)
    known = {"all" if district is None else district: district for district in names}
    unknown = [district for district in districts if district not in known]
    if unknown:
        raise ConfigError(f"{out}: holds no district {head(unknown)}; use {head(sorted(known), most=20)}")
    chosen = {known[district]: names[known[district]] for district in districts}
    with _renewed(Path(out)) as (staged, changes):
        folder = staged / "reports"
        folder.mkdir()
        told = write_reports(run, folder, names=chosen or names, types=types_of(run), summary=not chosen)
        if not chosen:
            changes["warnings"] = _warnings(run, told)
        written = _files_in(staged)
    return [Path(out) / name for name in written], told


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
        _write_map(frames, staged)
        (staged / "reports").mkdir()
        told = write_reports(frames, staged / "reports", names=report_names(frames), types=types)
        manifest = {**manifest, "warnings": _warnings(frames, told)}
    files = _files_in(staged)
    added = {
        "about": frames.about,
        "counts": _counts(frames),
        "files": [*files, _MANIFEST],
        "sha256": {name: sha256_of(staged / name) for name in files if name.endswith(".parquet") or name in EXACT},
    }
    (staged / _MANIFEST).write_text(json_text({**manifest, **added}), encoding="utf-8", newline="\n")


def _warnings(frames: StudyFrames, told: Iterable[Words]) -> list[Any]:
    """What a manifest warns of: what the study told, and what writing its reports did, each time anew."""
    return [*frames.about["warnings"], *(one.to_dict() for one in told)]


def _write_map(frames: StudyFrames, folder: Path) -> None:
    (folder / "map.html").write_text(render_map(frames), encoding="utf-8", newline="\n")


def sha256_of(path: Path) -> str:
    """What a file holds, as a digest; of a Shapefile's folder that of its files' names and contents."""
    if path.is_dir():
        parts = sorted(file for file in path.iterdir() if file.is_file())
        return hashlib.sha256("".join(f"{file.name} {sha256_of(file)}\n" for file in parts).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@contextmanager
def _renewed(target: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder whose files take their places in a run when all are written, each at once; the manifest lists them.

    Beside it what else is to be changed in the manifest.
    """
    try:
        # Inside the run, so that moving a file is one step even where the run's folder is a disk of its own.
        with tempfile.TemporaryDirectory(prefix=".renewed-", dir=target) as beside:
            staged = Path(beside)
            changes: dict[str, Any] = {}
            yield staged, changes
            manifest = json.loads((target / _MANIFEST).read_text(encoding="utf-8"))
            written = _files_in(staged)
            others = {*manifest["files"], *written} - {_MANIFEST}
            text = json_text(manifest | changes | {"files": [*sorted(others), _MANIFEST]})
            (staged / _MANIFEST).write_text(text, encoding="utf-8", newline="\n")
            for name in [*written, _MANIFEST]:
                (target / name).parent.mkdir(exist_ok=True)
                (staged / name).replace(target / name)
    except OSError as error:
        raise ConfigError(f"{target}: can't be written ({error.strerror}); free some space or allow it") from None


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
    manifest = _manifest_of(target)
    return None if manifest is None else [str(name) for name in manifest.get("files", [])]


def _manifest_of(target: Path) -> dict[str, Any] | None:
    """The manifest of a run, None where there is none."""
    try:
        manifest = json.loads((target / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("program") == "circle15" else None


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
