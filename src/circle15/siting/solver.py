"""Maximal covering, solved: reduce, search, bound, and prove.

A `Cover` is any maximal covering program: rows with a weight, columns that cover rows, at most `p` columns and at
most one column of each owner. The models build one; nothing here knows of residences or kinds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from circle15.siting import _kernels
from circle15.units import BoolArray, FloatArray

__all__ = ["Answer", "Cover", "Limits", "maximise"]

IntArray = NDArray[np.integer[Any]]

MAX_SWAPS = 100_000
STEPS = 25  # subgradient iterations between two looks at the clock and at a new starting point for swaps
MAX_ROUNDS = 80
LEAST_STEP = 1e-3  # of the first step: prices no longer move
SHAKES = 200  # restarts of the swaps from the best plan with some columns replaced at random
EQUAL = 1e-9  # bounds that exceed the objective by a smaller share are rounding, not room


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When to stop: at a relative gap, after so many nodes of the tree, or by the clock."""

    gap: float
    node_limit: int
    time_limit_s: float | None
    seed: int


@dataclass(frozen=True, kw_only=True)
class Cover:
    """A maximal covering program, its matrix given by rows and by columns."""

    row_ptr: IntArray
    row_col: IntArray
    col_ptr: IntArray
    col_row: IntArray
    weight: FloatArray
    owner: IntArray
    n_owners: int

    @classmethod
    def from_matrix(cls, matrix: sp.csr_array[Any, tuple[int, int]], weight: FloatArray, owner: IntArray) -> Self:
        """Take a 0/1 matrix (rows x columns); owners may have any numbers."""
        rows = matrix.sorted_indices()
        cols = sp.csc_array(rows)
        owners, number = np.unique(owner, return_inverse=True)
        return cls(
            row_ptr=rows.indptr.astype(np.int64),
            row_col=rows.indices.astype(np.int32),
            col_ptr=cols.indptr.astype(np.int64),
            col_row=cols.indices.astype(np.int32),
            weight=np.ascontiguousarray(weight, dtype=np.float64),
            owner=number.astype(np.int64),
            n_owners=owners.size,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.row_ptr.size - 1, self.col_ptr.size - 1

    @property
    def matrix(self) -> sp.csr_array[Any, tuple[int, int]]:
        """The matrix as scipy has it."""
        ones = np.ones(self.row_col.size, dtype=np.int8)
        return sp.csr_array((ones, self.row_col, self.row_ptr), shape=self.shape)

    def by_rows_and_columns(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Both forms of the matrix, as the kernels take them."""
        return self.row_ptr, self.row_col, self.col_ptr, self.col_row

    def rows_of(self, column: int) -> IntArray:
        """Rows that this column covers."""
        return self.col_row[self.col_ptr[column] : self.col_ptr[column + 1]]

    def covered(self, columns: IntArray) -> BoolArray:
        """Mark the rows that these columns cover."""
        covered = np.zeros(self.shape[0], dtype=np.bool_)
        for col in columns:
            covered[self.rows_of(col)] = True
        return covered

    def value(self, columns: IntArray) -> float:
        """Weight of the rows that these columns cover, summed in the order of rows."""
        return float(self.weight[self.covered(columns)].sum())


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Columns (ascending), what they cover, a bound on what any could, and what was done to know it."""

    columns: IntArray
    objective: float
    bound: float
    reproducible: bool
    work: dict[str, Any] = field(default_factory=dict)


def merge_rows(
    matrix: sp.csr_array[Any, tuple[int, int]], weight: FloatArray
) -> tuple[sp.csr_array[Any, tuple[int, int]], FloatArray]:
    """Make one row of all with the same columns, their weights summed; drop rows with no column."""
    matrix, weight = matrix.sorted_indices(), np.asarray(weight)
    first = first_equal_rows(matrix)
    total: FloatArray = np.bincount(first, weights=weight, minlength=matrix.shape[0]).astype(np.float64)
    kept = np.flatnonzero((first == np.arange(first.size)) & (np.diff(matrix.indptr) > 0) & (total > 0))
    return matrix[kept], total[kept]


def first_equal_rows(matrix: sp.csr_array[Any, tuple[int, int]]) -> IntArray:
    """Give each row the first row with the same columns (sorted indices)."""
    row_ptr, row_col = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
    hashes = _kernels.row_hashes(row_ptr, row_col)
    first: IntArray = _kernels.equal_rows(row_ptr, row_col, hashes, np.argsort(hashes, kind="stable"))
    return first


def reduced(cover: Cover) -> tuple[Cover, IntArray]:
    """Merge rows and drop dominated columns; also gives the columns that were kept."""
    matrix, weight = merge_rows(cover.matrix, cover.weight)
    merged = Cover.from_matrix(matrix, weight, cover.owner)
    needless = _kernels.dominated_columns(*merged.by_rows_and_columns(), merged.owner, merged.n_owners)
    kept = np.flatnonzero(~needless)
    matrix, weight = merge_rows(merged.matrix[:, kept], weight)
    return Cover.from_matrix(matrix, weight, cover.owner[kept]), kept


def maximise(cover: Cover, p: int, limits: Limits) -> Answer:
    """Choose at most `p` columns, no two of one owner, that cover the most weight.

    Greedy and 1-swap (Church and ReVelle 1974) give a plan. A Lagrangian relaxation of "counts only if covered"
    (Galvao and ReVelle 1996) bounds it and gives the swaps new places to start from. Columns that the bound shows
    to be in no better plan are struck out, and HiGHS closes what gap is left.
    """
    clock = _Clock(limits.time_limit_s)
    small, kept = reduced(cover)
    work: dict[str, Any] = {
        "rows": cover.shape[0],
        "columns": cover.shape[1],
        "rows_reduced": small.shape[0],
        "columns_reduced": small.shape[1],
    }
    search = _Search(small, p, limits)
    search.start()
    if not search.done():
        _descend(search, clock)
    if not search.done() and not clock.ended():
        _shake(search, clock)
    work |= search.work
    if not search.done() and limits.node_limit > 0 and not clock.ended():
        work |= _prove(search, clock)
    columns = search.settled()
    objective = small.value(columns)
    return Answer(
        columns=np.sort(kept[columns]),
        objective=objective,
        bound=search.bound if search.bound > objective * (1.0 + EQUAL) else objective,
        reproducible=not clock.stopped_something,
        work=work,
    )


class _Clock:
    """The time limit, if any, and whether it ever stopped something."""

    def __init__(self, limit_s: float | None) -> None:
        self._end = None if limit_s is None else time.monotonic() + limit_s
        self.stopped_something = False

    def left_s(self) -> float:
        return np.inf if self._end is None else max(self._end - time.monotonic(), 0.0)

    def ended(self) -> bool:
        if self.left_s() <= 0.0:
            self.stopped_something = True
        return self.stopped_something


class _Search:
    """The best plan and the best bound so far; plans only get better and bounds only lower."""

    def __init__(self, cover: Cover, p: int, limits: Limits) -> None:
        self.cover = cover
        self.p = min(p, cover.n_owners)
        self.limits = limits
        self.columns: IntArray = np.zeros(0, dtype=np.int64)
        self.objective = 0.0
        self.total = float(cover.weight.sum())
        self.bound = self.total
        self.whole = bool((cover.weight == np.rint(cover.weight)).all()) and self.total < 2**52
        self.work: dict[str, Any] = {"greedy": 0.0, "swaps": 0, "subgradient_steps": 0, "shakes": 0}
        self.price: FloatArray = cover.weight

    def start(self) -> None:
        """Greedy from nothing, then swaps; and the bound that the largest columns give."""
        if self.p == 0:
            return
        greedy, _ = self._improved(np.zeros(0, dtype=np.int64), 0)
        self.work["greedy"] = self.cover.value(greedy)
        self.offer(greedy)
        _, best, _ = _kernels.relaxed_values(
            self.cover.col_ptr, self.cover.col_row, self.cover.owner, self.cover.n_owners, self.cover.weight
        )
        self.lower(float(np.sort(best)[-self.p :].sum()))

    def offer(self, columns: IntArray) -> None:
        """Improve these columns by swaps and keep them if they are the best so far."""
        columns, swaps = self._improved(columns, MAX_SWAPS)
        self.work["swaps"] += swaps
        objective = self.cover.value(columns)
        if objective > self.objective:
            self.columns, self.objective = columns, objective

    def lower(self, bound: float) -> None:
        """Take a bound, rounded down where every weight is whole; never below the plan."""
        if self.whole:
            bound = float(np.floor(bound + self._rounding(bound)))
        self.bound = max(min(self.bound, bound), self.objective)

    def done(self) -> bool:
        return self.bound - self.objective <= max(self.limits.gap * self.objective, 1e-12 * self.total)

    def beats(self, bounds: FloatArray) -> BoolArray:
        """Mark the bounds that leave room for a plan better than the one in hand."""
        room = 1.0 - self._rounding(self.objective) if self.whole else 1e-12 * self.total
        return bounds >= self.objective + room

    @staticmethod
    def _rounding(bound: float) -> float:
        """How far a computed bound may lie under the true one: far less than one, far more than solvers err."""
        return 1e-3 + EQUAL * bound

    def settled(self) -> IntArray:
        """The plan with ties settled, unless rounding made that worse, and no column that others make needless."""
        settled: IntArray = _kernels.settle_ties(
            *self.cover.by_rows_and_columns(), self.cover.weight, self.cover.owner, self.cover.n_owners, self.columns
        )
        if self.cover.value(settled) < self.objective:
            settled = np.sort(self.columns)
        covers = np.zeros(self.cover.shape[0], dtype=np.int64)
        for col in settled:
            covers[self.cover.rows_of(col)] += 1
        needed = []
        for col in settled[::-1]:
            if covers[self.cover.rows_of(col)].min() > 1:
                covers[self.cover.rows_of(col)] -= 1
            else:
                needed.append(col)
        return np.array(needed[::-1], dtype=np.int64)

    def _improved(self, columns: IntArray, max_swaps: int) -> tuple[IntArray, int]:
        better, swaps = _kernels.improve(
            *self.cover.by_rows_and_columns(),
            self.cover.weight,
            self.cover.owner,
            self.cover.n_owners,
            self.p,
            columns.astype(np.int64),
            max_swaps,
        )
        return better, int(swaps)


def _descend(search: _Search, clock: _Clock) -> None:
    """Lower the bound by subgradient steps, trying the columns that the prices choose as new plans."""
    cover = search.cover
    price = cover.weight * 0.5
    drift = np.zeros_like(price)
    search.price = price.copy()
    state = np.array([np.inf, search.objective, 1.0, 0.0])
    tried: set[bytes] = set()
    for _ in range(MAX_ROUNDS):
        state[1] = search.objective
        chosen = _kernels.subgradient(
            *(cover.col_ptr, cover.col_row, cover.weight, cover.owner, cover.n_owners),
            search.p,
            price,
            drift,
            search.price,
            state,
            STEPS,
        )
        search.work["subgradient_steps"] += STEPS
        search.lower(float(state[0]))
        key = np.sort(chosen).tobytes()
        if key not in tried:
            tried.add(key)
            search.offer(chosen)
            search.lower(search.bound)
        if search.done() or state[2] < LEAST_STEP or clock.ended():
            return


def _shake(search: _Search, clock: _Clock) -> None:
    """Replace a fifth of the best plan's columns at random and swap anew (iterated local search)."""
    draw = np.random.default_rng(search.limits.seed)
    forms_of = np.split(np.argsort(search.cover.owner, kind="stable"), np.cumsum(np.bincount(search.cover.owner))[:-1])
    for _ in range(SHAKES):
        size = search.columns.size
        moved = max(2, size // 5)
        kept = search.columns[np.argsort(draw.random(size), kind="stable")[moved:]]
        free = np.setdiff1d(np.arange(search.cover.n_owners), search.cover.owner[kept])
        entering = free[np.argsort(draw.random(free.size), kind="stable")[: search.p - kept.size]]
        forms = [forms_of[owner][int(draw.random() * forms_of[owner].size)] for owner in entering]
        search.offer(np.concatenate([kept, np.array(forms, dtype=np.int64)]))
        search.work["shakes"] += 1
        search.lower(search.bound)
        if search.done() or clock.ended():
            return


def _prove(search: _Search, clock: _Clock) -> dict[str, Any]:
    """Strike out what the prices show to be in no better plan, and solve the rest with HiGHS."""
    cover, p = search.cover, search.p
    value, best, best_col = _kernels.relaxed_values(
        cover.col_ptr, cover.col_row, cover.owner, cover.n_owners, search.price
    )
    ranked = np.argsort(-best, kind="stable")
    top, last_in = ranked[:p], best[ranked[p - 1]]
    next_best = best[ranked[p]] if p < cover.n_owners else 0.0
    relaxed = float((cover.weight - search.price).sum() + best[top].sum())
    in_top = np.zeros(cover.n_owners, dtype=np.bool_)
    in_top[top] = True
    in_plan = np.zeros(cover.shape[1], dtype=np.bool_)
    in_plan[search.columns] = True

    # what the bound becomes with a column forced in, and with a candidate's best column forced out
    with_column = relaxed + value - np.where(in_top[cover.owner], best[cover.owner], last_in)
    rest = value.copy()
    rest[best_col] = 0.0
    second = np.zeros(cover.n_owners)
    np.maximum.at(second, cover.owner, rest)
    without = relaxed - best[top] + np.maximum(second[top], max(next_best, 0.0))
    certain = best_col[top[~search.beats(without)]]
    certain = np.sort(certain[in_plan[certain]])

    settled = np.isin(cover.owner, cover.owner[certain])
    open_columns = np.flatnonzero((search.beats(with_column) | in_plan) & ~settled)
    open_rows = ~cover.covered(certain)
    base = float(cover.weight[~open_rows].sum())
    matrix, weight = merge_rows(cover.matrix[open_rows][:, open_columns], cover.weight[open_rows])
    core = Cover.from_matrix(matrix, weight, cover.owner[open_columns])
    work = {"rows_proved": core.shape[0], "columns_proved": core.shape[1]}
    if core.shape[0] == 0:
        search.lower(base)
        return work
    start = np.flatnonzero(in_plan[open_columns])
    proof = _highs(core, p - certain.size, base=base, start=start, search=search, clock=clock)
    if proof.columns is not None:
        search.offer(np.concatenate([certain, open_columns[proof.columns]]))
    search.lower(proof.bound)
    return work | proof.work


@dataclass(frozen=True, kw_only=True)
class _Proof:
    columns: IntArray | None
    bound: float
    work: dict[str, Any]


def _highs(core: Cover, p: int, *, base: float, start: IntArray, search: _Search, clock: _Clock) -> _Proof:
    """Solve what is left as a mixed integer program: open x, leave y uncovered, lose the weight of y.

    ``max base + sum(w) - sum(w y)``  with  ``y[r] + sum(x of r) >= 1``, ``sum(x) <= p``, one x of an owner.
    """
    import highspy  # noqa: PLC0415 - heavy, and only hard instances come here

    n_rows, n_cols = core.shape
    # powers of two scale without rounding; HiGHS's tolerances suit objectives of this size
    scale = 1.0 if search.whole and search.total < 2**24 else 2.0 ** (20 - np.ceil(np.log2(search.total)))
    forms = np.bincount(core.owner)
    shared = np.flatnonzero(forms > 1)
    of_shared = np.flatnonzero(forms[core.owner] > 1)
    one_each = sp.csr_array(
        (np.ones(of_shared.size), (np.searchsorted(shared, core.owner[of_shared]), of_shared)),
        shape=(shared.size, n_cols),
    )
    at_most_p = sp.csr_array(np.ones((1, n_cols)))
    x_part = sp.vstack([core.matrix.astype(np.float64), at_most_p, one_each], format="csr")
    y_part = sp.vstack([sp.eye_array(n_rows), sp.csr_array((1 + shared.size, n_rows))], format="csr")
    constraints = sp.csr_array(sp.hstack([x_part, y_part], format="csr"))

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n_cols + n_rows, constraints.shape[0]
    lp.col_cost_ = np.concatenate([np.zeros(n_cols), -core.weight * scale])
    lp.offset_ = (base + float(core.weight.sum())) * scale
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.ones(lp.num_col_)
    lp.row_lower_ = np.concatenate([np.ones(n_rows), np.full(1 + shared.size, -highspy.kHighsInf)])
    lp.row_upper_ = np.concatenate([np.full(n_rows, highspy.kHighsInf), [p], np.ones(shared.size)])
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = constraints.indptr.astype(np.int32)
    lp.a_matrix_.index_ = constraints.indices.astype(np.int32)
    lp.a_matrix_.value_ = constraints.data
    lp.integrality_ = [highspy.HighsVarType.kInteger] * n_cols + [highspy.HighsVarType.kContinuous] * n_rows

    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    options: dict[str, bool | int | float | str] = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": search.limits.seed,
        "mip_rel_gap": search.limits.gap,
        "mip_abs_gap": 0.99 * scale if search.whole else 0.0,
        "mip_max_nodes": search.limits.node_limit,
        "time_limit": min(clock.left_s(), highspy.kHighsInf),
    }
    for name, option in options.items():
        solver.setOptionValue(name, option)
    solver.passModel(lp)
    solution = highspy.HighsSolution()
    opened = np.zeros(n_cols)
    opened[start] = 1.0
    solution.col_value = np.concatenate([opened, 1.0 - core.covered(start)])
    solver.setSolution(solution)
    if solver.run() == highspy.HighsStatus.kError:
        # the process has run HiGHS with another number of threads, which it keeps until told otherwise
        highspy.Highs.resetGlobalScheduler(True)
        solver.run()

    status = solver.getModelStatus()
    info = solver.getInfo()
    if status == highspy.HighsModelStatus.kTimeLimit:
        clock.stopped_something = True
    # after a failure HiGHS's figures mean nothing, and what the search knows stands
    ended = (
        highspy.HighsModelStatus.kOptimal,
        highspy.HighsModelStatus.kTimeLimit,
        highspy.HighsModelStatus.kSolutionLimit,
    )
    found = None
    if status in ended and info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        found = np.flatnonzero(np.asarray(solver.getSolution().col_value)[:n_cols] > 0.5)
    return _Proof(
        columns=found,
        bound=float(info.mip_dual_bound) / scale if status in ended else np.inf,
        work={
            "highs": solver.version(),
            "mip_status": solver.modelStatusToString(status),
            "nodes": int(info.mip_node_count),
            "lp_iterations": int(info.simplex_iteration_count),
        },
    )
