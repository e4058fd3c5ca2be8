"""Exact mode of `w2vfast phrases` compared with the C program word2phrase."""

import random
import shutil
import subprocess

import pytest
from odd_texts import odd_text

from w2vfast.cli.main import main

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        shutil.which("word2phrase") is None,
        reason="the C program word2phrase is not on PATH; CONTRIBUTING.md installs it",
    ),
]
N_CASES = 30  # each makes the program fill 2 GB twice
# Words that look like joined pairs, and words near the length limit.
JOINED = [b"w0_w1", b"</s>_w0", b"w1_", b"w0_w1_w0", b"_w0", b"\0"]
JOINED += [letter * size for letter in (b"y", b"z") for size in (56, 57, 58, 59, 60)]


def text_for(rng):
    text = odd_text(rng)
    if rng.random() < 0.5:
        return text
    words = text.split(b" ")
    for _ in range(len(words) // 10):
        words[rng.randrange(1, len(words))] = rng.choice(JOINED)
    return b" ".join(words)


@pytest.mark.parametrize("seed", range(N_CASES))
def test_the_text_is_byte_identical_to_that_of_the_c_program(seed, tmp_path):
    rng = random.Random(seed)
    (tmp_path / "text").write_bytes(text_for(rng))
    options = {
        "min-count": rng.choice([-1, 0, 1, 1, 2, 5]),
        "threshold": rng.choice(["100", "1", "0", "-2", "2.5", "1e3", "1e-3"]),
    }
    flags = [part for name, x in options.items() for part in (f"-{name}", str(x))]
    command = ["word2phrase", "-train", "text", "-output", "c.out", "-debug", "0"]
    subprocess.run(
        [*command, *flags],
        cwd=tmp_path,  # the program has room for paths of 59 bytes
        check=True,
        timeout=300,
        stdout=subprocess.DEVNULL,
    )
    files = ["-train", str(tmp_path / "text"), "-output", str(tmp_path / "our.out")]
    assert main(["phrases", "--mode", "exact", "--quiet", *files, *flags]) == 0
    expected = (tmp_path / "c.out").read_bytes()
    assert (tmp_path / "our.out").read_bytes() == expected, options
