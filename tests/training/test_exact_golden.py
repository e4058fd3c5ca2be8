"""Exact mode against files that the C program wrote; see data/golden/README.md."""

import json

import pytest
from golden_files import check_bytes, tools_digests
from helpers import GOLDEN

from w2vfast.cli.main import main

CASES = json.loads((GOLDEN / "cases.json").read_text())
TOOLS_OPTIONS = "-size 16 -window 5 -min-count 5 -iter 2 -cbow 1 -negative 5"


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
