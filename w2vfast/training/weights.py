"""The matrices that are trained: their memory, its estimate, initial vectors."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.errors import Name, Setting, SettingsMemoryError
from w2vfast.system.resources import available_memory
from w2vfast.training.kernel_objects import sample_sets
from w2vfast.training.replicas import replica_rows
from w2vfast.training.spans import LONGEST_ROUND, SHARDS

if TYPE_CHECKING:
    from w2vfast.params import TrainParams

MATRICES = ("syn0", "syn1", "syn1neg")
LANES = _core.LANES
ROW_BYTES = 4 * LANES  # rows are padded to a multiple of it
HUGE_PAGE = 1 << 21  # bytes
CHECK_ROWS = 4096  # rows that are searched for non-finite numbers at a time


class Rows:
    """A float32 matrix whose rows are padded during training and compact otherwise.

    Padded rows start on a cache line, and the kernels process them in whole vectors.
    Both forms use the same memory, so that a change of form moves the rows once and
    needs no second matrix.

    Parameters
    ----------
    vectors : ndarray of float32, shape (rows, D)
        Only read, so it may be a memory map; copied when it is first padded.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._dim = vectors.shape[1]
        self._vectors = vectors
        self._memory: NDArray[np.float32] | None = None  # (rows, stride)

    @classmethod
    def zeros(cls, n_rows: int, dim: int) -> Rows:
        """Make a padded matrix of zeros."""
        memory = _padded_zeros(n_rows, dim)
        rows = cls(memory[:, :dim])
        rows._memory = memory
        return rows

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The matrix, shape (rows, D): a view, strided while the rows are padded."""
        return self._vectors

    def pad(self) -> NDArray[np.float32]:
        """Pad the rows; return them with their padding, shape (rows, stride)."""
        memory = self._memory
        if memory is None:
            memory = _padded_zeros(*self._vectors.shape)
            memory[:, : self._dim] = self._vectors
            self._memory, self._vectors = memory, memory[:, : self._dim]
        elif self._vectors.strides[0] != memory.strides[0]:
            _core.pad_rows(memory, self._dim)
            self._vectors = memory[:, : self._dim]
        return memory

    def pack(self) -> None:
        """Remove the padding."""
        if self._memory is None or self._vectors.flags.c_contiguous:
            return
        _core.pack_rows(self._memory, self._dim)
        flat = self._memory.reshape(-1)[: self._vectors.size]
        self._vectors = flat.reshape(self._vectors.shape)

    def __getstate__(self) -> dict[str, Any]:
        return {"vectors": np.array(self._vectors)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["vectors"])  # type: ignore[misc]


def _padded_zeros(n_rows: int, dim: int) -> NDArray[np.float32]:
    stride = -(-dim // LANES) * LANES
    return _large_zeros(n_rows * stride).reshape(n_rows, stride)


def _large_zeros(size: int) -> NDArray[np.float32]:
    """Allocate float32 zeros on cache lines, on huge pages where the system has them.

    Rows are visited in random order.  With small pages, most visits would also wait
    for the translation of the address.
    """
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is None or 4 * size < HUGE_PAGE:
        return _core.aligned_floats(size)
    # Private, because shared memory often gets no huge pages.
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    try:
        memory = mmap.mmap(-1, 4 * size + HUGE_PAGE, flags=flags)
    except OSError as error:
        message = (
            f"a matrix of {4 * size / 1e9:.2f} GB could not be allocated ({error})."
        )
        raise MemoryError(message) from error
    with contextlib.suppress(OSError):  # a kernel without huge pages
        memory.madvise(advice)
    address = np.frombuffer(memory, dtype=np.uint8).ctypes.data
    return np.frombuffer(memory, np.float32, size, offset=-address % HUGE_PAGE)


@dataclass
class Weights:
    """The matrices that are trained.

    Attributes
    ----------
    syn0 : Rows
        Input vectors, (rows, D).
    syn1 : Rows or None
        Inner nodes of the Huffman tree, (rows, D), with hierarchical softmax.
    syn1neg : Rows or None
        Output vectors, (rows, D), with negative sampling or full softmax.
    """

    syn0: Rows
    syn1: Rows | None
    syn1neg: Rows | None

    def __iter__(self) -> Iterator[tuple[str, Rows]]:
        for name in MATRICES:
            rows = getattr(self, name)
            if rows is not None:
                yield name, rows

    def first_non_finite(self) -> str | None:
        """Return the name of the first matrix with a number that is not finite."""
        return next((n for n, rows in self if not _is_finite(rows.vectors)), None)

    def pack(self) -> None:
        """Make all matrices compact."""
        for _, rows in self:
            rows.pack()


def _is_finite(matrix: NDArray[np.float32]) -> bool:
    # A float64 sum of finite float32 is finite: one pass, without a mask.
    starts = range(0, len(matrix), CHECK_ROWS)
    blocks = (matrix[start : start + CHECK_ROWS] for start in starts)
    with np.errstate(invalid="ignore"):  # inf - inf
        return all(np.isfinite(block.sum(dtype=np.float64)) for block in blocks)


def estimate_memory(n_rows: int, params: TrainParams) -> dict[str, int]:
    """Estimate the memory that training needs, without the ids of the text.

    Parameters
    ----------
    n_rows : int
        Rows of the vocabulary, the sentence end included.
    params : TrainParams

    Returns
    -------
    dict of int
        Bytes by name (vocab, syn0, syn1, syn1neg, windows, shards, tables), and their
        total.
    """
    row_bytes = -(-params.vector_size // LANES) * ROW_BYTES
    matrix = n_rows * row_bytes
    sizes = {"vocab": 200 * n_rows, "syn0": matrix}  # a str, its list and dict entries
    tables = 4 * n_rows  # keep thresholds
    if params.hs:
        sizes["syn1"] = matrix
        tables += 300 * n_rows  # while the tree is built; half of it is kept
    if params.has_output_vectors:
        sizes["syn1neg"] = matrix
    if params.negative:
        tables += 8 * n_rows  # thresholds and aliases
    if params.objective == "softmax":
        # Each worker's logits, before and after their correction, and list of rows.
        one_input = params.negative_sharing == "pair" or not params.sg
        longest = min(2 * params.window, params.max_sentence_length, n_rows)
        floats = 1 if one_input else 2 * min(longest, _core.MAX_INPUTS)
        tables += params.n_workers * n_rows * (4 * floats + 8)
    if not params.sg and not params.exact:
        limits = params.window, params.max_sentence_length
        sizes["windows"] = params.n_workers * _core.window_bytes(*limits, row_bytes)
    if params.deterministic:
        sizes["shards"] = _shard_bytes(n_rows, params, row_bytes)
    sizes["tables"] = tables
    if n_replicas := replica_rows(params, n_rows):
        sizes["replicas"] = n_replicas * row_bytes
    sizes["total"] = sum(sizes.values())
    return sizes


def _shard_bytes(n_rows: int, params: TrainParams, row_bytes: int) -> int:
    """Return the bytes of the rows that the shards of the longest rounds copy.

    At most one row of each matrix for each kept word, of output vectors for each set of
    negative samples: measured are 0.3 to 0.7 with 16,000 words in a shard.  With
    samples for each pair nearly all output vectors.
    """
    words = LONGEST_ROUND // SHARDS
    a_matrix = min(n_rows, words)
    copied = a_matrix * (1 + params.hs)
    if params.negative:
        is_pair = params.negative_sharing == "pair"
        copied += n_rows if is_pair else min(n_rows, int(words * sample_sets(params)))
    n_matrices = 1 + params.hs + (params.negative > 0)
    n_workers = min(params.n_workers, SHARDS)
    # For each row: its number and its copy, where it is copied to, an index of a merge.
    tables = n_rows * n_matrices * (16 * SHARDS + 8 * n_workers + 4)
    lists = 17 * n_rows * n_workers  # what a worker merges at a time
    return SHARDS * copied * row_bytes + tables + lists


def new_weights(n_rows: int, params: TrainParams) -> Weights:
    """Allocate the matrices and draw the initial input vectors.

    Parameters
    ----------
    n_rows : int
        Rows of the vocabulary, the sentence end included.
    params : TrainParams

    Returns
    -------
    Weights
        Input vectors are random, the other matrices zeros.

    Raises
    ------
    MemoryError
        Before anything is allocated, if the estimate exceeds the available memory.

    Source
    ------
    word2vec.c InitNet.
    """
    dim = params.vector_size
    _check_memory(n_rows, params)
    weights = Weights(
        Rows.zeros(n_rows, dim),
        Rows.zeros(n_rows, dim) if params.hs else None,
        Rows.zeros(n_rows, dim) if params.has_output_vectors else None,
    )
    if params.exact:
        _core.init_vectors_exact(weights.syn0.pad(), dim)
    else:
        _core.init_vectors(weights.syn0.pad(), dim, params.seed, params.init_range)
    return weights


def _check_memory(n_rows: int, params: TrainParams) -> None:
    sizes = estimate_memory(n_rows, params)
    sizes["total"] -= sizes.pop("vocab")  # is in memory already
    available = available_memory()
    if available is not None and sizes["total"] > available:
        parts = ", ".join(
            f"{name} {size / 1e9:.2f}"
            for name, size in sizes.items()
            if name != "total"
        )
        message = (
            f"training {n_rows} words with ",
            Setting("vector_size", params.vector_size),
            f" needs about {sizes['total'] / 1e9:.2f} GB ({parts}), but only "
            f"{available / 1e9:.2f} GB are available. Raise ",
            *(Name("min_count"), ", set ", Name("max_final_vocab"), " or lower "),
            *(Name("vector_size"), "."),
        )
        raise SettingsMemoryError(message)
