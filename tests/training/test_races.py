"""Workers share rows and counters; `.ci/sanitize thread` looks for races here."""

import numpy as np
import pytest

from w2vfast import Word2Vec
from w2vfast.training import spans

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


@pytest.fixture(autouse=True)
def _short_spans(monkeypatch):
    """Several for each worker: one that has none races with nobody."""
    monkeypatch.setattr(spans, "SHORTEST_SPAN", 64)
    monkeypatch.setattr(spans, "SHORTEST_SHARD", 64)
    monkeypatch.setattr(spans, "SEEN_PER_ROUND", 4)


def test_all_workers_have_spans_at_the_same_time():
    ids = np.tile([*[1] * 12, 0], 150).astype(np.int32)
    assert len(spans.even_spans(ids, 10_000)) > 4 * 4
    rounds = spans.plan_rounds(ids, len(ids), 1.0, 10_000)
    assert np.diff(rounds.bounds).max() >= 4


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
