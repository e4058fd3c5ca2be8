"""A whole Word2Vec that gensim saved: settings and output vectors, too.

Read as vectors are, without executing anything: see `w2vfast.formats.gensim_saved`.
Settings and output vectors belong to the model, or, in gensim 3.3 to 3.8, to its
`vocabulary` and its `trainables`.  V is the number of words, D the dimension.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from w2vfast.formats.contents import (
    Contents,
    FloatArray,
    ReadOptions,
    limited_and_checked,
)
from w2vfast.formats.float_types import as_dtype
from w2vfast.formats.gensim_saved import (
    attributes_of,
    contents_of,
    floats_of,
    holds,
    read_saved,
)
from w2vfast.formats.pickled_arrays import as_integer, as_scalar
from w2vfast.formats.pickled_values import Record
from w2vfast.formats.row_checks import finite_rows

_CLASS = "gensim.models.word2vec.Word2Vec"
_PARTS = ("vocabulary", "trainables")
_OUTPUTS = ("syn1neg",)
_LOCKF = ("vectors_lockf", "syn0_lockf")
_SETTINGS = (
    *("window", "sg", "hs", "negative", "ns_exponent", "cbow_mean", "sample", "seed"),
    *("alpha", "min_alpha", "epochs", "min_count", "max_vocab_size", "max_final_vocab"),
    *("workers", "shrink_windows"),
)
_OLD_NAMES = {"epochs": "iter"}


class GensimModel(NamedTuple):
    """What a saved model holds.

    Attributes
    ----------
    contents : Contents
        Words, vectors of float32, and counts.
    outputs : ndarray of float32, shape (V, D), or None
        Output vectors for negative sampling.
    lockf : ndarray of float, shape (V,) or (1,), or None
        What updates of a row are multiplied by, or of each row.
    settings : dict of str to object
        Those of gensim's parameters that the file has.
    corpus_count, corpus_total_words : int
        Sentences and words of its text.
    """

    contents: Contents
    outputs: FloatArray | None
    lockf: FloatArray | None
    settings: dict[str, Any]
    corpus_count: int
    corpus_total_words: int


def read_model(path: str) -> GensimModel:
    """Read a Word2Vec of gensim.

    Parameters
    ----------
    path : str
        The pickle; large arrays are in files beside it.

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        If the file is damaged, holds something else or a value that is not finite or
        too large for float32, or names a class or function that saved models do not
        need.
    """
    root = read_saved(path)
    if not isinstance(root, Record) or root.name != _CLASS:
        contents_of(root, path)  # raises if there are no vectors of words to read
        what = root.name if isinstance(root, Record) else type(root).__name__
        message = (
            f"{path} holds a {what}, not a {_CLASS}. Its vectors of words are read by "
            f"KeyedVectors.load({path!r}, kind='gensim')."
        )
        raise ValueError(message)
    model = attributes_of(root)
    parts = {name: attributes_of(model.get(name)) for name in _PARTS}
    every = {**parts["vocabulary"], **parts["trainables"], **model}
    contents = limited_and_checked(path, contents_of(root, path), ReadOptions())
    try:
        rows = as_dtype(contents.vectors, np.float32)
        return GensimModel(
            contents._replace(vectors=rows),
            _outputs(model, parts["trainables"], path),
            _lockf(model, parts["trainables"], path),
            _settings(every),
            _integer(every, "corpus_count"),
            _integer(every, "corpus_total_words"),
        )
    except ValueError as error:
        message = f"{path}: {error}"
        raise ValueError(message) from error


def _outputs(
    model: dict[Any, Any], trainables: dict[Any, Any], path: str
) -> FloatArray | None:
    """Return the output vectors; None if the model has none."""
    for owner, prefix in ((model, path), (trainables, f"{path}.trainables")):
        if holds(owner, "syn1neg"):
            matrix = floats_of(owner.get("syn1neg"), prefix, _OUTPUTS)
            return _finite(as_dtype(matrix, np.float32))
    return None


def _lockf(
    model: dict[Any, Any], trainables: dict[Any, Any], path: str
) -> FloatArray | None:
    """Return the factors of updates; None if the file has none."""
    for owner, prefix in (
        (attributes_of(model.get("wv")), f"{path}.wv"),
        (trainables, f"{path}.trainables"),
        (model, path),
    ):
        for name in _LOCKF:
            if holds(owner, name):
                return floats_of(owner.get(name), prefix, (name,), 1)
    return None


def _finite(matrix: FloatArray) -> FloatArray:
    finite = finite_rows(matrix)
    if not finite.all():
        message = (
            f"row {int(finite.argmin()) + 1} of {_OUTPUTS[0]} contains a value that is "
            f"not a finite {matrix.dtype}"
        )
        raise ValueError(message)
    return matrix


def _settings(every: dict[Any, Any]) -> dict[str, Any]:
    found = {name: every.get(name) for name in _SETTINGS}
    for name, old_name in _OLD_NAMES.items():
        found[name] = every.get(name, every.get(old_name))
    return {
        name: as_scalar(value) for name, value in found.items() if value is not None
    }


def _integer(every: dict[Any, Any], name: str) -> int:
    """Return a number; 0 if the file does not have it."""
    return 0 if every.get(name) is None else as_integer(every[name])
