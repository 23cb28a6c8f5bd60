"""Make the pictures of docs/figures.md from the embedded city, and print the finding of each.

    python docs/make_figures.py

Two runs on one machine give the same bytes.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from circle15 import SitingProblem, Study, demo, figures, solve_siting, travel_times

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from circle15 import StudyResult

HERE = Path(__file__).resolve().parent
KIND = "pharmacy"
MOST_SITES = 8


def pictures(result: StudyResult) -> dict[str, Figure]:
    """Every figure, of one study."""
    return {
        "map": figures.status_map(result, KIND),
        "kinds": figures.coverage_by_kind(result),
        "times": figures.time_distribution(result, KIND),
        "lorenz": figures.lorenz(result),
        "frontier": figures.siting_frontier(plans(result), result),
        "before-after": figures.before_after(result),
    }


def plans(result: StudyResult) -> list:
    """The best 1, 2, 3 ... new sites for one kind, on points along the streets."""
    homes = result.residences
    status = result.access[result.access["kind"] == KIND].set_index("residence_id")["status"]
    frontage = result.candidates[result.candidates["origin"] == "frontage"]
    cutoff_s = result.about["threshold_urban_s"]
    times = travel_times(result.network, homes, frontage.assign(site_id=frontage["candidate_id"]), cutoff_s=cutoff_s)
    problem = SitingProblem(
        time_s=times.time_s,
        weights=np.where(status.loc[homes["residence_id"]] == "gap", homes["weight"], 0.0),
        cutoff_s=cutoff_s,
        kinds=[KIND],
        candidate_ids=times.column_ids,
    )
    return [solve_siting(problem, p=p) for p in range(1, MOST_SITES + 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "images", help="where the pictures go (%(default)s)")
    arguments = parser.parse_args()
    for name, figure in pictures(Study.from_config(demo.config_path()).run()).items():
        target = arguments.out / f"figure-{name}.png"
        drawn = Image.open(io.BytesIO(figures.as_bytes(figure, dpi=110))).convert("RGB")
        # 256 colours, the rare ones of the legend among them: a quarter of the bytes, and no difference to the eye.
        few = drawn.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(target, optimize=True)
        print(f"{target.name} {target.stat().st_size / 1000:.0f} kB: {figure.texts[0].get_text()}")


if __name__ == "__main__":
    main()
