"""Types of communities: which resemble each other in what people reach, and what sets each type apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from circle15.checklist import kind
from circle15.errors import InputError
from circle15.schema import NO_AREA

if TYPE_CHECKING:
    from circle15.units import FloatArray, IntArray

__all__ = ["Typology", "community_types"]

FEWEST = 5
"""Fewer communities than this aren't sorted into types: there would be as many types as communities."""
MOST_TYPES = 8
CLEAR = 0.1
"""A silhouette below this: the communities differ, but in no groups."""
SAME = 0.01
"""A share that varies by less than this (one standard deviation) is the same everywhere."""
SEED = 15
"""Of the centres that k-means starts from, so that the same data give the same types."""
TELLING = ("covered", "unknown", "gap")
"""The shares that are compared; possible and off the network are what these leave."""
_WORDS = {"covered": ("可达", "covered"), "unknown": ("缺数据", "unknown"), "gap": ("缺口", "gap")}


class Typology(NamedTuple):
    """The type of each community, and the types."""

    communities: pd.DataFrame
    types: pd.DataFrame


def community_types(areas: pd.DataFrame) -> Typology:
    """Sort the communities of a study into types by what shares of their people reach each kind.

    K-means on the shares covered, unknown and gap of every kind, each standardised over the communities (shares that
    vary by less than a hundredth are left out). The number of types, from 2 to 8, is that of the largest mean
    silhouette (Rousseeuw 1987), the smaller of equals. A type is named by the two kinds in a share of which it differs
    most from the mean of all communities, in standard deviations; by more kinds where two names would be the same, and
    by its number where that doesn't part them either.

    Parameters
    ----------
    areas : from `area_shares`; of the level "community", "none" is left out. Every community counts the same.

    Returns
    -------
    Typology
        `communities`: `area_id, type` (1 is the type with the most communities), sorted by id.
        `types`: `type, name_zh, name_en, n_communities, weight, silhouette` (of the whole sorting; nan for one type).
        One type only, which says why, where there are fewer than 5 communities, all are alike, or no sorting is clear
        (silhouette below 0.1).

    Raises
    ------
    InputError
        where the areas hold no community.
    """
    rows = areas[(areas["level"] == "community") & (areas["area_id"] != NO_AREA)]
    if not len(rows):
        raise InputError("areas: hold no community; give the study communities (areas.file or admin levels)")
    weight = rows.groupby("area_id")["weight"].first().sort_index()
    if len(weight) < FEWEST:
        return _one_type(
            weight, f"仅有{len(weight)}个社区，不足以分类", f"only {len(weight)} communities: too few to sort"
        )
    kinds = list(dict.fromkeys(rows["kind"]))
    share = rows.pivot_table(index="area_id", columns="kind", values=list(TELLING), sort=False).sort_index()
    spread = share.std(ddof=0)
    shares = [(status, name) for name in kinds for status in TELLING if spread[status, name] >= SAME]
    if not shares:
        return _one_type(weight, "各社区相同", "all communities are alike")
    standard = ((share - share.mean()) / spread)[shares].to_numpy(dtype=np.float64)
    label, silhouette = _sorted_out(standard)
    if silhouette < CLEAR:
        return _one_type(weight, "各社区差异不成类", "the communities differ, but in no groups")

    first = pd.Series(label).drop_duplicates().index  # communities are sorted by id: ties go to the smallest id
    order = sorted(first, key=lambda row: (-int((label == label[row]).sum()), row))
    number = {int(label[row]): i for i, row in enumerate(order, start=1)}
    kind_of = np.array([number[int(one)] for one in label], dtype=np.int64)
    centres = np.stack([standard[kind_of == i].mean(axis=0) for i in range(1, len(order) + 1)])
    names = _names(centres, shares)
    per_type = pd.Series(weight.to_numpy()).groupby(kind_of)
    types = pd.DataFrame(
        {
            "type": np.arange(1, len(order) + 1),
            "name_zh": [zh for zh, _ in names],
            "name_en": [en for _, en in names],
            "n_communities": per_type.size().to_numpy(),
            "weight": per_type.sum().to_numpy(),
            "silhouette": silhouette,
        }
    )
    return Typology(pd.DataFrame({"area_id": weight.index.astype("str"), "type": kind_of}), types)


def _one_type(weight: pd.Series[float], zh: str, en: str) -> Typology:
    communities = pd.DataFrame({"area_id": weight.index.astype("str"), "type": np.ones(len(weight), dtype=np.int64)})
    types = {"type": 1, "name_zh": zh, "name_en": en, "n_communities": len(weight), "weight": float(weight.sum())}
    return Typology(communities, pd.DataFrame([types | {"silhouette": np.nan}]))


def _sorted_out(standard: FloatArray) -> tuple[IntArray, float]:
    """The clearest sorting: a label for each row, and its silhouette."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 - slow to import, and only studies with communities need it
    from sklearn.metrics import silhouette_score  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    best, clearest = np.zeros(len(standard), dtype=np.int64), -1.0
    n_different = len(np.unique(standard.round(9), axis=0))
    for k in range(2, min(MOST_TYPES, n_different, len(standard) - 1) + 1):
        with threadpool_limits(1):  # threads only cost time on so few rows, and add up in an order of their own
            label = KMeans(n_clusters=k, n_init=10, random_state=SEED).fit_predict(standard)
        silhouette = float(silhouette_score(standard, label))
        if silhouette > clearest + 1e-9:
            best, clearest = label.astype(np.int64), silhouette
    return best, clearest


def _names(centres: FloatArray, shares: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A Chinese and an English name for each type, by the kinds in which it is furthest from the mean."""
    names: list[tuple[str, str]] = []
    for n_kinds in range(2, max(2, len(shares)) + 1):
        names = [_name(centre, shares, n_kinds) for centre in centres]
        if len(set(names)) == len(names):
            return names
    return [(f"{zh}（{i}）", f"{en} ({i})") for i, (zh, en) in enumerate(names, start=1)]


def _name(centre: FloatArray, shares: list[tuple[str, str]], n_kinds: int) -> tuple[str, str]:
    parts: dict[str, tuple[str, str]] = {}
    for i in np.argsort(-np.abs(centre).round(9), kind="stable"):
        status, name = shares[i]
        (zh, en), (much_zh, much) = _WORDS[status], ("多", "more") if centre[i] > 0 else ("少", "less")
        parts.setdefault(name, (f"{kind(name).zh}{zh}{much_zh}", f"{much} {en}: {kind(name).en}"))
    told = list(parts.values())[:n_kinds]
    return "、".join(zh for zh, _ in told), "; ".join(en for _, en in told)
