"""Errors about parameters, which Python and the command line spell differently.

A message that mentions parameters is kept in parts, so that `spelled` can write it for
either: ``min_count=5`` in Python, ``-min-count 5`` on the command line.
"""

from __future__ import annotations

import math
import numbers
import sys
import warnings
from collections.abc import Sequence
from types import FrameType
from typing import NamedTuple, cast


def shown(value: object) -> str:
    """Return what messages show of a value: its type and a short repr."""
    return f"{shortened(value)} ({type(value).__name__})"


def shortened(value: object) -> str:
    """Return a short repr of a value, in one line."""
    text = " ".join(repr(value).splitlines())  # of tables and arrays
    return text if len(text) <= 60 else text[:57] + "..."


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is 1."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def ended(message: str) -> str:
    """Return a message as a sentence: with a full stop, unless it asks."""
    return message if message.endswith("?") else f"{message}."


class Name(NamedTuple):
    """A parameter that a message mentions."""

    parameter: str


class Setting(NamedTuple):
    """A parameter with a value, such as ``min_count=5``."""

    parameter: str
    value: object


class Value(NamedTuple):
    """A parameter's value alone."""

    value: object


Part = str | Name | Setting | Value
Text = str | Sequence[Part]


class Spelling:
    """Spell parameters and values as in Python."""

    or_unset = " or None"

    def name(self, parameter: str) -> str:
        """Spell a parameter."""
        return parameter

    def value(self, value: object) -> str:
        """Spell a value."""
        return repr(value)

    def setting(self, parameter: str, value: object) -> str:
        """Spell a parameter with a value."""
        return f"{parameter}={value!r}"

    def unset(self, parameter: str, meaning: str) -> str:
        """Explain what happens if a parameter has no value."""
        return f"None means {meaning}."

    def text(self, text: Text) -> str:
        """Spell a whole text."""
        return text if isinstance(text, str) else "".join(map(self._part, text))

    def _part(self, part: Part) -> str:
        match part:
            case str():
                return part
            case Name(parameter):
                return self.name(parameter)
            case Setting(parameter, value):
                return self.setting(parameter, value)
            case Value(value):
                return self.value(value)


PYTHON = Spelling()


class SettingsMessage(Exception):
    """Base of errors and warnings whose message mentions parameters.

    Parameters
    ----------
    text : str or sequence of str, Name, Setting and Value
        The message; `str()` spells it as in Python.
    """

    def __init__(self, text: Text) -> None:
        super().__init__(text)

    def spelled(self, spelling: Spelling) -> str:
        """Return the message with parameters in a spelling."""
        return spelling.text(self.args[0])

    def __str__(self) -> str:
        return self.spelled(PYTHON)


class SettingsError(SettingsMessage, ValueError):
    """A text, file or result does not fit the parameters."""


class SettingsTypeError(SettingsMessage, TypeError):
    """A corpus holds values of a type that is not read."""


class NoWordsError(SettingsError, RuntimeError):
    """There is nothing to train on; a RuntimeError, too, which gensim raises."""


class NoKeysError(ValueError, ZeroDivisionError):
    """A mean of nothing was asked for; gensim divides by zero."""


class TruncatedFileError(ValueError, EOFError):
    """A file has fewer rows than its header announces; gensim raises EOFError."""


class SettingsMemoryError(SettingsMessage, MemoryError):
    """The parameters need more memory than there is."""


class Terminated(KeyboardInterrupt):
    """The system asked the process to end by SIGTERM; handled as Ctrl-C is."""


def sentence(error: BaseException, spelling: Spelling = PYTHON) -> str:
    """Return what a user reads of an error.

    Our errors, and those of files and values, are sentences; others need their names.
    """
    if isinstance(error, SettingsMessage):
        return error.spelled(spelling)
    text, kind = str(error), type(error)
    if isinstance(error, MemoryError):
        return text or "not enough memory."
    is_ours = kind.__module__.partition(".")[0] == "w2vfast"
    if text and (is_ours or isinstance(error, OSError | ValueError | ImportError)):
        return text
    return f"{kind.__name__}: {text}" if text else kind.__name__


class CheckpointWarning(UserWarning):
    """A checkpoint that was asked for could not be written."""


class SettingsWarning(SettingsMessage, UserWarning):
    """The parameters may not do what was meant."""


_PASSED_ON = ("w2vfast", "contextlib", "functools")  # packages that call for others


def warn(message: str | Warning) -> None:
    """Warn about the line of the user's program that called the package.

    Parameters
    ----------
    message : str or Warning
        A str becomes a `UserWarning`.
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_passed_on(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level)


def _is_passed_on(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__", "").partition(".")[0] in _PASSED_ON


class _About(SettingsMessage):
    """Base of the errors about one parameter.

    Parameters
    ----------
    parameter : str
        Its name.
    value : object
        What was given.
    accepted : Text
        What is accepted; continues "... must be".
    hint : Text
        Sentences that tell what to do.
    unset : str
        Meaning of None, for a parameter that may have no value.
    """

    def __init__(
        self,
        parameter: str,
        value: object,
        accepted: Text,
        hint: Text = "",
        unset: str = "",
    ) -> None:
        Exception.__init__(self, parameter, value, accepted, hint, unset)
        self.parameter = parameter
        self.value = value

    @property
    def accepted(self) -> str:
        """What is accepted, spelled as in Python."""
        return PYTHON.text(self.args[2])

    @property
    def hint(self) -> str:
        """What to do, spelled as in Python."""
        return PYTHON.text(self.args[3])

    def spelled(self, spelling: Spelling) -> str:
        """Return the message with parameters in a spelling."""
        parameter, _, accepted, hint, unset = self.args
        or_unset = spelling.or_unset if unset else ""
        sentences = [
            f"{spelling.name(parameter)} must be {spelling.text(accepted)}{or_unset}, "
            f"got {self._given(spelling)}."
        ]
        if hint:
            sentences.append(spelling.text(hint))
        if unset:
            sentences.append(spelling.unset(parameter, unset))
        return " ".join(sentences)

    def _given(self, spelling: Spelling) -> str:
        return spelling.value(self.value)


class ParameterError(_About, ValueError):
    """A parameter's value is out of range, or does not fit another parameter.

    Attributes
    ----------
    parameter : str
    value : object
        What was given.
    accepted : str
        What is accepted.
    hint : str
        What to do.
    """


class ParameterTypeError(_About, TypeError):
    """A parameter's value has a wrong type; attributes as of `ParameterError`."""

    def _given(self, spelling: Spelling) -> str:
        return shown(self.value)


def whole_number(
    name: str,
    value: object,
    hint: Text = "",
    unset: str = "",
    least: int | None = None,
) -> int:
    """Return a parameter's value as an int; 5.0 is 5, and True is no number.

    Raises
    ------
    ParameterTypeError
        If it is not a whole number.
    ParameterError
        If it is below `least`.
    """
    # True is an int in Python, but negative=True is a mistake, not one sample.
    if isinstance(value, bool) or not _is_whole(value):
        raise ParameterTypeError(name, value, "a whole number", hint, unset)
    number = int(cast(int, value))
    if least is not None and number < least:
        raise ParameterError(name, number, f"at least {least}", hint, unset)
    return number


def _is_whole(value: object) -> bool:
    if isinstance(value, numbers.Integral):
        return True
    is_finite = isinstance(value, numbers.Real) and math.isfinite(value)
    return is_finite and value == math.floor(cast(float, value))


def optional_number(name: str, value: object, unset: str) -> int | None:
    """Return None, or a parameter's value as an int of at least 0.

    Raises
    ------
    ParameterTypeError, ParameterError
        If it is not a whole number, or negative.
    """
    return None if value is None else whole_number(name, value, unset=unset, least=0)
