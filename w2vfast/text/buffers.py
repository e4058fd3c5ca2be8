"""Buffers that blocks of text are read into."""

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text


def with_capacity(
    buffer: NDArray[np.uint8], n: int, n_kept: int = 0
) -> NDArray[np.uint8]:
    """Return a buffer for n bytes of text that keeps the first `n_kept` bytes."""
    size = n + _text.PADDING + 1
    if buffer.size == size:
        return buffer
    larger = np.zeros(size, dtype=np.uint8)
    larger[:n_kept] = buffer[:n_kept]
    return larger


def with_room(buffer: NDArray[np.uint8], n: int) -> NDArray[np.uint8]:
    """Return a buffer for n bytes of text or more; its contents are lost."""
    size = n + _text.PADDING
    return buffer if buffer.size >= size else np.zeros(size + size // 4, np.uint8)
