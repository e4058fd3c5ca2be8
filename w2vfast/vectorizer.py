"""W2VVectorizer: documents as vectors, for pipelines of scikit-learn.

Needs scikit-learn: ``pip install "w2vfast[sklearn]"``.  V words, D dimension.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import PathLike
from w2vfast.errors import shown
from w2vfast.model import Word2Vec
from w2vfast.text.sentences import text_of, token_list
from w2vfast.text.tables import column_names
from w2vfast.text.tokenizers import WHITESPACE, Tokenizer, tokenizer_of
from w2vfast.vectors.keyedvectors import KeyedVectors

try:
    from scipy.sparse import csr_array
    from sklearn.base import (
        BaseEstimator,
        ClassNamePrefixFeaturesOutMixin,
        TransformerMixin,
    )
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    message = 'W2VVectorizer needs scikit-learn: pip install "w2vfast[sklearn]"'
    raise ImportError(message) from error

WEIGHTINGS = ("mean", "sif", "tfidf")

Matrix = NDArray[np.float32]


class W2VVectorizer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Turn documents into means of the vectors of their words.

    `fit` trains word vectors on the documents, or takes given ones; `transform` returns
    a row for each document.  Words without a vector are ignored; a document without
    known words is a row of zeros.

    Parameters
    ----------
    weighting : {"mean", "sif", "tfidf"}, default "mean"
        "mean": each word counts alike.  "sif": words are weighted by
        sif_a / (sif_a + p), with p the frequency of the word, and the first principal
        component of the documents of `fit` is removed.  "tfidf": words are weighted by
        ln((1 + n) / (1 + df)) + 1, with n the documents of `fit` and df those that
        have the word.
    sif_a : float, default 1e-3
        Parameter a of "sif" [fraction of the corpus].
    tokenize : str or callable, default "simple"
        As for `Word2Vec`; splits documents that are str.
    vectors : KeyedVectors or path, optional
        Vectors to use; none are trained.
    min_count : int, default 2
        As for `Word2Vec`, whose default is 5.
    vector_size, window, sg, epochs, seed, workers : optional
        As for `Word2Vec`, with its defaults.
    word2vec : dict, optional
        Further arguments of `Word2Vec`.

    Attributes
    ----------
    wv_ : KeyedVectors
        The word vectors.
    weights_ : ndarray of float32, shape (V,)
        The weight of each word.
    component_ : ndarray of float32, shape (D,), or None
        What "sif" removes: a unit vector.

    Notes
    -----
    "sif": Arora, Liang and Ma 2017, A simple but tough-to-beat baseline for sentence
    embeddings, ICLR.  The weights of "tfidf" are those of scikit-learn's
    `TfidfVectorizer`.

    Examples
    --------
    >>> from w2vfast.vectorizer import W2VVectorizer  # doctest: +SKIP
    >>> W2VVectorizer(vector_size=50).fit_transform(texts).shape  # doctest: +SKIP
    (1000, 50)
    """

    def __init__(
        self,
        *,
        weighting: str = "mean",
        sif_a: float = 1e-3,
        tokenize: str | Callable[[str], Sequence[Any]] = "simple",
        vectors: KeyedVectors | PathLike | None = None,
        vector_size: int = 100,
        window: int = 5,
        min_count: int = 2,
        sg: int = 0,
        epochs: int = 5,
        seed: int | None = 1,
        workers: int | None = None,
        word2vec: dict[str, Any] | None = None,
    ) -> None:
        self.weighting = weighting
        self.sif_a = sif_a
        self.tokenize = tokenize
        self.vectors = vectors
        self.vector_size = vector_size
        self.window = window
        self.min_count = min_count
        self.sg = sg
        self.epochs = epochs
        self.seed = seed
        self.workers = workers
        self.word2vec = word2vec

    def fit(self, X: Iterable[Any], y: Any = None) -> W2VVectorizer:
        """Learn word vectors and weights.

        Parameters
        ----------
        X : iterable of str or of token lists
            The documents.
        y : ignored

        Returns
        -------
        W2VVectorizer
            Itself.

        Raises
        ------
        TypeError, ValueError
            If the documents or parameters cannot be used.
        """
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Iterable[Any], y: Any = None) -> Matrix:
        """Learn from documents, and return their vectors; see `fit`."""
        self._check_parameters()
        documents = _documents(X)
        self.wv_ = self._word_vectors(documents)
        terms = self._terms(documents)
        self.weights_ = self._word_weights(terms)
        self.component_: Matrix | None = None
        rows = self._means(terms)
        if self.weighting == "sif":
            self.component_ = _first_component(rows)
            rows -= np.outer(rows @ self.component_, self.component_)
        return rows

    def transform(self, X: Iterable[Any]) -> Matrix:
        """Return the vectors of documents.

        Parameters
        ----------
        X : iterable of str or of token lists

        Returns
        -------
        ndarray of float32, shape (documents, D)

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError
            If a document is neither a str nor a list of tokens.
        """
        check_is_fitted(self, "wv_")
        rows = self._means(self._terms(_documents(X)))
        if self.component_ is not None:
            rows -= np.outer(rows @ self.component_, self.component_)
        return rows

    @property
    def _n_features_out(self) -> int:
        return self.wv_.vector_size

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _check_parameters(self) -> None:
        if self.weighting not in WEIGHTINGS:
            message = (
                f"weighting must be one of {', '.join(WEIGHTINGS)}, got "
                f"{shown(self.weighting)}"
            )
            raise ValueError(message)
        if not self.sif_a > 0:
            message = f"sif_a must be above 0, got {self.sif_a}"
            raise ValueError(message)
        if not isinstance(self.vectors, (KeyedVectors, str, os.PathLike, type(None))):
            message = (
                "vectors must be the path of a file of vectors or a KeyedVectors, such "
                f"as model.wv, got {type(self.vectors).__name__}"
            )
            raise TypeError(message)

    @property
    def _tokenizer(self) -> Tokenizer:
        return tokenizer_of(self.tokenize, exact=False) or WHITESPACE

    def _word_vectors(self, documents: list[Any]) -> KeyedVectors:
        if isinstance(self.vectors, KeyedVectors):
            return self.vectors
        if self.vectors is not None:
            return KeyedVectors.load(self.vectors)
        are_texts = isinstance(documents[0], (str, bytes))
        model = Word2Vec(
            documents,
            tokenize=self.tokenize if are_texts else None,
            vector_size=self.vector_size,
            window=self.window,
            min_count=self.min_count,
            sg=self.sg,
            epochs=self.epochs,
            seed=self.seed,
            workers=self.workers,
            **{"progress": False, **(self.word2vec or {})},
        )
        return model.wv

    def _terms(self, documents: list[Any]) -> Any:
        """Return how often each document has each word, CSR of shape (documents, V)."""
        row_of = self.wv_.key_to_index
        rows: list[int] = []
        ends = [0]
        for tokens in _tokens(documents, self._tokenizer):
            rows += [row_of[token] for token in tokens if token in row_of]
            ends.append(len(rows))
        shape = (len(documents), len(self.wv_))
        terms = csr_array((np.ones(len(rows), np.float32), rows, ends), shape=shape)
        terms.sum_duplicates()
        return terms

    def _word_weights(self, terms: Any) -> Matrix:
        n_words = len(self.wv_)
        if self.weighting == "mean":
            return np.ones(n_words, dtype=np.float32)
        if self.weighting == "tfidf":
            n_with = np.bincount(terms.indices, minlength=n_words)
            idf = np.log((1 + terms.shape[0]) / (1 + n_with)) + 1
            return np.asarray(idf, dtype=np.float32)
        counts = self.wv_.counts
        if counts is None:
            counts = np.asarray(terms.sum(axis=0))
        frequency = counts / max(1, counts.sum())
        return np.asarray(self.sif_a / (self.sif_a + frequency), dtype=np.float32)

    def _means(self, terms: Any) -> Matrix:
        weighted = terms.multiply(self.weights_[None, :]).tocsr()
        sums = np.asarray(weighted @ self.wv_.vectors, dtype=np.float32)
        # Arora et al. divide by the number of words, not by the sum of the weights.
        total = (terms if self.weighting == "sif" else weighted).sum(axis=1)
        safe = np.maximum(
            np.asarray(total, dtype=np.float32), np.finfo(np.float32).tiny
        )
        return np.asarray(sums / safe[:, None], dtype=np.float32)


def _first_component(rows: Matrix) -> Matrix:
    """Return the first right singular vector of (documents, D), of shape (D,)."""
    # Of the D x D matrix, as there are many more documents than dimensions.
    _, vectors = np.linalg.eigh(rows.T.astype(np.float64) @ rows)
    return np.asarray(vectors[:, -1], dtype=np.float32)


def _documents(X: Iterable[Any]) -> list[Any]:
    if isinstance(X, (str, bytes)) or not isinstance(X, Iterable):
        message = f"documents must be an iterable of str or token lists, got {shown(X)}"
        raise TypeError(message)
    names = column_names(X)
    if names:
        message = (
            "documents are a table with the columns "
            f"{', '.join(map(repr, names))}. Give one of them: table[{names[0]!r}]."
        )
        raise TypeError(message)
    to_list = getattr(X, "to_pylist", None)  # pyarrow's members are scalars
    documents = list(to_list() if to_list is not None else X)
    if not documents:
        message = "there are no documents; give at least one"
        raise ValueError(message)
    return documents


def _tokens(documents: list[Any], tokenizer: Tokenizer) -> Iterator[Sequence[Any]]:
    if not isinstance(documents[0], (str, bytes)):
        yield from (token_list(document, k) for k, document in enumerate(documents))
        return
    for k, document in enumerate(documents):
        text = document if isinstance(document, str) else text_of(document, k)
        yield tokenizer(text)
