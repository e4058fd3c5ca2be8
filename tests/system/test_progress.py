"""Progress: a bar on a terminal or in a notebook, log lines elsewhere."""

import errno
import io
import sys
import types

import pytest
from helpers import CHILD_OPTIONS, run_python

from w2vfast.system import progress
from w2vfast.system.progress import PhaseBars, ProgressBar


@pytest.mark.parametrize("value", ["", "1"])
def test_the_environment_of_tqdm_hides_the_bar(value):
    code = """
        from w2vfast.system.progress import ProgressBar
        with ProgressBar(True, 10, "words") as bar:
            bar.show(10)
        """
    environment = {**CHILD_OPTIONS["env"], "TQDM_DISABLE": value}
    done = run_python(code, env=environment)
    assert done.returncode == 0
    assert ("words" in done.stderr) is not bool(value)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """The time that log lines see, in seconds; a test moves it."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_none_shows_a_bar_on_a_terminal(monkeypatch):
    # Not in a fixture: pytest replaces the stream between set-up and test.
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressBar(None, 10, "words") as bar:
        bar.show(10, "reading")
    assert "reading" in terminal.getvalue()
    assert "10.0/10.0" in terminal.getvalue()
    assert "words/s" in terminal.getvalue()


def test_none_shows_no_bar_in_a_file(monkeypatch):
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    with ProgressBar(None, 10, "words") as bar:
        bar.show(10, "reading")
    assert stderr.getvalue() == ""


def closed_stream():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stderr", [None, object(), closed_stream()])
def test_an_unusual_standard_error_is_no_terminal(monkeypatch, stderr):
    monkeypatch.setattr(sys, "stderr", stderr)
    assert not progress.is_interactive()


def test_true_shows_a_bar_even_in_a_file(capfd):
    with ProgressBar(True, None, "B") as bar:
        bar.show(5, "reading", 10)
    assert "reading" in capfd.readouterr().err


def test_false_shows_and_logs_nothing(monkeypatch, caplog):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    caplog.set_level("INFO", "w2vfast")
    with ProgressBar(False, 10, "words") as bar:
        bar.show(10, "reading")
    assert terminal.getvalue() == ""
    assert caplog.messages == []


def test_a_notebook_is_recognised(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    shell = types.SimpleNamespace(config={})
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert not progress.is_interactive()  # IPython in a terminal, redirected
    shell.config["IPKernelApp"] = {}
    assert progress.is_interactive()
    ipython.get_ipython = lambda: None  # IPython is imported but does not run
    assert not progress.is_interactive()


def test_log_lines_are_written_every_30_seconds_and_at_the_end(clock, caplog):
    caplog.set_level("INFO", "w2vfast")
    with ProgressBar(None, 200, "words") as bar:
        for second in range(100):
            clock[0] = 100.0 + second
            bar.show(2 * second, "training")
        clock[0] = 200.0
        bar.show(200)
    assert caplog.messages == [
        "training: 60 words (30%), 2 words/s",
        "training: 120 words (60%), 2 words/s",
        "training: 180 words (90%), 2 words/s",
        "training: 200 words (100%), 2 words/s",
    ]


def test_a_total_that_is_not_known_is_left_out(clock, caplog):
    caplog.set_level("INFO", "w2vfast")
    with ProgressBar(None, None, "B") as bar:
        clock[0] += 2
        bar.show(3000)
    assert caplog.messages == ["progress: 3,000 B, 1,500 B/s"]


def test_nothing_is_logged_of_work_that_reported_nothing(caplog):
    caplog.set_level("INFO", "w2vfast")
    with ProgressBar(None, 10, "words"):
        pass
    assert caplog.messages == []


def test_each_phase_has_a_bar_of_its_own(clock, caplog):
    caplog.set_level("INFO", "w2vfast")
    with PhaseBars(None) as bars:
        reading, writing = bars.phase("reading", "B"), bars.phase("writing", "words")
        clock[0] += 1
        reading(5, 10)
        clock[0] += 1
        reading(10, 10)
        writing(1, None)
        clock[0] += 1
        writing(4, None)
    first, second = caplog.messages
    assert first.startswith("reading: 10 B (100%), ")
    assert second == "writing: 4 words, 4 words/s"


@pytest.mark.parametrize("shown", [None, True, False])
@pytest.mark.parametrize("stream", ["none", "closed"])
def test_progress_needs_no_standard_error(shown, stream, monkeypatch):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", None if stream == "none" else closed)
    with ProgressBar(shown, 3, "words") as bar:
        bar.show(2, "training")


class Unwritable(io.StringIO):
    """A closed descriptor, or a full disk."""

    def write(self, text):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("stream", [Unwritable(), object()], ids=["full", "no write"])
def test_a_bar_that_cannot_be_written_becomes_log_lines(stream, monkeypatch, caplog):
    caplog.set_level("INFO", "w2vfast")
    monkeypatch.setattr(sys, "stderr", stream)
    with ProgressBar(True, 3, "words") as bar:
        for done in range(4):
            bar.show(done, "training")
    assert caplog.messages[-1].startswith("training: 3 words (100%), ")
