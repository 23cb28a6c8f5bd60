"""Taking a report's figures out of a study's frames; `build` gathers them into one `ReportModel`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circle15.checklist import EXTENSION_KINDS, GROUPS, KINDS, SERVICES_ZH, kind
from circle15.display import plain_name
from circle15.errors import InputError, head
from circle15.outputs.palette import EVIDENCE, GROUPS_EN, LAYER_WHY, REASONS, SERVICES_EN
from circle15.outputs.report.beside import beside_the_score, checks_of
from circle15.outputs.report.groups import people_groups
from circle15.outputs.report.model import (
    AreaName,
    CommunityGain,
    CommunityQuality,
    CommunityRow,
    CommunityType,
    CommunityTypes,
    GapAreaRow,
    GroupRows,
    KindQuality,
    KindRow,
    Plan,
    PlanSite,
    Quality,
    ReportModel,
    Scope,
    ScoreRow,
    Shares,
    SiteRow,
    TopGap,
    Unserved,
)
from circle15.outputs.report.names import AreaNames, area_names, kind_words, text_of
from circle15.outputs.report.requirements import (
    measures_asked,
    of_area,
    presence_asked,
    shares_asked,
    unanswered,
)
from circle15.outputs.report.wording import UNITS, name_or
from circle15.schema import LEVELS, NO_AREA, STATUSES, StudyFrames, points_of
from circle15.typology import Typology, community_types
from circle15.units import BoolArray
from circle15.words import Words, words_in

_GAP = STATUSES.index("gap")
_UNKNOWN = STATUSES.index("unknown")
_OFF = STATUSES.index("off_network")


def whole_scope(frames: StudyFrames) -> Scope:
    """Take all residences with their statuses out of the frames.

    Raises
    ------
    InputError
        when a residence has no valid status for some kind.
    """
    residences = frames.residences
    rows = pd.Index(residences["residence_id"]).get_indexer(pd.Index(frames.access["residence_id"]))
    columns = pd.Index(KINDS).get_indexer(pd.Index(frames.access["kind"]))
    used = (rows >= 0) & (columns >= 0)
    at = (rows[used], columns[used])
    shape = (len(residences), len(KINDS))
    status = np.full(shape, -1, dtype=np.int8)
    status[at] = pd.Index(STATUSES).get_indexer(pd.Index(frames.access["status"]))[used]
    if (status < 0).any():
        missing = residences["residence_id"].to_numpy()[(status < 0).any(axis=1)]
        raise InputError(
            f"access has no valid status for some kinds of residences {head(missing)}; run the study again"
        )
    reason = np.full(shape, "", dtype=object)
    reason[at] = frames.access["reason"].fillna("").to_numpy(dtype=object)[used]
    robust = np.ones(shape, dtype=bool)
    robust[at] = frames.access["robust"].to_numpy(dtype=bool)[used]
    community = residences["community_id"].fillna(NO_AREA)
    ids = sorted(set(community), key=lambda area: (area == NO_AREA, area))
    layers = frames.layers
    complete = np.zeros((len(ids), len(KINDS)), dtype=bool)
    row, column = (
        pd.Index(ids).get_indexer(pd.Index(layers["community_id"])),
        pd.Index(KINDS).get_indexer(pd.Index(layers["kind"])),
    )
    used = (row >= 0) & (column >= 0)
    complete[row[used], column[used]] = layers["complete"].to_numpy(dtype=bool)[used]
    return Scope(
        residences=residences,
        weight=residences["weight"].to_numpy(dtype=np.float64),
        status=status,
        reason=reason,
        robust=robust,
        community=pd.Index(ids).get_indexer(pd.Index(community)),
        community_ids=tuple(ids),
        complete=complete,
    )


def district_scope(whole: Scope, district_id: str | None) -> Scope:
    """Take one district's residences out of all of them.

    Raises
    ------
    InputError
        when no residence lies in the district.
    """
    if district_id is None:
        return whole
    district = whole.residences["district_id"].fillna(NO_AREA)
    inside = (district == district_id).to_numpy(dtype=bool)
    if not inside.any():
        known = sorted(set(district))
        raise InputError(f"no residence lies in district {district_id!r}; the districts are {head(known, most=12)}")
    communities = np.unique(whole.community[inside])
    return Scope(
        residences=whole.residences[inside],
        weight=whole.weight[inside],
        status=whole.status[inside],
        reason=whole.reason[inside],
        robust=whole.robust[inside],
        community=np.searchsorted(communities, whole.community[inside]),
        community_ids=tuple(whole.community_ids[i] for i in communities),
        complete=whole.complete[communities],
    )


def types_of(frames: StudyFrames) -> Typology | None:
    """Sort the study's communities into types; None where it has none."""
    if set(frames.areas["area_id"][frames.areas["level"] == "community"]) <= {NO_AREA}:
        return None
    return community_types(frames.areas)


def build(frames: StudyFrames, scope: Scope, district_id: str | None, types: Typology | None) -> ReportModel:
    """Compute everything that the report of a district (or, with None, of the whole study) says."""
    names = area_names(frames)
    if scope.community_ids == (NO_AREA,):
        undivided = Words(zh="全部（未分社区）", en="all (not divided into communities)")
        names["community", NO_AREA] = AreaName(area_id=NO_AREA, words=undivided)
    communities = tuple(names["community", area] for area in scope.community_ids)
    has_gap = (scope.status == _GAP).any(axis=1)
    off = (scope.status == _OFF).any(axis=1)
    matrix = _matrix(scope)
    rows = [row for group in matrix for row in group.rows]
    return ReportModel(
        study=_study_words(frames.about),
        scope=None if district_id is None else names["district", district_id],
        unit=UNITS[frames.about["weight_meaning"]],
        weight=float(scope.weight.sum()),
        n_residences=len(scope.weight),
        settings=tuple(sorted(set(scope.residences["setting"]))),
        communities=communities,
        lacking=(float(scope.weight[has_gap].sum()), int(has_gap.sum())),
        off_network=(float(scope.weight[off].sum()), int(off.sum())),
        average=_average([row.total for row in rows]),
        matrix=matrix,
        top_gaps=_top_gaps(scope, communities, rows),
        unknown_because=_unknown_because(frames, scope),
        scores=_scores(frames, district_id, rows),
        people=people_groups(frames, matrix, district_id),
        glance=_glance(frames, communities, rows),
        types=None if types is None else _types(types, scope, names),
        gap_areas=_gap_areas(frames, scope, names, district_id),
        policies=shares_asked(frames, scope, district_id),
        measures=measures_asked(frames, scope, district_id),
        presence=presence_asked(frames, scope, district_id),
        unanswered=unanswered(frames),
        sites=_sites(frames, names, district_id),
        plan=_plan(frames, scope, names, district_id, rows),
        beside=beside_the_score(frames, scope, names, district_id),
        quality=_quality(frames, scope, communities),
        checks=checks_of(frames, scope, names, district_id),
        about={key: plain_name(value) if isinstance(value, str) else value for key, value in frames.about.items()},
    )


def _study_words(about: Mapping[str, Any]) -> Words:
    fallback = str(about.get("study_id", ""))
    zh = name_or(about.get("title_zh"), name_or(about.get("title_en"), fallback))
    return Words(zh=zh, en=name_or(about.get("title_en"), zh))


def _tally(scope: Scope, column: int, inside: BoolArray | None = None) -> Shares:
    status, weight = scope.status[:, column], scope.weight
    if inside is not None:
        status, weight = status[inside], weight[inside]
    by_status = np.bincount(status, weights=weight, minlength=len(STATUSES))
    total = float(by_status.sum())
    shares = by_status / total if total > 0 else np.full(len(STATUSES), np.nan)
    return Shares(weight=total, n_residences=len(weight), shares=tuple(shares.tolist()))


def _matrix(scope: Scope) -> tuple[GroupRows, ...]:
    members = [scope.community == i for i in range(len(scope.community_ids))]
    weight = scope.weight.sum()
    groups = []
    for group in GROUPS:
        rows = []
        for column, kind_id in enumerate(KINDS):
            one = kind(kind_id)
            if one.group != group:
                continue
            complete = scope.complete[:, column]
            shaky = float(scope.weight[~scope.robust[:, column]].sum())
            rows.append(
                KindRow(
                    kind=kind_id,
                    words=kind_words(kind_id),
                    group=group,
                    total=_tally(scope, column),
                    cells=tuple(_tally(scope, column, inside) for inside in members),
                    judged="all" if complete.all() else "some" if complete.any() else "none",
                    not_robust=shaky / weight if weight > 0 else math.nan,
                )
            )
        groups.append(GroupRows(words=Words(zh=kind(rows[0].kind).group_zh, en=GROUPS_EN[group]), rows=tuple(rows)))
    return tuple(groups)


def _average(parts: Sequence[Shares]) -> Shares:
    mean = np.mean([part.shares for part in parts], axis=0)
    return Shares(weight=parts[0].weight, n_residences=parts[0].n_residences, shares=tuple(mean.tolist()))


def _top_gaps(scope: Scope, communities: Sequence[AreaName], rows: Sequence[KindRow]) -> tuple[TopGap, ...]:
    gaps = []
    for column, row in enumerate(rows):
        lacking = scope.status[:, column] == _GAP
        if not lacking.any():
            continue
        weights = np.bincount(scope.community[lacking], weights=scope.weight[lacking], minlength=len(communities))
        order = [i for i in np.argsort(-weights, kind="stable") if weights[i] > 0]
        gaps.append(
            TopGap(
                words=row.words,
                weight=float(scope.weight[lacking].sum()),
                n_residences=int(lacking.sum()),
                share=row.total.of("gap"),
                where=tuple((communities[i], float(weights[i])) for i in order),
            )
        )
    return tuple(sorted(gaps, key=lambda gap: -gap.weight))


def _unknown_because(frames: StudyFrames, scope: Scope) -> tuple[tuple[Words, float], ...]:
    total = scope.weight.sum() * len(KINDS)
    if not total > 0:
        return ()
    why = frames.layers.set_index(["community_id", "kind"])["why"].fillna("").to_dict()
    cell_why = np.array(
        [[why.get((area, kind_id), "") for kind_id in KINDS] for area in scope.community_ids], dtype=object
    ).reshape(len(scope.community_ids), len(KINDS))
    unknown = scope.status == _UNKNOWN
    edge = unknown & (scope.reason == "data_edge")
    weights = np.broadcast_to(scope.weight[:, None], unknown.shape)
    causes = [(REASONS["data_edge"], float(weights[edge].sum()))]
    of_cell = cell_why[scope.community]
    rest = unknown & ~edge
    for word, words in LAYER_WHY.items():
        hit = rest & (of_cell == word)
        causes.append((words, float(weights[hit].sum())))
        rest &= ~hit
    causes.append((REASONS["data_missing"], float(weights[rest].sum())))
    return tuple((words, weight / total) for words, weight in sorted(causes, key=lambda c: -c[1]) if weight > 0)


def _score_of(row: Mapping[Any, Any], words: Words, n_kinds: int, average: Shares | None) -> ScoreRow:
    return ScoreRow(
        words=words,
        n_kinds=n_kinds,
        mean=(float(row["confirmed"]), float(row["confirmed_or_possible"])),
        worst=(float(row["worst_decile_confirmed"]), float(row["worst_decile_confirmed_or_possible"])),
        average=average,
    )


def _scores(frames: StudyFrames, district_id: str | None, rows: Sequence[KindRow]) -> tuple[ScoreRow, ...]:
    of_scope = frames.scores[of_area(frames.scores, district_id)]
    by_scope = {row["scope"]: row for row in of_scope.to_dict("records")}
    scopes: list[tuple[str, Words, list[KindRow]]] = [("all", Words(zh="27类总分", en="All 27 kinds"), list(rows))]
    for group in GROUPS:
        members = [row for row in rows if row.group == group]
        zh = kind(members[0].kind).group_zh
        scopes.append((group, Words(zh=zh, en=GROUPS_EN[group]), members))
    for service in SERVICES_ZH:
        members = [row for row in rows if service in kind(row.kind).services]
        scopes.append((service, Words(zh=service, en=SERVICES_EN.get(service, service)), members))
    return tuple(
        _score_of(by_scope[scope], words, len(members), _average([row.total for row in members]))
        for scope, words, members in scopes
        if scope in by_scope
    )


def _glance(frames: StudyFrames, communities: Sequence[AreaName], rows: Sequence[KindRow]) -> tuple[CommunityRow, ...]:
    everywhere = frames.residences["community_id"].fillna(NO_AREA).value_counts()
    scores = frames.scores[(frames.scores["level"] == "community") & (frames.scores["scope"] == "all")]
    by_area = {row["area_id"]: row for row in scores.to_dict("records")}
    out = []
    for i, area in enumerate(communities):
        average = _average([row.cells[i] for row in rows])
        whole = everywhere[area.area_id] == average.n_residences and area.area_id in by_area
        score = _score_of(by_area[area.area_id], area.words, len(KINDS), None) if whole else None
        out.append(CommunityRow(area=area, average=average, score=score))
    return tuple(out)


def _types(types: Typology, scope: Scope, names: AreaNames) -> CommunityTypes:
    type_of = dict(zip(types.communities["area_id"], types.communities["type"], strict=True))
    return CommunityTypes(
        types=tuple(
            CommunityType(
                number=int(row["type"]),
                words=Words(zh=text_of(row["name_zh"]), en=text_of(row["name_en"])),
                n_communities=int(row["n_communities"]),
                weight=float(row["weight"]),
                here=tuple(
                    names["community", area] for area in scope.community_ids if type_of.get(area) == row["type"]
                ),
            )
            for row in types.types.to_dict("records")
        ),
        silhouette=float(types.types["silhouette"].iloc[0]) if len(types.types) > 1 else None,
    )


def _gap_areas(frames: StudyFrames, scope: Scope, names: AreaNames, district_id: str | None) -> tuple[GapAreaRow, ...]:
    areas = frames.gap_areas
    if not len(areas):
        return ()
    # Whose gap area is it? The residences inside it that lack its kind, since the frame doesn't list them.
    points = np.asarray(points_of(scope.residences).array)
    area, residence = shapely.STRtree(points).query(np.asarray(areas.geometry.array), predicate="intersects")
    column = pd.Index(KINDS).get_indexer(pd.Index(areas["kind"]))
    lacks = scope.status[residence, column[area]] == _GAP
    area, residence = area[lacks], residence[lacks]
    weights = np.zeros((len(areas), len(scope.community_ids)))
    np.add.at(weights, (area, scope.community[residence]), scope.weight[residence])
    inside = weights.sum(axis=1)
    kept = np.arange(len(areas)) if district_id is None else np.unique(area)
    total = areas["weight"].to_numpy(dtype=np.float64)
    ids = areas["gap_area_id"].to_numpy()
    order = sorted(kept.tolist(), key=lambda i: (-total[i], ids[i]))
    inner = shapely.get_coordinates(points_of(areas).array)
    told = areas.drop(columns=areas.geometry.name).to_dict("records")
    rows = []
    for i in order:
        row = told[i]
        by_weight = [c for c in np.argsort(-weights[i], kind="stable") if weights[i, c] > 0]
        rows.append(
            GapAreaRow(
                gap_area_id=str(row["gap_area_id"]),
                kind=kind_words(row["kind"]),
                kind_id=str(row["kind"]),
                weight=float(total[i]),
                n_residences=int(row["n_residences"]),
                nearest_s=float(row["nearest_s"]),
                cause=REASONS.get(row["cause"], Words(zh="原因不明", en="cause not known")),
                where=tuple(names["community", scope.community_ids[c]] for c in by_weight),
                partly=district_id is not None and inside[i] < total[i] * (1 - 1e-9),
                lon=float(inner[i, 0]),
                lat=float(inner[i, 1]),
            )
        )
    return tuple(rows)


def _plan(
    frames: StudyFrames, scope: Scope, names: AreaNames, district_id: str | None, rows: Sequence[KindRow]
) -> Plan | None:
    summary = frames.plan_summary
    if not summary:
        return None
    planned = [str(one) for one in summary.get("kinds", [])]
    lacking = [row.kind for row in rows if row.total.of("gap") > 0]
    return Plan(
        model=text_of(summary.get("model")),
        kinds=tuple(kind_words(one) for one in planned),
        other_gap_kinds=tuple(kind_words(one) for one in lacking if one not in planned),
        p=int(summary.get("p", len(frames.plan))),
        objective=_number(summary.get("objective")),
        bound=_number(summary.get("bound")),
        gap=_number(summary.get("gap")),
        demand=_number(summary.get("demand")),
        demand_unreachable=_number(summary.get("demand_unreachable")),
        solver=_solver_text(summary.get("solver")),
        sites=_plan_sites(frames, names, district_id),
        unserved=_unserved(summary, scope, names),
        community_gains=_community_gains(summary, scope, names),
        reproducible=bool(summary.get("reproducible", True)),
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float | np.number) else math.nan


def _solver_text(solver: object) -> str:
    if isinstance(solver, Mapping):
        said = {key: f"{value:,.0f}" if isinstance(value, float) else value for key, value in solver.items()}
        return ", ".join(text_of(f"{key} {value}") for key, value in said.items())
    return text_of(solver)


def _plan_sites(frames: StudyFrames, names: AreaNames, district_id: str | None) -> tuple[PlanSite, ...]:
    plan = frames.plan
    if not len(plan):
        return ()
    candidates = frames.candidates.drop_duplicates("candidate_id").set_index("candidate_id")
    sites = []
    ordered = plan.sort_values("rank", kind="stable")
    points = np.asarray(points_of(ordered).array)
    community, district = (_areas_at(frames, level, points) for level in LEVELS)
    at = shapely.get_coordinates(points)
    for i, row in enumerate(ordered.drop(columns=ordered.geometry.name).to_dict("records")):
        known = row["candidate_id"] in candidates.index
        candidate = candidates.loc[row["candidate_id"]] if known else None
        name = None if candidate is None else name_or(candidate["name"], "")
        sites.append(
            PlanSite(
                rank=int(row["rank"]),
                candidate_id=name_or(row["candidate_id"], ""),
                name=None if name in {None, "–"} else name,
                existing=candidate is not None and candidate["origin"] == "site",
                kinds=tuple(kind_words(one) for one in str(row["kinds"]).split(",") if one),
                gained=float(row["gained"]),
                gained_if_confirmed=float(row["gained_if_confirmed"]),
                where=names["community", community[i]],
                here=district_id is None or district[i] == district_id,
                lon=float(at[i, 0]),
                lat=float(at[i, 1]),
            )
        )
    return tuple(sites)


def _sites(frames: StudyFrames, names: AreaNames, district_id: str | None) -> tuple[SiteRow, ...]:
    if not len(frames.sites):
        return ()
    points = np.asarray(points_of(frames.sites).array)
    community, district = (_areas_at(frames, level, points) for level in LEVELS)
    at = shapely.get_coordinates(points)
    told = dict(zip(frames.sites["site_id"], range(len(points)), strict=True))
    names_of, sources, hours = (frames.sites[column].to_list() for column in ("name", "source", "opening_hours"))
    order = {one: i for i, one in enumerate((*KINDS, *EXTENSION_KINDS))}
    held = frames.site_kinds[["site_id", "kind", "evidence", "rule"]].itertuples(index=False)
    rows = []
    for site_id, kind_id, evidence, rule in sorted(held, key=lambda row: (order.get(row[1], len(order)), row[0])):
        i = told[site_id]
        if district_id is not None and district[i] != district_id:
            continue
        rows.append(
            SiteRow(
                site_id=text_of(site_id),
                name=None if pd.isna(names_of[i]) else name_or(names_of[i], ""),
                kind=kind_words(kind_id),
                evidence=EVIDENCE[evidence],
                rule=text_of(rule),
                source=text_of(sources[i]),
                opening_hours=text_of(hours[i]),
                where=names["community", community[i]],
                lon=float(at[i, 0]),
                lat=float(at[i, 1]),
            )
        )
    return tuple(rows)


def _areas_at(frames: StudyFrames, level: str, points: npt.NDArray[np.object_]) -> list[str]:
    """The area in which each point lies; the smallest id where shapes overlap."""
    shapes = frames.area_shapes[frames.area_shapes["level"] == level]
    found = [NO_AREA] * len(points)
    if not len(shapes):
        return found
    at, shape = shapely.STRtree(np.asarray(shapes.geometry.array)).query(points, predicate="intersects")
    ids = shapes["area_id"].to_numpy()
    for i, area in sorted(zip(at.tolist(), ids[shape].tolist(), strict=True), reverse=True):
        found[i] = area
    return found


def _community_gains(summary: Mapping[str, Any], scope: Scope, names: AreaNames) -> tuple[CommunityGain, ...]:
    sums: dict[str, tuple[float, float]] = {}
    for row in summary.get("gained_by_community") or ():
        gained, demand = sums.get(row["community_id"], (0.0, 0.0))
        sums[row["community_id"]] = (gained + float(row["gained"]), demand + float(row["demand"]))
    found = [
        CommunityGain(area=names["community", area], gained=gained, demand=max(gained, demand))
        for area, (gained, demand) in sums.items()
        if area in scope.community_ids
    ]
    return tuple(sorted(found, key=lambda one: (-one.gained, one.area.area_id)))


def _unserved(summary: Mapping[str, Any], scope: Scope, names: AreaNames) -> tuple[Unserved, ...]:
    """Sum the listed residences by kind, those of the scope only."""
    community_of = dict(
        zip(scope.residences["residence_id"], scope.residences["community_id"].fillna(NO_AREA), strict=True)
    )
    weights: dict[str, dict[str, float]] = {}
    counts: dict[str, int] = {}
    for row in summary.get("unreachable_residences") or ():
        area = community_of.get(row["residence_id"])
        if area is None:
            continue
        of_kind = weights.setdefault(row["kind"], {})
        of_kind[area] = of_kind.get(area, 0.0) + float(row["weight"])
        counts[row["kind"]] = counts.get(row["kind"], 0) + 1
    found = [
        Unserved(
            kind=kind_words(one),
            weight=sum(areas.values()),
            n=counts[one],
            where=tuple(names["community", area] for area in sorted(areas, key=lambda a: (-areas[a], a))),
        )
        for one, areas in weights.items()
    ]
    return tuple(sorted(found, key=lambda row: -row.weight))


def _quality(frames: StudyFrames, scope: Scope, communities: Sequence[AreaName]) -> Quality:
    layers = frames.layers[frames.layers["community_id"].isin(list(scope.community_ids))]
    why = layers["why"].fillna("")
    thin = why == "thin_community"
    absent = why == "no_feature_anywhere"
    weights = np.bincount(scope.community, weights=scope.weight, minlength=len(communities))
    of_communities = []
    for area, weight in zip(communities, weights.tolist(), strict=True):
        mine = layers["community_id"] == area.area_id
        if not mine.any():
            continue
        first = layers[mine].iloc[0]
        of_communities.append(
            CommunityQuality(
                area=area,
                weight=weight,
                street_km=float(first["street_km"]),
                density_per_km=float(first["density_per_km"]),
                needed_per_km=float(first.get("needed_per_km", first["floor_per_km"])),
                declared=int(layers.loc[mine, "declared"].sum()),
                complete=int(layers.loc[mine, "complete"].sum()),
                thin=bool(thin[mine].any()),
            )
        )
    of_kinds = []
    for kind_id in KINDS:
        mine = layers["kind"] == kind_id
        counts = why[mine & (why != "")].value_counts(sort=False).to_dict()
        of_kinds.append(
            KindQuality(
                words=kind_words(kind_id),
                n_features=float(layers.loc[mine, "n_features"].sum()),
                declared=int(layers.loc[mine, "declared"].sum()),
                complete=int(layers.loc[mine, "complete"].sum()),
                why=tuple((LAYER_WHY[word], int(counts[word])) for word in LAYER_WHY if word in counts),
                completeness_cn=kind(kind_id).completeness_cn,
            )
        )
    absent_kinds = [one for one in KINDS if (absent & (layers["kind"] == one)).any()]
    return Quality(
        communities=tuple(of_communities),
        kinds=tuple(of_kinds),
        median_per_km=float(layers["median_per_km"].iloc[0]) if len(layers) else math.nan,
        floor_per_km=float(layers["floor_per_km"].iloc[0]) if len(layers) else math.nan,
        declared_cells=int(layers["declared"].sum()),
        taken_back_thin=int((thin & layers["declared"]).sum()),
        taken_back_absent=int((absent & layers["declared"]).sum()),
        thin_weight=sum(one.weight for one in of_communities if one.thin),
        absent_kinds=tuple(kind_words(one) for one in absent_kinds),
        warnings=tuple(_note(one) for one in frames.about.get("warnings") or ()),
    )


def _note(value: object) -> Words:
    said = words_in(value)
    return Words(text_of(said.zh), text_of(said.en))
