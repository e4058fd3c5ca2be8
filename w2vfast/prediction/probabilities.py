"""Probabilities of words given a hidden vector: by softmax or by the Huffman tree.

The hidden vector of a context is one row of `syn0` in skip-gram, the mean or sum of
several rows in CBOW.  V words, D dim, L path length, H hidden vectors, P pairs of a
hidden vector and a word.  Everything is computed in blocks, so that memory is bounded,
and in logarithms, so that vectors of any length give probabilities.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.training.huffman import HuffmanTree
from w2vfast.vectors.neighbours import blocks

Floats = NDArray[np.floating[Any]]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Rows = NDArray[np.integer[Any]]

_HIDDEN = 512  # hidden vectors and
_WORDS = 512  # words of one matrix product: 1 MB of dot products, for the cache
_LEAST_BIAS = -1e30  # instead of -inf: finite, and adds nothing to a sum
_PAIRS = 16384  # pairs whose rows are gathered at once


class Softmax:
    """Softmax over the output vectors, plain or weighted by the noise distribution.

    Parameters
    ----------
    syn1neg : ndarray of float32, shape (V, D)
    log_noise : ndarray of float64, shape (V,), optional
        log of the probability with which a negative sample is each word.

    Notes
    -----
    p(word | h) = q(word) exp(h . syn1neg[word]) / Z, where q is the noise distribution,
    or 1 without it, and Z the sum of q(w) exp(h . syn1neg[w]) over all words w.

    At the optimum of negative sampling h . syn1neg[word] is log(p(word | h) / q(word))
    - log(negative): Levy and Goldberg 2014, Neural word embedding as implicit matrix
    factorization, NIPS.  So the probability that was trained has the factor q.  The
    plain softmax, which `predict_output_word` of gensim computes, favours rare words.
    """

    def __init__(self, syn1neg: Float32, log_noise: Float64 | None = None) -> None:
        self._outputs = np.asarray(syn1neg)
        self._biases = np.zeros(len(syn1neg)) if log_noise is None else log_noise

    def log_probabilities(self, hidden: Floats) -> Float64:
        """Return log p of all words, shape (V,), given a hidden vector, shape (D,)."""
        logits = products(hidden[None], self._outputs)[0].astype(np.float64)
        logits += self._biases
        logits -= logits.max()
        with np.errstate(under="ignore"):
            return np.asarray(logits - np.log(np.exp(logits).sum()))

    def log_weights(self, hidden: Floats, inputs: Rows, words: Rows) -> Float64:
        """Return log(q(word)) + h . syn1neg[word] for pairs of h and a word.

        Parameters
        ----------
        hidden : ndarray of float, shape (H, D)
        inputs : ndarray of int, shape (P,)
            Row of `hidden` of each pair.
        words : ndarray of int, shape (P,)

        Returns
        -------
        ndarray of float64, shape (P,)
            log p of each pair plus the `log_normalisers` of its hidden vector.
        """
        found = np.empty(len(words))
        for part in blocks(len(words), _PAIRS):
            left, right = hidden[inputs[part]], self._outputs[words[part]]
            found[part] = _row_products(left, right)
        return found + self._biases[words]

    def log_normalisers(self, hidden: Floats) -> Float64:
        """Return log(sum over w of q(w) exp(h . syn1neg[w])) for hidden vectors h.

        Parameters
        ----------
        hidden : ndarray of float, shape (H, D)

        Returns
        -------
        ndarray of float64, shape (H,)

        Notes
        -----
        O(H V D) time, in matrix products.
        """
        found = np.empty(len(hidden))
        for part in blocks(len(hidden), _HIDDEN):
            found[part] = self._log_sums(hidden[part])
        return found

    def _log_sums(self, hidden: Floats) -> Float64:
        if hidden.dtype != np.float32:
            return self._exact_log_sums(hidden)
        tops = np.full(len(hidden), np.finfo(np.float32).min, np.float32)
        sums = np.zeros(len(hidden))
        biases = np.maximum(self._biases, _LEAST_BIAS).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            for block in blocks(len(self._outputs), _WORDS):
                logits = np.asarray(hidden @ self._outputs[block].T, np.float32)
                _core.add_exponentials(logits, biases[block], tops, sums)
        found: Float64 = tops.astype(np.float64) + np.log(sums)
        wide = np.flatnonzero(np.isnan(found))  # a logit is beyond float32
        found[wide] = self._exact_log_sums(hidden[wide])
        return found

    def _exact_log_sums(self, hidden: Floats) -> Float64:
        """Return the same from float64, for vectors of any length."""
        exact = hidden.astype(np.float64)
        largest = np.full(len(exact), -np.inf)
        total = np.zeros(len(exact))
        for block in blocks(len(self._outputs), _WORDS):
            logits = exact @ self._outputs[block].T.astype(np.float64)
            logits += self._biases[block]
            before, largest = largest, np.maximum(largest, logits.max(axis=1))
            # While all words so far have weight 0: -inf - -inf would be nan.
            shifts = np.where(np.isneginf(largest), 0, largest)
            with np.errstate(under="ignore"):
                total *= np.exp(before - shifts)
                total += np.exp(logits - shifts[:, None]).sum(axis=1)
        return largest + np.log(total)


class TreeSoftmax:
    """Hierarchical softmax over a Huffman tree.

    Parameters
    ----------
    syn1 : ndarray of float32, shape (V - 1 or more, D)
        The V - 1 inner nodes; rows behind them are not used.
    tree : HuffmanTree
        The path of each word.

    Notes
    -----
    p(word | h) is the product over the nodes n of the word's path of
    sigmoid((1 - 2 code) h . syn1[n]): Mikolov et al. 2013, arXiv:1310.4546, equation
    3, with the signs of word2vec.c.  The p of all words add up to 1 without a Z.
    """

    def __init__(self, syn1: Float32, tree: HuffmanTree) -> None:
        self._nodes = np.asarray(syn1)
        self._tree = tree
        self._signs = np.where(tree.codes == 0, 1, -1).astype(np.float32)

    def log_probabilities(self, hidden: Floats) -> Float64:
        """Return log p of all words, shape (V,), given a hidden vector, shape (D,)."""
        dots = products(hidden[None], self._nodes)[0].astype(np.float64)
        # log p of the two branches at each node, then their sums along the paths.
        branches = log_sigmoid(np.stack([dots, -dots]))
        steps = branches[self._tree.codes, self._tree.points]
        return np.add.reduceat(steps, self._tree.offsets[:-1])

    def log_weights(self, hidden: Floats, inputs: Rows, words: Rows) -> Float64:
        """Return log p of pairs, shape (P,); parameters as of `Softmax.log_weights`.

        Notes
        -----
        One matrix product for each distinct word: of the hidden vectors that it is
        paired with and the nodes of its path.
        """
        found = np.empty(len(words))
        order = np.argsort(words, kind="stable")
        distinct, starts = np.unique(words[order], return_index=True)
        stops = np.append(starts, len(words))[1:]
        offsets, points = self._tree.offsets, self._tree.points
        for word, start, stop in zip(distinct, starts, stops, strict=True):
            path = slice(offsets[word], offsets[word + 1])
            nodes, signs = self._nodes[points[path]], self._signs[path]
            for part in blocks(stop - start, _PAIRS):
                pairs = order[start:stop][part]
                dots = products(hidden[inputs[pairs]], nodes)
                steps = log_sigmoid(dots * signs)
                found[pairs] = steps.sum(axis=1, dtype=np.float64)
        return found

    def log_normalisers(self, hidden: Floats) -> Float64:
        """Return zeros, shape (H,): the tree's probabilities add up to 1."""
        return np.zeros(len(hidden))


def log_sigmoid(x: Floats) -> Floats:
    """Return log(1 / (1 + exp(-x))) without overflow, for any x."""
    with np.errstate(under="ignore"):
        return np.asarray(-np.logaddexp(x.dtype.type(0), -x))


def narrowed(hidden: Float64) -> Floats:
    """Return hidden vectors as float32, which is faster, unless it overflows."""
    with np.errstate(over="ignore", under="ignore"):
        narrow = hidden.astype(np.float32)
    return narrow if _is_finite(narrow) else hidden


def products(left: Floats, right: Floats) -> Floats:
    """Return the dot product of each row of one matrix with each row of another.

    Parameters
    ----------
    left : ndarray of float, shape (n, D)
    right : ndarray of float, shape (m, D)

    Returns
    -------
    ndarray of float32 or float64, shape (n, m)
        float64 where float32 overflows.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        found = left @ right.T
    if _is_finite(found):
        return np.asarray(found)
    return np.asarray(left.astype(np.float64) @ right.T.astype(np.float64))


def _row_products(left: Floats, right: Floats) -> Floats:
    """Return the dot product of each row with the same row of the other, shape (P,)."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        found = np.einsum("pd,pd->p", left, right)
    if _is_finite(found):
        return np.asarray(found)
    exact = np.einsum("pd,pd->p", left.astype(np.float64), right.astype(np.float64))
    return np.asarray(exact)


def _is_finite(values: Floats) -> bool:
    if values.size == 0:
        return True
    return bool(np.isfinite(values.max()) and np.isfinite(values.min()))
