"""Compare kinds of input: lists, columns, text, files with columns.

    python benchmarks/inputs.py
    python benchmarks/inputs.py --tokens 100000 --runs 1

Writes the same sentences in each form, and counts and encodes each (`build_vocab`), in
turn, each time in a new process.  Prints medians: tokens a second of wall time and of
processor time, the memory of the data before, and the peak memory of the whole process
(Linux only).  Needs pyarrow and polars.  With --results, appends one JSON line for each
run.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np
from common import append_result, environment, json_of_child

SENTENCE = 20  # tokens
VOCABULARY = 50_000

BUILD = """
import json, sys, time
kind, folder, workers = json.loads(sys.argv[1])
from w2vfast import Word2Vec

def memory(name):
    lines = [line.split() for line in open("/proc/self/status") if name in line]
    return int(lines[0][1]) * 1024 / 1e6

def column(library, name):
    if library == "polars":
        import polars
        return polars.read_parquet(f"{folder}/data.parquet", columns=[name])[name]
    import pyarrow.parquet
    path = f"{folder}/data.parquet"
    return pyarrow.parquet.read_table(path, columns=[name])[name]

def data():
    what, _, name = kind.partition(" ")
    if what == "lists":
        lists = [line.split() for line in open(f"{folder}/text")]
        return {"corpus_iterable": lists}, {}
    if what == "strings":
        texts = [line.rstrip() for line in open(f"{folder}/text")]
        return {"corpus_iterable": texts}, {"tokenize": "whitespace"}
    if what == "text":
        return {"corpus_file": f"{folder}/text"}, {"tokenize": name or None}
    if what in ("pyarrow", "polars"):
        return {"corpus_iterable": column(what, name)}, {}
    return {"corpus_file": f"{folder}/data.{what}"}, {"column": name}

before = memory("VmRSS")
corpus, options = data()
held = memory("VmRSS") - before
model = Word2Vec(min_count=1, workers=workers, progress=False, **options)
wall, cpu = time.perf_counter(), time.process_time()
model.build_vocab(**corpus)
figures = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
# Not getrusage, whose peak includes that of the parent process.
figures |= {"data_mb": held, "peak_mb": memory("VmHWM")}
figures |= {"tokens": model.corpus_total_words, "words": len(model.vocab)}
print(json.dumps(figures))
"""
KINDS = (
    "lists",
    "strings",
    "pyarrow tokens",
    "polars tokens",
    "pyarrow text",
    "polars text",
    "text",
    "text simple",
    "parquet tokens",
    "parquet text",
    "csv text",
    "jsonl text",
)


def write_files(folder: Path, n_tokens: int) -> None:
    """Write the same sentences as text, Parquet, CSV and JSON Lines."""
    import polars

    draw = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(
        ["".join(draw.choice(letters, draw.integers(2, 11))) for _ in range(VOCABULARY)]
    )
    weights = 1 / np.arange(1, VOCABULARY + 1)
    chosen = draw.choice(words, n_tokens, p=weights / weights.sum())
    tokens = chosen[: n_tokens // SENTENCE * SENTENCE].reshape(-1, SENTENCE).tolist()
    text = [" ".join(sentence) for sentence in tokens]
    frame = polars.DataFrame({"tokens": tokens, "text": text})
    frame.write_parquet(folder / "data.parquet")
    frame.select("text").write_csv(folder / "data.csv")
    frame.select("text").write_ndjson(folder / "data.jsonl")
    (folder / "text").write_text("\n".join(text) + "\n", "utf-8")


def build(kind: str, folder: Path, workers: int) -> dict:
    """Build a vocabulary in a new process; return its time and memory."""
    return json_of_child(BUILD, [kind, str(folder), workers])


def main() -> None:
    """Write the files, read them in turn and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=10_000_000, help="(10,000,000)")
    parser.add_argument("--workers", type=int, default=1, help="threads (1)")
    parser.add_argument("--runs", type=int, default=5, help="of each kind (5)")
    parser.add_argument("--results", type=Path, help="append JSON lines to this file")
    arguments = parser.parse_args()
    about = environment()
    runs: dict[str, list[dict]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as name:
        write_files(Path(name), arguments.tokens)
        for run in range(arguments.runs):
            for kind in KINDS:
                figures = build(kind, Path(name), arguments.workers)
                runs[kind].append(figures)
                if arguments.results:
                    key = {"kind": kind, "run": run, "workers": arguments.workers}
                    append_result(arguments.results, {**key, **figures, **about})
    print_table(runs)


def print_table(runs: dict[str, list[dict]]) -> None:
    """Print the medians of each kind."""
    sizes = {(run["tokens"], run["words"]) for kind in runs for run in runs[kind]}
    if len(sizes) != 1:
        message = f"the kinds of input have different tokens or words: {sizes}"
        raise RuntimeError(message)
    n_tokens = sizes.pop()[0]
    print("input             M tokens/s   of processor   data MB   peak MB")
    for kind, figures in runs.items():
        wall, cpu, data, peak = (
            statistics.median(run[name] for run in figures)
            for name in ("wall", "cpu", "data_mb", "peak_mb")
        )
        speed = f"{n_tokens / wall / 1e6:>10.1f}{n_tokens / cpu / 1e6:>15.1f}"
        print(f"{kind:<18}{speed}{data:>10.0f}{peak:>10.0f}", flush=True)


if __name__ == "__main__":
    main()
