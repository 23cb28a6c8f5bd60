"""What stands beside the score: the sums of the planner's forms, and what happened to the rows of the sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pandas as pd

from circle15.checklist import EXTENSION_KINDS, KINDS
from circle15.checklist.forms import forms
from circle15.outputs.report.model import (
    Beside,
    Checks,
    DemandRow,
    InventoryRow,
    ProviderRow,
    Question,
    SatisfactionRow,
    Scope,
)
from circle15.outputs.report.names import AreaNames, kind_words, text_of
from circle15.outputs.report.wording import name_or
from circle15.schema import STATUSES, StudyFrames
from circle15.sources.merging import WHY_MERGED
from circle15.words import Words

_FIRST_QUESTIONS = 3
_SUM = Words(zh="合计", en="in all")

_OVERRULED: Mapping[str, Words] = {
    "complete_register": Words(zh="不在完整的登记表内", en="not in a complete register"),
    "surveyed_absent": Words(zh="实地核实没有", en="surveyed as absent"),
    "confirmed_site": Words(
        zh="核实说没有，但更可信的来源确认有", en="surveyed as absent, but confirmed by a source before it"
    ),
}


def beside_the_score(frames: StudyFrames, scope: Scope, names: AreaNames, district_id: str | None) -> Beside:
    """Sum up the forms that were given: of a district its own communities, where a form tells them apart."""
    given = frames.forms
    return Beside(
        providers=_providers(_inside(given["providers"], scope, district_id), names) if "providers" in given else None,
        demands=_demands(_inside(given["demand_list"], scope, district_id), names) if "demand_list" in given else None,
        satisfaction=_satisfaction(given["satisfaction"]) if "satisfaction" in given else None,
        inventory=_inventory(given["inventory"]) if "inventory" in given else None,
    )


def _inside(table: pd.DataFrame, scope: Scope, district_id: str | None) -> pd.DataFrame:
    return table if district_id is None else table[table["area_id"].isin(list(scope.community_ids))]


def _providers(table: pd.DataFrame, names: AreaNames) -> tuple[ProviderRow, ...]:
    columns = [field.name for field in fields(ProviderRow) if field.name != "area"]
    rows = [
        ProviderRow(area=names["community", str(row["area_id"])].words, **{name: int(row[name]) for name in columns})
        for row in table.to_dict("records")
    ]
    if len(rows) > 1:
        rows.append(ProviderRow(area=_SUM, **{name: int(table[name].sum()) for name in columns}))
    return tuple(rows)


def _demands(table: pd.DataFrame, names: AreaNames) -> tuple[DemandRow, ...]:
    rows = [
        DemandRow(
            area=names["community", str(row["area_id"])].words, demands=int(row["demands"]), matched=int(row["matched"])
        )
        for row in table.to_dict("records")
    ]
    if len(rows) > 1:
        rows.append(DemandRow(area=_SUM, demands=int(table["demands"].sum()), matched=int(table["matched"].sum())))
    return tuple(rows)


def _satisfaction(table: pd.DataFrame) -> tuple[SatisfactionRow, ...]:
    """One row a kind: its last period as text, beside the one before."""
    order = {kind_id: i for i, kind_id in enumerate((*KINDS, *EXTENSION_KINDS))}
    out = []
    for kind_id in sorted(set(table["kind"]), key=lambda one: (order.get(one, len(order)), one)):
        rows = table[table["kind"] == kind_id]
        *earlier, last = rows.sort_values("period", kind="stable").to_dict("records")
        out.append(
            SatisfactionRow(
                kind=kind_words(kind_id),
                period=name_or(last["period"], "–"),
                n_surveys=int(last["n_surveys"]),
                n=float(last["n"]),
                response_rate=float(last["response_rate"]),
                score=float(last["score"]),
                before=(name_or(earlier[-1]["period"], "–"), float(earlier[-1]["score"])) if earlier else None,
            )
        )
    return tuple(out)


def _inventory(table: pd.DataFrame) -> tuple[InventoryRow, ...]:
    column = next(column for column in forms()["inventory"].columns if column.id == "category")
    words = {choice.id: Words(zh=choice.zh, en=choice.en) for choice in column.choices} | {"all": _SUM}
    return tuple(
        InventoryRow(
            category=words.get(row["category"]) or kind_words(row["category"]),
            delivered=int(row["delivered"]),
            partial=int(row["partial"]),
            n_items=int(row["n_items"]),
        )
        for row in table.to_dict("records")
    )


def checks_of(frames: StudyFrames, scope: Scope, names: AreaNames, district_id: str | None) -> Checks:
    """Count what was merged and overruled, and name the weightiest questions of the scope."""
    asked = frames.survey
    if district_id is not None and len(asked):
        asked = asked[_hangs_on(frames, scope)]
    return Checks(
        merges=_by_why(frames.merges, WHY_MERGED),
        conflicts=_by_why(frames.conflicts, _OVERRULED),
        n_questions=len(asked),
        first=tuple(
            _question(row, names)
            for row in asked.sort_values("rank", kind="stable").head(_FIRST_QUESTIONS).to_dict("records")
        ),
    )


def _hangs_on(frames: StudyFrames, scope: Scope) -> list[bool]:
    """Which questions residences of the scope hang on: possible at a site, or missing from a community's data."""
    maybe = frames.access.loc[frames.access["status"] == "possible", ["residence_id", "site_id", "kind"]]
    here = maybe[maybe["residence_id"].isin(scope.residences["residence_id"])]
    sites = set(zip(here["site_id"], here["kind"], strict=True))
    missing = (scope.status == STATUSES.index("unknown")) & (scope.reason == "data_missing")
    at = {
        (scope.community_ids[i], KINDS[column])
        for column in range(len(KINDS))
        for i in set(scope.community[missing[:, column]].tolist())
    }
    asked = frames.survey
    told = zip(asked["ask"], asked["site_id"], asked["community_id"], asked["kind"], strict=True)
    return [
        ((site, kind) in sites) if ask == "site" else (community, kind) in at for ask, site, community, kind in told
    ]


def _question(row: Mapping[Any, Any], names: AreaNames) -> Question:
    place = names["community", str(row["community_id"])].words
    if row["ask"] == "site":
        name = name_or(row["name"], text_of(row["site_id"]))
        place = Words(zh=name, en=name)
    return Question(ask=str(row["ask"]), kind=kind_words(row["kind"]), place=place, weight=float(row["weight"]))


def _by_why(table: pd.DataFrame, words: Mapping[str, Words]) -> tuple[tuple[Words, int], ...]:
    if not len(table):
        return ()
    counts = {str(why): int(n) for why, n in table["why"].value_counts(sort=False).items()}
    named = {why: words.get(why) or Words(zh=name_or(why, "?"), en=name_or(why, "?")) for why in counts}
    order = [*words, *sorted(set(counts) - set(words))]
    return tuple((named[why], counts[why]) for why in order if why in counts)
