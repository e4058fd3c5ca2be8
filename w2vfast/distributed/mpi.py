"""Ranks by MPI, through mpi4py."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.distributed.ranks import RankError
from w2vfast.distributed.shared_memory import SharedMemory
from w2vfast.distributed.watch import Watch
from w2vfast.errors import PYTHON, Spelling, Terminated, sentence
from w2vfast.system.signals import HeardSignals

CHUNK_BYTES = 1 << 21  # added up at once; larger ones leave the processor's cache
LONGEST_WAIT = 3600  # of a rank for the others in one step [s]
AN_ERROR = "an error"  # step of a rank that has failed
LAST_WAIT = 5  # of a rank that has failed, until the others know it [s]
READ_SECONDS = 0.2  # for mpiexec, to read what a rank has said before it ends [s]
LEAVE_SECONDS = 2  # for MPI to end all ranks [s]
SIGNAL_WAIT = 1  # of a signal, for the others to come first [s]
FAILED, INTERRUPTED, TERMINATED = 1, 130, 143  # exit statuses
WAIT = "W2VFAST_RANK_WAIT"  # environment variable: another limit [s]

Result = TypeVar("Result")


class MpiRanks:
    """The processes of an MPI communicator.

    Parameters
    ----------
    comm : mpi4py.MPI.Intracomm
        One thread at a time calls MPI, not always the same: mpi4py starts it for that.
    spelling : Spelling
        Of parameters in the errors that are told.
    """

    def __init__(self, comm: Any, spelling: Spelling = PYTHON) -> None:
        self.index: int = comm.Get_rank()
        self.size: int = comm.Get_size()
        self._has_failed = False
        self._user: int | None = None  # the thread that is `within` a time
        self._limit = longest_wait()
        self._in_use = threading.Lock()  # of the start
        self._signals = HeardSignals()
        self._heard: list[tuple[float, BaseException]] = []  # when, and what it raises
        self._watch = Watch(self._end_job, self._end_by_signal, self._still_waits)
        self._spelling = spelling
        self._comm = comm
        try:
            self._comm, self._in_use, self._shared = self._within_limit(
                "the start", lambda: _own_communicator(comm)
            )
        except BaseException as error:  # the others wait for this rank
            self._abort(error)
            raise

    @property
    def memory(self) -> _core.RankMemory | None:
        """What all ranks share; None after the communicator was freed."""
        return None if self._shared is None else self._shared.memory

    def meet(self, step: str) -> None:
        """Wait until all ranks are at this step."""
        self._agree(step, "")

    def failed(self, error: BaseException) -> None:
        """Tell an error at once; let the other ranks raise RankError when they meet.

        If they do not come to a meeting soon, the job ends.
        """
        if self.size > 1 and not isinstance(error, Exception):
            self._abort(error)
        if not self._has_failed and self.size > 1:
            self._has_failed = True
            text = sentence(error, self._spelling)
            self._say(f"error: {self._name} failed: {text}")
            try:
                self._agree("", text, min(LAST_WAIT, self._limit))
            except _mpi().Exception:  # the others are at another step
                self._end_all(FAILED)

    def _abort(self, error: BaseException) -> None:
        # After Ctrl-C, which may come between two messages of a sum, the ranks are at
        # different steps and would wait for one another.
        if self.size == 1:
            return
        self._end_all(self._told_end(error))

    def _told_end(self, error: BaseException) -> int:
        """Say why this rank ends all; return the exit status."""
        end, status = f"failed: {sentence(error, self._spelling)}", FAILED
        if isinstance(error, KeyboardInterrupt):
            end, status = "was interrupted by Ctrl-C", INTERRUPTED
        if isinstance(error, Terminated):
            end, status = "was terminated by SIGTERM", TERMINATED
        self._say(f"{self._name} {end}. This ends all ranks.")
        return status

    def _end_by_signal(self) -> None:
        # From another thread: this rank waits for others, in C, where no handler is
        # called.  If they come soon, the handler acts.
        now = time.monotonic()
        self._heard += [(now, error) for error in self._signals.ends()]
        if self._heard and now > self._heard[0][0] + SIGNAL_WAIT:
            self._leave(self._told_end(self._heard[0][1]))

    @property
    def _name(self) -> str:
        return f"rank {self.index} of {self.size}"

    def _say(self, message: str) -> None:
        with contextlib.suppress(OSError):  # standard error may be closed
            os.write(2, f"w2vfast: {message}\n".encode())

    def _agree(self, step: str, error: str, limit: float | None = None) -> None:
        def gather() -> list[tuple[str, str]]:
            memory = self.memory
            if memory is not None:
                memory.meet()  # MPI would keep the processor busy meanwhile
            found: list[tuple[str, str]] = self._comm.allgather((step, error))
            return found

        found = self._within_limit(step or AN_ERROR, gather, limit)
        if error:
            return
        self._has_failed = False  # all ranks go on after an error of an earlier call
        for rank, (_, text) in enumerate(found):
            if text:
                self._has_failed = True
                message = f"rank {rank} of {self.size} failed: {text}"
                raise RankError(message)
        steps = [other for other, _ in found]
        if len(set(steps)) > 1:
            self._has_failed = True
            other = next(k for k in range(self.size) if steps[k] != step)
            message = (
                f"rank {self.index} is at {step!r}, rank {other} at {steps[other]!r}. "
                "All ranks must call the same methods with the same arguments."
            )
            raise RankError(message)

    @contextlib.contextmanager
    def within(self, step: str, seconds: float) -> Iterator[None]:
        """Do all that follows within a time, or end the job."""
        limit = self._limit if WAIT in os.environ else min(seconds, self._limit)
        with self._turn(step, limit):
            self._user = threading.get_ident()
            try:
                yield
            finally:
                self._user = None

    def _within_limit(
        self, step: str, action: Callable[[], Result], limit: float | None = None
    ) -> Result:
        """Do what waits for the other ranks; end the job if one never comes."""
        if self._user == threading.get_ident():
            return action()
        with self._turn(step, self._limit if limit is None else limit):
            return action()

    @contextlib.contextmanager
    def _turn(self, step: str, limit: float) -> Iterator[None]:
        if not self._in_use.acquire(blocking=False):
            message = (
                "two threads train models with the same communicator at the same time. "
                "Give each model one of its own: comm=comm.Dup()."
            )
            raise RuntimeError(message)
        try:
            self._heard.clear()
            with self._signals.heard(), self._watch.over(step, limit):
                yield
        finally:
            self._in_use.release()

    def _still_waits(self, step: str, so_far: float) -> None:
        self._say(
            f"{self._name} waits for the other ranks at {step!r} since {so_far:.0f} s. "
            "They may have more to do, or not have come here."
        )

    def _end_job(self, step: str, limit: float) -> None:
        message = (
            f"rank {self.index} has waited {limit:g} s for the other ranks at "
            f"{step!r}. Set {WAIT} to wait longer."
        )
        if step == AN_ERROR:
            message = (
                f"{self._name} ends the job: the others have not noticed its error "
                f"within {limit:g} s."
            )
        self._say(message)
        self._leave(FAILED)

    def _leave(self, status: int) -> None:
        """End all ranks, from another thread than the one that waits in MPI."""
        if _mpi().Query_thread() == _mpi().THREAD_MULTIPLE:
            if hasattr(signal, "alarm"):
                signal.alarm(LEAVE_SECONDS)  # ends this process if Abort hangs
            self._end_all(status)
        os._exit(status)  # mpiexec ends the others

    def _end_all(self, status: int) -> None:
        time.sleep(READ_SECONDS)
        self._comm.Abort(status)

    def add_up(self, array: NDArray[Any]) -> None:
        """Replace a contiguous array by the sum of those of all ranks; INOUT."""
        flat = array.reshape(-1)
        step = max(1, CHUNK_BYTES // flat.itemsize)

        def add_all() -> None:
            for start in range(0, flat.size, step):
                self._comm.Allreduce(_mpi().IN_PLACE, flat[start : start + step])

        self._within_limit("a sum", add_all)

    def gather(self, message: bytes) -> list[bytes]:
        """Return the messages of all ranks, in their order."""
        return self._within_limit("an exchange", lambda: self._gather(message))

    def _gather(self, message: bytes) -> list[bytes]:
        n_received = np.empty(self.size, dtype=np.int64)
        self._comm.Allgather(np.array([len(message)], dtype=np.int64), n_received)
        received = np.empty(int(n_received.sum()), dtype=np.uint8)
        self._comm.Allgatherv(
            [np.frombuffer(message, dtype=np.uint8), _mpi().BYTE],
            [received, n_received, _starts(n_received), _mpi().BYTE],
        )
        return _cut(received, n_received)

    def exchange(self, messages: Sequence[bytes]) -> list[bytes]:
        """Send messages[k] to rank k; return what each rank sent to this one."""
        return self._within_limit("an exchange", lambda: self._exchange(messages))

    def _exchange(self, messages: Sequence[bytes]) -> list[bytes]:
        n_sent = np.array([len(message) for message in messages], dtype=np.int64)
        n_received = np.empty_like(n_sent)
        self._comm.Alltoall(n_sent, n_received)
        sent = np.frombuffer(b"".join(messages), dtype=np.uint8)
        received = np.empty(int(n_received.sum()), dtype=np.uint8)
        self._comm.Alltoallv(
            [sent, n_sent, _starts(n_sent), _mpi().BYTE],
            [received, n_received, _starts(n_received), _mpi().BYTE],
        )
        return _cut(received, n_received)


def longest_wait() -> float:
    """Return how long a rank waits for the others, by `WAIT` [s]."""
    given = os.environ.get(WAIT, str(LONGEST_WAIT))
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        message = f"{WAIT} must be seconds, a number above 0 such as 60, got {given!r}."
        raise ValueError(message)
    return seconds


def _own_communicator(comm: Any) -> tuple[Any, threading.Lock, SharedMemory | None]:
    """Return a copy of a communicator; no message of the program is taken for ours.

    One copy for all models, with a lock: MPI has about 2000 of them.  Where all of its
    processes are on one machine, also memory that they share.
    """
    found: tuple[Any, threading.Lock, SharedMemory | None] | None
    found = comm.Get_attr(_attribute())
    if found is None:
        copy = comm.Dup()
        found = (copy, threading.Lock(), SharedMemory.of(_mpi(), copy))
        comm.Set_attr(_attribute(), found)
    return found


@functools.cache
def _attribute() -> int:
    key: int = _mpi().Comm.Create_keyval(delete_fn=_free_copy)
    return key


def _free_copy(
    comm: Any, key: int, found: tuple[Any, Any, SharedMemory | None]
) -> None:
    """Free the copy of a communicator that the program frees, which is collective."""
    copy, _, shared = found
    if shared is not None:
        shared.free()
    copy.Free()


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.cumsum(lengths) - lengths


def _cut(received: NDArray[np.uint8], lengths: NDArray[np.int64]) -> list[bytes]:
    ends = np.cumsum(lengths)
    return [
        received[end - n : end].tobytes() for end, n in zip(ends, lengths, strict=True)
    ]


def _mpi() -> Any:
    # Imported by whoever made the communicator; importing it starts MPI.
    return sys.modules["mpi4py.MPI"]
