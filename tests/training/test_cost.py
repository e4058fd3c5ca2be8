"""The cost of full softmax, and the largest vocabulary it accepts."""

import numpy as np
import pytest

from w2vfast.params import TrainParams
from w2vfast.training import cost

COUNTS = np.full(10, 10, dtype=np.int64)


@pytest.mark.parametrize(
    ("options", "n_inputs"),
    [
        ({"sg": 0, "window": 4}, 1),
        ({"sg": 1, "window": 4}, 5),  # a random half of the window on each side
        ({"sg": 1, "window": 4, "shrink_windows": False}, 8),
    ],
)
def test_cost_counts_three_passes_over_all_words_for_each_input(options, n_inputs):
    params = TrainParams(objective="softmax", epochs=2, **options)
    got = cost.cost(params, COUNTS)
    assert got.n_inputs == n_inputs
    assert got.a_word == 3 * n_inputs * 10 * 100
    assert got.hours == pytest.approx(got.a_word * 100 * 2 / 1e10 / 3600)


@pytest.mark.parametrize(
    ("hours", "text"), [(1234.56, "1,234.6 hours"), (0.25, "15.0 minutes")]
)
def test_cost_is_written_in_hours_or_minutes(hours, text):
    assert f", {text} on one thread" in str(cost.Cost(1, 3_000_000, hours))


def test_full_softmax_accepts_50_000_words_and_no_more():
    params = TrainParams(objective="softmax")
    cost.check(params, np.ones(50_000, dtype=np.int64))
    with pytest.raises(ValueError, match="at most 50,000 words, got 50,001"):
        cost.check(params, np.ones(50_001, dtype=np.int64))


def test_other_objectives_have_no_limit():
    cost.check(TrainParams(), np.ones(50_001, dtype=np.int64))
