"""Write docs/kinds.md: how each kind is known, from the catalogue's own data.

python docs/make_kinds.py
"""

from __future__ import annotations

from pathlib import Path

from circle15 import checklist

PAGE = Path(__file__).parent / "kinds.md"

HEAD = """\
# How each kind is known

Made from `checklist/kinds.toml` and `extension_kinds.toml` by `docs/make_kinds.py`; a test holds it against them.
*Confirmed* and *possible* are what OpenStreetMap says; *implied* is what usually stands in the same place. In a
register the kind's name, its id or a synonym confirms it, whatever the map says. *OSM in China* is a judgement of how
much of the kind mappers have drawn there: a hint, never a rule. A kind whose three columns are empty is on no map at
all: only a register or the survey list can tell of it.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## The 27 kinds", table(checklist.kinds()), "## Extension kinds", EXTENSION, table(EXTENSIONS)]
    return "\n".join(f"{part.strip()}\n" for part in parts)


EXTENSION = "Named by policies beside the 27; the same machinery, outside the score."
EXTENSIONS = checklist.extension_kinds()


def table(kinds: tuple[checklist.Kind, ...]) -> str:
    lines = [
        "| kind | OSM confirmed | OSM possible | implied by | register | OSM in China |",
        "|---|---|---|---|---|---|",
    ]
    for kind in kinds:
        confirmed = [*kind.confirmed, *(f"{selector}, with a name of the kind" for selector in kind.named)]
        possible = [*kind.possible, *(["a name of the kind"] if kind.name else [])]
        implied = [checklist.kind(host).zh for host in kind.implied_by]
        cells = [f"{kind.zh} `{kind.id}`", ticked(confirmed), ticked(possible), "、".join(implied), "confirmed"]
        lines.append("| " + " | ".join([*cells, kind.completeness_cn]) + " |")
    return "\n".join(lines)


def ticked(selectors: list[str]) -> str:
    """Selectors in the words of the catalogue; a bar would end the cell."""
    return "; ".join(selector.replace("|", "\\|") for selector in selectors)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(f"{PAGE.name}: {len(checklist.kinds())} kinds and {len(EXTENSIONS)} extension kinds")
