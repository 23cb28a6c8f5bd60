"""What travels inside the map page: a study's frames as one small JSON-ready value."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15 import checklist, schema
from circle15.outputs import palette
from circle15.units import minutes_to_s, s_to_minutes
from circle15.words import Words, words_in

DEGREES: Final = 1e-6
"""Coordinates travel as whole numbers of this many degrees (0.11 m or less)."""

STREET_TOLERANCE_DEG: Final = 5e-6
"""Streets and backdrop are drawn, never measured, so bends under half a metre are dropped."""

GAP_TOLERANCE_DEG: Final = 2e-5
"""Gap areas are buffers round buildings: their arcs need no more than two metres."""

NO_TIME: Final = -1
NO_INDEX: Final = -1


def payload(frames: schema.StudyFrames) -> dict[str, Any]:
    """Everything the page shows, as a JSON-ready value.

    Parameters
    ----------
    frames : StudyFrames
        The study's frames. Nothing is changed in them.

    Returns
    -------
    dict
        Kinds are in checklist order and statuses in the order of `schema.STATUSES`; both are referred to by index.
        Geometry is encoded by `encode_shapes`; names went through `palette.plain_name`.
    """
    areas = _area_index(frames.areas)
    return {
        "degrees": DEGREES,
        "about": _about(frames),
        "kinds": [_kind(kind) for kind in checklist.kinds()],
        "statuses": [
            {
                "id": style.status,
                "zh": style.zh,
                "en": style.en,
                "letter": style.letter,
                "colour": style.colour,
                "ink": style.ink,
                "line": style.line,
                "path": style.pattern_path,
                "readZh": style.read_zh,
                "readEn": style.read_en,
            }
            for style in (palette.STATUS_STYLES[status] for status in schema.STATUSES)
        ],
        "pattern": {"tile": palette.PATTERN_TILE, "stroke": palette.PATTERN_STROKE},
        "reasons": [_words(palette.REASONS[reason]) for reason in schema.REASONS],
        "evidence": [_words(palette.EVIDENCE[evidence]) for evidence in schema.EVIDENCE],
        "score": {
            "classes": [list(bounds) for bounds in palette.SCORE_CLASSES],
            "colours": list(palette.SCORE_COLOURS),
        },
        "areas": _areas(frames, areas),
        "residences": _residences(frames.residences, areas),
        "access": _access(frames),
        "sites": _sites(frames.sites, frames.site_kinds),
        "gapAreas": _gap_areas(frames.gap_areas),
        "plan": _plan(frames),
        "completeness": completeness(frames.layers, frames.areas),
        "base": {
            **{
                name: encode_shapes(
                    frames.streets.geometry[frames.streets["street_class"] == name], tolerance_deg=STREET_TOLERANCE_DEG
                )
                for name in ("road", "path", "steps")
            },
            **{
                name: encode_shapes(
                    frames.backdrop.geometry[frames.backdrop["kind"] == name], tolerance_deg=STREET_TOLERANCE_DEG
                )
                for name in ("water", "green")
            },
            **{
                level: encode_shapes(
                    frames.area_shapes.geometry[frames.area_shapes["level"] == level],
                    tolerance_deg=STREET_TOLERANCE_DEG,
                )
                for level in schema.LEVELS
            },
            "extent": encode_shapes(gpd.GeoSeries([frames.extent], crs="EPSG:4326")),
        },
    }


def encode_shapes(geometry: gpd.GeoSeries, *, tolerance_deg: float = 0.0) -> dict[str, list[int]]:
    """Points, lines and polygons as three flat lists of whole numbers.

    Parameters
    ----------
    geometry : GeoSeries
        Longitude and latitude; types may be mixed, empty ones keep their place.
    tolerance_deg : float
        Bends under this many degrees are dropped.

    Returns
    -------
    dict
        ``parts``: number of parts of each feature (a ring, a line or a point each); ``points``: number of points of
        each part; ``xy``: x and y of every point in units of `DEGREES`, each as the difference from the point
        before it, the first from 0. Rings don't repeat their first point: filled by the even-odd rule they
        need no word about which is a hole.

    Examples
    --------
    >>> square = gpd.GeoSeries([shapely.box(1, 2, 1.000003, 2.000004)])
    >>> encode_shapes(square)
    {'parts': [1], 'points': [4], 'xy': [1000003, 2000000, 0, 4, -3, 0, 0, -4]}
    """
    shapes: NDArray[Any] = np.asarray(geometry.array, dtype=object)
    n_shapes = len(shapes)
    if tolerance_deg > 0:
        shapes = shapely.simplify(shapes, tolerance_deg)
    singles, feature = shapely.get_parts(shapes, return_index=True)
    is_polygon = shapely.get_type_id(singles) == shapely.GeometryType.POLYGON
    rings, owner = shapely.get_rings(singles[is_polygon], return_index=True)
    lines = np.concatenate([rings, singles[~is_polygon]])
    is_ring = np.arange(len(lines)) < len(rings)
    feature = np.concatenate([feature[is_polygon][owner], feature[~is_polygon]])
    order = np.argsort(feature, kind="stable")
    lines, is_ring, feature = lines[order], is_ring[order], feature[order]

    lonlat, part = shapely.get_coordinates(lines, return_index=True)
    closes = np.append(part[1:] != part[:-1], True)[: len(part)] & is_ring[part]
    lonlat, part = lonlat[~closes], part[~closes]
    whole = np.rint(lonlat / DEGREES).astype(np.int64)
    return {
        "parts": np.bincount(feature, minlength=n_shapes).tolist(),
        "points": np.bincount(part, minlength=len(lines)).tolist(),
        "xy": np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel().tolist(),
    }


def completeness(layers: pd.DataFrame, areas: pd.DataFrame) -> dict[str, Any]:
    """Sum up how far the data is declared complete, and what the density check took back, where people live.

    Parameters
    ----------
    layers : DataFrame
        One row a community and kind, as `schema.StudyFrames` has it.
    areas : DataFrame
        For the communities that hold residences, and their names.

    Returns
    -------
    dict
        ``declared``: kinds (indices) declared complete; ``whole``: those that stayed complete in every community;
        ``nowhere``: declared kinds taken back because no site of them is confirmed anywhere; ``communities``:
        number of communities; ``thin``: names of those too thinly mapped (None for "in no community"), with
        ``thinLow``, ``thinHigh``, ``needed``, ``median`` and ``floor`` in sites per km of street (None where there
        is no figure).
    """
    index = {kind: i for i, kind in enumerate(checklist.KINDS)}
    names = areas[areas["level"] == "community"].drop_duplicates("area_id").set_index("area_id")["name"]
    layers = layers[layers["community_id"].isin(names.index)]
    declared = layers[layers["declared"]]
    taken_back = declared[~declared["complete"]]
    thin = taken_back[taken_back["why"] == "thin_community"]
    nowhere = taken_back[taken_back["why"] == "no_feature_anywhere"]
    thin_ids = list(dict.fromkeys(thin["community_id"]))

    def indices(kinds: Iterable[str]) -> list[int]:
        return sorted({index[kind] for kind in kinds if kind in index})

    return {
        "declared": indices(declared["kind"]),
        "whole": indices(set(declared["kind"]) - set(taken_back["kind"])),
        "nowhere": indices(nowhere["kind"]),
        "communities": int(layers["community_id"].nunique()),
        "thin": [
            None if area == schema.NO_AREA else palette.plain_name(names.get(area)) or str(area) for area in thin_ids
        ],
        "thinLow": _number(thin["density_per_km"].min(), 2),
        "thinHigh": _number(thin["density_per_km"].max(), 2),
        "needed": _number(layers["needed_per_km"].max(), 2),
        "median": _number(layers["median_per_km"].max(), 2),
        "floor": _number(layers["floor_per_km"].max(), 2),
    }


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _kind(kind: checklist.Kind) -> dict[str, Any]:
    return {
        "id": kind.id,
        "zh": kind.zh,
        "en": kind.en,
        "group": kind.group,
        "groupZh": kind.group_zh,
        "groupEn": palette.GROUPS_EN[kind.group],
    }


def _about(frames: schema.StudyFrames) -> dict[str, Any]:
    about = frames.about
    return {
        "weight": _words(palette.WEIGHTS[about["weight_meaning"]]),
        "minutesUrban": _number(s_to_minutes(about["threshold_urban_s"]), 1),
        "minutesRural": _number(s_to_minutes(about["threshold_rural_s"]), 1),
        "hasRural": bool((frames.residences["setting"] == "rural").any()),
        "speed": _number(about["speed_m_s"], 2),
        "profile": about["profile"],
        "completeWhy": words_in(about["complete_why"]).to_dict() if about.get("complete_why") else None,
        "warnings": [words_in(warning).to_dict() for warning in about.get("warnings") or []],
    }


def _area_index(areas: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Areas in the order of the page: the study, then districts, then communities, each sorted by id."""
    known = areas.loc[:, ["level", "area_id"]].drop_duplicates()
    order = {"study": 0, "district": 1, "community": 2}
    pairs = sorted(zip(known["level"], known["area_id"], strict=True), key=lambda pair: (order[pair[0]], pair[1]))
    return {pair: i for i, pair in enumerate(pairs)}


def _areas(frames: schema.StudyFrames, index: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    shapes = frames.area_shapes
    places = {
        (level, area): place
        for level in schema.LEVELS
        for place, area in enumerate(shapes.loc[shapes["level"] == level, "area_id"])
    }
    labels = {
        (level, area): [round(point.x / DEGREES), round(point.y / DEGREES)]
        for level, area, point in zip(shapes["level"], shapes["area_id"], schema.points_of(shapes), strict=True)
    }
    scores = {
        (level, area): share
        for level, area, *share in frames.scores.loc[
            frames.scores["scope"] == "all",
            ["level", "area_id", "confirmed", "confirmed_or_possible", "worst_decile_confirmed"],
        ].itertuples(index=False)
    }
    out: list[dict[str, Any]] = []
    grouped = dict(list(frames.areas.groupby(["level", "area_id"], sort=False)))
    for pair in index:
        rows = grouped[pair]
        first = rows.iloc[0]
        shares = rows.set_index("kind").loc[list(checklist.KINDS), list(schema.STATUSES)].to_numpy()
        score = scores.get(pair)
        out.append(
            {
                "level": pair[0],
                "id": palette.plain_name(pair[1]) or "",
                "name": palette.plain_name(first["name"]),
                "weight": _number(first["weight"], 3),
                "n": int(first["n_residences"]),
                "shares": [[palette.percent(share) for share in row] for row in shares],
                "shape": places.get(pair),
                "at": labels.get(pair),
                # Shares of the checklist become numbers of kinds, as people count them.
                "score": None if score is None else [_number(share * len(checklist.KINDS), 2) for share in score],
            }
        )
    return out


def _residences(residences: gpd.GeoDataFrame, areas: dict[tuple[str, str], int]) -> dict[str, Any]:
    def places(level: str) -> list[int]:
        ids = residences[f"{level}_id"]
        return [areas.get((level, schema.NO_AREA if pd.isna(area) else area), NO_INDEX) for area in ids]

    names = residences["name"] if "name" in residences else pd.Series([None] * len(residences), dtype="str")
    return {
        "id": [palette.plain_name(residence) or "" for residence in residences["residence_id"]],
        "name": [palette.plain_name(name) for name in names],
        "weight": [_number(weight, 1) for weight in residences["weight"]],
        "rural": _digits(residences["setting"] == "rural"),
        "community": places("community"),
        "district": places("district"),
        "shapes": encode_shapes(residences.geometry),
    }


def _access(frames: schema.StudyFrames) -> list[dict[str, Any]]:
    """For each kind, one digit or number a residence, in the order of residences."""
    n = len(frames.residences)
    access = frames.access

    def by_kind(values: Any) -> NDArray[Any]:
        return np.asarray(values).reshape(n, len(checklist.KINDS)).T

    status = by_kind(pd.Index(schema.STATUSES).get_indexer(pd.Index(access["status"])))
    reason = pd.Index(schema.REASONS).get_indexer(pd.Index(access["reason"]))
    reason = by_kind(np.where(reason < 0, len(schema.REASONS), reason))
    robust = by_kind(access["robust"])
    minutes = by_kind(_minutes(access["time_s"]))
    site = by_kind(pd.Index(frames.sites["site_id"]).get_indexer(pd.Index(access["site_id"])))
    return [
        {
            "status": _digits(status[k]),
            "robust": _digits(robust[k]),
            "reason": _digits(reason[k]),
            "minutes": minutes[k].tolist(),
            "site": site[k].tolist(),
        }
        for k in range(len(checklist.KINDS))
    ]


def _digits(numbers: Any) -> str:
    """Small numbers (0 to 9) as one string of digits."""
    return (np.asarray(numbers).astype(np.uint8) + ord("0")).tobytes().decode("ascii")


def _sites(sites: gpd.GeoDataFrame, site_kinds: pd.DataFrame) -> dict[str, Any]:
    rank = {kind: i for i, kind in enumerate(checklist.KINDS)}
    evidence = {name: i for i, name in enumerate(schema.EVIDENCE)}
    held = site_kinds[site_kinds["kind"].isin(checklist.KINDS)]
    rules = sorted({str(rule) for rule in held["rule"]})
    rule_index = {rule: i for i, rule in enumerate(rules)}
    kinds: dict[str, list[list[int]]] = {}
    for site, kind, proof, rule in zip(held["site_id"], held["kind"], held["evidence"], held["rule"], strict=True):
        kinds.setdefault(site, []).append([rank[kind], evidence[proof], rule_index[str(rule)]])
    return {
        "id": [palette.plain_name(site) or "" for site in sites["site_id"]],
        "name": [palette.plain_name(name) for name in sites["name"]],
        "kinds": [kinds.get(site, []) for site in sites["site_id"]],
        "rules": [palette.plain_name(rule) or "" for rule in rules],
        "shapes": encode_shapes(schema.points_of(sites)),
    }


def _gap_areas(gap_areas: gpd.GeoDataFrame) -> dict[str, Any]:
    rank = {kind: i for i, kind in enumerate(checklist.KINDS)}
    reason = {name: i for i, name in enumerate(schema.REASONS)}
    return {
        "id": [palette.plain_name(area) or "" for area in gap_areas["gap_area_id"]],
        "kind": [rank.get(kind, NO_INDEX) for kind in gap_areas["kind"]],
        "weight": [_number(weight, 3) for weight in gap_areas["weight"]],
        "n": [int(n) for n in gap_areas["n_residences"]],
        "minutes": _minutes(gap_areas["nearest_s"]).tolist(),
        "cause": [reason.get(cause, NO_INDEX) for cause in gap_areas["cause"]],
        "shapes": encode_shapes(_outer_rings(gap_areas.geometry), tolerance_deg=GAP_TOLERANCE_DEG),
    }


def _outer_rings(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Polygons without their holes: courtyards and streets inside a gap area would only litter its outline."""
    singles, owner = shapely.get_parts(geometry.array, return_index=True)
    filled: NDArray[Any] = np.asarray(shapely.polygons(shapely.get_exterior_ring(singles)), dtype=object)
    return gpd.GeoSeries([shapely.multipolygons(filled[owner == i]) for i in range(len(geometry))], crs=geometry.crs)


def _plan(frames: schema.StudyFrames) -> dict[str, Any]:
    rank = {kind: i for i, kind in enumerate(checklist.KINDS)}
    plan, candidates = frames.plan, frames.candidates
    names = dict(zip(candidates["candidate_id"], candidates["name"], strict=True))
    origins = dict(zip(candidates["candidate_id"], candidates["origin"], strict=True))
    summary = frames.plan_summary
    return {
        "rank": [int(place) for place in plan["rank"]],
        "id": [palette.plain_name(candidate) or "" for candidate in plan["candidate_id"]],
        "name": [palette.plain_name(names.get(candidate)) for candidate in plan["candidate_id"]],
        "atSite": [origins.get(candidate) == "site" for candidate in plan["candidate_id"]],
        "kinds": [[rank[kind] for kind in str(kinds).split(",") if kind in rank] for kinds in plan["kinds"]],
        "gained": [_number(gained, 3) for gained in plan["gained"]],
        "gainedIfConfirmed": [_number(gained, 3) for gained in plan["gained_if_confirmed"]],
        "shapes": encode_shapes(plan.geometry),
        "objective": _number(summary.get("objective"), 3),
        "bound": _number(summary.get("bound"), 3),
        "gap": _number(summary.get("gap"), 9),
        "demand": _number(summary.get("demand"), 3),
        "unreachable": _number(summary.get("demand_unreachable"), 3),
        "isReproducible": bool(summary.get("reproducible", True)),
    }


def _minutes(time_s: Any) -> NDArray[np.int64]:
    """Whole minutes, rounded up so that what reads 15 minutes never exceeds a threshold of 15; NO_TIME where inf."""
    seconds = np.asarray(time_s, dtype=np.float64)
    known = np.isfinite(seconds)
    out = np.full(seconds.shape, NO_TIME, dtype=np.int64)
    out[known] = np.ceil(np.round(seconds[known] / minutes_to_s(1), 6)).astype(np.int64)
    return out


def _number(value: float | None, digits: int) -> float | int | None:
    """Give a finite number rounded, as an int where nothing is lost; None for none, nan and inf."""
    if value is None or not math.isfinite(value):
        return None
    rounded = round(float(value), digits)
    return int(rounded) if rounded.is_integer() else rounded
