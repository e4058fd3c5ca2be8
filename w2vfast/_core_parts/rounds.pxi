# Fast mode: rounds of shards, whose result is the same for any number of workers.
# Part of _core.pyx.
#
# The spans of a round are its shards.  All start from the shared rows as they were at
# the start of the round: a shard copies each row when it first touches it, and nobody
# writes to the shared rows before all shards are trained.  Then the copies of each row
# are merged from shard to shard in a fixed order.  So it does not matter which worker
# trained what.  training/deterministic_run.py decides how long rounds are.

cdef enum:
    MATRICES = 3              # syn0, syn1, syn1neg


cdef class Shards:
    """The rows that the shards of a round have touched, and what each has counted.

    Parameters
    ----------
    model : Model
    n_shards : int
        Most spans of a round, and most parts of a merge.
    scales : tuple of float, of length 3
        For `syn0`, `syn1` and `syn1neg`: updates of a row for each use of it.
    other_contexts : int
        From `replicas.other_contexts`; 0 counts uses as they are.

    Attributes
    ----------
    counters : list of Counters
        Of each shard.
    """

    cdef Model model
    cdef list owners
    cdef int64_t n_shards
    cdef touched_t* touched   # (MATRICES, n_shards)
    cdef int32_t** indices    # (MATRICES, V) of words in a list of copies, from 1; or 0
    cdef copies_t* lists      # (n_shards,) of each worker, for merges
    cdef float scales[MATRICES]
    cdef int other_contexts
    cdef curvature_t* curvature  # (MATRICES,) of all shards and rounds
    cdef curvatures_t* samples  # (n_shards,) of this round; scratch of merges
    cdef int64_t* n_words     # (n_shards,) kept words so far, which time the samples
    cdef counters_t** counts  # (n_shards,)
    cdef int64_t next_task    # a part of a matrix that no worker merges yet
    cdef readonly list counters

    def __init__(self, Model model, int64_t n_shards, tuple scales,
                 int other_contexts):
        require(n_shards >= 1, "the number of shards", "at least 1", n_shards)
        cdef int64_t m
        self.model = model
        self.owners = []
        self.n_shards = n_shards
        self.other_contexts = other_contexts
        self.counters = [Counters() for _ in range(n_shards)]
        self.counts = <counters_t**>owned_bytes(self.owners, n_shards,
                                                sizeof(counters_t*))
        for m in range(n_shards):
            self.counts[m] = (<Counters>self.counters[m]).c
        self.touched = <touched_t*>owned_bytes(self.owners, MATRICES * n_shards,
                                               sizeof(touched_t))
        self.indices = <int32_t**>owned_bytes(self.owners, MATRICES, sizeof(int32_t*))
        self.curvature = <curvature_t*>owned_bytes(self.owners, MATRICES,
                                                   sizeof(curvature_t))
        self.samples = <curvatures_t*>owned_bytes(self.owners, n_shards,
                                                  sizeof(curvatures_t))
        self.n_words = <int64_t*>owned_bytes(self.owners, n_shards, sizeof(int64_t))
        for m in range(MATRICES):
            if matrix_of(&model.c, m).shared != NULL:
                self.scales[m] = scales[m]
                self._allocate(m)
        self._allocate_lists()

    cdef _allocate_lists(self):
        cdef int64_t sizes[PARTS]
        cdef int64_t word, part, most = 0, worker
        memset(sizes, 0, sizeof(sizes))
        for word in range(self.model.c.vocab_size):
            sizes[part_of(<int32_t>word)] += 1
        for part in range(PARTS):
            most = max(most, sizes[part])
        self.lists = <copies_t*>owned_bytes(self.owners, self.n_shards,
                                            sizeof(copies_t))
        for worker in range(self.n_shards):
            self.lists[worker].ends = <int64_t*>owned_bytes(self.owners, most,
                                                            sizeof(int64_t))
            self.lists[worker].copies = <merged_t*>owned_bytes(
                self.owners, most * self.n_shards, sizeof(merged_t))

    cdef _allocate(self, int64_t m):
        cdef int64_t V = self.model.c.vocab_size, shard
        cdef touched_t* touched
        self.indices[m] = <int32_t*>owned_bytes(self.owners, V, sizeof(int32_t))
        allocate_curvature(self.owners, &self.curvature[m], &self.model.c, NULL)
        for shard in range(self.n_shards):
            allocate_curvature(self.owners, curvature_of(&self.samples[shard], m),
                               &self.model.c, &self.curvature[m])
            touched = &self.touched[m * self.n_shards + shard]
            touched.words = <int32_t*>owned_bytes(self.owners, V, sizeof(int32_t))
            touched.copies = <copy_t*>owned_bytes(self.owners, V, sizeof(copy_t))
            touched.blocks = <float**>owned_bytes(self.owners, V // TOUCHED_BLOCK + 1,
                                                  sizeof(float*))
            touched.block_floats = min(V, TOUCHED_BLOCK) * self.model.c.stride
            touched.owners = <void*>self.owners
            if not add_block(touched, 0):  # so that there is always a row
                raise MemoryError

    def close_round(self, SpanQueue queue):
        """Add up what the shards of a queue have sampled, in their order."""
        cdef int64_t m, shard, n = self._n_open(queue)
        for m in range(MATRICES):
            if self.indices[m] != NULL:
                for shard in range(n):
                    add_samples(&self.curvature[m],
                                curvature_of(&self.samples[shard], m))
                curvature_refresh(&self.curvature[m])
        self.next_task = 0

    def merge(self, SpanQueue queue, int64_t turn, float strength, int64_t worker):
        """Merge rows that the spans of a queue have touched, until none are left.

        Parameters
        ----------
        queue : SpanQueue
        turn : int
            Number of the round: which shard comes first changes from round to round.
        strength : float
            Of the transport through one update.
        worker : int
            Index of the worker, whose scratch memory this needs.  Which worker merges
            which rows does not change the result.
        """
        cdef int64_t m, n = self._n_open(queue), task
        require(0 <= worker < self.n_shards, "the index of a worker",
                f"below {self.n_shards}", worker)
        cdef round_t merged = round_t(0, n, turn % max(n, 1), strength, worker, 0)
        with nogil:
            while n > 0:
                task = atomic_add(&self.next_task, 1)
                if task >= MATRICES * PARTS:
                    break
                merged.m, merged.part = task // PARTS, task % PARTS
                if self.indices[merged.m] != NULL:
                    merge_part(&self.model.c, self, &merged)

    @property
    def state(self):
        """The curvature, which lasts from round to round: float64, shape (3, n).

        A row for each matrix: trace, n_blocks, n_known, rest, values (K,), band_traces,
        band_uses and band_scales (32,), axes (K, D), sums (K, D); zeros if there is no
        such matrix.
        """
        packed = np.zeros((MATRICES, self._state_size()))
        self._exchange(packed, False)
        return packed

    @state.setter
    def state(self, double[:, ::1] packed):
        require(packed.shape[0] == MATRICES and packed.shape[1] == self._state_size(),
                "the curvature", f"of shape ({MATRICES}, {self._state_size()})",
                (packed.shape[0], packed.shape[1]))
        self._exchange(packed, True)

    @property
    def sampling(self):
        """When each shard samples: int64, shape (n_shards, 5).

        Its kept words so far, and `due`, `is_due`, `n_sampled` and `n_contexts` of its
        samples.
        """
        times = np.zeros((self.n_shards, 5), dtype=np.int64)
        for shard in range(self.n_shards):
            times[shard] = (self.n_words[shard], self.samples[shard].due,
                            self.samples[shard].is_due, self.samples[shard].n_sampled,
                            self.samples[shard].n_contexts)
        return times

    @sampling.setter
    def sampling(self, int64_t[:, ::1] times):
        require(times.shape[0] == self.n_shards and times.shape[1] == 5,
                "the times of samples", f"of shape ({self.n_shards}, 5)",
                (times.shape[0], times.shape[1]))
        for shard in range(self.n_shards):
            self.n_words[shard] = times[shard, 0]
            self.samples[shard].due = times[shard, 1]
            self.samples[shard].is_due = times[shard, 2] != 0
            self.samples[shard].n_sampled = times[shard, 3]
            self.samples[shard].n_contexts = times[shard, 4]

    cdef int64_t _state_size(self):
        cdef int64_t D = self.model.c.dim
        return 4 + 3 * CURVATURE_BANDS + min(CURVATURE_AXES, D) * (2 * D + 1)

    cdef _exchange(self, double[:, ::1] packed, bint restore):
        cdef int64_t m
        for m in range(MATRICES):
            if self.indices[m] != NULL:
                exchange_curvature(&self.curvature[m], &packed[m, 0], restore)

    cdef int64_t _n_open(self, SpanQueue queue) except -1:
        cdef int64_t n = queue.end - queue.first
        require(n <= self.n_shards, "the spans of a round", f"at most {self.n_shards}",
                n)
        return n


cdef inline const matrix_t* matrix_of(const model_t* model, int64_t m) noexcept nogil:
    if m == 0:
        return &model.syn0
    return &model.syn1 if m == 1 else &model.syn1neg


cdef inline curvature_t* curvature_of(curvatures_t* curvatures,
                                      int64_t m) noexcept nogil:
    if m == 0:
        return &curvatures.syn0
    return &curvatures.syn1 if m == 1 else &curvatures.syn1neg


# ---- the rows of a shard ----

cdef inline float* row_ahead(const matrix_t* matrix, int64_t word,
                             int64_t stride) noexcept nogil:
    """Return a row like `row`, to be prefetched: this is no use of it."""
    if matrix.touched == NULL:
        return row(matrix, word, stride)
    return touched_row(matrix, word, stride, 0)


cdef inline void count_uses(const matrix_t* matrix, int64_t word,
                            int32_t n) noexcept nogil:
    """Count further uses of a row that was looked up once."""
    if matrix.touched != NULL:
        matrix.slots[word].uses += n


cdef inline void prefetch_slots(const model_t* model, const work_t* work, int pos,
                                int window) noexcept nogil:
    """Prefetch the slots of words that are looked up soon."""
    if model.syn0.slots != NULL and pos + window + 2 < work.n_kept:
        block_prefetch_line(&model.syn0.slots[work.words[pos + window + 2]])
    if model.syn1neg.slots != NULL and pos + 2 < work.n_kept:
        block_prefetch_line(&model.syn1neg.slots[work.words[pos + 2]])


cdef inline float* touched_row(const matrix_t* matrix, int64_t word, int64_t stride,
                               int32_t uses) noexcept nogil:
    """Return the shard's copy of a row, which is filled by `copy_touched`."""
    cdef slot_t* slot = &matrix.slots[word]
    if slot.row == 0:
        touch(matrix, word, stride)
    slot.uses += uses
    return touched_at(matrix.touched, max(1, slot.row) - 1, stride)


cdef inline float* touched_at(const touched_t* touched, uint64_t row,
                              int64_t stride) noexcept nogil:
    return touched.blocks[row // TOUCHED_BLOCK] + row % TOUCHED_BLOCK * stride


cdef void touch(const matrix_t* matrix, int64_t word, int64_t stride) noexcept nogil:
    """Add a row to the shard's; prefetch what will be copied to it."""
    cdef touched_t* touched = matrix.touched
    cdef int64_t block = touched.n_rows // TOUCHED_BLOCK
    if touched.blocks[block] == NULL and not add_block(touched, block):
        touched.failed = True
        return
    touched.words[touched.n_rows] = <int32_t>word
    touched.n_rows += 1
    matrix.slots[word] = slot_t(<int32_t>touched.n_rows, 0)
    block_prefetch_row(matrix.shared + word * stride, <int>stride)


cdef bint add_block(touched_t* touched, int64_t block) noexcept with gil:
    """Allocate memory for more rows; it serves later rounds, too."""
    try:
        touched.blocks[block] = <float*>owned_bytes(
            <list>touched.owners, touched.block_floats, sizeof(float))
    except MemoryError:
        return False
    return True


cdef inline void copy_touched(const model_t* model) noexcept nogil:
    """Fill the rows that a shard has touched since the last call."""
    if model.syn0.touched != NULL:
        copy_rows(&model.syn0, model.stride)
        copy_rows(&model.syn1, model.stride)
        copy_rows(&model.syn1neg, model.stride)


cdef void copy_rows(const matrix_t* matrix, int64_t stride) noexcept nogil:
    cdef touched_t* touched = matrix.touched
    cdef int64_t slot
    if touched == NULL:
        return
    for slot in range(touched.n_copied, touched.n_rows):
        memcpy(touched_at(touched, slot, stride),
               matrix.shared + touched.words[slot] * stride, stride * sizeof(float))
    touched.n_copied = touched.n_rows


cdef int64_t touched_word(const touched_t* touched, const float* row,
                          int64_t stride) noexcept nogil:
    """Return the word of a shard's copy of a row."""
    cdef int64_t block = 0, first = 0, n_floats = TOUCHED_BLOCK * stride
    while not is_inside(row, touched.blocks[block], n_floats):
        block += 1
        first += TOUCHED_BLOCK
    return touched.words[first + (row - touched.blocks[block]) // stride]


# ---- training a shard ----

cdef bint run_shards(model_t* model, const options_t* options, work_t* work,
                     const schedule_t* schedule, const int32_t* ids, SpanQueue queue,
                     const int64_t* order, Shards shards, uint64_t seed,
                     int64_t epoch_key) noexcept nogil:
    """Train spans until the queue is empty; return whether memory was missing."""
    cdef int64_t pos, span
    cdef bint failed = False
    while not failed and not atomic_read(&queue.stopped):
        pos = atomic_add(&queue.cursor, 1)
        if pos >= queue.own_end:
            break
        span = order[pos]
        open_shard(model, work, shards, pos - queue.first)
        work.random = random_stream(seed, epoch_key, span)
        work.ahead = -queue.starts[span]  # all shards of a round have the same rates
        train_span(model, options, work, schedule, ids, queue.starts[span],
                   queue.starts[span + 1])
        failed = close_shard(model, work, shards, pos - queue.first)
    return failed


cdef void open_shard(model_t* model, work_t* work, Shards shards,
                     int64_t shard) noexcept nogil:
    """Let a worker's rows, counters and samples be those of a shard."""
    cdef int64_t m
    cdef matrix_t* matrix
    work.counters = shards.counts[shard]
    work.merging.curvatures = shards.samples[shard]
    work.merging.n_words = shards.n_words[shard]
    for m in range(MATRICES):
        matrix = <matrix_t*>matrix_of(model, m)
        if matrix.shared != NULL:
            matrix.n_replicated = model.vocab_size
            matrix.touched = &shards.touched[m * shards.n_shards + shard]
            matrix.touched.n_rows = matrix.touched.n_copied = 0
            matrix.touched.failed = False


cdef bint close_shard(model_t* model, work_t* work, Shards shards,
                      int64_t shard) noexcept nogil:
    """Undo `open_shard`; return whether memory was missing."""
    cdef bint failed = False
    cdef int64_t m
    cdef matrix_t* matrix
    copy_touched(model)
    shards.samples[shard] = work.merging.curvatures
    shards.n_words[shard] = work.merging.n_words
    for m in range(MATRICES):
        matrix = <matrix_t*>matrix_of(model, m)
        if matrix.touched != NULL:
            failed = failed or matrix.touched.failed
            sort_touched(matrix)
            if m == 0 and shards.other_contexts > 0:
                square_uses(matrix.touched, shards.other_contexts)
            matrix.touched = NULL
            matrix.n_replicated = 0
    return failed


cdef void square_uses(touched_t* touched, int others) noexcept nogil:
    """Count a word that is k times among the contexts of a mean k**2 times.

    `_input_uses` of training/replicas.py says why, and has the same formula.
    """
    cdef int64_t i
    cdef double total = 0, most = MOST_ROWS, n
    for i in range(touched.n_rows):
        total += touched.copies[i].uses
    for i in range(touched.n_rows):
        n = touched.copies[i].uses
        touched.copies[i].uses = <int32_t>min(most, n + others * n * n / max(total, 1))


cdef void sort_touched(const matrix_t* matrix) noexcept nogil:
    """Sort a shard's rows by parts, and forget where they are."""
    cdef touched_t* touched = matrix.touched
    cdef int64_t* ends = touched.part_ends
    cdef int64_t row, part, first = 0, n
    cdef int32_t word
    memset(ends, 0, PARTS * sizeof(int64_t))
    for row in range(touched.n_rows):
        ends[part_of(touched.words[row])] += 1
    for part in range(PARTS):
        n, ends[part] = ends[part], first
        first += n
    for row in range(touched.n_rows):
        word = touched.words[row]
        part = part_of(word)
        touched.copies[ends[part]] = copy_t(word, <int32_t>row, matrix.slots[word].uses)
        ends[part] += 1
        matrix.slots[word].row = 0


cdef inline int64_t part_of(int32_t word) noexcept nogil:
    # Words of one cache line of `indices` belong together.
    return (<uint32_t>(word >> 3) * <uint32_t>0x9E3779B1U) >> (32 - PART_BITS)


# ---- curvature ----

cdef void exchange_curvature(curvature_t* h, double* packed,
                             bint restore) noexcept nogil:
    """Copy what lasts from round to round to `packed`, or from there."""
    cdef int k, D = h.n_columns
    cdef int64_t bytes_of_bands = CURVATURE_BANDS * sizeof(double)
    if restore:
        h.trace, h.n_blocks, h.n_known = packed[0], packed[1], packed[2]
    else:
        packed[0], packed[1], packed[2] = h.trace, h.n_blocks, h.n_known
    exchange_floats(&h.rest, packed + 3, 1, restore)
    exchange_floats(h.values, packed + 4, h.n_axes, restore)
    packed += 4 + h.n_axes
    exchange_bytes(<char*>packed, h.band_traces, bytes_of_bands, restore)
    packed += CURVATURE_BANDS
    exchange_bytes(<char*>packed, h.band_uses, bytes_of_bands, restore)
    packed += CURVATURE_BANDS
    exchange_floats(h.band_scales, packed, CURVATURE_BANDS, restore)
    packed += CURVATURE_BANDS
    for k in range(h.n_axes):
        exchange_floats(h.axes[k], packed, D, restore)
        exchange_floats(h.sums[k], packed + D, D, restore)
        packed += 2 * D


cdef void exchange_floats(float* values, double* packed, int n,
                          bint restore) noexcept nogil:
    cdef int i
    for i in range(n):
        if restore:
            values[i] = <float>packed[i]
        else:
            packed[i] = values[i]


cdef void add_samples(curvature_t* whole, curvature_t* part):
    """Add a shard's samples to those of all shards, and forget them."""
    cdef int k, i
    for k in range(whole.n_axes if part.n_blocks > 0 else 0):
        for i in range(whole.dim):
            whole.sums[k][i] += part.sums[k][i]
            part.sums[k][i] = 0
    for k in range(CURVATURE_BANDS):
        whole.band_traces[k] += part.band_traces[k]
        whole.band_uses[k] += part.band_uses[k]
        part.band_traces[k] = part.band_uses[k] = 0
    whole.trace += part.trace
    whole.n_blocks += part.n_blocks
    part.trace = part.n_blocks = 0
