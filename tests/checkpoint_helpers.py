"""Small runs with checkpoints, and checkpoints made by hand."""

import dataclasses

import numpy as np

from w2vfast.checkpoint.identity import RunIdentity
from w2vfast.checkpoint.storage import Checkpoint
from w2vfast.params import TrainParams
from w2vfast.training.history import EpochStats, Losses, Sample
from w2vfast.training.position import Position

IDENTITY = RunIdentity(
    params=TrainParams(workers=1, vector_size=4).to_dict(),
    epochs_before=0,
    n_ids=100,
    ids="a text",
    train_words=100,
    n_rows=3,
    vocabulary="words",
    frozen=None,
    noise_weights=None,
)
POSITION = Position(
    epoch=1,
    next_span=2,
    worker={"kept_words": 77},
    ids=150,
    losses=Losses(10, 0.5, 1 / 3, 0.0),
    ids_before=100,
    losses_before=Losses(7, 0.25, 0.125, 0.0),
    seconds=0.1,
    samples=(Sample(0.0, 0, 0.05, 0, 0.0, 0.0), Sample(0.1, 50, 0.04, 3, 0.25, 0.2)),
    sample_stride=2,
)


def checkpoint(seed=0, **changes):
    """A checkpoint whose weights are random."""
    rng = np.random.default_rng(seed)
    made = Checkpoint(
        run=IDENTITY,
        position=POSITION,
        finished=False,
        history=[EpochStats(0, 0.04, 100, 1.5, None, 2.5, POSITION.samples)],
        starts=np.array([0, 40, 70, 100]),
        weights={name: rng.random((3, 4), np.float32) for name in ("syn0", "syn1neg")},
        arrays={"curvature": rng.random(5)},
    )
    return dataclasses.replace(made, **changes)


def assert_equal(one, other):
    for field in dataclasses.fields(one):
        values = getattr(one, field.name), getattr(other, field.name)
        if field.name in ("weights", "arrays"):
            assert values[0].keys() == values[1].keys()
            for name in values[0]:
                np.testing.assert_array_equal(values[0][name], values[1][name])
        else:
            np.testing.assert_equal(*values)
