"""What people send back from the published map: GeoJSON files of comments and proposals, read as hostile."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from circle15 import checklist
from circle15.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["COMMENT_COLUMNS", "clean_text", "read_comments"]

COMMENT_COLUMNS = (
    *("file", "feature", "sender", "data_date", "what", "proposal", "text"),
    *("do", "kind", "site_id", "gate_id", "geometry"),
)

MOST_BYTES = 10_000_000
"""A page's own export has some kilobytes."""
MOST_FEATURES = 5_000
"""Nobody writes so many, and each proposal is tried on the whole study."""
MOST_CHARACTERS = 5_000
"""Of a text; a page of print has two thousand."""
MOST_CHARACTERS_OF_ID = 200
DIGITS = 7
"""Degrees are rounded to these: a centimetre."""

_VERSION = 1
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NEEDS = {"open_site": "kind", "close_site": "site_id", "open_gate": "gate_id"}
"""What each edit must name."""
_UNSEEN = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xFFFE, 0xFFFF]
)
"""Control characters, and those that turn the direction of the text after them."""
_LONE = re.compile("[\ud800-\udfff]")


def read_comments(paths: Sequence[Path], *, study_id: str) -> gpd.GeoDataFrame:
    """Every feature of some files as the map's page exports them.

    Nothing but what the page writes is kept: other properties, such as a name that somebody added, are dropped.

    Parameters
    ----------
    paths : GeoJSON files (UTF-8, at most 10 MB and 5,000 features). Of files with the same bytes the first is read.
    study_id : the study that they must speak of.

    Returns
    -------
    Frame of one row a feature, by file and place in it: `file` (as given), `feature` (from 1), `sender` (files with the
    same bytes have the same number, from 0), `data_date` (of the page's data, missing where it doesn't say), `what`
    ("comment" or "edit"), `proposal` (missing for comments), `text` (without control characters; empty where there is
    none), `do`, `kind`, `site_id`, `gate_id` (missing where the feature has none), points in EPSG:4326.

    Raises
    ------
    ConfigError
        where no file is given.
    DataError
        listing every file and every feature that can't be used, one sentence each, a line each.
    """
    if not paths:
        raise ConfigError("comments: no file is given; name the GeoJSON files that were collected")
    problems: list[str] = []
    rows: list[dict[str, Any]] = []
    known: set[bytes] = set()
    for path in paths:
        content = _bytes_of(path, problems)
        if content is None or content in known:
            continue
        read = _rows_of(path, content, study_id, problems)
        rows += [{"sender": len(known), **row} for row in read]
        known.add(content)
    if problems:
        raise DataError("\n".join(problems))
    points = [row.pop("geometry") for row in rows]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=list(COMMENT_COLUMNS[:-1])), geometry=points, crs="EPSG:4326")
    texts = [name for name in COMMENT_COLUMNS[:-1] if name not in ("feature", "sender")]
    return frame.astype(dict.fromkeys(texts, "str") | {"feature": "int64", "sender": "int64"})


def _bytes_of(path: Path, problems: list[str]) -> bytes | None:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            problems.append(
                f"{path}: has {size / 1e6:,.1f} MB and an export at most {MOST_BYTES / 1e6:,.0f} MB; leave it out"
            )
            return None
        return path.read_bytes()
    except FileNotFoundError:
        problems.append(f"{path}: there is no such file; check the path")
    except OSError as error:
        problems.append(f"{path}: can't be read ({error.strerror}); name a GeoJSON file, and check its permissions")
    return None


def _rows_of(path: Path, content: bytes, study_id: str, problems: list[str]) -> list[dict[str, Any]]:
    """The rows of one file; what is wrong goes to `problems`, the features with the same fault in one sentence."""
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        problems.append(f"{path}: is no JSON in UTF-8; give the file as the map's page saved it")
        return []
    fault = _document_fault(document, study_id)
    if fault is not None:
        problems.append(f"{path}: {fault}")
        return []
    rows: list[dict[str, Any]] = []
    faults: dict[str, list[int]] = {}
    for number, feature in enumerate(document["features"], start=1):
        fault = _feature_fault(feature)
        if fault is None:
            given = {"file": str(path), "feature": number, "data_date": document["circle15"].get("data_date")}
            rows.append(given | _row_of(feature))
        else:
            faults.setdefault(fault, []).append(number)
    for fault, numbers in faults.items():
        which = "feature" if len(numbers) == 1 else "features"
        problems.append(f"{path}: {which} {', '.join(map(str, numbers))}: {fault}")
    return rows


def _document_fault(document: Any, study_id: str) -> str | None:
    """What makes a whole file unusable."""
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        return "is no GeoJSON FeatureCollection; give the file as the map's page saved it"
    if not isinstance(document.get("features"), list):
        return "has no list of features; give the file as the map's page saved it"
    if len(document["features"]) > MOST_FEATURES:
        return f"has {len(document['features']):,} features, more than {MOST_FEATURES:,}; leave it out"
    about = document.get("circle15")
    if not isinstance(about, dict):
        return "doesn't say which study it is of (member 'circle15'); give the file as the map's page saved it"
    if type(about.get("version")) is not int or about["version"] != _VERSION:
        return f"is of version {_shown(about.get('version'))}, and only {_VERSION} is known; update circle15"
    if about.get("study_id") != study_id:
        return f"is of the study {_shown(about.get('study_id'))}, not of {study_id!r}; leave it out"
    date = about.get("data_date")
    if date is not None and not (isinstance(date, str) and _DATE.fullmatch(date)):
        return f"has the data_date {_shown(date)}; give a day such as 2026-01-31, or null"
    return None


def _feature_fault(feature: Any) -> str | None:
    """What makes a feature unusable."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return "is no GeoJSON Feature; leave it out"
    geometry, told = feature.get("geometry"), feature.get("properties")
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return "has no Point; leave it out"
    if not _on_earth(geometry.get("coordinates")):
        return "its coordinates are no longitude and latitude in degrees; leave it out"
    if not isinstance(told, dict) or told.get("what") not in ("comment", "edit"):
        return "is neither a comment nor an edit (property 'what'); leave it out"
    return _text_fault(told) or (_comment_fault(told) if told["what"] == "comment" else _edit_fault(told))


def _text_fault(told: dict[str, Any]) -> str | None:
    """What is wrong with a feature's text or ids."""
    text = told.get("text")
    if text is not None and not isinstance(text, str):
        return f"its text is {_shown(text)}; give words"
    if text is not None and len(text) > MOST_CHARACTERS:
        return f"its text has {len(text):,} characters, more than {MOST_CHARACTERS:,}; shorten it"
    for name in ("proposal", "do", "kind", "site_id", "gate_id"):
        value = told.get(name)
        if value is not None and not (isinstance(value, str) and 0 < len(value) <= MOST_CHARACTERS_OF_ID):
            return f"its {name} is {_shown(value)}; give a short text, or null"
    return None


def _comment_fault(told: dict[str, Any]) -> str | None:
    kind = told.get("kind")
    if kind is None or kind in checklist.KINDS or kind in checklist.EXTENSION_KINDS:
        return None
    return f"its kind {_shown(kind)} is unknown; use an id of the checklist"


def _edit_fault(told: dict[str, Any]) -> str | None:
    kind = told.get("kind")
    if told.get("proposal") is None:
        return "is an edit of no proposal; give its id as 'proposal'"
    if told.get("do") not in _NEEDS:
        return f"does {_shown(told.get('do'))}; use one of {', '.join(_NEEDS)}"
    if told.get(_NEEDS[told["do"]]) is None:
        return f"does {told['do']} without a {_NEEDS[told['do']]}; give it"
    if kind is not None and kind not in checklist.KINDS:
        return f"its kind {_shown(kind)} is none of the 27; use an id of the checklist"
    return None


def _on_earth(lonlat: Any) -> bool:
    if not isinstance(lonlat, list) or len(lonlat) not in (2, 3):
        return False
    # JSON's true is a number to Python, and a whole number may be too long for a float.
    numbers = all(isinstance(one, float) or (type(one) is int and abs(one) <= 1e9) for one in lonlat)
    return numbers and all(map(math.isfinite, lonlat)) and abs(lonlat[0]) <= 180 and abs(lonlat[1]) <= 90


def _row_of(feature: dict[str, Any]) -> dict[str, Any]:
    told, (lon, lat, *_) = feature["properties"], feature["geometry"]["coordinates"]
    edit = told["what"] == "edit"
    return {
        "what": told["what"],
        "proposal": clean_text(told["proposal"]) if edit else None,
        "text": clean_text(told.get("text") or "").strip(),
        "kind": told.get("kind"),
        "do": told["do"] if edit else None,
        "site_id": _whole(told["site_id"]) if edit and told["do"] == "close_site" else None,
        "gate_id": _whole(told["gate_id"]) if edit and told["do"] == "open_gate" else None,
        "geometry": shapely.Point(round(lon, DIGITS), round(lat, DIGITS)),
    }


def clean_text(text: str) -> str:
    r"""Text that any file can hold, without control characters and without those that turn its direction.

    >>> clean_text("\u202eabc\x00")
    'abc'
    """
    return _whole(text.replace("\r\n", "\n").replace("\r", "\n")).translate(_UNSEEN)


def _whole(text: str) -> str:
    """Text without the halves of characters that JSON may hold."""
    return _LONE.sub("\ufffd", text)


def _shown(value: Any, *, most: int = 40) -> str:
    """A value for a message: on one line, what can't be printed as an escape, cut where it is long."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}..."
