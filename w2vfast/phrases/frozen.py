"""`FrozenPhrases`: learned phrases and their scores, without the counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from w2vfast import _text
from w2vfast.phrases.base import PhraseModel
from w2vfast.phrases.storage import SavedPhrases

if TYPE_CHECKING:
    from w2vfast.phrases.phrases import Phrases


class FrozenPhrases(PhraseModel, kind="FrozenPhrases"):
    """Join phrases that were learned before, without learning more.

    Parameters
    ----------
    phrases_model : Phrases
        Source of the phrases; see `Phrases.export_phrases`.

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
        return _text.StoredScores(self.phrasegrams, self.threshold)

    def _entries(self) -> Iterator[Iterable[tuple[str, float]]]:
        yield self.phrasegrams.items()

    def _restore(self, found: SavedPhrases) -> None:
        self.phrasegrams = found.entries


Phraser = FrozenPhrases  # the name in gensim before version 4
