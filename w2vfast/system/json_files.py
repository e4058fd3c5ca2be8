"""JSON files, of which nothing is trusted: a dataclass is the schema of each."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, TypeVar, Union

from w2vfast.errors import shortened

T = TypeVar("T")


def parse_json(text: bytes, name: str, what: str) -> Any:
    """Parse a whole file.

    Parameters
    ----------
    text : bytes
        UTF-8.
    name : str
        The file, for messages.
    what : str
        What the file should be, such as "a phrases file".

    Raises
    ------
    ValueError
        If it is not JSON, or nested too deeply.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        message = (
            f"{name} is damaged or not {what}: it is not JSON ({error}). Save it again."
        )
        raise ValueError(message) from error


def checked(cls: type[T], found: object, where: str) -> T:
    """Make a dataclass of a JSON object, after a check of every field.

    Parameters
    ----------
    cls : dataclass
        Its annotations are the schema.  Unknown fields of the object are ignored: a
        later version may have added them.  They may be str, int, float, bool, None,
        Any, Literal, unions, lists, tuples, dicts with names as keys, dataclasses, and
        NamedTuples, which are lists in JSON.
    found : object
        From `parse_json`.
    where : str
        The file and the part of it, for messages.

    Raises
    ------
    ValueError
        If a field is missing or has another type.
    """
    if not isinstance(found, dict):
        raise _wrong(where, "an object", found)
    hints = _hints_of(cls)  # type: ignore[arg-type]
    values = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        if field.name in found:
            place = f"{where}, {field.name!r}"
            values[field.name] = _value(hints[field.name], found[field.name], place)
        elif (
            field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        ):
            message = f"{where} lacks {field.name!r}: it is damaged. Save it again."
            raise ValueError(message)
    return cls(**values)


@functools.cache
def _hints_of(cls: Any) -> dict[str, Any]:
    """Evaluate the annotations of a class, once, for they are text."""
    return typing.get_type_hints(cls)


def _wrong(where: str, expected: str, found: object) -> ValueError:
    message = (
        f"{where} must be {expected}, got {shortened(found)}. The file is damaged."
    )
    return ValueError(message)


def _value(kind: Any, found: Any, where: str) -> Any:
    """Return what is found as a value of a kind, or raise ValueError."""
    if kind is Any:
        return found
    read = _READERS.get(typing.get_origin(kind) or kind)
    if read is not None:
        return read(kind, found, where)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return checked(kind, found, where)
    if hasattr(kind, "_fields"):
        return _named_tuple(kind, found, where)
    if type(found) not in _scalars(kind):
        raise _wrong(where, f"of type {kind.__name__}", found)
    return found


def _scalars(kind: Any) -> set[type]:
    """Return the Python types of JSON values that a scalar kind accepts."""
    return {int, float} if kind is float else {kind}


def _union(kind: Any, found: Any, where: str) -> Any:
    members = typing.get_args(kind)
    for member in members:
        try:
            return _value(member, found, where)
        except ValueError:
            continue
    names = " or ".join(getattr(m, "__name__", str(m)) for m in members)
    raise _wrong(where, f"of type {names}", found)


def _literal(kind: Any, found: Any, where: str) -> Any:
    accepted = typing.get_args(kind)
    if found not in accepted or type(found) not in map(type, accepted):
        raise _wrong(where, " or ".join(map(repr, accepted)), found)
    return found


def _list(kind: Any, found: Any, where: str) -> list[Any]:
    if not isinstance(found, list):
        raise _wrong(where, "a list", found)
    (item,) = typing.get_args(kind)
    return _items(item, found, where)


def _tuple(kind: Any, found: Any, where: str) -> tuple[Any, ...]:
    return tuple(_list(list[typing.get_args(kind)[0]], found, where))  # type: ignore[misc]


def _items(kind: Any, values: list[Any], where: str) -> list[Any]:
    is_union = typing.get_origin(kind) in (Union, types.UnionType)
    members = typing.get_args(kind) if is_union else [kind]
    scalars: set[Any] = set().union(*map(_scalars, members))
    if scalars <= {str, int, float, bool}:  # fast, for millions of words
        if set(map(type, values)) <= scalars:
            return values
        place, wrong = next(
            (n, value) for n, value in enumerate(values) if type(value) not in scalars
        )
        names = " or ".join(sorted(each.__name__ for each in scalars))
        where = f"{where}, item {place}"
        raise _wrong(where, f"of type {names}", wrong)
    return [_value(kind, value, f"{where}, item {n}") for n, value in enumerate(values)]


def _dict(kind: Any, found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise _wrong(where, "an object", found)
    _, item = typing.get_args(kind)
    if item is Any:
        return found
    return dict(zip(found, _items(item, list(found.values()), where), strict=True))


def _named_tuple(kind: Any, found: Any, where: str) -> Any:
    most, least = len(kind._fields), len(kind._fields) - len(kind._field_defaults)
    if not isinstance(found, list) or not least <= len(found) <= most:
        raise _wrong(where, f"a list of {least} to {most} values", found)
    hints = _hints_of(kind)
    return kind(
        *(
            _value(hints[name], value, f"{where}, {name!r}")
            for name, value in zip(kind._fields, found, strict=False)
        )
    )


_READERS: dict[Any, Callable[[Any, Any, str], Any]] = {
    Union: _union,
    types.UnionType: _union,
    Literal: _literal,
    list: _list,
    tuple: _tuple,
    dict: _dict,
}
