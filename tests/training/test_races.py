"""Workers share rows and counters; `.ci/sanitize thread` looks for races here."""

import numpy as np
import pytest

from w2vfast import Word2Vec

SETTINGS = {
    "skip-gram, negative sampling": {"sg": 1},
    "skip-gram, hierarchical softmax": {"sg": 1, "hs": 1, "negative": 0},
    "skip-gram, both": {"sg": 1, "hs": 1},
    "skip-gram, full softmax": {"sg": 1, "objective": "softmax"},
    "skip-gram, samples for each pair": {"sg": 1, "negative_sharing": "pair"},
    "CBOW, negative sampling": {"sg": 0},
    "CBOW, hierarchical softmax": {"sg": 0, "hs": 1, "negative": 0},
    "deterministic training": {"sg": 1, "hs": 1, "deterministic": True},
}


@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("name", SETTINGS)
def test_workers_visit_every_id_once_an_epoch(name, workers):
    sentences = np.random.default_rng(1).zipf(1.3, (150, 12)) % 50
    model = Word2Vec(
        sentences.tolist(),
        vector_size=20,
        min_count=1,
        sample=0,
        workers=workers,
        epochs=2,
        **SETTINGS[name],
    )
    ids = sentences.size + len(sentences)  # a sentence end is an id, too
    assert [epoch.words for epoch in model.history] == [ids, ids]
    assert np.isfinite(model.wv.vectors).all()
