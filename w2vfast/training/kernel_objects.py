"""Weights, tables and settings in the form that the kernels take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from w2vfast import _core
from w2vfast.training.sampling import AliasTable, StepTable

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.tables import Tables
    from w2vfast.training.weights import Weights

SHORT_TEXT = 20_000  # ids; every loss of a shorter text is computed
# A worker's pool of negative samples serves at least POOL_CENTRES centre words: twice
# as many as a word has contexts, up to FAR_POOL_CENTRES, or as many, up to the last.
POOL_CENTRES, FAR_POOL_CENTRES, MOST_POOL_CENTRES = 12, 24, 120
MOST_POOL_SETS = 10_000  # more are in no cache, and windows are not as wide as `window`


def kernel_model(weights: Weights, tables: Tables, dim: int) -> _core.Model:
    """Pass the arrays of weights, which are padded, and of tables.

    Parameters
    ----------
    weights : Weights
        INOUT
    tables : Tables
    dim : int
        D.

    Returns
    -------
    _core.Model
    """
    noise: _core.Noise | None = None
    if isinstance(tables.noise, AliasTable):
        noise = _core.AliasNoise(tables.noise.entries)
    elif isinstance(tables.noise, StepTable):
        step = tables.noise
        noise = _core.StepNoise(step.last, step.guide, step.shift)
    paths = None
    if tables.tree is not None:
        tree = tables.tree
        paths = _core.Paths(tree.offsets, tree.points, tree.codes)
    return _core.Model(
        weights.syn0.pad(),
        None if weights.syn1 is None else weights.syn1.pad(),
        None if weights.syn1neg is None else weights.syn1neg.pad(),
        dim,
        keep=tables.keep,
        noise=noise,
        paths=paths,
        frozen=tables.frozen,
    )


def pool_centres(params: TrainParams) -> int:
    """Return how many centre words a worker's pool of negative samples serves.

    About so many centre words lie between two uses of a sample.  Where they share many
    contexts, it would be pushed away from these again and again.  But in a larger pool
    more samples leave the cache before they are used again.
    """
    contexts = params.mean_contexts
    found = max(POOL_CENTRES, min(2 * contexts, FAR_POOL_CENTRES), contexts)
    return min(found, MOST_POOL_CENTRES)


def mean_parts(params: TrainParams, most: int) -> float:
    """Return into how many parts of skip-gram's windows go, on average in a sentence.

    Parameters
    ----------
    params : TrainParams
    most : int
        Contexts of a part, an even number.
    """
    n, side = params.window, most // 2
    whole, rest = divmod(n, side)
    if not params.shrink_windows:
        return whole + (rest > 0)
    # The sum over reaches from 1 to n of ceil(reach / side).
    return (side * whole * (whole + 1) / 2 + rest * (whole + 1)) / n


def sample_sets(params: TrainParams) -> float:
    """Return how many sets of negative samples a centre word has, on average.

    1 with samples for each pair, of which none is shared.
    """
    if not params.sg or params.negative_sharing == "pair":
        return 1.0
    return mean_parts(params, _core.MAX_SHARING)


def pool_sets(params: TrainParams) -> int:
    """Return how many sets of `negative` samples a worker's pool holds."""
    return min(math.ceil(pool_centres(params) * sample_sets(params)), MOST_POOL_SETS)


def kernel_options(params: TrainParams, n_ids: int) -> _core.Options:
    """Pass the settings of a run over `n_ids` ids an epoch."""
    return _core.Options(
        sg=params.sg,
        hs=params.hs,
        softmax=params.objective == "softmax",
        negative=params.negative,
        window=params.window,
        reach_stride=params.reaches.step,
        shrink_windows=params.shrink_windows,
        cbow_mean=params.cbow_mean,
        pair=params.negative_sharing == "pair",
        pool_sets=pool_sets(params),
        divide_gradient=params.cbow_gradient == "mean",
        all_losses=params.compute_loss or n_ids < SHORT_TEXT,
        max_sentence_length=params.max_sentence_length,
    )
