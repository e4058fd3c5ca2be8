"""Compare whole trainings, from the start of the program to the file of vectors.

    python benchmarks/whole_runs.py --corpus TEXT
    python benchmarks/whole_runs.py --corpus TEXT --modes sg-ns --epochs 5 --rounds 5

Runs `w2vfast train`, the C program with the same flags, and gensim (`corpus_file`) in
turn.  Reading, counting, training and writing are in the time of each, as is the start
of Python.  Prints medians of wall and processor time, and how many times as long as
`w2vfast train` each program took in the same round: the median and the smallest.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import RESULTS, append_result, child_environment, environment
from programs import GENSIM, MODES, Job, build_c, flags, script_command

OURS = "w2vfast"


def command(program: str, job: Job) -> list[str]:
    """Return the command of a whole training."""
    if program == OURS:
        return [sys.executable, "-m", "w2vfast", "train", *flags(job)]
    if program == "gensim":
        return script_command(GENSIM, job)
    return [str(build_c(program)), *flags(job)]


def measure(arguments: list[str]) -> dict[str, float]:
    """Run a command; return its wall time and its processor time [s]."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(arguments, check=True, capture_output=True, env=child_environment())
    wall, after = time.perf_counter() - start, os.times()
    user = after.children_user - before.children_user
    return {"wall": wall, "cpu": user + after.children_system - before.children_system}


def print_table(mode: str, lines: list[dict]) -> None:
    """Print a row for each program: medians, and ratios of runs in the same round."""
    ours = {line["round"]: line for line in lines if line["program"] == OURS}
    for program in dict.fromkeys(line["program"] for line in lines):
        runs = [line for line in lines if line["program"] == program]
        text = f"{mode:<9}{program:<9}"
        for clock in ("wall", "cpu"):
            ratios = [line[clock] / ours[line["round"]][clock] for line in runs]
            text += f"{statistics.median(line[clock] for line in runs):>9.2f} s"
            text += f"{statistics.median(ratios):>8.1f} ({min(ratios):.1f})"
        print(text, flush=True)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="text file")
    parser.add_argument("--programs", default=f"{OURS},c-o3,c-ofast,gensim")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--size", type=int, default=200, help="D (200)")
    parser.add_argument("--window", type=int, default=5, help="(5)")
    parser.add_argument("--epochs", type=int, default=1, help="(1)")
    parser.add_argument("--threads", type=int, default=1, help="(1)")
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    parser.add_argument("--results", type=Path, default=RESULTS / "whole-runs.jsonl")
    return parser.parse_args()


def main() -> None:
    """Run the trainings and print the table."""
    arguments = parse_arguments()
    programs = [OURS, *(x for x in arguments.programs.split(",") if x != OURS)]
    for mode in arguments.modes.split(","):
        settings = {
            **MODES[mode],
            "size": arguments.size,
            "window": arguments.window,
            "negative": 0 if MODES[mode]["hs"] else 5,
            "sample": 1e-3,
            "epochs": arguments.epochs,
            "threads": arguments.threads,
            "seed": 1,
        }
        lines = []
        for number in range(arguments.rounds):
            for program in programs:
                with tempfile.TemporaryDirectory() as folder:
                    output = Path(folder) / "vectors.bin"
                    job = Job(corpus=arguments.corpus, output=output, **settings)
                    taken = measure(command(program, job))
                line = {"program": program, "mode": mode, "round": number, **taken}
                lines.append(line)
                text = {"corpus": arguments.corpus.name, **settings}
                append_result(arguments.results, {**line, **text, **environment()})
        print_table(mode, lines)


if __name__ == "__main__":
    main()
