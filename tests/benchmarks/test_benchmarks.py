"""The benchmarks start from any folder."""

import re

import pytest
from benchmark_runs import BENCHMARKS, run

if not BENCHMARKS.exists():
    pytest.skip("the sdist does not contain the benchmarks", allow_module_level=True)
MODULES = {
    "common",
    "graphs",
    "pairing",
    "programs",
    "scaling_model",
    "scaling_runs",
}  # imported by the others
SCRIPTS = sorted({path.stem for path in BENCHMARKS.glob("*.py")} - MODULES)


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
