"""When the ranks merge, which rows, and how far."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from w2vfast.training.replicas import transport_factor

if TYPE_CHECKING:
    from w2vfast.params import TrainParams

# Ids of all ranks between two merges: a part of those trained so far, within limits.
# Source of the values: docs/benchmarks/ranks.md.  The upper limit is of time:
# with fewer ids, sending rows takes longer than training (`w2vfast plan`).
PART_OF_SEEN = 64
MOST_IDS = 1 << 26
# The curvature is exchanged at the first merges, while it changes fast, and then at
# those that come after so many ids of all ranks.
FIRST_EXCHANGES, CURVATURE_IDS = 16, 1 << 18
# A merge may take so many times the longest time between two merges, and so long [s].
LONGEST_TIMES, LEAST_LIMIT = 20, 300.0


class MergeSchedule(NamedTuple):
    """When the ranks merge, and how many rows.

    Attributes
    ----------
    fewest_ids : int
        Of all ranks, between two merges.
    frequent_rows : int
        Merged every time; twice as many every second time, and so on.
    """

    fewest_ids: int
    frequent_rows: int

    def positions(self, n_ids: int, seen: int) -> list[int]:
        """Return after how many ids of an epoch the ranks merge, its end excluded.

        Parameters
        ----------
        n_ids : int
            Of the epoch, of all ranks.
        seen : int
            Ids of all ranks in the epochs before.

        Returns
        -------
        list of int
            Increasing, of all ranks together.
        """
        return list(self._positions(n_ids, seen))

    def _positions(self, n_ids: int, seen: int) -> Iterator[int]:
        position = 0
        while True:
            length = (seen + position) // PART_OF_SEEN
            position += min(max(length, self.fewest_ids), MOST_IDS)
            if position >= n_ids:
                return
            yield position

    def level_bounds(self, n_rows: int) -> list[int]:
        """Return the first row of each level, and the number of rows."""
        bounds, end = [0], self.frequent_rows
        while end < n_rows:
            bounds.append(end)
            end *= 2
        return [*bounds, n_rows]


OFTEN = MergeSchedule(fewest_ids=1 << 16, frequent_rows=4096)
SELDOM = MergeSchedule(fewest_ids=1 << 17, frequent_rows=2048)
SELDOM_NEG_TRANSPORT = 0.7  # makes up for merges that come seldom


def schedule_of(params: TrainParams, n_ranks: int) -> MergeSchedule:
    """Return when the ranks of a training merge, and how many rows."""
    return SELDOM if merges_seldom(params, n_ranks) else OFTEN


def merges_seldom(params: TrainParams, n_ranks: int) -> bool:
    """Whether two ranks train CBOW, by negative sampling or hierarchical softmax alone.

    Frequent merges would take a fifth or an eighth of the time.  With skip-gram, or
    with more ranks, as few merges cost quality.  Source: docs/benchmarks/ranks.md.
    """
    return n_ranks == 2 and not params.sg and params.hs != (params.negative > 0)


def transport_of(params: TrainParams, n_ranks: int) -> float:
    """Return the factor of the exponent of merges."""
    if merges_seldom(params, n_ranks) and params.negative > 0:
        return SELDOM_NEG_TRANSPORT
    return transport_factor(params)


def n_levels(merge: int) -> int:
    """Return how many levels of rows the merge of this number has, from 1.

    Every merge has the first level, every second one the second, every fourth the
    third, and so on: rows that are used less often may be merged less often.
    """
    return (merge & -merge).bit_length()


class MergeLimit:
    """How long a rank waits in a merge: it has measured how often ranks merge."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._longest = 0.0

    @property
    def seconds(self) -> float:
        """The limit [s]; infinite before the second merge."""
        if self._longest == 0.0:
            return math.inf
        return max(LEAST_LIMIT, LONGEST_TIMES * self._longest)

    def merged(self) -> None:
        """Take note of the end of a merge."""
        now = time.perf_counter()
        if self._last is not None:
            self._longest = max(self._longest, now - self._last)
        self._last = now


class CurvatureTimes:
    """Says which merges begin with an exchange of the curvature."""

    def __init__(self) -> None:
        self._n_exchanges = 0
        self._last = 0.0  # ids of all ranks before the last exchange

    def is_due(self, seen: float) -> bool:
        """Whether the merge after so many ids of all ranks does; then take note."""
        is_first = self._n_exchanges < FIRST_EXCHANGES
        if not is_first and seen - self._last < CURVATURE_IDS:
            return False
        self._n_exchanges += 1
        self._last = seen
        return True
