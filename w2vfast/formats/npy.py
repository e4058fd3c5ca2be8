"""NumPy's .npy: arrays without pickles, no larger than their files."""

from __future__ import annotations

import math
import os
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import MapMode


class Header(NamedTuple):
    """What the first bytes of a .npy file announce.

    Attributes
    ----------
    shape : tuple of int
    fortran_order : bool
    dtype : dtype
    offset : int
        Where the values begin [bytes].
    """

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    offset: int

    @property
    def end(self) -> int:
        """Where the values end [bytes]; exact, whatever the header announces."""
        return self.offset + self.dtype.itemsize * math.prod(self.shape)


def read_header(file: Any) -> Header:
    """Read the header of a .npy file; the values follow.

    Raises
    ------
    ValueError
        If it is damaged, or announces objects.
    """
    try:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, fortran_order, dtype = read(file)
        header = Header(shape, fortran_order, dtype, file.tell())
    # NumPy evaluates the header as Python, which can fail in any way.
    except Exception as error:
        message = f"the header of the array is damaged ({error})"
        raise ValueError(message) from error
    if dtype.hasobject or min(shape, default=0) < 0:
        message = f"the array announces {dtype} of shape {shape}, not numbers"
        raise ValueError(message)
    return header


def read_array(file: BinaryIO, *, mmap: MapMode = False) -> npt.NDArray[Any]:
    """Read an array from a regular file.

    Parameters
    ----------
    file : binary file
        At its beginning.
    mmap : bool or {"r", "c"}, default False
        Map the values instead of reading them: read-only, or with "c" as a copy whose
        changes stay in memory.

    Raises
    ------
    ValueError
        If the header is damaged, or the file is shorter than it announces.
    """
    header = read_header(file)
    size = os.fstat(file.fileno()).st_size
    if size < header.end:
        message = (
            f"the file has {size} bytes, but {header.dtype} of shape {header.shape} "
            f"needs {header.end}"
        )
        raise ValueError(message)
    order: Any = "F" if header.fortran_order else "C"
    count = math.prod(header.shape)
    if mmap and count and header.dtype.itemsize:
        mode: Any = "c" if mmap == "c" else "r"
        return np.memmap(file, header.dtype, mode, header.offset, header.shape, order)
    values = np.fromfile(file, header.dtype, count)
    return values.reshape(header.shape, order=order)
