# Fast mode: how workers merge their replicas of frequent rows.  Part of _core.pyx.
#
# Words are sorted by frequency and inner nodes by their distance from the root, so the
# most frequently updated rows are the first rows of a matrix.  Each worker trains on
# its own replicas of those.  A merge makes a shared row what one worker would have made
# of it, had it done first what others did to the row since this worker's last merge,
# and then what this worker did:
#
#     new = mine + exp(-strength H) (shared - base),   strength = transport n alpha
#
# n is how often this worker has used the row since then; curvature.h has the
# derivation.  training/replicas.py decides which rows may be replicated, and when.
# Differs: IntelLabs/pWord2Vec@672a12b, pWord2Vec_mpi.cpp, averages the updates of
# machines.  Their sum, which is exp(0), diverges if workers merge rarely.

cdef struct merging_t:
    # When this worker merges its replicas with the shared rows.
    int64_t first_period     # kept words between two merges at the start of a run
    int64_t period           # the same later
    int64_t n_words          # kept words since the start of the run
    int64_t due              # value of n_words at the next merge
    float transport          # 0: a merge adds what was learned apart
    int input_power          # an update of an input counts C**input_power times
    int output_power         # the same of an output
    int64_t* lockstep        # (n_workers,) merges of each worker, or NULL
    int64_t n_workers
    int64_t index            # of this worker
    curvatures_t curvatures


cdef struct merge_t:
    # One merge of a worker.
    int64_t n_words          # its kept words so far
    int64_t stride
    float strength           # of the transport, for each update
    bint wait                # for locks that are not free; else skip their rows


cdef inline void merge_when_due(model_t* model, merging_t* merging, int n_words,
                                float alpha) noexcept nogil:
    # Called after each centre word: a sentence may be longer than the period.
    if count_words(merging, n_words):
        merge_all(model, merging, alpha, False)
        replicate_more(model, merging)
        if merging.lockstep != NULL:
            wait_for_others(merging)
    schedule_sample(&merging.curvatures, merging.n_words)


cdef inline bint count_words(merging_t* merging, int n_words) noexcept nogil:
    """Count kept words; return whether a merge is due now."""
    merging.n_words += n_words
    if merging.n_words < merging.due:
        return False
    merging.due = merging.n_words + current_period(merging)
    return True


cdef inline int64_t current_period(const merging_t* merging) noexcept nogil:
    # Shorter at the start of a run, when rows grow from almost nothing: each update
    # depends on the ones before it, and what workers learn apart does not.
    return min(max(merging.n_words // RAMP_PERIODS, merging.first_period),
               merging.period)


# ---- which rows are replicated so far ----

cdef void replicate_more(model_t* model, const merging_t* merging) noexcept nogil:
    """Replicate further rows that this worker uses often between two merges."""
    cdef float period = current_period(merging)
    cdef float contexts = mean_contexts(&merging.curvatures)
    replicate_used(&model.syn0, model.stride, merging.n_words, period * contexts)
    replicate_used(&model.syn1, model.stride, merging.n_words, period)
    replicate_used(&model.syn1neg, model.stride, merging.n_words, period)


cdef void replicate_used(matrix_t* matrix, int64_t stride, int64_t n_words,
                         float period) noexcept nogil:
    cdef int64_t word, start, n_floats
    while (matrix.n_replicated < matrix.n_replicas and matrix.curvature.n_known > 0
           and most_uses(matrix, matrix.n_replicated) * period >= REPLICATE_USES):
        word, start = matrix.n_replicated, matrix.n_replicated * stride
        matrix.n_replicated = min(word + LOCK_ROWS, matrix.n_replicas)
        n_floats = (matrix.n_replicated - word) * stride
        memcpy(matrix.replica + start, matrix.shared + start, n_floats * sizeof(float))
        memcpy(matrix.base + start, matrix.replica + start, n_floats * sizeof(float))
        matrix.merged_at[word // LOCK_ROWS] = n_words


# ---- a merge ----

cdef void merge_all(const model_t* model, merging_t* merging, float alpha,
                    bint wait) noexcept nogil:
    """Merge all replicas: if some rows skipped merges, others would diverge."""
    cdef curvatures_t* curvatures = &merging.curvatures
    cdef float contexts = mean_contexts(curvatures)
    cdef merge_t merge = merge_t(merging.n_words, model.stride,
                                 merging.transport * alpha, wait)
    curvature_refresh(&curvatures.syn0)
    curvature_refresh(&curvatures.syn1)
    curvature_refresh(&curvatures.syn1neg)
    merge_matrix(&model.syn0, &merge, contexts ** merging.input_power)
    merge_matrix(&model.syn1, &merge, contexts ** merging.output_power)
    merge_matrix(&model.syn1neg, &merge, contexts ** merging.output_power)


cdef void merge_matrix(const matrix_t* matrix, const merge_t* merge,
                       float weight) noexcept nogil:
    """Merge the replicas of a matrix, in which each use counts as `weight`."""
    cdef int64_t group, n_words, n_rows = matrix.n_replicated
    cdef int64_t* lock
    for group in range((n_rows + LOCK_ROWS - 1) // LOCK_ROWS):
        n_words = merge.n_words - matrix.merged_at[group]
        lock = matrix.locks + group % N_LOCKS * LOCK_STRIDE
        if take_lock(lock, merge.wait):
            # Since rows are listed ahead, this worker may have updated a shared row
            # after it was replicated: the first merge is a sum, which loses nothing.
            merge_group(matrix, merge, group,
                        n_words * weight * matrix.is_merged[group])
            matrix.is_merged[group] = True
            atomic_unlock(lock)
            matrix.merged_at[group] = merge.n_words


cdef inline float most_uses(const matrix_t* matrix, int64_t first) noexcept nogil:
    """Return the most uses of a row of the group that begins at `first`."""
    # Rows are only about sorted by their use: nothing uses </s>, the first word.
    cdef int64_t word
    cdef float most = 0
    for word in range(first, min(first + LOCK_ROWS, matrix.n_replicas)):
        most = max(most, matrix.uses[word])
    return most


cdef inline void merge_group(const matrix_t* matrix, const merge_t* merge,
                             int64_t group, float n) noexcept nogil:
    cdef int64_t word, start
    cdef float strength
    cdef replica_t replica
    for word in range(group * LOCK_ROWS,
                      min((group + 1) * LOCK_ROWS, matrix.n_replicated)):
        start = word * merge.stride
        strength = merge.strength * curvature_scale(matrix.curvature, <uint32_t>word)
        replica = replica_t(matrix.replica + start, matrix.base + start,
                            matrix.received + start, matrix.sums + RESPONSE_SUMS * word)
        block_merge_row(matrix.curvature, n * strength * matrix.uses[word], &replica,
                        matrix.shared + start)


cdef inline bint take_lock(int64_t* lock, bint wait) noexcept nogil:
    # Its owner needs a microsecond, or milliseconds if the system has suspended it.
    cdef int tries = 0
    while not atomic_try_lock(lock):
        tries += 1
        if wait:
            atomic_yield()
        elif tries == LOCK_TRIES:
            return False
    return True


# ---- lockstep ----

cdef void begin_lockstep(merging_t* merging) noexcept nogil:
    """Set this worker's number of merges to 0 for a new epoch."""
    cdef int64_t* merges
    if merging.lockstep != NULL:
        merges = &merging.lockstep[merging.index]
        atomic_add(merges, -atomic_read(merges))


cdef void wait_for_others(merging_t* merging) noexcept nogil:
    """Return when every worker has merged as often as this one had before."""
    cdef int64_t worker, n_merges = atomic_add(&merging.lockstep[merging.index], 1)
    for worker in range(merging.n_workers):
        while atomic_read(&merging.lockstep[worker]) < n_merges:
            atomic_yield()


cdef void end_lockstep(merging_t* merging) noexcept nogil:
    """Let the others go on without this worker."""
    if merging.lockstep != NULL:
        atomic_add(&merging.lockstep[merging.index], NEVER)
