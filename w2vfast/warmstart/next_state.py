"""The next state of a model: with its first weights, or with a grown vocabulary."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast.text.vocab import Vocab
from w2vfast.training import cost
from w2vfast.training.weights import Weights, new_weights
from w2vfast.warmstart.init_vectors import Coverage, set_rows
from w2vfast.warmstart.weight_growth import grown_weights

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.state import ModelState
    from w2vfast.text.vocab_growth import GrownVocab
    from w2vfast.vectors.table import KeyTable

    InitVectors = KeyTable | str | os.PathLike[str]


def with_weights(
    state: ModelState, params: TrainParams, init_vectors: InitVectors | None
) -> ModelState:
    """Make the weights of a model that has only a vocabulary.

    Parameters
    ----------
    state : ModelState
    params : TrainParams
    init_vectors : path or KeyedVectors, optional
        Words that it has begin with its vectors.

    Returns
    -------
    ModelState

    Raises
    ------
    RuntimeError
        If there is no vocabulary.
    MemoryError
        If the matrices do not fit, before they are allocated.
    ValueError
        If vectors of `init_vectors` cannot be used.
    """
    vocab = state.need_vocab()
    weights = new_weights(len(vocab), params)
    weights.pack()
    coverage = _initialise(weights, vocab, init_vectors, None)
    return state.replace(weights=weights, init_coverage=coverage)


def with_growth(
    state: ModelState,
    grown: GrownVocab,
    params: TrainParams,
    init_vectors: InitVectors | None,
) -> ModelState:
    """Make the state of a model whose vocabulary has grown.

    Parameters
    ----------
    state : ModelState
        Before; it is not changed.
    grown : GrownVocab
    params : TrainParams
    init_vectors : path or KeyedVectors, optional
        New words that it has begin with its vectors.

    Returns
    -------
    ModelState
        Weights only if there were weights before.

    Raises
    ------
    MemoryError
        If the new matrices do not fit beside the old ones.
    ValueError
        With full softmax, if there are more than 50,000 words; if vectors of
        `init_vectors` cannot be used.
    """
    before = state.need_vocab()
    cost.check(params, grown.visible_counts)
    vocab = Vocab(grown.words, grown.counts, exact=grown.exact)
    weights, coverage = state.weights, state.init_coverage
    if weights is not None:
        weights = grown_weights(weights, before.counts, grown, params)
        is_new = grown.origins >= len(before)
        coverage = _initialise(weights, vocab, init_vectors, is_new) or coverage
    noise = state.noise
    if noise is not None:
        noise = noise.after_growth(grown.origins, len(before))
    return state.replace(
        vocab=vocab, weights=weights, noise=noise, init_coverage=coverage
    )


def _initialise(
    weights: Weights,
    vocab: Vocab,
    init_vectors: InitVectors | None,
    is_new: NDArray[np.bool_] | None,
) -> Coverage | None:
    """Copy given vectors to all rows of `syn0`, or to the new ones only."""
    if init_vectors is None:
        return None
    first = vocab.first_word
    return set_rows(
        weights.syn0.vectors[first:],
        vocab.visible_words,
        vocab.visible_counts,
        init_vectors,
        None if is_new is None else is_new[first:],
    )
