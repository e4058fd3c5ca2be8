"""A column of Parquet, Arrow, CSV, TSV and JSON Lines files, read by pyarrow."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any, NamedTuple

from w2vfast.errors import Part, Setting, SettingsError
from w2vfast.system.files import is_damage
from w2vfast.text.arrow_files import open_arrow, open_parquet
from w2vfast.text.arrow_stream import ArrowStream
from w2vfast.text.column_source import ColumnSource
from w2vfast.text.csv_files import explain_csv, open_csv, open_tsv
from w2vfast.text.json_files import explain_json, open_json
from w2vfast.text.pyarrow_files import empty_message, pyarrow_module
from w2vfast.text.tokenizers import Tokenizer

_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")


def _explain_nothing(path: str, column: str | None, reason: str) -> str:
    del path, column
    return reason


class ColumnFormat(NamedTuple):
    """How a kind of file is read.

    Attributes
    ----------
    open : callable
        open(path, column, files) returns a reader that exports the batches of a column
        as Arrow data; `files`, an `ExitStack`, closes what is opened.
    explain : callable
        explain(path, column, reason) returns a better reason than pyarrow's why a file
        cannot be read, and what to do.
    """

    open: Callable[[str, str | None, ExitStack], Any]
    explain: Callable[[str, str | None, str], str] = _explain_nothing


_FORMATS = {
    ".parquet": ColumnFormat(open_parquet),
    ".arrow": ColumnFormat(open_arrow),
    ".feather": ColumnFormat(open_arrow),
    ".csv": ColumnFormat(open_csv, explain_csv),
    ".tsv": ColumnFormat(open_tsv, explain_csv),
    **dict.fromkeys(
        (".jsonl", ".ndjson", ".json"), ColumnFormat(open_json, explain_json)
    ),
}


class ColumnFileSource(ColumnSource):
    """A column of one or more files; each row is a sentence.

    Parameters
    ----------
    files : sequence of str
        Paths, of files that `is_column_file` knows.
    identity : hashable or None
        Of the files.
    tokenizer : BuiltIn, callable or None
        Splits rows that are strings; None: at white space.
    column : str or None
        Its name; not needed in files of one column.
    """

    def __init__(
        self,
        files: Sequence[str],
        identity: Hashable | None,
        tokenizer: Tokenizer | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(None, tokenizer, column)
        self.files = list(files)
        self.name = repr(files[0])
        if len(files) > 1:
            self.name += f" and {len(files) - 1} more"
        self._identity = identity

    @property
    def total(self) -> int | None:
        """None: the rows are not counted before they are read."""
        return None

    def streams(self) -> Iterator[ArrowStream]:
        """Yield the data of each file.

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        OSError, ValueError
            If a file cannot be read or has no such column.
        """
        for path in self.files:
            with ExitStack() as files:
                yield ArrowStream(self._opened(path, files), partial(self._error, path))

    def _opened(self, path: str, files: ExitStack) -> Any:
        if not os.path.getsize(path):
            raise ValueError(empty_message(path))
        try:
            return _FORMATS[_suffix(path)].open(path, self.column, files)
        except (pyarrow_module("pyarrow", path).ArrowException, OSError) as error:
            if not is_damage(error):
                raise
            raise self._error(path, errno.EINVAL, str(error)) from error

    def _error(self, path: str, code: int, reason: str) -> Exception:
        """Return the error for a file of which pyarrow tells why it cannot be read."""
        if code != errno.EINVAL:
            return OSError(code, reason, path)
        reason = reason.partition(" Detail: Python exception")[0]  # a traceback
        with suppress(OSError):  # which reads the file again, and may end in the same
            reason = _FORMATS[_suffix(path)].explain(path, self.column, reason)
        return ValueError(f"{path!r} cannot be read: {reason}")

    def identity(self) -> Hashable | None:
        """Return a value that is equal for the same files, split in the same way."""
        known = self._identity
        return known and (known, self.tokenizer, self.column)


def is_column_file(file: object) -> bool:
    """Tell by its name whether a file has columns."""
    return isinstance(file, str) and _suffix(file) in _FORMATS


def check_column_files(files: Sequence[Any], column: str | None) -> None:
    """Raise unless all files have columns.

    Raises
    ------
    SettingsError
        If one is text.
    """
    for file in files:
        if not is_column_file(file):
            known = ", ".join(_FORMATS)
            text: list[Part] = [
                f"{file!r} is read as text, which has no columns; {known} have. "
            ]
            if column is None:
                text += ["Read the files apart."]
            else:
                text += ["Leave out ", Setting("column", column)]
                text += [", or read the files apart."]
            raise SettingsError(text)


def _suffix(path: str) -> str:
    name = path.lower()
    for ending in _COMPRESSED:
        name = name.removesuffix(ending)
    return os.path.splitext(name)[1]
