"""Phrases: word sequences that are joined into single tokens, such as new_york.

`Phrases` learns phrases from sentences and joins them in other sentences;
`FrozenPhrases` only joins.  The names and results match gensim's.
"""

from w2vfast.phrases.frozen import FrozenPhrases, Phraser
from w2vfast.phrases.phrases import Phrases
from w2vfast.phrases.scorers import npmi_scorer, original_scorer
from w2vfast.phrases.settings import ENGLISH_CONNECTOR_WORDS

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "FrozenPhrases",
    "Phraser",
    "Phrases",
    "npmi_scorer",
    "original_scorer",
]
