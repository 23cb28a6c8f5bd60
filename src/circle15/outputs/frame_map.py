"""Any frame with geometry on a map of its own, for notebooks: Leaflet and the data in one page, no network."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import jinja2
import numpy as np
import pandas as pd
import shapely

from circle15.display import plain_name
from circle15.errors import InputError
from circle15.outputs import leaflet
from circle15.outputs.notebook import EmbeddedPage
from circle15.outputs.palette import SCORE_COLOURS, STATUS_STYLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["embed"]

_PLAIN: Final = "#0068a8"
_MISSING: Final = "#8a8a85"
# Okabe and Ito's colours without yellow and black: the streets and the page are light, and grey is what is missing.
_NAMED: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")
_DIGITS: Final = 6
"""Decimals of a degree that a map shows: 0.11 m."""


def embed(
    frame: gpd.GeoDataFrame,
    *,
    colour_by: str | None = None,
    streets: gpd.GeoDataFrame | None = None,
    attribution: str | None = None,
    height_px: int = 400,
) -> EmbeddedPage:
    """Show a frame on a map in a notebook: its shapes, and at a click its other columns.

    Parameters
    ----------
    frame : points, lines or polygons in any coordinate system; rows without geometry aren't drawn.
    colour_by : a column to colour by. Statuses have the colours of every page; numbers are cut into at most six
        classes of about as many rows each (infinite and missing ones are grey); of texts the six most frequent have
        colours, in ties the first by name.
    streets : drawn beneath in grey, such as a study's `streets`.
    attribution : whose data it is, such as `result.about["attribution"]`; stands in the corner.
    height_px : height of the map in the notebook.

    Returns
    -------
    A page that shows itself in a notebook cell; `.html` is its text. It asks no network for anything, and the same
    frames give the same text. Names from the data are text in it, whatever markup they hold. Large shapes lie beneath
    small ones.

    Raises
    ------
    InputError
        when a frame has no geometry or no coordinate system, or no column of that name.

    Examples
    --------
    >>> market = gpd.GeoDataFrame({"name": ["光河市场"]}, geometry=[shapely.Point(118.78, 32.04)], crs="EPSG:4326")
    >>> "光河市场" in embed(market).html
    True
    """
    shown = _in_degrees(frame, "frame")
    if colour_by is not None and colour_by not in shown.columns:
        raise InputError(f"frame has no column '{colour_by}' to colour by; use one of {', '.join(map(str, frame))}")
    columns = [column for column in shown.columns if column != shown.geometry.name]
    colours, legend = _colours(shown, colour_by)
    data = {
        "columns": [plain_name(str(column)) or "" for column in columns],
        "rows": [list(row) for row in zip(*(_texts(shown[column]) for column in columns), strict=True)],
        "colours": colours,
        "shapes": _geojson(shown),
        "streets": [] if streets is None else _geojson(_in_degrees(streets, "streets")),
    }
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    leaflet_script, script = leaflet.script(), _own("frame_map.js")
    page = _template().render(
        data=leaflet.script_safe(text),
        colour_by=plain_name(colour_by),
        legend=legend,
        attribution=plain_name(attribution),
        leaflet=leaflet_script,
        leaflet_style=leaflet.style(),
        leaflet_version=leaflet.version(),
        leaflet_licence=leaflet.licence(),
        script=script,
        script_hashes=[leaflet.csp_hash(leaflet_script), leaflet.csp_hash(script)],
    )
    return EmbeddedPage(page, height_px=height_px)


def _in_degrees(frame: gpd.GeoDataFrame, what: str) -> gpd.GeoDataFrame:
    if not isinstance(frame, gpd.GeoDataFrame) or frame._geometry_column_name not in frame:
        raise InputError(f"{what} is a table without geometry; give a GeoDataFrame")
    if frame.crs is None:
        raise InputError(f"{what} has no coordinate system; set it, for instance with .set_crs('EPSG:4326')")
    there = frame[~(frame.geometry.isna() | frame.geometry.is_empty)].to_crs("EPSG:4326")
    return there.iloc[np.argsort(-shapely.area(there.geometry.array), kind="stable")]


def _geojson(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Features numbered from 0, in the frame's order."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    rounded = shapely.transform(shapely.force_2d(shapes), lambda lonlat: lonlat.round(_DIGITS))
    texts = shapely.to_geojson(rounded)
    return [
        {"type": "Feature", "id": i, "properties": {}, "geometry": json.loads(text)} for i, text in enumerate(texts)
    ]


def _texts(column: pd.Series[Any]) -> list[str]:
    """Values as a person reads them: numbers with at most three decimals, nothing where they are missing."""
    return ["" if _is_missing(value) else _text(value) for value in column]


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value))


def _text(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:,.3f}".rstrip("0").rstrip(".") if np.isfinite(value) else "∞" if value > 0 else "-∞"
    return plain_name(str(value)) or ""


def _colours(frame: gpd.GeoDataFrame, colour_by: str | None) -> tuple[list[str], list[tuple[str, str]]]:
    """The colour of each row, and the legend."""
    if colour_by is None:
        return [_PLAIN] * len(frame), []
    column = frame[colour_by]
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return _graded(column.to_numpy(dtype=np.float64, na_value=np.nan))
    texts = pd.Series(_texts(column), dtype=object)
    counts = texts[texts != ""].value_counts()
    if len(counts) and set(counts.index) <= set(STATUS_STYLES):
        styles = [style for status, style in STATUS_STYLES.items() if status in counts.index]
        named = {style.status: style.colour for style in styles}
        legend = [
            (style.colour, f"{style.letter} {style.zh} {style.en} ({counts[style.status]:,})") for style in styles
        ]
    else:
        first = sorted(counts.index, key=lambda text: (-counts[text], text))[: len(_NAMED)]
        named = dict(zip(first, _NAMED, strict=False))
        legend = [(colour, f"{text} ({counts[text]:,})") for text, colour in named.items()]
    others = int((~texts.isin(list(named))).sum())
    if others:
        legend.append((_MISSING, f"其他 other ({others:,})"))
    return texts.map(named).fillna(_MISSING).tolist(), legend


def _graded(numbers: NDArray[np.float64]) -> tuple[list[str], list[tuple[str, str]]]:
    """At most six classes of about as many rows each, named by the least and the greatest number in them."""
    known = np.isfinite(numbers)
    colours, legend = np.full(len(numbers), _MISSING, dtype=object), []
    if known.any():
        parts = np.arange(1, len(SCORE_COLOURS)) / (len(SCORE_COLOURS) - 1)
        upper = np.unique(np.quantile(numbers[known], parts, method="inverted_cdf"))
        # The darkest are the highest; fewer classes are taken from all over the scale, the palest left out.
        scale = [SCORE_COLOURS[round(i)] for i in np.linspace(len(SCORE_COLOURS) - 1, 1, len(upper))[::-1]]
        which = np.searchsorted(upper, numbers[known])
        colours[known] = np.array(scale, dtype=object)[which]
        for one, (colour, high) in enumerate(zip(scale, upper, strict=True)):
            low = numbers[known][which == one].min()
            legend.append((colour, f"{_text(low)} – {_text(high)}" if low < high else _text(high)))
    if not known.all():
        legend.append((_MISSING, f"无数值 no number ({int((~known).sum()):,})"))
    return colours.tolist(), legend


@cache
def _own(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(_own("frame_map.html.j2"))
