"""Every reader refuses what it cannot read, without a crash, a hang or a wild error."""

import os

import pytest
from helpers import TESTS, posix_only, run_python

pytestmark = [posix_only, pytest.mark.fuzz, pytest.mark.timeout(600)]

READERS = (
    *("text", "binary", "headerless", "any word2vec", "npz"),
    *(
        "folder of vectors",
        "folder of a model",
        "checkpoint",
        "gensim",
        "phrases",
        "vocabulary",
        "corpus",
    ),
    *("questions", "command line"),
    pytest.param("safetensors", marks=pytest.mark.peer),
)
# More on demand: W2VFAST_FUZZ=100000 python -m pytest -m fuzz
N_INPUTS = int(os.environ.get("W2VFAST_FUZZ", "2000"))
RUN_SCRIPT = f"""
    import sys
    sys.path.insert(0, {str(TESTS / "fuzz")!r})
    import fuzzer
    fuzzer.start(*sys.argv[1:])
"""


@pytest.mark.parametrize("reader", READERS)
def test_changed_inputs_are_read_or_refused(reader):
    if reader == "safetensors":
        pytest.importorskip("safetensors", reason="needs safetensors")
    # A command takes as long as ten files.
    n_inputs = N_INPUTS // 10 if reader == "command line" else N_INPUTS
    arguments = [reader, str(n_inputs)]
    done = run_python(RUN_SCRIPT, arguments=arguments, timeout=None, errors="replace")
    assert done.returncode == 0, done.stdout[:200] + done.stderr[-3000:]


def test_the_fuzzer_notices_a_crash_and_keeps_the_input():
    crash = """
    import os, signal, sys
    sys.path.insert(0, sys.argv[1])
    import fuzzer
    fuzzer.READERS["crash"] = lambda: fuzzer.FileReader(
        "f", [b"text"], lambda path: os.kill(os.getpid(), signal.SIGSEGV)
    )
    fuzzer.start("crash", "1")
    """
    done = run_python(crash, arguments=[str(TESTS / "fuzz")])
    assert done.returncode < 0
    assert os.listdir(os.path.join(done.stdout.strip(), "0")) == ["f"]
