"""Where people wait to cross a road: once for somebody who walks across, not at all for somebody who walks along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from circle15.network.streets import Parts
from circle15.units import BoolArray, FloatArray, IntArray

CROSSING_KINDS = ("plain", "signals")
"""The columns of `WalkNetwork.edge_crossings`."""


def crossing_kind(tags: Mapping[str, str]) -> str | None:
    """Whether a node is a crossing with "signals", a "plain" one, or none.

    >>> crossing_kind({"highway": "crossing", "crossing": "zebra"})
    'plain'
    >>> crossing_kind({"highway": "crossing", "crossing": "traffic_signals"}), crossing_kind({"barrier": "gate"})
    ('signals', None)
    """
    if tags.get("highway") == "traffic_signals":
        return "signals"
    if tags.get("highway") != "crossing" or tags.get("crossing") == "no":
        return None
    signals = tags.get("crossing") == "traffic_signals" or tags.get("crossing:signals", "no") != "no"
    return "signals" if signals else "plain"


def crossings_on_edges(
    parts: Parts, edge_class: Iterable[object], node_ids: IntArray, tags: Mapping[int, Mapping[str, str]]
) -> FloatArray:
    """How many crossings each edge is charged with.

    A path that meets a road at a crossing's node is charged with half a crossing, so that whoever goes from path to
    path across the road pays once, and whoever stays on the road nothing. The same where just two paths meet there: a
    path cut in two. A crossing in the middle of a path counts whole on it. Roads and steps are charged with nothing.

    Parameters
    ----------
    parts : m edges between vertices.
    edge_class : (m,) "road", "path" or "steps".
    node_ids : the flat way-node array that `parts.positions` points into.
    tags : of nodes, by id.

    Returns
    -------
    (m, 2) crossings without and with signals, in halves.
    """
    m = len(parts.edge_u)
    counts = np.zeros((m, len(CROSSING_KINDS)))
    kinds = {node: kind for node, told in tags.items() if (kind := crossing_kind(told)) is not None}
    if not kinds:
        return counts
    column_of = np.array([CROSSING_KINDS.index(kinds[node]) for node in sorted(kinds)], dtype=np.int64)
    crossing = np.array(sorted(kinds), dtype=np.int64)

    def columns(nodes: IntArray) -> tuple[BoolArray, IntArray]:
        """Which of the nodes are crossings, and the column of each that is."""
        at = np.searchsorted(crossing, nodes).clip(max=len(crossing) - 1)
        found = crossing[at] == nodes
        return found, column_of[at[found]]

    is_path, is_road = (np.asarray(edge_class) == sort for sort in ("path", "road"))
    ends = np.concatenate([parts.edge_u, parts.edge_v])
    n = len(parts.vertex_node)
    across = np.bincount(ends, minlength=n) == 2
    across[ends[np.tile(is_road, 2)]] = True
    path_ends = np.flatnonzero(np.tile(is_path, 2) & across[ends])
    found, column = columns(parts.vertex_node[ends[path_ends]])
    np.add.at(counts, (path_ends[found] % m, column), 0.5)

    inner = np.ones(len(parts.positions), dtype=bool)
    inner[parts.positions_start[:-1]] = inner[parts.positions_start[1:] - 1] = False
    edge = np.repeat(np.arange(m), np.diff(parts.positions_start))
    inner &= is_path[edge]
    found, column = columns(node_ids[parts.positions[inner]])
    np.add.at(counts, (edge[inner][found], column), 1.0)
    return counts
