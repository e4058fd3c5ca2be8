"""Quality gate of fast mode: compare the scores of two programs, paired by shuffle.

    python benchmarks/gate.py benchmarks/results/2026-11-21-gate.jsonl

Reads results that compare.py wrote with --shuffle.  Both programs were trained on the
same shuffles of the lines, so that scores are paired by shuffle.  The mean difference
over all modes, sizes and shuffles must not be below the limits in this file.  The mean
difference of each mode and size is printed, too.  Exits with status 1 if a limit is
violated.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import defaultdict
from pathlib import Path

LIMITS = {"analogies": -0.5, "EN-WS-353-ALL": -0.01, "EN-SIMLEX-999": -0.01}
CELL = ("mode", "size")


def read_scores(path: Path) -> dict[tuple, dict[tuple, dict]]:
    """Return the results as {(program, threads): {(mode, size, run): line}}."""
    scores: dict[tuple, dict[tuple, dict]] = defaultdict(dict)
    for text in path.read_text().splitlines():
        line = json.loads(text)
        cell = (*(line[name] for name in CELL), line["run"])
        scores[line["program"], line["threads"]][cell] = line
    return scores


def differences(ours: dict, theirs: dict, score: str) -> dict[tuple, list[float]]:
    """Return the differences, ours - theirs, as {(mode, size): [one per shuffle]}."""
    paired: dict[tuple, list[float]] = defaultdict(list)
    for cell in sorted(ours.keys() & theirs.keys()):
        paired[cell[:-1]].append(ours[cell][score] - theirs[cell][score])
    return paired


def report(ours: dict, theirs: dict) -> bool:
    """Print the differences, pooled and per cell; return whether all limits hold."""
    holds = True
    for score, limit in LIMITS.items():
        paired = differences(ours, theirs, score)
        pooled = [value for values in paired.values() for value in values]
        if len(pooled) < 2:
            print(f"  {score:<14} too few pairs: {len(pooled)}")
            return False
        mean = statistics.mean(pooled)
        error = statistics.stdev(pooled) / len(pooled) ** 0.5
        holds &= mean >= limit
        verdict = "holds" if mean >= limit else "FAILS"
        print(
            f"  {score:<14} {mean:+.3f} ± {error:.3f} (standard error), "
            f"{len(pooled)} pairs, limit {limit}: {verdict}"
        )
        cells = (
            f"{mode} {size}: {statistics.mean(values):+.3f}"
            for (mode, size), values in paired.items()
        )
        print("    " + ", ".join(cells))
    return holds


def main() -> int:
    """Print a report per number of threads; return 1 if a limit is violated."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="file written by compare.py")
    parser.add_argument("--program", default="w2vfast", help="(w2vfast)")
    parser.add_argument("--peer", default="c-ofast", help="(c-ofast)")
    arguments = parser.parse_args()
    scores = read_scores(arguments.results)
    peers = [lines for (name, _), lines in scores.items() if name == arguments.peer]
    theirs = {cell: line for lines in peers for cell, line in lines.items()}
    holds = True
    for (name, threads), ours in sorted(scores.items()):
        if name == arguments.program:
            print(f"{name}, {threads} threads, minus {arguments.peer}:")
            holds &= report(ours, theirs)
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
