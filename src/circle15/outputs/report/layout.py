"""What pages are made of, before anything is drawn: sections of text, tables and drawings, in both languages.

HTML and PDF lay out the same `Document`, so that they say the same. All text is plain: whoever lays it out escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from circle15.outputs.report.model import AreaName, ReportModel, Shares
from circle15.outputs.report.sketch import Sketch
from circle15.outputs.report.wording import DASH, listing
from circle15.words import Words

NOTHING: Final = Words(zh="", en="")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What stands in one cell: a mark in bold, text, small print below it, or a bar of five shares.

    Attributes
    ----------
    en : empty where it would say the same.
    small : in smaller type after the text; `beside` keeps it on the text's line.
    five, shaky : shares drawn as a bar and written below it, with what is to be said of their robustness.
    tone : "", "strong", "soft", or a verdict: "yes", "no", "undetermined".
    """

    mark: str = ""
    zh: str = ""
    en: str = ""
    small: Words = NOTHING
    beside: bool = False
    five: Shares | None = None
    shaky: str = ""
    tone: str = ""
    wide: bool = False
    """Whether the cell goes across the whole table."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """Head of a column, whether figures stand on its right side, and its width (None: an equal share of the rest)."""

    head: Cell
    right: bool = False
    width_mm: float | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table; styles are "", "sum", "group", "quote", "thin" and "away"."""

    cells: tuple[Cell, ...]
    style: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; `bodies` are groups of rows that begin with their own head row, if with any.

    `name_at` is the column that names a row. A table without columns is a list of facts: label and text.
    """

    name: str
    columns: tuple[Column, ...]
    bodies: tuple[tuple[Row, ...], ...]
    name_at: int = 0
    dense: bool = False


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph; styles are "lines" (English below), "plain" (English beside), "strong", "note" and "none"."""

    words: Words
    style: str = "plain"


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A heading inside a section."""

    words: Words


@dataclass(frozen=True, kw_only=True)
class Key:
    """The five statuses with their colour, pattern and letter."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The map with its legend."""

    sketch: Sketch
    caption: Words


@dataclass(frozen=True, kw_only=True)
class Drawings:
    """Small maps with a line below each."""

    sketches: tuple[tuple[Sketch, Words], ...]


@dataclass(frozen=True, kw_only=True)
class Bullets:
    """A list of sentences."""

    items: tuple[Words, ...]


Block = Text | Heading | Key | Table | Drawing | Drawings | Bullets


@dataclass(frozen=True, kw_only=True)
class Section:
    """A numbered part; `fresh` begins a page."""

    number: int
    head: Words
    blocks: tuple[Block, ...]
    fresh: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One of the front page's numbered answers, with a table where it needs one."""

    head: Words
    lines: tuple[Words, ...]
    table: Table | None


@dataclass(frozen=True, kw_only=True)
class Front:
    """The first page: what can be read in a minute."""

    lead: Words
    alerts: tuple[Words, ...]
    tiles: tuple[tuple[str, Words], ...]
    average: Shares
    of: Words
    answers: tuple[Answer, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    """A whole report or summary.

    Attributes
    ----------
    meta : what identifies it, in one line: label and value.
    source, address : attribution of the data, and the licence's address where it is one.
    """

    series: Words
    title: Words
    meta: tuple[tuple[Words, str], ...]
    front: Front | None
    sections: tuple[Section, ...]
    source: str
    address: str | None
    data_date: str


Part = tuple[Words, tuple[Block, ...]]


def plain(text: str) -> Cell:
    """A cell of one text."""
    return Cell(zh=text)


def both(words: Words, *, mark: str = "", small: Words = NOTHING, beside: bool = False) -> Cell:
    """A cell in both languages, where they differ."""
    en = "" if words.en == words.zh else words.en
    return Cell(mark=mark, zh=words.zh, en=en, small=small, beside=beside)


def column(zh: str, en: str, *, right: bool = False, width_mm: float | None = None) -> Column:
    """A column by the words of its head."""
    return Column(head=Cell(zh=zh, en=en), right=right, width_mm=width_mm)


def numbers(zh: str, en: str, *, width_mm: float | None = None) -> Column:
    """A column of figures."""
    return column(zh, en, right=True, width_mm=width_mm)


def facts(rows: Sequence[tuple[Words, Words]], name: str = "facts") -> Table:
    """A list of labels and texts."""
    told = tuple(Row(cells=(both(label), both(text))) for label, text in rows)
    return Table(name=name, columns=(), bodies=(told,))


def weight_column(model: ReportModel) -> Column:
    """A column of the study's weight."""
    return numbers(f"{model.unit.what.zh}（{model.unit.unit.zh}）", "weight", width_mm=22)


def note_of(words: Words) -> Text:
    """A note in small print."""
    return Text(words=words, style="note")


def areas_in(areas: Sequence[AreaName], most: int = 2) -> str:
    """Name the first areas in Chinese."""
    return listing([area.words for area in areas], most=most).zh or DASH
