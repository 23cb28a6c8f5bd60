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
from circle15.display import plain_name
from circle15.outputs import palette
from circle15.outputs.webmap.pinyin import readings
from circle15.outputs.webmap.privacy import OTHERS, published
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

COVERED: Final = schema.STATUSES.index("covered")

SCOPES: Final[dict[str, tuple[Words, tuple[str, ...]]]] = {
    "all": (Words(zh="总分", en="Score"), checklist.KINDS),
    **{
        group: (
            Words(zh=checklist.kind(kinds[0]).group_zh, en=palette.GROUPS_EN[group]),
            kinds,
        )
        for group in checklist.GROUPS
        if (kinds := tuple(kind for kind in checklist.KINDS if checklist.kind(kind).group == group))
    },
    **{
        service: (
            Words(zh=service, en=palette.SERVICES_EN[service]),
            tuple(kind for kind in checklist.KINDS if service in checklist.kind(kind).services),
        )
        for service in checklist.SERVICES_ZH
    },
}
"""What scores are given for: the 27, the groups, the service categories; each with its words and kinds."""


LARGEST: Final = 0x10F7FF - 36
"""The largest number that one character can hold."""


def packed(numbers: Any) -> str | list[int]:
    r"""Write whole numbers from 0 as one string, a character each: in UTF-8 small ones take a byte, most two.

    Parameters
    ----------
    numbers : array_like of int
        None of them negative.

    Returns
    -------
    str or list of int
        The character of n is the one n places after ``#``, without the backslash and the surrogates, so that JSON
        escapes none of them. The numbers themselves where one is above `LARGEST`.

    Examples
    --------
    >>> packed([0, 1, 57, 300])
    '#$]Ő'
    """
    code = np.asarray(numbers, dtype=np.int64).ravel()
    if len(code) and code.max() > LARGEST:
        return [int(number) for number in code]
    code = code + 35
    code = code + (code >= 92)
    code = np.where(code >= 0xD800, code + 0x800, code)
    return code.astype("<u4").tobytes().decode("utf-32-le")


def payload(frames: schema.StudyFrames) -> dict[str, Any]:
    """Everything the page shows, as a JSON-ready value.

    Parameters
    ----------
    frames : StudyFrames
        The study's frames. Nothing is changed in them. What `about["min_residents"]` asks to be merged is merged
        first, see `webmap.privacy`.

    Returns
    -------
    dict
        Kinds are in checklist order and statuses in the order of `schema.STATUSES`; both are referred to by index.
        Geometry is encoded by `encode_shapes` and packed; names went through `plain_name`. Figures of areas
        are counted here, from every residence, never by the page.
    """
    study = frames
    frames, counted, _, n_homes = published(study)
    areas = _area_index(frames.areas)
    residences = _residences(frames.residences, areas)
    residences["homes"] = packed(n_homes)
    sites = _sites(frames.sites, frames.site_kinds)
    area_list = _areas(frames, areas, _counts(counted, study.access, areas), _gains(study, counted, areas))
    order = _along_a_curve(frames.residences)
    return {
        "degrees": DEGREES,
        "about": _about(frames),
        "scopes": [
            {"id": scope, "zh": words.zh, "en": words.en, "kinds": [checklist.KINDS.index(kind) for kind in kinds]}
            for scope, (words, kinds) in SCOPES.items()
        ],
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
        "changes": [
            {
                "id": change,
                "zh": style.zh,
                "en": style.en,
                "letter": style.letter,
                "colour": style.colour,
                "ink": style.ink,
                "line": style.line,
                "path": style.pattern_path,
            }
            for change, style in palette.CHANGE_STYLES.items()
        ],
        "areas": area_list,
        "order": packed(order),
        "residences": residences,
        "access": _access(frames, order),
        "sites": sites,
        "pinyin": _pinyin([*(area["name"] for area in area_list), *residences["name"], *sites["name"]]),
        "gapAreas": _gap_areas(frames.gap_areas),
        "plan": _plan(frames),
        "completeness": completeness(frames.layers, _known_areas(study, areas)),
        "base": {
            **{
                name: _drawn(frames.streets.geometry[frames.streets["street_class"] == name])
                for name in ("road", "path", "steps")
            },
            **{name: _drawn(frames.backdrop.geometry[frames.backdrop["kind"] == name]) for name in ("water", "green")},
            **{
                level: _drawn(frames.area_shapes.geometry[frames.area_shapes["level"] == level])
                for level in schema.LEVELS
            },
            "extent": _packed_shapes(encode_shapes(gpd.GeoSeries([frames.extent], crs="EPSG:4326"))),
        },
    }


def _drawn(geometry: gpd.GeoSeries) -> dict[str, Any]:
    return _packed_shapes(encode_shapes(geometry, tolerance_deg=STREET_TOLERANCE_DEG))


def _packed_shapes(code: dict[str, list[int]]) -> dict[str, Any]:
    """The lists of `encode_shapes` as strings; `at` is the first point, from which the differences go on."""
    differences = np.asarray(code["xy"], dtype=np.int64)
    at = differences[:2].tolist()
    differences[:2] = 0
    zigzag = np.where(differences < 0, -2 * differences - 1, 2 * differences)
    return {"parts": packed(code["parts"]), "points": packed(code["points"]), "at": at, "xy": packed(zigzag)}


def _along_a_curve(residences: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """The rows in the order of a Hilbert curve: neighbours reach the same sites, so their rows compress well so."""
    along = schema.points_of(residences).hilbert_distance(total_bounds=residences.total_bounds)
    return np.argsort(along.to_numpy(), kind="stable")


def _pinyin(names: Iterable[str | None]) -> dict[str, str]:
    found = readings(names)
    return {"characters": "".join(found), "readings": " ".join("/".join(readings) for readings in found.values())}


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
        "thin": [None if area == schema.NO_AREA else plain_name(names.get(area)) or str(area) for area in thin_ids],
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
        "weightMeaning": about["weight_meaning"],
        "minutesUrban": _number(s_to_minutes(about["threshold_urban_s"]), 1),
        "minutesRural": _number(s_to_minutes(about["threshold_rural_s"]), 1),
        "studyId": about["study_id"],
        "dataDate": about.get("data_date"),
        "leastShown": _number(about.get("min_residents") or 0.0, 3),
        "tianditu": about.get("tianditu_key") or None,
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


def _places(ids: pd.Series[str], level: str, index: dict[tuple[str, str], int]) -> NDArray[np.int64]:
    """Where the areas of some residences stand on the page; NO_INDEX for one that has no figures."""
    places = [index.get((level, schema.NO_AREA if pd.isna(area) else area), NO_INDEX) for area in ids]
    return np.asarray(places, dtype=np.int64)


def _members(residences: gpd.GeoDataFrame, index: dict[tuple[str, str], int]) -> dict[str, NDArray[np.int64]]:
    """For each level, where each residence is counted."""
    levels = {level: _places(residences[f"{level}_id"], level, index) for level in schema.LEVELS}
    return {"study": np.zeros(len(residences), dtype=np.int64), **levels}


def _counts(
    residences: gpd.GeoDataFrame, access: pd.DataFrame, index: dict[tuple[str, str], int]
) -> dict[str, NDArray[np.float64]]:
    """Count residences and weight of each area by status, kind by kind, and by number of kinds covered.

    ``n_status``: (areas, kinds, statuses) residences. For each scope ``n SCOPE`` and ``weight SCOPE``:
    (areas, 1 + kinds of the scope) residences and weight by how many of its kinds are covered.
    """
    n_kinds = len(checklist.KINDS)
    status = np.asarray(pd.Index(schema.STATUSES).get_indexer(pd.Index(access["status"]))).reshape(-1, n_kinds)
    is_covered = status == COVERED
    weight = residences["weight"].to_numpy(dtype=np.float64)
    counts: dict[str, NDArray[np.float64]] = {"n_status": np.zeros((len(index), n_kinds, len(schema.STATUSES)))}
    members = _members(residences, index).values()
    covered: dict[str, NDArray[np.int64]] = {}
    for scope, (_, kinds) in SCOPES.items():
        covered[scope] = is_covered[:, [checklist.KINDS.index(kind) for kind in kinds]].sum(axis=1)
        for what in ("n", "weight"):
            counts[f"{what} {scope}"] = np.zeros((len(index), 1 + len(kinds)))
    for places in members:
        held = np.flatnonzero(places >= 0)
        np.add.at(counts["n_status"], (places[held, np.newaxis], np.arange(n_kinds), status[held]), 1)
        for scope, score in covered.items():
            np.add.at(counts[f"n {scope}"], (places[held], score[held]), 1)
            np.add.at(counts[f"weight {scope}"], (places[held], score[held]), weight[held])
    return counts


def _gains(
    frames: schema.StudyFrames, counted: gpd.GeoDataFrame, index: dict[tuple[str, str], int]
) -> dict[tuple[int, int], list[float]]:
    """Weight and number of residences that the plan newly serves, by area and kind."""
    rows = pd.Index(counted["residence_id"]).get_indexer(pd.Index(frames.plan_served["residence_id"]))
    kinds = [checklist.KINDS.index(kind) for kind in frames.plan_served["kind"]]
    weight = counted["weight"].to_numpy(dtype=np.float64)
    gains: dict[tuple[int, int], list[float]] = {}
    for places in _members(counted, index).values():
        for row, kind in zip(rows, kinds, strict=True):
            if places[row] >= 0:
                gain = gains.setdefault((int(places[row]), kind), [0.0, 0])
                gain[0] += weight[row]
                gain[1] += 1
    return gains


def _known_areas(frames: schema.StudyFrames, index: dict[tuple[str, str], int]) -> pd.DataFrame:
    """The study's areas, those that the page shows merged with others under the one name `OTHERS`."""
    pairs = zip(frames.areas["level"], frames.areas["area_id"], strict=True)
    shown = np.array([pair in index for pair in pairs], dtype=np.bool_)
    return frames.areas.assign(name=frames.areas["name"].where(shown, OTHERS))


def _areas(
    frames: schema.StudyFrames,
    index: dict[tuple[str, str], int],
    counts: dict[str, NDArray[np.float64]],
    gains: dict[tuple[int, int], list[float]],
) -> list[dict[str, Any]]:
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
        (level, area, scope): [_number(share * len(SCOPES[scope][1]), 2) for share in shares]
        for level, area, scope, *shares in frames.scores.loc[
            frames.scores["scope"].isin(list(SCOPES)),
            ["level", "area_id", "scope", "confirmed", "confirmed_or_possible", "worst_decile_confirmed"],
        ].itertuples(index=False)
    }
    is_counted = not frames.about.get("min_residents")
    out: list[dict[str, Any]] = []
    grouped = dict(list(frames.areas.groupby(["level", "area_id"], sort=False)))
    for pair, place in index.items():
        rows = grouped[pair]
        first = rows.iloc[0]
        shares = rows.set_index("kind").loc[list(checklist.KINDS), list(schema.STATUSES)].to_numpy()
        out.append(
            {
                "level": pair[0],
                "id": plain_name(pair[1]) or "",
                "name": plain_name(first["name"]),
                "merged": pair[1].startswith(OTHERS) and not is_counted,
                "weight": _number(first["weight"], 3),
                "n": int(first["n_residences"]),
                "shares": [[palette.percent(share) for share in row] for row in shares],
                "amounts": [[_number(first["weight"] * share, 1) for share in row] for row in shares],
                # How many homes are in which state would speak of single ones where they must not be shown.
                "counts": counts["n_status"][place].astype(int).tolist() if is_counted else None,
                "shape": places.get(pair),
                "at": labels.get(pair),
                "scores": {
                    scope: {
                        # Shares of the checklist become numbers of kinds, as people count them.
                        "mean": scores.get((*pair, scope)),
                        "weight": [_number(weight, 1) for weight in counts[f"weight {scope}"][place]],
                        "n": counts[f"n {scope}"][place].astype(int).tolist() if is_counted else None,
                    }
                    for scope in SCOPES
                },
                "planned": {
                    str(kind): _planned(gains[place, kind], shares[kind, COVERED], first["weight"], counted=is_counted)
                    for kind in range(len(checklist.KINDS))
                    if (place, kind) in gains
                },
            }
        )
    return out


def _planned(gain: list[float], covered: float, weight: float, *, counted: bool) -> dict[str, Any]:
    """What the plan changes for one area and kind."""
    gained, n = gain
    after = palette.percent(covered + gained / weight)
    return {"weight": _number(gained, 1), "n": int(n) if counted else None, "after": after}


def _residences(residences: gpd.GeoDataFrame, areas: dict[tuple[str, str], int]) -> dict[str, Any]:
    names = residences["name"] if "name" in residences else pd.Series([None] * len(residences), dtype="str")
    return {
        "id": [plain_name(residence) or "" for residence in residences["residence_id"]],
        "name": [plain_name(name) for name in names],
        "weight": [_number(weight, 3) for weight in residences["weight"]],
        "rural": packed(residences["setting"] == "rural"),
        **{level: packed(_places(residences[f"{level}_id"], level, areas) - NO_INDEX) for level in schema.LEVELS},
        "shapes": _packed_shapes(encode_shapes(residences.geometry)),
    }


def _access(frames: schema.StudyFrames, order: NDArray[np.int64]) -> list[dict[str, Any]]:
    """For each kind one number a residence, in the given order.

    ``verdict`` is status + 5 x robust + 10 x reason; ``minutes`` and ``site`` count from 1, 0 being none; a site is its
    place in ``sites``, where the most frequent come first.
    """
    n = len(frames.residences)
    access = frames.access

    def by_kind(values: Any) -> NDArray[Any]:
        return np.asarray(values).reshape(n, len(checklist.KINDS)).T[:, order]

    status = by_kind(pd.Index(schema.STATUSES).get_indexer(pd.Index(access["status"])))
    reason = pd.Index(schema.REASONS).get_indexer(pd.Index(access["reason"]))
    reason = by_kind(np.where(reason < 0, len(schema.REASONS), reason))
    robust = by_kind(access["robust"])
    minutes = by_kind(_minutes(access["time_s"]))
    site = by_kind(pd.Index(frames.sites["site_id"]).get_indexer(pd.Index(access["site_id"])))
    out = []
    for k in range(len(checklist.KINDS)):
        used, times_used = np.unique(site[k][site[k] >= 0], return_counts=True)
        ranked = used[np.lexsort((used, -times_used))]
        rank = np.zeros(len(frames.sites) + 1, dtype=np.int64)
        rank[ranked] = np.arange(len(ranked)) + 1
        out.append(
            {
                "verdict": packed(status[k] + 5 * robust[k] + 10 * reason[k]),
                "minutes": packed(minutes[k] - NO_TIME),
                "site": packed(rank[site[k]]),  # the last, where NO_INDEX points, stays 0
                "sites": packed(ranked),
            }
        )
    return out


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
        "id": [plain_name(site) or "" for site in sites["site_id"]],
        "name": [plain_name(name) for name in sites["name"]],
        "kinds": [kinds.get(site, []) for site in sites["site_id"]],
        "rules": [plain_name(rule) or "" for rule in rules],
        "shapes": _packed_shapes(encode_shapes(schema.points_of(sites))),
    }


def _gap_areas(gap_areas: gpd.GeoDataFrame) -> dict[str, Any]:
    rank = {kind: i for i, kind in enumerate(checklist.KINDS)}
    reason = {name: i for i, name in enumerate(schema.REASONS)}
    return {
        "id": [plain_name(area) or "" for area in gap_areas["gap_area_id"]],
        "kind": [rank.get(kind, NO_INDEX) for kind in gap_areas["kind"]],
        "weight": [_number(weight, 3) for weight in gap_areas["weight"]],
        "n": [int(n) for n in gap_areas["n_residences"]],
        "minutes": _minutes(gap_areas["nearest_s"]).tolist(),
        "cause": [reason.get(cause, NO_INDEX) for cause in gap_areas["cause"]],
        "shapes": _packed_shapes(encode_shapes(_outer_rings(gap_areas.geometry), tolerance_deg=GAP_TOLERANCE_DEG)),
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
        "id": [plain_name(candidate) or "" for candidate in plan["candidate_id"]],
        "name": [plain_name(names.get(candidate)) for candidate in plan["candidate_id"]],
        "atSite": [origins.get(candidate) == "site" for candidate in plan["candidate_id"]],
        "kinds": [[rank[kind] for kind in str(kinds).split(",") if kind in rank] for kinds in plan["kinds"]],
        "gained": [_number(gained, 3) for gained in plan["gained"]],
        "gainedIfConfirmed": [_number(gained, 3) for gained in plan["gained_if_confirmed"]],
        "served": _served(frames),
        "shapes": _packed_shapes(encode_shapes(plan.geometry)),
        "objective": _number(summary.get("objective"), 3),
        "bound": _number(summary.get("bound"), 3),
        "gap": _number(summary.get("gap"), 9),
        "demand": _number(summary.get("demand"), 3),
        "unreachable": _number(summary.get("demand_unreachable"), 3),
        "isReproducible": bool(summary.get("reproducible", True)),
    }


def _served(frames: schema.StudyFrames) -> list[list[list[int]]]:
    """For each opening of the plan pairs of kind and residence that it newly serves."""
    place = {candidate: i for i, candidate in enumerate(frames.plan["candidate_id"])}
    served = frames.plan_served
    rows = pd.Index(frames.residences["residence_id"]).get_indexer(pd.Index(served["residence_id"]))
    out: list[list[list[int]]] = [[] for _ in place]
    for candidate, kind, row in zip(served["candidate_id"], served["kind"], rows, strict=True):
        out[place[candidate]].append([checklist.KINDS.index(kind), int(row)])
    return out


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
