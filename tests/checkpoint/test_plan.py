"""Models trained with checkpoints: they go on after a break as if there were none."""

import dataclasses
import os
import shutil

import numpy as np
import pytest

from w2vfast import CallbackAny2Vec, KeyedVectors, StopTraining, Word2Vec
from w2vfast.checkpoint.folder import CheckpointFolder
from w2vfast.errors import ParameterError, ParameterTypeError, SettingsError
from w2vfast.training import spans

RNG = np.random.default_rng(5)
SENTENCES = [[f"w{w}" for w in RNG.zipf(1.6, 12) if w < 300] for _ in range(1500)]
SETTINGS = {"vector_size": 8, "min_count": 1, "workers": 1, "epochs": 3}
EVERY = "5kwords"


def bytes_of(model):
    names = ("syn1", "syn1neg")
    found = [getattr(model, name) for name in names]
    return [model.wv.vectors.tobytes()] + [m.tobytes() for m in found if m is not None]


def facts(model):
    """The history without wall times."""
    return [dataclasses.replace(s, seconds=0, samples=()) for s in model.history]


def drop_newest(path):
    """Leave only the checkpoint before the last, as if the run had been killed."""
    folder = CheckpointFolder(path)
    shutil.rmtree(os.path.join(path, folder.names()[-1]))


class KilledAt(CallbackAny2Vec):
    """Ends the run in a hook, as a kill would, without a last checkpoint."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, model):
        if len(model.history) == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"sg": 1, "hs": 1},
        {"mode": "exact"},
        {"mode": "exact", "sg": 1, "hs": 1, "negative": 0},
        {"objective": "softmax", "vector_size": 4},
        {"window": 20},
        {"deterministic": True, "workers": 3, "hs": 1},
    ],
    ids=str,
)
def test_a_killed_run_ends_in_the_bytes_of_a_whole_one(tmp_path, settings):
    settings = {**SETTINGS, **settings}
    whole = Word2Vec(SENTENCES, **settings)
    options = {**settings, "checkpoint": tmp_path, "checkpoint_every": EVERY}
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(SENTENCES, callbacks=[KilledAt(2)], **options)
    assert len(CheckpointFolder(tmp_path).names()) == 2
    model = Word2Vec(SENTENCES, resume=True, **options)
    assert bytes_of(model) == bytes_of(whole)
    assert facts(model) == facts(whole)
    assert model.history[1].words == whole.history[1].words


def test_a_run_that_is_done_is_only_read_again(tmp_path):
    options = {**SETTINGS, "checkpoint": tmp_path}
    whole = Word2Vec(SENTENCES, **options)
    names = CheckpointFolder(tmp_path).names()
    calls = []
    hook = CallbackAny2Vec()
    hook.on_epoch_begin = calls.append
    model = Word2Vec(SENTENCES, resume=True, callbacks=[hook], **options)
    assert bytes_of(model) == bytes_of(whole)
    assert model.history == whole.history
    assert CheckpointFolder(tmp_path).names() == names
    assert calls == []


def test_a_run_that_a_hook_stopped_is_done(tmp_path):
    class Stop(CallbackAny2Vec):
        def on_epoch_end(self, model):
            raise StopTraining

    options = {**SETTINGS, "checkpoint": tmp_path}
    stopped = Word2Vec(SENTENCES, callbacks=[Stop()], **options)
    model = Word2Vec(SENTENCES, resume=True, **options)
    assert len(model.history) == 1
    assert bytes_of(model) == bytes_of(stopped)


def test_a_trained_model_goes_on_in_its_second_training(tmp_path):
    def trained():
        model = Word2Vec(SENTENCES, **SETTINGS)
        model.save(tmp_path / "model")
        return model

    whole = trained()
    whole.train(SENTENCES[::-1], epochs=2)
    options = {"checkpoint": tmp_path / "c", "checkpoint_every": EVERY, "epochs": 2}
    trained().train(SENTENCES[::-1], **options)
    drop_newest(tmp_path / "c")
    model = Word2Vec.load(tmp_path / "model")
    model.train(SENTENCES[::-1], resume=True, **options)
    assert bytes_of(model) == bytes_of(whole)
    assert facts(model) == facts(whole)
    with pytest.raises(SettingsError, match="trained 3 epochs before it, now 5"):
        model.train(SENTENCES[::-1], resume=True, **options)


def test_vectors_that_somebody_holds_show_what_was_read(tmp_path):
    options = {**SETTINGS, "checkpoint": tmp_path}
    whole = Word2Vec(SENTENCES, **options)
    model = Word2Vec(resume=True, **options)
    model.build_vocab(SENTENCES)
    held = model.wv
    model.train()
    np.testing.assert_array_equal(held.vectors, whole.wv.vectors)


def test_several_workers_train_each_token_once(tmp_path):
    options = {**SETTINGS, "checkpoint": tmp_path, "checkpoint_every": EVERY}
    options["workers"] = 3
    whole = Word2Vec(SENTENCES, **options)
    drop_newest(tmp_path)
    model = Word2Vec(SENTENCES, **{**options, "workers": 2}, resume=True)
    assert [s.words for s in model.history] == [s.words for s in whole.history]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"alpha": 0.1}, "alpha=None then, alpha=0.1 now"),
        ({"sentences": SENTENCES[1:]}, "the text had"),
        (
            {"sentences": [*SENTENCES[:-2], *SENTENCES[:-3:-1]]},
            "the text is as long, but",
        ),
        ({"freeze": ["w1"]}, "other words are frozen"),
        ({"noise_weights": np.ones_like}, "weights of the negative samples"),
        ({"resume": False}, "Give resume=True to go on from it, or"),
    ],
)
def test_another_training_is_refused_and_the_checkpoints_stay(tmp_path, changes, said):
    options = {**SETTINGS, "checkpoint": tmp_path}
    Word2Vec(SENTENCES, **options)
    before = CheckpointFolder(tmp_path).names()
    with pytest.raises(SettingsError, match=said):
        Word2Vec(**{"sentences": SENTENCES, "resume": True, **options, **changes})
    assert CheckpointFolder(tmp_path).names() == before


def test_other_settings_are_refused_before_the_text_is_read(tmp_path):
    options = {**SETTINGS, "checkpoint": tmp_path}
    Word2Vec(SENTENCES, **options)
    unread = iter(SENTENCES)
    for changes in ({"window": 7, "resume": True}, {}):
        with pytest.raises(SettingsError):
            Word2Vec(unread, **{**options, **changes})
    assert next(unread) is SENTENCES[0]


def test_a_folder_that_cannot_be_written_is_refused_before_the_text_is_read(
    tmp_path, monkeypatch
):
    unread = iter(SENTENCES)
    with monkeypatch.context() as within:
        within.setattr(os, "access", lambda *_: False)
        for path in (tmp_path, tmp_path / "new" / "one"):
            with pytest.raises(PermissionError, match="checkpoints cannot be written"):
                Word2Vec(unread, checkpoint=path, **SETTINGS)
    assert next(unread) is SENTENCES[0]


def test_a_run_that_is_done_may_be_in_a_read_only_folder(tmp_path, monkeypatch):
    options = {**SETTINGS, "checkpoint": tmp_path}
    whole = Word2Vec(SENTENCES, **options)
    monkeypatch.setattr(os, "access", lambda *_: False)
    model = Word2Vec(SENTENCES, resume=True, **options)
    assert bytes_of(model) == bytes_of(whole)


def test_without_any_checkpoint_a_resumed_run_begins(tmp_path):
    whole = Word2Vec(SENTENCES, **SETTINGS)
    path = tmp_path / "new"
    model = Word2Vec(SENTENCES, checkpoint=path, resume=True, **SETTINGS)
    assert bytes_of(model) == bytes_of(whole)


@pytest.mark.parametrize("wrong", [{"resume": True}, {"checkpoint_every": "1min"}])
def test_what_belongs_to_checkpoints_needs_their_folder(wrong):
    with pytest.raises(SettingsError, match="needs checkpoint, the folder"):
        Word2Vec(**wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"checkpoint": True}, r"checkpoint must be the path of a folder or None, got"),
        ({"checkpoint": 3}, r"the path of a folder or None, got 3 \(int\)"),
        ({"checkpoint": ""}, r"the path of a folder or None, got ''"),
        ({"resume": "yes"}, r"resume must be True or False, got 'yes' \(str\)"),
        ({"resume": 1}, r"resume must be True or False, got 1 \(int\)"),
    ],
)
def test_values_of_another_kind_are_errors_of_their_parameters(
    wrong, message, tmp_path
):
    options = {"checkpoint": tmp_path, **wrong}
    with pytest.raises((ParameterTypeError, ParameterError), match=message):
        Word2Vec(SENTENCES, **options, **SETTINGS)
    model = Word2Vec(**SETTINGS)
    model.build_vocab(SENTENCES)
    with pytest.raises((ParameterTypeError, ParameterError), match=message):
        model.train(SENTENCES, **options)


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path):
    path = tmp_path / "file"
    path.write_text("a b\n")
    message = r"checkpoint must be a folder, got .*file'. There is a file of this name"
    for resume in (False, True):
        with pytest.raises(ParameterError, match=message):
            Word2Vec(SENTENCES, checkpoint=path, resume=resume, **SETTINGS)
    assert path.read_text() == "a b\n"


def test_a_saved_model_and_a_copy_write_no_checkpoints(tmp_path):
    model = Word2Vec(SENTENCES, checkpoint=tmp_path / "c", **SETTINGS)
    model.save(tmp_path / "model")
    before = os.listdir(tmp_path / "c")
    for other in (Word2Vec.load(tmp_path / "model"), model.__copy__()):
        other.train(SENTENCES)
    assert os.listdir(tmp_path / "c") == before


def test_a_checkpoint_is_no_file_of_vectors(tmp_path):
    Word2Vec(SENTENCES, checkpoint=tmp_path, **SETTINGS)
    with pytest.raises(ValueError, match="is a checkpoint of a training"):
        KeyedVectors.load(tmp_path / "checkpoint-000001")


def test_parts_that_do_not_fit_are_refused(tmp_path):
    options = {**SETTINGS, "checkpoint": tmp_path}
    Word2Vec(SENTENCES, **options)
    folder = CheckpointFolder(tmp_path)
    good = folder.newest()[1]
    for changes in (
        {"starts": good.starts[:-1]},
        {"starts": good.starts[::-1].copy()},
        {"weights": {"syn0": good.weights["syn0"]}},
        {"weights": {n: m[:, :4] for n, m in good.weights.items()}},
        {"position": dataclasses.replace(good.position, next_span=99)},
        {"position": dataclasses.replace(good.position, epoch=9)},
        {"position": dataclasses.replace(good.position, epoch=-1)},
        {"position": dataclasses.replace(good.position, worker={})},
        {"position": dataclasses.replace(good.position, worker={"kept_words": 0.5})},
        {"position": dataclasses.replace(good.position, sample_stride=0)},
        {"position": dataclasses.replace(good.position, ids=2**70)},
        {"position": dataclasses.replace(good.position, worker={"kept_words": 2**70})},
        {"position": dataclasses.replace(good.position, worker={"kept_words": -1})},
    ):
        folder.add(dataclasses.replace(good, **changes))
        said = "is damaged|cannot be resumed: "
        with pytest.raises(ValueError, match=said) as found:
            Word2Vec(SENTENCES, resume=True, **options)
        assert "its parts do not" in str(found.value) or "kept_words" in str(changes)


def test_a_checkpoint_that_is_refused_leaves_the_model_as_it_was(tmp_path):
    options = {**SETTINGS, "checkpoint": tmp_path}
    Word2Vec(SENTENCES, **options)
    folder = CheckpointFolder(tmp_path)
    good = folder.newest()[1]
    position = dataclasses.replace(good.position, worker={"kept_words": -1})
    folder.add(dataclasses.replace(good, position=position))
    model = Word2Vec(resume=True, **options)
    model.build_vocab(SENTENCES)
    before = bytes_of(model)
    with pytest.raises(ValueError, match="cannot be resumed"):
        model.train()
    assert bytes_of(model)[0] == before[0]
    assert model.history == []


def test_a_deterministic_run_that_another_version_cuts_otherwise_is_refused(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(spans, "SEEN_PER_ROUND", 8)
    monkeypatch.setattr(spans, "SHORTEST_SHARD", 32)
    options = {**SETTINGS, "deterministic": True, "checkpoint": tmp_path, "epochs": 1}
    Word2Vec(SENTENCES, **options)
    folder = CheckpointFolder(tmp_path)
    good = folder.newest()[1]
    position = dataclasses.replace(good.position, epoch=0)
    for changes, said in (
        ({"worker": {"order": 1}}, "not those of this version"),
        ({"next_span": len(good.starts) - 2}, "no round begins with span"),
    ):
        changed = dataclasses.replace(position, **changes)
        folder.add(dataclasses.replace(good, position=changed, finished=False))
        with pytest.raises(ValueError, match=said):
            Word2Vec(SENTENCES, resume=True, **options)
