"""Train on the same text with several programs; compare speed and quality.

    python benchmarks/compare.py --quick
    python benchmarks/compare.py --corpus TEXT --questions questions-words.txt

The programs take turns.  Writes one JSON line per run to benchmarks/results/ and prints
a table.  A run that is in the results file is not repeated, so that an interrupted
comparison can be continued.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common import RESULTS, append_result, environment, evaluate, select_lines
from programs import C_FLAGS, MODES, PROGRAMS, Job

from w2vfast import KeyedVectors

BASELINE = "c-o3"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--corpus", type=Path, help="text file (default: a generated text)"
    )
    parser.add_argument(
        "--questions", type=Path, help="analogy questions of the C program"
    )
    parser.add_argument(
        "--pairs", type=Path, nargs="*", default=[], help="files of word pairs"
    )
    parser.add_argument("--programs", default="w2vfast,c-o3,c-ofast,gensim,fasttext")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--sizes", default="200")
    parser.add_argument("--windows", default="5")
    parser.add_argument("--negatives", default="5")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--sample", type=float, default=1e-3)
    parser.add_argument("--runs", type=int, default=3, help="runs of each program (3)")
    parser.add_argument(
        "--shuffle",
        action="store_true",
        help="shuffle the lines differently for each run, with fixed seeds",
    )
    parser.add_argument(
        "--words", type=int, help="use only the first N words", metavar="N"
    )
    parser.add_argument(
        "--quick", action="store_true", help="600,000 words, one run: 1-3 min"
    )
    parser.add_argument("--results", type=Path, help="file of JSON lines to continue")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.words, arguments.runs = arguments.words or 600_000, 1
    return arguments


def generated_text(path: Path, n_words: int) -> None:
    """Write words drawn by Zipf's law; the topic changes from line to line."""
    rng = np.random.default_rng(1)
    vocab_size = 40_000
    share = 1 / np.arange(3, vocab_size + 3)
    share /= share.sum()
    with path.open("w") as file:
        for _ in range(n_words // 25):
            words = rng.choice(vocab_size, 25, p=share)
            topic = rng.integers(20)
            words[::2] = (words[::2] // 20) * 20 + topic
            file.write(" ".join(f"w{word}" for word in words) + "\n")


def prepare_corpus(arguments: argparse.Namespace, folder: Path, run: int) -> Path:
    """Truncate and shuffle the text; all programs of a run get the same text."""
    source = arguments.corpus
    if source is None:
        source = folder / "generated.txt"
        if not source.exists():
            generated_text(source, arguments.words or 2_000_000)
    if not arguments.shuffle and not arguments.words:
        return source
    path = folder / f"corpus-{run if arguments.shuffle else 0}.txt"
    if not path.exists():
        shuffle = run if arguments.shuffle else None
        select_lines(source, path, arguments.words, shuffle)
    return path


def quality(path: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Evaluate vectors: analogies among 30,000 words, Spearman's ρ of word pairs."""
    if not arguments.questions and not arguments.pairs:
        return {}
    vectors = KeyedVectors.load_word2vec_format(
        path, binary=True, unicode_errors="surrogateescape"
    )
    return evaluate(vectors, arguments.questions, arguments.pairs)


def jobs(arguments: argparse.Namespace) -> Iterator[dict]:
    """Yield the settings of each training; the programs take turns."""
    grid = itertools.product(
        range(arguments.runs),
        arguments.modes.split(","),
        map(int, arguments.sizes.split(",")),
        map(int, arguments.windows.split(",")),
        map(int, arguments.negatives.split(",")),
        map(int, arguments.threads.split(",")),
        arguments.programs.split(","),
    )
    for run, mode, size, window, negative, threads, program in grid:
        yield {
            "program": program,
            "mode": mode,
            "size": size,
            "window": window,
            "negative": 0 if MODES[mode]["hs"] else negative,
            "threads": threads,
            "epochs": arguments.epochs,
            "sample": arguments.sample,
            "run": run,
        }


def train(key: dict, arguments: argparse.Namespace, folder: Path) -> dict:
    """Run one training; return its line of results."""
    output = folder / "vectors.bin"
    job = Job(
        corpus=prepare_corpus(arguments, folder, key["run"]),
        output=output,
        **MODES[key["mode"]],
        size=key["size"],
        window=key["window"],
        negative=key["negative"],
        sample=key["sample"],
        epochs=key["epochs"],
        threads=key["threads"],
        seed=key["run"] + 1,
    )
    run = PROGRAMS[key["program"]](job)
    return {**key, **run.__dict__, **quality(output, arguments)}


def print_table(lines: list[dict]) -> None:
    """Print a row per program and setting: medians, ratios, quality."""
    names = ("mode", "size", "window", "negative", "threads", "program")
    groups: dict[tuple, list[dict]] = {}
    for line in lines:
        groups.setdefault(tuple(line[name] for name in names), []).append(line)
    head = (
        f"{'mode':<8}{'D':>4}{'w':>3}{'K':>3}{'thr':>4} {'program':<16}{'kwords/s':>9}"
    )
    print(f"{head}{'x ' + BASELINE:>8}{'encode':>8}{'total':>8}{'MB':>6}  quality")
    for key, group in sorted(groups.items()):
        base = groups.get((*key[:-1], BASELINE), [])
        speed = statistics.median(line["words_per_second"] for line in group)
        ratio = "-"
        if base:
            ratio = (
                f"{speed / statistics.median(x['words_per_second'] for x in base):.2f}"
            )
        encode = [x["encode_seconds"] for x in group if x["encode_seconds"] is not None]
        text = "{:<8}{:>4}{:>3}{:>3}{:>4} {:<16}".format(*key)
        text += f"{speed / 1000:>9.0f}{ratio:>8}"
        text += f"{statistics.median(encode):>8.2f}" if encode else f"{'-':>8}"
        text += f"{statistics.median(x['total_seconds'] for x in group):>8.1f}"
        text += f"{max(x['peak_bytes'] for x in group) / 1e6:>6.0f}  "
        print(text + _scores(group))


def _scores(group: list[dict]) -> str:
    known = ("analogies", "EN-WS-353-ALL", "EN-SIMLEX-999")
    parts = []
    for name in known:
        values = [line[name] for line in group if name in line]
        if values:
            deviation = statistics.stdev(values) if len(values) > 1 else 0.0
            digits = 2 if name == "analogies" else 3
            mean = statistics.mean(values)
            parts.append(f"{name} {mean:.{digits}f} ±{deviation:.{digits}f}")
    return ", ".join(parts)


def main() -> None:
    """Run the missing trainings and print the table."""
    arguments = parse_arguments()
    path = arguments.results or RESULTS / "compare.jsonl"
    done = [json.loads(line) for line in path.open()] if path.exists() else []
    about = {**environment(), "c_flags": json.dumps(C_FLAGS)}
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for key in jobs(arguments):
            found = [x for x in done if all(x.get(name) == key[name] for name in key)]
            if not found:
                found = [train(key, arguments, Path(folder))]
                append_result(path, {**found[0], **about})
                speed = found[0]["words_per_second"] / 1000
                print(key, f"{speed:.0f} kwords/s", file=sys.stderr, flush=True)
            lines.append(found[0])
    print_table(lines)


if __name__ == "__main__":
    main()
