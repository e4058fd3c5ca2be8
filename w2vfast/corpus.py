"""Any source of text or ids becomes an int32 stream and a vocabulary.

`file_source` and `sentence_source` turn what a user gives into a source; `encode`
reads a source once, on several threads, and returns a `Vocab` and an
`EncodedCorpus`.  So a pipe, a compressed file and a one-shot iterator are no special
cases: nothing is read twice.

How `encode` works: threads take blocks of the source in order.  Each counts words in
its own dictionary and writes its own provisional ids, which are stored in the order
of the blocks, in memory or, above a limit, in a file without a name.  Then the
dictionaries are merged, the vocabulary is cut and ordered, and the ids are renumbered
in place.  The result is the same for any number of threads.

The stream: 0 ends a sentence, other ids are rows of the vocabulary.  In fast mode a
sentence end follows each newline, each literal `</s>`, each file and each list of
tokens; several in a row leave one, and the stream ends with one.  In exact mode
every newline and `</s>` leaves a 0, as the C program reads them.
"""

import bz2
import errno
import glob
import gzip
import importlib
import io
import lzma
import mmap
import operator
import os
import stat
import tempfile
import threading
import time
import warnings
import weakref
import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _text
from .vocab import SENTENCE_END, Vocab, Word, no_word_error, select_words

Ids = NDArray[np.int32]
Progress = Callable[[int, int | None], None]

BLOCK_BYTES = 1 << 20  # text that a thread takes at once
BLOCK_IDS = 1 << 18  # ids that a thread takes at once
POLL_SECONDS = 0.1
GIVE_UP_SECONDS = 0.5  # for threads that sit in a read when the others have stopped
HEAD_BYTES = 10  # what tells compressed files apart
# The C program drops rare words above it, 0.7 of its 30 million hash places.
EXACT_MAX_WORDS = 21_000_000
EOS = 0


@dataclass
class EncodedCorpus:
    """A corpus as ids.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        Rows of the vocabulary; 0 ends a sentence.  In memory, or mapped from a file
        without a name that is gone once the array is.
    n_sentences : int
        Sentences of the source with at least one word, before `min_count`; in exact
        mode newlines and `</s>`.
    n_words : int
        Words of the source, before `min_count`, without sentence ends.
    """

    ids: Ids
    n_sentences: int
    n_words: int

    def close(self) -> None:
        """Give the ids back, and the file that held them."""
        self.ids = np.empty(0, dtype=np.int32)

    def __enter__(self) -> "EncodedCorpus":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


# ---------------------------------------------------------------------------
# Sources
# ---------------------------------------------------------------------------


class FileSource:
    """Files of text, read one after the other.

    Parameters
    ----------
    files : sequence of str or binary files
        Paths, `-` for standard input, or open files.

    Notes
    -----
    Files compressed with gzip, bz2, xz or zstd are known by their first bytes.
    """

    unit = "B"  # of `total` and of progress

    def __init__(self, files: Sequence[Any]) -> None:
        self.files = list(files)

    @property
    def name(self) -> str:
        """What messages call the source."""
        names = [_file_name(file) for file in self.files]
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"

    @property
    def total(self) -> int | None:
        """Bytes on disk, or None if a file is a pipe."""
        sizes = [_regular_stat(file) for file in self.files]
        known = [entry.st_size for entry in sizes if entry is not None]
        return sum(known) if len(known) == len(sizes) else None

    def identity(self) -> Hashable | None:
        """Return what stays equal while paths, sizes and times of change do."""
        parts: list[Hashable] = []
        for file in self.files:
            entry = _regular_stat(file)
            if entry is not None:
                place = os.path.realpath(file)
                parts.append((place, entry.st_size, entry.st_mtime_ns))
            elif isinstance(file, str) and file != "-":
                return None
            else:
                parts.append(file if file == "-" else _SameObjects([file]))
        return tuple(parts)

    def encode(self, job: "_Job") -> list[_text.WordCounter]:
        """Store the provisional ids of the text; return the workers' dictionaries."""
        if job.exact and len(self.files) != 1:
            message = (
                f"mode='exact' reads one file, as the C program does, got "
                f"{len(self.files)}. Join them, or use mode='fast'."
            )
            raise ValueError(message)
        reader = _BlockReader(self.files, job)
        counters = job.counters(job.crew.size)

        def work(worker: int) -> None:
            _encode_text(reader, job, counters[worker], worker)

        try:
            job.crew.run(work)
        finally:
            reader.close()
        for name in reader.no_newlines:
            message = (
                f"{name} has carriage returns but no newline, so it is one sentence: "
                "carriage returns are skipped. Convert the line ends to newlines."
            )
            warnings.warn(message, UserWarning, stacklevel=4)
        return counters


class SentenceSource:
    """Lists of tokens from any iterable, a one-shot one too.

    Parameters
    ----------
    sentences : iterable of lists of str, bytes or int
        A token is a word as it is; but `</s>` ends the sentence, as it does in text.
    """

    unit = "sentences"

    def __init__(self, sentences: Iterable[Any]) -> None:
        self.sentences = sentences
        self.name = "the corpus"

    @property
    def total(self) -> int | None:
        """Number of sentences, or None if the iterable has no length."""
        sentences = self.sentences
        return len(sentences) if isinstance(sentences, Sized) else None

    def identity(self) -> Hashable | None:
        """Return what stays equal for the same object of the same length."""
        return _SameObjects([self.sentences], self.total)

    def encode(self, job: "_Job") -> list[_text.WordCounter]:
        """Store the provisional ids of the tokens; return one dictionary."""
        counters = job.counters(1)
        _encode_sentences(self.sentences, job, counters[0])
        return counters


class IdCorpus:
    """Sentences of integer ids, as an array.

    Parameters
    ----------
    ids : ndarray of integers, shape (n,) or (n_sentences, length)
        0 and above; other integer types than int32 and int64 are converted block by
        block.  The array is not copied.
    separator : int or None, default -1
        In a flat array without `indptr`: the value between sentences.
    padding : int or None, default -1
        In a 2-D array: the value that fills the ends of rows; it is passed over.
    indptr : ndarray of integers, shape (n_sentences + 1,), optional
        Sentence k is ids[indptr[k]:indptr[k + 1]], as in a sparse matrix.

    Raises
    ------
    TypeError
        If an array is not of integers.
    ValueError
        If a shape is wrong, or `indptr` does not run from 0 to n without falling.
    """

    unit = "ids"

    def __init__(
        self,
        ids: NDArray[Any],
        *,
        separator: int | None = -1,
        padding: int | None = -1,
        indptr: NDArray[Any] | None = None,
    ) -> None:
        self.ids = _integer_array(ids, "ids")
        self.indptr = None
        flat = ids.ndim == 1 and indptr is None
        self.separator = _skipped_value(separator, "separator") if flat else None
        self.padding = _skipped_value(padding, "padding") if ids.ndim == 2 else None
        if ids.ndim not in (1, 2):
            message = f"ids must be a 1-D or 2-D array, got {ids.ndim} dimensions"
            raise ValueError(message)
        if indptr is not None:
            self.indptr = _checked_indptr(_integer_array(indptr, "indptr"), self.ids)
        self.name = "the array of ids"

    @property
    def total(self) -> int:
        """Number of values."""
        return self.ids.size

    def identity(self) -> Hashable | None:
        """Return what stays equal for the same arrays, read in the same way."""
        objects = [self.ids] if self.indptr is None else [self.ids, self.indptr]
        return _SameObjects(objects, (self.separator, self.padding))

    def encode(self, job: "_Job") -> list[_text.WordCounter]:
        """Store the provisional ids of the array; return the workers' dictionaries."""
        blocks = _ValueBlocks(self, job)
        counters = job.counters(job.crew.size)

        def work(worker: int) -> None:
            _encode_values(blocks, job, counters[worker], worker)

        job.crew.run(work)
        return counters


Source = FileSource | SentenceSource | IdCorpus


def file_source(corpus_file: Any) -> FileSource:
    """Return the source for one or more files of text.

    Parameters
    ----------
    corpus_file : str, bytes, PathLike, binary file, or a list of these
        A path; a directory (its files in order of name, without hidden ones and
        sub-directories); a glob pattern (its matches, sorted); `-` for standard
        input; a named pipe.

    Raises
    ------
    TypeError
        If it is none of these.
    ValueError
        If the list is empty.
    OSError
        If a file is missing or cannot be read.
    """
    entries = corpus_file if isinstance(corpus_file, (list, tuple)) else [corpus_file]
    files = [file for entry in entries for file in _expand(entry)]
    if not files:
        message = "corpus_file is an empty list; give at least one path"
        raise ValueError(message)
    for file in files:
        if _regular_stat(file) is not None:
            open(file, "rb").close()  # not hours later
    return FileSource(files)


def sentence_source(sentences: Any) -> SentenceSource | IdCorpus:
    """Return the source for sentences in memory, or made on the way.

    Parameters
    ----------
    sentences : iterable of token lists, IdCorpus, ndarray of integers, or tuple
        Lists of str, bytes or int tokens, from a list, a generator or any other
        iterable.  A 1-D or 2-D integer array is `IdCorpus(array)`, a tuple of two
        1-D integer arrays `IdCorpus(ids, indptr=indptr)` of (indptr, ids).

    Raises
    ------
    TypeError
        If it is none of these; a str is a path for `corpus_file`.
    """
    if isinstance(sentences, (IdCorpus, SentenceSource)):
        return sentences
    if isinstance(sentences, (str, bytes, os.PathLike)):
        message = (
            f"sentences must be an iterable of token lists, such as [['the', 'cat'], "
            f"['a', 'dog']], got {_shown(sentences)}. For a file use corpus_file=, for "
            "one sentence [text.split()]."
        )
        raise TypeError(message)
    if isinstance(sentences, np.ndarray) and sentences.dtype.kind in "biufc":
        return IdCorpus(sentences)
    if _is_indptr_pair(sentences):
        return IdCorpus(sentences[1], indptr=sentences[0])
    if not isinstance(sentences, Iterable) and not hasattr(sentences, "__getitem__"):
        message = (
            "sentences must be an iterable of token lists, such as [['the', 'cat'], "
            f"['a', 'dog']], got {_shown(sentences)}"
        )
        raise TypeError(message)
    return SentenceSource(sentences)


def identity(source: Source) -> Hashable | None:
    """Return a key that is equal for the same corpus, unchanged; None if unknown.

    Notes
    -----
    The key of files holds their paths, sizes and times of change.  The key of objects
    in memory refers to them (weakly where Python can), and a copy or a pickle of it
    is None.  Standard input equals itself: it cannot be read twice.
    """
    return source.identity()


class _SameObjects:
    """Equal to another if that is about the very same objects, still alive."""

    def __init__(self, objects: Sequence[Any], detail: Hashable = None) -> None:
        self._references = [_reference(item) for item in objects]
        self._key = (tuple(id(item) for item in objects), detail)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _SameObjects) or self._key != other._key:
            return False
        return all(refer() is not None for refer in self._references)

    def __hash__(self) -> int:
        return hash(self._key)

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()  # what is copied is not the same object


def _reference(item: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(item)
    except TypeError:  # lists and tuples have no weak references
        return lambda: item


def _shown(item: object) -> str:
    text = repr(item)
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"{text} of type {type(item).__name__}"


def _is_indptr_pair(sentences: object) -> bool:
    return (
        isinstance(sentences, tuple)
        and len(sentences) == 2
        and all(isinstance(part, np.ndarray) for part in sentences)
        and all(part.ndim == 1 and part.dtype.kind in "iu" for part in sentences)
    )


def _integer_array(array: Any, name: str) -> NDArray[Any]:
    if isinstance(array, np.ndarray) and array.dtype.kind in "iu":
        return array
    given = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
    message = (
        f"{name} must be a NumPy array of integers, got {given}. "
        "Convert it: array.astype(np.int64)."
    )
    raise TypeError(message)


def _skipped_value(value: Any, name: str) -> int | None:
    if value is None:
        return None
    number = operator.index(value)
    if not -(2**63) <= number < 2**63:
        message = f"{name} must be in -2**63 to 2**63 - 1, got {number}"
        raise ValueError(message)
    return number


def _checked_indptr(indptr: NDArray[Any], ids: NDArray[Any]) -> NDArray[np.int64]:
    wide = indptr.astype(np.int64, copy=False)
    good = ids.ndim == 1 and wide.ndim == 1 and wide.size > 0
    if good and wide[0] == 0 and wide[-1] == ids.size and (np.diff(wide) >= 0).all():
        return wide
    message = (
        f"indptr must be 1-D and go from 0 to the number of ids ({ids.size}) without "
        "falling, for a 1-D array of ids. A tuple of two arrays is (indptr, ids); two "
        "sentences are a list of two arrays."
    )
    raise ValueError(message)


def _file_name(file: Any) -> str:
    if isinstance(file, str):
        return "standard input" if file == "-" else repr(file)
    return repr(getattr(file, "name", file))


def _regular_stat(file: Any) -> os.stat_result | None:
    # None for standard input, open files and pipes; OSError if there is no such file.
    if not isinstance(file, str) or file == "-":
        return None
    entry = os.stat(file)
    return entry if stat.S_ISREG(entry.st_mode) else None


def _expand(entry: Any) -> list[Any]:
    if hasattr(entry, "readinto"):
        return [entry]
    if not isinstance(entry, (str, bytes, os.PathLike)):
        message = (
            "corpus_file must be a path, '-', a binary file, or a list of these, got "
            f"{_shown(entry)}. Token lists are given as sentences=."
        )
        raise TypeError(message)
    path = os.fsdecode(entry)
    if path == "-":
        return [path]
    if os.path.isdir(path):
        return _directory_files(path)
    if not os.path.lexists(path) and glob.has_magic(path):
        return _glob_files(path)
    return [path]


def _directory_files(path: str) -> list[str]:
    names = sorted(name for name in os.listdir(path) if not name.startswith("."))
    paths = [os.path.join(path, name) for name in names]
    files = [file for file in paths if not os.path.isdir(file)]
    if not files:
        message = "the directory holds no file (hidden ones and directories apart)"
        raise FileNotFoundError(errno.ENOENT, message, path)
    return files


def _glob_files(pattern: str) -> list[str]:
    matches = sorted(glob.glob(pattern, recursive=True))
    files = [file for file in matches if not os.path.isdir(file)]
    if not files:
        message = "no file has this name or matches this pattern"
        raise FileNotFoundError(errno.ENOENT, message, pattern)
    return files


# ---------------------------------------------------------------------------
# Reading bytes
# ---------------------------------------------------------------------------


class _Raw(io.RawIOBase):
    """A binary file that shows its first bytes and counts what was taken of it."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._ahead = b""
        self.taken = 0

    def head(self) -> bytes:
        """Return up to HEAD_BYTES first bytes, which are read again later."""
        while len(self._ahead) < HEAD_BYTES:
            buffer = bytearray(HEAD_BYTES - len(self._ahead))
            n = _read_into(self._file, memoryview(buffer))
            if n == 0:
                break
            self._ahead += buffer[:n]
        return self._ahead

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._ahead:
            n = min(len(buffer), len(self._ahead))
            buffer[:n], self._ahead = self._ahead[:n], self._ahead[n:]
        else:
            n = _read_into(self._file, buffer)
        self.taken += n
        return n


def _read_into(file: Any, buffer: Any) -> int:
    n = file.readinto(buffer)
    while n is None:  # a pipe that somebody made non-blocking
        time.sleep(0.01)
        n = file.readinto(buffer)
    return int(n)


class _ZstdFile(io.RawIOBase):
    """Frames of zstd, read with the `zstandard` package; EOFError if cut off."""

    def __init__(self, file: Any, module: Any) -> None:
        self._file = file
        self._new_frame = module.ZstdDecompressor().decompressobj
        self._frame: Any = None
        self._ready = memoryview(b"")
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            piece = self._rest or self._file.read(1 << 14)
            self._rest = b""
            if not piece:
                if self._frame is not None:
                    message = "the last frame is incomplete"
                    raise EOFError(message)
                return 0
            self._ready = memoryview(self._decompress(piece))
        n = min(len(buffer), len(self._ready))
        buffer[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        return n

    def _decompress(self, piece: bytes) -> bytes:
        if self._frame is None:
            self._frame = self._new_frame()
        text: bytes = self._frame.decompress(piece)
        if self._frame.eof:
            self._rest = self._frame.unused_data
            self._frame = None
        return text


def _open_zstd(file: Any, name: str) -> Any:
    with suppress(ImportError):  # Python 3.14 has it
        return importlib.import_module("compression.zstd").ZstdFile(file)
    try:
        zstandard = importlib.import_module("zstandard")
    except ImportError as error:
        message = (
            f"{name} is compressed with zstd, which needs a package: "
            'pip install "w2vfast[zstd]", or decompress the file'
        )
        raise ValueError(message) from error
    return _ZstdFile(file, zstandard)


def _decompressed(raw: _Raw, name: str) -> Any:
    """Return the file of the text in `raw`; `raw` itself if it is not compressed."""
    head = raw.head()
    # bz2 has no more than three fixed bytes, a level and the start of a block.
    is_bz2 = head[:3] == b"BZh" and head[4:] in (b"1AY&SY", b"\x17rE8P\x90")
    if head.startswith(b"\x1f\x8b\x08"):
        return gzip.GzipFile(fileobj=io.BufferedReader(raw, 1 << 17))
    if is_bz2:
        return bz2.BZ2File(io.BufferedReader(raw, 1 << 17))
    if head.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(io.BufferedReader(raw, 1 << 17))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return _open_zstd(io.BufferedReader(raw, 1 << 17), name)
    return raw


class _TextFile:
    """One file of text, decompressed; a context for reading it."""

    def __init__(self, file: Any) -> None:
        self.name = _file_name(file)
        self._own = isinstance(file, str)
        if file == "-":
            # Not sys.stdin: its lock must not be held by a thread that sits in a
            # read when the program ends.
            file = io.FileIO(0, closefd=False)
        elif self._own:
            file = io.FileIO(file)
        self._file = file
        self._raw = _Raw(file)
        try:
            self._text = _decompressed(self._raw, self.name)
        except BaseException:
            self.close()
            raise

    @property
    def taken(self) -> int:
        """Bytes read of the file as it lies on disk."""
        return self._raw.taken

    def readinto(self, buffer: memoryview) -> int:
        """Read into `buffer`; return how many bytes, 0 at the end."""
        try:
            return _read_into(self._text, buffer)
        except Exception as error:
            if self._text is self._raw or not _is_damage(error):
                raise
            message = (
                f"{self.name}: the compressed data is cut off or damaged ({error}). "
                "Fetch or compress the file again."
            )
            raise ValueError(message) from error

    def close(self) -> None:
        """Close the file if it was opened here."""
        if self._own:
            self._file.close()


def _is_damage(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno is None  # as gzip and bz2 report it; a bad disk has one
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, (EOFError, zlib.error, lzma.LZMAError)) or bool(
        names & {"ZstdError"}
    )


class _BlockReader:
    """Hands out the text of files in blocks that end at white space.

    Notes
    -----
    Threads call `read` in turn.  `no_newlines` names the files that have carriage
    returns but no newline.
    """

    def __init__(self, files: Sequence[Any], job: "_Job") -> None:
        self.no_newlines: list[str] = []
        self._files = iter(files)
        self._job = job
        self._lock = threading.Lock()
        self._file: _TextFile | None = None
        self._carry = b""  # the word that the last block's end cut
        self._number = 0
        self._taken = 0  # bytes of the files before this one
        self._newline = self._return = False  # seen in this file

    def read(
        self, buffer: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], int, int] | None:
        """Read the next block into `buffer` or, for a long word, a larger one.

        Returns
        -------
        buffer : ndarray of uint8
        n : int
            Bytes of text; `PADDING` more may be read.
        number : int
            Of the block, from 0.
        """
        with self._job.crew.locked(self._lock):
            while True:
                file = self._file or self._open_next()
                if file is None:
                    return None
                buffer, n = self._fill(file, buffer)
                if n:
                    self._number += 1
                    return buffer, n, self._number - 1

    def close(self) -> None:
        """Close the file in hand, unless a thread that was left behind reads it."""
        if self._lock.acquire(blocking=False):
            if self._file is not None:
                self._file.close()
            self._lock.release()

    def _open_next(self) -> _TextFile | None:
        for file in self._files:
            self._newline = self._return = False
            self._file = _TextFile(file)
            return self._file
        return None

    def _fill(
        self, file: _TextFile, buffer: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], int]:
        n = len(self._carry)
        buffer = _with_room(buffer, max(self._job.block_bytes, 2 * n))
        buffer[:n].data[:] = self._carry
        while True:
            room = buffer.size - _text.PADDING - 1  # 1: the newline at the end
            got = file.readinto(buffer[n:room].data)
            if got == 0:
                return buffer, self._finish(file, buffer, n)
            self._note_line_ends(buffer[n : n + got])
            self._job.crew.done = self._taken + file.taken
            self._job.crew.poll()
            n += got
            if n == room:
                cut = _text.after_white_space(buffer, n)
                if cut:
                    self._carry = buffer[cut:n].tobytes()
                    return buffer, cut
                buffer = _with_room(buffer, 2 * n, n)

    def _finish(self, file: _TextFile, buffer: NDArray[np.uint8], n: int) -> int:
        self._taken += file.taken
        file.close()
        self._file = None
        self._carry = b""
        if self._return and not self._newline:
            self.no_newlines.append(file.name)
        if self._job.exact:
            return n  # the C program loses a last word without white space
        buffer[n] = ord("\n")
        return n + 1

    def _note_line_ends(self, text: NDArray[np.uint8]) -> None:
        if not self._newline:
            self._newline = _text.has_byte(text, text.size, ord("\n"))
            self._return |= _text.has_byte(text, text.size, ord("\r"))


def _with_room(buffer: NDArray[np.uint8], n: int, kept: int = 0) -> NDArray[np.uint8]:
    """Return a buffer for n bytes of text; its first `kept` bytes are kept."""
    size = n + _text.PADDING + 1
    if buffer.size == size:
        return buffer
    larger = np.zeros(size, dtype=np.uint8)
    larger[:kept] = buffer[:kept]
    return larger


# ---------------------------------------------------------------------------
# Threads
# ---------------------------------------------------------------------------


class _Stopped(Exception):
    """Ends a helper when the work has failed or was interrupted elsewhere."""


class _Crew:
    """The calling thread and its helpers, who do one job after the other.

    Parameters
    ----------
    size : int
        Threads, the calling one included.
    progress : callable, optional
        Called with (done, total) on the calling thread, about 10 times a second.
    total : int or None
        What `done` will be at the end.
    """

    def __init__(self, size: int, progress: Progress | None, total: int | None) -> None:
        self.size = size
        self.done = 0
        self._total = total
        self._progress = progress
        self._next_call = 0.0
        self._owner = threading.get_ident()
        self._stop = threading.Event()
        self._error: BaseException | None = None

    def run(self, work: Callable[[int], None]) -> None:
        """Call work(k) for each k below `size`, on a thread each.

        A thread's error stops the others, whose `poll` raises, and is raised here.
        So does an interrupt; a helper that sits in a read then is left behind.
        """
        helpers = [
            threading.Thread(target=self._help, args=(work, k), daemon=True)
            for k in range(1, self.size)
        ]
        try:
            for helper in helpers:
                helper.start()
            work(0)
            for helper in helpers:
                while helper.is_alive():
                    helper.join(POLL_SECONDS)
                    self.poll()
            self.poll()
        except BaseException:
            self._stop.set()
            _leave(helpers)
            raise

    def poll(self) -> None:
        """Report progress, or raise if the work has failed; call it often."""
        if threading.get_ident() != self._owner:
            if self._stop.is_set():
                raise _Stopped
            return
        if self._error is not None:
            raise self._error
        now = time.monotonic()
        if self._progress is not None and now >= self._next_call:
            self._next_call = now + POLL_SECONDS
            self._progress(self.done, self._total)

    def finish(self) -> None:
        """Report that all is done."""
        if self._progress is not None:
            self._progress(self.done, self._total)

    @contextmanager
    def locked(self, lock: threading.Lock) -> Iterator[None]:
        """Hold `lock`; waiting for it polls."""
        while not lock.acquire(timeout=POLL_SECONDS):
            self.poll()
        try:
            yield
        finally:
            lock.release()

    def _help(self, work: Callable[[int], None], k: int) -> None:
        try:
            work(k)
        except _Stopped:
            pass
        except BaseException as error:
            self._error = self._error or error
            self._stop.set()


def _leave(helpers: Sequence[threading.Thread]) -> None:
    limit = time.monotonic() + GIVE_UP_SECONDS
    for helper in helpers:
        if helper.is_alive():
            helper.join(max(0.0, limit - time.monotonic()))


# ---------------------------------------------------------------------------
# Keeping ids
# ---------------------------------------------------------------------------


class _IdStore:
    """Provisional ids in the order of their blocks, in memory or in a file.

    Parameters
    ----------
    limit : int
        Ids are kept in memory up to it [bytes].
    cache_dir : str or None
        Where the file goes; the system's temporary directory when None.

    Notes
    -----
    The file has no name (or goes when it is closed, on Windows), so that it is gone
    after an error too, and even after the process was killed.  It is written with
    `write`, because writing to a mapping of a full disk would end the process.
    """

    def __init__(self, limit: int, cache_dir: str | None) -> None:
        self.blocks: list[tuple[int, int, int]] = []  # (ids, worker, first new id)
        self._limit = limit
        self._cache_dir = cache_dir
        self._memory = _text.IdBuffer()
        self._file: Any = None
        self._written = 0  # ids in the file
        self._waiting: dict[int, tuple[Ids, int, int]] = {}
        self._lock = threading.Lock()

    def put(self, number: int, ids: Ids, worker: int, first_id: int) -> None:
        """Store block `number`, which may come before its turn; `ids` is copied.

        `worker` counted it, whose next new word was to get `first_id`.
        """
        with self._lock:
            if number != len(self.blocks):
                self._waiting[number] = (ids.copy(), worker, first_id)
                return
            self._append(ids, worker, first_id)
            while len(self.blocks) in self._waiting:
                self._append(*self._waiting.pop(len(self.blocks)))

    def take(self) -> Ids:
        """Return all ids as one array that can be written to."""
        if self._file is None:
            return self._memory.array()
        mapping = mmap.mmap(self._file.fileno(), 4 * self._written)
        return np.frombuffer(mapping, dtype=np.int32)

    def take_first(self, n: int) -> Ids:
        """Return the first n ids and give the rest back; no other array is in use."""
        if n == 0:
            return np.empty(0, dtype=np.int32)
        # What cannot be given back, because something still looks at it, stays.
        if self._file is None:
            with suppress(BufferError):
                self._memory.truncate(n)
        else:
            with suppress(OSError):
                self._file.truncate(4 * n)
            self._written = n
        return self.take()[:n]

    def close(self) -> None:
        """Let the file go; arrays made from it stay valid."""
        if self._file is not None:
            self._file.close()
        self._memory = _text.IdBuffer()

    def _append(self, ids: Ids, worker: int, first_id: int) -> None:
        self.blocks.append((ids.size, worker, first_id))
        if self._file is None and 4 * (len(self._memory) + ids.size) <= self._limit:
            self._memory.append(ids)
            return
        with _explained(self._cache_dir):
            if self._file is None:
                self._file = tempfile.TemporaryFile(  # noqa: SIM115, it outlives this
                    dir=self._cache_dir, buffering=0
                )
                if len(self._memory):
                    self._write(self._memory.array())
                self._memory = _text.IdBuffer()
            self._write(ids)

    def _write(self, ids: Ids) -> None:
        left = ids.data.cast("B")
        while left:
            left = left[self._file.write(left) :]
        self._written += ids.size


@contextmanager
def _explained(cache_dir: str | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = (
            f"cannot write the corpus's ids to a file ({error.strerror}); set "
            "cache_dir to a directory with room for 4 bytes a word, or memory_limit "
            "to more bytes"
        )
        place = cache_dir or tempfile.gettempdir()
        raise OSError(error.errno, message, place) from error


def _default_limit() -> int:
    """Return a quarter of the memory that is available [bytes]."""
    known = [_linux_available(), _cgroup_room(), _physical_memory()]
    return min((room for room in known if room is not None), default=1 << 32) // 4


def _linux_available() -> int | None:
    with (
        suppress(OSError, ValueError),
        open("/proc/meminfo", encoding="ascii") as lines,
    ):
        for line in lines:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _cgroup_room() -> int | None:
    # A container's own limit; "max" is none.
    group = "/sys/fs/cgroup/memory."
    with suppress(OSError, ValueError):
        with open(group + "max", encoding="ascii") as limit:
            room = int(limit.read())
        with open(group + "current", encoding="ascii") as used:
            return max(0, room - int(used.read()))
    return None


def _physical_memory() -> int | None:
    if not hasattr(os, "sysconf"):
        return None
    with suppress(OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


# ---------------------------------------------------------------------------
# Provisional ids
# ---------------------------------------------------------------------------


@dataclass
class _Job:
    """What encoding a source needs to know."""

    crew: _Crew
    store: _IdStore
    exact: bool
    max_vocab_size: int
    block_bytes: int

    def counters(self, n: int) -> list[_text.WordCounter]:
        """Return n empty dictionaries."""
        return [_text.WordCounter(self.max_vocab_size) for _ in range(n)]


def _encode_text(
    reader: _BlockReader, job: _Job, counter: _text.WordCounter, worker: int
) -> None:
    """Encode blocks of text until there are none."""
    buffer = np.empty(0, dtype=np.uint8)
    ids = np.empty(0, dtype=np.int32)
    while (block := reader.read(buffer)) is not None:
        job.crew.poll()
        buffer, n, number = block
        n = _text.drop_carriage_returns(buffer, n)
        if ids.size < n or ids.size > 2 * buffer.size:
            ids = np.empty(buffer.size, dtype=np.int32)
        first_id = counter.next_id
        n_ids = counter.encode_text(buffer, n, ids, job.exact)
        job.store.put(number, ids[:n_ids], worker, first_id)


def _encode_sentences(
    sentences: Iterable[Any], job: _Job, counter: _text.WordCounter
) -> None:
    """Encode lists of tokens."""
    size = max(2, min(BLOCK_IDS, job.block_bytes))
    ids = np.empty(size, dtype=np.int32)
    used = 0
    number = 0
    first_id = counter.next_id
    for k, sentence in enumerate(sentences):
        tokens = _token_list(sentence, k)
        for start in range(0, max(1, len(tokens)), size - 1):
            piece = tokens[start : start + size - 1]
            if used + len(piece) + 1 > size:
                job.store.put(number, ids[:used], 0, first_id)
                number, used, first_id = number + 1, 0, counter.next_id
            used = counter.encode_tokens(piece, ids, used, job.exact)
        ids[used] = EOS
        used += 1
        job.crew.done = k + 1
        job.crew.poll()
    job.store.put(number, ids[:used], 0, first_id)


def _token_list(sentence: Any, k: int) -> Sequence[Any]:
    if isinstance(sentence, (list, tuple)):
        return sentence
    if isinstance(sentence, np.ndarray) and sentence.ndim == 1:
        tokens: list[Any] = sentence.tolist()
        return tokens
    if isinstance(sentence, (str, bytes)) or not isinstance(sentence, Iterable):
        message = (
            f"sentence {k} is {_shown(sentence)}, but a sentence is a list of tokens: "
            "[['the', 'cat', 'sat']], not ['the cat sat']. Split texts first, for "
            "example with text.split(), or give a file of text as corpus_file=."
        )
        raise TypeError(message)
    return list(sentence)


class _ValueBlocks:
    """Hands out an array of ids in blocks."""

    def __init__(self, corpus: IdCorpus, job: _Job) -> None:
        ids = corpus.ids
        self.corpus = corpus
        self._lock = threading.Lock()
        self._crew = job.crew
        self._number = 0
        row = ids.shape[1] if ids.ndim == 2 else 1
        # Whole rows, so that a row's end is at the same place in each.
        self.size = max(1, min(BLOCK_IDS, job.block_bytes) // max(1, row)) * row

    def next(self) -> tuple[int, NDArray[Any], NDArray[np.int64], int] | None:
        """Return the number, values, sentence ends and start of the next block."""
        with self._lock:
            number = self._number
            self._number += 1
            start = number * self.size
            if start >= self.corpus.ids.size:
                return None
            stop = min(start + self.size, self.corpus.ids.size)
            self._crew.done = stop
        return number, self._values(start, stop), self._ends(start, stop), start

    def _values(self, start: int, stop: int) -> NDArray[Any]:
        ids = self.corpus.ids
        if ids.ndim == 2:
            row = ids.shape[1]
            values = np.ascontiguousarray(ids[start // row : stop // row]).reshape(-1)
        else:
            values = np.ascontiguousarray(ids[start:stop])
        if values.dtype in (np.dtype(np.int32), np.dtype(np.int64)):
            return values
        if values.dtype == np.uint64 and int(values.max()) > np.iinfo(np.int64).max:
            message = f"ids must be in 0 to 2**63 - 1, got {values.max()}"
            raise ValueError(message)
        return values.astype(np.int64)

    def _ends(self, start: int, stop: int) -> NDArray[np.int64]:
        # Relative to the block; an end at its start belongs to the block before.
        corpus = self.corpus
        if corpus.indptr is not None:
            ends = corpus.indptr[1:]
            first = np.searchsorted(ends, start, "right") if start else 0
            last = np.searchsorted(ends, stop, "right")
            return ends[first:last] - start
        if corpus.ids.ndim == 2:
            row = corpus.ids.shape[1]
            return np.arange(row, stop - start + 1, row, dtype=np.int64)
        at_end = stop == corpus.ids.size and int(corpus.ids[-1]) != corpus.separator
        return np.array([stop - start] if at_end else [], dtype=np.int64)


def _encode_values(
    blocks: _ValueBlocks, job: _Job, counter: _text.WordCounter, worker: int
) -> None:
    """Encode blocks of an array of ids until there are none."""
    while (block := blocks.next()) is not None:
        job.crew.poll()
        number, values, ends, start = block
        ids = np.empty(values.size + ends.size, dtype=np.int32)
        first_id = counter.next_id
        n_ids = counter.encode_values(
            values,
            ends,
            ids,
            padding=blocks.corpus.padding,
            separator=blocks.corpus.separator,
            exact=job.exact,
            at=start,
        )
        job.store.put(number, ids[:n_ids], worker, first_id)


# ---------------------------------------------------------------------------
# Final ids
# ---------------------------------------------------------------------------


@dataclass
class _Words:
    """The words of some workers.

    Parameters
    ----------
    counter : WordCounter
        The words and their counts.
    maps : dict of int to (ndarray of int32 or None)
        For each worker, the ids here of its own ids; None if they are the same.
    first_seen : ndarray of int64, shape (ids,)
        Grows with a word's first place in the corpus.
    """

    counter: _text.WordCounter
    maps: dict[int, Ids | None]
    first_seen: NDArray[np.int64]

    def absorb(self, other: "_Words") -> None:
        """Take the words of other workers in."""
        here = self.counter.absorb(other.counter)
        for worker, ids in other.maps.items():
            self.maps[worker] = here if ids is None else here[ids]
        first_seen = np.full(self.counter.next_id, np.iinfo(np.int64).max)
        first_seen[: self.first_seen.size] = self.first_seen
        _text.keep_earliest(first_seen, here, other.first_seen)
        self.first_seen = first_seen


def _merge(
    job: _Job, counters: list[_text.WordCounter], blocks: NDArray[np.int64]
) -> _Words:
    """Merge the dictionaries of all workers, pair by pair, several pairs at once."""
    parts = [
        _Words(counter, {worker: None}, _first_seen(blocks, worker, counter.next_id))
        for worker, counter in enumerate(counters)
    ]
    counters.clear()  # so that what is merged can go
    while len(parts) > 1:
        parts = _merge_pairs(job.crew, parts)
    return parts[0]


def _merge_pairs(crew: _Crew, parts: list[_Words]) -> list[_Words]:
    kept, gone = parts[::2], parts[1::2]

    def work(worker: int) -> None:
        for k in range(worker, len(gone), crew.size):
            crew.poll()
            kept[k].absorb(gone[k])

    crew.run(work)
    return kept


def _first_seen(
    blocks: NDArray[np.int64], worker: int, next_id: int
) -> NDArray[np.int64]:
    """Return a number for each of a worker's ids that grows with its first place.

    A worker takes its blocks in order and gives its ids in order; so the number is
    the block's, and within the block the id.
    """
    mine = np.flatnonzero(blocks[:, 1] == worker)
    bounds = np.append(blocks[mine, 2], next_id)
    numbers = np.repeat(mine, np.diff(bounds))
    keys = np.zeros(next_id, dtype=np.int64)
    keys[1:] = (numbers << 31) + np.arange(1, next_id)
    return keys


def _chosen_vocab(
    words: _Words, min_count: int, max_final_vocab: int | None
) -> tuple[Vocab, Ids]:
    """Return the vocabulary, its counts[0] still 0, and the row of each id."""
    counts = words.counter.counts()
    ids = select_words(
        counts,
        words.first_seen,
        min_count=max(1, min_count),
        max_final_vocab=max_final_vocab,
    )
    if ids.size == 0:
        most = int(np.argmax(counts))
        word = words.counter.words(np.array([most]))[0]
        raise no_word_error(word, int(counts[most]), min_count)
    rows = np.full(counts.size, _text.LOST, dtype=np.int32)
    rows[EOS] = 0
    rows[ids] = np.arange(1, ids.size + 1, dtype=np.int32)
    names: list[Word] = [SENTENCE_END, *words.counter.words(ids)]
    return Vocab(names, np.concatenate([[0], counts[ids]])), rows


def _known_rows(words: _Words, vocab: Vocab, name: str) -> Ids:
    """Return the row in `vocab` of each id, LOST where there is none."""
    known = _text.WordCounter()
    row_of = np.full(len(vocab) + 2, _text.LOST, dtype=np.int32)  # [-1]: no word
    for row, word in enumerate(vocab.words):
        if row == 0 and word == SENTENCE_END:
            row_of[EOS] = 0
            continue
        place = known.add(word)
        if row_of[place] == _text.LOST:
            row_of[place] = row
    rows: Ids = row_of[known.match(words.counter)]
    if (rows[1:] == _text.LOST).all():
        kind = "integers" if words.counter.holds_integers else "text"
        message = (
            f"no word of {name} ({kind}) is in the vocabulary, whose most frequent "
            f"ones are {vocab.words[1:4]!r}"
        )
        raise ValueError(message)
    return rows


def _renumber(
    job: _Job, ids: Ids, blocks: NDArray[np.int64], rows: dict[int, Ids]
) -> tuple[int, int]:
    """Turn provisional ids into rows, in place; return how many and the sentences."""
    n_runs = min(job.crew.size, len(blocks))
    stops = np.cumsum(blocks[:, 0])
    cuts = np.searchsorted(stops, np.linspace(0, stops[-1], n_runs + 1)[1:-1])
    bounds = [0, *cuts.tolist(), len(blocks)]
    runs: list[_text.Renumbering | None] = [None] * n_runs

    def work(worker: int) -> None:
        if worker >= n_runs:
            return
        first, last = bounds[worker], bounds[worker + 1]
        start = int(stops[first - 1]) if first else 0
        run = _text.Renumbering(ids, start, job.exact)
        for n, owner, _ in blocks[first:last].tolist():
            job.crew.poll()
            run.block(n, rows[owner])
        runs[worker] = run

    job.crew.run(work)
    return _join(ids, [run for run in runs if run is not None], job.exact)


def _join(ids: Ids, runs: list[_text.Renumbering], exact: bool) -> tuple[int, int]:
    """Move what the runs left together; return how many ids, how many sentences.

    A run does not know what stands before it, so a sentence end at its start may be
    the end of an empty sentence.
    """
    to = sentences = 0
    last = EOS
    for run in runs:
        if run.read == run.start:
            continue
        start = run.start
        sentences += run.sentences
        if not exact:
            sentences -= run.first == EOS and last == EOS
            empty = to == 0 or ids[to - 1] == EOS
            start += run.stop > start and ids[start] == EOS and empty
        _text.move_ids(ids, start, run.stop, to)
        to += run.stop - start
        last = run.last
    return to, sentences


# ---------------------------------------------------------------------------
# Encoding
# ---------------------------------------------------------------------------


def encode(
    source: Any,
    *,
    exact: bool = False,
    min_count: int = 5,
    max_final_vocab: int | None = None,
    max_vocab_size: int | None = None,
    vocab: Vocab | None = None,
    workers: int = 1,
    memory_limit: int | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[Vocab, EncodedCorpus]:
    """Read a corpus once; return its vocabulary and its ids.

    Parameters
    ----------
    source : FileSource, SentenceSource or IdCorpus
        Or what `file_source` (a path) or `sentence_source` (anything else) takes.
    exact : bool, default False
        Read text as the C program does.
    min_count : int, default 5
        The count that a word needs [words].
    max_final_vocab : int, optional
        At most so many words, the most frequent ones.
    max_vocab_size : int, optional
        Prune the rarest words whenever there are more, on one thread.  A pruned word
        stays out, and a warning says how many did.
    vocab : Vocab, optional
        Look words up there, and drop the others; its counts stay as they are.
    workers : int, default 1
        Threads.  The result does not depend on it.
    memory_limit : int, optional
        Keep ids in memory up to it, else in a file [bytes]; a quarter of what is
        available when None.
    cache_dir : path, optional
        Where that file goes; the system's temporary directory when None.
    progress : callable, optional
        Called as progress(done, total) on the calling thread about 10 times a
        second: bytes of files, sentences or values; total None if it is unknown.
    block_bytes : int, default 1 MiB
        What a thread takes at once.

    Raises
    ------
    TypeError, ValueError
        If the source is empty or malformed, or no word reaches `min_count`.
    OSError
        If a file cannot be read, or the file of ids not be written.

    Warns
    -----
    UserWarning
        If words were pruned, or a file has no newline but carriage returns.
    """
    if workers < 1:
        message = f"workers must be 1 or more, got {workers}"
        raise ValueError(message)
    source = _as_source(source)
    pruning = max_vocab_size if vocab is None else None
    size = 1 if pruning is not None else workers
    limit = _default_limit() if memory_limit is None else memory_limit
    place = None if cache_dir is None else os.fspath(cache_dir)
    store = _IdStore(limit, place)
    crew = _Crew(size, progress, source.total)
    job = _Job(crew, store, exact, pruning or 0, block_bytes)
    try:
        counters = source.encode(job)
        crew.finish()
        return _finish(source.name, job, counters, min_count, max_final_vocab, vocab)
    finally:
        store.close()


def _as_source(source: Any) -> Source:
    if isinstance(source, (FileSource, SentenceSource, IdCorpus)):
        return source
    if isinstance(source, (str, bytes, os.PathLike)):
        return file_source(source)
    return sentence_source(source)


def _finish(
    name: str,
    job: _Job,
    counters: list[_text.WordCounter],
    min_count: int,
    max_final_vocab: int | None,
    vocab: Vocab | None,
) -> tuple[Vocab, EncodedCorpus]:
    blocks = np.array(job.store.blocks, dtype=np.int64).reshape(-1, 3)
    words = _merge(job, counters, blocks)
    n_words = int(words.counter.counts().sum()) + words.counter.lost_tokens
    _check_words(name, words, n_words, job.exact)
    _warn_of_pruning(words.counter, job.max_vocab_size)
    counted = vocab is None
    if vocab is None:
        vocab, rows = _chosen_vocab(words, min_count, max_final_vocab)
    else:
        rows = _known_rows(words, vocab, name)
    row_maps = {
        worker: rows if ids is None else rows[ids] for worker, ids in words.maps.items()
    }
    ids, sentences = _final_ids(job, blocks, row_maps)
    if counted:
        vocab.counts[0] = sentences
    return vocab, EncodedCorpus(ids, sentences, n_words)


def _final_ids(
    job: _Job, blocks: NDArray[np.int64], row_maps: dict[int, Ids]
) -> tuple[Ids, int]:
    n, sentences = _renumber(job, job.store.take(), blocks, row_maps)
    return job.store.take_first(n), sentences


def _check_words(name: str, words: _Words, n_words: int, exact: bool) -> None:
    if n_words == 0:
        message = (
            f"{name} holds no words: it is empty or all white space, or a generator "
            "that was read before. Give text, or a corpus that can be read again."
        )
        raise ValueError(message)
    if exact and len(words.counter) >= EXACT_MAX_WORDS:
        message = (
            f"{name} has {len(words.counter)} distinct words; from "
            f"{EXACT_MAX_WORDS} on the C program drops rare ones while it reads, which "
            "mode='exact' does not follow. Use mode='fast'."
        )
        raise ValueError(message)


def _warn_of_pruning(counter: _text.WordCounter, max_vocab_size: int) -> None:
    if counter.lost_words:
        message = (
            f"max_vocab_size={max_vocab_size} pruned {counter.lost_words} words, which "
            f"occur {counter.lost_tokens} times; they are not in the vocabulary"
        )
        warnings.warn(message, UserWarning, stacklevel=4)
