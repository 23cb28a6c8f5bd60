"""Workbooks: the same bytes for the same cells, and no formula from data."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from openpyxl.cell import WriteOnlyCell
from openpyxl.packaging.core import DocumentProperties
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["add_row", "still_bytes"]

_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])
"""Characters that XML doesn't know."""
_MOST_CHARACTERS = 32_767
"""The longest text that a cell can hold."""


def add_row(sheet: Worksheet, values: Iterable[str | float | None]) -> None:
    """Append a row in which text is text, even where it begins like a formula."""
    cells = []
    for value in values:
        cell = WriteOnlyCell(sheet, value.translate(_CONTROL)[:_MOST_CHARACTERS] if isinstance(value, str) else value)
        if isinstance(value, str):
            cell.data_type = "s"
        cells.append(cell)
    sheet.append(cells)


def still_bytes(book: Workbook, date: datetime) -> bytes:
    """The workbook's bytes, the same at any hour: openpyxl writes the clock into its properties and its entries."""
    ticking, still = io.BytesIO(), io.BytesIO()
    book.save(ticking)
    properties = DocumentProperties(creator="circle15", created=date, modified=date)
    with zipfile.ZipFile(ticking) as source, zipfile.ZipFile(still, "w") as target:
        for name in source.namelist():
            content = tostring(properties.to_tree()) if name == ARC_CORE else source.read(name)
            entry = zipfile.ZipInfo(name, date_time=date.timetuple()[:6])
            entry.create_system = 0  # the same on every system
            target.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)
    return still.getvalue()
