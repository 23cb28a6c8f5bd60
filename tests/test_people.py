"""A study that counts residents of a raster, and only what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from circle15 import Study
from circle15.config import load_config
from circle15.errors import ConfigError, DataError
from drawn import place

if TYPE_CHECKING:
    from pathlib import Path

OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><bounds minlat="{south}" minlon="{west}" maxlat="{north}" maxlon="{east}"/>
{nodes}
<node id="20" version="1" lon="{lon}" lat="{lat}"><tag k="amenity" v="school"/>
<tag k="opening_hours" v="Mo-Fr 08:00-17:00"/></node>
<node id="21" version="1" lon="{lon}" lat="{lat}"><tag k="amenity" v="pharmacy"/></node>
<way id="1" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="2" version="1"><nd ref="11"/><nd ref="12"/><nd ref="13"/><nd ref="14"/><nd ref="11"/>
<tag k="building" v="apartments"/><tag k="building:levels" v="6"/></way>
</osm>"""
# A street of 3 km; a house of 10 x 10 m with six storeys at its middle; a school and a pharmacy 600 m along.
SPOTS = {1: (-1500, 0), 2: (1500, 0), 11: (0, 10), 12: (10, 10), 13: (10, 20), 14: (0, 20)}
CORNERS = (*place(-2000, -2000), *place(2000, 2000))


@pytest.fixture
def study(tmp_path: Path) -> Any:
    """A study of that village with more settings."""

    def made(*, top: str = "", residences: str = "") -> Study:
        nodes = "\n".join(
            f'<node id="{i}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"/>'
            for i, (lon, lat) in ((i, place(*at)) for i, at in SPOTS.items())
        )
        west, south, east, north = CORNERS
        lon, lat = place(600, 0)
        osm = OSM.format(nodes=nodes, west=west, south=south, east=east, north=north, lon=lon, lat=lat)
        (tmp_path / "village.osm").write_text(osm, encoding="utf-8")
        head = 'id = "village"\ntitle_zh = "光河村"\ntitle_en = "Guanghe village"\n'
        config = f'{head}{top}\n[osm]\nfile = "village.osm"\n[residences]\n{residences}\n'
        (tmp_path / "village.toml").write_text(config, encoding="utf-8")
        return Study.from_config(tmp_path / "village.toml")

    return made


def notes(result: Any) -> list[str]:
    return [one["en"] for one in result.about["warnings"]]


def people(folder: Path, values: list[list[float]]) -> None:
    """A raster over the whole village."""
    west, south, east, north = CORNERS
    cells = np.array(values)
    grid = Affine((east - west) / cells.shape[1], 0, west, 0, -(north - south) / cells.shape[0], north)
    with rasterio.open(
        folder / "people.tif", "w", driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=1,
        dtype="float64", crs="EPSG:4326", transform=grid,
    ) as file:  # fmt: skip
        file.write(cells, 1)


def test_weights_are_the_rasters_residents_and_the_rest_is_told(study: Any, tmp_path: Path) -> None:
    people(tmp_path, [[3.0, 0.0, 0.0], [0.0, 90.0, 0.0], [0.0, 0.0, 7.0]])
    result = study(residences='population = "people.tif"\npopulation_unit = "count"').run()
    assert result.residences["weight"].to_numpy() == pytest.approx([90.0])
    assert result.residences["spread_by"].to_numpy() == pytest.approx([600.0], rel=1e-3)
    assert result.about["weight_meaning"] == "residents"
    assert "people.tif" in {file["file"] for file in result.manifest["inputs"]}
    said = (
        "people.tif has 100 people in the study: 90 are spread over the residences, 0 of them from cells without one, "
    )
    assert f"{said}and 10 find none within 100 m" in notes(result)


def test_a_raster_of_another_unit_is_refused(study: Any, tmp_path: Path) -> None:
    people(tmp_path, [[90.0]])
    with pytest.raises(DataError, match=r"people\.tif: gives .* people for each m2"):
        study(residences='population = "people.tif"\npopulation_unit = "per_ha"').run()


@pytest.mark.parametrize(
    ("at", "school", "told"),
    [
        ("2026-11-23T10:00", "covered", "of 2 sites 1 are open, 0 closed, and of 1 the hours are unknown"),
        ("2026-10-10T10:00", "covered", "of 2 sites 1 are open, 0 closed"),  # a Saturday that is worked
        ("2026-10-01T10:00", "unknown", "of 2 sites 0 are open, 1 closed, and of 1 the hours are unknown"),
    ],
)
def test_only_what_is_open_counts(study: Any, at: str, school: str, told: str) -> None:
    result = study(top=f'at = "{at}"').run()
    status = result.access.set_index("kind")["status"]
    assert status["school"] == school
    assert status["pharmacy"] == "possible"  # it is there, but nobody says when it is open
    assert any(told in warning for warning in notes(result))


def test_without_a_moment_hours_do_not_matter(study: Any) -> None:
    result = study().run()
    assert result.access.set_index("kind")["status"][["school", "pharmacy"]].tolist() == ["covered", "covered"]
    assert not any("open at" in warning for warning in notes(result))


def test_strange_zones_and_moments_are_named(study: Any) -> None:
    with pytest.raises(ConfigError, match="key 'timezone': 'Nanjing' is no time zone; give one such as"):
        study(top='timezone = "Nanjing"')
    with pytest.raises(ConfigError, match="key 'at'"):
        study(top='at = "tonight"')


def test_a_moment_may_be_written_as_toml_has_it(study: Any) -> None:
    config = load_config(study(top="at = 2026-11-23T19:00:00").config.path)
    assert config.settings()["at"] == "2026-11-23T19:00:00"
