"""The walk network as it travels in the page: numbers as bytes, small once deflated and ready once unpacked.

What `walk.js` computes from it is what `reach` and `network.snapping` compute: seconds of edges are float32 as searches
have them, ends are exact to a hundredth of a millisecond, coordinates to a micrometre. See docs/map.md.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.checklist import KINDS
from circle15.display import plain_name

if TYPE_CHECKING:
    from circle15.schema import StudyFrames
    from circle15.units import FloatArray

__all__ = ["encode_walk"]

CIRCLE_WIDTH_M: Final = 30.0
"""A circle is what lies within this of a reached stretch, as `isochrones` has it unless told otherwise."""

GRID_PER_DEGREE: Final = 1e7
"""Coordinates travel as whole numbers of OpenStreetMap's own grid; those off it beside, as they are."""
OFF_GRID: Final = 1e-4
"""Of a grid step, so a micrometre: what a coordinate may be off by and count as on the grid."""
FRACTIONS: Final = 2**32 - 1
"""Fractions of edges travel as whole numbers from 0 to this."""
LEGS_PER_M: Final = 1e5
"""Legs travel as whole hundredths of a millimetre."""

Arrays = dict[str, NDArray[Any]]


def encode_walk(frames: StudyFrames, residence_id: pd.Series[str]) -> tuple[dict[str, Any] | None, str]:
    """Put into numbers what the page walks on.

    Parameters
    ----------
    frames : StudyFrames
        `network_edges`, `ends`, `zones`, `barriers` and `deciding` travel; nothing is changed in them.
    residence_id : Series
        The residences that the page shows, in its order; no others travel.

    Returns
    -------
    dict, str
        What tells how to read the numbers (JSON-ready): `arrays`, the name, type and length of each in the order in
        which they stand, and the few values that are no arrays. And the numbers: little-endian, the first byte of
        each element before all second ones (which deflates better), deflated, in base64. None and "" where the study
        was told without its network. The same frames give the same text.
    """
    edges = frames.network_edges
    if not len(edges):
        return None, ""
    walk = frames.about["walk"]
    gate_ids, gates = _gates(edges)
    arrays: Arrays = {
        **_edges(edges),
        **gates,
        **_ends(frames.ends, "residence", residence_id, frames.about["speed_m_s"]),
        **_ends(frames.ends, "site", frames.sites["site_id"], frames.about["speed_m_s"]),
        **_deciding(frames),
        "zoneFlags": _flags((frames.zones["is_compound"], frames.zones["fenced"], frames.zones["for_visitors"])),
        **_lines("compound", frames.zones.geometry[frames.zones["is_compound"]]),
        **_lines("barrier", frames.barriers.geometry[frames.barriers["what"] == "barrier"]),
        **_lines("openGate", frames.barriers.geometry[frames.barriers["what"] == "open_gate"]),
    }
    header = {
        "plane": list(walk["plane_lonlat"]),
        "maxSnapM": walk["max_snap_m"],
        "closed": walk["compounds_closed"],
        "speed": frames.about["speed_m_s"],
        "thresholdUrbanS": frames.about["threshold_urban_s"],
        "thresholdRuralS": frames.about["threshold_rural_s"],
        "widthM": CIRCLE_WIDTH_M,
        "gates": gate_ids,
        "arrays": [[name, numbers.dtype.name, len(numbers)] for name, numbers in arrays.items()],
    }
    raw = b"".join(_in_planes(numbers) for numbers in arrays.values())
    # Level 9 takes twelve times as long to save one byte in seventy.
    return header, base64.b64encode(zlib.compress(raw, 6)).decode("ascii")


def _edges(edges: gpd.GeoDataFrame) -> Arrays:
    """Ends, seconds, zones, flags and geometry of the edges; v and the seconds from it as differences from those of u.

    u is told as the difference from the v before it, which is none along a way.
    """
    u, v = (edges[end].to_numpy(dtype=np.int32) for end in ("u", "v"))
    from_u, from_v = (edges[name].to_numpy(dtype=np.float32).view(np.uint32) for name in ("from_u_s", "from_v_s"))
    return {
        "u": u - np.concatenate([[0], v[:-1]]).astype(np.int32),
        "v": v - u,
        "fromU": from_u,
        "fromV": from_u ^ from_v,
        "zone": edges["zone"].to_numpy(dtype=np.int32),
        "home": edges["home"].to_numpy(dtype=np.int32),
        "flags": _flags((edges["hangs"], edges["apart"], edges["shut"])),
        **_lines("edge", edges.geometry),
    }


def _flags(bits: tuple[pd.Series[bool], ...]) -> NDArray[np.uint8]:
    """Several yes and no of each row in one byte, the first lowest."""
    return np.packbits(np.column_stack([bit.to_numpy(dtype=bool) for bit in bits]), axis=1, bitorder="little")[:, 0]


def _gates(edges: gpd.GeoDataFrame) -> tuple[list[str], Arrays]:
    """The ids of closed gates, sorted, and of each closed edge which of them it is."""
    shut = np.flatnonzero(edges["zone"].to_numpy() > 0)
    ids, number = np.unique(edges["way_id"].to_numpy(dtype=np.str_)[shut], return_inverse=True)
    told = [plain_name(gate) or "" for gate in ids.tolist()]
    return told, {"gateEdge": shut.astype(np.int32), "gateNumber": number.astype(np.int32)}


def _ends(ends: pd.DataFrame, what: str, ids: pd.Series[str], speed_m_s: float) -> Arrays:
    """How places hang on the network: how many entries each has, and where these are."""
    rows = ends[ends["what"] == what]
    owner = pd.Index(ids).get_indexer(pd.Index(rows["row_id"]))
    order = np.argsort(owner, kind="stable")[np.count_nonzero(owner < 0) :]
    rows, owner = rows.iloc[order], owner[order]
    edge = rows["edge"].to_numpy(dtype=np.int32)
    legs = np.rint(rows["leg_s"].to_numpy(dtype=np.float64) * speed_m_s * LEGS_PER_M)
    own = np.zeros(len(ids), dtype=np.int32)
    own[owner] = rows["own_zone"]
    return {
        f"{what}Entries": np.bincount(owner, minlength=len(ids)).astype(np.int32),
        f"{what}Edge": np.diff(edge, prepend=np.int32(0)),
        f"{what}Fraction": np.rint(rows["fraction"].to_numpy(dtype=np.float64) * FRACTIONS).astype(np.uint32),
        f"{what}Leg": legs.astype(np.uint32),
        f"{what}Zone": own,
    }


def _deciding(frames: StudyFrames) -> Arrays:
    """Which sites hold which of the 27 kinds by evidence that decides, and whether it is confirmed."""
    rows = frames.deciding[frames.deciding["kind"].isin(KINDS)]
    site = pd.Index(frames.sites["site_id"]).get_indexer(pd.Index(rows["site_id"]))
    kind = pd.Index(KINDS).get_indexer(pd.Index(rows["kind"]))
    return {
        "holdSite": site.astype(np.int32),
        "holdKind": kind.astype(np.uint8),
        "holdConfirmed": (rows["evidence"] == "confirmed").to_numpy(dtype=np.uint8),
    }


def _lines(name: str, geometry: gpd.GeoSeries) -> Arrays:
    """The points of shapes on the grid, each as the difference from the one before it.

    `Parts` says how many lines (or rings, or points) a shape has, `Points` how many points a line; points that aren't
    on the grid are repeated as they are.
    """
    singles, feature = shapely.get_parts(np.asarray(geometry.array, dtype=object), return_index=True)
    polygonal = shapely.get_type_id(singles) == shapely.GeometryType.POLYGON
    rings, owner = shapely.get_rings(singles[polygonal], return_index=True)
    lines = np.concatenate([rings, singles[~polygonal]])
    feature = np.concatenate([feature[polygonal][owner], feature[~polygonal]])
    order = np.argsort(feature, kind="stable")
    lines, feature = lines[order], feature[order]
    lonlat: FloatArray = shapely.get_coordinates(lines)
    on_grid = np.rint(lonlat * GRID_PER_DEGREE)
    off = np.flatnonzero((np.abs(lonlat * GRID_PER_DEGREE - on_grid) > OFF_GRID).any(axis=1))
    steps = np.diff(on_grid.astype(np.int64), axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).astype(np.int32)
    return {
        f"{name}Parts": np.bincount(feature, minlength=len(geometry)).astype(np.int32),
        f"{name}Points": shapely.get_num_coordinates(lines).astype(np.int32),
        f"{name}Lon": steps[:, 0],
        f"{name}Lat": steps[:, 1],
        f"{name}Off": off.astype(np.int32),
        f"{name}OffLon": lonlat[off, 0],
        f"{name}OffLat": lonlat[off, 1],
    }


def _in_planes(numbers: NDArray[Any]) -> bytes:
    """The bytes of numbers, all first ones, then all second ones: those that say little stand together."""
    little = np.ascontiguousarray(numbers, dtype=numbers.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(len(little), little.dtype.itemsize).T.tobytes()
