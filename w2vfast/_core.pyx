# cython: language_level=3
"""The SGD loops: walk a span, gather rows, call the block update; fast and exact.

What threads share stands here, the loops of either mode in `_core_parts/fast.pxi` and
`_core_parts/exact.pxi`.  Knows arrays and numbers only: no vocabulary, no parameters object, no
logging.  Threads share `syn0`, `syn1` and `syn1neg` and store to them without locks on purpose
(Hogwild; Niu et al. 2011, arXiv:1106.5730); whatever else is written belongs to one
worker alone.

Legend
------
V words (rows)   D floats in a row, padded to `LANES`   N ids   K negatives
L path length    C inputs of a block                    T outputs of a block
A `word` is a vocabulary id; a `pos` is a place among a sentence's kept words; a
`place` is an index into the stream of ids.
"""

from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

import os

import numpy as np


cdef extern from "_core_parts/atomic.h" nogil:
    int64_t atomic_add(int64_t* counter, int64_t amount)
    int64_t atomic_read(int64_t* counter)
    bint atomic_try_lock(int64_t* lock)
    void atomic_unlock(int64_t* lock)
    void atomic_yield()


cdef extern from "_core_parts/block.h" nogil:
    enum: BLOCK_LANES
    enum: BLOCK_ISAS
    enum: SOFTMAX_OUTPUTS
    ctypedef struct block_t:
        float** inputs
        float** sinks
        float** outputs
        const float* labels
        const float* input_counts
        const float* output_counts
        float* logits
        float* sigmoids
        float* errors
        float* tile
        float** ahead
        int n_ahead
        int n_inputs
        int n_outputs
        int dim
        float alpha
        float* shifts
        float* rates
    ctypedef struct block_isa_t:
        const char* name
        int (*is_supported)()
    const char* BLOCK_COMPILER
    const block_isa_t* block_isas
    const block_isa_t* block_isa
    int block_padded(int dim)
    void block_update(const block_t* block)
    void block_merge(float* shared, float* mine, float* base, int stride)
    double block_loss(const block_t* block)
    int block_list(float** rows, float* counts, int n, float* row)
    void block_gather(float scale, float** rows, int count, float* sum, int dim)
    void block_spread(float scale, const float* x, float** rows, int count, int dim)
    void block_prefetch(const float* row, int dim)
    void block_prefetch_line "BLOCK_PREFETCH"(const void* address)


cdef extern from "_core_parts/exact.h" nogil:
    enum: EXACT_TABLE_SIZE
    enum: EXACT_NODES
    ctypedef struct exact_path_t:
        float** rows
        const uint8_t* codes
        float* dots
        float* gains
        uint8_t* open
        float** open_rows
        float* open_gains
        int n_nodes
    void exact_fill_sigmoid(float* table)
    void exact_hs(exact_path_t* path, const float* x, float* error, int dim,
                  float alpha, const float* table)
    void exact_hs_inputs(exact_path_t* path, float** inputs, float** sinks, int n_inputs,
                         int dim, float alpha, const float* table, float* error)
    void exact_negative(const float* x, float* error, float** rows, int count, int dim,
                        float alpha, const float* table, float* dots)
    void exact_axpy(float g, const float* x, float* y, int dim)
    void exact_init(float* syn0, int64_t rows, int dim, int64_t stride)
    float exact_alpha(float starting_alpha, int64_t words_done, int64_t total)
    void exact_centroids(const float* vectors, const int32_t* classes, int64_t rows,
                         int dim, int n_classes, float* centroids, int32_t* sizes)
    void exact_assign(const float* vectors, float** centroids, int64_t rows, int dim,
                      int n_classes, int32_t* classes, float* dots)


COMPILER = BLOCK_COMPILER.decode()
LANES = BLOCK_LANES  # floats: rows are padded to it and aligned


def instruction_sets():
    """Names of the instruction sets that this processor can run, best first."""
    return [block_isas[i].name.decode() for i in range(BLOCK_ISAS)
            if block_isas[i].is_supported()]


def choose_instruction_set(name=None):
    """Use an instruction set from now on, the best one by default; return its name."""
    global block_isa
    available = instruction_sets()
    if not name:
        name = available[0]
    if name not in available:
        raise ValueError(
            f"W2VFAST_ISA must be one of {', '.join(available)}, which this processor "
            f"can run, got {name!r}. Unset it to use {available[0]}.")
    for i in range(BLOCK_ISAS):
        if block_isas[i].name.decode() == name:
            block_isa = &block_isas[i]
    return name


INSTRUCTION_SET = choose_instruction_set(os.environ.get("W2VFAST_ISA"))

cdef enum:
    ALPHA_STRETCH = 10000     # ids that share one alpha, as in word2vec.c
    NEAR_NODES = 64           # inner nodes next to the root, never far from the core
    LOSS_STRIDE = 16          # the loss is taken on every 16th centre, by place
    C_SENTENCE_LENGTH = 1000  # word2vec.c MAX_SENTENCE_LENGTH
    C_TABLE_SIZE = 100000000  # word2vec.c table_size
    CACHE_LINE = 64           # bytes; what threads write lies this far apart
    NEVER = 1 << 30           # a number of merges that no epoch has
    RAMP_PARTS = 32           # the first period is that part of the whole one
    LOCK_ROWS = 4             # rows that one lock guards in a merge, for a microsecond
    LOCK_STRIDE = 8           # int64 from lock to lock, a cache line
    PATIENCE = 100            # tries to take a lock, some microseconds
    N_LOCKS = 256             # of a matrix; more rows share them
    POOL_CENTRES = 12         # centre words that a pool of noise words is for
    POOL_USES = 4             # of a noise word, before another one takes its place


# ---------------------------------------------------------------------------------
# What threads share
# ---------------------------------------------------------------------------------

def aligned_floats(size):
    """Zeros on cache lines of their own: float32, shape (size,)."""
    memory = np.zeros(4 * size + CACHE_LINE, dtype=np.uint8)
    skip = -memory.ctypes.data % CACHE_LINE
    return memory[skip:skip + 4 * size].view(np.float32)


cdef void* owned_bytes(list owners, int64_t n, int64_t size) except NULL:
    """Zeros for n things of a size, on cache lines of their own; freed with `owners`."""
    floats = aligned_floats((n * size + CACHE_LINE) // 4)  # a line more: never empty
    owners.append(floats)
    return <void*><size_t>floats.ctypes.data


def pack_rows(float[:, ::1] matrix, int dim):
    """Move rows of (V, stride) together, so that the first V * dim floats are they.

    In one piece, so that no interrupt can leave half of them moved.
    """
    cdef int64_t word
    with nogil:
        for word in range(matrix.shape[0]):
            memmove(&matrix[0, 0] + word * dim, &matrix[0, 0] + word * matrix.shape[1],
                    dim * sizeof(float))


def pad_rows(float[:, ::1] matrix, int dim):
    """Undo `pack_rows`, from the last row on, and fill up with zeros."""
    cdef int64_t word, stride = matrix.shape[1]
    cdef float* row
    with nogil:
        for word in range(matrix.shape[0] - 1, -1, -1):
            row = &matrix[0, 0] + word * stride
            memmove(row, &matrix[0, 0] + word * dim, dim * sizeof(float))
            memset(row + dim, 0, (stride - dim) * sizeof(float))


cdef struct matrix_t:
    float* shared            # (V, stride), or NULL
    float* mine              # (n_mine, stride) one worker's copy of the first rows
    float* base              # (n_mine, stride) `mine` as it was when last merged
    int64_t n_mine
    const int64_t* meeting   # (n_levels,) rows that each 2**level-th merge brings together
    int n_levels
    int64_t* locks           # (N_LOCKS,) one for LOCK_ROWS rows, LOCK_STRIDE apart


cdef struct model_t:
    # Every worker has one of its own: the same tables, other copies of rows.
    matrix_t syn0            # input vectors
    matrix_t syn1            # inner nodes
    matrix_t syn1neg         # output vectors
    int64_t stride           # floats from row to row, a multiple of LANES
    int dim                  # D without its padding
    const uint32_t* keep     # (V,) subsampling thresholds, or NULL
    const uint32_t* alias    # (V, 2) noise of fast mode: thresholds and aliases
    const uint32_t* last     # (V,) noise of exact mode: largest number of each word
    const int32_t* guide     # (G,) first word of each bucket
    int shift                # bucket = random number >> shift
    int64_t vocab_size       # V
    const int64_t* offsets   # (V + 1,) where each word's path starts
    const int32_t* points    # (sum L,)
    const uint8_t* codes     # (sum L,)
    const uint8_t* frozen    # (V,) 1 for a row of syn0 that is not to change; or NULL


cdef struct settings_t:
    int window
    int negative             # K, 0: off
    int max_sentence_length  # ids
    bint sg
    bint hs
    bint softmax             # over all words; then neither hs nor negative
    bint shrink_windows
    bint cbow_mean
    bint pair                # draw negatives for each pair, not for each window
    bint divide_gradient     # CBOW: the gradient of the mean, not the reference's
    bint all_losses


cdef inline float* row(const matrix_t* x, int64_t word, int64_t stride) noexcept nogil:
    # The only place that says where a row to train lies; in 64 bits.
    return (x.mine if word < x.n_mine else x.shared) + word * stride


cdef class Model:
    """The shared matrices and the read-only tables of one training.

    Parameters
    ----------
    syn0, syn1, syn1neg : ndarray of float32, shape (V, stride); the last two or None
        Rows padded with zeros to a multiple of `LANES` floats. INOUT
    dim : int
        D, the length of a row without its padding [floats].
    keep : ndarray of uint32, shape (V,), or None
        From `sampling.keep_thresholds`, exact mode `sampling.c_keep_thresholds`. IN
    noise : sampling.AliasTable, in exact mode sampling.StepTable, or None
        Needed with `syn1neg`. IN
    tree : huffman.HuffmanTree or None
        Needed with `syn1`. IN
    frozen : ndarray of uint8, shape (V,), or None
        1 for each row of `syn0` that training reads and leaves as it is. IN
    """

    cdef model_t c
    cdef int max_path
    cdef object owners  # keeps the arrays alive that `c` points into

    def __init__(self, float[:, ::1] syn0, float[:, ::1] syn1, float[:, ::1] syn1neg,
                 int dim, const uint32_t[::1] keep=None, noise=None, tree=None,
                 const uint8_t[::1] frozen=None):
        self.owners = [syn0, syn1, syn1neg, keep, noise, tree, frozen]
        self._set_matrix(&self.c.syn0, syn0)
        self._set_matrix(&self.c.syn1, syn1)
        self._set_matrix(&self.c.syn1neg, syn1neg)
        self.c.stride = syn0.shape[1]
        self.c.dim = dim
        self.c.vocab_size = syn0.shape[0]
        self.c.keep = NULL if keep is None else &keep[0]
        self.c.frozen = NULL if frozen is None else &frozen[0]
        if hasattr(noise, "entries"):
            self._set_aliases(noise.entries)
        elif noise is not None:
            self._set_steps(noise.last, noise.guide, noise.shift)
        if tree is not None:
            self._set_tree(tree.offsets, tree.points, tree.codes)

    cdef _set_matrix(self, matrix_t* x, float[:, ::1] matrix):
        if matrix is None:
            return
        cdef int64_t[::1] locks = np.zeros(N_LOCKS * LOCK_STRIDE, dtype=np.int64)
        self.owners.append(locks)
        x.shared, x.locks = &matrix[0, 0], &locks[0]

    cdef _set_aliases(self, const uint32_t[:, ::1] entries):
        self.c.alias = &entries[0, 0]

    cdef _set_steps(self, const uint32_t[::1] last, const int32_t[::1] guide,
                    int shift):
        self.c.last = &last[0]
        self.c.guide = &guide[0]
        self.c.shift = shift

    cdef _set_tree(self, const int64_t[::1] offsets, const int32_t[::1] points,
                   const uint8_t[::1] codes):
        self.c.offsets = &offsets[0]
        self.c.points = &points[0]
        self.c.codes = &codes[0]
        self.max_path = np.diff(offsets).max()


cdef struct counters_t:
    # One worker's counters: written by it, read by the main thread while it runs.
    int64_t ids              # ids visited
    int64_t predictions      # on which the losses were taken
    double hs_loss
    double ns_loss
    double softmax_loss


cdef class Counters:
    """What one worker has done; readable while it works."""

    cdef object owner
    cdef counters_t* c

    def __init__(self):
        # A cache line on either side, so that no other thread's writes come near.
        self.owner = np.zeros(3 * CACHE_LINE, dtype=np.uint8)
        cdef uint8_t[::1] memory = self.owner
        self.c = <counters_t*>&memory[CACHE_LINE]

    @property
    def ids(self):
        """Ids visited so far, over all epochs."""
        return atomic_read(&self.c.ids)

    @property
    def losses(self):
        """Sums so far: (predictions, hierarchical softmax, negative sampling, softmax)."""
        c = self.c
        return c.predictions, c.hs_loss, c.ns_loss, c.softmax_loss


cdef class SpanQueue:
    """The spans of one epoch, handed out to workers one after the other.

    Parameters
    ----------
    starts : ndarray of int64, shape (S + 1,)
        Span s holds ids[starts[s]:starts[s + 1]].
    """

    cdef const int64_t[::1] starts
    cdef int64_t cursor
    cdef int64_t stopped

    def __init__(self, const int64_t[::1] starts):
        self.starts = starts

    def stop(self):
        """Let workers end after the centre word that they are at."""
        atomic_add(&self.stopped, 1)

    @property
    def is_stopped(self):
        """Whether `stop` was called."""
        return atomic_read(&self.stopped) != 0


cdef class Lockstep:
    """Workers that merge equally often, as if each had a core of its own.

    For tests and measurements on few cores: there the system lets a worker do hundreds
    of merges while others stand still, so that what they learn apart is never summed up
    as it is on many cores.  Workers without private rows do not merge, nor wait.

    Parameters
    ----------
    n_workers : int
    """

    cdef int64_t[::1] merges  # (n_workers,) of this epoch; NEVER and more while at rest
    cdef int n_joined

    def __init__(self, int n_workers):
        self.merges = np.full(n_workers, NEVER, dtype=np.int64)

    cdef int join(self) except -1:
        """The place of one more worker."""
        if self.n_joined == self.merges.shape[0]:
            raise ValueError(f"Lockstep is for {self.n_joined} workers, got one more.")
        self.n_joined += 1
        return self.n_joined - 1


def span_starts(const int32_t[::1] ids, int64_t span_length, int max_sentence_length):
    """Cut a stream into spans of whole sentences.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        0 ends a sentence; so does its `max_sentence_length`-th id. IN
    span_length : int
        Least number of ids in a span, but for the last one [ids].

    Returns
    -------
    ndarray of int64, shape (S + 1,)
    """
    starts = [0]
    cdef int64_t place = 0, start = 0, N = ids.shape[0]
    while place < N:
        with nogil:
            while place < N and place - start < span_length:
                place = sentence_end(&ids[0], place, N, max_sentence_length)
        starts.append(place)
        start = place
    return np.array(starts, dtype=np.int64)


cdef inline int64_t sentence_end(const int32_t* ids, int64_t place, int64_t stop,
                                 int max_sentence_length) noexcept nogil:
    """The place after the sentence that starts here, its 0 included."""
    if stop - place > max_sentence_length:
        stop = place + max_sentence_length
    while place < stop:
        place += 1
        if ids[place - 1] == 0:
            break
    return place


# ---------------------------------------------------------------------------------
# Random numbers: SplitMix64 (Steele et al. 2014), a counter passed through a mixer.
# All its bits are good; word2vec.c's generator repeats its low 16 after 65536 draws.
# ---------------------------------------------------------------------------------

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


cdef uint64_t random_stream(uint64_t seed, uint64_t epoch, uint64_t index) noexcept nogil:
    """The state of the generator of one span, or of one row to initialise."""
    cdef uint64_t state = seed
    state = next_random64(&state) ^ epoch
    state = next_random64(&state) ^ index
    return next_random64(&state)


cdef inline int32_t draw_alias(const model_t* m, uint64_t random) noexcept nogil:
    cdef uint32_t slot = <uint32_t>((random >> 32) * <uint64_t>m.vocab_size >> 32)
    cdef uint32_t threshold = m.alias[2 * slot], alias = m.alias[2 * slot + 1]
    return slot if <uint32_t>random < threshold else alias


cdef inline int32_t draw_step(const model_t* m, uint32_t random) noexcept nogil:
    cdef int32_t word = m.guide[random >> m.shift]
    while random > m.last[word]:
        word += 1
    return word


def init_vectors(float[:, ::1] syn0, int dim, uint64_t seed):
    """Fill rows with uniform numbers in [-0.5 / D, 0.5 / D), keyed by (seed, row).

    Source: word2vec.c InitNet.  Differs: 32 random bits instead of 16 that repeat.
    """
    cdef int64_t word
    cdef int i
    cdef uint64_t random
    cdef double scale = 1.0 / (4294967296.0 * dim)  # 2**32 D
    with nogil:
        for word in range(syn0.shape[0]):
            random = random_stream(seed, 0xFFFFFFFF, word)
            for i in range(dim):
                syn0[word, i] = <float>((next_random(&random) - 2147483648.0) * scale)


def init_vectors_exact(float[:, ::1] syn0, int dim):
    """Fill rows with the C program's numbers (word2vec.c InitNet)."""
    with nogil:
        exact_init(&syn0[0, 0], syn0.shape[0], dim, syn0.shape[1])


# ---------------------------------------------------------------------------------
# The loops, by mode; included here, so that the compiler sees them whole
# ---------------------------------------------------------------------------------

include "_core_parts/fast.pxi"
include "_core_parts/exact.pxi"


# ---------------------------------------------------------------------------------
# For tests: what Python cannot reach otherwise
# ---------------------------------------------------------------------------------

def _test_block(float[:, ::1] inputs, float[:, ::1] sinks, float[:, ::1] outputs,
                const int32_t[::1] input_rows, const int32_t[::1] output_rows,
                const float[::1] labels, float alpha, bint softmax=False):
    """One block update of the given rows; return the logits and the loss.

    Parameters
    ----------
    inputs, sinks, outputs : ndarray of float32, shape (rows, stride)
        `sinks` may be `inputs`. IN, INOUT, INOUT
    input_rows, output_rows : ndarray of int32, shapes (C,) and (T,)
        A row may be listed twice and counts twice; labels (T,) are those of the first.
    softmax : bool
        Over the outputs, of which the first was seen; labels are not read, no output
        is listed twice, and `sinks` is not `inputs`.
    """
    cdef int N = <int>input_rows.shape[0], M = <int>output_rows.shape[0]
    cdef int C = 0, T = 0, i
    cdef size_t[:, ::1] pointers = np.empty((3, max(N, M)), dtype=np.uintp)
    cdef float[:, ::1] counts = np.zeros((2, max(N, M) + BLOCK_LANES), dtype=np.float32)
    cdef float[::1] all_labels = np.zeros(M + BLOCK_LANES, dtype=np.float32)
    cdef float[::1] logits = np.zeros(N * M + BLOCK_LANES, dtype=np.float32)
    cdef float[::1] sigmoids = np.zeros(N * M + BLOCK_LANES, dtype=np.float32)
    cdef float[::1] errors = np.zeros(N * M + BLOCK_LANES, dtype=np.float32)
    cdef float[::1] tile = aligned_floats(M * inputs.shape[1])
    cdef float[:, ::1] shifts = np.zeros((2, N + BLOCK_LANES), dtype=np.float32)
    for i in range(N):
        pointers[1, C] = <size_t>&sinks[input_rows[i], 0]
        C = block_list(<float**>&pointers[0, 0], &counts[0, 0], C, &inputs[input_rows[i], 0])
    for i in range(M):
        all_labels[T] = labels[i]
        T = block_list(<float**>&pointers[2, 0], &counts[1, 0], T, &outputs[output_rows[i], 0])
    cdef block_t block = block_t(
        <float**>&pointers[0, 0], <float**>&pointers[1, 0], <float**>&pointers[2, 0],
        &all_labels[0], &counts[0, 0], &counts[1, 0], &logits[0],
        &sigmoids[0], &errors[0], &tile[0], NULL, 0, C, T, <int>inputs.shape[1], alpha,
        NULL, &shifts[1, 0])
    if softmax:
        block.shifts = &shifts[0, 0]
    block_update(&block)
    return np.asarray(logits)[:C * T].reshape(T, C), block_loss(&block)


def _test_random(uint64_t seed, uint64_t epoch, uint64_t index, int n):
    """The first n random numbers (uint32) of a stream."""
    cdef uint64_t state = random_stream(seed, epoch, index)
    return np.array([next_random(&state) for _ in range(n)], dtype=np.uint32)


def _test_aliases(noise, uint64_t seed, int n):
    """The words that n draws of an alias table give."""
    cdef model_t m
    cdef const uint32_t[:, ::1] entries = noise.entries
    cdef uint64_t state = random_stream(seed, 0, 0)
    m.alias, m.vocab_size = &entries[0, 0], entries.shape[0]
    return np.array([draw_alias(&m, next_random64(&state)) for _ in range(n)])


def _test_steps(noise, const uint32_t[::1] randoms):
    """The words that random numbers draw from a step table, shape of `randoms`."""
    cdef model_t m
    cdef const uint32_t[::1] last = noise.last
    cdef const int32_t[::1] guide = noise.guide
    cdef int i
    m.last, m.guide, m.shift = &last[0], &guide[0], noise.shift
    return np.array([draw_step(&m, randoms[i]) for i in range(randoms.shape[0])])


def _test_merges(const int64_t[::1] meeting, int64_t period, int64_t ramp, int n_words):
    """Words kept before each merge, and the rows that meet in it."""
    cdef scratch_t s
    cdef matrix_t x
    memset(&s, 0, sizeof(s))
    s.merge_period, s.ramp = period, ramp
    s.merge_due = period_now(&s)
    x.meeting, x.n_levels = &meeting[0], <int>meeting.shape[0]
    merges = []
    for _ in range(n_words):
        if count_word(&s):
            merges.append((s.n_words, rows_that_meet(&x, s.n_merges)))
    return merges
