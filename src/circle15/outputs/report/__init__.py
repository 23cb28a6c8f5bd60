"""A district's report: what a district office can read, print, file and check; Chinese first, then English.

`report_model` computes what the report says. `pages.report_document` orders it, and HTML and PDF lay that out; the
workbook holds the same figures as tables. Each is one file that needs no network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from circle15.outputs.palette import date_of
from circle15.outputs.report.book import report_workbook
from circle15.outputs.report.gather import build, district_scope, types_of, whole_scope
from circle15.outputs.report.layout import Document
from circle15.outputs.report.model import ReportModel
from circle15.outputs.report.pages import report_document
from circle15.outputs.report.pdf import missing_extra, pdf_of
from circle15.outputs.report.sketch import draw, draw_gap_areas
from circle15.outputs.report.summary import summary_document, summary_workbook
from circle15.outputs.report.webpage import html_of
from circle15.schema import NO_AREA
from circle15.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from circle15.outputs.report.model import Scope
    from circle15.outputs.report.pdf import MissingGlyph
    from circle15.schema import StudyFrames
    from circle15.typology import Typology

__all__ = ["SUMMARY", "ReportModel", "render_report", "report_model", "types_of", "write_reports"]

SUMMARY = "summary"
"""Name of the files that compare districts."""


def report_model(frames: StudyFrames, district_id: str | None) -> ReportModel:
    """Compute what the report of one district says.

    Parameters
    ----------
    frames : a finished study.
    district_id : a district's `area_id`, "none" for residences in no district, or None for the whole study.

    Returns
    -------
    Plain frozen values; shares are of the weight of the scope's residences.

    Raises
    ------
    InputError
        when no residence lies in the district.
    """
    scope = district_scope(whole_scope(frames), district_id)
    return build(frames, scope, district_id, types_of(frames))


def render_report(frames: StudyFrames, district_id: str | None) -> str:
    """Write the report of one district as a self-contained HTML page.

    Parameters
    ----------
    frames : a finished study.
    district_id : a district's `area_id`, "none" for residences in no district, or None for the whole study.

    Returns
    -------
    The text of an HTML file (UTF-8) without any request, script or foreign font; printable on A4. The same frames
    give the same text.

    Raises
    ------
    InputError
        when no residence lies in the district.
    """
    return html_of(_document(frames, whole_scope(frames), district_id, types_of(frames))[1])


def write_reports(
    frames: StudyFrames, folder: Path, *, names: Mapping[str | None, str], types: Typology | None, summary: bool = True
) -> tuple[Words, ...]:
    """Write the reports of a study as HTML, PDF and XLSX, and a summary that compares its districts, if it has any.

    Parameters
    ----------
    folder : exists; the same frames give the same files.
    names : the file's name of each report; the key None is the whole study.
    types : of the study's communities (`types_of`).
    summary : whether districts are compared; names must then hold the whole study.

    Returns
    -------
    What the user is to be told: that PDFs need an extra, or which characters the PDF's font hasn't got.
    """
    date = date_of(frames.about.get("data_date"))
    lacking = missing_extra()
    whole = whole_scope(frames)
    models: dict[str | None, ReportModel] = {}
    missing: list[MissingGlyph] = []

    def write(name: str, document: Document, workbook: bytes) -> None:
        (folder / f"{name}.html").write_text(html_of(document), encoding="utf-8", newline="\n")
        (folder / f"{name}.xlsx").write_bytes(workbook)
        if lacking is None:
            pdf, not_shown = pdf_of(document, date=date)
            (folder / f"{name}.pdf").write_bytes(pdf)
            missing.extend(not_shown)

    for district_id, name in names.items():
        models[district_id], document = _document(frames, whole, district_id, types)
        write(name, document, report_workbook(models[district_id], date=date))
    districts = [models[one] for one in sorted((one for one in models if one is not None), key=_none_last)]
    if districts and summary:
        compared = summary_document(models[None], districts)
        write(SUMMARY, compared, summary_workbook(models[None], districts, date=date))
    return (*([] if lacking is None else [lacking]), *_told(missing))


def _none_last(area_id: str) -> tuple[bool, str]:
    return area_id == NO_AREA, area_id


def _told(missing: list[MissingGlyph]) -> list[Words]:
    first = {one.character: one.text for one in reversed(missing)}
    return [
        Words(
            zh=f"PDF 报告的字体没有“{one}”（U+{ord(one):04X}），写作编码：{text}",
            en=f"reports as PDF: the font has no '{one}' (U+{ord(one):04X}), written as its code: {text}",
        )
        for one, text in sorted(first.items())
    ]


def _document(
    frames: StudyFrames, whole: Scope, district_id: str | None, types: Typology | None
) -> tuple[ReportModel, Document]:
    scope = district_scope(whole, district_id)
    model = build(frames, scope, district_id, types)
    return model, report_document(model, draw(frames, scope, model), draw_gap_areas(frames, scope, model))
