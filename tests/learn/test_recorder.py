"""Recorder: which words it chooses, and when it takes a frame."""

import numpy as np
import pytest

from w2vfast import Recorder, StopTraining, Word2Vec
from w2vfast.learn.recorder import DEFAULT_FRAMES
from w2vfast.training.history import Losses, Progress

SENTENCES = [["king", "queen", "crown", "red"], ["cat", "dog", "mouse", "red"]] * 40
NO_LOSSES = Losses()
SETTINGS = {"vector_size": 6, "min_count": 1, "sg": 1, "workers": 1, "sample": 0}


class FakeModel:
    """What a recorder needs of a model."""

    def __init__(self):
        self.wv, self.vocab, self.params = self, self, self
        self.index_to_key, self.key_to_index = ["a", "b"], {"a": 0, "b": 1}
        self.visible_counts = np.array([3, 2])
        self.summary = "fake"
        self.vectors = np.zeros((2, 3), np.float32)

    def __len__(self):
        return 2


def progress(epoch, n_epochs=2, losses=NO_LOSSES):
    return Progress(epoch, n_epochs, int(100 * epoch), 0.1, losses, "")


def recorded_epochs(every, epochs, n_epochs=2):
    recorder, model = Recorder(["a"], every), FakeModel()
    recorder.on_train_begin(model)
    for epoch in epochs:
        recorder.on_progress(model, progress(epoch, n_epochs))
    recorder.on_train_end(model)
    return recorder.recording.epochs.tolist()


def recorder_of(words=100, every=None, **settings):
    recorder = Recorder(words, every)
    model = Word2Vec(SENTENCES, callbacks=[recorder], **{**SETTINGS, **settings})
    return recorder, model


def test_the_first_and_the_last_frame_are_the_vectors_before_and_after_training():
    recorder, model = recorder_of(["king", "dog"], epochs=3)
    untrained = Word2Vec(**SETTINGS, epochs=3)
    untrained.build_vocab(SENTENCES)
    recording = recorder.recording
    assert recording.words == ["king", "dog"]
    np.testing.assert_array_equal(recording.frames[0], untrained.wv[["king", "dog"]])
    np.testing.assert_array_equal(recording.frames[-1], model.wv[["king", "dog"]])
    assert (recording.epochs[0], recording.epochs[-1]) == (0, 3)


def test_loss_and_learning_rate_are_those_of_the_history():
    recorder, model = recorder_of(every=1, epochs=3)
    recording = recorder.recording
    assert recording.epochs.tolist() == [0, 1, 2, 3]
    assert recording.alphas[1:].tolist() == [stats.alpha for stats in model.history]
    assert np.isnan(recording.losses[0])
    expected = [stats.ns_loss for stats in model.history]
    assert recording.losses[1:] == pytest.approx(expected)


def test_recording_does_not_change_the_vectors():
    _, model = recorder_of(every=0.01)
    np.testing.assert_array_equal(
        model.wv.vectors, Word2Vec(SENTENCES, **SETTINGS).wv.vectors
    )


def test_exact_mode_is_recorded_without_a_loss():
    recorder, model = recorder_of(mode="exact")
    assert np.isnan(recorder.recording.losses).all()
    rows = model.wv[recorder.recording.words]
    np.testing.assert_array_equal(recorder.recording.frames[-1], rows)


def test_a_frame_is_taken_within_an_epoch():
    ids = np.random.default_rng(1).integers(0, 50, (100_000, 15))
    recorder = Recorder(10, every=0.1)
    settings = {**SETTINGS, "vector_size": 30, "epochs": 1}
    Word2Vec(ids, callbacks=[recorder], **settings)
    assert len(recorder.recording.epochs) > 3
    assert 0 < recorder.recording.epochs[1] < 1


def test_frames_are_taken_when_they_are_due():
    steps = [0, 0.05, 0.12, 0.19, 0.2, 0.2, 0.29, 0.3, 0.55, 1, 1.04]
    assert recorded_epochs(0.1, steps) == [0, 0.12, 0.2, 0.3, 0.55, 1, 1.04]
    assert recorded_epochs(1, steps) == [0, 1, 1.04]
    assert recorded_epochs(5, steps) == [0, 1.04]


def test_by_default_a_run_has_200_frames():
    steps = np.linspace(0, 4, 4001).tolist()
    found = recorded_epochs(None, steps, n_epochs=4)
    assert len(found) == pytest.approx(DEFAULT_FRAMES + 1, abs=2)
    assert np.diff(found) == pytest.approx(4 / DEFAULT_FRAMES, abs=0.002)


def test_the_loss_is_the_mean_since_the_frame_before():
    recorder, model = Recorder(["a"], 1), FakeModel()
    recorder.on_train_begin(model)
    for epoch, losses in ((0, Losses()), (0.5, Losses(4, 1.0)), (1, Losses(8, 2, 4))):
        recorder.on_progress(model, progress(epoch, losses=losses))
    assert recorder.recording.losses[1] == 6 / 8


def test_a_recording_begins_anew_with_each_training():
    recorder, model = recorder_of(every=1, epochs=2)
    model.train(SENTENCES, epochs=1)
    assert recorder.recording.epochs.tolist() == [0, 1]


def test_a_stopped_training_has_a_recording():
    class Stopper:
        def on_epoch_end(self, model):
            raise StopTraining

    recorder = Recorder(every=1)
    Word2Vec(SENTENCES, callbacks=[recorder, Stopper()], **SETTINGS)
    assert recorder.recording.epochs.tolist() == [0, 1]


def test_default_words_are_frequent_but_no_stop_words():
    counts = {f"w{n}": 1000 - n for n in range(500)} | {"the": 10**7, "of": 10**6}
    model, recorder = Word2Vec(min_count=1), Recorder(5)
    model.build_vocab_from_freq(counts)
    recorder.on_train_begin(model)
    assert recorder._words == [f"w{n}" for n in range(5)]


def test_a_small_vocabulary_is_recorded_whole():
    recorder, model = recorder_of()
    assert recorder.recording.words == model.wv.index_to_key


def test_an_unknown_word_is_an_error_before_the_training():
    with pytest.raises(ValueError, match=r"1 of 2 words .* did you mean 'queen'\?"):
        recorder_of(["king", "quen"])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("king",), TypeError, r"Use \['king'\]"),
        (([],), ValueError, "at least one word"),
        ((0,), ValueError, "at least 1, got 0"),
        ((2.5,), TypeError, "whole number"),
        ((5, "1"), TypeError, "number of epochs, such as 0.1, got '1'"),
        ((5, 0), ValueError, "above 0 epochs"),
        ((5, float("nan")), ValueError, "above 0 epochs"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Recorder(*arguments)


def test_there_is_no_recording_before_a_training():
    with pytest.raises(RuntimeError, match="nothing was recorded yet"):
        _ = Recorder().recording
