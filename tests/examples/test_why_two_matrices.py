"""The example that ties the two matrices: its NumPy model and its results."""

import types

import numpy as np
import pytest
from helpers import EXAMPLES, load_script

EXAMPLE = EXAMPLES / "why_two_matrices.py"


@pytest.fixture(scope="module")
def example():
    return load_script(EXAMPLE)


def float64_copy(model):
    """Copy a model in float64, for accurate differences of losses."""
    is_tied = model.inputs is model.outputs
    copy = types.SimpleNamespace(inputs=model.inputs.astype(float), offset=0.0)
    copy.outputs = copy.inputs if is_tied else model.outputs.astype(float)
    return copy


@pytest.mark.parametrize("tied", [False, True])
def test_an_update_is_a_gradient_descent_step(example, tied):
    """The gradient is computed by finite differences, with given negative samples."""
    rng = np.random.default_rng(0)
    model = example.Model(6, 3, rng, tied=tied)
    model.inputs[:] = rng.normal(size=(6, 3))
    if not tied:
        model.outputs[:] = rng.normal(size=(6, 3))
    centres, contexts, negatives = (
        np.array([0, 1, 0]),
        np.array([2, 3, 3]),
        np.array([4, 5]),
    )

    def loss(model):
        total = 0.0
        for centre, context in zip(centres, contexts, strict=True):
            total += np.logaddexp(0, -model.inputs[context] @ model.outputs[centre])
            for word in negatives:
                product = model.inputs[context] @ model.outputs[word]
                total += example.NEGATIVE / len(negatives) * np.logaddexp(0, product)
        return total

    assert (model.inputs is model.outputs) == tied
    before = float64_copy(model)
    model.update(centres, contexts, negatives, np.float32(1e-3))
    for name in ("inputs", "outputs"):
        for entry in np.ndindex(6, 3):
            exact = float64_copy(before)
            getattr(exact, name)[entry] += 1e-6
            up = loss(exact)
            getattr(exact, name)[entry] -= 2e-6
            slope = (up - loss(exact)) / 2e-6
            change = getattr(model, name)[entry] - getattr(before, name)[entry]
            assert change == pytest.approx(-1e-3 * slope, abs=2e-6)


def test_pairs_come_from_windows_within_sentences(example, monkeypatch):
    monkeypatch.setattr(example, "WINDOW", 1)
    rows, numbers = np.array([1, 2, 3, 4, 5]), np.array([0, 0, 0, 1, 1])
    pairs = zip(
        *example.window_pairs(rows, numbers, np.random.default_rng(0)), strict=True
    )
    assert set(pairs) == {(1, 2), (2, 1), (2, 3), (3, 2), (4, 5), (5, 4)}


def test_word_pairs_are_looked_up_by_row(example, tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_text("a\tb\t1\na\tc\t2\na\td\t3\n")
    vectors = np.array([[1, 0], [0, 1], [1, 1], [1, 0.1]], np.float32)
    options = types.SimpleNamespace(pairs=[path])
    # Not in the order of the rows, like the dictionary of a model.
    row_of = {"d": 3, "c": 2, "b": 1, "a": 0}
    measured, name = example.quality(options, [], row_of)
    assert (measured(vectors), name) == (1.0, "word pairs")


@pytest.mark.slow
def test_the_small_form_shows_the_cost_of_tying(example, capsys):
    example.main(["--small"])
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["loss", "itself", "any", "couplets"]
    values = np.array(
        [[float(cell) for cell in line[27:].split()] for line in lines[:4]]
    )
    text = [float(cell) for cell in lines[4][27:].split()]
    loss, itself, any_word, couplets = values.T
    # w2vfast and NumPy agree.  One matrix learns hardly anything; with an offset, it
    # learns nearly as much as two matrices.
    assert loss[0] == pytest.approx(loss[1], rel=0.02)
    assert loss[2] > 0.95 * text[0]
    assert loss[3] < 1.05 * loss[1]
    assert (itself[2:] > 2 * itself[:2]).all()
    assert any_word[2] >= 0.499
    assert np.abs(any_word[[0, 1, 3]] - text[2]).max() < 0.05
    assert (couplets > 0.53).all()
