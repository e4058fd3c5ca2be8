"""Phrases: words that stand together more often than chance has it, joined into one.

`Phrases` learns from sentences which neighbours are phrases and joins them in others;
`FrozenPhrases` only joins.  Names and results are gensim's.
"""

from __future__ import annotations

import itertools
import json
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from w2vfast import _text
from w2vfast.params import usable_cpus
from w2vfast.phrases.joining import count_corpus
from w2vfast.phrases.scorers import (
    ENGLISH_CONNECTOR_WORDS,
    Scorer,
    checked_connector_words,
    checked_delimiter,
    checked_scorer,
    npmi_scorer,
    original_scorer,
)
from w2vfast.system.files import InputFile, open_output
from w2vfast.text.sources import sentence_source

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "FrozenPhrases",
    "PhraseVocab",
    "Phraser",
    "Phrases",
    "npmi_scorer",
    "original_scorer",
]

PathLike = str | os.PathLike[str]
Sentence = Iterable[str]

FORMAT, VERSION = "w2vfast phrases", 1
_FIELDS = {"version", "kind", "min_count", "threshold", "delimiter", "scoring"}
_FIELDS |= {"connector_words", "entries"}
BATCH_PLACES = 1 << 16  # of the table of counts that are read out at once
GENSIM_PROGRESS_PER = 10_000

# ---------------------------------------------------------------------------
# Joining
# ---------------------------------------------------------------------------


class _Joining:
    """What `Phrases` and `FrozenPhrases` do with a sentence."""

    min_count: float
    threshold: float
    delimiter: str
    scoring: str | Scorer
    connector_words: frozenset[str]

    def _scores(self) -> _text.PhraseScores:
        raise NotImplementedError

    def score_candidate(
        self, word_a: str, word_b: str, in_between: Sequence[str]
    ) -> tuple[str, float] | tuple[None, None]:
        """Return a candidate joined, and its score; (None, None) if it is no phrase."""
        phrase = self.delimiter.join([word_a, *in_between, word_b])
        score = self._scores().of(phrase, word_a, word_b)
        return (None, None) if score is None else (phrase, score)

    def __getitem__(self, sentence: Any) -> Any:
        """Join the phrases of a sentence, or of each sentence of a corpus.

        Parameters
        ----------
        sentence : list of str, or iterable of lists of str

        Returns
        -------
        list of str, or iterable of lists of str
            A corpus is joined while it is iterated, each time anew if it can be
            iterated again.

        Raises
        ------
        TypeError
            If `sentence` is a string.
        """
        if isinstance(sentence, (str, bytes)):
            message = (
                f"a sentence is a list of words, got {sentence!r}. Split it first: "
                "phrases[text.split()]."
            )
            raise TypeError(message)
        words = iter(sentence)
        first = next(words, None)
        if first is None or isinstance(first, str):
            found = [] if first is None else itertools.chain([first], words)
            return self._joined(found)
        # An iterator cannot begin again, so it goes on behind its first sentence.
        once = words is sentence
        return _JoinedSentences(
            self, itertools.chain([first], words) if once else sentence
        )

    def analyze_sentence(
        self, sentence: Sentence
    ) -> Iterator[tuple[str, float | None]]:
        """Yield (phrase, score) for phrases and (word, None) for other words, in order.

        Phrases are joined from left to right; a word is part of one at most.
        Differs: gensim drops empty words.
        """
        return iter(self._analyzed(sentence, True))

    def _analyzed(self, sentence: Sentence, with_scores: bool) -> list[Any]:
        return _text.analyze_sentence(
            sentence,
            self.connector_words,
            self.delimiter,
            self._scores(),
            with_scores,
        )

    def _joined(self, sentence: Sentence) -> list[str]:
        return self._analyzed(sentence, False)

    def find_phrases(self, sentences: Iterable[Sentence]) -> dict[str, float]:
        """Return the phrases that are in some sentences, with their scores."""
        return {
            word: score
            for sentence in sentences
            for word, score in self.analyze_sentence(sentence)
            if score is not None
        }

    # ---- files -----------------------------------------------------------------------

    def save(self, path: PathLike) -> None:
        """Write everything to a file of JSON, compressed if its name ends in .gz etc.

        A scoring function of the user's own is not saved; see `load`.
        """
        own = not isinstance(self.scoring, str)
        settings = {
            "format": FORMAT,
            "version": VERSION,
            "kind": type(self).__name__,
            "min_count": self.min_count,
            "threshold": self.threshold,
            "delimiter": self.delimiter,
            "scoring": None if own else self.scoring,
            "connector_words": sorted(self.connector_words),
            **self._settings(),
        }
        with open_output(path) as file:
            file.write(json.dumps(settings)[:-1].encode() + b',\n"entries": {')
            comma = ""
            for batch in self._batches():
                text = json.dumps(dict(batch))[1:-1]
                if text:
                    file.write(f"{comma}\n{text}".encode())
                    comma = ","
            file.write(b"\n}}\n")

    @classmethod
    def load(cls, path: PathLike, *, scoring: Scorer | None = None) -> Any:
        """Read what `save` wrote, `Phrases` or `FrozenPhrases`, whichever it was.

        Parameters
        ----------
        path : path
        scoring : callable, optional
            The scoring function, needed if it was one of the user's own.

        Raises
        ------
        ValueError
            If the file is something else, of a later version, or lacks its function.
        """
        found = _read_json(path)
        kind = Phrases if found["kind"] == Phrases.__name__ else FrozenPhrases
        if found["scoring"] is None and scoring is None:
            message = (
                f"{path} was made with a scoring function of its own, which is not in "
                "the file; give it: load(path, scoring=function)"
            )
            raise ValueError(message)
        model = kind.__new__(kind)
        model.min_count = found["min_count"]
        model.threshold = found["threshold"]
        model.delimiter = found["delimiter"]
        model.scoring = found["scoring"] if scoring is None else scoring
        model.connector_words = frozenset(found["connector_words"])
        model._restore(found)
        return model

    def _settings(self) -> dict[str, Any]:
        return {}

    def _batches(self) -> Iterator[Iterable[tuple[str, float]]]:
        raise NotImplementedError

    def _restore(self, found: dict[str, Any]) -> None:
        raise NotImplementedError


class _JoinedSentences:
    """Sentences with their phrases joined, made when they are asked for."""

    def __init__(self, joining: _Joining, sentences: Iterable[Sentence]) -> None:
        self._joining = joining
        self._sentences = sentences

    def __iter__(self) -> Iterator[list[str]]:
        for sentence in self._sentences:
            yield self._joining._joined(sentence)


def _read_json(path: PathLike) -> dict[str, Any]:
    name = os.fspath(path)
    try:
        with InputFile(name, repr(name)) as file:
            found = json.loads(file.readall())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        message = f"{name} is no file of phrases: it is not JSON ({error})"
        raise ValueError(message) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        message = f"{name} is no file of phrases; Phrases.save writes one"
        raise ValueError(message)
    missing = sorted(_FIELDS - set(found))
    if missing:
        message = f"{name} is damaged: it has no {', '.join(missing)}"
        raise ValueError(message)
    if found["version"] > VERSION:
        message = (
            f"{name} was written by a later version of w2vfast (format "
            f"{found['version']}, this one reads {VERSION}). Update w2vfast."
        )
        raise ValueError(message)
    return found


# ---------------------------------------------------------------------------
# Phrases
# ---------------------------------------------------------------------------


class PhraseVocab(Mapping[str, int]):
    """Counts of words and joined candidates, as a dictionary that cannot be changed."""

    def __init__(self, counts: _text.PhraseCounts) -> None:
        self._counts = counts

    def __getitem__(self, word: str) -> int:
        count = self._counts.get(word) if isinstance(word, str) else 0
        if count == 0:
            raise KeyError(word)
        return count

    def __len__(self) -> int:
        return len(self._counts)

    def __iter__(self) -> Iterator[str]:
        return (word for batch in self.batches() for word, _ in batch)

    def batches(self) -> Iterator[list[tuple[str, int]]]:
        """Yield all words and counts, some at a time."""
        for place in range(0, self._counts.places, BATCH_PLACES):
            yield self._counts.items(place, place + BATCH_PLACES)


class Phrases(_Joining):
    """Learn from sentences which words are phrases, and join them.

    Two words that follow each other in a sentence, but for connector words between, are
    a phrase if they score above a threshold.  For phrases of three words and more,
    learn again from joined sentences: ``Phrases(phrases[sentences])``.

    Parameters
    ----------
    sentences : iterable of lists of str, optional
        A `LineSentence` or its like is read as a file, which is much faster.
    min_count : float, default 5
        Rare words and candidates are left out, or count for less; see the scorers.
    threshold : float, default 10.0
        What a phrase must score above; in -1 to 1 for "npmi".
    max_vocab_size : int, default 40 million
        Most words and candidates that are kept; when there are more, the rarest are
        dropped.  One takes 32 to 64 bytes, and its length if that is above 16.  Between
        two looks at it, as many candidates again may be there.
        Differs: gensim looks after each sentence and drops more.
    delimiter : str, default "_"
        What stands between the words of a phrase.
    progress_per
        gensim's; without effect.
    scoring : {"default", "npmi"} or callable
        `original_scorer`, `npmi_scorer`, or a function with the parameters of these,
        which is called by keywords.
    connector_words : set of str
        Words that no phrase begins or ends with, but any number of which may stand
        between two words of one; they do not count for its score.
        `ENGLISH_CONNECTOR_WORDS` are the common ones of English.
    workers : int, optional
        Threads that count; all CPUs that the process may use when None.

    Attributes
    ----------
    vocab : PhraseVocab
        Counts of all words, without connector words, and joined candidates.
    corpus_word_count : int
        Words seen, connector words too.

    Raises
    ------
    TypeError, ValueError
        For parameters or sentences that cannot be used; the message says what can.

    Notes
    -----
    Counts are those of joined text, as in gensim: a word ``new_york`` and the words
    ``new york`` are one entry.  A token ``</s>`` ends a sentence, as everywhere here.
    Differs: gensim takes it for a word.
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
    ) -> None:
        if progress_per != GENSIM_PROGRESS_PER:
            message = f"progress_per={progress_per!r} has no effect here"
            warnings.warn(message, UserWarning, stacklevel=2)
        if max_vocab_size < 1:
            message = f"max_vocab_size must be at least 1, got {max_vocab_size}"
            raise ValueError(message)
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
        """Counts of all words, without connector words, and joined candidates."""
        return PhraseVocab(self._counts)

    def add_vocab(self, sentences: Any) -> None:
        """Learn from more sentences.

        Parameters
        ----------
        sentences : iterable of lists of str

        Raises
        ------
        TypeError
            If they are not lists of words.
        ValueError
            If there is no word in them; a generator may be used up.

        Notes
        -----
        After an error or an interrupt, all counts are as they were.
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

    def _scores(self) -> _text.PhraseScores:
        if isinstance(self.scoring, str):
            return _text.CountedScores(self._counts, self._rule())
        return _text.CalledScores(self._own_score, self.threshold)

    def _rule(self) -> _text.PhraseRule:
        return _text.PhraseRule(
            self.scoring == "npmi",
            self.min_count,
            self.threshold,
            len(self._counts),
            self.corpus_word_count,
        )

    def _own_score(self, phrase: str, word_a: str, word_b: str) -> float | None:
        counts = [self._counts.get(word) for word in (word_a, word_b, phrase)]
        if 0 in counts or isinstance(self.scoring, str):
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
        """Return all phrases of the counts, with their scores, best first.

        A phrase is scored by what stands before its first and after its last delimiter,
        as in gensim.  Where words hold the delimiter themselves, as in a second pass,
        that need not be the two words that were joined, so the score may differ from
        the one in `analyze_sentence`.
        """
        if isinstance(self.scoring, str):
            found = self._counts.phrases(self.delimiter, self._rule())
        else:
            found = list(self._own_phrases())
        found.sort(key=lambda pair: (-pair[1], pair[0]))
        return dict(found)

    def _own_phrases(self) -> Iterator[tuple[str, float]]:
        for word in self.vocab:
            first, *between = word.split(self.delimiter)
            if between:
                last = between.pop()
                phrase, score = self.score_candidate(first, last, between)
                if phrase is not None and score is not None:
                    yield phrase, score

    def freeze(self) -> FrozenPhrases:
        """Return the phrases alone: smaller and faster, but it learns no more."""
        return FrozenPhrases(self)

    def _settings(self) -> dict[str, Any]:
        return {
            "max_vocab_size": self.max_vocab_size,
            "corpus_word_count": self.corpus_word_count,
        }

    def _batches(self) -> Iterator[Iterable[tuple[str, float]]]:
        return self.vocab.batches()

    def _restore(self, found: dict[str, Any]) -> None:
        self.max_vocab_size = found["max_vocab_size"]
        self.corpus_word_count = found["corpus_word_count"]
        self._workers = None
        self._counts = _text.PhraseCounts()
        self._counts.fill(found["entries"])

    def __getstate__(self) -> dict[str, Any]:
        entries = {word: n for batch in self.vocab.batches() for word, n in batch}
        return {**self.__dict__, "_counts": entries}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._counts = _text.PhraseCounts()
        self._counts.fill(state["_counts"])


class FrozenPhrases(_Joining):
    """Phrases that were learnt, and nothing else: it joins, but learns no more.

    Parameters
    ----------
    phrases_model : Phrases
        What to take them from; see `Phrases.export_phrases`.

    Attributes
    ----------
    phrasegrams : dict of str to float
        Joined phrases and their scores, best first.
    """

    def __init__(self, phrases_model: Phrases) -> None:
        self.min_count = phrases_model.min_count
        self.threshold = phrases_model.threshold
        self.delimiter = phrases_model.delimiter
        self.scoring = phrases_model.scoring
        self.connector_words = phrases_model.connector_words
        self.phrasegrams = phrases_model.export_phrases()

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}<{len(self.phrasegrams)} phrases, "
            f"min_count={self.min_count}, threshold={self.threshold}>"
        )

    def _scores(self) -> _text.PhraseScores:
        return _text.KnownScores(self.phrasegrams, self.threshold)

    def _batches(self) -> Iterator[Iterable[tuple[str, float]]]:
        yield self.phrasegrams.items()

    def _restore(self, found: dict[str, Any]) -> None:
        self.phrasegrams = found["entries"]


Phraser = FrozenPhrases  # gensim's name of before version 4
