"""Checkpoints of earlier versions are read for ever, and training goes on from them.

``python tests/checkpoint/test_golden.py`` writes those of this version to
``tests/data/golden/checkpoints``; those that are there are never replaced.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest
from helpers import GOLDEN

from w2vfast import CallbackAny2Vec, Word2Vec
from w2vfast.checkpoint.folder import CheckpointFolder

FOLDER = GOLDEN / "checkpoints"
TEXT = GOLDEN / "corpora" / "lines.txt"
SETTINGS = {"vector_size": 4, "min_count": 100, "workers": 1, "epochs": 3}
MODES = {
    "1-fast": {"hs": 1, "freeze": ["the"]},
    "1-exact": {"mode": "exact", "sg": 1},
}


def options(name):
    return {**SETTINGS, **MODES[name], "corpus_file": TEXT}


@pytest.mark.parametrize("name", MODES)
def test_training_goes_on_from_an_old_checkpoint(tmp_path, name):
    shutil.copytree(FOLDER / name, tmp_path / name)
    found = CheckpointFolder(tmp_path / name).newest()[1]
    assert found.position.epoch == 1
    assert 0 < found.position.ids < 2 * found.run.n_ids
    model = Word2Vec(**options(name), checkpoint=tmp_path / name, resume=True)
    assert [stats.words for stats in model.history] == [found.run.n_ids] * 3
    assert model.history[0].seconds == found.history[0].seconds
    if model.params.exact:  # which gives the same bytes in every version
        whole = Word2Vec(**options(name))
        assert model.wv.vectors.tobytes() == whole.wv.vectors.tobytes()
    else:
        assert model.history[-1].loss < found.history[0].loss


def test_every_old_checkpoint_is_tested():
    assert {path.name for path in FOLDER.iterdir()} == {*MODES}
    for name in MODES:
        text = next(FOLDER.glob(f"{name}/*/model.json")).read_text()
        assert f"{json.loads(text)['meta']['checkpoint_version']}-" in name


class Killed(CallbackAny2Vec):
    """Ends the run before its third epoch."""

    def on_epoch_begin(self, model):
        if len(model.history) == 2:
            raise KeyboardInterrupt


def write(name):
    path = FOLDER / name
    every = {"checkpoint": path, "checkpoint_every": "10kwords"}
    try:
        Word2Vec(**options(name), **every, callbacks=[Killed()])
    except KeyboardInterrupt:
        for found in CheckpointFolder(path).names()[:-1]:
            shutil.rmtree(path / found)


if __name__ == "__main__":
    for made in MODES:
        if not Path(FOLDER / made).exists():
            write(made)
            sys.stdout.write(f"{FOLDER / made}\n")
