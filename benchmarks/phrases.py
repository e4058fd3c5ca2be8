"""Compare the time in which several programs join the phrases of a text.

    python benchmarks/phrases.py --corpus TEXT --runs 3

Each run reads the text and writes it with its phrases joined, in a new process; the
programs take turns.  Writes one JSON line per run to benchmarks/results/ and prints a
table of medians.  Identical outputs have the same digest in the table.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from common import RESULTS, append_result, child_environment, environment, measured
from programs import C_FLAGS, build_c

# The script for gensim and w2vfast, which differ only in the imports.
_SCRIPT = """
import sys
{imports}
sentences = LineSentence("text")
phrases = Phrases(sentences, min_count=5, threshold=10.0, **{options})
frozen = phrases.freeze()
with open("out", "w", encoding="utf-8") as out:
    out.writelines(" ".join(words) + "\\n" for words in frozen[sentences])
"""
_GENSIM = """
from gensim.models.phrases import Phrases
from gensim.models.word2vec import LineSentence
"""
_W2VFAST = "from w2vfast import LineSentence, Phrases"


def _python(imports: str, options: str = "{}") -> list[str]:
    script = _SCRIPT.format(imports=imports, options=options)
    return [sys.executable, "-c", script]


def _command(*flags: str) -> list[str]:
    files = ["-train", "text", "-output", "out", "-debug", "0"]
    return [sys.executable, "-m", "w2vfast", "phrases", *files, *flags]


def _c(name: str) -> list[str]:
    program = build_c(name).with_name("word2phrase")
    return [str(program), "-train", "text", "-output", "out", "-debug", "0"]


PROGRAMS: dict[str, Callable[[], list[str]]] = {
    "w2vfast, 1 thread": lambda: _command("--threads", "1"),
    "w2vfast, 2 threads": lambda: _command("--threads", "2"),
    "w2vfast in Python, 1 thread": lambda: _python(_W2VFAST, '{"workers": 1}'),
    "gensim": lambda: _python(_GENSIM),
    "w2vfast --mode exact": lambda: _command("--mode", "exact"),
    "C -O3": lambda: _c("c-o3"),
    "C -Ofast": lambda: _c("c-ofast"),
}


def run(name: str, corpus: Path) -> dict[str, object]:
    """Run one program; return its line of results."""
    with tempfile.TemporaryDirectory() as folder:
        # A short path, because the C program truncates paths to 59 bytes.
        os.symlink(corpus.resolve(), Path(folder) / "text")
        command = PROGRAMS[name]()
        before = _cpu_seconds()
        _, seconds, peak = measured(command, cwd=folder, env=child_environment())
        cpu_seconds = _cpu_seconds() - before
        digest = hashlib.sha256((Path(folder) / "out").read_bytes()).hexdigest()
    return {
        "program": name,
        "corpus_bytes": corpus.stat().st_size,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_bytes": peak,
        "sha256": digest,
    }


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def print_table(lines: list[dict]) -> None:
    """Print a row per program: median, range, processor time, memory, digest."""
    print(f"{'program':<30}{'s':>7}{'from':>7}{'to':>7}{'CPU s':>7}{'MB':>7}  sha256")
    for name in PROGRAMS:
        group = [line for line in lines if line["program"] == name]
        if group:
            seconds = [line["seconds"] for line in group]
            digests = {line["sha256"][:8] for line in group}
            print(
                f"{name:<30}{statistics.median(seconds):>7.1f}{min(seconds):>7.1f}"
                f"{max(seconds):>7.1f}"
                f"{statistics.median(x['cpu_seconds'] for x in group):>7.1f}"
                f"{max(line['peak_bytes'] for line in group) / 1e6:>7.0f}  "
                + " ".join(sorted(digests))
            )


def main() -> None:
    """Run the programs and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="text file")
    parser.add_argument("--runs", type=int, default=3, help="runs of each program (3)")
    parser.add_argument(
        "--programs", nargs="*", default=list(PROGRAMS), choices=list(PROGRAMS)
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=RESULTS / "phrases.jsonl",
        help="file of JSON lines",
    )
    arguments = parser.parse_args()
    known = {**environment(), "c_flags": json.dumps(C_FLAGS)}
    lines = []
    for k in range(arguments.runs):
        for name in arguments.programs:
            line = {**run(name, arguments.corpus), "run": k, **known}
            lines.append(line)
            append_result(arguments.results, line)
    print_table(lines)


if __name__ == "__main__":
    main()
