"""How a report writes figures, names and lists, in Chinese and in English."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from circle15.display import plain_name
from circle15.outputs.palette import percent
from circle15.units import s_to_minutes
from circle15.words import Words

_LONGEST_NAME = 48
DASH: Final = "–"


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What the weight of a study counts, as sentences and column heads need it.

    Attributes
    ----------
    what : the weight as a noun: residents, dwellings, residential floor area.
    unit : what follows a figure.
    """

    what: Words
    unit: Words


UNITS: Final[Mapping[str, Unit]] = {
    "residents": Unit(what=Words(zh="居民", en="residents"), unit=Words(zh="人", en="residents")),
    "dwellings": Unit(what=Words(zh="住房套数", en="dwellings"), unit=Words(zh="套", en="dwellings")),
    "floor_area_m2": Unit(
        what=Words(zh="住宅建筑面积", en="residential floor area"),
        unit=Words(zh="平方米", en="m²"),
    ),
}


MET: Final[Mapping[str, Words]] = {
    "yes": Words(zh="达标", en="met"),
    "no": Words(zh="未达标", en="not met"),
    "undetermined": Words(zh="不能判定", en="undetermined"),
}
JUDGED: Final[Mapping[str, Words]] = {
    "all": Words(zh="● 全部社区", en="in every community"),
    "some": Words(zh="◐ 部分社区", en="in some communities"),
    "none": Words(zh="○ 不能", en="no: data incomplete"),
}
"""Whether gaps of a kind can be seen, each with its mark first."""
CHECKED: Final[Mapping[str, Words]] = {
    "thin": Words(zh="资料太稀疏，声明收回", en="too thin: taken back"),
    "undeclared": Words(zh="未声明", en="nothing declared"),
    "passed": Words(zh="通过", en="passed"),
}
"""What the density check says of a community."""
USUAL: Final[Mapping[str, Words]] = {
    "high": Words(zh="较全", en="mostly there"),
    "medium": Words(zh="一般", en="in part"),
    "low": Words(zh="较少", en="few"),
    "none": Words(zh="几乎没有", en="hardly any"),
}
"""How complete a kind usually is on the map of China."""


_MEASURES: Final[Mapping[str, str]] = {
    "share of communities": "占社区数",
    "share of districts": "占街道（区）数",
    "share of sites": "占设施数",
    "share of residents": "占常住人口",
    "share of floor area": "占建筑面积",
    "share of units": "占驻区单位数",
    "share of party members": "占党员数",
    "share of visits": "占应探访老人数",
    "kinds": "类",
    "places of a resident": "处/居民",
    "windows": "个窗口",
    "persons": "人",
    "officers": "名",
    "offices": "间办公室",
    "rooms": "间",
    "of each": "个",
    "brands": "个品牌",
    "days": "天",
    "organisations": "个组织",
    "stations": "个站点",
    "schools": "所",
    "districts": "个区县",
    "communities": "个社区",
    "per year": "次/年",
    "m2": "平方米",
    "m2 per 100 households": "平方米/百户",
    "m2 per resident": "平方米/人",
    "m2 of land per resident": "平方米用地/人",
    "per 10,000 urban residents": "人/万城镇人口",
}


def unit_words(unit: str, weight_meaning: str) -> Words:
    """Say what an indicator is counted in; a unit that isn't known reads as it stands.

    >>> unit_words("m2 per 100 households", "residents")
    Words(zh='平方米/百户', en='m² per 100 households')
    >>> unit_words("share of covered residents x kinds", "residents")
    Words(zh='占已可达的居民×类别', en='share of covered residents × kinds')
    """
    what = UNITS[weight_meaning].what
    for part_zh, part_en in (("", ""), ("已可达的", "covered ")):
        if unit == f"share of {part_en}{weight_meaning} x kinds":
            return Words(zh=f"占{part_zh}{what.zh}×类别", en=f"share of {part_en}{what.en} × kinds")
    return Words(zh=_MEASURES.get(unit, unit), en=re.sub(r"\bm2\b", "m²", unit))


def figure(value: float) -> str:
    """Write a figure of any unit: with as many of two decimals as it has.

    >>> [figure(value) for value in (12345.0, 30.456, 2.5, 0.001, float("nan"))]
    ['12,345', '30.46', '2.5', '<0.01', '–']
    """
    text = decimals(value, 2)
    return text.rstrip("0").rstrip(".") if "." in text and not text.startswith("<") else text


def span(values: tuple[float, float], *, is_share: bool = False) -> str:
    """Write the lowest and the highest of some figures, or the one that both are.

    >>> span((2.0, 2.0)), span((0.5, 12.0)), span((0.25, 1.0), is_share=True)
    ('2', '0.5–12', '25.0%–100%')
    """
    low, high = (percent(value) if is_share else figure(value) for value in values)
    return low if low == high else f"{low}–{high}"


def number(value: float) -> str:
    """Write an amount in whole units with thousands separators; a remainder below one is not nothing.

    >>> [number(value) for value in (1234567.2, 0.3, 0.0, float("inf"))]
    ['1,234,567', '<1', '0', '–']
    """
    if not math.isfinite(value):
        return DASH
    if abs(value) < 1e-6:  # what sums of floats leave of nothing
        return "0"
    if 0 < value < 0.5:
        return "<1"
    return f"{value:,.0f}"


def decimals(value: float, places: int = 1) -> str:
    """Write a figure with fixed decimals, a dash where it is missing.

    >>> decimals(1234.56), decimals(float("nan"))
    ('1,234.6', '–')
    """
    if not math.isfinite(value):
        return DASH
    text = f"{value:,.{places}f}"
    smallest = 10.0**-places
    return f"<{smallest:.{places}f}" if 0 < value < smallest / 2 else text


def minutes(seconds: float) -> str:
    """Write a walking time in minutes with one decimal; a dash where there is none.

    >>> minutes(930.0), minutes(float("inf"))
    ('15.5', '–')
    """
    return DASH if not math.isfinite(seconds) else f"{s_to_minutes(seconds):.1f}"


def whole_minutes(seconds: float) -> str:
    """Write a threshold: minutes without needless decimals.

    >>> whole_minutes(900.0), whole_minutes(450.0)
    ('15', '7.5')
    """
    return f"{s_to_minutes(seconds):g}"


def number_zh(value: float) -> str:
    """Write an amount as Chinese readers expect it: large ones in 万.

    >>> number_zh(2345678.0), number_zh(45678.0)
    ('234.6万', '45,678')
    """
    return f"{value / 10_000:,.1f}万" if math.isfinite(value) and value >= 100_000 else number(value)


def amount(value: float, unit: Unit) -> Words:
    """Write a weight with its unit.

    >>> amount(2345678.0, UNITS["floor_area_m2"])
    Words(zh='234.6万平方米', en='2,345,678 m²')
    >>> amount(41.0, UNITS["residents"])
    Words(zh='41人', en='41 residents')
    """
    return Words(zh=f"{number_zh(value)}{unit.unit.zh}", en=f"{number(value)} {unit.unit.en}")


def name_or(name: object, fallback: str) -> str:
    r"""Give a name fit for a page (still to be escaped): one line, not endless, without marks that turn text.

    >>> name_or("A\u202eB", "w1"), name_or(None, "w1")
    ('A B', 'w1')
    """
    text = (plain_name(name) or plain_name(fallback) or DASH).encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def listing(items: Sequence[Words], *, most: int) -> Words:
    """Name the first few and say how many more there are.

    >>> listing([Words(zh="甲", en="A"), Words(zh="乙", en="B"), Words(zh="丙", en="C")], most=2)
    Words(zh='甲、乙等3个', en='A, B and 1 more')
    """
    zh = "、".join(item.zh for item in items[:most])
    en = ", ".join(item.en for item in items[:most])
    if len(items) <= most:
        return Words(zh=zh, en=en)
    return Words(zh=f"{zh}等{len(items)}个", en=f"{en} and {len(items) - most} more")


def plural(count: int, one: str, many: str | None = None) -> str:
    """Count something in English.

    >>> plural(1, "site"), plural(3, "site"), plural(2, "community", "communities")
    ('1 site', '3 sites', '2 communities')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
