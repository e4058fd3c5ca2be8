"""Folders and pipes that tests read, and the package run in a process of its own."""

import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

import w2vfast

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SOURCE = ROOT / "w2vfast"
EXAMPLES = ROOT / "examples"
GOLDEN = TESTS / "data" / "golden"
# Larger texts for tests of quality, in a folder beside the project; it may be absent.
SHARED_DATA = ROOT.parent / "shared" / "data"
POEMS = Path(w2vfast.__file__).parent / "data" / "tang.txt.xz"

# A child process imports the package under test: PYTHONPATH names it, and the working
# directory is not the source folder, which may not be built.
CHILD_OPTIONS = {
    "cwd": tempfile.gettempdir(),
    "env": {
        **os.environ,
        "PYTHONPATH": str(Path(w2vfast.__file__).parents[1]),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "",
    },
}


class Pipe(io.RawIOBase):
    """A file that cannot seek, and gives at most `n_bytes` at a time."""

    def __init__(self, data, n_bytes):
        self._data = io.BytesIO(data)
        self._n_bytes = n_bytes

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._data.readinto(memoryview(buffer)[: self._n_bytes])


def cli_command(*arguments):
    """Return the command that runs the command line with these arguments."""
    return [sys.executable, "-m", "w2vfast", *map(str, arguments)]


def run_cli(*arguments, **options):
    """Run the command line and wait; `options` as for `subprocess.run`."""
    return _run(cli_command(*arguments), options)


def run_python(code, *, arguments=(), **options):
    """Run Python code and wait; `options` as for `subprocess.run`."""
    return _run([sys.executable, "-c", textwrap.dedent(code), *arguments], options)


def _run(command, options):
    defaults = {"capture_output": True, "text": True, "timeout": 120, "check": False}
    return subprocess.run(command, **{**CHILD_OPTIONS, **defaults, **options})


def load_script(path):
    """Return a script, such as an example, as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def neighbours_of_a1(model):
    """Return three neighbours; defined here so that another process can import it."""
    return model.wv.most_similar("a1", topn=3)
