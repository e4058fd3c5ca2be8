"""The look-up tables of a training run."""

import numpy as np
import pytest

from w2vfast.params import TrainParams
from w2vfast.training import huffman, sampling
from w2vfast.training.tables import build_tables, build_tree

COUNTS = np.array([50, 400, 100, 30, 8], dtype=np.int64)  # </s> first


def same(left, right):
    if left is None or right is None:
        assert left is right
        return
    left = left if isinstance(left, tuple) else (left,)
    right = right if isinstance(right, tuple) else (right,)
    for one, other in zip(left, right, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("hs", "negative"), [(0, 5), (1, 0), (1, 5)])
def test_fast_mode_has_tables_for_its_objectives(hs, negative):
    params = TrainParams(hs=hs, negative=negative, sample=1e-2, ns_exponent=0.5)
    tables = build_tables(COUNTS, params)
    same(tables.keep, sampling.keep_thresholds(COUNTS, 1e-2))
    same(tables.noise, sampling.noise_sampler(COUNTS, 0.5) if negative else None)
    same(tables.tree, huffman.build_tree(COUNTS) if hs else None)
    assert tables.frozen is None


def test_exact_mode_has_the_tables_of_the_c_program():
    params = TrainParams(hs=1, mode="exact", sample=1e-2)
    tables = build_tables(COUNTS, params)
    same(tables.keep, sampling.c_keep_thresholds(COUNTS, 1e-2))
    same(tables.noise, sampling.c_noise_sampler(COUNTS))
    same(tables.tree, huffman.build_c_tree(COUNTS))


def test_given_noise_weights_and_frozen_rows_are_passed_on():
    weights, frozen = np.array([1.0, 2, 0, 3]), np.array([0, 1, 0, 0, 0], np.uint8)
    tables = build_tables(COUNTS, TrainParams(), weights, frozen)
    same(tables.noise, sampling.noise_sampler(COUNTS, weights=weights))
    assert tables.frozen is frozen


@pytest.mark.parametrize("exact", [False, True])
def test_row_0_is_a_leaf_of_the_tree_in_exact_mode_only(exact):
    tree = build_tree(COUNTS, exact)
    assert (tree.offsets[1] > 0) == exact
    longest = np.diff(tree.offsets).max()
    root = tree.points[tree.offsets[-2]]  # the first node of the last word's path
    assert root == (len(COUNTS) - 2 if exact else 0)
    assert longest > 1
