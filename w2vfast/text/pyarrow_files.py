"""What the readers of column files share: pyarrow, and the bytes of a file."""

from __future__ import annotations

import importlib
import io
import os
from contextlib import ExitStack
from typing import Any

from w2vfast.system.files import HEAD_BYTES, compression_of
from w2vfast.text.file_starts import MOST_BYTES, no_text_message

_EXTRA = 'pip install "w2vfast[arrow]"'
_UNPACK = {"gzip": "gunzip", "bz2": "bunzip2", "xz": "unxz", "zstd": "unzstd"}


def pyarrow_module(module: str, path: str) -> Any:
    """Import a module of pyarrow, which reads `path`.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = f"reading {path!r} needs the package pyarrow: {_EXTRA}."
        raise ImportError(message) from error


def refuse_compressed(path: str) -> None:
    """Raise ValueError if a file is compressed as a whole."""
    found = _compression(path)
    if found is not None:
        message = (
            f"{path!r} is compressed by {found}, and a table of this kind is "
            f"compressed inside only. Decompress it: {_UNPACK[found]} -k FILE."
        )
        raise ValueError(message)


def open_stream(path: str, files: ExitStack) -> Any:
    """Open a file of text for pyarrow, decompressed.

    Parameters
    ----------
    path : str
    files : ExitStack
        Closes the file.

    Raises
    ------
    ValueError
        If pyarrow cannot decompress it.
    """
    found = _compression(path)
    if found == "xz":
        message = (
            f"{path!r} is compressed by xz, which pyarrow cannot read. Decompress it: "
            f"{_UNPACK[found]} -k FILE; or compress it by gzip, bz2 or zstd."
        )
        raise ValueError(message)
    # Not an open file of Python: a thread of pyarrow that still reads one when the
    # program ends waits for ever.
    pa = pyarrow_module("pyarrow", path)
    file = files.enter_context(pa.OSFile(os.fsencode(path)))
    return files.enter_context(pa.input_stream(file, compression=found))


def open_text(path: str, files: ExitStack) -> io.TextIOWrapper:
    """Open a file of text for reading lines.

    Bytes that are no UTF-8 are kept as surrogates.

    Raises
    ------
    ValueError
        If it is empty, or no UTF-8 text.
    """
    with ExitStack() as looked_at:
        start = open_stream(path, looked_at).read(MOST_BYTES)
    if not start.strip():
        raise ValueError(empty_message(path))
    message = no_text_message(repr(path), start)
    if message is not None:
        raise ValueError(message)
    stream = open_stream(path, files)
    return io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="")


def empty_message(path: str) -> str:
    """Return the message for a file without rows."""
    return f"{path!r} is empty. Is it the right file, and was it written to its end?"


def _compression(path: str) -> str | None:
    with open(path, "rb") as file:
        return compression_of(file.read(HEAD_BYTES))
