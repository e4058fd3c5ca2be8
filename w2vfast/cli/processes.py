"""The processes that mpiexec or srun starts together, and how MPI starts in them."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

from w2vfast.cli.flags import EXIT_USAGE, UsageError
from w2vfast.distributed.launchers import (
    started_together,
    warn_if_alone,
    why_apart,
)
from w2vfast.system.log import logger

START_SECONDS = 20  # for MPI, in processes that are to end [s]
_HELP = "Try 'w2vfast train --help'."


def refuse_to_train_alone() -> None:
    """End all processes if others were started with this one, which trains alone.

    Each would train everything, and overwrite what the others write.
    """
    name, n = started_together()
    if n > 1:
        message = (
            f"{n} processes were started together ({name}={n}), and without "
            "--distributed each would train alone and overwrite the files of the "
            "others. Give --distributed to all of them to train one model, or "
            f"start one process. If each writes other files, unset {name}."
        )
        _end_all(UsageError(message, _HELP))


def world() -> Any:
    """Return the communicator of all processes that mpiexec or srun started.

    Raises
    ------
    UsageError
        If there is no MPI, or not that of mpiexec or srun.
    """
    try:
        mpi = _started_mpi()
    except (ImportError, RuntimeError) as error:  # RuntimeError: no library of MPI
        message = (
            f"--distributed needs mpi4py and a library of MPI ({error}). Install them "
            'by pip install "w2vfast[mpi]" mpich, or load the MPI of your cluster.'
        )
        raise UsageError(message, _HELP) from error
    reason = why_apart(mpi)
    if reason:
        raise UsageError(reason, _HELP)
    warn_if_alone(mpi)
    return mpi.COMM_WORLD


def _end_all(error: UsageError) -> NoReturn:
    """Tell an error, and end all processes that were started together.

    Those with ``--distributed`` wait until all have started MPI.
    """
    logger.error("%s", error)
    has_alarm = hasattr(signal, "alarm")
    with contextlib.suppress(ImportError, RuntimeError):
        if has_alarm:
            signal.alarm(START_SECONDS)  # ends this process if another one never comes
        comm = _started_mpi().COMM_WORLD
        if comm.Get_size() > 1:
            comm.Abort(EXIT_USAGE)
    if has_alarm:
        signal.alarm(0)
    raise SystemExit(EXIT_USAGE)


def _started_mpi() -> Any:
    """Import MPI, which starts it and waits for the other processes."""
    with _signals_end_process():
        from mpi4py import MPI

    return MPI


@contextlib.contextmanager
def _signals_end_process() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the process: Python handles none while MPI starts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, signal.SIG_DFL)
        for number in (signal.SIGINT, signal.SIGTERM)
        if callable(signal.getsignal(number))
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
