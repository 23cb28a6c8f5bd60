"""What a notebook shows of our things: small tables whose text is escaped, without script or style sheet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["listed", "plain_name", "small_table"]

# Control characters, and the marks that turn the direction of text: in a name they can only mislead.
_UNPRINTABLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")

_TABLE: Final = Markup(
    '<table style="border-collapse:collapse;text-align:left"><caption style="caption-side:top;'
    'text-align:left;font-weight:bold;padding:4px 0">{title}</caption><tbody>{rows}</tbody></table>'
)
_ROW: Final = Markup('<tr><th scope="row" style="text-align:left;vertical-align:top;white-space:nowrap;'
                     'padding:2px 12px 2px 0;font-weight:normal">{name}</th>'
                     '<td style="text-align:left;padding:2px 0">{value}</td></tr>')  # fmt: skip


def small_table(title: str, rows: Iterable[tuple[str, object]]) -> str:
    r"""What a thing is, in a few rows of a name and a value, for a notebook's `_repr_html_`.

    Parameters
    ----------
    title : what it is, and its name.
    rows : names and values; whole numbers are written with commas, `Markup` is taken as it is, and all else is escaped
        and freed of direction marks.

    Examples
    --------
    >>> "<b>" in small_table("Market <b>", [("sites", 1234)])
    False
    >>> "1,234" in small_table("Market", [("sites", 1234)])
    True
    """
    body = Markup("").join(_ROW.format(name=_text(name), value=_text(value)) for name, value in rows)
    return str(_TABLE.format(title=_text(title), rows=body))


def listed(items: Iterable[object], *, most: int = 8) -> str:
    """Name the first few items and say how many there are besides; a dash where there is none.

    Examples
    --------
    >>> listed(["post", "pharmacy", "grocery"], most=2)
    'post, pharmacy … (3)'
    >>> listed([])
    '–'
    """
    names = [str(item) for item in items]
    if not names:
        return "–"
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])} … ({len(names)})"


def _text(value: object) -> object:
    if isinstance(value, Markup):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return plain_name(str(value)) or "–"


def plain_name(name: object) -> str | None:
    r"""Give a name from the data without control characters and direction marks; it still has to be escaped.

    Parameters
    ----------
    name : object
        A string; None, NaN or anything else counts as missing.

    Returns
    -------
    str or None
        The name on one line; None where nothing readable is left.

    Examples
    --------
    >>> plain_name("  Market \u202egnp.exe\n")
    'Market gnp.exe'
    >>> plain_name(float("nan")) is None
    True
    """
    if not isinstance(name, str):
        return None
    return " ".join(_UNPRINTABLE.sub(" ", name).split()) or None
