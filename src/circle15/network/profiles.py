"""How people walk: profiles of speed, of what slows them and of what they use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from circle15.checklist.catalogue import read_toml
from circle15.errors import InputError


@dataclass(frozen=True)
class Profile:
    """How somebody walks.

    Attributes
    ----------
    name : what configs call it.
    speed_m_s : on the flat, metres a second.
    stairs_factor : multiplies the speed on steps (0: never on steps).
    slope : whether slopes slow and quicken the walk.
    crossing_delay_s, crossing_delay_signals_s : paid once a crossing, without and with signals.
    max_slope : nowhere steeper than this rise over run, up or down, nor where the map says `wheelchair=no`; None: goes
        anywhere.
    zh, en : titles.
    basis : where the figures are from.

    Raises
    ------
    InputError
        naming the profile and the figure that is out of range.

    Examples
    --------
    >>> Profile("stroller", 1.1, max_slope=0.1).crossing_delay_s
    0.0
    """

    name: str
    speed_m_s: float
    stairs_factor: float = 1.0
    slope: bool = False
    crossing_delay_s: float = 0.0
    crossing_delay_signals_s: float = 0.0
    max_slope: float | None = None
    zh: str = ""
    en: str = ""
    basis: str = ""

    def __post_init__(self) -> None:
        if not 0.1 <= self.speed_m_s <= 5.0:
            raise InputError(f"profile {self.name}: speed_m_s is {self.speed_m_s}; give metres a second from 0.1 to 5")
        if self.stairs_factor != 0.0 and not 0.01 <= self.stairs_factor <= 1.0:
            raise InputError(
                f"profile {self.name}: stairs_factor is {self.stairs_factor}; give 0 (never on steps), or 0.01 to 1"
            )
        for key in ("crossing_delay_s", "crossing_delay_signals_s"):
            if not 0.0 <= getattr(self, key) <= 600.0:
                raise InputError(f"profile {self.name}: {key} is {getattr(self, key)}; give seconds from 0 to 600")
        if self.max_slope is not None and not 0.0 < self.max_slope <= 1.0:
            raise InputError(
                f"profile {self.name}: max_slope is {self.max_slope}; give rise over run above 0 to 1 (0.08 is 8 %)"
            )

    @property
    def minds_slopes(self) -> bool:
        """Whether heights change where or how fast this profile walks."""
        return self.slope or self.max_slope is not None

    def in_metres(self) -> Profile:
        """Who walks the same streets at 1 m/s everywhere, without delays, so that times are metres."""
        return Profile("metres", 1.0, stairs_factor=math.ceil(self.stairs_factor), max_slope=self.max_slope)


PROFILES: Mapping[str, Profile] = {row["name"]: Profile(**row) for row in read_toml("profiles.toml")["profile"]}
"""The catalogue's profiles by name (`checklist/profiles.toml`, with the basis of each)."""


def profiles_with(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Profile]:
    """The catalogue's profiles and a planner's own: a table changes the profile of its name, or defines a new one.

    Raises
    ------
    InputError
        for an unknown figure, one out of range, or a new profile without a speed.

    >>> profiles_with({"adult": {"speed_m_s": 1.3}, "porter": {"speed_m_s": 0.9}})["adult"].stairs_factor
    0.5
    """
    known = {field.name for field in fields(Profile)} - {"name"}
    profiles = dict(PROFILES)
    for name, table in tables.items():
        if not known.issuperset(table):
            unknown = ", ".join(sorted(set(table) - known))
            raise InputError(f"profile {name}: {unknown} is unknown; use {', '.join(sorted(known))}")
        base = vars(PROFILES[name]) if name in PROFILES else {"name": name}
        if "speed_m_s" not in {**base, **table}:
            raise InputError(f"profile {name}: speed_m_s is missing; give metres a second from 0.1 to 5")
        profiles[name] = Profile(**{**base, **table})
    return profiles


def profile_named(profile: str | Profile, profiles: Mapping[str, Profile] = PROFILES) -> Profile:
    """A profile by name, or the profile itself."""
    if isinstance(profile, Profile):
        return profile
    if profile not in profiles:
        raise InputError(f"profile {profile!r} isn't known; use {', '.join(profiles)}")
    return profiles[profile]
