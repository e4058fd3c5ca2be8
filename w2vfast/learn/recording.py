"""Recordings of a training: vectors of some words over time, and their file.

A file of a recording is an .npz file of NumPy, without pickle:

=============  =========  ===========================================================
``recording``  ()         int64: version of this format, 1
``title``      (n,)       uint8: a description of the model, as UTF-8
``words``      (n,)       uint8: the words as UTF-8, concatenated
``word_ends``  (W,)       int64: end of each word in ``words`` [bytes]
``epochs``     (F,)       float64: epochs done at each frame, ascending
``alphas``     (F,)       float64: learning rate
``losses``     (F,)       float64: mean loss of a prediction since the frame before
                          [nats]; NaN where there is none
``frames``     (F, W, D)  float32: the vectors of the words
=============  =========  ===========================================================

F frames, W words, D dimension.
"""

from __future__ import annotations

import html
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import PathLike, Word
from w2vfast.formats.named_arrays import pack_words, unpack_words
from w2vfast.formats.npz import read_arrays
from w2vfast.learn.film_page import film_page
from w2vfast.system.files import open_output

VERSION = 1
MARK = "recording"  # the array that tells a recording from other .npz files
NUMBERS = ("epochs", "alphas", "losses")
NAMES = frozenset({MARK, "title", "words", "word_ends", "frames", *NUMBERS})
NOTEBOOK_HEIGHT = 780  # [CSS pixels]


@dataclass(frozen=True, eq=False)
class Recording:
    """The vectors of some words while a model was trained.

    Displayed in a notebook, it plays: the words on the map, loss and learning rate.
    `save_learn_page` writes the same as a page.

    Parameters
    ----------
    title : str
        A description of the model.
    words : list of str, length W
        The words.
    epochs : ndarray of float64, shape (F,)
        Epochs done at each frame.
    alphas : ndarray of float64, shape (F,)
        Learning rate.
    losses : ndarray of float64, shape (F,)
        Mean loss of a prediction since the frame before [nats]; NaN where none was
        computed.
    frames : ndarray of float32, shape (F, W, D)
        The vectors of the words.
    """

    title: str
    words: list[str]
    epochs: NDArray[np.float64]
    alphas: NDArray[np.float64]
    losses: NDArray[np.float64]
    frames: NDArray[np.float32]

    def __repr__(self) -> str:
        n_frames, n_words, dim = self.frames.shape
        return f"Recording({n_frames} frames of {n_words} words, vector_size={dim})"

    def _repr_html_(self) -> str:
        """Return the film, inside a frame of its own, for a notebook."""
        page = html.escape(film_page(self))
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" '
            f'style="width: 100%; height: {NOTEBOOK_HEIGHT}px; border: 0"></iframe>'
        )

    def save(self, path: PathLike) -> None:
        """Write the recording as an .npz file of NumPy, without pickle.

        Parameters
        ----------
        path : path
            The file, such as ``run.npz``; `w2vfast.learn.recording` describes it.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        words: list[Word] = [*self.words]
        arrays: dict[str, Any] = {
            MARK: np.int64(VERSION),
            "title": np.frombuffer(self.title.encode("utf-8", "replace"), np.uint8),
            **pack_words(words),
            "frames": self.frames,
            **{name: getattr(self, name) for name in NUMBERS},
        }
        with open_output(path) as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: PathLike) -> Recording:
        """Read a recording that `save` wrote.

        Parameters
        ----------
        path : path
            The file.

        Raises
        ------
        OSError
            If the file cannot be opened.
        ValueError
            If it is damaged, no recording, or of another version.
        """
        arrays = read_arrays(path, NAMES)
        missing = NAMES - arrays.keys()
        if MARK in missing:
            message = (
                f"{path}: expected a recording, which Recorder or w2vfast train "
                f"--record makes, but it has no array {MARK!r}."
            )
            raise ValueError(message)
        version = arrays[MARK]
        if version.shape != () or version.dtype.kind != "i" or version != VERSION:
            message = (
                f"{path}: expected a recording of version {VERSION}, got "
                f"{version.tolist()!r}. Update w2vfast."
            )
            raise ValueError(message)
        if missing:
            message = f"{path} is damaged: it has no {', '.join(sorted(missing))}."
            raise ValueError(message)
        words = unpack_words(str(path), arrays["words"], arrays["word_ends"])
        title = arrays["title"].tobytes().decode("utf-8", "replace")
        names = [str(word) for word in words]
        numbers = {name: arrays[name] for name in NUMBERS}
        _check_shapes(path, arrays["frames"], names, numbers)
        return cls(title, names, frames=arrays["frames"], **numbers)


def is_recording(path: PathLike) -> bool:
    """Tell whether a file is a recording: an .npz file with its mark."""
    try:
        with zipfile.ZipFile(path) as archive:
            return f"{MARK}.npy" in archive.namelist()
    # zipfile raises errors of many kinds.
    except Exception:
        return False


def _check_shapes(
    path: PathLike,
    frames: NDArray[Any],
    words: list[str],
    numbers: dict[str, NDArray[Any]],
) -> None:
    n_frames = len(numbers["epochs"])
    fit = frames.dtype == np.float32 and frames.ndim == 3 and frames.size > 0
    fit = fit and frames.shape[:2] == (n_frames, len(words))
    for values in numbers.values():
        fit = fit and values.shape == (n_frames,) and values.dtype == np.float64
    fit = fit and bool((np.diff(numbers["epochs"]) >= 0).all())
    if not fit:
        message = (
            f"{path} is damaged: its arrays do not fit each other "
            f"({len(words)} words, frames {frames.dtype} {frames.shape})."
        )
        raise ValueError(message)
