"""How many workers a run of fast mode starts, and a warning if they share CPUs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from w2vfast.errors import Name, Setting, SettingsWarning, warn
from w2vfast.system.resources import usable_cpus

if TYPE_CHECKING:
    from w2vfast.params import TrainParams

# Ids of an epoch for each worker that is started if the number is not given.  A worker
# costs 1 to 3 ms of a run: to start its thread in each epoch, and its replicas.
# Source of the value: docs/benchmarks/threads.md, Short texts.
IDS_PER_WORKER = 16_000
IDLE_WORKERS = 16  # that may be started for nothing


def useful_workers(params: TrainParams, n_ids: int, n_spans: int) -> int:
    """Return how many workers to start.

    Parameters
    ----------
    params : TrainParams
    n_ids : int
        N, of an epoch [ids].
    n_spans : int
        Of an epoch; a worker without one has nothing to do.

    Returns
    -------
    int
        At least 1.
    """
    if params.workers is None:
        return max(1, min(params.n_workers, n_ids // IDS_PER_WORKER))
    return min(params.n_workers, max(n_spans, IDLE_WORKERS))


def in_lockstep() -> bool:
    """Whether workers are to merge equally often, as on a core of their own."""
    return os.environ.get("W2VFAST_LOCKSTEP") == "1"


def warn_if_cpus_are_shared(params: TrainParams) -> None:
    """Warn if workers have to take turns on the CPUs.

    Warns
    -----
    SettingsWarning
        If `workers` was given and is larger than the number of CPUs that this process
        may use; not in lockstep, which is for tests on few cores.
    """
    cpus = usable_cpus()
    if params.workers is None or params.workers <= cpus or in_lockstep():
        return
    message = (
        *(Setting("workers", params.workers), " are more than the "),
        f"{cpus} CPU{'s' if cpus > 1 else ''} that this process may use (its affinity "
        "and the quota of its container count). They take turns, which is slower than "
        "fewer workers. Leave ",
        *(Name("workers"), " out, or give "),
        *(Setting("workers", cpus), " at most."),
    )
    warn(SettingsWarning(message))
