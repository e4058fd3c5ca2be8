# Fast mode: a worker, its spans, sentences and centre words, and the merge of workers.
# Part of _core.pyx.

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
    float** contexts         # (C,) rows of the context; skip-gram: each once
    float** sinks            # (C,) rows that gain their change: they, or nowhere
    float* context_counts    # (C,) how often each stands in the window
    int32_t word             # itself
    int n_contexts           # C; 0: nothing to train
    int n_window             # words in the window
    float** path             # (L,) rows of inner nodes, root first
    float* path_labels       # (L,) 1 - code
    int path_length          # L
    float** noise            # (U, K + 1) rows: the word, then noise words, each once
    float* noise_counts      # (U, K + 1) how often each was drawn
    int* noise_lengths       # (U,) how many of each K + 1
    float** ahead            # rows to call from memory before they are needed
    int n_ahead
    bint take_loss


cdef struct scratch_t:
    int32_t* words           # (max_sentence_length,) kept words of the sentence
    int64_t* places          # (max_sentence_length,) where they stand in the stream
    int n_kept
    float* noise_labels      # (K + 1,) 1, then zeros
    int32_t* pool            # (pool_size,) noise words at hand
    int pool_size
    int pool_pos             # of the next to be used
    int pool_turn            # how often all of them were used in this span
    float* ones              # (max of L and C,)
    float* neu1              # (stride,) CBOW: mean or sum of the context's rows
    float* neu1e             # (stride,) CBOW: its change
    float* nowhere           # (stride,) gains what frozen rows would; never read
    float** old_inputs       # (C,) softmax: copies of the block's inputs
    float** all_outputs      # (V - 1,) softmax: the rows of all words
    int n_outputs            # V - 1
    plan_t plans[2]          # of this centre word and of the next
    int64_t* visits          # (V,) ids seen, for tests; or NULL
    int64_t* stopped         # the queue's flag
    int64_t merge_period     # kept words between two merges
    int64_t ramp             # the first kept words, in which there are fewer
    int64_t n_words          # kept words since the start
    int64_t merge_due        # of them, when the next merge comes
    uint64_t n_merges
    int64_t* lockstep        # (n_workers,) merges of each, or NULL
    int64_t n_workers
    int64_t index            # of this worker among them
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
        sg, hs, softmax, negative, window, shrink_windows, cbow_mean, pair, divide_gradient,
        all_losses, max_sentence_length.
    seed : int
        Of the whole run; a span's random numbers depend on (seed, epoch, span) only.
    count_visits : bool
        Count the ids that are seen, in `visits`.
    copies : copies.Copies or None
        Of which rows this worker has copies, and when it merges them with the other
        workers'; none for a single worker.
    lockstep : Lockstep or None
        Shared with the other workers, as many as it is for.
    """

    cdef Model model
    cdef model_t c
    cdef settings_t settings
    cdef scratch_t scratch
    cdef uint64_t seed
    cdef list owners
    cdef readonly Counters counters
    cdef readonly object visits

    def __init__(self, Model model, dict settings, uint64_t seed, *,
                 bint count_visits=False, copies=None, Lockstep lockstep=None):
        self.model = model
        self.c = model.c
        self.settings = settings
        self.seed = seed
        self.counters = Counters()
        self.scratch.counters = self.counters.c
        self.scratch.merge_due = INT64_MAX
        self.owners = [lockstep]
        self._allocate()
        if lockstep is not None:
            self.scratch.lockstep = &lockstep.merges[0]
            self.scratch.n_workers = lockstep.merges.shape[0]
            self.scratch.index = lockstep.join()
        if copies is not None and len(copies.words) + len(copies.nodes) > 0:
            self.scratch.merge_period = copies.period
            self.scratch.ramp = copies.ramp
            self.scratch.merge_due = period_now(&self.scratch)
            self._allocate_copies(&self.c.syn0, copies.words)
            self._allocate_copies(&self.c.syn1, copies.nodes)
            self._allocate_copies(&self.c.syn1neg, copies.words)
        self.visits = None
        if count_visits:
            self.visits = np.zeros(model.c.vocab_size, dtype=np.int64)
            self.scratch.visits = <int64_t*><size_t>self.visits.ctypes.data

    cdef _allocate(self):
        cdef settings_t* o = &self.settings
        cdef scratch_t* s = &self.scratch
        cdef int64_t C = min(2 * <int64_t>o.window, o.max_sentence_length)
        cdef int64_t T = max(o.negative + 1, self.model.max_path)
        cdef int64_t stride = self.model.c.stride
        s.words = <int32_t*>owned_bytes(self.owners, o.max_sentence_length, sizeof(int32_t))
        s.places = <int64_t*>owned_bytes(self.owners, o.max_sentence_length, sizeof(int64_t))
        s.noise_labels = self._vectors(o.negative + 1)
        s.noise_labels[0] = 1
        s.pool_size = POOL_CENTRES * o.negative + 1
        s.pool = <int32_t*>owned_bytes(self.owners, s.pool_size, sizeof(int32_t))
        s.ones = self._vectors(max(C, T))
        for i in range(max(C, T)):
            s.ones[i] = 1
        s.neu1 = <float*>owned_bytes(self.owners, stride, sizeof(float))
        s.neu1e = <float*>owned_bytes(self.owners, stride, sizeof(float))
        s.nowhere = <float*>owned_bytes(self.owners, stride, sizeof(float))
        s.block.logits = self._vectors(C * T)
        s.block.sigmoids = self._vectors(C * T)
        s.block.errors = self._vectors(C * T)
        s.block.tile = self._vectors(T * stride)
        s.block.dim = block_padded(self.model.c.dim)
        for i in range(2):
            self._allocate_plan(&s.plans[i], C, C if o.pair else 1)
        if o.softmax:
            self._allocate_softmax(s, C)

    cdef _allocate_softmax(self, scratch_t* s, int64_t C):
        cdef const model_t* m = &self.c
        cdef int64_t V = m.vocab_size
        if not self.settings.sg or self.settings.pair:
            C = 1
        C = min(C, V)  # none is listed twice
        s.block.logits = self._vectors(V * C)
        s.block.errors = self._vectors(SOFTMAX_OUTPUTS * C)
        s.block.tile = self._vectors(SOFTMAX_OUTPUTS * m.stride)
        s.block.shifts = self._vectors(C)
        s.block.rates = self._vectors(C)
        s.old_inputs = <float**>owned_bytes(self.owners, C, sizeof(float*))
        for i in range(C):
            s.old_inputs[i] = self._vectors(m.stride)
        s.all_outputs = <float**>owned_bytes(self.owners, V, sizeof(float*))
        s.n_outputs = <int>V - 1
        for i in range(s.n_outputs):
            s.all_outputs[i] = row(&m.syn1neg, i + 1, m.stride)

    cdef float* _vectors(self, int64_t n) except NULL:
        """Zeros that may be read and stored to in whole vectors."""
        return <float*>owned_bytes(self.owners, n + BLOCK_LANES, sizeof(float))

    cdef _allocate_copies(self, matrix_t* x, const int64_t[::1] meeting):
        if x.shared == NULL or meeting.shape[0] == 0:
            return
        if meeting[meeting.shape[0] - 1] > self.c.vocab_size:
            raise ValueError(
                f"there are {self.c.vocab_size} rows to copy, got levels up to "
                f"{meeting[meeting.shape[0] - 1]}. Plan copies for this model.")
        x.meeting, x.n_levels = &meeting[0], <int>meeting.shape[0]
        x.n_mine = meeting[meeting.shape[0] - 1]
        x.mine = <float*>owned_bytes(self.owners, x.n_mine * self.c.stride, sizeof(float))
        x.base = <float*>owned_bytes(self.owners, x.n_mine * self.c.stride, sizeof(float))
        self.owners.append(meeting)

    cdef _allocate_plan(self, plan_t* plan, int64_t C, int64_t U):
        cdef int64_t L = self.model.max_path, K = self.settings.negative
        plan.contexts = plan.sinks = <float**>owned_bytes(self.owners, C, sizeof(float*))
        if self.c.frozen != NULL:
            plan.sinks = <float**>owned_bytes(self.owners, C, sizeof(float*))
        plan.context_counts = self._vectors(C)
        plan.path = <float**>owned_bytes(self.owners, L, sizeof(float*))
        plan.path_labels = self._vectors(L)
        plan.noise = <float**>owned_bytes(self.owners, U * (K + 1), sizeof(float*))
        plan.noise_counts = self._vectors(U * (K + 1))
        plan.noise_lengths = <int*>owned_bytes(self.owners, U, sizeof(int))
        plan.ahead = <float**>owned_bytes(self.owners, 1 + L + U * (K + 1), sizeof(float*))

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
    if s.lockstep != NULL:  # from 0 in each epoch
        atomic_add(&s.lockstep[s.index], -atomic_read(&s.lockstep[s.index]))
    while not atomic_read(&queue.stopped):
        span = atomic_add(&queue.cursor, 1)
        if span >= n_spans:
            break
        s.random = random_stream(seed, stream, span)
        fill_pool(m, o, s)
        place = queue.starts[span]
        stop = queue.starts[span + 1]
        while place < stop and not atomic_read(&queue.stopped):
            end = sentence_end(ids, place, stop, o.max_sentence_length)
            s.block.alpha = alpha_at(schedule, schedule.first_place + place)
            train_sentence(m, o, s, ids, place, end)
            atomic_add(&s.counters.ids, end - place)
            place = end
    merge_all(m)
    if s.lockstep != NULL:
        atomic_add(&s.lockstep[s.index], NEVER)


# ---------------------------------------------------------------------------------
# Merge: how workers agree on the rows that all of them use all the time
#
# Words are sorted by frequency and inner nodes by their distance from the root, so the
# hottest rows are the first.  Of those every worker has a copy; what it gained is added
# to the shared rows now and then: the hottest at every merge, colder ones at every
# second, fourth and so on (IntelLabs/pWord2Vec@672a12b, pWord2Vec_mpi.cpp, lets machines
# meet so; Differs: it averages what they learnt, here it is added up).  copies.py says
# how many rows meet when, and why.
# ---------------------------------------------------------------------------------

cdef inline void merge_when_due(const model_t* m, scratch_t* s) noexcept nogil:
    """After each centre word, since a sentence may be longer than the period."""
    if count_word(s):
        merge_rows(m, s.n_merges, False)
        if s.lockstep != NULL:
            wait_for_others(s)


cdef inline bint count_word(scratch_t* s) noexcept nogil:
    """Return whether a merge is due now."""
    s.n_words += 1
    if s.n_words < s.merge_due:
        return False
    s.merge_due = s.n_words + period_now(s)
    s.n_merges += 1
    return True


cdef inline int64_t period_now(const scratch_t* s) noexcept nogil:
    """Shorter in the beginning, when rows grow from almost nothing: apart for the whole
    period, each worker would grow them at nearly the pace of one."""
    cdef int64_t done = min(s.n_words + s.ramp / RAMP_PARTS, s.ramp)
    return max(1, s.merge_period * done / s.ramp)


cdef void wait_for_others(scratch_t* s) noexcept nogil:
    """Return when no worker has merged less often than this one had before."""
    cdef int64_t worker, n_merges = atomic_add(&s.lockstep[s.index], 1)
    for worker in range(s.n_workers):
        while atomic_read(&s.lockstep[worker]) < n_merges:
            atomic_yield()


cdef void merge_all(const model_t* m) noexcept nogil:
    merge_rows(m, 0, True)


cdef void merge_rows(const model_t* m, uint64_t n_merges, bint wait) noexcept nogil:
    merge(&m.syn0, n_merges, m.stride, wait)
    merge(&m.syn1, n_merges, m.stride, wait)
    merge(&m.syn1neg, n_merges, m.stride, wait)


cdef void merge(const matrix_t* x, uint64_t n_merges, int64_t stride,
                bint wait) noexcept nogil:
    """Merge rows; unless told to wait, pass over those it cannot have soon."""
    cdef int64_t group, word, n_rows = rows_that_meet(x, n_merges)
    cdef int64_t* lock
    for group in range((n_rows + LOCK_ROWS - 1) / LOCK_ROWS):
        lock = x.locks + group % N_LOCKS * LOCK_STRIDE
        if take_lock(lock, wait):
            for word in range(group * LOCK_ROWS, min((group + 1) * LOCK_ROWS, x.n_mine)):
                block_merge(x.shared + word * stride, x.mine + word * stride,
                            x.base + word * stride, <int>stride)
            atomic_unlock(lock)


cdef inline int64_t rows_that_meet(const matrix_t* x, uint64_t n_merges) noexcept nogil:
    """The highest level's whose 2**level divides n_merges; 0, the merge of all: all."""
    cdef int level = 0
    if x.n_levels == 0:
        return 0
    while level < x.n_levels - 1 and (n_merges >> level) % 2 == 0:
        level += 1
    return x.meeting[level]


cdef inline bint take_lock(int64_t* lock, bint wait) noexcept nogil:
    """Whoever holds it is done in a microsecond; or was stopped, for milliseconds."""
    cdef int tries = 0
    while not atomic_try_lock(lock):
        tries += 1
        if wait:
            atomic_yield()
        elif tries == PATIENCE:
            return False
    return True


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
        merge_when_due(m, s)


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
    if m.frozen != NULL:
        find_sinks(m, o, s, plan, pos)
    plan.word = word
    plan.take_loss = o.all_losses or s.places[pos] % LOSS_STRIDE == 0
    if pos + o.window < s.n_kept:  # the word that comes within reach now
        call_ahead(plan, row(&m.syn0, s.words[pos + o.window], m.stride))
    if o.hs:
        find_path(m, plan, word)
        call_paths_ahead(m, s, pos)
    if o.negative > 0:
        for u in range(plan.n_contexts if o.sg and o.pair else 1):
            draw_outputs(m, o, s, plan, u, word)


cdef inline void call_ahead(plan_t* plan, float* row) noexcept nogil:
    plan.ahead[plan.n_ahead] = row
    plan.n_ahead += 1


cdef void find_contexts(const model_t* m, const settings_t* o, scratch_t* s,
                        plan_t* plan, int pos) noexcept nogil:
    """List the rows of the words within the window, which shrinks at random."""
    cdef int reach = o.window, context_pos
    cdef float* context
    if o.shrink_windows:
        reach = 1 + random_below(&s.random, o.window)
    plan.n_window = plan.n_contexts = 0
    for context_pos in range(max(0, pos - reach), min(s.n_kept, pos + reach + 1)):
        if context_pos == pos:
            continue
        context = row(&m.syn0, s.words[context_pos], m.stride)
        plan.n_window += 1
        if o.sg and not o.pair:
            plan.n_contexts = block_list(plan.contexts, plan.context_counts,
                                         plan.n_contexts, context)
        else:  # one after the other, or summed up: the same row again does no harm
            plan.contexts[plan.n_contexts] = context
            plan.n_contexts += 1


cdef void find_sinks(const model_t* m, const settings_t* o, scratch_t* s, plan_t* plan,
                     int pos) noexcept nogil:
    """Send what frozen words of the window would gain nowhere."""
    cdef float* context
    cdef int context_pos, u
    memcpy(plan.sinks, plan.contexts, plan.n_contexts * sizeof(float*))
    for context_pos in range(max(0, pos - o.window), min(s.n_kept, pos + o.window + 1)):
        if m.frozen[s.words[context_pos]]:
            context = row(&m.syn0, s.words[context_pos], m.stride)
            for u in range(plan.n_contexts):
                if plan.contexts[u] == context:
                    plan.sinks[u] = s.nowhere


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


cdef inline void call_paths_ahead(const model_t* m, const scratch_t* s,
                                  int pos) noexcept nogil:
    """Where the next words' paths are listed is called from memory, too."""
    cdef int64_t start, end
    if pos + 3 < s.n_kept:
        block_prefetch_line(m.offsets + s.words[pos + 3])
    if pos + 2 < s.n_kept:
        start = m.offsets[s.words[pos + 2]]
        end = m.offsets[s.words[pos + 2] + 1] - 1
        block_prefetch_line(m.points + start)
        block_prefetch_line(m.points + end)
        block_prefetch_line(m.codes + start)
        block_prefetch_line(m.codes + end)


cdef void draw_outputs(const model_t* m, const settings_t* o, scratch_t* s,
                       plan_t* plan, int u, int32_t word) noexcept nogil:
    """Outputs: the word and K noise words; a draw of the word itself is dropped."""
    cdef float** outputs = noise_rows(o, plan, u)
    cdef float* counts = noise_counts(o, plan, u)
    cdef int32_t noise_word
    cdef int k, n = block_list(outputs, counts, 0, row(&m.syn1neg, word, m.stride))
    call_ahead(plan, outputs[0])
    for k in range(o.negative):
        if o.pair:
            noise_word = draw_alias(m, next_random64(&s.random))
            call_ahead(plan, row(&m.syn1neg, noise_word, m.stride))
        else:
            noise_word = draw_pool(m, s, plan)
        if noise_word != word:
            n = block_list(outputs, counts, n, row(&m.syn1neg, noise_word, m.stride))
    plan.noise_lengths[u] = n


# ---- noise words, at hand for several centres ----
#
# A noise word's row has to come from memory or from another core's cache.  So a worker
# has a pool of them at hand; each centre uses the next K, and a word is replaced by
# a new draw once it was used POOL_USES times.  Between two uses lie about POOL_CENTRES
# centres: used by centres side by side, it would be pushed away from one and the same
# context again and again (measured: benchmarks/README.md).

cdef void fill_pool(const model_t* m, const settings_t* o, scratch_t* s) noexcept nogil:
    cdef int k
    s.pool_pos = s.pool_turn = 0
    if o.negative > 0 and not o.pair:
        for k in range(s.pool_size):
            s.pool[k] = draw_alias(m, next_random64(&s.random))


cdef inline int32_t draw_pool(const model_t* m, scratch_t* s, plan_t* plan) noexcept nogil:
    cdef int pos = s.pool_pos
    cdef int32_t noise_word = s.pool[pos]
    if (pos + s.pool_turn) % POOL_USES == 0:  # a share of the pool in each turn
        s.pool[pos] = draw_alias(m, next_random64(&s.random))
        call_ahead(plan, row(&m.syn1neg, s.pool[pos], m.stride))
    s.pool_pos += 1
    if s.pool_pos == s.pool_size:
        s.pool_pos = 0
        s.pool_turn += 1
    return noise_word


cdef inline float** noise_rows(const settings_t* o, plan_t* plan, int u) noexcept nogil:
    return plan.noise + <int64_t>u * (o.negative + 1)


cdef inline float* noise_counts(const settings_t* o, plan_t* plan, int u) noexcept nogil:
    return plan.noise_counts + <int64_t>u * (o.negative + 1)


# ---- the centre word itself ----

cdef void train_skipgram(const model_t* m, const settings_t* o, scratch_t* s,
                         plan_t* plan) noexcept nogil:
    """The contexts' rows are the inputs, all at once or each by itself."""
    cdef int u, n_units = plan.n_contexts if o.pair else 1
    s.block.n_inputs = 1 if o.pair else plan.n_contexts
    s.block.input_counts = s.ones if o.pair else plan.context_counts
    if plan.take_loss:
        s.counters.predictions += plan.n_window
    for u in range(n_units):
        s.block.inputs = plan.contexts + u
        s.block.sinks = plan.sinks + u
        update_outputs(o, s, plan, u)


cdef void train_cbow(const model_t* m, const settings_t* o, scratch_t* s,
                     plan_t* plan) noexcept nogil:
    """The mean (or sum) of the contexts' rows is the input; each gains its change."""
    cdef float scale = 1.0
    memset(s.neu1e, 0, m.stride * sizeof(float))
    if o.cbow_mean:
        scale = <float>1.0 / plan.n_contexts
    block_gather(scale, plan.contexts, plan.n_contexts, s.neu1, s.block.dim)
    if plan.take_loss:
        s.counters.predictions += 1
    s.block.n_inputs = 1
    s.block.input_counts = s.ones
    s.block.inputs = &s.neu1
    s.block.sinks = &s.neu1e
    update_outputs(o, s, plan, 0)
    # word2vec.c hands the whole error to each row; the mean's gradient is its share.
    scale = scale if o.divide_gradient else 1.0
    block_spread(scale, s.neu1e, plan.sinks, plan.n_contexts, s.block.dim)


cdef void update_outputs(const settings_t* o, scratch_t* s, plan_t* plan,
                         int u) noexcept nogil:
    """Train the block's inputs to predict the centre word, by either objective."""
    if o.hs:
        s.block.outputs = plan.path
        s.block.output_counts = s.ones
        s.block.labels = plan.path_labels
        s.block.n_outputs = plan.path_length
        s.counters.hs_loss += train_block(&s.block, plan.take_loss)
    if o.negative > 0:
        s.block.outputs = noise_rows(o, plan, u)
        s.block.output_counts = noise_counts(o, plan, u)
        s.block.labels = s.noise_labels
        s.block.n_outputs = plan.noise_lengths[u]
        s.counters.ns_loss += train_block(&s.block, plan.take_loss)
    if o.softmax:
        update_all_outputs(s, plan)


cdef void update_all_outputs(scratch_t* s, plan_t* plan) noexcept nogil:
    """Full softmax: the outputs are the rows of all words, the centre word's first.

    They gain some after the other, all from the inputs as they were: hence the copies.
    """
    cdef float** inputs = s.block.inputs
    cdef float** seen = s.all_outputs + plan.word - 1
    cdef int c
    for c in range(s.block.n_inputs):
        block_gather(1, inputs + c, 1, s.old_inputs[c], s.block.dim)
    s.block.inputs = s.old_inputs
    s.block.outputs = s.all_outputs
    s.block.n_outputs = s.n_outputs
    s.all_outputs[0], seen[0] = seen[0], s.all_outputs[0]
    s.counters.softmax_loss += train_block(&s.block, plan.take_loss)
    s.all_outputs[0], seen[0] = seen[0], s.all_outputs[0]
    s.block.inputs = inputs


cdef double train_block(block_t* block, bint take_loss) noexcept nogil:
    block_update(block)
    block.n_ahead = 0
    return block_loss(block) if take_loss else 0
