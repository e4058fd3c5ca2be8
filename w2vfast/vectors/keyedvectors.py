"""KeyedVectors: neighbours, similarities, evaluation and files of word vectors.

Look-up and change are in the base class, `w2vfast.vectors.table.KeyTable`.  The methods
here check arguments and call functions on arrays: `queries` builds query vectors,
`neighbours` computes over many rows, `evaluation` scores, `storage` reads and writes.
V is the number of words, D the dimension.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, NoReturn, overload

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import Key, PathLike
from w2vfast.compat import (
    check_encoding,
    check_gensim_save,
    check_indexer,
    check_lockf,
    check_rows_to_write,
    is_cosmul,
)
from w2vfast.errors import optional_number, warn, whole_number
from w2vfast.formats import dispatch, word2vec
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions
from w2vfast.formats.float_types import as_dtype
from w2vfast.formats.spelling import Spaces, check_spaces
from w2vfast.formats.word_counts import write_counts
from w2vfast.vectors import evaluation, neighbours, queries, storage
from w2vfast.vectors.correlation import Correlation
from w2vfast.vectors.frames import to_frame
from w2vfast.vectors.missing_key import NotIteratedError
from w2vfast.vectors.notebook import html_summary
from w2vfast.vectors.parts import FloatArray, check_whole
from w2vfast.vectors.queries import Neighbours, Query, Scores
from w2vfast.vectors.table import KeyTable

if TYPE_CHECKING:
    from typing_extensions import Self


class KeyedVectors(KeyTable):
    """Words and their vectors.

    Parameters
    ----------
    keys : sequence or array of str or int, length V; or int
        The words, most frequent first.  A single integer is the dimension of an empty
        table, as in gensim.
    vectors : array-like of float, shape (V, D), optional
        Used without a copy if it is an array of floating-point numbers.  float16 takes
        half the memory of float32; results computed from it are float32.
    counts : array-like of int, shape (V,), optional
        Occurrences of each word [occurrences].
    vector_size : int, optional
        Dimension of an empty table.
    c_text : bool, default False
        Write text files exactly as the C program does unless told otherwise.
    fixed : bool, default False
        The rows belong to a model: no key can be added, and their order cannot change.
        Copies are not fixed.
    count : int, default 0
        Of gensim, without effect: rows are reserved as they are added.  It may also
        follow a single integer by position, as in gensim.
    dtype : dtype, default float32
        Floating-point type of an empty table.

    Attributes
    ----------
    vectors : ndarray of float, shape (V, D)
        One row for each word.  Writing to it changes the vectors at once; nothing is
        cached.
    index_to_key : list of str or int, length V
        The word of each row.
    key_to_index : dict of str or int to int
        The row of each word; of duplicate words the first.
    counts : ndarray of int64, shape (V,), or None
        Occurrences of each word [occurrences].
    expandos : dict of str to ndarray of shape (V,)
        Attributes set by `set_vecattr`, including the counts as "count".

    Raises
    ------
    ValueError
        If the lengths differ.

    Notes
    -----
    Names and behaviour are those of gensim 4 unless "Differs:" says otherwise.

    Examples
    --------
    >>> from w2vfast import KeyedVectors
    >>> wv = KeyedVectors(["king", "queen", "apple"], [[3, 4], [4, 3], [-4, 3]])
    >>> wv["queen"].tolist()
    [4.0, 3.0]
    >>> "prince" in wv
    False
    >>> round(wv.similarity("king", "queen"), 2)
    0.96
    """

    def _repr_html_(self) -> str:
        """Return what a notebook shows: size, type of the values and first words."""
        facts = {
            "keys": len(self),
            "vector size": self.vector_size,
            "type": self.vectors.dtype,
        }
        name = type(self).__name__
        return html_summary(name, facts, self.index_to_key, self.counts)

    if not TYPE_CHECKING:  # otherwise a type checker would accept a loop

        def __iter__(self) -> Iterator[NoReturn]:
            # Python would ask for the keys 0, 1, 2 ... in its place.
            raise NotIteratedError
            yield  # NumPy looks only at errors of the first item

    # --- neighbours -----------------------------------------------------------------

    @overload
    def most_similar(
        self,
        positive: Query | Iterable[Query] | None = None,
        negative: Query | Iterable[Query] | None = None,
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: None = None,
    ) -> Neighbours: ...

    @overload
    def most_similar(
        self,
        positive: Query | Iterable[Query] | None = None,
        negative: Query | Iterable[Query] | None = None,
        *,
        topn: None,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: None = None,
    ) -> Scores: ...

    def most_similar(
        self,
        positive: Query | Iterable[Query] | None = None,
        negative: Query | Iterable[Query] | None = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: None = None,
    ) -> Neighbours | Scores:
        """Return the keys whose vectors have the largest cosines with a query.

        Parameters
        ----------
        positive, negative : key, vector, or list of them, optional
            The query is the weighted mean of the unit vectors of keys (weight 1, or -1
            in `negative`) and of vectors of shape (D,), which are not normalised.  A
            pair (key or vector, weight) sets the weight.
        topn : int or None, default 10
            Number of keys to return [keys].  None returns the cosines of all rows.
        clip_start, clip_end : int, optional
            Search the rows from `clip_start` up to but excluding `clip_end` (None or
            0: to the end).
        restrict_vocab : int, optional
            Search only this many first rows; overrides `clip_start` and `clip_end`.
        indexer : None
            Of gensim; indexes of approximate neighbours are not supported.

        Returns
        -------
        list of (key, float)
            Keys and cosines, the nearest first, without the keys of the query.  Keys
            with equal cosines are in the order of `index_to_key`.  If `topn` is None,
            an ndarray of float32 with the cosines of all rows searched.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If the query is empty, a vector has another dimension or a value that is
            not finite, or there is an `indexer`.

        Notes
        -----
        O(V D) time.  Rows of zeros have the cosine 0; rows with values that are not
        finite are never returned, and an error as a query.  `most_similar_batch`
        answers many queries in a fraction of the time.

        An analogy "a is to b as c is to ?" is the query positive=[b, c], negative=[a]
        (3CosAdd; T. Mikolov, W. Yih and G. Zweig (2013), Linguistic regularities in
        continuous space word representations, NAACL).

        Examples
        --------
        >>> from w2vfast import KeyedVectors
        >>> wv = KeyedVectors(
        ...     ["king", "queen", "man", "woman"], [[5, 1], [5, -1], [1, 1], [1, -1]]
        ... )
        >>> wv.most_similar("king", topn=1)[0][0]
        'queen'
        >>> wv.most_similar(positive=["king", "woman"], negative=["man"])[0][0]
        'queen'
        """
        check_indexer(indexer)
        topn = queries.checked_topn(topn)
        if topn is not None and topn < 1:
            return []
        items = queries.weighted_items(positive, negative)
        direction, given = queries.direction(self, items)
        searched = queries.searched_rows(
            len(self), clip_start, clip_end, restrict_vocab
        )
        cosines = neighbours.cosines(self.vectors[searched], direction[None])[0]
        keys = self.index_to_key
        return queries.best_keys(keys, cosines, topn, given, searched.start)

    def most_similar_batch(
        self,
        queries: Iterable[Query | Iterable[Query]] | FloatArray,
        topn: int = 10,
        *,
        restrict_vocab: int | None = None,
    ) -> list[Neighbours]:
        """Return the nearest keys for many queries at once.

        Parameters
        ----------
        queries : iterable, or ndarray of float, shape (Q, D)
            Each query is a key, a vector, or a list of keys, vectors and pairs of
            them with weights, as `positive` of `most_similar`; ``["king", "woman",
            ("man", -1)]`` is an analogy.
        topn : int, default 10
            Number of keys to return for each query [keys].
        restrict_vocab : int, optional
            Search only this many first rows.

        Returns
        -------
        list of lists of (key, float)
            For each query what `most_similar` returns, up to rounding.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If a query is empty, or a vector has another dimension or a value that is
            not finite.
        TypeError
            If `queries` is a single string.

        Notes
        -----
        O(Q V D) time, in matrix products on all threads of NumPy's BLAS.  Memory beside
        the result: 4 Q D bytes, and about 50 MB at D = 200.
        """
        return _nearest_keys(self, queries, topn, restrict_vocab)

    def most_similar_cosmul(
        self,
        positive: Key | FloatArray | Iterable[Key | FloatArray] | None = None,
        negative: Key | FloatArray | Iterable[Key | FloatArray] | None = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Neighbours | Scores:
        """Return the keys with the largest product of similarities (3CosMul).

        Parameters
        ----------
        positive, negative : key, vector, or list of them
            At least one positive.  Vectors of shape (D,) are not normalised; pass unit
            vectors.
        topn : int or None, default 10
            Number of keys to return [keys].  None returns the scores of all rows.
        restrict_vocab : int, optional
            Search only this many first rows.

        Returns
        -------
        list of (key, float)
            Keys and scores, the best first, without the keys of the query.  If `topn`
            is None, an ndarray of float32 with the scores of all rows searched.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If nothing positive is given, or a vector has another dimension or a value
            that is not finite.

        Notes
        -----
        The score is the product of (1 + cosine) / 2 over the positive items, divided by
        that over the negative items plus 1e-6.

        O. Levy and Y. Goldberg (2014), Linguistic regularities in sparse and explicit
        word representations, CoNLL, equation 4 and footnote 7.

        Differs: gensim has `restrict_vocab`, but searches all rows.
        """
        topn = queries.checked_topn(topn)
        if topn is not None and topn < 1:
            return []
        above, below = queries.as_list(positive), queries.as_list(negative)
        if not above:
            message = "give at least one key or vector as positive"
            raise ValueError(message)
        terms = [queries.query_vector(self, item) for item in above + below]
        vectors = np.array([vector for vector, _ in terms], np.float32)
        searched = queries.searched_rows(len(self), 0, None, restrict_vocab)
        scores = neighbours.cosmul(
            self.vectors[searched], vectors[: len(above)], vectors[len(above) :]
        )
        given = [row for _, row in terms if row is not None]
        return queries.best_keys(self.index_to_key, scores, topn, given, 0)

    def similar_by_key(
        self, key: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | Scores:
        """Return the nearest keys of one key; see `most_similar`.

        Parameters
        ----------
        key : str or int
            The word.
        topn : int or None, default 10
            As for `most_similar`.
        restrict_vocab : int, optional
            As for `most_similar`.

        Returns
        -------
        list of (key, float), or ndarray of float32
            Keys and cosines; if `topn` is None, the cosines of all rows searched.

        Raises
        ------
        KeyError
            If the key is missing.
        """
        return _similar(self, [(key, 1.0)], topn, restrict_vocab)

    def similar_by_word(
        self, word: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | Scores:
        """Return the nearest keys of one key; the same as `similar_by_key`.

        Parameters
        ----------
        word : str or int
            The word.
        topn : int or None, default 10
            As for `most_similar`.
        restrict_vocab : int, optional
            As for `most_similar`.

        Returns
        -------
        list of (key, float), or ndarray of float32
            Keys and cosines; if `topn` is None, the cosines of all rows searched.

        Raises
        ------
        KeyError
            If the key is missing.
        """
        return _similar(self, [(word, 1.0)], topn, restrict_vocab)

    def similar_by_vector(
        self,
        vector: npt.ArrayLike,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Neighbours | Scores:
        """Return the nearest keys of one vector; see `most_similar`.

        Parameters
        ----------
        vector : array-like of float, shape (D,)
            The query.
        topn : int or None, default 10
            As for `most_similar`.
        restrict_vocab : int, optional
            As for `most_similar`.

        Returns
        -------
        list of (key, float), or ndarray of float32
            Keys and cosines; if `topn` is None, the cosines of all rows searched.

        Raises
        ------
        ValueError
            If the vector has another dimension, or a value that is not finite.
        """
        return _similar(self, [np.asarray(vector)], topn, restrict_vocab)

    # --- similarities ---------------------------------------------------------------

    def similarity(self, w1: Key, w2: Key) -> float:
        """Return the cosine of the angle between the vectors of two keys.

        Parameters
        ----------
        w1, w2 : str or int
            The words.

        Returns
        -------
        float
            In [-1, 1] up to rounding; 0 if one of the vectors is zero.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If a vector has a value that is not finite.
        """
        first, second = (queries.query_vector(self, key)[0] for key in (w1, w2))
        return float(first @ second)

    def distance(self, w1: Key, w2: Key) -> float:
        """Return 1 - `similarity` of two keys.

        Parameters
        ----------
        w1, w2 : str or int
            The words.

        Returns
        -------
        float
            In [0, 2] up to rounding.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If a vector has a value that is not finite.
        """
        return 1 - self.similarity(w1, w2)

    @staticmethod
    def cosine_similarities(
        vector_1: npt.ArrayLike, vectors_all: npt.ArrayLike
    ) -> Scores:
        """Return the cosines of one vector with the rows of an array.

        Parameters
        ----------
        vector_1 : array-like of float, shape (D,)
            The vector that all others are compared with.
        vectors_all : array-like of float, shape (n, D)
            The other vectors.

        Returns
        -------
        ndarray of float32, shape (n,)
            0 where a vector is zero, nan where one is not finite.
        """
        vector = np.asarray(vector_1, np.float64)
        direction = neighbours.unit(vector) if np.isfinite(vector).all() else vector
        cosines = neighbours.cosines(np.asarray(vectors_all), direction[None])
        return np.asarray(cosines[0])

    def distances(
        self, word_or_vector: Key | FloatArray, other_words: Iterable[Key] | None = ()
    ) -> Scores:
        """Return 1 - cosine between a key or vector and other keys.

        Parameters
        ----------
        word_or_vector : str, int, or ndarray of float, shape (D,)
            The key or vector from which distances are measured.
        other_words : iterable of n keys, optional
            All keys if it is empty or None.

        Returns
        -------
        ndarray of float32, shape (n,) or (V,)
            In [0, 2] up to rounding, in the order of `other_words` or of the rows.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If the vector has another dimension, or a value that is not finite.
        """
        vector, _ = queries.query_vector(self, word_or_vector)
        others = [] if other_words is None else list(other_words)
        rows = [self.get_index(key) for key in others]
        vectors = self.vectors[np.array(rows, np.intp)] if others else self.vectors
        cosines = neighbours.cosines(vectors, neighbours.unit(vector)[None])[0]
        return np.asarray(1 - cosines, np.float32)

    def closer_than(self, key1: Key, key2: Key) -> list[Key]:
        """Return the keys that are nearer to one key than another key is.

        Parameters
        ----------
        key1 : str or int
            The key to which distances are measured.
        key2 : str or int
            The key that is compared.

        Returns
        -------
        list of str or int
            In the order of `index_to_key`, without `key1`.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If a vector has a value that is not finite.
        """
        distances, other = self.distances(key1), self.get_index(key2)
        queries.check_finite(self, [other])
        closer = np.flatnonzero(distances < distances[other])
        own = self.get_index(key1)
        return [self.index_to_key[row] for row in closer.tolist() if row != own]

    def rank(self, key1: Key, key2: Key) -> int:
        """Return the rank of one key among the neighbours of another.

        Parameters
        ----------
        key1 : str or int
            The key whose neighbours are ranked.
        key2 : str or int
            The key whose rank is returned.

        Returns
        -------
        int
            1 for the nearest neighbour.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If a vector has a value that is not finite.
        """
        return len(self.closer_than(key1, key2)) + 1

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Key]) -> Key:
        """Return the key of a list that is nearest to a key.

        Parameters
        ----------
        key1 : str or int
            The key to which the others are compared.
        keys_list : sequence of str or int
            The keys to choose from.

        Returns
        -------
        str or int
            Of equally near keys the first.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If the list is empty.
        """
        if not len(keys_list):
            message = "keys_list is empty; give the keys to choose from"
            raise ValueError(message)
        return max(keys_list, key=lambda key: self.similarity(key1, key))

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> float:
        """Return the similarity of two keys relative to that of the nearest keys.

        Parameters
        ----------
        wa, wb : str or int
            The words.
        topn : int, default 10
            Number of neighbours of `wa` whose similarities are summed [keys].

        Returns
        -------
        float
            ``similarity(wa, wb)`` divided by that sum.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If `wa` has no neighbours.

        Notes
        -----
        A. Leeuwenberg, M. Vela, J. Dehdari and J. van Genabith (2016), A minimally
        supervised approach for synonym extraction with word embeddings, PBML 105,
        equation 1.
        """
        nearest = self.most_similar(wa, topn=topn)
        if not nearest:
            message = f"{wa!r} has no neighbours to compare with (topn={topn})"
            raise ValueError(message)
        return self.similarity(wa, wb) / sum(cosine for _, cosine in nearest)

    # --- sets of keys ---------------------------------------------------------------

    def get_mean_vector(
        self,
        keys: Key | Iterable[Key | FloatArray],
        weights: npt.ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> npt.NDArray[np.float32]:
        """Return the weighted mean of vectors.

        Parameters
        ----------
        keys : iterable of n keys or vectors, or ndarray of float, shape (n, D)
            What the mean is taken of.
        weights : array-like of float, shape (n,), optional
            Default: all 1.  The sum is divided by the sum of their magnitudes.
        pre_normalize : bool, default True
            Scale the vectors of keys to length 1.  Vectors are used as given.
        post_normalize : bool, default False
            Scale the mean to length 1.
        ignore_missing : bool, default True
            Ignore missing keys instead of raising an error.

        Returns
        -------
        ndarray of float32, shape (D,)
            Zeros if every key is missing.

        Raises
        ------
        KeyError
            If a key is missing and `ignore_missing` is False, or a key is a number
            where keys are words.
        ValueError
            If there are no keys, or not one weight for each key, or a vector has a
            value that is not finite.
        """
        items = queries.as_list(keys)
        mean = queries.mean_vector(self, items, weights, pre_normalize, ignore_missing)
        return (neighbours.unit(mean) if post_normalize else mean).astype(np.float32)

    def n_similarity(self, ws1: Iterable[Key], ws2: Iterable[Key]) -> float:
        """Return the cosine between the mean vectors of two sets of keys.

        Parameters
        ----------
        ws1, ws2 : iterable of keys
            Missing keys are ignored; if all keys of a set are missing, the result
            is 0.

        Returns
        -------
        float
            In [-1, 1] up to rounding.

        Raises
        ------
        ValueError
            If a set is empty; it is a ZeroDivisionError, too, as in gensim.
        """
        first, second = (
            neighbours.unit(self.get_mean_vector(words, pre_normalize=False))
            for words in (ws1, ws2)
        )
        return float(first @ second)

    def rank_by_centrality(
        self, words: Iterable[Key], use_norm: bool = True
    ) -> list[tuple[float, Key]]:
        """Sort keys by their similarity to the mean of all of them.

        Parameters
        ----------
        words : iterable of keys
            Missing keys are ignored with a warning.
        use_norm : bool, default True
            Use the mean of unit vectors, and cosines.  Otherwise use the vectors
            without normalisation, and their products with the direction of the mean.

        Returns
        -------
        list of (float, key)
            The most central key first.

        Raises
        ------
        ValueError
            If every key is missing, or a vector has a value that is not finite.
        TypeError
            If `words` is a single string.

        Warns
        -----
        UserWarning
            If keys are missing.
        """
        words = queries.as_list_of_keys(words, "words")
        used = [word for word in words if word in self]
        if len(used) < len(words):
            missing = ", ".join(repr(word) for word in words if word not in self)
            warn(f"missing keys ignored: {missing}")
        if not used:
            message = f"none of the {len(words)} words is in the vocabulary"
            raise ValueError(message)
        queries.check_finite(self, [self.get_index(word) for word in used])
        rows = np.array([self.get_vector(word, norm=use_norm) for word in used])
        products = rows @ self.get_mean_vector(rows, post_normalize=True)
        order = np.argsort(-products, kind="stable").tolist()
        return [(float(products[n]), used[n]) for n in order]

    def doesnt_match(self, words: Iterable[Key]) -> Key:
        """Return the key that is least similar to the mean of all given keys.

        Parameters
        ----------
        words : iterable of keys
            Missing keys are ignored with a warning.

        Returns
        -------
        str or int
            The last key of `rank_by_centrality`.

        Raises
        ------
        ValueError
            If every key is missing, or a vector has a value that is not finite.
        TypeError
            If `words` is a single string.

        Warns
        -----
        UserWarning
            If keys are missing.
        """
        return self.rank_by_centrality(words)[-1][1]

    # --- evaluation -----------------------------------------------------------------

    def evaluate_word_analogies(
        self,
        analogies: str | os.PathLike[str] | IO[Any],
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
    ) -> tuple[float, list[dict[str, Any]]]:
        """Answer analogy questions, as the C program's compute-accuracy does.

        Parameters
        ----------
        analogies : str, path-like or file
            Lines of four words, in sections that begin with ``: name``.
        restrict_vocab : int or None, default 300000
            Use only the N most frequent words [words].  compute-accuracy is usually run
            with 30000; results with different limits cannot be compared.
        case_insensitive : bool, default True
            Ignore the difference between upper and lower case.
        dummy4unknown : bool, default False
            Count questions with unknown words as wrong instead of ignoring them.
        similarity_function : {"most_similar", "most_similar_cosmul"}
            The method that answers a question: 3CosAdd or 3CosMul.

        Returns
        -------
        score : float
            Fraction of correct answers; 0.0 if no question could be asked.
        sections : list of dict
            With the keys "section" (its name), "correct" and "incorrect" (lists of
            four words, in upper case if `case_insensitive`, as in gensim).  The last
            one, "Total accuracy", contains all questions.

        Raises
        ------
        ValueError
            If a line of the file is malformed, or there is no such function.
        OSError
            If the file cannot be read.

        Notes
        -----
        This method returns what gensim's does.
        `w2vfast.vectors.evaluation.word_analogies` returns more: coverage, and totals
        of the semantic and the syntactic questions.
        """
        result = evaluation.word_analogies(
            self.index_to_key,
            self.vectors,
            analogies,
            restrict_vocab,
            case_insensitive=case_insensitive,
            dummy4unknown=dummy4unknown,
            multiply=is_cosmul(similarity_function),
        )
        return result.total.accuracy, _gensim_sections(result, case_insensitive)

    def evaluate_word_pairs(
        self,
        pairs: str | os.PathLike[str] | IO[Any],
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[Correlation, Correlation, float]:
        """Correlate the cosines of word pairs with human similarity scores.

        Parameters
        ----------
        pairs : str, path-like or file
            Lines of two words and a score.
        delimiter : str, default tab
            The separator of the three.
        encoding : str, default "utf8"
            No other is accepted.
        restrict_vocab : int or None, default 300000
            Use only the N most frequent words [words].
        case_insensitive : bool, default True
            Ignore the difference between upper and lower case.
        dummy4unknown : bool, default False
            Give pairs with unknown words the cosine 0 instead of ignoring them.

        Returns
        -------
        pearson : (statistic, pvalue)
            Pearson's correlation and its two-sided p-value.
        spearman : (statistic, pvalue)
            Spearman's rank correlation and its two-sided p-value.
        oov_ratio : float
            Pairs with an unknown word [percent].

        Raises
        ------
        ValueError
            If a line is malformed, or no pair is in the vocabulary.
        OSError
            If the file cannot be read.
        """
        check_encoding(encoding)
        result = evaluation.word_pairs(
            self.index_to_key,
            self.vectors,
            pairs,
            restrict_vocab,
            delimiter=delimiter,
            case_insensitive=case_insensitive,
            dummy4unknown=dummy4unknown,
        )
        return result.pearson, result.spearman, 100 * (1 - result.coverage)

    # --- files ----------------------------------------------------------------------

    def save(
        self,
        path: PathLike,
        kind: str | None = None,
        *,
        spaces: Spaces = "refuse",
        dtype: npt.DTypeLike | None = None,
        **gensim: Any,
    ) -> None:
        r"""Write the vectors in the format that the suffix selects.

        Parameters
        ----------
        path : str or path-like
            .txt or .vec (word2vec text), .bin (binary), .glove (text without a header),
            each also with .gz, .bz2 or .xz; .npz; .safetensors; .parquet (columns key,
            count and vector, for Polars, pandas and DuckDB); .tsv (TensorBoard's
            projector); .hf (a folder for sentence-transformers and model2vec).  Any
            other name is that of a folder, the only format that stores attributes
            other than counts.  The file appears complete or not
            at all.
        kind : str, optional
            A key of `w2vfast.formats.registry.KINDS`; overrides the suffix.
        spaces : {"refuse", "escape"}, default "refuse"
            Words with white space, in formats whose readers would split them: an error,
            or escapes such as ``\x20`` that `load` undoes.
        dtype : dtype, optional
            Floating-point type to convert the vectors to.  float16 takes half the space
            of float32 in a folder and in .npz, and keeps three decimal digits.
        **gensim : optional
            `separately`, `sep_limit`, `ignore` and `pickle_protocol` of gensim, without
            effect.

        Raises
        ------
        TypeError
            If an attribute contains objects that JSON cannot represent, or there is no
            such argument.
        ValueError
            If a word cannot be written, a value is too large for `dtype`, or the suffix
            is that of a compressed file in a format that cannot be compressed.
        OSError
            If the file cannot be written.
        ImportError
            If the format needs a package that is not installed.

        Examples
        --------
        >>> from pathlib import Path
        >>> from w2vfast import KeyedVectors
        >>> wv = KeyedVectors(["king", "queen"], [[1, 0.5], [0.5, 1]])
        >>> wv.save("vectors.txt")
        >>> print(Path("vectors.txt").read_text(), end="")
        2 2
        king 1 0.5
        queen 0.5 1
        """
        check_gensim_save(gensim, KeyedVectors.save)
        dispatch.write_vectors(path, self._contents(dtype), kind, WriteOptions(spaces))

    def _contents(self, dtype: npt.DTypeLike | None = None) -> Contents:
        check_whole(self._state, "write the vectors")
        attributes = {k: v for k, v in self.expandos.items() if k != "count"}
        return Contents(
            self.index_to_key,
            as_dtype(self.vectors, dtype),
            self.counts,
            self._c_text,
            attributes,
        )

    def to_frame(self, library: str | None = None) -> Any:
        """Return keys, counts and vectors as a table.

        Parameters
        ----------
        library : {"polars", "pandas", "pyarrow"}, optional
            Default: the first of them that is installed.

        Returns
        -------
        DataFrame or Table
            Columns ``key``; ``count``, if the counts are known; ``vector``, D numbers
            in each row.

        Raises
        ------
        ValueError
            If a key is not UTF-8, or the library is unknown.
        ImportError
            If the library is not installed.
        """
        return to_frame(self._contents(), library)

    @classmethod
    def load(
        cls,
        path: PathLike,
        kind: str | None = None,
        *,
        limit: int | None = None,
        unicode_errors: str = "strict",
        spaces: Spaces = "refuse",
        mmap: bool | str | None = False,
    ) -> Self:
        """Read vectors from a file or folder in any format that can be read.

        Parameters
        ----------
        path : str or path-like
            Anything that `save` writes, except .tsv and .hf; a folder of
            `Word2Vec.save`; text with or without a header; gensim's and the C program's
            binary.
        kind : str, optional
            A key of `w2vfast.formats.registry.KINDS`; overrides the suffix.  "gensim",
            the pickle of a KeyedVectors or Word2Vec that gensim saved, must be given.
            Nothing that the pickle names is imported or called.
        limit : int, optional
            Read at most this many words [words]; None or 0 for all.
        unicode_errors : str, default "strict"
            Error handler of Python for words in text and binary that are not UTF-8.
        spaces : {"refuse", "escape", "keep"}, default "refuse"
            Words with white space: an error; escapes are undone; or everything before
            the last D fields of a line of text is the word.
        mmap : bool or {"r", "c"}, default False
            Map the vectors of a folder from disk, read-only, instead of reading them:
            loading takes only the time of the keys, and processes that map the same
            folder share the memory.  The values are then not checked for being finite.
            With "c" the vectors can be changed; changes stay in this process, and the
            file keeps its values.

        Returns
        -------
        KeyedVectors

        Raises
        ------
        ValueError
            If the file does not fit its format (the message gives its name and the line
            or byte), or is to be mapped and is not a folder.
        OSError
            If the file cannot be read.
        ImportError
            If the format needs a package that is not installed.

        Warns
        -----
        UserWarning
            If a word occurs twice: look-up finds the first.

        Notes
        -----
        Files in the C program's binary format cannot be mapped: each vector follows a
        word of any length, so the rows are neither equally spaced nor aligned to four
        bytes.  Load such a file once and `save` it as a folder.

        Examples
        --------
        >>> from w2vfast import KeyedVectors
        >>> wv = KeyedVectors(["king", "queen"], [[1, 0.5], [0.5, 1]])
        >>> wv.save("vectors")
        >>> KeyedVectors.load("vectors", mmap=True)
        KeyedVectors(2 keys, vector_size=2)
        """
        if mmap not in (True, False, None, "r", "c"):
            message = (
                "mmap must be True or 'r' (read-only), 'c' (changes stay in memory) or "
                f"False, got {mmap!r}. Files are never changed in place: use save."
            )
            raise ValueError(message)
        limit = optional_number("limit", limit, "all rows") or None
        how = ReadOptions(limit, unicode_errors, spaces, mmap=mmap or False)
        held = dispatch.read_vectors(path, kind, how)
        loaded = cls(held.words, held.vectors, held.counts, c_text=held.c_text)
        for name, values in held.attributes.items():
            loaded.expandos.put(name, values)
        storage.warn_of_duplicates(loaded.index_to_key, loaded.key_to_index, path)
        return loaded

    def save_word2vec_format(
        self,
        fname: PathLike,
        fvocab: PathLike | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str | None = "count",
        *,
        c_text: bool | None = None,
        spaces: Spaces = "refuse",
    ) -> None:
        """Write the vectors in the C program's format.

        Parameters
        ----------
        fname : str or path-like
            The file; compressed if its name ends in .gz, .bz2 or .xz.  It appears
            complete or not at all; pipes and devices are written directly.
        fvocab : str or path-like, optional
            Also write the counts to this file, a line ``word count`` for each word.
        binary : bool, default False
            Write little-endian float32, whatever the vectors are, instead of text.
        total_vec : int, optional
            Of gensim; only the number of rows is accepted.
        write_header : bool, default True
            Begin with a line ``V D``; GloVe's files have none.
        prefix : str, default ""
            Text before each word in the file.
        append, sort_attr : optional
            Of gensim; only the defaults and ``sort_attr=None`` are accepted.  Differs:
            rows are written in their order, which in a model is that of the counts.
        c_text : bool, optional
            Write text byte for byte as the C program does: six decimals, a space at the
            end of each line.  The default is True for vectors trained in exact mode.
            Otherwise a value has the fewest digits that preserve its float32, or its
            float64: `load_word2vec_format` reads that with ``datatype=np.float64``.
        spaces : {"refuse", "escape"}, default "refuse"
            Words with white space: an error, or escapes, as in `save`.

        Raises
        ------
        ValueError
            If a word cannot be written (it contains white space or is empty), `fvocab`
            is given and there are no counts or it is the same file, a binary file is to
            have no header, the name ends in .zst, or an argument of gensim is not
            accepted.
        TypeError
            If `fvocab` is a bool, because `binary` was passed in its place.
        OSError
            If a file cannot be written.
        """
        storage.check_fvocab(fvocab)
        check_spaces(spaces, ("refuse", "escape"))
        check_rows_to_write(total_vec, append, sort_attr, len(self))
        dispatch.check_compression(fname)
        counts = self.counts
        if fvocab is not None and counts is None:
            message = "fvocab needs counts, and these vectors were loaded without any"
            raise ValueError(message)
        if fvocab is not None:
            storage.check_two_outputs(fname, fvocab)
        as_c = self._c_text if c_text is None else c_text
        words = self.index_to_key
        if prefix:
            words = [f"{prefix}{key}" for key in words]
        held = Contents(words, self.vectors, c_text=as_c)
        word2vec.write(
            os.fspath(fname),
            held,
            WriteOptions(spaces),
            binary=binary,
            header=write_header,
        )
        if fvocab is not None and counts is not None:
            write_counts(os.fspath(fvocab), words, counts.tolist(), spaces)

    @classmethod
    def load_word2vec_format(
        cls,
        fname: PathLike,
        fvocab: PathLike | None = None,
        binary: bool | None = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: npt.DTypeLike = np.float32,
        no_header: bool = False,
    ) -> Self:
        """Read vectors in the C program's format.

        Parameters
        ----------
        fname : str or path-like
            The file; it may be compressed by gzip, bz2, xz or zstd.
        fvocab : str or path-like, optional
            A file of counts, lines ``word count``.  Words without a vector are ignored.
        binary : bool or None, default False
            Whether the file is binary or text.  None: the first row decides.
        encoding : str, default "utf8"
            No other is accepted.
        unicode_errors : str, default "strict"
            Error handler of Python for words that are not UTF-8; "surrogateescape"
            keeps their bytes.
        limit : int, optional
            Read at most this many words [words]; None or 0 for all.
        datatype : dtype, default float32
            A floating-point type for the vectors.
        no_header : bool, default False
            The text has no first line ``V D``, as in GloVe's files.

        Returns
        -------
        KeyedVectors

        Raises
        ------
        ValueError
            If a file does not fit its format; the message gives its name and the line
            or byte.
        TypeError
            If `fvocab` is a bool, because `binary` was passed in its place.
        OSError
            If a file cannot be read.

        Warns
        -----
        UserWarning
            If a word occurs twice: look-up finds the first.
        """
        storage.check_fvocab(fvocab)
        check_encoding(encoding)
        limit = optional_number("limit", limit, "all rows") or None
        how = ReadOptions(limit, unicode_errors, dtype=datatype)
        held = word2vec.read(os.fspath(fname), how, binary=binary, header=not no_header)
        counts = storage.counts_of(held.words, fvocab, unicode_errors)
        loaded = cls(held.words, held.vectors, counts)
        storage.warn_of_duplicates(loaded.index_to_key, loaded.key_to_index, fname)
        return loaded

    def intersect_word2vec_format(
        self,
        fname: PathLike,
        lockf: float = 1.0,
        binary: bool | None = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
    ) -> int:
        """Replace vectors by those that a file in the C program's format has.

        Keys that the file lacks keep their vectors, and no key is added.  The vectors
        of a model are the rows that it trains, so training continues from them.

        Parameters
        ----------
        fname : str or path-like
            The file.  Only the rows of known keys are kept in memory.
        lockf : {1.0, 0.0}, default 1.0
            0.0 freezes the rows, by `vectors_lockf`.  Differs: gensim's default is 0.0.
        binary : bool or None, default False
            Whether the file is binary or text.  None: the first row decides.
        encoding : str, default "utf8"
            No other is accepted.
        unicode_errors : str, default "strict"
            Error handler of Python for words that are not UTF-8.

        Returns
        -------
        int
            Number of vectors taken from the file [rows].

        Raises
        ------
        ValueError
            If the dimension differs, the file does not fit its format, the vectors are
            read-only, or `lockf` is another number.  No vector is changed then.
        OSError
            If the file cannot be read.
        """
        check_encoding(encoding)
        check_lockf(lockf)
        overwritten = storage.overwrite_from_file(
            self._writable(),
            self.key_to_index,
            os.fspath(fname),
            unicode_errors,
            binary,
        )
        self.vectors_lockf[overwritten] = lockf
        return len(overwritten)


def _similar(
    table: KeyedVectors,
    positive: list[Any],
    topn: int | None,
    restrict_vocab: int | None,
) -> Neighbours | Scores:
    return table.most_similar(positive, topn=topn, restrict_vocab=restrict_vocab)


def _nearest_keys(
    table: KeyedVectors, asked: Any, topn: int, restrict_vocab: int | None
) -> list[Neighbours]:
    directions, given = queries.directions(
        table, queries.as_list_of_keys(asked, "queries")
    )
    topn = whole_number("topn", topn, least=0)
    if topn == 0 or not given:
        return [[] for _ in given]
    searched = queries.searched_rows(len(table), 0, None, restrict_vocab)
    # The keys of the queries may be among the best and are removed afterwards.
    k = topn + max(map(len, given))
    rows, cosines = neighbours.nearest(table.vectors[searched], directions, k)
    return [
        [
            (table.index_to_key[row], cosine)
            for row, cosine in zip(*found, strict=True)
            if row >= 0 and row not in own
        ][:topn]
        for *found, own in zip(rows.tolist(), cosines.tolist(), given, strict=True)
    ]


def _gensim_sections(
    result: evaluation.AnalogyResult, case_insensitive: bool
) -> list[dict[str, Any]]:
    """Return the sections as gensim does, and last their total."""
    written = str.upper if case_insensitive else str
    sections: list[dict[str, Any]] = [
        {
            "section": s.name,
            "correct": [tuple(map(written, words)) for words in s.correct],
            "incorrect": [tuple(map(written, words)) for words in s.incorrect],
        }
        for s in result.sections
    ]
    total: dict[str, Any] = {"section": "Total accuracy"}
    for kind in ("correct", "incorrect"):
        total[kind] = [words for section in sections for words in section[kind]]
    return [*sections, total]
