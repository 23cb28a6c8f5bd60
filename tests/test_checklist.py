"""The checklist as data, the matcher on tags and hard names, and the policies against their documents."""

import re
import runpy
import subprocess
import sys
import unicodedata
from itertools import product
from pathlib import Path

import opencc
import osmium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.checklist import (
    EXTENSION_KINDS,
    GROUPS,
    KINDS,
    SERVICES_ZH,
    Kind,
    Match,
    extension_kinds,
    kind,
    kinds,
    match,
    osm_keys,
    parts_of,
    policies,
)
from circle15.errors import InputError

SHARED = Path(__file__).parents[1].parent / "shared"
ALL_KINDS = kinds() + extension_kinds()


def found(tags: dict[str, str], *, register: bool = False) -> dict[str, Match]:
    """Matches by kind, the 27 and the extension kinds together."""
    both = match(tags, register=register) + match(tags, register=register, extension=True)
    return {one.kind: one for one in both}


def evidence(tags: dict[str, str], kind_id: str) -> str | None:
    one = found(tags).get(kind_id)
    return None if one is None else one.evidence


# ------------------------------------------------------------------------------------------ the catalogue


def test_the_groups_hold_1_2_4_5_6_9_kinds_in_order():
    assert [k.id for k in kinds()] == list(KINDS)
    assert [k.order for k in ALL_KINDS] == list(range(1, len(ALL_KINDS) + 1))
    assert [[k.group for k in kinds()].count(group) for group in GROUPS] == [1, 2, 4, 5, 6, 9]
    assert [k.group for k in kinds()] == sorted((k.group for k in kinds()), key=GROUPS.index)


def test_the_names_are_those_of_the_plan_in_its_order():
    sentence = next(r.quote for r in policies()["guanghe_2019"].requirements if r.id == "B-1")
    named = [name for part in sentence.split(";") for name in part.split(":")[1].split("、")]
    assert named == [k.zh for k in kinds()]


def test_every_service_has_kinds_and_every_kind_a_service():
    assert {service for k in kinds() for service in k.services} == set(SERVICES_ZH)
    assert all(k.services for k in kinds())
    assert not any(k.services for k in extension_kinds())


def test_minutes_are_the_plans():
    assert {(k.urban_min, k.rural_min) for k in kinds()} == {(15.0, 30.0)}


def test_only_parking_and_pitches_are_drawn_from_imagery():
    assert [k.id for k in kinds() if k.from_imagery] == ["parking", "outdoor_sports_centre"]


def test_sharing_and_avoiding_are_symmetric_and_never_both():
    for k in kinds():
        assert k.id not in k.can_share_site_with
        assert not set(k.can_share_site_with) & set(k.avoid_sharing_with)
        assert all(k.id in kind(other).can_share_site_with for other in k.can_share_site_with)
        assert all(k.id in kind(other).avoid_sharing_with for other in k.avoid_sharing_with)


def test_a_host_may_share_its_site_with_what_it_implies():
    for k in kinds():
        assert set(k.implied_by) <= set(k.can_share_site_with)


def test_a_stranger_kind_is_refused_with_the_list():
    with pytest.raises(InputError, match="no kind 'bakery'; use one of school"):
        kind("bakery")


def test_an_extension_kind_stands_outside_the_groups():
    assert kind("kindergarten").group == "extension"
    assert [k.id for k in extension_kinds()] == list(EXTENSION_KINDS)


# ------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(("k", "name"), [(k, name) for k in ALL_KINDS for name in k.match], ids=str)
def test_a_matching_name_is_confirmed_by_a_register_and_possible_on_the_map(k: Kind, name: str):
    assert found({"name": name}, register=True)[k.id].evidence == "confirmed"
    on_the_map = found({"building": "yes", "name": name})[k.id]
    assert on_the_map.evidence == "possible"
    assert on_the_map.rule.startswith("name~")
    assert k.id not in found({"name": name})


@pytest.mark.parametrize(("k", "name"), [(k, name) for k in ALL_KINDS for name in k.no_match], ids=str)
def test_a_name_of_something_else_never_matches(k: Kind, name: str):
    assert k.id not in found({"name": name}, register=True)
    assert k.id not in found({"building": "yes", "office": "yes", "name": name})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("农贸市场", "farmers_market"),
        ("農貿市場", "farmers_market"),
        ("圖書閱覽室", "reading_room"),
        ("衛生室", "health_room"),
        ("社區居民委員會", "community_committee_office"),
        ("中國郵政", "post"),
        ("黨群服務中心", "party_mass_centre"),
        ("公⽤　公廁", "public_toilet"),
        ("洸河农贸市场（北区）", "farmers_market"),
    ],
)
def test_traditional_and_full_width_names_are_read(name: str, expected: str):
    assert expected in found({"building": "yes", "name": name})


@pytest.mark.parametrize(
    ("name", "only"),
    [
        ("洸河农贸市场公厕", {"public_toilet"}),
        ("洸河农贸市场公厕(西)", {"public_toilet"}),
        ("实验小学停车场", {"parking"}),
        ("社区服务中心停车场", {"parking"}),
        ("供销社饭店", {"dining"}),
        ("市人民医院药房", {"pharmacy"}),
        ("中国邮政储蓄银行洸河支行", {"finance"}),
        ("公共卫生间", {"public_toilet"}),
        ("文昌中学(公交站)", set()),
        ("邮电宾馆", set()),
        ("建设银行家属院", set()),
        ("体育场路小学", {"school", "primary_school"}),
        ("大学路社区卫生服务站", {"health_room"}),
        ("社区时间银行", {"volunteer_station"}),
        ("菜市口百货大楼", set()),
        ("金陵饭店3号楼", set()),
    ],
)
def test_hard_names_are_one_thing_only(name: str, only: set[str]):
    assert set(found({"building": "yes", "name": name})) == only


def test_every_own_name_is_looked_at():
    for field in ("name:zh", "alt_name", "official_name"):
        assert evidence({"shop": "yes", "name": "Corner", field: "唐久便利店"}, "grocery") == "possible"


def test_an_operator_makes_possible_only_what_the_tag_fits():
    assert evidence({"office": "government", "operator": "西闸社区居委会"}, "community_committee_office") == "possible"
    assert evidence({"building": "yes", "operator": "西闸社区居委会"}, "community_committee_office") is None
    assert set(found({"amenity": "toilets", "operator": "西闸社区居委会"})) == {"public_toilet"}


def test_a_brand_speaks_like_a_name():
    one = found({"shop": "mobile_phone", "brand": "中国移动"})["telecom"]
    assert one == Match("telecom", "confirmed", "shop=mobile_phone + brand~中国移动")


def test_a_named_street_or_territory_holds_nothing():
    assert match({"highway": "residential", "name": "农贸市场路"}) == ()
    assert match({"place": "neighbourhood", "office": "government", "name": "明泰社区居委会"}) == ()
    assert match({"boundary": "administrative", "building": "yes", "name": "三郭村委会"}) == ()


# ------------------------------------------------------------------------------------------ selectors


def concrete(selector: str) -> list[dict[str, str]]:
    """The tags that a selector asks for, one dict for each combination of its values."""
    terms = [term.split("=", 1) for term in selector.split(" + ") if "=" in term and "!=" not in term]
    return [
        dict(zip([key for key, _ in terms], values, strict=True))
        for values in product(*(value.split("|") for _, value in terms))
    ]


def name_for(k: Kind, selector: str) -> str:
    """An example of the kind's name that meets the name~ terms of a selector."""
    asked = [term.removeprefix("name~") for term in selector.split(" + ") if term.startswith("name~")]
    return next(name for name in k.match if all(re.search(text, name) for text in asked))


def selectors(strength: str) -> list[tuple[Kind, str, dict[str, str]]]:
    return [(k, text, tags) for k in ALL_KINDS for text in getattr(k, strength) for tags in concrete(text)]


@pytest.mark.parametrize(("k", "selector", "tags"), selectors("confirmed"), ids=str)
def test_a_confirmed_selector_confirms(k: Kind, selector: str, tags: dict[str, str]):
    assert found(tags)[k.id] == Match(k.id, "confirmed", " + ".join(f"{key}={tags[key]}" for key in tags))


@pytest.mark.parametrize(("k", "selector", "tags"), selectors("possible"), ids=str)
def test_a_possible_selector_is_possible(k: Kind, selector: str, tags: dict[str, str]):
    assert found(tags)[k.id] == Match(k.id, "possible", " + ".join(f"{key}={tags[key]}" for key in tags))


@pytest.mark.parametrize(("k", "selector", "tags"), selectors("named"), ids=str)
def test_a_named_selector_confirms_with_the_name_only(k: Kind, selector: str, tags: dict[str, str]):
    one = found({**tags, "name": name_for(k, selector)})[k.id]
    assert one.evidence == "confirmed"
    assert one.rule.startswith(" + ".join(f"{key}={tags[key]}" for key in tags) + " + name~")
    assert evidence(tags, k.id) in (None, "possible")
    assert evidence({**tags, "name": "Corner"}, k.id) in (None, "possible")


LOWERED = [
    ("farmers_market", "name~批发", {"amenity": "marketplace", "name": "众彩农副产品批发市场"}),
    ("farmers_market", "name~夜市", {"amenity": "marketplace", "name": "洸河夜市"}),
    ("parking", "access=customers", {"amenity": "parking", "fee": "yes", "access": "customers"}),
    ("public_toilet", "access=customers", {"amenity": "toilets", "access": "customers"}),
    (
        "community_service_centre",
        "name~(省|市|县|(?<!社)区)(政务|便民|为民)服务",
        {"office": "government", "name": "南京市政务服务中心"},
    ),
    ("outdoor_sports_centre", "name~小学", {"leisure": "pitch", "name": "石鼓路小学运动场"}),
    ("outdoor_sports_centre", "name~中学", {"leisure": "pitch", "name": "金陵中学篮球场"}),
    ("outdoor_sports_centre", "name~学校", {"leisure": "pitch", "name": "崇文学校足球场"}),
    ("outdoor_sports_centre", "name~大学", {"leisure": "pitch", "name": "南京大学网球场"}),
    ("outdoor_sports_centre", "name~学院", {"leisure": "pitch", "name": "济宁学院篮球场"}),
    ("outdoor_sports_centre", "name~操场", {"leisure": "pitch", "name": "北操场"}),
    ("outdoor_sports_centre", "access=customers", {"leisure": "pitch", "access": "customers"}),
    (
        "dining",
        "name~饭店$ + amenity!=restaurant|fast_food|food_court",
        {"amenity": "canteen", "name": "金陵饭店"},
    ),
]


@pytest.mark.parametrize(("kind_id", "lowering", "tags"), LOWERED)
def test_what_lowers_a_kind_makes_it_possible_and_says_so(kind_id: str, lowering: str, tags: dict[str, str]):
    one = found(tags)[kind_id]
    assert one.evidence == "possible"
    assert one.rule.endswith(f", lowered by {lowering}")


def test_each_lowering_of_the_data_is_tried():
    assert {(k.id, text) for k in ALL_KINDS for text in k.lowered_by} == {row[:2] for row in LOWERED}


@pytest.mark.parametrize(
    ("kind_id", "tags"),
    [
        (
            "day_care_centre",
            {"amenity": "social_facility", "social_facility": "day_care", "social_facility:for": "child"},
        ),
        ("farmers_market", {"amenity": "marketplace", "name": "夫子庙花卉市场"}),
        ("farmers_market", {"amenity": "marketplace", "name": "長江路舊貨市場"}),
        ("post", {"amenity": "post_office", "name": "菜鸟驿站"}),
        ("post", {"amenity": "post_office", "brand": "顺丰速运"}),
        ("post", {"amenity": "post_office", "operator": "順豐"}),
        ("post", {"amenity": "post_office", "brand": "SF Express"}),
        ("post", {"amenity": "post_box"}),
        ("school", {"amenity": "kindergarten"}),
        ("school", {"amenity": "school", "name": "秦淮区委党校"}),
        ("community_committee_office", {"place:CN": "neighborhood", "office": "government", "name": "西闸社区居委会"}),
        ("community_committee_office", {"place": "quarter", "office": "government", "name": "西闸社区居委会"}),
        ("community_committee_office", {"boundary": "administrative", "office": "government", "name": "三郭村委会"}),
        ("reading_room", {"shop": "books", "name": "城市书房"}),
        ("reading_room", {"amenity": "cafe", "name": "城市书吧"}),
        ("reading_room", {"building": "school", "name": "图书馆"}),
        ("health_room", {"amenity": "clinic", "healthcare:speciality": "dentistry"}),
        ("police_room", {"amenity": "police", "name": "玄武交警大队"}),
        ("dining", {"building": "school", "name": "二食堂"}),
        ("outdoor_sports_centre", {"leisure": "pitch", "sport": "golf"}),
        ("outdoor_sports_centre", {"leisure": "park", "tourism": "museum"}),
        ("public_toilet", {"amenity": "restaurant", "toilets": "yes"}),
        ("parking", {"amenity": "parking", "name": "教职工停车场"}),
        ("waste_dropoff", {"amenity": "waste_basket"}),
    ],
)
def test_what_is_another_thing_holds_nothing_of_the_kind(kind_id: str, tags: dict[str, str]):
    assert evidence(tags, kind_id) is None


@pytest.mark.parametrize(
    ("kind_id", "tags", "expected"),
    [
        (
            "day_care_centre",
            {"amenity": "social_facility", "social_facility": "day_care", "social_facility:for": "child;senior"},
            "confirmed",
        ),
        ("day_care_centre", {"amenity": "social_facility", "social_facility": "day_care"}, "confirmed"),
        ("post", {"amenity": "post_office", "brand": "中国邮政"}, "confirmed"),
        ("parcel_station", {"amenity": "post_office", "brand": "菜鸟驿站"}, "confirmed"),
        ("finance", {"amenity": "bank", "name": "中国邮政储蓄银行"}, "confirmed"),
        ("parking", {"amenity": "parking"}, "possible"),
        ("parking", {"amenity": "parking", "access": "yes", "parking": "street_side"}, "possible"),
        ("parking", {"amenity": "parking", "name": "明泰社区公共停车场"}, "confirmed"),
        ("police_room", {"amenity": "police", "name": "洸河派出所"}, "possible"),
        ("police_room", {"amenity": "police", "name": "洸河警务站"}, "confirmed"),
        ("health_room", {"amenity": "doctors"}, "possible"),
        ("telecom", {"office": "telecommunication", "name": "中国移动洸河营业厅"}, "confirmed"),
        ("telecom", {"office": "telecommunication"}, "possible"),
        ("grocery", {"shop": "bakery;convenience"}, "confirmed"),
        # a tag is believed where only the name alone would be doubtful
        ("dining", {"amenity": "restaurant", "name": "洸河大饭店"}, "confirmed"),
        ("dining", {"amenity": "restaurant", "name": "大学路餐厅"}, "confirmed"),
        ("parking", {"amenity": "parking_entrance", "name": "地下停车场出入口"}, "possible"),
        ("indoor_activity_centre", {"amenity": "community_centre"}, "possible"),
        ("kindergarten", {"amenity": "school", "name": "五老村幼儿园"}, "possible"),
    ],
)
def test_the_evidence_is_what_the_tags_can_carry(kind_id: str, tags: dict[str, str], expected: str):
    assert evidence(tags, kind_id) == expected


@pytest.mark.parametrize("access", ["private", "no", "permit", "residents", "employees", "customers;private"])
def test_a_place_that_residents_may_not_enter_holds_nothing(access: str):
    assert match({"amenity": "library", "access": access}) == ()
    assert match({"name": "西闸社区图书室", "access": access}, register=True) == ()


@pytest.mark.parametrize("key", ["disused", "abandoned", "demolished"])
def test_a_place_that_is_gone_holds_nothing(key: str):
    assert match({"amenity": "library", key: "yes"}) == ()


# ------------------------------------------------------------------------------------------ sorts of a kind


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"amenity": "school"}, {"primary_school": "possible", "secondary_school": "possible"}),
        ({"amenity": "school", "name": "实验小学"}, {"primary_school": "confirmed"}),
        ({"amenity": "school", "name": "贵溪五中"}, {"secondary_school": "confirmed"}),
        ({"amenity": "school", "name": "中心学校"}, {"primary_school": "possible", "secondary_school": "possible"}),
        ({"amenity": "school", "name": "九年制学校"}, {"primary_school": "confirmed", "secondary_school": "confirmed"}),
        ({"amenity": "school", "name": "金陵中学附属小学"}, {"primary_school": "confirmed"}),
        ({"amenity": "school", "isced:level": "1;2"}, {"primary_school": "confirmed", "secondary_school": "confirmed"}),
        ({"amenity": "school", "isced:level": "2"}, {"secondary_school": "confirmed"}),
        ({"amenity": "school", "isced:level": "0-3"}, {"primary_school": "possible", "secondary_school": "possible"}),
        ({"amenity": "school", "school": "primary"}, {"primary_school": "confirmed"}),
        # no school, so no sort of one; and no surer than the school
        ({"amenity": "school", "name": "实验小学驾校"}, {}),
        ({"amenity": "school", "name": "五老村幼儿园"}, {"kindergarten": "possible"}),
        ({"amenity": "school", "access": "private", "name": "实验小学"}, {}),
        ({"building": "yes", "name": "实验小学"}, {"primary_school": "possible"}),
        ({"office": "company", "name": "国网供电营业厅"}, {"utility_outlet": "confirmed", "power_outlet": "confirmed"}),
        ({"office": "government", "name": "热力公司收费大厅"}, {"utility_outlet": "confirmed"}),
    ],
)  # fmt: skip
def test_a_sort_of_a_kind_is_told_by_name_or_tag_and_else_possible(tags: dict[str, str], expected: dict[str, str]):
    assert {one.kind: one.evidence for one in match(tags, extension=True)} == expected


def test_a_sort_belongs_to_one_kind_that_is_no_sort_itself():
    sorts = [k for k in ALL_KINDS if k.part_of]
    assert {k.part_of for k in sorts} == {"school", "utility_outlet"}
    assert all(k.id in EXTENSION_KINDS and not kind(k.part_of).part_of for k in sorts)
    assert parts_of("utility_outlet") == ("gas_outlet", "power_outlet", "water_outlet")


@settings(deadline=None)  # the first name in Chinese loads opencc
@given(st.deferred(lambda: _ANY_TAGS), st.booleans())
def test_a_sort_is_never_without_its_kind_and_never_surer(tags: dict[str, str], register: bool):
    matches = found(tags, register=register)
    for one in matches.values():
        if whole := kind(one.kind).part_of:
            assert matches[whole].evidence in {"confirmed", one.evidence}


# ------------------------------------------------------------------------------------------ implied


def test_a_confirmed_host_implies_what_it_usually_holds():
    tags = {"office": "government", "name": "西闸社区党群服务中心"}
    implied = [k.id for k in kinds() if "party_mass_centre" in k.implied_by]
    assert [(m.kind, m.evidence, m.rule) for m in match(tags) if m.kind != "party_mass_centre"] == [
        (kind_id, "implied", "implied by party_mass_centre") for kind_id in implied
    ]


def test_neither_a_possible_nor_an_implied_host_implies():
    # the name alone makes the 党群服务中心 possible
    assert [m.kind for m in match({"building": "yes", "name": "西闸社区党群服务中心"})] == ["party_mass_centre"]
    # it implies the service centre, which would imply the police room
    assert "police_room" not in found({"office": "government", "name": "西闸社区党群服务中心"})


def test_a_kind_matched_by_itself_isnt_implied_as_well():
    # 公厕 at the market: its own tag is stronger than what the market implies
    tags = {"amenity": "marketplace", "toilets": "yes"}
    assert [m.kind for m in match(tags)] == ["farmers_market", "public_toilet"]
    assert found(tags)["public_toilet"].evidence == "possible"
    assert found({"amenity": "marketplace"})["public_toilet"].evidence == "implied"


# ------------------------------------------------------------------------------------------ any tags at all

_WORDS = sorted({text for k in ALL_KINDS for text in (*k.match, *k.no_match)})
_TAGS = sorted(
    {
        pair
        for strength in ("confirmed", "named", "possible")
        for _, _, tags in selectors(strength)
        for pair in tags.items()
    }
    | {("access", "customers"), ("access", "private"), ("building", "yes"), ("shop", "yes"), ("highway", "path")}
)
_ANY_TEXT = st.text(st.characters(), max_size=12)
_ANY_NAME = st.one_of(_ANY_TEXT, st.sampled_from(_WORDS), st.tuples(st.sampled_from(_WORDS), _ANY_TEXT).map("".join))
_ANY_TAGS = st.builds(
    lambda pairs, names, strange: strange | names | dict(pairs),
    st.lists(st.sampled_from(_TAGS), max_size=4),
    st.dictionaries(st.sampled_from(["name", "name:zh", "alt_name", "operator", "brand"]), _ANY_NAME, max_size=3),
    st.dictionaries(_ANY_TEXT, _ANY_TEXT, max_size=2),
)


@settings(deadline=None)  # the first name in Chinese loads opencc
@given(_ANY_TAGS, st.booleans(), st.booleans())
def test_any_tags_give_an_ordered_answer_twice_the_same(tags: dict[str, str], register: bool, extension: bool):
    before = dict(tags)
    first = match(tags, register=register, extension=extension)
    assert first == match(dict(reversed(tags.items())), register=register, extension=extension)
    assert tags == before
    order = EXTENSION_KINDS if extension else KINDS
    assert [m.kind for m in first] == sorted({m.kind for m in first}, key=order.index)
    assert {m.evidence for m in first} <= {"confirmed", "possible", "implied"}
    assert all(m.rule for m in first)


@settings(deadline=None)  # the first name in Chinese loads opencc
@given(_ANY_TAGS)
def test_whatever_matches_has_one_of_the_keys_that_the_reader_filters_by(tags: dict[str, str]):
    if found(tags):
        assert set(tags) & set(osm_keys())
    assert not found({key: value for key, value in tags.items() if key not in osm_keys()})


@settings(deadline=None)  # the first name in Chinese loads opencc
@given(_ANY_TAGS)
def test_a_name_alone_never_confirms(tags: dict[str, str]):
    names = {key: value for key, value in tags.items() if key not in osm_keys()}
    assert all(
        m.evidence == "possible" for m in match({**names, "building": "yes", "shop": "yes"}) if "shop=" not in m.rule
    )
    assert all("=" in m.rule for m in match(tags) if m.evidence == "confirmed")


def test_streets_are_not_read_as_features():
    assert not {"route", "name"} & set(osm_keys())
    assert list(osm_keys()) == sorted(set(osm_keys()))
    # of what carries `highway`, only stops are looked at, and no name
    for tags in ({"highway": "footway"}, {"highway": "bus_stop"}):
        assert set(found({**tags, "name": "洸河绿道健身步道"})) <= {"bus_stop"}
    assert evidence({"highway": "bus_stop"}, "bus_stop") == "confirmed"


def test_importing_and_matching_latin_names_loads_nothing_heavy():
    code = (
        "import sys; from circle15.checklist import match;"
        "match({'amenity': 'school', 'name': 'Vesturbæjarskóli'});"
        "assert not {'opencc', 'pandas', 'geopandas', 'numpy'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


# ------------------------------------------------------------------------------------------ policies


def requirements() -> list[tuple[str, str]]:
    return [(policy.id, row.id) for policy in policies().values() for row in policy.requirements]


def test_the_five_policies_carry_their_plan_years():
    assert {p.id: p.plan_year for p in policies().values()} == {
        "guanghe_2019": None,
        "northeast_city": None,
        "panzhihua_2020": 2020,
        "shaoyang_2025": 2025,
        "zhejiang_2025": 2025,
    }
    assert len(set(requirements())) == len(requirements())


def test_a_threshold_has_a_unit_and_a_comparison():
    for policy in policies().values():
        for row in policy.requirements:
            assert row.type in {"S", "N", "R", "F"}
            assert row.setting in {"urban", "rural", "both"}
            assert (row.threshold is None) == (row.comparison is None)
            assert row.threshold is None or row.unit is not None
            assert row.plan_year == policy.plan_year


def test_only_rows_of_reach_name_kinds_and_they_name_all_that_reach_needs():
    reach = {(p.id, r.id): r for p in policies().values() for r in p.requirements if r.kinds}
    assert {row_id for _, row_id in reach} == {f"A-{n}" for n in range(1, 12)}
    for row in reach.values():
        assert set(row.kinds) <= set(KINDS)
        assert list(row.kinds) == sorted(row.kinds, key=KINDS.index)
        assert row.combine in {"each", "all", "any", "mean"}
        assert row.minutes_urban == 15
        assert (row.minutes_rural is None) == (row.setting == "urban")
        assert row.target_share in {None, 1.0}
    for policy in policies().values():
        for row in policy.requirements:
            if not row.kinds:
                assert (row.combine, row.minutes_urban, row.minutes_rural, row.target_share) == (None,) * 4


def test_the_circle_is_promised_for_each_of_the_27_kinds():
    promise = next(r for r in policies()["guanghe_2019"].requirements if r.id == "A-1")
    assert (promise.kinds, promise.combine, promise.target_share) == (KINDS, "each", 1.0)


def test_thirty_minutes_are_for_the_countryside():
    rows = {(p.id, r.id): r.minutes_rural for p in policies().values() for r in p.requirements if r.kinds}
    assert {key for key, minutes in rows.items() if minutes == 30} == {
        ("shaoyang_2025", "A-4"),
        ("zhejiang_2025", "A-3"),
    }


# Bytes that the copies lost and the quotes restore: 燃气、电力、供水、广 of 001; 基本形成城市社区 and 燃气 of 003.
# What is left of each is looked for.
MENDED = {
    ("shaoyang_2025", "B-14"): ("支持在村(社区)合理设置邮政、金融、电信、供销", "播电视等公共事业服务网点"),
    ("zhejiang_2025", "A-3"): ("“15分钟生活服务圈”、农村社区“30分钟生活服务圈”",),
    ("zhejiang_2025", "B-16"): (
        "鼓励邮政、金融、电信、供销",
        "公交等公用事业服务和物流配送、资源回收服务覆盖所有城乡社区",
    ),
}


def test_the_mended_quotes_are_the_ones_listed_here():
    mended = {(p.id, r.id) for p in policies().values() for r in p.requirements if r.mended}
    assert mended == set(MENDED)


@pytest.mark.parametrize("policy_id", policies())
def test_every_quote_stands_in_its_document(policy_id: str):
    if not (SHARED / "policies").is_dir():
        pytest.skip("the policy documents aren't part of the repository (../shared/policies)")
    policy = policies()[policy_id]
    (document,) = (SHARED / "policies").glob(f"{policy.document}_*.txt")
    text = as_quoted(document.read_text(encoding="utf-8"))
    for row in policy.requirements:
        for part in MENDED.get((policy_id, row.id)) or re.split("[…;]", row.quote):
            assert as_quoted(part) in text, (row.id, part)


def as_quoted(text: str) -> str:
    """Simplified, without the pinyin that one copy has in brackets, without blanks, quotation marks and brackets."""
    simple = opencc.OpenCC("t2s").convert(unicodedata.normalize("NFKC", text))
    without_pinyin = re.sub(r"\([^()\u4e00-\u9fff\d+]+\)", "", simple)
    return re.sub(r"[\s“”\"'()《》〔〕]", "", without_pinyin)


# ------------------------------------------------------------------------------------------ real files


def matched(file: str) -> list[tuple[dict[str, str], dict[str, Match]]]:
    path = SHARED / "data" / file
    if not path.exists():
        pytest.skip(f"{file} isn't part of the repository (../shared/data)")
    features = osmium.FileProcessor(str(path)).with_filter(osmium.filter.KeyFilter(*osm_keys()))
    return [(tags, found(tags)) for tags in (dict(feature.tags) for feature in features)]


def test_nanjing_is_read_as_a_resident_would():
    kinds_of: dict[str, set[str]] = {}
    for tags, matches in matched("nanjing-centre.osm"):
        kinds_of.setdefault(tags.get("name", ""), set()).update(
            f"{m.kind} {m.evidence}" for m in matches.values() if m.evidence != "implied"
        )
    assert kinds_of["科巷菜市场"] == {"farmers_market confirmed"}
    assert kinds_of["新街口邮局"] == {"post confirmed"}
    assert kinds_of["稠州商業銀行"] == {"finance confirmed"}
    assert kinds_of["创新学校"] == {"school confirmed"}  # building=school is its only tag
    assert kinds_of["秦淮区妇幼保健所"] == {"health_room possible", "clinic confirmed"}
    assert kinds_of["五老村幼儿园"] == {"kindergarten possible"}  # tagged amenity=school
    for name in (
        "秦淮区委党校",
        "秦淮区教师进修学校",
        "教职工停车场",
        "二食堂",
        "金陵饭店二期",
        "江苏省美术馆",
        "玄武区人民政府",
    ):
        assert kinds_of[name] == set(), name


def test_central_reykjavik_offers_no_housekeeping_mediation_or_day_care():
    kinds_there = {kind_id for _, matches in matched("reykjavik-centre.osm.pbf") for kind_id in matches}
    assert not kinds_there & {"housekeeping", "mediation_room", "day_care_centre", "community_committee_office"}
    assert {"school", "dining", "grocery", "pharmacy", "post", "public_toilet"} <= kinds_there


def test_guixi_has_schools_and_pitches_and_hardly_anything_else():
    confirmed = {m.kind for _, matches in matched("guixi.osm") for m in matches.values() if m.evidence == "confirmed"}
    assert confirmed == {"school", "secondary_school", "outdoor_sports_centre", "green_space"}


# ------------------------------------------------------------------------------------- the reviewed names

STREETS = {"boundary", "highway", "place", "public_transport", "railway", "route", "waterway"}
"""Keys of what isn't listed in the table where it holds no kind."""

REVIEW = Path(__file__).parents[1] / "docs" / "names-review.md"


def reviewed() -> list[tuple[dict[str, str], str, str]]:
    """Tags with name, the verdict on the map, and that from a register, of each row of the table."""
    lines = [line for line in REVIEW.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]
    parts = [dict(part.split("=", 1) for part in row[1].split("; ") if part) for row in cells]
    return [({**tags, "name": row[0]}, row[2], row[3]) for tags, row in zip(parts, cells, strict=True)]


def verdict(tags: dict[str, str], *, register: bool = False) -> str:
    both = (*match(tags, register=register), *match(tags, register=register, extension=True))
    return " ".join(f"{m.kind}:{m.evidence}" for m in both)


def test_every_reviewed_name_gets_its_verdict():
    rows = reviewed()
    assert len(rows) > 250
    assert [name for name, on_map, _ in rows if verdict(name) != on_map] == []
    assert [tags for tags, _, listed in rows if verdict({"name": tags["name"]}, register=True) != listed] == []


@pytest.mark.parametrize("file", ["nanjing-centre.osm", "guixi.osm"])
def test_every_chinese_name_of_the_extract_is_reviewed(file):
    path = SHARED / "data" / file
    if not path.exists():
        pytest.skip(f"{file} isn't part of the repository (../shared/data)")
    known: dict[str, set[str]] = {}
    for tags, on_map, _ in reviewed():
        known.setdefault(tags["name"], set()).add(on_map)
    for feature in osmium.FileProcessor(str(path)):
        tags = dict(feature.tags)
        name = tags.get("name") or tags.get("name:zh", "")
        if re.search("[\u4e00-\u9fff]", name):
            silent = {""} if STREETS.intersection(tags) else set()
            assert verdict(tags) in known.get(name, set()) | silent, (name, tags)


def test_the_page_of_kinds_is_what_the_catalogue_says():
    docs = REVIEW.parent
    made = runpy.run_path(str(docs / "make_kinds.py"))
    assert made["page"]() == (docs / "kinds.md").read_text(encoding="utf-8")
