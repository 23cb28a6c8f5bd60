"""Which area a place lies in; shares of each status and scores of each area."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.areas.table import EVERYWHERE, areas_of, table_of, weighted_mean
from circle15.checklist import GROUPS, KINDS, SERVICES_ZH, kind
from circle15.coverage import COVERED, POSSIBLE, names_at
from circle15.errors import InputError, head
from circle15.schema import LEVELS, STATUSES, points_of
from circle15.units import FloatArray, IntArray

WORST_SHARE = 0.1
"""The worst decile: this share of the weight."""

COMPOUND_COLUMNS = ("compound_id", "name", "kind", "weight", "n_residences", "n_gates")
"""The columns of the compounds frame, before the five shares."""


def assign_areas(places: gpd.GeoDataFrame, area_shapes: gpd.GeoDataFrame) -> tuple[pd.Series[str], pd.Series[str]]:
    """The community and the district that each place lies in, by one point inside the place.

    Parameters
    ----------
    places : residences or sites, any geometry, in the same coordinate system as the areas.
    area_shapes : `level, area_id, geometry`; borders belong to the area.

    Returns
    -------
    community_id and district_id on the index of `places`; missing where no area of the level holds the point. On a
    shared border or in an overlap the smallest area_id (as text) wins.

    Raises
    ------
    InputError
        where the two are in different coordinate systems.
    """
    if places.crs != area_shapes.crs:
        raise InputError(f"places are in {places.crs} and areas in {area_shapes.crs}; bring both to EPSG:4326")
    points = points_of(places)
    community, district = (_holder(points, area_shapes[area_shapes["level"] == level]) for level in LEVELS)
    return community, district


def _holder(places: gpd.GeoSeries, shapes: gpd.GeoDataFrame) -> pd.Series[str]:
    shapes = shapes.sort_values("area_id")
    points = places.to_numpy()
    point, shape = shapely.STRtree(points).query(shapes.geometry.to_numpy(), predicate="intersects")[::-1]
    first = np.full(len(points), len(shapes))
    np.minimum.at(first, point, shape)
    return names_at(np.where(first < len(shapes), first, -1), shapes["area_id"]).set_axis(places.index)


def without_overlaps(area_shapes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The areas of one level without what a smaller area_id holds already, as `assign_areas` decides."""
    ordered = area_shapes.sort_values("area_id", kind="stable")
    shapes = ordered.geometry.to_numpy().copy()
    earlier, later = shapely.STRtree(ordered.geometry.to_numpy()).query(
        ordered.geometry.to_numpy(), predicate="intersects"
    )
    for row in np.unique(later):
        before = earlier[(later == row) & (earlier < row)]
        if len(before):
            shapes[row] = shapely.difference(shapes[row], shapely.union_all(ordered.geometry.to_numpy()[before]))
    return ordered.set_geometry(gpd.GeoSeries(shapes, index=ordered.index, crs=ordered.crs))


def area_shares(residences: gpd.GeoDataFrame, access: pd.DataFrame, area_shapes: gpd.GeoDataFrame) -> pd.DataFrame:
    """What share of each area's weight has which status, for each kind.

    Parameters
    ----------
    residences : `residence_id, weight, community_id, district_id`.
    access : from `statuses`, in the residences' order.
    area_shapes : gives names and settings; areas without weight are left out of the result.

    Returns
    -------
    One row per level (community, district, study), area (sorted; "none" for residences in no area, "all" for the
    study) and kind: `level, area_id, name, setting, kind, weight, n_residences`, then the five shares, which sum
    to 1.

    Raises
    ------
    InputError
        where access and residences don't belong together, or no residence has weight.
    """
    table = table_of(residences, access)
    known = area_shapes.set_index(["level", "area_id"])[["name", "setting"]]
    frames = []
    for level, area_id, rows in areas_of(residences, table.weight):
        weight = table.weight[rows]
        name, setting = known.loc[(level, area_id)] if (level, area_id) in known.index else (None, None)
        columns = {
            "level": level,
            "area_id": area_id,
            "name": name,
            "setting": setting,
            "kind": table.kinds,
            "weight": weight.sum(),
            "n_residences": len(rows),
        }
        frames.append(pd.DataFrame(columns | _five_shares(table.status[rows], weight)))
    texts = dict.fromkeys(("level", "area_id", "name", "setting", "kind"), "str")
    return pd.concat(frames, ignore_index=True).astype(texts)


def group_shares(residences: pd.DataFrame, access: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """What share of each group of people (the elderly, say) has which status, in each area and for each kind.

    Parameters
    ----------
    residences : `residence_id, weight, community_id, district_id`, and a column for each group: how many of its people
        live there, nan where nobody counted them.
    access : from `statuses`, in the residences' order.
    groups : names of those columns.

    Returns
    -------
    One row per level, area, group (in the order given) and kind: `level, area_id, group, kind, weight` (people of the
    group)`, n_residences` (where they were counted, some or none), then the five shares of the group, which sum to 1.
    An area without people of a group has no row of it. No rows where no group is given.

    Raises
    ------
    InputError
        for a group that is no column of `residences` or counts less than nobody, and as `area_shares` does.

    Examples
    --------
    >>> homes = pd.DataFrame(
    ...     {"residence_id": ["a", "b"], "weight": [9.0, 1.0], "elderly": [1.0, 3.0], "community_id": ["c", "c"]}
    ... ).assign(district_id=None)
    >>> access = pd.DataFrame({"residence_id": ["a", "b"], "kind": "post", "status": ["covered", "gap"], "time_s": 1.0})
    >>> shares = group_shares(homes, access, ["elderly"])
    >>> shares[["level", "area_id", "weight", "covered", "gap"]].to_numpy().tolist()[0]
    ['community', 'c', 4.0, 0.25, 0.75]
    """
    absent = [group for group in groups if group not in residences]
    if absent:
        raise InputError(f"residences: columns {head(absent)} are missing; give a number of people for each residence")
    below = [group for group in groups if (residences[group] < 0).any()]
    if below:
        raise InputError(f"residences: {head(below)} counts less than nobody; give numbers of at least 0")
    texts = dict.fromkeys(("level", "area_id", "group", "kind"), "str")
    numbers = {"weight": "float64", "n_residences": "int64", **dict.fromkeys(STATUSES, "float64")}
    frames = [pd.DataFrame(columns=[*texts, *numbers])]
    if groups:
        table = table_of(residences, access)
        counted = residences[list(groups)].to_numpy(dtype=np.float64)
        people = np.nan_to_num(counted)
        for level, area_id, rows in areas_of(residences, people.sum(axis=1)):
            for i, group in enumerate(groups):
                weight = people[rows, i]
                if weight.sum() > 0:
                    n = np.isfinite(counted[rows, i]).sum()
                    columns = {"level": level, "area_id": area_id, "group": group, "kind": table.kinds}
                    columns |= {"weight": weight.sum(), "n_residences": n} | _five_shares(table.status[rows], weight)
                    frames.append(pd.DataFrame(columns))
    return pd.concat(frames[1:] or frames, ignore_index=True).astype(texts | numbers)


def _five_shares(status: IntArray, weight: FloatArray) -> dict[str, FloatArray]:
    """The share of the residences' weight that has each status, for each kind (column)."""
    each = weight[:, np.newaxis]
    by_status = np.stack([np.where(status == code, each, 0.0).sum(axis=0) for code in range(len(STATUSES))])
    return dict(zip(STATUSES, by_status / by_status.sum(axis=0), strict=True))


def scores(residences: gpd.GeoDataFrame, access: pd.DataFrame) -> pd.DataFrame:
    """How much of the circle each area has: the mean over its weight, and the mean of its worst tenth.

    A residence's score in a scope is the share of the scope's kinds that are covered (or covered or possible). The
    worst decile is the tenth of the area's weight with the fewest; the residence on its border counts in part. Each
    of the two scores has its own worst decile. Extension kinds stay outside.

    Parameters
    ----------
    residences, access : as for `area_shares`; access must have all 27 kinds.

    Returns
    -------
    One row per level, area and scope ("all", the groups, the services): `level, area_id, scope, confirmed,
    confirmed_or_possible, worst_decile_confirmed, worst_decile_confirmed_or_possible`, all from 0 to 1.

    Raises
    ------
    InputError
        as for `area_shares`, and where a kind of the checklist is missing from access.
    """
    table = table_of(residences, access)
    scopes = _scopes()
    column = [table.columns(names) for names in scopes.values()]
    score = np.stack(
        [(table.status <= best)[:, columns].mean(axis=1) for best in (COVERED, POSSIBLE) for columns in column],
        axis=1,
    )
    frames = []
    for level, area_id, rows in areas_of(residences, table.weight):
        mean = weighted_mean(score[rows], table.weight[rows]).reshape(2, -1)
        worst = _worst_mean(score[rows], table.weight[rows]).reshape(2, -1)
        frames.append(
            pd.DataFrame(
                {
                    "level": level,
                    "area_id": area_id,
                    "scope": list(scopes),
                    "confirmed": mean[0],
                    "confirmed_or_possible": mean[1],
                    "worst_decile_confirmed": worst[0],
                    "worst_decile_confirmed_or_possible": worst[1],
                }
            )
        )
    return pd.concat(frames, ignore_index=True).astype(dict.fromkeys(("level", "area_id", "scope"), "str"))


def _scopes() -> dict[str, list[str]]:
    scopes = {EVERYWHERE: list(KINDS)}
    scopes |= {group: [name for name in KINDS if kind(name).group == group] for group in GROUPS}
    return scopes | {service: [name for name in KINDS if service in kind(name).services] for service in SERVICES_ZH}


def _worst_mean(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Mean of each column over the tenth of the weight where it is lowest.

    >>> _worst_mean(np.array([[0.0], [1.0]]), np.array([5.0, 95.0]))  # 5 of the 10 at 0, the other 5 at 1
    array([0.5])
    """
    order = np.argsort(values, axis=0, kind="stable")
    ordered = weight[order]
    before = np.cumsum(ordered, axis=0) - ordered
    part = np.clip(WORST_SHARE * weight.sum() - before, 0.0, ordered)
    mean: FloatArray = (part * np.take_along_axis(values, order, axis=0)).sum(axis=0) / part.sum(axis=0)
    return mean


def compound_shares(
    residences: gpd.GeoDataFrame, access: pd.DataFrame, compounds: pd.DataFrame, gates: pd.DataFrame
) -> pd.DataFrame:
    """What share of each compound's weight has which status, for each kind.

    Parameters
    ----------
    residences : `residence_id, weight, compound_id`.
    access : from `statuses`, in the residences' order.
    compounds : `compound_id`, perhaps `name`; those without weight are left out of the result.
    gates : `gate_id, zone`, as `WalkNetwork.gates` gives them: the zone is the compound behind a closed gate.

    Returns
    -------
    One row per compound (sorted by id) and kind: `compound_id, name, kind, weight, n_residences, n_gates` (its closed
    gates), then the five shares, which sum to 1. Residences in no compound are in no row.

    Raises
    ------
    InputError
        where access and residences don't belong together, or no residence has weight.
    """
    table = table_of(residences, access)
    names = compounds.set_index("compound_id")["name"] if "name" in compounds else pd.Series(dtype="str")
    n_gates = gates.groupby("zone")["gate_id"].nunique()
    rows_of = residences.groupby(residences["compound_id"].to_numpy(object)).indices
    frames = [pd.DataFrame(columns=[*COMPOUND_COLUMNS, *STATUSES])]
    for compound_id in sorted(set(compounds["compound_id"]) & rows_of.keys()):
        rows = rows_of[compound_id]
        weight = table.weight[rows, np.newaxis]
        if not weight.sum() > 0:
            continue
        shares = [np.where(table.status[rows] == code, weight, 0.0).sum(axis=0) for code in range(len(STATUSES))]
        columns = {
            "compound_id": compound_id,
            "name": names.get(compound_id),
            "kind": table.kinds,
            "weight": weight.sum(),
            "n_residences": len(rows),
            "n_gates": int(n_gates.get(compound_id, 0)),
        }
        told = (share / weight.sum() for share in shares)
        frames.append(pd.DataFrame(columns | dict(zip(STATUSES, told, strict=True))))
    numbers = dict.fromkeys(("weight", *STATUSES), "float64") | {"n_residences": "int64", "n_gates": "int64"}
    texts = dict.fromkeys(("compound_id", "name", "kind"), "str")
    return pd.concat(frames[1:] or frames, ignore_index=True).astype(texts | numbers)
