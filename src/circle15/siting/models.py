"""The siting models by name: each turns a problem into a program, has it solved, and reads the answer as a plan."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from circle15.errors import InputError
from circle15.siting.plan import SitingPlan, gains_in_order, within_cutoff
from circle15.siting.problem import SitingProblem
from circle15.siting.solver import Cover, Limits, first_equal_rows, maximise
from circle15.units import BoolArray, FloatArray

__all__ = ["MODELS", "solve_siting"]

Matrix = sp.csr_array[Any, tuple[int, int]]


def solve_siting(
    problem: SitingProblem,
    *,
    model: str = "mclp",
    p: int,
    gap: float = 0.0,
    node_limit: int = 1000,
    time_limit_s: float | None = None,
    seed: int = 0,
) -> SitingPlan:
    """Choose which candidates to open, with a bound on how much better any choice could be.

    Parameters
    ----------
    problem
        Residences, candidates and demand.
    model
        ``"mclp"``: the most weight newly within the cutoff with at most `p` new sites (Church and ReVelle 1974).
        An opened candidate holds every kind it may hold that gains anything there; where kinds conflict, the set
        without conflicts that serves the plan best.
    p
        New sites allowed, at least 1. More than there are candidates is fine: only what gains is opened.
    gap
        Stop when the bound is within this share of the objective; 0 asks for the proof.
    node_limit
        Nodes of the branch-and-bound tree after which to stop. 0 leaves HiGHS out: the plan and the bound are then
        those of the search, within seconds whatever the size.
    time_limit_s
        Seconds after which to stop. A plan ended by the clock isn't reproducible, and says so.
    seed
        Random seed of the restarts and of HiGHS. The same input and seed give the same plan.

    Returns
    -------
    SitingPlan
        ``plan.bound >= plan.objective`` always; they are equal when the plan is proven best.

    Raises
    ------
    InputError
        If the model isn't known, it needs a cutoff and there is none, or a limit makes no sense.

    Examples
    --------
    Candidate 0 gains most alone (6), but 1 and 2 together serve everybody.

    >>> problem = SitingProblem(
    ...     time_s=[[99, 10, 99], [10, 10, 99], [10, 99, 10], [99, 99, 10]], weights=[2, 3, 3, 2], cutoff_s=10
    ... )
    >>> plan = solve_siting(problem, p=2)
    >>> plan.selected.tolist(), plan.objective, plan.gap
    ([1, 2], 10.0, 0.0)
    """
    if model not in MODELS:
        raise InputError(f"there is no siting model {model!r}; use one of {', '.join(MODELS)}")
    for name, number, least in (("p", p, 1), ("node_limit", node_limit, 0), ("seed", seed, 0)):
        if not isinstance(number, numbers.Integral) or isinstance(number, bool) or not least <= number < 2**31:
            raise InputError(f"{name} must be a whole number, {least} or more (below 2**31), not {number!r}")
    if not 0 <= gap < np.inf:
        raise InputError(f"gap must be a share, 0 or more, not {gap!r}")
    if time_limit_s is not None and not time_limit_s > 0:
        raise InputError(f"time_limit_s must be more than 0 seconds, or None for no limit, not {time_limit_s!r}")
    limits = Limits(gap=float(gap), node_limit=int(node_limit), time_limit_s=time_limit_s, seed=int(seed))
    return MODELS[model](problem, int(p), limits)


def mclp(problem: SitingProblem, p: int, limits: Limits) -> SitingPlan:
    """Maximal covering for one or several kinds (Church and ReVelle 1974)."""
    if problem.cutoff_s is None:
        raise InputError("model 'mclp' needs cutoff_s: the time within which a site serves a residence")
    # in order of ids, so that the order of rows and columns decides no tie
    rows, cols = _id_order(problem.residence_ids), _id_order(problem.candidate_ids)
    near = within_cutoff(problem)[rows][:, cols]
    near.sort_indices()
    allowed = problem.candidate_kinds[cols]
    demand = np.where(problem.existing, 0.0, problem.weights)[rows]
    reachable = near @ allowed.astype(np.float64) > 0
    servable = np.where(reachable, demand, 0.0)

    gainful = allowed & (near.T @ (servable > 0).astype(np.float64) > 0)
    owner, holds = _forms(allowed, gainful, _conflict_matrix(problem))
    answer = maximise(_cover(near, servable, owner, holds), p, limits)

    owner, holds = owner[answer.columns], holds[answer.columns]
    order = _best_first(near[:, owner].tocsc(), holds, servable)
    owner, holds = owner[order], holds[order]
    gains = gains_in_order(near[:, owner].tocsc(), holds, servable)
    opened = gains.sum(axis=1) > 0
    owner, gains = owner[opened], gains[opened]

    selected = cols[owner].astype(np.int64)
    gained = gains.sum(axis=1)
    objective = float(gained.sum())
    missed = demand * ~reachable
    return SitingPlan(
        model="mclp",
        p=p,
        kinds=problem.kinds,
        selected=selected,
        candidate_ids=tuple(problem.candidate_ids[j] for j in selected),
        kinds_held=tuple(
            tuple(kind for kind, gain in zip(problem.kinds, row, strict=True) if gain > 0) for row in gains
        ),
        gained=gained,
        objective=objective,
        bound=objective if answer.bound <= answer.objective else max(answer.bound, objective),
        demand=float(demand.sum()),
        demand_unreachable=float(missed.sum()),
        unreachable=_unreachable(problem, missed[np.argsort(rows)]),
        solver=answer.work,
        reproducible=answer.reproducible,
    )


MODELS: dict[str, Callable[[SitingProblem, int, Limits], SitingPlan]] = {"mclp": mclp}


def _id_order(ids: tuple[str, ...]) -> NDArray[np.intp]:
    """Sort ids by length, then alphabet: n9 before n10, and positions as numbers."""
    return np.array(sorted(range(len(ids)), key=lambda i: (len(ids[i]), ids[i])), dtype=np.intp)


def _conflict_matrix(problem: SitingProblem) -> BoolArray:
    position = {kind: k for k, kind in enumerate(problem.kinds)}
    matrix = np.zeros((len(position), len(position)), dtype=np.bool_)
    for one, other in problem.conflicts:
        matrix[position[one], position[other]] = matrix[position[other], position[one]] = True
    return matrix


def _forms(allowed: BoolArray, gainful: BoolArray, conflicts: BoolArray) -> tuple[NDArray[np.intp], BoolArray]:
    """List what each candidate could become: one column for each largest set of kinds without conflict.

    Returns the candidate of each column, and the kinds it then holds (columns x kinds).
    """
    # a kind without conflicts is held wherever allowed, gainful or not: equal columns of kinds then merge
    wanted = allowed & (gainful | ~conflicts.any(axis=0))
    sets: dict[bytes, list[BoolArray]] = {}
    owner, holds = [], []
    for candidate in np.flatnonzero(gainful.any(axis=1)):
        key = wanted[candidate].tobytes()
        if key not in sets:
            sets[key] = list(_largest_sets(wanted[candidate], conflicts))
        owner += [candidate] * len(sets[key])
        holds += sets[key]
    return np.array(owner, dtype=np.intp), np.array(holds, dtype=np.bool_).reshape(-1, allowed.shape[1])


def _largest_sets(wanted: BoolArray, conflicts: BoolArray) -> Iterator[BoolArray]:
    """Yield the sets of wanted kinds that hold no conflict and can't take another kind.

    Goes through the kinds in order: one that conflicts with nothing taken is taken, or left out where a later
    kind that it conflicts with may take its place.
    """

    def grow(taken: BoolArray, kind: int) -> Iterator[BoolArray]:
        while kind < wanted.size and (not wanted[kind] or (conflicts[kind] & taken).any()):
            kind += 1
        if kind == wanted.size:
            if not (wanted & ~taken & ~(conflicts[:, taken].any(axis=1))).any():
                yield taken
            return
        with_kind = taken.copy()
        with_kind[kind] = True
        yield from grow(with_kind, kind + 1)
        if (conflicts[kind] & wanted)[kind + 1 :].any():
            yield from grow(taken, kind + 1)

    yield from grow(np.zeros_like(wanted), 0)


def _cover(near: Matrix, servable: FloatArray, owner: NDArray[np.intp], holds: BoolArray) -> Cover:
    """Build the program: a row for each set of candidates that can serve some (residence, kind), by columns.

    Residences near the same candidates are one row, and so are kinds that the same columns hold, since what
    covers one covers the other.
    """
    first = first_equal_rows(near)
    place, at = np.unique(first, return_inverse=True)
    patterns, pattern = np.unique(holds, axis=1, return_inverse=True)
    blocks, weights = [], []
    for g in range(patterns.shape[1]):
        demand = np.bincount(at, weights=servable[:, pattern == g].sum(axis=1), minlength=place.size)
        asked = demand > 0
        columns = np.flatnonzero(patterns[:, g])
        to_columns = sp.csr_array((np.ones(columns.size), (owner[columns], columns)), shape=(near.shape[1], owner.size))
        blocks.append(near[place[asked]] @ to_columns)
        weights.append(demand[asked])
    matrix = sp.csr_array(sp.vstack(blocks, format="csr")) if blocks else sp.csr_array((0, owner.size))
    return Cover.from_matrix(matrix, np.concatenate(weights) if weights else np.zeros(0), owner)


def _best_first(near: sp.csc_array[Any], holds: BoolArray, demand: FloatArray) -> list[int]:
    """Order sites so that the next is always the one that gains most; ties to the first in order of ids."""
    left = demand.copy()
    waiting = list(range(holds.shape[0]))
    order = []
    while waiting:
        gains = [left[_rows(near, c)][:, holds[c]].sum() for c in waiting]
        best = waiting.pop(int(np.argmax(gains)))
        order.append(best)
        left[np.ix_(_rows(near, best), holds[best])] = 0.0
    return order


def _rows(near: sp.csc_array[Any], col: int) -> NDArray[Any]:
    rows: NDArray[Any] = near.indices[near.indptr[col] : near.indptr[col + 1]]
    return rows


def _unreachable(problem: SitingProblem, missed: FloatArray) -> pd.DataFrame:
    row, kind = np.nonzero(missed)
    return pd.DataFrame(
        {
            "row": row.astype(np.int64),
            "residence_id": pd.array([problem.residence_ids[i] for i in row], dtype="str"),
            "kind": pd.array([problem.kinds[k] for k in kind], dtype="str"),
            "weight": missed[row, kind],
        }
    )
