"""Weights, tables and settings in the form that the kernels take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from w2vfast import _core
from w2vfast.training.sampling import AliasTable, StepTable

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.tables import Tables
    from w2vfast.training.weights import Weights

SHORT_TEXT = 20_000  # ids; every loss of a shorter text is computed
# A worker's pool of negative samples serves at least POOL_CENTRES centre words: twice
# as many as a word has contexts, up to FAR_POOL_CENTRES, or as many.
POOL_CENTRES, FAR_POOL_CENTRES = 12, 24
MOST_POOL_SETS = 120


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
    return max(POOL_CENTRES, min(2 * contexts, FAR_POOL_CENTRES), contexts)


def pool_sets(params: TrainParams) -> int:
    """Return how many sets of `negative` samples a worker's pool holds.

    In skip-gram a word with more contexts than may share a set needs several.
    """
    n_sets = -(-params.mean_contexts // _core.MAX_SHARING) if params.sg else 1
    return min(n_sets * pool_centres(params), MOST_POOL_SETS)


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
