"""Names for types that many modules use."""

from __future__ import annotations

import os

PathLike = str | os.PathLike[str]
Word = str | int  # a word of a text, or an integer id
Key = Word  # a word that has a vector, by gensim's name
