"""Pictures: what stands in them, and that labels do not overlap when drawn."""

import io
import sys
import warnings

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec, plot_training, plot_words
from w2vfast.plots.figures import picture_format
from w2vfast.training import trainer
from w2vfast.training.history import Sample


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    vectors = KeyedVectors("ab", np.eye(2))
    for draw in (lambda: plot_words(vectors), lambda: picture_format("map.png")):
        with pytest.raises(ImportError, match=r'pip install "w2vfast\[plot\]"'):
            draw()


matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def clouds(n=200, seed=0):
    """Words of many lengths in a few dense clouds."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(5, 12))
    vectors = middles[rng.integers(0, 5, n)] + rng.normal(0, 0.3, (n, 12))
    keys = [f"w{i}" + "x" * int(rng.integers(0, 10)) for i in range(n)]
    return KeyedVectors(keys, vectors.astype(np.float32))


def annotations(figure):
    """Return the labels of a map, without the lines to them."""
    (axes,) = figure.axes
    return [text for text in axes.texts if text.get_text()]


def drawn_boxes(figure):
    """Return where the labels are on the picture, shape (n, 4) [pixels]."""
    figure.canvas.draw()
    extents = [text.get_window_extent().extents for text in annotations(figure)]
    return np.array(extents)


def overlapping(boxes):
    a, b = boxes[:, None], boxes[None]
    apart = (a[..., :2] >= b[..., 2:]) | (b[..., :2] >= a[..., 2:])
    touch = ~apart.any(axis=-1)
    return int(np.triu(touch, 1).sum())


@pytest.mark.parametrize("dpi", [60, 150, 301])
def test_drawn_labels_do_not_overlap_at_any_resolution(dpi):
    figure = plot_words(clouds())
    figure.set_dpi(dpi)
    boxes = drawn_boxes(figure)
    assert len(boxes) > 100
    assert overlapping(boxes) == 0
    (axes,) = figure.axes
    frame = axes.get_window_extent().extents
    assert (boxes[:, :2] >= frame[:2] - 1).all()
    assert (boxes[:, 2:] <= frame[2:] + 1).all()


def test_the_check_of_overlaps_sees_them():
    figure = plot_words(clouds())
    for text in annotations(figure):
        text.set_fontsize(30)
    assert overlapping(drawn_boxes(figure)) > 100


def test_labels_stand_at_their_words_and_the_rest_is_counted():
    vectors = clouds(300)
    figure = plot_words(vectors, top=250, title="clouds")
    (axes,) = figure.axes
    hidden, shown = (dots.get_offsets() for dots in axes.collections)
    labels = annotations(figure)
    assert len(labels) == len(shown)
    assert len(shown) + len(hidden) == 250
    assert axes.get_title() == "clouds"
    assert axes.get_xlabel().endswith(f"; {len(hidden)} without a label")
    np.testing.assert_allclose([text.xy for text in labels], shown)
    assert labels[0].get_text() == vectors.index_to_key[0]


def test_few_words_all_have_labels():
    figure = plot_words(clouds(), clouds().index_to_key[5:12])
    assert len(annotations(figure)) == 7
    assert "without" not in figure.axes[0].get_xlabel()


def test_one_word_is_a_map_too():
    figure = plot_words(KeyedVectors(["only"], np.ones((1, 3))))
    figure.savefig(io.BytesIO(), format="png")
    assert [text.get_text() for text in annotations(figure)] == ["only"]


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_words_are_drawn_as_they_are_written(kind):
    words = ["$x_1$", r"\frac", "$", "a_b", "{", "%", "two\nlines", "x" * 99]
    figure = plot_words(KeyedVectors(words, np.eye(len(words))), title="$5 {")
    shown = [text.get_text() for text in annotations(figure)]
    assert shown == [*words[:-2], "two lines", "x" * 39 + "…"]
    figure.savefig(io.BytesIO(), format=kind)
    assert figure.axes[0].title.get_parse_math() is False


def test_missing_characters_are_one_warning_and_boxes():
    missing = "\U000e0041\U000e0042"  # no font shows tags
    vectors = KeyedVectors(["a", f"b{missing}"], np.eye(2))
    with pytest.warns(UserWarning, match="2 of the characters: .* apt install") as seen:
        figure = plot_words(vectors, title=missing)
    assert len(seen) == 1
    figure.savefig(io.BytesIO())  # without a warning of its own
    assert [text.get_text() for text in annotations(figure)] == ["a", "b□□"]
    assert figure.axes[0].get_title() == "□□"


def test_a_map_is_the_same_every_time():
    first, second = (io.BytesIO(), io.BytesIO())
    for file in (first, second):
        plot_words(clouds(50)).savefig(file, format="png")
    assert first.getvalue() == second.getvalue()


def test_nothing_of_matplotlib_is_changed():
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    plot_words(clouds(20))
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


def test_a_file_name_must_say_what_to_draw():
    assert picture_format("map.PNG") == "png"
    for name in ("map", "map.txt", "map.png.gz"):
        with pytest.raises(ValueError, match=rf"{name}: its ending .* \.png"):
            picture_format(name)


# ---- training over time --------------------------------------------------------------


class Trained:
    """What `plot_training` asks of a model."""

    def __init__(self, *history):
        self.history = list(history)

    def __repr__(self):
        return "a $model"


def epoch(number, alphas, words, seconds, hs=None, ns=None):
    """Make an epoch with a sample for each alpha, all stretches alike but the loss."""
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
    return trainer.EpochStats(number, alphas[-1], words, seconds, *means, samples)


def curves(figure):
    """Return the curve of each panel by its name."""
    return {axes.get_ylabel(): axes.lines[0].get_xydata() for axes in figure.axes}


def test_a_training_is_drawn_over_its_time():
    figure = plot_training(
        Trained(
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
    figure.savefig(io.BytesIO())


def test_both_objectives_have_a_panel_each():
    both = epoch(0, [0.2, 0.1], 10, 1.0, hs=[7.0], ns=[2.0])
    drawn = curves(plot_training(Trained(both)))
    assert list(drawn) == [
        "loss, hierarchical",
        "loss, sampling",
        "alpha",
        "words a second",
    ]
    assert drawn["loss, hierarchical"][0, 1] == 7
    assert drawn["loss, sampling"][0, 1] == 2


def test_a_history_without_samples_is_drawn_by_epochs():
    stats = [trainer.EpochStats(i, 0.1, 100, 2.0, None, 3.0 - i) for i in range(3)]
    drawn = curves(plot_training(Trained(*stats)))
    np.testing.assert_allclose(drawn["loss"], [[1, 3], [3, 2], [5, 1]])
    np.testing.assert_allclose(drawn["words a second"][:, 1], 50)


@pytest.mark.parametrize(
    ("mode", "objective"), [("fast", None), ("fast", "softmax"), ("exact", None)]
)
def test_a_real_training_is_drawn(mode, objective, tmp_path):
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
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(io.BytesIO())


def test_a_model_that_was_not_trained_has_nothing_to_draw():
    with pytest.raises(ValueError, match="train it first"):
        plot_training(Trained())
