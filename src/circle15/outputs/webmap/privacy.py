"""Which residences and areas the public map shows singly, and which only merged with others.

With `[map] min_residents = N` nothing that weighs less than N is shown by itself. Areas are merged first: within each
district, communities under N become one area together with the lightest others, until it weighs N; districts alike.
Then, inside each community so shown, residences under N are joined to their neighbours along a Hilbert curve until
each group weighs N; what is left over joins the last group, or the nearest residence that needs none. A group is
shown by the verdicts of its heaviest home. The shares of the legends are counted from every residence, as ever.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15 import areas
from circle15.schema import LEVELS, NO_AREA, StudyFrames, points_of

if TYPE_CHECKING:
    from circle15.units import FloatArray, IntArray

__all__ = ["OTHERS", "Published", "published", "shown_residences"]

OTHERS: Final = "others:"
"""The id of an area merged from several begins so; the district that it lies in follows."""

_POINT_SIDE_DEG: Final = 6e-5
"""A home that is only a point is drawn in its group as a square of this size."""


class Published(NamedTuple):
    """What the map may show of a study.

    Attributes
    ----------
    frames : StudyFrames
        The study with groups for residences, and merged areas.
    counted : GeoDataFrame
        Every residence, with the areas as shown: what legends count.
    heaviest : ndarray
        (n shown,) row in `counted` of the residence whose verdicts each shown row has.
    n_homes : ndarray
        (n shown,) how many residences each shown row stands for.
    """

    frames: StudyFrames
    counted: gpd.GeoDataFrame
    heaviest: IntArray
    n_homes: IntArray


def shown_residences(frames: StudyFrames) -> gpd.GeoDataFrame:
    """The residences at whose doors the rows of the map stand, in the order of the map.

    Parameters
    ----------
    frames : StudyFrames
        The study; `about["min_residents"]` says what is merged.

    Returns
    -------
    GeoDataFrame
        `frames.residences` itself where nothing is merged; else its rows of each group's heaviest home.
    """
    if not _least(frames):
        return frames.residences
    return frames.residences.iloc[published(frames).heaviest].reset_index(drop=True)


def published(frames: StudyFrames) -> Published:
    """Merge what the map must not show singly.

    Parameters
    ----------
    frames : StudyFrames
        The study; nothing is changed in it. `about["min_residents"]` is the least weight shown singly, 0 for all.

    Returns
    -------
    Published
        With the study's own frames where nothing is to be merged.
    """
    least = _least(frames)
    n = len(frames.residences)
    if not least:
        return Published(frames, frames.residences, np.arange(n), np.ones(n, dtype=np.int64))
    counted = _with_merged_areas(frames.residences, least)
    group = _groups(counted, least)
    weight = counted["weight"].to_numpy(dtype=np.float64)
    # Of each group the heaviest, at a tie the first; groups in the order of these.
    order = np.lexsort((np.arange(n), -weight, group))
    first = np.concatenate([[True], np.diff(group[order]) > 0])
    heaviest = np.sort(order[first])
    place = np.empty(group.max() + 1, dtype=np.int64)
    place[group[heaviest]] = np.arange(len(heaviest))
    row = place[group]
    n_homes = np.bincount(row, minlength=len(heaviest))

    shown = counted.iloc[heaviest].reset_index(drop=True)
    merged = n_homes > 1
    ids = shown["residence_id"].to_numpy(dtype=object)
    taken = set(counted["residence_id"])
    prefix = "group-"
    while any(str(name).startswith(prefix) for name in taken):
        prefix = "_" + prefix
    ids[merged] = [f"{prefix}{number + 1}" for number in range(int(merged.sum()))]
    columns: dict[str, Any] = {
        "residence_id": pd.array(ids, dtype="str"),
        "weight": np.bincount(row, weights=weight, minlength=len(heaviest)),
        "geometry": _joined(counted.geometry, row, n_homes),
    }
    if "name" in shown:
        columns["name"] = shown["name"].where(~merged)
    shown = shown.assign(**columns)
    shown = shown.set_geometry(gpd.GeoSeries(columns["geometry"], crs=counted.crs))

    n_kinds = len(frames.access) // max(n, 1)
    rows = (heaviest[:, np.newaxis] * n_kinds + np.arange(n_kinds)).ravel()
    access = frames.access.iloc[rows].reset_index(drop=True)
    access = access.assign(residence_id=pd.array(np.repeat(ids, n_kinds), dtype="str"))
    named = dict(zip(counted["residence_id"].iloc[heaviest], ids, strict=True))
    served = frames.plan_served[frames.plan_served["residence_id"].isin(named)]
    gap_areas = frames.gap_areas[frames.gap_areas["weight"] >= least]
    return Published(
        replace(
            frames,
            residences=shown,
            access=access,
            areas=areas.area_shares(counted, frames.access, frames.area_shapes),
            scores=areas.scores(counted, frames.access),
            gap_areas=gap_areas.reset_index(drop=True),
            plan_served=served.assign(residence_id=served["residence_id"].map(named)).reset_index(drop=True),
            # Notes of the run can name single residences; they stand in the manifest, for those who ran it.
            about=frames.about | {"warnings": []},
        ),
        counted,
        heaviest,
        n_homes,
    )


def _least(frames: StudyFrames) -> float:
    return float(frames.about.get("min_residents") or 0.0)


def _with_merged_areas(residences: gpd.GeoDataFrame, least: float) -> gpd.GeoDataFrame:
    weight = residences["weight"].to_numpy(dtype=np.float64)
    community, district = (residences[f"{level}_id"].fillna(NO_AREA).to_numpy(dtype=object) for level in LEVELS)
    shown_district = _merged(district, np.full(len(weight), "", dtype=object), weight, least)
    shown_community = _merged(community, _heaviest_of(community, shown_district, weight), weight, least)
    columns = {
        f"{level}_id": pd.Series(ids, dtype="str").where(ids != NO_AREA).set_axis(residences.index)
        for level, ids in zip(LEVELS, (shown_community, shown_district), strict=True)
    }
    return residences.assign(**columns)


def _merged(ids: Any, parents: Any, weight: FloatArray, least: float) -> Any:
    """The ids of one level with those under the least weight merged, parent by parent.

    >>> ids = np.array(["a", "b", "c", "d"], dtype=object)
    >>> _merged(ids, np.array(["", "", "", ""], dtype=object), np.array([1.0, 5.0, 9.0, 20.0]), 10.0)
    array(['others:', 'others:', 'others:', 'd'], dtype=object)
    """
    table = pd.DataFrame({"id": ids, "parent": parents, "weight": weight})
    names: dict[str, str] = {}
    for parent, rows in table.groupby("parent", sort=True):
        sums = rows.groupby("id", sort=True)["weight"].sum().sort_values(kind="stable")
        n_small = int((sums < least).sum())
        if not n_small:
            continue
        enough = np.flatnonzero(sums.cumsum().to_numpy() >= least)
        last = max(n_small, int(enough[0]) + 1) if len(enough) else len(sums)
        if last > 1:
            names |= dict.fromkeys(sums.index[:last], f"{OTHERS}{parent}")
    return table["id"].map(lambda name: names.get(name, name)).to_numpy(dtype=object)


def _heaviest_of(ids: Any, parents: Any, weight: FloatArray) -> Any:
    """For each row the parent in which most of its area's weight lies."""
    table = pd.DataFrame({"id": ids, "parent": parents, "weight": weight})
    sums = table.groupby(["id", "parent"], sort=True)["weight"].sum().reset_index()
    sums = sums.sort_values(["id", "weight"], ascending=[True, False], kind="stable").drop_duplicates("id")
    return table["id"].map(sums.set_index("id")["parent"]).to_numpy(dtype=object)


def _groups(residences: gpd.GeoDataFrame, least: float) -> IntArray:
    """(n,) the number of the group that each residence is in; numbers may have holes."""
    weight = residences["weight"].to_numpy(dtype=np.float64)
    spots = points_of(residences)
    along = spots.hilbert_distance(total_bounds=residences.total_bounds).to_numpy()
    points = np.asarray(spots.array, dtype=object)
    community = residences["community_id"].fillna(NO_AREA).to_numpy(dtype=object)
    group = np.arange(len(weight))
    for rows in pd.Series(community).groupby(community).indices.values():
        small = rows[weight[rows] < least]
        small = small[np.argsort(along[small], kind="stable")]
        start, held = 0, 0.0
        last: int | None = None
        for end, row in enumerate(small, start=1):
            held += weight[row]
            if held >= least:
                last = small[start]
                group[small[start:end]] = last
                start, held = end, 0.0
        rest = small[start:]
        if not len(rest):
            continue
        if last is None:
            whole = rows[weight[rows] >= least]
            if len(whole):
                last = int(whole[np.argmin(shapely.distance(points[whole], points[rest[0]]))])
            else:
                last = int(rest[0])
        group[rest] = last
    return group


def _joined(geometry: gpd.GeoSeries, row: IntArray, n_homes: IntArray) -> list[Any]:
    """One geometry a shown row: a home's own, or the union of the group's, points as small squares."""
    shapes = np.asarray(geometry.array, dtype=object)
    order = np.argsort(row, kind="stable")
    starts = np.concatenate([[0], np.cumsum(n_homes)])
    out = []
    for i, n in enumerate(n_homes):
        members = shapes[order[starts[i] : starts[i + 1]]]
        if n > 1:
            dots = shapely.get_dimensions(members) < 2
            members[dots] = shapely.buffer(members[dots], _POINT_SIDE_DEG / 2, cap_style="square")
            out.append(shapely.union_all(members))
        else:
            out.append(members[0])
    return out
