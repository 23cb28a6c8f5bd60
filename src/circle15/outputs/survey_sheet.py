"""The survey list as a workbook to be filled in on the ground; `sources.surveys.read_survey` reads it back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from circle15.checklist import kind
from circle15.outputs.workbook import add_row, still_bytes
from circle15.schema import NO_AREA

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["survey_workbook"]

_COLUMNS = {
    "序号": 7, "问题": 30, "类别": 20, "名称": 28, "附近地址": 24, "设施编号": 16, "社区编号": 12,
    "权重": 12, "居住点数": 10, "现有依据": 30, "经度": 12, "纬度": 12,
    "现状": 8, "实际名称": 24, "实际经度": 12, "实际纬度": 12, "核实日期": 12, "备注": 30,
}  # fmt: skip
"""Headers and widths; what is to be filled in begins at 现状."""

_ASK = {
    "site": "这里有没有这一类服务？ Is it here?",
    "community": "本社区有没有？在哪里？ Is there one here, and where?",
}
_NOTES = (
    "怎样填写",
    "问题按影响大小排列：权重是状态取决于这一答案的居民（或户数、建筑面积）。从上往下核实即可，不必全部填完。",
    "“现状”填 有 或 无；没去看的留空。",
    "问“这里有没有这一类服务”：看名称、经纬度所指的设施，有就是可达，没有就不再算可能可达。",
    "问“本社区有没有”：整个社区都走访过、确实没有才填 无（居民将计为缺口）；",
    "有就在同一行填实际名称和实际经纬度（WGS84 十进制度），还有第二处就复制这一行再填一处。",
    '填好后存盘，在 study.toml 里写 survey = "survey.xlsx"，再运行 circle15 run：已填的行即作定论，并列入依据。',
    "请勿填写任何个人信息。",
    "",
    "How to fill it in",
    "Questions are sorted by how much hangs on them: the weight of the residents whose status the answer decides.",
    "现状 is 有 (present) or 无 (absent); leave it empty where nobody looked. Begin at the top; not all are needed.",
    "A site's question: does the place at these coordinates hold this kind?",
    "A community's question: 无 only where the whole community was walked and has none (its residents become a gap);",
    "where there is one, write its name and its WGS84 coordinates into the row, and copy the row for a second one.",
    'Then write survey = "survey.xlsx" into study.toml and run circle15 again. No personal data, please.',
)


def survey_workbook(asked: gpd.GeoDataFrame, *, unit: str, date: datetime) -> bytes:
    """The survey list (`survey.survey_list`) as an XLSX workbook, the same bytes for the same list and date.

    Parameters
    ----------
    unit : what the weight counts, shown beside it.
    date : the data's; workbooks carry one.
    """
    book = Workbook()
    sheet, notes = book.worksheets[0], book.create_sheet("说明")
    sheet.title = "摸底排查"
    add_row(sheet, [f"{name}（{unit}）" if name == "权重" else name for name in _COLUMNS])
    for row in asked.itertuples():
        name = "片区以外 outside all communities" if row.community_id == NO_AREA else _text(row.name)
        add_row(sheet, [
            row.rank, _ASK[row.ask], kind(row.kind).zh, name, _text(row.near), _text(row.site_id),
            _text(row.community_id), round(row.weight, 1), row.n_residences, _text(row.rule),
            round(row.geometry.x, 6), round(row.geometry.y, 6), *[None] * 6,
        ])  # fmt: skip
    for line in _NOTES:
        add_row(notes, [line])
    notes.column_dimensions["A"].width = 120
    for i, width in enumerate(_COLUMNS.values(), start=1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    for i, cell in enumerate(sheet[1]):
        filled = i >= list(_COLUMNS).index("现状")
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="FFF3D6" if filled else "E8EEF2")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for title in (notes["A1"], notes["A10"]):
        title.font = Font(bold=True)
    state = get_column_letter(list(_COLUMNS).index("现状") + 1)
    offer = DataValidation(type="list", formula1='"有,无"', allow_blank=True)
    offer.add(f"{state}2:{state}{max(len(asked) + 1000, 1000)}")
    sheet.add_data_validation(offer)
    sheet.freeze_panes = "E2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_COLUMNS))}{len(asked) + 1}"
    return still_bytes(book, date)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
