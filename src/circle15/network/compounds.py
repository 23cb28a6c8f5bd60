"""Compounds and gates on the ways: which polygons are compounds, and where ways pass their edge or a gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.errors import DataError, InputError
from circle15.network.foot import gate_rule
from circle15.network.gates import CUSTOMERS, PRIVATE, PUBLIC
from circle15.network.streets import Parts, Ways, as_lines
from circle15.units import BoolArray, FloatArray, IntArray, to_plane

if TYPE_CHECKING:
    from pyproj import CRS

    from circle15.sources.osm import OsmExtract

COMPOUND_DEFAULTS = ("open", "closed")

ON_EDGE_M = 2.0
"""A gate this near to a polygon's edge stands on it."""
GATE_NEAR_M = 15.0
"""Where a way passes a compound's edge, a gate on that way this near is the one that is passed there."""
REGISTER_NEAR_M = 20.0
"""A gate of a register stands on the nearest way, not farther than this."""
SAME_GATE_M = 5.0
"""A gate of a register takes the place of a mapped one this near on that way."""
SAME_NODE_M = 0.5
MOUTH_M = 15.0
"""Half a road, a verge and a pavement: so long is the piece of a private drive that everybody walks over."""


class GatedWays(NamedTuple):
    """Ways with a node at every gate and wherever a compound's edge parts them.

    rule : node -> "open", "closed" or "silent", for gates on these ways.
    cuts : nodes at which a compound's edge is passed.
    names : node -> the id of its gate, for nodes that are on no map.
    """

    ways: Ways
    rule: Mapping[int, str]
    cuts: IntArray
    names: Mapping[int, str]


def compounds_of(osm: OsmExtract, crs: CRS, given: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Residential polygons with a gate on their edge or walled for at least half of it, and those given.

    Parameters
    ----------
    crs : a local plane in metres.
    given : `compound_id` and polygons of a planner's own; compounds whatever is on their edge.

    A polygon that holds a whole compound is none itself.

    Returns
    -------
    `compound_id, name, geometry` in the local plane, sorted by id.
    """
    polygons = osm.compounds.to_crs(crs)
    shapes = np.asarray(polygons.geometry.array)
    is_gate = np.array([gate_rule(tags) is not None for tags in osm.points["tags"]], dtype=bool)
    gates = osm.points[is_gate].to_crs(crs)
    gated = np.zeros(len(shapes), dtype=bool)
    on_edge = shapely.STRtree(np.asarray(gates.geometry.array)).query(
        shapely.boundary(shapes), predicate="dwithin", distance=ON_EDGE_M
    )
    gated[on_edge[0]] = True
    kept = polygons[polygons["walled"].to_numpy(dtype=bool) | gated].rename(columns={"osm_id": "compound_id"})
    parts = [kept[["compound_id", "name", "geometry"]]]
    if given is not None:
        own = given.to_crs(crs)
        parts.append(own.assign(name=own.get("name"))[["compound_id", "name", "geometry"]])
    compounds = pd.concat(parts, ignore_index=True).sort_values("compound_id", ignore_index=True)
    again = compounds["compound_id"].duplicated()
    if again.any():
        raise DataError(
            f"compounds: compound_id is repeated: {compounds['compound_id'][again].iloc[0]}; give each its own"
        )
    # What holds whole compounds is a quarter: its people would be shut in behind two gates.
    found = gpd.GeoDataFrame(compounds, geometry="geometry", crs=crs)
    shapes, area_m2 = np.asarray(found.geometry.array), found.area.to_numpy()
    inner, outer = shapely.STRtree(shapes).query(shapes, predicate="covered_by")
    quarter = np.zeros(len(found), dtype=bool)
    quarter[outer[area_m2[outer] > area_m2[inner]]] = True
    return found[~quarter].reset_index(drop=True)


def gated_ways(
    ways: Ways,
    osm: OsmExtract,
    compounds: gpd.GeoDataFrame,
    *,
    register: gpd.GeoDataFrame | None = None,
) -> GatedWays:
    """Put nodes on the ways where a gate of the register stands, and where a compound's edge is passed.

    Ways that say themselves that they are public pass it as if it weren't there.

    Parameters
    ----------
    compounds : in the local plane.
    register : `gate_id`, `access` ("open" or "closed") and points; a gate farther than 20 m from every way is left out.
    """
    rule = {
        int(node): said
        for node, tags in zip(osm.points["node_id"], osm.points["tags"], strict=True)
        if (said := gate_rule(tags)) is not None
    }
    names: dict[int, str] = {}
    crs = compounds.crs
    if register is not None and len(register):
        ways = _with_register(ways, register, crs, rule, names)
    parted = (ways.access != "public") | ~ways.says_access
    ways, cuts = _parted_at_edges(ways, compounds, np.asarray(parted, dtype=bool), rule, names)
    return GatedWays(ways, rule, cuts, names)


def ground_of(parts: Parts, ways: Ways, length_m: FloatArray, compounds: gpd.GeoDataFrame, gates: IntArray) -> IntArray:
    """(m,) whose ground each street is on, as `gates.enclose` reads it.

    A street belongs to the smallest compound that its middle lies in. A private stretch of up to 15 m between public
    ways, without a gate on it, is the mouth of a drive over which a pavement leads: it is public.

    Parameters
    ----------
    length_m : (m,) metres; gates : nodes at which a gate of any sort stands.
    """
    access, says = ways.access[parts.edge_way], ways.says_access[parts.edge_way]
    ground = np.select([access == "private", access == "customers"], [PRIVATE, CUSTOMERS], default=PUBLIC)
    follows = (access == "private") | ((access == "public") & ~says)
    near = _near(compounds, ways.lonlat[parts.positions], parts.positions_start)
    rows = np.flatnonzero(follows & near)
    if len(rows):
        lines = as_lines(ways.lonlat[parts.positions], parts.positions_start, rows)
        middles = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
        inside = smallest_around(np.asarray(shapely.points(_plane(middles, compounds.crs))), compounds)
        code = 1 + inside + np.where(access[rows] == "private", 0, len(compounds))
        ground[rows[inside >= 0]] = code[inside >= 0]
    gated = np.logical_or.reduceat(np.isin(ways.node_ids[parts.positions], gates), parts.positions_start[:-1])
    public = np.zeros(len(parts.vertex_node), dtype=bool)
    public[parts.edge_u[access == "public"]] = public[parts.edge_v[access == "public"]] = True
    mouth = (ground < PUBLIC) & (length_m <= MOUTH_M) & ~gated & public[parts.edge_u] & public[parts.edge_v]
    ground[mouth & (parts.edge_u != parts.edge_v)] = PUBLIC
    return np.asarray(ground, dtype=np.int64)


def smallest_around(points: np.ndarray[Any, Any], compounds: gpd.GeoDataFrame) -> IntArray:
    """The row of the smallest compound around each point, half a metre off its edge at least; -1 where none is."""
    shapes = np.asarray(compounds.geometry.array)
    found = np.full(len(points), -1, dtype=np.int64)
    hit, which = shapely.STRtree(shapes).query(points, predicate="within")
    deep = ~shapely.dwithin(shapely.boundary(shapes[which]), points[hit], SAME_NODE_M)
    hit, which = hit[deep], which[deep]
    order = np.lexsort((which, -shapely.area(shapes[which])))
    found[hit[order]] = which[order]
    return found


def _with_register(
    ways: Ways, register: gpd.GeoDataFrame, crs: CRS, rule: dict[int, str], names: dict[int, str]
) -> Ways:
    """The ways with the register's gates on them; `rule` and `names` learn of them."""
    points = np.asarray(register.to_crs(crs).geometry.array)
    segment, lines = _segments(ways, crs, np.ones(len(ways.osm_id), dtype=bool))
    (which, hit), _ = shapely.STRtree(lines).query_nearest(
        points, max_distance=REGISTER_NEAR_M, return_distance=True, all_matches=False
    )
    where = shapely.line_locate_point(lines[hit], points[which])
    gates = np.array(sorted(rule), dtype=np.int64)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(lines[hit], where))
    nodes = _nearest_nodes(ways, segment[hit], xy, crs=crs, gates=gates, gate_near_m=SAME_GATE_M)
    ways, nodes = _with_nodes(ways, segment[hit], where / shapely.length(lines[hit]), nodes)
    for node, row in zip(nodes.tolist(), which.tolist(), strict=True):
        rule[node], names[node] = str(register["access"].iloc[row]), str(register["gate_id"].iloc[row])
    return ways


def _parted_at_edges(
    ways: Ways, compounds: gpd.GeoDataFrame, parted: BoolArray, rule: Mapping[int, str], names: dict[int, str]
) -> tuple[Ways, IntArray]:
    """The ways with a node wherever one of the `parted` passes a compound's edge, and those nodes."""
    segment, lines = _segments(ways, compounds.crs, parted & _near(compounds, ways.lonlat, ways.offsets))
    rims = shapely.boundary(np.asarray(compounds.geometry.array))
    which, hit = shapely.STRtree(lines).query(rims, predicate="intersects")
    points, pair = shapely.get_parts(shapely.intersection(rims[which], lines[hit]), return_index=True)
    along = shapely.get_type_id(points) == shapely.GeometryType.LINESTRING
    points = np.concatenate([points[~along], shapely.get_point(points[along], 0), shapely.get_point(points[along], -1)])
    pair = np.concatenate([pair[~along], pair[along], pair[along]])
    hit, which = hit[pair], which[pair]
    where = np.round(shapely.line_locate_point(lines[hit], points), 1)
    # Neighbours share their edge: one node where both are passed.
    _, once = np.unique(np.column_stack([segment[hit], where]), axis=0, return_index=True)
    hit, which, where = hit[once], which[once], where[once]
    gates = np.array(sorted(rule), dtype=np.int64)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(lines[hit], where))
    nodes = _nearest_nodes(ways, segment[hit], xy, crs=compounds.crs, gates=gates, gate_near_m=GATE_NEAR_M)
    way = ways.of_node[segment[hit]]
    ways, nodes = _with_nodes(ways, segment[hit], where / shapely.length(lines[hit]), nodes)
    for node, w, c in zip(nodes.tolist(), way.tolist(), which.tolist(), strict=True):
        if node < 0 and node not in names:
            name = f"{ways.osm_id[w]}@{compounds['compound_id'].iloc[c]}"
            taken = sum(one == name or one.startswith(f"{name}.") for one in names.values())
            names[node] = f"{name}.{taken + 1}" if taken else name
    return ways, np.unique(nodes)


def _near(compounds: gpd.GeoDataFrame, lonlat: FloatArray, start: IntArray) -> BoolArray:
    """Whether the box of each line (rows start[i] to start[i + 1]) meets that of some compound."""
    near = np.zeros(len(start) - 1, dtype=bool)
    if not len(compounds) or not len(near):
        return near
    low, high = (extreme.reduceat(lonlat, start[:-1]) for extreme in (np.minimum, np.maximum))
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    around = compounds.to_crs("EPSG:4326").bounds.to_numpy()
    hit, _ = shapely.STRtree(shapely.box(*around.T)).query(boxes, predicate="intersects")
    near[hit] = True
    return near


def _segments(ways: Ways, crs: CRS, chosen: BoolArray) -> tuple[IntArray, np.ndarray[Any, Any]]:
    """The first row of each segment of the chosen ways in the node arrays, and the segments as lines in the plane."""
    of_node = ways.of_node
    rows = np.flatnonzero((of_node[:-1] == of_node[1:]) & chosen[of_node[:-1]])
    ends = [_plane(ways.lonlat[at], crs) for at in (rows, rows + 1)]
    lines: Any = shapely.linestrings(np.stack(ends, axis=1))
    long = shapely.length(lines) > 0
    return rows[long], np.asarray(lines[long], dtype=object)


def _nearest_nodes(
    ways: Ways, segment: IntArray, xy: FloatArray, *, crs: CRS, gates: IntArray, gate_near_m: float
) -> IntArray:
    """The node that serves each spot `xy` on a segment: a gate of that way nearby, else a node as good as there.

    0 where a new node is needed.
    """
    serves = np.zeros(len(segment), dtype=np.int64)
    is_gate = np.isin(ways.node_ids, gates)
    for i, (row, at) in enumerate(zip(segment.tolist(), xy, strict=True)):
        way = int(np.searchsorted(ways.offsets, row, side="right")) - 1
        span = np.arange(ways.offsets[way], ways.offsets[way + 1])
        far = np.hypot(*(_plane(ways.lonlat[span], crs) - at).T)
        near_gate = is_gate[span] & (far <= gate_near_m)
        if near_gate.any():
            serves[i] = ways.node_ids[span[near_gate][np.argmin(far[near_gate])]]
        elif far.min() <= SAME_NODE_M:
            serves[i] = ways.node_ids[span[np.argmin(far)]]
    return serves


def _with_nodes(ways: Ways, segment: IntArray, fraction: FloatArray, nodes: IntArray) -> tuple[Ways, IntArray]:
    """The ways with new nodes (ids below 0) on segments wherever `nodes` is 0, and the nodes with those ids."""
    new = np.flatnonzero(nodes == 0)
    lowest = min(0, int(ways.node_ids.min(initial=0)))
    filled = nodes.copy()
    filled[new] = lowest - 1 - np.arange(len(new))
    order = new[np.lexsort((fraction[new], segment[new]))]
    row = segment[order]
    lonlat = ways.lonlat[row] + fraction[order, None] * (ways.lonlat[row + 1] - ways.lonlat[row])
    added = np.bincount(ways.of_node[row], minlength=len(ways.osm_id))
    return ways._replace(
        node_ids=np.insert(ways.node_ids, row + 1, filled[order]),
        lonlat=np.insert(ways.lonlat, row + 1, lonlat, axis=0),
        offsets=ways.offsets + np.concatenate([[0], np.cumsum(added)]),
    ), filled


def _plane(lonlat: FloatArray, crs: CRS) -> FloatArray:
    return np.column_stack(to_plane(crs).transform(lonlat[:, 0], lonlat[:, 1]))


def checked_compound_default(value: str) -> bool:
    """Whether ways without access tags inside compounds are closed to strangers."""
    if value not in COMPOUND_DEFAULTS:
        raise InputError(f"compound_default is {value!r}; use {' or '.join(COMPOUND_DEFAULTS)}")
    return value == "closed"
