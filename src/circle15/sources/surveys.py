"""The survey list (`outputs.survey_sheet`) as it comes back from the ground: what it answers is settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pandas as pd

from circle15 import checklist
from circle15.errors import DataError, head
from circle15.sources.tables import read_rows

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Answers", "read_survey"]

_KIND, _SITE, _COMMUNITY, _STATE = "类别", "设施编号", "社区编号", "现状"
_NAME, _LON, _LAT = "实际名称", "实际经度", "实际纬度"
_HEADERS = (_KIND, _SITE, _COMMUNITY, _STATE, _NAME, _LON, _LAT)
_PRESENT = {"有": True, "present": True, "yes": True, "无": False, "absent": False, "no": False}


class Answers(NamedTuple):
    """What a filled-in survey list says; sources and rules name its file and row.

    `site_kinds` confirms kinds at sites that are known, `sites` are places found (`found_kinds` says what they hold),
    `absent` is what isn't there: `kind, source, rule` and `site_id`, or `community_id` for a whole community.
    """

    site_kinds: pd.DataFrame
    sites: gpd.GeoDataFrame
    found_kinds: pd.DataFrame
    absent: pd.DataFrame
    n_asked: int


def read_survey(path: Path) -> Answers:
    """Read a survey list; rows whose 现状 is empty are unanswered.

    Raises
    ------
    DataError
        when the file is no survey list, or naming every row whose answer can't be used.
    """
    table = read_rows(path, fits=lambda rows: _STATE in rows[0][1])
    header = table.rows[0][1] if table.rows else []
    missing = [name for name in _HEADERS if name not in header]
    if missing:
        raise DataError(f"{path}: lacks the headers {', '.join(missing)}; give the survey.xlsx that a run has left")
    at = {name: header.index(name) for name in _HEADERS}
    kinds = {kind.zh: kind.id for kind in (*checklist.kinds(), *checklist.extension_kinds())}
    problems: list[str] = []
    held: list[tuple[str, str, str, str]] = []
    found: list[tuple[str, str | None, float, float]] = []
    found_held: list[tuple[str, str, str, str]] = []
    absent: list[tuple[str, str, str, str | None, str | None]] = []
    for row, texts in table.rows[1:]:
        cells = {name: texts[i] if i < len(texts) else "" for name, i in at.items()}
        if not cells[_STATE]:
            continue
        rule, kind, present = f"{path.name} row {row}", kinds.get(cells[_KIND]), _PRESENT.get(cells[_STATE].lower())
        spot = _spot(cells[_LON], cells[_LAT])
        if present is None:
            problems.append(f"row {row}: {_STATE} {cells[_STATE][:20]!r} is neither 有 nor 无")
        elif kind is None:
            problems.append(f"row {row}: {_KIND} {cells[_KIND][:20]!r} is unknown, leave it as it was")
        elif not cells[_SITE] and not cells[_COMMUNITY]:
            problems.append(f"row {row}: {_SITE} and {_COMMUNITY} are both empty, leave them as they were")
        elif not present:
            community = None if cells[_SITE] else cells[_COMMUNITY]
            absent.append((kind, path.name, rule, cells[_SITE] or None, community))
        elif cells[_SITE]:
            if cells[_LON] or cells[_LAT]:
                problems.append(
                    f"row {row}: asks about one site, write a place found elsewhere into the community's row"
                )
            held.append((cells[_SITE], kind, "confirmed", rule))
        elif spot is None:
            problems.append(
                f"row {row}: {_LON} and {_LAT} aren't WGS84 degrees, write where it is, as 116.5872 and 35.4151"
            )
        else:
            site_id = f"{path.stem}-{row}"
            found.append((site_id, cells[_NAME] or None, *spot))
            found_held.append((site_id, kind, "confirmed", rule))
    if problems:
        raise DataError(f"{path}: {head(problems, most=40)}")
    columns = ["site_id", "kind", "evidence", "rule"]
    places = pd.DataFrame(found, columns=["site_id", "name", "lon", "lat"])
    return Answers(
        site_kinds=pd.DataFrame(held, columns=columns, dtype="str"),
        sites=gpd.GeoDataFrame(
            places[["site_id", "name"]].astype("str").assign(source=path.name),
            geometry=gpd.points_from_xy(places["lon"], places["lat"]),
            crs="EPSG:4326",
        ),
        found_kinds=pd.DataFrame(found_held, columns=columns, dtype="str"),
        absent=pd.DataFrame(absent, columns=["kind", "source", "rule", "site_id", "community_id"], dtype="str"),
        n_asked=len(table.rows) - 1,
    )


def _spot(lon: str, lat: str) -> tuple[float, float] | None:
    """The place of a row, None where it has none that can be."""
    try:
        east, north = float(lon), float(lat)
    except ValueError:
        return None
    return (east, north) if -180 <= east <= 180 and -90 <= north <= 90 else None
