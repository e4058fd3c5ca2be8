"""How many processes mpiexec or srun has started together, by their environment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from w2vfast.errors import warn

NODES_OF_JOB = "SLURM_JOB_NUM_NODES"
# In which MPICH (also by srun --mpi=pmi2), Open MPI and SLURM tell it.
SIZE_OF_MPICH, SIZE_OF_OPEN_MPI = "PMI_SIZE", "OMPI_COMM_WORLD_SIZE"
SIZES_OF_MPI = (SIZE_OF_MPICH, SIZE_OF_OPEN_MPI)
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
    if mpi.COMM_WORLD.Get_size() > 1:
        return ""
    library = " ".join(mpi.Get_library_version().split("\n")[0].split(",")[0].split())
    # An mpiexec within a step of SLURM starts as many as it says, not as SLURM does;
    # the step may have the other variable, too.
    own = SIZE_OF_OPEN_MPI if library.startswith("Open MPI") else SIZE_OF_MPICH
    names = (own,) if own in os.environ else (*SIZES_OF_MPI, SIZE_OF_SLURM)
    name, n = _largest(names)
    if n == 1:
        return ""
    return (
        f"{n} processes were started together ({name}={n}), which do not find one "
        f"another: mpi4py uses a library of MPI ({library}) that their launcher does "
        "not know. Start them by the mpiexec of that library. With srun, give "
        "--mpi=pmi2 for MPICH, --mpi=pmix for Open MPI; srun --mpi=list names what it "
        f"has. To train in this process alone, unset {name}."
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


def warn_if_alone(mpi: Any) -> None:
    """Warn if a process that trains alone is in a job of several nodes or tasks.

    Parameters
    ----------
    mpi : module
        mpi4py.MPI, which has started.
    """
    name, n = _largest((NODES_OF_JOB, SIZE_OF_SLURM))
    if n > 1 and mpi.COMM_WORLD.Get_size() == 1:
        warn(
            f"this process trains alone, in a job of SLURM that has room for {n} "
            f"({name}={n}). Start one process on each node, by srun or mpiexec."
        )


def _largest(names: Sequence[str]) -> Started:
    found = [Started(name, _number(name)) for name in names]
    return max(found, key=lambda started: started.n)


def _number(name: str) -> int:
    """Return the number in an environment variable, 1 without any."""
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() else 1
