"""NumPy's .npz: the arrays of `w2vfast.formats.named_arrays`, not compressed."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Collection
from typing import Any, BinaryIO

import numpy as np

from w2vfast.aliases import PathLike
from w2vfast.formats.contents import (
    Contents,
    ReadOptions,
    WriteOptions,
    limited_and_checked,
)
from w2vfast.formats.named_arrays import NAMES, Arrays, from_arrays, to_arrays
from w2vfast.formats.npy import read_header
from w2vfast.system.files import (
    check_expansion,
    is_damage,
    open_output,
    open_regular,
)

_START = b"PK\x03\x04"  # of an archive that is not empty


def write(path: str, held: Contents, how: WriteOptions) -> None:
    """Write words, vectors and counts as NumPy's `savez` does.

    Raises
    ------
    ValueError
        If the words cannot be stored; see `to_arrays`.
    OSError
        If the file cannot be written.
    """
    arrays: Any = to_arrays(held)
    with open_output(path) as file:
        np.savez(file, **arrays)


def read(path: str, how: ReadOptions) -> Contents:
    """Read an .npz file with words and vectors, compressed or not.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is damaged or does not contain words and vectors; names the file.
    """
    return limited_and_checked(path, from_arrays(path, read_arrays(path, NAMES)), how)


def read_arrays(path: PathLike, names: Collection[str]) -> Arrays:
    """Read the arrays of these names, those that an .npz file has.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is damaged or no .npz file; names the file.
    """
    with open_regular(path) as file:
        try:
            return _load(file, names)
        # zipfile, its decompressors and NumPy raise errors of many kinds.
        except Exception as error:
            if not is_damage(error):
                raise
            message = f"{path}: expected an .npz file of NumPy, but {error}"
            raise ValueError(message) from error


def _load(file: BinaryIO, names: Collection[str]) -> Arrays:
    size = os.fstat(file.fileno()).st_size
    if file.read(len(_START)) != _START:  # zipfile accepts bytes before an archive
        message = "it begins otherwise"
        raise ValueError(message)
    arrays = {}
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if name in names:
                _check_announced_size(archive, member, size)
                with archive.open(member) as opened:
                    arrays[name] = np.lib.format.read_array(opened, allow_pickle=False)
    return arrays


def _check_announced_size(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, size: int
) -> None:
    """Raise if an array header announces more bytes than the file can contain.

    Otherwise a damaged header would allocate any amount of memory, as would that of a
    compression that NumPy does not write.  `size` is that of the whole archive [bytes].
    """
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        message = (
            f"{member.filename} is compressed by method {member.compress_type}, and "
            "NumPy writes 0 (not at all) or 8 (deflate) only"
        )
        raise ValueError(message)
    with archive.open(member) as opened:
        header = read_header(opened)
    stored = member.compress_type == zipfile.ZIP_STORED
    most = min(member.file_size, size) if stored else member.file_size
    announced = (
        f"{member.filename} announces {header.end} bytes ({header.dtype} of shape "
        f"{header.shape})"
    )
    if header.end != most:
        message = f"{announced} and has {most}"
        raise ValueError(message)
    check_expansion(announced, header.end, size)
