"""One place, several sources: the map's and the registers' rows that speak of the same site become one site.

Nothing is lost silently: each row that goes into another is listed, with how far apart and how alike the two were.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.checklist import EXTENSION_KINDS, KINDS
from circle15.checklist.matcher import plain
from circle15.errors import InputError, head
from circle15.schema import EVIDENCE
from circle15.units import local_crs
from circle15.words import Words

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from typing import Any

__all__ = [
    "WHY_MERGED",
    "Chapman",
    "Merged",
    "alike_pairs",
    "chapman",
    "from_source",
    "likeness",
    "merge_sites",
    "missed_by_both",
    "namesakes",
    "sites_meant",
    "sites_now",
]

DISTANCE_M = 60.0
"""Rows of two sources that far apart may be the same site: half a block, and what maps and surveys differ by."""
NAMELESS_M = 20.0
"""The same where one of the two has no name, so that only the place speaks."""
SAME_PLACE_M = 5.0
"""Rows of one source at the same place."""
ALIKE = 0.85
"""Names at least this alike are the same: one character more in three, one changed in seven."""
BRANCH_ALIKE = 0.6
"""Branches less alike than this, as 新街口店 and 夫子庙店, are two sites of one chain."""

FIRM_MATCHES = 7
"""With fewer sites in common the number of those missed by both is a guess."""

JOINT = "; "
MERGE_COLUMNS = {
    "site_id": "str",
    "kept_id": "str",
    "dropped_id": "str",
    "kept_name": "str",
    "dropped_name": "str",
    "kept_source": "str",
    "dropped_source": "str",
    "why": "str",
    "distance_m": "float64",
    "likeness": "float64",
    "kinds": "str",
}
"""The columns of the frame `merges`."""

WHY_MERGED: Mapping[str, Words] = {
    "same_room": Words("登记表内一室多用", "one room in a register"),
    "twin": Words("地图上点与面重复", "a node and its polygon on the map"),
    "same_place": Words("不同来源的同一处", "one place in two sources"),
}
"""What the column `why` of `merges` says, in words."""

_BRACKETS = str.maketrans({**dict.fromkeys("【[〔〖「『<《", "("), **dict.fromkeys("】]〕〗」』>》", ")")})
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_OUTLET = r"(?:总店|分店|旗舰店|专卖店|门店|店|支行|分行|分理处|储蓄所|营业部|营业厅|营业所|网点)"
_PART = rf"(?:{_OUTLET}|branch|分院|分部|院区|分校|校区)"
_BRANCH = re.compile(rf"(?P<base>.+?)[\s·・\-_]+(?P<branch>\S*{_PART})")
_REMAINDER = re.compile(rf".{{0,12}}{_PART}")
_OUTLET_TAIL = re.compile(rf"{_PART}+$")
_PREFIXES = tuple(
    re.compile(pattern)
    for pattern in (
        r"[\u4e00-\u9fff]{2,3}(?:省|自治区)",
        r"[\u4e00-\u9fff]{2,4}?(?<![超菜夜集花都城门早书])市(?![场民])",
        r"[\u4e00-\u9fff]{2,3}?(?<![社小园校景片街灾库矿特城住])[区县]",
    )
)
_COMPANY = re.compile(r"(?:股份|责任)?(?:有限)?(?:责任)?公司$")
_SCHOOL = re.compile(r"(?<=\d)([中小])(?!学)(?=$|\()")
_NUMERAL = re.compile(r"[0-9十百]+")
_SIDE = re.compile(r"[东西南北]")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_LATIN = re.compile(r"[a-z]")
_ALTERNATIVES = re.compile(r"[;/|]")


class Merged(NamedTuple):
    """What `merge_sites` gives: sites, what they hold, and one row for each row that went into another."""

    sites: gpd.GeoDataFrame
    site_kinds: pd.DataFrame
    merges: pd.DataFrame


class _Name(NamedTuple):
    """A name as it is compared: without town, brackets and punctuation, and the branch of a chain apart."""

    base: str
    branch: str


def merge_sites(
    sites: gpd.GeoDataFrame,
    site_kinds: pd.DataFrame,
    *,
    priority: Sequence[str],
    map_source: str = "osm",
    distance_m: float = DISTANCE_M,
) -> Merged:
    """Make one site of the rows that speak of the same place.

    Three steps, the last two one-to-one and the best pairs first (the most alike, then the nearest, then by id):

    1. within a register, rows at most 5 m apart with the same name are one site (一室多用), and so are those with the
       same `address` and no kind in common (two restaurants in one building stay two);
    2. within the map, a node and the polygon that it stands in (or at most 5 m from) are one where they share a kind
       and their names don't differ; the polygon stays;
    3. source after source in the order of `priority`, rows that share a kind and lie at most `distance_m` apart (0 in a
       polygon) are one where their names are alike (`likeness` of at least 0.85), or where one has no name and they
       lie at most 20 m apart.

    The row of the source that comes first in `priority` stays, with its id; what it leaves empty (name, hours, area,
    capacity, any other column) is filled from the other. Its geometry stays too, but for a point in the other's
    polygon: then the polygon does, so that the site is entered at its gates.

    Parameters
    ----------
    sites : `site_id, name, source, geometry`, perhaps `address`; other columns pass through. Any coordinate system.
    site_kinds : `site_id, kind, evidence, rule`, as `schema.checked_site_kinds` gives them.
    priority : every source of the sites, the most trusted first: the registers as the config lists them, then the map.
    map_source : the source whose rows are features of a map, not of a register.
    distance_m : how far apart two sources may put the same site.

    Returns
    -------
    Merged
        `sites`, sorted by id, with all sources of each in `source`, as "market.csv; osm".
        `site_kinds`, one row a site and kind, in checklist order: the strongest evidence, the rules of all rows joined
        by "; ", and in `source` where they are from.
        `merges`: `site_id` (where the two are now), `kept_id, dropped_id`, both names and sources, `why`
        ("same_room", "twin", "same_place"), `distance_m`, `likeness` (nan where one has no name), `kinds` (shared by
        the two; those of the row dropped where none is).

    Raises
    ------
    InputError
        for sources that `priority` doesn't name.
    """
    rank = {source: i for i, source in enumerate(priority)}
    strangers = sorted(set(sites["source"]) - rank.keys())
    if strangers:
        raise InputError(f"priority: doesn't name the sources {head(strangers)}; name every source, the best first")
    sites = sites.sort_values("site_id", kind="stable", ignore_index=True)
    pile = _Pile(sites, site_kinds)
    for source in priority:
        if source == map_source:
            pile.merge_twins(np.flatnonzero(sites["source"] == source))
        else:
            pile.merge_rooms(np.flatnonzero(sites["source"] == source))
    for source in priority:
        pile.merge_source(np.flatnonzero(sites["source"] == source), distance_m)
    return pile.merged(rank)


class _Pile:
    """The rows on their way to becoming sites: which have gone into which."""

    def __init__(self, sites: gpd.GeoDataFrame, site_kinds: pd.DataFrame) -> None:
        west, south, east, north = sites.to_crs("EPSG:4326").total_bounds if len(sites) else (0.0, 0.0, 0.0, 0.0)
        plane = sites.geometry.to_crs(local_crs((west + east) / 2, (south + north) / 2))
        self.sites = sites
        self.site_kinds = site_kinds
        self.shapes = plane.to_numpy().copy()
        self.shape_of = np.arange(len(sites))
        self.into = np.arange(len(sites))
        self.kept: list[int] = []
        self.pairs: list[tuple[int, int, str, float, float, str]] = []
        held = site_kinds.groupby("site_id", sort=False)["kind"].agg(frozenset)
        self.kinds = [held.get(site_id, frozenset()) for site_id in sites["site_id"]]
        self.names = [None if pd.isna(name) or not _keys(str(name)) else str(name) for name in sites["name"]]

    def alive(self, rows: Iterable[int]) -> np.ndarray[Any, Any]:
        return np.array([row for row in rows if self.into[row] == row], dtype=np.int64)

    def put(self, row: int, into: int, *, why: str, distance_m: float, alike: float) -> None:
        kinds = self.kinds[into] & self.kinds[row] or self.kinds[row]
        self.pairs.append((into, row, why, distance_m, alike, ", ".join(sorted(kinds))))
        self.into[row] = into
        self.kinds[into] |= self.kinds[row]
        self.names[into] = self.names[into] or self.names[row]
        point, other = self.shapes[into], self.shapes[row]
        if shapely.get_dimensions(point) == 0 and shapely.get_dimensions(other) == 2 and shapely.covers(other, point):
            self.shapes[into], self.shape_of[into] = other, self.shape_of[row]

    def merge_rooms(self, rows: np.ndarray[Any, Any]) -> None:
        if len(rows) < 2:
            return
        address = self.sites["address"].fillna("") if "address" in self.sites else pd.Series("", self.sites.index)
        where = [plain(str(text)) for text in address]
        near = shapely.STRtree(self.shapes[rows]).query(self.shapes[rows], predicate="dwithin", distance=SAME_PLACE_M)
        first, second = rows[near[0]], rows[near[1]]
        for row, kept in sorted(zip(second[first < second].tolist(), first[first < second].tolist(), strict=True)):
            if self.into[row] != row or self.into[kept] != kept:
                continue
            one, other = self.names[kept], self.names[row]
            namesakes = one is not None and other is not None and _keys(one) == _keys(other)
            one_room = where[row] != "" and where[row] == where[kept] and not self.kinds[row] & self.kinds[kept]
            if namesakes or one_room:
                alike = np.nan if one is None or other is None else likeness(one, other)
                distance_m = float(shapely.distance(self.shapes[row], self.shapes[kept]))
                self.put(row, kept, why="same_room", distance_m=distance_m, alike=alike)

    def merge_twins(self, rows: np.ndarray[Any, Any]) -> None:
        dimension = shapely.get_dimensions(self.shapes[rows])
        nodes, polygons = rows[dimension == 0], rows[dimension == 2]
        self._assign(polygons, nodes, "twin", SAME_PLACE_M, SAME_PLACE_M)

    def merge_source(self, rows: np.ndarray[Any, Any], distance_m: float) -> None:
        own = self.alive(rows)
        self._assign(np.array(self.kept, dtype=np.int64), own, "same_place", distance_m, min(NAMELESS_M, distance_m))
        self.kept += self.alive(own).tolist()

    def _assign(
        self, kept: np.ndarray[Any, Any], rows: np.ndarray[Any, Any], why: str, distance_m: float, nameless_m: float
    ) -> None:
        """Put rows into kept ones, one into each, the best pairs first."""
        if not len(kept) or not len(rows):
            return
        near, at = shapely.STRtree(self.shapes[kept]).query(self.shapes[rows], predicate="dwithin", distance=distance_m)
        far_m = shapely.distance(self.shapes[rows[near]], self.shapes[kept[at]])
        found = []
        for row, into, away in zip(rows[near].tolist(), kept[at].tolist(), far_m.tolist(), strict=True):
            if self.kinds[row].isdisjoint(self.kinds[into]):
                continue
            one, other = self.names[into], self.names[row]
            if one is None or other is None:
                if away <= nameless_m:
                    found.append((np.inf, away, into, row, np.nan))
            elif (alike := likeness(one, other)) >= ALIKE:
                found.append((-alike, away, into, row, alike))
        taken: set[int] = set()
        for _, away, into, row, alike in sorted(found):
            if into not in taken and row not in taken:
                taken |= {into, row}
                self.put(row, into, why=why, distance_m=away, alike=alike)

    def merged(self, rank: dict[str, int]) -> Merged:
        root = self.into.copy()
        while (root[root] != root).any():
            root = root[root]
        ids, own_name, own_source = (
            self.sites[column].to_numpy(dtype=object) for column in ("site_id", "name", "source")
        )
        merges = pd.DataFrame(
            [
                (
                    ids[root[kept]], ids[kept], ids[row], own_name[kept], own_name[row], own_source[kept],
                    own_source[row], why, away, alike, kinds,
                )
                for kept, row, why, away, alike, kinds in self.pairs
            ],
            columns=list(MERGE_COLUMNS),
        ).astype(MERGE_COLUMNS)  # fmt: skip
        merges = merges.sort_values(["site_id", "dropped_id"], kind="stable", ignore_index=True)
        sites = self.sites.copy()
        members = {int(into): [int(into)] for into in root[root != np.arange(len(root))]}
        for kept, row, *_ in self.pairs:
            members[int(root[kept])].append(row)
        plain_columns = [name for name in sites.columns if name not in {"site_id", "source", "geometry"}]
        source, shape = own_source.copy(), sites.geometry.to_numpy()
        filled = {name: sites[name].to_numpy(dtype=object).copy() for name in plain_columns}
        for into, rows in members.items():
            ordered = [into, *sorted(rows[1:], key=lambda row: (rank[own_source[row]], row))]
            source[into] = JOINT.join(_once(own_source[row] for row in ordered))
            for values in filled.values():
                values[into] = next((values[row] for row in ordered if not pd.isna(values[row])), values[into])
        for name, values in filled.items():
            sites[name] = pd.Series(values, index=sites.index).astype(sites[name].dtype)
        sites["source"] = pd.array(source, dtype="str")
        sites = sites.set_geometry(gpd.GeoSeries(shape[self.shape_of], index=sites.index, crs=sites.crs))
        kept_rows = root == np.arange(len(root))
        now = pd.Series(ids[root], index=ids)
        return Merged(sites[kept_rows].reset_index(drop=True), _held(self.site_kinds, self.sites, now, rank), merges)


def _held(site_kinds: pd.DataFrame, sites: gpd.GeoDataFrame, now: pd.Series[str], rank: dict[str, int]) -> pd.DataFrame:
    """What each site holds now: the strongest evidence of each kind, with all rules and sources."""
    order = {kind: i for i, kind in enumerate((*KINDS, *EXTENSION_KINDS))}
    rows = site_kinds.assign(source=site_kinds["site_id"].map(sites.set_index("site_id")["source"]))
    rows = rows.assign(
        _was=rows["site_id"],
        site_id=rows["site_id"].map(now),
        _rank=rows["source"].map(rank),
        _evidence=rows["evidence"].map({evidence: i for i, evidence in enumerate(EVIDENCE)}),
        _kind=rows["kind"].map(order),
    ).sort_values(["site_id", "_kind", "_rank", "_was"], kind="stable")
    several = rows.duplicated(["site_id", "kind"], keep=False)
    told: dict[tuple[str, str], tuple[list[int], list[str], list[str]]] = {}
    same = rows[several]
    for site_id, kind, evidence, rule, source in zip(
        *(same[column].to_list() for column in ("site_id", "kind", "_evidence", "rule", "source")), strict=True
    ):
        found, rules, sources = told.setdefault((site_id, kind), ([], [], []))
        found.append(evidence)
        rules.append(rule)
        sources.append(source)
    joined = [
        (site_id, kind, EVIDENCE[min(found)], JOINT.join(_once(rules)), JOINT.join(_once(sources)), order[kind])
        for (site_id, kind), (found, rules, sources) in told.items()
    ]
    columns = ["site_id", "kind", "evidence", "rule", "source", "_kind"]
    parts = [rows.loc[~several, columns], pd.DataFrame(joined, columns=columns).astype({"_kind": "int64"})]
    held = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    held = held.sort_values(["site_id", "_kind"], kind="stable", ignore_index=True).drop(columns="_kind")
    return held.astype(dict.fromkeys(held.columns, "str"))


def sites_now(site_ids: pd.Series[str], merges: pd.DataFrame) -> pd.Series[str]:
    """Where rows that other tables name by id are after a merge.

    >>> merges = pd.DataFrame({"site_id": ["R1"], "dropped_id": ["n7"]})
    >>> sites_now(pd.Series(["n7", "n8"]), merges).tolist()
    ['R1', 'n8']
    """
    moved = site_ids.map(merges.set_index("dropped_id")["site_id"]).astype("str")
    return moved.fillna(site_ids)


def sites_meant(
    places: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, site_kinds: pd.DataFrame, *, distance_m: float = DISTANCE_M
) -> pd.Series[str]:
    """Which site each row of another table speaks of, by kind, place and name.

    Parameters
    ----------
    places : `kind, name, geometry`, in the coordinate system of `sites`.
    sites, site_kinds : as for `merge_sites`.

    Returns
    -------
    On the index of `places`: of the sites that hold the kind, the most alike by name (at least 0.85) within
    `distance_m`, else the nearest within 20 m where one of the two has no name; missing where there is none.
    """
    west, south, east, north = sites.to_crs("EPSG:4326").total_bounds if len(sites) else (0.0, 0.0, 0.0, 0.0)
    plane = local_crs((west + east) / 2, (south + north) / 2)
    shapes, spots = sites.geometry.to_crs(plane).to_numpy(), places.geometry.to_crs(plane).to_numpy()
    held = site_kinds.groupby("site_id", sort=False)["kind"].agg(frozenset)
    kinds = [held.get(site_id, frozenset()) for site_id in sites["site_id"]]
    near, at = shapely.STRtree(shapes).query(spots, predicate="dwithin", distance=distance_m)
    best: dict[int, tuple[float, float, str]] = {}
    for row, site, away in zip(near.tolist(), at.tolist(), shapely.distance(spots[near], shapes[at]), strict=True):
        if places["kind"].iloc[row] not in kinds[site]:
            continue
        one, other = places["name"].iloc[row], sites["name"].iloc[site]
        nameless = pd.isna(one) or pd.isna(other)
        alike = 0.0 if nameless else likeness(str(one), str(other))
        if alike >= ALIKE or (nameless and away <= NAMELESS_M):
            best[row] = min(
                best.get(row, (np.inf, np.inf, "")), (-alike, float(away), str(sites["site_id"].iloc[site]))
            )
    found = [best[row][2] if row in best else None for row in range(len(places))]
    return pd.Series(pd.array(found, dtype="str"), index=places.index)


def alike_pairs(
    sites: gpd.GeoDataFrame, site_kinds: pd.DataFrame, *, distance_m: float = DISTANCE_M, least: float = 0.6
) -> pd.DataFrame:
    """Sites that may be one and aren't: they share a kind, lie close and have names that are somewhat alike.

    Parameters
    ----------
    sites, site_kinds : of `merge_sites`.
    distance_m : how far apart at most, 0 where one lies in the other.
    least : the least `likeness` of their names; sites without a name are left out.

    Returns
    -------
    One row a pair, the most alike first, then the nearest, then by id: `one_id, other_id, one_name, other_name,
    one_source, other_source, kinds` (shared, joined by ", "), `distance_m, likeness`.

    Examples
    --------
    >>> at = gpd.GeoSeries.from_xy([118.78, 118.7803], [32.04, 32.04], crs="EPSG:4326")
    >>> sites = gpd.GeoDataFrame(
    ...     {"site_id": ["a", "b"], "name": ["光河超市", "光河超级市场"], "source": "osm"}, geometry=at
    ... )
    >>> kinds = pd.DataFrame({"site_id": ["a", "b"], "kind": "grocery"})
    >>> alike_pairs(sites, kinds)[["one_id", "other_id", "likeness"]].to_numpy().tolist()
    [['a', 'b', 0.8]]
    """
    columns = ["one_id", "other_id", "one_name", "other_name", "one_source", "other_source", "kinds"]
    west, south, east, north = sites.to_crs("EPSG:4326").total_bounds if len(sites) else (0.0, 0.0, 0.0, 0.0)
    shapes = sites.geometry.to_crs(local_crs((west + east) / 2, (south + north) / 2)).to_numpy()
    held = site_kinds.groupby("site_id", sort=False)["kind"].agg(frozenset)
    ids, names, sources = (sites[column].astype(object).tolist() for column in ("site_id", "name", "source"))
    kinds = [held.get(site_id, frozenset()) for site_id in ids]
    named = np.array([i for i, name in enumerate(names) if not pd.isna(name) and _keys(str(name))], dtype=np.int64)
    near, at = shapely.STRtree(shapes[named]).query(shapes[named], predicate="dwithin", distance=distance_m)
    first, second = named[near[near < at]], named[at[near < at]]
    found = []
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        shared = kinds[one] & kinds[other]
        if shared and (alike := likeness(str(names[one]), str(names[other]))) >= least:
            away_m = float(shapely.distance(shapes[one], shapes[other]))
            told = (ids[one], ids[other], names[one], names[other], sources[one], sources[other])
            found.append((*told, ", ".join(sorted(shared)), away_m, alike))
    found.sort(key=lambda pair: (-pair[-1], pair[-2], pair[0], pair[1]))
    table = pd.DataFrame(found, columns=[*columns, "distance_m", "likeness"])
    return table.astype(dict.fromkeys(columns, "str") | {"distance_m": "float64", "likeness": "float64"})


def from_source(sources: pd.Series[str], source: str) -> pd.Series[bool]:
    """Which rows come from a source, alone or among others.

    >>> from_source(pd.Series(["osm", "a.csv; osm", "a.csv"]), "osm").tolist()
    [True, True, False]
    """
    return sources.str.split(JOINT, regex=False).map(lambda parts: source in parts).astype("bool")


def likeness(one: str, other: str) -> float:
    """How alike two names of places are, from 0 to 1.

    Compared in simplified characters without town and district, brackets, punctuation, case, company forms and
    branches. Names whose numbers (第九中学, 第五中学) or sides (东门, 西门) differ are not alike at all, nor are
    different branches of one chain. Where only one of the two has Latin letters as well, its Chinese part counts alone.
    A name with several in it ("A;B") is as alike as the most alike of them. The measure is rapidfuzz's normalised Indel
    similarity: 2 x the characters in common, in order / both lengths together.

    >>> likeness("南京市第五中学", "南京市第5中學（本部）"), likeness("苏果超市", "苏果超市新街口店")
    (1.0, 1.0)
    >>> likeness("南京市第五中学", "南京市第九中学"), likeness("麦当劳(新街口店)", "麦当劳(夫子庙店)")
    (0.0, 0.0)
    """
    return max((_alike(a, b) for a in _keys(one) for b in _keys(other)), default=0.0)


def namesakes(ours: Sequence[str | None], theirs: Sequence[str | None]) -> list[tuple[int, int]]:
    """Places that stand under one name in two lists, once in each: pairs of their indices, by the first.

    Names are the same without case, width and spaces; and where that leaves both without a partner, without their town
    and in the other ways that `likeness` overlooks, but with their branch. A name that stands more than once in a list,
    as those of chains do, is nobody's; so is one whose towns are two (鼓楼区中心小学 and 秦淮区中心小学).

    >>> namesakes(["银行", "第五中学", "鼓楼区中心小学"], ["秦淮区中心小学", "南京市第5中学", "银 行"])
    [(0, 2), (1, 1)]
    """
    wholes = _standing_once(map(_whole, ours)), _standing_once(map(_whole, theirs))
    pairs = [(wholes[0][name], wholes[1][name]) for name in wholes[0].keys() & wholes[1].keys()]
    paired = {i for i, _ in pairs}, {j for _, j in pairs}
    cores = _standing_once(map(_core, ours)), _standing_once(map(_core, theirs))
    for core in cores[0].keys() & cores[1].keys():
        i, j = cores[0][core], cores[1][core]
        if i not in paired[0] and j not in paired[1]:
            towns = zip(_parted(plain(str(ours[i])))[1], _parted(plain(str(theirs[j])))[1], strict=True)
            if all(a == b for a, b in towns if a and b):
                pairs.append((i, j))
    return sorted(pairs)


def _standing_once(names: Iterable[Hashable]) -> dict[Hashable, int]:
    """The names that stand once, with where; None is no name."""
    where: dict[Hashable, list[int]] = {}
    for i, name in enumerate(names):
        if name is not None:
            where.setdefault(name, []).append(i)
    return {name: at[0] for name, at in where.items() if len(at) == 1}


def _whole(name: str | None) -> str | None:
    folded = "".join(unicodedata.normalize("NFKC", name).casefold().split()) if isinstance(name, str) else ""
    return folded or None


def _core(name: str | None) -> _Name | None:
    """A name as it is compared; of several in one cell none, since any may be meant."""
    keys = _keys(name) if isinstance(name, str) else ()
    return keys[0] if len(keys) == 1 else None


@lru_cache(maxsize=200_000)
def _keys(name: str) -> tuple[_Name, ...]:
    """The names in a name, as they are compared; none where nothing but punctuation is left."""
    keys = (_parted(part)[0] for part in _ALTERNATIVES.split(plain(name)))
    return tuple(key for key in keys if key.base)


def _parted(name: str) -> tuple[_Name, tuple[str, ...]]:
    """A name as it is compared, and the province, city and district before it ("" where it names none)."""
    text = name.casefold().translate(_BRACKETS).strip()
    branch = "".join(_IN_BRACKETS.findall(text))
    base = _IN_BRACKETS.sub(" ", text).strip()
    if not base:
        base, branch = branch, ""
    parted = _BRANCH.fullmatch(base)
    if parted:
        base, branch = parted["base"], parted["branch"] + branch
    base = _COMPANY.sub("", _solid(base)) or _solid(base)
    towns = []
    for prefix in _PREFIXES:
        found = prefix.match(base)
        towns.append(found.group() if found and len(base) - found.end() >= 2 else "")
        base = base[len(towns[-1]) :]
    base = re.sub(r"第(?=[\d十百])", "", base.translate(_DIGITS))
    core = _Name(_SCHOOL.sub(r"\1学", base), _OUTLET_TAIL.sub("", _solid(branch).translate(_DIGITS)))
    return core, tuple(towns)


def _solid(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _alike(one: _Name, other: _Name) -> float:
    from rapidfuzz import fuzz  # noqa: PLC0415 - only studies with several sources need it

    short, long = sorted((one, other), key=lambda key: len(key.base))
    if len(short.base) >= 2 and long.base != short.base and long.base.startswith(short.base) and not long.branch:
        rest = long.base[len(short.base) :]
        if _REMAINDER.fullmatch(rest):
            long = _Name(short.base, _OUTLET_TAIL.sub("", rest))
    branches = (short.branch, long.branch)
    part_of_the_other = short.branch in long.branch or long.branch in short.branch  # "" is part of all
    if not part_of_the_other and fuzz.ratio(*branches) < 100 * BRANCH_ALIKE:
        return 0.0
    for telling in (_NUMERAL, _SIDE):
        told = telling.findall(short.base), telling.findall(long.base)
        if told[0] != told[1] and (telling is _NUMERAL or all(told)):
            return 0.0
    a, b = short.base, long.base
    if bool(_LATIN.search(a)) != bool(_LATIN.search(b)):
        han = "".join(_HAN.findall(a)), "".join(_HAN.findall(b))
        if min(map(len, han)) >= 2:
            a, b = han
    return float(fuzz.ratio(a, b)) / 100


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


class Chapman(NamedTuple):
    """How many there are in all, with its variance and the 95 % interval."""

    estimate: float
    variance: float
    low: float
    high: float


def chapman(n_first: int, n_second: int, n_both: int) -> Chapman:
    """How many there are when two lists that each miss some have so many in common: Chapman's estimator.

    N = (n1 + 1)(n2 + 1) / (m + 1) - 1 (Chapman 1951), with Seber's (1970) variance
    (n1 + 1)(n2 + 1)(n1 - m)(n2 - m) / ((m + 1)^2 (m + 2)); interval N +- 1.96 standard deviations, never less than
    what the two lists hold together. It assumes that nothing opened or closed between the two, that what they have in
    common was recognised, that each list is as likely to miss one site as another, and that missing from one says
    nothing about missing from the other. The last hardly holds for shops (both lists like the big and the central
    ones), which makes the estimate too low: read it as "at least so many".

    Raises
    ------
    InputError
        for numbers below 0, and more in common than either list has.

    >>> chapman(10, 15, 5).estimate.__round__(2)
    28.33
    """
    if not 0 <= n_both <= min(n_first, n_second):
        raise InputError(
            f"chapman: {n_both} in common of {n_first} and {n_second}; give at most as many as the shorter list has"
        )
    estimate = (n_first + 1) * (n_second + 1) / (n_both + 1) - 1
    spread = (n_first + 1) * (n_second + 1) * (n_first - n_both) * (n_second - n_both)
    variance = spread / ((n_both + 1) ** 2 * (n_both + 2))
    margin = 1.96 * variance**0.5
    seen = n_first + n_second - n_both
    return Chapman(estimate, variance, max(float(seen), estimate - margin), estimate + margin)


def missed_by_both(site_kinds: pd.DataFrame, *, first: str, second: str) -> pd.DataFrame:
    """How many sites of each kind two sources probably both miss.

    Parameters
    ----------
    site_kinds : of `merge_sites`; implied evidence is no sighting and isn't counted.
    first, second : two of its sources.

    Returns
    -------
    One row for each kind that both sources have, as the kinds first come in `site_kinds`: `kind, n_first, n_second,
    n_both, n_found` (by either), `estimate, low, high` (all there are; see `chapman` for what it assumes), `missed`
    (estimate less found), `firm` (at least 7 in common: with fewer the estimate is biased; Robson and Regier 1964).

    Raises
    ------
    InputError
        for a source that isn't among the rows, and the same source twice.
    """
    seen = site_kinds[site_kinds["evidence"] != "implied"]
    by = {source: from_source(seen["source"], source) for source in (first, second)}
    absent = [source for source, rows in by.items() if not rows.any()]
    if absent or first == second:
        known = sorted({part for text in site_kinds["source"] for part in text.split(JOINT)})
        raise InputError(f"missed_by_both: {first} and {second}; give two of the sources {head(known)}")
    counts = pd.DataFrame(
        {"n_first": by[first], "n_second": by[second], "n_both": by[first] & by[second], "kind": seen["kind"]}
    )
    counts = counts.groupby("kind", sort=False, as_index=False).sum()
    counts = counts[(counts["n_first"] > 0) & (counts["n_second"] > 0)].reset_index(drop=True)
    told = [chapman(*row) for row in counts[["n_first", "n_second", "n_both"]].to_numpy().tolist()]
    found = counts["n_first"] + counts["n_second"] - counts["n_both"]
    return counts.assign(
        n_found=found,
        estimate=np.array([one.estimate for one in told], dtype=np.float64),
        low=np.array([one.low for one in told], dtype=np.float64),
        high=np.array([one.high for one in told], dtype=np.float64),
        missed=lambda frame: frame["estimate"] - frame["n_found"],
        firm=counts["n_both"] >= FIRM_MATCHES,
    )
