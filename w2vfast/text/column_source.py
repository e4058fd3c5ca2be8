"""A column of a table as a corpus: the data of Polars, pyarrow, pandas, DuckDB."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sized
from importlib.util import find_spec
from typing import Any

import numpy as np

from w2vfast.text.arrow_stream import ArrowStream, exports_arrow
from w2vfast.text.arrow_types import column_number
from w2vfast.text.identity import SameObjects
from w2vfast.text.tokenizers import Tokenizer


class ColumnSource:
    """A column that is exported as Arrow data; each row is a sentence.

    Parameters
    ----------
    exporter : object with ``__arrow_c_stream__`` or ``__arrow_c_array__``
        Rows of strings, of lists of strings or of lists of integers, or a table.
    tokenizer : BuiltIn, callable or None
        Splits rows that are strings; None: at white space.
    column : str or None
        The column of a table.
    """

    unit = "sentences"

    def __init__(
        self,
        exporter: Any,
        tokenizer: Tokenizer | None = None,
        column: str | None = None,
    ) -> None:
        self.exporter = exporter
        self.tokenizer = tokenizer
        self.column = column
        self.name = "the column"

    @property
    def total(self) -> int | None:
        """Number of rows, or None if it is unknown."""
        return len(self.exporter) if isinstance(self.exporter, Sized) else None

    def streams(self) -> Iterator[ArrowStream]:
        """Yield the data."""
        yield ArrowStream(self.exporter)

    def identity(self) -> Hashable | None:
        """Return a value that is equal for the same object, split in the same way."""
        return SameObjects([self.exporter], (self.total, self.tokenizer, self.column))


def picked_column(sentences: Any, column: str | None) -> Any:
    """Return a column of a table; anything else as it is.

    Parameters
    ----------
    sentences
        Perhaps a table of pandas, Polars, pyarrow, DuckDB or datasets.
    column : str or None
        Its name; not needed for a table of one column.

    Raises
    ------
    ValueError
        If a table has several columns and none is named, or not that one.
    TypeError
        If a column of something else is named.
    """
    names = _column_names(sentences)
    if names is not None:
        name = names[column_number(names, column)]
        if not hasattr(sentences, "__getitem__"):  # a table that is read row by row
            return (row[name] for row in sentences)
        # Rows of datasets are Python objects unless they are asked for as Arrow.
        if hasattr(sentences, "with_format"):
            return sentences.with_format("arrow")[:][name]
        return sentences[name]
    if column is not None and not exports_arrow(sentences):
        message = (
            f"column={column!r} names a column of a table or of a file, and sentences "
            f"are neither, but a {type(sentences).__name__}. Leave out column=."
        )
        raise TypeError(message)
    return sentences


def _column_names(sentences: Any) -> list[Any] | None:
    """Return the names of a table's columns; None for anything else."""
    if isinstance(sentences, Mapping):
        return list(sentences)
    names = getattr(sentences, "column_names", None)  # pyarrow, datasets
    if isinstance(names, list):
        return names
    if exports_arrow(sentences) or _is_of_pandas(sentences):
        names = getattr(sentences, "columns", None)  # pandas, Polars, DuckDB
    return None if names is None else list(names)


def as_array(sentences: Any) -> Any:
    """Return a Series of pandas as an array, if it is better read so.

    Raises
    ------
    ValueError
        If it has missing values.
    """
    if not _is_of_pandas(sentences) or not hasattr(sentences, "hasnans"):
        return sentences
    if sentences.hasnans:
        missing = sentences.isna()
        message = (
            f"the Series has {int(missing.sum())} missing values among "
            f"{len(sentences)}, the first at row {int(np.argmax(missing))}. Drop them: "
            "series.dropna()."
        )
        raise ValueError(message)
    if isinstance(sentences.dtype, np.dtype) or find_spec("pyarrow") is None:
        return sentences.to_numpy()
    return sentences


def _is_of_pandas(value: object) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas"
