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

PEERS = Path(__file__).parent / "peers"
ENVS = Path(__file__).parent / ".envs"
MINIMUM = {"valhalla": (3, 12)}
"""The oldest Python that an engine's wheels are made for, where that is newer than circle15's."""

HOME_OF = {
    "pandana": "pandana",
    "igraph": "igraph",
    "valhalla": "valhalla",
    "pyrosm": "pyrosm",
    "osmnx": "osmnx",
}
"""Engines with an environment of their own; the others run in circle15's."""

READY_S = 900.0  # the longest that an engine may prepare itself, contraction and tiles included
LIMIT_S = 600.0  # the longest that it may work


class Missing(Exception):
    """An engine that can't take part, and why."""


@dataclass
class Engine:
    """A running engine and what it has told."""

    name: str
    process: subprocess.Popen[str]
    lines: queue.Queue[str]
    versions: dict[str, str] = field(default_factory=dict)
    scale: float = 1.0
    seconds: list[float] = field(default_factory=list)
    peak_mb: float = float("nan")
    failed: str | None = None


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
        requirements = PEERS / f"requirements-{name}.txt"
        try:
            subprocess.run([base, "-m", "venv", ENVS / name], check=True)
            subprocess.run(
                [_python_in(ENVS / name), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "-r", requirements],
                check=True,
            )
        except subprocess.CalledProcessError as error:
            shutil.rmtree(ENVS / name, ignore_errors=True)
            print(f"{name}: skipped, its environment can't be made ({error})", file=sys.stderr)


def start(name: str, case: str, folder: Path) -> Engine:
    """An engine that has read its task and is ready to be asked.

    Raises
    ------
    Missing
        when its environment isn't there, or it fails to prepare itself.
    """
    home = HOME_OF.get(name)
    python = Path(sys.executable) if home is None else _python_in(ENVS / home)
    if not python.exists():
        raise Missing("not installed; run make bench-setup")
    script = PEERS / f"with_{'circle15' if name == 'exact' else name}.py"
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            [python, script, "exact" if name == "exact" else case, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={key: value for key, value in os.environ.items() if home is None or key != "PYTHONPATH"},
        )
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(process, lines), daemon=True).start()
    engine = Engine(name, process, lines)
    told = _heard(engine, READY_S)
    if told is None:
        raise Missing(engine.failed)
    engine.versions, engine.scale = told["versions"], told["scale"]
    return engine


def ask(engine: Engine, *, counted: bool = True) -> float:
    """Let an engine do its work once; its seconds, for all the work, or inf when it failed (then it says why)."""
    if engine.failed or engine.process.stdin is None:
        return float("inf")
    engine.process.stdin.write("\n")
    engine.process.stdin.flush()
    told = _heard(engine, LIMIT_S)
    if told is None:
        return float("inf")
    seconds = float(told["seconds"]) * engine.scale
    if counted:
        engine.seconds.append(seconds)
    return seconds


def stop(engine: Engine) -> None:
    """Let an engine leave its answer and go."""
    if engine.failed or engine.process.stdin is None:
        return
    engine.process.stdin.close()
    told = _heard(engine, READY_S)
    if told is not None:
        engine.peak_mb = max(told["peak_mb"], engine.peak_mb) if engine.peak_mb > 0 else told["peak_mb"]
    engine.process.wait()


def _heard(engine: Engine, limit_s: float) -> dict[str, Any] | None:
    try:
        line = engine.lines.get(timeout=limit_s)
    except queue.Empty:
        engine.failed = f"stopped after {limit_s:.0f} s"
        engine.process.kill()
        engine.process.wait()
        return None
    if not line:
        code = engine.process.wait()
        engine.failed = f"failed with code {code}"
        return None
    told: dict[str, Any] = json.loads(line)
    return told


def _listen(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
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
            [python, "-c", "import sys, venv; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        if told.returncode == 0 and tuple(map(int, told.stdout.split())) >= least:
            return python
    return None
