"""The folder of checkpoints: which are kept, which is read, and who may write."""

import os

import pytest
from checkpoint_helpers import assert_equal, checkpoint
from helpers import posix_only

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.checkpoint import folder as folder_module
from w2vfast.checkpoint.folder import CheckpointFolder


@pytest.fixture
def folder(tmp_path):
    return CheckpointFolder(tmp_path)


def test_the_last_two_are_kept(folder):
    for seed in range(4):
        path = folder.add(checkpoint(seed))
    assert folder.names() == ["checkpoint-000003", "checkpoint-000004"]
    assert path == os.path.join(folder.path, "checkpoint-000004")
    assert_equal(folder.newest()[1], checkpoint(3))


def test_what_a_killed_process_did_not_remove_is_removed_later(folder, monkeypatch):
    monkeypatch.setattr(folder_module, "_remove", lambda path: None)
    for seed in range(3):
        folder.add(checkpoint(seed))
    monkeypatch.undo()
    assert len(folder.names()) == 3
    later = CheckpointFolder(folder.path)
    later.newest()
    later.remove_older()
    assert later.names() == ["checkpoint-000002", "checkpoint-000003"]


def test_a_training_that_goes_on_keeps_two_checkpoints(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, "_remove", lambda path: None)
    options = {"checkpoint": tmp_path, "checkpoint_every": "100words", "min_count": 1}
    Word2Vec([["a", "b"] * 100] * 50, workers=1, epochs=1, **options)
    monkeypatch.undo()
    assert len(CheckpointFolder(tmp_path).names()) > 2
    Word2Vec([["a", "b"] * 100] * 50, workers=1, epochs=1, resume=True, **options)
    assert len(CheckpointFolder(tmp_path).names()) == 2


def test_a_missing_folder_has_none(tmp_path):
    folder = CheckpointFolder(tmp_path / "new")
    assert folder.newest() is None
    assert folder.names() == []
    with folder.used_alone():
        folder.add(checkpoint())
    assert folder.names() == ["checkpoint-000001"]


def test_other_files_stay(folder):
    others = {"notes.txt", "checkpoint-1", "checkpoint-000001.bak"}
    for name in others:
        (open(os.path.join(folder.path, name), "w")).close()
    for seed in range(3):
        folder.add(checkpoint(seed))
    assert {*os.listdir(folder.path)} == {*others, *folder.names()}


def damage(folder, name):
    os.truncate(os.path.join(folder.path, name, "syn0.npy"), 100)


def test_a_damaged_one_is_passed_over_and_removed_by_the_next(folder):
    for seed in range(2):
        folder.add(checkpoint(seed))
    damage(folder, "checkpoint-000002")
    with pytest.warns(UserWarning, match="before it, checkpoint-000001, is used"):
        path, found = folder.newest()
    assert path.endswith("checkpoint-000001")
    assert_equal(found, checkpoint(0))
    folder.add(checkpoint(5))
    assert folder.names() == ["checkpoint-000001", "checkpoint-000003"]


@pytest.mark.filterwarnings("ignore:.*damaged")
def test_if_all_are_damaged_that_is_an_error(folder):
    for seed in range(2):
        folder.add(checkpoint(seed))
        damage(folder, f"checkpoint-00000{seed + 1}")
    with pytest.raises(ValueError, match=r"syn0.npy is missing or damaged"):
        folder.newest()


def test_a_name_is_on_the_disk_before_older_ones_are_removed(folder, monkeypatch):
    seen = []
    monkeypatch.setattr(folder_module, "sync_names", lambda _: seen.append(names()))
    names = folder.names
    for seed in range(3):
        folder.add(checkpoint(seed))
    assert seen[-1] == [f"checkpoint-00000{number}" for number in (1, 2, 3)]
    assert folder.names() == seen[-1][1:]


def test_those_before_stay_if_one_cannot_be_written(folder, monkeypatch):
    folder.add(checkpoint(0))
    folder.add(checkpoint(1))

    def full(path, checkpoint):
        raise OSError(28, "No space left on device", path)

    monkeypatch.setattr(folder_module, "write_checkpoint", full)
    with pytest.raises(OSError, match="No space"):
        folder.add(checkpoint(2))
    assert folder.names() == ["checkpoint-000001", "checkpoint-000002"]


@posix_only
def test_a_second_process_is_refused(folder):
    again = CheckpointFolder(folder.path).used_alone()
    said = "another process writes its checkpoints"
    with folder.used_alone(), pytest.raises(OSError, match=said), again:
        pass
    with CheckpointFolder(folder.path).used_alone():
        pass


@posix_only
def test_what_a_killed_process_left_is_removed(folder):
    os.mkdir(os.path.join(folder.path, ".w2vfast-0123456789abcdef.tmp"))
    with folder.used_alone():
        assert os.listdir(folder.path) == []


def test_a_checkpoint_is_no_folder_of_checkpoints(folder):
    path = folder.add(checkpoint())
    with pytest.raises(ValueError, match="is a checkpoint, not a folder of them"):
        CheckpointFolder(path).names()


def test_if_the_only_one_is_damaged_the_error_says_how_to_go_on(folder):
    os.remove(os.path.join(folder.add(checkpoint()), "model.json"))
    message = r"checkpoint-000001 cannot be read.*[^.]\. Remove the folder and begin"
    with pytest.raises(ValueError, match=message):
        folder.newest()


@pytest.mark.parametrize("load", [Word2Vec.load, KeyedVectors.load])
def test_loading_checkpoints_is_an_error_that_tells_how_to_train_on(folder, load):
    path = folder.add(checkpoint())
    with pytest.raises(FileNotFoundError, match=r"It has checkpoints\. Train on"):
        load(folder.path)
    with pytest.raises(ValueError, match=r"is a checkpoint of a training\. Train on"):
        load(path)
