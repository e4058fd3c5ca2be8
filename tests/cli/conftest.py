"""A small text, a place for output, and a runner for tests of the command line."""

import numpy as np
import pytest

from w2vfast.cli.main import main

SMALL = ["-size", "4", "-iter", "1", "-min-count", "1", "-threads", "1"]


@pytest.fixture
def corpus(tmp_path):
    """A text of 3,000 words, 50 of them distinct, in lines of 10."""
    path = tmp_path / "corpus.txt"
    words = np.random.default_rng(0).integers(0, 50, 3000)
    lines = [" ".join(f"w{word}" for word in row) for row in words.reshape(-1, 10)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def output(tmp_path):
    """A path for vectors in its own folder, so that left-over files are noticed."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "vectors.txt"


@pytest.fixture
def small():
    """Flags that make training fast."""
    return SMALL


@pytest.fixture
def train():
    """Run `w2vfast train` on a text with few dimensions; return the exit status."""

    def run(corpus, output, *flags):
        files = ["-train", str(corpus), "-output", str(output)]
        return main(["train", *files, *SMALL, *map(str, flags)])

    return run


@pytest.fixture
def failure(capsys):
    """Run `w2vfast train`, expect status 1, and return the error's only line."""

    def run(*arguments):
        assert main(["train", "-debug", "0", *map(str, arguments)]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        (line,) = printed.err.splitlines()
        assert line.startswith("w2vfast: error: ")
        return line

    return run
