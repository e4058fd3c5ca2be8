"""The film of a recording as a file: what it holds, and how large it is."""

import base64
import html
import json
import re
import sys

import numpy as np
import pytest
from recordings import a_recording

from w2vfast import save_learn_page
from w2vfast.learn.film_page import (
    COSINE_STEPS,
    MOST_POINTS,
    MOST_WORDS,
    POSITION_STEPS,
    film_page,
)


def data_of(page):
    return json.loads(re.search(r'id="data"[^>]*>(.*?)</script>', page)[1])


def array_of(data, name, dtype):
    return np.frombuffer(base64.b64decode(data[name]), dtype)


def points_of(data):
    points = array_of(data, "points", "<i2") / POSITION_STEPS
    return points.reshape(len(data["epochs"]), len(data["words"]), 2)


def test_a_film_is_one_file_that_may_load_nothing(tmp_path):
    path = tmp_path / "film.html"
    assert save_learn_page(path, a_recording()) == 3
    text = path.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert not re.search(r"\{\{\w+\}\}", text)


def test_all_frames_are_projected_on_one_plane():
    recording = a_recording(n_frames=5, words=list("abcdefgh"), dim=6)
    # A frame with the vectors of the last one has its positions.
    recording.frames[1] = 3 * recording.frames[-1]
    points = points_of(data_of(film_page(recording)))
    np.testing.assert_array_equal(points[1], points[-1])
    np.testing.assert_allclose(points[-1].mean(axis=0), 0, atol=1e-4)
    assert np.abs(points).max() == 1


def test_neighbours_are_the_nearest_words_of_each_frame():
    recording = a_recording(words=list("abcdefghijkl"))
    data = data_of(film_page(recording))
    shape = 3, 12, data["nNeighbours"]
    near = array_of(data, "near", "<u2").reshape(shape)
    cosines = array_of(data, "cosines", "i1").reshape(shape) / COSINE_STEPS
    rows = recording.frames[1].astype(float)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    scores = rows @ rows[4]
    expected = [n for n in np.argsort(-scores) if n != 4][: shape[2]]
    assert near[1, 4].tolist() == expected
    np.testing.assert_allclose(cosines[1, 4], scores[expected], atol=0.006)


@pytest.mark.parametrize(("n_frames", "n_words"), [(400, 300), (12, MOST_WORDS)])
def test_a_film_is_smaller_than_2_mb(n_frames, n_words):
    recording = a_recording(n_frames, [f"word{n}" for n in range(n_words)])
    page = film_page(recording)
    assert len(page.encode()) < 2_000_000
    epochs = data_of(page)["epochs"]
    assert (epochs[0], epochs[-1]) == (0, 2)
    assert np.diff(epochs).max() < 2.1 * np.diff(epochs).min()


def test_a_curve_of_many_frames_has_their_mean_losses():
    n_frames = 2 * MOST_POINTS
    curves = data_of(film_page(a_recording(n_frames, ["a", "b"], 2)))["curves"]
    recording = a_recording(n_frames, ["a", "b"], 2)
    assert len(curves["losses"]) == MOST_POINTS
    assert curves["losses"][0] == pytest.approx(recording.losses[1], rel=1e-4)
    assert curves["losses"][7] == pytest.approx(
        recording.losses[14:16].mean(), rel=1e-4
    )
    assert curves["epochs"][-1] == 2


def test_too_many_words_are_refused():
    words = [f"word{n}" for n in range(MOST_WORDS + 1)]
    with pytest.raises(ValueError, match="at most 2,000 words, got 2,001"):
        film_page(a_recording(2, words))


@pytest.mark.parametrize(
    "words", [["one"], ["a", "b"], ["</script>", "\ud800", "{{x}}"]]
)
def test_any_words_make_a_film(words, tmp_path):
    path = tmp_path / "film.html"
    save_learn_page(path, a_recording(words=words, dim=2))
    data = data_of(path.read_text(encoding="utf-8"))
    assert len(data["words"]) == len(words)


def test_vectors_that_are_not_finite_stay_in_the_middle():
    recording = a_recording()
    recording.frames[1, 0] = np.inf
    assert np.isfinite(points_of(data_of(film_page(recording)))).all()


def test_a_notebook_shows_the_film_in_a_frame():
    recording = a_recording(words=['"><b>', "b"])
    shown = recording._repr_html_()
    page = re.fullmatch(r'<iframe srcdoc="([^"]*)" sandbox[^>]*></iframe>', shown)
    assert html.unescape(page[1]) == film_page(recording)


def test_a_recording_in_place_of_the_path_is_refused():
    with pytest.raises(TypeError, match=r"save_learn_page\('film.html', recording\)"):
        save_learn_page(a_recording())


def test_little_endian_numbers_are_written_on_any_machine():
    data = data_of(film_page(a_recording()))
    other = array_of(data, "points", ">i2" if sys.byteorder == "little" else "<i2")
    assert np.abs(array_of(data, "points", "<i2")).max() == POSITION_STEPS
    assert len(other) == 3 * 3 * 2
