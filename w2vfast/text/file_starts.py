"""What the first bytes of a file tell: that it is no text, or a mark to drop."""

from __future__ import annotations

import codecs

MARK = codecs.BOM_UTF8
LENGTH = 8  # bytes that are looked at

_UNPACK = "Unpack it first."
_CONVERT = "Convert it first: iconv -f UTF-16 -t UTF-8 OLD > NEW."
# Starts of files that are taken for text by mistake: what they are, and what to do.
_OTHERS = {
    b"PK\x03\x04": ("a zip archive", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    b"Rar!\x1a\x07": ("a rar archive", _UNPACK),
    b"\x93NUMPY": ("a NumPy array", "Load it, and give the array as sentences."),
    b"PAR1": ("a Parquet file", "Read it, and give a column of token lists."),
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
        The first `LENGTH` bytes, or all of a shorter file.
    """
    for begin, (kind, remedy) in _OTHERS.items():
        if start.startswith(begin):
            return f"{name} is {kind}, not UTF-8 text. {remedy}"
    return None
