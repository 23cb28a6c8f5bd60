"""How an engine is timed. It prepares itself, then does its work once for each line that it is sent.

Each engine is a script beside this one, `with_NAME.py CASE FOLDER ANSWER`, run by `benchmarks/run.py` in its own
environment: it reads the task in FOLDER, talks in lines of JSON, and leaves what it found in the file ANSWER. This
module needs numpy alone.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

MARK = "told: "  # some engines print things of their own

Answer = dict[str, np.ndarray]


def arguments() -> tuple[str, Path]:
    """The case asked for, and the task's folder."""
    return sys.argv[1], Path(sys.argv[2])


def task(folder: Path) -> Answer:
    """The arrays of a task; see `tasks.py`."""
    with np.load(folder / "task.npz") as arrays:
        return dict(arrays)


def serve(
    work: Callable[[], Any], answer: Callable[[Any], Answer], *, packages: tuple[str, ...], scale: float = 1.0
) -> None:
    """Say that all is prepared, work once a line, then leave the answer.

    Parameters
    ----------
    work : what is timed.
    answer : what it gave, as arrays to compare with other engines'; not timed.
    packages : whose versions to tell.
    scale : all the work in terms of the part of it that `work` does.
    """
    told: dict[str, Any] = {"versions": {name: version(name) for name in packages}, "scale": scale}
    _say(told)
    given = None
    for _ in sys.stdin:
        given = None  # two answers at once would count as memory
        start = time.perf_counter()
        given = work()
        _say({"seconds": time.perf_counter() - start})
    peak_mb = _peak_mb()  # before the answer is made ready to be compared
    np.savez(sys.argv[3], **answer(given))
    _say({"peak_mb": peak_mb})


def _peak_mb() -> float:
    """The most memory that this process has held; what getrusage tells on Linux includes the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def _say(told: dict[str, Any]) -> None:
    print(f"{MARK}{json.dumps(told)}", flush=True)


def pairs_of(rows: np.ndarray, corners: np.ndarray) -> Answer:
    """Which corner each residence reaches, as (k, 2) numbers without repetition."""
    return {"pairs": np.unique(np.column_stack([rows, corners]), axis=0)}


def read_at_homes(given: Answer, time_at_corner: np.ndarray) -> Answer:
    """(residences, kinds) metres: the smaller way over the ends of each residence's street."""
    time = np.full((int(given["n_homes"]), time_at_corner.shape[1]), np.inf)
    np.minimum.at(time, given["read_home"], time_at_corner[given["read_corner"]] + given["read_m"][:, None])
    return {"nearest_m": np.where(time <= float(given["cutoff_m"]), time, np.inf)}
