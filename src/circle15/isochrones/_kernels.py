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
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from circle15.units import BoolArray, FloatArray, IntArray

MarkArray = npt.NDArray[np.uint8]
ListArray = npt.NDArray[np.int32]

SLACK_M = 1e-3
_STRAIGHT_M = 1e-4  # a corner this close to the line between its neighbours is dropped
_BIN = 2  # cells along the side of a bin of segments
_NODE, _EAST, _NORTH = 1, 2, 4  # a node is inside; so is the whole edge to the next node east, or north, of it
_SEGMENT = 5  # columns of a segment: x, y of its start, its direction, its length

compiled = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "arcp"})
"""Products may be fused with sums, and divisions become products: nothing here is measured to the last bit."""


@compiled
def stamps(
    edge: IntArray,
    line: FloatArray,
    along: FloatArray,
    line_start: IntArray,
    width: float,
    step: float,
) -> tuple[IntArray, IntArray, MarkArray]:
    """What whole lines mark on the grid, to be copied into every circle that holds them.

    Returns, for the lines `edge`, the start of each one's runs and the end of the last, the runs, rows of (row and
    column on the grid, start of the marks, end of the marks), and the marks.
    """
    indptr = np.zeros(edge.size + 1, np.int64)
    run, n_runs = np.empty((1024, 4), np.int64), 0
    mark, n_marks = np.empty(4096, np.uint8), 0
    for k in range(edge.size):
        segment = np.empty((line_start[edge[k] + 1] - line_start[edge[k]], _SEGMENT))
        n = _add_part(segment, 0, edge[k], 0.0, 1.0, line, along, line_start)
        first_row, first_column, ny, nx = _window(segment[:n], width, step)
        marks = np.zeros((ny, nx), np.uint8)
        _mark(segment[:n], marks, first_column * step, first_row * step, step, width - SLACK_M)
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
    return indptr, run[:n_runs].copy(), mark[:n_marks].copy()


@compiled
def outlines(  # noqa: PLR0912 - numba pays for each array handed on
    indptr: IntArray,
    edge: npt.NDArray[np.int32],
    low: npt.NDArray[np.float32],
    high: npt.NDArray[np.float32],
    line: FloatArray,
    along: FloatArray,
    line_start: IntArray,
    stamp: IntArray,
    stamp_indptr: IntArray,
    stamp_run: IntArray,
    stamp_mark: MarkArray,
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
    place reaches whole has the stamp `stamp[e]` of `stamps`. Holes under `hole` are left out; `step` is the side of a
    cell, at most `width` / 2.

    Returns the rings' corners (n, 2), the start of each ring and the end of the last, the place of each ring, and its
    area, negative for holes. Rings aren't closed by a repeated corner.
    """
    most = 0
    for place in range(indptr.size - 1):
        count = leg_indptr[place + 1] - leg_indptr[place]
        for part in range(indptr[place], indptr[place + 1]):
            count += line_start[edge[part] + 1] - line_start[edge[part]]
        most = max(most, count)
    segment = np.empty((most, _SEGMENT))
    corners, n_corners = np.empty((4096, 2)), 0
    start, owner, area, n_rings = np.zeros(64, np.int64), np.empty(64, np.int64), np.empty(64), 0
    for place in range(indptr.size - 1):
        used = 0
        for k in range(leg_indptr[place], leg_indptr[place + 1]):
            segment[used] = leg[k]
            used += 1
        for part in range(indptr[place], indptr[place + 1]):
            if low[part] > 0 or high[part] < 1:
                used = _add_part(segment, used, edge[part], low[part], high[part], line, along, line_start)
        unstamped = used
        for part in range(indptr[place], indptr[place + 1]):
            if low[part] <= 0 and high[part] >= 1:
                used = _add_part(segment, used, edge[part], 0.0, 1.0, line, along, line_start)
        if used == 0:
            continue
        first_row, first_column, ny, nx = _window(segment[:used], width, step)
        marks = np.zeros((ny, nx), np.uint8)
        _mark(segment[:unstamped], marks, first_column * step, first_row * step, step, width - SLACK_M)
        for part in range(indptr[place], indptr[place + 1]):
            if low[part] <= 0 and high[part] >= 1:
                k = stamp[edge[part]]
                _press(stamp_run[stamp_indptr[k] : stamp_indptr[k + 1]], stamp_mark, marks, first_row, first_column)
        pieces, ring, size = _outline(segment[:used], marks, first_column * step, first_row * step, width, hole, step)
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
def _window(segment: FloatArray, width: float, step: float) -> tuple[int, int, int, int]:
    """First row and column of grid nodes, and how many rows and columns, with nothing but outside nodes on the rim."""
    left, right, bottom, top = np.inf, -np.inf, np.inf, -np.inf
    for k in range(len(segment)):
        x, y = segment[k, 0], segment[k, 1]
        x1, y1 = x + segment[k, 4] * segment[k, 2], y + segment[k, 4] * segment[k, 3]
        left, right = min(left, x, x1), max(right, x, x1)
        bottom, top = min(bottom, y, y1), max(top, y, y1)
    first_row, first_column = int(np.floor((bottom - width) / step)) - 1, int(np.floor((left - width) / step)) - 1
    ny, nx = int(np.ceil((top + width) / step)) - first_row + 2, int(np.ceil((right + width) / step)) - first_column + 2
    return first_row, first_column, ny, nx


@compiled
def _press(run: IntArray, mark: MarkArray, marks: MarkArray, first_row: int, first_column: int) -> None:
    """Press a stamp on the grid."""
    for r in range(len(run)):
        row, column, start = run[r, 0] - first_row, run[r, 1] - first_column, run[r, 2]
        for i in range(run[r, 3] - start):
            marks[row, column + i] |= mark[start + i]


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
        t0, t1 = -forward / cosine, (length - forward) / cosine
        begin, end = min(t0, t1), max(t0, t1)
    elif forward < 0 or forward > length:
        return a, b
    if abs(sine) > 1e-12:
        t0, t1 = (-r - aside) / sine, (r - aside) / sine
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
def _mark(segment: FloatArray, marks: MarkArray, x0: float, y0: float, step: float, r: float) -> None:
    """Mark what each pill holds of the grid with its first node at (x0, y0)."""
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
def _binned(
    segment: FloatArray, marks: MarkArray, x0: float, y0: float, step: float, width: float
) -> tuple[ListArray, ListArray, ListArray]:
    """Linked lists of the pills that touch each bin through which the outline runs: head, following, pill."""
    ny, nx = marks.shape
    head: ListArray = np.full((ny // _BIN + 1, nx // _BIN + 1), -1, np.int32)
    open_ = np.zeros(head.shape, np.bool_)
    for j in range(ny - 1):
        for i in range(nx - 1):
            here, east, north, both = marks[j, i], marks[j, i + 1], marks[j + 1, i], marks[j + 1, i + 1]
            if (here | east | north | both) & _NODE and not (
                here & (_EAST | _NORTH) == _EAST | _NORTH and north & _EAST and east & _NORTH
            ):
                open_[j // _BIN, i // _BIN] = True
    following, pill, used = np.empty(4096, np.int32), np.empty(4096, np.int32), 0
    for k in range(segment.shape[0]):
        while used + int(2 * (width + _BIN * step) / step + segment[k, 4] / step) ** 2 > pill.size:
            following, pill = _longer(following), _longer(pill)
        used = _bin_pill(segment, k, open_, x0, y0, _BIN * step, width, head, following, pill, used)
    return head, following, pill


@compiled
def _bin_pill(
    segment: FloatArray,
    k: int,
    open_: BoolArray,
    x0: float,
    y0: float,
    side: float,
    width: float,
    head: ListArray,
    following: ListArray,
    pill: ListArray,
    used: int,
) -> int:
    """Add a pill to the lists of the open bins that it touches; return how many entries there are."""
    radius2 = (width + side * 0.7072) ** 2
    ax, ay, vx, vy, length = segment[k, 0], segment[k, 1], segment[k, 2], segment[k, 3], segment[k, 4]
    bx, by = ax + length * vx, ay + length * vy
    for j in range(int((min(ay, by) - width - y0) / side), int((max(ay, by) + width - y0) / side) + 1):
        for i in range(int((min(ax, bx) - width - x0) / side), int((max(ax, bx) + width - x0) / side) + 1):
            if not open_[j, i]:
                continue
            dx, dy = x0 + (i + 0.5) * side - ax, y0 + (j + 0.5) * side - ay
            at = min(max(dx * vx + dy * vy, 0.0), length)
            dx, dy = dx - at * vx, dy - at * vy
            if dx * dx + dy * dy <= radius2:
                pill[used], following[used], head[j, i] = k, head[j, i], used
                used += 1
    return used


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
def _crossings(
    marks: MarkArray,
    row: int,
    upward: bool,
    x0: float,
    y0: float,
    step: float,
    segment: FloatArray,
    head: ListArray,
    following: ListArray,
    pill: ListArray,
    width: float,
    xy: FloatArray,
    cap: IntArray,
    used: int,
    from_low: IntArray,
    from_high: IntArray,
) -> int:
    """Where the outline crosses the grid edges from a row's nodes to the next ones east, or north.

    Writes each crossing's place and the pill that ends there, and for each edge the number of the crossing found from
    its first node on and of the one found back from its last, -1 for none. Returns how many crossings there are.
    """
    whole = _NORTH if upward else _EAST
    ux, uy = (0.0, 1.0) if upward else (1.0, 0.0)
    for i in range(marks.shape[1] - 1):
        from_low[i] = from_high[i] = -1
        here = marks[row, i]
        there = marks[row + 1, i] if upward else marks[row, i + 1]
        if here & whole or not (here | there) & _NODE:
            continue
        px, py = x0 + i * step, y0 + row * step
        qx, qy = px + step * ux, py + step * uy
        first = head[row // _BIN, i // _BIN]
        tip, tail, tip_pill, tail_pill = 0.0, 0.0, -1, -1
        if here & _NODE:
            tip, tip_pill = _covered(px, py, ux, uy, step, segment, first, following, pill, width)
        if there & _NODE and tip < step:
            tail, tail_pill = _covered(qx, qy, -ux, -uy, step, segment, first, following, pill, width)
        if here & there & _NODE and tip + tail >= step - SLACK_M:
            continue  # several pills cover it together
        if here & _NODE:
            tip = min(tip, step - SLACK_M / 2)
            xy[used, 0], xy[used, 1], cap[used], from_low[i] = px + tip * ux, py + tip * uy, tip_pill, used
            used += 1
        if there & _NODE:
            tail = min(tail, step - SLACK_M / 2)
            xy[used, 0], xy[used, 1], cap[used], from_high[i] = qx - tail * ux, qy - tail * uy, tail_pill, used
            used += 1
    return used


@compiled
def _rim(i: int, south: IntArray, side: IntArray, north: IntArray, event: IntArray) -> int:
    """Crossings round a cell, counterclockwise, rows of (crossing, edge of the cell, whether a covered run ends)."""
    n = 0
    for edge in range(4):
        if edge == 0:
            ends, begins = south[0, i], south[1, i]
        elif edge == 1:
            ends, begins = side[0, i + 1], side[1, i + 1]
        elif edge == 2:
            ends, begins = north[1, i], north[0, i]
        else:
            ends, begins = side[1, i], side[0, i]
        if ends >= 0:
            event[n, 0], event[n, 1], event[n, 2] = ends, edge, 1
            n += 1
        if begins >= 0:
            event[n, 0], event[n, 1], event[n, 2] = begins, edge, 0
            n += 1
    return n


@compiled
def _closing(
    goes: int,
    comes: int,
    goes_edge: int,
    comes_edge: int,
    west: float,
    south: float,
    step: float,
    segment: FloatArray,
    entry: int,
    following: ListArray,
    pill: ListArray,
    width: float,
    xy: FloatArray,
    cap: IntArray,
    extra: FloatArray,
    used: int,
) -> int:
    """Write the corners between two ends of a covered run of a cell's rim, if a straight line won't do.

    The way leads from crossing `goes` on edge `goes_edge` of the cell to `comes`, inside on its left. Returns how many
    corners there are then.
    """
    ax, ay, bx, by = xy[goes, 0], xy[goes, 1], xy[comes, 0], xy[comes, 1]
    near = width + SLACK_M / 4
    if _nearest(bx, by, segment, cap[goes])[0] <= near or _nearest(ax, ay, segment, cap[comes])[0] <= near:
        return used
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
            extra[used, 0], extra[used, 1] = ax + tip * ux, ay + tip * uy
            used += 1
        extra[used, 0], extra[used, 1] = zx, zy
        used += 1
        if _nearest(bx, by, segment, tail_pill)[0] > near:
            extra[used, 0], extra[used, 1] = ax + tail * ux, ay + tail * uy
            used += 1
        return used
    # Back along the rim, a hair inside the cell, so that rings in neighbouring cells don't touch.
    for back in range((goes_edge - comes_edge - 1) % 4 + 1):
        corner = (goes_edge - back) % 4
        extra[used, 0] = west + (step - SLACK_M / 2 if corner in (1, 2) else SLACK_M / 2)
        extra[used, 1] = south + (step - SLACK_M / 2 if corner >= 2 else SLACK_M / 2)
        used += 1
    return used


@compiled
def _outline(
    segment: FloatArray,
    marks: MarkArray,
    x0: float,
    y0: float,
    width: float,
    hole: float,
    step: float,
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Rings of the union of pills: corners, number of corners of each ring, areas."""
    ny, nx = marks.shape
    head, following, pill = _binned(segment, marks, x0, y0, step, width)

    # Crossings, the next one after each, and where the corners between them are listed.
    xy, cap, used = np.empty((4 * nx, 2)), np.empty(4 * nx, np.int64), 0
    onward, between = np.empty(4 * nx, np.int64), np.empty((4 * nx, 2), np.int64)
    extra, n_extra = np.empty((16 * nx, 2)), 0
    # Crossings by grid edge: on the edges along this row of nodes, along the next, and between both.
    south, north, side = np.full((2, nx), -1, np.int64), np.full((2, nx), -1, np.int64), np.full((2, nx), -1, np.int64)
    event = np.empty((8, 3), np.int64)
    for j in range(ny - 1):
        south[:] = north
        while used + 4 * nx > len(xy):
            xy, cap, onward, between = _longer_rows(xy), _longer(cap), _longer(onward), _longer_rows(between)
        while n_extra + 16 * nx > len(extra):
            extra = _longer_rows(extra)
        used = _crossings(
            marks, j, True, x0, y0, step, segment, head, following, pill, width, xy, cap, used,
            side[0], side[1],
        )  # fmt: skip
        used = _crossings(
            marks, j + 1, False, x0, y0, step, segment, head, following, pill, width, xy, cap, used,
            north[0], north[1],
        )  # fmt: skip
        n_extra = _close_cells(
            j, x0, y0, step, segment, head, following, pill, width, xy, cap, south, side, north,
            event, onward, between, extra, n_extra,
        )  # fmt: skip
    return _rings(xy[:used], onward, extra, between, hole)


@compiled
def _close_cells(
    row: int,
    x0: float,
    y0: float,
    step: float,
    segment: FloatArray,
    head: ListArray,
    following: ListArray,
    pill: ListArray,
    width: float,
    xy: FloatArray,
    cap: IntArray,
    south: IntArray,
    side: IntArray,
    north: IntArray,
    event: IntArray,
    onward: IntArray,
    between: IntArray,
    extra: FloatArray,
    n_extra: int,
) -> int:
    """Join the crossings round each cell of a row, each end of a covered run of the rim to where that run begins."""
    for i in range(south.shape[1] - 1):
        nothing = south[0, i] & south[1, i] & side[0, i] & side[1, i] & side[0, i + 1] & side[1, i + 1]
        if nothing & north[0, i] & north[1, i] == -1:
            continue
        n = _rim(i, south, side, north, event)
        for m in range(n):
            if event[m, 2] == 0:
                continue
            before = (m - 1) % n
            goes, comes = event[m, 0], event[before, 0]
            onward[goes] = comes
            between[goes, 0] = n_extra
            n_extra = _closing(
                goes, comes, event[m, 1], event[before, 1], x0 + i * step, y0 + row * step, step, segment,
                head[row // _BIN, i // _BIN], following, pill, width, xy, cap, extra, n_extra,
            )  # fmt: skip
            between[goes, 1] = n_extra
    return n_extra


@compiled
def _rings(
    xy: FloatArray, onward: IntArray, extra: FloatArray, between: IntArray, hole: float
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Follow the outline from crossing to crossing; leave out small holes and corners that lie on a straight line."""
    n = len(xy)
    corners, size, area = np.empty((n + len(extra), 2)), np.empty(n, np.int64), np.empty(n)
    seen = np.zeros(n, np.bool_)
    used, n_rings = 0, 0
    for first in range(n):
        begin, at = used, first
        while not seen[at]:
            seen[at] = True
            used = _append(corners, begin, used, xy[at, 0], xy[at, 1])
            for k in range(between[at, 0], between[at, 1]):
                used = _append(corners, begin, used, extra[k, 0], extra[k, 1])
            at = onward[at]
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
