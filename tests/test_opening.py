"""Opening hours on days whose answer a calendar on the wall gives."""

from __future__ import annotations

from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from circle15.errors import InputError
from circle15.sources.opening import calendar_note, open_at, open_site_kinds, osm_hours, weekly_hours
from circle15.words import Words

OFFICE = "Mo-Fr 08:30-17:30"


def state(hours: str | None, at: str, **options: str) -> str:
    told = open_at(pd.Series([hours], dtype="str"), datetime.fromisoformat(at), **options)
    return str(told.iloc[0])


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        (OFFICE, "2026-11-23T08:30", "open"),  # a Monday
        (OFFICE, "2026-11-23T08:29", "closed"),
        (OFFICE, "2026-11-23T17:30", "closed"),
        (OFFICE, "2026-11-22T10:00", "closed"),  # a Sunday
        ("24/7", "2026-10-01T03:00", "open"),
        (None, "2026-11-23T10:00", "unknown"),
        ("call first", "2026-11-23T10:00", "unknown"),
        ('Mo-Fr 08:30-17:30 "by appointment"', "2026-11-23T10:00", "unknown"),
        ('Mo-Fr 08:30-17:30 "by appointment"', "2026-11-22T10:00", "closed"),
        ("Mo-Fr 08:30-17:30; SH off", "2026-11-23T10:00", "unknown"),
        # Over midnight: Friday 27 November's night, and nobody's on Monday morning.
        ("Mo-Fr 18:00-02:00", "2026-11-28T01:59", "open"),
        ("Mo-Fr 18:00-02:00", "2026-11-28T02:00", "closed"),
        ("Mo-Fr 18:00-02:00", "2026-11-23T01:00", "closed"),
    ],
)
def test_an_ordinary_week(hours: str | None, at: str, expected: str) -> None:
    assert state(hours, at) == expected


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        # National Day 2025: off from Wednesday 1 to Wednesday 8 October; worked: Sunday 28 September and 11 October.
        (OFFICE, "2025-10-01T10:00", "closed"),
        (OFFICE, "2025-10-08T10:00", "closed"),
        (OFFICE, "2025-10-09T10:00", "open"),
        (OFFICE, "2025-09-28T10:00", "open"),
        (OFFICE, "2025-10-11T10:00", "open"),
        (OFFICE, "2025-10-12T10:00", "closed"),
        # 2026: off from Thursday 1 to Wednesday 7 October; worked: Sunday 20 September, Saturday 10 October.
        (OFFICE, "2026-10-07T10:00", "closed"),
        (OFFICE, "2026-10-08T10:00", "open"),
        (OFFICE, "2026-09-20T10:00", "open"),
        (OFFICE, "2026-10-10T10:00", "open"),
        # Saturdays' shorter hours don't hold on a Saturday that is worked.
        ("Mo-Fr 08:30-17:30; Sa 09:00-12:00", "2026-10-10T15:00", "open"),
        ("Mo-Fr 08:30-17:30; Sa 09:00-12:00", "2026-10-17T15:00", "closed"),
        # Lived as a Sunday where the hours don't speak of holidays ...
        ("Mo-Sa 08:00-20:00; Su 09:00-18:00", "2026-10-01T08:30", "closed"),
        ("Mo-Sa 08:00-20:00; Su 09:00-18:00", "2026-10-01T09:30", "open"),
        ("Mo-Su 07:00-19:00", "2026-10-01T10:00", "open"),
        # ... and as they say where they do.
        ("Mo-Su 07:00-19:00; PH off", "2026-10-01T10:00", "closed"),
        ("Mo-Su 07:00-19:00; PH off", "2026-10-08T10:00", "open"),
        ("Mo-Fr,PH 09:00-18:00", "2026-10-01T10:00", "open"),
        ("Mo-Fr,PH 09:00-18:00", "2026-10-10T10:00", "open"),
        ("Mo-Fr 09:00-18:00; PH 10:00-12:00", "2026-10-02T11:00", "open"),
        ("Mo-Fr 09:00-18:00; PH 10:00-12:00", "2026-10-02T13:00", "closed"),
        # The night before the first day off is still Wednesday's; the one after it, at 1 on Friday, a Sunday's.
        ("Mo-Fr 18:00-02:00", "2026-10-01T01:00", "open"),
        ("Mo-Fr 18:00-02:00", "2026-10-02T01:00", "closed"),
    ],
)
def test_holidays_and_the_days_worked_for_them(hours: str, at: str, expected: str) -> None:
    assert state(hours, at) == expected


def test_time_zones_are_converted_and_other_countries_have_other_holidays() -> None:
    # 1 in the night of Monday in London's winter is 9 in the morning in China.
    told = open_at(pd.Series([OFFICE]), datetime(2026, 11, 23, 1, tzinfo=UTC))
    assert told.tolist() == ["open"]
    assert state(OFFICE, "2026-10-01T10:00", timezone="Atlantic/Reykjavik") == "open"


def test_years_beyond_the_calendar_are_told() -> None:
    assert calendar_note(datetime(2025, 10, 1)) is None
    assert calendar_note(datetime(2099, 10, 1)) == Words(
        "2099年的节假日安排尚未公布：每天都按星期几计",
        "the holidays of 2099 are not published yet: every day counts as its weekday",
    )
    note = calendar_note(datetime(1999, 10, 1))
    assert note is not None
    assert note.en == "the holidays of 1999 are not known: every day counts as its weekday"
    assert state(OFFICE, "2099-10-01T10:00") == "open"  # a Thursday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8:00-17:30", "8:00-17:30"),  # OSM's own syntax stays as it is
        ("Mo-Fr 08:00-17:30; PH off", "Mo-Fr 08:00-17:30; PH off"),
        ("８：００－１７：３０", "8:00-17:30"),
        ("8:00—17:30", "08:00-17:30"),
        ("8：00～17：30", "08:00-17:30"),
        ("周一至周五 8:30-12:00, 14:00-17:30", "Mo-Fr 08:30-12:00,14:00-17:30"),
        ("周一到五8:30-17:00；周六、日9:00-16:00", "Mo-Fr 08:30-17:00; Sa,Su 09:00-16:00"),
        ("星期一至星期日 全天开放", "Mo-Su 00:00-24:00"),
        ("24小时", "00:00-24:00"),
        ("24小時營業", "00:00-24:00"),
        ("全天", "00:00-24:00"),
        ("7×24小时", "00:00-24:00"),
        ("工作日上午8:30-12:00 下午2:00-5:30", "Mo-Fr 08:30-12:00,14:00-17:30"),
        ("每天 8点半至17点", "Mo-Su 08:30-17:00"),
        ("每日早6:00-晚10:00", "Mo-Su 06:00-22:00"),
        ("开放时间：9:00-17:00（周一闭馆）", "09:00-17:00; Mo off"),
        ("周一至周日9:00-21:00，法定节假日休息", "Mo-Su 09:00-21:00; PH off"),
        ("工作日9:00-17:00，节假日照常开放", "Mo-Fr 09:00-17:00; PH 09:00-17:00"),
        ("周末 9时-16时30分", "Sa-Su 09:00-16:30"),
        ("8:30-5:30", None),  # the afternoon or the night?
        ("周一至周五 8:30-12:00, 2:00-5:30", None),
        ("10:00-9:00", None),
        ("Fr-Sa 10:00-04:30", "Fr-Sa 10:00-04:30"),  # a bar
        ("Mo - Th: 11:30-22:30, Fr 11:30-23:00", "Mo-Th 11:30-22:30; Fr 11:30-23:00"),  # nearly OSM's syntax
        ("Mo-Fr 09:30-18:00,Sa 12:00-16:30", "Mo-Fr 09:30-18:00; Sa 12:00-16:30"),
        ("Fr-Sa 20:00-05:30", "Fr-Sa 20:00-05:30"),  # a night, beyond doubt
        ("看情况", None),
        ("周一至周五", None),  # no time
        ("25:00-26:00点", None),
        ("休息", None),
        ("", None),
    ],
)
def test_what_registers_write(text: str, expected: str | None) -> None:
    assert osm_hours(text) == expected


@given(st.text(alphabet="周一五至日节假休息上下午全天小时点半0123456789:-,; MoFrPH", max_size=24))
def test_any_text_is_read_or_unknown(text: str) -> None:
    hours = osm_hours(text)
    assert hours is None or osm_hours(hours) == hours
    assert state(text, "2026-10-01T10:00") in {"open", "closed", "unknown"}


def test_hours_a_day() -> None:
    told = weekly_hours(
        pd.Series(
            ["Mo-Su 08:00-12:00,14:00-18:00; PH off", OFFICE, "24小时", "Mo-Su 18:00-02:00", None, 'open "at times"'],
            index=list("abcdef"),
        )
    )
    assert told.index.tolist() == list("abcdef")
    # d: from 0 to 2 by the night before, and from 18 to 24.
    assert told["min_day_hours"].fillna(-1).tolist() == [8.0, 0.0, 24.0, 8.0, -1.0, -1.0]
    assert told["holidays_open"].tolist() == [False, False, True, True, pd.NA, pd.NA]
    assert told["always_open"].tolist() == [False, False, True, False, pd.NA, pd.NA]


def test_only_what_is_open_counts() -> None:
    sites = gpd.GeoDataFrame(
        {
            "site_id": ["s1", "s2", "s3", "s4", "s5"],
            "opening_hours": pd.array(["24小时", OFFICE, None, "看情况", None], dtype="str"),
        },
        geometry=[Point(0, 0)] * 5, crs="EPSG:4326",
    )  # fmt: skip
    site_kinds = pd.DataFrame(
        [
            ("s1", "pharmacy", "confirmed", "a"), ("s2", "pharmacy", "confirmed", "a"),
            ("s3", "pharmacy", "confirmed", "a"), ("s3", "grocery", "implied", "b"),
            ("s4", "pharmacy", "possible", "a"),
        ],
        columns=["site_id", "kind", "evidence", "rule"], dtype="str",
    )  # fmt: skip
    told = open_site_kinds(site_kinds, sites, datetime(2026, 11, 23, 19))
    assert told.site_kinds.to_numpy().tolist() == [
        ["s1", "pharmacy", "confirmed", "a"],
        ["s3", "pharmacy", "possible", "a, hours unknown"],
        ["s3", "grocery", "implied", "b"],
        ["s4", "pharmacy", "possible", "a"],
    ]
    assert (told.n_open, told.n_closed, told.n_unknown) == (1, 1, 2)  # s5 holds nothing
    assert told.unreadable.to_numpy().tolist() == [["s4", "看情况"]]
    assert site_kinds["evidence"].tolist()[2] == "confirmed"
    with pytest.raises(InputError, match="1 rows are of no site given"):
        open_site_kinds(site_kinds, sites[sites["site_id"] != "s1"], datetime(2026, 11, 23, 19))
