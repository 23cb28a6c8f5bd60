"""Private ground becomes islands that are joined to the public streets by gates only.

Everything that stops strangers is one thing here: a *gate*, an edge of no length that only the people of its zone pass.
A zone is a compound, or a private piece: private ways outside compounds that hang together. So private streets are
streets like any other, on an island of their own, and whoever is inside walks there; opening a gate is making its edge
public. Rules: docs/walking.md, 'Compounds, residents and strangers'.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from circle15.units import BoolArray, FloatArray, IntArray

PUBLIC, PRIVATE, CUSTOMERS = 0, -1, -2
"""What an edge's `ground` may say besides a compound's number: everybody's, or a private piece still to be found."""


class Enclosed(NamedTuple):
    """Streets and gates.

    edge_u, edge_v : (m + g,) vertices of the m streets, then of the g gates (from the outer side to the inner).
    edge_home : (m + g,) the zone that an edge lies in, 0 outside all.
    gate_zone : (g,) the zone whose people pass each gate.
    vertex_from : (n',) the vertex that each vertex was made from.
    fenced : (zones + 1,) whether a shut gate is among a zone's gates.
    piece_edge : (p,) the first edge of each private piece; their zones follow those of the compounds.
    piece_for_customers : (p,) whether the piece is the grounds of the sites on it.
    """

    edge_u: IntArray
    edge_v: IntArray
    edge_home: IntArray
    gate_zone: IntArray
    vertex_from: IntArray
    fenced: BoolArray
    piece_edge: IntArray
    piece_for_customers: BoolArray


def enclose(
    edge_u: IntArray, edge_v: IntArray, length_m: FloatArray, ground: IntArray, shut: BoolArray, *, n_compounds: int
) -> Enclosed:
    """Part private ground from public streets by gates.

    Parameters
    ----------
    edge_u, edge_v, length_m : (m,) streets between n vertices.
    ground : (m,) PUBLIC, a compound's number from 1 on, or PRIVATE or CUSTOMERS for private ways of no compound.
    shut : (n,) vertices at which a closed gate stands on a street.
    n_compounds : zones 1 to n_compounds are compounds.

    Notes
    -----
    Private ways that lead to one compound (they share a vertex that no public street passes) are that compound's;
    those that lead to several compounds are public. Where edges of several zones meet, each zone gets a vertex of its
    own, joined by a gate to the public one. At a shut vertex each public street end gets its own. Public streets that a
    shut gate cuts off from the longest public piece become the zone of that gate: who lives there may pass it. A shut
    gate with the same public piece on both sides is nobody's.
    """
    m, n = len(edge_u), len(shut)
    ground = _with_driveways(edge_u, edge_v, ground, n)
    home, piece_edge, for_customers = _private_pieces(edge_u, edge_v, ground, n, first_zone=n_compounds + 1)
    end_vertex, end_home = np.concatenate([edge_u, edge_v]), np.concatenate([home, home])
    public_ends = np.bincount(end_vertex[end_home == PUBLIC], minlength=n)
    cutting = shut & (public_ends > 1)
    # One key a vertex and zone; at a cutting gate one for each public end.
    alone = cutting[end_vertex] & (end_home == PUBLIC)
    number = np.where(alone, 1 + np.arange(2 * m), 0)
    key = np.column_stack([end_vertex, end_home, number])
    sides, side = np.unique(key, axis=0, return_inverse=True)
    at, zone = sides[:, 0], sides[:, 1]
    several = np.bincount(at, minlength=n)[at] > 1
    # Single sides and public sides stand where the vertex stood; where no public side does, an outer vertex is added.
    outer = ~several | ((zone == PUBLIC) & ~cutting[at])
    bare = np.setdiff1d(at[several], at[outer])
    vertex_from = np.concatenate([at, bare])
    outer_of = np.full(n, -1)
    outer_of[at[outer]] = np.flatnonzero(outer)
    outer_of[bare] = len(at) + np.arange(len(bare))
    inner = np.flatnonzero(~outer)
    gate_u, gate_v, gate_zone = outer_of[at[inner]], inner, zone[inner].copy()
    u, v = side.ravel()[:m], side.ravel()[m:]
    first = n_compounds + 1 + len(piece_edge)
    enclosed, behind = _cut_off(
        u, v, home, length_m, gate_u=gate_u, gate_v=gate_v, gate_zone=gate_zone, n=len(vertex_from), first_zone=first
    )
    home = np.where(enclosed > 0, enclosed, home)
    gate_zone = np.where(gate_zone == PUBLIC, behind, gate_zone)
    added = np.arange(first, max(gate_zone.max(initial=0), first - 1) + 1)
    fenced = np.zeros(int(gate_zone.max(initial=first - 1)) + 1, dtype=bool)
    fenced[gate_zone[shut[vertex_from[gate_u]]]] = True
    lead = [np.flatnonzero(np.append(home, gate_zone) == one)[0] for one in added]
    return Enclosed(
        edge_u=np.concatenate([u, gate_u]).astype(np.int64),
        edge_v=np.concatenate([v, gate_v]).astype(np.int64),
        edge_home=np.concatenate([home, gate_zone]).astype(np.int64),
        gate_zone=gate_zone.astype(np.int64),
        vertex_from=vertex_from.astype(np.int64),
        fenced=fenced,
        piece_edge=np.concatenate([piece_edge, lead]).astype(np.int64),
        piece_for_customers=np.concatenate([for_customers, np.zeros(len(lead), dtype=bool)]),
    )


def _with_driveways(edge_u: IntArray, edge_v: IntArray, ground: IntArray, n: int) -> IntArray:
    """The ground with private ways that lead to one compound as that compound's own, and to several as public.

    A private piece leads to the compounds with which it shares a vertex that no public street passes.
    """
    passed = np.zeros(n, dtype=bool)
    public = ground == PUBLIC
    passed[edge_u[public]] = passed[edge_v[public]] = True
    own = np.flatnonzero(ground == PRIVATE)
    piece = _joined(len(own), [edge_u[own], edge_v[own]], usable=~passed)
    inside = np.flatnonzero(ground > 0)
    at = np.concatenate([edge_u[inside], edge_v[inside]])
    met = np.unique(np.column_stack([at, np.tile(ground[inside], 2)]), axis=0)
    touching = np.column_stack([np.concatenate([edge_u[own], edge_v[own]]), np.tile(piece, 2)])
    touching = np.unique(touching[~passed[touching[:, 0]]], axis=0)
    pairs = pd.DataFrame(touching, columns=["at", "piece"]).merge(
        pd.DataFrame(met, columns=["at", "compound"]), on="at"
    )
    leads_to = pairs.groupby("piece")["compound"].agg(["min", "max"])
    becomes = np.full(int(piece.max(initial=-1)) + 1, PRIVATE)
    becomes[leads_to.index] = np.where(leads_to["min"] == leads_to["max"], leads_to["min"], PUBLIC)
    out = ground.copy()
    out[own] = becomes[piece]
    return out


def _private_pieces(
    edge_u: IntArray, edge_v: IntArray, ground: IntArray, n: int, *, first_zone: int
) -> tuple[IntArray, IntArray, BoolArray]:
    """Number private ways of no compound by the piece that they hang together in.

    Private ways that meet only where a public street passes are pieces apart.
    """
    home = ground.copy()
    passed = np.zeros(n, dtype=bool)
    public = ground == PUBLIC
    passed[edge_u[public]] = passed[edge_v[public]] = True
    leads, customers = [], []
    for sort in (PRIVATE, CUSTOMERS):
        own = np.flatnonzero(ground == sort)
        piece = _joined(len(own), [edge_u[own], edge_v[own]], usable=~passed)
        _, lead, number = np.unique(piece, return_index=True, return_inverse=True)
        home[own] = first_zone + number
        first_zone += len(lead)
        leads.append(own[lead])
        customers.append(np.full(len(lead), sort == CUSTOMERS))
    return home, np.concatenate(leads), np.concatenate(customers)


def _cut_off(
    u: IntArray,
    v: IntArray,
    home: IntArray,
    length_m: FloatArray,
    *,
    gate_u: IntArray,
    gate_v: IntArray,
    gate_zone: IntArray,
    n: int,
    first_zone: int,
) -> tuple[IntArray, IntArray]:
    """The zone of public edges behind shut gates (0 for others), and of each shut gate."""
    shut = np.flatnonzero(gate_zone == PUBLIC)
    public = np.flatnonzero(home == PUBLIC)
    enclosed, behind = np.zeros(len(u), dtype=np.int64), np.zeros(len(gate_zone), dtype=np.int64)
    if not len(shut):
        return enclosed, behind
    piece = _joined(len(public), [u[public], v[public]], usable=np.ones(n, dtype=bool))
    main = piece == np.argmax(np.bincount(piece, weights=length_m[public]))
    # Streets off the main piece and shut gates hang together, wherever the main piece doesn't pass.
    usable = np.ones(n, dtype=bool)
    usable[u[public[main]]] = usable[v[public[main]]] = False
    off = public[~main]
    cluster = _joined(
        len(off) + len(shut), [np.concatenate([u[off], gate_u[shut]]), np.concatenate([v[off], gate_v[shut]])], usable
    )
    gated = np.unique(cluster[len(off) :])
    zone = np.zeros(cluster.max() + 1, dtype=np.int64)
    zone[gated] = first_zone + np.arange(len(gated))
    enclosed[off], behind[shut] = zone[cluster[: len(off)]], zone[cluster[len(off) :]]
    return enclosed, behind


def _joined(n_edges: int, ends: list[IntArray], usable: BoolArray) -> IntArray:
    """(n_edges,) which edges hang together through usable vertices, numbered in the order of their first edge."""
    edge = np.tile(np.arange(n_edges), len(ends))
    vertex = np.concatenate(ends)
    keep = usable[vertex]
    size = n_edges + len(usable)
    graph = sparse.coo_array(
        (np.ones(keep.sum(), dtype=bool), (edge[keep], n_edges + vertex[keep])), shape=(size, size)
    )
    _, label = csgraph.connected_components(graph, directed=False)
    _, first, number = np.unique(label[:n_edges], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[number], dtype=np.int64)
