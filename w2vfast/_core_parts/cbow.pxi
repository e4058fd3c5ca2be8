# Fast mode: CBOW, and the window that moves over a sentence.  Part of _core.pyx.
#
# From one centre word to the next, most rows stay in the window.  So a worker keeps
# their sum, and the total of all updates; a row receives what the total has grown by
# when it leaves the window.  The result is that of adding each update to all rows of
# its window at once, as the C program does, but few rows are read and written.

cdef void train_cbow(const model_t* model, const options_t* options, work_t* work,
                     centre_t* centre) noexcept nogil:
    """The input is the mean (or sum) of the contexts' rows; all receive its update."""
    cdef window_t* step = &work.sliding.step
    step.scale = <float>1.0 / centre.n_window if options.cbow_mean else 1
    move_window(model, work, centre)
    if centre.take_loss:
        atomic_add(&work.counters.losses.predictions, 1)
    work.block.n_inputs = 1
    work.block.input_counts = work.ones
    work.block.inputs, work.block.targets = &step.hidden, &step.next_total
    update_outputs(model, options, work, centre, 0)
    # word2vec.c adds the whole error to each row; the mean's gradient is the n-th part.
    step.update_scale = step.scale if options.divide_gradient else 1


cdef inline int next_reach(const options_t* options, work_t* work,
                           int pos) noexcept nogil:
    """Let the reach sweep from the smallest to the largest and back; random start.

    Source: word2vec.c, TrainModelThread, where each reach is random.  Differs: all are
    as frequent, but few words enter or leave the window between two centre words.
    With steps below a fifth of `window` graphs lose quality (docs/benchmarks/tried.md).
    """
    cdef sliding_t* sliding = &work.sliding
    cdef int n = options.n_reaches, k = sliding.reach, start
    if pos == 0:
        start = random_below(&work.random, 2 * n)
        k = 1 + start // 2
        sliding.reach_step = options.reach_step if start & 1 else -options.reach_step
    sliding.reach = k + sliding.reach_step
    if sliding.reach < 1 or sliding.reach > n:
        # Turn round: 1, 2, ..., n, n, ..., 2, 1, 1, 2, and so on.
        sliding.reach = (1 if sliding.reach < 1 else 2 * n + 1) - sliding.reach
        sliding.reach_step = -sliding.reach_step
    return 1 + (k - 1) * options.reach_stride


cdef void link_words(const options_t* options, work_t* work) noexcept nogil:
    """Find the places of each word that a window can hold at the same time."""
    cdef place_t* places = work.sliding.places
    cdef int* chains = work.sliding.chains
    cdef int pos, k, before_window
    cdef int32_t word
    for pos in range(work.n_kept):
        word = work.words[pos]
        places[pos].chained = k = chains[word & (CHAINS - 1)] - 1
        chains[word & (CHAINS - 1)] = pos + 1
        before_window = max(-1, pos - 2 * options.window - 1)
        while k > before_window and work.words[k] != word:
            k = places[k].chained
        places[pos].previous, places[pos].next = -1, work.n_kept
        if k > before_window:
            places[pos].previous = k
            places[k].next = pos
    for pos in range(work.n_kept):
        chains[work.words[pos] & (CHAINS - 1)] = 0


# ---- the window ----

cdef void move_window(const model_t* model, work_t* work,
                      const centre_t* centre) noexcept nogil:
    """Move the window to a centre word; compute its hidden vector."""
    cdef sliding_t* sliding = &work.sliding
    cdef int end = centre.first + centre.n_window + 1
    if sliding.n_steps == WINDOW_RUN:
        empty_window(model, work)
    if sliding.first == sliding.end:
        begin_window(model, work, centre.first)
    begin_step(sliding, model.stride)
    while sliding.first < centre.first:
        sliding.first += 1
        leave_window(model, work, sliding.first - 1)
    while sliding.end > end:
        sliding.end -= 1
        leave_window(model, work, sliding.end)
    while sliding.first > centre.first:
        enter_window(model, work, sliding.first - 1)
        sliding.first -= 1
    while sliding.end < end:
        enter_window(model, work, sliding.end)
        sliding.end += 1
    take_step(model, work, centre.pos)


cdef inline void take_step(const model_t* model, work_t* work, int pos) noexcept nogil:
    """Leave the centre word out: of the hidden vector, and of its update."""
    cdef sliding_t* sliding = &work.sliding
    cdef window_t* step = &sliding.step
    cdef int n_places = settle_word(model, work, &step.centre, pos)
    window_step(step)
    sliding.places[pos].since = step.next_total
    count_uses(&model.syn0, work.words[pos], -1)
    step.n_received = sliding.n_squares - n_places
    sliding.n_steps += 1


cdef inline bint is_frozen(const model_t* model, int32_t word) noexcept nogil:
    return model.frozen != NULL and model.frozen[word]


cdef void begin_window(const model_t* model, work_t* work, int first) noexcept nogil:
    cdef sliding_t* sliding = &work.sliding
    cdef window_t* step = &sliding.step
    sliding.first = sliding.end = first
    sliding.n_steps = 0
    step.total, step.next_total = sliding.totals, sliding.totals + model.stride
    step.n_received, step.update_scale = 0, 1
    memset(step.sum, 0, model.stride * sizeof(float))
    memset(step.total, 0, 2 * model.stride * sizeof(float))


cdef inline void begin_step(sliding_t* sliding, int64_t stride) noexcept nogil:
    cdef window_t* step = &sliding.step
    step.n_settled = step.n_leaving = step.n_entering = 0
    step.earlier_total, step.total = step.total, step.next_total
    step.next_total += stride
    if step.next_total == sliding.totals + sliding.n_totals * stride:
        step.next_total = sliding.totals


cdef inline void enter_window(const model_t* model, work_t* work,
                              int pos) noexcept nogil:
    cdef sliding_t* sliding = &work.sliding
    cdef window_t* step = &sliding.step
    cdef place_t* place = &sliding.places[pos]
    place.since, place.entered = step.total, sliding.n_steps
    step.entering[step.n_entering] = place.row
    step.n_entering += 1
    if not is_frozen(model, work.words[pos]):
        sliding.n_squares += 2 * settle_same(sliding, pos) + 1


cdef inline void leave_window(const model_t* model, work_t* work,
                              int pos) noexcept nogil:
    cdef sliding_t* sliding = &work.sliding
    cdef window_t* step = &sliding.step
    cdef int n_places = settle_word(model, work, &step.leaving[step.n_leaving], pos)
    count_uses(&model.syn0, work.words[pos],
               sliding.n_steps - sliding.places[pos].entered)
    step.n_leaving += 1
    if n_places > 0:
        sliding.n_squares -= 2 * n_places - 1


cdef inline int settle_word(const model_t* model, work_t* work, window_row_t* settled,
                            int pos) noexcept nogil:
    """Let the row of the word at `pos` receive the updates of all its places.

    Return their number; 0 for a frozen row, which is read and not changed.
    """
    cdef sliding_t* sliding = &work.sliding
    cdef place_t* place = &sliding.places[pos]
    cdef const float* total = sliding.step.total
    if is_frozen(model, work.words[pos]):
        settled.row, settled.since, settled.target = place.row, total, work.discard
        return 0
    settle(settled, place, total)
    return settle_same(sliding, pos) + 1


cdef inline void settle(window_row_t* settled, place_t* place,
                        const float* total) noexcept nogil:
    """Let a row receive its updates."""
    settled.row, settled.since, settled.target = place.row, place.since, place.row
    place.since = total


cdef inline int settle_same(sliding_t* sliding, int pos) noexcept nogil:
    """Settle the other places of the word at `pos` in the window; return their number.

    Then the row at `pos` has all their updates.
    """
    cdef place_t* place = &sliding.places[pos]
    if place.previous < sliding.first and place.next >= sliding.end:
        return 0
    return settle_places(sliding, place)


cdef int settle_places(sliding_t* sliding, const place_t* place) noexcept nogil:
    cdef int k = place.previous, n = 0
    while k >= sliding.first:
        settle_once(&sliding.step, &sliding.places[k])
        k = sliding.places[k].previous
        n += 1
    k = place.next
    while k < sliding.end:
        settle_once(&sliding.step, &sliding.places[k])
        k = sliding.places[k].next
        n += 1
    return n


cdef inline void settle_once(window_t* step, place_t* place) noexcept nogil:
    if place.since != step.total:
        settle(&step.settled[step.n_settled], place, step.total)
        step.n_settled += 1


cdef void empty_window(const model_t* model, work_t* work) noexcept nogil:
    """Let all rows in the window receive their updates, and begin anew."""
    cdef sliding_t* sliding = &work.sliding
    cdef window_t* step = &sliding.step
    cdef int pos
    if sliding.first == sliding.end:
        return
    begin_step(sliding, model.stride)
    while sliding.first < sliding.end:
        sliding.first += 1
        leave_window(model, work, sliding.first - 1)
    step.centre.row = step.centre.target = work.discard
    step.centre.since = step.total
    window_step(step)


cdef void renew_window(const model_t* model, const options_t* options, work_t* work,
                       int pos) noexcept nogil:
    """Begin anew at a position, with the rows as they are now."""
    cdef int k
    empty_window(model, work)
    for k in range(max(0, pos - options.window),
                   min(pos + options.window + 1, work.n_kept)):
        look_up(model, options, work, k)
