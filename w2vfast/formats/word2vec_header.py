"""The first line of a word2vec file, and whether its rows are text or binary.

V is the number of rows, D the number of values in each.
"""

from __future__ import annotations

import re

from w2vfast.formats.row_buffer import ByteWindow, Shape
from w2vfast.formats.text_rows import parse_numbers

_HEADER = re.compile(rb"[ \t]*([0-9]+)[ \t]+([0-9]+)[ \t]*\r?\n?")
_HEADER_BYTES = 100  # longest first line that can be a header
_MOST_ROWS, _LARGEST_DIM = 2**62, 2**31  # that a header may announce

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# First bytes of other programs' files, and what to do about them.
_OTHERS = {
    BYTE_ORDER_MARK: "a byte order mark; remove these three bytes",
    b"\x80": "a pickle, as gensim's save writes; it is read by kind='gensim', or "
    "w2vfast convert --from gensim",
    b"\xba\x16\x4f\x2f": "a fastText model, which cannot be read; its .vec file can",
    b"PK\x03\x04": "a zip archive; if NumPy wrote it, give it the suffix .npz",
}


def read_header(window: ByteWindow, name: str, header: bool | None) -> Shape | None:
    """Consume the first line if it is a header.

    Parameters
    ----------
    window : ByteWindow
        INOUT, at the beginning of the file.
    name : str
        The file, for messages.
    header : bool or None
        Whether the file has a header.  None: it has none if the first line is a word
        and two or more numbers.

    Returns
    -------
    Shape or None
        None if there is no header.

    Raises
    ------
    ValueError
        If the first line should be a header and is not.
    """
    window.more()
    line = window.peek(_HEADER_BYTES)
    line = line[: line.find(b"\n") + 1 or None]
    match = _HEADER.fullmatch(line)
    is_row = header is False
    if header is None and match is None:
        # A device of zeros has no word; its line would take all memory.
        is_row = window.find(b" ") >= 0 and _is_row(window.peek_line())
    if is_row and not line.startswith(BYTE_ORDER_MARK):
        return None
    shape = Shape(*map(int, match.groups())) if match else Shape(0, 0)
    if is_row or not shape.dim:
        raise _no_header(line, name)
    if shape.n_rows > _MOST_ROWS or shape.dim > _LARGEST_DIM:
        message = (
            f"{name}, line 1: expected a header of at most 2^62 rows of 2^31 "
            f"dimensions, got {line[:60]!r}. The file is damaged, or no word2vec file."
        )
        raise ValueError(message)
    window.take(len(line))
    return shape


def _is_row(line: bytes) -> bool:
    """Return whether a line is a word and at least two numbers.

    A word and one number might as well be a malformed header.
    """
    body = line.rstrip(b" \r\n")
    start = body.find(b" ") + 1
    return body.count(b" ") > 1 and parse_numbers(body, start) is not None


def _no_header(line: bytes, name: str) -> ValueError:
    hint = (
        "If the first row has no header before it: no_header=True, kind='headerless' "
        "or --from headerless."
    )
    if not line:
        hint = "The file is empty."
    for start, meaning in _OTHERS.items():
        if line.startswith(start):
            hint = f"The file begins with {meaning}."
    message = (
        f"{name}, line 1: expected a header 'rows dimension', such as b'71291 "
        f"100\\n', got {line[:60]!r}. {hint}"
    )
    return ValueError(message)


def is_binary(window: ByteWindow, name: str, shape: Shape, binary: bool | None) -> bool:
    """Return whether the rows are binary.

    Parameters
    ----------
    window : ByteWindow
        At the first row; not consumed.
    name : str
        The file, for messages.
    shape : Shape
        The header.
    binary : bool or None
        What the caller expects; None if the first row decides: the file is text if it
        is a word and D numbers.

    Raises
    ------
    ValueError
        If binary rows are expected and the first row is text.
    """
    if binary is False:
        return False
    line = window.peek_line()
    body = line.rstrip(b" \r\n")
    start = body.find(b" ") + 1
    is_text = body.count(b" ") == shape.dim and parse_numbers(body, start) is not None
    # A text row with four characters a value may also be a binary row; then the
    # caller's expectation decides.
    is_ambiguous = len(line.rstrip(b"\r\n")) == start + 4 * shape.dim
    if binary and is_text and not is_ambiguous:
        message = (
            f"{name}, line 2: the file is text; read it so: binary=False, kind='text' "
            "or --from text"
        )
        raise ValueError(message)
    return binary is True or not is_text
