"""What the first bytes of a file tell: that it is no text, or a mark to drop."""

from __future__ import annotations

import codecs
import re

MARK = codecs.BOM_UTF8
LEAST_BYTES = 8  # that are waited for
MOST_BYTES = 1 << 12  # that are looked at, if they are there

# A file of vectors begins with the numbers of its rows and columns.
_VECTORS = re.compile(rb"[0-9]+ ([0-9]+)\r?\n")
_NUMBER = re.compile(rb"-?[0-9]+(\.[0-9]*)?(e[+-]?[0-9]+)?")
_MANY_VALUES = 10  # in a line: no sentence, even without a line of numbers before
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f]")  # no white space

_UNPACK = "Unpack it first."
_CONVERT = "Convert it first: iconv -f UTF-16 -t UTF-8 OLD > NEW."
# Starts of files that are taken for text by mistake: what they are, and what to do.
_OTHERS = {
    b"PK\x03\x04": ("a zip archive", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    b"Rar!\x1a\x07": ("a rar archive", _UNPACK),
    b"\x93NUMPY": ("a NumPy array", "Load it, and give the array as sentences."),
    b"PAR1": ("a Parquet file", "Name it data.parquet, and give one of its columns."),
    b"%PDF-": ("a PDF", "Extract its text first."),
    codecs.BOM_UTF16_LE: ("UTF-16 text", _CONVERT),
    codecs.BOM_UTF16_BE: ("UTF-16 text", _CONVERT),
}


def no_text_message(name: str, start: bytes) -> str | None:
    """Return a message if a file that begins with `start` is no UTF-8 text.

    Parameters
    ----------
    name : str
        Of the file, for the message.
    start : bytes
        The first `MOST_BYTES` bytes, or fewer, but at least `LEAST_BYTES`; all of a
        shorter file.
    """
    for begin, (kind, remedy) in _OTHERS.items():
        if start.startswith(begin):
            return f"{name} is {kind}, not UTF-8 text. {remedy}"
    if _are_vectors(start):
        return (
            f"{name} is a file of vectors, not a text of sentences. Give the text; to "
            "begin with these vectors, give them as init_vectors "
            "(w2vfast train --init-vectors FILE)."
        )
    return None


def _are_vectors(start: bytes) -> bool:
    """Tell whether a file begins as word2vec's or GloVe's, text or binary."""
    header = _VECTORS.match(start)
    rest = start[header.end() :] if header else start
    if header and _CONTROL.search(rest):
        return True
    values = rest.partition(b"\n")[0].split()[1:]
    has_length = 1 < len(values) <= int(header[1]) if header else False
    # Numbers without a point may be words: walks on a graph.
    return (
        (has_length or len(values) >= _MANY_VALUES)
        and all(map(_NUMBER.fullmatch, values[:-1]))  # the last may be cut off
        and any(b"." in value for value in values)
    )


def odd_text_message(name: str, start: bytes) -> str | None:
    """Return a warning if a text that begins with `start` may be something else."""
    if b"\0" not in start:
        return None
    return (
        f"{name} has NUL bytes, as files have that are no text. They are read as parts "
        "of words. Is it the right file?"
    )
