"""Train weights on encoded ids: memory, tables, threads, progress, stopping.

The main thread waits and reports; every worker runs one nogil function of `_core`
an epoch.  Epochs end at a barrier, where callbacks run on the calling thread.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.errors import Name, Setting, SettingsMemoryError, SettingsWarning
from w2vfast.system.resources import available_memory
from w2vfast.system.threads import run_threads
from w2vfast.training import sampling
from w2vfast.training.history import Sample, Timeline
from w2vfast.training.replicas import Copies, plan_copies

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.huffman import HuffmanTree
    from w2vfast.training.sampling import AliasTable, StepTable

LANES = _core.LANES
ROW_BYTES = 4 * LANES
SAMPLES_WANTED = 512  # of a run, over time
SHORTEST_SPAN, LONGEST_SPAN, SPANS_WANTED = 2_000, 64_000, 512
HUGE_PAGE = 1 << 21  # bytes
SAMPLED_IDS = 1 << 20  # at least, of a longer text, to see how hot its words are
SHORT_TEXT = 20_000  # ids; of a shorter one every loss is taken
CHECK_ROWS = 4096  # rows that are searched for non-finite numbers at a time


# ---- memory ------------------------------------------------------------------------


class Rows:
    """A float32 matrix whose rows are padded while training and compact otherwise.

    Padded rows start on a cache line and need no special last step in the kernels.
    Both forms live in the same memory, so a change of form costs one pass and no
    second matrix.

    Parameters
    ----------
    vectors : ndarray of float32, shape (V, D)
        Read only (it may be a memory map); copied when it is padded first.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._dim = vectors.shape[1]
        self._vectors = vectors
        self._memory: NDArray[np.float32] | None = None  # (V, stride)

    @classmethod
    def zeros(cls, n_rows: int, dim: int) -> Rows:
        """Make a padded matrix of zeros."""
        stride = -(-dim // LANES) * LANES
        memory = _large_zeros(n_rows * stride).reshape(n_rows, stride)
        rows = cls(memory[:, :dim])
        rows._memory = memory
        return rows

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The matrix, shape (V, D): a view, strided while the rows are padded."""
        return self._vectors

    def pad(self) -> NDArray[np.float32]:
        """Move the rows apart; return all of them, shape (V, stride)."""
        if self._memory is None:
            copy = Rows.zeros(*self._vectors.shape)
            copy._vectors[:] = self._vectors
            self.__dict__.update(copy.__dict__)
            return copy.pad()
        memory = self._memory
        if self._vectors.strides[0] != memory.strides[0]:
            _core.pad_rows(memory, self._dim)
            self._vectors = memory[:, : self._dim]
        return memory

    def pack(self) -> None:
        """Move the rows together."""
        if self._memory is None or self._vectors.flags.c_contiguous:
            return
        _core.pack_rows(self._memory, self._dim)
        flat = self._memory.reshape(-1)[: self._vectors.size]
        self._vectors = flat.reshape(self._vectors.shape)

    def __getstate__(self) -> dict[str, Any]:
        return {"vectors": np.array(self._vectors)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["vectors"])  # type: ignore[misc]


def _large_zeros(size: int) -> NDArray[np.float32]:
    """Float32 zeros on cache lines; on huge pages where the system has them.

    Rows are visited in no order, and with small pages most visits would have to
    look up where in memory the page lies.
    """
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is None or 4 * size < HUGE_PAGE:
        return _core.aligned_floats(size)
    # Private: memory that is shared with children has other, often no huge pages.
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    try:
        memory = mmap.mmap(-1, 4 * size + HUGE_PAGE, flags=flags)
    except OSError as error:
        message = (
            f"a matrix of {4 * size / 1e9:.2f} GB could not be allocated ({error})."
        )
        raise MemoryError(message) from error
    with contextlib.suppress(OSError):  # a kernel without them
        memory.madvise(advice)
    address = np.frombuffer(memory, dtype=np.uint8).ctypes.data
    return np.frombuffer(memory, np.float32, size, offset=-address % HUGE_PAGE)


@dataclass
class Weights:
    """The matrices that are trained.

    Attributes
    ----------
    syn0 : Rows
        Input vectors, (V, D).
    syn1 : Rows or None
        Inner nodes of the Huffman tree, (V, D), with hierarchical softmax.
    syn1neg : Rows or None
        Output vectors, (V, D), with negative sampling or full softmax.
    """

    syn0: Rows
    syn1: Rows | None
    syn1neg: Rows | None

    def __iter__(self) -> Iterator[tuple[str, Rows]]:
        for name in ("syn0", "syn1", "syn1neg"):
            rows = getattr(self, name)
            if rows is not None:
                yield name, rows

    def pack(self) -> None:
        """Make all matrices compact."""
        for _, rows in self:
            rows.pack()


def estimate_memory(n_rows: int, params: TrainParams) -> dict[str, int]:
    """Estimate what training takes besides the ids of the text.

    Parameters
    ----------
    n_rows : int
        V, the sentence end included [words].

    Returns
    -------
    dict of int
        Bytes by name (vocab, syn0, syn1, syn1neg, tables), and their total.
    """
    matrix = n_rows * -(-params.vector_size // LANES) * ROW_BYTES
    sizes = {"vocab": 200 * n_rows, "syn0": matrix}  # a str, its place in list and dict
    tables = 4 * n_rows  # keep thresholds
    if params.hs:
        sizes["syn1"] = matrix
        tables += 300 * n_rows  # while the tree is built; half of it stays
    if params.has_output_vectors:
        sizes["syn1neg"] = matrix
    if params.negative:
        tables += 8 * n_rows  # thresholds and aliases
    if params.objective == "softmax":
        # Each worker's logits and list of rows.
        one_input = params.negative_sharing == "pair" or not params.sg
        longest = min(2 * params.window, params.max_sentence_length, n_rows)
        n_inputs = 1 if one_input else longest
        tables += params.n_workers * n_rows * (4 * n_inputs + 8)
    sizes["tables"] = tables
    sizes["total"] = sum(sizes.values())
    return sizes


def new_weights(n_rows: int, params: TrainParams) -> Weights:
    """Allocate the matrices and draw the input vectors.

    Raises
    ------
    MemoryError
        Before anything is allocated, if the estimate exceeds the memory available.
    """
    dim = params.vector_size
    _check_memory(n_rows, params)
    weights = Weights(
        Rows.zeros(n_rows, dim),
        Rows.zeros(n_rows, dim) if params.hs else None,
        Rows.zeros(n_rows, dim) if params.has_output_vectors else None,
    )
    if params.mode == "exact":
        _core.init_vectors_exact(weights.syn0.pad(), dim)
    else:
        _core.init_vectors(weights.syn0.pad(), dim, params.seed)
    return weights


def _check_memory(n_rows: int, params: TrainParams) -> None:
    sizes = estimate_memory(n_rows, params)
    sizes["total"] -= sizes.pop("vocab")  # is there already
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


# ---- training ----------------------------------------------------------------------


@dataclass(frozen=True)
class Tables:
    """What the kernels look up; see `sampling`, `huffman` and `freezing`."""

    keep: NDArray[np.uint32] | None
    noise: AliasTable | StepTable | None
    tree: HuffmanTree | None
    frozen: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class EpochStats:
    """What one epoch did.

    Attributes
    ----------
    epoch : int
        From 0.
    alpha : float
        Learning rate at the end of the epoch.
    words : int
        Ids visited, sentence ends included [words].
    seconds : float
        Wall time [s].
    hs_loss, ns_loss, softmax_loss : float or None
        Mean loss of a prediction under each objective [nats].  A prediction is one
        (context, centre) pair in skip-gram, one centre in CBOW; its loss is the sum
        over its outputs, with full softmax -log p of the centre.  None where the
        objective or the loss was not taken.
    samples : tuple of Sample
        The epoch over time, from its start to its end.
    unknown : int
        Words of the text that are not in the vocabulary, and so were passed over
        [words].
    """

    epoch: int
    alpha: float
    words: int
    seconds: float
    hs_loss: float | None
    ns_loss: float | None
    samples: tuple[Sample, ...] = field(default=(), repr=False)
    unknown: int = 0
    softmax_loss: float | None = None

    @classmethod
    def from_dict(cls, stats: dict[str, Any]) -> EpochStats:
        """Make one of what `dataclasses.asdict` gave, also by way of JSON."""
        samples = tuple(Sample(*values) for values in stats.get("samples", ()))
        return cls(**{**stats, "samples": samples})

    @property
    def loss(self) -> float | None:
        """Sum of the objectives' losses [nats]."""
        losses = (self.hs_loss, self.ns_loss, self.softmax_loss)
        taken = [loss for loss in losses if loss is not None]
        return sum(taken) if taken else None


class Trainer:
    """One training run: the same weights, ids and settings over several epochs.

    Parameters
    ----------
    weights : Weights
        INOUT; padded while the trainer is at work.
    ids : ndarray of int32, shape (N,)
        0 ends a sentence.
    tables : Tables
        For the vocabulary's counts and the mode.
    train_words : int
        Ids of an epoch by which exact mode's learning rate falls, and after which the
        epoch ends; in C the sum of the vocabulary's counts [words].
    params : TrainParams
    epochs_before : int
        Of earlier runs with these weights: another epoch, other random numbers.
    unknown : int
        Words of the text that are not among the ids [words].
    """

    def __init__(
        self,
        weights: Weights,
        ids: NDArray[np.int32],
        tables: Tables,
        train_words: int,
        params: TrainParams,
        epochs_before: int = 0,
        unknown: int = 0,
    ) -> None:
        _check_ids(ids, len(weights.syn0.vectors))
        self._weights = weights
        self._ids = ids
        self._params = params
        self._epochs_before = epochs_before
        self._unknown = unknown
        self._model = _core.Model(
            weights.syn0.pad(),
            None if weights.syn1 is None else weights.syn1.pad(),
            None if weights.syn1neg is None else weights.syn1neg.pad(),
            params.vector_size,
            tables.keep,
            tables.noise,
            tables.tree,
            tables.frozen,
        )
        self._workers = self._new_workers(train_words, tables)
        self._starts = self._cut_spans()

    def _new_workers(
        self, train_words: int, tables: Tables
    ) -> Sequence[_core.Worker] | Sequence[_core.ExactWorker]:
        p = self._params
        settings = {
            "sg": p.sg,
            "hs": p.hs,
            "softmax": p.objective == "softmax",
            "negative": p.negative,
            "window": p.window,
            "shrink_windows": p.shrink_windows,
            "cbow_mean": p.cbow_mean,
            "pair": p.negative_sharing == "pair",
            "divide_gradient": p.cbow_gradient == "mean",
            "all_losses": p.compute_loss or len(self._ids) < SHORT_TEXT,
            "max_sentence_length": p.max_sentence_length,
        }
        if p.mode == "exact":
            _warn_of_cut(train_words, len(self._ids))
            return [
                _core.ExactWorker(
                    self._model, settings, p.start_alpha, p.epochs, train_words
                )
            ]
        in_step = os.environ.get("W2VFAST_LOCKSTEP") == "1"
        lockstep = _core.Lockstep(p.n_workers) if in_step else None
        copies = self._plan_copies(tables) if p.n_workers > 1 else None
        try:
            return [
                _core.Worker(
                    self._model,
                    settings,
                    p.seed,
                    copies=copies,
                    lockstep=lockstep,
                )
                for _ in range(p.n_workers)
            ]
        except MemoryError as error:
            message = (
                f"there is not enough memory for the blocks of {p.n_workers} workers "
                "with ",
                *(Setting("window", p.window), ", ", Setting("negative", p.negative)),
                *(" and ", Setting("max_sentence_length", p.max_sentence_length)),
                ". Lower these.",
            )
            raise SettingsMemoryError(message) from error

    def _plan_copies(self, tables: Tables) -> Copies:
        row_bytes = self._weights.syn0.pad().strides[0]
        shares = self._kept_shares(tables.keep)
        return plan_copies(self._params, len(self._ids), row_bytes, shares, tables.tree)

    def _kept_shares(self, keep: NDArray[np.uint32] | None) -> NDArray[np.float64]:
        """Take them from some of the ids: the counts may be those of another text."""
        some = self._ids[:: max(1, len(self._ids) // SAMPLED_IDS)]
        counts = np.bincount(some, minlength=len(self._weights.syn0.vectors))
        return sampling.kept_shares(counts, keep)

    def _cut_spans(self) -> NDArray[np.int64]:
        n_ids = len(self._ids)
        length = min(max(n_ids // SPANS_WANTED, SHORTEST_SPAN), LONGEST_SPAN)
        return _core.span_starts(self._ids, length, self._params.max_sentence_length)

    @property
    def n_ids(self) -> int:
        """Ids of one epoch."""
        return len(self._ids)

    @property
    def ids_done(self) -> int:
        """Ids visited so far by all workers."""
        return sum(worker.counters.ids for worker in self._workers)

    @property
    def losses(self) -> NDArray[np.float64]:
        """Sums so far: predictions; by objective, in the order of `EpochStats`."""
        sums = [worker.counters.losses for worker in self._workers]
        return np.array(sums, dtype=np.float64).sum(axis=0)  # type: ignore[no-any-return]

    def alpha_at(self, epoch: float) -> float:
        """Return the learning rate after `epoch` of the run's epochs."""
        p = self._params
        first = self._workers[0]
        if isinstance(first, _core.ExactWorker):
            return first.alpha
        line = p.start_alpha + (p.end_alpha - p.start_alpha) * epoch / p.epochs
        return max(line, p.alpha_floor)

    def run_epoch(
        self, epoch: int, report: Callable[[int, str], object] = lambda *_: None
    ) -> EpochStats:
        """Train one epoch.

        Parameters
        ----------
        epoch : int
            From 0.
        report : callable
            Called on this thread about ten times a second with the ids done in all
            epochs and a few words on where the run is.

        Raises
        ------
        FloatingPointError
            In fast mode, if a vector is not finite any more.
        """
        before, ids_before, start = self.losses, self.ids_done, time.perf_counter()
        queue = _core.SpanQueue(self._starts)
        tasks = [self._task(worker, queue, epoch) for worker in self._workers]
        timeline = Timeline(max(2, SAMPLES_WANTED // self._params.epochs))

        def sample_now() -> Sample:
            seconds = time.perf_counter() - start
            return self._sample(epoch, seconds, self.ids_done - ids_before, before)

        def report_now() -> None:
            timeline.add(sample_now())
            report(self.ids_done, self._status(before))

        timeline.add(sample_now())
        run_threads(tasks, queue.stop, report_now)
        samples = timeline.close(sample_now())
        report(self.ids_done, self._status(before))
        alpha = self.alpha_at(epoch + 1)
        if self._params.mode != "exact":
            self._check_finite(epoch)
        seconds = time.perf_counter() - start
        words = self.ids_done - ids_before
        hs_loss, ns_loss, softmax_loss = self._mean_losses(before)
        return EpochStats(
            epoch,
            alpha,
            words,
            seconds,
            hs_loss,
            ns_loss,
            samples,
            self._unknown,
            softmax_loss,
        )

    def _task(
        self, worker: Any, queue: _core.SpanQueue, epoch: int
    ) -> Callable[[], None]:
        p = self._params
        if p.mode == "exact":
            return lambda: worker.train_epoch(self._ids, queue)
        stream = self._epochs_before + epoch
        place = (epoch, p.epochs)
        decay = (p.start_alpha, p.end_alpha, p.alpha_floor)
        return lambda: worker.train_epoch(self._ids, queue, stream, place, decay)

    def _sample(
        self, epoch: int, seconds: float, words: int, before: NDArray[np.float64]
    ) -> Sample:
        alpha = self.alpha_at(epoch + words / self.n_ids)
        predictions, *losses = (self.losses - before).tolist()
        return Sample(seconds, words, alpha, int(predictions), *losses)

    def _mean_losses(self, before: NDArray[np.float64]) -> list[float | None]:
        """Return each objective's loss of a prediction since `losses` was `before`."""
        p = self._params
        is_trained = (p.hs, p.negative > 0, p.objective == "softmax")
        predictions, *losses = (self.losses - before).tolist()
        return [
            loss / predictions if trained and predictions else None
            for loss, trained in zip(losses, is_trained, strict=True)
        ]

    def _status(self, before: NDArray[np.float64]) -> str:
        epoch = self.ids_done / self.n_ids
        n_epochs = self._params.epochs
        text = f"epoch {min(int(epoch) + 1, n_epochs)}/{n_epochs}"
        text += f" alpha {self.alpha_at(epoch):.5f}"
        losses = self._mean_losses(before)
        n_taken = sum(loss is not None for loss in losses)
        for name, loss in zip(("hs", "ns", "softmax"), losses, strict=True):
            if loss is not None:
                text += f" {name if n_taken > 1 else 'loss'} {loss:.3f}"
        return text

    def _check_finite(self, epoch: int) -> None:
        for name, rows in self._weights:
            if not _is_finite(rows.vectors):
                message = (
                    f"{name} became non-finite in epoch {epoch + 1} of "
                    f"{self._params.epochs} (alpha={self.alpha_at(epoch):g} at its "
                    f"start). Lower alpha, and train a new model."
                )
                raise FloatingPointError(message)


def _is_finite(matrix: NDArray[np.float32]) -> bool:
    # In double, sums of finite floats stay finite: one pass, no mask.
    starts = range(0, len(matrix), CHECK_ROWS)
    blocks = (matrix[start : start + CHECK_ROWS] for start in starts)
    return all(np.isfinite(block.sum(dtype=np.float64)) for block in blocks)


def _check_ids(ids: NDArray[np.int32], n_rows: int) -> None:
    # The kernels use ids as row numbers unseen.
    if len(ids) == 0:
        message = "nothing to train on: no word of the text is in the vocabulary."
        raise ValueError(message)
    if ids.min() < 0 or ids.max() >= n_rows:
        message = (
            f"ids must be in [0, {n_rows}), the rows of the vectors; got "
            f"{ids.min()} to {ids.max()}."
        )
        raise ValueError(message)


def _warn_of_cut(train_words: int, n_ids: int) -> None:
    if n_ids > train_words:
        message = (
            f"the counts of the vocabulary add up to {train_words}, and the text has "
            f"{n_ids} of its words and sentence ends: as in the C program, an epoch "
            "ends after the former. Let the text be counted, or use ",
            *(Setting("mode", "fast"), ", to train on all of it."),
        )
        warnings.warn(SettingsWarning(message), stacklevel=2)
