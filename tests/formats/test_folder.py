"""The folder format: JSON and arrays, saved, loaded, mapped and damaged."""

import json
import os

import numpy as np
import pytest
from helpers import posix_only, run_python

from w2vfast.formats import folder
from w2vfast.formats.folder import folder_kind, load_folder, save_folder

META = {
    "words": ["</s>", "月", "\udcff\udc80", "a b", ""],
    "keys": [0, 17],
    "alpha": 0.1,
}
ARRAYS = {
    "syn0": np.arange(6, dtype=np.float32).reshape(2, 3),
    "counts": np.array([5, 1 << 40]),
    "empty": np.empty((0, 3), np.float32),
}


@pytest.fixture
def saved(tmp_path):
    save_folder(tmp_path / "model", META, ARRAYS)
    return tmp_path / "model"


def only_entry_of(path):
    (entry,) = path.iterdir()
    return entry


# --- round trips ------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [False, True])
def test_meta_and_arrays_survive_a_round_trip(saved, mmap):
    meta, loaded = load_folder(saved, mmap=mmap)
    assert meta == META
    assert loaded.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert np.array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype
    assert isinstance(loaded["syn0"], np.memmap) == mmap
    assert only_entry_of(saved.parent) == saved


def test_a_saved_folder_is_replaced_with_all_its_files(saved):
    save_folder(saved, {"new": 1}, {"other": np.zeros(1)})
    assert sorted(os.listdir(saved)) == ["model.json", "other.npy"]
    assert load_folder(saved)[0] == {"new": 1}
    assert only_entry_of(saved.parent) == saved


@posix_only
def test_a_mapped_folder_can_be_saved_over_itself(saved):
    meta, mapped = load_folder(saved, mmap=True)
    save_folder(saved, meta, mapped)
    assert np.array_equal(mapped["syn0"], ARRAYS["syn0"])
    assert np.array_equal(load_folder(saved)[1]["syn0"], ARRAYS["syn0"])


def test_the_kind_is_read_from_the_meta_data(tmp_path, saved):
    assert folder_kind(saved) is None
    save_folder(saved, {"kind": folder.MODEL_KIND}, {})
    assert folder_kind(saved) == folder.MODEL_KIND
    assert folder_kind(tmp_path / "missing") is None


# --- saves that fail --------------------------------------------------------------


def test_a_failed_save_leaves_the_old_folder_and_nothing_else(saved, monkeypatch):
    def fail(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "_write", fail)
    with pytest.raises(OSError, match="No space left"):
        save_folder(saved, {"new": 1}, ARRAYS)
    assert load_folder(saved)[0] == META
    assert only_entry_of(saved.parent) == saved


FULL_DISK_SCRIPT = """
    import resource, sys
    import numpy as np
    from w2vfast.formats.folder import save_folder
    # A file size limit fails a write as a full disk does, with another number.
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    try:
        save_folder(sys.argv[1], {}, {"x": np.zeros(10_000)})
    except OSError as error:
        print(error.filename)
"""


@posix_only
def test_a_full_disk_leaves_the_old_folder_and_names_it(saved):
    done = run_python(FULL_DISK_SCRIPT, arguments=[str(saved)])
    assert done.stdout.strip() == str(saved)
    assert load_folder(saved)[0] == META
    assert only_entry_of(saved.parent) == saved


def test_a_folder_with_other_files_is_not_replaced(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "a.npy").write_text("mine")
    with pytest.raises(FileExistsError, match=r"a\.npy'.*not replaced"):
        save_folder(path, {}, {})
    assert os.listdir(path) == ["a.npy"]


@pytest.mark.parametrize(
    "arrays", [{"../x": np.zeros(1)}, {"x": np.array([None], object)}]
)
def test_unsafe_names_and_objects_are_not_saved(tmp_path, arrays):
    with pytest.raises(ValueError, match="cannot save"):
        save_folder(tmp_path / "model", {}, arrays)
    assert list(tmp_path.iterdir()) == []


# --- folders that cannot be loaded ------------------------------------------------


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a model that w2vfast saved"):
        load_folder(tmp_path / "missing")


def change_description(path, **changes):
    described = json.loads((path / "model.json").read_text())
    described.update(changes)
    (path / "model.json").write_text(json.dumps(described))


def remove_from_description(path, name):
    described = json.loads((path / "model.json").read_text())
    del described[name]
    (path / "model.json").write_text(json.dumps(described))


def announce(path, shape):
    """Write a header that announces much more than the file has."""
    with open(path / "syn0.npy", "wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(24))


OUTSIDE = {"../outside": {"dtype": "<f4", "shape": [1]}}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda p: change_description(p, version=2), "format version 2"),
        (lambda p: change_description(p, format="x"), "not describe"),
        (lambda p: (p / "model.json").write_text("{"), "model.json is damaged"),
        (lambda p: (p / "model.json").write_text("[]"), "not describe"),
        (lambda p: (p / "syn0.npy").unlink(), "syn0.npy is missing"),
        (lambda p: os.truncate(p / "syn0.npy", 140), "syn0.npy is missing or damaged"),
        (lambda p: os.truncate(p / "syn0.npy", 0), "syn0.npy is missing or damaged"),
        (lambda p: np.save(p / "syn0.npy", np.zeros(3)), "syn0.npy contains"),
        (lambda p: np.save(p / "syn0.npy", ARRAYS["syn0"] + 1), "another version than"),
        (lambda p: change_description(p, arrays={}, meta=[]), "'meta' must be an obj"),
        (lambda p: change_description(p, arrays=[]), "'arrays' must be an object"),
        (lambda p: change_description(p, arrays={"syn0": 3}), "'arrays', item 0 must"),
        (lambda p: change_description(p, arrays=OUTSIDE), "not an identifier"),
        (lambda p: change_description(p, version=[]), r"format version \[\]"),
        (lambda p: remove_from_description(p, "meta"), "lacks 'meta'"),
        (lambda p: (p / "model.json").write_text("[" * 10**6), "is damaged"),
        (lambda p: (p / "syn0.npy").write_bytes(b"NUMPY"), "or damaged: the header"),
        (lambda p: announce(p, (1 << 40, 3)), "missing or damaged: the file has 152 b"),
    ],
)
@pytest.mark.parametrize("mmap", [False, True])
def test_a_damaged_folder_is_an_error(saved, damage, reason, mmap):
    damage(saved)
    with pytest.raises(ValueError, match=reason):
        load_folder(saved, mmap=mmap)


@posix_only
def test_a_pipe_in_place_of_an_array_is_an_error_and_is_not_waited_for(saved):
    (saved / "syn0.npy").unlink()
    os.mkfifo(saved / "syn0.npy")
    with pytest.raises(ValueError, match="not a regular file"):
        load_folder(saved)


def test_an_array_outside_the_folder_is_never_read(saved):
    np.save(saved.parent / "outside.npy", np.zeros(1, "<f4"))
    change_description(saved, arrays=OUTSIDE)
    with pytest.raises(ValueError, match=r"'\.\./outside', which is not an identifier"):
        load_folder(saved)


def test_arrays_that_were_changed_on_purpose_load_without_fingerprints(saved):
    np.save(saved / "syn0.npy", ARRAYS["syn0"] + 1)
    remove_from_description(saved, "fingerprints")
    assert np.array_equal(load_folder(saved)[1]["syn0"], ARRAYS["syn0"] + 1)


def test_pickles_are_never_loaded(saved):
    np.save(saved / "syn0.npy", np.array([None], object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"syn0\.npy is missing or damaged"):
        load_folder(saved)
