"""Heights of the ground, as files hold them."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from scipy.ndimage import map_coordinates

from circle15.errors import DataError
from circle15.sources.elevation import read_elevation

# Four by three cells of 0.1 degrees from 10 E, 50 N to 10.4 E, 49.7 N: middles at 10.05 ... 10.35 and 49.95 ... 49.75.
HEIGHTS = np.array([[0, 10, 20, 30], [0, 10, 20, 30], [100, 110, 120, 130]], dtype=np.float32)


def geotiff(path, heights=HEIGHTS, *, crs="EPSG:4326", grid=None, nodata=None, unit=None):
    bands = np.atleast_3d(np.asarray(heights).T).T
    grid = Affine(0.1, 0, 10.0, 0, -0.1, 50.0) if grid is None else grid
    shape = {"count": len(bands), "height": bands.shape[1], "width": bands.shape[2]}
    with rasterio.open(
        path, "w", "GTiff", dtype=bands.dtype, nodata=nodata, crs=crs, transform=grid, **shape
    ) as raster:
        raster.write(bands)
        if unit:
            raster.units = (unit,) * len(bands)
    return path


def test_heights_are_interpolated_between_the_middles_of_cells(tmp_path):
    heights = read_elevation(geotiff(tmp_path / "dem.tif"))
    places = np.array([[10.05, 49.95], [10.10, 49.95], [10.10, 49.80], [10.325, 49.775]])
    # a middle: 0; halfway between 0 and 10: 5; in the middle of 0, 10, 100 and 110: 55;
    # three quarters of the way from 20 to 30 (27.5), and of 27.5 to 127.5: 102.5
    assert heights.at(places) == pytest.approx([0, 5, 55, 102.5], abs=1e-3)


def test_the_outermost_half_cell_has_the_edges_height_and_there_is_none_beyond(tmp_path):
    heights = read_elevation(geotiff(tmp_path / "dem.tif"))
    places = np.array([[10.001, 49.999], [10.399, 49.95], [9.999, 49.95], [10.2, 50.001], [10.2, 49.699]])
    assert heights.at(places)[:2] == pytest.approx([0, 30], abs=1e-3)
    assert np.isnan(heights.at(places)[2:]).all()


@pytest.mark.parametrize(("void", "nodata"), [(-9999, -9999), (-32768, None), (np.nan, np.nan), (7, 7)])
def test_void_cells_have_no_height_told_or_not(tmp_path, void, nodata):
    drawn = HEIGHTS.copy()
    drawn[1, 1] = void
    heights = read_elevation(geotiff(tmp_path / "dem.tif", drawn, nodata=nodata))
    assert np.isnan(heights.at(np.array([[10.15, 49.85], [10.12, 49.87]]))).all()
    # the middles of the neighbours keep their own heights
    assert heights.at(np.array([[10.05, 49.85], [10.15, 49.95]])) == pytest.approx([0, 10], abs=1e-2)


def test_a_projected_model_is_asked_in_degrees_and_only_the_box_is_read(tmp_path):
    # UTM 50N, cells of 30 m from (650000, 3550000): a plane that rises by 0.1 eastwards and 0.05 northwards.
    grid = Affine(30, 0, 650000, 0, -30, 3550000)
    column, row = np.meshgrid(np.arange(400) + 0.5, np.arange(300) + 0.5)
    plane = (0.1 * 30 * column - 0.05 * 30 * row + 1000).astype(np.float32)
    path = geotiff(tmp_path / "dem.tif", plane, crs="EPSG:32650", grid=grid)
    lon, lat = Transformer.from_crs("EPSG:32650", "EPSG:4326", always_xy=True).transform(653000, 3547000)
    part = read_elevation(path, box=(lon - 0.001, lat - 0.001, lon + 0.001, lat + 0.001))
    # 3,000 m east and south of the corner: 1000 + 300 - 150
    assert part.at(np.array([[lon, lat]])) == pytest.approx([1150], abs=0.01)
    assert part.resolution_m == pytest.approx(30, rel=1e-3)
    assert max(part.heights_m.shape) < 30  # 200 m of box and 100 m around it


def test_scipy_interpolates_alike(tmp_path):
    rng = np.random.default_rng(3)
    drawn = rng.uniform(0, 500, (40, 50)).astype(np.float32)
    heights = read_elevation(geotiff(tmp_path / "dem.tif", drawn, grid=Affine(0.001, 0, 10, 0, -0.001, 50)))
    places = np.column_stack([rng.uniform(10.001, 10.049, 200), rng.uniform(49.961, 49.999, 200)])
    rows, columns = (50 - places[:, 1]) / 0.001 - 0.5, (places[:, 0] - 10) / 0.001 - 0.5
    assert heights.at(places) == pytest.approx(map_coordinates(drawn, [rows, columns], order=1), abs=0.01)


def test_cells_finer_than_a_street_are_averaged(tmp_path):
    # Cells of 1 m whose heights alternate between 0 and 2: averaged by fives they lie near 1 everywhere.
    drawn = (np.indices((60, 60)).sum(axis=0) % 2 * 2).astype(np.float32)
    path = geotiff(tmp_path / "dem.tif", drawn, crs="EPSG:32650", grid=Affine(1, 0, 650000, 0, -1, 3550000))
    heights = read_elevation(path)
    assert heights.heights_m.shape == (12, 12)
    assert heights.resolution_m == pytest.approx(5, rel=1e-3)
    assert heights.heights_m == pytest.approx(np.ones((12, 12)), abs=0.05)


def test_an_srtm_tile_is_read_by_its_name(tmp_path):
    # 1201 x 1201 big-endian whole metres from 44 N 7 E (first) southwards; here the row's number, one void.
    drawn = np.repeat(np.arange(1201, dtype=">i2")[:, None], 1201, axis=1)
    drawn[600, 600] = -32768
    path = tmp_path / "N43E007.hgt"
    path.write_bytes(drawn.tobytes())
    heights = read_elevation(path, box=(7.4, 43.4, 7.6, 43.6))
    places = np.array([[7.45, 43.5 + 1 / 1200], [7.45, 43.5 - 0.5 / 1200], [7.5, 43.5]])
    # row 599; halfway between rows 600 and 601; the void
    assert heights.at(places)[:2] == pytest.approx([599, 600.5], abs=1e-3)
    assert np.isnan(heights.at(places)[2])
    assert heights.resolution_m == pytest.approx(80, abs=2)  # 3 arc seconds: 92.6 m and 67.4 m at 43.5 N
    misnamed = tmp_path / "heights.hgt"
    misnamed.write_bytes(path.read_bytes())
    with pytest.raises(DataError, match=r"heights\.hgt: isn't a raster .* under its own name such as N43E007"):
        read_elevation(misnamed)


def test_tiles_side_by_side_are_one_model_by_a_vrt(tmp_path):
    sources = ""
    for i, name in enumerate(("west", "east")):
        geotiff(tmp_path / f"{name}.tif", HEIGHTS * 0 + 10 * i, grid=Affine(0.1, 0, 10 + 0.4 * i, 0, -0.1, 50))
        sources += (
            f'<SimpleSource><SourceFilename relativeToVRT="1">{name}.tif</SourceFilename><SourceBand>1</SourceBand>'
            f'<SrcRect xOff="0" yOff="0" xSize="4" ySize="3"/><DstRect xOff="{4 * i}" yOff="0" xSize="4" ySize="3"/>'
            "</SimpleSource>"
        )
    path = tmp_path / "both.vrt"
    path.write_text(
        '<VRTDataset rasterXSize="8" rasterYSize="3"><SRS>EPSG:4326</SRS>'
        "<GeoTransform>10, 0.1, 0, 50, 0, -0.1</GeoTransform>"
        f'<VRTRasterBand dataType="Float32" band="1">{sources}</VRTRasterBand></VRTDataset>',
        encoding="utf-8",
    )
    # Middles at 10.35 (0 m) and 10.45 (10 m): halfway on the seam
    assert read_elevation(path).at(np.array([[10.4, 49.85]])) == pytest.approx([5], abs=1e-3)


HERE = (10.1, 49.75, 10.3, 49.95)


@pytest.mark.parametrize(
    ("how", "box", "message"),
    [
        ({"heights": np.stack([HEIGHTS] * 3)}, None, "has 3 bands and looks like a picture"),
        ({"heights": HEIGHTS.astype(np.uint8)}, None, "shades of 0 to 255"),
        ({"crs": None}, None, "doesn't say where it lies"),
        ({"unit": "ft"}, None, "heights are in ft; convert them to metres"),
        ({"heights": HEIGHTS + 12000}, None, "has heights up to 12,130, above any mountain"),
        ({"heights": HEIGHTS * 0 - 9999}, HERE, "has no heights in the box 10.1000, 49.7500"),
        ({"heights": HEIGHTS * 0 - 9999}, None, "has no heights in it, only void cells"),
        ({}, (118.0, 32.0, 118.1, 32.1), r"lies elsewhere: its heights span 10\.0000, 49\.7000, 10\.4000, 50\.0000"),
        ({"crs": "EPSG:32650", "grid": Affine(30, 0, 650000, 0, -30, 3550000)}, HERE, "lies elsewhere"),
    ],
)
def test_a_wrong_model_is_refused_in_one_sentence(tmp_path, how, box, message):
    path = geotiff(tmp_path / "dem.tif", **how)
    with pytest.raises(DataError, match=message) as refused:
        read_elevation(path, box=box)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


def test_what_is_no_raster_is_refused(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_elevation(tmp_path / "none.tif")
    with pytest.raises(DataError, match="there is no such file"):
        read_elevation(tmp_path)
    text = tmp_path / "text.tif"
    text.write_text("no raster at all", encoding="utf-8")
    with pytest.raises(DataError, match="isn't a raster of heights or is damaged"):
        read_elevation(text)
    whole = geotiff(tmp_path / "whole.tif", np.random.default_rng(1).uniform(0, 9, (200, 200)).astype(np.float32))
    (tmp_path / "cut.tif").write_bytes(whole.read_bytes()[:60000])
    with pytest.raises(DataError, match="isn't a raster of heights or is damaged"):
        read_elevation(tmp_path / "cut.tif")
