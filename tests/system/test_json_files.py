"""JSON is parsed and each of its fields checked against a dataclass."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import pytest

from w2vfast.system.json_files import checked, parse_json


class Point(NamedTuple):
    x: float
    y: int = 0


@dataclass
class Inner:
    size: int


@dataclass
class Outer:
    name: str
    level: float
    words: list[str | int]
    points: tuple[Point, ...] = ()
    inner: dict[str, Inner] = field(default_factory=dict)
    kind: Literal["a", "b"] = "a"
    limit: int | None = None
    rest: dict[str, Any] = field(default_factory=dict)


LEAST = {"name": "n", "level": 1, "words": ["a", 2]}


def test_fields_come_back_as_their_types():
    found = {
        **LEAST,
        "points": [[1.5], [2, 3]],
        "inner": {"k": {"size": 4}},
        "kind": "b",
        "limit": None,
        "rest": {"free": [None]},
        "of a later version": 1,
    }
    assert checked(Outer, found, "f") == Outer(
        "n",
        1,
        ["a", 2],
        (Point(1.5), Point(2, 3)),
        {"k": Inner(4)},
        "b",
        None,
        {"free": [None]},
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": 1}, "f, 'name' must be of type str, got 1"),
        ({"name": None}, "'name' must be of type str"),
        ({"level": "1"}, "'level' must be of type float"),
        ({"level": True}, "'level' must be of type float"),
        ({"words": "ab"}, "'words' must be a list"),
        ({"words": ["a", True]}, "'words', item 1 must be of type int or str, got Tr"),
        ({"words": ["a", ["b"]]}, "'words', item 1 must be of type int or str"),
        ({"points": [[1, 2, 3]]}, "item 0 must be a list of 1 to 2 values"),
        ({"points": [[]]}, "item 0 must be a list of 1 to 2 values"),
        ({"points": [["x"]]}, "'x' must be of type float"),
        ({"inner": []}, "'inner' must be an object"),
        ({"inner": {"k": {}}}, "lacks 'size'"),
        ({"kind": "c"}, "'kind' must be 'a' or 'b'"),
        ({"kind": []}, "'kind' must be 'a' or 'b'"),
        ({"limit": 1.5}, "'limit' must be of type int or NoneType"),
        ({"rest": [1]}, "'rest' must be an object"),
        ({"name": 5 * [10**30]}, r"got \[1000.*\.\.\.\. The file is damaged"),
    ],
)
def test_a_field_of_another_type_is_an_error_that_names_it(change, reason):
    with pytest.raises(ValueError, match=reason):
        checked(Outer, {**LEAST, **change}, "f")


def test_a_missing_field_is_an_error():
    with pytest.raises(ValueError, match="f lacks 'words': it is damaged"):
        checked(Outer, {"name": "n", "level": 1}, "f")


@pytest.mark.parametrize("found", [[], None, "x", 1])
def test_what_is_not_an_object_is_an_error(found):
    with pytest.raises(ValueError, match="f must be an object"):
        checked(Outer, found, "f")


@pytest.mark.parametrize(
    "text",
    [b"{", b"", b"\xff", b'{"a": 1} x', b"[" * 100_000, b"9" * 10_000],
    ids=["cut", "empty", "not UTF-8", "more", "deep", "long number"],
)
def test_damaged_json_is_an_error_that_names_the_file(text):
    with pytest.raises(ValueError, match=r"f\.json is damaged or not a map"):
        parse_json(text, "f.json", "a map")
