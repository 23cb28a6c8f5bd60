"""The judge: which system a table's coordinates are in, held against the map that they should lie on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely

from circle15.errors import InputError
from circle15.sources.coordinates.conversion import called_in_words, to_wgs84
from circle15.sources.coordinates.names import (
    GEOGRAPHIC,
    checked_system,
    grid_code,
    grid_of,
    is_geographic,
    system_name,
)
from circle15.sources.merging import namesakes
from circle15.units import WGS84, local_crs, to_plane
from circle15.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy.typing as npt
    from pyproj import Transformer
    from shapely import Polygon

    from circle15.sources.coordinates.moved import Pair
    from circle15.units import BoolArray, FloatArray, IntArray

__all__ = ["Fit", "SystemVerdict", "Twins", "judge_system", "name_twins"]

_SAME_M = 30.0  # readings closer than this can't be told apart on a map, and are one
_AT_BUILDING_M, _ON_STREET_M = 10.0, 3.0
# How much likelier a site lies so than a random point, as a logarithm
_IN_BUILDING, _FAR_FROM_BUILDING, _ON_STREET = 1.4, -0.9, -0.7
_FEWEST_PLACES, _FEWEST_TWINS = 20, 5
_TWIN_M = 100.0  # a register's point and the map's of one site are rarely further apart in the right system
_CLEAR, _LIKELY, _HINT = 4.0, 3.0, 2.0  # of leads; random points stay below 3 but for one table in some hundred
_SQUARE_M = 30.0
_MOST_MEASURED = 2000  # places of a table, evenly taken
_SHIFTS_M = np.array(
    [
        (radius_m * np.cos(turn), radius_m * np.sin(turn))
        for radius_m in (80.0, 120.0, 160.0, 200.0)
        for turn in np.arange(8) * np.pi / 4 + radius_m
    ]
)
_DECIDES = 2.0  # how much better one reading of a place scores before the place counts as read so

Verdict = Literal["fits", "other", "mixed", "unclear"]


class Twins(NamedTuple):
    """Places of a table that the map knows too: indices into the table, and where the map has them (WGS84 degrees)."""

    place: IntArray
    lon: FloatArray
    lat: FloatArray


class Fit(NamedTuple):
    """How a table lies on the map when it is read in one system; nan where there is nothing to measure."""

    system: str
    swapped: bool  # x is read as latitude and y as longitude
    share_inside: float  # of the places, in the study's extent
    street_m: float  # median distance to the nearest street, of those inside
    building_share: float  # in a building or within 10 m of one, of those inside
    lead: float  # how much more the places keep to buildings than 80 to 200 m beside them, in standard errors
    n_twins: int  # twins within 100 m, and clearly nearer than in any other reading
    twin_m: float  # median distance of all twins


class SystemVerdict(NamedTuple):
    """Whether a table is in the system it was declared in, and the evidence."""

    verdict: Verdict
    declared: str
    system: str  # that fits best; the declared one where unclear
    swapped: bool
    fits: tuple[Fit, ...]  # the declared reading first
    system_of: tuple[str, ...]  # of each place; "" where it can't be told
    why: Words  # what the verdict rests on, or what is missing

    def sentence(self, file: object, rows: Sequence[object] | None = None) -> Words:
        """What a planner should know and do, in one sentence; `rows` are what to call the places."""
        name, why = system_name(self.declared), self.why
        if self.verdict == "fits":
            return Words(
                f"{file}：坐标与声明的 {name} 相符（{why.zh}）",
                f"{file}: the coordinates fit {name}, as declared ({why.en})",
            )
        if self.verdict == "unclear":
            return Words(
                f"{file}：无法判断坐标是不是 {name}（{why.zh}）；请在地图上抽查几处",
                f"{file}: nothing shows whether the coordinates are {name} ({why.en}); check some places on a map",
            )
        if self.verdict == "mixed":
            return self._mixture(file, rows)
        columns = Words("经度和纬度", "longitude and latitude")
        if not is_geographic(self.system):
            columns = Words("东坐标和北坐标", "easting and northing")
        mends, better = [], []
        if self.system != self.declared:
            better.append(Words(f"符合 {system_name(self.system)}", system_name(self.system)))
        if self.swapped:
            better.append(Words(f"{columns.zh}对调了", f"{columns.en} swapped"))
            mends.append(Words(f"请对调{columns.zh}两栏", f"swap the columns of {columns.en}"))
        if self.system != self.declared:
            key = f'coordinates = "{self.system}"'
            mends.append(Words(f"请写 {key}", f"write {key}"))
        return Words(
            f"{file}：声明为 {name}，实际上{'，而且'.join(one.zh for one in better)}（{why.zh}）；"
            f"{'，并'.join(one.zh for one in mends)}",
            f"{file}: declared as {name}, but fits {' with '.join(one.en for one in better)} ({why.en}); "
            f"{' and '.join(one.en for one in mends)}",
        )

    def _mixture(self, file: object, rows: Sequence[object] | None) -> Words:
        parts = []
        for system in dict.fromkeys(system for system in self.system_of if system):
            of_it = np.array([other == system for other in self.system_of])
            n, name, which = int(of_it.sum()), system_name(system), called_in_words(of_it, rows)
            parts.append(Words(f"{n:,}处为 {name}（{which.zh}）", f"{n:,} in {name} ({which.en})"))
        untold = sum(not system for system in self.system_of)
        rest = Words(f"，另有{untold:,}处不能判定", f" and {untold:,} that can't be told") if untold else Words("", "")
        return Words(
            f"{file}：混用了几种坐标系，{'，'.join(one.zh for one in parts)}{rest.zh}；请把每种坐标系单独存为一个文件",
            f"{file}: mixes coordinate systems, {', '.join(one.en for one in parts)}{rest.en}; "
            "put each system into a file of its own",
        )


class _Reading(NamedTuple):
    system: str
    swapped: bool
    lon: FloatArray
    lat: FloatArray


def name_twins(
    names: Sequence[str | None], map_names: Sequence[str | None], map_lon: FloatArray, map_lat: FloatArray
) -> Twins:
    """Places that stand under one name in a table and on the map, once in each: see `merging.namesakes`.

    A pair of two places of one name would be far apart in any system, and so speaks for none.

    >>> lon, lat = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    >>> name_twins(["一中", "银行", None], ["银行", "一 中", "银行"], lon, lat)
    Twins(place=array([0]), lon=array([2.]), lat=array([5.]))
    """
    pairs = np.array(namesakes(names, map_names), dtype=np.int64).reshape(-1, 2)
    return Twins(pairs[:, 0], map_lon[pairs[:, 1]], map_lat[pairs[:, 1]])


def judge_system(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    declared: str,
    streets: gpd.GeoSeries,
    buildings: gpd.GeoSeries,
    twins: Twins | None = None,
    extent: Polygon | None = None,
) -> SystemVerdict:
    """Hold a table's coordinates against the map, to see whether they are in the system that they were declared in.

    Degrees are read as WGS84, GCJ-02 and BD-09, each also with longitude and latitude swapped; metres as each 3-degree
    Gauss-Kruger zone and UTM zone of China. Readings that differ by less than 30 m are one, under the declared name
    (CGCS2000 and WGS84; GCJ-02 and WGS84 abroad). Three things speak, the first that can decide does:

    1. Twins. A twin speaks for the reading that puts it within 100 m of the map's point, where every other reading puts
       it at least three times as far. Five must speak. A reading with 85 % of them has it; if a second one has three or
       more of the others, the table is mixed.
    2. The extent. If fewer than 30 % of the places lie in it as declared, and 80 % in another reading, that has it (of
       several, the one that buildings tell, else the first: the declared one swapped, WGS84 before GCJ-02). If 80 % lie
       in it as declared and fewer than 30 % in any other reading, as with zones, it fits.
    3. Buildings. Sites stand in buildings and not in the middle of streets, and would less often if they were moved by
       80 to 200 m: by how many standard errors is a reading's lead (places in 20 squares of 30 m are needed). A lead of
       4 has it. Two readings that lead by 4, or by 3 and at least half as much as the other, make the table mixed; a
       second one of 2 and at least half as much leaves it unclear. Which place of a mixed table is in which system is
       then likely, not certain: some 85 % were right among Nanjing's shops, schools and offices, and most places stay
       untold.

    Parameters
    ----------
    x, y : (n,) arrays
        as they stand in the table (x easting or longitude); nan marks a missing place.
    declared
        their system, as `checked_system` understands it.
    streets, buildings
        of the map, lines and polygons in any coordinate system; either may be empty.
    twins
        of the table and the map, for example from `name_twins`. Some wrong pairs do no harm.
    extent
        the study's, in WGS84 degrees; else the box of streets and buildings.

    Returns
    -------
    SystemVerdict
        "fits", "other" (its `system` and `swapped` say which), "mixed" (`system_of` says which place is in which), or
        "unclear": too little to tell by, as for few places, a map without buildings, or random points.

    Raises
    ------
    InputError
        when the declared system isn't known, or x and y differ in length.

    Examples
    --------
    Nothing is on the map, but swapped columns show:

    >>> import geopandas as gpd
    >>> nothing = gpd.GeoSeries([], crs="EPSG:4326")
    >>> here = shapely.box(118.7, 32.0, 118.8, 32.1)
    >>> verdict = judge_system(
    ...     [32.04, 32.05], [118.78, 118.77], declared="wgs84", streets=nothing, buildings=nothing, extent=here
    ... )
    >>> print(verdict.sentence("sites.csv").en)
    sites.csv: declared as WGS-84, but fits longitude and latitude swapped (100 % of the places lie in the study's
    extent, 0 % as declared); swap the columns of longitude and latitude
    """
    system = checked_system(declared)
    first, second = (np.asarray(values, dtype=np.float64).ravel() for values in (x, y))
    if first.shape != second.shape:
        raise InputError(f"x has {len(first)} values and y {len(second)}; give as many of one as of the other")
    given = np.isfinite(first) & np.isfinite(second)
    first, second = np.where(given, first, np.nan), np.where(given, second, np.nan)
    readings = _readings(first, second, system)
    board = _board(streets, buildings, extent)
    inside = [_inside(reading, board) for reading in readings]
    voted, twin_m = _twin_votes(readings, twins)
    scores = _scores(readings, inside, board)
    fits = tuple(
        Fit(
            system=reading.system,
            swapped=reading.swapped,
            share_inside=float(inside[h].sum() / max(given.sum(), 1)),
            **_distances(reading, inside[h], board),
            lead=_lead(reading, inside[h], scores[h], board),
            n_twins=int((voted == h).sum()),
            twin_m=float(twin_m[h]),
        )
        for h, reading in enumerate(readings)
    )
    told = _by_twins(fits) or _by_extent(fits) or _by_buildings(fits) or ("unclear", 0, _missing(fits, given, board))
    kind, best, why = told
    if kind == "mixed":
        reading_of = _told_apart(fits, scores, voted, twins)
        labels = tuple("" if h < 0 else readings[h].system for h in reading_of.tolist())
    else:
        labels = tuple(readings[best].system if here and kind != "unclear" else "" for here in given.tolist())
    return SystemVerdict(kind, system, readings[best].system, readings[best].swapped, fits, labels, why)


def _readings(x: FloatArray, y: FloatArray, declared: str) -> list[_Reading]:
    """The table read in every system that its numbers could be in, the declared one first."""
    metres = bool((np.fmax(np.abs(x), np.abs(y)) > 1000).sum() * 2 > len(x))
    if metres:
        zones = [grid_code(width_deg=3, zone=zone, prefixed=False) for zone in range(25, 46)]
        systems = [declared, *zones, *(f"EPSG:{code}" for code in range(32643, 32654))]
    else:
        systems = [declared, *GEOGRAPHIC]
    kept: list[_Reading] = []
    for system in systems:
        for swapped in (False, True):
            if swapped and grid_of(system) is not None:
                continue  # which column holds the northings is seen from the numbers
            reading = _Reading(system, swapped, *_read(x, y, system, swapped=swapped))
            if not kept or (np.isfinite(reading.lon).any() and not any(_same(reading, other) for other in kept)):
                kept.append(reading)
    return kept


def _read(x: FloatArray, y: FloatArray, system: str, *, swapped: bool) -> Pair:
    """Longitude and latitude of the places that can be in the system, nan for the others."""
    first, second = (y, x) if swapped else (x, y)
    if is_geographic(system):
        possible = (np.abs(first) <= 180) & (np.abs(second) <= 90)
        return to_wgs84(np.where(possible, first, np.nan), np.where(possible, second, np.nan), system)
    try:
        return to_wgs84(first, second, system)
    except InputError:  # some place can't be in this zone, so that the table isn't
        return np.full_like(first, np.nan), np.full_like(first, np.nan)


def _same(one: _Reading, other: _Reading) -> bool:
    """Whether two readings put every place within 30 m of each other."""
    here = np.isfinite(one.lon)
    if (here != np.isfinite(other.lon)).any():
        return False
    east_m, north_m = _offset_m(one.lon[here], one.lat[here], other.lon[here], other.lat[here])
    return bool((np.hypot(east_m, north_m) < _SAME_M).all())


def _offset_m(lon: FloatArray, lat: FloatArray, to_lon: FloatArray, to_lat: FloatArray) -> Pair:
    """From places to others in metres east and north, true within 1 % to some 10 km."""
    per_degree_m = 111_320.0
    return (to_lon - lon) * per_degree_m * np.cos(np.radians(lat)), (to_lat - lat) * per_degree_m


class _Board(NamedTuple):
    """The map in metres, to measure on."""

    area: Polygon | None  # degrees
    plane: Transformer | None
    plane_area: Polygon | None
    streets: shapely.STRtree
    buildings: shapely.STRtree
    n_streets: int
    n_buildings: int


def _board(streets: gpd.GeoSeries, buildings: gpd.GeoSeries, extent: Polygon | None) -> _Board:
    lines, shapes = (layer[~(layer.isna() | layer.is_empty)].to_crs(WGS84).to_numpy() for layer in (streets, buildings))
    area = extent
    if area is None and len(lines) + len(shapes):
        area = shapely.box(*shapely.total_bounds(np.concatenate([lines, shapes])))
    if area is None:
        return _Board(None, None, None, shapely.STRtree([]), shapely.STRtree([]), 0, 0)
    plane = to_plane(local_crs(*area.centroid.coords[0]))

    def flat(shape: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        return shapely.transform(shape, lambda lonlat: np.column_stack(plane.transform(*lonlat.T)))

    plane_area: Polygon = flat(np.array([area]))[0]
    trees = shapely.STRtree(flat(lines)), shapely.STRtree(flat(shapes))
    return _Board(area, plane, plane_area, *trees, len(lines), len(shapes))


def _inside(reading: _Reading, board: _Board) -> BoolArray:
    if board.area is None:
        return np.zeros(len(reading.lon), dtype=np.bool_)
    return np.asarray(shapely.contains_xy(board.area, reading.lon, reading.lat), dtype=np.bool_)


def _flat(reading: _Reading, where: BoolArray, board: _Board) -> FloatArray:
    """(n, 2) metres in the board's plane."""
    assert board.plane is not None  # noqa: S101 - nothing is inside no area
    return np.column_stack(board.plane.transform(reading.lon[where], reading.lat[where]))


def _distances(reading: _Reading, inside: BoolArray, board: _Board) -> dict[str, float]:
    """How far the places inside are from streets and buildings."""
    street_m = building_share = np.nan
    if inside.any():
        points = np.asarray(shapely.points(_flat(reading, inside, board)))
        if board.n_streets:
            street_m = float(np.median(board.streets.query_nearest(points, return_distance=True, all_matches=False)[1]))
        if board.n_buildings:
            at = np.unique(board.buildings.query(points, predicate="dwithin", distance=_AT_BUILDING_M)[0])
            building_share = len(at) / len(points)
    return {"street_m": street_m, "building_share": building_share}


def _scores(readings: list[_Reading], inside: list[BoolArray], board: _Board) -> FloatArray:
    """Each place's score in each reading; nan where it lies outside the area."""
    scores = np.full((len(readings), len(readings[0].lon)), np.nan)
    for h, reading in enumerate(readings):
        if inside[h].any():
            scores[h, inside[h]] = _score(_flat(reading, inside[h], board), board)
    return scores


def _lead(reading: _Reading, inside: BoolArray, score: FloatArray, board: _Board) -> float:
    """How much better the places score where they are than moved by 80 to 200 m, in standard errors.

    Each place is its own measure, so that dense and thin quarters, and tables that follow a street, count alike. Places
    in one square of 30 m, such as the shops of a mall, are no independent witnesses and count once, as their mean.
    Moved out of the area they aren't counted.
    """
    if board.plane_area is None or board.n_buildings == 0 or not inside.any():
        return np.nan
    points_m = _flat(reading, inside, board)
    evenly = slice(None, None, -(-len(points_m) // _MOST_MEASURED))
    points_m, here = points_m[evenly], score[inside][evenly]
    moved_m = (points_m[:, None, :] + _SHIFTS_M).reshape(-1, 2)
    moved = np.where(shapely.contains_xy(board.plane_area, *moved_m.T), _score(moved_m, board), np.nan)
    moved = moved.reshape(len(points_m), len(_SHIFTS_M))
    seen = np.isfinite(moved).any(axis=1)
    better = here[seen] - np.nanmean(moved[seen], axis=1)
    _, square = np.unique(np.floor(points_m[seen] / _SQUARE_M), axis=0, return_inverse=True)
    witnesses = np.bincount(square, weights=better) / np.bincount(square) if len(square) else better
    if len(witnesses) < _FEWEST_PLACES:
        return np.nan
    spread = max(float(witnesses.std(ddof=1)), 0.5)  # alike places, such as all far from buildings, prove little
    return float(witnesses.mean() / (spread / np.sqrt(len(witnesses))))


def _score(points_m: FloatArray, board: _Board) -> FloatArray:
    """How much likelier a site than a random point is here: in a building, near none, on a street."""
    points = np.asarray(shapely.points(points_m))
    score = np.full(len(points), _FAR_FROM_BUILDING)
    score[board.buildings.query(points, predicate="dwithin", distance=_AT_BUILDING_M)[0]] = 0.0
    score[board.buildings.query(points, predicate="intersects")[0]] = _IN_BUILDING
    score[np.unique(board.streets.query(points, predicate="dwithin", distance=_ON_STREET_M)[0])] += _ON_STREET
    return score


def _twin_votes(readings: list[_Reading], twins: Twins | None) -> tuple[IntArray, FloatArray]:
    """The reading that each twin speaks for (-1: none), and each reading's median distance to the map's point."""
    if twins is None or not len(twins.place):
        return np.empty(0, dtype=np.int64), np.full(len(readings), np.nan)
    away_m = np.array(
        [np.hypot(*_offset_m(r.lon[twins.place], r.lat[twins.place], twins.lon, twins.lat)) for r in readings]
    )
    away_m[np.isnan(away_m)] = np.inf
    nearest = away_m.argmin(axis=0)
    ordered = np.sort(np.vstack([away_m, np.full(len(twins.place), np.inf)]), axis=0)
    speaks = (ordered[0] <= _TWIN_M) & (ordered[1] >= 3 * ordered[0]) & (ordered[1] > _SAME_M)
    return np.where(speaks, nearest, -1), np.median(away_m, axis=1)


_Told = tuple[Verdict, int, Words]  # with the reading it is about, and why


def _settled(best: int, why: Words) -> _Told:
    return ("fits" if best == 0 else "other"), best, why


def _by_twins(fits: tuple[Fit, ...]) -> _Told | None:
    votes = np.array([*(fit.n_twins for fit in fits), 0])
    if votes.sum() < _FEWEST_TWINS:
        return None
    best, second = np.argsort(-votes, kind="stable")[:2].tolist()
    why = Words(
        f"{votes.sum():,}个同名点中有{votes[best]:,}个在地图同名点{_TWIN_M:.0f}米之内",
        f"{votes[best]:,} of {votes.sum():,} twins lie within {_TWIN_M:.0f} m of the map's point",
    )
    if votes[best] < 0.85 * votes.sum():
        return ("mixed", best, why) if votes[second] >= 3 else None
    if best:
        why = Words(f"{why.zh}，按声明的为{votes[0]:,}个", f"{why.en}, as declared {votes[0]:,}")
    return _settled(best, why)


def _by_extent(fits: tuple[Fit, ...]) -> _Told | None:
    lying = [h for h, fit in enumerate(fits) if fit.share_inside >= 0.8]
    if lying == [0] and all(fit.share_inside < 0.3 for fit in fits[1:]):
        share = round(100 * fits[0].share_inside)
        why = Words(
            f"{share}%的地点在研究范围内，按其他坐标系则几乎没有",
            f"{share} % of the places lie in the study's extent, in other systems hardly any",
        )
        return _settled(0, why)
    if fits[0].share_inside >= 0.3 or not lying:
        return None
    leading = [h for h in lying if fits[h].lead >= _CLEAR]
    best = leading[0] if len(leading) == 1 else lying[0]  # else the declared system swapped, or the first zone
    share, declared = round(100 * fits[best].share_inside), round(100 * fits[0].share_inside)
    why = Words(
        f"{share}%的地点在研究范围内，按声明的为{declared}%",
        f"{share} % of the places lie in the study's extent, {declared} % as declared",
    )
    return _settled(best, why)


def _by_buildings(fits: tuple[Fit, ...]) -> _Told | None:
    lead = np.append(np.nan_to_num([fit.lead for fit in fits]), 0.0)
    best, second = np.argsort(-lead, kind="stable")[:2].tolist()
    close = lead[second] >= 0.5 * lead[best]
    mixed = lead[second] >= _CLEAR or (lead[second] >= _LIKELY and close)
    if not mixed and (lead[best] < _CLEAR or (lead[second] >= _HINT and close)):
        return None
    share, declared = (f"{100 * fits[h].building_share:.0f}" for h in (best, 0))
    why = Words(
        f"{share}%的地点在建筑物{_AT_BUILDING_M:.0f}米之内",
        f"{share} % of the places are within {_AT_BUILDING_M:.0f} m of a building",
    )
    if mixed:
        system = fits[best].system
        why = Words(
            f"按不止一种坐标系，地点都贴近建筑物；按 {system}，{why.zh}",
            f"in more than one system the places keep to buildings, in {system} {why.en}",
        )
        return "mixed", best, why
    if best:
        why = Words(f"{why.zh}，按声明的为{declared}%", f"{why.en}, as declared {declared} %")
    return _settled(best, why)


def _missing(fits: tuple[Fit, ...], given: BoolArray, board: _Board) -> Words:
    """Why nothing could be told."""
    if given.sum() == 0:
        return Words("没有一处有坐标", "no place has coordinates")
    if board.area is None:
        return Words("地图是空的，研究也没有范围", "the map is empty and the study has no extent")
    if fits[0].share_inside < 0.3:
        share = f"{100 * fits[0].share_inside:.0f}"
        return Words(
            f"在研究范围内的地点只占{share}%，按其他坐标系也都不到80%",
            f"{share} % of the places lie in the study's extent, and in no other system 80 %",
        )
    if board.n_buildings == 0:
        return Words("地图上这里没有建筑物", "the map has no buildings here")
    if np.isnan(fits[0].lead):
        return Words(
            f"彼此分开的地点不到{_FEWEST_PLACES}处，地图上有同名点的也不到{_FEWEST_TWINS}处",
            f"fewer than {_FEWEST_PLACES} places apart, and fewer than {_FEWEST_TWINS} that the map knows by name",
        )
    return Words(
        "没有一种坐标系让地点明显比其他坐标系更贴近建筑物",
        "the places don't lie clearly closer to buildings in one system than in all others",
    )


def _told_apart(fits: tuple[Fit, ...], scores: FloatArray, voted: IntArray, twins: Twins | None) -> IntArray:
    """The reading of each place of a mixed table: its twin's, else the one that scores clearly better; -1 untold.

    Scores tell places apart only where two readings keep to buildings on the whole: parks and car parks don't.
    """
    present = [h for h, fit in enumerate(fits) if fit.lead >= _LIKELY]
    out = np.full(scores.shape[1], -1, dtype=np.int64)
    if len(present) > 1:
        ordered = np.sort(scores[present], axis=0)
        clear = ordered[-1] - ordered[-2] >= _DECIDES  # not where one is nan, beyond the area
        out[clear] = np.array(present)[scores[present][:, clear].argmax(axis=0)]
    if twins is not None:
        out[twins.place[voted >= 0]] = voted[voted >= 0]
    return out
