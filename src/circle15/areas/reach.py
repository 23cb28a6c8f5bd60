"""What policies promise about reach on foot, measured in each area."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.areas.table import Table, areas_of, table_of, weighted_mean
from circle15.coverage import COVERED, GAP
from circle15.units import FloatArray, minutes_to_s

if TYPE_CHECKING:
    from circle15.checklist import Policy, Requirement

ROUNDING = 1e-9
"""A policy isn't missed by what adding up a million weights rounds away."""

INDICATOR_TYPES = {
    "policy": "str",
    "indicator": "str",
    "level": "str",
    "area_id": "str",
    "value_confirmed": "float64",
    "value_possible": "float64",
    "share_unknown": "float64",
    "threshold": "float64",
    "unit": "str",
    "denominator": "float64",
    "met": "str",
    "plan_year": "Int64",
    "quote": "str",
}
"""The columns of the indicators frame."""


def reach_indicators(
    policies: Iterable[Policy],
    residences: gpd.GeoDataFrame,
    access: pd.DataFrame,
    *,
    threshold_s: FloatArray,
    weight_meaning: str,
) -> pd.DataFrame:
    """What the policies promise about reach, measured in each area, with a verdict that the data can carry.

    A requirement is judged at its own minutes; residences of a setting for which it gives none are left out of its
    denominator. From the status and time in `access` a residence has, for one kind: confirmed reach, possible reach,
    no reach, or none of these: undecided (data missing or ended, off the network, or a longer time asked than the
    study settled). Kinds are combined as the requirement says: "each" gives every kind an indicator of its own
    (`A-1/farmers_market`), "all" and "any" ask it of all or one of the kinds, "mean" counts the share of the kinds.

    Parameters
    ----------
    policies : their requirements without theme kinds are passed over.
    residences, access : as for `area_shares`; `setting` is needed too.
    threshold_s : n, the thresholds that `access` was settled at.
    weight_meaning : what the weight counts, for the unit.

    Returns
    -------
    One row per policy, requirement (and kind), level and area: `policy, indicator, level, area_id, value_confirmed,
    value_possible` (confirmed or possible), `share_unknown` (undecided), `threshold` (the target share; nan where the
    document names none), `unit, denominator` (the weight that the requirement speaks of; areas without any are left
    out), `met, plan_year` (missing where the document has none), `quote`. `met` is "yes" where what is confirmed
    reaches the target, "no" where even all that is possible or undecided would not, else "undetermined" (always
    where there is no target).

    Raises
    ------
    InputError
        as for `area_shares`, and where access lacks a kind that a requirement names.
    """
    table = table_of(residences, access)
    rural = (residences["setting"] == "rural").to_numpy()
    records = []
    for policy in policies:
        for requirement in policy.requirements:
            if not requirement.kinds:
                continue
            asked_s = np.where(rural, _asked_s(requirement.minutes_rural), _asked_s(requirement.minutes_urban))
            weight = np.where(np.isnan(asked_s), 0.0, table.weight)
            target = np.nan if requirement.target_share is None else float(requirement.target_share)
            for name, judged in _judged(requirement, table, asked_s, threshold_s).items():
                for level, area_id, rows in areas_of(residences, weight):
                    confirmed, possible, at_most = weighted_mean(judged[rows], weight[rows])
                    record = {
                        "policy": policy.id,
                        "indicator": name,
                        "level": level,
                        "area_id": area_id,
                        "value_confirmed": confirmed,
                        "value_possible": possible,
                        "share_unknown": at_most - possible,
                        "threshold": target,
                        "unit": f"share of {weight_meaning}",
                        "denominator": weight[rows].sum(),
                        "met": verdict(confirmed, at_most, target),
                        "plan_year": requirement.plan_year,
                        "quote": requirement.quote,
                    }
                    records.append(record)
    return pd.DataFrame(records, columns=list(INDICATOR_TYPES)).astype(INDICATOR_TYPES)


def _asked_s(minutes: float | None) -> float:
    return np.nan if minutes is None else minutes_to_s(minutes)


def _judged(
    requirement: Requirement, table: Table, asked_s: FloatArray, threshold_s: FloatArray
) -> dict[str, FloatArray]:
    """For each indicator of a requirement, n x (confirmed, possible, at most): how far each residence has it."""
    columns = table.columns(requirement.kinds)
    asked = asked_s[:, np.newaxis]
    status, time_s = table.status[:, columns], table.time_s[:, columns]
    possible = time_s <= asked
    confirmed = possible & (status == COVERED)
    # A gap at the study's threshold is one at any shorter; at a longer one the data may end, or hold a further site.
    missing = ~possible & (status == GAP) & (asked <= threshold_s[:, np.newaxis])
    judged = np.stack([confirmed, possible, ~missing], axis=2)
    if requirement.combine == "each":
        return {f"{requirement.id}/{name}": judged[:, i] for i, name in enumerate(requirement.kinds)}
    folds: dict[str | None, Callable[..., FloatArray]] = {"all": np.all, "any": np.any, "mean": np.mean}
    fold = folds[requirement.combine]
    return {requirement.id: fold(judged, axis=1)}


def verdict(confirmed: float, at_most: float, target: float) -> str:
    """Whether a target is met by what is confirmed, missed by all that is possible, or neither can be said."""
    if confirmed >= target - ROUNDING:
        return "yes"
    return "no" if at_most < target - ROUNDING else "undetermined"
