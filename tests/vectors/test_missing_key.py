"""The error for a missing key: its suggestions, its cost, its pickle."""

import pickle
import time

import pytest

from w2vfast.vectors.missing_key import MissingKeyError, missing_sentences

KEYS = ["king", "queen", "man", "woman", "King", "apple"]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("quen", "did you mean 'queen'?"),
        ("KING", "did you mean 'king' or 'King'?"),
        (b"apple", "did you mean 'apple'?"),
        ("zzzzzz", "'zzzzzz' is not in the vocabulary of 6 words"),
        (3, "a number is a key here, and row 3 has index_to_key[3]"),
    ],
)
def test_similar_keys_are_suggested(key, hint):
    assert str(MissingKeyError(key, KEYS)).endswith(hint)


def test_a_key_of_the_other_type_is_suggested():
    assert "did you mean 17?" in str(MissingKeyError("17", [5, 17]))
    assert "did you mean '17'?" in str(MissingKeyError(17, ["5", "17"]))


def test_an_endless_key_is_not_compared():
    begun = time.process_time()
    assert "was" not in str(MissingKeyError("x" * 3_000_000, ["x" * 2_999_999]))
    assert time.process_time() - begun < 1


def test_it_is_an_ordinary_key_error():
    error = MissingKeyError("quen", KEYS)
    assert isinstance(error, KeyError)
    assert error.args == ("quen",)


def test_suggestions_cost_nothing_until_they_are_read():
    keys = [f"word{i}" for i in range(50_000)]
    start = time.perf_counter()
    errors = [MissingKeyError("missing", keys) for _ in range(1000)]
    assert time.perf_counter() - start < 2
    assert "not in the vocabulary of 50000 words" in str(errors[0])


def test_a_pickle_contains_the_message_and_not_the_vocabulary():
    sent = pickle.dumps(MissingKeyError("quen", KEYS))
    assert b"woman" not in sent
    assert "queen" in str(pickle.loads(sent))


def test_a_long_key_is_shortened():
    message = str(MissingKeyError("x" * 10_000, KEYS))
    assert len(message) < 150
    assert message.startswith("'xxx")
    assert "... is not in the vocabulary" in message


def test_of_several_missing_keys_the_first_three_are_named():
    text = missing_sentences(["quen", "kin", "x", "apples"], KEYS)
    assert text == (
        "'quen' is not in the vocabulary of 6 words; did you mean 'queen'? "
        "'kin' is not in the vocabulary of 6 words; did you mean 'king'? "
        "'x' is not in the vocabulary of 6 words."
    )


def test_rows_are_not_mentioned_where_keys_are_numbers():
    assert str(MissingKeyError(3, [1, 2])) == "3 is not in the vocabulary of 2 words"
    assert str(MissingKeyError(3, [])) == "3 is not in the vocabulary of 0 words"
