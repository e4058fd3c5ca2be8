"""Random numbers: a golden stream, and what is drawn with it."""

import numpy as np
import pytest
from reference import Random

from w2vfast import _core
from w2vfast.params import TrainParams
from w2vfast.training import sampling
from w2vfast.training.trainer import new_weights


def test_stream_is_the_recorded_one():
    # Recorded once; another stream would change every result of fast mode.
    expected = [3800143325, 1731590707, 3600320423, 2477205703]
    assert _core._test_random(1, 0, 0, 4).tolist() == expected


@pytest.mark.parametrize(
    "key", [(1, 0, 0), (1, 0, 1), (1, 1, 0), (2**64 - 1, 5, 10**6)]
)
def test_stream_is_splitmix64(key):
    random = Random(*key)
    expected = [random.draw() for _ in range(50)]
    assert _core._test_random(*key, 50).tolist() == expected


def test_streams_of_seeds_epochs_and_spans_are_distinct():
    keys = [(s, e, i) for s in range(4) for e in range(4) for i in range(4)]
    streams = {tuple(_core._test_random(*key, 4).tolist()) for key in keys}
    assert len(streams) == len(keys)


@pytest.mark.parametrize("bit", range(16))
def test_low_bits_do_not_repeat(bit):
    """The C program's low 16 bits have a period of at most 65536 draws."""
    bits = (_core._test_random(3, 0, 0, 3 * 65536) >> bit) & 1
    assert (bits[:65536] != bits[65536:131072]).mean() == pytest.approx(0.5, abs=0.02)


def test_initial_vectors_are_uniform_and_do_not_repeat():
    params = TrainParams(vector_size=100)
    vectors = new_weights(20_000, params).syn0.vectors
    assert len(np.unique(vectors[:, 0])) > 19_900  # C repeats a row after 16384
    assert np.abs(vectors).max() <= 0.5 / 100
    assert vectors.mean() == pytest.approx(0, abs=1e-5)
    assert vectors.std() == pytest.approx(1 / 100 / 12**0.5, rel=0.01)


@pytest.mark.parametrize("exponent", [0.75, 1.0, 0.0, -0.5])
def test_noise_follows_the_counts(exponent):
    counts = np.array([500, 4000, 1000, 300, 300, 50, 8, 1], dtype=np.int64)
    noise = sampling.noise_sampler(counts, exponent)
    n_draws = 200_000
    words = _core._test_aliases(noise, 5, n_draws)
    share = counts[1:] ** exponent / (counts[1:] ** exponent).sum()
    drawn = np.bincount(words, minlength=len(counts))
    assert drawn[0] == 0
    chi_square = ((drawn[1:] - n_draws * share) ** 2 / (n_draws * share)).sum()
    assert chi_square < 24.3  # the 0.1 % point at 6 degrees of freedom


def shares(noise):
    """How often an alias table draws each word, in slots."""
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
def test_aliases_give_every_word_its_share_where_sums_are_equal(seed):
    """Small whole numbers: a slot is often filled just as another one is empty."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, rng.integers(2, 9), rng.integers(3, 30))
    noise = sampling.noise_sampler(counts, 1.0)
    np.testing.assert_allclose(shares(noise), expected_shares(counts, 1.0), atol=1e-6)


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
    size = 1000  # C's rule at a table that can be looked at whole
    monkeypatch.setattr(sampling, "C_TABLE_SIZE", size)
    rng = np.random.default_rng(seed)
    counts = np.sort(rng.integers(1, 10 ** rng.integers(1, 7), rng.integers(2, 1500)))
    counts = np.append(rng.integers(0, 50), counts[::-1]).astype(np.int64)
    noise = sampling.c_noise_sampler(counts)
    drawn = _core._test_steps(noise, np.arange(size, dtype=np.uint32))
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
