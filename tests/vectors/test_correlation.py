"""Ranks, correlation coefficients and p-values."""

import math

import numpy as np
import pytest

from w2vfast.vectors.correlation import p_value, pearson, ranks


def test_equal_values_share_the_mean_of_their_ranks():
    values = np.array([3.0, 1, 3, 2, 3, 1])
    assert ranks(values).tolist() == [5, 1.5, 5, 3, 5, 1.5]


def test_pearson_agrees_with_numpy():
    x, y = np.random.default_rng(1).normal(size=(2, 40))
    assert pearson(x, y).statistic == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_ranks_of_a_monotonic_curve_correlate_perfectly():
    x = np.linspace(0.1, 5, 30)
    assert pearson(ranks(x), ranks(np.exp(x))) == (1.0, 0.0)
    assert pearson(ranks(x), ranks(-x)) == (-1.0, 0.0)


def test_a_constant_has_no_correlation():
    found = pearson(np.ones(5), np.arange(5.0))
    assert math.isnan(found.statistic)
    assert math.isnan(found.pvalue)


@pytest.mark.parametrize(
    ("r", "n", "p"),
    [
        # Tables of Student's t: two-sided 5 % and 1 % points of the coefficient.
        (0.8783, 5, 0.05),
        (0.6319, 10, 0.05),
        (0.7646, 10, 0.01),
        (0.1946, 102, 0.05),
        (0.2540, 102, 0.01),
        (0.0, 10, 1.0),
        (-1.0, 10, 0.0),
    ],
)
def test_p_values_agree_with_tables(r, n, p):
    assert p_value(r, n - 2) == pytest.approx(p, rel=2e-3)
    assert p_value(-r, n - 2) == pytest.approx(p, rel=2e-3)


@pytest.mark.parametrize("r", [0.01, 0.3, 0.7, 0.99])
def test_p_values_agree_with_closed_forms(r):
    one_degree = 1 - 2 / math.pi * math.asin(r)
    assert p_value(r, 1) == pytest.approx(one_degree, rel=1e-12)
    assert p_value(r, 2) == pytest.approx(1 - r, rel=1e-12)


def test_two_pairs_have_no_p_value():
    assert math.isnan(p_value(0.5, 0))
