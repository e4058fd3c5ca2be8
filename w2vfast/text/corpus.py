"""Encode a corpus: text or ids in, an int32 stream and a vocabulary out.

`encode` reads its source once, on several threads, so that pipes, compressed files
and one-shot iterators need no special treatment.  The steps, a module each:

1. `counting` counts words and gives them provisional ids, each thread in its own
   dictionary; `idstore` keeps the ids.
2. `merging` merges the dictionaries of the threads.
3. `word_rows` chooses the words of the vocabulary and gives each a row.
4. `renumbering` replaces provisional ids by rows, in place.

The result is the same for any number of threads.

In the encoded stream, 0 ends a sentence and the other ids are rows of the vocabulary.
In fast mode a sentence ends after each newline, each literal `</s>`, each file and
each list of tokens; empty sentences are dropped, and the stream ends with a 0.  In
exact mode every newline and every `</s>` gives a 0, as in the C program.
"""

from __future__ import annotations

import errno
import numbers
import os
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.aliases import Word
from w2vfast.errors import (
    NoWordsError,
    Setting,
    SettingsError,
    counted,
    shortened,
    shown,
    warn,
)
from w2vfast.system.threads import Crew, Report
from w2vfast.text.counting import EncodingJob, count_words
from w2vfast.text.idstore import BlockTable, Ids, IdStore, default_limit
from w2vfast.text.merging import BlockPlaces, MergedWords, merge_dictionaries
from w2vfast.text.renumbering import renumber
from w2vfast.text.sources import ReaderSource, as_source
from w2vfast.text.trim_rule import TrimRule
from w2vfast.text.vocab import Vocab
from w2vfast.text.word_rows import RowRules, assign_rows

BLOCK_BYTES = 1 << 20  # text that a thread reads at once
IDLE_WORKERS = 16  # threads that may be started for nothing
WORKER_SHARE = 1 << 10  # bytes, sentences or values for each thread beyond them
# From here on the C program drops rare words: 0.7 of its 30 million hash entries.
EXACT_MAX_WORDS = 21_000_000


class WordSharing(Protocol):
    """Encodes one text together with other processes, each of which has a part."""

    def vocabulary(
        self, words: MergedWords, places: BlockPlaces, rules: RowRules
    ) -> Vocab:
        """Return the vocabulary of all parts, without sentence ends."""

    def totals(self, *numbers: int) -> list[int]:
        """Return the sum over all parts of each number."""

    def parts_of(self, file_ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return place and length of each part, from where the ids of files end."""


@dataclass
class EncodedCorpus:
    """A corpus as ids.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        Rows of the vocabulary; 0 ends a sentence.  In memory, or mapped from an
        unnamed temporary file that is deleted together with the array.
    n_sentences : int
        Sentences of the source with at least one word, counted before `min_count` is
        applied; in exact mode, the number of newlines and `</s>`.
    n_words : int
        Words of the source, before `min_count` is applied, without sentence ends.
    n_unknown : int
        How many of them are not in the vocabulary and therefore not among the ids.
    parts : ndarray of int64, shape (P, 2), or None
        Of a text that several processes encode, this one's parts in the order of the
        ids: the place of each in the whole text, and its length [ids].
    """

    ids: Ids
    n_sentences: int
    n_words: int
    n_unknown: int = 0
    parts: NDArray[np.int64] | None = None

    def close(self) -> None:
        """Release the ids and the file that holds them."""
        self.ids = np.empty(0, dtype=np.int32)


def encode(
    source: Any,
    *,
    exact: bool = False,
    min_count: int = 5,
    max_final_vocab: int | None = None,
    max_vocab_size: int | None = None,
    vocab: Vocab | None = None,
    grow: bool = False,
    trim_rule: TrimRule | None = None,
    workers: int = 1,
    memory_limit: int | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    report: Report | None = None,
    block_bytes: int = BLOCK_BYTES,
    sharing: WordSharing | None = None,
) -> tuple[Vocab, EncodedCorpus]:
    """Read a corpus once; return its vocabulary and its ids.

    Parameters
    ----------
    source : FileSource, SentenceSource or IdCorpus
        Or anything that `file_source` (a path) or `sentence_source` (all else) takes.
    exact : bool, default False
        Split text into words as the C program does.
    min_count : int, default 5
        Minimum count of a word of the vocabulary [occurrences].
    max_final_vocab : int, optional
        Keep only this many words, the most frequent ones.
    max_vocab_size : int, optional
        While reading, prune the rarest words whenever there are more than this; reads
        on one thread.  A pruned word never returns; a warning gives the number of
        pruned words.
    vocab : Vocab, optional
        Look words up in this vocabulary and drop all others.  Its counts are not
        changed.
    grow : bool, default False
        With `vocab`: count its words in the source as well, add new words by
        `min_count` and `max_final_vocab`, and return a `GrownVocab`.
        `max_vocab_size` is ignored, because it could prune a known word.
    trim_rule : callable, optional
        Asked about each word that may be new in the vocabulary, after `max_vocab_size`;
        see `w2vfast.text.trim_rule.kept_words`.
    workers : int, default 1
        Number of threads.  The result does not depend on it.
    memory_limit : int, optional
        Keep up to this many bytes of ids in memory; above it, keep the ids in a file.
        The default is a quarter of the available memory.
    cache_dir : path, optional
        Directory of that file; the system's temporary directory by default.
    report : callable, optional
        Called as report(done, total) on the calling thread about 10 times a
        second, in bytes of files, sentences or array values; total is None if it is
        unknown.
    block_bytes : int, default 1 MiB
        What a thread reads at once.
    sharing : WordSharing, optional
        The source is a part of a text, whose other parts other processes encode at the
        same time.  The vocabulary and the numbers of `EncodedCorpus` are of the whole
        text; the ids are of this part.

    Returns
    -------
    vocab : Vocab
        `vocab` itself if it was given and `grow` is false.
    corpus : EncodedCorpus

    Raises
    ------
    TypeError, ValueError
        If the source is empty or malformed, or no word reaches `min_count`.
    OSError
        If a file cannot be read, or the file of ids cannot be written.

    Warns
    -----
    UserWarning
        If words were pruned or are not UTF-8, or a file has carriage returns but no
        newlines.
    """
    _check_limits(workers, memory_limit, cache_dir)
    source = as_source(source)
    prune_above = (max_vocab_size or 0) if vocab is None else 0
    store = IdStore(
        default_limit() if memory_limit is None else memory_limit,
        None if cache_dir is None else os.fspath(cache_dir),
        source.max_sentence_length if isinstance(source, ReaderSource) else None,
    )
    total = source.total
    if total is not None:  # else 1,000 threads would start for ten lines
        workers = min(workers, IDLE_WORKERS + total // WORKER_SHARE)
    crew = Crew(1 if prune_above else workers, report, total)
    job = EncodingJob(crew, store, exact, prune_above, block_bytes)
    rules = RowRules(
        source_name=source.name,
        if_empty=source.if_empty,
        min_count=min_count,
        max_final_vocab=max_final_vocab,
        exact=exact,
        vocab=vocab,
        grow=grow,
        trim_rule=trim_rule,
    )
    try:
        counters = count_words(source, job)
        crew.finish()
        return _finish(job, counters, rules, sharing)
    finally:
        store.close()


def _check_limits(
    workers: int, memory_limit: int | None, cache_dir: str | os.PathLike[str] | None
) -> None:
    if workers < 1:
        message = f"workers must be 1 or more, got {workers}"
        raise ValueError(message)
    if memory_limit is not None:
        _check_memory_limit(memory_limit)
    # Not only once the memory is full.
    if cache_dir is not None and not os.path.isdir(cache_dir):
        code = errno.ENOTDIR if os.path.lexists(cache_dir) else errno.ENOENT
        message = "cache_dir is no folder; make it, or name another"
        raise OSError(code, message, os.fspath(cache_dir))


def _check_memory_limit(memory_limit: Any) -> None:
    """Raise unless this is a number of bytes; infinity is one, NaN is not."""
    is_number = isinstance(memory_limit, numbers.Real)
    if is_number and memory_limit >= 0:
        return
    given = shown(memory_limit)
    message = f"memory_limit must be at least 0 bytes or None, got {given}."
    raise ValueError(message) if is_number else TypeError(message)


def _finish(
    job: EncodingJob,
    counters: list[_text.WordCounter],
    rules: RowRules,
    sharing: WordSharing | None,
) -> tuple[Vocab, EncodedCorpus]:
    """Turn what the threads counted into a vocabulary and rows."""
    blocks = job.store.block_table()
    words = merge_dictionaries(counters, blocks, job.crew)
    pruned_tokens = words.counter.pruned_tokens
    counts = words.counter.counts()
    n_words = int(counts.sum()) + pruned_tokens
    _check_words(rules, words, n_words)
    _warn_of_pruning(words.counter, job.prune_above)
    if not counts.any():
        message = (
            f"max_vocab_size={job.prune_above} pruned every word of "
            f"{rules.source_name}. Raise max_vocab_size, or omit it."
        )
        raise ValueError(message)
    before = rules.vocab
    is_new = before is None or rules.grow
    if sharing is not None and rules.vocab is None:
        places = BlockPlaces(job.first_blocks)
        rules = rules._replace(vocab=sharing.vocabulary(words, places, rules))
    vocab, rows = assign_rows(words, rules)
    if is_new:
        known = [] if before is None else before.words
        _warn_of_other_encoding(vocab.words, known, rules.source_name)
    n_unknown = int(counts[rows == _text.UNKNOWN].sum()) + pruned_tokens
    row_maps = {worker: rows[id_map] for worker, id_map in words.id_maps.items()}
    ids, n_sentences, ends = _final_ids(job, blocks, row_maps)
    parts = None
    if sharing is not None:
        firsts = np.array([*job.first_blocks[1:], len(ends)])
        parts = sharing.parts_of(np.append(0, ends)[firsts])
        sizes = (n_sentences, n_words, n_unknown)
        n_sentences, n_words, n_unknown = sharing.totals(*sizes)
    if is_new:  # or grown, without its sentence ends as yet
        vocab.counts[0] += n_sentences
    return vocab, EncodedCorpus(ids, n_sentences, n_words, n_unknown, parts)


def _final_ids(
    job: EncodingJob, blocks: BlockTable, row_maps: dict[int, Ids]
) -> tuple[Ids, int, NDArray[np.int64]]:
    # A separate function: no local name may still refer to the ids when `take_first`
    # truncates their memory.
    n_sentences, ends = renumber(
        job.store.take(), blocks, row_maps, job.crew, job.exact
    )
    return job.store.take_first(int(ends[-1])), n_sentences, ends


def _check_words(rules: RowRules, words: MergedWords, n_words: int) -> None:
    name = rules.source_name
    if n_words == 0:
        message = (
            f"{name} holds no words: {rules.if_empty}, or text of which the tokenizer "
            "keeps none ('simple' drops words of one letter). Give text, or another "
            "tokenizer."
        )
        raise NoWordsError(message)
    if rules.exact and len(words.counter) >= EXACT_MAX_WORDS:
        text = (
            f"{name} has {len(words.counter)} distinct words; from "
            f"{EXACT_MAX_WORDS} on, the C program drops rare words while it reads, "
            "which ",
            *(Setting("mode", "exact"), " does not reproduce. Use "),
            *(Setting("mode", "fast"), "."),
        )
        raise SettingsError(text)


def _warn_of_pruning(counter: _text.WordCounter, max_vocab_size: int) -> None:
    if counter.pruned_words:
        message = (
            f"max_vocab_size={max_vocab_size} pruned {counter.pruned_words} words, "
            f"which occur {counter.pruned_tokens} times; they are not in the "
            "vocabulary. Raise max_vocab_size to keep more words."
        )
        warn(message)


def _warn_of_other_encoding(
    words: list[Word], known: list[Word], source_name: str
) -> None:
    odd = [word for word in words if isinstance(word, str) and not _is_utf8(word)]
    if odd and known:
        odd = list(set(odd).difference(known))
    if odd:
        message = (
            f"{source_name} is not UTF-8 in {counted(len(odd), 'word')} of the "
            f"vocabulary, such as {shortened(odd[0])}. Such bytes are kept; "
            "KeyedVectors.load reads a file with them by "
            "unicode_errors='surrogateescape'. If the text is in another encoding, "
            "convert it first: iconv -f LATIN1 -t UTF-8 OLD > NEW."
        )
        warn(message)


def _is_utf8(word: str) -> bool:
    try:
        return word.isascii() or bool(word.encode())
    except UnicodeEncodeError:  # of the surrogates that stand for other bytes
        return False
