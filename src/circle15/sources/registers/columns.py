"""What the columns of registers are called, in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from circle15.checklist.forms import forms

if TYPE_CHECKING:
    pass

__all__ = [
    "ACCESS",
    "CAPACITY",
    "CHOSEN",
    "COMMUNITY",
    "EXAMPLE_ID",
    "FLOOR_AREA",
    "GATE_REGISTER",
    "GROUPS",
    "KIND",
    "LAT",
    "LEVEL",
    "LON",
    "NAME",
    "REGISTERS",
    "RESIDENCE_REGISTER",
    "RURAL_ZH",
    "SETTING",
    "SITE_ID",
    "SITE_REGISTER",
    "STATUS",
    "URBAN_ZH",
    "WEIGHT",
    "Column",
    "What",
]


What = Literal["sites", "residences", "gates", "areas", "candidates", "compounds"]


class Column(NamedTuple):
    """A column of a register: its name in frames and in Chinese, other headers for it, and some that may mean it.

    A header in `weak` counts only where no other header is the column's. `fixed`: the config said which it is.
    """

    id: str
    zh: str
    required: bool = True
    also: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    fixed: bool = False

    def __str__(self) -> str:
        return f"{self.zh}/{self.id}"


_IDS = ("编号", "id", "编码", "代码", "code", "唯一编号")
_ROW_IDS = ("序号", "no", "fid", "objectid", "gid", "uid")
NAME = Column(
    "name", "名称", required=False,
    also=(
        "设施名称", "单位名称", "机构名称", "网点名称", "店名", "项目名称", "学校名称", "小区名称", "门店名称",
        "企业名称", "title",
    ),
    weak=("标题", "小区", "楼盘", "简称"),
)  # fmt: skip
LON = Column(
    "lon", "经度", also=("lng", "long", "longitude", "东经", "经度坐标"), weak=("x", "X坐标", "坐标x", "横坐标")
)
LAT = Column("lat", "纬度", also=("latitude", "北纬", "纬度坐标"), weak=("y", "Y坐标", "坐标y", "纵坐标"))
SITE_ID = Column("site_id", "设施编号", also=("设施代码", "设施编码", *_IDS), weak=_ROW_IDS)
KIND = Column(
    "kind", "类别",
    also=("类型", "种类", "小类", "设施类别", "设施类型", "设施种类", "type", "category"),
    weak=("typecode", "类型编码", "中类"),
)  # fmt: skip
FLOOR_AREA = Column(
    "floor_area_m2", "建筑面积", required=False, also=("房屋面积", "用房面积", "floor area"), weak=("面积",)
)
CAPACITY = Column("capacity", "容量", required=False, also=("床位", "床位数", "座位数", "学位数", "泊位数", "车位数"))
_HOURS = Column("opening_hours", "开放时间", required=False, also=("营业时间", "服务时间", "开门时间", "opening hours"))
_ADDRESS = Column(
    "address", "地址", required=False, also=("详细地址", "所在地址", "住址", "地点"), weak=("位置", "所在地")
)
STATUS = Column("status", "现状", required=False, also=("有无", "是否有", "设施现状"))
COMMUNITY = Column(
    "community_id",
    "社区编号",
    required=False,
    also=("所属社区", "所在社区", "社区代码"),
    weak=("社区", "社区名称", "村居"),
)
CHOSEN = tuple(
    Column(one.id, one.zh, required=False) for one in forms()["facilities"].columns if one.type in {"choice", "flag"}
)
"""Columns of sites whose cells are one of a few words (docs/forms.md)."""
_RESIDENCE_ID = Column("residence_id", "居住点编号", also=("小区编号", "楼栋编号", *_IDS), weak=_ROW_IDS)
WEIGHT = Column(
    "weight", "权重", required=False,
    also=(
        "户数", "人口", "居民人数", "人数", "常住人口", "总户数", "人口数", "居民数",
        "population", "dwellings", "households", "residents",
    ),
)  # fmt: skip
GROUPS = (
    Column(
        "elderly", "老年人数", required=False, also=("老年人口", "老年人", "老人数", "老年人口数", "60岁以上老年人数"),
        weak=("60岁以上", "60岁及以上", "60岁以上人数", "60岁及以上人口", "60岁以上人口"),
    ),
    Column(
        "minors", "未成年人数", required=False, also=("未成年人口", "未成年人", "未成年人口数"),
        weak=("0-14岁", "0-14岁人口", "0-14岁人数", "0-17岁", "18岁以下", "儿童人数", "少年儿童人数"),
    ),
    Column("disabled", "残疾人数", required=False, also=("残疾人", "残障人数", "残疾人口", "持证残疾人数")),
)  # fmt: skip
"""Groups of the people of a residence, as `schema.PEOPLE_GROUPS`; the law's elderly are 60 and older."""
SETTING = Column("setting", "城乡", required=False, also=("城乡类型", "城乡属性"))
_GATE_ID = Column("gate_id", "出入口编号", also=_IDS, weak=_ROW_IDS)
ACCESS = Column("access", "通行", also=("通行情况", "开放情况", "是否开放"))
_AREA_ID = Column(
    "area_id", "片区编号", also=("社区编号", "街道编号", "区划代码", "行政区划代码", *_IDS), weak=_ROW_IDS
)
LEVEL = Column("level", "级别", also=("层级", "行政级别"))
_CANDIDATE_ID = Column("candidate_id", "候选点编号", also=_IDS, weak=_ROW_IDS)
_COMPOUND_ID = Column("compound_id", "小区编号", also=_IDS, weak=_ROW_IDS)
SITE_REGISTER = (SITE_ID, NAME, KIND, LON, LAT, _HOURS, FLOOR_AREA, CAPACITY)
"""The columns of a register of sites, in the template's order."""
RESIDENCE_REGISTER = (_RESIDENCE_ID, NAME, LON, LAT, WEIGHT, SETTING, *GROUPS)
"""The columns of a register of residences, in the template's order."""
GATE_REGISTER = (_GATE_ID, NAME, ACCESS, LON, LAT)
"""The columns of a register of gates."""
REGISTERS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "sites": ("site", (*SITE_REGISTER, _ADDRESS, STATUS, COMMUNITY, *CHOSEN)),
    "residences": ("residence", (*RESIDENCE_REGISTER, _ADDRESS)),
    "gates": ("gate", GATE_REGISTER),
    "areas": ("area", (_AREA_ID, NAME, LEVEL, LON, LAT, SETTING)),
    "candidates": ("candidate", (_CANDIDATE_ID, NAME, LON, LAT, _ADDRESS, FLOOR_AREA)),
    "compounds": ("compound", (_COMPOUND_ID, NAME, LON, LAT, WEIGHT)),
}
EXAMPLE_ID = "示例"
"""The id of a template's example row; a row with it is skipped."""
URBAN_ZH, RURAL_ZH = "城镇", "农村"
