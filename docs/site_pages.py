"""What the documentation site takes from outside docs/: the READMEs, the changelog, the notebooks' text pairs.

A hook of mkdocs (mkdocs.yml). The pages stay where they are, for readers of the repository; here their links are led
to the site's pages, and links to files that no page is made of become plain text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"index.md": "README.md", "zh.md": "README.zh.md", "changelog.md": "CHANGELOG.md"}
CODE = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
JOINT = re.compile(
    r"(?<=[\u3000-\u303f\u4e00-\u9fff\uff01-\uff5e\u201c\u201d])\n *(?=[\u4e00-\u9fff\u201c\u201d\uff08\u3008-\u3011])"
)
LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def notebooks() -> dict[str, Path]:
    """The pages that are notebooks, and their text pairs."""
    return {f"notebooks/{path.stem}.md": path for path in sorted((ROOT / "notebooks").glob("*.py"))}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the notebooks, and the pages of docs/ that mkdocs.yml doesn't list."""
    nav = config.nav or []
    listed = {page for section in nav for entry in next(iter(section.values())) for page in _paths(entry)}
    more = sorted({path.name for path in Path(config.docs_dir).glob("*.md")} - listed)
    for section in nav:
        for entry in section.get("Start here", []):
            if isinstance(entry, dict) and "Notebooks" in entry:
                entry["Notebooks"] = list(notebooks())
        if "More" in section:
            section["More"] = more
    config.nav = [section for section in nav if next(iter(section.values()))]
    return config


def _paths(entry: Any) -> list[str]:
    """The pages that an entry of the navigation names."""
    if isinstance(entry, str):
        return [entry]
    return [page for value in entry.values() for page in (value if isinstance(value, list) else [value])]


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages from outside docs/."""
    import jupytext  # noqa: PLC0415 - only a build needs it

    for page, source in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    for page, path in notebooks().items():
        files.append(File.generated(config, page, content=jupytext.writes(jupytext.read(path), fmt="md")))
    return files


def on_page_markdown(markdown: str, *, page: Page, files: Files, **_: Any) -> str:
    """Lead links to the site's own pages, and join Chinese lines, between which a browser would set a space."""
    from_root = page.file.src_uri in PAGES
    parts = CODE.split(markdown)  # text and code in turn
    parts[::2] = [JOINT.sub("", LINK.sub(lambda link: _led(link, files, from_root=from_root), x)) for x in parts[::2]]
    return "".join(parts)


def _led(link: re.Match[str], files: Files, *, from_root: bool) -> str:
    target, anchor, rest = link["target"].partition("#")
    if not target or re.match(r"[a-z]+:", target):
        return link[0]
    inside = next((page for page, source in PAGES.items() if target.removeprefix("../") == source), None)
    if inside is None:
        inside = target.removeprefix("docs/") if from_root else target
        inside = re.sub(r"^(\.\./)?(notebooks/.*)\.ipynb$", r"\2.md", inside)
    file = files.get_file_from_path(inside)
    if file is None or file.inclusion.is_excluded():
        return link["text"]
    return f"{link['picture']}[{link['text']}]({inside}{anchor}{rest})"
