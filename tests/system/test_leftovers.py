"""What dead writers left is removed; what living ones use is not."""

import os
import signal

import pytest
from helpers import posix_only, run_python

from w2vfast.system import leftovers
from w2vfast.system.files import open_output
from w2vfast.system.folders import created, new_folder
from w2vfast.system.leftovers import (
    new_file_beside,
    new_folder_beside,
    only_user_of_folder,
    remove_leftovers,
    temporary_beside,
)

pytestmark = posix_only  # Windows has no locks

KILLED_SCRIPT = """
    import os, signal, sys
    from w2vfast.system.files import open_output
    from w2vfast.system.folders import created, new_folder
    with open_output(sys.argv[1] + "/file"):
        with new_folder(sys.argv[1] + "/folder", "mark", bool) as temporary:
            created(temporary, "mark").__enter__()
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_is_removed_by_the_next_one(tmp_path):
    done = run_python(KILLED_SCRIPT, arguments=[str(tmp_path)])
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    with open_output(tmp_path / "file") as file:
        file.write(b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("make", [new_file_beside, new_folder_beside])
def test_what_is_removed_before_it_is_marked_as_in_use_is_made_again(
    tmp_path, make, monkeypatch
):
    tried, flock = [], leftovers.fcntl.flock

    def flock_late(descriptor, how):
        tried.append(list(tmp_path.iterdir()))
        if len(tried) == 1:
            with monkeypatch.context() as before:
                before.setattr(leftovers.fcntl, "flock", flock)
                remove_leftovers(str(tmp_path))
        flock(descriptor, how)

    monkeypatch.setattr(leftovers.fcntl, "flock", flock_late)
    made = make(str(tmp_path / "file"))
    path = made[0] if isinstance(made[0], str) else made[1]
    assert [str(p) for p in tmp_path.iterdir()] == [path]
    assert tried[0] != tried[1]
    os.close(made[1]) if made[0] == path else made[0].close()


def test_a_folder_has_one_user_at_a_time(tmp_path):
    path = str(tmp_path)
    with only_user_of_folder(path) as first, only_user_of_folder(path) as second:
        assert (first, second) == (True, False)
    with only_user_of_folder(str(tmp_path)) as again:
        assert again


FORKED = """
    import os, sys
    from w2vfast.system.leftovers import only_user_of_folder

    reading, writing = os.pipe()
    with only_user_of_folder(sys.argv[1]):
        child = os.fork()
        if child == 0:  # lives on after the block has ended in its parent
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
    with only_user_of_folder(sys.argv[1]) as is_only_user:
        print(is_only_user)
    os.close(writing)
    os.waitpid(child, 0)
"""


@posix_only
def test_a_forked_process_does_not_keep_a_folder_in_use(tmp_path):
    done = run_python(FORKED, arguments=[str(tmp_path)])
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_what_a_living_writer_writes_stays(tmp_path):
    with open_output(tmp_path / "file") as file:
        with new_folder(tmp_path / "folder", "mark", bool) as temporary:
            with created(temporary, "mark"):
                pass
            remove_leftovers(str(tmp_path))
        file.write(b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_other_files_stay(tmp_path):
    for name in (".w2vfast-1.tmp", "mine", ".w2vfast-0123456789abcdef.tmp.old"):
        (tmp_path / name).write_text("mine")
    remove_leftovers(str(tmp_path))
    assert len(list(tmp_path.iterdir())) == 3


def test_nothing_is_removed_where_there_are_no_locks(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "fcntl", None)
    path = temporary_beside(str(tmp_path / "file"))
    open(path, "wb").close()
    remove_leftovers(str(tmp_path))
    assert os.path.exists(path)
