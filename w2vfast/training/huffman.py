"""Huffman codes and points for hierarchical softmax."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# word2vec.c gives this count to inner nodes that do not exist yet; larger counts would
# be mistaken for it.
C_NO_NODE = 10**15


class HuffmanTree(NamedTuple):
    """The path of every word, starting at the root.

    Attributes
    ----------
    offsets : ndarray of int64, shape (rows + 1,)
        Row w's path is points[offsets[w]:offsets[w + 1]], and its codes likewise.
    points : ndarray of int32, shape (sum of L,)
        Inner nodes on the path: rows of `syn1`.
    codes : ndarray of uint8, shape (sum of L,)
        Branch at each of these nodes, 0 or 1.
    """

    offsets: NDArray[np.int64]
    points: NDArray[np.int32]
    codes: NDArray[np.uint8]


def build_tree(counts: NDArray[np.int64]) -> HuffmanTree:
    """Build the tree of fast mode: row 0 has no leaf, and the root is node 0.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows,)
        Occurrences of each row [occurrences], descending from row 1 on.  0 counts as 1:
        of many zeros the C program makes a chain, whose paths are as long.

    Returns
    -------
    HuffmanTree
        The path of row 0 is empty; rows - 2 inner nodes, numbered from the root, so
        that the most used nodes come first.

    Source
    ------
    Mikolov et al. 2013, arXiv:1310.4546, sec. 2.1.
    Differs: word2vec.c numbers inner nodes in the order of their creation, root last,
    and has a leaf for the sentence end.
    """
    tree = build_c_tree(np.maximum(counts[1:], 1))
    offsets = np.concatenate([[0], tree.offsets])
    root = len(counts) - 3  # of rows - 1 leaves
    return HuffmanTree(offsets, np.int32(root) - tree.points, tree.codes)


def build_c_tree(counts: NDArray[np.int64]) -> HuffmanTree:
    """Build the tree of exact mode, node by node as the C program does.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows,)
        Occurrences of each row [occurrences], the sentence end (row 0) included.

    Returns
    -------
    HuffmanTree
        rows - 1 inner nodes, the root last.

    Notes
    -----
    Row 0 may be less frequent than others, so that C's two-pointer walk does not
    always give an optimal tree; exact mode reproduces it.

    Source
    ------
    word2vec.c CreateBinaryTree.
    """
    n_leaves = len(counts)
    if counts.sum() >= C_NO_NODE:
        message = (
            f"counts must add up to less than {C_NO_NODE} for hierarchical softmax, "
            f"got {counts.sum()}. Divide them all by the same number."
        )
        raise ValueError(message)
    parent, branch = _join_nodes(counts.tolist())
    lengths = _depths(parent, n_leaves)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    points = np.empty(offsets[-1], dtype=np.int32)
    codes = np.empty(offsets[-1], dtype=np.uint8)
    leaf = np.flatnonzero(lengths)
    node = leaf.copy()
    end = offsets[1:][leaf] - 1  # the last step of a path is the leaf's own branch
    while len(leaf):
        codes[end] = branch[node]
        points[end] = parent[node] - n_leaves
        node = parent[node]
        end = end - 1
        inside = end >= offsets[leaf]
        leaf, node, end = leaf[inside], node[inside], end[inside]
    return HuffmanTree(offsets, points, codes)


def _join_nodes(
    counts: list[int],
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Join the two rarest nodes repeatedly.

    Leaves are taken from the end of `counts`, inner nodes in the order of creation;
    of equal counts, the inner node goes first.

    Returns
    -------
    parent : ndarray of int64, shape (2 rows - 1,)
    branch : ndarray of uint8, shape (2 rows - 1,)
    """
    n_leaves = len(counts)
    count = counts + [C_NO_NODE] * n_leaves
    parent = [0] * (2 * n_leaves)
    branch = [0] * (2 * n_leaves)
    leaf, inner = n_leaves - 1, n_leaves
    for new in range(n_leaves, 2 * n_leaves - 1):
        joined = 0
        for side in (0, 1):
            if leaf >= 0 and count[leaf] < count[inner]:
                node, leaf = leaf, leaf - 1
            else:
                node, inner = inner, inner + 1
            joined += count[node]
            parent[node] = new
            branch[node] = side
        count[new] = joined
    size = 2 * n_leaves - 1
    return np.array(parent[:size]), np.array(branch[:size], dtype=np.uint8)


def _depths(parent: NDArray[np.int64], n_leaves: int) -> NDArray[np.int64]:
    """Count the branches between each leaf and the root, the last node."""
    depth = np.zeros(n_leaves, dtype=np.int64)
    root = len(parent) - 1
    leaf = np.flatnonzero(np.arange(n_leaves) != root)
    node = leaf.copy()
    while len(leaf):
        depth[leaf] += 1
        node = parent[node]
        inside = node != root
        leaf, node = leaf[inside], node[inside]
    return depth
