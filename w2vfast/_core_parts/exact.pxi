# Exact mode: the C program's only thread, and its k-means.  Part of _core.pyx.

# ---------------------------------------------------------------------------------
# word2vec.c TrainModelThread with one thread, every draw in C's order
# ---------------------------------------------------------------------------------

cdef struct exact_centre_t:
    # A centre word with all that C draws for it, in C's order.  It is drawn while the
    # word before it is trained, so that rows are prefetched in time; no draw depends on
    # the weights.
    float** contexts         # (C,) rows of the context words
    float** targets          # (C,) the same rows, or `discard` for a frozen word
    int n_contexts           # C
    float** ns_outputs       # (U, K + 1) rows: the word, then negative samples
    int* ns_lengths          # (U,) number of rows


cdef struct exact_t:
    int32_t* sentence        # (C_SENTENCE_LENGTH,) kept words
    int length
    float* neu1              # (D,)
    float* neu1e             # (D,)
    float* discard           # (D,) receives the updates of frozen rows; never read
    exact_path_t path        # of the centre word
    float* dots              # (K + 1,) scratch of negative sampling
    exact_centre_t centres[2]  # this centre word and the next
    float* sigmoid           # (EXACT_TABLE_SIZE,)
    uint64_t random          # the C program's generator, seeded with thread number 0
    float alpha
    float starting_alpha
    int64_t total_words      # iter * train_words + 1
    int64_t train_words
    int64_t word_count       # words read in this epoch
    int64_t last_word_count  # the same when alpha was last computed
    int64_t words_done       # word_count_actual: words of all epochs counted in alpha
    int64_t cursor           # offset in the stream


cdef class ExactWorker:
    """The C program's only thread.  Its state carries over from epoch to epoch.

    Parameters
    ----------
    model : Model
        With exact mode's tables.
    options : Options
        Only sg, hs, negative and window are used.
    alpha : float
        C's ``-alpha``.
    epochs : int
        C's ``-iter``.
    train_words : int
        Sum of the vocabulary's counts, the sentence end included [words].
    """

    cdef Model model
    cdef options_t options
    cdef exact_t c
    cdef list owners
    cdef readonly Counters counters

    def __init__(self, Model model, Options options, float alpha, int epochs,
                 int64_t train_words):
        check_objectives(&model.c, &options.c, exact=True)
        self.model = model
        self.options = options.c
        self.counters = Counters()
        self.owners = []
        self._allocate()
        self.c.alpha = self.c.starting_alpha = alpha
        self.c.train_words = train_words
        self.c.total_words = epochs * train_words + 1

    cdef _allocate(self):
        cdef exact_t* state = &self.c
        cdef int64_t stride = self.model.c.stride, T = self.options.negative + 1
        state.sentence = <int32_t*>owned_bytes(self.owners, C_SENTENCE_LENGTH,
                                               sizeof(int32_t))
        state.neu1 = <float*>owned_bytes(self.owners, stride, sizeof(float))
        state.neu1e = <float*>owned_bytes(self.owners, stride, sizeof(float))
        state.discard = <float*>owned_bytes(self.owners, stride, sizeof(float))
        self._allocate_path(&state.path)
        state.dots = <float*>owned_bytes(self.owners, T, sizeof(float))
        state.sigmoid = <float*>owned_bytes(self.owners, EXACT_TABLE_SIZE,
                                            sizeof(float))
        exact_fill_sigmoid(state.sigmoid)
        for i in range(2):
            self._allocate_centre(&state.centres[i])

    cdef _allocate_path(self, exact_path_t* path):
        cdef int64_t L = max(self.model.max_path, EXACT_NODES)
        path.rows = <float**>owned_bytes(self.owners, L, sizeof(float*))
        path.dots = <float*>owned_bytes(self.owners, L, sizeof(float))
        path.gradients = <float*>owned_bytes(self.owners, L, sizeof(float))
        path.active = <uint8_t*>owned_bytes(self.owners, L, sizeof(uint8_t))
        path.active_rows = <float**>owned_bytes(self.owners, L, sizeof(float*))
        path.active_gradients = <float*>owned_bytes(self.owners, L, sizeof(float))

    cdef _allocate_centre(self, exact_centre_t* centre):
        cdef int64_t C = min(2 * <int64_t>self.options.window, C_SENTENCE_LENGTH)
        cdef int64_t T = self.options.negative + 1
        centre.contexts = <float**>owned_bytes(self.owners, C, sizeof(float*))
        centre.targets = centre.contexts
        if self.model.c.frozen != NULL:
            centre.targets = <float**>owned_bytes(self.owners, C, sizeof(float*))
        centre.ns_outputs = <float**>owned_bytes(self.owners, C * T, sizeof(float*))
        centre.ns_lengths = <int*>owned_bytes(self.owners, C, sizeof(int))

    @property
    def alpha(self):
        """The current learning rate."""
        return self.c.alpha

    @property
    def state(self):
        """What carries over from sentence to sentence besides the weights, as a dict.

        Only between calls of `train_epoch`; see `exact_t` for the fields.
        """
        cdef exact_t* state = &self.c
        return {"alpha": state.alpha, "random": state.random, "cursor": state.cursor,
                "word_count": state.word_count,
                "last_word_count": state.last_word_count,
                "words_done": state.words_done}

    def restore(self, *, float alpha, uint64_t random, int64_t cursor,
                int64_t word_count, int64_t last_word_count, int64_t words_done):
        """Go on from the `state` of another worker."""
        require(cursor >= 0, "the cursor", "at least 0", cursor)
        self.c.alpha, self.c.random = alpha, random
        self.c.cursor, self.c.word_count = cursor, word_count
        self.c.last_word_count = last_word_count
        self.c.words_done = words_done

    def train_epoch(self, const int32_t[::1] ids, SpanQueue queue):
        """Train to the end of the ids, or less if the queue is paused or stopped."""
        check_stream(ids, queue)
        with nogil:
            exact_epoch(&self.model.c, &self.options, &self.c, &ids[0],
                        ids.shape[0], queue, self.counters.c)


cdef void exact_epoch(const model_t* model, const options_t* options, exact_t* state,
                      const int32_t* ids, int64_t N, SpanQueue queue,
                      counters_t* counters) noexcept nogil:
    cdef int64_t start
    cdef int pos
    cdef bint at_end
    while (not atomic_read(&queue.stopped)
           and state.cursor < atomic_read(&queue.pause_offset)):
        exact_refresh_alpha(state)
        start = state.cursor
        at_end = exact_read_sentence(model, state, ids, N)
        atomic_add(&counters.ids, state.cursor - start)
        if at_end or state.word_count > state.train_words:
            # Words already read of the last sentence are dropped, as in C.
            state.words_done += state.word_count - state.last_word_count
            state.cursor = state.word_count = state.last_word_count = 0
            atomic_add(&queue.cursor, queue.starts.shape[0] - 1)  # nothing is left
            return
        exact_prepare(model, options, state, 0)  # an empty sentence draws a window, too
        for pos in range(state.length):
            if atomic_read(&queue.stopped):
                return
            if pos > 0:  # C reads a sentence and trains its first word in one iteration
                exact_refresh_alpha(state)
            if pos + 1 < state.length:
                exact_prepare(model, options, state, pos + 1)
            if options.sg:
                exact_skipgram(model, options, state, pos)
            else:
                exact_cbow(model, options, state, pos)


cdef inline void exact_refresh_alpha(exact_t* state) noexcept nogil:
    if state.word_count - state.last_word_count > ALPHA_STRETCH:
        state.words_done += state.word_count - state.last_word_count
        state.last_word_count = state.word_count
        state.alpha = exact_alpha(state.starting_alpha, state.words_done,
                                  state.total_words)


cdef inline uint64_t exact_random(exact_t* state) noexcept nogil:
    state.random = state.random * <uint64_t>25214903917U + 11
    return state.random


cdef bint exact_read_sentence(const model_t* model, exact_t* state, const int32_t* ids,
                              int64_t N) noexcept nogil:
    """Read up to a 0 or C_SENTENCE_LENGTH kept words; true at the end of the text."""
    cdef int32_t word
    state.length = 0
    while state.cursor < N:
        word = ids[state.cursor]
        state.cursor += 1
        state.word_count += 1
        if word == 0:
            return False
        if model.keep != NULL and (exact_random(state) & 0xFFFF) >= model.keep[word]:
            continue
        state.sentence[state.length] = word
        state.length += 1
        if state.length == C_SENTENCE_LENGTH:
            return False
    return True


# ---- preparing a centre word: its draws and its rows ----

cdef inline exact_centre_t* exact_centre(exact_t* state, int pos) noexcept nogil:
    return &state.centres[pos & 1]


cdef void exact_prepare(const model_t* model, const options_t* options, exact_t* state,
                        int pos) noexcept nogil:
    """Draw the window of the word at `pos` and its negative samples."""
    cdef exact_centre_t* centre = exact_centre(state, pos)
    cdef int u
    exact_find_contexts(model, options, state, centre, pos)
    if pos + options.window < state.length:  # the next word to enter a window
        block_prefetch_row(
            row(&model.syn0, state.sentence[pos + options.window], model.stride),
            model.dim)
    if options.hs and centre.n_contexts > 0:
        exact_prefetch_path(model, state.sentence[pos])
    if options.negative > 0:
        for u in range(centre.n_contexts if options.sg else min(centre.n_contexts, 1)):
            centre.ns_lengths[u] = exact_draw_outputs(
                model, options, state, exact_ns_outputs(options, centre, u),
                state.sentence[pos])


cdef void exact_find_contexts(const model_t* model, const options_t* options,
                              exact_t* state, exact_centre_t* centre,
                              int pos) noexcept nogil:
    """List the rows of the words in the window, which shrinks at random."""
    cdef int reach = (
        options.window - <int>(exact_random(state) % <uint64_t>options.window))
    cdef int context_pos, c = 0
    cdef int32_t word
    for context_pos in range(max(0, pos - reach), min(state.length, pos + reach + 1)):
        if context_pos == pos:
            continue
        word = state.sentence[context_pos]
        centre.contexts[c] = row(&model.syn0, word, model.stride)
        if model.frozen != NULL:
            centre.targets[c] = (
                state.discard if model.frozen[word] else centre.contexts[c])
        c += 1
    centre.n_contexts = c


cdef inline float** exact_ns_outputs(const options_t* options,
                                     const exact_centre_t* centre,
                                     int u) noexcept nogil:
    return centre.ns_outputs + <int64_t>u * (options.negative + 1)


cdef int exact_draw_outputs(const model_t* model, const options_t* options,
                            exact_t* state, float** rows, int32_t word) noexcept nogil:
    """Outputs: the word and K negative samples; returns their number."""
    cdef int k, T = 1
    cdef int64_t sample
    cdef uint64_t random
    rows[0] = row(&model.syn1neg, word, model.stride)
    for k in range(options.negative):
        random = exact_random(state)
        sample = draw_step(model, <uint32_t>((random >> 16) % C_TABLE_SIZE))
        if sample == 0:
            sample = random % <uint64_t>(model.vocab_size - 1) + 1
        if sample != word:
            rows[T] = row(&model.syn1neg, sample, model.stride)
            T += 1
    return T


cdef void exact_prefetch_path(const model_t* model, int32_t word) noexcept nogil:
    cdef int64_t t
    for t in range(model.path_offsets[word], model.path_offsets[word + 1]):
        if model.points[t] < model.vocab_size - NEAR_NODES:  # C's root is the last node
            block_prefetch_row(row(&model.syn1, model.points[t], model.stride),
                               model.dim)


cdef void exact_prefetch_outputs(const model_t* model, const options_t* options,
                                 const exact_centre_t* centre, int u) noexcept nogil:
    """Prefetch the rows for negative sampling of a centre's u-th input, if any."""
    cdef float** rows = exact_ns_outputs(options, centre, u)
    cdef int t
    if options.negative > 0 and u < centre.n_contexts:
        for t in range(centre.ns_lengths[u]):
            block_prefetch_row(rows[t], model.dim)


# ---- training a centre word ----

cdef void exact_skipgram(const model_t* model, const options_t* options, exact_t* state,
                         int pos) noexcept nogil:
    cdef exact_centre_t* centre = exact_centre(state, pos)
    cdef int u
    if options.hs:
        exact_list_path(model, &state.path, state.sentence[pos])
    if options.hs and options.negative == 0:
        if centre.n_contexts > 0:
            exact_hs_inputs(&state.path, centre.contexts, centre.targets,
                            centre.n_contexts, model.dim, state.alpha, state.sigmoid,
                            state.neu1e)
        return
    for u in range(centre.n_contexts):
        if u + 1 < centre.n_contexts:
            exact_prefetch_outputs(model, options, centre, u + 1)
        elif pos + 1 < state.length:
            exact_prefetch_outputs(model, options, exact_centre(state, pos + 1), 0)
        memset(state.neu1e, 0, model.dim * sizeof(float))
        exact_outputs(model, options, state, centre, u, centre.contexts[u])
        exact_axpy(1, state.neu1e, centre.targets[u], model.dim)


cdef void exact_cbow(const model_t* model, const options_t* options, exact_t* state,
                     int pos) noexcept nogil:
    cdef exact_centre_t* centre = exact_centre(state, pos)
    cdef int u, i
    if pos + 1 < state.length:
        exact_prefetch_outputs(model, options, exact_centre(state, pos + 1), 0)
    if centre.n_contexts == 0:
        return
    memset(state.neu1, 0, model.dim * sizeof(float))
    memset(state.neu1e, 0, model.dim * sizeof(float))
    for u in range(centre.n_contexts):
        exact_axpy(1, centre.contexts[u], state.neu1, model.dim)
    for i in range(model.dim):
        state.neu1[i] = state.neu1[i] / centre.n_contexts
    if options.hs:
        exact_list_path(model, &state.path, state.sentence[pos])
    exact_outputs(model, options, state, centre, 0, state.neu1)
    for u in range(centre.n_contexts):
        exact_axpy(1, state.neu1e, centre.targets[u], model.dim)


cdef void exact_list_path(const model_t* model, exact_path_t* path,
                          int32_t word) noexcept nogil:
    """List the inner nodes from the root to the word."""
    cdef int64_t start = model.path_offsets[word]
    cdef int t
    path.n_nodes = <int>(model.path_offsets[word + 1] - start)
    path.codes = model.codes + start
    for t in range(path.n_nodes):
        path.rows[t] = row(&model.syn1, model.points[start + t], model.stride)


cdef void exact_outputs(const model_t* model, const options_t* options, exact_t* state,
                        exact_centre_t* centre, int u, const float* x) noexcept nogil:
    """Both objectives for one input x (D,); its error is added to neu1e."""
    if options.hs:
        exact_hs(&state.path, x, state.neu1e, model.dim, state.alpha, state.sigmoid)
    if options.negative > 0:
        exact_negative(x, state.neu1e, exact_ns_outputs(options, centre, u),
                       centre.ns_lengths[u], model.dim, state.alpha, state.sigmoid,
                       state.dots)


# ---------------------------------------------------------------------------------
# K-means of -classes
# ---------------------------------------------------------------------------------

def kmeans_centroids(const float[:, ::1] vectors, const int32_t[::1] classes,
                     float[:, ::1] centroids):
    """Compute the centroids (n_classes, D) OUT of classes (V,) IN of vectors (V, D)."""
    cdef int n_classes = <int>centroids.shape[0]
    check_classes(vectors, classes, centroids)
    require_within(np.asarray(classes), "a class", 0, n_classes)
    cdef int32_t[::1] sizes = np.empty(n_classes, dtype=np.int32)
    with nogil:
        exact_centroids(&vectors[0, 0], &classes[0], vectors.shape[0],
                        <int>vectors.shape[1], n_classes, &centroids[0, 0], &sizes[0])


def kmeans_assign(const float[:, ::1] vectors, float[:, ::1] centroids,
                  int32_t[::1] classes):
    """Assign vectors (V, D) to the nearest of centroids (n_classes, D): classes OUT."""
    cdef int n_classes = <int>centroids.shape[0], dim = <int>vectors.shape[1], k
    check_classes(vectors, classes, centroids)
    cdef float[::1] dots = np.empty(n_classes, dtype=np.float32)
    cdef size_t[::1] rows = np.empty(n_classes, dtype=np.uintp)
    for k in range(n_classes):
        rows[k] = <size_t>&centroids[k, 0]
    with nogil:
        exact_assign(&vectors[0, 0], <float**>&rows[0], vectors.shape[0], dim,
                     n_classes, &classes[0], &dots[0])
