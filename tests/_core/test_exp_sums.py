"""Sums of exponentials over many logits, compared with float64."""

import numpy as np
import pytest

from w2vfast import _core

RNG = np.random.default_rng(3)
LEAST = np.finfo(np.float32).min


@pytest.fixture(autouse=True, params=_core.instruction_sets())
def instruction_set(request):
    """Use each instruction set in turn."""
    before = _core.INSTRUCTION_SET
    yield _core.choose_instruction_set(request.param)
    _core.choose_instruction_set(before)


def log_sums(logits, biases, width):
    """Return the log of the sums, computed in parts of `width` words."""
    tops = np.full(len(logits), LEAST, np.float32)
    sums = np.zeros(len(logits))
    for start in range(0, logits.shape[1], width):
        part = slice(start, start + width)
        given = np.ascontiguousarray(logits[:, part])
        _core.add_exponentials(given, biases[part], tops, sums)
    with np.errstate(invalid="ignore"):
        return tops + np.log(sums)


@pytest.mark.parametrize("width", [1, 3, 16, 40, 100])
@pytest.mark.parametrize("size", [0.1, 10, 1e4])
def test_sums_agree_with_float64_whatever_the_parts(width, size):
    logits = RNG.normal(scale=size, size=(7, 83)).astype(np.float32)
    biases = RNG.normal(size=83).astype(np.float32)
    exact = logits.astype(np.float64) + biases
    largest = exact.max(axis=1)
    expected = largest + np.log(np.exp(exact - largest[:, None]).sum(axis=1))
    found = log_sums(logits, biases, width)
    np.testing.assert_allclose(found, expected, rtol=3e-7, atol=3e-7)


def test_words_whose_bias_is_very_low_add_nothing():
    logits = np.zeros((2, 40), np.float32)
    biases = np.full(40, -1e30, np.float32)
    biases[[20, 33]] = 1
    np.testing.assert_allclose(log_sums(logits, biases, 8), 1 + np.log(2), rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", [0, 17, 39])
def test_a_logit_that_is_not_finite_makes_its_own_sum_nan(value, column):
    logits = RNG.normal(size=(4, 40)).astype(np.float32)
    logits[2, column] = value
    found = log_sums(logits, np.zeros(40, np.float32), 20)
    assert np.isnan(found).tolist() == [False, False, True, False]


def test_wrong_shapes_are_refused():
    numbers = np.zeros(3, np.float32)
    with pytest.raises(ValueError, match=r"biases of shape \(5,\)"):
        _core.add_exponentials(
            np.zeros((3, 5), np.float32), numbers, numbers, np.zeros(3)
        )
