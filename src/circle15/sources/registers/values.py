"""What cells hold: numbers, amounts, angles, and words of a few."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from circle15.checklist.forms import forms
from circle15.sources.registers.columns import LAT, LON, Column
from circle15.sources.registers.sheet import Sheet, in_quotes, note_rows
from circle15.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from circle15.units import FloatArray

__all__ = ["amounts_in", "choice_in", "named_in", "numbers_in"]


_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_COMMA_DECIMAL = re.compile(r"[+-]?[0-9]{1,3},[0-9]+")
_DATE = re.compile(r"[0-9]{4}[-/年.][0-9]{1,2}[-/月.][0-9]{1,2}")
_DEGREES = re.compile(
    r"(?P<before>东经|西经|北纬|南纬|[NSEW])?\s*(?P<d>[+-]?[0-9]+(?:\.[0-9]+)?)\s*(?:°|度)\s*"
    r"(?:(?P<m>[0-9]+(?:\.[0-9]+)?)\s*(?:'|分)\s*)?(?:(?P<s>[0-9]+(?:\.[0-9]+)?)\s*(?:\"|''|秒)\s*)?(?P<after>[NSEW])?",
    re.IGNORECASE,
)
_MARKS = str.maketrans({"″": '"', "”": '"', "“": '"', "′": "'", "’": "'", "‘": "'", "º": "°", "˚": "°", "＂": '"'})
_SOUTH_WEST = ("西经", "南纬", "S", "W")


def choice_in(sheet: Sheet, column: Column) -> pd.Series[str]:
    """The choices' ids of a column, missing where a cell is empty; flags are yes and no."""
    form = next(one for one in forms()["facilities"].columns if one.id == column.id)
    words = {word.casefold(): one.id for one in form.choices for word in (one.zh, one.en, one.id)}
    cells = sheet.cells[column.id]
    ids = cells.str.casefold().map(words).astype("str")
    unknown = cells.index[(cells != "") & ids.isna()]
    note_rows(sheet.problems, unknown, f"{column} is unknown, write {'、'.join(one.zh for one in form.choices)}")
    return ids


def named_in(sheet: Sheet, column: Column, names: Mapping[str, str], mend: str) -> pd.Series[str]:
    """What a column's words stand for; missing ones and unknown ones are noted."""
    said = sheet.cells[column.id].str.casefold().map(names).astype("str")
    note_rows(sheet.problems, sheet.cells.index[said.isna()], f"{column} is missing or unknown, {mend}")
    return said


def numbers_in(sheet: Sheet, column: Column, mend: str, *, comma: Literal["thousands", "decimal"]) -> FloatArray:
    """A column's numbers; nan where a cell is empty, or noted as unreadable."""
    texts = sheet.cells[column.id]
    plain = texts.str.normalize("NFKC")  # full-width digits are digits
    digits = plain.where(plain.str.fullmatch(_NUMBER.pattern))
    numbers = pd.to_numeric(digits, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    open_rows = np.flatnonzero((texts != "").to_numpy() & ~np.isfinite(numbers))
    for i in open_rows:
        row, text = int(texts.index.to_numpy()[i]), str(plain.iloc[i])
        read = _odd_number(text, column, comma)
        if read is None:
            quoted = in_quotes(str(texts.iloc[i]))
            if _DATE.match(text):
                note_rows(
                    sheet.problems,
                    [row],
                    f"{column} {quoted} is a date, which a spreadsheet made of the value; retype it",
                )
            else:
                note_rows(sheet.problems, [row], f"{column} {quoted} isn't a number, {mend}")
        else:
            numbers[i], told = read
            note_rows(sheet.mended, [row], Words(f"{column.zh}：{told.zh}", f"{column}: {told.en}"))
    return np.where(np.isfinite(numbers), numbers, np.nan)


_GROUPED = Words("逗号按千位分隔符读取", "its commas are read as marks of thousands")
_POINTED = Words("逗号按小数点读取", "its commas are read as decimal points")
_CONVERTED = Words("由度、分、秒换算", "read from degrees, minutes and seconds")


def _odd_number(text: str, column: Column, comma: str) -> tuple[float, Words] | None:
    """A number with commas, or an angle in degrees, minutes and seconds, and how it was read; None for neither."""
    if comma == "thousands" and _THOUSANDS.fullmatch(text):
        return float(text.replace(",", "")), _GROUPED
    if _COMMA_DECIMAL.fullmatch(text):
        return float(text.replace(",", ".")), _POINTED
    if column not in _ANGLES:
        return None
    angle = _DEGREES.fullmatch(text.translate(_MARKS).replace("′", "'"))
    if angle is None:
        return None
    minutes, seconds = float(angle["m"] or 0), float(angle["s"] or 0)
    marks = [mark.upper() for mark in (angle["before"], angle["after"]) if mark]
    fitting = ("东经", "西经", "E", "W") if column.id == LON.id else ("北纬", "南纬", "N", "S")
    if minutes >= 60 or seconds >= 60 or any(mark not in fitting for mark in marks):
        return None
    degrees = float(angle["d"])
    size = abs(degrees) + minutes / 60 + seconds / 3600
    south_west = degrees < 0 or any(mark in _SOUTH_WEST for mark in marks)
    return -size if south_west else size, _CONVERTED


_ANGLES = (LON, LAT)


def amounts_in(sheet: Sheet, column: Column) -> FloatArray:
    """A column's numbers of at least 0; nan where a cell is empty, or noted."""
    amounts = numbers_in(sheet, column, "give digits without a unit", comma="thousands")
    negative = sheet.cells.index[amounts < 0]
    note_rows(sheet.problems, negative, f"{column} is negative, give a number of at least 0")
    return amounts
