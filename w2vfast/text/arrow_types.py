"""Types of Arrow columns: which are read, and which column of a table is meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple

from w2vfast.errors import Part, Setting, SettingsError, SettingsTypeError
from w2vfast.text.arrow_columns import (
    FIXED_LIST,
    INTEGERS,
    LIST_VIEWS,
    LISTS,
    NULLS,
    OFFSETS,
    VIEWS,
    DictionaryColumn,
    ListColumn,
    StringColumn,
    TextColumn,
)
from w2vfast.text.arrow_stream import Owned, Struct

_STRUCT = b"+s"
# Names of other types for messages.
_NAMES = {
    b"b": "booleans",
    b"e": "float16 numbers",
    b"f": "float32 numbers",
    b"g": "float64 numbers",
    b"+m": "maps",
    b"+r": "run-end encoded values",
    b"+s": "structs",
    **dict.fromkeys(INTEGERS, "integers"),
}


_IN_MEMORY = "the corpus"  # name of a table that is no file


class Kind(Enum):
    """What the rows of a column are."""

    TEXTS = "strings"
    TOKENS = "lists of strings"
    IDS = "lists of integers"


class ColumnType(NamedTuple):
    """The type of a column, and where it is in the arrays of a stream.

    Attributes
    ----------
    kind : Kind
    schema : Owned
        Of the stream.
    child : int or None
        Number of the column in a table; None if the stream is of one column.
    """

    kind: Kind
    schema: Owned
    child: int | None

    def texts(self, array: Owned) -> TextColumn:
        """Return the rows of an array that are strings."""
        parts = self._parts(array)
        return (DictionaryColumn if parts[2].dictionary else StringColumn)(*parts)

    def lists(self, array: Owned) -> ListColumn:
        """Return the rows of an array that are lists."""
        return ListColumn(*self._parts(array))

    def _parts(self, array: Owned) -> tuple[Owned, Struct, Struct, int]:
        if self.child is None:
            return array, array.struct, self.schema.struct, 0
        of_child = self.schema.struct.children[self.child].contents
        part = array.struct.children[self.child].contents
        return array, part, of_child, array.struct.offset


def column_type(schema: Owned, name: str | None, picked: object = None) -> ColumnType:
    """Return the type of a stream's column.

    Parameters
    ----------
    schema : Owned
    name : str or None
        The column of a table; not needed if the table has one column.
    picked : object, optional
        The column of a table that the stream is.

    Raises
    ------
    TypeError, ValueError
        If no column, or none of a type that is read, is meant.
    """
    if schema.struct.format != _STRUCT:
        return ColumnType(_kind(schema.struct, picked), schema, None)
    n_columns = schema.struct.n_children
    names = [_name(schema.struct.children[k].contents) for k in range(n_columns)]
    if picked is not None and n_columns > 1:
        raise SettingsTypeError(_structs_message(picked, names))
    child = column_number(names, name)
    kind = _kind(schema.struct.children[child].contents, picked)
    return ColumnType(kind, schema, child)


def column_number(
    names: Sequence[Any], name: str | None, table: str = _IN_MEMORY
) -> int:
    """Return the number of a table's column; of the only one without a name.

    Parameters
    ----------
    names : sequence of str
        The columns.
    name : str or None
    table : str
        Name of the table in messages.

    Raises
    ------
    SettingsError
        If there is no such column, or several without a name or of this name.
    """
    n_found = len(names) if name is None else list(names).count(name)
    if n_found == 1:
        return 0 if name is None else list(names).index(name)
    if not names:
        message = f"{table} is a table without columns. Is it the right one?"
        raise SettingsError(message)
    if name is not None and n_found:
        message = f"{table} has {n_found} columns named {name!r}. Rename one of them."
        raise SettingsError(message)
    listed = ", ".join(map(repr, names))
    text: list[Part] = [f"{table} is a table with the columns {listed}"]
    if name is not None:
        text += [f", of which none is named {name!r}"]
    example = _example(names, name)
    text += [". Name the one that holds the sentences, such as "]
    text += [Setting("column", example)]
    if table == _IN_MEMORY:
        text += [f", or give it alone: table[{example!r}]"]
    text += ["."]
    raise SettingsError(text)


def kind_message(column: str, what: str) -> str:
    """Return the message for a column of values that are no sentences."""
    return (
        f"{column} holds {what}; a column of sentences holds strings, lists of strings "
        "or lists of integers. Convert it, or give another column."
    )


def _example(names: Sequence[Any], name: str | None) -> Any:
    """Return the column that is most likely meant."""
    lower = {str(known).lower(): known for known in names}
    near = difflib.get_close_matches(str(name).lower(), lower, n=1)
    if name is not None and near:
        return lower[near[0]]
    return "text" if "text" in names else names[0]


def _structs_message(column: object, fields: Sequence[str]) -> str:
    return (
        f"the column {column!r} holds structs with the fields "
        f"{', '.join(map(repr, fields))}. Give one of them alone: "
        f"table[{column!r}].struct.field({fields[0]!r}) in Polars and pandas, "
        f"pyarrow.compute.struct_field(table[{column!r}], {fields[0]!r})."
    )


def _name(schema: Struct) -> str:
    name: bytes = schema.name or b""
    return name.decode("utf-8", "replace")


def _kind(schema: Struct, picked: object) -> Kind:
    what = _type_name(schema)
    if _is_string(schema):
        return Kind.TEXTS
    if schema.n_children == 1 and _is_list(schema.format):
        item = schema.children[0].contents
        what = f"lists of {_type_name(item)}"
        if _is_string(item):
            return Kind.TOKENS
        if item.format in INTEGERS and not item.dictionary:
            return Kind.IDS
    name = _name(schema) if picked is None else picked
    column = "the column" if name == "" else f"the column {name!r}"
    raise SettingsTypeError(kind_message(column, what))


def _type_name(schema: Struct) -> str:
    if _is_list(schema.format):
        return "lists"
    known = _NAMES.get(schema.format)
    return known or f"values of the Arrow type {schema.format.decode()!r}"


def _is_list(form: bytes) -> bool:
    return form in LISTS or form in LIST_VIEWS or form.startswith(FIXED_LIST)


def _is_string(schema: Struct) -> bool:
    if schema.dictionary:
        return _is_string(schema.dictionary.contents)
    return schema.format in OFFSETS or schema.format in (*VIEWS, NULLS)
