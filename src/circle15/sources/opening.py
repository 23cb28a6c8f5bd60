"""When places are open: OSM's opening_hours and what registers write instead, with China's holidays and 调休.

The syntax is read by opening-hours-py, the calendar is chinese-calendar's. Neither knows the other: a day is
looked up as the weekday that it is lived as.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from circle15.checklist.matcher import plain
from circle15.errors import InputError
from circle15.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from opening_hours import OpeningHours, State

__all__ = ["OpenNow", "calendar_note", "open_at", "open_site_kinds", "osm_hours", "weekly_hours"]

Openness = Literal["open", "closed", "unknown"]

CHINA = "Asia/Shanghai"
NIGHT_ENDS = time(5)
"""Until then the night belongs to the day before: what opened on Friday evening closes on Saturday as on a Friday."""
USUAL_WEEK = date(2025, 11, 17)
"""A Monday whose week and neighbours hold no holiday and no make-up day."""
A_HOLIDAY = date(2025, 10, 1)

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY_NUMBER = {day: number for days in ("一二三四五六日", "1234567", WEEKDAYS) for number, day in enumerate(days)} | {
    "天": 6
}

_WEEK, _DAY = "(?:周|星期|礼拜)", r"(?:[一二三四五六日天]|[1-7](?!\d|[:：点时.]))"
_ABBREVIATED = "|".join(WEEKDAYS)
_TO = "(?:至|到|-+|—+|–|~)"
_MINUTES = r"[:：.](?P<{0}minute>\d{{2}})(?::00)?|[点时](?:(?P<{0}min>\d{{1,2}})分?|(?P<{0}thirty>半)|整)?"
_CLOCK = rf"(?P<{{0}}half>上午|早上|早|中午|下午|晚上|晚)?\s*(?P<{{0}}hour>\d{{{{1,2}}}})\s*(?:{_MINUTES})?"
_MORE_DAYS = re.compile(rf"[、,及和]\s*({_DAY})")
_WORDS = (
    ("always", r"(?:24|二十四)\s*(?:小时|[hH])(?:营业|开放|服务|开门)?"),
    ("always", r"全天候?(?:开放|营业|服务)?|[7七]\s*[×xX*]\s*24(?:小时)?"),
    ("times", rf"{_CLOCK.format('a')}\s*{_TO}\s*{_CLOCK.format('b')}"),
    ("days", rf"{_WEEK}(?P<first>{_DAY})\s*{_TO}\s*{_WEEK}?(?P<last>{_DAY})"),
    ("days", rf"(?P<first>{_ABBREVIATED})(?:\s*-\s*(?P<last>{_ABBREVIATED}))?"),
    ("Mo-Fr", "(?:法定)?工作日"),
    ("Sa-Su", f"{_WEEK}末|双休日"),
    ("Mo-Su", "每天|每日|全周|天天|全年(?:无休)?|无休"),
    ("PH", "(?:法定|国家)*(?:节假日|节日|假日|假期)"),
    ("days", rf"{_WEEK}(?P<first>{_DAY})"),
    ("off", "休息|闭馆|不开放|不营业|除外|关闭|关门|停诊|休"),
    ("as usual", "(?:正常|照常)(?:开放|营业|上班)?"),
    ("", r"(?:开放|营业|服务|办公|上班|门诊|接待)?时间|开放|营业|上班|办公|门诊|[\s,;、:。.()及和与]+"),
)
"""What registers write, in the order in which it is looked for: what it stands for ("": nothing), and its pattern."""
_PATTERNS = tuple((meaning, re.compile(pattern)) for meaning, pattern in _WORDS)

_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_PUBLIC_HOLIDAY = re.compile(r"\bPH\b")


class OpenNow(NamedTuple):
    """What counts at one moment, how many sites that leaves, and the hours that nobody could read."""

    site_kinds: pd.DataFrame
    n_open: int
    n_closed: int
    n_unknown: int
    unreadable: pd.DataFrame


def open_at(hours: pd.Series[str], at: datetime, *, timezone: str = CHINA) -> pd.Series[str]:
    """Whether places are open at a moment: "open", "closed" or "unknown".

    A public holiday is lived as the Sunday of its week where the hours don't speak of PH, and a weekend day that is
    worked for one (调休) as the nearest weekday: Monday for a Sunday, Friday for a Saturday. Until 5 in the morning the
    night belongs to the day before. This calendar is China's: it is used in the time zone Asia/Shanghai only, and for
    the years that it knows (see `calendar_note`); elsewhere no day is a holiday.

    Parameters
    ----------
    hours : OSM syntax, or what registers write (see `osm_hours`).
    at : local time, or with a time zone, which is converted to the places'.
    timezone : of the places.

    Returns
    -------
    On the index of `hours`. Unknown: missing or unreadable hours, hours under a condition (a comment such as "by
    appointment"), hours that depend on school holidays, and "unknown" itself.

    >>> open_at(pd.Series(["Mo-Fr 08:30-17:30", "24小时", None]), datetime(2026, 11, 23, 19)).tolist()
    ['closed', 'open', 'unknown']
    """
    local = at if at.tzinfo is None else at.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    china = timezone == CHINA
    told = {text: _state(text, local, china=china) for text in hours.dropna().unique()}
    return pd.Series([told.get(text, "unknown") for text in hours], index=hours.index, dtype="str")


def calendar_note(at: datetime) -> Words | None:
    """What a reader should know of the calendar at that date; None where it is known.

    >>> calendar_note(datetime(2026, 10, 1)) is None
    True
    >>> calendar_note(datetime(2033, 10, 1)).en
    'the holidays of 2033 are not published yet: every day counts as its weekday'
    """
    if at.year in _holidays_and_workdays()[2]:
        return None
    to_come = at.year > max(_holidays_and_workdays()[2])
    when = Words("尚未公布", "not published yet") if to_come else Words("不详", "not known")
    return Words(
        f"{at.year}年的节假日安排{when.zh}：每天都按星期几计",
        f"the holidays of {at.year} are {when.en}: every day counts as its weekday",
    )


def weekly_hours(hours: pd.Series[str]) -> pd.DataFrame:
    """How long places are open, on a week without holidays.

    Returns
    -------
    On the index of `hours`: `min_day_hours`, the open hours of the shortest of the seven days (0 where one is closed; a
    night after midnight counts for the day it falls on); `holidays_open`, whether they open at all on a public holiday
    in China (as `open_at` reads it); `always_open`. Missing where the hours are missing, unreadable or under a
    condition in that week.

    >>> weekly_hours(pd.Series(["Mo-Su 08:00-12:00,14:00-18:00; PH off"]))["min_day_hours"].tolist()
    [8.0]
    """
    told = {text: _week(text) for text in hours.dropna().unique()}
    rows = [told.get(text, (np.nan, None, None)) for text in hours]
    frame = pd.DataFrame(rows, index=hours.index, columns=["min_day_hours", "holidays_open", "always_open"])
    return frame.astype({"min_day_hours": "float64", "holidays_open": "boolean", "always_open": "boolean"})


def open_site_kinds(
    site_kinds: pd.DataFrame, sites: gpd.GeoDataFrame, at: datetime, *, timezone: str = CHINA
) -> OpenNow:
    """Keep only what is open at a moment: closed sites drop out, those of unknown hours are possible at best.

    Parameters
    ----------
    site_kinds : `site_id, kind, evidence, rule`.
    sites : `site_id, opening_hours`.
    at, timezone : as in `open_at`.

    Returns
    -------
    OpenNow
        `site_kinds` without closed sites; confirmed evidence of unknown hours is possible, and the rule says so.
        Counts of the sites that hold a kind. `unreadable`: `site_id, opening_hours` of hours that couldn't be read.

    Raises
    ------
    InputError
        for site_kinds of sites that aren't among the sites.
    """
    held = sites[sites["site_id"].isin(site_kinds["site_id"])]
    state = open_at(held["opening_hours"], at, timezone=timezone).set_axis(held["site_id"])
    told = site_kinds["site_id"].map(state)
    if told.isna().any():
        raise InputError(f"site_kinds: {int(told.isna().sum())} rows are of no site given; give all the sites")
    doubtful = (told == "unknown") & (site_kinds["evidence"] == "confirmed")
    lowered = site_kinds.assign(
        evidence=site_kinds["evidence"].mask(doubtful, "possible"),
        rule=site_kinds["rule"].mask(doubtful, site_kinds["rule"] + ", hours unknown"),
    )
    said = held["opening_hours"].notna()
    unreadable = held[said & (held["opening_hours"].map(osm_hours, na_action="ignore").isna())]
    return OpenNow(
        site_kinds=lowered[told != "closed"].reset_index(drop=True),
        n_open=int((state == "open").sum()),
        n_closed=int((state == "closed").sum()),
        n_unknown=int((state == "unknown").sum()),
        unreadable=pd.DataFrame(unreadable[["site_id", "opening_hours"]]).reset_index(drop=True),
    )


@lru_cache(maxsize=50_000)
def osm_hours(text: str) -> str | None:
    """Opening hours in OSM's syntax, from that or from what registers write; None where they can't be read.

    Read are days (周一至周五, 周六、日, 工作日, 周末, 每天, 节假日), times (8:30-12:00, 8点半至12点,
    下午2:00-5:30), 休息 and its like, 24小时 and 全天. What could mean the afternoon or the
    night (8:30-5:30, or 8:30-12:00, 2:00-5:30) isn't read.

    >>> osm_hours("周一至周五 8:30-12:00, 14:00-17:30")
    'Mo-Fr 08:30-12:00,14:00-17:30'
    >>> osm_hours("每天8点至下午5点半，节假日休息"), osm_hours("看情况")
    ('Mo-Su 08:00-17:30; PH off', None)
    """
    from opening_hours import validate  # noqa: PLC0415 - only studies that ask for hours need it

    folded = plain(text).strip()
    hours = folded if folded and validate(folded) else _translated(folded)
    if hours is None or not validate(hours):
        return None
    return None if any(_is_afternoon_perhaps(rule) for rule in hours.split(";")) else hours


def _is_afternoon_perhaps(rule: str) -> bool:
    """Whether a rule's times may be those of a twelve-hour clock: 8:30-5:30, or 8:30-12:00,2:00-5:30."""
    spans = [(int(h0) * 60 + int(m0), int(h1) * 60 + int(m1)) for h0, m0, h1, m1 in _SPAN.findall(rule)]
    backwards = any(
        5 * 60 <= start < 12 * 60 and end <= start and end >= (4 * 60 + 30 if start < 10 * 60 else 7 * 60)
        for start, end in spans
    )
    starts = [start for start, _ in spans]
    return backwards or any(b < 7 * 60 <= a for a, b in pairwise(starts))


def _translated(text: str) -> str | None:
    """A register's text, word by word, as rules of days and times."""
    rules: list[tuple[list[str], list[str]]] = [([], [])]
    for days, times in _words(text):
        if days:
            if rules[-1][1]:
                rules.append(([], []))
            rules[-1][0].append(days)
        elif times == "as usual" and len(rules) > 1 and not rules[-1][1]:
            rules[-1][1].extend(rules[-2][1])
        elif times and times != "as usual":
            rules[-1][1].append(times)
        else:
            return None
    if any(not times or ("off" in times and (len(times) > 1 or not days)) for days, times in rules):
        return None
    return "; ".join(f"{','.join(days)} {','.join(times)}".strip() for days, times in rules)


def _words(text: str) -> Iterator[tuple[str, str]]:
    """The days or the times that each word of a register's text stands for; neither where it can't be read."""
    place = 0
    while place < len(text):
        hits = ((meaning, pattern.match(text, place)) for meaning, pattern in _PATTERNS)
        meaning, found = next(((meaning, hit) for meaning, hit in hits if hit), ("", None))
        if found is None:
            yield "", ""
            return
        place = found.end()
        if meaning == "always":
            yield "", "00:00-24:00"
        elif meaning == "times":
            yield "", _span(found)
        elif meaning in {"off", "as usual"}:
            yield "", meaning
        elif meaning == "days":
            ends = found["first"], found.groupdict().get("last") or found["first"]
            first, last = (WEEKDAYS[_DAY_NUMBER[day]] for day in ends)
            yield first if first == last else f"{first}-{last}", ""
            while more := _MORE_DAYS.match(text, place):
                yield WEEKDAYS[_DAY_NUMBER[more[1]]], ""
                place = more.end()
        elif meaning:
            yield meaning, ""


def _span(found: re.Match[str]) -> str:
    """A span of time as HH:MM-HH:MM, "" if the clock has no such times; 下午 and 晚 add twelve hours."""
    parts = found.groupdict()
    told = []
    for end in ("a", "b"):
        hour = int(parts[f"{end}hour"])
        minute = 30 if parts[f"{end}thirty"] else int(parts[f"{end}minute"] or parts[f"{end}min"] or 0)
        half = parts[f"{end}half"] or ""
        if half.startswith(("下", "晚")) and hour < 12:
            hour += 12
        if hour > 24 or minute > 59 or (hour == 24 and minute):
            return ""
        told.append((hour, minute))
    if parts["ahalf"] and parts["ahalf"].startswith("下") and not parts["bhalf"] and told[1][0] < 12:
        told[1] = (told[1][0] + 12, told[1][1])
    return "-".join(f"{hour:02}:{minute:02}" for hour, minute in told)


# Days as they are lived


@lru_cache(maxsize=1)
def _holidays_and_workdays() -> tuple[frozenset[date], frozenset[date], frozenset[int]]:
    """Days off by decree, weekend days worked for them, and the years that are known."""
    import chinese_calendar  # noqa: PLC0415 - only studies that ask for hours need it

    off, worked = frozenset(chinese_calendar.holidays), frozenset(chinese_calendar.workdays)
    return off, worked, frozenset(day.year for day in off)


def _lived_as(day: date, hours: str, *, china: bool) -> tuple[date, str]:
    """The day whose weekday tells the hours of `day`, and the hours with that holiday spelt out."""
    off, worked, _ = _holidays_and_workdays() if china else (frozenset(), frozenset(), frozenset())
    if day in off:
        if _PUBLIC_HOLIDAY.search(hours):
            return day, _PUBLIC_HOLIDAY.sub(WEEKDAYS[day.weekday()], hours)
        return day + timedelta(days=6 - day.weekday()), hours
    if day in worked:
        return day + timedelta(days=1 if day.weekday() == 6 else -1), hours
    return day, hours


def _state(text: str, at: datetime, *, china: bool) -> Openness:
    hours = osm_hours(text)
    if hours is None or re.search(r"\bSH\b", hours):
        return "unknown"
    night = timedelta(days=at.time() < NIGHT_ENDS)
    lived, spelt = _lived_as(at.date() - night, hours, china=china)
    return _openness(*_read(spelt).state(datetime.combine(lived + night, at.time())))


def _openness(state: State, comment: str) -> Openness:
    if state == state.OPEN:
        return "unknown" if comment else "open"
    return "closed" if state == state.CLOSED else "unknown"


@lru_cache(maxsize=50_000)
def _read(hours: str) -> OpeningHours:
    from opening_hours import OpeningHours  # noqa: PLC0415 - only studies that ask for hours need it

    return OpeningHours(hours, auto_country=False, auto_timezone=False)


def _week(text: str) -> tuple[float, bool | None, bool | None]:
    hours = osm_hours(text)
    if hours is None or re.search(r"\bSH\b", hours):
        return np.nan, None, None
    usual = [_open_hours(hours, USUAL_WEEK + timedelta(days=i)) for i in range(7)]
    lived, spelt = _lived_as(A_HOLIDAY, hours, china=True)
    holiday = _open_hours(spelt, lived)
    shortest = min(usual)
    always = None if np.isnan([*usual, holiday]).any() else bool(shortest == 24 and holiday == 24)
    return shortest if not np.isnan(usual).any() else np.nan, None if np.isnan(holiday) else bool(holiday > 0), always


def _open_hours(hours: str, day: date) -> float:
    """Open hours of one day, nan where some of it is under a condition."""
    start = datetime.combine(day, time())
    total = 0.0
    for begins, ends, state, comment in _read(hours).intervals(start, start + timedelta(days=1)):
        told = _openness(state, comment)
        if told == "unknown":
            return np.nan
        total += (ends - begins).total_seconds() / 3600 if told == "open" else 0.0
    return total
