"""Compare the search for neighbours with gensim, or accuracy with the C program.

    python benchmarks/neighbours.py
    python benchmarks/neighbours.py --vectors v.bin --questions questions-words.txt

The first form compares `most_similar_batch` and `most_similar` with gensim's
`most_similar`, on random vectors, in one process and with the same BLAS: queries per
second, and milliseconds of processor time for a query (OPENBLAS_NUM_THREADS=1 makes the
latter comparable, because threads that wait for work use the processor, too).
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

SINGLE_ROWS = 6_000_000  # read by most_similar in a round, with either program
IDLE = 0.2  # s, after which the waiting threads of OpenBLAS sleep


def seconds(action: Callable[[], object]) -> tuple[float, float]:
    """Return the wall time and the processor time of an action."""
    time.sleep(IDLE)
    start, used = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - start, time.process_time() - used


def report(name: str, pairs: list[tuple[float, float]], unit: str) -> None:
    """Print pairs of (ours, theirs), where larger is better, and their ratios."""
    ratios = sorted(ours / theirs for ours, theirs in pairs)
    shown = "  ".join(f"{ours:.4g}/{theirs:.4g}" for ours, theirs in pairs)
    print(f"{name}, {unit}: {shown}")
    print(f"{name}: median {statistics.median(ratios):.1f}, worst {ratios[0]:.1f}")


def report_costs(name: str, pairs: list[tuple[float, float]]) -> None:
    """Print processor times (ours, theirs) of a query [ms], and their ratios."""
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratios = sorted(ours / theirs for ours, theirs in pairs)
    print(
        f"{name}: {ours:.3g} and {theirs:.3g} ms of processor time a query, "
        f"ratio {statistics.median(ratios):.2f}, worst {ratios[-1]:.2f}"
    )


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
    some = queries[: max(3, SINGLE_ROWS // arguments.rows)]
    actions = {
        "batch": lambda: ours.most_similar_batch(queries),
        "one": lambda: [ours.most_similar(word) for word in some],
        "peer": lambda: [theirs.most_similar(word) for word in some],
    }
    rounds = []
    for _ in range(arguments.rounds):
        taken = {name: seconds(action) for name, action in actions.items()}
        n_queries = {"batch": len(queries), "one": len(some), "peer": len(some)}
        rounds.append(
            {
                name: (n_queries[name] / wall, 1000 * used / n_queries[name])
                for name, (wall, used) in taken.items()
            }
        )
    for name, title in (("batch", "most_similar_batch"), ("one", "most_similar")):
        speeds = [(figures[name][0], figures["peer"][0]) for figures in rounds]
        report(title, speeds, "queries/s")
        costs = [(figures[name][1], figures["peer"][1]) for figures in rounds]
        report_costs(title, costs)


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
        (ours, _), (theirs, _) = seconds(lambda: run("ours")), seconds(lambda: run("C"))
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
