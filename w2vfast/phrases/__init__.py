"""Phrases: words that co-occur often, joined into one token."""

from w2vfast.phrases.phrases import FrozenPhrases, Phraser, Phrases
from w2vfast.phrases.scorers import (
    ENGLISH_CONNECTOR_WORDS,
    npmi_scorer,
    original_scorer,
)

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "FrozenPhrases",
    "Phraser",
    "Phrases",
    "npmi_scorer",
    "original_scorer",
]
