"""With deterministic=True any number of workers gives the same bytes."""

import contextlib
import hashlib
import threading
from itertools import islice

import numpy as np
import pytest
from helpers import POEMS
from training_helpers import run_of, sentences

from w2vfast import LineSentence, Word2Vec, _core
from w2vfast.errors import ParameterError
from w2vfast.params import TrainParams
from w2vfast.training import deterministic_run, replicas, spans
from w2vfast.training.tables import Tables

SMALL = {"vector_size": 20, "epochs": 2, "seed": 7, "sample": 1e-2, "progress": False}
SETTINGS = {
    "skip-gram, negative sampling": {"sg": 1},
    "skip-gram, samples for each pair": {"sg": 1, "negative_sharing": "pair"},
    "skip-gram, hierarchical softmax": {"sg": 1, "hs": 1, "negative": 0},
    "skip-gram, both objectives": {"sg": 1, "hs": 1},
    "CBOW, negative sampling": {"sg": 0},
    "CBOW, hierarchical softmax": {"sg": 0, "hs": 1, "negative": 0},
    "CBOW, both objectives": {"hs": 1},
    "CBOW with sums": {"sg": 0, "cbow_mean": 0, "alpha": 0.01},
    "frozen words": {"sg": 1, "freeze": ["人", "不"]},
}


@pytest.fixture(scope="module")
def poems():
    return list(islice(LineSentence(POEMS), 3000))


@pytest.fixture(scope="module")
def many_poems():
    return list(islice(LineSentence(POEMS), 20_000))


@pytest.fixture
def long_rounds(monkeypatch):
    """Rounds that the small texts of these tests would reach much later."""
    monkeypatch.setattr(spans, "SEEN_PER_ROUND", 32)
    monkeypatch.setattr(spans, "SHORTEST_SHARD", 16)


several_shards = pytest.mark.usefixtures("long_rounds")


def trained(text, workers, **settings):
    return Word2Vec(text, workers=workers, deterministic=True, **{**SMALL, **settings})


def digest(model):
    """Of all vectors and of the losses, which are sums of many workers' numbers."""
    digest = hashlib.sha256()
    for rows in (model.wv.vectors, model.syn1, model.syn1neg):
        if rows is not None:
            digest.update(np.ascontiguousarray(rows).tobytes())
    losses = [(epoch.hs_loss, epoch.ns_loss) for epoch in model.history]
    digest.update(repr(losses).encode())
    return digest.hexdigest()


@several_shards
@pytest.mark.parametrize("name", SETTINGS)
def test_any_number_of_workers_gives_the_same_bytes(poems, name):
    digests = [
        digest(trained(poems, workers, **SETTINGS[name]))
        for workers in (1, 2, 3, 5, 16, 3)
    ]
    assert len(set(digests)) == 1


@several_shards
def test_more_workers_than_shards_give_the_same_bytes(poems):
    assert digest(trained(poems, 64)) == digest(trained(poems, 1))


@several_shards
def test_another_seed_gives_other_bytes(poems):
    assert digest(trained(poems, 2)) != digest(trained(poems, 2, seed=8))


@several_shards
def test_every_kind_of_source_gives_the_same_bytes(poems, tmp_path):
    path = tmp_path / "poems.txt"
    path.write_text("".join(" ".join(line) + "\n" for line in poems), "utf-8")
    digests = {
        digest(trained(source, workers, **settings))
        for source, settings in (
            (poems, {}),
            (LineSentence(str(path)), {}),
            (None, {"corpus_file": str(path)}),
        )
        for workers in (1, 3)
    }
    assert len(digests) == 1


@several_shards
def test_integer_ids_give_the_same_bytes():
    walks = np.random.default_rng(2).integers(0, 50, (2000, 12))
    digests = {digest(trained(walks, workers, min_count=1)) for workers in (1, 2, 5)}
    assert len(digests) == 1


@several_shards
def test_a_second_training_gives_the_same_bytes(poems):
    def trained_twice(workers):
        model = trained(poems[:2000], workers)
        model.build_vocab(poems[2000:], update=True)
        model.train(poems[1000:], epochs=1)
        return digest(model)

    assert trained_twice(1) == trained_twice(3)


@several_shards
def test_initial_vectors_give_the_same_bytes(poems):
    start = trained(poems, 1).wv
    first, second = (trained(poems, n, init_vectors=start) for n in (1, 3))
    assert digest(first) == digest(second)


@several_shards
def test_frozen_vectors_do_not_change(poems):
    start = trained(poems, 1, epochs=1).wv
    model = trained(poems, 3, init_vectors=start, freeze=["人", "不"])
    for word in ("人", "不"):
        np.testing.assert_array_equal(model.wv[word], start[word])
    assert not np.array_equal(model.wv["山"], start["山"])


def test_a_saved_model_is_still_deterministic(poems, tmp_path):
    trained(poems, 2).save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").params.deterministic


@several_shards
def test_every_id_is_visited_once_an_epoch():
    ids = np.minimum(sentences(*[3, 50, 1] * 300), 99)
    run = run_of(TrainParams(vector_size=8, workers=3, deterministic=True), ids)
    assert [run.run_epoch(epoch).words for epoch in range(2)] == [len(ids)] * 2


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "frozen words"])
def test_the_loss_is_near_that_of_one_worker(many_poems, name):
    settings = {**SETTINGS[name], "epochs": 3}
    got = trained(many_poems, 2, **settings).history[-1]
    one = Word2Vec(many_poems, workers=1, **{**SMALL, **settings}).history[-1]
    for loss in ("hs_loss", "ns_loss"):
        if getattr(one, loss) is not None:
            assert getattr(got, loss) == pytest.approx(getattr(one, loss), rel=0.01)


def test_rounds_that_are_too_long_for_a_sum_do_not_diverge(many_poems, monkeypatch):
    """A round has a fourth of the ids seen before it; the sum is E = 1."""
    monkeypatch.setattr(spans, "SEEN_PER_ROUND", 4)

    def loss_with(transport):
        monkeypatch.setattr(replicas, "PATH_TRANSPORT", transport)
        settings = {"sg": 1, "hs": 1, "negative": 0, "epochs": 2}
        return trained(many_poems, 2, **settings).history[-1].hs_loss

    transported = loss_with(replicas.PATH_TRANSPORT)
    with contextlib.suppress(FloatingPointError):
        assert loss_with(0.0) > 2 * transported
    assert transported < 7.5


def test_a_word_that_is_half_of_the_text_does_no_harm_to_cbow():
    """It is several times in each window, and moves the mean so many times as far."""
    random = np.random.default_rng(5)
    topic = random.integers(0, 20, (60_000, 1))
    ids = 2 + 50 * topic + random.integers(0, 50, (60_000, 20))
    ids[random.random(ids.shape) < 0.5] = 1
    ids = np.hstack([ids, np.zeros_like(topic)]).astype(np.int32).ravel()
    losses = {}
    for deterministic in (False, True):
        params = TrainParams(
            vector_size=32, sg=0, sample=0, workers=1, deterministic=deterministic
        )
        losses[deterministic] = run_of(params, ids).run_epoch(0).loss
    assert losses[True] == pytest.approx(losses[False], rel=0.02)


def uses_of_inputs(run):
    """How often the first shard of the last round used each word as an input."""
    packed = _core.pack_shard(run._run._shards, 0)
    n_rows, first = packed[:8].view(np.int64)[0], 8 * (3 + 16)  # after ends of parts
    words, _, uses = packed[first : first + 12 * n_rows].view(np.int32).reshape(-1, 3).T
    return dict(zip(words.tolist(), uses.tolist(), strict=True))


def test_shards_count_an_input_once_for_each_context():
    """What is prefetched at the beginning of a sentence is not used by that."""
    params = TrainParams(
        **dict(vector_size=8, window=2, shrink_windows=False, sample=0),
        **dict(sg=1, deterministic=True),
    )
    run = run_of(params, np.tile(np.array([1, 2, 3, 4, 0], np.int32), 20))
    run.run_epoch(0)
    uses = uses_of_inputs(run)
    n_sentences = uses[4] // 2
    assert n_sentences > 0
    assert uses == {
        word: n * n_sentences for word, n in ((1, 2), (2, 3), (3, 3), (4, 2))
    }


def test_shards_count_repeated_inputs_as_the_plan_of_replicas_does():
    """About: the ends of the text count otherwise."""
    params = TrainParams(
        vector_size=8, window=2, shrink_windows=False, sample=0, deterministic=True
    )
    ids = np.tile(np.array([1, 1, 2, 1, 3, 1, 1, 4], np.int32), 24)
    run = run_of(params, ids)
    run.run_epoch(0)
    uses = 4.0 * np.bincount(ids)
    tables = Tables(None, None, None)
    expected = replicas.row_uses(params, uses / uses.sum(), tables, 5, 0).inputs
    got = uses_of_inputs(run)
    np.testing.assert_allclose(
        list(got.values()), expected[list(got)] * uses.sum(), rtol=0.05
    )


@several_shards
def test_the_strength_of_a_merge_is_that_of_one_update():
    """Updates are counted for each row; the learning rate is that of the round."""
    params = TrainParams(vector_size=8, workers=2, deterministic=True)
    run = run_of(params, np.minimum(sentences(*[3, 50, 1] * 300), 99))
    inner, merged = run._run, []
    begin = inner._close_round

    def close_round():
        begin()
        alpha = inner.reported_alpha(inner._ids_before / run.n_ids)
        merged.append((inner._strength, replicas.CBOW_TRANSPORT * alpha))

    inner._trained = threading.Barrier(2, close_round)
    run.run_epoch(0)
    got, expected = zip(*merged, strict=True)
    assert len(got) > 10
    assert got == pytest.approx(expected)


@pytest.mark.parametrize(
    ("settings", "updates"),
    [
        ({"sg": 1}, (1, 1.2, 1.2)),  # windows of 2 to 10 words, eight a block
        ({"sg": 1, "window": 20}, (1, 3, 3)),
        ({"sg": 1, "window": 20, "shrink_windows": False}, (1, 5, 5)),
        ({"sg": 1, "negative_sharing": "pair"}, (1, 1, 1)),
        ({}, (1, 1, 1)),  # the contexts of a mean change alike
        ({"cbow_mean": 0}, (1, 1, 1)),
        ({"cbow_gradient": "mean"}, (1 / 6, 1, 1)),
        ({"cbow_gradient": "mean", "cbow_mean": 0}, (1, 1, 1)),  # no mean to divide by
    ],
)
def test_how_many_updates_one_use_of_a_row_is_worth(settings, updates):
    params = TrainParams(**settings)
    assert deterministic_run.updates_per_use(params) == pytest.approx(updates)


@pytest.mark.parametrize(
    ("settings", "updates"),
    [
        ({"sg": 1, "window": 20}, (1, 3, 3 / 1.8)),  # 1.8 sets of samples on average
        ({"sg": 1, "window": 20, "negative_sharing": "pair"}, (1, 1, 1)),
        ({"window": 20}, (1, 1, 1)),
    ],
)
def test_a_shard_counts_outputs_once_for_each_set_of_samples(settings, updates):
    params = TrainParams(**settings)
    assert deterministic_run.updates_per_count(params) == pytest.approx(updates)


def test_a_run_stops_after_an_error_in_one_worker(monkeypatch):
    """The others wait for it at the end of a round."""

    def fail(*_):
        raise RuntimeError("in a worker")

    run = run_of(
        TrainParams(vector_size=8, workers=3, deterministic=True), sentences(50)
    )
    monkeypatch.setattr(run._run, "_trained", FailingBarrier(run._run._trained))
    with pytest.raises(RuntimeError, match="in a worker"):
        run.run_epoch(0)


class FailingBarrier:
    """Fails for the first thread that arrives."""

    def __init__(self, barrier):
        self._barrier = barrier
        self._has_failed = False

    def wait(self):
        if not self._has_failed:
            self._has_failed = True
            raise RuntimeError("in a worker")
        self._barrier.wait()

    def __getattr__(self, name):
        return getattr(self._barrier, name)


def test_missing_memory_for_a_shard_is_an_error(monkeypatch):
    """More rows than are allocated at first, in one shard."""

    def no_memory(_):
        raise MemoryError

    monkeypatch.setattr(deterministic_run, "SHARDS", 1)
    monkeypatch.setattr(spans, "SHARDS", 1)
    monkeypatch.setattr(spans, "SHORTEST_SHARD", 40_000)
    params = TrainParams(vector_size=8, workers=1, sample=0, deterministic=True)
    run = run_of(params, sentences(*[20] * 900))
    with monkeypatch.context() as within:
        within.setattr(_core, "aligned_floats", no_memory)
        with pytest.raises(MemoryError):
            run.run_epoch(0)
    assert run.run_epoch(0).words  # once there is memory again


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"mode": "exact"}, "with one thread, which exact mode uses"),
        ({"objective": "softmax"}, "workers=1, which gives the same bytes"),
    ],
)
def test_what_cannot_be_deterministic_is_refused(other, why):
    with pytest.raises(ParameterError, match=why):
        TrainParams(deterministic=True, **other)
