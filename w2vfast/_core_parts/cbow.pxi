# Fast mode: CBOW in chunks of consecutive centre words.  Part of _core.pyx.
#
# The hidden vectors of a chunk are computed together, by prefix sums over the rows of
# its context words, and its updates reach these rows together.  A chunk reads
# and writes two more rows for each word of window, all centre words together.  In
# between, four centre words are the inputs of one block update.

cdef void train_span_in_chunks(model_t* model, const options_t* options,
                               work_t* work, const schedule_t* schedule) noexcept nogil:
    cdef int turn = 0
    cdef plan_t* plan = &work.plans[0]
    cdef plan_t* next_plan
    work.n_kept = work.stream.pos = 0
    work.stream.planned = work.stream.offset
    plan_chunk(model, options, work, schedule, plan)
    while plan.chunk.n_centres > 0:
        if atomic_read(work.stopped):
            return
        copy_touched(model)
        turn = 1 - turn
        next_plan = &work.plans[turn]
        plan_chunk(model, options, work, schedule, next_plan)
        train_chunk(model, options, work, plan, next_plan)
        atomic_add(&work.counters.ids, plan.n_ids)
        count_often(work, work.stream.planned - next_plan.n_ids)
        merge_when_due(model, &work.merging, plan.chunk.n_centres, plan.alpha)
        plan = next_plan
    atomic_add(&work.counters.ids, plan.n_ids)  # dropped ids at the end of the span


# ---- the stream of kept words ----

cdef void read_sentences(const model_t* model, const options_t* options,
                         work_t* work) noexcept nogil:
    """Subsample sentences until a chunk of words waits, or until the span ends."""
    cdef stream_t* stream = &work.stream
    cdef int64_t end
    cdef int first, pos
    if work.n_kept - stream.pos >= CHUNK or stream.offset == stream.stop:
        return
    drop_words(work)
    while work.n_kept - stream.pos < CHUNK and stream.offset < stream.stop:
        first = work.n_kept
        end = sentence_end(stream.ids, stream.offset, stream.stop,
                           options.max_sentence_length)
        keep_words(model, work, stream.ids, stream.offset, end)
        for pos in range(first, work.n_kept):
            stream.before[pos] = min(pos - first, options.window)
            stream.after[pos] = min(work.n_kept - 1 - pos, options.window)
        stream.offset = end


cdef void drop_words(work_t* work) noexcept nogil:
    """Drop words that no later window can reach."""
    cdef stream_t* stream = &work.stream
    cdef int first = stream.pos
    if stream.pos < work.n_kept:
        first -= stream.before[stream.pos]
    cdef int64_t n = work.n_kept - first
    memmove(work.words, work.words + first, n * sizeof(int32_t))
    memmove(work.offsets, work.offsets + first, n * sizeof(int64_t))
    memmove(stream.before, stream.before + first, n * sizeof(int))
    memmove(stream.after, stream.after + first, n * sizeof(int))
    work.n_kept -= first
    stream.pos -= first


# ---- the plan of a chunk: its draws, its rows, what to prefetch ----

cdef void plan_chunk(const model_t* model, const options_t* options, work_t* work,
                     const schedule_t* schedule, plan_t* plan) noexcept nogil:
    """Draw all that the next chunk needs; no draw depends on the weights."""
    cdef chunk_t* chunk = &plan.chunk
    cdef stream_t* stream = &work.stream
    cdef int p
    plan.n_prefetch = 0
    read_sentences(model, options, work)
    chunk.n_centres = min(<int>CHUNK, work.n_kept - stream.pos)
    plan.n_ids = ids_until(work, stream.pos + chunk.n_centres) - stream.planned
    stream.planned += plan.n_ids
    if chunk.n_centres == 0:
        return
    plan.alpha = alpha_at(schedule, work.ahead + work.offsets[stream.pos])
    list_rows(model, work, plan)
    chunk.lag = 0
    for p in range(chunk.n_centres):
        plan_centre(options, work, plan, p)
    order_windows(chunk.starts, chunk.n_centres, chunk.n_rows, plan.tally,
                  chunk.by_start)
    order_windows(chunk.ends, chunk.n_centres, chunk.n_rows, plan.tally, chunk.by_end)
    if options.hs:
        plan_paths(model, plan)
    if options.negative > 0:
        plan_groups(model, options, work, plan)
    stream.pos += chunk.n_centres


cdef inline int64_t ids_until(const work_t* work, int pos) noexcept nogil:
    """Return the offset of the kept word at `pos`, or of what is read next."""
    return work.offsets[pos] if pos < work.n_kept else work.stream.offset


cdef void list_rows(const model_t* model, work_t* work, plan_t* plan) noexcept nogil:
    """List the rows of all words in the windows."""
    cdef chunk_t* chunk = &plan.chunk
    cdef stream_t* stream = &work.stream
    cdef int start = stream.pos - stream.before[stream.pos]
    cdef int last = stream.pos + chunk.n_centres - 1, r
    cdef int32_t word
    chunk.first_centre = stream.pos - start
    chunk.n_rows = last + stream.after[last] + 1 - start
    for r in range(chunk.n_rows):
        word = work.words[start + r]
        chunk.rows[r] = row(&model.syn0, word, model.stride)
        if model.frozen != NULL:
            chunk.targets[r] = work.discard if model.frozen[word] else chunk.rows[r]
    for r in range(chunk.n_rows - chunk.n_centres, chunk.n_rows):
        plan_prefetch(plan, chunk.rows[r])  # the others are rows of the chunk before


cdef inline void plan_prefetch(plan_t* plan, float* row) noexcept nogil:
    plan.prefetch[plan.n_prefetch] = row
    plan.n_prefetch += 1


cdef inline void plan_centre(const options_t* options, work_t* work, plan_t* plan,
                             int p) noexcept nogil:
    """Find the window of centre word p, which shrinks at random."""
    cdef chunk_t* chunk = &plan.chunk
    cdef int pos = work.stream.pos + p, own = chunk.first_centre + p
    cdef int reach = options.window
    if options.shrink_windows:
        reach = 1 + random_below(&work.random, options.window)
    chunk.starts[p] = own - min(reach, work.stream.before[pos])
    chunk.ends[p] = own + 1 + min(reach, work.stream.after[pos])
    chunk.lag = max(chunk.lag, chunk.ends[p] - p)
    plan.centres[p].word = work.words[pos]
    plan.centres[p].n_contexts = chunk.ends[p] - chunk.starts[p] - 1
    plan.centres[p].take_loss = takes_loss(options, work, pos)
    plan.scales[p] = <float>1.0 / max(1, plan.centres[p].n_contexts)


cdef void order_windows(const int* keys, int n, int n_rows, int* tally,
                        int* order) noexcept nogil:
    """Counting sort of n windows by their start or their end, from 0 to n_rows."""
    cdef int p, r, total = 0, count
    memset(tally, 0, (n_rows + 1) * sizeof(int))
    for p in range(n):
        tally[keys[p]] += 1
    for r in range(n_rows + 1):
        count = tally[r]
        tally[r] = total
        total += count
    for p in range(n):
        order[tally[keys[p]]] = p
        tally[keys[p]] += 1


# ---- hierarchical softmax: one block for each centre word ----

cdef void plan_paths(const model_t* model, plan_t* plan) noexcept nogil:
    cdef int p
    cdef centre_t* centre
    for p in range(plan.chunk.n_centres):
        centre = &plan.centres[p]
        centre.prefetch = plan.prefetch + plan.n_prefetch
        centre.n_prefetch = 0
        find_path(model, centre)
        plan.n_prefetch += centre.n_prefetch


cdef void train_paths(const model_t* model, const options_t* options, work_t* work,
                      plan_t* plan, plan_t* next_plan) noexcept nogil:
    cdef block_t* block = &work.block
    cdef centre_t* centre
    cdef int p
    for p in range(plan.chunk.n_centres):
        centre = &plan.centres[p]
        share_prefetch(block, next_plan, p, plan.chunk.n_centres)
        if centre.n_contexts > 0:
            block.inputs, block.targets = plan.chunk.hidden + p, plan.chunk.updates + p
            block.n_inputs, block.n_outputs = 1, centre.path_length
            block.outputs, block.labels = centre.path, centre.path_labels
            block.input_counts = block.output_counts = work.ones
            atomic_sum(&work.counters.losses.hs, train_block(block, centre.take_loss))
            if p == 0 and work.merging.curvatures.is_due:
                sample_paths(model, options, block, True)


cdef inline void share_prefetch(block_t* block, const plan_t* plan, int step,
                                int n_steps) noexcept nogil:
    """Prefetch one of n_steps shares of a chunk's rows during the next block."""
    cdef int64_t n = plan.n_prefetch, first = n * step // n_steps
    block.prefetch = plan.prefetch + first
    block.n_prefetch = <int>(n * (step + 1) // n_steps - first)


# ---- negative sampling: one block for a group of centre words ----
#
# The words of a group share their negative samples, so that each row of these is read
# and written once.  They are far apart, so that the same samples are not pushed away
# from the same contexts again and again.

cdef void plan_groups(const model_t* model, const options_t* options, work_t* work,
                      plan_t* plan) noexcept nogil:
    """Deal the centre words of a chunk into groups, and draw for each."""
    cdef int n = plan.chunk.n_centres, g, p
    plan.n_groups = (n + GROUP - 1) // GROUP
    for g in range(plan.n_groups):
        plan.groups[g].n_centres = plan.groups[g].n_losses = 0
        for p from g <= p < n by plan.n_groups:
            if plan.centres[p].n_contexts > 0:
                add_to_group(model, plan, &plan.groups[g], p)
        draw_for_group(model, options, work, plan, &plan.groups[g])


cdef inline void add_to_group(const model_t* model, plan_t* plan, group_t* group,
                              int p) noexcept nogil:
    cdef int c = group.n_centres
    cdef float* output = row(&model.syn1neg, plan.centres[p].word, model.stride)
    group.words[c] = plan.centres[p].word
    group.inputs[c], group.targets[c] = plan.chunk.hidden[p], plan.chunk.updates[p]
    group.own_outputs[c] = output
    group.loss_counts[c] = plan.centres[p].take_loss
    group.n_losses += plan.centres[p].take_loss
    group.n_centres += 1
    plan_prefetch(plan, output)


cdef void draw_for_group(const model_t* model, const options_t* options, work_t* work,
                         plan_t* plan, group_t* group) noexcept nogil:
    """Draw K negative samples.  A sample that is a centre word is one of the others."""
    cdef float* output
    cdef int32_t word
    cdef int k, c
    cdef bint is_shared
    group.n_outputs = group.n_single = 0
    for k in range(options.negative if group.n_centres > 0 else 0):
        word = draw_alias(model, next_random64(&work.random))
        output = row(&model.syn1neg, word, model.stride)
        is_shared = True
        for c in range(group.n_centres):
            is_shared = is_shared and group.words[c] != word
        if is_shared:
            count_uses(&model.syn1neg, word, group.n_centres - 1)
            group.n_outputs = block_add_row(group.outputs, group.counts,
                                            group.n_outputs, output)
            plan_prefetch(plan, output)
            continue
        for c in range(group.n_centres):
            if group.words[c] != word:
                group.single_centres[group.n_single] = c
                group.single_outputs[group.n_single] = output
                group.n_single += 1


cdef void train_group(const model_t* model, work_t* work, group_t* group,
                      int n_negative) noexcept nogil:
    """Train a group with its negative samples, then each word with its own output.

    n_negative: K where the curvature is sampled, else 0.
    """
    cdef block_t* block = &work.block
    cdef int s
    block.inputs, block.targets = group.inputs, group.targets
    block.n_inputs, block.n_outputs = group.n_centres, group.n_outputs
    block.outputs, block.output_counts = group.outputs, group.counts
    block.input_counts, block.labels = work.ones, work.ns_labels + 1
    block_update(block)
    block.n_prefetch = 0
    if n_negative > 0:
        sample_group(model, block, n_negative)
    add_group_loss(work, group)
    block.outputs, block.output_counts = group.own_outputs, work.ones
    block.labels, block.n_outputs = work.ns_labels, 1
    block_update_pairs(block)
    if n_negative > 0:
        sample_pairs(model, block, n_negative)
    add_group_loss(work, group)
    for s in range(group.n_single):
        block.inputs = group.inputs + group.single_centres[s]
        block.targets = group.targets + group.single_centres[s]
        block.outputs = group.single_outputs + s
        block.n_inputs, block.labels = 1, work.ns_labels + 1
        block.input_counts = work.ones
        atomic_sum(&work.counters.losses.ns, train_block(
            block, group.loss_counts[group.single_centres[s]] > 0))


cdef inline void add_group_loss(work_t* work, group_t* group) noexcept nogil:
    """Add the last block's loss of those words of the group whose losses are taken."""
    if group.n_losses > 0:
        work.block.input_counts = group.loss_counts
        atomic_sum(&work.counters.losses.ns, block_loss(&work.block))
        work.block.input_counts = work.ones


# ---- training a chunk ----

cdef void train_chunk(const model_t* model, const options_t* options, work_t* work,
                      plan_t* plan, plan_t* next_plan) noexcept nogil:
    cdef int p, g
    cdef bint is_sampled = work.merging.curvatures.is_due
    work.block.alpha = plan.alpha
    chunk_hidden(&plan.chunk)
    for p in range(plan.chunk.n_centres):
        if plan.centres[p].n_contexts > 0:
            atomic_add(&work.counters.losses.predictions, plan.centres[p].take_loss)
        if is_sampled:
            work.merging.curvatures.n_sampled += 1
            work.merging.curvatures.n_contexts += plan.centres[p].n_contexts
    if options.hs:
        train_paths(model, options, work, plan, next_plan)
    if options.negative > 0:
        for g in range(plan.n_groups):
            work.block.n_prefetch = 0
            if not options.hs:
                share_prefetch(&work.block, next_plan, g, plan.n_groups)
            if plan.groups[g].n_centres > 0:
                train_group(model, work, &plan.groups[g],
                            options.negative if is_sampled and g == 0 else 0)
    chunk_scatter(&plan.chunk)
