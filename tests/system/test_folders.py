"""A folder that is written complete or not at all, and read at one version."""

import os
import stat
import sys
import threading

import pytest
from helpers import posix_only

from w2vfast.system import folders
from w2vfast.system.folders import created, new_folder, read_at_once


def is_part(name):
    return name in ("mark", "data")


def write_folder(path, data=b"new"):
    with new_folder(path, "mark", is_part) as temporary:
        for name, content in (("mark", b""), ("data", data)):
            with created(temporary, name) as file:
                file.write(content)


def only_entry_of(folder):
    (entry,) = folder.iterdir()
    return entry


def test_the_folder_appears_only_when_the_block_ends(tmp_path):
    path = tmp_path / "folder"
    with new_folder(path, "mark", is_part) as temporary:
        with created(temporary, "data") as file:
            file.write(b"new")
        assert not path.exists()
    assert (path / "data").read_bytes() == b"new"
    assert only_entry_of(tmp_path) == path


@pytest.fixture(params=[True, False], ids=["exchanged", "in two steps"])
def can_exchange(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(folders, "_exchange", lambda one, other: False)


@pytest.mark.usefixtures("can_exchange")
def test_an_existing_folder_of_the_same_kind_is_replaced(tmp_path):
    path = tmp_path / "folder"
    write_folder(path, b"old")
    write_folder(path, b"new")
    assert (path / "data").read_bytes() == b"new"
    assert only_entry_of(tmp_path) == path


def test_an_empty_folder_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    write_folder(tmp_path / "folder")
    assert (tmp_path / "folder" / "data").read_bytes() == b"new"


@pytest.mark.parametrize("names", [["notes.txt"], ["mark", "notes.txt"], ["data"]])
def test_a_folder_with_other_files_is_not_replaced(tmp_path, names):
    path = tmp_path / "folder"
    path.mkdir()
    for name in names:
        (path / name).write_text("mine")
    with pytest.raises(FileExistsError, match=r"(notes\.txt|data)'.*not replaced"):
        write_folder(path)
    assert sorted(os.listdir(path)) == sorted(names)


def test_a_file_is_not_replaced_by_a_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileExistsError, match="this is a file"):
        write_folder(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_read_only_folder_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "folder"
    write_folder(path, b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="the folder exists and is not writable"):
        write_folder(path)
    assert (path / "data").read_bytes() == b"old"
    assert only_entry_of(tmp_path) == path


def test_a_folder_that_is_replaced_while_it_is_checked_is_not_called_read_only(
    tmp_path, monkeypatch
):
    path = tmp_path / "folder"
    write_folder(path, b"old")
    access = os.access
    calls = []

    def replaced_meanwhile(*arguments):
        calls.append(arguments)
        if len(calls) > 1:
            return access(*arguments)
        path.rename(tmp_path / "elsewhere")  # as a writer does that needs two steps
        is_writable = access(*arguments)
        write_folder(path, b"of another writer")
        return is_writable

    monkeypatch.setattr(os, "access", replaced_meanwhile)
    write_folder(path, b"new")
    assert len(calls) > 1
    assert (path / "data").read_bytes() == b"new"


def test_a_folder_in_a_file_is_refused_as_such(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="this is a file"):
        write_folder(tmp_path / "file" / "folder")


def test_what_others_put_there_meanwhile_is_not_replaced(tmp_path):
    path = tmp_path / "folder"

    def write_while_somebody_else_does():
        with new_folder(path, "mark", is_part):
            path.mkdir()
            (path / "thesis.txt").write_text("mine")

    with pytest.raises(FileExistsError, match=r"'thesis\.txt', which was not saved"):
        write_while_somebody_else_does()
    assert (path / "thesis.txt").read_text() == "mine"
    assert only_entry_of(tmp_path) == path


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cannot create files in .*missing"):
        write_folder(tmp_path / "missing" / "folder")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_the_old_folder_and_nothing_else(tmp_path, error):
    path = tmp_path / "folder"
    write_folder(path, b"old")

    def fail():
        with new_folder(path, "mark", is_part) as temporary:
            with created(temporary, "data") as file:
                file.write(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert (path / "data").read_bytes() == b"old"
    assert only_entry_of(tmp_path) == path


def test_the_old_folder_is_restored_if_the_new_one_cannot_be_renamed(
    tmp_path, monkeypatch
):
    path = tmp_path / "folder"
    write_folder(path, b"old")
    rename = os.rename
    failed = []

    def fail_for_the_new_one(source, target):
        if target == str(path) and source.endswith(".tmp"):
            failed.append(source)
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(folders, "_exchange", lambda one, other: False)
    monkeypatch.setattr(folders.os, "rename", fail_for_the_new_one)
    with pytest.raises(OSError, match="Input/output"):
        write_folder(path, b"new")
    assert failed
    assert (path / "data").read_bytes() == b"old"
    assert only_entry_of(tmp_path) == path


@posix_only
def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    write_folder(tmp_path / "folder", b"old")
    (tmp_path / "link").symlink_to("folder")
    write_folder(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "data").read_bytes() == b"new"


@posix_only
def test_an_existing_folder_keeps_its_mode(tmp_path):
    path = tmp_path / "folder"
    write_folder(path)
    path.chmod(0o750)
    write_folder(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o750


def test_created_never_overwrites(tmp_path):
    (tmp_path / "data").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        created(str(tmp_path), "data")


@pytest.mark.skipif(sys.platform != "linux", reason="needs renameat2")
def test_two_folders_are_exchanged_at_once(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not folders._exchange(str(tmp_path / "one"), str(tmp_path / "other")):
        pytest.skip("the file system cannot exchange")
    assert os.listdir(tmp_path / "one") == ["other"]
    assert os.listdir(tmp_path / "other") == ["one"]
    assert not folders._exchange(str(tmp_path / "one"), str(tmp_path / "missing"))


@pytest.mark.usefixtures("can_exchange")
def test_several_writers_leave_one_version_and_nothing_else(tmp_path):
    path = tmp_path / "folder"
    errors = []

    def write_often(data):
        try:
            for _ in range(20):
                write_folder(path, data)
        except Exception as error:
            errors.append(error)

    writers = [threading.Thread(target=write_often, args=[b"%d" % n]) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    assert (path / "data").read_bytes() in [b"%d" % n for n in range(4)]
    assert only_entry_of(tmp_path) == path


# --- reading ------------------------------------------------------------------------


def read_both(folder):
    contents = []
    for name in ("mark", "data"):
        with folder.open(name) as file:
            contents.append(file.read())
    return contents


def write_version(path, n):
    with new_folder(path, "mark", is_part) as temporary:
        for name in ("mark", "data"):
            with created(temporary, name) as file:
                file.write(b"%d" % n)


def test_a_reader_never_gets_files_of_two_versions(tmp_path):
    path = tmp_path / "folder"
    write_version(path, 0)
    is_done = threading.Event()

    def keep_writing():
        n = 1
        while not is_done.is_set():
            write_version(path, n)
            n += 1

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for _ in range(300):
            mark, data = read_both_at_once(path)
            assert mark == data
    finally:
        is_done.set()
        writer.join()


def read_both_at_once(path):
    return read_at_once(path, "mark", read_both)


def test_a_folder_that_is_replaced_while_it_is_read_is_read_again(tmp_path):
    path = tmp_path / "folder"
    write_version(path, 0)
    calls = []

    def read(folder):
        calls.append(None)
        if len(calls) == 1:
            write_version(path, 1)  # the files of the first version are gone
        return read_both(folder)

    assert read_at_once(path, "mark", read) == [b"1", b"1"]
    assert len(calls) == 2


def test_a_folder_that_is_always_replaced_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_PAUSE", 0)
    monkeypatch.setattr(folders, "_READS", 3)
    path = tmp_path / "folder"
    write_version(path, 0)

    def read(folder):
        write_version(path, 1)
        return read_both(folder)

    with pytest.raises(ValueError, match="replaced by another process during each of"):
        read_at_once(path, "mark", read)


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    write_version(tmp_path / "folder", 0)
    (tmp_path / "folder" / "data").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        read_both_at_once(tmp_path / "folder")
    assert caught.value.filename == str(tmp_path / "folder" / "data")


@posix_only
def test_a_pipe_in_a_folder_is_an_error_and_is_not_waited_for(tmp_path):
    write_version(tmp_path / "folder", 0)
    (tmp_path / "folder" / "data").unlink()
    os.mkfifo(tmp_path / "folder" / "data")
    with pytest.raises(ValueError, match="data is not a regular file"):
        read_both_at_once(tmp_path / "folder")
