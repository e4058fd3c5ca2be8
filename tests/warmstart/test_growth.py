"""Growth of a model by another text: known rows are kept, new words are added."""

import collections
import copy
import pickle

import numpy as np
import pytest
from helpers import run_python
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.text.vocab import SENTENCE_END

SMALL = {"vector_size": 8, "min_count": 1, "epochs": 1, "progress": False}
SMALL = {**SMALL, "workers": 1, "sample": 0}
OBJECTIVES = {"ns": {}, "hs": {"hs": 1, "negative": 0}, "both": {"hs": 1}}
FIRST = [["a", "b", "a", "c"], ["a", "b", "d"]] * 5
SECOND = [["new", "a", "new", "d"], ["newer", "new", "d", "d"]] * 5


def rows_of(model):
    """Input and output vector of each word."""
    outputs = model.wv.vectors if model.syn1neg is None else model.syn1neg
    return {
        word: (model.wv.vectors[row].tobytes(), outputs[row].tobytes())
        for row, word in enumerate(model.wv.index_to_key)
    }


def count(*texts):
    return collections.Counter(word for text in texts for s in text for word in s)


def check_growth(model, before, expected):
    """Check a model that has grown from rows `before` to counts `expected`."""
    after = rows_of(model)
    assert {word: after[word] for word in before} == before
    keys = model.wv.index_to_key
    assert set(keys) == set(expected)
    assert {key: model.wv.get_vecattr(key, "count") for key in keys} == expected
    assert model.vocab.words == [SENTENCE_END, *keys][-len(model.vocab) :]
    falling = model.vocab.counts[1:]
    assert (np.diff(falling) <= 0).all()
    assert model.wv.key_to_index == {key: row for row, key in enumerate(keys)}
    new = [model.wv[word] for word in keys if word not in before]
    bound = 0.5 / model.vector_size
    assert all((np.abs(row) <= bound).all() and row.any() for row in new)
    assert len({row.tobytes() for row in new}) == len(new)


@pytest.mark.parametrize("mode", ["fast", "exact"])
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("load", [None, False, True])
def test_rows_of_known_words_are_kept_bit_for_bit(mode, objective, load, tmp_path):
    model = Word2Vec(FIRST, mode=mode, **SMALL, **OBJECTIVES[objective])
    if load is not None:
        model.save(tmp_path / "model")
        model = Word2Vec.load(tmp_path / "model", mmap=load)
    before = rows_of(model)
    model.build_vocab(SECOND, update=True, progress=False)
    words = dict(count(FIRST, SECOND))
    if mode == "exact":
        words[SENTENCE_END] = 20
    check_growth(model, before, words)
    assert model.vocab.counts[0] == 20
    model.train(progress=False)  # on the text just read
    assert model.history[-1].words == sum(len(s) + 1 for s in SECOND)
    assert rows_of(model) != before
    assert np.isfinite(model.wv.vectors).all()


def test_growth_equals_a_vocabulary_of_both_texts():
    grown = Word2Vec(**SMALL)
    grown.build_vocab(FIRST)
    grown.build_vocab(SECOND, update=True)
    whole = Word2Vec(**SMALL)
    whole.build_vocab(FIRST + SECOND)
    assert dict(zip(grown.vocab.words, grown.vocab.counts, strict=True)) == dict(
        zip(whole.vocab.words, whole.vocab.counts, strict=True)
    )


def test_known_words_come_before_new_ones_of_the_same_count():
    model = Word2Vec([["a", "b", "b"]], **SMALL)
    model.build_vocab([["x", "x", "a", "y", "y"]], update=True)
    assert model.wv.index_to_key == ["b", "a", "x", "y"]


def test_rows_of_new_words_depend_only_on_the_seed_and_are_distinct():
    def grown(seed=1, train=True):
        model = Word2Vec(seed=seed, **SMALL)
        model.build_vocab(FIRST)
        assert model.wv is not None  # the rows are made
        if train:
            model.train()
        model.build_vocab(SECOND, update=True)
        model.build_vocab([["third", "a"]], update=True)
        return model

    new = ["new", "newer", "third"]
    first, untrained = grown(), grown(train=False)
    np.testing.assert_array_equal(first.wv[new], grown().wv[new])
    np.testing.assert_array_equal(first.wv[new], untrained.wv[new])
    assert not np.isin(first.wv[new], grown(seed=2).wv[new]).any()
    assert len(np.unique(untrained.wv.vectors, axis=0)) == 7


def test_min_count_applies_to_new_words_of_the_new_text_only():
    model = Word2Vec([["a", "b", "rare"] * 2], **{**SMALL, "min_count": 2})
    model.build_vocab([["a", "once", "twice", "twice", "rare"]], update=True)
    assert dict(zip(model.wv.index_to_key, model.wv.counts, strict=True)) == {
        "a": 3, "b": 2, "rare": 3, "twice": 2,
    }  # fmt: skip
    model.train(progress=False)
    assert model.history[-1].unknown == 1  # "once"


def test_max_final_vocab_limits_known_and_new_words_together():
    model = Word2Vec(FIRST, max_final_vocab=3, **SMALL)
    model.build_vocab([["x", "y", "y", "a"]], update=True)
    assert set(model.wv.index_to_key) == {"a", "b", "c"}
    wider = Word2Vec(FIRST, max_final_vocab=5, **SMALL)
    wider.build_vocab([["x", "y", "y", "a"]], update=True)
    assert set(wider.wv.index_to_key) == {"a", "b", "c", "d", "y"}


def test_max_vocab_size_does_not_prune_an_update():
    model = Word2Vec([["a", "b", "c"]] * 9, max_vocab_size=100, **SMALL)
    many = [[f"n{i}", "a"] for i in range(500)]
    model.build_vocab(many, update=True)
    assert len(model.wv) == 503
    assert model.wv.get_vecattr("a", "count") == 509


def test_an_update_without_new_words_adds_counts_and_reorders():
    model = Word2Vec(FIRST, hs=1, **SMALL)
    before = rows_of(model)
    model.build_vocab([["d"] * 20], update=True)
    check_growth(model, before, dict(count(FIRST, [["d"] * 20])))
    assert model.wv.index_to_key[0] == "d"


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_inner_nodes_are_kept_if_the_tree_does_not_change(mode):
    model = Word2Vec(FIRST, hs=1, negative=0, mode=mode, **SMALL)
    before = model.syn1.copy()
    assert before.any()
    model.build_vocab(FIRST, update=True)  # counts doubled: the same tree
    np.testing.assert_array_equal(model.syn1, before)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ([], "no sentence|holds no words|empty"),
        ([[]], "holds no words"),
        (iter([]), "no sentence|holds no words|empty"),
        (
            [["rare"]],
            "no word of the text .*'rare', .* 1 times, and min_count=2",
        ),
    ],
)
def test_a_text_that_adds_nothing_raises_and_changes_nothing(text, message):
    model = Word2Vec(FIRST, **{**SMALL, "min_count": 2})
    before, counts = rows_of(model), model.vocab.counts.copy()
    with pytest.raises(ValueError, match=message):
        model.build_vocab(text, update=True)
    assert rows_of(model) == before
    np.testing.assert_array_equal(model.vocab.counts, counts)
    model.train(FIRST, progress=False)


def test_an_update_needs_a_vocabulary():
    model = Word2Vec(**SMALL)
    for update in (model.build_vocab, model.build_vocab_from_freq):
        with pytest.raises(RuntimeError, match="has no vocabulary yet"):
            update({"a": 3}, update=True)


def test_integers_and_text_cannot_be_mixed():
    model = Word2Vec(np.array([[1, 2, 3]] * 9), **SMALL)
    with pytest.raises(TypeError, match=r"holds integers .*text cannot be added"):
        model.build_vocab(FIRST, update=True)
    with pytest.raises(TypeError, match=r"holds integers .*text cannot be added"):
        model.build_vocab_from_freq({"a": 7}, update=True)
    model.build_vocab(np.array([[3, 4, 4]]), update=True)
    assert sorted(model.wv.index_to_key) == [1, 2, 3, 4]
    model.train(progress=False)


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_a_vocabulary_can_grow_by_counts_alone(mode):
    model = Word2Vec(FIRST, mode=mode, **{**SMALL, "min_count": 2})
    before = rows_of(model)
    more = {"new": 30, "a": 5, "rare": 1, SENTENCE_END: 4}
    model.build_vocab_from_freq(more, update=True)
    expected = {**count(FIRST), "new": 30, "a": 20}
    if mode == "exact":
        expected[SENTENCE_END] = 14
    check_growth(model, before, expected)
    assert model.vocab.counts[0] == 14
    with pytest.raises(ValueError, match=r"none can be added: .*'rare', .* 1 times"):
        model.build_vocab_from_freq({"rare": 1}, update=True)
    model.train(SECOND, progress=False)


def test_ids_of_the_text_before_are_dropped_because_rows_move():
    model = Word2Vec(**SMALL)
    model.build_vocab(FIRST)
    model.build_vocab_from_freq({"d": 99}, update=True)
    with pytest.raises(RuntimeError, match="no corpus to train on"):
        model.train()
    model.train(FIRST, progress=False)


def test_a_vocabulary_without_sentence_end_cannot_grow(tmp_path):
    (tmp_path / "vocab").write_text("the 9\na 7\n</s> 5\n")
    model = Word2Vec(mode="exact", **SMALL)
    model.read_vocab(tmp_path / "vocab")
    with pytest.raises(ValueError, match=r"is 'the' cannot grow.*must be </s>"):
        model.build_vocab(SECOND, update=True)


def test_held_vectors_follow_a_growth_and_held_arrays_do_not_change(tmp_path):
    model = Word2Vec(FIRST, **SMALL)
    wv = model.wv
    wv.set_vecattr("d", "colour", "red")
    array, keys, row = wv.vectors, wv.index_to_key, wv["a"]
    kept, kept_keys = array.copy(), list(keys)
    duplicate, pickled = copy.deepcopy(wv), pickle.dumps(wv)
    model.build_vocab([["d", "new"]] * 50, update=True)
    assert model.wv is wv
    assert wv.index_to_key == ["d", "new", "a", "b", "c"]
    assert wv.vectors.shape == (5, 8)
    assert wv.get_vecattr("d", "colour") == "red"
    assert wv.get_vecattr("new", "colour") is None
    assert wv.most_similar("new", topn=4)
    np.testing.assert_array_equal(wv["a"], row)
    model.train(progress=False)
    assert not np.array_equal(wv["d"], kept[keys.index("d")])
    for old in (array, duplicate.vectors, pickle.loads(pickled).vectors):
        np.testing.assert_array_equal(old, kept)
    assert keys == kept_keys == duplicate.index_to_key
    wv.save(tmp_path / "vectors")
    assert KeyedVectors.load(tmp_path / "vectors").index_to_key == wv.index_to_key


def test_growth_while_the_model_is_trained_raises():
    class Grow:
        def on_epoch_end(self, model):
            model.build_vocab(SECOND, update=True)

    model = Word2Vec(**SMALL)
    model.build_vocab(FIRST)
    with pytest.raises(RuntimeError, match="is in use by another thread"):
        model.train(callbacks=[Grow()])
    model.build_vocab(SECOND, update=True)


def test_growth_and_training_and_saving_can_be_repeated(tmp_path):
    model = Word2Vec(FIRST, **{**SMALL, "hs": 1, "workers": 2})
    for n in range(6):
        before = rows_of(model)
        text = [[f"n{n}", f"n{n}b", "a", f"n{max(0, n - 2)}"]] * (n + 1)
        model.build_vocab(text, update=True)
        assert {word: rows_of(model)[word] for word in before} == before
        model.train(progress=False)
        model.save(tmp_path / "model")
        model = copy.deepcopy(Word2Vec.load(tmp_path / "model", mmap=n % 2 == 0))
    assert len(model.wv) == 4 + 12


def test_too_little_memory_leaves_the_model_as_it_was(monkeypatch):
    model = Word2Vec(FIRST, **SMALL)
    before = rows_of(model)
    monkeypatch.setattr("w2vfast.training.weights.available_memory", lambda: 100)
    with pytest.raises(MemoryError, match=r"only 0\.00 GB are available"):
        model.build_vocab(SECOND, update=True)
    monkeypatch.undo()
    assert rows_of(model) == before
    model.train(FIRST, progress=False)
    model.build_vocab(SECOND, update=True)


def test_new_words_begin_with_given_vectors():
    given_rows = np.arange(16, dtype=np.float32).reshape(2, 8)
    given_vectors = KeyedVectors(["new", "a"], given_rows)
    model = Word2Vec(FIRST, init_vectors=given_vectors, **SMALL)
    assert model.init_coverage[:2] == (1, 4)
    trained = model.wv["a"]
    model.build_vocab(SECOND, update=True)
    np.testing.assert_array_equal(model.wv["new"], given_rows[0])
    np.testing.assert_array_equal(model.wv["a"], trained)
    assert model.init_coverage == (2, 6, 20 + 15, 75)


def test_new_words_become_similar_to_known_words_of_their_topic():
    rng = np.random.default_rng(0)

    def topic(letter, extra=(), n=300):
        words = [*(f"{letter}{i}" for i in range(9)), *extra]
        return [list(rng.choice(words, 6)) for _ in range(n)]

    options = {**SMALL, "vector_size": 20, "sg": 1, "epochs": 5}
    model = Word2Vec(topic("a") + topic("b"), **options)
    model.build_vocab(topic("a", ["new"]), update=True)
    model.train(epochs=5, progress=False)
    assert {key[0] for key, _ in model.wv.most_similar("new", topn=5)} == {"a"}
    assert {key[0] for key, _ in model.wv.most_similar("b1", topn=5)} == {"b"}


# --- properties -----------------------------------------------------------------

TEXTS = st.lists(
    st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=6), max_size=8),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(
    texts=TEXTS,
    objective=st.sampled_from(list(OBJECTIVES)),
    mode=st.sampled_from(["fast", "exact"]),
    min_count=st.integers(1, 3),
    train=st.booleans(),
)
def test_any_sequence_of_texts_grows_a_model(texts, objective, mode, min_count, train):
    options = {**SMALL, **OBJECTIVES[objective], "mode": mode, "min_count": min_count}
    start = [["a", "b", "c"]] * 3
    model = Word2Vec(start, **options)
    expected = dict(count(start))
    for text in texts:
        before = rows_of(model)
        seen = count(text)
        known = {word: n for word, n in seen.items() if word in expected}
        new = {w: n for w, n in seen.items() if w not in expected and n >= min_count}
        if known or new:
            model.build_vocab(text, update=True)
            for word, n in {**known, **new}.items():
                expected[word] = expected.get(word, 0) + n
        else:
            with pytest.raises(ValueError, match=r"no word|holds no words"):
                model.build_vocab(text, update=True)
        ends = {SENTENCE_END: model.vocab.counts[0]} if mode == "exact" else {}
        check_growth(model, before, {**expected, **ends})
        if train and (known or new):
            model.train(progress=False)
            assert np.isfinite(model.wv.vectors).all()


def test_growth_of_a_large_model_does_not_crash():
    """In a process of its own; gensim crashed here with a segmentation fault."""
    done = run_python("""
        import numpy as np
        from w2vfast import Word2Vec
        rng = np.random.default_rng(0)
        model = Word2Vec(hs=1, min_count=1, vector_size=30, workers=3, progress=False)
        model.build_vocab(rng.integers(0, 3000, (2000, 10)))
        model.train(epochs=1)
        for _ in range(3):
            model.build_vocab(rng.integers(0, 9000, (3000, 10)), update=True)
            model.train(epochs=1)
        assert np.isfinite(model.wv.vectors).all()
        print(len(model.wv))
    """)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 8900


@pytest.mark.peer
def test_words_and_counts_are_those_of_gensim_after_the_same_calls():
    theirs_class = pytest.importorskip(
        "gensim.models.word2vec", reason="gensim is not installed"
    ).Word2Vec
    found = []
    for model_class in (Word2Vec, theirs_class):
        model = model_class(vector_size=8, min_count=2, workers=1)
        model.build_vocab(corpus_iterable=FIRST)
        model.train(FIRST, total_examples=model.corpus_count, epochs=model.epochs)
        model.build_vocab(corpus_iterable=SECOND, update=True)
        model.train(SECOND, total_examples=model.corpus_count, epochs=model.epochs)
        model.build_vocab_from_freq({"newest": 4, "a": 3}, update=True)
        keys = model.wv.index_to_key
        found.append({key: model.wv.get_vecattr(key, "count") for key in keys})
        assert model.wv.vectors.shape == model.syn1neg.shape == (len(keys), 8)
    assert found[0] == found[1]
