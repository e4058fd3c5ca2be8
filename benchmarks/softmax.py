"""Measure the speed of full softmax and negative sampling by vocabulary size.

    python benchmarks/softmax.py
    python benchmarks/softmax.py --workers 2
    python benchmarks/softmax.py --vocabulary 1000 --rounds 1

The words are drawn by Zipf's law; no subsampling, K = 5, window 5, one epoch.  Prints
medians of words and of multiply-adds per second.  A word takes 3 C V D multiply-adds,
with C = 6 contexts per word in skip-gram and C = 1 in CBOW.  Seconds are processor time
with one worker, wall time with several.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from common import append_result, environment

from w2vfast import Word2Vec, build_info
from w2vfast.params import TrainParams
from w2vfast.training.cost import cost

OUTPUTS_TRAINED = 3e8  # words of the text times V per measurement: some seconds
LENGTH = 20  # words per sentence


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--vocabulary",
        default="1000,10000,50000",
        help="sizes V, separated by commas (%(default)s)",
    )
    parser.add_argument("--size", type=int, default=100, help="D (100)")
    parser.add_argument("--workers", type=int, default=1, help="threads (1)")
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    parser.add_argument(
        "--json", type=Path, help="append a JSON line per row to this file"
    )
    return parser.parse_args()


def seconds_per_word(sg: int, n_words: int, options: dict, n_trained: int) -> float:
    """Train on `n_trained` words of a vocabulary of `n_words`; return s/word."""
    shares = 1 / np.arange(1, n_words + 1)
    draw = np.random.default_rng(1).choice
    text = draw(n_words, (n_trained // LENGTH, LENGTH), p=shares / shares.sum())
    model = Word2Vec(sg=sg, min_count=0, sample=0, epochs=1, progress=False, **options)
    model.build_vocab_from_freq({i: int(1e6 * s) for i, s in enumerate(shares)})
    model.train(text[:1])  # allocate memory and encode ids before the measurement
    clock = time.process_time if options["workers"] == 1 else time.perf_counter
    begin = clock()
    model.train(text)
    return (clock() - begin) / text.size


def measure(sg: int, n_words: int, a: argparse.Namespace) -> dict:
    """Measure a row of the table: medians; the two objectives take turns."""
    options = {"vector_size": a.size, "workers": a.workers}
    n_trained = int(OUTPUTS_TRAINED / n_words) // LENGTH * LENGTH
    times: dict[str, list[float]] = {"softmax": [], "negative": []}
    for _ in range(a.rounds):
        with_softmax = {**options, "objective": "softmax"}
        times["softmax"].append(seconds_per_word(sg, n_words, with_softmax, n_trained))
        times["negative"].append(seconds_per_word(sg, n_words, options, 1_000_000))
    softmax, negative = map(statistics.median, times.values())
    params = TrainParams(sg=sg, objective="softmax", vector_size=a.size)
    per_word = cost(params, np.ones(n_words, dtype=np.int64)).a_word
    return {
        "mode": "skip-gram" if sg else "CBOW",
        "V": n_words,
        "D": a.size,
        "workers": a.workers,
        "softmax_words_per_second": 1 / softmax,
        "multiply_adds_per_second": per_word / softmax,
        "negative_words_per_second": 1 / negative,
        "seconds_a_word": times,
    }


def main() -> None:
    """Measure and print the table."""
    a = parse_arguments()
    print(f"{build_info()['instruction_set']}, D = {a.size}, {a.workers} workers")
    print("mode            V  softmax kwords/s  1e9 multiply-adds/s  negative kwords/s")
    for sg in (1, 0):
        for n_words in map(int, a.vocabulary.split(",")):
            row = measure(sg, n_words, a)
            print(
                f"{row['mode']:<10} {n_words:>6} "
                f"{row['softmax_words_per_second'] / 1e3:>17.2f} "
                f"{row['multiply_adds_per_second'] / 1e9:>20.1f} "
                f"{row['negative_words_per_second'] / 1e3:>18.0f}"
            )
            if a.json:
                row |= environment() | {"isa": build_info()["instruction_set"]}
                append_result(a.json, row)


if __name__ == "__main__":
    main()
