# ruff: noqa: E501 - a row of a table is one line
"""Write docs/requirements.md from the policies: which requirement is computed, and what the others need."""

from __future__ import annotations

from pathlib import Path

from circle15.areas.indicators import form_of
from circle15.checklist import Requirement, policies
from circle15.checklist.forms import forms
from circle15.checklist.policy import NEVER_ASKED, base_id, requirement_ids

HEAD = """\
# The requirements of the policies

The five plan documents hold 111 checkable requirements. This table says, for each, which formula computes it and from
what, which form would answer it, or why the tool doesn't ask. It is written by `docs/make_requirements.py`; a test
holds it to the policies (`src/circle15/checklist/policies/`), where the sentences are quoted.

An indicator's row has `value_confirmed`, `value_possible` (confirmed or possible) and `share_unknown`; `met` is yes
where what is confirmed keeps to the threshold, no where nothing unknown could, else undetermined. A threshold is
shown with its plan year: all dated ones (2020, 2025) have passed.

| formula | value | denominator |
|---|---|---|
| `reach` | share of the weight that reaches the kinds in the requirement's own minutes | weight of the settings it speaks of |
| `presence` | sites of each kind in the community's polygon (a site on a border belongs to the smaller id) | one community |
| `areas_with` | share of communities (or districts) with a kind, with a figure above zero, or that meet another requirement | communities (districts) of the setting |
| `figure` | figures of the form, as a count or divided by another; a district's or the study's own row, else the sum of its communities | the figure divided by |
| `windows` | service windows; the threshold is one for every begun 5,000 residents, at least one | residents |
| `sites` | share of the sites of some kinds that are large enough, open long enough, or say so; unknown where the register is silent | confirmed sites of the kinds |
| `near` | share of sites with a partner within 30 m edge to edge (`same`) or 100 m (`adjacent`); no plan names a number | confirmed sites of the kinds |
| `kinds_per_site` | share of sites of two kinds or more, or the most that one site holds | sites of any of the 27 |
| `roles` | share of each role's kinds (main, special, outlets, outdoor) within the circle | weight |
| `choice` | places of a kind that a resident can choose from, the mean | weight |
| `borrowed` | of the covered kinds, those whose only place (confirmed) or nearest place (possible) is another community's | weight x covered kinds |

Readings worth knowing: 30 m2 a hundred households (Panzhihua) and 43 (Shaoyang) stand beside each other, each under
its plan; 2.5 m2 of square a resident is asked of rural communities (where the form is silent, the grounds for exercise
that a map draws, without parks, are a possible value); elder-care land is land; 10 % is asked of new
communities; volunteer stations are counted over facilities; a ratio of part of the communities settles nothing.
Gas, power and water (B-14) and primary and secondary schools (B-4) are sorts of a kind: a site of the kind may be any
of them where neither its name nor its register says which, and where the kind is complete, so are its sorts. Of a
commercial gym the map says only that it may be a 百姓健身房 (B-19).

"""


def table() -> str:
    """The page, whole."""
    rows: dict[str, dict[str, None]] = {one: {} for one in requirement_ids()}
    plans: dict[str, dict[str, None]] = {one: {} for one in rows}
    for policy in policies().values():
        for requirement in policy.requirements:
            rows[base_id(requirement.id)][answer(requirement)] = None
            plans[base_id(requirement.id)][policy.document] = None
    for one, why in NEVER_ASKED.items():
        rows[one][f"out of scope: {why}"] = None
    lines = [f"| {one} | {', '.join(plans[one]) or '–'} | {'; '.join(answers)} |" for one, answers in rows.items()]
    return HEAD + "\n".join(["| id | documents | answer |", "|---|---|---|", *lines]) + "\n"


def answer(requirement: Requirement) -> str:
    """How a requirement is answered, in a few words."""
    if requirement.out_of_scope is not None:
        return f"out of scope: {requirement.out_of_scope[1]}"
    form = form_of(requirement)
    asked = "" if form is None else f" form {forms()[form].zh} (`{form}`)"
    column = (requirement.measure or {}).get("column")
    if column in {"min_day_hours", "holidays_open", "open_every_day"}:
        asked = " weekly opening hours"
    if requirement.formula is None:
        return f"needs the{asked}"
    return f"computed: `{requirement.formula}`" + (f", from the{asked}" if asked else "")


if __name__ == "__main__":
    Path(__file__).with_name("requirements.md").write_text(table(), encoding="utf-8")
