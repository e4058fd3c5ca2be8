"""Which output layer answers a question: the tree's or the output vectors'."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast.prediction.probabilities import Softmax, TreeSoftmax

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.state import ModelState

OUTPUT_WEIGHTS = ("syn1", "syn1neg")


def output_rows(
    state: ModelState, params: TrainParams, needed_by: str
) -> NDArray[np.float32]:
    """Return the output vectors of a model.

    Parameters
    ----------
    state : ModelState
        With weights.
    params : TrainParams
    needed_by : str
        What the message says needs them.

    Returns
    -------
    ndarray of float32, shape (V, D)
        A view of the model's matrix.

    Raises
    ------
    RuntimeError
        If the model has none; the message says why.
    """
    rows = state.syn1neg
    if rows is not None:
        return rows
    if params.hs and not params.negative:
        message = (
            f"{needed_by} needs output vectors of words, and this model has none: it "
            "was trained by hierarchical softmax alone (hs=1, negative=0), whose "
            "output weights belong to inner nodes of a tree, not to words. Train "
            "with negative=5, beside hs=1 or instead of it."
        )
    else:
        message = (
            f"{needed_by} needs output vectors of words, and this model was loaded "
            "without its output weights (syn1neg). Load a folder that "
            "Word2Vec.save wrote, or train again."
        )
    raise RuntimeError(message)


def output_layer(
    state: ModelState,
    params: TrainParams,
    weights: str | None = None,
    noise: bool | None = None,
) -> Softmax | TreeSoftmax:
    """Choose the output layer of a model.

    Parameters
    ----------
    state : ModelState
        With weights.
    params : TrainParams
    weights : {"syn1", "syn1neg"}, optional
        By default what the model has; of both "syn1", unless `noise` is True.
    noise : bool, optional
        Weight the softmax by the noise distribution; None: if the model was trained
        by negative sampling.

    Returns
    -------
    Softmax or TreeSoftmax

    Raises
    ------
    ValueError
        If `weights` is not one of these.
    RuntimeError
        If the model does not have these weights, or no noise distribution.
    """
    if weights is not None and weights not in OUTPUT_WEIGHTS:
        message = f"weights must be 'syn1', 'syn1neg' or None, got {weights!r}."
        raise ValueError(message)
    nodes = state.syn1
    if weights == "syn1" or (weights is None and nodes is not None and not noise):
        return _tree_layer(state, nodes, noise)
    rows = output_rows(state, params, "weights='syn1neg'")
    if noise and not params.negative:
        message = (
            "noise=True needs a model with negative sampling, and this one was "
            "trained with negative=0. Leave noise out."
        )
        raise RuntimeError(message)
    if noise or (noise is None and params.negative):
        return Softmax(rows, log_noise(state, params))
    return Softmax(rows)


def _tree_layer(
    state: ModelState, nodes: NDArray[np.float32] | None, noise: bool | None
) -> TreeSoftmax:
    if nodes is None:
        message = (
            "weights='syn1' needs a model with hierarchical softmax (hs=1), and this "
            "one has none. Leave weights out."
        )
        raise RuntimeError(message)
    if noise:
        message = (
            "noise=True can be used with weights='syn1neg', not with 'syn1': "
            "hierarchical softmax draws no noise. Leave noise out."
        )
        raise RuntimeError(message)
    return TreeSoftmax(nodes, state.word_paths)


def log_noise(state: ModelState, params: TrainParams) -> NDArray[np.float64]:
    """Return the log of the noise distribution.

    Parameters
    ----------
    state : ModelState
    params : TrainParams

    Returns
    -------
    ndarray of float64, shape (V,)
        log of the probability with which a negative sample is each word; -inf for a
        word that is never drawn.
    """
    counts, weights = state.need_vocab().visible_counts, state.noise_weights
    if weights is not None:
        shares = weights / weights.max()
    else:
        shares = np.zeros(len(counts))
        seen = np.flatnonzero(counts > 0)
        shares[seen] = (counts[seen] / counts.max()) ** params.ns_exponent
    shares /= shares.sum()
    if params.exact:
        # C draws any other word instead of row 0, all with the same probability.
        shares[1:] += shares[0] / (len(shares) - 1)
        shares[0] = 0
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(shares), np.float64)
