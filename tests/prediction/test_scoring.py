"""Scores of sentences: `Word2Vec.score`."""

import gzip
import io

import numpy as np
import pytest

from w2vfast import IdCorpus, LineSentence, Word2Vec
from w2vfast.prediction import scoring
from w2vfast.prediction.layers import output_layer

SETTINGS = {
    "vector_size": 8,
    "min_count": 1,
    "window": 3,
    "epochs": 3,
    "workers": 1,
    "progress": False,
    "alpha": 0.2,
}
MODELS = {
    "sg_ns": {"sg": 1},
    "cbow_ns": {"sg": 0},
    "cbow_sum": {"sg": 0, "cbow_mean": 0},
    "sg_hs": {"sg": 1, "hs": 1, "negative": 0},
    "cbow_hs": {"sg": 0, "hs": 1, "negative": 0},
    "exact_ns": {"sg": 1, "mode": "exact"},
    "exact_hs": {"sg": 0, "hs": 1, "negative": 0, "mode": "exact"},
}
TEXT = """the cat sat on the mat and the dog ran after the cat
a cat a dog

dog
nobody knows
the nobody dog knows a mat
mat mat mat"""
SENTENCES = [line.split() for line in TEXT.split("\n")]


def trained(**options):
    return Word2Vec(SENTENCES[:2] * 30, **{**SETTINGS, **options})


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return trained(**MODELS[request.param])


@pytest.fixture(scope="module")
def any_model():
    return trained(sg=1)


def naive_score(model, sentence, longest=None):
    """Look every prediction up in the distribution over all words."""
    p = model.params
    rows = [model.wv.key_to_index[word] for word in sentence if word in model.wv]
    layer = output_layer(model._state, p)
    total = 0.0
    for start in range(0, len(rows), longest or max(1, len(rows))):
        piece = rows[start : start + (longest or len(rows))]
        for pos, word in enumerate(piece):
            near = piece[max(0, pos - p.window) : pos]
            near += piece[pos + 1 : pos + 1 + p.window]
            vectors = model.wv.vectors[near].astype(np.float64)
            if not near:
                continue
            if not p.sg:
                vectors = vectors.sum(axis=0, keepdims=True)
                vectors /= len(near) if p.cbow_mean else 1
            total += sum(layer.log_probabilities(vector)[word] for vector in vectors)
    return total


def test_score_is_the_sum_over_all_predictions(model):
    found = model.score(SENTENCES)
    assert found.dtype == np.float64
    expected = [naive_score(model, sentence) for sentence in SENTENCES]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-12)
    assert (found <= 0).all()


def test_a_sentence_without_a_prediction_scores_zero(model):
    assert model.score(SENTENCES)[2:5].tolist() == [0, 0, 0]


def test_sentences_without_a_prediction_score_zero_without_others(model):
    for sentences in ([["a"]], [["a"], ["b"]], [["a", "unknown"]], [[]]):
        assert model.score(sentences).tolist() == [0] * len(sentences)


def test_a_sentence_scores_the_same_alone(model):
    alone = [model.score([sentence])[0] for sentence in SENTENCES if len(sentence) > 2]
    together = model.score([s for s in SENTENCES if len(s) > 2])
    np.testing.assert_allclose(alone, together, rtol=1e-6)


def test_scores_do_not_depend_on_the_size_of_parts_and_blocks(
    model, monkeypatch, tmp_path
):
    before = model.score(SENTENCES * 5)
    path = tmp_path / "text"
    path.write_text("".join(" ".join(words) + "\n" for words in SENTENCES * 5))
    sizes = {"_BATCH_WORDS": 7, "_PAIRS": 12, "_HIDDEN_VALUES": 16, "BLOCK_BYTES": 5}
    for name, size in sizes.items():
        monkeypatch.setattr(scoring, name, size)
    np.testing.assert_allclose(model.score(SENTENCES * 5), before, rtol=1e-5)
    np.testing.assert_allclose(model.score(corpus_file=path), before, rtol=1e-5)


@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS)
def test_text_like_the_training_text_scores_higher(options):
    rng = np.random.default_rng(0)
    topics = [[f"{letter}{i}" for i in range(10)] for letter in "ab"]
    text = [list(rng.choice(topics[k % 2], 8)) for k in range(1000)]
    model = Word2Vec(text, **{**SETTINGS, "sample": 0, "alpha": 0.1, **options})
    one_topic, two_topics = model.score([["a1", "a2", "a3"], ["a1", "b2", "a3"]])
    assert one_topic > two_topics + 1


def test_the_window_may_be_wider_than_any_sentence():
    model = trained(sg=1, window=2**26)
    expected = [naive_score(model, sentence) for sentence in SENTENCES]
    np.testing.assert_allclose(model.score(SENTENCES), expected, rtol=1e-5)


@pytest.mark.parametrize("batch", [1, 1000])
def test_long_sentences_are_cut_as_in_training(batch, monkeypatch):
    monkeypatch.setattr(scoring, "_BATCH_WORDS", batch)
    model = trained(sg=1, max_sentence_length=4)
    found = model.score(SENTENCES)
    expected = [naive_score(model, sentence, 4) for sentence in SENTENCES]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_a_sentence_end_among_tokens_ends_the_window(mode):
    model = trained(sg=1, mode=mode)
    whole = model.score([["the", "cat", "</s>", "a", "dog"]])
    parts = model.score([["the", "cat"], ["a", "dog"]])
    assert whole.tolist() == pytest.approx([parts.sum()])


# --- sources ------------------------------------------------------------------------


def test_each_line_of_a_file_is_a_sentence_also_an_empty_one(any_model, tmp_path):
    expected = any_model.score(SENTENCES)
    path = tmp_path / "text"
    for ending in ("", "\n"):
        path.write_text(TEXT + ending)
        found = any_model.score(corpus_file=path)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    path.write_bytes(gzip.compress(TEXT.replace("\n", "\r\n").encode()))
    np.testing.assert_allclose(any_model.score(corpus_file=path), expected, rtol=1e-6)
    files = [path, io.BytesIO(b"the cat\t\t a")]
    last = any_model.score([["the", "cat", "a"]])
    np.testing.assert_allclose(
        any_model.score(corpus_file=files), [*expected, *last], rtol=1e-6
    )


@pytest.mark.parametrize("block_bytes", [1, 100])
def test_a_byte_order_mark_is_read_as_in_training(block_bytes, monkeypatch, tmp_path):
    monkeypatch.setattr(scoring, "BLOCK_BYTES", block_bytes)
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    for mode, first in [("fast", "the"), ("exact", "\ufeffthe")]:
        model = Word2Vec(corpus_file=path, **SETTINGS, mode=mode)
        expected = model.score([[first, *SENTENCES[0][1:]], *SENTENCES[1:]])
        np.testing.assert_allclose(
            model.score(corpus_file=path), expected, rtol=1e-6, err_msg=mode
        )


@pytest.mark.parametrize("block_bytes", [1, 4, 100])
def test_carriage_returns_are_read_as_in_training(block_bytes, monkeypatch, tmp_path):
    monkeypatch.setattr(scoring, "BLOCK_BYTES", block_bytes)
    path = tmp_path / "text"
    path.write_bytes(b"the cat\rsat on\r\na dog\r\n")
    for mode, words in [("fast", ["cat", "sat"]), ("exact", ["catsat"])]:
        model = Word2Vec(corpus_file=path, **SETTINGS, mode=mode)
        expected = model.score([["the", *words, "on"], ["a", "dog"]])
        np.testing.assert_allclose(
            model.score(corpus_file=path), expected, rtol=1e-6, err_msg=mode
        )


def test_sentences_of_a_reader_are_those_it_yields(any_model, tmp_path):
    path = tmp_path / "text"
    path.write_text("the cat\n\na dog ran\n")
    expected = any_model.score([["the", "cat"], ["a", "dog", "ran"]])
    found = any_model.score(LineSentence(path))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_generators_and_bytes_are_accepted(any_model):
    expected = any_model.score(SENTENCES)
    as_bytes = (tuple(word.encode() for word in words) for words in SENTENCES)
    np.testing.assert_allclose(any_model.score(as_bytes), expected, rtol=1e-6)


def test_arrays_of_every_form_have_the_same_scores():
    walks = np.random.default_rng(0).integers(0, 9, (20, 5))
    model = Word2Vec(walks, **{**SETTINGS, "sg": 1})
    expected = model.score(walks.tolist())
    flat = np.hstack([walks, np.full((20, 1), -1)]).ravel()
    forms = [walks, walks.astype(np.uint8), flat, flat[:-1]]
    forms += [(np.arange(0, 101, 5), walks.ravel()), IdCorpus(flat, separator=-1)]
    for form in forms:
        np.testing.assert_allclose(model.score(form), expected, rtol=1e-6)
    padded = np.hstack([walks, np.full((20, 2), -1)])
    np.testing.assert_allclose(model.score(padded), expected, rtol=1e-6)
    without = [[node for node in walk if node != 0] for walk in walks.tolist()]
    np.testing.assert_allclose(
        model.score(IdCorpus(walks, padding=0)), model.score(without), rtol=1e-6
    )
    assert len(model.score(np.array([3, -1, -1, 4, 5]))) == 3


def test_no_sentences_no_scores(any_model):
    assert any_model.score([]).shape == (0,)


# --- output layers and errors -------------------------------------------------------


def test_the_noise_distribution_is_a_factor_where_negative_sampling_was_trained():
    model = trained(sg=1)
    model.wv.vectors[:] = 0
    shares = model.wv.counts**0.75 / (model.wv.counts**0.75).sum()
    the, ran = model.wv.key_to_index["the"], model.wv.key_to_index["ran"]
    expected = np.log(shares[the]) + np.log(shares[ran])
    assert model.score([["the", "ran"]])[0] == pytest.approx(expected, rel=1e-5)
    plain = model.score([["the", "ran"]], noise=False)[0]
    assert plain == pytest.approx(2 * np.log(1 / len(model.wv)), rel=1e-5)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"weights": "syn0"}, ValueError, "must be 'syn1', 'syn1neg' or None, got"),
        ({"weights": "syn1"}, RuntimeError, "needs a model with hierarchical softmax"),
        ({"sentences": ["the cat"]}, TypeError, "sentence 0 is 'the cat'"),
        ({"sentences": [[["the"]]]}, TypeError, r"a token is a str, bytes or int, got"),
        ({"sentences": "the cat"}, TypeError, "For a file use LineSentence"),
        ({"sentences": None}, TypeError, "give either sentences"),
        ({"corpus_file": "missing"}, TypeError, "give either sentences"),
    ],
)
def test_unusable_sentences_and_weights_raise(any_model, given, error, message):
    with pytest.raises(error, match=message):
        any_model.score(**{"sentences": SENTENCES, **given})


def test_a_warning_points_at_the_caller_if_no_word_is_known(any_model):
    message = "none of the 2 words of the corpus is in"
    with pytest.warns(UserWarning, match=message) as warned:
        assert any_model.score([["no", "one"]]).tolist() == [0]
    assert warned[0].filename == __file__


def test_arguments_of_gensim_are_accepted_and_ignored(any_model):
    found = any_model.score(SENTENCES, 2, 1, queue_factor=2, report_delay=1.0)
    assert len(found) == len(SENTENCES)


def test_scoring_does_not_change_the_model(any_model):
    before = any_model.wv.vectors.copy(), any_model.syn1neg.copy()
    any_model.score(SENTENCES)
    np.testing.assert_array_equal(before[0], any_model.wv.vectors)
    np.testing.assert_array_equal(before[1], any_model.syn1neg)
