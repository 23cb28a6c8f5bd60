"""A network, and how places hang on it, as plain frames: enough to walk and to snap elsewhere as it is done here.

Whoever reads them back (the map's page, QGIS, another program) needs nothing else. Columns are in docs/files.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.network.streets import as_lines
from circle15.units import WGS84

if TYPE_CHECKING:
    from collections.abc import Mapping

    from circle15.network.snaps import Snaps
    from circle15.network.walk_network import WalkNetwork


def edges_frame(network: WalkNetwork) -> gpd.GeoDataFrame:
    """The m edges of a network in its own order, gates included.

    Returns
    -------
    `edge_id` (0 to m - 1), `u, v` (vertices), `from_u_s, from_v_s` (float32 seconds for the whole edge away from
    either end, inf where that isn't walked), `zone` (whose people alone pass it, 0: everybody), `home` (the zone that
    it lies in, 0: none), `hangs` (whether places are looked for on it: it has frontage and is on no small island),
    `apart` (private, but houses along it may hang on it whoever they belong to), `shut` (a closed gate of the map),
    `way_id, street_class, length_m`, and geometry from u to v in EPSG:4326.
    """
    seconds = network.edge_time_s.astype(np.float32)
    hangs = np.zeros(len(network.edge_u), dtype=bool)
    hangs[network.snap_tree[0]] = True
    return gpd.GeoDataFrame(
        {
            "edge_id": np.arange(len(network.edge_u)),
            "u": network.edge_u.astype(np.int32),
            "v": network.edge_v.astype(np.int32),
            "from_u_s": seconds[:, 0],
            "from_v_s": seconds[:, 1],
            "zone": network.edge_zone.astype(np.int32),
            "home": network.edge_home.astype(np.int32),
            "hangs": hangs,
            "apart": network.edge_apart,
            "shut": network.edge_shut,
            "way_id": pd.array(network.edge_way, dtype="str"),
            "street_class": pd.array(network.edge_class, dtype="str"),
            "length_m": network.edge_length_m,
        },
        geometry=as_lines(network.coords_lonlat, network.coords_start),
        crs="EPSG:4326",
    )


def zones_frame(network: WalkNetwork) -> gpd.GeoDataFrame:
    """The zones of a network: row z - 1 is zone z, compounds first, then private pieces.

    Returns
    -------
    `zone` (from 1), `zone_id, is_compound, fenced` (a mapped gate closes it), `for_visitors` (who goes to a site on it
    may enter), and the compound's polygon in EPSG:4326, empty for private pieces.
    """
    compounds = network.surroundings.compounds
    n = len(network.zone_id) - 1
    ground = np.full(n, shapely.Polygon(), dtype=object)
    ground[: len(compounds)] = compounds.geometry.to_numpy()
    return gpd.GeoDataFrame(
        {
            "zone": np.arange(1, n + 1),
            "zone_id": pd.array(network.zone_id[1:], dtype="str"),
            "is_compound": np.arange(n) < len(compounds),
            "fenced": network.zone_fenced[1:],
            "for_visitors": network.zone_for_visitors[1:],
        },
        geometry=ground,
        crs="EPSG:4326",
    )


def barriers_frame(network: WalkNetwork) -> gpd.GeoDataFrame:
    """What legs between doors and streets don't cross, and the gates off the streets that they may go through.

    Returns
    -------
    `what` ("barrier": walls, rivers, railways, motorways; "open_gate": a gate on no street that keeps nobody out) and
    geometry in EPSG:4326.
    """
    around = network.surroundings
    parts = {"barrier": around.barriers, "open_gate": around.open_gates}
    shapes = [np.asarray(part.to_crs(WGS84).array, dtype=object) for part in parts.values()]
    what = np.repeat(np.array(list(parts), dtype=object), [len(part) for part in shapes])
    return gpd.GeoDataFrame({"what": pd.array(what, dtype="str")}, geometry=np.concatenate(shapes), crs="EPSG:4326")


def ends_frame(network: WalkNetwork, places: Mapping[str, tuple[pd.Series[str], Snaps]]) -> pd.DataFrame:
    """How places hang on a network, one row an entry.

    Parameters
    ----------
    places : what they are, with the ids and the snaps of each sort.

    Returns
    -------
    `what, row_id, edge, fraction` (of the edge from u on)`, leg_s` (seconds between street and place)`, own_zone` (the
    zone whose gates the place's people pass, 0: none). Places off the network have no row.
    """
    parts: list[dict[str, Any]] = []
    for what, (ids, snaps) in places.items():
        owner = snaps.owner
        parts.append(
            {
                "what": pd.array(np.full(len(owner), what, dtype=object), dtype="str"),
                "row_id": ids.array.take(owner),
                "edge": snaps.edge.astype(np.int32),
                "fraction": snaps.fraction,
                "leg_s": snaps.leg_m / network.profile.speed_m_s,
                "own_zone": snaps.own[owner].astype(np.int32),
            }
        )
    return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)
