"""Named attributes of keys: one array per attribute, with one value per key.

The type of an attribute is int64, float64, bool or object, whatever the system and the
width of the values given.  Keys without a value have 0, False or None.
V is the number of keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast.errors import shown
from w2vfast.formats.contents import as_int64

Array = npt.NDArray[Any]


class Attributes(dict[str, Array]):
    """All attributes of a table, by name; knows which of them its user has assigned.

    Parameters
    ----------
    arrays : mapping of str to ndarray of shape (V,)
    moved : ndarray of int, shape (V,), optional
        These attributes have just followed their keys, from these rows; -1 where a key
        had none.

    Notes
    -----
    Programs for gensim rearrange attributes themselves.  Doing so after they have
    followed their keys would give each to another key.
    """

    assigned: frozenset[str] = frozenset()  # since the keys were
    _moved: npt.NDArray[np.intp] | None = None

    def __init__(
        self,
        arrays: Mapping[str, Array] | Iterable[tuple[str, Array]] = (),
        moved: npt.NDArray[np.intp] | None = None,
    ) -> None:
        super().__init__(arrays)
        self._moved = moved

    def __setitem__(self, name: str, values: Array) -> None:
        values = np.asarray(values)
        values = values.astype(stored_dtype(values), copy=False)
        if name not in self.assigned and self._is_moved_again(name, values):
            message = (
                f"the attribute {name!r} would be rearranged twice: it followed its "
                "keys when index_to_key was assigned. Leave this assignment out."
            )
            raise ValueError(message)
        self.put(name, values)
        self.assigned |= {name}

    def __reduce__(self) -> tuple[Any, ...]:
        # Else a copy would assign each attribute.
        return _remade, (dict(self), self._moved, self.assigned)

    def __ior__(self, arrays: Any) -> Attributes:  # type: ignore[override,misc]
        self.update(arrays)
        return self

    def update(self, *arrays: Any, **named: Any) -> None:
        """Assign several attributes."""
        for name, values in dict(*arrays, **named).items():
            self[name] = values

    def put(self, name: str, values: Array) -> None:
        """Set values that are in the order of the keys."""
        super().__setitem__(name, values)

    def replaced(self, arrays: Mapping[str, Array]) -> Attributes:
        """Return the attributes after these arrays were assigned in place of all."""
        after = _remade(self, self._moved, self.assigned)
        after.update(arrays)
        for name in self.keys() - arrays.keys():
            del after[name]
        return after

    def _is_moved_again(self, name: str, values: Array) -> bool:
        rows, now = self._moved, self.get(name)
        if rows is None or now is None or np.shape(values) != np.shape(rows):
            return False
        if not np.all((rows >= 0) & (rows < len(now))) or np.array_equal(values, now):
            return False
        return bool(np.array_equal(values, now[rows]))


def _remade(
    arrays: Mapping[str, Array],
    moved: npt.NDArray[np.intp] | None,
    assigned: frozenset[str],
) -> Attributes:
    attributes = Attributes(arrays, moved)
    attributes.assigned = assigned
    return attributes


def stored_dtype(values: Array) -> np.dtype[Any]:
    """Return the type in which an array of values is stored."""
    kinds = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}
    return np.dtype(kinds.get(values.dtype.kind, object))


def dtype_of_value(value: Any) -> np.dtype[Any]:
    """Return the type in which a single value is stored."""
    is_number = isinstance(value, bool | int | float | np.generic)
    return stored_dtype(np.asarray(value)) if is_number else np.dtype(object)


def blank(dtype: np.dtype[Any], n: int) -> Array:
    """Return n values of keys that have none: None, or zeros."""
    return np.full(n, None, object) if dtype.hasobject else np.zeros(n, dtype)


def checked_dtype(
    attributes: Mapping[str, Array], name: str, given: np.dtype[Any]
) -> np.dtype[Any]:
    """Return the type of an attribute, existing or new.

    Raises
    ------
    TypeError
        If its name is no str, as files need it, or values of type `given` cannot be
        stored in it without loss.
    """
    if not isinstance(name, str):
        message = f"the name of an attribute must be a str, got {shown(name)}"
        raise TypeError(message)
    dtype = np.dtype(np.int64) if name == "count" else given
    if name in attributes:
        dtype = attributes[name].dtype
    if not np.can_cast(given, dtype, "safe"):
        message = (
            f"attribute {name!r} has type {dtype}, got {given}; convert the value, or "
            "use another name"
        )
        raise TypeError(message)
    return dtype


def check_range(name: str, values: Array) -> None:
    """Raise ValueError for integers beyond int64, and for counts below 0."""
    if values.dtype.kind in "iu":
        least = {"least": 0} if name == "count" else {}
        as_int64(f"values of the attribute {name!r}", values, **least)


def appended(
    attributes: Mapping[str, Array],
    added: Mapping[str, Array],
    is_new: npt.NDArray[np.bool_],
    n_keys: int,
) -> Attributes:
    """Return new arrays of all attributes, extended by the values of new keys.

    Parameters
    ----------
    attributes : mapping of str to ndarray, shape (V,)
    added : mapping of str to ndarray, shape (n,)
        Attributes of n keys.
    is_new : ndarray of bool, shape (n,)
        The keys that are appended.
    n_keys : int
        V.
    """
    before = {
        name: blank(stored_dtype(values), n_keys) for name, values in added.items()
    } | dict(attributes)
    after = Attributes()
    for name, values in before.items():
        new = blank(values.dtype, int(is_new.sum()))
        if name in added:
            new[:] = added[name][is_new]
        after.put(name, np.concatenate([values, new]))
    return after


def rearranged(
    attributes: Mapping[str, Array], rows: npt.NDArray[np.intp]
) -> Attributes:
    """Return new arrays with the values of `rows`; blank values where a row is -1."""
    known = rows >= 0
    after = {name: blank(array.dtype, len(rows)) for name, array in attributes.items()}
    for name, values in after.items():
        values[known] = attributes[name][rows[known]]
    return Attributes(after)


def resized(attributes: Attributes, n: int) -> Attributes:
    """Return the attributes of n rows: cut, or extended by blank values."""
    after = {}
    for name, values in attributes.items():
        new = blank(values.dtype, max(0, n - len(values)))
        after[name] = values if len(values) == n else np.append(values[:n], new)
    return Attributes(after)
