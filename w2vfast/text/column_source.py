"""A column of a table as a corpus: the data of Polars, pyarrow, pandas, DuckDB."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from w2vfast.text.arrow_stream import ArrowStream
from w2vfast.text.identity import SameObjects
from w2vfast.text.sentences import known_length
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
    picked : hashable, optional
        The column that the exporter is, of a table.
    """

    unit = "sentences"
    if_empty = "it has no rows, rows of white space only"

    def __init__(
        self,
        exporter: Any,
        tokenizer: Tokenizer | None = None,
        column: str | None = None,
        picked: Hashable | None = None,
    ) -> None:
        self.exporter = exporter
        self.tokenizer = tokenizer
        self.column = column
        self.picked = picked
        self.name = "the column"

    @property
    def total(self) -> int | None:
        """Number of rows, or None if it is unknown."""
        return known_length(self.exporter)

    def streams(self) -> Iterator[ArrowStream]:
        """Yield the data."""
        yield ArrowStream(self.exporter)

    def identity(self) -> Hashable | None:
        """Return a value that is equal for the same object, split in the same way."""
        return SameObjects([self.exporter], (self.total, self.tokenizer, self.column))
