"""The benchmark of the block update compiles its driver and times every shape."""

import json
import os
import shlex
import shutil
import sys

import pytest
from benchmark_runs import BENCHMARKS, run

from w2vfast import _core

if not BENCHMARKS.exists():
    pytest.skip("the sdist does not contain the benchmarks", allow_module_level=True)

N_SHAPES = 5


@pytest.fixture(autouse=True)
def _compiler():
    command = shlex.split(os.environ.get("CC", "cc"))
    if sys.platform == "win32" or not shutil.which(command[0]):
        pytest.skip("needs a C compiler with C11's aligned_alloc, CC or cc")


def test_every_shape_of_every_instruction_set_is_timed(tmp_path):
    lines = tmp_path / "lines.jsonl"
    options = ["--rounds", 1, "--sizes", "20,33", "--operations", 1e6]
    flags = "--flags=-O1 -ffp-contract=off"  # compiled sooner
    done = run("kernels", *options, flags, "--json", lines)
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in lines.read_text().splitlines()]
    isas = list(dict.fromkeys(line["isa"] for line in found))
    assert isas == _core.instruction_sets()
    assert len(found) == len(isas) * 2 * N_SHAPES
    assert len(done.stdout.splitlines()) == 1 + len(found)
    for line in found:
        assert min(line["L1_ns"], line["L2_ns"], line["peak_gflops"]) > 0
        work = 6 * line["D"] * line["C"] * line["T"]
        assert line["L1_gflops"] == pytest.approx(work / line["L1_ns"])
