"""Workers visit every id once, stop when asked, and cut the stream at sentence ends."""

import functools
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_helpers import kernel_model, options, schedule, sentences

from w2vfast import _core
from w2vfast.system.threads import run_threads

TEXTS = {
    "one sentence": sentences(1),
    "many short sentences": sentences(*[1, 3, 7] * 700),
    "empty sentences in between": sentences(*[0, 5, 0, 0, 2] * 300),
    "one long line": sentences(7777),
    "lines that are cut": sentences(1000, 2000, 999, 1001),
    "no end": sentences(900, 2500)[:-1],
    "a single word": np.array([1], dtype=np.int32),
    "sentence ends only": np.zeros(5000, dtype=np.int32),
}
MODES = {"skip-gram": {}, "CBOW": {"sg": False}}


@pytest.mark.parametrize("n_workers", range(1, 6))
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("mode", MODES)
def test_each_epoch_visits_every_id_exactly_once(text, n_workers, mode):
    ids = TEXTS[text]
    n_rows = max(4, ids.max() + 1)
    model = kernel_model(n_rows)
    trained = options(**MODES[mode])
    workers = [
        _core.Worker(model, trained, 1, count_visits=True) for _ in range(n_workers)
    ]
    starts = _core.span_starts(ids, 100, 1000)
    for epoch in range(2):
        queue = _core.SpanQueue(starts)
        job = (ids, queue, epoch, schedule(epoch=epoch, n_epochs=2))
        tasks = [functools.partial(worker.train_epoch, *job) for worker in workers]
        run_threads(tasks, queue.stop, lambda: None)
        visits = np.sum([worker.visits for worker in workers], axis=0)
        expected = (epoch + 1) * np.bincount(ids, minlength=n_rows)
        np.testing.assert_array_equal(visits, expected)
    assert sum(worker.counters.ids for worker in workers) == 2 * len(ids)


@pytest.mark.parametrize("lengths", [[9] * 500, [4500]], ids=["lines", "one line"])
def test_a_text_without_line_ends_is_trained_like_one_with_lines(lengths):
    ids = sentences(*lengths)
    worker = _core.Worker(kernel_model(4501), options(), 1, count_visits=True)
    queue = _core.SpanQueue(_core.span_starts(ids, 100, 1000))
    worker.train_epoch(ids, queue, 0, schedule())
    np.testing.assert_array_equal(worker.visits[1:], 1)


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=40),
    st.integers(1, 50),
    st.integers(2, 20),
)
def test_spans_are_runs_of_whole_sentences(lengths, span_length, max_sentence_length):
    ids = sentences(*lengths)
    starts = _core.span_starts(ids, span_length, max_sentence_length)
    ends = set()  # after each sentence or part of one
    offset = 0
    for length in lengths:
        for part in range(max_sentence_length, length + 1, max_sentence_length):
            ends.add(offset + part)
        offset += length + 1
        ends.add(offset)
    assert starts[0] == 0
    assert starts[-1] == len(ids)
    assert set(starts[1:].tolist()) <= ends
    spans = np.diff(starts)
    assert (spans[:-1] >= span_length).all()
    assert (spans < span_length + max_sentence_length + 1).all()


@pytest.mark.parametrize("mode", MODES)
def test_a_worker_returns_soon_after_its_queue_is_stopped(mode):
    ids = np.random.default_rng(0).integers(1, 1000, 5_000_000).astype(np.int32)
    slow = options(window=50, negative=50, max_sentence_length=10**6, **MODES[mode])
    worker = _core.Worker(kernel_model(1000, dim=300), slow, 1)
    queue = _core.SpanQueue(_core.span_starts(ids, len(ids), 10**6))  # one span
    job = (ids, queue, 0, schedule())
    thread = threading.Thread(target=worker.train_epoch, args=job)
    thread.start()
    time.sleep(0.2)
    queue.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert queue.is_stopped
    assert worker.counters.ids < len(ids)


def test_a_stopped_worker_counts_only_the_ids_that_it_trained():
    ids = np.random.default_rng(0).integers(1, 1000, 3_000_000).astype(np.int32)
    # One sentence without subsampling: each id is a prediction of CBOW.
    trained = options(sg=False, all_losses=True, window=50, max_sentence_length=100)
    worker = _core.Worker(kernel_model(1000, dim=100), trained, 1)
    queue = _core.SpanQueue(_core.span_starts(ids, len(ids), 10_000))
    job = (ids, queue, 0, schedule())
    thread = threading.Thread(target=worker.train_epoch, args=job)
    thread.start()
    while not worker.counters.ids:
        time.sleep(0.001)
    queue.stop()
    thread.join(5)
    assert 0 < worker.counters.ids < len(ids)
    assert abs(worker.counters.ids - worker.counters.predictions) <= 100


@pytest.mark.parametrize("n_workers", [1, 3])
@pytest.mark.parametrize("mode", MODES)
def test_workers_finish_their_spans_before_a_pause_and_go_on_after_it(mode, n_workers):
    ids = TEXTS["many short sentences"]
    model = kernel_model(ids.max() + 1)
    workers = [
        _core.Worker(model, options(**MODES[mode]), 1, count_visits=True)
        for _ in range(n_workers)
    ]
    starts = _core.span_starts(ids, 100, 1000)
    queue = _core.SpanQueue(starts)
    tasks = [
        functools.partial(worker.train_epoch, ids, queue, 0, schedule())
        for worker in workers
    ]
    for offset in (0, 1000, 5000, len(ids)):
        queue.pause_at(offset)
        run_threads(tasks, queue.stop, lambda: None)
        n_done = sum(worker.counters.ids for worker in workers)
        assert n_done == starts[queue.next_span] >= offset
        # Each worker may have looked at the queue before another took a span.
        late = starts[max(0, queue.next_span - n_workers)]
        assert late < offset or offset == n_done == 0
    assert queue.next_span == len(starts) - 1
    visits = np.sum([worker.visits for worker in workers], axis=0)
    np.testing.assert_array_equal(visits, np.bincount(ids))


def test_a_queue_begins_with_the_span_that_it_is_given():
    ids = TEXTS["many short sentences"]
    starts = _core.span_starts(ids, 100, 1000)
    worker = _core.Worker(kernel_model(ids.max() + 1), options(), 1, count_visits=True)
    worker.train_epoch(ids, _core.SpanQueue(starts, 7), 0, schedule())
    np.testing.assert_array_equal(
        worker.visits, np.bincount(ids[starts[7] :], minlength=ids.max() + 1)
    )
    with pytest.raises(ValueError, match="first span must be at least 0"):
        _core.SpanQueue(starts, -1)


@pytest.mark.parametrize("name", ["sse9", "AVX2"])
def test_an_unknown_instruction_set_is_refused(name):
    available = _core.instruction_sets()
    with pytest.raises(ValueError, match=f"{available[0]}.*got '{name}'. Unset it"):
        _core.choose_instruction_set(name)
