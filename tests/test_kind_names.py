"""What a register's cell says of kinds: the kind's own names, words that cover more, and Amap's types."""

from __future__ import annotations

import re

import pytest

from circle15.checklist import EXTENSION_KINDS, KINDS, kind_spellings, kinds_told, names_fitting
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
        ("141202|141204", [("school", "confirmed"), ("kindergarten", "confirmed")]),
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


def test_every_kind_has_its_words_and_no_word_two_kinds():
    assert set(BOOK["names"]) == {*KINDS, *EXTENSION_KINDS}
    assert all(len(matches) == 1 for matches in kind_spellings().values())
    words = [word for row in BOOK["names"].values() for strength in ("is", "near") for word in row.get(strength, ())]
    assert len(words) == len(set(words))
    for kind_id, row in BOOK["names"].items():
        for strength, evidence in (("is", "confirmed"), ("near", "possible")):
            for word in row.get(strength, ()):
                assert told(word) == [(kind_id, evidence)], word


def test_codes_are_six_digits_and_none_is_both_kind_and_no_kind():
    entries = [entry for row in BOOK["names"].values() for key in row if key.startswith("amap") for entry in row[key]]
    assert all(re.fullmatch(r"\d{6} \S+", entry) for entry in [*entries, *BOOK["amap"]["none"]])
    assert not {entry[:6] for entry in entries} & {entry[:6] for entry in BOOK["amap"]["none"]}


def test_names_alone_are_possible_and_imply_nothing():
    assert {one.evidence for one in names_fitting("西闸社区服务中心")} == {"possible"}
    assert names_fitting("光河路") == ()
