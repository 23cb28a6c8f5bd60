"""Private ground becomes islands that are joined to the public streets by gates only.

Everything that stops strangers is one thing here: a *gate*, an edge of no length that only the people of its zone pass.
A zone is a compound, or a private piece: private ways outside compounds, and what hangs together with them. So private
streets are streets like any other, on an island of their own, and whoever is inside walks there; opening a gate is
making its edge public. Rules: docs/walking.md, 'Compounds, residents and strangers'.

The graph is made once (`enclose`); who owns which part of it is read from it (`zones_of`) for compounds that are open,
or closed, by default.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from circle15.units import BoolArray, FloatArray, IntArray

PUBLIC, PRIVATE, CUSTOMERS = 0, -1, -2
"""What an edge's `ground` may say besides a compound: everybody's, or private ground of no compound."""


class Enclosed(NamedTuple):
    """Streets, and gates after them.

    edge_u, edge_v : (m + g,) vertices of the m streets, then of the g gates (from the outer side to the inner).
    ground : (m + g,) of a street as given; of a gate that of its inner side.
    is_gate, shut : (m + g,) gates, and those among them at a closed gate on the map.
    vertex_from : (n',) the vertex that each vertex was made from.
    """

    edge_u: IntArray
    edge_v: IntArray
    ground: IntArray
    is_gate: BoolArray
    shut: BoolArray
    vertex_from: IntArray


class Zones(NamedTuple):
    """Who owns what: zones 1 to c are compounds, private pieces come after them.

    edge_home : (m + g,) the zone that an edge lies in, 0 outside all.
    gate_zone : (m + g,) the zone whose people alone pass an edge: 0 for streets and for what is no gate after all.
    piece_edge : (p,) the first edge of each private piece.
    piece_for_customers : (p,) whether a piece's private ways are all for customers.
    fenced : (1 + c + p,) whether a shut gate is among a zone's gates.
    """

    edge_home: IntArray
    gate_zone: IntArray
    piece_edge: IntArray
    piece_for_customers: BoolArray
    fenced: BoolArray


def enclose(edge_u: IntArray, edge_v: IntArray, ground: IntArray, shut: BoolArray) -> Enclosed:
    """Put a gate wherever streets of different grounds meet, and where a closed gate stands on a street.

    Parameters
    ----------
    edge_u, edge_v : (m,) streets between n vertices.
    ground : (m,) PUBLIC; c from 1 to n for private ways of compound c of n; n + c for ways in it that follow its
        default; PRIVATE or CUSTOMERS for private ways of no compound.
    shut : (n,) vertices at which a closed gate stands.

    Notes
    -----
    Where streets of several grounds meet, each ground gets a vertex of its own, joined by a gate to the public one (to
    a bare one where no public street is). At a shut vertex each street end gets its own, but for a single public one.
    """
    m, n = len(edge_u), len(shut)
    end_vertex, end_ground = np.concatenate([edge_u, edge_v]), np.concatenate([ground, ground])
    cutting = shut & (np.bincount(end_vertex, minlength=n) > 1)
    lone = np.bincount(end_vertex[end_ground == PUBLIC], minlength=n) == 1
    # One key a vertex and ground; at a cutting gate one for each end.
    alone = cutting[end_vertex] & ~((end_ground == PUBLIC) & lone[end_vertex])
    code, grounds = pd.factorize(end_ground, sort=True)
    end = np.where(alone, np.cumsum(alone), 0)
    key = (end_vertex.astype(np.int64) * len(grounds) + code) * (alone.sum() + 1) + end
    _, first, side = np.unique(key, return_index=True, return_inverse=True)
    at, ground_at, by_itself = end_vertex[first], end_ground[first], alone[first]
    several = np.bincount(at, minlength=n)[at] > 1
    # Single sides and public sides stand where the vertex stood; where no public side does, a bare vertex is added.
    outer = ~several | ((ground_at == PUBLIC) & ~by_itself)
    bare = np.setdiff1d(at[several], at[outer])
    outer_of = np.full(n, -1)
    outer_of[at[outer]] = np.flatnonzero(outer)
    outer_of[bare] = len(at) + np.arange(len(bare))
    inner = np.flatnonzero(~outer)
    u, v = side[:m], side[m:]
    return Enclosed(
        edge_u=np.concatenate([u, outer_of[at[inner]]]).astype(np.int64),
        edge_v=np.concatenate([v, inner]).astype(np.int64),
        ground=np.concatenate([ground, ground_at[inner]]).astype(np.int64),
        is_gate=np.arange(m + len(inner)) >= m,
        shut=np.concatenate([np.zeros(m, dtype=bool), shut[at[inner]]]),
        vertex_from=np.concatenate([at, bare]).astype(np.int64),
    )


def zones_of(made: Enclosed, length_m: FloatArray, *, n_compounds: int, closed: bool) -> Zones:
    """Who owns which part, with compounds closed or open by default.

    Parameters
    ----------
    length_m : (m + g,) metres, 0 for gates.

    Notes
    -----
    The *main* streets are the longest public ones that hang together, of each part of the network that hangs together
    when all gates are open. A private piece is what hangs together off them: private ways of no compound, public
    streets behind those or behind shut gates, and their gates. A piece that leads to one compound, or lies in one, is
    that compound's; one that leads to several is public, gates and all. A shut gate with main streets on both sides is
    nobody's.
    """
    home = np.where(made.ground > n_compounds, made.ground - n_compounds if closed else PUBLIC, made.ground)
    stops = made.is_gate & ((home != PUBLIC) | made.shut)
    n = len(made.vertex_from)
    main = np.zeros(n, dtype=bool)
    public = np.flatnonzero((home == PUBLIC) & ~stops)
    if len(public):
        everywhere = np.ones(n, dtype=bool)
        part = _joined(made, np.arange(len(home)), usable=everywhere)[public]
        piece = _joined(made, public, usable=everywhere)
        total_m = np.bincount(piece, weights=length_m[public])[piece]
        # The first edge of the longest piece of each part names it.
        order = np.lexsort((np.arange(len(public)), -total_m, part))
        first = order[np.append(True, np.diff(part[order]) != 0)]
        longest = public[np.isin(piece, piece[first])]
        main[made.edge_u[longest]] = main[made.edge_v[longest]] = True
    apart = np.flatnonzero((home <= PUBLIC) & (stops | (home < PUBLIC) | ~(main[made.edge_u] & main[made.edge_v])))
    piece = _joined(made, apart, usable=~main)
    home[apart] = _owners(made, home, stops, apart, piece, main=main, n_compounds=n_compounds)
    gate_zone = np.where(stops, home, PUBLIC)
    n_pieces = max(int(home.max(initial=0)) - n_compounds, 0)
    lead = np.array([np.argmax(home == n_compounds + 1 + i) for i in range(n_pieces)], dtype=np.int64)
    private, fenced = np.zeros(1 + n_compounds + n_pieces, dtype=bool), np.zeros(1 + n_compounds + n_pieces, dtype=bool)
    customers = private.copy()
    private[home[made.ground == PRIVATE]] = customers[home[made.ground == CUSTOMERS]] = True
    fenced[gate_zone[made.shut]] = True
    fenced[PUBLIC] = False
    return Zones(home, gate_zone, lead, (customers & ~private)[1 + n_compounds :], fenced)


def _owners(
    made: Enclosed,
    home: IntArray,
    stops: BoolArray,
    apart: IntArray,
    piece: IntArray,
    *,
    main: BoolArray,
    n_compounds: int,
) -> IntArray:
    """The zone of each edge off the main streets, by the piece that it belongs to.

    Pieces without private ground or gates are just public streets that hang on nothing.
    """
    owned = np.unique(piece[(home[apart] < PUBLIC) | stops[apart]])
    zone = np.zeros(int(piece.max(initial=-1)) + 1, dtype=np.int64)
    ends = pd.DataFrame({"at": np.concatenate([made.edge_u[apart], made.edge_v[apart]]), "piece": np.tile(piece, 2)})
    ends = ends[~main[ends["at"]] & ends["piece"].isin(owned)].drop_duplicates()
    compound_gates = np.flatnonzero(stops & (home > PUBLIC))
    met = pd.DataFrame({"at": made.edge_u[compound_gates], "compound": home[compound_gates]}).drop_duplicates()
    inside = made.ground[apart] > n_compounds
    lies_in = pd.DataFrame({"piece": piece[inside], "compound": made.ground[apart][inside] - n_compounds})
    reached = pd.concat([ends.merge(met, on="at")[["piece", "compound"]], lies_in[lies_in["piece"].isin(owned)]])
    leads_to = reached.groupby("piece")["compound"].agg(["min", "max"])
    to_one = (leads_to["min"] == leads_to["max"]).to_numpy()
    zone[leads_to.index[to_one]] = leads_to["min"][to_one]
    own = np.setdiff1d(owned, leads_to.index)
    zone[own] = n_compounds + 1 + np.arange(len(own))
    return np.asarray(zone[piece], dtype=np.int64)


def _joined(made: Enclosed, edges: IntArray, usable: BoolArray) -> IntArray:
    """Which of some edges hang together through usable vertices, numbered in the order of their first edge."""
    edge = np.tile(np.arange(len(edges)), 2)
    vertex = np.concatenate([made.edge_u[edges], made.edge_v[edges]])
    keep = usable[vertex]
    size = len(edges) + len(usable)
    graph = sparse.coo_array(
        (np.ones(keep.sum(), dtype=bool), (edge[keep], len(edges) + vertex[keep])), shape=(size, size)
    )
    _, label = csgraph.connected_components(graph, directed=False)
    _, first, number = np.unique(label[: len(edges)], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[number], dtype=np.int64)
