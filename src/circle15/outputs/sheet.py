"""The paper that figures are drawn on: plain settings, Chinese type, a finding above, a foot below, and its bytes.

Places are inches from the lower left, type sizes are points. Matplotlib's settings and list of fonts stay as they are.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Literal, ParamSpec

from circle15.errors import InputError, head

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    from circle15.words import Words

__all__ = [
    "INK",
    "MARGIN_IN",
    "QUIET",
    "RULE",
    "WIDTH_IN",
    "as_bytes",
    "axes_at",
    "drawn_plainly",
    "legend",
    "new_sheet",
    "typeface",
]

P = ParamSpec("P")

WIDTH_IN: Final = 7.1
"""The text width of an A4 page with margins of 15 mm."""
MARGIN_IN: Final = 0.15
INK: Final = "#1c1c1f"
QUIET: Final = "#55555c"
RULE: Final = "#c9c9c4"

_SETTINGS: Final = {
    "svg.hashsalt": "circle15",
    "hatch.linewidth": 0.45,
    "font.size": 8,
    "axes.linewidth": 0.6,
    "text.hinting": "none",  # a line is then as long at any resolution
}
_UNDATED: Final[Mapping[str, dict[str, Any]]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}

_FONT, _FACE = "Noto Sans CJK SC", 2
_NO_GLYPH = "〓"
"""What printers have always set where a type is missing."""

_FINDING_PT, _SECOND_PT, _FOOT_PT = 13.0, 9.5, 6.5
_LEADING = 1.42

# A word with the space after it, a number with its unit, or one Chinese character; brackets and stops stay with theirs.
_PIECES = re.compile(
    r"[（《“]*(?:[^\s\u2e80-\uffef]+(?:(?<=\d)[\u4e00-\u9fff])?|[\u2e80-\uffef])[，。；：、）》”？！]*\s*"
)


def as_bytes(figure: Figure, file_format: Literal["png", "svg", "pdf"] = "png", *, dpi: float = 150) -> bytes:
    """Give what a file of the figure holds: the same figure, the same bytes.

    Parameters
    ----------
    figure : from a function of `circle15.figures`.
    file_format : png for pages and slides; svg and pdf for print, where type stays sharp at any size.
    dpi : dots an inch of a png; papers mostly ask for 300.

    Returns
    -------
    The content, without a date or a random id in it.

    Raises
    ------
    InputError
        for another format.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> as_bytes(Figure(figsize=(1, 1)))[1:4]
    b'PNG'
    """
    if file_format not in _UNDATED:
        raise InputError(f"a figure can't be written as {file_format!r}; use one of {', '.join(_UNDATED)}")
    content = io.BytesIO()
    with _plain_settings():
        figure.savefig(content, format=file_format, dpi=dpi, metadata=_UNDATED[file_format])
    return content.getvalue()


@contextmanager
def _plain_settings() -> Iterator[None]:
    """Matplotlib as it comes, whatever the user has set; the user's settings are back afterwards."""
    try:
        import matplotlib.style  # noqa: PLC0415 - an extra, and slow
    except ImportError:
        raise InputError("figures need matplotlib; install it with: pip install 'circle15[figures]'") from None
    with matplotlib.style.context(["default", _SETTINGS]):
        yield


def drawn_plainly(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw under plain settings, every text in the Chinese type and none of it read as a formula."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with _plain_settings():
            figure = draw(*args, **kwargs)
            from matplotlib.text import Text  # noqa: PLC0415 - after the check that it is there

            for text in figure.findobj(Text):
                if isinstance(text, Text):
                    text.get_fontproperties().set_file(_font_path())
                    text.set_parse_math(False)
        return figure

    return drawn


@cache
def _font_path() -> Any:
    """The font's file and the face of simplified Chinese in it."""
    from matplotlib.font_manager import FontPath  # noqa: PLC0415

    try:
        folder = resources.files("noto_cjk_sans_otc")
    except ModuleNotFoundError:
        raise InputError(f"figures need the font {_FONT}; install it with: pip install 'circle15[figures]'") from None
    return FontPath(str(folder.joinpath("NotoSansCJK-Regular.ttc")), _FACE)


def typeface(size: float) -> FontProperties:
    """The Chinese type in a size."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415

    font = FontProperties(size=size)
    font.set_file(_font_path())
    return font


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import get_font  # noqa: PLC0415

    return frozenset(get_font(_font_path()).get_charmap())


def _drawable(text: str) -> str:
    """The text with a mark for each character that the font hasn't got, and a warning that names them."""
    missing = sorted({letter for letter in text if ord(letter) not in _glyphs()})
    if missing:
        named = head((f"{letter!r} (U+{ord(letter):04X})" for letter in missing), most=10)
        warnings.warn(f"the font {_FONT} has no glyph for {named}; drawn as {_NO_GLYPH}", UserWarning, stacklevel=2)
    return "".join(_NO_GLYPH if letter in missing else letter for letter in text)


def _width_in(text: str, size: float) -> float:
    from matplotlib.font_manager import get_font  # noqa: PLC0415
    from matplotlib.ft2font import LoadFlags  # noqa: PLC0415

    font = get_font(_font_path())
    font.set_size(size, 72)
    font.set_text(text, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 64 / 72


def _lines(text: str, size: float) -> list[str]:
    """The text broken into lines that fit between the margins: between words, and between Chinese characters.

    Lines stay 3 % shorter than that: who saves a figure with settings of their own may get type that runs wider.
    """
    limit_in = 0.97 * (WIDTH_IN - 2 * MARGIN_IN)
    lines = [""]
    for piece in _PIECES.findall(_drawable(text)):
        if lines[-1] and _width_in((lines[-1] + piece).rstrip(), size) > limit_in:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines if line]


@cache
def _sheet_class() -> type[Figure]:
    from matplotlib.figure import Figure as Plain  # noqa: PLC0415 - not there before the extra is

    class Sheet(Plain):
        """A figure that shows itself as the result of a notebook's cell."""

        def _repr_png_(self) -> bytes:
            return as_bytes(self)

    return Sheet


def new_sheet(finding: Words, foot: Sequence[str], *, body_in: float) -> tuple[Figure, float]:
    """A figure with its finding above and a foot below, and room of `body_in` between them.

    Parameters
    ----------
    finding : the title, Chinese over English; broken into as many lines as it takes.
    foot : lines of small type, broken too.

    Returns
    -------
    The figure, and how high its foot is: where the body stands.
    """
    title = [
        (line, size, ink)
        for text, size, ink in ((finding.zh, _FINDING_PT, INK), (finding.en, _SECOND_PT, QUIET))
        for line in _lines(text, size)
    ]
    below = [line for text in foot for line in _lines(text, _FOOT_PT)]
    title_in = MARGIN_IN + sum(size for _, size, _ in title) * _LEADING / 72 + 0.05
    foot_in = MARGIN_IN + len(below) * _FOOT_PT * _LEADING / 72 + 0.05
    height = title_in + body_in + foot_in
    figure = _sheet_class()(figsize=(WIDTH_IN, height), dpi=100, facecolor="white")
    y = height - MARGIN_IN
    for line, size, ink in title:
        y -= size * _LEADING / 72
        figure.text(MARGIN_IN / WIDTH_IN, (y + 0.4 * size / 72) / height, line, font=typeface(size), color=ink)
    for i, line in enumerate(reversed(below)):
        y = MARGIN_IN + i * _FOOT_PT * _LEADING / 72
        figure.text(MARGIN_IN / WIDTH_IN, y / height, line, font=typeface(_FOOT_PT), color=QUIET)
    return figure, foot_in


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place given in inches from the lower left."""
    across, along = figure.get_size_inches()
    return figure.add_axes((left / across, bottom / along, width / across, height / along))


def legend(figure: Figure, handles: Sequence[Artist], *, bottom_in: float, ncols: int) -> None:
    """A legend in rows from the left margin."""
    width, height = figure.get_size_inches()
    figure.legend(
        handles=list(handles), loc="lower left", bbox_to_anchor=(MARGIN_IN / width, bottom_in / height), ncols=ncols,
        prop=typeface(7.5), frameon=False, borderaxespad=0.0, borderpad=0.0, handlelength=2.4, handleheight=1.1,
        labelspacing=0.45, columnspacing=1.4,
    )  # fmt: skip
