"""The learned part of a model as one value: vocabulary, weights and noise weights."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.training.noise_weights import NoiseWeights, WeightsLike
from w2vfast.training.tables import build_tree

if TYPE_CHECKING:
    from w2vfast.text.vocab import Vocab
    from w2vfast.training.huffman import HuffmanTree
    from w2vfast.training.weights import Weights
    from w2vfast.warmstart.init_vectors import Coverage


@dataclass(frozen=True, eq=False)
class ModelState:
    """What a model has learned.  V words with a vector, D dim.

    A change makes a new state, which the model assigns at once: an interrupt leaves
    the model with the old state or with the new one, never with words without rows.
    Only training writes to the matrices in place.

    Parameters
    ----------
    vocab : Vocab, optional
        Words and counts.
    weights : Weights, optional
        One row for each row of `vocab`; made when they are first needed.
    noise : NoiseWeights, optional
        In place of the noise distribution of the counts.
    init_coverage : Coverage, optional
        How many words began with given vectors.
    """

    vocab: Vocab | None = None
    weights: Weights | None = None
    noise: NoiseWeights | None = None
    init_coverage: Coverage | None = None

    def replace(self, **changes: Any) -> ModelState:
        """Return a state with some fields changed."""
        return dataclasses.replace(self, **changes)

    def need_vocab(self) -> Vocab:
        """Return the vocabulary.

        Raises
        ------
        RuntimeError
            If there is none yet.
        """
        if self.vocab is None:
            message = (
                "the model has no vocabulary yet: pass sentences or corpus_file, or "
                "call build_vocab, read_vocab or build_vocab_from_freq first."
            )
            raise RuntimeError(message)
        return self.vocab

    def need_weights(self) -> Weights:
        """Return the weights.

        Raises
        ------
        RuntimeError
            If they are not made yet.
        """
        if self.weights is None:
            message = "the model has no weights yet; read model.wv or train it first."
            raise RuntimeError(message)
        return self.weights

    @property
    def syn0(self) -> NDArray[np.float32]:
        """Input vectors, shape (V, D); a view."""
        return self._visible(self.need_weights().syn0.vectors)

    @property
    def syn1neg(self) -> NDArray[np.float32] | None:
        """Output vectors, shape (V, D); a view.  None if there are none."""
        rows = self.need_weights().syn1neg
        return None if rows is None else self._visible(rows.vectors)

    @property
    def syn1(self) -> NDArray[np.float32] | None:
        """Vectors of V - 1 inner nodes, then a row without use; a view, or None."""
        rows = self.need_weights().syn1
        n_words = len(self.need_vocab().visible_words)
        return None if rows is None else rows.vectors[:n_words]

    def _visible(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        return rows[self.need_vocab().first_word :]

    def with_noise(self, given: WeightsLike) -> ModelState:
        """Return a state with these weights of the negative samples.

        Raises
        ------
        TypeError, ValueError
            If there is a vocabulary that they do not fit.
        """
        noise = NoiseWeights(given)
        if self.vocab is not None:
            noise.of_words(self.vocab.visible_counts)
        return self.replace(noise=noise)

    @property
    def noise_weights(self) -> NDArray[np.float64] | None:
        """Weights of the negative samples, shape (V,); None if the counts decide."""
        if self.noise is None:
            return None
        return self.noise.of_words(self.need_vocab().visible_counts)

    @cached_property
    def word_paths(self) -> HuffmanTree:
        """Paths of the V words in the Huffman tree; built when first asked for."""
        vocab = self.need_vocab()
        tree = build_tree(vocab.counts, vocab.exact)
        return tree._replace(offsets=tree.offsets[vocab.first_word :])

    def noise_to_save(self) -> NDArray[np.float64] | None:
        """Return the noise weights as a file or a copy of the model keeps them."""
        if self.noise is None:
            return None
        return self.noise.to_save(self.need_vocab().visible_counts)

    def __getstate__(self) -> dict[str, Any]:
        state = {field.name: getattr(self, field.name) for field in _FIELDS}
        if self.vocab is not None:  # a callable need not be picklable
            weights = self.noise_to_save()
            state["noise"] = None if weights is None else NoiseWeights(weights)
        return state


_FIELDS = dataclasses.fields(ModelState)
