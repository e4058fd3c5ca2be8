"""A corpus counted for phrases, and written with its phrases joined, on threads.

A candidate is two words with nothing but connector words between them, in one
sentence.  `count_corpus` encodes a corpus once and counts words and candidates by
their joined text in one table; `write_joined` goes through the ids again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.system.progress import PhaseBars
from w2vfast.system.threads import Crew
from w2vfast.text.corpus import EncodedCorpus, encode
from w2vfast.text.sources import as_source

CHUNK_IDS = 1 << 18  # that a thread takes at once
ROUND_IDS = 1 << 22  # that are counted between two prunings, or written at once


@dataclass
class CountedCorpus:
    """A corpus and its counts.

    Parameters
    ----------
    corpus : EncodedCorpus
    joiner : Joiner
        The words of its ids.
    counts : PhraseCounts
        Of its words, without connector words, and candidates.
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
    source : anything that `corpus.encode` takes, of text
    connector_words : container of str
        Words that no phrase begins or ends with; they are not counted.
    delimiter : str
        What stands between the words of a phrase.
    max_vocab_size : int
        Drop the rarest entries whenever there are more after so many words (or after
        ROUND_IDS, if that is more).
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
    vocab, corpus = encode(source, min_count=1, workers=workers, progress=reading)
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
    step = max(max_vocab_size, ROUND_IDS)
    for start in range(0, corpus.ids.size, step):
        _count_pairs(crew, joiner, corpus.ids[: start + step], start, counts)
        counts.prune(max_vocab_size)
    crew.finish()
    return CountedCorpus(corpus, joiner, counts)


def _count_pairs(
    crew: Crew,
    joiner: _text.Joiner,
    ids: NDArray[np.int32],
    start: int,
    counts: _text.PhraseCounts,
) -> None:
    """Count the candidates that end in ids[start:], each thread in its own table."""
    tables = [counts, *(_text.PhraseCounts() for _ in range(1, crew.size))]

    def count(worker: int, first: int, last: int) -> None:
        tables[worker].count_pairs(joiner, ids, first, last)

    _in_chunks(crew, start, ids.size, count)
    while len(tables) > 1:
        kept, gone = tables[::2], tables[1::2]

        def absorb(worker: int, kept: Any = kept, gone: Any = gone) -> None:
            if worker < len(gone):
                kept[worker].absorb(gone[worker])

        crew.run(absorb)
        tables = kept


def _in_chunks(
    crew: Crew, start: int, stop: int, work: Callable[[int, int, int], None]
) -> None:
    """Call work(worker, first, last) for pieces of start to stop, on all threads."""
    firsts = iter(range(start, stop, CHUNK_IDS))
    lock = threading.Lock()

    def take_pieces(worker: int) -> None:
        while True:
            crew.poll()
            with lock:
                first = next(firsts, stop)
                crew.done = first
            if first == stop:
                return
            work(worker, first, min(first + CHUNK_IDS, stop))

    crew.run(take_pieces)


def write_joined(
    counted: CountedCorpus,
    rule: _text.PhraseRule,
    file: BinaryIO,
    *,
    workers: int = 1,
    bars: PhaseBars | None = None,
) -> int:
    """Write the corpus as text, a sentence a line, phrases joined from left to right.

    Parameters
    ----------
    counted : CountedCorpus
    rule : PhraseRule
        Which candidates are phrases.
    file : binary file, open for writing
    workers : int, default 1
        Threads that score; one writes.
    bars : PhaseBars, optional
        Shows progress.

    Returns
    -------
    int
        Phrases written, repeated ones too.
    """
    ids, joiner = counted.corpus.ids, counted.joiner
    word_counts = counted.counts.word_counts(joiner)
    bars = bars or PhaseBars(False)
    crew = Crew(workers, bars.phase("writing", "words"), ids.size)
    written, in_line, n_phrases = 0, False, 0
    for start in range(0, ids.size, ROUND_IDS):
        stop = min(start + ROUND_IDS, ids.size)
        marks = np.zeros(stop - start, dtype=np.uint8)

        def mark(
            worker: int, first: int, last: int, start: int = start, marks: Any = marks
        ) -> None:
            part = marks[first - start : last - start]
            counted.counts.mark_phrases(
                joiner, ids, first, last, word_counts, part, rule
            )

        _in_chunks(crew, start, stop, mark)
        text, written, in_line, joined = _text.joined_text(
            joiner, ids, written, stop, marks, start, in_line
        )
        n_phrases += joined
        file.write(text)
    crew.finish()
    return n_phrases
