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

    Attributes
    ----------
    counters : list of Counters
        Of each shard.
    """

    cdef Model model
    cdef list owners
    cdef int64_t n_shards
    cdef touched_t* touched   # (MATRICES, n_shards)
    cdef float*** firsts      # (MATRICES, V) the copy that a row is merged in, or NULL
    cdef float scales[MATRICES]
    cdef curvature_t* curvature  # (MATRICES,) of all shards and rounds
    cdef curvatures_t* samples  # (n_shards,) of this round; scratch of merges
    cdef int64_t* n_words     # (n_shards,) kept words so far, which time the samples
    cdef counters_t** counts  # (n_shards,)
    cdef readonly list counters

    def __init__(self, Model model, int64_t n_shards, tuple scales):
        require(n_shards >= 1, "the number of shards", "at least 1", n_shards)
        cdef int64_t m
        self.model = model
        self.owners = []
        self.n_shards = n_shards
        self.counters = [Counters() for _ in range(n_shards)]
        self.counts = <counters_t**>owned_bytes(self.owners, n_shards,
                                                sizeof(counters_t*))
        for m in range(n_shards):
            self.counts[m] = (<Counters>self.counters[m]).c
        self.touched = <touched_t*>owned_bytes(self.owners, MATRICES * n_shards,
                                               sizeof(touched_t))
        self.firsts = <float***>owned_bytes(self.owners, MATRICES, sizeof(float**))
        self.curvature = <curvature_t*>owned_bytes(self.owners, MATRICES,
                                                   sizeof(curvature_t))
        self.samples = <curvatures_t*>owned_bytes(self.owners, n_shards,
                                                  sizeof(curvatures_t))
        self.n_words = <int64_t*>owned_bytes(self.owners, n_shards, sizeof(int64_t))
        for m in range(MATRICES):
            if matrix_of(&model.c, m).shared != NULL:
                self.scales[m] = scales[m]
                self._allocate(m)

    cdef _allocate(self, int64_t m):
        cdef int64_t V = self.model.c.vocab_size, shard
        cdef touched_t* touched
        self.firsts[m] = <float**>owned_bytes(self.owners, V, sizeof(float*))
        self._allocate_curvature(&self.curvature[m], NULL)
        curvature_start(&self.curvature[m])
        for shard in range(self.n_shards):
            self._allocate_curvature(curvature_of(&self.samples[shard], m),
                                     &self.curvature[m])
            touched = &self.touched[m * self.n_shards + shard]
            touched.words = <int32_t*>owned_bytes(self.owners, V, sizeof(int32_t))
            touched.uses = <int32_t*>owned_bytes(self.owners, V, sizeof(int32_t))
            touched.blocks = <float**>owned_bytes(self.owners, V // TOUCHED_BLOCK + 1,
                                                  sizeof(float*))
            touched.block_floats = min(V, TOUCHED_BLOCK) * self.model.c.stride
            touched.owners = <void*>self.owners
            if not add_block(touched, 0):  # so that there is always a row
                raise MemoryError

    cdef _allocate_curvature(self, curvature_t* h, const curvature_t* whole):
        """Allocate a curvature, or sums of its own along the axes of `whole`."""
        cdef int64_t stride = self.model.c.stride
        cdef int K = <int>min(CURVATURE_AXES, self.model.c.dim), k
        cdef int64_t row_bytes = stride * sizeof(float)
        h.n_axes, h.n_columns = K, self.model.c.dim
        h.dim = block_padded(self.model.c.dim)
        h.axes = <float**>owned_bytes(self.owners, K + 1, sizeof(float*))
        h.sums = <float**>owned_bytes(self.owners, K, sizeof(float*))
        h.change = <float*>owned_bytes(self.owners, 1, row_bytes)
        h.dots = <float*>owned_bytes(self.owners, 2 * CURVATURE_AXES, sizeof(float))
        if whole == NULL:
            h.values = <float*>owned_bytes(self.owners, 2 * CURVATURE_AXES,
                                           sizeof(float))
        else:
            h.values = whole.values
        for k in range(K):
            h.sums[k] = <float*>owned_bytes(self.owners, 1, row_bytes)
            if whole == NULL:
                h.axes[k] = <float*>owned_bytes(self.owners, 1, row_bytes)
            else:
                h.axes[k] = whole.axes[k]

    def close_round(self, SpanQueue queue):
        """Add up what the shards of a queue have sampled, in their order."""
        cdef int64_t m, shard, n = self._n_open(queue)
        for m in range(MATRICES):
            if self.firsts[m] != NULL:
                for shard in range(n):
                    add_samples(&self.curvature[m],
                                curvature_of(&self.samples[shard], m))
                curvature_refresh(&self.curvature[m])

    def merge(self, SpanQueue queue, int64_t turn, float strength, int64_t part,
              int64_t n_parts):
        """Merge a part of the rows that the spans of a queue have touched.

        Parameters
        ----------
        queue : SpanQueue
        turn : int
            Number of the round: which shard comes first changes from round to round.
        strength : float
            Of the transport through one update.
        part, n_parts : int
            Every row belongs to one of n_parts parts, which may be merged at the same
            time; their number does not change the result.
        """
        cdef int64_t m, n = self._n_open(queue)
        require(0 <= part < n_parts <= self.n_shards, "a part",
                f"below the number of parts, at most {self.n_shards}", (part, n_parts))
        cdef round_t merged
        with nogil:
            for m in range(MATRICES):
                if self.firsts[m] != NULL and n > 0:
                    merged = round_t(m, n, turn % n, strength, part, n_parts)
                    merge_touched(&self.model.c, self, &merged)

    @property
    def state(self):
        """The curvature, which lasts from round to round: float64, shape (3, n).

        A row for each matrix: trace, n_blocks, n_known, rest, values (K,), axes (K, D),
        sums (K, D); zeros if there is no such matrix.
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
        return 4 + min(CURVATURE_AXES, D) * (2 * D + 1)

    cdef _exchange(self, double[:, ::1] packed, bint restore):
        cdef int64_t m
        for m in range(MATRICES):
            if self.firsts[m] != NULL:
                exchange_curvature(&self.curvature[m], &packed[m, 0], restore)

    cdef int64_t _n_open(self, SpanQueue queue) except -1:
        cdef int64_t n = queue.end - queue.first
        require(n <= self.n_shards, "the spans of a round", f"at most {self.n_shards}",
                n)
        return n


cdef struct round_t:
    int64_t m                 # matrix
    int64_t n_shards
    int64_t first             # shard that is merged first
    float strength
    int64_t part
    int64_t n_parts


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

cdef inline float* touched_row(const matrix_t* matrix, int64_t word,
                               int64_t stride) noexcept nogil:
    """Return the shard's copy of a row, which is filled by `copy_touched`."""
    cdef int64_t slot = matrix.slots[word] - 1
    if slot < 0:
        slot = touch(matrix, word, stride)
    matrix.touched.uses[slot] += 1
    return touched_at(matrix.touched, slot, stride)


cdef inline float* touched_at(const touched_t* touched, int64_t slot,
                              int64_t stride) noexcept nogil:
    return touched.blocks[slot // TOUCHED_BLOCK] + slot % TOUCHED_BLOCK * stride


cdef int64_t touch(const matrix_t* matrix, int64_t word, int64_t stride) noexcept nogil:
    """Add a row to the shard's; prefetch what will be copied to it."""
    cdef touched_t* touched = matrix.touched
    cdef int64_t slot = touched.n_rows, block = slot // TOUCHED_BLOCK
    if touched.blocks[block] == NULL and not add_block(touched, block):
        touched.failed = True
        return 0
    touched.words[slot] = <int32_t>word
    touched.uses[slot] = 0
    touched.n_rows += 1
    matrix.slots[word] = <int32_t>touched.n_rows
    block_prefetch_row(matrix.shared + word * stride, <int>stride)
    return slot


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


# ---- training a shard ----

cdef bint run_shards(model_t* model, const options_t* options, work_t* work,
                     const schedule_t* schedule, const int32_t* ids, SpanQueue queue,
                     const int64_t* order, Shards shards, uint64_t seed,
                     int64_t epoch_key) noexcept nogil:
    """Train spans until the queue is empty; return whether memory was missing."""
    cdef int64_t pos, span
    cdef schedule_t of_span = schedule[0]
    cdef bint failed = False
    while not failed and not atomic_read(&queue.stopped):
        pos = atomic_add(&queue.cursor, 1)
        if pos >= queue.end:
            break
        span = order[pos]
        open_shard(model, work, shards, pos - queue.first)
        work.random = random_stream(seed, epoch_key, span)
        of_span.first_offset = schedule.first_offset - queue.starts[span]
        train_span(model, options, work, &of_span, ids, queue.starts[span],
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
    cdef int64_t m, slot
    cdef matrix_t* matrix
    copy_touched(model)
    shards.samples[shard] = work.merging.curvatures
    shards.n_words[shard] = work.merging.n_words
    for m in range(MATRICES):
        matrix = <matrix_t*>matrix_of(model, m)
        if matrix.touched != NULL:
            failed = failed or matrix.touched.failed
            for slot in range(matrix.touched.n_rows):
                matrix.slots[matrix.touched.words[slot]] = 0
            matrix.touched = NULL
            matrix.n_replicated = 0
    return failed


# ---- curvature ----

cdef void exchange_curvature(curvature_t* h, double* packed,
                             bint restore) noexcept nogil:
    """Copy what lasts from round to round to `packed`, or from there."""
    cdef int k, D = h.n_columns
    if restore:
        h.trace, h.n_blocks, h.n_known = packed[0], packed[1], packed[2]
    else:
        packed[0], packed[1], packed[2] = h.trace, h.n_blocks, h.n_known
    exchange_floats(&h.rest, packed + 3, 1, restore)
    exchange_floats(h.values, packed + 4, h.n_axes, restore)
    packed += 4 + h.n_axes
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
    whole.trace += part.trace
    whole.n_blocks += part.n_blocks
    part.trace = part.n_blocks = 0


# ---- merging ----

cdef void merge_touched(const model_t* model, Shards shards,
                        const round_t* merged) noexcept nogil:
    """Merge rows from shard to shard, in their first copies; these are the new rows.

    row <- mine + E (row - base), from the second copy `mine` of a row on; `base` is the
    shared row.  E is the transport through the updates that a shard makes.
    """
    cdef int64_t i, slot, word, stride = model.stride, m = merged.m
    cdef float strength = merged.strength * shards.scales[m]
    cdef float** firsts = shards.firsts[m]
    cdef float* copy
    cdef touched_t* touched
    cdef curvature_t h = shards.curvature[m]
    h.dots = curvature_of(&shards.samples[merged.part], m).dots
    h.change = curvature_of(&shards.samples[merged.part], m).change
    for i in range(merged.n_shards):
        touched = touched_by(shards, merged, merged.first + i)
        for slot in range(touched.n_rows):
            word = touched.words[slot]
            if part_of(word, merged.n_parts) != merged.part:
                continue
            copy = touched_at(touched, slot, stride)
            if firsts[word] == NULL:
                firsts[word] = copy
                continue
            block_transport(&h, strength * touched.uses[slot], copy,
                            matrix_of(model, m).shared + word * stride, firsts[word])
    for i in range(merged.n_shards):
        store_merged(model, shards, merged, touched_by(shards, merged, i))


cdef inline touched_t* touched_by(Shards shards, const round_t* merged,
                                  int64_t shard) noexcept nogil:
    return &shards.touched[merged.m * shards.n_shards + shard % merged.n_shards]


cdef void store_merged(const model_t* model, Shards shards, const round_t* merged,
                       const touched_t* touched) noexcept nogil:
    """Write the merged rows of one shard that no shard before it has written."""
    cdef int64_t slot, word, stride = model.stride
    cdef float** firsts = shards.firsts[merged.m]
    cdef float* shared = matrix_of(model, merged.m).shared
    cdef bint may_be_frozen = merged.m == 0 and model.frozen != NULL
    for slot in range(touched.n_rows):
        word = touched.words[slot]
        if part_of(word, merged.n_parts) != merged.part or firsts[word] == NULL:
            continue
        if not (may_be_frozen and model.frozen[word]):
            memcpy(shared + word * stride, firsts[word], stride * sizeof(float))
        firsts[word] = NULL


cdef inline int64_t part_of(int64_t word, int64_t n_parts) noexcept nogil:
    # Words of one cache line of `firsts` belong together.
    return (<uint64_t>(<uint32_t>(word >> 3) * <uint32_t>0x9E3779B1U) * n_parts) >> 32
