"""Memory that the ranks of one machine share, in which merges add up.

MPI copies what one process sends to another twice, and each of them adds up all of it.
Here each rank writes its changes once, adds up a share of the numbers, and reads those
of the others in place; see `_core.RankMemory`.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from w2vfast import _core

# Of each rank, twice: with its rows they fit into the second-level cache.
SLOT_FLOATS = 1 << 16
SHARED_MEMORY = "/dev/shm"  # where Linux keeps it
SPARE_BYTES = 1 << 23  # for MPI itself


def _free_bytes() -> float:
    """Return how much memory processes can still share, if the system tells."""
    try:
        free = os.statvfs(SHARED_MEMORY)
    except (OSError, AttributeError):
        return math.inf
    return free.f_bavail * free.f_frsize


class SharedMemory:
    """Memory of all ranks of a machine.

    Parameters
    ----------
    mpi : module
        mpi4py.MPI.
    comm : mpi4py.MPI.Intracomm
        Of processes of one machine.

    Attributes
    ----------
    memory : _core.RankMemory or None
        None after `free`.
    """

    def __init__(self, mpi: Any, comm: Any) -> None:
        n_bytes = _core.RankMemory.bytes_of(SLOT_FLOATS)
        self._window = mpi.Win.Allocate_shared(n_bytes, 1, comm=comm)
        self._window.Lock_all()
        buffers = (self._window.Shared_query(rank)[0] for rank in range(comm.size))
        memories = [np.frombuffer(buffer, dtype=np.uint8) for buffer in buffers]
        self.memory: _core.RankMemory | None
        self.memory = _core.RankMemory(memories, comm.rank)
        comm.Barrier()

    @classmethod
    def of(cls, mpi: Any, comm: Any) -> SharedMemory | None:
        """Return None for processes of several machines, or a lone one; collective.

        Also where shared memory is short, as in containers, whose /dev/shm has 64 MB:
        writing to memory that is not there would end the process.
        """
        near = comm.Split_type(mpi.COMM_TYPE_SHARED)
        is_one = near.size == comm.size > 1
        near.Free()
        n_bytes = _core.RankMemory.bytes_of(SLOT_FLOATS) * comm.size
        has_room = _free_bytes() >= n_bytes + SPARE_BYTES
        agreed = comm.allreduce(is_one and has_room, op=mpi.LAND)
        return cls(mpi, comm) if agreed else None

    def free(self) -> None:
        """Give the memory back; collective."""
        self.memory = None
        self._window.Unlock_all()
        self._window.Free()
