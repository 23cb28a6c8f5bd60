"""The commands: parse, call, print, exit code. Results go to stdout, progress and messages to stderr."""

from __future__ import annotations

import atexit
import gc
import itertools
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import circle15
from circle15.errors import Circle15Error, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from circle15.study import Study

app = typer.Typer(
    help="Check the 15-minute community service circle: who reaches which of 27 services on foot, where the gaps are, "
    "and which new sites close most of them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ConfigArgument = Annotated[Path, typer.Argument(help="The study's TOML file.", show_default=False)]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for the results; a former run in it is replaced.")]
RunArgument = Annotated[Path, typer.Argument(metavar="OUT", help="A finished run's folder.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def main() -> None:
    """Run the program; a mistake of the user's is one sentence on stderr and exit code 2 or 3."""
    atexit.register(gc.freeze)  # the memory goes as a whole: to look through it once more takes half a second a city
    try:
        app()
    except Circle15Error as error:
        print(f"circle15: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("circle15: stopped; nothing was written", file=sys.stderr)
        sys.exit(130)


def _version(wanted: bool) -> None:
    if wanted:
        print(circle15.__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


@app.command()
def demo(
    out: OutOption = Path("circle15-demo"),
    as_json: JsonOption = False,
) -> None:
    """Run the embedded city (central Reykjavík) from end to end, without a network."""
    from circle15 import demo as city
    from circle15.study import Study

    _run_and_report(lambda: Study.from_config(city.config_path()), out, districts=(), pages=True, as_json=as_json)


@app.command()
def run(
    config: ConfigArgument,
    out: OutOption,
    district: Annotated[list[str] | None, typer.Option(help="Only residences in this district; repeatable.")] = None,
    profile: Annotated[str | None, typer.Option(help="Walking profile, in place of the config's.")] = None,
    open_gate: Annotated[
        list[str] | None, typer.Option(help="A closed gate to be opened (an id of gates.parquet, or all); repeatable.")
    ] = None,
    pages: Annotated[
        bool, typer.Option("--pages/--no-pages", help="Write the map and the reports, or tables only.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Compute a study: statuses, gap areas, a siting plan, tables, reports and a map."""
    from circle15.study import Study

    gates = "all" if open_gate and "all" in open_gate else open_gate
    _run_and_report(
        lambda: Study.from_config(config, profile=profile, open_gates=gates),
        out,
        districts=tuple(district or ()),
        pages=pages,
        as_json=as_json,
    )


@app.command()
def check(
    config: ConfigArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Write the page as HTML into this file, too.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is wrong or thin in a study's data, before anything is computed; exit code 3 only on errors."""
    from circle15.errors import DataError
    from circle15.outputs.check_page import check_page_path, check_text, write_check_page
    from circle15.study import Study

    if out is not None:
        check_page_path(out)
    study = Study.from_config(config)
    with _progress(total=3) as on_stage:
        found = study.check(on_stage=on_stage)
    print(json.dumps(found, ensure_ascii=False) if as_json else check_text(found))
    if out is not None:
        write_check_page(found, out)
    if found["errors"]:
        raise DataError("; ".join(error["en"] for error in found["errors"]))


@app.command("map")
def map_page(out: RunArgument, as_json: JsonOption = False) -> None:
    """Make the map of a finished run anew, in its place."""
    from circle15.outputs.folder import rebuild_map

    page = rebuild_map(out)
    print(json.dumps({"out": str(out), "map": str(page)}, ensure_ascii=False) if as_json else f"Map:    {page}")


@app.command()
def report(
    out: RunArgument,
    district: Annotated[
        list[str] | None,
        typer.Option(help="Only this district's report (none: in no district; all: the whole study); repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the reports of a finished run anew, in their places."""
    from circle15.outputs.folder import rebuild_reports

    reports, told = rebuild_reports(out, district or ())
    if as_json:
        warnings = [one.to_dict() for one in told]
        print(json.dumps({"out": str(out), "reports": [*map(str, reports)], "warnings": warnings}, ensure_ascii=False))
        return
    for note in told:
        print(f"Note: {note.en}", file=sys.stderr)
    for path in reports:
        print(f"Report: {path}")


@app.command()
def comments(
    config: ConfigArgument,
    files: Annotated[list[Path], typer.Argument(help="GeoJSON files as the map exports them.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for the layers and tables; a run's folder will do.")],
    as_json: JsonOption = False,
) -> None:
    """Join the comments that came back from the map, try the proposals on the study, and rank them."""
    from circle15.inputs import STAGES
    from circle15.outputs.comments import check_comments_out, consultation, write_comments
    from circle15.sources.comments import read_comments
    from circle15.study import Study

    check_comments_out(out)
    study = Study.from_config(config)
    sent = read_comments(files, study_id=study.config.id)
    with _progress(total=len(STAGES) + 1) as on_stage:
        result = study.without_siting().run(on_stage=on_stage)
        on_stage("trying proposals")
        found = consultation(result, sent, data_date=result.about["data_date"])
    folder = write_comments(found, out, data_date=result.about["data_date"])
    summary = {
        "out": str(folder),
        "files": len({*map(str, files)}),
        "features": len(sent),
        "comments": len(found.comments),
        "proposals": len(found.proposals),
        "edits": len(found.edits),
        "best": None if found.proposals.empty else found.proposals["proposal"].iloc[0],
        "weight_meaning": result.about["weight_meaning"],
        "warnings": found.told,
        "version": circle15.__version__,
    }
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
        return
    for note in found.told:
        print(f"Note: {note['zh']} {note['en']}", file=sys.stderr)
    print(f"{len(sent):,} features: {len(found.comments):,} comments and {len(found.proposals):,} proposals")
    for row in found.proposals.head(3).itertuples():
        print(f"{row.rank}. {row.does_zh} {row.does_en}: +{row.gained:,.0f} -{row.lost:,.0f}, sent by {row.n_sent:,}")
    print(f"Tables: {folder}")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", show_default=False)],
) -> None:
    """Write a starter config and templates into a folder."""
    from circle15.outputs.starter import write_starter

    for path in write_starter(folder):
        print(path)


@app.command()
def fetch(
    out: Annotated[Path, typer.Option("--out", help="The extract to write: .osm.pbf or .osm.", show_default=False)],
    place: Annotated[str | None, typer.Option(help="A place's name, such as 济宁市任城区.")] = None,
    bbox: Annotated[str | None, typer.Option(help="West,south,east,north in degrees, in place of a name.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder for answers, kept for a week.")] = None,
    server: Annotated[
        str | None, typer.Option(help="Address of an Overpass server, in place of the public one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Download what a study needs of OpenStreetMap, through Overpass."""
    from platformdirs import user_cache_path

    from circle15.sources.overpass import OVERPASS_URL, fetch_osm

    with _progress(total=None) as on_step:
        told = fetch_osm(
            out,
            box=None if bbox is None else _box(bbox),
            place=place,
            cache=cache or user_cache_path("circle15", appauthor=False) / "overpass",
            overpass_url=server or OVERPASS_URL,
            on_step=on_step,
        )
    size = out.stat().st_size
    if as_json:
        found = {"out": str(out), "box": told.box, "data_date": told.data_date, "bytes": size}
        print(json.dumps(found | {"tiles": told.n_tiles, "cached": told.n_cached}, ensure_ascii=False))
        return
    box = ", ".join(f"{degrees:.4f}" for degrees in told.box)
    cached = f", {told.n_cached} of {told.n_tiles} tiles from the cache" if told.n_cached else ""
    print(f"{out}: {size / 1e6:.1f} MB of OpenStreetMap data of {told.data_date or 'unknown date'}, box {box}{cached}")
    print("© OpenStreetMap contributors, ODbL 1.0")


def _box(text: str) -> tuple[float, float, float, float]:
    """West, south, east and north as a user writes them."""
    try:
        west, south, east, north = (float(part) for part in text.replace(" ", ",").split(",") if part)
    except ValueError:
        raise ConfigError(f"--bbox '{text}': give four numbers, west,south,east,north in degrees") from None
    return west, south, east, north


def _run_and_report(
    made: Callable[[], Study], out: Path, *, districts: tuple[str, ...], pages: bool, as_json: bool
) -> None:
    from circle15.outputs.folder import check_out

    check_out(out)
    folder, summary = _with_progress(made(), out, districts, pages=pages)
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
        return
    for warning in summary["warnings"]:
        print(f"Note: {warning['en']}", file=sys.stderr)
    print(f"{summary['residences']:,} residences, {summary['sites']:,} sites, {summary['gap_areas']:,} gap areas")
    if summary["plan"]:
        print(summary["plan"])
    if pages:
        print(f"Map:    {summary['map']}")
        print(f"Report: {folder / 'reports' / 'all.html'}")
    print(f"Tables: {folder}")


def _with_progress(study: Study, out: Path, districts: tuple[str, ...], *, pages: bool) -> tuple[Path, dict[str, Any]]:
    """Run and write a study with a progress bar on stderr; what to say about it."""
    from circle15.inputs import STAGES

    with _progress(total=len(STAGES) + 1) as on_stage:
        result = study.run(districts=districts, on_stage=on_stage)
        on_stage("writing tables, map and reports" if pages else "writing tables")
        folder = result.write(out, pages=pages)
    reports = sorted(str(path) for path in (folder / "reports").glob("*.html")) if pages else []
    return folder, {
        "out": str(folder),
        "map": str(folder / "map.html") if pages else None,
        "reports": reports,
        "residences": len(result.residences),
        "sites": len(result.sites),
        "access_rows": len(result.access),
        "gap_areas": len(result.gap_areas),
        "statuses": {str(k): int(n) for k, n in result.access["status"].value_counts(sort=False).items()},
        "plan": result.plan_summary.get("explanation"),
        "warnings": json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["warnings"],
        "version": circle15.__version__,
    }


@contextmanager
def _progress(*, total: int | None) -> Iterator[Callable[[str], None]]:
    """A progress bar on stderr (a moving one without total); call what is given with each stage's name as it starts."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=total)
        started = itertools.count()
        yield lambda stage: progress.update(task, description=stage, completed=next(started))
