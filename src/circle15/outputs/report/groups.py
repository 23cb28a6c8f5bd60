"""The groups of people that residences count (the elderly, minors, the disabled), beside everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from circle15.areas import EVERYWHERE, STUDY
from circle15.checklist import KINDS
from circle15.outputs.palette import Words
from circle15.outputs.report.model import ReportModel, Shares
from circle15.outputs.report.names import kind_words
from circle15.schema import STATUSES, StudyFrames

_WORDS: Final[Mapping[str, Words]] = {
    "elderly": Words(zh="老年人", en="the elderly"),
    "minors": Words(zh="未成年人", en="minors"),
    "disabled": Words(zh="残疾人", en="the disabled"),
}
_WORST_KINDS = 3


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """One group: its people, the mean of the 27 kinds, and the kinds that most of them lack.

    `worst` : kind, share of the group in gap, share of everybody in gap; the largest first.
    """

    words: Words
    average: Shares
    worst: tuple[tuple[Words, float, float], ...]


def groups_beside_all(frames: StudyFrames, model: ReportModel, district_id: str | None) -> tuple[GroupRow, ...]:
    """A row for each group that was counted in the report's scope; none where nobody was."""
    level, area_id = (STUDY, EVERYWHERE) if district_id is None else ("district", district_id)
    told = frames.group_shares
    here = told[(told["level"] == level) & (told["area_id"] == area_id) & told["kind"].isin(list(KINDS))]
    everybody = {row.kind: row.total.of("gap") for group in model.matrix for row in group.rows}
    out = []
    for group_id in here["group"].unique():
        rows = here[here["group"] == group_id]
        gaps = rows[rows["gap"] > 0].sort_values("gap", ascending=False, kind="stable").head(_WORST_KINDS)
        average = Shares(
            weight=float(rows["weight"].iloc[0]),
            n_residences=int(rows["n_residences"].iloc[0]),
            shares=tuple(rows[list(STATUSES)].mean().tolist()),
        )
        worst = tuple(
            (kind_words(kind), float(gap), everybody[kind]) for kind, gap in zip(gaps["kind"], gaps["gap"], strict=True)
        )
        out.append(GroupRow(words=_WORDS[group_id], average=average, worst=worst))
    return tuple(out)
