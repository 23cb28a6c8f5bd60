"""What every page shares: the words, colours, letters and patterns of the statuses, and how figures are written.

The map and the reports take them from here, so that a status reads the same everywhere. Colours are blue
against orange with greys between (after Okabe and Ito, 2008), told apart under the three common colour-vision
deficiencies and, by lightness, in grey print; each status has a letter and a pattern besides. Chinese comes first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from circle15.display import plain_name
from circle15.words import Words


@dataclass(frozen=True, kw_only=True)
class StatusStyle:
    """How one status is written and drawn.

    Attributes
    ----------
    status : str
        One of `circle15.schema.STATUSES`.
    zh, en : str
        The status in words.
    letter : str
        One Latin capital, where there is no room for words.
    colour : str
        Fill, as ``#rrggbb``.
    ink : str
        What letters and the pattern are drawn with on `colour`; contrast at least 4.5 to 1.
    line : str
        Outline, and text in this status' colour on white; contrast to white at least 4.5 to 1.
    pattern : str
        Name of the pattern: solid, hatch, dots, cross, stripes.
    pattern_path : str
        The pattern as SVG path data in a tile of `PATTERN_TILE` x `PATTERN_TILE`, stroked `PATTERN_STROKE` wide
        with `ink` and a round cap; empty for solid. It serves SVG (``<pattern>``) and canvas (``Path2D``) alike.
    read_zh, read_en : str
        How the word is to be read, one sentence.
    """

    status: str
    zh: str
    en: str
    letter: str
    colour: str
    ink: str
    line: str
    pattern: str
    pattern_path: str
    read_zh: str
    read_en: str


PATTERN_TILE: Final = 8
PATTERN_STROKE: Final = 1.2

STATUS_STYLES: Final[dict[str, StatusStyle]] = {
    style.status: style
    for style in (
        StatusStyle(
            status="covered",
            zh="可达",
            en="Covered",
            letter="C",
            colour="#0068a8",
            ink="#ffffff",
            line="#00497a",
            pattern="solid",
            pattern_path="",
            read_zh="在时限内能步行到一处已确认的设施。",
            read_en="A confirmed site lies within the time limit on foot.",
        ),
        StatusStyle(
            status="possible",
            zh="可能可达",
            en="Possible",
            letter="P",
            colour="#74b8e6",
            ink="#00365e",
            line="#00659f",
            pattern="hatch",
            pattern_path="M-2 2L2 -2M0 8L8 0M6 10L10 6",
            read_zh="在时限内只有可能或推断的设施，需要核实。",
            read_en="Only a possible or implied site lies within the time limit; it needs checking.",
        ),
        StatusStyle(
            status="unknown",
            zh="缺数据",
            en="Unknown",
            letter="U",
            colour="#c3c3bf",
            ink="#45453f",
            line="#696963",
            pattern="dots",
            pattern_path="M2 2h.01M6 6h.01",
            read_zh="未找到设施，但数据不足以说明确实没有：这不是缺口。",
            read_en="No site was found, but the data can't show that there is none: this is not a gap.",
        ),
        StatusStyle(
            status="gap",
            zh="缺口",
            en="Gap",
            letter="G",
            colour="#ec7a1c",
            ink="#3d1a00",
            line="#a64800",
            pattern="cross",
            pattern_path="M0 0L8 8M8 0L0 8",
            read_zh="数据完整，而时限内没有这类设施。",
            read_en="The data is complete and no such site lies within the time limit.",
        ),
        StatusStyle(
            status="off_network",
            zh="未连通",
            en="Off network",
            letter="N",
            colour="#3f3f46",
            ink="#ffffff",
            line="#26262b",
            pattern="stripes",
            pattern_path="M0 4h8",
            read_zh="附近没有可步行的道路，无法计算步行时间。",
            read_en="No walkable street is near enough to start a walk from.",
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class ChangeStyle:
    """How residences are written and drawn that a plan or a proposal gives a kind to, or takes it from.

    The fields mean what those of `StatusStyle` mean; `letter` is a sign here.
    """

    zh: str
    en: str
    letter: str
    colour: str
    ink: str
    line: str
    pattern_path: str


CHANGE_STYLES: Final[dict[str, ChangeStyle]] = {
    "gained": ChangeStyle(
        zh="新增可达",
        en="Newly covered",
        letter="+",
        colour="#45c9a5",
        ink="#00382b",
        line="#006b53",
        pattern_path="M4 1.5v5M1.5 4h5",
    ),
    "lost": ChangeStyle(
        zh="不再可达",
        en="No longer covered",
        letter="−",
        colour="#9d0f4f",
        ink="#ffffff",
        line="#6d0a37",
        pattern_path="M1.5 4h5",
    ),
}

# 28 scores, 0 to 27, in seven classes of four: the same classes for every city, so that maps can be compared.
SCORE_CLASSES: Final[tuple[tuple[int, int], ...]] = tuple((low, low + 3) for low in range(0, 28, 4))
SCORE_COLOURS: Final[tuple[str, ...]] = (
    "#f3f6fb",
    "#cfe0f1",
    "#a3cbe5",
    "#6cacd6",
    "#3b89c1",
    "#1763a6",
    "#083a75",
)

REASONS: Final[dict[str, Words]] = {
    "no_site": Words(zh="两倍时限内都没有这类设施", en="no such site within twice the time limit"),
    "too_far": Words(zh="最近的设施太远", en="the nearest site is too far"),
    "detour": Words(zh="直线距离够近，步行要绕路", en="near as the crow flies, but the walk is a detour"),
    "gate": Words(zh="被大门或内部道路挡住", en="a gate or private way is in between"),
    "data_missing": Words(
        zh="数据不完整，没有找到不等于没有", en="the data is incomplete: not found is not the same as not there"
    ),
    "data_edge": Words(zh="步行范围超出了数据边界", en="the walk reaches the edge of the data"),
    "off_network": Words(zh="附近没有可步行的道路", en="no walkable street nearby"),
}

EVIDENCE: Final[dict[str, Words]] = {
    "confirmed": Words(zh="已确认", en="Confirmed"),
    "possible": Words(zh="可能", en="Possible"),
    "implied": Words(zh="推断", en="Implied"),
}

GROUPS_EN: Final[dict[str, str]] = {
    "school": "School",
    "boards": "Boards",
    "yards": "Yards",
    "rooms": "Rooms",
    "centres": "Centres",
    "outlets": "Outlets",
}

SERVICES_EN: Final[dict[str, str]] = {
    "政务服务": "Government",
    "便民服务": "Everyday",
    "健康服务": "Health",
    "文体服务": "Culture and sport",
    "平安服务": "Safety",
    "公益服务": "Public welfare",
}

WEIGHTS: Final[dict[str, Words]] = {
    "residents": Words(zh="居民（人）", en="residents"),
    "dwellings": Words(zh="住户（套）", en="dwellings"),
    "floor_area_m2": Words(zh="住宅建筑面积（m²）", en="residential floor area (m²)"),
}

LAYER_WHY: Final[dict[str, Words]] = {
    "not_declared": Words(zh="未声明该类数据完整", en="the kind's data is not declared complete"),
    "thin_community": Words(zh="该社区的数据太稀疏", en="the community's data is too thin"),
    "no_feature_anywhere": Words(
        zh="整个研究区没有一处已确认的这类设施", en="no confirmed site of the kind anywhere in the study"
    ),
}


def percent(share: float) -> str:
    """Write a share as every page does: percent with one decimal, never rounding something to nothing or most to all.

    Parameters
    ----------
    share : float
        Share of weight, 0 to 1; sums of floats are read with a tolerance of 1e-9.

    Returns
    -------
    str
        For instance ``12.3%``; a dash where there is no number.

    Examples
    --------
    >>> [percent(share) for share in (0.0, 0.0004, 0.5, 0.9996, 1.0, float("nan"))]
    ['0%', '<0.1%', '50.0%', '>99.9%', '100%', '–']
    """
    if not math.isfinite(share):
        return "–"
    if share < 1e-9:
        return "0%"
    if share > 1 - 1e-9:
        return "100%"
    text = f"{100 * share:.1f}%"
    return {"0.0%": "<0.1%", "100.0%": ">99.9%"}.get(text, text)


def date_of(data_date: str | None) -> datetime:
    """The data's date, which files take for their own; the first that a ZIP file knows where there is none.

    Examples
    --------
    >>> date_of("2019-05-09").isoformat(), date_of(None).isoformat()
    ('2019-05-09T00:00:00+00:00', '1980-01-01T00:00:00+00:00')
    """
    return datetime.fromisoformat(max(data_date or "", "1980-01-01")).replace(tzinfo=UTC)


def web_address(value: object) -> str | None:
    """An address that a page may link to; anything else (a script, a file) is left out."""
    address = plain_name(value)
    return address if address is not None and address.startswith(("https://", "http://")) else None
