"""A warning for texts in which there is next to nothing to train on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast.errors import Name, Part, Setting, SettingsWarning, warn

if TYPE_CHECKING:
    from w2vfast.params import TrainParams

ENOUGH = 1  # pairs in all epochs; fewer give a warning
BLOCK = 1 << 16  # ids that are looked at together


def expected_pairs(
    ids: NDArray[np.int32], keep: NDArray[np.float64] | None, enough: float
) -> float:
    """Count the pairs of words of one sentence that subsampling leaves on average.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        0 ends a sentence.
    keep : ndarray of float64, shape (rows,), or None
        Probability that subsampling keeps each word; None keeps all.
    enough : float
        Stop counting from here on.

    Returns
    -------
    float
        Sum of the products of two probabilities.  Sentences are cut after every
        `BLOCK` ids, and windows are taken for unlimited.
    """
    pairs = 0.0
    for start in range(0, len(ids), BLOCK):
        block = ids[start : start + BLOCK]
        kept = np.ones(len(block)) if keep is None else keep[block]
        kept[block == 0] = 0
        sentence = np.cumsum(block == 0)
        sums, squares = (np.bincount(sentence, kept**power) for power in (1, 2))
        pairs += float((sums**2 - squares).sum()) / 2
        if pairs >= enough:
            break
    return pairs


def warn_if_few_pairs(
    ids: NDArray[np.int32], keep: NDArray[np.float64] | None, params: TrainParams
) -> None:
    """Warn if hardly anything will be trained, and tell the cause.

    Parameters
    ----------
    ids, keep
        As for `expected_pairs`.
    params : TrainParams

    Warns
    -----
    SettingsWarning
        If fewer than `ENOUGH` pairs of words are expected in all epochs.
    """
    enough = ENOUGH / params.epochs
    kept = expected_pairs(ids, keep, enough)
    if kept >= enough:
        return
    in_text = expected_pairs(ids, None, enough)
    message: tuple[Part, ...] = (
        "no sentence has two words that are in the vocabulary, so there is no pair of "
        "words to train on, and the vectors stay random. Give sentences of several "
        "words, one a line or list, or lower ",
        *(Name("min_count"), "."),
    )
    if in_text > 0:
        message = (
            "the subsampling of frequent words leaves about "
            f"{kept * params.epochs:.1g} pairs of words to train on in all epochs, so "
            "the vectors stay random. Give more text, or turn it off with ",
            *(Setting("sample", 0), "."),
        )
    warn(SettingsWarning(message))
