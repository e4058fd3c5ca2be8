"""Any source of text or ids becomes an int32 stream and a vocabulary.

`w2vfast.text.sources` turns what a user gives into a source; `encode` reads a source
once, on several threads, and returns a `Vocab` and an `EncodedCorpus`.  So a pipe, a
compressed file and a one-shot iterator are no special cases: nothing is read twice.

How `encode` works: `w2vfast.text.counting` counts words and gives them provisional ids,
each thread in its own dictionary, block by block.  Then the dictionaries are merged,
the vocabulary is cut and ordered, and the ids are renumbered in place.  The result is
the same for any number of threads.

The stream: 0 ends a sentence, other ids are rows of the vocabulary.  In fast mode a
sentence end follows each newline, each literal `</s>`, each file and each list of
tokens; several in a row leave one, and the stream ends with one.  In exact mode
every newline and `</s>` leaves a 0, as the C program reads them.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.system.threads import Crew, Progress
from w2vfast.text.counting import EOS, Job, count_words
from w2vfast.text.idstore import Ids, IdStore, default_limit
from w2vfast.text.sources import ReaderSource, as_source
from w2vfast.text.vocab import (
    SENTENCE_END,
    Vocab,
    Word,
    first_rows,
    no_word_error,
    select_words,
)
from w2vfast.text.vocab_growth import (
    check_same_kind,
    grow_vocab,
    nothing_comes_in,
    select_new_words,
)

BLOCK_BYTES = 1 << 20  # text that a thread takes at once
# The C program drops rare words above it, 0.7 of its 30 million hash places.
EXACT_MAX_WORDS = 21_000_000


@dataclass
class EncodedCorpus:
    """A corpus as ids.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        Rows of the vocabulary; 0 ends a sentence.  In memory, or mapped from a file
        without a name that is gone once the array is.
    n_sentences : int
        Sentences of the source with at least one word, before `min_count`; in exact
        mode newlines and `</s>`.
    n_words : int
        Words of the source, before `min_count`, without sentence ends.
    n_unknown : int
        Those of them that are not in the vocabulary, and so not among the ids.
    """

    ids: Ids
    n_sentences: int
    n_words: int
    n_unknown: int = 0

    def close(self) -> None:
        """Give the ids back, and the file that held them."""
        self.ids = np.empty(0, dtype=np.int32)

    def __enter__(self) -> EncodedCorpus:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def encode(
    source: Any,
    *,
    exact: bool = False,
    min_count: int = 5,
    max_final_vocab: int | None = None,
    max_vocab_size: int | None = None,
    vocab: Vocab | None = None,
    grow: bool = False,
    workers: int = 1,
    memory_limit: int | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[Vocab, EncodedCorpus]:
    """Read a corpus once; return its vocabulary and its ids.

    Parameters
    ----------
    source : FileSource, SentenceSource or IdCorpus
        Or what `file_source` (a path) or `sentence_source` (anything else) takes.
    exact : bool, default False
        Read text as the C program does.
    min_count : int, default 5
        The count that a word needs [words].
    max_final_vocab : int, optional
        At most so many words, the most frequent ones.
    max_vocab_size : int, optional
        Prune the rarest words whenever there are more, on one thread.  A pruned word
        stays out, and a warning says how many did.
    vocab : Vocab, optional
        Look words up there, and drop the others; its counts stay as they are.
    grow : bool, default False
        With `vocab`: count its words in the source too, take in others by `min_count`
        and `max_final_vocab`, and return a `GrownVocab`.  Nothing is pruned, since a
        pruned word might be one that is known.
    workers : int, default 1
        Threads.  The result does not depend on it.
    memory_limit : int, optional
        Keep ids in memory up to it, else in a file [bytes]; a quarter of what is
        available when None.
    cache_dir : path, optional
        Where that file goes; the system's temporary directory when None.
    progress : callable, optional
        Called as progress(done, total) on the calling thread about 10 times a
        second: bytes of files, sentences or values; total None if it is unknown.
    block_bytes : int, default 1 MiB
        What a thread takes at once.

    Raises
    ------
    TypeError, ValueError
        If the source is empty or malformed, or no word reaches `min_count`.
    OSError
        If a file cannot be read, or the file of ids not be written.

    Warns
    -----
    UserWarning
        If words were pruned, or a file has no newline but carriage returns.
    """
    if workers < 1:
        message = f"workers must be 1 or more, got {workers}"
        raise ValueError(message)
    source = as_source(source)
    pruning = max_vocab_size if vocab is None else None
    size = 1 if pruning is not None else workers
    limit = default_limit() if memory_limit is None else memory_limit
    if limit < 0:
        message = f"memory_limit must be at least 0 bytes or None, got {limit}."
        raise ValueError(message)
    place = None if cache_dir is None else os.fspath(cache_dir)
    longest = source.max_sentence_length if isinstance(source, ReaderSource) else None
    store = IdStore(limit, place, longest)
    crew = Crew(size, progress, source.total)
    job = Job(crew, store, exact, pruning or 0, block_bytes)
    try:
        counters = count_words(source, job)
        crew.finish()
        first_word = 0 if exact else 1
        choice = _Choice(
            source.name, min_count, max_final_vocab, first_word, vocab, grow
        )
        return _finish(job, counters, choice)
    finally:
        store.close()


class _Choice(NamedTuple):
    """Which words have rows, as `encode` was told."""

    name: str
    min_count: int
    max_final_vocab: int | None
    first_word: int  # of a vocabulary that is made
    vocab: Vocab | None
    grow: bool


def _finish(
    job: Job, counters: list[_text.WordCounter], choice: _Choice
) -> tuple[Vocab, EncodedCorpus]:
    blocks = np.array(job.store.blocks, dtype=np.int64).reshape(-1, 3)
    words = _merge(job, counters, blocks)
    counts = words.counter.counts()
    n_words = int(counts.sum()) + words.counter.lost_tokens
    _check_words(choice.name, words, n_words, job.exact)
    _warn_of_pruning(words.counter, job.max_vocab_size)
    if not counts.any():
        message = (
            f"max_vocab_size={job.max_vocab_size} left none of the words of "
            f"{choice.name}. Raise it, or leave it out."
        )
        raise ValueError(message)
    if choice.vocab is None:
        vocab, rows = _chosen_vocab(words, choice)
    elif choice.grow:
        vocab, rows = _grown_vocab(words, choice.vocab, choice)
    else:
        vocab, rows = choice.vocab, _known_rows(words, choice.vocab)
        _check_known(words, rows, choice.vocab, choice.name)
    unknown = int(counts[rows == _text.LOST].sum()) + words.counter.lost_tokens
    row_maps = {worker: rows[ids] for worker, ids in words.maps.items()}
    ids, sentences = _final_ids(job, blocks, row_maps)
    if vocab is not choice.vocab:
        vocab.counts[0] += sentences
    return vocab, EncodedCorpus(ids, sentences, n_words, unknown)


def _final_ids(
    job: Job, blocks: NDArray[np.int64], row_maps: dict[int, Ids]
) -> tuple[Ids, int]:
    n, sentences = _renumber(job, job.store.take(), blocks, row_maps)
    return job.store.take_first(n), sentences


def _check_words(name: str, words: _Words, n_words: int, exact: bool) -> None:
    if n_words == 0:
        message = (
            f"{name} holds no words: it is empty or all white space, or a generator "
            "that was read before. Give text, or a corpus that can be read again."
        )
        raise ValueError(message)
    if exact and len(words.counter) >= EXACT_MAX_WORDS:
        message = (
            f"{name} has {len(words.counter)} distinct words; from "
            f"{EXACT_MAX_WORDS} on the C program drops rare ones while it reads, which "
            "mode='exact' does not follow. Use mode='fast'."
        )
        raise ValueError(message)


def _warn_of_pruning(counter: _text.WordCounter, max_vocab_size: int) -> None:
    if counter.lost_words:
        message = (
            f"max_vocab_size={max_vocab_size} pruned {counter.lost_words} words, which "
            f"occur {counter.lost_tokens} times; they are not in the vocabulary"
        )
        warnings.warn(message, UserWarning, stacklevel=4)


@dataclass
class _Words:
    """The words of some workers.

    Parameters
    ----------
    counter : WordCounter
        The words and their counts.
    maps : dict of int to ndarray of int32
        For each worker, the ids here of its own ids.
    first_seen : ndarray of int64, shape (ids,)
        Grows with a word's first place in the corpus.
    """

    counter: _text.WordCounter
    maps: dict[int, Ids]
    first_seen: NDArray[np.int64]

    def absorb(self, other: _Words) -> None:
        """Take the words of other workers in."""
        here = self.counter.absorb(other.counter)
        for worker, ids in other.maps.items():
            self.maps[worker] = here[ids]
        first_seen = np.full(self.counter.next_id, np.iinfo(np.int64).max)
        first_seen[: self.first_seen.size] = self.first_seen
        _text.keep_earliest(first_seen, here, other.first_seen)
        self.first_seen = first_seen


def _merge(
    job: Job, counters: list[_text.WordCounter], blocks: NDArray[np.int64]
) -> _Words:
    """Merge the dictionaries of all workers, pair by pair, several pairs at once."""
    parts = [
        _Words(
            counter,
            {worker: np.arange(counter.next_id, dtype=np.int32)},
            _first_seen(blocks, worker, counter.next_id),
        )
        for worker, counter in enumerate(counters)
    ]
    counters.clear()  # so that what is merged can go
    while len(parts) > 1:
        parts = _merge_pairs(job.crew, parts)
    return parts[0]


def _merge_pairs(crew: Crew, parts: list[_Words]) -> list[_Words]:
    kept, gone = parts[::2], parts[1::2]

    def work(worker: int) -> None:
        for k in range(worker, len(gone), crew.size):
            crew.poll()
            kept[k].absorb(gone[k])

    crew.run(work)
    return kept


def _first_seen(
    blocks: NDArray[np.int64], worker: int, next_id: int
) -> NDArray[np.int64]:
    """Return a number for each of a worker's ids that grows with its first place.

    A worker takes its blocks in order and gives its ids in order; so the number is
    the block's, and within the block the id.
    """
    mine = np.flatnonzero(blocks[:, 1] == worker)
    bounds = np.append(blocks[mine, 2], next_id)
    numbers = np.repeat(mine, np.diff(bounds))
    keys = np.zeros(next_id, dtype=np.int64)
    keys[1:] = (numbers << 31) + np.arange(1, next_id)
    return keys


def _chosen_vocab(words: _Words, choice: _Choice) -> tuple[Vocab, Ids]:
    """Return the vocabulary, its counts[0] still 0, and the row of each id."""
    counts = words.counter.counts()
    ids = select_words(
        counts,
        words.first_seen,
        min_count=max(1, choice.min_count),
        max_final_vocab=choice.max_final_vocab,
    )
    if ids.size == 0:
        raise no_word_error(*_most_frequent(words), choice.min_count)
    rows = np.full(counts.size, _text.LOST, dtype=np.int32)
    rows[EOS] = 0
    rows[ids] = np.arange(1, ids.size + 1, dtype=np.int32)
    names: list[Word] = [SENTENCE_END, *words.counter.words(ids)]
    kept_counts = np.concatenate([[0], counts[ids]])
    return Vocab(names, kept_counts, first_word=choice.first_word), rows


def _most_frequent(words: _Words) -> tuple[Word, int]:
    counts = words.counter.counts()
    most = int(np.argmax(counts))
    return words.counter.words(np.array([most]))[0], int(counts[most])


def _grown_vocab(words: _Words, vocab: Vocab, choice: _Choice) -> tuple[Vocab, Ids]:
    """Return the vocabulary with the text's words, and the row of each id.

    Its counts[0] is without the text's sentence ends as yet.
    """
    check_same_kind(vocab, words.counter.holds_integers)
    counts, rows = words.counter.counts(), _known_rows(words, vocab)
    is_known = rows != _text.LOST
    ids = select_new_words(
        counts,
        is_known,
        words.first_seen,
        n_known=len(vocab) - 1,
        min_count=choice.min_count,
        max_final_vocab=choice.max_final_vocab,
    )
    is_known[EOS] = False
    if ids.size == 0 and not is_known.any():
        raise nothing_comes_in(*_most_frequent(words), choice.min_count)
    more = np.zeros(len(vocab), dtype=np.int64)
    more[rows[is_known]] = counts[is_known]
    grown = grow_vocab(vocab, more, list(words.counter.words(ids)), counts[ids])
    rows[ids] = np.arange(len(vocab), len(grown), dtype=np.int32)
    has_row = rows != _text.LOST
    rows[has_row] = grown.rows[rows[has_row]]
    return grown, rows


def _known_rows(words: _Words, vocab: Vocab) -> Ids:
    """Return the row in `vocab` of each id, LOST where there is none."""
    known = _text.WordCounter()
    row_of = np.full(len(vocab) + 2, _text.LOST, dtype=np.int32)  # [-1]: no word
    for word, row in first_rows(vocab.words).items():
        is_end = row == 0 and word == SENTENCE_END
        row_of[EOS if is_end else known.add(word)] = row
    rows: Ids = row_of[known.match(words.counter)]
    return rows


def _check_known(words: _Words, rows: Ids, vocab: Vocab, name: str) -> None:
    if (rows[1:] == _text.LOST).all():
        kind = "integers" if words.counter.holds_integers else "text"
        message = (
            f"no word of {name} ({kind}) is in the vocabulary, whose most frequent "
            f"ones are {vocab.words[1:4]!r}"
        )
        raise ValueError(message)


def _renumber(
    job: Job, ids: Ids, blocks: NDArray[np.int64], rows: dict[int, Ids]
) -> tuple[int, int]:
    """Turn provisional ids into rows, in place; return how many and the sentences."""
    n_runs = min(job.crew.size, len(blocks))
    stops = np.cumsum(blocks[:, 0])
    cuts = np.searchsorted(stops, np.linspace(0, stops[-1], n_runs + 1)[1:-1])
    bounds = [0, *cuts.tolist(), len(blocks)]
    runs: list[_text.Renumbering | None] = [None] * n_runs

    def work(worker: int) -> None:
        if worker >= n_runs:
            return
        first, last = bounds[worker], bounds[worker + 1]
        start = int(stops[first - 1]) if first else 0
        run = _text.Renumbering(ids, start, job.exact)
        for n, owner, _ in blocks[first:last].tolist():
            job.crew.poll()
            run.block(n, rows[owner])
        runs[worker] = run

    job.crew.run(work)
    return _join(ids, [run for run in runs if run is not None], job.exact)


def _join(ids: Ids, runs: list[_text.Renumbering], exact: bool) -> tuple[int, int]:
    """Move what the runs left together; return how many ids, how many sentences.

    A run does not know what stands before it, so a sentence end at its start may be
    the end of an empty sentence.
    """
    to = sentences = 0
    last = EOS
    for run in runs:
        if run.read == run.start:
            continue
        start = run.start
        sentences += run.sentences
        if not exact:
            sentences -= run.first == EOS and last == EOS
            empty = to == 0 or ids[to - 1] == EOS
            start += run.stop > start and ids[start] == EOS and empty
        _text.move_ids(ids, start, run.stop, to)
        to += run.stop - start
        last = run.last
    return to, sentences
