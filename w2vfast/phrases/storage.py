"""Files of `Phrases` and `FrozenPhrases`: one JSON object, compressed or not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from w2vfast.aliases import PathLike
from w2vfast.system.files import InputFile, open_output

FORMAT, VERSION = "w2vfast phrases", 1
_REQUIRED_FIELDS = {
    *("version", "kind", "min_count", "threshold", "delimiter", "scoring"),
    *("connector_words", "entries"),
}


def write_phrases(
    path: PathLike,
    fields: dict[str, Any],
    batches: Iterable[Iterable[tuple[str, float]]],
) -> None:
    """Write fields and entries as one JSON object.

    Parameters
    ----------
    path : path
        Compressed if the name ends in ``.gz`` or another known suffix.
    fields : dict
        Everything but the entries.
    batches : iterable of iterables of (str, number)
        The entries.  Only one batch is in memory at a time.
    """
    head = {"format": FORMAT, "version": VERSION, **fields}
    with open_output(path) as file:
        file.write(json.dumps(head)[:-1].encode() + b',\n"entries": {')
        comma = ""
        for batch in batches:
            text = json.dumps(dict(batch))[1:-1]
            if text:
                file.write(f"{comma}\n{text}".encode())
                comma = ","
        file.write(b"\n}}\n")


def read_phrases(path: PathLike) -> dict[str, Any]:
    """Read a file that `write_phrases` wrote.

    Returns
    -------
    dict
        The fields and the dict ``entries``.

    Raises
    ------
    ValueError
        If the file is not a phrases file, is damaged, or has a later version.
    """
    name = os.fspath(path)
    try:
        with InputFile(name, repr(name)) as file:
            found = json.loads(file.readall())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        message = f"{name} is not a phrases file: it is not JSON ({error})"
        raise ValueError(message) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        message = f"{name} is not a phrases file. Phrases.save writes one."
        raise ValueError(message)
    missing = sorted(_REQUIRED_FIELDS - set(found))
    if missing:
        message = f"{name} is damaged: it lacks {', '.join(missing)}"
        raise ValueError(message)
    if found["version"] > VERSION:
        message = (
            f"{name} was written by a later version of w2vfast (format "
            f"{found['version']}, this version reads {VERSION}). Update w2vfast."
        )
        raise ValueError(message)
    return found
