# Fast mode: sentences and centre words.  Part of _core.pyx.

# ---------------------------------------------------------------------------------
# One sentence
# ---------------------------------------------------------------------------------

cdef void train_sentence(model_t* model, const options_t* options, work_t* work,
                         const int32_t* ids, int64_t start,
                         int64_t stop) noexcept nogil:
    cdef int pos
    cdef int64_t due
    cdef centre_t* centre
    cdef centre_t* next_centre
    work.n_kept = 0
    keep_words(model, work, ids, start, stop)
    if not options.sg:
        link_words(options, work)
    for pos in range(min(options.window, work.n_kept)):
        block_prefetch_row(look_up(model, options, work, pos), model.dim)
    if work.n_kept > 0:
        prepare(model, options, work, &work.centres[0], 0)
    for pos in range(work.n_kept):
        if atomic_read(work.stopped):
            break
        copy_touched(model)
        centre = &work.centres[pos & 1]
        work.block.n_prefetch = 0
        if pos + 1 < work.n_kept:
            next_centre = &work.centres[(pos + 1) & 1]
            prepare(model, options, work, next_centre, pos + 1)
            work.block.prefetch = next_centre.prefetch
            work.block.n_prefetch = next_centre.n_prefetch
        sample_centre(&work.merging.curvatures, centre)
        if centre.n_window > 0:
            train_centre(model, options, work, centre)
        due = work.merging.due
        merge_when_due(model, &work.merging, 1, work.block.alpha)
        if work.merging.due != due and not options.sg:
            # Rows have changed, or are others.
            renew_window(model, options, work, pos + 1)
    empty_window(model, work)


cdef inline void sample_centre(curvatures_t* curvatures,
                               const centre_t* centre) noexcept nogil:
    if curvatures.is_due:
        curvatures.n_sampled += 1
        curvatures.n_contexts += centre.n_window


cdef inline void sample_paths(const model_t* model, const options_t* options,
                              const block_t* block, bint first_inputs) noexcept nogil:
    sample_block(model, &model.syn1, block, options.negative == 0, first_inputs)


cdef void keep_words(const model_t* model, work_t* work, const int32_t* ids,
                     int64_t start, int64_t stop) noexcept nogil:
    """Subsample a sentence; append what is left."""
    cdef int64_t offset
    cdef int n_kept = work.n_kept
    for offset in range(start, stop):
        if work.visits != NULL:
            work.visits[ids[offset]] += 1
        # Without a branch, because whether a word is kept cannot be predicted.
        work.words[n_kept] = ids[offset]
        work.offsets[n_kept] = offset
        if model.keep == NULL:
            n_kept += ids[offset] != 0
        else:
            n_kept += ((ids[offset] != 0)
                       & (next_random(&work.random) <= model.keep[ids[offset]]))
    work.n_kept = n_kept


# ---------------------------------------------------------------------------------
# Preparing a centre word: its draws, its rows, what to prefetch
# ---------------------------------------------------------------------------------

cdef void prepare(const model_t* model, const options_t* options, work_t* work,
                  centre_t* centre, int pos) noexcept nogil:
    """Draw all that the word at `pos` needs; list its rows and those to prefetch."""
    cdef int u
    centre.n_prefetch = 0
    draw_window(options, work, centre, pos)
    if centre.n_window == 0:
        return
    centre.word = work.words[pos]
    centre.take_loss = takes_loss(options, work, pos)
    if pos + options.window < work.n_kept:  # the next word to enter a window
        list_prefetch(centre, look_up(model, options, work, pos + options.window))
    prefetch_slots(model, work, pos, options.window)
    if options.hs:
        find_path(model, centre)
        prefetch_paths(model, work, pos)
    if options.negative > 0:
        centre.n_sets = n_sample_sets(options, centre.n_window)
        for u in range(centre.n_sets):
            draw_outputs(model, options, work, centre, u)


cdef inline float* look_up(const model_t* model, const options_t* options,
                           work_t* work, int pos) noexcept nogil:
    """Return the row of the word at `pos`; CBOW: keep it for the window."""
    cdef float* found = row_ahead(&model.syn0, work.words[pos], model.stride)
    if not options.sg:
        record_row(model, work, pos, found)
    return found


cdef inline int n_sample_sets(const options_t* options,
                              int64_t n_window) noexcept nogil:
    """Return how many sets of negative samples a centre word needs."""
    return <int>((n_window + options.sharing_contexts - 1) // options.sharing_contexts)


cdef inline bint takes_loss(const options_t* options, const work_t* work,
                            int pos) noexcept nogil:
    return options.all_losses or work.offsets[pos] % LOSS_STRIDE == 0


cdef inline void list_prefetch(centre_t* centre, float* row) noexcept nogil:
    centre.prefetch[centre.n_prefetch] = row
    centre.n_prefetch += 1


cdef inline void draw_window(const options_t* options, work_t* work, centre_t* centre,
                             int pos) noexcept nogil:
    """Choose the window around `pos`.  Skip-gram: its size is random."""
    cdef int reach = options.window
    if options.shrink_windows and options.sg:
        reach = 1 + random_below(&work.random, options.window)
    elif options.shrink_windows:
        reach = next_reach(options, work, pos)
    centre.pos, centre.first = pos, max(0, pos - reach)
    centre.n_window = min(work.n_kept, pos + reach + 1) - centre.first - 1


cdef void find_path(const model_t* model, centre_t* centre) noexcept nogil:
    """Outputs: the inner nodes from the root to the word; labels 1 - code."""
    cdef int64_t start = model.path_offsets[centre.word]
    cdef int t
    centre.path_length = <int>(model.path_offsets[centre.word + 1] - start)
    for t in range(centre.path_length):
        centre.path[t] = row(&model.syn1, model.points[start + t], model.stride)
        centre.path_labels[t] = 1 - model.codes[start + t]
        if model.points[start + t] >= NEAR_NODES:
            list_prefetch(centre, centre.path[t])


cdef inline void prefetch_paths(const model_t* model, const work_t* work,
                                int pos) noexcept nogil:
    """Prefetch points and codes of the next words' paths."""
    cdef int64_t start, end
    if pos + 3 < work.n_kept:
        block_prefetch_line(model.path_offsets + work.words[pos + 3])
    if pos + 2 < work.n_kept:
        start = model.path_offsets[work.words[pos + 2]]
        end = model.path_offsets[work.words[pos + 2] + 1] - 1
        block_prefetch_line(model.points + start)
        block_prefetch_line(model.points + end)
        block_prefetch_line(model.codes + start)
        block_prefetch_line(model.codes + end)


cdef void draw_outputs(const model_t* model, const options_t* options, work_t* work,
                       centre_t* centre, int u) noexcept nogil:
    """Outputs: the word and K negative samples; draws of the word are dropped."""
    cdef float** outputs = ns_outputs(options, centre, u)
    cdef float* counts = ns_counts(options, centre, u)
    cdef float* output = row(&model.syn1neg, centre.word, model.stride)
    cdef uint64_t listed = 0
    cdef int32_t word
    cdef int k, n = block_append_row(outputs, counts, 0, output)
    if u == 0:
        list_prefetch(centre, output)
    draw_samples(model, options, work, centre)
    for k in range(options.negative):
        word = work.samples[k]
        if word != centre.word:
            output = row(&model.syn1neg, word, model.stride)
            n = add_row_of(word, outputs, counts, n, output, &listed)
    centre.ns_lengths[u] = n


cdef inline void draw_samples(const model_t* model, const options_t* options,
                              work_t* work, centre_t* centre) noexcept nogil:
    """Draw K negative samples, or take them from the pool, which is a ring."""
    cdef int K = options.negative, k
    cdef int n = <int>min(<int64_t>K, work.pool.size - work.pool.pos)
    if options.pooled:
        take_from_pool(model, work, centre, work.samples, n)
        if n < K:
            take_from_pool(model, work, centre, work.samples + n, K - n)
        return
    for k in range(K):
        work.samples[k] = draw_alias(model, next_random64(&work.random))
        list_prefetch(centre, row(&model.syn1neg, work.samples[k], model.stride))


cdef inline int add_row_of(int32_t word, float** rows, float* counts, int n, float* row,
                           uint64_t* listed) noexcept nogil:
    """Add a row to a list of n distinct rows with counts; return the new n.

    listed: INOUT, a bit for the last bits of each word in the list.  Most words find
    theirs free, and need no search.
    """
    cdef uint64_t bit = <uint64_t>1 << (word & 63)
    cdef bint is_free = not listed[0] & bit
    listed[0] |= bit
    if is_free:
        return block_append_row(rows, counts, n, row)
    return block_add_row(rows, counts, n, row)


cdef inline float** ns_outputs(const options_t* options, centre_t* centre,
                               int u) noexcept nogil:
    return centre.ns_outputs + <int64_t>u * (options.negative + 1)


cdef inline float* ns_counts(const options_t* options, centre_t* centre,
                             int u) noexcept nogil:
    return centre.ns_counts + <int64_t>u * (options.negative + 1)


# ---- the pool of reused negative samples ----
#
# Reading the row of a negative sample waits for memory or for another core's cache.  So
# a worker keeps a pool of samples; each set takes the next K of them, and a sample is
# replaced by a new draw after POOL_USES uses.  Two uses are as many sets apart as the
# pool holds: where their centre words share contexts, the same sample would be pushed
# away from these again and again (docs/benchmarks/tried.md).

cdef void fill_pool(const model_t* model, const options_t* options,
                    work_t* work) noexcept nogil:
    cdef int64_t k
    work.pool.pos = work.pool.round = 0
    if options.negative > 0 and options.pooled:
        for k in range(work.pool.size):
            work.pool.words[k] = draw_alias(model, next_random64(&work.random))


cdef inline void take_from_pool(const model_t* model, work_t* work, centre_t* centre,
                                int32_t* samples, int n) noexcept nogil:
    """Take the next n samples; replace those that had their last use."""
    cdef pool_t* pool = &work.pool
    cdef int32_t* words = pool.words + pool.pos
    cdef int begin = -<int>((pool.pos + pool.round) & (POOL_USES - 1)), k
    for k in range(n):
        samples[k] = words[k]
    for k from begin & (POOL_USES - 1) <= k < n by POOL_USES:
        words[k] = draw_alias(model, next_random64(&work.random))
        prefetch_sample(model, centre, words[k])
    if model.syn1neg.slots != NULL:
        for k from (begin + 1) & (POOL_USES - 1) <= k < n by POOL_USES:
            list_prefetch(centre, row_ahead(&model.syn1neg, samples[k], model.stride))
    pool.pos += n
    if pool.pos == pool.size:
        pool.pos = 0
        pool.round += 1


cdef inline void prefetch_sample(const model_t* model, centre_t* centre,
                                 int32_t word) noexcept nogil:
    """Prefetch what the first use of a new sample needs, a round of the pool later."""
    if model.syn1neg.slots == NULL:
        list_prefetch(centre, row(&model.syn1neg, word, model.stride))
    else:
        block_prefetch_line(&model.syn1neg.slots[word])


# ---------------------------------------------------------------------------------
# Training a centre word
# ---------------------------------------------------------------------------------

cdef inline void train_centre(const model_t* model, const options_t* options,
                              work_t* work, centre_t* centre) noexcept nogil:
    if options.sg:
        train_skipgram(model, options, work, centre)
    else:
        train_cbow(model, options, work, centre)


cdef int list_contexts(const model_t* model, work_t* work, const centre_t* centre,
                       int first, int n_listed) noexcept nogil:
    """List the rows of some contexts of a window, from number `first` on.

    Return how many are distinct.  Updates of frozen rows go to a scratch row, which
    discards them.  Not part of `prepare`: the loops over the contexts follow at once,
    and the processor predicts their length by this.
    """
    cdef matrix_t syn0 = model.syn0  # a copy, which no store to a list can change
    cdef float* context
    cdef int32_t word
    cdef int k, n = 0, n_before
    cdef uint64_t listed = 0
    for k in range(centre.first + first, centre.first + first + n_listed):
        word = work.words[k + (k >= centre.pos)]  # without a branch: which k is random
        context = row(&syn0, word, model.stride)
        n_before = n
        n = add_row_of(word, work.contexts, work.context_counts, n, context, &listed)
        if model.frozen != NULL and n > n_before:
            work.targets[n_before] = work.discard if model.frozen[word] else context
    return n


cdef void train_skipgram(const model_t* model, const options_t* options, work_t* work,
                         centre_t* centre) noexcept nogil:
    """The inputs are the contexts' rows, up to BLOCK_INPUTS a block; pair: one each.

    A context that is repeated in a block is listed once, with its count.  In another
    block it is listed again, where it sees its first update, as in the C program.
    """
    cdef int c = 0, width
    if centre.take_loss:
        atomic_add(&work.counters.losses.predictions, centre.n_window)
    work.block.inputs, work.block.targets = work.contexts, work.targets
    work.block.input_counts = work.context_counts
    while c < centre.n_window:
        width = 1 if options.pairs else block_share(centre.n_window - c, BLOCK_INPUTS)
        work.block.n_inputs = list_contexts(model, work, centre, c, width)
        update_outputs(model, options, work, centre, c)
        c += width


cdef void update_outputs(const model_t* model, const options_t* options, work_t* work,
                         centre_t* centre, int c) noexcept nogil:
    """Train the inputs from c on to predict the centre word, with each objective."""
    cdef bint first_inputs = c == 0 or options.pairs
    cdef int u
    if options.hs:
        work.block.outputs = centre.path
        work.block.output_counts = work.ones
        work.block.labels = centre.path_labels
        work.block.n_outputs = centre.path_length
        atomic_sum(&work.counters.losses.hs, train_block(&work.block, centre.take_loss))
        if work.merging.curvatures.is_due:
            sample_paths(model, options, &work.block, first_inputs)
    if options.negative > 0:
        # In 64 bits: with pairs, the product is up to n_window ** 2.
        u = <int>(<int64_t>c * centre.n_sets // centre.n_window)
        work.block.outputs = ns_outputs(options, centre, u)
        work.block.output_counts = ns_counts(options, centre, u)
        work.block.labels = work.ns_labels
        work.block.n_outputs = centre.ns_lengths[u]
        atomic_sum(&work.counters.losses.ns, train_block(&work.block, centre.take_loss))
        if work.merging.curvatures.is_due:
            sample_block(model, &model.syn1neg, &work.block, True, first_inputs)
    if options.softmax:
        update_all_outputs(work, centre)


cdef void update_all_outputs(work_t* work, centre_t* centre) noexcept nogil:
    """Full softmax: the outputs are the rows of all words, the centre word's first.

    Outputs are updated in parts, all from the inputs as they were: hence the copies.
    """
    cdef float** inputs = work.block.inputs
    cdef float** observed = work.all_outputs + centre.word - 1
    cdef int c
    for c in range(work.block.n_inputs):
        memcpy(work.old_inputs[c], inputs[c], work.block.dim * sizeof(float))
    work.block.inputs = work.old_inputs
    work.block.outputs = work.all_outputs
    work.block.n_outputs = work.n_outputs
    work.all_outputs[0], observed[0] = observed[0], work.all_outputs[0]
    atomic_sum(&work.counters.losses.softmax,
               train_block(&work.block, centre.take_loss))
    work.all_outputs[0], observed[0] = observed[0], work.all_outputs[0]
    work.block.inputs = inputs


cdef double train_block(block_t* block, bint take_loss) noexcept nogil:
    block_update(block)
    block.n_prefetch = 0
    return block_loss(block) if take_loss else 0
