"""Command-line parsers, and parameters spelled as flags.

Every command uses `Parser`.  `train` and `phrases` use `FlagParser`, which accepts the
flags of the C program: one dash or two, and the first of repeated flags counts.
"""

from __future__ import annotations

import argparse
import difflib
import errno
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from w2vfast.cli.start import Loading
from w2vfast.compat import replacement
from w2vfast.errors import ParameterError, Spelling
from w2vfast.system.log import logger

if TYPE_CHECKING:
    from w2vfast.text.tokenizers import SimpleTokenizer

STANDARD_OUTPUT = "/dev/stdout"

EXIT_FAILED, EXIT_USAGE = 1, 2

# -debug: errors only; a summary; progress too.
SILENT, SUMMARY, PROGRESS = 0, 1, 2


class UsageError(Exception):
    """The command line is wrong.

    Parameters
    ----------
    message : str
    hint : str
        Text below the message: where to find help.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.args[0]}\n{self.hint}"


def need_standard_output() -> None:
    """Raise OSError if standard output is closed."""
    if sys.stdout is None:
        message = "standard output is closed, so that nothing can be printed"
        raise OSError(errno.EBADF, message)


def print_whole(text: str) -> None:
    """Print to standard output; raise OSError if not all of it arrives."""
    need_standard_output()
    sys.stdout.write(text)
    sys.stdout.flush()


class Parser(argparse.ArgumentParser):
    """An argument parser that accepts no abbreviations and raises `UsageError`.

    Parameters
    ----------
    command : str
        Name after `w2vfast`.
    **options
        As for `argparse.ArgumentParser`.
    """

    def __init__(self, command: str, **options: Any) -> None:
        super().__init__(prog=f"w2vfast {command}", allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`, where `argparse` would end the program."""
        raise UsageError(message, f"{self.format_usage()}{self._where_help_is()}")

    def check_compression(self, flag: str, output: str, **how: Any) -> None:
        """Raise `UsageError` for an output whose name promises a lost compression."""
        with Loading():
            from w2vfast.formats.dispatch import check_compression

        try:
            check_compression(output, **how)
        except ValueError as error:
            self.error(f"{flag} {error}.")

    def print_help(self, file: Any = None) -> None:
        """Print the help to standard output; argparse would ignore a full disk."""
        del file
        print_whole(self.format_help())

    def _where_help_is(self) -> str:
        return f"Try '{self.prog} --help'."

    def _get_option_tuples(self, option_string: str) -> list[Any]:
        # Before Python 3.12, `allow_abbrev` does not cover flags with a single dash:
        # -siz would be taken for -size.
        found = super()._get_option_tuples(option_string)
        return [entry for entry in found if option_string.startswith(entry[1])]


class Flag(NamedTuple):
    """A flag of `train` or `phrases`.

    Attributes
    ----------
    name : str
        Without dashes.
    read : callable or None
        Converts the value or raises ValueError; None for a flag without a value.
    value_name : str
        What help shows in place of the value.
    meaning : str
    parameter : str or None
        Name of the parameter in Python, if the flag sets one to its value.
    """

    name: str
    read: Callable[[str], Any] | None
    value_name: str
    meaning: str
    parameter: str | None = None


class FlagGroup(NamedTuple):
    """Flags under one heading of the help.

    Attributes
    ----------
    heading : str
    dashes : tuple of str
        What may precede the flags' names; help shows the first.
    flags : sequence of Flag
    """

    heading: str
    dashes: tuple[str, ...]
    flags: Sequence[Flag]


class FlagParser(Parser):
    """A parser of flags in groups.

    Parameters
    ----------
    command : str
    synopsis : str
        First line of the help.
    groups : sequence of FlagGroup
    notes : str
        Last lines of the help.
    other_names : mapping of str to str, optional
        A sentence for each name of another program, without dashes: what to use.
    """

    def __init__(
        self,
        command: str,
        synopsis: str,
        groups: Sequence[FlagGroup],
        notes: str,
        other_names: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(command)
        self._synopsis, self._groups, self._notes = synopsis, groups, notes
        self._other_names = other_names or {}
        self.spelled: dict[str, Flag] = {}  # every accepted spelling
        self.repeated: list[str] = []  # warnings of `read`
        for group in groups:
            self._add(group)

    def _add(self, group: FlagGroup) -> None:
        for flag in group.flags:
            spellings = [prefix + flag.name for prefix in group.dashes]
            self.spelled |= dict.fromkeys(spellings, flag)
            # The value is optional for argparse, so that a missing one is reported in
            # our words.
            self.add_argument(
                *spellings,
                action=_Store,
                flag=flag,
                repeated=self.repeated,
                dest=flag.name,
                nargs="?",
                default=argparse.SUPPRESS,
            )

    def read(self, arguments: Sequence[str]) -> dict[str, Any]:
        """Return the values of the flags that are given, by name without dashes.

        As in C, the first of repeated single-dash flags counts; another value later is
        a warning.  A flag that is repeated with two dashes is an error, because nothing
        tells which is meant.

        Raises
        ------
        UsageError
            If a flag is unknown, lacks its value, or its value cannot be read.
        """
        self.repeated.clear()
        found, rest = self.parse_known_args(arguments)
        if rest:
            self.error(self._unknown(rest[0]))
        values = vars(found)
        if self.repeated:
            set_verbosity(values)  # before these warnings
        for message in self.repeated:
            logger.warning(message)
        return values

    def _unknown(self, argument: str) -> str:
        if not argument.startswith("-"):
            return (
                f"{argument!r} follows no flag. The name of a text follows -train; "
                "several texts are given by their folder or by a quoted pattern, such "
                "as 'd/*.txt'."
            )
        given = argument.partition("=")[0]
        return f"unknown flag {argument}. {self._hint(given)}".rstrip()

    def _hint(self, given: str) -> str:
        """Tell what to use for a name of another program or a misspelt one."""
        name = given.lstrip("-").replace("-", "_")
        if name in self._other_names:
            return self._other_names[name]
        parameter = replacement("parameter", name) or name
        for spelling, flag in self.spelled.items():
            if parameter in (flag.parameter, flag.name.replace("-", "_")):
                return f"Use {spelling}."
        near = difflib.get_close_matches(given, [*self.spelled, "--help"], n=1)
        return f"Did you mean {near[0]}?" if near else ""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`; the usage is left out, the help lists all flags."""
        raise UsageError(message, self._where_help_is())

    def format_help(self) -> str:
        """Return a line for each flag, in its group."""
        lines = [self._synopsis]
        for group in self._groups:
            lines += ["", group.heading]
            for flag in group.flags:
                shown = f"{group.dashes[0]}{flag.name} {flag.value_name}"
                lines.append(f"  {shown:<26}{flag.meaning}")
        return "\n".join([*lines, "", self._notes, ""])


class _Store(argparse.Action):
    """Convert and store the value of a `Flag`."""

    def __init__(
        self, *args: Any, flag: Flag, repeated: list[str], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._flag = flag
        self._repeated = repeated

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        try:
            value = _read(self._flag, values)
        except ValueError as error:
            parser.error(f"{option_string} {error}")
        if not hasattr(namespace, self.dest):
            setattr(namespace, self.dest, value)
        elif str(option_string).startswith("--"):
            parser.error(
                f"{option_string} is given more than once. Leave one of them out."
            )
        elif value != (first := getattr(namespace, self.dest)):
            self._repeated.append(
                f"{option_string} is given more than once, and the first counts, as in "
                f"the C program: {first}, not {value}. Leave one of them out."
            )


def _read(flag: Flag, text: Any) -> Any:
    if flag.read is None:
        if text is not None:
            message = f"takes no value, got {text!r}."
            raise ValueError(message)
        return True
    if text is None:
        message = f"needs a value: {flag.meaning}."
        raise ValueError(message)
    try:
        return flag.read(text)
    except ValueError as error:
        message = f"must be {error}, got {text!r}. It sets: {flag.meaning}."
        raise ValueError(message) from None


# ---- values ------------------------------------------------------------------------
# The message of their errors tells what is accepted; it continues "-flag must be".


def path(text: str) -> str:
    """Read the name of a file."""
    if not text:
        message = "the name of a file"
        raise ValueError(message)
    return text


def folder(text: str) -> str:
    """Read the name of a folder."""
    if not text:
        message = "the name of a folder"
        raise ValueError(message)
    return text


def output_path(text: str) -> str:
    """Read the name of a file to write; - is standard output."""
    return STANDARD_OUTPUT if text == "-" else path(text)


def npz_path(text: str) -> str:
    """Read the name of a file of NumPy arrays to write; its suffix says what it is."""
    if not text.lower().endswith(".npz"):
        message = "the name of a file that ends in .npz"
        raise ValueError(message)
    return text


def whole_number(text: str) -> int:
    """Read a whole number, also when written as ``10.0``."""
    # C reads "10.5" as 10 and "1e3" as 1; an error is better than a guess.
    if not re.fullmatch(r"\s*[+-]?[0-9]+(\.0*)?\s*", text):
        message = "a whole number"
        raise ValueError(message)
    return int(text.partition(".")[0])


def number(text: str) -> float:
    """Read a real number; nan and inf are left to the check of the parameter."""
    try:
        if "_" not in text:  # Python's own way of writing 1_000
            return float(text)
    except ValueError:
        pass
    message = "a number"
    raise ValueError(message)


def switch(text: str) -> bool:
    """Read a switch, 0 or 1.

    Differs: in C every number but 0 turns a switch on, so that a number meant for
    another flag is not noticed.
    """
    if text.strip() not in ("0", "1"):
        message = "0 or 1"
        raise ValueError(message)
    return text.strip() == "1"


_LIST_SUFFIXES = (".txt", ".csv", ".tsv")  # of names that are no words


def listed_words(text: str) -> list[str]:
    """Read words from a file, if one has this name, or from a list with commas."""
    if os.path.isfile(text):  # False for what is too long for a name, too
        return Path(text).read_text("utf-8-sig", errors="surrogateescape").split()
    if "," not in text and Path(text).suffix in _LIST_SUFFIXES:
        message = "a file that exists, or words with commas between them"
        raise ValueError(message)
    return [word.strip() for word in text.split(",") if word.strip()]


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a function that reads one of several words."""

    def read(text: str) -> str:
        if text not in choices:
            message = f"one of {', '.join(choices)}"
            raise ValueError(message)
        return text

    return read


# ---- what both commands share ------------------------------------------------------

DEBUG = Flag(
    "debug", whole_number, "0|1|2", "print errors only, a summary, progress too (2)"
)
QUIET = Flag("quiet", None, "", "print errors only")
_TOKENIZE = Flag(
    "tokenize",
    one_of("whitespace", "simple", "characters"),
    "HOW",
    "split lines at white space, into lower-case words, or characters (whitespace)",
    "tokenize",
)
_OF_SIMPLE = (
    Flag(
        "remove-accents",
        None,
        "",
        "drop accents; of --tokenize simple",
        "remove_accents",
    ),
    Flag(
        "min-length",
        whole_number,
        "N",
        "drop shorter words; of --tokenize simple (2)",
        "min_length",
    ),
    Flag(
        "max-length",
        whole_number,
        "N",
        "drop longer words; of --tokenize simple (15)",
        "max_length",
    ),
)
COLUMN = Flag(
    "column",
    str,
    "NAME",
    "column to read of a Parquet, Arrow, CSV, TSV or JSON Lines file",
    "column",
)


# How a text is read.
TEXT_FLAGS = (_TOKENIZE, *_OF_SIMPLE, COLUMN)


def tokenizer_given(
    given: Mapping[str, Any], parser: FlagParser
) -> str | SimpleTokenizer | None:
    """Return the tokenizer that flags ask for; report flags that do not fit it."""
    name: str | None = given.get("tokenize")
    settings = {
        str(flag.parameter): given[flag.name]
        for flag in _OF_SIMPLE
        if flag.name in given
    }
    if not settings:
        return name
    if name != "simple":
        flag = next(flag for flag in _OF_SIMPLE if flag.name in given)
        parser.error(f"--{flag.name} is for --tokenize simple. Give it, too.")
    with Loading():
        from w2vfast.text.tokenizers import SimpleTokenizer

    try:
        return SimpleTokenizer(**settings)
    except ParameterError as error:
        parser.error(error.spelled(FlagSpelling(parser)))


def set_verbosity(given: Mapping[str, Any]) -> int:
    """Apply -debug and --quiet to the package's messages; return the level."""
    verbosity: int = SILENT if "quiet" in given else given.get("debug", PROGRESS)
    logger.setLevel(logging.INFO if verbosity >= SUMMARY else logging.ERROR)
    return verbosity


class FlagSpelling(Spelling):
    """Spell parameters as the flags of a command.

    Parameters
    ----------
    parser : FlagParser
    """

    or_unset = ""

    def __init__(self, parser: FlagParser) -> None:
        self._flags: dict[str, str] = {}
        self._bare: set[str] = set()  # parameters whose flags take no value
        for spelling, flag in parser.spelled.items():
            if flag.parameter is not None:  # the spelling that help shows comes first
                self._flags.setdefault(flag.parameter, spelling)
                if flag.read is None:
                    self._bare.add(flag.parameter)

    def name(self, parameter: str) -> str:
        """Spell a parameter; one without a flag keeps its name."""
        return self._flags.get(parameter, parameter)

    def value(self, value: object) -> str:
        """Spell a value: switches are 1 and 0, words have no quotes unless empty."""
        if value is None:
            return "left out"
        if value == "":
            return "''"
        return str(int(value)) if isinstance(value, bool) else str(value)

    def setting(self, parameter: str, value: object) -> str:
        """Spell a parameter with a value, as it is typed."""
        if parameter not in self._flags:
            return super().setting(parameter, value)
        if parameter in self._bare:
            return self._flags[parameter] if value else f"no {self._flags[parameter]}"
        return f"{self._flags[parameter]} {self.value(value)}"

    def unset(self, parameter: str, meaning: str) -> str:
        """Explain what happens without a flag."""
        return f"Without {self.name(parameter)}: {meaning}."
