# Fast mode: one worker's memory, its spans and its learning rate.  Part of _core.pyx.

# ---------------------------------------------------------------------------------
# What one worker owns
# ---------------------------------------------------------------------------------

cdef struct centre_t:
    # A centre word with its random draws and its rows.  It is prepared while the word
    # before it is trained, so that rows are prefetched in time; no draw depends on the
    # weights.
    int32_t word
    int pos
    int first                # position of the first word of the window
    int n_window             # words in the window; 0: nothing to train
    int n_sets               # U, of negative samples
    float** path             # (L,) rows of inner nodes, root first
    float* path_labels       # (L,) 1 - code
    int path_length          # L
    float** ns_outputs       # (U, K + 1) distinct rows: the word, then negative samples
    float* ns_counts         # (U, K + 1) how often each was drawn
    int* ns_lengths          # (U,) number of distinct rows
    float** prefetch         # (n_prefetch,) rows to fetch while another word is trained
    int n_prefetch
    bint take_loss


cdef struct pool_t:
    # Negative samples that several centre words reuse.
    int32_t* words           # (size,)
    int64_t size
    int64_t pos              # of the next one to use
    int round                # how often the whole pool was used in this span


cdef struct record_t:
    # CBOW: a word, and its places in the window.
    window_row_t row         # and the number of places; 0 for a frozen word
    int gain                 # of this number for each place: 1, or 0


cdef struct moves_t:
    # CBOW: the ends of a step's lists, and what else changes when words leave or enter.
    window_row_t* settled
    float** entering
    const float* total
    int64_t n_squares


cdef struct sliding_t:
    # CBOW: a window that moves over a sentence; block.h says how it is summed up.
    window_t step
    record_t** records       # (n_kept,) of the words; near places of one share it
    record_t* new_records    # (n_kept,) used where a word has no record yet
    record_t* last_centre    # if that word had other places in its window, else NULL
    int first                # position of the first word in the window
    int end                  # position after the last one; `first`: the window is empty
    int n_steps              # since it was empty
    float* totals            # (n_totals, stride) the last ones
    int64_t n_totals
    int64_t n_squares        # sum over the words in the window of count ** 2
    int* chains              # (CHAINS,) 1 + last position of each chain; scratch, zeros
    int* chained             # (n_kept,) the position before in the same chain; scratch
    int reach                # of the next window, its place in `reaches`, from 1
    int reach_step           # from there to that of the window after it


cdef struct work_t:
    int32_t* words           # (max_sentence_length,) kept words of the sentence
    int64_t* offsets         # (max_sentence_length,) their offsets in the stream
    int n_kept
    float* ns_labels         # (K + 1,) 1, then zeros
    float* ones              # (max of K + 1 and L,)
    float** contexts         # (C,) skip-gram: rows of a block's contexts, distinct ones
    float** targets          # (C,) the same rows, or `discard` for a frozen word
    float* context_counts    # (C,) how often each occurs in the block
    float* discard           # (stride,) receives the updates of frozen rows; never read
    float** old_inputs       # (C,) softmax: copies of the block's inputs
    float** all_outputs      # (V - 1,) softmax: the rows of all words
    int n_outputs            # V - 1
    int32_t* samples         # (K,) negative samples of a set
    pool_t pool
    sliding_t sliding
    centre_t centres[2]      # this centre word and the next
    int64_t* visits          # (V,) ids visited, for tests; or NULL
    int64_t* stopped         # the queue's flag
    int64_t* trained         # ids of this epoch that all workers have trained, or NULL
    int64_t counted          # offset up to which this worker's are counted in it
    int64_t ahead            # from an offset to how many ids all have trained by then
    merging_t merging
    uint64_t random
    block_t block
    counters_t* counters


cdef class Worker:
    """One thread's buffers, replicas and random numbers in fast mode.

    Parameters
    ----------
    model : Model
        Shared with the other workers.
    options : Options
    seed : int
        Seed of the run; a span's random numbers depend on (seed, epoch, span) only.
    count_visits : bool
        Count how often each id is visited, in `visits`.
    replicas : Replicas or None
        Which rows this worker replicates, and when they are merged with those of the
        other workers; None for a single worker.
    lockstep : Lockstep or None
        Shared with the other workers.
    shards : Shards or None
        Shared with the other workers, which train in rounds: `train_round`.
    sample_curvature : bool
        Sample the curvature of the loss also without replicas, for `curvature`.
    """

    cdef Model model
    cdef model_t c
    cdef options_t options
    cdef work_t work
    cdef uint64_t seed
    cdef list owners
    cdef Shards shards
    cdef readonly Counters counters
    cdef readonly object visits

    def __init__(self, Model model, Options options, uint64_t seed, *,
                 bint count_visits=False, Replicas replicas=None,
                 Lockstep lockstep=None, Shards shards=None,
                 bint sample_curvature=False):
        check_objectives(&model.c, &options.c, exact=False)
        self.model = model
        self.c = model.c
        self.options = options.c
        self.seed = seed
        self.counters = Counters()
        self.work.counters = self.counters.c
        self.work.merging.due = self.work.merging.curvatures.due = INT64_MAX
        self.c.syn0.curvature = &self.work.merging.curvatures.syn0
        self.c.syn1.curvature = &self.work.merging.curvatures.syn1
        self.c.syn1neg.curvature = &self.work.merging.curvatures.syn1neg
        self.owners = [lockstep]
        self._allocate()
        if lockstep is not None:
            self.work.merging.lockstep = &lockstep.merges[0]
            self.work.merging.n_workers = lockstep.merges.shape[0]
            self.work.merging.index = lockstep.join()
        if replicas is not None:
            self._replicate(replicas)
        if sample_curvature:
            self._sample_curvature()
        self.shards = shards
        if shards is not None:
            self._add_slots(&self.c.syn0)
            self._add_slots(&self.c.syn1)
            self._add_slots(&self.c.syn1neg)
        self.visits = None
        if count_visits:
            self.visits = np.zeros(model.c.vocab_size, dtype=np.int64)
            self.work.visits = <int64_t*><size_t>self.visits.ctypes.data

    cdef _allocate(self):
        cdef options_t* options = &self.options
        cdef work_t* work = &self.work
        cdef int64_t C = min(2 * <int64_t>options.window, options.max_sentence_length)
        cdef int64_t T = max(options.negative + 1, self.model.max_path)
        cdef int64_t length = options.max_sentence_length
        work.words = <int32_t*>owned_bytes(self.owners, length, sizeof(int32_t))
        work.offsets = <int64_t*>owned_bytes(self.owners, length, sizeof(int64_t))
        work.ns_labels = self._vectors(options.negative + 1)  # read from 1 on, too
        work.ns_labels[0] = 1
        work.ones = self._vectors(T)
        for i in range(T):
            work.ones[i] = 1
        if options.pooled:
            work.pool.size = <int64_t>options.pool_sets * options.negative + 1
            work.pool.words = <int32_t*>owned_bytes(self.owners, work.pool.size,
                                                    sizeof(int32_t))
        work.samples = <int32_t*>owned_bytes(self.owners, options.negative,
                                             sizeof(int32_t))
        self._allocate_block(min(C, BLOCK_INPUTS), T)
        for i in range(2):
            self._allocate_centre(&work.centres[i], n_sample_sets(options, C))
        if not options.sg:
            self._allocate_window(min(C + 1, length), length)
        if options.softmax:
            self._allocate_softmax(C)

    cdef _allocate_block(self, int64_t C, int64_t T):
        cdef work_t* work = &self.work
        cdef int64_t stride = self.c.stride
        work.discard = <float*>owned_bytes(self.owners, stride, sizeof(float))
        work.contexts = work.targets = self._pointers(C)
        if self.c.frozen != NULL:
            work.targets = self._pointers(C)
        work.context_counts = self._vectors(C)
        work.block.first_logits = self._vectors(C * T)
        work.block.logits = self._vectors(C * T)
        work.block.sigmoids = self._vectors(C * T)
        work.block.errors = self._vectors(C * T)
        work.block.partial_sums = self._vectors(T * stride)
        work.block.gram = self._vectors(BLOCK_INPUTS * gram_stride(BLOCK_INPUTS))
        work.block.dim = block_padded(self.c.dim)

    cdef _allocate_centre(self, centre_t* centre, int64_t U):
        cdef int64_t L = self.model.max_path, K = self.options.negative
        centre.path = <float**>owned_bytes(self.owners, L, sizeof(float*))
        centre.path_labels = self._vectors(L)
        centre.ns_outputs = <float**>owned_bytes(self.owners, U * (K + 1),
                                                 sizeof(float*))
        centre.ns_counts = self._vectors(U * (K + 1))
        centre.ns_lengths = <int*>owned_bytes(self.owners, U, sizeof(int))
        centre.prefetch = <float**>owned_bytes(self.owners, 1 + L + U * (K + 1),
                                               sizeof(float*))

    cdef _allocate_window(self, int64_t n, int64_t length):
        """Make room for windows of at most n words."""
        cdef sliding_t* sliding = &self.work.sliding
        cdef window_t* step = &sliding.step
        sliding.records = <record_t**>self._pointers(length)
        sliding.new_records = <record_t*>owned_bytes(self.owners, length,
                                                     sizeof(record_t))
        sliding.n_totals = n_totals(n)
        sliding.totals = <float*>owned_bytes(
            self.owners, sliding.n_totals * self.c.stride, sizeof(float))
        sliding.chains = self._integers(CHAINS)
        sliding.chained = self._integers(length)
        # All leave, as many enter, and the last centre word.
        step.settled = <window_row_t*>owned_bytes(self.owners, 2 * n + 1,
                                                  sizeof(window_row_t))
        step.entering = self._pointers(n)
        step.sum = self._vectors(self.c.stride)
        step.hidden = self._vectors(self.c.stride)
        step.dim = self.work.block.dim

    cdef float** _pointers(self, int64_t n) except NULL:
        return <float**>owned_bytes(self.owners, n, sizeof(float*))

    cdef int* _integers(self, int64_t n) except NULL:
        return <int*>owned_bytes(self.owners, n, sizeof(int))

    cdef _allocate_softmax(self, int64_t C):
        cdef work_t* work = &self.work
        cdef int64_t V = self.c.vocab_size, stride = self.c.stride
        if not self.options.sg or self.options.pairs:
            C = 1
        C = min(C, V, BLOCK_INPUTS)
        if C > 1:
            work.block.first_logits = self._vectors(V * C)
        work.block.logits = self._vectors(V * C)
        work.block.errors = self._vectors(SOFTMAX_OUTPUTS * C)
        work.block.partial_sums = self._vectors(SOFTMAX_OUTPUTS * stride)
        work.block.log_sums = self._vectors(C)
        work.block.rates = self._vectors(C)
        work.old_inputs = <float**>owned_bytes(self.owners, C, sizeof(float*))
        for i in range(C):
            work.old_inputs[i] = self._vectors(stride)
        work.all_outputs = <float**>owned_bytes(self.owners, V, sizeof(float*))
        work.n_outputs = <int>V - 1
        for i in range(work.n_outputs):
            work.all_outputs[i] = row(&self.c.syn1neg, i + 1, stride)

    cdef float* _vectors(self, int64_t n) except NULL:
        return owned_vectors(self.owners, n)

    cdef _replicate(self, Replicas replicas):
        cdef merging_t* merging = &self.work.merging
        if max(len(replicas.inputs), len(replicas.outputs), len(replicas.nodes)) == 0:
            return
        merging.first_period, merging.period = replicas.first_period, replicas.period
        merging.transport = replicas.transport
        merging.due = current_period(merging)
        self._sample_curvature()
        self._weigh_updates()
        self._replicate_rows(&self.c.syn0, replicas.inputs)
        self._replicate_rows(&self.c.syn1, replicas.nodes)
        self._replicate_rows(&self.c.syn1neg, replicas.outputs)

    cdef _weigh_updates(self):
        """Set how the number of contexts, C, changes what an update of a row does."""
        cdef merging_t* merging = &self.work.merging
        merging.input_power = 1  # each kept word updates C inputs
        if not self.options.sg and self.options.cbow_mean:
            merging.input_power -= 1  # an input moves the mean by a C-th part
            merging.input_power -= self.options.divide_gradient
        merging.output_power = self.options.pairs

    cdef _replicate_rows(self, matrix_t* matrix, const float[::1] uses):
        cdef int64_t n_rows = uses.shape[0], n_floats = n_rows * self.c.stride
        cdef int64_t n_groups = (n_rows + LOCK_ROWS - 1) // LOCK_ROWS
        if matrix.shared == NULL or n_rows == 0:
            return
        check_replicated(n_rows, self.c.vocab_size)
        matrix.uses, matrix.n_replicas = &uses[0], n_rows
        matrix.replica = self._vectors(n_floats)
        matrix.base = self._vectors(n_floats)
        matrix.received = self._vectors(n_floats)
        matrix.sums = self._vectors(RESPONSE_SUMS * n_rows)
        matrix.is_merged = <uint8_t*>owned_bytes(self.owners, n_groups, 1)
        matrix.merged_at = <int64_t*>owned_bytes(self.owners, n_groups, sizeof(int64_t))
        self.owners.append(uses)

    cdef _sample_curvature(self):
        cdef int64_t m
        cdef curvatures_t* curvatures = &self.work.merging.curvatures
        cdef curvature_t* h
        for m in range(MATRICES):
            h = curvature_of(curvatures, m)
            if matrix_of(&self.c, m).shared != NULL and h.axes == NULL:
                allocate_curvature(self.owners, h, &self.c, NULL)
        curvatures.due = 0

    def curvature(self, int64_t m):
        """Return the mean curvature of the loss in the rows of a matrix, as known now.

        While no thread trains.

        Parameters
        ----------
        m : int
            0 is `syn0`, 1 `syn1`, 2 `syn1neg`.

        Returns
        -------
        ndarray of float64, shape (D, D), or None
            None if nothing was sampled.
        """
        require(0 <= m < MATRICES, "a matrix", f"from 0 to {MATRICES - 1}", m)
        cdef curvature_t* h = curvature_of(&self.work.merging.curvatures, m)
        if h.axes == NULL:
            return None
        curvature_refresh(h)
        cdef double[:, ::1] axes = np.zeros((h.n_axes, h.n_columns))
        cdef double[::1] values = np.zeros(h.n_axes)
        cdef int64_t k, i
        for k in range(h.n_axes):
            values[k] = h.values[k] - h.rest
            for i in range(h.n_columns):
                axes[k, i] = h.axes[k][i]
        columns = np.asarray(axes).T * np.asarray(values)
        return columns @ np.asarray(axes) + h.rest * np.eye(h.n_columns)

    def curvature_scales(self, int64_t m):
        """Return how the curvature of each band of rows differs from that mean.

        Parameters
        ----------
        m : int
            As for `curvature`.

        Returns
        -------
        ndarray of float64, shape (32,)
            The factor of row 0, row 1, rows 2 and 3, rows 4 to 7, and so on.
        """
        require(0 <= m < MATRICES, "a matrix", f"from 0 to {MATRICES - 1}", m)
        cdef curvature_t* h = curvature_of(&self.work.merging.curvatures, m)
        cdef int band
        scales = np.ones(CURVATURE_BANDS)
        for band in range(CURVATURE_BANDS if h.axes != NULL else 0):
            scales[band] = h.band_scales[band]
        return scales

    cdef _add_slots(self, matrix_t* matrix):
        if matrix.shared != NULL:
            matrix.slots = <slot_t*>owned_bytes(self.owners, self.c.vocab_size,
                                                sizeof(slot_t))

    @property
    def n_replicated(self):
        """How many rows of `syn0`, `syn1` and `syn1neg` have replicas so far."""
        return (self.c.syn0.n_replicated, self.c.syn1.n_replicated,
                self.c.syn1neg.n_replicated)

    @property
    def kept_words(self):
        """Kept words since the start of the run, by which merges are timed."""
        return self.work.merging.n_words

    @kept_words.setter
    def kept_words(self, int64_t n_words):
        cdef merging_t* merging = &self.work.merging
        require(n_words >= 0, "kept words", "at least 0", n_words)
        merging.n_words = n_words
        if merging.period > 0:
            merging.due = n_words + current_period(merging)

    def train_epoch(self, const int32_t[::1] ids, SpanQueue queue, int64_t epoch_key,
                    AlphaSchedule schedule):
        """Train spans until the queue is empty, paused or stopped; without the GIL.

        Parameters
        ----------
        ids : ndarray of int32, shape (N,)
            The whole stream. IN
        queue : SpanQueue
            Shared with the other workers.
        epoch_key : int
            Number of the epoch that random numbers are keyed by.
        schedule : AlphaSchedule
        """
        check_stream(ids, queue)
        cdef schedule_t alphas = schedule.over(ids.shape[0])
        self.work.stopped, self.work.trained = &queue.stopped, &queue.trained
        with nogil:
            run_spans(&self.c, &self.options, &self.work, &alphas, &ids[0], queue,
                      self.seed, epoch_key)

    def train_round(self, const int32_t[::1] ids, SpanQueue queue,
                    const int64_t[::1] order, int64_t epoch_key,
                    AlphaSchedule schedule, int64_t ids_before):
        """Train spans of a round, each as a shard, until the queue is empty.

        Parameters
        ----------
        ids, queue, epoch_key, schedule
            As for `train_epoch`.
        order : ndarray of int64, shape (S,)
            The spans in the order of training.
        ids_before : int
            Ids of earlier rounds of this epoch, by which the learning rate falls.

        Raises
        ------
        MemoryError
            If there is no memory for the rows that a shard touches.
        """
        check_stream(ids, queue)
        require_length(order, "order", queue.starts.shape[0] - 1)
        require_within(np.asarray(order), "a span", 0, queue.starts.shape[0] - 1)
        cdef schedule_t alphas = schedule.over(ids.shape[0])
        cdef bint failed
        alphas.first_offset += ids_before
        self.work.stopped, self.work.trained = &queue.stopped, NULL
        with nogil:
            failed = run_shards(&self.c, &self.options, &self.work, &alphas, &ids[0],
                                queue, &order[0], self.shards, self.seed, epoch_key)
        if failed:
            raise MemoryError


cdef int64_t n_totals(int64_t n):
    """Return how many totals last as long as a row is in a window of n words."""
    return min(n, WINDOW_RUN) + 3


def window_bytes(int64_t window, int64_t max_sentence_length, int64_t row_bytes):
    """Return the bytes that a worker needs for CBOW's window.

    Those of the totals, the kept words and the lists of rows; the rest does not grow
    with `window`, `max_sentence_length` or `row_bytes`.
    """
    n = min(2 * window + 1, max_sentence_length)
    a_word = sizeof(int32_t) + sizeof(int64_t) + sizeof(int)
    a_word += sizeof(record_t) + sizeof(record_t*)
    lists = n * <int64_t>(2 * sizeof(window_row_t) + sizeof(float*))
    return max_sentence_length * <int64_t>a_word + n_totals(n) * row_bytes + lists


# ---------------------------------------------------------------------------------
# Spans and the learning rate
# ---------------------------------------------------------------------------------

cdef void run_spans(model_t* model, const options_t* options, work_t* work,
                    const schedule_t* schedule, const int32_t* ids, SpanQueue queue,
                    uint64_t seed, int64_t epoch_key) noexcept nogil:
    cdef int64_t span
    merge_all(model, &work.merging, 0, True)
    begin_lockstep(&work.merging)
    while True:
        span = take_span(queue)
        if span < 0:
            break
        work.random = random_stream(seed, epoch_key, span)
        work.counted = queue.starts[span]
        count_trained(work, 0)
        train_span(model, options, work, schedule, ids, queue.starts[span],
                   queue.starts[span + 1])
        count_trained(work, queue.starts[span + 1] - work.counted)
    merge_all(model, &work.merging, work.block.alpha, True)
    end_lockstep(&work.merging)


cdef void train_span(model_t* model, const options_t* options, work_t* work,
                     const schedule_t* schedule, const int32_t* ids, int64_t offset,
                     int64_t stop) noexcept nogil:
    """Train the sentences from `offset` to before `stop`."""
    cdef int64_t end
    fill_pool(model, options, work)
    while offset < stop and not atomic_read(work.stopped):
        end = sentence_end(ids, offset, stop, options.max_sentence_length)
        work.block.alpha = alpha_at(schedule, work.ahead + offset)
        train_sentence(model, options, work, ids, offset, end)
        atomic_add(&work.counters.ids, end - offset)
        count_often(work, end)
        offset = end


cdef inline void count_often(work_t* work, int64_t offset) noexcept nogil:
    """Let all workers know what this one has trained up to an offset, now and then."""
    if work.trained != NULL and offset - work.counted >= COUNTED_TOGETHER:
        count_trained(work, offset - work.counted)


cdef inline void count_trained(work_t* work, int64_t n_ids) noexcept nogil:
    """Count ids as trained; find how far all workers have come."""
    work.counted += n_ids
    work.ahead = atomic_add(work.trained, n_ids) + n_ids - work.counted


cdef inline float alpha_at(const schedule_t* schedule, int64_t offset) noexcept nogil:
    offset += schedule.first_offset
    offset -= offset % ALPHA_STRETCH
    return <float>max(schedule.start - schedule.slope * offset, schedule.floor)
