"""Pair the trainings of fast and exact mode, and judge the differences of their scores.

A cell is one setting: mode, data, dimension, window, epochs, workers and options.  Its
pairs have the same data and seed.  Modes are never averaged.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields, replace

EXACT = "exact"  # the state of a training in exact mode
MIN_PAIRS = 6  # fewer say too little about their own spread
CLEAR = 3  # standard errors from the bound that decide however large they are
SETTLED = 2  # standard errors from the bound beyond which no pairs are added

_PAIRS_BOUND = -0.005
_BOUNDS: dict[str, float | None] = {
    **dict.fromkeys(("analogies", "semantic", "syntactic"), -0.3),  # points
    **dict.fromkeys(("neighbours", "links"), -0.01),
    "questions": None,
}


def bound_of(measure: str) -> float | None:
    """Return the least mean difference, fast - exact; None for what is no measure.

    A name that is not in the table is a file of word pairs.
    """
    if measure.endswith(" coverage"):
        return None
    return _BOUNDS.get(measure, _PAIRS_BOUND)


@dataclass(frozen=True)
class Training:
    """What identifies one training, in a file of results, too.

    Attributes
    ----------
    mode : str
        A name of `programs.MODES`.
    data : str
        Name of the data, with what identifies them.
    size, window, epochs : int
    both : str
        Options of fast and exact mode, "name=value ...".
    seed : int
        Of the graph and its walks or the order of the lines, and of fast mode.
    state : str
        "exact" for exact mode; otherwise a name for the code, such as its commit.
    workers : int
    lockstep : bool
    changes : str
        Options of fast mode only.
    """

    mode: str
    data: str
    size: int
    window: int
    epochs: int
    both: str
    seed: int
    state: str
    workers: int
    lockstep: bool
    changes: str

    @classmethod
    def of_line(cls, line: dict) -> Training:
        """Return the training of a line of results."""
        return cls(**{field.name: line[field.name] for field in fields(cls)})

    @property
    def reference(self) -> Training:
        """The training in exact mode that this one is compared with."""
        return replace(self, state=EXACT, workers=1, lockstep=False, changes="")


Scores = dict[Training, dict[str, float]]


@dataclass(frozen=True)
class Verdict:
    """The differences of one measure in one cell.

    Attributes
    ----------
    exact, fast : float
        Mean scores.
    mean, error : float
        Mean difference, fast - exact, and its standard error (infinite for one pair).
    pairs : int
    bound : float
    """

    exact: float
    fast: float
    mean: float
    error: float
    pairs: int
    bound: float

    @property
    def word(self) -> str:
        """PASS or FAIL; undecided if the error is more than half the bound.

        A difference far from the bound decides in spite of a large error.
        """
        clear = abs(self.mean - self.bound) > CLEAR * self.error
        precise = self.error <= -self.bound / 2
        if self.pairs < MIN_PAIRS or not (precise or clear):
            return "undecided"
        return "PASS" if self.mean >= self.bound else "FAIL"

    @property
    def is_settled(self) -> bool:
        """Whether the verdict is not undecided, and not close to the bound either."""
        margin = abs(self.mean - self.bound)
        return self.word != "undecided" and margin > SETTLED * self.error


def judge(pairs: list[tuple[float, float]], bound: float) -> Verdict:
    """Return the verdict on pairs of scores, (exact, fast)."""
    exact, fast = zip(*pairs, strict=True)
    differences = [b - a for a, b in pairs]
    error = float("inf")
    if len(pairs) > 1:
        error = statistics.stdev(differences) / len(pairs) ** 0.5
    means = map(statistics.mean, (exact, fast, differences))
    return Verdict(*means, error, len(pairs), bound)


def verdicts(
    scores: Scores, pooled: Collection[str] = ()
) -> dict[tuple, dict[str, Verdict]]:
    """Return the verdict on each measure of each cell.

    Parameters
    ----------
    scores : dict
        The scores of each training, of both modes.
    pooled : collection of str
        Fields of `Training` whose values share a cell; not "mode".

    Returns
    -------
    dict
        By cell, as (name, value) pairs, and by measure.
    """
    found: dict[tuple, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for training, fast in scores.items():
        exact = scores.get(training.reference)
        if training.state == EXACT or exact is None:
            continue
        cell = cell_of(training, pooled)
        for measure in fast.keys() & exact.keys():
            found[cell][measure].append((exact[measure], fast[measure]))
    return {
        cell: {
            measure: judge(pairs, bound)
            for measure, pairs in sorted(measures.items())
            if (bound := bound_of(measure)) is not None
        }
        for cell, measures in sorted(found.items())
    }


def cell_of(training: Training, pooled: Collection[str] = ()) -> tuple:
    """Return the cell of a training, as (name, value) pairs."""
    left_out = {"seed", *pooled}
    return tuple(item for item in asdict(training).items() if item[0] not in left_out)


def is_settled(cell: dict[str, Verdict]) -> bool:
    """Return whether more pairs would hardly change a verdict of a cell."""
    return bool(cell) and all(v.is_settled for v in cell.values())


# ---- reports ---------------------------------------------------------------------


def print_report(cells: dict[tuple, dict[str, Verdict]]) -> bool:
    """Print each verdict, mode by mode, and a table; return whether none is FAIL."""
    words: list[str] = []
    mode = None
    for cell, measures in cells.items():
        setting = dict(cell)
        if setting["mode"] != mode:
            mode = setting["mode"]
            print(f"\n{mode}")
        print("  " + ", ".join(_describe(setting)))
        for measure, verdict in measures.items():
            words.append(verdict.word)
            print(f"    {measure:<16}{_sentence(measure, verdict)}")
    names = ("PASS", "FAIL", "undecided")
    print("\n" + ", ".join(f"{words.count(name)} {name}" for name in names) + "\n")
    _print_table(cells)
    return "FAIL" not in words


def _describe(setting: dict) -> Iterable[str]:
    """Name the values of a setting; those of pooled fields are absent."""
    yield setting["data"]
    for name, text in (("size", "D = {}"), ("window", "window {}"), ("both", "{}")):
        if setting.get(name):
            yield text.format(setting[name])
    for name in ("epochs", "workers"):
        if name in setting:
            number = setting[name]
            yield f"{number} {name if number > 1 else name[:-1]}"
    if setting["lockstep"]:
        yield "in lockstep"
    yield from filter(None, (setting["changes"], setting["state"]))


def _sentence(measure: str, v: Verdict) -> str:
    n = _digits(measure)
    means = f"exact {v.exact:.{n}f}, fast {v.fast:.{n}f}"
    pairs = f"{v.pairs} pairs, bound {v.bound}"
    return f"{means}: {_difference(v, n)} ({pairs}): {v.word}"


def _digits(measure: str) -> int:
    return 2 if bound_of(measure) == _BOUNDS["analogies"] else 4


def _difference(v: Verdict, digits: int) -> str:
    return f"{v.mean:+.{digits}f} ± {v.error:.{digits}f}"


def _print_table(cells: dict[tuple, dict[str, Verdict]]) -> None:
    """Print a Markdown table: a row for each cell, a column for each measure."""
    columns = sorted({measure for cell in cells.values() for measure in cell})
    print("| mode | setting | pairs | " + " | ".join(columns) + " |")
    print("|---" * (3 + len(columns)) + "|")
    for cell, measures in cells.items():
        setting = dict(cell)
        entries = [setting["mode"], ", ".join(_describe(setting))]
        entries.append(str(max(v.pairs for v in measures.values())))
        entries += [_entry(name, measures.get(name)) for name in columns]
        print("| " + " | ".join(entries) + " |")


def _entry(measure: str, v: Verdict | None) -> str:
    if v is None:
        return ""
    text = _difference(v, _digits(measure))
    return {"PASS": text, "FAIL": f"**{text}**"}.get(v.word, f"{text} ?")
