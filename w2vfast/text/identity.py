"""Recognise a corpus that is given again as the same object."""

import weakref
from collections.abc import Callable, Hashable, Sequence
from typing import Any


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
