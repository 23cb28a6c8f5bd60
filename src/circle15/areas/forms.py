"""Signed providers and residents' satisfaction, beside the spatial score and never inside it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from circle15.errors import InputError, head

_TOLD = ("items", "modes", "hotline")
_COMMON = ("common_sign", "common_standard", "common_rules")


def providers_by_area(providers: pd.DataFrame) -> pd.DataFrame:
    """How many providers of each community have come how far.

    Parameters
    ----------
    providers : as `sources.forms.read_form` reads the form `providers`: `provider_id, area_id`, dates (missing where
        not yet), `items, modes, hotline` and the flags. A revoked provider no longer counts as signed or published.

    Returns
    -------
    `area_id, n, applied, passed, signed, published, revoked` (numbers of providers), then of the signed ones
    `tells_all` (items, modes and hotline are published) and `common_rules` (sign, standard and management in
    common). By area_id.

    Examples
    --------
    >>> import pandas as pd
    >>> form = pd.DataFrame({"provider_id": ["p1", "p2"], "area_id": "c1", "signed": ["2025-01-01", "2025-01-02"],
    ...                      "revoked": [None, "2025-06-01"]})
    >>> providers_by_area(form)[["area_id", "n", "signed", "revoked"]].to_numpy().tolist()
    [['c1', 2, 1, 1]]
    """
    revoked = _given(providers, "revoked")
    state = {step: _given(providers, step) & ~revoked for step in ("applied", "passed", "signed", "published")}
    signed = state["signed"]
    table = pd.DataFrame(
        {
            "area_id": providers["area_id"].to_numpy(object),
            "n": True,
            **state,
            "revoked": revoked,
            "tells_all": signed & np.logical_and.reduce([_given(providers, column) for column in _TOLD]),
            "common_rules": signed & np.logical_and.reduce([_flagged(providers, column) for column in _COMMON]),
        }
    )
    counts = table.groupby("area_id", sort=True).sum().astype("int64").reset_index()
    return counts.astype({"area_id": "str"})


def _given(frame: pd.DataFrame, column: str) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    return frame[column].notna().to_numpy(dtype=bool)


def _flagged(frame: pd.DataFrame, column: str) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    return (frame[column] == 1).to_numpy(dtype=bool)


def satisfaction_by_kind(satisfaction: pd.DataFrame, providers: pd.DataFrame | None = None) -> pd.DataFrame:
    """Residents' satisfaction with each kind and period: the mean of the scores, weighted by their answers.

    Parameters
    ----------
    satisfaction : as read from the form `satisfaction`: `period, n, score` (per cent), `kind` or `provider_id`, and
        `asked` where known.
    providers : gives the kinds of rows that name a provider only; a provider of several kinds counts for each.

    Returns
    -------
    `kind, period, n_surveys, n, score, response_rate` (answers / asked over the surveys that tell it, nan where none
    does), by kind and period.

    Raises
    ------
    InputError
        naming the providers that aren't in the register, and surveys of neither a kind nor a provider.

    Examples
    --------
    >>> import pandas as pd
    >>> form = pd.DataFrame({"survey_id": ["1", "2"], "kind": "dining", "period": "2025", "n": [30.0, 10.0],
    ...                      "score": [90.0, 70.0]})
    >>> satisfaction_by_kind(form)[["kind", "n", "score"]].to_numpy().tolist()  # (30 x 90 + 10 x 70) / 40
    [['dining', 40.0, 85.0]]
    """
    kind = satisfaction["kind"] if "kind" in satisfaction else pd.Series(None, satisfaction.index, dtype="str")
    if "provider_id" in satisfaction:
        known = {} if providers is None else dict(zip(providers["provider_id"], providers["kind"], strict=True))
        asked = satisfaction["provider_id"].where(kind.isna())
        strange = asked[asked.notna() & ~asked.isin(list(known))]
        if len(strange):
            raise InputError(f"satisfaction: providers {head(strange)} aren't registered; add them to the providers")
        kind = kind.astype(object).where(kind.notna(), asked.map(known))
    if kind.isna().any():
        rows = satisfaction["survey_id"][kind.isna().to_numpy()]
        raise InputError(f"satisfaction: surveys {head(rows)} name neither a kind nor a provider; give one of them")
    table = satisfaction.assign(kind=kind.astype(str).str.split("、")).explode("kind")
    asked_n = table["asked"] if "asked" in table else pd.Series(np.nan, table.index)
    table = table.assign(
        points=table["n"] * table["score"], asked=asked_n, answered=table["n"].where(asked_n.notna().to_numpy())
    )
    groups = table.groupby(["kind", "period"], sort=True)
    sums = groups[["n", "points", "answered", "asked"]].sum()
    out = sums.assign(
        n_surveys=groups.size(),
        score=sums["points"] / sums["n"].where(sums["n"] > 0),
        response_rate=sums["answered"] / sums["asked"].where(sums["asked"] > 0),
    ).reset_index()
    return out[["kind", "period", "n_surveys", "n", "score", "response_rate"]].astype({"kind": "str", "period": "str"})


def inventory_by_category(inventory: pd.DataFrame, *, official: bool = False) -> pd.DataFrame:
    """How much of the service items is delivered, by category and in all ("all").

    Parameters
    ----------
    inventory : as read from the form `inventory`: `category, status` (delivered, partial, missing).
    official : only the rows flagged as of the official list count (its 82 items, once somebody has it); else all.

    Returns
    -------
    `category, delivered, partial, n_items, share`; the denominator is the items listed, never a number from memory.

    Raises
    ------
    InputError
        where `official` is asked for and no row is flagged.
    """
    listed = inventory
    if official:
        listed = inventory[_flagged(inventory, "official")]
        if not len(listed):
            raise InputError("inventory: no item is flagged as on the official list; fill in the column 官方清单项目")
    parts = [*listed.groupby("category", sort=True), ("all", listed)]
    rows = [
        (name, int((part["status"] == "delivered").sum()), int((part["status"] == "partial").sum()), len(part))
        for name, part in parts
    ]
    out = pd.DataFrame(rows, columns=["category", "delivered", "partial", "n_items"]).astype({"category": "str"})
    return out.assign(share=out["delivered"] / out["n_items"].where(out["n_items"] > 0))


def matched_demand(demand_list: pd.DataFrame) -> pd.DataFrame:
    """How many demands of each community a resource or a project answers.

    Parameters
    ----------
    demand_list : as read from the form `demand_list`: `item_id, area_id, list` (demand, resource, project) and
        `matches`, the id of the item that a row answers. A demand is matched from either side.

    Returns
    -------
    `area_id, demands, matched, share`, by area_id; areas without a demand are left out.
    """
    answers = demand_list["matches"] if "matches" in demand_list else pd.Series(None, demand_list.index, dtype="str")
    is_demand = (demand_list["list"] == "demand").to_numpy()
    offered = set(demand_list["item_id"][~is_demand])
    named = set(answers[~is_demand].dropna())
    demand = demand_list[is_demand]
    matched = demand["item_id"].isin(list(named)) | answers[is_demand].isin(list(offered))
    groups = demand.assign(matched=matched).groupby("area_id", sort=True)["matched"]
    out = groups.agg(["size", "sum"]).reset_index().rename(columns={"size": "demands", "sum": "matched"})
    return out.assign(share=out["matched"] / out["demands"]).astype({"area_id": "str"})
