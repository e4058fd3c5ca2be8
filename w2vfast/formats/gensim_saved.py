"""Vectors in files of gensim's `save`: pickles, with large arrays in files beside them.

Read only when asked for by name (``kind="gensim"``), and without executing anything:
see `w2vfast.formats.pickled_values`.  Versions of gensim put the parts in other places:

==========  ========================  ==============  ================================
version     the vectors belong to     their name      the counts
==========  ========================  ==============  ================================
below 0.13  the model                 syn0            in vocab, an object for each word
to 3.2      model.wv                  syn0            the same
3.3 to 3.8  model.wv                  vectors         the same
4           model.wv                  vectors         an array in expandos
==========  ========================  ==============  ================================

V is the number of words, D the dimension.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import Word
from w2vfast.errors import shortened, warn
from w2vfast.formats.contents import (
    Contents,
    FloatArray,
    ReadOptions,
    as_int64,
    limited_and_checked,
)
from w2vfast.formats.npy import read_array
from w2vfast.formats.npz import read_arrays
from w2vfast.formats.pickled_arrays import as_array, as_integer, as_scalar
from w2vfast.formats.pickled_values import Record, read_pickle
from w2vfast.system.files import InputFile, open_regular

# Beside gensim's own classes.  None of them is called: they are names of records.
_ALLOWED = frozenset(
    {
        "_codecs.encode",
        "collections.defaultdict",
        "UserString.defaultdict",  # what Python 3.4 wrote instead
        *(f"__builtin__.{name}" for name in ("frozenset", "hash", "int", "long")),
        *(f"builtins.{name}" for name in ("frozenset", "hash", "int")),
        *("numpy.dtype", "numpy.ndarray", "numpy.random.__RandomState_ctor"),
        *("numpy.random._pickle.__randomstate_ctor", "numpy.random._mt19937.MT19937"),
        "numpy.random._pickle.__bit_generator_ctor",
        *(
            f"numpy.{core}.{name}"
            for core in ("core", "_core")  # NumPy 2 renamed it
            for name in (
                *("multiarray._reconstruct", "multiarray.scalar"),
                "numeric._frombuffer",
            )
        ),
    }
)
_PROTOCOL = b"\x80"  # opcode
_VECTORS = ("vectors", "syn0")
_WORDS = ("index_to_key", "index2word")
# Counts; and what belongs to gensim's subsampling and tree.
_NOT_ATTRIBUTES = ("count", "sample_int", "code", "point")
_NAMED = 10  # attributes in a warning
_FREE_BYTES = 1 << 26  # that attributes may have, if the vectors have fewer
_EXPECTED = "expected a KeyedVectors or Word2Vec that gensim saved"


def read(path: str, how: ReadOptions) -> Contents:
    """Read the words, vectors and counts of a saved KeyedVectors or Word2Vec.

    Parameters
    ----------
    path : str
        The pickle, which may be compressed.  Arrays that gensim saved separately are
        beside it, in files of its name with ``.vectors.npy`` and the like after it, or
        ``.npz`` if it is compressed.
    how : ReadOptions

    Returns
    -------
    Contents
        Counts of words are None if the file has none.

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        If the file is damaged, holds something else, or names a class or function that
        saved vectors do not need.
    """
    return limited_and_checked(path, contents_of(read_saved(path), path), how)


def read_saved(path: str) -> Any:
    """Return what gensim's `save` wrote, as plain values; see `read_pickle`.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, is damaged, or is no such pickle.
    """
    with InputFile(path, path) as file:
        data = file.readall()
    if not data.startswith(_PROTOCOL):
        message = (
            f"{path} is no file that gensim's save wrote: a pickle, of protocol 2 or "
            f"later, begins with {_PROTOCOL!r}, this file with {data[:8]!r}. Leave out "
            "the kind; KeyedVectors.load recognises files of other kinds."
        )
        raise ValueError(message)
    return read_pickle(data, path, _is_allowed)


def contents_of(root: Any, path: str) -> Contents:
    """Return the words, vectors and counts of a saved object.

    Raises
    ------
    OSError, ValueError
        If it has none, or a file beside it cannot be read.
    """
    owner, prefix = _owner_of_vectors(root, path)
    stored = _first(owner, _WORDS)
    words = _words(stored, path)
    try:
        vectors = _vectors(owner, f"{path}{prefix}")
        counts = _counts(owner, stored)
        attributes = _attributes(owner, len(stored), max(_FREE_BYTES, vectors.nbytes))
    except ValueError as error:
        message = f"{path}: {_EXPECTED}, but {error}"
        raise ValueError(message) from error
    if vectors.shape[:1] != (len(stored),):
        message = f"{path}: {len(stored)} words and vectors of shape {vectors.shape}"
        raise ValueError(message)
    keyed = slice(len(words))  # the others have no word
    return Contents(
        words,
        vectors[keyed],
        None if counts is None else counts[keyed],
        attributes={name: values[keyed] for name, values in attributes.items()},
    )


def _is_allowed(name: str) -> bool:
    return name in _ALLOWED or name.startswith("gensim.")


def _owner_of_vectors(root: Any, path: str) -> tuple[dict[Any, Any], str]:
    """Return the attributes of the object with the words, and what names its files."""
    attributes, prefix = attributes_of(root), ""
    if attributes.get("wv") is not None:
        attributes, prefix = attributes_of(attributes["wv"]), ".wv"
    if _first(attributes, _WORDS) is None:
        message = f"{path}: {_EXPECTED}, but it holds no words"
        raise ValueError(message)
    return attributes, prefix


def attributes_of(value: Any) -> dict[Any, Any]:
    """Return the attributes of an object of gensim; empty for any other value."""
    is_object = isinstance(value, Record) and value.name.startswith("gensim.")
    return value.state if is_object and isinstance(value.state, dict) else {}


def _first(attributes: dict[Any, Any], names: tuple[str, ...]) -> Any:
    return next((attributes[n] for n in names if attributes.get(n) is not None), None)


def _words(value: Any, path: str) -> list[Word]:
    """Return the words, without those that rows at the end do not have."""
    words: list[Any] = list(value) if isinstance(value, list) else [value]
    while words and words[-1] is None:
        words.pop()
    kinds = set(map(type, words)) if isinstance(value, list) else {None}
    if kinds <= {str} or kinds == {int}:
        return words
    message = f"{path}: {_EXPECTED}, but its words are not all strings or all integers"
    if kinds == {tuple}:
        message += (
            ": they are tuples, which are not read. In gensim, give the rows other keys"
        )
    raise ValueError(message)


def _vectors(owner: dict[Any, Any], prefix: str) -> FloatArray:
    """Return the vectors, from the pickle or from the file beside it."""
    stored = _first(owner, _VECTORS)
    if stored is None and "vectors_ngrams" in owner:
        message = (
            "it is a FastText of gensim 4, whose vectors of words are not in its "
            "files. Load it in gensim, and write them by model.wv.save_word2vec_format"
        )
        raise ValueError(message)
    return floats_of(stored, prefix, _VECTORS)


def holds(owner: dict[Any, Any], name: str) -> bool:
    """Tell whether an object has an array, in the pickle or in a file beside it."""
    separate = owner.get("__numpys")
    in_file = isinstance(separate, list) and name in separate
    return owner.get(name) is not None or in_file


def floats_of(
    stored: Any, prefix: str, names: Sequence[str], ndim: int = 2
) -> FloatArray:
    """Return an array of floats from the pickle, or from the file beside it.

    Parameters
    ----------
    stored : object
        The pickled array; None if it is in a file.
    prefix : str
        What the name of the file begins with.
    names : sequence of str
        What it may be called.
    ndim : int, default 2
        Its dimensions.

    Raises
    ------
    OSError, ValueError
        If it is in neither, or no such array of floating-point numbers.
    """
    matrix = as_array(stored) if stored is not None else _separate(prefix, names)
    if isinstance(matrix, list) or matrix.dtype.kind != "f" or matrix.ndim != ndim:
        message = f"its {names[0]} are no table of floating-point numbers"
        raise ValueError(message)
    # Writable, and in the byte order of this machine.
    return matrix.astype(matrix.dtype.newbyteorder("="))


def _separate(prefix: str, names: Sequence[str]) -> npt.NDArray[Any]:
    """Read a matrix from the file beside a pickle, or beside a compressed one."""
    for name in names:
        path = f"{prefix}.{name}"
        if os.path.exists(f"{path}.npy"):
            with open_regular(f"{path}.npy") as file:
                return read_array(file)
        if os.path.exists(f"{path}.npz"):
            arrays = read_arrays(f"{path}.npz", {"val"})
            return arrays.get("val", np.zeros(0))
    message = (
        f"its {names[0]} are in another file, '{prefix}.{names[0]}.npy', which is not "
        "there. Copy all files that gensim wrote, under their names"
    )
    raise ValueError(message)


def _counts(owner: dict[Any, Any], words: list[Any]) -> npt.NDArray[np.int64] | None:
    """Return the count of each word; None without."""
    expandos, vocab = owner.get("expandos"), owner.get("vocab")
    if isinstance(expandos, dict) and "count" in expandos:
        counts = as_array(expandos["count"])
        if isinstance(counts, list):  # never as it is: lists may hold themselves
            counts = np.array([as_integer(count) for count in counts], np.int64)
        if counts.dtype.kind in "iu" and counts.shape == (len(words),):
            return as_int64("its counts", counts, 0)
    elif isinstance(vocab, dict) and vocab:
        found = [attributes_of(vocab.get(word)).get("count") for word in words]
        counts = np.array([as_integer(count) for count in found], np.int64)
        return as_int64("its counts", counts, 0)
    return None


def _attributes(
    owner: dict[Any, Any], n_rows: int, most_bytes: int
) -> dict[str, npt.NDArray[Any]]:
    """Return the attributes of words but for counts; warn of those not read.

    A small file can let many attributes share one array, so their bytes are limited.
    """
    expandos = owner.get("expandos")
    attributes, others = {}, []
    for name, stored in expandos.items() if isinstance(expandos, dict) else ():
        is_read = name not in _NOT_ATTRIBUTES and most_bytes > 0
        values = _attribute(stored) if is_read else None
        if isinstance(name, str) and values is not None and len(values) == n_rows:
            attributes[name] = values
            most_bytes -= values.nbytes
        elif name not in _NOT_ATTRIBUTES:
            others.append(shortened(name))
    if others:
        names = ", ".join(others[:_NAMED])
        warn(
            f"the attributes {names} of words are not read: only those of numbers and "
            "strings are"
        )
    return attributes


def _attribute(stored: Any) -> npt.NDArray[Any] | None:
    """Return the values of an attribute; None if they are no numbers or strings."""
    try:
        values = as_array(stored)
    except ValueError:
        return None
    if isinstance(values, list):
        values = [as_scalar(value) for value in values]
        if not all(isinstance(v, (str, int, float, NoneType)) for v in values):
            return None
        return np.fromiter(values, object, len(values))
    wide = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}
    is_long = values.dtype.kind == "u" and values.max(initial=0) >= 1 << 63
    if values.ndim != 1 or is_long:
        return None
    return values.astype(wide[values.dtype.kind])
