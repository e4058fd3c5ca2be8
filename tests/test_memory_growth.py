"""A process that trains again and again keeps no memory, thread or file of a training.

A leak grows in every round of trainings, so the least growth of a round counts.  One
object a training is noticed.  `W2VFAST_TRAININGS=300` trains so often in each way, and
notices leaks of fewer bytes of C.
"""

import ctypes
import gc
import logging
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from w2vfast import CallbackAny2Vec, KeyedVectors, Word2Vec

ROUNDS = 3
A_ROUND = max(2, int(os.environ.get("W2VFAST_TRAININGS", "6")) // ROUNDS)
WARM_ROUNDS = 2  # import, fill caches, and free what was needed for that
# CPython 3.10 makes two blocks for each function that was called 1,024 times, which one
# function or another is in most rounds.  With 3.12, glibc keeps a few kilobytes more in
# many rounds of checkpoints.
MOST_ROUNDS = 40 if sys.version_info < (3, 13) else 2 * ROUNDS
# What glibc keeps for threads and at the edges of freed blocks was up to 200 bytes a
# training; the smallest table of words in C has thousands.
C_BYTES = 1024

IDS = np.random.default_rng(1).zipf(1.5, (20, 12)) % 20
LISTS = [[f"w{word}" for word in row] for row in IDS]
SMALL = {"vector_size": 8, "min_count": 1, "sample": 0, "epochs": 2, "workers": 2}
EXACT = {"mode": "exact", "workers": 1}
DETERMINISTIC = {"deterministic": True}
MODES = {
    "skip-gram": {"sg": 1},
    "skip-gram, hierarchical softmax": {"sg": 1, "hs": 1, "negative": 0},
    "skip-gram, full softmax": {"sg": 1, "objective": "softmax"},
    "skip-gram, samples for each pair": {"sg": 1, "negative_sharing": "pair"},
    "CBOW": {"sg": 0},
    "CBOW, hierarchical softmax": {"sg": 0, "hs": 1, "negative": 0},
    "CBOW, full softmax": {"sg": 0, "objective": "softmax"},
    "exact, skip-gram": {"sg": 1, **EXACT},
    "exact, CBOW, hierarchical softmax": {"hs": 1, "negative": 0, **EXACT},
    "deterministic, skip-gram": {"sg": 1, **DETERMINISTIC},
    "deterministic, CBOW, both": {"hs": 1, **DETERMINISTIC},
}


class Broken(CallbackAny2Vec):
    """Raises an exception after the first epoch."""

    def on_epoch_end(self, model):
        raise ZeroDivisionError


class Interrupted(CallbackAny2Vec):
    """Presses Ctrl-C a moment after training has begun."""

    def on_train_begin(self, model):
        threading.Timer(0.005, signal.raise_signal, [signal.SIGINT]).start()


def train(data=LISTS, **options):
    return Word2Vec(data, **{**SMALL, "progress": False, **options})


def break_off(**options):
    with pytest.raises(ZeroDivisionError):
        train(callbacks=[Broken()], **options)


def interrupt(**options):
    with pytest.raises(KeyboardInterrupt):
        train(callbacks=[Interrupted()], epochs=10**6, **options)


def train_with_checkpoints(folder, **options):
    options = {"checkpoint": folder, "checkpoint_every": "100words", **options}
    with pytest.raises(ZeroDivisionError):
        train(callbacks=[Broken()], **options)
    train(resume=True, **options)
    train(resume=True, **options)


def save_and_load(folder):
    train().save(folder / "model")
    model = Word2Vec.load(folder / "model")
    model.train(LISTS)
    for name in ["vectors.txt", "vectors.bin"]:
        model.wv.save(folder / name)
        KeyedVectors.load(folder / name).most_similar("w1")


def train_on_a_file(folder):
    path = Path(folder, "text")
    path.write_text("".join(" ".join(words) + "\n" for words in LISTS))
    train(None, corpus_file=path)


ROUTES = {
    **{name: lambda _, mode=mode: train(**mode) for name, mode in MODES.items()},
    "an array": lambda _: train(IDS),
    "a file": train_on_a_file,
    "checkpoints": train_with_checkpoints,
    "checkpoints, exact": lambda folder: train_with_checkpoints(folder, **EXACT),
    "saved, loaded, trained on": save_and_load,
    "broken off": lambda _: break_off(),
    "broken off, exact": lambda _: break_off(**EXACT),
    "broken off, deterministic": lambda _: break_off(**DETERMINISTIC),
    "interrupted": lambda _: interrupt(),
    "interrupted, exact": lambda _: interrupt(**EXACT),
    "interrupted, deterministic": lambda _: interrupt(**DETERMINISTIC),
}


class HeapInfo(ctypes.Structure):
    """Glibc's `struct mallinfo2`."""

    _fields_ = [
        *((name, ctypes.c_size_t) for name in ["arena", "ordblks", "smblks", "hblks"]),
        *((name, ctypes.c_size_t) for name in ["hblkhd", "usmblks", "fsmblks"]),
        *((name, ctypes.c_size_t) for name in ["uordblks", "fordblks", "keepcost"]),
    ]


def find_mallinfo2():
    """Return the function of glibc, or None where the C library is another."""
    if sys.platform != "linux":
        return None
    mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo2 is not None:
        mallinfo2.restype = HeapInfo
    return mallinfo2


MALLINFO2 = find_mallinfo2()


def heap_bytes():
    """Return the bytes that C code holds, 0 where the C library cannot tell."""
    if MALLINFO2 is None:
        return 0
    heap = MALLINFO2()
    return heap.uordblks + heap.hblkhd


def open_files():
    return len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0


def held():
    """Return what the process holds: Python objects, bytes of C, threads, files."""
    clear_lookups()
    gc.collect()
    return np.array(
        [sys.getallocatedblocks(), heap_bytes(), threading.active_count(), open_files()]
    )


def clear_lookups():
    """Empty CPython's cache of 4,096 attribute lookups, which keeps their names.

    NumPy makes a new string for each lookup, so that hundreds of trainings fill it.
    """
    newer = getattr(sys, "_clear_internal_caches", None)
    (newer or sys._clear_type_cache)()


def is_leak(growth):
    objects, c_bytes, threads, files = growth
    return objects >= A_ROUND or c_bytes >= A_ROUND * C_BYTES or threads or files


def least_growth(route, folder):
    """Return the smallest growth of a round; a leak grows in every one."""
    least = np.full(len(held()), np.iinfo(np.int64).max)
    for number in range(WARM_ROUNDS + MOST_ROUNDS):
        before = held()
        for _ in range(A_ROUND):
            # Of the same name each time: pathlib keeps the names of folders.
            folder.mkdir()
            route(folder)
            shutil.rmtree(folder)
        growth = held() - before
        # Fewer objects: what an earlier test held was freed, which would hide a leak.
        if number < WARM_ROUNDS or growth[0] <= -A_ROUND:
            continue
        least = np.minimum(least, growth)
        if not is_leak(least):
            break
    return least


@pytest.fixture(autouse=True)
def no_messages(monkeypatch):
    """Stop pytest from keeping every message of the log."""
    monkeypatch.setattr(logging.getLogger("w2vfast"), "propagate", False)


@pytest.fixture(autouse=True)
def ctrl_c():
    """Let Ctrl-C raise an exception, also where a shell has switched it off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# Coverage keeps memory of its own for what it traces.
pytestmark = pytest.mark.skipif(
    sys.gettrace() is not None, reason="a tracer, such as coverage, keeps objects"
)


@pytest.mark.parametrize("route", ROUTES)
def test_repeated_trainings_keep_nothing(route, tmp_path):
    growth = least_growth(ROUTES[route], tmp_path / "folder")
    assert not is_leak(growth), "objects, bytes of C, threads, files: " + str(growth)


@pytest.mark.skipif(
    not sys.getallocatedblocks(), reason="PYTHONMALLOC=malloc: blocks are not counted"
)
def test_a_leak_of_one_object_a_training_is_noticed(tmp_path):
    leaked = []
    held_until_the_third_round = [object() for _ in range(1000)]

    def leak(_):
        train()
        leaked.append(object())
        if len(leaked) > WARM_ROUNDS * A_ROUND:
            held_until_the_third_round.clear()

    objects, *_ = least_growth(leak, tmp_path / "folder")
    assert objects >= A_ROUND
