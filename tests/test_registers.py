"""Registers as planners bring them: what is read, and every bad row named at once."""

from __future__ import annotations

import csv
import io
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from circle15.checklist import extension_kinds, kinds
from circle15.errors import DataError
from circle15.schema import SITE_COLUMNS, SITE_KIND_COLUMNS, checked_residences
from circle15.sources.registers import read_register, read_residences, read_sites

ZH = ["设施编号", "名称", "类别", "经度", "纬度"]
EN = ["site_id", "name", "kind", "lon", "lat"]
HALL = ["0012", "光河居委会", "社区村居委会办公室", "116.5872", "35.4151"]
HOMES_ZH = ["居住点编号", "名称", "经度", "纬度", "权重", "城乡"]
HOME = ["H1", "光河小区", "116.58", "35.41", "96", "城镇"]


def csv_text(rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


@pytest.fixture
def save(tmp_path):
    """Write rows as a register; its kind is the name's ending, "bom.csv" has a byte order mark."""

    def write(rows, name="register.csv"):
        path = tmp_path / name
        if name.endswith(".xlsx"):
            book = openpyxl.Workbook()
            for row in rows:
                book.active.append(row)
            book.save(path)
        else:
            path.write_bytes(csv_text(rows).encode("utf-8-sig" if name.startswith("bom") else "utf-8"))
        return path

    return write


def refusal(read, path):
    with pytest.raises(DataError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", ["register.csv", "bom.csv", "register.xlsx", "REGISTER.CSV"])
@pytest.mark.parametrize("header", [ZH, EN, ["Site_ID", " 名称 ", "KIND", "经度", "lat"]])
def test_a_register_is_sites_and_their_kinds(save, name, header):
    sites, site_kinds = read_sites(save([header, HALL, ["0003", "", "药店", "116.5", "35.5"]], name))
    assert list(sites.columns) == list(SITE_COLUMNS)
    assert sites.crs == "EPSG:4326"
    assert sites["site_id"].tolist() == ["0003", "0012"]
    assert pd.isna(sites["name"][0])
    assert sites["name"][1] == "光河居委会"
    assert sites["source"].tolist() == [name, name]
    assert [(point.x, point.y) for point in sites.geometry] == [(116.5, 35.5), (116.5872, 35.4151)]
    assert sites[["floor_area_m2", "capacity"]].isna().all(axis=None)
    assert list(site_kinds.columns) == list(SITE_KIND_COLUMNS)
    assert site_kinds.to_numpy().tolist() == [
        ["0003", "pharmacy", "confirmed", f"{name} row 3"],
        ["0012", "community_committee_office", "confirmed", f"{name} row 2"],
    ]


@pytest.mark.parametrize("name", ["register.csv", "register.xlsx"])
def test_optional_columns_are_read_and_others_pass_through(save, name):
    header = [*ZH, "开放时间", "建筑面积", "capacity", "联系方式"]
    full = [*HALL, "Mo-Fr 08:30-17:30", "２００.5", "30", "二楼"]
    bare = ["0013", "亭", "waste_dropoff", "116.6", "35.4", "", "", "", ""]
    sites, _ = read_sites(save([header, full, bare], name))
    assert sites["opening_hours"][0] == "Mo-Fr 08:30-17:30"
    assert sites["floor_area_m2"][0] == 200.5
    assert sites["capacity"][0] == 30.0
    assert sites["联系方式"][0] == "二楼"
    assert sites.loc[1, ["opening_hours", "floor_area_m2", "capacity", "联系方式"]].isna().all()


@pytest.mark.parametrize("mark", ["、", ";", "；", ",", "，", " 、 "])
def test_one_site_holds_several_kinds(save, mark):
    several = mark.join(["药店", "health_room", "幼儿园", "药店", ""])
    sites, site_kinds = read_sites(save([EN, ["7", "一室多用", several, "116.5", "35.5"]]))
    assert len(sites) == 1
    assert site_kinds["kind"].tolist() == ["health_room", "pharmacy", "kindergarten"]
    assert set(site_kinds["rule"]) == {"register.csv row 2"}


def test_every_kind_is_known_by_its_id_and_its_chinese_name(save):
    every = [*kinds(), *extension_kinds()]
    rows = [
        [f"{i:02}{form}", "", text, "116.5", "35.5"]
        for i, k in enumerate(every)
        for form, text in enumerate((k.id, k.zh))
    ]
    sites, site_kinds = read_sites(save([EN, *rows]))
    named = dict(zip(sites["site_id"], (k.id for k in every for _ in range(2)), strict=True))
    own = site_kinds[site_kinds["kind"] == site_kinds["site_id"].map(named)]
    assert own["site_id"].tolist() == sites["site_id"].tolist()
    assert (own["evidence"] == "confirmed").all()
    # a row of a kind that has sorts may be any of them, one of a sort is of the kind, and a 供销社 may be a shop
    others = site_kinds.drop(own.index)["site_id"].map(named)
    assert set(others) == {
        "school", "utility_outlet", *SORTS, "supply_cooperative", "public_gym", "fitness_centre", "recycling_point",
    }  # fmt: skip


SORTS = ("primary_school", "secondary_school", "gas_outlet", "power_outlet", "water_outlet")


def test_no_primary_school_in_a_community_says_nothing_of_its_other_schools(save):
    header = ["编号", "名称", "类别", "经度", "纬度", "现状", "社区编号"]
    path = save([
        header,
        ["1", "", "小学", "", "", "无", "c1"],
        ["2", "", "学校", "", "", "无", "c2"],
        ["3", "实验小学", "小学", "116.5", "35.5", "无", ""],  # this one is gone, as a school too
        ["4", "", "药店", "116.5", "35.5", "有", ""],
    ])  # fmt: skip
    gone = read_register(path).absent
    assert list(zip(gone["site_id"], gone["kind"], strict=True)) == [
        ("1", "primary_school"),
        ("2", "school"), ("2", "primary_school"), ("2", "secondary_school"),
        ("3", "school"), ("3", "primary_school"),
    ]  # fmt: skip


def test_rows_are_numbered_as_the_spreadsheet_shows_them(save):
    broken = ["0013", "两行\n名称", "药店", "116.5", "35.5"]
    rows = [
        ZH,
        HALL,
        ["", "", "", "", ""],
        ["示例", "示例", "", "x", ""],
        broken,
        ["0014", "", "药店", "116.5", "35.5"],
    ]
    for name in ("register.csv", "register.xlsx"):
        _, site_kinds = read_sites(save(rows, name))
        assert site_kinds["rule"].tolist() == [f"{name} row {n}" for n in (2, 5, 6)]


def test_numbers_in_a_workbook_read_as_they_are_shown(save):
    path = save([EN, [12, "a", "药店", 116.5, 35], [13.0, "b", "药店", 116, 35.5]], "register.xlsx")
    book = openpyxl.load_workbook(path)
    book.active["A2"].number_format = "00000"
    book.save(path)
    sites, _ = read_sites(path)
    assert sites["site_id"].tolist() == ["00012", "13"]
    assert sites.geometry.x.tolist() == [116.5, 116.0]


def test_only_the_first_sheet_of_a_workbook_is_read(save):
    path = save([EN, HALL], "register.xlsx")
    book = openpyxl.load_workbook(path)
    book.create_sheet("草稿").append(["?"])
    book.save(path)
    assert len(read_sites(path)[0]) == 1


def a_row(**cells):
    """The row of HALL with some cells changed."""
    return [cells.get(column, value) for column, value in zip(EN, HALL, strict=True)]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"site_id": ""}, "设施编号/site_id is missing"),
        ({"lon": ""}, "经度/lon is missing, give WGS84 degrees"),
        ({"lat": "东经35度"}, "纬度/lat '东经35度' isn't a number, give WGS84 degrees"),
        ({"lat": "nan"}, "纬度/lat 'nan' isn't a number"),
        ({"lon": "1e999"}, "经度/lon '1e999' isn't a number"),
        ({"lon": "1_16"}, "经度/lon '1_16' isn't a number"),
        ({"lon": "35.4151", "lat": "116.5872"}, "经度/lon and 纬度/lat are swapped, exchange them"),
        ({"lon": "43.82", "lat": "87.61"}, "经度/lon and 纬度/lat are swapped, exchange them"),  # Ürümqi
        ({"lon": "39462810", "lat": "3920551"}, "经度/lon and 纬度/lat aren't degrees on earth"),
        ({"lon": "116.5", "lat": "-90.1"}, "经度/lon and 纬度/lat aren't degrees on earth"),
        ({"lon": "0", "lat": "0.0"}, "经度/lon and 纬度/lat are both 0"),
    ],
)
def test_a_bad_cell_is_named_with_its_row_and_the_mend(save, cells, told):
    good = ["1", "", "药店", "116.5", "35.5"]
    for name in ("register.csv", "register.xlsx"):
        assert refusal(read_sites, save([EN, good, a_row(**cells)], name)).startswith(f"row 3: {told}")


def test_a_western_or_polar_place_is_no_swap(save):
    rows = [["1", "乌鲁木齐", "药店", "87.61", "43.82"], ["2", "Longyearbyen", "药店", "15.6", "78.2"]]
    assert len(read_sites(save([EN, *rows]))[0]) == 2


@pytest.mark.parametrize(
    ("column", "value"), [("floor_area_m2", "-3"), ("容量", "-1"), ("建筑面积", "三百"), ("capacity", "1,20,0")]
)
def test_a_bad_amount_is_named(save, column, value):
    message = refusal(read_sites, save([[*EN, column], [*HALL, value]]))
    assert message.startswith("row 2: ")
    assert column in message
    assert "negative" in message or f"'{value}' isn't a number, give digits without a unit" in message


def test_every_bad_row_is_listed_at_once(save):
    bad = [["k" + str(i), "", "药店", "116.5", "x"] for i in range(4)]
    rows = [EN, HALL, HALL, a_row(site_id="9", lon=""), *bad, a_row(site_id="", lat="x")]
    message = refusal(read_sites, save(rows))
    assert [part.split(": ")[0] for part in message.split("; ")] == ["rows 2-3", "row 4", "rows 5-9", "row 9"]
    assert "rows 2-3: 设施编号/site_id '0012' is repeated, put all kinds of one site into one row" in message


def test_a_message_ends_but_no_row_is_left_out(save):
    rows = [[f"s{i}", "", "药店", "116.5", f"未知{i}"] for i in range(100)]
    message = refusal(read_sites, save([EN, *rows]))
    assert message.endswith("rows 42-101: more of the same")


def test_scattered_rows_beyond_reading_are_counted(save):
    rows = [[f"s{i}", "", "药店", "116.5", "35.5" if i % 2 else "x"] for i in range(1000)]
    message = refusal(read_sites, save([EN, *rows]))
    assert message.startswith("rows 2, 4, 6, 8, ")
    assert ", 398, 400 and 300 more: 纬度/lat 'x' isn't a number" in message


@pytest.mark.parametrize("name", ["register.csv", "register.xlsx"])
def test_columns_that_are_missing_are_named_in_both_languages(save, name):
    message = refusal(read_sites, save([["设施编号", "类别"], HALL[:2]], name))
    assert message.startswith("row 1 lacks the headers 经度/lon, 纬度/lat; ")
    assert refusal(read_sites, save([["济宁市设施登记表"], HALL], name)).startswith("row 1 lacks the headers")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ([*ZH, "name"], "the headers 'name' stand twice in row 1; keep one of each"),
        ([*ZH, "备注", "备注"], "the headers '备注' stand twice in row 1"),
        ([*ZH, "geometry"], "the headers geometry in row 1 have a meaning of their own; rename them"),
        ([*ZH, "Source"], "the headers Source in row 1 have a meaning of their own; rename them"),
    ],
)
def test_headers_that_clash_are_refused(save, header, told):
    assert refusal(read_sites, save([header, HALL])).startswith(told)


@pytest.mark.parametrize("name", ["register.csv", "register.xlsx"])
def test_a_cell_without_a_header_is_named(save, name):
    unquoted = ["1", "a", "药店", "药店", "116.5", "35.5"]
    message = refusal(read_sites, save([EN, HALL, unquoted], name))
    assert "row 3: a cell stands under no header, put text that holds commas into quotes" in message
    message = refusal(read_sites, save([[*EN[:3], "", *EN[3:]], unquoted], name))
    assert message.startswith("row 2: a cell stands under no header")


@pytest.mark.parametrize("rows", [[ZH], [ZH, ["示例", "", "药店", "116.5", "35.5"]], [ZH, ["", "", "", "", ""]]])
@pytest.mark.parametrize("name", ["register.csv", "register.xlsx"])
def test_a_register_without_a_row_is_refused(save, rows, name):
    assert refusal(read_sites, save(rows, name)).startswith("has no site; fill in at least one row")


def zipped(names):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return held.getvalue()


PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
OLD_WORKBOOK = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "is empty; fill in the headers"),
        ("a.csv", PNG, "line 1 isn't UTF-8 text"),
        ("a.csv", b"site_id,name\0", "line 1 holds a zero byte, so it isn't CSV text; save it as CSV UTF-8"),
        ("a.csv", zipped(["xl/workbook.xml"]), "is a workbook and no CSV text; save it as CSV UTF-8, or name it .xlsx"),
        ("a.csv", OLD_WORKBOOK, "is a workbook and no CSV text"),
        ("a.csv", b'site_id,name,kind,lon,lat\n1,"open,x,116,35\n', "isn't valid CSV in row 2 (near line 2"),
        ("a.xlsx", b"", "isn't an XLSX workbook"),
        ("a.xlsx", csv_text([ZH, HALL]).encode(), "isn't an XLSX workbook; save it as .xlsx, or name it .csv"),
        ("a.xlsx", PNG, "isn't an XLSX workbook"),
        ("a.xlsx", OLD_WORKBOOK, "is an old or password-protected workbook; save it as .xlsx without a password"),
        ("a.xlsx", zipped(["a.txt"]), "can't be read as an XLSX workbook; open it in a spreadsheet program"),
        ("a.xlsx", zipped(["[Content_Types].xml", "xl/workbook.xml"]), "can't be read as an XLSX workbook"),
        ("a.xls", OLD_WORKBOOK, "isn't a register; save it as .xlsx"),
        ("a.gpkg", b"", "can't be read as a map layer"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content)
    assert refusal(read_sites, path).startswith(told)


def test_a_truncated_workbook_and_missing_files_are_refused(save, tmp_path):
    path = save([EN, HALL], "register.xlsx")
    path.write_bytes(path.read_bytes()[:2000])
    assert refusal(read_sites, path).startswith("can't be read as an XLSX workbook")
    assert refusal(read_sites, tmp_path / "none.csv").startswith("no such file")
    (tmp_path / "folder.csv").mkdir()
    assert refusal(read_sites, tmp_path / "folder.csv").startswith("no such file")


@pytest.mark.parametrize("name", ["homes.csv", "bom.csv", "homes.xlsx"])
def test_a_register_of_residences_is_points(save, name):
    header = ["residence_id", "name", "lon", "lat", "weight", "setting", "楼栋"]
    for first in (header, [*HOMES_ZH, "楼栋"]):
        frame = read_residences(save([first, [*HOME, "3"], ["H0", "", "116.6", "35.4", "7.5", "Rural", ""]], name))
        assert list(frame.columns) == ["residence_id", "name", "weight", "setting", "楼栋", "geometry"]
        assert frame.crs == "EPSG:4326"
        assert frame["residence_id"].tolist() == ["H1", "H0"]
        assert frame["weight"].tolist() == [96.0, 7.5]
        assert frame["setting"].tolist() == ["urban", "rural"]
        assert checked_residences(frame)["residence_id"].tolist() == ["H0", "H1"]


def test_a_weight_or_setting_that_nobody_gave_is_no_column(save):
    for rows in ([HOMES_ZH[:4], HOME[:4]], [HOMES_ZH, [*HOME[:4], "", ""]]):
        frame = read_residences(save(rows))
        assert list(frame.columns) == ["residence_id", "name", "geometry"]


def test_bad_residences_are_named_by_row(save):
    rows = [
        HOMES_ZH, HOME, HOME,
        ["H3", "", "116.5", "35.4", "", "城镇"],
        ["H4", "", "116.5", "35.4", "-1", "郊区"],
        ["H5", "", "35.4", "116.5", "多", ""],
    ]  # fmt: skip
    message = refusal(read_residences, save(rows))
    for told in (
        "rows 2-3: 居住点编号/residence_id 'H1' is repeated, give each residence an id of its own",
        "row 4: 权重/weight is missing, give a number of at least 0",
        "row 5: 权重/weight is negative",
        "row 6: 权重/weight '多' isn't a number",
        "rows 5-6: 城乡/setting is missing or unknown, write 城镇 or 农村",
        "row 6: 经度/lon and 纬度/lat are swapped",
    ):
        assert told in message
    assert refusal(read_residences, save([HOMES_ZH])).startswith("has no residence; fill in at least one row")


def complaint(read, path):
    """What the reader refuses with; nothing when it gives frames."""
    try:
        read(path)
    except DataError as error:
        return str(error)
    return ""


def frames_or_data_error(read, path):
    assert "\n" not in complaint(read, path)


words = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["药店", "药店、学校", "示例", "116.5", "35.4", "-0", "1e5", "nan", "inf", "城镇", "", " ", "１２０", "0012"]
    ),
)
tables = st.lists(st.lists(words, max_size=7), max_size=6)


@pytest.fixture(scope="module")
def corner(tmp_path_factory):
    return tmp_path_factory.mktemp("random")


@given(rows=tables, extra=st.lists(st.text(max_size=6), max_size=2))
@example(rows=[["1", "", "药店", "0x10", "35"]], extra=[])
@example(rows=[["1", "", "药店", "116", "35", "nan"]], extra=["NaN"])
def test_random_cells_give_frames_or_a_data_error(corner, rows, extra):
    for read, header in ((read_sites, [*ZH, *extra]), (read_residences, [*HOMES_ZH, *extra])):
        path = corner / "random.csv"
        path.write_bytes(csv_text([header, *rows]).encode())
        frames_or_data_error(read, path)


@given(
    content=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)),
    start=st.sampled_from([b"", b"PK\x03\x04"]),
)
def test_random_bytes_give_a_data_error(corner, content, start):
    for name in ("bytes.csv", "bytes.xlsx"):
        (corner / name).write_bytes(start + content)
        with pytest.raises(DataError):
            read_sites(corner / name)


cells = st.one_of(
    words.map(lambda text: ILLEGAL_CHARACTERS_RE.sub("", text)),
    st.none(), st.booleans(), st.integers(), st.floats(), st.datetimes(), st.times(), st.sampled_from(["#N/A", "=1/0"]),
)  # fmt: skip


@given(rows=st.lists(st.lists(cells, max_size=6), max_size=4))
def test_random_workbooks_give_frames_or_a_data_error(corner, rows):
    book = openpyxl.Workbook()
    for row in [ZH, *rows]:
        book.active.append(row)
    book.save(corner / "random.xlsx")
    frames_or_data_error(read_sites, corner / "random.xlsx")


def test_words_of_a_few_are_told_as_their_ids(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text(
        "设施编号,类别,经度,纬度,设施层级,对外开放,无障碍\n"
        "1,社区服务中心,116.5,35.4,街道,,是\n2,室外体育活动中心,116.5,35.4,,低收费,NO\n",
        encoding="utf-8",
    )
    sites, _ = read_sites(path)
    told = sites[["facility_level", "open_to_public", "step_free"]].astype(object)
    assert told.where(told.notna(), None).to_numpy().tolist() == [["street", None, "yes"], [None, "cheap", "no"]]
    path.write_text(path.read_text(encoding="utf-8").replace("街道", "市级"), encoding="utf-8")
    with pytest.raises(DataError, match="row 2: 设施层级/facility_level is unknown, write 社区、街道"):
        read_sites(path)
