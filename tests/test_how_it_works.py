"""Pages that explain the code name files that exist."""

import re

import pytest
from helpers import ROOT

PAGES = [
    *sorted((ROOT / "docs" / "how-it-works").glob("*.md")),
    ROOT / "docs" / "benchmarks.md",
    ROOT / "benchmarks" / "README.md",
]

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").exists(), reason="the documentation is not here"
)


def named_files(text):
    """Yield what looks like a file or folder between backticks."""
    for code in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(r"[\w.-]+/[\w./-]*|[\w-]+\.(?:jsonl|txt|py|c|h|pxi|pyx)", code):
            yield code


def exists(name):
    folders = ["", "benchmarks", "benchmarks/results", "w2vfast", "w2vfast/_core_parts"]
    return any((ROOT / folder / name).exists() for folder in folders)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_named_files_exist(page):
    # A text of the reader's own, and the C program's source.
    others = {"wiki100.txt", "wiki24.txt", "word2vec.c"}
    names = set(named_files(page.read_text(encoding="utf-8"))) - others
    assert [name for name in sorted(names) if not exists(name)] == []


def test_missing_files_would_be_noticed():
    text = "See `benchmarks/none.py`, `no_such.jsonl` and `w2vfast/params.py`."
    assert [exists(name) for name in named_files(text)] == [False, False, True]


def benchmark_commands(text):
    """Yield the script and the flags of each `python benchmarks/...` command."""
    joined = text.replace("\\\n", " ")
    for script, rest in re.findall(r"python (benchmarks/\w+\.py)([^\n`]*)", joined):
        yield script, re.findall(r"--[\w-]+", rest)


@pytest.mark.parametrize("page", PAGES[-2:], ids=lambda path: path.parent.name)
def test_commands_of_benchmarks_have_the_flags_that_are_shown(page):
    commands = list(benchmark_commands(page.read_text(encoding="utf-8")))
    assert len(commands) > 1
    for script, flags in commands:
        source = (ROOT / script).read_text(encoding="utf-8")
        unknown = [f for f in flags if f'"{f}"' not in source and f != "--help"]
        assert unknown == [], script


def test_every_benchmark_is_listed():
    folder = ROOT / "benchmarks"
    listed = set(named_files((folder / "README.md").read_text(encoding="utf-8")))
    scripts = {path.name for path in folder.iterdir() if path.suffix in {".py", ".c"}}
    assert scripts <= listed
