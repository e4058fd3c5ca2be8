"""Tokenizers: how a text is split into tokens.

The built-in ones work on blocks of bytes, compiled and on all threads; any other is a
function of one text, called on the calling thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.errors import Name, Setting, SettingsError, shown

Block = NDArray[np.uint8]
Function = Callable[[str], Sequence[Any]]


class BuiltIn(NamedTuple):
    """A tokenizer of blocks of text.

    Attributes
    ----------
    name : str
        As it is given.
    write : callable or None
        write(text, n, out) writes the tokens of text[:n], with spaces between them and
        the newlines of the text, and returns the number of bytes; None changes nothing.
    cut : callable
        cut(text, n) returns an offset up to n at which no token is split, or 0.
    """

    name: str
    write: Callable[[Block, int, Block], int] | None
    cut: Callable[[Block, int], int]

    def split(self, text: Block, n: int, out: Block) -> tuple[Block, int]:
        """Split text[:n]; return a block of tokens and its length.

        Parameters
        ----------
        text : ndarray of uint8, shape (n + PADDING or more,)
            INOUT.  UTF-8.
        n : int
        out : ndarray of uint8
            Used for the tokens if it is large enough.

        Returns
        -------
        tokens : ndarray of uint8, shape (n_tokens + PADDING or more,)
        n_tokens : int
            Its length [bytes].
        """
        if self.write is None:
            return text, _text.drop_carriage_returns(text, n)
        if out.size < 2 * n + _text.PADDING:
            out = np.zeros(2 * n + _text.PADDING, dtype=np.uint8)
        return out, self.write(text, n, out)

    def __call__(self, text: str) -> list[str]:
        """Return the tokens of one text."""
        line = text.encode("utf-8", "surrogateescape").replace(b"\n", b" ")
        block = np.frombuffer(bytearray(line), dtype=np.uint8)
        tokens, n = self.split(block, block.size, np.empty(0, dtype=np.uint8))
        words = tokens[:n].tobytes().replace(b"\t", b" ").split(b" ")
        return [word.decode("utf-8", "surrogateescape") for word in words if word]


def _simple(text: Block, n: int, out: Block) -> int:
    n_out = _text.simple_tokens(text, n, out)
    if n_out >= 0:
        return n_out
    # Python knows where a capital sigma is the last letter of its word.
    lower = text[:n].tobytes().decode("utf-8", "ignore").lower().encode()
    return _text.simple_tokens(np.frombuffer(lower, dtype=np.uint8), len(lower), out)


WHITESPACE = BuiltIn("whitespace", None, _text.after_white_space)
SIMPLE = BuiltIn("simple", _simple, _text.after_white_space)
CHARACTERS = BuiltIn("characters", _text.character_tokens, _text.after_character)
_BUILT_IN = {built_in.name: built_in for built_in in (WHITESPACE, SIMPLE, CHARACTERS)}

Tokenizer = BuiltIn | Function


def tokenizer_of(given: str | Function | None, *, exact: bool) -> Tokenizer | None:
    """Return the tokenizer that a value of ``tokenize=`` means.

    Parameters
    ----------
    given : str, callable or None
        The name of a built-in tokenizer, or a function that returns the tokens of one
        text.
    exact : bool
        Exact mode, which splits at white space only.

    Returns
    -------
    BuiltIn, callable or None
        None if nothing is given.

    Raises
    ------
    TypeError, ValueError
        If it is anything else, or does not fit the mode.
    """
    if given is None:
        return None
    if exact and given != WHITESPACE.name:
        text = (
            *(Setting("mode", "exact"), " splits a text at white space, as the C "),
            "program does, and takes no other tokenizer. Use ",
            *(Setting("mode", "fast"), ", or leave out ", Name("tokenize"), "."),
        )
        raise SettingsError(text)
    if isinstance(given, str) and given in _BUILT_IN:
        return _BUILT_IN[given]
    if callable(given):
        return given
    message = (
        f"tokenize must be {', '.join(map(repr, _BUILT_IN))} or a function that "
        f"returns the tokens of a str, got {shown(given)}."
    )
    raise (ValueError if isinstance(given, str) else TypeError)(message)


def called(function: Tokenizer, texts: Iterable[str]) -> Iterator[Sequence[Any]]:
    """Yield what a tokenizer returns for each text; no tokens for an empty one.

    Raises
    ------
    TypeError
        If it returns a str, or something that has no members.
    """
    for k, text in enumerate(texts):
        tokens = function(text) if text else []
        if isinstance(tokens, (str, bytes)) or not isinstance(tokens, Iterable):
            message = (
                f"tokenize must return the tokens of a text, such as ['the', 'cat'], "
                f"got {shown(tokens)} for text {k}."
            )
            raise TypeError(message)
        yield tokens if isinstance(tokens, (list, tuple)) else list(tokens)
