"""What dead writers left is removed; what living ones use is not."""

import os
import signal
import time

from helpers import posix_only, run_python

from w2vfast.system import leftovers
from w2vfast.system.files import open_output
from w2vfast.system.folders import created, new_folder
from w2vfast.system.leftovers import remove_leftovers, temporary_beside

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


def make_older(folder):
    for path in folder.iterdir():
        before = time.time() - 3600
        os.utime(path, (before, before))


def test_what_a_killed_writer_left_is_removed_by_the_next_one(tmp_path):
    done = run_python(KILLED_SCRIPT, arguments=[str(tmp_path)])
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    make_older(tmp_path)
    with open_output(tmp_path / "file") as file:
        file.write(b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_is_young_stays_because_it_may_not_be_locked_yet(tmp_path):
    path = temporary_beside(str(tmp_path / "file"))
    open(path, "wb").close()
    remove_leftovers(str(tmp_path))
    assert os.path.exists(path)


def test_what_a_living_writer_writes_stays(tmp_path):
    with open_output(tmp_path / "file") as file:
        with new_folder(tmp_path / "folder", "mark", bool) as temporary:
            with created(temporary, "mark"):
                pass
            make_older(tmp_path)
            remove_leftovers(str(tmp_path))
        file.write(b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_other_files_stay(tmp_path):
    for name in (".w2vfast-1.tmp", "mine", ".w2vfast-0123456789abcdef.tmp.old"):
        (tmp_path / name).write_text("mine")
    make_older(tmp_path)
    remove_leftovers(str(tmp_path))
    assert len(list(tmp_path.iterdir())) == 3


def test_nothing_is_removed_where_there_are_no_locks(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "fcntl", None)
    path = temporary_beside(str(tmp_path / "file"))
    open(path, "wb").close()
    make_older(tmp_path)
    remove_leftovers(str(tmp_path))
    assert os.path.exists(path)
