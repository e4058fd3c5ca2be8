# cython: language_level=3
"""The SGD loops: walk a span, gather rows, call the block update; fast and exact.

Knows arrays and numbers only: no vocabulary, no parameters object, no logging.
Threads share `syn0`, `syn1` and `syn1neg` and store to them without locks on purpose
(Hogwild; Niu et al. 2011, arXiv:1106.5730); whatever else is written belongs to one
worker alone.

Legend
------
V words (rows)   D floats in a row, padded to `LANES`   N ids   K negatives
L path length    C inputs of a block                    T outputs of a block
A `word` is a vocabulary id; a `pos` is a place among a sentence's kept words; a
`place` is an index into the stream of ids.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memmove, memset

import os

import numpy as np


cdef extern from "_atomic.h" nogil:
    int64_t atomic_add(int64_t* counter, int64_t amount)
    int64_t atomic_read(int64_t* counter)
    bint atomic_try_lock(int64_t* lock)
    void atomic_unlock(int64_t* lock)
    void atomic_yield()


cdef extern from "_block.h" nogil:
    enum: BLOCK_LANES
    enum: BLOCK_TILE
    enum: BLOCK_ISAS
    ctypedef struct block_t:
        float** inputs
        float** sinks
        float** outputs
        const float* labels
        float* logits
        float* errors
        float* tile
        float** ahead
        int n_ahead
        int n_inputs
        int n_outputs
        int dim
        float alpha
    ctypedef struct block_isa_t:
        const char* name
        int (*is_supported)()
    const char* BLOCK_COMPILER
    const block_isa_t* block_isas
    const block_isa_t* block_isa
    void block_update(const block_t* block)
    void block_merge(float* shared, float* mine, float* base, int dim)
    double block_loss(const block_t* block)
    void block_gather(float scale, float** rows, int count, float* sum, int dim)
    void block_spread(float scale, const float* x, float** rows, int count, int dim)
    void block_prefetch(const float* row, int dim)


cdef extern from "_exact.h" nogil:
    enum: EXACT_TABLE_SIZE
    void exact_fill_sigmoid(float* table)
    void exact_hs(const float* x, float* error, float** rows, const uint8_t* codes,
                  int count, int dim, float alpha, const float* table, float* dots)
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
    MERGE_PERIOD = 512        # kept words between two merges of a worker
    MERGE_LEAST = 16          # rows: what every merge brings together
    LOCK_ROWS = 16            # rows that one lock guards in a merge
    LOCK_STRIDE = 8           # int64 from lock to lock, a cache line


# ---------------------------------------------------------------------------------
# What threads share
# ---------------------------------------------------------------------------------

def aligned_floats(size):
    """Zeros on cache lines of their own: float32, shape (size,)."""
    memory = np.zeros(4 * size + CACHE_LINE, dtype=np.uint8)
    skip = -memory.ctypes.data % CACHE_LINE
    return memory[skip:skip + 4 * size].view(np.float32)


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
    int64_t* locks           # one for LOCK_ROWS rows, LOCK_STRIDE apart


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


cdef struct settings_t:
    int window
    int negative             # K, 0: off
    int max_sentence_length  # ids
    bint sg
    bint hs
    bint shrink_windows
    bint cbow_mean
    bint pair                # draw negatives for each pair, not for each window
    bint divide_gradient     # CBOW: the gradient of the mean, not the reference's
    bint all_losses


cdef inline float* row(const matrix_t* x, int64_t word, int64_t stride) noexcept nogil:
    # The only place where a row's address is computed, in 64 bits.
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
    """

    cdef model_t c
    cdef int max_path
    cdef object owners  # keeps the arrays alive that `c` points into

    def __init__(self, float[:, ::1] syn0, float[:, ::1] syn1, float[:, ::1] syn1neg,
                 int dim, const uint32_t[::1] keep=None, noise=None, tree=None):
        self.owners = [syn0, syn1, syn1neg, keep, noise, tree]
        self._set_matrix(&self.c.syn0, syn0)
        self._set_matrix(&self.c.syn1, syn1)
        self._set_matrix(&self.c.syn1neg, syn1neg)
        self.c.stride = syn0.shape[1]
        self.c.dim = dim
        self.c.vocab_size = syn0.shape[0]
        self.c.keep = NULL if keep is None else &keep[0]
        if hasattr(noise, "entries"):
            self._set_aliases(noise.entries)
        elif noise is not None:
            self._set_steps(noise.last, noise.guide, noise.shift)
        if tree is not None:
            self._set_tree(tree.offsets, tree.points, tree.codes)

    cdef _set_matrix(self, matrix_t* x, float[:, ::1] matrix):
        if matrix is None:
            return
        cdef int64_t n_locks = matrix.shape[0] // LOCK_ROWS + 1
        cdef int64_t[::1] locks = np.zeros(n_locks * LOCK_STRIDE, dtype=np.int64)
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
        """Sums so far: (predictions, hierarchical softmax, negative sampling)."""
        return self.c.predictions, self.c.hs_loss, self.c.ns_loss


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
        """Let workers end after the sentence that they are at."""
        atomic_add(&self.stopped, 1)

    @property
    def is_stopped(self):
        """Whether `stop` was called."""
        return atomic_read(&self.stopped) != 0


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
# Fast mode: what one worker owns
# ---------------------------------------------------------------------------------

cdef struct schedule_t:
    # Linear decay: alpha(place) = start - slope * place, never below the floor.
    double start
    double slope
    double floor
    int64_t first_place      # of this epoch, counted over all of them


cdef struct plan_t:
    # A centre word, prepared one ahead of its training so that its rows are on their
    # way from memory meanwhile: nothing that is drawn depends on the weights.
    float** contexts         # (C,) rows of the context
    int n_contexts           # C; 0: nothing to train
    float** path             # (L,) rows of inner nodes, root first
    float* path_labels       # (L,) 1 - code
    int path_length          # L
    float** noise            # (U, K + 1) rows: the word, then noise words
    int* noise_lengths       # (U,) how many of each K + 1
    float** ahead            # rows to call from memory before they are needed
    int n_ahead
    bint take_loss


cdef struct scratch_t:
    int32_t* words           # (max_sentence_length,) kept words of the sentence
    int64_t* places          # (max_sentence_length,) where they stand in the stream
    int n_kept
    float* noise_labels      # (K + 1,) 1, then zeros
    float* neu1              # (stride,) CBOW: mean or sum of the context's rows
    float* neu1e             # (stride,) CBOW: its change
    plan_t plans[2]          # of this centre word and of the next
    int64_t* visits          # (V,) ids seen, for tests; or NULL
    int64_t* stopped         # the queue's flag
    int64_t n_unmerged       # kept words since the last merge
    uint64_t n_merges
    uint64_t random
    block_t block
    counters_t* counters


cdef class Worker:
    """One thread's part in fast training.

    Parameters
    ----------
    model : Model
        Shared with the other workers.
    settings : dict
        sg, hs, negative, window, shrink_windows, cbow_mean, pair, divide_gradient,
        all_losses, max_sentence_length.
    seed : int
        Of the whole run; a span's random numbers depend on (seed, epoch, span) only.
    count_visits : bool
        Count the ids that are seen, in `visits`.
    n_private : int
        Rows of each matrix, from the first on, of which this worker has copies; 0
        for a single worker.
    """

    cdef Model model
    cdef model_t c
    cdef settings_t settings
    cdef scratch_t scratch
    cdef uint64_t seed
    cdef object owners
    cdef readonly Counters counters
    cdef readonly object visits

    def __init__(self, Model model, dict settings, uint64_t seed, *,
                 bint count_visits=False, int64_t n_private=0):
        self.model = model
        self.c = model.c
        self.settings = settings
        self.seed = seed
        self.counters = Counters()
        self.scratch.counters = self.counters.c
        self.owners = []
        self._allocate()
        n_private = min(n_private, model.c.vocab_size)
        self._allocate_copies(&self.c.syn0, n_private)
        self._allocate_copies(&self.c.syn1, n_private)
        self._allocate_copies(&self.c.syn1neg, n_private)
        self.visits = None
        if count_visits:
            self.visits = np.zeros(model.c.vocab_size, dtype=np.int64)
            self.scratch.visits = <int64_t*><size_t>self.visits.ctypes.data

    cdef void* _buffer(self, int64_t n, int64_t size) except NULL:
        """Bytes on a cache line of their own, freed with this object."""
        memory = np.zeros(n * size + 2 * CACHE_LINE, dtype=np.uint8)
        self.owners.append(memory)
        cdef size_t address = <size_t>memory.ctypes.data
        return <void*>((address + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE)

    cdef _allocate(self):
        cdef settings_t* o = &self.settings
        cdef scratch_t* s = &self.scratch
        cdef int64_t C = min(2 * <int64_t>o.window, o.max_sentence_length)
        cdef int64_t T = max(o.negative + 1, self.model.max_path)
        cdef int64_t stride = self.model.c.stride
        s.words = <int32_t*>self._buffer(o.max_sentence_length, sizeof(int32_t))
        s.places = <int64_t*>self._buffer(o.max_sentence_length, sizeof(int64_t))
        s.noise_labels = <float*>self._buffer(o.negative + 1, sizeof(float))
        s.noise_labels[0] = 1
        s.neu1 = <float*>self._buffer(stride, sizeof(float))
        s.neu1e = <float*>self._buffer(stride, sizeof(float))
        s.block.logits = <float*>self._buffer(C * T + BLOCK_LANES, sizeof(float))
        s.block.errors = <float*>self._buffer(C * T + BLOCK_LANES, sizeof(float))
        s.block.tile = <float*>self._buffer((C + T) * BLOCK_TILE, sizeof(float))
        s.block.dim = <int>stride
        for i in range(2):
            self._allocate_plan(&s.plans[i], C, C if o.pair else 1)

    cdef _allocate_copies(self, matrix_t* x, int64_t n_rows):
        if x.shared == NULL or n_rows == 0:
            return
        x.mine = <float*>self._buffer(n_rows * self.c.stride, sizeof(float))
        x.base = <float*>self._buffer(n_rows * self.c.stride, sizeof(float))
        x.n_mine = n_rows

    cdef _allocate_plan(self, plan_t* plan, int64_t C, int64_t U):
        cdef int64_t L = self.model.max_path, K = self.settings.negative
        plan.contexts = <float**>self._buffer(C, sizeof(float*))
        plan.path = <float**>self._buffer(L, sizeof(float*))
        plan.path_labels = <float*>self._buffer(L, sizeof(float))
        plan.noise = <float**>self._buffer(U * (K + 1), sizeof(float*))
        plan.noise_lengths = <int*>self._buffer(U, sizeof(int))
        plan.ahead = <float**>self._buffer(1 + L + U * (K + 1), sizeof(float*))

    def train_epoch(self, const int32_t[::1] ids, SpanQueue queue, int64_t stream,
                    (int, int) epoch, (double, double, double) decay):
        """Train spans until the queue is empty or stopped; runs without the GIL.

        Parameters
        ----------
        ids : ndarray of int32, shape (N,)
            The whole stream. IN
        queue : SpanQueue
            Shared with the other workers.
        stream : int
            Number of the epoch that random numbers are keyed by.
        epoch : tuple of int
            Which pass of the linear decay this is, from 0, and how many there are.
        decay : tuple of float
            Learning rate at the start and at the end of the linear decay, and the
            value that it does not go below.
        """
        cdef schedule_t schedule
        cdef int64_t N = ids.shape[0]
        schedule.start = decay[0]
        schedule.slope = (decay[0] - decay[1]) / (<double>N * epoch[1])
        schedule.floor = decay[2]
        schedule.first_place = epoch[0] * N
        self.scratch.stopped = &queue.stopped
        with nogil:
            run_spans(&self.c, &self.settings, &self.scratch, &schedule,
                      &ids[0], queue, self.seed, stream)


cdef void run_spans(const model_t* m, const settings_t* o, scratch_t* s,
                    const schedule_t* schedule, const int32_t* ids, SpanQueue queue,
                    uint64_t seed, int64_t stream) noexcept nogil:
    cdef int64_t span, place, end, stop, n_spans = queue.starts.shape[0] - 1
    merge_all(m)
    while not atomic_read(&queue.stopped):
        span = atomic_add(&queue.cursor, 1)
        if span >= n_spans:
            break
        s.random = random_stream(seed, stream, span)
        place = queue.starts[span]
        stop = queue.starts[span + 1]
        while place < stop and not atomic_read(&queue.stopped):
            end = sentence_end(ids, place, stop, o.max_sentence_length)
            s.block.alpha = alpha_at(schedule, schedule.first_place + place)
            train_sentence(m, o, s, ids, place, end)
            merge_when_due(m, s)
            atomic_add(&s.counters.ids, end - place)
            place = end
    merge_all(m)


# ---------------------------------------------------------------------------------
# Merge: how workers agree on the rows that all of them use all the time
#
# Words are sorted by frequency and inner nodes by their distance from the root, so the
# hottest rows are the first.  Of those every worker has a copy; what it gained is added
# to the shared rows now and then: after merge number n, the first MERGE_LEAST rows
# times the largest power of 2 in n, so that the hottest meet often and the rest rarely
# (Ji et al. 2016, arXiv:1604.04661, sec. IV, synchronise machines so).
# ---------------------------------------------------------------------------------

cdef void merge_when_due(const model_t* m, scratch_t* s) noexcept nogil:
    cdef int64_t n_rows
    if m.syn0.n_mine == 0:
        return
    s.n_unmerged += s.n_kept
    if s.n_unmerged < MERGE_PERIOD:
        return
    s.n_unmerged = 0
    s.n_merges += 1
    n_rows = MERGE_LEAST * (s.n_merges & -s.n_merges)
    merge(&m.syn0, n_rows, m.stride, False)
    merge(&m.syn1, n_rows, m.stride, False)
    merge(&m.syn1neg, n_rows, m.stride, False)


cdef void merge_all(const model_t* m) noexcept nogil:
    merge(&m.syn0, m.syn0.n_mine, m.stride, True)
    merge(&m.syn1, m.syn1.n_mine, m.stride, True)
    merge(&m.syn1neg, m.syn1neg.n_mine, m.stride, True)


cdef void merge(const matrix_t* x, int64_t n_rows, int64_t stride,
                bint wait) noexcept nogil:
    """Merge the first rows; unless told to wait, pass over those another is merging."""
    cdef int64_t group, word, n_groups = (min(n_rows, x.n_mine) + LOCK_ROWS - 1) / LOCK_ROWS
    cdef int64_t* lock
    for group in range(n_groups):
        lock = x.locks + group * LOCK_STRIDE
        while not atomic_try_lock(lock):
            if not wait:
                break
            atomic_yield()
        else:
            for word in range(group * LOCK_ROWS, min((group + 1) * LOCK_ROWS, x.n_mine)):
                block_merge(x.shared + word * stride, x.mine + word * stride,
                            x.base + word * stride, <int>stride)
            atomic_unlock(lock)


cdef inline float alpha_at(const schedule_t* a, int64_t place) noexcept nogil:
    # A function of position alone, so the same for any number of workers.
    place -= place % ALPHA_STRETCH
    return <float>max(a.start - a.slope * place, a.floor)


# ---------------------------------------------------------------------------------
# Fast mode: one sentence, one centre word
# ---------------------------------------------------------------------------------

cdef void train_sentence(const model_t* m, const settings_t* o, scratch_t* s,
                         const int32_t* ids, int64_t start, int64_t stop) noexcept nogil:
    cdef int pos
    keep_words(m, s, ids, start, stop)
    for pos in range(min(o.window + 1, s.n_kept)):
        block_prefetch(row(&m.syn0, s.words[pos], m.stride), m.dim)
    if s.n_kept > 0:
        prepare(m, o, s, &s.plans[0], 0)
    for pos in range(s.n_kept):
        if atomic_read(s.stopped):
            return
        s.block.n_ahead = 0
        if pos + 1 < s.n_kept:
            prepare(m, o, s, &s.plans[(pos + 1) & 1], pos + 1)
            s.block.ahead = s.plans[(pos + 1) & 1].ahead
            s.block.n_ahead = s.plans[(pos + 1) & 1].n_ahead
        if s.plans[pos & 1].n_contexts > 0:
            if o.sg:
                train_skipgram(m, o, s, &s.plans[pos & 1])
            else:
                train_cbow(m, o, s, &s.plans[pos & 1])


cdef void keep_words(const model_t* m, scratch_t* s, const int32_t* ids, int64_t start,
                     int64_t stop) noexcept nogil:
    """Subsample a sentence."""
    cdef int64_t place
    cdef int n_kept = 0
    for place in range(start, stop):
        if s.visits != NULL:
            s.visits[ids[place]] += 1
        # No branch: whether a word is kept cannot be predicted.
        s.words[n_kept] = ids[place]
        s.places[n_kept] = place
        if m.keep == NULL:
            n_kept += ids[place] != 0
        else:
            n_kept += (ids[place] != 0) & (next_random(&s.random) <= m.keep[ids[place]])
    s.n_kept = n_kept


# ---- ahead of a centre word: what it will need ----

cdef void prepare(const model_t* m, const settings_t* o, scratch_t* s, plan_t* plan,
                  int pos) noexcept nogil:
    """Draw all that the word at `pos` needs, and list its rows that may be far away."""
    cdef int32_t word = s.words[pos]
    cdef int u
    plan.n_ahead = 0
    find_contexts(m, o, s, plan, pos)
    if plan.n_contexts == 0:
        return
    plan.take_loss = o.all_losses or s.places[pos] % LOSS_STRIDE == 0
    if pos + o.window < s.n_kept:  # the word that comes within reach now
        call_ahead(plan, row(&m.syn0, s.words[pos + o.window], m.stride))
    if o.hs:
        find_path(m, plan, word)
    if o.negative > 0:
        for u in range(plan.n_contexts if o.sg and o.pair else 1):
            plan.noise_lengths[u] = draw_outputs(
                m, o, s, plan, plan.noise + <int64_t>u * (o.negative + 1), word)


cdef inline void call_ahead(plan_t* plan, float* row) noexcept nogil:
    plan.ahead[plan.n_ahead] = row
    plan.n_ahead += 1


cdef void find_contexts(const model_t* m, const settings_t* o, scratch_t* s,
                        plan_t* plan, int pos) noexcept nogil:
    """List the rows of the words within the window, which shrinks at random."""
    cdef int reach = o.window, context_pos
    if o.shrink_windows:
        reach = 1 + random_below(&s.random, o.window)
    plan.n_contexts = 0
    for context_pos in range(max(0, pos - reach), min(s.n_kept, pos + reach + 1)):
        if context_pos != pos:
            plan.contexts[plan.n_contexts] = row(&m.syn0, s.words[context_pos], m.stride)
            plan.n_contexts += 1


cdef void find_path(const model_t* m, plan_t* plan, int32_t word) noexcept nogil:
    """Outputs: the inner nodes from the root to the word; labels 1 - code."""
    cdef int64_t start = m.offsets[word]
    cdef int t
    plan.path_length = <int>(m.offsets[word + 1] - start)
    for t in range(plan.path_length):
        plan.path[t] = row(&m.syn1, m.points[start + t], m.stride)
        plan.path_labels[t] = 1 - m.codes[start + t]
        if m.points[start + t] >= NEAR_NODES:
            call_ahead(plan, plan.path[t])


cdef int draw_outputs(const model_t* m, const settings_t* o, scratch_t* s,
                      plan_t* plan, float** outputs, int32_t word) noexcept nogil:
    """Outputs: the word and K noise words; a draw of the word itself is dropped."""
    cdef int32_t noise_word
    cdef int k, T = 1
    outputs[0] = row(&m.syn1neg, word, m.stride)
    call_ahead(plan, outputs[0])
    for k in range(o.negative):
        noise_word = draw_alias(m, next_random64(&s.random))
        if noise_word != word:
            outputs[T] = row(&m.syn1neg, noise_word, m.stride)
            call_ahead(plan, outputs[T])
            T += 1
    return T


# ---- the centre word itself ----

cdef void train_skipgram(const model_t* m, const settings_t* o, scratch_t* s,
                         plan_t* plan) noexcept nogil:
    """The contexts' rows are the inputs, all at once or each by itself."""
    cdef int u, n_units = plan.n_contexts if o.pair else 1
    s.block.n_inputs = 1 if o.pair else plan.n_contexts
    for u in range(n_units):
        s.block.inputs = plan.contexts + u
        s.block.sinks = plan.contexts + u
        update_outputs(o, s, plan, u)


cdef void train_cbow(const model_t* m, const settings_t* o, scratch_t* s,
                     plan_t* plan) noexcept nogil:
    """The mean (or sum) of the contexts' rows is the input; each gains its change."""
    cdef float scale = 1.0
    memset(s.neu1e, 0, m.stride * sizeof(float))
    if o.cbow_mean:
        scale = <float>1.0 / plan.n_contexts
    block_gather(scale, plan.contexts, plan.n_contexts, s.neu1, s.block.dim)
    s.block.n_inputs = 1
    s.block.inputs = &s.neu1
    s.block.sinks = &s.neu1e
    update_outputs(o, s, plan, 0)
    # word2vec.c hands the whole error to each row; the mean's gradient is its share.
    scale = scale if o.divide_gradient else 1.0
    block_spread(scale, s.neu1e, plan.contexts, plan.n_contexts, s.block.dim)


cdef void update_outputs(const settings_t* o, scratch_t* s, plan_t* plan,
                         int u) noexcept nogil:
    """Train the block's inputs to predict the centre word, by either objective."""
    if plan.take_loss:
        s.counters.predictions += s.block.n_inputs
    if o.hs:
        s.block.outputs = plan.path
        s.block.labels = plan.path_labels
        s.block.n_outputs = plan.path_length
        s.counters.hs_loss += train_block(&s.block, plan.take_loss)
    if o.negative > 0:
        s.block.outputs = plan.noise + <int64_t>u * (o.negative + 1)
        s.block.labels = s.noise_labels
        s.block.n_outputs = plan.noise_lengths[u]
        s.counters.ns_loss += train_block(&s.block, plan.take_loss)


cdef double train_block(block_t* block, bint take_loss) noexcept nogil:
    block_update(block)
    block.n_ahead = 0
    return block_loss(block) if take_loss else 0


# ---------------------------------------------------------------------------------
# Exact mode: word2vec.c TrainModelThread at one thread, every draw in its order
# ---------------------------------------------------------------------------------

cdef struct exact_t:
    int32_t* sentence        # (C_SENTENCE_LENGTH,) kept words
    int length
    float* neu1              # (D,)
    float* neu1e             # (D,)
    float** rows             # (T,)
    float* dots              # (T,)
    float* sigmoid           # (EXACT_TABLE_SIZE,)
    uint64_t random          # the C program's generator, seeded with the thread's 0
    float alpha
    float starting_alpha
    int64_t total_words      # iter * train_words + 1
    int64_t train_words
    int64_t word_count       # words read in this epoch
    int64_t last_word_count  # of those, how many alpha has seen
    int64_t words_done       # word_count_actual: how many alpha has seen in all
    int64_t cursor           # place in the stream


cdef class ExactWorker:
    """The C program's only thread.  State carries on from epoch to epoch.

    Parameters
    ----------
    model : Model
        With exact mode's tables.
    settings : dict
        As for `Worker`; sg, hs, negative and window are used.
    alpha : float
        C's ``-alpha``.
    epochs : int
        C's ``-iter``.
    train_words : int
        Sum of the vocabulary's counts, the sentence end included [words].
    """

    cdef Model model
    cdef settings_t settings
    cdef exact_t state
    cdef object owners
    cdef readonly Counters counters

    def __init__(self, Model model, dict settings, float alpha, int epochs,
                 int64_t train_words):
        self.model = model
        self.settings = settings
        self.counters = Counters()
        cdef exact_t* s = &self.state
        cdef int64_t T = max(settings["negative"] + 1, model.max_path)
        self.owners = []
        s.sentence = <int32_t*>self._buffer(C_SENTENCE_LENGTH, sizeof(int32_t))
        s.neu1 = <float*>self._buffer(model.c.dim, sizeof(float))
        s.neu1e = <float*>self._buffer(model.c.dim, sizeof(float))
        s.rows = <float**>self._buffer(T, sizeof(float*))
        s.dots = <float*>self._buffer(T, sizeof(float))
        s.sigmoid = <float*>self._buffer(EXACT_TABLE_SIZE, sizeof(float))
        exact_fill_sigmoid(s.sigmoid)
        s.alpha = s.starting_alpha = alpha
        s.train_words = train_words
        s.total_words = epochs * train_words + 1

    cdef void* _buffer(self, int64_t n, int64_t size) except NULL:
        memory = np.zeros(n * size, dtype=np.uint8)
        self.owners.append(memory)
        return <void*><size_t>memory.ctypes.data

    @property
    def alpha(self):
        """The learning rate as it is now."""
        return self.state.alpha

    def train_epoch(self, const int32_t[::1] ids, SpanQueue queue):
        """Train one pass over the ids, or less if the queue is stopped."""
        with nogil:
            exact_epoch(&self.model.c, &self.settings, &self.state, &ids[0],
                        ids.shape[0], queue, self.counters.c)


cdef void exact_epoch(const model_t* m, const settings_t* o, exact_t* s,
                      const int32_t* ids, int64_t N, SpanQueue queue,
                      counters_t* counters) noexcept nogil:
    cdef int64_t start
    cdef int pos
    cdef bint at_end
    s.cursor = s.word_count = s.last_word_count = 0
    while not atomic_read(&queue.stopped):
        exact_refresh_alpha(s)
        start = s.cursor
        at_end = exact_read_sentence(m, s, ids, N)
        atomic_add(&counters.ids, s.cursor - start)
        if at_end or s.word_count > s.train_words:
            # What was read of the last sentence is dropped, as in C.
            s.words_done += s.word_count - s.last_word_count
            return
        exact_centre(m, o, s, 0)  # even an empty sentence draws one window
        for pos in range(1, s.length):
            if atomic_read(&queue.stopped):
                return
            exact_refresh_alpha(s)
            exact_centre(m, o, s, pos)


cdef inline void exact_refresh_alpha(exact_t* s) noexcept nogil:
    if s.word_count - s.last_word_count > ALPHA_STRETCH:
        s.words_done += s.word_count - s.last_word_count
        s.last_word_count = s.word_count
        s.alpha = exact_alpha(s.starting_alpha, s.words_done, s.total_words)


cdef inline uint64_t exact_random(exact_t* s) noexcept nogil:
    s.random = s.random * <uint64_t>25214903917U + 11
    return s.random


cdef bint exact_read_sentence(const model_t* m, exact_t* s, const int32_t* ids,
                              int64_t N) noexcept nogil:
    """Read up to a 0 or C_SENTENCE_LENGTH kept words; true at the end of the text."""
    cdef int32_t word
    s.length = 0
    while s.cursor < N:
        word = ids[s.cursor]
        s.cursor += 1
        s.word_count += 1
        if word == 0:
            return False
        if m.keep != NULL and (exact_random(s) & 0xFFFF) >= m.keep[word]:
            continue
        s.sentence[s.length] = word
        s.length += 1
        if s.length == C_SENTENCE_LENGTH:
            return False
    return True


cdef void exact_centre(const model_t* m, const settings_t* o, exact_t* s,
                       int pos) noexcept nogil:
    cdef int reach = o.window - <int>(exact_random(s) % <uint64_t>o.window)
    cdef int first = max(0, pos - reach), stop = min(s.length, pos + reach + 1)
    cdef int context_pos
    cdef float* context
    if not o.sg:
        exact_cbow(m, o, s, pos, first, stop)
        return
    for context_pos in range(first, stop):
        if context_pos == pos:
            continue
        context = row(&m.syn0, s.sentence[context_pos], m.stride)
        memset(s.neu1e, 0, m.dim * sizeof(float))
        exact_outputs(m, o, s, s.sentence[pos], context)
        exact_axpy(1, s.neu1e, context, m.dim)


cdef void exact_cbow(const model_t* m, const settings_t* o, exact_t* s, int pos,
                     int first, int stop) noexcept nogil:
    cdef int context_pos, i, n_contexts = stop - first - 1
    if n_contexts < 1:
        return
    memset(s.neu1, 0, m.dim * sizeof(float))
    memset(s.neu1e, 0, m.dim * sizeof(float))
    for context_pos in range(first, stop):
        if context_pos != pos:
            exact_axpy(1, row(&m.syn0, s.sentence[context_pos], m.stride), s.neu1, m.dim)
    for i in range(m.dim):
        s.neu1[i] = s.neu1[i] / n_contexts
    exact_outputs(m, o, s, s.sentence[pos], s.neu1)
    for context_pos in range(first, stop):
        if context_pos != pos:
            exact_axpy(1, s.neu1e, row(&m.syn0, s.sentence[context_pos], m.stride), m.dim)


cdef void exact_outputs(const model_t* m, const settings_t* o, exact_t* s,
                        int32_t word, const float* x) noexcept nogil:
    """Both objectives for one input x (D,); its error is added to neu1e."""
    cdef int64_t start
    cdef int t, length
    if o.hs:
        start = m.offsets[word]
        length = <int>(m.offsets[word + 1] - start)
        for t in range(length):
            s.rows[t] = row(&m.syn1, m.points[start + t], m.stride)
        exact_hs(x, s.neu1e, s.rows, m.codes + start, length, m.dim, s.alpha,
                 s.sigmoid, s.dots)
    if o.negative > 0:
        length = exact_draw_outputs(m, o, s, word)
        exact_negative(x, s.neu1e, s.rows, length, m.dim, s.alpha, s.sigmoid, s.dots)


cdef int exact_draw_outputs(const model_t* m, const settings_t* o, exact_t* s,
                            int32_t word) noexcept nogil:
    cdef int k, T = 1
    cdef int64_t noise_word
    cdef uint64_t random
    s.rows[0] = row(&m.syn1neg, word, m.stride)
    for k in range(o.negative):
        random = exact_random(s)
        noise_word = draw_step(m, <uint32_t>((random >> 16) % C_TABLE_SIZE))
        if noise_word == 0:
            noise_word = random % <uint64_t>(m.vocab_size - 1) + 1
        if noise_word != word:
            s.rows[T] = row(&m.syn1neg, noise_word, m.stride)
            T += 1
    return T


# ---------------------------------------------------------------------------------
# K-means of -classes
# ---------------------------------------------------------------------------------

def kmeans_centroids(const float[:, ::1] vectors, const int32_t[::1] classes,
                     float[:, ::1] centroids):
    """Compute the centroids (n_classes, D) OUT of classes (V,) IN of vectors (V, D)."""
    cdef int n_classes = <int>centroids.shape[0]
    cdef int32_t[::1] sizes = np.empty(n_classes, dtype=np.int32)
    with nogil:
        exact_centroids(&vectors[0, 0], &classes[0], vectors.shape[0],
                        <int>vectors.shape[1], n_classes, &centroids[0, 0], &sizes[0])


def kmeans_assign(const float[:, ::1] vectors, float[:, ::1] centroids,
                  int32_t[::1] classes):
    """Find the nearest of the centroids (n_classes, D): classes (V,) OUT."""
    cdef int n_classes = <int>centroids.shape[0], dim = <int>vectors.shape[1], k
    cdef float[::1] dots = np.empty(n_classes, dtype=np.float32)
    cdef size_t[::1] rows = np.empty(n_classes, dtype=np.uintp)
    for k in range(n_classes):
        rows[k] = <size_t>&centroids[k, 0]
    with nogil:
        exact_assign(&vectors[0, 0], <float**>&rows[0], vectors.shape[0], dim,
                     n_classes, &classes[0], &dots[0])


# ---------------------------------------------------------------------------------
# For tests: what Python cannot reach otherwise
# ---------------------------------------------------------------------------------

def _test_block(float[:, ::1] inputs, float[:, ::1] sinks, float[:, ::1] outputs,
                const int32_t[::1] input_rows, const int32_t[::1] output_rows,
                const float[::1] labels, float alpha):
    """One block update of the given rows; return the logits (C, T) and the loss.

    Parameters
    ----------
    inputs, sinks, outputs : ndarray of float32, shape (rows, stride)
        `sinks` may be `inputs`. IN, INOUT, INOUT
    input_rows, output_rows : ndarray of int32, shapes (C,) and (T,)
        A row may be listed twice.
    """
    cdef int C = <int>input_rows.shape[0], T = <int>output_rows.shape[0], i
    cdef size_t[::1] pointers = np.empty(2 * C + T, dtype=np.uintp)
    cdef float[::1] logits = np.zeros(C * T + BLOCK_LANES, dtype=np.float32)
    cdef float[::1] errors = np.zeros(C * T + BLOCK_LANES, dtype=np.float32)
    cdef float[::1] tile = aligned_floats((C + T) * BLOCK_TILE)
    for i in range(C):
        pointers[i] = <size_t>&inputs[input_rows[i], 0]
        pointers[C + i] = <size_t>&sinks[input_rows[i], 0]
    for i in range(T):
        pointers[2 * C + i] = <size_t>&outputs[output_rows[i], 0]
    cdef float** rows = <float**>&pointers[0]
    cdef block_t block = block_t(
        rows, rows + C, rows + 2 * C, &labels[0], &logits[0], &errors[0],
        &tile[0], NULL, 0, C, T, <int>inputs.shape[1], alpha)
    block_update(&block)
    return np.asarray(logits)[:C * T].reshape(C, T), block_loss(&block)


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
