"""Words and vectors as named arrays: NumPy's ``.npz`` and safetensors.

Both hold the same arrays, of which other programs need only ``vectors``:

=============  =========  ===========================================================
``vectors``    (V, D)     floating-point numbers
``words``      (n,)       uint8: the words' UTF-8, one after the other
``word_ends``  (V,)       int64: where in ``words`` each one ends [bytes]
``counts``     (V,)       int64: occurrences of each word; only if they are known
=============  =========  ===========================================================

Any word comes back, also one with spaces, or with bytes that are not UTF-8.  Words
that are integers are kept as ``words``, int64 of shape (V,), without ``word_ends``.
With NumPy alone:

>>> file = np.load("vectors.npz")                                   # doctest: +SKIP
>>> text, ends = bytes(file["words"]), file["word_ends"].tolist()   # doctest: +SKIP
>>> words = [text[a:b].decode() for a, b in zip([0, *ends], ends)]  # doctest: +SKIP

V is the number of words, D the dimension.
"""

from __future__ import annotations

import importlib
import itertools
import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vfast.formats.spelling import Word, spell
from w2vfast.system.files import PathLike

FloatArray = npt.NDArray[np.floating[Any]]
Arrays = dict[str, npt.NDArray[Any]]

_DEFLATE_RATIO = 1032  # bytes that one compressed byte stands for at most


class Named(NamedTuple):
    """What a file of named arrays holds."""

    words: list[Word]
    vectors: FloatArray
    counts: npt.NDArray[np.int64] | None


# ---------------------------------------------------------------------------
# Words as arrays
# ---------------------------------------------------------------------------


def to_arrays(
    words: Sequence[Word],
    vectors: FloatArray,
    counts: npt.NDArray[np.int64] | None = None,
) -> Arrays:
    """Return the arrays that stand for words and vectors.

    Raises
    ------
    ValueError
        If the words are neither all strings nor all integers of 64 bits, or hold half
        of a surrogate pair.
    """
    arrays: Arrays = {"vectors": np.ascontiguousarray(vectors), **_pack(words)}
    if counts is not None:
        arrays["counts"] = np.asarray(counts, np.int64)
    return arrays


def _pack(words: Sequence[Word]) -> Arrays:
    n_integers = sum(isinstance(word, int | np.integer) for word in words)
    if n_integers and n_integers == len(words):
        return {"words": np.array(words, np.int64)}
    if n_integers:
        message = (
            f"{n_integers} of {len(words)} words are integers and the others are not; "
            "make all of them strings, or save as a folder"
        )
        raise ValueError(message)
    names = spell(words, ends=b"", allow_empty=True)
    ends = np.cumsum([len(name) for name in names], dtype=np.int64)
    return {"words": np.frombuffer(b"".join(names), np.uint8), "word_ends": ends}


def from_arrays(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Named:
    """Check what a file holds; the inverse of `to_arrays`.

    A one-dimensional array of strings is taken for the words as well.

    Parameters
    ----------
    name : str
        The file, for messages.
    arrays : mapping of str to ndarray

    Raises
    ------
    ValueError
        If an array is missing or does not fit the others.
    """
    vectors, packed = arrays.get("vectors"), arrays.get("words")
    if vectors is None or packed is None:
        there = ", ".join(arrays) or "nothing"
        message = f"{name}: expected arrays 'vectors' and 'words', found {there}"
        raise ValueError(message)
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        message = (
            f"{name}: 'vectors' must be a 2-D array of floating-point numbers, got "
            f"{vectors.dtype} of shape {vectors.shape}"
        )
        raise ValueError(message)
    words = _unpack(name, packed, arrays.get("word_ends"))
    counts = arrays.get("counts")
    if len(words) != len(vectors) or (
        counts is not None
        and (counts.shape != (len(words),) or counts.dtype.kind not in "iu")
    ):
        shown = "" if counts is None else f", counts {counts.dtype} {counts.shape}"
        message = (
            f"{name}: the arrays do not belong together: {len(words)} words, vectors "
            f"{vectors.shape}{shown}"
        )
        raise ValueError(message)
    native = np.ascontiguousarray(vectors, vectors.dtype.newbyteorder("="))
    return Named(words, native, None if counts is None else counts.astype(np.int64))


def _unpack(
    name: str, packed: npt.NDArray[Any], ends: npt.NDArray[Any] | None
) -> list[Word]:
    is_plain = packed.dtype.kind in "Uiu" and packed.dtype != np.uint8
    if packed.ndim == 1 and ends is None and is_plain:
        words: list[Word] = packed.tolist()
        return words
    if ends is None or packed.dtype != np.uint8 or not _cuts(packed, ends):
        message = (
            f"{name}: 'words' must be uint8 with its 'word_ends', or an array of "
            f"strings or integers, got {packed.dtype} of shape {packed.shape}"
        )
        raise ValueError(message)
    text = packed.tobytes()
    places = itertools.pairwise([0, *ends.tolist()])
    return [text[a:b].decode("utf-8", "surrogateescape") for a, b in places]


def _cuts(packed: npt.NDArray[Any], ends: npt.NDArray[Any]) -> bool:
    """Tell whether `ends` cut the whole array into pieces."""
    if packed.ndim != 1 or ends.ndim != 1 or ends.dtype.kind not in "iu":
        return False
    starts = np.concatenate([[0], ends.astype(np.int64)])
    return bool(starts[-1] == len(packed) and (np.diff(starts) >= 0).all())


# ---------------------------------------------------------------------------
# .npz
# ---------------------------------------------------------------------------

# What a damaged archive makes zipfile, zlib and NumPy raise.
_DAMAGE = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, KeyError, OSError)


def write_npz(file: BinaryIO, arrays: Arrays) -> None:
    """Write arrays to an open file as NumPy's `savez` does, not compressed."""
    members: Any = arrays
    np.savez(file, **members)


def read_npz(path: PathLike) -> Named:
    """Read what `write_npz` wrote, also compressed.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is damaged or does not hold words and vectors; with its name.
    """
    name = os.fspath(path)
    with open(name, "rb") as file:
        try:
            arrays = _load_npz(file)
        except _DAMAGE as error:
            message = f"{name}: expected an .npz file of NumPy, but {error}"
            raise ValueError(message) from error
    return from_arrays(name, arrays)


def _load_npz(file: BinaryIO) -> Arrays:
    size = os.fstat(file.fileno()).st_size
    arrays = {}
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if name in ("vectors", "words", "word_ends", "counts"):
                _check_announced(archive, member, size)
                with archive.open(member) as opened:
                    arrays[name] = np.lib.format.read_array(opened, allow_pickle=False)
    return arrays


def _check_announced(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, size: int
) -> None:
    """Raise if an array is larger than the file, `size` bytes, has room for."""
    with archive.open(member) as opened:
        version = np.lib.format.read_magic(opened)
        header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = header(opened)
        announced = opened.tell() + dtype.itemsize * _product(shape)
    most = size * (1 if member.compress_type == zipfile.ZIP_STORED else _DEFLATE_RATIO)
    if announced != member.file_size or announced > most:
        message = (
            f"{member.filename} announces {announced} bytes ({dtype} of shape {shape}) "
            f"and has {min(member.file_size, most)}"
        )
        raise ValueError(message)


def _product(shape: tuple[int, ...]) -> int:
    """Multiply without the limit of 64 bits that a damaged header may exceed."""
    product = 1
    for length in shape:
        product *= length
    return product


# ---------------------------------------------------------------------------
# safetensors
# ---------------------------------------------------------------------------


def safetensors_bytes(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the content of a safetensors file; it takes as much memory again.

    Raises
    ------
    ImportError
        If the package `safetensors` is missing.
    ValueError
        If an array is of a type that the format does not know.
    """
    package = import_safetensors()
    for name, array in arrays.items():
        if array.dtype.kind == "f" and array.dtype.itemsize > 8:
            message = f"safetensors has no type for {name!r}, {array.dtype}"
            raise ValueError(message)
    content: bytes = package.save(
        {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    )
    return content


def read_safetensors(path: PathLike) -> Named:
    """Read words and vectors from a safetensors file that holds both.

    Raises
    ------
    ImportError
        If the package `safetensors` is missing.
    OSError
        If the file cannot be opened.
    ValueError
        If it is damaged or does not hold words and vectors; with its name.
    """
    import_safetensors()
    package = importlib.import_module("safetensors")
    name = os.fspath(path)
    with open(name, "rb"):
        pass  # an error of the system names the file, one of the package does not
    try:
        with package.safe_open(name, framework="numpy") as file:
            wanted = {"vectors", "words", "word_ends", "counts"} & set(file.keys())
            arrays = {key: file.get_tensor(key) for key in sorted(wanted)}
            others = sorted(set(file.keys()) - wanted)
    # The package's own error, and those of types that NumPy does not have.
    except Exception as error:
        message = f"{name}: expected a safetensors file, but {error}"
        raise ValueError(message) from error
    if "words" not in arrays:
        arrays.update({key: np.empty(0) for key in others})  # named in the message
    return from_arrays(name, arrays)


def import_safetensors() -> Any:
    """Import the package that reads and writes safetensors, or say how to get it."""
    try:
        return importlib.import_module("safetensors.numpy")
    except ImportError as error:
        message = (
            "safetensors files need a package: "
            'pip install "w2vfast[hf]", or choose another format, such as .npz'
        )
        raise ImportError(message) from error
