"""Quality gate: compare fast mode with exact mode, which is the C program, in pairs.

    python benchmarks/gate.py run --quick
    python benchmarks/gate.py run --nodes 200,2000 --epochs 1,5 --workers 1,2
    python benchmarks/gate.py run --corpus TEXT --questions questions-words.txt
    python benchmarks/gate.py run --quick --workers 2 --set deterministic=True
    python benchmarks/gate.py report benchmarks/results/gate.jsonl

A pair is one training in each mode on the same data: random walks on a planted
partition, or the lines of a text in one shuffled order.  The mean difference of a
measure must not be below its bound, in any of the four modes alone.  A setting gets
more pairs until each of its measures is decided and two standard errors from its
bound, or there are as many as --pairs says.

Each training is one line of the results file, written at once.  A training that the
file holds is not repeated: a stopped run continues, and trainings in exact mode serve
every state of the code.  Exits with status 1 if a measure fails.

In the printed table, bold differences fail; those with a question mark are undecided.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import hashlib
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import graphs
import numpy as np
from common import RESULTS, append_result, environment, evaluate, select_lines
from pairing import (
    EXACT,
    Scores,
    Training,
    cell_of,
    is_settled,
    print_report,
    verdicts,
)
from programs import MODES

from w2vfast import Word2Vec

POOLABLE = ("size", "window", "epochs", "workers")


# ---- data ------------------------------------------------------------------------


class Data(Protocol):
    """What is trained on, with the scores that suit it."""

    @property
    def name(self) -> str:
        """What identifies the data in the results."""

    def arguments(self, seed: int) -> dict[str, Any]:
        """Return the arguments of `Word2Vec` that depend on the data."""

    def scores(self, model: Word2Vec, seed: int) -> dict[str, float]:
        """Score a model that was trained on the data of this seed."""


@dataclass(frozen=True)
class GraphData:
    """Random walks on planted partitions."""

    nodes: int

    @property
    def name(self) -> str:
        """See `Data`."""
        return f"graphs of {self.nodes} nodes"

    def arguments(self, seed: int) -> dict[str, Any]:
        """See `Data`."""
        return {"sentences": _walks(self.nodes, seed), "min_count": 1, "sample": 0}

    def scores(self, model: Word2Vec, seed: int) -> dict[str, float]:
        """See `Data`."""
        graph = _graph(self.nodes, seed)
        return {
            "neighbours": graphs.share_in_group(model.wv, graph.groups),
            "links": graphs.link_prediction(model.wv, graph),
        }


@functools.lru_cache(1)
def _graph(nodes: int, seed: int) -> graphs.Graph:
    return graphs.planted_partition(nodes, seed)


@functools.lru_cache(1)
def _walks(nodes: int, seed: int) -> np.ndarray:
    return graphs.random_walks(_graph(nodes, seed), seed)


@dataclass(frozen=True)
class TextData:
    """The first words of a text, all of them if None, with the lines shuffled."""

    corpus: Path
    words: int | None
    questions: Path | None
    pairs: tuple[Path, ...]
    folder: Path  # of the shuffled text

    @functools.cached_property
    def name(self) -> str:
        """See `Data`."""
        digest = hashlib.sha256(self.corpus.read_bytes()).hexdigest()[:8]
        return f"text {digest}" + (f", {self.words} words" if self.words else "")

    def arguments(self, seed: int) -> dict[str, Any]:
        """See `Data`."""
        return {"corpus_file": _shuffled(self, seed)}

    def scores(self, model: Word2Vec, seed: int) -> dict[str, float]:
        """See `Data`."""
        del seed
        return evaluate(model.wv, self.questions, self.pairs)


@functools.lru_cache(1)
def _shuffled(text: TextData, seed: int) -> Path:
    path = text.folder / "shuffled.txt"
    select_lines(text.corpus, path, text.words, seed)
    return path


# ---- trainings -------------------------------------------------------------------


def train(training: Training, data: Data) -> dict[str, Any]:
    """Run one training; return its line of results."""
    is_exact = training.state == EXACT
    hs = MODES[training.mode]["hs"]
    options = {
        **MODES[training.mode],
        **({"negative": 0} if hs else {}),
        **({"mode": "exact"} if is_exact else {"seed": training.seed + 1}),
        "vector_size": training.size,
        "window": training.window,
        "epochs": training.epochs,
        "workers": training.workers,
        **data.arguments(training.seed),
        **parse_options(training.both),
        **parse_options(training.changes),
    }
    begin = time.perf_counter(), time.process_time()
    with lockstep(training.lockstep):
        model = Word2Vec(progress=False, **options)
    end = time.perf_counter(), time.process_time()
    return {
        **asdict(training),
        "scores": data.scores(model, training.seed),
        "seconds": round(end[0] - begin[0], 3),
        "processor_seconds": round(end[1] - begin[1], 3),
    }


def parse_options(options: str) -> dict[str, Any]:
    """Parse "name=value ..."; what is no Python literal is a string."""
    values: dict[str, Any] = dict(item.split("=", 1) for item in options.split())
    for name, text in values.items():
        with contextlib.suppress(ValueError, SyntaxError):
            values[name] = ast.literal_eval(text)
    return values


@contextlib.contextmanager
def lockstep(wanted: bool) -> Iterator[None]:
    """Let the workers of trainings that begin meanwhile run in lockstep."""
    name = "W2VFAST_LOCKSTEP"
    before = os.environ.pop(name, None)
    if wanted:
        os.environ[name] = "1"
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before


def read_scores(path: Path) -> Scores:
    """Return the scores in a file of results; a last line cut short is ignored."""
    scores: Scores = {}
    for text in path.read_text().splitlines() if path.exists() else []:
        with contextlib.suppress(json.JSONDecodeError):
            line = json.loads(text)
            scores[Training.of_line(line)] = line["scores"]
    return scores


def trainings(
    arguments: argparse.Namespace, data: Data, seed: int
) -> Iterator[Training]:
    """Yield the trainings in fast mode of one seed."""
    teams = [(n, False) for n in _numbers(arguments.workers)]
    teams += [(n, True) for n in _numbers(arguments.lockstep)]
    grid = itertools.product(
        arguments.modes.split(","),
        _numbers(arguments.sizes),
        _numbers(arguments.windows),
        _numbers(arguments.epochs),
        teams,
    )
    for mode, size, window, epochs, (workers, lockstep) in grid:
        yield Training(
            mode=mode,
            data=data.name,
            size=size,
            window=window,
            epochs=epochs,
            both=" ".join(arguments.both),
            seed=seed,
            state=arguments.state,
            workers=workers,
            lockstep=lockstep,
            changes=" ".join(arguments.set),
        )


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


def run(arguments: argparse.Namespace) -> bool:
    """Do the missing trainings and print the report; return whether nothing fails."""
    path = arguments.results
    known = read_scores(path)
    about = environment()
    arguments.state = arguments.state or about["commit"]
    ours: Scores = {}  # of this run's cells
    with tempfile.TemporaryDirectory() as folder:
        all_data = _data(arguments, Path(folder))
        for seed, data in itertools.product(range(arguments.pairs), all_data):
            for training in trainings(arguments, data, seed):
                if is_settled(verdicts(ours).get(cell_of(training), {})):
                    continue
                for one in (training.reference, training):
                    if one not in known:
                        line = train(one, data)
                        append_result(path, {**line, **about})
                        known[one] = line["scores"]
                        _show(one, line["scores"])
                    ours[one] = known[one]
    return print_report(verdicts(ours))


def _show(training: Training, scores: dict[str, float]) -> None:
    """Print a training that has ended on standard error."""
    values = [str(value) for value in asdict(training).values() if value != ""]
    values += [f"{name} {value:.4g}" for name, value in scores.items()]
    print(*values, sep=", ", file=sys.stderr, flush=True)


def _data(arguments: argparse.Namespace, folder: Path) -> list[Data]:
    data: list[Data] = [GraphData(nodes) for nodes in _numbers(arguments.nodes)]
    if arguments.corpus:
        questions, pairs = arguments.questions, tuple(arguments.word_pairs)
        text = TextData(arguments.corpus, arguments.words, questions, pairs, folder)
        data.append(text)
    return data


def report(arguments: argparse.Namespace) -> bool:
    """Print the verdicts on files of results; return whether nothing fails."""
    scores: Scores = {}
    for path in arguments.results:
        scores |= read_scores(path)
    if arguments.state:
        wanted = {EXACT, arguments.state}
        scores = {key: value for key, value in scores.items() if key.state in wanted}
    return print_report(verdicts(scores, arguments.pool))


# ---- command line ----------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands.add_parser("run", help="do the missing trainings, and report"))
    of_report = commands.add_parser("report", help="report on files of results")
    of_report.add_argument("results", type=Path, nargs="+")
    of_report.add_argument("--state", help="only this state of the code")
    of_report.add_argument(
        "--pool",
        nargs="*",
        choices=POOLABLE,
        default=[],
        help="average over these; modes are never averaged",
    )
    arguments = parser.parse_args()
    if arguments.command == "run" and arguments.quick:
        arguments.nodes, arguments.sizes, arguments.pairs = "200", "100", 6
    return arguments


def _add_run(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--nodes", default="", help="numbers of nodes of graphs, such as 200,2000")
    add("--corpus", type=Path, help="text file")
    add("--words", type=int, help="use only the first N words", metavar="N")
    add("--questions", type=Path, help="analogy questions of the C program")
    add("--word-pairs", type=Path, nargs="*", default=[], help="files of word pairs")
    add("--modes", default=",".join(MODES))
    add("--sizes", default="100,200")
    add("--windows", default="5,10")
    add("--epochs", default="5")
    add("--workers", default="1", help="numbers of workers, such as 1,2")
    add("--lockstep", default="", help="numbers of workers in lockstep, such as 8,16")
    add("--set", nargs="*", default=[], help="options of fast mode", metavar="X=Y")
    add("--both", nargs="*", default=[], help="options of both modes", metavar="X=Y")
    add("--pairs", type=int, default=24, help="at most so many for a setting (24)")
    add("--quick", action="store_true", help="one small graph, 6 pairs: 3 minutes")
    add("--state", help="a name for the code under test (default: the commit)")
    add("--results", type=Path, default=RESULTS / "gate.jsonl", help="file to continue")


def main() -> int:
    """Run or report; return 1 if a measure fails."""
    arguments = parse_arguments()
    passes = (run if arguments.command == "run" else report)(arguments)
    return 0 if passes else 1


if __name__ == "__main__":
    raise SystemExit(main())
