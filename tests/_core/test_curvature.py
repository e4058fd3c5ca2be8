"""What a worker samples of the curvature, by which merges transport changes."""

import numpy as np
import pytest
from training_helpers import alias_noise, options

from w2vfast import _core
from w2vfast.params import TrainParams
from w2vfast.training import huffman
from w2vfast.training.weights import new_weights

DIM = 20
N_WORDS = 60
CONSTANT = _core.AlphaSchedule(1e-7, 1e-7, 1e-7, epoch=0, n_epochs=1)
MODES = {
    "skip-gram": {"window": 4},
    "skip-gram, wide windows": {"window": 20},
    "pairs": {"window": 10, "pair": True},
    "CBOW": {"sg": False, "chunks": False},
    "CBOW in chunks": {"sg": False, "chunks": True},
}


@pytest.fixture(scope="module")
def ids():
    """Words of unequal frequency, in long sentences."""
    words = np.minimum(np.random.default_rng(3).geometric(0.08, 30_000), N_WORDS)
    words[::1000] = 0
    return words.astype(np.int32)


def sampling_worker(ids, strong=slice(0, 0), sign=-1, replicas=None, **changes):
    """A worker that has sampled an epoch of weights which hardly move.

    All inputs are the same row x.  Outputs and nodes are zeros, so that each of their
    sigmoids is a half, but those of the rows `strong` are far against x, or far along
    it with `sign` 1: their sigmoids are 0 or 1.
    """
    counts = np.bincount(ids).astype(np.int64)
    weights = new_weights(
        len(counts), TrainParams(vector_size=DIM, hs=1, negative=5, alpha=1e-7)
    )
    weights.syn0.vectors[1:] = 0.3
    for rows in (weights.syn1, weights.syn1neg):
        rows.vectors[strong] = sign * 100
    syn0, syn1, syn1neg = (rows.pad() for _, rows in weights)
    tree = huffman.build_tree(counts)
    paths = _core.Paths(tree.offsets, tree.points, tree.codes)
    noise = alias_noise(counts)
    model = _core.Model(syn0, syn1, syn1neg, DIM, noise=noise, paths=paths)
    settings = options(**{"sg": True, "hs": True, "negative": 5, **changes})
    worker = _core.Worker(
        model, settings, 1, replicas=replicas, sample_curvature=replicas is None
    )
    for _ in range(4):  # the first axes approach x from far away
        queue = _core.SpanQueue(_core.span_starts(ids, 2000, 1000))
        worker.train_epoch(ids, queue, 0, CONSTANT)
        for m in (1, 2):
            worker.curvature(m)
    return worker


@pytest.mark.parametrize("mode", MODES)
def test_a_band_of_rows_without_curvature_is_known(ids, mode):
    worker = sampling_worker(ids, slice(4, 8), **MODES[mode])
    for objective in (1, 2):
        scales = worker.curvature_scales(objective)
        assert scales[3] < 0.4  # of rows 4 to 7
        others = scales[[1, 2, 4]]
        np.testing.assert_allclose(others, others[0], rtol=0.1)
        assert others[0] > 1.1


@pytest.mark.parametrize("mode", ["skip-gram", "CBOW in chunks"])
def test_rows_that_have_replicas_are_of_the_same_bands(ids, mode):
    uses = np.full(6, 16, dtype=np.float32)
    plan = _core.Replicas(
        uses, uses, uses, first_period=4096, period=4096, transport=1.0
    )
    worker = sampling_worker(ids, slice(4, 8), replicas=plan, **MODES[mode])
    assert worker.n_replicated == (6, 6, 6)
    for objective in (1, 2):
        scales = worker.curvature_scales(objective)
        assert scales[3] < 0.4
        assert scales[[1, 2, 4]].min() > 1.1


def test_logits_that_are_far_wrong_have_the_curvature_of_their_way_back(ids):
    """Sigmoids of negative samples are 1; in training they pass 0.9 on the way to 0."""
    worker = sampling_worker(ids, slice(4, 8), sign=1, window=4)
    scales = worker.curvature_scales(2)
    n_draws = 5  # of outputs, beside the one that is observed
    expected = 0.9 * 0.1 / 0.25 * n_draws / (n_draws + 1)
    assert scales[3] / scales[4] == pytest.approx(expected, rel=0.25)


def test_rows_of_one_curvature_have_equal_scales(ids):
    worker = sampling_worker(ids, window=4)
    for objective in (1, 2):
        scales = worker.curvature_scales(objective)
        np.testing.assert_allclose(scales, 1, rtol=0.1)
        assert (scales[[1, 2, 3, 4]] != 1).any()


@pytest.mark.parametrize("mode", ["skip-gram", "skip-gram, wide windows"])
def test_an_output_has_the_curvature_of_all_inputs_of_a_centre_word(ids, mode):
    """Wide windows are trained in several blocks of inputs."""
    worker = sampling_worker(ids, **MODES[mode])
    square = DIM * 0.3**2
    mean_contexts = MODES[mode]["window"] + 1  # both sides of a reach from 1 to window
    for objective in (1, 2):
        trace = np.trace(worker.curvature(objective))
        assert trace == pytest.approx(0.25 * square * mean_contexts, rel=0.1)


def test_with_pairs_an_output_has_the_curvature_of_one_input(ids):
    worker = sampling_worker(ids, **MODES["pairs"])
    trace = np.trace(worker.curvature(2))
    assert trace == pytest.approx(0.25 * DIM * 0.3**2, rel=0.1)


def test_without_samples_bands_do_not_differ():
    model = _core.Model(
        *(np.zeros((4, 16), dtype=np.float32) for _ in range(3)),
        4,
        noise=alias_noise(np.ones(4, dtype=np.int64)),
    )
    worker = _core.Worker(model, options(), 1)
    np.testing.assert_array_equal(worker.curvature_scales(2), np.ones(32))
    with pytest.raises(ValueError, match="a matrix must be from 0 to 2, got 3"):
        worker.curvature_scales(3)
