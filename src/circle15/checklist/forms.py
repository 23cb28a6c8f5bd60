"""The forms that planners fill in, as packaged data: their columns, types, choices and notes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from circle15.checklist.catalogue import read_toml

COLUMN_TYPES = ("id", "text", "number", "whole", "date", "choice", "flag", "kind")
"""What a column may hold; "kind" is one or several kinds, separated by 、."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers of a column: `id` in frames, either of the others in a file."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormColumn:
    """A column of a form: `id` in frames, and either `id` or `zh` as its header."""

    id: str
    zh: str
    en: str
    type: str
    required: bool
    choices: tuple[Choice, ...]
    least: float | None
    most: float | None
    note_zh: str
    note_en: str
    example: str

    def __str__(self) -> str:
        return f"{self.zh}/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form; no two rows have the same `key` (community figures: the same level and key)."""

    id: str
    zh: str
    en: str
    key: str
    columns: tuple[FormColumn, ...]


YES, NO = Choice(id="yes", zh="是", en="yes"), Choice(id="no", zh="否", en="no")


def forms() -> dict[str, Form]:
    """The nine forms by id.

    >>> forms()["gates"].zh
    '出入口登记表'
    """
    return dict(_forms())


@cache
def _forms() -> dict[str, Form]:
    return {
        row["id"]: Form(
            id=row["id"], zh=row["zh"], en=row["en"], key=row["key"], columns=tuple(map(_column, row["columns"]))
        )
        for row in read_toml("forms.toml")["form"]
    }


def _column(row: dict[str, Any]) -> FormColumn:
    flag = row["type"] == "flag"
    return FormColumn(
        id=row["id"],
        zh=row["zh"],
        en=row["en"],
        type=row["type"],
        required=row.get("required", False),
        choices=(YES, NO) if flag else tuple(Choice(**choice) for choice in row.get("choices", ())),
        least=row.get("min"),
        most=row.get("max"),
        note_zh=row.get("note_zh", ""),
        note_en=row.get("note_en", ""),
        example=row.get("example", ""),
    )
