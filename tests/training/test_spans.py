"""Rounds cover an epoch, grow with the ids seen, and are cut at sentence ends."""

import numpy as np
import pytest
from training_helpers import sentences

from w2vfast.training import spans

TEXT = sentences(*[20] * 40_000)


def lengths(plan):
    return (plan.starts[1:] - plan.starts[:-1])[plan.order]


def sizes(plan):
    return np.add.reduceat(lengths(plan), plan.bounds[:-1])


@pytest.mark.parametrize("seen", [0, 10**6, 10**9])
@pytest.mark.parametrize(
    "ids", [TEXT, sentences(3), sentences(*[1000] * 40), sentences(*[2, 9] * 99)[:-1]]
)
def test_the_rounds_of_an_epoch_have_each_id_once(ids, seen):
    plan = spans.plan_rounds(ids, seen, 1.0, 1000)
    assert plan.starts[0] == plan.bounds[0] == 0
    assert plan.starts[-1] == len(ids)
    assert (np.diff(plan.starts) > 0).all()
    np.testing.assert_array_equal(np.sort(plan.order), np.arange(len(plan.starts) - 1))
    assert plan.bounds[-1] == len(plan.order)
    assert np.isin(np.diff(plan.bounds), range(1, spans.SHARDS + 1)).all()


def test_spans_end_where_sentences_end():
    plan = spans.plan_rounds(TEXT, 0, 1.0, 1000)
    assert (TEXT[plan.starts[1:] - 1] == 0).all()


def test_a_round_has_a_256th_of_the_ids_seen_or_a_single_shard():
    plan = spans.plan_rounds(TEXT, 0, 1.0, 1000)
    n_shards = np.diff(plan.bounds)
    seen = np.cumsum(sizes(plan)) - sizes(plan)
    assert n_shards[0] == 1
    assert n_shards.max() > 8
    several = n_shards > 1
    assert (sizes(plan)[several] <= 1.6 * seen[several] / spans.SEEN_PER_ROUND).all()


def test_later_epochs_have_longer_rounds_up_to_a_limit():
    later = [spans.plan_rounds(TEXT, seen, 1.0, 1000) for seen in (10**7, 10**9)]
    assert sizes(later[0])[0] == pytest.approx(10**7 / spans.SEEN_PER_ROUND, rel=0.05)
    assert sizes(later[1])[0] == pytest.approx(spans.LONGEST_ROUND, rel=0.05)


def test_the_limit_counts_kept_words():
    plan = spans.plan_rounds(TEXT, 10**9, 0.7, 1000)
    assert sizes(plan)[0] == pytest.approx(spans.LONGEST_ROUND / 0.7, rel=0.05)


def test_the_shards_of_a_round_come_from_distant_parts_of_the_text():
    plan = spans.plan_rounds(TEXT, 10**9, 1.0, 1000)
    first_round = plan.starts[plan.order[: plan.bounds[1]]]
    np.testing.assert_allclose(np.diff(first_round), len(TEXT) / 16, rtol=0.01)
