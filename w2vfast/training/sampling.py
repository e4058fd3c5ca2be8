"""Subsampling of frequent words (`sample`) and the noise distribution (`ns_exponent`).

Each exists twice: for fast mode as published, for exact mode as the C program computes
it.  The results are arrays that the kernels look up.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core

C_TABLE_SIZE = 100_000_000  # word2vec.c table_size: slots of its unigram table
KEEP_ALWAYS, C_KEEP_ALWAYS = 0xFFFFFFFF, 1 << 16  # largest thresholds of subsampling
C_NOISE_EXPONENT = 0.75  # word2vec.c InitUnigramTable: power


class AliasTable(NamedTuple):
    """A noise distribution in which a draw needs one look-up.

    A random slot yields its own word if 32 random bits are below its threshold,
    else its alias.

    Attributes
    ----------
    entries : ndarray of uint32, shape (rows, 2)
        Threshold and alias of each slot.

    Source
    ------
    Walker 1977, ACM TOMS 3(3).
    """

    entries: NDArray[np.uint32]


class StepTable(NamedTuple):
    """A noise distribution as a step function, with a guide to find the step.

    A random number r yields the first word w >= guide[r >> shift] with r <= last[w].

    Attributes
    ----------
    last : ndarray of uint32, shape (rows,)
        Largest random number that yields the word [inclusive].
    guide : ndarray of int32, shape (G,)
        First word that the random numbers of a bucket can yield.
    shift : int
        A bucket is 2**shift random numbers wide [bits].
    """

    last: NDArray[np.uint32]
    guide: NDArray[np.int32]
    shift: int


def noise_sampler(
    counts: NDArray[np.int64],
    ns_exponent: float = 0.75,
    weights: NDArray[np.float64] | None = None,
) -> AliasTable:
    """Build the noise distribution of fast mode: count ** ns_exponent, without row 0.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows,)
        Occurrences of each row [occurrences]; row 0 is the sentence end.
    ns_exponent : float
        1 draws by frequency, 0 uniformly, below 0 prefers rare words.
    weights : ndarray of float64, shape (V,), optional
        From `NoiseWeights.of_words`, in place of the counts.

    Returns
    -------
    AliasTable

    Source
    ------
    Mikolov et al. 2013, arXiv:1310.4546, sec. 2.2 (the exponent 3/4).
    Differs: word2vec.c draws from a table of 1e8 slots, which has the sentence end.
    """
    share = np.zeros(len(counts))
    if weights is not None:
        share[1:] = weights / weights.max()
    else:
        # A word without occurrences is never drawn.
        seen = np.flatnonzero(counts[1:] > 0) + 1
        share[seen] = (counts[seen] / counts[seen].max(initial=1)) ** ns_exponent
    if not 0 < share.sum() < np.inf:
        message = (
            f"no noise can be drawn from counts of {counts[1:].min(initial=0)} to "
            f"{counts[1:].max(initial=0)} with ns_exponent={ns_exponent}. Use counts "
            f"above 0 and an exponent nearer to 0.75."
        )
        raise ValueError(message)
    share *= len(share) / share.sum()
    return AliasTable(_core.alias_table(share))


def c_noise_sampler(counts: NDArray[np.int64]) -> StepTable:
    """Build the noise distribution of exact mode: C's unigram table without its 400 MB.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows,)
        Occurrences of each row [occurrences], the sentence end (row 0) included.

    Returns
    -------
    StepTable
        For slot numbers 0 to 1e8 - 1.

    Notes
    -----
    C fills its table slot by slot and moves to the next word, at most once a slot, when
    slot / 1e8 exceeds the cumulative share of the words.  The last slot of a word is
    therefore max(first slot, smallest slot that exceeds the share), a recurrence that a
    running maximum solves.  Shares are added in C's order, and `math.pow` is the C
    library's, because NumPy's may differ in the last bit.

    Source
    ------
    word2vec.c InitUnigramTable (0.1c).
    """
    powers = np.array([math.pow(c, C_NOISE_EXPONENT) for c in counts.tolist()])
    total = np.add.accumulate(powers)[-1]
    share = np.add.accumulate(powers / total)
    # Smallest slot with slot / table_size > share, found near share * table_size.
    slot = np.maximum(np.floor(share * C_TABLE_SIZE) - 2, 0)
    for _ in range(5):
        slot += slot / C_TABLE_SIZE <= share
    order = np.arange(len(counts))
    last = np.maximum.accumulate(slot.astype(np.int64) - order) + order
    last = np.minimum(last, C_TABLE_SIZE - 1)
    last[-1] = C_TABLE_SIZE - 1
    # At least one bucket for each word, so that a search needs about one step.
    shift = max(0, C_TABLE_SIZE.bit_length() - len(last).bit_length())
    starts = np.arange(0, C_TABLE_SIZE, 1 << shift, dtype=np.int64)
    guide = np.searchsorted(last, starts, side="left").astype(np.int32)
    return StepTable(last.astype(np.uint32), guide, shift)


def keep_thresholds(
    counts: NDArray[np.int64], sample: float
) -> NDArray[np.uint32] | None:
    """Compute fast mode's subsampling: a word is kept if 32 random bits are <= these.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows,)
        Occurrences of each row [occurrences]; row 0, the sentence end, is not counted.
    sample : float
        Words above this share of the corpus are subsampled [fraction]; 0: none.

    Returns
    -------
    ndarray of uint32, shape (rows,), or None
        None if every word is kept.

    Source
    ------
    word2vec.c TrainModelThread: keep with probability (sqrt(n / st) + 1) * st / n for
    a count n and st = sample * total.  Differs: total excludes sentence ends.
    """
    st = sample * float(counts[1:].sum())
    if st == 0:
        return None
    n = np.maximum(counts, 1).astype(np.float64)
    keep = (np.sqrt(n / st) + 1.0) * st / n
    return (np.minimum(keep, 1.0) * KEEP_ALWAYS).astype(np.uint32)


def sampled_counts(
    ids: NDArray[np.int32], n_words: int, n_sampled: int
) -> NDArray[np.int64]:
    """Count the ids of a sample that is spread evenly over a stream.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
    n_words : int
        V, rows of the vocabulary; every id is below.
    n_sampled : int
        At least so many ids are sampled if there are as many.

    Returns
    -------
    ndarray of int64, shape (V,)

    Notes
    -----
    One id is drawn from each stretch of equal length.  Every k-th id would be biased if
    sentences have equal lengths, as of random walks: all could be sentence ends.
    """
    stride = max(1, len(ids) // n_sampled)
    if stride > 1:
        starts = np.arange(len(ids) // stride) * stride
        ids = ids[starts + np.random.default_rng(0).integers(stride, size=len(starts))]
    return np.bincount(ids, minlength=n_words)


def kept_shares(
    counts: NDArray[np.int64], keep: NDArray[np.uint32] | None
) -> NDArray[np.float64]:
    """Compute the share of each word in the kept words.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows,)
        Occurrences of each row [occurrences]; row 0, the sentence end, is not counted.
    keep : ndarray of uint32, shape (rows,), or None
        From `keep_thresholds`. IN

    Returns
    -------
    ndarray of float64, shape (rows,)
        The sum is 1, or 0 if there is no word.
    """
    kept = _kept_counts(counts, keep)
    total = kept.sum()
    if total > 0:
        kept /= total
    return kept


def kept_fraction(counts: NDArray[np.int64], keep: NDArray[np.uint32] | None) -> float:
    """Compute the share of kept words in the text, sentence ends included.

    Parameters as for `kept_shares`.
    """
    return float(_kept_counts(counts, keep).sum() / max(1, counts.sum()))


def _kept_counts(
    counts: NDArray[np.int64], keep: NDArray[np.uint32] | None
) -> NDArray[np.float64]:
    kept = counts.astype(np.float64)
    kept[0] = 0
    if keep is not None:
        kept *= keep / KEEP_ALWAYS
    return kept


def c_keep_thresholds(
    counts: NDArray[np.int64], sample: float
) -> NDArray[np.uint32] | None:
    """Compute exact mode's subsampling: keep if the low 16 random bits are < these.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows,)
        Occurrences of each row [occurrences], the sentence end included.
    sample : float
        C's ``-sample`` [fraction]; rounded to float32 as in C.

    Returns
    -------
    ndarray of uint32, shape (rows,), or None
        None if `sample` is 0: C then draws no random number.

    Notes
    -----
    C mixes float and double; the comments name the types.

    Source
    ------
    word2vec.c TrainModelThread, the subsampling draw.
    """
    if np.float32(sample) <= 0:
        return None
    st = np.float32(sample) * np.float32(counts.sum())  # float * (float)long long
    with np.errstate(divide="ignore", over="ignore"):
        root = np.sqrt((counts.astype(np.float32) / st).astype(np.float64))
        keep = (root + 1.0) * np.float64(st) / counts.astype(np.float64)
        keep = keep.astype(np.float32).astype(np.float64)
    # Smallest t with keep < t / 65536; at most 65536, which 16 bits cannot reach.
    largest = float(C_KEEP_ALWAYS)
    return np.minimum(np.floor(keep * 65536.0) + 1.0, largest).astype(np.uint32)
