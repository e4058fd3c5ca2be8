"""Measure one and two workers on this machine, and predict the speed of 4 to 128.

    python benchmarks/scaling.py measure --corpus TEXT --results FILE
    python benchmarks/scaling.py predict FILE

`measure` takes the processor time that workers need for a kept word, in the last of two
or three epochs: alone, alone with replicas, two workers with and without replicas at
several times between merges, and deterministic rounds.  `cores.c` measures how long a
cache line takes from one core to the other.

`predict` fits the model of `scaling_model.py`.  It predicts each mode and dimension by
a fit to the others and prints how far off that is; then the speed of more workers, each
on a core of its own, with its standard error.  Predicted is a long text: merges at the
longest intervals, and many spans for each worker.  Neither the bandwidth of the memory
nor the lower clock rates of many busy cores are in it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
from common import append_result, compile_c, environment
from programs import MODES
from scaling_model import Costs, Point, fit, held_out, relative_error
from scaling_runs import Setting, Text, measure
from threads import CORES_FLAGS, line_time

from w2vfast.training.replicas import WORDS_BETWEEN_MERGES
from w2vfast.training.spans import SHARDS

LONGEST = WORDS_BETWEEN_MERGES
PREDICTED = (4, 8, 16, 32, 64, 128)  # workers
LINE_BYTES = 64

Lines = dict[Setting, dict[str, float]]


# ---- measure -------------------------------------------------------------------------


def settings_of(mode: str, size: int, periods: list[int]) -> Iterator[Setting]:
    """Yield what is measured; `periods` are kept words between two merges."""
    yield Setting(mode, size)
    yield Setting(mode, size, 1, periods[0])
    yield Setting(mode, size, 2)
    for period in periods:
        yield Setting(mode, size, 2, period)
    for workers in (1, 2):
        yield Setting(mode, size, workers, periods[-1], deterministic=True)


def measure_all(arguments: argparse.Namespace) -> None:
    """Append a line for each training, and the costs of the predicted ones."""
    about = environment()
    cache = 1024 * arguments.cache / LINE_BYTES
    about |= {"latency": arguments.latency or measured_latency()}
    for mode in arguments.modes.split(","):
        text = Text(arguments.corpus, mode)
        about |= {"kept": text.kept, "ids": len(text.ids), "words": text.n_rows}
        for size in arguments.sizes:
            for _ in range(arguments.rounds):
                for setting in settings_of(mode, size, arguments.periods):
                    line = {**asdict(setting), "costs": text.costs(setting, cache)}
                    line |= measure(text, setting)
                    append_result(arguments.results, {**line, **about})
            for setting in predicted_settings(mode, size, arguments.periods[-1]):
                line = {**asdict(setting), "costs": text.costs(setting, cache)}
                append_result(arguments.results, {**line, **about})


def measured_latency() -> float:
    """Return the shortest time of a cache line from core to core [ns]."""
    with tempfile.TemporaryDirectory() as folder:
        cores = compile_c(Path(__file__).with_name("cores.c"), folder, CORES_FLAGS)
        return min(line_time(cores) for _ in range(5))


def predicted_settings(mode: str, size: int, period: int) -> Iterator[Setting]:
    """Yield trainings that are not measured."""
    for workers in PREDICTED:
        yield Setting(mode, size, workers, period)
        if workers <= SHARDS:
            yield Setting(mode, size, workers, period, deterministic=True)


# ---- predict -------------------------------------------------------------------------


def read_lines(path: Path) -> Lines:
    """Return medians over the rounds."""
    found: dict[Setting, list[dict]] = defaultdict(list)
    for text in path.read_text().splitlines():
        line = json.loads(text)
        found[Setting(**{k: line[k] for k in asdict(Setting("", 0))})].append(line)
    names = ("ns", "waits", "uneven", "latency", "kept")
    return {
        setting: {
            name: statistics.median(line[name] for line in lines)
            for name in names
            if name in lines[0]
        }
        | {"costs": lines[0]["costs"]}
        for setting, lines in found.items()
    }


def waits_of(lines: Lines, setting: Setting, latency: float) -> np.ndarray:
    """Return the costs of a training with cores so far apart [ns]."""
    return Costs(**lines[setting]["costs"]).times(latency)


def reference(setting: Setting) -> Setting:
    """Return the lone worker that a training is compared with."""
    if setting.deterministic:
        return Setting(setting.mode, setting.size, 1, setting.period, True)
    return Setting(setting.mode, setting.size)


def by_mode(setting: Setting) -> str:
    """Name the measurements of the same mode and dimension."""
    return f"{setting.mode}, D = {setting.size}"


def by_merges(setting: Setting) -> str:
    """Name the measurements with the same merges."""
    kind = "rounds" if setting.deterministic else "merges"
    workers = f"{setting.workers} worker{'s' * (setting.workers > 1)}"
    return f"{workers}, {kind} after {setting.period} kept words"


def points_of(lines: Lines, group: Callable[[Setting], str] = by_mode) -> list[Point]:
    """Return what the model is fitted to."""
    return [
        Point(
            group(setting),
            lines[reference(setting)]["ns"],
            line["ns"],
            waits_of(lines, setting, line["latency"]),
        )
        for setting, line in lines.items()
        if "ns" in line and setting != reference(setting)
    ]


class Prediction:
    """The fitted model, its errors, and the speed of any training."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.points = points_of(lines)
        self.coefficients = fit(self.points)
        self.held = held_out(self.points)

    def speed(self, setting: Setting, latency: float) -> tuple[float, float]:
        """Return words/s of all workers, and their relative standard error."""
        first = self.lines[reference(setting)]
        costs = waits_of(self.lines, setting, latency)
        ns = (first["ns"] + costs @ self.coefficients) / setting.workers
        if setting.deterministic:
            uneven = first["uneven"] if setting.workers == SHARDS else 1
            ns = uneven * ns + first["waits"]
        error = relative_error(self.held, first["ns"], costs)
        return 1e9 / (ns * first["kept"]), error


def print_check(prediction: Prediction) -> None:
    """Print the coefficients, and errors of times that the fit has not seen."""
    values = zip(Costs._fields, prediction.coefficients, strict=True)
    print("coefficients:", ", ".join(f"{name} {value:.3g}" for name, value in values))
    for group in (by_mode, by_merges):
        held = held_out(points_of(prediction.lines, group))
        for name, (_, errors) in held.items():
            print(f"{name}, left out: {np.round(100 * errors, 1)} %")
        print(f"all of these: {rms(np.concatenate([e for _, e in held.values()]))}")
    without = [point.alone / point.time - 1 for point in prediction.points]
    print(f"time of a lone worker, in place of the model: {rms(np.array(without))}")


def rms(errors: np.ndarray) -> str:
    """Return the root mean square of relative errors, in words."""
    return f"{100 * (errors**2).mean() ** 0.5:.1f} % rms"


def print_table(prediction: Prediction, far: float) -> None:
    """Print Markdown tables: speed of one worker, and how many times it others have.

    A table for each latency; what was measured stands in the first one, without error.
    """
    lines = prediction.lines
    near = next(iter(lines.values()))["latency"]
    period = max(setting.period or 0 for setting in lines)
    for latency in (near, far):
        print(f"\nlatency {latency:.0f} ns\n")
        print("| mode | D | kwords/s | 2 | " + " | ".join(map(str, PREDICTED)) + " |")
        print("|---" * (4 + len(PREDICTED)) + "|")
        for first in [setting for setting in lines if setting == reference(setting)]:
            is_round = first.deterministic
            unit = measured_speed(lines, Setting(first.mode, first.size))
            mode = first.mode + (", deterministic" if is_round else "")
            cells = [mode, str(first.size), f"{measured_speed(lines, first) / 1e3:.0f}"]
            for workers in (2, *PREDICTED):
                setting = Setting(first.mode, first.size, workers, period, is_round)
                if setting not in lines:
                    cells.append("")
                elif "ns" in lines[setting] and latency == near:
                    cells.append(f"{measured_speed(lines, setting) / unit:.2f}")
                else:
                    speed, error = prediction.speed(setting, latency)
                    times = speed / unit
                    cells.append(f"{times:.1f} ± {times * error:.1f}")
            print("| " + " | ".join(cells) + " |")


def measured_speed(lines: Lines, setting: Setting) -> float:
    """Return the words/s of all workers together."""
    line = lines[setting]
    ns = line["ns"] / setting.workers + line.get("waits", 0)
    return 1e9 / (ns * line["kept"])


# ---- command line --------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("measure", help="train, and append results").add_argument
    add("--corpus", type=Path, required=True, help="text file, 12 MB or more")
    add("--results", type=Path, required=True, help="JSON lines to append to")
    add("--modes", default=",".join(MODES))
    add("--sizes", type=int, nargs="+", default=[100, 200])
    add("--periods", type=int, nargs="+", default=[1 << 14, 1 << 16, LONGEST])
    add("--rounds", type=int, default=3, help="trainings of each setting (3)")
    add("--cache", type=int, default=2048, help="of a core for itself [KiB] (2048)")
    add("--latency", type=float, help="from core to core [ns]; default: measured")
    add = commands.add_parser("predict", help="fit, and print tables").add_argument
    add("results", type=Path)
    add("--far", type=float, default=200, help="another latency [ns] (200)")
    return parser.parse_args()


def main() -> None:
    """Measure or predict."""
    arguments = parse_arguments()
    if arguments.command == "measure":
        measure_all(arguments)
        return
    prediction = Prediction(read_lines(arguments.results))
    print_check(prediction)
    print_table(prediction, arguments.far)


if __name__ == "__main__":
    main()
