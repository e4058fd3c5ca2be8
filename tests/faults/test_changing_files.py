"""A text that grows, shrinks or vanishes while it is read, and another file system."""

import os
from collections import Counter
from pathlib import Path

import pytest
from helpers import posix_only

from w2vfast import KeyedVectors, Word2Vec

N_LINES = 200_000  # more than is read at once
LINE = "some words of a line\n"
SETTINGS = {"min_count": 1, "vector_size": 4, "workers": 1, "progress": False}


def read_while(change, path):
    """Read a text of which `change` is called after the first line."""
    path.write_text(LINE * N_LINES)
    calls = []

    def tokenize(line):
        if not calls:
            change(path)
        calls.append(line)
        return line.split()

    model = Word2Vec(tokenize=tokenize, **SETTINGS)
    model.build_vocab(corpus_file=path)
    return Counter(
        {word: model.wv.get_vecattr(word, "count") for word in ["some", "line"]}
    )


def grow(path):
    with open(path, "a") as file:
        file.write("others\n" * 1000)


def test_a_text_that_grows_is_read_up_to_a_line_end(tmp_path):
    assert {*read_while(grow, tmp_path / "t").values()} == {N_LINES}


@posix_only
def test_a_text_that_vanishes_is_read_to_its_end(tmp_path):
    assert {*read_while(Path.unlink, tmp_path / "t").values()} == {N_LINES}


@posix_only
def test_a_text_that_shrinks_gives_a_warning(tmp_path):
    with pytest.warns(UserWarning, match="became shorter while it was read"):
        found = read_while(lambda path: os.truncate(path, 10), tmp_path / "t")
    assert 0 < found["some"] < N_LINES


@pytest.mark.parametrize("name", ["v.bin", "v"])
def test_a_link_to_another_file_system_is_followed(tmp_path, name):
    """The temporary file must be beside the target, not beside the link."""
    other = Path("/dev/shm")
    if not other.is_dir() or os.stat(other).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("needs a second file system")
    target = other / f"w2vfast-test-{os.getpid()}-{name}"
    (tmp_path / name).symlink_to(target)
    vectors = KeyedVectors(["a"], [[1.0, 2.0]])
    try:
        for _ in range(2):
            vectors.save(tmp_path / name)
        assert KeyedVectors.load(target).index_to_key == ["a"]
        assert (tmp_path / name).is_symlink()
    finally:
        remove(target)


def remove(path):
    if path.is_dir():
        for part in path.iterdir():
            part.unlink()
        path.rmdir()
    else:
        path.unlink()
