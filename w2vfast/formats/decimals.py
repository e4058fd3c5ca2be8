"""Values as decimal text: the C program's format, or the shortest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt


def c_text_rows(block: npt.NDArray[np.float32]) -> Iterator[bytes]:
    """Format rows of values as C's ``%lf`` does, each with a space after it."""
    layout = "%f " * block.shape[1]
    negative_nan = np.isnan(block) & np.signbit(block)
    for row, signed in zip(block.tolist(), negative_nan, strict=True):
        text = layout % tuple(row)
        if signed.any():
            # glibc prints the sign of nan, Python does not; on x86 the nan that
            # inf - inf yields is negative.
            texts = text.split(" ")
            for column in np.flatnonzero(signed):
                texts[column] = "-nan"
            text = " ".join(texts)
        yield text.encode("ascii")


def short_text_rows(
    block: npt.NDArray[np.float32], separator: str = " "
) -> Iterator[bytes]:
    """Format rows of values with the fewest digits that preserve each float32."""
    # %g drops trailing zeros, so %.9g prints a number rounded to fewer digits in its
    # short form.
    layout = separator.join(["%.9g"] * block.shape[1])
    for row in _round_short(block).tolist():
        yield (layout % tuple(row)).encode("ascii")


def full_text_rows(block: npt.NDArray[np.floating[Any]]) -> Iterator[bytes]:
    """Format rows of values with the fewest digits that preserve each float64."""
    for row in block.tolist():
        yield " ".join([repr(x).removesuffix(".0") for x in row]).encode("ascii")


def _round_short(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Round each value to the fewest digits, at most 8, that keep its float32.

    Returns
    -------
    ndarray of float64, same shape
        The rounded values.  Values that need 9 digits, zeros and values that are not
        finite are unchanged.
    """
    # Zeros and values that are not finite fail every comparison below.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        exact = values.astype(np.float64)
        size = np.abs(exact)
        # No two 6-digit decimals round to the same normal float32, so the 6-digit one
        # that fits is the shortest after its trailing zeros are dropped.  Subnormals
        # need a search down to 1 digit.
        subnormal = (size > 0) & (size < np.finfo(np.float32).tiny)
        fewest = 1 if subnormal.any() else 6
        # Slightly less than half the distance to the next float32, because the scaled
        # values below are off by a few float64 ulps.  A decimal exactly halfway
        # between two float32 is therefore not used, although round-half-even readers
        # could recover the value.
        half_ulp = np.ldexp(0.4999999, np.maximum(np.frexp(exact)[1] - 24, -149))
        rounded = exact.copy()
        magnitude = np.floor(np.log10(size))
        for digits in range(8, fewest - 1, -1):
            scale = 10.0 ** (digits - 1 - magnitude)
            short = np.rint(exact * scale) / scale
            same = short.astype(np.float32) == values
            fits = same & (np.abs(short - exact) < half_ulp)
            rounded[fits] = short[fits]
    return rounded
