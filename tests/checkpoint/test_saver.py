"""When checkpoints are written, and what happens if they cannot be."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from helpers import posix_only, run_python

from w2vfast import CallbackAny2Vec, Word2Vec
from w2vfast.checkpoint import saver as saver_module
from w2vfast.checkpoint.folder import CheckpointFolder

RNG = np.random.default_rng(5)
SENTENCES = [[f"w{w}" for w in RNG.zipf(1.6, 12) if w < 300] for _ in range(1500)]
SETTINGS = {"vector_size": 8, "min_count": 1, "workers": 1, "epochs": 3}
EVERY_FEW = "5kwords"


def train(path, every=EVERY_FEW, **changes):
    options = {**SETTINGS, "checkpoint": path, "checkpoint_every": every, **changes}
    return Word2Vec(SENTENCES, **options)


@pytest.fixture
def plain():
    """The vectors of a training without checkpoints."""
    return Word2Vec(SENTENCES, **SETTINGS).wv.vectors


@pytest.fixture
def added(monkeypatch):
    """The checkpoints that are written, in order."""
    found, add = [], CheckpointFolder.add

    def record(folder, checkpoint):
        found.append(checkpoint)
        return add(folder, checkpoint)

    monkeypatch.setattr(CheckpointFolder, "add", record)
    return found


class At(CallbackAny2Vec):
    """Calls a function before an epoch."""

    def __init__(self, epoch, call):
        self.epoch, self.call = epoch, call

    def on_epoch_begin(self, model):
        if len(model.history) == self.epoch:
            self.call()


def test_words_lie_between_checkpoints_also_across_epochs(tmp_path, added, plain):
    model = train(tmp_path, "20kwords")
    done = [checkpoint.position.ids for checkpoint in added]
    n_ids = model.history[0].words
    assert np.diff(done)[:-1] == pytest.approx(20_000, abs=3000)
    assert done[-1] == 3 * n_ids
    assert [checkpoint.finished for checkpoint in added] == [False] * 2 + [True]
    np.testing.assert_array_equal(model.wv.vectors, plain)


def test_time_lies_between_checkpoints(tmp_path, added, plain):
    pause = At(1, lambda: time.sleep(0.3))
    model = train(tmp_path, "0.2s", callbacks=[pause])
    due_at_its_begin = [c for c in added if c.position.epoch == 1]
    assert due_at_its_begin[0].position.next_span == 0
    assert added[-1].finished
    np.testing.assert_array_equal(model.wv.vectors, plain)


def test_a_short_run_has_only_the_last_one(tmp_path, added):
    train(tmp_path, "10min")
    assert [checkpoint.finished for checkpoint in added] == [True]


def test_training_goes_on_while_a_checkpoint_is_written(tmp_path, monkeypatch):
    goes_on, seen = threading.Event(), []

    def slow(folder, checkpoint):
        if not checkpoint.finished and not seen:
            before = checkpoint.weights["syn0"].copy(), len(checkpoint.history)
            seen.append(goes_on.wait(20))
            np.testing.assert_array_equal(checkpoint.weights["syn0"], before[0])
            assert len(checkpoint.history) == before[1] == 0
        return "slow"

    monkeypatch.setattr(CheckpointFolder, "add", slow)
    train(tmp_path, "15kwords", callbacks=[At(1, goes_on.set)])
    assert seen == [True]


def test_without_memory_for_a_copy_the_weights_are_written_in_the_pause(
    tmp_path, monkeypatch, added, plain
):
    monkeypatch.setattr(saver_module, "available_memory", lambda: 0)
    monkeypatch.setattr(saver_module, "start_thread", None)
    model = train(tmp_path)
    np.testing.assert_array_equal(model.wv.vectors, plain)
    assert len(added) > 3
    found = CheckpointFolder(tmp_path).newest()[1]
    np.testing.assert_array_equal(found.weights["syn0"][1:], plain)


def test_without_a_thread_the_weights_are_written_in_the_pause(
    tmp_path, added, plain, monkeypatch
):
    def no_thread(_):
        raise MemoryError

    monkeypatch.setattr(saver_module, "start_thread", no_thread)
    model = train(tmp_path)
    np.testing.assert_array_equal(model.wv.vectors, plain)
    assert len(added) > 3


def test_a_failure_is_a_warning_and_training_goes_on(tmp_path, monkeypatch, plain):
    add, numbers = CheckpointFolder.add, iter(range(100))

    def full_from_the_third_on(folder, checkpoint):
        if next(numbers) >= 2:
            raise OSError(28, "No space left on device", folder.path)
        return add(folder, checkpoint)

    monkeypatch.setattr(CheckpointFolder, "add", full_from_the_third_on)
    with pytest.warns(UserWarning, match="could not be written: .*No space") as found:
        model = train(tmp_path)
    assert len(found) > 3
    np.testing.assert_array_equal(model.wv.vectors, plain)
    names = CheckpointFolder(tmp_path).names()
    assert names == ["checkpoint-000001", "checkpoint-000002"]


FULL_DISK = """
    import resource, sys
    from w2vfast import CallbackAny2Vec, Word2Vec

    class Full(CallbackAny2Vec):
        def on_epoch_end(self, model):
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))  # [bytes]

    sentences = [[f"w{k % 37}" for k in range(n, n + 9)] for n in range(3000)]
    options = {"vector_size": 64, "min_count": 1, "workers": 1, "epochs": 2}
    options.update(checkpoint=sys.argv[1], checkpoint_every="10kwords")
    model = Word2Vec(sentences, callbacks=[Full()], **options)
    assert len(model.history) == 2
"""


@posix_only
def test_on_a_full_disk_training_goes_on_and_the_last_good_ones_stay(tmp_path):
    done = run_python(FULL_DISK, arguments=[str(tmp_path)])
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stderr
    assert "the checkpoints before it are kept" in done.stderr
    folder = CheckpointFolder(tmp_path)
    assert sorted(os.listdir(tmp_path)) == folder.names()
    position = folder.newest()[1].position
    assert position.epoch == 0
    assert position.ids >= 10_000


@posix_only
def test_sigusr1_brings_a_checkpoint_and_training_goes_on(tmp_path, added, plain):
    before = signal.getsignal(signal.SIGUSR1)
    ask = At(1, lambda: signal.raise_signal(signal.SIGUSR1))
    model = train(tmp_path, "1h", callbacks=[ask])
    assert [(c.position.epoch, c.finished) for c in added] == [(1, False), (3, True)]
    np.testing.assert_array_equal(model.wv.vectors, plain)
    assert signal.getsignal(signal.SIGUSR1) is before


@posix_only
@pytest.mark.parametrize("epoch", [0, 2])
def test_sigterm_brings_a_checkpoint_before_it_acts(tmp_path, epoch, plain):
    class Terminated(Exception):
        pass

    def terminate(number, frame):
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        end = At(epoch, lambda: signal.raise_signal(signal.SIGTERM))
        with pytest.raises(Terminated):
            train(tmp_path, "1h", callbacks=[end])
        assert signal.getsignal(signal.SIGTERM) is terminate
    finally:
        signal.signal(signal.SIGTERM, before)
    found = CheckpointFolder(tmp_path).newest()[1]
    assert (found.position.epoch, found.finished) == (epoch, False)
    model = train(tmp_path, "1h", resume=True)
    np.testing.assert_array_equal(model.wv.vectors, plain)


def test_a_training_on_another_thread_has_checkpoints_too(tmp_path, added):
    thread = threading.Thread(target=train, args=(tmp_path,))
    thread.start()
    thread.join()
    assert len(added) > 3


@pytest.fixture
def ctrl_c():
    """Ctrl-C raises an exception, also where a shell has switched it off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    press = [os.getpid(), signal.SIGINT]  # interrupts the main thread
    timer = threading.Timer(0.2, os.kill, press)
    yield timer.start
    timer.cancel()
    signal.signal(signal.SIGINT, before)


@posix_only
@pytest.mark.parametrize("n_times", [1, 2])
def test_ctrl_c_while_a_checkpoint_is_written(tmp_path, monkeypatch, ctrl_c, n_times):
    """Once, it is written to its end; twice, it is abandoned."""
    sync, begun = os.fsync, []

    def sync_slowly(descriptor):
        begun.append(descriptor)
        time.sleep(0.2)
        sync(descriptor)

    def interrupt():
        while not begun:
            time.sleep(0.001)
        if n_times == 2:
            ctrl_c()
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", sync_slowly)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, "18kwords", epochs=9, callbacks=[At(1, interrupt)])
    assert len(os.listdir(tmp_path)) == 2 - n_times


@posix_only
def test_ctrl_c_while_training_waits_for_a_checkpoint(tmp_path, monkeypatch, ctrl_c):
    sync = os.fsync

    def sync_slowly(descriptor):
        time.sleep(0.2)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync_slowly)
    ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, "2kwords", epochs=9)
    assert os.listdir(tmp_path) == ["checkpoint-000001"]
