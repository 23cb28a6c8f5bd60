"""Tiny files whose extract can be worked out on paper, damaged files, and facts of the real ones."""

from __future__ import annotations

import bz2
import gc
import gzip
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import osmium
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from circle15.checklist import EXTENSION_KINDS, KINDS
from circle15.errors import DataError, InputError
from circle15.sources import osm as osm_source
from circle15.sources.osm import OsmExtract, osm_sites, read_osm

FRAMES = ("ways", "squares", "points", "barriers", "buildings", "compounds", "admin_areas", "features", "backdrop")
STREET = '<way id="900"><nd ref="900"/><nd ref="901"/><tag k="highway" v="footway"/></way>'
STREET_NODES = '<node id="900" lat="50.000" lon="10.000"/><node id="901" lat="50.009" lon="10.009"/>'
BOX = (10.0, 50.0, 10.01, 50.01)


def said(extract: OsmExtract) -> list[str]:
    return [one.en for one in extract.warnings]


def tags(pairs: dict[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in pairs.items())


def node(number: int, lon: float, lat: float, **pairs: str) -> str:
    return f'<node id="{number}" lat="{lat}" lon="{lon}">{tags(pairs)}</node>'


def way(number: int, refs: Iterable[int], **pairs: str) -> str:
    nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}">{nodes}{tags(pairs)}</way>'


def relation(number: int, members: Iterable[tuple[int, str]], **pairs: str) -> str:
    listed = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
    return f'<relation id="{number}">{listed}{tags(pairs)}</relation>'


def square(first: int, west: float, south: float, size: float) -> str:
    """Four nodes, counter-clockwise from the south-west; ring() walks around them."""
    east, north = west + size, south + size
    corners = ((west, south), (east, south), (east, north), (west, north))
    return "".join(node(first + i, round(x, 6), round(y, 6)) for i, (x, y) in enumerate(corners))


def ring(first: int) -> list[int]:
    return [first, first + 1, first + 2, first + 3, first]


def osm(*parts: str, head: str = "", street: bool = True) -> str:
    """An OSM file in the usual order: nodes, ways, relations; with a street in it unless told otherwise."""
    given = (*parts, STREET_NODES, STREET) if street else parts
    order = ["", "<node", "<way", "<relation"]
    body = "".join(sorted(given, key=lambda part: order.index(part.split(" ")[0])))
    return f'<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">{head}{body}</osm>'


def read(tmp_path: Path, text: str, **options: object) -> OsmExtract:
    path = tmp_path / "tiny.osm"
    path.write_text(text, encoding="utf-8")
    return read_osm(path, **options)


def area(extract: OsmExtract, frame: str, osm_id: str) -> float:
    rows = getattr(extract, frame)
    return float(shapely.area(rows.loc[rows["osm_id"] == osm_id, "geometry"].array[0]))


# Streets

CROSSING = osm(
    *(node(i, 10 + i / 1000, 50.0) for i in range(1, 5)),
    node(5, 10.002, 50.001, barrier="gate", access="private"),
    node(6, 10.003, 50.001, entrance="main"),
    way(30, [1, 2, 3], highway="residential", name="主街"),
    way(7, [5, 2], highway="path"),
    way(8, [3, 4], railway="platform"),
    way(9, [3, 6], railway="abandoned"),
    street=False,
)


def test_streets_are_arrays_in_order_of_id(tmp_path: Path) -> None:
    extract = read(tmp_path, CROSSING)
    assert extract.ways["osm_id"].tolist() == ["w7", "w8", "w30"]
    assert extract.ways["tags"].tolist()[2] == {"highway": "residential", "name": "主街"}
    assert extract.way_offsets.tolist() == [0, 2, 4, 7]
    assert extract.way_node_ids.tolist() == [5, 2, 3, 4, 1, 2, 3]
    assert extract.way_lonlat.tolist()[:2] == [[10.002, 50.001], [10.002, 50.0]]
    assert (extract.way_offsets.dtype, extract.way_node_ids.dtype) == (np.int64, np.int64)


def test_squares_are_areas_of_streets_with_the_nodes_at_their_corners(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        osm(
            square(1, 10.0, 50.0, 0.004),
            square(11, 10.001, 50.001, 0.002),
            square(21, 10.005, 50.0, 0.001),
            way(1, ring(1)),
            way(2, ring(11), barrier="kerb"),
            relation(7, [(1, "outer"), (2, "inner")], type="multipolygon", highway="pedestrian"),
            relation(8, [(1, "outer")], type="boundary", highway="pedestrian"),
            way(3, ring(21), highway="footway", area="yes", name="广场"),
            way(4, ring(21), highway="footway"),
            way(5, ring(21), railway="platform", area="yes"),
            way(6, ring(21), landuse="grass", area="yes"),
            way(9, [21, 22, 23], highway="pedestrian", area="yes"),
        ),
    )
    assert extract.squares["osm_id"].tolist() == ["w3", "w5", "r7"]
    assert extract.squares["tags"].tolist()[0] == {"highway": "footway", "area": "yes", "name": "广场"}
    assert area(extract, "squares", "r7") == pytest.approx(0.004**2 - 0.002**2)
    drawn = {1: (10.0, 50.0), 2: (10.004, 50.0), 3: (10.004, 50.004), 4: (10.0, 50.004)}
    drawn |= {11: (10.001, 50.001), 12: (10.003, 50.001), 13: (10.003, 50.003), 14: (10.001, 50.003)}
    drawn |= {21: (10.005, 50.0), 22: (10.006, 50.0), 23: (10.006, 50.001), 24: (10.005, 50.001)}
    corners = shapely.get_coordinates(extract.squares.geometry.array).tolist()
    assert corners == [list(drawn[node_id]) for node_id in extract.square_node_ids.tolist()]
    assert set(extract.square_node_ids.tolist()) == set(drawn)
    # What isn't closed is a street and no square, and nothing is wrong with it.
    assert extract.ways["osm_id"].tolist() == ["w3", "w4", "w5", "w9", "w900"]
    assert not [one for one in extract.warnings if "broken" in one.en]


def test_points_are_barriers_and_entrances(tmp_path: Path) -> None:
    points = read(tmp_path, CROSSING).points
    assert points[["osm_id", "node_id"]].values.tolist() == [["n5", 5], ["n6", 6]]
    assert points["tags"].tolist() == [{"barrier": "gate", "access": "private"}, {"entrance": "main"}]
    assert points.geometry.to_wkt().tolist() == ["POINT (10.002 50.001)", "POINT (10.003 50.001)"]


def test_points_are_crossings_and_signals_too(tmp_path: Path) -> None:
    kinds = ("crossing", "traffic_signals", "bus_stop", "street_lamp")
    drawn = [node(i, 10, 50, highway=kind) for i, kind in enumerate(kinds, 1)]
    points = read(tmp_path, osm(*drawn, way(1, [900, 901], highway="path"))).points
    assert points["osm_id"].tolist() == ["n1", "n2"]


def test_every_format_reads_alike(tmp_path: Path) -> None:
    plain = tmp_path / "city.osm"
    plain.write_text(CROSSING, encoding="utf-8")
    (tmp_path / "city.osm.gz").write_bytes(gzip.compress(CROSSING.encode()))
    (tmp_path / "city.osm.bz2").write_bytes(bz2.compress(CROSSING.encode()))
    with osmium.SimpleWriter(str(tmp_path / "city.osm.pbf")) as writer:
        for thing in osmium.FileProcessor(str(plain)):
            writer.add(thing)
    (tmp_path / "no-suffix").write_bytes((tmp_path / "city.osm.pbf").read_bytes())
    expected = read_osm(plain)
    for name in ("city.osm.gz", "city.osm.bz2", "city.osm.pbf", "no-suffix"):
        extract = read_osm(tmp_path / name)
        for frame in FRAMES:
            pd.testing.assert_frame_equal(getattr(extract, frame), getattr(expected, frame))
        assert extract.way_node_ids.tolist() == expected.way_node_ids.tolist()
        assert extract.way_lonlat.tolist() == expected.way_lonlat.tolist()
        assert extract.square_node_ids.tolist() == expected.square_node_ids.tolist()
        assert extract.extent == expected.extent


def test_names_keep_every_character(tmp_path: Path) -> None:
    odd = {"name": "A, B = C % D @ “东大街” 𠮷 ð", "note": "a\nb\tc\xa0d%20%", "name:zh": "", "key, = %": "v"}
    quoted = {key: value.replace("\n", "&#10;").replace("\t", "&#9;") for key, value in odd.items()}
    extract = read(
        tmp_path, osm(node(1, 10, 50, entrance="yes", **quoted), way(1, [900, 901], highway="path", **quoted))
    )
    assert extract.points["tags"].tolist() == [{"entrance": "yes", **odd}]
    assert extract.ways["tags"].tolist()[0] == {"highway": "path", **odd}


def test_ids_may_be_large_and_nodes_nowhere(tmp_path: Path) -> None:
    large = 2**53 + 1  # not a float64
    extract = read(
        tmp_path,
        osm(
            node(3, -179.9999999, -0.0000001, barrier="gate"),
            node(large, 180, 85, barrier="gate"),
            '<node id="5"><tag k="barrier" v="gate"/></node>',
            way(large, [3, large], highway="path"),
        ),
    )
    assert extract.ways["osm_id"].tolist() == ["w900", f"w{large}"]
    assert extract.way_node_ids.tolist() == [900, 901, 3, large]
    assert extract.way_lonlat.tolist()[2:] == [[-179.9999999, -0.0000001], [180, 85]]
    assert extract.points["node_id"].tolist() == [3, large]


def test_long_files_are_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(tmp_path, CROSSING)
    monkeypatch.setattr(osm_source, "BATCH_CHARACTERS", 1)
    parts = read(tmp_path, CROSSING)
    for frame in FRAMES:
        pd.testing.assert_frame_equal(getattr(parts, frame), getattr(whole, frame))
    assert parts.way_lonlat.tolist() == whole.way_lonlat.tolist()


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    read(tmp_path, CROSSING)
    with pytest.raises(DataError):
        read(tmp_path, CROSSING[:-100])
    assert list(folder.iterdir()) == []
    assert gc.isenabled()
    monkeypatch.setattr(osm_source, "ROOM", {"xml": 10**12})
    with pytest.raises(DataError, match=r"tiny\.osm: needs up to \d+ MB in the temporary folder .*; free some or set"):
        read(tmp_path, CROSSING)


def test_ways_may_come_before_their_nodes(tmp_path: Path) -> None:
    start = CROSSING.index("<node")
    middle = CROSSING.index("<way")
    text = CROSSING[:start] + CROSSING[middle:].removesuffix("</osm>") + CROSSING[start:middle] + "</osm>"
    assert read(tmp_path, text).way_lonlat.tolist() == read(tmp_path, CROSSING).way_lonlat.tolist()


def test_clipped_ways_keep_their_runs_and_are_never_joined_across_a_hole(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        osm(
            *(node(i, 10 + i / 1000, 50.0) for i in (1, 2, 4, 5, 6, 8)),
            way(1, range(1, 9), highway="service"),
            way(2, [71, 72], highway="service"),
            way(3, [4, 5, 73, 74, 4], building="yes"),
            way(4, [4, 5, 73, 6, 8, 4], amenity="school"),
            way(5, [1, 2, 3], barrier="fence"),
        ),
    )
    assert extract.ways["osm_id"].tolist() == ["w1", "w1", "w900"]
    assert extract.way_node_ids.tolist() == [1, 2, 4, 5, 6, 900, 901]  # 8 stands alone: no street
    assert extract.barriers.geometry.to_wkt().tolist() == ["LINESTRING (10.001 50, 10.002 50)"]
    assert extract.buildings.empty
    assert extract.features.geometry.to_wkt().tolist() == [
        "MULTILINESTRING ((10.004 50, 10.005 50), (10.006 50, 10.008 50, 10.004 50))"
    ]
    assert extract.cut_node_ids.tolist() == [2, 4, 6]
    assert any(text.startswith("4 ways lack some of their nodes") for text in said(extract))
    assert any("1 more have none" in text for text in said(extract))


def test_streets_are_cut_where_their_next_node_is_missing(tmp_path: Path) -> None:
    # 9 ends a whole street, 8 stands alone on a cut one, 2 and 7 are crossings from which a street leaves the data.
    extract = read(
        tmp_path,
        osm(
            *(node(i, 10 + i / 1000, 50.0) for i in (1, 2, 4, 5, 6, 7, 8, 9)),
            way(1, [1, 2, 3, 4, 5, 6, 73, 8, 74], highway="service"),
            way(2, [71, 2], highway="path"),
            way(3, [6, 7, 9], highway="path"),
            way(4, [7, 75, 76], highway="path"),
            way(5, [9, 77], barrier="fence"),
            way(6, [77, 78], highway="path"),
        ),
    )
    assert extract.cut_node_ids.tolist() == [2, 4, 6, 7]
    assert extract.cut_node_ids.dtype == np.int64
    assert read(tmp_path, CROSSING).cut_node_ids.tolist() == []


# Buildings, areas, features


def test_buildings_are_closed_and_mended_or_counted(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        osm(
            square(1, 10.001, 50.001, 0.002),
            square(11, 10.005, 50.001, 0.002),
            way(1, ring(1), building="house", name="一号楼"),
            way(2, [11, 12, 14, 13, 11], building="yes"),  # a bow tie: two triangles, half the square
            way(3, [1, 2, 3], building="yes"),
            way(4, [1], building="yes"),
            way(5, ring(11), building="no"),
            way(6, [1, 2, 1], building="yes"),
        ),
    )
    assert extract.buildings["osm_id"].tolist() == ["w1", "w2"]
    assert extract.buildings["tags"].tolist()[0] == {"building": "house", "name": "一号楼"}
    assert area(extract, "buildings", "w1") == pytest.approx(4e-6)
    assert area(extract, "buildings", "w2") == pytest.approx(2e-6)
    assert extract.buildings.geometry.is_valid.all()
    assert any(text.startswith("3 broken shapes") and "w3, w4, w6" in text for text in said(extract))


def test_relations_become_polygons_with_holes(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        osm(
            square(1, 10.001, 50.001, 0.004),
            square(11, 10.002, 50.002, 0.001),
            way(1, [1, 2, 3]),
            way(2, [3, 4, 1]),
            way(3, ring(11)),
            relation(5, [(1, "outer"), (2, "outer"), (3, "inner")], type="multipolygon", building="apartments"),
            relation(6, [(1, "outer"), (2, "outer")], type="multipolygon", amenity="school", name="小学"),
            relation(7, [(1, "outer"), (2, "outer")], type="multipolygon", landuse="residential", name="某小区"),
            relation(8, [(1, "outer"), (77, "outer")], type="multipolygon", building="yes"),
            relation(9, [(1, "")], type="route", route="bus"),
        ),
    )
    assert extract.buildings["osm_id"].tolist() == ["r5"]
    assert area(extract, "buildings", "r5") == pytest.approx(16e-6 - 1e-6)
    assert extract.buildings.geometry.geom_type.tolist() == ["Polygon"]
    assert extract.features["osm_id"].tolist() == ["r6"]
    assert area(extract, "features", "r6") == pytest.approx(16e-6)
    assert extract.compounds[["osm_id", "name", "walled"]].values.tolist() == [["r7", "某小区", False]]
    assert any("1 other area relations can't be closed" in text and "r8" in text for text in said(extract))


def test_administrative_boundaries_are_assembled_and_clipped_ones_counted(tmp_path: Path) -> None:
    boundary = {"type": "boundary", "boundary": "administrative"}
    extract = read(
        tmp_path,
        osm(
            square(1, 10.001, 50.001, 0.002),
            square(11, 10.004, 50.001, 0.002),
            way(1, [1, 2, 3], boundary="administrative", admin_level="8"),
            way(2, [3, 4, 1]),
            way(3, ring(11), boundary="administrative", admin_level="10", name="西闸社区"),
            relation(1, [(1, "outer"), (2, "outer")], **boundary, admin_level="8", name="洸河街道"),
            relation(2, [(1, "outer"), (99, "outer")], **boundary, admin_level="6"),
            relation(3, [(1, "outer"), (2, "outer")], **boundary, admin_level="none"),
        ),
    )
    assert extract.admin_areas[["osm_id", "name", "admin_level"]].values.tolist() == [
        ["w3", "西闸社区", 10],
        ["r1", "洸河街道", 8],
    ]
    assert area(extract, "admin_areas", "r1") == pytest.approx(4e-6)
    assert any("1 administrative boundaries can't be closed" in text and "r2" in text for text in said(extract))
    assert not any("broken" in text.split("(")[0] for text in said(extract))  # w1 is a piece, not a broken ring


def test_features_are_points_areas_or_rings_and_never_what_matches_nothing(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        osm(
            square(1, 10.001, 50.001, 0.002),
            node(20, 10.008, 50.008, amenity="pharmacy", name="Apotek", **{"name:zh": "大药房"}, opening_hours="24/7"),
            node(21, 10.008, 50.007, amenity="bench"),
            way(1, ring(1), amenity="school"),
            way(2, ring(1), amenity="school", area="no"),
            way(3, ring(1), building="yes"),
            way(4, [1, 2], amenity="pharmacy"),
        ),
    )
    assert extract.features["osm_id"].tolist() == ["n20", "w1", "w2", "w4"]
    assert extract.features.geometry.geom_type.tolist() == ["Point", "Polygon", "LineString", "LineString"]
    sites, site_kinds = osm_sites(extract)
    assert sites["name"].tolist()[0] == "大药房"
    assert sites["name"].isna().tolist() == [False, True, True, True]
    assert sites["opening_hours"].tolist()[0] == "24/7"
    assert sites["source"].unique().tolist() == ["osm"]
    assert sites[["floor_area_m2", "capacity"]].isna().all(axis=None)
    assert site_kinds.loc[site_kinds["site_id"] == "n20", ["kind", "evidence"]].values.tolist() == [
        ["pharmacy", "confirmed"]
    ]
    assert set(site_kinds["site_id"]) == set(sites["site_id"])


def test_a_file_without_features_has_empty_frames_with_their_columns(tmp_path: Path) -> None:
    extract = read(tmp_path, osm())
    sites, site_kinds = osm_sites(extract)
    assert (len(sites), site_kinds.columns.tolist()) == (0, ["site_id", "kind", "evidence", "rule"])
    for frame in set(FRAMES) - {"ways"}:
        rows = getattr(extract, frame)
        assert rows.empty
        assert rows.crs == "EPSG:4326"
    assert extract.admin_areas["admin_level"].dtype == np.int64
    assert extract.compounds["walled"].dtype == bool


def test_barriers_are_lines_that_stop_a_walker(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        osm(
            square(1, 10.001, 50.001, 0.002),
            way(1, [1, 2], barrier="wall"),
            way(2, [2, 3], waterway="river"),
            way(3, [3, 4], railway="light_rail"),
            way(4, [4, 1], waterway="drain"),
            way(5, [4, 1], railway="abandoned"),
            way(6, ring(1), barrier="hedge"),
        ),
    )
    assert extract.barriers["osm_id"].tolist() == ["w1", "w2", "w3", "w6"]
    assert set(extract.barriers.geometry.geom_type) == {"LineString"}


@pytest.mark.parametrize(
    ("fence", "walled"),
    [
        ((["barrier", "fence"], []), True),  # the compound's own
        (([], [11, 12, 13, 14]), True),  # three sides, 1 m off
        (([], [11, 12]), False),  # one side
        (([], [21, 22, 23, 24]), False),  # three sides, some 20 m off
    ],
)
def test_a_compound_is_walled_when_walls_follow_half_its_edge(
    tmp_path: Path, fence: tuple[list[str], list[int]], walled: bool
) -> None:
    own, refs = fence
    extract = read(
        tmp_path,
        osm(
            square(1, 10.001, 50.001, 0.002),
            square(11, 10.00099, 50.00099, 0.00202),
            square(21, 10.0008, 50.0008, 0.0024),
            way(1, ring(1), landuse="residential", name="小区", **(dict([own]) if own else {})),
            way(2, refs, barrier="fence") if refs else "",
        ),
    )
    assert extract.compounds["walled"].tolist() == [walled]


# Where the data ends, and how old it is


def test_extent_comes_from_the_caller_the_file_or_the_nodes(tmp_path: Path) -> None:
    bounds = '<bounds minlat="49.5" minlon="9.5" maxlat="50.5" maxlon="10.5"/>'
    building = (square(1, 10.008, 50.008, 0.004), way(1, ring(1), building="yes"))
    shop = node(90, 10.002, 50.003, shop="convenience")
    nodes = read(tmp_path, osm(*building, shop))
    # From the shop to the building's middle; the street sticks out to 10.0 and doesn't count.
    assert nodes.extent_source == "nodes"
    assert nodes.extent.bounds == pytest.approx((10.002, 50.003, 10.01, 50.01))
    assert any("set osm.extent in the config" in text for text in said(nodes))
    alone = read(tmp_path, osm(*building))
    assert alone.extent.bounds == (10.0, 50.0, 10.009, 50.009)  # nothing but the street to measure by
    stated = read(tmp_path, osm(*building, head=bounds))
    assert (stated.extent_source, stated.extent.bounds, stated.warnings) == ("file", (9.5, 49.5, 10.5, 50.5), ())
    given = read(tmp_path, osm(*building, head=bounds), extent=BOX)
    assert (given.extent_source, given.extent.bounds) == ("config", BOX)
    triangle = shapely.Polygon([(10, 50), (10.01, 50), (10.01, 50.01)])
    assert read(tmp_path, osm(*building), extent=triangle).extent == triangle


@pytest.mark.parametrize("extent", [(10, 50, 10, 50), (0, 0, 500_000, 500_000), shapely.Polygon()])
def test_an_extent_that_is_no_area_in_degrees_is_refused(tmp_path: Path, extent: object) -> None:
    with pytest.raises(InputError, match="isn't an area in degrees"):
        read(tmp_path, osm(), extent=extent)


def test_an_extent_beside_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"tiny\.osm: has no street in the extent .* span 10\.0000, 50\.0000"):
        read(tmp_path, osm(), extent=(20, 20, 21, 21))


def test_data_date_is_stated_or_the_newest_objects(tmp_path: Path) -> None:
    stamped = STREET_NODES.replace("/>", ' timestamp="2018-01-01T00:00:00Z"/>')
    assert read(tmp_path, osm()).data_date is None
    assert read(tmp_path, osm(stamped, STREET, street=False)).data_date == "2018-01-01"
    assert read(tmp_path, osm(head='<meta osm_base="2021-06-12T07:41:41Z"/>')).data_date == "2021-06-12"
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2016-03-05T00:26:02Z")
    with osmium.SimpleWriter(str(tmp_path / "dated.osm.pbf"), header=header) as writer:
        for thing in osmium.FileProcessor(str(tmp_path / "tiny.osm")):
            writer.add(thing)
    assert read_osm(tmp_path / "dated.osm.pbf").data_date == "2016-03-05"


def test_overpass_date_is_found_in_compressed_files(tmp_path: Path) -> None:
    text = osm(head='<meta osm_base="2021-06-12T07:41:41Z"/>').encode()
    for name, packed in (("a.gz", gzip.compress(text)), ("a.bz2", bz2.compress(text))):
        (tmp_path / name).write_bytes(packed)
        assert read_osm(tmp_path / name).data_date == "2021-06-12"


# The backdrop


def test_backdrop_is_cut_to_the_extent(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        osm(
            square(1, 10.008, 50.002, 0.004),
            square(11, 10.001, 50.001, 0.001),
            square(21, 10.02, 50.02, 0.001),
            way(1, ring(1), natural="water"),
            way(2, ring(11), leisure="park"),
            way(3, ring(21), landuse="grass"),
            way(4, ring(11), landuse="industrial"),
        ),
        extent=BOX,
    )
    assert extract.backdrop["kind"].tolist() == ["water", "green"]
    assert shapely.area(extract.backdrop.geometry.array) == pytest.approx([2 * 4 * 1e-6, 1e-6])


def test_the_sea_lies_on_the_right_of_the_coastline(tmp_path: Path) -> None:
    # A coast from south to north with the sea in the east, and a square island (land on the left) in it.
    coast = (
        node(1, 10.004, 49.99),
        node(2, 10.004, 50.005),
        node(3, 10.004, 50.02),
        square(11, 10.006, 50.004, 0.002),
        way(1, [1, 2], natural="coastline"),
        way(2, [2, 3], natural="coastline"),
        way(3, ring(11), natural="coastline"),
    )
    sea = read(tmp_path, osm(*coast), extent=BOX).backdrop
    assert sea["kind"].tolist() == ["water"]
    assert shapely.area(sea.geometry.array) == pytest.approx([0.006 * 0.01 - 4e-6])
    assert not sea.geometry.array[0].contains(shapely.Point(10.002, 50.005))
    turned = (*coast[:-1], way(3, ring(11)[::-1], natural="coastline"))  # a pool in the sea: contradictory
    assert read(tmp_path, osm(*turned), extent=BOX).backdrop.empty
    assert read(tmp_path, osm(*coast[:-2]), extent=BOX).backdrop.empty  # the coast ends within the box


# Bad input


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_osm(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert caught.value.exit_code == 3
    return message


def test_missing_and_empty_files_are_refused(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "nowhere.osm.pbf")
    assert "no such file" in refused(tmp_path)
    for name in ("empty.osm.pbf", "empty.osm"):
        (tmp_path / name).touch()
        assert "is empty" in refused(tmp_path / name)


def test_truncated_files_are_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    text = osm(*(node(i, *np.round(rng.uniform((10, 50), (11, 51)), 6)) for i in range(1, 3000)))
    whole = tmp_path / "whole.osm"
    whole.write_text(text, encoding="utf-8")
    with osmium.SimpleWriter(str(tmp_path / "whole.osm.pbf")) as writer:
        for thing in osmium.FileProcessor(str(whole)):
            writer.add(thing)
    for name, content in (
        ("half.osm.pbf", (tmp_path / "whole.osm.pbf").read_bytes()),
        ("half.osm.gz", gzip.compress(text.encode())),
        ("half.osm.bz2", bz2.compress(text.encode())),
        ("half.osm", text.encode()),
    ):
        (tmp_path / name).write_bytes(content[: len(content) // 2])
        assert "download or copy it again" in refused(tmp_path / name)


def test_other_files_are_refused(tmp_path: Path) -> None:
    for name, content in (
        ("picture.osm.pbf", b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
        ("notes.osm", b"Dear planner,\nplease find enclosed\n"),
        ("table.osm", b"id,lon,lat\n1,10,50\n"),
        ("page.osm", b"<html><body>404 Not Found</body></html>"),
        ("odd.osm", b'<osm version="0.6"><node id="x" lat="1" lon="2"/></osm>'),
        ("far.osm", b'<osm version="0.6"><node id="1" lat="north" lon="2"/></osm>'),
        ("letter.osm.gz", gzip.compress(b"Dear planner")),
    ):
        (tmp_path / name).write_bytes(content)
        assert "isn't OpenStreetMap data" in refused(tmp_path / name)


def test_a_file_without_streets_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "park.osm"
    for text in (
        osm(square(1, 10, 50, 0.01), way(1, ring(1), leisure="park"), street=False),
        osm(STREET, street=False),  # its nodes are missing
        osm(STREET_NODES, street=False),
    ):
        path.write_text(text, encoding="utf-8")
        assert "has no streets" in refused(path)


# Real files


def test_central_reykjavik(shared_data: Path) -> None:
    extract = read_osm(shared_data / "reykjavik-centre.osm.pbf", extent=(-21.97, 64.12, -21.84, 64.16))
    assert extract.data_date == "2019-05-09"
    assert sum("highway" in one for one in extract.ways["tags"]) == 10_005
    kinds = pd.Series([one["building"] for one in extract.buildings["tags"]]).value_counts()
    assert kinds[["house", "apartments", "residential"]].tolist() == [119, 140, 4139]
    assert extract.way_offsets[-1] == len(extract.way_node_ids) == len(extract.way_lonlat)
    assert len(extract.way_offsets) == len(extract.ways) + 1
    # One node has one place, and nothing of the network is nowhere.
    places = pd.DataFrame(extract.way_lonlat).groupby(extract.way_node_ids).nunique()
    assert (places == 1).all(axis=None)
    for frame in set(FRAMES) - {"ways"}:
        rows = getattr(extract, frame)
        assert rows.geometry.is_valid.all(), frame
        assert not rows.geometry.is_empty.any(), frame
    water = extract.backdrop[extract.backdrop["kind"] == "water"].geometry.union_all()
    assert water.contains(shapely.Point(-21.92, 64.155))  # the bay north of the centre
    assert water.contains(shapely.Point(-21.942, 64.1435))  # the Tjörn
    assert not water.contains(shapely.Point(-21.9266, 64.1417))  # Hallgrímskirkja
    sites, site_kinds = osm_sites(extract)
    assert sites["site_id"].is_unique
    assert set(site_kinds["kind"]) <= {*KINDS, *EXTENSION_KINDS}


def test_extents_of_the_real_files(shared_data: Path) -> None:
    monaco = read_osm(shared_data / "monaco.osm.pbf")
    assert (monaco.extent_source, monaco.extent.bounds) == ("file", (7.349, 43.71, 7.491, 43.77))
    assert monaco.data_date == "2016-03-05"
    guixi = read_osm(shared_data / "guixi.osm")
    assert (guixi.extent_source, guixi.data_date) == ("file", "2024-11-18")
    nanjing = read_osm(shared_data / "nanjing-centre.osm")
    assert (nanjing.extent_source, nanjing.data_date) == ("nodes", "2021-06-12")
    assert nanjing.features["osm_id"].is_unique


@pytest.mark.parametrize("fault", ["lost", "arrow"])
def test_a_fault_of_ours_is_not_blamed_on_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    whole = osm_source._read_opl

    def faulty(opl: Path) -> object:
        if fault == "arrow":
            raise pa.ArrowException("a chunk failed")
        objects, places = whole(opl)
        return objects, places.slice(1)

    monkeypatch.setattr(osm_source, "_read_opl", faulty)
    with pytest.raises(DataError, match=r"couldn't be taken in .*; run it again") as told:
        read(tmp_path, osm())
    assert "damaged" not in str(told.value)
