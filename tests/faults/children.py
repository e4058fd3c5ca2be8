"""Trainings in forked and spawned processes, in threads, and when the program ends.

    python tests/faults/children.py SCENE FOLDER

The scenes are those of `SCENES`.  Ends with status 0, and prints nothing, if all is as
it should be.
"""

import hashlib
import sys
import threading
import time
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from w2vfast import KeyedVectors, Word2Vec

LINES = [[f"w{(i * j) % 311}" for j in range(1, 9)] for i in range(2000)]
SMALL = {"vector_size": 8, "min_count": 1, "epochs": 1, "progress": False}
MODES = {"fast": {}, "exact": {"mode": "exact"}, "same": {"deterministic": True}}
ENDLESS = 10**6  # epochs


def digest(mode):
    model = Word2Vec(LINES, workers=1, **{**SMALL, **MODES[mode]})
    model.wv.most_similar("w1")
    return hashlib.sha256(model.wv.vectors.tobytes()).hexdigest()


def digest_of_more(model):
    """Train a model that another process made, on several threads."""
    model.train(LINES, epochs=1)
    return len(model.history)


def in_processes(method, folder):
    """Train in two processes, while a thread of this one trains, and after it."""
    expected = [digest(mode) for mode in MODES]
    model = Word2Vec(LINES, workers=2, **SMALL)
    endless = started_model("fast", workers=2)
    context = get_context(method)
    with context.Pool(2) as pool:
        assert pool.map(digest, MODES) == expected
        assert pool.map(digest_of_more, [model, model]) == [2, 2]
    assert endless.is_alive()


def started_model(mode, workers=1, **settings):
    """Train without end in a daemon thread; return the thread once it trains."""
    begun = threading.Event()
    settings = {**SMALL, "epochs": ENDLESS, **MODES[mode], **settings}
    model = Word2Vec(callbacks=[Begun(begun)], workers=workers, **settings)
    model.build_vocab(LINES)
    thread = threading.Thread(target=model.train, daemon=True)
    thread.start()
    begun.wait()
    return thread


class Begun:
    def __init__(self, event):
        self.event = event

    def on_epoch_end(self, model):
        del model
        self.event.set()


def exit_while_training(folder):
    """End the program while daemon threads train and write checkpoints."""
    often = {"checkpoint": folder / "c", "checkpoint_every": "20kwords"}
    threads = [started_model("exact"), started_model("same", workers=2)]
    threads += [started_model("fast", workers=2, **often)]
    time.sleep(0.1)
    assert all(thread.is_alive() for thread in threads)


def in_threads(folder):
    """Train several models at once; each is as if it were alone."""
    expected = {mode: digest(mode) for mode in MODES}
    found = []
    work = [partial(lambda mode: found.append((mode, digest(mode))), m) for m in MODES]
    threads = [threading.Thread(target=each) for each in work * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([*expected.items()] * 2)


def write_often(path, value, n_times):
    vectors = np.full((500, 8), value, np.float32)
    held = KeyedVectors([f"w{n}" for n in range(500)], vectors)
    for _ in range(n_times):
        held.save(path)


def writers(folder):
    """Let three processes save to one name while this one reads it."""
    context = get_context("spawn")
    for name in ("v.bin", "v"):
        path = folder / name
        write_often(path, 0, 1)
        processes = [
            context.Process(target=write_often, args=(path, value, 20))
            for value in range(3)
        ]
        for process in processes:
            process.start()
        while any(process.is_alive() for process in processes):
            assert len(np.unique(KeyedVectors.load(path).vectors)) == 1
        assert [process.exitcode for process in processes] == [0] * 3
    assert sorted(entry.name for entry in folder.iterdir()) == ["v", "v.bin"]


SCENES = {
    **{name: partial(in_processes, name) for name in ("fork", "spawn", "forkserver")},
    "exit": exit_while_training,
    "threads": in_threads,
    "writers": writers,
}

if __name__ == "__main__":
    SCENES[sys.argv[1]](Path(sys.argv[2]))
