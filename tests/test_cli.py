"""The commands as a person meets them: help, JSON, and every kind of bad input as one sentence with an exit code."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tomllib

import geopandas as gpd
import pytest
import shapely
import typer

from circle15 import cli, demo
from drawn import place

STREETS = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><bounds minlat="{south}" minlon="{west}" maxlat="{north}" maxlon="{east}"/>
{nodes}
<way id="1" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="2" version="1"><nd ref="11"/><nd ref="12"/><nd ref="13"/><nd ref="14"/><nd ref="11"/>
<tag k="building" v="apartments"/><tag k="building:levels" v="6"/></way>
</osm>"""
#  A street of 3 km from (-1500, 0) to (1500, 0); a house of 10 x 10 m at its middle; a school at (600, 0).
SPOTS = {1: (-1500, 0), 2: (1500, 0), 11: (0, 10), 12: (10, 10), 13: (10, 20), 14: (0, 20)}


def village_osm():
    nodes = []
    for i, at in SPOTS.items():
        lon, lat = place(*at)
        nodes.append(f'<node id="{i}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"/>')
    lon, lat = place(600, 0)
    nodes.append(
        f'<node id="20" version="1" lon="{lon:.7f}" lat="{lat:.7f}" timestamp="2026-01-02T00:00:00Z">'
        '<tag k="amenity" v="school"/><tag k="name" v="光河路小学"/></node>'
    )
    (west, south), (east, north) = place(-2000, -2000), place(2000, 2000)
    return STREETS.format(nodes="\n".join(nodes), west=west, south=south, east=east, north=north)


CONFIG = """
id = "village"
title_zh = "光河村"
title_en = "Guanghe village"
[osm]
file = "village.osm"
"""


@pytest.fixture
def village(tmp_path):
    """A study of one house, one street and one school."""
    (tmp_path / "village.osm").write_text(village_osm(), encoding="utf-8")
    (tmp_path / "village.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def call(monkeypatch, capsys, *words):
    """Exit code, stdout and stderr of a command."""
    monkeypatch.setattr(sys, "argv", ["circle15", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    said = capsys.readouterr()
    return stop.value.code or 0, said.out, said.err


def refused(monkeypatch, capsys, village, *, code, config=None):
    """The one sentence with which a run is refused; nothing is left behind."""
    if config is not None:
        (village / "village.toml").write_text(config, encoding="utf-8")
    before = sorted(path.name for path in village.iterdir())
    got, out, err = call(monkeypatch, capsys, "run", village / "village.toml", "--out", village / "out")
    assert got == code, err
    assert out == ""
    sentence = err.strip()
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert sentence.startswith("circle15: ")
    assert sorted(path.name for path in village.iterdir()) == before
    return sentence


def test_run_prints_one_json_object(village, monkeypatch, capsys):
    code, out, _ = call(monkeypatch, capsys, "run", village / "village.toml", "--out", village / "out", "--json")
    assert code == 0
    said = json.loads(out)
    assert (said["residences"], said["access_rows"]) == (1, 27)
    # The school is 600 m along the street and 15 m of leg away from the house's middle: covered at 1 m/s.
    assert said["statuses"] == {"covered": 1, "unknown": 26}
    assert (village / "out" / "map.html").exists()


def test_run_says_where_things_are(village, monkeypatch, capsys):
    code, out, _ = call(monkeypatch, capsys, "run", village / "village.toml", "--out", village / "out")
    assert code == 0
    assert "1 residences, 1 sites" in out
    assert str(village / "out" / "map.html") in out
    assert str(village / "out" / "reports" / "all.html") in out


def test_profile_takes_the_place_of_the_configs(village, monkeypatch, capsys):
    out = village / "out"
    assert call(monkeypatch, capsys, "run", village / "village.toml", "--out", out, "--profile", "wheelchair")[0] == 0
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["walk"]["profile"] == "wheelchair"


def test_check_tells_counts_and_completeness(village, monkeypatch, capsys):
    code, out, _ = call(monkeypatch, capsys, "check", village / "village.toml", "--json")
    assert code == 0
    found = json.loads(out)
    school = next(row for row in found["kinds"] if row["kind"] == "school")
    assert (school["confirmed"], school["possible"]) == (1, 0)
    code, out, _ = call(monkeypatch, capsys, "check", village / "village.toml")
    assert code == 0
    assert "1 residences with 600 m² of residential floor area" in out  # 10 x 10 m, 6 storeys
    assert "not declared" in out


def test_help_is_quick_and_imports_nothing_heavy():
    heavy = "numpy, pandas, geopandas, shapely, numba, scipy, osmium, highspy, networkx, jinja2, pydantic".split(", ")
    code = f"import sys, circle15.cli; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_command_has_help(monkeypatch, capsys):
    names = list(typer.main.get_command(cli.app).commands)
    assert {"demo", "run", "check", "map", "report", "init", "fetch", "comments"} <= set(names)
    for words in ([], *([name] for name in names)):
        code, out, _ = call(monkeypatch, capsys, *words, "--help")
        assert code == 0
        assert "Usage" in out
        # What the command does stands below its usage, then what each option is for.
        assert len(out.split("\n\n")[1].strip()) > 20
        options = [line for line in out.splitlines() if line.startswith("  --") and len(line.split("  ")) < 3]
        assert options == [], words


def test_usage_mistakes_exit_with_2(monkeypatch, capsys):
    assert call(monkeypatch, capsys, "run", "--nonsense")[0] == 2
    assert call(monkeypatch, capsys, "nonsense")[0] == 2


# Bad data


def test_missing_osm_file(village, monkeypatch, capsys):
    (village / "village.osm").unlink()
    assert "village.osm" in refused(monkeypatch, capsys, village, code=3)


def test_empty_osm_file(village, monkeypatch, capsys):
    (village / "village.osm").write_bytes(b"")
    sentence = refused(monkeypatch, capsys, village, code=3)
    assert "village.osm" in sentence
    assert "empty" in sentence


def test_truncated_pbf(village, monkeypatch, capsys):
    whole = demo.config_path().with_name("reykjavik-centre.osm.pbf").read_bytes()
    (village / "half.osm.pbf").write_bytes(whole[: len(whole) // 2])
    config = CONFIG.replace("village.osm", "half.osm.pbf")
    assert "half.osm.pbf" in refused(monkeypatch, capsys, village, code=3, config=config)


def test_truncated_gz(village, monkeypatch, capsys):
    packed = gzip.compress(village_osm().encode() * 3)
    (village / "half.osm.gz").write_bytes(packed[: len(packed) // 2])
    config = CONFIG.replace("village.osm", "half.osm.gz")
    assert "half.osm.gz" in refused(monkeypatch, capsys, village, code=3, config=config)


def test_a_png_named_pbf(village, monkeypatch, capsys):
    (village / "picture.osm.pbf").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    config = CONFIG.replace("village.osm", "picture.osm.pbf")
    assert "picture.osm.pbf" in refused(monkeypatch, capsys, village, code=3, config=config)


def test_text_that_is_no_osm(village, monkeypatch, capsys):
    (village / "village.osm").write_text("<html><body>404</body></html>", encoding="utf-8")
    assert "village.osm" in refused(monkeypatch, capsys, village, code=3)


def test_area_layer_with_no_polygons(village, monkeypatch, capsys):
    points = gpd.GeoDataFrame(
        {"level": ["community"], "area_id": ["c1"]}, geometry=[shapely.Point(place(0, 0))], crs="EPSG:4326"
    )
    points.to_file(village / "areas.gpkg")
    config = CONFIG + '[areas]\nfile = "areas.gpkg"\n'
    sentence = refused(monkeypatch, capsys, village, code=3, config=config)
    assert "areas.gpkg: no polygon" in sentence


def test_area_layer_that_is_no_map(village, monkeypatch, capsys):
    (village / "areas.geojson").write_text("not a map", encoding="utf-8")
    config = CONFIG + '[areas]\nfile = "areas.geojson"\n'
    assert "areas.geojson" in refused(monkeypatch, capsys, village, code=3, config=config)


def test_missing_area_file(village, monkeypatch, capsys):
    config = CONFIG + '[areas]\nfile = "nowhere.gpkg"\n'
    assert "nowhere.gpkg: no such file" in refused(monkeypatch, capsys, village, code=3, config=config)


def test_no_building_of_the_types(village, monkeypatch, capsys):
    config = CONFIG + '[residences]\nbuildings = ["igloo"]\n'
    sentence = refused(monkeypatch, capsys, village, code=3, config=config)
    assert "village.osm: none of 1 buildings is typed igloo" in sentence


def test_no_residence_in_the_study_area(village, monkeypatch, capsys):
    (west, south), (east, north) = place(-1500, -1500), place(-1000, -1000)
    config = CONFIG.replace("[osm]", f"within = [{west}, {south}, {east}, {north}]\n[osm]")
    sentence = refused(monkeypatch, capsys, village, code=3, config=config)
    assert "none of 1 residences lies in the study area" in sentence


def test_a_study_outside_the_data(village, monkeypatch, capsys):
    config = CONFIG.replace("[osm]", "within = [10.0, 50.0, 11.0, 51.0]\n[osm]")
    sentence = refused(monkeypatch, capsys, village, code=2, config=config)
    assert "'within' lies outside the data of village.osm" in sentence


# Bad config


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[osm]", "speed = 3\n[osm]"), "key 'speed' is unknown; use one of id"),
        (("[osm]", "[walk]\nspeed = 3\n[osm]"), "key 'walk.speed' is unknown; use one of profile"),
        (("[osm]", "[siting]\nkinds = []\n[osm]"), "key 'siting.kinds'"),
        (("[osm]", "[siting]\nkinds = ['spaceport']\n[osm]"), "'spaceport' is no kind of the checklist"),
        (("[osm]", "policies = ['magna_carta']\n[osm]"), "'magna_carta' is no policy"),
        (("[osm]", "[thresholds]\nurban_min = 'soon'\n[osm]"), "key 'thresholds.urban_min'"),
        (("[osm]", "[walk]\nmax_snap_m = -5\n[osm]"), "key 'walk.max_snap_m'"),
        (("[osm]", "[walk]\nprofile = 'jogger'\n[osm]"), "profile 'jogger' isn't known; use planning"),
        (("[osm]", "within = [5.0, 2.0, 1.0, 3.0]\n[osm]"), "key 'within': a box is"),
        (("[osm]", "[areas]\nfile = 'a.gpkg'\ncommunity_admin_level = 10\n[osm]"), "not both"),
        (("[osm]", "[residences]\nweight_meaning = 'residents'\n[osm]"), "weights of OSM buildings are floor_area_m2"),
        (('id = "village"', 'id = "../up"'), "'../up' can't be an id; use up to 64 letters"),
        (("[osm]", "[thresholds]\nurban_min = true\n[osm]"), "key 'thresholds.urban_min'"),
        (("[osm]", "[walk]\nmin_component_m = inf\n[osm]"), "key 'walk.min_component_m'"),
        (("[osm]", "[siting]\nkinds = ['post', 'post']\n[osm]"), "key 'siting.kinds': post stands there twice"),
        (("[osm]", "within = [32.0, 118.0, 33.0, 119.0]\n[osm]"), "latitude and longitude look exchanged"),
        (('id = "village"', ""), "key 'id' is missing; add it"),
        (("[osm]", "[osm"), "isn't valid TOML"),
        (("[osm]", "path = 'x'\n[osm]"), "key 'path' is unknown"),
    ],
)
def test_config_mistakes_name_file_and_key(village, monkeypatch, capsys, change, told):
    sentence = refused(monkeypatch, capsys, village, code=2, config=CONFIG.replace(*change))
    assert "village.toml" in sentence
    assert told in sentence


def test_missing_config(village, monkeypatch, capsys):
    code, _, err = call(monkeypatch, capsys, "run", village / "nowhere.toml", "--out", village / "out")
    assert (code, (village / "out").exists()) == (2, False)
    assert "nowhere.toml: no such config; write one with" in err


def test_config_that_is_a_folder_or_no_text(village, monkeypatch, capsys):
    assert "is a folder" in call(monkeypatch, capsys, "run", village, "--out", village / "out")[2]
    (village / "village.toml").write_bytes(b"\xff\xfe\x00")
    assert "isn't UTF-8" in refused(monkeypatch, capsys, village, code=2)


def test_unknown_profile_on_the_command_line(village, monkeypatch, capsys):
    words = ("run", village / "village.toml", "--out", village / "out", "--profile", "fast")
    code, _, err = call(monkeypatch, capsys, *words)
    assert code == 2
    assert "--profile: profile 'fast' isn't known" in err


def test_residences_without_any_weight(village, monkeypatch, capsys):
    (village / "homes.csv").write_text("residence_id,lon,lat,weight\nh,118.78,32.04,0\n", encoding="utf-8")
    config = CONFIG + '[residences]\nfile = "homes.csv"\nweight_meaning = "residents"\n'
    assert "homes.csv: no residence in the study area has any weight" in refused(
        monkeypatch, capsys, village, code=3, config=config
    )


def test_two_registers_with_the_same_ids(village, monkeypatch, capsys):
    for name, kind in (("a.csv", "post"), ("b.csv", "pharmacy")):
        (village / name).write_text(f"site_id,name,kind,lon,lat\n1,x,{kind},118.78,32.04\n", encoding="utf-8")
    config = CONFIG + '[[registers]]\nfile = "a.csv"\n[[registers]]\nfile = "b.csv"\n'
    sentence = refused(monkeypatch, capsys, village, code=3, config=config)
    assert "b.csv: 1 are ids of sites in another register" in sentence


def test_what_a_reader_should_know_is_said(village, monkeypatch, capsys):
    (village / "far.csv").write_text("site_id,name,kind,lon,lat\n1,x,post,116.40,39.90\n", encoding="utf-8")
    osm = village_osm().replace('v="apartments"', 'v="yes"')
    (village / "village.osm").write_text(osm, encoding="utf-8")
    (village / "homes.csv").write_text("residence_id,lon,lat\nh,118.78,32.04\n", encoding="utf-8")
    config = CONFIG + '[[registers]]\nfile = "far.csv"\ncomplete = ["pharmacy"]\n[residences]\nfile = "homes.csv"\n'
    (village / "village.toml").write_text(config, encoding="utf-8")
    code, out, _ = call(monkeypatch, capsys, "check", village / "village.toml", "--json")
    assert code == 0
    said = " ".join(one["en"] for one in json.loads(out)["warnings"])
    assert "1 sites of far.csv lie outside the data's extent: 1" in said
    assert "far.csv is declared complete for pharmacy and lists no site of it" in said


def test_what_a_register_leaves_over_is_said(village, monkeypatch, capsys):
    text = "单位名称,类型,lng,lat\n光河药店,药房,118.78,32.04\n糖店,糖,118.78,32.04\n"
    (village / "shops.txt").write_bytes(text.encode("gbk"))
    (village / "homes.csv").write_text("编号;经度;纬度;户数\nh;118.78;32.04;3\n", encoding="utf-8")
    config = CONFIG + '[[registers]]\nfile = "shops.txt"\n'
    config += '[residences]\nfile = "homes.csv"\nweight_meaning = "dwellings"\n'
    (village / "village.toml").write_text(config, encoding="utf-8")
    code, _, _ = call(monkeypatch, capsys, "run", village / "village.toml", "--out", village / "out", "--json")
    assert code == 0
    manifest = json.loads((village / "out" / "manifest.json").read_text(encoding="utf-8"))
    said = " ".join(one["en"] for one in manifest["warnings"])
    assert "shops.txt: read as gb18030" in said
    assert "1 of 2 rows can't be used (类别/kind '糖' is unknown" in said
    assert "homes.csv: its cells are separated by semicolons" in said


def test_unknown_is_no_demand_for_siting_and_says_so(village, monkeypatch, capsys):
    config = CONFIG + '[siting]\nkinds = ["post"]\n'
    (village / "village.toml").write_text(config, encoding="utf-8")
    code, out, _ = call(monkeypatch, capsys, "run", village / "village.toml", "--out", village / "out", "--json")
    assert code == 0
    plan = json.loads(out)["plan"]
    assert "Nobody is known to lack what is asked for" in plan
    assert "Not counted: 600 m2 of residential floor area of which it isn't known" in plan


def test_unknown_district(village, monkeypatch, capsys):
    words = ("run", village / "village.toml", "--out", village / "out", "--district", "d9")
    code, _, err = call(monkeypatch, capsys, *words)
    assert code == 2
    assert "no residence in district d9; the study has no districts" in err


def test_out_that_holds_other_things_is_left_alone(village, monkeypatch, capsys):
    (village / "out").mkdir()
    (village / "out" / "thesis.doc").write_text("mine", encoding="utf-8")
    assert "out: holds files but no run of circle15" in refused(monkeypatch, capsys, village, code=2)
    assert [path.name for path in (village / "out").iterdir()] == ["thesis.doc"]


def test_out_that_is_a_file(village, monkeypatch, capsys):
    (village / "out").write_text("mine", encoding="utf-8")
    assert "out: is a file" in refused(monkeypatch, capsys, village, code=2)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_out_that_cannot_be_written(village, monkeypatch, capsys):
    village.chmod(0o555)
    assert "can't be written" in refused(monkeypatch, capsys, village, code=2)


def test_the_demos_config_is_whole():
    assert tomllib.loads(demo.config_path().read_text(encoding="utf-8"))["id"] == "reykjavik"
