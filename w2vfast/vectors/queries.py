"""Turn keys, vectors and weights into query vectors, and scores into keys.

V is the number of keys, D the dimension, Q the number of queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import Key
from w2vfast.errors import NoKeysError, optional_number, shortened
from w2vfast.vectors import neighbours
from w2vfast.vectors.parts import FloatArray
from w2vfast.vectors.table import KEY_TYPES, KeyTable

Query = Key | FloatArray | tuple[Key | FloatArray, float]
Neighbours = list[tuple[Key, float]]
Scores = npt.NDArray[np.float32]


def as_list(query: Any) -> list[Any]:
    """Return a single key or vector as a list of one, None as an empty list."""
    if query is None:
        return []
    is_vector = isinstance(query, np.ndarray) and query.ndim == 1
    return [query] if is_vector or isinstance(query, KEY_TYPES) else list(query)


def as_list_of_keys(keys: Iterable[Any], name: str) -> list[Any]:
    """Return keys as a list; a single string is an error, not a list of letters."""
    if isinstance(keys, (str, bytes)):
        message = f"{name} must be a list, got {keys!r}. For one word write [{keys!r}]."
        raise TypeError(message)
    return list(keys)


def weighted_items(positive: Any, negative: Any) -> list[tuple[Any, float]]:
    """Return the keys and vectors of a query with their weights."""
    signed = [(item, 1.0) for item in as_list(positive)]
    signed += [(item, -1.0) for item in as_list(negative)]
    return [_with_weight(item, sign) for item, sign in signed]


def _with_weight(item: Any, default: float) -> tuple[Any, float]:
    if not isinstance(item, tuple | list):
        return item, default
    if len(item) != 2:
        message = (
            f"expected a key, an array or a pair (key, weight), got {shortened(item)}"
        )
        raise ValueError(message)
    return item[0], float(item[1])


def query_vector(table: KeyTable, item: Any) -> tuple[FloatArray, int | None]:
    """Return a vector unchanged, or the unit vector of a key and its row.

    Raises
    ------
    KeyError
        If the key is missing.
    ValueError
        If the vector has another dimension, or a value that is not finite.
    """
    if isinstance(item, np.ndarray) and item.ndim > 0:
        if item.shape != (table.vector_size,):
            message = (
                f"a query vector must have shape ({table.vector_size},), "
                f"got {item.shape}"
            )
            raise ValueError(message)
        if not np.isfinite(item).all():
            given = shortened(item.tolist())
            message = f"a query vector must have finite values, got {given}"
            raise ValueError(message)
        return item, None
    row = table.get_index(item)
    unit = neighbours.unit(table.vectors[row])
    if not unit.any():
        check_finite(table, [row])
    return unit, row


def check_finite(table: KeyTable, rows: Sequence[int]) -> None:
    """Raise ValueError if one of these rows has no direction, as with nan.

    A query with it would get an answer that looks like that of a row of zeros.
    """
    finite = np.isfinite(table.vectors[np.array(rows, np.intp)]).all(axis=1)
    if not finite.all():
        key = table.index_to_key[rows[int(finite.argmin())]]
        message = (
            f"the vector of {key!r} has a value that is not finite, so nothing is "
            "near or far from it. Give it finite values, or leave the word out."
        )
        raise ValueError(message)


def direction(
    table: KeyTable, items: list[tuple[Any, float]]
) -> tuple[Scores, list[int]]:
    """Return the unit vector of a weighted sum, and the rows of its keys.

    Raises
    ------
    KeyError
        If a key is missing.
    ValueError
        If there are no items, or a vector has another dimension.
    """
    if not items:
        message = "give at least one key or vector, as positive or negative"
        raise ValueError(message)
    total = np.zeros(table.vector_size, np.float64)
    given = []
    for item, weight in items:
        vector, row = query_vector(table, item)
        total += weight * vector
        if row is not None:
            given.append(row)
    return neighbours.unit(total).astype(np.float32), given


def directions(table: KeyTable, queries: list[Any]) -> tuple[Scores, list[list[int]]]:
    """Return the unit vectors of many queries, shape (Q, D), and their keys' rows."""
    if all(isinstance(query, KEY_TYPES) for query in queries):
        given = [table.get_index(key) for key in queries]
        unit = neighbours.unit_rows(table.vectors[np.array(given, np.intp)])
        check_finite(table, [given[k] for k in np.flatnonzero(~unit.any(axis=1))])
        return unit, [[row] for row in given]
    built = [direction(table, weighted_items(query, None)) for query in queries]
    return np.array([vector for vector, _ in built]), [rows for _, rows in built]


def mean_vector(
    table: KeyTable,
    items: list[Any],
    weights: npt.ArrayLike | None,
    pre_normalize: bool,
    ignore_missing: bool,
) -> npt.NDArray[np.float64]:
    """Return the weighted mean of keys' and given vectors, shape (D,).

    Raises
    ------
    KeyError
        If a key is missing and `ignore_missing` is False.
    ValueError
        If there are no items, or not one weight for each.
    """
    factors = np.ones(len(items)) if weights is None else np.asarray(weights)
    if not items:
        message = "there are no keys to take the mean of; give at least one"
        raise NoKeysError(message)
    if factors.shape != (len(items),):
        message = (
            f"got {len(items)} keys and weights of shape {factors.shape}; give one "
            "weight for each key"
        )
        raise ValueError(message)
    total, magnitude = np.zeros(table.vector_size, np.float64), 0.0
    rows = []
    for item, factor in zip(items, factors.tolist(), strict=True):
        if ignore_missing and _is_unknown(table, item):
            continue
        if pre_normalize or isinstance(item, np.ndarray):
            vector, _ = query_vector(table, item)
        else:
            rows.append(table.get_index(item))
            vector = table.vectors[rows[-1]]
        with np.errstate(invalid="ignore"):  # said below, with the key
            total += factor * vector.astype(np.float64)
        magnitude += abs(factor)
    if not np.isfinite(total).all():
        check_finite(table, rows)
    return total / magnitude if magnitude else total


def _is_unknown(table: KeyTable, item: object) -> bool:
    """Tell whether an item is a missing key, and no number where keys are words.

    gensim would take such a number as a row, so that ignoring it would hide an error.
    """
    if not isinstance(item, KEY_TYPES) or item in table:
        return False
    has_words = isinstance(next(iter(table.index_to_key), None), str)
    return not (has_words and isinstance(item, int | np.integer))


def checked_topn(topn: object) -> int | None:
    """Return how many keys to find; None stands for all."""
    return optional_number("topn", topn, "the cosines of all rows")


def searched_rows(
    n_rows: int, clip_start: int, clip_end: int | None, restrict_vocab: int | None
) -> slice:
    """Return the rows that a query searches; `restrict_vocab` overrides the clips."""
    restrict_vocab = optional_number("restrict_vocab", restrict_vocab, "all rows")
    if restrict_vocab:
        clip_start, clip_end = 0, restrict_vocab
    start, stop, _ = slice(clip_start, clip_end or None).indices(n_rows)
    return slice(start, stop)


def best_keys(
    keys: list[Key], scores: Scores, topn: int | None, given: list[int], start: int
) -> Neighbours | Scores:
    """Return the keys with the largest scores, without those that were given.

    Parameters
    ----------
    keys : list of str or int, length V
    scores : ndarray of float32
        Scores of the rows from `start` on; INOUT: those of `given` become -inf.
    topn : int or None
        None returns `scores` unchanged.
    given : list of int
        Rows that are not returned.
    start : int
    """
    if topn is None:
        return scores
    positions = np.array(given, np.intp) - start
    scores[positions[(positions >= 0) & (positions < len(scores))]] = -np.inf
    best = neighbours.largest(scores, topn)
    found = (keys[start + position] for position in best.tolist())
    return list(zip(found, scores[best].tolist(), strict=True))
