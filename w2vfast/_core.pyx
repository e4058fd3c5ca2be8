# cython: language_level=3
"""The training kernels' entry points: stochastic gradient descent, fast and exact.

This file has what both modes share.  In `_core_parts`, `worker.pxi`, `merge.pxi`,
`rounds.pxi`, `fast.pxi`, `cbow.pxi` and `alias.pxi` are fast mode, `exact.pxi` is exact
mode, `cosines.pxi` and `exp_sums.pxi` serve questions to vectors and models, and the
`.h` files are the arithmetic.  Knows arrays and numbers only: no vocabulary, no
parameters object, no logging.  Threads share `syn0`, `syn1` and `syn1neg` and store to
them without locks on purpose (Hogwild; Niu et al. 2011, arXiv:1106.5730); everything
else that is written belongs to one worker.

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


cdef extern from "_core_parts/curvature.h" nogil:
    enum: CURVATURE_AXES, CURVATURE_BANDS
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
    enum: STRIP
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
        bint prefetch_far
        int n_inputs
        int n_outputs
        int dim
        float alpha
        float* log_sums
        float* rates
    ctypedef struct chunk_t:
        float** rows
        float** targets
        float** hidden
        float** updates
        int* starts
        int* ends
        int* by_start
        int* by_end
        const float* scales
        const float* update_scales
        float* sums
        int last_sum
        int lag
        int n_rows
        int n_centres
        int first_centre
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
    void curvature_add(curvature_t* curvature, float weight, float* x)
    double block_loss(const block_t* block)
    int block_add_row(float** rows, float* counts, int n, float* row)
    void block_gather(float scale, float** rows, int count, float* sum, int dim)
    void block_scatter_add(float scale, const float* x, float** rows, int count,
                           int dim)
    void block_cosine_sums(const float* rows, int64_t stride, int64_t n, const float* x,
                           int dim, float* dots, float* squares)
    void block_exp_sums(const float* logits, const float* biases, int64_t H, int64_t W,
                        float* tops, double* sums)
    void block_update_pairs(const block_t* block)
    void chunk_hidden(const chunk_t* chunk)
    void chunk_scatter(const chunk_t* chunk)
    void block_prefetch_row(const float* row, int dim)
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
CHUNK_CENTRES = CHUNK      # centre words of a chunk


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
    POOL_CENTRES = 12         # centre words that the pool of negative samples serves
    POOL_USES = 4             # uses of a negative sample before it is replaced
    CHUNK = 48                # CBOW: centre words whose contexts are read together
    GROUP = 4                 # CBOW: centre words that share negative samples
    TOUCHED_BLOCK = 16384     # touched rows allocated together: enough for huge pages
    PART_BITS = 4
    PARTS = 16                # 2**PART_BITS, of the rows that shards have touched
    MERGE_AHEAD = 4           # copies from the one that is merged to one prefetched


# ---------------------------------------------------------------------------------
# Memory
# ---------------------------------------------------------------------------------

def aligned_floats(size):
    """Return zeros that share no cache line with others: float32, shape (size,)."""
    memory = np.zeros(4 * size + CACHE_LINE, dtype=np.uint8)
    skip = -memory.ctypes.data % CACHE_LINE
    return memory[skip:skip + 4 * size].view(np.float32)


cdef void* owned_bytes(list owners, int64_t n, int64_t size) except NULL:
    """Allocate n * size zero bytes on their own cache lines; freed with `owners`."""
    floats = aligned_floats((n * size + CACHE_LINE) // 4)  # a line more: never empty
    owners.append(floats)
    return <void*><size_t>floats.ctypes.data


def pack_rows(float[:, ::1] matrix, int dim):
    """Remove the padding of rows (V, stride): the first V * dim floats hold the rows.

    Without the GIL and in one call, so that no interrupt leaves it half done.
    """
    cdef int64_t word
    check_padding(matrix, "the length of a row", dim)
    with nogil:
        for word in range(matrix.shape[0]):
            memmove(&matrix[0, 0] + word * dim, &matrix[0, 0] + word * matrix.shape[1],
                    dim * sizeof(float))


def pad_rows(float[:, ::1] matrix, int dim):
    """Undo `pack_rows`, starting with the last row; the padding is zeros."""
    cdef int64_t word, stride = matrix.shape[1]
    cdef float* row
    check_padding(matrix, "the length of a row", dim)
    with nogil:
        for word in range(matrix.shape[0] - 1, -1, -1):
            row = &matrix[0, 0] + word * stride
            memmove(row, &matrix[0, 0] + word * dim, dim * sizeof(float))
            memset(row + dim, 0, (stride - dim) * sizeof(float))


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
    int64_t n_replicated     # so far; at most n_replicas
    int64_t n_replicas
    const float* uses        # (n_replicas,) of each row in training one kept word
    int64_t* merged_at       # (n_groups,) kept words at last merge of LOCK_ROWS rows
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


cdef class Noise:
    """Base class of noise distributions, from which negative samples are drawn."""

    cdef check(self, int64_t V):
        """Raise ValueError unless every draw is one of V words."""
        raise NotImplementedError

    cdef int fill(self, model_t* model) except -1:
        raise NotImplementedError


cdef class AliasNoise(Noise):
    """The noise distribution of fast mode.

    Parameters
    ----------
    entries : ndarray of uint32, shape (V, 2)
        Threshold and alias of each slot, as in `sampling.AliasTable`. IN
    """

    cdef const uint32_t[:, ::1] entries

    def __init__(self, const uint32_t[:, ::1] entries):
        self.entries = entries

    cdef check(self, int64_t V):
        check_alias_table(self.entries, V)

    cdef int fill(self, model_t* model) except -1:
        model.alias = &self.entries[0, 0]
        return 0


cdef class StepNoise(Noise):
    """The noise distribution of exact mode.

    Parameters
    ----------
    last : ndarray of uint32, shape (V,)
    guide : ndarray of int32, shape (G,)
    shift : int
        As in `sampling.StepTable`. IN
    """

    cdef const uint32_t[::1] last
    cdef const int32_t[::1] guide
    cdef int shift

    def __init__(self, const uint32_t[::1] last, const int32_t[::1] guide, int shift):
        self.last = last
        self.guide = guide
        self.shift = shift

    cdef check(self, int64_t V):
        check_step_table(self.last, self.guide, self.shift, V)

    cdef int fill(self, model_t* model) except -1:
        model.last = &self.last[0]
        model.guide = &self.guide[0]
        model.shift = self.shift
        return 0


cdef class Paths:
    """The words' paths of inner nodes for hierarchical softmax.

    Parameters
    ----------
    offsets : ndarray of int64, shape (V + 1,)
    points : ndarray of int32, shape (sum L,)
    codes : ndarray of uint8, shape (sum L,)
        As in `huffman.HuffmanTree`. IN
    """

    cdef const int64_t[::1] offsets
    cdef const int32_t[::1] points
    cdef const uint8_t[::1] codes

    def __init__(self, const int64_t[::1] offsets, const int32_t[::1] points,
                 const uint8_t[::1] codes):
        check_paths(offsets, points, codes)
        self.offsets = offsets
        self.points = points
        self.codes = codes

    cdef int fill(self, model_t* model) except -1:
        require_length(self.offsets[1:], "the paths", model.vocab_size)
        require_within(np.asarray(self.points), "an inner node", 0, model.vocab_size)
        model.path_offsets = &self.offsets[0]
        model.points = &self.points[0]
        model.codes = &self.codes[0]
        return 0

    cdef int longest(self) except -1:
        return np.diff(self.offsets).max()


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
        self.c.keep = NULL if keep is None else &keep[0]
        self.c.frozen = NULL if frozen is None else &frozen[0]
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
    int negative             # K, 0: no negative sampling
    int max_sentence_length  # ids
    bint sg
    bint hs
    bint softmax             # over all words; excludes hs and negative
    bint shrink_windows
    bint cbow_mean
    bint pairs               # skip-gram: a block for each pair, with its own samples
    bint pooled              # negative samples come from the worker's pool
    bint chunks              # CBOW: train chunks of centre words
    bint divide_gradient     # CBOW: the gradient of the mean, not the reference's
    bint all_losses          # compute every loss, not every LOSS_STRIDE-th


cdef class Options:
    """What to train; see `TrainParams` for each option.

    Parameters
    ----------
    sg, hs, softmax, shrink_windows, cbow_mean : bool
    negative, window : int
    pair : bool
        Draw new negative samples for each pair (CBOW: for each centre word) instead
        of taking them from the pool.
    chunks : bool
        Train chunks of centre words (CBOW with means and negative sampling).
    divide_gradient : bool
        CBOW: divide the update of a context row by the number of context words.
    all_losses : bool
        Compute the loss of every centre word, not of a sample.
    max_sentence_length : int
        Longer sentences are cut [ids].
    """

    cdef options_t c

    def __init__(self, *, bint sg, bint hs, bint softmax, int negative, int window,
                 bint shrink_windows, bint cbow_mean, bint pair, bint chunks,
                 bint divide_gradient, bint all_losses, int max_sentence_length):
        self.c.sg, self.c.hs, self.c.softmax = sg, hs, softmax
        self.c.negative = negative
        self.c.window = window
        self.c.shrink_windows = shrink_windows
        self.c.cbow_mean = cbow_mean
        self.c.pairs = sg and pair
        self.c.pooled = not pair and not chunks
        self.c.chunks = chunks
        self.c.divide_gradient = divide_gradient
        self.c.all_losses = all_losses
        self.c.max_sentence_length = max_sentence_length
        check_options(&self.c)


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

cdef struct losses_t:
    int64_t predictions      # whose losses were computed
    double hs                # sums over them
    double ns
    double softmax


cdef struct counters_t:
    # One worker's counters: written by it, read by the calling thread while it runs.
    int64_t ids              # visited
    losses_t losses


cdef class Counters:
    """What one worker has done so far; readable while it works."""

    cdef object owner
    cdef counters_t* c

    def __init__(self):
        # A cache line on either side, so that no other thread writes to this one.
        self.owner = np.zeros(3 * CACHE_LINE, dtype=np.uint8)
        cdef uint8_t[::1] memory = self.owner
        self.c = <counters_t*>&memory[CACHE_LINE]

    def restore(self, int64_t ids, int64_t predictions, double hs, double ns,
                double softmax):
        """Set the counters to those of an earlier run."""
        self.c.ids = ids
        self.c.losses = losses_t(predictions, hs, ns, softmax)

    @property
    def ids(self):
        """Ids visited in all epochs."""
        return atomic_read(&self.c.ids)

    @property
    def predictions(self):
        """Predictions whose losses were computed."""
        return atomic_read(&self.c.losses.predictions)

    @property
    def hs_loss(self):
        """Sum of their losses under hierarchical softmax [nats]."""
        return atomic_read_sum(&self.c.losses.hs)

    @property
    def ns_loss(self):
        """Sum of their losses under negative sampling [nats]."""
        return atomic_read_sum(&self.c.losses.ns)

    @property
    def softmax_loss(self):
        """Sum of their losses under full softmax [nats]."""
        return atomic_read_sum(&self.c.losses.softmax)


cdef class SpanQueue:
    """The spans of one epoch, handed out to workers one after the other.

    A span is a run of whole sentences: the unit of work and of random numbers.

    Parameters
    ----------
    starts : ndarray of int64, shape (S + 1,)
        Span s holds ids[starts[s]:starts[s + 1]].
    first : int, default 0
        The span to begin with; those before it are done.
    """

    cdef const int64_t[::1] starts
    cdef int64_t cursor
    cdef int64_t first
    cdef int64_t end
    cdef int64_t own_end      # `restrict`: those from here on are another process's
    cdef int64_t stopped
    cdef int64_t pause_offset

    def __init__(self, const int64_t[::1] starts, int64_t first=0):
        require(first >= 0, "the first span", "at least 0", first)
        self.starts = starts
        self.cursor = self.first = first
        self.end = self.own_end = starts.shape[0] - 1
        self.pause_offset = INT64_MAX

    def restrict(self, int64_t first, int64_t end, int64_t own_first=-1,
                 int64_t own_end=-1):
        """Let spans `first` to before `end` be a round; while no worker takes any.

        Of these, only `own_first` to before `own_end` are handed out, if they are
        given: other processes train the others.
        """
        if own_first < 0:
            own_first, own_end = first, end
        require(0 <= first <= own_first <= own_end <= end < self.starts.shape[0],
                "a range of spans", f"in [0, {self.starts.shape[0] - 1}]",
                (first, own_first, own_end, end))
        self.cursor, self.first = own_first, first
        self.end, self.own_end = end, own_end

    def stop(self):
        """Let workers return after their current centre word or chunk."""
        atomic_add(&self.stopped, 1)

    def pause_at(self, int64_t offset):
        """Let workers return before what starts at this offset or later.

        Fast mode: each worker finishes its span; exact mode: its sentence.  By calling
        the workers again with a later offset they go on.
        """
        atomic_add(&self.pause_offset, offset - atomic_read(&self.pause_offset))

    def pauses_at(self, int64_t offset):
        """Return whether what starts at this offset is to wait for a pause."""
        return offset >= atomic_read(&self.pause_offset)

    @property
    def next_span(self):
        """The first span that no worker has taken; S once the epoch is done."""
        return min(atomic_read(&self.cursor), self.starts.shape[0] - 1)

    @property
    def is_stopped(self):
        """Whether `stop` was called."""
        return atomic_read(&self.stopped) != 0


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


cdef inline int64_t take_span(SpanQueue queue) noexcept nogil:
    """Take the next span; -1 if there is none, or if the queue is stopped or paused."""
    cdef int64_t span = atomic_read(&queue.cursor), n_spans = queue.starts.shape[0] - 1
    if (span >= n_spans or atomic_read(&queue.stopped)
            or queue.starts[span] >= atomic_read(&queue.pause_offset)):
        return -1
    span = atomic_add(&queue.cursor, 1)
    return span if span < n_spans else -1


def span_starts(const int32_t[::1] ids, int64_t span_length, int max_sentence_length,
                *, int64_t first=0, int64_t n_spans=INT64_MAX):
    """Cut a stream into spans of whole sentences.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        A sentence ends at a 0, and at its `max_sentence_length`-th id. IN
    span_length : int
        Minimum length of a span, except for the last one [ids].
    first : int, default 0
        Offset at which the first span starts [ids].
    n_spans : int, optional
        Cut at most so many spans.

    Returns
    -------
    ndarray of int64, shape (S + 1,)
    """
    require(first >= 0, "the start of the first span", "at least 0", first)
    starts = [first]
    cdef int64_t offset = first, start = first, N = ids.shape[0]
    while offset < N and len(starts) <= n_spans:
        with nogil:
            while offset < N and offset - start < span_length:
                offset = sentence_end(&ids[0], offset, N, max_sentence_length)
        starts.append(offset)
        start = offset
    return np.array(starts, dtype=np.int64)


cdef inline int64_t sentence_end(const int32_t* ids, int64_t offset, int64_t stop,
                                 int max_sentence_length) noexcept nogil:
    """Return the offset after the sentence that starts here, its 0 included."""
    if stop - offset > max_sentence_length:
        stop = offset + max_sentence_length
    while offset < stop:
        offset += 1
        if ids[offset - 1] == 0:
            break
    return offset


# ---------------------------------------------------------------------------------
# Random numbers: SplitMix64 (Steele et al. 2014), a mixing function of a counter.
# All of its bits are good; the low 16 bits of word2vec.c's generator repeat after 65536
# draws.
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
include "_core_parts/exact.pxi"


# ---------------------------------------------------------------------------------
# Questions to vectors and to models
# ---------------------------------------------------------------------------------

include "_core_parts/cosines.pxi"
include "_core_parts/exp_sums.pxi"


# ---------------------------------------------------------------------------------
# Entry points for tests only
# ---------------------------------------------------------------------------------

def _test_block(float[:, ::1] inputs, float[:, ::1] targets, float[:, ::1] outputs,
                const int32_t[::1] input_rows, const int32_t[::1] output_rows,
                const float[::1] labels, float alpha, bint softmax=False):
    """Update one block of the given rows; return the logits and the loss.

    Parameters
    ----------
    inputs, targets, outputs : ndarray of float32, shape (rows, stride)
        `targets` may be `inputs`. IN, INOUT, INOUT
    input_rows, output_rows : ndarray of int32, shapes (C,) and (T,)
        A repeated row counts repeatedly, with the label (T,) of its first occurrence.
    softmax : bool
        Over the outputs, the first of which is the observed one; labels are not read,
        no output is repeated, and `targets` is not `inputs`.
    """
    cdef int N = <int>input_rows.shape[0], M = <int>output_rows.shape[0]
    cdef int C = 0, T = 0, i
    cdef size_t[:, ::1] pointers = np.empty((3, max(N, M)), dtype=np.uintp)
    cdef float** input_list = <float**>&pointers[0, 0]
    cdef float** target_list = <float**>&pointers[1, 0]
    cdef float** output_list = <float**>&pointers[2, 0]
    cdef float[:, ::1] counts = np.zeros((2, max(N, M) + BLOCK_LANES), np.float32)
    cdef float[::1] all_labels = np.zeros(M + BLOCK_LANES, dtype=np.float32)
    cdef float[:, ::1] pairs = np.zeros((4, N * M + BLOCK_LANES), dtype=np.float32)
    cdef float[::1] partial_sums = aligned_floats(M * inputs.shape[1])
    cdef float[::1] gram = aligned_floats(N * gram_stride(N))
    cdef float[:, ::1] per_input = np.zeros((2, N + BLOCK_LANES), dtype=np.float32)
    for i in range(N):
        target_list[C] = &targets[input_rows[i], 0]
        C = block_add_row(input_list, &counts[0, 0], C, &inputs[input_rows[i], 0])
    for i in range(M):
        all_labels[T] = labels[i]
        T = block_add_row(output_list, &counts[1, 0], T, &outputs[output_rows[i], 0])
    cdef block_t block = block_t(
        inputs=input_list, targets=target_list, outputs=output_list,
        labels=&all_labels[0], input_counts=&counts[0, 0], output_counts=&counts[1, 0],
        first_logits=&pairs[3, 0], logits=&pairs[0, 0], sigmoids=&pairs[1, 0],
        errors=&pairs[2, 0], partial_sums=&partial_sums[0], gram=&gram[0],
        prefetch=NULL, n_prefetch=0, prefetch_far=False, n_inputs=C, n_outputs=T,
        dim=<int>inputs.shape[1], alpha=alpha, log_sums=NULL, rates=&per_input[1, 0])
    if softmax:
        block.log_sums = &per_input[0, 0]
    block_update(&block)
    return np.asarray(pairs)[0, :C * T].reshape(T, C), block_loss(&block)


def _test_random(uint64_t seed, uint64_t epoch, uint64_t index, int n):
    """Return the first n random numbers (uint32) of a stream."""
    cdef uint64_t state = random_stream(seed, epoch, index)
    return np.array([next_random(&state) for _ in range(n)], dtype=np.uint32)


def _test_alias_noise(AliasNoise noise, uint64_t seed, int n):
    """Return n words drawn from an alias table."""
    cdef model_t model
    cdef uint64_t state = random_stream(seed, 0, 0)
    model.vocab_size = noise.entries.shape[0]
    noise.fill(&model)
    return np.array([draw_alias(&model, next_random64(&state)) for _ in range(n)])


def _test_step_noise(StepNoise noise, const uint32_t[::1] randoms):
    """Return the words that random numbers draw from a step table."""
    cdef model_t model
    cdef int i
    noise.fill(&model)
    return np.array([draw_step(&model, randoms[i]) for i in range(randoms.shape[0])])


def _test_merges(int64_t first_period, int64_t period, int n_words):
    """Return the number of kept words at each merge."""
    cdef merging_t merging
    memset(&merging, 0, sizeof(merging))
    merging.first_period, merging.period = first_period, period
    merging.due = current_period(&merging)
    return [merging.n_words for _ in range(n_words) if count_words(&merging, 1)]
