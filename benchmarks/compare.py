"""Train the same text with several programs, in turn, and compare speed and quality.

    python benchmarks/compare.py --corpus TEXT --questions questions-words.txt

Writes one JSON line a run to benchmarks/results/ and prints a table.  A run that the
results file holds already is not repeated, so an interrupted comparison goes on where
it was.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from programs import C_FLAGS, MODES, PROGRAMS, Job

import w2vfast
from w2vfast import KeyedVectors

RESULTS = Path(__file__).parent / "results"
BASELINE = "c-o3"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, help="text; default: a generated one")
    parser.add_argument("--questions", type=Path, help="analogy questions")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[], help="word pairs")
    parser.add_argument("--programs", default="w2vfast,c-o3,c-ofast,gensim,fasttext")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--sizes", default="200")
    parser.add_argument("--windows", default="5")
    parser.add_argument("--negatives", default="5")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--sample", type=float, default=1e-3)
    parser.add_argument("--runs", type=int, default=3, help="of each program")
    parser.add_argument(
        "--shuffle",
        action="store_true",
        help="a fixed shuffle of the lines for each run",
    )
    parser.add_argument("--words", type=int, help="use the first so many words only")
    parser.add_argument("--quick", action="store_true", help="under three minutes")
    parser.add_argument("--results", type=Path, help="JSON lines file to go on with")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.words, arguments.runs = arguments.words or 600_000, 1
    return arguments


def generated_text(path: Path, n_words: int) -> None:
    """Write words by Zipf's law in topics that change from line to line."""
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
    """Cut and shuffle the text as asked; the same for all programs of one run."""
    source = arguments.corpus
    if source is None:
        source = folder / "generated.txt"
        if not source.exists():
            generated_text(source, arguments.words or 2_000_000)
    if not arguments.shuffle and not arguments.words:
        return source
    path = folder / f"corpus-{run if arguments.shuffle else 0}.txt"
    if not path.exists():
        lines = source.read_text().splitlines(keepends=True)
        if arguments.words:
            n_words = itertools.accumulate(len(line.split()) for line in lines)
            lines = lines[: 1 + sum(n < arguments.words for n in n_words)]
        if arguments.shuffle:
            random.Random(run).shuffle(lines)
        path.write_text("".join(lines))
    return path


def environment() -> dict[str, str]:
    """Processor, compiler, versions and commit."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        fields = dict(
            [part.strip() for part in line.split(":", 1)]
            for line in info.read_text().splitlines()
            if ":" in line
        )
        names = ("model name", "cpu family", "model")
        cpu = ", ".join(fields[name] for name in names if name in fields)
    return {
        "processor": cpu,
        "compiler": _first_line("gcc", "--version"),
        "c_flags": json.dumps(C_FLAGS),
        "python": platform.python_version(),
        "w2vfast": w2vfast.__version__,
        "commit": _first_line("git", "rev-parse", "--short", "HEAD"),
    }


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.splitlines()[0]


def quality(path: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Score vectors: analogies among 30,000 words, Spearman of word pairs."""
    scores: dict[str, float] = {}
    if not arguments.questions and not arguments.pairs:
        return scores
    vectors = KeyedVectors.load_word2vec_format(
        path, binary=True, unicode_errors="surrogateescape"
    )
    if arguments.questions:
        accuracy, sections = vectors.evaluate_word_analogies(
            arguments.questions, restrict_vocab=30_000
        )
        scores["analogies"] = 100 * accuracy
        total = sections[-1]
        scores["questions"] = len(total["correct"]) + len(total["incorrect"])
    for pairs in arguments.pairs:
        _, spearman, unknown = vectors.evaluate_word_pairs(pairs)
        scores[pairs.stem] = float(spearman[0])
        scores[f"{pairs.stem} coverage"] = 100 - unknown
    return scores


def jobs(arguments: argparse.Namespace):
    """Yield (key, settings) of every training, programs in turn."""
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
    """Train one job; return its line of results."""
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
    """Print a line for each program and setting: medians, ratios, quality."""
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
    """Run what is missing and print the table."""
    arguments = parse_arguments()
    path = arguments.results or RESULTS / "compare.jsonl"
    path.parent.mkdir(exist_ok=True)
    done = [json.loads(line) for line in path.open()] if path.exists() else []
    about = environment()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for key in jobs(arguments):
            found = [x for x in done if all(x.get(name) == key[name] for name in key)]
            if not found:
                found = [train(key, arguments, Path(folder))]
                with path.open("a") as file:
                    file.write(json.dumps({**found[0], **about}) + "\n")
                speed = found[0]["words_per_second"] / 1000
                print(key, f"{speed:.0f} kwords/s", file=sys.stderr, flush=True)
            lines.append(found[0])
    print_table(lines)


if __name__ == "__main__":
    main()
