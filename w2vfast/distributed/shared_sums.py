"""Sums over the ranks of one machine, in memory that they share.

MPI copies what one process sends to another twice, and each of them adds up all of it.
Here each rank adds up a share of the numbers, and reads those of the others in place.
"""

from __future__ import annotations

import math
import os
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

SLOT_BYTES = 1 << 20  # of each rank, twice; larger ones leave the processor's cache
SHARE_BYTES = 64  # shares begin on cache lines of their own
SHARED_MEMORY = "/dev/shm"  # where Linux keeps it
SPARE_BYTES = 1 << 23  # for MPI itself


def _free_bytes() -> float:
    """Return how much memory processes can still share, if the system tells."""
    try:
        free = os.statvfs(SHARED_MEMORY)
    except (OSError, AttributeError):
        return math.inf
    return free.f_bavail * free.f_frsize


class SharedSums:
    """Memory of all ranks of a machine, in which they add up arrays.

    Parameters
    ----------
    mpi : module
        mpi4py.MPI.
    comm : mpi4py.MPI.Intracomm
        Of processes of one machine.

    Notes
    -----
    Each rank has two slots, which take turns: a rank that is ahead writes to the other
    one while the rest still read.
    """

    def __init__(self, mpi: Any, comm: Any) -> None:
        self._comm = comm
        self._window = mpi.Win.Allocate_shared(2 * SLOT_BYTES, 1, comm=comm)
        self._window.Lock_all()
        self._slots = [
            np.frombuffer(self._window.Shared_query(rank)[0], dtype=np.uint8)
            for rank in range(comm.size)
        ]
        self._first = 0  # byte of the slot whose turn it is

    @classmethod
    def of(cls, mpi: Any, comm: Any) -> SharedSums | None:
        """Return None for processes of several machines, or a lone one; collective.

        Also where shared memory is short, as in containers, whose /dev/shm has 64 MB:
        writing to memory that is not there would end the process.
        """
        near = comm.Split_type(mpi.COMM_TYPE_SHARED)
        is_one = near.size == comm.size > 1
        near.Free()
        has_room = _free_bytes() >= 2 * SLOT_BYTES * comm.size + SPARE_BYTES
        agreed = comm.allreduce(is_one and has_room, op=mpi.LAND)
        return cls(mpi, comm) if agreed else None

    def free(self) -> None:
        """Give the memory back; collective."""
        self._slots = []
        self._window.Unlock_all()
        self._window.Free()

    def add_up(self, flat: NDArray[Any]) -> None:
        """Replace an array by the sum of those of all ranks; all call this.

        Parameters
        ----------
        flat : ndarray, shape (n,)
            At most `SLOT_BYTES`. INOUT
        """
        part = slice(self._first, self._first + flat.nbytes)
        self._first = SLOT_BYTES - self._first
        slots = [memory[part].view(flat.dtype) for memory in self._slots]
        own, shares = slots[self._comm.rank], self._shares(flat)
        own[...] = flat
        self._meet()
        share = shares[self._comm.rank]
        for slot in slots:
            if slot is not own:
                own[share] += slot[share]
        self._meet()
        for slot, share in zip(slots, shares, strict=True):
            flat[share] = slot[share]

    def _shares(self, flat: NDArray[Any]) -> list[slice]:
        """Return what each rank adds up."""
        n_line = SHARE_BYTES // flat.itemsize
        n_lines = -(-flat.size // n_line)
        size = self._comm.size
        ends = [min(flat.size, n_lines * k // size * n_line) for k in range(size + 1)]
        return [slice(start, end) for start, end in pairwise(ends)]

    def _meet(self) -> None:
        self._window.Sync()
        self._comm.Barrier()
        self._window.Sync()
