# Exact mode: the C program's only thread, and its k-means.  Part of _core.pyx.

# ---------------------------------------------------------------------------------
# Exact mode: word2vec.c TrainModelThread at one thread, every draw in its order
# ---------------------------------------------------------------------------------

cdef struct exact_plan_t:
    # A centre word, with all that C draws for it, in C's order.  It is drawn one word
    # ahead, since no draw depends on the weights, so that rows may be called early.
    float** contexts         # (C,) rows of the context
    float** sinks            # (C,) rows that gain their change: they, or nowhere
    int n_contexts           # C
    float** noise            # (U, K + 1) rows: the word, then noise words
    int* noise_lengths       # (U,) how many of each K + 1


cdef struct exact_t:
    int32_t* sentence        # (C_SENTENCE_LENGTH,) kept words
    int length
    float* neu1              # (D,)
    float* neu1e             # (D,)
    float* nowhere           # (D,) gains what frozen rows would; never read
    exact_path_t path        # of the centre word
    float* dots              # (K + 1,) negative sampling's
    exact_plan_t plans[2]    # of this centre word and of the next
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
    cdef list owners
    cdef readonly Counters counters

    def __init__(self, Model model, dict settings, float alpha, int epochs,
                 int64_t train_words):
        self.model = model
        self.settings = settings
        self.counters = Counters()
        cdef exact_t* s = &self.state
        cdef int64_t T = settings["negative"] + 1
        self.owners = []
        s.sentence = <int32_t*>owned_bytes(self.owners, C_SENTENCE_LENGTH, sizeof(int32_t))
        s.neu1 = <float*>owned_bytes(self.owners, model.c.stride, sizeof(float))
        s.neu1e = <float*>owned_bytes(self.owners, model.c.stride, sizeof(float))
        s.nowhere = <float*>owned_bytes(self.owners, model.c.stride, sizeof(float))
        self._allocate_path(&s.path)
        s.dots = <float*>owned_bytes(self.owners, T, sizeof(float))
        s.sigmoid = <float*>owned_bytes(self.owners, EXACT_TABLE_SIZE, sizeof(float))
        exact_fill_sigmoid(s.sigmoid)
        for i in range(2):
            self._allocate_plan(&s.plans[i])
        s.alpha = s.starting_alpha = alpha
        s.train_words = train_words
        s.total_words = epochs * train_words + 1

    cdef _allocate_path(self, exact_path_t* path):
        cdef int64_t L = max(self.model.max_path, EXACT_NODES)
        path.rows = <float**>owned_bytes(self.owners, L, sizeof(float*))
        path.dots = <float*>owned_bytes(self.owners, L, sizeof(float))
        path.gains = <float*>owned_bytes(self.owners, L, sizeof(float))
        path.open = <uint8_t*>owned_bytes(self.owners, L, sizeof(uint8_t))
        path.open_rows = <float**>owned_bytes(self.owners, L, sizeof(float*))
        path.open_gains = <float*>owned_bytes(self.owners, L, sizeof(float))

    cdef _allocate_plan(self, exact_plan_t* plan):
        cdef int64_t C = min(2 * <int64_t>self.settings.window, C_SENTENCE_LENGTH)
        cdef int64_t T = self.settings.negative + 1
        plan.contexts = plan.sinks = <float**>owned_bytes(self.owners, C, sizeof(float*))
        if self.model.c.frozen != NULL:
            plan.sinks = <float**>owned_bytes(self.owners, C, sizeof(float*))
        plan.noise = <float**>owned_bytes(self.owners, C * T, sizeof(float*))
        plan.noise_lengths = <int*>owned_bytes(self.owners, C, sizeof(int))

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
        exact_prepare(m, o, s, 0)  # even an empty sentence draws one window
        for pos in range(s.length):
            if atomic_read(&queue.stopped):
                return
            if pos > 0:  # C reads a sentence and trains its first word in one go
                exact_refresh_alpha(s)
            if pos + 1 < s.length:
                exact_prepare(m, o, s, pos + 1)
            if o.sg:
                exact_skipgram(m, o, s, pos)
            else:
                exact_cbow(m, o, s, pos)


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


# ---- ahead of a centre word: its draws ----

cdef inline exact_plan_t* exact_plan(exact_t* s, int pos) noexcept nogil:
    return &s.plans[pos & 1]


cdef void exact_prepare(const model_t* m, const settings_t* o, exact_t* s,
                        int pos) noexcept nogil:
    """Draw the window of the word at `pos` and its noise words."""
    cdef exact_plan_t* plan = exact_plan(s, pos)
    cdef int reach = o.window - <int>(exact_random(s) % <uint64_t>o.window)
    cdef int context_pos, u
    plan.n_contexts = 0
    for context_pos in range(max(0, pos - reach), min(s.length, pos + reach + 1)):
        if context_pos != pos:
            plan.contexts[plan.n_contexts] = row(&m.syn0, s.sentence[context_pos], m.stride)
            if m.frozen != NULL:
                plan.sinks[plan.n_contexts] = (
                    s.nowhere if m.frozen[s.sentence[context_pos]]
                    else plan.contexts[plan.n_contexts])
            plan.n_contexts += 1
    if pos + o.window < s.length:  # the word that comes within reach now
        block_prefetch(row(&m.syn0, s.sentence[pos + o.window], m.stride), m.dim)
    if o.hs and plan.n_contexts > 0:
        exact_call_path(m, s.sentence[pos])
    if o.negative > 0:
        for u in range(plan.n_contexts if o.sg else min(plan.n_contexts, 1)):
            plan.noise_lengths[u] = exact_draw_outputs(
                m, o, s, plan.noise + <int64_t>u * (o.negative + 1), s.sentence[pos])


cdef int exact_draw_outputs(const model_t* m, const settings_t* o, exact_t* s,
                            float** rows, int32_t word) noexcept nogil:
    cdef int k, T = 1
    cdef int64_t noise_word
    cdef uint64_t random
    rows[0] = row(&m.syn1neg, word, m.stride)
    for k in range(o.negative):
        random = exact_random(s)
        noise_word = draw_step(m, <uint32_t>((random >> 16) % C_TABLE_SIZE))
        if noise_word == 0:
            noise_word = random % <uint64_t>(m.vocab_size - 1) + 1
        if noise_word != word:
            rows[T] = row(&m.syn1neg, noise_word, m.stride)
            T += 1
    return T


cdef void exact_call_path(const model_t* m, int32_t word) noexcept nogil:
    cdef int64_t t
    for t in range(m.offsets[word], m.offsets[word + 1]):
        if m.points[t] < m.vocab_size - NEAR_NODES:  # C's root is the last node
            block_prefetch(row(&m.syn1, m.points[t], m.stride), m.dim)


cdef void exact_call_noise(const model_t* m, const settings_t* o,
                           const exact_plan_t* plan, int u) noexcept nogil:
    """Call the rows of a plan's next draw from memory, if it has one."""
    cdef int t
    if o.negative > 0 and u < plan.n_contexts:
        for t in range(plan.noise_lengths[u]):
            block_prefetch(plan.noise[<int64_t>u * (o.negative + 1) + t], m.dim)


# ---- the centre word itself ----

cdef void exact_skipgram(const model_t* m, const settings_t* o, exact_t* s,
                         int pos) noexcept nogil:
    cdef exact_plan_t* plan = exact_plan(s, pos)
    cdef int u
    if o.hs:
        exact_list_path(m, &s.path, s.sentence[pos])
    if o.hs and o.negative == 0:
        if plan.n_contexts > 0:
            exact_hs_inputs(&s.path, plan.contexts, plan.sinks, plan.n_contexts, m.dim,
                            s.alpha, s.sigmoid, s.neu1e)
        return
    for u in range(plan.n_contexts):
        if u + 1 < plan.n_contexts:
            exact_call_noise(m, o, plan, u + 1)
        elif pos + 1 < s.length:
            exact_call_noise(m, o, exact_plan(s, pos + 1), 0)
        memset(s.neu1e, 0, m.dim * sizeof(float))
        exact_outputs(m, o, s, plan, u, plan.contexts[u])
        exact_axpy(1, s.neu1e, plan.sinks[u], m.dim)


cdef void exact_cbow(const model_t* m, const settings_t* o, exact_t* s,
                     int pos) noexcept nogil:
    cdef exact_plan_t* plan = exact_plan(s, pos)
    cdef int u, i
    if pos + 1 < s.length:
        exact_call_noise(m, o, exact_plan(s, pos + 1), 0)
    if plan.n_contexts == 0:
        return
    memset(s.neu1, 0, m.dim * sizeof(float))
    memset(s.neu1e, 0, m.dim * sizeof(float))
    for u in range(plan.n_contexts):
        exact_axpy(1, plan.contexts[u], s.neu1, m.dim)
    for i in range(m.dim):
        s.neu1[i] = s.neu1[i] / plan.n_contexts
    if o.hs:
        exact_list_path(m, &s.path, s.sentence[pos])
    exact_outputs(m, o, s, plan, 0, s.neu1)
    for u in range(plan.n_contexts):
        exact_axpy(1, s.neu1e, plan.sinks[u], m.dim)


cdef void exact_list_path(const model_t* m, exact_path_t* path,
                          int32_t word) noexcept nogil:
    """List the inner nodes from the root to the word."""
    cdef int64_t start = m.offsets[word]
    cdef int t
    path.n_nodes = <int>(m.offsets[word + 1] - start)
    path.codes = m.codes + start
    for t in range(path.n_nodes):
        path.rows[t] = row(&m.syn1, m.points[start + t], m.stride)


cdef void exact_outputs(const model_t* m, const settings_t* o, exact_t* s,
                        exact_plan_t* plan, int u, const float* x) noexcept nogil:
    """Both objectives for one input x (D,); its error is added to neu1e."""
    if o.hs:
        exact_hs(&s.path, x, s.neu1e, m.dim, s.alpha, s.sigmoid)
    if o.negative > 0:
        exact_negative(x, s.neu1e, plan.noise + <int64_t>u * (o.negative + 1),
                       plan.noise_lengths[u], m.dim, s.alpha, s.sigmoid, s.dots)


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
