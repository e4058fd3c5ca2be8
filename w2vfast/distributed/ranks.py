"""What ranks, the processes of one training, do together."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.distributed.launchers import (
    warn_if_alone,
    warn_of_models_apart,
    why_apart,
)

CHUNK_FLOATS = 1 << 18  # of rows that are added up at once, while in the cache
Constructor = TypeVar("Constructor", bound=Callable[..., None])


class RankError(RuntimeError):
    """Another process of the training failed, differs, or cannot be found."""


class Ranks(Protocol):
    """The processes of one training, and this one among them.

    All methods but `failed` are collective: every rank calls them in the same order.

    Attributes
    ----------
    index : int
        Number of this rank, from 0.
    size : int
        Number of ranks.
    """

    index: int
    size: int

    @property
    def memory(self) -> _core.RankMemory | None:
        """What all ranks share, if they are on one machine and it has room."""

    def within(self, step: str, seconds: float) -> AbstractContextManager[None]:
        """Do all that follows within a time, or end the job."""

    def meet(self, step: str) -> None:
        """Wait until all ranks are at this step.

        Raises
        ------
        RankError
            If a rank has failed, or is at another step.
        """

    def failed(self, error: BaseException) -> None:
        """Let the other ranks raise RankError when they meet next."""

    def add_up(self, array: NDArray[Any]) -> None:
        """Replace a contiguous array by the sum of those of all ranks; INOUT."""

    def gather(self, message: bytes) -> list[bytes]:
        """Return the messages of all ranks, in their order."""

    def exchange(self, messages: Sequence[bytes]) -> list[bytes]:
        """Send messages[k] to rank k; return what each rank sent to this one."""


class OneRank:
    """The only process of a training."""

    index, size = 0, 1
    memory = None

    def within(self, step: str, seconds: float) -> AbstractContextManager[None]:
        """Do nothing."""
        del step, seconds
        return contextlib.nullcontext()

    def meet(self, step: str) -> None:
        """Do nothing."""

    def failed(self, error: BaseException) -> None:
        """Do nothing."""

    def add_up(self, array: NDArray[Any]) -> None:
        """Do nothing."""

    def gather(self, message: bytes) -> list[bytes]:
        """Return the message."""
        return [message]

    def exchange(self, messages: Sequence[bytes]) -> list[bytes]:
        """Return the message."""
        return list(messages)


def ranks_of(comm: Any) -> Ranks:
    """Return the ranks of a communicator.

    Parameters
    ----------
    comm : mpi4py.MPI.Comm, Ranks or None
        None: this process is alone.

    Raises
    ------
    TypeError
        If it is none of these.
    RankError
        If several processes were started, and MPI in this one has found itself only.

    Warns
    -----
    UserWarning
        If several processes were started without `comm`, or only one for many nodes.
    """
    if comm is None:
        warn_of_models_apart()
        return OneRank()
    if hasattr(comm, "Get_rank") and hasattr(comm, "Allreduce"):
        from mpi4py import MPI

        from w2vfast.distributed.mpi import MpiRanks

        if comm != MPI.COMM_SELF:  # which is alone by choice
            reason = why_apart(MPI)
            if reason:
                raise RankError(reason)
            warn_if_alone(MPI)
        return MpiRanks(comm)
    if all(hasattr(comm, name) for name in ("index", "size", "meet", "add_up")):
        return comm  # type: ignore[no-any-return]
    message = (
        f"comm must be a communicator of mpi4py, such as MPI.COMM_WORLD, or None, got "
        f"{comm!r} ({type(comm).__name__})."
    )
    raise TypeError(message)


@contextlib.contextmanager
def fails_together(ranks: Ranks, end: str) -> Iterator[None]:
    """Let every rank raise an error if the block fails on one of them.

    Parameters
    ----------
    ranks : Ranks
    end : str
        Name of the end of the block, where all ranks meet.

    Raises
    ------
    RankError
        If another rank has failed.
    """
    try:
        yield
        ranks.meet(end)
    except RankError:
        raise
    except BaseException as error:
        ranks.failed(error)
        raise


def with_all_ranks(init: Constructor) -> Constructor:
    """Let a constructor with the parameter `comm` fail on all ranks if one fails."""

    @functools.wraps(init)
    def together(model: object, /, *arguments: Any, **named: Any) -> None:
        ranks = ranks_of(named.get("comm"))
        with fails_together(ranks, "the new model"):
            init(model, *arguments, **{**named, "comm": ranks})

    return cast(Constructor, together)


def totals(ranks: Ranks, *numbers: float) -> list[int]:
    """Return the sum over all ranks of each whole number."""
    sums = np.array(numbers, dtype=np.int64)
    ranks.add_up(sums)
    return [int(number) for number in sums]


def float_totals(ranks: Ranks, *numbers: float) -> list[float]:
    """Return the sum over all ranks of each number."""
    sums = np.array(numbers, dtype=np.float64)
    ranks.add_up(sums)
    return [float(number) for number in sums]


def share_rows(ranks: Ranks, rows: NDArray[np.float32]) -> None:
    """Replace a matrix by that of the first rank; INOUT."""
    n_rows = max(1, CHUNK_FLOATS // rows.shape[1])
    for start in range(0, len(rows), n_rows):
        chunk = rows[start : start + n_rows].copy()
        share_array(ranks, chunk)
        rows[start : start + n_rows] = chunk


def share_array(ranks: Ranks, array: NDArray[Any]) -> None:
    """Replace a contiguous array by that of the first rank; INOUT."""
    bits = array.view(f"u{array.itemsize}")  # so that -0.0 stays what it is
    if ranks.index > 0:
        bits[...] = 0
    ranks.add_up(bits)
