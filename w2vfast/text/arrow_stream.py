"""Arrow data of other libraries, by the Arrow C data interface; without pyarrow.

Source: the Arrow C data interface, the C stream interface and the Arrow PyCapsule
interface, https://arrow.apache.org/docs/format/CDataInterface.html.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable, Iterator
from typing import Any

Struct = Any  # a ctypes structure: its fields are known to C alone

_Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_Fill = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_LastError = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)

_capsule_pointer: Any = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype = ctypes.c_void_p
_capsule_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class ArrowSchema(ctypes.Structure):
    """The type of an array; `format` tells which."""


class ArrowArray(ctypes.Structure):
    """The buffers of an array, and its children."""


class _ArrowArrayStream(ctypes.Structure):
    """A source of arrays of one type."""


ArrowSchema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.POINTER(ArrowSchema)),
    ("release", _Release),
    ("private_data", ctypes.c_void_p),
]
ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.POINTER(ArrowArray)),
    ("release", _Release),
    ("private_data", ctypes.c_void_p),
]
_ArrowArrayStream._fields_ = [
    ("get_schema", _Fill),
    ("get_next", _Fill),
    ("get_last_error", _LastError),
    ("release", _Release),
    ("private_data", ctypes.c_void_p),
]


def exports_arrow(value: object) -> bool:
    """Tell whether a value exports Arrow data."""
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__")


class Owned:
    """A schema or an array, which is released together with this object.

    Parameters
    ----------
    struct : ArrowSchema or ArrowArray
    owner : object, optional
        A capsule that releases the struct; without it, this object does.
    """

    def __init__(self, struct: Struct, owner: object = None) -> None:
        self.struct = struct
        self._owner = owner
        if owner is None:
            weakref.finalize(self, _release, struct)


def column_error(code: int, reason: str) -> Exception:
    """Return the error for a column that cannot be read."""
    return OSError(code, f"the column could not be read: {reason}")


class ArrowStream:
    """The arrays that a value exports, one after another.

    Parameters
    ----------
    exporter : object with ``__arrow_c_stream__`` or ``__arrow_c_array__``
    error : callable, default `column_error`
        error(code, reason) returns the error to raise if the exporter fails; `code` is
        one of `errno`.

    Attributes
    ----------
    schema : Owned
        The type of the arrays.
    """

    def __init__(
        self, exporter: Any, error: Callable[[int, str], Exception] = column_error
    ) -> None:
        self._error = error
        self._one: Owned | None = None
        self._stream: Any = None
        if hasattr(exporter, "__arrow_c_stream__"):
            self._capsule = exporter.__arrow_c_stream__()
            self._stream = _struct(
                self._capsule, b"arrow_array_stream", _ArrowArrayStream
            )
            self.schema = self._filled(self._stream.get_schema, ArrowSchema())
        else:
            of_schema, of_array = exporter.__arrow_c_array__()
            self.schema = Owned(
                _struct(of_schema, b"arrow_schema", ArrowSchema), of_schema
            )
            self._one = Owned(_struct(of_array, b"arrow_array", ArrowArray), of_array)

    def __iter__(self) -> Iterator[Owned]:
        """Yield the arrays.

        Raises
        ------
        Exception
            That of `error` if the exporter fails.
        """
        if self._one is not None:
            yield self._one
            return
        while True:
            array = self._filled(self._stream.get_next, ArrowArray())
            if not array.struct.release:  # the end of the stream
                return
            yield array

    def _filled(self, fill: Any, struct: Any) -> Owned:
        owned = Owned(struct)
        code = fill(ctypes.byref(self._stream), ctypes.byref(struct))
        if code != 0:
            text = self._stream.get_last_error(ctypes.byref(self._stream)) or b""
            reason = text.decode("utf-8", "replace") or "no reason given"
            raise self._error(code, reason)
        return owned


def _struct(capsule: object, name: bytes, kind: Any) -> Any:
    return kind.from_address(_capsule_pointer(capsule, name))


def _release(struct: Any) -> None:
    if struct.release:
        struct.release(ctypes.byref(struct))
