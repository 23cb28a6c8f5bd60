"""From the map's exports to ranked proposals: the round trip by hand, and anything that may come back."""

from __future__ import annotations

import contextlib
import copy
import csv
import json
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from circle15 import Study
from circle15.errors import ConfigError, DataError
from circle15.outputs.comments import consultation, write_comments
from circle15.sources.comments import COMMENT_COLUMNS, MOST_BYTES, MOST_CHARACTERS, clean_text, read_comments
from conftest import ROOT
from test_cli import call

CONFIG = ROOT / "configs" / "xinghe.toml"
DATE = "2026-11-01"
lonlat = runpy.run_path(str(ROOT / "data" / "build_example.py"))["lonlat"]
NOTHING = {"do": None, "kind": None, "site_id": None, "gate_id": None}


def feature(at: Any, what: str, text: str = "", **told: Any) -> dict[str, Any]:
    lon, lat = lonlat(at)
    properties = {"what": what, "text": text, "proposal": None, **NOTHING, **told}
    point = {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}
    return {"type": "Feature", "geometry": point, "properties": properties}


def comment(at: Any, text: str, **told: Any) -> dict[str, Any]:
    return feature(at, "comment", text, **told)


def put(at: Any, kind: str, proposal: str, text: str = "") -> dict[str, Any]:
    return feature(at, "edit", text, proposal=proposal, do="open_site", kind=kind)


def close(site_id: str, proposal: str, text: str = "", kind: str | None = None) -> dict[str, Any]:
    return feature((790, 300), "edit", text, proposal=proposal, do="close_site", site_id=site_id, kind=kind)


def gate(gate_id: str, proposal: str, text: str = "") -> dict[str, Any]:
    return feature((200, 40), "edit", text, proposal=proposal, do="open_gate", gate_id=gate_id)


def collection(*features: Any, study_id: str = "xinghe", data_date: str | None = DATE) -> dict[str, Any]:
    """A file as the map's page exports it."""
    about = {"study_id": study_id, "data_date": data_date, "version": 1}
    return {"type": "FeatureCollection", "circle15": about, "features": list(features)}


def saved(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def result() -> Any:
    return Study.from_config(CONFIG).without_siting().run()


def table(out: Path, name: str) -> list[dict[str, str]]:
    with (out / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def round_trip(result: Any, out: Path, *files: Path) -> Path:
    found = consultation(result, read_comments(files, study_id="xinghe"), data_date=DATE)
    return write_comments(found, out, data_date=DATE)


# Gains and losses of these are worked out in tests/test_scenario.py.
WANG = collection(
    comment((100, 50), "南门太远了"),
    put((790, 300), "laundry", "p1", "要一家洗衣店"),
    gate("G1", "p2"),
)
LI = collection(
    comment((100, 50), "南门太远了"),
    comment((900, 900), "路灯坏了", kind="parking"),
    gate("G1", "p1", "开放南门"),
    close("S7", "p2", "太吵"),
    close("S7", "p3"),
    put((200, 410), "pharmacy", "p3"),
    put((200, 1120), "post", "p4"),
)


@pytest.fixture
def sent(tmp_path: Path) -> list[Path]:
    """Two people's files, and one of them a second time."""
    folder = tmp_path / "collected"
    folder.mkdir()
    return [saved(folder / "a.geojson", WANG), saved(folder / "b.geojson", LI), saved(folder / "c.geojson", LI)]


def test_the_command_joins_tries_and_ranks(sent: list[Path], tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    out = tmp_path / "out"
    code, said, err = call(monkeypatch, capsys, "comments", CONFIG, *sent, "--out", out, "--json")
    assert (code, err.strip()) == (0, "")
    told = json.loads(said)
    assert {name: told[name] for name in ("files", "features", "comments", "proposals", "edits")} == {
        "files": 3, "features": 10, "comments": 2, "proposals": 5, "edits": 6,
    }  # fmt: skip
    assert sorted(path.name for path in out.iterdir()) == ["comments.csv", "comments.gpkg", "proposals.csv"]
    rows = table(out, "proposals.csv")
    assert told["best"] == rows[0]["proposal"]
    figures = [(row["rank"], row["n_edits"], float(row["gained"]), float(row["lost"]), row["n_sent"]) for row in rows]
    assert figures == [
        ("1", "1", 400, 0, "1"),  # a laundry
        ("2", "1", 100, 0, "2"),  # the southern gate, which both want
        ("3", "2", 120, 70, "1"),  # the pharmacy moves
        ("4", "1", 0, 0, "1"),  # a post office off the streets
        ("5", "1", 0, 400, "1"),  # no pharmacy
    ]
    assert [(row["n_gained"], row["n_lost"]) for row in rows] == [
        ("4", "0"),
        ("1", "0"),
        ("1", "1"),
        ("0", "0"),
        ("0", "4"),
    ]
    assert [row["text"] for row in rows] == ["要一家洗衣店", "开放南门", "", "", "太吵"]
    lon, lat = lonlat((790, 300))
    assert rows[0]["does_zh"] == f"在明湖社区（{lon:.5f}, {lat:.5f}）新设洗衣店"
    assert rows[1]["does_zh"] == "打开 阳光花园 的大门 G1"
    assert rows[1]["does_en"] == "open gate G1 of 阳光花园"
    assert rows[4]["does_en"] == "close 明湖大药房 (S7)"
    assert rows[0]["by_kind_zh"] == "洗衣店：新增 400（4 处），失去 0（0 处）"
    assert rows[2]["by_kind_en"] == "Pharmacy: 120 gain (at 1), 70 lose (at 1)"
    assert rows[0]["communities"] == "星河社区 +180 | 明湖社区 +150 | 柳湾村 +70"
    assert "200 m" in rows[3]["notes_en"]
    said_twice, lamp = sorted(table(out, "comments.csv"), key=lambda row: row["n_sent"], reverse=True)
    assert (said_twice["text"], said_twice["n_sent"], said_twice["community_id"]) == ("南门太远了", "2", "c1")
    assert (lamp["text"], lamp["kind"], lamp["community"]) == ("路灯坏了", "parking", "明湖社区")


def test_the_command_says_it_in_words(sent: list[Path], tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    old = saved(tmp_path / "old.geojson", collection(comment((0, 0), "旧地图"), data_date="2020-01-01"))
    code, said, err = call(monkeypatch, capsys, "comments", CONFIG, *sent, old, "--out", tmp_path / "out")
    assert code == 0
    assert "11 features: 3 comments and 5 proposals" in said
    assert "1. 在明湖社区" in said
    assert "1 个文件来自数据日期为 2020-01-01 的地图" in err
    assert f"the study's data is of {DATE}" in err


def test_layers_open_in_a_gis(result: Any, sent: list[Path], tmp_path: Path) -> None:
    path = round_trip(result, tmp_path / "out", *sent) / "comments.gpkg"
    assert {name for name, _ in pyogrio.list_layers(path)} == {"comments", "edits", "proposals", "gains"}
    comments, edits = gpd.read_file(path, layer="comments"), gpd.read_file(path, layer="edits")
    assert comments.crs == edits.crs == "EPSG:4326"
    assert sorted(comments["text"]) == ["南门太远了", "路灯坏了"]
    # A gate is where the study has it, wherever the pin was.
    at = result.network.gates().set_index("gate_id").geometry["G1"]
    drawn = edits[edits["gate_id"] == "G1"].geometry.iloc[0]
    assert drawn.distance(at) < 1e-9
    gains = gpd.read_file(path, layer="gains")
    first = gpd.read_file(path, layer="proposals")["proposal"][0]
    whole = gains[(gains["proposal"] == first) & (gains["level"] == "study")]
    assert whole[["kind", "gained", "n_gained"]].to_numpy().tolist() == [["laundry", 400, 4]]


def test_the_same_files_in_any_order_give_the_same_bytes(result: Any, sent: list[Path], tmp_path: Path) -> None:
    one, other = (round_trip(result, tmp_path / name, *files) for name, files in (("1", sent), ("2", sent[::-1])))
    for path in one.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes(), path.name


def test_ids_stay_when_more_comes_in(result: Any, sent: list[Path], tmp_path: Path) -> None:
    few, all_ = (round_trip(result, tmp_path / str(len(files)), *files) for files in (sent[:1], sent))
    for name, key in (("proposals.csv", "proposal"), ("comments.csv", "comment")):
        ids = {row[key] for row in table(few, name)}
        assert ids
        assert ids < {row[key] for row in table(all_, name)}


def test_comments_alone_make_no_proposals(result: Any, tmp_path: Path) -> None:
    out = round_trip(result, tmp_path / "out", saved(tmp_path / "a.geojson", collection(comment((0, 0), "好"))))
    assert table(out, "proposals.csv") == []
    assert (out / "proposals.csv").read_text(encoding="utf-8-sig").startswith("rank,proposal,n_edits,does_zh")
    assert len(table(out, "comments.csv")) == 1


def test_proposals_alone_make_no_comments(result: Any, tmp_path: Path) -> None:
    out = round_trip(result, tmp_path / "out", saved(tmp_path / "a.geojson", collection(gate("G1", "p1"))))
    assert table(out, "comments.csv") == []
    assert len(table(out, "proposals.csv")) == 1


def test_an_empty_file_is_no_mistake(result: Any, tmp_path: Path) -> None:
    out = round_trip(result, tmp_path / "out", saved(tmp_path / "a.geojson", collection()))
    assert table(out, "comments.csv") == table(out, "proposals.csv") == []
    assert len(gpd.read_file(out / "comments.gpkg", layer="edits")) == 0


# ---- what a text may hold ----

FORMULAS = ['=HYPERLINK("http://x")', "+1", "-2+3", "@SUM(A1)", "＝1+1", "\t=1", "=cmd|' /C calc'!A0"]


def test_no_text_becomes_a_formula(result: Any, tmp_path: Path) -> None:
    texts = [*FORMULAS, "<script>alert(1)</script>", 'a, "b"\nc']
    many = [comment((100, 50 + i), text) for i, text in enumerate(texts)]
    out = round_trip(result, tmp_path / "out", saved(tmp_path / "a.geojson", collection(*many, gate("G1", "p", "=1"))))
    cells = [cell for name in ("comments.csv", "proposals.csv") for row in table(out, name) for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝", "\t"))]
    # Leading blanks go; the rest is as written, behind the apostrophe or without it.
    written = {row["text"] for row in table(out, "comments.csv")}
    assert written == {f"'{text.strip()}" for text in FORMULAS} | set(texts[-2:])
    assert set(gpd.read_file(out / "comments.gpkg", layer="comments")["text"]) == {text.strip() for text in texts}
    assert table(out, "proposals.csv")[0]["text"] == "'=1"


def test_names_of_the_study_are_no_formulas_either(result: Any, tmp_path: Path) -> None:
    hostile = result.area_shapes.assign(name="=1+1\u202e\n<b>")
    out = round_trip(
        replace(result, area_shapes=hostile), tmp_path / "out",
        saved(tmp_path / "a.geojson", collection(comment((100, 50), "x"), put((790, 300), "laundry", "p"))),
    )  # fmt: skip
    assert table(out, "proposals.csv")[0]["communities"].startswith("'=1+1 <b> +")
    assert table(out, "comments.csv")[0]["community"] == "'=1+1 <b>"


def test_a_study_without_areas_names_no_community(result: Any, tmp_path: Path) -> None:
    nowhere = result.residences.assign(community_id=pd.Series(None, index=result.residences.index, dtype="str"))
    bare = replace(result, residences=nowhere, area_shapes=result.area_shapes.iloc[:0])
    sent = saved(tmp_path / "a.geojson", collection(comment((100, 50), "x"), put((790, 300), "laundry", "p")))
    out = round_trip(bare, tmp_path / "out", sent)
    (first,) = table(out, "proposals.csv")
    lon, lat = lonlat((790, 300))
    assert first["does_zh"] == f"在（{lon:.5f}, {lat:.5f}）新设洗衣店"
    assert first["communities"] == "社区之外 outside communities +400"
    assert table(out, "comments.csv")[0]["community_id"] == ""


def test_unseen_characters_are_taken_out(tmp_path: Path) -> None:
    text = "a\x00b\u202ec\u2066d\x1b[31me\ud83df\r\ng"
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(collection(comment((0, 0), text))), encoding="ascii")
    read = read_comments([path], study_id="xinghe")
    assert read["text"].tolist() == ["abcd[31me\ufffdf\ng"]
    assert clean_text("好👍") == "好👍"


def test_what_the_page_does_not_write_is_dropped(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.geojson", collection(comment((0, 0), "x", name="王某", phone="139", device="abc")))
    read = read_comments([path], study_id="xinghe")
    assert tuple(read.columns) == COMMENT_COLUMNS
    assert "王某" not in read.to_json(drop_id=True)


def test_a_mark_at_the_start_of_the_file_is_read_over(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(collection(comment((0, 0), "x"))), encoding="utf-8-sig")
    assert len(read_comments([path], study_id="xinghe")) == 1


# ---- what is refused ----


def changed(*path: Any, to: Any) -> Any:
    """A good file with one value changed."""
    document = copy.deepcopy(
        collection(comment((0, 0), "好"), put((0, 0), "post", "p1"), close("S7", "p1"), gate("G1", "p2"))
    )
    spot: Any = document
    for key in path[:-1]:
        spot = spot[key]
    spot[path[-1]] = to
    return document


POINT, TOLD = ("features", 0, "geometry"), ("features", 0, "properties")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "is no GeoJSON FeatureCollection"),
        ("FeatureCollection", "is no GeoJSON FeatureCollection"),
        ({"type": "FeatureCollection"}, "no list of features"),
        ({"type": "FeatureCollection", "features": []}, "doesn't say which study"),
        (collection(*[None] * 5_001), "has 5,001 features"),
        (changed("circle15", "study_id", to="guangfu"), "is of the study 'guangfu', not of 'xinghe'"),
        (changed("circle15", "study_id", to=["xinghe"]), "is of the study a list"),
        (changed("circle15", "version", to=2), "version 2"),
        (changed("circle15", "version", to=True), "version True"),
        (changed("circle15", "data_date", to="=1"), "data_date '=1'"),
        (changed("features", 0, to=7), "feature 1: is no GeoJSON Feature"),
        (changed("features", 0, "geometry", to=None), "feature 1: has no Point"),
        (changed(*POINT, "type", to="LineString"), "has no Point"),
        (changed(*POINT, "coordinates", to=[float("nan"), 1]), "no longitude and latitude"),
        (changed(*POINT, "coordinates", to=[1e400, 1]), "no longitude and latitude"),
        (changed(*POINT, "coordinates", to=[10**400, 1]), "no longitude and latitude"),
        (changed(*POINT, "coordinates", to=[181.0, 1]), "no longitude and latitude"),
        (changed(*POINT, "coordinates", to=[1, 90.5]), "no longitude and latitude"),
        (changed(*POINT, "coordinates", to=[True, False]), "no longitude and latitude"),
        (changed(*POINT, "coordinates", to=["116", "35"]), "no longitude and latitude"),
        (changed(*POINT, "coordinates", to=[116]), "no longitude and latitude"),
        (changed(*POINT, "coordinates", to=None), "no longitude and latitude"),
        (changed("features", 0, "properties", to=None), "neither a comment nor an edit"),
        (changed(*TOLD, "what", to="vote"), "neither a comment nor an edit"),
        (changed(*TOLD, "what", to=["comment"]), "neither a comment nor an edit"),
        (changed(*TOLD, "text", to={"a": 1}), "its text is an object"),
        (changed(*TOLD, "text", to="x" * (MOST_CHARACTERS + 1)), "5,001 characters"),
        (changed(*TOLD, "kind", to="cinema"), "its kind 'cinema' is unknown"),
        (changed("features", 1, "properties", "kind", to="kindergarten"), "feature 2: its kind 'kindergarten' is none"),
        (changed("features", 1, "properties", "kind", to=None), "does open_site without a kind"),
        (changed("features", 1, "properties", "proposal", to=None), "an edit of no proposal"),
        (changed("features", 1, "properties", "proposal", to=12), "its proposal is 12"),
        (changed("features", 1, "properties", "do", to="demolish"), "does 'demolish'"),
        (changed("features", 2, "properties", "site_id", to=None), "feature 3: does close_site without a site_id"),
        (changed("features", 2, "properties", "site_id", to="x" * 201), "feature 3: its site_id is 'xxx"),
        (changed("features", 3, "properties", "gate_id", to=""), "feature 4: its gate_id is ''"),
    ],
)  # fmt: skip
def test_what_no_page_exports_is_refused_with_its_place(tmp_path: Path, document: Any, told: str) -> None:
    path = saved(tmp_path / "sent.geojson", document)
    with pytest.raises(DataError) as refused:
        read_comments([path], study_id="xinghe")
    sentence = str(refused.value)
    assert sentence.startswith(f"{path}: ")
    assert told in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no JSON"),
        (b"\x89PNG\r\n", "no JSON"),
        ("好".encode("gbk"), "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"1" * 10_000, "no JSON"),
        (b" " * (MOST_BYTES + 1), "has 10.0 MB"),
    ],
)  # fmt: skip
def test_files_that_are_no_geojson(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "sent.geojson"
    path.write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_comments([path], study_id="xinghe")


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        read_comments([tmp_path / "gone.geojson", tmp_path], study_id="xinghe")
    gone, folder = str(refused.value).splitlines()
    assert "gone.geojson: there is no such file" in gone
    assert "can't be read" in folder
    with pytest.raises(ConfigError, match="no file is given"):
        read_comments([], study_id="xinghe")


def test_everything_bad_is_listed_at_once_and_nothing_is_written(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    bad = collection(
        comment((0, 0), "好"),
        {"type": "Feature"},
        put((0, 0), "cinema", "p"),
        {"type": "Feature"},
        close("S7", "p", kind="x"),
    )
    first, second = saved(tmp_path / "a.geojson", bad), saved(tmp_path / "b.geojson", 3)
    code, said, err = call(monkeypatch, capsys, "comments", CONFIG, first, second, "--out", tmp_path / "out")
    assert (code, said) == (3, "")
    assert err.splitlines() == [
        f"circle15: {first}: features 2, 4: has no Point; leave it out",
        f"{first}: feature 3: its kind 'cinema' is none of the 27; use an id of the checklist",
        f"{first}: feature 5: its kind 'x' is none of the 27; use an id of the checklist",
        f"{second}: is no GeoJSON FeatureCollection; give the file as the map's page saved it",
    ]
    assert not (tmp_path / "out").exists()


def test_sites_and_gates_that_the_study_has_not_got_are_listed(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    path = saved(
        tmp_path / "a.geojson",
        collection(
            comment((0, 0), "好"),
            close("S99\x1b[2J", "p"),
            gate("G1", "p"),
            gate("G9", "q"),
            close("S7", "q", kind="post"),
        ),
    )
    code, _, err = call(monkeypatch, capsys, "comments", CONFIG, path, "--out", tmp_path / "out")
    assert code == 3
    assert err.strip().splitlines() == [
        rf"circle15: {path}: feature 2: the study has no site 'S99\x1b[2J'; use a site_id of its sites",
        f"{path}: feature 4: no closed gate is called 'G9'; use a gate_id of the network's gates",
        f"{path}: feature 5: site 'S7' holds no post; close a kind that it holds, or the whole site",
    ]
    assert not (tmp_path / "out").exists()


ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=8)
"""Halves of characters too, which JSON can hold."""
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = [
    *(("circle15",), ("circle15", "study_id"), ("circle15", "version"), ("circle15", "data_date"), ("features",)),
    *(("features", i) for i in range(4)),
    *(("features", i, "geometry") for i in range(4)),
    *(("features", i, "geometry", "coordinates") for i in range(4)),
    *(("features", i, "geometry", "coordinates", j) for i in range(4) for j in range(2)),
    *(
        ("features", i, "properties", name)
        for i in range(4)
        for name in ("what", "text", "proposal", "do", "kind", "site_id", "gate_id")
    ),
]


@settings(max_examples=150)
@given(place=st.sampled_from(PLACES), value=ANY_JSON)
@example(place=("features", 2, "properties", "site_id"), value="\ud800")
@example(place=("features", 1, "properties", "proposal"), value="\udfff")
def test_anything_in_any_place_is_read_or_refused(tmp_path_factory: Any, place: Any, value: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.geojson"
    path.write_text(json.dumps(changed(*place, to=value)), encoding="utf-8")
    # Anything but a refusal fails the test, by itself.
    with contextlib.suppress(DataError):
        read = read_comments([path], study_id="xinghe")
        assert read.geometry.is_valid.all()
        assert read["what"].isin(["comment", "edit"]).all()
        read.drop(columns="geometry").to_json().encode("utf-8")


# ---- where it is written ----


def test_a_folder_with_other_things_is_left_alone(
    sent: list[Path], tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "论文.txt").write_text("mine", encoding="utf-8")
    code, _, err = call(monkeypatch, capsys, "comments", CONFIG, *sent, "--out", out)
    assert code == 2
    assert "holds files but no run of circle15" in err
    code, _, err = call(monkeypatch, capsys, "comments", CONFIG, *sent, "--out", sent[0])
    assert code == 2
    assert "is a file" in err


def test_a_runs_folder_keeps_the_run_and_takes_the_files_again(result: Any, sent: list[Path], tmp_path: Path) -> None:
    out = result.write(tmp_path / "out", pages=False)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    round_trip(result, out, *sent[:1])
    assert {name: (out / name).read_bytes() for name in before} == before
    fewer = table(out, "proposals.csv")
    round_trip(result, out, *sent)
    assert len(fewer) < len(table(out, "proposals.csv"))
    # A new run keeps what is no part of it.
    result.write(out, pages=False)
    assert (out / "comments.gpkg").exists()


def test_nothing_is_left_where_writing_fails(result: Any, sent: list[Path], tmp_path: Path, monkeypatch: Any) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        round_trip(result, tmp_path / "out", *sent)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["collected"]
