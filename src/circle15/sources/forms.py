"""Filled-in forms (CSV, XLSX) -> frames, with every bad row told at once."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from circle15 import checklist
from circle15.checklist.forms import Form, FormColumn, forms
from circle15.errors import DataError, InputError
from circle15.sources import registers

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_form"]


class _Rows(NamedTuple):
    """A form's cells as text, by column id and the spreadsheet's row number; and what is wrong so far."""

    cells: pd.DataFrame
    problems: dict[str, list[int]]


def read_form(path: Path, form: str) -> pd.DataFrame:
    """A filled-in form: row 1 has its headers, Chinese or English, in any order; one row below for each thing.

    Blank rows and rows with the id 示例 are skipped, other columns pass through as text. A choice is written in
    Chinese, in English or as its id; a flag as 是 or 否; a date as 2025-03-31.

    Parameters
    ----------
    path : CSV (UTF-8) or XLSX (values of the first sheet).
    form : its id, one of `checklist.forms.forms()`.

    Returns
    -------
    The form's columns that the file has: ids, texts, kinds (ids, separated by 、), choices (ids) and dates
    (2025-03-31) as text, missing where empty; numbers and flags (1 and 0) as float64, nan where empty. Whether area
    ids exist is checked where the areas are known.

    Raises
    ------
    InputError
        where there is no such form.
    DataError
        naming every row with a missing or repeated id, a word that is no choice, no number, or a number out of range.
    """
    known = forms()
    if form not in known:
        raise InputError(f"form '{form}' doesn't exist; use one of {', '.join(known)}")
    chosen = known[form]
    cells, problems = _rows_of(path, chosen)
    columns = {column.id: column for column in chosen.columns}
    out = {
        str(name): _checked(cells[name], columns[str(name)], problems) if name in columns else _texts(cells[name])
        for name in cells
    }
    frame = pd.DataFrame(out, index=cells.index)
    key = [chosen.key] if "level" not in columns else ["level", chosen.key]
    again = frame[chosen.key].notna() & frame.duplicated(key, keep=False)
    _note(problems, again, f"{columns[chosen.key]} is repeated, give each row an id of its own")
    _refuse(path, problems)
    return frame.reset_index(drop=True)


def _rows_of(path: Path, form: Form) -> _Rows:
    """The form's rows."""
    columns = [registers.Column(column.id, column.zh, column.required) for column in form.columns]
    columns.sort(key=lambda column: column.id != form.key)  # the reader skips example rows by the first column
    return _Rows(*registers.read_cells(path, columns, form.en.lower()))


def _refuse(path: Path, problems: dict[str, list[int]]) -> None:
    if problems:
        ordered = sorted(problems.items(), key=lambda problem: (problem[1], problem[0]))
        told = [f"{'row' if len(rows) == 1 else 'rows'} {', '.join(map(str, rows))}: {what}" for what, rows in ordered]
        raise DataError(f"{path}: {'; '.join(told)}")


def _note(problems: dict[str, list[int]], bad: pd.Series[bool], what: str) -> None:
    rows = [int(row) for row in bad.index[bad.to_numpy(dtype=bool)]]
    if rows:
        problems.setdefault(what, []).extend(rows)


def _checked(cells: pd.Series[str], column: FormColumn, problems: dict[str, list[int]]) -> pd.Series[Any]:
    """A column as its type asks; what is wrong is noted."""
    if column.required:
        _note(problems, cells == "", f"{column} is missing, fill it in")
    if column.type in {"number", "whole"}:
        return _numbers(cells, column, problems)
    if column.type == "flag":
        return _choices(cells, column, problems).map({"yes": 1.0, "no": 0.0}).astype("float64")
    read = _READ.get(column.type)
    return _texts(cells) if read is None else read(cells, column, problems)


def _texts(cells: pd.Series[str]) -> pd.Series[str]:
    return cells.where(cells != "").astype("str")


def _numbers(cells: pd.Series[str], column: FormColumn, problems: dict[str, list[int]]) -> pd.Series[float]:
    plain = cells.str.normalize("NFKC").str.replace(",", "", regex=False)
    numbers = pd.to_numeric(plain, errors="coerce").astype("float64")
    numbers = numbers.where(np.isfinite(numbers))
    _note(problems, (cells != "") & numbers.isna(), f"{column} isn't a number, give digits without a unit")
    if column.type == "whole":
        _note(problems, numbers.notna() & (numbers % 1 != 0), f"{column} isn't a whole number, give one")
    if column.least is not None:
        _note(problems, numbers < column.least, f"{column} is below {column.least:g}, give at least that")
    if column.most is not None:
        _note(problems, numbers > column.most, f"{column} is above {column.most:g}, give at most that")
    return numbers


def _choices(cells: pd.Series[str], column: FormColumn, problems: dict[str, list[int]]) -> pd.Series[str]:
    meant = {
        unicodedata.normalize("NFKC", word).casefold(): choice.id
        for choice in column.choices
        for word in (choice.id, choice.zh, choice.en)
    }
    found = cells.str.normalize("NFKC").str.casefold().map(meant).astype("str")
    offered = "、".join(choice.zh for choice in column.choices)
    _note(problems, (cells != "") & found.isna(), f"{column} is none of the choices, write one of {offered}")
    return found


def _dates(cells: pd.Series[str], column: FormColumn, problems: dict[str, list[int]]) -> pd.Series[str]:
    found = cells.map(_date).astype("str")
    _note(problems, (cells != "") & found.isna(), f"{column} isn't a date, write it as 2025-03-31")
    return found


def _date(text: str) -> str | None:
    """A day in the form 2025-03-31, of what spreadsheets and people write.

    >>> _date("2025/3/1"), _date("2025年3月1日"), _date("2025-03-01 00:00:00"), _date("2025-02-30")
    ('2025-03-01', '2025-03-01', '2025-03-01', None)
    """
    match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?", text)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups())).isoformat()
    except ValueError:
        return None


def _kinds(cells: pd.Series[str], column: FormColumn, problems: dict[str, list[int]]) -> pd.Series[str]:
    known = {
        name.casefold(): kind.id
        for kind in (*checklist.kinds(), *checklist.extension_kinds())
        for name in (kind.id, kind.zh)
    }
    words = [[word.strip() for word in re.split("[、;,]", unicodedata.normalize("NFKC", text))] for text in cells]
    held = [[known.get(word.casefold()) for word in row if word] for row in words]
    unknown = pd.Series([None in row for row in held], index=cells.index)
    _note(problems, unknown, f"{column} is no name of the checklist, the template's sheet 说明 lists them")
    texts = ["、".join(dict.fromkeys(filter(None, row))) or None for row in held]
    return pd.Series(texts, index=cells.index, dtype="str")


_READ = {"choice": _choices, "date": _dates, "kind": _kinds}
