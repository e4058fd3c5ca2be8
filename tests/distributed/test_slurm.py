"""Jobs of SLURM, on two nodes of this machine, with the MPICH of the package index."""

import contextlib
import os
import shlex
import signal
import subprocess
import time

import pytest
from helpers import CHILD_OPTIONS, cli_command
from mpi_jobs import (
    FLAGS,
    HANDLERS,
    ranks_of,
    require_mpi,
    started,
    wait_for_training,
    write_text,
)
from slurm_cluster import cluster, is_installed, without_other_jobs

pytestmark = [pytest.mark.peer, pytest.mark.slow]
require_mpi()
MPI = pytest.importorskip("mpi4py.MPI", exc_type=ImportError)
if not MPI.Get_library_version().startswith("MPICH"):
    pytest.skip("mpi4py does not use MPICH", allow_module_level=True)
if not is_installed():
    pytest.skip("SLURM and munge are not installed", allow_module_level=True)

# As docs/guides/many-machines.md has them.
SHAPE = ["--nodes=2", "--ntasks-per-node=1", "--cpus-per-task=2"]
SRUN = ["srun", "--mpi=pmi2", *SHAPE, "--cpu-bind=none", "--kill-on-bad-exit=1"]
LIMIT = 60  # of a job [s]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("slurm")) as found:
        yield {**without_other_jobs(CHILD_OPTIONS["env"]), **found}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return write_text(tmp_path_factory.mktemp("text"))


@pytest.fixture
def training(environment, text, tmp_path, monkeypatch):
    """Return the command of a job's step, which writes `vectors.bin`."""
    monkeypatch.setitem(CHILD_OPTIONS, "env", environment)
    files = ("-train", str(text), "-output", str(tmp_path / "vectors.bin"))

    def command(*flags, n_epochs=2):
        every = (*files, *FLAGS[:-1], str(n_epochs), *flags)
        return cli_command("train", "--distributed", *every)

    return command


def finished(*command):
    found = subprocess.run(
        command,
        **CHILD_OPTIONS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return found.returncode, found.stdout


def test_processes_on_two_nodes_train_one_model_and_write_it_once(training, tmp_path):
    status, printed = finished(*SRUN, *training("-binary", "0"))
    assert status == 0, printed
    assert printed.count("Wrote") == 1
    header, *lines = (tmp_path / "vectors.bin").read_text().splitlines()
    assert header == f"{len(lines)} 16"


def test_srun_that_does_not_know_the_mpi_is_an_error(training, tmp_path):
    """Else each process would train alone, and all would write the same file."""
    status, printed = finished(
        *(word for word in SRUN if word != "--mpi=pmi2"), *training()
    )
    assert status != 0, printed
    assert "(SLURM_STEP_NUM_TASKS=2), which do not find one another" in printed
    assert "With srun, give --mpi=pmi2 for MPICH" in printed
    assert not (tmp_path / "vectors.bin").exists()


def test_a_killed_process_ends_the_job(training, tmp_path):
    with started(2, *training(n_epochs=10**6), launcher=SRUN) as job:
        wait_for_training(job)
        os.kill(ranks_of(job)[0], signal.SIGKILL)
        job.communicate(timeout=20)
        assert job.returncode != 0
    assert not (tmp_path / "vectors.bin").exists()


def test_sigterm_to_one_process_ends_all_after_a_checkpoint(training, tmp_path):
    """Also those on other nodes."""
    folder = tmp_path / "c"
    checkpoints = ("--checkpoint", str(folder), "--checkpoint-every", "2h")
    with started(2, *training(*checkpoints, n_epochs=10**6), launcher=SRUN) as job:
        wait_for_training(job)
        os.kill(ranks_of(job)[1], signal.SIGTERM)
        printed, _ = job.communicate(timeout=20)
        assert job.returncode != 0
    assert "was terminated by SIGTERM" in printed
    assert (folder / "checkpoint-000001").exists()


def test_a_job_that_gets_sigterm_goes_on_when_it_is_submitted_again(training, tmp_path):
    """As before a time limit: all nodes end by themselves, after a checkpoint."""
    folder = tmp_path / "c"
    checkpoints = ("--checkpoint", str(folder), "--checkpoint-every", "2h", "--resume")
    step = [*SRUN, *training(*checkpoints, n_epochs=1_500)]  # still trains at SIGTERM

    number, printed, status = submitted(tmp_path / "first", step)
    wait_for(printed, "Training")
    time.sleep(HANDLERS)
    code, told = finished("scancel", "--signal=TERM", number)
    assert code == 0, told
    wait_for(status, "\n")
    told = printed.read_text()
    assert status.read_text() != "0\n", told
    assert "was terminated by SIGTERM" in told  # not killed by SLURM
    assert (folder / "checkpoint-000001").exists(), told
    assert not (tmp_path / "vectors.bin").exists()

    _, printed, status = submitted(tmp_path / "second", step)
    wait_for(status, "\n")
    told = printed.read_text()
    assert status.read_text() == "0\n", told
    assert "Resuming from" in told
    assert (tmp_path / "vectors.bin").exists()


def submitted(folder, step):
    """Submit a job; return its number, and the files of its output and its status."""
    folder.mkdir()
    script, printed, status = (folder / name for name in ("job", "printed", "status"))
    script.write_text(f"#!/bin/sh\n{shlex.join(step)}\necho $? > {status}\n")
    code, number = finished(
        "sbatch", "--parsable", *SHAPE, f"--output={printed}", str(script)
    )
    assert code == 0, number
    return number.strip(), printed, status


def wait_for(path, words):
    end, text = time.monotonic() + LIMIT, None
    while time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError):
            text = path.read_text()
            if words in text:
                return
        time.sleep(0.1)
    raise TimeoutError(path, words, text)
