"""The README's code does what it says: every block runs, in order, as it stands."""

import contextlib
import io
import lzma
import re

import pytest
from helpers import ROOT

README = ROOT / "README.md"


@pytest.fixture
def folder_with_a_corpus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = "the king and the man\nthe queen and the woman\na man a woman\n"
    with lzma.open("corpus.txt.xz", "wt") as file:
        file.write(lines * 50)


def python_blocks():
    return re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)


@pytest.mark.parametrize("block", python_blocks(), ids=lambda block: block[:30])
def test_python_examples_run(block, folder_with_a_corpus):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(block, str(README), "exec"), {})
    assert said.getvalue().strip()


def test_the_quick_start_is_two_commands():
    commands = re.findall(r"^pip install .* && .*$", README.read_text("utf-8"), re.M)
    assert commands == [
        "pip install . && w2vfast demo",
        'pip install ".[test]" && pytest',
    ]
