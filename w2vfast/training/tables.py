"""The look-up tables of a training run, as its mode computes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast.training import huffman, sampling
from w2vfast.training.huffman import HuffmanTree
from w2vfast.training.sampling import AliasTable, StepTable

if TYPE_CHECKING:
    from w2vfast.params import TrainParams


@dataclass(frozen=True)
class Tables:
    """Read-only tables of the kernels.

    Attributes
    ----------
    keep : ndarray of uint32, shape (rows,), or None
        From `sampling.keep_thresholds`, exact mode `sampling.c_keep_thresholds`.
    noise : AliasTable, in exact mode StepTable, or None
        From `sampling.noise_sampler`, exact mode `sampling.c_noise_sampler`; required
        for negative sampling.
    tree : HuffmanTree or None
        From `huffman.build_tree`, exact mode `huffman.build_c_tree`; required for
        hierarchical softmax.
    frozen : ndarray of uint8, shape (rows,), or None
        1 for each input vector that training must not change.
    """

    keep: NDArray[np.uint32] | None
    noise: AliasTable | StepTable | None
    tree: HuffmanTree | None
    frozen: NDArray[np.uint8] | None = None


def build_tables(
    counts: NDArray[np.int64],
    params: TrainParams,
    noise_weights: NDArray[np.float64] | None = None,
    frozen: NDArray[np.uint8] | None = None,
) -> Tables:
    """Compute what the kernels look up.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows,)
        Occurrences of each row of the vocabulary [occurrences].
    params : TrainParams
    noise_weights : ndarray of float64, shape (V,), optional
        Weights of the negative samples; fast mode only.
    frozen : ndarray of uint8, shape (rows,), optional
        1 for a row that training must not change.

    Returns
    -------
    Tables
        Keep thresholds, noise sampler if there is negative sampling, Huffman tree if
        there is hierarchical softmax.
    """
    exact = params.exact
    tree = build_tree(counts, exact) if params.hs else None
    if exact:
        return Tables(
            sampling.c_keep_thresholds(counts, params.sample),
            sampling.c_noise_sampler(counts) if params.negative else None,
            tree,
            frozen,
        )
    noise = None
    if params.negative:
        noise = sampling.noise_sampler(counts, params.ns_exponent, noise_weights)
    return Tables(sampling.keep_thresholds(counts, params.sample), noise, tree, frozen)


def build_tree(counts: NDArray[np.int64], exact: bool) -> HuffmanTree:
    """Build the Huffman tree of hierarchical softmax.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows,)
        Occurrences of each row of the vocabulary [occurrences].
    exact : bool
        As the C program builds it, with row 0 as a leaf and the root last.
        Otherwise without row 0, and with the root first.
    """
    return (huffman.build_c_tree if exact else huffman.build_tree)(counts)
