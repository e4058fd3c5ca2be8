"""`Phrases`: learn phrases from sentences, and join them in others."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn, cast

from w2vfast import _text
from w2vfast.compat import refuse_unknown_arguments
from w2vfast.errors import warn
from w2vfast.phrases.base import PhraseModel
from w2vfast.phrases.counting import count_corpus
from w2vfast.phrases.frozen import FrozenPhrases
from w2vfast.phrases.scorers import Scorer, checked_scorer
from w2vfast.phrases.settings import checked_connector_words, checked_delimiter
from w2vfast.phrases.storage import SavedPhrases
from w2vfast.phrases.vocab import PhraseVocab
from w2vfast.system.resources import usable_cpus
from w2vfast.text.sources import sentence_source
from w2vfast.text.vocab import MAX_COUNT

GENSIM_PROGRESS_PER = 10_000


class Phrases(PhraseModel, kind="Phrases"):
    """Learn phrases from sentences, and join them.

    A phrase is two words that co-occur more often than expected by chance: they follow
    each other in a sentence, with only connector words between them, and score above
    `threshold`.  For phrases of three words or more, learn again from joined sentences:
    ``Phrases(phrases[sentences])``.

    Parameters
    ----------
    sentences : iterable of lists of str, optional
        A `LineSentence` or another reader is read as a file, which is much faster.
    min_count : float, default 5
        Rarer words and candidates are ignored or discounted; see the scorers.
    threshold : float, default 10.0
        A candidate is a phrase if it scores above this; from -1 to 1 for "npmi".
    max_vocab_size : int, default 40 million
        Most words and candidates to keep; above that, the rarest are dropped.  An entry
        takes 32 to 64 bytes, plus its length if that is above 16.  As the size is only
        checked at intervals, as many candidates again may be in memory between checks.
        Differs: gensim checks after each sentence and drops more.
    delimiter : str, default "_"
        Separates the words of a phrase.
    progress_per : int
        Accepted for compatibility with gensim; ignored.
    scoring : {"default", "npmi"} or callable
        `original_scorer`, `npmi_scorer`, or a function with the parameters of these,
        which are passed as keyword arguments.
    connector_words : set of str
        Words such as "of".  A phrase neither begins nor ends with one, but may contain
        any number of them between its two words; they do not affect its score.
        `ENGLISH_CONNECTOR_WORDS` are the common ones of English.
    workers : int, optional
        Threads that count; None for all CPUs that the process may use.

    Attributes
    ----------
    vocab : PhraseVocab
        Counts of all words, except connector words, and of joined candidates.
    corpus_word_count : int
        Words seen, including connector words.

    Raises
    ------
    TypeError, ValueError
        If a parameter or the sentences are not accepted.

    Notes
    -----
    Counts are those of joined text, as in gensim: the word ``new_york`` and the words
    ``new york`` share one entry.  A token ``</s>`` ends a sentence, as everywhere in
    w2vfast.  Differs: gensim treats it as a word.
    """

    def __init__(
        self,
        sentences: Any = None,
        min_count: float = 5,
        threshold: float = 10.0,
        max_vocab_size: int = 40_000_000,
        delimiter: str = "_",
        progress_per: int = GENSIM_PROGRESS_PER,
        scoring: str | Scorer = "default",
        connector_words: Iterable[str] = frozenset(),
        *,
        workers: int | None = None,
        **unknown: NoReturn,
    ) -> None:
        known = inspect.signature(Phrases).parameters.keys() - {"unknown"}
        refuse_unknown_arguments(unknown, known)
        if progress_per != GENSIM_PROGRESS_PER:
            message = f"progress_per={progress_per!r} has no effect in w2vfast"
            warn(message)
        _check_size(max_vocab_size)
        if workers is not None and workers < 1:
            message = f"workers must be 1 or more, or None, got {workers}"
            raise ValueError(message)
        self.scoring = checked_scorer(scoring, min_count, threshold)
        self.min_count = min_count
        self.threshold = threshold
        self.max_vocab_size = max_vocab_size
        self.delimiter = checked_delimiter(delimiter)
        self.connector_words = checked_connector_words(connector_words)
        self.corpus_word_count = 0
        self._workers = workers
        self._counts = _text.PhraseCounts()
        if sentences is not None:
            self.add_vocab(sentences)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}<{len(self._counts)} vocab, "
            f"min_count={self.min_count}, threshold={self.threshold}, "
            f"max_vocab_size={self.max_vocab_size}>"
        )

    @property
    def vocab(self) -> PhraseVocab:
        """Counts of all words, except connector words, and of joined candidates."""
        return PhraseVocab(self._counts)

    # ---- learning --------------------------------------------------------------------

    def add_vocab(self, sentences: Any) -> None:
        """Learn from more sentences.

        Parameters
        ----------
        sentences : iterable of lists of str
            As `sentences` of the class.

        Raises
        ------
        TypeError
            If `sentences` is not made of lists of words.
        ValueError
            If it contains no words, such as an exhausted generator.

        Notes
        -----
        After an error or an interrupt, all counts are unchanged.
        """
        counted = count_corpus(
            sentence_source(sentences),
            connector_words=self.connector_words,
            delimiter=self.delimiter,
            max_vocab_size=self.max_vocab_size,
            workers=self._workers or usable_cpus(),
        )
        counted.corpus.close()
        if len(self._counts) > 0:
            self._counts.absorb(counted.counts)
            self._counts.prune(self.max_vocab_size)
        else:
            self._counts = counted.counts
        self.corpus_word_count += counted.corpus.n_words

    # ---- scoring ---------------------------------------------------------------------

    def _scores(self) -> _text.PhraseScores:
        if isinstance(self.scoring, str):
            return _text.CountScores(self._counts, self._rule())
        return _text.FunctionScores(self._custom_score, self.threshold)

    def _rule(self) -> _text.PhraseRule:
        return _text.PhraseRule(
            self.scoring == "npmi",
            self.min_count,
            self.threshold,
            len(self._counts),
            self.corpus_word_count,
        )

    def _custom_score(self, phrase: str, word_a: str, word_b: str) -> float | None:
        counts = [self._counts.get(word) for word in (word_a, word_b, phrase)]
        if 0 in counts or not callable(self.scoring):
            return None
        return self.scoring(
            worda_count=counts[0],
            wordb_count=counts[1],
            bigram_count=counts[2],
            len_vocab=len(self._counts),
            min_count=self.min_count,
            corpus_word_count=self.corpus_word_count,
        )

    def export_phrases(self) -> dict[str, float]:
        """Return all phrases among the counted candidates, with scores, best first.

        As in gensim, a candidate is scored by the text before its first and after its
        last delimiter.  If words contain the delimiter themselves, as in a second pass,
        these need not be the two words that were joined, so that the score may differ
        from that of `analyze_sentence`.

        Returns
        -------
        dict of str to float
            Scores by phrase.
        """
        if isinstance(self.scoring, str):
            found = self._counts.phrases(self.delimiter, self._rule())
        else:
            found = list(self._custom_phrases())
        found.sort(key=lambda pair: (-pair[1], pair[0]))
        return dict(found)

    def _custom_phrases(self) -> Iterator[tuple[str, float]]:
        for word in self.vocab:
            first, *between = word.split(self.delimiter)
            if between:
                last = between.pop()
                phrase, score = self.score_candidate(first, last, between)
                if phrase is not None and score is not None:
                    yield phrase, score

    def freeze(self) -> FrozenPhrases:
        """Return only the phrases: smaller and faster, but unable to learn more.

        Returns
        -------
        FrozenPhrases
            The phrases and their scores.
        """
        return FrozenPhrases(self)

    # ---- files and pickles -----------------------------------------------------------

    def _extra_fields(self) -> dict[str, Any]:
        return {
            "max_vocab_size": self.max_vocab_size,
            "corpus_word_count": self.corpus_word_count,
        }

    def _entries(self) -> Iterator[Iterable[tuple[str, float]]]:
        return self.vocab.batches()

    def _restore(self, found: SavedPhrases) -> None:
        _check_size(found.max_vocab_size)
        self.max_vocab_size = found.max_vocab_size
        self.corpus_word_count = found.corpus_word_count
        self._workers = None
        self._counts = _text.PhraseCounts()
        self._counts.fill(_counts_of(found))

    def __getstate__(self) -> dict[str, Any]:
        entries = {word: n for batch in self.vocab.batches() for word, n in batch}
        return {**self.__dict__, "_counts": entries}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._counts = _text.PhraseCounts()
        self._counts.fill(state["_counts"])


def _check_size(max_vocab_size: int) -> None:
    if not 1 <= max_vocab_size <= MAX_COUNT:
        message = (
            f"max_vocab_size must be at least 1 and at most {MAX_COUNT}, got "
            f"{max_vocab_size}"
        )
        raise ValueError(message)


def _counts_of(found: SavedPhrases) -> dict[str, int]:
    counts = [found.corpus_word_count, *found.entries.values()]
    is_whole = all(isinstance(n, int) and 0 <= n <= MAX_COUNT for n in counts)
    if not is_whole or 0 in counts[1:]:
        message = f"a count is not a whole number from 1 to {MAX_COUNT}"
        raise ValueError(message)
    if sum(counts) > MAX_COUNT:
        message = f"the counts add up to more than {MAX_COUNT}"
        raise ValueError(message)
    return cast(dict[str, int], found.entries)
