"""The static map of words: its labels, dots, title and note."""

import io
import sys

import numpy as np
import pytest
from plot_helpers import clustered_vectors, count_overlaps

from w2vfast import KeyedVectors, plot_words


def test_without_matplotlib_the_error_gives_the_install_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "w2vfast\[plot\]"'):
        plot_words(KeyedVectors("ab", np.eye(2)))


matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def annotations(figure):
    """Return the labels of a map, without the leaders."""
    (axes,) = figure.axes
    return [text for text in axes.texts if text.get_text()]


def drawn_boxes(figure):
    """Return the boxes of the labels, shape (n, 4) [pixels]."""
    figure.canvas.draw()
    extents = [text.get_window_extent().extents for text in annotations(figure)]
    return np.array(extents)


# ---- labels ------------------------------------------------------------------------


@pytest.mark.parametrize("dpi", [60, 150, 301])
def test_labels_neither_overlap_nor_leave_the_frame_at_any_resolution(dpi):
    figure = plot_words(clustered_vectors(200))
    figure.set_dpi(dpi)
    boxes = drawn_boxes(figure)
    assert len(boxes) > 80
    assert count_overlaps(boxes) == 0
    (axes,) = figure.axes
    frame = axes.get_window_extent().extents
    assert (boxes[:, :2] >= frame[:2] - 1).all()
    assert (boxes[:, 2:] <= frame[2:] + 1).all()


def test_the_overlap_check_detects_labels_that_are_too_large():
    figure = plot_words(clustered_vectors(200))
    for text in annotations(figure):
        text.set_fontsize(30)
    assert count_overlaps(drawn_boxes(figure)) > 100


def test_labels_belong_to_their_points_and_hidden_ones_are_counted():
    vectors = clustered_vectors(300)
    figure = plot_words(vectors, top=250, all_words=True, title="clusters")
    (axes,) = figure.axes
    hidden, shown = (dots.get_offsets() for dots in axes.collections)
    labels = annotations(figure)
    assert len(labels) == len(shown)
    assert len(shown) + len(hidden) == 250
    assert axes.get_title() == "clusters"
    assert axes.get_xlabel().endswith(f"; {len(hidden)} without a label")
    np.testing.assert_allclose([text.xy for text in labels], shown)
    assert labels[0].get_text() == vectors.index_to_key[0]


def test_labels_away_from_their_points_have_leaders_that_end_at_them():
    figure = plot_words(clustered_vectors(200))
    boxes = drawn_boxes(figure)
    (axes,) = figure.axes
    dots = axes.transData.transform([text.xy for text in annotations(figure)])
    ends = np.clip(dots, boxes[:, :2], boxes[:, 2:])
    lengths = np.linalg.norm(ends - dots, axis=1)
    heights = boxes[:, 3] - boxes[:, 1]
    leaders = [text for text in axes.texts if text.arrow_patch is not None]
    assert len(leaders) == (lengths > heights / 2).sum() > 5
    pixels = figure.dpi / 72  # per point
    for leader, end in zip(leaders, ends[lengths > heights / 2], strict=True):
        start = axes.transData.transform(leader.xy)
        np.testing.assert_allclose(start + np.array(leader.xyann) * pixels, end, atol=1)


def test_a_few_words_all_have_labels():
    vectors = clustered_vectors(200)
    figure = plot_words(vectors, vectors.index_to_key[5:12])
    assert len(annotations(figure)) == 7
    assert "without" not in figure.axes[0].get_xlabel()


def test_a_map_can_have_a_single_word():
    figure = plot_words(KeyedVectors(["only"], np.ones((1, 3))))
    figure.savefig(io.BytesIO(), format="png")
    assert [text.get_text() for text in annotations(figure)] == ["only"]


# ---- text --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_words_are_not_interpreted_as_markup(kind):
    words = ["$x_1$", r"\frac", "$", "a_b", "{", "%", "two\nlines", "x" * 99]
    figure = plot_words(KeyedVectors(words, np.eye(len(words))), title="$5 {")
    shown = [text.get_text() for text in annotations(figure)]
    assert shown == [*words[:-2], "two lines", "x" * 39 + "…"]
    figure.savefig(io.BytesIO(), format=kind)
    assert figure.axes[0].title.get_parse_math() is False


def test_characters_without_a_font_cause_one_warning_and_are_drawn_as_boxes():
    missing = "\U000e0041\U000e0042"  # no font has glyphs for tags
    vectors = KeyedVectors(["a", f"b{missing}"], np.eye(2))
    with pytest.warns(UserWarning, match="2 of the characters .* Install") as seen:
        figure = plot_words(vectors, title=missing)
    assert len(seen) == 1
    figure.savefig(io.BytesIO())  # warnings are errors in tests
    assert [text.get_text() for text in annotations(figure)] == ["a", "b□□"]
    assert figure.axes[0].get_title() == "□□"


# ---- side effects ------------------------------------------------------------------


def test_the_same_map_gives_the_same_bytes():
    first, second = (io.BytesIO(), io.BytesIO())
    for file in (first, second):
        plot_words(clustered_vectors(50)).savefig(file, format="png")
    assert first.getvalue() == second.getvalue()


def test_matplotlibs_settings_and_open_figures_are_unchanged():
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    plot_words(clustered_vectors(20))
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []
