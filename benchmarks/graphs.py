"""Measure the quality of vectors of a graph's nodes, trained on random walks.

    python benchmarks/graphs.py
    python benchmarks/graphs.py --hs --graphs 1

Each graph is a planted partition: nodes in groups of equal size, with many edges inside
a group and few between groups.  Skip-gram trains on walks from every node (DeepWalk,
Perozzi et al. 2014, KDD).  The score is the share of a node's five nearest neighbours
that belong to its group.  It is printed for the default mode, for
`negative_sharing="pair"`, which updates one context after the other, and for exact
mode, which is the C program.  Graphs, walks and trainings are seeded, so results with
one worker repeat.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from w2vfast import Word2Vec

NEIGHBOURS = 5
VARIANTS = {
    "default": {},
    "pair": {"negative_sharing": "pair"},
    "exact": {"mode": "exact"},
}


def planted_partition(
    n_nodes: int, n_groups: int, inside: float, between: float, seed: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the group of each node, shape (n_nodes,), and its neighbours.

    `inside` and `between` are the mean numbers of a node's edges in its group and to
    other groups.
    """
    rng = np.random.default_rng(seed)
    groups = np.arange(n_nodes) % n_groups
    same = groups[:, None] == groups
    size = n_nodes / n_groups
    chance = np.where(same, inside / size, between / (n_nodes - size))
    edges = np.triu(rng.random((n_nodes, n_nodes)) < chance, 1)
    edges |= edges.T
    return groups, [np.flatnonzero(row) for row in edges]


def random_walks(
    neighbours: list[np.ndarray], per_node: int, length: int, seed: int
) -> np.ndarray:
    """Return walks from every node, shape (walks, length); -1 pads short ones."""
    rng = np.random.default_rng(seed)
    starts = np.tile(np.arange(len(neighbours)), per_node)
    rng.shuffle(starts)
    walks = np.full((len(starts), length), -1)
    walks[:, 0] = starts
    for walk in walks:
        for step in range(1, length):
            near = neighbours[walk[step - 1]]
            if not len(near):
                break
            walk[step] = near[int(rng.random() * len(near))]
    return walks


def share_in_group(model: Word2Vec, groups: np.ndarray) -> float:
    """Return the share of the nearest neighbours that belong to a node's group."""
    nodes = [key for key in model.wv.index_to_key if str(key) != "</s>"]
    found = model.wv.most_similar_batch(nodes, topn=NEIGHBOURS + 1)
    hits = [
        groups[int(other)] == groups[int(node)]
        for node, pairs in zip(nodes, found, strict=True)
        for other in [key for key, _ in pairs if str(key) != "</s>"][:NEIGHBOURS]
    ]
    return float(np.mean(hits))


def main() -> None:
    """Train on each graph in each variant and print the scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--graphs", type=int, default=2, help="number of graphs (2)")
    parser.add_argument("--nodes", type=int, default=2000)
    parser.add_argument("--groups", type=int, default=40)
    parser.add_argument("--inside", type=float, default=6, help="edges in a group")
    parser.add_argument("--between", type=float, default=6, help="edges to others")
    parser.add_argument("--walks", type=int, default=10, help="walks from each node")
    parser.add_argument("--length", type=int, default=40, help="nodes of a walk")
    parser.add_argument("--window", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=1, help="of the fast variants")
    parser.add_argument("--hs", action="store_true", help="hierarchical softmax")
    given = parser.parse_args()
    settings = {
        **{"sg": 1, "min_count": 1, "sample": 0, "progress": False},
        **{"vector_size": given.size, "window": given.window, "epochs": given.epochs},
        **({"hs": 1, "negative": 0} if given.hs else {}),
    }
    print(f"{'graph':6}{'variant':10}{'in group':>9}{'seconds':>9}")
    for seed in range(given.graphs):
        groups, neighbours = planted_partition(
            given.nodes, given.groups, given.inside, given.between, seed
        )
        walks = random_walks(neighbours, given.walks, given.length, seed)
        for name, options in VARIANTS.items():
            workers = 1 if name == "exact" else given.workers
            start = time.perf_counter()
            model = Word2Vec(walks, workers=workers, **settings, **options)
            seconds = time.perf_counter() - start
            score = share_in_group(model, groups)
            print(f"{seed:<6}{name:10}{score:9.3f}{seconds:9.1f}")


if __name__ == "__main__":
    main()
