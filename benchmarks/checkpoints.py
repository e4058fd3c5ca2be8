"""Measure what checkpoints cost a training.

    python benchmarks/checkpoints.py
    python benchmarks/checkpoints.py --words 1000 --tokens 100000 --every 10kwords \
        --rounds 1

Trains on random ids with and without checkpoints, in turn, and prints medians: wall and
processor time of a training, the extra time of one checkpoint, and its share if there
is one every ten minutes, as by default.  With --results, appends one JSON line for each
round.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from common import append_result, environment

from w2vfast import Word2Vec

MINUTES = 10  # between two checkpoints by default
SENTENCE = 20  # ids


def random_ids(n_tokens: int, n_words: int) -> np.ndarray:
    """Return sentences of words whose frequencies fall as in a text."""
    rng = np.random.default_rng(1)
    words = np.minimum(rng.zipf(1.2, n_tokens), n_words) - 1
    words[:n_words] = np.arange(len(words[:n_words]))  # each occurs
    return words[: n_tokens // SENTENCE * SENTENCE].reshape(-1, SENTENCE)


def train(ids: np.ndarray, options: dict, checkpoint: dict) -> dict:
    """Train once; return times [s], number and size of the checkpoints.

    One of them is the last, for which the training waits.
    """
    model = Word2Vec(**options, progress=False)
    model.build_vocab(ids)
    wall, cpu = time.perf_counter(), time.process_time()
    model.train(**checkpoint)
    figures = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    if checkpoint:
        newest = max(Path(checkpoint["checkpoint"]).iterdir())
        figures["checkpoints"] = int(newest.name.partition("-")[2])
        sizes = (path.stat().st_size for path in newest.iterdir())
        figures["mb"] = sum(sizes) / 1e6
    return figures


def main() -> None:
    """Train in turn and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--words", type=int, default=200_000, help="V (200,000)")
    parser.add_argument("--size", type=int, default=100, help="D (100)")
    parser.add_argument(
        "--tokens", type=int, default=10_000_000, help="of an epoch (10,000,000)"
    )
    parser.add_argument("--every", default="3s", help="between checkpoints (3s)")
    parser.add_argument("--workers", type=int, default=None, help="(all CPUs)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs (5)")
    parser.add_argument("--results", type=Path, help="JSON lines to append to")
    given = parser.parse_args()
    options = {"vector_size": given.size, "min_count": 1, "workers": given.workers}
    ids = random_ids(given.tokens, given.words)
    rounds = []
    for _ in range(given.rounds):
        without = train(ids, options, {})
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = {"checkpoint": folder, "checkpoint_every": given.every}
            rounds.append({"without": without, "with": train(ids, options, checkpoint)})
        if given.results:
            shape = {**options, "tokens": given.tokens, "words": given.words}
            append_result(
                given.results,
                {**shape, "every": given.every, **rounds[-1], **environment()},
            )
    print_table(rounds)


def print_table(rounds: list[dict]) -> None:
    """Print medians over the rounds."""
    n = statistics.median(each["with"]["checkpoints"] for each in rounds)
    size = rounds[0]["with"]["mb"]
    print(f"{n:g} checkpoints of {size:.0f} MB in a training")
    print(f"{'':12}{'without':>10}{'with':>10}{'each':>10}{'every 10 min':>14}")
    for kind in ("wall", "cpu"):
        without = statistics.median(each["without"][kind] for each in rounds)
        extra = [
            (each["with"][kind] - each["without"][kind]) / each["with"]["checkpoints"]
            for each in rounds
        ]
        cost = statistics.median(extra)
        total = statistics.median(each["with"][kind] for each in rounds)
        print(
            f"{kind + ' [s]':12}{without:10.2f}{total:10.2f}{cost:10.3f}"
            f"{cost / (60 * MINUTES):13.3%}"
        )


if __name__ == "__main__":
    main()
