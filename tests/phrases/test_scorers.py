"""Scores of candidates: formulas, custom functions, and rejected values."""

import math

import pytest
from hypothesis import example, given
from phrases_reference import delimiters, scorings, sentences_of_words

from w2vfast import Phrases
from w2vfast.phrases import npmi_scorer, original_scorer
from w2vfast.phrases.scorers import checked_scorer


def test_the_default_score_is_equation_6_of_mikolov_et_al():
    assert original_scorer(10, 20, 9, 1000, 5, 10**6) == (9 - 5) / (10 * 20) * 1000
    assert original_scorer(0, 20, 0, 1000, 5, 10**6) == -math.inf


def test_npmi_is_1_for_words_that_only_co_occur_and_0_for_independent_words():
    assert npmi_scorer(8, 8, 8, 0, 1, 1024) == 1.0
    assert npmi_scorer(32, 32, 1, 0, 1, 1024) == 0.0


def test_npmi_is_minus_infinity_below_min_count_and_for_zero_counts():
    assert npmi_scorer(8, 8, 3, 0, 4, 1024) == -math.inf
    assert npmi_scorer(8, 8, 0, 0, 0, 1024) == -math.inf


@given(sentences_of_words, scorings, delimiters)
@example([["b_", "a"], ["b", "_a"], ["b", "_a"]], ("default", 0.5), "__")
def test_the_kernel_computes_the_same_scores_as_the_functions(
    sentences, rule, delimiter
):
    scoring, threshold = rule
    scorer = {"default": original_scorer, "npmi": npmi_scorer}[scoring]
    options = {"min_count": 1, "threshold": threshold, "workers": 1}
    options["delimiter"] = delimiter
    by_name = Phrases(sentences, scoring=scoring, **options)
    # A lambda is not recognised as a built-in scorer, so it is called from Python.
    by_call = Phrases(sentences, scoring=lambda **counts: scorer(**counts), **options)
    assert by_name.export_phrases() == by_call.export_phrases()
    assert by_name.find_phrases(sentences) == by_call.find_phrases(sentences)


def test_a_custom_scorer_is_called_with_gensims_keywords():
    def scorer(
        worda_count, wordb_count, bigram_count, len_vocab, min_count, corpus_word_count
    ):
        counts = (worda_count, wordb_count, bigram_count)
        calls.append((*counts, len_vocab, min_count, corpus_word_count))
        return 100.0

    calls = []
    phrases = Phrases([["a", "b", "b"]], min_count=2, scoring=scorer)
    assert phrases[["a", "b"]] == ["a_b"]
    assert calls == [(1, 2, 1, 4, 2, 3)]


def test_a_built_in_scorer_given_as_a_function_is_known_by_name():
    assert checked_scorer(original_scorer, 5, 10.0) == "default"
    assert checked_scorer(npmi_scorer, 5, 0.5) == "npmi"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("default", 0, 10), "min_count must be above 0, got 0"),
        (("default", 5, 0), "threshold must be above 0 for scoring='default', got 0"),
        (("default", 5, math.nan), "threshold must be above 0"),
        (("npmi", 5, 10.0), r"threshold must be from -1 to 1 .* got 10.0. Try 0.5"),
        (("pmi", 5, 10), "'default', 'npmi' or a function, got 'pmi'"),
        ((lambda worda_count: 1, 5, 10), "lacks wordb_count, bigram_count"),
    ],
)
def test_the_error_names_the_value_and_what_is_accepted(arguments, message):
    with pytest.raises(ValueError, match=message):
        checked_scorer(*arguments)


def test_a_scorer_of_a_wrong_type_is_rejected():
    with pytest.raises(TypeError, match="or a function, got 3"):
        checked_scorer(3, 5, 10)
