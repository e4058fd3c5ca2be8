"""Names for types that many modules use."""

from __future__ import annotations

import os

PathLike = str | os.PathLike[str]
MapMode = bool | str  # False; True, "r": read-only; "c": changes stay in memory
Word = str | int  # a word of a text, or an integer id
Key = Word  # a word that has a vector, by gensim's name
