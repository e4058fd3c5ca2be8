"""The file of a recording: what is kept, and what a damaged one says."""

import itertools

import numpy as np
import pytest
from recordings import a_recording

from w2vfast import KeyedVectors, Recording
from w2vfast.learn.recording import is_recording


def arrays_of(recording, path):
    recording.save(path)
    with np.load(path) as file:
        return dict(file)


def test_what_is_saved_is_loaded(tmp_path):
    path, saved = tmp_path / "run.npz", a_recording()
    saved.save(path)
    loaded = Recording.load(path)
    assert (loaded.title, loaded.words) == (saved.title, saved.words)
    for name in ("epochs", "alphas", "losses", "frames"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(saved, name))
    assert repr(loaded) == "Recording(3 frames of 3 words, vector_size=4)"


def test_a_file_is_read_by_numpy_without_pickle(tmp_path):
    arrays = arrays_of(a_recording(), tmp_path / "run.npz")
    assert arrays["recording"] == 1
    ends = [0, *arrays["word_ends"].tolist()]
    text = arrays["words"].tobytes()
    words = [text[a:b].decode() for a, b in itertools.pairwise(ends)]
    assert words == ["king", "北京", "a b"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recording": None}, "no array 'recording'"),
        ({"recording": np.int64(2)}, "version 1, got 2. Update w2vfast"),
        ({"recording": np.ones(2)}, "version 1"),
        ({"frames": None}, "damaged: it has no frames"),
        ({"frames": np.ones((3, 2, 4), np.float32)}, "do not fit each other"),
        ({"frames": np.ones((3, 3, 4))}, "do not fit each other"),
        ({"epochs": np.array([0, 2, 1.0])}, "do not fit each other"),
        ({"losses": np.ones(2)}, "do not fit each other"),
        ({"word_ends": np.array([9, 4, 13])}, "'words' must be uint8"),
    ],
)
def test_a_damaged_file_is_refused(changes, message, tmp_path):
    path = tmp_path / "run.npz"
    arrays = {**arrays_of(a_recording(), path), **changes}
    np.savez(path, **{name: a for name, a in arrays.items() if a is not None})
    with pytest.raises(ValueError, match=message):
        Recording.load(path)


def test_other_files_are_no_recordings(tmp_path):
    text, vectors, run = (tmp_path / name for name in ("a.txt", "v.npz", "run.npz"))
    text.write_text("a b\n")
    KeyedVectors(["a"], np.ones((1, 2), np.float32)).save(vectors)
    a_recording().save(run)
    assert [is_recording(path) for path in (text, vectors, tmp_path / "none")] == [
        False
    ] * 3
    assert is_recording(run)
    with pytest.raises(ValueError, match=r"expected an \.npz file of NumPy"):
        Recording.load(text)
