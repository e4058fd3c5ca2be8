"""Compressed streams that follow each other in one file."""

from __future__ import annotations

import bz2
import io
import lzma
from functools import partial
from typing import Any

READ_BYTES = 1 << 17  # of compressed data at a time
_PADDING_BYTES = 4  # between and after xz streams are multiples of this many zeros
_DECODERS: dict[str, Any] = {
    "bz2": bz2.BZ2Decompressor,
    "xz": partial(lzma.LZMADecompressor, lzma.FORMAT_XZ),
}


class Streams(io.RawIOBase):
    """The decompressed bytes of all bz2 or xz streams of a file.

    Parameters
    ----------
    raw : raw binary file
        At the beginning of the first stream.
    compression : {"bz2", "xz"}

    Notes
    -----
    `bz2.BZ2File` and `lzma.LZMAFile` take the file to end where no stream follows one,
    so that they lose the rest of a file that was damaged there, and all that follows
    padding.  Here everything up to the last byte is a stream or an error.

    Source: https://tukaani.org/xz/xz-file-format.txt, section 2.2 (padding).
    """

    def __init__(self, raw: io.RawIOBase, compression: str) -> None:
        self._raw = raw
        self._new_decoder = _DECODERS[compression]
        self._is_padded = compression == "xz"
        self._decoder = self._new_decoder()
        self._input = b""
        self._error: Exception | None = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into `buffer`; return how many bytes, 0 at the end.

        Raises
        ------
        OSError, lzma.LZMAError, EOFError
            If something is no stream, or a stream is damaged or has no end.
        """
        if self._error is not None:  # which another thread may have met first
            raise self._error
        try:
            plain = self._decoded(len(buffer))
        except (OSError, lzma.LZMAError, EOFError) as error:
            self._error = error
            raise
        buffer[: len(plain)] = plain
        return len(plain)

    def _decoded(self, most: int) -> bytes:
        """Return up to `most` of the next bytes; none at the end."""
        plain = b""
        while most and not plain:
            if self._decoder.eof and not self._has_next():
                break
            plain = self._decoder.decompress(self._taken(), most)
        return plain

    def _taken(self) -> bytes:
        """Take the next compressed bytes, unless the decoder has enough."""
        if not self._decoder.needs_input:
            return b""
        taken, self._input = self._input or self._more(), b""
        if not taken:
            message = "the last stream has no end"
            raise EOFError(message)
        return taken

    def _has_next(self) -> bool:
        """Begin the stream after one that ended; return False at the file's end."""
        found = self._decoder.unused_data or self._more()
        if self._is_padded:
            found = self._without_padding(found)
        self._input = found
        self._decoder = self._new_decoder() if found else self._decoder
        return bool(found)

    def _without_padding(self, found: bytes) -> bytes:
        n_zeros = 0
        while found:
            rest = found.lstrip(b"\0")
            n_zeros += len(found) - len(rest)
            if rest:
                break
            found = self._more()
        if n_zeros % _PADDING_BYTES:
            message = f"{n_zeros} zeros follow a stream, no multiple of 4"
            raise lzma.LZMAError(message)
        return found.lstrip(b"\0")

    def _more(self) -> bytes:
        return self._raw.read(READ_BYTES) or b""
