r"""How files of vectors spell words: as UTF-8, white space refused or escaped.

A reader of such a file ends a word at a space, a tab or a line end.  A word that holds
one is refused, or spelt with escapes: ``\x20`` for a space, and so on for every byte
that would end it, and ``\x5c`` for the backslash, so that the word comes back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

Word = str | int

# What is done about words with white space.
# refuse: an error.  escape: written and read with escapes.  keep: read as they stand,
# all that comes before the values; no reader can tell where they end but by counting.
Spaces = Literal["refuse", "escape", "keep"]

# At these characters the C tools and this package's own text reader cut words.
WHITE_SPACE = b" \t\r\n"
# What would end a cell of a table.
CELL_ENDS = b"\t\r\n"

_ESCAPE = re.compile(r"\\(?:x(09|0a|0d|20|5c))?")


def check_spaces(spaces: str, accepted: Sequence[str] = get_args(Spaces)) -> None:
    """Raise ValueError unless `spaces` is one of the accepted ways."""
    if spaces not in accepted:
        message = f"spaces must be one of {', '.join(accepted)}, got {spaces!r}"
        raise ValueError(message)


def spell(
    words: Sequence[Word],
    spaces: Spaces = "refuse",
    *,
    ends: bytes = WHITE_SPACE,
    allow_empty: bool = False,
) -> list[bytes]:
    """Return the bytes that a file holds for each word.

    Parameters
    ----------
    words : sequence of str or int, length V
        Spelt as UTF-8, with surrogateescape; numbers as digits.
    spaces : {"refuse", "escape"}, default "refuse"
        What is done about words that hold one of `ends`.
    ends : bytes, default space, tab, carriage return, newline
        The bytes at which a reader of the file ends a word.
    allow_empty : bool, default False
        Whether the reader can find an empty word.

    Raises
    ------
    ValueError
        If a word cannot be spelt; with the word and its row, from 0.
    """
    check_spaces(spaces, ("refuse", "escape"))
    seen = ends + b"\\" if spaces == "escape" else ends
    pattern = re.compile(b"[" + re.escape(seen) + b"]") if seen else None
    names = []
    for row, word in enumerate(words):
        name = _as_bytes(word, row)
        if not name and not allow_empty:
            raise _unreadable(word, row, "is empty")
        if pattern and pattern.search(name):
            if spaces == "refuse":
                raise _unreadable(word, row, "holds white space")
            name = pattern.sub(_escaped, name)
        names.append(name)
    return names


def _as_bytes(word: Word, row: int) -> bytes:
    try:
        return str(word).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        message = (
            f"word {word!r} (row {row}) holds half of a surrogate pair, which is no "
            "text; replace the word"
        )
        raise ValueError(message) from error


def _escaped(match: re.Match[bytes]) -> bytes:
    return b"\\x%02x" % match.group()[0]


def _unreadable(word: Word, row: int, trouble: str) -> ValueError:
    message = (
        f"word {word!r} (row {row}) {trouble}, and a file of this kind cannot hold it: "
        "readers end a word at white space. Replace the word before training (for "
        "example its spaces by '_'); or save with spaces='escape' (on the command line "
        "--spaces escape), which writes a space as \\x20; or save as a folder or as "
        ".npz, which keep any word."
    )
    return ValueError(message)


def unspell(
    name: bytes | bytearray, unicode_errors: str = "strict", spaces: Spaces = "refuse"
) -> str:
    """Return the word that a file's bytes stand for.

    Parameters
    ----------
    name : bytes or bytearray
        What `spell` gave.
    unicode_errors : str, default "strict"
        How bytes that are not UTF-8 are decoded: any error handler of Python.
    spaces : {"refuse", "escape", "keep"}, default "refuse"
        "escape" undoes escapes.

    Raises
    ------
    ValueError
        If the word cannot be decoded, or a backslash begins no escape.
    """
    try:
        word = name.decode("utf-8", unicode_errors)
    except UnicodeDecodeError as error:
        message = (
            f"the word {bytes(name[:40])!r} is not UTF-8 ({error.reason}); "
            "unicode_errors='surrogateescape' keeps its bytes, 'replace' or 'ignore' "
            "loses some"
        )
        raise ValueError(message) from error
    if spaces != "escape" or "\\" not in word:
        return word
    if any(match.group(1) is None for match in _ESCAPE.finditer(word)):
        message = (
            f"the word {word[:40]!r} holds a backslash that begins no escape such as "
            "\\x20; read the file without spaces='escape'"
        )
        raise ValueError(message)
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), word)
