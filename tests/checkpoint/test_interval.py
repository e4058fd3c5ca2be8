"""How the distance between checkpoints is written."""

import pytest

from w2vfast.checkpoint.interval import Interval, interval_of
from w2vfast.errors import ParameterError, ParameterTypeError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10min", Interval(600, None)),
        (" 1.5 h ", Interval(5400, None)),
        ("90s", Interval(90, None)),
        ("30sec", Interval(30, None)),
        ("500Mwords", Interval(None, 500_000_000)),
        ("2.5Gwords", Interval(None, 2_500_000_000)),
        ("40 kwords", Interval(None, 40_000)),
        ("1e6words", Interval(None, 1_000_000)),
        ("0.5words", Interval(None, 1)),
    ],
)
def test_times_and_words_are_read(text, expected):
    assert interval_of(text) == expected


@pytest.mark.parametrize(
    "text", ["", "10", "min", "0s", "-1min", "10m", "10Min", "5Mword", "1e999s", "nans"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(ParameterError, match="checkpoint_every must be a time such as"):
        interval_of(text)


@pytest.mark.parametrize("value", [10, 1.5, b"10min"])
def test_a_value_that_is_no_text_is_refused(value):
    with pytest.raises(ParameterTypeError, match="'500Mwords' or None, got"):
        interval_of(value)
