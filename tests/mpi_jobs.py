"""Jobs of real processes, started by mpiexec of an MPI that must be installed."""

import contextlib
import os
import shutil
import signal
import subprocess

import pytest
from helpers import CHILD_OPTIONS, cli_command
from thread_ranks import write_random_text

RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK")  # of MPICH and Open MPI
LIMIT = 100  # of a job [s]
FLAGS = ["-min-count", "1", "-size", "16", "-threads", "1", "-iter", "2"]


def require_mpi():
    """Skip a module of tests where there is no MPI."""
    pytest.importorskip("mpi4py", exc_type=ImportError)
    if shutil.which("mpiexec") is None:
        pytest.skip("mpiexec is not installed", allow_module_level=True)


def write_text(folder):
    sizes = {"n_words": 60_000, "n_distinct": 2000}
    return write_random_text(folder / "text.txt", seed=2, exponent=1.3, **sizes)


@contextlib.contextmanager
def started(size, *command):
    """Start processes that end with the block, also where they wait in C."""
    line = ["mpiexec", "-n", str(size), *command]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(line, **CHILD_OPTIONS, **pipes) as job:
        try:
            yield job
        finally:
            if job.poll() is None:
                for pid in _ends_of(job.pid):
                    os.kill(pid, signal.SIGKILL)
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


def ranks_of(pid):
    """Return the processes of a job that train, by their numbers as ranks."""
    return sorted(_ends_of(pid), key=_rank)


def _rank(pid):
    with open(f"/proc/{pid}/environ") as environment:
        lines = environment.read().split("\0")
    found = dict(line.partition("=")[::2] for line in lines)
    return int(next(found[name] for name in RANKS if name in found))


def _ends_of(pid):
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as status:
                parent = int(status.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue  # it has ended
        if parent == pid:
            found += _ends_of(int(name)) or [int(name)]
    return found
