"""Every reader refuses what it cannot read, without a crash, a hang or a wild error.

What it accepts, it reads as a small reference parser does.
"""

import os
import shutil
import signal
from pathlib import Path

import pytest
from helpers import TESTS, posix_only, run_python

# No limit of time: the fuzzer has one of processor time, see SECONDS there.
pytestmark = [posix_only, pytest.mark.fuzz, pytest.mark.timeout(0)]

OPTIONAL = {"safetensors": "safetensors", "parquet": "pyarrow", "columns": "pyarrow"}
READERS = (
    *("text", "binary", "headerless", "any word2vec", "npz", "recording"),
    *("folder of vectors", "folder of a model", "checkpoint", "phrases"),
    *("vocabulary", "corpus", "questions", "gensim", "command line"),
    *(pytest.param(name, marks=pytest.mark.peer) for name in OPTIONAL),
)
# More on demand: W2VFAST_FUZZ=100000 python -m pytest -m fuzz
N_INPUTS = int(os.environ.get("W2VFAST_FUZZ", "2000"))
SLOW = {"command line": 10, "columns": 4}  # one takes as long as so many others
SCRIPT = str(TESTS / "fuzz" / "fuzzer.py")
OTHER_READER = """
    import os, runpy, signal, subprocess, sys, time
    fuzzer = runpy.run_path(sys.argv[1])
    fuzzer["start"].__globals__.update(SECONDS=1, IDLE_SECONDS=3)

    def be_stopped(path):
        resume = f"sleep 5; kill -CONT {{os.getpid()}}"
        with subprocess.Popen(["sh", "-c", resume]):
            os.kill(os.getpid(), signal.SIGSTOP)

    reader = fuzzer["FileReader"]("f", [b"text"], {read}, {expected})
    fuzzer["READERS"]["other"] = lambda: reader
    fuzzer["start"]("other", "1")
"""


@pytest.mark.parametrize("reader", READERS)
def test_changed_inputs_are_read_or_refused(reader):
    if reader in OPTIONAL:
        pytest.importorskip(OPTIONAL[reader], reason=f"needs {OPTIONAL[reader]}")
    n_inputs = N_INPUTS // SLOW.get(reader, 1)
    run = f"import runpy, sys; runpy.run_path({SCRIPT!r}, run_name='__main__')"
    arguments = [reader, str(n_inputs)]
    done = run_python(run, arguments=arguments, timeout=None, errors="replace")
    assert done.returncode == 0, done.stdout[:200] + done.stderr[-3000:]


def fuzz_other(read, expected="None"):
    """Fuzz a reader with one input; return the process and the input, if it is kept."""
    script = OTHER_READER.format(read=read, expected=expected)
    done = run_python(script, arguments=[SCRIPT])
    folder = Path(done.stdout.strip())
    kept = [path.name for path in folder.glob("0/*")]
    shutil.rmtree(folder, ignore_errors=True)
    return done, kept


def test_the_fuzzer_notices_a_crash_and_keeps_the_input():
    read = "lambda path: os.kill(os.getpid(), signal.SIGSEGV)"
    done, kept = fuzz_other(read)
    assert done.returncode < 0
    assert kept == ["f"]


@pytest.mark.parametrize(
    "read",
    [
        pytest.param("lambda path: sum(iter(int, 1))", id="an endless loop in C"),
        pytest.param("lambda path: time.sleep(999)", id="a wait"),
    ],
)
def test_the_fuzzer_tells_where_a_reader_hangs(read):
    done, kept = fuzz_other(read)
    assert done.returncode == -signal.SIGPROF
    assert "in run" in done.stderr
    assert kept == ["f"]


def test_a_process_that_is_stopped_for_longer_than_the_limits_does_not_hang():
    done, kept = fuzz_other("be_stopped")
    assert done.returncode == 0, done.stderr
    assert kept == []


@pytest.mark.parametrize(
    ("expected", "said"),
    [("lambda content: 2", "read 1, expected 2"), ("refuse", "the reference refuses")],
)
def test_the_fuzzer_notices_a_wrong_acceptance(expected, said):
    refuse = "sys.modules['reference_parsers'].need"  # of an empty list
    expected = expected.replace("refuse", f"lambda _: {refuse}([])")
    done, kept = fuzz_other("lambda path: 1", expected)
    assert done.returncode == 1
    assert said in done.stderr
    assert kept == ["f"]


def test_every_reader_is_tested():
    code = f"""
    import runpy
    print(*runpy.run_path({SCRIPT!r})["READERS"], sep="\\n")
    """
    names = run_python(code).stdout.splitlines()
    tested = [getattr(reader, "values", [reader])[0] for reader in READERS]
    assert {*names} | {*OPTIONAL} == {*tested}
