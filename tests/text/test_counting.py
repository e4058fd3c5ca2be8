"""The threads that count words: progress, errors, interrupts."""

import gzip
import io
import os
import threading
import time

import numpy as np
import pytest
from corpora import in_memory, long_text
from helpers import posix_only, run_python

from w2vfast.system import threads
from w2vfast.text.corpus import encode
from w2vfast.text.sources import file_source


def test_exact_mode_reads_one_file(lines):
    with pytest.raises(ValueError, match=r"one file.*got 2"):
        encode(file_source([lines, lines]), exact=True)


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes(b"a b a\nb c\n" * 50)
    return path


@pytest.mark.parametrize("workers", [1, 3])
def test_report_is_called_on_the_calling_thread(tmp_path, monkeypatch, workers):
    monkeypatch.setattr(threads, "POLL_SECONDS", 0.001)
    path = tmp_path / "text"
    path.write_bytes(long_text())
    calls = []

    def report(done, total):
        calls.append((done, total, threading.get_ident()))

    encode(path, workers=workers, block_bytes=1000, report=report)
    size = path.stat().st_size
    assert {call[1:] for call in calls} == {(size, threading.get_ident())}
    assert calls[-1][0] == size
    assert len(calls) > 2


def test_report_counts_bytes_on_disk_sentences_or_values(tmp_path):
    calls = []

    def last(source):
        encode(source, min_count=1, report=lambda *call: calls.append(call))
        return calls[-1]

    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(long_text()))
    size = path.stat().st_size
    assert last(file_source([path, path])) == (2 * size, 2 * size)
    assert file_source(path).unit == "B"
    assert last(in_memory(b"a b")) == (3, None)
    assert last([["a"], ["b"]]) == (2, 2)
    assert last(iter([["a"], ["b"]])) == (2, None)
    assert last(np.array([[1, 2], [3, 4]])) == (4, 4)


@pytest.mark.parametrize("workers", [1, 4])
def test_an_error_in_report_stops_the_work(workers):
    class Endless(io.RawIOBase):
        def readinto(self, buffer):
            if self.closed:
                return 0
            buffer[:1] = b" "
            return 1

    def report(done, total):
        raise ZeroDivisionError

    before = threading.active_count()
    options = {"workers": workers, "block_bytes": 99, "report": report}
    with Endless() as endless:
        with pytest.raises(ZeroDivisionError):
            encode(file_source(endless), **options)
        assert threading.active_count() == before


def test_an_error_on_another_thread_is_raised_and_stops_all():
    class Slow(io.BytesIO):
        """Fails on any thread but the main one."""

        def readinto(self, buffer):
            if threading.current_thread() is not threading.main_thread():
                message = "not on the main thread"
                raise RuntimeError(message)
            time.sleep(0.005)
            return super().readinto(buffer[:8])

    endless = file_source(Slow(b"a b c d\n" * 100_000))
    before = threading.active_count()
    with pytest.raises(RuntimeError, match="not on the main thread"):
        encode(endless, workers=3, block_bytes=8)
    assert threading.active_count() == before


def test_workers_below_1_are_an_error():
    with pytest.raises(ValueError, match="workers must be 1 or more, got 0"):
        encode([["a"]], workers=0)


INTERRUPTED = """
    import os, signal, threading, time
    from w2vfast.text import corpus
    from w2vfast.text import sources
    signal.signal(signal.SIGINT, signal.default_int_handler)  # even if started with &
    os.chdir(FOLDER)
    def interrupt():
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=interrupt, daemon=True).start()
    start = time.monotonic()
    try:
        source = sources.file_source("-")
        corpus.encode(source, workers=4, memory_limit=0, cache_dir=".")
    except KeyboardInterrupt:
        print("interrupted", time.monotonic() - start < 2, os.listdir("."))
"""


@posix_only
def test_an_interrupt_ends_a_read_that_waits_for_input(tmp_path):
    read, write = os.pipe()
    try:
        code = INTERRUPTED.replace("FOLDER", repr(str(tmp_path)))
        done = run_python(code, stdin=read, timeout=60)
    finally:
        os.close(read)
        os.close(write)
    assert done.stdout == "interrupted True []\n"
    assert done.stderr == ""
    assert done.returncode == 0
