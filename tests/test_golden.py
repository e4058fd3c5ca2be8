"""Exact mode against files that the C program wrote; see data/golden/README.md."""

import hashlib
import json
from pathlib import Path

import pytest

from w2vfast.cli import main

GOLDEN = Path(__file__).parent / "data" / "golden"
CASES = json.loads((GOLDEN / "cases.json").read_text())
TOOLS_OPTIONS = "-size 16 -window 5 -min-count 5 -iter 2 -cbow 1 -negative 5"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def first_difference(got, expected):
    """Name the first byte that differs, for a failure that can be acted upon."""
    if len(got) != len(expected):
        return f"{len(got)} bytes instead of {len(expected)}"
    places = (i for i, (a, b) in enumerate(zip(got, expected, strict=True)) if a != b)
    place = next(places, None)
    return None if place is None else f"byte {place}: {got[place]} {expected[place]}"


def check_bytes(got, stored, digest):
    """Compare with the stored file where there is one, then with the digest."""
    if stored.exists():
        assert first_difference(got, stored.read_bytes()) is None
    assert sha256(got) == digest


def c_flags(options):
    for name, value in options.items():
        yield f"-{name}"
        yield str(GOLDEN / value) if name == "read-vocab" else str(value)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_exact_mode_writes_the_bytes_of_the_c_program(case, tmp_path):
    vectors, vocab = tmp_path / "vectors.bin", tmp_path / "vocab.txt"
    corpus = GOLDEN / "corpora" / case["corpus"]
    files = ["-train", corpus, "-output", vectors, "-save-vocab", vocab]
    flags = [*map(str, files), *c_flags(case["options"])]

    assert main(["train", "--mode", "exact", "--quiet", *flags]) == 0

    name = case["name"]
    check_bytes(vocab.read_bytes(), GOLDEN / f"{name}.vocab", case["vocab_sha256"])
    check_bytes(vectors.read_bytes(), GOLDEN / f"{name}.bin", case["sha256"])


def tools_digests():
    lines = (GOLDEN / "tools" / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in map(str.split, lines)}


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("lines.vectors.txt", "-binary 0"),
        ("lines.classes.txt", "-classes 20"),
    ],
)
def test_exact_mode_writes_text_and_classes_as_the_c_program(name, flags, tmp_path):
    output = tmp_path / name
    corpus = GOLDEN / "corpora" / "lines.txt"
    arguments = f"{TOOLS_OPTIONS} -sample 1e-3 {flags}".split()
    files = ["-train", str(corpus), "-output", str(output)]

    assert main(["train", "--mode", "exact", "--quiet", *files, *arguments]) == 0

    check_bytes(output.read_bytes(), GOLDEN / "tools" / name, tools_digests()[name])
