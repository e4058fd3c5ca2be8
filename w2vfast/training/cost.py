"""The cost of full softmax, and the largest vocabulary that it accepts.

Every prediction updates the output vectors of all words, which suits teaching, tests
and small vocabularies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.errors import Name, Setting, SettingsError

if TYPE_CHECKING:
    from w2vfast.params import TrainParams

MOST_WORDS = 50_000

# Multiply-adds per second of one thread, for the estimate of hours.  Measured: 2.5e10
# in skip-gram and 1.2e10 in CBOW with 50,000 words and D = 100; up to 7e10 if the rows
# fit into a core's cache.  Source: docs/benchmarks/speed.md, Full softmax.
RATE = 1e10

# The dot product, the update of the input and the update of the output.
PASSES = 3


class Cost(NamedTuple):
    """What training with full softmax costs.

    Attributes
    ----------
    n_inputs : int
        C, average number of inputs of a word: its contexts in skip-gram, 1 in CBOW.
    a_word : int
        Multiply-adds for each word of the text, 3 C V D.
    hours : float
        Time of one thread for all epochs, at `RATE` [h].
    """

    n_inputs: int
    a_word: int
    hours: float

    def __str__(self) -> str:
        hours = f"{self.hours:,.1f} hours"
        if self.hours < 1:
            hours = f"{60 * self.hours:.1f} minutes"
        return (
            f"about {self.a_word / 1e6:,.3g} million multiply-adds for each word of "
            f"the text, {hours} on one thread at {RATE:.0e} a second"
        )


def cost(params: TrainParams, counts: NDArray[np.int64]) -> Cost:
    """Estimate the cost of full softmax, without subsampling.

    Parameters
    ----------
    params : TrainParams
    counts : ndarray of int64, shape (V,)
        Occurrences of each word [occurrences].

    Returns
    -------
    Cost
    """
    n_inputs = params.mean_contexts if params.sg else 1
    a_word = PASSES * n_inputs * len(counts) * params.vector_size
    seconds = a_word * int(counts.sum()) * params.epochs / RATE
    return Cost(n_inputs, a_word, seconds / 3600)


def check(params: TrainParams, counts: NDArray[np.int64]) -> None:
    """Refuse full softmax over too many words.

    Parameters
    ----------
    params : TrainParams
    counts : ndarray of int64, shape (V,)
        Occurrences of each word [occurrences].

    Raises
    ------
    ValueError
        If there are more than `MOST_WORDS` words and the objective is full softmax.
    """
    if params.objective != "softmax" or len(counts) <= MOST_WORDS:
        return
    message = (
        Setting("objective", "softmax"),
        f" is for at most {MOST_WORDS:,} words, got "
        f"{len(counts):,}: it would take {cost(params, counts)}. Negative sampling "
        f"with ",
        Setting("negative", 5),
        f" has 6 outputs in place of {len(counts):,}. Use that or ",
        *(Setting("hs", True), ", which take no objective, or raise "),
        *(Name("min_count"), " or set ", Name("max_final_vocab"), "."),
    )
    raise SettingsError(message)
