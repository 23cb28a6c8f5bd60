"""Statuses -> communities, districts and the study: shares, scores, gap areas and the indicators of policies.

The rules are told to planners in docs/statuses.md; a change here is a change there. Everything is weighted by the
residences' weight, and areas that hold no weight have no row: a share of nothing is no number.
"""

from __future__ import annotations

from circle15.areas.equity import gini, lorenz_curve
from circle15.areas.forms import inventory_by_category, matched_demand, providers_by_area, satisfaction_by_kind
from circle15.areas.gaps import BUFFER_SEGMENTS, GAP_BUFFER_M, LINK_M, gap_areas, gate_gains
from circle15.areas.indicators import indicators, unanswered
from circle15.areas.measures import ADJACENT_M, SAME_SITE_M, plaza_areas_m2
from circle15.areas.reach import INDICATOR_TYPES, ROUNDING
from circle15.areas.shares import (
    WORST_SHARE,
    area_shares,
    assign_areas,
    compound_shares,
    group_shares,
    scores,
    without_overlaps,
)
from circle15.areas.table import EVERYWHERE, STUDY

__all__ = [
    "ADJACENT_M",
    "BUFFER_SEGMENTS",
    "EVERYWHERE",
    "GAP_BUFFER_M",
    "INDICATOR_TYPES",
    "LINK_M",
    "ROUNDING",
    "SAME_SITE_M",
    "STUDY",
    "WORST_SHARE",
    "area_shares",
    "assign_areas",
    "compound_shares",
    "gap_areas",
    "gate_gains",
    "gini",
    "group_shares",
    "indicators",
    "inventory_by_category",
    "lorenz_curve",
    "matched_demand",
    "plaza_areas_m2",
    "providers_by_area",
    "satisfaction_by_kind",
    "scores",
    "unanswered",
    "without_overlaps",
]
