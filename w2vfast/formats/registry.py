"""Which format a file of vectors has: by the suffix of its name, or by its kind's name.

V is the number of words, D the dimension.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Container, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vfast.formats import npz, projector, word2vec
from w2vfast.formats.folder import (
    MODEL_KIND,
    VECTORS_KIND,
    folder_kind,
    load_folder,
    save_folder,
)
from w2vfast.formats.spelling import Spaces, Word, check_spaces
from w2vfast.system.files import PathLike, open_output

FloatArray = npt.NDArray[np.floating[Any]]

_WRITTEN_COMPRESSED = (".gz", ".bz2", ".xz")
_READ_COMPRESSED = (*_WRITTEN_COMPRESSED, ".zst")
_CHECK_ROWS = 4096  # looked at together


class Contents(NamedTuple):
    """What a file of vectors holds.

    Attributes
    ----------
    words : list of str or int, length V
    vectors : ndarray of float, shape (V, D)
    counts : ndarray of int64, shape (V,), or None
        Occurrences [occurrences], where the format keeps them.
    c_text : bool
        Text is to be written as the C program writes it.
    attributes : mapping of str to ndarray of shape (V,)
        Further attributes of words, which only a folder keeps.
    """

    words: list[Word]
    vectors: FloatArray
    counts: npt.NDArray[np.int64] | None = None
    c_text: bool = False
    attributes: Mapping[str, npt.NDArray[Any]] = MappingProxyType({})


class Reading(NamedTuple):
    """How a file is read; see `w2vfast.formats.word2vec.read_word2vec`.

    `mmap` maps the vectors of a folder, which are then not looked at; of the other
    formats none can be mapped.  With `only`, text and binary keep the rows of these
    words alone.
    """

    limit: int | None = None
    unicode_errors: str = "strict"
    spaces: Spaces = "refuse"
    finite: bool = True
    mmap: bool = False
    only: Container[str] | None = None


class Kind(NamedTuple):
    """One format: its suffixes, and what reads and writes it."""

    suffixes: tuple[str, ...]
    meaning: str
    read: Callable[[str, Reading], Contents] | None
    write: Callable[[str, Contents, Spaces], None] | None
    may_be_compressed: bool = False


# ---------------------------------------------------------------------------
# Readers and writers, one pair a kind
# ---------------------------------------------------------------------------


def _word2vec_reader(
    binary: bool | None, header: bool | None
) -> Callable[[str, Reading], Contents]:
    def read(path: str, how: Reading) -> Contents:
        words, vectors = word2vec.read_word2vec(
            path,
            binary=binary,
            header=header,
            limit=how.limit,
            unicode_errors=how.unicode_errors,
            spaces=how.spaces,
            finite=how.finite,
            only=how.only,
        )
        return Contents(list(words), vectors)

    return read


def _word2vec_writer(
    binary: bool = False, header: bool = True
) -> Callable[[str, Contents, Spaces], None]:
    def write(path: str, held: Contents, spaces: Spaces) -> None:
        with open_output(path) as file:
            word2vec.write_word2vec(
                file,
                held.words,
                held.vectors,
                binary=binary,
                c_text=held.c_text,
                header=header,
                spaces=spaces,
            )

    return write


def _read_npz(path: str, how: Reading) -> Contents:
    return _chosen(path, Contents(*npz.read_npz(path)), how)


def _write_npz(path: str, held: Contents, _: Spaces) -> None:
    packed = npz.to_arrays(held.words, held.vectors, held.counts)
    with open_output(path) as file:
        npz.write_npz(file, packed)


def _read_safetensors(path: str, how: Reading) -> Contents:
    return _chosen(path, Contents(*npz.read_safetensors(path)), how)


def _write_safetensors(path: str, held: Contents, _: Spaces) -> None:
    packed = npz.to_arrays(held.words, held.vectors, held.counts)
    content = npz.safetensors_bytes(packed)
    with open_output(path) as file:
        file.write(content)


def _read_folder(path: str, how: Reading) -> Contents:
    # Mapped, since a whole model has matrices that are not wanted here.
    meta, held = load_folder(path, mmap=True)
    if meta.get("kind") == VECTORS_KIND:
        loaded = Contents(
            meta["words"],
            held["vectors"],
            held.get("counts"),
            meta["c_text"],
            _unpacked(meta.get("attributes", []), held),
        )
    elif meta.get("kind") == MODEL_KIND:
        exact = meta["params"]["mode"] == "exact"
        shown = slice(0 if exact else 1, None)  # fast mode hides the sentence end
        loaded = Contents(
            meta["words"][shown], held["syn0"][shown], held["counts"][shown], exact
        )
    else:
        message = f"{path} holds {meta.get('kind')!r}, neither a model nor vectors"
        raise ValueError(message)
    chosen = _chosen(path, loaded, how)
    counts = None if chosen.counts is None else np.array(chosen.counts)
    vectors = chosen.vectors if how.mmap else np.array(chosen.vectors)
    return chosen._replace(vectors=vectors, counts=counts)


def _write_folder(path: str, held: Contents, _: Spaces) -> None:
    if folder_kind(path) == MODEL_KIND:
        message = (
            "the folder holds a whole model, which training can go on with, so it is "
            "not replaced by its vectors alone; give another name"
        )
        raise FileExistsError(errno.EEXIST, message, path)
    words = [word if isinstance(word, str) else int(word) for word in held.words]
    listed, matrices = _packed(held.attributes)
    matrices["vectors"] = held.vectors
    if held.counts is not None:
        matrices["counts"] = held.counts
    meta = {
        "kind": VECTORS_KIND,
        "words": words,
        "c_text": held.c_text,
        "attributes": listed,
    }
    save_folder(path, meta, matrices)


def _packed(
    attributes: Mapping[str, npt.NDArray[Any]],
) -> tuple[list[tuple[str, list[Any] | None]], dict[str, npt.NDArray[Any]]]:
    """Return names with what JSON is to hold of them, None for an array of numbers."""
    listed: list[tuple[str, list[Any] | None]] = []
    matrices = {}
    for place, (name, values) in enumerate(attributes.items()):
        if values.dtype.hasobject:
            listed.append((name, _checked_json(name, values.tolist())))
        else:
            listed.append((name, None))
            matrices[f"attribute_{place}"] = values
    return listed, matrices


def _unpacked(
    listed: list[tuple[str, list[Any] | None]], held: dict[str, npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    """Undo `_packed`."""
    return {
        name: np.array(held[f"attribute_{place}"])
        if values is None
        # Not np.array, which would make a matrix of lists of equal length.
        else np.fromiter(values, object, len(values))
        for place, (name, values) in enumerate(listed)
    }


def _checked_json(name: str, values: list[Any]) -> list[Any]:
    try:
        json.dumps(values)
    except TypeError as error:
        message = (
            f"attribute {name!r} cannot be saved: {error}. Numbers, texts and lists of "
            "them can; leave it out with expandos.pop"
        )
        raise TypeError(message) from error
    return values


def _write_projector(path: str, held: Contents, spaces: Spaces) -> None:
    projector.write_projector(path, held.words, held.vectors, held.counts, spaces)


def _write_static_embedding(path: str, held: Contents, spaces: Spaces) -> None:
    projector.write_static_embedding(path, held.words, held.vectors, spaces)


def _chosen(path: str, held: Contents, how: Reading) -> Contents:
    """Cut what was read to the limit; raise if a value is not finite."""
    if how.limit is not None:
        if how.limit < 1:
            message = f"limit must be at least 1, or None for all, got {how.limit}"
            raise ValueError(message)
        some = slice(how.limit)
        held = held._replace(
            words=held.words[some],
            vectors=held.vectors[some],
            counts=None if held.counts is None else held.counts[some],
            attributes={name: v[some] for name, v in held.attributes.items()},
        )
    looked_at = how.finite and not how.mmap
    finite = finite_rows(held.vectors) if looked_at else np.ones(1, np.bool_)
    if not finite.all():
        row = int(np.argmin(finite))
        message = (
            f"{path}: the vector of {held.words[row]!r} (row {row + 1}) holds a value "
            f"that is not a finite {held.vectors.dtype}"
        )
        raise ValueError(message)
    return held


def finite_rows(vectors: FloatArray) -> npt.NDArray[np.bool_]:
    """Tell of each row whether all its values are finite, shape (V,)."""
    finite = np.ones(len(vectors), np.bool_)
    for start in range(0, len(vectors), _CHECK_ROWS):
        rows = slice(start, start + _CHECK_ROWS)
        finite[rows] = np.isfinite(vectors[rows]).all(axis=1)
    return finite


def row_lengths(vectors: FloatArray) -> npt.NDArray[np.float64]:
    """Return the Euclidean length of each row, shape (V,)."""
    lengths = np.empty(len(vectors), np.float64)
    for start in range(0, len(vectors), _CHECK_ROWS):
        rows = slice(start, start + _CHECK_ROWS)
        lengths[rows] = np.linalg.norm(vectors[rows].astype(np.float64), axis=1)
    return lengths


KINDS = {
    "text": Kind(
        (".txt", ".vec"),
        "word2vec text; read also without its first line",
        _word2vec_reader(binary=False, header=None),
        _word2vec_writer(),
        may_be_compressed=True,
    ),
    "binary": Kind(
        (".bin",),
        "word2vec binary, the C program's or gensim's",
        _word2vec_reader(binary=True, header=True),
        _word2vec_writer(binary=True),
        may_be_compressed=True,
    ),
    "headerless": Kind(
        (".glove",),
        "text without a first line 'V D', as GloVe's",
        _word2vec_reader(binary=False, header=False),
        _word2vec_writer(header=False),
        may_be_compressed=True,
    ),
    "npz": Kind((".npz",), "NumPy arrays", _read_npz, _write_npz),
    "safetensors": Kind(
        (".safetensors",), "named arrays", _read_safetensors, _write_safetensors
    ),
    "folder": Kind(  # gensim's habits, and those of its documents, beside no suffix
        ("", ".kv", ".wordvectors"),
        "a folder of JSON and .npy",
        _read_folder,
        _write_folder,
    ),
    "projector": Kind(
        (".tsv",),
        "two tables for TensorBoard's projector (written only)",
        None,
        _write_projector,
    ),
    "static-embedding": Kind(
        (".hf",),
        "a folder for sentence-transformers and model2vec (written only)",
        None,
        _write_static_embedding,
    ),
}

# Text or binary, with a header or without, by what the file begins with.
_ANY_WORD2VEC = Kind(
    (), "", _word2vec_reader(binary=None, header=None), None, may_be_compressed=True
)


# ---------------------------------------------------------------------------
# The choice among them
# ---------------------------------------------------------------------------


def read_vectors(
    path: PathLike, kind: str | None = None, how: Reading | None = None
) -> Contents:
    """Read a file or folder of vectors.

    Parameters
    ----------
    path : str or path-like
        By its suffix .txt, .vec, .bin, .glove, .npz or .safetensors, the first four
        also compressed; a folder that this package saved; anything else is taken for
        word2vec text or binary, whichever it looks like.
    kind : str, optional
        One of `KINDS`, whatever the name is.
    how : Reading, optional

    Raises
    ------
    ValueError
        If there is no such kind, it is only written, or the file does not fit it.
    OSError
        If the file cannot be read.
    """
    name = os.fspath(path)
    how = how or Reading()
    check_spaces(how.spaces)
    chosen = KINDS.get(kind_of(name), _ANY_WORD2VEC)
    if kind is not None:
        chosen = _kind_named(kind)
    if chosen.read is None:
        message = f"{name} is {chosen.meaning}, and cannot be read back"
        raise ValueError(message)
    if how.mmap and chosen is not KINDS["folder"] and os.path.exists(name):
        message = (
            f"{name} is no folder, and nothing else can be mapped; load it once "
            "without mmap, save it as a folder (a name without a suffix), and map that"
        )
        raise ValueError(message)
    return chosen.read(name, how)


def write_vectors(
    path: PathLike,
    held: Contents,
    kind: str | None = None,
    spaces: Spaces = "refuse",
) -> None:
    """Write a file or folder of vectors, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        Its suffix is one of those in `KINDS`, for text and binary also followed by
        .gz, .bz2 or .xz; without a suffix it is a folder.
    held : Contents
    kind : str, optional
        One of `KINDS`, whatever the name is.
    spaces : {"refuse", "escape"}, default "refuse"
        What is done, where a format's readers cut words at white space, about words
        that hold some; see `w2vfast.formats.spelling`.

    Raises
    ------
    ValueError
        If the suffix or kind is unknown, or the format cannot hold a word.
    OSError
        If the file cannot be written.
    """
    name = os.fspath(path)
    check_spaces(spaces, ("refuse", "escape"))
    chosen = _kind_named(kind) if kind else _kind_of_suffix(name, _WRITTEN_COMPRESSED)
    if chosen is None or chosen.write is None:
        suffixes = sorted(s for k in KINDS.values() for s in k.suffixes if s)
        message = (
            f"cannot tell from the name {name!r} what to write. Known are "
            f"{', '.join(suffixes)}, for text and binary also with .gz, .bz2 or .xz; a "
            f"name without a suffix is a folder. Or name a kind: {', '.join(KINDS)}."
        )
        raise ValueError(message)
    chosen.write(name, held, spaces)


def kind_of(path: PathLike) -> str:
    """Name the kind that `read_vectors` takes a path for; "word2vec" is any of it."""
    if os.path.isdir(path):
        return "folder"
    chosen = _kind_of_suffix(os.fspath(path), _READ_COMPRESSED)
    # Without a suffix only what is written is a folder.
    chosen = None if chosen is KINDS["folder"] else chosen
    return next((name for name, kind in KINDS.items() if kind is chosen), "word2vec")


def _kind_named(kind: str) -> Kind:
    if kind not in KINDS:
        message = f"kind must be one of {', '.join(KINDS)}, got {kind!r}"
        raise ValueError(message)
    return KINDS[kind]


def _kind_of_suffix(path: str, compressed: tuple[str, ...]) -> Kind | None:
    """Return the kind that a name's suffix means; None if it means none."""
    stem, suffix = os.path.splitext(os.path.normpath(path))
    is_compressed = suffix.lower() in compressed
    if is_compressed:
        suffix = os.path.splitext(stem)[1]
    for kind in KINDS.values():
        if suffix.lower() in kind.suffixes:
            return kind if kind.may_be_compressed or not is_compressed else None
    return None
