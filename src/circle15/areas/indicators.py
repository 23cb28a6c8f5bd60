"""All the indicators of the policies, and what stays unanswered with the form that would answer it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from circle15.areas.measures import ADJACENT_M, SAME_SITE_M, Given, facts_of, measured
from circle15.areas.reach import INDICATOR_TYPES, reach_indicators

if TYPE_CHECKING:
    from circle15.checklist import Policy, Requirement
    from circle15.units import FloatArray

_FORM_OF = {"figure": "community_figures", "windows": "community_figures", "sites": "facilities"}
_FORMULA_COLUMNS = {"windows": ("residents", "service_windows")}


def indicators(
    policies: Iterable[Policy],
    residences: gpd.GeoDataFrame,
    access: pd.DataFrame,
    *,
    threshold_s: FloatArray,
    weight_meaning: str,
    area_shapes: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    site_kinds: pd.DataFrame | None = None,
    layers: pd.DataFrame | None = None,
    figures: pd.DataFrame | None = None,
    hours: pd.DataFrame | None = None,
    same_site_m: float = SAME_SITE_M,
    adjacent_m: float = ADJACENT_M,
) -> pd.DataFrame:
    """What the policies ask, measured in each area, with a verdict that the data can carry.

    Reach is told by `reach_indicators`, the other formulas by docs/requirements.md. They need `area_shapes, sites,
    site_kinds` and `layers` together; without one of these only reach is measured.

    Parameters
    ----------
    policies, residences, access, threshold_s, weight_meaning : as for `reach_indicators`.
    area_shapes, sites, site_kinds, layers : as in `StudyFrames`; layers say where a kind is complete, and may hold
        those of `coverage.extension_layers`.
    figures : community figures, a row an area: `level` (community, district, study), `area_id` and numbers.
    hours : `site_id, min_day_hours, holidays_open`, a row a site.
    same_site_m, adjacent_m : how far apart two kinds are on one site, and adjoin, edge to edge.

    Returns
    -------
    The columns of `INDICATOR_TYPES`, by policy: reach first, then the others in the policy's order. Amounts (sites,
    square metres, windows) are in `unit`; shares name what they are of. `denominator` is what a value is divided by,
    missing for plain counts.
    """
    policies = list(policies)
    frame = reach_indicators(policies, residences, access, threshold_s=threshold_s, weight_meaning=weight_meaning)
    if area_shapes is None or sites is None or site_kinds is None or layers is None:
        return frame
    given = Given(
        residences=residences, access=access, threshold_s=threshold_s, weight_meaning=weight_meaning,
        area_shapes=area_shapes, sites=sites, site_kinds=site_kinds, layers=layers, figures=figures, hours=hours,
        same_site_m=same_site_m, adjacent_m=adjacent_m,
    )  # fmt: skip
    facts = facts_of(given)
    rows = [row for policy in policies for row in measured(policy, facts)]
    if not rows:
        return frame
    others = pd.DataFrame(rows, columns=list(INDICATOR_TYPES)).astype(INDICATOR_TYPES)
    both = pd.concat([frame, others], ignore_index=True) if len(frame) else others
    order = {policy.id: i for i, policy in enumerate(policies)}
    return both.sort_values("policy", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)


def unanswered(policies: Iterable[Policy], measured: pd.DataFrame) -> pd.DataFrame:
    """The requirements that no row answers, and what would.

    Parameters
    ----------
    measured : from `indicators`, of the same policies.

    Returns
    -------
    `policy, indicator, quote, form, needs_zh, needs_en`: `form` is the id of the form that holds the answer (missing
    where the tool doesn't ask; then the needs say why).
    """
    known = (measured["share_unknown"] < 1) | (measured["value_possible"] > 0)
    told = measured[known]
    answered = set(zip(told["policy"], told["indicator"].str.split("/").str[0], strict=True))
    records = []
    for policy in policies:
        for requirement in policy.requirements:
            if (policy.id, requirement.id) in answered:
                continue
            form, zh, en = _needs(requirement)
            records.append((policy.id, requirement.id, requirement.quote, form, zh, en))
    columns = ["policy", "indicator", "quote", "form", "needs_zh", "needs_en"]
    return pd.DataFrame(records, columns=columns).astype(dict.fromkeys(columns, "str"))


def form_of(requirement: Requirement) -> str | None:
    """The form that answers a requirement; None where the map does, or the tool doesn't ask."""
    measure = requirement.measure or {}
    if measure.get("formula") == "areas_with" and "kinds" not in measure:
        return "community_figures"
    return requirement.form or _FORM_OF.get(str(measure.get("formula")))


def _needs(requirement: Requirement) -> tuple[str | None, str, str]:
    from circle15.checklist.forms import forms  # noqa: PLC0415 - only here

    if requirement.out_of_scope is not None:
        return None, *requirement.out_of_scope
    form_id = form_of(requirement)
    if form_id is None:
        return (
            "facilities",
            "地图上没有确证，请登记设施",
            "the map confirms nothing: a register of the kind, complete for the area",
        )
    form = forms()[form_id]
    measure = requirement.measure or {}
    formula = str(measure.get("formula"))
    asked = {
        *_FORMULA_COLUMNS.get(formula, ()), *measure.get("of", ()), *measure.get("minus", ()),
        *([measure["per"]] if "per" in measure else []), *([measure["column"]] if "column" in measure else []),
    }  # fmt: skip
    named = [column for column in form.columns if column.id in asked]
    zh, en = "、".join(column.zh for column in named), "; ".join(column.en for column in named)
    return form_id, f"{form.zh}：{zh}" if zh else form.zh, f"{form.en}: {en}" if en else form.en
