"""circle15: who reaches which of the 27 services of the 15-minute circle on foot, and what would help.

The public names load at first use, so that `import circle15` and `circle15 --help` are quick.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circle15.checklist import KINDS
    from circle15.errors import Circle15Error, ConfigError, DataError, InputError
    from circle15.isochrones import catchments, isochrones
    from circle15.network import Profile, WalkNetwork
    from circle15.outputs import figures
    from circle15.outputs.folder import read_run
    from circle15.reach import nearest_sites, travel_times
    from circle15.scenario import CloseSite, OpenGate, OpenSite, Trial, trial
    from circle15.siting import SitingPlan, SitingProblem, solve_siting
    from circle15.sources.osm import OsmExtract, osm_sites, read_osm
    from circle15.study import Study, StudyResult

__version__ = "0.1.0"

_HOME = {
    "KINDS": "checklist",
    "Circle15Error": "errors",
    "CloseSite": "scenario",
    "ConfigError": "errors",
    "DataError": "errors",
    "InputError": "errors",
    "OpenGate": "scenario",
    "OpenSite": "scenario",
    "OsmExtract": "sources.osm",
    "Profile": "network",
    "SitingPlan": "siting",
    "SitingProblem": "siting",
    "Study": "study",
    "StudyResult": "study",
    "Trial": "scenario",
    "WalkNetwork": "network",
    "catchments": "isochrones",
    "figures": "outputs.figures",
    "isochrones": "isochrones",
    "nearest_sites": "reach",
    "osm_sites": "sources.osm",
    "read_osm": "sources.osm",
    "read_run": "outputs.folder",
    "solve_siting": "siting",
    "travel_times": "reach",
    "trial": "scenario",
}

_MODULES = frozenset({"figures"})
"""Names that are a whole module."""

__all__ = [
    "KINDS",
    "Circle15Error",
    "CloseSite",
    "ConfigError",
    "DataError",
    "InputError",
    "OpenGate",
    "OpenSite",
    "OsmExtract",
    "Profile",
    "SitingPlan",
    "SitingProblem",
    "Study",
    "StudyResult",
    "Trial",
    "WalkNetwork",
    "catchments",
    "figures",
    "isochrones",
    "nearest_sites",
    "osm_sites",
    "read_osm",
    "read_run",
    "solve_siting",
    "travel_times",
    "trial",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'circle15' has no attribute {name!r}")
    home = importlib.import_module(f"circle15.{_HOME[name]}")
    value = home if name in _MODULES else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps a submodule from hiding the public function of the same name (isochrones) once it is loaded."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
