"""Pages to learn from: a small model that trains in the browser, or a recording."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

from w2vfast.aliases import PathLike
from w2vfast.errors import shortened
from w2vfast.learn.film_page import film_page
from w2vfast.learn.page_parts import page_of
from w2vfast.learn.recorder import Recorder
from w2vfast.learn.recording import Recording
from w2vfast.system.files import open_output
from w2vfast.system.html_pages import as_json, has_other_suffix
from w2vfast.system.threads import Crew
from w2vfast.text.sources import CorpusOptions, Source, either_source
from w2vfast.text.token_lists import token_lists
from w2vfast.text.tokenizers import Function, SimpleTokenizer, tokenizer_of
from w2vfast.text.vocab import SENTENCE_END

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
    path: PathLike,
    sentences: Any = None,
    *,
    corpus_file: Any = None,
    tokenize: str | SimpleTokenizer | Function | None = None,
    column: str | None = None,
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
    sentences : Recording, or as for `Word2Vec`, optional
        A small text to train on, beside the examples of the page: at most the first
        500 sentences and 5,000 tokens are used, and the page keeps the 200 most
        frequent words.  White space within a token becomes ``_``.  A `Recording` is
        replayed.
    corpus_file, tokenize, column : optional
        The text in a file, its tokenizer, its column, as for `Word2Vec`.

    Returns
    -------
    int
        Number of sentences of the text in the page, 0 without a text; number of frames
        of a recording.

    Raises
    ------
    ValueError
        If the file's name has another suffix than .html or .htm, the text has no
        token or one with bytes that are not UTF-8, or a recording has more than 2,000
        words.
    TypeError
        If `path` is no path, or `sentences` is a string or a `Recorder` or holds
        strings without `tokenize`, or `tokenize`, `column`, or `corpus_file` with a
        `Recording`, has no text to apply to.
    OSError
        If a file cannot be read or written.

    Notes
    -----
    Notation and equations are those of Rong 2014, arXiv:1411.2738, and Mikolov et al.
    2013, arXiv:1310.4546.  All gradients of an example are taken at the old values;
    word2vec.c updates after each pair.
    """
    _check_path(path)
    if isinstance(sentences, Recording) or (sentences is None and corpus_file is None):
        _refuse_without_text(corpus_file, tokenize, column)
    if isinstance(sentences, Recording):
        _write(path, film_page(sentences))
        return len(sentences.epochs)
    if isinstance(sentences, Recorder):
        message = (
            "sentences must be token lists or a Recording, got a Recorder. Give its "
            "recording: recorder.recording."
        )
        raise TypeError(message)
    lines: list[str] = []
    if sentences is not None or corpus_file is not None:
        options = CorpusOptions(tokenizer_of(tokenize, exact=False), column)
        source = either_source(sentences, corpus_file, options)
        lines = _first_lines(source)
    _write(path, page_of("learn", SCRIPTS, {"text": as_json("\n".join(lines))}))
    return len(lines)


def _check_path(path: object) -> None:
    if not isinstance(path, str | os.PathLike):
        message = (
            f"path must name the page to write, got {path!r}. Give it first: "
            "save_learn_page('film.html', recording)."
        )
        raise TypeError(message)
    if has_other_suffix(path):
        message = (
            f"path must be a page for a browser, whose name ends in .html, got "
            f"{os.fspath(path)!r}."
        )
        raise ValueError(message)


def _refuse_without_text(corpus_file: Any, tokenize: Any, column: Any) -> None:
    """Raise if arguments are about a text, where there is none."""
    about_text = {"corpus_file": corpus_file, "tokenize": tokenize, "column": column}
    given = [name for name, value in about_text.items() if value is not None]
    if given:
        message = (
            f"{given[0]}= is for a text, and there is none: only the path, or a "
            "Recording, is given. Leave it out, or give token lists or corpus_file=."
        )
        raise TypeError(message)


def _write(path: PathLike, page: str) -> None:
    with open_output(path) as file:
        file.write(page.encode())


def _first_lines(source: Source) -> list[str]:
    """Return the first sentences as lines, up to the limits of the page."""
    lines: list[str] = []
    left = MAX_TOKENS
    for sentence in _sentences(source):
        tokens = [_text(token, source) for token in itertools.islice(sentence, left)]
        line = " ".join(filter(None, tokens))
        if line:
            lines.append(line)
            left -= len(tokens)
        if not left or len(lines) == MAX_SENTENCES:
            break
    if not lines:
        message = f"{source.name} must have at least one token, got none."
        raise ValueError(message)
    return lines


def _sentences(source: Source) -> Iterator[list[Any]]:
    """Yield the tokens of each sentence, which </s> ends, too."""
    for tokens in token_lists(source, Crew(1, None, None)):
        groups = itertools.groupby(tokens, lambda token: token == SENTENCE_END)
        yield from (list(group) for is_end, group in groups if not is_end)


def _text(token: object, source: Source) -> str:
    """Return a token as the page has it: UTF-8, without white space inside."""
    if isinstance(token, bytes):
        text = token.decode("utf-8", "surrogateescape")
    else:
        text = str(token)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = (
            f"the page takes UTF-8 text, got the token {shortened(text)} of "
            f"{source.name}, with bytes that are not UTF-8. If it is a text, convert "
            "it first: iconv -f LATIN1 -t UTF-8 OLD > NEW."
        )
        raise ValueError(message) from error
    return "_".join(text.split())
