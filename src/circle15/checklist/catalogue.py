"""The kinds as packaged data: kinds.toml (the 27) and extension_kinds.toml, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from circle15.errors import InputError

KINDS = (
    "school",
    "publicity_board",
    "affairs_board",
    "farmers_market",
    "parking",
    "public_toilet",
    "waste_dropoff",
    "community_committee_office",
    "reading_room",
    "police_room",
    "mediation_room",
    "health_room",
    "community_service_centre",
    "party_mass_centre",
    "indoor_activity_centre",
    "outdoor_sports_centre",
    "culture_centre",
    "day_care_centre",
    "dining",
    "grocery",
    "hairdresser",
    "laundry",
    "pharmacy",
    "finance",
    "post",
    "housekeeping",
    "telecom",
)
"""The 27 kinds of the checklist, in its order."""

EXTENSION_KINDS = (
    "kindergarten",
    "childcare_0_3",
    "clinic",
    "elderly_meals",
    "green_space",
    "walking_trail",
    "emergency_hut",
    "emergency_shelter",
    "volunteer_station",
    "self_service_kiosk",
    "parcel_station",
    "micro_fire_station",
    "children_home",
    "repair",
    "utility_outlet",
    "gas_outlet",
    "power_outlet",
    "water_outlet",
    "primary_school",
    "secondary_school",
    "supply_cooperative",
    "broadcasting_outlet",
    "logistics_point",
    "recycling_point",
    "bus_stop",
    "fitness_centre",
    "public_gym",
    "photo_print_shop",
)
"""Kinds that policies name beside the 27: same machinery, outside the score."""

GROUPS_ZH = {
    "school": "一校",
    "boards": "二栏",
    "yards": "四场",
    "rooms": "五室",
    "centres": "六中心",
    "outlets": "九网点",
}
GROUPS = tuple(GROUPS_ZH)
"""The six groups of the checklist, in its order."""

EXTENSION_GROUP = "extension"

SERVICES_ZH = ("政务服务", "便民服务", "健康服务", "文体服务", "平安服务", "公益服务")
"""The six service categories of the plan (洸河街道 2019, §三(二)); which kind serves which is our reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of the checklist, or an extension kind; how its rules speak is told at the top of kinds.toml.

    `order` counts from 1 (extension kinds follow the 27). `urban_min` and `rural_min` are minutes on foot.
    `completeness_cn` is a judgement on OSM in China, a hint and never a rule. `from_imagery`: mappers draw it from
    imagery, so its presence doesn't show that the ground was surveyed. `part_of`: the kind that it is a sort of, "" for
    most.
    """

    id: str
    order: int
    zh: str
    en: str
    group: str
    group_zh: str
    services: tuple[str, ...]
    urban_min: float
    rural_min: float
    completeness_cn: str
    from_imagery: bool
    confirmed: tuple[str, ...]
    named: tuple[str, ...]
    possible: tuple[str, ...]
    lowered_by: tuple[str, ...]
    excluded_by: tuple[str, ...]
    name: str
    name_not: str
    claims: str
    can_share_site_with: tuple[str, ...]
    avoid_sharing_with: tuple[str, ...]
    implied_by: tuple[str, ...]
    match: tuple[str, ...]
    no_match: tuple[str, ...]
    notes: str
    part_of: str


def kind(kind_id: str) -> Kind:
    """One kind by its id.

    >>> kind("farmers_market").zh
    '农贸市场'

    Raises
    ------
    InputError
        when neither the checklist nor the extension kinds have it.
    """
    found = _by_id().get(kind_id)
    if found is None:
        raise InputError(f"There is no kind {kind_id!r}; use one of {', '.join(KINDS + EXTENSION_KINDS)}.")
    return found


def kinds() -> tuple[Kind, ...]:
    """The 27 kinds in checklist order.

    >>> [len([k for k in kinds() if k.group == group]) for group in GROUPS]
    [1, 2, 4, 5, 6, 9]
    """
    return tuple(_by_id()[kind_id] for kind_id in KINDS)


def extension_kinds() -> tuple[Kind, ...]:
    """The kinds outside the score, in the order of `EXTENSION_KINDS`."""
    return tuple(_by_id()[kind_id] for kind_id in EXTENSION_KINDS)


@cache
def parts_of(kind_id: str) -> tuple[str, ...]:
    """The extension kinds that are sorts of a kind, in order; most kinds have none.

    >>> parts_of("school"), parts_of("dining")
    (('primary_school', 'secondary_school'), ())
    """
    return tuple(one.id for one in extension_kinds() if one.part_of == kind_id)


@cache
def read_toml(*path: str) -> dict[str, Any]:
    """One packaged TOML file of this package, read once."""
    text = resources.files("circle15.checklist").joinpath(*path).read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _by_id() -> dict[str, Kind]:
    core = read_toml("kinds.toml")
    defaults = core["defaults"]
    rows = {row["id"]: row for row in core["kind"] + read_toml("extension_kinds.toml")["kind"]}
    with_all = {kind_id for kind_id, row in rows.items() if row.get("share") == ["*"]}
    return {
        kind_id: _kind(order, rows[kind_id], defaults, with_all)
        for order, kind_id in enumerate(KINDS + EXTENSION_KINDS, start=1)
    }


def _kind(order: int, row: dict[str, Any], defaults: dict[str, Any], with_all: set[str]) -> Kind:
    kind_id = row["id"]
    in_checklist = kind_id in KINDS
    partners = set(KINDS) if kind_id in with_all else set(row.get("share", ())) | with_all
    return Kind(
        id=kind_id,
        order=order,
        zh=row["zh"],
        en=row["en"],
        group=row["group"] if in_checklist else EXTENSION_GROUP,
        group_zh=GROUPS_ZH[row["group"]] if in_checklist else "扩展",
        services=tuple(row.get("services", ())),
        urban_min=float(row.get("urban_min", defaults["urban_min"])),
        rural_min=float(row.get("rural_min", defaults["rural_min"])),
        completeness_cn=row.get("completeness_cn", "none"),
        from_imagery=row.get("from_imagery", False),
        confirmed=tuple(row.get("confirmed", ())),
        named=tuple(row.get("named", ())),
        possible=tuple(row.get("possible", ())),
        lowered_by=tuple(row.get("lowered_by", ())),
        excluded_by=tuple(row.get("excluded_by", ())),
        name=row.get("name", ""),
        name_not=row.get("name_not", ""),
        claims=row.get("claims", ""),
        can_share_site_with=tuple(k for k in KINDS if in_checklist and k in partners and k != kind_id),
        avoid_sharing_with=tuple(k for k in KINDS if k in row.get("avoid", ())),
        implied_by=tuple(k for k in KINDS if k in row.get("implied_by", ())),
        match=tuple(row["match"]),
        no_match=tuple(row["no_match"]),
        notes=row.get("notes", ""),
        part_of=row.get("part_of", ""),
    )
