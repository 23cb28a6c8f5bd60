"""networkx: Dijkstra's search with a cutoff, one residence after the other."""

from __future__ import annotations

import networkx as nx
import numpy as np
import timed

PART = 200  # residences searched from


def graph_of(tail: np.ndarray, head: np.ndarray, metres: np.ndarray, n: int) -> nx.MultiDiGraph:
    """A graph of the class that osmnx makes."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n))
    graph.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), metres.tolist(), strict=True), weight="length")
    return graph


def homes_and_graph(given: timed.Answer) -> tuple[list[int], nx.MultiDiGraph]:
    """The nodes to search from, and the streets with them."""
    n, part = int(given["n"]), min(PART, int(given["n_homes"]))
    own = given["home_tail"] < n + part
    arcs = [np.concatenate([given[name], given[f"home_{name[:5]}"][own]]) for name in ("tail", "head")]
    metres = np.concatenate([given["metres"], given["home_m"][own]])
    return list(range(n, n + part)), graph_of(*arcs, metres, n + part)


def main() -> None:
    case, folder = timed.arguments()
    given = timed.task(folder)
    n, limit = int(given["n"]), float(given["cutoff_m"])
    if case == "nearest":
        tail, head = (
            np.concatenate([given["head"], given["site_head"]]),
            np.concatenate([given["tail"], given["site_tail"]]),
        )
        graph = graph_of(tail, head, np.concatenate([given["metres"], given["site_m"]]), n + int(given["n_sites"]))
        groups = [set(group.tolist()) for group in np.split(n + given["group_site"], given["group_start"][1:-1])]

        def nearest() -> np.ndarray:
            at_corner = np.full((n + int(given["n_sites"]), len(groups)), np.inf)
            for column, sites in enumerate(groups):
                if sites:
                    found = nx.multi_source_dijkstra_path_length(graph, sites, cutoff=limit, weight="length")
                    at_corner[list(found), column] = list(found.values())
            return timed.read_at_homes(given, at_corner[:n])["nearest_m"]

        timed.serve(nearest, lambda time: {"nearest_m": time}, packages=("networkx",))
        return
    homes, graph = homes_and_graph(given)

    def reached() -> list[dict[int, float]]:
        return [nx.single_source_dijkstra_path_length(graph, home, cutoff=limit, weight="length") for home in homes]

    def pairs(found: list[dict[int, float]]) -> timed.Answer:
        row = np.repeat(np.arange(len(found)), [len(one) for one in found])
        corner = np.concatenate([np.fromiter(one, dtype=np.int64) for one in found])
        return timed.pairs_of(row[corner < n], corner[corner < n])

    timed.serve(reached, pairs, packages=("networkx",), scale=int(given["n_homes"]) / len(homes))


if __name__ == "__main__":
    main()
