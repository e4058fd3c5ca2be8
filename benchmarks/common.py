"""What several benchmarks need: run a command, describe the machine, store results."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import random
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import w2vfast
from w2vfast import KeyedVectors
from w2vfast.vectors.evaluation import word_analogies, word_pairs

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
_GIT_STATE = ("git", "-C", str(HERE), "describe", "--always", "--dirty", "--exclude=*")
POEMS = Path(w2vfast.__file__).parent / "data" / "tang.txt.xz"


def measured(command: list[str], **options: object) -> tuple[str, float, int]:
    """Run a command; return its output, its time [s] and its peak memory [bytes].

    The peak is read from the system while the command runs, because the value that is
    known afterwards includes the memory of the process that started the command.  It is
    0 where the system does not report it.
    """
    peak = 0
    with tempfile.TemporaryFile("w+") as out:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, **options
        )
        while process.poll() is None:
            peak = max(peak, _peak_of(process.pid))
            time.sleep(0.01)
        seconds = time.perf_counter() - begin
        out.seek(0)
        text = out.read()
    if process.returncode:
        message = f"{command[0]} failed ({process.returncode}):\n{text[-2000:]}"
        raise RuntimeError(message)
    return text, seconds, peak


def _peak_of(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return 0


def child_environment(**extra: str) -> dict[str, str]:
    """Return environment variables with which a child imports the same w2vfast.

    The child may run in another folder.
    """
    paths = [str(Path(w2vfast.__file__).resolve().parents[1])]
    paths += os.environ.get("PYTHONPATH", "").split(os.pathsep)
    python_path = os.pathsep.join(map(os.path.abspath, filter(None, paths)))
    return {**os.environ, "PYTHONPATH": python_path, **extra}


def json_of_child(code: str, task: object) -> dict:
    """Run Python code in a new process; return the JSON that it prints last.

    The task is its argument, as JSON.
    """
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(task)],
        capture_output=True,
        text=True,
        check=True,
        env=child_environment(),
    )
    return json.loads(done.stdout.splitlines()[-1])


def compile_c(source: Path, folder: str | Path, flags: Iterable[str]) -> Path:
    """Compile a C program of one file with $CC, or cc; return the executable."""
    program = Path(folder) / source.stem
    compiler = shlex.split(os.environ.get("CC", "cc"))
    command = [*compiler, *flags, str(source), "-o", str(program), "-lm"]
    subprocess.run(command, check=True)
    return program


def environment() -> dict[str, str]:
    """Return the processor, compiler, versions and commit, for the results."""
    return {
        "processor": _processor(),
        "compiler": _first_line("gcc", "--version"),
        "python": platform.python_version(),
        "w2vfast": w2vfast.__version__,
        "commit": _first_line(*_GIT_STATE),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    fields = dict(
        [part.strip() for part in line.split(":", 1)]
        for line in info.read_text().splitlines()
        if ":" in line
    )
    names = ("model name", "cpu family", "model")
    return ", ".join(fields[name] for name in names if name in fields)


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.splitlines()[0]


def select_lines(
    source: Path, target: Path, words: int | None, shuffle: int | None
) -> None:
    """Write the first lines of a text, in the order of the file or shuffled.

    Parameters
    ----------
    source, target : Path
    words : int or None
        Take lines until they have so many words; None takes all.
    shuffle : int or None
        Seed of the order of the lines; None keeps it.
    """
    lines = source.read_bytes().splitlines(keepends=True)
    if words is not None:
        n_words = itertools.accumulate(len(line.split()) for line in lines)
        lines = lines[: 1 + sum(n < words for n in n_words)]
    if shuffle is not None:
        random.Random(shuffle).shuffle(lines)
    target.write_bytes(b"".join(lines))


def evaluate(
    vectors: KeyedVectors, questions: Path | None, pairs: Iterable[Path]
) -> dict[str, float]:
    """Score vectors of words.

    Returns
    -------
    dict of float
        Percent of the analogies that are answered right among the 30,000 most frequent
        words: `analogies`, and `semantic` and `syntactic` apart; the number of
        `questions`.  For each file of word pairs, by the file's name, Spearman's
        correlation and the `coverage` [%].
    """
    words, rows = vectors.index_to_key, vectors.vectors
    scores: dict[str, float] = {}
    if questions is not None:
        answers = word_analogies(words, rows, questions, restrict_vocab=30_000)
        scores["analogies"] = 100 * answers.total.accuracy
        scores["semantic"] = 100 * answers.semantic.accuracy
        scores["syntactic"] = 100 * answers.syntactic.accuracy
        scores["questions"] = answers.total.asked
    for path in pairs:
        result = word_pairs(words, rows, path)
        scores[path.stem] = result.spearman.statistic
        scores[f"{path.stem} coverage"] = 100 * result.coverage
    return scores


def append_result(path: Path, line: dict) -> None:
    """Append a JSON line to a file of results."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
