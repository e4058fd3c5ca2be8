"""What users of the command line see when a process of a job fails: soon, and plain."""

import os
import re
import signal
import sys
import time

import pytest
from helpers import CHILD_OPTIONS, cli_command, run_cli
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

pytestmark = pytest.mark.peer
require_mpi()

KILLED = 9  # status of mpiexec if it has killed another process before it ends
SOON = 30  # for a job that trains for ever otherwise [s]
INTERNAL = ("Error:", "RankError", "Terminated", "KeyboardInterrupt", "Traceback")


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return write_text(tmp_path_factory.mktemp("mpi"))


def files(text, tmp_path):
    return ("-train", str(text), "-output", str(tmp_path / "vectors.bin"))


def is_plain(printed):
    return not any(name in printed for name in INTERNAL)


# ---- errors --------------------------------------------------------------------------

FAULTY = """
import sys
import time
from mpi4py import MPI
from w2vfast.distributed import file_parts, rank_merges, rank_trainer, shared_words

def fail(*_, **__):
    raise OSError(5, "Input/output error")

def train_long(*_):
    return [lambda: time.sleep(200)]

fault, is_faulty = sys.argv.pop(1), MPI.COMM_WORLD.rank == 1
if fault == "training":
    rank_trainer.RankRun.tasks = (lambda *_: [fail]) if is_faulty else train_long
elif is_faulty:
    if fault == "files":
        file_parts._plain_size = fail
    elif fault == "vocabulary":
        shared_words.SharedWords._own = fail
    elif fault == "matrices":
        rank_trainer.SharedRows.of = fail
    elif fault == "curvature":
        rank_trainer.mean_curvatures = fail
    elif fault == "merge":
        rank_trainer.merge_matrices = fail

from w2vfast.cli.main import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    "fault", ["files", "vocabulary", "matrices", "training", "curvature", "merge"]
)
def test_an_error_of_one_process_is_told_and_ends_all_soon(fault, text, tmp_path):
    """Also where the others wait in a sum, which is no meeting, or train on."""
    command = ["train", "--distributed", *files(text, tmp_path), *FLAGS]
    status, printed = run(2, sys.executable, "-c", FAULTY, fault, *command, limit=SOON)
    assert status in (1, KILLED), printed
    told = "w2vfast: error: rank 1 of 2 failed: [Errno 5] Input/output error\n"
    assert told in printed
    assert is_plain(printed), printed
    assert not (tmp_path / "vectors.bin").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_at_the_end_is_told_with_the_rank_that_writes(text):
    status, printed = train(2, text, "/dev/full")
    assert status == 1
    assert "w2vfast: error: rank 0 of 2 failed: [Errno 28] No space left" in printed
    assert is_plain(printed), printed


def test_an_error_about_flags_spells_them_and_has_its_hint(text, tmp_path):
    folder = tmp_path / "c"
    flags = ("--checkpoint", str(folder))
    assert train(2, text, tmp_path / "a.bin", *flags)[0] == 0
    status, printed = train(2, text, tmp_path / "b.bin", *flags)
    assert status == 1
    assert "rank 0 of 2 failed:" in printed
    assert "Give --resume to go on from it" in printed
    status, printed = train(2, text, text)
    assert status != 0
    assert "is read and would be overwritten.\nChoose another name" in printed
    assert is_plain(printed), printed


def test_arguments_that_differ_are_told_in_a_sentence(text, tmp_path):
    one = cli_command("train", "--distributed", *files(text, tmp_path), *FLAGS)
    status, printed = run(1, *one, ":", "-n", "1", *one, "-window", "6", limit=SOON)
    assert status == 1
    assert "w2vfast: error: rank 0 has window = 5, rank 1 has window = 6." in printed
    assert is_plain(printed), printed


TWICE = """
from mpi4py import MPI
from w2vfast import Word2Vec

comm = MPI.COMM_WORLD
class Fails:
    def on_epoch_end(self, model):
        if comm.rank == 1:
            raise OSError("disk is full")

model = Word2Vec(min_count=1, workers=1, comm=comm)
model.build_vocab([list("abcab")] * 100)
for k in range(2):
    try:
        model.train(callbacks=[Fails()])
    except Exception as error:
        print(type(error).__name__, k, flush=True)
"""


def test_a_second_error_of_a_model_is_an_error_of_all_too():
    status, printed = run(2, sys.executable, "-c", TWICE, limit=SOON)
    assert status == 0, printed
    for k in range(2):
        assert f"RankError {k}" in printed
        assert f"OSError {k}" in printed


# ---- signals -------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize(
    ("number", "status", "told"),
    [
        (signal.SIGTERM, 143, "was terminated by SIGTERM"),
        (signal.SIGINT, 130, "was interrupted by Ctrl-C"),
    ],
)
def test_a_signal_to_one_process_is_told_in_a_sentence_and_ends_all(
    number, status, told, rank, text, tmp_path
):
    flags = [*files(text, tmp_path), *FLAGS[:-1], "1000000"]
    with started(2, *cli_command("train", "--distributed", *flags)) as job:
        wait_for_training(job)
        os.kill(ranks_of(job)[rank], number)
        printed, _ = job.communicate(timeout=15)
    assert f"w2vfast: rank {rank} of 2 {told}. This ends all ranks.\n" in printed
    assert job.returncode in (status, KILLED)
    assert is_plain(printed), printed


WAITING = """
import sys
import time
from mpi4py import MPI
from w2vfast.distributed import rank_trainer

if MPI.COMM_WORLD.rank == 1:
    rank_trainer.RankRun.tasks = lambda *_: [lambda: time.sleep(200)]

from w2vfast.cli.main import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_signal_ends_a_process_that_waits_for_one_that_hangs(
    number, status, text, tmp_path
):
    """It waits in C, where Python handles no signal."""
    flags = ["train", "--distributed", *files(text, tmp_path), *FLAGS]
    with started(2, sys.executable, "-c", WAITING, *flags) as job:
        wait_for_training(job)
        os.kill(ranks_of(job)[0], number)
        printed, _ = job.communicate(timeout=15)
    assert "w2vfast: rank 0 of 2 was " in printed
    assert job.returncode in (status, KILLED)
    assert is_plain(printed), printed


def test_a_signal_ends_a_process_that_waits_for_others_to_start(text, tmp_path):
    """MPI starts in C, where Python handles no signal."""
    one = cli_command("train", "--distributed", *files(text, tmp_path), *FLAGS)
    with started(1, *one, ":", "-n", "1", "sleep", "200") as job:
        time.sleep(3)
        assert job.poll() is None
        os.kill(ranks_of(job)[0], signal.SIGTERM)
        job.communicate(timeout=15)
        assert job.returncode != 0


# ---- processes without --distributed -------------------------------------------------


@pytest.mark.parametrize(
    "flags", [("", ""), ("--distributed", ""), ("", "--distributed")]
)
def test_processes_without_the_flag_end_all_before_a_file_is_written(
    flags, text, tmp_path
):
    """Those that have it wait for the others to start MPI, and Python cannot end it."""
    given = [[flag] if flag else [] for flag in flags]
    first, second = (
        cli_command("train", *own, *files(text, tmp_path), *FLAGS) for own in given
    )
    status, printed = run(1, *first, ":", "-n", "1", *second, limit=SOON)
    assert status == 2, printed
    assert re.search(r"2 processes were started together \(\w+=2\)", printed)
    assert "Give --distributed to all of them" in printed
    assert not (tmp_path / "vectors.bin").exists()


@pytest.mark.parametrize(
    "name", ["PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"]
)
def test_each_launcher_is_known_by_its_variable(name, text, tmp_path, monkeypatch):
    monkeypatch.setitem(CHILD_OPTIONS["env"], name, "4")
    found = run_cli("train", *files(text, tmp_path), *FLAGS)
    assert found.returncode == 2
    assert f"4 processes were started together ({name}=4)" in found.stderr
    assert f"unset {name}" in found.stderr
    assert not (tmp_path / "vectors.bin").exists()
