"""The block update is gradient ascent on the objective, one input after the other."""

import numpy as np
import pytest
from reference import block_loss, block_update, sequential_update

from w2vfast import _core

DIMS = (1, 7, 16, 33, 100)


def rows_of(rng, n_rows, dim):
    """Random rows, padded as the kernels require."""
    stride = -(-dim // _core.LANES) * _core.LANES
    rows = _core.aligned_floats(n_rows * stride).reshape(n_rows, stride)
    rows[:, :dim] = rng.normal(scale=0.5, size=(n_rows, dim))
    return rows


def numeric_gradient(loss, matrix):
    """Central differences of a loss in float64."""
    gradient = np.empty_like(matrix)
    step = 1e-5
    for index in np.ndindex(matrix.shape):
        kept = matrix[index]
        matrix[index] = kept + step
        above = loss()
        matrix[index] = kept - step
        gradient[index] = (above - loss()) / (2 * step)
        matrix[index] = kept
    return gradient


def changes(inputs, outputs, input_rows, output_rows, labels, alpha=1.0):
    """Return what one update adds to either matrix, and its loss."""
    before = inputs.astype(np.float64), outputs.astype(np.float64)
    _, loss = _core._test_block(
        inputs,
        inputs,
        outputs,
        np.array(input_rows, dtype=np.int32),
        np.array(output_rows, dtype=np.int32),
        np.array(labels, dtype=np.float32),
        alpha,
    )
    return inputs - before[0], outputs - before[1], loss


def small_step_gradient(changes_at, alpha=0.02):
    """Extrapolate the changes to alpha 0, where no input sees what another changes."""
    whole, half = changes_at(alpha), changes_at(alpha / 2)
    return [(4 * h - w) / alpha for w, h in zip(whole[:2], half[:2], strict=True)]


@pytest.mark.parametrize("dim", DIMS)
@pytest.mark.parametrize(("n_inputs", "n_outputs"), [(1, 1), (1, 6), (5, 2), (4, 9)])
def test_a_small_update_is_the_gradient_of_the_loss(dim, n_inputs, n_outputs):
    rng = np.random.default_rng(dim)
    inputs, outputs = rows_of(rng, n_inputs, dim), rows_of(rng, n_outputs, dim)
    labels = (np.arange(n_outputs) == 0).astype(float)
    x, y = inputs[:, :dim].astype(float), outputs[:, :dim].astype(float)
    expected = [
        -numeric_gradient(lambda: block_loss(x, y, labels), matrix) for matrix in (x, y)
    ]

    def changes_at(alpha):
        rows = range(n_inputs), range(n_outputs)
        return changes(inputs.copy(), outputs.copy(), *rows, labels, alpha)

    input_gradient, output_gradient = small_step_gradient(changes_at)
    np.testing.assert_allclose(input_gradient[:, :dim], expected[0], atol=3e-3)
    np.testing.assert_allclose(output_gradient[:, :dim], expected[1], atol=3e-3)
    assert not input_gradient[:, dim:].any()
    assert not output_gradient[:, dim:].any()
    assert changes_at(0.0)[2] == pytest.approx(block_loss(x, y, labels), rel=1e-5)


@pytest.mark.parametrize("dim", DIMS)
def test_one_input_is_updated_by_the_gradient_at_any_alpha(dim):
    rng = np.random.default_rng(dim)
    inputs, outputs = rows_of(rng, 1, dim), rows_of(rng, 6, dim)
    labels = np.array([1, 0, 0, 0, 0, 0])
    x, y = inputs[:, :dim].astype(float), outputs[:, :dim].astype(float)
    expected = [
        -numeric_gradient(lambda: block_loss(x, y, labels), matrix) for matrix in (x, y)
    ]
    input_change, output_change, _ = changes(inputs, outputs, [0], range(6), labels)
    np.testing.assert_allclose(input_change[:, :dim], expected[0], atol=2e-5)
    np.testing.assert_allclose(output_change[:, :dim], expected[1], atol=2e-5)


def test_inputs_are_updated_one_after_the_other_as_in_the_c_program():
    """All inputs point the same way, so each sees much of what others have changed."""
    rng = np.random.default_rng(8)
    inputs, outputs = rows_of(rng, 8, 32), rows_of(rng, 6, 32)
    inputs[:] = 0.5 * inputs[0] + 0.3 * inputs
    labels, alpha = np.array([1, 0, 0, 0, 0, 0]), 0.05
    rows = range(8), range(6)
    x, y = inputs.astype(np.float64), outputs.astype(np.float64)
    sequential_update(x, rows[0], y, rows[1], labels, alpha)
    expected = x - inputs, y - outputs
    separately = np.zeros_like(x)
    for c in range(8):  # from the rows before any update
        separately[c] = changes(
            inputs.copy(), outputs.copy(), [c], rows[1], labels, alpha
        )[0][c]
    got = changes(inputs, outputs, *rows, labels, alpha)
    size = np.linalg.norm(expected[0])
    assert np.linalg.norm(separately - expected[0]) > 0.2 * size
    assert np.linalg.norm(got[0] - expected[0]) < 0.04 * size
    assert np.linalg.norm(got[1] - expected[1]) < 0.04 * np.linalg.norm(expected[1])


def test_alpha_scales_the_update_of_one_input():
    rng = np.random.default_rng(3)
    inputs, outputs = rows_of(rng, 1, 20), rows_of(rng, 3, 20)
    whole = changes(inputs.copy(), outputs.copy(), [0], [0, 1, 2], [1, 0, 0], 1.0)
    half = changes(inputs.copy(), outputs.copy(), [0], [0, 1, 2], [1, 0, 0], 0.5)
    np.testing.assert_allclose(half[0], 0.5 * whole[0], atol=1e-6)
    np.testing.assert_allclose(half[1], 0.5 * whole[1], atol=1e-6)
    assert np.abs(whole[0]).max() > 0.01


def test_a_repeated_output_receives_both_updates():
    rng = np.random.default_rng(4)
    inputs, outputs = rows_of(rng, 1, 24), rows_of(rng, 3, 24)
    got = changes(inputs.copy(), outputs.copy(), [0], [0, 2, 1, 2], [1, 0, 0, 0])
    copied = np.vstack([outputs, outputs[2:]])
    once = changes(inputs.copy(), copied, [0], [0, 2, 1, 3], [1, 0, 0, 0])
    np.testing.assert_allclose(got[0], once[0], atol=1e-6)
    np.testing.assert_allclose(got[1][2], once[1][2] + once[1][3], atol=1e-6)
    assert got[2] == pytest.approx(once[2])


def test_saturated_logits_give_finite_errors_and_losses():
    inputs, outputs = rows_of(np.random.default_rng(5), 1, 16), np.zeros((2, 16), "f4")
    inputs[:] = 100.0
    outputs = rows_of(np.random.default_rng(5), 2, 16)
    outputs[0], outputs[1] = -100.0, 100.0
    input_change, output_change, loss = changes(inputs, outputs, [0], [0, 1], [1, 0])
    # Both predictions are completely wrong: errors +1 and -1.
    np.testing.assert_allclose(input_change, -200.0, rtol=1e-6)
    np.testing.assert_allclose(output_change[0], 100.0, rtol=1e-6)
    np.testing.assert_allclose(output_change[1], -100.0, rtol=1e-6)
    assert loss == pytest.approx(2 * 160_000.0)


@pytest.mark.parametrize("n_inputs", [2, 8])
def test_large_logits_of_several_inputs_give_finite_updates(n_inputs):
    """Each later input sees outputs that the first one has pushed to the other side."""
    rng = np.random.default_rng(5)
    inputs, outputs = rows_of(rng, n_inputs, 16), rows_of(rng, 2, 16)
    inputs[:], outputs[0], outputs[1] = 100.0, -100.0, 100.0
    rows = range(n_inputs), [0, 1]
    input_change, output_change, loss = changes(inputs, outputs, *rows, [1, 0])
    assert np.isfinite(loss)
    # Errors are at most 1: no input adds more than itself, no output more than both.
    assert np.abs(output_change).max() <= 100.0 * n_inputs * (1 + 1e-6)
    assert np.isfinite(input_change).all()
    assert np.abs(input_change).max() > 0


def test_targets_other_than_the_inputs_receive_the_updates():
    rng = np.random.default_rng(6)
    inputs, outputs = rows_of(rng, 1, 16), rows_of(rng, 3, 16)
    targets = rows_of(rng, 1, 16)
    kept_inputs, kept_targets, kept_outputs = (
        inputs.copy(),
        targets.copy(),
        outputs.copy(),
    )
    rows, columns = np.zeros(1, np.int32), np.arange(3, dtype=np.int32)
    labels = np.array([1, 0, 0], dtype=np.float32)
    _core._test_block(inputs, targets, outputs, rows, columns, labels, 1.0)
    np.testing.assert_array_equal(inputs, kept_inputs)
    expected = changes(kept_inputs, kept_outputs, [0], [0, 1, 2], labels)[0]
    np.testing.assert_allclose(targets - kept_targets, expected, atol=1e-6)


@pytest.mark.parametrize("n_outputs", [1, 4, 7, 12, 13, 20])
@pytest.mark.parametrize("n_inputs", [1, 3, 5, 9, 13, 25])
@pytest.mark.parametrize("n_rows", [3, 40])
def test_repeated_rows_count_repeatedly(n_inputs, n_outputs, n_rows):
    """With 3 rows nearly all are repeated, in one register tile or in several."""
    rng = np.random.default_rng(n_inputs * n_outputs)
    inputs, outputs = rows_of(rng, n_rows, 33), rows_of(rng, n_rows, 33)
    input_rows = rng.integers(0, n_rows, n_inputs)
    output_rows = rng.permutation(n_rows)[:n_outputs]
    if len(output_rows) < n_outputs:
        output_rows = rng.integers(0, n_rows, n_outputs)
    labels = rng.integers(0, 2, n_rows)[output_rows]
    x, y = inputs.astype(np.float64), outputs.astype(np.float64)
    expected_loss = block_update(x, input_rows, y, output_rows, labels, 0.1).sum()
    *_, loss = changes(inputs, outputs, input_rows, output_rows, labels, 0.1)
    np.testing.assert_allclose(inputs, x, atol=2e-5)
    np.testing.assert_allclose(outputs, y, atol=2e-5)
    assert loss == pytest.approx(expected_loss, rel=1e-5)


# ---- full softmax: the first output is the observed one ------------------------------


def softmax_changes(inputs, outputs, input_rows, alpha=1.0):
    """Return what one update over all outputs adds to either matrix, and its loss."""
    targets = rows_of(np.random.default_rng(0), *inputs.shape)
    targets[:] = 0
    before, kept = outputs.astype(np.float64), inputs.copy()
    n_outputs = len(outputs)
    _, loss = _core._test_block(
        inputs,
        targets,
        outputs,
        np.array(input_rows, dtype=np.int32),
        np.arange(n_outputs, dtype=np.int32),
        np.zeros(n_outputs, dtype=np.float32),  # not read
        alpha,
        softmax=True,
    )
    np.testing.assert_array_equal(inputs, kept)
    return targets, outputs - before, loss


@pytest.mark.parametrize("dim", DIMS)
@pytest.mark.parametrize(("n_inputs", "n_outputs"), [(1, 1), (1, 6), (5, 2), (4, 9)])
def test_a_small_softmax_update_is_the_gradient_of_its_loss(dim, n_inputs, n_outputs):
    rng = np.random.default_rng(dim)
    inputs, outputs = rows_of(rng, n_inputs, dim), rows_of(rng, n_outputs, dim)
    labels = (np.arange(n_outputs) == 0).astype(float)
    x, y = inputs[:, :dim].astype(float), outputs[:, :dim].astype(float)
    expected = [
        -numeric_gradient(lambda: block_loss(x, y, labels, "softmax"), matrix)
        for matrix in (x, y)
    ]

    def changes_at(alpha):
        return softmax_changes(inputs.copy(), outputs.copy(), range(n_inputs), alpha)

    input_gradient, output_gradient = small_step_gradient(changes_at)
    np.testing.assert_allclose(input_gradient[:, :dim], expected[0], atol=3e-3)
    np.testing.assert_allclose(output_gradient[:, :dim], expected[1], atol=3e-3)
    expected_loss = block_loss(x, y, labels, "softmax")
    assert changes_at(0.0)[2] == pytest.approx(expected_loss, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("n_outputs", [3, 63, 64, 65, 300])
@pytest.mark.parametrize("n_inputs", [1, 2, 7, 8, 11, 16, 17, 25])
def test_softmax_sums_over_all_outputs_however_many(n_inputs, n_outputs):
    """Several groups of outputs; inputs that fill a vector twice, or do not fit it."""
    rng = np.random.default_rng(n_inputs * n_outputs)
    inputs, outputs = rows_of(rng, 12, 33), rows_of(rng, n_outputs, 33)
    input_rows = rng.integers(0, 12, n_inputs)  # some more than once
    labels = (np.arange(n_outputs) == 0).astype(float)
    x, y = inputs.astype(np.float64), outputs.astype(np.float64)
    outputs_in_order = np.arange(n_outputs)
    expected_loss = block_update(
        x, input_rows, y, outputs_in_order, labels, 0.1, "softmax"
    ).sum()
    expected = x - inputs, y - outputs
    targets, output_change, loss = softmax_changes(inputs, outputs, input_rows, 0.1)
    listed = list(dict.fromkeys(input_rows.tolist()))
    np.testing.assert_allclose(targets[listed], expected[0][listed], atol=1e-5)
    np.testing.assert_allclose(output_change, expected[1], atol=1e-5)
    assert loss == pytest.approx(expected_loss, rel=1e-5)


@pytest.mark.parametrize("logit", [-1e4, -100.0, 100.0, 1e4])
def test_softmax_of_large_logits_is_finite_and_right(logit):
    inputs, outputs = (rows_of(np.random.default_rng(5), n, 16) for n in (1, 20))
    inputs[:], outputs[:] = 1.0, logit / 16
    outputs[1] = logit / 16 + 2  # 32 more than the others, but not observed
    targets, output_change, loss = softmax_changes(inputs, outputs, [0])
    np.testing.assert_allclose(output_change[0], 1.0, atol=1e-6)
    np.testing.assert_allclose(output_change[1], -1.0, atol=1e-6)
    np.testing.assert_allclose(output_change[2:], 0.0, atol=1e-6)
    np.testing.assert_allclose(targets[0], -2.0, rtol=1e-3)
    assert loss == pytest.approx(32.0, rel=1e-4)
