"""Exact mode of phrases: output identical to the C program word2phrase."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.errors import warn
from w2vfast.system.files import InputFile, open_output
from w2vfast.text.file_starts import MOST_BYTES, no_text_message

BLOCK_BYTES = 1 << 20

Report = Callable[[int, int | None], None]


def word2phrase(
    train: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    min_count: int = 5,
    threshold: float = 100.0,
    report: Report | None = None,
) -> tuple[int, int]:
    """Join the phrases of a text like the C program, byte for byte.

    Parameters
    ----------
    train : path
        The text, compressed or not.  It is read twice.
    output : path
        File for the joined text.  Written completely or not at all.
    min_count : int, default 5
        Least number of occurrences of a word or pair.
    threshold : float, default 100
        Pairs that score above this are joined by ``_``.
    report : callable, optional
        Called as report(done, total), in bytes of both passes over the file.

    Returns
    -------
    n_words : int
        Words of the text, without a word that the end of the file cuts off.
    n_entries : int
        Distinct words and pairs.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    ValueError
        If `train` is standard input or a pipe, or contains more than 350 million
        distinct words and pairs.

    Notes
    -----
    These cases are not reproduced, because they are undefined behaviour in C: paths of
    60 bytes or more; the pair of the text's first word and the uninitialised memory
    before it, which may add to the count of a word or pair of the text (``_first`` if
    that memory is empty); counts that differ by 2**31 or more; a C library whose qsort
    is not stable.

    Behaviour of the C program that is easy to miss: pairs are counted across line ends,
    but a word is joined only to a word of its own line; a literal ``</s>`` ends a line;
    words are cut at 58 bytes, pairs at 59; a NUL byte ends a word; the last word is
    lost unless white space follows; with `min_count` 1 one entry is lost in sorting;
    with a threshold below 0 unknown words are joined, too.

    Source
    ------
    word2phrase.c of word2vec 0.1c.  score = (count_ab - min_count) / count_a / count_b
    * n_words, in 32-bit floats.
    """
    path = os.fspath(train)
    if not os.path.isfile(path):
        if path != "-":
            os.stat(path)  # raises FileNotFoundError if it does not exist
        message = (
            f"{path!r} is not a regular file, but exact mode reads the text twice, "
            "like the C program. Give a file, or use --mode fast."
        )
        raise ValueError(message)
    _warn_of_no_text(path)
    phrases = _text.Word2Phrase()
    for block in _blocks(path, report, 0):
        phrases.learn(block)
    phrases.sort(min_count, threshold)
    with open_output(output) as file:
        for block in _blocks(path, report, 1):
            file.write(phrases.join(block))
    return phrases.train_words, len(phrases)


def _warn_of_no_text(path: str) -> None:
    """Warn if the file is something else; its bytes are read as in C."""
    with InputFile(path, repr(path)) as file:
        start = io.BufferedReader(file).read(MOST_BYTES)
    message = no_text_message(repr(path), start)
    if message is not None:
        warn(message)


def _blocks(
    path: str, report: Report | None, passes_done: int
) -> Iterator[NDArray[np.uint8]]:
    """Yield the bytes of the file; report the progress of both passes together."""
    size = os.path.getsize(path)
    buffer = np.empty(BLOCK_BYTES, dtype=np.uint8)
    with InputFile(path, repr(path)) as file:
        while n := file.readinto(buffer.data):
            yield buffer[:n]
            if report is not None:
                report(passes_done * size + file.taken, 2 * size)
