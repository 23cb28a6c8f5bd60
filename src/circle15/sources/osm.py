"""OpenStreetMap files in: streets, barriers, buildings, compounds, areas and every feature of the checklist.

Osmium's C++ picks the objects and their places and writes them as text (its format OPL). Here tags are read line by
line, coordinates and geometry in bulk; only relations' areas come back from osmium as objects.
"""

from __future__ import annotations

import bz2
import gc
import gzip
import re
import shutil
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pyarrow as pa
import shapely
from osmium.filter import IdFilter, KeyFilter, TagFilter
from osmium.osm import AREA, NODE, NOTHING, RELATION, WAY, Area
from osmium.replication import newest_change_from_file
from pyarrow import csv
from shapely import Polygon

from circle15.checklist import match, osm_keys
from circle15.errors import DataError, InputError
from circle15.sources.backdrop import Geometries, backdrop_of, mended
from circle15.units import BoolArray, FloatArray, IntArray, local_crs, to_plane
from circle15.words import Words, named

__all__ = ["OsmExtract", "no_garbage_collection", "osm_sites", "read_osm"]

Box = tuple[float, float, float, float]
Tags = dict[str, str]
Rim = tuple[IntArray, FloatArray]
"""The nodes of an area's rings, ring after ring, and their places: shapes (n,), (n, 2)."""

WATERWAYS = frozenset({"river", "canal", "stream"})
RAILWAYS = frozenset({"rail", "light_rail", "tram", "narrow_gauge", "subway", "monorail", "funicular", "preserved"})
WALLS = frozenset({"wall", "fence", "city_wall", "hedge"})
"""Barriers that close a compound: nobody walks through them between the gates."""

GROUNDS = frozenset({"clinic", "college", "hospital", "kindergarten", "school", "university"})
"""Values of amenity whose polygon is the grounds of what stands in it."""

GREEN_NATURAL = frozenset({"wood", "scrub", "heath", "grassland"})
GREEN_LANDUSE = frozenset({"grass", "forest", "meadow", "cemetery"})
GREEN_LEISURE = frozenset({"park", "garden", "golf_course"})
AREA_ONLY_KEYS = frozenset(
    {"amenity", "building", "craft", "healthcare", "landuse", "leisure", "office", "shop", "tourism"}
)
LINE_KEYS = frozenset({"barrier", "highway", "railway", "waterway"})
"""A closed way with one of these and none of AREA_ONLY_KEYS is a ring (a circular path), not an area."""

AREA_ROLES = frozenset({"building", "compound", "admin", "water", "green", "feature", "square", "grounds"})

POINT_KEYS = ("barrier", "entrance")
CROSSING_NODES = frozenset({"crossing", "traffic_signals"})
"""Values of `highway` on nodes where people wait to cross a road."""
STREET_KEYS = ("highway", "public_transport", "railway")
AREA_KEYS = ("boundary", "building", "landuse", "leisure", "natural", "waterway", *STREET_KEYS)
WAY_KEYS = (*AREA_KEYS, "barrier")

OPL = "opl,add_metadata=none,locations_on_ways=true"
"""A line an object: `n2 Tshop=bakery,name=b x-21.9 y64.1`, `w5 Thighway=path Nn1x1.5y2.5,n9xy` (n9 isn't there)."""
BATCH_CHARACTERS = 1 << 22
ROOM = {"xml": 2, "xml.gz": 10, "xml.bz2": 10, "pbf": 8}
"""So many times a file's size its list in OPL may take; measured: 1 for XML, up to 6 for PBF."""
PLACE_COLUMNS = {"id": pa.int64(), "lon": pa.float64(), "lat": pa.float64()}
_AS_ROWS = bytes.maketrans(b"xy,", b",,\n")
_ESCAPED = re.compile("%([0-9a-f]+)%")

ALONG_M = 2.0
"""A wall this near to a compound's edge follows it."""
NEARBY_DEG = 1e-4
"""Where to look for such walls: at least ALONG_M up to 79 degrees of latitude."""


@dataclass(frozen=True, kw_only=True)
class OsmExtract:
    """What an OpenStreetMap file says about walking, living and services. Geometry is EPSG:4326.

    Attributes
    ----------
    path : the file.
    data_date : ISO date of the data ("2019-05-09"), None where the file carries none.
    extent, extent_source : where the data is whole, and who said so: "config", "file" or "nodes".
    warnings : one sentence each, in both languages: what was left out, and how much of it.
    ways : osm_id ("w.."), tags; each way with `highway=*` and each platform, in order of id. A way that lacks nodes
        is one row a run of consecutive nodes that are there, so an osm_id can appear more than once.
    way_offsets, way_node_ids, way_lonlat : nodes of row i of `ways` are `[way_offsets[i]:way_offsets[i + 1]]`;
        shapes (rows + 1,), (total,), (total, 2).
    cut_node_ids : nodes of `ways` at which a street is cut because its next node is missing from the file (a clipped
        file): the street goes on, the data doesn't. Ascending, each once.
    squares : osm_id, tags: polygons that are walked all over: closed ways of `ways` with `area=yes`, and multipolygon
        relations with `highway=*` or a platform's tags (which are not in `ways`).
    square_node_ids : the node at each coordinate of `squares.geometry`, in the order of `shapely.get_coordinates`; 0
        at the corners made where an outline that crosses itself was mended.
    points : osm_id, node_id, tags: nodes with `barrier=*` or `entrance=*`, crossings and traffic signals.
    barriers : osm_id, tags: lines that stop a walker: walls, fences, rivers, railways (in runs, as `ways`).
    buildings : osm_id, tags: polygons.
    compounds : osm_id, name, tags, walled: polygons of `landuse=residential`.
    grounds : osm_id, tags: polygons of schools, universities and hospitals, whose private ways their visitors walk.
    admin_areas : osm_id, name, admin_level, tags: polygons of `boundary=administrative`.
    features : osm_id, tags: every object that `checklist.match` matches (extension kinds too), once: point, line or
        polygon.
    backdrop : kind ("water", "green"): polygons for maps, clipped to the extent and simplified by 2 m; the sea is
        among them where the coastline closes within the extent's box.
    """

    path: Path
    data_date: str | None
    extent: Polygon
    extent_source: str
    warnings: tuple[Words, ...]
    ways: pd.DataFrame
    way_offsets: IntArray
    way_node_ids: IntArray
    way_lonlat: FloatArray
    cut_node_ids: IntArray
    squares: gpd.GeoDataFrame
    square_node_ids: IntArray
    points: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    grounds: gpd.GeoDataFrame
    admin_areas: gpd.GeoDataFrame
    features: gpd.GeoDataFrame
    backdrop: gpd.GeoDataFrame


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Python's collector would look through hundreds of thousands of dicts of tags again and again.

    That is a fifth of the time. It comes back whenever enough shapes are made, so a study does without it while it
    holds an extract.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@no_garbage_collection()
def read_osm(path: str | Path, *, extent: Polygon | Box | None = None) -> OsmExtract:
    """Read a PBF or XML file (XML plain, .gz or .bz2; told by its first bytes, not by its name).

    Parameters
    ----------
    path : the file. One that isn't sorted (nodes, ways, relations, each by id) takes a little longer. The temporary
        folder needs room for a list of its objects: some six times the size of a PBF file.
    extent : where the data is whole, as a polygon or (west, south, east, north) in degrees. Default: the box in the
        file's header, else the box of its buildings and places (streets stick out), with a warning. Nothing is cut off
        at the extent but the backdrop.

    Raises
    ------
    DataError
        the file is missing, empty, damaged, not OpenStreetMap data, has no streets (or none in the extent), or the
        temporary folder is too full to read it.
    InputError
        the extent is empty or isn't in degrees.
    """
    path = Path(path)
    given = None if extent is None else _checked_extent(extent)
    file, kind = _opened(path)
    header_box, data_date = _header(path, file, kind)
    found = _collected(path, file, kind)
    if not any("highway" in row.tags for row in found.rows["street"]):
        raise DataError(f"{path}: has no streets (no way with highway=* and its nodes); give a file that has them")
    offsets, node_ids, lonlat = _way_arrays(found)
    squares = _area_frame("square", found)
    points = _run_frame("point", found)
    points.insert(1, "node_id", np.array([int(one[1:]) for one in points["osm_id"]], dtype=np.int64))
    buildings = _area_frame("building", found)
    compounds, grounds = _area_frame("compound", found), _area_frame("grounds", found)
    barriers = _run_frame("barrier", found)
    compounds.insert(1, "name", _strings(tags.get("name") for tags in compounds["tags"]))
    compounds.insert(3, "walled", _walled(compounds, barriers))
    admin_areas = _area_frame("admin", found)
    admin_areas.insert(1, "name", _strings(tags.get("name") for tags in admin_areas["tags"]))
    levels = [int(tags["admin_level"]) for tags in admin_areas["tags"]]
    admin_areas.insert(2, "admin_level", np.array(levels, dtype=np.int64))

    features = _feature_frame(found)
    warnings = _warnings(found)
    if given is not None:
        whole, source = given, "config"
        _check_meets(path, given, lonlat)
    elif header_box is not None:
        whole, source = shapely.box(*header_box), "file"
    else:
        whole, source = _nodes_box(lonlat, buildings, features), "nodes"
        warnings.append(
            Words(
                f"{path.name} 没有说明数据到哪里为止：以其中建筑和地点的外接矩形为范围；"
                "为稳妥起见，请在配置中设置 osm.extent",
                f"{path.name} doesn't say where its data ends: the extent is taken to be the box of its buildings and "
                "places; set osm.extent in the config to be sure",
            )
        )
    return OsmExtract(
        path=path,
        data_date=data_date,
        extent=whole,
        extent_source=source,
        warnings=tuple(warnings),
        ways=pd.DataFrame(_run_frame("street", found)[["osm_id", "tags"]]),
        way_offsets=offsets,
        way_node_ids=node_ids,
        way_lonlat=lonlat,
        cut_node_ids=np.intersect1d(found.cut_node_ids, node_ids),
        squares=squares,
        square_node_ids=_square_node_ids(squares, found),
        points=points,
        barriers=barriers,
        buildings=buildings,
        compounds=compounds,
        grounds=grounds,
        admin_areas=admin_areas,
        features=features,
        backdrop=backdrop_of(
            {kind: _polygons(found.rows[kind], found) for kind in ("water", "green")},
            np.asarray(_run_frame("coastline", found).geometry.array),
            whole,
        ),
    )


def osm_sites(extract: OsmExtract) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Sites and their kinds from the features of an extract.

    Returns
    -------
    sites : site_id, name (`name:zh`, else `name`), source ("osm"), opening_hours, floor_area_m2 and capacity
        (unknown), geometry; sorted by site_id.
    site_kinds : site_id, kind, evidence, rule; sorted by site_id, then in the order of the checklist.
    """
    features = extract.features
    tags = features["tags"]
    sites = gpd.GeoDataFrame(
        {
            "site_id": features["osm_id"],
            "name": _strings(one.get("name:zh") or one.get("name") for one in tags),
            "source": _strings("osm" for _ in tags),
            "opening_hours": _strings(one.get("opening_hours") for one in tags),
            "floor_area_m2": np.full(len(tags), np.nan),
            "capacity": np.full(len(tags), np.nan),
        },
        geometry=features.geometry.array,
        crs="EPSG:4326",
    )
    found = [
        (osm_id, hit.kind, hit.evidence, hit.rule)
        for osm_id, one in zip(features["osm_id"], tags, strict=True)
        for hit in (*match(one), *match(one, extension=True))
    ]
    kinds = pd.DataFrame(found, columns=["site_id", "kind", "evidence", "rule"], dtype="str")
    return (
        sites.sort_values("site_id", kind="stable", ignore_index=True),
        kinds.sort_values("site_id", kind="stable", ignore_index=True),
    )


def _is_feature(tags: Mapping[str, str]) -> bool:
    """Whether something may hold one of the 27 kinds or an extension kind."""
    return not _checklist_keys().isdisjoint(tags) and bool(match(tags) or match(tags, extension=True))


# The door: what kind of file, where it ends, how old it is


def _checked_extent(extent: Polygon | Box) -> Polygon:
    polygon = extent if isinstance(extent, Polygon) else shapely.box(*extent)
    west, south, east, north = polygon.bounds
    if not (polygon.is_valid and polygon.area > 0 and -180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InputError(f"extent {extent}: isn't an area in degrees; give west, south, east, north or a polygon")
    return polygon


def _check_meets(path: Path, extent: Polygon, lonlat: FloatArray) -> None:
    west, south, east, north = extent.bounds
    if not ((lonlat >= (west, south)) & (lonlat <= (east, north))).all(axis=1).any():
        span = ", ".join(f"{degree:.4f}" for degree in (*lonlat.min(axis=0), *lonlat.max(axis=0)))
        raise DataError(f"{path}: has no street in the extent {extent.bounds}; its streets span {span}: check both")


def _opened(path: Path) -> tuple[osmium.io.File, str]:
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; check the path")
    with path.open("rb") as stream:
        start = stream.read(64)
    if not start:
        raise DataError(f"{path}: is empty; download or copy it again")
    if start.startswith(b"\x1f\x8b"):
        kind = "xml.gz"
    elif start.startswith(b"BZh"):
        kind = "xml.bz2"
    elif b"OSMHeader" in start:
        kind = "pbf"
    elif start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        kind = "xml"
    else:
        raise DataError(f"{path}: isn't OpenStreetMap data; give a .osm.pbf or .osm file (.gz and .bz2 are fine)")
    return osmium.io.File(str(path), kind), kind


def _header(path: Path, file: osmium.io.File, kind: str) -> tuple[Box | None, str | None]:
    """The header's box and the day of the data: as stated by the file, else its newest object's."""
    with _osmium_errors(path), osmium.io.Reader(file, NOTHING) as reader:
        header = reader.header()
    box = header.box()
    corners = None
    if box.valid() and box.size() > 0:
        corners = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    stated = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    if not stated and kind != "pbf":
        stated = _osm_base(path, kind)
    if not stated:
        with _osmium_errors(path):
            newest = newest_change_from_file(file)
        stated = newest.isoformat() if newest.year > 1970 else ""
    day = re.match(r"\d{4}-\d\d-\d\d", stated)
    return corners, day.group() if day else None


def _osm_base(path: Path, kind: str) -> str:
    """The date that Overpass writes at the head of its XML, "" where there is none."""
    opener: Any = {"xml": open, "xml.gz": gzip.open, "xml.bz2": bz2.open}[kind]
    try:
        with opener(path, "rb") as stream:
            start = stream.read(2048)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path}: is damaged ({error}); download or copy it again") from error
    found = re.search(rb'osm_base="([^"]+)"', start)
    return found.group(1).decode("ascii", "replace") if found else ""


@contextmanager
def _osmium_errors(path: Path) -> Iterator[None]:
    """Whatever osmium raises over a file becomes one sentence."""
    try:
        yield
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise DataError(
            f"{path}: is damaged or isn't OpenStreetMap data ({error}); download or copy it again"
        ) from error


# The pass over the file


class _Row(NamedTuple):
    """One object; shapes are the places in `_Found.shapes` of its point, its runs of nodes or its area."""

    osm_id: str
    tags: Tags
    shapes: range


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What the pass found.

    rows : by role (see `_roles`): nodes, then ways, then relations, each in order of id.
    shapes : a point or line for each run of nodes, then the relations' areas.
    run_start, run_length : run i is so many of node_ids and lonlat from run_start[i] on.
    cut_node_ids : nodes beside missing ones on a street.
    clipped, placeless, broken : ways that lack some nodes, ways that lack all they could be drawn by, bad rings.
    left_open : relations that osmium couldn't close.
    rims : the nodes of outlines and holes of each relation with the role "square".
    """

    rows: dict[str, list[_Row]]
    shapes: Geometries
    run_start: IntArray
    run_length: IntArray
    node_ids: IntArray
    lonlat: FloatArray
    cut_node_ids: IntArray
    clipped: set[str]
    placeless: set[str]
    broken: set[str]
    left_open: dict[int, Tags]
    rims: dict[str, Rim]


def _collected(path: Path, file: osmium.io.File, kind: str) -> _Found:
    """What the pass found; a file in another order than nodes, ways, relations by id is sorted first."""
    with TemporaryDirectory() as folder:
        # Asked for beforehand, because osmium ends the whole process when it can't write.
        need, free = path.stat().st_size * ROOM[kind], shutil.disk_usage(folder).free
        if free < need:
            raise DataError(
                f"{path}: needs up to {need // 10**6} MB in the temporary folder {Path(folder).parent}, which has "
                f"{free // 10**6} left; free some or set TMPDIR to a larger disk"
            )
        opl, in_order = Path(folder) / "list.opl", Path(folder) / "sorted.osm.pbf"
        try:
            found = _one_pass(path, file, opl)
        except DataError as error:
            if "out of order" not in str(error):
                raise
        else:
            if len(found.placeless) <= (found.run_length > 1).sum():
                return found
        # Overpass' usual queries write ways before their nodes, or by place on the map.
        with _osmium_errors(path):
            everything = osmium.MergeInputReader()
            everything.add_buffer(path.read_bytes(), kind)
            with osmium.SimpleWriter(str(in_order)) as writer:
                everything.apply(writer)
        return _one_pass(path, osmium.io.File(str(in_order)), opl)


def _one_pass(path: Path, file: osmium.io.File, opl: Path) -> _Found:
    with _osmium_errors(path):
        relations = _area_relations(file)
        areas, rims = _write_opl(file, relations, opl)
    # Not the file's fault, so not said to be: arrow was once seen to fail on a list that it read the next time.
    try:
        objects, places = _read_opl(opl)
    except pa.ArrowException as error:
        raise DataError(f"{path}: couldn't be taken in ({error}); run it again") from error
    if len(places) != sum(one.n_places for one in objects):
        raise DataError(f"{path}: couldn't be taken in (places of nodes were lost); run it again")
    return _arranged(objects, places, relations, areas, rims)


def _area_relations(file: osmium.io.File) -> dict[int, Tags]:
    """The relations that should become an area: most of a file's are of no use here."""
    processor = osmium.FileProcessor(file, RELATION)
    processor.with_filter(TagFilter(("type", "multipolygon"), ("type", "boundary")))
    processor.with_filter(KeyFilter(*AREA_KEYS, *_checklist_keys()))
    tagged = {thing.id: {tag.k: tag.v for tag in thing.tags} for thing in processor}
    return {one: tags for one, tags in sorted(tagged.items()) if not AREA_ROLES.isdisjoint(_roles(tags))}


def _write_opl(file: osmium.io.File, relations: Mapping[int, Tags], opl: Path) -> tuple[dict[int, str], dict[str, Rim]]:
    """Write the nodes and ways with a key that may matter; give the relations' areas as hexadecimal WKB, and rims."""
    matched = _checklist_keys()
    # An area made of relation r has the id 2 r + 1; areas of closed ways are not wanted, the ways are.
    wanted = IdFilter([2 * one + 1 for one in relations])
    nodes, ways = KeyFilter(*POINT_KEYS, "highway", *matched), KeyFilter(*WAY_KEYS, *matched)
    for entities, chosen in ((AREA, wanted), (NODE, nodes), (WAY, ways)):
        chosen.enable_for(entities)
    places = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    places.ignore_errors()
    wkb = osmium.geom.WKBFactory()
    areas: dict[int, str] = {}
    rims: dict[str, Rim] = {}

    def take(area: Area) -> None:
        # Osmium makes an area without rings of a relation that it can't close.
        if area.num_rings()[0]:
            areas[area.orig_id()] = wkb.create_multipolygon(area)
            if "square" in _roles(relations[area.orig_id()]):
                rings = (ring for outer in area.outer_rings() for ring in (outer, *area.inner_rings(outer)))
                nodes = [(node.ref, (node.lon, node.lat)) for ring in rings for node in ring]
                rims[f"r{area.orig_id()}"] = (np.array([ref for ref, _ in nodes]), np.array([at for _, at in nodes]))

    manager = osmium.area.AreaManager()
    with osmium.io.Reader(file, RELATION) as reader:
        osmium.apply(reader, IdFilter(relations), manager.first_pass_handler())
    assembler = manager.second_pass_handler(wanted, SimpleNamespace(area=take))
    with (
        osmium.io.Reader(file, NODE | WAY) as reader,
        osmium.SimpleWriter(osmium.io.File(str(opl), OPL), overwrite=True) as writer,
    ):
        osmium.apply(reader, places, assembler, nodes, ways, writer)
    return areas, rims


class _Listed(NamedTuple):
    """One node or way of the list: what it is of use for, and how many of the list's places are its own."""

    osm_id: str
    tags: Tags
    roles: list[str]
    n_places: int


def _read_opl(opl: Path) -> tuple[list[_Listed], pa.Table]:
    """The objects of use for something, and the places of their nodes one after another (null: not in the file)."""
    objects, places = [], [pa.table({name: pa.array([], kind) for name, kind in PLACE_COLUMNS.items()})]
    told = cache(_told)  # most objects are described in few words, many in the same
    with opl.open(encoding="utf-8", newline="\n") as stream:
        while lines := stream.readlines(BATCH_CHARACTERS):
            batch = []
            for line in lines:
                osm_id, words, where = line.split(" ", 2)
                tags, roles = told(osm_id[0], words)
                if roles:
                    batch.append(where if osm_id[0] == "w" else osm_id + where)
                    objects.append(_Listed(osm_id, tags.copy(), roles, batch[-1].count("n")))
            rows = "".join(batch).encode().translate(_AS_ROWS, b"Nn ")
            if rows.strip():
                columns = csv.ConvertOptions(column_types=PLACE_COLUMNS)
                # In one thread: Arrow's threaded reader was once seen to lose a block, and is no cheaper here.
                names = csv.ReadOptions(column_names=[*PLACE_COLUMNS], use_threads=False)
                places.append(csv.read_csv(pa.BufferReader(rows), names, convert_options=columns))
    return objects, pa.concat_tables(places)


def _told(kind: str, words: str) -> tuple[Tags, list[str]]:
    """Tags and roles of a node ("n") or way ("w") from its field `Tkey=value,key=value`."""
    tags = dict(pair.split("=") for pair in words[1:].split(","))
    if "%" in words:
        tags = {_unescaped(key): _unescaped(value) for key, value in tags.items()}
    return tags, _node_roles(tags) if kind == "n" else _roles(tags)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _arranged(
    objects: list[_Listed],
    places: pa.Table,
    relations: dict[int, Tags],
    areas: dict[int, str],
    rims: dict[str, Rim],
) -> _Found:
    """Objects by role and id; a way that lacks nodes becomes the runs of at least two consecutive ones it has."""
    node_ids = places["id"].to_numpy()
    lonlat = np.column_stack([places["lon"].to_numpy(), places["lat"].to_numpy()])
    n_places = np.array([one.n_places for one in objects], dtype=np.int64)
    is_way = np.array([one.osm_id[0] == "w" for one in objects], dtype=bool)
    is_street = np.array(["street" in one.roles for one in objects], dtype=bool)
    owner = np.repeat(np.arange(len(objects)), n_places)
    there = (np.abs(lonlat) <= (180, 90)).all(axis=1)
    same = owner[1:] == owner[:-1]
    joined = same & there[1:] & there[:-1]
    start = np.flatnonzero(there & ~np.append(False, joined))
    length = np.flatnonzero(there & ~np.append(joined, False)) - start + 1
    drawn = (length > 1) | ~is_way[owner[start]]
    start, length = start[drawn], length[drawn]
    cut = np.flatnonzero(same & (there[1:] != there[:-1]) & is_street[owner[1:]])

    line = length > 1
    shapes = np.empty(len(start) + len(areas), dtype=object)
    shapes[np.flatnonzero(line)] = shapely.linestrings(
        lonlat[_spread(start[line], length[line])], indices=np.repeat(np.arange(line.sum()), length[line])
    )
    shapes[np.flatnonzero(~line)] = shapely.points(lonlat[start[~line]])
    shapes[len(start) :] = shapely.from_wkb(np.array([areas[one] for one in sorted(areas)], dtype=object))

    rows: dict[str, list[_Row]] = defaultdict(list)
    number = np.array([int(one.osm_id[1:]) for one in objects], dtype=np.int64)
    first = np.searchsorted(owner[start], np.arange(len(objects) + 1)).tolist()
    for i in np.lexsort((number, is_way)).tolist():
        row = _Row(objects[i].osm_id, objects[i].tags, range(first[i], first[i + 1]))
        for role in objects[i].roles if row.shapes else ():
            rows[role].append(row)
    for place, one in enumerate(sorted(areas), len(start)):
        row = _Row(f"r{one}", relations[one], range(place, place + 1))
        for role in AREA_ROLES.intersection(_roles(row.tags)):
            rows[role].append(row)

    lacking, left = (np.bincount(of, minlength=len(objects)) > 0 for of in (owner[~there], owner[start]))
    clipped, placeless, broken = (
        {objects[i].osm_id for i in np.flatnonzero(is_way & such)}
        for such in (lacking & left, lacking & ~left, ~lacking & ~left)
    )
    return _Found(
        rows=rows,
        shapes=shapes,
        run_start=start,
        run_length=length,
        node_ids=node_ids,
        lonlat=lonlat,
        cut_node_ids=node_ids[cut + ~there[cut]],
        clipped=clipped,
        placeless=placeless,
        broken=broken,
        left_open={one: tags for one, tags in relations.items() if one not in areas},
        rims=rims,
    )


def _spread(start: IntArray, length: IntArray) -> IntArray:
    """The places of runs one after another: start[0], start[0] + 1, ..., start[1], ..."""
    return np.arange(length.sum()) + np.repeat(start - np.cumsum(length) + length, length)


def _node_roles(tags: Tags) -> list[str]:
    wanted = not tags.keys().isdisjoint(POINT_KEYS) or tags.get("highway") in CROSSING_NODES
    roles = ["point"] if wanted else []
    return [*roles, "feature"] if _is_feature(tags) else roles


def _roles(tags: Tags) -> list[str]:
    """What a way or relation is of use for."""
    roles = []
    railway = tags.get("railway")
    if "highway" in tags or railway == "platform" or tags.get("public_transport") == "platform":
        roles.append("street")
        if tags.get("area") == "yes" or tags.get("type") == "multipolygon":
            roles.append("square")
    if "barrier" in tags or railway in RAILWAYS or tags.get("waterway") in WATERWAYS:
        roles.append("barrier")
    if tags.get("building", "no") != "no":
        roles.append("building")
    if tags.get("landuse") == "residential":
        roles.append("compound")
    if tags.get("boundary") == "administrative" and tags.get("admin_level", "").isdecimal():
        roles.append("admin")
    if tags.get("amenity") in GROUNDS:
        roles.append("grounds")
    natural = tags.get("natural")
    if natural == "coastline":
        roles.append("coastline")
    elif natural == "water" or tags.get("waterway") == "riverbank":
        roles.append("water")
    elif natural in GREEN_NATURAL or tags.get("landuse") in GREEN_LANDUSE or tags.get("leisure") in GREEN_LEISURE:
        roles.append("green")
    if _is_feature(tags):
        roles.append("feature")
    return roles


@cache
def _checklist_keys() -> frozenset[str]:
    return frozenset(osm_keys())


def _warnings(found: _Found) -> list[Words]:
    counted = []
    if found.clipped or found.placeless:
        clipped, placeless = len(found.clipped), len(found.placeless)
        counted.append(
            Words(
                f"{clipped:,}条路径缺少部分节点（文件经过裁剪）：只用有坐标的路段；另有{placeless:,}条一个节点也没有，已略去",
                f"{clipped:,} ways lack some of their nodes (a clipped file): only their mapped stretches are used; "
                f"{placeless:,} more have none and are left out",
            )
        )
    if found.broken - found.clipped:
        broken = sorted(found.broken - found.clipped, key=lambda one: (one[0], int(one[1:])))
        which = named(broken)
        counted.append(
            Words(
                f"{len(broken):,}个残缺图形（环未闭合或为空）已略去：{which.zh}",
                f"{len(broken):,} broken shapes (open or empty rings) are left out: {which.en}",
            )
        )
    relations = found.left_open.items()
    boundaries = [f"r{one}" for one, tags in relations if tags.get("boundary") == "administrative"]
    others = [f"r{one}" for one, tags in relations if tags.get("boundary") != "administrative"]
    for what, left_out in (
        (Words("条行政区边界", "administrative boundaries"), boundaries),
        (Words("个其他面状关系", "other area relations"), others),
    ):
        if left_out:
            which = named(left_out)
            counted.append(
                Words(
                    f"{len(left_out):,}{what.zh}无法闭合（被裁剪或已残缺），已略去：{which.zh}",
                    f"{len(left_out):,} {what.en} can't be closed (clipped or broken) and are left out: {which.en}",
                )
            )
    return counted


# From rows to frames


def _way_arrays(found: _Found) -> tuple[IntArray, IntArray, FloatArray]:
    runs = np.array([shape for row in found.rows["street"] for shape in row.shapes], dtype=np.int64)
    length = found.run_length[runs]
    places = _spread(found.run_start[runs], length)
    return np.append(0, np.cumsum(length)), found.node_ids[places], found.lonlat[places]


def _nodes_box(lonlat: FloatArray, buildings: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> Polygon:
    """The box of buildings (a point in each) and places: streets stick out, and count only where there is no more."""
    places = features.geometry[features.geom_type == "Point"]
    settled = shapely.get_coordinates([*buildings.representative_point(), *places])
    corners = settled if len(settled) > 1 else lonlat
    box: Polygon = shapely.box(*corners.min(axis=0), *corners.max(axis=0))
    return box


def _run_frame(role: str, found: _Found) -> gpd.GeoDataFrame:
    """One row a run of nodes, or a point."""
    runs = [(row, shape) for row in found.rows[role] for shape in row.shapes]
    shapes = np.array([shape for _, shape in runs], dtype=np.int64)
    return _frame([row.osm_id for row, _ in runs], [row.tags for row, _ in runs], found.shapes[shapes])


def _area_frame(role: str, found: _Found) -> gpd.GeoDataFrame:
    """One row an object, ways before relations; what has no area is left out and counted."""
    rows = found.rows[role]
    polygons = _polygons(rows, found)
    drawn = ~shapely.is_missing(polygons)
    # An open boundary way is nothing wrong: it is a piece of its relation. An open square is walked as a street.
    if role not in {"admin", "square"}:
        found.broken.update(row.osm_id for row, ok in zip(rows, drawn, strict=True) if not ok)
    kept = [row for row, ok in zip(rows, drawn, strict=True) if ok]
    return _frame([row.osm_id for row in kept], [row.tags for row in kept], polygons[drawn])


def _square_node_ids(squares: gpd.GeoDataFrame, found: _Found) -> IntArray:
    """The square's own node at each coordinate of its geometry, 0 where there is none."""
    rims = dict(found.rims)
    for row in found.rows["square"]:
        if row.osm_id[0] == "w":
            run = found.run_start[row.shapes[0]] + np.arange(found.run_length[row.shapes[0]])
            rims[row.osm_id] = (found.node_ids[run], found.lonlat[run])
    at_corners = [np.empty(0, dtype=np.int64)]
    for osm_id, polygon in zip(squares["osm_id"], squares.geometry, strict=True):
        node_ids, lonlat = rims[osm_id]
        corners = shapely.get_coordinates(polygon)
        if not np.array_equal(corners, lonlat):  # mended
            node_at = dict(zip(map(tuple, lonlat.tolist()), node_ids.tolist(), strict=True))
            node_ids = np.array([node_at.get(tuple(corner), 0) for corner in corners.tolist()], dtype=np.int64)
        at_corners.append(node_ids)
    return np.concatenate(at_corners)


def _feature_frame(found: _Found) -> gpd.GeoDataFrame:
    """Points, then ways as areas or lines, then relations; a clipped way keeps the lines that are left of it."""
    rows = found.rows["feature"]
    drawn = np.full(len(rows), None, dtype=object)
    areal = np.array([row.osm_id[0] == "r" or _is_area(row.tags) for row in rows], dtype=bool)
    drawn[areal] = _polygons([row for row, yes in zip(rows, areal, strict=True) if yes], found)
    for i in np.flatnonzero(shapely.is_missing(drawn)):
        if rows[i].osm_id[0] != "r":
            runs = found.shapes[list(rows[i].shapes)]
            drawn[i] = runs[0] if len(runs) == 1 else shapely.multilinestrings(runs)
    frame = _frame([row.osm_id for row in rows], [row.tags for row in rows], drawn)
    return frame[~shapely.is_missing(drawn)].reset_index(drop=True)


def _is_area(tags: Tags) -> bool:
    """Whether a closed way is an area, not a ring such as a circular path."""
    if tags.get("area") in {"yes", "no"}:
        return tags["area"] == "yes"
    return not AREA_ONLY_KEYS.isdisjoint(tags) or LINE_KEYS.isdisjoint(tags)


def _polygons(rows: list[_Row], found: _Found) -> Geometries:
    """One (multi)polygon a row, mended where it crosses itself; None where there is no area to draw."""
    polygons = np.full(len(rows), None, dtype=object)
    shapes = found.shapes[np.array([row.shapes[0] for row in rows], dtype=np.int64)]
    relation = np.array([row.osm_id[0] == "r" for row in rows], dtype=bool)
    polygons[relation] = shapes[relation]
    whole = np.array([row.osm_id not in found.clipped for row in rows], dtype=bool)
    closed = whole & shapely.is_closed(shapes) & (shapely.get_num_coordinates(shapes) > 3)
    coordinates, owner = shapely.get_coordinates(shapes[closed], return_index=True)
    polygons[closed] = shapely.polygons(shapely.linearrings(coordinates, indices=owner))
    return mended(polygons)


def _frame(osm_ids: list[str], tags: list[Tags], geometry: Geometries) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(_table(osm_ids, tags), geometry=geometry, crs="EPSG:4326")


def _table(osm_ids: list[str], tags: list[Tags]) -> pd.DataFrame:
    return pd.DataFrame({"osm_id": _strings(osm_ids), "tags": pd.Series(tags, dtype="object")})


def _strings(values: Iterable[str | None]) -> pd.Series[str]:
    return pd.Series(list(values), dtype="str")


def _walled(compounds: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame) -> BoolArray:
    """Whether a wall or fence is the compound's own or follows at least half of its edge, within 2 m."""
    walled = np.array([tags.get("barrier") in WALLS for tags in compounds["tags"]], dtype=bool)
    walls = np.asarray(barriers.geometry.array)[
        np.array([tags.get("barrier") in WALLS for tags in barriers["tags"]], dtype=bool)
    ]
    shapes = np.asarray(compounds.geometry.array)
    near = shapely.STRtree(walls).query(shapes, predicate="dwithin", distance=NEARBY_DEG)
    for place in np.unique(near[0]):
        edge, *along = _in_metres(np.append(shapes[place].boundary, walls[near[1][near[0] == place]]))
        followed = shapely.intersection(edge, shapely.union_all(shapely.buffer(along, ALONG_M)))
        walled[place] |= bool(followed.length >= edge.length / 2)
    return walled


def _in_metres(shapes: Geometries) -> Geometries:
    """The shapes of one neighbourhood on a local plane."""
    middle = shapely.centroid(shapes[0])
    # Rounded, because making a plane costs more than measuring in it.
    plane = to_plane(local_crs(round(middle.x, 1), round(middle.y, 1)))
    return np.asarray(shapely.transform(shapes, lambda lonlat: np.column_stack(plane.transform(*lonlat.T))))
