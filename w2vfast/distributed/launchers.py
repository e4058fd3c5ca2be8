"""How many processes mpiexec or srun has started together, by their environment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from w2vfast.errors import warn

NODES_OF_JOB = "SLURM_JOB_NUM_NODES"
# In which MPICH (also by srun --mpi=pmi2), Open MPI and SLURM tell it.
SIZES_OF_MPI = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")
SIZE_OF_SLURM = "SLURM_STEP_NUM_TASKS"


class Started(NamedTuple):
    """Processes that were started together, and the variable that says so."""

    variable: str
    n: int


def started_together() -> Started:
    """Return the most processes that a variable names."""
    return _largest((*SIZES_OF_MPI, SIZE_OF_SLURM))


def why_apart(mpi: Any) -> str:
    """Say why MPI has found none of the processes that were started with this one.

    Each would train alone, and overwrite what the others write.

    Parameters
    ----------
    mpi : module
        mpi4py.MPI, which has started.

    Returns
    -------
    str
        Empty if it has found them, or if there are none.
    """
    # An mpiexec within a step of SLURM starts as many as it says, not as SLURM does.
    names = [name for name in SIZES_OF_MPI if name in os.environ] or [SIZE_OF_SLURM]
    name, n = _largest(names)
    if n == 1 or mpi.COMM_WORLD.Get_size() > 1:
        return ""
    library = " ".join(mpi.Get_library_version().split("\n")[0].split())
    return (
        f"{n} processes were started together ({name}={n}), which do not find one "
        f"another: mpi4py uses a library of MPI ({library}) that their launcher does "
        "not know. Start them by the mpiexec of that library. With srun, give "
        "--mpi=pmi2 for MPICH, --mpi=pmix for Open MPI; srun --mpi=list names what it "
        "has."
    )


def warn_of_models_apart() -> None:
    """Warn if each of several processes trains a model of its own."""
    name, n = started_together()
    if n > 1:
        warn(
            f"{n} processes were started together ({name}={n}), and without comm= each "
            "trains a model of its own; all may write the same files. Give "
            "comm=MPI.COMM_WORLD to train one model, or comm=MPI.COMM_SELF if each is "
            "to train its own."
        )


def warn_of_idle_nodes(mpi: Any) -> None:
    """Warn if a process that was started alone is in a job of several nodes.

    Parameters
    ----------
    mpi : module
        mpi4py.MPI, which has started.
    """
    n_nodes = _number(NODES_OF_JOB)
    if n_nodes > 1 and mpi.COMM_WORLD.Get_size() == 1:
        warn(
            f"the job has {n_nodes} nodes ({NODES_OF_JOB}={n_nodes}), and this process "
            "trains alone. Start one process on each node, by srun or mpiexec."
        )


def _largest(names: Sequence[str]) -> Started:
    found = [Started(name, _number(name)) for name in names]
    return max(found, key=lambda started: started.n)


def _number(name: str) -> int:
    """Return the number in an environment variable, 1 without any."""
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() else 1
