"""The log-probability of sentences under a trained model.

Sentences are read as for training, and each gets one score: known words are predicted
from windows of full size, without subsampling.  V words, D dim, n words of a batch.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.errors import shown, warn
from w2vfast.prediction.probabilities import (
    Float32,
    Float64,
    Softmax,
    TreeSoftmax,
    narrowed,
)
from w2vfast.system.threads import Crew
from w2vfast.text.corpus_files import open_source
from w2vfast.text.file_starts import MARK
from w2vfast.text.sources import FileSource, Source
from w2vfast.text.token_lists import BLOCK_BYTES, token_lists
from w2vfast.text.tokenizers import WHITESPACE
from w2vfast.vectors.neighbours import blocks

Ids = NDArray[np.int64]
# Some tokens of a sentence, and whether it ends after them.
Run = tuple[Sequence[Any], bool]

_BATCH_WORDS = 1 << 16  # words that are scored together,
_PAIRS = 1 << 19  # in parts of at most this many pairs
_HIDDEN_VALUES = 1 << 22  # values of CBOW's hidden vectors in a part: 16 MB
_UNKNOWN, _END = -1, -2  # instead of a row

_LAST_SPACE = re.compile(rb"[ \t][^ \t]*\Z")


class WindowScorer:
    """Log-probabilities of words from the words around them.

    Parameters
    ----------
    syn0 : ndarray of float32, shape (V, D)
    layer : Softmax or TreeSoftmax
    window : int
        Farthest context word on each side [words].
    sg : bool
        Predict a word from each word of its window, one at a time.  False: from all
        of them at once, as CBOW does.
    cbow_mean : bool
        In CBOW the hidden vector is the mean of the words of the window; False: their
        sum.
    """

    def __init__(
        self,
        syn0: Float32,
        layer: Softmax | TreeSoftmax,
        *,
        window: int,
        sg: bool,
        cbow_mean: bool,
    ) -> None:
        self._syn0 = np.asarray(syn0)
        self._layer = layer
        self._sg = sg
        self._cbow_mean = cbow_mean
        self._window = window
        # In skip-gram a hidden vector is a row of syn0, so each normaliser is computed
        # once; nan: not yet.
        self._log_normalisers = np.full(len(syn0) if sg else 0, np.nan)

    def log_likelihoods(self, words: Ids, pieces: Ids) -> Float64:
        """Return log p of each word.

        Parameters
        ----------
        words : ndarray of int64, shape (n,)
            Rows of `syn0`.
        pieces : ndarray of int64, shape (n,)
            Number of the piece of text that a word belongs to, in ascending order;
            windows end where a piece ends.

        Returns
        -------
        ndarray of float64, shape (n,)
            In skip-gram the sum over the context words of a word; 0 without any.
        """
        found = np.zeros(len(words))
        reach = min(self._window, int(np.bincount(pieces).max()) - 1)
        offsets = np.delete(np.arange(-reach, reach + 1), reach)
        score = self._skipgram if self._sg else self._cbow
        size = _PAIRS // max(1, len(offsets))
        if not self._sg:
            size = min(size, _HIDDEN_VALUES // self._syn0.shape[1])
        for part in blocks(len(words), max(1, size)):
            pos = np.arange(part.start, part.stop)
            contexts = pos[:, None] + offsets
            inside = (contexts >= 0) & (contexts < len(words))
            contexts[~inside] = 0
            inside &= pieces[contexts] == pieces[pos, None]
            found[part] = score(words[part], words[contexts], inside)
        return found

    def _skipgram(
        self, centres: Ids, contexts: Ids, inside: NDArray[np.bool_]
    ) -> Float64:
        place, column = np.nonzero(inside)
        inputs = contexts[place, column]
        self._find_normalisers(inputs)
        pairs = self._layer.log_weights(self._syn0, inputs, centres[place])
        pairs -= self._log_normalisers[inputs]
        return np.bincount(place, pairs, len(centres)).astype(np.float64, copy=False)

    def _find_normalisers(self, inputs: Ids) -> None:
        known = self._log_normalisers
        rows = np.unique(inputs[np.isnan(known[inputs])])
        for part in blocks(len(rows), _BATCH_WORDS):
            known[rows[part]] = self._layer.log_normalisers(self._syn0[rows[part]])

    def _cbow(self, centres: Ids, contexts: Ids, inside: NDArray[np.bool_]) -> Float64:
        counts = inside.sum(axis=1)
        sums = np.zeros((len(centres), self._syn0.shape[1]))
        for words, here in zip(contexts.T, inside.T, strict=True):
            sums[here] += self._syn0[words[here]]
        if self._cbow_mean:
            sums /= np.maximum(counts, 1)[:, None]
        hidden = narrowed(sums)
        predicted = np.flatnonzero(counts)
        found = np.zeros(len(centres))
        found[predicted] = self._layer.log_weights(
            hidden, predicted, centres[predicted]
        ) - self._layer.log_normalisers(hidden[predicted])
        return found


def score_sentences(
    source: Source,
    scorer: WindowScorer,
    rows: Mapping[Any, int],
    *,
    ends: Collection[Any],
    longest: int,
    exact: bool,
) -> Float64:
    """Add up the log-probabilities of the words of each sentence.

    Parameters
    ----------
    source : FileSource, SentenceSource or IdCorpus
    scorer : WindowScorer
    rows : mapping of str or int to int
        Row of each word; other words are ignored.
    ends : collection
        Words that end a piece of a sentence.
    longest : int
        Longer pieces are cut [words].
    exact : bool
        Read files as exact mode does.

    Returns
    -------
    ndarray of float64, shape (sentences,)

    Raises
    ------
    TypeError
        If a sentence is not a list of tokens.
    OSError, ValueError
        If a file cannot be read.

    Warns
    -----
    UserWarning
        If no word of any sentence is known.
    """

    def row_of(token: Any) -> int:
        if isinstance(token, bytes):
            token = token.decode("utf-8", "surrogateescape")
        try:
            return _END if token in ends else rows.get(token, _UNKNOWN)
        except TypeError:  # it is not hashable
            message = f"a token is a str, bytes or int, got {shown(token)}"
            raise TypeError(message) from None

    count = _Count()
    sums = [
        (first, np.bincount(sentences - first, scorer.log_likelihoods(words, pieces)))
        for words, pieces, sentences, first in _batches(
            _pieces(token_runs(source, exact), row_of, longest, count)
        )
    ]
    if count.words and not sums:
        message = (
            f"none of the {count.words} words of {source.name} is in the vocabulary, "
            "so every score is 0"
        )
        warn(message)
    scores = np.zeros(count.sentences)
    for first, part in sums:
        scores[first : first + len(part)] += part
    return scores


class _Count:
    """Sentences and words read so far."""

    sentences = 0
    words = 0


def _pieces(
    runs: Iterable[Run], row_of: Callable[[Any], int], longest: int, count: _Count
) -> Iterator[tuple[int, list[int]]]:
    """Yield the number of a sentence and the rows of a piece of it."""
    piece: list[int] = []
    for tokens, ended in runs:
        count.words += len(tokens)
        for token in tokens:
            row = row_of(token)
            if row >= 0:
                piece.append(row)
            if piece and (row == _END or len(piece) == longest):
                yield count.sentences, piece
                piece = []
        if ended:
            if piece:
                yield count.sentences, piece
                piece = []
            count.sentences += 1


def _batches(
    pieces: Iterable[tuple[int, list[int]]],
) -> Iterator[tuple[Ids, Ids, Ids, int]]:
    """Yield rows, the piece and the sentence of each, and the first sentence."""
    words: list[int] = []
    lengths: list[int] = []
    sentences: list[int] = []
    for sentence, piece in pieces:
        words += piece
        lengths.append(len(piece))
        sentences.append(sentence)
        if len(words) >= _BATCH_WORDS:
            yield _batch(words, lengths, sentences)
            words, lengths, sentences = [], [], []
    if words:
        yield _batch(words, lengths, sentences)


def _batch(
    words: list[int], lengths: list[int], sentences: list[int]
) -> tuple[Ids, Ids, Ids, int]:
    return (
        np.array(words, np.int64),
        np.repeat(np.arange(len(lengths)), lengths),
        np.repeat(np.array(sentences, np.int64), lengths),
        sentences[0],
    )


# --- tokens of any source ---------------------------------------------------------


def token_runs(source: Source, exact: bool) -> Iterator[Run]:
    """Read the sentences of a source; a long line of a file comes in parts.

    Parameters
    ----------
    source : FileSource, SentenceSource or IdCorpus
    exact : bool
        Keep the byte order mark of a file, and skip carriage returns, as training in
        exact mode does.

    Yields
    ------
    tokens : sequence of str, bytes or int
    ended : bool
        Whether the sentence ends after them.  Empty lines and empty lists are
        sentences, too.
    """
    if isinstance(source, FileSource) and source.tokenizer is WHITESPACE:
        yield from _file_runs(source, exact)
    else:
        lists = token_lists(source, Crew(1, None, None), BLOCK_BYTES)
        yield from ((tokens, True) for tokens in lists)


def _file_runs(source: FileSource, exact: bool) -> Iterator[Run]:
    for name in source.files:
        with open_source(name) as file:
            rest, in_line = b"", False
            for block in _file_blocks(io.BufferedReader(file), exact):
                text = block.replace(b"\r", b"" if exact else b" ")
                *lines, last = (rest + text).split(b"\n")
                for line in lines:
                    yield _words(line), True
                in_line = bool(last) or (in_line and not lines)
                found = _LAST_SPACE.search(last)
                cut = found.start() if found else 0
                yield _words(last[:cut]), False
                rest = last[cut:]
            if in_line:
                yield _words(rest), True


def _file_blocks(file: io.BufferedReader, exact: bool) -> Iterator[bytes]:
    start = file.read(len(MARK))
    if exact or start != MARK:
        yield start
    while block := file.read(BLOCK_BYTES):
        yield block


def _words(line: bytes) -> list[str]:
    # As training splits lines: other white space is part of a word.
    text = line.decode("utf-8", "surrogateescape").replace("\t", " ")
    return [word for word in text.split(" ") if word]
