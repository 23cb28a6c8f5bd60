"""Make the pictures of docs/circles.md from OpenStreetMap, and print every figure that the page tells.

    python docs/make_circles.py --data ../shared/data

The first picture needs nothing but the embedded city. The others need files that a fresh clone lacks: they are skipped,
with the reason, and the committed pictures stay. Two runs on one machine give the same bytes.
"""

from __future__ import annotations

import argparse
import io
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import shapely
from matplotlib import font_manager
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from PIL import Image

from circle15 import OsmExtract, WalkNetwork, catchments, demo, isochrones, read_osm, travel_times
from circle15.config import load_config
from circle15.isochrones import part_lines
from circle15.outputs.palette import STATUS_STYLES
from circle15.reach import reached_parts
from circle15.sources.elevation import read_elevation
from circle15.sources.residences import osm_residences
from circle15.units import minutes_to_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

HERE = Path(__file__).resolve().parent
CUTOFF_S = minutes_to_s(15)
FONT = "Noto Sans CJK SC"
SRTM = "高程 heights: SRTM3 (NASA/USGS, 2000), public domain"

REACHED, LOST, EDGE = STATUS_STYLES["covered"], STATUS_STYLES["gap"], STATUS_STYLES["off_network"]
WATER, STREET, PATH = "#dfeaf2", "#a9a9a4", "#cfcfca"
LOST_FILL = {"facecolor": LOST.colour, "alpha": 0.55, "hatch": "xxx", "edgecolor": LOST.line, "linewidth": 0.0}
REACHED_FILL = {"facecolor": REACHED.colour, "alpha": 0.42, "edgecolor": "none"}
REACHED_LINE = {"facecolor": "none", "edgecolor": REACHED.line, "linewidth": 1.6}

# Chosen by eye among the addressed residences of the embedded city with the most neighbours out of reach.
ABOVE_THE_PARK = "w109496316"
# Of the addressed residences beside a compound, one of those that lose most where this one is closed.
BESIDE_COMPOUND, COMPOUND = "w109197056", "r3856169"
# In Monaco, at the foot of the hill; adult and wheelchair start on the same street, 18 m from the door.
ON_THE_SLOPE = "w49209295"
# Monaco's coastline ends some metres inside the file's own box; in this one it closes, and the sea is drawn.
MONACO_BOX = (7.36, 43.715, 7.485, 43.768)


class Canvas(NamedTuple):
    """A map to draw on, in the network's plane, and the artists of its legend."""

    figure: Figure
    axes: Axes
    legend: list[Artist]


def compared(_: Path) -> Figure:
    """Circle, buffer and convex hull of one residence."""
    config = load_config(demo.config_path())
    osm = read_osm(demo.config_path().with_name(config.osm.file.name), extent=config.osm.extent)
    network = WalkNetwork.from_osm(osm)
    residences = osm_residences(
        osm, buildings=config.residences.buildings, default_levels=config.residences.default_levels
    )
    home = residences[residences["residence_id"] == ABOVE_THE_PARK]
    name, here = home["name"].iloc[0], _door(network, home)
    circle = _circle(network, home, osm)
    buffer_m = CUTOFF_S * network.profile.speed_m_s
    buffer = shapely.buffer(here, buffer_m, quad_segs=64)
    parts = reached_parts(network, network.snap(home.geometry), cutoff_s=CUTOFF_S)
    hull = shapely.convex_hull(shapely.union_all(part_lines(network, parts)))
    reached = np.zeros(len(residences), dtype=bool)
    reached[travel_times(network, home, residences, cutoff_s=CUTOFF_S).time_s.indices] = True
    doors = network.plane(residences.geometry.representative_point())
    _say("circle", f"{name} ({ABOVE_THE_PARK}): circle {_ha(circle)}, {reached.sum():,} residences reached")
    share = {}
    for what, shape in (("buffer", buffer), ("hull", hull)):
        inside = shapely.within(doors, shape)
        late = inside & ~reached
        share[what] = late.sum() / inside.sum()
        wasted = 1 - shapely.area(shapely.intersection(shape, circle)) / shape.area
        _say(
            what,
            f"{_ha(shape)}, {wasted:.0%} of it outside the circle; {late.sum():,} of {inside.sum():,} residences in it "
            f"({share[what]:.0%}) can't be reached in time; {(reached & ~inside).sum():,} reached ones are outside it",
        )
    canvas = _canvas(
        osm, network, here, half_m=1010,
        zh=f"直线 {buffer_m:.0f} 米之内的居住点，{share['buffer']:.0%} 步行 15 分钟到不了",
        en=f"{share['buffer']:.0%} of the residences within {buffer_m:.0f} m are more than 15 minutes away on foot",
        credit=_credit(osm, f"{name}, Reykjavík; planning, 1.0 m/s"),
    )  # fmt: skip
    _fill(canvas, circle, f"服务圈 circle15 {_ha(circle)}", **REACHED_FILL)
    _fill(canvas, circle, None, **REACHED_LINE)
    _fill(
        canvas, buffer, f"{buffer_m:.0f} 米缓冲区 buffer {_ha(buffer)}",
        facecolor="none", edgecolor=EDGE.line, linewidth=1.6, linestyle=(0, (6, 3)),
    )  # fmt: skip
    _fill(
        canvas, hull, f"凸包 convex hull {_ha(hull)}",
        facecolor="none", edgecolor=LOST.line, linewidth=1.8, linestyle=(0, (1, 1.6)),
    )  # fmt: skip
    box = shapely.box(*_view(canvas))
    for mask, style, label in (
        (reached, {"color": REACHED.line, "marker": "o", "s": 5}, "到得了的居住点 residences reached"),
        (~reached, {"color": LOST.line, "marker": "x", "s": 11}, "到不了的居住点 not reached in time"),
    ):
        at = shapely.get_coordinates(doors[mask & shapely.within(doors, shapely.intersection(box, buffer.union(hull)))])
        _dots(canvas, at, label, **style)
    return _finished(canvas, here)


def gated(data: Path) -> Figure:
    """One residence beside a compound, read as open and as closed."""
    osm = read_osm(data / "reykjavik.osm.pbf")
    network = WalkNetwork.from_osm(osm)
    closed = network.with_compounds("closed")
    home = _building(osm, BESIDE_COMPOUND)
    here = _door(network, home)
    before, after = _circle(closed, home, osm), _circle(network, home, osm)
    gates = closed.gates()
    gates = gates[gates["zone"] == COMPOUND]
    compound = network.plane(osm.compounds[osm.compounds["osm_id"] == COMPOUND].geometry)[0]
    opened = _circle(closed.with_open_gates(gates["gate_id"]), home, osm)
    lost = 1 - before.area / after.area
    _say(
        "gate", f"{home['name'].iloc[0]} ({BESIDE_COMPOUND}): open {_ha(after)}, closed {_ha(before)}, {lost:.0%} less"
    )
    _say("gate", f"compound {COMPOUND} of {_ha(compound)}, {len(gates)} gates; with these open again {_ha(opened)}")
    canvas = _canvas(
        osm, network, here, half_m=1000,
        zh=f"邻近小区若不让外人穿行，服务圈缩小 {lost:.0%}",
        en=f"If the compound next door let no stranger through, the circle would shrink by {lost:.0%}",
        credit=_credit(osm, f"{home['name'].iloc[0]}, Reykjavík; planning, 1.0 m/s"),
    )  # fmt: skip
    _lost(canvas, after, before, "因小区封闭而少掉 lost if it is closed", "小区封闭时的服务圈 circle if it is closed")
    _fill(
        canvas, compound, f"小区 compound {_ha(compound)}",
        facecolor="none", edgecolor=EDGE.line, linewidth=1.6, linestyle=(0, (6, 2, 1, 2)),
    )  # fmt: skip
    at = shapely.get_coordinates(network.plane(gates.geometry))
    label = "大门（小区封闭时） its gates, if closed"
    _dots(canvas, at, label, color="white", edgecolors=EDGE.line, marker="D", s=20, linewidths=1.3)
    return _finished(canvas, here)


def sloped(data: Path) -> Figure:
    """One residence on the flat and on the slope."""
    osm, flat, steep, _ = monaco(data)
    home = _building(osm, ON_THE_SLOPE)
    name, here = home["name"].iloc[0], _door(flat, home)
    no_stairs = replace(flat, profile=replace(flat.profile, stairs_factor=1.0))
    level, before, after = (_circle(network, home, osm) for network in (no_stairs, flat, steep))
    site = home.rename(columns={"residence_id": "site_id"}).set_geometry(home.geometry.representative_point())
    towards = steep.plane(catchments(steep, site, [CUTOFF_S], water=_water(osm)).geometry)[0]
    lost = 1 - after.area / level.area
    _say("slope", f"{name} ({ON_THE_SLOPE}), adult: neither counted {_ha(level)}, stairs only {_ha(before)}")
    _say("slope", f"stairs and slopes {_ha(after)}, {lost:.0%} less than neither")
    _say("slope", f"walked home instead of away {_ha(towards)}")
    canvas = _canvas(
        osm, flat, here, half_m=1060,
        zh=f"算上台阶和坡度，服务圈缩小 {lost:.0%}",
        en=f"Stairs and slopes take {lost:.0%} of the circle",
        credit=_credit(osm, f"{name}, Monaco; adult, 1.2 m/s", SRTM),
    )  # fmt: skip
    _lost(canvas, level, after, "因台阶和坡度而少掉 lost to both", "台阶和坡度都计 both counted")
    _fill(
        canvas, before, f"只计台阶 stairs only counted {_ha(before)}",
        facecolor="none", edgecolor=EDGE.line, linewidth=1.2, linestyle=(0, (5, 2)),
    )  # fmt: skip
    _stairs(canvas, flat)
    return _finished(canvas, here)


def wheeled(data: Path) -> Figure:
    """One residence for an adult and for somebody in a wheelchair."""
    osm, _, steep, wheels = monaco(data)
    home = _building(osm, ON_THE_SLOPE)
    name, here = home["name"].iloc[0], _door(steep, home)
    adult, chair = _circle(steep, home, osm), _circle(wheels, home, osm)
    lost = 1 - chair.area / adult.area
    # The wheelchair's own network has no steps at all, so these two walk the adult's.
    slower = replace(steep, profile=replace(wheels.profile, stairs_factor=1.0, max_slope=None))
    stepless = replace(steep, profile=replace(wheels.profile, max_slope=None))
    speed_only, no_steps = (_circle(network, home, osm) for network in (slower, stepless))
    _say("wheelchair", f"{name} ({ON_THE_SLOPE}): adult {_ha(adult)}, wheelchair {_ha(chair)}, {lost:.0%} less")
    _say(
        "wheelchair", f"as slow but over steps and any slope {_ha(speed_only)}, no steps but any slope {_ha(no_steps)}"
    )
    canvas = _canvas(
        osm, steep, here, half_m=1060,
        zh=f"坐轮椅，15 分钟的服务圈缩小 {lost:.0%}",
        en=f"In a wheelchair the circle of 15 minutes is {lost:.0%} smaller",
        credit=_credit(osm, f"{name}, Monaco; adult 1.2 m/s, wheelchair 0.7 m/s", SRTM),
    )  # fmt: skip
    _lost(canvas, adult, chair, "成人可达、轮椅不可达 adult only", "轮椅 wheelchair")
    _stairs(canvas, steep)
    return _finished(canvas, here)


@cache
def monaco(data: Path) -> tuple[OsmExtract, WalkNetwork, WalkNetwork, WalkNetwork]:
    """Monaco, and its streets for an adult without and with heights, and for a wheelchair."""
    osm = read_osm(data / "monaco.osm.pbf", extent=MONACO_BOX)
    heights = read_elevation(data / "N43E007.hgt", box=osm.extent.bounds)
    return (
        osm,
        WalkNetwork.from_osm(osm, profile="adult"),
        WalkNetwork.from_osm(osm, profile="adult", elevation=heights),
        WalkNetwork.from_osm(osm, profile="wheelchair", elevation=heights),
    )


PICTURES: dict[str, tuple[Callable[[Path], Figure], tuple[str, ...]]] = {
    "circle-buffer-hull": (compared, ()),
    "circle-gate": (gated, ("reykjavik.osm.pbf",)),
    "circle-slope": (sloped, ("monaco.osm.pbf", "N43E007.hgt")),
    "circle-wheelchair": (wheeled, ("monaco.osm.pbf", "N43E007.hgt")),
}
"""What draws each picture, and the files that it needs."""


def _building(osm: OsmExtract, osm_id: str) -> gpd.GeoDataFrame:
    """A building as a residence, with its address or name."""
    found = osm.buildings[osm.buildings["osm_id"] == osm_id]
    tags = found["tags"].iloc[0]
    name = f"{tags['addr:street']} {tags['addr:housenumber']}" if "addr:housenumber" in tags else tags["name"]
    return gpd.GeoDataFrame(
        {"residence_id": [osm_id], "name": [name]}, geometry=found.geometry.to_numpy(), crs=found.crs
    )


def _door(network: WalkNetwork, home: gpd.GeoDataFrame) -> shapely.Point:
    return network.plane(home.geometry.representative_point())[0]


def _water(osm: OsmExtract) -> gpd.GeoSeries:
    return osm.backdrop[osm.backdrop["kind"] == "water"].geometry


def _circle(network: WalkNetwork, home: gpd.GeoDataFrame, osm: OsmExtract) -> shapely.Geometry:
    return network.plane(isochrones(network, home, [CUTOFF_S], water=_water(osm)).geometry)[0]


def _ha(shape: shapely.Geometry) -> str:
    return f"{shape.area / 10_000:.1f} ha"


def _say(what: str, figures: str) -> None:
    print(f"{what:>10}: {figures}")


def _credit(osm: OsmExtract, who: str, *others: str) -> str:
    return "\n".join([who, " · ".join([f"© OpenStreetMap contributors, ODbL 1.0, {osm.data_date}", *others])])


def _canvas(
    osm: OsmExtract, network: WalkNetwork, here: shapely.Point, *, half_m: float, zh: str, en: str, credit: str
) -> Canvas:
    """Water and streets around a place, under the finding in two languages."""
    width, height = 7.2, 8.65  # inches
    figure = Figure(figsize=(width, height), dpi=110, facecolor="white")
    axes = figure.add_axes((0.02, 0.133, 0.96, 0.96 * width / height))
    axes.set(xlim=(here.x - half_m, here.x + half_m), ylim=(here.y - half_m, here.y + half_m), aspect="equal")
    axes.set(xticks=[], yticks=[], facecolor="white")
    axes.spines[:].set_color(PATH)
    figure.text(0.02, 0.992, zh, fontsize=14, fontweight="bold", va="top")
    figure.text(0.02, 0.013, credit, fontsize=7.5, color=EDGE.line, va="bottom", linespacing=1.4)
    axes.set_title(en, fontsize=9.5, loc="left", pad=5)
    canvas = Canvas(figure, axes, [])
    box = shapely.box(*_view(canvas))
    for shape in shapely.intersection(network.plane(_water(osm)), box):
        _fill(canvas, shape, None, facecolor=WATER, edgecolor="none")
    for classes, colour, width in ((("path", "steps"), PATH, 0.6), (("road",), STREET, 0.8)):
        drawn = network.lines[np.isin(network.edge_class, classes) & shapely.intersects(network.lines, box)]
        axes.add_collection(LineCollection(_paths(drawn), colors=colour, linewidths=width))
    return canvas


def _paths(lines: np.ndarray) -> list[np.ndarray]:
    return [shapely.get_coordinates(line) for line in lines]


def _view(canvas: Canvas) -> tuple[float, float, float, float]:
    (west, east), (south, north) = canvas.axes.get_xlim(), canvas.axes.get_ylim()
    return west, south, east, north


def _fill(canvas: Canvas, shape: shapely.Geometry, label: str | None, **style: object) -> None:
    if shape.is_empty:
        return
    view = _view(canvas)
    gpd.GeoSeries([shape]).plot(ax=canvas.axes, aspect=None, **style)
    canvas.axes.set(xlim=view[::2], ylim=view[1::2], xlabel="", ylabel="")
    if label is not None:
        canvas.legend.append(Patch(label=label, **style))


def _lost(
    canvas: Canvas, before: shapely.Geometry, after: shapely.Geometry, before_label: str, after_label: str
) -> None:
    """A circle, and what it lacks of a larger one."""
    lost = shapely.difference(before, after)
    _fill(canvas, lost, f"{before_label} {_ha(lost)}", **LOST_FILL)
    _fill(canvas, after, f"{after_label} {_ha(after)}", **REACHED_FILL)
    _fill(canvas, after, None, **REACHED_LINE)


def _dots(canvas: Canvas, at: np.ndarray, label: str, *, s: float, **style: object) -> None:
    canvas.axes.scatter(at[:, 0], at[:, 1], s=s, zorder=4, **({"linewidths": 0.8} | style))
    edge, size = style.get("edgecolors", style["color"]), max(4.0, s**0.5)
    fill = {"color": edge, "markerfacecolor": style["color"]}
    canvas.legend.append(Line2D([], [], linestyle="", marker=style["marker"], markersize=size, label=label, **fill))


def _stairs(canvas: Canvas, network: WalkNetwork) -> None:
    steps = _paths(network.lines[network.edge_class == "steps"])
    canvas.axes.add_collection(
        LineCollection(steps, zorder=4, colors="black", linewidths=2.4, linestyles=[(0, (0.5, 0.5))])
    )
    canvas.legend.append(Line2D([], [], color="black", linewidth=2.4, linestyle=(0, (0.5, 0.5)), label="台阶 stairs"))


def _finished(canvas: Canvas, here: shapely.Point) -> Figure:
    """The residence, the scale and the legend."""
    figure, axes, legend = canvas
    axes.scatter([here.x], [here.y], s=110, marker="*", color="black", edgecolors="white", linewidths=1.2, zorder=6)
    legend.append(Line2D([], [], linestyle="", marker="*", markersize=10, color="black", label="居住点 the residence"))
    west, south, _, north = _view(canvas)
    left, low = west + 0.03 * (north - south), south + 0.03 * (north - south)
    axes.plot([left, left + 200], [low, low], color="black", linewidth=2.5, solid_capstyle="butt", zorder=6)
    label = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5}
    axes.text(left + 100, low + 14, "200 m", fontsize=8, ha="center", va="bottom", zorder=6, bbox=label)
    figure.legend(
        handles=legend, loc="lower left", bbox_to_anchor=(0.02, 0.052), ncols=2, fontsize=8.5, frameon=False,
        borderaxespad=0.0, columnspacing=1.5, handlelength=2.6, labelspacing=0.35,
    )  # fmt: skip
    return figure


def _save(figure: Figure, target: Path) -> None:
    """A PNG of 128 colours: a third of the bytes, and no difference to the eye."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    Image.open(drawn).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)


def _use_chinese_font() -> None:
    """Fonts are looked for anew: the list that matplotlib keeps may be older than they are."""
    for path in sorted(font_manager.findSystemFonts()):
        if Path(path).name.startswith("NotoSansCJK"):
            font_manager.fontManager.addfont(path)
    if FONT not in font_manager.get_font_names():
        sys.exit(f"The font {FONT} isn't installed; install it (Debian and Ubuntu: apt install fonts-noto-cjk)")
    mpl.rcParams["font.family"] = FONT
    mpl.rcParams["hatch.linewidth"] = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, default=HERE.parents[1] / "shared" / "data", help="the folder with the files (%(default)s)"
    )
    parser.add_argument("--out", type=Path, default=HERE / "images", help="where the pictures go (%(default)s)")
    arguments = parser.parse_args()
    _use_chinese_font()
    for name, (draw, files) in PICTURES.items():
        missing = [str(arguments.data / file) for file in files if not (arguments.data / file).is_file()]
        if missing:
            print(f"{name}.png: skipped, there is no {', no '.join(missing)}")
            continue
        target = arguments.out / f"{name}.png"
        _save(draw(arguments.data), target)
        print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
