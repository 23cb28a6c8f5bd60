"""The public surface, lazy imports, documents that must keep up with the code, and what a wheel carries."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest
from pydantic import BaseModel

import circle15 as c15
from circle15.config import StudyConfig
from conftest import ROOT

PUBLIC = {
    "KINDS", "Circle15Error", "CloseSite", "ConfigError", "DataError", "InputError", "OpenGate", "OpenSite",
    "OsmExtract", "Profile", "SitingPlan", "SitingProblem", "Study", "StudyResult", "Trial", "WalkNetwork",
    "catchments", "figures", "isochrones", "nearest_sites", "osm_sites", "read_osm", "read_run", "solve_siting",
    "travel_times", "trial",
}  # fmt: skip


def test_the_public_names_are_these_and_exist():
    assert set(c15.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(c15, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        c15.nonsense  # noqa: B018


def test_a_submodule_never_hides_the_function_of_its_name():
    import circle15.isochrones  # noqa: PLC0415

    assert inspect.isfunction(circle15.isochrones)


def test_import_is_lazy():
    heavy = {"numpy", "pandas", "shapely", "numba", "osmium", "matplotlib"}
    code = f"import sys, circle15; print(sorted(set(sys.modules) & {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("name", sorted(PUBLIC - {"KINDS"}))
def test_public_things_are_documented(name):
    assert len(inspect.getdoc(getattr(c15, name)) or "") > 40


def test_errors_are_value_errors_with_exit_codes():
    assert issubclass(c15.InputError, ValueError)
    assert (c15.ConfigError.exit_code, c15.DataError.exit_code) == (2, 3)


def keys(model, section=""):
    for name, field in model.model_fields.items():
        inner = next(
            (kind for kind in (field.annotation, *getattr(field.annotation, "__args__", ())) if is_model(kind)), None
        )
        if inner is not None:
            yield from keys(inner, f"{section}.{name}" if section else name)
        elif name != "path":
            yield section, name


def is_model(kind):
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def test_every_setting_is_in_the_docs():
    text = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    lines = text.splitlines()
    for section, key in keys(StudyConfig):
        row = [line for line in lines if f"`{key}`" in line and (not section or f"[{section}" in line)]
        assert row, f"docs/config.md has no line on {section}.{key}"


def test_every_dependency_has_its_reason():
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[><=\[ ]", requirement)[0] for requirement in project["dependencies"]]
    assert [name for name in names if name not in text] == []


def test_every_column_of_a_run_is_in_the_docs():
    from circle15.schema import ACCESS_COLUMNS, RESIDENCE_COLUMNS, SITE_COLUMNS, SITE_KIND_COLUMNS  # noqa: PLC0415

    text = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    columns = {*ACCESS_COLUMNS, *RESIDENCE_COLUMNS, *SITE_COLUMNS, *SITE_KIND_COLUMNS}
    assert [column for column in columns if column not in text] == []


def test_links_between_documents_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_locks_hold_pins_and_hashes_only():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert all("==" in line for line in pinned)


def test_a_wheel_carries_the_city_and_every_resource(tmp_path):
    build = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    run = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src" / "circle15"
    resources = {
        f"circle15/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert resources <= inside
    assert "circle15/demo/reykjavik-centre.osm.pbf" in inside
