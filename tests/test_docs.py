"""The documentation site: made without a warning, asking no other host, and as new as the code."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import circle15 as c15
from circle15 import checklist
from circle15.config import load_config
from conftest import ROOT

DOCS = ROOT / "docs"


def test_the_commands_page_is_what_the_commands_say() -> None:
    made = runpy.run_path(str(DOCS / "make_cli.py"))
    assert made["page"]() == (DOCS / "cli.md").read_text(encoding="utf-8")  # else run docs/make_cli.py


def test_every_public_name_has_its_place_in_the_reference() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    # A function that has its room's name is shown by its whole path.
    shown = set(re.findall(r"^::: circle15\.(?:\w+\.)*(\w+)$", text, re.MULTILINE))
    assert set(c15.__all__) - shown == {"KINDS"}
    assert "`circle15.KINDS`" in text


def test_the_how_tos_settings_and_commands_are_real(tmp_path: Path) -> None:
    text = (DOCS / "howto.md").read_text(encoding="utf-8")
    (settings,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "study.toml").write_text(settings, encoding="utf-8")
    assert load_config(tmp_path / "study.toml").registers[0].complete == ("farmers_market", "pharmacy")
    said = (DOCS / "cli.md").read_text(encoding="utf-8")
    for command, rest in re.findall(r"`circle15 (\w+)([^`]*)`", text):
        help_text = re.search(rf"## circle15 {command}\n(.*?)(?=\n## |\Z)", said, re.DOTALL)
        assert help_text, command
        assert [option for option in re.findall(r"--[a-z-]+", rest) if option not in help_text[1]] == [], command


@pytest.fixture(scope="module")
def as_markdown() -> Any:
    return runpy.run_path(str(DOCS / "site_docstrings.py"))["as_markdown"]


def test_docstrings_become_lists_and_code(as_markdown: Any) -> None:
    docstring = """Walk.

    Parameters
    ----------
    speed_m_s : how fast, on
        the flat.
    path, place : where.
    share : float
        Of weight.

    Raises
    ------
    DataError
        when there is no street.

    Returns
    -------
    Seconds.

    Examples
    --------
    >>> 1 + 1
    2
    """
    assert as_markdown(docstring).split("\n\n") == [
        "Walk.",
        "**Parameters**",
        "- `speed_m_s`: how fast, on the flat.\n- `path`, `place`: where.\n- `share` (float): Of weight.",
        "**Raises**",
        "- `DataError`: when there is no street.",
        "**Returns**",
        "Seconds.",
        "**Examples**",
        "```pycon\n>>> 1 + 1\n2\n```\n",
    ]


class Page(HTMLParser):
    """What a page loads, links to and says."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"script", "link", "img", "iframe", "source", "object"}:
            self.loads += [given[name] or "" for name in ("src", "href", "data", "srcset") if given.get(name)]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read_page(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="the documentation site needs mkdocs-material")
    place = tmp_path_factory.mktemp("docs") / "site"
    words = ["-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(place)]
    run = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return place


@pytest.mark.xdist_group("docs")
def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) >= len(list(DOCS.glob("*.md")))
    loads = {path.name: [load for load in read_page(path).loads if re.match(r"(https?:)?//", load)] for path in pages}
    assert {name: foreign for name, foreign in loads.items() if foreign} == {}
    # A style sheet loads by url() and @import.
    sheets = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert sheets
    assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)]*", sheets) == []


@pytest.mark.xdist_group("docs")
def test_the_site_holds_the_readmes_the_reference_and_no_script_of_ours(site: Path) -> None:
    assert "make demo" in "".join(read_page(site / "index.html").text)
    assert "缺数据绝不说成缺设施" in "".join(read_page(site / "zh.html").text)
    said = " ".join("".join(read_page(site / "api.html").text).split())
    assert "travel_times" in said
    assert "straight_line" not in said
    kinds = "".join(read_page(site / "kinds.html").text)
    assert [kind.zh for kind in checklist.kinds() if kind.zh not in kinds] == []
    assert [path.name for path in site.rglob("*.py")] == []


@pytest.mark.xdist_group("docs")
def test_links_between_pages_lead_somewhere(site: Path) -> None:
    for path in sorted(set(site.rglob("*.html")) - {site / "404.html"}):  # whose links start at a server's root
        for target in re.findall(r'<a[^>]* href="([^"#:]+)["#]', path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
