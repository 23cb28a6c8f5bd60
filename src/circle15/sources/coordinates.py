"""Coordinate systems that planners' tables come in, to WGS84 and back, and a judge of which one a table is in.

Map services in China publish coordinates that are moved on purpose: GCJ-02 by some 300 to 700 m, BD-09 by as much
again. Surveyors give metres of Gauss-Kruger zones, often with north in the column called X. A wrong guess moves every
site by more than the circle can bear, so the system is declared, and the declaration is held against the map.

x is easting or longitude and y northing or latitude throughout; degrees are decimal. See docs/coordinates.md.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from circle15.errors import InputError
from circle15.sources.merging import namesakes
from circle15.units import WGS84, local_crs, to_plane
from circle15.words import Words, named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import numpy.typing as npt
    from shapely import Polygon

    from circle15.units import BoolArray, FloatArray, IntArray

__all__ = [
    "GEOGRAPHIC",
    "Axes",
    "Fit",
    "SystemVerdict",
    "Twins",
    "checked_system",
    "from_wgs84",
    "in_gcj02_area",
    "judge_system",
    "name_twins",
    "system_name",
    "to_wgs84",
]

GEOGRAPHIC = ("wgs84", "gcj02", "bd09", "cgcs2000")
"""The systems of longitude and latitude. "cgcs2000" is "wgs84" within a metre, and is treated as the same."""

Axes = Literal["xy", "yx"]


# Names


_ALIASES = {
    "wgs84": "wgs84 wgs1984 epsg:4326 4326 crs84 ogc:crs84 gps gps84 osm openstreetmap 世界大地 1984世界大地",
    "gcj02": "gcj02 gcj gcj2 火星 国测局 mars 高德 amap gaode autonavi 腾讯 tencent qq soso",
    "bd09": "bd09 bd9 bd09ll 百度 baidu",
    "cgcs2000": "cgcs2000 cgcs epsg:4490 4490 china2000 国家2000 2000国家 国家大地2000 2000国家大地 大地2000 2000 "
    "天地图 tianditu chinageodeticcoordinatesystem2000",
}
_SYSTEM_OF = {alias: system for system, aliases in _ALIASES.items() for alias in aliases.split()}
_ALIAS = re.compile("|".join(map(re.escape, sorted(_SYSTEM_OF, key=len, reverse=True))))
_SHOWN = {
    "wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09", "cgcs2000": "CGCS2000", "高德": "高德", "腾讯": "腾讯",
    "百度": "百度", "火星": "火星坐标", "国家2000": "国家2000", "天地图": "天地图",
}  # fmt: skip
_NO_MEANING = re.compile(r"坐标系统?|坐标|经纬度|地图|系统|[\s_\-—·,，()（）]|(?<=\D)/")
_OLD_DATUM = re.compile(r"xian|beijing|西安|北京|1980|1954")
_OLD_DATUM_CODES = {4610, 4214, 4555}  # Xian 1980, Beijing 1954, New Beijing
_LOCAL = re.compile(r"地方|独立|城建|local")
_MERIDIAN = re.compile(
    r"(?:cm|中央经线|中央子午线|centralmeridian|l0)[:=为是]*(\d{2,3}(?:\.\d+)?)"
    r"|(?<![\d.])(\d{2,3}(?:\.\d+)?)[°度]?e(?![a-z])"
)
_ZONE = re.compile(r"(?:zone|带号|第|度带)[:=为是第]*(\d{2})(?!\d)|(?<!\d)(\d{2})号?(?:度?带|zone)")
_WIDTH = re.compile(r"(?<![\d.])([36三六])(?:度|°|degree|deg)(?!\d)")
_UTM = re.compile(r"utm(?:zone|带|第)?(\d{1,2})([ns]?)")


class _Grid(NamedTuple):
    """A Gauss-Kruger zone of CGCS2000."""

    width_deg: int
    meridian_deg: int
    zone: int
    prefixed: bool  # eastings begin with the zone's number


def _grid(system: str) -> _Grid | None:
    """The zone that an EPSG code stands for: 4491-4501, 4502-4512 six degrees wide, 4513-4533, 4534-4554 three."""
    code = int(system[5:]) if system.startswith("EPSG:") and system[5:].isdigit() else 0
    if 4491 <= code <= 4512:
        zone = 13 + (code - 4491) % 11
        return _Grid(6, 6 * zone - 3, zone, prefixed=code < 4502)
    if 4513 <= code <= 4554:
        zone = 25 + (code - 4513) % 21
        return _Grid(3, 3 * zone, zone, prefixed=code < 4534)
    return None


def _grid_code(*, width_deg: int, zone: int, prefixed: bool) -> str:
    if width_deg == 6:
        return f"EPSG:{(4491 if prefixed else 4502) + zone - 13}"
    return f"EPSG:{(4513 if prefixed else 4534) + zone - 25}"


def _meridian_of_zone(zone: int) -> int | None:
    """Zones 13 to 23 are six degrees wide and 25 to 45 three, so that a number alone names a zone of China."""
    if 13 <= zone <= 23:
        return 6 * zone - 3
    return 3 * zone if 25 <= zone <= 45 else None


@lru_cache(maxsize=256)
def checked_system(text: str) -> str:
    """The id of a coordinate system that somebody wrote in their own way.

    Parameters
    ----------
    text
        a name in Chinese or English (高德, GCJ-02, 国家2000), a Gauss-Kruger zone of CGCS2000 by its number or central
        meridian ("CGCS2000 3度带 39带", "中央经线117"; three degrees wide unless it says six, which gives the same
        coordinates for the same meridian), a UTM zone ("UTM 50N"), or an authority's code ("EPSG:4548").

    Returns
    -------
    "wgs84", "gcj02", "bd09", "cgcs2000", or the authority's code in capitals.

    Raises
    ------
    InputError
        when the name isn't known, naming the nearest ones; for Beijing 1954 and Xian 1980, whose way to WGS84 isn't
        published to better than some ten metres; for local systems of a city, Baidu's metres, and what isn't a plane
        or longitude and latitude.

    Examples
    --------
    >>> checked_system("高德"), checked_system("WGS-84"), checked_system("CGCS2000 3度带 39带")
    ('gcj02', 'wgs84', 'EPSG:4527')
    >>> checked_system("CGCS2000 / 3-degree Gauss-Kruger CM 117E"), checked_system("utm 50n")
    ('EPSG:4548', 'EPSG:32650')
    """
    plain = _NO_MEANING.sub("", unicodedata.normalize("NFKC", text).casefold())
    if plain in _SYSTEM_OF:
        return _SYSTEM_OF[plain]
    parts = _ALIAS.findall(plain)
    if "".join(parts) == plain and len({_SYSTEM_OF[part] for part in parts}) == 1:  # such as 高德 (GCJ-02)
        return _SYSTEM_OF[parts[0]]
    plain = re.sub(r"^(?:epsg:?)?(\d{4,6})$", r"epsg:\1", plain)
    if re.fullmatch(r"[a-z]+:\w+", plain):
        return _checked_code(text, plain.upper())
    if "墨卡托" in plain or "bd09mc" in plain:
        raise InputError(
            f"coordinates {text!r}: Mercator metres of a map service aren't read; export longitude and latitude instead"
        )
    if _OLD_DATUM.search(plain):
        raise _old_datum(text)
    if _LOCAL.search(plain):
        raise InputError(
            f"coordinates {text!r}: a city's own system can't be converted without its secret parameters; have the "
            "table converted to CGCS2000 by the surveying office"
        )
    if utm := _UTM.search(plain):
        return _utm(text, int(utm[1]), utm[2])
    if code := _named_grid(text, plain):
        return code
    raise _unknown(text, plain)


def _checked_code(text: str, code: str) -> str:
    try:
        crs = CRS.from_user_input(code)
    except CRSError:
        raise InputError(f"coordinates {text!r}: no such code; write for example EPSG:4548, gcj02 or wgs84") from None
    if crs.geodetic_crs is not None and crs.geodetic_crs.to_epsg() in _OLD_DATUM_CODES:
        raise _old_datum(text)
    if not ((crs.is_projected or crs.is_geographic) and len(crs.axis_info) == 2):
        raise InputError(
            f"coordinates {text!r}: {crs.name} is no plane and no longitude and latitude; give a 2D system"
        )
    return code


def _old_datum(text: str) -> InputError:
    return InputError(
        f"coordinates {text!r}: the way from Beijing 1954 and Xian 1980 to WGS84 isn't published exactly enough; "
        "have the table converted to CGCS2000 by the surveying office"
    )


def _utm(text: str, zone: int, half: str) -> str:
    if not 1 <= zone <= 60:
        raise InputError(f"coordinates {text!r}: UTM zones are numbered 1 to 60; China has 43N to 53N")
    return f"EPSG:{(327 if half == 's' else 326) * 100 + zone}"


def _named_grid(text: str, plain: str) -> str | None:
    """The code of a Gauss-Kruger zone that is named by its number, its central meridian, or both."""
    plain = plain.replace("2000", "")
    width_text = _WIDTH.search(plain)
    width = None if width_text is None else {"三": 3, "六": 6}.get(width_text[1]) or int(width_text[1])
    rest = plain if width_text is None else plain.replace(width_text[0], "度", 1)
    by_zone, by_meridian = _ZONE.search(rest), _MERIDIAN.search(rest)
    if by_zone is None and by_meridian is None:
        return None
    if by_zone is not None:
        zone = int(by_zone[1] or by_zone[2])
        meridian = _meridian_of_zone(zone)
        if meridian is None or (width is not None and width != (6 if zone < 25 else 3)):
            raise InputError(
                f"coordinates {text!r}: China's zones are 13 to 23 (6 degrees wide) and 25 to 45 (3 degrees); "
                "give one of these"
            )
        if by_meridian is None or float(by_meridian[1] or by_meridian[2]) == meridian:
            return _grid_code(width_deg=6 if zone < 25 else 3, zone=zone, prefixed=by_meridian is None)
        raise InputError(f"coordinates {text!r}: zone {zone} has the central meridian {meridian}; give one of the two")
    assert by_meridian is not None  # noqa: S101 - the two branches above
    given = float(by_meridian[1] or by_meridian[2])
    width = width or 3
    zone = round(given / 3) if width == 3 else round((given + 3) / 6)
    if not (zone * 3 if width == 3 else zone * 6 - 3) == given or _meridian_of_zone(zone) != given:
        raise InputError(
            f"coordinates {text!r}: {given:g} isn't the central meridian of a {width}-degree zone of China; give "
            f"{'75, 78 ... 135' if width == 3 else '75, 81 ... 135'}, or have the table converted to one of these"
        )
    return _grid_code(width_deg=width, zone=zone, prefixed=False)


def _unknown(text: str, plain: str) -> InputError:
    close = difflib.get_close_matches(plain, _SYSTEM_OF, n=3, cutoff=0.5)
    near = dict.fromkeys(_SHOWN.get(alias, _SHOWN[_SYSTEM_OF[alias]]) for alias in close)
    meant = f"did you mean {' or '.join(near)}" if near else "write wgs84, gcj02, bd09, cgcs2000"
    return InputError(f"coordinates {text!r}: no such system; {meant}, or a code such as EPSG:4548")


def system_name(system: str) -> str:
    """A system's name in a sentence.

    >>> system_name("gcj02"), system_name("EPSG:4548")
    ('GCJ-02', 'CGCS2000 / 3-degree Gauss-Kruger CM 117E (EPSG:4548)')
    """
    return _SHOWN.get(system) or f"{CRS.from_user_input(system).name} ({system})"


# To WGS84 and back


def to_wgs84(
    x: npt.ArrayLike, y: npt.ArrayLike, system: str, *, axes: Axes | None = None, rows: Sequence[object] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Longitude and latitude on WGS84 of coordinates in another system.

    Parameters
    ----------
    x, y : arrays of one shape
        easting and northing in the system's unit (for Gauss-Kruger metres), or longitude and latitude in degrees. nan
        marks a missing place and passes through.
    system
        as `checked_system` understands it.
    axes
        "xy": x is the easting or longitude. "yx": x is the northing or latitude, as surveyors write it. None: "xy", but
        for Gauss-Kruger whichever column holds northings (0.3 to 6.1 million in China, where eastings have six
        digits, or eight with the zone's number before them).
    rows
        what to call the places in an error (a table's row numbers), in the arrays' flat order; else places 1, 2, 3.

    Returns
    -------
    lon, lat : degrees, in the shape of x. GCJ-02 and BD-09 are undone to within a micrometre of their published
    formulas, which meet the services' own figures within two metres. CGCS2000 is taken as WGS84: they agree within
    a metre (plate motion since 2000), like everything on the map. GCJ-02 is WGS84 outside `in_gcj02_area`.

    Raises
    ------
    InputError
        naming the rows: degrees out of range, eastings whose zone number isn't that of the system, or far outside it.
        An easting with its zone's number under a system without it, or the reverse, is understood.

    Examples
    --------
    >>> lon, lat = to_wgs84([116.487585177952], [39.991754014757], "gcj02")  # of 116.481499, 39.990475 in Amap's manual
    >>> float(lon[0].round(4)), float(lat[0].round(4))
    (116.4815, 39.9905)
    >>> lon, lat = to_wgs84([4984944.378], [39_500_000.0], "CGCS2000 3度带 39带")  # the meridian's arc to 45 N
    >>> float(lon[0].round(7)), float(lat[0].round(7))
    (117.0, 45.0)
    """
    system = checked_system(system)
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if first.shape != second.shape:
        raise InputError(f"x has the shape {first.shape} and y {second.shape}; give as many of one as of the other")
    grid = _grid(system)
    if grid is not None:
        return _from_grid(first, second, system, grid, axes=axes, rows=rows)
    if axes == "yx":
        first, second = second, first
    if not _is_geographic(system):
        return _from_projected(first, second, system, rows)
    _check_degrees(first, second, system, rows)
    if system in {"wgs84", "cgcs2000"}:
        return first.copy(), second.copy()
    if system == "gcj02":
        return _gcj02_undone(first, second)
    if system == "bd09":
        return _gcj02_undone(*_bd09_undone(first, second))
    return _from_projected(first, second, system, rows)


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, system: str) -> tuple[FloatArray, FloatArray]:
    """Coordinates in another system of longitude and latitude on WGS84: the reverse of `to_wgs84`.

    Parameters
    ----------
    lon, lat : arrays of one shape, degrees; nan passes through.
    system
        as `checked_system` understands it.

    Returns
    -------
    x, y : easting and northing, or longitude and latitude, in this order whatever the authority's is; eastings begin
    with the zone's number where the system's do. Places that the projection can't show are `inf`.

    Raises
    ------
    InputError
        for degrees out of range, naming the places.

    Examples
    --------
    >>> x, y = from_wgs84([116.481499], [39.990475], "gcj02")  # Amap's manual: 116.487585177952, 39.991754014757
    >>> float(x[0].round(6)), float(y[0].round(6))
    (116.487586, 39.991754)
    """
    system = checked_system(system)
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    _check_degrees(x, y, "wgs84", None)
    if system in {"wgs84", "cgcs2000"}:
        return x.copy(), y.copy()
    if system == "gcj02":
        return _gcj02_done(x, y)
    if system == "bd09":
        return _bd09_done(*_gcj02_done(x, y))
    east, north = _transformer(system).transform(x, y, direction="INVERSE")
    return np.asarray(east, dtype=np.float64), np.asarray(north, dtype=np.float64)


def _is_geographic(system: str) -> bool:
    return system in GEOGRAPHIC or CRS.from_user_input(system).is_geographic


@lru_cache(maxsize=64)
def _transformer(system: str) -> Transformer:
    """PROJ takes CGCS2000 as WGS84, having no published parameters between them."""
    return Transformer.from_crs(CRS.from_user_input(system), WGS84, always_xy=True)


def _called(bad: BoolArray, rows: Sequence[object] | None) -> str:
    """The places of a mask, for an error."""
    return _called_in_words(bad, rows).en


def _called_in_words(bad: BoolArray, rows: Sequence[object] | None) -> Words:
    where = np.flatnonzero(bad).tolist()
    plural = "" if len(where) == 1 else "s"
    if rows is None:
        which = named(i + 1 for i in where)
        return Words(f"地点 {which.zh}", f"place{plural} {which.en}")
    which = named(rows[i] for i in where)
    return Words(f"行 {which.zh}", f"row{plural} {which.en}")


def _check_degrees(lon: FloatArray, lat: FloatArray, system: str, rows: Sequence[object] | None) -> None:
    bad = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if not bad.any():
        return
    where = _called(bad, rows)
    x, y = float(lon[bad].flat[0]), float(lat[bad].flat[0])
    if abs(x) <= 90 and abs(y) <= 180:
        raise InputError(f"{where}: latitude {y:g} is beyond 90; longitude and latitude look swapped, swap the columns")
    if np.isfinite([x, y]).all() and min(abs(x), abs(y)) > 1e5:
        raise InputError(
            f"{where}: {x:.10g}, {y:.10g} are metres and no degrees of {system_name(system)}; declare the plane's "
            'system, for example coordinates = "EPSG:4548"'
        )
    raise InputError(f"{where}: longitude {x:.10g}, latitude {y:.10g} is nowhere on the globe; write decimal degrees")


def _from_projected(
    x: FloatArray, y: FloatArray, system: str, rows: Sequence[object] | None
) -> tuple[FloatArray, FloatArray]:
    lon, lat = (np.asarray(values, dtype=np.float64) for values in _transformer(system).transform(x, y))
    missing = np.isnan(x) | np.isnan(y)
    bad = ~missing & ~(np.isfinite(lon) & np.isfinite(lat))
    if bad.any():
        raise InputError(
            f"{_called(bad, rows)}: {x[bad].flat[0]:.10g}, {y[bad].flat[0]:.10g} lies nowhere in "
            f"{system_name(system)}; check the numbers or declare another system"
        )
    return np.where(missing, np.nan, lon), np.where(missing, np.nan, lat)


# Gauss-Kruger zones of CGCS2000


_NORTHING_M = (300_000.0, 6_100_000.0)  # of China, from the south of its sea to the Heilongjiang
_FARTHEST_M = 400_000.0  # from the central meridian; a province in one 3-degree zone reaches 350 km


def _from_grid(
    x: FloatArray, y: FloatArray, system: str, grid: _Grid, *, axes: Axes | None, rows: Sequence[object] | None
) -> tuple[FloatArray, FloatArray]:
    """Zone numbers before eastings are read and held against the system's; then the plane is left."""
    north_first = axes == "yx" or (axes is None and _north_is_first(x, y))
    east, north = (y, x) if north_first else (x, y)
    name = system_name(system)
    missing = np.isnan(east) | np.isnan(north)
    prefix = np.floor(np.clip(np.where(missing, 0.0, east), -1e9, 1e9) / 1e6)
    told = prefix >= 10
    bad = ~missing & ((north < _NORTHING_M[0]) | (north > _NORTHING_M[1]) | (prefix < 0) | (prefix > 99))
    bad |= ~told & (prefix > 0)
    if bad.any():
        raise InputError(
            f"{_called(bad, rows)}: easting {east[bad].flat[0]:.10g}, northing {north[bad].flat[0]:.10g} isn't "
            f"in China under {name}; check which column holds the northings and which system the numbers are in"
        )
    for zone in np.unique(prefix[told]).tolist():
        meridian = _meridian_of_zone(int(zone))
        if meridian == grid.meridian_deg:
            continue
        where = _called(prefix == zone, rows)
        if meridian is None:
            raise InputError(
                f"{where}: an easting begins with {zone:.0f}, which is no zone of China; check the numbers"
            )
        right = _grid_code(width_deg=6 if zone < 25 else 3, zone=int(zone), prefixed=True)
        raise InputError(
            f"{where}: eastings begin with zone {zone:.0f} (central meridian {meridian}), but {name} has "
            f'{grid.meridian_deg}; write coordinates = "{right}"'
        )
    offset_m = np.where(told, east - prefix * 1e6, east) - 500_000.0
    far = np.abs(offset_m) > _FARTHEST_M
    if far.any():
        raise InputError(
            f"{_called(far, rows)}: {np.abs(offset_m[far]).max() / 1000:,.0f} km from the central meridian of {name} "
            "is the wrong zone; declare the zone that the numbers were made in"
        )
    false_m = 500_000.0 + (grid.zone * 1e6 if grid.prefixed else 0.0)
    return _from_projected(offset_m + false_m, north, system, rows)


def _north_is_first(x: FloatArray, y: FloatArray) -> bool:
    """Whether most places have a northing in x, and in y none."""
    low, high = _NORTHING_M
    likely = (x >= 1e6) & (x <= high) & ((y < 1e6) | (y > 1e7))
    otherwise = (y >= low) & (y <= high) & ((x < 1e6) | (x > 1e7))
    return int(likely.sum()) > int(otherwise.sum())


# GCJ-02 and BD-09

_WEST_DEG, _EAST_DEG, _SOUTH_DEG, _NORTH_DEG = 72.004, 137.8347, 0.8293, 55.8271
_NEAR_DEG = 0.05  # more than GCJ-02 moves anything
_AXIS_M, _ECCENTRICITY_2 = 6378245.0, 0.00669342162296594323  # Krasovsky 1940
_BD09_WAVE = np.pi * 3000.0 / 180.0
_BLOCK = 1 << 15  # places at a time, so that the steps' arrays stay in the cache
_SETTLED_DEG = 1e-9  # the last step; 2 % of it, two micrometres, are left
_MOST_STEPS = 20

_Pair = tuple["FloatArray", "FloatArray"]


def in_gcj02_area(lon: FloatArray, lat: FloatArray) -> BoolArray:
    """Whether a WGS84 place lies where GCJ-02 moves places: 72.004 to 137.8347 E, 0.8293 to 55.8271 N, edges included.

    It is the box of the published formula, not the border: services follow the border more closely, so in the box but
    outside mainland China (Korea, Taiwan, the Mekong) a table is more likely WGS84 than GCJ-02.

    >>> in_gcj02_area(np.array([116.4, -21.9]), np.array([39.9, 64.1])).tolist()
    [True, False]
    """
    inside: BoolArray = (lon >= _WEST_DEG) & (lon <= _EAST_DEG) & (lat >= _SOUTH_DEG) & (lat <= _NORTH_DEG)
    return inside


def _gcj02_shift(lon: FloatArray, lat: FloatArray) -> _Pair:
    """How far GCJ-02 lies from WGS84 in degrees, as published in 2010 (docs/coordinates.md), anywhere.

    The sines of 6 pi x and 2 pi x come from those of pi x, which leaves fewer to compute.
    """
    x, y = lon - 105.0, lat - 35.0
    pi_x, pi_y = np.pi * x, np.pi * y
    sin_x = np.sin(pi_x)
    sin_2x = 2.0 * sin_x * np.cos(pi_x)
    both = 20.0 * (sin_2x * (3.0 - 4.0 * sin_2x**2) + sin_2x)
    xy, root = 0.1 * x * y, np.sqrt(np.abs(x))
    north_m = both + 20.0 * np.sin(pi_y) + 40.0 * np.sin(pi_y / 3.0)
    north_m += 160.0 * np.sin(pi_y / 12.0) + 320.0 * np.sin(pi_y / 30.0)
    north_m = north_m * (2.0 / 3.0) - 100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + xy + 0.2 * root
    east_m = both + 20.0 * sin_x + 40.0 * np.sin(pi_x / 3.0)
    east_m += 150.0 * np.sin(pi_x / 12.0) + 300.0 * np.sin(pi_x / 30.0)
    east_m = east_m * (2.0 / 3.0) + 300.0 + x + 2.0 * y + 0.1 * x * x + xy + 0.1 * root
    phi = np.radians(lat)
    curve = 1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    per_radian_m = _AXIS_M / np.sqrt(curve)
    dlon = np.degrees(east_m / (per_radian_m * np.cos(phi)))
    dlat = np.degrees(north_m / (per_radian_m * (1.0 - _ECCENTRICITY_2) / curve))
    return dlon, dlat


def _bd09_shift(lon: FloatArray, lat: FloatArray) -> _Pair:
    """How far BD-09 lies from GCJ-02 in degrees: a stretch and a turn about 0 N 0 E, both tiny, and a step."""
    stretch = 2e-5 * np.sin(lat * _BD09_WAVE) / np.maximum(np.hypot(lon, lat), 1e-300)
    turn = 3e-6 * np.cos(lon * _BD09_WAVE)
    # (1 + stretch) (cos turn, sin turn), less the one that would cancel
    along = (1.0 + stretch) * np.cos(turn) - 1.0
    across = (1.0 + stretch) * np.sin(turn)
    return lon * along - lat * across + 0.0065, lon * across + lat * along + 0.006


def _undone(shift: Callable[[FloatArray, FloatArray], _Pair], lon: FloatArray, lat: FloatArray) -> _Pair:
    """The place that `shift` moves here. Each step leaves 2 % of the error or less: shifts change slowly."""
    x, y = lon, lat
    for _ in range(_MOST_STEPS):
        dx, dy = shift(x, y)
        before_x, before_y = x, y
        x, y = lon - dx, lat - dy
        moved = np.abs(x - before_x) + np.abs(y - before_y)
        if not (moved > _SETTLED_DEG).any():
            break
    return x, y


def _in_blocks(step: Callable[[FloatArray, FloatArray], _Pair], lon: FloatArray, lat: FloatArray) -> _Pair:
    """A function of pairs, some thousand at a time."""
    x, y = lon.ravel(), lat.ravel()
    out_x, out_y = np.empty_like(x), np.empty_like(y)
    for start in range(0, len(x), _BLOCK):
        block = slice(start, start + _BLOCK)
        out_x[block], out_y[block] = step(x[block], y[block])
    return out_x.reshape(lon.shape), out_y.reshape(lat.shape)


def _gcj02_done(lon: FloatArray, lat: FloatArray) -> _Pair:
    def step(x: FloatArray, y: FloatArray) -> _Pair:
        moved = in_gcj02_area(x, y)
        out_x, out_y = x.copy(), y.copy()
        dx, dy = _gcj02_shift(x[moved], y[moved])
        out_x[moved] += dx
        out_y[moved] += dy
        return out_x, out_y

    return _in_blocks(step, lon, lat)


def _gcj02_undone(lon: FloatArray, lat: FloatArray) -> _Pair:
    """What lies in the area is undone exactly; beyond its rim, where both could be, a place is taken as moved."""

    def step(x: FloatArray, y: FloatArray) -> _Pair:
        near = (x > _WEST_DEG - _NEAR_DEG) & (x < _EAST_DEG + _NEAR_DEG)
        near &= (y > _SOUTH_DEG - _NEAR_DEG) & (y < _NORTH_DEG + _NEAR_DEG)
        back_x, back_y = _undone(_gcj02_shift, x[near], y[near])
        moved = in_gcj02_area(back_x, back_y)
        out_x, out_y = x.copy(), y.copy()
        out_x[near] = np.where(moved, back_x, x[near])
        out_y[near] = np.where(moved, back_y, y[near])
        return out_x, out_y

    return _in_blocks(step, lon, lat)


def _bd09_done(lon: FloatArray, lat: FloatArray) -> _Pair:
    def step(x: FloatArray, y: FloatArray) -> _Pair:
        dx, dy = _bd09_shift(x, y)
        return x + dx, y + dy

    return _in_blocks(step, lon, lat)


def _bd09_undone(lon: FloatArray, lat: FloatArray) -> _Pair:
    return _in_blocks(lambda x, y: _undone(_bd09_shift, x, y), lon, lat)


# The judge of a declared system

_SAME_M = 30.0  # readings closer than this can't be told apart on a map, and are one
_AT_BUILDING_M, _ON_STREET_M = 10.0, 3.0
# How much likelier a site lies so than a random point, as a logarithm
_IN_BUILDING, _FAR_FROM_BUILDING, _ON_STREET = 1.4, -0.9, -0.7
_FEWEST_PLACES, _FEWEST_TWINS = 20, 5
_TWIN_M = 100.0  # a register's point and the map's of one site are rarely further apart in the right system
_CLEAR, _LIKELY, _HINT = 4.0, 3.0, 2.0  # of leads; random points stay below 3 but for one table in some hundred
_SQUARE_M = 30.0
_MOST_MEASURED = 2000  # places of a table, evenly taken
_SHIFTS_M = np.array(
    [
        (radius_m * np.cos(turn), radius_m * np.sin(turn))
        for radius_m in (80.0, 120.0, 160.0, 200.0)
        for turn in np.arange(8) * np.pi / 4 + radius_m
    ]
)
_DECIDES = 2.0  # how much better one reading of a place scores before the place counts as read so

Verdict = Literal["fits", "other", "mixed", "unclear"]


class Twins(NamedTuple):
    """Places of a table that the map knows too: indices into the table, and where the map has them (WGS84 degrees)."""

    place: IntArray
    lon: FloatArray
    lat: FloatArray


class Fit(NamedTuple):
    """How a table lies on the map when it is read in one system; nan where there is nothing to measure."""

    system: str
    swapped: bool  # x is read as latitude and y as longitude
    share_inside: float  # of the places, in the study's extent
    street_m: float  # median distance to the nearest street, of those inside
    building_share: float  # in a building or within 10 m of one, of those inside
    lead: float  # how much more the places keep to buildings than 80 to 200 m beside them, in standard errors
    n_twins: int  # twins within 100 m, and clearly nearer than in any other reading
    twin_m: float  # median distance of all twins


class SystemVerdict(NamedTuple):
    """Whether a table is in the system it was declared in, and the evidence."""

    verdict: Verdict
    declared: str
    system: str  # that fits best; the declared one where unclear
    swapped: bool
    fits: tuple[Fit, ...]  # the declared reading first
    system_of: tuple[str, ...]  # of each place; "" where it can't be told
    why: Words  # what the verdict rests on, or what is missing

    def sentence(self, file: object, rows: Sequence[object] | None = None) -> Words:
        """What a planner should know and do, in one sentence; `rows` are what to call the places."""
        name, why = system_name(self.declared), self.why
        if self.verdict == "fits":
            return Words(
                f"{file}：坐标与声明的 {name} 相符（{why.zh}）",
                f"{file}: the coordinates fit {name}, as declared ({why.en})",
            )
        if self.verdict == "unclear":
            return Words(
                f"{file}：无法判断坐标是不是 {name}（{why.zh}）；请在地图上抽查几处",
                f"{file}: nothing shows whether the coordinates are {name} ({why.en}); check some places on a map",
            )
        if self.verdict == "mixed":
            return self._mixture(file, rows)
        columns = Words("经度和纬度", "longitude and latitude")
        if not _is_geographic(self.system):
            columns = Words("东坐标和北坐标", "easting and northing")
        mends, better = [], []
        if self.system != self.declared:
            better.append(Words(f"符合 {system_name(self.system)}", system_name(self.system)))
        if self.swapped:
            better.append(Words(f"{columns.zh}对调了", f"{columns.en} swapped"))
            mends.append(Words(f"请对调{columns.zh}两栏", f"swap the columns of {columns.en}"))
        if self.system != self.declared:
            key = f'coordinates = "{self.system}"'
            mends.append(Words(f"请写 {key}", f"write {key}"))
        return Words(
            f"{file}：声明为 {name}，实际上{'，而且'.join(one.zh for one in better)}（{why.zh}）；"
            f"{'，并'.join(one.zh for one in mends)}",
            f"{file}: declared as {name}, but fits {' with '.join(one.en for one in better)} ({why.en}); "
            f"{' and '.join(one.en for one in mends)}",
        )

    def _mixture(self, file: object, rows: Sequence[object] | None) -> Words:
        parts = []
        for system in dict.fromkeys(system for system in self.system_of if system):
            of_it = np.array([other == system for other in self.system_of])
            n, name, which = int(of_it.sum()), system_name(system), _called_in_words(of_it, rows)
            parts.append(Words(f"{n:,}处为 {name}（{which.zh}）", f"{n:,} in {name} ({which.en})"))
        untold = sum(not system for system in self.system_of)
        rest = Words(f"，另有{untold:,}处不能判定", f" and {untold:,} that can't be told") if untold else Words("", "")
        return Words(
            f"{file}：混用了几种坐标系，{'，'.join(one.zh for one in parts)}{rest.zh}；请把每种坐标系单独存为一个文件",
            f"{file}: mixes coordinate systems, {', '.join(one.en for one in parts)}{rest.en}; "
            "put each system into a file of its own",
        )


class _Reading(NamedTuple):
    system: str
    swapped: bool
    lon: FloatArray
    lat: FloatArray


def name_twins(
    names: Sequence[str | None], map_names: Sequence[str | None], map_lon: FloatArray, map_lat: FloatArray
) -> Twins:
    """Places that stand under one name in a table and on the map, once in each: see `merging.namesakes`.

    A pair of two places of one name would be far apart in any system, and so speaks for none.

    >>> lon, lat = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    >>> name_twins(["一中", "银行", None], ["银行", "一 中", "银行"], lon, lat)
    Twins(place=array([0]), lon=array([2.]), lat=array([5.]))
    """
    pairs = np.array(namesakes(names, map_names), dtype=np.int64).reshape(-1, 2)
    return Twins(pairs[:, 0], map_lon[pairs[:, 1]], map_lat[pairs[:, 1]])


def judge_system(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    declared: str,
    streets: gpd.GeoSeries,
    buildings: gpd.GeoSeries,
    twins: Twins | None = None,
    extent: Polygon | None = None,
) -> SystemVerdict:
    """Hold a table's coordinates against the map, to see whether they are in the system that they were declared in.

    Degrees are read as WGS84, GCJ-02 and BD-09, each also with longitude and latitude swapped; metres as each 3-degree
    Gauss-Kruger zone and UTM zone of China. Readings that differ by less than 30 m are one, under the declared name
    (CGCS2000 and WGS84; GCJ-02 and WGS84 abroad). Three things speak, the first that can decide does:

    1. Twins. A twin speaks for the reading that puts it within 100 m of the map's point, where every other reading puts
       it at least three times as far. Five must speak. A reading with 85 % of them has it; if a second one has three or
       more of the others, the table is mixed.
    2. The extent. If fewer than 30 % of the places lie in it as declared, and 80 % in another reading, that has it (of
       several, the one that buildings tell, else the first: the declared one swapped, WGS84 before GCJ-02). If 80 % lie
       in it as declared and fewer than 30 % in any other reading, as with zones, it fits.
    3. Buildings. Sites stand in buildings and not in the middle of streets, and would less often if they were moved by
       80 to 200 m: by how many standard errors is a reading's lead (places in 20 squares of 30 m are needed). A lead of
       4 has it. Two readings that lead by 4, or by 3 and at least half as much as the other, make the table mixed; a
       second one of 2 and at least half as much leaves it unclear. Which place of a mixed table is in which system is
       then likely, not certain: some 85 % were right among Nanjing's shops, schools and offices, and most places stay
       untold.

    Parameters
    ----------
    x, y : (n,) arrays
        as they stand in the table (x easting or longitude); nan marks a missing place.
    declared
        their system, as `checked_system` understands it.
    streets, buildings
        of the map, lines and polygons in any coordinate system; either may be empty.
    twins
        of the table and the map, for example from `name_twins`. Some wrong pairs do no harm.
    extent
        the study's, in WGS84 degrees; else the box of streets and buildings.

    Returns
    -------
    SystemVerdict
        "fits", "other" (its `system` and `swapped` say which), "mixed" (`system_of` says which place is in which), or
        "unclear": too little to tell by, as for few places, a map without buildings, or random points.

    Raises
    ------
    InputError
        when the declared system isn't known, or x and y differ in length.

    Examples
    --------
    Nothing is on the map, but swapped columns show:

    >>> import geopandas as gpd
    >>> nothing = gpd.GeoSeries([], crs="EPSG:4326")
    >>> here = shapely.box(118.7, 32.0, 118.8, 32.1)
    >>> verdict = judge_system(
    ...     [32.04, 32.05], [118.78, 118.77], declared="wgs84", streets=nothing, buildings=nothing, extent=here
    ... )
    >>> print(verdict.sentence("sites.csv").en)
    sites.csv: declared as WGS-84, but fits longitude and latitude swapped (100 % of the places lie in the study's
    extent, 0 % as declared); swap the columns of longitude and latitude
    """
    system = checked_system(declared)
    first, second = (np.asarray(values, dtype=np.float64).ravel() for values in (x, y))
    if first.shape != second.shape:
        raise InputError(f"x has {len(first)} values and y {len(second)}; give as many of one as of the other")
    given = np.isfinite(first) & np.isfinite(second)
    first, second = np.where(given, first, np.nan), np.where(given, second, np.nan)
    readings = _readings(first, second, system)
    board = _board(streets, buildings, extent)
    inside = [_inside(reading, board) for reading in readings]
    voted, twin_m = _twin_votes(readings, twins)
    scores = _scores(readings, inside, board)
    fits = tuple(
        Fit(
            system=reading.system,
            swapped=reading.swapped,
            share_inside=float(inside[h].sum() / max(given.sum(), 1)),
            **_distances(reading, inside[h], board),
            lead=_lead(reading, inside[h], scores[h], board),
            n_twins=int((voted == h).sum()),
            twin_m=float(twin_m[h]),
        )
        for h, reading in enumerate(readings)
    )
    told = _by_twins(fits) or _by_extent(fits) or _by_buildings(fits) or ("unclear", 0, _missing(fits, given, board))
    kind, best, why = told
    if kind == "mixed":
        reading_of = _told_apart(fits, scores, voted, twins)
        labels = tuple("" if h < 0 else readings[h].system for h in reading_of.tolist())
    else:
        labels = tuple(readings[best].system if here and kind != "unclear" else "" for here in given.tolist())
    return SystemVerdict(kind, system, readings[best].system, readings[best].swapped, fits, labels, why)


def _readings(x: FloatArray, y: FloatArray, declared: str) -> list[_Reading]:
    """The table read in every system that its numbers could be in, the declared one first."""
    metres = bool((np.fmax(np.abs(x), np.abs(y)) > 1000).sum() * 2 > len(x))
    if metres:
        zones = [_grid_code(width_deg=3, zone=zone, prefixed=False) for zone in range(25, 46)]
        systems = [declared, *zones, *(f"EPSG:{code}" for code in range(32643, 32654))]
    else:
        systems = [declared, *GEOGRAPHIC]
    kept: list[_Reading] = []
    for system in systems:
        for swapped in (False, True):
            if swapped and _grid(system) is not None:
                continue  # which column holds the northings is seen from the numbers
            reading = _Reading(system, swapped, *_read(x, y, system, swapped=swapped))
            if not kept or (np.isfinite(reading.lon).any() and not any(_same(reading, other) for other in kept)):
                kept.append(reading)
    return kept


def _read(x: FloatArray, y: FloatArray, system: str, *, swapped: bool) -> _Pair:
    """Longitude and latitude of the places that can be in the system, nan for the others."""
    first, second = (y, x) if swapped else (x, y)
    if _is_geographic(system):
        possible = (np.abs(first) <= 180) & (np.abs(second) <= 90)
        return to_wgs84(np.where(possible, first, np.nan), np.where(possible, second, np.nan), system)
    try:
        return to_wgs84(first, second, system)
    except InputError:  # some place can't be in this zone, so that the table isn't
        return np.full_like(first, np.nan), np.full_like(first, np.nan)


def _same(one: _Reading, other: _Reading) -> bool:
    """Whether two readings put every place within 30 m of each other."""
    here = np.isfinite(one.lon)
    if (here != np.isfinite(other.lon)).any():
        return False
    east_m, north_m = _offset_m(one.lon[here], one.lat[here], other.lon[here], other.lat[here])
    return bool((np.hypot(east_m, north_m) < _SAME_M).all())


def _offset_m(lon: FloatArray, lat: FloatArray, to_lon: FloatArray, to_lat: FloatArray) -> _Pair:
    """From places to others in metres east and north, true within 1 % to some 10 km."""
    per_degree_m = 111_320.0
    return (to_lon - lon) * per_degree_m * np.cos(np.radians(lat)), (to_lat - lat) * per_degree_m


class _Board(NamedTuple):
    """The map in metres, to measure on."""

    area: Polygon | None  # degrees
    plane: Transformer | None
    plane_area: Polygon | None
    streets: shapely.STRtree
    buildings: shapely.STRtree
    n_streets: int
    n_buildings: int


def _board(streets: gpd.GeoSeries, buildings: gpd.GeoSeries, extent: Polygon | None) -> _Board:
    lines, shapes = (layer[~(layer.isna() | layer.is_empty)].to_crs(WGS84).to_numpy() for layer in (streets, buildings))
    area = extent
    if area is None and len(lines) + len(shapes):
        area = shapely.box(*shapely.total_bounds(np.concatenate([lines, shapes])))
    if area is None:
        return _Board(None, None, None, shapely.STRtree([]), shapely.STRtree([]), 0, 0)
    plane = to_plane(local_crs(*area.centroid.coords[0]))

    def flat(shape: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        return shapely.transform(shape, lambda lonlat: np.column_stack(plane.transform(*lonlat.T)))

    plane_area: Polygon = flat(np.array([area]))[0]
    trees = shapely.STRtree(flat(lines)), shapely.STRtree(flat(shapes))
    return _Board(area, plane, plane_area, *trees, len(lines), len(shapes))


def _inside(reading: _Reading, board: _Board) -> BoolArray:
    if board.area is None:
        return np.zeros(len(reading.lon), dtype=np.bool_)
    return np.asarray(shapely.contains_xy(board.area, reading.lon, reading.lat), dtype=np.bool_)


def _flat(reading: _Reading, where: BoolArray, board: _Board) -> FloatArray:
    """(n, 2) metres in the board's plane."""
    assert board.plane is not None  # noqa: S101 - nothing is inside no area
    return np.column_stack(board.plane.transform(reading.lon[where], reading.lat[where]))


def _distances(reading: _Reading, inside: BoolArray, board: _Board) -> dict[str, float]:
    """How far the places inside are from streets and buildings."""
    street_m = building_share = np.nan
    if inside.any():
        points = np.asarray(shapely.points(_flat(reading, inside, board)))
        if board.n_streets:
            street_m = float(np.median(board.streets.query_nearest(points, return_distance=True, all_matches=False)[1]))
        if board.n_buildings:
            at = np.unique(board.buildings.query(points, predicate="dwithin", distance=_AT_BUILDING_M)[0])
            building_share = len(at) / len(points)
    return {"street_m": street_m, "building_share": building_share}


def _scores(readings: list[_Reading], inside: list[BoolArray], board: _Board) -> FloatArray:
    """Each place's score in each reading; nan where it lies outside the area."""
    scores = np.full((len(readings), len(readings[0].lon)), np.nan)
    for h, reading in enumerate(readings):
        if inside[h].any():
            scores[h, inside[h]] = _score(_flat(reading, inside[h], board), board)
    return scores


def _lead(reading: _Reading, inside: BoolArray, score: FloatArray, board: _Board) -> float:
    """How much better the places score where they are than moved by 80 to 200 m, in standard errors.

    Each place is its own measure, so that dense and thin quarters, and tables that follow a street, count alike. Places
    in one square of 30 m, such as the shops of a mall, are no independent witnesses and count once, as their mean.
    Moved out of the area they aren't counted.
    """
    if board.plane_area is None or board.n_buildings == 0 or not inside.any():
        return np.nan
    points_m = _flat(reading, inside, board)
    evenly = slice(None, None, -(-len(points_m) // _MOST_MEASURED))
    points_m, here = points_m[evenly], score[inside][evenly]
    moved_m = (points_m[:, None, :] + _SHIFTS_M).reshape(-1, 2)
    moved = np.where(shapely.contains_xy(board.plane_area, *moved_m.T), _score(moved_m, board), np.nan)
    moved = moved.reshape(len(points_m), len(_SHIFTS_M))
    seen = np.isfinite(moved).any(axis=1)
    better = here[seen] - np.nanmean(moved[seen], axis=1)
    _, square = np.unique(np.floor(points_m[seen] / _SQUARE_M), axis=0, return_inverse=True)
    witnesses = np.bincount(square, weights=better) / np.bincount(square) if len(square) else better
    if len(witnesses) < _FEWEST_PLACES:
        return np.nan
    spread = max(float(witnesses.std(ddof=1)), 0.5)  # alike places, such as all far from buildings, prove little
    return float(witnesses.mean() / (spread / np.sqrt(len(witnesses))))


def _score(points_m: FloatArray, board: _Board) -> FloatArray:
    """How much likelier a site than a random point is here: in a building, near none, on a street."""
    points = np.asarray(shapely.points(points_m))
    score = np.full(len(points), _FAR_FROM_BUILDING)
    score[board.buildings.query(points, predicate="dwithin", distance=_AT_BUILDING_M)[0]] = 0.0
    score[board.buildings.query(points, predicate="intersects")[0]] = _IN_BUILDING
    score[np.unique(board.streets.query(points, predicate="dwithin", distance=_ON_STREET_M)[0])] += _ON_STREET
    return score


def _twin_votes(readings: list[_Reading], twins: Twins | None) -> tuple[IntArray, FloatArray]:
    """The reading that each twin speaks for (-1: none), and each reading's median distance to the map's point."""
    if twins is None or not len(twins.place):
        return np.empty(0, dtype=np.int64), np.full(len(readings), np.nan)
    away_m = np.array(
        [np.hypot(*_offset_m(r.lon[twins.place], r.lat[twins.place], twins.lon, twins.lat)) for r in readings]
    )
    away_m[np.isnan(away_m)] = np.inf
    nearest = away_m.argmin(axis=0)
    ordered = np.sort(np.vstack([away_m, np.full(len(twins.place), np.inf)]), axis=0)
    speaks = (ordered[0] <= _TWIN_M) & (ordered[1] >= 3 * ordered[0]) & (ordered[1] > _SAME_M)
    return np.where(speaks, nearest, -1), np.median(away_m, axis=1)


_Told = tuple[Verdict, int, Words]  # with the reading it is about, and why


def _settled(best: int, why: Words) -> _Told:
    return ("fits" if best == 0 else "other"), best, why


def _by_twins(fits: tuple[Fit, ...]) -> _Told | None:
    votes = np.array([*(fit.n_twins for fit in fits), 0])
    if votes.sum() < _FEWEST_TWINS:
        return None
    best, second = np.argsort(-votes, kind="stable")[:2].tolist()
    why = Words(
        f"{votes.sum():,}个同名点中有{votes[best]:,}个在地图同名点{_TWIN_M:.0f}米之内",
        f"{votes[best]:,} of {votes.sum():,} twins lie within {_TWIN_M:.0f} m of the map's point",
    )
    if votes[best] < 0.85 * votes.sum():
        return ("mixed", best, why) if votes[second] >= 3 else None
    if best:
        why = Words(f"{why.zh}，按声明的为{votes[0]:,}个", f"{why.en}, as declared {votes[0]:,}")
    return _settled(best, why)


def _by_extent(fits: tuple[Fit, ...]) -> _Told | None:
    lying = [h for h, fit in enumerate(fits) if fit.share_inside >= 0.8]
    if lying == [0] and all(fit.share_inside < 0.3 for fit in fits[1:]):
        share = round(100 * fits[0].share_inside)
        why = Words(
            f"{share}%的地点在研究范围内，按其他坐标系则几乎没有",
            f"{share} % of the places lie in the study's extent, in other systems hardly any",
        )
        return _settled(0, why)
    if fits[0].share_inside >= 0.3 or not lying:
        return None
    leading = [h for h in lying if fits[h].lead >= _CLEAR]
    best = leading[0] if len(leading) == 1 else lying[0]  # else the declared system swapped, or the first zone
    share, declared = round(100 * fits[best].share_inside), round(100 * fits[0].share_inside)
    why = Words(
        f"{share}%的地点在研究范围内，按声明的为{declared}%",
        f"{share} % of the places lie in the study's extent, {declared} % as declared",
    )
    return _settled(best, why)


def _by_buildings(fits: tuple[Fit, ...]) -> _Told | None:
    lead = np.append(np.nan_to_num([fit.lead for fit in fits]), 0.0)
    best, second = np.argsort(-lead, kind="stable")[:2].tolist()
    close = lead[second] >= 0.5 * lead[best]
    mixed = lead[second] >= _CLEAR or (lead[second] >= _LIKELY and close)
    if not mixed and (lead[best] < _CLEAR or (lead[second] >= _HINT and close)):
        return None
    share, declared = (f"{100 * fits[h].building_share:.0f}" for h in (best, 0))
    why = Words(
        f"{share}%的地点在建筑物{_AT_BUILDING_M:.0f}米之内",
        f"{share} % of the places are within {_AT_BUILDING_M:.0f} m of a building",
    )
    if mixed:
        system = fits[best].system
        why = Words(
            f"按不止一种坐标系，地点都贴近建筑物；按 {system}，{why.zh}",
            f"in more than one system the places keep to buildings, in {system} {why.en}",
        )
        return "mixed", best, why
    if best:
        why = Words(f"{why.zh}，按声明的为{declared}%", f"{why.en}, as declared {declared} %")
    return _settled(best, why)


def _missing(fits: tuple[Fit, ...], given: BoolArray, board: _Board) -> Words:
    """Why nothing could be told."""
    if given.sum() == 0:
        return Words("没有一处有坐标", "no place has coordinates")
    if board.area is None:
        return Words("地图是空的，研究也没有范围", "the map is empty and the study has no extent")
    if fits[0].share_inside < 0.3:
        share = f"{100 * fits[0].share_inside:.0f}"
        return Words(
            f"在研究范围内的地点只占{share}%，按其他坐标系也都不到80%",
            f"{share} % of the places lie in the study's extent, and in no other system 80 %",
        )
    if board.n_buildings == 0:
        return Words("地图上这里没有建筑物", "the map has no buildings here")
    if np.isnan(fits[0].lead):
        return Words(
            f"彼此分开的地点不到{_FEWEST_PLACES}处，地图上有同名点的也不到{_FEWEST_TWINS}处",
            f"fewer than {_FEWEST_PLACES} places apart, and fewer than {_FEWEST_TWINS} that the map knows by name",
        )
    return Words(
        "没有一种坐标系让地点明显比其他坐标系更贴近建筑物",
        "the places don't lie clearly closer to buildings in one system than in all others",
    )


def _told_apart(fits: tuple[Fit, ...], scores: FloatArray, voted: IntArray, twins: Twins | None) -> IntArray:
    """The reading of each place of a mixed table: its twin's, else the one that scores clearly better; -1 untold.

    Scores tell places apart only where two readings keep to buildings on the whole: parks and car parks don't.
    """
    present = [h for h, fit in enumerate(fits) if fit.lead >= _LIKELY]
    out = np.full(scores.shape[1], -1, dtype=np.int64)
    if len(present) > 1:
        ordered = np.sort(scores[present], axis=0)
        clear = ordered[-1] - ordered[-2] >= _DECIDES  # not where one is nan, beyond the area
        out[clear] = np.array(present)[scores[present][:, clear].argmax(axis=0)]
    if twins is not None:
        out[twins.place[voted >= 0]] = voted[voted >= 0]
    return out
