"""Training on several ranks, which are threads here."""

import pickle
import threading
import time

import numpy as np
import pytest
from thread_ranks import MODES, merge_after, on_ranks

from w2vfast import KeyedVectors, StopTraining, Word2Vec
from w2vfast.distributed import cpus, merge_times, rank_trainer
from w2vfast.distributed.merge_times import MergeSchedule
from w2vfast.distributed.rank_trainer import RankTrainer
from w2vfast.distributed.ranks import RankError
from w2vfast.text.sources import IdCorpus
from w2vfast.training.replicas import PATH_TRANSPORT
from w2vfast.training.trainer import Trainer

OPTIONS = {"vector_size": 24, "min_count": 1, "sample": 0, "workers": 1}


def topics(n_sentences, n_topics=10):
    """Sentences whose words are of one topic, or common to all."""
    rng = np.random.default_rng(5)
    topic = rng.integers(0, n_topics, n_sentences)
    own = 20 + 40 * topic[:, None] + np.minimum(rng.zipf(1.4, (n_sentences, 12)), 39)
    common = np.minimum(rng.zipf(1.6, (n_sentences, 12)), 19)
    return np.where(rng.random((n_sentences, 12)) < 0.4, common, own)


SENTENCES = topics(20_000)


@pytest.fixture(autouse=True)
def frequent_merges(monkeypatch):
    merge_after(1 << 12, monkeypatch)


def trained(size, sentences=SENTENCES, memory_floats=None, **options):
    def train(ranks):
        own = IdCorpus(sentences[ranks.index :: size])
        return Word2Vec(own, comm=ranks, **{**OPTIONS, **options})

    return on_ranks(size, train, memory_floats=memory_floats)


def before_merges(monkeypatch, note):
    """Let `note` have what each rank's merges are called with."""
    merge_matrices = rank_trainer.merge_matrices

    def noted(*given):
        note(*given)
        merge_matrices(*given)

    monkeypatch.setattr(rank_trainer, "merge_matrices", noted)


@pytest.mark.parametrize(
    ("size", "memory_floats"), [(2, None), (3, None), (3, 1 << 12)]
)
@pytest.mark.parametrize("mode", MODES)
def test_ranks_end_with_the_same_vectors_and_learn_as_one(mode, size, memory_floats):
    one = trained(1, epochs=2, **mode)[0]
    models = trained(size, epochs=2, memory_floats=memory_floats, **mode)
    for model in models:
        assert not isinstance(model, Exception), model
        np.testing.assert_array_equal(model.wv.vectors, models[0].wv.vectors)
        assert [epoch.words for epoch in model.history] == [
            epoch.words for epoch in one.history
        ]
    losses = [model.history[-1].loss for model in (one, models[0])]
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


def test_one_rank_has_the_bytes_of_a_training_without_ranks():
    alone = Word2Vec(IdCorpus(SENTENCES[:500]), **OPTIONS)
    one = trained(1, SENTENCES[:500])[0]
    np.testing.assert_array_equal(one.wv.vectors, alone.wv.vectors)


@pytest.mark.filterwarnings("ignore:.*have given the same")
def test_ranks_draw_different_random_numbers(monkeypatch):
    """Else they would learn the same of the same text."""
    before = {}
    merge = RankTrainer.merge

    def merge_and_keep(trainer, number, epoch, levels):
        vectors = trainer.weights.syn0.vectors.copy()
        before.setdefault((number, epoch), []).append(vectors)
        merge(trainer, number, epoch, levels)

    monkeypatch.setattr(RankTrainer, "merge", merge_and_keep)
    same = np.repeat(SENTENCES[:200], 2, axis=0)
    trained(2, same)
    first, second = before[min(before)]
    assert np.abs(first - second).max() > 1e-3


def test_the_estimate_of_memory_has_the_rows_at_the_last_merge():
    models = on_ranks(2, lambda ranks: Word2Vec(comm=ranks, **OPTIONS))
    alone = Word2Vec(**OPTIONS).estimate_memory(1000)
    found = models[1].estimate_memory(1000)
    assert found["bases"] == alone["syn0"] + alone["syn1neg"]
    assert found["total"] == alone["total"] + found["bases"]


def test_a_copy_trains_alone():
    model = trained(2, SENTENCES[:500])[0]
    copied = pickle.loads(pickle.dumps(model))
    copied.train(IdCorpus(SENTENCES[:500]), epochs=1)
    assert len(copied.history) == len(model.history) + 1


@pytest.mark.parametrize(
    ("allowed", "workers"),
    [
        ([{0, 1, 2, 3, 4, 5}] * 3, 2),  # three ranks share six CPUs
        ([{0, 1}, {2, 3}, {4, 5}], 2),  # each is bound to its own
        ([{0}, {0}, {0}], 1),
    ],
)
def test_ranks_of_a_machine_share_its_cpus(allowed, workers, monkeypatch):
    own = threading.local()
    monkeypatch.setattr(cpus, "_allowed_cpus", lambda: own.cpus)
    monkeypatch.setattr(cpus, "usable_cpus", lambda: len(own.cpus))
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    def count(ranks):
        own.cpus = allowed[ranks.index]
        return cpus.workers_of(ranks, None)

    assert on_ranks(3, count) == [workers] * 3


# ---- errors --------------------------------------------------------------------------


def messages(results):
    assert all(isinstance(error, Exception) for error in results), results
    return [str(error) for error in results]


def test_an_error_of_one_rank_ends_all():
    class Fails:
        def on_epoch_end(self, model):
            raise OSError("disk is full")

    def train(ranks):
        hooks = [Fails()] if ranks.index == 1 else []
        own = IdCorpus(SENTENCES[ranks.index :: 3])
        return Word2Vec(own, comm=ranks, callbacks=hooks, epochs=3, **OPTIONS)

    found = on_ranks(3, train)
    assert isinstance(found[1], OSError)
    for k in (0, 2):
        assert isinstance(found[k], RankError)
        assert "disk is full" in str(found[k])


def test_a_vector_of_one_rank_that_is_not_finite_is_an_error_on_all():
    class Breaks:
        def on_epoch_begin(self, model):
            model.wv.vectors[1:40] = np.nan

    def train(ranks):
        hooks = [Breaks()] if ranks.index == 1 else []
        own = IdCorpus(SENTENCES[ranks.index : 200 : 2])
        return Word2Vec(own, comm=ranks, callbacks=hooks, **OPTIONS)

    for error in on_ranks(2, train):
        assert isinstance(error, FloatingPointError), error
        assert "Lower alpha" in str(error)


def test_ranks_with_other_settings_are_an_error_that_names_them():
    def train(ranks):
        own = IdCorpus(SENTENCES[ranks.index :: 2])
        return Word2Vec(own, comm=ranks, **OPTIONS, window=5 + ranks.index)

    for message in messages(on_ranks(2, train)):
        assert "window = 5" in message
        assert "window = 6" in message


def test_ranks_that_begin_with_other_vectors_are_an_error():
    """Else they would end with different vectors."""
    start = KeyedVectors(["a"], np.ones((1, 24), dtype=np.float32))

    def train(ranks):
        given = {"init_vectors": start} if ranks.index == 0 else {}
        return Word2Vec([list("abcab")] * 9, comm=ranks, **OPTIONS, **given)

    for message in messages(on_ranks(2, train)):
        assert "has the vectors at the start = checksum" in message


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ([{"noise_weights": [1, 2, 3]}, {}], "the noise weights"),
        ([{"freeze": ["a"]}, {"freeze": ["b"]}], "the frozen words"),
    ],
)
def test_ranks_that_train_other_rows_are_an_error(own, name):
    def train(ranks):
        text = [list("abcab")] * 9
        return Word2Vec(text, comm=ranks, **OPTIONS, **own[ranks.index])

    for message in messages(on_ranks(2, train)):
        assert f"has {name} = checksum" in message


def test_arguments_of_train_that_differ_are_an_error():
    def train(ranks):
        model = Word2Vec(comm=ranks, **OPTIONS)
        model.build_vocab(IdCorpus(SENTENCES[:100]))
        return model.train(start_alpha=0.01 * (1 + ranks.index))

    for message in messages(on_ranks(2, train)):
        assert "alpha = 0.01" in message
        assert "alpha = 0.02" in message


def test_a_chosen_seed_is_that_of_all_ranks():
    models = trained(2, SENTENCES[:100], seed=None)
    assert models[0].seed == models[1].seed


@pytest.mark.filterwarnings("ignore:.*have given the same")
def test_only_one_rank_may_name_its_workers():
    def train(ranks):
        workers = {**OPTIONS, "workers": 3 if ranks.index == 1 else None}
        return Word2Vec(IdCorpus(SENTENCES[:100]), comm=ranks, **workers)

    models = on_ranks(2, train)
    assert models[1].workers == 3
    np.testing.assert_array_equal(models[0].wv.vectors, models[1].wv.vectors)


def test_a_hook_of_one_rank_stops_all():
    class Stop:
        def on_epoch_end(self, model):
            raise StopTraining

    def train(ranks):
        hooks = [Stop()] if ranks.index == 1 else []
        own = IdCorpus(SENTENCES[ranks.index : 100 : 2])
        return Word2Vec(own, comm=ranks, callbacks=hooks, epochs=3, **OPTIONS)

    assert [len(model.history) for model in on_ranks(2, train)] == [1, 1]


def test_another_rank_is_the_last_at_the_end_of_each_epoch(monkeypatch):
    found = []
    merge_matrices = rank_trainer.merge_matrices

    def note(ranks, matrices, curvatures, merge):
        if ranks.index == 0:
            found.append(merge.last)
        merge_matrices(ranks, matrices, curvatures, merge)

    monkeypatch.setattr(rank_trainer, "merge_matrices", note)
    trained(3, SENTENCES[:100], epochs=3)
    assert set(found) == {0, 1, 2}  # each epoch has one merge


@pytest.mark.parametrize(
    ("size", "mode", "transport"),
    [
        (2, {"sg": 0}, 0.7),
        (3, {"sg": 0}, 1.5),
        (2, {"sg": 1}, 0.8),
        (2, {"sg": 0, "hs": 1, "negative": 0}, PATH_TRANSPORT),
    ],
)
def test_changes_are_transported_as_far_as_is_best_for_the_mode(
    size, mode, transport, monkeypatch
):
    strengths = []
    before_merges(monkeypatch, lambda *given: strengths.append(given[-1].strength))
    rates = {"alpha": 0.05, "min_alpha": 0.05}
    trained(size, SENTENCES[:600], epochs=1, **rates, **mode)
    assert {round(found, 9) for found in strengths} == {round(transport * 0.05, 9)}


@pytest.mark.parametrize(("sg", "n_merges", "first_level"), [(0, 3, 8), (1, 5, 16)])
def test_a_schedule_says_when_and_how_many_rows_are_merged(
    sg, n_merges, first_level, monkeypatch
):
    monkeypatch.setattr(merge_times, "OFTEN", MergeSchedule(1000, 16))
    monkeypatch.setattr(merge_times, "SELDOM", MergeSchedule(2000, 8))
    found = []

    def note(ranks, matrices, curvatures, merge):
        if ranks.index == 0:
            found.append(matrices["syn0"].ends[0])

    before_merges(monkeypatch, note)
    trained(2, SENTENCES[:350], sg=sg, epochs=1)  # 4,550 ids with the ends of sentences
    assert found == [first_level] * n_merges


def test_another_rank_is_the_last_in_each_merge_of_as_many_rows(monkeypatch):
    found = {}

    def note(ranks, matrices, curvatures, merge):
        if ranks.index == 0:
            found.setdefault(merge.n_levels, []).append(merge.last)

    before_merges(monkeypatch, note)
    merge_after(200, monkeypatch)
    trained(2, SENTENCES[:200], epochs=1)
    assert found[1][:3] == found[2][:3] == [0, 1, 0]


def test_the_curvature_is_exchanged_at_first_and_then_after_enough_ids(monkeypatch):
    exchanged, merged = [], []
    mean_curvatures = rank_trainer.mean_curvatures
    merge_matrices = rank_trainer.merge_matrices

    def exchange(ranks, *arguments):
        if ranks.index == 0:
            exchanged.append(len(merged))
        return mean_curvatures(ranks, *arguments)

    def merge(ranks, *arguments):
        if ranks.index == 0:
            merged.append(arguments)
        merge_matrices(ranks, *arguments)

    monkeypatch.setattr(rank_trainer, "mean_curvatures", exchange)
    monkeypatch.setattr(rank_trainer, "merge_matrices", merge)
    monkeypatch.setattr(merge_times, "FIRST_EXCHANGES", 3)
    merge_after(200, monkeypatch)
    monkeypatch.setattr(merge_times, "CURVATURE_IDS", 800)
    trained(2, SENTENCES[:200], epochs=1)  # 2,600 ids with the ends of sentences
    assert exchanged == [0, 1, 2, 6, 10]
    assert len(merged) == 13


def test_ranks_have_short_spans_to_pause_between(monkeypatch):
    longest = []

    def note(trainer, *arguments):
        longest.append(np.diff(trainer.starts).max())
        merge(trainer, *arguments)

    merge = RankTrainer.merge
    monkeypatch.setattr(RankTrainer, "merge", note)
    monkeypatch.setattr("w2vfast.training.spans.SPANS_WANTED", 1)
    trained(2, epochs=1)
    assert 4000 <= max(longest) < 4000 + 13  # ids of a sentence


def test_an_epoch_takes_as_long_as_its_merges(monkeypatch):
    merge = RankTrainer.merge

    def slow_merge(trainer, number, epoch, levels):
        time.sleep(0.3)
        merge(trainer, number, epoch, levels)

    monkeypatch.setattr(RankTrainer, "merge", slow_merge)
    model = trained(2, SENTENCES[:100], epochs=1)[0]
    assert model.history[0].seconds > 0.3


def test_a_rank_that_cannot_begin_ends_all(monkeypatch):
    """The others wait for it where they hear of its error."""
    begin = Trainer.__init__

    def fail(trainer, given):
        if len(given.ids) < 100:
            raise MemoryError("buffers")
        begin(trainer, given)

    monkeypatch.setattr(Trainer, "__init__", fail)

    def train(ranks):
        own = IdCorpus(SENTENCES[: 5 + 95 * ranks.index])
        return Word2Vec(own, comm=ranks, **OPTIONS)

    found = on_ranks(2, train)
    assert isinstance(found[0], MemoryError)
    assert "buffers" in str(found[1])


def test_a_wrong_argument_of_one_rank_ends_all():
    def make(ranks):
        return Word2Vec(comm=ranks, vector_size=10 - 10 * ranks.index)

    found = on_ranks(2, make)
    assert isinstance(found[0], RankError)
    assert "'vector_size', 0" in str(found[0])
    assert isinstance(found[1], ValueError)


def test_a_rank_without_words_is_an_error_on_all():
    def train(ranks):
        own = [["a", "b"]] if ranks.index == 0 else []
        return Word2Vec(own, comm=ranks, **OPTIONS)

    found = messages(on_ranks(2, train))
    assert all("holds no words" in message for message in found)


@pytest.mark.parametrize(
    ("setting", "remedy"),
    [
        ({"mode": "exact"}, "The C program trains in one process"),
        ({"objective": "softmax", "negative": 0}, "Use negative sampling"),
        ({"max_vocab_size": 100}, "Use max_final_vocab"),
    ],
)
def test_settings_for_one_process_are_refused(setting, remedy):
    for message in messages(on_ranks(2, lambda ranks: Word2Vec(comm=ranks, **setting))):
        assert "there are 2" in message
        assert remedy in message
    Word2Vec(comm=None, **setting)


def test_what_is_no_communicator_is_an_error():
    with pytest.raises(TypeError, match=r"MPI\.COMM_WORLD, or None, got 4 \(int\)"):
        Word2Vec(comm=4)


def test_the_same_sentences_on_all_ranks_are_a_warning():
    def train(ranks):
        return Word2Vec(
            IdCorpus(SENTENCES[:200]), comm=ranks, **{**OPTIONS, "epochs": 1}
        )

    with pytest.warns(UserWarning, match="have given the same 2,600 tokens"):
        on_ranks(2, train)
    trained(2, SENTENCES[:200], epochs=1)
