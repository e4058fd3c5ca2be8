"""Checkpoints of several ranks, with which any number of ranks goes on."""

import dataclasses
import os
import signal

import numpy as np
import pytest
from helpers import posix_only
from thread_ranks import merge_after, on_ranks, write_random_text

from w2vfast import Word2Vec
from w2vfast.checkpoint.folder import CheckpointFolder
from w2vfast.checkpoint.saver import SIGNALS, Saver
from w2vfast.checkpoint.storage import write_checkpoint
from w2vfast.distributed import file_parts
from w2vfast.distributed.rank_checkpoints import LENGTHS, _save_together
from w2vfast.distributed.rank_parts import RankParts
from w2vfast.distributed.ranks import OneRank, RankError
from w2vfast.system.signals import WaitingSignals
from w2vfast.training.fast_run import FastRun
from w2vfast.training.history import Losses
from w2vfast.training.position import Position

EVERY = "20kwords"
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 1, "epochs": 3, "seed": 4}
START = Position(0, 0, {}, 0, Losses(), 0, Losses(), 0.0, (), 1)


@pytest.fixture(autouse=True)
def short_times(monkeypatch):
    merge_after(1 << 12, monkeypatch)
    monkeypatch.setattr(file_parts, "LEAST_BYTES", 1 << 9)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("ranks") / "text.txt"
    return write_random_text(path, seed=5, exponent=1.5, n_words=40_000, n_distinct=300)


def trained(size, text, folder, **options):
    """Train ranks, or one process without; return the models or errors."""
    options = {**OPTIONS, "checkpoint": folder, "checkpoint_every": EVERY, **options}

    def train(ranks):
        comm = ranks if size > 1 else None
        return Word2Vec(corpus_file=str(text), comm=comm, **options)

    return on_ranks(size, train)


def models_of(results):
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


@pytest.fixture
def break_run(text, tmp_path, monkeypatch):
    """Train until some checkpoints are written; return the last, of the 2nd epoch."""

    def run(size, n_saves=3, **options):
        calls = []
        save = Saver.save

        def save_and_fail(saver, position, at_once):
            save(saver, position, at_once=at_once)
            calls.append(saver)
            if len(calls) == n_saves:
                raise OSError("the machine is gone")

        with monkeypatch.context() as patch:
            patch.setattr(Saver, "save", save_and_fail)
            for error in trained(size, text, tmp_path / "c", **options):
                assert "the machine is gone" in str(error)
        found = CheckpointFolder(tmp_path / "c").newest()[1]
        assert found.position.epoch == 1
        return found

    return run


@pytest.fixture
def visits(monkeypatch, text):
    """Count how often each word of the text is visited in the rest of an epoch."""
    counts = {}
    tasks = FastRun.tasks

    def note(run, epoch, queue):
        if (id(run), epoch) not in counts:
            rest = run._ids[run._starts[queue.next_span] :]
            counts[id(run), epoch] = np.bincount(rest, minlength=400)
        return tasks(run, epoch, queue)

    monkeypatch.setattr(FastRun, "tasks", note)

    def of_epoch(epoch):
        return sum(found for (_, number), found in counts.items() if number == epoch)

    return of_epoch


@pytest.mark.parametrize(("before", "after"), [(2, 3), (3, 2), (2, 1), (1, 2)])
def test_another_number_of_ranks_trains_each_token_once(
    text, tmp_path, before, after, break_run, request
):
    found = break_run(before)
    done = found.position.ids - found.position.ids_before
    assert 0 < done < 44_000
    visits = request.getfixturevalue("visits")  # from now on
    models = models_of(trained(after, text, tmp_path / "c", resume=True))
    assert visits(1).sum() == 44_000 - done
    whole = visits(2)
    assert whole.sum() == 44_000
    assert (visits(1) <= whole).all()
    for model in models:
        np.testing.assert_array_equal(model.wv.vectors, models[0].wv.vectors)
        assert [epoch.words for epoch in model.history] == [44_000] * 3
    # On so short a text one rank learns more in its first epoch than two.
    losses = [epoch.loss for epoch in models[0].history]
    unbroken = models_of(trained(2, text, tmp_path / "d"))[0]
    assert losses == pytest.approx([e.loss for e in unbroken.history], rel=0.1)


@pytest.mark.parametrize("size", [1, 2])
def test_a_run_may_be_broken_twice(text, tmp_path, size, break_run):
    break_run(size)
    break_run(3 - size, n_saves=1, resume=True)
    for model in models_of(trained(3, text, tmp_path / "c", resume=True)):
        assert [epoch.words for epoch in model.history] == [44_000] * 3


def test_pieces_of_parts_that_are_done_come_first():
    ids = np.arange(100, 118, dtype=np.int32)
    parts = RankParts(np.array([0, 2, 5]), np.array([5, 6, 7]))
    done = np.array([5, 0, 2, 0, 0, 7])
    moved, order, n_done = parts.done_first(ids, done)
    assert n_done == 14
    assert order.tolist() == [*range(100, 107), *range(111, 118), *range(107, 111)]
    np.testing.assert_array_equal(moved.done(n_done, 6), done)
    np.testing.assert_array_equal(moved.done(n_done + 3, 6), [5, 0, 5, 0, 0, 7])
    again, order, n_done = moved.done_first(order, np.array([5, 0, 3, 0, 0, 0]))
    assert n_done == 8
    assert order.tolist() == [*range(100, 108), *range(111, 118), *range(108, 111)]
    assert sum(again.lengths) == 18


def test_the_newest_checkpoint_is_described_once(text, tmp_path, monkeypatch):
    models_of(trained(2, text, tmp_path))
    found = []
    newest = CheckpointFolder.newest

    def note(folder, *, whole=True):
        found.append(whole)
        return newest(folder, whole=whole)

    monkeypatch.setattr(CheckpointFolder, "newest", note)
    model = Word2Vec(checkpoint=tmp_path, resume=True, **OPTIONS)
    model.build_vocab(corpus_file=str(text))
    model.train(corpus_file=str(text))
    assert found == [False, True]  # then it is read as a whole


def test_a_run_that_is_done_is_not_trained_again(text, tmp_path):
    first = models_of(trained(2, text, tmp_path))[0]
    names = CheckpointFolder(tmp_path).names()
    for size in (3, 1):
        for model in models_of(trained(size, text, tmp_path, resume=True)):
            np.testing.assert_array_equal(model.wv.vectors, first.wv.vectors)
            assert model.history == first.history
    assert CheckpointFolder(tmp_path).names() == names


def test_other_texts_and_folders_are_errors_of_all_ranks(text, tmp_path, break_run):
    folder = tmp_path / "c"
    break_run(2)
    for error in trained(2, text, folder):
        assert "has checkpoints of an earlier run" in str(error)
    lines = text.read_text().splitlines(keepends=True)
    other = tmp_path / "text.txt"
    other.write_text("".join([*lines[:-2], lines[-1], lines[-2]]))
    for error in trained(3, other, folder, resume=True):
        assert isinstance(error, (ValueError, RankError))
        assert "the text is as long, but has other words" in str(error)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signal")
def test_a_signal_to_any_rank_brings_a_checkpoint(text, tmp_path, monkeypatch):
    enter = WaitingSignals.__enter__

    def noted(signals):
        enter(signals)
        if "SIGTERM" in signals._names:
            entered.append(signals)
            if len(entered) == 2:
                signals._noted.add(signal.SIGUSR1)
        return signals

    entered = []
    monkeypatch.setattr(WaitingSignals, "__enter__", noted)
    models_of(trained(2, text, tmp_path, checkpoint_every="2h"))
    assert len(CheckpointFolder(tmp_path).names()) == 2
    assert not any(signals.has("SIGUSR1") for signals in entered)


class Arrived(Exception):
    """Raised by the handler of a program."""


@posix_only
def test_a_rank_ends_by_the_sigterm_of_another_rank():
    def arrive(number, frame):
        raise Arrived

    before = signal.signal(signal.SIGTERM, arrive)
    try:
        with WaitingSignals(SIGNALS) as signals, pytest.raises(Arrived):
            _save_together(OneRank(), None, signals, START, ends=True)
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.filterwarnings("ignore:.*have given the same")
def test_sentences_of_ranks_need_as_many_ranks(tmp_path):
    def train(ranks, **options):
        own = [list("abcde")] * 2000
        folder = {"checkpoint": tmp_path, "checkpoint_every": "1words"}
        return Word2Vec(
            own, comm=ranks, **{**OPTIONS, "epochs": 1, **folder, **options}
        )

    models_of(on_ranks(2, train))
    models_of(on_ranks(2, lambda ranks: train(ranks, resume=True)))
    for error in on_ranks(3, lambda ranks: train(ranks, resume=True)):
        assert "the text had 24,000 words" in str(error)
    assert os.listdir(tmp_path)


@pytest.mark.parametrize(
    "lengths",
    [
        np.array("many"),
        np.array(44_000),
        np.array([44_000.0]),
        np.array([50_000, -6_000]),
    ],
)
def test_lengths_of_parts_that_are_none_are_damage(text, tmp_path, lengths):
    trained(2, text, tmp_path)
    folder = CheckpointFolder(tmp_path)
    path, found = folder.newest()
    arrays = {**found.arrays, LENGTHS: np.array(lengths)}
    changed = dataclasses.replace(found, arrays=arrays)
    for name in folder.names():
        os.rename(tmp_path / name, tmp_path / f"old-{name}")
    write_checkpoint(path, changed)
    (error,) = trained(1, text, tmp_path, resume=True)
    assert isinstance(error, ValueError)
    assert path in str(error)
