"""`FrozenPhrases`: learned phrases and their scores, without the counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from w2vfast import _text
from w2vfast.phrases.base import PhraseModel
from w2vfast.phrases.scorers import built_in_name
from w2vfast.phrases.storage import SavedPhrases

if TYPE_CHECKING:
    from w2vfast.phrases.phrases import Phrases


class FrozenPhrases(PhraseModel, kind="FrozenPhrases"):
    """Join phrases that were learned before, without learning more.

    Parameters
    ----------
    phrases_model : Phrases or FrozenPhrases
        Source of the phrases; see `Phrases.export_phrases`.  gensim's are taken, too.

    Attributes
    ----------
    phrasegrams : dict of str to float
        Joined phrases and their scores, best first.
    """

    _needs_scorer = False

    def __init__(self, phrases_model: Phrases | FrozenPhrases) -> None:
        self.min_count = _of_python(phrases_model.min_count)
        self.threshold = _of_python(phrases_model.threshold)
        self.delimiter = phrases_model.delimiter
        self.scoring = built_in_name(phrases_model.scoring)
        self.connector_words = frozenset(phrases_model.connector_words)
        source: Any = phrases_model  # of one of four classes
        is_frozen = hasattr(source, "phrasegrams")
        given = source.phrasegrams if is_frozen else source.export_phrases()
        found = {phrase: float(score) for phrase, score in given.items()}
        best_first = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))
        self.phrasegrams: dict[str, float] = dict(best_first)

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


def _of_python(number: Any) -> Any:
    """Return a number of NumPy, which JSON cannot hold, as one of Python."""
    return number.item() if hasattr(number, "item") else number


Phraser = FrozenPhrases  # the name in gensim before version 4
