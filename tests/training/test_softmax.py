"""Full softmax: what it learns, and where it is refused."""

import numpy as np
import pytest
from helpers import run_cli

from w2vfast import Word2Vec
from w2vfast.params import TrainParams

# Who follows whom, and how often in ten.
FOLLOWERS = {"a": "xxxxxxyyyz", "b": "yzzzzzzzzz"}
OPTIONS = {
    "objective": "softmax",
    "vector_size": 16,
    "min_count": 1,
    "sample": 0,
    "window": 1,
    "progress": False,
}


def pairs(n):
    """Sentences of two words, in random order."""
    sentences = [
        [left, right] for left, rights in FOLLOWERS.items() for right in rights
    ]
    order = np.random.default_rng(1).permutation(np.repeat(np.arange(20), n))
    return [sentences[i] for i in order]


def predicted(model, word):
    """p(output | word) of all words, from the definition."""
    logits = model.syn1neg.astype(float) @ model.wv[word].astype(float)
    weights = np.exp(logits - logits.max())
    return dict(zip(model.wv.index_to_key, weights / weights.sum(), strict=True))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("sg", [0, 1])
def test_probabilities_converge_to_those_of_the_text(sg, workers):
    model = Word2Vec(
        pairs(200), sg=sg, alpha=0.1, epochs=30, seed=3, workers=workers, **OPTIONS
    )
    off = 0.03 if workers == 1 else 0.1  # two workers differ a little in every run
    for word, followers in FOLLOWERS.items():
        shares = predicted(model, word)
        for other in model.wv.index_to_key:
            expected = followers.count(other) / 10
            assert shares[other] == pytest.approx(expected, abs=off)
        answers = model.predict_output_word([word], topn=None)
        assert dict(answers) == pytest.approx(shares, rel=1e-4)
    # Second words predict the first ones, too: every x follows an a.
    assert predicted(model, "x")["a"] == pytest.approx(1, abs=off)


def test_loss_falls_from_the_log_of_the_vocabulary_size_to_the_entropy():
    options = {**OPTIONS, "sg": 1, "workers": 1, "compute_loss": True}
    untrained = Word2Vec(pairs(2), alpha=1e-6, epochs=1, **options).history[0]
    assert untrained.softmax_loss == untrained.loss == pytest.approx(np.log(5))
    assert untrained.hs_loss is untrained.ns_loss is None
    assert untrained.samples[-1].softmax_loss > 0
    model = Word2Vec(pairs(200), alpha=0.1, epochs=30, **options)
    last = model.history[-1]
    n = {(w, o): f.count(o) for w, f in FOLLOWERS.items() for o in "xyz"}
    totals = {o: sum(n[w, o] for w in "ab") for o in "xyz"}
    entropy = sum(
        c * (np.log(10 / c) + np.log(totals[o] / c)) for (w, o), c in n.items() if c
    ) / (2 * 20)
    assert last.loss == pytest.approx(entropy, rel=0.02)
    assert model.get_latest_training_loss() == last.loss


def test_several_workers_with_wide_windows_learn_as_much_as_one():
    rng = np.random.default_rng(2)
    topics = rng.integers(0, 2, 120)
    text = [(2 * rng.integers(0, 20, 30) + topic).tolist() for topic in topics]
    options = {**OPTIONS, "window": 12, "sg": 1, "epochs": 12, "alpha": 0.1}
    losses = [
        Word2Vec(text, workers=workers, **options).history[-1].loss
        for workers in (1, 2, 3)
    ]
    # A word determines its topic, which leaves twenty of forty words.
    np.testing.assert_allclose(losses, np.log(20), rtol=0.1)


def test_objective_is_in_the_repr_saved_and_used_by_further_training(tmp_path):
    model = Word2Vec(pairs(20), epochs=1, workers=1, **OPTIONS)
    assert repr(model) == "Word2Vec(5 words, vector_size=16, objective='softmax')"
    assert "objective" not in repr(Word2Vec())
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.params == model.params
    assert loaded.history == model.history
    np.testing.assert_array_equal(loaded.syn1neg, model.syn1neg)
    for one in (model, loaded):
        one.train(pairs(20), epochs=2, progress=False)
    np.testing.assert_array_equal(loaded.wv.vectors, model.wv.vectors)


def test_output_vectors_are_those_of_the_softmax():
    model = Word2Vec(pairs(20), epochs=1, workers=1, **OPTIONS)
    np.testing.assert_array_equal(model.output_vectors.vectors, model.syn1neg)
    (score,) = model.score([["a", "x"]])
    expected = predicted(model, "a")["x"] * predicted(model, "x")["a"]
    assert score == pytest.approx(np.log(expected), rel=1e-4)


# ---- parameters ----------------------------------------------------------------------


def test_negative_sampling_is_off_with_softmax():
    assert TrainParams(objective="softmax").negative == 0
    assert TrainParams(objective="softmax", negative=0).negative == 0
    saved = TrainParams(objective="softmax").to_dict()
    assert TrainParams.from_dict(saved).objective == "softmax"
    assert TrainParams().objective is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"hs": 1}, "hs must be False with objective='softmax', got True.* choose one"),
        ({"negative": 10}, "negative must be 0 with objective='softmax', got 10.*"),
        ({"mode": "exact"}, "objective must be None with mode='exact', got 'softmax'"),
    ],
)
def test_settings_that_softmax_excludes_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        TrainParams(objective="softmax", **given)


@pytest.mark.parametrize("sg", [0, 1])
def test_an_error_for_a_large_vocabulary_names_the_cost(sg):
    model = Word2Vec(**{**OPTIONS, "vector_size": 100, "window": 5, "sg": sg})
    counts = {f"word{i}": 100 for i in range(60_000)}
    model.build_vocab_from_freq(counts)
    with pytest.raises(ValueError, match="at most 50,000 words") as caught:
        model.train([["word1", "word2"]])
    # 3 passes, 6 inputs of a window of 5 on average (or their mean), 60,000 x 100.
    millions, hours = ("108", "90.0") if sg else ("18", "15.0")
    assert f"about {millions} million multiply-adds for each word" in str(caught.value)
    assert f"{hours} hours on one thread at 1e+10" in str(caught.value)
    assert "6 outputs in place of 60,000" in str(caught.value)


def test_command_line_trains_with_softmax_and_prints_the_cost(tmp_path):
    text, output = tmp_path / "text.txt", tmp_path / "vectors.txt"
    text.write_text("".join(f"{a} {b}\n" for a, b in pairs(20)))
    flags = ["-train", text, "-output", output, "-debug", 1, "--objective", "softmax"]
    done = run_cli("train", *flags, "-size", 8, "-min-count", 1, "--combine", "concat")
    assert done.returncode == 0, done.stderr
    assert "Training CBOW, full softmax: size 8" in done.stderr
    assert "Full softmax: about 0.00012 million multiply-adds" in done.stderr
    assert output.read_text().startswith("5 16\n")
    done = run_cli("train", *flags, "-hs", 1)
    assert done.returncode == 2
    assert "-hs must be 0 with --objective softmax, got 1" in done.stderr


def test_growth_beyond_the_limit_is_refused_and_changes_nothing(monkeypatch):
    model = Word2Vec(pairs(5), sg=1, epochs=1, workers=1, **OPTIONS)
    words = list(model.wv.index_to_key)
    monkeypatch.setattr("w2vfast.training.cost.MOST_WORDS", 8)
    with pytest.raises(ValueError, match="at most 8 words"):
        model.build_vocab([[f"new{i}" for i in range(9)]], update=True)
    assert model.wv.index_to_key == words
    model.train(pairs(5))
