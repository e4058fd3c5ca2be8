"""Compare the search for neighbours with gensim, or accuracy with the C program.

    python benchmarks/neighbours.py
    python benchmarks/neighbours.py --vectors v.bin --questions questions-words.txt

The first form compares queries per second of `most_similar_batch` and `most_similar`
with gensim's `most_similar`, on random vectors, in one process and with the same BLAS.
The second form compares the wall time of `w2vfast accuracy` with that of
`word2vec-compute-accuracy`, including the start of the process and loading.  The two
programs take turns, so that other load on the machine affects both.  Prints all pairs,
and the median and worst ratio.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import child_environment

from w2vfast import KeyedVectors

SINGLE_QUERIES = 100  # per round, with either program's most_similar


def seconds(action: Callable[[], object]) -> float:
    """Return the wall time of an action."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def report(name: str, pairs: list[tuple[float, float]], unit: str) -> None:
    """Print pairs of (ours, theirs), where larger is better, and their ratios."""
    ratios = sorted(ours / theirs for ours, theirs in pairs)
    shown = "  ".join(f"{ours:.4g}/{theirs:.4g}" for ours, theirs in pairs)
    print(f"{name}, {unit}: {shown}")
    print(f"{name}: median {statistics.median(ratios):.1f}, worst {ratios[0]:.1f}")


def compare_search(arguments: argparse.Namespace) -> None:
    """Compare queries per second with gensim."""
    from gensim.models.keyedvectors import KeyedVectors as Theirs

    rng = np.random.default_rng(1)
    shape = arguments.rows, arguments.size
    vectors = rng.standard_normal(shape, dtype=np.float32)
    words = [f"w{row}" for row in range(arguments.rows)]
    ours = KeyedVectors(words, vectors)
    theirs = Theirs(arguments.size)
    theirs.add_vectors(words, vectors)
    theirs.fill_norms()
    queries = [words[row] for row in rng.integers(0, arguments.rows, arguments.queries)]
    some = queries[:SINGLE_QUERIES]
    batch, single = [], []
    for _ in range(arguments.rounds):
        many = len(queries) / seconds(lambda: ours.most_similar_batch(queries))
        one = len(some) / seconds(lambda: [ours.most_similar(word) for word in some])
        peer = len(some) / seconds(lambda: [theirs.most_similar(w) for w in some])
        batch.append((many, peer))
        single.append((one, peer))
    report("most_similar_batch", batch, "queries/s")
    report("most_similar", single, "queries/s")


def compare_accuracy(arguments: argparse.Namespace) -> None:
    """Compare the time of `w2vfast accuracy` with the C program."""
    tail = [str(arguments.vectors), str(arguments.threshold)]
    commands = {
        "ours": [sys.executable, "-m", "w2vfast", "accuracy", *tail],
        "C": ["word2vec-compute-accuracy", *tail],
    }
    printed = {}

    def run(name: str) -> None:
        with arguments.questions.open("rb") as questions:
            done = subprocess.run(
                commands[name],
                stdin=questions,
                capture_output=True,
                check=True,
                env=child_environment(),
            )
        printed[name] = done.stdout.decode().splitlines()

    pairs = []
    for _ in range(arguments.rounds):
        ours, theirs = seconds(lambda: run("ours")), seconds(lambda: run("C"))
        pairs.append((1 / ours, 1 / theirs))
    report("accuracy", pairs, "runs/s")
    differ = [
        line for line in zip(*printed.values(), strict=True) if line[0] != line[1]
    ]
    print(f"{len(printed['C'])} lines, {len(differ)} differ", *differ, sep="\n")


def main() -> None:
    """Run one of the two comparisons."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="(5)")
    parser.add_argument("--rows", type=int, default=100_000, help="V (100,000)")
    parser.add_argument("--size", type=int, default=200, help="D (200)")
    parser.add_argument(
        "--queries", type=int, default=2000, help="queries per batch (2,000)"
    )
    parser.add_argument(
        "--vectors", type=Path, help="binary vectors; selects the second form"
    )
    parser.add_argument("--questions", type=Path, help="questions for the second form")
    parser.add_argument(
        "--threshold", type=int, default=30_000, help="most frequent words (30,000)"
    )
    arguments = parser.parse_args()
    if bool(arguments.vectors) != bool(arguments.questions):
        parser.error("--vectors and --questions belong together. Give both or neither.")
    if arguments.vectors:
        compare_accuracy(arguments)
    else:
        compare_search(arguments)


if __name__ == "__main__":
    main()
