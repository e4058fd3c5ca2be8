"""The sentences of any source, as lists of tokens, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.errors import warn
from w2vfast.system.threads import Crew
from w2vfast.text.column_blocks import ColumnBlocks
from w2vfast.text.column_source import ColumnSource
from w2vfast.text.sentences import token_list
from w2vfast.text.sources import FileSource, IdCorpus, Source, StringSource
from w2vfast.text.text_blocks import TextBlocks
from w2vfast.text.tokenizers import called

BLOCK_BYTES = 1 << 20


def token_lists(
    source: Source, crew: Crew, block_bytes: int = BLOCK_BYTES
) -> Iterator[Sequence[Any]]:
    """Yield the tokens of each sentence, which is a line of a file.

    Parameters
    ----------
    source : FileSource, SentenceSource, ColumnSource or IdCorpus
    crew : Crew
        Its progress is updated.
    block_bytes : int, optional
        What is read of a file or column at once.
    """
    if isinstance(source, IdCorpus):
        return (ids.tolist() for ids in _id_sentences(source))
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
            text = buffer[:n].tobytes().replace(b"\r\n", b"\n").replace(b"\r", b" ")
            for line in text[:-1].split(b"\n"):  # without the newline at the end
                yield line.decode("utf-8", "surrogateescape")
    finally:
        blocks.close()
    for message in blocks.messages:
        warn(message)


def _id_sentences(corpus: IdCorpus) -> Iterator[NDArray[Any]]:
    ids = corpus.ids
    if ids.ndim == 2:
        yield from (row[row != corpus.padding] for row in ids)
        return
    if corpus.indptr is not None:
        stops = corpus.indptr[1:]
        starts = corpus.indptr[:-1]
    else:
        marks = np.flatnonzero(ids == corpus.separator)
        starts = np.append(0, marks + 1)
        stops = np.append(marks, len(ids))
        if starts[-1] == len(ids):  # the last separator ends the array
            starts, stops = starts[:-1], stops[:-1]
    yield from (ids[a:b] for a, b in zip(starts, stops, strict=True))
