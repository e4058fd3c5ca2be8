"""Pages to learn from: a small model that trains in the browser, or a recording."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable

from w2vfast.aliases import PathLike
from w2vfast.errors import shortened, shown
from w2vfast.learn.film_page import film_page
from w2vfast.learn.page_parts import page_of
from w2vfast.learn.recorder import Recorder
from w2vfast.learn.recording import Recording
from w2vfast.system.files import open_output
from w2vfast.system.html_pages import as_json, is_page

# The page draws every row of both matrices.
MAX_TOKENS = 5000
MAX_SENTENCES = 500

# In the order in which the page runs them: each uses names of those before it.
SCRIPTS = (
    "page",
    "word2vec",
    "huffman",
    "random",
    "corpus",
    "trainer",
    "projection",
    "presets",
    "text",
    "drawing",
    "network",
    "matrices",
    "plane",
    "equations",
    "controls",
)


def save_learn_page(
    path: PathLike, sentences: Iterable[Iterable[str]] | Recording | None = None
) -> int:
    """Write a page that trains a small word2vec model, or replays a recording.

    The first shows the network, both matrices, the vectors in two dimensions, the loss,
    and the equations with the numbers of each update; the second how the words of a
    `Recorder` moved while a model was trained.  The file works without a web server; it
    loads nothing and sends nothing.

    Parameters
    ----------
    path : str or path-like
        The file, such as ``learn.html``.  Written completely or not at all.
    sentences : iterable of lists of str, or Recording, optional
        A small text to train on, beside the examples of the page: at most the first
        500 sentences and 5,000 tokens are used, and the page keeps the 200 most
        frequent words.  A `Recording` is replayed.

    Returns
    -------
    int
        Number of sentences of the text in the page, 0 without a text; number of frames
        of a recording.

    Raises
    ------
    ValueError
        If the file's name has another suffix than .html or .htm, `sentences` has no
        token or one with bytes that are not UTF-8, or a recording has more than 2,000
        words.
    TypeError
        If `sentences` is a string or a `Recorder`, a sentence is a string instead of
        a list of tokens, or `path` is no path.
    OSError
        If the file cannot be written.

    Notes
    -----
    Notation and equations are those of Rong 2014, arXiv:1411.2738, and Mikolov et al.
    2013, arXiv:1310.4546.  All gradients of an example are taken at the old values;
    word2vec.c updates after each pair.
    """
    _check_path(path)
    if isinstance(sentences, Recording):
        _write(path, film_page(sentences))
        return len(sentences.epochs)
    _check_sentences(sentences)
    lines = [] if sentences is None else _first_lines(sentences)
    if sentences is not None and not lines:
        message = "sentences must have at least one token, got none."
        raise ValueError(message)
    _write(path, page_of("learn", SCRIPTS, {"text": as_json("\n".join(lines))}))
    return len(lines)


def _check_path(path: object) -> None:
    if not isinstance(path, str | os.PathLike):
        message = (
            f"path must name the page to write, got {path!r}. Give it first: "
            "save_learn_page('film.html', recording)."
        )
        raise TypeError(message)
    if os.path.splitext(os.fspath(path))[1] and not is_page(path):
        message = (
            f"path must be a page for a browser, whose name ends in .html, got "
            f"{os.fspath(path)!r}."
        )
        raise ValueError(message)


def _check_sentences(sentences: object) -> None:
    if sentences is None or (
        isinstance(sentences, Iterable) and not isinstance(sentences, str | bytes)
    ):
        return
    if isinstance(sentences, Recorder):
        remedy = "Give its recording: recorder.recording."
    else:
        remedy = "Split each sentence: [text.split()]; for a file use LineSentence."
    message = (
        "sentences must be lists of tokens, such as [['eat', 'apple']], or a "
        f"Recording, got {shown(sentences)}. {remedy}"
    )
    raise TypeError(message)


def _write(path: PathLike, page: str) -> None:
    with open_output(path) as file:
        file.write(page.encode())


def _first_lines(sentences: Iterable[Iterable[str]]) -> list[str]:
    """Return the first sentences as lines, up to the limits of the page."""
    lines: list[str] = []
    left = MAX_TOKENS
    for sentence in sentences:
        if isinstance(sentence, str):
            message = (
                f"a sentence must be a list of tokens, got the string {sentence!r}. "
                "Split it: sentence.split()."
            )
            raise TypeError(message)
        tokens = [_text(token) for token in itertools.islice(sentence, left)]
        if tokens:
            lines.append(" ".join(tokens))
            left -= len(tokens)
        if not left or len(lines) == MAX_SENTENCES:
            break
    return lines


def _text(token: object) -> str:
    text = str(token)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = (
            f"the page takes UTF-8 text, got the token {shortened(text)}, with bytes "
            "that are not UTF-8. If it is a text, convert it first: iconv -f LATIN1 "
            "-t UTF-8 OLD > NEW."
        )
        raise ValueError(message) from error
    return text
