"""Bounded shortest-path searches on a street graph: arrays in, arrays out, nothing else.

A search walks *arcs*, stored by tail vertex: the arcs that everybody walks come first, then the *links*, which only
people of the link's zone may pass (`Arcs`). Who searches in zone 0 passes no link, in zone z > 0 the links of z, and in
zone `EVERYWHERE` all. A search backwards from sites is the same search on reversed arcs.

A *place* is on an edge at a fraction (0 at u, 1 at v) with a leg (seconds between the street and the place). Places may
have several entries, each a record of `PLACE`.

Seconds of arcs and labels are float32. A label is the smallest of its paths' sums, each added up in the order of the
walk; adding is monotone, so the result is the same whatever the order in which vertices are numbered or taken. It is
one int64, the float's bits above the owner's number, so that labels compare as (time, owner): ties go to the smaller
owner.

The queue is an array of buckets, each a linked list in one flat array (R. B. Dial, Algorithm 360, 1969, widened to real
weights): no decrease-key, a vertex is pushed again when it improves, and an entry whose vertex has improved since is
skipped. A label that lands in the bucket being emptied is taken in the same sweep, so the result is exact for any
weights of at least zero. The entries also name all that was labelled: undoing a search is going through them, which
costs as much as was searched, and nothing is allocated or cleared for each source.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

from circle15.units import FloatArray, IntArray

N_BUCKETS = 128
BLOCK = 2**14
"""Vertices that a core's cache holds with their labels and arcs."""
EVERYWHERE = -1
TICK_S = 1e-3
"""Times are told in whole ticks: finer than that float32 sums along a walk don't agree."""

_NEVER = np.float32(np.inf)
UNLABELLED = 0x7F800000_7FFFFFFF  # inf, and the largest owner

Seconds = float | np.floating[Any]
Records = npt.NDArray[np.void]
ShortIntArray = npt.NDArray[np.int32]
ShortFloatArray = npt.NDArray[np.float32]

ARC = np.dtype([("head", np.int32), ("cost", np.float32)], align=True)
EDGE = np.dtype(
    [("u", np.int32), ("v", np.int32), ("from_u", np.float32), ("from_v", np.float32), ("zone", np.int32)], align=True
)
PLACE = np.dtype([("edge", np.int32), ("owner", np.int32), ("fraction", np.float64), ("leg", np.float64)], align=True)
ENTRY = np.dtype([("vertex", np.int32), ("following", np.int32), ("label", np.int64)], align=True)
READING = np.dtype(
    [("owner", np.int32), ("u", np.int32), ("v", np.int32), ("to_u", np.float32), ("to_v", np.float32)], align=True
)
HOOK = np.dtype([("owner", np.int32), ("cost", np.float32)], align=True)


class Arcs(NamedTuple):
    """The graph as searches read it; vertices are numbered along a space-filling curve, edges as in the network.

    Attributes
    ----------
    span : (2 n + 1,) vertex v has the open arcs `span[2 v]` to `span[2 v + 1]`, then its links to `span[2 v + 2]`.
    arc : (a,) records `head, cost` (seconds for the whole edge), at each vertex by edge.
    edge, zone : (a,) each arc's edge, and the zone of the link that it is, 0 for open arcs.
    edges : (m,) records `u, v, from_u, from_v, zone`: ends, and seconds for the whole edge away from each end, inf
        where that isn't allowed.
    link_start, link_tail, link_arc : zone z has the links `link_start[z]` to `link_start[z + 1]`, each a tail vertex
        and an arc.
    """

    span: ShortIntArray
    arc: Records
    edge: ShortIntArray
    zone: ShortIntArray
    edges: Records
    link_start: IntArray
    link_tail: ShortIntArray
    link_arc: ShortIntArray


class Targets(NamedTuple):
    """Places to be reached, listed where a search finds them.

    Attributes
    ----------
    hook_start, hooks : vertex v has the records `hook_start[v]` to `hook_start[v + 1]` of `owner, cost`: the seconds
        from v along an edge to an entry of a place.
    edge_start, entries : edge e has the entries `edge_start[e]` to `edge_start[e + 1]`, records of PLACE.
    size : how many places there are.
    """

    hook_start: IntArray
    hooks: Records
    edge_start: IntArray
    entries: Records
    size: int


def _trailing_zeros_of(_: Any, word: Any) -> Any:
    """How many zero bits an int64 other than 0 ends in."""

    def generated(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], context.get_constant(types.boolean, 1))

    return types.int64(word), generated


def _bits_of(_: Any, number: Any) -> Any:
    """The bits of a float32 of at least 0, as an int64 that orders as the float does."""

    def generated(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        bits = builder.bitcast(arguments[0], context.get_value_type(types.int32))
        return builder.zext(bits, context.get_value_type(types.int64))

    return types.int64(number), generated


def _float_of(_: Any, bits: Any) -> Any:
    """The float32 that has some bits."""

    def generated(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        word = builder.trunc(arguments[0], context.get_value_type(types.int32))
        return builder.bitcast(word, context.get_value_type(types.float32))

    return types.float32(bits), generated


_trailing_zeros: Any = intrinsic(_trailing_zeros_of)
_bits: Any = intrinsic(_bits_of)
_float: Any = intrinsic(_float_of)


@njit(cache=True, nogil=True)
def _label(time: Seconds, owner: int) -> Any:
    return (_bits(np.float32(time)) << 32) | owner


@njit(cache=True, nogil=True)
def _time(label: int) -> Any:
    return _float(label >> 32)


@njit(cache=True, nogil=True)
def _owner(label: int) -> int:
    return label & 0x7FFFFFFF


@njit(cache=True, nogil=True)
def _walked(part: Seconds, whole: Seconds) -> Seconds:
    """Seconds for a part of an edge; none of an edge costs nothing, even where it may not be walked."""
    return 0.0 if part <= 0.0 else part * whole


@njit(cache=True, nogil=True)
def _along(start: float, end: float, from_u: Seconds, from_v: Seconds) -> Seconds:
    """Seconds from one fraction of an edge straight to another."""
    return _walked(end - start, from_u) if end >= start else _walked(start - end, from_v)


@njit(cache=True, nogil=True)
def _times_of(edge: Any, zone: int) -> tuple[Seconds, Seconds]:
    """Seconds for a whole edge away from either end, as people of a zone walk it."""
    if edge.zone not in (0, zone) and zone != EVERYWHERE:
        return _NEVER, _NEVER
    return edge.from_u, edge.from_v


@njit(cache=True, nogil=True)
def _scratch(n: int) -> tuple[IntArray, ShortIntArray, Records]:
    """What a search works on: labels of n vertices, the heads of the buckets, and room for entries."""
    return np.full(n, UNLABELLED, np.int64), np.full(N_BUCKETS + 1, -1, np.int32), np.empty(4096, ENTRY)


@njit(cache=True, nogil=True)
def _with_room(entries: Records, needed: int) -> Records:
    """The entries, in a larger array when fewer than `needed` fit."""
    if needed <= entries.size:
        return entries
    grown = np.empty(2 * needed, ENTRY)
    grown[: entries.size] = entries
    return grown


@njit(cache=True, nogil=True)
def _offer(
    vertex: int,
    time: Seconds,
    owner: int,
    limit: Seconds,
    scale: Seconds,
    label: IntArray,
    bucket_of: ShortIntArray,
    entries: Records,
    used: int,
) -> int:
    """Label a vertex and push it if that improves it; returns how many entries there are.

    `scale` is buckets a second. What is offered is written in any case and then counts or doesn't: a branch that
    nobody can foresee costs more than the writing.
    """
    known, offered = label[vertex], _label(time, owner)
    better = (time <= limit) & (offered < known)
    bucket = np.int32(min(time, limit) * scale)
    following = bucket_of[bucket]
    entries[used].vertex = vertex
    entries[used].following = following
    entries[used].label = offered
    bucket_of[bucket] = np.int32(used) if better else following
    label[vertex] = offered if better else known
    return used + int(better)


@njit(cache=True, nogil=True)
def _start(
    arcs: Arcs,
    place: Any,
    owner: int,
    zone: int,
    limit: Seconds,
    scale: Seconds,
    label: IntArray,
    bucket_of: ShortIntArray,
    entries: Records,
    used: int,
) -> int:
    """Offer both ends of its edge the walk from a place; there must be room for three more entries."""
    edge = arcs.edges[place.edge]
    from_u, from_v = _times_of(edge, zone)
    to_v = np.float32(place.leg + _walked(1.0 - place.fraction, from_u))
    used = _offer(edge.v, to_v, owner, limit, scale, label, bucket_of, entries, used)
    to_u = np.float32(place.leg + _walked(place.fraction, from_v))
    return _offer(edge.u, to_u, owner, limit, scale, label, bucket_of, entries, used)


@njit(cache=True, nogil=True)
def _settle(
    arcs: Arcs,
    zone: int,
    limit: Seconds,
    scale: Seconds,
    label: IntArray,
    bucket_of: ShortIntArray,
    entries: Records,
    used: int,
) -> tuple[Records, int]:
    """Run the search from what is in the queue; returns the entries, in an array that may have grown, and how many."""
    bucket = 0
    while True:
        used, bucket = _sweep(arcs, zone, limit, scale, label, bucket_of, entries, used, bucket)
        if bucket > N_BUCKETS:
            return entries, used
        entries = _with_room(entries, entries.size + 1)


@njit(cache=True, nogil=True)
def _sweep(
    arcs: Arcs,
    zone: int,
    limit: Seconds,
    scale: Seconds,
    label: IntArray,
    bucket_of: ShortIntArray,
    entries: Records,
    used: int,
    first_bucket: int,
) -> tuple[int, int]:
    """Empty the buckets; returns how many entries there are, and the bucket to go on from with more room for them."""
    for bucket in range(first_bucket, N_BUCKETS + 1):
        while bucket_of[bucket] >= 0:
            entry = bucket_of[bucket]
            vertex = entries[entry].vertex
            first, links = arcs.span[2 * vertex], arcs.span[2 * vertex + 1]
            last = links if zone == 0 else arcs.span[2 * vertex + 2]
            if used + last - first >= entries.size:
                return used, bucket
            bucket_of[bucket] = entries[entry].following
            here = label[vertex]
            if here != entries[entry].label:
                continue
            time, owner = _time(here), _owner(here)
            for i in range(first, last):
                if i < links or zone == EVERYWHERE or arcs.zone[i] == zone:
                    used = _offer(
                        arcs.arc[i].head, time + arcs.arc[i].cost, owner, limit, scale, label, bucket_of, entries, used
                    )
    return used, N_BUCKETS + 1


@njit(cache=True, nogil=True)
def _undo(label: IntArray, entries: Records, used: int) -> None:
    """Take away every label that the entries gave."""
    for entry in range(used):
        label[entries[entry].vertex] = UNLABELLED


@njit(cache=True, nogil=True)
def nearest_places(
    arcs: Arcs,
    sources: Records,
    group_start: IntArray,
    groups: IntArray,
    readings: Records,
    zones: IntArray,
    zone_start: IntArray,
    edge_start: IntArray,
    entries_on: Records,
    zone_of: IntArray,
    limit_s: float,
    best: IntArray,
) -> None:
    """The label of the nearest source of some groups for each target.

    Group g has the sources `group_start[g]` to `group_start[g + 1]`. A target's entry is read at the ends `u`, `v` of
    its edge, `to_u`, `to_v` seconds away, inf where that can't be walked: readings `zone_start[i]` to
    `zone_start[i + 1]` are those of people of `zones[i]`. Edge e has the entries `edge_start[e]` to `edge_start[e + 1]`
    of `entries_on`, for walks that never leave it, by people of `zone_of` their owner. Row g of `best`, one column an
    owner, receives the result; it is given as `UNLABELLED`, and stays so where no source is within the limit.

    One search a group over open arcs serves everybody (over all arcs, if `zones` is EVERYWHERE). Sources come in the
    order of their vertices and start in blocks of neighbours, one block after the other over the same labels: what two
    blocks reach is labelled twice, but all that a block touches stays in cache, which at 10^6 vertices is five times
    faster.

    For people of a zone the result is then repaired: the zone's links offer what is known on one side to the other, and
    the search runs on, over open arcs and these links, where that improves a label. That is exact: a best walk over
    links of the zone meets the first of them where the public label is already right.
    """
    limit = np.float32(limit_s)
    scale = np.float32(N_BUCKETS) / limit
    label, bucket_of, entries = _scratch(arcs.span.size // 2)
    known = np.empty_like(label)
    public = EVERYWHERE if zones.size and zones[0] == EVERYWHERE else 0
    for group in groups:
        first, last, nearest = group_start[group], group_start[group + 1], best[group]
        begun = first
        while begun < last:
            block = arcs.edges[sources[begun].edge].u // BLOCK
            used = 0
            while begun < last and arcs.edges[sources[begun].edge].u // BLOCK == block:
                source = sources[begun]
                entries = _with_room(entries, used + 3)
                used = _start(arcs, source, source.owner, public, limit, scale, label, bucket_of, entries, used)
                begun += 1
            entries, used = _settle(arcs, public, limit, scale, label, bucket_of, entries, used)
        known[:] = label
        for i in range(zones.size):
            zone, used = zones[i], 0
            if 0 < zone < arcs.link_start.size - 1:
                first_link, last_link = arcs.link_start[zone], arcs.link_start[zone + 1]
                entries = _with_room(entries, last_link - first_link + 1)
                for j in range(first_link, last_link):
                    tail, arc = label[arcs.link_tail[j]], arcs.arc[arcs.link_arc[j]]
                    time = _time(tail) + arc.cost
                    used = _offer(arc.head, time, _owner(tail), limit, scale, label, bucket_of, entries, used)
                if used > 0:
                    entries, used = _settle(arcs, zone, limit, scale, label, bucket_of, entries, used)
            for j in range(zone_start[i], zone_start[i + 1]):
                reading = readings[j]
                at_u, at_v = label[reading.u], label[reading.v]
                by_u = _label(_time(at_u) + reading.to_u, _owner(at_u))
                by_v = _label(_time(at_v) + reading.to_v, _owner(at_v))
                _keep_nearer(nearest, reading.owner, min(by_u, by_v), limit)
            for entry in range(used):
                label[entries[entry].vertex] = known[entries[entry].vertex]
        for source in sources[first:last]:
            for i in range(edge_start[source.edge], edge_start[source.edge + 1]):
                target = entries_on[i]
                from_u, from_v = _times_of(arcs.edges[source.edge], zone_of[target.owner])
                straight = _along(source.fraction, target.fraction, from_u, from_v)
                _keep_nearer(nearest, target.owner, _label(source.leg + straight + target.leg, source.owner), limit)
        label[:] = UNLABELLED


@njit(cache=True, nogil=True)
def _keep_nearer(nearest: IntArray, place: int, label: int, limit: Seconds) -> None:
    if label < nearest[place] and _time(label) <= limit:
        nearest[place] = label


@njit(cache=True, nogil=True)
def in_ticks(best: IntArray, cutoff_s: float, first: int, last: int, time_s: FloatArray, owner: IntArray) -> None:
    """Turn (groups, places) labels into rows `first` to `last` of (places, groups) times, in whole ticks, and owners.

    Beyond the cutoff they are inf and -1.
    """
    for low in range(first, last, 64):
        for group in range(best.shape[0]):
            for place in range(low, min(low + 64, last)):
                time = _rounded(_time(best[group, place]))
                inside = time <= cutoff_s + TICK_S / 2
                time_s[place, group] = time if inside else np.inf
                owner[place, group] = _owner(best[group, place]) if inside else -1


@njit(cache=True, nogil=True)
def _rounded(time: Seconds) -> Any:
    return np.rint(np.float64(time) / TICK_S) * TICK_S


@njit(cache=True, nogil=True)
def _mark(words: IntArray, index: IntArray, number: int) -> None:
    """Put a number into a set of numbers: a bit for each in `words`, and one for each word in `index`."""
    word = number >> 6
    words[word] |= np.int64(1) << (number & 63)
    index[word >> 6] |= np.int64(1) << (word & 63)


@njit(cache=True, nogil=True)
def _empty_set(n: int) -> tuple[IntArray, IntArray]:
    """A set of numbers below n, for `_mark`."""
    return np.zeros(n // 64 + 1, np.int64), np.zeros(n // 4096 + 1, np.int64)


@njit(cache=True, nogil=True)
def _taken(words: IntArray, index: IntArray, among: IntArray, out: ShortIntArray) -> int:
    """Take all numbers out of a set, in ascending order; returns how many were in it.

    Those that aren't also in the words of another set are told as their complement. That set is emptied too.
    """
    size = 0
    for block in range(index.size):
        while index[block]:
            word = (block << 6) + _trailing_zeros(index[block])
            index[block] &= index[block] - 1
            bits, others = words[word], among[word]
            words[word] = among[word] = 0
            while bits:
                bit = _trailing_zeros(bits)
                out[size] = ((word << 6) + bit) ^ (((others >> bit) & 1) - 1)
                size += 1
                bits &= bits - 1
    return size


@njit(cache=True, nogil=True)
def _find(
    arcs: Arcs,
    sources: Records,
    zone: int,
    limit: Seconds,
    targets: Targets,
    label: IntArray,
    bucket_of: ShortIntArray,
    entries: Records,
    best: ShortFloatArray,
    words: IntArray,
    index: IntArray,
) -> Records:
    """Search from one place and put each target within reach into a set and its seconds into `best`."""
    scale = np.float32(N_BUCKETS) / limit
    entries = _with_room(entries, 2 * sources.size + 1)
    used = 0
    for j in range(sources.size):
        source = sources[j]
        used = _start(arcs, source, 0, zone, limit, scale, label, bucket_of, entries, used)
        from_u, from_v = _times_of(arcs.edges[source.edge], zone)
        for i in range(targets.edge_start[source.edge], targets.edge_start[source.edge + 1]):
            target = targets.entries[i]
            straight = _along(source.fraction, target.fraction, from_u, from_v)
            _note(best, words, index, target.owner, source.leg + straight + target.leg, limit)
    entries, used = _settle(arcs, zone, limit, scale, label, bucket_of, entries, used)
    for entry in range(used):
        vertex = entries[entry].vertex
        if entries[entry].label == label[vertex]:
            for i in range(targets.hook_start[vertex], targets.hook_start[vertex + 1]):
                hook = targets.hooks[i]
                _note(best, words, index, hook.owner, _time(label[vertex]) + hook.cost, limit)
    _undo(label, entries, used)
    return entries


@njit(cache=True, nogil=True)
def _note(best: ShortFloatArray, words: IntArray, index: IntArray, place: int, time_s: Seconds, limit: Seconds) -> None:
    time = np.float32(time_s)
    if time <= limit and time < best[place]:
        best[place] = time
        _mark(words, index, place)


@njit(cache=True, nogil=True)
def times_between(
    arcs: Arcs,
    sources: Records,
    source_start: IntArray,
    source_zone: IntArray,
    first: int,
    last: int,
    targets: Targets,
    cutoff_s: float,
    count: IntArray,
    out_target: ShortIntArray,
    out_time: FloatArray,
) -> int:
    """Times from places `first` to `last` to every target within the cutoff, as the parts of a CSR matrix.

    Place i has the sources `source_start[i]` to `source_start[i + 1]` and walks as people of `source_zone[i]`. Columns
    of a row come in ascending order, and `count[i]` receives how many there are. Stops where the next place might not
    fit, which is returned; each fits alone into `targets.size` entries.
    """
    label, bucket_of, entries = _scratch(arcs.span.size // 2)
    best = np.full(targets.size, _NEVER, np.float32)
    words, index = _empty_set(targets.size)
    found = np.empty(targets.size, np.int32)
    limit = np.float32(cutoff_s + TICK_S)
    used = 0
    for place in range(first, last):
        if used + targets.size > out_target.size:
            return place
        here = sources[source_start[place] : source_start[place + 1]]
        entries = _find(arcs, here, source_zone[place], limit, targets, label, bucket_of, entries, best, words, index)
        before = used
        for target in found[: _taken(words, index, words, found)]:
            time = _rounded(best[target])
            best[target] = _NEVER
            if time <= cutoff_s + TICK_S / 2:
                out_target[used] = target
                out_time[used] = time
                used += 1
        count[place] = used - before
    return last


@njit(cache=True, nogil=True)
def counts_within(
    arcs: Arcs,
    sources: Records,
    source_start: IntArray,
    source_zone: IntArray,
    first: int,
    last: int,
    targets: Targets,
    cutoffs_s: FloatArray,
    group_start: IntArray,
    groups: IntArray,
    count: IntArray,
) -> None:
    """Count for places `first` to `last` the targets of each group within the place's own cutoff, into rows of `count`.

    Target t belongs to the groups `groups[group_start[t]]` to `groups[group_start[t + 1]]`.
    """
    label, bucket_of, entries = _scratch(arcs.span.size // 2)
    best = np.full(targets.size, _NEVER, np.float32)
    words, index = _empty_set(targets.size)
    found = np.empty(targets.size, np.int32)
    for place in range(first, last):
        here = sources[source_start[place] : source_start[place + 1]]
        limit = np.float32(cutoffs_s[place] + TICK_S)
        entries = _find(
            arcs, here, source_zone[place], limit, targets, label, bucket_of, entries, best, words, index
        )  # fmt: skip
        for target in found[: _taken(words, index, words, found)]:
            inside = _rounded(best[target]) <= cutoffs_s[place] + TICK_S / 2
            best[target] = _NEVER
            if inside:
                for i in range(group_start[target], group_start[target + 1]):
                    count[place, groups[i]] += 1


@njit(cache=True, nogil=True)
def reached_nodes(
    arcs: Arcs,
    sources: Records,
    source_start: IntArray,
    source_zone: IntArray,
    node_of: ShortIntArray,
    first: int,
    last: int,
    cutoff_s: float,
    count: IntArray,
    node: ShortIntArray,
    time_s: ShortFloatArray,
) -> int:
    """Nodes that places `first` to `last` reach within the cutoff, and when; `count[i]` receives how many.

    `node_of` names the vertices. Stops where the next place might not fit, which is returned; each fits alone into as
    many rows as there are vertices.
    """
    label, bucket_of, entries = _scratch(node_of.size)
    limit = np.float32(cutoff_s + TICK_S / 2)
    scale = np.float32(N_BUCKETS) / limit
    done = 0
    for place in range(first, last):
        if done + node_of.size > node.size:
            return place
        previously, used = done, 0
        entries = _with_room(entries, 2 * (source_start[place + 1] - source_start[place]) + 1)
        for j in range(source_start[place], source_start[place + 1]):
            used = _start(arcs, sources[j], 0, source_zone[place], limit, scale, label, bucket_of, entries, used)
        entries, used = _settle(arcs, source_zone[place], limit, scale, label, bucket_of, entries, used)
        for entry in range(used):
            vertex, reached = entries[entry].vertex, entries[entry].label
            if reached == label[vertex]:  # else it improved since, and a later entry has it
                node[done], time_s[done] = node_of[vertex], _time(reached)
                done += 1
                label[vertex] = UNLABELLED
        count[place] = done - previously
    return last


@njit(cache=True, nogil=True)
def put_rows(found: npt.NDArray[Any], size: IntArray, start: IntArray, out: npt.NDArray[Any]) -> None:
    """Copy rows that lie one after the other, row i of `size[i]` entries, each to where it starts in `out`."""
    at = 0
    for i in range(size.size):
        out[start[i] : start[i] + size[i]] = found[at : at + size[i]]
        at += size[i]


@njit(cache=True, nogil=True)
def reached_parts(
    arcs: Arcs,
    sources: Records,
    source_start: IntArray,
    source_zone: IntArray,
    first: int,
    last: int,
    cutoff_s: float,
    count: IntArray,
    out_edge: ShortIntArray,
    low: ShortFloatArray,
    high: ShortFloatArray,
) -> int:
    """Parts of edges that places `first` to `last` reach within the cutoff: edge, and from which fraction to which.

    The parts of one edge don't overlap or touch; a place's come by edge, then from low to high, and `count[i]` receives
    how many there are. Stops where the next place might not fit, which is returned; each fits alone into twice as many
    parts as there are edges and sources.
    """
    label, bucket_of, entries = _scratch(arcs.span.size // 2)
    words, index = _empty_set(arcs.edges.size)
    whole = np.zeros_like(words)
    touched = np.empty(arcs.edges.size, np.int32)
    latest = np.full(arcs.edges.size, -1, np.int32)
    earlier = np.empty(sources.size, np.int32)
    limit = np.float32(cutoff_s)
    scale = np.float32(N_BUCKETS) / limit
    done = 0
    for place in range(first, last):
        zone, start, end = source_zone[place], source_start[place], source_start[place + 1]
        if done + 2 * (arcs.edges.size + end - start) > out_edge.size:
            return place
        previously = done
        entries = _with_room(entries, 2 * (end - start) + 1)
        used = 0
        for j in range(start, end):
            number = sources[j].edge
            _mark(words, index, number)
            earlier[j] = latest[number]
            latest[number] = j
            used = _start(arcs, sources[j], 0, zone, limit, scale, label, bucket_of, entries, used)
        entries, used = _settle(arcs, zone, limit, scale, label, bucket_of, entries, used)
        for entry in range(used):
            vertex = entries[entry].vertex
            if entries[entry].label == label[vertex]:
                left, links = limit - _time(label[vertex]), arcs.span[2 * vertex + 1]
                for i in range(arcs.span[2 * vertex], links if zone == 0 else arcs.span[2 * vertex + 2]):
                    if i < links or arcs.zone[i] == zone:
                        number = arcs.edge[i]
                        _mark(words, index, number)
                        whole[number >> 6] |= np.int64(arcs.arc[i].cost <= left) << (number & 63)
        n_touched = _taken(words, index, whole, touched)
        for told in touched[:n_touched]:
            if told >= 0:
                out_edge[done], low[done], high[done] = told, 0.0, 1.0
                done += 1
                continue
            number = ~told
            edge = arcs.edges[number]
            from_u, from_v = _times_of(edge, zone)
            left_u, left_v = limit - _time(label[edge.u]), limit - _time(label[edge.v])
            before = done
            done = _with_part(low, high, before, done, 0.0, _part(left_u, from_u))
            done = _with_part(low, high, before, done, 1.0 - _part(left_v, from_v), 1.0)
            j = latest[number]
            while j >= 0:
                at, left = sources[j].fraction, cutoff_s - sources[j].leg
                back, on = max(0.0, at - _part(left, from_v)), min(1.0, at + _part(left, from_u))
                done = _with_part(low, high, before, done, back, on)
                j = earlier[j]
            out_edge[before:done] = number
        for j in range(start, end):
            latest[sources[j].edge] = -1
        _undo(label, entries, used)
        count[place] = done - previously
    return last


@njit(cache=True, nogil=True)
def _part(left: Seconds, whole: Seconds) -> Any:
    """Which part of an edge can be walked in the time left."""
    if left < 0.0 or whole == np.inf:
        return 0.0
    return 1.0 if whole <= left else np.float64(left) / whole


@njit(cache=True, nogil=True)
def _with_part(low: ShortFloatArray, high: ShortFloatArray, first: int, used: int, start: float, end: float) -> int:
    """Add a part to the sorted, disjoint parts `first` to `used`, merging what it meets; returns how many there are."""
    if end <= start:
        return used
    i = first
    while i < used and high[i] < start:
        i += 1
    j = i
    while j < used and low[j] <= end:
        start, end = min(start, low[j]), max(end, high[j])
        j += 1
    if j == i:
        for k in range(used, i, -1):
            low[k], high[k] = low[k - 1], high[k - 1]
    else:
        for k in range(j, used):
            low[i + 1 + k - j], high[i + 1 + k - j] = low[k], high[k]
    low[i], high[i] = start, end
    return used + 1 - (j - i)


@njit(cache=True, nogil=True)
def first_links(  # noqa: PLR0912 - one home after the other, read from top to bottom
    backwards: Arcs,
    onwards: Arcs,
    sources: Records,
    homes: Records,
    home_start: IntArray,
    home_zone: IntArray,
    limit_s: float,
) -> IntArray:
    """The first link of another zone that each home meets on its way to the nearest source, if everything were open.

    -1 where there is none, or no way. Of equally short ways the one is told whose next arc comes first in `onwards`.
    """
    n = backwards.span.size // 2
    limit = np.float32(limit_s)
    scale = np.float32(N_BUCKETS) / limit
    label, bucket_of, entries = _scratch(n)
    entries = _with_room(entries, 2 * sources.size + 1)
    used = 0
    for j in range(sources.size):
        used = _start(
            backwards, sources[j], sources[j].owner, EVERYWHERE, limit, scale, label, bucket_of, entries, used
        )  # fmt: skip
    begun = label.copy()
    entries, used = _settle(backwards, EVERYWHERE, limit, scale, label, bucket_of, entries, used)
    seen = np.full(n, -1, np.int32)
    on_way, arc_taken = np.empty(n, np.int32), np.empty(n, np.int64)
    out = np.full(home_zone.size, -1, np.int64)
    for home in range(home_zone.size):
        best, vertex = UNLABELLED, -1
        for i in range(home_start[home], home_start[home + 1]):
            place = homes[i]
            edge = backwards.edges[place.edge]
            for end, part, whole in (
                (edge.u, place.fraction, edge.from_u),
                (edge.v, 1.0 - place.fraction, edge.from_v),
            ):
                time = np.float32(_time(label[end]) + _walked(part, whole) + place.leg)
                way = _label(time, _owner(label[end]))
                if time <= limit and way < best:
                    best, vertex = way, end
            for j in range(sources.size):
                if sources[j].edge == place.edge:
                    straight = _along(sources[j].fraction, place.fraction, edge.from_u, edge.from_v)
                    time = np.float32(sources[j].leg + straight + place.leg)
                    way = _label(time, sources[j].owner)
                    if time <= limit and way <= best:
                        best, vertex = way, -1
        if vertex < 0:
            continue
        # Depth first over the arcs along which labels agree: where arcs cost nothing some of them lead in circles.
        depth = 0
        on_way[0], arc_taken[0], seen[vertex] = vertex, onwards.span[2 * vertex], home
        while depth >= 0:
            vertex = on_way[depth]
            if begun[vertex] == label[vertex]:
                break
            i = arc_taken[depth]
            if i == onwards.span[2 * vertex + 2]:
                depth -= 1
                continue
            arc_taken[depth] = i + 1
            arc = onwards.arc[i]
            onward = label[arc.head]
            if seen[arc.head] != home and _label(_time(onward) + arc.cost, _owner(onward)) == label[vertex]:
                depth += 1
                on_way[depth], arc_taken[depth], seen[arc.head] = arc.head, onwards.span[2 * arc.head], home
        for step in range(depth):
            zone = onwards.zone[arc_taken[step] - 1]
            if zone != 0 and zone != home_zone[home]:
                out[home] = onwards.edge[arc_taken[step] - 1]
                break
    return out
