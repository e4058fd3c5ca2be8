"""Jobs of SLURM, on two nodes of this machine, with the MPICH of the package index."""

import contextlib
import os
import re
import signal
import subprocess
import time

import pytest
from helpers import CHILD_OPTIONS, cli_command
from mpi_jobs import FLAGS, ranks_of, require_mpi, started, write_text
from slurm_cluster import cluster, is_installed

pytestmark = [pytest.mark.peer, pytest.mark.slow]
require_mpi()
if not is_installed():
    pytest.skip("SLURM and munge are not installed", allow_module_level=True)

# As docs/guides/many-machines.md has them.
SHAPE = ["--nodes=2", "--ntasks-per-node=1", "--cpus-per-task=2"]
SRUN = ["srun", "--mpi=pmi2", *SHAPE, "--cpu-bind=none", "--kill-on-bad-exit=1"]
LIMIT = 60  # of a job [s]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("slurm")) as found:
        yield {**CHILD_OPTIONS["env"], "SLURM_CONF": found["SLURM_CONF"]}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return write_text(tmp_path_factory.mktemp("text"))


@pytest.fixture
def train(environment, text, tmp_path, monkeypatch):
    """Return the command of a job's step, which writes `vectors.bin`."""
    monkeypatch.setitem(CHILD_OPTIONS, "env", environment)
    files = ("-train", str(text), "-output", str(tmp_path / "vectors.bin"))

    def command(*flags, n_epochs=2):
        every = (*files, *FLAGS[:-1], str(n_epochs), *flags)
        return cli_command("train", "--distributed", *every)

    return command


def run(*command):
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


def test_processes_on_two_nodes_train_one_model_and_write_it_once(train, tmp_path):
    status, printed = run(*SRUN, *train("-binary", "0"))
    assert status == 0, printed
    assert printed.count("Wrote") == 1
    header, *lines = (tmp_path / "vectors.bin").read_text().splitlines()
    assert header == f"{len(lines)} 16"


def test_srun_that_does_not_know_the_mpi_is_an_error(train, tmp_path):
    """Else each process would train alone, and all would write the same file."""
    status, printed = run(*(word for word in SRUN if word != "--mpi=pmi2"), *train())
    assert status != 0, printed
    assert "(SLURM_STEP_NUM_TASKS=2), which do not find one another" in printed
    assert "With srun, give --mpi=pmi2 for MPICH" in printed
    assert not (tmp_path / "vectors.bin").exists()


def test_a_killed_process_ends_the_job(train, tmp_path):
    with started(2, *train(n_epochs=10**6), launcher=SRUN) as job:
        assert any("Training" in line for line in job.stdout)
        time.sleep(0.5)
        os.kill(ranks_of(job)[0], signal.SIGKILL)
        job.communicate(timeout=20)
        assert job.returncode != 0
    assert not (tmp_path / "vectors.bin").exists()


def test_sigterm_to_one_process_ends_all_after_a_checkpoint(train, tmp_path):
    """Those on other nodes end by themselves: SLURM would kill them much later."""
    folder = tmp_path / "c"
    checkpoints = ("--checkpoint", str(folder), "--checkpoint-every", "2h")
    with started(2, *train(*checkpoints, n_epochs=10**6), launcher=SRUN) as job:
        assert any("Training" in line for line in job.stdout)
        time.sleep(0.5)
        os.kill(ranks_of(job)[1], signal.SIGTERM)
        printed, _ = job.communicate(timeout=20)
        assert job.returncode != 0
    assert "was terminated by SIGTERM" in printed
    assert (folder / "checkpoint-000001").exists()


def test_a_job_that_gets_sigterm_goes_on_when_it_is_submitted_again(train, tmp_path):
    """As before a time limit: all nodes end by themselves, after a checkpoint."""
    folder, script = tmp_path / "c", tmp_path / "job.sh"
    checkpoints = ("--checkpoint", str(folder), "--checkpoint-every", "2h", "--resume")
    printed = tmp_path / "printed.txt"
    submit = ["sbatch", "--wait", *SHAPE, f"--output={printed}", str(script)]

    script.write_text(shell(*SRUN, *train(*checkpoints, n_epochs=100)))
    with subprocess.Popen(submit, **CHILD_OPTIONS, stdout=subprocess.PIPE) as job:
        number = re.search(rb"job (\d+)", job.stdout.readline())[1].decode()
        wait_for(printed, "Training")
        time.sleep(0.5)
        sent = time.monotonic()
        status, told = run("scancel", "--signal=TERM", number)
        assert status == 0, told
        job.wait(LIMIT)
        assert time.monotonic() - sent < 30  # before SLURM would kill them
        assert job.returncode != 0
    told = printed.read_text()
    assert (folder / "checkpoint-000001").exists(), told
    assert not (tmp_path / "vectors.bin").exists()

    status, _ = run(*submit)
    assert status == 0, printed.read_text()
    assert "Resuming from" in printed.read_text()
    assert (tmp_path / "vectors.bin").exists()


def shell(*command):
    return "#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in command) + "\n"


def wait_for(path, words):
    for _ in range(LIMIT * 10):
        with contextlib.suppress(FileNotFoundError):
            if words in path.read_text():
                return
        time.sleep(0.1)
    raise TimeoutError(words)
