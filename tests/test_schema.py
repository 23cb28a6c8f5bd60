"""The frames at the door: defaults filled, order fixed, every bad row named."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from circle15.errors import DataError
from circle15.schema import checked_area_shapes, checked_residences, checked_site_kinds, checked_sites


def points(key, ids, **columns):
    shapes = [shapely.Point(118.0 + i / 1000, 32.0) for i in range(len(ids))]
    return gpd.GeoDataFrame({key: ids, **columns}, geometry=shapes, crs="EPSG:4326")


def test_ids_and_geometry_are_enough():
    frame = checked_residences(points("residence_id", ["b", "a"]))
    assert frame["residence_id"].tolist() == ["a", "b"]
    assert frame["weight"].tolist() == [1.0, 1.0]
    assert frame["setting"].tolist() == ["urban", "urban"]
    assert frame["community_id"].isna().all()


def test_other_columns_pass_through_and_the_input_stays_as_it_was():
    given = points("residence_id", [2, 1], colour=["red", "blue"])
    before = given.copy()
    frame = checked_residences(given)
    assert frame[["residence_id", "colour"]].to_numpy().tolist() == [["1", "blue"], ["2", "red"]]
    pd.testing.assert_frame_equal(given, before)


def test_other_coordinate_systems_are_brought_to_4326():
    frame = checked_sites(points("site_id", ["s"]).to_crs("EPSG:4549"))
    assert frame.geometry.x[0] == pytest.approx(118.0, abs=1e-9)
    assert frame["source"].tolist() == ["sites"]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (points("residence_id", ["a", "b", "a"]), "residence_id is repeated in 2 rows: a, a"),
        (points("residence_id", ["a", None]), "residence_id is missing in rows 1"),
        (points("residence_id", ["a", "b"], weight=[1, -2]), "weight is missing, negative or infinite in 1 rows: b"),
        (points("residence_id", ["a", "b"], weight=[1, "many"]), "weight is not a number in 1 rows: b"),
        (points("residence_id", ["a"], setting=["suburb"]), "setting is unknown in 1 rows: a; use urban or rural"),
        (points("residence_id", ["a"]).set_crs(None, allow_override=True), "coordinate system is missing"),
        (points("name", ["a"]), "column residence_id is missing"),
        (points("residence_id", ["a"], community_id=["none"]), "the area id 'none' is reserved in 1 rows: a"),
        (pd.DataFrame({"residence_id": ["a"]}), "a table without geometry"),
    ],
)
def test_bad_residences(frame, told):
    with pytest.raises(DataError, match=told):
        checked_residences(frame)


def test_empty_geometry_and_metres_declared_as_degrees():
    hollow = points("residence_id", ["a", "b"])
    hollow.loc[1, "geometry"] = shapely.Point()
    with pytest.raises(DataError, match="geometry is missing or empty in 1 rows: b"):
        checked_residences(hollow)
    metres = gpd.GeoDataFrame({"residence_id": ["a"]}, geometry=[shapely.Point(500000, 3500000)], crs="EPSG:4326")
    with pytest.raises(DataError, match="coordinates are not on earth in 1 rows: a; check the declared"):
        checked_residences(metres)
    swapped = gpd.GeoDataFrame({"residence_id": ["a"]}, geometry=[shapely.Point(32, 118)], crs="EPSG:4326")
    with pytest.raises(DataError, match="longitude and latitude are swapped"):
        checked_residences(swapped)


def test_the_active_geometry_counts_whatever_its_name():
    frame = points("residence_id", ["a"]).rename_geometry("geom").assign(geometry="a text")
    assert checked_residences(frame).geometry.geom_type.tolist() == ["Point"]


def test_the_strongest_evidence_of_a_pair_is_kept():
    sites = checked_sites(points("site_id", ["s", "t"]))
    rows = [("t", "dining", "implied", "x"), ("s", "school", "possible", "x"), ("s", "school", "confirmed", "y")]
    frame = checked_site_kinds(
        pd.DataFrame(rows, columns=["site_id", "kind", "evidence", "rule"]), sites=sites, kinds=["school", "dining"]
    )
    assert frame.to_numpy().tolist() == [["s", "school", "confirmed", "y"], ["t", "dining", "implied", "x"]]


def areas(shape, **columns):
    table = {"level": ["community"], "area_id": ["c1"], **columns}
    return gpd.GeoDataFrame(table, geometry=[shape], crs="EPSG:4326")


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (areas(shapely.Point(0, 0)), "no polygon"),
        (areas(shapely.box(0, 0, 1, 1)).drop(columns="level"), "column level is missing"),
        (areas(shapely.box(0, 0, 1, 1), level=["village"]), "level is unknown"),
        (pd.DataFrame(areas(shapely.box(0, 0, 1, 1))), "a table without geometry"),
        (areas(shapely.box(0, 0, 1, 1), area_id=["none"]), "'none' is reserved"),
        (pd.concat([areas(shapely.box(0, 0, 1, 1))] * 2), "ids are repeated"),
    ],
)
def test_bad_areas(frame, told):
    with pytest.raises(DataError, match=told):
        checked_area_shapes(frame)
