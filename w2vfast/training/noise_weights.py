"""Weights that a user gives in place of the noise distribution of the word counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

# One weight for each word, or a function of the word counts that returns them.
WeightsLike = ArrayLike | Callable[[NDArray[np.int64]], ArrayLike]


class NoiseWeights:
    """Weights in proportion to which negative samples are drawn.

    Parameters
    ----------
    given : array_like of shape (V,), or callable
        Finite numbers of at least 0, not all 0, in the order of the words with a
        vector.  An array is copied.  A callable gets the counts of these words, an
        ndarray of int64 of shape (V,), and returns the weights.

    Notes
    -----
    Nothing is checked before `of_words`, because the vocabulary may not exist yet.
    """

    def __init__(self, given: WeightsLike) -> None:
        self._given = given if callable(given) else np.array(given)

    def of_words(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the weights of the words of a vocabulary.

        Parameters
        ----------
        counts : ndarray of int64, shape (V,)
            Occurrences of each word that has a vector [occurrences].

        Returns
        -------
        ndarray of float64, shape (V,)
            A copy; the weights need not add up to 1.

        Raises
        ------
        TypeError
            If the weights are not numbers.
        ValueError
            If there is not one for each word, one is negative or not finite, or all
            are 0.
        """
        given = self._given
        weights = np.asarray(given(counts.copy()) if callable(given) else given)
        _check_kind(weights)
        _check_shape(weights, len(counts))
        weights = weights.astype(np.float64)
        _check_values(weights)
        return weights

    def to_save(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the array that a saved or copied model keeps.

        The weights that a callable returns are checked.  An array is returned as it
        was given: after a growth of the vocabulary it may not fit, which must not
        prevent saving; the next training refuses it.
        """
        return self.of_words(counts) if callable(self._given) else self._given

    def after_growth(self, origins: NDArray[np.int64], n_before: int) -> NoiseWeights:
        """Return the weights for the vocabulary after a growth.

        Parameters
        ----------
        origins : ndarray of int64, shape (rows,)
            As of `w2vfast.text.vocab_growth.GrownVocab`.
        n_before : int
            Rows of the vocabulary before, row 0 included.

        Returns
        -------
        NoiseWeights
            An array follows its words if only their order has changed.  Otherwise the
            same object: a callable fits any vocabulary, and an array without weights
            for the new words is refused by `of_words`.
        """
        given = self._given
        only_order = len(origins) == n_before
        if callable(given) or not only_order or given.shape != (n_before - 1,):
            return self
        return NoiseWeights(given[origins[1:] - 1])  # row 0 has no weight


def _check_kind(weights: NDArray[np.generic]) -> None:
    if weights.dtype.kind not in "biuf":
        message = (
            f"noise_weights must be an array of numbers, or a function that makes one "
            f"of the words' counts, got an array of dtype {weights.dtype}."
        )
        raise TypeError(message)


def _check_shape(weights: NDArray[np.generic], n_words: int) -> None:
    if weights.shape != (n_words,):
        message = (
            f"noise_weights must be one number for each of the {n_words} words, in "
            f"the order of wv.index_to_key, got shape {weights.shape}. Pass others to "
            f"train(noise_weights=...); a function of the counts fits any vocabulary, "
            f"but a saved model keeps only the numbers it returned."
        )
        raise ValueError(message)


def _check_values(weights: NDArray[np.float64]) -> None:
    wrong = np.flatnonzero(~((weights >= 0) & np.isfinite(weights)))
    if len(wrong):
        message = (
            f"noise_weights must be finite and at least 0, got "
            f"noise_weights[{wrong[0]}] = {weights[wrong[0]]}. 0 never draws a word."
        )
        raise ValueError(message)
    if not weights.any():
        message = "noise_weights are all 0, so no word can be drawn. Set some above 0."
        raise ValueError(message)
