"""Letters without their accents, as a table of characters."""

from __future__ import annotations

import functools
import itertools
import unicodedata

import numpy as np
from numpy.typing import NDArray

N_POINTS = 0x110000  # characters of Unicode
DROPPED = 1  # an accent alone
JOINING = 2  # the result depends on the character before

_ACCENT = "Mn"  # Unicode's category of marks that take no room
# Planes with letters or marks, but surrogates; the others have neither.
_POINTS = (range(0x80, 0xD800), range(0xE000, 0x30000), range(0xE0000, 0xE0200))
# Vowels and final consonants of Korean join with the letters before them.
_JAMO = (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))


@functools.cache
def accents_table() -> NDArray[np.uint32]:
    """Return the character without accents of each character.

    Returns
    -------
    ndarray of uint32, shape (N_POINTS,)
        0 for a character that has none, `DROPPED` for an accent alone, `JOINING` where
        the result depends on the character before.  Not to be changed.
    """
    table = np.zeros(N_POINTS, dtype=np.uint32)
    joining = set(_JAMO)
    for point in itertools.chain(*_POINTS):
        char = chr(point)
        if unicodedata.category(char) == _ACCENT:
            table[point] = DROPPED
        parts = unicodedata.decomposition(char)
        if parts and parts[0] != "<":  # a canonical one
            plain = _plain(char)
            # Where several are left, none is part of a word.
            table[point] = ord(plain[0]) if plain else DROPPED
            joining |= _joined(char)
    letters = np.array(sorted(joining), dtype=np.uint32)
    table[letters] = JOINING
    table[np.isin(table, letters)] = JOINING  # one that is left of several
    table.flags.writeable = False
    return table


def without_accents(text: str) -> str:
    """Return a text without accents: decomposed (NFD), and composed without marks."""
    parts = unicodedata.normalize("NFD", text).encode("utf-32-le")
    points = np.frombuffer(parts, dtype="<u4")
    kept = points[accents_table()[points] != DROPPED]
    return unicodedata.normalize("NFC", kept.tobytes().decode("utf-32-le"))


def _plain(char: str) -> str:
    parts = unicodedata.normalize("NFD", char)
    kept = (part for part in parts if unicodedata.category(part) != _ACCENT)
    return unicodedata.normalize("NFC", "".join(kept))


def _joined(char: str) -> set[int]:
    """Return the second part of a letter, if it may follow the first as it is."""
    parts = unicodedata.normalize("NFD", char)
    if unicodedata.normalize("NFC", parts) != char or not char.isalnum():
        return set()
    return {ord(part) for part in parts[1:] if unicodedata.category(part) != _ACCENT}
