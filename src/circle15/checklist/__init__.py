"""The 27 kinds, the extension kinds and the policies as data, and the matcher from tags and names to evidence."""

from __future__ import annotations

from circle15.checklist.catalogue import (
    EXTENSION_KINDS,
    GROUPS,
    KINDS,
    SERVICES_ZH,
    Kind,
    extension_kinds,
    kind,
    kinds,
    parts_of,
)
from circle15.checklist.kind_names import Told, kind_spellings, kinds_told, names_fitting
from circle15.checklist.matcher import Match, match, osm_keys
from circle15.checklist.policy import Policy, Requirement, policies, standards

__all__ = [
    "EXTENSION_KINDS",
    "GROUPS",
    "KINDS",
    "SERVICES_ZH",
    "Kind",
    "Match",
    "Policy",
    "Requirement",
    "Told",
    "extension_kinds",
    "kind",
    "kind_spellings",
    "kinds",
    "kinds_told",
    "match",
    "names_fitting",
    "osm_keys",
    "parts_of",
    "policies",
    "standards",
]
