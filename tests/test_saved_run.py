"""A finished run read back from its folder: the same frames, the same pages, and one sentence where it can't be."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from circle15 import ConfigError, DataError, Study, cli, read_run
from circle15.outputs import folder, tables
from circle15.words import Words
from conftest import ROOT
from drawn import assert_same_frames


def files_of(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def result() -> Any:
    return Study.from_config(ROOT / "configs" / "xinghe.toml").run()


@pytest.fixture(scope="module")
def whole(result: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return result.write(tmp_path_factory.mktemp("xinghe") / "out")


@pytest.fixture
def out(whole: Path, tmp_path: Path) -> Path:
    """A run of one's own, to be harmed."""
    return Path(shutil.copytree(whole, tmp_path / "out"))


def call(monkeypatch: Any, capsys: Any, *words: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["circle15", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err


def test_the_frames_read_back_are_those_that_were_found(whole: Path, result: Any) -> None:
    assert_same_frames(read_run(whole), result)


def test_the_example_has_forms_a_plan_and_infinite_times(result: Any) -> None:
    # Else the test above would say little of them.
    assert list(result.forms) == ["providers", "satisfaction"]
    assert len(result.plan) == 1
    assert (result.access["time_s"] == float("inf")).any()
    assert result.access["site_id"].isna().any()


def test_a_run_read_and_written_again_is_the_same_to_the_byte(whole: Path, tmp_path: Path) -> None:
    again = read_run(whole).write(tmp_path / "again")
    assert files_of(again) == files_of(whole)


def test_tables_without_pages_become_the_whole_run(whole: Path, result: Any, tmp_path: Path) -> None:
    out = result.write(tmp_path / "out", pages=False)
    assert not (out / "map.html").exists()
    folder.rebuild_map(out)
    folder.rebuild_reports(out)
    here, there = files_of(out), files_of(whole)
    types = "community_types.csv"  # neither in the map nor in a report
    assert {name: here[name] for name in here if name != "manifest.json"} == {
        name: there[name] for name in there if name not in ("manifest.json", types)
    }
    listed = json.loads(here["manifest.json"])["files"]
    assert sorted(listed) == sorted(here)
    assert listed[-1] == "manifest.json"


def test_what_the_reports_warn_of_is_told_once_however_often_they_are_made(
    result: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    note = Words(zh="少了字体", en="a font is missing")

    def told(*_: object, **__: object) -> tuple[Words, ...]:
        return (note,)

    def warnings(out: Path) -> Any:
        return json.loads((out / "manifest.json").read_text(encoding="utf-8"))["warnings"]

    study = result.about["warnings"]
    with monkeypatch.context() as patched:
        patched.setattr(folder, "write_reports", told)
        out = result.write(tmp_path / "out")
        assert warnings(out) == [*study, note.to_dict()]
        again = read_run(out).write(tmp_path / "again")
        assert warnings(again) == [*study, note.to_dict()]
        folder.rebuild_reports(out, ["all"])
        folder.rebuild_reports(out)
        assert warnings(out) == [*study, note.to_dict()]
    # With the font in place there is nothing to tell any more.
    folder.rebuild_reports(out)
    assert note.to_dict() not in warnings(out)


def test_every_form_that_a_study_sums_up_is_read_back() -> None:
    from circle15 import study  # noqa: PLC0415

    class Asked(dict[str, Any]):
        """Forms that are all there, each an empty one."""

        def __contains__(self, key: object) -> bool:
            asked.append(key)
            return False

    asked: list[object] = []
    study._summed_up(Asked(), official=False)
    assert tuple(asked) == tables._FORMS


# The commands


def test_map_and_report_make_the_pages_anew_and_change_nothing_else(out: Path, monkeypatch: Any, capsys: Any) -> None:
    before = files_of(out)
    (out / "map.html").write_text("old", encoding="utf-8")
    for page in (out / "reports").iterdir():
        page.write_text("old", encoding="utf-8")
    code, said, _ = call(monkeypatch, capsys, "map", out)
    assert (code, said) == (0, f"Map:    {out / 'map.html'}\n")
    assert call(monkeypatch, capsys, "report", out)[0] == 0
    assert files_of(out) == before


def test_json_says_what_was_written(out: Path, monkeypatch: Any, capsys: Any) -> None:
    code, said, _ = call(monkeypatch, capsys, "map", out, "--json")
    assert (code, json.loads(said)) == (0, {"out": str(out), "map": str(out / "map.html")})
    code, said, _ = call(monkeypatch, capsys, "report", out, "--json")
    told = json.loads(said)
    assert (code, told["out"]) == (0, str(out))
    assert sorted(told["reports"]) == sorted(str(path) for path in (out / "reports").iterdir())


def test_one_district_only(out: Path, monkeypatch: Any, capsys: Any) -> None:
    for page in (out / "reports").iterdir():
        page.write_text("old", encoding="utf-8")
    code, said, _ = call(monkeypatch, capsys, "report", out, "--district", "all", "--json")
    made = [Path(path).name for path in json.loads(said)["reports"]]
    assert code == 0
    assert {"all.html", "all.xlsx"} <= set(made) <= {"all.html", "all.pdf", "all.xlsx"}
    others = [page for page in (out / "reports").iterdir() if page.name not in made]
    assert {page.read_text(encoding="utf-8") for page in others} <= {"old"}
    assert all((out / "reports" / name).stat().st_size > 1000 for name in made)


def test_unknown_district_names_those_that_are_there(out: Path, monkeypatch: Any, capsys: Any) -> None:
    before = files_of(out)
    code, _, err = call(monkeypatch, capsys, "report", out, "--district", "D9")
    assert code == 2
    assert "holds no district D9; use all" in err
    assert files_of(out) == before


@pytest.mark.parametrize("command", ["map", "report"])
def test_a_page_that_fails_leaves_the_former_ones(out: Path, monkeypatch: Any, capsys: Any, command: str) -> None:
    before = files_of(out)

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "render_map" if command == "map" else "write_reports", full)
    code, _, err = call(monkeypatch, capsys, command, out)
    assert code == 2
    assert "can't be written (No space left on device)" in err
    assert files_of(out) == before


# What can't be read


@pytest.mark.parametrize("command", ["map", "report"])
def test_a_folder_that_is_no_run(tmp_path: Path, monkeypatch: Any, capsys: Any, command: str) -> None:
    (tmp_path / "manifest.json").write_text('{"program": "another"}', encoding="utf-8")
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "manifest.json"):
        code, said, err = call(monkeypatch, capsys, command, place)
        assert (code, said) == (2, "")
        assert err == f"circle15: {place}: holds no run of circle15; name the folder that `circle15 run --out` wrote\n"


@pytest.mark.parametrize("key", ["about", "sha256"])
def test_a_run_of_an_older_version(out: Path, key: str) -> None:
    path = out / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest[key]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(
        ConfigError, match=rf"manifest.json: lists no {key}, as circle15 0\.1\.0 wrote it; run the study"
    ):
        read_run(out)


def test_a_run_without_a_table_that_this_version_reads(out: Path) -> None:
    path = out / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["sha256"]["layers.parquet"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"lists no layers.parquet, as circle15 0\.1\.0 wrote it; run the study again"
    ):
        read_run(out)


@pytest.mark.parametrize(
    "name", ["access.parquet", "layers.parquet", "extent.parquet", "providers.parquet", "plan.json"]
)
def test_a_missing_or_cut_file_is_named(out: Path, name: str) -> None:
    whole = (out / name).read_bytes()
    (out / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=f"{name}: isn't what the run wrote; run the study again"):
        read_run(out)
    (out / name).unlink()
    with pytest.raises(DataError, match=rf"{name}: can't be read \(No such file or directory\); run the study again"):
        read_run(out)


def test_another_runs_file_is_found(out: Path, result: Any, monkeypatch: Any, capsys: Any) -> None:
    result.residences.iloc[1:].to_parquet(out / "residences.parquet", index=False)
    code, _, err = call(monkeypatch, capsys, "report", out)
    assert code == 3
    assert err.startswith(f"circle15: {out / 'residences.parquet'}: isn't what the run wrote")


def test_a_strangers_file_in_the_folder_is_not_read(out: Path, result: Any) -> None:
    (out / "inventory.parquet").write_bytes(b"mine")
    assert list(read_run(out).forms) == list(result.forms)
