"""Hanging places on streets: to the nearest point that may be used, never across a wall, a river or a railway."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.network.compounds import ON_EDGE_M, smallest_around
from circle15.network.foot import gate_rule, is_door
from circle15.network.snaps import Entries, Snaps, joined, listed
from circle15.units import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from circle15.network.walk_network import WalkNetwork
    from circle15.sources.osm import OsmExtract

WALLS = frozenset({"wall", "city_wall", "fence", "wire_fence", "retaining_wall"})
WATERWAYS = frozenset({"river", "canal"})
RAILWAYS = frozenset({"rail", "light_rail", "narrow_gauge", "preserved", "funicular"})
MOTORWAYS = frozenset({"motorway", "motorway_link"})
SAME_PLACE_M = 0.1
OWN_WALL_M = 2.0
"""A wall this near to a gate, a door or a polygon's edge is its own, and doesn't part it from the street."""

LISTED_M = 5.0
"""So far off a site's edge a gate of a planner's register may stand and still be one of its entrances."""

BESIDE_M = 30.0
"""A street that is farther off by more than this isn't the one at the door."""

Shapes = np.ndarray[Any, Any]


class Surroundings(NamedTuple):
    """What places are hung among, beside the streets. Geometry is EPSG:4326.

    barriers : lines that no leg crosses.
    doors : entrances and open gates, at which polygons are entered.
    listed_doors : open gates of a planner's register, which may stand some metres off the edge that they are in.
    gates : gates that stand on no street; a leg of those who live behind them may go through one.
    open_gates : those of them that don't keep visitors out.
    compounds : `compound_id, name, geometry`; row i is zone i + 1.
    closed : whether nobody but its people crosses a compound's edge.
    """

    barriers: gpd.GeoSeries
    doors: gpd.GeoSeries
    listed_doors: gpd.GeoSeries
    gates: gpd.GeoSeries
    open_gates: gpd.GeoSeries
    compounds: gpd.GeoDataFrame
    closed: bool


def no_surroundings() -> Surroundings:
    """Nothing but streets."""
    nothing = gpd.GeoSeries([], crs="EPSG:4326")
    compounds = gpd.GeoDataFrame({"compound_id": [], "name": []}, geometry=[], crs="EPSG:4326")
    return Surroundings(nothing, nothing, nothing, nothing, nothing, compounds, closed=False)


def surroundings_of(
    osm: OsmExtract,
    compounds: gpd.GeoDataFrame,
    *,
    closed: bool,
    on_streets: IntArray,
    register: gpd.GeoDataFrame | None = None,
) -> Surroundings:
    """Walls, rivers, railways and motorways, doors and gates of an extract; `on_streets` are its streets' nodes.

    `register` holds a planner's gates.
    """
    nowhere = gpd.GeoSeries([], crs="EPSG:4326")
    motorways = [i for i, tags in enumerate(osm.ways["tags"]) if _is_motorway(tags)]
    start, end = osm.way_offsets[motorways], osm.way_offsets[np.array(motorways, dtype=np.int64) + 1]
    lines = [
        shapely.LineString(osm.way_lonlat[a:b]) for a, b in zip(start.tolist(), end.tolist(), strict=True) if b - a > 1
    ]
    mapped = osm.barriers.geometry[np.array([_is_barrier(tags) for tags in osm.barriers["tags"]], dtype=bool)]
    tags_of = osm.points["tags"]
    rules = pd.Series([gate_rule(tags) for tags in tags_of], index=osm.points.index, dtype=object)
    door = np.array([is_door(tags) for tags in tags_of], dtype=bool)
    off_street = ~osm.points["node_id"].isin(on_streets).to_numpy()
    return Surroundings(
        barriers=gpd.GeoSeries([*mapped, *lines], crs="EPSG:4326"),
        doors=osm.points.geometry[door],
        listed_doors=nowhere if register is None else register.geometry[register["access"] == "open"],
        gates=osm.points.geometry[rules.notna().to_numpy() & off_street],
        open_gates=osm.points.geometry[rules.isin(["open", "silent"]).to_numpy() & off_street],
        compounds=compounds.to_crs("EPSG:4326"),
        closed=closed,
    )


def _is_barrier(tags: dict[str, str]) -> bool:
    if tags.get("tunnel", "no") != "no" or tags.get("bridge", "no") != "no":
        return False
    return tags.get("barrier") in WALLS or tags.get("waterway") in WATERWAYS or tags.get("railway") in RAILWAYS


def _is_motorway(tags: dict[str, str]) -> bool:
    if tags.get("tunnel", "no") != "no" or tags.get("bridge", "no") != "no":
        return False
    return tags.get("highway") in MOTORWAYS or (tags.get("motorroad") == "yes" and "highway" in tags)


def snap_people(network: WalkNetwork, geometry: gpd.GeoSeries, compound_id: pd.Series[str] | None = None) -> Snaps:
    """Hang residences on the network; see `WalkNetwork.snap`."""
    doors = network.plane(geometry.representative_point())
    compound = compounds_of_places(network, doors, compound_id)
    found = _hung(network, doors, compound, people=True)
    home = np.zeros(len(doors), dtype=np.int64)
    home[found.place] = network.edge_home[found.edge]
    return listed([found], own=np.where(home > 0, home, compound))


def snap_people_again(
    network: WalkNetwork, before: Snaps, geometry: gpd.GeoSeries, compound_id: pd.Series[str] | None
) -> Snaps:
    """Snaps on a network read with compounds the other way: only who may hang near a compound is hung anew."""
    compounds = network.plane(network.surroundings.compounds.geometry)
    doors = network.plane(geometry.representative_point())
    near, _ = shapely.STRtree(compounds).query(doors, predicate="dwithin", distance=network.max_snap_m)
    rows = np.union1d(near, [] if compound_id is None else np.flatnonzero(compound_id.notna())).astype(np.int64)
    anew = snap_people(network, geometry.iloc[rows], None if compound_id is None else compound_id.iloc[rows])
    # Zones are numbered anew as well: who lives on a private way is of the zone that it lies in now.
    home = np.zeros(len(before.own), dtype=np.int64)
    home[before.owner] = network.edge_home[before.edge]
    home[rows] = anew.own
    kept = ~np.isin(before.owner, rows)
    stays = Entries(before.owner[kept], before.edge[kept], before.fraction[kept], before.leg_m[kept])
    return listed([stays, Entries(rows[anew.owner], anew.edge, anew.fraction, anew.leg_m)], own=home)


def snap_sites(network: WalkNetwork, geometry: gpd.GeoSeries) -> Snaps:
    """Hang sites on the network; see `WalkNetwork.snap_sites`."""
    shapes = network.plane(geometry)
    point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    compound = compounds_of_places(network, _points(shapes), None)
    parts = [_at_doors(network, shapes, compound, np.flatnonzero(~point))]
    alone = np.setdiff1d(np.flatnonzero(~point), parts[0].place)
    parts.append(_where_streets_cross(network, shapes, alone))
    rest = np.setdiff1d(np.arange(len(shapes)), np.concatenate([part.place for part in parts]))
    near = _hung(network, shapes[rest], compound[rest])
    home = network.edge_home[near.edge]
    again = rest[near.place[(home > 0) & ~network.zone_fenced[home]]]
    public = _hung(network, shapes[again], compound[again], public=True)
    parts.append(near._replace(place=rest[near.place]))
    parts.append(public._replace(place=again[public.place]))
    parts.append(_through_grounds(network, parts))
    return listed(parts, own=np.zeros(len(shapes), dtype=np.int64))


def compounds_of_places(network: WalkNetwork, points: Shapes, compound_id: pd.Series[str] | None) -> IntArray:
    """(n,) the zone of each place's compound: the one it names, else the smallest around it; 0 where there is none."""
    compounds = network.surroundings.compounds
    zone = 1 + smallest_around(points, compounds.to_crs(network.crs))
    if compound_id is not None:
        named = pd.Series(np.arange(1, len(compounds) + 1), index=compounds["compound_id"]).reindex(compound_id)
        zone = np.where(named.notna().to_numpy(), named.fillna(0).to_numpy(), zone)
    return np.asarray(zone, dtype=np.int64)


def _points(shapes: Shapes) -> Shapes:
    return np.asarray(shapely.point_on_surface(shapes), dtype=object)


def _hung(
    network: WalkNetwork,
    shapes: Shapes,
    compound: IntArray,
    *,
    people: bool = False,
    public: bool = False,
    on_wall: bool = False,
) -> Entries:
    """One entry for each place: on the nearest street that it may use and that no barrier parts from it.

    A place uses public streets, private pieces, and the streets of its own compound; with `public` the first only.
    `people`: they live there; `on_wall`: the places are doors and gates. Where the street at the door is one that the
    profile's people shun (too steep for wheels), another counts only where it lies about as near.
    Where barriers keep a place in, it goes through a gate that stands on no street; where there is none either, the
    people of a closed compound go straight to the nearest street, since they do live there.
    """
    edges, tree = network.snap_tree
    (which, hit), far = tree.query_nearest(shapes, max_distance=network.max_snap_m, return_distance=True)
    shunned = ~network.edge_open[edges[hit]].any(axis=1)
    limit_m = np.full(len(shapes), network.max_snap_m)
    limit_m[which[shunned]] = far[shunned] + BESIDE_M
    nearest = _free(network, shapes, compound, which, edges[hit], public=public, on_wall=on_wall)
    left = np.setdiff1d(which, nearest.place)
    parts = [nearest]
    if len(left):
        which, hit = tree.query(shapes[left], predicate="dwithin", distance=network.max_snap_m)
        near = shapely.dwithin(shapes[left[which]], network.lines[edges[hit]], limit_m[left[which]])
        pairs = left[which[near]], edges[hit[near]]
        parts.append(_free(network, shapes, compound, *pairs, public=public, on_wall=on_wall))
        left = np.setdiff1d(left, parts[1].place)
        # Visitors don't come through gates that keep them out, nor into a closed compound.
        gates = network.surroundings.gates if people else network.surroundings.open_gates
        through = left if people or not network.surroundings.closed else left[compound[left] == 0]
        if len(gates) and len(through):
            parts.append(_through_gates(network, shapes, compound, through, network.plane(gates), public=public))
            left = np.setdiff1d(left, parts[2].place)
        keep = np.isin(pairs[0], left[compound[left] > 0]) & people
        parts.append(_free(network, shapes, compound, pairs[0][keep], pairs[1][keep], public=public, over_edge=True))
    return Entries(*(np.concatenate([part[i] for part in parts]) for i in range(4)))


def _free(
    network: WalkNetwork,
    shapes: Shapes,
    compound: IntArray,
    which: IntArray,
    edge: IntArray,
    *,
    public: bool,
    on_wall: bool = False,
    over_edge: bool = False,
) -> Entries:
    """Of pairs of place and street the nearest permitted one without a barrier between; ties go to the first edge."""
    may = _permitted(network, edge, compound[which], public=public)
    which, edge = which[may], edge[may]
    far = shapely.distance(shapes[which], network.lines[edge])
    point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    start_m = np.where(point & ~np.full(len(shapes), on_wall), SAME_PLACE_M, OWN_WALL_M)
    order = np.lexsort((edge, far, which))
    which, edge, far = which[order], edge[order], far[order]
    found = []
    while len(which):
        first = np.append(True, np.diff(which) != 0)
        legs = shapely.shortest_line(shapes[which[first]], network.lines[edge[first]])
        own, home = compound[which[first]], network.edge_home[edge[first]]
        leaves = (own > 0) & (home != own)
        open_ = over_edge | ~_barred(network, legs, own, start_m=start_m[which[first]], leaves=leaves)
        taken = np.flatnonzero(first)[open_]
        touch = shapely.get_point(legs[open_], 1)
        fraction = shapely.line_locate_point(network.lines[edge[taken]], touch, normalized=True)
        found.append(Entries(which[taken], edge[taken], fraction, far[taken]))
        rest = ~first & ~np.isin(which, which[taken])
        which, edge, far = which[rest], edge[rest], far[rest]
    return _sorted(found) if found else _nothing()


def _permitted(network: WalkNetwork, edge: IntArray, compound: IntArray, *, public: bool) -> BoolArray:
    home, open_ = network.edge_home[edge], network.edge_open[edge].any(axis=1)
    if public:
        return np.asarray(open_ & (home == 0), dtype=bool)
    mine = (home == 0) | network.edge_apart[edge] | (home == compound)
    return np.asarray(open_ & mine, dtype=bool)


def _barred(
    network: WalkNetwork,
    legs: Shapes,
    compound: IntArray,
    *,
    start_m: FloatArray | float = SAME_PLACE_M,
    end_m: float = SAME_PLACE_M,
    leaves: BoolArray | None = None,
) -> BoolArray:
    """Whether a barrier lies across each leg, its first and last metres aside.

    `leaves`: legs that end on a street outside the place's own closed compound, though it be at the very gate.
    """
    barred = np.zeros(len(legs), dtype=bool)
    # The whole leg first: few meet any barrier, and only those are worth cutting.
    trees = [network.barrier_tree, *([network.compound_tree] if network.surroundings.closed else [])]
    rows = np.unique(np.concatenate([tree.query(legs, predicate="intersects")[0] for tree in trees]))
    start, end = np.broadcast_to(start_m, len(legs)), shapely.length(legs) - end_m
    rows = rows[start[rows] < end[rows]]
    ends = [shapely.get_coordinates(shapely.line_interpolate_point(legs[rows], at[rows])) for at in (start, end)]
    cut = shapely.linestrings(np.stack(ends, axis=1))
    for tree in trees:
        hit, _ = tree.query(cut, predicate="intersects")
        barred[rows[hit]] = True
    if network.surroundings.closed and leaves is not None:
        hit, which = network.compound_tree.query(legs, predicate="dwithin", distance=SAME_PLACE_M)
        barred[hit[leaves[hit] & (compound[hit] == which + 1)]] = True
    return barred


def _through_gates(
    network: WalkNetwork, shapes: Shapes, compound: IntArray, left: IntArray, gates: Shapes, *, public: bool
) -> Entries:
    """For places that barriers keep in: through the gate off the streets that makes the shortest leg."""
    which, gate = shapely.STRtree(gates).query(shapes[left], predicate="dwithin", distance=network.max_snap_m)
    which = left[which]
    inner = shapely.shortest_line(shapes[which], gates[gate])
    free = ~_barred(network, inner, compound[which], end_m=OWN_WALL_M)
    which, gate, inner_m = which[free], gate[free], shapely.length(inner[free])
    edges, tree = network.snap_tree
    used = np.unique(gate)
    pair, hit = tree.query(gates[used], predicate="dwithin", distance=network.max_snap_m)
    outside = np.zeros(len(gates), dtype=np.int64)
    beyond = _free(network, gates, outside, used[pair], edges[hit], public=public, on_wall=True)
    row = np.searchsorted(beyond.place, gate)
    known = (row < len(beyond.place)) & np.isin(gate, beyond.place)
    row, which, inner_m = row[known], which[known], inner_m[known]
    leg = inner_m + beyond.leg_m[row]
    order = np.lexsort((row, leg, which))
    order = order[np.append(True, np.diff(which[order]) != 0)] if len(order) else order
    order = order[leg[order] <= network.max_snap_m]
    chosen = row[order]
    return Entries(which[order], beyond.edge[chosen], beyond.fraction[chosen], leg[order])


def _at_doors(network: WalkNetwork, shapes: Shapes, compound: IntArray, rows: IntArray) -> Entries:
    """Entries of polygons and lines at the mapped entrances and gates on their edge."""
    rims, around = shapely.boundary(shapes[rows]), network.surroundings
    parts = []
    for doors, off_m in ((around.doors, ON_EDGE_M / 2), (around.listed_doors, LISTED_M)):
        spots = network.plane(doors)
        which, door = shapely.STRtree(spots).query(rims, predicate="dwithin", distance=off_m)
        places = rows[which]
        found = _hung(network, spots[door], compound[places], on_wall=True)
        parts.append(found._replace(place=places[found.place]))
    return joined(parts)


def _where_streets_cross(network: WalkNetwork, shapes: Shapes, rows: IntArray) -> Entries:
    """Entries where usable streets cross or touch the edge of polygons, or lines."""
    edges, tree = network.snap_tree
    polygonal = np.isin(shapely.get_type_id(shapes[rows]), (3, 6))
    rims = np.where(polygonal, shapely.boundary(shapes[rows]), shapes[rows])
    which, hit = tree.query(rims, predicate="intersects")
    open_ = network.edge_open[edges[hit]].any(axis=1)
    which, hit = which[open_], hit[open_]
    place, edge, fraction = points_shared(rims[which], network.lines[edges[hit]], rows[which], edges[hit])
    return Entries(place, edge, fraction, np.zeros(len(place)))


def points_shared(
    rims: Shapes, lines: Shapes, place: IntArray, edge: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Points that rim i and line i share (the ends of shared stretches): place, edge, fraction along the line."""
    parts, pair = shapely.get_parts(shapely.intersection(rims, lines), return_index=True)
    linear = shapely.get_type_id(parts) == 1
    points = np.concatenate([parts[~linear], shapely.get_point(parts[linear], 0), shapely.get_point(parts[linear], -1)])
    pair = np.concatenate([pair[~linear], pair[linear], pair[linear]])
    fraction = shapely.line_locate_point(lines[pair], points, normalized=True)
    return place[pair], edge[pair], np.asarray(fraction, dtype=np.float64)


def _through_grounds(network: WalkNetwork, parts: list[Entries]) -> Entries:
    """For entries on the grounds of sites: further entries at the gates of those grounds, which visitors may pass.

    The leg is the walk between gate and site on these grounds, in metres at the profile's flat speed.
    """
    entries = joined(parts)
    on = np.flatnonzero(network.zone_for_visitors[network.edge_home[entries.edge]])
    if not len(on):
        return _nothing()
    time_s, speed = network.edge_time_s, network.profile.speed_m_s
    grounds = np.flatnonzero(network.zone_for_visitors[network.edge_home])
    # Walked towards the site, so searched against the direction of the edges.
    back: dict[int, list[tuple[int, float]]] = {}
    for e in grounds[network.edge_zone[grounds] == 0].tolist():
        u, v = int(network.edge_u[e]), int(network.edge_v[e])
        back.setdefault(v, []).append((u, time_s[e, 0]))
        back.setdefault(u, []).append((v, time_s[e, 1]))
    gate_at: dict[int, list[int]] = {}
    entered = (network.edge_zone[grounds] > 0) & ~network.edge_shut[grounds]
    for e in grounds[entered].tolist():
        gate_at.setdefault(int(network.edge_v[e]), []).append(e)
    found: list[tuple[int, int, float]] = []
    for j in on.tolist():
        e, f, leg_s = int(entries.edge[j]), float(entries.fraction[j]), float(entries.leg_m[j]) / speed
        to_v, to_u = (0.0 if f == 1 else (1 - f) * time_s[e, 1]), (0.0 if f == 0 else f * time_s[e, 0])
        queue = [(leg_s + to_u, int(network.edge_u[e])), (leg_s + to_v, int(network.edge_v[e]))]
        settled: set[int] = set()
        heapq.heapify(queue)
        while queue:
            at, vertex = heapq.heappop(queue)
            if vertex in settled or at == np.inf:
                continue
            settled.add(vertex)
            found += [(int(entries.place[j]), gate, at * speed) for gate in gate_at.get(vertex, ())]
            for other, cost in back.get(vertex, ()):
                heapq.heappush(queue, (at + cost, other))
    place, gate, leg = zip(*found, strict=True) if found else ((), (), ())
    # A gate runs from its outer side to its inner: fraction 0 is outside.
    edge = np.array(gate, dtype=np.int64)
    return Entries(np.array(place, dtype=np.int64), edge, np.zeros(len(edge)), np.array(leg, dtype=np.float64))


def _sorted(found: list[Entries]) -> Entries:
    """The entries of several lists by place."""
    place, edge, fraction, leg_m = (np.concatenate([part[i] for part in found]) for i in range(4))
    order = np.argsort(place, kind="stable")
    return Entries(place[order], edge[order], fraction[order], leg_m[order])


def _nothing() -> Entries:
    none = np.empty(0, dtype=np.int64)
    return Entries(none, none, np.empty(0), np.empty(0))
