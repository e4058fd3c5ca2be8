# Fast mode: how workers merge their replicas of frequent rows.  Part of _core.pyx.
#
# Words are sorted by frequency and inner nodes by their distance from the root, so the
# most frequently updated rows are the first rows of a matrix.  Each worker trains on
# its own replicas of those.  A merge adds what a replica has learned since its last
# merge to the shared row: the first rows at every merge, later ones at every second,
# fourth and so on.  training/replicas.py decides how many rows are merged when.
# Differs: IntelLabs/pWord2Vec@672a12b, pWord2Vec_mpi.cpp, averages the updates of
# machines; here they are added.

cdef inline void merge_when_due(const model_t* model, merging_t* merging,
                                int n_words) noexcept nogil:
    # Called after each centre word or chunk: a sentence may be longer than the period.
    if count_words(merging, n_words):
        merge_rows(model, merging.n_merges, False)
        if merging.lockstep != NULL:
            wait_for_others(merging)


cdef inline bint count_words(merging_t* merging, int n_words) noexcept nogil:
    """Count kept words; return whether a merge is due now."""
    merging.n_words += n_words
    if merging.n_words < merging.due:
        return False
    merging.due = merging.n_words + current_period(merging)
    merging.n_merges += 1
    return True


cdef inline int64_t current_period(const merging_t* merging) noexcept nogil:
    # Shorter at the start of a run, when rows grow from almost nothing: in a whole
    # period each worker alone would grow them nearly as far as a single worker does.
    cdef int64_t ramp = merging.ramp
    cdef int64_t done = min(merging.n_words + ramp // RAMP_PARTS, ramp)
    return max(1, merging.period * done // ramp)


cdef void merge_all(const model_t* model) noexcept nogil:
    merge_rows(model, 0, True)


cdef void merge_rows(const model_t* model, uint64_t n_merges, bint wait) noexcept nogil:
    merge_matrix(&model.syn0, n_merges, model.stride, wait)
    merge_matrix(&model.syn1, n_merges, model.stride, wait)
    merge_matrix(&model.syn1neg, n_merges, model.stride, wait)


cdef void merge_matrix(const matrix_t* matrix, uint64_t n_merges, int64_t stride,
                       bint wait) noexcept nogil:
    """Merge the rows that are due; unless `wait`, skip those whose lock is not free."""
    cdef int64_t group, word, n_rows = rows_to_merge(matrix, n_merges)
    cdef int64_t* lock
    for group in range((n_rows + LOCK_ROWS - 1) // LOCK_ROWS):
        lock = matrix.locks + group % N_LOCKS * LOCK_STRIDE
        if take_lock(lock, wait):
            for word in range(group * LOCK_ROWS,
                              min((group + 1) * LOCK_ROWS, matrix.n_replicated)):
                block_merge(matrix.shared + word * stride,
                            matrix.replica + word * stride,
                            matrix.base + word * stride, <int>stride)
            atomic_unlock(lock)


cdef inline int64_t rows_to_merge(const matrix_t* matrix,
                                  uint64_t n_merges) noexcept nogil:
    """Rows of the highest level for which 2**level divides n_merges; all rows for 0."""
    cdef int level = 0
    if matrix.n_levels == 0:
        return 0
    while level < matrix.n_levels - 1 and (n_merges >> level) % 2 == 0:
        level += 1
    return matrix.levels[level]


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
