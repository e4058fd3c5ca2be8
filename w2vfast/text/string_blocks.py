"""Blocks of text from strings in memory, a line for each string."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from w2vfast.errors import shown
from w2vfast.system.threads import Crew
from w2vfast.text.buffers import with_room
from w2vfast.text.sources import StringSource


class StringBlocks:
    """Joins the texts of a source to blocks; for one thread.

    Parameters
    ----------
    source : StringSource
    crew : Crew
        Its progress is updated by the texts read.
    block_bytes : int
        Least size of a block but the last.
    """

    unicode_spaces = False

    def __init__(self, source: StringSource, crew: Crew, block_bytes: int) -> None:
        self._texts = crew.counted(source.texts())
        self._block_bytes = block_bytes
        self._number = -1

    def read(
        self, buffer: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], int, int] | None:
        """Read the next block, as `TextBlocks.read` does."""
        lines: list[bytes] = []
        n = 0
        for text in self._texts:
            line = _line(text)
            lines.append(line)
            n += len(line) + 1
            if n >= self._block_bytes:
                break
        if not lines:
            return None
        buffer = with_room(buffer, n)
        buffer[:n].data[:] = b"\n".join([*lines, b""])
        self._number += 1
        return buffer, n, self._number


def _line(text: str) -> bytes:
    try:
        return text.replace("\n", " ").encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        message = (
            f"the text {shown(text)} has a surrogate that represents no byte; decode "
            "texts with errors='surrogateescape' or 'replace'."
        )
        raise ValueError(message) from error
