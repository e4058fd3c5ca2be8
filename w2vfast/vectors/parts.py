"""All that a `KeyTable` consists of, and what happens where a part of it is assigned.

V is the number of keys, D the dimension.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import Key
from w2vfast.errors import shortened, warn
from w2vfast.text.vocab import first_rows
from w2vfast.vectors import attributes as attrs

FloatArray = npt.NDArray[np.floating[Any]]


class TableParts(NamedTuple):
    """All that a table consists of; replaced as a whole, so that its parts agree.

    Only gensim's setters replace one part; `check_whole` and `check_rows` find out
    whether their caller has replaced the others, too.

    An interrupt cannot separate them, and lists and arrays that were handed out before
    stay as they are.
    """

    keys: list[Key]
    row_of: dict[Key, int]
    vectors: FloatArray
    attributes: attrs.Attributes
    lockf: npt.NDArray[np.float32] | None = None  # of gensim; None: all 1


def with_keys(parts: TableParts, keys: list[Key]) -> TableParts:
    """Return the parts with other keys, which attributes follow; the vectors do not."""
    row_of = first_rows(parts.keys)  # of the rows that the attributes have
    before = np.array([row_of.get(key, -1) for key in keys], np.intp)
    attributes = attrs.Attributes(attrs.rearranged(parts.attributes, before), before)
    lockf = None
    if parts.lockf is not None:
        lockf = np.ones(len(keys), np.float32)
        lockf[before >= 0] = parts.lockf[before[before >= 0]]
    return TableParts(keys, first_rows(keys), parts.vectors, attributes, lockf)


def with_assigned_keys(parts: TableParts, keys: list[Key]) -> TableParts:
    """Return the parts with other keys; attributes follow if keys move to other rows.

    If no key moves, they are taken as names of the same rows.

    Raises
    ------
    ValueError
        If keys move, and attributes have been assigned since the keys were: are they in
        the order of the keys before, or of these?

    Warns
    -----
    UserWarning
        If keys move, and some may be new names of others, whose attributes are lost.
    """
    row_of = first_rows(parts.keys)
    rows = [(key, row_of[key]) for key in keys if key in row_of]
    if all(keys[row : row + 1] == [key] for key, row in rows):
        return _with_names(parts, keys)
    assigned = sorted(parts.attributes.assigned & parts.attributes.keys())
    if assigned:
        names = " and ".join(assigned)
        message = (
            f"{names} of the rows was assigned before these keys, so it is not known "
            "in which order. Assign index_to_key first, then vectors and attributes."
        )
        raise ValueError(message)
    if parts.attributes:
        _warn_of_names(set(row_of), keys, list(parts.attributes))
    return with_keys(parts, keys)


def _with_names(parts: TableParts, keys: list[Key]) -> TableParts:
    """Return the parts with other keys of the same rows, of fewer or of more."""
    lockf = parts.lockf
    if lockf is not None and len(lockf) != len(keys):
        ones = np.ones(max(0, len(keys) - len(lockf)), np.float32)
        lockf = np.append(lockf[: len(keys)], ones)
    attributes = attrs.resized(parts.attributes, len(keys))
    return TableParts(keys, first_rows(keys), parts.vectors, attributes, lockf)


def _warn_of_names(before: set[Key], keys: list[Key], attributes: list[str]) -> None:
    """Warn if new keys may be names of rows whose keys are gone."""
    new = [key for key in keys if key not in before]
    if new and len(keys) - len(new) < len(before):
        warn(
            f"{len(new)} of the keys, such as {shortened(new[0])}, were not among the "
            f"keys before, so they have no {' and no '.join(sorted(attributes))} now. "
            "Assign new names of rows first, and then the keys in another order."
        )


def check_whole(parts: TableParts, action: str) -> None:
    """Raise ValueError unless all parts have as many rows.

    Parameters
    ----------
    parts : TableParts
    action : str
        What is to be done, for the message.
    """
    keys, _, vectors, attributes, lockf = parts
    lengths = [("index_to_key", len(keys)), ("vectors", len(vectors))]
    lengths += [(f"the attribute {name!r}", len(a)) for name, a in attributes.items()]
    lengths += [] if lockf is None else [("vectors_lockf", len(lockf))]
    if len({n for _, n in lengths}) > 1:
        found = ", ".join(f"{name} has {n}" for name, n in lengths)
        message = (
            f"cannot {action}: the parts have different numbers of rows: {found}. "
            "Assign index_to_key first, then vectors and attributes of its length."
        )
        raise ValueError(message)


def check_rows(parts: TableParts) -> None:
    """Raise ValueError unless `row_of` gives the row of each key."""
    keys, row_of = parts.keys, parts.row_of
    if list(row_of) == keys and list(row_of.values()) == list(range(len(keys))):
        return  # the usual case, without a loop in Python
    wrong = [key for key, row in row_of.items() if keys[row : row + 1] != [key]]
    wrong += [key for key in keys if key not in row_of]
    if wrong:
        message = (
            f"key_to_index does not fit index_to_key, at {shortened(wrong[0])}. Assign "
            "index_to_key; key_to_index then follows."
        )
        raise ValueError(message)
