"""Measure what a `Recorder` costs a training.

    python benchmarks/recorder.py
    python benchmarks/recorder.py --words 1000 --tokens 20000 --rounds 1

Trains on random ids with and without a recorder, in turn, and prints the medians of
processor time and of its ratio, and the number of frames.  With --results, appends one
JSON line for each round.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from checkpoints import random_ids
from common import append_result, environment

from w2vfast import Recorder, Word2Vec


def train(ids: np.ndarray, options: dict, recorder: Recorder | None) -> float:
    """Train once; return the processor time [s]."""
    model = Word2Vec(**options, progress=False)
    model.build_vocab(ids)
    callbacks = [] if recorder is None else [recorder]
    start = time.process_time()
    model.train(callbacks=callbacks)
    return time.process_time() - start


def main() -> None:
    """Train in turn and print the cost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--words", type=int, default=50_000, help="V (50,000)")
    parser.add_argument("--recorded", type=int, default=100, help="words (100)")
    parser.add_argument("--size", type=int, default=100, help="D (100)")
    parser.add_argument(
        "--tokens", type=int, default=2_000_000, help="of an epoch (2,000,000)"
    )
    parser.add_argument("--epochs", type=int, default=5, help="(5)")
    parser.add_argument("--workers", type=int, default=None, help="(all CPUs)")
    parser.add_argument("--rounds", type=int, default=9, help="pairs (9)")
    parser.add_argument("--results", type=Path, help="JSON lines to append to")
    given = parser.parse_args()
    options = {"vector_size": given.size, "min_count": 1, "workers": given.workers}
    options["epochs"] = given.epochs
    ids = random_ids(given.tokens, given.words)
    rounds = []
    for k in range(given.rounds):
        recorder = Recorder(given.recorded)
        order = [None, recorder] if k % 2 else [recorder, None]
        times = {which is None: train(ids, options, which) for which in order}
        n_frames = len(recorder.recording.epochs)
        rounds.append({"without": times[True], "with": times[False]})
        if given.results:
            shape = {**options, "tokens": given.tokens, "words": given.words}
            shape |= {"recorded": given.recorded, "frames": n_frames}
            append_result(given.results, {**shape, **rounds[-1], **environment()})
    ratio = statistics.median(each["with"] / each["without"] for each in rounds)
    without = statistics.median(each["without"] for each in rounds)
    print(
        f"{without:.2f} s of processor time without a recorder; {ratio - 1:+.1%} with "
        f"one of {given.recorded} words and {n_frames} frames"
    )


if __name__ == "__main__":
    main()
