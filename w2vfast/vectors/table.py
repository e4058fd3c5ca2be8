"""KeyTable: keys, their vectors and attributes; look-up and change.

V is the number of keys, D the dimension.  What is asked of the vectors' geometry is in
keyedvectors.py, how they lie in files in keyfiles.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import numpy as np
import numpy.typing as npt

from w2vfast.text.vocab import first_rows
from w2vfast.vectors import neighbours

if TYPE_CHECKING:
    from typing_extensions import Self

Key = str | int
FloatArray = npt.NDArray[np.floating[Any]]
Attributes = Mapping[str, npt.ArrayLike]
Default = TypeVar("Default")

KEY_TYPES = (str, bytes, int, np.integer)
_MAX_SUGGESTIONS = 3
_SUGGESTION_WORDS = 50_000  # most frequent words compared with a missing one

# Names of gensim 3 and before, and what gives the same today.
_OLD_NAMES = {
    "index2word": "index_to_key",
    "index2entity": "index_to_key",
    "vocab": "key_to_index, the row of each key, and get_vecattr(key, 'count')",
    "syn0": "vectors",
    "syn0norm": "get_normed_vectors()",
    "vectors_norm": "get_normed_vectors()",
    "init_sims": "get_normed_vectors(); nothing has to be prepared",
    "word_vec": "get_vector",
    "words_closer_than": "closer_than",
    "accuracy": "evaluate_word_analogies",
}
_NO_LOCKF = (
    "vectors_lockf has no effect here: training moves all vectors alike. To keep some "
    "as they are, give their words to Word2Vec or train, freeze=[...]."
)


class KeyTable:
    """Keys in rows, with a vector and named attributes each; see `KeyedVectors`."""

    def __init__(
        self,
        keys: Sequence[Key] | npt.NDArray[np.integer[Any]] | int = (),
        vectors: npt.ArrayLike | None = None,
        counts: npt.ArrayLike | None = None,
        *,
        vector_size: int | None = None,
        c_text: bool = False,
        fixed: bool = False,
    ) -> None:
        if isinstance(keys, int):
            vector_size, keys = keys, ()
        self._rows: FloatArray = _matrix_of(vectors, vector_size)
        self.index_to_key: list[Key] = _plain(keys)
        self.expandos: dict[str, npt.NDArray[Any]] = {}
        self._c_text = c_text
        self._fixed = fixed
        n_keys = len(self.index_to_key)
        if self.vectors.ndim != 2 or len(self.vectors) != n_keys:
            message = (
                f"got {n_keys} keys and vectors of shape {self.vectors.shape}; "
                "pass a 2-D array with one row for each key"
            )
            raise ValueError(message)
        self.counts = counts
        self.key_to_index = first_rows(self.index_to_key)

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}({len(self)} keys, vector_size={self.vector_size})"

    if not TYPE_CHECKING:  # a type checker would take it to answer any name

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):  # a property that failed: its own error
                return object.__getattribute__(self, name)
            if name in _OLD_NAMES:
                message = f"gensim 3's {name} is today {_OLD_NAMES[name]}"
            else:
                message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message)

    def __getstate__(self) -> dict[str, Any]:
        # A copy is nobody's, so it may grow.
        return {**self.__dict__, "_fixed": False}

    # --- look-up ------------------------------------------------------------------

    @property
    def vectors(self) -> FloatArray:
        """The vectors, shape (V, D).

        Those of a model are its own: what is assigned is copied to them.
        """
        return self._rows

    @vectors.setter
    def vectors(self, vectors: npt.ArrayLike) -> None:
        given = np.asarray(vectors)
        wanted = self._rows.shape if self._fixed else (len(self), *given.shape[1:2])
        if given.shape != wanted or given.ndim != 2:
            message = (
                f"vectors must have the shape {self._rows.shape}, a row for each key, "
                f"got {given.shape}"
            )
            raise ValueError(message)
        if self._fixed:
            self._rows[:] = given
        else:
            self._rows = given

    def show_model_rows(self, vectors: FloatArray) -> None:
        """Show a model's rows (V, D), which may have moved; they are not copied."""
        self._rows = vectors

    @property
    def vector_size(self) -> int:
        """Dimension D of the vectors."""
        return int(self.vectors.shape[1])

    @property
    def vectors_lockf(self) -> NoReturn:
        """Refuse gensim's array of factors of the learning rate; `freeze` is here."""
        raise AttributeError(_NO_LOCKF)

    @vectors_lockf.setter
    def vectors_lockf(self, _: Any) -> None:
        raise AttributeError(_NO_LOCKF)

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, key: object) -> bool:
        return key in self.key_to_index

    def __getitem__(self, key_or_keys: Key | Iterable[Key]) -> FloatArray:
        """Return the vector of a key, or an array of the vectors of several.

        Parameters
        ----------
        key_or_keys : str, int, or iterable of them
            One key or n keys.

        Returns
        -------
        ndarray of float, shape (D,) or (n, D)
            A copy of one vector, or of several; float32 of float16.

        Raises
        ------
        KeyError
            If a key is missing; the text names keys that are spelt alike.
        """
        if isinstance(key_or_keys, KEY_TYPES):
            return self.get_vector(cast(Key, key_or_keys))
        rows = [self.get_index(key) for key in key_or_keys]
        return widened(self.vectors[np.array(rows, np.intp)])

    def get_vector(self, key: Key, norm: bool = False) -> FloatArray:
        """Return the vector of a key.

        Parameters
        ----------
        key : str or int
            The word.
        norm : bool, default False
            Scale it to length 1 (a vector of zeros stays).

        Returns
        -------
        ndarray of float, shape (D,)
            A copy: changing it does not change the model, and later training does not
            change it.  Vectors stored as float16 come back as float32, in which sums
            of their products do not overflow.

        Raises
        ------
        KeyError
            If the key is missing.
        """
        vector = widened(self.vectors[self.get_index(key)].copy())
        return neighbours.unit(vector).astype(vector.dtype) if norm else vector

    def get(
        self, key: Key, default: Default | None = None
    ) -> FloatArray | Default | None:
        """Return the vector of a key as `get_vector` does, or `default`."""
        return self.get_vector(key) if key in self.key_to_index else default

    def has_index_for(self, key: Key) -> bool:
        """Tell whether a key has a vector, as ``key in vectors`` does."""
        return key in self

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Return the row of a key.

        Parameters
        ----------
        key : str or int
            Differs: gensim takes a number that is no key for a row.
        default : int, optional
            What is returned for a missing key; without it that is an error.

        Raises
        ------
        KeyError
            If the key is missing and there is no default.
        """
        row = self.key_to_index.get(key, default)
        if row is None:
            raise MissingKeyError(key, self.index_to_key)
        return row

    def get_normed_vectors(self) -> npt.NDArray[np.float32]:
        """Return all vectors scaled to length 1, ndarray of float32, shape (V, D).

        A copy; rows without a direction are zeros.
        """
        return neighbours.unit_rows(self.vectors)

    def fill_norms(self, force: bool = False) -> None:
        """Do nothing; gensim keeps the vectors' lengths, here they are taken anew."""

    def unit_normalize_all(self) -> None:
        """Scale all vectors to length 1 in place; their lengths are lost."""
        self._writable()[:] = self.get_normed_vectors()

    def get_mean_vector(
        self,
        keys: Key | Iterable[Key | FloatArray],
        weights: npt.ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> npt.NDArray[np.float32]:
        """Return the weighted mean of vectors.

        Parameters
        ----------
        keys : iterable of n keys or vectors, or ndarray of float, shape (n, D)
        weights : array-like of float, shape (n,), optional
            Default: all 1.  The sum is divided by the sum of their magnitudes.
        pre_normalize : bool, default True
            Scale the vectors of keys to length 1; vectors are taken as they are.
        post_normalize : bool, default False
            Scale the mean to length 1.
        ignore_missing : bool, default True
            Leave missing keys out rather than raise an error.

        Returns
        -------
        ndarray of float32, shape (D,)
            Zeros if every key is missing.

        Raises
        ------
        KeyError
            If a key is missing and `ignore_missing` is False.
        ValueError
            If there are no keys, or not as many weights as keys.
        """
        items = as_list(keys)
        factors = np.ones(len(items)) if weights is None else np.asarray(weights)
        if not items or factors.shape != (len(items),):
            message = (
                f"got {len(items)} keys and weights of shape {factors.shape}; give at "
                "least one key, and one weight for each"
            )
            raise ValueError(message)
        total, magnitude = np.zeros(self.vector_size, np.float64), 0.0
        for item, factor in zip(items, factors.tolist(), strict=True):
            if ignore_missing and isinstance(item, KEY_TYPES) and item not in self:
                continue
            vector, row = self._vector_of(item)
            if row is not None and not pre_normalize:
                vector = self.vectors[row]
            total += factor * vector.astype(np.float64)
            magnitude += abs(factor)
        mean = total / magnitude if magnitude else total
        return (neighbours.unit(mean) if post_normalize else mean).astype(np.float32)

    def _vector_of(self, item: Any) -> tuple[FloatArray, int | None]:
        """Return a vector as it is, or the unit vector of a key and its row."""
        if isinstance(item, np.ndarray) and item.ndim > 0:
            if item.shape != (self.vector_size,):
                message = (
                    f"a query vector must have shape ({self.vector_size},), "
                    f"got {item.shape}"
                )
                raise ValueError(message)
            return item, None
        row = self.get_index(item)
        return neighbours.unit(self.vectors[row]), row

    # --- attributes ---------------------------------------------------------------

    @property
    def counts(self) -> npt.NDArray[np.int64] | None:
        """Occurrences of each word, ndarray of int64, shape (V,) [occurrences]."""
        return self.expandos.get("count")

    @counts.setter
    def counts(self, counts: npt.ArrayLike | None) -> None:
        if counts is None:
            self.expandos.pop("count", None)
            return
        array = np.array(counts, np.int64)
        if array.shape != (len(self),):
            message = f"got {len(self)} keys and counts of shape {array.shape}"
            raise ValueError(message)
        self.expandos["count"] = array

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """Return an attribute of a key, such as its "count".

        Raises
        ------
        KeyError
            If the key is missing, or no key has such an attribute.
        """
        row = self.get_index(key)
        if attr not in self.expandos:
            known = ", ".join(map(repr, self.expandos)) or "none"
            message = f"no key has an attribute {attr!r}; there are: {known}"
            raise KeyError(message)
        return self.expandos[attr][row]

    def set_vecattr(self, key: Key, attr: str, val: Any) -> None:
        """Set an attribute of a key.

        Parameters
        ----------
        key : str or int
        attr : str
            Any name; "count" are the occurrences that files have.
        val : object
            The first value of an attribute settles its type: int64, float64, bool or
            object.  Until they are set, the other keys have 0, or None of an object.

        Raises
        ------
        KeyError
            If the key is missing.
        TypeError
            If the attribute has another type.
        """
        row = self.get_index(key)
        dtype = self._attribute_type(attr, _dtype_of(val))
        if attr not in self.expandos:
            self.expandos[attr] = _blank(dtype, len(self))
        self.expandos[attr][row] = val

    def _attribute_type(self, attr: str, given: np.dtype[Any]) -> np.dtype[Any]:
        """Return the type of an attribute, if values of type `given` go into it."""
        dtype = np.dtype(np.int64) if attr == "count" else given
        if attr in self.expandos:
            dtype = self.expandos[attr].dtype
        if not np.can_cast(given, dtype, "safe"):
            message = (
                f"attribute {attr!r} holds {dtype}, got {given}; convert the value, or "
                "take another name"
            )
            raise TypeError(message)
        return dtype

    # --- change -------------------------------------------------------------------

    def add_vector(self, key: Key, vector: npt.ArrayLike) -> int:
        """Add one key, as `add_vectors` does; return its row.

        It copies all vectors: add many in one call of `add_vectors`.
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
        """Add keys after the last row.

        Parameters
        ----------
        keys : str, int, or sequence of them, length n
            New or known.
        weights : array-like of float, shape (n, D), or (D,) for a single key
            Their vectors; stored as `vectors` are.
        extras : mapping of str to array of shape (n,), optional
            Attributes of the keys; keys that are not among them get 0 or None.
        replace : bool, default False
            Give known keys the new vector and attributes, in place; otherwise they
            keep theirs.

        Raises
        ------
        ValueError
            If lengths differ, or a key is given twice.
        TypeError
            If an attribute has another type.
        RuntimeError
            If a key is new and the vectors belong to a model.

        Notes
        -----
        O(V D) time: all vectors are copied once if a key is new.
        """
        keys = _plain([keys] if isinstance(keys, KEY_TYPES) else keys)  # type: ignore[list-item]
        rows = np.asarray(weights)
        rows = rows[None] if rows.ndim == 1 and len(keys) == 1 else rows
        added = {name: np.asarray(values) for name, values in (extras or {}).items()}
        self._check_added(keys, rows, added)
        is_new = np.array([key not in self.key_to_index for key in keys], bool)
        if is_new.any():
            self._grow(keys, rows, added, is_new)
        if replace and not is_new.all():
            known = np.array([self.key_to_index[key] for key in keys], np.intp)
            old = known[~is_new]
            self._writable()[old] = rows[~is_new]
            for name, values in added.items():
                if name not in self.expandos:
                    self.expandos[name] = _blank(_stored_dtype(values), len(self))
                self.expandos[name][old] = values[~is_new]

    def __setitem__(self, keys: Key | Sequence[Key], weights: npt.ArrayLike) -> None:
        """Set the vector of a key or of several, known or new."""
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
                    f"extras[{name!r}] must hold one value for each of {len(keys)} "
                    f"keys, got shape {values.shape}"
                )
                raise ValueError(message)
            self._attribute_type(name, _stored_dtype(values))
        if len(set(keys)) < len(keys):
            twice = next(key for n, key in enumerate(keys) if key in keys[:n])
            message = f"keys holds {twice!r} more than once; leave all but one out"
            raise ValueError(message)

    def _grow(
        self,
        keys: list[Key],
        rows: npt.NDArray[Any],
        added: dict[str, npt.NDArray[Any]],
        is_new: npt.NDArray[np.bool_],
    ) -> None:
        """Put new lists and arrays in the place of the old, which copies may share."""
        self._check_not_fixed("add keys")
        new = [key for key, chosen in zip(keys, is_new, strict=True) if chosen]
        size = len(self)
        appended = rows[is_new].astype(self.vectors.dtype)
        attributes = {
            name: _blank(_stored_dtype(values), size) for name, values in added.items()
        } | self.expandos
        for name, before in attributes.items():
            after = _blank(before.dtype, len(new))
            if name in added:
                after[:] = added[name][is_new]
            attributes[name] = np.concatenate([before, after])
        self._rows = np.concatenate([self.vectors, appended])
        self.expandos = attributes
        self.index_to_key = [*self.index_to_key, *new]
        self.key_to_index = {
            **self.key_to_index,
            **{key: size + place for place, key in enumerate(new)},
        }

    def take_model_rows(
        self, keys: Sequence[Key], vectors: FloatArray, counts: npt.NDArray[np.int64]
    ) -> None:
        """Show a model's rows anew after its vocabulary has grown.

        Lists and arrays that were handed out stay as they were.  Attributes follow
        their keys; new keys have 0 or None.

        Parameters
        ----------
        keys : sequence of str or int, length V
        vectors : ndarray of float, shape (V, D)
            Kept, not copied.
        counts : ndarray of int64, shape (V,)
        """
        before = np.array([self.key_to_index.get(key, -1) for key in keys], np.intp)
        known = before >= 0
        attributes = {}
        for name, values in self.expandos.items():
            attributes[name] = _blank(values.dtype, len(keys))
            attributes[name][known] = values[before[known]]
        attributes["count"] = np.array(counts)
        # In one piece, so that no interrupt can leave keys without vectors.
        self.__dict__.update(
            index_to_key=list(keys),
            key_to_index=first_rows(keys),
            _rows=vectors,
            expandos=attributes,
        )

    def sort_by_descending_frequency(self) -> None:
        """Put the rows in the order of their counts, the most frequent first.

        Differs: keys with equal counts keep their order; gensim reverses it.

        Raises
        ------
        ValueError
            If there are no counts.
        RuntimeError
            If the vectors belong to a model.
        """
        if self.counts is None:
            message = "there are no counts to sort by; set counts, or load with fvocab"
            raise ValueError(message)
        self._check_not_fixed("change their order")
        order = np.argsort(-self.counts, kind="stable")
        self._rows = self.vectors[order]
        self.expandos = {name: values[order] for name, values in self.expandos.items()}
        self.index_to_key = [self.index_to_key[row] for row in order.tolist()]
        self.key_to_index = first_rows(self.index_to_key)

    def vectors_for_all(
        self,
        keys: Iterable[Key],
        allow_inference: bool = True,
        copy_vecattrs: bool = False,
    ) -> Self:
        """Return a table of its own for those of some keys that are here.

        Parameters
        ----------
        keys : iterable of str or int
            In the order wanted; repeated and missing ones are passed over.
        allow_inference : bool
            gensim's, without effect: unknown words have no vectors here.
        copy_vecattrs : bool, default False
            Copy attributes, counts among them, too.
        """
        found = [key for key in dict.fromkeys(keys) if key in self.key_to_index]
        rows = np.array([self.key_to_index[key] for key in found], np.intp)
        chosen = type(self)(found, self.vectors[rows])
        if copy_vecattrs:
            chosen.expandos = {name: v[rows] for name, v in self.expandos.items()}
        return chosen

    def _check_not_fixed(self, deed: str) -> None:
        if self._fixed:
            message = (
                f"cannot {deed}: a model trains these very rows. Take a copy, "
                "copy.deepcopy(model.wv)."
            )
            raise RuntimeError(message)

    def _writable(self) -> FloatArray:
        if not self.vectors.flags.writeable:
            message = (
                "the vectors are read-only, as arrays mapped from a file are; load "
                "them without mmap, or copy them"
            )
            raise ValueError(message)
        return self.vectors


class MissingKeyError(KeyError):
    """A key that is not among the vectors; its text names some that are spelt alike.

    They are sought only when the text is asked for, as many programs look words up
    only to see whether they are there.
    """

    def __init__(self, key: object, keys: Sequence[Key]) -> None:
        super().__init__(key)
        self._keys = keys

    def __reduce__(self) -> tuple[Any, ...]:
        # Sent to another process without the whole vocabulary.
        return KeyError, (str(self),)

    def __str__(self) -> str:
        key = self.args[0]
        message = f"{key!r} is not among the {len(self._keys)} keys"
        alike = _spelt_alike(key, self._keys[:_SUGGESTION_WORDS])
        if alike:
            message += f"; did you mean {' or '.join(map(repr, alike))}?"
        return message


def _spelt_alike(key: object, keys: Sequence[Key]) -> list[Key]:
    """Return a few keys that are nearly `key`: another type or case, or a slip."""
    text = key.decode(errors="replace") if isinstance(key, bytes) else str(key)
    same = [k for k in keys if str(k).lower() == text.lower()]
    if same or isinstance(key, int | np.integer):
        return same[:_MAX_SUGGESTIONS]
    near = [k for k in keys if isinstance(k, str) and abs(len(k) - len(text)) < 3]
    return list(difflib.get_close_matches(text, near, n=_MAX_SUGGESTIONS, cutoff=0.7))


def widened(vectors: FloatArray) -> FloatArray:
    """Return float16 as float32, anything else as it is."""
    return vectors.astype(np.float32) if vectors.dtype == np.float16 else vectors


def _matrix_of(vectors: npt.ArrayLike | None, vector_size: int | None) -> FloatArray:
    if vectors is None:
        if vector_size is None or vector_size < 1:
            message = (
                f"vector_size must be at least 1 without vectors, got {vector_size}"
            )
            raise ValueError(message)
        return np.zeros((0, vector_size), np.float32)
    array = np.asarray(vectors)
    return array if array.dtype.kind == "f" else array.astype(np.float32)


def _plain(keys: Sequence[Key] | npt.NDArray[np.integer[Any]]) -> list[Key]:
    """Return a list of keys of its own; NumPy's integers become Python's."""
    return keys.tolist() if isinstance(keys, np.ndarray) else list(keys)


def _dtype_of(value: Any) -> np.dtype[Any]:
    """Return the type of the array for an attribute with such a value."""
    is_number = isinstance(value, bool | int | float | np.generic)
    return _stored_dtype(np.asarray(value)) if is_number else np.dtype(object)


def _stored_dtype(values: npt.NDArray[Any]) -> np.dtype[Any]:
    # Widths that do not depend on the system or on the first value.
    kinds = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}
    return np.dtype(kinds.get(values.dtype.kind, object))


def _blank(dtype: np.dtype[Any], n: int) -> npt.NDArray[Any]:
    return np.full(n, None, object) if dtype.hasobject else np.zeros(n, dtype)


def as_list(query: Any) -> list[Any]:
    """Take a single key or vector as a list of one."""
    if query is None:
        return []
    is_vector = isinstance(query, np.ndarray) and query.ndim == 1
    return [query] if is_vector or isinstance(query, KEY_TYPES) else list(query)
