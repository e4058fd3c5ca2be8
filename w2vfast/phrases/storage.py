"""Files of `Phrases` and `FrozenPhrases`: one JSON object, compressed or not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from w2vfast.aliases import PathLike
from w2vfast.system.files import InputFile, open_output
from w2vfast.system.json_files import checked, parse_json

FORMAT, VERSION = "w2vfast phrases", 1
PICKLE = b"\x80"  # the first byte of a pickle, and of no JSON


@dataclass(frozen=True)
class SavedPhrases:
    """The fields of a file; see `Phrases` and `FrozenPhrases`.

    Attributes
    ----------
    kind : str
        Name of the class.
    scoring : str or None
        None for a custom scoring function.
    entries : dict of str to float
        Counts of words and candidates, or scores of phrases.
    max_vocab_size, corpus_word_count : int
        Of `Phrases` only.
    """

    kind: str
    min_count: float
    threshold: float
    delimiter: str
    scoring: str | None
    connector_words: list[str]
    entries: dict[str, float]
    max_vocab_size: int = 0
    corpus_word_count: int = 0


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


def read_phrases(path: PathLike) -> SavedPhrases:
    """Read a file that `write_phrases` wrote.

    Returns
    -------
    SavedPhrases
        Of the right types; what they say is not checked.

    Raises
    ------
    ValueError
        If the file is not a phrases file, is damaged, or has a later version.
    """
    name = os.fspath(path)
    with InputFile(name, repr(name)) as file:
        text = file.readall()
    if text.startswith(PICKLE):
        message = (
            f"{name} is a pickle, as gensim's save writes, and pickles are not read. "
            "Load it in gensim and give it to FrozenPhrases, or learn the phrases "
            "again, with Phrases(LineSentence(path)); then save them."
        )
        raise ValueError(message)
    found = parse_json(text, name, "a phrases file")
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        message = f"{name} is not a phrases file. Phrases.save writes one."
        raise ValueError(message)
    version = found.get("version")
    if version != VERSION:
        message = (
            f"{name} has format version {version!r}, and this version of w2vfast reads "
            f"{VERSION}. If a later version of w2vfast wrote it, update w2vfast."
        )
        raise ValueError(message)
    return checked(SavedPhrases, found, name)
