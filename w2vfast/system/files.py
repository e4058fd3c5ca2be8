"""Files: read whether compressed or not, written completely or not at all."""

import bz2
import errno
import gzip
import importlib
import io
import lzma
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, BinaryIO

from w2vfast.aliases import PathLike
from w2vfast.system.leftovers import new_file_beside, remove_leftovers
from w2vfast.system.streams import Streams

HEAD_BYTES = 10  # enough to recognise each compression
_STARTS = {
    b"\x1f\x8b\x08": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
BUFFER_BYTES = 1 << 17
MOST_EXPANSION = 1000  # of compressed bytes, in a file that was not made to harm
FREE_BYTES = 1 << 26  # that a file of any size may expand to
WRITER_SECONDS = 10  # in which a named pipe must have a program that writes to it
PAUSE_SECONDS = 0.01  # between two looks at a pipe
ALLOW_EXPANSION = "W2VFAST_ALLOW_EXPANSION"  # environment variable: "1" allows more


# ---------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------


class InputFile(io.RawIOBase):
    """A file open for reading bytes; compression is recognised by its first bytes.

    Parameters
    ----------
    file : str, bytes or binary file
        A path, which is opened here and closed by `close`, or an open file.
    name : str
        Name of the file in messages.

    Notes
    -----
    gzip, bz2, xz and zstd are supported.  Wrap it in `io.BufferedReader` for lines.

    Raises
    ------
    OSError
        If the file cannot be opened or read, or is a named pipe to which no program
        writes within `WRITER_SECONDS`.
    ValueError
        If the compressed data is cut off or damaged, expands more than
        `MOST_EXPANSION` times, or a package for it is missing.
    """

    _opened: io.FileIO | None = None

    def __init__(self, file: Any, name: str) -> None:
        self.name = name
        self._n_plain = 0
        if isinstance(file, (str, bytes)):
            file = self._opened = _opened(file)
        self._raw = _Raw(file)
        if self._opened is not None and _is_named_pipe(self._opened.name):
            self._wait_for_writer(self._opened)
        try:
            self._plain = _decompressed(self._raw, name)
        except BaseException as error:
            self._name_file(error)
            self.close()
            raise

    def _wait_for_writer(self, pipe: io.FileIO) -> None:
        """Wait until a program writes to a named pipe, or has waited in vain."""
        end = time.monotonic() + WRITER_SECONDS
        while not self._raw.head():  # nobody has the other end open
            if time.monotonic() > end:
                pipe.close()
                message = (
                    f"no program has written to this named pipe for {WRITER_SECONDS} "
                    "s. Start the one that writes first, or name a file"
                )
                raise TimeoutError(errno.ETIMEDOUT, message, pipe.name)
            time.sleep(PAUSE_SECONDS)
        os.set_blocking(pipe.fileno(), True)

    @property
    def taken(self) -> int:
        """Bytes read from the file as stored, that is compressed."""
        return self._raw.taken

    @property
    def plain_size(self) -> int | None:
        """Bytes of the file; None if it is compressed or not a regular file."""
        if self._plain is not self._raw or self._opened is None:
            return None
        status = os.fstat(self._opened.fileno())
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into `buffer`; return how many bytes, 0 at the end."""
        try:
            n = _read_into(self._plain, buffer)
        except Exception as error:
            if self._plain is self._raw or not is_damage(error):
                self._name_file(error)
                raise
            message = (
                f"{self.name}: the compressed data is cut off or damaged ({error}). "
                "Fetch or compress the file again."
            )
            raise ValueError(message) from error
        self._check_expansion(n)
        return n

    def _name_file(self, error: BaseException) -> None:
        # What the system says of a descriptor does not name its file.
        if self._opened and isinstance(error, OSError) and error.filename is None:
            error.filename = self._opened.name

    def _check_expansion(self, n: int) -> None:
        """Raise if a compressed file expands as only one made to harm does."""
        self._n_plain += n
        is_compressed = self._plain is not self._raw
        if is_compressed and expands_too_far(self._n_plain, self.taken):
            message = (
                f"{self.name} expands to more than {MOST_EXPANSION} times its size. If "
                f"you trust it, decompress it first, or set {ALLOW_EXPANSION}=1."
            )
            raise ValueError(message)

    def close(self) -> None:
        """Close the file if it was opened here."""
        if self._opened is not None:
            self._opened.close()
        super().close()


def expands_too_far(n_plain: int, n_stored: int) -> bool:
    """Tell whether stored bytes become more than in a file not made to harm.

    Never where the environment allows it.
    """
    most = FREE_BYTES + MOST_EXPANSION * n_stored
    return n_plain > most and os.environ.get(ALLOW_EXPANSION) != "1"


def check_expansion(announced: str, n_plain: int, n_stored: int) -> None:
    """Raise ValueError for contents that expand too far; says what a file announced."""
    if expands_too_far(n_plain, n_stored):
        message = (
            f"{announced}, more than {MOST_EXPANSION} times the size of the file. If "
            f"you trust it, set {ALLOW_EXPANSION}=1."
        )
        raise ValueError(message)


def is_damage(error: Exception) -> bool:
    """Whether a parser's error, of any kind, is about what it reads.

    A lack of memory or a failing disk is not, whatever the file holds.
    """
    if isinstance(error, OSError):
        # gzip and bz2 set no number; zipfile seeks to where a damaged file says.
        return error.errno in (None, errno.EINVAL)
    return not isinstance(error, MemoryError)


def open_regular(path: PathLike, folder: int | None = None) -> BinaryIO:
    """Open a regular file for reading bytes; never wait for a pipe or a device.

    Parameters
    ----------
    path : str or path-like
    folder : int, optional
        Descriptor of the folder that a relative path starts from.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is a pipe, a device or another special file.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    flags |= getattr(os, "O_NONBLOCK", 0)  # a pipe would wait for its writer
    descriptor = os.open(path, flags, dir_fd=folder)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise _folder_error(path)
        if not stat.S_ISREG(mode):
            message = (
                f"{os.fspath(path)} is not a regular file, such as a pipe or device"
            )
            raise ValueError(message)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _opened(path: str | bytes) -> io.FileIO:
    try:
        if _is_named_pipe(path):  # which would wait for its writer for ever
            return io.FileIO(path, opener=_open_at_once)
        return io.FileIO(path)
    except OSError as error:
        # Windows has no permission to open a folder.
        raise (_folder_error(path) if os.path.isdir(path) else error) from error


def _is_named_pipe(path: str | bytes) -> bool:
    """Tell a pipe with a name of its own from a descriptor that is already open."""
    try:
        is_pipe = stat.S_ISFIFO(os.stat(path).st_mode)
    except OSError:  # told when it is opened
        return False
    opened = ("/dev/", "/proc/")
    return is_pipe and not os.path.realpath(os.fsdecode(path)).startswith(opened)


def _open_at_once(path: Any, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _folder_error(path: Any) -> OSError:
    message = "it is a folder, and a file is meant. Name a file"
    return IsADirectoryError(errno.EISDIR, message, path)


class _Raw(io.RawIOBase):
    """A binary file that lets its first bytes be inspected and counts bytes read."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._ahead = b""
        self.taken = 0

    def head(self) -> bytes:
        """Return up to HEAD_BYTES first bytes without consuming them."""
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
    while n is None:  # a non-blocking pipe without data
        time.sleep(PAUSE_SECONDS)
        n = file.readinto(buffer)
    return int(n)


def _open_zstd(file: Any, name: str) -> Any:
    """Open a zstd stream with the module of Python 3.14, or its backport."""
    for module in ("compression.zstd", "backports.zstd"):
        with suppress(ImportError):
            return importlib.import_module(module).ZstdFile(file)
    message = (
        f"{name} is compressed with zstd, which needs a package before Python 3.14: "
        'pip install "w2vfast[zstd]", or decompress the file'
    )
    raise ValueError(message)


def compression_of(head: bytes) -> str | None:
    """Return how a file is compressed, told by its first bytes; None if it is not.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES`, or all of a shorter file.

    Returns
    -------
    {"gzip", "bz2", "xz", "zstd"} or None
    """
    # bz2 starts with three fixed bytes, a level, and the mark of a block or the end.
    if head[:3] == b"BZh" and head[4:] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bz2"
    for start, found in _STARTS.items():
        if head.startswith(start):
            return found
    return None


def _decompressed(raw: _Raw, name: str) -> Any:
    """Return a file of the decompressed bytes; `raw` itself if it is not compressed."""
    found = compression_of(raw.head())
    if found is None:
        return raw
    if found in ("bz2", "xz"):
        return Streams(raw, found)
    file = io.BufferedReader(raw, BUFFER_BYTES)
    return _open_zstd(file, name) if found == "zstd" else gzip.GzipFile(fileobj=file)


def folder_files(path: str) -> list[str]:
    """Return the files of a folder sorted by name, without hidden files and folders."""
    names = sorted(name for name in os.listdir(path) if not name.startswith("."))
    paths = [os.path.join(path, name) for name in names]
    return [file for file in paths if not os.path.isdir(file)]


# ---------------------------------------------------------------------------
# Writing
# ---------------------------------------------------------------------------

# Names of descriptors that are already open.  Opening them by name would truncate a
# regular file that the shell opened with >>, and lose its position.
_DESCRIPTOR = re.compile(r"/dev/(?:std(out|err)|fd/([0-9]+))|/proc/self/fd/([0-9]+)")
_RENAMES_OPEN_FILES = os.name == "posix"
_MAX_LINKS = 40  # [symbolic links], as Linux allows in one path
_FULL_DISK = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


@contextmanager
def open_output(path: PathLike) -> Iterator[BinaryIO]:
    """Open a file for writing bytes; it appears completely or not at all.

    A regular file is written under a temporary name in the same directory,
    flushed to disk and renamed to `path` when the block ends without an error; after
    an error `path` is unchanged.  An existing file keeps its mode, a new one gets the
    mode of the umask, and a symbolic link stays a link: the file that it points to is
    replaced.  Pipes, devices and open descriptors (``/dev/stdout``, ``/dev/fd/3``) are
    written directly.

    Parameters
    ----------
    path : str or path-like
        The file to write; compressed if its name ends in .gz, .bz2 or .xz.

    Yields
    ------
    binary file
        Open for writing; closed when the block ends.

    Raises
    ------
    OSError
        If the file or its directory cannot be written, or the disk is full.
    """
    target = os.fspath(path)
    descriptor = _open_descriptor(target)
    if descriptor is not None:
        opened: AbstractContextManager[BinaryIO] = os.fdopen(descriptor, "wb")
    elif _is_regular_or_new(target):
        opened = _replaced_file(target)
    elif os.path.isdir(target):
        raise _folder_error(target)
    else:
        opened = open(target, "wb")  # noqa: SIM115
    with naming_full_disk(target), opened as file:
        compressed = _compressed(file, target)
        yield compressed
        if compressed is not file:
            compressed.close()


def _compressed(file: BinaryIO, name: str) -> BinaryIO:
    name = name.lower()  # as suffixes of formats are read
    if name.endswith(".gz"):
        # Without name and time, so that the same bytes give the same file.
        return gzip.GzipFile("", "wb", fileobj=file, mtime=0)  # type: ignore[return-value]
    if name.endswith(".bz2"):
        return bz2.BZ2File(file, "wb")  # type: ignore[return-value]
    if name.endswith(".xz"):
        return lzma.LZMAFile(file, "wb")  # type: ignore[return-value]
    return file


def check_output(path: PathLike) -> None:
    """Raise early what `open_output` would raise: a missing folder or permission.

    For the start of a long run.  No file is left behind, and an existing file is not
    changed.

    Raises
    ------
    OSError
        If the file or its directory cannot be written, or it is a closed descriptor.
    """
    target = os.fspath(path)
    if os.path.isdir(target):
        raise _folder_error(target)
    match = _DESCRIPTOR.fullmatch(target)
    if match:
        _check_open(_descriptor_of(match), target)
    if match or not _is_regular_or_new(target):
        return
    file, temporary = _create_beside(target)
    file.close()
    with suppress(FileNotFoundError):  # another writer has removed it as a leftover
        os.unlink(temporary)


def _open_descriptor(path: str) -> int | None:
    """Duplicate the open descriptor that `path` names, directly or through links."""
    for _ in range(_MAX_LINKS):
        match = _DESCRIPTOR.fullmatch(path)
        if match:
            descriptor = _descriptor_of(match)
            if descriptor == 1 and sys.stdout is not None:
                sys.stdout.flush()  # keep the order of what was printed before
            return os.dup(descriptor)
        if not os.path.islink(path):
            return None
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return None


def _descriptor_of(match: re.Match[str]) -> int:
    name = next(filter(None, match.groups()))
    return {"out": 1, "err": 2}.get(name) or int(name)


def _check_open(descriptor: int, path: str) -> None:
    try:
        os.fstat(descriptor)
    except OSError as error:
        name = {1: "standard output", 2: "standard error"}.get(descriptor, "it")
        message = f"{name} is closed. Open it, or name a file"
        raise OSError(error.errno, message, path) from error


def _is_regular_or_new(path: str) -> bool:
    """Tell whether `path` is a regular file, or missing (also a dangling link)."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        return True


def _create_beside(target: str) -> tuple[BinaryIO, str]:
    """Create an empty file in the directory of `target`, with its final mode.

    Returns
    -------
    file : binary file
        The new file, open for writing.
    temporary : str
        Its name.
    """
    final = os.path.realpath(target)
    exists = os.path.exists(final)
    if exists and not os.access(final, os.W_OK) and os.path.exists(final):
        # A rename would replace a read-only file.  Asked twice, because another process
        # may remove the file or make it meanwhile.
        message = "the file exists and is not writable"
        raise PermissionError(errno.EACCES, message, target)
    remove_leftovers(os.path.dirname(final))
    try:
        file, temporary = new_file_beside(final)
    except OSError as error:
        raise no_temporary(error, target) from error
    try:
        with suppress(FileNotFoundError):
            os.chmod(temporary, stat.S_IMODE(os.stat(final).st_mode))
    except BaseException:
        file.close()
        os.unlink(temporary)
        raise
    return file, temporary


def no_temporary(error: OSError, target: str) -> OSError:
    """Return an error about the directory of `target`, not the temporary file."""
    directory = os.path.dirname(os.path.realpath(target))
    message = (
        f"cannot create files in {directory} ({error.strerror}); "
        "a new file is written there first and then renamed"
    )
    return OSError(error.errno, message, target)


@contextmanager
def naming_full_disk(target: str) -> Iterator[None]:
    """Add the file's name to errors of writing to a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in _FULL_DISK:
            error.filename = target
        raise


@contextmanager
def synced(file: BinaryIO) -> Iterator[BinaryIO]:
    """Close `file` at the end of the block, after flushing it to the disk."""
    with file:
        yield file
        _flush_to_disk(file)


def _flush_to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _replaced_file(target: str) -> Iterator[BinaryIO]:
    file, temporary = _create_beside(target)
    final = os.path.realpath(target)
    try:
        with file:
            yield file
            _flush_to_disk(file)
            if _RENAMES_OPEN_FILES:  # closed, it could be taken for a leftover
                os.replace(temporary, final)
        if not _RENAMES_OPEN_FILES:
            os.replace(temporary, final)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
