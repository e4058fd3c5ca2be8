"""Exact mode of phrases: the bytes that the C program word2phrase writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.system.files import InputFile, open_output

BLOCK_BYTES = 1 << 20

Progress = Callable[[int, int | None], None]


def word2phrase(
    train: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    min_count: int = 5,
    threshold: float = 100.0,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Join the phrases of a text as the C program does, byte for byte.

    Parameters
    ----------
    train : path
        The text, compressed or not; it is read twice.
    output : path
        Where the text with phrases goes; written whole or not at all.
    min_count : int, default 5
        The count that words and pairs need [occurrences].
    threshold : float, default 100
        Pairs that score above it are joined by ``_``.
    progress : callable, optional
        Called as progress(done, total) with bytes of the file.

    Returns
    -------
    n_words : int
        Words of the text, without one that the end of the file cuts off.
    n_entries : int
        Distinct words and pairs.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    ValueError
        If `train` is standard input or a pipe, or has more than 350 million distinct
        words and pairs.

    Notes
    -----
    Not promised, because it is undefined in C: paths of 60 bytes or more; what the
    pair of the text's first word with the uninitialised memory before it adds to the
    count of a word or pair of the same text, ``_first`` if that memory is empty;
    counts that differ by 2**31 or more; a C library whose qsort is not stable.

    What else is easily missed: pairs are counted across line ends, but a word is
    joined to one of its own line only; a literal ``</s>`` ends a line; words are cut at
    58 bytes, pairs at 59, a NUL byte ends a word; the last word is lost unless white
    space follows; with `min_count` 1 one entry is lost in sorting; below a threshold of
    0 what is unknown is joined, too.

    Source
    ------
    word2phrase.c of word2vec 0.1c.  score = (count_ab - min_count) / count_a / count_b
    * n_words, in 32-bit floats.
    """
    path = os.fspath(train)
    if not os.path.isfile(path):
        if path != "-":
            os.stat(path)  # says that there is none, if so
        message = (
            f"{path!r} is no regular file: the text is read twice, as the C program "
            "reads it. Give a file, or use mode='fast'."
        )
        raise ValueError(message)
    phrases = _text.CPhrases()
    for block in _blocks(path, progress, 0):
        phrases.learn(block)
    phrases.sort(min_count, threshold)
    with open_output(output) as file:
        for block in _blocks(path, progress, 1):
            file.write(phrases.join(block))
    return phrases.train_words, len(phrases)


def _blocks(
    path: str, progress: Progress | None, n_before: int
) -> Iterator[NDArray[np.uint8]]:
    """Yield the file's bytes; progress goes over both passes."""
    size = os.path.getsize(path)
    buffer = np.empty(BLOCK_BYTES, dtype=np.uint8)
    with InputFile(path, repr(path)) as file:
        while n := file.readinto(buffer.data):
            yield buffer[:n]
            if progress is not None:
                progress(n_before * size + file.taken, 2 * size)
