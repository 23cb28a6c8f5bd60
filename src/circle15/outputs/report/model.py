"""What a district's report says: every figure computed once, before anything is laid out.

The parts are plain frozen values, so that HTML, PDF and workbook say the same. All shares are of the
weight of the residences in the report's scope: one district, or the whole study. A community that crosses the
district's border counts with the residences on this side of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from circle15.outputs.report.wording import Unit
from circle15.schema import NO_AREA, STATUSES
from circle15.units import BoolArray, FloatArray
from circle15.words import Words

Int8Array = npt.NDArray[np.int8]

VERDICTS = ("yes", "no", "undetermined")

GAP_AREA_ROWS = 30
"""Gap areas that pages list; the others are summed in one line, and the workbook has them all."""

UNANSWERED_ROWS = 12
"""Unanswered requirements that pages list; the others are counted, and the workbook has them all."""


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Five shares of a weight, in the order of `schema.STATUSES`; they sum to one, or are nan without weight."""

    weight: float
    n_residences: int
    shares: tuple[float, ...]

    def of(self, status: str) -> float:
        """Share of one status."""
        return self.shares[STATUSES.index(status)]


@dataclass(frozen=True, kw_only=True)
class AreaName:
    """A community or district as pages name it."""

    area_id: str
    words: Words


@dataclass(frozen=True, kw_only=True)
class KindRow:
    """One kind: its shares in the scope and in each community, and whether a gap could be seen at all.

    Attributes
    ----------
    cells : shares per community, in the order of `ReportModel.communities`.
    judged : "all", "some" or "none" of the communities' layers are complete.
    not_robust : share of the weight whose verdict changes with the walking speed.
    """

    kind: str
    words: Words
    group: str
    total: Shares
    cells: tuple[Shares, ...]
    judged: str
    not_robust: float


@dataclass(frozen=True, kw_only=True)
class GroupRows:
    """One of the six groups with its kinds."""

    words: Words
    rows: tuple[KindRow, ...]


@dataclass(frozen=True, kw_only=True)
class PeopleRow:
    """One group: its people, the mean of the 27 kinds, and the kinds that most of them lack.

    `worst` : kind, share of the group in gap, share of everybody in gap; the largest first.
    """

    words: Words
    average: Shares
    worst: tuple[tuple[Words, float, float], ...]


@dataclass(frozen=True, kw_only=True)
class TopGap:
    """A kind that people lack, with the communities where most of them live."""

    words: Words
    weight: float
    n_residences: int
    share: float
    where: tuple[tuple[AreaName, float], ...]


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """A score as the pair [confirmed, confirmed + possible], mean and worst decile, beside the five shares."""

    words: Words
    n_kinds: int
    mean: tuple[float, float]
    worst: tuple[float, float]
    average: Shares | None


@dataclass(frozen=True, kw_only=True)
class CommunityRow:
    """One community over all 27 kinds; no score where the community lies in part outside the scope."""

    area: AreaName
    average: Shares
    score: ScoreRow | None


@dataclass(frozen=True, kw_only=True)
class CommunityType:
    """A type of communities of the whole study, and those of the report's scope that are of it."""

    number: int
    words: Words
    n_communities: int
    weight: float
    here: tuple[AreaName, ...]


@dataclass(frozen=True, kw_only=True)
class CommunityTypes:
    """Types of the study's communities; `silhouette` says how clear the sorting is, None where there is one type."""

    types: tuple[CommunityType, ...]
    silhouette: float | None


@dataclass(frozen=True, kw_only=True)
class GapAreaRow:
    """One gap area; `partly` where residences of other districts belong to it; `lon`, `lat` lie inside it."""

    gap_area_id: str
    kind: Words
    kind_id: str
    weight: float
    n_residences: int
    nearest_s: float
    cause: Words
    where: tuple[AreaName, ...]
    partly: bool
    lon: float
    lat: float


@dataclass(frozen=True, kw_only=True)
class IndicatorRow:
    """One indicator in the scope, and how many communities meet it ("yes", "no", "undetermined", in this order)."""

    indicator: str
    words: Words
    value_confirmed: float
    value_possible: float
    share_unknown: float
    threshold: float
    met: str
    communities: tuple[tuple[str, int], ...]

    @property
    def aimless(self) -> bool:
        """Whether the document names no target to meet."""
        return math.isnan(self.threshold)

    @property
    def short(self) -> float:
        """What is known to fall short: the rest of the denominator."""
        return max(0.0, 1.0 - self.value_possible - self.share_unknown)


@dataclass(frozen=True, kw_only=True)
class RequirementRows:
    """A sentence of a policy with the indicators that check it; `measures` as in `Sentence`."""

    id: str
    quote: str
    measures: str
    plan_year: str
    denominator: float
    rows: tuple[IndicatorRow, ...]


@dataclass(frozen=True, kw_only=True)
class PolicyRows:
    """A policy document with its sentences."""

    name: str
    requirements: tuple[RequirementRows, ...]


@dataclass(frozen=True, kw_only=True)
class MeasureRow:
    """What one indicator that isn't a share of the weight says: of the scope itself, or of its areas one by one.

    Attributes
    ----------
    areas, n_areas : the areas that were measured one by one, and how many.
    confirmed, possible, threshold : the scope's value twice, or the lowest and highest of the areas; nan where none.
    unknown : the share of the scope's denominator, or the number of areas, of which something is unknown.
    denominator : what a share is of; nan for amounts, and where areas have one each.
    comparison : how the value is to compare with the threshold; empty where the policy isn't known.
    met : the scope's verdict; None where only its areas are measured.
    verdicts : how many of the areas meet it, in the order of `VERDICTS`.
    """

    words: Words
    unit: Words
    is_share: bool
    areas: Words
    n_areas: int
    confirmed: tuple[float, float]
    possible: tuple[float, float]
    unknown: float
    denominator: float
    threshold: tuple[float, float]
    comparison: str
    met: str | None
    verdicts: tuple[tuple[str, int], ...]

    @property
    def aimless(self) -> bool:
        """Whether the document names no target to meet."""
        return math.isnan(self.threshold[0])


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence of a policy; `measures` says in English what is checked, empty for policies that aren't ours."""

    id: str
    quote: str
    measures: str
    plan_year: str


@dataclass(frozen=True, kw_only=True)
class MeasureRows:
    """A policy with its sentences, each with the indicators that check it."""

    name: str
    requirements: tuple[tuple[Sentence, tuple[MeasureRow, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class PresenceRow:
    """In how many communities sites of a kind stand; the four numbers add up to `n_communities`.

    Attributes
    ----------
    asked_by : ids of the requirements that ask it, all of the same communities and with the same target.
    """

    kind: Words
    n_communities: int
    confirmed: int
    possible: int
    absent: int
    unknown: int
    threshold: float
    verdicts: tuple[tuple[str, int], ...]
    asked_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Presence:
    """Kinds by community, and the sentences that ask for them by policy."""

    rows: tuple[PresenceRow, ...]
    policies: tuple[tuple[str, tuple[Sentence, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Unanswered:
    """A sentence that nothing answers yet, and the form or register that would."""

    policy: str
    id: str
    quote: str
    needs: Words


@dataclass(frozen=True, kw_only=True)
class ProviderRow:
    """How many signed providers of a community have come how far, as `areas.providers_by_area` counts them."""

    area: Words
    n: int
    applied: int
    passed: int
    signed: int
    published: int
    revoked: int
    tells_all: int
    common_rules: int


@dataclass(frozen=True, kw_only=True)
class DemandRow:
    """How many demands of a community something answers."""

    area: Words
    demands: int
    matched: int

    @property
    def share(self) -> float:
        """The answered ones' share of the demands."""
        return self.matched / self.demands if self.demands else math.nan


@dataclass(frozen=True, kw_only=True)
class SatisfactionRow:
    """Residents' satisfaction (per cent) with a kind in its last period; `before`: the one before and its score."""

    kind: Words
    period: str
    n_surveys: int
    n: float
    response_rate: float
    score: float
    before: tuple[str, float] | None


@dataclass(frozen=True, kw_only=True)
class InventoryRow:
    """Service items of a category: delivered, delivered in part, of all that are listed."""

    category: Words
    delivered: int
    partial: int
    n_items: int

    @property
    def share(self) -> float:
        """The delivered items' share of those listed."""
        return self.delivered / self.n_items if self.n_items else math.nan


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What the planner's forms say beside the score; None where a form wasn't given, empty where it says nothing here.

    Attributes
    ----------
    providers, demands : of the scope's communities; with more than one, the last row is their sum.
    satisfaction, inventory : of the whole study, which alone the forms tell.
    """

    providers: tuple[ProviderRow, ...] | None
    demands: tuple[DemandRow, ...] | None
    satisfaction: tuple[SatisfactionRow, ...] | None
    inventory: tuple[InventoryRow, ...] | None

    @property
    def given(self) -> bool:
        """Whether there was any form to sum up."""
        return any(part is not None for part in (self.providers, self.demands, self.satisfaction, self.inventory))


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be checked on the ground, at a site (by name, else by id) or in a community."""

    ask: str
    kind: Words
    place: Words
    weight: float


@dataclass(frozen=True, kw_only=True)
class Checks:
    """What happened to rows of the sources, by why (whole study), and what is to be checked on the ground in the scope.

    Attributes
    ----------
    n_questions : questions on which residences of the scope hang.
    first : the weightiest of them, with their weight in the whole study.
    """

    merges: tuple[tuple[Words, int], ...]
    conflicts: tuple[tuple[Words, int], ...]
    n_questions: int
    first: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True)
class SiteRow:
    """What one site holds: a kind, how sure that is, and the tag, name rule or register row that says so."""

    site_id: str
    name: str | None
    kind: Words
    evidence: Words
    rule: str
    source: str
    opening_hours: str
    where: AreaName
    lon: float
    lat: float


@dataclass(frozen=True, kw_only=True)
class PlanSite:
    """A site that the plan opens; `here` where it lies in the report's district."""

    rank: int
    candidate_id: str
    name: str | None
    existing: bool
    kinds: tuple[Words, ...]
    gained: float
    gained_if_confirmed: float
    where: AreaName
    here: bool
    lon: float
    lat: float


@dataclass(frozen=True, kw_only=True)
class Unserved:
    """Residents of the scope whom no candidate can reach, by kind."""

    kind: Words
    weight: float
    n: int
    where: tuple[AreaName, ...]


@dataclass(frozen=True, kw_only=True)
class CommunityGain:
    """What the whole plan brings to one community, of its demand; both summed over the plan's kinds."""

    area: AreaName
    gained: float
    demand: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The study's plan and its proof; weights are summed over kinds."""

    model: str
    kinds: tuple[Words, ...]
    other_gap_kinds: tuple[Words, ...]
    p: int
    objective: float
    bound: float
    gap: float
    demand: float
    demand_unreachable: float
    solver: str
    sites: tuple[PlanSite, ...]
    unserved: tuple[Unserved, ...]
    community_gains: tuple[CommunityGain, ...]
    reproducible: bool

    @property
    def left_over(self) -> float:
        """Weight that candidates could reach, but not the opened ones."""
        return max(0.0, self.demand - self.demand_unreachable - self.objective)


@dataclass(frozen=True, kw_only=True)
class CommunityQuality:
    """The density check of one community against what it asks; `thin` where it took the layers back."""

    area: AreaName
    weight: float
    street_km: float
    density_per_km: float
    needed_per_km: float
    declared: int
    complete: int
    thin: bool

    @property
    def checked(self) -> str:
        """A key of `wording.CHECKED`."""
        return "thin" if self.thin else "passed" if self.declared else "undeclared"


@dataclass(frozen=True, kw_only=True)
class KindQuality:
    """What is known of one kind's layer over the scope's communities; why it isn't complete, and in how many."""

    words: Words
    n_features: float
    declared: int
    complete: int
    why: tuple[tuple[Words, int], ...]
    completeness_cn: str


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Layers and the density check; weights are those of the thin communities."""

    communities: tuple[CommunityQuality, ...]
    kinds: tuple[KindQuality, ...]
    median_per_km: float
    floor_per_km: float
    declared_cells: int
    taken_back_thin: int
    taken_back_absent: int
    thin_weight: float
    absent_kinds: tuple[Words, ...]
    warnings: tuple[Words, ...]


@dataclass(frozen=True, kw_only=True)
class ReportModel:
    """Everything that a report says, as numbers, names and words.

    Attributes
    ----------
    scope : the district, or None for the whole study.
    lacking, off_network : weight and number of the residences with at least one gap, or off the network.
    unknown_because : share of the scope's (weight x kinds) that is unknown, by cause.
    average : the five shares averaged over the 27 kinds.
    types : of the whole study's communities; None where it has none.
    gap_areas, unanswered : all of them, the weightiest first and what a form would answer first.
    sites : those that lie in the scope, one row a site and kind, in checklist order.
    """

    study: Words
    scope: AreaName | None
    unit: Unit
    weight: float
    n_residences: int
    settings: tuple[str, ...]
    communities: tuple[AreaName, ...]
    lacking: tuple[float, int]
    off_network: tuple[float, int]
    average: Shares
    matrix: tuple[GroupRows, ...]
    top_gaps: tuple[TopGap, ...]
    unknown_because: tuple[tuple[Words, float], ...]
    scores: tuple[ScoreRow, ...]
    people: tuple[PeopleRow, ...]
    glance: tuple[CommunityRow, ...]
    types: CommunityTypes | None
    gap_areas: tuple[GapAreaRow, ...]
    policies: tuple[PolicyRows, ...]
    measures: tuple[MeasureRows, ...]
    presence: Presence
    unanswered: tuple[Unanswered, ...]
    sites: tuple[SiteRow, ...]
    plan: Plan | None
    beside: Beside
    quality: Quality
    checks: Checks
    about: Mapping[str, Any]
    """What the study says of itself, without control characters and direction marks."""

    @property
    def divided(self) -> bool:
        """Whether there is any community to tell apart."""
        return any(area.area_id != NO_AREA for area in self.communities)

    @property
    def kinds(self) -> tuple[KindRow, ...]:
        """The 27 kinds in checklist order."""
        return tuple(row for group in self.matrix for row in group.rows)


@dataclass(frozen=True)
class Scope:
    """The residences of a report with their statuses as arrays: (n,) and (n, 27)."""

    residences: gpd.GeoDataFrame
    weight: FloatArray
    status: Int8Array
    reason: npt.NDArray[np.object_]
    robust: BoolArray
    community: npt.NDArray[np.intp]
    community_ids: tuple[str, ...]
    complete: BoolArray
    """Per community and kind: is the layer complete?"""
