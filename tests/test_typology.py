"""Types of communities, on towns drawn so that everybody sees the types."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import InputError
from circle15.typology import community_types


def areas(covered: dict[str, tuple[float, float]], *, weight: float = 100.0) -> pd.DataFrame:
    """Communities by their shares covered of pharmacy and school; what isn't covered is a gap."""
    rows = [
        {"level": level, "area_id": area_id, "kind": name, "weight": weight, "covered": share, "unknown": 0.0,
         "gap": 1 - share}
        for area_id, both in covered.items() for name, share in zip(("pharmacy", "school"), both, strict=True)
        for level in ("community", "district")
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"level": "str", "area_id": "str", "kind": "str"})


def town(*groups: tuple[int, float, float]) -> dict[str, tuple[float, float]]:
    """Groups of so many communities each with about these shares."""
    named: dict[str, tuple[float, float]] = {}
    for n, pharmacy, school in groups:
        for i in range(n):
            named[f"c{len(named):02}"] = (pharmacy + i / 1000, school - i / 1000)
    return named


def test_three_groups_are_three_types_the_largest_first() -> None:
    told = community_types(areas(town((3, 0.9, 0.9), (5, 0.1, 0.9), (4, 0.1, 0.1))))
    assert told.communities["type"].tolist() == [3] * 3 + [1] * 5 + [2] * 4
    assert told.types["n_communities"].tolist() == [5, 4, 3]
    assert told.types["weight"].tolist() == [500.0, 400.0, 300.0]
    assert (told.types["silhouette"] > 0.9).all()


def test_types_are_named_by_what_sets_them_apart() -> None:
    told = community_types(areas(town((4, 0.9, 0.5), (6, 0.1, 0.5))))
    # Only the pharmacies differ; covered and gap differ as much, so the first of the two speaks.
    assert told.types["name_zh"].tolist() == ["药店可达少", "药店可达多"]
    assert told.types["name_en"].tolist() == ["less covered: Pharmacy", "more covered: Pharmacy"]


def test_few_communities_are_one_type_that_says_so() -> None:
    told = community_types(areas(town((2, 0.9, 0.9), (2, 0.1, 0.1))))
    assert told.communities["type"].tolist() == [1] * 4
    assert told.types["name_en"].tolist() == ["only 4 communities: too few to sort"]
    assert np.isnan(told.types["silhouette"].iloc[0])


def test_equal_communities_are_one_type() -> None:
    told = community_types(areas(dict.fromkeys("abcdef", (0.5, 0.5))))
    assert told.types["name_en"].tolist() == ["all communities are alike"]
    assert told.types["weight"].tolist() == [600.0]


def test_what_lies_in_no_community_has_no_type() -> None:
    told = community_types(areas({**town((3, 0.9, 0.9), (3, 0.1, 0.1)), "none": (0.5, 0.5)}))
    assert "none" not in set(told.communities["area_id"])
    with pytest.raises(InputError, match="hold no community"):
        community_types(areas({"none": (0.5, 0.5)}))


shares = st.tuples(st.integers(0, 10).map(lambda n: n / 10), st.integers(0, 10).map(lambda n: n / 10))


@settings(max_examples=15)
@given(st.lists(shares, min_size=1, max_size=14), st.randoms())
def test_the_order_of_rows_changes_nothing_and_everybody_has_a_type(drawn: list[Any], random: Any) -> None:
    frame = areas({f"c{i:02}": both for i, both in enumerate(drawn)})
    told = community_types(frame)
    order = list(range(len(frame)))
    random.shuffle(order)
    again = community_types(frame.iloc[order])
    pd.testing.assert_frame_equal(told.communities, again.communities)
    assert told.types["n_communities"].sum() == len(drawn)
    assert sorted(set(told.communities["type"])) == told.types["type"].tolist()
    assert told.types["name_zh"].is_unique
