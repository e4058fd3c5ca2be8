"""Files of word counts, lines of ``word count``: the C program's vocabulary file.

gensim calls such a file `fvocab`.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Sequence

from w2vfast.aliases import Word
from w2vfast.formats.spelling import Spaces, at_place, spell, unspell
from w2vfast.system.files import BUFFER_BYTES, InputFile, open_output


def write_counts(
    path: str, words: Sequence[Word], counts: Sequence[int], spaces: Spaces = "refuse"
) -> None:
    """Write a line ``word count`` for each word.

    Parameters
    ----------
    path : str
        The file.
    words : sequence of str or int, length V
        Encoded as UTF-8 with surrogateescape; integers as digits.
    counts : sequence of int, length V
        Occurrences [occurrences].
    spaces : {"refuse", "escape"}, default "refuse"
        What to do with words that contain white space.

    Raises
    ------
    ValueError
        If a word contains white space and is not escaped, or the lengths differ.
    OSError
        If the file cannot be written.
    """
    names = spell(words, spaces, allow_empty=True)
    with open_output(path) as file:
        file.writelines(b"%b %d\n" % pair for pair in zip(names, counts, strict=True))


def read_counts(path: str, unicode_errors: str = "strict") -> dict[str, int]:
    """Read lines of a word, a space and its count.

    Parameters
    ----------
    path : str
        The file, compressed or not.
    unicode_errors : str, default "strict"
        Error handler of Python for words that are not UTF-8.

    Returns
    -------
    dict of str to int
        The count of each word [occurrences]; of a word that occurs in several lines,
        the first.

    Raises
    ------
    ValueError
        If a line is not a word and a count; gives the file and the line.
    """
    counts: dict[str, int] = {}
    with io.BufferedReader(InputFile(path, path), BUFFER_BYTES) as file:
        for number, line in enumerate(file, 1):
            if number == 1:  # as `read_vocab` does
                line = line.removeprefix(codecs.BOM_UTF8)
            word, _, count = line.rstrip(b" \r\n").rpartition(b" ")
            if not re.fullmatch(rb"[0-9]{1,19}", count) or int(count) >= 2**63:
                message = (
                    f"{path}, line {number}: expected 'word count', with a count below "
                    f"2**63, got {line[:60]!r}"
                )
                raise ValueError(message)
            try:
                key = unspell(word, unicode_errors)
            except ValueError as error:
                place = f"{path}, line {number}"
                raise at_place(place, error) from error
            counts.setdefault(key, int(count))
    return counts
