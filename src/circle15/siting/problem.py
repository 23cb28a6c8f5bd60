"""What a siting question is: times, demand, what stands today, and what may be opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from circle15.errors import InputError, head
from circle15.units import BoolArray, FloatArray

__all__ = ["SitingProblem"]

T = TypeVar("T", np.float64, np.bool_)
SPARSE_FORMATS = ("csr", "csc", "coo", "lil", "dok")


@dataclass(frozen=True, kw_only=True, eq=False, init=False)
class SitingProblem:
    """Residences, candidates, and the demand that new sites could serve.

    Parameters
    ----------
    time_s
        Residences x candidates (n, m), in seconds or any other unit of cost, not negative. Dense: ``inf`` is
        unreachable. scipy sparse (csr, csc, coo, lil, dok): an absent entry is unreachable, a stored zero is zero.
    weights
        Demand of each residence (n,), the same for every kind, or of each residence and kind (n, K).
    cutoff_s
        Time within which a site serves a residence (in the unit of `time_s`, the cutoff included): one for all,
        or (n,) one each, as where rural residents are given longer. Covering models need it.
    existing
        What today's sites serve already, which is no demand any more: bool (n,) for every kind, or (n, K).
    kinds
        Names of the kinds; without them ``kind_1`` and so on.
    candidate_ids, residence_ids
        Unique ids; without them the positions, ``"0"`` and so on. Ties between equally good plans go to the
        shorter, then alphabetically lower id, so that the order of rows and columns decides nothing.
    conflicts
        Pairs of kinds that must not share a new site.
    candidate_kinds
        What each candidate may hold: bool (m, K); without it, everything.

    Raises
    ------
    InputError
        If shapes don't agree, a number is negative or nan, an id occurs twice, or a conflict names no kind.

    Notes
    -----
    The arrays are copied in canonical form: `time_s` a CSR array of the finite entries, `weights`, `existing` and
    `candidate_kinds` two-dimensional, `cutoff_s` one for each residence.

    Examples
    --------
    >>> problem = SitingProblem(time_s=[[0, 400], [np.inf, 900]], weights=[3, 5], cutoff_s=900)
    >>> problem.time_s.nnz, problem.weights.shape, problem.candidate_ids
    (3, (2, 1), ('0', '1'))
    """

    time_s: sp.csr_array[Any, tuple[int, int]]
    weights: FloatArray
    cutoff_s: FloatArray | None
    existing: BoolArray
    kinds: tuple[str, ...]
    candidate_ids: tuple[str, ...]
    residence_ids: tuple[str, ...]
    conflicts: tuple[tuple[str, str], ...]
    candidate_kinds: BoolArray

    def __init__(
        self,
        *,
        time_s: ArrayLike | sp.sparray | sp.spmatrix,
        weights: ArrayLike,
        cutoff_s: ArrayLike | None = None,
        existing: ArrayLike | None = None,
        kinds: Sequence[str] | None = None,
        candidate_ids: Iterable[object] | None = None,
        residence_ids: Iterable[object] | None = None,
        conflicts: Iterable[tuple[str, str]] = (),
        candidate_kinds: ArrayLike | None = None,
    ) -> None:
        times = _times(time_s)
        n, m = times.shape
        demand = _numbers("weights", weights)
        served = None if existing is None else _flags("existing", existing)
        allowed = None if candidate_kinds is None else _flags("candidate_kinds", candidate_kinds)
        names = _kind_names(kinds, (demand, served, allowed))
        self._set("time_s", times)
        self._set("kinds", names)
        self._set("weights", _by_kind("weights", demand, "residences", n, len(names)))
        if served is None:
            served = np.zeros((n, len(names)), dtype=np.bool_)
        self._set("existing", _by_kind("existing", served, "residences", n, len(names)))
        if allowed is None:
            allowed = np.ones((m, len(names)), dtype=np.bool_)
        self._set("candidate_kinds", _by_kind("candidate_kinds", allowed, "candidates", m, len(names)))
        self._set("cutoff_s", None if cutoff_s is None else _cutoffs(cutoff_s, n))
        self._set("candidate_ids", _ids("candidate_ids", candidate_ids, m))
        self._set("residence_ids", _ids("residence_ids", residence_ids, n))
        self._set("conflicts", _conflicts(conflicts, names))

    def _set(self, name: str, value: object) -> None:
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        object.__setattr__(self, name, value)


def _numbers(name: str, values: ArrayLike) -> FloatArray:
    """Copy an array of finite numbers that aren't negative, or say which rows are wrong."""
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} holds something that isn't a number ({error}); give an array of numbers") from error
    wrong = ~(np.isfinite(numbers) & (numbers >= 0))
    if wrong.any():
        rows = np.unique(np.argwhere(wrong)[:, 0]) if numbers.ndim else [0]
        raise InputError(
            f"{name} must be finite and not negative, but isn't in rows {head(rows)}; leave out or mend those rows"
        )
    return numbers


def _flags(name: str, values: ArrayLike) -> BoolArray:
    flags = np.array(values)
    if flags.dtype != np.bool_ and flags.size:
        raise InputError(f"{name} must be an array of bool, not {flags.dtype}; give {name}.astype(bool)")
    return flags.astype(np.bool_)


def _times(time_s: ArrayLike | sp.sparray | sp.spmatrix) -> sp.csr_array[Any, tuple[int, int]]:
    """Bring times to a CSR array in which every stored entry is reachable."""
    if sp.issparse(time_s):
        if time_s.format not in SPARSE_FORMATS:
            raise InputError(
                f"time_s in sparse format {time_s.format!r} can't tell a stored zero from an absent entry; "
                f"give one of {', '.join(SPARSE_FORMATS)}"
            )
        if time_s.ndim != 2:
            raise InputError(f"time_s must be residences x candidates, but has {time_s.ndim} dimension(s)")
        coo = sp.coo_array(time_s)
        shape, rows, cols = coo.shape, coo.coords[0], coo.coords[1]
        values = np.asarray(coo.data, dtype=np.float64)
    else:
        try:
            dense = np.asarray(time_s, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"time_s holds something that isn't a number ({error}); give numbers") from error
        if dense.ndim != 2:
            raise InputError(f"time_s must be residences x candidates, but has {dense.ndim} dimension(s)")
        shape = dense.shape
        rows, cols = np.nonzero(dense != np.inf)  # nan and -inf come along, to be refused
        values = dense[rows, cols]
    wrong = np.isnan(values) | (values < 0)
    if wrong.any():
        raise InputError(
            f"time_s is nan or negative in rows {head(np.unique(rows[wrong]))}; unreachable is inf, "
            "or an absent entry of a sparse array"
        )
    finite = np.isfinite(values)
    times = sp.csr_array((values[finite], (rows[finite], cols[finite])), shape=shape)
    if times.nnz < np.count_nonzero(finite):
        raise InputError("time_s stores an entry twice; keep one time for each residence and candidate")
    times.sort_indices()
    return times


def _kind_names(kinds: Sequence[str] | None, arrays: Iterable[NDArray[Any] | None]) -> tuple[str, ...]:
    """Take the names of the kinds as given, else count them from the first two-dimensional array."""
    if kinds is None:
        wide = [array.shape[1] for array in arrays if array is not None and array.ndim == 2]
        return tuple(f"kind_{k + 1}" for k in range(wide[0] if wide else 1))
    if isinstance(kinds, str):
        raise InputError(f"kinds must be a list of names, not the text {kinds!r}; give [{kinds!r}]")
    names = tuple(str(kind) for kind in kinds)
    if not names or len(set(names)) < len(names):
        raise InputError(f"kinds must be one or more different names, not {list(names)}")
    return names


def _by_kind(name: str, values: NDArray[T], what: str, rows: int, n_kinds: int) -> NDArray[T]:
    """Spread one value a row over the kinds, and check the shape."""
    if values.shape == (rows,):
        values = np.repeat(values[:, None], n_kinds, axis=1)
    if values.shape != (rows, n_kinds):
        raise InputError(
            f"{name} has shape {values.shape}, but time_s and kinds ask for ({rows}, {n_kinds}): "
            f"{what} x kinds, or one value for each of the {what}"
        )
    return values


def _cutoffs(cutoff_s: ArrayLike, n: int) -> FloatArray:
    try:
        cutoffs = np.array(cutoff_s, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"cutoff_s isn't a number ({error}); give one time, or one for each residence") from error
    if cutoffs.ndim == 0:
        cutoffs = np.full(n, cutoffs)
    if cutoffs.shape != (n,):
        raise InputError(f"cutoff_s has shape {cutoffs.shape}; give one number, or ({n},), one for each residence")
    if not (cutoffs >= 0).all():
        raise InputError(f"cutoff_s is nan or negative in rows {head(np.flatnonzero(~(cutoffs >= 0)))}; give a time")
    return cutoffs


def _ids(name: str, given: Iterable[object] | None, n: int) -> tuple[str, ...]:
    ids = tuple(str(i) for i in (range(n) if given is None else given))
    if len(ids) != n:
        raise InputError(f"{name} has {len(ids)} ids, but time_s asks for {n}")
    if len(set(ids)) < n:
        seen: set[str] = set()
        twice = [i for i in ids if i in seen or seen.add(i)]  # type: ignore[func-returns-value]
        raise InputError(f"{name} must be unique, but {head(twice)} occur more than once")
    return ids


def _conflicts(conflicts: Iterable[tuple[str, str]], kinds: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Keep each conflict once, in the order of the kinds."""
    order = {kind: k for k, kind in enumerate(kinds)}
    pairs = set()
    for pair in conflicts:
        if isinstance(pair, str) or len(pair) != 2 or pair[0] == pair[1]:
            raise InputError(f"a conflict is a pair of two different kinds, not {pair!r}")
        strange = [kind for kind in pair if kind not in order]
        if strange:
            raise InputError(f"conflicts name {head(strange)}, which isn't among the kinds {', '.join(kinds)}")
        pairs.add(tuple(sorted((order[pair[0]], order[pair[1]]))))
    return tuple((kinds[a], kinds[b]) for a, b in sorted(pairs))
