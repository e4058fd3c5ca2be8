r"""The bytes that represent a word in a file of vectors.

Words are written as UTF-8.  Readers of these files end a word at a space, a tab or a
line end, so a word that contains one is either refused or escaped: ``\x20`` for a
space, likewise for every other byte that would end the word, and ``\x5c`` for the
backslash, so that the escape can be undone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from w2vfast.aliases import Word
from w2vfast.errors import shortened

# What to do with words that contain white space.
# refuse: raise an error.  escape: write escapes, undo them when reading.  keep (reading
# text only): everything before the last D fields of a line is the word.
Spaces = Literal["refuse", "escape", "keep"]

# The C tools and this package's own text reader split words at these characters.
WHITE_SPACE = b" \t\r\n"
# These characters end a cell of a .tsv table.
CELL_ENDS = b"\t\r\n"

_HINT = (
    "Replace the word before training (for example its spaces by '_'); or save with "
    "spaces='escape' (on the command line --spaces escape), which writes a space as "
    "\\x20; or save as a folder or as .npz, which store any word."
)
_EMPTY_HINT = (
    "Replace the word before training; or save as a folder or as .npz, which store any "
    "word."
)

_ESCAPE = re.compile(r"\\(?:x(09|0a|0d|20|5c))?")


def check_spaces(spaces: str, accepted: Sequence[str] = get_args(Spaces)) -> None:
    """Raise ValueError unless `spaces` is one of the accepted values."""
    if spaces not in accepted:
        message = f"spaces must be one of {', '.join(accepted)}, got {spaces!r}"
        raise ValueError(message)


def spell(
    words: Sequence[Word],
    spaces: Spaces = "refuse",
    *,
    ends: bytes = WHITE_SPACE,
    allow_empty: bool = False,
    hint: str = _HINT,
) -> list[bytes]:
    """Return the bytes that represent each word in a file.

    Parameters
    ----------
    words : sequence of str or int, length V
        Encoded as UTF-8 with surrogateescape; integers as digits.
    spaces : {"refuse", "escape"}, default "refuse"
        What to do with words that contain one of `ends`.
    ends : bytes, default space, tab, carriage return, newline
        The bytes at which a reader of the file ends a word.
    allow_empty : bool, default False
        Whether a reader of the file can recognise an empty word.
    hint : str, optional
        What to do about white space, for the message.

    Raises
    ------
    ValueError
        If a word cannot be represented; gives the word and its row, from 0.
    """
    check_spaces(spaces, ("refuse", "escape"))
    special = ends + b"\\" if spaces == "escape" else ends
    pattern = re.compile(b"[" + re.escape(special) + b"]") if special else None
    names = []
    for row, word in enumerate(words):
        name = _encode(word, row)
        if not name and not allow_empty:
            raise _unrepresentable(word, row, "is empty", _EMPTY_HINT)
        if pattern and pattern.search(name):
            if spaces == "refuse":
                raise _unrepresentable(word, row, "contains white space", hint)
            name = pattern.sub(_escaped, name)
        names.append(name)
    return names


def check_type(word: object, row: int) -> None:
    """Raise ValueError for a key of a type that no file stores.

    Parameters
    ----------
    word : object
    row : int
        Its row, from 0.
    """
    if not isinstance(word, str | int | np.integer):
        message = (
            f"the key {shortened(word)} (row {row}) is of type {type(word).__name__}; "
            "files store strings and integers. Make strings of all keys: "
            "KeyedVectors([str(key) for key in wv.index_to_key], wv.vectors)."
        )
        raise ValueError(message)


def _encode(word: Word, row: int) -> bytes:
    check_type(word, row)
    try:
        return str(word).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        message = (
            f"word {shortened(word)} (row {row}) contains half of a surrogate "
            "pair, which is not valid text; replace the word"
        )
        raise ValueError(message) from error


def _escaped(match: re.Match[bytes]) -> bytes:
    return b"\\x%02x" % match.group()[0]


def _unrepresentable(word: Word, row: int, reason: str, hint: str) -> ValueError:
    message = (
        f"word {shortened(word)} (row {row}) {reason}, and a file of this kind "
        f"cannot store it: readers end a word at white space. {hint}"
    )
    return ValueError(message)


class NotUtf8Error(UnicodeDecodeError):
    """A word of a file is not UTF-8; the message tells what to do.

    Parameters
    ----------
    message : str
    cause : UnicodeDecodeError
    """

    def __init__(self, message: str, cause: UnicodeDecodeError) -> None:
        where = cause.start, cause.end, cause.reason
        super().__init__(cause.encoding, bytes(cause.object), *where)
        self._message = message

    def __str__(self) -> str:
        return self._message

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return NotUtf8Error, (self._message, UnicodeDecodeError(*self.args))


def at_place(place: str, error: ValueError) -> ValueError:
    """Return an error of `unspell` with a place, such as file and line, before it."""
    message = f"{place}: {error}"
    if isinstance(error, NotUtf8Error):
        return NotUtf8Error(message, error)
    return ValueError(message)


def unspell(
    name: bytes | bytearray, unicode_errors: str = "strict", spaces: Spaces = "refuse"
) -> str:
    """Return the word that the bytes of a file represent.

    Parameters
    ----------
    name : bytes or bytearray
        An item of what `spell` returns.
    unicode_errors : str, default "strict"
        Error handler of Python for bytes that are not UTF-8.
    spaces : {"refuse", "escape", "keep"}, default "refuse"
        "escape" undoes escapes.

    Raises
    ------
    NotUtf8Error
        A ValueError: the bytes cannot be decoded.
    ValueError
        If a backslash does not begin an escape.
    """
    try:
        word = name.decode("utf-8", unicode_errors)
    except UnicodeDecodeError as error:
        message = (
            f"the word {bytes(name[:40])!r} is not UTF-8 ({error.reason}); "
            "unicode_errors='surrogateescape' keeps its bytes, 'replace' or 'ignore' "
            "loses some"
        )
        raise NotUtf8Error(message, error) from error
    if spaces != "escape" or "\\" not in word:
        return word
    if any(match.group(1) is None for match in _ESCAPE.finditer(word)):
        message = (
            f"the word {word[:40]!r} contains a backslash that does not begin an "
            "escape such as \\x20; read the file without spaces='escape'"
        )
        raise ValueError(message)
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), word)
