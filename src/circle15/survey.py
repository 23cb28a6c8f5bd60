"""What to check on the ground first: the answers on which the most residents' statuses hang."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from circle15.checklist import KINDS
from circle15.errors import InputError, head
from circle15.schema import NO_AREA, points_of, strings_of
from circle15.units import BoolArray, IntArray, local_crs

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["survey_list"]

_KEYS = ["site_id", "community_id", "kind"]
NEAR_M = 200.0
"""An address farther from a site than this doesn't help to find it."""
_COLUMNS = ("rank", "ask", *_KEYS, "name", "near", "weight", "n_residences", "evidence", "rule", "geometry")


def survey_list(
    residences: gpd.GeoDataFrame,
    access: pd.DataFrame,
    sites: gpd.GeoDataFrame,
    site_kinds: pd.DataFrame,
    area_shapes: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """The questions whose answers settle statuses, the weightiest first.

    Two sorts of questions. *site*: does this site hold this kind? Asked where residences are `possible` because of it;
    yes makes them covered. *community*: is this kind anywhere in this community, and where? Asked where residences are
    `unknown` because no list there is complete; a thorough no makes them a gap, a place found may cover them. What is
    unknown because the data ends (`data_edge`) can't be settled by looking inside it, and isn't asked.

    Parameters
    ----------
    residences, access : from a study; `access` in checklist kinds.
    sites, site_kinds : those that `access` names.
    area_shapes : gives the communities' names and places.

    Returns
    -------
    One row a question: `rank` (from 1), `ask` ("site" or "community"), `site_id` or `community_id` ("none" outside all
    communities), `kind`, `name` of the site or community, `near` (the nearest residence with a name or address, within
    `NEAR_M` of a site), `weight` and `n_residences` whose status hangs on it, `evidence` and `rule` so far, `geometry`
    (a point: the site, or the middle of those residences). Sorted by weight, then kind in the checklist's order,
    then id.

    Raises
    ------
    InputError
        when access names residences or sites that aren't given.
    """
    possible, unknown = (_holds(access["status"], status) for status in ("possible", "unknown"))
    asked = np.flatnonzero(possible | (unknown & _holds(access["reason"], "data_missing")))
    home, kind, site = (_coded(access[name], asked) for name in ("residence_id", "kind", "site_id"))
    row = pd.Index(residences["residence_id"]).get_indexer(pd.Index(home.categories))
    if (row < 0).any():
        strangers = home.categories[row < 0]
        raise InputError(f"access names residences that aren't given: {head(strangers)}; give those it was made from")
    row = row[home.codes]
    places = points_of(residences)
    cells = pd.DataFrame(
        {
            "kind": kind,
            "site_id": site,
            "community_id": residences["community_id"].fillna(NO_AREA).astype("category").array[row],
            "weight": residences["weight"].to_numpy(dtype=np.float64)[row],
            "lon": places.x.to_numpy()[row],
            "lat": places.y.to_numpy()[row],
        }
    )
    maybe = possible[asked]
    on_sites = _on_sites(cells[maybe], sites, site_kinds)
    hanging = pd.concat([on_sites, _on_communities(cells[~maybe], area_shapes)])
    order = hanging["kind"].map({kind: i for i, kind in enumerate(KINDS)})
    hanging = hanging.assign(_kind=order, _id=hanging["site_id"].fillna(hanging["community_id"]))
    hanging = hanging.sort_values(["weight", "_kind", "ask", "_id"], ascending=[False, True, True, True])
    hanging = hanging.assign(rank=np.arange(1, len(hanging) + 1), near=_addresses(hanging, residences))
    texts = dict.fromkeys(("ask", *_KEYS, "name", "near", "evidence", "rule"), "str")
    table = hanging[list(_COLUMNS)].reset_index(drop=True).astype(texts)
    return gpd.GeoDataFrame(table, geometry="geometry", crs="EPSG:4326")


def _on_sites(maybe: pd.DataFrame, sites: gpd.GeoDataFrame, site_kinds: pd.DataFrame) -> pd.DataFrame:
    """Possible sites and kinds, with the weight that they decide."""
    counted = _summed(maybe, "site_id", weight=("weight", "sum"), n_residences=("weight", "size"))
    lost = counted["site_id"][~counted["site_id"].isin(sites["site_id"])].unique()
    if len(lost):
        raise InputError(f"access names sites that aren't given: {head(lost)}; give those it was made from")
    named = counted.merge(site_kinds, on=["site_id", "kind"], how="left")
    place = sites.set_index("site_id")
    return named.assign(
        ask="site",
        community_id=None,
        name=named["site_id"].map(place["name"]),
        geometry=points_of(place).reindex(named["site_id"]).to_numpy(),
    )


def _on_communities(unlisted: pd.DataFrame, area_shapes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Kinds of which nobody has a complete list in a community, with the weight that doesn't know."""
    counted = _summed(
        unlisted, "community_id",
        weight=("weight", "sum"), n_residences=("weight", "size"), lon=("lon", "mean"), lat=("lat", "mean"),
    )  # fmt: skip
    communities = area_shapes[area_shapes["level"] == "community"].set_index("area_id")["name"]
    return counted[["community_id", "kind", "weight", "n_residences"]].assign(
        ask="community",
        site_id=None,
        name=counted["community_id"].map(communities),
        evidence=None,
        rule=None,
        geometry=np.asarray(shapely.points(counted["lon"], counted["lat"]), dtype=object),
    )


def _summed(cells: pd.DataFrame, by: str, **sums: tuple[str, str]) -> pd.DataFrame:
    """Sums over the cells of each place and kind."""
    summed = cells.groupby([by, "kind"], observed=True).agg(**sums).reset_index()
    return summed.astype({by: object, "kind": object})


def _holds(column: pd.Series[str], word: str) -> BoolArray:
    """Where a column says this: Arrow compares texts many times faster than Python does."""
    said = pc.equal(strings_of(column), word).fill_null(False)
    return np.asarray(said.to_numpy(zero_copy_only=False), dtype=bool)


def _coded(column: pd.Series[str], rows: IntArray) -> pd.Categorical:
    """Some of a column's texts as codes: codes are grouped and looked up many times faster."""
    encoded = strings_of(column).take(pa.array(rows)).dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy()
    return pd.Categorical.from_codes(codes, encoded.dictionary.to_pylist())


def _addresses(asked: pd.DataFrame, residences: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """The name of the nearest residence that has one, for sites."""
    out: npt.NDArray[np.object_] = np.full(len(asked), None, dtype=object)
    named = residences[residences["name"].fillna("") != ""]
    rows = np.flatnonzero(asked["ask"] == "site")
    if not len(named) or not len(rows):
        return out
    west, south, east, north = named.total_bounds
    plane = local_crs((west + east) / 2, (south + north) / 2)
    doors = points_of(named).to_crs(plane).to_numpy()
    spots = gpd.GeoSeries(asked["geometry"].iloc[rows].to_numpy(), crs="EPSG:4326").to_crs(plane).to_numpy()
    (site, door) = shapely.STRtree(doors).query_nearest(spots, max_distance=NEAR_M, all_matches=False)
    out[rows[site]] = named["name"].to_numpy(dtype=object)[door]
    return out
