"""The file formats: suffixes, reader, writer and required package of each.

To add a format, write a module with ``read(path, how)`` and ``write(path, held, how)``
and add a row to `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from w2vfast.formats import (
    gensim_saved,
    npz,
    parquet,
    projector,
    safetensors,
    static_embedding,
    vector_folder,
    word2vec,
)
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions
from w2vfast.system.files import check_output

Reader = Callable[[str, ReadOptions], Contents]
Writer = Callable[[str, Contents, WriteOptions], None]


class Kind(NamedTuple):
    """One file format.

    Attributes
    ----------
    suffixes : tuple of str
        Suffixes that select this format.
    description : str
    read : callable or None
        ``read(path, how)`` returns `Contents`; None if the format is only written.
    write : callable or None
        ``write(path, held, how)``; None if the format is only read.
    may_be_compressed : bool
        Whether .gz, .bz2, .xz or (reading only) .zst may follow the suffix.
    can_be_mapped : bool
        Whether `read` supports ``how.mmap``.
    check_place : callable
        ``check_place(path)`` raises early what `write` would raise about the place,
        and leaves nothing there.
    package, extra : str or None
        A Python package that the format needs, and the extra of w2vfast that
        installs it.
    """

    suffixes: tuple[str, ...]
    description: str
    read: Reader | None
    write: Writer | None
    may_be_compressed: bool = False
    can_be_mapped: bool = False
    check_place: Callable[[str], None] = check_output
    package: str | None = None
    extra: str | None = None


KINDS = {
    "text": Kind(
        (".txt", ".vec"),
        "word2vec text; read also without its first line",
        partial(word2vec.read, binary=False, header=None),
        word2vec.write,
        may_be_compressed=True,
    ),
    "binary": Kind(
        (".bin",),
        "word2vec binary, the C program's or gensim's",
        partial(word2vec.read, binary=True, header=True),
        partial(word2vec.write, binary=True),
        may_be_compressed=True,
    ),
    "headerless": Kind(
        (".glove",),
        "text without a first line 'V D', as GloVe's",
        partial(word2vec.read, binary=False, header=False),
        partial(word2vec.write, header=False),
        may_be_compressed=True,
    ),
    "npz": Kind((".npz",), "NumPy arrays", npz.read, npz.write),
    "safetensors": Kind(
        (".safetensors",),
        "named arrays",
        safetensors.read,
        safetensors.write,
        package="safetensors",
        extra="hf",
    ),
    "parquet": Kind(
        (".parquet",),
        "a table with the columns key, count and vector",
        parquet.read,
        parquet.write,
        package="pyarrow",
        extra="arrow",
    ),
    "folder": Kind(  # .kv and .wordvectors are usual names among gensim's users
        ("", ".kv", ".wordvectors"),
        "a folder of JSON and .npy",
        vector_folder.read,
        vector_folder.write,
        can_be_mapped=True,
        check_place=vector_folder.check_place,
    ),
    "gensim": Kind(
        (),
        "gensim's saved KeyedVectors or Word2Vec (read only, never by suffix)",
        gensim_saved.read,
        None,
    ),
    "projector": Kind(
        (".tsv",),
        "two tables for TensorBoard's projector (written only)",
        None,
        projector.write,
    ),
    "static-embedding": Kind(
        (".hf",),
        "a folder for sentence-transformers and model2vec (written only)",
        None,
        static_embedding.write,
        check_place=static_embedding.check_place,
        package="safetensors",
        extra="hf",
    ),
}

# For files whose suffix selects no format: the first bytes decide.
ANY_WORD2VEC = Kind(
    (),
    "word2vec text or binary",
    partial(word2vec.read, binary=None, header=None),
    word2vec.write,
    may_be_compressed=True,
)
