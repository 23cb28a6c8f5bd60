"""What a register's cell says of kinds: the kind's own names, words that cover more, and Amap's types."""

from __future__ import annotations

import re

import pytest

from circle15.checklist import EXTENSION_KINDS, KINDS, kind_spellings, kinds_told, names_fitting, parts_of
from circle15.checklist import kind as kind_of
from circle15.checklist.catalogue import read_toml

BOOK = read_toml("kind_names.toml")


def told(text, name=""):
    return [(one.kind, one.evidence) for one in kinds_told(text, name=name).matches]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("菜市场", [("farmers_market", "confirmed")]),
        ("菜 市場", [("farmers_market", "confirmed")]),  # traditional, with a space
        ("ＡＴＭ", [("finance", "possible")]),
        ("派出所", [("police_room", "possible")]),
        ("Pharmacy", [("pharmacy", "confirmed")]),
        ("公厕；药房", [("public_toilet", "confirmed"), ("pharmacy", "confirmed")]),
        ("090601", [("pharmacy", "confirmed")]),
        ("090602", [("pharmacy", "possible")]),  # below 090600, which covers more
        ("141202|141204", [("school", "confirmed"), ("kindergarten", "confirmed"), ("secondary_school", "confirmed")]),
        ("141200", [("school", "possible"), ("primary_school", "possible"), ("secondary_school", "possible")]),
        ("070500", [("post", "possible"), ("logistics_point", "possible")]),
        # what registers said before the sorts were told apart
        ("水电气网点", [
            ("utility_outlet", "confirmed"), ("gas_outlet", "possible"), ("power_outlet", "possible"),
            ("water_outlet", "possible"),
        ]),
        ("供电营业厅", [("utility_outlet", "confirmed"), ("power_outlet", "confirmed")]),
        ("健身房", [("indoor_activity_centre", "possible"), ("public_gym", "possible")]),
        ("废品回收站", [("waste_dropoff", "possible"), ("recycling_point", "confirmed")]),
        ("供销社", [("grocery", "possible"), ("supply_cooperative", "confirmed")]),
        ("高中", [("school", "possible"), ("secondary_school", "confirmed")]),
        ("141201", []),  # a university is no school of the neighbourhood's
        ("160105", [("finance", "confirmed")]),
        ("160101", []),  # the central bank has no counter
        ("医疗保健服务;医药保健销售店;药房", [("pharmacy", "confirmed")]),
        ("餐饮服务;中餐厅;四川菜(川菜)", [("dining", "confirmed")]),
        ("餐饮服务;咖啡厅;星巴克咖啡", []),
        ("购物服务;便民商店/便利店;便民商店/便利店|050100", [("dining", "confirmed"), ("grocery", "confirmed")]),
        ("洸河街道社区卫生服务站", [("health_room", "possible")]),  # no word of the list, but a name of such
        ("蚂蚁", []),
        ("", []),
    ],
)  # fmt: skip
def test_a_cell_says_kinds_with_their_evidence(text, kinds):
    assert told(text) == kinds


def test_a_type_that_covers_many_kinds_needs_a_name():
    assert told("130106") == []
    assert told("130106", "西闸社区居民委员会") == [("community_committee_office", "confirmed")]
    assert told("政府机构及社会团体;政府机关;乡镇以下级政府及事业单位", "洸河街道党群服务中心") == [
        ("party_mass_centre", "confirmed")
    ]


def test_what_names_no_kind_is_handed_back():
    assert kinds_told("药店、蚂蚁、糖、蚂蚁").unknown == ("蚂蚁", "糖")
    assert kinds_told("999999").unknown == ("999999",)


def test_the_stronger_of_two_words_counts():
    assert told("医药、药店") == told("药店、医药") == [("pharmacy", "confirmed")]


@pytest.mark.parametrize(
    ("text", "name", "kinds"),
    [
        ("school", "实验小学", {"school": "confirmed", "primary_school": "confirmed"}),
        ("服务社区的学校", "贵溪五中", {"school": "confirmed", "secondary_school": "confirmed"}),
        ("学校", "实验小学", {"school": "possible", "primary_school": "possible"}),
        ("小学", "中心学校", {"school": "confirmed", "primary_school": "confirmed"}),
        ("水电气网点", "港华燃气服务中心", {"utility_outlet": "confirmed", "gas_outlet": "confirmed"}),
        ("水电气网点", "热力公司", {"utility_outlet": "confirmed"}),
    ],
)
def test_a_name_tells_which_sort_of_a_kind_it_is(text, name, kinds):
    assert dict(told(text, name)) == kinds


SHARED_WORDS = {
    "再生资源回收", "再生资源回收点", "再生资源回收站", "废品回收", "废品回收站", "废品收购", "健身房", "百姓健身房",
    "全民健身中心", "全民健身活动中心", "文体中心", "供销社", "基层供销社", "供销超市", "广电营业厅",
    "小学", "完全小学", "中学", "初中", "初级中学", "高中", "完全中学",
}  # fmt: skip


def test_every_kind_has_its_words_and_few_words_have_two_kinds():
    assert set(BOOK["names"]) == {*KINDS, *EXTENSION_KINDS}
    assert {word for word, matches in kind_spellings().items() if len(matches) > 1} == SHARED_WORDS
    for kind_id, row in BOOK["names"].items():
        words = [word for strength in ("is", "near") for word in row.get(strength, ())]
        assert len(words) == len(set(words)), kind_id
        for strength, evidence in (("is", "confirmed"), ("near", "possible")):
            for word in row.get(strength, ()):
                assert (kind_id, evidence) in told(word), word
                others = {kind for kind, _ in told(word)} - {kind_id, kind_of(kind_id).part_of, *parts_of(kind_id)}
                assert not others or word in SHARED_WORDS, word


def test_codes_are_six_digits_and_none_is_both_kind_and_no_kind():
    entries = [entry for row in BOOK["names"].values() for key in row if key.startswith("amap") for entry in row[key]]
    assert all(re.fullmatch(r"\d{6} \S+", entry) for entry in [*entries, *BOOK["amap"]["none"]])
    assert not {entry[:6] for entry in entries} & {entry[:6] for entry in BOOK["amap"]["none"]}


def test_names_alone_are_possible_and_imply_nothing():
    assert {one.evidence for one in names_fitting("西闸社区服务中心")} == {"possible"}
    assert names_fitting("光河路") == ()
