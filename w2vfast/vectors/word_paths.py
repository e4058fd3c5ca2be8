"""The words' paths in the Huffman tree, under gensim's names of attributes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from w2vfast.training.tables import build_tree

if TYPE_CHECKING:
    from w2vfast.text.vocab import Vocab
    from w2vfast.training.huffman import HuffmanTree

PATH_ATTRIBUTES = ("code", "point")


class WordPaths:
    """Codes and points of words; the tree is built when it is first asked for.

    Parameters
    ----------
    vocab : Vocab
    """

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab

    @functools.cached_property
    def _tree(self) -> HuffmanTree:
        return build_tree(self._vocab.counts, self._vocab.exact)

    def of_row(self, row: int, attribute: str) -> NDArray[Any]:
        """Return a word's path of length L.

        Parameters
        ----------
        row : int
            Of a visible word.
        attribute : {"code", "point"}
            Codes are 0 or 1, ndarray of uint8; points are rows of `Word2Vec.syn1`,
            ndarray of int32.  The root is first.
        """
        word = row + self._vocab.first_word
        values = self._tree.codes if attribute == "code" else self._tree.points
        return values[self._tree.offsets[word] : self._tree.offsets[word + 1]].copy()
