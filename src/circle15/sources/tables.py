"""Tables as planners keep them: files and databases as rows of text, numbered as the spreadsheet shows them.

Nothing here knows what a register is about: `registers.py` finds the headers and checks the cells.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from circle15.errors import DataError, head
from circle15.sources.encodings import check_text, decoded
from circle15.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    from openpyxl.cell.cell import Cell, MergedCell

    Rows = list[tuple[int, list[str]]]

__all__ = ["ERRORS", "Table", "read_rows"]

ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA", "#SPILL!"})
"""What a spreadsheet shows for a formula that failed."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SAVE_AS_UTF8 = "save it as CSV UTF-8"
_DELIMITERS = {
    ",": Words("逗号", "commas"),
    "\t": Words("制表符", "tabs"),
    ";": Words("分号", "semicolons"),
    "|": Words("竖线", "bars"),
    "，": Words("全角逗号", "full-width commas"),
}
_MOST_BYTES = 2 << 30  # that an archive may unpack to
_MOST_RATIO = 500  # unpacked to packed, of what is larger than a few pages
_BARE_FORMULA = re.compile(rb"<c\b([^>]*)>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_CELL_AT = re.compile(rb'\br="([A-Z]+[0-9]+)"')
_SAVE_AGAIN = "open it in a spreadsheet program and save it again as .xlsx"


class Table(NamedTuple):
    """Rows of text that aren't blank, each with its number.

    `header` holds the names of the fields where the format has such (map layers, databases); of other files it is
    among the rows. `geometry` has one shape a row, in its own coordinate system, or there is none.
    """

    name: str
    rows: Rows
    notes: tuple[Words, ...] = ()
    header: tuple[str, ...] | None = None
    geometry: gpd.GeoSeries | None = None


def read_rows(
    path: Path, *, encoding: str | None = None, sheet: str | None = None, fits: Callable[[Rows], bool]
) -> Table:
    """The rows of a text file (.csv, .tsv, .txt) or a workbook (.xlsx), blank ones left out.

    Parameters
    ----------
    encoding : of a text file; found where it isn't given (`encodings.decoded`).
    sheet : of a workbook; else the only visible one that fits, else the first one with data.
    fits : whether rows look like what is sought: decides between sheets.

    Raises
    ------
    DataError
        when the file can't be read or isn't what its name says, and when several sheets fit.
    """
    content = content_of(path)
    if path.suffix.lower() == ".xlsx":
        if encoding is not None:
            raise DataError(f"{path}: a workbook has no encoding; remove encoding = '{encoding}'")
        return _xlsx_table(path, content, sheet=sheet, fits=fits)
    if sheet is not None:
        raise DataError(f"{path}: a text file has no sheets; remove sheet = '{sheet}'")
    return _text_table(path, content, encoding=encoding)


def content_of(path: Path) -> bytes:
    """A file's bytes, or why there are none."""
    if not path.is_file():
        raise DataError(f"{path}: no such file; check the path in the config (it is relative to the config)")
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror}); close it elsewhere and check its rights") from None


def check_archive(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse an archive whose files lie outside it, or that unpacks to more than a register can be.

    Raises
    ------
    DataError
        naming the entry.
    """
    total = packed = 0
    for entry in archive.infolist():
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
            raise DataError(f"{path}: the archive's entry {entry.filename[:60]!r} lies outside it; pack the files anew")
        total += entry.file_size
        packed += entry.compress_size
    if total > _MOST_BYTES or (total > 64 << 20 and total > _MOST_RATIO * max(packed, 1)):
        raise DataError(
            f"{path}: would unpack from {packed:,} to {total:,} bytes, which no register needs; "
            "unpack it yourself, or save it again without empty rows and pictures"
        )


# Text


def _text_table(path: Path, content: bytes, *, encoding: str | None) -> Table:
    if content.startswith((_ZIP, _OLE)):
        raise DataError(f"{path}: is a workbook and no CSV text; {_SAVE_AS_UTF8}, or name it .xlsx")
    text, found, was_found = decoded(content, name=str(path), declared=encoding)
    at = text.find("\0")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise DataError(f"{path}: line {line} holds a zero byte, so it isn't CSV text; {_SAVE_AS_UTF8}")
    if re.match(r"\s*<(!doctype|html|\?xml|table)", text[:200], re.IGNORECASE):
        raise DataError(f"{path}: is a web page and no CSV text; open it in a spreadsheet program, {_SAVE_AS_UTF8}")
    check_text(text, name=str(path))
    notes = [Words(f"{path.name}：按 {found} 编码读取", f"{path.name}: read as {found}")] if was_found else []
    delimiter = _delimiter(text)
    if delimiter != "," and not (delimiter == "\t" and path.suffix.lower() == ".tsv"):
        mark = _DELIMITERS[delimiter]
        notes.append(Words(f"{path.name}：各栏以{mark.zh}分隔", f"{path.name}: its cells are separated by {mark.en}"))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: Rows = []
    row = 0
    try:
        for row, cells in enumerate(reader, start=1):
            texts = [cell.strip() for cell in cells]
            if any(texts):
                rows.append((row, texts))
    except csv.Error as error:
        raise DataError(
            f"{path}: isn't valid CSV in row {row + 1} (near line {reader.line_num}: {error}); "
            f'close its quotes ("), or {_SAVE_AS_UTF8}'
        ) from None
    return Table(str(path), rows, tuple(notes))


def _delimiter(text: str) -> str:
    """The character that splits the first rows into the same number of cells, or into the most; a comma in doubt."""
    head_text = text[:20_000]
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        if delimiter not in head_text:
            continue
        counts: list[int] = []
        try:
            for cells in csv.reader(io.StringIO(head_text, newline=""), delimiter=delimiter):
                if any(cell.strip() for cell in cells):
                    counts.append(len(cells))
                if len(counts) == 50:
                    break
        except csv.Error:
            continue
        size, times = (
            Counter(count for count in counts if count > 1).most_common(1)[0] if max(counts, default=0) > 1 else (1, 0)
        )
        score = (round(times / max(len(counts), 1), 1), size)
        if score > best_score:
            best, best_score = delimiter, score
    return best


# Workbooks


def _xlsx_table(path: Path, content: bytes, *, sheet: str | None, fits: Callable[[Rows], bool]) -> Table:
    import openpyxl  # noqa: PLC0415 - slow to import, and only workbooks need it

    if content.startswith(_OLE):
        raise DataError(f"{path}: is an old or password-protected workbook; save it as .xlsx without a password")
    if not content.startswith(_ZIP):
        raise DataError(f"{path}: isn't an XLSX workbook; save it as .xlsx, or name it .csv if it is text")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_archive(path, archive)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl names the styles and drop-downs that it doesn't know
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            hidden = {one.title for one in book.worksheets if one.sheet_state != "visible"}
            sheets = {one.title: _sheet_rows(one) for one in book.worksheets if sheet is None or one.title == sheet}
            titles = [one.title for one in book.worksheets]
            parts = {one.title: str(one._worksheet_path) for one in book.worksheets}  # type: ignore[attr-defined]
        title, notes = _chosen_sheet(path, sheets, hidden, titles, sheet=sheet, fits=fits)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            bare = _bare_formulas(archive.read(parts[title].lstrip("/")))
    except DataError:
        raise
    except Exception as error:  # openpyxl lets through whatever the damaged part's parser raised
        raise DataError(f"{path}: can't be read as an XLSX workbook; {_SAVE_AGAIN}") from error
    if bare:
        raise DataError(f"{path}: the formulas in {head(bare)} have no stored value; {_SAVE_AGAIN}")
    rows = sheets[title]
    name = f"{path}" if len(titles) == 1 or title == titles[0] else f"{path}, sheet {title}"
    check_text("\n".join(" ".join(texts) for _, texts in rows), name=name)
    return Table(name, rows, tuple(notes))


def _chosen_sheet(
    path: Path,
    sheets: dict[str, Rows],
    hidden: set[str],
    titles: Sequence[str],
    *,
    sheet: str | None,
    fits: Callable[[Rows], bool],
) -> tuple[str, list[Words]]:
    if sheet is not None:
        if sheet not in sheets:
            raise DataError(f"{path}: has no sheet '{sheet}'; use one of {', '.join(titles)}")
        return sheet, []
    full = [title for title, rows in sheets.items() if rows]
    shown = [title for title in full if title not in hidden]
    fitting = [title for title in shown if fits(sheets[title])]
    if len(fitting) > 1:
        raise DataError(f'{path}: the sheets {head(fitting)} all look right; choose one with sheet = "{fitting[0]}"')
    if not shown and full:
        raise DataError(f'{path}: only hidden sheets ({head(full)}) hold data; choose one with sheet = "{full[0]}"')
    chosen = next(iter(fitting or shown), titles[0] if titles else "")
    if chosen not in sheets:
        raise DataError(f"{path}: has no sheet with cells; {_SAVE_AGAIN}")
    if chosen == titles[0] and chosen not in hidden:
        return chosen, []
    return chosen, [Words(f"{path.name}：读取的是工作表「{chosen}」", f"{path.name}: the sheet {chosen} is read")]


def _sheet_rows(sheet: Any) -> Rows:
    sheet.reset_dimensions()  # some programs write wrong ones, which would hide cells
    rows = []
    for row, cells in enumerate(sheet.iter_rows(), start=1):
        texts = [_cell_text(cell) for cell in cells]
        if any(texts):
            rows.append((row, texts))
    return rows


def _cell_text(cell: Cell | MergedCell) -> str:
    """A cell as the spreadsheet shows it: whole numbers without a point, with the zeros of formats such as 00000."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, int) and set(str(cell.number_format)) == {"0"}:
        return str(value).zfill(len(cell.number_format))
    return str(value).strip()


def _bare_formulas(xml: bytes) -> list[str]:
    """Cells whose formula has no stored value: a program wrote them and no spreadsheet has computed them yet."""
    return [
        cell[1].decode("ascii", "replace")
        for attributes in _BARE_FORMULA.findall(xml)
        if b't="str"' not in attributes and (cell := _CELL_AT.search(attributes))
    ]
