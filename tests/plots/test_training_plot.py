"""The plot of a training: curves of loss, learning rate and speed."""

import io
import sys

import numpy as np
import pytest

from w2vfast import Word2Vec, plot_training
from w2vfast.training.history import EpochStats, Sample


def test_without_matplotlib_the_error_gives_the_install_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "w2vfast\[plot\]"'):
        plot_training(None)


pytest.importorskip("matplotlib", reason="matplotlib is not installed")


class FakeModel:
    """A model that has a history and a representation, and nothing else."""

    def __init__(self, *history):
        self.history = list(history)

    def __repr__(self):
        return "a $model"


def epoch(number, alphas, words, seconds, hs=None, ns=None):
    """Make an epoch with a sample per alpha; `hs` and `ns` are losses per interval."""
    n = len(alphas) - 1
    samples = tuple(
        Sample(
            seconds * i / n,
            words * i // n,
            alpha,
            10 * i,
            0.0 if hs is None else 10.0 * sum(hs[:i]),
            0.0 if ns is None else 10.0 * sum(ns[:i]),
        )
        for i, alpha in enumerate(alphas)
    )
    means = (None if x is None else float(np.mean(x)) for x in (hs, ns))
    return EpochStats(number, alphas[-1], words, seconds, *means, samples)


def curves(figure):
    """Return the points of each panel's curve, by name."""
    return {axes.get_ylabel(): axes.lines[0].get_xydata() for axes in figure.axes}


def test_curves_have_the_values_of_the_history():
    figure = plot_training(
        FakeModel(
            epoch(0, [0.4, 0.3, 0.2], 1000, 2.0, ns=[3.0, 2.0]),
            epoch(1, [0.2, 0.1, 0.0], 1000, 4.0, ns=[1.5, 1.0]),
        )
    )
    drawn = curves(figure)
    assert list(drawn) == ["loss", "alpha", "words a second"]
    np.testing.assert_allclose(
        drawn["loss"], [[0.5, 3.0], [1.5, 2.0], [3.0, 1.5], [5.0, 1.0]]
    )
    np.testing.assert_allclose(
        drawn["alpha"],
        [[0, 0.4], [1, 0.3], [2, 0.2], [2, 0.2], [4, 0.1], [6, 0]],
        atol=1e-12,
    )
    np.testing.assert_allclose(
        drawn["words a second"], [[0.5, 500], [1.5, 500], [3, 250], [5, 250]]
    )
    for axes in figure.axes:
        epoch_ends = [line.get_xdata()[0] for line in axes.lines[1:]]
        assert epoch_ends == [2.0]
        assert axes.get_xlim() == (0, 6)
        is_from_0 = axes.get_ylim()[0] == 0
        assert is_from_0 == (axes.get_ylabel() != "loss")
    figure.savefig(io.BytesIO())


def test_each_objective_has_its_own_panel():
    both = epoch(0, [0.2, 0.1], 10, 1.0, hs=[7.0], ns=[2.0])
    drawn = curves(plot_training(FakeModel(both)))
    assert list(drawn) == [
        "loss, hierarchical",
        "loss, sampling",
        "alpha",
        "words a second",
    ]
    assert drawn["loss, hierarchical"][0, 1] == 7
    assert drawn["loss, sampling"][0, 1] == 2


def test_a_history_without_samples_has_one_point_per_epoch():
    stats = [EpochStats(i, 0.1, 100, 2.0, None, 3.0 - i) for i in range(3)]
    drawn = curves(plot_training(FakeModel(*stats)))
    np.testing.assert_allclose(drawn["loss"], [[1, 3], [3, 2], [5, 1]])
    np.testing.assert_allclose(drawn["words a second"][:, 1], 50)


@pytest.mark.parametrize(
    ("mode", "objective"), [("fast", None), ("fast", "softmax"), ("exact", None)]
)
def test_the_history_of_a_loaded_model_is_plotted(mode, objective, tmp_path):
    settings = {"min_count": 1, "vector_size": 8, "sample": 0, "progress": False}
    sentences = [["a", "b", "c", "d"]] * 300
    model = Word2Vec(sentences, mode=mode, objective=objective, **settings)
    model.save(tmp_path / "model")
    figure = plot_training(Word2Vec.load(tmp_path / "model"))
    drawn = curves(figure)
    assert list(drawn)[-2:] == ["alpha", "words a second"]
    assert ("loss" in drawn) == (mode == "fast")
    assert drawn["alpha"][0, 1] == pytest.approx(0.05)
    assert np.isfinite(drawn["words a second"]).all()
    figure.savefig(io.BytesIO())  # warnings are errors in tests


def test_a_model_that_was_not_trained_is_rejected():
    with pytest.raises(ValueError, match=r"no history to plot\. Train it first"):
        plot_training(FakeModel())
