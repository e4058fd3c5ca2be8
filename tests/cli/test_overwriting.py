"""No command overwrites a file that it reads, under whatever name it is given."""

import os
import subprocess

import numpy as np
import pytest
from helpers import CHILD_OPTIONS, cli_command, posix_only

from w2vfast import KeyedVectors
from w2vfast.cli.main import main

TEXT = "a b c d\n" * 50
REFUSED = "is read and would be overwritten"


@pytest.fixture
def texts(tmp_path):
    """A folder with two texts."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for name in ("1.txt", "2.txt"):
        (folder / name).write_text(TEXT)
    return folder


@pytest.fixture(params=["itself", "a hard link", "a symbolic link"])
def other_name(request, texts):
    """A name of the first text."""
    first, other = texts / "1.txt", texts.parent / "other.txt"
    if request.param == "itself":
        return first
    if request.param == "a hard link":
        os.link(first, other)
    else:
        try:
            other.symlink_to(first)
        except OSError:
            pytest.skip("no symbolic links here")
    return other


@pytest.mark.parametrize("flag", ["-output", "-save-vocab"])
@pytest.mark.parametrize("given", ["{}", "{}/*.txt", "{}/1.txt"])
def test_a_text_of_the_corpus_is_not_overwritten(
    texts, given, flag, other_name, small, capsys
):
    corpus = given.format(texts)
    assert main(["train", "-train", corpus, flag, str(other_name), *small]) == 2
    assert REFUSED in capsys.readouterr().err
    assert (texts / "1.txt").read_text() == TEXT


def test_a_text_is_not_overwritten_by_its_phrases(texts, other_name, capsys):
    arguments = ["-train", str(texts), "-output", str(other_name)]
    assert main(["phrases", *arguments]) == 2
    assert REFUSED in capsys.readouterr().err
    assert (texts / "1.txt").read_text() == TEXT


@posix_only
def test_standard_input_is_not_overwritten(texts, small):
    text = texts / "1.txt"
    command = cli_command("train", "-train", "-", "-output", text, *small)
    with open(text) as file:
        options = {**CHILD_OPTIONS, "stdin": file, "capture_output": True}
        done = subprocess.run(command, check=False, **options)
    assert done.returncode == 2
    assert text.read_text() == TEXT


@pytest.mark.parametrize("flag", ["-read-vocab", "--init-vectors", "--freeze"])
def test_other_inputs_of_training_are_not_overwritten(texts, flag, small, capsys):
    other = str(texts / "2.txt")
    files = ["-train", str(texts / "1.txt"), flag, other, "-output", other]
    assert main(["train", *files, *small]) == 2
    assert REFUSED in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["classes", "{}", "2", "-o", "{}"],
        ["convert", "{}", "{}", "--to", "binary"],
        ["convert", "{}", "{}", "--to", "projector"],
        ["plot", "{}", "-o", "{}"],
    ],
)
def test_vectors_are_not_overwritten_by_what_is_made_of_them(tmp_path, command, capsys):
    path = tmp_path / "v.svg"
    KeyedVectors(["a", "b"], np.eye(2)).save(path, "text")
    before = path.read_bytes()
    assert main([part.format(path) for part in command]) == 2
    assert REFUSED in capsys.readouterr().err
    assert path.read_bytes() == before


def test_vectors_are_not_overwritten_by_the_words_beside_them(tmp_path, capsys):
    path = tmp_path / "v_metadata.tsv"
    KeyedVectors(["a", "b"], np.eye(2)).save(path, "text")
    command = ["convert", str(path), str(tmp_path / "v.tsv"), "--from", "text"]
    assert main(command) == 2
    assert REFUSED in capsys.readouterr().err


def test_a_folder_is_not_overwritten_by_its_vectors(tmp_path, capsys):
    KeyedVectors(["a", "b"], np.eye(2)).save(tmp_path / "v")
    assert main(["convert", str(tmp_path / "v"), str(tmp_path / "v")]) == 2
    assert REFUSED in capsys.readouterr().err


def test_another_file_of_the_folder_may_be_written(texts, small):
    output = str(texts / "vectors.out")
    assert main(["train", "-train", str(texts), "-output", output, *small]) == 0
