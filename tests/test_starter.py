"""What `circle15 init` leaves: whole, loadable, and read back by the readers of registers."""

from __future__ import annotations

import re
import typing
import zipfile
from datetime import datetime

import openpyxl
import pytest

from circle15 import checklist
from circle15.checklist.forms import forms
from circle15.config import AreasSection, ReadingSection, StudyConfig, load_config
from circle15.errors import ConfigError, DataError
from circle15.outputs.starter import write_starter
from circle15.sources.forms import read_form
from circle15.sources.registers import read_register, read_residences, read_sites

NAMES = [
    "study.toml", "设施登记表.csv", "设施登记表.xlsx", "居住点登记表.csv", "居住点登记表.xlsx", "出入口登记表.xlsx",
    "候选点登记表.xlsx", "社区数据表.xlsx", "签约服务商登记表.xlsx", "满意度登记表.xlsx", "三项清单.xlsx",
    "服务项目清单.xlsx", "README.md",
]  # fmt: skip
FACILITIES, RESIDENCES = forms()["facilities"].columns, forms()["residences"].columns
HALL = ["0012", "光河居委会", "社区村居委会办公室、人民调解室", 116.5872, 35.4151, "Mo-Fr 08:30-17:30", 200, 30]
HOME = ["0001", "光河小区", 116.58, 35.41, 96, "城镇"]


@pytest.fixture
def starter(tmp_path):
    write_starter(tmp_path / "研究")
    return tmp_path / "研究"


def with_a_row(path, row):
    """The template with a real row, added as a planner would."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        book.worksheets[0].append(row)
        book.save(path)
    else:
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(",".join(str(cell) for cell in row) + "\r\n")
    return path


def test_every_file_is_written_into_a_new_or_an_empty_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    before = (tmp_path / "empty").stat().st_ino
    for folder in (tmp_path / "some" / "new", tmp_path / "empty"):
        assert write_starter(folder) == [folder / name for name in NAMES]
        assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    assert (tmp_path / "empty").stat().st_ino == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "some"]
    assert [path.name for path in (tmp_path / "some").iterdir()] == ["new"]


def test_nothing_is_overwritten(tmp_path):
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / ".notes").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"full: isn't empty; name a new or empty folder"):
        write_starter(folder)
    assert [(path.name, path.read_text(encoding="utf-8")) for path in folder.iterdir()] == [(".notes", "mine")]
    with pytest.raises(ConfigError, match=r"\.notes: is a file; name a new or empty folder"):
        write_starter(folder / ".notes")
    with pytest.raises(ConfigError, match="can't be written"):
        write_starter(folder / ".notes" / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_a_disk_that_fails_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    real = type(tmp_path).rename

    def fails_at_the_readme(self, target):
        if "README" in str(target) or target == tmp_path / "new":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(type(tmp_path), "rename", fails_at_the_readme)
    for folder in (tmp_path / "empty", tmp_path / "new"):
        with pytest.raises(ConfigError, match="No space left on device"):
            write_starter(folder)
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_the_files_do_not_hold_the_clock(tmp_path):
    for folder in ("a", "b"):
        write_starter(tmp_path / folder)
    for name in NAMES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    for name in ("设施登记表.xlsx", "居住点登记表.xlsx"):
        with zipfile.ZipFile(tmp_path / "a" / name) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(2026, 1, 1, 0, 0, 0)}
        properties = openpyxl.load_workbook(tmp_path / "a" / name).properties
        assert properties.created == properties.modified == datetime(2026, 1, 1)


def test_the_config_loads_and_holds_the_defaults(starter):
    config = load_config(starter / "study.toml")
    plain = StudyConfig(
        path=config.path, id=config.id, title_zh=config.title_zh, title_en=config.title_en, osm=config.osm
    )
    assert config == plain
    assert config.osm.model_dump(exclude_defaults=True) == {"file": config.osm.file}
    assert config.osm.file.name == "city.osm.pbf"


def settings_of(model, prefix=""):
    """Every key of a config and of its sections."""
    for name, field in model.model_fields.items():
        sections = [
            kind for kind in (field.annotation, *typing.get_args(field.annotation)) if hasattr(kind, "model_fields")
        ]
        as_in_registers = model is AreasSection and name in ReadingSection.model_fields and name != "file"
        if sections and getattr(sections[0], "__origin__", sections[0]) is not ReadingSection:
            yield from settings_of(sections[0], f"{prefix}{name}.")
        elif name != "path" and not as_in_registers:
            yield prefix + name


def test_each_optional_setting_works_once_its_mark_is_removed(starter):
    text = (starter / "study.toml").read_text(encoding="utf-8")
    loaded = set()
    # areas come from a file or from OSM, registers and residences from a file or a database, people from a raster or
    # from households
    for other in (
        'file = "areas|database = |table = |sql = |household_size',
        r'\w+_admin_level|file = "(?!areas)|population',
    ):
        chosen = re.sub(rf"(?m)^# (?:{other}).*\n", "", text)
        if "population" in other:
            chosen = chosen.replace('weight_meaning = "floor_area_m2"', 'weight_meaning = "dwellings"')
        (starter / "all.toml").write_text(re.sub(r"(?m)^# (\w+ = |\[)", r"\1", chosen), encoding="utf-8")
        config = load_config(starter / "all.toml")
        for section in (config.registers[0], config.residences):
            assert section.name in NAMES if section.file else section.name.startswith("public.")
        for key in settings_of(StudyConfig):
            *sections, name = key.split(".")
            held = config
            for section in sections:
                held = getattr(held, section)
                held = held[0] if isinstance(held, tuple) else held
                held = next(iter(held.values())) if isinstance(held, dict) else held
            if name in held.model_fields_set:
                loaded.add(key)
    assert loaded == set(settings_of(StudyConfig))
    assert set(config.policies) == set(checklist.policies())


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_row_added_to_a_template_is_read_back(starter, ending):
    for read, name in ((read_sites, "设施登记表"), (read_residences, "居住点登记表")):
        with pytest.raises(DataError, match="fill in at least one row"):
            read(starter / f"{name}.{ending}")
    sites, site_kinds = read_sites(with_a_row(starter / f"设施登记表.{ending}", HALL))
    columns = ["site_id", "name", "source", "opening_hours", "floor_area_m2", "capacity"]
    assert sites[columns].to_numpy().tolist() == [
        ["0012", "光河居委会", f"设施登记表.{ending}", "Mo-Fr 08:30-17:30", 200.0, 30.0]
    ]
    assert site_kinds["kind"].tolist() == ["community_committee_office", "mediation_room"]
    assert set(site_kinds["rule"]) == {f"设施登记表.{ending} row 3"}
    homes = read_residences(with_a_row(starter / f"居住点登记表.{ending}", HOME))
    assert homes.drop(columns="geometry").to_numpy().tolist() == [["0001", "光河小区", 96.0, "urban"]]


def test_the_example_row_would_itself_be_read_under_a_real_id(starter):
    for read, name in ((read_sites, "设施登记表"), (read_residences, "居住点登记表")):
        path = starter / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8").replace("\n示例,", "\n1,"), encoding="utf-8")
        found = read(path)
        assert len(found[0] if isinstance(found, tuple) else found) == 1


def test_a_csv_template_opens_in_excel(starter):
    for name in ("设施登记表.csv", "居住点登记表.csv"):
        content = (starter / name).read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.count(b"\r\n") == 2


def test_a_workbook_offers_the_kinds_and_explains_its_columns(starter):
    book = openpyxl.load_workbook(starter / "设施登记表.xlsx")
    sheet, notes = book.worksheets
    assert [cell.value for cell in sheet[1]] == [column.zh for column in FACILITIES]
    assert sheet["A2"].value == "示例"
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].number_format == "@"
    assert all(sheet.column_dimensions[letter].width >= 14 for letter in "ABCDEFGH")
    choices, *others = sheet.data_validations.dataValidation
    assert [one.formula1 for one in others] == ['"社区,街道"', '"免费,低收费,收费,不开放"', '"是,否"']
    assert str(choices.sqref) == "C2:C1048576"
    assert not choices.showErrorMessage  # several kinds in one cell must be possible
    title, cells = choices.formula1.split("!")
    assert title == "'说明'" == f"'{notes.title}'"
    assert [cell.value for (cell,) in notes[cells.replace("$", "")]] == [kind.zh for kind in checklist.kinds()]
    lines = [[cell.value for cell in row] for row in notes.iter_rows()]
    assert "示例" in lines[0][0]
    assert [line[1] for line in lines[2 : 2 + len(FACILITIES)]] == [column.id for column in FACILITIES]
    told = {line[0]: line[2] for line in lines}
    assert all(told[kind.zh] == kind.group_zh for kind in (*checklist.kinds(), *checklist.extension_kinds()))


def test_the_workbook_of_residences_offers_the_settings(starter):
    book = openpyxl.load_workbook(starter / "居住点登记表.xlsx")
    sheet, notes = book.worksheets
    assert [cell.value for cell in sheet[1]] == [column.zh for column in RESIDENCES]
    (choices,) = sheet.data_validations.dataValidation
    assert (choices.formula1, str(choices.sqref)) == ('"城镇,农村"', "F2:F1048576")
    assert [row[0].value for row in notes.iter_rows(min_row=3)] == [column.zh for column in RESIDENCES]


def test_the_page_names_the_files_and_the_commands(starter):
    text = (starter / "README.md").read_text(encoding="utf-8")
    chinese, english = text.split("# The 15-minute circle")
    for half in (chinese, english):
        for word in ("city.osm.pbf", "study.toml", "设施登记表", "居住点登记表", "circle15 check", "circle15 run"):
            assert word in half
        assert len(re.findall(r"(?m)^\d\. ", half)) == 5


@pytest.mark.parametrize("form", forms())
def test_every_template_is_read_back_as_its_form(starter, form):
    path = starter / f"{forms()[form].zh}.xlsx"
    with pytest.raises(DataError, match="fill in at least one row"):
        read_form(path, form)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    key = [cell.value for cell in sheet[2]].index("示例") + 1
    sheet.cell(2, key).value = "0007"  # the example itself, under a real id
    for i, column in enumerate(forms()[form].columns, start=1):
        if column.type == "kind" and sheet.cell(2, i).value in {None, ""}:
            sheet.cell(2, i).value = "药店"
    book.save(path)
    frame = read_form(path, form)
    assert frame[forms()[form].key].tolist() == ["0007"]
    assert list(frame) == [column.id for column in forms()[form].columns]
    for column in forms()[form].columns:
        if column.required:
            assert frame[column.id].notna().all()


def test_the_template_of_gates_is_a_register_of_gates(starter):
    path = with_a_row(starter / "出入口登记表.xlsx", ["g1", "北门", "封闭", 116.58, 35.41])
    assert read_register(path, what="gates").frame[["gate_id", "access"]].to_numpy().tolist() == [["g1", "closed"]]
