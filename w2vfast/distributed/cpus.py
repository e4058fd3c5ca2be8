"""How many threads a rank may use, when several ranks share a machine."""

from __future__ import annotations

import os
import socket

from w2vfast.distributed.ranks import Ranks
from w2vfast.errors import warn
from w2vfast.system.log import logger
from w2vfast.system.resources import usable_cpus

MOST_HOSTS = 8  # that are named in the log


def workers_of(ranks: Ranks, wanted: int | None) -> int:
    """Return this rank's part of the CPUs that the ranks of its machine may use.

    Parameters
    ----------
    ranks : Ranks
    wanted : int or None
        Threads that the user asks for, which are returned; another rank may ask for
        other ones.

    Warns
    -----
    UserWarning
        If each rank is bound to one of many CPUs, as Open MPI does by default, and
        more threads are wanted.
    """
    cpus = sorted(_allowed_cpus())
    message = "\n".join([socket.gethostname(), *map(str, cpus)])
    others = [found.decode().split("\n") for found in ranks.gather(message.encode())]
    _log_machines(ranks.size, list(dict.fromkeys(host for host, *_ in others)))
    here = [set(names) for host, *names in others if host == socket.gethostname()]
    all_here = set().union(*here)
    is_bound = len(cpus) == 1 and len(here) <= (os.cpu_count() or 1) // 2
    if is_bound and wanted != 1 and ranks.index == 0:
        warn(
            f"each process may use only one of {os.cpu_count()} CPUs, as one "
            "thread would. Let it use all: mpiexec --bind-to none (Open MPI), or srun "
            "--cpu-bind=none."
        )
    if wanted is not None:
        return wanted
    are_apart = sum(map(len, here)) == len(all_here)
    share = len(cpus) if are_apart else len(all_here) // len(here)
    return max(1, min(share, usable_cpus()))


def _log_machines(n_ranks: int, hosts: list[str]) -> None:
    machines = "one machine" if len(hosts) == 1 else f"{len(hosts)} machines"
    names = ", ".join(hosts[:MOST_HOSTS]) + ", ..." * (len(hosts) > MOST_HOSTS)
    logger.info("%d ranks on %s: %s.", n_ranks, machines, names)


def _allowed_cpus() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))
