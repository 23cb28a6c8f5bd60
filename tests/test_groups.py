"""Groups of people (the elderly, minors, the disabled): read from registers, checked, and given shares of their own."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from circle15 import Study
from circle15.areas import area_shares, group_shares
from circle15.checklist import KINDS
from circle15.errors import DataError, InputError
from circle15.outputs.report import render_report
from circle15.schema import PEOPLE_GROUPS, STATUSES, checked_residences
from circle15.sources.registers import RESIDENCE_REGISTER, read_residences

ROOT = Path(__file__).parents[1]
HEADER = "编号,经度,纬度,居民人数"
NO_SHAPES = gpd.GeoDataFrame(
    {name: pd.Series(dtype="str") for name in ("level", "area_id", "name", "setting")}, geometry=[], crs="EPSG:4326"
)


def homes(weight: list[float], **groups: list[float]) -> pd.DataFrame:
    """Residences h0, h1, ... : the first two in community a, the others in b; nobody in a district."""
    n = len(weight)
    community = ["a" if i < 2 else "b" for i in range(n)]
    table = pd.DataFrame({"residence_id": [f"h{i}" for i in range(n)], "weight": weight, "community_id": community})
    return table.assign(district_id=pd.Series([None] * n, dtype="str"), **groups)


def access_of(status: list[str], *others: list[str]) -> pd.DataFrame:
    """The residences' statuses for school, and for the boards if given."""
    table = [
        (f"h{i}", KINDS[k], one, 1.0)
        for i in range(len(status))
        for k, one in enumerate([status[i], *(o[i] for o in others)])
    ]
    return pd.DataFrame(table, columns=["residence_id", "kind", "status", "time_s"])


def test_a_group_counts_its_own_people() -> None:
    # a: h0 covered with 1 of the elderly, h1 a gap with 3; b: h2 possible with 4, h3 where nobody counted them.
    places = homes([10, 20, 30, 40], elderly=[1, 3, 4, np.nan], minors=[0, 5, 0, 0])
    told = group_shares(places, access_of(["covered", "gap", "possible", "unknown"]), ["elderly", "minors"])
    rows = told[["level", "area_id", "group", "weight", "n_residences", *STATUSES]].to_numpy().tolist()
    assert rows == [
        ["community", "a", "elderly", 4, 2, 1 / 4, 0, 0, 3 / 4, 0],
        ["community", "a", "minors", 5, 2, 0, 0, 0, 1, 0],
        ["community", "b", "elderly", 4, 1, 0, 1, 0, 0, 0],  # no minor lives in b
        ["district", "none", "elderly", 8, 3, 1 / 8, 4 / 8, 0, 3 / 8, 0],
        ["district", "none", "minors", 5, 4, 0, 0, 0, 1, 0],
        ["study", "all", "elderly", 8, 3, 1 / 8, 4 / 8, 0, 3 / 8, 0],
        ["study", "all", "minors", 5, 4, 0, 0, 0, 1, 0],
    ]
    assert (told["kind"] == KINDS[0]).all()


def test_kinds_stand_in_the_order_of_access() -> None:
    told = group_shares(homes([1, 1], elderly=[1, 1]), access_of(["gap"] * 2, ["covered"] * 2), ["elderly"])
    assert told["kind"].tolist()[:2] == list(KINDS[:2])
    assert told["covered"].tolist()[:2] == [0, 1]


@given(st.lists(st.tuples(st.floats(0.1, 1000), st.sampled_from(STATUSES)), min_size=1, max_size=6))
def test_a_group_of_everybody_has_everybodys_shares(drawn: list[tuple[float, str]]) -> None:
    weight, status = [one[0] for one in drawn], [one[1] for one in drawn]
    places = homes(weight, elderly=weight)
    frame = gpd.GeoDataFrame(places, geometry=[Point(0, 0)] * len(places), crs="EPSG:4326")
    told, all_of_them = (
        group_shares(places, access_of(status), ["elderly"]),
        area_shares(frame, access_of(status), NO_SHAPES),
    )
    columns = ["level", "area_id", "kind", "weight", "n_residences", *STATUSES]
    pd.testing.assert_frame_equal(told[columns], all_of_them[columns])


def test_no_group_and_a_group_of_nobody_have_no_rows() -> None:
    for groups in ([], ["disabled"]):
        told = group_shares(homes([1, 2], disabled=[0, np.nan]), access_of(["gap", "gap"]), groups)
        assert list(told) == ["level", "area_id", "group", "kind", "weight", "n_residences", *STATUSES]
        assert len(told) == 0
        assert told["covered"].dtype == "float64"


def test_a_group_that_is_no_column_or_below_zero_is_refused() -> None:
    with pytest.raises(InputError, match="columns minors are missing"):
        group_shares(homes([1]), access_of(["gap"]), ["minors"])
    with pytest.raises(InputError, match="minors counts less than nobody"):
        group_shares(homes([1], minors=[-1]), access_of(["gap"]), ["minors"])


def test_a_frame_with_a_negative_group_is_refused_with_its_ids() -> None:
    frame = gpd.GeoDataFrame({"residence_id": ["a", "b"], "elderly": [1, -2]}, geometry=[Point(0, 0)] * 2, crs=4326)
    with pytest.raises(DataError, match="elderly is negative or infinite in 1 rows: b"):
        checked_residences(frame)


def register(folder: Path, header: str, *rows: str) -> Path:
    path = folder / "居民.csv"
    path.write_text("\n".join([f"{HEADER},{header}", *rows]), encoding="utf-8")
    return path


def test_the_columns_of_groups_are_those_of_the_schema() -> None:
    assert [one.id for one in RESIDENCE_REGISTER if one.id in PEOPLE_GROUPS] == list(PEOPLE_GROUPS)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("老年人数", "elderly"), ("老年人口（人）", "elderly"), ("60岁以上", "elderly"), ("60岁及以上", "elderly"),
        ("elderly", "elderly"), ("未成年人数", "minors"), ("0-14岁", "minors"), ("０－１４岁人口", "minors"),
        ("残疾人数", "disabled"), ("残疾人", "disabled"),
    ],
)  # fmt: skip
def test_headers_of_groups_are_known(tmp_path: Path, header: str, column: str) -> None:
    frame = read_residences(
        register(tmp_path, header, "r1,116.5,35.5,100,12", "r2,116.5,35.5,100,", "r3,116.5,35.5,9,0")
    )
    assert frame[column].tolist() == pytest.approx([12, np.nan, 0], nan_ok=True)


def test_a_law_s_age_comes_before_another(tmp_path: Path) -> None:
    frame = read_residences(register(tmp_path, "老年人数,60岁以上", "r1,116.5,35.5,100,12,11"))
    assert frame[["elderly", "60岁以上"]].to_numpy().tolist() == [[12, "11"]]


def test_an_empty_column_of_a_group_is_as_none(tmp_path: Path) -> None:
    frame = read_residences(register(tmp_path, "残疾人数", "r1,116.5,35.5,100,"))
    assert "disabled" not in frame


@pytest.mark.parametrize(("cell", "said"), [("-1", "is negative"), ("几个", "'几个' isn't a number")])
def test_a_bad_number_of_a_group_is_refused_with_its_row(tmp_path: Path, cell: str, said: str) -> None:
    with pytest.raises(DataError, match=f"row 3: 残疾人数/disabled {said}"):
        read_residences(register(tmp_path, "残疾人数", "r1,116.5,35.5,100,2", f"r2,116.5,35.5,100,{cell}"))


def example(folder: Path, people: str, *rows: str, meaning: str = "residents") -> Path:
    """The example study with another register of residences."""
    path = register(folder, people, *rows)
    text = (ROOT / "configs" / "xinghe.toml").read_text(encoding="utf-8").replace("../data", (ROOT / "data").as_posix())
    start, end = text.index("[residences]"), text.index("[areas]")
    section = f'[residences]\nfile = "{path.as_posix()}"\ncoordinates = "gcj02"\nweight_meaning = "{meaning}"\n\n'
    config = folder / "study.toml"
    config.write_text(text[:start] + section + text[end:], encoding="utf-8")
    return config


@pytest.fixture(scope="module")
def xinghe() -> Any:
    return Study.from_config(ROOT / "configs" / "xinghe.toml").run()


def test_more_of_a_group_than_residents_is_refused_with_the_rows(tmp_path: Path, xinghe: Any) -> None:
    rows = [f"r{i},116.59{i},35.41,100,{n},{n}" for i, n in enumerate((100, 101, 200))]
    with pytest.raises(DataError) as refused:
        Study.from_config(example(tmp_path, "老年人数,残疾人数", *rows)).run()
    assert re.fullmatch(
        r".*居民\.csv: more people than live there: 老年人数 in rows 3, 4, 残疾人数 in rows 3, 4; "
        "mend these figures or the residents'",
        str(refused.value),
    )


def test_where_the_weight_is_dwellings_more_people_may_live(tmp_path: Path, xinghe: Any) -> None:
    lon, lat = xinghe.residences.geometry.iloc[3].coords[0]
    config = example(tmp_path, "老年人数", f"r1,{lon},{lat},2,5", meaning="dwellings")
    assert Study.from_config(config).run().group_shares["weight"].unique().tolist() == [5]


def test_a_report_shows_the_groups_beside_everybody(xinghe: Any) -> None:
    page = render_report(xinghe, None)
    table = page.split('<table class="people">')[1].split("</table>")[0]
    rows = [re.sub(r"<svg.*?</svg>", "", row, flags=re.DOTALL) for row in table.split("<tr>")[2:]]
    cells = [[re.sub("<[^>]+>", "", cell).strip() for cell in re.split("</t[hd]>", row)] for row in rows]
    assert [row[:3] for row in cells] == [
        ["老年人 the elderly", "180", "8"], ["未成年人 minors", "100", "8"], ["残疾人 the disabled", "10", "3"],
    ]  # fmt: skip
    # No laundry anywhere: a gap for all but R6 (off the network) and R8 (at the edge of the data): 5 and 10 of the 180
    # elderly, 10 and 20 of the 610 residents.
    assert "洗衣店" in cells[0][4]
    assert "91.7% / 95.1%" in cells[0][4]


def test_a_report_without_groups_says_nothing_of_them(xinghe: Any) -> None:
    none = dataclasses.replace(xinghe, group_shares=xinghe.group_shares.iloc[:0])
    assert "未成年人、残疾人" not in render_report(none, None)


def test_a_district_s_report_shows_its_own_people(xinghe: Any) -> None:
    table = render_report(xinghe, "d1").split('<table class="people">')[1].split("</table>")[0]
    told = xinghe.group_shares
    here = told[(told["level"] == "district") & (told["area_id"] == "d1") & (told["group"] == "elderly")]
    # d1 is c1 and c2: R1 to R5 (30 + 10 + 40 + 30 + 20) and R6 with 5.
    assert here["weight"].unique().tolist() == [135]
    assert '<td class="n"><bdi>135</bdi></td>' in table
