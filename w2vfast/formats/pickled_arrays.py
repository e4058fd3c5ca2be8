"""NumPy's arrays and numbers in a pickle that was read as plain values."""

from __future__ import annotations

import math
import re
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from w2vfast.formats.pickled_values import Record

# NumPy 2 moved numpy.core to numpy._core.
_ARRAY = re.compile(r"numpy\._?core\.multiarray\._reconstruct")
_BUFFER = re.compile(r"numpy\._?core\.numeric\._frombuffer")
_SCALAR = re.compile(r"numpy\._?core\.multiarray\.scalar")
_ORDERS = ("<", ">", "=", "|")
_NUMBERS = re.compile(r"f[248]|[iu][1248]|b1")


def as_array(value: Any) -> npt.NDArray[Any] | list[Any]:
    """Return a pickled array; one of objects as a list.

    Raises
    ------
    ValueError
        If it is no array of numbers or objects, or its size is not that of its values.
    """
    if not isinstance(value, Record):
        _refuse("an array")
    if _BUFFER.fullmatch(value.name):
        values, dtype, shape, order = _fields(value.args, 4)
        return _shaped(values, dtype, shape, "F" if order == "F" else "C")
    if not _ARRAY.fullmatch(value.name):
        _refuse("an array")
    _, shape, dtype, is_fortran, values = _fields(value.state, 5)
    if isinstance(values, list):
        return values
    return _shaped(values, dtype, shape, "F" if is_fortran is True else "C")


def as_integer(value: Any) -> int:
    """Return a pickled integer, Python's or NumPy's.

    Raises
    ------
    ValueError
        If it is none, or has more than 64 bits.
    """
    value = as_scalar(value)
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse("an integer")
    if not -(2**63) <= value < 2**63:
        _refuse("an integer of 64 bits")
    return value


def as_scalar(value: Any) -> Any:
    """Return a pickled number of NumPy as one of Python; any other value as it is.

    Raises
    ------
    ValueError
        If it is a damaged number of NumPy.
    """
    if not isinstance(value, Record) or not _SCALAR.fullmatch(value.name):
        return value
    dtype, content = _fields(value.args, 2)
    return _shaped(content, dtype, (), "C").item()


def _shaped(values: Any, dtype: Any, shape: Any, order: Any) -> npt.NDArray[Any]:
    content, kind = _as_bytes(values), _as_dtype(dtype)
    if not isinstance(shape, tuple) or len(shape) > 2:
        _refuse("a table")
    sizes = [as_integer(size) for size in shape]
    if min(sizes, default=0) < 0 or math.prod(sizes) * kind.itemsize != len(content):
        message = f"{len(content)} bytes are no array of shape {shape} and type {kind}"
        raise ValueError(message)
    return np.frombuffer(content, kind).reshape(sizes, order=order)


def _as_dtype(value: Any) -> np.dtype[Any]:
    """Return a type of numbers; its state gives the byte order."""
    if not isinstance(value, Record) or value.name != "numpy.dtype":
        _refuse("a type of numbers")
    code, order = _fields(value.args, 1)[0], "="
    if value.state is not None:
        order = _fields(value.state, 2)[1]
    if not (isinstance(code, str) and _NUMBERS.fullmatch(code) and order in _ORDERS):
        _refuse("a type of numbers")
    return np.dtype(f"{order}{code}")


def _as_bytes(value: Any) -> bytes:
    # Python 3 writes bytes in protocol 2 as text; Python 2 wrote its strings.
    if isinstance(value, Record) and value.name == "_codecs.encode":
        value = _fields(value.args, 1)[0]
    if isinstance(value, str) and max(value, default="") < "\u0100":
        return value.encode("latin-1")
    if not isinstance(value, bytes):
        _refuse("bytes")
    return value


def _fields(value: Any, n: int) -> Any:
    """Return a tuple's first n fields."""
    if not isinstance(value, tuple) or len(value) < n:
        _refuse(f"a tuple of {n}")
    return value[:n]


def _refuse(expected: str) -> NoReturn:
    message = f"a part of the pickle is not {expected}"
    raise ValueError(message)
