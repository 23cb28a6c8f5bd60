"""A document as a PDF that looks the same everywhere: A4, its own font inside, the data's date as its own.

Typst lays it out with Noto Sans CJK SC, of which only the glyphs used are embedded. A character that the font hasn't
got is written as its code, 〔U+1F600〕, and told: never a box in silence.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from circle15.errors import ConfigError
from circle15.outputs.palette import PATTERN_STROKE, PATTERN_TILE, STATUS_STYLES, percent
from circle15.outputs.report.layout import Document
from circle15.outputs.report.model import Shares
from circle15.outputs.report.sketch import LegendRow, Sketch
from circle15.outputs.report.webpage import GAP_AREA_WORDS, PLAN_WORDS, svg_of, text_of_file
from circle15.outputs.report.wording import number
from circle15.schema import STATUSES
from circle15.words import Words

FONT: Final = "Noto Sans CJK SC"
_LONGEST_RUN: Final = 16
"""Letters without a place to break, more of which could stick out of a narrow column."""
_WHOLE_ROWS: Final = 8
"""Tables of at most so many rows stay on one page."""
_IGNORABLE: Final = re.compile("[\u200b-\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Joiners and selectors that only change how the letter before them looks."""
_HOME_FILL: Final = re.compile(r"^\.(?:home\.)?(g\d|unknown|off) \{ fill: (#\w+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class MissingGlyph:
    """A character that the font hasn't got, and the first text that holds it."""

    character: str
    text: str


def pdf_of(document: Document, *, date: datetime) -> tuple[bytes, tuple[MissingGlyph, ...]]:
    """Lay out a document as a PDF, the same bytes for the same document and date.

    Parameters
    ----------
    date : the data's, with a time zone; the file says that it was made then.

    Returns
    -------
    The PDF, and the characters that are written as their codes in it.

    Raises
    ------
    ConfigError
        where the extra `report` isn't installed.
    """
    missing: dict[str, str] = {}
    plain = _plain(document, missing)
    inputs = {"document": json.dumps(plain, ensure_ascii=False), "look": json.dumps(_look(), ensure_ascii=False)}
    template = text_of_file("report.typ").encode()
    pdf = _compiler().compile(template, format="pdf", sys_inputs=inputs, timestamp=date, pdf_standards=["a-2a", "ua-1"])
    return pdf, tuple(MissingGlyph(character=one, text=text) for one, text in sorted(missing.items()))


def _plain(value: Any, missing: dict[str, str]) -> Any:
    """What JSON knows: figures written out, drawings as SVG, text that the font can show."""
    if isinstance(value, str):
        return _shown(value, missing)
    if isinstance(value, Shares):
        known = STATUSES if value.weight > 0 else ()
        parts = [{"status": one, "share": value.of(one), "text": percent(value.of(one))} for one in known]
        return {"parts": [part for part, share in zip(parts, value.shares, strict=False) if share > 0], "all": parts}
    if isinstance(value, Sketch):
        return {
            "svg": _svg(value, missing),
            "legend": [_plain(row, missing) for row in value.legend if row.n_residences],
            "gap_areas": bool(value.gap_areas),
            "plan": bool(value.plan),
        }
    if isinstance(value, LegendRow):
        words = _plain(value.words, missing)
        return {"name": value.name, "words": words, "share": percent(value.share), "n": number(value.n_residences)}
    if is_dataclass(value):
        named = {one.name: _plain(getattr(value, one.name), missing) for one in fields(value)}
        return {"is": type(value).__name__, **named}
    return [_plain(one, missing) for one in value] if isinstance(value, tuple) else value


def _svg(sketch: Sketch, missing: dict[str, str]) -> str:
    shown = tuple(replace(pin, label=_shown(pin.label, missing, breaks=False)) for pin in sketch.places)
    css = f'{text_of_file("map.css")}text {{ font-family: "{FONT}"; font-weight: 400; }}'
    return str(svg_of(replace(sketch, places=shown), "", css))


def _shown(text: str, missing: dict[str, str], *, breaks: bool = True) -> str:
    """Text in the font's characters, long words with places to break."""
    known = _characters()
    plain = _IGNORABLE.sub("", unicodedata.normalize("NFC", text))
    for one in plain:
        if ord(one) not in known:
            missing.setdefault(one, plain)
    plain = "".join(one if ord(one) in known else f"〔U+{ord(one):04X}〕" for one in plain)
    return (
        re.sub(rf"([!-~\u00a1-\u024f]{{{_LONGEST_RUN}}})(?=[!-~\u00a1-\u024f])", "\\1\u200b", plain)
        if breaks
        else plain
    )


def _look() -> dict[str, Any]:
    """Colours and patterns of the statuses and of the map's residences."""
    size = PATTERN_TILE
    statuses = {}
    for status, style in STATUS_STYLES.items():
        pattern = style.pattern_path and (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><rect width="{size}" height="{size}" '
            f'fill="{style.colour}"/><path d="{style.pattern_path}" fill="none" stroke="{style.ink}" '
            f'stroke-width="{PATTERN_STROKE}" stroke-linecap="round" opacity=".75"/></svg>'
        )
        statuses[status] = {
            "zh": style.zh, "en": style.en, "letter": style.letter, "colour": style.colour, "ink": style.ink,
            "pattern": pattern,
        }  # fmt: skip
    homes = dict(_HOME_FILL.findall(text_of_file("map.css")))
    return {
        "statuses": statuses,
        "homes": homes,
        "gap_area": _words(GAP_AREA_WORDS),
        "plan": _words(PLAN_WORDS),
        "whole_rows": _WHOLE_ROWS,
    }


def _words(words: Words) -> Mapping[str, str]:
    return {"zh": words.zh, "en": words.en}


def missing_extra() -> Words | None:
    """The sentence that says what PDFs need, where it isn't installed."""
    lacking = [name for name in ("typst", "noto_cjk_sans_otc", "fontTools") if find_spec(name) is None]
    if not lacking:
        return None
    return Words(
        zh=f"没有写 PDF 报告：未安装 {'、'.join(lacking)}；请运行 pip install 'circle15[report]'",
        en=f"no reports as PDF: {', '.join(lacking)} not installed; run pip install 'circle15[report]'",
    )


@cache
def _font_file() -> Path:
    from noto_cjk_sans_otc import FONT_PATH  # noqa: PLC0415 - of the extra

    return Path(str(FONT_PATH))


@cache
def _characters() -> frozenset[int]:
    """The characters that the font has."""
    from fontTools.ttLib import TTCollection  # noqa: PLC0415 - of the extra

    with TTCollection(_font_file(), lazy=True) as collection:
        faces = {face["name"].getDebugName(1): face for face in collection.fonts}
        return frozenset(faces[FONT].getBestCmap())


@cache
def _compiler() -> Any:
    """The typesetter, which keeps the font and the template for the next report."""
    sentence = missing_extra()
    if sentence is not None:
        raise ConfigError(sentence.en)
    import typst  # noqa: PLC0415 - of the extra

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_font_file().parent)])
    return typst.Compiler(font_paths=fonts)
