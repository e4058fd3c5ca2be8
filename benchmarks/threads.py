"""Compare one process of several workers with as many processes of one worker each.

    python benchmarks/threads.py --corpus TEXT

The processes, which share nothing, run at the same moment: they are the yardstick,
since a machine gives two busy cores less than twice what it gives one.  Prints
kwords/s of the training phase, one process / all processes, for each round, and the
median and the worst quarter of their ratio.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from programs import MODES, Job, run_w2vfast


def speeds(job: Job, workers: int) -> tuple[float, float]:
    """Return words/s of one process with all workers, and of all processes together."""
    together = run_w2vfast(replace(job, threads=workers)).words_per_second
    outputs = [job.output.with_suffix(f".{k}") for k in range(workers)]
    jobs = [replace(job, threads=1, output=output) for output in outputs]
    with ThreadPoolExecutor(workers) as pool:
        apart = sum(run.words_per_second for run in pool.map(run_w2vfast, jobs))
    return together, apart


def main() -> None:
    """Run the rounds and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for mode, settings in MODES.items():
            job = Job(
                corpus=arguments.corpus,
                output=Path(folder) / "vectors.bin",
                **settings,
                size=arguments.size,
                window=5,
                negative=0 if settings["hs"] else 5,
                sample=1e-3,
                epochs=1,
                threads=1,
                seed=1,
            )
            rounds = [speeds(job, arguments.workers) for _ in range(arguments.rounds)]
            shares = sorted(together / apart for together, apart in rounds)
            worst = statistics.mean(shares[: max(1, len(shares) // 4)])
            shown = "  ".join(f"{a / 1e3:.0f}/{b / 1e3:.0f}" for a, b in rounds)
            median = statistics.median(shares)
            print(f"{mode:<8} {shown}  median {median:.2f}, worst quarter {worst:.2f}")


if __name__ == "__main__":
    main()
