"""How evenly something is shared out among people: Lorenz curve and Gini coefficient, weighted."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from circle15.errors import InputError, head
from circle15.units import FloatArray

__all__ = ["gini", "lorenz_curve"]


def lorenz_curve(values: ArrayLike, weights: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """How much of the whole the people with the least have (Lorenz 1905).

    Parameters
    ----------
    values : (n,) what each person of a residence has, finite and not negative: for instance kinds within reach.
    weights : (n,) how many people that are, finite and not negative.

    Returns
    -------
    Two arrays of one length, both from 0 to 1: the share of the people, those with the least first, and the share of
    the whole (sum of values times weights) that they have together. Equal values are one step, so that the order of
    rows decides nothing. Where nobody has anything the second is nan but for its 0 at the start.

    Raises
    ------
    InputError
        when the arrays don't fit, a number is negative or not finite, or there is no weight.

    Notes
    -----
    M. O. Lorenz, Methods of measuring the concentration of wealth, Publications of the American Statistical
    Association 9 (70), 1905, 209-219.

    Examples
    --------
    Three people have 1 each and one has 3: the three poorest, three quarters of all, have half of the whole.

    >>> people, whole = lorenz_curve([3, 1], [1, 3])
    >>> people.tolist(), whole.tolist()
    ([0.0, 0.75, 1.0], [0.0, 0.5, 1.0])
    """
    value, weight = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if value.ndim != 1 or value.shape != weight.shape:
        raise InputError(f"values {value.shape} and weights {weight.shape} don't fit; give one weight for each value")
    wrong = ~(np.isfinite(value) & np.isfinite(weight) & (value >= 0) & (weight >= 0))
    if wrong.any():
        raise InputError(
            f"values or weights are negative or not finite in rows {head(np.flatnonzero(wrong))}; mend or drop those"
        )
    if not weight.sum() > 0:
        raise InputError("no row has any weight; give residents, dwellings or floor area")
    level, at = np.unique(value, return_inverse=True)
    people = np.bincount(at, weights=weight, minlength=level.size)
    whole = level * people
    with np.errstate(invalid="ignore"):
        steps = (np.concatenate([[0.0], np.cumsum(part) / part.sum()]) for part in (people, whole))
        share, held = steps
    return share, held


def gini(values: ArrayLike, weights: ArrayLike) -> float:
    """How unevenly something is shared out: 0 where all have the same, towards 1 where one has it all (Gini 1912).

    Parameters
    ----------
    values, weights : as for `lorenz_curve`.

    Returns
    -------
    Twice the area between the Lorenz curve and the diagonal, ``1 - sum((p[i] - p[i-1]) * (l[i] + l[i-1]))`` over its
    corners (p, l); equally half the mean difference between two people, over the mean. nan where nobody has anything.

    Raises
    ------
    InputError
        as `lorenz_curve`.

    Notes
    -----
    C. Gini, Variabilita e mutabilita, Bologna 1912; the sum over corners as in M. C. Brown, Using Gini-style indices
    to evaluate the spatial patterns of health practitioners, Social Science & Medicine 38 (9), 1994, 1243-1256.

    Examples
    --------
    >>> gini([3, 1], [1, 3])  # 1 - (0.75 * 0.5 + 0.25 * 1.5)
    0.25
    >>> gini([5, 5, 5], [1, 2, 3])
    0.0
    """
    people, whole = lorenz_curve(values, weights)
    area = float(np.diff(people) @ (whole[1:] + whole[:-1]))
    return max(0.0, 1.0 - area) if np.isfinite(area) else np.nan
