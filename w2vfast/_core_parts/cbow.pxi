# Fast mode: CBOW, and the window that moves over a sentence.  Part of _core.pyx.
#
# From one centre word to the next, most rows stay in the window.  So a worker keeps
# their sum, and the total of all updates; a row receives what the total has grown by
# when its word leaves the window.  The result is that of adding each update to all rows
# of its window at once, as the C program does, but few rows are read and written.

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
    """Let all places of a word that a window can hold at once share a record."""
    cdef sliding_t* sliding = &work.sliding
    cdef int* chains = sliding.chains
    cdef int* chained = sliding.chained
    cdef int pos, k, before_window
    cdef int32_t word
    for pos in range(work.n_kept):
        word = work.words[pos]
        chained[pos] = k = chains[word & (CHAINS - 1)] - 1
        chains[word & (CHAINS - 1)] = pos + 1
        before_window = max(-1, pos - 2 * options.window - 1)
        while k > before_window and work.words[k] != word:
            k = chained[k]
        sliding.new_records[pos].row.count = 0
        sliding.records[pos] = (sliding.records[k] if k > before_window
                                else &sliding.new_records[pos])
    for pos in range(work.n_kept):
        chains[work.words[pos] & (CHAINS - 1)] = 0


cdef inline void record_row(const model_t* model, work_t* work, int pos,
                            float* row) noexcept nogil:
    """Keep the row of the word at `pos` for the window."""
    cdef record_t* record = work.sliding.records[pos]
    cdef bint is_frozen = model.frozen != NULL and model.frozen[work.words[pos]]
    record.row.row, record.row.target = row, work.discard if is_frozen else row
    record.gain = not is_frozen


# ---- the window ----

cdef void move_window(const model_t* model, work_t* work,
                      const centre_t* centre) noexcept nogil:
    """Move the window to a centre word; compute its hidden vector."""
    cdef sliding_t* sliding = &work.sliding
    if sliding.n_steps == WINDOW_RUN:
        empty_window(model, work)
    if sliding.first == sliding.end:
        begin_window(model, work, centre.first)
    begin_step(sliding, model.stride)
    list_moves(model, work, centre.first, centre.first + centre.n_window + 1)
    take_step(model, work, centre.pos)


cdef void list_moves(const model_t* model, work_t* work, int first,
                     int end) noexcept nogil:
    """List what leaves and enters, for a window from `first` to before `end`."""
    cdef sliding_t* sliding = &work.sliding
    cdef window_t* step = &sliding.step
    cdef moves_t moves = moves_t(step.settled + step.n_settled, step.entering,
                                 step.total, sliding.n_squares)
    leave_window(model, work, &moves, sliding.first, first)
    leave_window(model, work, &moves, end, sliding.end)
    enter_window(model, work, &moves, first, sliding.first)
    enter_window(model, work, &moves, sliding.end, end)
    step.n_settled = <int>(moves.settled - step.settled)
    step.n_entering = <int>(moves.entering - step.entering)
    sliding.n_squares = moves.n_squares
    sliding.first, sliding.end = first, end


cdef inline void leave_window(const model_t* model, const work_t* work, moves_t* moves,
                              int begin, int stop) noexcept nogil:
    """The words from `begin` to before `stop`, if any, leave the window."""
    cdef record_t* record
    cdef int pos
    for pos in range(begin, stop):
        record = work.sliding.records[pos]
        moves.settled[0] = settle(record, moves.total, -1)
        moves.settled += 1
        moves.n_squares -= 2 * record.row.count - record.gain
        record.row.count -= record.gain
        count_uses(&model.syn0, work.words[pos], work.sliding.n_steps)


cdef inline void enter_window(const model_t* model, const work_t* work, moves_t* moves,
                              int begin, int stop) noexcept nogil:
    """The words from `begin` to before `stop`, if any, enter the window."""
    cdef record_t* record
    cdef int pos
    for pos in range(begin, stop):
        record = work.sliding.records[pos]
        # To either list: without a branch, because nobody can predict which it is.
        moves.settled[0] = settle(record, moves.total, 1)
        moves.settled += record.row.count > 0
        moves.entering[0] = record.row.row
        moves.entering += record.row.count == 0
        moves.n_squares += 2 * record.row.count + record.gain
        record.row.count += record.gain
        count_uses(&model.syn0, work.words[pos], -work.sliding.n_steps)


cdef inline window_row_t settle(record_t* record, const float* total,
                                float weight) noexcept nogil:
    """Let a row receive the updates of all places of its word."""
    cdef window_row_t row = record.row
    row.weight = weight
    record.row.since = total
    return row


cdef inline void take_step(const model_t* model, work_t* work, int pos) noexcept nogil:
    """Leave the centre word out: of the hidden vector, and of its update."""
    cdef sliding_t* sliding = &work.sliding
    cdef window_t* step = &sliding.step
    cdef record_t* record = sliding.records[pos]
    step.centre = settle(record, step.total, 0)
    window_step(step)
    step.n_received = sliding.n_squares - record.row.count
    if record.row.count > 1:
        sliding.last_centre = record
    else:
        record.row.since = step.next_total
    count_uses(&model.syn0, work.words[pos], -1)
    sliding.n_steps += 1


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
    step.n_settled = 0
    step.earlier_total, step.total = step.total, step.next_total
    step.next_total += stride
    if step.next_total == sliding.totals + sliding.n_totals * stride:
        step.next_total = sliding.totals
    if sliding.last_centre != NULL:
        # It did not receive the update at its own place, but at the others.
        step.settled[0] = settle(sliding.last_centre, step.total, 0)
        step.settled[0].count -= 1
        step.n_settled = 1
        sliding.last_centre = NULL


cdef void empty_window(const model_t* model, work_t* work) noexcept nogil:
    """Let all rows in the window receive their updates, and begin anew."""
    cdef sliding_t* sliding = &work.sliding
    cdef window_t* step = &sliding.step
    if sliding.first == sliding.end:
        return
    begin_step(sliding, model.stride)
    list_moves(model, work, sliding.end, sliding.end)
    step.centre = window_row_t(work.discard, step.total, work.discard, 0, 0)
    window_step(step)


cdef void renew_window(const model_t* model, const options_t* options, work_t* work,
                       int pos) noexcept nogil:
    """Begin anew at a position, with the rows as they are now."""
    cdef int k
    empty_window(model, work)
    for k in range(max(0, pos - options.window),
                   min(pos + options.window + 1, work.n_kept)):
        look_up(model, options, work, k)
