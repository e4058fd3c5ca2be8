"""Recorder: a callback that keeps the vectors of some words while a model trains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import Word
from w2vfast.errors import Name, SettingsError, whole_number
from w2vfast.learn.recording import Recording
from w2vfast.training.callbacks import CallbackAny2Vec
from w2vfast.training.history import Losses, Progress
from w2vfast.vectors.missing_key import missing_sentences

if TYPE_CHECKING:
    from w2vfast.model import Word2Vec

DEFAULT_WORDS = 100
DEFAULT_FRAMES = 200  # of a run
# Words that are more frequent tell little: "the", "of".
STOP_WORD_SHARE = 1e-3
MOST_STOP_WORDS = 10  # at most one in so many words of the vocabulary


class _Frame(NamedTuple):
    """The recorded rows at one moment."""

    progress: Progress
    rows: NDArray[np.float32]  # (n, D)


class Recorder(CallbackAny2Vec):
    """Keep the vectors of some words while a model trains.

    Parameters
    ----------
    words : int or iterable of str or int, default 100
        The words; or how many of the most frequent ones, without those that make up
        more than 0.1 % of the text (at most a tenth of the vocabulary).
    every : float, optional
        Time between two frames [epochs], such as 0.1; default the run in 200 frames.
        Frames are at least 0.05 s apart within an epoch, so that a short one has fewer.

    Attributes
    ----------
    recording : Recording
        What was recorded by the last call of `train`, also while it runs.

    Raises
    ------
    TypeError, ValueError
        If `words` or `every` cannot be used; at the start of the training, if a word is
        not in the vocabulary: the message names similar words.

    Notes
    -----
    Vectors are read while the workers go on, so a frame may hold half of an update.
    Frames need n D 4 bytes each, for n words of dimension D.

    Examples
    --------
    >>> recorder = Recorder(words=["king", "queen"])                  # doctest: +SKIP
    >>> Word2Vec(corpus_file="corpus.txt", callbacks=[recorder])      # doctest: +SKIP
    >>> save_learn_page("film.html", recorder.recording)              # doctest: +SKIP
    """

    def __init__(
        self,
        words: int | Iterable[Word] = DEFAULT_WORDS,
        every: float | None = None,
    ) -> None:
        self._wanted = _checked_words(words)
        self._every = _checked_every(every)
        self._title = ""
        self._words: list[Word] = []
        self._rows: NDArray[np.intp] = np.empty(0, np.intp)
        self._frames: list[_Frame] = []
        self._last: Progress | None = None
        self._interval = -1  # of the last frame

    @property
    def recording(self) -> Recording:
        """What was recorded by the last call of `train`.

        Raises
        ------
        RuntimeError
            If nothing was recorded.
        """
        if not self._frames:
            message = (
                "nothing was recorded yet. Give the recorder to a training: "
                "Word2Vec(..., callbacks=[recorder])."
            )
            raise RuntimeError(message)
        moments = [frame.progress for frame in self._frames]
        return Recording(
            title=self._title,
            words=[str(word) for word in self._words],
            epochs=np.array([moment.epoch for moment in moments]),
            alphas=np.array([moment.alpha for moment in moments]),
            losses=_losses_between([moment.losses for moment in moments]),
            frames=np.stack([frame.rows for frame in self._frames]),
        )

    def on_train_begin(self, model: Word2Vec) -> None:
        """Choose the words, and forget an earlier training.

        Parameters
        ----------
        model : Word2Vec
            The model that is trained.
        """
        self._rows = _rows_to_record(model, self._wanted)
        self._words = [model.wv.index_to_key[row] for row in self._rows]
        self._title = f"{len(model.wv):,} words; {model.params.summary}"
        self._frames, self._last, self._interval = [], None, -1

    def on_progress(self, model: Word2Vec, progress: Progress) -> None:
        """Take a frame if it is due.

        Parameters
        ----------
        model : Word2Vec
            The model that is trained.
        progress : Progress
            Where the run stands.
        """
        every = self._every or progress.n_epochs / DEFAULT_FRAMES
        # A little more, because 0.3 / 0.1 is below 3.
        interval = int(progress.epoch / every + 1e-6)
        if interval > self._interval:
            self._interval = interval
            self._take(model, progress)
        self._last = progress

    def on_train_end(self, model: Word2Vec) -> None:
        """Take the last frame.

        Parameters
        ----------
        model : Word2Vec
            The model that is trained.
        """
        if self._last and self._last.ids > self._frames[-1].progress.ids:
            self._take(model, self._last)

    def _take(self, model: Word2Vec, progress: Progress) -> None:
        self._frames.append(_Frame(progress, model.wv.vectors[self._rows]))


def _checked_words(words: Any) -> int | list[Word]:
    if isinstance(words, str | bytes):
        message = (
            f"words must be a number or a list of words, got {words!r}. Use "
            f"[{words!r}]."
        )
        raise TypeError(message)
    if isinstance(words, Iterable):
        listed = list(dict.fromkeys(words))
        if not listed:
            message = "words must name at least one word, got none."
            raise ValueError(message)
        return listed
    n = whole_number("words", words)
    if n < 1:
        message = f"words must be at least 1, got {n}."
        raise ValueError(message)
    return n


def _checked_every(every: Any) -> float | None:
    if every is None:
        return None
    if isinstance(every, bool) or not isinstance(every, int | float):
        message = f"every must be a number of epochs, such as 0.1, got {every!r}."
        raise TypeError(message)
    if not 0 < every < float("inf"):
        message = f"every must be above 0 epochs, such as 0.1, got {every!r}."
        raise ValueError(message)
    return float(every)


def _rows_to_record(model: Word2Vec, wanted: int | list[Word]) -> NDArray[np.intp]:
    if isinstance(wanted, int):
        return _frequent_rows(model.vocab.visible_counts, wanted)
    row_of = model.wv.key_to_index
    unknown = [word for word in wanted if word not in row_of]
    if unknown:
        message = (
            f"{len(unknown)} of {len(wanted)} words to record have no vector: "
            f"{missing_sentences(unknown, model.wv.index_to_key)} Leave them out, or "
            "lower ",
            Name("min_count"),
            ".",
        )
        raise SettingsError(message)
    return np.array([row_of[word] for word in wanted], np.intp)


def _frequent_rows(counts: NDArray[np.int64], n: int) -> NDArray[np.intp]:
    """Return the rows of the n most frequent words after those like stop words."""
    n_stop = int((counts > STOP_WORD_SHARE * counts.sum()).sum())
    first = min(n_stop, len(counts) // MOST_STOP_WORDS, max(0, len(counts) - n))
    return np.arange(first, min(first + n, len(counts)))


def _losses_between(sums: list[Losses]) -> NDArray[np.float64]:
    """Return the mean loss of a prediction since the frame before [nats]."""
    losses = np.full(len(sums), np.nan)
    for k in range(1, len(sums)):
        since = sums[k] - sums[k - 1]
        if since.predictions:
            total = since.hs + since.ns + since.softmax
            losses[k] = total / since.predictions
    return losses
