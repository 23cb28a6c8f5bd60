"""The survey list: which answers settle the most."""

from __future__ import annotations

import io
from datetime import datetime

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from circle15.errors import InputError
from circle15.outputs.survey_sheet import survey_workbook
from circle15.schema import checked_area_shapes, checked_residences, checked_sites
from circle15.survey import survey_list
from drawn import place, spots

WEIGHT = {"h1": 10.0, "h2": 20.0, "h3": 5.0}


@pytest.fixture
def frames():
    """Three homes, the first two in a community; a market and a clinic that may be what is looked for.

    farmers_market: h1 and h2 possible by s1 (30), h3 unknown outside all communities (5).
    health_room: h1 possible by s2 (10), h2 gap, h3 possible by s2 (5): 15 in all.
    post: h1 unknown, h2 unknown (30 in c1), h3 unknown because the data ends (not asked).
    pharmacy: all covered.
    """
    homes = spots({"h1": (0, 0), "h2": (100, 0), "h3": (900, 0)})
    homes["weight"] = [WEIGHT[h] for h in homes["residence_id"]]
    homes["community_id"] = ["c1", "c1", None]
    homes["name"] = ["光河路1号", None, "光河路9号"]
    sites = spots({"s1": (50, 30), "s2": (500, 0)}, "site_id").assign(name=["光河市场", None])
    site_kinds = pd.DataFrame(
        {"site_id": ["s1", "s2"], "kind": ["farmers_market", "health_room"], "evidence": ["possible", "implied"],
         "rule": ["shop=greengrocer", "implied by clinic"]}
    )  # fmt: skip
    missing = ("unknown", None, "data_missing")
    market, clinic = ("possible", "s1", "data_missing"), ("possible", "s2", "data_missing")
    told = {
        "farmers_market": [market, market, missing],
        "health_room": [clinic, ("gap", None, "too_far"), clinic],
        "pharmacy": [("covered", "s1", None)] * 3,
        "post": [missing, missing, ("unknown", None, "data_edge")],
    }
    rows = [(home, kind, *told[kind][i]) for i, home in enumerate(WEIGHT) for kind in told]
    access = pd.DataFrame(rows, columns=["residence_id", "kind", "status", "site_id", "reason"])
    shape = shapely.Polygon([place(-50, -50), place(200, -50), place(200, 50), place(-50, 50)])
    areas = gpd.GeoDataFrame(
        {"level": ["community"], "area_id": ["c1"], "name": ["光河社区"]}, geometry=[shape], crs="EPSG:4326"
    )
    return checked_residences(homes), access, checked_sites(sites), site_kinds, checked_area_shapes(areas)


def test_questions_are_ranked_by_the_weight_that_hangs_on_them(frames):
    asked = survey_list(*frames)
    told = asked[["rank", "ask", "site_id", "community_id", "kind", "weight", "n_residences"]].astype(object)
    told = told.where(told.notna(), None)
    assert told.to_numpy().tolist() == [
        [1, "site", "s1", None, "farmers_market", 30.0, 2],
        [2, "community", None, "c1", "post", 30.0, 2],
        [3, "site", "s2", None, "health_room", 15.0, 2],
        [4, "community", None, "none", "farmers_market", 5.0, 1],
    ]


def test_a_question_says_where_to_go(frames):
    asked = survey_list(*frames).set_index("rank")
    # s1 stands 58 m from 光河路1号; s2 is 400 m from either address, and none is told.
    assert asked["near"].isna().tolist() == [False, True, True, True]
    assert asked.loc[1, "near"] == "光河路1号"
    assert asked.loc[1, "name"] == "光河市场"
    assert asked.loc[2, "name"] == "光河社区"
    assert asked.loc[1, ["evidence", "rule"]].tolist() == ["possible", "shop=greengrocer"]
    lon, lat = place(50, 0)  # half way between h1 and h2
    assert asked.geometry.loc[2].x == pytest.approx(lon, abs=1e-7)
    assert asked.geometry.loc[2].y == pytest.approx(lat, abs=1e-7)
    assert asked.geometry.loc[1].equals(frames[2].geometry.iloc[0])


def test_nothing_to_ask_is_an_empty_list(frames):
    residences, access, *others = frames
    settled = access.assign(status="covered", site_id="s1")
    asked = survey_list(residences, settled, *others)
    assert len(asked) == 0
    assert list(asked.columns) == list(survey_list(*frames).columns)


def test_frames_that_do_not_belong_together_are_refused(frames):
    residences, access, sites, *others = frames
    with pytest.raises(InputError, match="residences that aren't given: h1"):
        survey_list(residences.iloc[1:], access, sites, *others)
    with pytest.raises(InputError, match="sites that aren't given: s2"):
        survey_list(residences, access, sites.iloc[:1], *others)


def test_the_workbook_holds_the_questions_and_room_for_answers(frames):
    residences, access, sites, *others = frames
    sites = sites.assign(name=["=HYPERLINK(1)\x07", None])
    asked = survey_list(residences, access, sites, *others)
    content = survey_workbook(asked, unit="residents", date=datetime(2026, 11, 1))
    assert content == survey_workbook(asked, unit="residents", date=datetime(2026, 11, 1))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    header = [cell.value for cell in sheet[1]]
    first = dict(zip(header, sheet[2], strict=True))
    assert sheet.max_row == 5
    assert first["权重（residents）"].value == 30
    assert first["类别"].value == "农贸市场"
    assert (first["名称"].value, first["名称"].data_type) == ("=HYPERLINK(1)", "s")  # text, no formula
    assert first["设施编号"].value == "s1"
    assert first["附近地址"].value == "光河路1号"
    assert first["经度"].value == pytest.approx(asked.geometry.iloc[0].x, abs=1e-6)
    assert first["现状"].value is None
    assert sheet["D5"].value == "片区以外 outside all communities"
    assert sheet.freeze_panes == "E2"
