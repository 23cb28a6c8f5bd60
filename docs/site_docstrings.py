"""Docstrings as Markdown for the documentation site: an extension of griffe (mkdocs.yml).

Our docstrings have numpy's sections, but write `name : what it is` on one line, as the types stand in the signature;
readers of numpy's style would take the words for a type. So each section becomes a heading and a list.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import Any

import griffe

SECTION = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n-{3,}\n", re.MULTILINE)
LISTED = ("Parameters", "Attributes", "Raises")
TYPE_ONLY = re.compile(r"[\w.]+(\[[^ ]*\])?( (or|of) [\w.]+)*")
"""What stands behind a name where its description follows below, as numpy has it."""


class Sections(griffe.Extension):
    """Turns every docstring into Markdown once it is loaded."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for each object of the package."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(docstring: str) -> str:
    r"""A docstring with numpy's sections as Markdown.

    >>> print(as_markdown("Walk.\n\nParameters\n----------\nspeed_m_s : how fast,\n    on the flat."))
    Walk.
    <BLANKLINE>
    **Parameters**
    <BLANKLINE>
    - `speed_m_s`: how fast, on the flat.
    <BLANKLINE>
    """
    text, *sections = SECTION.split(inspect.cleandoc(docstring))
    parts = [_examples(text)]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        parts += [f"**{title}**", _listed(body) if title in LISTED else _examples(body)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _listed(body: str) -> str:
    """Entries begin at the margin; what is indented below belongs to them."""
    entries = re.split(r"\n(?=\S)", body.strip("\n"))
    return "\n".join(f"- {_entry(entry)}" for entry in entries)


def _entry(entry: str) -> str:
    head, _, below = entry.partition("\n")
    names, colon, what = head.partition(" : ")
    below = textwrap.dedent(below).strip()
    kind = ""
    if colon and below and TYPE_ONLY.fullmatch(what):
        kind, what = f" ({what})", ""
    said = " ".join(f"{what} {below}".split())
    return ", ".join(f"`{name.strip()}`" for name in names.split(",")) + kind + (f": {said}" if said else "")


def _examples(body: str) -> str:
    """Examples as code: whatever begins with Python's prompt, up to the next empty line."""
    parts = re.split(r"\n\s*\n", body)
    return "\n\n".join(f"```pycon\n{part.strip()}\n```" if part.lstrip().startswith(">>>") else part for part in parts)
