"""OpenStreetMap from the internet: what circle15 reads of a box, through Overpass, as an extract on disk.

The box is asked for tile by tile; answers are kept in a cache folder and joined into one file, whose header states the
box and the oldest tile's date, so that `read_osm` knows where the data ends and how old it is.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import osmium
import requests
from osmium.osm import Box as OsmBox
from osmium.osm import Location

from circle15.checklist import osm_keys
from circle15.errors import ConfigError, DataError
from circle15.sources.osm import AREA_KEYS, POINT_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OVERPASS_URL", "PLACES_URL", "FetchedOsm", "fetch_osm"]

Box = tuple[float, float, float, float]

OVERPASS_URL = "https://overpass-api.de/api/interpreter"
PLACES_URL = "https://nominatim.openstreetmap.org/search"

TILE_DEG = 0.1
"""Side of a tile at most, some 10 km: a dense city's comes in one answer."""
MOST_TILES = 64
"""A larger box is a region's, for which servers of whole extracts exist."""
KEEP_S = 7 * 86_400.0
"""Answers in the cache are asked for again when older than this."""

_HEAD = {"User-Agent": "circle15 (15-minute circles; https://pypi.org/project/circle15/)"}
_CONNECT_S, _READ_S = 10.0, 200.0
_SERVER_S = 180  # how long Overpass may work on a tile
_PAUSES_S = (5.0, 15.0, 45.0)  # before each further try when the server is busy
_BUSY = frozenset({429, 502, 503, 504})
_LEVELS = "^([7-9]|1[01])$"  # administrative boundaries from the district down
_FORMATS = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")
_ELSEWHERE = "or download an extract of the region elsewhere and cut it"


@dataclass(frozen=True, kw_only=True)
class FetchedOsm:
    """What was fetched: the file, its box (west, south, east, north), its data's date, tiles and those from cache."""

    path: Path
    box: Box
    data_date: str
    n_tiles: int
    n_cached: int


def fetch_osm(
    out: str | Path,
    *,
    box: Box | None = None,
    place: str | None = None,
    cache: str | Path,
    overpass_url: str = OVERPASS_URL,
    places_url: str = PLACES_URL,
    on_step: Callable[[str], None] = lambda _: None,
    pauses_s: tuple[float, ...] = _PAUSES_S,
) -> FetchedOsm:
    """Download what circle15 reads of a box: streets, buildings, barriers, land, water, boundaries and services.

    Parameters
    ----------
    out : a .osm.pbf or .osm file; an existing one is replaced once everything has arrived.
    box : west, south, east, north in degrees; or else
    place : a name, such as 济宁市任城区, whose box the place server knows.
    cache : a folder for answers; what is younger than `KEEP_S` isn't asked for again.
    overpass_url, places_url : the servers.
    on_step : told in a few words what is being done or waited for.
    pauses_s : seconds to wait before each further try when a server is busy; one that names a time is given it.

    Raises
    ------
    ConfigError
        when the box is none or larger than `MOST_TILES` tiles, or the file can't be written.
    DataError
        when the server can't be reached (at once), stays busy, refuses, or knows no such place; nothing is written.
    """
    path, kept = Path(out), Path(cache)
    if not path.name.endswith(_FORMATS) or not path.parent.is_dir():
        raise ConfigError(f"{path}: can't be written; name a file ending in {' or '.join(_FORMATS[:2])} in a folder")
    if (box is None) == (place is None):
        raise ConfigError("give a place or a box (west,south,east,north), and not both")
    try:
        kept.mkdir(parents=True, exist_ok=True)
        with requests.Session() as session:
            session.headers.update(_HEAD)
            ask = _Asking(session, kept, on_step, pauses_s)
            area = _checked(box) if box is not None else _box_of(str(place), ask, places_url)
            tiles = _tiles(area)
            answers = []
            for number, tile in enumerate(tiles, start=1):
                on_step(f"asking for tile {number} of {len(tiles)}")
                answers.append(ask.text(overpass_url, _query(tile), check=_check_answer))
        on_step("writing the extract")
        data_date = _join(answers, area, path)
    except OSError as error:
        raise ConfigError(f"{error.filename or path}: can't be written ({error.strerror}); choose another") from None
    return FetchedOsm(path=path, box=area, data_date=data_date, n_tiles=len(tiles), n_cached=ask.n_cached)


@dataclass
class _Asking:
    """Questions to servers, answered from the cache where it can be."""

    session: requests.Session
    cache: Path
    on_step: Callable[[str], None]
    pauses_s: tuple[float, ...]
    n_cached: int = 0

    def text(self, url: str, query: dict[str, Any], *, check: Callable[[str, bytes], None]) -> Path:
        """The file with a server's answer to a query; `check` raises DataError over a useless one."""
        words = "\n".join([url, *(f"{key}={query[key]}" for key in sorted(query))])
        file = self.cache / f"{hashlib.sha256(words.encode()).hexdigest()[:24]}.answer"
        if file.is_file() and time.time() - file.stat().st_mtime < KEEP_S:
            self.n_cached += 1
            return file
        content = self._asked(url, query)
        check(url, content)
        part = file.with_suffix(".part")
        part.write_bytes(content)
        part.replace(file)
        return file

    def _asked(self, url: str, query: dict[str, Any]) -> bytes:
        answer = None
        for pause_s in (*self.pauses_s, None):
            try:
                answer = self.session.post(url, data=query, timeout=(_CONNECT_S, _READ_S))
            except requests.ConnectionError:
                raise DataError(
                    f"{url}: can't be reached; check the internet connection or give another server, {_ELSEWHERE}"
                ) from None
            except requests.Timeout:
                answer = None
            except requests.RequestException as error:
                raise DataError(f"{url}: isn't a server that can be asked ({error}); check the address") from None
            if answer is not None and answer.status_code not in _BUSY:
                break
            if pause_s is not None:
                wait_s = _named_wait_s(answer, pause_s)
                self.on_step(f"the server is busy, asking again in {wait_s:.0f} s")
                time.sleep(wait_s)
        if answer is None or answer.status_code in _BUSY:
            raise DataError(f"{url}: stayed busy for {len(self.pauses_s) + 1} tries; try later, {_ELSEWHERE}")
        if not answer.ok:
            raise DataError(
                f"{url}: refused ({answer.status_code} {answer.reason}); ask for a smaller box, {_ELSEWHERE}"
            )
        return answer.content


def _named_wait_s(answer: requests.Response | None, pause_s: float) -> float:
    """How long a busy server asks to be left alone, at most twice the longest pause of ours."""
    named = "" if answer is None else answer.headers.get("Retry-After", "")
    return min(float(named), 2 * _PAUSES_S[-1]) if named.isdecimal() else pause_s


def _checked(box: Box) -> Box:
    west, south, east, north = box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ConfigError(f"{box}: is no box; give west,south,east,north in degrees, west < east and south < north")
    return box


def _box_of(place: str, ask: _Asking, url: str) -> Box:
    """The box of the first place of that name."""
    file = ask.text(url, {"q": place, "format": "jsonv2", "limit": 1}, check=lambda *_: None)
    found = re.search(rb'"boundingbox":\s*\[([^\]]*)\]', file.read_bytes())
    numbers = [] if found is None else [float(text) for text in re.findall(rb"-?\d+(?:\.\d+)?", found.group(1))]
    if len(numbers) != 4:
        file.unlink()
        raise DataError(f"{url}: knows no place '{place}'; write it as OpenStreetMap does, or give a box")
    south, north, west, east = numbers
    return _checked((west, south, east, north))


def _tiles(box: Box) -> list[Box]:
    """The box cut into tiles of equal size, none wider or higher than TILE_DEG.

    >>> [tuple(round(side, 3) for side in tile) for tile in _tiles((0.0, 0.0, 0.15, 0.1))]
    [(0.0, 0.0, 0.075, 0.1), (0.075, 0.0, 0.15, 0.1)]
    """
    west, south, east, north = box
    columns, rows = (max(1, math.ceil(round(span / TILE_DEG, 9))) for span in (east - west, north - south))
    if columns * rows > MOST_TILES:
        raise ConfigError(
            f"the box of {east - west:.2f} x {north - south:.2f} degrees is too large for Overpass "
            f"(at most {MOST_TILES} tiles of {TILE_DEG} degrees); give a smaller one, {_ELSEWHERE}"
        )
    x = [west + (east - west) * i / columns for i in range(columns)] + [east]
    y = [south + (north - south) * j / rows for j in range(rows)] + [north]
    return [(x[i], y[j], x[i + 1], y[j + 1]) for j, i in itertools.product(range(rows), range(columns))]


def _query(tile: Box) -> dict[str, str]:
    """In Overpass's language: everything with a key that `read_osm` has a use for, and the nodes it is made of."""
    west, south, east, north = tile
    keys = sorted({*osm_keys(), *AREA_KEYS, *POINT_KEYS} - {"boundary"})
    wanted = "".join(f"nwr[{_quoted(key)}];" for key in keys)
    borders = f'rel[boundary=administrative][admin_level~"{_LEVELS}"];'
    head = f"[out:xml][timeout:{_SERVER_S}][bbox:{south:.7f},{west:.7f},{north:.7f},{east:.7f}];"
    return {"data": f"{head}({wanted}{borders});(._;>;);out body;"}


def _quoted(key: str) -> str:
    return f'"{key}"'


def _check_answer(url: str, content: bytes) -> None:
    """Overpass tells of failures in a remark inside an answer that looks like success."""
    remark = re.search(rb"<remark>\s*(.*?)\s*</remark>", content, re.DOTALL)
    if b"<osm" not in content[:2048]:
        raise DataError(f"{url}: answered something else than OpenStreetMap data; check the address of the server")
    if remark is not None:
        said = remark.group(1).decode("utf-8", "replace")[:200]
        raise DataError(f"{url}: gave up ({said}); ask for a smaller box, {_ELSEWHERE}")
    if not content.rstrip().endswith(b"</osm>"):
        raise DataError(f"{url}: sent an answer that ends in the middle; try again, {_ELSEWHERE}")


def _join(answers: list[Path], box: Box, path: Path) -> str:
    """Join the tiles into one sorted file, each object once; the oldest tile's day."""
    contents = [answer.read_bytes() for answer in answers]
    if not any(b"<way" in content for content in contents):
        raise DataError(f"{box}: OpenStreetMap has no street or building in this box; check its corners")
    dates = [re.search(rb'osm_base="([^"]+)"', content[:2048]) for content in contents]
    date = min((found.group(1).decode("ascii", "replace") for found in dates if found), default="")
    header = osmium.io.Header()
    header.add_box(OsmBox(Location(box[0], box[1]), Location(box[2], box[3])))
    if date:
        header.set("osmosis_replication_timestamp", date)
        header.set("timestamp", date)
    merged = osmium.MergeInputReader()
    for content in contents:
        merged.add_buffer(content, "osm")
    suffix = next(ending for ending in _FORMATS if path.name.endswith(ending))
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".circle15-") as folder:
        staged = Path(folder) / f"fetched{suffix}"
        with osmium.SimpleWriter(staged, header=header) as writer:
            merged.apply(writer)
        staged.replace(path)
    return date[:10]
