"""float32 values as decimal text: the C program's way, and the shortest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt


def c_text_rows(block: npt.NDArray[np.float32]) -> Iterator[bytes]:
    """Format rows of values as C's ``%lf`` does, each with a space after it."""
    layout = "%f " * block.shape[1]
    negative_nan = np.isnan(block) & np.signbit(block)
    for row, signed in zip(block.tolist(), negative_nan, strict=True):
        text = layout % tuple(row)
        if signed.any():
            # Python prints no sign; glibc does, and the nan that x86 computes
            # from inf - inf is a negative one.
            texts = text.split(" ")
            for column in np.flatnonzero(signed):
                texts[column] = "-nan"
            text = " ".join(texts)
        yield text.encode("ascii")


def short_text_rows(
    block: npt.NDArray[np.float32], separator: str = " "
) -> Iterator[bytes]:
    """Format rows of values with as few digits as read back to the same float32."""
    # %g drops the zeros at the end, so 9 digits show a number that has been
    # rounded to fewer digits in its short form.
    layout = separator.join(["%.9g"] * block.shape[1])
    for row in _round_short(block).tolist():
        yield (layout % tuple(row)).encode("ascii")


def _round_short(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Round each value to the fewest digits, at most 8, that keep its float32.

    Returns
    -------
    ndarray of float64, same shape
        The rounded values; those that need 9 digits, zeros and values that are not
        finite are returned as they are.
    """
    # Zeros and values that are not finite fail every comparison below.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        exact = values.astype(np.float64)
        size = np.abs(exact)
        # Two numbers of 6 digits share no float32 but the subnormal ones, so the
        # one that fits is the shortest, and its spare digits are zeros.
        subnormal = (size > 0) & (size < np.finfo(np.float32).tiny)
        fewest = 1 if subnormal.any() else 6
        # Half the distance to the next float32, and a little less, because the
        # scaled values below are off by some units of the last place of a float64.
        # A number halfway between two float32 is therefore not used, though some
        # readers' rounding would bring it back.
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
