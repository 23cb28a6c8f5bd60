"""Registers of sites: their kinds, and what was surveyed and is not there."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15 import checklist
from circle15.config import ReadingSection, RegisterSection
from circle15.errors import DataError
from circle15.schema import (
    SITE_KIND_COLUMNS,
    checked_site_kinds,
    checked_sites,
)
from circle15.sources.registers.columns import (
    CAPACITY,
    CHOSEN,
    COMMUNITY,
    FLOOR_AREA,
    KIND,
    LAT,
    LON,
    NAME,
    SITE_ID,
    STATUS,
)
from circle15.sources.registers.shapes import geometry_of
from circle15.sources.registers.sheet import (
    UNLOCATED,
    Register,
    Sheet,
    blanks_missing,
    in_quotes,
    leftovers_of,
    note_rows,
    notes_of,
    refuse,
    refuse_all_unlocated,
    rows_by_id,
    rows_words,
    shortened,
)
from circle15.sources.registers.values import amounts_in, choice_in
from circle15.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from circle15.units import BoolArray

__all__ = ["no_absent", "no_kinds", "site_register"]


_PRESENT = {
    "": True, "有": True, "present": True, "yes": True, "是": True, "已建": True, "现状": True,
    "无": False, "absent": False, "no": False, "没有": False, "否": False, "缺": False, "未建": False,
}  # fmt: skip


def site_register(sheet: Sheet, settings: ReadingSection) -> Register:
    """A sheet of sites as a register, as `read_register` says."""
    cells = sheet.cells
    numbers = {one.id: amounts_in(sheet, one) for one in (FLOOR_AREA, CAPACITY) if one.id in cells}
    chosen = {one.id: choice_in(sheet, one) for one in CHOSEN if one.id in cells}
    present = _present(sheet)
    told = _kinds(sheet, settings)
    geometry = geometry_of(sheet, settings)
    located = np.array([shape is not None for shape in geometry], dtype=bool)
    known = np.array([bool(one.matches) for one in told], dtype=bool)
    placed = located | (~present & (cells[COMMUNITY.id] != "").to_numpy() if COMMUNITY.id in cells else False)
    listed = []
    for i, (row, one) in enumerate(zip(cells.index, told, strict=True)):
        if not one.matches or one.unknown:
            listed.append((row, "kind", _unknown_text(one)))
        if not placed[i]:
            listed.append((row, "coordinates", UNLOCATED))
    refuse(sheet.name, sheet.problems)
    refuse_all_unlocated(sheet, placed)
    if not known.any():
        words = list(dict.fromkeys(word for one in told for word in one.unknown))
        spoken = f"{KIND} reads {', '.join(map(in_quotes, words[:5]))}" if words else "no row says what it is"
        near = _nearest(words)
        spoken += f", the nearest is {near}" if near else ""
        raise DataError(
            f"{sheet.name}: none of {len(cells):,} rows has a kind that is known ({spoken}); write "
            'names of the template\'s sheet 说明, or set kind = "pharmacy" if all are of one kind'
        )
    leftovers = leftovers_of(sheet, listed)
    usable = placed & known
    rules = [f"{sheet.short} row {row}" for row in cells.index]
    held = pd.DataFrame(
        [
            (site_id, match.kind, match.evidence, rule if match.evidence == "confirmed" else f"{rule}: {match.rule}", i)
            for i, (site_id, one, rule) in enumerate(zip(cells[SITE_ID.id], told, rules, strict=True))
            for match in (one.matches if usable[i] else ())
        ],
        columns=[*SITE_KIND_COLUMNS, "_row"],
    )
    there = present[held["_row"].to_numpy(dtype=np.intp)]
    gone = held[~there]
    gone = gone[~_only_in_part(gone, geometry)]
    community = cells[COMMUNITY.id].replace("", None) if COMMUNITY.id in cells else pd.Series([None] * len(cells))
    at = gone["_row"].to_numpy(dtype=np.intp)
    names = cells[NAME.id].replace("", None) if NAME.id in cells else pd.Series([None] * len(cells))
    absent = gpd.GeoDataFrame(
        gone.assign(community_id=community.to_numpy()[at], name=names.to_numpy()[at]).astype("str")
        .reset_index(drop=True)[["site_id", "name", "kind", "community_id", "rule"]],
        geometry=list(geometry[at]), crs="EPSG:4326",
    )  # fmt: skip
    keep = usable & present
    columns = blanks_missing(cells.drop(columns=[KIND.id, LON.id, LAT.id, STATUS.id], errors="ignore"))
    # a site's community is where it lies; what the register calls it passes through under its own header
    columns = columns.rename(columns={COMMUNITY.id: sheet.columns.get(COMMUNITY.id, COMMUNITY.id)})
    sites = gpd.GeoDataFrame(
        columns.assign(**numbers, **chosen, source=sheet.short)[keep], geometry=list(geometry[keep]), crs="EPSG:4326"
    )
    checked = checked_sites(sites, source=sheet.name) if keep.any() else sites.reset_index(drop=True)
    kinds = (*checklist.KINDS, *checklist.EXTENSION_KINDS)
    site_kinds = checked_site_kinds(held[there].drop(columns="_row"), sites=checked, kinds=kinds, source=sheet.name)
    if len(absent):
        n = len(absent)
        sheet.notes.append(
            Words(f"{sheet.short}：有{n:,}项核实为“无”", f"{sheet.short}: {n:,} kinds were surveyed and are not there")
        )
    rows_of = rows_by_id(sheet, SITE_ID)
    return Register(checked, site_kinds, absent, leftovers, notes_of(sheet, leftovers), sheet.columns, rows_of)


def _only_in_part(gone: pd.DataFrame, geometry: np.ndarray[tuple[int], np.dtype[np.object_]]) -> BoolArray:
    """Absences from a whole community that speak of a sort of a kind (小学) and not of the kind (学校)."""
    by_row: dict[int, set[str]] = {}
    for row, kind_id in zip(gone["_row"], gone["kind"], strict=True):
        by_row.setdefault(row, set()).add(kind_id)
    return np.array(
        [
            geometry[row] is None and not by_row[row].issuperset(checklist.parts_of(kind_id))
            for row, kind_id in zip(gone["_row"], gone["kind"], strict=True)
        ],
        dtype=bool,
    )


def _present(sheet: Sheet) -> BoolArray:
    if STATUS.id not in sheet.cells:
        return np.ones(len(sheet.cells), dtype=bool)
    said = sheet.cells[STATUS.id].str.casefold().map(_PRESENT)
    unknown = sheet.cells.index[said.isna()]
    note_rows(sheet.problems, unknown, f"{STATUS} is unknown, write 有 (present) or 无 (absent), or rename the column")
    return (said != False).to_numpy(dtype=bool)  # noqa: E712 - a Series, with missing values


def _kinds(sheet: Sheet, settings: ReadingSection) -> list[checklist.Told]:
    """What each row says that it is: its cell, else what all are, else what its name fits."""
    cells = sheet.cells
    names = cells[NAME.id] if NAME.id in cells else pd.Series("", index=cells.index)
    texts = cells[KIND.id] if KIND.id in cells else pd.Series("", index=cells.index)
    every = settings.kind if isinstance(settings, RegisterSection) else None
    out, by_default, by_name = [], 0, []
    for row, text, name in zip(cells.index, texts, names, strict=True):
        told = checklist.kinds_told(text, name=name)
        if not told.matches and not told.unknown:
            if every is not None:
                told = checklist.kinds_told(every, name=name)
                by_default += 1
            elif name:
                told = checklist.Told(checklist.names_fitting(name), ())
                by_name += [row] if told.matches else []
        out.append(told)
    if by_default:
        zh = checklist.kind(str(every)).zh
        sheet.notes.append(
            Words(
                f"{sheet.short}：{by_default:,}行没有写类别，按配置都算作「{zh}」",
                f"{sheet.short}: {by_default:,} rows without a kind are {every}, as the config says",
            )
        )
    if by_name:
        rows = rows_words(by_name)
        sheet.notes.append(
            Words(
                f"{sheet.short}：{rows.zh}没有写类别，按名称判断，只算“可能”",
                f"{sheet.short}: {rows.en}: no kind is given; by name they are possible",
            )
        )
    return out


def _unknown_text(told: checklist.Told) -> Words:
    if not told.unknown:
        return Words("没有写类别而名称不像任何类别", f"{KIND} is missing and the name fits no kind")
    words, near = told.unknown[:5], _nearest(told.unknown)
    zh, en = "".join(f"「{shortened(word)}」" for word in words), ", ".join(map(in_quotes, words))
    if near is None:
        return Words(f"不识别类别{zh}", f"{KIND} {en} is unknown")
    return Words(f"不识别类别{zh}（最接近的是「{near}」）", f"{KIND} {en} is unknown, the nearest is {near}")


def _nearest(words: Sequence[str]) -> str | None:
    """The spelling of a kind that is most like the first of the words that are like any."""
    for word in words:
        near = difflib.get_close_matches(word[:40].casefold(), checklist.kind_spellings(), n=1, cutoff=0.3)
        if near:
            return near[0]
    return None


def no_kinds() -> pd.DataFrame:
    """The kinds of a register that isn't of sites."""
    return pd.DataFrame(columns=list(SITE_KIND_COLUMNS), dtype="str")


def no_absent() -> gpd.GeoDataFrame:
    """What was surveyed and isn't there, where nothing was surveyed."""
    columns = {name: pd.Series([], dtype="str") for name in ("site_id", "name", "kind", "community_id", "rule")}
    return gpd.GeoDataFrame(columns, geometry=[], crs="EPSG:4326")
