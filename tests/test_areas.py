"""Areas, scores, gap areas and indicators, on cases worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from shapely import Point, box

from circle15.areas import area_shares, assign_areas, compound_shares, gap_areas, indicators, scores, without_overlaps
from circle15.checklist import GROUPS, KINDS, SERVICES_ZH, Policy, Requirement, kind, policies
from circle15.errors import InputError
from circle15.schema import STATUSES
from circle15.units import local_crs, to_plane

if TYPE_CHECKING:
    from collections.abc import Sequence

INF = np.inf
NO_SHAPES = gpd.GeoDataFrame({"level": [], "area_id": [], "name": [], "setting": []}, geometry=[], crs="EPSG:4326")


def homes(weights: Sequence[float], **columns: Any) -> gpd.GeoDataFrame:
    """Residences h00, h01, ... a thousandth of a degree apart along a street that runs east."""
    n = len(weights)
    frame = pd.DataFrame(
        {
            "residence_id": [f"h{i:02d}" for i in range(n)],
            "weight": np.asarray(weights, dtype=float),
            "community_id": pd.Series([None] * n, dtype="str"),
            "district_id": pd.Series([None] * n, dtype="str"),
            "setting": "urban",
        }
    ).assign(**columns)
    return gpd.GeoDataFrame(frame, geometry=[Point(120 + i / 1000, 30) for i in range(n)], crs="EPSG:4326")


def access_of(residences: gpd.GeoDataFrame, cells: dict[str, Sequence[Any]], *, others: str = "gap") -> pd.DataFrame:
    """The 27 kinds of each residence: those named as (status, time, reason) or a status, the rest as `others`."""
    rows = []
    for i, residence_id in enumerate(residences["residence_id"]):
        for name in KINDS:
            cell = cells[name][i] if name in cells else others
            status, time_s, reason = cell if isinstance(cell, tuple) else (cell, _time(cell), _reason(cell))
            rows.append((residence_id, name, status, time_s, reason))
    frame = pd.DataFrame(rows, columns=["residence_id", "kind", "status", "time_s", "reason"])
    return frame.astype({"reason": "str"}).assign(site_id=None, n_sites=0, robust=True)


def _time(status: str) -> float:
    return {"covered": 300.0, "possible": 300.0}.get(status, INF)


def _reason(status: str) -> str | None:
    return {"covered": None, "gap": "no_site", "off_network": "off_network"}.get(status, "data_missing")


# Which area ---------------------------------------------------------------------------------------------------------


def shapes(*rows: tuple[str, str, Any]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(
        {"level": [row[0] for row in rows], "area_id": [row[1] for row in rows], "name": None, "setting": None}
    )
    return gpd.GeoDataFrame(frame, geometry=[row[2] for row in rows], crs="EPSG:4326")


def test_places_lie_in_at_most_one_area_of_each_level() -> None:
    areas = shapes(
        ("community", "c2", box(0, 0, 2, 2)),
        ("community", "c1", box(2, 0, 4, 2)),  # shares the border x = 2 with c2
        ("community", "c3", box(3, 0, 5, 2)),  # overlaps c1 between 3 and 4
        ("district", "d1", box(0, 0, 3, 2)),
    )
    points = [Point(1, 1), Point(2, 1), Point(3.5, 1), Point(4.5, 1), Point(9, 9)]
    places = gpd.GeoDataFrame({"residence_id": list("abcde")}, geometry=points, crs="EPSG:4326", index=[9, 8, 7, 6, 5])
    community, district = assign_areas(places, areas)
    # On the border and in the overlap the smaller id wins; the last lies in none.
    assert community.fillna("-").to_dict() == {9: "c2", 8: "c1", 7: "c1", 6: "c3", 5: "-"}
    assert district.fillna("-").to_dict() == {9: "d1", 8: "d1", 7: "-", 6: "-", 5: "-"}
    assert community.dtype == "str"


def test_a_building_across_the_border_lies_where_its_inner_point_lies() -> None:
    areas = shapes(("community", "c1", box(0, 0, 2, 2)), ("community", "c2", box(2, 0, 4, 2)))
    building = gpd.GeoDataFrame({"residence_id": ["w1"]}, geometry=[box(1.8, 0.5, 3, 1)], crs="EPSG:4326")
    assert assign_areas(building, areas)[0].tolist() == ["c2"]  # its middle is at x = 2.4


def test_places_and_areas_in_different_systems_are_refused() -> None:
    with pytest.raises(InputError, match="bring both to EPSG:4326"):
        assign_areas(homes([1]).to_crs("EPSG:3857"), NO_SHAPES)


def test_without_areas_everything_lies_in_none() -> None:
    community, district = assign_areas(homes([1, 1]), NO_SHAPES)
    assert community.isna().all()
    assert district.isna().all()


# Shares -------------------------------------------------------------------------------------------------------------


def test_shares_are_of_weight() -> None:
    residences = homes([10, 20, 30, 40, 0], community_id=["c1", "c1", "c1", "c1", "c2"])
    access = access_of(residences, {"pharmacy": ["covered", "possible", "unknown", "gap", "covered"]})
    areas = area_shares(residences, access, shapes(("community", "c1", box(0, 0, 1, 1))).assign(name="文昌"))
    row = areas[(areas["area_id"] == "c1") & (areas["kind"] == "pharmacy")].iloc[0]
    assert (row["weight"], row["n_residences"], row["name"]) == (100.0, 4, "文昌")
    assert row[list(STATUSES)].tolist() == [0.1, 0.2, 0.3, 0.4, 0.0]
    assert "c2" not in set(areas["area_id"])  # it has a residence but no weight
    study = areas[(areas["level"] == "study") & (areas["kind"] == "pharmacy")].iloc[0]
    assert (study["area_id"], study["weight"], study["n_residences"]) == ("all", 100.0, 5)
    assert pd.isna(study["name"])


def test_compounds_have_shares_of_their_own_weight() -> None:
    residences = homes([10, 30, 5, 0], compound_id=["w2", "w2", None, "w1"])
    access = access_of(residences, {"pharmacy": ["covered", "gap", "covered", "covered"]})
    compounds = pd.DataFrame({"compound_id": ["w3", "w2", "w1"], "name": ["丙", "乙园", "甲"]})
    gates = pd.DataFrame({"gate_id": ["n1", "n2", "n2", "n3"], "zone": ["w2", "w2", "w2", "w9"]})
    told = compound_shares(residences, access, compounds, gates)
    assert told["kind"].tolist() == list(KINDS)  # w3 has no residence, w1 no weight
    row = told[told["kind"] == "pharmacy"].iloc[0]
    assert row[["compound_id", "name", "weight", "n_residences", "n_gates"]].tolist() == ["w2", "乙园", 40.0, 2, 2]
    assert row[list(STATUSES)].tolist() == [0.25, 0.0, 0.0, 0.75, 0.0]
    assert told[list(STATUSES)].sum(axis=1).tolist() == [1.0] * len(KINDS)


def test_without_compounds_the_frame_is_empty_and_whole() -> None:
    residences = homes([1, 1], compound_id=[None, None])
    no_gates = pd.DataFrame({"gate_id": [], "zone": []}, dtype="str")
    told = compound_shares(residences, access_of(residences, {}), pd.DataFrame({"compound_id": []}), no_gates)
    columns = ["compound_id", "name", "kind", "weight", "n_residences", "n_gates", *STATUSES]
    assert (len(told), list(told.columns)) == (0, columns)
    assert told["weight"].dtype == "float64"


def test_areas_come_by_level_and_id_with_every_kind() -> None:
    residences = homes([1, 1, 1], community_id=["b", None, "a"], district_id=["d", "d", None])
    areas = area_shares(residences, access_of(residences, {}), NO_SHAPES)
    assert areas["kind"].tolist() == list(KINDS) * 6
    assert list(zip(areas["level"][:: len(KINDS)], areas["area_id"][:: len(KINDS)], strict=True)) == [
        ("community", "a"), ("community", "b"), ("community", "none"), ("district", "d"), ("district", "none"),
        ("study", "all"),
    ]  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.floats(0, 1e7), st.sampled_from("ab"), st.sampled_from(STATUSES)), min_size=1, max_size=12
    ).filter(lambda rows: sum(row[0] for row in rows) > 0)
)
def test_the_five_shares_sum_to_one(rows: list[tuple[float, str, str]]) -> None:
    residences = homes([row[0] for row in rows], community_id=[row[1] for row in rows])
    access = access_of(residences, {"school": [row[2] for row in rows]}, others="unknown")
    areas = area_shares(residences, access, NO_SHAPES)
    assert np.abs(areas[list(STATUSES)].sum(axis=1) - 1).max() < 1e-12
    assert areas[list(STATUSES)].min(axis=None) >= 0


def test_what_was_given_stays_as_it_was() -> None:
    residences = homes([1, 2], community_id=["b", None])
    access = access_of(residences, {"school": ["covered", "unknown"]})
    shapes_ = shapes(("community", "b", box(0, 0, 1, 1)), ("community", "a", box(0, 0, 1, 1)))
    before = [frame.copy() for frame in (residences, access, shapes_)]
    assign_areas(residences, shapes_)
    area_shares(residences, access, shapes_)
    scores(residences, access)
    gap_areas(residences, access, along_street([0, 100]))
    indicators(policies().values(), residences, access, threshold_s=np.full(2, 900.0), weight_meaning="residents")
    for frame, copy in zip((residences, access, shapes_), before, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(copy))


def test_frames_that_do_not_belong_together_are_refused() -> None:
    residences = homes([1, 2])
    access = access_of(residences, {})
    with pytest.raises(InputError, match="rows don't follow the residences"):
        scores(residences.iloc[::-1], access)
    with pytest.raises(InputError, match="rows don't follow the residences"):
        scores(residences, access.iloc[:-1])
    with pytest.raises(InputError, match="unknown statuses in 54 rows"):
        scores(residences, access.assign(status="fine"))
    with pytest.raises(InputError, match="no residence has any weight"):
        scores(residences.assign(weight=0.0), access)
    with pytest.raises(InputError, match="kinds telecom are missing"):
        scores(residences, access[access["kind"] != "telecom"])


# Scores -------------------------------------------------------------------------------------------------------------


def score(frame: pd.DataFrame, scope: str = "all", area_id: str = "all") -> list[float]:
    row = frame[(frame["area_id"] == area_id) & (frame["scope"] == scope)]
    assert len(row) == 1
    return [float(value) for value in row.iloc[0, 3:]]


def test_scores_are_shares_of_the_kinds() -> None:
    residences = homes([1, 3])
    cells = {"dining": ["covered", "covered"], "grocery": ["possible", "gap"], "laundry": ["unknown", "covered"]}
    frame = scores(residences, access_of(residences, cells))
    # h00 has 1 of 27 confirmed and 2 with possible, h01 has 2 and 2; weights 1 and 3. Worst tenth (0.4): all in h00
    # when confirmed counts; both are equal when possible counts too.
    assert score(frame) == pytest.approx([(1 + 3 * 2) / 4 / 27, (2 + 3 * 2) / 4 / 27, 1 / 27, 2 / 27])
    outlets = [name for name in KINDS if kind(name).group == "outlets"]
    assert score(frame, "outlets") == pytest.approx([value * 27 / len(outlets) for value in score(frame)])
    assert score(frame, "school") == [0, 0, 0, 0]
    assert frame["scope"].tolist() == ["all", *GROUPS, *SERVICES_ZH] * 3  # community none, district none, the study


def test_worst_decile_splits_the_residence_on_its_border() -> None:
    # Weights 4, 10, 86: the worst tenth is 10, that is all of h00 (0 of 27) and 6 of h01's 10 (27 of 27).
    residences = homes([4, 10, 86])
    cells = {name: ["gap", "covered", "covered"] for name in KINDS}
    assert score(scores(residences, access_of(residences, cells))) == pytest.approx([0.96, 0.96, 0.6, 0.6])


def test_each_score_has_its_own_worst_decile() -> None:
    # Confirmed only, h00 is the worst (0 of 27); with possible it has all 27, and h01 (26 of 27) is.
    residences = homes([10, 90])
    cells = {name: ["possible", "covered"] for name in KINDS} | {"school": ["possible", "gap"]}
    frame = scores(residences, access_of(residences, cells))
    assert score(frame, "school") == pytest.approx([0.0, 0.1, 0.0, 0.0])
    assert score(frame) == pytest.approx([0.9 * 26 / 27, (10 + 90 * 26 / 27) / 100, 0.0, 26 / 27])


def test_one_residence_is_its_own_worst_decile() -> None:
    residences = homes([7])
    frame = scores(residences, access_of(residences, {"school": ["covered"]}))
    assert score(frame, "school") == [1, 1, 1, 1]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(0.1, 100), st.integers(0, 27)), min_size=1, max_size=15))
def test_the_worst_decile_is_never_better_than_the_mean(rows: list[tuple[float, int]]) -> None:
    residences = homes([weight for weight, _ in rows])
    cells = {name: ["covered" if i < n else "gap" for _, n in rows] for i, name in enumerate(KINDS)}
    frame = scores(residences, access_of(residences, cells))
    assert (frame["worst_decile_confirmed"] <= frame["confirmed"] + 1e-12).all()
    assert frame["confirmed"].between(0, 1 + 1e-12).all()


# Gap areas ----------------------------------------------------------------------------------------------------------


def along_street(metres: Sequence[float]) -> Any:
    """Walking metres between homes at these positions of one street, stored up to 200 m, both ways."""

    def within(rows: Any) -> Any:
        x = np.asarray(metres, dtype=float)[rows]
        apart = np.abs(x[:, np.newaxis] - x)
        start, end = np.nonzero(apart <= 200)
        return sparse.csr_array((apart[start, end], (start, end)), shape=apart.shape)

    return within


def gaps(cells: Sequence[Any], metres: Sequence[float], weights: Sequence[float] | None = None) -> gpd.GeoDataFrame:
    residences = homes(weights if weights is not None else [1.0] * len(cells))
    return gap_areas(residences, access_of(residences, {"school": cells}, others="covered"), along_street(metres))


def test_gap_areas_link_at_exactly_150_metres_and_not_beyond() -> None:
    # 0 -150- 150 -150- 300 -150.1- 450.1: a chain of three (no pair of which need be near), then one alone.
    found = gaps(["gap"] * 4, [0, 150, 300, 450.1])
    assert found["n_residences"].tolist() == [3, 1]
    assert found["gap_area_id"].tolist() == ["school-0001", "school-0002"]


def test_150_metres_made_from_rounded_seconds_are_150_metres() -> None:
    metres = np.round(150 / 0.9, 6) * 0.9
    assert 150 < metres < 150.0001
    assert gaps(["gap", "gap"], [0, metres])["n_residences"].tolist() == [2]


def test_only_residences_with_the_gap_make_the_chain() -> None:
    # The middle one is covered, so the outer two (200 m apart) stay apart.
    assert gaps(["gap", "covered", "gap"], [0, 100, 200])["n_residences"].tolist() == [1, 1]
    assert gaps(["gap", "unknown", "gap"], [0, 100, 200])["n_residences"].tolist() == [1, 1]


def test_homes_at_the_same_spot_are_linked() -> None:
    assert gaps(["gap", "gap"], [0, 0])["n_residences"].tolist() == [2]


def test_a_link_in_one_direction_is_a_link() -> None:
    residences = homes([1, 1])
    access = access_of(residences, {"school": ["gap", "gap"]}, others="covered")
    one_way = sparse.coo_array(([100.0], ([1], [0])), shape=(2, 2))
    assert gap_areas(residences, access, lambda _: one_way)["n_residences"].tolist() == [2]


def test_gap_areas_are_numbered_by_weight_then_by_first_residence() -> None:
    found = gaps(["gap"] * 4, [0, 1000, 2000, 3000], weights=[5, 9, 5, 0])
    assert found["weight"].tolist() == [9, 5, 5, 0]
    assert found["gap_area_id"].tolist() == [f"school-000{n}" for n in (1, 2, 3, 4)]
    # h00 before h02: the second area is drawn round the first home, at 120 degrees.
    assert found.geometry.representative_point().x.round(3).tolist() == [120.001, 120.0, 120.002, 120.003]


def test_each_kind_has_its_own_areas_in_checklist_order() -> None:
    residences = homes([1, 1])
    cells = {"telecom": ["gap", "gap"], "school": ["gap", "covered"]}
    found = gap_areas(residences, access_of(residences, cells, others="covered"), along_street([0, 100]))
    assert found[["gap_area_id", "n_residences"]].to_numpy().tolist() == [["school-0001", 1], ["telecom-0001", 2]]


def test_cause_is_the_reason_with_the_most_weight() -> None:
    far, round_about = ("gap", 1000.0, "too_far"), ("gap", 1000.0, "detour")
    assert gaps([far, far, round_about], [0, 1, 2], weights=[1, 1, 3])["cause"].tolist() == ["detour"]
    assert gaps([round_about, far], [0, 1], weights=[2, 2])["cause"].tolist() == ["too_far"]  # of equals the first


def test_without_any_weight_each_residence_counts_once() -> None:
    near, far = ("gap", 1000.0, "detour"), ("gap", 1600.0, "too_far")
    found = gaps([near, near, far, ("gap", INF, "no_site")], [0, 1, 2, 900], weights=[0, 0, 0, 1])
    assert found["weight"].tolist() == [1, 0]
    assert found["cause"].tolist() == ["no_site", "detour"]
    assert found["nearest_s"].tolist() == [INF, 1200.0]


def test_nearest_is_the_weighted_mean_of_the_times_found() -> None:
    near, far, none = ("gap", 1000.0, "too_far"), ("gap", 1600.0, "too_far"), ("gap", INF, "too_far")
    assert gaps([near, far, none], [0, 1, 2], weights=[3, 1, 9])["nearest_s"].tolist() == [1150.0]  # (3000 + 1600) / 4
    assert gaps([none, none], [0, 1])["nearest_s"].tolist() == [INF]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 1500), st.booleans(), st.integers(0, 9)), min_size=1, max_size=12))
def test_gap_areas_are_the_connected_pieces_that_networkx_finds(rows: list[tuple[int, bool, int]]) -> None:
    weights = [*(row[2] for row in rows), 1]  # a covered home far away, so that there is weight at all
    metres = [*(row[0] for row in rows), 99_999]
    found = gaps([*("gap" if row[1] else "covered" for row in rows), "covered"], metres, weights)
    graph = nx.Graph()
    graph.add_nodes_from(i for i, row in enumerate(rows) if row[1])
    graph.add_edges_from((i, j) for i in graph for j in graph if i < j and abs(metres[i] - metres[j]) <= 150)
    pieces = [sorted(piece) for piece in nx.connected_components(graph)]
    expected = sorted((-sum(weights[i] for i in piece), piece[0], len(piece)) for piece in pieces)
    assert found["weight"].tolist() == [-weight for weight, _, _ in expected]
    assert found["n_residences"].tolist() == [size for _, _, size in expected]


def test_gap_areas_are_drawn_30_metres_round() -> None:
    found = gaps(["gap"], [0])
    plane = to_plane(local_crs(120.0, 30.0))
    outline = shapely.transform(found.geometry.iloc[0], lambda xy: np.column_stack(plane.transform(*xy.T)))
    assert found.crs == "EPSG:4326"
    assert shapely.hausdorff_distance(outline, Point(0, 0).buffer(30.0, quad_segs=64)) < 0.2
    # Two homes 95.5 m apart on the ground, one area: two circles.
    assert gaps(["gap", "gap"], [0, 100]).geometry.iloc[0].geom_type == "MultiPolygon"


def test_no_gap_is_an_empty_frame_with_the_same_columns() -> None:
    found, some = gaps(["covered"], [0]), gaps(["gap"], [0])
    assert len(found) == 0
    assert found.dtypes.astype(str).to_dict() == some.dtypes.astype(str).to_dict()
    assert found.crs == "EPSG:4326"


def test_a_matrix_of_another_size_is_refused() -> None:
    residences = homes([1, 1])
    access = access_of(residences, {"school": ["gap", "gap"]}, others="covered")
    with pytest.raises(InputError, match=r"shape \(3, 3\); give 2 x 2"):
        gap_areas(residences, access, lambda _: sparse.csr_array((3, 3)))


# Indicators ---------------------------------------------------------------------------------------------------------


def policy(*requirements: Requirement) -> Policy:
    return Policy(
        id="drawn", name_zh="方案", place="某市", level="city", plan_year=2025, document="", requirements=requirements
    )


def requirement(kinds: tuple[str, ...], combine: str | None, **changes: Any) -> Requirement:
    """Reach of these kinds in 15 minutes, 30 in the country, promised to 60 % of the residents."""
    usual = {
        "id": "R-1", "quote": "十五分钟", "measures": "", "unit": "min", "threshold": 15.0, "comparison": "<=",
        "level": "community", "setting": "both", "type": "S", "plan_year": 2025, "mended": False, "kinds": kinds,
        "combine": combine, "minutes_urban": 15.0, "minutes_rural": 30.0, "target_share": 0.6,
    }  # fmt: skip
    return Requirement(**(usual | changes))


def measured(
    asked: Requirement, cells: dict[str, Sequence[Any]], weights: Sequence[float], **columns: Any
) -> pd.DataFrame:
    """The study's rows for one requirement; thresholds as in the design."""
    residences = homes(weights, **columns)
    frame = indicators(
        [policy(asked)],
        residences,
        access_of(residences, cells),
        threshold_s=np.where(residences["setting"] == "rural", 1800.0, 900.0),
        weight_meaning="residents",
    )
    return frame[frame["level"] == "study"].reset_index(drop=True)


def values(frame: pd.DataFrame) -> list[float]:
    assert len(frame) == 1
    return frame.loc[0, ["value_confirmed", "value_possible", "share_unknown"]].astype(float).tolist()


ONE = {"pharmacy": ["covered", "possible", "unknown", "off_network", "gap"]}


def test_an_indicator_has_what_is_confirmed_possible_and_undecided() -> None:
    # Of 100: 40 confirmed, 10 possible, 20 + 5 undecided (no data, off the network), 25 without.
    frame = measured(requirement(("pharmacy",), "any"), ONE, [40, 10, 20, 5, 25])
    assert values(frame) == pytest.approx([0.4, 0.5, 0.25])
    row = frame.iloc[0]
    assert (row["policy"], row["indicator"], row["area_id"], row["unit"]) == (
        "drawn", "R-1", "all", "share of residents",
    )  # fmt: skip
    assert (row["threshold"], row["denominator"], row["plan_year"], row["quote"]) == (0.6, 100.0, 2025, "十五分钟")


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (0.4, "yes"),  # exactly what is confirmed
        (0.41, "undetermined"),
        (0.75, "undetermined"),  # exactly what could still be: 0.5 + 0.25
        (0.76, "no"),
        (None, "undetermined"),
    ],
)
def test_the_verdict_is_one_that_the_data_can_carry(target: float | None, met: str) -> None:
    frame = measured(requirement(("pharmacy",), "all", target_share=target), ONE, [40, 10, 20, 5, 25])
    assert frame["met"].tolist() == [met]


def test_rounding_misses_no_target() -> None:
    # Ten times 0.1 is 0.9999999999999999 when added up one by one.
    frame = measured(requirement(("pharmacy",), "all", target_share=1.0), {"pharmacy": ["covered"] * 10}, [0.1] * 10)
    assert frame["met"].tolist() == ["yes"]


TWO = {
    #              both       one        one, other unknown  one possible  unknown, gap  both unknown
    "dining":  ["covered", "covered", "covered", "possible", "unknown", "unknown"],
    "grocery": ["covered", "gap",     "unknown", "covered",  "gap",     "unknown"],
}  # fmt: skip


def test_all_kinds_are_asked_for() -> None:
    # Confirmed: h0. Possible: h3 as well. Undecided: h2 and h5; one gap settles h1 and h4 whatever the other says.
    assert values(measured(requirement(("dining", "grocery"), "all"), TWO, [1] * 6)) == pytest.approx(
        [1 / 6, 2 / 6, 2 / 6]
    )


def test_any_kind_will_do() -> None:
    # Confirmed: h0 to h3. Undecided: h4 and h5, whose unknown could be a place.
    assert values(measured(requirement(("dining", "grocery"), "any"), TWO, [1] * 6)) == pytest.approx(
        [4 / 6, 4 / 6, 2 / 6]
    )


def test_the_mean_counts_kinds() -> None:
    # Of 12 cells: 5 covered, 1 possible, 4 unknown, 2 gaps.
    assert values(measured(requirement(("dining", "grocery"), "mean"), TWO, [1] * 6)) == pytest.approx(
        [5 / 12, 6 / 12, 4 / 12]
    )


def test_each_kind_is_an_indicator_of_its_own() -> None:
    frame = measured(requirement(("dining", "grocery"), "each"), TWO, [1] * 6)
    assert frame["indicator"].tolist() == ["R-1/dining", "R-1/grocery"]
    assert frame["value_confirmed"].tolist() == pytest.approx([3 / 6, 2 / 6])


def test_settings_have_their_own_minutes() -> None:
    far = ("covered", 1700.0, None)
    cells = {"pharmacy": ["gap", far]}
    setting = ["urban", "rural"]
    both = measured(requirement(("pharmacy",), "all"), cells, [3, 1], setting=setting)
    assert values(both) == [0.25, 0.25, 0.0]
    # A requirement that doesn't speak of the country leaves its residents out of the denominator.
    urban = measured(requirement(("pharmacy",), "all", minutes_rural=None), cells, [3, 1], setting=setting)
    assert (values(urban), urban["denominator"].tolist()) == ([0, 0, 0], [3])
    rural = measured(requirement(("pharmacy",), "all", minutes_urban=None), cells, [3, 1], setting=setting)
    assert (values(rural), rural["denominator"].tolist()) == ([1, 1, 0], [1])
    assert len(measured(requirement(("pharmacy",), "all", minutes_urban=None), {}, [3, 1])) == 0


def test_shorter_minutes_than_the_study_leave_open_what_it_did_not_settle() -> None:
    cells = {
        "pharmacy": [
            ("covered", 600.0, None),  # exactly at 10 min: confirmed
            ("covered", 700.0, None),  # no confirmed place within 10 min, but a possible one may be
            ("possible", 500.0, "data_missing"),  # possible
            ("possible", 700.0, "data_missing"),  # none within 10 min that the map knows; the layer may have holes
            ("gap", 1000.0, "too_far"),  # a gap at 15 min is one at 10
        ]
    }
    frame = measured(requirement(("pharmacy",), "all", minutes_urban=10.0), cells, [1] * 5)
    assert values(frame) == pytest.approx([1 / 5, 2 / 5, 2 / 5])


def test_longer_minutes_than_the_study_leave_gaps_open() -> None:
    cells = {
        "pharmacy": [
            ("covered", 600.0, None),
            ("gap", 1100.0, "too_far"),  # within 20 min there is a place; the frame doesn't say how sure
            ("unknown", 1100.0, "data_missing"),
            ("gap", INF, "too_far"),  # the data may end between 15 and 20 min
        ]
    }
    frame = measured(requirement(("pharmacy",), "all", minutes_urban=20.0), cells, [1] * 4)
    assert values(frame) == pytest.approx([1 / 4, 3 / 4, 1 / 4])


def test_requirements_that_reach_cannot_answer_are_passed_over() -> None:
    form = requirement((), None, minutes_urban=None, minutes_rural=None, target_share=None)
    frame = measured(form, {}, [1])
    assert len(frame) == 0
    assert frame.dtypes.astype(str)["plan_year"] == "Int64"


def test_the_packaged_policies_are_measured_in_every_area() -> None:
    residences = homes([1, 2], community_id=["c1", "c2"], district_id=["d1", "d1"])
    access = access_of(residences, {name: ["covered", "gap"] for name in KINDS})
    frame = indicators(
        policies().values(), residences, access, threshold_s=np.full(2, 900.0), weight_meaning="dwellings"
    )
    circle = frame[(frame["policy"] == "guanghe_2019") & (frame["indicator"] == "A-2")]
    assert circle[["level", "area_id"]].to_numpy().tolist() == [
        ["community", "c1"], ["community", "c2"], ["district", "d1"], ["study", "all"],
    ]  # fmt: skip
    assert circle["value_confirmed"].tolist() == pytest.approx([1, 0, 1 / 3, 1 / 3])
    assert set(frame["policy"]) == set(policies())
    assert (frame["value_confirmed"] <= frame["value_possible"]).all()
    assert (frame["value_possible"] + frame["share_unknown"] <= 1 + 1e-12).all()


def test_overlapping_areas_are_shared_out_to_the_smaller_id() -> None:
    # a is the square 0..2, b the square 1..3: b keeps what a hasn't got, 4 - 1 = 3.
    shapes = gpd.GeoDataFrame(
        {"level": "community", "area_id": ["b", "a"]},
        geometry=[shapely.box(1, 1, 3, 3), shapely.box(0, 0, 2, 2)],
        crs="EPSG:4326",
    )
    apart = without_overlaps(shapes)
    assert apart["area_id"].tolist() == ["a", "b"]
    assert apart.geometry.to_numpy()[0].area == 4
    assert apart.geometry.to_numpy()[1].area == 3
