"""The access frame as arrays, and the areas that hold weight: what shares, gap areas and indicators start from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from circle15.errors import InputError, head
from circle15.schema import LEVELS, NO_AREA, STATUSES, strings_of
from circle15.units import FloatArray, IntArray

STUDY = "study"
EVERYWHERE = "all"
"""The one area of the level `study`."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The access frame as residences x kinds."""

    kinds: list[str]
    status: IntArray
    time_s: FloatArray
    weight: FloatArray

    def columns(self, names: Sequence[str]) -> list[int]:
        """Where these kinds stand; refuses kinds that access hasn't got."""
        absent = [name for name in names if name not in self.kinds]
        if absent:
            raise InputError(f"access: kinds {head(absent)} are missing; settle them with coverage.statuses")
        return [self.kinds.index(name) for name in names]


def table_of(residences: pd.DataFrame, access: pd.DataFrame) -> Table:
    """The frames checked against each other: each residence has every kind, in the residences' order."""
    weight = residences["weight"].to_numpy(dtype=np.float64)
    if not weight.sum() > 0:
        raise InputError("residences: no residence has any weight; give residents, dwellings or floor area")
    n = len(residences)
    k, left_over = divmod(len(access), n)
    kinds = access["kind"].iloc[:k].tolist()
    if (
        left_over
        or not strings_of(access["residence_id"]).equals(
            strings_of(residences["residence_id"]).take(np.repeat(np.arange(n), k))
        )
        or not strings_of(access["kind"]).equals(pa.array(kinds, pa.large_string()).take(np.tile(np.arange(k), n)))
    ):
        raise InputError("access: rows don't follow the residences; give each residence every kind, in their order")
    known = pa.array(STATUSES, pa.large_string())
    status = pc.index_in(strings_of(access["status"]), known).fill_null(-1).to_numpy().astype(np.int64)
    if (status < 0).any():
        raise InputError(f"access: unknown statuses in {(status < 0).sum()} rows; use {', '.join(STATUSES)}")
    time_s = access["time_s"].to_numpy(dtype=np.float64)
    return Table(kinds=kinds, status=status.reshape(-1, k), time_s=time_s.reshape(-1, k), weight=weight)


def areas_of(residences: pd.DataFrame, weight: FloatArray) -> Iterator[tuple[str, str, IntArray]]:
    """Level, area and rows of every area that holds weight: communities, districts (each by id), the study."""
    for level in LEVELS:
        rows_of = residences.groupby(residences[f"{level}_id"].fillna(NO_AREA).to_numpy(object)).indices
        for area_id, rows in sorted(rows_of.items()):
            if weight[rows].sum() > 0:
                yield level, str(area_id), np.asarray(rows)
    if weight.sum() > 0:
        yield STUDY, EVERYWHERE, np.arange(len(weight))


def weighted_mean(values: FloatArray, weight: FloatArray) -> FloatArray:
    """The mean of each column over the rows' weight."""
    mean: FloatArray = (values * weight[:, np.newaxis]).sum(axis=0) / weight.sum()
    return mean
