"""The report's maps: our own streets, water and green, residences by number of gaps, gap areas and plan, as SVG paths.

One map shows the whole scope, small ones the largest gap areas. Units of the drawing are tenths of a millimetre on
paper: 1800 wide for the text width of an A4 page. Paths of one colour are one path, in whole units and relative
steps, simplified until the whole fits the budget.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from circle15.checklist import KINDS
from circle15.outputs.report.model import GAP_AREA_ROWS, AreaName, GapAreaRow, ReportModel, Scope
from circle15.outputs.report.wording import plural
from circle15.schema import NO_AREA, STATUSES, StudyFrames, points_of
from circle15.units import FloatArray, geodesic_lengths_m
from circle15.words import Words

WIDTH = 1800.0
TALLEST = 2000.0
FLATTEST = 1000.0
BUDGET = 340_000
"""Most characters of path data: with frame and legend the drawing stays under 400 kB."""

SMALL_WIDTH = 880.0
SMALL_HEIGHT = 640.0
SMALL_BUDGET = 40_000
"""Most characters of a small map's paths."""
SMALL_MAPS = 6
"""Gap areas that get a map of their own."""
AROUND_M = 250.0
"""What a small map shows around its gap area at the least."""

DRAWN_GAP_AREAS = 8
WIDESPREAD = 0.25
"""A gap area that covers more of the drawing says 'nearly everywhere', which the colours say better."""
CLOSED_M = 60.0
"""Gaps between the buffers of a gap area's residences up to twice this wide are closed in the drawing."""

Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One path of the drawing and the CSS class that colours it."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Pin:
    """A numbered mark at a place of the drawing."""

    x: int
    y: int
    label: str


@dataclass(frozen=True, kw_only=True)
class LegendRow:
    """A class of residences: its CSS class, meaning, share of the weight and number."""

    name: str
    words: Words
    share: float
    n_residences: int


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """A drawing in plain values; the template turns it into SVG."""

    width: int
    height: int
    layers: tuple[Layer, ...]
    places: tuple[Pin, ...]
    gap_areas: tuple[Pin, ...]
    plan: tuple[Pin, ...]
    scale_units: int
    scale_label: str
    legend: tuple[LegendRow, ...]


# Least gaps first; each class reaches up to the next one's first number.
_GAP_CLASSES = (1, 2, 3, 5, 8)


def draw(frames: StudyFrames, scope: Scope, model: ReportModel) -> Sketch:
    """Draw the residences of a report's scope with what surrounds them."""
    view = _View.around(_bounds(frames, scope, model), width=WIDTH, heights=(FLATTEST, TALLEST), margin=0.04)
    names, classes = _classes(scope)
    homes = view.placed(np.asarray(scope.residences.geometry.array))
    marked, numbers = _gap_outlines(frames, model, view)
    outlines = _outlines(frames, model)
    for tolerance in (0.7, 1.2, 2.0, 3.5, 6.0, 10.0):
        layers = [
            *_backdrop(frames.backdrop, view, tolerance),
            *_streets(frames.streets, view, tolerance),
            *_homes(homes, classes, names, tolerance),
            Layer(name="outline", path=_path(view.clipped(outlines), tolerance, close=True)),
            Layer(name="gaparea", path=_path(marked, tolerance, close=True)),
        ]
        if sum(len(layer.path) for layer in layers) <= BUDGET:
            break
    metres, units = view.scale_bar()
    gap_pins = tuple(view.mark(shape, label) for shape, label in zip(marked, numbers, strict=True))
    plan_pins = _plan_pins(frames, model, view)
    return Sketch(
        width=round(view.width),
        height=round(view.height),
        layers=tuple(layer for layer in layers if layer.path),
        places=_places(scope, model, view, (*gap_pins, *plan_pins)),
        gap_areas=gap_pins,
        plan=plan_pins,
        scale_units=units,
        scale_label=f"{metres} m" if metres < 1000 else f"{metres / 1000:g} km",
        legend=_legend(scope, names, classes),
    )


def draw_gap_areas(frames: StudyFrames, scope: Scope, model: ReportModel) -> tuple[tuple[int, Sketch], ...]:
    """Draw the first gap areas one by one: who lacks the kind, its sites nearby, and what the plan opens there.

    Each with its place in the list. One that lies mostly where another was drawn, for another kind, is left out.
    """
    geometry = dict(zip(frames.gap_areas["gap_area_id"].astype(str), frames.gap_areas.geometry, strict=True))
    drawn: list[Any] = []
    sketches = []
    for i, row in enumerate(model.gap_areas[:GAP_AREA_ROWS]):
        shape = geometry[row.gap_area_id]
        if any(shape.intersection(other).area > 0.5 * min(shape.area, other.area) for other in drawn):
            continue
        drawn.append(shape)
        sketches.append((i, _small(frames, scope, model, row, shape)))
        if len(sketches) == SMALL_MAPS:
            break
    return tuple(sketches)


def _small(frames: StudyFrames, scope: Scope, model: ReportModel, row: GapAreaRow, shape: Any) -> Sketch:
    size = {"width": SMALL_WIDTH, "heights": (SMALL_HEIGHT, SMALL_HEIGHT)}
    view = _View.around(shape.bounds, **size, margin=0.15, margin_m=AROUND_M)  # type: ignore[arg-type]
    seen = scope.residences.sindex.query(shapely.box(*view.window()))
    seen.sort()
    homes = view.placed(np.asarray(scope.residences.geometry.array)[seen])
    lacks = scope.status[seen, KINDS.index(row.kind_id)] == STATUSES.index("gap")
    streets, backdrop = (
        frame.iloc[np.sort(frame.sindex.query(shapely.box(*view.window())))]
        for frame in (frames.streets, frames.backdrop)
    )
    outline = view.clipped(np.array([shape], dtype=object))
    for tolerance in (1.0, 2.0, 3.5, 6.0, 10.0):
        layers = [
            *_backdrop(backdrop, view, tolerance),
            *_streets(streets, view, tolerance),
            *_homes(homes, lacks.astype(np.int64), ["g0", "g3"], tolerance),
            Layer(name="gaparea", path=_path(outline, tolerance, close=True)),
            *_sites(frames, view, row.kind_id),
        ]
        if sum(len(layer.path) for layer in layers) <= SMALL_BUDGET:
            break
    metres, units = view.scale_bar()
    opened = [site for site in model.plan.sites if row.kind in site.kinds] if model.plan else []
    west, south, east, north = view.window()
    return Sketch(
        width=round(view.width),
        height=round(view.height),
        layers=tuple(layer for layer in layers if layer.path),
        places=(),
        gap_areas=(),
        plan=tuple(
            view.pin(shapely.Point(site.lon, site.lat), str(site.rank))
            for site in reversed(opened)
            if west < site.lon < east and south < site.lat < north
        ),
        scale_units=units,
        scale_label=f"{metres} m" if metres < 1000 else f"{metres / 1000:g} km",
        legend=(),
    )


def _sites(frames: StudyFrames, view: _View, kind_id: str) -> list[Layer]:
    """The sites of a kind as diamonds: filled where one is confirmed, else hollow."""
    holds = frames.site_kinds[frames.site_kinds["kind"] == kind_id]
    confirmed = set(holds["site_id"][holds["evidence"] == "confirmed"])
    sites = frames.sites[frames.sites["site_id"].isin(holds["site_id"])]
    if not len(sites):
        return []
    points = shapely.get_coordinates(view.placed(np.asarray(points_of(sites).array)))
    inside = (points > 0).all(axis=1) & (points < [view.width, view.height]).all(axis=1)
    paths = {"site": "", "maybe": ""}
    for (x, y), site_id in zip(np.rint(points[inside]).astype(int).tolist(), sites["site_id"][inside], strict=True):
        paths["site" if site_id in confirmed else "maybe"] += f"M{x} {y - 16}l16 16-16 16-16-16z"
    return [Layer(name=name, path=path) for name, path in paths.items()]


def _bounds(frames: StudyFrames, scope: Scope, model: ReportModel) -> tuple[float, float, float, float]:
    """The scope's residences, and what the plan opens in it."""
    west, south, east, north = scope.residences.total_bounds.tolist()
    ranks = {site.rank for site in model.plan.sites if site.here} if model.plan else set()
    if not ranks:
        return west, south, east, north
    opened = frames.plan[frames.plan["rank"].isin(sorted(ranks))].total_bounds.tolist()
    return min(west, opened[0]), min(south, opened[1]), max(east, opened[2]), max(north, opened[3])


@dataclass(frozen=True)
class _View:
    """A window on the plane: metres east and south of its centre, scaled to drawing units."""

    lon: float
    lat: float
    m_per_degree: tuple[float, float]
    units_per_m: float
    width: float
    height: float

    @classmethod
    def around(
        cls,
        bounds: Sequence[float],
        *,
        width: float,
        heights: tuple[float, float],
        margin: float,
        margin_m: float = 0.0,
    ) -> _View:
        """Look at a box in degrees with a margin around: a share of its longer side, and metres at the least."""
        west, south, east, north = bounds
        lon, lat = (west + east) / 2, (south + north) / 2
        step = 0.001
        across = float(geodesic_lengths_m(np.array([lon, lon + step]), np.array([lat, lat]))[0]) / step
        along = float(geodesic_lengths_m(np.array([lon, lon]), np.array([lat, lat + step]))[0]) / step
        wide, tall = max((east - west) * across, 200.0), max((north - south) * along, 200.0)
        around = max(margin * max(wide, tall), margin_m)
        wide, tall = wide + 2 * around, tall + 2 * around
        # The window takes the page's width; too tall a city is shown narrower, with streets on both sides.
        flattest, tallest = heights
        tall = max(tall, wide * flattest / width)
        wide = max(wide, tall * width / tallest)
        scale = width / wide
        return cls(lon, lat, (across, along), scale, width, tall * scale)

    def window(self) -> tuple[float, float, float, float]:
        """What is to be seen, as a box in degrees."""
        half_x = (self.width / 2 + 20) / self.units_per_m / self.m_per_degree[0]
        half_y = (self.height / 2 + 20) / self.units_per_m / self.m_per_degree[1]
        return self.lon - half_x, self.lat - half_y, self.lon + half_x, self.lat + half_y

    def placed(self, geometries: Geometries) -> Geometries:
        def project(lonlat: FloatArray) -> FloatArray:
            x = (lonlat[:, 0] - self.lon) * self.m_per_degree[0] * self.units_per_m + self.width / 2
            y = (self.lat - lonlat[:, 1]) * self.m_per_degree[1] * self.units_per_m + self.height / 2
            return np.column_stack([x, y])

        return np.asarray(shapely.transform(geometries, project), dtype=object)

    def clipped(self, geometries: Geometries) -> Geometries:
        if not len(geometries):
            return geometries
        placed = self.placed(shapely.force_2d(geometries))
        return np.asarray(shapely.clip_by_rect(placed, -20, -20, self.width + 20, self.height + 20), dtype=object)

    def pin(self, geometry: Any, label: str) -> Pin:
        """Mark a place on earth."""
        return self.mark(self.placed(np.array([geometry]))[0], label)

    def mark(self, shape: Any, label: str) -> Pin:
        """Mark a shape of the drawing, inside the frame so that the label stays readable."""
        point = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
        x = min(max(point[0], 30.0), self.width - 30.0)
        y = min(max(point[1], 30.0), self.height - 30.0)
        return Pin(x=round(x), y=round(y), label=label)

    def scale_bar(self) -> tuple[int, int]:
        longest = self.width / 4 / self.units_per_m
        nice = [base * 10**power for power in range(1, 6) for base in (1, 2, 5)]
        metres = max((length for length in nice if length <= longest), default=nice[0])
        return metres, round(metres * self.units_per_m)


def _classes(scope: Scope) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The class of each residence, as an index into the CSS classes' names.

    Where nothing that the data can judge was judged, a residence is drawn as unknown and not as 'no gap'.
    """
    gaps = (scope.status == STATUSES.index("gap")).sum(axis=1)
    off = (scope.status == STATUSES.index("off_network")).any(axis=1)
    decided = scope.complete[scope.community] & np.isin(
        scope.status, [STATUSES.index(one) for one in ("covered", "possible", "gap")]
    )
    names = ["g0", *(f"g{i + 1}" for i in range(len(_GAP_CLASSES))), "unknown", "off"]
    classes = np.searchsorted(_GAP_CLASSES, gaps, side="right").astype(np.int64)
    classes[(gaps == 0) & ~decided.any(axis=1)] = names.index("unknown")
    classes[off] = names.index("off")
    return names, classes


def _legend(scope: Scope, names: Sequence[str], classes: npt.NDArray[np.int64]) -> tuple[LegendRow, ...]:
    words = {
        "g0": Words(zh="可判定的类别中无缺口", en="no gap among the kinds that can be judged"),
        "unknown": Words(zh="缺数据，无法判定", en="can't be judged: unknown"),
        "off": Words(zh="未连通", en="off network"),
    }
    for i, first in enumerate(_GAP_CLASSES):
        if i + 1 == len(_GAP_CLASSES):
            words[f"g{i + 1}"] = Words(zh=f"缺{first}类及以上", en=f"{first} kinds or more in gap")
            continue
        last = _GAP_CLASSES[i + 1] - 1
        span = f"{first}" if first == last else f"{first}–{last}"
        en = plural(first, "kind") if first == last else f"{span} kinds"
        words[f"g{i + 1}"] = Words(zh=f"缺{span}类", en=f"{en} in gap")
    total = scope.weight.sum()
    rows = []
    for i, name in enumerate(names):
        inside = classes == i
        share = float(scope.weight[inside].sum() / total) if total > 0 else math.nan
        rows.append(LegendRow(name=name, words=words[name], share=share, n_residences=int(inside.sum())))
    return tuple(rows)


def _backdrop(backdrop: gpd.GeoDataFrame, view: _View, tolerance: float) -> list[Layer]:
    layers = []
    for which in ("green", "water"):
        geometries = backdrop.geometry[backdrop["kind"] == which]
        clipped = view.clipped(np.asarray(geometries.array))
        areal = np.isin(shapely.get_type_id(clipped), (3, 6, 7))
        least = (3 * tolerance) ** 2
        layers.append(
            Layer(name=which, path=_path(clipped[areal & (shapely.area(clipped) > least)], tolerance, close=True))
        )
        if which == "water":
            layers.append(Layer(name="river", path=_path(clipped[~areal], tolerance, close=False)))
    return layers


def _streets(streets: gpd.GeoDataFrame, view: _View, tolerance: float) -> list[Layer]:
    layers = []
    for which in ("steps", "path", "road"):
        if tolerance > 4 and which != "road":
            continue
        lines = view.clipped(np.asarray(streets.geometry[streets["street_class"] == which].array))
        least = tolerance * (2 if which == "road" else 6)
        layers.append(Layer(name=which, path=_path(lines[shapely.length(lines) > least], tolerance, close=False)))
    return layers


def _homes(homes: Geometries, classes: npt.NDArray[np.int64], names: Sequence[str], tolerance: float) -> list[Layer]:
    """Footprints while they fit, else squares on a grid of which the worst class shows."""
    if tolerance <= 2.0 and len(homes) <= 12_000:
        areal = np.isin(shapely.get_type_id(homes), (3, 6))
        tiny = ~areal | (shapely.area(homes) < 9.0)
        shapes = homes.copy()
        shapes[tiny] = shapely.buffer(shapely.centroid(homes[tiny]), 3.0, cap_style="square")
        return [
            Layer(name=f"home {name}", path=_path(shapes[classes == i], tolerance / 2, close=True))
            for i, name in enumerate(names)
        ]
    step = max(4, round(2 * tolerance))
    cells = np.floor(shapely.get_coordinates(shapely.centroid(homes)) / step).astype(np.int64)
    worst: dict[tuple[int, int], int] = {}
    for (x, y), group in zip(cells.tolist(), classes.tolist(), strict=True):
        worst[y, x] = max(worst.get((y, x), -1), group)
    paths: list[list[str]] = [[] for _ in names]
    for y, x in sorted(worst):
        paths[worst[y, x]].append(f"M{x * step} {y * step}h{step}v{step}h-{step}z")
    return [Layer(name=f"home {name}", path="".join(paths[i])) for i, name in enumerate(names)]


def _outlines(frames: StudyFrames, model: ReportModel) -> Geometries:
    ids = [area.area_id for area in model.communities]
    shapes = frames.area_shapes
    mine = (shapes["level"] == "community") & shapes["area_id"].isin(ids)
    return np.asarray(shapes.geometry[mine].array)


def _gap_outlines(frames: StudyFrames, model: ReportModel, view: _View) -> tuple[Geometries, list[str]]:
    """The first rows' gap areas as one smooth shape each, without those that hide the map or one another."""
    geometry = dict(zip(frames.gap_areas["gap_area_id"].astype(str), frames.gap_areas.geometry, strict=True))
    closing = CLOSED_M * view.units_per_m
    drawn: list[Any] = []
    labels = []
    for number, row in enumerate(model.gap_areas[:GAP_AREA_ROWS], start=1):
        placed = view.placed(np.array([geometry[row.gap_area_id]]))[0]
        closed = shapely.buffer(shapely.buffer(placed, closing, quad_segs=3), -closing, quad_segs=3)
        shape = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(closed))))
        if shape.area > WIDESPREAD * view.width * view.height:
            continue
        if any(shape.intersection(other).area > 0.3 * min(shape.area, other.area) for other in drawn):
            continue
        drawn.append(shape)
        labels.append(str(number))
        if len(drawn) == DRAWN_GAP_AREAS:
            break
    return np.array(drawn, dtype=object), labels


def _plan_pins(frames: StudyFrames, model: ReportModel, view: _View) -> tuple[Pin, ...]:
    if model.plan is None:
        return ()
    geometry = dict(zip(frames.plan["rank"].astype(int), frames.plan.geometry, strict=True))
    # Rank 1 is drawn last, on top.
    return tuple(view.pin(geometry[s.rank], str(s.rank)) for s in reversed(model.plan.sites) if s.here)


def _places(scope: Scope, model: ReportModel, view: _View, marks: Sequence[Pin]) -> tuple[Pin, ...]:
    """Names of communities amid their residences, the heaviest first, clear of marks and of one another.

    A name that fits nowhere near is left out.
    """
    points = shapely.get_coordinates(view.placed(np.asarray(points_of(scope.residences).array)))
    known: dict[str, AreaName] = {area.area_id: area for area in model.communities if area.area_id != NO_AREA}
    weights = np.bincount(scope.community, weights=scope.weight, minlength=len(scope.community_ids))
    taken = [(float(mark.x), float(mark.y), 26.0) for mark in marks]
    pins = []
    for i in np.argsort(-weights, kind="stable").tolist():
        area = known.get(scope.community_ids[i])
        if area is None:
            continue
        middle = np.median(points[scope.community == i], axis=0)
        half = sum(28 if ord(letter) > 0x2E80 else 15 for letter in area.words.zh) / 2
        if half * 2 > view.width / 2:
            continue
        x = min(max(float(middle[0]), half + 10), view.width - half - 10)
        for shift in (0, -50, 50, -90, 90):
            y = min(max(float(middle[1]) + shift, 40), view.height - 20)
            if not any(abs(x - a) < half + b and abs(y - 10 - c) < 42 for a, c, b in taken):
                taken.append((x, y - 10, half))
                pins.append(Pin(x=round(x), y=round(y), label=area.words.zh))
                break
    return tuple(pins)


def _path(geometries: Geometries, tolerance: float, *, close: bool) -> str:
    """SVG path data of lines or of polygons' rings, simplified, in whole units and relative steps."""
    if not len(geometries):
        return ""
    simple = shapely.simplify(geometries, tolerance)
    parts = shapely.get_parts(simple[~shapely.is_empty(simple)])
    if close:
        parts = shapely.get_parts(parts)
        parts = shapely.get_rings(parts[shapely.get_type_id(parts) == 3])
    else:
        parts = shapely.get_parts(parts)
        parts = parts[np.isin(shapely.get_type_id(parts), (1, 2))]
    xy, index = shapely.get_coordinates(parts, return_index=True)
    whole = np.rint(xy).astype(np.int64)
    steps = np.diff(whole, axis=0)
    kept = (index[1:] == index[:-1]) & steps.any(axis=1)
    steps, of = steps[kept], index[1:][kept]
    if close:
        inner = of[1:] == of[:-1]  # z draws the last step of each ring
        steps, of = steps[:-1][inner], of[:-1][inner]
    counts = np.bincount(of, minlength=len(parts))
    starts = whole[np.searchsorted(index, np.arange(len(parts)))].tolist()
    said = [f"{x} {y}" for x, y in steps.tolist()]
    ends = np.cumsum(counts)
    return "".join(
        f"M{starts[i][0]} {starts[i][1]}{_steps(said[ends[i] - counts[i] : ends[i]])}{'z' if close else ''}"
        for i in np.flatnonzero(counts >= (2 if close else 1)).tolist()
    )


def _steps(said: Sequence[str]) -> str:
    """Join relative steps; a minus sign parts as well as a space does.

    >>> _steps(["3 -4", "0 5"])
    'l3-4 0 5'
    """
    return "l" + " ".join(said).replace(" -", "-")
