"""A register's cells under the frames' names; what is wrong with them, was mended or is left over, by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import geopandas as gpd
import pandas as pd

from circle15.errors import DataError
from circle15.sources.registers.columns import LAT, LON, Column
from circle15.words import Words, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from circle15.units import BoolArray

__all__ = [
    "UNLOCATED",
    "Noted",
    "Register",
    "Sheet",
    "blanks_missing",
    "in_quotes",
    "leftovers_of",
    "note_rows",
    "notes_of",
    "refuse",
    "refuse_all_unlocated",
    "rows_by_id",
    "rows_words",
    "shortened",
]


_MOST_PROBLEMS, _MOST_RUNS = 40, 200  # in one message, which must stay readable
UNLOCATED = Words("没有坐标", "no coordinates")
Noted = dict[str, list[int]]  # what is wrong -> the rows where it is
_Mended = dict[Words, list[int]]  # what was mended -> the rows where it was
_Said = TypeVar("_Said", str, Words)


class Register(NamedTuple):
    """What a register holds.

    Attributes
    ----------
    frame : the usable rows: sites, residences, gates, areas, candidates or compounds, in EPSG:4326.
    site_kinds : of sites: `site_id, kind, evidence, rule`.
    absent : of sites: surveyed and not there: `site_id, name, kind, community_id, rule, geometry` (None where only
        the community is known).
    leftovers : rows that can't be used as they are: `row`, `why` ("kind": none is recognised, or not all of them;
        "coordinates": it has none), `told` (`Words`), and the register's cells.
    notes : what was found, mended, skipped or left over, one sentence each, in both languages.
    columns : column -> the header that it was read from.
    rows : id -> the row's number in the file, of all rows that aren't blank, headers or examples.
    """

    frame: gpd.GeoDataFrame
    site_kinds: pd.DataFrame
    absent: gpd.GeoDataFrame
    leftovers: pd.DataFrame
    notes: tuple[Words, ...]
    columns: dict[str, str]
    rows: dict[str, int]

    @property
    def unrecognised(self) -> pd.DataFrame:
        """Leftovers whose kind isn't recognised."""
        return self.leftovers[self.leftovers["why"] == "kind"]

    @property
    def unlocated(self) -> pd.DataFrame:
        """Leftovers without coordinates."""
        return self.leftovers[self.leftovers["why"] == "coordinates"]


class Sheet(NamedTuple):
    """A register's cells as text under the frames' column names, indexed by row number; a shape for each, or None."""

    name: str
    short: str
    cells: pd.DataFrame
    geometry: gpd.GeoSeries | None
    columns: dict[str, str]
    found: dict[str, Column]
    problems: Noted
    mended: _Mended
    notes: list[Words]


def rows_by_id(sheet: Sheet, key: Column) -> dict[str, int]:
    """Which row of the file each id stands in."""
    return dict(zip(sheet.cells[key.id], map(int, sheet.cells.index), strict=True))


def leftovers_of(sheet: Sheet, listed: Sequence[tuple[int, str, Words]]) -> pd.DataFrame:
    """Rows that can't be used, each with why and what is told of it, and their cells."""
    rows = [row for row, _, _ in listed]
    told = pd.DataFrame(listed, columns=["row", "why", "told"])
    return pd.concat([told, sheet.cells.loc[rows].reset_index(drop=True)], axis=1)


def notes_of(sheet: Sheet, leftovers: pd.DataFrame) -> tuple[Words, ...]:
    """What a run tells of the register: what was mended, then what was left over."""
    notes = list(sheet.notes)
    for text, rows in sheet.mended.items():
        at = rows_words(rows)
        notes.append(Words(f"{sheet.short}：{at.zh}：{text.zh}", f"{sheet.short}: {at.en}: {text.en}"))
    for why, mend in (
        ("kind", Words("请按模板「说明」表中的名称填写类别", "name their kind as the template's sheet 说明 does")),
        ("coordinates", Words("请按地址查出坐标", "look their addresses up")),
    ):
        left = leftovers[leftovers["why"] == why]
        if not len(left):
            continue
        said = list(dict.fromkeys(left["told"]))
        zh, en = named(one.zh for one in said).zh, named(one.en for one in said).en
        n, whole, at = len(left), len(sheet.cells), rows_words(list(left["row"]))
        notes.append(
            Words(
                f"{sheet.short}：{whole:,}行中有{n:,}行不能用（{zh}）：{at.zh}；{mend.zh}",
                f"{sheet.short}: {n:,} of {whole:,} rows can't be used ({en}): {at.en}; {mend.en}",
            )
        )
    return tuple(notes)


def note_rows(noted: dict[_Said, list[int]], rows: Iterable[int], text: _Said) -> None:
    """Note the rows where something is wrong, or was mended."""
    for row in rows:
        noted.setdefault(text, []).append(int(row))


def refuse(name: str, problems: Noted) -> None:
    """Raise all that is wrong in a register at once, by row; nothing where nothing is."""
    if not problems:
        return
    ordered = sorted(problems.items(), key=lambda problem: (problem[1], problem[0]))
    parts = [f"{_rows_text(rows)}: {text}" for text, rows in ordered[:_MOST_PROBLEMS]]
    if len(ordered) > _MOST_PROBLEMS:
        rest = sorted({row for _, rows in ordered[_MOST_PROBLEMS:] for row in rows})
        parts.append(f"{_rows_text(rest)}: more of the same")
    raise DataError(f"{name}: {'; '.join(parts)}")


def refuse_all_unlocated(sheet: Sheet, placed: BoolArray) -> None:
    """Refuse a register of which no row has a place."""
    if not placed.any():
        raise DataError(
            f"{sheet.name}: none of {len(placed):,} rows has coordinates; look the addresses up first and fill in "
            f"{LON} and {LAT}, or draw the shapes"
        )


def _rows_text(rows: Sequence[int]) -> str:
    """The rows of an error, as `rows_words` has them in English."""
    return rows_words(rows).en


def rows_words(rows: Sequence[int]) -> Words:
    """The rows, runs joined; what is too much for a message is counted.

    >>> rows_words([2, 3, 4, 9])
    Words(zh='第2-4、9行', en='rows 2-4, 9')
    >>> rows_words([5])
    Words(zh='第5行', en='row 5')
    """
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    listed = [str(first) if first == last else f"{first}-{last}" for first, last in runs[:_MOST_RUNS]]
    more = sum(last - first + 1 for first, last in runs[_MOST_RUNS:])
    rest = Words(f"，另有{more}行", f" and {more} more") if more else Words("", "")
    return Words(
        f"第{'、'.join(listed)}行{rest.zh}", f"{'row' if len(rows) == 1 else 'rows'} {', '.join(listed)}{rest.en}"
    )


def in_quotes(text: str) -> str:
    """A cell's text for an error, cut where it is long."""
    return repr(shortened(text))


def shortened(text: str) -> str:
    """A cell's text, cut where it is long."""
    return text if len(text) <= 40 else text[:39] + "…"


def blanks_missing(table: pd.DataFrame) -> pd.DataFrame:
    """Cells of which the empty ones are missing."""
    return table.where(table != "", None).astype("str")
