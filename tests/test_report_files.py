"""The report as PDF and workbook, the summary of districts, and that all files of a run say the same figures.

The study is the one in paper.py; expected figures are worked out there by hand.
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15 import Study
from circle15.checklist import KINDS, kind
from circle15.display import plain_name
from circle15.outputs import folder, palette
from circle15.outputs.folder import report_names
from circle15.outputs.report import SUMMARY, pdf, render_report, report_model, types_of, write_reports
from circle15.outputs.report.book import report_workbook
from circle15.outputs.report.layout import Cell, Document, Row, Section, Shares, Table, Text
from circle15.outputs.report.pages import report_document
from circle15.outputs.report.sketch import Sketch
from circle15.outputs.webmap.encode import payload
from circle15.schema import STATUSES, StudyFrames
from circle15.words import Words
from conftest import ROOT
from map_pages import unpacked
from paper import HOSTILE, Page, changed, made_hostile, paper_study, with_everything, without_areas, without_plan

DATE = datetime(2019, 5, 9, tzinfo=UTC)
NO_MAP = Sketch(
    width=900, height=600, layers=(), places=(), gap_areas=(), plan=(), scale_units=100, scale_label="1 km", legend=()
)
MARGIN_PT = 14 / 25.4 * 72
NEAREST = "最近一处（分钟），空为两倍时限内没有"
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "{=1}", "https://a.b", "<r><t>x</t></r>", "001", "1e5", "TRUE")
"""Texts that a spreadsheet would like to read as something else."""


ONE_RUN = pytest.mark.xdist_group("report of the example")


@pytest.fixture
def frames() -> StudyFrames:
    return paper_study()


def document(frames: StudyFrames, district: str | None = None) -> Document:
    return report_document(report_model(frames, district), NO_MAP, ())


def texts(value: Any) -> list[str]:
    """Every text of a document that isn't in a drawing."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, (Sketch, Shares)):
        return []
    if isinstance(value, Cell):  # `tone` is a colour
        return [value.mark, value.zh, value.en, *texts(value.small), value.shaky]
    if dataclasses.is_dataclass(value):
        names = [one.name for one in dataclasses.fields(value) if one.name not in {"style", "name", "address"}]
        return [text for name in names for text in texts(getattr(value, name))]
    return [text for one in value for text in texts(one)] if isinstance(value, tuple) else []


class Pdf:
    """Pages of a PDF as text, without white space and line breaks' traces."""

    def __init__(self, content: bytes) -> None:
        found = pypdfium2.PdfDocument(content)
        self.pages, self.boxes, self.fonts, self.sizes = [], [], set(), []
        for page in found:
            read = page.get_textpage()
            self.pages.append(bare(read.get_text_range()))
            self.sizes.append(page.get_size())
            for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=1):
                self.boxes.append(one.get_bounds())
                self.fonts.add(font_of(one))
            read.close()
            page.close()
        found.close()
        self.text = "".join(self.pages)


def font_of(text: Any) -> tuple[str, bool]:
    font = pdfium.FPDFTextObj_GetFont(text)
    size = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
    name = (pdfium.c_char * size)()
    pdfium.FPDFFont_GetBaseFontName(font, name, size)
    return name.value.decode().split("+")[-1], bool(pdfium.FPDFFont_GetIsEmbedded(font))


def bare(text: str) -> str:
    return re.sub(r"[\s\u200b\u0002\ufffe\u00ad-]", "", text)


def made_pdf(made: Document) -> Pdf:
    content, missing = pdf.pdf_of(made, date=DATE)
    assert missing == ()
    return Pdf(content)


def sheets(content: bytes) -> dict[str, Any]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title.split()[0]: sheet for sheet in book.worksheets}


def rows(sheet: Any) -> list[dict[str, Any]]:
    """Rows by the Chinese heads of their columns."""
    heads = [str(cell.value).split("\n")[0] for cell in sheet[1]]
    return [dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)]


def workbook(frames: StudyFrames, district: str | None = None) -> dict[str, Any]:
    return sheets(report_workbook(report_model(frames, district), date=DATE))


# --- the workbook


def test_the_workbook_holds_figures_worked_out_on_paper(frames: StudyFrames) -> None:
    found = workbook(frames)
    school = {row["社区"]: row for row in rows(found["27类×社区"]) if row["类别"] == "服务社区的学校"}
    assert list(school) == ["合计 total", "西闸社区", "洸河社区", "不属任何社区"]
    five = [palette.STATUS_STYLES[one].zh for one in STATUSES]
    # Of 500: covered 190, possible 50, unknown 30, gap 220, off 10; c1, of 200: 100 covered, 100 in gap.
    assert [school["合计 total"][one] for one in five] == pytest.approx([0.38, 0.10, 0.06, 0.44, 0.02])
    assert [school["西闸社区"][one] for one in five] == pytest.approx([0.5, 0, 0, 0.5, 0])
    assert (school["洸河社区"]["居民（人）"], school["洸河社区"]["居住点"]) == (200, 5)
    summary = {row["项目"]: row for row in rows(found["概要"])}
    assert (summary["至少缺一类"]["数值"], summary["至少缺一类"]["占全部权重"]) == (490, pytest.approx(0.98))
    assert (summary["缺口：服务社区的学校"]["数值"], summary["有缺口的类别"]["数值"]) == (220, 2)
    first, second, third = rows(found["缺口片区"])
    assert (first["类别"], first["居民（人）"], first["最近一处（分钟），空为两倍时限内没有"]) == (
        "农贸市场",
        300,
        None,
    )
    assert second["最近一处（分钟），空为两倍时限内没有"] == 20.5
    assert (third["主要原因"], third["经度"]) == (palette.REASONS["too_far"].zh, pytest.approx(116.50455))
    one, two = rows(found["方案"])
    assert (one["号"], one["新增可达（人，按类累计）"], one["在本报告范围内"]) == (1, 300, "是 yes")
    assert (two["名称"], two["若缺数据也是缺，另增（人）"]) == ("崇文学校", 30)
    proof = {(row["项目"], row["片区"]): row["数值"] for row in rows(found["证明与增益"])}
    assert proof["上界 bound", "全研究区 whole study"] == 400
    assert proof["仍缺 still unserved", "西闸社区"] == 50
    (indicator,) = rows(found["指标"])
    assert (indicator["已确认（逐片区的为最低）"], indicator["目标"]) == (0.38, 1)
    assert (indicator["未达标的片区"], indicator["不能判定的片区"]) == (1, 1)
    assert "每处居住点按居民计权" in str([row["中文"] for row in rows(found["说明"])])


def test_every_gap_area_and_requirement_is_in_the_workbook(frames: StudyFrames) -> None:
    many = frames.gap_areas.iloc[[0] * 40].assign(gap_area_id=[f"g{i:02d}" for i in range(40)])
    asked = pd.DataFrame(
        [("guanghe_2019", f"X-{i}", f"第{i}句", None, "表", "form") for i in range(30)],
        columns=["policy", "indicator", "quote", "form", "needs_zh", "needs_en"],
    )
    found = workbook(changed(frames, gap_areas=many.reset_index(drop=True), unanswered=asked))
    assert len(rows(found["缺口片区"])) == 40
    assert len(rows(found["待补充"])) == 30


def test_sheets_are_made_for_work(frames: StudyFrames) -> None:
    found = workbook(with_everything(frames))
    assert list(found)[:6] == ["结论", "概要", "27类×社区", "社区", "得分", "缺口片区"]
    assert {"指标", "有没有", "方案", "数据质量", "服务商", "满意度", "需求", "服务项目", "说明"} <= set(found)
    for name, sheet in found.items():
        assert sheet.freeze_panes is not None, name
        assert sheet.freeze_panes.endswith("2"), name
        assert sheet.auto_filter.ref == f"A1:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}", name
        assert all(sheet.column_dimensions[cell.column_letter].width >= 6 for cell in sheet[1]), name
        assert all("\n" in cell.value and cell.font.bold for cell in sheet[1]), name
        assert "OpenStreetMap" in sheet.oddFooter.left.text, name
        assert "2019-05-09" in sheet.oddFooter.left.text, name
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                assert cell.data_type in {"s", "n"}, (name, cell.coordinate)
                label = name == "满意度"  # its periods are names, though they look like numbers
                assert label or not re.fullmatch(r"[\d.,]+%?", str(cell.value)) or cell.data_type == "n", (
                    cell.coordinate
                )


@pytest.mark.parametrize("text", [HOSTILE, *FORMULAS])
def test_no_text_of_the_workbook_becomes_a_formula(frames: StudyFrames, text: str) -> None:
    named = changed(
        frames,
        area_shapes=frames.area_shapes.assign(name=text),
        candidates=frames.candidates.assign(name=text),
        about=frames.about | {"title_zh": text, "attribution": f"{text} & {text}", "warnings": [text]},
    )
    content = report_workbook(report_model(named, None), date=DATE)
    found = sheets(content)
    cells = [cell for sheet in found.values() for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    shown = {str(cell.value).strip() for cell in cells}
    assert (plain_name(text) or "")[:47] in {one[:47] for one in shown}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert not [name for name in parts.namelist() if "hyperlink" in name or "calcChain" in name]
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)]


def test_a_hostile_study_gives_a_workbook(frames: StudyFrames) -> None:
    found = workbook(made_hostile(frames), "d1")
    cells = [cell for sheet in found.values() for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [cell for cell in cells if isinstance(cell.value, str) and "\u202e" in cell.value]


@ONE_RUN
def test_the_workbook_lists_the_sites_of_its_scope(run: tuple[Path, StudyFrames]) -> None:
    out, frames = run
    whole = rows(sheets((out / "reports" / "all.xlsx").read_bytes())["设施"])
    told = {(row["设施编号"], row["类别"], row["证据"]) for row in whole}
    known = frames.site_kinds
    assert told == {
        (one, kind(kind_id).zh, palette.EVIDENCE[evidence].zh)
        for one, kind_id, evidence in zip(known["site_id"], known["kind"], known["evidence"], strict=True)
    }
    place = frames.sites.set_index("site_id").geometry.representative_point()
    for row in whole:
        assert (row["经度"], row["纬度"]) == pytest.approx(place[row["设施编号"]].coords[0], abs=1e-9)
    shape = frames.area_shapes.set_index("area_id").geometry["d1"]
    in_d1 = rows(sheets((out / "reports" / "d1.xlsx").read_bytes())["设施"])
    assert 0 < len(in_d1) < len(whole)
    assert {row["设施编号"] for row in in_d1} == set(known["site_id"]) & set(place.index[place.intersects(shape)])


# --- the PDF


@pytest.mark.parametrize("make", [lambda f: f, without_areas, without_plan, with_everything])
def test_the_pdf_holds_every_text_of_the_document(make: Any, frames: StudyFrames) -> None:
    made = document(make(frames))
    found = made_pdf(made)
    assert [text for text in texts(made) if bare(text) not in found.text] == []


def test_the_pdf_holds_the_shares_and_its_own_font_only(frames: StudyFrames) -> None:
    found = made_pdf(document(frames))
    for figure in ("C38.0%P10.0%U6.0%G44.0%N2.0%±2.0%", "C30.0%P25.0%U15.0%G25.0%N5.0%", "可达1.4%", "63.9%"):
        assert figure in found.text
    assert found.fonts == {("NotoSansCJKsc-Regular", True)}
    assert not re.search("[\ufffd\u25a1\x00]", found.text)
    assert found.pages[0].startswith("一刻钟社区服务圈评估报告")
    assert found.text.count("©OpenStreetMapcontributors,ODbL1.0·数据日期2019") == len(found.pages)
    assert found.pages[-1].endswith(f"{len(found.pages)}/{len(found.pages)}")


def test_nothing_sticks_out_of_the_page(frames: StudyFrames) -> None:
    long = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2
    stuffed = changed(
        with_everything(frames),
        area_shapes=frames.area_shapes.assign(name=long),
        candidates=frames.candidates.assign(name=long, candidate_id=["f1", "s1"]),
        about=frames.about | {"complete_why": long * 3, "title_zh": "很长的名字" * 12, "attribution": long * 3},
    )
    found = made_pdf(document(stuffed))
    width, _ = found.sizes[0]
    assert {tuple(map(round, size)) for size in found.sizes} == {(595, 842)}
    assert min(box[0] for box in found.boxes) > MARGIN_PT - 2
    assert max(box[2] for box in found.boxes) < width - MARGIN_PT + 2
    assert min(box[1] for box in found.boxes) > 0


def test_rows_stay_whole_and_heads_come_again(frames: StudyFrames) -> None:
    n = 90
    plan = frames.plan.iloc[[0] * n].assign(
        rank=range(1, n + 1), candidate_id=[f"cand{i:04d}" for i in range(n)], kinds="school,farmers_market,pharmacy"
    )
    candidates = frames.candidates.iloc[[0] * n].assign(
        candidate_id=plan["candidate_id"], name=[f"地点{i:04d}号" for i in range(n)]
    )
    many = changed(frames, plan=plan.reset_index(drop=True), candidates=candidates.reset_index(drop=True))
    found = made_pdf(document(many))
    at = {}
    for i in range(3, n):  # the first three stand on the first page, too
        (named,) = [page for page, text in enumerate(found.pages) if f"地点{i:04d}号" in text]
        (coded,) = [page for page, text in enumerate(found.pages) if f"cand{i:04d}" in text]
        assert named == coded
        at[i] = named
    pages = sorted(set(at.values()))
    assert len(pages) >= 3
    assert all("设什么kinds" in found.pages[page] for page in pages)


def test_groups_keep_their_first_row(frames: StudyFrames) -> None:
    found = made_pdf(document(frames))
    for group, first in (("一校", "服务社区的学校"), ("六中心", "社区服务中心"), ("九网点", "餐饮")):
        assert [text for text in found.pages if re.search(rf"{group}[A-Z]\w+[●◐○]{first}", text)], group


def test_what_the_font_lacks_is_told_and_written_as_its_code(frames: StudyFrames) -> None:
    named = frames.area_shapes.assign(name=["茶馆\U0001f600", "Fő tér", "洸河街道", "柳行街道"])
    content, missing = pdf.pdf_of(document(changed(frames, area_shapes=named)), date=DATE)
    assert [one.character for one in missing] == ["ő", "\U0001f600"]
    assert all(one.character in one.text for one in missing)
    text = Pdf(content).text
    assert "茶馆〔U+1F600〕" in text
    assert "F〔U+0151〕" in text


def test_letters_that_the_font_has_are_not_told(frames: StudyFrames) -> None:
    named = frames.area_shapes.assign(name=["龘靐齉", "Þórsgata ðæö", "㎡ １２〇ㄅ", "e\u0301a\u200d\ufe0f"])
    found = made_pdf(document(changed(frames, area_shapes=named)))
    assert "龘靐齉" in found.text
    assert "Þórsgataðæö" in found.text


def test_a_hostile_study_gives_a_pdf_that_says_what_it_was_given(frames: StudyFrames) -> None:
    markup = '#panic("x") $x$ *b* `c` \\u{41} @a <b> // */ [ ] #import "/etc/passwd"'
    named = changed(frames, area_shapes=frames.area_shapes.assign(name=markup))
    assert bare('#panic("x") $x$ *b* `c` \\u{41} @a <b> //') in made_pdf(document(named)).text
    made = document(made_hostile(frames))
    content, _ = pdf.pdf_of(made, date=DATE)
    assert "{{7*7}}" in Pdf(content).text
    assert b"/URI" not in content
    assert b"/JavaScript" not in content


# --- files of a run


def test_two_runs_give_the_same_bytes(frames: StudyFrames, tmp_path: Path) -> None:
    shuffled = changed(frames, access=frames.access.sample(frac=1.0, random_state=5))
    for name, study in (("a", frames), ("b", shuffled)):
        (tmp_path / name).mkdir()
        pdf._compiler.cache_clear()
        write_reports(study, tmp_path / name, names={None: "all", "d1": "d1"}, types=types_of(study))
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    kinds = ("html", "pdf", "xlsx")
    assert files == sorted(f"{name}.{one}" for name in ("all", "d1", SUMMARY) for one in kinds)
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    book = openpyxl.load_workbook(tmp_path / "a" / "d1.xlsx")
    assert book.properties.created == datetime(2019, 5, 9)
    assert "D:20190509000000" in pypdfium2.PdfDocument(tmp_path / "a" / "d1.pdf").get_metadata_dict()["CreationDate"]


def test_without_the_extra_the_other_files_are_written_and_it_is_said(
    frames: StudyFrames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda name: None if name == "typst" else object())
    (told,) = write_reports(without_areas(frames), tmp_path, names={None: "all"}, types=None)
    assert told.en == "no reports as PDF: typst not installed; run pip install 'circle15[report]'"
    assert "typst" in told.zh
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.html", "all.xlsx"]


def test_what_is_told_of_reports_stands_in_the_manifest(
    frames: StudyFrames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "write_tables", lambda *_: None)  # which other tests look at
    monkeypatch.setattr(folder, "render_map", lambda _: "")
    about = frames.about | {"title_zh": "城\U0001f600", "warnings": ["old"]}
    named = without_areas(changed(frames, about=about))
    out = folder.write_run(named, tmp_path / "out", manifest={"program": "circle15"})
    old, told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["warnings"]
    assert old == "old"
    assert "U+1F600" in told["zh"]
    assert "城" in told["en"]


def test_a_district_named_like_a_file_of_ours_gets_another_name(frames: StudyFrames) -> None:
    ids = ["Summary", "all", "a/b", "a b", "../x"]
    district = pd.Series([*(ids * 3)[:11], None], dtype="str")
    names = report_names(changed(frames, residences=frames.residences.assign(district_id=district)))
    assert names[None] == "all"
    assert names["Summary"] == "Summary-2"
    assert len({name.lower() for name in names.values()}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in names.values())


def test_the_summary_compares_districts(frames: StudyFrames, tmp_path: Path) -> None:
    write_reports(frames, tmp_path, names=report_names(frames), types=types_of(frames))
    page = Page((tmp_path / "summary.html").read_text(encoding="utf-8"))
    # d1: 300, d2: 170, none: 30; of the two kinds in gap 300 + 150 of 300 x 27 in d1, 160 + 70 of 170 x 27 in d2.
    names = [row[0] for row in page.rows if len(row) == 7]
    assert names == [
        *("街道（区） district", "洸河街道", "柳行街道", "不属任何街道（区） in no district", "全研究区 whole study"),
    ]
    one, two = page.row("洸河街道", "300"), page.row("柳行街道", "170")
    assert "G5.6%" in one[2]
    assert one[5] == "农贸市场 100%、服务社区的学校 50.0%"
    assert one[6] == "0 / 1 / 0"
    assert two[5] == "农贸市场 94.1%、服务社区的学校 41.2%"
    assert "2个街道（区），按居民计共500人。27类平均缺口占比最高的是洸河街道（5.6%）" in page.text
    found = sheets((tmp_path / "summary.xlsx").read_bytes())
    compared = rows(found["比较"])
    assert [(row["街道（区）"], row["居民（人）"]) for row in compared][:2] == [("洸河街道", 300), ("柳行街道", 170)]
    assert compared[0]["缺口"] == pytest.approx(450 / (300 * 27))
    assert compared[0]["至少缺一类"] == 300
    text = Pdf((tmp_path / "summary.pdf").read_bytes()).text
    assert "洸河街道300" in text
    assert "农贸市场94.1%、服务社区的学校41.2%" in text


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StudyFrames]:
    result = Study.from_config(ROOT / "configs" / "xinghe.toml").run()
    return result.write(tmp_path_factory.mktemp("files") / "out"), result


@ONE_RUN
@pytest.mark.parametrize("district", [None, "d1"])
def test_html_pdf_xlsx_map_and_parquet_agree(run: tuple[Path, StudyFrames], district: str | None) -> None:
    out, frames = run
    name = "all" if district is None else district
    level, area_id = ("study", "all") if district is None else ("district", district)
    shares = pd.read_parquet(out / "areas.parquet")
    known = shares[(shares["level"] == level) & (shares["area_id"] == area_id)].set_index("kind")
    page = Page((out / "reports" / f"{name}.html").read_text(encoding="utf-8"))
    text = Pdf((out / "reports" / f"{name}.pdf").read_bytes()).text
    book = sheets((out / "reports" / f"{name}.xlsx").read_bytes())
    cells = {row["类别"]: row for row in rows(book["27类×社区"]) if row["社区"] == "合计 total"}
    summary = {row["项目"]: row["数值"] for row in rows(book["概要"])}
    data = payload(frames)
    (place,) = [i for i, area in enumerate(data["areas"]) if (area["level"], area["id"]) == (level, area_id)]
    residences, on_map = data["residences"], data["areas"][place]
    here = [district is None or at - 1 == place for at in unpacked(residences["district"])]
    order = unpacked(data["order"])
    for k, kind_id in enumerate(KINDS):
        five = known.loc[kind_id, list(STATUSES)].tolist()
        zh = kind(kind_id).zh
        written = [palette.percent(share) for share in five]
        shown = [
            f"{palette.STATUS_STYLES[status].letter}{percent}"
            for status, share, percent in zip(STATUSES, five, written, strict=True)
            if share > 0
        ]
        (row,) = [row for row in page.rows if row[0][2:].startswith(f"{zh} ") and row[0][0] in "●◐○"]
        assert row[1].split(" ±")[0] == " ".join(shown)
        assert re.search(rf"[●◐○]{zh}[A-Z][^●◐○]*?{re.escape(''.join(shown))}", text), zh
        assert [cells[zh][palette.STATUS_STYLES[one].zh] for one in STATUSES] == pytest.approx(five, abs=1e-12)
        assert on_map["shares"][k] == written
        # Residents in gap: from the shares, the workbook, and the map's own residences.
        gap = known.loc[kind_id, "gap"] * known.loc[kind_id, "weight"]
        assert summary.get(f"缺口：{zh}", 0.0) == pytest.approx(gap, abs=1e-9)
        told = zip(order, unpacked(data["access"][k]["verdict"]), strict=True)
        in_gap = [i for i, verdict in told if verdict % 5 == STATUSES.index("gap") and here[i]]
        counted = sum(residences["weight"][i] for i in in_gap)
        assert counted == pytest.approx(gap, abs=1e-6)


@ONE_RUN
def test_the_report_of_a_run_is_what_the_function_renders(run: tuple[Path, StudyFrames]) -> None:
    out, frames = run
    assert (out / "reports" / "d1.html").read_text(encoding="utf-8") == render_report(frames, "d1")


@given(text=st.text(max_size=40))
@settings(max_examples=60)
def test_any_text_gives_a_pdf(text: str) -> None:
    name = plain_name(text.encode("utf-8", "replace").decode()) or "–"
    words = Words(zh=name, en=name[::-1])
    table = Table(
        name="facts", columns=(), bodies=((Row(cells=(Cell(zh=name), Cell(mark=name, zh=name, small=words))),),)
    )
    page = Document(
        series=words, title=words, meta=((words, name),), front=None, source=name, address=None, data_date=name,
        sections=(Section(number=1, head=words, blocks=(table, Text(words=words))),),
    )  # fmt: skip
    content, _ = pdf.pdf_of(page, date=DATE)
    assert content.startswith(b"%PDF")
