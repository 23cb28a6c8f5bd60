"""From a study's statuses to a plan: the demand, the candidates, the solved model, and who gains."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15 import checklist
from circle15.reach import times_within
from circle15.schema import NO_AREA
from circle15.siting.candidates import frontage_candidates, host_candidates, join_candidates, may_hold
from circle15.siting.models import solve_siting
from circle15.siting.plan import gained_if_confirmed, gains_in_order, within_cutoff
from circle15.siting.problem import SitingProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import shapely

    from circle15.network import Snaps, WalkNetwork
    from circle15.siting.plan import SitingPlan
    from circle15.units import FloatArray

__all__ = ["Proposal", "no_proposal", "propose_sites"]


class Proposal(NamedTuple):
    """Candidates, the plan (one row an opened candidate, by rank), whom it serves, and its summary, JSON-ready.

    `served` has one row a residence and kind that the plan turns from gap to covered: `candidate_id, kind,
    residence_id`, the candidate being the first by rank that does; by rank, kind and residence.
    """

    candidates: gpd.GeoDataFrame
    plan: gpd.GeoDataFrame
    served: pd.DataFrame
    summary: dict[str, Any]


def propose_sites(
    network: WalkNetwork,
    residences: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    site_kinds: pd.DataFrame,
    access: pd.DataFrame,
    *,
    home: Snaps,
    threshold_s: FloatArray,
    extent: shapely.Polygon,
    kinds: Sequence[str],
    p: int,
    spacing_m: float,
    gap: float,
    node_limit: int,
    unit: str = "of weight",
) -> Proposal:
    """Choose where at most `p` new sites for `kinds` help most residents who have a gap.

    Demand is the weight of residences with `gap` for a kind; `gained_if_confirmed` stands beside it: what a site would
    gain if everything unknown turned out to be missing. Existing sites count, since who reaches one has no gap.

    Parameters
    ----------
    home : the residences' snaps on `network`; `threshold_s` (n,) each residence's threshold.
    extent : candidates lie inside it.
    spacing_m : distance between candidates along street frontage.
    gap, node_limit : when the proof may stop, see `solve_siting`.
    unit : what the weights count, for the explanation.
    """
    candidates = join_candidates(
        frontage_candidates(network, extent, spacing_m=spacing_m),
        host_candidates(sites, site_kinds, kinds=kinds, extent=extent),
    )
    # A host is entered as the site that it is, not at the point that stands for it on the map.
    entered = candidates.geometry.where(
        candidates["site_id"].isna(), candidates["site_id"].map(sites.set_index("site_id").geometry)
    )
    problem = SitingProblem(
        time_s=times_within(network, home, network.snap_sites(entered), cutoff_s=float(threshold_s.max())),
        weights=_weight_with(residences, access, kinds, "gap"),
        cutoff_s=threshold_s,
        kinds=kinds,
        candidate_ids=candidates["candidate_id"],
        residence_ids=residences["residence_id"],
        conflicts=[pair for pair in combinations(kinds, 2) if pair[1] in checklist.kind(pair[0]).avoid_sharing_with],
        candidate_kinds=may_hold(candidates, site_kinds, kinds),
    )
    solved = solve_siting(problem, model="mclp", p=p, gap=gap, node_limit=node_limit)
    unsure = _weight_with(residences, access, kinds, "unknown")
    opened = candidates.iloc[solved.selected].drop(columns="candidate_id").reset_index(drop=True)
    table = solved.frame().assign(gained_if_confirmed=gained_if_confirmed(problem, solved, unsure))
    plan = gpd.GeoDataFrame(pd.concat([table, opened], axis=1), geometry="geometry", crs=candidates.crs)
    undecided = unsure.sum(axis=0)
    explanation = solved.explain(unit=unit)
    if undecided.any():
        explanation += f" Not counted: {undecided.sum():,.0f} {unit} of which it isn't known whether they lack it."
    summary = solved.summary() | {
        "explanation": explanation,
        "unknown_by_kind": dict(zip(kinds, undecided.tolist(), strict=True)),
        "candidates": candidates["origin"].value_counts(sort=False).astype(int).to_dict(),
        "demand_by_kind": dict(zip(kinds, problem.weights.sum(axis=0).tolist(), strict=True)),
        "gained_by_community": _gained_by_community(problem, solved, residences),
    }
    return Proposal(candidates, plan, _served(problem, solved), summary)


def no_proposal() -> Proposal:
    """The proposal of a study that asks for none."""
    candidates = dict.fromkeys(("candidate_id", "origin", "site_id", "name"), "str")
    plan = {
        "candidate_id": "str",
        "kinds": "str",
        "gained": "float64",
        "rank": "int64",
        "gained_if_confirmed": "float64",
    }
    plan |= dict.fromkeys(("origin", "site_id", "name"), "str")
    return Proposal(_empty(candidates), _empty(plan), _served_frame([]), {})


def _empty(columns: dict[str, str]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(columns=list(columns)).astype(columns)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs="EPSG:4326"))


def _weight_with(residences: gpd.GeoDataFrame, access: pd.DataFrame, kinds: Sequence[str], status: str) -> FloatArray:
    """(residences, kinds): the weight of each residence where its status is this one, else 0."""
    table = access[access["kind"].isin(list(kinds))].pivot_table(
        index="residence_id", columns="kind", values="status", aggfunc="first", observed=True
    )
    has = (table.loc[residences["residence_id"], list(kinds)] == status).to_numpy()
    return np.where(has, residences["weight"].to_numpy(dtype=np.float64)[:, None], 0.0)


def _served(problem: SitingProblem, solved: SitingPlan) -> pd.DataFrame:
    """Who is newly served, each residence and kind once, at the first opened candidate that reaches it."""
    near = within_cutoff(problem).tocsc()[:, solved.selected]
    left = problem.weights > 0
    rows = []
    for rank, (candidate, held) in enumerate(zip(solved.candidate_ids, solved.kinds_held, strict=True)):
        reached = np.sort(near.indices[near.indptr[rank] : near.indptr[rank + 1]])
        for column, kind in enumerate(solved.kinds):
            if kind in held:
                new = reached[left[reached, column]]
                left[new, column] = False
                rows += [(candidate, kind, residence) for residence in np.asarray(problem.residence_ids)[new]]
    return _served_frame(rows)


def _served_frame(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["candidate_id", "kind", "residence_id"]).astype("str")


def _gained_by_community(
    problem: SitingProblem, solved: SitingPlan, residences: gpd.GeoDataFrame
) -> list[dict[str, Any]]:
    """Weight that the whole plan newly serves, by kind and community."""
    holds = np.array([[kind in held for kind in solved.kinds] for held in solved.kinds_held], dtype=bool)
    near = within_cutoff(problem).tocsc()[:, solved.selected]
    community = residences["community_id"].fillna(NO_AREA).to_numpy(dtype=object)
    rows = []
    for area in sorted(set(community)):
        weights = np.where((community == area)[:, None], problem.weights, 0.0)
        gains = gains_in_order(near, holds.reshape(-1, len(solved.kinds)), weights).sum(axis=0)
        rows += [
            {"community_id": area, "kind": kind, "demand": float(demand), "gained": float(gain)}
            for kind, demand, gain in zip(solved.kinds, weights.sum(axis=0), gains, strict=True)
            if demand > 0
        ]
    return rows
