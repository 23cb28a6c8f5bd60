"""Figures for reports, papers and notebooks: each function takes a finished study and returns a matplotlib Figure.

Nothing is shown or saved here, and no setting of matplotlib's is changed; `as_bytes` gives a file's content, the same
for the same frames. Titles say the finding, Chinese first; the foot says what a share is of, how old the data is and
whose. Statuses have the colours and patterns of `palette`. Needs the extra `figures` (matplotlib, Noto Sans CJK).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15 import checklist
from circle15.areas import gini, lorenz_curve
from circle15.areas.table import Table, table_of, weighted_mean
from circle15.display import plain_name
from circle15.errors import InputError, head
from circle15.outputs import palette
from circle15.outputs.palette import STATUS_STYLES, percent
from circle15.outputs.report.wording import UNITS, Unit, amount, name_or, plural, whole_minutes
from circle15.outputs.sheet import (
    INK,
    MARGIN_IN,
    QUIET,
    RULE,
    WIDTH_IN,
    as_bytes,
    axes_at,
    drawn_plainly,
    legend,
    new_sheet,
    typeface,
)
from circle15.schema import LEVELS, NO_AREA, SETTINGS, STATUSES, StudyFrames, points_of
from circle15.units import FloatArray, local_crs, s_to_minutes
from circle15.words import Words

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from circle15.siting import SitingPlan

__all__ = [
    "as_bytes",
    "before_after",
    "coverage_by_kind",
    "lorenz",
    "siting_frontier",
    "status_map",
    "time_distribution",
]

View = tuple[float, float, float, float]
"""West, south, east and north of a map in metres."""

HATCHES: Final[Mapping[str, str]] = {"solid": "", "hatch": "/////", "dots": "....", "cross": "xxxx", "stripes": "-----"}
"""The patterns of `palette.STATUS_STYLES` as matplotlib draws them."""

COMPLETE_SHARE: Final = 0.9
"""Of the weight: where at least so much lives with complete data of a kind, the kind can tell people apart."""

_WATER, _GREEN, _STREET = "#dbe8f1", "#e8efe2", "#d3d3ce"


@dataclass(frozen=True, kw_only=True)
class _Scope:
    """The residences that a figure is about, and what its words need."""

    frames: StudyFrames
    residences: gpd.GeoDataFrame
    table: Table
    place: Words

    @property
    def unit(self) -> Unit:
        return UNITS[self.frames.about["weight_meaning"]]

    @property
    def total(self) -> float:
        return float(self.table.weight.sum())

    @property
    def limit(self) -> Words:
        """How long people may walk, as a part of a sentence."""
        urban, rural = (whole_minutes(self.frames.about[key]) for key in ("threshold_urban_s", "threshold_rural_s"))
        found = set(self.residences["setting"])
        if found == {"urban", "rural"}:
            return Words(zh=f"{urban}分钟（农村{rural}分钟）", en=f"{urban} minutes (rural {rural})")
        only = rural if found == {"rural"} else urban
        return Words(zh=f"{only}分钟", en=f"{only} minutes")

    @property
    def limits_s(self) -> list[float]:
        """The thresholds that are in use, the shorter one first."""
        found = set(self.residences["setting"])
        return [float(self.frames.about[f"threshold_{one}_s"]) for one in SETTINGS if one in found]

    def shares(self, kind: str) -> FloatArray:
        """The five shares of the weight."""
        status = self.table.status[:, self.column(kind)]
        return np.array([self.table.weight[status == code].sum() for code in range(len(STATUSES))]) / self.total

    def column(self, kind: str) -> int:
        if kind not in self.table.kinds:
            raise InputError(f"the study has no kind {kind!r}; use one of {', '.join(self.table.kinds)}")
        return self.table.kinds.index(kind)

    def foot(self, *more: Words) -> list[str]:
        """What stands below: what a share is of, how people walk, whose data it is and of when."""
        about, weight = self.frames.about, amount(self.total, self.unit)
        homes, en, pace = len(self.residences), self.unit.what.en, f"{about['speed_m_s']:g}"
        of = "" if self.unit.unit.en == en else f" of {en}"
        title = [_words(about["title_zh"], about["title_en"]), self.place]
        review = plain_name(about.get("map_review_number"))
        credit = [
            " · ".join(f"{part.zh} {part.en}".strip() for part in title if part.zh or part.en),
            f"数据日期 data of {plain_name(about.get('data_date')) or '不详 unknown date'}",
            plain_name(about.get("attribution")) or "",
            *([] if review is None else [f"审图号 {review}"]),
        ]
        shares = Words(
            zh=f"占比的分母：{self.unit.what.zh}{weight.zh}，{homes:,}处居住点；步行速度{pace}米/秒。",
            en=f"Shares of {weight.en}{of}, {plural(homes, 'residence')}; pace {pace} m/s.",
        )
        return [*(f"{line.zh} {line.en}" for line in (*more, shares)), " · ".join(part for part in credit if part)]


def _words(zh: object, en: object) -> Words:
    return Words(zh=plain_name(zh) or "", en=plain_name(en) or "")


def _scope(frames: StudyFrames, district_id: str | None) -> _Scope:
    residences, access, place = frames.residences, frames.access, Words(zh="", en="")
    if district_id is not None:
        known = residences["district_id"].fillna(NO_AREA)
        inside = (known == district_id).to_numpy()
        if not inside.any():
            raise InputError(f"no residence lies in district {district_id!r}; use one of {head(sorted(set(known)))}")
        residences = residences[inside]
        access = access[access["residence_id"].isin(residences["residence_id"])]
        shapes = frames.area_shapes
        name = shapes["name"][(shapes["level"] == LEVELS[1]) & (shapes["area_id"] == district_id)]
        place = Words(zh=name_or(name.iloc[0] if len(name) else None, district_id), en="")
    return _Scope(frames=frames, residences=residences, table=table_of(residences, access), place=place)


def _fill(status: str) -> dict[str, Any]:
    """How an area of this status is filled: colour, and pattern in the ink that is read on it."""
    style = STATUS_STYLES[status]
    return {"facecolor": style.colour, "edgecolor": style.ink, "hatch": HATCHES[style.pattern], "linewidth": 0.0}


def _status_patches(shares: Sequence[float] | FloatArray | None) -> list[Artist]:
    """The five statuses for a legend, with their shares where these are given."""
    from matplotlib.patches import Patch  # noqa: PLC0415

    told = [""] * len(STATUSES) if shares is None else [f" {percent(float(share))}" for share in shares]
    return [
        Patch(label=f"{style.letter} {style.zh} {style.en}{share}", **_fill(style.status))
        for style, share in zip(STATUS_STYLES.values(), told, strict=True)
    ]


def _reached(scope: _Scope, kind: str) -> Words:
    """The finding of one kind: who reaches it, or that the data can't tell."""
    shares = dict(zip(STATUSES, scope.shares(kind), strict=True))
    words, what, limit = checklist.kind(kind), scope.unit.what, scope.limit
    if shares["unknown"] > 0.5:
        share = percent(shares["unknown"])
        return Words(
            zh=f"{words.zh}缺数据：{share}的{what.zh}步行{limit.zh}能否到达，尚不能判断",
            en=f"{words.en}: for {share} of {what.en} the data can't tell whether one is within {limit.en} on foot",
        )
    unsure, share = shares["possible"] + shares["unknown"], percent(shares["covered"])
    if share == "0%" and percent(unsure) != "0%":
        lacking, unsettled = percent(shares["gap"]), percent(unsure)
        return Words(
            zh=f"{lacking}的{what.zh}步行{limit.zh}内没有{words.zh}，另有{unsettled}尚不能判断",
            en=f"{words.en}: none within {limit.en} on foot for {lacking} of {what.en}, not known for {unsettled}",
        )
    more = share != percent(shares["covered"] + unsure)
    return Words(
        zh=f"{'至少' if more else ''}{share}的{what.zh}步行{limit.zh}可达{words.zh}",
        en=f"{words.en}: within {limit.en} on foot for {'at least ' if more else ''}{share} of {what.en}",
    )


@drawn_plainly
def status_map(frames: StudyFrames, kind: str, *, district_id: str | None = None) -> Figure:
    """Map who reaches a kind on foot: residences by status, its sites, streets, water, green and community borders.

    Parameters
    ----------
    frames : a finished study.
    kind : one of the study's kinds, such as ``"farmers_market"``.
    district_id : a district's `area_id`, "none" for residences in no district, or None for the whole study.

    Returns
    -------
    A figure 7.1 inches wide, north up, with scale bar, north arrow and legend; lengths are true to 0.1 %. Shares are of
    weight and sum to one. Sites that evidence was overruled at are left out. A study's review number (审图号) stands
    in the foot where the config gives one.

    Raises
    ------
    InputError
        when the study has no such kind or district, or the extra `figures` isn't installed.
    """
    scope = _scope(frames, district_id)
    finding, shares = _reached(scope, kind), scope.shares(kind)
    plane, view = _view(scope)
    west, south, east, north = view
    map_w = WIDTH_IN - 2 * MARGIN_IN
    map_h = map_w * (north - south) / (east - west)
    figure, foot_in = new_sheet(finding, scope.foot(), body_in=map_h + 0.75)
    axes = axes_at(figure, MARGIN_IN, foot_in + 0.67, map_w, map_h)
    axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], facecolor="white")
    axes.spines[:].set_color(RULE)
    _ground(axes, frames, plane, view)
    status = scope.table.status[:, scope.column(kind)]
    homes = scope.residences.geometry.to_crs(plane)
    for code, name in enumerate(STATUSES):
        _homes(axes, np.asarray(homes[status == code].array), len(homes), name)
    marks = _site_marks(axes, frames, kind, plane, view)
    _scale_and_north(axes, view)
    legend(figure, [*_status_patches(shares), *marks], bottom_in=foot_in + 0.05, ncols=3)
    return figure


def _view(scope: _Scope) -> tuple[Any, View]:
    """A plane in metres around the residences, and the window on it: their bounds with a margin, no narrow strip."""
    west, south, east, north = scope.residences.total_bounds.tolist()
    plane = local_crs((west + east) / 2, (south + north) / 2)
    west, south, east, north = scope.residences.geometry.to_crs(plane).total_bounds.tolist()
    x, y, wide, tall = (west + east) / 2, (south + north) / 2, max(east - west, 300.0), max(north - south, 300.0)
    wide, tall = 1.08 * wide, 1.08 * tall
    tall = max(tall, 0.5 * wide)
    wide = max(wide, tall / 1.05)
    return plane, (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)


def _ground(axes: Axes, frames: StudyFrames, plane: Any, view: View) -> None:
    """Water, green, streets and borders."""
    from matplotlib.collections import LineCollection  # noqa: PLC0415

    def clipped(frame: gpd.GeoDataFrame) -> Any:
        return shapely.clip_by_rect(np.asarray(frame.geometry.to_crs(plane).array), *view) if len(frame) else []

    def lines(shapes: Any, **style: Any) -> None:
        parts = shapely.get_parts(shapely.boundary(shapes) if style.pop("outline", False) else shapes)
        parts = shapely.get_parts(parts[~shapely.is_empty(parts)])
        axes.add_collection(LineCollection([shapely.get_coordinates(part) for part in parts], **style), autolim=False)

    for kind, colour in (("green", _GREEN), ("water", _WATER)):
        shapes = np.asarray(clipped(frames.backdrop[frames.backdrop["kind"] == kind]), dtype=object)
        areal = shapely.get_dimensions(shapes) == 2
        _polygons(axes, shapes[areal], facecolor=colour, edgecolor="none", zorder=1)
        lines(shapes[shapely.get_dimensions(shapes) == 1], colors=colour, linewidths=1.0, zorder=1)
    for street, width in (("path", 0.3), ("steps", 0.3), ("road", 0.6)):
        shapes = np.asarray(clipped(frames.streets[frames.streets["street_class"] == street]), dtype=object)
        lines(shapes, colors=_STREET, linewidths=width, zorder=2)
    borders = frames.area_shapes[frames.area_shapes["level"] == LEVELS[0]]
    shapes = np.asarray(clipped(borders), dtype=object)
    lines(shapes, outline=True, colors=QUIET, linewidths=0.4, linestyles=[(0, (4, 2, 1, 2))], zorder=4)


def _polygons(axes: Axes, shapes: Any, **style: Any) -> None:
    """All polygons as one path, so that a pattern runs on from one to the next."""
    from matplotlib.patches import PathPatch  # noqa: PLC0415
    from matplotlib.path import Path  # noqa: PLC0415

    parts = shapely.get_parts(shapes)
    parts = shapely.orient_polygons(parts[shapely.get_dimensions(parts) == 2])
    at, ring = shapely.get_coordinates(shapely.get_rings(parts), return_index=True)
    if not len(at):
        return
    codes = np.full(len(at), Path.LINETO, dtype=Path.code_type)
    codes[np.diff(ring, prepend=-1) > 0] = Path.MOVETO
    codes[np.diff(ring, append=ring[-1] + 1) > 0] = Path.CLOSEPOLY
    patch = PathPatch(Path(at, codes), **style)
    patch.set_hatch_linewidth(0.25)  # most are small houses
    axes.add_patch(patch)


def _homes(axes: Axes, homes: Any, n_all: int, status: str) -> None:
    """Residences of one status: polygons as they are, points as discs."""
    areal = shapely.get_dimensions(homes) == 2
    _polygons(axes, homes[areal], **(_fill(status) | {"linewidth": 0.15}), zorder=3)
    at = shapely.get_coordinates(shapely.point_on_surface(homes[~areal]))
    size = float(np.clip(4000 / max(n_all, 1), 8, 90))
    axes.scatter(at[:, 0], at[:, 1], s=size, **(_fill(status) | {"linewidth": 0.3}), zorder=3)


def _site_marks(axes: Axes, frames: StudyFrames, kind: str, plane: Any, view: View) -> list[Artist]:
    """The sites of the kind in the window, and what they look like in the legend."""
    from matplotlib.lines import Line2D  # noqa: PLC0415

    held = frames.site_kinds[frames.site_kinds["kind"] == kind]
    if len(frames.conflicts):
        lost = frames.conflicts[frames.conflicts["kind"] == kind]
        # An absence that was overruled stands there too: its site is still one.
        held = held[~held["site_id"].isin(lost["site_id"][lost["evidence"] != "absent"])]
    west, south, east, north = view
    legend: list[Artist] = []
    for sure, inner, label in (
        (True, "black", "已确认设施 confirmed sites:"),
        (False, "white", "可能设施 possible sites:"),
    ):
        ids = held["site_id"][(held["evidence"] == "confirmed") == sure]
        places = frames.sites[frames.sites["site_id"].isin(ids)]
        at = (
            shapely.get_coordinates(np.asarray(points_of(places).to_crs(plane).array))
            if len(places)
            else np.empty((0, 2))
        )
        at = at[(at[:, 0] > west) & (at[:, 0] < east) & (at[:, 1] > south) & (at[:, 1] < north)]
        style = {"marker": "^", "markersize": 6.0, "markerfacecolor": inner, "markeredgecolor": "black"}
        halo = {"markersize": 8.5, "markerfacecolor": "white", "markeredgecolor": "none", "marker": "^"}
        for look in (halo, style):
            axes.plot(at[:, 0], at[:, 1], linestyle="", zorder=5, **look)  # type: ignore[arg-type]
        legend.append(Line2D([], [], linestyle="", label=f"{label} {len(at):,}", **style))  # type: ignore[arg-type]
    return legend


def _scale_and_north(axes: Axes, view: View) -> None:
    west, south, east, north = view
    nice = [base * 10**power for power in range(1, 6) for base in (1, 2, 5)]
    length_m = max((one for one in nice if one <= (east - west) / 4), default=nice[0])
    pad = 0.025 * (east - west)
    left, low = west + pad, south + pad
    halo = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0}
    axes.plot([left, left + length_m], [low, low], color="black", linewidth=2.2, solid_capstyle="butt", zorder=7)
    label = f"{length_m} m" if length_m < 1000 else f"{length_m // 1000} km"
    axes.text(
        left + length_m / 2, low + 0.3 * pad, label, font=typeface(7.5), ha="center", va="bottom", bbox=halo, zorder=7
    )
    x, y = east - pad, north - pad
    arrow = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.0, "shrinkA": 0.0, "shrinkB": 0.0}
    axes.annotate("", xy=(x, y), xytext=(x, y - 1.9 * pad), arrowprops=arrow, zorder=7)
    axes.text(x, y - 2.1 * pad, "北 N", font=typeface(7.5), ha="center", va="top", bbox=halo, zorder=7)


@drawn_plainly
def coverage_by_kind(frames: StudyFrames, *, district_id: str | None = None) -> Figure:
    """Draw the five shares of every kind as one bar each, in the checklist's order, by groups.

    Parameters
    ----------
    frames : a finished study.
    district_id : a district's `area_id`, "none" for residences in no district, or None for the whole study.

    Returns
    -------
    A figure with 27 bars of five parts, each bar 1 long; parts are of weight, in the order of `schema.STATUSES`, and
    told in figures from 8 % on. The title counts the kinds that nine tenths reach for certain, and names the widest gap
    and the kinds that are unknown for most.

    Raises
    ------
    InputError
        when there is no such district, or the extra `figures` isn't installed.
    """
    scope = _scope(frames, district_id)
    kinds = [one for one in checklist.kinds() if one.id in scope.table.kinds]
    shares = np.array([scope.shares(one.id) for one in kinds])
    groups = [one.group for one in kinds]
    # A free row before each group.
    y = np.arange(len(kinds)) + 0.6 * np.cumsum([i > 0 and groups[i] != groups[i - 1] for i in range(len(kinds))])
    row_in, left_in = 0.285, 2.45
    body = row_in * (y[-1] + 1) + 0.62
    figure, foot_in = new_sheet(_coverage_finding(scope, kinds, shares), scope.foot(), body_in=body)
    axes = axes_at(figure, left_in, foot_in + 0.55, WIDTH_IN - left_in - 0.25, row_in * (y[-1] + 1))
    _stacked_rows(axes, y, shares)
    axes.set(ylim=(y[-1] + 0.5, -0.5))
    beside = axes.get_yaxis_transform()
    for at, one in zip(y, kinds, strict=True):
        axes.text(-0.015, at + 0.03, one.zh, font=typeface(7.5), transform=beside, ha="right", va="bottom", color=INK)
        axes.text(-0.015, at + 0.08, one.en, font=typeface(5.5), transform=beside, ha="right", va="top", color=QUIET)
    edge = -(left_in - MARGIN_IN) / (WIDTH_IN - left_in - 0.25)
    for group, group_zh in {one.group: one.group_zh for one in kinds}.items():
        row = y[groups.index(group)]
        axes.text(edge, row, group_zh, font=typeface(9), transform=beside, va="bottom", color=INK)
        axes.text(edge, row, palette.GROUPS_EN[group], font=typeface(6.5), transform=beside, va="top", color=QUIET)
    legend(figure, _status_patches(None), bottom_in=foot_in + 0.05, ncols=5)
    return figure


def _coverage_finding(scope: _Scope, kinds: Sequence[Any], shares: FloatArray) -> Words:
    covered, unknown, gap = (shares[:, STATUSES.index(name)] for name in ("covered", "unknown", "gap"))
    what, many, blind = scope.unit.what, int((covered >= 0.9).sum()), int((unknown > 0.5).sum())
    some_zh, some_en = (f"{many}类", f"{many}") if many else ("没有一类", "none")
    zh = [f"{len(kinds)}类中{some_zh}有九成以上的{what.zh}步行{scope.limit.zh}可达"]
    en = [f"Within {scope.limit.en} on foot: {some_en} of {len(kinds)} kinds for nine tenths of {what.en} or more"]
    if gap.max() > 0:
        widest, share = kinds[int(gap.argmax())], percent(float(gap.max()))
        zh.append(f"缺口最大的是{widest.zh}（{share}）")
        en.append(f"the widest gap is {widest.en} ({share})")
    if blind:
        zh.append(f"{blind}类多半缺数据")
        en.append(f"{plural(blind, 'kind')} {'is' if blind == 1 else 'are'} mostly unknown")
    return Words(zh="；".join(zh), en="; ".join(en))


def _stacked_rows(axes: Axes, y: FloatArray, shares: FloatArray) -> None:
    """Bars of five parts, 1 long, with the shares that have room written on them."""
    start = np.zeros(len(y))
    for code, (status, style) in enumerate(STATUS_STYLES.items()):
        part = shares[:, code]
        axes.barh(y, part, left=start, height=0.74, label=status, **_fill(status))
        for at, share, left in zip(y, part, start, strict=True):
            if share >= 0.08:
                box = {"facecolor": style.colour, "edgecolor": "none", "pad": 0.8}
                axes.text(left + share / 2, at, percent(float(share)), font=typeface(6.5), color=style.ink, ha="center",
                          va="center", bbox=box)  # fmt: skip
        start = start + part
    _percent_axis(axes, "x")
    axes.set(yticks=[], xlim=(0, 1))
    axes.spines[["top", "right", "left"]].set_visible(False)


def _percent_axis(axes: Axes, which: Literal["x", "y"], ticks: Sequence[float] = (0, 0.25, 0.5, 0.75, 1)) -> None:
    labels = [f"{100 * tick:g}%" for tick in ticks]
    axes.set(**{f"{which}ticks": ticks, f"{which}ticklabels": labels})
    axes.tick_params(labelsize=7, colors=QUIET, length=2, width=0.6)
    axes.spines[:].set_color(RULE)


@drawn_plainly
def time_distribution(frames: StudyFrames, kind: str, *, district_id: str | None = None) -> Figure:
    """Draw how long people walk to a kind: the share of the weight in each minute, by status.

    Parameters
    ----------
    frames : a finished study.
    kind : one of the study's kinds.
    district_id : a district's `area_id`, "none" for residences in no district, or None for the whole study.

    Returns
    -------
    A figure with a bar a minute up to twice the threshold: bar m holds the walks of more than m - 1 and at most m
    minutes (0 counts to the first), and the last, set apart, all who have no site that near or aren't on the network.
    The walk is to the site that decided the status, so a possible one where only that is near. Thresholds are dashed
    lines. The median in the title is the shortest time within which half of the weight reaches a confirmed site; it is
    told only where half does within the threshold.

    Raises
    ------
    InputError
        when the study has no such kind or district, or the extra `figures` isn't installed.
    """
    scope = _scope(frames, district_id)
    column, weight = scope.column(kind), scope.table.weight
    time_s, status = scope.table.time_s[:, column], scope.table.status[:, column]
    last = math.ceil(s_to_minutes(2 * max(scope.limits_s)))
    near = np.isfinite(time_s)
    minute = np.ceil(np.where(near, time_s, 0.0) * s_to_minutes(1.0) - 1e-9)
    place = np.where(near, np.clip(minute, 1, last) - 1, last).astype(np.int64)
    x = np.append(np.arange(last) + 0.5, last + 0.09 * last)
    words, finding = checklist.kind(kind), _reached(scope, kind)
    half = _median_s(np.where(status == STATUSES.index("covered"), time_s, np.inf), weight)
    if math.isfinite(half):
        minutes = f"{s_to_minutes(half):.1f}"
        zh, en = f"{finding.zh}，一半不超过{minutes}分钟", f"{finding.en}; for half, within {minutes} minutes"
        finding = Words(zh=zh, en=en)
    figure, foot_in = new_sheet(finding, scope.foot(), body_in=3.5)
    axes = axes_at(figure, 0.62, foot_in + 0.95, WIDTH_IN - 0.9, 2.45)
    start = np.zeros(last + 1)
    for code, name in enumerate(STATUSES):
        mine = status == code
        part = np.bincount(place[mine], weights=weight[mine], minlength=last + 1) / scope.total
        axes.bar(x, part, bottom=start, width=0.86, label=name, **_fill(name))
        start = start + part
    top = 1.16 * float(start.max())
    for limit_s in scope.limits_s:
        at = s_to_minutes(limit_s)
        axes.plot([at, at], [0, top], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=4)
        axes.text(at + 0.15, 0.985 * top, f"{at:g} 分钟 min", font=typeface(7.5), va="top", color=INK)
    ticks = [*range(0, last + 1, 5 if last <= 40 else 10), float(x[-1])]
    axes.set(xlim=(-0.2, 1.14 * last), ylim=(0, top))
    axes.set_xticks(ticks, [*(str(tick) for tick in ticks[:-1]), "更远或无\nfarther, none"])
    _percent_axis(axes, "y", _ticks(top))
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(f"步行到{words.zh}的分钟数 minutes on foot ({words.en})", font=typeface(7.5), color=INK, loc="left")
    axes.set_ylabel(f"占{scope.unit.what.zh} share", font=typeface(7.5), color=INK)
    legend(figure, _status_patches(scope.shares(kind)), bottom_in=foot_in + 0.05, ncols=3)
    return figure


def _median_s(time_s: FloatArray, weight: FloatArray) -> float:
    """The shortest time within which half of the weight is; inf where less than half ever is.

    >>> _median_s(np.array([300.0, 100.0, np.inf]), np.array([1.0, 1.0, 2.0]))
    300.0
    >>> _median_s(np.array([100.0, np.inf]), np.array([1.0, 2.0]))
    inf
    """
    order = np.argsort(time_s, kind="stable")
    reached = np.cumsum(weight[order])
    return float(time_s[order][np.searchsorted(reached, 0.5 * reached[-1] * (1 - 1e-12))])


def _ticks(top: float) -> list[float]:
    """Some four round steps from 0 to just below the top."""
    step = next(one for one in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5) if top / one <= 6)
    return [round(i * step, 6) for i in range(int(top / step + 1e-9) + 1)]


@drawn_plainly
def lorenz(frames: StudyFrames, *, kinds: Sequence[str] | None = None, district_id: str | None = None) -> Figure:
    """Draw how evenly kinds within reach are shared out among people: Lorenz curves and their Gini coefficients.

    What is shared out is the number of kinds that a residence reaches within its threshold; each residence counts with
    its weight. Two curves: one of covered kinds, and one as if all that is possible or unknown were there too.

    Parameters
    ----------
    frames : a finished study.
    kinds : the kinds that are counted. None: those of the 27 whose data is complete where at least nine tenths of the
        weight is, since kinds of which the data can't say who lacks them would only show how uneven the data is.
    district_id : a district's `area_id`, "none" for residences in no district, or None for the whole study.

    Returns
    -------
    A square: across, the share of the weight, those with the fewest kinds first; up, their share of all (kind, person)
    pairs in reach. See `areas.lorenz_curve` and `areas.gini` for the formulas and their sources.

    Raises
    ------
    InputError
        when no kind's data is complete, nobody reaches any of the kinds, the study has no such kind or district, or the
        extra `figures` isn't installed.
    """
    scope = _scope(frames, district_id)
    chosen = _complete_kinds(scope) if kinds is None else list(dict.fromkeys(kinds))
    if not chosen:
        raise InputError(
            "no kind's data is complete for nine tenths of the weight; name the kinds to count, as in kinds=[...]"
        )
    status = scope.table.status[:, [scope.column(kind) for kind in chosen]]
    sure, maybe = STATUSES.index("covered"), [STATUSES.index(name) for name in ("covered", "possible", "unknown")]
    counts = ((status == sure).sum(axis=1), np.isin(status, maybe).sum(axis=1))
    if not (counts[0] * scope.table.weight).sum() > 0:
        raise InputError(
            "nobody reaches any of the kinds for certain, so there is nothing to share out; name other kinds"
        )
    curves = [lorenz_curve(count, scope.table.weight) for count in counts]
    uneven = [gini(count, scope.table.weight) for count in counts]
    lower_half = float(np.interp(0.5, *curves[0]))
    what, counting, least = scope.unit.what, _several(chosen), percent(lower_half)
    finding = Words(
        zh=f"{counting.zh}设施分布的基尼系数为{uneven[0]:.3f}：可达最少的一半{what.zh}占{least}",
        en=f"{counting.en}: a Gini coefficient of {uneven[0]:.3f}; the worse-off half of {what.en} has {least}",
    )
    average = percent(float(weighted_mean(np.isin(status, maybe[1:]).astype(float), scope.table.weight).mean()))
    named = [checklist.kind(kind) for kind in chosen]
    counted = Words(
        zh=f"计入：{'、'.join(one.zh for one in named)}；其中可能可达和缺数据平均占{average}。",
        en=f"Counted: {', '.join(one.en for one in named)}; possible or unknown, on average: {average}.",
    )
    figure, foot_in = new_sheet(finding, scope.foot(counted), body_in=4.75)
    axes = axes_at(figure, 0.75, foot_in + 0.5, 4.1, 4.1)
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=(0, (2, 2)), label="平均 all have the same")
    covered, other = STATUS_STYLES["covered"], STATUS_STYLES["possible"]
    labels = (
        f"已确认可达 covered\n基尼系数 Gini {uneven[0]:.3f}",
        f"若可能与缺数据都算可达\nif all that is possible\nor unknown were there\n基尼系数 Gini {uneven[1]:.3f}",
    )
    looks: tuple[dict[str, Any], ...] = (
        {"color": covered.colour, "linewidth": 1.8},
        {"color": other.line, "linewidth": 1.2, "linestyle": (0, (5, 2))},
    )
    for (people, whole), label, look in zip(curves, labels, looks, strict=True):
        axes.plot(people, whole, label=label, **look)
    axes.fill_between(*curves[0], curves[0][0], color=covered.colour, alpha=0.12, linewidth=0)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    _percent_axis(axes, "x")
    _percent_axis(axes, "y")
    axes.set_xlabel(f"{what.zh}累计占比，可达类别最少的在前 {what.en}, fewest first", font=typeface(7.5), color=INK)
    axes.set_ylabel("可达类别累计占比 share of what they reach", font=typeface(7.5), color=INK)
    across, along = figure.get_size_inches()
    figure.legend(
        loc="upper left", bbox_to_anchor=(5.0 / across, (foot_in + 4.6) / along), prop=typeface(7.5), frameon=False,
        borderaxespad=0.0, handlelength=2.2, labelspacing=1.1,
    )  # fmt: skip
    return figure


def _several(kinds: Sequence[str]) -> Words:
    """A kind's name, or the first one's and how many there are."""
    known = {one.id: one for one in (*checklist.kinds(), *checklist.extension_kinds())}
    first = known.get(kinds[0], Words(zh=kinds[0], en=kinds[0]))
    if len(kinds) == 1:
        return Words(zh=first.zh, en=first.en)
    return Words(zh=f"{first.zh}等{len(kinds)}类", en=f"{first.en} and {plural(len(kinds) - 1, 'other kind')}")


def _complete_kinds(scope: _Scope) -> list[str]:
    """Kinds of the 27 whose layer is complete where at least `COMPLETE_SHARE` of the scope's weight is."""
    weight = scope.residences.groupby(scope.residences["community_id"].fillna(NO_AREA).to_numpy(object))["weight"].sum()
    layers = scope.frames.layers[scope.frames.layers["complete"]]
    lived = pd.Series(weight.reindex(layers["community_id"]).fillna(0.0).to_numpy(dtype=np.float64))
    whole = lived.groupby(layers["kind"].to_numpy(object)).sum() / scope.total
    return [kind for kind in checklist.KINDS if whole.get(kind, 0.0) >= COMPLETE_SHARE - 1e-9]


@drawn_plainly
def siting_frontier(plans: Sequence[SitingPlan], frames: StudyFrames) -> Figure:
    """Draw what each further new site adds, and how much better any plan could be.

    Parameters
    ----------
    plans : of `solve_siting` with model ``"mclp"``, of one problem with different `p`; in any order.
    frames : the study that the problem was made from; gives the unit and the foot.

    Returns
    -------
    A figure over p, the new sites allowed: objective and bound as shares of the demand (the weight that lacks the kinds
    today), the room between them shaded, and a line where no candidate reaches farther. A proven plan has no room.

    Raises
    ------
    InputError
        when there is no plan or demand, plans answer different questions, are of another model or of one p twice, or
        the extra `figures` isn't installed.
    """
    ordered = sorted(plans, key=lambda plan: plan.p)
    if not ordered:
        raise InputError("no plan was given; solve the problem with p = 1, 2, 3 and so on")
    if len({(plan.model, plan.kinds, plan.demand) for plan in ordered}) > 1:
        raise InputError(
            "the plans answer different questions; give plans of one problem and model that differ in p only"
        )
    if ordered[0].model != "mclp":
        raise InputError(f"a plan of model {ordered[0].model!r} tells no covered weight; give plans of model 'mclp'")
    if len({plan.p for plan in ordered}) < len(ordered):
        raise InputError("some plans have the same p; give one plan for each number of sites")
    demand = ordered[0].demand
    if not demand > 0:
        raise InputError("nobody is known to lack what the plans are for, so there is no frontier to draw")
    scope = _scope(frames, None)
    p = np.array([plan.p for plan in ordered])
    share, bound = (np.array([getattr(plan, name) for plan in ordered]) / demand for name in ("objective", "bound"))
    reachable = 1.0 - ordered[0].demand_unreachable / demand
    figure, foot_in = new_sheet(_frontier_finding(ordered), scope.foot(_frontier_foot(scope, ordered)), body_in=3.5)
    axes = axes_at(figure, 0.62, foot_in + 0.8, WIDTH_IN - 0.9, 2.6)
    room, best = STATUS_STYLES["possible"], STATUS_STYLES["covered"]
    axes.fill_between(p, share, bound, facecolor=room.colour, edgecolor=room.ink, hatch=HATCHES["hatch"], linewidth=0,
                      label="尚未证明的余地 room not ruled out")  # fmt: skip
    axes.axhline(reachable, color=STATUS_STYLES["gap"].line, linewidth=1.0, linestyle=(0, (1, 1.5)),
                 label=f"候选点所能及 all that candidates reach {percent(reachable)}")  # fmt: skip
    axes.plot(p, bound, color=room.line, linewidth=1.1, linestyle=(0, (5, 2)), marker="_", markersize=8,
              label="上界 bound")  # fmt: skip
    axes.plot(p, share, color=best.colour, linewidth=1.6, marker="o", markersize=4.5, label="方案 plan")
    top = 1.15 * max(float(bound.max()), reachable)
    for at, height in list(zip(p, share, strict=True)) if len(p) <= 12 else [(p[0], share[0]), (p[-1], share[-1])]:
        label: dict[str, Any] = {
            "font": typeface(6.5),
            "color": best.line,
            "va": "top",
            "xytext": (3, -4),
            "textcoords": "offset points",
        }
        axes.annotate(percent(float(height)), (at, height), **label)
    axes.set(xlim=(p[0] - 0.5, p[-1] + 0.5), ylim=(0, top))
    step = max(1, math.ceil((p[-1] - p[0] + 1) / 20))
    ticks = list(range(int(p[0]), int(p[-1]) + 1, step))
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    _percent_axis(axes, "y", _ticks(min(top, 1.0)))
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("新设施数 new sites allowed (p)", font=typeface(7.5), color=INK)
    axes.set_ylabel("占缺口 share of the gap", font=typeface(7.5), color=INK)
    handles, _ = axes.get_legend_handles_labels()
    legend(figure, list(reversed(handles)), bottom_in=foot_in + 0.05, ncols=4)
    return figure


def _frontier_finding(ordered: Sequence[SitingPlan]) -> Words:
    first, last = ordered[0], ordered[-1]
    kinds = _several(last.kinds)
    parts_zh: list[str] = []
    parts_en: list[str] = []
    for plan in dict.fromkeys((first, last)):
        share, of = percent(plan.objective / plan.demand), "" if parts_en else " of the gap"
        parts_zh.append(f"{plan.p}处新设施补上{share}")
        parts_en.append(f"{plural(plan.p, 'new site')} {'closes' if plan.p == 1 else 'close'} {share}{of}")
    worst = max(plan.gap for plan in ordered)
    proof_zh = "均已证明最优" if worst == 0 else f"距最优至多差{percent(worst)}"
    proof_en = "proven best" if worst == 0 else f"at most {percent(worst)} short of the best"
    return Words(
        zh=f"{kinds.zh}的缺口：{'，'.join(parts_zh)}，{proof_zh}",
        en=f"{kinds.en}: {', '.join(parts_en)}, {proof_en}",
    )


def _frontier_foot(scope: _Scope, ordered: Sequence[SitingPlan]) -> Words:
    weight, once = amount(ordered[0].demand, scope.unit), len(ordered[0].kinds) > 1
    return Words(
        zh=f"缺口共{weight.zh}{'，每缺一类计一次' if once else ''}；模型 {ordered[0].model}。",
        en=f"The gap is {weight.en}{', counted once for each kind lacked' if once else ''}.",
    )


@drawn_plainly
def before_after(frames: StudyFrames) -> Figure:
    """Draw what the study's plan changes: the five shares of each planned kind today, and with the new sites.

    Parameters
    ----------
    frames : a finished study with a plan (`[siting]` in its config).

    Returns
    -------
    A figure with two bars a kind. The plan counts gaps only, so what is possible or unknown today stays so: what is
    gained moves from gap to covered.

    Raises
    ------
    InputError
        when the study has no plan, or the extra `figures` isn't installed.
    """
    summary = frames.plan_summary
    if not summary or not len(frames.plan):
        raise InputError("the study proposes no site; ask for some in its config: [siting] kinds = [...], p = 5")
    scope = _scope(frames, None)
    kinds = [checklist.kind(kind) for kind in summary["kinds"]]
    gained = {one.id: 0.0 for one in kinds}
    for row in summary["gained_by_community"]:
        gained[row["kind"]] += row["gained"]
    today = np.array([scope.shares(one.id) for one in kinds])
    moved = np.array([gained[one.id] for one in kinds]) / scope.total
    later = today.copy()
    later[:, STATUSES.index("covered")] += moved
    later[:, STATUSES.index("gap")] = np.maximum(later[:, STATUSES.index("gap")] - moved, 0.0)
    best = int(moved.argmax())
    gap_before, gap_after = (percent(float(part[best, STATUSES.index("gap")])) for part in (today, later))
    n, most, many = len(frames.plan), kinds[best], len(kinds) > 1
    what_zh = f"缺口缩小，最多的是{most.zh}：" if many else f"{most.zh}的缺口"
    finding = Words(
        zh=f"{n}处新设施可使{what_zh}由{gap_before}降到{gap_after}",
        en=f"{plural(n, 'new site')} would narrow the gap{'s, most of all that' if many else ''} in {most.en}: "
        f"from {gap_before} to {gap_after} of {scope.unit.what.en}",
    )
    row_in, left_in = 0.29, 2.6
    y = np.array([2.55 * i + j for i in range(len(kinds)) for j in range(2)])
    figure, foot_in = new_sheet(finding, scope.foot(), body_in=row_in * (y[-1] + 1) + 0.62)
    axes = axes_at(figure, left_in, foot_in + 0.55, WIDTH_IN - left_in - 0.25, row_in * (y[-1] + 1))
    _stacked_rows(axes, y, np.stack([today, later], axis=1).reshape(-1, len(STATUSES)))
    axes.set(ylim=(y[-1] + 0.5, -0.5))
    beside = axes.get_yaxis_transform()
    edge = -(left_in - MARGIN_IN) / (WIDTH_IN - left_in - 0.25)
    for i, one in enumerate(kinds):
        axes.text(edge, y[2 * i], one.zh, font=typeface(9), transform=beside, va="center", color=INK)
        axes.text(edge, y[2 * i] + 0.62, one.en, font=typeface(6.5), transform=beside, va="center", color=QUIET)
        for row, label in ((2 * i, "现状 today"), (2 * i + 1, "方案 with the plan")):
            axes.text(-0.015, y[row], label, font=typeface(7), transform=beside, ha="right", va="center", color=INK)
    legend(figure, _status_patches(None), bottom_in=foot_in + 0.05, ncols=5)
    return figure
