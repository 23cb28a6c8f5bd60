"""The main job, end to end, on the embedded city: files, sums, an oracle, and the plan recounted."""

from __future__ import annotations

import html
import json
import shutil
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from circle15 import demo, isochrones, read_run
from circle15.checklist import KINDS
from circle15.outputs import folder
from circle15.reach import nearest_times, take
from circle15.schema import STATUSES, points_of
from circle15.study import Study
from conftest import ROOT
from drawn import as_walked_by, assert_same_frames, scipy_times_s

pytestmark = pytest.mark.xdist_group("city")

TABLES = ("residences", "access", "sites", "site_kinds", "areas", "scores", "gap_areas", "plan")
SPATIAL = ("residences", "sites", "gap_areas", "plan")


@pytest.fixture(scope="session")
def city():
    return Study.from_config(demo.config_path()).run()


@pytest.fixture(scope="session")
def out(city, tmp_path_factory):
    return city.write(tmp_path_factory.mktemp("city") / "out")


def test_every_file_is_there_and_opens(out, city):
    for name in TABLES:
        read = gpd.read_parquet if name in SPATIAL else pd.read_parquet
        assert len(read(out / f"{name}.parquet")) == len(getattr(city, name)), name
    assert len(pd.read_csv(out / "indicators.csv")) == len(city.indicators)
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert {"objective", "bound", "gap", "model", "solver", "explanation"} <= plan.keys()
    layers = dict(pyogrio.list_layers(out / "circle15.gpkg"))
    assert {"residences", "sites", "gap_areas", "plan", "area_shapes", "streets", "access"} <= layers.keys()
    homes = gpd.read_file(out / "circle15.gpkg", layer="residences")
    assert len(homes) == len(city.residences)
    assert set(homes["status_pharmacy"]) <= set(STATUSES)
    assert (out / "map.html").stat().st_size < 3_000_000
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == files
    assert {f"reports/{name}.html" for name in ["all", *city.residences["district_id"].dropna().unique()]} <= files
    assert [source["file"] for source in manifest["inputs"]] == ["reykjavik-centre.osm.pbf", "reykjavik-areas.geojson"]
    assert all(len(source["sha256"]) == 64 for source in manifest["inputs"])


def test_size_of_the_study(city):
    # data/README's count of buildings typed house (119), apartments (140) and residential (4,139), and a few others
    # (terraces, dormitories), less those that stick out of the box.
    assert 4_300 <= len(city.residences) <= 4_500
    assert len(city.access) == len(city.residences) * 27
    pairs = city.access[["residence_id", "kind"]]
    assert not pairs.duplicated().any()
    assert tuple(city.access["kind"][:27]) == KINDS


def test_the_five_shares_of_each_area_sum_to_one(city):
    total = city.areas[list(STATUSES)].sum(axis=1)
    assert total.to_numpy() == pytest.approx(1.0, abs=1e-9)
    study = city.areas[city.areas["level"] == "study"].set_index("kind")
    for kind in ("pharmacy", "school", "publicity_board"):
        of_kind = city.access[city.access["kind"] == kind].merge(city.residences, on="residence_id")
        covered = of_kind["weight"][of_kind["status"] == "covered"].sum() / of_kind["weight"].sum()
        assert study.loc[kind, "covered"] == pytest.approx(covered)


def test_nothing_undeclared_is_ever_a_gap(city):
    declared = set(city.layers["kind"][city.layers["declared"]])
    assert set(city.access["kind"][city.access["status"] == "gap"]) <= declared
    boards = city.access[city.access["kind"] == "publicity_board"]
    assert set(boards["status"]) == {"unknown"}


def test_residences_near_the_end_of_the_data_have_no_gap(city):
    # Walking to the box's edge takes at most 15 min: what is missing there may lie just outside.
    gaps = city.access["residence_id"][city.access["status"] == "gap"].unique()
    homes = city.residences[city.residences["residence_id"].isin(gaps)]
    rim = city.network.data_edge(city.extent)
    home = city.network.snap(points_of(homes))
    edge_s, _ = nearest_times(city.network, home, rim, [np.array([0])], cutoff_s=1800)
    assert (edge_s > 900).all()


def test_the_city_read_back_is_the_city(out, city, tmp_path):
    run = read_run(out)
    assert_same_frames(run, city)
    again = run.write(tmp_path / "again")
    names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert [name for name in names if (out / name).read_bytes() != (again / name).read_bytes()] == []


def test_two_runs_give_the_same_bytes(out, city, tmp_path):
    again = Study.from_config(demo.config_path()).run().write(tmp_path / "again")
    names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(again).as_posix() for path in again.rglob("*") if path.is_file())
    different = [name for name in names if (out / name).read_bytes() != (again / name).read_bytes()]
    assert different == ["manifest.json"]


def test_who_is_served_adds_up_to_what_each_site_gains(city):
    served = city.plan_served.merge(city.residences[["residence_id", "weight"]], on="residence_id")
    gained = served.groupby("candidate_id")["weight"].sum()
    assert gained[city.plan["candidate_id"]].to_numpy() == pytest.approx(city.plan["gained"].to_numpy())
    before = served.merge(city.access, on=["residence_id", "kind"])
    assert set(before["status"]) == {"gap"}
    assert not city.plan_served.duplicated(["residence_id", "kind"]).any()


def test_scipy_agrees_on_300_residences_and_every_kind(city):
    network = city.network
    everybody = network.snap(city.residences.geometry, city.residences["compound_id"])
    # 280 from all over, and 20 who live behind gates: each walks the streets that its zone may use.
    rows = np.linspace(0, len(city.residences) - 1, 280).astype(int)
    rows = np.union1d(rows, np.flatnonzero(everybody.own > 0)[:20])
    home, there = take(everybody, rows), network.snap_sites(city.sites.geometry)
    to_site = np.full((len(rows), len(city.sites)), np.inf)
    for zone in np.unique(home.own):
        of_zone = np.flatnonzero(home.own == zone)
        walk = scipy_times_s(as_walked_by(network, zone), take(home, of_zone), there, limit_s=1800.0)
        for j, site in enumerate(there.owner):
            to_site[of_zone, site] = np.minimum(to_site[of_zone, site], walk[:, j])

    access = city.access.set_index(["residence_id", "kind"])
    ids = city.residences["residence_id"].iloc[rows]
    compared = 0
    for kind in KINDS:
        of_kind = city.site_kinds[city.site_kinds["kind"] == kind]
        nearest = {}
        for name, which in (("confirmed", True), ("possible", False)):
            holders = of_kind["site_id"][(of_kind["evidence"] == "confirmed") == which]
            columns = np.flatnonzero(city.sites["site_id"].isin(holders))
            nearest[name] = to_site[:, columns].min(axis=1, initial=np.inf)
        ours = access.loc[[(residence, kind) for residence in ids]]
        status, time_s = ours["status"].to_numpy(), ours["time_s"].to_numpy()
        assert ((status == "covered") == (nearest["confirmed"] <= 900)).all(), kind
        assert ((status == "possible") == ((nearest["confirmed"] > 900) & (nearest["possible"] <= 900))).all(), kind
        use_possible = (status == "possible") | ((status != "covered") & (nearest["confirmed"] > 1800))
        oracle = np.where(use_possible, nearest["possible"], nearest["confirmed"])
        found = np.isfinite(time_s)
        assert time_s[found] == pytest.approx(oracle[found], abs=0.5), kind
        assert (oracle[~found] > 1799.5).all(), kind
        compared += int(found.sum())
    assert compared > 3_000


def test_the_plan_gains_what_it_claims(city):
    """Its sites added as real ones, and coverage counted from scratch."""
    network, plan = city.network, city.plan
    assert len(plan) == 5
    assert plan["gained"].sum() == pytest.approx(city.plan_summary["objective"])
    assert city.plan_summary["bound"] >= city.plan_summary["objective"]
    home = network.snap(points_of(city.residences))
    hosts = plan["site_id"].map(city.sites.set_index("site_id").geometry)
    new = network.snap(plan.geometry.where(plan["site_id"].isna(), hosts))
    access = city.access.pivot_table(index="residence_id", columns="kind", values="status", aggfunc="first")
    weight = city.residences["weight"].to_numpy()
    total = 0.0
    for kind in city.plan_summary["kinds"]:
        holders = np.flatnonzero(plan["kinds"].str.split(",").map(lambda held, kind=kind: kind in held))
        time_s, _ = nearest_times(network, home, new, [holders], cutoff_s=900)
        in_gap = (access.loc[city.residences["residence_id"], kind] == "gap").to_numpy()
        total += weight[in_gap & (time_s[:, 0] <= 900)].sum()
    assert total == pytest.approx(city.plan_summary["objective"], rel=1e-9)


def test_gap_areas_hold_the_gaps_weight(city):
    merged = city.access.merge(city.residences[["residence_id", "weight"]], on="residence_id")
    in_gap = merged[merged["status"] == "gap"].groupby("kind")["weight"].sum()
    drawn = city.gap_areas.groupby("kind")["weight"].sum()
    assert drawn.to_dict() == pytest.approx(in_gap.to_dict())


def test_the_notebook_map_is_the_page(city, out):
    page = city.explore()._repr_html_()
    assert page.startswith("<iframe")
    assert html.unescape(page.split('srcdoc="')[1].split('" style=')[0]) == (out / "map.html").read_text(
        encoding="utf-8"
    )


def test_the_config_in_configs_is_the_demos(tmp_path):
    """The same study, seen from another folder."""
    inside = tomllib.loads(demo.config_path().read_text(encoding="utf-8"))
    beside = tomllib.loads((ROOT / "configs" / "reykjavik.toml").read_text(encoding="utf-8"))
    for section in ("osm", "areas"):
        beside[section]["file"] = beside[section]["file"].removeprefix("../src/circle15/demo/")
    assert beside == inside


def test_districts_can_be_run_alone(city, tmp_path):
    district = sorted(city.residences["district_id"].dropna().unique())[0]
    alone = Study.from_config(demo.config_path()).run(districts=[district])
    assert set(alone.residences["district_id"]) == {district}
    of_district = city.access[city.access["residence_id"].isin(alone.residences["residence_id"])]
    pd.testing.assert_frame_equal(alone.access, of_district.reset_index(drop=True))


def test_a_former_run_is_replaced_and_other_files_stay(out, city, tmp_path):
    target = tmp_path / "out"
    shutil.copytree(out, target)
    (target / "notes.txt").write_text("mine", encoding="utf-8")
    (target / "reports" / "old.html").write_text("mine too", encoding="utf-8")
    city.write(target)
    assert (target / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (target / "reports" / "old.html").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_a_run_that_dies_leaves_the_former_whole(out, city, tmp_path, monkeypatch):
    target = tmp_path / "out"
    shutil.copytree(out, target)
    before = {path.name: path.read_bytes() for path in target.rglob("*") if path.is_file()}

    def dies(*_, **__):
        raise RuntimeError("the power went out")

    monkeypatch.setattr("circle15.outputs.folder.write_reports", dies)
    with pytest.raises(RuntimeError, match="power"):
        city.write(target)
    assert {path.name: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize("failing", [1, 2])
def test_an_interrupt_while_folders_are_swapped_loses_nothing(failing, out, tmp_path, monkeypatch):
    target, staged, old = tmp_path / "out", tmp_path / "new", tmp_path / "old"
    shutil.copytree(out, target)
    shutil.copytree(out, staged)
    names = sorted(path.name for path in target.iterdir())
    calls = []
    rename = Path.rename

    def interrupted(self, to):
        calls.append(self)
        if len(calls) == failing:
            raise KeyboardInterrupt
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder._put_in_place(staged, target, old=old)
    assert sorted(path.name for path in target.iterdir()) == names


def test_circles_of_the_city_nest_and_lie_in_its_frame(city):
    some = city.residences.iloc[::900]
    circles = isochrones(city.network, some, [300, 900])
    area = circles.pivot_table(index="residence_id", columns="cutoff_s", values="area_m2")
    # A quarter of an hour at 1 m/s: no more than the disc of 900 m and the strip, and in a grid of streets a fair
    # part of it.
    disc = np.pi * 930**2
    assert (area[900] < disc).all()
    assert area[900].median() > 0.2 * disc
    assert (area[300] < area[900]).all()
    small, large = circles.geometry[::2].to_numpy(), circles.geometry[1::2].to_numpy()
    assert shapely.area(shapely.difference(small, large)).max() < 1e-12
