"""What the forms of providers, satisfaction, demands and service items say, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from circle15.areas import inventory_by_category, matched_demand, providers_by_area, satisfaction_by_kind
from circle15.errors import InputError


def test_a_revoked_provider_no_longer_counts_as_signed() -> None:
    form = pd.DataFrame(
        {
            "provider_id": ["p1", "p2", "p3"],
            "area_id": ["c2", "c1", "c1"],
            "kind": ["dining", "laundry", "dining"],
            "applied": ["2025-01-01"] * 3,
            "passed": ["2025-02-01", None, "2025-02-01"],
            "signed": ["2025-03-01", None, "2025-03-01"],
            "published": [None, None, "2025-03-02"],
            "revoked": [None, None, "2025-09-01"],
            "items": ["a", "b", "c"], "modes": ["d", None, "e"], "hotline": ["110", None, "1"],
            "common_sign": [1.0, np.nan, 1.0], "common_standard": [1.0, 1.0, 1.0], "common_rules": [0.0, 1.0, 1.0],
        }
    )  # fmt: skip
    found = providers_by_area(form).set_index("area_id")
    assert found.loc["c1"].to_dict() == {
        "n": 2, "applied": 1, "passed": 0, "signed": 0, "published": 0, "revoked": 1, "tells_all": 0,
        "common_rules": 0,
    }  # fmt: skip
    assert found.loc["c2", ["signed", "published", "tells_all", "common_rules"]].tolist() == [1, 0, 1, 0]


def test_satisfaction_is_weighted_by_answers_and_joined_on_providers() -> None:
    surveys = pd.DataFrame(
        {
            "survey_id": ["1", "2", "3"], "provider_id": [None, "p1", None], "kind": ["dining", None, "laundry"],
            "period": ["2025", "2025", "2024"], "n": [30.0, 10.0, 5.0], "asked": [60.0, np.nan, 4.0],
            "score": [90.0, 70.0, 100.0],
        }
    )  # fmt: skip
    providers = pd.DataFrame({"provider_id": ["p1"], "kind": ["dining、post"]})
    found = satisfaction_by_kind(surveys, providers).set_index("kind")
    assert found.loc["dining", ["n_surveys", "n", "score", "response_rate"]].tolist() == [2, 40, 85, 0.5]
    assert found.loc["post", ["n", "score"]].tolist() == [10, 70]
    assert np.isnan(found.loc["post", "response_rate"])
    with pytest.raises(InputError, match="providers p1 aren't registered"):
        satisfaction_by_kind(surveys)
    with pytest.raises(InputError, match="surveys 1 name neither a kind nor a provider"):
        satisfaction_by_kind(surveys.assign(kind=[None, None, "laundry"]), providers)


def test_items_are_counted_over_the_list_that_was_given() -> None:
    form = pd.DataFrame(
        {
            "category": ["health", "health", "safety"], "status": ["delivered", "partial", "missing"],
            "official": [1.0, np.nan, 0.0],
        }
    )  # fmt: skip
    found = inventory_by_category(form).set_index("category")
    assert found.loc["health"].tolist() == [1, 1, 2, 0.5]
    assert found.loc["all", ["n_items", "share"]].tolist() == [3, pytest.approx(1 / 3)]
    assert inventory_by_category(form, official=True).set_index("category").loc["all", "n_items"] == 1
    with pytest.raises(InputError, match="no item is flagged"):
        inventory_by_category(form.drop(columns="official"), official=True)


def test_demands_are_matched_from_either_side() -> None:
    form = pd.DataFrame(
        {
            "item_id": ["d1", "d2", "d3", "r1", "p1"], "area_id": ["c1", "c1", "c2", "c1", "c1"],
            "list": ["demand", "demand", "demand", "resource", "project"],
            "matches": ["r1", None, "d1", None, "d2"],
        }
    )  # fmt: skip
    # d1 names a resource, d2 is named by a project; d3 names a demand, which answers nothing.
    assert matched_demand(form).to_numpy().tolist() == [["c1", 2, 2, 1.0], ["c2", 1, 0, 0.0]]
