"""Edits to a finished study, tried at once: who gains a kind and who loses it.

A trial recomputes only what its edits touch, from what the run keeps in memory (`Basis`), and settles the statuses that
a run on the edited data would. The base's snaps stay: an opened site or gate never takes anything from anybody.
What the words mean to a planner is told in docs/scenarios.md; a change here is a change there.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15 import checklist
from circle15.areas.table import STUDY, areas_of, table_of
from circle15.coverage import COVERED, OtherTimes, names_at, status_codes
from circle15.errors import InputError
from circle15.network import Snaps
from circle15.reach import nearest_times
from circle15.schema import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from circle15.coverage import CodeArray
    from circle15.network import WalkNetwork
    from circle15.units import BoolArray, FloatArray, IntArray

__all__ = ["Basis", "CloseSite", "Edit", "OpenGate", "OpenSite", "Trial", "edit_faults", "trial"]

_FAR_DEG = 1.0
"""So far off the streets a place is surely on none; the local plane is good for more."""


@dataclass(frozen=True)
class OpenSite:
    """Put a site of a kind at a place: it is confirmed, and hangs on the network as any point site does.

    Attributes
    ----------
    kind
        One of the 27 kinds.
    lon, lat
        Degrees (EPSG:4326).
    """

    kind: str
    lon: float
    lat: float


@dataclass(frozen=True)
class CloseSite:
    """Close a site, for one of its kinds or (None) for all of them."""

    site_id: str
    kind: str | None = None


@dataclass(frozen=True)
class OpenGate:
    """Open a closed gate to everybody: all gates of this id, see `WalkNetwork.gates`."""

    gate_id: str


Edit: TypeAlias = OpenSite | CloseSite | OpenGate


class Basis(NamedTuple):
    """What a run keeps so that trials need neither read nor snap anything again, for n residences.

    `home` are the residences where the clock starts, `there` the sites, `edge` the edge of the data, hung on the run's
    network; `complete` (n, 27) whether a layer of the kind is complete there; `threshold_s` (n,).
    """

    home: Snaps
    there: Snaps
    edge: Snaps
    complete: BoolArray
    threshold_s: FloatArray


class Finished(Protocol):
    """A finished study, such as `StudyResult`."""

    @property
    def residences(self) -> gpd.GeoDataFrame: ...
    @property
    def access(self) -> pd.DataFrame: ...
    @property
    def sites(self) -> gpd.GeoDataFrame: ...
    @property
    def site_kinds(self) -> pd.DataFrame: ...
    @property
    def deciding(self) -> pd.DataFrame: ...
    @property
    def area_shapes(self) -> gpd.GeoDataFrame: ...
    @property
    def extent(self) -> shapely.Polygon: ...
    @property
    def network(self) -> WalkNetwork: ...
    @property
    def basis(self) -> Basis: ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """What some edits would change: who gains a kind wasn't `covered` and becomes it, who loses it no longer is.

    Attributes
    ----------
    edits
        The edits, as given.
    statuses
        Every residence and kind whose status changes: `residence_id, kind, before, after`. Some neither gain nor lose:
        a gate may bring a possible site within reach.
    residences
        Those that gain or lose: `residence_id, kind, before, after, change` ("gained" or "lost").
    areas
        `level, area_id, name, kind, gained, lost` (weight), `n_gained, n_lost` (residences): one row for a community
        and kind where anybody gains or loses, and one for the study (level "study", area "all") and each kind that
        the edits touch.
    gained, lost, n_gained, n_lost
        Weight and residences that gain anything, and that lose anything: each counts once, however many kinds.
    notes
        What is odd about the edits, as sentences `{"zh": ..., "en": ...}`.
    """

    edits: tuple[Edit, ...]
    statuses: pd.DataFrame
    residences: pd.DataFrame
    areas: pd.DataFrame
    gained: float
    lost: float
    n_gained: int
    n_lost: int
    notes: tuple[dict[str, str], ...]

    def __repr__(self) -> str:
        return f"Trial({len(self.edits)} edits: gained {self.gained:,.0f}, lost {self.lost:,.0f})"


def trial(result: Finished, edits: Sequence[Edit]) -> Trial:
    """Try some edits on a finished study, all of them together.

    A put site counts as confirmed; a closed one no longer counts, for the kinds that it is closed for, and revives no
    evidence that it had overruled; an opened gate lets everybody pass. What is known of the rest stays as it is: edits
    don't make a layer complete or thin, and where the clock starts at a gate (`origin = "gate"`) it starts there still.
    Edits that say the same twice count once.

    Parameters
    ----------
    result : a finished study; it isn't changed.
    edits : `OpenSite`, `CloseSite` and `OpenGate`, in any order.

    Returns
    -------
    Trial. A time exactly at the threshold counts, as everywhere. A put site that is on no street, or off the data's
    extent, is allowed and told in `notes`.

    Raises
    ------
    InputError
        naming every edit of an unknown kind, site or gate, or off the earth; and where there is no edit.

    Examples
    --------
    >>> import circle15 as c15
    >>> from circle15 import demo
    >>> result = c15.Study.from_config(demo.config_path()).without_siting().run()
    >>> tried = c15.trial(result, [c15.OpenSite("pharmacy", -21.8703, 64.1470)])
    >>> set(tried.residences["change"])
    {'gained'}
    """
    edits = tuple(edits)
    if not edits:
        raise InputError("edits: there is none; give at least one OpenSite, CloseSite or OpenGate")
    faults = edit_faults(result, edits)
    if faults:
        raise InputError("; ".join(f"edit {i + 1}: {fault}" for i, fault in faults.items()))
    put = _hung(result.network, [edit for edit in edits if isinstance(edit, OpenSite)])
    before = table_of(result.residences, result.access).status
    after, touched = _codes_after(result, edits, put, before)
    row, column = np.nonzero(after != before)
    statuses = _changes(result.residences, row, column, before, after)
    gained, lost = (before != COVERED) & (after == COVERED), (before == COVERED) & (after != COVERED)
    change = np.select([gained[row, column], lost[row, column]], [0, 1], default=-1)
    gains, loses = gained.any(axis=1), lost.any(axis=1)
    weight = result.residences["weight"].to_numpy(dtype=np.float64)
    moved = statuses[change >= 0].reset_index(drop=True)
    return Trial(
        edits=edits,
        statuses=statuses,
        residences=moved.assign(change=names_at(change[change >= 0], ("gained", "lost"))),
        areas=_sums(result, gained, lost, touched),
        gained=float(weight[gains].sum()),
        lost=float(weight[loses].sum()),
        n_gained=int(gains.sum()),
        n_lost=int(loses.sum()),
        notes=_notes(result, edits, put),
    )


def edit_faults(result: Finished, edits: Sequence[Edit]) -> dict[int, str]:
    """What makes edits unusable: position (from 0) -> one sentence; empty where all can be tried."""
    sites = set(result.sites["site_id"])
    held = set(zip(result.site_kinds["site_id"], result.site_kinds["kind"], strict=True))
    gates = set(result.network.gates()["gate_id"])
    found = {}
    for i, edit in enumerate(edits):
        fault = None
        if isinstance(edit, OpenSite):
            fault = _kind_fault(edit.kind) or _place_fault(edit.lon, edit.lat)
        elif isinstance(edit, CloseSite):
            fault = None if edit.kind is None else _kind_fault(edit.kind)
            if edit.site_id not in sites:
                fault = f"the study has no site {edit.site_id!r}; use a site_id of its sites"
            elif fault is None and edit.kind is not None and (edit.site_id, edit.kind) not in held:
                fault = f"site {edit.site_id!r} holds no {edit.kind}; close a kind that it holds, or the whole site"
        elif isinstance(edit, OpenGate):
            if edit.gate_id not in gates:
                fault = f"no closed gate is called {edit.gate_id!r}; use a gate_id of the network's gates"
        else:
            fault = f"{type(edit).__name__} is no edit; give OpenSite, CloseSite or OpenGate"
        if fault is not None:
            found[i] = fault
    return found


def _kind_fault(kind: str) -> str | None:
    if kind in checklist.KINDS:
        return None
    if kind in checklist.EXTENSION_KINDS:
        return f"kind {kind!r} is outside the 27, for which alone statuses are settled; use one of those"
    return f"kind {kind!r} is not on the checklist; use one of {', '.join(checklist.KINDS)}"


def _place_fault(lon: float, lat: float) -> str | None:
    if all(isinstance(degrees, Real) for degrees in (lon, lat)) and abs(lon) <= 180 and abs(lat) <= 90:  # nan is not
        return None
    return f"{lon!r}, {lat!r} is no place on earth; give longitude and latitude in degrees"


def _hung(network: WalkNetwork, put: Sequence[OpenSite]) -> Snaps:
    """Put sites on the network; what lies far off it is on no street, and isn't brought into its plane."""
    lonlat = np.array([(edit.lon, edit.lat) for edit in put], dtype=np.float64).reshape(-1, 2)
    low, high = network.node_lonlat.min(axis=0) - _FAR_DEG, network.node_lonlat.max(axis=0) + _FAR_DEG
    near = ((lonlat >= low) & (lonlat <= high)).all(axis=1)
    if not near.any():
        none = np.empty(0, dtype=np.int64)
        nowhere = np.zeros(len(put) + 1, dtype=np.int64)
        return Snaps(nowhere, none, np.empty(0), np.empty(0), np.zeros(len(put), dtype=np.int64))
    snaps = network.snap_sites(gpd.GeoSeries(shapely.points(lonlat[near]), crs="EPSG:4326"))
    size = np.zeros(len(put), dtype=np.int64)
    size[near] = np.diff(snaps.indptr)
    return snaps._replace(indptr=np.append(0, np.cumsum(size)), own=np.zeros(len(put), dtype=np.int64))


def _codes_after(
    result: Finished, edits: Sequence[Edit], put: Snaps, before: IntArray
) -> tuple[IntArray | CodeArray, list[str]]:
    """The statuses of n residences for the 27 kinds after the edits, and the kinds that they touch."""
    basis, kinds = result.basis, checklist.KINDS
    gates = [edit.gate_id for edit in edits if isinstance(edit, OpenGate)]
    network = result.network.with_open_gates(gates) if gates else result.network
    kind = result.deciding["kind"].to_numpy(dtype=object)
    stays = ~_closed(result.deciding, edits)
    put_kind = np.array([edit.kind for edit in edits if isinstance(edit, OpenSite)], dtype=object)
    # What only gains sites is searched from these; other kinds are settled anew.
    anew = [one for one in kinds if gates or one in set(kind[~stays])]
    gaining = [one for one in kinds if one in set(put_kind) - set(anew)]
    if not anew and not gaining:
        return before, []
    number = pd.Series(np.arange(len(result.sites)), index=result.sites["site_id"])
    site = number[result.deciding["site_id"]].to_numpy(dtype=np.int64)
    confirmed = (result.deciding["evidence"] == "confirmed").to_numpy()
    put_of = {one: len(number) + np.flatnonzero(put_kind == one) for one in kinds}
    proven = [np.append(site[stays & confirmed & (kind == one)], put_of[one]) for one in anew]
    others = [site[stays & ~confirmed & (kind == one)] for one in anew]
    groups = [*proven, *others, *(put_of[one] for one in gaining)]
    limit_s, within_s = float(basis.threshold_s.max()), basis.threshold_s[:, np.newaxis]
    time_s, _ = nearest_times(network, basis.home, _appended(basis.there, put), groups, cutoff_s=limit_s)
    after, n = before.copy(), len(anew)
    if anew:
        edge_s, _ = nearest_times(network, basis.home, basis.edge, [np.array([0])], cutoff_s=limit_s)
        columns = [kinds.index(one) for one in anew]
        times = OtherTimes(time_s[:, :n], time_s[:, n : 2 * n], basis.home.on_network, edge_s[:, 0])
        after[:, columns] = status_codes(times, basis.complete[:, columns], within_s=within_s)
    for i, one in enumerate(gaining, start=2 * n):
        after[time_s[:, i] <= basis.threshold_s, kinds.index(one)] = COVERED
    touched = {*anew, *gaining}
    return after, [one for one in kinds if one in touched]


def _closed(counted: pd.DataFrame, edits: Iterable[Edit]) -> BoolArray:
    """Which evidence the edits close."""
    site, kind = (counted[column].to_numpy(dtype=object) for column in ("site_id", "kind"))
    closed = np.zeros(len(counted), dtype=bool)
    for edit in edits:
        if isinstance(edit, CloseSite):
            closed |= (site == edit.site_id) & (True if edit.kind is None else kind == edit.kind)
    return closed & np.isin(kind, checklist.KINDS)


def _appended(there: Snaps, more: Snaps) -> Snaps:
    """Some places, and further ones after them."""
    indptr = np.concatenate([there.indptr, there.indptr[-1] + more.indptr[1:]])
    return Snaps(indptr, *(np.concatenate([one, other]) for one, other in zip(there[1:], more[1:], strict=True)))


def _changes(
    residences: gpd.GeoDataFrame, row: IntArray, column: IntArray, before: IntArray, after: IntArray | CodeArray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "residence_id": names_at(row, residences["residence_id"]),
            "kind": names_at(column, checklist.KINDS),
            "before": names_at(before[row, column], STATUSES),
            "after": names_at(after[row, column], STATUSES),
        }
    )


def _sums(result: Finished, gained: BoolArray, lost: BoolArray, touched: Sequence[str]) -> pd.DataFrame:
    """Weight and residences that gain and lose, by community and kind, and in the study."""
    shapes = result.area_shapes[result.area_shapes["level"] == "community"]
    name_of = dict(zip(shapes["area_id"], shapes["name"], strict=True))
    weight = result.residences["weight"].to_numpy(dtype=np.float64)
    rows = []
    for level, area_id, members in areas_of(result.residences, weight):
        if level == "district":
            continue
        up, down = gained[members], lost[members]
        sums = zip(weight[members] @ up, weight[members] @ down, up.sum(axis=0), down.sum(axis=0), strict=True)
        for kind, (more, less, n_more, n_less) in zip(checklist.KINDS, sums, strict=True):
            if n_more or n_less or (level == STUDY and kind in touched):
                name = name_of.get(area_id) if level == "community" else None
                rows.append((level, area_id, name, kind, float(more), float(less), int(n_more), int(n_less)))
    columns = ("level", "area_id", "name", "kind", "gained", "lost", "n_gained", "n_lost")
    texts = dict.fromkeys(columns[:4], "str") | dict.fromkeys(columns[4:6], "float64")
    return pd.DataFrame(rows, columns=columns).astype(texts | dict.fromkeys(columns[6:], "int64"))


def _notes(result: Finished, edits: Sequence[Edit], put: Snaps) -> tuple[dict[str, str], ...]:
    """What is odd about the edits."""
    said: list[tuple[str, str]] = []
    hangs = iter(put.on_network.tolist())
    counted, most_m = result.deciding, result.network.max_snap_m
    counts = set(zip(counted["site_id"], counted["kind"], strict=True))
    for i, edit in enumerate(edits, start=1):
        if isinstance(edit, OpenSite):
            kind = checklist.kind(edit.kind)
            if not next(hangs):
                said.append(
                    (
                        f"第 {i} 项：新设{kind.zh}的位置在 {most_m:g} 米内接不上可步行的街道，没有人受益。",
                        f"Edit {i}: no street within {most_m:g} m of the new site ({kind.en}), so nobody gains.",
                    )
                )
            if not shapely.intersects_xy(result.extent, edit.lon, edit.lat):
                said.append(
                    (
                        f"第 {i} 项：新设{kind.zh}的位置在数据范围之外。",
                        f"Edit {i}: the new site ({kind.en}) lies outside the data's extent.",
                    )
                )
        elif isinstance(edit, CloseSite):
            closed = checklist.KINDS if edit.kind is None else (edit.kind,)
            if not any((edit.site_id, one) in counts for one in closed):
                said.append(
                    (
                        f"第 {i} 项：{edit.site_id} 本来就不计入（已被否定，或当时不开放），关闭它不改变结果。",
                        f"Edit {i}: {edit.site_id} is overruled or not open then, so closing it changes nothing.",
                    )
                )
    return tuple({"zh": zh, "en": en} for zh, en in said)
