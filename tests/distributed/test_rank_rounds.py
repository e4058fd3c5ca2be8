"""Deterministic training on several ranks: the bytes of one process."""

import signal

import numpy as np
import pytest
from thread_ranks import MODES, on_ranks, write_random_text

from w2vfast import Word2Vec
from w2vfast.checkpoint.folder import CheckpointFolder
from w2vfast.checkpoint.saver import Saver
from w2vfast.distributed import file_parts, limits
from w2vfast.distributed.rank_rounds import RankRounds
from w2vfast.distributed.ranks import RankError
from w2vfast.errors import SettingsError
from w2vfast.system.signals import WaitingSignals
from w2vfast.training import spans

OPTIONS = {"vector_size": 20, "min_count": 2, "deterministic": True, "epochs": 2}


@pytest.fixture(autouse=True)
def short_parts(monkeypatch):
    monkeypatch.setattr(file_parts, "LEAST_BYTES", 1 << 10)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("rounds") / "text.txt"
    sizes = {"n_words": 24_000, "n_distinct": 2000, "width": 12}
    return str(write_random_text(path, seed=7, exponent=1.4, **sizes))


def trained(size, text, **options):
    options = {**OPTIONS, **options}
    models = on_ranks(size, lambda ranks: Word2Vec(None, text, comm=ranks, **options))
    for model in models:
        if isinstance(model, Exception):
            raise model
    return models


def facts(model):
    """Everything that must be the same."""
    matrices = [model.wv.vectors, model.syn1, model.syn1neg]
    found = [matrix.tobytes() for matrix in matrices if matrix is not None]
    return found, [(stats.words, stats.loss) for stats in model.history]


@pytest.mark.parametrize("mode", MODES)
def test_any_number_of_ranks_and_workers_gives_the_bytes_of_one(text, mode):
    alone = facts(Word2Vec(None, text, workers=1, **OPTIONS, **mode))
    for size, workers in [(1, 2), (2, 1), (3, 2)]:
        for model in trained(size, text, workers=workers, **mode):
            assert facts(model) == alone


@pytest.mark.parametrize("mode", MODES)
def test_rounds_of_as_many_shards_as_in_long_texts(text, mode, monkeypatch):
    monkeypatch.setattr(spans, "SEEN_PER_ROUND", 4)  # else 600,000 tokens
    monkeypatch.setattr(spans, "SHORTEST_SHARD", 32)
    n_shards = []
    exchange = RankRounds._exchange

    def note(run):
        n_shards.append(np.diff(run._plan.bounds).max())
        exchange(run)

    monkeypatch.setattr(RankRounds, "_exchange", note)
    alone = facts(Word2Vec(None, text, workers=1, **OPTIONS, **mode))
    for size in (2, 3):
        for model in trained(size, text, workers=1, **mode):
            assert facts(model) == alone
    assert max(n_shards) == spans.SHARDS


def test_each_shard_is_trained_by_one_rank(text, monkeypatch):
    ranges = {}
    open_round = RankRounds._open_round

    def note(run, first, end):
        open_round(run, first, end)
        shards = run._shards_of(run.ranks.index)
        ranges[run.ranks.index] = list(shards)

    monkeypatch.setattr(RankRounds, "_open_round", note)
    trained(3, text, workers=1, epochs=1)
    assert [*ranges[0], *ranges[1], *ranges[2]] == list(range(16))


def test_an_error_of_one_rank_ends_all(text, monkeypatch):
    def fail(run):
        if run.ranks.index == 1:
            raise MemoryError("no room")
        close(run)

    close = RankRounds._close_round
    monkeypatch.setattr(RankRounds, "_close_round", fail)
    options = {**OPTIONS, "workers": 2}
    found = on_ranks(2, lambda ranks: Word2Vec(None, text, comm=ranks, **options))
    assert isinstance(found[0], RankError)
    assert "no room" in str(found[0])
    assert isinstance(found[1], MemoryError)


def test_other_instruction_sets_are_an_error(text, monkeypatch):
    """Else the ranks would end with different vectors."""
    names = iter(["avx2", "avx512"])

    class Core:
        INSTRUCTION_SET = property(lambda _: next(names))

    monkeypatch.setattr(limits, "_core", Core())
    options = {**OPTIONS, "workers": 1}
    for error in on_ranks(2, lambda ranks: Word2Vec(None, text, comm=ranks, **options)):
        assert isinstance(error, RankError)
        assert "has the instruction set = avx2" in str(error)
        assert "Set W2VFAST_ISA, on all machines" in str(error)


def test_more_ranks_than_shards_are_refused():
    for error in on_ranks(17, lambda ranks: Word2Vec(comm=ranks, deterministic=True)):
        assert isinstance(error, SettingsError)
        assert "It has 16 shards" in str(error)


@pytest.mark.parametrize(("before", "after"), [(2, 3), (3, 1), (1, 2)])
def test_ranks_go_on_from_a_checkpoint_with_the_same_bytes(
    text, tmp_path, monkeypatch, before, after
):
    monkeypatch.setattr(spans, "SEEN_PER_ROUND", 4)
    monkeypatch.setattr(spans, "SHORTEST_SHARD", 32)
    options = {**OPTIONS, "workers": 1, "sg": 1}
    alone = facts(Word2Vec(None, text, **options))
    options |= {"checkpoint": tmp_path, "checkpoint_every": "7kwords"}
    saved = []
    save = Saver.save

    def save_and_fail(saver, position, *, at_once):
        save(saver, position, at_once=at_once)
        saved.append(position)
        if len(saved) == 5:
            raise OSError("the machine is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Saver, "save", save_and_fail)
        with pytest.raises((OSError, RankError), match="the machine is gone"):
            trained(before, text, **options)
    assert saved[-1].epoch == 1
    assert saved[-1].next_span > 0
    for model in trained(after, text, resume=True, **options):
        assert facts(model) == alone
    for model in trained(before, text, resume=True, **options):  # it is done
        assert facts(model) == alone


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signal")
def test_a_signal_to_any_rank_pauses_all(text, tmp_path, monkeypatch):
    enter = WaitingSignals.__enter__
    entered = []

    def note(signals):
        enter(signals)
        if "SIGTERM" in signals._names:
            entered.append(signals)
            if len(entered) == 2:
                signals._noted.add(signal.SIGUSR1)
        return signals

    monkeypatch.setattr(WaitingSignals, "__enter__", note)
    options = {"checkpoint": tmp_path, "checkpoint_every": "2h", "workers": 1}
    alone = facts(Word2Vec(None, text, workers=1, **OPTIONS))
    for model in trained(2, text, **options):
        assert facts(model) == alone
    assert len(CheckpointFolder(tmp_path).names()) == 2
    assert not any(signals.has("SIGUSR1") for signals in entered)
