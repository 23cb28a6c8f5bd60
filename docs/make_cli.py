"""Write docs/cli.md from the commands' own help.

python docs/make_cli.py
"""

from __future__ import annotations

import os
from pathlib import Path

import typer
from typer.testing import CliRunner

from circle15 import cli

PAGE = Path(__file__).parent / "cli.md"

HEAD = """\
# The commands

Made from the commands' own help by `docs/make_cli.py`; a test holds it against them. Results go to stdout, progress and
messages to stderr; `--json` prints one object.

Exit codes: 0 done, 2 usage or config, 3 bad data, 130 stopped by Ctrl-C (nothing is left behind). A mistake gets one
sentence with file and mend.
"""


def commands() -> list[str]:
    """The names of all commands, in the order of the help."""
    return list(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


def page() -> str:
    """The whole page."""
    parts = [HEAD, section("circle15", [])]
    parts += [section(f"circle15 {name}", [name]) for name in commands()]
    return "\n".join(parts)


def section(title: str, words: list[str]) -> str:
    said = CliRunner().invoke(cli.app, [*words, "--help"], prog_name="circle15", env=os.environ | {"COLUMNS": "100"})
    lines = "\n".join(line.rstrip() for line in said.output.strip().splitlines())
    return f"## {title}\n\n```text\n{lines}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(f"{PAGE.name}: {len(commands())} commands")
