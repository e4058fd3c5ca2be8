"""Real processes, started by mpiexec of an MPI that must be installed."""

import os
import re
import signal
import sys
import time

import pytest
from helpers import CHILD_OPTIONS, cli_command, run_cli, run_python
from mpi_jobs import (
    FLAGS,
    ranks_of,
    require_mpi,
    run,
    started,
    train,
    wait_for_training,
    write_text,
)

from w2vfast.distributed.mpi import MpiRanks, longest_wait

pytestmark = pytest.mark.peer
require_mpi()


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return write_text(tmp_path_factory.mktemp("mpi"))


def test_one_process_has_the_bytes_of_a_training_without_mpi(text, tmp_path):
    status, output = train(1, text, tmp_path / "one.bin", "-binary", "1")
    assert status == 0, output
    files = ("-train", str(text), "-output", str(tmp_path / "alone.bin"))
    run_cli("train", *files, "-binary", "1", *FLAGS, check=True)
    alone, one = (tmp_path / name for name in ("alone.bin", "one.bin"))
    assert one.read_bytes() == alone.read_bytes()


def test_deterministic_processes_have_the_bytes_of_one(text, tmp_path):
    flags = ["-binary", "1", "--deterministic", "-cbow", "0"]
    status, output = train(2, text, tmp_path / "two.bin", *flags)
    assert status == 0, output
    files = ("-train", str(text), "-output", str(tmp_path / "alone.bin"))
    run_cli("train", *files, *flags, *FLAGS, check=True)
    assert (tmp_path / "two.bin").read_bytes() == (tmp_path / "alone.bin").read_bytes()


@pytest.mark.parametrize("size", [2, 3])
def test_processes_train_one_model_and_write_it_once(text, tmp_path, size):
    output = tmp_path / "vectors.txt"
    status, printed = train(size, text, output, "-save-vocab", str(tmp_path / "vocab"))
    assert status == 0, printed
    header, *lines = output.read_text().splitlines()
    assert header == f"{len(lines)} 16"
    assert printed.count("Wrote") == 1
    assert printed.count(f"{size} ranks on one machine: ") == 1
    assert f"Trained by {size} ranks, this one by 1 thread." in printed
    vocab = (tmp_path / "vocab").read_text()
    counts = [int(line.split()[1]) for line in vocab.splitlines()]
    assert sum(counts) == 66_000  # with sentence ends


def kill_one(job):
    os.kill(ranks_of(job)[0], signal.SIGKILL)


def press_ctrl_c(job):
    job.send_signal(signal.SIGINT)  # mpiexec sends it to all processes


@pytest.mark.parametrize("end", [kill_one, press_ctrl_c])
def test_a_killed_process_and_ctrl_c_end_the_job(text, tmp_path, end, monkeypatch):
    monkeypatch.setitem(CHILD_OPTIONS["env"], "W2VFAST_RANK_WAIT", "30")
    files = ("-train", str(text), "-output", str(tmp_path / "vectors.bin"))
    command = cli_command("train", "--distributed", *files, *FLAGS[:-1], "1000000")
    with started(2, *command) as job:
        wait_for_training(job)
        end(job)
        job.communicate(timeout=15)
        assert job.returncode != 0
    assert not (tmp_path / "vectors.bin").exists()


def test_three_processes_go_on_after_one_of_two_was_killed(text, tmp_path):
    folder, output = tmp_path / "c", tmp_path / "vectors.bin"
    checkpoints = ["--checkpoint", folder, "--checkpoint-every", "130kwords"]
    flags = list(map(str, [*FLAGS[:-1], "16", *checkpoints]))
    files = ("-train", str(text), "-output", str(output))
    command = cli_command("train", "--distributed", *files, *flags)
    with started(2, *command) as job:
        while job.poll() is None and not (folder / "checkpoint-000002").exists():
            time.sleep(0.01)
        kill_one(job)
        job.communicate(timeout=15)
        assert job.returncode != 0
    assert not output.exists()
    status, printed = run(3, *command, "--resume")
    assert status == 0, printed
    assert "Resuming from" in printed
    done = int(re.search(r"([0-9,]+) tokens are done", printed)[1].replace(",", ""))
    assert 260_000 <= done < 16 * 66_000
    assert output.exists()


def test_sigterm_to_one_process_ends_all_after_a_checkpoint(text, tmp_path):
    folder = tmp_path / "c"
    checkpoints = ["--checkpoint", str(folder), "--checkpoint-every", "2h"]
    files = ("-train", str(text), "-output", str(tmp_path / "vectors.bin"))
    flags = [*FLAGS[:-1], "1000000", *checkpoints]
    with started(2, *cli_command("train", "--distributed", *files, *flags)) as job:
        wait_for_training(job)
        os.kill(ranks_of(job)[1], signal.SIGTERM)
        job.communicate(timeout=20)
        assert job.returncode != 0
    assert (folder / "checkpoint-000001").exists()


PROGRAM = """
import sys
from mpi4py import MPI
from w2vfast import Word2Vec

comm = MPI.COMM_WORLD
if comm.rank == 1 and sys.argv[1] == "error":
    class Fails:
        def on_epoch_end(self, model):
            raise OSError("disk is full")
    hooks = [Fails()]
else:
    hooks = []
if comm.rank == 1 and sys.argv[1] == "absent":
    comm.recv(source=0)
Word2Vec([list("abcab")] * 100, min_count=1, workers=1, comm=comm, callbacks=hooks)
"""


def test_an_error_of_one_process_is_an_error_of_all():
    status, printed = run(3, sys.executable, "-c", PROGRAM, "error")
    assert status != 0
    assert printed.count("RankError: rank 1 of 3 failed: disk is full") == 2


def test_a_process_that_never_comes_ends_the_job(monkeypatch):
    monkeypatch.setitem(CHILD_OPTIONS["env"], "W2VFAST_RANK_WAIT", "2")
    status, printed = run(2, sys.executable, "-c", PROGRAM, "absent")
    assert status != 0
    assert "rank 0 has waited 2 s for the other ranks at 'the start'" in printed


def test_a_limit_that_is_no_time_is_an_error(monkeypatch):
    for given in ("soon", "-1", "nan"):
        monkeypatch.setenv("W2VFAST_RANK_WAIT", given)
        with pytest.raises(ValueError, match="must be seconds, a number above 0"):
            longest_wait()


def test_two_threads_need_two_communicators():
    from mpi4py import MPI

    first, second = MpiRanks(MPI.COMM_SELF), MpiRanks(MPI.COMM_SELF)
    other = MpiRanks(MPI.COMM_SELF.Dup())

    def meet():
        with pytest.raises(RuntimeError, match=r"comm=comm\.Dup\(\)"):
            second.meet("now")
        other.meet("now")

    first._within_limit("a step", meet)
    second.meet("now")


MERGES = """
import sys
import numpy as np
from mpi4py import MPI
from w2vfast import _core
from w2vfast.distributed import shared_memory
from w2vfast.distributed.mpi import CHUNK_BYTES, MpiRanks
from w2vfast.distributed.merge_times import OFTEN
from w2vfast.distributed.rank_merges import Curvature, Merge, SharedRows, merge_matrices

if sys.argv[1] == "apart":
    shared_memory.SharedMemory.of = lambda mpi, comm: None
elif sys.argv[1] == "cramped" and MPI.COMM_WORLD.rank == 0:
    shared_memory._free_bytes = lambda: 1 << 23
comm = MPI.COMM_WORLD
ranks = MpiRanks(comm)
assert (ranks.memory is None) == (sys.argv[1] != "near")
rng = np.random.default_rng(comm.rank)
most = CHUNK_BYTES // 4
for n in (0, 1, 3 * most + 7):
    for dtype in (np.float32, np.int64, np.uint16):
        own = rng.integers(0, 1000, n).astype(dtype)
        expected = sum(comm.allgather(own))
        ranks.add_up(own)
        np.testing.assert_array_equal(own, expected)

D, names = 10, ("syn0", "syn1neg")
flat = Curvature(np.eye(2, D, dtype=np.float32), np.zeros(2, np.float32), 0.0,
                 np.ones(_core.BANDS, np.float32))
live = {name: np.zeros((20_000, D), dtype=np.float32) for name in names}
times = comm.size, OFTEN
rows = {name: SharedRows.of(live[name], np.ones(20_000), *times) for name in names}
for number in range(3):
    before = {name: live[name].copy() for name in names}
    for name in names:
        live[name] += rng.integers(0, 100, live[name].shape)
    own = {name: live[name] - before[name] for name in names}
    ranks.meet("a merge")
    words = np.full(comm.size, number)
    merge_matrices(ranks, rows, dict.fromkeys(names, flat), Merge(words, 0, 64, 1.0))
    for name in names:
        expected = before[name] + sum(comm.allgather(own[name]))
        np.testing.assert_array_equal(live[name], expected)
        np.testing.assert_array_equal(rows[name].base, expected)
print("all merges are right")
"""


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("where", ["near", "apart", "cramped"])
def test_merges_are_the_same_on_one_machine_and_on_several(size, where):
    """And where one process finds too little room in shared memory."""
    status, printed = run(size, sys.executable, "-c", MERGES, where)
    assert status == 0, printed
    assert printed.count("all merges are right") == size


def test_a_communicator_that_is_freed_gives_back_its_copy_and_its_shared_memory():
    program = """
from mpi4py import MPI
import numpy as np
from w2vfast.distributed.mpi import MpiRanks

def shared_bytes():  # of this process alone: other jobs come and go
    lines = [line.split() for line in open("/proc/self/maps") if "shm" in line]
    ends = [[int(end, 16) for end in line[0].split("-")] for line in lines]
    return sum(end - begin for begin, end in ends)

held = []
for step in range(1100):  # more than there are communicators
    comm = MPI.COMM_WORLD.Dup()
    MpiRanks(comm)
    held.append(shared_bytes())
    comm.Free()
assert held[0] > 0
assert held[-1] <= held[50] + (1 << 22), (held[50], held[-1])
print("all given back")
"""
    status, printed = run(2, sys.executable, "-c", program)
    assert status == 0, printed
    assert printed.count("all given back") == 2


def test_a_rank_that_waits_in_shared_memory_for_another_ends_the_job():
    program = """
import time
from mpi4py import MPI
from w2vfast.distributed.mpi import MpiRanks
ranks = MpiRanks(MPI.COMM_WORLD)
if ranks.index == 1:
    time.sleep(30)
with ranks.within("merge 3", 0.5):
    ranks.memory.meet()
"""
    begun = time.monotonic()
    status, printed = run(2, sys.executable, "-c", program)
    assert status != 0
    assert "rank 0 has waited 0.5 s for the other ranks at 'merge 3'" in printed
    assert time.monotonic() - begun < 20


def test_steps_within_one_limit_end_the_job_by_it():
    program = """
import time
from mpi4py import MPI
from w2vfast.distributed.mpi import MpiRanks
ranks = MpiRanks(MPI.COMM_SELF)
with ranks.within("merge 3", 0.5):
    ranks.meet("merge 3")
    time.sleep(30)
"""
    status, printed = run(1, sys.executable, "-c", program)
    assert status != 0
    assert "rank 0 has waited 0.5 s for the other ranks at 'merge 3'" in printed


def test_a_rank_ends_if_mpi_cannot_end_it():
    program = """
import ctypes, time
from types import SimpleNamespace
from mpi4py import MPI
from w2vfast.distributed.mpi import MpiRanks

def hang(status):
    ctypes.PyDLL(None).sleep(200)  # no other thread of Python runs meanwhile

ranks = MpiRanks(MPI.COMM_SELF)
with ranks.within("merge 3", 0.5):
    ranks._comm = SimpleNamespace(Abort=hang)
    time.sleep(200)
"""
    status, printed = run(1, sys.executable, "-c", program, limit=30)
    assert status != 0
    assert "rank 0 has waited 0.5 s for the other ranks at 'merge 3'" in printed


def test_models_share_one_copy_of_a_communicator():
    from mpi4py import MPI

    first, second = MpiRanks(MPI.COMM_SELF), MpiRanks(MPI.COMM_SELF)
    assert first._comm == second._comm
    assert first._comm != MPI.COMM_SELF


ALONE = """
import sys
from mpi4py import MPI
from w2vfast import Word2Vec
comm = None
if sys.argv[1] != "none":
    comm = MPI.COMM_SELF if sys.argv[1] == "self" else MPI.COMM_WORLD.Dup()
Word2Vec([list("abcab")] * 9, min_count=1, workers=1, comm=comm)
"""


@pytest.mark.parametrize("name", ["OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"])
def test_processes_of_another_mpi_are_an_error(name, text, tmp_path, monkeypatch):
    """Each would train alone, and all would write the same file."""
    monkeypatch.setitem(CHILD_OPTIONS["env"], name, "2")
    told = f"2 processes were started together ({name}=2), which do not find one"
    files = ("-train", str(text), "-output", str(tmp_path / "vectors.bin"))
    found = run_cli("train", "--distributed", *files)
    assert found.returncode == 2
    assert told in found.stderr
    assert f"To train in this process alone, unset {name}." in found.stderr
    assert not (tmp_path / "vectors.bin").exists()
    found = run_python(ALONE, arguments=["world"])
    assert found.returncode == 1
    assert f"RankError: {told}" in found.stderr
    run_python(ALONE, arguments=["self"], check=True)


@pytest.mark.parametrize(
    ("name", "which", "told"),
    [
        ("PMI_SIZE", "none", "without comm= each trains a model of its own"),
        ("SLURM_JOB_NUM_NODES", "world", "a job of SLURM that has room for 2"),
        ("SLURM_JOB_NUM_NODES", "self", ""),
        ("SLURM_JOB_NUM_NODES", "none", ""),
    ],
)
def test_a_program_that_uses_one_of_several_processes_is_warned(
    name, which, told, monkeypatch
):
    monkeypatch.setitem(CHILD_OPTIONS["env"], name, "2")
    found = run_python(ALONE, arguments=[which], check=True)
    assert told in found.stderr
    assert bool(told) == ("UserWarning" in found.stderr)


def test_the_command_line_is_warned_of_idle_nodes(text, tmp_path, monkeypatch):
    monkeypatch.setitem(CHILD_OPTIONS["env"], "SLURM_JOB_NUM_NODES", "3")
    files = ("-train", str(text), "-output", str(tmp_path / "vectors.bin"))
    found = run_cli("train", "--distributed", *files, *FLAGS, check=True)
    assert "a job of SLURM that has room for 3" in found.stderr


def test_one_process_of_mpiexec_within_a_step_of_slurm_is_warned(monkeypatch):
    monkeypatch.setitem(CHILD_OPTIONS["env"], "SLURM_STEP_NUM_TASKS", "2")
    status, printed = run(1, sys.executable, "-c", ALONE, "world")
    assert status == 0, printed
    assert "this process trains alone" in printed
