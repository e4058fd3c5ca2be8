"""The sentences of any source but ids, as lists of tokens, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from w2vfast.errors import warn
from w2vfast.system.threads import Crew
from w2vfast.text.column_blocks import ColumnBlocks
from w2vfast.text.column_source import ColumnSource
from w2vfast.text.sentences import token_list
from w2vfast.text.sources import FileSource, SentenceSource, StringSource
from w2vfast.text.text_blocks import TextBlocks
from w2vfast.text.tokenizers import called


def token_lists(
    source: FileSource | SentenceSource | ColumnSource, crew: Crew, block_bytes: int
) -> Iterator[Sequence[Any]]:
    """Yield the tokens of each sentence, which is a line of a file.

    Parameters
    ----------
    source : FileSource, SentenceSource or ColumnSource
    crew : Crew
        Its progress is updated.
    block_bytes : int
        What is read of a file or column at once.
    """
    if isinstance(source, ColumnSource):
        return ColumnBlocks(source, crew, block_bytes).token_lists()
    if isinstance(source, FileSource):
        return called(source.tokenizer, _lines(source, crew, block_bytes))
    if isinstance(source, StringSource):
        return called(source.tokenizer, crew.counted(source.texts()))
    sentences = crew.counted(source.sentences)
    return (token_list(sentence, k) for k, sentence in enumerate(sentences))


def _lines(source: FileSource, crew: Crew, block_bytes: int) -> Iterator[str]:
    blocks = TextBlocks(source, crew, block_bytes, exact=False, whole_lines=True)
    buffer = np.empty(0, dtype=np.uint8)
    try:
        while (block := blocks.read(buffer)) is not None:
            buffer, n, _ = block
            text = buffer[: n - 1].tobytes()  # without the newline at the end
            for line in text.replace(b"\r", b"").split(b"\n"):
                yield line.decode("utf-8", "surrogateescape")
    finally:
        blocks.close()
    for message in blocks.messages:
        warn(message)
