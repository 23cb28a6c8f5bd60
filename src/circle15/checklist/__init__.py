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
)
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
    "extension_kinds",
    "kind",
    "kinds",
    "match",
    "osm_keys",
    "policies",
    "standards",
]
