"""The counts of `Phrases` as a read-only mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NoReturn

from w2vfast import _text
from w2vfast.errors import shortened

BATCH_SLOTS = 1 << 16  # slots of the hash table that are read at once


class PhraseVocab(Mapping[str, int]):
    """Read-only mapping from words and joined candidates to their counts.

    Parameters
    ----------
    counts : PhraseCounts
        The table.  The mapping is a view of it, not a copy.
    """

    def __init__(self, counts: _text.PhraseCounts) -> None:
        self._counts = counts

    def __getitem__(self, word: str) -> int:
        count = self._counts.get(word) if isinstance(word, str) else 0
        if count == 0:
            raise KeyError(word)
        return count

    if not TYPE_CHECKING:  # otherwise a type checker would accept an assignment

        def __setitem__(self, word: str, count: int) -> NoReturn:
            raise TypeError(_read_only_message(word))

        def __delitem__(self, word: str) -> NoReturn:
            raise TypeError(_read_only_message(word))

    def __len__(self) -> int:
        return len(self._counts)

    def __iter__(self) -> Iterator[str]:
        return (word for batch in self.batches() for word, _ in batch)

    def batches(self) -> Iterator[list[tuple[str, int]]]:
        """Yield lists of (word, count), which together contain every entry once."""
        for slot in range(0, self._counts.n_slots, BATCH_SLOTS):
            yield self._counts.items(slot, slot + BATCH_SLOTS)


def _read_only_message(word: object) -> str:
    return (
        f"the counts of phrases are read-only, so {shortened(word)} cannot be changed. "
        "Count more sentences by add_vocab; change a copy: dict(phrases.vocab); or "
        "change phrases that are joined: FrozenPhrases(phrases).phrasegrams."
    )
