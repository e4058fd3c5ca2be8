"""The public class: construction, training, callbacks, errors, copies."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from helpers import CHILD_OPTIONS, neighbours_of_a1, posix_only, run_python

import w2vfast
from w2vfast import CallbackAny2Vec, IdCorpus, StopTraining, Word2Vec

MODES = {
    "sg_ns": {"sg": 1},
    "sg_hs": {"sg": 1, "hs": 1, "negative": 0},
    "sg_both": {"sg": 1, "hs": 1},
    "sg_pair": {"sg": 1, "negative_sharing": "pair"},
    "cbow_ns": {"sg": 0},
    "cbow_hs": {"sg": 0, "hs": 1, "negative": 0},
    "cbow_both": {"sg": 0, "hs": 1},
    "cbow_sum": {"sg": 0, "cbow_mean": 0},
    "cbow_mean_gradient": {"sg": 0, "cbow_gradient": "mean", "alpha": 0.1},
}
SMALL = {"vector_size": 16, "min_count": 1, "progress": False, "workers": 1}


def two_topics(n=1500, seed=0):
    """Return sentences about either of two topics, whose words never co-occur."""
    rng = np.random.default_rng(seed)
    topics = [[f"{letter}{i}" for i in range(10)] for letter in "ab"]
    return [list(rng.choice(topics[k % 2], 8)) for k in range(n)]


def purity(wv):
    """Return the share of words whose 5 nearest words are all of their topic."""
    keys = wv.index_to_key
    near = [{k[0] for k, _ in wv.most_similar(key, topn=5)} for key in keys]
    return np.mean([found == {key[0]} for key, found in zip(keys, near, strict=True)])


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("mode", MODES)
def test_words_of_a_topic_become_similar(mode, workers):
    # 30 of 30 seeds gave 1.0 in every mode; an untrained model has 0.
    options = {**SMALL, "workers": workers, "epochs": 5, "sample": 0, **MODES[mode]}
    model = Word2Vec(two_topics(), **options)
    assert purity(model.wv) > 0.9


def test_words_of_a_topic_are_not_similar_before_training():
    model = Word2Vec(**SMALL)
    model.build_vocab(two_topics())
    assert purity(model.wv) < 0.5


def test_the_constructor_builds_the_vocabulary_and_trains():
    sentences = two_topics(200)
    whole = Word2Vec(sentences, **SMALL)
    parts = Word2Vec(**SMALL)
    parts.build_vocab(sentences)
    parts.train(sentences)
    np.testing.assert_array_equal(whole.wv.vectors, parts.wv.vectors)
    assert whole.corpus_count == 200
    assert whole.corpus_total_words == 1600
    assert len(whole.wv) == 20
    assert [stats.epoch for stats in whole.history] == list(range(5))


def test_the_same_object_is_not_read_again():
    reads = []

    class Sentences:
        def __iter__(self):
            reads.append(True)
            return iter(two_topics(50))

    sentences = Sentences()
    model = Word2Vec(**SMALL)
    model.build_vocab(sentences)
    model.train(sentences)
    model.train(sentences, epochs=1)
    assert len(reads) == 1
    assert len(model.history) == 6


def test_another_source_is_encoded_with_the_same_vocabulary():
    model = Word2Vec(two_topics(50), sample=0, **SMALL)
    before = model.wv.vectors.copy()
    model.train([["a1", "unknown", "b2"], ["a3", "b4"]], epochs=1)
    assert model.history[-1].words == 6  # four words and two ends
    assert "unknown" not in model.wv
    assert not np.array_equal(before, model.wv.vectors)


def test_a_generator_is_read_once_and_an_exhausted_one_raises():
    sentences = two_topics(50)
    generator = iter(sentences)
    model = Word2Vec(**SMALL)
    model.build_vocab(generator)
    model.train(generator)
    np.testing.assert_array_equal(
        model.wv.vectors, Word2Vec(sentences, **SMALL).wv.vectors
    )
    exhausted = iter(sentences)
    list(exhausted)
    with pytest.raises(ValueError, match=r"no (sentence|word|token)|empty"):
        Word2Vec(exhausted, **SMALL)


def test_a_file_and_its_sentences_give_the_same_vectors(tmp_path):
    sentences = two_topics(100)
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(s) + "\n" for s in sentences))
    np.testing.assert_array_equal(
        Word2Vec(corpus_file=path, **SMALL).wv.vectors,
        Word2Vec(sentences, **SMALL).wv.vectors,
    )


def test_id_arrays_of_every_form_give_the_same_vectors():
    walks = np.random.default_rng(0).integers(0, 30, (200, 9))
    flat = np.hstack([walks, np.full((200, 1), -1)]).ravel()
    indptr = np.arange(0, walks.size + 1, 9)
    as_lists = walks.tolist()
    forms = [walks, walks.astype(np.int32), flat, (indptr, walks.ravel()), as_lists]
    forms.append(IdCorpus(np.where(flat < 0, 99, flat), separator=99))
    models = [Word2Vec(form, **SMALL) for form in forms]
    for model in models:
        np.testing.assert_array_equal(model.wv.vectors, models[0].wv.vectors)
        assert model.wv.index_to_key == models[0].wv.index_to_key
    assert models[0].wv[0].shape == (16,)
    assert isinstance(models[0].wv.index_to_key[0], int)


def test_matrices_have_the_documented_shapes():
    model = Word2Vec(two_topics(50), hs=1, **SMALL)
    n_words = len(model.wv)
    for matrix in (model.wv.vectors, model.syn1, model.syn1neg):
        assert matrix.shape == (n_words, 16)
    assert model.wv.vectors.dtype == model.syn1.dtype == np.float32
    assert model.wv.vectors.flags.c_contiguous
    assert np.abs(model.syn1[:-1]).min(axis=1).all()  # every inner node was trained
    assert not model.syn1[-1].any()
    assert np.abs(model.syn1neg).max(axis=1).all()
    assert Word2Vec(two_topics(50), **SMALL).syn1 is None


def test_held_vectors_follow_further_training():
    sentences = two_topics(50)
    model = Word2Vec(**{**SMALL, "vector_size": 20})
    model.build_vocab(sentences)
    wv = model.wv
    first = wv["a1"].copy()
    model.train()
    assert wv is model.wv
    assert not np.array_equal(first, wv["a1"])


def test_loss_is_reported_for_each_objective_and_falls():
    model = Word2Vec(two_topics(), sg=1, hs=1, compute_loss=True, sample=0, **SMALL)
    first, last = model.history[0], model.history[-1]
    assert last.hs_loss < first.hs_loss
    assert last.ns_loss < first.ns_loss
    assert last.loss == pytest.approx(last.hs_loss + last.ns_loss)
    assert model.get_latest_training_loss() == last.loss
    # An untrained model gives probability 1/2 to each of the 6 outputs.
    assert first.ns_loss < 6 * np.log(2)


class Recorder(CallbackAny2Vec):
    def __init__(self, stop_after=None):
        self.calls = []
        self.stop_after = stop_after

    def on_train_begin(self, model):
        self.calls.append("train_begin")

    def on_epoch_begin(self, model):
        self.calls.append("epoch_begin")

    def on_epoch_end(self, model):
        self.calls.append("epoch_end")
        assert np.isfinite(model.wv.vectors).all()
        assert model.wv.most_similar("a1", topn=1)
        if len(model.history) == self.stop_after:
            raise StopTraining

    def on_train_end(self, model):
        self.calls.append("train_end")


def test_hooks_run_in_order_and_an_object_may_have_only_some():
    recorder = Recorder()

    class OnlyOne:
        def on_epoch_end(self, model):
            recorder.calls.append("only_one")

    Word2Vec(two_topics(50), epochs=2, callbacks=[recorder, OnlyOne()], **SMALL)
    epoch = ["epoch_begin", "epoch_end", "only_one"]
    assert recorder.calls == ["train_begin", *epoch, *epoch, "train_end"]


def test_a_hook_can_stop_the_training():
    recorder = Recorder(stop_after=2)
    model = Word2Vec(two_topics(50), epochs=9, callbacks=[recorder], **SMALL)
    assert len(model.history) == 2
    assert recorder.calls[-1] == "train_end"
    assert model.wv.vectors.flags.c_contiguous


def test_an_error_in_a_hook_reaches_the_caller_and_the_model_stays_usable():
    class Broken:
        def on_epoch_end(self, model):
            message = "broken hook"
            raise KeyError(message)

    model = Word2Vec(**SMALL)
    model.build_vocab(two_topics(50))
    with pytest.raises(KeyError, match="broken hook"):
        model.train(callbacks=[Broken()])
    assert np.isfinite(model.wv.vectors).all()
    model.train(epochs=1)


def test_a_loaded_model_continues_training_as_the_original_does(tmp_path):
    sentences = two_topics(50)
    model = Word2Vec(sentences, **SMALL)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model", mmap=True)
    for each in (model, loaded):
        each.train(sentences, epochs=1, start_alpha=0.01, progress=False)
    np.testing.assert_array_equal(loaded.wv.vectors, model.wv.vectors)
    again = Word2Vec.load(tmp_path / "model")
    assert not np.array_equal(
        again.wv.vectors, model.wv.vectors
    )  # the file has not changed


def test_models_can_be_copied_and_sent_between_processes():
    model = Word2Vec(two_topics(50), hs=1, **SMALL)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.wv.vectors, model.wv.vectors)
        other.train(two_topics(10), epochs=1)
        assert not np.array_equal(other.wv.vectors, model.wv.vectors)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(neighbours_of_a1, model).result() == neighbours_of_a1(model)


PRINT_DIGEST = """
import hashlib, sys
from w2vfast import Word2Vec
sentences = [[f"w{(i * j) % 17}" for j in range(9)] for i in range(300)]
model = Word2Vec(sentences, sg=1, hs=1, min_count=1, workers=1, progress=False)
print(hashlib.sha256(model.wv.vectors.tobytes()).hexdigest())
"""


def test_one_worker_gives_the_same_bytes_in_every_process():
    digests = set()
    for hash_seed in ("1", "2", "3"):
        env = {**CHILD_OPTIONS["env"], "PYTHONHASHSEED": hash_seed}
        done = run_python(PRINT_DIGEST, env=env)
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout)
    assert len(digests) == 1


def test_gensim_arguments_without_effect_give_one_warning():
    with pytest.warns(UserWarning, match="batch_words.*comment") as record:
        Word2Vec(batch_words=500, comment="mine")
    assert len(record) == 1
    with pytest.raises(ValueError, match="null_word"):
        Word2Vec(null_word=1)
    with pytest.raises(ValueError, match="sorted_vocab"):
        Word2Vec(sorted_vocab=0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 5}, "'size'; use vector_size"),
        ({"iter": 5}, "'iter'; use epochs"),
        ({"threads": 5}, "use workers"),
        ({"vectorsize": 5}, "'vectorsize'; did you mean vector_size?"),
        ({"foo": 5}, "there is no parameter 'foo'$"),
        ({"corpus_iterable": [["a"]]}, "'corpus_iterable'; use sentences"),
    ],
)
def test_an_unknown_parameter_raises_and_a_similar_one_is_named(given, message):
    with pytest.raises(TypeError, match=message):
        Word2Vec([["a", "b"]], **given)


def test_a_missing_vocabulary_or_corpus_raises():
    model = Word2Vec(**SMALL)
    with pytest.raises(RuntimeError, match="no vocabulary yet"):
        model.train([["a", "b"]])
    with pytest.raises(RuntimeError, match="no vocabulary yet"):
        model.wv  # noqa: B018
    model.build_vocab_from_freq({"a": 5, "b": 3, "c": 2})
    with pytest.raises(RuntimeError, match="no corpus"):
        model.train()
    with pytest.raises(TypeError, match="both"):
        Word2Vec([["a"]], "file.txt")


def test_a_vocabulary_of_one_word_raises():
    message = "only one word, 'a': there is nothing to predict. "
    with pytest.raises(ValueError, match=f"{message}Give more text"):
        Word2Vec([["a", "a", "a"]], **{**SMALL, "min_count": 1})
    with pytest.raises(ValueError, match=f"{message}Lower min_count=2, or give more"):
        Word2Vec([["a", "a", "a", "b"]], **{**SMALL, "min_count": 2})


def test_a_vocabulary_from_counts_is_not_changed_by_training():
    model = Word2Vec(**SMALL)
    model.build_vocab_from_freq({"b1": 10, "a1": 30, "a2": 20})
    model.train(two_topics(20))
    assert model.wv.index_to_key == ["a1", "a2", "b1"]
    assert model.vocab.counts.tolist()[1:] == [30, 20, 10]


def test_a_diverging_training_raises_with_epoch_and_alpha():
    with pytest.raises(
        FloatingPointError, match=r"epoch 1 of 5 .*alpha=1e\+20 .*Lower alpha"
    ):
        Word2Vec(two_topics(50), alpha=1e20, sample=0, **SMALL)


def test_ids_on_disk_are_gone_after_training_and_after_an_error(tmp_path):
    sentences = two_topics(100)
    options = {**SMALL, "memory_limit": 0, "cache_dir": tmp_path}
    on_disk = Word2Vec(sentences, **options)
    assert os.listdir(tmp_path) == []
    np.testing.assert_array_equal(
        on_disk.wv.vectors, Word2Vec(sentences, **SMALL).wv.vectors
    )

    class Broken:
        def on_epoch_end(self, model):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Word2Vec(sentences, callbacks=[Broken()], **options)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("objective", [{}, {"objective": "softmax"}])
def test_vocabulary_and_settings_are_logged_before_training(objective, caplog):
    caplog.set_level("INFO", "w2vfast")
    text = [["a", "b", "c"] * 5] * 20 + [["rare", "a"]]
    Word2Vec(
        text, min_count=2, window=3, workers=1, epochs=1, progress=False, **objective
    )
    expected = [
        "Vocabulary: 3 words, which occur 301 times.",
        "1 of 302 occurrences of words in the text (0.3%) are outside the vocabulary "
        "and are ignored.",
        f"Training CBOW, {'full softmax' if objective else 'negative sampling (5)'}: "
        "size 100, window 3, sample 0.001, alpha 0.05, epochs 1, threads 1, mode fast.",
    ]
    assert caplog.messages[:3] == expected
    costs = [line for line in caplog.messages if line.startswith("Full softmax: about")]
    assert len(costs) == bool(objective)


def test_progress_is_shown_on_standard_error_or_not_at_all(capfd):
    for progress in (False, None):  # None: standard error is no terminal here
        Word2Vec(two_topics(50), **{**SMALL, "progress": progress})
        assert capfd.readouterr() == ("", "")
    Word2Vec(two_topics(50), sample=0, **{**SMALL, "progress": True})
    out, err = capfd.readouterr()
    assert out == ""
    for part in ("epoch 5/5", "alpha", "loss", "tokens/s"):
        assert part in err


ENDLESS = """
import signal, numpy as np, w2vfast
signal.signal(signal.SIGINT, signal.default_int_handler)  # even if started with &
class Ready(w2vfast.CallbackAny2Vec):
    def on_train_begin(self, model):
        print("ready", flush=True)
ids = np.random.default_rng(0).integers(0, 5000, (2000, 100))
w2vfast.Word2Vec(ids, epochs=10**6, progress=False, callbacks=[Ready()])
"""


@posix_only
def test_an_interrupt_ends_training_soon():
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", ENDLESS]
    with subprocess.Popen(command, **pipes, **CHILD_OPTIONS) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert time.monotonic() - begun < 5  # the workers stop in 0.1 s; then Python ends
    assert "KeyboardInterrupt" in err


def test_exact_mode_has_the_sentence_end_among_the_words():
    model = Word2Vec(two_topics(50), mode="exact", **SMALL)
    assert model.wv.index_to_key[0] == "</s>"
    assert model.vocab.counts[0] == 50
    assert model.params.n_workers == 1


def test_all_public_names_can_be_imported():
    for name in w2vfast.__all__:
        assert hasattr(w2vfast, name)


def test_further_epochs_draw_other_random_numbers():
    model = Word2Vec(**{**SMALL, "compute_loss": True})
    model.build_vocab(two_topics(300))
    losses = []
    for _ in range(3):  # without learning, the loss depends on what is drawn alone
        model.train(epochs=1, start_alpha=1e-30)
        losses.append(model.history[-1].loss)
    assert len(set(losses)) == 3


def test_training_while_the_model_is_trained_raises():
    errors = []

    class Nested:
        def on_epoch_end(self, model):
            try:
                model.train(epochs=1)
            except RuntimeError as error:
                errors.append(str(error))

    model = Word2Vec(**SMALL)
    model.build_vocab(two_topics(50))
    model.train(epochs=1, callbacks=[Nested()])
    assert "is in use by another thread" in errors[0]
    model.train(epochs=1)


@pytest.mark.parametrize("callbacks", [CallbackAny2Vec(), [object()], 5])
def test_unusable_callbacks_raise_before_anything_is_read(callbacks):
    with pytest.raises(TypeError, match="callbacks"):
        Word2Vec(iter([]), callbacks=callbacks)


def test_a_word_that_was_never_seen_is_never_a_negative_sample():
    model = Word2Vec(**{**SMALL, "min_count": 0, "ns_exponent": -1.0})
    model.build_vocab_from_freq({"a": 5, "b": 3, "c": 0})
    model.train([["a", "b"] * 20])
    assert not model.syn1neg[2].any()
    assert np.isfinite(model.wv.vectors).all()


def test_counts_that_overflow_64_bits_raise():
    with pytest.raises(ValueError, match="counts must add up"):
        Word2Vec(**SMALL).build_vocab_from_freq({"a": 2**62, "b": 2**62, "c": 5})


def test_counts_that_are_all_zero_raise():
    model = Word2Vec(**{**SMALL, "min_count": 0})
    model.build_vocab_from_freq({"a": 0, "b": 0})
    with pytest.raises(ValueError, match="no noise can be drawn from counts of 0 to 0"):
        model.train([["a", "b"]])


def test_counts_too_large_for_a_tree_raise():
    model = Word2Vec(**{**SMALL, "hs": 1})
    model.build_vocab_from_freq({"a": 10**15, "b": 3, "c": 2})
    with pytest.raises(ValueError, match="hierarchical softmax"):
        model.train([["a", "b"]])


def test_assigned_vectors_are_trained_and_saved(tmp_path):
    model = Word2Vec([["a", "b", "c"]] * 9, min_count=1, vector_size=4, epochs=1)
    model.wv.vectors = np.ones((3, 4))
    model.output_vectors.vectors = np.full((3, 4), 0.5)
    model.save(tmp_path / "model")
    saved = Word2Vec.load(tmp_path / "model")
    for some in (model, saved):
        assert some.wv["a"].tolist() == [1] * 4
        assert some.syn1neg.tolist() == [[0.5] * 4] * 3
    with pytest.raises(ValueError, match=r"the shape \(3, 4\), .* got \(3, 8\)"):
        model.wv.vectors = np.ones((3, 8))
