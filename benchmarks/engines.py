"""The engines: where each lives, and how it is started, asked and stopped."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

PEERS = Path(__file__).parent / "peers"
ENVS = Path(__file__).parent / ".envs"
MINIMUM = {"valhalla": (3, 12)}
"""The oldest Python that an engine's wheels are made for, where that is newer than circle15's."""

HOME_OF = {
    "pandana": "pandana",
    "igraph": "igraph",
    "valhalla": "valhalla",
    "valhalla_threads": "valhalla",
    "pyrosm": "pyrosm",
    "osmnx": "osmnx",
}
"""Engines with an environment of their own; the others run in circle15's."""

SCRIPT_OF = {"exact": "circle15", "exact_one_core": "circle15", "valhalla_threads": "valhalla"}
CASE_OF = {"exact": "exact", "exact_one_core": "exact_one_core", "valhalla_threads": "threads"}
"""Engines that are another's script at another case."""

READY_S = 300.0  # the longest that an engine may prepare itself, contraction and tiles included
LIMIT_S = 600.0  # the longest that it may work
MARK = "told: "  # what an engine says to us, as in peers/timed.py


@dataclass
class Engine:
    """An engine at a task, and what it has told; `failed` says why it can't go on, `answer` is what it found."""

    name: str
    process: subprocess.Popen[str] | None = None
    lines: queue.Queue[str] = field(default_factory=queue.Queue)
    versions: dict[str, str] = field(default_factory=dict)
    scale: float = 1.0
    seconds: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    answer: dict[str, np.ndarray] = field(default_factory=dict)
    failed: str = ""


def set_up(names: list[str]) -> None:
    """Make the environments that are missing; say which can't be made, and why."""
    for name in names:
        if _python_in(ENVS / name).exists():
            continue
        base = _python_from(MINIMUM.get(name, sys.version_info[:2]))
        if base is None:
            print(f"{name}: skipped, it needs Python {'.'.join(map(str, MINIMUM[name]))} or newer", file=sys.stderr)
            continue
        print(f"{name}: setting up", file=sys.stderr)
        install = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:", "-r"]
        try:
            subprocess.run([base, "-m", "venv", ENVS / name], check=True)
            subprocess.run([_python_in(ENVS / name), *install, PEERS / f"requirements-{name}.txt"], check=True)
        except subprocess.CalledProcessError as error:
            shutil.rmtree(ENVS / name, ignore_errors=True)
            print(f"{name}: skipped, its environment can't be made ({error})", file=sys.stderr)


def start(name: str, case: str, folder: Path) -> Engine:
    """An engine that has read its task and is ready to be asked, or has failed."""
    engine = Engine(name)
    _launch(engine, case, folder)
    return engine


def restart(engine: Engine, case: str, folder: Path) -> None:
    """The same engine in a new process."""
    stop(engine, folder)
    if not engine.failed:
        _launch(engine, case, folder)


def ask(engine: Engine) -> float:
    """Let an engine do its work once; the seconds that it needs for all of it, inf when it has failed."""
    told = _asked(engine, "\n", LIMIT_S)
    return float(told["seconds"]) * engine.scale if told else float("inf")


def stop(engine: Engine, folder: Path) -> None:
    """Let an engine leave its answer and go."""
    told = _asked(engine, None, READY_S)
    if told:
        engine.peak_mb = max(told["peak_mb"], engine.peak_mb)
        with np.load(folder / f"{engine.name}.npz") as arrays:
            engine.answer = dict(arrays)
        assert engine.process is not None
        engine.process.wait()


def _launch(engine: Engine, case: str, folder: Path) -> None:
    home = HOME_OF.get(engine.name)
    python = Path(sys.executable) if home is None else _python_in(ENVS / home)
    if not python.exists():
        engine.failed = "not installed (make bench-setup)"
        return
    script = PEERS / f"with_{SCRIPT_OF.get(engine.name, engine.name)}.py"
    with (folder / f"{engine.name}.log").open("w") as log:
        engine.process = subprocess.Popen(
            [python, script, CASE_OF.get(engine.name, case), folder, folder / f"{engine.name}.npz"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={key: value for key, value in os.environ.items() if home is None or key != "PYTHONPATH"},
        )
    engine.lines = queue.Queue()
    threading.Thread(target=_listen, args=(engine.process, engine.lines), daemon=True).start()
    told = _heard(engine, READY_S, late=f"not prepared after {READY_S:.0f} s")
    if told:
        engine.versions, engine.scale = told["versions"], told["scale"]


def _asked(engine: Engine, words: str | None, limit_s: float) -> dict[str, Any] | None:
    """What an engine answers to words, or to their end."""
    if engine.failed or engine.process is None or engine.process.stdin is None:
        return None
    if words is None:
        engine.process.stdin.close()
    else:
        engine.process.stdin.write(words)
        engine.process.stdin.flush()
    return _heard(engine, limit_s, late=f"over {limit_s:.0f} s")


def _heard(engine: Engine, limit_s: float, *, late: str) -> dict[str, Any] | None:
    assert engine.process is not None
    try:
        line = engine.lines.get(timeout=limit_s)
    except queue.Empty:
        engine.failed = f"{late}, stopped"
        engine.process.kill()
        line = ""
    if line:
        told: dict[str, Any] = json.loads(line)
        return told
    code = engine.process.wait()
    engine.failed = engine.failed or f"failed (exit code {code})"
    return None


def _listen(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if MARK in line:
            lines.put(line.partition(MARK)[2])
    lines.put("")


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _python_from(least: tuple[int, ...]) -> str | None:
    """A Python of at least some version: this one, one on the path, or one of pyenv's."""
    if sys.version_info[:2] >= least:
        return sys.executable
    found = [shutil.which(f"python3.{minor}") for minor in range(least[1], least[1] + 3)]
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=False).stdout.strip()
        found += [
            str(path) for minor in range(least[1], least[1] + 3)
            for path in sorted(Path(root).glob(f"versions/3.{minor}.*/bin/python"))
        ]  # fmt: skip
    for python in filter(None, found):
        told = subprocess.run(
            [python, "-c", "import sys, venv; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode == 0 and tuple(map(int, told.stdout.split())) >= least:
            return python
    return None
