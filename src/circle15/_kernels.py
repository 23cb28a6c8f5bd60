"""Bounded shortest-path searches on a street graph: arrays in, arrays out, nothing else.

A search walks *arcs*. Arcs are stored by tail vertex (CSR): `indptr`, and for each arc `head`, `cost` (seconds for the
whole edge), `edge`, and `tail_is_u` (the arc leaves its edge at the edge's first end). `from_u[e]` and `from_v[e]` are
the seconds to walk the whole edge e away from its first and its second end, inf where that isn't allowed. A search
backwards from sites is the same search on reversed arcs.

A *place* is on an edge at a fraction (0 at u, 1 at v) with a leg (seconds between the street and the place). Places may
have several entries: entry j belongs to place `owner[j]`.

The queue is an array of buckets, each a linked list in flat arrays (R. B. Dial, Algorithm 360, 1969, widened to real
weights): no decrease-key, a vertex is pushed again when it improves, and an entry whose label has moved to an earlier
bucket is skipped. A label that lands in the bucket being emptied is taken in the same sweep, so the result is exact
for any weights of at least zero.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from circle15.units import BoolArray, FloatArray, IntArray

N_BUCKETS = 128


@njit(cache=True, nogil=True)
def _push(
    vertex: int, bucket: int, head: IntArray, following: IntArray, entry_vertex: IntArray, used: int
) -> tuple[IntArray, IntArray, int]:
    if used == entry_vertex.size:
        grown = np.empty(2 * used, np.int64)
        grown[:used] = entry_vertex
        entry_vertex = grown
        grown = np.empty(2 * used, np.int64)
        grown[:used] = following
        following = grown
    entry_vertex[used] = vertex
    following[used] = head[bucket]
    head[bucket] = used
    return following, entry_vertex, used + 1


@njit(cache=True, nogil=True)
def _settle(
    indptr: IntArray,
    arc_head: IntArray,
    cost: FloatArray,
    time: FloatArray,
    owner: IntArray,
    start: IntArray,
    limit: float,
    bucket_of: IntArray,
    following: IntArray,
    entry_vertex: IntArray,
    touched: IntArray,
) -> tuple[IntArray, IntArray, int]:
    """Run the search from the labels on `start`; return the buffers, which may have grown, and how many were touched.

    `time` and `owner` hold the start labels and receive the result; ties go to the smaller owner. `touched` lists each
    labelled vertex once.
    """
    width = max(limit / N_BUCKETS, 1e-9)
    bucket_of[:] = -1
    used = 0
    n_touched = 0
    for vertex in start:
        following, entry_vertex, used = _push(
            vertex, min(int(time[vertex] / width), N_BUCKETS), bucket_of, following, entry_vertex, used
        )
        touched[n_touched] = vertex
        n_touched += 1
    for bucket in range(N_BUCKETS + 1):
        while bucket_of[bucket] >= 0:
            entry = bucket_of[bucket]
            bucket_of[bucket] = following[entry]
            vertex = entry_vertex[entry]
            here = time[vertex]
            if min(int(here / width), N_BUCKETS) != bucket:
                continue
            mine = owner[vertex]
            for arc in range(indptr[vertex], indptr[vertex + 1]):
                there = here + cost[arc]
                if there > limit:
                    continue
                neighbour = arc_head[arc]
                known = time[neighbour]
                if there < known or (there == known and mine < owner[neighbour]):
                    if known == np.inf:
                        touched[n_touched] = neighbour
                        n_touched += 1
                    time[neighbour] = there
                    owner[neighbour] = mine
                    following, entry_vertex, used = _push(
                        neighbour, min(int(there / width), N_BUCKETS), bucket_of, following, entry_vertex, used
                    )
    return following, entry_vertex, n_touched


@njit(cache=True, nogil=True)
def _start(
    time: FloatArray, owner: IntArray, start: IntArray, n_start: int, vertex: int, label: float, who: int, limit: float
) -> int:
    """Offer a start label to a vertex; return how many vertices have one."""
    if label > limit:
        return n_start
    if time[vertex] == np.inf:
        start[n_start] = vertex
        n_start += 1
    if label < time[vertex] or (label == time[vertex] and who < owner[vertex]):
        time[vertex] = label
        owner[vertex] = who
    return n_start


@njit(cache=True, nogil=True)
def nearest_places(
    indptr: IntArray,
    arc_head: IntArray,
    cost: FloatArray,
    edge_u: IntArray,
    edge_v: IntArray,
    from_u: FloatArray,
    from_v: FloatArray,
    source_edge: IntArray,
    source_fraction: FloatArray,
    source_leg: FloatArray,
    source_owner: IntArray,
    by_edge_indptr: IntArray,
    by_edge: IntArray,
    target_edge: IntArray,
    target_fraction: FloatArray,
    target_leg: FloatArray,
    target_owner: IntArray,
    n_targets: int,
    limit: float,
) -> tuple[FloatArray, IntArray]:
    """Time and owner of the nearest source for each target, inf and -1 where none is within `limit`.

    `by_edge_indptr`, `by_edge` list the source entries on each edge, for stretches that never leave one edge.
    """
    n = indptr.size - 1
    time = np.full(n, np.inf)
    owner = np.full(n, np.int64(9223372036854775807))
    start = np.empty(2 * source_edge.size, np.int64)
    n_start = 0
    for j in range(source_edge.size):
        e, f = source_edge[j], source_fraction[j]
        label = source_leg[j] + _walked(1.0 - f, from_u[e])
        n_start = _start(time, owner, start, n_start, edge_v[e], label, source_owner[j], limit)
        label = source_leg[j] + _walked(f, from_v[e])
        n_start = _start(time, owner, start, n_start, edge_u[e], label, source_owner[j], limit)
    buckets = np.empty(N_BUCKETS + 1, np.int64)
    buffer = max(1024, 2 * source_edge.size)
    _settle(
        indptr, arc_head, cost, time, owner, start[:n_start], limit, buckets,
        np.empty(buffer, np.int64), np.empty(buffer, np.int64), np.empty(n, np.int64),
    )  # fmt: skip
    best = np.full(n_targets, np.inf)
    who = np.full(n_targets, -1, np.int64)
    for j in range(target_edge.size):
        e, f, leg, k = target_edge[j], target_fraction[j], target_leg[j], target_owner[j]
        u, v = edge_u[e], edge_v[e]
        _offer(best, who, k, time[u] + _walked(f, from_u[e]) + leg, owner[u], limit)
        _offer(best, who, k, time[v] + _walked(1.0 - f, from_v[e]) + leg, owner[v], limit)
        for i in by_edge[by_edge_indptr[e] : by_edge_indptr[e + 1]]:
            _offer(
                best, who, k, source_leg[i] + _along(source_fraction[i], f, from_u[e], from_v[e]) + leg,
                source_owner[i], limit,
            )  # fmt: skip
    return best, who


@njit(cache=True, nogil=True)
def _walked(part: float, whole: float) -> float:
    """Seconds for a part of an edge; none of an edge costs nothing, even where it may not be walked."""
    return 0.0 if part <= 0.0 else part * whole


@njit(cache=True, nogil=True)
def _along(start: float, end: float, from_u: float, from_v: float) -> float:
    """Seconds from one fraction of an edge straight to another."""
    return _walked(end - start, from_u) if end >= start else _walked(start - end, from_v)


@njit(cache=True, nogil=True)
def _offer(best: FloatArray, who: IntArray, place: int, label: float, owner: int, limit: float) -> None:
    if label > limit:
        return
    if label < best[place] or (label == best[place] and owner < who[place]):
        best[place] = label
        who[place] = owner


@njit(cache=True, nogil=True)
def times_between(
    indptr: IntArray,
    arc_head: IntArray,
    cost: FloatArray,
    arc_edge: IntArray,
    tail_is_u: BoolArray,
    edge_u: IntArray,
    edge_v: IntArray,
    from_u: FloatArray,
    from_v: FloatArray,
    source_indptr: IntArray,
    source_edge: IntArray,
    source_fraction: FloatArray,
    source_leg: FloatArray,
    by_edge_indptr: IntArray,
    by_edge: IntArray,
    at_vertex_indptr: IntArray,
    at_vertex: IntArray,
    target_fraction: FloatArray,
    target_leg: FloatArray,
    target_owner: IntArray,
    n_targets: int,
    limit: float,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Times from each source place to every target place within `limit`, as the parts of a CSR matrix.

    `by_edge_indptr`, `by_edge` list the target entries on each edge, `at_vertex_indptr`, `at_vertex` those at the very
    end of one, which are reached with the vertex. Columns of a row come in ascending order.
    """
    n = indptr.size - 1
    time = np.full(n, np.inf)
    owner = np.zeros(n, np.int64)
    start = np.empty(2 * max(1, source_edge.size), np.int64)
    touched = np.empty(n, np.int64)
    buckets = np.empty(N_BUCKETS + 1, np.int64)
    following, entry_vertex = np.empty(1024, np.int64), np.empty(1024, np.int64)
    best = np.full(n_targets, np.inf)
    found = np.empty(n_targets, np.int64)
    out_indptr = np.zeros(source_indptr.size, np.int64)
    out_target, out_time = np.empty(1024, np.int64), np.empty(1024)
    used = 0
    for place in range(source_indptr.size - 1):
        n_start = 0
        n_found = 0
        for j in range(source_indptr[place], source_indptr[place + 1]):
            e, f, leg = source_edge[j], source_fraction[j], source_leg[j]
            n_start = _start(time, owner, start, n_start, edge_v[e], leg + _walked(1.0 - f, from_u[e]), 0, limit)
            n_start = _start(time, owner, start, n_start, edge_u[e], leg + _walked(f, from_v[e]), 0, limit)
            for i in by_edge[by_edge_indptr[e] : by_edge_indptr[e + 1]]:
                label = leg + _along(f, target_fraction[i], from_u[e], from_v[e]) + target_leg[i]
                n_found = _note(best, found, n_found, target_owner[i], label, limit)
        following, entry_vertex, n_touched = _settle(
            indptr, arc_head, cost, time, owner, start[:n_start], limit, buckets, following, entry_vertex, touched
        )
        for vertex in touched[:n_touched]:
            for i in at_vertex[at_vertex_indptr[vertex] : at_vertex_indptr[vertex + 1]]:
                n_found = _note(best, found, n_found, target_owner[i], time[vertex] + target_leg[i], limit)
            for arc in range(indptr[vertex], indptr[vertex + 1]):
                e = arc_edge[arc]
                for i in by_edge[by_edge_indptr[e] : by_edge_indptr[e + 1]]:
                    part = target_fraction[i] if tail_is_u[arc] else 1.0 - target_fraction[i]
                    label = time[vertex] + part * cost[arc] + target_leg[i]
                    n_found = _note(best, found, n_found, target_owner[i], label, limit)
        while used + n_found > out_target.size:
            grown_target, grown_time = np.empty(2 * out_target.size, np.int64), np.empty(2 * out_time.size)
            grown_target[:used], grown_time[:used] = out_target[:used], out_time[:used]
            out_target, out_time = grown_target, grown_time
        for target in np.sort(found[:n_found]):
            out_target[used] = target
            out_time[used] = best[target]
            used += 1
            best[target] = np.inf
        out_indptr[place + 1] = used
        for vertex in touched[:n_touched]:
            time[vertex] = np.inf
    return out_indptr, out_target[:used].copy(), out_time[:used].copy()


@njit(cache=True, nogil=True)
def _note(best: FloatArray, found: IntArray, n_found: int, place: int, label: float, limit: float) -> int:
    if label > limit:
        return n_found
    if best[place] == np.inf:
        found[n_found] = place
        n_found += 1
    best[place] = min(best[place], label)
    return n_found


@njit(cache=True, nogil=True)
def reached_stretches(
    indptr: IntArray,
    arc_head: IntArray,
    cost: FloatArray,
    arc_edge: IntArray,
    tail_is_u: BoolArray,
    edge_u: IntArray,
    edge_v: IntArray,
    from_u: FloatArray,
    from_v: FloatArray,
    source_edge: IntArray,
    source_fraction: FloatArray,
    source_leg: FloatArray,
    limit: float,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Stretches of street that can be walked from one place within `limit`: (edge, from fraction, to fraction).

    Each stretch is cut where the time runs out. Stretches of one edge may overlap or not meet. The order is fixed.
    """
    n = indptr.size - 1
    time = np.full(n, np.inf)
    owner = np.zeros(n, np.int64)
    start = np.empty(2 * max(1, source_edge.size), np.int64)
    n_start = 0
    for j in range(source_edge.size):
        e, f, leg = source_edge[j], source_fraction[j], source_leg[j]
        n_start = _start(time, owner, start, n_start, edge_v[e], leg + _walked(1.0 - f, from_u[e]), 0, limit)
        n_start = _start(time, owner, start, n_start, edge_u[e], leg + _walked(f, from_v[e]), 0, limit)
    touched = np.empty(n, np.int64)
    _, _, n_touched = _settle(
        indptr, arc_head, cost, time, owner, start[:n_start], limit,
        np.empty(N_BUCKETS + 1, np.int64), np.empty(1024, np.int64), np.empty(1024, np.int64), touched,
    )  # fmt: skip
    n_arcs = 0
    for vertex in touched[:n_touched]:
        n_arcs += indptr[vertex + 1] - indptr[vertex]
    size = n_arcs + 2 * source_edge.size
    edge, low, high = np.empty(size, np.int64), np.empty(size), np.empty(size)
    used = 0
    for j in range(source_edge.size):
        e, f = source_edge[j], source_fraction[j]
        left = limit - source_leg[j]
        if left < 0:
            continue
        for away, to_u in ((from_v[e], True), (from_u[e], False)):
            if away == np.inf:
                continue
            part = 1.0 if away <= 0 else left / away
            edge[used] = e
            low[used] = max(0.0, f - part) if to_u else f
            high[used] = f if to_u else min(1.0, f + part)
            used += 1
    for vertex in np.sort(touched[:n_touched]):
        left = limit - time[vertex]
        for arc in range(indptr[vertex], indptr[vertex + 1]):
            part = 1.0 if cost[arc] <= left else left / cost[arc]
            edge[used] = arc_edge[arc]
            low[used] = 0.0 if tail_is_u[arc] else 1.0 - part
            high[used] = part if tail_is_u[arc] else 1.0
            used += 1
    return edge[:used], low[:used], high[:used]
