"""The walking network: where people may walk, as arrays; how places hang on it.

`foot` judges tags, `streets` cuts ways at junctions, `squares` lays streets across squares, `compounds` and `gates`
part private ground from public streets, `tables` checks a planner's own network, `profiles` says how people walk,
`slopes` and `crossings` what slows them, `arcs` lays the graph out for searches, `snapping` hangs places on it
(`snaps`), `walk_network` holds it all, `frames` writes it down.
"""

from __future__ import annotations

from circle15.network.arcs import Arcs
from circle15.network.foot import foot_access, foot_directions, gate_rule
from circle15.network.frames import barriers_frame, edges_frame, ends_frame, zones_frame
from circle15.network.profiles import PROFILES, Profile, profile_named, profiles_with
from circle15.network.snaps import Snaps
from circle15.network.walk_network import WalkNetwork

__all__ = [
    "PROFILES",
    "Arcs",
    "Profile",
    "Snaps",
    "WalkNetwork",
    "barriers_frame",
    "edges_frame",
    "ends_frame",
    "foot_access",
    "foot_directions",
    "gate_rule",
    "profile_named",
    "profiles_with",
    "zones_frame",
]
