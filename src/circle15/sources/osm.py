"""OpenStreetMap files in: streets, barriers, buildings, compounds, areas and every feature of the checklist.

One pass over the file, filtered in pyosmium's C++; geometry leaves osmium as WKB and is built by shapely in bulk.
"""

from __future__ import annotations

import bz2
import gc
import gzip
import itertools
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import osmium
import pandas as pd
import shapely
from osmium.filter import EntityFilter, IdFilter, KeyFilter, TagFilter
from osmium.osm import AREA, NODE, NOTHING, RELATION, WAY, Area, Node, Way
from osmium.osm.types import OSMEntity
from osmium.replication import newest_change_from_file
from shapely import Polygon

from circle15.checklist import match, osm_keys
from circle15.errors import DataError, InputError, head
from circle15.units import BoolArray, FloatArray, IntArray, local_crs, to_plane

__all__ = ["OsmExtract", "osm_sites", "read_osm"]

Box = tuple[float, float, float, float]
Tags = dict[str, str]
Geometries = npt.NDArray[np.object_]

WATERWAYS = frozenset({"river", "canal", "stream"})
RAILWAYS = frozenset({"rail", "light_rail", "tram", "narrow_gauge", "subway", "monorail", "funicular", "preserved"})
WALLS = frozenset({"wall", "fence", "city_wall", "hedge"})
"""Barriers that close a compound: nobody walks through them between the gates."""

GREEN_NATURAL = frozenset({"wood", "scrub", "heath", "grassland"})
GREEN_LANDUSE = frozenset({"grass", "forest", "meadow", "cemetery"})
GREEN_LEISURE = frozenset({"park", "garden", "golf_course"})
AREA_ONLY_KEYS = frozenset(
    {"amenity", "building", "craft", "healthcare", "landuse", "leisure", "office", "shop", "tourism"}
)
LINE_KEYS = frozenset({"barrier", "highway", "railway", "waterway"})
"""A closed way with one of these and none of AREA_ONLY_KEYS is a ring (a circular path), not an area."""

POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
AREA_ROLES = frozenset({"building", "compound", "admin", "water", "green", "feature"})

POINT_KEYS = ("barrier", "entrance")
AREA_KEYS = ("boundary", "building", "landuse", "leisure", "natural", "waterway")
WAY_KEYS = (*AREA_KEYS, "barrier", "highway", "public_transport", "railway")

_SAYS_NOTHING = ("addr:", "building:", "height", "layer", "roof:", "source", "start_date")
"""Beginnings of keys that tell nothing of what a building is for."""

ALONG_M = 2.0
"""A wall this near to a compound's edge follows it."""
NEARBY_DEG = 1e-4
"""Where to look for such walls: at least ALONG_M up to 79 degrees of latitude."""
SIMPLIFY_DEG = 2e-5
"""About two metres: finer than a pixel of any map that shows the backdrop."""


@dataclass(frozen=True, kw_only=True)
class OsmExtract:
    """What an OpenStreetMap file says about walking, living and services. Geometry is EPSG:4326.

    Attributes
    ----------
    path : the file.
    data_date : ISO date of the data ("2019-05-09"), None where the file carries none.
    extent, extent_source : where the data is whole, and who said so: "config", "file" or "nodes".
    warnings : one sentence each: what was left out, and how much of it.
    ways : osm_id ("w.."), tags; each way with `highway=*` and each platform, in order of id. A way that lacks nodes
        is one row a run of consecutive nodes that are there, so an osm_id can appear more than once.
    way_offsets, way_node_ids, way_lonlat : nodes of row i of `ways` are `[way_offsets[i]:way_offsets[i + 1]]`;
        shapes (rows + 1,), (total,), (total, 2).
    points : osm_id, node_id, tags: nodes with `barrier=*` or `entrance=*`.
    barriers : osm_id, tags: lines that stop a walker: walls, fences, rivers, railways (in runs, as `ways`).
    buildings : osm_id, tags: polygons.
    compounds : osm_id, name, tags, walled: polygons of `landuse=residential`.
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
    warnings: tuple[str, ...]
    ways: pd.DataFrame
    way_offsets: IntArray
    way_node_ids: IntArray
    way_lonlat: FloatArray
    points: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    admin_areas: gpd.GeoDataFrame
    features: gpd.GeoDataFrame
    backdrop: gpd.GeoDataFrame


def read_osm(path: str | Path, *, extent: Polygon | Box | None = None) -> OsmExtract:
    """Read a PBF or XML file (XML plain, .gz or .bz2; told by its first bytes, not by its name).

    Parameters
    ----------
    path : the file. One that isn't sorted (nodes, ways, relations, each by id) takes a little longer.
    extent : where the data is whole, as a polygon or (west, south, east, north) in degrees. Default: the box in the
        file's header, else the box of the nodes of its streets and buildings, with a warning. Nothing is cut off
        at the extent but the backdrop.

    Raises
    ------
    DataError
        the file is missing, empty, damaged, not OpenStreetMap data, or has no streets (or none in the extent).
    InputError
        the extent is empty or isn't in degrees.
    """
    path = Path(path)
    given = None if extent is None else _checked_extent(extent)
    file, kind = _opened(path)
    header_box, data_date = _header(path, file, kind)
    with _no_garbage_collection():
        found = _collected(path, file, kind)
    if not any("highway" in row.tags for row in found.ways["street"]):
        raise DataError(f"{path}: has no streets (no way with highway=* and its nodes); give a file that has them")
    street_rows = _by_id(found.ways["street"])
    offsets, node_ids, lonlat = _way_arrays(street_rows, found)
    runs = [row for row in street_rows for _ in row.shapes]
    buildings = _area_frame("building", found)
    compounds = _area_frame("compound", found)
    barriers = _line_frame("barrier", found)
    compounds.insert(1, "name", _strings(tags.get("name") for tags in compounds["tags"]))
    compounds.insert(3, "walled", _walled(compounds, barriers))
    admin_areas = _area_frame("admin", found)
    admin_areas.insert(1, "name", _strings(tags.get("name") for tags in admin_areas["tags"]))
    levels = [int(tags["admin_level"]) for tags in admin_areas["tags"]]
    admin_areas.insert(2, "admin_level", np.array(levels, dtype=np.int64))

    warnings = _warnings(found)
    if given is not None:
        whole, source = given, "config"
        _check_meets(path, given, lonlat)
    elif header_box is not None:
        whole, source = shapely.box(*header_box), "file"
    else:
        whole, source = _nodes_box(lonlat, buildings), "nodes"
        warnings.append(
            f"{path.name} doesn't say where its data ends: the extent is the box of its street and building nodes, "
            "too large where streets stick out; set the extent in the config"
        )
    return OsmExtract(
        path=path,
        data_date=data_date,
        extent=whole,
        extent_source=source,
        warnings=tuple(warnings),
        ways=_table([row.osm_id for row in runs], [row.tags for row in runs]),
        way_offsets=offsets,
        way_node_ids=node_ids,
        way_lonlat=lonlat,
        points=_point_frame(found),
        barriers=barriers,
        buildings=buildings,
        compounds=compounds,
        admin_areas=admin_areas,
        features=_feature_frame(found),
        backdrop=_backdrop(found, whole),
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
    keys = _checklist_keys().intersection(tags)
    if keys == {"building"} and all(key == "building" or key.startswith(_SAYS_NOTHING) for key in tags):
        return _is_feature_building(tags["building"])
    return bool(keys) and bool(match(tags) or match(tags, extension=True))


@cache
def _is_feature_building(value: str) -> bool:
    """The same for a building of which no more is known: most of a city's objects, in few values."""
    tags = {"building": value}
    return bool(match(tags) or match(tags, extension=True))


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


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Python's collector would look through hundreds of thousands of new dicts again and again: a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# The pass over the file


class _Row(NamedTuple):
    """One object in one role; shapes are places in `_Found.line_wkb`, or in `.area_wkb` for relations."""

    osm_id: str
    tags: Tags
    shapes: tuple[int, ...]


@dataclass
class _Found:
    """What the pass found: WKB by the thousand, and which object uses it in which role."""

    area_relations: dict[int, Tags]
    points: list[tuple[int, Tags, float, float]] = field(default_factory=list)
    nodes: list[tuple[int, Tags, float, float]] = field(default_factory=list)
    ways: dict[str, list[_Row]] = field(default_factory=lambda: defaultdict(list))
    relations: dict[str, list[_Row]] = field(default_factory=lambda: defaultdict(list))
    line_wkb: list[bytes] = field(default_factory=list)
    line_refs: dict[int, list[int]] = field(default_factory=dict)
    area_wkb: list[bytes] = field(default_factory=list)
    assembled: set[int] = field(default_factory=set)
    placeless: int = 0
    clipped: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    @cached_property
    def lines(self) -> Geometries:
        return np.asarray(shapely.from_wkb(np.array(self.line_wkb, dtype=object)))

    @cached_property
    def areas(self) -> Geometries:
        return np.asarray(shapely.from_wkb(np.array(self.area_wkb, dtype=object)))


def _collected(path: Path, file: osmium.io.File, kind: str) -> _Found:
    """What the pass found; a file in another order than nodes, ways, relations by id is sorted first."""
    try:
        found = _one_pass(path, file)
    except DataError as error:
        if "out of order" not in str(error):
            raise
    else:
        if found.placeless <= len(found.line_wkb):
            return found
    # Overpass' usual queries write ways before their nodes, or by place on the map.
    with TemporaryDirectory() as folder, _osmium_errors(path):
        in_order = Path(folder) / "sorted.osm.pbf"
        everything = osmium.MergeInputReader()
        everything.add_buffer(path.read_bytes(), kind)
        with osmium.SimpleWriter(str(in_order)) as writer:
            everything.apply(writer)
        return _one_pass(path, osmium.io.File(str(in_order)))


def _area_relations(path: Path, file: osmium.io.File) -> dict[int, Tags]:
    """The relations that should become an area: most of a file's are of no use here."""
    processor = osmium.FileProcessor(file, RELATION)
    processor.with_filter(TagFilter(("type", "multipolygon"), ("type", "boundary")))
    processor.with_filter(KeyFilter(*AREA_KEYS, *_checklist_keys()))
    with _osmium_errors(path):
        tagged = {thing.id: _tags(thing) for thing in processor}
    return {one: tags for one, tags in sorted(tagged.items()) if not AREA_ROLES.isdisjoint(_roles(tags))}


def _one_pass(path: Path, file: osmium.io.File) -> _Found:
    found = _Found(area_relations=_area_relations(path, file))
    wkb = osmium.geom.WKBFactory()
    for thing, tags in _things(path, file, found.area_relations):
        if isinstance(thing, Way):
            roles = _roles(tags)
            if roles:
                _take_way(found, thing, tags, roles, wkb)
        elif isinstance(thing, Area):
            # Osmium makes an area without rings of a relation that it can't close.
            if thing.num_rings()[0]:
                _take_area(found, thing, wkb)
        elif isinstance(thing, Node) and thing.location.valid():
            where = (thing.id, tags, thing.lon, thing.lat)
            if "barrier" in tags or "entrance" in tags:
                found.points.append(where)
            if _is_feature(tags):
                found.nodes.append(where)
    return found


def _things(path: Path, file: osmium.io.File, relations: Iterable[int]) -> Iterator[tuple[OSMEntity, Tags]]:
    """Nodes and ways with a key that may matter, and the relations' areas."""
    matched = _checklist_keys()
    processor = osmium.FileProcessor(file).with_locations("flex_mem").with_areas(IdFilter(relations))
    processor.with_filter(EntityFilter(NODE | WAY | AREA))
    for entities, chosen in (
        (NODE, KeyFilter(*POINT_KEYS, *matched)),
        (WAY, KeyFilter(*WAY_KEYS, *matched)),
        # An area made of relation r has the id 2 r + 1; areas of closed ways are not wanted, the ways are.
        (AREA, IdFilter([2 * one + 1 for one in relations])),
    ):
        chosen.enable_for(entities)
        processor.with_filter(chosen)
    with _osmium_errors(path):
        for thing in processor:
            yield thing, _tags(thing)


def _tags(thing: Any) -> Tags:
    # Counted, because the end of osmium's iteration is an exception thrown in C++: as slow as reading four tags.
    return dict(itertools.islice(thing.tags, len(thing.tags)))


def _take_way(found: _Found, way: Way, tags: Tags, roles: list[str], wkb: osmium.geom.WKBFactory) -> None:
    osm_id = f"w{way.id}"
    first = len(found.line_wkb)
    try:
        # Through bytes: shapely reads them four times as fast as hexadecimal text.
        found.line_wkb.append(bytes.fromhex(wkb.create_linestring(way, use_nodes=osmium.geom.ALL)))
        if "street" in roles:
            found.line_refs[first] = [node.ref for node in way.nodes]
    except osmium.InvalidLocationError:
        runs = _runs(way.nodes)
        if not runs:
            found.placeless += 1
            return
        found.clipped.add(osm_id)
        for run in runs:
            found.line_refs[len(found.line_wkb)] = [node.ref for node in run]
            found.line_wkb.append(shapely.LineString([(node.lon, node.lat) for node in run]).wkb)
    except RuntimeError:
        # Fewer than two nodes.
        found.broken.add(osm_id)
        return
    row = _Row(osm_id, tags, tuple(range(first, len(found.line_wkb))))
    for role in roles:
        found.ways[role].append(row)


def _runs(nodes: osmium.osm.WayNodeList) -> list[list[osmium.osm.NodeRef]]:
    """Runs of at least two consecutive nodes that the file has; nothing is joined across a hole."""
    grouped = itertools.groupby(nodes, key=lambda node: node.location.valid())
    runs = [list(run) for there, run in grouped if there]
    return [run for run in runs if len(run) > 1]


def _take_area(found: _Found, area: Area, wkb: osmium.geom.WKBFactory) -> None:
    relation = area.orig_id()
    tags = found.area_relations[relation]
    row = _Row(f"r{relation}", tags, (len(found.area_wkb),))
    found.area_wkb.append(bytes.fromhex(wkb.create_multipolygon(area)))
    found.assembled.add(relation)
    for role in _roles(tags):
        found.relations[role].append(row)


def _roles(tags: Tags) -> list[str]:
    """What a way or relation is of use for; `_Found` keeps a list for each."""
    roles = []
    railway = tags.get("railway")
    if "highway" in tags or railway == "platform" or tags.get("public_transport") == "platform":
        roles.append("street")
    if "barrier" in tags or railway in RAILWAYS or tags.get("waterway") in WATERWAYS:
        roles.append("barrier")
    if tags.get("building", "no") != "no":
        roles.append("building")
    if tags.get("landuse") == "residential":
        roles.append("compound")
    if tags.get("boundary") == "administrative" and tags.get("admin_level", "").isdecimal():
        roles.append("admin")
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


def _warnings(found: _Found) -> list[str]:
    counted = []
    if found.clipped or found.placeless:
        counted.append(
            f"{len(found.clipped)} ways lack some of their nodes (a clipped file): only their mapped stretches are "
            f"used; {found.placeless} more have none and are left out"
        )
    if found.broken - found.clipped:
        broken = sorted(found.broken - found.clipped, key=lambda one: (one[0], int(one[1:])))
        counted.append(f"{len(broken)} broken shapes (open or empty rings) are left out: {head(broken)}")
    open_ones = {one: tags for one, tags in found.area_relations.items() if one not in found.assembled}
    boundaries = [f"r{one}" for one, tags in open_ones.items() if tags.get("boundary") == "administrative"]
    others = [f"r{one}" for one, tags in open_ones.items() if tags.get("boundary") != "administrative"]
    for what, left_out in (("administrative boundaries", boundaries), ("other area relations", others)):
        if left_out:
            counted.append(
                f"{len(left_out)} {what} can't be closed (clipped or broken) and are left out: {head(left_out)}"
            )
    return counted


# From rows to frames


def _way_arrays(rows: list[_Row], found: _Found) -> tuple[IntArray, IntArray, FloatArray]:
    shapes = [shape for row in rows for shape in row.shapes]
    refs = [found.line_refs[shape] for shape in shapes]
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in refs], dtype=np.int64)])
    node_ids = np.fromiter(itertools.chain.from_iterable(refs), dtype=np.int64, count=int(offsets[-1]))
    return offsets, node_ids, shapely.get_coordinates(found.lines[shapes])


def _nodes_box(lonlat: FloatArray, buildings: gpd.GeoDataFrame) -> Polygon:
    corners = np.vstack([lonlat, shapely.get_coordinates(buildings.geometry.array)])
    box: Polygon = shapely.box(*corners.min(axis=0), *corners.max(axis=0))
    return box


def _point_frame(found: _Found) -> gpd.GeoDataFrame:
    nodes = sorted(found.points, key=lambda node: node[0])
    frame = _frame(
        [f"n{node[0]}" for node in nodes],
        [node[1] for node in nodes],
        shapely.points([node[2] for node in nodes], [node[3] for node in nodes]),
    )
    frame.insert(1, "node_id", np.array([node[0] for node in nodes], dtype=np.int64))
    return frame


def _line_frame(role: str, found: _Found) -> gpd.GeoDataFrame:
    """One row a run, in order of id."""
    pieces = [(row, shape) for row in _by_id(found.ways[role]) for shape in row.shapes]
    shapes = [shape for _, shape in pieces]
    return _frame([row.osm_id for row, _ in pieces], [row.tags for row, _ in pieces], found.lines[shapes])


def _area_frame(role: str, found: _Found) -> gpd.GeoDataFrame:
    """One row an object, ways before relations; what has no area is left out and counted."""
    rows = _by_id(found.ways[role] + found.relations[role])
    polygons = _polygons(rows, found)
    drawn = ~shapely.is_missing(polygons)
    # An open boundary way is nothing wrong: it is a piece of its relation.
    found.broken.update(row.osm_id for row, ok in zip(rows, drawn, strict=True) if not ok and role != "admin")
    kept = [row for row, ok in zip(rows, drawn, strict=True) if ok]
    return _frame([row.osm_id for row in kept], [row.tags for row in kept], polygons[drawn])


def _feature_frame(found: _Found) -> gpd.GeoDataFrame:
    """Points, then ways as areas or lines, then relations; a clipped way keeps the lines that are left of it."""
    nodes = sorted(found.nodes, key=lambda node: node[0])
    points = shapely.points(np.array([node[2:] for node in nodes]).reshape(-1, 2))
    ways, relations = _by_id(found.ways["feature"]), _by_id(found.relations["feature"])
    drawn = np.full(len(ways), None, dtype=object)
    areal = np.array([_is_area(way.tags) for way in ways], dtype=bool)
    drawn[areal] = _polygons([way for way, yes in zip(ways, areal, strict=True) if yes], found)
    for i in np.flatnonzero(shapely.is_missing(drawn)):
        runs = found.lines[list(ways[i].shapes)]
        drawn[i] = runs[0] if len(runs) == 1 else shapely.multilinestrings(runs)
    geometry = np.concatenate([points, drawn, _polygons(relations, found)])
    frame = _frame(
        [f"n{node[0]}" for node in nodes] + [row.osm_id for row in (*ways, *relations)],
        [node[1] for node in nodes] + [row.tags for row in (*ways, *relations)],
        geometry,
    )
    return frame[~shapely.is_missing(geometry)].reset_index(drop=True)


def _is_area(tags: Tags) -> bool:
    """Whether a closed way is an area, not a ring such as a circular path."""
    if tags.get("area") in {"yes", "no"}:
        return tags["area"] == "yes"
    return not AREA_ONLY_KEYS.isdisjoint(tags) or LINE_KEYS.isdisjoint(tags)


def _polygons(rows: list[_Row], found: _Found) -> Geometries:
    """One (multi)polygon a row, mended where it crosses itself; None where there is no area to draw."""
    polygons = np.full(len(rows), None, dtype=object)
    shapes = np.array([row.shapes[0] for row in rows], dtype=np.int64)
    relation = np.array([row.osm_id[0] == "r" for row in rows], dtype=bool)
    polygons[relation] = found.areas[shapes[relation]]
    whole = np.array([row.osm_id not in found.clipped for row in rows], dtype=bool) & ~relation
    outline = found.lines[shapes[whole]]
    closed = shapely.is_closed(outline) & (shapely.get_num_coordinates(outline) > 3)
    coordinates, owner = shapely.get_coordinates(outline[closed], return_index=True)
    polygons[np.flatnonzero(whole)[closed]] = shapely.polygons(shapely.linearrings(coordinates, indices=owner))
    return _mended(polygons)


def _mended(shapes: Geometries) -> Geometries:
    """Valid polygons and multipolygons; None where nothing of an area is left."""
    out = shapes.copy()
    bent = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
    out[bent] = shapely.make_valid(shapes[bent], method="structure", keep_collapsed=False)
    mixed = shapely.get_type_id(out) == shapely.GeometryType.GEOMETRYCOLLECTION
    parts, owner = shapely.get_parts(out[mixed], return_index=True)
    pieces, part = shapely.get_parts(parts, return_index=True)
    areal = shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON
    areas = np.full(int(mixed.sum()), None, dtype=object)
    shapely.multipolygons(pieces[areal], indices=owner[part[areal]], out=areas)
    out[mixed] = areas
    single = shapely.get_num_geometries(out) == 1
    out[single] = shapely.get_geometry(out[single], 0)
    out[shapely.is_empty(out) | ~np.isin(shapely.get_type_id(out), POLYGONAL)] = None
    return out


def _frame(osm_ids: list[str], tags: list[Tags], geometry: Geometries) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(_table(osm_ids, tags), geometry=geometry, crs="EPSG:4326")


def _table(osm_ids: list[str], tags: list[Tags]) -> pd.DataFrame:
    return pd.DataFrame({"osm_id": _strings(osm_ids), "tags": pd.Series(tags, dtype="object")})


def _strings(values: Iterable[str | None]) -> pd.Series[str]:
    return pd.Series(list(values), dtype="str")


def _by_id(rows: list[_Row]) -> list[_Row]:
    return sorted(rows, key=lambda row: (row.osm_id[0] == "r", int(row.osm_id[1:])))


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


# The picture behind the map


def _backdrop(found: _Found, extent: Polygon) -> gpd.GeoDataFrame:
    coast = found.lines[[shape for row in _by_id(found.ways["coastline"]) for shape in row.shapes]]
    parts = [("water", _sea(shapely.simplify(coast, SIMPLIFY_DEG), shapely.box(*extent.bounds)))]
    for kind in ("water", "green"):
        drawn = _polygons(_by_id(found.ways[kind] + found.relations[kind]), found)
        parts += [(kind, _mended(shapely.simplify(drawn, SIMPLIFY_DEG, preserve_topology=False)))]
    kinds = np.repeat([kind for kind, _ in parts], [len(shapes) for _, shapes in parts])
    shapes = np.concatenate([shapes for _, shapes in parts])
    over = np.ones(len(shapes), dtype=bool)
    over[shapely.STRtree(shapes).query(extent, predicate="covers")] = False
    shapes[over] = _mended(shapely.intersection(shapes[over], extent))
    kept = ~shapely.is_missing(shapes)
    return gpd.GeoDataFrame({"kind": _strings(kinds[kept])}, geometry=shapes[kept], crs="EPSG:4326")


def _sea(coast: Geometries, box: Polygon) -> Geometries:
    """The parts of the box on the right-hand side of the coastline; nothing where its ways don't agree on that."""
    nothing = np.empty(0, dtype=object)
    coast = coast[shapely.intersects(coast, box)]
    if not len(coast):
        return nothing
    # Coastline ways meet at their ends, so only the box's edge needs to be cut where they run out.
    inside = shapely.covered_by(coast, box)
    edge = shapely.union_all([box.boundary, *shapely.intersection(coast[~inside], box)])
    faces = shapely.get_parts(shapely.polygonize([*shapely.get_parts(edge), *coast[inside]]))
    # Each step of the coast (cut to some 100 m) votes with its length for the faces beside it, from 10 cm off.
    xy, way = shapely.get_coordinates(shapely.segmentize(coast, 1e-3), return_index=True)
    step = np.diff(xy, axis=0)
    length = np.hypot(*step.T)
    real = (way[1:] == way[:-1]) & (length > 0)
    step, length, middle = step[real], length[real], (xy[:-1] + step / 2)[real]
    across = step[:, ::-1] * (1e-6, -1e-6) / length[:, None]
    sea, land = (
        np.bincount(face, weights=length[point], minlength=len(faces))
        for side in (middle + across, middle - across)
        for face, point in [shapely.STRtree(shapely.points(side)).query(faces, predicate="contains")]
    )
    if (np.minimum(sea, land) > 0.02 * (sea + land)).any() or (sea + land == 0).any():
        return nothing
    return _mended(faces[sea > land])
