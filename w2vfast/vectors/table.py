"""KeyTable: keys, their vectors and attributes; look-up and change.

V is the number of keys, D the dimension.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import Key
from w2vfast.compat import (
    HintedNames,
    Where,
    check_reserved_rows,
    missing_attribute,
    refuse_old_name,
)
from w2vfast.errors import ParameterError, warn
from w2vfast.formats.float_types import as_dtype
from w2vfast.text.vocab import first_rows
from w2vfast.vectors import attributes as attrs
from w2vfast.vectors import neighbours
from w2vfast.vectors.missing_key import MissingKeyError
from w2vfast.vectors.parts import (
    FloatArray,
    TableParts,
    check_rows,
    check_whole,
    with_assigned_keys,
    with_keys,
)
from w2vfast.vectors.word_paths import PATH_ATTRIBUTES, WordPaths

if TYPE_CHECKING:
    from typing_extensions import Self

Attributes = Mapping[str, npt.ArrayLike]
Default = TypeVar("Default")

KEY_TYPES = (str, bytes, int, np.integer)

_NO_COUNTS = (
    "the counts of these words are not known: a number by the order of the rows is "
    "returned instead, as gensim does. To have the counts, give the vocabulary file as "
    "fvocab when you load the vectors, or a format that stores them."
)


class KeyTable(metaclass=HintedNames):
    """Keys, each with a row of vectors and of named attributes; see `KeyedVectors`."""

    _where: Where = "vectors"

    def __init__(
        self,
        keys: Sequence[Key] | npt.NDArray[np.integer[Any]] | int = (),
        vectors: npt.ArrayLike | None = None,
        counts: npt.ArrayLike | None = None,
        *,
        vector_size: int | None = None,
        c_text: bool = False,
        fixed: bool = False,
        count: int = 0,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        if isinstance(keys, int):  # gensim's arguments: vector_size, count
            vector_size, keys = keys, ()
            if isinstance(vectors, int):
                count, vectors = vectors, None
        check_reserved_rows(count)
        matrix = _as_matrix(vectors, vector_size, dtype)
        names = _key_list(keys)
        if matrix.ndim != 2 or len(matrix) != len(names):
            message = (
                f"got {len(names)} keys and vectors of shape {matrix.shape}; "
                "pass a 2-D array with one row for each key"
            )
            raise ValueError(message)
        self._state = TableParts(names, first_rows(names), matrix, attrs.Attributes())
        self._c_text = c_text
        self._fixed = fixed
        self._paths: WordPaths | None = None  # of a model with hierarchical softmax
        if counts is not None:
            self.expandos.put("count", self._checked_counts(counts))

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}({len(self)} keys, vector_size={self.vector_size})"

    if not TYPE_CHECKING:  # otherwise a type checker would accept any attribute

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):  # a property raised: repeat its error
                return object.__getattribute__(self, name)
            raise missing_attribute(self, name)

        def __setattr__(self, name: str, value: Any) -> None:
            refuse_old_name(self, name)
            super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        # A copy does not belong to a model, so keys can be added to it.
        return {**self.__dict__, "_fixed": False, "_paths": None}

    # --- parts ----------------------------------------------------------------------

    @property
    def index_to_key(self) -> list[Key]:
        """The key of each row, list of str or int, length V.

        Where a key is assigned to another row, attributes, such as the counts, follow
        their keys; assign `vectors` besides.  Else the keys are names of the same rows,
        which keep their attributes.
        """
        return self._state.keys

    @index_to_key.setter
    def index_to_key(self, keys: list[Key]) -> None:
        self._check_not_fixed("assign keys")
        self._state = with_assigned_keys(self._state, _key_list(keys))

    @property
    def key_to_index(self) -> dict[Key, int]:
        """The row of each key, dict of str or int to int; of duplicates the first."""
        return self._state.row_of

    @key_to_index.setter
    def key_to_index(self, row_of: dict[Key, int]) -> None:
        self._check_not_fixed("assign keys")
        self._state = self._state._replace(row_of=row_of)

    @property
    def expandos(self) -> attrs.Attributes:
        """The attributes set by `set_vecattr`, arrays of shape (V,), by name.

        The counts are the attribute "count".  The name `expandos` is gensim's.
        """
        return self._state.attributes

    @expandos.setter
    def expandos(self, attributes: dict[str, npt.NDArray[Any]]) -> None:
        kept = self._state.attributes
        arrays = {name: np.asarray(values) for name, values in attributes.items()}
        self._state = self._state._replace(attributes=kept.replaced(arrays))

    @property
    def vectors(self) -> FloatArray:
        """The vectors, ndarray of float, shape (V, D), one row for each key.

        Writing to it changes the vectors at once; nothing is cached.  An array assigned
        to it is used without a copy, unless the rows belong to a model: then the values
        are copied into the model's rows.
        """
        return self._state.vectors

    @vectors.setter
    def vectors(self, vectors: npt.ArrayLike) -> None:
        given = _as_matrix(vectors, None)
        current = self._state.vectors
        wanted = current.shape if self._fixed else (len(self), *given.shape[1:2])
        if given.shape != wanted or given.ndim != 2:
            columns = current.shape[1] if self._fixed else "D"
            message = (
                f"vectors must have the shape ({len(self)}, {columns}), a row for each "
                f"key, got {given.shape}"
            )
            if not self._fixed and given.ndim == 2:
                message += ". For other keys, assign index_to_key first."
            raise ValueError(message)
        if self._fixed:
            current[:] = given
        else:
            self._state = self._state._replace(vectors=given)

    @property
    def vector_size(self) -> int:
        """Dimension D of the vectors."""
        return int(self.vectors.shape[1])

    @property
    def counts(self) -> npt.NDArray[np.int64] | None:
        """Occurrences of each key, ndarray of int64, shape (V,), or None if unknown."""
        return self.expandos.get("count")

    @counts.setter
    def counts(self, counts: npt.ArrayLike | None) -> None:
        if counts is None:
            self.expandos.pop("count", None)
        else:
            self.expandos["count"] = self._checked_counts(counts)

    def _checked_counts(self, counts: npt.ArrayLike) -> npt.NDArray[np.int64]:
        given = np.asarray(counts)
        attrs.check_range("count", given)
        array = np.array(given, np.int64)
        if array.shape != (len(self),):
            message = f"got {len(self)} keys and counts of shape {array.shape}"
            raise ValueError(message)
        return array

    @property
    def vectors_lockf(self) -> npt.NDArray[np.float32]:
        """Whether training changes each row, ndarray of float32, shape (V,).

        0 freezes a row of a model, 1 trains it, unless it is the row of a word that
        `freeze` names: that list of `Word2Vec` and `train` is not shown here, and holds
        besides.  A list given to `train` holds alone.  The array may be written to, and
        is saved and copied with a model.  Differs: gensim multiplies updates by these
        numbers; others than 0 and 1 are an error when training begins.
        """
        if self._state.lockf is None:
            ones = np.ones(len(self), np.float32)
            self._state = self._state._replace(lockf=ones)
        return cast(npt.NDArray[np.float32], self._state.lockf)

    @vectors_lockf.setter
    def vectors_lockf(self, factors: npt.ArrayLike) -> None:
        given = np.asarray(factors, np.float32)
        if given.shape not in ((), (1,), (len(self),)):
            message = (
                f"vectors_lockf must have one factor for each of {len(self)} rows, got "
                f"shape {given.shape}"
            )
            raise ValueError(message)
        lockf = given if given.shape == (len(self),) else np.full(len(self), given)
        self._state = self._state._replace(lockf=lockf)

    # --- look-up --------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, key: object) -> bool:
        return key in self.key_to_index

    def __getitem__(self, key_or_keys: Key | Iterable[Key]) -> FloatArray:
        """Return the vector of a key, or the vectors of several keys.

        Parameters
        ----------
        key_or_keys : str, int, or iterable of them
            One key or n keys.

        Returns
        -------
        ndarray of float, shape (D,) or (n, D)
            A copy; float16 is converted to float32.

        Raises
        ------
        KeyError
            If a key is missing; the message suggests similar keys.
        """
        if isinstance(key_or_keys, KEY_TYPES):
            return self.get_vector(cast(Key, key_or_keys))
        rows = [self.get_index(key) for key in key_or_keys]
        return _widened(self.vectors[np.array(rows, np.intp)])

    def get_vector(self, key: Key, norm: bool = False) -> FloatArray:
        """Return the vector of a key.

        Parameters
        ----------
        key : str or int
            The word.
        norm : bool, default False
            Scale it to length 1.  A vector of zeros is unchanged; one with values that
            are not finite becomes zeros.

        Returns
        -------
        ndarray of float, shape (D,)
            A copy: changing it does not change the table, and further training does
            not change it.  float16 is converted to float32, in which dot products do
            not overflow.

        Raises
        ------
        KeyError
            If the key is missing; the message suggests similar keys.
        """
        vector = _widened(self.vectors[self.get_index(key)].copy())
        return neighbours.unit(vector).astype(vector.dtype) if norm else vector

    def get(
        self, key: Key, default: Default | None = None
    ) -> FloatArray | Default | None:
        """Return the vector of a key, or a default for a missing key.

        Parameters
        ----------
        key : str or int
            The word.
        default : object, optional
            Returned if the key is missing.

        Returns
        -------
        ndarray of float, shape (D,), or `default`
            A copy, as `get_vector` returns it.
        """
        return self.get_vector(key) if key in self.key_to_index else default

    def has_index_for(self, key: Key) -> bool:
        """Return whether a key has a vector, as ``key in vectors`` does.

        Parameters
        ----------
        key : str or int
            The word.

        Returns
        -------
        bool
            Whether the key is in the vocabulary.
        """
        return key in self

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Return the row of a key.

        Parameters
        ----------
        key : str or int
            The word.
        default : int, optional
            Returned if the key is missing.

        Returns
        -------
        int
            The row, or `default`.

        Raises
        ------
        KeyError
            If the key is missing and there is no default.

        Notes
        -----
        Differs: gensim interprets an integer that is not a key as a row.
        """
        row = self._state.row_of.get(key, default)
        if row is None:
            raise MissingKeyError(key, self.index_to_key)
        return row

    def get_normed_vectors(self) -> npt.NDArray[np.float32]:
        """Return all vectors scaled to length 1.

        Returns
        -------
        ndarray of float32, shape (V, D)
            A copy.  Rows without a direction (zeros, or values that are not finite)
            are zeros.
        """
        return neighbours.unit_rows(self.vectors)

    def fill_norms(self, force: bool = False) -> None:
        """Do nothing; for compatibility with gensim, which caches lengths.

        Parameters
        ----------
        force : bool
            Ignored.
        """

    def unit_normalize_all(self) -> None:
        """Scale all vectors to length 1 in place.

        Raises
        ------
        ValueError
            If the vectors are read-only.
        """
        self._writable()[:] = self.get_normed_vectors()

    # --- attributes -----------------------------------------------------------------

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """Return an attribute of a key.

        Parameters
        ----------
        key : str or int
            The word.
        attr : str
            The name of the attribute, such as "count".  Where the counts are not
            known, as in most files, this is V for the first row and 1 for the last, as
            in gensim, with a warning; `counts` is then None.  The words of a model with
            hierarchical softmax have a "code" and "point", as in gensim: their path
            from the root, whose points are rows of `Word2Vec.syn1`.

        Returns
        -------
        object
            The value of the attribute.

        Raises
        ------
        KeyError
            If the key is missing, or no key has such an attribute.

        Warns
        -----
        UserWarning
            If a count is asked for and the counts are not known.
        """
        row = self.get_index(key)
        if attr in PATH_ATTRIBUTES and self._paths is not None:
            return self._paths.of_row(row, attr)
        if attr == "count" and self.counts is None:
            warn(_NO_COUNTS)
            return len(self) - row
        if attr not in self.expandos:
            known = ", ".join(map(repr, self.expandos)) or "none"
            message = f"no key has an attribute {attr!r}; known attributes: {known}"
            raise KeyError(message)
        return self.expandos[attr][row]

    def set_vecattr(self, key: Key, attr: str, val: Any) -> None:
        """Set an attribute of a key.

        Parameters
        ----------
        key : str or int
            The word.
        attr : str
            Any name.  "count" is the number of occurrences, which files store.
        val : object
            The first value of an attribute determines its type: int64, float64, bool
            or object.  Keys without a value have 0, or None if the type is object.

        Raises
        ------
        KeyError
            If the key is missing.
        TypeError
            If the attribute has another type, or its name is no str.
        ValueError
            If a whole number does not fit into int64, or a count is below 0.
        """
        row = self.get_index(key)
        dtype = attrs.checked_dtype(self.expandos, attr, attrs.dtype_of_value(val))
        if dtype == np.int64:
            attrs.check_range(attr, np.asarray(val))
        if attr not in self.expandos:
            self.expandos.put(attr, attrs.blank(dtype, len(self)))
        self.expandos[attr][row] = val

    # --- change ---------------------------------------------------------------------

    def add_vector(self, key: Key, vector: npt.ArrayLike) -> int:
        """Add one key; see `add_vectors`.

        Parameters
        ----------
        key : str or int
            The word.  A known key keeps its vector.
        vector : array-like of float, shape (D,)
            Its vector.

        Returns
        -------
        int
            The row of the key.

        Raises
        ------
        ValueError
            If the vector has another dimension.
        RuntimeError
            If the key is new and the vectors belong to a model.

        Notes
        -----
        O(V D) time, because all vectors are copied: add many keys with one call of
        `add_vectors`.
        """
        self.add_vectors([key], np.asarray(vector)[None])
        return self.get_index(key)

    def add_vectors(
        self,
        keys: Key | Sequence[Key],
        weights: npt.ArrayLike,
        extras: Attributes | None = None,
        replace: bool = False,
    ) -> None:
        """Append keys and their vectors.

        Parameters
        ----------
        keys : str, int, or sequence of them, length n
            New or known keys.
        weights : array-like of float, shape (n, D), or (D,) for a single key
            Their vectors, converted to the type of `vectors`.
        extras : mapping of str to array of shape (n,), optional
            Attributes of the keys.  All other keys have 0 or None.
        replace : bool, default False
            Also replace the vectors and attributes of known keys, in place.  By default
            known keys are unchanged.

        Raises
        ------
        ValueError
            If lengths differ, a key is given twice, a value is too large for the type
            of the vectors or attributes, or a count is below 0.
        TypeError
            If an attribute has another type.
        RuntimeError
            If a key is new and the vectors belong to a model.

        Notes
        -----
        O(V D) time: if a key is new, all vectors are copied once.
        """
        rows = np.asarray(weights)
        is_tuple_key = isinstance(keys, tuple) and len(keys) > 1 and rows.ndim == 1
        is_one = is_tuple_key or isinstance(keys, KEY_TYPES)
        keys = _key_list([keys] if is_one else keys)  # type: ignore
        rows = rows[None] if rows.ndim == 1 and len(keys) == 1 else rows
        added = {name: np.asarray(values) for name, values in (extras or {}).items()}
        self._check_added(keys, rows, added)
        rows = as_dtype(rows, self._state.vectors.dtype)
        is_new = np.array([key not in self.key_to_index for key in keys], bool)
        if is_new.any():
            self._append(keys, rows, added, is_new)
        if replace and not is_new.all():
            known = np.array([self.key_to_index[key] for key in keys], np.intp)
            self._overwrite(known[~is_new], rows[~is_new], added, ~is_new)

    def __setitem__(self, keys: Key | Sequence[Key], weights: npt.ArrayLike) -> None:
        """Set the vector of one or several keys, known or new.

        Parameters
        ----------
        keys : str, int, or sequence of them, length n
        weights : array-like of float, shape (n, D), or (D,) for a single key
        """
        self.add_vectors(keys, weights, replace=True)

    def _check_added(
        self,
        keys: list[Key],
        rows: npt.NDArray[Any],
        added: dict[str, npt.NDArray[Any]],
    ) -> None:
        if rows.shape != (len(keys), self.vector_size):
            message = (
                f"got {len(keys)} keys and vectors of shape {rows.shape}; pass shape "
                f"({len(keys)}, {self.vector_size})"
            )
            raise ValueError(message)
        for name, values in added.items():
            if values.shape != (len(keys),):
                message = (
                    f"extras[{name!r}] must have one value for each of {len(keys)} "
                    f"keys, got shape {values.shape}"
                )
                raise ValueError(message)
            attrs.checked_dtype(self.expandos, name, attrs.stored_dtype(values))
            attrs.check_range(name, values)
        if len(set(keys)) < len(keys):
            twice = next(key for key, count in Counter(keys).items() if count > 1)
            message = f"keys contains {twice!r} more than once; remove the duplicates"
            raise ValueError(message)

    def _append(
        self,
        keys: list[Key],
        rows: npt.NDArray[Any],
        added: dict[str, npt.NDArray[Any]],
        is_new: npt.NDArray[np.bool_],
    ) -> None:
        self._check_not_fixed("add keys")
        check_whole(self._state, "add keys")
        check_rows(self._state)
        state = self._state
        new = [key for key, chosen in zip(keys, is_new, strict=True) if chosen]
        size = len(state.keys)
        lockf = state.lockf
        if lockf is not None:
            lockf = np.concatenate([lockf, np.ones(len(new), np.float32)])
        self._state = TableParts(
            [*state.keys, *new],
            {**state.row_of, **{key: size + n for n, key in enumerate(new)}},
            np.concatenate([state.vectors, rows[is_new]]),
            attrs.appended(state.attributes, added, is_new, size),
            lockf,
        )

    def _overwrite(
        self,
        rows: npt.NDArray[np.intp],
        vectors: npt.NDArray[Any],
        added: dict[str, npt.NDArray[Any]],
        chosen: npt.NDArray[np.bool_],
    ) -> None:
        self._writable()[rows] = vectors
        for name, values in added.items():
            if name not in self.expandos:
                dtype = attrs.stored_dtype(values)
                self.expandos.put(name, attrs.blank(dtype, len(self)))
            self.expandos[name][rows] = values[chosen]

    def sort_by_descending_frequency(self) -> None:
        """Sort the rows by their counts, the most frequent key first.

        Raises
        ------
        ValueError
            If there are no counts.
        RuntimeError
            If the vectors belong to a model.

        Notes
        -----
        Differs: keys with equal counts keep their order; gensim reverses it.
        """
        if self.counts is None:
            message = "there are no counts to sort by; set counts, or load with fvocab"
            raise ValueError(message)
        self._check_not_fixed("sort the rows")
        check_whole(self._state, "sort the rows")
        order = np.argsort(-self.counts, kind="stable")
        keys = [self.index_to_key[row] for row in order.tolist()]
        lockf = self._state.lockf
        self._state = TableParts(
            keys,
            first_rows(keys),
            self.vectors[order],
            attrs.rearranged(self.expandos, order),
            None if lockf is None else lockf[order],
        )

    def vectors_for_all(
        self,
        keys: Iterable[Key],
        allow_inference: bool = True,
        copy_vecattrs: bool = False,
    ) -> Self:
        """Return a new table of selected keys.

        Parameters
        ----------
        keys : iterable of str or int
            In the order wanted.  Missing keys and repetitions are ignored.
        allow_inference : bool
            Ignored; for compatibility with gensim, whose fastText vectors can be
            computed for unknown words.
        copy_vecattrs : bool, default False
            Copy the attributes, including the counts.

        Returns
        -------
        KeyedVectors
            With copies of the vectors.
        """
        found = [key for key in dict.fromkeys(keys) if key in self.key_to_index]
        rows = np.array([self.key_to_index[key] for key in found], np.intp)
        chosen = type(self)(found, self.vectors[rows])
        if copy_vecattrs:
            found_attributes = attrs.rearranged(self.expandos, rows)
            chosen._state = chosen._state._replace(attributes=found_attributes)
        return chosen

    def _check_not_fixed(self, action: str) -> None:
        if self._fixed:
            message = (
                f"cannot {action}: these rows belong to a model, which trains them. "
                "Make a copy, copy.deepcopy(model.wv)."
            )
            raise RuntimeError(message)

    def _writable(self) -> FloatArray:
        if not self.vectors.flags.writeable:
            message = (
                "the vectors are read-only, as arrays mapped from a file are; load "
                "them without mmap or with mmap='c', or copy them"
            )
            raise ValueError(message)
        return self.vectors


def show_paths(table: KeyTable, paths: WordPaths) -> None:
    """Let the table of a model answer for the paths of its words."""
    table._paths = paths


def show_model_rows(table: KeyTable, vectors: FloatArray) -> None:
    """Let a table show the rows of a model, which moved in memory.

    Parameters
    ----------
    table : KeyTable
        INOUT.
    vectors : ndarray of float, shape (V, D)
        Not copied.
    """
    table._state = table._state._replace(vectors=vectors)


def show_grown_model(
    table: KeyTable,
    keys: Sequence[Key],
    vectors: FloatArray,
    counts: npt.NDArray[np.int64],
) -> None:
    """Let a table show the rows of a model after its vocabulary has grown.

    Attributes follow their keys; new keys have 0 or None.

    Parameters
    ----------
    table : KeyTable
        INOUT.
    keys : sequence of str or int, length V
    vectors : ndarray of float, shape (V, D)
        Not copied.
    counts : ndarray of int64, shape (V,)
        Occurrences of the keys.
    """
    state = with_keys(table._state, list(keys))
    state.attributes.put("count", np.array(counts))
    table._state = state._replace(vectors=vectors)


def checked_attributes(table: KeyTable) -> attrs.Attributes:
    """Return the attributes of a model's table; raise ValueError if lengths differ."""
    check_whole(table._state, "take the attributes of words over")
    return table.expandos


def lock_keys(table: KeyTable, keys: Sequence[Key]) -> None:
    """Set the factor in `vectors_lockf` of these keys to 0; others are ignored."""
    rows = [table.key_to_index[key] for key in keys if key in table.key_to_index]
    if rows:
        table.vectors_lockf[rows] = 0


def locked_keys(table: KeyTable) -> list[Key]:
    """Return the keys whose factor in `vectors_lockf` is 0.

    Raises
    ------
    ParameterError
        If a factor is neither 0 nor 1.
    """
    lockf = table._state.lockf
    if lockf is None:
        return []
    others = lockf[(lockf != 0) & (lockf != 1)]
    if len(others):
        name, hint = "vectors_lockf", "Training cannot slow down single rows."
        raise ParameterError(name, float(others[0]), "0 or 1 for each row", hint)
    return [table.index_to_key[row] for row in np.flatnonzero(lockf == 0).tolist()]


def _as_matrix(
    vectors: npt.ArrayLike | None,
    vector_size: int | None,
    dtype: npt.DTypeLike = np.float32,
) -> FloatArray:
    if vectors is None:
        if vector_size is None or vector_size < 1:
            message = (
                f"vector_size must be at least 1 without vectors, got {vector_size}"
            )
            raise ValueError(message)
        empty = np.zeros((0, vector_size), dtype)
        if empty.dtype.kind != "f":
            message = f"dtype must be a floating-point type, got {empty.dtype}"
            raise ValueError(message)
        return empty
    array = np.asarray(vectors)
    return array if array.dtype.kind == "f" else array.astype(np.float32)


def _key_list(keys: Sequence[Key] | npt.NDArray[np.integer[Any]]) -> list[Key]:
    """Return the keys as a new list; integers of NumPy become Python's."""
    return keys.tolist() if isinstance(keys, np.ndarray) else list(keys)


def _widened(vectors: FloatArray) -> FloatArray:
    """Return float16 as float32, other types unchanged."""
    return vectors.astype(np.float32) if vectors.dtype == np.float16 else vectors
