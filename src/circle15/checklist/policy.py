"""The policies as packaged data: one TOML for each plan document, its thresholds with the sentence quoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from circle15.checklist.catalogue import KINDS, read_toml

_STANDARD_IDS = (
    "complete_community_2020", "convenience_circle_2021", "living_circle_minutes", "nine_ministries_2025",
)  # fmt: skip
_POLICY_IDS = ("guanghe_2019", "northeast_city", "panzhihua_2020", "shaoyang_2025", "zhejiang_2025")

_REQUIREMENTS = {"A": 13, "B": 21, "C": 12, "D": 11, "E": 13, "F": 16, "G": 4, "H": 4, "I": 4, "J": 13}

NEVER_ASKED = {
    "J-11": "health files of residents: no data on persons belongs in this tool",
    "J-12": "persons under supervision and their cases: no data on persons belongs in this tool",
}
"""Requirements that no policy's file holds, on purpose, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One checkable sentence of a plan.

    `threshold` compares by `comparison` in `unit`; both are None where the sentence names no number. `type`: S is
    measured on the map, N from figures, R is a ratio over many communities, F is a form or register. `plan_year` is
    None where the document names no year. `mended` marks a quote in which lost bytes of the document's copy were
    restored.

    Where walking reach alone decides, `kinds` names the theme's kinds and `combine` how they count together: "each"
    kind is a requirement by itself, "all" of them must be reached, "any" one suffices, "mean" is the mean share over
    them. `minutes_urban` and `minutes_rural` are None where the sentence doesn't speak of that setting, and
    `target_share` is the share of residents that the sentence promises it to. Elsewhere `kinds` is empty and the other
    four are None.

    `measure` is a table of `formula` and what it takes (docs/requirements.md); None where reach decides and where
    nothing is computed: then `form` names the form that holds the answer, or `out_of_scope` (Chinese, English) says
    why the tool doesn't ask.
    """

    id: str
    quote: str
    measures: str
    unit: str | None
    threshold: float | None
    comparison: str | None
    level: str
    setting: str
    type: str
    plan_year: int | None
    mended: bool
    kinds: tuple[str, ...]
    combine: str | None
    minutes_urban: float | None
    minutes_rural: float | None
    target_share: float | None
    measure: Mapping[str, Any] | None = None
    form: str | None = None
    out_of_scope: tuple[str, str] | None = None

    @property
    def formula(self) -> str | None:
        """The formula that computes it: "reach", or the one that `measure` names; None where nothing is computed."""
        return "reach" if self.kinds else None if self.measure is None else str(self.measure["formula"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One plan document or standard; `document` begins the file name of its copy.

    A standard has no copy: `source` is where its facts are told and `status` how sure they are, and its quotes are
    facts in our words, not the document's text.
    """

    id: str
    name_zh: str
    place: str
    level: str
    plan_year: int | None
    document: str
    requirements: tuple[Requirement, ...]
    source: str | None = None
    status: str | None = None


def policies() -> dict[str, Policy]:
    """The five policies by id, sorted by id.

    >>> policies()["shaoyang_2025"].plan_year
    2025
    """
    return dict(_policies())


def standards() -> dict[str, Policy]:
    """National standards and guides beside the five policies, sorted by id: only what a source tells, and how surely.

    >>> standards()["nine_ministries_2025"].status
    'news report'
    """
    return dict(_standards())


@cache
def _standards() -> dict[str, Policy]:
    return {standard_id: _policy(standard_id, "standards") for standard_id in _STANDARD_IDS}


def requirement_ids() -> list[str]:
    """The ids of the 111 requirements that were read out of the five documents.

    >>> len(requirement_ids())
    111
    """
    return [f"{letter}-{n}" for letter, most in _REQUIREMENTS.items() for n in range(1, most + 1)]


def base_id(requirement_id: str) -> str:
    """The requirement that a part of it belongs to.

    >>> base_id("F-8b")
    'F-8'
    """
    return requirement_id.rstrip("abcd")


@cache
def _policies() -> dict[str, Policy]:
    return {policy_id: _policy(policy_id) for policy_id in _POLICY_IDS}


def _policy(policy_id: str, folder: str = "policies") -> Policy:
    table = read_toml(folder, f"{policy_id}.toml")
    head = table["policy"]
    plan_year = head.get("plan_year")
    return Policy(
        id=policy_id,
        name_zh=head["name_zh"],
        place=head["place"],
        level=head["level"],
        plan_year=plan_year,
        document=head["document"],
        requirements=tuple(_requirement(row, plan_year) for row in table["requirement"]),
        source=head.get("source"),
        status=head.get("status"),
    )


def _requirement(row: dict[str, Any], plan_year: int | None) -> Requirement:
    theme = row.get("kinds", ())
    return Requirement(
        id=row["id"],
        quote=row["quote"],
        measures=row["measures"],
        unit=row.get("unit"),
        threshold=_number(row.get("threshold")),
        comparison=row.get("comparison"),
        level=row["level"],
        setting=row.get("setting", "both"),
        type=row["type"],
        plan_year=row.get("plan_year", plan_year),
        mended=row.get("mended", False),
        kinds=KINDS if theme == "all" else tuple(theme),
        combine=row.get("combine"),
        minutes_urban=_number(row.get("minutes_urban")),
        minutes_rural=_number(row.get("minutes_rural")),
        target_share=_number(row.get("target_share")),
        measure=row.get("measure"),
        form=row.get("form"),
        out_of_scope=(row["out_of_scope"]["zh"], row["out_of_scope"]["en"]) if "out_of_scope" in row else None,
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
