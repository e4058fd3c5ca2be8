"""A small recording for the tests of its file and of the film."""

import numpy as np

from w2vfast import Recording


def a_recording(n_frames=3, words=("king", "北京", "a b"), dim=4):
    rng = np.random.default_rng(2)
    return Recording(
        title="a model",
        words=list(words),
        epochs=np.linspace(0, 2, n_frames),
        alphas=np.linspace(0.05, 0, n_frames),
        losses=np.array([np.nan, *rng.random(n_frames - 1)]),
        frames=rng.normal(size=(n_frames, len(words), dim)).astype(np.float32),
    )
