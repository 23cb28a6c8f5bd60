"""The groups of people that residences count (the elderly, minors, the disabled), beside everybody."""

from __future__ import annotations

from collections.abc import Sequence

from circle15.areas import EVERYWHERE, STUDY
from circle15.checklist import KINDS
from circle15.outputs.report.model import GroupRows, PeopleRow, Shares
from circle15.outputs.report.names import kind_words
from circle15.schema import PEOPLE_GROUPS, STATUSES, StudyFrames

_WORST_KINDS = 3


def people_groups(frames: StudyFrames, matrix: Sequence[GroupRows], district_id: str | None) -> tuple[PeopleRow, ...]:
    """A row for each group that was counted in the report's scope; none where nobody was."""
    level, area_id = (STUDY, EVERYWHERE) if district_id is None else ("district", district_id)
    told = frames.group_shares
    here = told[(told["level"] == level) & (told["area_id"] == area_id) & told["kind"].isin(list(KINDS))]
    everybody = {row.kind: row.total.of("gap") for group in matrix for row in group.rows}
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
        out.append(PeopleRow(words=PEOPLE_GROUPS[group_id], average=average, worst=worst))
    return tuple(out)
