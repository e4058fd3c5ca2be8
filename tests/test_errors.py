"""Errors about parameters: their parts, and two spellings of the same message."""

import pickle
import re

import numpy as np
import pytest
from helpers import SOURCE

from w2vfast import CallbackAny2Vec, KeyedVectors, LineSentence, Word2Vec
from w2vfast.distributed.ranks import RankError
from w2vfast.errors import (
    Name,
    ParameterError,
    ParameterTypeError,
    Setting,
    SettingsError,
    SettingsMemoryError,
    SettingsWarning,
    Spelling,
    Value,
    counted,
    ended,
    sentence,
    shown,
)
from w2vfast.phrases import Phrases


class Shouted(Spelling):
    """A spelling that is unlike Python's in every part."""

    or_unset = ""

    def name(self, parameter):
        return parameter.upper()

    def value(self, value):
        return f"<{value}>"

    def setting(self, parameter, value):
        return f"{parameter.upper()} <{value}>"

    def unset(self, parameter, meaning):
        return f"Without {parameter.upper()}: {meaning}."


def test_an_error_has_parts():
    hint = ("Use ", Setting("window", 5), ".")
    error = ParameterError("window", 0, ("from 1 with ", Setting("sg", 1)), hint)
    assert (error.parameter, error.value) == ("window", 0)
    assert (error.accepted, error.hint) == ("from 1 with sg=1", "Use window=5.")
    assert str(error) == "window must be from 1 with sg=1, got 0. Use window=5."


def test_none_is_named_and_explained_where_it_is_accepted():
    error = ParameterError("workers", 0, "at least 1", "Try 2.", "all CPUs")
    assert str(error) == (
        "workers must be at least 1 or None, got 0. Try 2. None means all CPUs."
    )


def test_another_spelling_changes_parameters_and_values_only():
    accepted = (Value(1), " with ", Setting("mode", "exact"))
    error = ParameterError("workers", 4, accepted, ("See ", Name("seed"), "."), "two")
    assert error.spelled(Shouted()) == (
        "WORKERS must be <1> with MODE <exact>, got <4>. "
        "See SEED. Without WORKERS: two."
    )


def test_a_type_error_shows_the_type():
    error = ParameterTypeError("window", "five", "a whole number")
    assert str(error) == "window must be a whole number, got 'five' (str)."
    assert isinstance(error, TypeError)


def test_values_of_several_lines_are_shown_in_one():
    assert shown(np.eye(2)) == "array([[1., 0.],        [0., 1.]]) (ndarray)"
    assert shown("a\nb\u2028c") == r"'a\nb\u2028c' (str)"


def test_long_values_are_shortened():
    text = shown([1] * 1000)
    assert text.startswith("[1, 1, 1, ")
    assert text.endswith("1,... (list)")
    assert len(shown("a" * 1000)) < 80


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (SettingsError, ValueError),
        (SettingsMemoryError, MemoryError),
        (SettingsWarning, UserWarning),
    ],
)
def test_other_messages_are_spelled_too(kind, builtin):
    error = kind(("too few words: lower ", Setting("min_count", 5), "."))
    assert isinstance(error, builtin)
    assert str(error) == "too few words: lower min_count=5."
    assert error.spelled(Shouted()) == "too few words: lower MIN_COUNT <5>."


def test_errors_can_be_sent_to_another_process():
    error = ParameterError("window", 0, "from 1", "Try 5.", "none")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.parameter == "window"


LONG = "x y" * 10_000


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: KeyedVectors([LONG], [[1.0]]).save_word2vec_format("v.txt"),
        lambda: KeyedVectors(["a"], [[1.0]])[LONG],
        lambda: Word2Vec([[LONG, "a"]], mode="exact"),
        lambda: Word2Vec([[LONG + "\udfff", "a"]]),
        lambda: Word2Vec([[(LONG,)]]),
        lambda: Word2Vec([LONG]),
        lambda: Word2Vec().build_vocab_from_freq({LONG: -1}),
        lambda: Word2Vec().build_vocab_from_freq({(LONG,): 1}),
        lambda: Word2Vec().build_vocab_from_freq({LONG: 1}),
    ],
)
def test_messages_do_not_show_a_long_word_whole(wrong):
    with pytest.raises((ValueError, TypeError, KeyError)) as caught:
        wrong()
    assert "x yx y" in str(caught.value)
    assert len(str(caught.value)) < 800


# ---- warnings -----------------------------------------------------------------------


class WithOtherHook(CallbackAny2Vec):
    def on_batch_end(self, model):
        """Is never called."""


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda _: Word2Vec(comment="x"), "comment accepted for compatibility"),
        (lambda _: Word2Vec(callbacks=[WithOtherHook()]), "on_batch_end"),
        (lambda path: Word2Vec(corpus_file=path, min_count=1), "no newline"),
        (lambda path: Phrases(LineSentence(path), progress_per=1), "progress_per=1"),
    ],
)
def test_a_warning_points_at_the_line_that_called_the_package(wrong, message, tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"a b c a b c a b c a b c\r")
    with pytest.warns(UserWarning, match=message) as caught:
        wrong(path)
    assert {warning.filename for warning in caught} == {__file__}


def test_only_one_function_knows_how_deep_the_package_is():
    calls = [
        path.name
        for path in SOURCE.rglob("*.py")
        if re.search(r"warnings\.warn\(", path.read_text(encoding="utf-8"))
    ]
    assert calls == ["errors.py"]


@pytest.mark.parametrize(
    ("n", "expected"), [(0, "0 words"), (1, "1 word"), (2000, "2,000 words")]
)
def test_a_counted_noun_is_in_the_plural_unless_it_is_one(n, expected):
    assert counted(n, "word") == expected


def test_a_question_ends_a_sentence():
    assert ended("did you mean 'w'?") == "did you mean 'w'?"
    assert ended("it is missing") == "it is missing."


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError("disk is full"), "disk is full"),
        (
            RankError("rank 1 of 2 failed: disk is full"),
            "rank 1 of 2 failed: disk is full",
        ),
        (SettingsError((Setting("window", 5), " is wide.")), "WINDOW <5> is wide."),
        (MemoryError(), "not enough memory."),
        (KeyError("x"), "KeyError: 'x'"),
        (ValueError(), "ValueError"),
    ],
)
def test_users_read_the_class_of_an_error_only_if_it_is_no_sentence(error, expected):
    assert sentence(error, Shouted()) == expected
