"""Recognise a corpus that is given again as the same object, with the same content."""

import itertools
import weakref
import zlib
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 18  # values or objects that are read at once
_SAMPLE = 1000  # sentences of which tokens are compared, and that many of each
# Odd numbers, so that every change of one value changes a sum of products.
_WEIGHTS = np.cumprod(np.full(1024, 0x9E3779B97F4A7C15, np.uint64))


class SameObjects:
    """Equal to another instance if both refer to the same objects, still alive.

    Parameters
    ----------
    objects : sequence of objects
        They are held by weak references where Python supports it.
    detail : hashable, optional
        Must be equal too.

    Notes
    -----
    A copy or a pickle is None, because a copied object is another object.
    """

    def __init__(self, objects: Sequence[Any], detail: Hashable = None) -> None:
        self._references = [_reference(item) for item in objects]
        self._key = (tuple(id(item) for item in objects), detail)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SameObjects) or self._key != other._key:
            return False
        return all(refer() is not None for refer in self._references)

    def __hash__(self) -> int:
        return hash(self._key)

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()


def _reference(item: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(item)
    except TypeError:  # lists and tuples have no weak references
        return lambda: item


def content_mark(sentences: Any) -> Hashable:
    """Return a value that differs after most changes of sentences in place.

    Parameters
    ----------
    sentences : object
        Of an array every value counts.  Of a list, or an array of objects, it counts
        which objects are its members, and some tokens of some of them: a new sentence
        may have the address of one that was deleted.  Arrays of NumPy's StringDType
        have no objects; their strings count.

    Returns
    -------
    hashable
        None for anything else.

    Raises
    ------
    TypeError
        If a token that is looked at is not hashable.
    """
    if isinstance(sentences, np.ndarray) and not sentences.dtype.hasobject:
        return checksum(sentences)
    if isinstance(sentences, np.ndarray):
        sentences = sentences.ravel()  # the rows of a table are new objects each time
        if sentences.dtype.kind == "T":
            return hash(tuple(sentences.tolist()))
    elif type(sentences) is not list:
        return None
    found, addresses = 0, map(id, sentences)
    for _ in range(0, len(sentences), _BLOCK):
        block = np.fromiter(itertools.islice(addresses, _BLOCK), np.uint64)
        found = zlib.crc32(block.data, found)
    sample = sentences[:: max(1, len(sentences) // _SAMPLE)]
    return found, hash(tuple(map(_first_tokens, sample)))


def _first_tokens(sentence: Any) -> Any:
    if isinstance(sentence, (list, np.ndarray)):
        return tuple(sentence[:_SAMPLE])
    return sentence


def checksum(array: NDArray[Any]) -> int:
    """Return a checksum of the values of an array, of any strides.

    Notes
    -----
    Sums of products are computed several times as fast as a CRC, of which the values
    would take a tenth of the time in which they are encoded.
    """
    found = 0
    rows = max(1, _BLOCK // max(1, array[:1].size))
    for start in range(0, len(array), rows):
        block = np.ascontiguousarray(array[start : start + rows])
        data = block.reshape(-1).view(np.uint8)
        n_whole = data.size - data.size % _WEIGHTS.nbytes
        whole = data[:n_whole].view(np.uint64).reshape(-1, _WEIGHTS.size)
        found = zlib.crc32((whole @ _WEIGHTS).data, found)
        found = zlib.crc32(data[n_whole:].data, found)
    return found
