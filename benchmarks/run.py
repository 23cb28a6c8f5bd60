"""circle15 beside the engines that a user would pick instead, in one run on the same streets and places.

    python benchmarks/run.py --setup        make the peers' environments (once)
    python benchmarks/run.py                all cases; writes the tables into docs/benchmarks.md if none is skipped
    python benchmarks/run.py --case NAME    some cases, printed only

Each engine is a process of its own that prepares itself and waits. They work by turns, one at a time, so that whatever
else the machine does meets all of them; the table has medians. A first go that takes less than 5 s is not counted (it
compiles and fills caches), and what takes more than a minute is done once.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import shapely
from cases import Case, along_one_street_m, city, drawn, some_rows, write_highways
from engines import HOME_OF, Engine, ask, restart, set_up, start, stop
from tasks import SAMPLE, write_circles, write_reading, write_searches

from circle15.reach import take
from circle15.units import local_crs, to_plane

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured by benchmarks/run.py: begin -->", "<!-- end -->"
CUTOFF_M = 1250.0
FIRST_COUNTS_S = 5.0
ONCE_S = 60.0
TITLE = {
    "ego_graph": "osmnx's tutorial (`ego_graph`)",
    "exact": "exact union (shapely), all threads",
    "exact_one_core": "exact union (shapely), one core",
    "valhalla": "valhalla, one thread",
    "valhalla_threads": "valhalla, all threads",
}
CITY, COUNTRY = "reykjavik.osm.pbf", "iceland.osm.pbf"


@dataclass
class Results:
    """What has been measured so far, as lines of tables."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    growth: list[tuple[str, ...]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def add(self, work: str, engines: Sequence[Engine], agreement: dict[str, str]) -> None:
        """A line for each engine, with how many times as long as circle15 it took."""
        ours = next(engine for engine in engines if engine.name == "circle15")
        for engine in engines:
            self.versions |= engine.versions
            ratio = "1" if engine is ours else ""
            if engine.seconds and ours.seconds and engine is not ours:
                ratio = _short(statistics.median(engine.seconds) / statistics.median(ours.seconds))
            self.rows.append(
                (
                    work,
                    TITLE.get(engine.name, engine.name),
                    engine.failed or _seconds(engine),
                    ratio,
                    f"{engine.peak_mb:,.0f}" if engine.peak_mb else "",
                    agreement.get(engine.name, ""),
                )
            )
            print(*self.rows[-1], sep=" | ", file=sys.stderr, flush=True)


def main() -> None:
    """Measure, and write or print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--setup", action="store_true", help="make the peers' environments and stop")
    parser.add_argument("--case", action="append", choices=CASES, help="only this case; repeatable; prints only")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of OSM files")
    options = parser.parse_args()
    if options.setup:
        set_up(sorted(set(HOME_OF.values())))
        return
    results = Results()
    load = os.getloadavg()[0]
    for name in options.case or CASES:
        need = NEEDS.get(name)
        if need and not (options.data / need).exists():
            results.skipped.append(f"{name}: {need} isn't there; give its folder with --data")
            print(f"skipped {results.skipped[-1]}", file=sys.stderr)
            continue
        with TemporaryDirectory(prefix="circle15-bench-") as folder:
            CASES[name](results, Path(folder), options.data, options.repetitions)
    text = report(results, repetitions=options.repetitions, load=load)
    if options.case or results.skipped:
        print(text)
    else:
        before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")
        print(f"Written: {PAGE.relative_to(ROOT)}")


# -- the cases ---------------------------------------------------------------------------------------------------------


def reached_in_city(results: Results, folder: Path, data: Path, repetitions: int) -> None:
    case, _ = city(data / CITY)
    home = take(case.home, some_rows(10_000, len(case.home.own)))
    write_searches(folder, replace(case, home=home), cutoff_m=CUTOFF_M)
    work = f"All that {len(home.own):,} residences reach within 1,250 m, greater Reykjavík ({_size(case)})"
    names = ["circle15", "scipy", "pandana", "igraph", "networkx", "ego_graph"]
    engines = beside("reached", names, folder, repetitions)
    results.add(work, engines, same_corners(engines, home.own == 0))


def nearest_in_city(results: Results, folder: Path, data: Path, repetitions: int) -> None:
    case, _ = city(data / CITY)
    peers = ["scipy", "pandana", "igraph", "networkx"]
    _nearest(results, folder, case, "greater Reykjavík", peers=peers, repetitions=repetitions)


def nearest_in_a_million(results: Results, folder: Path, _: Path, repetitions: int) -> None:
    case = drawn(1_000_000, n_residences=1_000_000)
    _nearest(results, folder, case, "drawn grid, dense sites", peers=["scipy", "pandana"], repetitions=repetitions)


def _nearest(results: Results, folder: Path, case: Case, where: str, *, peers: list[str], repetitions: int) -> None:
    write_searches(folder, case, cutoff_m=CUTOFF_M)
    work = f"Nearest of 27 kinds for {len(case.home.own):,} residences, {where} ({_size(case)})"
    engines = beside("nearest", ["circle15", *peers], folder, repetitions)
    results.add(work, engines, same_times(engines, along_one_street_m(case), case.home.own == 0))


def growth(results: Results, folder: Path, _: Path, repetitions: int) -> None:
    """Nanoseconds a settled corner on drawn grids: from 10,000 residences, and from the sites of 27 kinds."""
    for n_nodes in (10_000, 100_000, 1_000_000):
        case = drawn(n_nodes, n_residences=10_000)
        write_searches(folder, case, cutoff_m=CUTOFF_M)
        (forward,) = beside("reached", ["circle15"], folder, repetitions)
        (backward,) = beside("nearest", ["circle15"], folder, repetitions)
        if forward.failed or backward.failed:
            results.skipped.append(f"growth at {n_nodes:,} corners: {forward.failed or backward.failed}")
            continue
        settled = len(forward.answer["pairs"]), len(case.groups) * len(case.network.node_id)
        took = [statistics.median(engine.seconds) for engine in (forward, backward)]
        each_ns = [f"{1e9 * seconds / corners:.0f}" for seconds, corners in zip(took, settled, strict=True)]
        results.growth.append((f"{len(case.network.node_id):,}", *each_ns))
        print("growth", *results.growth[-1], file=sys.stderr, flush=True)


def circles(results: Results, folder: Path, data: Path, repetitions: int) -> None:
    case, residences = city(data / CITY)
    chosen = residences.iloc[some_rows(1000, len(residences))].reset_index(drop=True)
    write_circles(folder, case.network, chosen, data / CITY, cutoff_m=CUTOFF_M)
    work = "1,000 circles of 1,250 m, 25 m wide, holes under 5,000 m² closed, greater Reykjavík"
    engines = beside(
        "circles", ["circle15", "valhalla", "valhalla_threads", "exact", "exact_one_core"], folder, repetitions
    )
    results.add(work, engines, same_circles(engines, chosen))


def run_of_a_city(results: Results, folder: Path, data: Path, repetitions: int) -> None:
    """`circle15 run` as a user starts it, process and imports counted, beside pyrosm's reading of the streets alone."""
    (folder / "study.toml").write_text(STUDY.format(osm=(data / CITY).resolve().as_posix()), encoding="utf-8")
    command = [sys.executable, "-m", "circle15", "run", str(folder / "study.toml"), "--out", str(folder / "out")]
    told = subprocess.run([*command[:4], "--help"], capture_output=True, text=True, check=True).stdout
    pages = "without" if "--no-pages" in told else "with"
    command += ["--no-pages"] if pages == "without" else []
    work = f"`circle15 run` on greater Reykjavík, whole process, {pages} pages; pyrosm reads the streets alone"
    write_reading(folder, data / CITY)
    whole_process(command)  # compiles the kernels
    ours = Engine("circle15")
    for _ in range(repetitions):
        seconds, peak_mb = whole_process(command)
        ours.seconds.append(seconds)
        ours.peak_mb = max(peak_mb, ours.peak_mb)
    results.add(work, [ours, *beside("reading", ["pyrosm"], folder, repetitions, fresh=True)], {})


def reading(results: Results, folder: Path, data: Path, repetitions: int) -> None:
    for file, where in ((CITY, "greater Reykjavík, 7.4 MB"), (COUNTRY, "all Iceland, 36.9 MB")):
        write_reading(folder, data / file)
        write_highways(data / file, folder / "highways.osm")
        engines = beside("reading", ["circle15", "pyrosm", "osmnx"], folder, repetitions, fresh=True)
        told = {
            engine.name: f"{engine.answer['n_nodes']:,} nodes, {engine.answer['street_km']:,.0f} km"
            for engine in engines
            if engine.answer
        }
        results.add(f"PBF to walking network, {where}", engines, told)


CASES: dict[str, Callable[[Results, Path, Path, int], None]] = {
    "reached": reached_in_city,
    "nearest": nearest_in_city,
    "nearest-million": nearest_in_a_million,
    "growth": growth,
    "circles": circles,
    "run": run_of_a_city,
    "reading": reading,
}
NEEDS = {"reached": CITY, "nearest": CITY, "circles": CITY, "run": CITY, "reading": COUNTRY}

STUDY = """
id = "reykjavik-greater"
title_zh = "大雷克雅未克"
title_en = "Greater Reykjavík"
setting = "urban"

[osm]
file = "{osm}"
complete = ["school", "dining", "grocery", "pharmacy", "finance"]
complete_why = "for the benchmark"

[areas]
community_admin_level = 10
district_admin_level = 9

[residences]
weight_meaning = "floor_area_m2"
default_levels = 2
"""


# -- side by side ------------------------------------------------------------------------------------------------------


def beside(case: str, names: list[str], folder: Path, repetitions: int, *, fresh: bool = False) -> list[Engine]:
    """Engines at the same work by turns; `fresh` gives each go a new process, so that memory is that of one go."""
    engines = [start(name, case, folder) for name in names]
    once = set()
    for engine in engines:
        seconds = ask(engine)
        if seconds / engine.scale >= FIRST_COUNTS_S and not engine.failed:
            engine.seconds.append(seconds)
        if seconds / engine.scale >= ONCE_S:
            once.add(engine.name)
    for turn in range(repetitions):
        for engine in engines:
            if engine.failed or engine.name in once or len(engine.seconds) > turn:
                continue
            if fresh:
                restart(engine, case, folder)
            seconds = ask(engine)
            if not engine.failed:
                engine.seconds.append(seconds)
    for engine in engines:
        stop(engine, folder)
        if engine.failed.startswith("failed"):
            print((folder / f"{engine.name}.log").read_text()[-2000:], file=sys.stderr)
    return engines


def whole_process(command: list[str]) -> tuple[float, float]:
    """Seconds and peak megabytes of a command."""
    # A small process between: Linux tells of a child at least the memory that its parent had when it began.
    between = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=sys.stderr, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", between, *command]
    began = time.perf_counter()
    told = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return time.perf_counter() - began, int(told.stdout) / (1024**2 if sys.platform == "darwin" else 1024)


# -- agreement ---------------------------------------------------------------------------------------------------------


def same_corners(engines: list[Engine], is_stranger: np.ndarray) -> dict[str, str]:
    """Pairs of residence and reached corner that both know, of those that either knows."""
    rows = np.flatnonzero(is_stranger[:SAMPLE])

    def pairs(engine: Engine) -> set[tuple[int, int]]:
        found = engine.answer["pairs"]
        return set(map(tuple, found[np.isin(found[:, 0], rows)].tolist()))

    told = {engine.name: pairs(engine) for engine in engines if engine.answer}
    ours = told.pop("circle15", set())
    return {
        name: f"{len(ours & theirs) / len(ours | theirs):.3%} of {len(ours | theirs):,} pairs"
        for name, theirs in told.items()
    }


def same_times(engines: list[Engine], direct_m: np.ndarray, is_stranger: np.ndarray) -> dict[str, str]:
    """Cells within half a second, of those in which either has found a site.

    Peers are granted `direct_m`, the walks that never leave one street: read at its ends, they don't see them.
    """
    found_by = {engine.name: engine.answer["nearest_m"] for engine in engines if engine.answer}
    told = {name: np.minimum(nearest_m, direct_m)[is_stranger] for name, nearest_m in found_by.items()}
    ours = told.pop("circle15", np.empty((0, 0)))
    out = {}
    for name, theirs in told.items():
        found = np.isfinite(ours) | np.isfinite(theirs)
        close = np.abs(ours[found] - theirs[found]) <= 0.5
        out[name] = f"{close.mean():.3%} of {found.sum():,} cells within 0.5 s"
    return out


def same_circles(engines: list[Engine], residences: gpd.GeoDataFrame) -> dict[str, str]:
    """Intersection over union with the exact circles, in the plane."""
    told = {engine.name: _in_plane(engine.answer, residences) for engine in engines if engine.answer}
    exact = told.pop("exact", {})
    out = {"exact": f"the measure, of {len(exact)} circles"} if exact else {}
    for name, theirs in told.items():
        pairs = [(theirs[one], shape) for one, shape in exact.items() if one in theirs]
        iou = [shapely.intersection(a, b).area / shapely.union(a, b).area for a, b in pairs]
        if iou:
            out[name] = f"IoU {statistics.mean(iou):.4f}, worst {min(iou):.4f}, of {len(iou)} circles"
    return out


def _in_plane(answer: dict[str, np.ndarray], residences: gpd.GeoDataFrame) -> dict[str, shapely.Geometry]:
    """Circles by residence, in the local plane."""
    if "geojson" in answer:
        ids, shapes = residences["residence_id"].to_numpy(), shapely.from_geojson(answer["geojson"])
    else:
        ids, shapes = answer["residence_id"], shapely.from_wkb(answer["wkb"])
    west, south, east, north = residences.total_bounds
    plane = to_plane(local_crs((west + east) / 2, (south + north) / 2))
    flat = shapely.transform(
        shapely.make_valid(shapes), lambda xy: np.column_stack(plane.transform(xy[:, 0], xy[:, 1]))
    )
    return dict(zip(ids.tolist(), flat.tolist(), strict=True))


# -- the tables --------------------------------------------------------------------------------------------------------


def report(results: Results, *, repetitions: int, load: float) -> str:
    """The tables, with when, where and what they were measured."""
    names = {**results.versions, "Python": platform.python_version()}
    versions = ", ".join(f"{name} {version}" for name, version in sorted(names.items(), key=lambda x: x[0].lower()))
    when = f"Measured {datetime.now(UTC):%Y-%m-%d} on {_machine()}; load before the run {load:.1f}."
    how = f"Medians of {repetitions}, with the spread (largest less smallest); what takes over a minute was done once."
    lines = [
        f"{when} {how}",
        "",
        "| work | engine | seconds | times circle15's | peak MB | agreement |",
        "|---|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in _once(results.rows)),
    ]
    if results.growth:
        lines += [
            "",
            "Growth, circle15 on drawn grids, nanoseconds a settled corner:",
            "",
            "| corners | from each of 10,000 residences | from the sites of 27 kinds |",
            "|---|---|---|",
            *("| " + " | ".join(row) + " |" for row in results.growth),
        ]
    lines += ["", *(f"Skipped: {line}." for line in results.skipped), f"Versions: {versions}."]
    return "\n".join(lines)


def _once(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The work named in its first line only."""
    return [("", *row[1:]) if i and rows[i - 1][0] == row[0] else row for i, row in enumerate(rows)]


def _seconds(engine: Engine) -> str:
    median, spread = statistics.median(engine.seconds), max(engine.seconds) - min(engine.seconds)
    told = f"{_short(median)} ({_short(spread)})" if len(engine.seconds) > 1 else f"{_short(median)} (once)"
    return told if engine.scale == 1 else f"{told}, 1/{engine.scale:.0f} of it measured"


def _short(number: float) -> str:
    """Three digits, or all before the point."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _size(case: Case) -> str:
    return f"{len(case.network.node_id):,} corners, {len(case.network.edge_u):,} streets"


def _machine() -> str:
    model, memory = platform.processor() or platform.machine(), ""
    cpu, ram = Path("/proc/cpuinfo"), Path("/proc/meminfo")
    if cpu.exists() and ram.exists():
        model = next(
            (x.split(":")[1].strip() for x in cpu.read_text().splitlines() if x.startswith("model name")), model
        )
        memory = f", {int(ram.read_text().split()[1]) / 1024**2:.0f} GiB"
    return f"{model}, {os.cpu_count()} cores{memory}"


if __name__ == "__main__":
    main()
