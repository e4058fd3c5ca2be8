# cython: language_level=3
"""The training kernels' entry points: stochastic gradient descent, fast and exact.

Knows arrays and numbers only: no vocabulary, no parameters object, no logging.  Threads
share `syn0`, `syn1` and `syn1neg` and store to them without locks on purpose (Hogwild;
Niu et al. 2011, arXiv:1106.5730); everything else that is written belongs to one
worker.

This file has what all parts need: the C functions, the constants, the model and the
options.  The parts in `_core_parts`, included so that the compiler optimises across
them (the `.h` files there are the arithmetic):

==================  =================================================================
memory.pxi          aligned memory, the padding of rows
tables.pxi          noise distributions and paths of inner nodes
counters.pxi        what a worker has done so far
spans.pxi           how a text is cut, and the queue of an epoch
random.pxi          random numbers
checks.pxi          shapes and ranges of all arrays
alias.pxi           fast mode: building the noise distribution
fast.pxi            fast mode: sentences and centre words
cbow.pxi            fast mode: CBOW and the window that moves over a sentence
worker.pxi          fast mode: what a worker owns, its spans, the learning rate
curvature.pxi       merges: samples of the curvature
merge.pxi           merges: replicas of threads
rounds.pxi          deterministic runs: training the shards of a round
round_merge.pxi     deterministic runs: merging the shards
round_exchange.pxi  deterministic runs: packing the shards for other processes
rank_changes.pxi    several processes: passes over the rows that ranks merge, sums
exact.pxi           exact mode, and the classes of the C program
cosines.pxi         questions to vectors
exp_sums.pxi        scores of sentences
for_tests.pxi       entry points that only tests call
==================  =================================================================

Legend
------
V words (rows)   D floats in a row, padded to `LANES`   N ids   K negatives
L path length    C inputs of a block                    T outputs of a block
U blocks of a centre word: 1, or C where each pair has its own negative samples
A `word` is a vocabulary id; a `pos` is an index into a sentence's kept words; an
`offset` is an index into the stream of ids.
"""

from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

import os

import numpy as np


cdef extern from "_core_parts/atomic.h" nogil:
    int64_t atomic_add(int64_t* counter, int64_t amount)
    int64_t atomic_read(int64_t* counter)
    void atomic_sum(double* sum, double amount)
    double atomic_read_sum(double* sum)
    bint atomic_try_lock(int64_t* lock)
    void atomic_unlock(int64_t* lock)
    void atomic_yield()
    void atomic_publish(int64_t* counter, int64_t value)
    void atomic_wait(int64_t* counter, int64_t value)


cdef extern from "_core_parts/curvature.h" nogil:
    enum: CURVATURE_AXES, CURVATURE_BANDS, RESPONSE_SUMS
    ctypedef struct curvature_t:
        float** axes
        float* values
        float** sums
        float* dots
        float* change
        double trace
        double n_blocks
        double n_known
        float rest
        double* band_traces
        double* band_uses
        float* band_scales
        int n_axes
        int n_columns
        int dim
    ctypedef struct replica_t:
        float* mine
        float* base
        float* received
        float* sums
    int curvature_band(uint32_t row)
    float curvature_scale(const curvature_t* curvature, uint32_t row)
    void curvature_start(curvature_t* curvature)
    void curvature_refresh(curvature_t* curvature)


cdef extern from *:
    """
    #define BLOCK_LINKED /* with kernels.c */
    """

cdef extern from "_core_parts/block.h" nogil:
    enum: BLOCK_LANES
    enum: BLOCK_INPUTS
    enum: SOFTMAX_OUTPUTS
    ctypedef struct block_t:
        float** inputs
        float** targets
        float** outputs
        const float* labels
        const float* input_counts
        const float* output_counts
        float* first_logits
        float* logits
        float* sigmoids
        float* errors
        float* partial_sums
        float* gram
        float** prefetch
        int n_prefetch
        int n_inputs
        int n_outputs
        int dim
        float alpha
        float* log_sums
        float* rates
    ctypedef struct window_row_t:
        float* row
        const float* since
        float* target
        int count
        float weight
    ctypedef struct window_t:
        float* sum
        const float* earlier_total
        float* total
        float* next_total
        float update_scale
        float n_received
        window_row_t* settled
        float** entering
        int n_settled
        int n_entering
        window_row_t centre
        float scale
        float* hidden
        int dim
    ctypedef struct block_isa_t:
        const char* name
        int (*is_supported)()
    const char* BLOCK_COMPILER
    const char* BLOCK_COMMIT
    const char* BLOCK_FLAGS
    const block_isa_t* linked_isas
    int n_linked_isas
    const block_isa_t* block_isa
    int block_padded(int dim)
    int block_share(int count, int limit)
    int gram_stride(int n_inputs)
    void block_update(const block_t* block)
    void block_transport(const curvature_t* curvature, float strength,
                         const float* mine, const float* base, float* row)
    void block_merge_row(const curvature_t* curvature, float strength,
                         const replica_t* replica, float* shared)
    void curvature_add(curvature_t* curvature, float weight, float* x)
    double block_loss(const block_t* block)
    int block_append_row(float** rows, float* counts, int n, float* row)
    int block_add_row(float** rows, float* counts, int n, float* row)
    void window_step(const window_t* step)
    void block_cosine_sums(const float* rows, int64_t stride, int64_t n, const float* x,
                           int dim, float* dots, float* squares)
    void block_exp_sums(const float* logits, const float* biases, int64_t H, int64_t W,
                        float* tops, double* sums)
    void block_prefetch_row(const float* row, int dim)
    void block_prefetch_own_row(const float* row, int dim)
    void block_prefetch_line "BLOCK_PREFETCH"(const void* address)


cdef extern from "_core_parts/exact.h" nogil:
    enum: EXACT_TABLE_SIZE
    enum: EXACT_NODES
    ctypedef struct exact_path_t:
        float** rows
        const uint8_t* codes
        float* dots
        float* gradients
        uint8_t* active
        float** active_rows
        float* active_gradients
        int n_nodes
    void exact_fill_sigmoid(float* table)
    void exact_hs(exact_path_t* path, const float* x, float* error, int dim,
                  float alpha, const float* table)
    void exact_hs_inputs(exact_path_t* path, float** inputs, float** targets,
                         int n_inputs, int dim, float alpha, const float* table,
                         float* error)
    void exact_negative(const float* x, float* error, float** rows, int count, int dim,
                        float alpha, const float* table, float* dots)
    void exact_axpy(float a, const float* x, float* y, int dim)
    void exact_init(float* syn0, int64_t rows, int dim, int64_t stride)
    float exact_alpha(float starting_alpha, int64_t words_done, int64_t total)
    void exact_centroids(const float* vectors, const int32_t* classes, int64_t rows,
                         int dim, int n_classes, float* centroids, int32_t* sizes)
    void exact_assign(const float* vectors, float** centroids, int64_t rows, int dim,
                      int n_classes, int32_t* classes, float* dots)


COMPILER = BLOCK_COMPILER.decode()
COMMIT = BLOCK_COMMIT.decode()
FLAGS = BLOCK_FLAGS.decode()
LANES = BLOCK_LANES  # floats: rows are padded to it and aligned
MAX_INPUTS = BLOCK_INPUTS  # contexts of a centre word in a block
MAX_SHARING = SHARING_CONTEXTS  # contexts of a centre word that share negative samples
AXES = CURVATURE_AXES  # directions of the curvature that are treated apart
BANDS = CURVATURE_BANDS  # of rows whose curvature differs


def instruction_sets():
    """Return the instruction sets that this processor supports, best first."""
    return [linked_isas[i].name.decode() for i in range(n_linked_isas)
            if linked_isas[i].is_supported()]


def choose_instruction_set(name=None):
    """Use an instruction set from now on, by default the best; return its name."""
    global block_isa
    available = instruction_sets()
    if not name:
        name = available[0]
    if name not in available:
        raise ValueError(
            f"W2VFAST_ISA must be one of {', '.join(available)}, which this processor "
            f"supports, got {name!r}. Unset it to use {available[0]}.")
    for i in range(n_linked_isas):
        if linked_isas[i].name.decode() == name:
            block_isa = &linked_isas[i]
    return name


INSTRUCTION_SET = choose_instruction_set(os.environ.get("W2VFAST_ISA"))

cdef float WRONG_SIGMOID = 0.1  # of an observed output, see weight_of


cdef enum:
    ALPHA_STRETCH = 10000     # ids that share one alpha, as in word2vec.c
    NEAR_NODES = 64           # inner nodes next to the root, which stay in the cache
    LOSS_STRIDE = 16          # the loss is computed at every 16th offset
    C_SENTENCE_LENGTH = 1000  # word2vec.c MAX_SENTENCE_LENGTH
    C_TABLE_SIZE = 100000000  # word2vec.c table_size
    CACHE_LINE = 64           # bytes between data that different threads write
    LARGEST_OPTION = 1 << 26  # of sizes that the kernels multiply as int
    MOST_ROWS = 0x7FFFFFFF    # a word is an int32
    NEVER = 1 << 30           # more merges than any epoch has
    RAMP_PERIODS = 128        # at the start, periods are this part of the words so far
    REPLICATE_USES = 16       # between two merges, from which a row is replicated
    CURVATURE_STRIDE = 256    # kept words between two samples of the curvature
    LOCK_ROWS = 4             # rows behind one lock, which a merge holds for about 1 us
    LOCK_STRIDE = 8           # int64 from lock to lock, a cache line
    LOCK_TRIES = 100          # attempts to take a lock, some microseconds
    N_LOCKS = 256             # of a matrix; groups of rows beyond share them
    SHARING_CONTEXTS = 2 * BLOCK_INPUTS  # that share negative samples, at most
    POOL_USES = 4             # uses of a negative sample; a power of 2
    COUNTED_TOGETHER = 256    # ids that a worker trains before the others know of them
    WINDOW_RUN = 256          # CBOW: steps of a window until its sum is made anew
    CHAINS = 1024             # CBOW: of positions with similar words, a power of 2
    TOUCHED_BLOCK = 16384     # touched rows allocated together: enough for huge pages
    PART_BITS = 4
    PARTS = 16                # 2**PART_BITS, of the rows that shards have touched
    MERGE_AHEAD = 4           # copies from the one that is merged to one prefetched
    MEMORY_SLOTS = 2          # of what each rank of a machine adds up at once
    CHANGES_AHEAD = 3         # rows from the one in a slot to the one prefetched


# ---------------------------------------------------------------------------------
# Memory
# ---------------------------------------------------------------------------------

include "_core_parts/memory.pxi"


# ---------------------------------------------------------------------------------
# The model: matrices and tables that threads share
# ---------------------------------------------------------------------------------

cdef struct slot_t:
    int32_t row              # 1 + index of a touched row, 0 for the others
    int32_t uses             # how often the shard has listed it to be updated


cdef struct copy_t:
    int32_t word
    int32_t row              # index of the touched row
    int32_t uses             # `uses` of its slot


cdef struct touched_t:
    # Copies of the rows of one matrix that one shard has touched, in that order.
    float** blocks           # (V / TOUCHED_BLOCK + 1,) of TOUCHED_BLOCK rows, or NULL
    int32_t* words           # (n_rows,)
    copy_t* copies           # (n_rows,) the same, sorted by the part of the word
    int64_t part_ends[PARTS]  # of each part in `copies`
    int64_t n_rows
    int64_t n_copied         # rows that are filled already
    int64_t block_floats
    void* owners             # the list that owns the blocks
    bint failed              # there was no memory for a block


cdef struct matrix_t:
    float* shared            # (V, stride), or NULL
    float* replica           # (n_replicas, stride) a worker's copy of the first rows
    float* base              # (n_replicas, stride) the replica after its last merge
    float* received          # (n_replicas, stride) what others changed at that merge
    float* sums              # (n_replicas, RESPONSE_SUMS)
    int64_t n_replicated     # so far; at most n_replicas
    int64_t n_replicas
    const float* uses        # (n_replicas,) of each row in training one kept word
    int64_t* merged_at       # (n_groups,) kept words at last merge of LOCK_ROWS rows
    uint8_t* is_merged       # (n_groups,) 1 after the first merge
    curvature_t* curvature   # of the loss in these rows, as this worker samples it
    int64_t* locks           # (N_LOCKS,) one for LOCK_ROWS rows, LOCK_STRIDE apart
    touched_t* touched       # rows of the shard that is trained, or NULL
    slot_t* slots            # (V,)


cdef struct model_t:
    # Each worker has its own: the same tables, but its own replicas.
    matrix_t syn0            # input vectors
    matrix_t syn1            # inner nodes
    matrix_t syn1neg         # output vectors
    int64_t stride           # floats from row to row, a multiple of LANES
    int dim                  # D without padding
    const uint32_t* keep     # (V,) subsampling thresholds, or NULL
    const uint32_t* alias    # (V, 2) noise of fast mode: thresholds and aliases
    const uint32_t* last     # (V,) noise of exact mode: largest number of each word
    const int32_t* guide     # (G,) first word of each bucket
    int shift                # bucket = random number >> shift
    int64_t vocab_size       # V
    const int64_t* path_offsets  # (V + 1,) where each word's path starts
    const int32_t* points    # (sum L,)
    const uint8_t* codes     # (sum L,)
    const uint8_t* frozen    # (V,) 1 for a row of syn0 that must not change; or NULL


cdef inline float* row(const matrix_t* matrix, int64_t word,
                       int64_t stride) noexcept nogil:
    # The one place that chooses between a replica and the shared row; in 64 bits.
    # Without a branch, because whether a word is replicated cannot be predicted.
    cdef float* shared = matrix.shared
    cdef float* replica = matrix.replica
    if matrix.touched != NULL:
        return touched_row(matrix, word, stride, 1)
    return (replica if word < matrix.n_replicated else shared) + word * stride


cdef inline int64_t word_of(const matrix_t* matrix, const float* row,
                            int64_t stride) noexcept nogil:
    """Return the word or node whose row this is: the inverse of `row`."""
    if matrix.touched != NULL:
        return touched_word(matrix.touched, row, stride)
    if is_inside(row, matrix.replica, matrix.n_replicas * stride):
        return (row - matrix.replica) // stride
    return (row - matrix.shared) // stride


cdef inline bint is_inside(const float* row, const float* first,
                           int64_t n_floats) noexcept nogil:
    # As numbers: pointers to different arrays have no order.
    return <size_t>row - <size_t>first < <size_t>n_floats * sizeof(float)


include "_core_parts/tables.pxi"


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
    noise : AliasNoise, in exact mode StepNoise, or None
        Required for negative sampling.
    paths : Paths or None
        Required with `syn1`.
    frozen : ndarray of uint8, shape (V,), or None
        1 for each row of `syn0` that training must not change. IN

    Raises
    ------
    ValueError
        If an array does not have the shape or the values that the kernels rely on.
    """

    cdef model_t c
    cdef int max_path
    cdef list owners  # keeps the arrays alive that `c` points to

    def __init__(self, float[:, ::1] syn0, float[:, ::1] syn1, float[:, ::1] syn1neg,
                 int dim, *, const uint32_t[::1] keep=None, Noise noise=None,
                 Paths paths=None, const uint8_t[::1] frozen=None):
        check_matrices(syn0, syn1, syn1neg, dim)
        require_length(keep, "keep", syn0.shape[0])
        require_length(frozen, "frozen", syn0.shape[0])
        self.owners = [syn0, syn1, syn1neg, keep, noise, paths, frozen]
        self._set_matrix(&self.c.syn0, syn0)
        self._set_matrix(&self.c.syn1, syn1)
        self._set_matrix(&self.c.syn1neg, syn1neg)
        self.c.stride = syn0.shape[1]
        self.c.dim = dim
        self.c.vocab_size = syn0.shape[0]
        self.c.keep = NULL
        if keep is not None:
            self.c.keep = &keep[0]
        self.c.frozen = NULL
        if frozen is not None:
            self.c.frozen = &frozen[0]
        if noise is not None:
            noise.check(self.c.vocab_size)
            noise.fill(&self.c)
        if paths is not None:
            paths.fill(&self.c)
            self.max_path = paths.longest()

    cdef _set_matrix(self, matrix_t* matrix, float[:, ::1] rows):
        if rows is None:
            return
        cdef int64_t[::1] locks = np.zeros(N_LOCKS * LOCK_STRIDE, dtype=np.int64)
        self.owners.append(locks)
        matrix.shared, matrix.locks = &rows[0, 0], &locks[0]


# ---------------------------------------------------------------------------------
# Options and schedules
# ---------------------------------------------------------------------------------

cdef struct options_t:
    int window
    int n_reaches            # CBOW: how many numbers of words a side may have,
    int reach_stride         # from one of them to the next (the first is 1), and how
    int reach_step           # many of them the next window goes up or down
    int negative             # K, 0: no negative sampling
    int max_sentence_length  # ids
    bint sg
    bint hs
    bint softmax             # over all words; excludes hs and negative
    bint shrink_windows
    bint cbow_mean
    bint pairs               # skip-gram: a block for each pair, with its own samples
    bint pooled              # negative samples come from the worker's pool
    int pool_sets            # sets of K that it holds
    int sharing_contexts     # contexts of a centre word that share a set, at most
    bint divide_gradient     # CBOW: the gradient of the mean, not the reference's
    bint all_losses          # compute every loss, not every LOSS_STRIDE-th


cdef class Options:
    """What to train; see `TrainParams` for each option.

    Parameters
    ----------
    sg, hs, softmax, shrink_windows, cbow_mean : bool
    negative, window : int
    reach_stride : int
        CBOW: from one number of words on a side that a window may have to the next.
    pair : bool
        Draw new negative samples for each pair (CBOW: for each centre word) instead
        of taking them from the pool.
    pool_sets : int
        Sets of `negative` samples that a worker's pool holds.
    divide_gradient : bool
        CBOW: divide the update of a context row by the number of context words.
    all_losses : bool
        Compute the loss of every centre word, not of a sample.
    max_sentence_length : int
        Longer sentences are cut [ids].
    """

    cdef options_t c

    def __init__(self, *, bint sg, bint hs, bint softmax, int negative, int window,
                 int reach_stride, bint shrink_windows, bint cbow_mean, bint pair,
                 int pool_sets, bint divide_gradient, bint all_losses,
                 int max_sentence_length):
        self.c.sg, self.c.hs, self.c.softmax = sg, hs, softmax
        self.c.negative = negative
        self.c.window = window
        self.c.shrink_windows = shrink_windows
        self.c.cbow_mean = cbow_mean
        self.c.pairs = sg and pair
        self.c.pooled, self.c.pool_sets = not pair, pool_sets
        # CBOW has one input: no centre word needs a second set.
        self.c.sharing_contexts = SHARING_CONTEXTS if sg else 2 * window
        if self.c.pairs:
            self.c.sharing_contexts = 1
        self.c.divide_gradient = divide_gradient
        self.c.all_losses = all_losses
        self.c.max_sentence_length = max_sentence_length
        check_options(&self.c)
        self._set_reaches(reach_stride)

    cdef _set_reaches(self, int stride):
        require(1 <= stride, "reach_stride", "at least 1", stride)
        self.c.reach_stride = stride
        self.c.n_reaches = (self.c.window - 1) // stride + 1
        # A quarter of `window` up to 3, then a fifth; but at least two reaches on.
        cdef int step = max(min(3, (self.c.window + 3) // 4), (self.c.window + 4) // 5)
        self.c.reach_step = min(max(2, (step + stride - 1) // stride), self.c.n_reaches)


cdef struct schedule_t:
    # Linear decay: alpha(offset) = start - slope * offset, at least the floor.
    double start
    double slope
    double floor
    int64_t first_offset     # of this epoch, counted over all epochs


cdef class AlphaSchedule:
    """The linear decay of the learning rate in one epoch of a run.

    Parameters
    ----------
    start, end : float
        Learning rate at the start and at the end of the run.
    floor : float
        Lower bound of the learning rate.
    epoch, n_epochs : int
        Number of this epoch, from 0, and of all epochs of the run.
    """

    cdef double start, end, floor
    cdef int epoch, n_epochs

    def __init__(self, double start, double end, double floor, *, int epoch,
                 int n_epochs):
        self.start, self.end, self.floor = start, end, floor
        self.epoch, self.n_epochs = epoch, n_epochs

    cdef schedule_t over(self, int64_t N):
        """The decay as a function of the offset, with N ids in an epoch."""
        cdef double slope = (self.start - self.end) / (<double>N * self.n_epochs)
        return schedule_t(self.start, slope, self.floor, self.epoch * N)


cdef class Replicas:
    """Which rows a worker replicates, and how often it merges them.

    Parameters
    ----------
    inputs, outputs, nodes : ndarray of float32, shape (rows,)
        How often training one kept word uses each of the first rows of `syn0`,
        `syn1neg` and `syn1`, on average; of `syn0`, for each context of the word.
        Those that a worker uses often are replicated. IN
    first_period, period : int
        Kept words of this worker between two merges: at the start of a run, and at
        most [words].
    transport : float
        How far a merge goes from a sum, 0, towards replacing what was learned apart.
    """

    cdef float transport
    cdef const float[::1] inputs
    cdef const float[::1] outputs
    cdef const float[::1] nodes
    cdef int64_t first_period
    cdef int64_t period

    def __init__(self, const float[::1] inputs, const float[::1] outputs,
                 const float[::1] nodes, *, int64_t first_period, int64_t period,
                 float transport):
        require(1 <= first_period <= period, "first_period", "in [1, period]",
                first_period)
        self.inputs, self.outputs, self.nodes = inputs, outputs, nodes
        self.first_period, self.period = first_period, period
        self.transport = transport


# ---------------------------------------------------------------------------------
# What threads tell each other: counters, spans, lockstep
# ---------------------------------------------------------------------------------

include "_core_parts/counters.pxi"
include "_core_parts/spans.pxi"


cdef class Lockstep:
    """Makes workers merge equally often, as if each had its own core.

    For tests and measurements on few cores: there the system suspends workers for
    hundreds of merges, so that updates are never added up as they are on many cores.
    Workers without replicas neither merge nor wait.

    Parameters
    ----------
    n_workers : int
    """

    cdef int64_t[::1] merges  # (n_workers,) in this epoch; NEVER or more in between
    cdef int n_joined

    def __init__(self, int n_workers):
        self.merges = np.full(n_workers, NEVER, dtype=np.int64)

    cdef int join(self) except -1:
        """Return the index of one more worker."""
        if self.n_joined == self.merges.shape[0]:
            raise ValueError(f"Lockstep is for {self.n_joined} workers, got one more.")
        self.n_joined += 1
        return self.n_joined - 1


# ---------------------------------------------------------------------------------
# Random numbers
# ---------------------------------------------------------------------------------

include "_core_parts/random.pxi"


# ---------------------------------------------------------------------------------
# The two modes; included, so that the compiler sees everything in one unit
# ---------------------------------------------------------------------------------

include "_core_parts/checks.pxi"
include "_core_parts/alias.pxi"
include "_core_parts/curvature.pxi"
include "_core_parts/merge.pxi"
include "_core_parts/fast.pxi"
include "_core_parts/cbow.pxi"
include "_core_parts/worker.pxi"
include "_core_parts/rounds.pxi"
include "_core_parts/round_merge.pxi"
include "_core_parts/round_exchange.pxi"
include "_core_parts/rank_changes.pxi"
include "_core_parts/exact.pxi"


# ---------------------------------------------------------------------------------
# Questions to vectors and to models
# ---------------------------------------------------------------------------------

include "_core_parts/cosines.pxi"
include "_core_parts/exp_sums.pxi"


# ---------------------------------------------------------------------------------
# Entry points for tests only
# ---------------------------------------------------------------------------------

include "_core_parts/for_tests.pxi"
