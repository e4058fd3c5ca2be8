"""Many workers against one, in pairs of the same data and seed, in lockstep.

    python benchmarks/lockstep.py --nodes 200 --epochs 5 --pairs 6
    python benchmarks/lockstep.py --corpus TEXT --words 5000000 --pairs 2
    python benchmarks/lockstep.py --corpus TEXT --both cbow_mean=0 --modes cbow-ns
    python benchmarks/lockstep.py --corpus TEXT --set deterministic=True

Loss is the most sensitive measure: it shows what scores of vectors hide in their noise.
Prints each score of one worker, and the mean differences of the others.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from gate import Data, GraphData, TextData, lockstep, parse_options
from programs import MODES

from w2vfast import Word2Vec

Runs = list[dict[str, float]]


def scores_of(
    data: Data, mode: str, seed: int, workers: int, arguments: argparse.Namespace
) -> dict[str, float]:
    """Train workers in lockstep; return the loss of the last epoch and the scores."""
    changes = arguments.set if workers > 1 else []
    options: dict[str, Any] = {
        **MODES[mode],
        **({"negative": 0} if MODES[mode]["hs"] else {}),
        **data.arguments(seed),
        **{"seed": seed + 1, "window": arguments.window, "epochs": arguments.epochs},
        **parse_options(" ".join([*arguments.both, *changes])),
    }
    with lockstep(workers > 1):
        model = Word2Vec(**options, workers=workers, compute_loss=True, progress=False)
    return {"loss": model.history[-1].loss, **data.scores(model, seed)}


def show(mode: str, workers: int, ours: Runs, one: Runs) -> None:
    """Print mean differences with their standard errors."""
    cells = []
    for name in one[0]:
        pairs = zip(ours, one, strict=True)
        changes = [many[name] - single[name] for many, single in pairs]
        error = 0.0
        if len(changes) > 1:
            error = statistics.stdev(changes) / len(changes) ** 0.5
        mean = statistics.fmean(single[name] for single in one)
        cells.append(
            f"{name} {mean:.4f} {statistics.fmean(changes):+.4f} ± {error:.4f}"
        )
    print(f"{mode}, {workers} workers: {'; '.join(cells)}", flush=True)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--nodes", type=int, help="a graph of so many nodes")
    add("--corpus", type=Path, help="text file, in place of a graph")
    add("--words", type=int, help="use only the first N words", metavar="N")
    add("--modes", default=",".join(MODES))
    add("--workers", type=int, nargs="+", default=[2, 8, 16, 32])
    add("--window", type=int, default=5)
    add("--epochs", type=int, default=1)
    add("--both", nargs="*", default=[], help="options of all runs", metavar="X=Y")
    add("--set", nargs="*", default=[], help="of several workers only", metavar="X=Y")
    add("--pairs", type=int, default=6)
    return parser.parse_args()


def main() -> None:
    """Train in every mode, and print."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        data: Data = GraphData(arguments.nodes or 200)
        if arguments.corpus:
            data = TextData(arguments.corpus, arguments.words, None, (), Path(folder))
        for mode in arguments.modes.split(","):
            scores = {
                workers: [
                    scores_of(data, mode, seed, workers, arguments)
                    for seed in range(arguments.pairs)
                ]
                for workers in [1, *arguments.workers]
            }
            for workers in arguments.workers:
                show(mode, workers, scores[workers], scores[1])


if __name__ == "__main__":
    main()
