"""Subsampling thresholds and noise distributions of both modes."""

import numpy as np
import pytest

from w2vfast import _core
from w2vfast.params import TrainParams
from w2vfast.training import kernel_objects, sampling


@pytest.mark.parametrize("exponent", [0.75, 1.0, 0.0, -0.5])
def test_negative_samples_follow_the_counts(exponent):
    counts = np.array([500, 4000, 1000, 300, 300, 50, 8, 1], dtype=np.int64)
    noise = sampling.noise_sampler(counts, exponent)
    n_draws = 200_000
    words = _core._test_alias_noise(_core.AliasNoise(noise.entries), 5, n_draws)
    share = counts[1:] ** exponent / (counts[1:] ** exponent).sum()
    drawn = np.bincount(words, minlength=len(counts))
    assert drawn[0] == 0
    chi_square = ((drawn[1:] - n_draws * share) ** 2 / (n_draws * share)).sum()
    assert chi_square < 24.3  # the 0.1 % point at 6 degrees of freedom


def shares(noise):
    """Expected number of slots that draw each word of an alias table."""
    entries = noise.entries.astype(np.int64)
    kept = entries[:, 0] / 2**32
    return kept + np.bincount(entries[:, 1], weights=1 - kept, minlength=len(kept))


def expected_shares(counts, exponent):
    powers = np.where(np.arange(len(counts)) > 0, counts, 0) ** exponent
    return powers * (len(counts) / powers.sum())


@pytest.mark.parametrize("seed", range(10))
def test_aliases_give_every_word_its_share(seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 10 ** rng.integers(1, 7), rng.integers(3, 3000))
    noise = sampling.noise_sampler(counts)
    np.testing.assert_allclose(shares(noise), expected_shares(counts, 0.75), atol=1e-6)


@pytest.mark.parametrize("seed", range(50))
def test_aliases_give_every_word_its_share_where_shares_are_equal(seed):
    """With small whole numbers, slots are often used up exactly, or up to rounding."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, rng.integers(2, 9), rng.integers(3, 30))
    noise = sampling.noise_sampler(counts, 1.0)
    np.testing.assert_allclose(shares(noise), expected_shares(counts, 1.0), atol=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_words_without_occurrences_are_never_drawn(seed):
    """Their slots are wholly those of other words, whatever rounding leaves over."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 10 ** rng.integers(1, 7), rng.integers(3, 3000))
    absent = rng.random(len(counts)) < 0.3
    absent[[0, -1]] = True, False
    counts[absent] = 0
    entries = sampling.noise_sampler(counts).entries
    assert not entries[absent, 0].any()
    assert not absent[entries[:, 1]][entries[:, 0] < 2**32 - 1].any()


def c_unigram_table(counts, size):
    """word2vec.c InitUnigramTable, slot by slot."""
    powers = [float(count) ** 0.75 for count in counts]
    total = 0.0
    for power in powers:
        total += power
    word, share, table = 0, powers[0] / total, []
    for slot in range(size):
        table.append(word)
        if slot / size > share:
            word += 1
            share += powers[word] / total if word < len(powers) else 0.0
        word = min(word, len(powers) - 1)
    return table


@pytest.mark.parametrize("seed", range(20))
def test_exact_noise_is_the_c_table(seed, monkeypatch):
    size = 1000  # C's rule with a table that is small enough to be built
    monkeypatch.setattr(sampling, "C_TABLE_SIZE", size)
    rng = np.random.default_rng(seed)
    counts = np.sort(rng.integers(1, 10 ** rng.integers(1, 7), rng.integers(2, 1500)))
    counts = np.append(rng.integers(0, 50), counts[::-1]).astype(np.int64)
    noise = sampling.c_noise_sampler(counts)
    kernel_noise = _core.StepNoise(noise.last, noise.guide, noise.shift)
    drawn = _core._test_step_noise(kernel_noise, np.arange(size, dtype=np.uint32))
    assert drawn.tolist() == c_unigram_table(counts.tolist(), size)


def test_keep_thresholds_follow_the_formula():
    counts = np.array([100, 9000, 900, 90, 10], dtype=np.int64)
    keep = sampling.keep_thresholds(counts, 1e-2)
    st = 1e-2 * 10_000
    expected = np.minimum(1, (np.sqrt(counts[1:] / st) + 1) * st / counts[1:])
    np.testing.assert_allclose(keep[1:] / 2**32, expected, rtol=1e-6)
    assert expected[0] < 0.2
    assert sampling.keep_thresholds(counts, 0) is None


def test_shares_are_those_of_the_kept_words():
    counts = np.array([5000, 900, 90, 10], dtype=np.int64)
    assert sampling.kept_shares(counts, None).tolist() == [0, 0.9, 0.09, 0.01]
    keep = np.array([0, 0.1, 1, 1]) * 0xFFFFFFFF
    shares = sampling.kept_shares(counts, keep.astype(np.uint32))
    np.testing.assert_allclose(shares, np.array([0, 90, 90, 10]) / 190)
    assert sampling.kept_shares(counts[:1], None).tolist() == [0]
    rarely = np.array([0, 100, 100, 100], dtype=np.uint32)
    np.testing.assert_allclose(
        sampling.kept_shares(counts, rarely), [0, 0.9, 0.09, 0.01]
    )


def test_exact_keep_thresholds_decide_as_the_c_comparison():
    counts = np.array([50, 70_000, 8000, 800, 20, 1], dtype=np.int64)
    sample = np.float32(1e-3)
    st = sample * np.float32(counts.sum())
    draws = np.arange(65536, dtype=np.int64)
    keep = sampling.c_keep_thresholds(counts, 1e-3)
    for count, threshold in zip(counts.tolist(), keep, strict=True):
        root = np.sqrt(np.float64(np.float32(count) / st))
        ran = np.float32((root + 1) * np.float64(st) / count)
        discarded = ran < (draws / np.float32(65536)).astype(np.float32)
        np.testing.assert_array_equal(discarded, draws >= threshold)


@pytest.mark.parametrize(
    ("window", "n_centres", "n_sets"),
    [
        (1, 12, 12),
        (5, 12, 12),
        (8, 18, 18),
        (10, 22, 27),  # two of ten windows need two sets
        (20, 24, 44),  # windows of 1 to 8, 9 to 16 and 17 to 20: 1.8 sets
        (40, 41, 123),
        (200, 120, 1560),
        (2**26, 120, 10_000),
    ],
)
def test_uses_of_a_negative_sample_are_further_apart_with_wide_windows(
    window, n_centres, n_sets
):
    params = TrainParams(window=window, sg=1)
    assert params.mean_contexts == window + 1
    assert kernel_objects.pool_centres(params) == n_centres
    assert kernel_objects.pool_sets(params) == n_sets
    assert kernel_objects.pool_sets(TrainParams(window=window)) == n_centres


def test_whole_windows_have_as_large_a_pool_as_windows_with_as_many_contexts():
    whole = TrainParams(window=20, shrink_windows=False)
    assert kernel_objects.pool_centres(whole) == 40
