"""A `WalkNetwork`: streets as arrays, with what a study asks of them.

A `WalkNetwork` holds street edges between vertices with their geometry, geodesic length and walking time in each
direction. Places are snapped to the nearest point *on* a street. The foot rules are in docs/walking.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from circle15.errors import DataError, InputError
from circle15.network.arcs import Arcs, arcs_of
from circle15.network.foot import stops_strangers
from circle15.network.profiles import Profile, profile_named
from circle15.network.snaps import Snaps
from circle15.network.streets import as_lines, lengths_m, split_at_junctions, ways_on_foot
from circle15.network.tables import checked_network_tables
from circle15.units import BoolArray, FloatArray, IntArray, from_plane, local_crs, to_plane

if TYPE_CHECKING:
    import networkx as nx
    from pyproj import CRS

    from circle15.sources.osm import OsmExtract


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
    edge_zone : (m,) 0 for streets that everybody walks. A closed gate is an edge of no length whose zone is above 0:
        only people of that zone pass it.
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
    edge_zone: IntArray
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
        public, forward, backward, classes = ways_on_foot(osm.ways["tags"], chosen)
        closed = np.array([stops_strangers(tags) for tags in osm.points["tags"]], dtype=bool)
        gates = osm.points["node_id"].to_numpy(dtype=np.int64)[closed]
        parts = split_at_junctions(osm.way_node_ids, osm.way_offsets, public, np.unique(gates))
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
            edge_length_m=lengths_m(osm.way_lonlat, parts.positions, parts.positions_start),
            edge_forward=forward[way_of],
            edge_backward=backward[way_of],
            coords_lonlat=osm.way_lonlat[parts.positions],
            coords_start=parts.positions_start,
            edge_zone=np.zeros(len(way_of), dtype=np.int64),
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
        places, table = checked_network_tables(nodes, edges)
        lines = table.geometry.to_numpy()
        if chosen.stairs_factor == 0:
            walkable = (table["street_class"] != "steps").to_numpy()
            table, lines = table[walkable].reset_index(drop=True), lines[walkable]
        coords = shapely.get_coordinates(lines)
        start = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(lines))]).astype(np.int64)
        drawn = lengths_m(coords, np.arange(len(coords)), start)
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
            edge_zone=np.zeros(len(table), dtype=np.int64),
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
        return arcs_of(self.edge_u, self.edge_v, self.edge_time_s[:, 0], self.edge_time_s[:, 1], len(self.node_id))

    @cached_property
    def arcs_backwards(self) -> Arcs:
        """The graph for searches back from where people go."""
        return arcs_of(self.edge_u, self.edge_v, self.edge_time_s[:, 1], self.edge_time_s[:, 0], len(self.node_id))

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
        return as_lines(np.column_stack([x, y]), self.coords_start)

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
            geometry=as_lines(self.coords_lonlat, self.coords_start),
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
            own=np.zeros(len(shapes), dtype=np.int64),
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
        start = np.array([0, len(edge)], dtype=np.int64)
        return Snaps(start, edge, fraction, np.zeros(len(edge)), own=np.zeros(1, dtype=np.int64))

    def to_networkx(self) -> nx.MultiDiGraph[int]:
        """A MultiDiGraph: nodes with `node_id, x, y`, edges with `length_m, time_s, edge_id, way_id, geometry`.

        Nodes are numbered as vertices here; geometry runs in the edge's direction, in EPSG:4326.
        """
        import networkx as nx  # noqa: PLC0415 - for people; slow to import and not needed otherwise

        graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs="EPSG:4326")
        for vertex, (name, (lon, lat)) in enumerate(zip(self.node_id, self.node_lonlat, strict=True)):
            graph.add_node(vertex, node_id=str(name), x=float(lon), y=float(lat))
        lines = as_lines(self.coords_lonlat, self.coords_start)
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
