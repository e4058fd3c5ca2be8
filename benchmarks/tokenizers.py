"""Measure the built-in tokenizers alone: bytes a second on one thread.

    python benchmarks/tokenizers.py
    python benchmarks/tokenizers.py text.txt --rounds 9
    python benchmarks/tokenizers.py --megabytes 1 --rounds 1

Without a file, the texts are a sentence in each of three alphabets, repeated.  Prints
medians of processor time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from w2vfast.text.tokenizers import SimpleTokenizer, tokenizer_of

BLOCK_BYTES = 1 << 20  # as in training
TEXTS = {
    "English": "The Quick brown Fox jumps, over the LAZY dog 123 times; ",
    "French": "Voix ambiguë d'un Cœur qui, au zéphyr, préfère les jattes. ",
    "Russian": "Съешь ещё этих мягких французских Булок, да выпей чаю. ",
}


def rate(tokenizer: object, text: bytes, rounds: int) -> float:
    """Return the speed on a text [MB/s of processor time]."""
    seconds = []
    for _ in range(rounds):
        total = 0.0
        for start in range(0, len(text), BLOCK_BYTES):
            part = text[start : start + BLOCK_BYTES]
            block = np.frombuffer(bytearray(part), dtype=np.uint8)
            out = np.empty(3 * block.size, dtype=np.uint8)
            begin = time.process_time()
            tokenizer.split(block, block.size, out)
            total += time.process_time() - begin
        seconds.append(total)
    return len(text) / 1e6 / statistics.median(seconds)


def main() -> None:
    """Print a table: a row for each text, a column for each tokenizer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path, help="a text, UTF-8")
    parser.add_argument("--megabytes", type=int, default=20, help="of a text (20)")
    parser.add_argument("--rounds", type=int, default=5, help="(5)")
    given = parser.parse_args()
    size = given.megabytes * 1_000_000
    if given.file:
        with given.file.open("rb") as file:
            texts = {given.file.name: file.read(size)}
    else:
        lines = {name: (text * 9 + "\n").encode() for name, text in TEXTS.items()}
        texts = {name: line * (size // len(line)) for name, line in lines.items()}
    tokenizers = {
        "simple": tokenizer_of("simple", exact=False),
        "without accents": SimpleTokenizer(remove_accents=True),
        "characters": tokenizer_of("characters", exact=False),
    }
    print(f"{'MB/s':<20}" + "".join(f"{name:>17}" for name in tokenizers))
    for name, text in texts.items():
        rates = [rate(each, text, given.rounds) for each in tokenizers.values()]
        print(f"{name:<20}" + "".join(f"{value:>17.0f}" for value in rates))


if __name__ == "__main__":
    main()
