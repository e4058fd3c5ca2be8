"""Compare w2vfast and gensim at loading files of vectors.

    python benchmarks/loading.py
    python benchmarks/loading.py --words 1000 --runs 1

Writes the same vectors in each format and loads each file with both programs, which
take turns, each time in a new process.  Prints medians: wall time and processor time of
the load alone, and peak memory of the whole process (Linux only).  With --results,
appends one JSON line per load.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
from pathlib import Path

import numpy as np
from common import append_result, environment, json_of_child

from w2vfast import KeyedVectors

LOAD = """
import json, sys, time
path, program, binary, limit = json.loads(sys.argv[1])
if program == "gensim":
    from gensim.models import KeyedVectors
else:
    from w2vfast import KeyedVectors
wall, cpu = time.perf_counter(), time.process_time()
loaded = KeyedVectors.load_word2vec_format(path, binary=binary, limit=limit)
figures = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
# Not getrusage, whose peak includes that of the parent process.
peaks = [line.split() for line in open("/proc/self/status") if "VmHWM" in line]
figures["peak_mb"] = int(peaks[0][1]) * 1024 / 1e6
figures["rows"], figures["sum"] = len(loaded), float(loaded.vectors.sum(dtype=float))
print(json.dumps(figures))
"""
FILES = ("text", "c-text", "c-binary", "gensim-binary")


def write_files(folder: Path, n_words: int, dim: int) -> None:
    """Write the same vectors in each format."""
    vectors = np.random.default_rng(1).normal(0, 0.1, (n_words, dim))
    wv = KeyedVectors([f"word{i}" for i in range(n_words)], vectors.astype(np.float32))
    wv.save_word2vec_format(folder / "text")
    wv.save_word2vec_format(folder / "c-text", c_text=True)
    wv.save_word2vec_format(folder / "c-binary", binary=True)
    with (folder / "gensim-binary").open("wb") as file:
        file.write(b"%d %d\n" % (n_words, dim))
        for word, row in zip(wv.index_to_key, wv.vectors, strict=True):
            file.write(b"%b %b" % (str(word).encode(), row.tobytes()))


def load(path: Path, program: str, limit: int | None) -> dict:
    """Load a file in a new process; return its time and memory."""
    return json_of_child(LOAD, [str(path), program, "binary" in path.name, limit])


def main() -> None:
    """Write the files, load them and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--words", type=int, default=100_000, help="V (100,000)")
    parser.add_argument("--size", type=int, default=200, help="D (200)")
    parser.add_argument(
        "--limit",
        type=int,
        default=20_000,
        help="rows to load in the second part (20,000)",
    )
    parser.add_argument("--runs", type=int, default=3, help="loads of each file (3)")
    parser.add_argument("--results", type=Path, help="append JSON lines to this file")
    arguments = parser.parse_args()
    lines = []
    about = environment()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, arguments.words, arguments.size)
        for file, limit in itertools.product(FILES, (None, arguments.limit)):
            for run, program in itertools.product(
                range(arguments.runs), ("w2vfast", "gensim")
            ):
                key = {"file": file, "limit": limit, "program": program, "run": run}
                shape = {"words": arguments.words, "size": arguments.size}
                lines.append({**key, **shape, **load(folder / file, program, limit)})
                if arguments.results:
                    append_result(arguments.results, {**lines[-1], **about})
            print_row([x for x in lines if (x["file"], x["limit"]) == (file, limit)])


def print_row(loads: list[dict]) -> None:
    """Print the medians of one file, w2vfast / gensim."""
    if len({(x["rows"], round(x["sum"], 6)) for x in loads}) != 1:
        message = f"the programs loaded different vectors: {loads}"
        raise RuntimeError(message)
    row = f"{loads[0]['file']:<14}{loads[0]['limit'] or 'all':>7}"
    for name in ("wall", "cpu", "peak_mb"):
        ours, theirs = (
            statistics.median(x[name] for x in loads if x["program"] == program)
            for program in ("w2vfast", "gensim")
        )
        row += f"   {name} {ours:.3g}/{theirs:.3g} = x{theirs / ours:.1f}"
    print(row, flush=True)


if __name__ == "__main__":
    main()
