"""Predictions and scores compared with gensim's, with the same matrices and tree."""

import inspect

import numpy as np
import pytest
from helpers import POEMS

from w2vfast import Word2Vec
from w2vfast.prediction import probabilities

pytestmark = pytest.mark.peer
CONTEXTS = [["月", "山"], ["月", "月", "酒"], ["愁"], ["?", "馬", "花", 3]]
SENTENCES = [
    list("明月出天山"),
    list("蒼茫雲海間"),
    list("舉杯?邀明月"),
    [],
    ["?"],
    list("長安一片月萬戶擣衣聲秋風吹不盡總是玉關情"),
]


@pytest.fixture(scope="module")
def gensim():
    return pytest.importorskip("gensim.models", reason="gensim is not installed")


def pair(gensim, **options):
    """Train our model; build gensim's with the same words, matrices and tree."""
    fixed = {"vector_size": 30, "min_count": 20, "epochs": 1, "workers": 1}
    options = {**fixed, **options}
    ours = Word2Vec(corpus_file=POEMS, progress=False, **options)
    theirs = gensim.Word2Vec(**options)
    counts = dict(zip(ours.wv.index_to_key, ours.wv.counts.tolist(), strict=True))
    theirs.build_vocab_from_freq(counts)
    order = [ours.wv.key_to_index[word] for word in theirs.wv.index_to_key]
    theirs.wv.vectors = ours.wv.vectors[order]
    if ours.syn1neg is not None:
        theirs.syn1neg = ours.syn1neg[order]
    if ours.syn1 is not None:
        theirs.syn1 = ours.syn1
        tree = ours._state.word_paths
        points, codes = (
            np.split(values, tree.offsets[1:-1])
            for values in (tree.points.astype(np.uint32), tree.codes)
        )
        for row, place in enumerate(order):
            theirs.wv.set_vecattr(row, "point", points[place])
            theirs.wv.set_vecattr(row, "code", codes[place])
    return ours, theirs


@pytest.mark.parametrize(
    "options", [{"sg": 1}, {"sg": 0}, {"sg": 0, "cbow_mean": 0}], ids=str
)
def test_predictions_by_negative_sampling_are_gensims(gensim, options):
    ours, theirs = pair(gensim, **options)
    for context in CONTEXTS:
        found = ours.predict_output_word(context, topn=200)
        expected = theirs.predict_output_word(context, topn=200)
        assert len(found) == 200
        np.testing.assert_allclose(
            [p for _, p in found], [p for _, p in expected], atol=1e-5, rtol=1e-3
        )
        assert dict(found).keys() >= {word for word, _ in expected[:150]}
        assert found[0][0] == expected[0][0]


def test_neither_predicts_from_unknown_words(gensim):
    ours, theirs = pair(gensim)
    for context in ([], ["?"]):
        assert theirs.predict_output_word(context) is None
        with pytest.warns(UserWarning, match="no word of the context"):
            assert ours.predict_output_word(context) is None


def gensims_log_sigmoid(x):
    """Look up gensim's table: 1000 values on [-6, 6], 83 steps a unit, else 0."""
    step = ((np.clip(x, -6, 6) + 6) * np.float32(83)).astype(int)
    f = np.exp((step / 1000 * 2 - 1) * 6)
    return np.where(np.abs(x) >= 6, 0, np.log(f / (f + 1))).astype(x.dtype)


@pytest.mark.parametrize(
    "options", [{"sg": 1}, {"sg": 0}, {"sg": 0, "cbow_mean": 0}], ids=str
)
@pytest.mark.parametrize("window", [1, 5, 40])
def test_scores_by_the_tree_equal_gensims_except_for_its_sigmoid_table(
    gensim, monkeypatch, options, window
):
    ours, theirs = pair(gensim, hs=1, negative=0, window=window, **options)
    expected = theirs.score(SENTENCES, total_sentences=len(SENTENCES))
    assert not np.allclose(ours.score(SENTENCES), expected, rtol=1e-3)
    monkeypatch.setattr(probabilities, "log_sigmoid", gensims_log_sigmoid)
    # A logit between two values of the table may be rounded to the other one.
    np.testing.assert_allclose(ours.score(SENTENCES), expected, rtol=1e-4, atol=1 / 83)


def test_arguments_have_gensims_names_and_order(gensim):
    """Arguments for gensim's thread queue are left out."""
    for name in ("predict_output_word", "score"):
        ours, theirs = (
            inspect.signature(getattr(owner, name)).parameters
            for owner in (Word2Vec, gensim.Word2Vec)
        )
        shared = [parameter for parameter in theirs if parameter in ours]
        left_out = set(theirs) - set(shared)
        assert left_out <= {"queue_factor", "report_delay"}
        assert [parameter for parameter in ours if parameter in theirs] == shared
