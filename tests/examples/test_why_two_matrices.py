"""The example that ties the two matrices: its NumPy model and its table."""

import importlib.util
import types

import numpy as np
import pytest
from helpers import EXAMPLES

EXAMPLE = EXAMPLES / "why_two_matrices.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("why_two_matrices", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def nearly(model):
    """Copy a model in float64, so that differences of losses are exact enough."""
    same = model.inputs is model.outputs
    copy = types.SimpleNamespace(inputs=model.inputs.astype(float), offset=0.0)
    copy.outputs = copy.inputs if same else model.outputs.astype(float)
    return copy


@pytest.mark.parametrize("tied", [False, True])
def test_update_is_a_step_down_the_gradient_of_the_loss(example, tied):
    """Checked by differences of the loss, with noise words that are given."""
    rng = np.random.default_rng(0)
    model = example.Model(6, 3, rng, tied=tied)
    model.inputs[:] = rng.normal(size=(6, 3))
    if not tied:
        model.outputs[:] = rng.normal(size=(6, 3))
    centres, contexts, noise = (
        np.array([0, 1, 0]),
        np.array([2, 3, 3]),
        np.array([4, 5]),
    )

    def loss(model):
        total = 0.0
        for centre, context in zip(centres, contexts, strict=True):
            total += np.logaddexp(0, -model.inputs[context] @ model.outputs[centre])
            for word in noise:
                product = model.inputs[context] @ model.outputs[word]
                total += example.NEGATIVE / len(noise) * np.logaddexp(0, product)
        return total

    assert (model.inputs is model.outputs) == tied
    before = nearly(model)
    model.update(centres, contexts, noise, np.float32(1e-3))
    for name in ("inputs", "outputs"):
        for place in np.ndindex(6, 3):
            exact = nearly(before)
            getattr(exact, name)[place] += 1e-6
            up = loss(exact)
            getattr(exact, name)[place] -= 2e-6
            slope = (up - loss(exact)) / 2e-6
            gained = getattr(model, name)[place] - getattr(before, name)[place]
            assert gained == pytest.approx(-1e-3 * slope, abs=2e-6)


def test_pairs_are_those_of_windows_within_sentences(example, monkeypatch):
    monkeypatch.setattr(example, "WINDOW", 1)
    rows, numbers = np.array([1, 2, 3, 4, 5]), np.array([0, 0, 0, 1, 1])
    pairs = zip(
        *example.window_pairs(rows, numbers, np.random.default_rng(0)), strict=True
    )
    assert set(pairs) == {(1, 2), (2, 1), (2, 3), (3, 2), (4, 5), (5, 4)}


def test_word_pairs_are_those_of_the_rows(example, tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_text("a\tb\t1\na\tc\t2\na\td\t3\n")
    vectors = np.array([[1, 0], [0, 1], [1, 1], [1, 0.1]], np.float32)
    options = types.SimpleNamespace(pairs=[path])
    # As in a model, whose look-up does not have the order of the rows.
    row_of = {"d": 3, "c": 2, "b": 1, "a": 0}
    measured, name = example.quality(options, [], row_of)
    assert (measured(vectors), name) == (1.0, "word pairs")


@pytest.mark.slow
def test_small_form_shows_what_tying_costs(example, capsys):
    example.main(["--small"])
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["loss", "itself", "any", "couplets"]
    values = np.array(
        [[float(cell) for cell in line[27:].split()] for line in lines[:4]]
    )
    text = [float(cell) for cell in lines[4][27:].split()]
    loss, itself, beside_any, couplets = values.T
    # The two trainers of two matrices agree; one matrix knows hardly anything, and a
    # number added to its products brings most of it back.
    assert loss[0] == pytest.approx(loss[1], rel=0.02)
    assert loss[2] > 0.95 * text[0]
    assert loss[3] < 1.05 * loss[1]
    assert (itself[2:] > 2 * itself[:2]).all()
    assert beside_any[2] >= 0.499
    assert np.abs(beside_any[[0, 1, 3]] - text[2]).max() < 0.05
    assert (couplets > 0.53).all()
