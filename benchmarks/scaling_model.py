"""How long one of N workers takes for a kept word, by a model fitted to one and two.

Workers that share rows wait for cache lines that another core has.  A worker's time for
a kept word is what it takes alone and, for each cost below, its number times a
coefficient that is fitted to measurements:

    time = alone + a uses + b merged + latency (c fetched + d stolen)

The numbers follow from the frequencies of words alone, for any N, because the rows that
are replicated and the times of merges do.  Workers are taken to be independent: each
use of a row is as likely to be any worker's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.params import TrainParams
from w2vfast.training.replicas import REPLICATED_NODES, REPLICATED_WORDS, RowUses

REPLICATE_USES, LOCK_ROWS = 16, 4  # of _core.pyx
LINE_BYTES = 64
OUTPUT_WORDS = 2  # kept words for which a worker prepares and then uses an output


class Costs(NamedTuple):
    """What sharing rows with other workers costs one of them, for each kept word.

    Attributes
    ----------
    uses : float
        Of rows, if some have replicas: the choice between the two.
    merged : float
        Cache lines of replicas that merges read and write.
    fetched : float
        Cache lines of which another core has the newest copy, those of merges and of
        the rounds of deterministic training included.
    stolen : float
        Cache lines that another worker writes while this one uses them.
    """

    uses: float = 0.0
    merged: float = 0.0
    fetched: float = 0.0
    stolen: float = 0.0

    def times(self, latency: float) -> NDArray[np.float64]:
        """Multiply what waits for another core by its latency [ns]."""
        return np.array(self) * [1, 1, latency, latency]


class Side(NamedTuple):
    """How the rows of one matrix are used.

    Attributes
    ----------
    visits : ndarray of float64, shape (rows,)
        Uses for each kept word; an input that is used for successive centre words
        counts once.
    uses : float
        Updates for each visit.
    words : float
        Kept words that a visit lasts.
    limit : int
        Most rows with replicas.
    """

    visits: NDArray[np.float64]
    uses: float
    words: float
    limit: int


def sides_of(params: TrainParams, uses: RowUses) -> list[Side]:
    """Describe the matrices that a mode uses; `uses` are of all rows."""
    contexts = params.mean_contexts
    inputs = Side(uses.inputs, contexts, 2 * contexts, REPLICATED_WORDS)
    outputs = Side(uses.outputs, 1, OUTPUT_WORDS, REPLICATED_WORDS)
    nodes = Side(uses.nodes, 1, OUTPUT_WORDS, REPLICATED_NODES)
    return [inputs, *[outputs] * (params.negative > 0), *[nodes] * bool(params.hs)]


def replicated_rows(side: Side, period: float) -> int:
    """Count the replicas of a worker that merges after so many of its kept words."""
    uses = side.visits[: side.limit] * side.uses * period
    uses = np.pad(uses, (0, -len(uses) % LOCK_ROWS)).reshape(-1, LOCK_ROWS).max(axis=1)
    often = np.append(uses >= REPLICATE_USES, False)
    return min(LOCK_ROWS * int(np.argmin(often)), side.limit, len(side.visits))


def words_until_full(sides: Iterable[Side], n_rows: float) -> float:
    """Return after how many kept words a cache of n_rows rows has other rows."""
    visits = np.concatenate([side.visits for side in sides])
    low, high = 0.0, 40.0  # of the logarithm
    for _ in range(40):
        middle = (low + high) / 2
        is_full = -np.expm1(-visits * math.exp(middle)).sum() > n_rows
        low, high = (low, middle) if is_full else (middle, high)
    return math.exp(low)


def hogwild_costs(
    sides: list[Side], n_workers: int, period: float | None, row: int, cache: float
) -> Costs:
    """Compute the costs of training with replicas.

    Parameters
    ----------
    sides : list of Side
    n_workers : int
        N.
    period : float or None
        Kept words of one worker between two merges; None without replicas.
    row, cache : int, float
        Sizes of a row and of a core's own cache [cache lines].

    Returns
    -------
    Costs
    """
    others = n_workers - 1
    lasts = words_until_full(sides, cache / row)
    uses = merged = fetched = stolen = 0.0
    for side in sides:
        n_replicas = 0 if period is None else replicated_rows(side, period)
        shared = side.visits[n_replicas:]
        # Whether one of the last uses by anybody that are still cached was another's.
        found = -np.expm1(-n_workers * shared * lasts)
        fetched += others / n_workers * float((shared * found).sum())
        meets = -np.expm1(-others * shared * side.words)
        stolen += side.uses * float((shared * meets).sum())
        if period is not None:
            uses += side.uses * float(side.visits.sum())
            merged += n_replicas / period
            fetched += others / n_workers * n_replicas / period
    return Costs(uses, merged * row, fetched * row, stolen * row)


def round_costs(sides: list[Side], n_workers: int, words: float, row: int) -> Costs:
    """Compute the costs of deterministic rounds with shards of so many kept words."""
    copied = sum(float(-np.expm1(-side.visits * words).sum()) for side in sides)
    return Costs(fetched=copied / words * row * (n_workers - 1) / n_workers)


# ---- the fit -----------------------------------------------------------------------


class Point(NamedTuple):
    """A measurement: what it is compared with, and what the difference is made of.

    Attributes
    ----------
    group : str
        Measurements with the same one are left out together.
    alone, time : float
        For a kept word, by a lone worker and by this one [ns].
    costs : ndarray of float64, shape (4,)
        From `Costs.times`.
    """

    group: str
    alone: float
    time: float
    costs: NDArray[np.float64]


def fit(points: list[Point]) -> NDArray[np.float64]:
    """Return the coefficients, none below 0, with the least relative squares."""
    weights = np.array([1 / point.alone for point in points])
    costs = np.array([point.costs for point in points]) * weights[:, None]
    extra = np.array([point.time - point.alone for point in points]) * weights
    best, least = np.zeros(costs.shape[1]), np.inf
    for n in range(costs.shape[1] + 1):
        for some in map(list, combinations(range(costs.shape[1]), n)):
            found = np.linalg.lstsq(costs[:, some], extra, rcond=None)[0]
            error = float(((costs[:, some] @ found - extra) ** 2).sum())
            if (found >= 0).all() and error < least:
                best, least = np.zeros(costs.shape[1]), error
                best[some] = found
    return best


def held_out(points: list[Point]) -> dict[str, tuple[NDArray, NDArray]]:
    """Fit without each group; return coefficients and relative errors of its times."""
    found = {}
    for group in dict.fromkeys(point.group for point in points):
        coefficients = fit([point for point in points if point.group != group])
        errors = [
            (point.alone + point.costs @ coefficients) / point.time - 1
            for point in points
            if point.group == group
        ]
        found[group] = coefficients, np.array(errors)
    return found


def relative_error(
    held: dict[str, tuple[NDArray, NDArray]], alone: float, costs: NDArray
) -> float:
    """Return the standard error of a predicted time, relative to it.

    Two parts are added as squares: the error of times that the fit has not seen, and
    how much the prediction depends on each group (jackknife).
    """
    seen = np.concatenate([errors for _, errors in held.values()])
    times = np.array(
        [alone + costs @ coefficients for coefficients, _ in held.values()]
    )
    spread = math.sqrt(len(times) - 1) * times.std() / times.mean()
    return float(math.hypot(math.sqrt((seen**2).mean()), spread))
