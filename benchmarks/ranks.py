"""One training on several ranks: its loss, and scores of its vectors.

    python benchmarks/ranks.py --corpus TEXT --ranks 1,4 --seeds 1,2,3 \
        --questions questions-words.txt --word-pairs SIMLEX WS353 --results FILE
    python benchmarks/ranks.py --report FILE
    mpiexec -n 4 python benchmarks/ranks.py --corpus TEXT

Without mpiexec the ranks are threads of one process, which exchange arrays in memory in
place of MPI; all else is the same.

Each training is one line of the results, written at once.  A training that the file has
is not repeated: a stopped run continues.  The report compares several ranks with one
rank of the same seeds.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from common import HERE, append_result, environment, evaluate, select_lines
from programs import MODES

from w2vfast import Word2Vec
from w2vfast.distributed import merge_times
from w2vfast.training.replicas import CBOW_TRANSPORT

sys.path.append(str(HERE.parent / "tests"))
from thread_ranks import on_ranks

HOUR = 3600.0
MPI_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")  # set by mpiexec
DEFAULTS = {
    name: getattr(merge_times, name)
    for name in (
        "OFTEN",
        "SELDOM",
        "SELDOM_NEG_TRANSPORT",
        "PART_OF_SEEN",
        "MOST_IDS",
    )
}
GROWTH = 4  # of an interval that --intervals gives: at most a fourth of the ids so far


class Cell(NamedTuple):
    """One training.

    `interval` is 0 for the intervals of the package, and `changed` names settings of
    merges that were changed by hand, which this program does not do.
    """

    mode: str
    ranks: int
    seed: int
    size: int
    epochs: int
    words: int | None
    interval: int
    workers: int
    changed: str = ""


def cells(arguments: argparse.Namespace) -> Iterator[Cell]:
    """Yield the trainings that are wanted."""
    of_run = (arguments.size, arguments.epochs, arguments.words)
    for seed, n, mode, interval in itertools.product(
        arguments.seeds, arguments.ranks, arguments.modes, arguments.intervals
    ):
        chosen = interval if n > 1 else 0
        yield Cell(mode, n, seed, *of_run, chosen, arguments.workers)


def set_interval(interval: int) -> None:
    """Merge after so many ids of all ranks, and more often at the start."""
    for name, default in DEFAULTS.items():
        setattr(merge_times, name, default)
    if interval:
        merge_times.PART_OF_SEEN = GROWTH
        merge_times.MOST_IDS = interval
        often = merge_times.OFTEN
        fewest = min(interval, often.fewest_ids)
        merge_times.OFTEN = merge_times.SELDOM = often._replace(fewest_ids=fewest)
        merge_times.SELDOM_NEG_TRANSPORT = CBOW_TRANSPORT  # as with more ranks


def trained(cell: Cell, text: Path, ranks: Any) -> Word2Vec:
    """Train one rank."""
    options: dict[str, Any] = dict(MODES[cell.mode])
    if options["hs"]:
        options["negative"] = 0
    return Word2Vec(
        corpus_file=str(text),
        vector_size=cell.size,
        epochs=cell.epochs,
        seed=cell.seed,
        workers=cell.workers,
        compute_loss=True,
        progress=False,
        comm=ranks,
        **options,
    )


def train_threads(cell: Cell, text: Path) -> Word2Vec:
    """Train with ranks that are threads; return the model of the first."""
    train = functools.partial(trained, cell, text)
    models = on_ranks(cell.ranks, train, 6 * HOUR)
    for model in models:
        if isinstance(model, Exception):
            raise model
    return models[0]


def run(arguments: argparse.Namespace) -> None:
    """Do the trainings that the file of results does not have."""
    comm = None
    if any(int(os.environ.get(name, "1")) > 1 for name in MPI_SIZES):
        from mpi4py import MPI  # starts MPI

        comm = MPI.COMM_WORLD
        arguments.ranks = [comm.size]
    known = {line_cell(line) for line in read_lines(arguments.results)}
    with tempfile.TemporaryDirectory() as folder:
        text = arguments.corpus
        if arguments.words is not None:
            text = Path(folder) / "first.txt"
            select_lines(arguments.corpus, text, arguments.words, None)
        for cell in cells(arguments):
            if cell in known:
                continue
            set_interval(cell.interval)
            begin = time.perf_counter(), time.process_time()
            if comm is None:
                model = train_threads(cell, text)
            else:
                model = trained(cell, text, comm)
            end = time.perf_counter(), time.process_time()
            if comm is None or comm.rank == 0:
                line = {
                    **cell._asdict(),
                    "loss": [epoch.loss for epoch in model.history],
                    "scores": evaluate(
                        model.wv, arguments.questions, arguments.word_pairs
                    ),
                    "seconds": round(end[0] - begin[0], 1),
                    "processor_seconds": round(end[1] - begin[1], 1),
                    "epoch_seconds": [
                        round(epoch.seconds, 2) for epoch in model.history
                    ],
                    "trained_words_per_second": round(
                        sum(epoch.words for epoch in model.history)
                        / sum(epoch.seconds for epoch in model.history)
                    ),
                }
                print(json.dumps(line), flush=True)
                if arguments.results:
                    append_result(arguments.results, {**line, **environment()})
            if comm is not None:
                comm.Barrier()  # the text is read until now


# ---- report --------------------------------------------------------------------------


def read_lines(path: Path | None) -> list[dict[str, Any]]:
    """Return the lines of a file of results; none if there is no file."""
    if path is None or not path.exists():
        return []
    return [json.loads(text) for text in path.read_text().splitlines()]


def line_cell(line: dict[str, Any]) -> Cell:
    """Return the training of a line of results."""
    changed = json.dumps(line["changed"]) if line.get("changed") else ""
    known = {"workers": 1, **line, "changed": changed}
    return Cell(*(known[name] for name in Cell._fields))


def measures(line: dict[str, Any]) -> dict[str, float]:
    """Return what is compared: the loss of the last epoch, and the scores."""
    scores = line["scores"]
    names = [name for name in scores if f"{name} coverage" in scores]
    names = [name for name in ("analogies", *names) if name in scores]
    return {"loss": line["loss"][-1], **{name: scores[name] for name in names}}


def report(path: Path) -> None:
    """Print several ranks beside one rank of the same seeds, in a table."""
    lines = {line_cell(line): measures(line) for line in read_lines(path)}
    groups: defaultdict[Cell, list[Cell]] = defaultdict(list)
    for cell in sorted(lines, key=order):
        groups[cell._replace(seed=0)].append(cell)
    for group, members in groups.items():
        of_one = [cell._replace(ranks=1, interval=0, changed="") for cell in members]
        pairs = [
            (lines[cell], lines[one])
            for cell, one in zip(members, of_one, strict=True)
            if one in lines
        ]
        if pairs:
            print(row(group, pairs))


def order(cell: Cell) -> tuple[object, ...]:
    """Return what lines of the report are sorted by."""
    return cell.mode, cell.ranks, cell.interval, cell.changed


def row(group: Cell, pairs: list[tuple[dict[str, float], dict[str, float]]]) -> str:
    """Return a line of the table: means, and for several ranks the differences."""
    texts = []
    for name in pairs[0][0]:
        digits = 2 if name == "analogies" else 4
        mean = statistics.fmean(one[name] for _, one in pairs)
        differences = [many[name] - one[name] for many, one in pairs]
        text = f"{mean:.{digits}f}"
        if group.ranks > 1:
            text = f"{statistics.fmean(differences):+.{digits}f}"
        if len(pairs) > 1:
            values = differences if group.ranks > 1 else [one[name] for _, one in pairs]
            error = statistics.stdev(values) / len(values) ** 0.5
            text += f" ± {error:.{digits}f}"
        texts.append(f"{name} {text}")
    merges = group.changed or group.interval or "default"
    cells = (group.mode, group.ranks, merges, len(pairs), *texts)
    return "| " + " | ".join(map(str, cells)) + " |"


# ---- command line --------------------------------------------------------------------


def numbers(text: str) -> list[int]:
    """Read whole numbers with commas between them."""
    return [int(number) for number in text.split(",")]


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--corpus", type=Path, help="text file")
    add("--words", type=int, help="use only the first N words", metavar="N")
    add("--questions", type=Path, help="analogy questions of the C program")
    add("--word-pairs", type=Path, nargs="*", default=[], help="files of word pairs")
    add("--modes", type=lambda text: text.split(","), default=list(MODES))
    add("--ranks", type=numbers, default=[1, 2, 4, 8], help="such as 1,4")
    add("--seeds", type=numbers, default=[1], help="such as 1,2,3")
    add("--intervals", type=numbers, default=[0], help="tokens between two merges")
    add("--workers", type=int, default=1, help="threads of each rank")
    add("--size", type=int, default=100)
    add("--epochs", type=int, default=5)
    add("--results", type=Path, help="file to continue")
    add("--report", type=Path, help="print a table of this file of results")
    arguments = parser.parse_args()
    if arguments.report is None and arguments.corpus is None:
        parser.error("give --corpus or --report")
    return arguments


def main() -> None:
    """Train, or report."""
    arguments = parse_arguments()
    if arguments.report:
        report(arguments.report)
    else:
        run(arguments)


if __name__ == "__main__":
    main()
