"""Parameters of a training run: names, defaults, ranges and their errors.

Imports nothing heavy (NumPy, compiled modules), so that the command line can report
a wrong parameter at once.
"""

from __future__ import annotations

import dataclasses
import math
import numbers
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from w2vfast.errors import (
    Name,
    ParameterError,
    ParameterTypeError,
    Part,
    Setting,
    SettingsError,
    Text,
    Value,
    whole_number,
)
from w2vfast.system.resources import usable_cpus

# Source: word2vec.c, main.
DEFAULT_ALPHA_CBOW = 0.05
DEFAULT_ALPHA_SKIP_GRAM = 0.025

# Without `min_alpha` the decay stops at this fraction of the starting alpha.
# Source: word2vec.c, TrainModelThread.
ALPHA_FLOOR = 0.0001

# Learning rates are used as float32: outside this range they would become 0 or inf.
FLOAT32_SMALLEST = 2.0**-126
FLOAT32_LARGEST = (2.0 - 2.0**-23) * 2.0**127

SEED_BITS = 63  # of a seed that is chosen

# Products of it are still a C int: `LARGEST_OPTION` of the kernels.
WINDOW_LARGEST = 2**26

INIT_RANGE_LARGEST = 1000

# How `combined_vectors` combines the input and the output vectors.
COMBINATIONS = ("input", "output", "sum", "concat")
MODES = ("fast", "exact")
NEGATIVE_SHARING = ("window", "pair")
CBOW_GRADIENT = ("reference", "mean")
OBJECTIVES = ("softmax",)
DEFAULT_NEGATIVE = 5
DEFAULT_NS_EXPONENT = 0.75
# Source: word2vec.c, InitNet.
DEFAULT_INIT_RANGE = 0.5


class _Range(NamedTuple):
    smallest: int
    largest: int
    hint: str


_WHOLE_NUMBERS = {
    "vector_size": _Range(1, 1_000_000, "Common values are 50 to 300."),
    "window": _Range(
        1, WINDOW_LARGEST, "Common values are 2 to 10 words on each side."
    ),
    "min_count": _Range(0, 2**63 - 1, "0 or 1 keeps every word; 5 is common."),
    "max_vocab_size": _Range(1, 2**63 - 1, ""),
    "max_final_vocab": _Range(1, 2**63 - 1, ""),
    "seed": _Range(0, 2**64 - 1, ""),
    "workers": _Range(1, 4096, ""),
    "negative": _Range(
        0, 1_000_000, "Common values are 5 to 20; 0 turns it off (needs hs)."
    ),
    "epochs": _Range(1, 2**31 - 1, "Common values are 1 to 20."),
    "max_sentence_length": _Range(
        2,
        1_000_000,
        "A longer sentence is cut into pieces; no word is dropped.",
    ),
}
# Parameters that may be None, and what None means.
_UNSET = {
    "max_vocab_size": "no limit",
    "max_final_vocab": "no limit",
    "workers": "all CPUs that this process may use, or 1 in exact mode",
    "seed": "one that is chosen at random, or 1 in exact mode",
    "alpha": "0.05 for CBOW and 0.025 for skip-gram",
    "min_alpha": "a decay to 0.0001 of the starting alpha",
    "objective": "hierarchical softmax, negative sampling or both",
}
_SWITCHES = ("sg", "hs", "cbow_mean", "shrink_windows", "compute_loss", "deterministic")
_CHOICES = {
    "mode": MODES,
    "negative_sharing": NEGATIVE_SHARING,
    "cbow_gradient": CBOW_GRADIENT,
    "objective": OBJECTIVES,
}

# Options that the C program does not have.  mode="exact" refuses values other than the
# default instead of ignoring them.  name: what the C program does
_FIXED_IN_EXACT_MODE = {
    "seed": "has no seed and draws the same numbers in every run",
    "min_alpha": "always lets alpha fall to 0.0001 of its starting value",
    "ns_exponent": "always draws negative samples by count ** 0.75",
    "init_range": "always draws initial numbers from -0.5 / D to 0.5 / D",
    "objective": "has hierarchical softmax and negative sampling only",
    "cbow_mean": "always averages the context vectors",
    "cbow_gradient": "adds the whole error to each context word",
    "shrink_windows": "always draws the window of each word anew",
    "max_vocab_size": "has no such limit",
    "max_final_vocab": "has no such limit",
    "max_sentence_length": "always cuts sentences at 1000 words",
    "deterministic": "gives the same bytes in every run with one thread, which exact "
    "mode uses",
}


@dataclass(frozen=True, kw_only=True)
class TrainParams:
    """Parameters of a training run, checked and converted to plain Python values.

    Parameters
    ----------
    vector_size : int, default 100
        Length of a vector, D.
    alpha : float or None, default None
        Learning rate at the start; None is 0.05 for CBOW, 0.025 for skip-gram.
    min_alpha : float or None, default None
        Learning rate at the end of the linear decay.  With None the line ends at 0 and
        is cut off at 0.0001 of the starting value.
    window : int, default 5
        Largest distance between centre and context [words].
    min_count : int, default 5
        Rarer words are left out of the vocabulary [occurrences].
    max_vocab_size : int or None, default None
        While words are counted, forget the rarest beyond this many [words].
    max_final_vocab : int or None, default None
        Keep at most this many words, the most frequent [words].
    sample : float, default 1e-3
        Threshold of the subsampling of frequent words [fraction of the text];
        0 turns it off.
    seed : int, default 1
        Seed of the random numbers.  The same seed gives the same vectors with
        one worker, one build and one instruction set; with `deterministic`, with any
        number of workers.  None chooses one (1 in exact mode), which can be read
        afterwards.
    workers : int or None, default None
        Threads; None is every CPU that this process may use, but at most one for each
        16,000 words of the text, and 1 in exact mode.  More than these CPUs give a
        warning.  Two are 1.8 to 1.9 times as fast as one; 16 are predicted to be 7 to
        14 times as fast ("Threads and replicas" in the documentation).
    sg : bool or int, default False
        1 trains skip-gram, 0 CBOW.
    hs : bool or int, default False
        1 trains hierarchical softmax, alone or together with negative sampling.
    negative : int, default 5
        Negative samples for each prediction; 0 turns negative sampling off.
    objective : {None, "softmax"}, default None
        None trains the objectives that `hs` and `negative` select; "softmax" trains the
        full softmax over all words instead (`hs` must be off, `negative` becomes 0).
    ns_exponent : float, default 0.75
        Negative samples are drawn in proportion to count ** ns_exponent.
    init_range : float, default 0.5
        Initial vectors are uniform from -init_range / D to init_range / D.
    cbow_mean : bool or int, default True
        1 averages the context vectors of CBOW, 0 adds them up.
    epochs : int, default 5
        Passes over the text.
    shrink_windows : bool, default True
        Windows have from 1 to `window` words on a side, a random number in skip-gram,
        up and down in CBOW; False: always `window`.  CBOW with an even `window` above
        2, an odd `negative` and ``sample=0``: odd numbers only, as in the C program.
    compute_loss : bool, default False
        Compute the loss on every centre word, not on one in sixteen (in a text of fewer
        than 20,000 tokens it is computed on every one anyway).
    mode : {"fast", "exact"}, default "fast"
        "exact" writes the bytes that the C program would write, with one worker.
    negative_sharing : {"window", "pair"}, default "window"
        "window": up to 16 contexts of a centre word share negative samples, from a pool
        of each worker; a sample serves four sets, 12 or more centres apart.
        "pair": new samples for every pair, in CBOW for every centre, as exact mode
        always does.
    cbow_gradient : {"reference", "mean"}, default "reference"
        "reference" adds the whole error to each context word, as C does; "mean"
        divides it by their number, the true gradient of the average.  At the same
        alpha "mean" learns less; at four times the alpha it learns about as much in
        negative sampling, with fewer analogies right (see the benchmarks).
    max_sentence_length : int, default 1000
        A longer sentence is cut into pieces of this length [words].
    deterministic : bool, default False
        The same seed gives the same vectors with any number of workers (one build and
        one instruction set), at 0.6 to 0.85 of the speed on long texts, less on short
        ones; more than 16 are no faster.
        Fast mode only, and not with full softmax.

    Raises
    ------
    ParameterTypeError
        A TypeError: a value has the wrong type.
    ParameterError
        A ValueError: a value is out of range, or two values exclude each other.
    """

    vector_size: int = 100
    alpha: float | None = None
    min_alpha: float | None = None
    window: int = 5
    min_count: int = 5
    max_vocab_size: int | None = None
    max_final_vocab: int | None = None
    sample: float = 1e-3
    seed: int = 1
    workers: int | None = None
    sg: bool = False
    hs: bool = False
    negative: int = DEFAULT_NEGATIVE
    objective: str | None = None
    ns_exponent: float = DEFAULT_NS_EXPONENT
    init_range: float = DEFAULT_INIT_RANGE
    cbow_mean: bool = True
    epochs: int = 5
    shrink_windows: bool = True
    compute_loss: bool = False
    mode: str = "fast"
    negative_sharing: str = "window"
    cbow_gradient: str = "reference"
    max_sentence_length: int = 1000
    deterministic: bool = False

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) is not None or name not in _UNSET:
                _check_choice(name, getattr(self, name), choices)
        if self.seed is None:
            chosen = 1 if self.exact else secrets.randbits(SEED_BITS)
            object.__setattr__(self, "seed", chosen)
        for name in _SWITCHES:
            self._replace(name, _as_switch)
        for name in _WHOLE_NUMBERS:
            self._replace(name, _as_whole_number)
        for name in ("alpha", "min_alpha", "sample", "ns_exponent", "init_range"):
            self._replace(name, _as_real_number)
        self._check_alpha()
        self._check_sampling()
        self._check_init_range()
        self._check_objective()
        if self.exact:
            self._check_exact_mode()

    def _replace(self, name: str, convert: Callable[[str, Any], Any]) -> None:
        value = getattr(self, name)
        if value is None and name in _UNSET:
            return
        # The only way to set a field of a frozen dataclass from within.
        object.__setattr__(self, name, convert(name, value))

    def _refuse(
        self, name: str, accepted: Text, hint: Text, unset: str = ""
    ) -> NoReturn:
        raise ParameterError(name, getattr(self, name), accepted, hint, unset)

    def _check_alpha(self) -> None:
        if self.alpha is not None and not (
            FLOAT32_SMALLEST <= self.alpha <= FLOAT32_LARGEST
        ):
            self._refuse(
                "alpha",
                "greater than 0 and finite as a 32-bit number",
                "Common values are 0.025 to 0.05.",
                _UNSET["alpha"],
            )
        if self.min_alpha is not None and not 0 <= self.min_alpha <= self.start_alpha:
            self._refuse(
                "min_alpha",
                ("in [0, ", Setting("alpha", self.start_alpha), "]"),
                (
                    *("The learning rate falls from ", Name("alpha"), " to "),
                    *(Name("min_alpha"), ": lower ", Name("min_alpha")),
                    *(" or raise ", Name("alpha"), "."),
                ),
                _UNSET["min_alpha"],
            )

    def _check_sampling(self) -> None:
        # C accepts any threshold; from 1 on it keeps every word, but still draws.
        if self.sample < 0 or (self.sample >= 1 and not self.exact):
            self._refuse(
                "sample",
                "at least 0" if self.exact else "in [0, 1)",
                "Use 1e-3 to 1e-5; 0 turns subsampling off.",
            )
        if abs(self.ns_exponent) > 10:
            self._refuse(
                "ns_exponent",
                "from -10 to 10",
                "0.75 is common; 0 draws all words with equal probability, 1 by their "
                "counts.",
            )

    def _check_init_range(self) -> None:
        if not 0 < self.init_range <= INIT_RANGE_LARGEST:
            self._refuse(
                "init_range",
                f"greater than 0 and at most {INIT_RANGE_LARGEST}",
                "0.5 is common; 1 to 4 learn faster in a short training.",
            )

    def _check_objective(self) -> None:
        if self.objective is None:
            if self.negative == 0 and not self.hs:
                self._refuse(
                    "negative",
                    ("at least 1 with ", Setting("hs", self.hs)),
                    (
                        "There is nothing to train otherwise: set ",
                        Setting("negative", DEFAULT_NEGATIVE),
                        " or ",
                        Setting("hs", True),
                        ".",
                    ),
                )
            return
        objective = Setting("objective", self.objective)
        if self.hs:
            self._refuse(
                "hs",
                (Value(False), " with ", objective),
                "Both are probabilities over all words for the same prediction: "
                "choose one.",
            )
        # The default may simply not have been given; another number was.
        if self.negative not in (0, DEFAULT_NEGATIVE):
            self._refuse(
                "negative",
                ("0 with ", objective),
                "Full softmax draws no negative samples, because all words are "
                "outputs. Leave one of the two out.",
            )
        if self.deterministic:
            self._refuse(
                "deterministic",
                (Value(False), " with ", objective),
                (
                    "Every prediction changes the output vectors of all words, so that "
                    "there is nothing to merge row by row. Use ",
                    *(Setting("workers", 1), ", which gives the same bytes in every "),
                    "run.",
                ),
            )
        object.__setattr__(self, "negative", 0)

    def _check_exact_mode(self) -> None:
        exact, fast = Setting("mode", "exact"), Setting("mode", "fast")
        if self.workers is not None and self.workers > 1:
            self._refuse(
                "workers",
                ("1 with ", exact),
                (
                    "Threads that write to the same vectors give another result in "
                    "every run, in the C program too, so there are no bytes to "
                    "reproduce. Use ",
                    Setting("workers", 1),
                    " or ",
                    fast,
                    ".",
                ),
            )
        for name, behaviour in _FIXED_IN_EXACT_MODE.items():
            default = self.__dataclass_fields__[name].default
            if getattr(self, name) != default:
                self._refuse(
                    name,
                    (Value(default), " with ", exact),
                    (
                        f"The C program {behaviour}. Leave ",
                        Name(name),
                        " out, or use ",
                        fast,
                        ".",
                    ),
                )

    def check_noise_weights(self) -> None:
        """Raise an error unless this run can use weights for its negative samples.

        Raises
        ------
        SettingsError
            In exact mode, without negative samples, or with another `ns_exponent`.
        """
        reason: tuple[Part, ...]
        if self.exact:
            behaviour = _FIXED_IN_EXACT_MODE["ns_exponent"]
            reason = (
                *("with ", Setting("mode", "exact")),
                f": the C program {behaviour}",
            )
        elif self.negative == 0:
            reason = (
                *("without negative samples, that is with ", Setting("negative", 0)),
                *(" or ", Setting("objective", "softmax")),
            )
        elif self.ns_exponent != DEFAULT_NS_EXPONENT:
            reason = (
                *("with ", Setting("ns_exponent", self.ns_exponent)),
                ", which is another noise distribution",
            )
        else:
            return
        message = (
            *(Name("noise_weights"), " cannot be used ", *reason),
            ". Leave one of them out.",
        )
        raise SettingsError(message)

    @property
    def exact(self) -> bool:
        """Whether the result is that of the C program, byte for byte."""
        return self.mode == "exact"

    @property
    def objectives(self) -> list[str]:
        """Names of the objectives; negative sampling with its number of samples."""
        names = [f"negative sampling ({self.negative})"] if self.negative else []
        names += ["hierarchical softmax"] if self.hs else []
        names += ["full softmax"] if self.objective == "softmax" else []
        return names

    @property
    def summary(self) -> str:
        """What is about to be trained, in one line."""
        return (
            f"{'skip-gram' if self.sg else 'CBOW'}, {' and '.join(self.objectives)}: "
            f"size {self.vector_size}, window {self.window}, sample {self.sample:g}, "
            f"alpha {self.start_alpha:g}, epochs {self.epochs}, threads "
            f"{self.n_workers}, mode {self.mode}"
            f"{', deterministic' if self.deterministic else ''}"
        )

    @property
    def has_output_vectors(self) -> bool:
        """Whether words have output vectors, `syn1neg`."""
        return self.negative > 0 or self.objective == "softmax"

    @property
    def start_alpha(self) -> float:
        """Learning rate of the first update: `alpha`, or the model's default."""
        if self.alpha is not None:
            return self.alpha
        return DEFAULT_ALPHA_SKIP_GRAM if self.sg else DEFAULT_ALPHA_CBOW

    @property
    def end_alpha(self) -> float:
        """Where the straight line of the learning rate ends; see `alpha_floor`."""
        return 0.0 if self.min_alpha is None else self.min_alpha

    @property
    def alpha_floor(self) -> float:
        """Lower bound of the learning rate.

        The learning rate after a fraction `done` of the run is
        ``max(alpha_floor, start_alpha + (end_alpha - start_alpha) * done)``.
        """
        if self.min_alpha is None:
            return ALPHA_FLOOR * self.start_alpha
        return self.min_alpha

    @property
    def reaches(self) -> range:
        """Words that windows have on a side, all as frequent, in fast mode.

        Source: word2vec.c, TrainModelThread, which draws a number modulo `window`.  The
        lowest bit of its generator alternates, and a centre word of CBOW takes 1 + K
        draws.  So with an odd K, an even `window`, no subsampling and sentences of two
        and more words, the first of its threads has odd numbers only.  Differs: that
        thread has fewer still where 4 divides 1 + K and `window`, or `window` is 2.
        """
        if not self.shrink_windows:
            return range(self.window, self.window + 1)
        is_mixed = self.sg or self.negative % 2 == 0 or self.sample > 0
        is_odd = self.window % 2 == 0 and self.window > 2 and not is_mixed
        return range(1, self.window + 1, 2 if is_odd else 1)

    @property
    def mean_contexts(self) -> int:
        """Contexts of a word on average, far from the ends of a sentence."""
        return self.reaches[0] + self.reaches[-1]

    @property
    def n_workers(self) -> int:
        """Threads to use: `workers`, or every usable CPU (1 in exact mode).

        For a short text, `training.worker_count` starts fewer.
        """
        if self.workers is not None:
            return self.workers
        return 1 if self.exact else usable_cpus()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values that JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> TrainParams:
        """Build parameters from what `to_dict` returned.

        Raises
        ------
        ValueError
            If a name is not a parameter, e.g. one of a later version.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(fields) - known)
        if unknown:
            message = (
                f"unknown parameters {', '.join(unknown)}: this version knows "
                f"{', '.join(sorted(known))}. Was it saved by a later version?"
            )
            raise ValueError(message)
        return cls(**fields)

    @classmethod
    def from_file(cls, fields: dict[str, Any], name: str) -> TrainParams:
        """Build parameters from the part 'params' of a file, which errors name.

        Raises
        ------
        ValueError
            If they are not parameters that `to_dict` returned.
        """
        try:
            return cls.from_dict(fields)
        except (TypeError, ValueError) as error:
            message = f"{name}, 'params': {error}"
            raise ValueError(message) from error


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    accepted: list[Part] = [Value(choices[0])]
    for choice in choices[1:]:
        accepted += [" or ", Value(choice)]
    if not isinstance(value, str):
        raise ParameterTypeError(name, value, accepted, unset=_UNSET.get(name, ""))
    if value not in choices:
        raise ParameterError(name, value, accepted, unset=_UNSET.get(name, ""))


def _as_switch(name: str, value: object) -> bool:
    accepted = "True, False, 1 or 0"
    # NumPy's bool is neither a bool nor a number; its name is the same everywhere.
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    if not isinstance(value, numbers.Integral):
        raise ParameterTypeError(name, value, accepted)
    if int(value) not in (0, 1):
        raise ParameterError(name, int(value), accepted)
    return bool(value)


def _as_whole_number(name: str, value: object) -> int:
    smallest, largest, hint = _WHOLE_NUMBERS[name]
    unset = _UNSET.get(name, "")
    number = whole_number(name, value, hint, unset)
    if not smallest <= number <= largest:
        accepted = f"at least {smallest}"
        if number > largest:
            accepted = f"at most {largest}"
        raise ParameterError(name, number, accepted, hint, unset)
    return number


def _as_real_number(name: str, value: object) -> float:
    unset = _UNSET.get(name, "")
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ParameterTypeError(name, value, "a number", unset=unset)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ParameterError(name, number, "a finite number", unset=unset)
    return number
