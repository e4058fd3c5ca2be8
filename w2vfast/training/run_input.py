"""What a training run is made of: weights, ids, tables and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.tables import Tables
    from w2vfast.training.weights import Weights


class RunInput(NamedTuple):
    """What a run trains, on which text, and how.

    Attributes
    ----------
    weights : Weights
        INOUT; padded while the run works.
    ids : ndarray of int32, shape (N,)
        0 ends a sentence.
    tables : Tables
        For the vocabulary's counts and the mode.
    params : TrainParams
    train_words : int
        Exact mode: the number of ids after which an epoch ends, and which the learning
        rate is computed from; in C the sum of the vocabulary's counts [tokens].
    epochs_before : int
        Epochs of earlier runs with these weights; another epoch has other random
        numbers.
    unknown : int
        Occurrences of words outside the vocabulary [occurrences].
    """

    weights: Weights
    ids: NDArray[np.int32]
    tables: Tables
    params: TrainParams
    train_words: int
    epochs_before: int = 0
    unknown: int = 0
