# Softmax over many words: sums of exponentials.  Part of _core.pyx.

def add_exponentials(const float[:, ::1] logits, const float[::1] biases,
                     float[::1] tops, double[::1] sums):
    """Add exponentials to sums that are relative to the largest logit so far.

    After all words, log(sum over words of exp(logit + bias)) is tops + log(sums).

    Parameters
    ----------
    logits : ndarray of float32, shape (H, W)
        IN
    biases : ndarray of float32, shape (W,)
        Added to each row of logits; finite. IN
    tops : ndarray of float32, shape (H,)
        The largest logit plus bias so far; at first -FLT_MAX. INOUT
    sums : ndarray of float64, shape (H,)
        Sum of exp(logit + bias - top) so far; at first 0.  Becomes nan where a logit is
        not finite. INOUT

    Raises
    ------
    ValueError
        If shapes differ.

    Notes
    -----
    Source: Milakov and Gimelshein 2018, Online normalizer calculation for softmax,
    arXiv:1805.02867.
    """
    cdef int64_t H = logits.shape[0], W = logits.shape[1]
    if (biases.shape[0], tops.shape[0], sums.shape[0]) != (W, H, H):
        raise ValueError(
            f"logits of shape ({H}, {W}) need biases of shape ({W},), tops and sums of "
            f"shape ({H},); got {biases.shape[0]}, {tops.shape[0]}, {sums.shape[0]}.")
    if H == 0 or W == 0:
        return
    with nogil:
        block_exp_sums(&logits[0, 0], &biases[0], H, W, &tops[0], &sums[0])
