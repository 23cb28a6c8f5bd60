"""The graph as searches read it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from circle15.units import BoolArray, FloatArray, IntArray


class Arcs(NamedTuple):
    """The graph as searches read it (see `_kernels`): arcs by tail vertex, and each edge's two ends and times."""

    indptr: IntArray
    head: IntArray
    cost: FloatArray
    edge: IntArray
    tail_is_u: BoolArray
    edge_u: IntArray
    edge_v: IntArray
    from_u: FloatArray
    from_v: FloatArray


def arcs_of(edge_u: IntArray, edge_v: IntArray, from_u: FloatArray, from_v: FloatArray, n: int) -> Arcs:
    """Arcs by tail vertex; `from_u`, `from_v` are seconds for whole edges, inf where they aren't walked."""
    edges = np.arange(len(edge_u))
    along, against = np.isfinite(from_u), np.isfinite(from_v)
    tail = np.concatenate([edge_u[along], edge_v[against]])
    order = np.argsort(tail, kind="stable")
    return Arcs(
        indptr=np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n))]).astype(np.int64),
        head=np.concatenate([edge_v[along], edge_u[against]])[order],
        cost=np.concatenate([from_u[along], from_v[against]])[order],
        edge=np.concatenate([edges[along], edges[against]])[order],
        tail_is_u=np.concatenate([np.ones(along.sum(), dtype=bool), np.zeros(against.sum(), dtype=bool)])[order],
        edge_u=edge_u,
        edge_v=edge_v,
        from_u=np.ascontiguousarray(from_u),
        from_v=np.ascontiguousarray(from_v),
    )
