"""How an epoch is cut into spans and, in a deterministic run, into rounds of spans.

The spans of a round are its shards.  What they learn apart is merged at its end.  The
fewer words the training has seen, the further each of them moves the vectors, and the
shorter are the rounds.  The shards of a round come from distant parts of the text:
neighbours would move the same rare words, each as far as one alone should.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core

SPANS_WANTED = 512  # of an epoch
SHORTEST_SPAN, LONGEST_SPAN = 2_000, 64_000  # ids

SHARDS = 16  # most spans of a round; another number gives other vectors
SHORTEST_SHARD = 256  # ids; a shorter round has fewer shards
LONGEST_ROUND = 1 << 18  # kept words
SEEN_PER_ROUND = 256  # a round has at most one in so many of the ids seen before it


class RoundPlan(NamedTuple):
    """The rounds of an epoch.

    Attributes
    ----------
    starts : ndarray of int64, shape (S + 1,)
        Span s holds ids[starts[s]:starts[s + 1]].
    order : ndarray of int64, shape (S,)
        The spans in the order of training.
    bounds : ndarray of int64, shape (R + 1,)
        Round r has order[bounds[r]:bounds[r + 1]], at most `SHARDS` spans.
    """

    starts: NDArray[np.int64]
    order: NDArray[np.int64]
    bounds: NDArray[np.int64]


def even_spans(
    ids: NDArray[np.int32], max_sentence_length: int, longest: int = LONGEST_SPAN
) -> NDArray[np.int64]:
    """Cut an epoch into spans of about the same length.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
    max_sentence_length : int
        Longer sentences are cut [ids].
    longest : int, default 64,000
        Of a span, but for the rest of its last sentence [ids].

    Returns
    -------
    ndarray of int64, shape (S + 1,)
        Span s holds ids[starts[s]:starts[s + 1]].
    """
    length = min(max(len(ids) // SPANS_WANTED, SHORTEST_SPAN), longest)
    return _core.span_starts(ids, length, max_sentence_length)


def plan_rounds(
    ids: NDArray[np.int32], seen: int, kept: float, max_sentence_length: int
) -> RoundPlan:
    """Cut an epoch into rounds.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
    seen : int
        Ids that the run has visited before this epoch.
    kept : float
        Share of the ids that subsampling keeps.
    max_sentence_length : int
        Longer sentences are cut [ids].

    Returns
    -------
    RoundPlan
        It depends on the arguments alone, not on the number of workers.
    """
    longest = int(LONGEST_ROUND / max(kept, 1e-3))
    parts = _Parts(ids, max_sentence_length)
    starts: list[int] = []
    bounds = [0]
    while not parts.are_done:
        size = min((seen + parts.n_done) // SEEN_PER_ROUND, longest)
        before = parts.n_done
        spans = parts.take(max(size // SHARDS, SHORTEST_SHARD))
        mean = (parts.n_done - before) / len(spans)
        n_shards = max(1, round(size / mean))
        first = bounds[-1]
        bounds += range(first + n_shards, first + len(spans), n_shards)
        bounds.append(first + len(spans))
        starts += spans
    in_order = np.sort(np.array([*starts, len(ids)], np.int64))
    order = np.searchsorted(in_order, np.array(starts, np.int64))
    return RoundPlan(in_order, order, np.array(bounds, np.int64))


class _Parts:
    """Parts of a text, of about the same length, that are read at the same time."""

    def __init__(self, ids: NDArray[np.int32], max_sentence_length: int) -> None:
        self._ids = ids
        self._limit = max_sentence_length
        bounds = _core.span_starts(ids, -(-len(ids) // SHARDS), max_sentence_length)
        self._positions = bounds[:-1].tolist()
        self._ends = bounds[1:].tolist()
        self.n_done = 0

    @property
    def are_done(self) -> bool:
        """Whether all ids are taken."""
        return self.n_done == len(self._ids)

    def take(self, length: int) -> list[int]:
        """Take a span of whole sentences of each part; return their starts."""
        spans = []
        for k, (start, end) in enumerate(zip(self._positions, self._ends, strict=True)):
            if start < end:
                spans.append(start)
                self._positions[k] = int(
                    _core.span_starts(
                        self._ids[:end], length, self._limit, first=start, n_spans=1
                    )[1]
                )
                self.n_done += self._positions[k] - start
        return spans
