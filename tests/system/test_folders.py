"""A folder that is written complete or not at all."""

import os
import stat

import pytest
from helpers import posix_only

from w2vfast.system import folders
from w2vfast.system.folders import created, new_folder


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
