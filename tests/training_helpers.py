"""Small texts, kernel objects and training runs for the tests of the trainer."""

import numpy as np

from w2vfast import _core
from w2vfast.training import sampling
from w2vfast.training.run_input import RunInput
from w2vfast.training.tables import build_tables
from w2vfast.training.trainer import Trainer
from w2vfast.training.weights import Rows, new_weights

OPTIONS = {
    "sg": True,
    "hs": False,
    "softmax": False,
    "negative": 2,
    "window": 2,
    "reach_stride": 1,
    "shrink_windows": True,
    "cbow_mean": True,
    "pair": False,
    "pool_sets": 12,
    "divide_gradient": False,
    "all_losses": False,
    "max_sentence_length": 1000,
}


def options(**changes):
    return _core.Options(**{**OPTIONS, **changes})


def schedule(alpha=0.025, epoch=0, n_epochs=1):
    """Decay from alpha to 0, but not below 1e-6."""
    return _core.AlphaSchedule(alpha, 0.0, 1e-6, epoch=epoch, n_epochs=n_epochs)


def sentences(*lengths):
    """Ids 1, 2, 3 ... in sentences of these lengths."""
    words = iter(range(1, sum(lengths) + 1))
    return np.array(
        [w for n in lengths for w in [*(next(words) for _ in range(n)), 0]],
        dtype=np.int32,
    )


def alias_noise(counts):
    return _core.AliasNoise(sampling.noise_sampler(counts).entries)


def kernel_model(n_rows, dim=4):
    """A skip-gram model with negative sampling whose weights are zeros."""
    syn0, syn1neg = (Rows.zeros(n_rows, dim).pad() for _ in range(2))
    noise = alias_noise(np.ones(n_rows, dtype=np.int64))
    return _core.Model(syn0, None, syn1neg, dim, noise=noise)


def run_of(params, ids, n_rows=None):
    """A trainer of new weights for these ids."""
    counts = np.maximum(np.bincount(ids, minlength=n_rows or 1), 1).astype(np.int64)
    weights = new_weights(len(counts), params)
    tables = build_tables(counts, params, None, None)
    return Trainer(RunInput(weights, ids, tables, params, int(counts.sum())))
