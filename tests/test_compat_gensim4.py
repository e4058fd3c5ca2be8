"""Names and arguments of gensim 4 that are absent here: an error says what to use."""

import numpy as np
import pytest

from w2vfast import Word2Vec

TEXT = [["a", "b", "c", "d"], ["b", "a", "d", "c"]] * 20
SMALL = {"vector_size": 8, "min_count": 1, "workers": 1, "progress": False}


@pytest.fixture(scope="module")
def model():
    return Word2Vec(TEXT, **SMALL)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("total_train_time", r"epoch\.seconds"),
        ("cum_table", "noise_weights"),
        ("raw_vocab", "get_vecattr"),
        ("effective_min_count", r"model\.min_count; .* least of model\.wv\.counts"),
        ("init_sims", r"model\.wv\.get_normed_vectors"),
        ("init_weights", "not here: build_vocab is enough"),
        ("lifecycle_events", "not here: leave it out"),
        ("batch_words", "not here: it has no effect"),
        ("hashfxn", "not here: it has no effect"),
        ("comment", "not here: it has no effect"),
        ("sorted_vocab", "always sorted"),
        ("null_word", "no padding word"),
    ],
)
def test_attributes_of_gensims_models_are_an_error_with_a_hint(model, name, hint):
    with pytest.raises(AttributeError, match=rf"^{name} of gensim's models .*{hint}"):
        getattr(model, name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        *(("init_sims", "get_normed_vectors"), ("norms", "get_normed_vectors")),
        *(("word_vec", "get_vector"), ("next_index", r"len\(wv\)")),
        ("log_accuracy", "evaluate_word_analogies"),
        ("log_evaluate_word_pairs", "evaluate_word_pairs"),
        ("similarity_unseen_docs", "n_similarity"),
        *(("allocate_vecattrs", "set_vecattr"), ("resize_vectors", "add_vectors")),
    ],
)
def test_attributes_of_gensims_vectors_are_an_error_with_a_hint(model, name, hint):
    with pytest.raises(AttributeError, match=rf"^{name} of gensim's vectors .*{hint}"):
        getattr(model.wv, name)


def test_an_attribute_of_a_program_may_have_the_name_of_one_without_effect(model):
    model.comment = "mine"
    assert model.comment == "mine"
    del model.comment


@pytest.mark.parametrize("use", [list, sorted, set, lambda wv: [w for w in wv]])
def test_vectors_are_not_iterated_and_tell_where_the_words_are(model, use):
    with pytest.raises(TypeError, match=r"not iterated\. For the words use index_to_"):
        use(model.wv)


def test_vectors_that_are_not_iterated_can_be_held_in_arrays_and_searched(model):
    assert np.asarray(model.wv).shape == ()
    assert np.array([model.wv])[0] is model.wv
    assert "a" in model.wv
    assert "z" not in model.wv


def test_no_index_of_neighbours_is_accepted_and_another_is_refused(model):
    expected = model.wv.most_similar("a")
    assert model.wv.most_similar("a", indexer=None) == expected
    with pytest.raises(ValueError, match=r"^indexer must be None, .*FAISS or usearch"):
        model.wv.most_similar("a", indexer=object())


def test_a_model_begins_anew_only_with_the_words_of_a_model(model):
    for other in (model.wv, object(), None):
        with pytest.raises(TypeError, match=r"takes a Word2Vec of w2vfast, got .*\."):
            model.reset_from(other)
    wv = model.wv
    other = Word2Vec(**SMALL)
    counts = {word: wv.get_vecattr(word, "count") for word in wv.index_to_key}
    other.build_vocab_from_freq(counts)
    assert other.wv.index_to_key == wv.index_to_key
