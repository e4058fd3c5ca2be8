"""One matrix made of the input and the output vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from w2vfast.params import COMBINATIONS


def check_combination(combine: str) -> None:
    """Raise ValueError, with the accepted names, for an unknown combination."""
    if combine not in COMBINATIONS:
        accepted = ", ".join(repr(name) for name in COMBINATIONS)
        message = f"combine must be one of {accepted}, got {combine!r}."
        raise ValueError(message)


def combine_matrices(
    inputs: NDArray[np.float32], outputs: NDArray[np.float32], combine: str
) -> NDArray[np.float32]:
    """Combine the input and the output vectors of each word.

    Parameters
    ----------
    inputs, outputs : ndarray of float32, shape (V, D)
    combine : {"input", "output", "sum", "concat"}

    Returns
    -------
    ndarray of float32, shape (V, D), or (V, 2 D) for "concat"
        Always a copy.
    """
    if combine == "sum":
        return inputs + outputs
    if combine == "concat":
        return np.hstack([inputs, outputs])
    return np.array(inputs if combine == "input" else outputs)
