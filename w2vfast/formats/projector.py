"""TensorBoard's embedding projector: two .tsv tables, written only.

V is the number of words, D the dimension.
"""

from __future__ import annotations

import os
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import PathLike
from w2vfast.formats.contents import Contents, WriteOptions
from w2vfast.formats.decimals import short_text_rows
from w2vfast.formats.float_types import as_dtype
from w2vfast.formats.spelling import CELL_ENDS, spell
from w2vfast.system.files import open_output

_BLOCK_ROWS = 256  # formatted at a time


def metadata_path(path: PathLike) -> str:
    """Return the name of the table of words that belongs to a table of vectors."""
    return f"{os.path.splitext(os.fspath(path))[0]}_metadata.tsv"


def write(path: str, held: Contents, how: WriteOptions) -> None:
    """Write the two tables that the projector loads.

    The table of vectors, such as ``vectors.tsv``, has D columns and no header.  The
    words are written to ``vectors_metadata.tsv`` beside it: with counts, two columns
    under the header ``word``, ``count``; without counts, one column without a header,
    because the projector reads the first line of a single column as data.

    Parameters
    ----------
    path : str
        The table of vectors.
    held : Contents
    how : WriteOptions
        `spaces` concerns words with a tab or a line end; spaces need no escape.

    Raises
    ------
    ValueError
        If a word cannot be written, or a value is too large for float32.
    OSError
        If a file cannot be written.
    """
    names = spell(held.words, how.spaces, ends=CELL_ENDS)
    # Both are written before either has its name, so that a full disk leaves none.
    with open_output(path) as table, open_output(metadata_path(path)) as metadata:
        _write_words(metadata, names, held.counts)
        for start in range(0, len(held.vectors), _BLOCK_ROWS):
            block = as_dtype(held.vectors[start : start + _BLOCK_ROWS], np.float32)
            table.writelines(b"%b\n" % row for row in short_text_rows(block, "\t"))
        table.flush()


def _write_words(
    file: BinaryIO, names: list[bytes], counts: NDArray[np.int64] | None
) -> None:
    if counts is None:
        file.writelines(b"%b\n" % name for name in names)
    else:
        file.write(b"word\tcount\n")
        pairs = zip(names, counts.tolist(), strict=True)
        file.writelines(b"%b\t%d\n" % pair for pair in pairs)
