"""KeyedVectors: what is asked of word vectors: neighbours, similarities, evaluation.

V is the number of words, D the dimension.  Look-up and change are in keytable.py, files
in keyfiles.py, the arithmetic over many rows in neighbours.py.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from typing import IO, Any, overload

import numpy as np
import numpy.typing as npt

from w2vfast.vectors import evaluation, neighbours
from w2vfast.vectors.notebook import html_summary
from w2vfast.vectors.storage import KeyFiles
from w2vfast.vectors.table import KEY_TYPES, FloatArray, Key, as_list

Query = Key | FloatArray | tuple[Key | FloatArray, float]
Neighbours = list[tuple[Key, float]]
Scores = npt.NDArray[np.float32]


class KeyedVectors(KeyFiles):
    """Words and their vectors.

    Parameters
    ----------
    keys : sequence or array of str or int, length V; or int
        The words, most frequent first.  A single number is the dimension of an empty
        table, as in gensim.
    vectors : array-like of float, shape (V, D), optional
        Kept, not copied, if it is an array of floating-point numbers.  float16 takes
        half the memory of float32; whatever is computed from it is float32.
    counts : array-like of int, shape (V,), optional
        Occurrences of each word [occurrences].
    vector_size : int, optional
        Dimension of an empty table.
    c_text : bool, default False
        `save_word2vec_format` writes as the C program does unless told otherwise.
    fixed : bool, default False
        The rows are those that a model trains: no key can be added, and their order
        cannot be changed.  Copies are free of that.

    Attributes
    ----------
    vectors : ndarray of float, shape (V, D)
        One row a word.  Writing to it changes the words' vectors at once; nothing
        is cached.
    index_to_key : list of str or int, length V
        The word of each row.
    key_to_index : dict of str or int to int
        The row of each word; the first one of equal words.
    counts : ndarray of int64, shape (V,), or None
        Occurrences of each word [occurrences].
    expandos : dict of str to ndarray of shape (V,)
        What `set_vecattr` has set, the counts under "count".  The name is gensim's.

    Raises
    ------
    ValueError
        If the lengths differ.
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

    # --- neighbours ---------------------------------------------------------------

    @overload
    def most_similar(
        self,
        positive: Query | Iterable[Query] | None = None,
        negative: Query | Iterable[Query] | None = None,
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
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
    ) -> Scores: ...

    def most_similar(
        self,
        positive: Query | Iterable[Query] | None = None,
        negative: Query | Iterable[Query] | None = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
    ) -> Neighbours | Scores:
        """Find the keys whose vectors point most nearly the same way.

        Parameters
        ----------
        positive, negative : key, vector, or list of them, optional
            What the direction is built from: the weighted mean of the unit vectors
            of keys (weight 1, or -1 in `negative`) and of vectors of shape (D,),
            which are taken as they are.  A pair (key or vector, weight) gives the
            weight.
        topn : int or None, default 10
            How many to return [keys].  None returns the similarities of all.
        clip_start, clip_end : int, optional
            Search the rows from `clip_start` up to but not including `clip_end` (None
            or 0: to the end).
        restrict_vocab : int, optional
            Search the first so many rows, whatever the clips are.

        Returns
        -------
        list of (key, float)
            Keys and cosines, the nearest first, without the keys that were given;
            equal ones in the order of `index_to_key`.
            If `topn` is None, an ndarray of float32 with the cosines of all rows
            searched.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If nothing is given, or a vector has another dimension.

        Notes
        -----
        O(V D) time.  Rows that are zero have the cosine 0; rows with values that are
        not finite are never returned.  `most_similar_batch` answers many queries in a
        fraction of the time.
        """
        if topn is not None and topn < 1:
            return []
        direction, given = self._direction(_items(positive, negative))
        searched = self._searched(clip_start, clip_end, restrict_vocab)
        cosines = neighbours.cosines(self.vectors[searched], direction[None])[0]
        return self._best(cosines, topn, given, searched.start)

    def most_similar_batch(
        self,
        queries: Iterable[Query | Iterable[Query]] | FloatArray,
        topn: int = 10,
        *,
        restrict_vocab: int | None = None,
    ) -> list[Neighbours]:
        """Find the neighbours of many queries at once.

        Parameters
        ----------
        queries : iterable, or ndarray of float, shape (Q, D)
            Each query is a key, a vector, or a list of keys, vectors and pairs of
            them with weights, as `positive` of `most_similar`; ``["king", "woman",
            ("man", -1)]`` is an analogy.
        topn : int, default 10
            How many to return for each query [keys].
        restrict_vocab : int, optional
            Search the first so many rows.

        Returns
        -------
        list of lists of (key, float)
            For each query what `most_similar` returns, up to rounding.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If a query is empty, or a vector has another dimension.

        Notes
        -----
        O(Q V D) time, in matrix products on all threads of NumPy's BLAS.  Beside the
        result it takes 4 Q D bytes, and some 50 MB at D = 200.
        """
        directions, given = self._directions(_several(queries, "queries"))
        if topn < 1 or not given:
            return [[] for _ in given]
        searched = self._searched(0, None, restrict_vocab)
        # What was given may be among the best and is left out afterwards.
        k = topn + max(map(len, given))
        rows, cosines = neighbours.nearest(self.vectors[searched], directions, k)
        return [
            [
                (self.index_to_key[row], cosine)
                for row, cosine in zip(*found, strict=True)
                if row >= 0 and row not in own
            ][:topn]
            for *found, own in zip(rows.tolist(), cosines.tolist(), given, strict=True)
        ]

    def most_similar_cosmul(
        self,
        positive: Key | FloatArray | Iterable[Key | FloatArray] | None = None,
        negative: Key | FloatArray | Iterable[Key | FloatArray] | None = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Neighbours | Scores:
        """Find keys by the product of similarities (3CosMul) rather than their sum.

        Parameters
        ----------
        positive, negative : key, vector, or list of them
            At least one positive.  Vectors of shape (D,) are taken as they are; give
            them the length 1.
        topn : int or None, default 10
            How many to return [keys].  None returns the scores of all.
        restrict_vocab : int, optional
            Search the first so many rows.  Differs: gensim has the argument, but
            searches all.

        Returns
        -------
        list of (key, float)
            Keys and scores as `w2vfast.vectors.neighbours.cosmul` has them, the best
            first, without the keys that were given.  If `topn` is None, an ndarray of
            float32 with the scores of all rows searched.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If nothing positive is given, or a vector has another dimension.
        """
        if topn is not None and topn < 1:
            return []
        above, below = as_list(positive), as_list(negative)
        if not above:
            message = "give at least one key or vector as positive"
            raise ValueError(message)
        terms = [self._vector_of(item) for item in above + below]
        vectors = np.array([vector for vector, _ in terms], np.float32)
        searched = self._searched(0, None, restrict_vocab)
        scores = neighbours.cosmul(
            self.vectors[searched], vectors[: len(above)], vectors[len(above) :]
        )
        given = [row for _, row in terms if row is not None]
        return self._best(scores, topn, given, searched.start)

    def similar_by_key(
        self, key: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | Scores:
        """Return `most_similar` of one key."""
        return self._similar([key], topn, restrict_vocab)

    def similar_by_word(
        self, word: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | Scores:
        """Return `most_similar` of one key, as `similar_by_key`."""
        return self._similar([word], topn, restrict_vocab)

    def similar_by_vector(
        self,
        vector: npt.ArrayLike,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Neighbours | Scores:
        """Return `most_similar` of one vector of shape (D,)."""
        return self._similar([np.asarray(vector)], topn, restrict_vocab)

    def _similar(
        self, positive: list[Any], topn: int | None, restrict_vocab: int | None
    ) -> Neighbours | Scores:
        return self.most_similar(positive, topn=topn, restrict_vocab=restrict_vocab)

    def _searched(
        self, clip_start: int, clip_end: int | None, restrict_vocab: int | None
    ) -> slice:
        if restrict_vocab:
            clip_start, clip_end = 0, restrict_vocab
        start, stop, _ = slice(clip_start, clip_end or None).indices(len(self))
        return slice(start, stop)

    def _direction(self, items: list[tuple[Any, float]]) -> tuple[Scores, list[int]]:
        """Return the unit vector that a query means and the rows of its keys."""
        if not items:
            message = "give at least one key or vector, as positive or negative"
            raise ValueError(message)
        total = np.zeros(self.vector_size, np.float64)
        given = []
        for item, weight in items:
            vector, row = self._vector_of(item)
            total += weight * vector
            if row is not None:
                given.append(row)
        return neighbours.unit(total).astype(np.float32), given

    def _directions(self, queries: list[Any]) -> tuple[Scores, list[list[int]]]:
        """Do as `_direction` for many queries, at once if they are single keys."""
        if all(isinstance(query, KEY_TYPES) for query in queries):
            given = [self.get_index(key) for key in queries]
            rows = np.array(given, np.intp)
            return neighbours.unit_rows(self.vectors[rows]), [[row] for row in given]
        built = [self._direction(_items(query, None)) for query in queries]
        return np.array([direction for direction, _ in built]), [
            own for _, own in built
        ]

    def _best(
        self, scores: Scores, topn: int | None, given: list[int], start: int
    ) -> Neighbours | Scores:
        """Name the best scores of the rows from `start` on; all scores without topn."""
        if topn is None:
            return scores
        places = np.array(given, np.intp) - start
        scores[places[(places >= 0) & (places < len(scores))]] = np.nan
        best = neighbours.largest(scores, topn)
        keys = (self.index_to_key[start + place] for place in best.tolist())
        return list(zip(keys, scores[best].tolist(), strict=True))

    # --- similarities -------------------------------------------------------------

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
        """
        return float(self._vector_of(w1)[0] @ self._vector_of(w2)[0])

    def distance(self, w1: Key, w2: Key) -> float:
        """Return 1 - `similarity` of two keys."""
        return 1 - self.similarity(w1, w2)

    @staticmethod
    def cosine_similarities(
        vector_1: npt.ArrayLike, vectors_all: npt.ArrayLike
    ) -> Scores:
        """Return the cosines of one vector with the rows of an array.

        Parameters
        ----------
        vector_1 : array-like of float, shape (D,)
        vectors_all : array-like of float, shape (n, D)

        Returns
        -------
        ndarray of float32, shape (n,)
            0 where a vector is zero, nan for rows that are not finite.
        """
        direction = neighbours.unit(np.asarray(vector_1))
        cosines = neighbours.cosines(np.asarray(vectors_all), direction[None])
        return np.asarray(cosines[0])

    def distances(
        self, word_or_vector: Key | FloatArray, other_words: Iterable[Key] = ()
    ) -> Scores:
        """Return 1 - cosine between a key or vector and other keys.

        Parameters
        ----------
        word_or_vector : str, int, or ndarray of float, shape (D,)
        other_words : iterable of n keys, optional
            All keys if it is empty.

        Returns
        -------
        ndarray of float32, shape (n,) or (V,)

        Raises
        ------
        KeyError
            If a key is missing.
        """
        vector, _ = self._vector_of(word_or_vector)
        others = list(other_words)
        rows = [self.get_index(key) for key in others]
        vectors = self.vectors[np.array(rows, np.intp)] if others else self.vectors
        cosines = neighbours.cosines(vectors, neighbours.unit(vector)[None])[0]
        return np.asarray(1 - cosines, np.float32)

    def closer_than(self, key1: Key, key2: Key) -> list[Key]:
        """Return the keys that are nearer to `key1` than `key2` is, in row order."""
        distances = self.distances(key1)
        closer = np.flatnonzero(distances < distances[self.get_index(key2)])
        own = self.get_index(key1)
        return [self.index_to_key[row] for row in closer.tolist() if row != own]

    def rank(self, key1: Key, key2: Key) -> int:
        """Return the place of `key2` among the neighbours of `key1`, from 1."""
        return len(self.closer_than(key1, key2)) + 1

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Key]) -> Key:
        """Return the key of a list that is nearest to `key1`, of equal ones the first.

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
        """Return the similarity of two keys relative to those of the nearest keys.

        Parameters
        ----------
        wa, wb : str or int
            The words.
        topn : int, default 10
            Neighbours of `wa` whose similarities are summed up [keys].

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

        Source
        ------
        A. Leeuwenberg, M. Vela, J. Dehdari and J. van Genabith (2016), A minimally
        supervised approach for synonym extraction with word embeddings, PBML 105,
        equation 1.
        """
        nearest = self.most_similar(wa, topn=topn)
        if not nearest:
            message = f"{wa!r} has no neighbours to compare with (topn={topn})"
            raise ValueError(message)
        return self.similarity(wa, wb) / sum(cosine for _, cosine in nearest)

    # --- sets of keys -------------------------------------------------------------

    def n_similarity(self, ws1: Iterable[Key], ws2: Iterable[Key]) -> float:
        """Return the cosine between the means of two sets of keys.

        Parameters
        ----------
        ws1, ws2 : iterable of keys
            Missing keys are left out; a set without any other gives 0.

        Raises
        ------
        ValueError
            If a set is empty.
        """
        first, second = (
            neighbours.unit(self.get_mean_vector(words, pre_normalize=False))
            for words in (ws1, ws2)
        )
        return float(first @ second)

    def rank_by_centrality(
        self, words: Iterable[Key], use_norm: bool = True
    ) -> list[tuple[float, Key]]:
        """Order keys by how near they are to their common mean.

        Parameters
        ----------
        words : iterable of keys
            Missing ones are left out, with a warning.
        use_norm : bool, default True
            Take the mean of unit vectors, and cosines; otherwise the vectors as they
            are, and their products with the mean's direction.

        Returns
        -------
        list of (float, key)
            The most central first.

        Raises
        ------
        ValueError
            If no key is here.

        Warns
        -----
        UserWarning
            If keys are missing.
        """
        words = _several(words, "words")
        used = [word for word in words if word in self]
        if len(used) < len(words):
            missing = ", ".join(repr(word) for word in words if word not in self)
            warnings.warn(f"left out: {missing}", UserWarning, stacklevel=2)
        if not used:
            message = f"none of the {len(words)} words is among the {len(self)} keys"
            raise ValueError(message)
        rows = np.array([self.get_vector(word, norm=use_norm) for word in used])
        products = rows @ self.get_mean_vector(rows, post_normalize=True)
        order = np.argsort(-products, kind="stable")
        return [(float(products[place]), used[place]) for place in order.tolist()]

    def doesnt_match(self, words: Iterable[Key]) -> Key:
        """Return the key that `rank_by_centrality` puts last."""
        return self.rank_by_centrality(words)[-1][1]

    # --- evaluation ---------------------------------------------------------------

    def evaluate_word_analogies(
        self,
        analogies: str | os.PathLike[str] | IO[Any],
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[float, list[dict[str, Any]]]:
        """Answer analogy questions, as the C program's compute-accuracy does.

        `w2vfast.vectors.evaluation.word_analogies` tells more (coverage, semantic and
        syntactic totals); this method returns what gensim's does.

        Parameters
        ----------
        analogies : str, path-like or file
            Lines of four words, in sections that begin with ``: name``.
        restrict_vocab : int or None, default 300000
            Use the first so many words only [words].  compute-accuracy is mostly run
            with 30000; figures with different limits cannot be compared.
        case_insensitive : bool, default True
            Take words for equal that differ in upper and lower case.
        dummy4unknown : bool, default False
            Count questions with unknown words as wrong rather than leaving them out.

        Returns
        -------
        score : float
            Fraction of right answers; 0.0 if no question could be asked.
        sections : list of dict
            With the keys "section" (its name), "correct" and "incorrect" (lists of
            four words, in upper case if `case_insensitive`, as gensim has them); the
            last one, "Total accuracy", holds all.

        Raises
        ------
        ValueError
            If a line of the file is malformed.
        OSError
            If the file cannot be read.
        """
        result = evaluation.word_analogies(
            self.index_to_key,
            self.vectors,
            analogies,
            restrict_vocab,
            case_insensitive=case_insensitive,
            dummy4unknown=dummy4unknown,
        )
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
        return result.total.accuracy, [*sections, total]

    def evaluate_word_pairs(
        self,
        pairs: str | os.PathLike[str] | IO[Any],
        delimiter: str = "\t",
        *,
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[evaluation.Correlation, evaluation.Correlation, float]:
        """Correlate cosines of word pairs with scores that people gave.

        Parameters
        ----------
        pairs : str, path-like or file
            Lines of two words and a score.
        delimiter : str, default tab
            What separates the three.
        restrict_vocab : int or None, default 300000
            Use the first so many words only [words].
        case_insensitive : bool, default True
            Take words for equal that differ in upper and lower case.
        dummy4unknown : bool, default False
            Give pairs with unknown words the cosine 0 rather than leaving them out.

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


def _several(keys: Iterable[Any], name: str) -> list[Any]:
    # A word alone would be read as its letters.
    if isinstance(keys, (str, bytes)):
        message = f"{name} must be a list, got {keys!r}. For one word write [{keys!r}]."
        raise TypeError(message)
    return list(keys)


def _items(positive: Any, negative: Any) -> list[tuple[Any, float]]:
    """Return what a query is made of, with weights."""
    signed = [(item, 1.0) for item in as_list(positive)]
    signed += [(item, -1.0) for item in as_list(negative)]
    return [_weighted(item, sign) for item, sign in signed]


def _weighted(item: Any, sign: float) -> tuple[Any, float]:
    if not isinstance(item, tuple | list):
        return item, sign
    if len(item) != 2:
        message = f"expected a key, an array or a pair (key, weight), got {item!r}"
        raise ValueError(message)
    return item[0], float(item[1])
