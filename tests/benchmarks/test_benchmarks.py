"""The benchmarks start from any folder, and the quality gate detects a loss."""

import json
import re
import subprocess
import sys

import pytest
from helpers import CHILD_OPTIONS, ROOT

BENCHMARKS = ROOT / "benchmarks"
if not BENCHMARKS.exists():
    pytest.skip("the sdist does not contain the benchmarks", allow_module_level=True)
MODULES = {"common", "programs"}  # imported by the others
SCRIPTS = sorted({path.stem for path in BENCHMARKS.glob("*.py")} - MODULES)


def run(name, *arguments):
    """Run a benchmark in a folder outside the project."""
    return subprocess.run(
        [sys.executable, BENCHMARKS / f"{name}.py", *map(str, arguments)],
        **CHILD_OPTIONS,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_benchmark_starts_and_describes_its_flags(name):
    if name == "phrases":
        pytest.importorskip("resource", reason="not available on this system")
    done = run(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")


def test_the_readme_lists_each_benchmark():
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)\.py`", text, re.MULTILINE)
    assert sorted(listed) == SCRIPTS


# ---- the quality gate --------------------------------------------------------------


@pytest.fixture
def gate(tmp_path):
    """Return a function that runs the gate on scores that differ by `difference`."""

    def run_gate(difference):
        path = tmp_path / "results.jsonl"
        lines = []
        for program, extra in (("w2vfast", difference), ("c-ofast", 0)):
            for run_number in range(3):
                line = {"program": program, "mode": "sg-ns", "size": 100, "threads": 1}
                line |= {"run": run_number, "analogies": 40 + run_number + extra}
                line |= {"EN-WS-353-ALL": 0.6, "EN-SIMLEX-999": 0.3}
                lines.append(json.dumps(line))
        path.write_text("\n".join(lines))
        return run("gate", path)

    return run_gate


def test_the_gate_passes_at_equal_quality(gate):
    done = gate(0)
    assert done.returncode == 0
    assert done.stdout.count("holds") == 3


def test_the_gate_fails_if_quality_is_below_the_limit(gate):
    done = gate(-0.6)
    assert done.returncode == 1
    assert "-0.600 ± 0.000" in done.stdout
    assert "limit -0.5: FAILS" in done.stdout
