"""Child processes, threads, writers of one name, and the end of the program."""

import os
import sys

import pytest
from helpers import TESTS, posix_only, run_python

from w2vfast.checkpoint.folder import CheckpointFolder

SCRIPT = str(TESTS / "faults" / "children.py")


def play(scene, folder):
    """Play a scene of `children.py`; return what it prints."""
    # Python warns of a fork while threads run, which is what is tested.
    run = f"""
        import runpy, sys, warnings
        warnings.simplefilter("ignore")
        sys.argv[0] = {SCRIPT!r}
        if __name__ == "__main__":
            runpy.run_path({SCRIPT!r}, run_name="__main__")
    """
    done = run_python(run, arguments=[scene, str(folder)])
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@posix_only
def test_a_forked_process_trains_while_its_parent_trains(tmp_path):
    assert play("fork", tmp_path) == ""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_new_process_trains_a_model_that_it_is_given(tmp_path, method):
    if method == "forkserver" and sys.platform == "win32":
        pytest.skip("needs POSIX")
    assert play(method, tmp_path) == ""


def test_the_program_ends_while_daemon_threads_train(tmp_path):
    assert play("exit", tmp_path) == ""
    found = CheckpointFolder(tmp_path / "c")
    with found.used_alone():  # removes what was being written
        assert sorted(os.listdir(found.path)) == found.names()


def test_models_that_are_trained_at_once_do_not_disturb_each_other(tmp_path):
    assert play("threads", tmp_path) == ""


@posix_only
def test_three_writers_and_a_reader_of_one_name_disturb_no_one(tmp_path):
    assert play("writers", tmp_path) == ""
