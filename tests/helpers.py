"""Run the package in a process of its own."""

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import w2vfast


def environment():
    """Make a child find the very package that is tested, wherever it starts."""
    package = str(Path(w2vfast.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": package, "PYTHONUTF8": "1"}


def run_python(code, **options):
    """Run Python code in a fresh process, away from the source folder."""
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return _run(command, **options)


def run_cli(*arguments, **options):
    """Run the command line in a fresh process, away from the source folder."""
    return _run(cli_command(*arguments), **options)


def cli_command(*arguments):
    return [sys.executable, "-m", "w2vfast", *map(str, arguments)]


def _run(command, **options):
    defaults = {"env": environment(), "cwd": tempfile.gettempdir(), "timeout": 120}
    options = {**defaults, "capture_output": True, "text": True, **options}
    return subprocess.run(command, check=False, **options)
