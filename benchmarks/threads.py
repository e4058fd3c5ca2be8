"""Compare one process of N workers with N processes of one worker each.

    python benchmarks/threads.py --corpus TEXT
    python benchmarks/threads.py --corpus TEXT --rounds 1

The N processes run at the same time and share nothing.  They are the reference,
because two busy cores of a machine do less than twice the work of one.  Prints the
kwords/s of the training phase, one process / all processes, for each round, and the
median and the mean of the worst quarter of their ratio.

A virtual machine may move its cores, so `cores.c` measures the time that a cache line
takes from one core to another, three times per round: before, between and after the
two trainings.  A round is near if all three times are below --far, far if none is,
otherwise mixed.  Use a text of at least 20 MB; on a shorter one, the start of the
workers takes most of the time.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from common import compile_c
from programs import MODES, Job, run_w2vfast

CORES_FLAGS = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-pthread"]


class Round(NamedTuple):
    """Words/s of one process and of all processes, and the distance of the cores."""

    together: float
    apart: float
    distance: str

    @property
    def share(self) -> float:
        """Speed relative to processes that share nothing."""
        return self.together / self.apart


def line_time(cores: Path) -> float:
    """Measure the time that a cache line takes from one core to another [ns]."""
    run = subprocess.run([cores], stdout=subprocess.PIPE, check=True, timeout=60)
    return float(run.stdout)


def run_round(job: Job, workers: int, cores: Path, far: float) -> Round:
    """Train in one process, then in as many processes as there are workers."""
    outputs = [job.output.with_suffix(f".{k}") for k in range(workers)]
    jobs = [replace(job, threads=1, output=output) for output in outputs]
    times = [line_time(cores)]
    together = run_w2vfast(replace(job, threads=workers)).words_per_second
    times.append(line_time(cores))
    with ThreadPoolExecutor(workers) as pool:
        apart = sum(run.words_per_second for run in pool.map(run_w2vfast, jobs))
    times.append(line_time(cores))
    n_far = sum(time >= far for time in times)
    return Round(together, apart, {0: "near", 3: "far"}.get(n_far, "mixed"))


def print_summary(mode: str, name: str, rounds: list[Round]) -> None:
    """Print the median and worst quarter of the ratios, and all speeds."""
    if not rounds:
        return
    shares = sorted(a_round.share for a_round in rounds)
    worst = statistics.mean(shares[: max(1, len(shares) // 4)])
    shown = " ".join(f"{r.together / 1e3:.0f}/{r.apart / 1e3:.0f}" for r in rounds)
    median = statistics.median(shares)
    text = f"median {median:.2f}, worst quarter {worst:.2f}, n = {len(shares)}"
    print(f"{mode:<8} {name:<8} {text}: {shown}", flush=True)


def main() -> None:
    """Run the rounds and print the summary."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--corpus", type=Path, required=True, help="text file, 20 MB or more"
    )
    parser.add_argument("--workers", type=int, default=2, help="threads (2)")
    parser.add_argument("--rounds", type=int, default=10, help="rounds per mode (10)")
    parser.add_argument("--size", type=int, default=200, help="D (200)")
    parser.add_argument(
        "--far",
        type=float,
        default=100,
        help="least time of distant cores [ns] (100)",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cores = compile_c(Path(__file__).with_name("cores.c"), folder, CORES_FLAGS)
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
            rounds = [
                run_round(job, arguments.workers, cores, arguments.far)
                for _ in range(arguments.rounds)
            ]
            for name in ("near", "mixed", "far"):
                some = [a_round for a_round in rounds if a_round.distance == name]
                print_summary(mode, name, some)
            print_summary(mode, "all", rounds)


if __name__ == "__main__":
    main()
