"""What coordinate systems are called: planners' names and codes, to one id a system."""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from pyproj import CRS
from pyproj.exceptions import CRSError

from circle15.errors import InputError

__all__ = [
    "GEOGRAPHIC",
    "Grid",
    "checked_system",
    "grid_code",
    "grid_of",
    "is_geographic",
    "meridian_of_zone",
    "system_name",
]

GEOGRAPHIC = ("wgs84", "gcj02", "bd09", "cgcs2000")
"""The systems of longitude and latitude. "cgcs2000" is "wgs84" within a metre, and is treated as the same."""


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


class Grid(NamedTuple):
    """A Gauss-Kruger zone of CGCS2000."""

    width_deg: int
    meridian_deg: int
    zone: int
    prefixed: bool  # eastings begin with the zone's number


def grid_of(system: str) -> Grid | None:
    """The zone that an EPSG code stands for: 4491-4501, 4502-4512 six degrees wide, 4513-4533, 4534-4554 three."""
    code = int(system[5:]) if system.startswith("EPSG:") and system[5:].isdigit() else 0
    if 4491 <= code <= 4512:
        zone = 13 + (code - 4491) % 11
        return Grid(6, 6 * zone - 3, zone, prefixed=code < 4502)
    if 4513 <= code <= 4554:
        zone = 25 + (code - 4513) % 21
        return Grid(3, 3 * zone, zone, prefixed=code < 4534)
    return None


def grid_code(*, width_deg: int, zone: int, prefixed: bool) -> str:
    """The code of a CGCS2000 zone; `prefixed`: its number stands before the eastings."""
    if width_deg == 6:
        return f"EPSG:{(4491 if prefixed else 4502) + zone - 13}"
    return f"EPSG:{(4513 if prefixed else 4534) + zone - 25}"


def meridian_of_zone(zone: int) -> int | None:
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
        meridian = meridian_of_zone(zone)
        if meridian is None or (width is not None and width != (6 if zone < 25 else 3)):
            raise InputError(
                f"coordinates {text!r}: China's zones are 13 to 23 (6 degrees wide) and 25 to 45 (3 degrees); "
                "give one of these"
            )
        if by_meridian is None or float(by_meridian[1] or by_meridian[2]) == meridian:
            return grid_code(width_deg=6 if zone < 25 else 3, zone=zone, prefixed=by_meridian is None)
        raise InputError(f"coordinates {text!r}: zone {zone} has the central meridian {meridian}; give one of the two")
    assert by_meridian is not None  # noqa: S101 - the two branches above
    given = float(by_meridian[1] or by_meridian[2])
    width = width or 3
    zone = round(given / 3) if width == 3 else round((given + 3) / 6)
    if not (zone * 3 if width == 3 else zone * 6 - 3) == given or meridian_of_zone(zone) != given:
        raise InputError(
            f"coordinates {text!r}: {given:g} isn't the central meridian of a {width}-degree zone of China; give "
            f"{'75, 78 ... 135' if width == 3 else '75, 81 ... 135'}, or have the table converted to one of these"
        )
    return grid_code(width_deg=width, zone=zone, prefixed=False)


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


def is_geographic(system: str) -> bool:
    """Whether a system is of longitude and latitude, not of metres."""
    return system in GEOGRAPHIC or CRS.from_user_input(system).is_geographic
