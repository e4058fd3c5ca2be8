"""What `Phrases` and `FrozenPhrases` have in common: joining, saving and loading."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from w2vfast import _text
from w2vfast.aliases import PathLike
from w2vfast.phrases.scorers import Scorer, checked_scorer
from w2vfast.phrases.settings import checked_delimiter
from w2vfast.phrases.storage import SavedPhrases, read_phrases, write_phrases
from w2vfast.text.sentences import token_list

Sentence = Iterable[str]


class PhraseModel:
    """Join the phrases of sentences, given a score for each candidate.

    A subclass registers under a name, ``class Phrases(PhraseModel, kind="Phrases")``,
    which its files contain.  Subclasses without a name of their own inherit it.
    """

    min_count: float
    threshold: float
    delimiter: str
    scoring: str | Scorer | None
    connector_words: frozenset[str]

    _needs_scorer: ClassVar[bool] = True  # to compute scores
    _kind: ClassVar[str]
    _kinds: ClassVar[dict[str, type[PhraseModel]]] = {}

    def __init_subclass__(cls, kind: str | None = None) -> None:
        super().__init_subclass__()
        if kind is not None:
            cls._kind = kind
            cls._kinds[kind] = cls

    # ---- joining ---------------------------------------------------------------------

    def score_candidate(
        self, word_a: str, word_b: str, in_between: Sequence[str]
    ) -> tuple[str, float] | tuple[None, None]:
        """Return the joined candidate and its score, or (None, None) if no phrase.

        Parameters
        ----------
        word_a, word_b : str
            First and last word.
        in_between : sequence of str
            Connector words between the two.
        """
        phrase = self.delimiter.join([word_a, *in_between, word_b])
        score = self._scores().score_of(phrase, word_a, word_b)
        return (None, None) if score is None else (phrase, score)

    def __getitem__(self, sentence: Any) -> Any:
        """Join the phrases of a sentence, or of each sentence of a corpus.

        Parameters
        ----------
        sentence : list of str, or iterable of lists of str

        Returns
        -------
        list of str, or iterable of lists of str
            A corpus is joined lazily, while it is iterated.  It can be iterated again
            if `sentence` can.

        Raises
        ------
        TypeError
            If `sentence` is a string.  While a corpus is iterated: if one of its
            sentences is no list of words.
        """
        if isinstance(sentence, (str, bytes)):
            message = (
                f"a sentence is a list of words, got {sentence!r}. Split it first: "
                "phrases[text.split()]."
            )
            raise TypeError(message)
        words = iter(sentence)
        first = list(itertools.islice(words, 1))
        if not first or isinstance(first[0], str):
            return self._joined(itertools.chain(first, words))
        # An iterator cannot be restarted, so put back the sentence that was taken.
        is_iterator = words is sentence
        return _JoinedSentences(
            self, itertools.chain(first, words) if is_iterator else sentence
        )

    def analyze_sentence(
        self, sentence: Sentence
    ) -> Iterator[tuple[str, float | None]]:
        """Yield (phrase, score) for phrases and (word, None) for other words, in order.

        Phrases are joined from left to right; a word is part of at most one phrase.
        Differs: gensim drops empty words.
        """
        return iter(self._analyzed(sentence, True))

    def find_phrases(self, sentences: Iterable[Sentence]) -> dict[str, float]:
        """Return the phrases that occur in the sentences, with their scores."""
        return {
            word: score
            for k, sentence in enumerate(sentences)
            for word, score in self.analyze_sentence(token_list(sentence, k))
            if score is not None
        }

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

    def _scores(self) -> _text.PhraseScores:
        raise NotImplementedError

    # ---- files -----------------------------------------------------------------------

    def save(self, path: PathLike) -> None:
        """Write everything to a JSON file, compressed if its name ends in .gz etc.

        A custom scoring function is not saved; see `load`.
        """
        is_custom = not isinstance(self.scoring, str)
        fields = {
            "kind": self._kind,
            "min_count": self.min_count,
            "threshold": self.threshold,
            "delimiter": self.delimiter,
            "scoring": None if is_custom else self.scoring,
            "connector_words": sorted(self.connector_words),
            **self._extra_fields(),
        }
        write_phrases(path, fields, self._entries())

    @classmethod
    def load(cls, path: PathLike, *, scoring: Scorer | None = None) -> Any:
        """Read a file that `save` wrote.

        Parameters
        ----------
        path : path
        scoring : callable, optional
            The scoring function; required by `Phrases` if it was a custom one.
            `FrozenPhrases` have the scores; without it their `scoring` is None.

        Returns
        -------
        Phrases or FrozenPhrases
            Whichever was saved, as in gensim.

        Raises
        ------
        ValueError
            If the file is not a phrases file, has a later version, or needs `scoring`.
        """
        found, name = read_phrases(path), os.fspath(path)
        kind = cls._kinds.get(found.kind)
        if kind is None:
            message = (
                f"{name} is damaged: its kind is {found.kind!r}, not one of "
                f"{', '.join(sorted(cls._kinds))}"
            )
            raise ValueError(message)
        if kind._needs_scorer and found.scoring is None and scoring is None:
            message = (
                f"{name} was made with a custom scoring function, which the file does "
                "not contain. Pass it: load(path, scoring=function)."
            )
            raise ValueError(message)
        model = kind.__new__(kind)
        try:
            model._set_fields(found, scoring or found.scoring)
        # The values are of the right types, but may be anything else.
        except Exception as error:
            message = f"{name} is damaged: {error}"
            raise ValueError(message) from error
        return model

    def _set_fields(self, found: SavedPhrases, scoring: str | Scorer | None) -> None:
        """Check the fields of a file and take them."""
        if scoring is not None:
            scoring = checked_scorer(scoring, found.min_count, found.threshold)
        self.scoring = scoring
        self.min_count = found.min_count
        self.threshold = found.threshold
        self.delimiter = checked_delimiter(found.delimiter)
        self.connector_words = frozenset(found.connector_words)
        self._restore(found)

    def _extra_fields(self) -> dict[str, Any]:
        """Return what a file contains besides the common fields and the entries."""
        return {}

    def _entries(self) -> Iterator[Iterable[tuple[str, float]]]:
        """Yield batches of (word or phrase, count or score)."""
        raise NotImplementedError

    def _restore(self, found: SavedPhrases) -> None:
        """Set what is not common to both classes from the fields of a file."""
        raise NotImplementedError


class _JoinedSentences:
    """Sentences whose phrases are joined while they are iterated."""

    def __init__(self, model: PhraseModel, sentences: Iterable[Sentence]) -> None:
        self._model = model
        self._sentences = sentences

    def __iter__(self) -> Iterator[list[str]]:
        for k, sentence in enumerate(self._sentences):
            yield self._model._joined(token_list(sentence, k))
