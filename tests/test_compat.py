"""Programs for gensim run after one change of import, or get an error that helps."""

import abc
import copy
import dataclasses
import inspect
import pickle
import warnings

import numpy as np
import pytest
from helpers import run_python

import w2vfast
from w2vfast import KeyedVectors, Word2Vec
from w2vfast.compat import check_gensim_arguments, replacement

TEXT = [["a", "b", "c", "d"], ["b", "a", "d", "c"]] * 20
SMALL = {"vector_size": 8, "min_count": 1, "workers": 1, "progress": False}

# What gensim tutorials do, in their order; only the first line is changed.
TUTORIAL = """
from w2vfast import Word2Vec, KeyedVectors, Phrases, LineSentence, PathLineSentences, Text8Corpus, CallbackAny2Vec
import itertools, logging, multiprocessing, os
from w2vfast.phrases import ENGLISH_CONNECTOR_WORDS, Phraser

logging.basicConfig(level=logging.INFO)
os.mkdir("texts")
for name in ("one.txt", "two.txt"):
    with open(os.path.join("texts", name), "w") as file:
        for a, b in itertools.permutations(["the", "old", "times", "of"], 2):
            file.write(f"{a} new york {b}\\n" * 20)
        file.write("york\\nyork\\n")

class Sentences:
    def __iter__(self):
        for line in open("texts/one.txt"):
            yield line.split()

class Report(CallbackAny2Vec):
    def __init__(self):
        self.epoch = 0
    def on_epoch_end(self, model):
        self.epoch += 1
        assert model.get_latest_training_loss() > 0

bigram = Phraser(Phrases(Sentences(), min_count=1, threshold=0.03, connector_words=ENGLISH_CONNECTOR_WORDS))
assert "new_york" in bigram[["in", "new", "york"]]
for readers in (LineSentence, Text8Corpus):
    assert len(Word2Vec(readers("texts/two.txt"), min_count=1).wv) == 6
assert len(Word2Vec(PathLineSentences("texts"), min_count=1).wv) == 6

report = Report()
model = Word2Vec(window=2, vector_size=16, min_count=2, sample=0, alpha=0.03, min_alpha=0.0007,
                 negative=20, workers=multiprocessing.cpu_count(), compute_loss=True)
model.build_vocab(bigram[list(Sentences())], progress_per=10000)
model.train(bigram[list(Sentences())], total_examples=model.corpus_count, epochs=3,
            report_delay=1, compute_loss=True, callbacks=[report])
assert report.epoch == 3
print(f"window {model.window}, alpha {model.alpha:.3f}, workers {model.workers}")
model.save("word2vec.model")
model = Word2Vec.load("word2vec.model")
model.train([["the", "times", "of"]], total_examples=1, epochs=1)

word_vectors = model.wv
del model
word_vectors.save("word2vec.wordvectors")
wv = KeyedVectors.load("word2vec.wordvectors", mmap="r")
for index, word in enumerate(wv.index_to_key):
    assert wv.key_to_index[word] == index
assert wv.has_index_for("the") and "york" in wv
assert wv["the"].shape == wv.get_vector("the", norm=True).shape == (16,)
print(wv.most_similar(positive=["new_york", "the"], negative=["times"], topn=1))
print(wv.similarity("new_york", "york"), wv.doesnt_match(["the", "of", "york"]))
print(wv.get_vecattr("york", "count"))
wv.save_word2vec_format("vectors.txt", write_header=False)
assert len(KeyedVectors.load_word2vec_format("vectors.txt", no_header=True)) == len(wv)
"""  # noqa: E501


@pytest.fixture(scope="module")
def model():
    return Word2Vec(TEXT, window=3, **SMALL)


def test_a_gensim_tutorial_runs_with_another_import(tmp_path):
    done = run_python(TUTORIAL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("window 2, alpha 0.030, workers ")


# --- settings ---------------------------------------------------------------------


def test_settings_of_a_model_are_read_under_gensims_names(model):
    read = (model.window, model.negative, model.sg, model.workers, model.layer1_size)
    assert read == (3, 5, 0, 1, 8)
    assert (model.alpha, model.min_alpha) == (0.05, 0.05 * 0.0001)
    assert Word2Vec(sg=1, min_alpha=0.01).min_alpha == 0.01


@pytest.mark.parametrize(
    "name", ["alpha", "min_alpha", "window", "epochs", "vector_size", "workers", "iter"]
)
def test_a_setting_cannot_be_changed_without_effect(model, name):
    # gensim's loops of old: for ...: model.train(...); model.alpha -= 0.002
    with pytest.raises(AttributeError, match=f"^{name} cannot be set .* start_alpha"):
        setattr(model, name, 1)


def test_a_hook_may_reset_gensims_sum_of_losses_without_effect(model):
    before = model.get_latest_training_loss()
    with pytest.warns(UserWarning, match="running_training_loss has no effect here"):
        model.running_training_loss = 0.0
    assert model.get_latest_training_loss() == before
    with pytest.raises(AttributeError, match="get_latest_training_loss"):
        model.running_training_loss  # noqa: B018


def test_a_seed_that_is_chosen_can_be_read():
    model = Word2Vec(seed=None)
    assert model.seed == model.params.seed
    assert model.seed != Word2Vec(seed=None).seed


def test_other_attributes_can_be_set_and_survive_copies(model):
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        other.comment = "mine"
        assert (other.comment, other.window) == ("mine", 3)


# --- names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "today"),
    [
        ("iter", r"model\.epochs"),
        ("size", r"model\.vector_size"),
        ("most_similar", r"model\.wv\.most_similar"),
        ("index2word", r"model\.wv\.index_to_key"),
        ("syn0", r"model\.wv\.vectors"),
        ("save_word2vec_format", r"model\.wv\.save_word2vec_format"),
        ("min_alpha_yet_reached", r"model\.history\[-1\]\.alpha"),
    ],
)
def test_an_old_name_raises_an_error_with_the_new_one(model, name, today):
    with pytest.raises(
        AttributeError, match=rf"^{name} of gensim's mod.* here {today}$"
    ):
        getattr(model, name)
    assert eval(today.replace("\\", ""), {"model": model}) is not None


@pytest.mark.parametrize(
    ("where", "name", "new"),
    [
        ("parameter", "size", "vector_size"),
        ("model", "size", "model.vector_size"),
        ("model", "syn0", "model.wv.vectors"),
        ("vectors", "syn0", "vectors"),
        ("vectors", "size", None),
    ],
)
def test_replacements_depend_on_where_a_name_is_used(where, name, new):
    assert replacement(where, name) == new


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda m: m.vocabulary, r"here model\.wv and model\.build_vocab"),
        (lambda m: m.wmdistance, r"not here: .* model\.wv\.n_similarity"),
        (lambda m: m.wv.wmdistance, r"not here: .* n_similarity"),
        (lambda m: m.wv.add, "here add_vectors"),
        (lambda _: KeyedVectors.add, "here add_vectors"),
        (lambda _: Word2Vec.most_similar, r"here model\.wv\.most_similar"),
        (lambda _: Word2Vec.load_word2vec_format, r"here KeyedVectors\.load_word2"),
        (lambda _: Word2Vec.x, "type object 'Word2Vec' has no attribute 'x'"),
    ],
)
def test_names_of_gensim_give_a_hint_also_on_the_classes(model, read, message):
    with pytest.raises(AttributeError, match=message):
        read(model)


def test_a_class_may_be_derived_together_with_an_abstract_one():
    class Both(Word2Vec, abc.ABC):
        pass

    assert not inspect.isabstract(Both)
    assert isinstance(Both(), Word2Vec)


def test_a_model_has_no_items_and_tells_where_they_are(model):
    with pytest.raises(TypeError, match=r"model\.wv\['a'\]"):
        model["a"]
    with pytest.raises(TypeError, match=r"'a' in model\.wv"):
        "a" in model  # noqa: B015
    assert model


@pytest.mark.parametrize("name", ["Doc2Vec", "FastText", "WordEmbeddingsKeyedVectors"])
def test_models_that_are_not_here_are_an_error_that_tells_what_is(name):
    run = f"from w2vfast import {name}"
    with pytest.raises(ImportError, match=rf"{name} is not .*w2vfast.* has Word2Vec"):
        exec(run)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("epoch", "epochs"),
        ("windw", "window"),
        ("callback", "callb"),
        ("tokenizer", "tokenize"),
    ],
)
def test_a_misspelt_attribute_cannot_be_set(model, name, meant):
    with pytest.raises(AttributeError, match=f"'{name}' to set; did you mean {meant}"):
        setattr(model, name, 1)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        (lambda m: m.wv.most_simlar, "most_similar"),
        (lambda m: m.wv.vectros, "vectors"),
        (lambda m: m.wv.index_2_key, "index_to_key"),
        (lambda m: m.most_simlar, r"model\.wv\.most_similar"),
        (lambda m: m.trian, "train"),
        (lambda m: m.windw, "window"),
        (lambda m: m.hystory, "history"),
        (lambda _: Word2Vec.lload, "load"),
        (lambda _: KeyedVectors.load_word2vec_fromat, "load_word2vec_format"),
        (lambda _: w2vfast.Word2vec, "Word2Vec"),
        (lambda _: w2vfast.KeyedVector, "KeyedVectors"),
    ],
)
def test_a_misspelt_name_gives_a_hint(model, read, meant):
    with pytest.raises(AttributeError, match=rf"no attribute '\w+'; did .* {meant}\?"):
        read(model)


def test_what_libraries_ask_for_gives_no_hint(model):
    for name in ("_vectors", "__array__interface__"):
        for owner in (model, model.wv, Word2Vec, w2vfast):
            with pytest.raises(AttributeError) as raised:
                getattr(owner, name)
            assert "did you mean" not in str(raised.value)


@pytest.mark.parametrize(
    "run",
    [
        "import w2vfast.models",
        "from w2vfast import models",
        "from w2vfast.models import Word2Vec",
        "from w2vfast.models.word2vec import Word2Vec",
        "w2vfast.models.Word2Vec",
    ],
)
def test_gensims_place_of_the_classes_is_an_error_that_names_ours(run):
    with pytest.raises(ImportError, match="from w2vfast import Word2Vec"):
        exec(run, {"w2vfast": w2vfast})


def test_an_unknown_name_is_the_usual_error(model):
    with pytest.raises(AttributeError, match="'Word2Vec' object has no attribute 'x'"):
        _ = model.x


# --- arguments --------------------------------------------------------------------


def test_arguments_that_change_nothing_are_accepted():
    model = Word2Vec(**SMALL)
    model.build_vocab(TEXT, progress_per=100, keep_raw_vocab=True, trim_rule=None)
    model.train(TEXT, report_delay=1.0, queue_factor=2, word_count=0, epochs=5)
    plain = Word2Vec(TEXT, **SMALL)
    np.testing.assert_array_equal(model.wv.vectors, plain.wv.vectors)
    counted, counts = Word2Vec(**SMALL), {"a": 3, "b": 2}
    counted.build_vocab_from_freq(counts, keep_raw_vocab=False, corpus_count=1)
    assert counted.wv.index_to_key == ["a", "b"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.train(TEXT, trim_rule=len), TypeError, "no parameter 'trim_rule'"),
        (lambda m: m.build_vocab(sentences=TEXT), TypeError, "; use corpus_iterable"),
        (lambda m: m.train(sentences=TEXT), TypeError, "'sent.*; use corpus_iterable"),
        (lambda m: m.train(TEXT, word_count=9), ValueError, "got 9. .* start_alpha"),
        (lambda m: m.train(TEXT, epoch=9), TypeError, "'epoch'; use epochs"),
        (lambda m: m.train(TEXT, end_alfa=9), TypeError, "did you mean end_alpha"),
    ],
)
def test_arguments_that_would_change_the_result_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(Word2Vec(**SMALL))


@pytest.mark.parametrize(
    ("name", "today"),
    [
        *(("dim", "vector_size"), ("ws", "window"), ("lr", "alpha")),
        *(("minCount", "min_c"), ("learning_rate", "alpha"), ("n_jobs", "workers")),
        *(("model", "sg: 1 for skip-gram"), ("random_state", "seed")),
        ("input", "corpus_file"),
    ],
)
def test_a_name_of_another_program_raises_an_error_with_the_name_here(name, today):
    with pytest.raises(TypeError, match=f"'{name}'; use {today}"):
        Word2Vec(TEXT, **{name: 1})


def test_train_returns_the_number_of_known_and_of_all_words():
    model = Word2Vec(**SMALL)
    model.build_vocab(TEXT)
    text = [*TEXT, ["e", "a"]]
    assert model.train(text, epochs=3) == (3 * (160 + 1), 3 * (160 + 2))


def test_arguments_of_gensims_save_have_no_effect_and_binary_gets_a_hint(
    model, tmp_path
):
    pickled = {"separately": [], "sep_limit": 10, "ignore": (), "pickle_protocol": 4}
    model.save(tmp_path / "model", **pickled)
    model.wv.save(tmp_path / "v.bin", **pickled)
    with pytest.raises(TypeError, match=r"'vectors\.bin'.* save_word2vec_format"):
        model.wv.save(tmp_path / "v", binary=True)
    with pytest.raises(TypeError, match="no parameter 'spacs'; did you mean spaces"):
        model.wv.save(tmp_path / "v", spacs="escape")
    with pytest.raises(TypeError, match="no parameter 'x'"):
        model.save(tmp_path / "v", x=1)


def test_gensim_arguments_with_their_defaults_pass_silently():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_gensim_arguments()
        check_gensim_arguments(
            batch_words=10000, hashfxn=hash, sorted_vocab=1, null_word=0
        )


def test_one_warning_names_all_ignored_arguments():
    with pytest.warns(UserWarning, match="silence this warning") as caught:
        check_gensim_arguments(batch_words=5, hashfxn=len, comment="a run")
    assert len(caught) == 1
    assert str(caught[0].message).startswith("batch_words, hashfxn, comment accepted")


@pytest.mark.parametrize("argument", [{"sorted_vocab": 0}, {"null_word": 1}])
def test_gensim_arguments_that_would_change_the_result_are_refused(argument):
    (name,) = argument
    with pytest.raises(ValueError, match=f"^{name} must be (1|0), got "):
        check_gensim_arguments(**argument)


# --- vectors ----------------------------------------------------------------------


def test_rows_with_the_factor_0_are_not_trained():
    model = Word2Vec(sample=0, **SMALL)
    model.build_vocab(TEXT)
    model.wv.vectors_lockf = np.ones(len(model.wv))
    model.wv.vectors_lockf[0] = 0
    frozen = model.wv.index_to_key[0]
    before = model.wv.vectors.copy()
    model.train(TEXT)
    assert (model.wv.vectors[0] == before[0]).all()
    assert (model.wv.vectors[1:] != before[1:]).any(axis=1).all()
    # A growth of the vocabulary and a copy keep them.
    model.build_vocab([["grown"] * 99, ["more"] * 3], update=True)
    for kept in (model, copy.deepcopy(model)):
        before = kept.wv[frozen]
        kept.train(TEXT)
        assert (kept.wv[frozen] == before).all()


def saved_and_loaded(model, folder):
    model.save(folder / "model")
    return Word2Vec.load(folder / "model")


@pytest.mark.parametrize(
    "duplicate",
    [
        saved_and_loaded,
        lambda model, _: copy.deepcopy(model),
        lambda model, _: copy.deepcopy(copy.deepcopy(model)),
        lambda model, _: pickle.loads(pickle.dumps(model)),
    ],
    ids=["saved", "copied", "copied_twice", "pickled"],
)
def test_a_duplicate_keeps_the_rows_with_the_factor_0_and_thaws_them(
    duplicate, tmp_path
):
    model = Word2Vec(TEXT, sample=0, **SMALL)
    frozen = model.wv.index_to_key[0]
    model.wv.vectors_lockf[0] = 0
    other = duplicate(model, tmp_path)
    assert other.wv.vectors_lockf.tolist() == model.wv.vectors_lockf.tolist()
    before = other.wv[frozen]
    other.train(TEXT)
    assert (other.wv[frozen] == before).all()
    other.wv.vectors_lockf = 1
    other.train(TEXT)
    assert (other.wv[frozen] != before).any()


def test_words_of_freeze_stay_frozen_whatever_the_factors(tmp_path):
    model = Word2Vec(TEXT, sample=0, freeze=["a"], **SMALL)
    for kept in (model, saved_and_loaded(model, tmp_path)):
        kept.wv.vectors_lockf = 1
        before = kept.wv["a"]
        kept.train(TEXT)
        assert (kept.wv["a"] == before).all()


def test_other_factors_are_an_error_before_training():
    model = Word2Vec(TEXT, **SMALL)
    model.wv.vectors_lockf[0] = 0.5
    with pytest.raises(ValueError, match=r"vectors_lockf must be 0 or 1 .* got 0\.5"):
        model.train(TEXT)


def test_a_model_is_loaded_by_the_class_alone(model, tmp_path):
    model.save(tmp_path / "model")
    assert len(Word2Vec.load(tmp_path / "model").wv) == 4
    with pytest.raises(AttributeError, match=r"model = Word2Vec\.load\(path\)"):
        model.load(tmp_path / "model")


def test_vectors_cannot_be_assigned_to_a_model(model):
    with pytest.raises(AttributeError, match=r"wv cannot be assigned .*init_vectors="):
        model.wv = copy.deepcopy(model.wv)


def test_a_model_begins_anew_with_the_words_of_another():
    model = Word2Vec(TEXT, **SMALL)
    other = Word2Vec([["x", "y", "y"]] * 40, hs=1, sample=0, **SMALL)
    model.reset_from(other)
    assert model.wv.index_to_key == ["y", "x"]
    assert model.wv.counts.tolist() == other.wv.counts.tolist()
    assert model.history == []
    model.train([["x", "y", "y"]] * 40)
    assert len(model.history) == 5
    with pytest.raises(ValueError, match="two models of the same mode"):
        model.reset_from(Word2Vec(TEXT, mode="exact", **SMALL))


def test_a_corpus_without_words_is_an_error_of_both_programs():
    for corpus, min_count in [([], 1), (TEXT, 99)]:
        for error in (ValueError, RuntimeError):  # the latter is gensim's
            with pytest.raises(error, match=r"holds no words|No word occurs"):
                Word2Vec(corpus, min_count=min_count)


def test_the_latest_loss_is_that_of_the_last_epoch_that_has_one():
    model = Word2Vec(TEXT, sample=0, **SMALL)
    last = model.history[-1]
    model.history.append(dataclasses.replace(last, hs_loss=None, ns_loss=None))
    assert model.get_latest_training_loss() == last.loss > 0


def test_gensims_reserved_rows_have_no_effect():
    wv = KeyedVectors(4, count=3)
    wv.add_vector("a", np.ones(4))
    assert wv.index_to_key == ["a"]
    with pytest.raises(TypeError, match=r"count must be a whole number.* counts="):
        KeyedVectors(["a"], [[1]], count=[3])


def test_all_vectors_are_scaled_in_place():
    vectors = np.array([[3, 4], [0, 0], [0, 2]], np.float32)
    wv = KeyedVectors(["a", "b", "c"], vectors)
    held = wv.vectors
    wv.fill_norms(force=True)
    assert wv.vectors[0].tolist() == [3, 4]
    wv.unit_normalize_all()
    np.testing.assert_allclose(held, [[0.6, 0.8], [0, 0], [0, 1]], rtol=1e-6)


@pytest.mark.parametrize("name", ["vectors.kv", "vectors.wordvectors"])
def test_suffixes_common_with_gensim_are_saved_as_folders(tmp_path, model, name):
    model.wv.save(tmp_path / name)
    assert (tmp_path / name).is_dir()
    loaded = KeyedVectors.load(tmp_path / name, mmap="r")
    np.testing.assert_array_equal(loaded.vectors, model.wv.vectors)


def test_a_pickle_of_gensim_is_recognised(tmp_path):
    (tmp_path / "vectors.kv").write_bytes(b"\x80\x04\x95" + bytes(100))
    with pytest.raises(ValueError, match="a pickle, as gensim's save writes"):
        KeyedVectors.load(tmp_path / "vectors.kv")
