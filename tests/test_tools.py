"""The command line's tools on files of vectors."""

import numpy as np
import pytest

from w2vfast import KeyedVectors, cli
from w2vfast.classes import kmeans_classes
from w2vfast.cli import main


@pytest.fixture
def vectors():
    rng = np.random.default_rng(5)
    keys = [f"w{i}" for i in range(60)]
    return KeyedVectors(keys, rng.standard_normal((60, 8), dtype=np.float32))


@pytest.fixture(params=["v.bin", "v.txt", "v.bin.gz"])
def path(request, tmp_path, vectors):
    path = tmp_path / request.param
    vectors.save_word2vec_format(path, binary=".bin" in path.name)
    return path


@pytest.mark.parametrize("tool", cli._TOOLS)
def test_every_tool_has_help_of_its_own(tool, capsys):
    assert main([tool, "--help"]) == 0
    assert f"w2vfast {tool}" in capsys.readouterr().out


@pytest.mark.parametrize("tool", cli._TOOLS)
def test_an_unknown_flag_is_wrong_usage(tool, capsys):
    assert main([tool, "--no-such-flag"]) == 2
    assert "usage: w2vfast" in capsys.readouterr().err


def test_classes_are_those_of_the_function(path, vectors, tmp_path):
    output = tmp_path / "classes.txt"
    assert main(["classes", str(path), "5", "-o", str(output)]) == 0
    lines = [line.split() for line in output.read_text().splitlines()]
    assert [word for word, _ in lines] == vectors.index_to_key
    expected = kmeans_classes(vectors.vectors, 5)
    np.testing.assert_array_equal([int(number) for _, number in lines], expected)


def test_a_missing_file_is_one_sentence(capsys):
    assert main(["classes", "nowhere.bin", "5"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("w2vfast: error: ")
    assert "nowhere.bin" in line
