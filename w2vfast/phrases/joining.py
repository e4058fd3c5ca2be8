"""Write a counted corpus as text with its phrases joined, on several threads."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.phrases.chunks import run_in_chunks
from w2vfast.phrases.counting import CountedCorpus
from w2vfast.system.progress import PhaseBars
from w2vfast.system.threads import Crew

ROUND_IDS = 1 << 22  # ids that are scored by all threads before they are written


def write_joined(
    counted: CountedCorpus,
    rule: _text.PhraseRule,
    file: BinaryIO,
    *,
    workers: int = 1,
    bars: PhaseBars | None = None,
) -> int:
    """Write the corpus as text, one sentence per line, joining from left to right.

    Parameters
    ----------
    counted : CountedCorpus
    rule : PhraseRule
        Decides which candidates are phrases.
    file : binary file, open for writing
    workers : int, default 1
        Threads that score; one of them writes.
    bars : PhaseBars, optional
        Shows progress.

    Returns
    -------
    int
        Number of phrases written, counting repetitions.
    """
    ids, joiner = counted.corpus.ids, counted.joiner
    word_counts = counted.counts.word_counts(joiner)
    bars = bars or PhaseBars(False)
    crew = Crew(workers, bars.phase("writing", "words"), ids.size)
    written, in_line, n_phrases = 0, False, 0
    for start in range(0, ids.size, ROUND_IDS):
        stop = min(start + ROUND_IDS, ids.size)
        marks = _phrase_marks(crew, counted, rule, word_counts, start, stop)
        text, written, in_line, n_joined = _text.joined_text(
            joiner, ids, written, stop, marks, start, in_line
        )
        n_phrases += n_joined
        file.write(text)
    crew.finish()
    return n_phrases


def _phrase_marks(
    crew: Crew,
    counted: CountedCorpus,
    rule: _text.PhraseRule,
    word_counts: NDArray[np.int64],
    start: int,
    stop: int,
) -> NDArray[np.uint8]:
    """Mark the last word of each candidate in ids[start:stop] that is a phrase."""
    ids, joiner, counts = counted.corpus.ids, counted.joiner, counted.counts
    marks = np.zeros(stop - start, dtype=np.uint8)

    def mark(thread: int, first: int, last: int) -> None:
        part = marks[first - start : last - start]
        counts.mark_phrases(joiner, ids, first, last, word_counts, part, rule)

    run_in_chunks(crew, start, stop, mark)
    return marks
