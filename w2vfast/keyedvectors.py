"""KeyedVectors: look-up of word vectors, neighbours, files, evaluation.

V is the number of words, D the dimension.
"""

from __future__ import annotations

import difflib
import os
import warnings
from collections.abc import Iterable, Sequence
from typing import IO, Any, cast, overload

import numpy as np
import numpy.typing as npt

from w2vfast import evaluation, formats, suffixes
from w2vfast.files import PathLike, open_output
from w2vfast.spelling import Spaces

Key = str | int
FloatArray = npt.NDArray[np.floating[Any]]
Query = Key | FloatArray | tuple[Key | FloatArray, float]

_KEY_TYPES = (str, bytes, int, np.integer)
_MAX_SUGGESTIONS = 3
_SUGGESTION_WORDS = 50_000  # most frequent words compared with a missing one


class KeyedVectors:
    """Words and their vectors.

    Parameters
    ----------
    keys : sequence or array of str or int, length V
        The words, most frequent first.
    vectors : ndarray of float, shape (V, D)
        Kept, not copied, if it is an array of floating-point numbers.
    counts : array-like of int, shape (V,), optional
        Occurrences of each word [occurrences].
    c_text : bool, default False
        `save_word2vec_format` writes as the C program does unless told otherwise.

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

    Raises
    ------
    ValueError
        If the lengths differ.
    """

    def __init__(
        self,
        keys: Sequence[Key] | npt.NDArray[np.integer[Any]],
        vectors: npt.ArrayLike,
        counts: npt.ArrayLike | None = None,
        *,
        c_text: bool = False,
    ) -> None:
        array = np.asarray(vectors)
        self.vectors: FloatArray = (
            array if array.dtype.kind == "f" else array.astype(np.float32)
        )
        # An array's own elements would be NumPy scalars.
        self.index_to_key: list[Key] = (
            keys.tolist() if isinstance(keys, np.ndarray) else list(keys)
        )
        self.counts = None if counts is None else np.asarray(counts, np.int64)
        self._c_text = c_text
        n_keys = len(self.index_to_key)
        if self.vectors.ndim != 2 or len(self.vectors) != n_keys:
            message = (
                f"got {n_keys} keys and vectors of shape {self.vectors.shape}; "
                "pass a 2-D array with one row for each key"
            )
            raise ValueError(message)
        if self.counts is not None and self.counts.shape != (n_keys,):
            message = f"got {n_keys} keys and counts of shape {self.counts.shape}"
            raise ValueError(message)
        # From the last to the first, so that the first of equal words stays.
        rows = range(n_keys - 1, -1, -1)
        self.key_to_index = dict(zip(reversed(self.index_to_key), rows, strict=True))

    def __repr__(self) -> str:
        return f"KeyedVectors({len(self)} keys, vector_size={self.vector_size})"

    # --- look-up ----------------------------------------------------------------

    @property
    def vector_size(self) -> int:
        """Dimension D of the vectors."""
        return int(self.vectors.shape[1])

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, key: object) -> bool:
        return key in self.key_to_index

    def __getitem__(self, key_or_keys: Key | Iterable[Key]) -> FloatArray:
        """Return the vector of a key, or an array of the vectors of several.

        Parameters
        ----------
        key_or_keys : str, int, or iterable of them
            One key or n keys.

        Returns
        -------
        ndarray of float, shape (D,) or (n, D)
            A copy of one vector, or of several.

        Raises
        ------
        KeyError
            If a key is missing; the text names keys that are spelt alike.
        """
        if isinstance(key_or_keys, _KEY_TYPES):
            return self.get_vector(cast(Key, key_or_keys))
        rows = [self._row(key) for key in key_or_keys]
        return np.asarray(self.vectors[np.array(rows, np.intp)])

    def get_vector(self, key: Key, norm: bool = False) -> FloatArray:
        """Return the vector of a key.

        Parameters
        ----------
        key : str or int
            The word.
        norm : bool, default False
            Scale it to length 1 (a vector of zeros stays).

        Returns
        -------
        ndarray of float, shape (D,)
            A copy: changing it does not change the model, and later training does not
            change it.

        Raises
        ------
        KeyError
            If the key is missing.
        """
        vector: FloatArray = self.vectors[self._row(key)].copy()
        return _unit(vector) if norm else vector

    def _row(self, key: Any) -> int:
        row = self.key_to_index.get(key)
        if row is None:
            raise MissingKeyError(key, self.index_to_key)
        return row

    # --- neighbours ----------------------------------------------------------------

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
        first = np.asarray(self.vectors[self._row(w1)], np.float64)
        second = np.asarray(self.vectors[self._row(w2)], np.float64)
        return float(_unit(first) @ _unit(second))

    @overload
    def most_similar(
        self,
        positive: Query | Iterable[Query] | None = None,
        negative: Query | Iterable[Query] | None = None,
        topn: int = 10,
    ) -> list[tuple[Key, float]]: ...

    @overload
    def most_similar(
        self,
        positive: Query | Iterable[Query] | None = None,
        negative: Query | Iterable[Query] | None = None,
        *,
        topn: None,
    ) -> npt.NDArray[np.float32]: ...

    def most_similar(
        self,
        positive: Query | Iterable[Query] | None = None,
        negative: Query | Iterable[Query] | None = None,
        topn: int | None = 10,
    ) -> list[tuple[Key, float]] | npt.NDArray[np.float32]:
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

        Returns
        -------
        list of (key, float)
            Keys and cosines, the nearest first, without the keys that were given;
            equal ones in the order of `index_to_key`.
            If `topn` is None, an ndarray of float32, shape (V,), of all cosines.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If nothing is given, or a vector has another dimension.

        Notes
        -----
        O(V D) time.  Rows that are zero have the cosine 0; rows with values that are
        not finite are never returned.
        """
        if topn is not None and topn < 1:
            return []
        items = [(item, 1.0) for item in _as_list(positive)]
        items += [(item, -1.0) for item in _as_list(negative)]
        if not items:
            message = "give at least one key or vector, as positive or negative"
            raise ValueError(message)
        direction, given = self._direction(items)
        cosines = self._cosines(direction)
        if topn is None:
            return cosines
        cosines[given] = np.nan
        best = _largest(cosines, topn)
        return [(self.index_to_key[row], float(cosines[row])) for row in best]

    def _direction(
        self, items: Sequence[tuple[Any, float]]
    ) -> tuple[npt.NDArray[np.float32], list[int]]:
        """Return the unit vector that a query means and the rows of its keys."""
        total = np.zeros(self.vector_size, np.float64)
        given = []
        for item, sign in items:
            value, weight = item if isinstance(item, tuple) else (item, sign)
            if isinstance(value, np.ndarray) and value.ndim > 0:
                if value.shape != (self.vector_size,):
                    message = (
                        f"a query vector must have shape ({self.vector_size},), "
                        f"got {value.shape}"
                    )
                    raise ValueError(message)
                total += weight * value
            else:
                row = self._row(value)
                given.append(row)
                total += weight * _unit(np.asarray(self.vectors[row], np.float64))
        return _unit(total).astype(np.float32), given

    def _cosines(self, direction: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the cosine of every row with a unit vector, shape (V,)."""
        rows = np.asarray(self.vectors, np.float32)
        # Lengths are computed anew each time: the vectors may have been trained on.
        with np.errstate(invalid="ignore", over="ignore"):
            lengths = np.sqrt(np.einsum("vd,vd->v", rows, rows))
            products = rows @ direction
            lengths[lengths == 0] = 1  # the product is 0 as well
            return np.asarray(products / lengths, np.float32)

    # --- files ---------------------------------------------------------------------

    def save(
        self, path: PathLike, kind: str | None = None, *, spaces: Spaces = "refuse"
    ) -> None:
        r"""Write the vectors in the format that the name's suffix means.

        Parameters
        ----------
        path : str or path-like
            .txt or .vec (word2vec text), .bin (binary), .glove (text without a header),
            each also with .gz, .bz2 or .xz; .npz; .safetensors; .tsv (TensorBoard's
            projector); .hf (a folder for sentence-transformers and model2vec); without
            a suffix a folder.  Written whole or not at all.
        kind : str, optional
            A name of `w2vfast.suffixes.KINDS`, whatever the suffix is.
        spaces : {"refuse", "escape"}, default "refuse"
            Words with white space, where readers would cut them: an error, or
            escapes such as ``\x20`` that `load` undoes.

        Raises
        ------
        ValueError
            If the suffix is unknown or a word cannot be written.
        OSError
            If the file cannot be written.
        ImportError
            If the format needs a package that is missing.
        """
        held = suffixes.Contents(
            self.index_to_key, self.vectors, self.counts, self._c_text
        )
        suffixes.write_vectors(path, held, kind, spaces)

    @classmethod
    def load(
        cls,
        path: PathLike,
        kind: str | None = None,
        *,
        limit: int | None = None,
        unicode_errors: str = "strict",
        spaces: Spaces = "refuse",
    ) -> KeyedVectors:
        """Read vectors from a file or folder of any format that can be read.

        Parameters
        ----------
        path : str or path-like
            What `save` wrote, but for .tsv and .hf; a folder of `Word2Vec.save`; text
            with a header or without; gensim's and the C program's binary.
        kind : str, optional
            A name of `w2vfast.suffixes.KINDS`, whatever the suffix is.
        limit : int, optional
            Read at most this many words [words].
        unicode_errors : str, default "strict"
            How words in text and binary that are not UTF-8 are decoded.
        spaces : {"refuse", "escape", "keep"}, default "refuse"
            Words with white space: an error; escapes are undone; or whatever comes
            before the last D fields of a line of text is the word.

        Returns
        -------
        KeyedVectors

        Raises
        ------
        ValueError
            If the file does not fit its format; with its name and the line or byte.
        OSError
            If the file cannot be read.
        ImportError
            If the format needs a package that is missing.
        """
        how = suffixes.Reading(limit, unicode_errors, spaces)
        held = suffixes.read_vectors(path, kind, how)
        loaded = cls(held.words, held.vectors, held.counts, c_text=held.c_text)
        _warn_of_duplicates(loaded, os.fspath(path))
        return loaded

    def save_word2vec_format(
        self,
        fname: PathLike,
        fvocab: PathLike | None = None,
        binary: bool = False,
        *,
        c_text: bool | None = None,
    ) -> None:
        """Write the vectors in the C program's format, whole or not at all.

        Parameters
        ----------
        fname : str or path-like
            The file; see `w2vfast.files.open_output` for pipes and links.
        fvocab : str or path-like, optional
            Also write the counts there, a line ``word count`` for each word.
        binary : bool, default False
            Little-endian float32 rather than text.
        c_text : bool, optional
            Write the very text of the C program: six decimals, a space at the end of
            each line.  The default is what these vectors were trained as: True in
            exact mode.  Otherwise a number has as few digits as keep its float32.

        Raises
        ------
        ValueError
            If a word cannot be written (it holds white space or is empty), or
            `fvocab` is given and there are no counts.
        OSError
            If a file cannot be written.
        """
        if isinstance(fvocab, bool):
            message = f"fvocab is a file name, got {fvocab}; write binary={fvocab}"
            raise TypeError(message)
        if fvocab is not None and self.counts is None:
            message = "fvocab needs counts, and these vectors were loaded without any"
            raise ValueError(message)
        as_c = self._c_text if c_text is None else c_text
        with open_output(fname) as file:
            formats.write_word2vec(
                file, self.index_to_key, self.vectors, binary=binary, c_text=as_c
            )
        if fvocab is not None and self.counts is not None:
            with open_output(fvocab) as file:
                formats.write_counts(file, self.index_to_key, self.counts.tolist())

    @classmethod
    def load_word2vec_format(
        cls,
        fname: PathLike,
        fvocab: PathLike | None = None,
        binary: bool | None = False,
        *,
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: npt.DTypeLike = np.float32,
        no_header: bool = False,
    ) -> KeyedVectors:
        """Read vectors in the C program's format.

        Parameters
        ----------
        fname : str or path-like
            The file, also compressed by gzip, bz2 or xz.
        fvocab : str or path-like, optional
            Read the counts there: lines ``word count``; words without a vector are
            passed over.
        binary : bool or None, default False
            Binary rather than text; None looks at the first row.
        unicode_errors : str, default "strict"
            How words that are not UTF-8 are decoded; "surrogateescape" keeps them.
        limit : int, optional
            Read at most this many words [words].
        datatype : dtype, default float32
            A floating-point type for the vectors.
        no_header : bool, default False
            The text has no first line ``V D``, as GloVe's files.

        Returns
        -------
        KeyedVectors

        Raises
        ------
        ValueError
            If a file does not fit its format; with its name and the line or byte.
        OSError
            If a file cannot be read.

        Warns
        -----
        UserWarning
            If a word occurs twice: look-up finds the first.
        """
        if isinstance(fvocab, bool):
            message = f"fvocab is a file name, got {fvocab}; write binary={fvocab}"
            raise TypeError(message)
        words, vectors = formats.read_word2vec(
            fname,
            binary=binary,
            header=not no_header,
            limit=limit,
            unicode_errors=unicode_errors,
            dtype=datatype,
        )
        counts = None
        if fvocab is not None:
            counts = _counts_of(words, fvocab, unicode_errors)
        loaded = cls(words, vectors, counts)
        _warn_of_duplicates(loaded, os.fspath(fname))
        return loaded

    # --- evaluation ----------------------------------------------------------------

    def evaluate_word_analogies(
        self,
        analogies: str | os.PathLike[str] | IO[Any],
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[float, list[dict[str, Any]]]:
        """Answer analogy questions, as the C program's compute-accuracy does.

        `w2vfast.evaluation.word_analogies` tells more (coverage, semantic and
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
            four words); the last one, "Total accuracy", holds all.

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
        sections: list[dict[str, Any]] = [
            {"section": s.name, "correct": s.correct, "incorrect": s.incorrect}
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


class MissingKeyError(KeyError):
    """A key that is not among the vectors; its text names some that are spelt alike.

    They are sought only when the text is asked for, as many programs look words up
    only to see whether they are there.
    """

    def __init__(self, key: object, keys: Sequence[Key]) -> None:
        super().__init__(key)
        self._keys = keys

    def __reduce__(self) -> tuple[Any, ...]:
        # Sent to another process without the whole vocabulary.
        return KeyError, (str(self),)

    def __str__(self) -> str:
        key = self.args[0]
        message = f"{key!r} is not among the {len(self._keys)} keys"
        alike = _spelt_alike(key, self._keys[:_SUGGESTION_WORDS])
        if alike:
            message += f"; did you mean {' or '.join(map(repr, alike))}?"
        return message


def _spelt_alike(key: object, keys: Sequence[Key]) -> list[Key]:
    """Return a few keys that are nearly `key`: another type or case, or a slip."""
    text = key.decode(errors="replace") if isinstance(key, bytes) else str(key)
    same = [k for k in keys if str(k).lower() == text.lower()]
    if same or isinstance(key, int | np.integer):
        return same[:_MAX_SUGGESTIONS]
    near = [k for k in keys if isinstance(k, str) and abs(len(k) - len(text)) < 3]
    return list(difflib.get_close_matches(text, near, n=_MAX_SUGGESTIONS, cutoff=0.7))


def _as_list(query: Any) -> list[Any]:
    """Take a single key or vector as a list of one."""
    if query is None:
        return []
    is_vector = isinstance(query, np.ndarray) and query.ndim == 1
    return [query] if is_vector or isinstance(query, _KEY_TYPES) else list(query)


def _unit(vector: FloatArray) -> FloatArray:
    """Scale a vector to length 1; one without a direction becomes zeros."""
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if length == 0 or not np.isfinite(length):
        return np.zeros_like(vector)
    return np.asarray(vector / length, vector.dtype)


def _largest(values: npt.NDArray[np.float32], n: int) -> npt.NDArray[np.intp]:
    """Return the places of the n largest finite values, the largest first."""
    finite = np.flatnonzero(np.isfinite(values))
    n = min(n, len(finite))
    if n == 0:
        return finite
    least = np.partition(values[finite], len(finite) - n)[len(finite) - n]
    candidates = finite[values[finite] >= least]
    order = np.argsort(-values[candidates], kind="stable")
    return np.asarray(candidates[order[:n]], np.intp)


def _counts_of(
    words: Sequence[str], fvocab: PathLike, unicode_errors: str
) -> list[int]:
    """Read the counts of all words from a vocabulary file."""
    counts = formats.read_counts(fvocab, unicode_errors)
    missing = next((word for word in words if word not in counts), None)
    if missing is not None:
        message = (
            f"{os.fspath(fvocab)} has no count for {missing!r}; "
            "give the vocabulary file that belongs to these vectors"
        )
        raise ValueError(message)
    return [counts[word] for word in words]


def _warn_of_duplicates(loaded: KeyedVectors, name: str) -> None:
    twice = len(loaded) - len(loaded.key_to_index)
    if twice:
        rows = enumerate(loaded.index_to_key)
        first = next(word for row, word in rows if loaded.key_to_index[word] != row)
        message = (
            f"{name}: {twice} rows repeat a word, such as {first!r}; all rows are "
            "kept, and look-up finds the first"
        )
        warnings.warn(message, UserWarning, stacklevel=3)
