"""A `WalkNetwork`: streets as arrays, with what a study asks of them.

A `WalkNetwork` holds street edges between vertices with their geometry, geodesic length and walking time in each
direction. Places are snapped to the nearest point *on* a street. The foot rules are in docs/walking.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from circle15.display import small_table
from circle15.errors import DataError, InputError, head
from circle15.network.arcs import Arcs, arcs_of, morton_order
from circle15.network.compounds import checked_compound_default, compounds_of, gated_ways, ground_of
from circle15.network.crossings import CROSSING_KINDS, crossings_on_edges
from circle15.network.foot import has_frontage
from circle15.network.gates import Enclosed, enclose, zones_of
from circle15.network.profiles import Profile, profile_named
from circle15.network.slopes import Slopes, edge_slopes, unknown_slopes, way_slopes
from circle15.network.snapping import (
    Surroundings,
    no_surroundings,
    points_shared,
    snap_people,
    snap_people_again,
    snap_sites,
    surroundings_of,
)
from circle15.network.snaps import Snaps
from circle15.network.squares import with_squares_crossed
from circle15.network.streets import StreetSteps, as_lines, lengths_m, split_at_junctions, street_steps, walkable_ways
from circle15.network.tables import checked_network_tables
from circle15.schema import checked_compounds, checked_gates
from circle15.units import WGS84, BoolArray, FloatArray, IntArray, from_plane, local_crs, to_plane

if TYPE_CHECKING:
    import networkx as nx
    from pyproj import CRS

    from circle15.sources.elevation import Elevation
    from circle15.sources.osm import OsmExtract

_CLASS_ZH = {"road": "道路", "path": "小路", "steps": "台阶"}


@dataclass(frozen=True, eq=False)
class WalkNetwork:
    """A walking network as arrays: n vertices, m edges, each edge a stretch of street from vertex u to vertex v.

    Attributes
    ----------
    node_id : (n,) ids of the vertices' nodes (strings). A node with a closed gate gives one vertex a street end.
    node_lonlat : (n, 2) degrees.
    edge_u, edge_v : (m,) vertices.
    edge_way : (m,) id of the way an edge belongs to (strings such as "w12").
    edge_class : (m,) "road", "path", "steps" or "gate".
    edge_name : (m,) the street's name, None where it has none.
    edge_length_m : (m,) geodesic metres.
    edge_frontage : (m,) whether places may hang on an edge: not on bridges, in tunnels, or on gates.
    edge_forward, edge_backward : (m,) whether the edge may be walked from u to v, and from v to u.
    edge_ground : (m,) whose ground a street is on, whatever compounds' default; of a gate that of its inner side: 0 for
        everybody's, c for private ways of compound c (of n), n + c for those that follow its default, below 0 for
        private ways of no compound (see `gates`).
    edge_shut, edge_opened, edge_on_grounds : (m,) closed gates of the map; gates opened to everybody; streets in a
        campus, a hospital's grounds or the like.
    edge_zone : (m,) 0 for streets and open gates. A closed gate is an edge of no length, of the class "gate", from its
        outer to its inner side, whose zone is above 0: only people of that zone pass it. Its `edge_way` is its id.
    edge_home : (m,) the zone that a street or gate lies in, 0 outside all: whoever lives on it is of that zone.
    edge_pace : (m, 2) what slopes do to the time from u to v and from v to u: 1 on the flat (see `slopes`).
    edge_steepest : (m,) steepest slope kept up for 30 m, rise over run, up or down; nan where it isn't known, inf where
        the map says `wheelchair=no`.
    edge_known : (m,) share of the edge whose heights are known; the rest counts as flat.
    edge_crossings : (m, 2) crossings without and with signals that the edge is charged with, in halves.
    coords_lonlat, coords_start : geometry of edge e is rows coords_start[e] to coords_start[e + 1] of (k, 2) degrees.
    profile : how people walk.
    zone_id : (z + 1,) names of zones: "" for 0, compounds by their id, private pieces by that of their first way.
    zone_fenced : (z + 1,) whether a mapped gate closes a zone; whoever stands before it isn't at the places behind.
    zone_for_visitors : (z + 1,) whether a zone is the grounds of the sites on it: who goes to one of them may enter.
    surroundings : what places are hung among, beside the streets.
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
    edge_frontage: BoolArray
    edge_forward: BoolArray
    edge_backward: BoolArray
    coords_lonlat: FloatArray
    coords_start: IntArray
    edge_ground: IntArray
    edge_shut: BoolArray
    edge_opened: BoolArray
    edge_on_grounds: BoolArray
    edge_zone: IntArray
    edge_home: IntArray
    edge_pace: FloatArray
    edge_steepest: FloatArray
    edge_known: FloatArray
    edge_crossings: FloatArray
    profile: Profile
    zone_id: np.ndarray[Any, Any]
    zone_fenced: BoolArray
    zone_for_visitors: BoolArray
    surroundings: Surroundings = field(default_factory=no_surroundings)
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
        elevation: Elevation | None = None,
        max_snap_m: float = 200.0,
        min_component_m: float = 500.0,
        compound_default: str = "open",
        compounds: gpd.GeoDataFrame | None = None,
        gates: gpd.GeoDataFrame | None = None,
    ) -> WalkNetwork:
        """The streets of an OSM extract, private ground parted from the public by gates.

        Ways meet only at shared nodes, so levels don't mix. Squares are crossed in straight lines between the ways that
        reach them.

        Parameters
        ----------
        elevation : heights of the ground; without it all streets count as flat, with it those beyond its heights.
        compound_default : "open" or "closed": whether strangers walk on ways without access tags inside compounds.
        compounds : `compound_id` and polygons that are compounds beside those that the map shows.
        gates : a planner's gates: `gate_id`, `access` ("open", "closed") and points; each stands on the nearest way.

        Raises
        ------
        DataError
            when the extract has no street that the public may walk on, `elevation` is that of another place, or a table
            of gates or compounds is unusable.
        InputError
            when `compound_default` is neither "open" nor "closed".
        """
        chosen, closed = profile_named(profile), checked_compound_default(compound_default)
        gates = None if gates is None else checked_gates(gates)
        compounds = None if compounds is None else checked_compounds(compounds)
        ways = with_squares_crossed(walkable_ways(osm, chosen), osm, chosen)
        if not (ways.access == "public").any():
            raise DataError(f"{osm.path}: no street that the public may walk on; give an extract with highway=* ways")
        west, south, east, north = osm.extent.bounds
        polygons = compounds_of(osm, local_crs((west + east) / 2, (south + north) / 2), compounds)
        gated = gated_ways(ways, osm, polygons, register=gates)
        ways, rule = gated.ways, pd.Series(gated.rule, dtype=object)
        shut = rule.index[rule == "closed"].to_numpy(dtype=np.int64)
        named = np.array(list(gated.names), dtype=np.int64)
        parts = split_at_junctions(ways, np.concatenate([gated.cuts, shut, named]))
        coords, start = ways.lonlat[parts.positions], parts.positions_start
        length_m = lengths_m(ways.lonlat, parts.positions, start)
        gate_nodes = rule.index.to_numpy(dtype=np.int64)
        ground = ground_of(parts, ways, length_m, polygons, gate_nodes)
        made = enclose(parts.edge_u, parts.edge_v, ground, np.isin(parts.vertex_node, shut))
        node = parts.vertex_node[made.vertex_from]
        way_of = parts.edge_way
        tags_of = {
            one: tags
            for frame in (osm.ways, osm.squares)
            for one, tags in zip(frame["osm_id"], frame["tags"], strict=True)
        }
        slopes = way_slopes(
            coords, start, length_m, elevation, tags=[tags_of[one] for one in ways.osm_id], edge_way=way_of
        )
        point_tags = dict(zip(osm.points["node_id"], osm.points["tags"], strict=True))
        return cls._with_gates(
            made,
            node_id=np.array([gated.names.get(one) or f"n{one}" for one in node.tolist()], dtype=np.str_),
            node_lonlat=ways.lonlat[parts.vertex_position[made.vertex_from]],
            edge_way=ways.osm_id[way_of],
            edge_class=ways.street_class[way_of],
            edge_name=ways.name[way_of],
            edge_length_m=length_m,
            edge_frontage=np.array([has_frontage(tags_of[one]) for one in ways.osm_id], dtype=bool)[way_of],
            edge_forward=ways.forward[way_of],
            edge_backward=ways.backward[way_of],
            slopes=slopes,
            edge_crossings=crossings_on_edges(parts, ways.street_class[way_of], ways.node_ids, point_tags),
            coords_lonlat=coords,
            coords_start=start,
            # A gate that is open to all lets strangers in, whatever the compound's default.
            open_vertex=np.isin(node, rule.index[rule == "open"].to_numpy(dtype=np.int64)),
            on_grounds=_on_grounds(osm, coords, start, made.ground[: len(length_m)]),
            profile=chosen,
            surroundings=surroundings_of(osm, polygons, closed=closed, on_streets=ways.node_ids, register=gates),
            cut_vertex=np.flatnonzero(np.isin(node, osm.cut_node_ids)),
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
        elevation: Elevation | None = None,
        max_snap_m: float = 200.0,
        min_component_m: float = 500.0,
        barriers: gpd.GeoSeries | None = None,
    ) -> WalkNetwork:
        """Any network a planner has.

        Parameters
        ----------
        nodes : `node_id` and points, in any CRS. Optional: `closed_gate` (True: a gate that strangers can't pass).
        edges : `u` and `v` (node ids). Optional: geometry (lines from u to v, in any CRS; straight otherwise),
            `length_m` (geodesic otherwise), `oneway` (True: from u to v only), `street_class` ("road", "path",
            "steps"), `name`, `way_id`, `private_to` (the compound whose people alone may walk there). Each row is one
            street, walkable both ways unless `oneway`.
        elevation : heights of the ground on which all streets but steps lie; without it they count as flat.
        barriers : lines that nobody crosses on the way to a street, in any CRS.

        Raises
        ------
        DataError
            naming repeated nodes, edges whose ends are not among the nodes, negative lengths, missing columns; when
            `elevation` is that of another place.
        """
        chosen = profile_named(profile)
        places, table = checked_network_tables(nodes, edges)
        if chosen.stairs_factor == 0:
            table = table[table["street_class"] != "steps"].reset_index(drop=True)
        lines = table.geometry.to_numpy()
        coords = shapely.get_coordinates(lines)
        start = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(lines))]).astype(np.int64)
        given = table["length_m"].to_numpy(dtype=np.float64)
        length_m = np.where(np.isnan(given), lengths_m(coords, np.arange(len(coords)), start), given)
        zones = sorted(set(table["private_to"].dropna()))
        ground = table["private_to"].map({zone: i for i, zone in enumerate(zones, start=1)}).fillna(0)
        shut = places["closed_gate"].to_numpy(dtype=bool)
        u, v = (table[end].to_numpy(dtype=np.int64) for end in ("u", "v"))
        made = enclose(u, v, ground.to_numpy(dtype=np.int64), shut)
        compounds = gpd.GeoDataFrame(
            {"compound_id": zones, "name": None}, geometry=[shapely.Polygon()] * len(zones), crs="EPSG:4326"
        )
        surroundings = no_surroundings()._replace(compounds=compounds)
        slopes = unknown_slopes(len(table))
        if elevation is not None:
            steps = (table["street_class"] == "steps").to_numpy()
            slopes = edge_slopes(coords, start, length_m, elevation, aloft=steps)
        return cls._with_gates(
            made,
            node_id=places["node_id"].to_numpy(dtype=np.str_)[made.vertex_from],
            node_lonlat=shapely.get_coordinates(places.geometry.to_numpy())[made.vertex_from],
            edge_way=table["way_id"].to_numpy(dtype=object),
            edge_class=table["street_class"].to_numpy(dtype=object),
            edge_name=table["name"].to_numpy(dtype=object),
            edge_length_m=length_m,
            edge_frontage=np.ones(len(table), dtype=bool),
            edge_forward=np.ones(len(table), dtype=bool),
            edge_backward=~table["oneway"].to_numpy(dtype=bool),
            slopes=slopes,
            edge_crossings=np.zeros((len(table), len(CROSSING_KINDS))),
            coords_lonlat=coords,
            coords_start=start,
            open_vertex=np.zeros(len(made.vertex_from), dtype=bool),
            on_grounds=np.zeros(len(length_m), dtype=bool),
            profile=chosen,
            surroundings=surroundings if barriers is None else surroundings._replace(barriers=barriers),
            max_snap_m=max_snap_m,
            min_component_m=min_component_m,
        )

    @classmethod
    def _with_gates(
        cls,
        made: Enclosed,
        *,
        node_lonlat: FloatArray,
        node_id: np.ndarray[Any, Any],
        edge_way: np.ndarray[Any, Any],
        edge_class: np.ndarray[Any, Any],
        edge_name: np.ndarray[Any, Any],
        edge_length_m: FloatArray,
        edge_frontage: BoolArray,
        edge_forward: BoolArray,
        edge_backward: BoolArray,
        slopes: Slopes,
        edge_crossings: FloatArray,
        coords_lonlat: FloatArray,
        coords_start: IntArray,
        open_vertex: BoolArray,
        on_grounds: BoolArray,
        surroundings: Surroundings,
        **others: Any,
    ) -> WalkNetwork:
        """A network of streets, told as arrays of theirs, and of the gates that part private ground from them."""
        outer = made.edge_u[made.is_gate]
        n, m = len(outer), len(made.edge_u)
        unread = cls(
            node_id=node_id,
            node_lonlat=node_lonlat,
            edge_u=made.edge_u,
            edge_v=made.edge_v,
            edge_way=np.concatenate([edge_way, node_id[outer].astype(object)]),
            edge_class=np.concatenate([edge_class, np.full(n, "gate", dtype=object)]),
            edge_name=np.concatenate([edge_name, np.full(n, None, dtype=object)]),
            edge_length_m=np.concatenate([edge_length_m, np.zeros(n)]),
            edge_frontage=np.concatenate([edge_frontage, np.zeros(n, dtype=bool)]),
            edge_forward=np.concatenate([edge_forward, np.ones(n, dtype=bool)]),
            edge_backward=np.concatenate([edge_backward, np.ones(n, dtype=bool)]),
            edge_ground=made.ground,
            edge_shut=made.shut,
            edge_opened=made.is_gate & open_vertex[made.edge_u],
            edge_on_grounds=np.concatenate([on_grounds, np.zeros(n, dtype=bool)]),
            edge_zone=np.zeros(m, dtype=np.int64),
            edge_home=np.zeros(m, dtype=np.int64),
            edge_pace=np.concatenate([slopes.pace, np.ones((n, 2))]),
            edge_steepest=np.concatenate([slopes.steepest, np.zeros(n)]),
            edge_known=np.concatenate([slopes.known, np.ones(n)]),
            edge_crossings=np.concatenate([edge_crossings, np.zeros((n, len(CROSSING_KINDS)))]),
            coords_lonlat=np.concatenate([coords_lonlat, np.repeat(node_lonlat[outer], 2, axis=0)]),
            coords_start=np.concatenate([coords_start, coords_start[-1] + 2 * np.arange(1, n + 1)]),
            zone_id=np.array([""], dtype=object),
            zone_fenced=np.zeros(1, dtype=bool),
            zone_for_visitors=np.zeros(1, dtype=bool),
            surroundings=surroundings,
            **others,
        )
        return unread.with_compounds("closed" if surroundings.closed else "open")

    def with_compounds(self, compound_default: str) -> WalkNetwork:
        """The same streets with ways without access tags inside compounds "open" to all, or "closed" to strangers.

        Edges keep their numbers, but places may hang elsewhere: snap them anew.
        """
        closed = checked_compound_default(compound_default)
        made = Enclosed(
            self.edge_u, self.edge_v, self.edge_ground, self.edge_class == "gate", self.edge_shut,
            np.arange(len(self.node_id)),
        )  # fmt: skip
        compounds = self.surroundings.compounds
        zones = zones_of(made, self.edge_length_m, n_compounds=len(compounds), closed=closed)
        # Most of a piece's streets in a campus or a hospital's grounds make it theirs.
        zone_m, grounds_m = (
            np.bincount(zones.edge_home, weights=self.edge_length_m * flag, minlength=len(zones.fenced))
            for flag in (1.0, self.edge_on_grounds)
        )
        for_visitors = grounds_m > zone_m / 2
        for_visitors[: 1 + len(compounds)] = False
        for_visitors[1 + len(compounds) :] |= zones.piece_for_customers
        return self._same_streets(
            edge_zone=np.where(self.edge_opened, 0, zones.gate_zone),
            edge_home=zones.edge_home,
            zone_id=_zone_ids(compounds["compound_id"], self.edge_way[zones.piece_edge]),
            zone_fenced=zones.fenced,
            zone_for_visitors=for_visitors,
            surroundings=self.surroundings._replace(closed=closed),
        )

    def _same_streets(self, **changes: Any) -> WalkNetwork:
        """The network with other people or other gates, and what was already made of its geometry."""
        other = replace(self, **changes)
        made = ("crs", "lines", "barrier_tree", "compound_tree", "search_order")
        vars(other).update({name: vars(self)[name] for name in made if name in vars(self)})
        return other

    def __repr__(self) -> str:
        km = self.edge_length_m.sum() / 1000
        return (
            f"WalkNetwork({len(self.node_id):,} nodes, {len(self.edge_u):,} edges, {km:,.1f} km, "
            f"profile {self.profile.name} at {self.profile.speed_m_s} m/s)"
        )

    def _repr_html_(self) -> str:
        km = pd.Series(self.edge_length_m / 1000).groupby(self.edge_class).sum()
        rows: list[tuple[str, object]] = [
            ("节点 nodes", len(self.node_id)),
            ("路段 edges", len(self.edge_u)),
            ("长度 length", f"{km.sum():,.1f} km"),
            *(
                (f"{_CLASS_ZH.get(str(name), name)} {name}", f"{length:,.1f} km")
                for name, length in km.items()
                if round(length, 1)
            ),
            ("关闭的出入口 closed gates", len(self.gates())),
            ("小区 compounds", len(self.surroundings.compounds)),
            ("步行方式 profile", f"{self.profile.name}, {self.profile.speed_m_s:g} m/s"),
        ]
        return small_table("步行网络 · WalkNetwork", rows)

    def gates(self) -> gpd.GeoDataFrame:
        """Closed gates: `gate_id, zone, geometry`, by id. A gate's zone is the compound or private piece behind it.

        What has no gate on the map but parts private ground all the same (where a private way leaves the street, or a
        closed compound's edge crosses a way) is a gate here, with the id of its node or of way and compound.
        """
        shut = np.flatnonzero(self.edge_zone > 0)
        at = self.node_lonlat[self.edge_u[shut]]
        frame = gpd.GeoDataFrame(
            {
                "gate_id": pd.array(self.edge_way[shut], dtype="str"),
                "zone": pd.array(self.zone_id[self.edge_zone[shut]], dtype="str"),
            },
            geometry=gpd.points_from_xy(at[:, 0], at[:, 1]),
            crs="EPSG:4326",
        )
        return frame.sort_values(["gate_id", "zone"], kind="stable").drop_duplicates(
            ["gate_id", "zone"], ignore_index=True
        )

    def compound_ids(self, zone: IntArray) -> pd.Series[str]:
        """The compound of each zone number, missing where the zone is none or a private piece."""
        names = self.zone_id.copy()
        names[0] = None
        names[1 + len(self.surroundings.compounds) :] = None
        return pd.Series(names[zone], dtype="str")

    def with_open_gates(self, gate_ids: Iterable[str] | Literal["all"]) -> WalkNetwork:
        """The same network with some gates, or all, open to everybody; snaps of this network fit that one too.

        Raises
        ------
        InputError
            naming ids that no closed gate has.
        """
        shut = self.edge_zone > 0
        if isinstance(gate_ids, str):
            if gate_ids != "all":
                raise InputError(f"open_gates is {gate_ids!r}; give a list of gate ids, or all")
            return self._opened(np.flatnonzero(shut))
        wanted = sorted(set(gate_ids))
        unknown = sorted(set(wanted) - set(self.edge_way[shut]))
        if unknown:
            raise InputError(f"open_gates: no closed gate is called {head(unknown)}; see the gates of the network")
        return self._opened(np.flatnonzero(shut & np.isin(self.edge_way, wanted)))

    def _opened(self, edges: IntArray) -> WalkNetwork:
        opened = self.edge_opened.copy()
        opened[edges] = True
        return self._same_streets(edge_opened=opened, edge_zone=np.where(opened, 0, self.edge_zone))

    def in_metres(self) -> WalkNetwork:
        """The same streets walked at 1 m/s everywhere, so that times are metres."""
        return self._same_streets(profile=self.profile.in_metres())

    @cached_property
    def crs(self) -> CRS:
        """The local plane (metres) in which places are snapped and circles drawn."""
        return local_crs(*self.plane_lonlat)

    @cached_property
    def plane_lonlat(self) -> tuple[float, float]:
        """The degrees at the middle of the local plane."""
        lon, lat = (self.node_lonlat.min(axis=0) + self.node_lonlat.max(axis=0)) / 2
        return round(float(lon), 6), round(float(lat), 6)

    @cached_property
    def edge_open(self) -> BoolArray:
        """(m, 2) whether the profile's people walk each edge from u to v and from v to u."""
        shunned = (self.edge_class == "steps") & (self.profile.stairs_factor == 0)
        if self.profile.max_slope is not None:
            shunned |= self.edge_steepest > self.profile.max_slope  # not where it is unknown
        return np.column_stack([self.edge_forward & ~shunned, self.edge_backward & ~shunned])

    @cached_property
    def edge_time_s(self) -> FloatArray:
        """(m, 2) seconds to walk each edge from u to v and from v to u, inf where that isn't allowed."""
        profile = self.profile
        factor = np.where((self.edge_class == "steps") & (profile.stairs_factor > 0), profile.stairs_factor, 1.0)
        flat_s = (self.edge_length_m / (profile.speed_m_s * factor))[:, None]
        wait_s = self.edge_crossings @ [profile.crossing_delay_s, profile.crossing_delay_signals_s]
        walk_s = flat_s * self.edge_pace if profile.slope else flat_s
        return np.where(self.edge_open, walk_s + wait_s[:, None], np.inf)

    @cached_property
    def edge_apart(self) -> BoolArray:
        """(m,) private streets that others may hang on: a drive to a compound is its own, but houses stand along it."""
        return np.asarray((self.edge_home > len(self.surroundings.compounds)) | (self.edge_ground < 0), dtype=bool)

    @cached_property
    def arcs(self) -> Arcs:
        """The graph for searches away from a place."""
        return self._arcs(backwards=False)

    @cached_property
    def arcs_backwards(self) -> Arcs:
        """The graph for searches back from where people go."""
        return self._arcs(backwards=True)

    def _arcs(self, *, backwards: bool) -> Arcs:
        order = self.search_order
        return arcs_of(
            self.edge_u, self.edge_v, self.edge_time_s, edge_zone=self.edge_zone, order=order, backwards=backwards
        )

    @cached_property
    def search_order(self) -> IntArray:
        """(n,) the vertices in the order in which searches number them."""
        return morton_order(self.node_lonlat)

    @cached_property
    def component(self) -> IntArray:
        """(m,) the connected piece that each edge belongs to (directions ignored)."""
        n = len(self.node_id)
        walked = self.edge_open.any(axis=1)
        ends = self.edge_u[walked], self.edge_v[walked]
        graph = sparse.coo_array((np.ones(walked.sum(), dtype=bool), ends), shape=(n, n))
        _, piece = csgraph.connected_components(graph, directed=False)
        return np.asarray(piece[self.edge_u], dtype=np.int64)

    @cached_property
    def component_m(self) -> FloatArray:
        """(m,) metres of street that is walked in each edge's connected piece."""
        walked_m = self.edge_length_m * self.edge_open.any(axis=1)
        total: FloatArray = np.bincount(self.component, weights=walked_m).astype(np.float64)
        return total[self.component]

    @cached_property
    def lines(self) -> np.ndarray[Any, Any]:
        """(m,) shapely lines in the local plane."""
        x, y = to_plane(self.crs).transform(self.coords_lonlat[:, 0], self.coords_lonlat[:, 1])
        return as_lines(np.column_stack([x, y]), self.coords_start)

    @cached_property
    def steps(self) -> StreetSteps:
        """The streets step by step, in the local plane."""
        return street_steps(shapely.get_coordinates(self.lines), self.coords_start)

    @cached_property
    def snap_tree(self) -> tuple[IntArray, shapely.STRtree]:
        """The streets that places may hang on, and those that the profile's people shun; their lines as a tree."""
        open_ = self.edge_open.any(axis=1)
        edges = np.flatnonzero(self.edge_frontage & (~open_ | (self.component_m >= self.min_component_m)))
        return edges, shapely.STRtree(self.lines[edges])

    @cached_property
    def barrier_tree(self) -> shapely.STRtree:
        """The barriers, in the local plane."""
        return shapely.STRtree(self.plane(self.surroundings.barriers))

    @cached_property
    def compound_tree(self) -> shapely.STRtree:
        """The edges of compounds, in the local plane."""
        return shapely.STRtree(shapely.boundary(self.plane(self.surroundings.compounds.geometry)))

    def streets(self) -> gpd.GeoDataFrame:
        """The streets as a frame: `edge_id, way_id, street_class, name, length_m, zone, geometry` in EPSG:4326.

        `zone` is the compound or private piece that a street lies in, missing for public ones; gates are left out.
        """
        e = np.flatnonzero(self.edge_class != "gate")
        zones = np.array([None, *self.zone_id[1:]], dtype=object)[self.edge_home[e]]
        return gpd.GeoDataFrame(
            {
                "edge_id": e,
                "way_id": pd.array(self.edge_way[e], dtype="str"),
                "street_class": pd.array(self.edge_class[e], dtype="str"),
                "name": pd.array(self.edge_name[e], dtype="str"),
                "length_m": self.edge_length_m[e],
                "zone": pd.array(zones, dtype="str"),
            },
            geometry=as_lines(self.coords_lonlat, self.coords_start)[e],
            crs="EPSG:4326",
        )

    def street_km(self, shapes: gpd.GeoSeries, *, only: BoolArray | None = None) -> FloatArray:
        """Kilometres of public street inside each polygon, in the local plane; `only` (m,) says of which edges."""
        counted = self.edge_home == 0 if only is None else only & (self.edge_home == 0)
        polygons, public = self.plane(shapes), self.lines[counted]
        tree = shapely.STRtree(public)
        whole, cut = (np.unique(tree.query(polygons, predicate=how), axis=1) for how in ("covers", "crosses"))
        inside_m = [
            shapely.length(public[whole[1]]),
            shapely.length(shapely.intersection(public[cut[1]], polygons[cut[0]])),
        ]
        metres = np.bincount(np.append(whole[0], cut[0]), weights=np.concatenate(inside_m), minlength=len(polygons))
        return np.asarray(metres / 1000.0, dtype=np.float64)

    def plane(self, geometry: gpd.GeoSeries) -> np.ndarray[Any, Any]:
        """Geometry in any CRS as shapely objects in the local plane."""
        if geometry.crs is None:
            raise DataError("geometry without a coordinate system; set it, for instance with .set_crs('EPSG:4326')")
        if geometry.crs != WGS84:
            geometry = geometry.to_crs(WGS84)
        forward = to_plane(self.crs).transform
        moved = shapely.transform(np.asarray(geometry.array), lambda xy: np.column_stack(forward(xy[:, 0], xy[:, 1])))
        return np.asarray(moved, dtype=object)

    def snap(self, geometry: gpd.GeoSeries, compound_id: pd.Series[str] | None = None) -> Snaps:
        """Hang residences on the network, each by a point in it.

        A residence goes to the nearest point on a street that it may use (public ones, private pieces, and those of
        its own compound), ties to the first edge, never across a wall, fence, river, railway or motorway, nor across
        the edge of a closed compound: where the nearest is barred, to the next. Streets on islands with less than
        `min_component_m` of street don't count; a place farther than `max_snap_m` is off the network.

        Parameters
        ----------
        compound_id : each residence's compound, where it says; else the smallest one around it.
        """
        return snap_people(self, geometry, compound_id)

    def snap_again(self, before: Snaps, geometry: gpd.GeoSeries, compound_id: pd.Series[str] | None = None) -> Snaps:
        """The same as `snap`, sooner, for residences hung on this network before compounds were read the other way."""
        return snap_people_again(self, before, geometry, compound_id)

    def snap_sites(self, geometry: gpd.GeoSeries) -> Snaps:
        """Hang sites on the network: polygons and lines by the ways into them.

        A polygon or line is entered at mapped entrances and gates on its edge (within a metre; a register's open
        gates within 5 m), else wherever streets cross or touch it, else, like a point, from the nearest street. A site
        whose nearest street is private hangs on the nearest public one too; on grounds that visitors may enter it has
        entries at the gates of these grounds, with the walk over the grounds as leg. Barriers, islands and
        `max_snap_m` are as for residences.
        """
        return snap_sites(self, geometry)

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
        _, edge, fraction = points_shared(rim[np.zeros(len(hit), dtype=int)], self.lines[hit], np.zeros_like(hit), hit)
        x, y = to_plane(self.crs).transform(self.node_lonlat[:, 0], self.node_lonlat[:, 1])
        shapely.prepare(rim)
        close = shapely.dwithin(rim[0], shapely.points(x, y), within_m)
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


def _zone_ids(compounds: Iterable[str], piece_ways: Iterable[str]) -> np.ndarray[Any, Any]:
    """Names of zones; the second piece on a way has ".2" behind it."""
    names, met = ["", *compounds], Counter[str]()
    for way in piece_ways:
        met[way] += 1
        names.append(way if met[way] == 1 else f"{way}.{met[way]}")
    return np.array(names, dtype=object)


def _on_grounds(osm: OsmExtract, coords: FloatArray, start: IntArray, ground: IntArray) -> BoolArray:
    """(m,) whether a private street lies in a campus, a hospital's grounds or the like, by its middle."""
    rows = np.flatnonzero(ground != 0)
    middles = shapely.line_interpolate_point(as_lines(coords, start, rows), 0.5, normalized=True)
    hit, _ = shapely.STRtree(np.asarray(osm.grounds.geometry.array)).query(middles, predicate="within")
    inside = np.zeros(len(ground), dtype=bool)
    inside[rows[hit]] = True
    return inside
