"""A checkpoint of another training is refused, with what differs."""

import dataclasses

import numpy as np
import pytest
from checkpoint_helpers import IDENTITY

from w2vfast.checkpoint.identity import digest_of, digest_of_vocabulary
from w2vfast.errors import SettingsError


def changed(**changes):
    params = {**IDENTITY.params, **changes.pop("params", {})}
    return dataclasses.replace(IDENTITY, params=params, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"params": {"alpha": 0.1}}, "alpha=0.1 then, alpha=None now"),
        (
            {"params": {"window": 7, "epochs": 9}},
            "window=7 then, window=5 now, epochs=9 then, epochs=5 now",
        ),
        ({"epochs_before": 3}, "the model was trained 3 epochs before it, now 0"),
        ({"n_ids": 1234}, "the text had 1,234 words .* now it has 100"),
        ({"n_rows": 4}, "the vocabulary had 4 rows, now 3"),
        ({"vocabulary": "x"}, "the vocabulary has as many words, but others"),
        ({"ids": "x"}, "the text is as long, but has other words"),
        ({"frozen": "x"}, "other words are frozen"),
        ({"noise_weights": "x"}, "the weights of the negative samples are others"),
    ],
)
def test_what_differs_is_said(changes, said):
    with pytest.raises(SettingsError, match=f"d/checkpoint-000001 is .*: {said}"):
        IDENTITY.check(changed(**changes), "d/checkpoint-000001")


@pytest.mark.parametrize("changes", [{}, {"params": {"workers": 8}}])
def test_the_same_training_is_accepted_with_any_number_of_workers(changes):
    IDENTITY.check(changed(**changes), "one")


def test_a_parameter_that_was_added_later_has_its_default():
    earlier = changed()
    del earlier.params["init_range"]
    IDENTITY.check(earlier, "one")


def test_an_array_without_dimensions_has_a_digest():
    assert digest_of(np.array(3)) == digest_of(np.array([3]))


def test_digests_depend_on_values_and_order_but_not_on_blocks(monkeypatch):
    ids = np.arange(1000, dtype=np.int32)
    whole = digest_of(ids)
    monkeypatch.setattr("w2vfast.checkpoint.identity._BLOCK", 7)
    assert digest_of(ids) == whole
    assert digest_of(ids[::-1]) != whole
    matrix = np.zeros((10, 32), np.float32)
    assert digest_of(matrix[:, :12]) == digest_of(np.zeros((10, 12), np.float32))
    counts = np.array([2, 1])
    words = digest_of_vocabulary(["a", "1"], counts)
    assert words != digest_of_vocabulary(["1", "a"], counts)
    assert words != digest_of_vocabulary(["a", 1], counts)
    assert words != digest_of_vocabulary(["a", "1"], counts[::-1])
    assert digest_of_vocabulary(["\udcff"], counts[:1])
