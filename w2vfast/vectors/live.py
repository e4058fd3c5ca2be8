"""Live views: one KeyedVectors that follows a matrix while a model trains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import Key
from w2vfast.errors import shortened
from w2vfast.formats.row_checks import finite_rows
from w2vfast.vectors.keyedvectors import KeyedVectors
from w2vfast.vectors.table import (
    checked_attributes,
    lock_keys,
    locked_keys,
    show_grown_model,
    show_model_rows,
    show_paths,
)
from w2vfast.vectors.word_paths import WordPaths

if TYPE_CHECKING:
    from w2vfast.text.vocab import Vocab


class LiveVectors:
    """Shows a matrix of a model by word, always in the same KeyedVectors.

    Training moves the rows of a matrix in memory, and a growth of the vocabulary
    replaces matrix and words.  A reference to ``model.wv`` must show the current rows
    in either case, so the model calls `show` whenever one of them has changed.

    Parameters
    ----------
    locked : sequence of str or int, optional
        Words that `vectors_lockf` of the KeyedVectors freezes when it is made.
    attributes : mapping of str to ndarray of shape (V,), optional
        Attributes that the KeyedVectors has then; "count" replaces the vocabulary's.

    Notes
    -----
    The KeyedVectors is made by the first `show`.  A copy or a pickle has none, because
    it belongs to another model, but locks the same words and has the same attributes.
    """

    def __init__(
        self,
        locked: Sequence[Key] = (),
        attributes: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        self._locked = locked
        self._attributes = dict(attributes or {})
        self._keyed: KeyedVectors | None = None
        self._vocab: Vocab | None = None  # shown by `_keyed`

    def __reduce__(self) -> tuple[Any, ...]:
        return LiveVectors, (self.locked_words, self.attributes)

    @property
    def in_use(self) -> bool:
        """Whether anybody may hold the KeyedVectors."""
        return self._keyed is not None

    @property
    def locked_words(self) -> list[Key]:
        """Words that `vectors_lockf` of the KeyedVectors freezes."""
        return list(self._locked) if self._keyed is None else locked_keys(self._keyed)

    @property
    def attributes(self) -> dict[str, NDArray[Any]]:
        """Attributes that `set_vecattr` has set; counts only if they were changed.

        Raises
        ------
        ValueError
            If one has more or fewer values than there are words.
        """
        if self._keyed is None or self._vocab is None:
            return self._attributes
        attributes = dict(checked_attributes(self._keyed))
        if np.array_equal(self._keyed.counts, self._vocab.visible_counts):  # type: ignore[arg-type]
            del attributes["count"]
        return attributes

    def check_finite(self, name: str) -> None:
        """Raise ValueError if a vector that somebody may have set is not finite.

        Parameters
        ----------
        name : str
            Of these vectors as an attribute of the model.
        """
        if self._keyed is None:
            return
        finite = finite_rows(self._keyed.vectors)
        if not finite.all():
            word = self._keyed.index_to_key[int(finite.argmin())]
            message = (
                f"the vector of {shortened(word)} in {name} has a value that is not "
                "finite, and training would spread it. Set it to finite values, or "
                "train a new model."
            )
            raise ValueError(message)

    def show(
        self, vocab: Vocab, rows: NDArray[np.float32], has_paths: bool = False
    ) -> KeyedVectors:
        """Let the KeyedVectors show these words and rows.

        Parameters
        ----------
        vocab : Vocab
            Its visible words are the keys.
        rows : ndarray of float32, shape (V, D)
            Vectors of the visible words; a view of the model's matrix.
        has_paths : bool, default False
            The model has a Huffman tree: `get_vecattr` finds "code" and "point".

        Returns
        -------
        KeyedVectors
            The same object every time.
        """
        if self._keyed is None:
            # Files of exact mode are written as the C program writes them.
            self._keyed = KeyedVectors(
                vocab.visible_words,
                rows,
                vocab.visible_counts,
                c_text=vocab.exact,
                fixed=True,
            )
            lock_keys(self._keyed, self._locked)
            for name, values in self._attributes.items():
                self._keyed.expandos.put(name, values)
        elif self._vocab is vocab:
            show_model_rows(self._keyed, rows)
        else:
            show_grown_model(
                self._keyed, vocab.visible_words, rows, vocab.visible_counts
            )
        if has_paths and self._vocab is not vocab:
            show_paths(self._keyed, WordPaths(vocab))
        self._vocab = vocab
        return self._keyed
