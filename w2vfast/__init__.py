"""word2vec for Python: many times the speed of the C program, or its very bytes."""

from w2vfast.callbacks import CallbackAny2Vec, StopTraining
from w2vfast.corpus import IdCorpus
from w2vfast.keyedvectors import KeyedVectors
from w2vfast.model import Word2Vec

__version__ = "0.1.0"
__all__ = [
    "CallbackAny2Vec",
    "IdCorpus",
    "KeyedVectors",
    "StopTraining",
    "Word2Vec",
    "__version__",
]
