"""The graph laid out for searches."""

from __future__ import annotations

import numpy as np

from circle15._kernels import ARC, EDGE, Arcs
from circle15.units import FloatArray, IntArray

__all__ = ["Arcs", "arcs_of", "morton_order"]


def arcs_of(
    edge_u: IntArray, edge_v: IntArray, time_s: FloatArray, *, edge_zone: IntArray, order: IntArray, backwards: bool
) -> Arcs:
    """The arcs of m edges between n vertices.

    Parameters
    ----------
    edge_u, edge_v : (m,) vertices.
    time_s : (m, 2) seconds from u to v and from v to u, inf where that isn't walked.
    edge_zone : (m,) 0, or the zone whose people alone pass the edge.
    order : (n,) the vertices in the order in which searches number them.
    backwards : whether the arcs are walked against their direction, for searches from where people go.
    """
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    edges = np.empty(len(edge_u), dtype=EDGE)
    edges["u"], edges["v"], edges["zone"] = rank[edge_u], rank[edge_v], edge_zone
    edges["from_u"], edges["from_v"] = time_s[:, ::-1].T if backwards else time_s.T
    number = np.arange(len(edges), dtype=np.int32)
    along, against = np.isfinite(edges["from_u"]), np.isfinite(edges["from_v"])
    tail = np.concatenate([edges["u"][along], edges["v"][against]])
    edge = np.concatenate([number[along], number[against]])
    arc = np.empty(len(tail), dtype=ARC)
    arc["head"] = np.concatenate([edges["v"][along], edges["u"][against]])
    arc["cost"] = np.concatenate([edges["from_u"][along], edges["from_v"][against]])
    zone = edges["zone"][edge]
    slot = 2 * tail.astype(np.int64) + (zone > 0)
    sequence = np.lexsort((edge, slot))
    tail, edge, arc, zone = tail[sequence], edge[sequence], arc[sequence], zone[sequence]
    link = np.flatnonzero(zone)
    link = link[np.lexsort((edge[link], zone[link]))]
    return Arcs(
        span=_starts(slot, 2 * len(order)).astype(np.int32),
        arc=arc,
        edge=edge,
        zone=zone,
        edges=edges,
        link_start=_starts(zone[link].astype(np.int64), int(edge_zone.max(initial=0)) + 1),
        link_tail=tail[link],
        link_arc=link.astype(np.int32),
    )


def morton_order(lonlat: FloatArray) -> IntArray:
    """Places in the order of a curve that fills the plane, so that neighbours lie near each other in memory.

    Parameters
    ----------
    lonlat : (n, 2) degrees.

    Returns
    -------
    (n,) row numbers by Morton code (G. M. Morton 1966): the bits of both coordinates in turn.
    """
    if not len(lonlat):
        return np.empty(0, dtype=np.int64)
    low = lonlat.min(axis=0)
    plane = (lonlat - low) * [np.cos(np.radians(low[1])), 1.0]
    code = np.zeros(len(plane), dtype=np.int64)
    for bits in (plane / max(float(plane.max()), 1e-12) * (2**20 - 1)).astype(np.int64).T:
        spread = bits
        for shift in (16, 8, 4, 2, 1):
            spread = (spread | (spread << shift)) & _EVERY[shift]
        code = (code << 1) | spread
    return np.argsort(code, kind="stable")


_EVERY = {
    16: 0x0000FFFF0000FFFF,
    8: 0x00FF00FF00FF00FF,
    4: 0x0F0F0F0F0F0F0F0F,
    2: 0x3333333333333333,
    1: 0x5555555555555555,
}
"""Masks that keep groups of so many bits, with as many zeros between them."""


def _starts(key: IntArray, n_keys: int) -> IntArray:
    """Where each key's rows start and end, once sorted by key."""
    return np.concatenate([[0], np.cumsum(np.bincount(key, minlength=n_keys))]).astype(np.int64)
