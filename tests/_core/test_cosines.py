"""Dot products and squared lengths of rows, compared with float64."""

import numpy as np
import pytest

from w2vfast import _core

RNG = np.random.default_rng(3)


@pytest.fixture(params=_core.instruction_sets())
def instruction_set(request):
    """Use each instruction set in turn."""
    before = _core.INSTRUCTION_SET
    yield _core.choose_instruction_set(request.param)
    _core.choose_instruction_set(before)


def sums(rows, x):
    """Return dot products and squared lengths, written over other numbers."""
    dots = np.full(len(rows), 7, np.float32)
    squares = np.full(len(rows), 7, np.float32)
    _core.dots_and_squares(rows, x, dots, squares)
    return dots, squares


def check(rows, x):
    dots, squares = sums(rows, x)
    exact = rows.astype(np.float64)
    np.testing.assert_allclose(dots, exact @ x, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(squares, (exact**2).sum(axis=1), rtol=1e-5)


@pytest.mark.usefixtures("instruction_set")
@pytest.mark.parametrize("dim", [*range(1, 50), 100, 300])
def test_sums_agree_with_float64(dim):
    for n_rows in (1, 2, 3, 4, 5, 20, 21, 53):
        check(
            RNG.normal(size=(n_rows, dim)).astype(np.float32),
            RNG.normal(size=dim).astype(np.float32),
        )


@pytest.mark.usefixtures("instruction_set")
@pytest.mark.parametrize("dim", [7, 16, 30])
def test_rows_may_have_gaps_and_any_order(dim):
    table = RNG.normal(size=(60, 48)).astype(np.float32)
    x = RNG.normal(size=dim).astype(np.float32)
    check(table[:, 3 : 3 + dim], x)
    check(table[::-3, :dim], x)


@pytest.mark.usefixtures("instruction_set")
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
@pytest.mark.parametrize("column", [0, 20, 30, 36])
def test_a_row_that_is_not_finite_does_not_touch_others(value, column):
    rows = RNG.normal(size=(9, 37)).astype(np.float32)
    rows[5, column] = value
    with np.errstate(over="ignore"):
        _, squares = sums(rows, np.ones(37, np.float32))
    assert np.isfinite(squares).tolist() == [row != 5 for row in range(9)]


def test_no_rows_and_no_columns():
    check(np.zeros((0, 5), np.float32), np.zeros(5, np.float32))
    check(np.zeros((3, 0), np.float32), np.zeros(0, np.float32))


def test_wrong_shapes_and_columns_apart_are_refused():
    rows = np.zeros((3, 20), np.float32)
    numbers = np.zeros(3, np.float32)
    with pytest.raises(ValueError, match=r"x of shape \(20,\)"):
        _core.dots_and_squares(rows, numbers, numbers, numbers)
    with pytest.raises(ValueError, match="next to each other"):
        _core.dots_and_squares(rows[:, ::2], rows[0, :10].copy(), numbers, numbers)
