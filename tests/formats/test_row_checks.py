"""Checks and lengths of rows, block by block."""

import numpy as np
import pytest

from w2vfast.formats import row_checks

VECTORS = np.float32([[3, 4], [0, 0], [np.nan, 1], [1, -np.inf], [1e30, 0]])


@pytest.fixture(params=[2, 4096])
def block_rows(request, monkeypatch):
    monkeypatch.setattr(row_checks, "_BLOCK_ROWS", request.param)


@pytest.mark.usefixtures("block_rows")
def test_rows_with_a_value_that_is_not_finite_are_found():
    expected = [True, True, False, False, True]
    assert row_checks.finite_rows(VECTORS).tolist() == expected
    assert row_checks.finite_rows(VECTORS[:0]).tolist() == []


@pytest.mark.usefixtures("block_rows")
def test_row_lengths_do_not_overflow():
    lengths = row_checks.row_lengths(VECTORS)
    assert lengths[[0, 1, 4]] == pytest.approx([5, 0, 1e30])
    assert np.isnan(lengths[2])
    assert lengths[3] == np.inf
