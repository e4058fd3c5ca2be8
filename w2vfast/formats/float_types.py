"""Vectors of one floating-point type as vectors of another."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]


def as_dtype(vectors: npt.NDArray[Any], dtype: npt.DTypeLike | None) -> FloatArray:
    """Convert vectors to another floating-point type; None keeps theirs.

    Raises
    ------
    ValueError
        If the type is not floating-point, or a finite value is too large for it.
    """
    if dtype is None or np.dtype(dtype) == vectors.dtype:
        return vectors
    wanted = np.dtype(dtype)
    if wanted.kind != "f":
        message = f"dtype must be a floating-point type, got {wanted}"
        raise ValueError(message)
    with np.errstate(over="ignore"):
        converted = vectors.astype(wanted)
    lost = np.isinf(converted)
    if lost.any() and (lost := lost & np.isfinite(vectors)).any():
        message = (
            f"{vectors[lost][0]} is too large for {wanted}, whose largest value is "
            f"{np.finfo(wanted).max}; scale the vectors, or store another dtype"
        )
        raise ValueError(message)
    return converted
