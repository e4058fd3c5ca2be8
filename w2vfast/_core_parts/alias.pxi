# Fast mode: the noise distribution as an alias table.  Part of _core.pyx.

def alias_table(double[::1] shares):
    """Build an alias table with two stacks: of small shares and of large ones.

    Parameters
    ----------
    shares : ndarray of float64, shape (V,)
        Share of each word, times V, so that the mean is 1.  OVERWRITTEN

    Returns
    -------
    ndarray of uint32, shape (V, 2)
        Threshold and alias of each slot, as `draw_alias` reads them.

    Notes
    -----
    O(V).  A word with less than a slot is small.  Each step fills the slot of the last
    small word with the last large word; once that has less than a slot left, it is
    small, too.  Words that remain have a whole slot, up to rounding.

    Source: Vose 1991, A linear algorithm for generating random numbers with a given
    distribution, IEEE TSE 17(9).
    """
    cdef int64_t V = shares.shape[0], n_small = 0, first_large = V, word, small, large
    cdef uint32_t[:, ::1] entries = np.empty((V, 2), dtype=np.uint32)
    cdef int32_t[::1] stacks = np.empty(V, dtype=np.int32)  # large ones grow downwards
    with nogil:
        for word in range(V):
            entries[word, 0], entries[word, 1] = 0xFFFFFFFF, <uint32_t>word
            if shares[word] < 1:
                stacks[n_small] = <int32_t>word
                n_small += 1
            else:
                first_large -= 1
                stacks[first_large] = <int32_t>word
        while n_small > 0 and first_large < V:
            n_small -= 1
            small, large = stacks[n_small], stacks[first_large]
            entries[small, 0] = <uint32_t>(shares[small] * 4294967296.0)  # 2**32
            entries[small, 1] = <uint32_t>large
            shares[large] -= 1 - shares[small]
            if shares[large] < 1:
                first_large += 1
                stacks[n_small] = <int32_t>large
                n_small += 1
    return np.asarray(entries)
