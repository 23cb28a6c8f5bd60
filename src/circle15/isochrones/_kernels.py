"""Outlines of what lies within a width of stretches of street: arrays in, arrays out, nothing else.

A stretch is a chain of *segments*. What lies within `width` of a segment is convex (a strip with round ends, here a
*pill*), and the circle is the union of its pills. Its outline is found on a grid of nodes that is the same for every
circle:

1. Each pill marks the nodes inside it, and the grid edges that it covers whole.
2. On each other edge with a node inside, the union's exact end is searched for from that node on: these are the
   outline's corners. An edge between two nodes inside may thus be open in its middle, however narrow the gap.
3. In each cell, every run of the cell's rim that is covered is closed by a line between its two ends. Where one pill
   holds both ends the line lies in it. Elsewhere the line is looked at piece by piece, and drawn to the crossing of the
   two pills' own outlines where it would cross a corner between strips, or along the cell's corners where that fails.

So no point of an outline is farther than `width` (and a slack of a millimetre) from a stretch: round ends are cut by
lines, corners are kept. Lines of different runs of a cell never cross, so rings are simple and never touch.

Neighbouring circles share their dense middle. The grid is cut into *tiles*; where a circle holds every whole street
that touches a tile, and none of its legs and partial stretches does, the tile is *in common*: its closings (lines of 3)
are those of every other such circle, so that they are found once (`shared`) and copied. Closings come tile after tile
and are known by the ends of grid edges that they lead from and to, so that a ring may go from copied ones to a circle's
own and back, and a circle made alone is the same to the last bit.

The edge from node k (row after row) to the next one east has the ends 4k and 4k + 1, to the next one north 4k + 2 and
4k + 3: a crossing found from k on lies at the first, one found back from the other node at the second.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from circle15.units import BoolArray, FloatArray, IntArray

MarkArray = npt.NDArray[np.uint8]
ListArray = npt.NDArray[np.int32]

SLACK_M = 1e-3
_STRAIGHT_M = 1e-4  # a corner this close to the line between its neighbours is dropped
_BIN = 2  # cells along the side of a bin of segments
_TILE = 4  # cells along the side of a tile; whole bins
_NODE, _EAST, _NORTH = 1, 2, 4  # a node is inside; so is the whole edge to the next node east, or north, of it
_OPEN = 8  # the outline crosses the cell north-east of a node
_OWN, _NOT_ASKED = -1, -2  # a tile that a circle has for itself; one that nobody asks for
BLOCK = 8  # tiles along the side of a block
_FAR = 1 << 40  # no row or column is farther
_HALF_DIAGONAL = 0.7072  # of a square of side 1
_SEGMENT = 5  # columns of a segment: x, y of its start, its direction, its length

compiled = njit(cache=True, nogil=True, error_model="numpy")
"""Strictly IEEE: the same pills must give the same crossings to the last bit, whoever asks for them."""


class Stamps(NamedTuple):
    """What whole lines mark on the grid, to be copied into every circle that holds them.

    Line `edge[k]` has the window of nodes `window[k]` (first row, first column, end of the rows, end of the columns)
    and the runs `indptr[k]` to `indptr[k + 1]`: rows of (row, column, start of the marks, end of the marks).
    """

    edge: IntArray
    window: IntArray
    indptr: IntArray
    run: IntArray
    mark: MarkArray


class Tiles(NamedTuple):
    """What circles have in common.

    The line of stamp k touches the tiles `tile[indptr[k]]` to `tile[indptr[k + 1] - 1]`, -1 for one that isn't kept.
    Tile t has its first node at `place[t]` (row and column, in tiles), is touched `touching[t]` times, and has the
    closings `start[t]` to `start[t + 1]`: one leads from the end `goes` of a grid edge of the tile to the end `comes`,
    by the corners from its `first` to the next one's, that at `goes` included and that at `comes` not.
    """

    indptr: IntArray
    tile: ListArray
    place: IntArray
    touching: ListArray
    start: IntArray
    goes: ListArray
    comes: ListArray
    first: IntArray
    corner: FloatArray


class _Pills(NamedTuple):
    """Segments, and which of them touch a bin: entry `head` of the list `pill`, then `following`, until -1."""

    segment: FloatArray
    head: ListArray
    following: ListArray
    pill: ListArray


class _Grid(NamedTuple):
    """A window of the grid, whole tiles and a last row and column of nodes."""

    first_row: int
    first_column: int
    marks: MarkArray
    step: float


class _Closings(NamedTuple):
    """Closings of a circle, tile after tile: those of tile t of its grid end before `end[t]`.

    The rest is as in `Tiles`, edges numbered in the circle's grid.
    """

    end: ListArray
    goes: ListArray
    comes: ListArray
    first: IntArray
    corner: FloatArray


@compiled
def stamps(
    edge: IntArray,
    line: FloatArray,
    along: FloatArray,
    line_start: IntArray,
    width: float,
    step: float,
) -> Stamps:
    """The stamps of whole lines."""
    window, indptr = np.empty((edge.size, 4), np.int64), np.zeros(edge.size + 1, np.int64)
    run, n_runs = np.empty((1024, 4), np.int64), 0
    mark, n_marks = np.empty(4096, np.uint8), 0
    for k in range(edge.size):
        segment = np.empty((line_start[edge[k] + 1] - line_start[edge[k]], _SEGMENT))
        n = _add_part(segment, 0, edge[k], 0.0, 1.0, line, along, line_start)
        first_row, first_column, end_row, end_column = _window(segment[:n], width, step)
        window[k, 0], window[k, 1], window[k, 2], window[k, 3] = first_row, first_column, end_row, end_column
        ny, nx = end_row - first_row, end_column - first_column
        marks = np.zeros((ny, nx), np.uint8)
        _mark(segment[:n], _Grid(first_row, first_column, marks, step), width - SLACK_M)
        while n_runs + ny > len(run):
            run = _longer_rows(run)
        while n_marks + marks.size > mark.size:
            mark = _longer(mark)
        for j in range(ny):
            first, end = 0, nx
            while first < nx and marks[j, first] == 0:
                first += 1
            while end > first and marks[j, end - 1] == 0:
                end -= 1
            if first < end:
                run[n_runs, 0], run[n_runs, 1] = first_row + j, first_column + first
                run[n_runs, 2], run[n_runs, 3] = n_marks, n_marks + end - first
                mark[n_marks : n_marks + end - first] = marks[j, first:end]
                n_runs += 1
                n_marks += end - first
        indptr[k + 1] = n_runs
    return Stamps(edge, window, indptr, run[:n_runs].copy(), mark[:n_marks].copy())


@compiled
def touched(
    edge: IntArray,
    line: FloatArray,
    along: FloatArray,
    line_start: IntArray,
    width: float,
    step: float,
) -> tuple[IntArray, IntArray]:
    """The tiles that whole lines touch: the start of each one's tiles and the end of the last, and (row, column) each.

    A line may touch a tile twice.
    """
    indptr = np.zeros(edge.size + 1, np.int64)
    tile, used = np.empty((4096, 2), np.int64), 0
    side = _TILE * step
    for k in range(edge.size):
        segment = np.empty((line_start[edge[k] + 1] - line_start[edge[k]], _SEGMENT))
        before = 0, 0, 0, 0
        for s in range(_add_part(segment, 0, edge[k], 0.0, 1.0, line, along, line_start)):
            south, north, west, east = around = _squares(segment, s, side, width)
            while used + (north - south) * (east - west) > len(tile):
                tile = _longer_rows(tile)
            for j in range(south, north):
                for i in range(west, east):
                    listed = before[0] <= j < before[1] and before[2] <= i < before[3]
                    if listed and _touches(segment, s - 1, j, i, side, width):
                        continue
                    if _touches(segment, s, j, i, side, width):
                        tile[used, 0], tile[used, 1] = j, i
                        used += 1
            before = around
        indptr[k + 1] = used
    return indptr, tile[:used].copy()


@compiled
def shared(
    place: IntArray,
    indptr: IntArray,
    stamp: IntArray,
    stamps: Stamps,
    line: FloatArray,
    along: FloatArray,
    line_start: IntArray,
    width: float,
    step: float,
) -> tuple[IntArray, ListArray, ListArray, IntArray, FloatArray]:
    """Closings of tiles, each touched by the lines of the stamps `indptr[t]` to `indptr[t + 1]` and nothing else.

    Tiles of a block of `BLOCK` x `BLOCK` follow each other, row by row, and are done at once. Returns the `start`,
    `goes`, `comes`, `first` and `corner` of `Tiles`.
    """
    start = np.zeros(len(place) + 1, np.int64)
    goes, comes, first, used = np.empty(1024, np.int32), np.empty(1024, np.int32), np.zeros(1025, np.int64), 0
    corner, n_corners = np.empty((1024, 2)), 0
    nothing, n_nodes = no_tiles(), BLOCK * _TILE + 1
    t = 0
    while t < len(place):
        row, column, begin = place[t, 0] // BLOCK * BLOCK, place[t, 1] // BLOCK * BLOCK, t
        common = np.full((BLOCK, BLOCK), _NOT_ASKED, np.int32)
        while t < len(place) and row <= place[t, 0] < row + BLOCK and column <= place[t, 1] < column + BLOCK:
            common[place[t, 0] - row, place[t, 1] - column] = _OWN
            t += 1
        around = np.unique(stamp[indptr[begin] : indptr[t]])
        grid = _Grid(row * _TILE, column * _TILE, np.zeros((n_nodes, n_nodes), np.uint8), step)
        _press(around, stamps, grid)
        most, n = 0, 0
        for k in around:
            most += line_start[stamps.edge[k] + 1] - line_start[stamps.edge[k]]
        segment = np.empty((most, _SEGMENT))
        for k in around:
            n = _add_part(segment, n, stamps.edge[k], 0.0, 1.0, line, along, line_start)
        some = _closings(segment[:n], grid, common, nothing, width)
        while used + len(some.goes) > len(goes):
            goes, comes, first = _longer(goes), _longer(comes), _longer(first)
        while n_corners + len(some.corner) > len(corner):
            corner = _longer_rows(corner)
        k = 0
        for one in range(begin, t):
            j, i = place[one, 0] - row, place[one, 1] - column
            while k < some.end[j * BLOCK + i]:
                goes[used + k] = _edge_in_tile(some.goes[k], j, i, n_nodes)
                comes[used + k] = _edge_in_tile(some.comes[k], j, i, n_nodes)
                k += 1
            start[one + 1] = used + k
        first[used : used + k + 1] = some.first + n_corners
        corner[n_corners : n_corners + len(some.corner)] = some.corner
        used += k
        n_corners += len(some.corner)
    return start, goes[:used].copy(), comes[:used].copy(), first[: used + 1].copy(), corner[:n_corners].copy()


@compiled
def _edge_in_tile(edge: int, row: int, column: int, nx: int) -> int:
    """The number that a grid edge has in a tile's own grid; the tile is given by its row and column in a wider grid."""
    node, side = edge // 4, edge % 4
    return 4 * ((node // nx - row * _TILE) * (_TILE + 1) + node % nx - column * _TILE) + side


@compiled
def no_tiles() -> Tiles:
    """Nothing in common."""
    none, nobody = np.zeros(1, np.int64), np.empty(0, np.int32)
    return Tiles(none, nobody, np.empty((0, 2), np.int64), nobody, none, nobody, nobody, none, np.empty((0, 2)))


@compiled
def outlines(
    indptr: IntArray,
    edge: npt.NDArray[np.int32],
    low: npt.NDArray[np.float32],
    high: npt.NDArray[np.float32],
    line: FloatArray,
    along: FloatArray,
    line_start: IntArray,
    stamp: IntArray,
    stamps: Stamps,
    tiles: Tiles,
    leg_indptr: IntArray,
    leg: FloatArray,
    width: float,
    hole: float,
    step: float,
) -> tuple[FloatArray, IntArray, IntArray, FloatArray]:
    """Rings of what lies within `width` of the stretches of each place.

    Place i has the parts `indptr[i]` to `indptr[i + 1]` (from fraction `low` to `high` of line `edge`) and its legs
    likewise. A leg is a row of (x, y of its start, direction, length), and line e the rows `line_start[e]` to
    `line_start[e + 1]` of such steps, the last of no length, with `along` the way from its start. Every line that a
    place reaches whole has the stamp `stamp[e]`. Holes under `hole` are left out; `step` is the side of a cell, at most
    `width` / 2.

    Returns the rings' corners (n, 2), the start of each ring and the end of the last, the place of each ring, and its
    area, negative for holes. Rings aren't closed by a repeated corner.
    """
    most, most_parts = 0, 0
    for place in range(indptr.size - 1):
        count = leg_indptr[place + 1] - leg_indptr[place]
        for part in range(indptr[place], indptr[place + 1]):
            count += line_start[edge[part] + 1] - line_start[edge[part]]
        most, most_parts = max(most, count), max(most_parts, indptr[place + 1] - indptr[place])
    segment, whole, met = np.empty((most, _SEGMENT)), np.empty(most_parts, np.int64), np.empty_like(tiles.touching)
    corners, n_corners = np.empty((4096, 2)), 0
    start, owner, area, n_rings = np.zeros(64, np.int64), np.empty(64, np.int64), np.empty(64), 0
    for place in range(indptr.size - 1):
        used, n_whole = 0, 0
        for k in range(leg_indptr[place], leg_indptr[place + 1]):
            segment[used] = leg[k]
            used += 1
        for part in range(indptr[place], indptr[place + 1]):
            if low[part] <= 0 and high[part] >= 1:
                whole[n_whole] = stamp[edge[part]]
                n_whole += 1
            else:
                used = _add_part(segment, used, edge[part], low[part], high[part], line, along, line_start)
        if used + n_whole == 0:
            continue
        grid = _grid(segment[:used], whole[:n_whole], stamps, width, step)
        common = _common(segment[:used], whole[:n_whole], grid, tiles, met, width)
        _mark(segment[:used], grid, width - SLACK_M)
        drawn = whole[: _apart(whole[:n_whole], tiles, met)]
        _press(drawn, stamps, grid)
        for k in drawn:
            used = _add_part(segment, used, stamps.edge[k], 0.0, 1.0, line, along, line_start)
        pieces, ring, size = _rings(_closings(segment[:used], grid, common, tiles, width), grid.marks.size, hole)
        while n_corners + len(pieces) > len(corners):
            corners = _longer_rows(corners)
        corners[n_corners : n_corners + len(pieces)] = pieces
        while n_rings + len(ring) + 1 > len(area):
            start, owner, area = _longer(start), _longer(owner), _longer(area)
        for i in range(len(ring)):
            n_corners += ring[i]
            start[n_rings + 1] = n_corners
            owner[n_rings] = place
            area[n_rings] = size[i]
            n_rings += 1
    return corners[:n_corners].copy(), start[: n_rings + 1].copy(), owner[:n_rings].copy(), area[:n_rings].copy()


@compiled
def _grid(segment: FloatArray, whole: IntArray, stamps: Stamps, width: float, step: float) -> _Grid:
    """The tiles round some segments and stamps, with no marks yet."""
    south, west, north, east = _window(segment, width, step)
    for k in whole:
        south, north = min(south, stamps.window[k, 0]), max(north, stamps.window[k, 2])
        west, east = min(west, stamps.window[k, 1]), max(east, stamps.window[k, 3])
    row, column = south // _TILE, west // _TILE
    ny, nx = (-(-(north - 1) // _TILE) - row) * _TILE + 1, (-(-(east - 1) // _TILE) - column) * _TILE + 1
    return _Grid(row * _TILE, column * _TILE, np.zeros((ny, nx), np.uint8), step)


@compiled
def _common(segment: FloatArray, whole: IntArray, grid: _Grid, tiles: Tiles, met: ListArray, width: float) -> ListArray:
    """For each tile of the grid its number among the kept ones if it's in common, _OWN otherwise.

    A tile is in common if the circle holds all that touches it: all stamps, and none of the segments. Counts the stamps
    that touch each kept tile in `met`.
    """
    ny, nx = grid.marks.shape
    row, column = grid.first_row // _TILE, grid.first_column // _TILE
    common = np.full((ny // _TILE, nx // _TILE), _OWN, np.int32)
    if len(met) == 0:
        return common
    met[:] = 0
    for k in whole:
        for t in tiles.tile[tiles.indptr[k] : tiles.indptr[k + 1]]:
            if t >= 0:
                met[t] += 1
                if met[t] == tiles.touching[t]:
                    common[tiles.place[t, 0] - row, tiles.place[t, 1] - column] = t
    side = _TILE * grid.step
    for s in range(len(segment)):
        south, north, west, east = _squares(segment, s, side, width)
        for j in range(south, north):
            for i in range(west, east):
                t = common[j - row, i - column]
                if t >= 0 and _touches(segment, s, j, i, side, width):
                    common[j - row, i - column] = _OWN
                    met[t] = 0
    return common


@compiled
def _apart(stamp: IntArray, tiles: Tiles, met: ListArray) -> int:
    """Keep the stamps that touch a tile not in common; return how many there are."""
    if len(met) == 0:
        return len(stamp)
    used = 0
    for k in stamp:
        for t in tiles.tile[tiles.indptr[k] : tiles.indptr[k + 1]]:
            if t < 0 or met[t] != tiles.touching[t]:
                stamp[used] = k
                used += 1
                break
    return used


@compiled
def _window(segment: FloatArray, width: float, step: float) -> tuple[int, int, int, int]:
    """First row and column of grid nodes, and the ends of both, with nothing but outside nodes on the rim."""
    if len(segment) == 0:
        return _FAR, _FAR, -_FAR, -_FAR
    left, right, bottom, top = np.inf, -np.inf, np.inf, -np.inf
    for k in range(len(segment)):
        x, y = segment[k, 0], segment[k, 1]
        x1, y1 = x + segment[k, 4] * segment[k, 2], y + segment[k, 4] * segment[k, 3]
        left, right = min(left, x, x1), max(right, x, x1)
        bottom, top = min(bottom, y, y1), max(top, y, y1)
    first_row, first_column = int(np.floor((bottom - width) / step)) - 1, int(np.floor((left - width) / step)) - 1
    return first_row, first_column, int(np.ceil((top + width) / step)) + 2, int(np.ceil((right + width) / step)) + 2


@compiled
def _press(stamp: IntArray, stamps: Stamps, grid: _Grid) -> None:
    """Press what lies in the grid of some stamps."""
    marks, (ny, nx) = grid.marks, grid.marks.shape
    for k in stamp:
        for r in range(stamps.indptr[k], stamps.indptr[k + 1]):
            row, column = stamps.run[r, 0] - grid.first_row, stamps.run[r, 1] - grid.first_column
            start, end = stamps.run[r, 2], stamps.run[r, 3]
            if 0 <= row < ny:
                for i in range(max(0, -column), min(end - start, nx - column)):
                    marks[row, column + i] |= stamps.mark[start + i]


@compiled
def _longer(array):  # type: ignore[no-untyped-def] # of any kind
    grown = np.empty(2 * array.size, array.dtype)
    grown[: array.size] = array
    return grown


@compiled
def _longer_rows(array):  # type: ignore[no-untyped-def] # of any kind
    grown = np.empty((2 * array.shape[0], array.shape[1]), array.dtype)
    grown[: array.shape[0]] = array
    return grown


@compiled
def _add_part(
    segment: FloatArray,
    used: int,
    edge: int,
    low: float,
    high: float,
    line: FloatArray,
    along: FloatArray,
    line_start: IntArray,
) -> int:
    """Write the segments of a part of a line; return how many there are then. A line of no length gives a point."""
    first, last = line_start[edge], line_start[edge + 1] - 1
    begin, end = low * along[last], high * along[last]
    for k in range(first, last):
        a, b = max(begin, along[k]), min(end, along[k + 1])
        if b > a or (k == first and along[last] <= 0):
            ux, uy = line[k, 2], line[k, 3]
            segment[used, 0], segment[used, 1] = line[k, 0] + (a - along[k]) * ux, line[k, 1] + (a - along[k]) * uy
            segment[used, 2], segment[used, 3], segment[used, 4] = ux, uy, b - a
            used += 1
    return used


@compiled
def _within(px: float, py: float, ux: float, uy: float, segment: FloatArray, k: int, r: float) -> tuple[float, float]:
    """From where to where the line p + t u (u of length 1) is within r of a segment; the first is larger if nowhere."""
    vx, vy, length = segment[k, 2], segment[k, 3], segment[k, 4]
    qx, qy = px - segment[k, 0], py - segment[k, 1]
    cosine, sine = ux * vx + uy * vy, ux * vy - uy * vx
    a, b = np.inf, -np.inf
    to_line = qx * uy - qy * ux
    half = r * r - to_line * to_line
    middle = -(qx * ux + qy * uy)
    if half >= 0:
        half = np.sqrt(half)
        a, b = middle - half, middle + half
    to_line += length * sine  # the far end lies length x v from the near one
    half = r * r - to_line * to_line
    if half >= 0:
        half = np.sqrt(half)
        a, b = min(a, middle + length * cosine - half), max(b, middle + length * cosine + half)
    begin, end = -np.inf, np.inf
    forward, aside = qx * vx + qy * vy, qx * vy - qy * vx
    if abs(cosine) > 1e-12:
        per = 1.0 / cosine
        t0, t1 = -forward * per, (length - forward) * per
        begin, end = min(t0, t1), max(t0, t1)
    elif forward < 0 or forward > length:
        return a, b
    if abs(sine) > 1e-12:
        per = 1.0 / sine
        t0, t1 = (-r - aside) * per, (r - aside) * per
        begin, end = max(begin, min(t0, t1)), min(end, max(t0, t1))
    elif abs(aside) > r:
        return a, b
    if begin <= end:
        a, b = min(a, begin), max(b, end)
    return a, b


@compiled
def _nearest(px: float, py: float, segment: FloatArray, k: int) -> tuple[float, float, float]:
    """Distance to a segment, and the unit vector away from its nearest point."""
    at = min(max((px - segment[k, 0]) * segment[k, 2] + (py - segment[k, 1]) * segment[k, 3], 0.0), segment[k, 4])
    dx, dy = px - segment[k, 0] - at * segment[k, 2], py - segment[k, 1] - at * segment[k, 3]
    d = np.sqrt(dx * dx + dy * dy)
    if d <= 0:
        return 0.0, 1.0, 0.0
    return d, dx / d, dy / d


@compiled
def _mark(segment: FloatArray, grid: _Grid, r: float) -> None:
    """Mark what each pill holds of the grid."""
    marks, step = grid.marks, grid.step
    x0, y0 = grid.first_column * step, grid.first_row * step
    for k in range(segment.shape[0]):
        end = segment[k, 1] + segment[k, 4] * segment[k, 3]
        before_first, before_last = 0, -1
        for j in range(
            int(np.ceil((min(segment[k, 1], end) - r - y0) / step)), int((max(segment[k, 1], end) + r - y0) / step) + 1
        ):
            a, b = _within(x0, y0 + j * step, 1.0, 0.0, segment, k, r)
            if a > b:
                continue
            first, last = int(np.ceil(a / step)), int(np.floor(b / step))
            for i in range(first, last):
                marks[j, i] |= _NODE | _EAST
            if first <= last:
                marks[j, last] |= _NODE
            for i in range(max(first, before_first), min(last, before_last) + 1):
                marks[j - 1, i] |= _NORTH
            before_first, before_last = first, last


@compiled
def _squares(segment: FloatArray, k: int, side: float, width: float) -> tuple[int, int, int, int]:
    """First and end row, first and end column of the squares round a pill."""
    ax, ay, reach = segment[k, 0], segment[k, 1], width + SLACK_M
    bx, by = ax + segment[k, 4] * segment[k, 2], ay + segment[k, 4] * segment[k, 3]
    south, north = int(np.floor((min(ay, by) - reach) / side)), int(np.floor((max(ay, by) + reach) / side)) + 1
    west, east = int(np.floor((min(ax, bx) - reach) / side)), int(np.floor((max(ax, bx) + reach) / side)) + 1
    return south, north, west, east


@compiled
def _touches(segment: FloatArray, k: int, row: int, column: int, side: float, width: float) -> bool:
    """Whether a pill touches one of its `_squares`, or nearly does."""
    dx, dy = (column + 0.5) * side - segment[k, 0], (row + 0.5) * side - segment[k, 1]
    at = min(max(dx * segment[k, 2] + dy * segment[k, 3], 0.0), segment[k, 4])
    dx, dy = dx - at * segment[k, 2], dy - at * segment[k, 3]
    reach = width + SLACK_M + _HALF_DIAGONAL * side
    return bool(dx * dx + dy * dy <= reach * reach)


@compiled
def _open_cells(marks: MarkArray, common: ListArray) -> tuple[ListArray, ListArray, BoolArray]:
    """The cells with an outline in or round them, but those of common tiles: tile after tile, by their first nodes.

    Marks them, and returns also the end of each tile's cells, and the bins that hold any.
    """
    ny, nx = marks.shape
    cell, used = np.empty((ny - 1) * (nx - 1), np.int32), 0
    end = np.empty(common.size, np.int32)
    bins = np.zeros(((ny - 1) // _BIN, (nx - 1) // _BIN), np.bool_)
    for tile_row in range(common.shape[0]):
        for tile_column in range(common.shape[1]):
            if common[tile_row, tile_column] == _OWN:
                for j in range(tile_row * _TILE, (tile_row + 1) * _TILE):
                    for i in range(tile_column * _TILE, (tile_column + 1) * _TILE):
                        here, east, north, both = marks[j, i], marks[j, i + 1], marks[j + 1, i], marks[j + 1, i + 1]
                        if (here | east | north | both) & _NODE and not (
                            here & (_EAST | _NORTH) == _EAST | _NORTH and north & _EAST and east & _NORTH
                        ):
                            marks[j, i] |= _OPEN
                            bins[j // _BIN, i // _BIN] = True
                            cell[used] = j * nx + i
                            used += 1
            end[tile_row * common.shape[1] + tile_column] = used
    return cell[:used], end, bins


@compiled
def _binned(segment: FloatArray, bins: BoolArray, grid: _Grid, width: float) -> _Pills:
    """Lists of the pills that touch each of some bins."""
    rows, columns = bins.shape
    row, column, side = grid.first_row // _BIN, grid.first_column // _BIN, _BIN * grid.step
    head: ListArray = np.full(bins.shape, -1, np.int32)
    following, pill, used = np.empty(4096, np.int32), np.empty(4096, np.int32), 0
    for k in range(len(segment)):
        south, north, west, east = _squares(segment, k, side, width)
        south, north, west, east = (
            max(south - row, 0),
            min(north - row, rows),
            max(west - column, 0),
            min(east - column, columns),
        )
        while used + max(north - south, 0) * max(east - west, 0) > pill.size:
            following, pill = _longer(following), _longer(pill)
        for j in range(south, north):
            for i in range(west, east):
                if bins[j, i] and _touches(segment, k, row + j, column + i, side, width):
                    pill[used], following[used], head[j, i] = k, head[j, i], used
                    used += 1
    return _Pills(segment, head, following, pill)


@compiled
def _covered(
    px: float,
    py: float,
    ux: float,
    uy: float,
    length: float,
    segment: FloatArray,
    entry: int,
    following: ListArray,
    pill: ListArray,
    width: float,
) -> tuple[float, int]:
    """How far a line of some length from p on is covered by pills without a break, and the pill that ends there.

    The way is at most `length`, though the pill may go on. It is 0 and the pill -1 where p itself isn't covered.
    """
    reached, last = 0.0, -1
    near2 = (width + 1e-7) ** 2
    better = True
    while better and reached < length:
        better = False
        x, y, farthest = px + reached * ux, py + reached * uy, reached
        at = entry
        while at >= 0:
            k = pill[at]
            at = following[at]
            dx, dy = x - segment[k, 0], y - segment[k, 1]
            along = min(max(dx * segment[k, 2] + dy * segment[k, 3], 0.0), segment[k, 4])
            dx, dy = dx - along * segment[k, 2], dy - along * segment[k, 3]
            if k != last and dx * dx + dy * dy <= near2:
                _, end = _within(px, py, ux, uy, segment, k, width)
                if end > farthest:
                    farthest, last, better = end, k, True
        reached = farthest
    return min(reached, length), last


@compiled
def _meeting(
    px: float, py: float, segment: FloatArray, one: int, other: int, width: float, step: float
) -> tuple[float, float, bool]:
    """Where the outlines of two pills cross near p, by Newton's method, and whether it was found."""
    for _ in range(6):
        d, ax, ay = _nearest(px, py, segment, one)
        e, bx, by = _nearest(px, py, segment, other)
        f, g = d - width, e - width
        if abs(f) < 1e-7 and abs(g) < 1e-7:
            break
        turn = ax * by - ay * bx
        if abs(turn) < 1e-3:
            return px, py, False
        dx, dy = (-f * by + g * ay) / turn, (-g * ax + f * bx) / turn
        if dx * dx + dy * dy > 4 * step * step:
            return px, py, False
        px, py = px + dx, py + dy
    return px, py, max(_nearest(px, py, segment, one)[0], _nearest(px, py, segment, other)[0]) <= width + SLACK_M / 4


@compiled
def _crossings(cell: ListArray, grid: _Grid, pills: _Pills, width: float) -> tuple[ListArray, FloatArray, ListArray]:
    """Where the outline crosses the rims of some cells.

    Returns, for each end of a grid edge, the number of the crossing found from that end on, -1 for none; and of each
    crossing its place and the pill that ends there. Only edges of the cells are filled in.
    """
    marks, step, (segment, head, following, pill) = grid.marks, grid.step, pills
    nx = marks.shape[1]
    number = np.empty(4 * marks.size, np.int32)
    xy, cap, used = np.empty((8 * len(cell), 2)), np.empty(8 * len(cell), np.int32), 0
    for c in cell:
        row, column = c // nx, c % nx
        entry = head[row // _BIN, column // _BIN]
        for rim in range(4):
            j, i, upward = row + (rim == 2), column + (rim == 1), rim % 2 == 1  # south, east, north, west
            if 0 < rim < 3 and marks[j, i] & _OPEN:
                continue  # the next cell sees to it
            edge = 4 * (j * nx + i) + 2 * upward
            number[edge] = number[edge + 1] = -1
            here, there = marks[j, i], marks[j + 1, i] if upward else marks[j, i + 1]
            if here & (_NORTH if upward else _EAST) or not (here | there) & _NODE:
                continue
            ux, uy = (0.0, 1.0) if upward else (1.0, 0.0)
            px, py = (grid.first_column + i) * step, (grid.first_row + j) * step
            qx, qy = px + step * ux, py + step * uy
            tip, tail, tip_pill, tail_pill = 0.0, 0.0, -1, -1
            if here & _NODE:
                tip, tip_pill = _covered(px, py, ux, uy, step, segment, entry, following, pill, width)
            if there & _NODE and tip < step:
                tail, tail_pill = _covered(qx, qy, -ux, -uy, step, segment, entry, following, pill, width)
            if here & there & _NODE and tip + tail >= step - SLACK_M:
                continue  # several pills cover it together
            if here & _NODE:
                tip = min(tip, step - SLACK_M / 2)
                xy[used, 0], xy[used, 1], cap[used], number[edge] = px + tip * ux, py + tip * uy, tip_pill, used
                used += 1
            if there & _NODE:
                tail = min(tail, step - SLACK_M / 2)
                xy[used, 0], xy[used, 1], cap[used], number[edge + 1] = qx - tail * ux, qy - tail * uy, tail_pill, used
                used += 1
    return number, xy, cap


@compiled
def _closing(
    ax: float,
    ay: float,
    bx: float,
    by: float,
    goes_cap: int,
    comes_cap: int,
    goes_side: int,
    comes_side: int,
    row: int,
    column: int,
    step: float,
    segment: FloatArray,
    entry: int,
    following: ListArray,
    pill: ListArray,
    width: float,
    corner: FloatArray,
    used: int,
) -> int:
    """Write the corners between two ends of a covered run of a cell's rim, if a straight line won't do.

    The way leads from crossing a on side `goes_side` of the cell to crossing b, inside on its left. Returns how many
    corners there are then.
    """
    near = width + SLACK_M / 4
    if _nearest(bx, by, segment, goes_cap)[0] <= near or _nearest(ax, ay, segment, comes_cap)[0] <= near:
        return used
    west, south = column * step, row * step
    length = np.sqrt((bx - ax) ** 2 + (by - ay) ** 2)
    ux, uy = (bx - ax) / length, (by - ay) / length
    tip, tip_pill = _covered(ax, ay, ux, uy, length, segment, entry, following, pill, near)
    if tip >= length - SLACK_M:
        return used
    tail, tail_pill = _covered(bx, by, -ux, -uy, length, segment, entry, following, pill, near)
    tail = length - tail
    if tip >= tail - SLACK_M:
        return used
    middle = (tip + tail) / 2
    zx, zy, met = _meeting(ax + middle * ux, ay + middle * uy, segment, tip_pill, tail_pill, width, step)
    in_cell = west <= zx <= west + step and south <= zy <= south + step
    if met and in_cell and ux * (zy - ay) - uy * (zx - ax) >= 0:
        if _nearest(ax, ay, segment, tip_pill)[0] > near:
            corner[used, 0], corner[used, 1] = ax + tip * ux, ay + tip * uy
            used += 1
        corner[used, 0], corner[used, 1] = zx, zy
        used += 1
        if _nearest(bx, by, segment, tail_pill)[0] > near:
            corner[used, 0], corner[used, 1] = ax + tail * ux, ay + tail * uy
            used += 1
        return used
    # Back along the rim, a hair inside the cell, so that rings in neighbouring cells don't touch.
    for back in range((goes_side - comes_side - 1) % 4 + 1):
        at = (goes_side - back) % 4
        corner[used, 0] = west + (step - SLACK_M / 2 if at in (1, 2) else SLACK_M / 2)
        corner[used, 1] = south + (step - SLACK_M / 2 if at >= 2 else SLACK_M / 2)
        used += 1
    return used


@compiled
def _closings(segment: FloatArray, grid: _Grid, common: ListArray, tiles: Tiles, width: float) -> _Closings:
    """All closings of a circle, tile after tile: those of common tiles as they're kept, of others from their marks."""
    first_row, first_column, marks, step = grid
    nx = marks.shape[1]
    cell, end, bins = _open_cells(marks, common)
    pills = _binned(segment, bins, grid, width)
    _, head, following, pill = pills
    number, xy, cap = _crossings(cell, grid, pills, width)
    most, most_corners = 4 * len(cell), 20 * len(cell)
    for t in common.flat:
        if t >= 0:
            most += tiles.start[t + 1] - tiles.start[t]
            most_corners += tiles.first[tiles.start[t + 1]] - tiles.first[tiles.start[t]]
    goes, comes, first = np.empty(most, np.int32), np.empty(most, np.int32), np.zeros(most + 1, np.int64)
    corner = np.empty((most_corners, 2))
    edge_in_grid = np.empty(4 * (_TILE + 1) ** 2, np.int32)
    for edge in range(len(edge_in_grid)):
        node = edge // 4
        edge_in_grid[edge] = 4 * (node // (_TILE + 1) * nx + node % (_TILE + 1)) + edge % 4
    event = np.empty((8, 4), np.int64)
    used, done = 0, 0
    for j in range(common.shape[0]):
        for i in range(common.shape[1]):
            t, end_here = common[j, i], end[j * common.shape[1] + i]
            if t >= 0:
                k, n, n_corners = tiles.start[t], tiles.start[t + 1] - tiles.start[t], first[used]
                begin = tiles.first[k]
                origin = 4 * _TILE * (j * nx + i)
                for m in range(n):
                    goes[used + m] = origin + edge_in_grid[tiles.goes[k + m]]
                    comes[used + m] = origin + edge_in_grid[tiles.comes[k + m]]
                    first[used + m + 1] = n_corners + tiles.first[k + m + 1] - begin
                used += n
                for m in range(first[used] - n_corners):
                    corner[n_corners + m, 0] = tiles.corner[begin + m, 0]
                    corner[n_corners + m, 1] = tiles.corner[begin + m, 1]
            for c in cell[done:end_here]:
                n = _rim(c, nx, number, event)
                for m in range(n):
                    if event[m, 3] == 0:
                        continue
                    before = (m - 1) % n
                    goes[used], comes[used] = event[m, 1], event[before, 1]
                    a, b, at = event[m, 0], event[before, 0], first[used]
                    corner[at, 0], corner[at, 1] = xy[a, 0], xy[a, 1]
                    row, column = c // nx, c % nx
                    first[used + 1] = _closing(
                        xy[a, 0], xy[a, 1], xy[b, 0], xy[b, 1], cap[a], cap[b], event[m, 2], event[before, 2],
                        first_row + row, first_column + column, step, segment,
                        head[row // _BIN, column // _BIN], following, pill, width, corner, at + 1,
                    )  # fmt: skip
                    used += 1
            done = end_here
            end[j * common.shape[1] + i] = used
    return _Closings(end, goes[:used], comes[:used], first[: used + 1], corner[: first[used]])


@compiled
def _rim(c: int, nx: int, number: ListArray, event: IntArray) -> int:
    """Crossings round a cell, counterclockwise, rows of (crossing, grid edge, side of the cell, whether a run ends)."""
    n = 0
    for side in range(4):
        node = c + (nx if side == 2 else 1 if side == 1 else 0)
        edge = 4 * node + 2 * (side % 2)
        for ends in (1, 0):
            low = ends == (side < 2)
            edge_side = edge + (0 if low else 1)
            if number[edge_side] >= 0:
                event[n, 0], event[n, 1], event[n, 2], event[n, 3] = number[edge_side], edge_side, side, ends
                n += 1
    return n


@compiled
def _rings(closings: _Closings, n_nodes: int, hole: float) -> tuple[FloatArray, IntArray, FloatArray]:
    """Follow the outline from closing to closing; leave out small holes and corners that lie on a straight line.

    Returns the corners of all rings, how many each one has, and the areas.
    """
    _, goes, comes, first, corner = closings
    n = len(goes)
    at_edge = np.empty(4 * n_nodes, np.int32)
    for k in range(n):
        at_edge[goes[k]] = k
    corners, size, area = np.empty((len(corner), 2)), np.empty(n, np.int64), np.empty(n)
    seen = np.zeros(n, np.bool_)
    used, n_rings = 0, 0
    for k in range(n):
        begin, at = used, k
        while not seen[at]:
            seen[at] = True
            for m in range(first[at], first[at + 1]):
                used = _append(corners, begin, used, corner[m, 0], corner[m, 1])
            at = at_edge[comes[at]]
        ring_area = _area(corners, begin, used)
        if used - begin < 3 or -hole < ring_area <= 0:
            used = begin
            continue
        size[n_rings], area[n_rings] = used - begin, ring_area
        n_rings += 1
    return corners[:used], size[:n_rings], area[:n_rings]


@compiled
def _append(corners: FloatArray, begin: int, used: int, x: float, y: float) -> int:
    """Append a corner to the ring from `begin` on, dropping the last one if it lies on the way to the new one."""
    if used > begin + 1:
        dx, dy = x - corners[used - 2, 0], y - corners[used - 2, 1]
        ex, ey = corners[used - 1, 0] - corners[used - 2, 0], corners[used - 1, 1] - corners[used - 2, 1]
        length = np.sqrt(dx * dx + dy * dy)
        if abs(dx * ey - dy * ex) <= _STRAIGHT_M * length and 0 <= ex * dx + ey * dy <= length * length:
            used -= 1
    corners[used, 0], corners[used, 1] = x, y
    return used + 1


@compiled
def _area(corners: FloatArray, begin: int, end: int) -> float:
    """Area of a ring, positive counterclockwise."""
    doubled = 0.0
    for k in range(begin + 1, end - 1):
        ax, ay = corners[k, 0] - corners[begin, 0], corners[k, 1] - corners[begin, 1]
        bx, by = corners[k + 1, 0] - corners[begin, 0], corners[k + 1, 1] - corners[begin, 1]
        doubled += ax * by - ay * bx
    return doubled / 2
