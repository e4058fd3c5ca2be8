"""Huffman codes: optimal trees, and the trees of the C program."""

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.training import huffman


def descending(counts):
    return np.array(sorted(counts, reverse=True), dtype=np.int64)


def least_cost(counts):
    """Total code length of an optimal tree, by a heap."""
    heap, cost = list(counts), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        cost += joined
        heapq.heappush(heap, joined)
    return cost


def paths(tree):
    bounds = list(zip(tree.offsets[:-1], tree.offsets[1:], strict=True))
    return [
        (tree.points[a:b].tolist(), "".join(map(str, tree.codes[a:b])))
        for a, b in bounds
    ]


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=60))
def test_codes_are_a_prefix_code_of_least_cost(counts):
    counts = descending(counts)
    codes = [code for _, code in paths(huffman.build_c_tree(counts))]
    assert sum(2.0 ** -len(code) for code in codes) == 1.0  # Kraft: no leaf missing
    assert len(set(codes)) == len(codes)
    cost = sum(len(code) * int(n) for code, n in zip(codes, counts, strict=True))
    assert cost == least_cost(counts.tolist())


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=40))
def test_paths_lead_from_the_root_to_the_word(counts):
    tree = huffman.build_c_tree(descending(counts))
    children = {}
    for word, (points, code) in enumerate(paths(tree)):
        steps = [*points[1:], f"word {word}"]
        for node, bit, child in zip(points, code, steps, strict=True):
            assert children.setdefault((node, bit), child) == child
        assert points[0] == len(counts) - 2
    assert len(children) == 2 * (len(counts) - 1)


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=40))
def test_fast_tree_has_no_sentence_end_and_starts_with_the_root(counts):
    counts = descending(counts)
    fast = huffman.build_tree(np.append(10**6, counts))
    exact = huffman.build_c_tree(counts)
    assert paths(fast)[0] == ([], "")
    root = len(counts) - 2
    expected = [([root - node for node in points], c) for points, c in paths(exact)]
    assert paths(fast)[1:] == expected
    assert min(fast.points) == 0


def test_paths_of_words_that_never_occur_grow_with_their_logarithm():
    counts = np.array([9, 5, 4, *[0] * 4096], dtype=np.int64)
    assert np.diff(huffman.build_tree(counts).offsets).max() <= 14


@pytest.mark.parametrize("counts", [[5], [5, 5], [3, 2, 1]])
def test_small_vocabularies(counts):
    lengths = np.diff(huffman.build_c_tree(descending(counts)).offsets).tolist()
    assert lengths == {1: [0], 2: [1, 1], 3: [1, 2, 2]}[len(counts)]


def test_sentence_end_with_a_low_count_stays_first():
    """The C program does not sort row 0, so its tree may not be optimal."""
    tree = huffman.build_c_tree(np.array([1, 9, 8, 7], dtype=np.int64))
    assert np.diff(tree.offsets).tolist() == [2, 2, 2, 2]
