"""Tokenizers: how a text is split into tokens.

The built-in ones work on blocks of bytes, compiled and on all threads; any other is a
function of one text, called on the calling thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.errors import (
    Name,
    ParameterTypeError,
    Setting,
    SettingsError,
    shown,
    whole_number,
)
from w2vfast.text.accents import accents_table, without_accents

_GROWTH = 2  # bytes of tokens for each byte of text, at most
_NO_LIMIT = 2**31  # characters of a word: longer than any
_BLANKS = bytes.maketrans(b"\t\r", b"  ")

Block = NDArray[np.uint8]
Function = Callable[[str], Sequence[Any]]


class BuiltIn:
    """A tokenizer of blocks of text; two with equal settings are equal."""

    name: ClassVar[str]  # as it is given

    def cut(self, text: Block, n: int) -> int:
        """Return an offset in text[:n] at which no token is split, or 0."""
        return _text.after_white_space(text, n)

    def split(self, text: Block, n: int, out: Block) -> tuple[Block, int]:
        """Split text[:n]; return a block of tokens and its length.

        Tokens have spaces between them; the newlines of the text are kept.

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
        raise NotImplementedError

    def __call__(self, text: str) -> list[str]:
        """Return the tokens of one text; raise TypeError unless it is a str."""
        if not isinstance(text, str):
            message = f"a tokenizer splits a text of the type str, got {shown(text)}."
            raise TypeError(message)
        line = text.encode("utf-8", "surrogateescape").replace(b"\n", b" ")
        block = np.frombuffer(bytearray(line), dtype=np.uint8)
        tokens, n = self.split(block, block.size, np.empty(0, dtype=np.uint8))
        words = tokens[:n].tobytes().translate(_BLANKS).split(b" ")
        return [word.decode("utf-8", "surrogateescape") for word in words if word]


@dataclass(frozen=True)
class WhitespaceTokenizer(BuiltIn):
    """Tokens are what spaces, tabs and carriage returns separate."""

    name = "whitespace"

    def split(self, text: Block, n: int, out: Block) -> tuple[Block, int]:
        """Return the text itself."""
        del out
        return text, n


@dataclass(frozen=True)
class SimpleTokenizer(BuiltIn):
    """Words in lower case: the tokens of gensim's `simple_preprocess`.

    A word is a run of letters, underscores and other word characters of Unicode but
    digits, and does not begin with an underscore.  Compiled, and on all workers where
    the text is a file or a column.  ``tokenize="simple"`` has the default values.

    Parameters
    ----------
    remove_accents : bool, default False
        Drop accents: "café" becomes "cafe" (gensim's `deacc`).  Without it, an accent
        that is a character of its own ends a word.
    min_length : int, default 2
        Shorter words are dropped (gensim's `min_len`) [characters].
    max_length : int, default 15
        Longer words are dropped (gensim's `max_len`) [characters].

    Raises
    ------
    ParameterError, ParameterTypeError
        If a value is out of range.

    Examples
    --------
    >>> from w2vfast import SimpleTokenizer
    >>> SimpleTokenizer(remove_accents=True, min_length=1)("Un café à Zürich!")
    ['un', 'cafe', 'a', 'zurich']

    As a tokenizer of a model: ``Word2Vec(texts, tokenize=SimpleTokenizer(...))``.
    """

    remove_accents: bool = False
    min_length: int = 2
    max_length: int = 15

    name = "simple"

    def __post_init__(self) -> None:
        name = "remove_accents"
        if not isinstance(self.remove_accents, bool):
            raise ParameterTypeError(name, self.remove_accents, "True or False")
        least = whole_number("min_length", self.min_length, least=0)
        most = whole_number("max_length", self.max_length, least=max(1, least))
        object.__setattr__(self, "min_length", least)
        object.__setattr__(self, "max_length", min(most, _NO_LIMIT))

    def split(self, text: Block, n: int, out: Block) -> tuple[Block, int]:
        """Split text[:n]; return a block of words and its length.

        Parameters
        ----------
        text : ndarray of uint8, shape (n or more,)
            UTF-8.
        n : int
            Its length [bytes].
        out : ndarray of uint8
            Used for the words if it is large enough.

        Returns
        -------
        words : ndarray of uint8
            Words with spaces between them, and the newlines of the text.
        n_words : int
            Its length [bytes].
        """
        accents = accents_table() if self.remove_accents else None
        out = _tokens_for(out, n)
        n_out = self._write(text, n, out, accents)
        if n_out < 0:
            # Python knows where a capital sigma is the last letter of its word, and
            # which characters join.
            lower = text[:n].tobytes().decode("utf-8", "ignore").lower()
            plain = without_accents(lower) if self.remove_accents else lower
            text = np.frombuffer(plain.encode(), dtype=np.uint8)
            out = _tokens_for(out, text.size)
            n_out = self._write(text, text.size, out, None)
        return out, n_out

    def _write(
        self, text: Block, n: int, out: Block, accents: NDArray[np.uint32] | None
    ) -> int:
        return _text.simple_tokens(
            text, n, out, self.min_length, self.max_length, accents
        )


@dataclass(frozen=True)
class CharacterTokenizer(BuiltIn):
    """Each character but white space is a token."""

    name = "characters"

    def cut(self, text: Block, n: int) -> int:
        """Return the offset in text[:n] after its last whole character."""
        return _text.after_character(text, n)

    def split(self, text: Block, n: int, out: Block) -> tuple[Block, int]:
        """Return the characters of a block; see `BuiltIn`."""
        out = _tokens_for(out, n)
        return out, _text.character_tokens(text, n, out)


def _tokens_for(out: Block, n: int) -> Block:
    """Return a block for the tokens of n bytes of text: `out` if it is large enough."""
    if out.size >= _GROWTH * n + _text.PADDING:
        return out
    return np.zeros(_GROWTH * n + _text.PADDING, dtype=np.uint8)


WHITESPACE = WhitespaceTokenizer()
SIMPLE = SimpleTokenizer()
CHARACTERS = CharacterTokenizer()
_BUILT_IN: dict[str, BuiltIn] = {
    built_in.name: built_in for built_in in (WHITESPACE, SIMPLE, CHARACTERS)
}

Tokenizer = BuiltIn | Function


def tokenizer_of(given: str | Function | None, *, exact: bool) -> Tokenizer | None:
    """Return the tokenizer that a value of ``tokenize=`` means.

    Parameters
    ----------
    given : str, callable or None
        The name of a built-in tokenizer, one of these, or a function that returns the
        tokens of one text.
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
    if exact and given not in (WHITESPACE.name, WHITESPACE):
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
        f"tokenize must be {', '.join(map(repr, _BUILT_IN))}, a SimpleTokenizer or a "
        f"function that returns the tokens of a str, got {shown(given)}."
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
