"""The texts of a source as strings, for tokenizers that are functions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from w2vfast.system.threads import Crew
from w2vfast.text.sources import FileSource, StringSource
from w2vfast.text.text_blocks import TextBlocks


def texts_of(
    source: FileSource | StringSource, crew: Crew, block_bytes: int
) -> Iterator[str]:
    """Yield the lines of files, or the strings of an iterable.

    Parameters
    ----------
    source : FileSource or StringSource
    crew : Crew
        Its progress is updated.
    block_bytes : int
        What is read of a file at once.
    """
    if isinstance(source, StringSource):
        return crew.counted(source.texts())
    blocks = TextBlocks(source, crew, block_bytes, exact=False, whole_lines=True)
    return _lines(blocks)


def _lines(blocks: TextBlocks) -> Iterator[str]:
    buffer = np.empty(0, dtype=np.uint8)
    try:
        while (block := blocks.read(buffer)) is not None:
            buffer, n, _ = block
            text = buffer[: n - 1].tobytes()  # without the newline at the end
            for line in text.replace(b"\r", b"").split(b"\n"):
                yield line.decode("utf-8", "surrogateescape")
    finally:
        blocks.close()
