"""Compare one process of several workers with as many processes of one worker each.

    python benchmarks/threads.py --corpus TEXT

The processes, which share nothing, run at the same moment: they are the yardstick,
since a machine gives two busy cores less than twice what it gives one.  Prints
kwords/s of the training phase, one process / all processes, for each round, and the
median and the worst quarter of their ratio.

A virtual machine moves its cores about, so before and after each of the two `cores.c`
measures how long a cache line takes from one core to another.  A round is near or far
if all three times were less than `--far` or none was, otherwise turning.  Take a text
of 20 MB and more: on a short one the workers' start is most of what is timed.
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

from programs import MODES, Job, compile_c, run_w2vfast

CORES_FLAGS = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-pthread"]


class Round(NamedTuple):
    """Words/s of one process with all workers and of all, and where cores were."""

    together: float
    apart: float
    place: str

    @property
    def share(self) -> float:
        """What is left of the speed of processes that share nothing."""
        return self.together / self.apart


def line_time(cores: Path) -> float:
    """Measure how long a cache line takes from one core to another [ns]."""
    run = subprocess.run([cores], stdout=subprocess.PIPE, check=True, timeout=60)
    return float(run.stdout)


def run_round(job: Job, workers: int, cores: Path, far: float) -> Round:
    """Train in one process, then in as many as there are workers."""
    outputs = [job.output.with_suffix(f".{k}") for k in range(workers)]
    jobs = [replace(job, threads=1, output=output) for output in outputs]
    times = [line_time(cores)]
    together = run_w2vfast(replace(job, threads=workers)).words_per_second
    times.append(line_time(cores))
    with ThreadPoolExecutor(workers) as pool:
        apart = sum(run.words_per_second for run in pool.map(run_w2vfast, jobs))
    times.append(line_time(cores))
    n_far = sum(time >= far for time in times)
    return Round(together, apart, {0: "near", 3: "far"}.get(n_far, "turning"))


def print_summary(mode: str, name: str, rounds: list[Round]) -> None:
    """Print median and worst quarter of the shares, and what they are taken from."""
    if not rounds:
        return
    shares = sorted(a_round.share for a_round in rounds)
    worst = statistics.mean(shares[: max(1, len(shares) // 4)])
    shown = " ".join(f"{r.together / 1e3:.0f}/{r.apart / 1e3:.0f}" for r in rounds)
    median = statistics.median(shares)
    text = f"median {median:.2f}, worst quarter {worst:.2f}, n = {len(shares)}"
    print(f"{mode:<8} {name:<8} {text}: {shown}", flush=True)


def main() -> None:
    """Run the rounds and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="text to train on")
    parser.add_argument("--workers", type=int, default=2, help="(default: 2)")
    parser.add_argument("--rounds", type=int, default=10, help="a mode (default: 10)")
    parser.add_argument("--size", type=int, default=200, help="D (default: 200)")
    parser.add_argument(
        "--far",
        type=float,
        default=100,
        help="least time [ns] of a far moment (default: 100)",
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
            for name in ("near", "turning", "far"):
                some = [a_round for a_round in rounds if a_round.place == name]
                print_summary(mode, name, some)
            print_summary(mode, "all", rounds)


if __name__ == "__main__":
    main()
