"""Planted partitions, random walks, and the quality of vectors of a graph's nodes.

A planted partition has nodes in groups of equal size, with more edges inside a group
than expected by chance.  Training on walks from every node is DeepWalk (Perozzi et al.
2014, KDD).  Graphs and walks are seeded.  N is the number of nodes, E of edges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from w2vfast import KeyedVectors
from w2vfast.vectors.correlation import ranks

GROUP_SIZE = 50  # nodes
INSIDE, BETWEEN = 6.0, 6.0  # mean numbers of a node's edges in its group, to others
HELD_OUT = 0.1  # share of the edges
NO_EDGES = 10  # pairs without an edge for each held-out edge
WALKS_PER_NODE, WALK_LENGTH = 10, 40
NEIGHBOURS = 5


@dataclass(frozen=True)
class Graph:
    """A graph whose edges are divided into those of the walks and held-out ones.

    Attributes
    ----------
    groups : ndarray of int, shape (N,)
        The group of each node.
    edges, held_out : ndarray of int, shapes (E, 2) and (held-out edges, 2)
        Pairs of nodes, the smaller first.
    no_edges : ndarray of int, shape (NO_EDGES * held-out edges, 2)
        Random pairs of nodes without an edge.
    """

    groups: np.ndarray
    edges: np.ndarray
    held_out: np.ndarray
    no_edges: np.ndarray


def planted_partition(n_nodes: int, seed: int) -> Graph:
    """Return a random graph; its groups have `GROUP_SIZE` nodes.

    The numbers of edges in groups and between them are fixed, their nodes random.
    """
    if n_nodes % GROUP_SIZE or n_nodes < 2 * GROUP_SIZE:
        message = f"nodes must be a multiple of {GROUP_SIZE}, at least two of it"
        raise ValueError(message)
    rng = np.random.default_rng(seed)
    n_groups = n_nodes // GROUP_SIZE

    def inside(size: int) -> np.ndarray:
        """Draw pairs of the same group: the numbers are equal modulo `n_groups`."""
        first, second = rng.integers(GROUP_SIZE, size=(2, size)) * n_groups
        return np.stack([first, second], 1) + rng.integers(n_groups, size=(size, 1))

    def between(size: int) -> np.ndarray:
        """Draw pairs of different groups."""
        pairs = rng.integers(n_nodes, size=(size, 2))
        return pairs[pairs[:, 0] % n_groups != pairs[:, 1] % n_groups]

    edges = np.concatenate(
        [
            _distinct_pairs(inside, round(INSIDE * n_nodes / 2), n_nodes, rng),
            _distinct_pairs(between, round(BETWEEN * n_nodes / 2), n_nodes, rng),
        ]
    )
    rng.shuffle(edges)
    n_held_out = round(HELD_OUT * len(edges))
    no_edges = _distinct_pairs(
        lambda size: rng.integers(n_nodes, size=(size, 2)),
        NO_EDGES * n_held_out,
        n_nodes,
        rng,
        excluded=edges,
    )
    groups = np.arange(n_nodes) % n_groups
    return Graph(groups, edges[n_held_out:], edges[:n_held_out], no_edges)


def _distinct_pairs(
    draw: Callable[[int], np.ndarray],
    n_pairs: int,
    n_nodes: int,
    rng: np.random.Generator,
    excluded: np.ndarray | None = None,
) -> np.ndarray:
    """Return pairs of two different nodes, each pair once and the smaller node first.

    `draw` returns at most so many random pairs as its argument says.
    """
    codes = np.empty(0, np.int64)  # of a pair: smaller * N + larger
    avoid = np.empty(0, np.int64)
    if excluded is not None:
        avoid = excluded[:, 0] * n_nodes + excluded[:, 1]
    while len(codes) < n_pairs:
        pairs = np.sort(draw(2 * n_pairs), axis=1)
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        drawn = pairs[:, 0] * n_nodes + pairs[:, 1]
        codes = np.setdiff1d(np.union1d(codes, drawn), avoid)
    codes = rng.choice(codes, n_pairs, replace=False)
    return np.stack([codes // n_nodes, codes % n_nodes], 1)


def random_walks(graph: Graph, seed: int) -> np.ndarray:
    """Return walks along the edges, shape (walks, `WALK_LENGTH`), in random order.

    `WALKS_PER_NODE` begin at each node; a node without an edge has walks of one node,
    which -1 pads.
    """
    rng = np.random.default_rng(seed)
    n_nodes = len(graph.groups)
    both = np.concatenate([graph.edges, graph.edges[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    degree = np.bincount(both[:, 0], minlength=n_nodes)
    first = np.cumsum(degree) - degree  # of a node's edges in `both`
    starts = rng.permutation(np.tile(np.arange(n_nodes), WALKS_PER_NODE))
    walks = np.full((len(starts), WALK_LENGTH), -1)
    walks[:, 0] = starts
    moving = np.flatnonzero(degree[starts])
    for step in range(1, WALK_LENGTH):
        here = walks[moving, step - 1]
        chosen = first[here] + (rng.random(len(here)) * degree[here]).astype(np.int64)
        walks[moving, step] = both[chosen, 1]
    return walks


def share_in_group(vectors: KeyedVectors, groups: np.ndarray) -> float:
    """Return the share of the `NEIGHBOURS` nearest nodes that are of a node's group."""
    nodes = list(range(len(groups)))
    # One more, because `</s>` may be among them.
    found = vectors.most_similar_batch(nodes, topn=NEIGHBOURS + 1)
    hits = [
        groups[other] == groups[node]
        for node, pairs in zip(nodes, found, strict=True)
        for other in [key for key, _ in pairs if key != "</s>"][:NEIGHBOURS]
    ]
    return float(np.mean(hits))


def link_prediction(vectors: KeyedVectors, graph: Graph) -> float:
    """Return the area under the ROC curve of cosines, held-out edges against no edges.

    It is the share of pairs of an edge and no edge of which the edge has the larger
    cosine: the Mann-Whitney statistic, from ranks.
    """
    unit = vectors.get_normed_vectors()
    rows = np.array([vectors.key_to_index[node] for node in range(len(graph.groups))])
    pairs = rows[np.concatenate([graph.held_out, graph.no_edges])]
    cosines = np.einsum("nd,nd->n", unit[pairs[:, 0]], unit[pairs[:, 1]])
    n = len(graph.held_out)
    smallest = n * (n + 1) / 2  # sum of the ranks if every edge is below
    above = ranks(cosines.astype(np.float64))[:n].sum() - smallest
    return float(above / (n * len(graph.no_edges)))
