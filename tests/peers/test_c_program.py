"""Exact mode compared with the C program: random options and random odd bytes."""

import random
import shutil
import subprocess

import pytest
from odd_texts import odd_text

from w2vfast.cli.main import main

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        shutil.which("word2vec") is None,
        reason="the C program word2vec is not on PATH; CONTRIBUTING.md installs it",
    ),
]
N_CASES = 60


def random_options(rng):
    objective = rng.choice(["ns", "hs", "both"])
    options = {
        "cbow": rng.choice([0, 1]),
        "hs": int(objective != "ns"),
        "negative": 0 if objective == "hs" else rng.choice([1, 5, 13]),
        "size": rng.choice([1, 4, 7, 16, 33, 100]),
        "window": rng.choice([1, 2, 5, 8, 20]),
        "iter": rng.choice([1, 2, 4]),
        "sample": rng.choice(["0", "1e-3", "1e-2", "1e-5", "2"]),
        "min-count": rng.choice([0, 1, 2, 5]),
        "binary": rng.choice([0, 1]),
    }
    if rng.random() < 0.5:
        options["alpha"] = rng.choice(["0.1", "0.007", "0.3"])
    if rng.random() < 0.15:
        options["classes"] = rng.choice([1, 3, 10, 2000])  # also more than words
    return options


def vocabulary_file(rng, vocab):
    """Return the vocabulary of the text with changed lines and counts."""
    lines = [line.rsplit(b" ", 1) for line in vocab.split(b"\n")[:-1]]
    lines = [line for line in lines if line[0] and rng.random() < 0.9]
    if len(lines) < 3:
        return None
    if rng.random() < 0.3:
        rng.shuffle(lines)  # so that row 0 may be a word other than </s>
    factor = rng.choice([0.1, 1, 3])
    # At least 5, the largest -min-count here: C needs a word besides row 0.
    counts = [max(5, int(int(count) * factor)) for _, count in lines]
    lines = [b"%s %d" % (word, n) for (word, _), n in zip(lines, counts, strict=True)]
    return b"\n".join(lines) + b"\n"


def flags(options):
    return [part for name, x in options.items() for part in (f"-{name}", str(x))]


def run_c(folder, text, options):
    command = ["word2vec", "-train", text, "-threads", "1", "-debug", "0"]
    command += ["-output", folder / "c.out", "-save-vocab", folder / "c.vocab"]
    subprocess.run(
        [*map(str, command), *flags(options)],
        check=True,
        timeout=300,
        stdout=subprocess.DEVNULL,
    )
    return (folder / "c.out").read_bytes(), (folder / "c.vocab").read_bytes()


def run_here(folder, text, options):
    command = ["train", "--mode", "exact", "--quiet", "-train", text]
    command += ["-output", folder / "our.out", "-save-vocab", folder / "our.vocab"]
    assert main([*map(str, command), *flags(options)]) == 0
    return (folder / "our.out").read_bytes(), (folder / "our.vocab").read_bytes()


@pytest.mark.parametrize("seed", range(N_CASES))
def test_output_files_are_byte_identical_to_those_of_the_c_program(seed, tmp_path):
    rng = random.Random(seed)
    text = tmp_path / "text"
    text.write_bytes(odd_text(rng))
    options = random_options(rng)
    expected = run_c(tmp_path, text, options)
    assert run_here(tmp_path, text, options) == expected, options
    if seed % 3 == 0 and (vocab := vocabulary_file(rng, expected[1])):
        options["read-vocab"] = tmp_path / "given.vocab"
        options["read-vocab"].write_bytes(vocab)
        expected = run_c(tmp_path, text, options)
        assert run_here(tmp_path, text, options) == expected, options
