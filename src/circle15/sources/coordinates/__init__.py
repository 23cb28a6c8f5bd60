"""Coordinate systems that planners' tables come in, to WGS84 and back, and a judge of which one a table is in.

Map services in China publish coordinates that are moved on purpose: GCJ-02 by some 300 to 700 m, BD-09 by as much
again. Surveyors give metres of Gauss-Kruger zones, often with north in the column called X. A wrong guess moves every
site by more than the circle can bear, so the system is declared, and the declaration is held against the map.

`names` knows what systems are called, `moved` undoes GCJ-02 and BD-09, `conversion` goes to WGS84 and back, `judge`
holds a declared system against the map.

x is easting or longitude and y northing or latitude throughout; degrees are decimal. See docs/coordinates.md.
"""

from __future__ import annotations

from circle15.sources.coordinates.conversion import Axes, from_wgs84, to_wgs84
from circle15.sources.coordinates.judge import Fit, SystemVerdict, Twins, judge_system, name_twins
from circle15.sources.coordinates.moved import in_gcj02_area
from circle15.sources.coordinates.names import GEOGRAPHIC, checked_system, system_name

__all__ = [
    "GEOGRAPHIC",
    "Axes",
    "Fit",
    "SystemVerdict",
    "Twins",
    "checked_system",
    "from_wgs84",
    "in_gcj02_area",
    "judge_system",
    "name_twins",
    "system_name",
    "to_wgs84",
]
