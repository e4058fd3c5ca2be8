# Random numbers and what is drawn with them.  Part of _core.pyx.
#
# SplitMix64 (Steele et al. 2014), a mixing function of a counter: all of its bits are
# good; the low 16 bits of word2vec.c's generator repeat after 65536 draws.

cdef inline uint64_t next_random64(uint64_t* state) noexcept nogil:
    state[0] += <uint64_t>0x9E3779B97F4A7C15U  # 2**64 / golden ratio, odd
    cdef uint64_t z = state[0]
    z = (z ^ (z >> 30)) * <uint64_t>0xBF58476D1CE4E5B9U
    z = (z ^ (z >> 27)) * <uint64_t>0x94D049BB133111EBU
    return z ^ (z >> 31)


cdef inline uint32_t next_random(uint64_t* state) noexcept nogil:
    return <uint32_t>(next_random64(state) >> 32)


cdef inline uint32_t random_below(uint64_t* state, uint32_t bound) noexcept nogil:
    return <uint32_t>((<uint64_t>next_random(state) * bound) >> 32)


cdef uint64_t random_stream(uint64_t seed, uint64_t epoch,
                            uint64_t index) noexcept nogil:
    """Return the generator's state for one span, or for one row to initialise."""
    cdef uint64_t state = seed
    state = next_random64(&state) ^ epoch
    state = next_random64(&state) ^ index
    return next_random64(&state)


cdef inline int32_t draw_alias(const model_t* model, uint64_t random) noexcept nogil:
    cdef uint32_t slot = <uint32_t>((random >> 32) * <uint64_t>model.vocab_size >> 32)
    cdef uint32_t threshold = model.alias[2 * slot], alias = model.alias[2 * slot + 1]
    return slot if <uint32_t>random < threshold else alias


cdef inline int32_t draw_step(const model_t* model, uint32_t random) noexcept nogil:
    cdef int32_t word = model.guide[random >> model.shift]
    while random > model.last[word]:
        word += 1
    return word


def init_vectors(float[:, ::1] syn0, int dim, uint64_t seed, double init_range):
    """Fill rows with uniform numbers in [-init_range / D, init_range / D).

    They are keyed by (seed, row).

    Source: word2vec.c InitNet, where the range is 0.5.  Differs: 32 random bits instead
    of 16 that repeat.
    """
    cdef int64_t word
    cdef int i
    cdef uint64_t random
    cdef double scale = init_range / (2147483648.0 * dim)  # 2**31 D
    check_padding(syn0, "the length of a row", dim)
    with nogil:
        for word in range(syn0.shape[0]):
            random = random_stream(seed, 0xFFFFFFFF, word)
            for i in range(dim):
                syn0[word, i] = <float>((next_random(&random) - 2147483648.0) * scale)


def init_vectors_exact(float[:, ::1] syn0, int dim):
    """Fill rows with the C program's numbers (word2vec.c InitNet)."""
    check_padding(syn0, "the length of a row", dim)
    with nogil:
        exact_init(&syn0[0, 0], syn0.shape[0], dim, syn0.shape[1])
