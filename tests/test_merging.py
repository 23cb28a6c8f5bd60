"""Rows of several sources that speak of one site, on places drawn by hand, then on a city."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box

from circle15.errors import InputError
from circle15.schema import checked_sites
from circle15.sources.merging import Merged, chapman, likeness, merge_sites, missed_by_both
from circle15.sources.osm import osm_sites, read_osm

PLANE = "EPSG:32650"  # drawn in metres round this corner, in Nanjing
CORNER = (668_000.0, 3_545_000.0)
PRIORITY = ("a.csv", "b.csv", "osm")

Row = tuple[str, str | None, str, str, Any]


def at(x: float, y: float = 0.0) -> Point:
    return Point(CORNER[0] + x, CORNER[1] + y)


def ground(x: float, y: float, width: float, height: float) -> Any:
    return box(CORNER[0] + x, CORNER[1] + y, CORNER[0] + x + width, CORNER[1] + y + height)


def merged(*rows: Row, evidence: dict[str, str] | None = None, **columns: Any) -> Merged:
    """Rows of `site_id, name, source, kinds (separated by blanks), geometry`, confirmed unless `evidence` says."""
    frame = {
        "site_id": [row[0] for row in rows], "name": pd.array([row[1] for row in rows], dtype="str"),
        "source": [row[2] for row in rows], **columns,
    }  # fmt: skip
    sites = checked_sites(gpd.GeoDataFrame(frame, geometry=[row[4] for row in rows], crs=PLANE))
    held = [
        (row[0], kind, (evidence or {}).get(row[0], "confirmed"), f"{row[2]} says") for row in rows
        for kind in row[3].split()
    ]  # fmt: skip
    site_kinds = pd.DataFrame(held, columns=["site_id", "kind", "evidence", "rule"], dtype="str")
    return merge_sites(sites, site_kinds, priority=PRIORITY)


def pairs(result: Merged) -> list[tuple[str, str]]:
    return list(zip(result.merges["kept_id"], result.merges["dropped_id"], strict=True))


class TestNames:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("科巷菜市场", "科巷菜市場"),  # traditional
            ("大行宫市民广场", "南京市大行宫市民广场"),  # a town in front; 市民 is no town
            ("五老村小学", "江苏省南京市秦淮区五老村小学"),
            ("苏果超市（新街口店）", "苏果超市"),  # a branch
            ("苏果超市新街口店", "苏果超市(新街口店)"),
            ("中国银行 玄武新街口支行", "中国银行(新街口支行)"),  # one branch's name within the other's
            ("中国银行 玄武新街口支行（南京）", "中国银行 玄武新街口支行"),
            ("第五中学", "五中"),
            ("第5中学", "第五中学"),
            ("suguo supermarket 苏果超市", "苏果超市"),
            ("珠江路南站;赛百味", "赛百味"),
            ("BURGER KING", "Burger King"),
            ("益丰大药房", "益丰大药房有限公司"),
            ("ＫＦＣ", "kfc"),
        ],
    )
    def test_the_same_name_written_otherwise(self, one: str, other: str) -> None:
        assert likeness(one, other) == likeness(other, one) == 1.0

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("中国银行", "中国工商银行"),
            ("中国建设银行", "中国农业银行"),
            ("南京市第九中学", "南京市第九初级中学"),
            ("南京市第九中学", "南京市第五中学"),
            ("第三小学", "第十三小学"),
            ("麦当劳(新街口店)", "麦当劳(夫子庙店)"),
            ("石鼓路小学(东校区)", "石鼓路小学(西校区)"),
            ("德基广场停车场东", "德基广场停车场西"),
            ("超市", "苏果超市"),
            ("人民小学", "五老村小学"),
            ("北操场", "南操场"),
        ],
    )
    def test_other_names(self, one: str, other: str) -> None:
        assert likeness(one, other) == likeness(other, one) < 0.85

    def test_the_measure_worked_out_by_hand(self) -> None:
        # 益丰大药房 (5) and 益丰药房 (4) have 4 in common: 8 / 9.
        assert likeness("益丰大药房", "益丰药房") == pytest.approx(8 / 9)

    def test_a_name_of_nothing_but_marks_is_like_none(self) -> None:
        assert likeness("()", "()") == 0.0

    @given(st.text(max_size=20), st.text(max_size=20))
    def test_any_two_texts_have_a_likeness(self, one: str, other: str) -> None:
        assert 0.0 <= likeness(one, other) == likeness(other, one) <= 1.0


class TestTwoSources:
    def test_the_register_wins_and_both_are_named(self) -> None:
        result = merged(
            ("R1", "科巷菜市场", "a.csv", "farmers_market", at(0)),
            ("n1", "科巷菜市場", "osm", "farmers_market grocery", at(59)),
            opening_hours=[None, "Mo-Su 06:00-18:00"], capacity=[40.0, 12.0],
        )  # fmt: skip
        site = result.sites.iloc[0]
        assert len(result.sites) == 1
        told = (site["site_id"], site["name"], site["source"], site["opening_hours"], site["capacity"])
        assert told == ("R1", "科巷菜市场", "a.csv; osm", "Mo-Su 06:00-18:00", 40.0)
        assert result.site_kinds.to_numpy().tolist() == [
            ["R1", "farmers_market", "confirmed", "a.csv says; osm says", "a.csv; osm"],
            ["R1", "grocery", "confirmed", "osm says", "osm"],
        ]
        row = result.merges.iloc[0]
        assert (row["site_id"], row["kept_id"], row["dropped_id"]) == ("R1", "R1", "n1")
        assert (row["kept_name"], row["dropped_name"]) == ("科巷菜市场", "科巷菜市場")
        assert (row["kept_source"], row["dropped_source"], row["why"]) == ("a.csv", "osm", "same_place")
        assert (row["likeness"], row["kinds"]) == (1.0, "farmers_market")
        assert row["distance_m"] == pytest.approx(59.0, rel=1e-3)

    def test_the_strongest_evidence_wins(self) -> None:
        rows = (("R1", "甲药房", "a.csv", "pharmacy", at(0)), ("n1", "甲药房", "osm", "pharmacy", at(1)))
        for evidence in ({"n1": "possible"}, {"R1": "possible"}):
            held = merged(*rows, evidence=evidence).site_kinds.iloc[0]
            assert (held["evidence"], held["rule"]) == ("confirmed", "a.csv says; osm says")

    @pytest.mark.parametrize(
        ("name", "kind", "x"),
        [
            ("甲药房", "pharmacy", 60.5),
            ("乙诊所", "pharmacy", 1.0),
            ("甲药房", "grocery", 1.0),
            (None, "pharmacy", 20.5),
        ],
    )
    def test_too_far_another_name_another_kind_or_nameless_and_not_near_stay_two(
        self, name: str | None, kind: str, x: float
    ) -> None:
        result = merged(("R1", "甲药房", "a.csv", "pharmacy", at(0)), ("n1", name, "osm", kind, at(x)))
        assert result.sites["site_id"].tolist() == ["R1", "n1"]
        assert len(result.merges) == 0

    def test_without_a_name_the_place_decides(self) -> None:
        result = merged(
            ("R1", "一号公厕", "a.csv", "public_toilet", at(0)),
            ("n1", None, "osm", "public_toilet", at(19)),
            ("n2", None, "osm", "public_toilet", at(-12)),
        )
        assert pairs(result) == [("R1", "n2")]
        assert np.isnan(result.merges["likeness"].iloc[0])

    def test_a_point_in_the_maps_polygon_takes_its_ground(self) -> None:
        school = ground(0, 0, 300, 200)
        inside, outside = (
            merged(("R1", "甲小学", "a.csv", "school", at(x, 5)), ("w1", "甲小学", "osm", "school", school))
            for x in (250, -40)
        )
        assert inside.merges["distance_m"].tolist() == [0.0]
        assert inside.sites.geom_type.tolist() == ["Polygon"]
        assert outside.merges["distance_m"].iloc[0] == pytest.approx(40.0, rel=1e-3)
        assert outside.sites.geom_type.tolist() == ["Point"]

    def test_one_to_one_the_most_alike_first_then_the_nearest(self) -> None:
        result = merged(
            ("R1", "益丰药房", "a.csv", "pharmacy", at(0)),
            ("R2", "益丰大药房", "a.csv", "pharmacy", at(10)),
            ("n1", "益丰大药房", "osm", "pharmacy", at(1)),
            ("n2", "益丰大药房", "osm", "pharmacy", at(45)),
        )
        # n1 is nearer to R1, but R2 has its very name; R1 (8/9 alike) then gets n2.
        assert pairs(result) == [("R1", "n2"), ("R2", "n1")]

    def test_three_sources_make_one_site(self) -> None:
        result = merged(
            ("B1", "甲药房", "b.csv", "pharmacy", at(30)),
            ("R1", "甲药房", "a.csv", "pharmacy", at(0)),
            ("n1", "甲药房", "osm", "pharmacy", at(5)),
        )
        assert pairs(result) == [("R1", "B1"), ("R1", "n1")]
        assert result.sites["source"].tolist() == ["a.csv; b.csv; osm"]
        assert result.site_kinds["source"].tolist() == ["a.csv; b.csv; osm"]

    def test_two_rows_of_one_register_never_become_one_by_being_near(self) -> None:
        result = merged(("R1", "甲药房", "a.csv", "pharmacy", at(0)), ("R2", "甲药房", "a.csv", "pharmacy", at(30)))
        assert len(result.sites) == 2

    def test_sources_without_a_rank_are_named(self) -> None:
        with pytest.raises(InputError, match=r"doesn't name the sources c\.csv"):
            merged(("C1", "甲", "c.csv", "school", at(0)))


class TestOneRoomForSeveralKinds:
    def test_the_same_name_at_the_same_place(self) -> None:
        result = merged(
            ("R1", "光河社区", "a.csv", "community_committee_office", at(0)),
            ("R2", "光河社区", "a.csv", "reading_room", at(4.9)),
            ("R3", "光河社区", "a.csv", "health_room", at(5.2)),
        )
        assert pairs(result) == [("R1", "R2")]
        assert result.merges["why"].tolist() == ["same_room"]
        assert result.sites["source"].tolist() == ["a.csv", "a.csv"]
        held = result.site_kinds[["site_id", "kind"]].to_numpy().tolist()
        assert held == [
            ["R1", "community_committee_office"], ["R1", "reading_room"], ["R3", "health_room"],
        ]  # fmt: skip

    def test_the_same_address_makes_one_of_different_kinds_only(self) -> None:
        result = merged(
            ("R1", "党群中心", "a.csv", "community_committee_office", at(0)),
            ("R2", "图书室", "a.csv", "reading_room", at(0)),
            ("R3", "甲面馆", "a.csv", "dining", at(0)),
            ("R4", "乙饭店", "a.csv", "dining", at(0)),
            address=["科巷1号", "科巷1号", "科巷9号", "科巷9号"],
        )
        assert pairs(result) == [("R1", "R2")]
        assert result.merges["dropped_name"].tolist() == ["图书室"]

    def test_no_address_is_no_common_address(self) -> None:
        result = merged(
            ("R1", "甲", "a.csv", "school", at(0)), ("R2", "乙", "a.csv", "dining", at(0)), address=[None, None]
        )
        assert len(result.sites) == 2


class TestTwinsOfTheMap:
    def test_a_node_in_the_polygon_of_the_same_amenity(self) -> None:
        result = merged(
            ("n1", "甲小学", "osm", "school", at(10, 10)),
            ("w1", None, "osm", "school", ground(0, 0, 100, 100)),
            ("n2", "乙小学", "osm", "school", at(50, 50)),
        )
        # The polygon has no name, so either node may be its twin: the one whose id comes first, as both lie in it.
        assert pairs(result) == [("w1", "n1")]
        assert result.sites["name"].tolist() == ["乙小学", "甲小学"]
        assert result.sites.geom_type.tolist() == ["Point", "Polygon"]

    def test_two_nodes_and_two_polygons_are_no_twins(self) -> None:
        result = merged(
            ("n1", "麦当劳", "osm", "dining", at(0)),
            ("n2", "麦当劳", "osm", "dining", at(3)),
            ("w1", None, "osm", "parking", ground(200, 0, 50, 50)),
            ("w2", None, "osm", "parking", ground(250, 0, 50, 50)),
        )
        assert len(result.merges) == 0

    def test_a_twin_and_a_register_end_in_one_site(self) -> None:
        result = merged(
            ("R1", "甲小学", "a.csv", "school", at(50, 50)),
            ("n1", "甲小学", "osm", "school", at(10, 10)),
            ("w1", "甲小学", "osm", "school", ground(0, 0, 100, 100)),
        )
        assert pairs(result) == [("w1", "n1"), ("R1", "w1")]
        assert result.merges["site_id"].tolist() == ["R1", "R1"]
        assert result.sites["site_id"].tolist() == ["R1"]
        assert result.site_kinds["rule"].tolist() == ["a.csv says; osm says"]


sources = st.sampled_from(PRIORITY)
places = st.lists(
    st.tuples(
        sources, st.sampled_from(["甲药房", "甲药房(东店)", "乙小学", None]), st.sampled_from(["school", "pharmacy"]),
        st.integers(0, 120),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@given(places, st.randoms())
def test_every_row_is_a_site_or_listed_once_whatever_the_order(drawn: Any, random: Any) -> None:
    rows = [(f"{s[0]}{i:02}", name, s, kind, at(x)) for i, (s, name, kind, x) in enumerate(drawn)]
    result = merged(*rows)
    everything = [row[0] for row in rows]
    assert sorted([*result.sites["site_id"], *result.merges["dropped_id"]]) == sorted(everything)
    assert set(result.merges["site_id"]) <= set(result.sites["site_id"])
    assert set(result.site_kinds["site_id"]) == set(result.sites["site_id"])
    random.shuffle(rows)
    again = merged(*rows)
    pd.testing.assert_frame_equal(again.merges, result.merges)
    pd.testing.assert_frame_equal(pd.DataFrame(again.sites), pd.DataFrame(result.sites))
    pd.testing.assert_frame_equal(again.site_kinds, result.site_kinds)


# How many both missed ---------------------------------------------------------------------------------------------


def test_chapman_on_the_textbooks_turtles() -> None:
    # 10 marked, 15 caught, 5 of them marked: 11 x 16 / 6 - 1 = 28.3; variance 11 x 16 x 5 x 10 / (36 x 7) = 34.92.
    told = chapman(10, 15, 5)
    assert told.estimate == pytest.approx(28.333, abs=1e-3)
    assert told.variance == pytest.approx(8800 / 252)
    assert told.low == 20.0  # 28.3 - 1.96 x 5.91 = 16.8, but 10 + 15 - 5 were seen
    assert told.high == pytest.approx(28.333 + 1.96 * 5.9094, abs=1e-2)


def test_two_lists_of_the_same_missed_nothing() -> None:
    assert chapman(12, 12, 12) == (12.0, 0.0, 12.0, 12.0)
    assert chapman(3, 4, 0).estimate == 19.0  # 4 x 5 / 1 - 1


@pytest.mark.parametrize("counts", [(3, 5, 4), (3, 5, -1)])
def test_more_in_common_than_there_are_is_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="give at most as many as the shorter list has"):
        chapman(*counts)


def test_missed_by_both_counts_kind_by_kind() -> None:
    rows = [
        *[("pharmacy", "confirmed", "a.csv; osm")] * 5, *[("pharmacy", "confirmed", "a.csv")] * 5,
        *[("pharmacy", "possible", "osm")] * 10,
        *[("pharmacy", "implied", "osm")] * 3,  # no sighting
        ("school", "confirmed", "osm"),  # the register has none: nothing to compare
    ]  # fmt: skip
    held = pd.DataFrame(rows, columns=["kind", "evidence", "source"], dtype="str").assign(site_id="s", rule="drawn")
    told = missed_by_both(held, first="a.csv", second="osm")
    assert told["kind"].tolist() == ["pharmacy"]
    row = told.iloc[0]
    assert (row["n_first"], row["n_second"], row["n_both"], row["n_found"]) == (10, 15, 5, 20)
    assert row["estimate"] == pytest.approx(28.333, abs=1e-3)
    assert row["missed"] == pytest.approx(8.333, abs=1e-3)
    assert not row["firm"]
    for first in ("c.csv", "osm"):
        with pytest.raises(InputError, match="give two of the sources"):
            missed_by_both(held, first=first, second="osm")


# A city -----------------------------------------------------------------------------------------------------------


def _changed(name: str, i: int) -> str:
    """A name as a register may write it."""
    town = name.removeprefix("南京市") if name.startswith("南京市") else f"南京市{name}"
    return (town, f"{name}（南京）", name.replace("学", "學").replace("银", "銀"), f"{name}有限公司")[i % 4]


def test_a_register_of_what_nanjings_map_shows_merges_back(shared_data: Any) -> None:
    sites, site_kinds = osm_sites(read_osm(shared_data / "nanjing-centre.osm"))
    spots = sites.to_crs(PLANE).representative_point()
    random = np.random.default_rng(15)
    angle, away = random.uniform(0, 2 * np.pi, len(sites)), random.uniform(0, 10, len(sites))
    moved = gpd.GeoSeries(
        gpd.points_from_xy(spots.x + away * np.cos(angle), spots.y + away * np.sin(angle)), crs=PLANE
    ).to_crs("EPSG:4326")
    names = [None if pd.isna(name) else _changed(name, i) for i, name in enumerate(sites["name"])]
    own = sites.assign(site_id="R" + sites["site_id"], source="a.csv", name=pd.array(names, dtype="str"))
    own = own.set_geometry(moved)
    both = gpd.GeoDataFrame(pd.concat([sites, own], ignore_index=True), crs="EPSG:4326")
    held = pd.concat([site_kinds, site_kinds.assign(site_id="R" + site_kinds["site_id"])], ignore_index=True)
    result = merge_sites(both, held, priority=("a.csv", "osm"))

    across = result.merges[(result.merges["kept_source"] == "a.csv") & (result.merges["dropped_source"] == "osm")]
    gone = set(result.merges["dropped_id"]) - set(across["dropped_id"])  # twins on the map, rooms of the register
    sought = [site_id for site_id in sites["site_id"] if site_id not in gone and f"R{site_id}" not in gone]
    back = across[across["kept_id"] == "R" + across["dropped_id"]]
    assert len(set(back["dropped_id"]) & set(sought)) >= 0.95 * len(sought) > 150

    name = sites.set_index("site_id")["name"]
    for kept, dropped in zip(across["kept_id"].str[1:], across["dropped_id"], strict=True):
        if pd.notna(name[kept]) and pd.notna(name[dropped]):
            assert likeness(name[kept], name[dropped]) == 1.0
