"""What a planner brings: registers of sites, residences, gates, areas and candidates, as tables or as map layers.

A register is rows of text (`tables.py`, `layers.py`, `postgis.py`) under headers in Chinese or English. Rows are
named by the number that the spreadsheet shows, and every bad row is listed at once. A row that can't be used is never
dropped in silence: it is refused, or it is among the leftovers and told in the notes.

`columns` says what columns are called, `headers` finds them and makes a `sheet`, `values` and `shapes` read its cells,
`sites` and `reading` make frames of them; `areas` takes communities and districts from the map.
"""

from __future__ import annotations

from circle15.sources.registers.areas import osm_areas
from circle15.sources.registers.columns import (
    EXAMPLE_ID,
    GATE_REGISTER,
    RESIDENCE_REGISTER,
    RURAL_ZH,
    SITE_REGISTER,
    URBAN_ZH,
    Column,
    What,
)
from circle15.sources.registers.headers import read_cells
from circle15.sources.registers.reading import read_register, read_residences, read_sites
from circle15.sources.registers.sheet import Register

__all__ = [
    "EXAMPLE_ID",
    "GATE_REGISTER",
    "RESIDENCE_REGISTER",
    "RURAL_ZH",
    "SITE_REGISTER",
    "URBAN_ZH",
    "Column",
    "Register",
    "What",
    "osm_areas",
    "read_cells",
    "read_register",
    "read_residences",
    "read_sites",
]
