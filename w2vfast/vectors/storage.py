"""KeyFiles: a table of vectors read from files and written to them.

V is the number of keys, D the dimension.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from w2vfast.formats import dispatch, word2vec
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions
from w2vfast.formats.spelling import Spaces
from w2vfast.formats.word_counts import read_counts, write_counts
from w2vfast.system.files import PathLike
from w2vfast.vectors.table import FloatArray, Key, KeyTable

if TYPE_CHECKING:
    from typing_extensions import Self


class KeyFiles(KeyTable):
    """Reads and writes keys and vectors; see `KeyedVectors`."""

    def save_word2vec_format(
        self,
        fname: PathLike,
        fvocab: PathLike | None = None,
        binary: bool = False,
        *,
        write_header: bool = True,
        c_text: bool | None = None,
    ) -> None:
        """Write the vectors in the C program's format, whole or not at all.

        Parameters
        ----------
        fname : str or path-like
            The file; see `w2vfast.system.files.open_output` for pipes and links.
        fvocab : str or path-like, optional
            Also write the counts there, a line ``word count`` for each word.
        binary : bool, default False
            Little-endian float32 rather than text.
        write_header : bool, default True
            Begin with a line ``V D``; GloVe's files have none.
        c_text : bool, optional
            Write the very text of the C program: six decimals, a space at the end of
            each line.  The default is what these vectors were trained as: True in
            exact mode.  Otherwise a number has as few digits as keep its float32.

        Raises
        ------
        ValueError
            If a word cannot be written (it holds white space or is empty), or
            `fvocab` is given and there are no counts, or a binary file is to have no
            header.
        OSError
            If a file cannot be written.
        """
        if isinstance(fvocab, bool):
            message = f"fvocab is a file name, got {fvocab}; write binary={fvocab}"
            raise TypeError(message)
        if fvocab is not None and self.counts is None:
            message = "fvocab needs counts, and these vectors were loaded without any"
            raise ValueError(message)
        as_c = self._c_text if c_text is None else c_text
        held = Contents(self.index_to_key, self.vectors, c_text=as_c)
        word2vec.write(
            os.fspath(fname), held, WriteOptions(), binary=binary, header=write_header
        )
        if fvocab is not None and self.counts is not None:
            write_counts(os.fspath(fvocab), self.index_to_key, self.counts.tolist())

    @classmethod
    def load_word2vec_format(
        cls,
        fname: PathLike,
        fvocab: PathLike | None = None,
        binary: bool | None = False,
        *,
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: npt.DTypeLike = np.float32,
        no_header: bool = False,
    ) -> Self:
        """Read vectors in the C program's format.

        Parameters
        ----------
        fname : str or path-like
            The file, also compressed by gzip, bz2 or xz.
        fvocab : str or path-like, optional
            Read the counts there: lines ``word count``; words without a vector are
            passed over.
        binary : bool or None, default False
            Binary rather than text; None looks at the first row.
        unicode_errors : str, default "strict"
            How words that are not UTF-8 are decoded; "surrogateescape" keeps them.
        limit : int, optional
            Read at most this many words [words].
        datatype : dtype, default float32
            A floating-point type for the vectors.
        no_header : bool, default False
            The text has no first line ``V D``, as GloVe's files.

        Returns
        -------
        KeyedVectors

        Raises
        ------
        ValueError
            If a file does not fit its format; with its name and the line or byte.
        OSError
            If a file cannot be read.

        Warns
        -----
        UserWarning
            If a word occurs twice: look-up finds the first.
        """
        if isinstance(fvocab, bool):
            message = f"fvocab is a file name, got {fvocab}; write binary={fvocab}"
            raise TypeError(message)
        how = ReadOptions(limit, unicode_errors, dtype=datatype)
        held = word2vec.read(os.fspath(fname), how, binary=binary, header=not no_header)
        counts = None
        if fvocab is not None:
            counts = _counts_of(held.words, fvocab, unicode_errors)
        loaded = cls(held.words, held.vectors, counts)
        _warn_of_duplicates(loaded, os.fspath(fname))
        return loaded

    def intersect_word2vec_format(
        self,
        fname: PathLike,
        lockf: float = 1.0,
        binary: bool | None = False,
        *,
        unicode_errors: str = "strict",
    ) -> int:
        """Take the vectors of the keys that a file in the C program's format has too.

        Other keys keep theirs, and no key is added.  The vectors of a model are the
        rows that it trains, so it starts from what was taken.

        Parameters
        ----------
        fname : str or path-like
            The file; only the rows that are taken are held in memory.
        lockf : float, default 1.0
            gensim's factor for later training of these rows; nothing but 1.0 is
            accepted.  Differs: gensim's default, 0.0, freezes them.
        binary : bool or None, default False
            Binary rather than text; None looks at the first row.
        unicode_errors : str, default "strict"
            How words that are not UTF-8 are decoded.

        Returns
        -------
        int
            Vectors taken [rows].

        Raises
        ------
        ValueError
            If the dimension differs, the file does not fit its format, or the vectors
            are read-only.  Nothing has been changed then.
        """
        if lockf != 1.0:
            message = (
                f"lockf={lockf} would slow down or freeze rows in training; leave it "
                "out, and freeze words by train(freeze=[...])"
            )
            raise ValueError(message)
        mine = self._writable()
        # Files hold the digits of keys that are numbers.
        rows = {str(key): row for key, row in self.key_to_index.items()}
        how = ReadOptions(None, unicode_errors, only=rows, dtype=mine.dtype)
        held = word2vec.read(os.fspath(fname), how, binary=binary)
        words, vectors = held.words, held.vectors
        if vectors.shape[1] != self.vector_size:
            message = (
                f"{os.fspath(fname)} has vectors of {vectors.shape[1]} values, these "
                f"have {self.vector_size}"
            )
            raise ValueError(message)
        mine[np.array([rows[str(word)] for word in words], np.intp)] = vectors
        return len(words)

    def save(
        self,
        path: PathLike,
        kind: str | None = None,
        *,
        spaces: Spaces = "refuse",
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        r"""Write the vectors in the format that the name's suffix means.

        Parameters
        ----------
        path : str or path-like
            .txt or .vec (word2vec text), .bin (binary), .glove (text without a header),
            each also with .gz, .bz2 or .xz; .npz; .safetensors; .tsv (TensorBoard's
            projector); .hf (a folder for sentence-transformers and model2vec); without
            a suffix, or with .kv or .wordvectors, a folder, which alone keeps
            attributes beside the counts.  Written whole or not at all.
        kind : str, optional
            A name of `w2vfast.formats.registry.KINDS`, whatever the suffix is.
        spaces : {"refuse", "escape"}, default "refuse"
            Words with white space, where readers would cut them: an error, or
            escapes such as ``\x20`` that `load` undoes.
        dtype : dtype, optional
            Floating-point type to convert the vectors to; float16 takes half the room
            of float32 in a folder and in .npz, and keeps three decimal digits.

        Raises
        ------
        TypeError
            If an attribute holds objects that JSON cannot.
        ValueError
            If the suffix is unknown, a word cannot be written, or a value is too large
            for `dtype`.
        OSError
            If the file cannot be written.
        ImportError
            If the format needs a package that is missing.
        """
        attributes = {k: v for k, v in self.expandos.items() if k != "count"}
        held = Contents(
            self.index_to_key,
            _stored_as(self.vectors, dtype),
            self.counts,
            self._c_text,
            attributes,
        )
        dispatch.write_vectors(path, held, kind, WriteOptions(spaces))

    @classmethod
    def load(
        cls,
        path: PathLike,
        kind: str | None = None,
        *,
        limit: int | None = None,
        unicode_errors: str = "strict",
        spaces: Spaces = "refuse",
        mmap: bool | str | None = False,
    ) -> Self:
        """Read vectors from a file or folder of any format that can be read.

        Parameters
        ----------
        path : str or path-like
            What `save` wrote, but for .tsv and .hf; a folder of `Word2Vec.save`; text
            with a header or without; gensim's and the C program's binary.
        kind : str, optional
            A name of `w2vfast.formats.registry.KINDS`, whatever the suffix is.
        limit : int, optional
            Read at most this many words [words].
        unicode_errors : str, default "strict"
            How words in text and binary that are not UTF-8 are decoded.
        spaces : {"refuse", "escape", "keep"}, default "refuse"
            Words with white space: an error; escapes are undone; or whatever comes
            before the last D fields of a line of text is the word.
        mmap : bool or "r", default False
            Map the vectors of a folder from disk, read-only, rather than reading them:
            loading takes the time of the keys alone, and processes that map the same
            folder share the memory.  Values are then not checked for being finite.

        Returns
        -------
        KeyedVectors

        Raises
        ------
        ValueError
            If the file does not fit its format, with its name and the line or byte; or
            it is to be mapped and is no folder.
        OSError
            If the file cannot be read.
        ImportError
            If the format needs a package that is missing.

        Notes
        -----
        Files in the C program's binary format cannot be mapped: each vector stands
        behind a word of its own length, so the rows lie neither at equal distances nor
        at multiples of four bytes.  Load such a file once and `save` it as a folder.
        """
        if mmap not in (True, False, None, "r"):
            message = f"mmap must be True, False or 'r' (read-only), got {mmap!r}"
            raise ValueError(message)
        how = ReadOptions(limit, unicode_errors, spaces, mmap=bool(mmap))
        held = dispatch.read_vectors(path, kind, how)
        loaded = cls(held.words, held.vectors, held.counts, c_text=held.c_text)
        loaded.expandos.update(held.attributes)
        _warn_of_duplicates(loaded, os.fspath(path))
        return loaded


def _stored_as(vectors: FloatArray, dtype: npt.DTypeLike | None) -> FloatArray:
    """Convert vectors, or explain which value is too large."""
    if dtype is None or np.dtype(dtype) == vectors.dtype:
        return vectors
    wanted = np.dtype(dtype)
    if wanted.kind != "f":
        message = f"dtype must be a floating-point type, got {wanted}"
        raise ValueError(message)
    with np.errstate(over="ignore"):
        converted = vectors.astype(wanted)
    lost = np.isinf(converted) & np.isfinite(vectors)
    if lost.any():
        message = (
            f"{vectors[lost][0]} is too large for {wanted}, which ends at "
            f"{np.finfo(wanted).max}; scale the vectors, or store another dtype"
        )
        raise ValueError(message)
    return converted


def _counts_of(
    words: Sequence[Key], fvocab: PathLike, unicode_errors: str
) -> list[int]:
    """Read the counts of all words from a vocabulary file."""
    counts = read_counts(os.fspath(fvocab), unicode_errors)
    missing = next((word for word in words if word not in counts), None)
    if missing is not None:
        message = (
            f"{os.fspath(fvocab)} has no count for {missing!r}; "
            "give the vocabulary file that belongs to these vectors"
        )
        raise ValueError(message)
    return [counts[str(word)] for word in words]


def _warn_of_duplicates(loaded: KeyTable, name: str) -> None:
    twice = len(loaded) - len(loaded.key_to_index)
    if twice:
        rows = enumerate(loaded.index_to_key)
        first = next(word for row, word in rows if loaded.key_to_index[word] != row)
        message = (
            f"{name}: {twice} rows repeat a word, such as {first!r}; all rows are "
            "kept, and look-up finds the first"
        )
        warnings.warn(message, UserWarning, stacklevel=3)
