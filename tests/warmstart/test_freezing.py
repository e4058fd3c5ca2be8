"""Frozen words: training does not change their input vectors."""

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.text.vocab import SENTENCE_END, Vocab
from w2vfast.warmstart.freezing import frozen_rows

OBJECTIVES = {
    "ns": {},
    "hs": {"hs": 1, "negative": 0},
    "both": {"hs": 1},
}
FORMS = [
    {"sg": 1},
    {"sg": 1, "negative_sharing": "pair"},
    {"sg": 0},
    {"sg": 0, "cbow_mean": 0},
    {"sg": 0, "cbow_gradient": "mean"},
    {"sg": 1, "mode": "exact"},
    {"sg": 0, "mode": "exact"},
]
SMALL = {"vector_size": 20, "min_count": 1, "epochs": 2, "progress": False}


def text(n=400, seed=0):
    rng = np.random.default_rng(seed)
    words = [f"w{i}" for i in np.minimum(rng.geometric(0.08, n * 9), 60)]
    return [words[9 * k : 9 * k + 9] for k in range(n)]


def workers_of(form):
    return [1] if form.get("mode") == "exact" else [1, 2, 3]


CASES = [(form, workers) for form in FORMS for workers in workers_of(form)]


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize(("form", "workers"), CASES)
def test_frozen_vectors_keep_every_bit_and_the_others_change(form, workers, objective):
    if form.get("cbow_mean") == 0 or form.get("cbow_gradient"):
        form = {**form, "alpha": 0.01}
    frozen = ["w1", "w2", "w30", "w60"]
    model = Word2Vec(**SMALL, **form, **OBJECTIVES[objective], workers=workers)
    model.build_vocab(text())
    before = {word: model.wv[word] for word in model.wv.index_to_key}
    model.train(freeze=frozen)
    before.pop("</s>", None)  # in exact mode never a context, so it does not change
    for word, vector in before.items():
        assert (model.wv[word].tobytes() == vector.tobytes()) == (word in frozen), word


def test_frozen_words_are_those_of_the_constructor_or_of_the_call():
    model = Word2Vec(text(), workers=1, freeze={"w1"}, **SMALL)
    start = Word2Vec(workers=1, **SMALL)
    start.build_vocab(text())

    def moved(since):
        return {word for word in ("w1", "w2") if (model.wv[word] != since[word]).any()}

    assert moved(start.wv) == {"w2"}
    for freeze, expected in [(None, {"w2"}), (["w2"], {"w1"}), ((), {"w1", "w2"})]:
        since = {word: model.wv[word] for word in ("w1", "w2")}
        model.train(text(), freeze=freeze, epochs=1)
        assert moved(since) == expected


def test_output_vectors_of_frozen_words_are_trained():
    model = Word2Vec(text(), workers=1, **SMALL)
    before = model.syn1neg.copy()
    model.train(text(), epochs=1, freeze=model.wv.index_to_key)
    assert (model.syn1neg != before).any(axis=1).all()


def two_topics(new):
    """Return sentences about either of two topics, with or without a new word each."""
    rng = np.random.default_rng(3)
    words = [f"{topic}{i}" for topic in "ab" for i in range(10)]
    sentences = []
    for k in range(800):
        sentence = [*rng.choice(words[10 * (k % 2) :][:10], 6)]
        if new:
            sentence[3] = f"new_{'ab'[k % 2]}"
        sentences.append(sentence)
    return sentences


def test_new_words_become_similar_to_the_frozen_words_of_their_topic():
    options = {**SMALL, "sg": 1, "sample": 0, "workers": 1, "epochs": 5}
    given = Word2Vec(two_topics(new=False), **options).wv
    words = given.index_to_key
    model = Word2Vec(two_topics(new=True), init_vectors=given, freeze=words, **options)
    np.testing.assert_array_equal(model.wv[words], given.vectors)
    for topic in "ab":  # 8 of 8 seeds: cosines of 0.6, and below 0.2 across
        nearest = model.wv.most_similar(f"new_{topic}", topn=5)
        assert {word[0] for word, _ in nearest} == {topic}


def test_frozen_words_are_saved_with_the_model(tmp_path):
    model = Word2Vec(text(), workers=1, freeze=["w1"], **SMALL)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model", mmap=True)
    loaded.train(text(), epochs=1, progress=False)
    np.testing.assert_array_equal(loaded.wv["w1"], model.wv["w1"])
    assert not np.array_equal(loaded.wv["w2"], model.wv["w2"])


def test_words_may_be_integers_bytes_or_numpy_values():
    walks = np.random.default_rng(0).integers(0, 9, (50, 8))
    model = Word2Vec(walks, workers=1, **SMALL)
    before = model.wv[[3, 4]]
    model.train(walks, freeze=np.array([3, 4]), epochs=1)
    np.testing.assert_array_equal(model.wv[[3, 4]], before)
    model = Word2Vec(text(), workers=1, **SMALL)
    before = model.wv["w1"]
    model.train(text(), freeze={b"w1"}, epochs=1)
    np.testing.assert_array_equal(model.wv["w1"], before)


def test_the_sentence_end_is_a_word_in_exact_mode_only():
    for mode in ("fast", "exact"):
        model = Word2Vec(workers=1, mode=mode, **SMALL)
        model.build_vocab(text())
        if mode == "fast":
            with pytest.raises(ValueError, match="'</s>' is not in"):
                model.train(freeze=["</s>"])
        else:
            model.train(freeze=["</s>"])


def test_unknown_words_raise_and_similar_ones_are_named():
    model = Word2Vec([["king", "queen", "man", "woman"]] * 9, workers=1, **SMALL)
    before = model.wv.vectors.copy()
    message = (
        r"freeze names 4 of 5 words that have no vector: 'kings' is not in the "
        r"vocabulary of 4 words; did you mean 'king'\? 'quen' .*mean 'queen'\? "
        r"'x' [^;]*words\. Leave"
    )
    with pytest.raises(ValueError, match=message):
        model.train([["king", "man"]], freeze=["man", "kings", "quen", "x", "y"])
    np.testing.assert_array_equal(model.wv.vectors, before)


@pytest.mark.parametrize(
    ("freeze", "message"),
    [
        ("king", r"a set or list of words, got str; for one word write \['king'\]"),
        (7, "a set or list of words, got int"),
        (["king", None], "must hold words .*got None"),
        (KeyedVectors(["king"], np.ones((1, 2))), "index_to_key"),
    ],
)
def test_what_is_not_a_set_of_words_raises(freeze, message):
    with pytest.raises(TypeError, match=message):
        Word2Vec(freeze=freeze, **SMALL)
    model = Word2Vec([["king", "queen"]] * 9, workers=1, **SMALL)
    with pytest.raises(TypeError, match=message):
        model.train([["king", "queen"]], freeze=freeze)


@pytest.mark.parametrize("exact", [False, True])
def test_rows_are_marked_by_their_number_in_the_vocabulary(exact):
    words = [SENTENCE_END, "a", "b", "a"]
    vocab = Vocab(words, np.array([5, 3, 2, 1]), exact=exact)
    assert frozen_rows(["a", "a"], vocab).tolist() == [0, 1, 0, 0]
    assert frozen_rows(["b"], vocab).dtype == np.uint8
    assert frozen_rows([], vocab) is None
