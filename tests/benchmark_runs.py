"""The benchmarks, run as a user runs them, and imported."""

import importlib
import subprocess
import sys

import pytest
from helpers import CHILD_OPTIONS, ROOT

BENCHMARKS = ROOT / "benchmarks"


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


def import_benchmark(name):
    """Import a module of the benchmarks, which are no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        return importlib.import_module(name)
