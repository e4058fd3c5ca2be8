"""Jobs of real processes, started by mpiexec of an MPI that must be installed.

W2VFAST_TEST_MPIEXEC names another launcher, with its options, such as
``mpiexec.openmpi --bind-to none``.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import time
import uuid

import pytest
from helpers import CHILD_OPTIONS, cli_command
from thread_ranks import write_random_text

LAUNCHER = shlex.split(os.environ.get("W2VFAST_TEST_MPIEXEC") or "mpiexec")
RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")  # MPICH, Open MPI, SLURM
JOB = "W2VFAST_TEST_JOB"  # environment variable of the processes of a job
LIMIT = 100  # of a job [s]
HANDLERS = 2  # from "Training", which is printed first; progress comes much later [s]
FLAGS = ["-min-count", "1", "-size", "16", "-threads", "1", "-iter", "2"]


def require_mpi():
    """Skip a module of tests where there is no MPI."""
    pytest.importorskip("mpi4py", exc_type=ImportError)
    if shutil.which(LAUNCHER[0]) is None:
        pytest.skip(f"{LAUNCHER[0]} is not installed", allow_module_level=True)


def write_text(folder):
    sizes = {"n_words": 60_000, "n_distinct": 2000}
    return write_random_text(folder / "text.txt", seed=2, exponent=1.3, **sizes)


@contextlib.contextmanager
def started(size, *command, launcher=LAUNCHER):
    """Start processes that end with the block, also where they wait in C."""
    line = [*launcher, "-n", str(size), *command]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    environment = {**CHILD_OPTIONS["env"], JOB: uuid.uuid4().hex}
    for name in RANKS:  # of an outer job
        environment.pop(name, None)
    options = {**CHILD_OPTIONS, **options, "env": environment}
    with subprocess.Popen(line, **options) as job:
        job.name = environment[JOB]
        try:
            yield job
        finally:
            if job.poll() is None:
                _end(job)


def _end(job):
    try:
        for pid in ranks_of(job):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    finally:
        job.kill()


def run(size, *command, limit=LIMIT):
    """Return the exit status and output of a job."""
    with started(size, *command) as job:
        output, _ = job.communicate(timeout=limit)
        return job.returncode, output


def train(size, text, output, *flags):
    """Train one model in several processes; return their exit status and output."""
    files = ("-train", str(text), "-output", str(output))
    return run(size, *cli_command("train", "--distributed", *files, *FLAGS, *flags))


def ranks_of(job):
    """Return the processes of a job that train, by their numbers as ranks."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", errors="replace") as environment:
                lines = environment.read().split("\0")
        except OSError:
            continue  # it has ended, or is of another user
        values = dict(line.partition("=")[::2] for line in lines)
        if values.get(JOB) == job.name:
            found |= {int(pid): int(values[name]) for name in RANKS if name in values}
    return sorted(found, key=found.__getitem__)


def wait_for_training(job):
    """Wait until a job trains, and its ranks have their handlers of signals."""
    assert any("Training" in line for line in job.stdout)
    time.sleep(HANDLERS)
