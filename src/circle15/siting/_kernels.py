"""Kernels of the covering models: arrays in, arrays out.

A covering program is a 0/1 matrix of demand rows by columns, given both ways round: ``row_ptr, row_col`` lists
the columns of each row and ``col_ptr, col_row`` the rows of each column. ``owner[c]`` is the candidate a column
belongs to; a plan takes at most one column of a candidate. Every loop runs in index order, so that ties go to
the lowest index and the same arrays give the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.integer]
    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def row_hashes(row_ptr: IntArray, row_col: IntArray) -> IntArray:
    """Hash the column set of each row (splitmix64 of each column, summed)."""
    hashes = np.zeros(row_ptr.size - 1, np.uint64)
    for row in range(row_ptr.size - 1):
        total = np.uint64(row_ptr[row + 1] - row_ptr[row])
        for at in range(row_ptr[row], row_ptr[row + 1]):
            mixed = np.uint64(row_col[at]) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            total += mixed ^ (mixed >> np.uint64(31))
        hashes[row] = total
    return hashes


@njit(cache=True, nogil=True)
def equal_rows(row_ptr: IntArray, row_col: IntArray, hashes: IntArray, order: IntArray) -> IntArray:
    """Give each row the first row with the same columns.

    `order` sorts the hashes stably and columns ascend within a row. Rows are compared in full, so two sets that
    share a hash are at worst left unmerged.
    """
    first = np.arange(row_ptr.size - 1)
    for at in range(1, order.size):
        row = order[at]
        other = first[order[at - 1]]
        length = row_ptr[row + 1] - row_ptr[row]
        if hashes[row] != hashes[other] or row_ptr[other + 1] - row_ptr[other] != length:
            continue
        same = True
        for step in range(length):
            if row_col[row_ptr[row] + step] != row_col[row_ptr[other] + step]:
                same = False
                break
        if same:
            first[row] = other
    return first


@njit(cache=True, nogil=True)
def dominated_columns(
    row_ptr: IntArray, row_col: IntArray, col_ptr: IntArray, col_row: IntArray, owner: IntArray, n_owners: int
) -> BoolArray:
    """Mark the columns that another one makes needless, because it covers the same rows or more.

    The other column must belong to the same candidate, or to a candidate with no second column: else it may be
    wanted in its other form beside the first. Of equal columns the lowest index stays.
    """
    n_cols = col_ptr.size - 1
    forms = np.zeros(n_owners, np.int64)
    for col in range(n_cols):
        forms[owner[col]] += 1
    dominated = np.zeros(n_cols, np.bool_)
    for col in range(n_cols):
        start, stop = col_ptr[col], col_ptr[col + 1]
        if start == stop:
            dominated[col] = True
            continue
        rarest = col_row[start]
        for at in range(start, stop):
            row = col_row[at]
            if row_ptr[row + 1] - row_ptr[row] < row_ptr[rarest + 1] - row_ptr[rarest]:
                rarest = row
        for at_other in range(row_ptr[rarest], row_ptr[rarest + 1]):
            other = row_col[at_other]
            longer = (col_ptr[other + 1] - col_ptr[other]) - (stop - start)
            if other == col or longer < 0 or (longer == 0 and other > col):
                continue
            if owner[other] != owner[col] and forms[owner[other]] > 1:
                continue
            at, seek = start, col_ptr[other]  # both ascend: walk the longer past the shorter
            while at < stop and seek < col_ptr[other + 1]:
                if col_row[seek] == col_row[at]:
                    at += 1
                elif col_row[seek] > col_row[at]:
                    break
                seek += 1
            if at == stop:
                dominated[col] = True
                break
    return dominated


@njit(cache=True, nogil=True)
def _open(col, sign, row_ptr, row_col, col_ptr, col_row, weight, covers, gain):  # type: ignore[no-untyped-def]
    """Open (+1) or close (-1) a column, keeping count of covers and what each column would still gain."""
    for at in range(col_ptr[col], col_ptr[col + 1]):
        row = col_row[at]
        before = covers[row]
        covers[row] = before + sign
        if before == 0 or before + sign == 0:
            for at_col in range(row_ptr[row], row_ptr[row + 1]):
                gain[row_col[at_col]] -= sign * weight[row]


@njit(cache=True, nogil=True)
def improve(  # noqa: PLR0912 - one pass over shared state; parts of it as calls would hide the order
    row_ptr: IntArray,
    row_col: IntArray,
    col_ptr: IntArray,
    col_row: IntArray,
    weight: FloatArray,
    owner: IntArray,
    n_owners: int,
    p: int,
    start: IntArray,
    max_swaps: int,
) -> tuple[IntArray, int]:
    """Fill a plan greedily up to `p` columns, then swap one column at a time while that gains.

    Returns the columns in order of slot and the number of swaps. `max_swaps = 0` is the greedy alone (Church and
    ReVelle's GA), else their greedy with substitution (GAS).
    """
    n_cols = col_ptr.size - 1
    plan = np.empty(p, np.int64)
    size = 0
    covers = np.zeros(row_ptr.size - 1, np.int64)
    gain = np.zeros(n_cols)
    taken = np.zeros(n_owners, np.bool_)
    for col in start:
        plan[size] = col
        size += 1
        taken[owner[col]] = True
        for at in range(col_ptr[col], col_ptr[col + 1]):
            covers[col_row[at]] += 1
    swaps = 0
    least = weight.sum() * 1e-12  # below this a gain is rounding
    while True:
        for col in range(n_cols):  # afresh in each round, so that rounding doesn't pile up
            gain[col] = 0.0
            for at in range(col_ptr[col], col_ptr[col + 1]):
                if covers[col_row[at]] == 0:
                    gain[col] += weight[col_row[at]]
        while size < p:
            best = -1
            for col in range(n_cols):
                if not taken[owner[col]] and gain[col] > least and (best < 0 or gain[col] > gain[best]):
                    best = col
            if best < 0:
                break
            _open(best, 1, row_ptr, row_col, col_ptr, col_row, weight, covers, gain)
            taken[owner[best]] = True
            plan[size] = best
            size += 1
        swapped = False
        for slot in range(size):
            if swaps >= max_swaps:
                break
            old = plan[slot]
            _open(old, -1, row_ptr, row_col, col_ptr, col_row, weight, covers, gain)
            taken[owner[old]] = False
            best = old
            for col in range(n_cols):
                if gain[col] > gain[best] + least and not taken[owner[col]]:
                    best = col
            _open(best, 1, row_ptr, row_col, col_ptr, col_row, weight, covers, gain)
            taken[owner[best]] = True
            plan[slot] = best
            if best != old:
                swaps += 1
                swapped = True
        if not swapped:
            break
    return plan[:size].copy(), swaps


@njit(cache=True, nogil=True)
def settle_ties(
    row_ptr: IntArray,
    row_col: IntArray,
    col_ptr: IntArray,
    col_row: IntArray,
    weight: FloatArray,
    owner: IntArray,
    n_owners: int,
    plan: IntArray,
) -> IntArray:
    """Replace each column by the lowest that covers as much in its place, until none is left to replace."""
    n_cols = col_ptr.size - 1
    settled = np.sort(plan)
    covers = np.zeros(row_ptr.size - 1, np.int64)
    gain = np.zeros(n_cols)
    taken = np.zeros(n_owners, np.bool_)
    for col in settled:
        taken[owner[col]] = True
        for at in range(col_ptr[col], col_ptr[col + 1]):
            covers[col_row[at]] += 1
    for col in range(n_cols):
        for at in range(col_ptr[col], col_ptr[col + 1]):
            if covers[col_row[at]] == 0:
                gain[col] += weight[col_row[at]]
    rounding = weight.sum() * 1e-12
    moved = True
    while moved:
        moved = False
        for slot in range(settled.size):
            old = settled[slot]
            _open(old, -1, row_ptr, row_col, col_ptr, col_row, weight, covers, gain)
            taken[owner[old]] = False
            new = old
            for col in range(old):
                if not taken[owner[col]] and gain[col] >= gain[old] - rounding:
                    new = col
                    break
            _open(new, 1, row_ptr, row_col, col_ptr, col_row, weight, covers, gain)
            taken[owner[new]] = True
            settled[slot] = new
            moved = moved or new != old
    return np.sort(settled)


@njit(cache=True, nogil=True)
def relaxed_values(
    col_ptr: IntArray, col_row: IntArray, owner: IntArray, n_owners: int, price: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Give the price each column collects, and each candidate's best column with what it collects."""
    n_cols = col_ptr.size - 1
    value = np.zeros(n_cols)
    best_value = np.full(n_owners, -1.0)
    best_col = np.full(n_owners, -1, np.int64)
    for col in range(n_cols):
        for at in range(col_ptr[col], col_ptr[col + 1]):
            value[col] += price[col_row[at]]
        if value[col] > best_value[owner[col]]:
            best_value[owner[col]] = value[col]
            best_col[owner[col]] = col
    return value, best_value, best_col


@njit(cache=True, nogil=True)
def subgradient(  # noqa: PLR0912 - one iteration read from top to bottom
    col_ptr: IntArray,
    col_row: IntArray,
    weight: FloatArray,
    owner: IntArray,
    n_owners: int,
    p: int,
    price: FloatArray,
    drift: FloatArray,
    best_price: FloatArray,
    state: FloatArray,
    steps: int,
) -> IntArray:
    """Lower the Lagrangian bound of a covering program for `steps` iterations; needs more candidates than `p`.

    For prices ``0 <= u <= w`` on "a row counts only if it is covered", ``sum(w - u)`` plus the `p` best
    candidates' collected prices is at least the optimum. Prices move along the subgradient ``covers - 1``,
    smoothed with the step before, by Polyak's length towards the best known objective.

    `price`, `drift`, `best_price` and `state` = [bound, objective known, step scale, steps without progress] are
    carried from call to call and changed in place. Returns the `p` columns chosen by the best prices of the call.
    """
    n_rows = weight.size
    covers = np.zeros(n_rows, np.int64)
    slope = np.zeros(n_rows)
    chosen = np.zeros(p, np.int64)
    best_chosen = np.zeros(p, np.int64)
    best_here = np.inf
    for _ in range(steps):
        _, best_value, best_col = relaxed_values(col_ptr, col_row, owner, n_owners, price)
        last_in = np.partition(best_value, n_owners - p)[n_owners - p]
        bound = 0.0
        for row in range(n_rows):
            bound += weight[row] - price[row]
            covers[row] = 0
        size = 0
        for strictly in (True, False):  # the clear winners first, then ties in index order
            for candidate in range(n_owners):
                worth = best_value[candidate]
                if size < p and (worth > last_in if strictly else worth == last_in):
                    chosen[size] = best_col[candidate]
                    size += 1
                    bound += worth
        for col in chosen:
            for at in range(col_ptr[col], col_ptr[col + 1]):
                covers[col_row[at]] += 1
        if bound < best_here:
            best_here = bound
            best_chosen[:] = chosen
        if bound < state[0]:
            # crawling counts as standing still: the step is then too long
            if bound < state[0] - 1e-4 * (state[0] - state[1]):
                state[3] = 0.0
            else:
                state[3] += 1.0
            state[0] = bound
            best_price[:] = price
        else:
            state[3] += 1.0
        if state[3] >= 25.0:
            state[2] *= 0.7
            state[3] = 0.0
        length = 0.0
        for row in range(n_rows):
            slope[row] = covers[row] - 1.0 + 0.8 * drift[row]
            held = (price[row] <= 0.0 and slope[row] > 0.0) or (price[row] >= weight[row] and slope[row] < 0.0)
            if held:
                slope[row] = 0.0
            length += slope[row] * slope[row]
        if length <= 0.0 or bound <= state[1]:
            break
        step = state[2] * (bound - state[1]) / length
        for row in range(n_rows):
            drift[row] = slope[row]
            price[row] = min(max(price[row] - step * slope[row], 0.0), weight[row])
    return best_chosen
