"""Compare looking for neighbours with gensim, and accuracy with the C program.

    python benchmarks/neighbours.py
    python benchmarks/neighbours.py --vectors v.bin --questions questions-words.txt

The two programs take turns, so that whatever else the machine does meets both.  The
first compares queries a second of `most_similar_batch` and of gensim's `most_similar`
on random vectors, in one process and with the same BLAS; the second, the wall time of
`w2vfast accuracy` and of `word2vec-compute-accuracy`, start and loading included.
Prints each pair, the median of the ratios and the worst of them.
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

from w2vfast import KeyedVectors

SINGLE_QUERIES = 100  # of gensim, and of our own most_similar, in a round


def seconds(action: Callable[[], object]) -> float:
    """Return the wall time of an action."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def report(name: str, pairs: list[tuple[float, float]], unit: str) -> None:
    """Print pairs of (ours, theirs), larger is better, and their ratios."""
    ratios = sorted(ours / theirs for ours, theirs in pairs)
    shown = "  ".join(f"{ours:.4g}/{theirs:.4g}" for ours, theirs in pairs)
    print(f"{name}, {unit}: {shown}")
    print(f"{name}: median {statistics.median(ratios):.1f}, worst {ratios[0]:.1f}")


def compare_search(arguments: argparse.Namespace) -> None:
    """Time neighbours beside gensim's."""
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
    """Time `w2vfast accuracy` beside the C program."""
    tail = [str(arguments.vectors), str(arguments.threshold)]
    commands = {
        "ours": [sys.executable, "-m", "w2vfast", "accuracy", *tail],
        "C": ["word2vec-compute-accuracy", *tail],
    }
    said = {}

    def run(name: str) -> None:
        with arguments.questions.open("rb") as questions:
            done = subprocess.run(
                commands[name], stdin=questions, capture_output=True, check=True
            )
        said[name] = done.stdout.decode().splitlines()

    pairs = []
    for _ in range(arguments.rounds):
        ours, theirs = seconds(lambda: run("ours")), seconds(lambda: run("C"))
        pairs.append((1 / ours, 1 / theirs))
    report("accuracy", pairs, "runs/s")
    differ = [line for line in zip(*said.values(), strict=True) if line[0] != line[1]]
    print(f"{len(said['C'])} lines, {len(differ)} differ", *differ, sep="\n")


def main() -> None:
    """Run the comparison that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=100_000, help="V")
    parser.add_argument("--size", type=int, default=200, help="D")
    parser.add_argument("--queries", type=int, default=2000, help="in a batch")
    parser.add_argument("--vectors", type=Path, help="binary; compare accuracy")
    parser.add_argument("--questions", type=Path, help="analogy questions")
    parser.add_argument("--threshold", type=int, default=30_000)
    arguments = parser.parse_args()
    if arguments.vectors:
        compare_accuracy(arguments)
    else:
        compare_search(arguments)


if __name__ == "__main__":
    main()
