"""How people walk: profiles of speed and of what they use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from circle15.errors import InputError


@dataclass(frozen=True)
class Profile:
    """How somebody walks: `speed_m_s` on the flat, multiplied by `stairs_factor` on steps (0: never on steps)."""

    name: str
    speed_m_s: float
    stairs_factor: float = 1.0

    def __post_init__(self) -> None:
        if not 0.1 <= self.speed_m_s <= 5.0:
            raise InputError(f"profile {self.name}: speed_m_s is {self.speed_m_s}; give metres a second from 0.1 to 5")
        if not 0.0 <= self.stairs_factor <= 1.0:
            raise InputError(f"profile {self.name}: stairs_factor is {self.stairs_factor}; give 0 (no steps) to 1")


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("planning", 1.0),
        Profile("adult", 1.2, stairs_factor=0.5),
        Profile("elderly", 0.8, stairs_factor=0.5),
        Profile("child", 0.9, stairs_factor=0.5),
        Profile("wheelchair", 0.7, stairs_factor=0.0),
    )
}
"""Walking profiles. `planning` is a plain distance rule: 900 m in 15 minutes, inside GB 50180's 800 to 1,000 m. The
other speeds and the stairs factor are judgements to be edited, not standards."""


def profile_named(profile: str | Profile) -> Profile:
    """A profile by name, or the profile itself."""
    if isinstance(profile, Profile):
        return profile
    if profile not in PROFILES:
        raise InputError(f"profile {profile!r} isn't known; use {', '.join(PROFILES)}")
    return PROFILES[profile]
