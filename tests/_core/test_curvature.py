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
FEWER_IDS = 3_000  # enough where each has many contexts
CONSTANT = _core.AlphaSchedule(1e-7, 1e-7, 1e-7, epoch=0, n_epochs=1)
MODES = {
    "skip-gram": {"window": 4},
    "skip-gram, wide windows": {"window": 20},
    "pairs": {"window": 10, "pair": True},
    "CBOW": {"sg": False},
}
SLOW_WINDOW = 10  # from which on fewer ids are enough


@pytest.fixture(scope="module")
def ids():
    """Words of unequal frequency, in long sentences."""
    words = np.minimum(np.random.default_rng(3).geometric(0.08, 20_000), N_WORDS)
    words[::1000] = 0
    return words.astype(np.int32)


def model_of(ids, strong=slice(0, 0), sign=-1):
    """A model whose inputs are all the same row x, and hardly move.

    Outputs and nodes are zeros, so that each of their sigmoids is a half, but those of
    the rows `strong` are far against x, or far along it with `sign` 1: their sigmoids
    are 0 or 1.
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
    return _core.Model(syn0, syn1, syn1neg, DIM, noise=noise, paths=paths)


def options_of(**changes):
    return options(**{"sg": True, "hs": True, "negative": 5, **changes})


def sampling_worker(ids, strong=slice(0, 0), sign=-1, replicas=None, **changes):
    """A worker that has sampled an epoch of the weights of `model_of`."""
    if changes.get("window", 0) >= SLOW_WINDOW:
        ids = ids[:FEWER_IDS]
    worker = _core.Worker(
        model_of(ids, strong, sign),
        options_of(**changes),
        1,
        replicas=replicas,
        sample_curvature=replicas is None,
    )
    for _ in range(4):  # the first axes approach x from far away
        queue = _core.SpanQueue(_core.span_starts(ids, 2000, 1000))
        worker.train_epoch(ids, queue, 0, CONSTANT)
        for m in (1, 2):
            worker.curvature(m)
    return worker


def scales_of_shards(ids, span_length, strong, **changes):
    """What the shards of one round find of the bands of `syn1` and `syn1neg`."""
    if changes.get("window", 0) >= SLOW_WINDOW:
        ids = ids[: 2 * FEWER_IDS]  # for several shards
    model = model_of(ids, strong)
    starts = _core.span_starts(ids, span_length, 1000)
    n_shards = len(starts) - 1
    shards = _core.Shards(model, n_shards, (1.0, 1.0, 1.0), 0)
    worker = _core.Worker(model, options_of(**changes), 1, shards=shards)
    queue = _core.SpanQueue(starts)
    worker.train_round(ids, queue, np.arange(n_shards), 0, CONSTANT, 0)
    shards.close_round(queue)
    state = shards.state
    n_axes = (state.shape[1] - 4 - 3 * 32) // (2 * DIM + 1)
    first = 4 + n_axes + 2 * 32  # behind what bands are computed from
    return state[1:, first : first + 32]


@pytest.mark.statistical
@pytest.mark.parametrize("mode", MODES)
def test_a_band_of_rows_without_curvature_is_known(ids, mode):
    worker = sampling_worker(ids, slice(4, 8), **MODES[mode])
    for objective in (1, 2):
        scales = worker.curvature_scales(objective)
        assert scales[3] < 0.4  # of rows 4 to 7
        others = scales[[1, 2, 4]]
        np.testing.assert_allclose(others, others[0], rtol=0.1)
        assert others[0] > 1.1


@pytest.mark.statistical
@pytest.mark.parametrize("mode", ["skip-gram", "CBOW"])
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


@pytest.mark.parametrize("mode", MODES)
def test_shards_know_the_bands_of_words_not_of_their_own_rows(ids, mode):
    """A shard numbers its rows as it touches them, the same words otherwise."""
    for scales in scales_of_shards(ids, 2000, slice(4, 8), **MODES[mode]):
        assert scales[3] < 0.4  # of rows 4 to 7
        others = scales[[1, 2, 4]]
        np.testing.assert_allclose(others, others[0], rtol=0.1)
        assert others[0] > 1.1


def test_a_shard_of_several_blocks_of_rows_knows_the_bands():
    """Rows are allocated in blocks of 16,384, each at an address of its own."""
    n_words = 40_000
    words = np.random.default_rng(4).permutation(np.arange(1, n_words + 1))
    ids = np.insert(words, range(500, n_words, 500), 0).astype(np.int32)
    strong = slice(1 << 14, 1 << 15)
    scales = scales_of_shards(ids, len(ids), strong, hs=False, window=4)[1]
    assert scales[15] < 0.2
    np.testing.assert_allclose(scales[[13, 14, 16]], scales[14], rtol=0.2)
    assert scales[14] > 1.4


@pytest.mark.statistical
@pytest.mark.parametrize("sign", [1, -1], ids=["negative samples", "observed outputs"])
def test_logits_that_are_far_wrong_have_the_curvature_of_their_way_back(ids, sign):
    """The sigmoid of a negative sample is 1; in training it passes 0.9 on its way to 0.

    That of an observed output is 0, and passes 0.1 on its way to 1.  The other half of
    the outputs is right, and has no curvature.
    """
    worker = sampling_worker(ids, slice(4, 8), sign=sign, window=4, negative=1)
    scales = worker.curvature_scales(2)
    expected = 0.9 * 0.1 / 0.25 / 2
    assert scales[3] / scales[4] == pytest.approx(expected, rel=0.25)


@pytest.mark.statistical
def test_rows_of_one_curvature_have_equal_scales(ids):
    worker = sampling_worker(ids, window=4)
    for objective in (1, 2):
        scales = worker.curvature_scales(objective)
        np.testing.assert_allclose(scales, 1, rtol=0.1)
        assert (scales[[1, 2, 3, 4]] != 1).any()


@pytest.mark.statistical
@pytest.mark.parametrize("mode", ["skip-gram", "skip-gram, wide windows"])
def test_an_output_has_the_curvature_of_all_inputs_of_a_centre_word(ids, mode):
    """Wide windows are trained in several blocks of inputs."""
    worker = sampling_worker(ids, **MODES[mode])
    square = DIM * 0.3**2
    mean_contexts = MODES[mode]["window"] + 1  # both sides of a reach from 1 to window
    for objective in (1, 2):
        trace = np.trace(worker.curvature(objective))
        assert trace == pytest.approx(0.25 * square * mean_contexts, rel=0.1)


@pytest.mark.statistical
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
