"""Arrays that do not fit each other are refused before a pointer is made of them."""

import numpy as np
import pytest
from training_helpers import alias_noise, kernel_model, options, schedule, sentences

from w2vfast import _core
from w2vfast.training import huffman, sampling
from w2vfast.training.weights import Rows

V, D = 6, 5
COUNTS = np.arange(9, 3, -1)
GUIDE = np.zeros(6, np.int32)


def matrix(n_rows=V, dim=D):
    return Rows.zeros(n_rows, dim).pad()


def paths(n_rows=V):
    return _core.Paths(*huffman.build_tree(np.arange(n_rows + 3, 3, -1)))


def step_noise(counts=COUNTS):
    return _core.StepNoise(*sampling.c_noise_sampler(counts))


def model(syn0=None, syn1=None, syn1neg=None, dim=D, **tables):
    return _core.Model(matrix() if syn0 is None else syn0, syn1, syn1neg, dim, **tables)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"syn0": matrix(0)}, "syn0 must be of 1 to"),
        ({"syn0": np.zeros((V, D), np.float32)}, "padded to a multiple of 16"),
        ({"dim": 17}, "rows of syn0 must be padded .* holds 17"),
        ({"dim": 0}, "holds 0"),
        ({"syn1": matrix(V - 1)}, r"syn1 must be of shape \(6, 16\)"),
        ({"syn1neg": matrix(V - 1)}, r"syn1neg must be of shape \(6, 16\)"),
        ({"syn1neg": matrix(V, 20)}, r"syn1neg must be of shape \(6, 16\)"),
        ({"keep": np.zeros(V - 1, np.uint32)}, "keep must be of length 6"),
        ({"frozen": np.zeros(V - 1, np.uint8)}, "frozen must be of length 6"),
        ({"noise": alias_noise(COUNTS[1:])}, "alias table must be of length 6"),
        ({"noise": step_noise(COUNTS[1:])}, "step table must be of length 6"),
        ({"paths": paths(V - 1)}, "paths must be of length 6"),
    ],
)
def test_a_model_of_parts_that_do_not_fit_is_refused(parts, reason):
    with pytest.raises(ValueError, match=reason):
        model(**parts)


@pytest.mark.parametrize("parts", [{"syn1": np.zeros((V, 16))}, {"syn0": "rows"}])
def test_a_matrix_of_another_type_is_refused(parts):
    with pytest.raises((ValueError, TypeError)):
        model(**parts)


def test_inner_nodes_beyond_the_matrix_are_refused():
    tree = huffman.build_tree(COUNTS)
    far = _core.Paths(tree.offsets, tree.points + np.int32(V), tree.codes)
    with pytest.raises(ValueError, match=r"inner node must be in \[0, 6\)"):
        model(syn1=matrix(), paths=far)


@pytest.mark.parametrize(
    ("offsets", "n_codes", "reason"),
    [
        ([0, 2, 3], 4, "codes must be of length 3"),
        ([0, 2, 4], 3, "offset of a path must be in"),
        ([-1, 2, 3], 3, "offset of a path must be in"),
        ([0, 2, 1], 3, "ascending"),
    ],
)
def test_paths_that_leave_their_arrays_are_refused(offsets, n_codes, reason):
    points, codes = np.zeros(3, np.int32), np.zeros(n_codes, np.uint8)
    with pytest.raises(ValueError, match=reason):
        _core.Paths(np.array(offsets), points, codes)


def test_an_alias_beyond_the_words_is_refused():
    entries = np.full((V, 2), V, np.uint32)
    with pytest.raises(ValueError, match=r"alias must be in \[0, 6\)"):
        model(noise=_core.AliasNoise(entries))
    with pytest.raises(ValueError, match="two columns"):
        model(noise=_core.AliasNoise(entries[:, :1].copy()))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"last": np.arange(V, dtype=np.uint32)}, "last step must be 99999999"),
        ({"guide": np.zeros(2, np.int32)}, "guide must be longer"),
        ({"guide": GUIDE + 99}, r"guide must be in \[0, 6\)"),
        ({"shift": 32}, "shift must be in"),
    ],
)
def test_a_step_table_in_which_a_draw_finds_no_word_is_refused(change, reason):
    table = sampling.c_noise_sampler(COUNTS)._replace(**change)
    with pytest.raises(ValueError, match=reason):
        model(noise=_core.StepNoise(*table))


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"hs": True, "negative": 0}, "syn1 and paths"),
        ({"negative": 2}, "syn1neg and the noise"),
        ({"negative": 0, "softmax": True}, "full softmax"),
    ],
)
def test_objectives_need_their_matrices(wanted, reason):
    without = model()
    with pytest.raises(ValueError, match=reason):
        _core.Worker(without, options(**wanted), 1)
    with pytest.raises(ValueError, match=reason):
        _core.ExactWorker(without, options(**wanted), 0.025, 1, 10)


def test_negative_sampling_needs_two_rows():
    single = model(matrix(1), syn1neg=matrix(1), noise=step_noise(COUNTS[:1]))
    with pytest.raises(ValueError, match="two rows for negative sampling"):
        _core.ExactWorker(single, options(), 0.025, 1, 10)


def test_each_mode_needs_its_own_noise():
    fast = model(syn1neg=matrix(), noise=alias_noise(COUNTS))
    exact = model(syn1neg=matrix(), noise=step_noise())
    with pytest.raises(ValueError, match="noise of its mode"):
        _core.ExactWorker(fast, options(), 0.025, 1, 10)
    with pytest.raises(ValueError, match="noise of its mode"):
        _core.Worker(exact, options(), 1)


@pytest.mark.parametrize(
    "wrong", [{"window": 0}, {"negative": -1}, {"max_sentence_length": 0}]
)
def test_sizes_below_the_least_are_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be in"):
        options(**wrong)


@pytest.mark.parametrize("starts", [[0, 99], [-1, 3], []])
def test_spans_beyond_the_ids_are_refused(starts):
    queue = _core.SpanQueue(np.array(starts, np.int64))
    worker = _core.Worker(kernel_model(V), options(), 1)
    with pytest.raises(ValueError, match="start"):
        worker.train_epoch(sentences(3), queue, 0, schedule())


@pytest.mark.parametrize(("first", "longest"), [(0, 1), (2, 1)])
def test_periods_of_merges_that_are_empty_or_shrink_are_refused(first, longest):
    rows = np.ones(1, np.float32)
    with pytest.raises(ValueError, match=r"first_period must be in \[1, period\]"):
        _core.Replicas(
            rows, rows, rows, first_period=first, period=longest, transport=1
        )


@pytest.mark.parametrize("function", [_core.pack_rows, _core.pad_rows])
def test_rows_shorter_than_the_dimension_are_not_moved(function):
    with pytest.raises(ValueError, match="holds 17"):
        function(matrix(), 17)


def test_rows_shorter_than_the_dimension_are_not_filled():
    with pytest.raises(ValueError, match="holds 17"):
        _core.init_vectors(matrix(), 17, 1, 0.5)
    with pytest.raises(ValueError, match="holds 17"):
        _core.init_vectors_exact(matrix(), 17)


@pytest.mark.parametrize(
    ("classes", "centroids", "reason"),
    [
        (np.zeros(3, np.int32), np.zeros((2, D), np.float32), "classes must be of len"),
        (np.zeros(V, np.int32), np.zeros((2, 4), np.float32), "centroids must be of"),
        (np.full(V, 2, np.int32), np.zeros((2, D), np.float32), r"class must be in"),
    ],
)
def test_classes_that_do_not_fit_are_refused(classes, centroids, reason):
    vectors = np.zeros((V, D), np.float32)
    with pytest.raises(ValueError, match=reason):
        _core.kmeans_centroids(vectors, classes, centroids)
