"""The learning page: one HTML file that trains a small model in the browser."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import resources

from w2vfast.aliases import PathLike
from w2vfast.system.files import open_output
from w2vfast.system.html_pages import as_json, fill_template, is_page

# The page draws every row of both matrices.
MAX_TOKENS = 5000
MAX_SENTENCES = 500

# In the order in which the page runs them: each uses names of those before it.
SCRIPTS = (
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
    path: PathLike, sentences: Iterable[Iterable[str]] | None = None
) -> int:
    """Write a page that trains a small word2vec model step by step.

    The page shows the network, both matrices, the vectors in two dimensions, the loss,
    and the equations with the numbers of each update.  The file works without a web
    server; it loads nothing and sends nothing.

    Parameters
    ----------
    path : str or path-like
        The file, such as ``learn.html``.  Written completely or not at all.
    sentences : iterable of lists of str, optional
        A small text to train on, beside the examples of the page: at most the first
        500 sentences and 5,000 tokens are used, and the page keeps the 200 most
        frequent words.

    Returns
    -------
    int
        Number of sentences of the text in the page, 0 without a text.

    Raises
    ------
    ValueError
        If the file's name has another suffix than .html or .htm, or `sentences` has no
        token.
    TypeError
        If a sentence is a string instead of a list of tokens.
    OSError
        If the file cannot be written.

    Notes
    -----
    Notation and equations are those of Rong 2014, arXiv:1411.2738, and Mikolov et al.
    2013, arXiv:1310.4546.  All gradients of an example are taken at the old values;
    word2vec.c updates after each pair.
    """
    if os.path.splitext(os.fspath(path))[1] and not is_page(path):
        message = (
            f"path must be a page for a browser, whose name ends in .html, got "
            f"{os.fspath(path)!r}."
        )
        raise ValueError(message)
    lines = [] if sentences is None else _first_lines(sentences)
    if sentences is not None and not lines:
        message = "sentences must have at least one token, got none."
        raise ValueError(message)
    scripts = "".join(_resource(f"{name}.js") for name in SCRIPTS)
    parts = {
        "style": _resource("learn.css"),
        "script": scripts,
        "text": as_json("\n".join(lines)),
    }
    with open_output(path) as file:
        file.write(fill_template(_resource("learn.html"), parts).encode())
    return len(lines)


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
        tokens = [str(token) for token in sentence][:left]
        if tokens:
            lines.append(" ".join(tokens))
            left -= len(tokens)
        if not left or len(lines) == MAX_SENTENCES:
            break
    return lines


def _resource(name: str) -> str:
    """Return the text of a file of the page."""
    file = resources.files("w2vfast") / "learn" / name
    return file.read_text(encoding="utf-8")
