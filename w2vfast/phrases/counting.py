"""Count the words and phrase candidates of a corpus, on several threads.

A candidate is two words of one sentence with only connector words between them.  The
corpus is encoded once; words and candidates, as joined text, are counted in one table.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.phrases.chunks import run_in_chunks
from w2vfast.system.progress import PhaseBars
from w2vfast.system.threads import Crew
from w2vfast.text.corpus import EncodedCorpus, encode
from w2vfast.text.sources import as_source

PRUNE_INTERVAL = 1 << 22  # least number of ids that are counted between two prunings


@dataclass
class CountedCorpus:
    """An encoded corpus and its counts.

    Parameters
    ----------
    corpus : EncodedCorpus
    joiner : Joiner
        Maps the ids of the corpus to words.
    counts : PhraseCounts
        Counts of words, except connector words, and of candidates.
    """

    corpus: EncodedCorpus
    joiner: _text.Joiner
    counts: _text.PhraseCounts


def count_corpus(
    source: Any,
    *,
    connector_words: Container[str] = frozenset(),
    delimiter: str = "_",
    max_vocab_size: int,
    workers: int = 1,
    bars: PhaseBars | None = None,
) -> CountedCorpus:
    """Read a corpus once and count its words and candidates.

    Parameters
    ----------
    source : sentences or a source of text
        Anything that `w2vfast.text.corpus.encode` accepts.
    connector_words : container of str
        Words that no phrase begins or ends with; they are not counted.
    delimiter : str
        Separates the words of a candidate.
    max_vocab_size : int
        Keep at most this many entries.  Checked after this many ids, or after
        `PRUNE_INTERVAL` ids if that is more; the rarest entries are dropped.
    workers : int, default 1
        Threads.  The result does not depend on it.
    bars : PhaseBars, optional
        Shows progress.

    Raises
    ------
    TypeError
        If the words are integers.
    ValueError
        If there are no words.
    """
    bars = bars or PhaseBars(False)
    source = as_source(source)
    reading = bars.phase("reading", source.unit)
    vocab, corpus = encode(source, min_count=1, workers=workers, report=reading)
    if isinstance(vocab.words[-1], int):
        corpus.close()
        message = (
            f"phrases are made of words, got integers such as {vocab.words[-1]}. "
            "Convert the tokens: [[str(token) for token in sentence] for ...]."
        )
        raise TypeError(message)
    joiner = _text.Joiner(vocab.words, connector_words, delimiter)
    counts = _text.PhraseCounts()
    crew = Crew(workers, bars.phase("counting", "words"), corpus.ids.size)
    counts.count_words(joiner, vocab.counts)
    step = max(max_vocab_size, PRUNE_INTERVAL)
    for start in range(0, corpus.ids.size, step):
        _count_candidates(crew, joiner, corpus.ids[: start + step], start, counts)
        counts.prune(max_vocab_size)
    crew.finish()
    return CountedCorpus(corpus, joiner, counts)


def _count_candidates(
    crew: Crew,
    joiner: _text.Joiner,
    ids: NDArray[np.int32],
    start: int,
    counts: _text.PhraseCounts,
) -> None:
    """Count the candidates that end in ids[start:], each thread in its own table."""
    tables = [counts, *(_text.PhraseCounts() for _ in range(1, crew.size))]

    def count(thread: int, first: int, last: int) -> None:
        tables[thread].count_pairs(joiner, ids, first, last)

    run_in_chunks(crew, start, ids.size, count)
    _merge_tables(crew, tables)


def _merge_tables(crew: Crew, tables: list[_text.PhraseCounts]) -> None:
    """Add all tables to the first one, in rounds that merge pairs in parallel."""
    while len(tables) > 1:
        targets, sources = tables[::2], tables[1::2]

        def merge(thread: int, targets: Any = targets, sources: Any = sources) -> None:
            if thread < len(sources):
                targets[thread].absorb(sources[thread])

        crew.run(merge)
        tables = targets
