"""Every reader refuses what it cannot read, without a crash, a hang or a wild error.

What it accepts, it reads as a small reference parser does.
"""

import os
import shutil

import pytest
from helpers import TESTS, posix_only, run_python

pytestmark = [posix_only, pytest.mark.fuzz, pytest.mark.timeout(600)]

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
    import os, runpy, signal, sys, time
    fuzzer = runpy.run_path(sys.argv[1])
    fuzzer["start"].__globals__["SECONDS"] = 1
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
    """Fuzz a reader that fails; return the process and the input that was kept."""
    script = OTHER_READER.format(read=read, expected=expected)
    done = run_python(script, arguments=[SCRIPT])
    folder = done.stdout.strip()
    kept = os.listdir(os.path.join(folder, "0"))
    shutil.rmtree(folder)
    return done, kept


def test_the_fuzzer_notices_a_crash_and_keeps_the_input():
    read = "lambda path: os.kill(os.getpid(), signal.SIGSEGV)"
    done, kept = fuzz_other(read)
    assert done.returncode < 0
    assert kept == ["f"]


def test_the_fuzzer_tells_where_a_reader_hangs():
    done, kept = fuzz_other("lambda path: time.sleep(60)")
    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert "in run" in done.stderr
    assert kept == ["f"]


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
