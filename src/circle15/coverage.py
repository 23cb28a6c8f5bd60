"""Reach and evidence -> one of five statuses for every residence and kind, and how far the data can be trusted.

The rules are told to planners in docs/statuses.md; a change here is a change there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from circle15.checklist import EXTENSION_KINDS, KINDS, kind
from circle15.errors import InputError, head
from circle15.schema import NO_AREA, REASONS, STATUSES
from circle15.units import BoolArray, FloatArray

CodeArray = NDArray[np.integer]

COVERED, POSSIBLE, UNKNOWN, GAP, OFF_NETWORK = range(len(STATUSES))

MIN_STREET_KM = 1.0
"""A community with less street than this has no density of its own: one shop more would double it."""

SEARCH_FACTOR = 2.0
"""Times and sites are told up to this many thresholds: enough for 'the next one is 22 minutes away'."""

ROBUST_SPEEDS = (0.8, 1.2)
"""Shares of the profile's speed between which a robust status doesn't change."""


class OtherTimes(NamedTuple):
    """Times of n residences to k kinds under another reading of the map: see `statuses` for each."""

    time_confirmed_s: FloatArray
    time_possible_s: FloatArray
    on_network: BoolArray
    edge_s: FloatArray


def layer_completeness(
    site_kinds: pd.DataFrame,
    *,
    site_community: pd.Series[str],
    street_km: pd.Series[float],
    declared: Sequence[str],
    floor_per_km: float = 0.1,
    median_share: float = 0.25,
) -> pd.DataFrame:
    """Where the map is complete enough that a kind not found is a kind not there.

    A layer is complete in a community where the config declares the kind complete and neither check takes that
    back: the community is thin (its ground survey has fewer matched sites per km of walkable street than both
    checks ask), or the whole study has no confirmed site of the kind. Nothing here ever declares a layer complete.

    The density is that of all ground-surveyed sites, not of the kind: a kind's own count can't tell a site that is
    absent from one that nobody mapped. Kinds traced from imagery (parking, pitches) say nothing of the ground.

    Parameters
    ----------
    site_kinds : `site_id, kind, evidence, rule`; implied rows and kinds outside the 27 are left out of the counts.
    site_community : site_id -> community_id (missing or "none" where the site lies in no community).
    street_km : community_id -> km of walkable street; "none" is the street outside all communities (0 if absent).
    declared : the kinds that the config declares complete.
    floor_per_km : ground-surveyed sites per km below which a community is thin whatever the study looks like.
    median_share : a community is thin below this share of the median over the study's communities with at least
        1 km of street. Communities with less street than that take the density of the study as a whole, and the
        study without any larger community takes that density as its median. "none" is no community: it is judged,
        and isn't part of the median.

    Returns
    -------
    One row per community (sorted; "none" always among them) and kind: `community_id, kind, declared, n_features`
    (matched sites of that kind), `street_km, density_per_km` (the density that was judged), `median_per_km`,
    `floor_per_km`, `needed_per_km` (the density asked: the larger of floor and share of the median), `complete`,
    `why` (first that applies of "not_declared", "thin_community", "no_feature_anywhere"; missing when complete).

    Raises
    ------
    InputError
        for declared kinds that aren't on the checklist, and sites or communities without an entry.
    """
    strangers = [name for name in declared if name not in KINDS]
    if strangers:
        raise InputError(f"declared complete: {head(strangers)} not on the checklist; use one of {', '.join(KINDS)}")
    found = site_kinds[site_kinds["evidence"].isin(["confirmed", "possible"]) & site_kinds["kind"].isin(KINDS)]
    lost = found.loc[~found["site_id"].isin(site_community.index), "site_id"]
    if len(lost):
        raise InputError(f"site_community: {len(lost)} sites are missing: {head(lost)}; give each site a community")
    street = street_km.astype("float64")
    if NO_AREA not in street.index:
        street.loc[NO_AREA] = 0.0
    street = street.sort_index()
    place = found["site_id"].map(site_community).fillna(NO_AREA)
    unplaced = place[~place.isin(street.index)].unique()
    if len(unplaced):
        raise InputError(f"street_km: communities {head(unplaced)} are missing; give each its km of street")

    shape = (len(street), len(KINDS))
    row = street.index.get_indexer(pd.Index(place))
    column = pd.Index(KINDS).get_indexer(pd.Index(found["kind"]))
    n_features = np.zeros(shape)
    np.add.at(n_features, (row, column), 1.0)

    surveyed = ~np.array([kind(name).from_imagery for name in KINDS])
    ground = surveyed[column]
    once = ~found["site_id"][ground].duplicated().to_numpy()
    n_ground = np.bincount(row[ground][once], minlength=len(street)).astype(np.float64)

    km = street.to_numpy()
    overall = n_ground.sum() / km.sum() if km.sum() > 0 else np.nan
    long_enough = km >= MIN_STREET_KM
    density = np.full(len(km), overall)
    density[long_enough] = n_ground[long_enough] / km[long_enough]
    measured = density[long_enough & (street.index != NO_AREA)]
    median = float(np.median(measured)) if measured.size else overall
    needed = float(np.fmax(floor_per_km, median_share * median))

    is_declared = np.broadcast_to([name in declared for name in KINDS], shape)
    thin = np.broadcast_to(~(density >= needed)[:, np.newaxis], shape)  # a density of nan is thin as well
    confirmed = set(found.loc[found["evidence"] == "confirmed", "kind"])
    nowhere = np.broadcast_to([name not in confirmed for name in KINDS], shape)
    reasons = ("not_declared", "thin_community", "no_feature_anywhere")
    why = np.select([~is_declared, thin, nowhere], [0, 1, 2], default=-1)
    return pd.DataFrame(
        {
            "community_id": names_at(np.repeat(np.arange(shape[0]), shape[1]), street.index),
            "kind": names_at(np.tile(np.arange(shape[1]), shape[0]), KINDS),
            "declared": is_declared.ravel(),
            "n_features": n_features.ravel(),
            "street_km": np.repeat(km, shape[1]),
            "density_per_km": np.repeat(density, shape[1]),
            "median_per_km": median,
            "floor_per_km": float(floor_per_km),
            "needed_per_km": needed,
            "complete": (is_declared & ~thin & ~nowhere).ravel(),
            "why": names_at(why.ravel(), reasons),
        }
    )


def settle_evidence(
    site_kinds: pd.DataFrame,
    *,
    source: pd.Series[str],
    complete_sources: Mapping[str, Collection[str]],
    complete_in: Mapping[str, Collection[str]] | None = None,
    site_community: pd.Series[str] | None = None,
    absent: pd.DataFrame | None = None,
    priority: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let those who know decide: complete registers and surveys overrule weaker evidence, and conflicts are listed.

    Where a register lists every site of a kind, possible and implied sites of that kind from other sources decide
    nothing. Where a survey found that a kind is absent, at a site or in a whole community, its possible and implied
    sites there decide nothing either, whatever their source; a confirmed one decides against the survey only when it
    is from the same source or one earlier in `priority`.

    Parameters
    ----------
    site_kinds : `site_id, kind, evidence, rule`, perhaps `source` (of the row; several joined by "; ").
    source : site_id -> source, for rows without one of their own.
    complete_sources : kind -> the sources that list every site of it.
    complete_in : source -> the communities in which it lists every site; a source that isn't here does so everywhere.
    site_community : site_id -> community_id; needed with `complete_in` and with surveys of communities.
    absent : surveyed absences: `kind, source`, and `site_id` or (where that is missing) `community_id`; perhaps `rule`.
    priority : the sources, the first decides; those not in it come last, and are equals.

    Returns
    -------
    The rows that decide, and the conflicts: the rows that don't, with `why` they don't ("complete_register" or
    "surveyed_absent") and `by`, the sources that overruled them. An absence that a confirmed site overruled is a
    conflict too: its evidence is "absent", `why` is "confirmed_site".

    Raises
    ------
    InputError
        naming sites without a community, and absences that speak of nothing.
    """
    rows = site_kinds.reset_index(drop=True)
    said = rows["source"] if "source" in rows else rows["site_id"].map(source)
    parts = [frozenset(str(text).split("; ")) for text in said]
    where = _community_of(rows["site_id"], site_community, needed=bool(complete_in) or _by_area(absent))
    limited = complete_in or {}
    weak = (rows["evidence"] != "confirmed").to_numpy()
    told = zip(rows["kind"], where, parts, weak, strict=True)
    register = [
        _listing(complete_sources.get(kind_id, ()), limited, place, own) if is_weak else ""
        for kind_id, place, own, is_weak in told
    ]
    survey, lost = _surveyed(rows, where, parts, absent, priority)
    by = np.where(np.array(survey, dtype=object) != "", survey, register).astype(object)
    why = np.where(np.array(survey, dtype=object) != "", "surveyed_absent", "complete_register").astype(object)
    conflict = by != ""
    conflicts = rows[conflict].assign(why=pd.array(why[conflict], dtype="str"), by=pd.array(by[conflict], dtype="str"))
    return rows[~conflict].reset_index(drop=True), pd.concat([conflicts, lost], ignore_index=True)


def _by_area(absent: pd.DataFrame | None) -> bool:
    return absent is not None and bool(_place_of(absent, "site_id").isna().any())


def _place_of(absent: pd.DataFrame, column: str) -> pd.Series[str]:
    if column in absent:
        return absent[column].astype("str")
    return pd.Series([None] * len(absent), index=absent.index, dtype="str")


def _community_of(site_id: pd.Series[str], site_community: pd.Series[str] | None, *, needed: bool) -> list[str]:
    if not needed:
        return [NO_AREA] * len(site_id)
    known = pd.Series(dtype="str") if site_community is None else site_community
    lost = site_id[~site_id.isin(known.index)]
    if len(lost):
        raise InputError(f"site_community: {len(lost)} sites are missing: {head(lost)}; give each site a community")
    return site_id.map(known).fillna(NO_AREA).tolist()


def _listing(
    sources: Collection[str], complete_in: Mapping[str, Collection[str]], place: str, own: Collection[str]
) -> str:
    """The sources that list every site there, "" where none does or the row is from one of them."""
    listing = [name for name in sorted(sources) if name not in complete_in or place in complete_in[name]]
    return "" if any(name in own for name in listing) else "; ".join(listing)


def _surveyed(
    rows: pd.DataFrame,
    where: Sequence[str],
    parts: Sequence[Collection[str]],
    absent: pd.DataFrame | None,
    priority: Sequence[str],
) -> tuple[list[str], pd.DataFrame]:
    """For each row the survey that overrules it ("" where none does), and the absences that rows overrule."""
    by = [""] * len(rows)
    lost: dict[tuple[int, str], tuple[str, ...]] = {}
    columns = [*rows.columns, "why", "by"]
    if absent is None or not len(absent):
        return by, pd.DataFrame(columns=columns, dtype="str")
    site, area = _place_of(absent, "site_id"), _place_of(absent, "community_id")
    nowhere = absent.index[site.isna() & area.isna()]
    if len(nowhere):
        raise InputError(f"absent: rows {head(nowhere)} name no site and no community; give one of the two")
    rank = {name: i for i, name in enumerate(priority)}
    at: dict[tuple[str, str, str], list[int]] = {}
    for i, (site_id, place, kind_id) in enumerate(zip(rows["site_id"], where, rows["kind"], strict=True)):
        at.setdefault(("site", site_id, kind_id), []).append(i)
        at.setdefault(("area", place, kind_id), []).append(i)
    rules = absent["rule"] if "rule" in absent else pd.Series("surveyed", index=absent.index)
    for site_id, place, kind_id, name, rule in zip(site, area, absent["kind"], absent["source"], rules, strict=True):
        key = ("area", place, kind_id) if pd.isna(site_id) else ("site", site_id, kind_id)
        for i in at.get(key, ()):
            first = min(rank.get(own, len(rank)) for own in parts[i])
            stands = name in parts[i] or first < rank.get(name, len(rank))
            if rows["evidence"].iloc[i] == "confirmed" and stands:
                told = dict.fromkeys(columns, "") | {"site_id": rows["site_id"].iloc[i], "kind": kind_id, "rule": rule}
                told |= {
                    "evidence": "absent",
                    "source": name,
                    "why": "confirmed_site",
                    "by": "; ".join(sorted(parts[i])),
                }
                lost[i, name] = tuple(told[column] for column in columns)
            elif name not in by[i].split("; "):
                by[i] = f"{by[i]}; {name}" if by[i] else name
    stood = [told for (i, _), told in lost.items() if not by[i]]
    return by, pd.DataFrame(stood, columns=columns, dtype="str")


def extension_layers(
    layers: pd.DataFrame,
    complete_sources: Mapping[str, Collection[str]],
    *,
    complete_in: Mapping[str, Collection[str]] | None = None,
    absent: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Where the sites of extension kinds are all known: registers and surveys say so, a map never does.

    Parameters
    ----------
    layers : of `layer_completeness`; names the communities.
    complete_sources, complete_in, absent : as in `with_complete_registers`.

    Returns
    -------
    One row per community and extension kind: `community_id, kind, declared, complete, why` ("not_declared", missing
    when complete).
    """
    communities = layers["community_id"].unique()
    rows = pd.MultiIndex.from_product([communities, EXTENSION_KINDS], names=["community_id", "kind"]).to_frame(
        index=False
    )
    unlisted = rows.astype("str").assign(declared=False, complete=False, why="not_declared").astype({"why": "str"})
    return with_complete_registers(unlisted, complete_sources, complete_in=complete_in, absent=absent)


def with_complete_registers(
    layers: pd.DataFrame,
    complete_sources: Mapping[str, Collection[str]],
    *,
    complete_in: Mapping[str, Collection[str]] | None = None,
    absent: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The layers with what registers list in full, and what surveys found absent: complete, however thin the map.

    Parameters
    ----------
    layers : of `layer_completeness`.
    complete_sources, complete_in, absent : as in `settle_evidence`; an absence makes a layer complete where it speaks
        of a whole community. An absence at one site says nothing of the next.

    Raises
    ------
    InputError
        naming communities that `layers` doesn't have.
    """
    limited = complete_in or {}
    surveyed = pd.DataFrame(columns=["community_id", "kind"], dtype="str")
    if absent is not None:
        surveyed = absent[_place_of(absent, "site_id").isna()]
    named = {place for places in limited.values() for place in places} | set(surveyed["community_id"])
    strangers = sorted(named - set(layers["community_id"]))
    if strangers:
        raise InputError(f"complete_in: {head(strangers)} are no communities of the study; use their area_id")
    found = set(zip(surveyed["community_id"], surveyed["kind"], strict=True))
    listed = np.array(
        [
            (place, kind_id) in found or _listing(complete_sources.get(kind_id, ()), limited, place, ()) != ""
            for place, kind_id in zip(layers["community_id"], layers["kind"], strict=True)
        ],
        dtype=bool,
    )
    return layers.assign(
        declared=layers["declared"] | listed, complete=layers["complete"] | listed, why=layers["why"].mask(listed)
    )


def complete_at(community_id: pd.Series[str], layers: pd.DataFrame) -> BoolArray:
    """Whether each residence's community has each kind's layer complete.

    Parameters
    ----------
    community_id : one per residence; a missing one, and one that the layers don't have (its shape is not known),
        is judged like what lies outside all communities, "none".
    layers : from `layer_completeness`.

    Returns
    -------
    Residences x 27, kinds in checklist order.

    """
    communities = pd.Index(layers["community_id"].to_numpy()[:: len(KINDS)])
    row = communities.get_indexer(pd.Index(community_id))
    row = np.where(row < 0, communities.get_loc(NO_AREA), row)
    complete: BoolArray = layers["complete"].to_numpy(dtype=bool).reshape(-1, len(KINDS))[row]
    return complete


def statuses(
    residence_id: Sequence[str] | pd.Series[str],
    *,
    site_id: Sequence[str] | pd.Series[str],
    time_confirmed_s: FloatArray,
    site_confirmed: CodeArray,
    n_confirmed: CodeArray,
    time_possible_s: FloatArray,
    site_possible: CodeArray,
    n_possible: CodeArray,
    straight_m: FloatArray,
    complete: BoolArray,
    on_network: BoolArray,
    edge_s: FloatArray,
    threshold_s: FloatArray,
    flat_speed_m_s: float,
    time_open_s: FloatArray | None = None,
    snap_error_s: FloatArray | None = None,
    otherwise: OtherTimes | None = None,
    kinds: Sequence[str] = KINDS,
) -> pd.DataFrame:
    """Settle every residence and kind: its status, the site that decided, the reason, and whether it is robust.

    The first that holds: `covered`, a confirmed site within the threshold (a site exactly at it counts);
    `possible`, a possible or implied one; `off_network`; `unknown`, no complete layer there, or the edge of the data
    within the threshold; `gap`. Reasons: `data_missing` for possible; `data_edge` for unknown where the edge is
    within the threshold, else `data_missing`; for a gap `gate` where a site would be within the threshold if every gate
    were open, else `detour` where some site is within the distance that the
    flat speed gives as the crow flies, else `too_far` where the study has any site, else `no_site`.

    Parameters
    ----------
    residence_id : n ids.
    site_id : the ids that `site_confirmed` and `site_possible` index.
    time_confirmed_s, time_possible_s : n x kinds, walk to the nearest confirmed site, and to the nearest possible
        or implied one; inf where the search found none.
    site_confirmed, site_possible : n x kinds, which site that is (an index into `site_id`; -1 where none).
    n_confirmed, n_possible : n x kinds, how many lie within the residence's threshold.
    straight_m : n x kinds, as the crow flies to the nearest site of any evidence; inf where the study has none.
    complete : n x kinds, from `complete_at`.
    on_network : n; off it the times must be inf.
    edge_s : n, walk to the nearest edge of the data; inf where none was found.
    threshold_s : n, by the residence's setting.
    flat_speed_m_s : the profile's speed on the flat.
    time_open_s : n x kinds, walk to the nearest site of any evidence if every gate were open; None: the same as now.
    snap_error_s : n, by how much a time may be wrong because the way between door and street isn't mapped; finite, 0
        off the network; None: 0.
    otherwise : the times if compounds were open instead of closed, or closed instead of open; None: the same.
    kinds : the names of the columns.

    Returns
    -------
    n x kinds rows in the given order of residences, then kinds: `residence_id, kind, status, time_s, site_id,
    n_sites, reason, robust, margin, time_low_s, time_high_s`. Time and site are those that decided: the nearest
    confirmed when covered, the nearest possible when possible, otherwise the nearest confirmed within twice the
    threshold, else the nearest possible within it, else inf and missing. `n_sites` counts the deciding evidence (0
    unless covered or possible). `robust`: the status is the same at 0.8 times the speed with the snapping error added,
    at 1.2 times with it taken off, and with compounds the other way round. `margin` is time over threshold;
    `time_low_s` and `time_high_s` are the time at 1.2 times the speed less the snapping error, and at 0.8 times more.

    Raises
    ------
    InputError
        naming each array whose shape doesn't fit or that holds nan.
    """
    n, k = len(residence_id), len(kinds)
    tables = {
        "time_confirmed_s": time_confirmed_s,
        "site_confirmed": site_confirmed,
        "n_confirmed": n_confirmed,
        "time_possible_s": time_possible_s,
        "site_possible": site_possible,
        "n_possible": n_possible,
        "straight_m": straight_m,
        "complete": complete,
    }
    columns = {"on_network": on_network, "edge_s": edge_s, "threshold_s": threshold_s}
    if time_open_s is not None:
        tables["time_open_s"] = time_open_s
    if snap_error_s is not None:
        columns["snap_error_s"] = snap_error_s
    if otherwise is not None:
        tables |= {"otherwise.time_confirmed_s": otherwise.time_confirmed_s}
        tables |= {"otherwise.time_possible_s": otherwise.time_possible_s}
        columns |= {"otherwise.on_network": otherwise.on_network, "otherwise.edge_s": otherwise.edge_s}
    _check_shapes(tables, (n, k))
    _check_shapes(columns, (n,))

    threshold = np.asarray(threshold_s, dtype=np.float64)[:, np.newaxis]
    edge = np.asarray(edge_s, dtype=np.float64)[:, np.newaxis]
    slip = np.zeros((n, 1)) if snap_error_s is None else np.asarray(snap_error_s, dtype=np.float64)[:, np.newaxis]
    now = OtherTimes(time_confirmed_s, time_possible_s, np.asarray(on_network), np.asarray(edge_s, dtype=np.float64))

    def settle(times: OtherTimes, reach: FloatArray) -> CodeArray:
        return status_codes(times, complete, within_s=reach)

    status = settle(now, threshold)
    # Walking at `speed` times the pace reaches what lies within `speed` times the threshold at the usual one.
    slow, fast = ROBUST_SPEEDS
    robust = (settle(now, threshold * slow - slip) == status) & (settle(now, threshold * fast + slip) == status)
    if otherwise is not None:
        robust &= settle(otherwise, threshold) == status

    horizon = SEARCH_FACTOR * threshold
    by_confirmed = (status == COVERED) | ((status != POSSIBLE) & (time_confirmed_s <= horizon))
    time = np.where(by_confirmed, time_confirmed_s, time_possible_s)
    found = time <= horizon
    site = np.where(found, np.where(by_confirmed, site_confirmed, site_possible), -1)
    n_sites = np.select([status == COVERED, status == POSSIBLE], [n_confirmed, n_possible], default=0)

    behind_gate = np.zeros((n, k), dtype=bool) if time_open_s is None else time_open_s <= threshold
    gap_reason = np.select(
        [behind_gate, straight_m <= flat_speed_m_s * threshold, np.isfinite(straight_m)],
        [REASONS.index("gate"), REASONS.index("detour"), REASONS.index("too_far")],
        default=REASONS.index("no_site"),
    )
    unknown_reason = np.where(edge <= threshold, REASONS.index("data_edge"), REASONS.index("data_missing"))
    reason = np.select(
        [status == COVERED, status == POSSIBLE, status == UNKNOWN, status == GAP],
        [-1, REASONS.index("data_missing"), unknown_reason, gap_reason],
        default=REASONS.index("off_network"),
    )
    told_s = np.where(found, time, np.inf)
    return pd.DataFrame(
        {
            "residence_id": names_at(np.repeat(np.arange(n), k), residence_id),
            "kind": names_at(np.tile(np.arange(k), n), kinds),
            "status": names_at(status.ravel(), STATUSES),
            "time_s": told_s.ravel(),
            "site_id": names_at(site.ravel(), site_id),
            "n_sites": n_sites.astype(np.int64).ravel(),
            "reason": names_at(reason.ravel(), REASONS),
            "robust": robust.ravel(),
            "margin": (told_s / threshold).ravel(),
            "time_low_s": (np.maximum(told_s - slip, 0.0) / fast).ravel(),
            "time_high_s": ((told_s + slip) / slow).ravel(),
        }
    )


def status_codes(times: OtherTimes, complete: BoolArray, *, within_s: FloatArray) -> CodeArray:
    """The status of n residences for k kinds as positions in `STATUSES`: the first that holds, see `statuses`.

    Parameters
    ----------
    times : seconds and who is on the network.
    complete : (n, k) whether a layer of the kind is complete there.
    within_s : (n, 1) or (n, k) seconds that count as within reach; a time exactly at it does.
    """
    near_edge = times.edge_s[:, np.newaxis] <= within_s
    return np.select(
        [
            times.time_confirmed_s <= within_s,
            times.time_possible_s <= within_s,
            ~times.on_network[:, np.newaxis],
            ~complete | near_edge,
        ],
        [np.int8(COVERED), np.int8(POSSIBLE), np.int8(OFF_NETWORK), np.int8(UNKNOWN)],
        default=np.int8(GAP),
    )


def _check_shapes(arrays: dict[str, NDArray[np.generic]], shape: tuple[int, ...]) -> None:
    wrong = [f"{name} {np.shape(array)}" for name, array in arrays.items() if np.shape(array) != shape]
    if wrong:
        raise InputError(f"statuses: {', '.join(wrong)}; give arrays of shape {shape}")
    unsure = [name for name, array in arrays.items() if np.isnan(np.asarray(array, dtype=np.float64)).any()]
    if unsure:
        raise InputError(f"statuses: {', '.join(unsure)} hold nan; give inf where nothing was found")


def names_at(positions: CodeArray, names: Sequence[str] | pd.Series[str] | pd.Index[str]) -> pd.Series[str]:
    """The names at these positions, missing where the position is -1.

    >>> names_at(np.array([1, -1]), ["a", "b"]).tolist()
    ['b', nan]
    """
    known = pa.array(np.asarray(names, dtype=object), type=pa.large_string(), from_pandas=True)
    return pd.Series(pd.array(known.take(pa.array(positions, mask=positions < 0)), dtype="str"))
