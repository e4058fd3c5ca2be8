"""Tables of other libraries: which column is meant, and what is not read as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from w2vfast.errors import counted, shown
from w2vfast.text.arrow_stream import exports_arrow
from w2vfast.text.arrow_types import column_number

_GROUPS = {
    "pandas": "frame.groupby('user')['item'].agg(list)",
    "polars": "frame.group_by('user').agg('item')['item']",
}
# Types of other libraries that hold no rows: what they are, and what to give.
_WITHOUT_ROWS = {
    ("polars", "LazyFrame"): "a query that has not run. Give frame.collect()",
    ("polars", "Expr"): "an expression. Give the column: frame.select(expression)",
    ("duckdb", "DuckDBPyConnection"): "a connection. Give connection.sql(query)",
}


class Picked(NamedTuple):
    """Sentences, taken out of a table if they were in one.

    Attributes
    ----------
    rows
        A column of a table, or sentences as they were given.
    column : str or None
        The column that is still to be taken, of rows that export Arrow data.
    name : str or None
        The column that was taken.
    """

    rows: Any
    column: str | None
    name: Any = None


class TableRows:
    """A column of a table that is read row by row, without its missing values.

    Parameters
    ----------
    table : iterable of mappings
    name : hashable
        The column.
    """

    def __init__(self, table: Any, name: Any) -> None:
        self._table = table
        self._name = name

    def __iter__(self) -> Iterator[Any]:
        for k, row in enumerate(self._table):
            if not isinstance(row, Mapping):
                message = (
                    f"row {k} is {shown(row)}, and rows before it are dictionaries. "
                    "Give each row as a dictionary with the same names."
                )
                raise TypeError(message)
            value = row.get(self._name)
            if value is not None:
                yield value

    def are_strings(self) -> bool:
        """Tell whether the first row is a text."""
        return isinstance(next(iter(self), None), (str, bytes))


def picked_column(sentences: Any, column: str | None) -> Picked:
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
        If a column of something else is named, or the value holds no rows.
    """
    _refuse_without_rows(sentences)
    if column is None and _is_column_of_datasets(sentences):
        sentences, column = sentences.source, sentences.column_name
    names = column_names(sentences)
    if names is not None:
        name = names[column_number(names, column)]
        return Picked(_column(sentences, name), None, name)
    if column is None or exports_arrow(sentences):
        return Picked(sentences, column)
    if isinstance(sentences, (list, tuple)) and _are_mappings(sentences[:1]):
        names = list(sentences[0])
        return Picked(TableRows(sentences, names[column_number(names, column)]), None)
    message = (
        f"column={column!r} names a column of a table or of a file, and sentences "
        f"are neither, but a {type(sentences).__name__}. Leave out column=."
    )
    raise TypeError(message)


def column_names(value: Any) -> list[Any] | None:
    """Return the names of a table's columns; None for anything else.

    Raises
    ------
    TypeError
        For a dictionary of tables.
    """
    if isinstance(value, Mapping):
        _refuse_dictionary_of_tables(value)
        return list(value)
    names = getattr(value, "column_names", None)  # pyarrow, datasets
    if isinstance(names, list):
        return names
    if exports_arrow(value) or is_of_pandas(value):
        names = getattr(value, "columns", None)  # pandas, Polars, DuckDB
    return None if names is None else list(names)


def as_array(sentences: Any) -> Any:
    """Return a Series of pandas as an array, if it is better read so.

    Raises
    ------
    ValueError
        If it has missing values.
    TypeError
        If it holds numbers.
    """
    if not is_of_pandas(sentences) or not hasattr(sentences, "isna"):
        return sentences
    if not hasattr(sentences, "hasnans") or not exports_arrow(sentences):
        # An index, or the values of a Series.
        sentences = import_module("pandas").Series(sentences)
    if sentences.hasnans:
        missing = sentences.isna()
        message = (
            f"the Series has {counted(int(missing.sum()), 'missing value')} among "
            f"{len(sentences)}, the first at row {int(np.argmax(missing))}. Drop them: "
            "series.dropna()."
        )
        raise ValueError(message)
    if not isinstance(sentences.dtype, np.dtype) and find_spec("pyarrow") is not None:
        return sentences
    if sentences.dtype.kind in "biufc":
        message = (
            f"the Series holds {sentences.dtype} numbers, not a sentence in each row. "
            "For a sentence a group, give "
            f"{_GROUPS['pandas']}; for ids with -1 between sentences, give "
            "series.to_numpy()."
        )
        raise TypeError(message)
    return sentences.to_numpy()


def refuse_rows_of_table(array: Any) -> None:
    """Raise TypeError for an array that holds the rows of a table.

    Parameters
    ----------
    array : ndarray
        A row of a 2-D array is taken for a sentence, unless the array has a single
        column or its first row has texts beside other values.
    """
    if array.ndim == 1 or array.dtype.kind not in "OUST":
        return
    if array.ndim == 2 and array.shape[1] != 1:
        first = array[0] if array.size else ()
        n_texts = sum(isinstance(value, (str, bytes)) for value in first)
        if n_texts in (0, len(first)):
            return
    message = (
        f"the array has the shape {array.shape}. A sentence is a row of words, or a "
        "text in an array of one dimension. Give one column of a table: array[:, 0]."
    )
    raise TypeError(message)


def is_of_pandas(value: object) -> bool:
    """Tell whether pandas made a value."""
    return _library(value) == "pandas"


def _library(value: object) -> str:
    return type(value).__module__.partition(".")[0].lstrip("_")


def _column(table: Any, name: Any) -> Any:
    if hasattr(table, "with_format"):  # of datasets
        if not hasattr(table, "__len__"):
            return TableRows(table, name)
        # Rows are Python objects unless they are asked for as Arrow.
        return table.with_format("arrow")[:][name]
    if not hasattr(table, "__getitem__"):
        return TableRows(table, name)
    rows = table[name]
    if isinstance(rows, (list, tuple)):
        return TableRows([{name: row} for row in rows], name)
    return rows


def _refuse_without_rows(value: Any) -> None:
    kind = (_library(value), type(value).__name__)
    what = _WITHOUT_ROWS.get(kind)
    if what is None and kind[0] in _GROUPS and "GroupBy" in kind[1]:
        what = f"groups of rows. For a sentence a group, give {_GROUPS[kind[0]]}"
    if what is not None:
        message = f"sentences must be rows, got the {kind[1]} of {kind[0]}, {what}."
        raise TypeError(message)


def _refuse_dictionary_of_tables(value: Mapping[Any, Any]) -> None:
    for name, member in value.items():
        if not isinstance(member, Mapping) and column_names(member) is not None:
            listed = ", ".join(map(repr, value))
            message = (
                f"sentences are a dictionary of the tables {listed}. Give one of them, "
                f"such as data[{name!r}]."
            )
            raise TypeError(message)


def _is_column_of_datasets(value: Any) -> bool:
    return (
        _library(value) == "datasets"
        and hasattr(value, "column_name")
        and column_names(getattr(value, "source", None)) is not None
    )


def _are_mappings(values: Any) -> bool:
    return bool(values) and all(isinstance(value, Mapping) for value in values)
