"""What every engine is asked, written into a folder: arrays for everybody, and circle15's own objects for circle15.

Peers get the streets that a stranger may walk, the shortest of parallel ones. What starts in the middle of a street is
an extra node from which arcs lead to the ends of its street; what ends there is an extra node to which arcs lead. So
nobody walks through an extra node, no search grows by them, and every engine answers the same question.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from cases import Case

from circle15.network import Snaps, WalkNetwork

SAMPLE = 200  # residences whose reached corners are compared


def write_searches(folder: Path, case: Case, *, cutoff_m: float) -> None:
    """The task of searching from a case's residences, or to the nearest of each group of its sites.

    task.npz holds `n` corners; arcs `tail, head, metres`; arcs `home_tail` (numbered from n) to corner `home_head`;
    arcs from corner `site_tail` to `site_head` (numbered from n); `read_home, read_corner, read_m`, the way from each
    corner of a residence's street to the residence; and the sites of group g, `group_site[group_start[g]:...]`.
    """
    network, home, there, groups = case.network, case.home, case.there, case.groups
    assert network.profile.speed_m_s == 1.0, "metres are taken for seconds"
    n = len(network.node_id)
    tail, head, metres = _arcs(network)
    home_arcs = _ends(network, home, away=True)
    site_arcs = _ends(network, there, away=False)
    np.savez(
        folder / "task.npz",
        n=n, tail=tail, head=head, metres=metres, lonlat=network.node_lonlat, cutoff_m=cutoff_m,
        n_homes=len(home.indptr) - 1, home_tail=n + home_arcs[0], home_head=home_arcs[1], home_m=home_arcs[2],
        n_sites=len(there.indptr) - 1, site_tail=site_arcs[1], site_head=n + site_arcs[0], site_m=site_arcs[2],
        read_home=home_arcs[0], read_corner=home_arcs[1], read_m=home_arcs[2],
        group_start=np.concatenate([[0], np.cumsum([len(group) for group in groups])]),
        group_site=np.concatenate(groups),
    )  # fmt: skip
    _keep(folder, {"network": network, "home": home, "there": there, "groups": groups, "cutoff_s": cutoff_m})


def write_circles(
    folder: Path, network: WalkNetwork, residences: gpd.GeoDataFrame, osm_file: Path, *, cutoff_m: float
) -> None:
    """The task of drawing circles of residences (points): task.npz holds their `lonlat`."""
    lonlat = np.column_stack([residences.geometry.x, residences.geometry.y])
    np.savez(folder / "task.npz", lonlat=lonlat, cutoff_m=cutoff_m, osm_file=str(osm_file.resolve()))
    _keep(folder, {"network": network, "residences": residences, "cutoff_s": cutoff_m})


def write_reading(folder: Path, osm_file: Path) -> None:
    """The task of reading a file's walking network."""
    np.savez(folder / "task.npz", osm_file=str(osm_file.resolve()))


def _keep(folder: Path, objects: dict[str, Any]) -> None:
    with (folder / "circle15.pickle").open("wb") as file:
        pickle.dump(objects, file, protocol=pickle.HIGHEST_PROTOCOL)


def _arcs(network: WalkNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tail, head and metres of what a stranger may walk, the shortest of parallel arcs."""
    along, against = np.where((network.edge_zone == 0)[:, None], network.edge_time_s, np.inf).T
    tail, head = np.concatenate([network.edge_u, network.edge_v]), np.concatenate([network.edge_v, network.edge_u])
    metres = np.concatenate([along, against])
    order = np.lexsort((metres, head, tail))
    order = order[np.isfinite(metres[order])]
    tail, head, metres = tail[order], head[order], metres[order]
    first = np.r_[True, (np.diff(tail) != 0) | (np.diff(head) != 0)] & (tail != head)
    return tail[first], head[first], np.maximum(metres[first], 1e-6)  # to some engines a zero is no arc


def _ends(network: WalkNetwork, places: Snaps, *, away: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each place, an end of its street, and the metres from the place to the end (`away`) or back."""
    along, against = network.edge_time_s[places.edge].T
    to_u, to_v = (against, along) if away else (along, against)
    corner = np.concatenate([network.edge_u[places.edge], network.edge_v[places.edge]])
    metres = np.concatenate([places.fraction * to_u, (1 - places.fraction) * to_v]) + np.tile(places.leg_m, 2)
    place = np.tile(places.owner, 2)
    order = np.lexsort((metres, corner, place))
    order = order[np.isfinite(metres[order])]
    place, corner, metres = place[order], corner[order], metres[order]
    first = np.r_[True, (np.diff(place) != 0) | (np.diff(corner) != 0)][: len(place)]
    return place[first], corner[first], np.maximum(metres[first], 1e-6)
