"""Count words: the first and only pass over a corpus.

`count_words` reads a source on the threads of a `Crew`, which take blocks of it in
order.  Each thread counts words in its own dictionary and writes provisional ids of
that dictionary; the `IdStore` keeps the ids in the order of the blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from w2vfast import _text
from w2vfast.errors import Setting, SettingsError, warn
from w2vfast.system.threads import Crew
from w2vfast.text.arrow_types import Kind
from w2vfast.text.column_blocks import ColumnBlocks, encode_lists
from w2vfast.text.column_source import ColumnSource
from w2vfast.text.id_blocks import BLOCK_IDS, IdBlocks
from w2vfast.text.idstore import IdStore
from w2vfast.text.sources import (
    FileSource,
    IdCorpus,
    Source,
    StringSource,
)
from w2vfast.text.string_blocks import StringBlocks
from w2vfast.text.text_blocks import TextBlocks
from w2vfast.text.token_lists import token_lists
from w2vfast.text.tokenizers import BuiltIn


@dataclass
class EncodingJob:
    """What the steps of encoding share.

    Parameters
    ----------
    crew : Crew
        The threads.
    store : IdStore
        Receives the provisional ids.
    exact : bool
        Split text into words as the C program does.
    prune_above : int
        Prune the rarest words when a dictionary holds more; 0 never prunes [words].
    block_bytes : int
        What a thread reads at once.
    first_blocks : list of int
        OUT: for each file, the number of its first block; empty if they are read as
        one list of sentences.
    """

    crew: Crew
    store: IdStore
    exact: bool
    prune_above: int
    block_bytes: int
    first_blocks: list[int] = field(default_factory=list)

    def new_counter(self) -> _text.WordCounter:
        """Return an empty dictionary."""
        return _text.WordCounter(self.prune_above)

    def on_each_thread(
        self, count: Callable[[_text.WordCounter, int], None]
    ) -> list[_text.WordCounter]:
        """Call count(dictionary, k) on each thread k; return the dictionaries."""
        counters = [self.new_counter() for _ in range(self.crew.size)]
        self.crew.run(lambda worker: count(counters[worker], worker))
        return counters


def count_words(source: Source, job: EncodingJob) -> list[_text.WordCounter]:
    """Store the provisional ids of a source; return the workers' dictionaries."""
    if isinstance(source, IdCorpus):
        return _count_ids(source, job)
    if isinstance(source, ColumnSource):
        return _count_column(source, job)
    if isinstance(source, FileSource) and isinstance(source.tokenizer, BuiltIn):
        return _count_text(source, source.tokenizer, job)
    if isinstance(source, StringSource) and isinstance(source.tokenizer, BuiltIn):
        return _count_strings(source, source.tokenizer, job)
    return _count_lists(token_lists(source, job.crew, job.block_bytes), job)


# ---------------------------------------------------------------------------
# Text
# ---------------------------------------------------------------------------


def _count_text(
    source: FileSource, tokenizer: BuiltIn, job: EncodingJob
) -> list[_text.WordCounter]:
    if job.exact and len(source.files) != 1:
        text = (
            *(Setting("mode", "exact"), " reads one file, as the C program does, got "),
            f"{len(source.files)}. Concatenate them, or use ",
            *(Setting("mode", "fast"), "."),
        )
        raise SettingsError(text)
    blocks = TextBlocks(source, job.crew, job.block_bytes, job.exact)
    try:
        counters = job.on_each_thread(partial(_encode_text, blocks, tokenizer, job))
    finally:
        blocks.close()
    for message in blocks.messages:
        warn(message)
    job.first_blocks = blocks.first_blocks
    return counters


def _count_strings(
    source: StringSource, tokenizer: BuiltIn, job: EncodingJob
) -> list[_text.WordCounter]:
    # On the calling thread only: the iterable is Python code.
    counter = job.new_counter()
    blocks = StringBlocks(source, job.crew, job.block_bytes)
    _encode_text(blocks, tokenizer, job, counter, 0)
    return [counter]


def _encode_text(
    blocks: TextBlocks | StringBlocks | ColumnBlocks,
    tokenizer: BuiltIn,
    job: EncodingJob,
    counter: _text.WordCounter,
    worker: int,
) -> None:
    """Encode blocks of text until none is left."""
    buffer = spare = np.empty(0, dtype=np.uint8)
    ids = np.empty(0, dtype=np.int32)
    while (block := blocks.read(buffer)) is not None:
        job.crew.poll()
        buffer, n, number = block
        if blocks.unicode_spaces:
            _text.blank_white_space(buffer, n)
        if job.exact:
            n = _text.drop_carriage_returns(buffer, n)
        tokens, n = tokenizer.split(buffer, n, spare)
        spare = spare if tokens is buffer else tokens
        if ids.size < n or ids.size > 2 * tokens.size:
            ids = np.empty(tokens.size, dtype=np.int32)
        first_id = counter.next_id
        n_ids = counter.encode_text(tokens, n, ids, job.exact)
        job.store.put(number, ids[:n_ids], worker, first_id)


# ---------------------------------------------------------------------------
# Lists of tokens
# ---------------------------------------------------------------------------


def _count_lists(
    sentences: Iterable[Sequence[Any]], job: EncodingJob
) -> list[_text.WordCounter]:
    # On the calling thread only: the iterable is Python code.
    counter = job.new_counter()
    capacity = max(2, min(BLOCK_IDS, job.block_bytes))
    ids = np.empty(capacity, dtype=np.int32)
    n_ids = number = 0
    first_id = counter.next_id
    for tokens in sentences:
        for start in range(0, max(1, len(tokens)), capacity - 1):
            piece = tokens[start : start + capacity - 1]
            if n_ids + len(piece) + 1 > capacity:
                job.store.put(number, ids[:n_ids], 0, first_id)
                number, n_ids, first_id = number + 1, 0, counter.next_id
            n_ids = counter.encode_tokens(piece, ids, n_ids, job.exact)
        ids[n_ids] = _text.EOS
        n_ids += 1
        job.crew.poll()
    job.store.put(number, ids[:n_ids], 0, first_id)
    return [counter]


# ---------------------------------------------------------------------------
# Arrays of ids
# ---------------------------------------------------------------------------


def _count_ids(source: IdCorpus, job: EncodingJob) -> list[_text.WordCounter]:
    blocks = IdBlocks(source, job.crew, min(BLOCK_IDS, job.block_bytes))
    return job.on_each_thread(partial(_encode_values, blocks, job))


def _encode_values(
    blocks: IdBlocks, job: EncodingJob, counter: _text.WordCounter, worker: int
) -> None:
    """Encode blocks of an array of ids until none is left."""
    while (block := blocks.next()) is not None:
        job.crew.poll()
        ids = np.empty(block.values.size + block.ends.size, dtype=np.int32)
        first_id = counter.next_id
        n_ids = counter.encode_values(
            block.values,
            block.ends,
            ids,
            padding=blocks.corpus.padding,
            separator=blocks.corpus.separator,
            exact=job.exact,
            offset=block.start,
        )
        job.store.put(block.number, ids[:n_ids], worker, first_id)


# ---------------------------------------------------------------------------
# Columns of tables
# ---------------------------------------------------------------------------


def _count_column(source: ColumnSource, job: EncodingJob) -> list[_text.WordCounter]:
    blocks = ColumnBlocks(source, job.crew, job.block_bytes)
    is_text = blocks.kind is Kind.TEXTS
    if is_text and isinstance(blocks.tokenizer, BuiltIn):
        job.first_blocks = blocks.first_blocks  # grows with the files that are opened
        return job.on_each_thread(partial(_encode_text, blocks, blocks.tokenizer, job))
    # Exact mode checks each word.
    if is_text or (job.exact and blocks.kind is Kind.TOKENS):
        return _count_lists(blocks.token_lists(), job)
    job.first_blocks = blocks.first_blocks
    return job.on_each_thread(partial(_encode_lists, blocks, job))


def _encode_lists(
    blocks: ColumnBlocks, job: EncodingJob, counter: _text.WordCounter, worker: int
) -> None:
    """Encode blocks of lists until none is left."""
    ids = np.empty(0, dtype=np.int32)
    while (block := blocks.next()) is not None:
        job.crew.poll()
        first_id = counter.next_id
        ids, n_ids = encode_lists(block, counter, ids)
        job.store.put(block.number, ids[:n_ids], worker, first_id)
