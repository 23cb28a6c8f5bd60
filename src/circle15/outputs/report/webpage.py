"""A document as one HTML page that needs no network, no script and no font of its own."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from circle15.outputs import palette
from circle15.outputs.report.layout import Document
from circle15.outputs.report.sketch import Sketch
from circle15.outputs.report.wording import number
from circle15.schema import STATUSES
from circle15.words import Words

GAP_AREA_WORDS: Final = Words(
    zh="缺口片区，编号见第5节（遍布全图或与已画的重叠的不画）",
    en="gap area, numbered as in section 5 (those all over the map or over one another are not drawn)",
)
PLAN_WORDS: Final = Words(zh="建议新增，编号见第7节", en="proposed site, numbered as in section 7")


def html_of(document: Document) -> str:
    """Lay out a document as HTML; the same document gives the same text."""
    css = Markup(text_of_file("report.css") + text_of_file("map.css"))  # noqa: S704 - our own files
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            page=document,
            css=css,
            svg=svg_of,
            statuses=STATUSES,
            styles=palette.STATUS_STYLES,
            tile=palette.PATTERN_TILE,
            stroke=palette.PATTERN_STROKE,
            gap_area_words=GAP_AREA_WORDS,
            plan_words=PLAN_WORDS,
        )
    )


def svg_of(sketch: Sketch, label: str, css: str = "") -> Markup:
    """Write a drawing as an SVG element; by itself it needs its style sheet."""
    template = _environment().get_template("map.svg.j2")
    return Markup(template.render(sketch=sketch, label=label, css=Markup(css)))  # noqa: S704 - escaped there


def text_of_file(name: str) -> str:
    """A file of this package as text."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(text_of_file),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"percent": palette.percent, "number": number}
    return environment
