"""Keys, counts and vectors as a table of Polars, pandas or pyarrow."""

from __future__ import annotations

import importlib
from typing import Any

from w2vfast.errors import shown
from w2vfast.formats import parquet
from w2vfast.formats.contents import Contents

LIBRARIES = ("polars", "pandas", "pyarrow")


def to_frame(held: Contents, library: str | None) -> Any:
    """Return a table with the columns ``key``, ``count`` (if known) and ``vector``.

    Parameters
    ----------
    held : Contents
    library : {"polars", "pandas", "pyarrow"} or None
        None is the first of them that is installed.

    Raises
    ------
    ValueError
        If the library is unknown, or a key is not UTF-8.
    ImportError
        If it is not installed.
    """
    if library not in (*LIBRARIES, None):
        message = f"library must be one of {', '.join(LIBRARIES)}, got {shown(library)}"
        raise ValueError(message)
    wanted = LIBRARIES if library is None else (library,)
    for name in wanted:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        return parquet.to_table(held) if name == "pyarrow" else _frame(module, held)
    message = f"to_frame needs {' or '.join(wanted)}: pip install {wanted[0]}"
    raise ImportError(message)


def _frame(module: Any, held: Contents) -> Any:
    columns: dict[str, Any] = {"key": held.words}
    if held.counts is not None:
        columns["count"] = held.counts
    by_array = module.__name__ == "polars"  # pandas has objects for lists
    columns["vector"] = held.vectors if by_array else list(held.vectors)
    try:
        return module.DataFrame(columns)
    except UnicodeEncodeError as error:
        message = (
            f"a key of {error.object!r} is not UTF-8, and no table holds it. Save the "
            "vectors as a .npz file or a folder."
        )
        raise ValueError(message) from error
