"""Residents from households, rasters and compounds, on cells and buildings drawn by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from shapely import Point, box

from circle15.errors import DataError, InputError
from circle15.schema import checked_residences
from circle15.sources.population import Spread, settle_people, spread_population, weights_of_households

if TYPE_CHECKING:
    from pathlib import Path

PLANE = "EPSG:32650"
X, Y = 668_000.0, 3_545_000.0  # the north-west corner of what is drawn


def at(x: float, y: float, width: float = 0.0, height: float = 0.0) -> Any:
    """A point, or a box, so many metres east and south of the corner."""
    return box(X + x, Y - y - height, X + x + width, Y - y) if width else Point(X + x, Y - y)


def homes(*drawn: tuple[Any, float]) -> gpd.GeoDataFrame:
    frame = {"residence_id": [f"h{i}" for i in range(len(drawn))], "weight": [weight for _, weight in drawn]}
    return checked_residences(gpd.GeoDataFrame(frame, geometry=[shape for shape, _ in drawn], crs=PLANE))


@pytest.fixture
def raster(tmp_path: Path) -> Any:
    """Write cells of 100 m (or another grid) as a GeoTIFF."""

    def write(
        values: Any, *, crs: Any = PLANE, grid: Any = None, nodata: Any = None, units: str = "", bands: int = 1
    ) -> Path:
        cells = np.asarray(values, dtype=np.float64)
        path = tmp_path / "people.tif"
        with rasterio.open(
            path, "w", driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=bands, dtype="float64",
            crs=crs, transform=grid or Affine(100, 0, X, 0, -100, Y), nodata=nodata,
        ) as file:  # fmt: skip
            for band in range(1, bands + 1):
                file.write(cells, band)
            if units:
                file.set_band_unit(1, units)
        return path

    return write


def extent(width: float, height: float, *, x: float = 0.0, y: float = 0.0) -> Any:
    """A study so large; its edge is bent a little by the change of projection, by less than a millimetre here."""
    outline = shapely.segmentize(at(x, y, width, height), 5.0)
    return gpd.GeoSeries([outline], crs=PLANE).to_crs("EPSG:4326").iloc[0]


def spread(path: Path, residences: gpd.GeoDataFrame, width: float = 200, height: float = 100, **options: Any) -> Spread:
    given = {"unit": "count", "plausible_per_weight": None} | options
    return spread_population(path, residences, extent=extent(width, height), **given)


class TestSpread:
    def test_by_floor_area_within_each_cell(self, raster: Any) -> None:
        # h0: 10 x 10 in the left cell, 100 m2 of floor. h1: 40 x 10, half in each cell, 600 m2: 300 in each.
        told = spread(raster([[80, 30]]), homes((at(10, 10, 10, 10), 100.0), (at(80, 50, 40, 10), 600.0)))
        # Left: 80 people on 100 + 300 m2; right: 30 on 300.
        assert told.residences["weight"].to_numpy() == pytest.approx([20.0, 60.0 + 30.0], rel=1e-6)
        assert told.residences["spread_by"].tolist() == [100.0, 600.0]
        assert told.summary["people_in_study"] == pytest.approx(110.0)
        assert told.summary["people_spread"] == pytest.approx(told.summary["people_in_study"], rel=1e-12)
        assert (told.summary["people_moved"], told.summary["people_unplaced"]) == (0.0, 0.0)

    def test_a_point_is_all_in_its_cell(self, raster: Any) -> None:
        told = spread(raster([[40, 5]]), homes((at(99, 50), 3.0), (at(20, 20), 1.0), (at(101, 50), 9.0)))
        assert told.residences["weight"].to_numpy() == pytest.approx([30.0, 10.0, 5.0], rel=1e-6)

    def test_people_without_a_building_go_next_door_or_are_told(self, raster: Any) -> None:
        # The one home is 10 m into the first cell of 300 m: 80 m from the second cell, 180 m from the third.
        home = homes((at(10, 40, 10, 10), 100.0))
        path = raster([[10, 20, 40]])
        told = spread(path, home, width=300)
        assert told.residences["weight"].tolist() == pytest.approx([30.0])
        assert told.summary["people_moved"] == pytest.approx(20.0)
        assert told.summary["people_unplaced"] == pytest.approx(40.0)
        assert told.summary["n_cells_unplaced"] == 1
        assert told.summary["people_in_study"] == pytest.approx(70.0)
        assert spread(path, home, width=300, reach_m=79).residences["weight"].tolist() == pytest.approx([10.0])
        assert spread(path, home, width=300, reach_m=181).residences["weight"].tolist() == pytest.approx([70.0])

    def test_of_equally_near_homes_the_smallest_id_gets_them_and_homes_without_floor_none(self, raster: Any) -> None:
        near = homes((at(90, 50), 0.0), (at(50, 50), 1.0), (at(250, 50), 1.0))
        told = spread(raster([[0, 7, 0]]), near, width=300)
        assert told.residences["weight"].tolist() == pytest.approx([0.0, 7.0, 0.0])
        assert told.summary["n_residences_empty"] == 2

    def test_a_cell_cut_by_the_study_counts_in_part(self, raster: Any) -> None:
        told = spread(raster([[80, 40]]), homes((at(10, 10), 1.0)), width=150, reach_m=0.0)
        assert told.summary["people_in_study"] == pytest.approx(80 + 20, rel=1e-4)
        assert told.summary["people_unplaced"] == pytest.approx(20, rel=1e-3)

    def test_void_cells_hold_nobody_and_are_counted(self, raster: Any) -> None:
        for void in (-99999.0, np.nan):
            told = spread(raster([[80, void]], nodata=-99999.0), homes((at(10, 10), 1.0), (at(150, 10), 1.0)))
            assert told.residences["weight"].tolist() == pytest.approx([80.0, 0.0])
            assert (told.summary["n_cells"], told.summary["n_cells_void"]) == (2, 1)

    @pytest.mark.parametrize(("unit", "value"), [("per_km2", 8000.0), ("per_ha", 80.0)])
    def test_densities_are_counted_by_the_cells_area(self, raster: Any, unit: str, value: float) -> None:
        # 100 m cells have 0.01 km2 or 1 ha; the projection's scale is within 0.1 %, so its area within 0.2 %.
        told = spread(raster([[value]]), homes((at(10, 10), 1.0)), width=100, unit=unit)
        assert told.summary["people_in_study"] == pytest.approx(80.0, rel=2e-3)

    @pytest.mark.parametrize(
        ("units", "people"),
        [
            ("people per km2", 0.3), ("persons/km²", 0.3), ("inhabitants / sq km", 0.3), ("people/ha", 30.0),
            ("persons per hectare", 30.0), ("people", 30.0), ("number of people per cell", 30.0), ("人", 30.0),
            ("人/平方公里", 0.3), ("每公顷人数", 30.0), ("population_density_people_per_km2", 0.3),
        ],
    )  # fmt: skip
    def test_the_files_own_unit_is_read(self, raster: Any, units: str, people: float) -> None:
        told = spread(raster([[30.0]], units=units), homes((at(10, 10), 1.0)), width=100, unit=None)
        assert told.summary["people_in_study"] == pytest.approx(people, rel=2e-3)

    def test_rasters_in_degrees(self, raster: Any) -> None:
        # 0.001 degrees at 32 N: 94.5 m x 110.9 m by the WGS84 ellipsoid's radii there, 10,480 m2.
        path = raster([[10000.0]], crs="EPSG:4326", grid=Affine(0.001, 0, 118.78, 0, -0.001, 32.001))
        home = checked_residences(
            gpd.GeoDataFrame({"residence_id": ["h"]}, geometry=[Point(118.7805, 32.0005)], crs="EPSG:4326")
        )
        study = box(118.78, 32.0, 118.781, 32.001)
        told = spread_population(path, home, extent=study, unit="per_km2", plausible_per_weight=None)
        assert told.summary["people_in_study"] == pytest.approx(104.8, rel=1e-3)

    def test_three_thousand_buildings_smaller_than_a_cell(self, raster: Any) -> None:
        random = np.random.default_rng(15)
        people = random.integers(1, 400, (30, 30)).astype(np.float64)
        x, y = random.uniform(5, 2980, (2, 3000))
        size, floors = random.uniform(5, 15, (2, 3000)), random.integers(1, 30, 3000)
        drawn = [
            (at(a, b, w, h), w * h * n) for a, b, w, h, n in zip(x, y, *size, floors.tolist(), strict=True)
        ]  # fmt: skip
        told = spread(raster(people), homes(*drawn), width=3000, height=3000)
        assert told.summary["n_residences_empty"] == 0
        everyone = told.summary["people_spread"] + told.summary["people_unplaced"]
        assert everyone == pytest.approx(told.summary["people_in_study"], rel=1e-9)
        assert told.summary["people_in_study"] == pytest.approx(people.sum(), rel=1e-5)  # the outline is bent

    def test_nothing_given_is_changed(self, raster: Any) -> None:
        given = homes((at(10, 10, 10, 10), 100.0)).assign(weight_elderly=3.0)
        before = given.copy()
        told = spread(raster([[80]]), given, width=100)
        pd.testing.assert_frame_equal(pd.DataFrame(given), pd.DataFrame(before))
        assert told.residences["weight_elderly"].tolist() == [3.0]


class TestRefused:
    @pytest.mark.parametrize(
        ("values", "options", "message"),
        [
            ([[-5.0]], {}, "has values down to -5, .* declare the file's nodata"),
            ([[-1.0]], {"nodata": -1.0}, "no data in the study area, only void cells"),
            ([[1.0]], {"crs": None}, "no coordinate system"),
            ([[1.0]], {"bands": 3}, "has 3 bands; give one band"),
            ([[1.0]], {"grid": Affine(100, 0, X + 9000, 0, -100, Y)}, "lies elsewhere: it spans 118.8"),
            ([[1.0]], {"grid": Affine(100, 0, X, 0, 100, Y - 100)}, "isn't north up"),
            ([[1.0]], {"units": "people/ha"}, "says that its cells are per_ha, not count"),
        ],
    )
    def test_a_raster_that_cannot_be_used(self, raster: Any, values: Any, options: Any, message: str) -> None:
        path = raster(values, **options)
        with pytest.raises(DataError, match=message) as caught:
            spread(path, homes((at(10, 10), 1.0)), width=100)
        assert str(caught.value).startswith(f"{path}: ")

    def test_a_unit_that_nobody_says(self, raster: Any) -> None:
        with pytest.raises(DataError, match="number of people or a density; set unit"):
            spread(raster([[1.0]], units="density of people"), homes((at(10, 10), 1.0)), width=100, unit=None)
        with pytest.raises(DataError, match="number of people or a density; set unit to count, per_km2, per_ha"):
            spread(raster([[1.0]]), homes((at(10, 10), 1.0)), width=100, unit=None)
        with pytest.raises(InputError, match="unit is 'per_mile'; use count, per_km2, per_ha"):
            spread(raster([[1.0]]), homes((at(10, 10), 1.0)), width=100, unit="per_mile")

    @pytest.mark.parametrize(("value", "unit"), [(25_000.0, "count"), (250.0, "per_km2")])
    def test_a_density_taken_for_a_count_and_the_other_way(self, raster: Any, value: float, unit: str) -> None:
        # 10,000 m2 of floor for 250 people is usual. 25,000 a km2 read as a count gives 2.5 people a m2; a count of 250
        # in a cell of 0.01 km2 read as a density gives 2.5 people, 0.00025 a m2.
        home = homes((at(10, 10, 50, 50), 10_000.0))
        plausible = {"plausible_per_weight": (0.001, 0.5)}
        with pytest.raises(DataError, match="people for each m2 of residential floor"):
            spread(raster([[value]]), home, width=100, unit=unit, **plausible)
        right = "per_km2" if unit == "count" else "count"
        told = spread(raster([[value]]), home, width=100, unit=right, **plausible)
        assert told.summary["people_per_weight"] == pytest.approx(0.025, rel=2e-3)

    def test_no_file_no_raster_and_no_floor(self, raster: Any, tmp_path: Path) -> None:
        home = homes((at(10, 10), 1.0))
        with pytest.raises(DataError, match="there is no such file"):
            spread(tmp_path / "none.tif", home)
        (tmp_path / "text.tif").write_text("no raster", encoding="utf-8")
        with pytest.raises(DataError, match="isn't a raster or is damaged"):
            spread(tmp_path / "text.tif", home)
        with pytest.raises(DataError, match="no residence has any weight"):
            spread(raster([[1.0]]), homes((at(10, 10), 0.0)))


class TestHouseholds:
    def test_one_size_or_one_each(self) -> None:
        households = pd.Series([100, 40], index=["a", "b"])
        assert weights_of_households(households, 2.5).to_dict() == {"a": 250.0, "b": 100.0}
        assert weights_of_households(households, pd.Series([2.0, 3.0], index=["a", "b"])).tolist() == [200.0, 120.0]

    @pytest.mark.parametrize(("households", "size"), [([-1.0, 2.0], 2.6), ([np.nan, 2.0], 2.6), ([1.0, 2.0], 0.0)])
    def test_bad_figures_are_named(self, households: list[float], size: float) -> None:
        with pytest.raises(DataError, match="rows 0"):
            weights_of_households(pd.Series(households), size)


class TestCompounds:
    def given(self) -> gpd.GeoDataFrame:
        drawn = homes(
            (at(0, 0, 10, 10), 100.0), (at(20, 0, 10, 10), 300.0), (at(500, 0, 10, 10), 50.0),
            (at(40, 0, 10, 10), 70.0),
        )  # fmt: skip
        return drawn.assign(compound_id=pd.array(["c1", "c1", None, None], dtype="str"))

    def test_its_own_figure_silences_its_buildings_estimates(self) -> None:
        figures = pd.DataFrame({"compound_id": ["c1", "c9"], "weight": [1000, 5]})
        told = settle_people(self.given(), figures)
        assert told.residences["weight"].tolist() == [250.0, 750.0, 50.0, 70.0]
        assert told.unplaced["compound_id"].tolist() == ["c9"]

    def test_floor_area_decides_where_the_weight_is_people_already(self) -> None:
        given = self.given().assign(spread_by=[1.0, 1.0, 9.0, 9.0])
        told = settle_people(given, pd.DataFrame({"compound_id": ["c1"], "weight": [1000]}))
        assert told.residences["weight"].tolist() == [500.0, 500.0, 50.0, 70.0]

    def test_buildings_without_floor_share_evenly(self) -> None:
        given = self.given().assign(weight=[0.0, 0.0, 50.0, 70.0])
        told = settle_people(given, pd.DataFrame({"compound_id": ["c1"], "weight": [9]}))
        assert told.residences["weight"].tolist() == [4.5, 4.5, 50.0, 70.0]

    def test_a_polygon_takes_in_what_stands_in_it_the_smallest_first(self) -> None:
        figures = gpd.GeoDataFrame(
            {"compound_id": ["big", "c1", "small"], "weight": [80, 1000, 7]},
            geometry=[at(-5, -5, 800, 100), at(-5, -5, 40, 40), at(35, -5, 40, 40)], crs=PLANE,
        )  # fmt: skip
        told = settle_people(self.given(), figures)
        assert told.residences["compound_id"].tolist() == ["c1", "c1", "big", "small"]
        assert told.residences["weight"].tolist() == [250.0, 750.0, 80.0, 7.0]

    def test_two_figures_and_bad_ones_are_named(self) -> None:
        with pytest.raises(DataError, match="c1 are given twice"):
            settle_people(self.given(), pd.DataFrame({"compound_id": ["c1", "c1"], "weight": [1, 2]}))
        with pytest.raises(DataError, match="c1 have no figure of at least 0"):
            settle_people(self.given(), pd.DataFrame({"compound_id": ["c1"], "weight": [-1]}))
