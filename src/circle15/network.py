"""The walking network: where people may walk, as arrays; how places hang on it.

A `WalkNetwork` holds street edges between vertices with their geometry, geodesic length and walking time in each
direction. Places are snapped to the nearest point *on* a street. The foot rules are in docs/walking.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from circle15.errors import DataError, InputError, head
from circle15.units import BoolArray, FloatArray, IntArray, from_plane, geodesic_lengths_m, local_crs, to_plane

if TYPE_CHECKING:
    import networkx as nx
    from pyproj import CRS

    from circle15.sources.osm import OsmExtract

__all__ = ["PROFILES", "Arcs", "Profile", "Snaps", "WalkNetwork", "foot_access", "foot_directions", "stops_strangers"]


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

_ROADS = frozenset(
    "trunk trunk_link primary primary_link secondary secondary_link tertiary tertiary_link unclassified residential "
    "living_street service road".split()
)
_PATHS = frozenset("pedestrian footway path track steps corridor bridleway cycleway platform elevator".split())
_MOTORWAYS = frozenset({"motorway", "motorway_link"})
_PUBLIC = frozenset("yes permissive designated destination official public".split())
_PRIVATE = frozenset(
    "private customers permit residents resident employees staff members delivery agricultural forestry military "
    "emergency key".split()
)
_CLOSED = frozenset({"no", "use_sidewalk"})
_GATES = frozenset(
    "gate swing_gate lift_gate sliding_gate kissing_gate hampshire_gate wicket_gate entrance turnstile "
    "full-height_turnstile sally_port door".split()
)
_FOOT_TAGS = (
    "highway", "foot", "access", "sidewalk", "motorroad", "oneway:foot", "conveying", "railway", "public_transport",
    "area",
)  # fmt: skip


def foot_access(tags: Mapping[str, str]) -> str | None:
    """Who may walk on a way: "public", "private" (only those who belong there), or None.

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
    if foot in _PRIVATE:
        return "private"
    if highway in _MOTORWAYS or tags.get("motorroad") == "yes":
        return None
    if highway in {"trunk", "trunk_link"} and tags.get("sidewalk") in {"no", "none"}:
        return None
    access = tags.get("access", "")
    if access in _CLOSED:
        return None
    return "private" if access in _PRIVATE else "public"


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


def stops_strangers(tags: Mapping[str, str]) -> bool:
    """Whether a node on a way stops those who don't belong: a gate that says private or no. Bollards never do.

    >>> stops_strangers({"barrier": "gate"}), stops_strangers({"barrier": "gate", "access": "private"})
    (False, True)
    >>> stops_strangers({"barrier": "bollard", "access": "no"})
    False
    """
    if tags.get("barrier") not in _GATES:
        return False
    rule = tags.get("foot") or tags.get("access") or ""
    return rule in _CLOSED or rule in _PRIVATE


def street_class(tags: Mapping[str, str]) -> str:
    """The sort of a way: "road" (streets with frontage, pedestrian ones too), "path" or "steps"."""
    highway = tags.get("highway")
    if highway == "steps":
        return "steps"
    return "road" if highway in _ROADS or highway == "pedestrian" else "path"


class Arcs(NamedTuple):
    """The graph as searches read it (see `_kernels`): arcs by tail vertex, and each edge's two ends and times."""

    indptr: IntArray
    head: IntArray
    cost: FloatArray
    edge: IntArray
    tail_is_u: BoolArray
    edge_u: IntArray
    edge_v: IntArray
    from_u: FloatArray
    from_v: FloatArray


class Snaps(NamedTuple):
    """Where places hang on the network: entry j is at `fraction[j]` of edge `edge[j]`, `leg_m[j]` from its place.

    Place i has the entries `indptr[i]` to `indptr[i + 1]`; none when it is off the network.
    """

    indptr: IntArray
    edge: IntArray
    fraction: FloatArray
    leg_m: FloatArray

    @property
    def owner(self) -> IntArray:
        """The place of each entry."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    @property
    def on_network(self) -> BoolArray:
        """Whether each place has an entry."""
        return np.diff(self.indptr) > 0

    @property
    def snap_m(self) -> FloatArray:
        """Metres from each place to its nearest entry, inf where there is none."""
        out = np.full(len(self.indptr) - 1, np.inf)
        np.minimum.at(out, self.owner, self.leg_m)
        return out


@dataclass(frozen=True, eq=False)
class WalkNetwork:
    """A walking network as arrays: n vertices, m edges, each edge a stretch of street from vertex u to vertex v.

    Attributes
    ----------
    node_id : (n,) ids of the vertices' nodes (strings). A node with a closed gate gives one vertex a street end.
    node_lonlat : (n, 2) degrees.
    edge_u, edge_v : (m,) vertices.
    edge_way : (m,) id of the way an edge belongs to (strings such as "w12").
    edge_class : (m,) "road", "path" or "steps".
    edge_name : (m,) the street's name, None where it has none.
    edge_length_m : (m,) geodesic metres.
    edge_forward, edge_backward : (m,) whether the edge may be walked from u to v, and from v to u.
    coords_lonlat, coords_start : geometry of edge e is rows coords_start[e] to coords_start[e + 1] of (k, 2) degrees.
    profile : how people walk.
    cut_vertex : vertices at which a street was cut because the data lacks its next node.
    max_snap_m : farther places are off the network.
    min_component_m : islands with less street than this are not snapped to.
    """

    node_id: np.ndarray[Any, Any]
    node_lonlat: FloatArray
    edge_u: IntArray
    edge_v: IntArray
    edge_way: np.ndarray[Any, Any]
    edge_class: np.ndarray[Any, Any]
    edge_name: np.ndarray[Any, Any]
    edge_length_m: FloatArray
    edge_forward: BoolArray
    edge_backward: BoolArray
    coords_lonlat: FloatArray
    coords_start: IntArray
    profile: Profile
    cut_vertex: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    max_snap_m: float = 200.0
    min_component_m: float = 500.0

    def __post_init__(self) -> None:
        if not (0 < self.max_snap_m < np.inf and 0 <= self.min_component_m < np.inf):
            raise InputError(
                f"max_snap_m is {self.max_snap_m} and min_component_m is {self.min_component_m}; give metres, "
                "the first above 0, the second from 0"
            )

    @classmethod
    def from_osm(
        cls,
        osm: OsmExtract,
        *,
        profile: str | Profile = "planning",
        max_snap_m: float = 200.0,
        min_component_m: float = 500.0,
    ) -> WalkNetwork:
        """The streets of an OSM extract that the public may walk on.

        Ways meet only at shared nodes, so levels don't mix. Private ways are left out; a gate marked private or no
        cuts the street at its node.

        Raises
        ------
        DataError
            when the extract has no street that the public may walk on.
        """
        chosen = profile_named(profile)
        public, forward, backward, classes = _ways_on_foot(osm.ways["tags"], chosen)
        closed = np.array([stops_strangers(tags) for tags in osm.points["tags"]], dtype=bool)
        gates = osm.points["node_id"].to_numpy(dtype=np.int64)[closed]
        parts = _split_at_junctions(osm.way_node_ids, osm.way_offsets, public, np.unique(gates))
        if not len(parts.edge_way):
            raise DataError(f"{osm.path}: no street that the public may walk on; give an extract with highway=* ways")
        way_of = parts.edge_way
        return cls(
            node_id=np.char.add("n", parts.vertex_node.astype(np.str_)),
            node_lonlat=osm.way_lonlat[parts.vertex_position],
            edge_u=parts.edge_u,
            edge_v=parts.edge_v,
            edge_way=osm.ways["osm_id"].to_numpy(dtype=object)[way_of],
            edge_class=classes[way_of],
            edge_name=np.array([tags.get("name:zh") or tags.get("name") for tags in osm.ways["tags"]], dtype=object)[
                way_of
            ],
            edge_length_m=_lengths_m(osm.way_lonlat, parts.positions, parts.positions_start),
            edge_forward=forward[way_of],
            edge_backward=backward[way_of],
            coords_lonlat=osm.way_lonlat[parts.positions],
            coords_start=parts.positions_start,
            profile=chosen,
            cut_vertex=np.flatnonzero(np.isin(parts.vertex_node, osm.cut_node_ids)),
            max_snap_m=max_snap_m,
            min_component_m=min_component_m,
        )

    @classmethod
    def from_edges(
        cls,
        nodes: gpd.GeoDataFrame,
        edges: pd.DataFrame,
        *,
        profile: str | Profile = "planning",
        max_snap_m: float = 200.0,
        min_component_m: float = 500.0,
    ) -> WalkNetwork:
        """Any network a planner has.

        Parameters
        ----------
        nodes : `node_id` and points, in any CRS.
        edges : `u` and `v` (node ids). Optional: geometry (lines from u to v, in any CRS; straight otherwise),
            `length_m` (geodesic otherwise), `oneway` (True: from u to v only), `street_class` ("road", "path",
            "steps"), `name`, `way_id`. Each row is one street, walkable both ways unless `oneway`.

        Raises
        ------
        DataError
            naming repeated nodes, edges whose ends are not among the nodes, negative lengths, missing columns.
        """
        chosen = profile_named(profile)
        places, table = _checked_network_tables(nodes, edges)
        lines = table.geometry.to_numpy()
        if chosen.stairs_factor == 0:
            walkable = (table["street_class"] != "steps").to_numpy()
            table, lines = table[walkable].reset_index(drop=True), lines[walkable]
        coords = shapely.get_coordinates(lines)
        start = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(lines))]).astype(np.int64)
        drawn = _lengths_m(coords, np.arange(len(coords)), start)
        given = table["length_m"].to_numpy(dtype=np.float64)
        return cls(
            node_id=places["node_id"].to_numpy(dtype=np.str_),
            node_lonlat=shapely.get_coordinates(places.geometry.to_numpy()),
            edge_u=table["u"].to_numpy(dtype=np.int64),
            edge_v=table["v"].to_numpy(dtype=np.int64),
            edge_way=table["way_id"].to_numpy(dtype=object),
            edge_class=table["street_class"].to_numpy(dtype=object),
            edge_name=table["name"].to_numpy(dtype=object),
            edge_length_m=np.where(np.isnan(given), drawn, given),
            edge_forward=np.ones(len(table), dtype=bool),
            edge_backward=~table["oneway"].to_numpy(dtype=bool),
            coords_lonlat=coords,
            coords_start=start,
            profile=chosen,
            max_snap_m=max_snap_m,
            min_component_m=min_component_m,
        )

    def __repr__(self) -> str:
        km = self.edge_length_m.sum() / 1000
        return (
            f"WalkNetwork({len(self.node_id):,} nodes, {len(self.edge_u):,} edges, {km:,.1f} km, "
            f"profile {self.profile.name} at {self.profile.speed_m_s} m/s)"
        )

    def in_metres(self) -> WalkNetwork:
        """The same streets walked at 1 m/s everywhere, so that times are metres."""
        return replace(self, profile=Profile("metres", 1.0))

    @cached_property
    def crs(self) -> CRS:
        """The local plane (metres) in which places are snapped and circles drawn."""
        low, high = self.node_lonlat.min(axis=0), self.node_lonlat.max(axis=0)
        lon, lat = (low + high) / 2
        return local_crs(float(lon), float(lat))

    @cached_property
    def edge_time_s(self) -> FloatArray:
        """(m, 2) seconds to walk each edge from u to v and from v to u, inf where that isn't allowed."""
        speed = np.full(len(self.edge_u), self.profile.speed_m_s)
        if self.profile.stairs_factor > 0:
            speed[self.edge_class == "steps"] *= self.profile.stairs_factor
        allowed = np.column_stack([self.edge_forward, self.edge_backward])
        return np.where(allowed, (self.edge_length_m / speed)[:, None], np.inf)

    @cached_property
    def arcs(self) -> Arcs:
        """The graph for searches away from a place."""
        return _arcs(self.edge_u, self.edge_v, self.edge_time_s[:, 0], self.edge_time_s[:, 1], len(self.node_id))

    @cached_property
    def arcs_backwards(self) -> Arcs:
        """The graph for searches back from where people go."""
        return _arcs(self.edge_u, self.edge_v, self.edge_time_s[:, 1], self.edge_time_s[:, 0], len(self.node_id))

    @cached_property
    def component(self) -> IntArray:
        """(m,) the connected piece that each edge belongs to (directions ignored)."""
        n = len(self.node_id)
        graph = sparse.coo_array((np.ones(len(self.edge_u), dtype=bool), (self.edge_u, self.edge_v)), shape=(n, n))
        _, piece = csgraph.connected_components(graph, directed=False)
        return np.asarray(piece[self.edge_u], dtype=np.int64)

    @cached_property
    def component_m(self) -> FloatArray:
        """(m,) metres of street in each edge's connected piece."""
        total: FloatArray = np.bincount(self.component, weights=self.edge_length_m).astype(np.float64)
        return total[self.component]

    @cached_property
    def lines(self) -> np.ndarray[Any, Any]:
        """(m,) shapely lines in the local plane."""
        x, y = to_plane(self.crs).transform(self.coords_lonlat[:, 0], self.coords_lonlat[:, 1])
        return _as_lines(np.column_stack([x, y]), self.coords_start)

    @cached_property
    def _snap_tree(self) -> tuple[IntArray, shapely.STRtree]:
        usable = (self.component_m >= self.min_component_m) & (self.edge_forward | self.edge_backward)
        edges = np.flatnonzero(usable)
        return edges, shapely.STRtree(self.lines[edges])

    def streets(self) -> gpd.GeoDataFrame:
        """The edges as a frame: `edge_id, way_id, street_class, name, length_m, geometry` in EPSG:4326."""
        return gpd.GeoDataFrame(
            {
                "edge_id": np.arange(len(self.edge_u)),
                "way_id": pd.array(self.edge_way, dtype="str"),
                "street_class": pd.array(self.edge_class, dtype="str"),
                "name": pd.array(self.edge_name, dtype="str"),
                "length_m": self.edge_length_m,
            },
            geometry=_as_lines(self.coords_lonlat, self.coords_start),
            crs="EPSG:4326",
        )

    def street_km(self, shapes: gpd.GeoSeries) -> FloatArray:
        """Kilometres of street inside each polygon, in the local plane."""
        polygons = self.plane(shapes)
        which, hit = shapely.STRtree(self.lines).query(polygons, predicate="intersects")
        inside_m = shapely.length(shapely.intersection(self.lines[hit], polygons[which]))
        return np.asarray(np.bincount(which, weights=inside_m, minlength=len(polygons)) / 1000.0, dtype=np.float64)

    def plane(self, geometry: gpd.GeoSeries) -> np.ndarray[Any, Any]:
        """Geometry in any CRS as shapely objects in the local plane."""
        if geometry.crs is None:
            raise DataError("geometry without a coordinate system; set it, for instance with .set_crs('EPSG:4326')")
        return np.asarray(geometry.to_crs(self.crs).array, dtype=object)

    def snap(self, geometry: gpd.GeoSeries) -> Snaps:
        """Hang places on the network.

        A point goes to the nearest point on a street that can be walked, ties to the first edge. A line or polygon is
        entered where streets cross its edge, else from the nearest street. Streets on islands with less than
        `min_component_m` of street don't count; a place farther than `max_snap_m` is off the network.
        """
        shapes = self.plane(geometry)
        edges, tree = self._snap_tree
        is_point = shapely.get_type_id(shapes) == 0
        place, entry, where = self._crossings(shapes, np.flatnonzero(~is_point))
        alone = np.setdiff1d(np.arange(len(shapes)), place)
        (which, hit), distance = tree.query_nearest(
            shapes[alone], max_distance=self.max_snap_m, return_distance=True, all_matches=True
        )
        near = pd.DataFrame({"place": alone[which], "edge": edges[hit], "leg": distance})
        near = near.sort_values(["place", "edge"], kind="stable").drop_duplicates("place")
        line = self.lines[near["edge"]]
        touch = shapely.get_point(shapely.shortest_line(shapes[near["place"]], line), 1)
        all_places = np.concatenate([place, near["place"].to_numpy()])
        all_edges = np.concatenate([entry, near["edge"].to_numpy()])
        all_fractions = np.concatenate([where, shapely.line_locate_point(line, touch, normalized=True)])
        all_legs = np.concatenate([np.zeros(len(place)), near["leg"].to_numpy()])
        order = np.lexsort((all_fractions, all_edges, all_places))
        counts = np.bincount(all_places, minlength=len(shapes))
        return Snaps(
            indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            edge=all_edges[order].astype(np.int64),
            fraction=np.clip(np.nan_to_num(all_fractions[order]), 0.0, 1.0),
            leg_m=np.round(all_legs[order], 6),
        )

    def _crossings(self, shapes: np.ndarray[Any, Any], rows: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
        """Where usable streets cross the edge of lines and polygons: place, edge and fraction of each crossing."""
        edges, tree = self._snap_tree
        polygonal = np.isin(shapely.get_type_id(shapes[rows]), (3, 6))
        rims = np.where(polygonal, shapely.boundary(shapes[rows]), shapes[rows])
        which, hit = tree.query(rims, predicate="intersects")
        line = self.lines[edges[hit]]
        return _points_shared(rims[which], line, rows[which], edges[hit])

    def data_edge(self, extent: shapely.Geometry, *, within_m: float = 20.0) -> Snaps:
        """Where streets leave the data: they cross the extent's edge, end within `within_m` of it, or were cut.

        Parameters
        ----------
        extent : polygon in EPSG:4326.

        Returns
        -------
        Snaps of a single place with one entry for each such point.
        """
        rim = self.plane(gpd.GeoSeries([shapely.boundary(extent)], crs="EPSG:4326").segmentize(0.001))
        tree = shapely.STRtree(self.lines)
        _, hit = tree.query(rim, predicate="intersects")
        _, edge, fraction = _points_shared(rim[np.zeros(len(hit), dtype=int)], self.lines[hit], np.zeros_like(hit), hit)
        x, y = to_plane(self.crs).transform(self.node_lonlat[:, 0], self.node_lonlat[:, 1])
        close = shapely.dwithin(shapely.points(x, y), rim[0], within_m)
        close[self.cut_vertex] = True
        at_u, at_v = np.flatnonzero(close[self.edge_u]), np.flatnonzero(close[self.edge_v])
        edge = np.concatenate([edge, at_u, at_v]).astype(np.int64)
        fraction = np.concatenate([fraction, np.zeros(len(at_u)), np.ones(len(at_v))])
        return Snaps(np.array([0, len(edge)], dtype=np.int64), edge, fraction, np.zeros(len(edge)))

    def to_networkx(self) -> nx.MultiDiGraph[int]:
        """A MultiDiGraph: nodes with `node_id, x, y`, edges with `length_m, time_s, edge_id, way_id, geometry`.

        Nodes are numbered as vertices here; geometry runs in the edge's direction, in EPSG:4326.
        """
        import networkx as nx  # noqa: PLC0415 - for people; slow to import and not needed otherwise

        graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs="EPSG:4326")
        for vertex, (name, (lon, lat)) in enumerate(zip(self.node_id, self.node_lonlat, strict=True)):
            graph.add_node(vertex, node_id=str(name), x=float(lon), y=float(lat))
        lines = _as_lines(self.coords_lonlat, self.coords_start)
        for direction, reverse in ((0, False), (1, True)):
            drawn = shapely.reverse(lines) if reverse else lines
            tails, heads = (self.edge_v, self.edge_u) if reverse else (self.edge_u, self.edge_v)
            for e in np.flatnonzero(np.isfinite(self.edge_time_s[:, direction])):
                graph.add_edge(
                    int(tails[e]),
                    int(heads[e]),
                    length_m=float(self.edge_length_m[e]),
                    time_s=float(self.edge_time_s[e, direction]),
                    edge_id=int(e),
                    way_id=str(self.edge_way[e]),
                    geometry=drawn[e],
                )
        return graph

    def to_lonlat(self, shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Shapes in the local plane to EPSG:4326."""
        back = from_plane(self.crs)
        moved = shapely.transform(shapes, lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1])))
        return np.asarray(moved, dtype=object)


def profile_named(profile: str | Profile) -> Profile:
    """A profile by name, or the profile itself."""
    if isinstance(profile, Profile):
        return profile
    if profile not in PROFILES:
        raise InputError(f"profile {profile!r} isn't known; use {', '.join(PROFILES)}")
    return PROFILES[profile]


class _Parts(NamedTuple):
    vertex_node: IntArray
    vertex_position: IntArray
    edge_u: IntArray
    edge_v: IntArray
    edge_way: IntArray
    positions: IntArray
    positions_start: IntArray


def _ways_on_foot(
    tags: pd.Series[Any], profile: Profile
) -> tuple[BoolArray, BoolArray, BoolArray, np.ndarray[Any, Any]]:
    """For each way: public, forward, backward, street class. Few distinct tag sets, so each is judged once."""
    verdicts: dict[tuple[str | None, ...], tuple[bool, bool, bool, str]] = {}
    rows = []
    for way in tags:
        key = tuple(way.get(tag) for tag in _FOOT_TAGS)
        if key not in verdicts:
            kind = street_class(way)
            public = foot_access(way) == "public" and (kind != "steps" or profile.stairs_factor > 0)
            verdicts[key] = (public, *foot_directions(way), kind)
        rows.append(verdicts[key])
    flags = np.array([row[:3] for row in rows], dtype=bool).reshape(-1, 3)
    return flags[:, 0], flags[:, 1], flags[:, 2], np.array([row[3] for row in rows], dtype=object)


def _split_at_junctions(node_ids: IntArray, offsets: IntArray, public: BoolArray, gates: IntArray) -> _Parts:
    """Cut the public ways at every node where streets meet, end or are gated; a gate's node is nobody's meeting point.

    `positions` are rows of the flat way-node arrays, edge after edge, first and last vertex included.
    """
    length = np.diff(offsets)
    keep_way = public & (length >= 2)
    way = np.repeat(np.arange(len(length)), length)
    flat = np.flatnonzero(keep_way[way])
    way, node = way[flat], node_ids[flat]
    unique, index, count = np.unique(node, return_inverse=True, return_counts=True)
    first = np.r_[True, way[1:] != way[:-1]] if len(way) else np.zeros(0, dtype=bool)
    last = np.r_[way[1:] != way[:-1], True] if len(way) else np.zeros(0, dtype=bool)
    gated = np.isin(unique, gates)
    cut = first | last | (count[index] > 1) | gated[index]
    stops = np.flatnonzero(cut)
    begin, end = stops[:-1], stops[1:]
    inside = way[begin] == way[end] if len(stops) else np.zeros(0, dtype=bool)
    begin, end = begin[inside], end[inside]
    # Each street end at a closed gate is a vertex of its own: the streets on both sides stay, the passage doesn't.
    ends = np.concatenate([begin, end])
    shut = gated[index[ends]]
    key = np.where(shut, len(unique) + np.arange(len(ends)), index[ends])
    _, position, vertex = np.unique(key, return_index=True, return_inverse=True)
    at = ends[position]
    size = end - begin + 1
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    steps = np.arange(start[-1]) - np.repeat(start[:-1], size) + np.repeat(begin, size)
    return _Parts(
        vertex_node=node[at],
        vertex_position=flat[at],
        edge_u=vertex[: len(begin)].astype(np.int64),
        edge_v=vertex[len(begin) :].astype(np.int64),
        edge_way=way[begin].astype(np.int64),
        positions=flat[steps].astype(np.int64),
        positions_start=start,
    )


def _lengths_m(lonlat: FloatArray, positions: IntArray, start: IntArray) -> FloatArray:
    """Geodesic length of each line, given as rows of positions."""
    at = lonlat[positions]
    steps = np.concatenate([geodesic_lengths_m(at[:, 0], at[:, 1]), [0.0]])
    steps[start[1:-1] - 1] = 0.0
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.maximum(total[start[1:] - 1] - total[start[:-1]], 0.0), dtype=np.float64)


def _arcs(edge_u: IntArray, edge_v: IntArray, from_u: FloatArray, from_v: FloatArray, n: int) -> Arcs:
    edges = np.arange(len(edge_u))
    along, against = np.isfinite(from_u), np.isfinite(from_v)
    tail = np.concatenate([edge_u[along], edge_v[against]])
    order = np.argsort(tail, kind="stable")
    return Arcs(
        indptr=np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n))]).astype(np.int64),
        head=np.concatenate([edge_v[along], edge_u[against]])[order],
        cost=np.concatenate([from_u[along], from_v[against]])[order],
        edge=np.concatenate([edges[along], edges[against]])[order],
        tail_is_u=np.concatenate([np.ones(along.sum(), dtype=bool), np.zeros(against.sum(), dtype=bool)])[order],
        edge_u=edge_u,
        edge_v=edge_v,
        from_u=np.ascontiguousarray(from_u),
        from_v=np.ascontiguousarray(from_v),
    )


def _as_lines(xy: FloatArray, start: IntArray) -> np.ndarray[Any, Any]:
    lines = shapely.linestrings(xy, indices=np.repeat(np.arange(len(start) - 1), np.diff(start)))
    return np.asarray(lines, dtype=object)


def _points_shared(
    rims: np.ndarray[Any, Any], lines: np.ndarray[Any, Any], place: IntArray, edge: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Points that rim i and line i share (the ends of shared stretches): place, edge, fraction along the line."""
    parts, pair = shapely.get_parts(shapely.intersection(rims, lines), return_index=True)
    linear = shapely.get_type_id(parts) == 1
    points = np.concatenate([parts[~linear], shapely.get_point(parts[linear], 0), shapely.get_point(parts[linear], -1)])
    pair = np.concatenate([pair[~linear], pair[linear], pair[linear]])
    fraction = shapely.line_locate_point(lines[pair], points, normalized=True)
    return place[pair], edge[pair], np.asarray(fraction, dtype=np.float64)


def _checked_network_tables(nodes: gpd.GeoDataFrame, edges: pd.DataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Nodes in EPSG:4326, and edges with vertex numbers, lines from u to v and every optional column filled."""
    if "node_id" not in nodes or not isinstance(nodes, gpd.GeoDataFrame) or nodes.crs is None:
        raise DataError("nodes: give a GeoDataFrame with node_id, points and a coordinate system")
    missing = [column for column in ("u", "v") if column not in edges]
    if missing:
        raise DataError(f"edges: column {', '.join(missing)} is missing; name the nodes at both ends")
    places = nodes.to_crs("EPSG:4326").assign(node_id=nodes["node_id"].astype("str")).reset_index(drop=True)
    again = places["node_id"].duplicated(keep=False)
    if again.any():
        raise DataError(f"nodes: node_id is repeated: {head(places['node_id'][again].unique())}; give each its own")
    _refuse_rows("nodes", shapely.get_type_id(places.geometry.to_numpy()) != 0, "geometry is no point", "give points")
    number = pd.Series(places.index, index=places["node_id"])
    table = pd.DataFrame({end: edges[end].astype("str").map(number).to_numpy() for end in ("u", "v")})
    _refuse_rows("edges", table.isna().any(axis=1), "u or v is not among the nodes", "add the nodes")
    table = table.astype(np.int64)
    at = shapely.get_coordinates(places.geometry.to_numpy())
    lines = np.asarray(shapely.linestrings(at[table.to_numpy()]), dtype=object)
    if isinstance(edges, gpd.GeoDataFrame):
        lines = _drawn_from_u_to_v(edges, lines, at[table["u"]])
    given = {column: edges[column].reset_index(drop=True) for column in edges.columns if column not in {"u", "v"}}
    rows = pd.Series(np.arange(len(table)))
    told = given.get("length_m", pd.Series(np.nan, index=rows))
    table["length_m"] = pd.to_numeric(told, errors="coerce").astype("float64")
    unclear = (table["length_m"].isna() & told.notna()) | (table["length_m"] < 0) | np.isinf(table["length_m"])
    _refuse_rows("edges", unclear, "length_m is negative or no number", "give metres, or leave it empty")
    oneway = given.get("oneway", pd.Series(False, index=rows))
    _refuse_rows(
        "edges", ~oneway.isin([True, False]), "oneway is neither true nor false", "give true (u to v) or false"
    )
    table["oneway"] = oneway.astype(bool)
    table["street_class"] = given.get("street_class", pd.Series("road", index=rows)).astype(object)
    unknown = ~table["street_class"].isin(["road", "path", "steps"])
    _refuse_rows("edges", unknown, "street_class is unknown", "use road, path or steps")
    table["name"] = given.get("name", pd.Series(None, index=rows, dtype=object)).astype(object)
    table["way_id"] = given.get("way_id", rows).astype(str)
    return places, gpd.GeoDataFrame(table, geometry=lines, crs="EPSG:4326")


def _drawn_from_u_to_v(
    edges: gpd.GeoDataFrame, straight: np.ndarray[Any, Any], start: FloatArray
) -> np.ndarray[Any, Any]:
    """Each edge's own line, turned where it was drawn from v to u; a straight one where none was drawn."""
    if edges.crs is None:
        raise DataError("edges: the coordinate system is missing; set it, for instance with .set_crs('EPSG:4326')")
    drawn = edges.geometry.to_crs("EPSG:4326").to_numpy()
    absent = shapely.is_missing(drawn) | shapely.is_empty(drawn)
    _refuse_rows(
        "edges", ~absent & (shapely.get_type_id(drawn) != 1), "geometry is no single line", "give one line each"
    )
    lines = np.where(absent, straight, drawn)
    ends = [shapely.get_coordinates(shapely.get_point(lines, end)) for end in (0, -1)]
    near_u, near_v = (np.hypot(*(end - start).T) for end in ends)
    return np.where(near_v < near_u, shapely.reverse(lines), lines)


def _refuse_rows(table: str, bad: Any, what: str, mend: str) -> None:
    if np.any(bad):
        raise DataError(f"{table}: {what} in rows {head(np.flatnonzero(bad))}; {mend}")
