"""Threads that train, and threads that ask the same vectors, do not disturb each other.

Without the GIL (free-threaded CPython) nothing but the package's own locks keeps them
apart.
"""

import sys
import sysconfig
import threading

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec

SENTENCES = [[f"w{i % 7}", f"w{i % 11}", f"w{i % 13}"] * 4 for i in range(60)]
SMALL = {"vector_size": 12, "min_count": 1, "epochs": 2, "workers": 1, "sample": 0}
MODES = [{"sg": 1}, {"mode": "exact"}, {"deterministic": True, "workers": 2}]


def run_together(*functions):
    """Run each function in a thread of its own, started at the same moment."""
    failures = []
    gate = threading.Barrier(len(functions))

    def run(function):
        gate.wait()
        try:
            function()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=[function]) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this CPython has a GIL"
)
def test_an_import_does_not_bring_the_gil_back():
    assert not sys._is_gil_enabled()


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_trainings_in_two_threads_give_what_each_gives_alone(mode):
    alone = Word2Vec(SENTENCES, **{**SMALL, **mode}).wv.vectors

    def train():
        for _ in range(3):
            together = Word2Vec(SENTENCES, **{**SMALL, **mode}).wv.vectors
            np.testing.assert_array_equal(together, alone)

    run_together(train, train)


def test_questions_from_two_threads_get_the_answers_that_one_gets():
    words = [f"w{i}" for i in range(13)]
    vectors = Word2Vec(SENTENCES, **SMALL).wv
    expected = [vectors.most_similar(word) for word in words]
    fresh = KeyedVectors(vectors.vector_size)  # nothing is computed beforehand
    fresh.add_vectors(vectors.index_to_key, vectors.vectors)

    def ask():
        for _ in range(20):
            assert [fresh.most_similar(word) for word in words] == expected

    run_together(ask, ask)


def test_vectors_may_be_asked_while_they_are_trained():
    model = Word2Vec(SENTENCES, **SMALL)
    vectors = model.wv
    finished = threading.Event()

    def train():
        try:
            model.train(SENTENCES, epochs=20)
        finally:
            finished.set()

    def ask():
        while not finished.is_set():
            assert len(vectors.most_similar("w1", topn=5)) == 5
            assert np.isfinite(vectors["w2"]).all()

    run_together(train, ask, ask)
