"""From rows of text to a sheet: where the headers stand, which columns they mean, and what the ids are."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from circle15.checklist.matcher import plain
from circle15.config import ReadingSection
from circle15.errors import DataError, head
from circle15.sources.layers import LAYER_ENDINGS, read_layer_rows
from circle15.sources.postgis import is_database, read_database_rows, without_password
from circle15.sources.registers.columns import (
    COMMUNITY,
    EXAMPLE_ID,
    FLOOR_AREA,
    KIND,
    LAT,
    LON,
    REGISTERS,
    STATUS,
    Column,
    What,
)
from circle15.sources.registers.sheet import Noted, Sheet, in_quotes, note_rows, rows_words
from circle15.sources.tables import ERRORS, Table, read_rows
from circle15.words import Words, named

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["read_cells", "read_sheet"]


# The program's own columns, and what a GeoPackage calls its key and its shape.
_RESERVED = frozenset({"source", "geometry", "geom", "fid"})
_PERSONAL = re.compile("身份证|证件号|手机|电话|联系方式|户主|姓名|id ?card|phone|mobile|telephone", re.IGNORECASE)
# Units that would change what a number means.
_OTHER_UNITS = frozenset("亩 公顷 ha km2 km² 平方公里 万平方米 万人 千人 万户 千户 百户".split())
_OTHER_SYSTEMS = {
    "gcj02": "gcj02",
    "gcj-02": "gcj02",
    "高德": "gcj02",
    "火星坐标": "gcj02",
    "腾讯": "gcj02",
    "bd09": "bd09",
    "bd-09": "bd09",
    "百度": "bd09",
}
_BRACKETS = re.compile(r"[(\[{【]([^()\[\]{}【】]*)[)\]}】]")
_HEADER_ROWS = 20  # among which the headers are looked for


def read_cells(path: Path, columns: Sequence[Column], thing: str) -> tuple[pd.DataFrame, dict[str, list[int]]]:
    """The cells of a form as text, under the columns' names and by the spreadsheet's row; what is wrong, and where.

    Raises
    ------
    DataError
        as `read_register` does, and where any required column is missing, that of the ids too.
    """
    sheet, _ = _sheet_under(path, tuple(columns), thing, None, ReadingSection())
    return sheet.cells, sheet.problems


def read_sheet(source: Path | str, what: What, settings: ReadingSection) -> Sheet:
    """A register's sheet, with ids and without what is personal."""
    thing, columns = REGISTERS[what]
    columns = _with_own_headers(without_password(str(source)), columns, settings)
    sheet, stem = _sheet_under(source, columns, thing, what, settings)
    sheet = _without_personal(sheet) if what == "residences" else sheet
    return _with_ids(sheet, columns[0], stem, what)


def _sheet_under(
    source: Path | str, columns: tuple[Column, ...], thing: str, what: What | None, settings: ReadingSection
) -> tuple[Sheet, str]:
    """The rows under the columns' headers, and what their file is called."""
    table, stem = _read_table(source, columns, what, settings)
    short = stem if is_database(str(source)) else Path(source).name
    at, names, notes = _header(table, columns, what, settings)
    body = table.rows[at:]
    found = {name: one for name, one in zip(names, _columns_of(names, columns), strict=True) if one is not None}
    headers = dict(zip(names, _texts_above(table, at, len(names)), strict=False))
    own = tuple(headers.values())
    again = [row for row, texts in body if tuple((texts + [""] * len(own))[: len(own)]) == own]
    if again:
        rows = rows_words(again)
        notes.append(
            Words(f"{short}：{rows.zh}重复表头，已跳过", f"{short}: {rows.en} repeats the headers and is skipped")
        )
    skipped = set(again)
    kept = [(row, texts) for row, texts in body if row not in skipped]
    width = len(names)
    spilt = [
        row
        for row, texts in kept
        if any(texts[width:]) or any(text for text, name in zip(texts, names, strict=False) if not name)
    ]
    named = [i for i, name in enumerate(names) if name]
    padded = [(texts + [""] * width)[:width] for _, texts in kept]
    cells = pd.DataFrame(padded, index=[row for row, _ in kept], columns=range(width), dtype="str")[named]
    cells.columns = pd.Index([names[i] for i in named])
    geometry = table.geometry
    if geometry is not None:
        geometry = geometry.set_axis([row for row, _ in table.rows]).loc[cells.index]
    id_column = columns[0]
    if id_column.id in cells:
        real = cells[id_column.id] != EXAMPLE_ID
        cells, geometry = cells[real], None if geometry is None else geometry[real]
    if not len(cells):
        raise DataError(
            f"{table.name}: has no {thing}; fill in at least one row below the headers (rows {EXAMPLE_ID} don't count)"
        )
    problems: Noted = {}
    note_rows(
        problems, spilt, "a cell stands under no header, put text that holds commas into quotes or add the header"
    )
    sheet = Sheet(
        table.name,
        short,
        cells,
        geometry,
        {key: headers[key] for key in found},
        found,
        problems,
        {},
        [*table.notes, *notes],
    )
    for one in found.values():
        failed = cells.index[cells[one.id].isin(ERRORS)]
        note_rows(problems, failed, f"{one} is a spreadsheet's error, mend its formula or write the value")
    return sheet, stem


def _with_own_headers(shown: str, columns: tuple[Column, ...], settings: ReadingSection) -> tuple[Column, ...]:
    """The columns with the headers that the config names, which are the only ones of their column then."""
    own = dict(settings.columns)
    if settings.id_column is not None:
        own[columns[0].id] = settings.id_column
    unknown = [name for name in own if name not in {one.id for one in columns}]
    if unknown:
        known = ", ".join(one.id for one in columns)
        raise DataError(f"{shown}: the config's columns name {head(unknown)}, which is no column here; use {known}")
    return tuple(one._replace(also=(own[one.id],), weak=(), fixed=True) if one.id in own else one for one in columns)


def _read_table(
    source: Path | str, columns: Sequence[Column], what: What | None, settings: ReadingSection
) -> tuple[Table, str]:
    if is_database(str(source)):
        given = [name for name in ("encoding", "sheet", "layer") if getattr(settings, name) is not None]
        if given:
            raise DataError(f"{without_password(str(source))}: a database has no {given[0]}; remove it")
        return read_database_rows(str(source), table=settings.table, sql=settings.sql), (settings.table or "sql")
    path = Path(source)
    if settings.table is not None or settings.sql is not None:
        raise DataError(f"{path}: table and sql are for databases (postgresql://user@host/db); remove them")
    ending = path.suffix.lower()
    if ending in {".csv", ".tsv", ".txt", ".xlsx"}:
        if settings.layer is not None:
            raise DataError(f"{path}: has no layers; remove layer = '{settings.layer}'")
        needed = _required(columns, what=what, has_geometry=False)

        def fits(rows: list[tuple[int, list[str]]]) -> bool:
            return any(needed <= _columns_named(texts, columns).keys() for texts in _header_rows(rows))

        return read_rows(path, encoding=settings.encoding, sheet=settings.sheet, fits=fits), path.stem
    if ending in LAYER_ENDINGS or path.is_dir():
        if settings.sheet is not None:
            raise DataError(f"{path}: has no sheets; remove sheet = '{settings.sheet}'")
        return read_layer_rows(path, encoding=settings.encoding, layer=settings.layer), path.stem
    mend = "save it as .xlsx" if ending in {".xls", ".et", ".ods", ".wps"} else "give a .csv, .xlsx or map layer"
    raise DataError(f"{path}: isn't a register; {mend} (.csv, .tsv, .txt, .xlsx, {', '.join(LAYER_ENDINGS)})")


def _required(columns: Sequence[Column], *, what: What | None, has_geometry: bool) -> set[str]:
    """Columns without which there is nothing to read; a register's ids can be made, and rows tell what kinds lack."""
    if what is None:
        return {one.id for one in columns if one.required}
    made = {columns[0].id, KIND.id, *((LON.id, LAT.id) if has_geometry else ())}
    return {one.id for one in columns if one.required} - made


def _header_rows(rows: list[tuple[int, list[str]]]) -> list[list[str]]:
    """The first rows as headers: each by itself, then each filled up from the row below (merged cells)."""
    first = [texts for _, texts in rows[:_HEADER_ROWS]]
    merged = []
    for i in range(len(first) - 1):
        above, below = first[i], first[i + 1]
        size = max(len(above), len(below))
        pairs = zip(above + [""] * (size - len(above)), below + [""] * (size - len(below)), strict=True)
        merged.append([lower or upper for upper, lower in pairs])
    return first + merged


def _header(
    table: Table, columns: Sequence[Column], what: What | None, settings: ReadingSection
) -> tuple[int, list[str], list[Words]]:
    """Where the rows below the headers begin, the frames' column name of each header ("" for a blank), what is told."""
    short = Path(table.name).name
    needed = _required(columns, what=what, has_geometry=table.geometry is not None)
    # where it is surveyed what isn't there, a community is place enough
    unlocated = needed - {LON.id, LAT.id} | {STATUS.id, COMMUNITY.id} if what == "sites" else needed
    if table.header is not None:
        texts = list(table.header)
        return 0, _names(table.name, "its fields", texts, columns, needed, settings=settings, layer=True), []
    if not table.rows:
        raise DataError(
            f"{table.name}: is empty; fill in the headers "
            f"{', '.join(str(one) for one in columns if one.id in needed)} and a row"
        )
    candidates = _header_rows(table.rows)
    n = min(len(table.rows), _HEADER_ROWS)
    best, most = 0, (False, -1)
    for i, texts in enumerate(candidates):
        have = _columns_named(texts, columns).keys()
        whole = needed <= have or unlocated <= have
        if (whole or i < n) and (whole, len(have)) > most:
            best, most = i, (whole, len(have))
    if unlocated <= _columns_named(candidates[best], columns).keys():
        needed -= {LON.id, LAT.id}
    merged = best >= n
    first = best - n if merged else best
    row = table.rows[first][0]
    lines = str(row)
    where = f"row {row}"
    if merged:
        lines = f"{row}-{table.rows[first + 1][0]}"
        where = f"rows {lines}"
    texts = candidates[best]
    names = _names(table.name, where, texts, columns, needed, settings=settings)
    notes = []
    if row != 1 or merged:
        notes.append(Words(f"{short}：表头在第{lines}行", f"{short}: the headers stand in {where}"))
    return first + (2 if merged else 1), names, notes


def _columns_named(texts: Sequence[str], columns: Sequence[Column]) -> dict[str, list[int]]:
    """For each column the cells that are its header, of the strongest sort that occurs: own, synonym, weak synonym."""
    keys = [_header_key(text) for text in texts]
    out: dict[str, list[int]] = {}
    for one in columns:
        own = () if one.fixed else (one.id, one.zh)
        for words in (own, one.also, one.weak):
            spelled = {_header_key(word) for word in words}
            hits = [i for i, key in enumerate(keys) if key and key in spelled]
            if hits:
                out[one.id] = hits
                break
    return out


def _names(
    name: str, where: str, texts: Sequence[str], columns: Sequence[Column], needed: set[str],
    *, settings: ReadingSection, layer: bool = False,
) -> list[str]:  # fmt: skip
    hits = _columns_named(texts, columns)
    missing = [one for one in columns if one.id in needed and one.id not in hits]
    for one in columns:
        if one.fixed and one.id not in hits:
            listed = head([text for text in texts if text], most=20)
            raise DataError(
                f"{name}: the config says {one.id} = '{one.also[0]}', but the headers are {listed}; name one of them"
            )
    if missing:
        seen = head([text for text in texts if text], most=12)
        raise DataError(
            f"{name}: {where} lacks the headers {', '.join(map(str, missing))}; write each in Chinese or English, or "
            f'say which it is, as in columns = {{{missing[0].id} = "…"}} (there are {seen or "none"})'
        )
    for column_id, at in hits.items():
        if len(at) > 1:
            rivals = [texts[i] for i in at]
            if len({_header_key(text) for text in rivals}) > 1 and not any(
                one.id == column_id and _header_key(text) in {_header_key(one.id), _header_key(one.zh)}
                for one in columns for text in rivals
            ):  # fmt: skip
                raise DataError(
                    f"{name}: the headers {', '.join(map(in_quotes, rivals))} in {where} may each be {column_id}; "
                    f'choose one with columns = {{{column_id} = "{rivals[0]}"}}'
                )
            raise DataError(
                f"{name}: the headers {', '.join(in_quotes(text) for text in rivals[1:])} stand twice in {where}; "
                "keep one of each"
            )
    names = list(texts)
    taken: dict[int, str] = {}
    for column_id, (i, *_) in hits.items():
        if i in taken:
            raise DataError(
                f"{name}: the header {in_quotes(texts[i])} is taken for {taken[i]} and {column_id}; name another"
            )
        taken[i] = column_id
        names[i] = column_id
        _check_units(name, column_id, texts[i], settings)
    folded = [one.casefold() for one in names]
    again = [one for i, one in enumerate(names) if one and folded[i] in folded[:i]]
    if again:
        raise DataError(
            f"{name}: the headers {', '.join(map(in_quotes, again))} stand twice in {where}; keep one of each"
        )
    reserved = [one for one in names if one.casefold() in _RESERVED]
    if reserved and not layer:
        raise DataError(
            f"{name}: the headers {', '.join(reserved)} in {where} have a meaning of their own; rename them"
        )
    return [f"given_{one}" if one.casefold() in _RESERVED else one for one in names]


def _columns_of(names: Sequence[str], columns: Sequence[Column]) -> list[Column | None]:
    known = {one.id: one for one in columns}
    return [known.get(name) for name in names]


def _texts_above(table: Table, at: int, width: int) -> list[str]:
    """The headers as the file has them."""
    if table.header is not None:
        return list(table.header)
    texts = table.rows[at - 1][1] if at else []
    return (texts + [""] * width)[:width]


def _header_key(text: str) -> str:
    """A header as headers are compared: without case, spaces, marks and what stands in brackets.

    >>> _header_key("建筑面积（㎡）*") == _header_key(" 建筑面积 ")
    True
    """
    folded = plain(text).casefold()
    bare = re.sub(r"[\s_*:.\-]", "", _BRACKETS.sub("", folded))
    return bare or re.sub(r"\s", "", folded)


def _check_units(name: str, column_id: str, text: str, settings: ReadingSection) -> None:
    """Refuse a header whose brackets hold a unit or a coordinate system other than the one that is read."""
    for inside in _BRACKETS.findall(unicodedata.normalize("NFKC", text).casefold()):
        word = inside.replace(" ", "").removeprefix("单位").strip(":")
        if word in _OTHER_UNITS:
            unit = "square metres" if column_id == FLOOR_AREA.id else "single units"
            raise DataError(f"{name}: the header {in_quotes(text)} counts in {word}; give {unit}")
        system = next((_OTHER_SYSTEMS[key] for key in _OTHER_SYSTEMS if key in word), None)
        if column_id in {LON.id, LAT.id} and system is not None and "coordinates" not in settings.model_fields_set:
            raise DataError(
                f"{name}: the header {in_quotes(text)} names another system than WGS84; write coordinates = "
                f'"{system}", or coordinates = "wgs84" if it is wrong'
            )


def _without_personal(sheet: Sheet) -> Sheet:
    personal = [name for name in sheet.cells if name not in sheet.found and _PERSONAL.search(str(name))]
    if not personal:
        return sheet
    which = named(personal)
    note = Words(
        f"{sheet.short}：含居民个人信息的栏不读取：{which.zh}",
        f"{sheet.short}: the columns {which.en} hold personal data of residents and are not read",
    )
    return sheet._replace(cells=sheet.cells.drop(columns=personal), notes=[*sheet.notes, note])


def _with_ids(sheet: Sheet, column: Column, stem: str, what: What) -> Sheet:
    """The register with ids: its own, each once; else of the file's name and the row, the same at each reading."""
    cells = sheet.cells.copy()
    header = sheet.columns.get(column.id)
    rows = cells.index.astype("str")
    if header is None:
        cells.insert(0, column.id, [f"{stem}-{row}" for row in rows])
        cells[column.id] = cells[column.id].astype("str")
        note = Words(
            f"{sheet.short}：没有编号，以文件名加行号作为编号（如 {stem}-{rows[0]}）",
            f"{sheet.short}: has no ids; each row's is made of the file's name and its number ({stem}-{rows[0]})",
        )
        return sheet._replace(cells=cells, notes=[*sheet.notes, note])
    if what != "areas":
        mend = {
            "sites": "put all kinds of one site into one row, separated by 、",
        }.get(what, f"give each {REGISTERS[what][0]} an id of its own")
        _check_ids(cells[column.id], column, mend, sheet.problems)
    if _header_key(header) in {_header_key(word) for word in column.weak}:
        cells[column.id] = (f"{stem}-" + cells[column.id]).astype("str")
        first = cells[column.id].iloc[0]
        note = Words(
            f"{sheet.short}：以文件名加「{header}」作为编号，如 {first}",
            f"{sheet.short}: ids are the file's name and {header}, such as {first}",
        )
        return sheet._replace(cells=cells, notes=[*sheet.notes, note])
    return sheet


def _check_ids(ids: pd.Series[str], column: Column, mend: str, problems: Noted) -> None:
    note_rows(problems, ids.index[ids == ""], f"{column} is missing, give each row an id of its own")
    alike = ids.str.normalize("NFKC").str.replace(r"\s", "", regex=True)
    again = ids[(ids != "") & alike.duplicated(keep=False)]
    for _, rows in again.groupby(alike[again.index], sort=False):
        spellings = list(dict.fromkeys(rows))
        what = f"{in_quotes(spellings[0])} is repeated"
        if len(spellings) > 1:
            what = f"{' and '.join(map(in_quotes, spellings[:3]))} differ only by spaces or wide characters"
        note_rows(problems, rows.index, f"{column} {what}, {mend}")
