"""How places hang on the network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from circle15.units import BoolArray, FloatArray, IntArray


class Snaps(NamedTuple):
    """Where places hang on the network: entry j is at `fraction[j]` of edge `edge[j]`, `leg_m[j]` from its place.

    Place i has the entries `indptr[i]` to `indptr[i + 1]`; none when it is off the network. `own[i]` is the zone whose
    gates its people may pass (see `WalkNetwork.edge_zone`), 0 where there is none.
    """

    indptr: IntArray
    edge: IntArray
    fraction: FloatArray
    leg_m: FloatArray
    own: IntArray

    @property
    def owner(self) -> IntArray:
        """The place of each entry."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    @property
    def on_network(self) -> BoolArray:
        """Whether each place has an entry."""
        return np.diff(self.indptr) > 0

    @property
    def snap_m(self) -> FloatArray:
        """Metres from each place to its nearest entry, inf where there is none."""
        out = np.full(len(self.indptr) - 1, np.inf)
        np.minimum.at(out, self.owner, self.leg_m)
        return out


class Entries(NamedTuple):
    """Entries of places in any order, before they are listed by place."""

    place: IntArray
    edge: IntArray
    fraction: FloatArray
    leg_m: FloatArray


def joined(parts: list[Entries]) -> Entries:
    """The entries of several lists in one."""
    return Entries(*(np.concatenate([part[i] for part in parts]) for i in range(4)))


def listed(parts: list[Entries], own: IntArray) -> Snaps:
    """Snaps of `len(own)` places, entries by place, edge and fraction; of equal ones the shortest leg is kept."""
    place, edge, fraction, leg_m = joined(parts)
    order = np.lexsort((leg_m, fraction, edge, place))
    place, edge, fraction, leg_m = place[order], edge[order], fraction[order], leg_m[order]
    first = np.ones(len(place), dtype=bool)
    first[1:] = (np.diff(place) != 0) | (np.diff(edge) != 0) | (np.diff(fraction) != 0)
    counts = np.bincount(place[first], minlength=len(own))
    return Snaps(
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        edge=edge[first].astype(np.int64),
        fraction=np.clip(np.nan_to_num(fraction[first]), 0.0, 1.0),
        leg_m=np.round(leg_m[first], 6),
        own=own,
    )
