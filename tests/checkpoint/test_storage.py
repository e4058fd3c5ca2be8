"""A checkpoint on disk: what is read is what was written, or an error."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from checkpoint_helpers import assert_equal, checkpoint

from w2vfast.checkpoint.storage import read_checkpoint, write_checkpoint
from w2vfast.formats.folder import load_folder, save_folder


@pytest.fixture
def path(tmp_path):
    write_checkpoint(str(tmp_path / "one"), checkpoint())
    return str(tmp_path / "one")


def change(path, **changes):
    meta, arrays = load_folder(path)
    shutil.rmtree(path)
    save_folder(path, {**meta, **changes}, arrays)


def test_what_is_read_is_what_was_written(path):
    assert_equal(read_checkpoint(path), checkpoint())


def test_numbers_keep_their_last_bit(tmp_path):
    odd = checkpoint(finished=True, history=[])
    worker = {"alpha": float(np.float32(0.1)), "random": 2**64 - 1}
    object.__setattr__(odd.position, "worker", worker)
    write_checkpoint(str(tmp_path / "odd"), odd)
    assert read_checkpoint(str(tmp_path / "odd")).position.worker == worker


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def test_every_changed_bit_of_an_array_is_noticed(path):
    flip(f"{path}/syn0.npy", -1 + 128 + 3 * 4 * 4)
    description = Path(path, "model.json")
    meta = json.loads(description.read_text())
    meta.pop("fingerprints")  # which would notice it in small files, too
    description.write_text(json.dumps(meta))
    with pytest.raises(ValueError, match="damaged: syn0 was changed"):
        read_checkpoint(path)
    read_checkpoint(path, whole=False)


def test_every_changed_value_of_the_description_is_noticed(path):
    meta, _ = load_folder(path)
    change(path, position={**meta["position"], "next_span": 1})
    with pytest.raises(ValueError, match="its description was changed"):
        read_checkpoint(path)


def test_a_missing_array_is_noticed(path):
    meta, arrays = load_folder(path)
    shutil.rmtree(path)
    save_folder(path, meta, {"syn0": arrays["syn0"]})
    with pytest.raises(ValueError, match="arrays are not those that were written"):
        read_checkpoint(path)


def test_a_later_version_is_refused(path):
    change(path, checkpoint_version=2)
    with pytest.raises(ValueError, match=r"of version 2, and this version .* reads 1"):
        read_checkpoint(path)


def test_another_folder_is_refused(tmp_path):
    save_folder(tmp_path / "other", {"kind": "x"}, {})
    with pytest.raises(ValueError, match=r"holds 'x', not a w2vfast\.Checkpoint"):
        read_checkpoint(str(tmp_path / "other"))
