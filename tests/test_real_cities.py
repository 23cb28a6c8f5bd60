"""Two Chinese extracts that can't be shipped: the honest answer where OpenStreetMap is bare, and near its edge."""

from __future__ import annotations

import numpy as np
import pytest

from circle15.checklist import KINDS
from circle15.outputs.report import render_report
from circle15.outputs.webmap import render_map
from circle15.reach import nearest_times
from circle15.schema import points_of
from circle15.study import Study

pytestmark = pytest.mark.xdist_group("real cities")

CONFIG = """
id = "{name}"
title_zh = "{name}"
title_en = "{name}"
[osm]
file = "{file}"
{extent}
complete = {complete}
[residences]
buildings = ["yes", "apartments", "residential", "house", "dormitory"]
"""


def studied(tmp_path, name, file, complete, extent=""):
    path = tmp_path / f"{name}.toml"
    text = CONFIG.format(name=name, file=file.as_posix(), complete=list(complete), extent=extent)
    path.write_text(text, encoding="utf-8")
    return Study.from_config(path).run()


def test_guixi_declared_complete_is_taken_back(shared_data, tmp_path):
    result = studied(tmp_path, "guixi", shared_data / "guixi.osm", KINDS)
    status = result.access["status"].value_counts(normalize=True)
    # 12 sites on 107 km of street: hardly anything may be called a gap.
    assert status.get("gap", 0.0) < 0.01
    assert status["unknown"] > 0.8
    assert set(result.layers["why"]) == {"thin_community"}
    # 5 ground-surveyed sites at most (4 schools, and what a name may add) on over 100 km: far below the floor.
    assert (result.layers["density_per_km"] < 0.1).all()
    page = render_map(result)
    report = render_report(result, None)
    for said in (page, report):
        assert "密度" in said
        assert "0.1" in said


def test_nanjing_near_the_border_is_unknown(shared_data, tmp_path):
    declared = ("school", "outdoor_sports_centre", "dining", "grocery", "finance", "public_toilet", "pharmacy")
    extent = "extent = [118.765, 32.028, 118.797, 32.052]"
    result = studied(tmp_path, "nanjing", shared_data / "nanjing-centre.osm", declared, extent)
    assert result.layers.loc[result.layers["kind"].isin(declared), "complete"].all()
    home = result.network.snap(points_of(result.residences))
    rim = result.network.data_edge(result.extent)
    edge_s, _ = nearest_times(result.network, home, rim, [np.array([0])], cutoff_s=1800)
    can_leave = result.residences["residence_id"][edge_s[:, 0] <= 900]
    assert len(can_leave) > 100
    near = result.access[result.access["residence_id"].isin(can_leave)]
    missed = near[~near["status"].isin(["covered", "possible"])]
    assert set(missed["status"]) == {"unknown"}
    assert set(missed["reason"]) == {"data_edge"}
    inland = result.access[~result.access["residence_id"].isin(can_leave) & result.access["kind"].isin(declared)]
    assert set(inland["status"]) <= {"covered", "possible", "gap"}
    assert (inland["status"] == "gap").any()
