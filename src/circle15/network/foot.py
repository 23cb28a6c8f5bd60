"""Who may walk on a way, in which direction, past which barrier: what the tags say (docs/walking.md)."""

from __future__ import annotations

from collections.abc import Mapping

_ROADS = frozenset(
    "trunk trunk_link primary primary_link secondary secondary_link tertiary tertiary_link unclassified residential "
    "living_street service road".split()
)
_PATHS = frozenset("pedestrian footway path track steps corridor bridleway cycleway platform elevator".split())
_MOTORWAYS = frozenset({"motorway", "motorway_link"})
_PUBLIC = frozenset("yes permissive designated destination official public".split())
_PRIVATE = frozenset(
    "private permit residents resident employees staff members delivery agricultural forestry military "
    "emergency key".split()
)
_CUSTOMERS = "customers"
_CLOSED = frozenset({"no", "use_sidewalk"})
_GATES = frozenset(
    "gate swing_gate lift_gate sliding_gate kissing_gate hampshire_gate wicket_gate entrance turnstile "
    "full-height_turnstile sally_port door".split()
)
_NO_DOORS = frozenset({"emergency", "exit", "garage", "no", "service"})
FOOT_TAGS = (
    "highway", "foot", "access", "sidewalk", "motorroad", "oneway:foot", "conveying", "railway", "public_transport",
    "area",
)  # fmt: skip


def foot_access(tags: Mapping[str, str]) -> str | None:
    """Who may walk on a way: "public", "private" (those who belong there), "customers" (and who visits), or None.

    `foot` overrides `access`; motorways and motor roads need an explicit `foot`; a trunk road without a sidewalk and a
    road whose walkers must use the separately mapped sidewalk (`foot=use_sidewalk`) are not walked.

    >>> foot_access({"highway": "residential"}), foot_access({"highway": "motorway"})
    ('public', None)
    >>> foot_access({"highway": "service", "access": "private"})
    'private'
    >>> foot_access({"highway": "service", "access": "private", "foot": "yes"})
    'public'
    """
    highway = tags.get("highway")
    platform = tags.get("railway") == "platform" or tags.get("public_transport") == "platform"
    if highway not in _ROADS and highway not in _PATHS and highway not in _MOTORWAYS and not platform:
        return None
    foot = tags.get("foot", "")
    if foot in _CLOSED:
        return None
    if foot in _PUBLIC:
        return "public"
    if foot in _PRIVATE or foot == _CUSTOMERS:
        return "customers" if foot == _CUSTOMERS else "private"
    if highway in _MOTORWAYS or tags.get("motorroad") == "yes":
        return None
    if highway in {"trunk", "trunk_link"} and tags.get("sidewalk") in {"no", "none"}:
        return None
    access = tags.get("access", "")
    if access in _CLOSED:
        return None
    if access == _CUSTOMERS:
        return "customers"
    return "private" if access in _PRIVATE else "public"


def says_access(tags: Mapping[str, str]) -> bool:
    """Whether a way says itself who may walk on it; inside a compound the others follow the compound."""
    return "foot" in tags or "access" in tags


def foot_directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether a way may be walked along and against its drawing: `oneway:foot` and escalators bind, `oneway` doesn't.

    >>> foot_directions({"highway": "residential", "oneway": "yes"})
    (True, True)
    >>> foot_directions({"highway": "steps", "conveying": "backward"})
    (False, True)
    """
    rule = tags.get("oneway:foot")
    if rule is None:
        rule = {"forward": "yes", "backward": "-1"}.get(tags.get("conveying", ""))
    if rule in {"yes", "1", "true"}:
        return True, False
    if rule in {"-1", "reverse"}:
        return False, True
    return True, True


def gate_rule(tags: Mapping[str, str]) -> str | None:
    """What a gate says to strangers: "open", "closed" or "silent"; None for what is no gate. Bollards stop nobody.

    >>> gate_rule({"barrier": "gate"}), gate_rule({"barrier": "gate", "access": "private"})
    ('silent', 'closed')
    >>> gate_rule({"barrier": "lift_gate", "access": "private", "foot": "yes"})
    'open'
    """
    if tags.get("barrier") not in _GATES:
        return None
    rule = tags.get("foot") or tags.get("access") or ""
    if rule in _CLOSED or rule in _PRIVATE or rule == _CUSTOMERS:
        return "closed"
    return "open" if rule in _PUBLIC else "silent"


def is_door(tags: Mapping[str, str]) -> bool:
    """Whether visitors enter at a node: an entrance or gate that doesn't keep them out.

    >>> is_door({"entrance": "main"}), is_door({"entrance": "main", "access": "private"}), is_door({"barrier": "gate"})
    (True, False, True)
    """
    rule = tags.get("foot") or tags.get("access") or ""
    if rule in _CLOSED or rule in _PRIVATE:
        return False
    return ("entrance" in tags and tags["entrance"] not in _NO_DOORS) or tags.get("barrier") in _GATES


def has_frontage(tags: Mapping[str, str]) -> bool:
    """Whether places may hang on a way: not on bridges, in tunnels or below the ground, entered at their ends only.

    >>> has_frontage({"highway": "footway", "layer": "-1"}), has_frontage({"tunnel": "building_passage"})
    (False, True)
    """
    if tags.get("bridge", "no") != "no" or tags.get("tunnel", "no") not in {"no", "building_passage"}:
        return False
    return not tags.get("layer", "").startswith("-")


def street_class(tags: Mapping[str, str]) -> str:
    """The sort of a way: "road" (streets with frontage, pedestrian ones too), "path" or "steps"."""
    highway = tags.get("highway")
    if highway == "steps":
        return "steps"
    return "road" if highway in _ROADS or highway == "pedestrian" else "path"
