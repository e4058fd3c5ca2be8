"""Pickles as plain values: nothing that a pickle names is imported or called.

Python's unpickler imports and calls what a pickle names.  This one builds strings,
numbers, lists, tuples and dicts; an object of a class is a `Record`: the names of its
class, its arguments and its state.  The caller lists the names that may occur; any
other is an error.  The opcodes are those that Python and NumPy write for such objects
in the protocols 2 to 5: see ``pickletools`` of the standard library.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

# Containers that a pickle may hold: one for so many bytes, and these.  Python's objects
# take more memory than the opcodes that make them.
_BYTES_PER_CONTAINER, _FREE_CONTAINERS = 8, 100_000
_LONGEST_NUMBER = 20  # digits, or bytes, of an integer
_LARGEST_KEY = 1 << 63
_KEY_TYPES = (str, bytes, int, float, type(None))


class Global(NamedTuple):
    """A class or function, by its name alone."""

    name: str


class Record:
    """An object: what it was made by, and what was then put into it.

    Attributes
    ----------
    name : str
        Module and name of its class, or of the function that returned it.
    args : object
        What the class or function was given, as a rule a tuple.
    state : object
        What its ``__setstate__`` or ``__dict__`` was given; None without.
    items : dict
        Items that were set, of a class derived from dict.
    """

    __slots__ = ("args", "items", "name", "state")

    def __init__(self, name: str, args: Any) -> None:
        self.name, self.args = name, args
        self.state: Any = None
        self.items: dict[Any, Any] = {}


def read_pickle(data: bytes, name: str, is_allowed: Callable[[str], bool]) -> Any:
    """Read a pickle without executing anything of it.

    Parameters
    ----------
    data : bytes
        The whole pickle.
    name : str
        Of the file, for messages.
    is_allowed : callable
        Whether a class or function, such as ``"numpy.dtype"``, may occur.

    Returns
    -------
    object
        None, bool, int, float, str, bytes, list, tuple, dict, `Global` or `Record`.
        Dicts are without items whose keys are tuples.

    Raises
    ------
    ValueError
        If the pickle is damaged, has another opcode or another name, or holds more
        containers than its size allows.

    Notes
    -----
    O(n) time and memory: at most 50 times the size of the pickle and 64 MB, if it is
    made to take memory; arrays take their size.
    """
    machine = _Machine(data, name, is_allowed)
    try:
        return machine.run()
    except (IndexError, KeyError, struct.error, UnicodeDecodeError) as error:
        message = f"{name} is no pickle, or damaged, at byte {machine.at}"
        raise ValueError(message) from error


class _Machine:
    """The stack machine that a pickle is a program for."""

    def __init__(
        self, data: bytes, name: str, is_allowed: Callable[[str], bool]
    ) -> None:
        self.data, self.name, self.is_allowed = data, name, is_allowed
        self.at = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.most_memos = 1 + len(data) // 2  # a value and its memo take two bytes
        self.containers_left = _FREE_CONTAINERS + len(data) // _BYTES_PER_CONTAINER

    def run(self) -> Any:
        """Execute opcodes up to the end; return the value on top of the stack."""
        while True:
            opcode = self.data[self.at]
            self.at += 1
            if opcode == _STOP:
                return self.stack.pop()
            action = _ACTIONS.get(opcode)
            if action is None:
                self.refuse(f"has the opcode {bytes([opcode])!r}")
            action(self)

    def refuse(self, problem: str) -> NoReturn:
        """Raise the error for something that no saved vectors need."""
        message = (
            f"{self.name} {problem} at byte {self.at - 1}, which vectors that gensim "
            "saved do not have. It was not executed. Do not load the file by other "
            "means unless you trust its source."
        )
        raise ValueError(message)

    # --- bytes ----------------------------------------------------------------------

    def take(self, n: int) -> bytes:
        """Return the next n bytes."""
        end = self.at + n
        if n < 0 or end > len(self.data):
            raise IndexError(n)
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self, layout: str) -> Any:
        """Return the next number, in a layout of `struct`."""
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def line(self) -> bytes:
        """Return the bytes before the next newline, and skip it."""
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise IndexError(end)
        taken = self.data[self.at : end]
        self.at = end + 1
        return taken

    # --- stack ----------------------------------------------------------------------

    def container(self, value: Any) -> Any:
        """Count a new container, and return it."""
        self.containers_left -= 1
        if self.containers_left < 0:
            self.refuse("holds too many objects for its size")
        return value

    def after_mark(self) -> list[Any]:
        """Remove and return the values since the last mark."""
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def push_global(self, module: str, name: str) -> None:
        """Push a class or function, if its name may occur."""
        full = f"{module}.{name}"
        if not self.is_allowed(full):
            self.refuse(f"names {full[:200]!r}")
        self.stack.append(Global(full))

    def push_record(self) -> None:
        """Push the object that a class or function makes of arguments."""
        args, made_by = self.stack.pop(), self.stack.pop()
        if not isinstance(made_by, Global):
            self.refuse(f"calls an object of {type(made_by).__name__}")
        self.stack.append(self.container(Record(made_by.name, args)))

    def build(self) -> None:
        """Give an object its state."""
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(target, Record):
            self.refuse(f"sets the state of a {type(target).__name__}")
        target.state = state

    def append(self, values: list[Any]) -> None:
        """Append to the list on top of the stack."""
        target = self.stack[-1]
        if not isinstance(target, list):
            self.refuse(f"appends to a {type(target).__name__}")
        target += values

    def set_items(self, values: list[Any]) -> None:
        """Set items of the dict on top of the stack, from keys and values in turn."""
        target = self.stack[-1]
        items = target.items if isinstance(target, Record) else target
        if not isinstance(items, dict) or len(values) % 2:
            self.refuse(f"sets items of a {type(target).__name__}")
        for key, value in zip(values[::2], values[1::2], strict=True):
            # A tuple's hash may take forever, and large integers may share theirs.  A
            # record, such as a number of NumPy, is a key by its identity.
            if type(key) is tuple:
                continue
            if not isinstance(key, (*_KEY_TYPES, Record)):
                self.refuse(f"has a key of the type {type(key).__name__}")
            if isinstance(key, int) and not -_LARGEST_KEY <= key < _LARGEST_KEY:
                self.refuse("has a key of more than 64 bits")
            items[key] = value

    def memoize(self, index: int) -> None:
        """Remember the value on top of the stack."""
        self.memo[index] = self.stack[-1]
        if len(self.memo) > self.most_memos:
            self.refuse("remembers too many objects for its size")


def _integer(m: _Machine) -> int | bool:
    digits = m.line()
    if len(digits) > _LONGEST_NUMBER or not digits.removeprefix(b"-").isdigit():
        m.refuse(f"has the number {digits[:30]!r}")
    return digits == b"01" if digits in (b"00", b"01") else int(digits)


def _long(m: _Machine) -> int:
    size = m.number("<B")
    if size > _LONGEST_NUMBER:
        m.refuse(f"has a number of {size} bytes")
    return int.from_bytes(m.take(size), "little", signed=True)


def _text(layout: str) -> Callable[[_Machine], str]:
    # Python writes surrogates, such as those of bytes that are no UTF-8, in this way.
    return lambda m: m.take(m.number(layout)).decode("utf-8", "surrogatepass")


def _old_string(layout: str) -> Callable[[_Machine], str]:
    """Strings of Python 2: its text in ASCII, and the bytes of arrays."""
    return lambda m: m.take(m.number(layout)).decode("latin-1")


def _bytes(layout: str) -> Callable[[_Machine], bytes]:
    return lambda m: m.take(m.number(layout))


def _tuple(n: int) -> Callable[[_Machine], Any]:
    def popped(m: _Machine) -> Any:
        values = tuple(m.stack[-n:])
        if len(values) < n:
            raise IndexError(n)
        del m.stack[-n:]
        return m.container(values)

    return popped


def _named(m: _Machine) -> None:
    module, name = m.line().decode(), m.line().decode()
    m.push_global(module, name)


def _named_by_stack(m: _Machine) -> None:
    name, module = m.stack.pop(), m.stack.pop()
    if not (isinstance(name, str) and isinstance(module, str)):
        m.refuse("names something without a name")
    m.push_global(module, name)


# Opcodes that push a value: opcode, and what returns the value.
_VALUES: dict[bytes, Callable[[_Machine], Any]] = {
    b"N": lambda m: None,
    b"\x88": lambda m: True,
    b"\x89": lambda m: False,
    b"I": _integer,
    b"J": lambda m: m.number("<i"),
    b"K": lambda m: m.number("<B"),
    b"M": lambda m: m.number("<H"),
    b"\x8a": _long,
    b"G": lambda m: m.number(">d"),
    b"X": _text("<I"),
    b"\x8c": _text("<B"),
    b"\x8d": _text("<Q"),
    b"T": _old_string("<i"),
    b"U": _old_string("<B"),
    b"B": _bytes("<I"),
    b"C": _bytes("<B"),
    b"\x8e": _bytes("<Q"),
    b"\x96": _bytes("<Q"),
    b"]": lambda m: m.container([]),
    b"}": lambda m: m.container({}),
    b")": lambda m: (),
    b"t": lambda m: m.container(tuple(m.after_mark())),
    b"\x91": lambda m: m.container(tuple(m.after_mark())),  # a frozenset
    b"\x85": _tuple(1),
    b"\x86": _tuple(2),
    b"\x87": _tuple(3),
    b"h": lambda m: m.memo[m.number("<B")],
    b"j": lambda m: m.memo[m.number("<I")],
}
# Opcodes that change the stack or the memo.
_STEPS: dict[bytes, Callable[[_Machine], Any]] = {
    b"\x80": lambda m: m.take(1),  # the protocol
    b"\x95": lambda m: m.take(8),  # the size of a frame
    b"(": lambda m: m.marks.append(len(m.stack)),
    b"c": _named,
    b"\x93": _named_by_stack,
    b"R": _Machine.push_record,
    b"\x81": _Machine.push_record,
    b"b": _Machine.build,
    b"a": lambda m: m.append([m.stack.pop()]),
    b"e": lambda m: m.append(m.after_mark()),
    b"s": lambda m: m.set_items([m.stack.pop(-2), m.stack.pop()]),
    b"u": lambda m: m.set_items(m.after_mark()),
    b"q": lambda m: m.memoize(m.number("<B")),
    b"r": lambda m: m.memoize(m.number("<I")),
    b"\x94": lambda m: m.memoize(len(m.memo)),
}
_STOP = ord(".")


def _pushing(value_of: Callable[[_Machine], Any]) -> Callable[[_Machine], Any]:
    return lambda m: m.stack.append(value_of(m))


_ACTIONS = {opcode[0]: _pushing(value_of) for opcode, value_of in _VALUES.items()}
_ACTIONS |= {opcode[0]: step for opcode, step in _STEPS.items()}
