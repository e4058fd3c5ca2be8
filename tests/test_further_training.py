"""Further calls of `train`: on other texts, with other settings, after loading."""

import copy
import json

import numpy as np
import pytest

from w2vfast import CallbackAny2Vec, Word2Vec

SMALL = {"vector_size": 16, "min_count": 1, "progress": False, "workers": 1}
CAT, DOG = ["cat", "purrs", "softly"], ["dog", "barks", "loudly"]
TEXT = [CAT, DOG] * 60


def trained(**options):
    return Word2Vec(
        TEXT, **{**SMALL, "epochs": 20, "sample": 0, "alpha": 0.05, **options}
    )


def saved_and_loaded(model, tmp_path, mmap):
    model.save(tmp_path / "model")
    return Word2Vec.load(tmp_path / "model", mmap=mmap)


MODES = {
    "sg_ns": {"sg": 1},
    "sg_hs": {"sg": 1, "hs": 1, "negative": 0},
    "cbow_ns": {"sg": 0},
    "cbow_hs": {"sg": 0, "hs": 1, "negative": 0},
}
MORE = [["cat", "barks", "loudly"]] * 100


@pytest.mark.parametrize("kind", ["fast", "exact"])
@pytest.mark.parametrize("mode", MODES)
def test_a_new_text_changes_the_vectors_of_its_words_only(mode, kind):
    model = trained(mode=kind, **MODES[mode])
    before = model.wv["cat"], model.wv.similarity("cat", "dog")
    others = {word: model.wv[word] for word in ("dog", "purrs", "softly")}
    model.train(MORE, epochs=10, compute_loss=True, progress=False)
    assert not np.array_equal(model.wv["cat"], before[0])
    assert model.wv.similarity("cat", "dog") > before[1]
    for word, vector in others.items():
        np.testing.assert_array_equal(model.wv[word], vector)
    if kind == "fast":
        losses = [stats.loss for stats in model.history[-10:]]
        assert losses[-1] < losses[0]


def test_output_vectors_of_absent_words_change_as_negative_samples():
    model = trained()
    before = model.syn1neg.copy()
    model.train(MORE, epochs=1, progress=False)
    assert (model.syn1neg != before).any(axis=1).all()


@pytest.mark.parametrize("mmap", [False, True, None])
def test_the_learning_rate_starts_anew_with_each_call(mmap, tmp_path):
    model = trained(alpha=0.05, epochs=2)
    if mmap is not None:
        model = saved_and_loaded(model, tmp_path, mmap)
    model.train(
        MORE, epochs=2, start_alpha=0.01, end_alpha=0.004, compute_loss=True,
        progress=False,
    )  # fmt: skip
    assert [stats.alpha for stats in model.history[-2:]] == pytest.approx(
        [0.007, 0.004]
    )
    assert model.history[-1].samples[0].alpha < 0.01
    assert model.params.start_alpha == 0.05


def test_words_outside_the_vocabulary_are_counted_and_logged(caplog):
    model = trained(epochs=1)
    assert model.history[-1].unknown == 0
    caplog.set_level("INFO", "w2vfast")
    text = [["cat", "new", "purrs"], ["newer", "newest"], ["dog", "cat"]]
    model.train(text, epochs=1)
    assert model.history[-1].unknown == 3
    expected = (
        "3 of 7 occurrences of words in the text (42.9%) are outside the vocabulary "
        "and are ignored."
    )
    assert expected in caplog.messages


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_words_below_min_count_are_counted_as_unknown(mode, tmp_path):
    (tmp_path / "text").write_text("a a b\nb a c\n" * 2 + "d\n")
    model = Word2Vec(
        corpus_file=tmp_path / "text", mode=mode, **{**SMALL, "min_count": 3}
    )
    assert {stats.unknown for stats in model.history} == {3}


def test_the_count_of_unknown_words_is_saved(tmp_path):
    model = trained(epochs=1)
    model.train([["cat", "new", "purrs"]], epochs=1, progress=False)
    assert saved_and_loaded(model, tmp_path, False).history == model.history


def test_exact_mode_trains_on_all_of_a_longer_text():
    model = trained(mode="exact", epochs=1)
    longer = TEXT * 3
    model.train(longer, epochs=1, progress=False)
    assert model.history[-1].words == sum(len(s) + 1 for s in longer)
    again = trained(mode="exact", epochs=1)
    again.train(longer, epochs=1, progress=False)
    np.testing.assert_array_equal(model.wv.vectors, again.wv.vectors)


def test_exact_mode_warns_when_an_epoch_ends_early_as_in_c(tmp_path):
    """With C's -read-vocab the counts in the file give the length of an epoch."""
    (tmp_path / "vocab").write_text("</s> 2\ncat 3\npurrs 2\n")
    model = Word2Vec(mode="exact", **SMALL)
    model.read_vocab(tmp_path / "vocab")
    with pytest.warns(UserWarning, match=r"add up to 7, .*has 300 .*ends after"):
        model.train([CAT, ["cat"]] * 60, epochs=1)
    assert model.history[-1].words < 300


@pytest.mark.parametrize("take", ["read_vocab", "build_vocab_from_freq", "build_vocab"])
def test_a_second_vocabulary_is_refused_after_training(take, tmp_path):
    (tmp_path / "vocab").write_text("cat 3\ndog 2\n")
    model = trained(epochs=1)
    given = {"read_vocab": tmp_path / "vocab", "build_vocab": TEXT}
    with pytest.raises(RuntimeError, match=r"is trained, so its .*; grow it"):
        getattr(model, take)(given.get(take, {"cat": 3, "dog": 2}))
    model.train(TEXT, epochs=1, progress=False)


@pytest.mark.parametrize("take", ["read_vocab", "build_vocab_from_freq", "build_vocab"])
@pytest.mark.parametrize("touched", [False, True])
def test_a_second_vocabulary_starts_over_before_training(take, touched, tmp_path):
    (tmp_path / "vocab").write_text("</s> 60\ncat 60\npurrs 60\n")
    given = {
        "read_vocab": tmp_path / "vocab",
        "build_vocab_from_freq": {"</s>": 60, "cat": 60, "purrs": 60},
        "build_vocab": [["cat", "purrs"]] * 60,
    }[take]
    model, expected = Word2Vec(**SMALL), Word2Vec(**SMALL)
    model.build_vocab(TEXT)
    if touched:
        assert model.wv.vectors.shape == (6, 16)
    for each in (model, expected):
        getattr(each, take)(given)
    if take != "build_vocab":
        with pytest.raises(RuntimeError, match="no corpus"):
            model.train()  # the ids in memory were those of the first vocabulary
    for each in (model, expected):
        each.train(TEXT)
    assert model.wv.index_to_key == ["cat", "purrs"]
    np.testing.assert_array_equal(model.wv.vectors, expected.wv.vectors)


def test_a_vocabulary_is_not_replaced_while_a_model_is_trained():
    class Replace(CallbackAny2Vec):
        def on_epoch_begin(self, model):
            model.build_vocab([["cat", "dog"]] * 9)

    model = Word2Vec(**SMALL)
    model.build_vocab(TEXT)
    with pytest.raises(RuntimeError, match="is in use by"):
        model.train(callbacks=[Replace()])
    model.train()


def by_a_vocabulary_file(tmp_path):
    """An exact model whose counts, from a file, are those of another, longer text."""
    (tmp_path / "vocab").write_text("</s> 2500\ncat 40000\npurrs 20000\n")
    model = Word2Vec(mode="exact", sg=1, **{**SMALL, "epochs": 2})
    model.read_vocab(tmp_path / "vocab")
    return model


# C computes the learning rate every 10,000 words, so that the text must be longer.
LONG = [["cat", "purrs", "cat"] * 5] * 1000


class Interrupt(CallbackAny2Vec):
    """As Ctrl-C before the first update."""

    def on_epoch_begin(self, model):
        raise KeyboardInterrupt


@pytest.mark.parametrize("reload", [False, True])
def test_a_training_repeated_after_an_interrupt_gives_the_same_vectors(
    reload, tmp_path
):
    expected = by_a_vocabulary_file(tmp_path)
    expected.train(LONG)
    model = by_a_vocabulary_file(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        model.train(LONG, callbacks=[Interrupt()])
    if reload:
        model = saved_and_loaded(model, tmp_path, False)
    model.train(LONG)
    np.testing.assert_array_equal(model.wv.vectors, expected.wv.vectors)
    assert model.history[-1].alpha == expected.history[-1].alpha


def test_only_the_first_training_decays_over_the_counts_of_a_vocabulary(tmp_path):
    model = by_a_vocabulary_file(tmp_path)
    model.train(LONG)
    model.train(LONG)
    over_counts, over_text = (model.history[n].alpha for n in (1, 3))
    assert over_counts > 2 * over_text


def test_an_older_folder_tells_by_its_words_whether_its_counts_were_given(tmp_path):
    """Folders were once saved without saying where the counts come from."""
    expected = by_a_vocabulary_file(tmp_path)
    expected.save(tmp_path / "model")
    described = tmp_path / "model" / "model.json"
    content = json.loads(described.read_text())
    del content["meta"]["counts_given"]
    described.write_text(json.dumps(content))
    loaded = Word2Vec.load(tmp_path / "model")
    for model in (expected, loaded):
        model.train(LONG)
    np.testing.assert_array_equal(loaded.wv.vectors, expected.wv.vectors)


# --- callbacks ----------------------------------------------------------------------


class Counter(CallbackAny2Vec):
    """Counts the epochs of all trainings."""

    def __init__(self):
        self.epochs = 0

    def on_epoch_end(self, model):
        self.epochs += 1


def test_callbacks_of_the_class_are_called_by_every_training():
    counter, other = Counter(), Counter()
    model = Word2Vec(**SMALL, epochs=2, callbacks=[counter])
    model.build_vocab(TEXT)
    model.train()
    assert counter.epochs == 2
    model.train(TEXT, callbacks=[other], epochs=3)
    model.train(TEXT, callbacks=(), epochs=1)
    assert (counter.epochs, other.epochs) == (2, 3)
    model.callbacks = [other]
    model.train(TEXT, epochs=1)
    assert (counter.epochs, other.epochs) == (2, 4)


def test_callbacks_do_not_follow_into_copies_and_files(tmp_path):
    counter = Counter()
    model = trained(epochs=1, callbacks=[counter])
    for other in (copy.copy(model), saved_and_loaded(model, tmp_path, False)):
        other.train(TEXT, epochs=1)
        assert other.callbacks == []
    assert model.callbacks == [counter]
    assert counter.epochs == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"start_alpha": 0.01, "end_alpha": 0.02},
            r"^end_alpha must be in \[0, start_alpha=0\.01\] or None, got 0\.02\. The "
            r"learning rate falls from start_alpha to end_alpha: .* that of the model",
        ),
        ({"start_alpha": -1}, r"^start_alpha must be greater than 0"),
        ({"end_alpha": "x"}, r"^end_alpha must be a number"),
        ({"epochs": 0}, r"^epochs must be at least 1, got 0\."),
    ],
)
def test_an_error_of_train_has_the_names_that_were_given(changes, message):
    model = trained(epochs=1)
    with pytest.raises((ValueError, TypeError), match=message):
        model.train(MORE, **changes)


@pytest.mark.parametrize("name", ["wv", "output_vectors"])
def test_a_vector_that_was_set_to_nan_is_named_before_training(name):
    model = trained(epochs=1)
    keyed = getattr(model, name)
    keyed.vectors[keyed.key_to_index["dog"]] = np.nan
    other = model.wv["cat"]
    with pytest.raises(ValueError, match=f"vector of 'dog' in {name} has a value that"):
        model.train(MORE)
    assert (model.wv["cat"] == other).all()
