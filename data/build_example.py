"""Rebuild the example study under data/xinghe: an invented quarter in the shape of one in Jining.

    python data/build_example.py

Streets, places, people and figures are all made up; only the spot on earth is real. Everything is drawn in metres from
ORIGIN, so that the walks between places can be added up by hand (tests/test_example.py does). Two runs give the same
bytes.

         y
    800  +-----+-----+-----+-- R5      |  S4        V0, V4, V8, V12: x = 0, 400, 800, 1200
         |     |     |     |        ~  |            H4, H8: y = 400, 800; M: y = 0
    400  +--+--+-----+--+--+        ~  |            ~ the river at x = 1500, bridged by M
         |  :  |     | S5  |        ~  |            : the way through the compound 阳光花园
      0  +--+--+-----+-----+------===--+------R7------------------R8----> x = 4000: the data ends
         0    400   800   1200    1500 1600   2100                3700
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import pyogrio
import shapely
from openpyxl import Workbook
from pyproj import Geod

from circle15.outputs.workbook import add_row, still_bytes
from circle15.sources.coordinates import from_wgs84

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).resolve().parent / "xinghe"
ORIGIN = (116.58, 35.41)
DATE = datetime(2026, 11, 1)
STAMP = 'timestamp="2026-11-01T00:00:00Z"'
XY = tuple[float, float]
_GEOD = Geod(ellps="WGS84")

STREETS: list[tuple[dict[str, str], list[XY]]] = [
    ({"highway": "tertiary", "name": "星河路"}, [(0, 0), (200, 0), (400, 0), (800, 0), (1200, 0), (1480, 0)]),
    ({"highway": "tertiary", "name": "星河路", "bridge": "yes"}, [(1480, 0), (1520, 0)]),
    ({"highway": "tertiary", "name": "星河路"}, [(1520, 0), (1600, 0), (2100, 0), (2300, 0), (4200, 0)]),
    ({"highway": "residential"}, [(0, 400), (200, 400), (400, 400), (800, 400), (1000, 400), (1200, 400)]),
    ({"highway": "residential"}, [(0, 800), (400, 800), (800, 800), (1200, 800), (1400, 800)]),
    *[({"highway": "residential"}, [(x, 0), (x, 400), (x, 800)]) for x in (0, 400, 800, 1200)],
    ({"highway": "residential"}, [(1600, 0), (1600, 800)]),
    ({"highway": "service"}, [(200, 0), (200, 40), (200, 360), (200, 400)]),
    ({"highway": "footway"}, [(1000, 400), (1000, 420)]),
]

POINTS: dict[XY, dict[str, str]] = {
    (200, 40): {"barrier": "gate"},
    (200, 360): {"barrier": "gate"},
    (1000, 420): {"barrier": "gate"},
    (790, 10): {"shop": "supermarket", "name": "星河超市"},
    (450, -10): {"amenity": "parking"},
    (-10, 600): {"amenity": "clinic", "name": "星河诊所"},
    (810, 200): {"amenity": "restaurant", "name": "老星河面馆"},
}

GROUNDS: list[tuple[dict[str, str], list[XY]]] = [
    (
        {"landuse": "residential", "name": "阳光花园"},
        [(40, 40), (200, 40), (360, 40), (360, 360), (200, 360), (40, 360)],
    ),
    ({"amenity": "school", "name": "星河小学"}, [(820, 420), (1000, 420), (1180, 420), (1180, 780), (820, 780)]),
    ({"leisure": "park", "name": "星河公园"}, [(20, 820), (380, 820), (380, 1000), (20, 1000)]),
]

RIVER: list[XY] = [(1500, -250), (1500, 1250)]

EXTENT = ((-300, -300), (4000, 1300))

HOMES: list[tuple[str, str, XY, int, int, int, int | None]] = [
    # residents, and of them the elderly, minors and disabled (whom nobody counted in five homes)
    ("R1", "阳光花园1号楼", (210, 100), 120, 30, 20, 3),
    ("R2", "阳光花园2号楼", (210, 300), 80, 10, 15, None),
    ("R3", "星河路3号", (410, 200), 100, 40, 10, 2),
    ("R4", "明湖里4号", (810, 600), 150, 30, 30, 5),
    ("R5", "河畔5号", (1400, 810), 60, 20, 10, None),
    ("R6", "台地6号", (1000, 1110), 10, 5, 0, None),
    ("R7", "柳湾村7号", (2100, 10), 70, 35, 10, None),
    ("R8", "界牌8号", (3700, 10), 20, 10, 5, None),
]

KINDS_OF_S1 = "党群服务中心、社区服务中心、社区村居委会办公室、社区警务室、人民调解室、图书阅览室"
KINDS_OF_S13 = (
    "社区卫生室、文化中心、室外体育活动中心、应急小屋、应急避难场所、"
    "微型消防站、托育机构、政务自助终端、儿童之家、快递驿站"
)
SITES: list[tuple[str, str, str, XY, str, float | None, str]] = [
    ("S1", "星河社区党群服务中心", KINDS_OF_S1, (390, 500), "Mo-Su 08:30-17:00; PH 08:30-17:00", 420, "是"),
    ("S2", "星河农贸市场", "菜市场", (1190, 200), "每天6:00-18:00", 900, "是"),
    ("S3", "阳光花园日间照料中心", "日间照料中心、私人诊所", (210, 200), "周一至周五 8:00-17:00", 150, "否"),
    ("S4", "东岸邮政所", "邮政网点", (1610, 790), "周一至周五 9:00-17:00", None, ""),
    ("S6", "星河超市(总店)", "超市便利店", (790, 20), "每天7:00-22:00", 300, ""),
    ("S7", "明湖大药房", "药房", (790, 300), "8:30-21:00", 60, ""),
    (
        "S8",
        "明湖社区居委会",
        "居委会、社区服务中心、志愿服务站",
        (810, 700),
        "周一至周五 9:00-12:00, 14:00-17:00",
        380,
        "否",
    ),
    ("S9", "星河助餐点", "老年助餐点", (-10, 100), "11:00-13:00", 80, ""),
    ("S13", "星河综合服务点", KINDS_OF_S13, (10, 700), "24小时", 500, "是"),
    ("S14", "星河街道社区服务中心", "社区服务中心", (410, 700), "每天8:00-17:00", 850, "是"),
    ("S10", "望星亭", "观星台", (100, 410), "", None, ""),
]
ABSENT = ("S11", "星河诊所", "社区卫生室", (-10, 600))
"""Looked at on the ground: the clinic on the map is no community health room."""

AREAS: list[tuple[str, str, str, str | None, tuple[XY, XY]]] = [
    ("community", "c1", "星河社区", "urban", ((-100, -100), (600, 1200))),
    ("community", "c2", "明湖社区", "urban", ((600, -100), (1560, 1200))),
    ("community", "c3", "柳湾村", "rural", ((1900, -300), (2500, 400))),
    ("district", "d1", "星河街道", None, ((-100, -300), (1560, 1200))),
    ("district", "d2", "柳湾乡", "rural", ((1900, -300), (2500, 1200))),
]

GATES = [("G1", "阳光花园南门", "封闭", (200, 40)), ("G2", "阳光花园北门", "封闭", (200, 360))]


def lonlat(at: XY) -> tuple[float, float]:
    """Where a spot some metres east and north of ORIGIN is."""
    lon, lat, _ = _GEOD.fwd(*ORIGIN, 90.0, at[0])
    lon, lat, _ = _GEOD.fwd(lon, lat, 0.0, at[1])
    return lon, lat


def gcj02(at: XY) -> tuple[float, float]:
    """The same spot as a planner's map shows it."""
    lon, lat = from_wgs84(*([one] for one in lonlat(at)), "gcj02")
    return round(float(lon[0]), 7), round(float(lat[0]), 7)


def osm_xml() -> str:
    """The invented map."""
    node: dict[XY, int] = {}

    def refs(line: Sequence[XY]) -> str:
        return "".join(f'<nd ref="{node.setdefault(at, len(node) + 1)}"/>' for at in line)

    def tags(of: dict[str, str]) -> str:
        return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in of.items())

    lines = [*STREETS, ({"waterway": "river", "name": "星河"}, RIVER)]
    lines += [(of, [*ring, ring[0]]) for of, ring in GROUNDS]
    ways = [
        f'  <way id="{i}" version="1" {STAMP}>{refs(line)}{tags(of)}</way>'
        for i, (of, line) in enumerate(lines, start=1)
    ]
    for at in POINTS:
        node.setdefault(at, len(node) + 1)
    nodes = []
    for at, i in node.items():
        lon, lat = lonlat(at)
        own = tags(POINTS.get(at, {}))
        nodes.append(f'  <node id="{i}" version="1" {STAMP} lon="{lon:.7f}" lat="{lat:.7f}">{own}</node>')
    (west, south), (east, north) = (lonlat(corner) for corner in EXTENT)
    head = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<!-- 虚构：本文件不是 OpenStreetMap 数据。 Invented: this is no data of OpenStreetMap's. -->",
        '<osm version="0.6" generator="circle15 data/build_example.py">',
        f'  <bounds minlon="{west:.7f}" minlat="{south:.7f}" maxlon="{east:.7f}" maxlat="{north:.7f}"/>',
    ]
    return "\n".join([*head, *nodes, *ways, "</osm>\n"])


def workbook(title: str, header: Sequence[str], rows: Sequence[Sequence[str | float | None]]) -> bytes:
    """A register as a planner's spreadsheet program saves it."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    add_row(sheet, header)
    for row in rows:
        add_row(sheet, row)
    return still_bytes(book, DATE)


def areas_zip() -> bytes:
    """The areas as a shapefile in GBK without a .cpg, as old desktop programs leave it."""
    shapes = [
        shapely.Polygon([lonlat(at) for at in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))])
        for *_, ((x0, y0), (x1, y1)) in AREAS
    ]
    columns = {"level": [], "area_id": [], "name": [], "setting": []}
    for level, area_id, name, setting, _ in AREAS:
        for key, value in zip(columns, (level, area_id, name, setting), strict=True):
            columns[key].append(value)
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "社区边界.shp"
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{DATE:%Y-%m-%d}T00:00:00.000Z"})
        pyogrio.write_dataframe(frame, base, encoding="GBK", layer_options={"DBF_DATE_LAST_UPDATE": f"{DATE:%Y-%m-%d}"})
        target = Path(folder) / "areas.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            for suffix in (".shp", ".shx", ".dbf", ".prj"):
                entry = zipfile.ZipInfo(f"社区边界{suffix}", date_time=DATE.timetuple()[:6])
                entry.create_system = 0
                packed.writestr(entry, base.with_suffix(suffix).read_bytes(), compress_type=zipfile.ZIP_DEFLATED)
        return target.read_bytes()


FIGURES: dict[str, tuple[float | str | None, ...]] = {
    "户数": (1000, 2000),
    "常住人口": (3000, 6000, None, None, None, 500),
    "城镇常住人口": (3000, 6000),
    "综合服务设施建筑面积": (420, 380),
    "居民活动区域面积": (252, 190),
    "商业建筑面积": (None, 620),
    "社区总建筑面积": (None, 10000),
    "新建社区": ("否", "是"),
    "养老服务设施用地面积": (240, 660),
    "室外活动广场面积": (None, None, None, None, None, 2000),
    "独立办公室数": (0, 2),
    "综合服务窗口数": (1, 1),
    "窗口工作人员数": (2, 1),
    "社区工作者数": (6, 9),
    "大学生数": (1, 0),
    "社会工作专业人员数": (1, 2),
    "灾害信息员数": (1, 0),
    "民警和辅警数": (3, 1),
    "社区社会组织数": (10, 9, None, None, None, 5),
    "驻区单位数": (10, 20),
    "签约驻区单位数": (8, 10),
    "注册志愿者数": (390, 780),
    "党员数": (100, 200),
    "参与志愿服务党员数": (80, 100),
    "参与志愿服务居民数": (900, 900),
    "法治宣传栏数": (1, 0),
    "法治宣传栏距上次更新天数": (30, 120),
    "一站式服务大厅数": (1, 0),
    "青年之家数": (1, 0),
    "青少年活动中心功能室数": (5, 3),
    "就业创业服务站数": (1, 0),
    "公益服务品牌数": (2, 1),
    "年家庭教育活动次数": (4, 1),
    "年法治培训次数": (2, 1),
    "年社区工作者培训次数": (1, 0),
    "年戏曲演出场数": (None, None, None, 4),
    "综合性养老机构数": (None, None, 1, 0),
    "社会工作室数": (None, None, None, None, 150),
    "社区教育实验区数": (None, None, None, None, 3),
    "优质老年大学数": (None, None, None, None, 4),
    "康复辅具租赁社区数": (None, None, None, None, 50),
    "接入综合信息平台": ("是", "否", None, None, None, "是"),
    "法律服务覆盖": ("是", "否"),
    "政务代办覆盖": ("是", "是"),
    "本年满意度调查": ("是", "否"),
    "通五代移动网络": (None, None, None, None, None, "是"),
    "每日线上服务小时数": (24, 8),
    "未通宽带行政村数": (None, None, None, None, 0),
    "应探访老年人数(合计)": (20, 40),
    "已探访老年人数(合计)": (20, 30),
}
"""Of FIGURE_AREAS, in their order; what isn't filled in is unknown."""

FIGURE_AREAS = [("社区", "c1"), ("社区", "c2"), ("街道", "d1"), ("街道", "d2"), ("全域", "all"), ("社区", "c3")]

PROVIDERS = [
    ("p1", "星河洗衣", "洗衣店", "c1", "2026-03-01", "2026-03-20", "2026-04-01", "2026-04-10", None),
    ("p2", "明湖家政", "家政服务点", "c2", "2026-03-01", "2026-03-20", "2026-04-01", "2026-04-10", "2026-09-01"),
    ("p3", "星河修理", "维修点", "c1", "2026-05-01", None, None, None, None),
]

SATISFACTION = [("q1", "p1", "2026-06", 40, 50, 90.0), ("q2", "p1", "2026-06", 10, 50, 60.0)]


def files() -> dict[str, bytes]:
    """Every file of the example by name."""
    homes = [(home, name, *gcj02(at), *people) for home, name, at, *people in HOMES]
    sites = [
        (
            site, name, kinds, *gcj02(at), hours or None, area, flat or None, "有",
            "街道" if site == "S14" else None, "免费" if site == "S13" else None,
        )
        for site, name, kinds, at, hours, area, flat in SITES
    ]  # fmt: skip
    site, name, kind, at = ABSENT
    sites.append((site, name, kind, *gcj02(at), None, None, None, "无"))
    sites.append(("S12", "星河理发店", "理发店", None, None, None, None, None, "有"))  # an address to look up
    gates = [(gate, name, access, *gcj02(at)) for gate, name, access, at in GATES]
    return {
        "map.osm": osm_xml().encode(),
        "居民登记表.xlsx": workbook(
            "居民", ["编号", "名称", "经度", "纬度", "居民人数", "60岁以上", "未成年人", "残疾人数"], homes
        ),
        "设施登记表.xlsx": workbook(
            "设施",
            [
                *("编号", "设施名称", "设施类型", "经度", "纬度", "营业时间", "建筑面积（㎡）", "无障碍", "现状"),
                *("设施层级", "对外开放"),
            ],
            sites,
        ),
        "出入口登记表.xlsx": workbook("出入口", ["出入口编号", "名称", "通行", "经度", "纬度"], gates),
        "社区边界.zip": areas_zip(),
        "社区数据表.xlsx": workbook(
            "社区数据",
            ["层级", "片区编号", *FIGURES],
            [
                (level, area, *(told[i] if i < len(told) else None for told in FIGURES.values()))
                for i, (level, area) in enumerate(FIGURE_AREAS)
            ],
        ),
        "签约服务商登记表.xlsx": workbook(
            "服务商",
            [
                "服务商编号",
                "名称",
                "类别",
                "社区编号",
                "申报日期",
                "居民代表会议通过日期",
                "签约日期",
                "公示日期",
                "取消资格日期",
            ],
            PROVIDERS,
        ),
        "满意度登记表.xlsx": workbook(
            "满意度", ["调查编号", "服务商编号", "调查期", "有效份数", "发放份数", "满意度"], SATISFACTION
        ),
    }


def main() -> None:
    made = files()
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    for name, content in made.items():
        (HERE / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
