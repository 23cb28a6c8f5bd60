"""The nine forms: whole as data, written as templates, and read back with every bad row told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from circle15.checklist.forms import COLUMN_TYPES, forms
from circle15.errors import DataError, InputError
from circle15.sources.forms import read_form
from circle15.sources.registers import GATE_REGISTER, RESIDENCE_REGISTER, SITE_REGISTER, Column


def written(folder: Path, form: str, rows: list[dict[str, str]]) -> Path:
    """A CSV of these rows, with Chinese headers."""
    path = folder / f"{form}.csv"
    known = {column.id: column.zh for column in forms()[form].columns}
    pd.DataFrame(rows).rename(columns=known).to_csv(path, index=False, encoding="utf-8-sig")
    return path


def test_there_are_nine_forms_with_columns_of_known_types() -> None:
    assert list(forms()) == [
        "facilities", "residences", "gates", "candidates", "community_figures", "providers", "satisfaction",
        "demand_list", "inventory",
    ]  # fmt: skip
    for form in forms().values():
        ids, zh = [column.id for column in form.columns], [column.zh for column in form.columns]
        assert len(set(ids)) == len(ids)
        assert len(set(zh)) == len(zh)
        assert next(column for column in form.columns if column.id == form.key).required
        for column in form.columns:
            assert column.type in COLUMN_TYPES
            assert bool(column.choices) == (column.type in {"choice", "flag"})


@pytest.mark.parametrize(
    ("form", "register"), [("facilities", SITE_REGISTER), ("residences", RESIDENCE_REGISTER), ("gates", GATE_REGISTER)]
)
def test_the_forms_have_the_columns_of_the_registers(form: str, register: tuple[Column, ...]) -> None:
    mine = {(column.id, column.zh, column.required) for column in forms()[form].columns}
    assert {(column.id, column.zh, column.required) for column in register} <= mine


def test_no_form_asks_about_a_person() -> None:
    words = ("身份证", "姓名", "电话号码", "病", "出生")
    for form in forms().values():
        assert not [column.zh for column in form.columns if any(word in column.zh for word in words)]


def test_figures_are_read_as_numbers_and_flags(tmp_path: Path) -> None:
    rows = [
        {"level": "社区", "area_id": "007", "households": "1,200", "is_new": "是", "facility_area_m2": "８60.5"},
        {"level": "community", "area_id": "示例", "households": "x", "is_new": "", "facility_area_m2": ""},
        {"level": "district", "area_id": "007", "households": "", "is_new": "no", "facility_area_m2": ""},
    ]
    frame = read_form(written(tmp_path, "community_figures", rows), "community_figures")
    assert frame[["level", "area_id"]].to_numpy().tolist() == [["community", "007"], ["district", "007"]]
    np.testing.assert_array_equal(
        frame[["households", "is_new", "facility_area_m2"]].to_numpy(float), [[1200, 1, 860.5], [np.nan, 0, np.nan]]
    )


def test_every_bad_row_is_told_at_once(tmp_path: Path) -> None:
    rows = [
        {"level": "社区", "area_id": "c1", "households": "-1", "residents": "10", "is_new": "maybe"},
        {"level": "省", "area_id": "c2", "households": "1.5", "residents": "many", "is_new": ""},
        {"level": "社区", "area_id": "c1", "households": "5", "residents": "5", "is_new": ""},
    ]
    with pytest.raises(DataError) as refused:
        read_form(written(tmp_path, "community_figures", rows), "community_figures")
    text = str(refused.value)
    for part in (
        "row 2: 户数/households is below 0", "row 2: 新建社区/is_new is none of the choices, write one of 是、否",
        "row 3: 层级/level is none of the choices", "row 3: 户数/households isn't a whole number",
        "row 3: 常住人口/residents isn't a number", "rows 2, 4: 片区编号/area_id is repeated",
    ):  # fmt: skip
        assert part in text


def test_dates_and_kinds_are_read(tmp_path: Path) -> None:
    row = {"provider_id": "p1", "kind": "药店、家政服务点", "area_id": "c1", "applied": "2025/3/1", "signed": ""}
    frame = read_form(written(tmp_path, "providers", [row]), "providers")
    assert frame.loc[0, ["kind", "applied"]].tolist() == ["pharmacy、housekeeping", "2025-03-01"]
    assert pd.isna(frame.loc[0, "signed"])
    path = written(tmp_path, "providers", [row | {"applied": "2025-02-30", "kind": "药铺"}])
    with pytest.raises(DataError, match="isn't a date, write it as 2025-03-31") as refused:
        read_form(path, "providers")
    assert "row 2: 类别/kind is no name of the checklist" in str(refused.value)


def test_required_cells_and_headers_are_asked_for(tmp_path: Path) -> None:
    row = {"survey_id": "1", "period": "", "n": "10", "score": "101"}
    with pytest.raises(DataError, match=r"row 2: 满意度/score is above 100.*row 2: 调查期/period is missing"):
        read_form(written(tmp_path, "satisfaction", [row]), "satisfaction")
    del row["n"]
    with pytest.raises(DataError, match="row 1 lacks the headers 有效份数/n"):
        read_form(written(tmp_path, "satisfaction", [row]), "satisfaction")


def test_a_form_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="form 'people' doesn't exist; use one of facilities"):
        read_form(tmp_path / "x.csv", "people")


def test_the_page_of_forms_tells_every_column() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "forms.md").read_text(encoding="utf-8")
    for form in forms().values():
        section = page.split(f"(`{form.id}`)")[1].split("\n## ")[0]
        for column in form.columns:
            assert f"| `{column.id}` | {column.zh} | {column.type}" in section
        assert section.count("\n| `") == len(form.columns)
