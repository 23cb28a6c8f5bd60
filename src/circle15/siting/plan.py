"""A siting plan, and what can be said of it in figures, a frame and plain English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from circle15.display import listed, small_table
from circle15.siting.problem import SitingProblem
from circle15.units import BoolArray, FloatArray

__all__ = ["SitingPlan", "gained_if_confirmed", "within_cutoff"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SitingPlan:
    """Opened candidates in order of rank, what they gain, and how far from the best possible that is.

    Attributes
    ----------
    model
        Name of the model.
    p
        New sites that were allowed.
    kinds
        Names of the problem's kinds.
    selected
        Opened candidates, 0-based columns of `time_s`, the one that gains most first.
    candidate_ids
        Their ids.
    kinds_held
        The kinds each will hold, in the problem's order.
    gained
        Weight each newly covers beyond those before it, summed over its kinds; sums to `objective`.
    objective, bound
        Weight newly covered, and the most that any plan could cover.
    demand, demand_unreachable
        Weight that today's sites don't cover, and how much of it no candidate can.
    unreachable
        That demand row by row: ``row`` (0-based), ``residence_id``, ``kind``, ``weight``.
    solver
        What ran: sizes before and after reduction, value of the greedy plan, swaps, nodes, versions.
    reproducible
        False if the clock ended the search: another run may then find another plan.
    """

    model: str
    p: int
    kinds: tuple[str, ...]
    selected: NDArray[np.int64]
    candidate_ids: tuple[str, ...]
    kinds_held: tuple[tuple[str, ...], ...]
    gained: FloatArray
    objective: float
    bound: float
    demand: float
    demand_unreachable: float
    unreachable: pd.DataFrame
    solver: dict[str, Any]
    reproducible: bool

    @property
    def gap(self) -> float:
        """Share of the objective by which a better plan could at most exceed it; 0 is proven best."""
        missing = self.bound - self.objective
        return missing / max(self.objective, np.finfo(float).tiny) if missing > 0 else 0.0

    def frame(self) -> pd.DataFrame:
        """List the opened candidates by rank: candidate_id, kinds (joined by commas), gained, rank (from 1)."""
        return pd.DataFrame(
            {
                "candidate_id": pd.array(self.candidate_ids, dtype="str"),
                "kinds": pd.array([",".join(held) for held in self.kinds_held], dtype="str"),
                "gained": self.gained,
                "rank": np.arange(1, self.selected.size + 1, dtype=np.int64),
            }
        )

    def _repr_html_(self) -> str:
        rows: list[tuple[str, object]] = [
            ("类别 kinds", listed(self.kinds)),
            ("新址 opened", f"{self.selected.size} / {self.p}"),
            ("新增覆盖 objective", _amount(self.objective, "").strip()),
            ("上界 bound", _amount(self.bound, "").strip()),
            ("差距 gap", f"{self.gap:.2%}" if np.isfinite(self.gap) else "–"),
            ("依次 in order", listed(self.candidate_ids)),
            ("说明 explanation", self.explain()),
        ]
        return small_table(f"选址方案 · SitingPlan {self.model}", rows)

    def summary(self) -> dict[str, Any]:
        """Give the plan's figures as values that JSON can hold."""
        return {
            "model": self.model,
            "kinds": list(self.kinds),
            "p": self.p,
            "opened": int(self.selected.size),
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap if np.isfinite(self.gap) else None,
            "demand": self.demand,
            "demand_unreachable": self.demand_unreachable,
            "reproducible": self.reproducible,
            "solver": dict(self.solver),
            "plan": self.frame().to_dict(orient="records"),
            "unreachable_residences": self.unreachable[["residence_id", "kind", "weight"]].to_dict(orient="records"),
        }

    def explain(self, *, unit: str = "weight") -> str:
        """Say in plain English what the plan does, how good it is, and what stays unserved.

        Parameters
        ----------
        unit
            What the weights count, as in "residents".
        """
        if self.demand == 0:
            return "Nobody is known to lack what is asked for, so no new site is proposed."
        once = f", counted once for each of {len(self.kinds)} kinds" if len(self.kinds) > 1 else ""
        said = [f"Today's sites leave {_amount(self.demand, unit)} without a site within the time limit{once}."]
        if self.selected.size == 0:
            said.append("No candidate can serve any of it, so no new site is proposed.")
        else:
            count = "1 new site" if self.selected.size == 1 else f"{self.selected.size} new sites"
            said.append(
                f"{count} would serve {_amount(self.objective, unit)} of it ({self.objective / self.demand:.1%})."
            )
            if self.selected.size < self.p:
                said.append(f"More of the {self.p} allowed would gain nothing.")
            said.append(self._proof(unit))
            first = self.candidate_ids[0]
            held = f" ({', '.join(self.kinds_held[0])})" if len(self.kinds) > 1 else ""
            said.append(f"The most valuable is {first}{held}, which serves {_amount(float(self.gained[0]), unit)}.")
            if self.selected.size > 1:
                said.append(
                    f"The last in order, {self.candidate_ids[-1]}, adds {_amount(float(self.gained[-1]), unit)}."
                )
        beyond = self.demand - self.demand_unreachable - self.objective
        if self.demand_unreachable > 0:
            share = self.demand_unreachable / self.demand
            rows = self.unreachable["row"].nunique()
            places = "1 residence" if rows == 1 else f"{rows} residences"
            lost = _amount(self.demand_unreachable, unit)
            said.append(f"{lost} ({share:.1%}), at {places}, is out of reach of every candidate.")
        if beyond > 1e-9 * self.demand:
            said.append(f"{_amount(beyond, unit)} could be reached from some candidate but not with this many sites.")
        return " ".join(said)

    def _proof(self, unit: str) -> str:
        if self.gap == 0:
            return "This is proven to be the best possible."
        clock = "" if self.reproducible else " The search was ended by the clock, so another run may differ."
        return (
            f"No plan of this size can serve more than {_amount(self.bound, unit)}, so this one is at most "
            f"{self.gap:.2%} short of the best.{clock}"
        )


def _amount(weight: float, unit: str) -> str:
    text = f"{weight:,.0f}" if weight >= 100 or weight == round(weight) else f"{weight:,.2f}"
    return f"{text} {unit}"


def within_cutoff(problem: SitingProblem) -> sp.csr_array[Any, tuple[int, int]]:
    """Mark with 1 the (residence, candidate) pairs within the residence's cutoff; the others aren't stored."""
    times, cutoff_s = problem.time_s, problem.cutoff_s
    if cutoff_s is None:
        raise AssertionError("a covering model checks that there is a cutoff")
    row = np.repeat(np.arange(times.shape[0]), np.diff(times.indptr))
    near = times.data <= cutoff_s[row]
    pairs = (np.ones(np.count_nonzero(near)), (row[near], times.indices[near]))
    return sp.csr_array(pairs, shape=times.shape)


def gained_if_confirmed(problem: SitingProblem, plan: SitingPlan, weights: ArrayLike) -> FloatArray:
    """Tell what each opened site would gain of other demand, in order of rank.

    Used for residents whose status is unknown: `weights`, shaped like the problem's, is the demand there would be
    if what the data doesn't show is really missing. It is counted as `plan.gained` is: by the kinds the sites
    hold, each residence and kind once, at the first site in order of rank; what today's sites cover isn't counted.

    Examples
    --------
    >>> from circle15.siting import solve_siting
    >>> problem = SitingProblem(time_s=[[5, 9], [9, 5], [5, 5]], weights=[4, 1, 0], cutoff_s=6)
    >>> plan = solve_siting(problem, p=2)
    >>> gained_if_confirmed(problem, plan, [0, 10, 100]).tolist()
    [100.0, 10.0]
    """
    other = SitingProblem(
        time_s=problem.time_s,
        weights=weights,
        cutoff_s=problem.cutoff_s,
        existing=problem.existing,
        kinds=problem.kinds,
    )
    holds = np.array([[kind in held for kind in plan.kinds] for held in plan.kinds_held], dtype=np.bool_)
    near = within_cutoff(other).tocsc()[:, plan.selected]
    gains = gains_in_order(near, holds, np.where(other.existing, 0.0, other.weights))
    return np.asarray(gains.sum(axis=1))


def gains_in_order(near: sp.csc_array[Any], holds: BoolArray, demand: FloatArray) -> FloatArray:
    """Give the demand that each column of `near` newly covers, by kind, when they are opened from first to last.

    `holds` (columns x kinds) says which kinds each column serves; the answer has its shape.
    """
    left = demand.copy()
    gains = np.zeros(holds.shape if holds.size else (0, demand.shape[1]))
    for rank in range(near.shape[1]):
        rows = near.indices[near.indptr[rank] : near.indptr[rank + 1]]
        served = np.sort(rows)[:, None], np.flatnonzero(holds[rank])
        gains[rank, holds[rank]] = left[served].sum(axis=0)
        left[served] = 0.0
    return gains
