"""Retired words stay retired: text and code use the field's standard terms.

docs/contributing.md explains the style.  Each entry is a pattern and what to write
instead.
"""

import re

import pytest
from helpers import ROOT

RETIRED = {
    r"\bcall(?:s|ed|ing)? (?:\w+ ){0,3}(?:ahead|from memory)\b": "prefetch",
    r"\b(?:copies|replicas) (?:\w+ ){0,2}meet\b": "replicas are merged",
    r"\bmeeting uses\b|\bMEETING_": "merge schedule",
    # "A pass over the corpus" is an epoch, and allowed.
    r"\bpassed over\b|\bto pass over\b|\bpass(?:es)? over words\b": "ignore, skip",
    r"\bnowhere\b": "scratch row",
    r"\bby 90 degrees\b": "transpose",
    r"\bchance has it\b": "expected by chance",
    r"\bthin(?:s|ned|ning)? out\b": "subsample",
    r"\bvery bytes\b": "identical bytes",
    r"\btwins?\b": "reference implementation",
    r"\bprivate (?:hot )?rows?\b": "replicas",
    r"\bhot rows?\b": "most frequently updated rows",
    r"\bstands? (?:twice|together|beside|behind|there)\b": "occurs, is stored",
    r"\bwhat disappoints\b": "limitations",
    r"\bnoise words?\b": "negative samples",
    r"\bnames that are none here\b": "unsupported names",
}
FOLDERS = ["w2vfast", "tests", "benchmarks", "examples", "docs"]
SUFFIXES = {".py", ".pyi", ".pyx", ".pxi", ".h", ".c", ".md", ".html", ".toml"}


def readable_files():
    yield from sorted([*ROOT.glob("*.md"), *ROOT.glob("*.toml")])
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            is_text = path.suffix in SUFFIXES and path.name != "test_plain_words.py"
            if is_text and "results" not in path.parts:
                yield path


def uses_of_retired_words(text):
    """Yield line numbers, words and replacements; a phrase may span two lines."""
    joined = re.sub(r"\n[ \t]*(?:#|//|\*)?[ \t]*", lambda m: "\n", text)
    flat = joined.replace("\n", " ")
    for pattern, instead in RETIRED.items():
        for match in re.finditer(pattern, flat, re.IGNORECASE):
            line = joined.count("\n", 0, match.start()) + 1
            yield f"line {line}: {match[0]!r}, write: {instead}"


def test_retired_words_are_found_also_across_lines():
    text = "# Rows are called\n    # from memory.\nA private row.\n"
    assert [use.split(",")[0] for use in uses_of_retired_words(text)] == [
        "line 1: 'called from memory'",
        "line 3: 'private row'",
    ]


@pytest.mark.parametrize(
    "path", list(readable_files()), ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_file_has_no_retired_words(path):
    assert list(uses_of_retired_words(path.read_text(encoding="utf-8"))) == []
