"""Read or write a file of vectors in the format that its name or a kind selects."""

from __future__ import annotations

import importlib
import os

from w2vfast.aliases import PathLike
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions
from w2vfast.formats.registry import ANY_WORD2VEC, KINDS, Kind
from w2vfast.formats.spelling import check_spaces

_WRITTEN_COMPRESSED = (".gz", ".bz2", ".xz")
_ONLY_READ_COMPRESSED = (".zst",)
_READ_COMPRESSED = (*_WRITTEN_COMPRESSED, *_ONLY_READ_COMPRESSED)


def read_vectors(
    path: PathLike, kind: str | None = None, how: ReadOptions | None = None
) -> Contents:
    """Read a file or folder of vectors.

    Parameters
    ----------
    path : str or path-like
        The suffix selects the format: .txt, .vec, .bin and .glove, which may be
        compressed, .npz, .safetensors or .parquet.  A directory is read as a folder
        saved by this package.  Any other file is read as word2vec text or binary; its
        first bytes decide which.
    kind : str, optional
        A key of `w2vfast.formats.registry.KINDS`; overrides the suffix.
    how : ReadOptions, optional

    Returns
    -------
    Contents

    Raises
    ------
    ValueError
        If the kind is unknown or can only be written, the file cannot be mapped, or
        its content does not fit the format.
    OSError
        If the file cannot be read.
    ImportError
        If the format needs a package that is not installed.
    """
    name = os.fspath(path)
    how = how or ReadOptions()
    check_spaces(how.spaces)
    chosen = KINDS.get(kind_of(name), ANY_WORD2VEC)
    if kind is not None:
        chosen = _kind_named(kind)
    if chosen.read is None:
        message = f"{name} is {chosen.description}, and cannot be read back"
        raise ValueError(message)
    if how.mmap and not chosen.can_be_mapped and os.path.exists(name):
        message = (
            f"{name} is not a folder, and only folders can be mapped; load it once "
            "without mmap, save it as a folder (a name without a suffix), and map that"
        )
        raise ValueError(message)
    _require_package(chosen)
    return chosen.read(name, how)


def write_vectors(
    path: PathLike,
    held: Contents,
    kind: str | None = None,
    how: WriteOptions | None = None,
) -> None:
    """Write a file or folder of vectors.  It appears complete or not at all.

    Parameters
    ----------
    path : str or path-like
        The suffix selects the format and is one of those in
        `w2vfast.formats.registry.KINDS`; .gz, .bz2 or .xz may follow it for text and
        binary.  Any other name is a folder.
    held : Contents
    kind : str, optional
        A key of `w2vfast.formats.registry.KINDS`; overrides the suffix.
    how : WriteOptions, optional

    Raises
    ------
    ValueError
        If the kind is unknown, or the format cannot be compressed or cannot store a
        word.
    OSError
        If the file cannot be written.
    ImportError
        If the format needs a package that is not installed.
    """
    name = os.fspath(path)
    how = how or WriteOptions()
    check_spaces(how.spaces, ("refuse", "escape"))
    if kind is None and _selects_nothing(name):
        kind = "folder"
    write = KINDS[kind_to_write(name, kind)].write
    if write is not None:  # `kind_to_write` refuses other kinds
        write(name, held, how)


def _selects_nothing(name: str) -> bool:
    """Return whether a name has no known suffix, nor that of a compressed file."""
    is_compressed = name.lower().endswith(_READ_COMPRESSED)
    return _kind_of_suffix(name, _WRITTEN_COMPRESSED) is None and not is_compressed


def kind_to_write(path: PathLike, kind: str | None = None) -> str:
    """Return the kind that a name or `kind` selects, a key of `KINDS`.

    Parameters
    ----------
    path, kind
        As for `write_vectors`; but a name that selects nothing is an error.

    Raises
    ------
    ValueError
        If the suffix or kind is unknown.
    ImportError
        If the format needs a package that is not installed.
    """
    name = os.fspath(path)
    chosen = _kind_named(kind) if kind else _kind_of_suffix(name, _WRITTEN_COMPRESSED)
    if chosen is None:
        suffixes = sorted(s for k in KINDS.values() for s in k.suffixes if s)
        message = (
            f"cannot tell the format from the name {name!r}. Known suffixes are "
            f"{', '.join(suffixes)}; text and binary may also end in .gz, .bz2 or .xz; "
            "a name without a suffix is a folder. Or pass a kind: "
            f"{', '.join(KINDS)}."
        )
        raise ValueError(message)
    if chosen.write is None:
        message = f"{name}: files of the kind {kind!r} are only read; choose another"
        raise ValueError(message)
    _require_package(chosen)
    return next(name for name, known in KINDS.items() if known is chosen)


def check_compression(
    path: PathLike, *, selects_format: bool = False, kind: str | None = None
) -> None:
    """Raise if a name ends in a compression that would be ignored.

    Parameters
    ----------
    path : path
    selects_format : bool, default False
        Whether the name selects a format; else text or binary is written.
    kind : str, optional
        What is written, whatever the name says; a key of `KINDS`.

    Raises
    ------
    ValueError
        If it is one such as ``v.txt.zst``, or ``v.npz.gz`` if it selects a format.
    """
    name = os.fspath(path)
    stem, ending = os.path.splitext(name)
    chosen = _kind_of_suffix(stem, ()) if os.path.splitext(stem)[1] else None
    if kind is not None:
        chosen, selects_format = KINDS[kind], True
    is_whole = selects_format and chosen is not None and not chosen.may_be_compressed
    is_written = ending.lower() in _WRITTEN_COMPRESSED
    if (is_written and is_whole) or ending.lower() in _ONLY_READ_COMPRESSED:
        message = (
            f"{name!r} names a file that is not written: names of text and binary "
            f"files may end in .gz, .bz2 or .xz, others only in their own suffix"
        )
        raise ValueError(message)


def kind_of(path: PathLike) -> str:
    """Return the kind that `read_vectors` selects for a path.

    Returns
    -------
    str
        A key of `w2vfast.formats.registry.KINDS`, or "word2vec" if the first bytes of
        the file decide between text and binary.
    """
    if os.path.isdir(path):
        return "folder"
    chosen = _kind_of_suffix(os.fspath(path), _READ_COMPRESSED)
    # A name without a suffix means a folder only when writing.
    chosen = None if chosen is KINDS["folder"] else chosen
    return next((name for name, kind in KINDS.items() if kind is chosen), "word2vec")


def _kind_named(kind: str) -> Kind:
    if kind not in KINDS:
        message = f"kind must be one of {', '.join(KINDS)}, got {kind!r}"
        raise ValueError(message)
    return KINDS[kind]


def _kind_of_suffix(path: str, compressed: tuple[str, ...]) -> Kind | None:
    """Return the kind that the suffix of a name selects, or None."""
    stem, suffix = os.path.splitext(os.path.normpath(path))
    is_compressed = suffix.lower() in compressed
    if is_compressed:
        suffix = os.path.splitext(stem)[1]
    for kind in KINDS.values():
        if suffix.lower() in kind.suffixes:
            return kind if kind.may_be_compressed or not is_compressed else None
    return None


def _require_package(kind: Kind) -> None:
    """Raise ImportError, before any work is done, if the package is not installed."""
    if kind.package is None:
        return
    try:
        importlib.import_module(kind.package)
    except ImportError as error:
        message = (
            f"this format ({kind.description}) needs the package {kind.package}: "
            f'pip install "w2vfast[{kind.extra}]", or choose another format, such as '
            ".npz"
        )
        raise ImportError(message) from error
