/* CBOW: the window moves to the next centre word; included by block_kernel.h. */

/* total = earlier_total + update_scale * last update */
static void ISA(scale_update)(const window_t *w) {
    const vec scale = fill(w->update_scale);
    for (int i = 0; i < w->dim; i += VEC_LANES) {
        const vec earlier = load(w->earlier_total + i);
        const vec update = ISA(sub)(load(w->total + i), earlier);
        store(w->total + i, fma_(scale, update, earlier));
    }
}

/* One vector of a row with the updates that it lacks in memory. */
BLOCK_INLINE vec ISA(up_to_date)(const float *row, const float *since, vec count,
                                 vec total) {
    return fma_(count, ISA(sub)(total, load(since)), load(row));
}

/* Columns i to i + W * VEC_LANES of the totals, and of the sum with the last update. */
BLOCK_INLINE void ISA(add_last_update)(const window_t *w, vec *total, vec *sum, int i,
                                       const int W) {
    const vec received = fill(w->n_received);
    const float *earlier_total = block_row(w->earlier_total + i);
    const float *old_sum = block_row(w->sum + i), *old = block_row(w->total + i);
    float *next_total = block_row(w->next_total + i);
    BLOCK_UNROLL
    for (int k = 0; k < W; k++) {
        total[k] = load(old + k * VEC_LANES);
        const vec update = ISA(sub)(total[k], load(earlier_total + k * VEC_LANES));
        sum[k] = fma_(received, update, load(old_sum + k * VEC_LANES));
        store(next_total + k * VEC_LANES, total[k]);
    }
}

/* The same columns of the rows that receive their updates; they may leave or enter. */
BLOCK_INLINE void ISA(settle_rows)(const window_t *w, const vec *total, vec *sum, int i,
                                   const int W) {
    for (int n = 0; n < w->n_settled; n++) {
        const window_row_t *settled_row = &w->settled[n];
        const float *row = block_row(settled_row->row + i);
        const float *since = block_row(settled_row->since + i);
        float *target = block_row(settled_row->target + i);
        const vec count = fill((float)settled_row->count);
        const vec weight = fill(settled_row->weight);
        BLOCK_UNROLL
        for (int k = 0; k < W; k++) {
            const int at = k * VEC_LANES;
            const vec settled = ISA(up_to_date)(row + at, since + at, count, total[k]);
            store(target + at, settled);
            sum[k] = fma_(weight, settled, sum[k]);
        }
    }
}

/* The same columns of the rows that enter. */
BLOCK_INLINE void ISA(add_entering)(const window_t *w, vec *sum, int i, const int W) {
    for (int n = 0; n < w->n_entering; n++) {
        const float *row = block_row(w->entering[n] + i);
        BLOCK_UNROLL
        for (int k = 0; k < W; k++) sum[k] = add(sum[k], load(row + k * VEC_LANES));
    }
}

/* The same columns of all of a step. */
BLOCK_INLINE void ISA(window_strip)(const window_t *w, int i, const int W) {
    vec sum[STRIP], total[STRIP];
    ISA(add_last_update)(w, total, sum, i, W);
    ISA(settle_rows)(w, total, sum, i, W);
    ISA(add_entering)(w, sum, i, W);
    const float *centre = block_row(w->centre.row + i);
    const float *since = block_row(w->centre.since + i);
    float *settled_centre = block_row(w->centre.target + i);
    float *new_sum = block_row(w->sum + i), *hidden = block_row(w->hidden + i);
    const vec scale = fill(w->scale), count = fill((float)w->centre.count);
    BLOCK_UNROLL
    for (int k = 0; k < W; k++) {
        const int at = k * VEC_LANES;
        const vec settled = ISA(up_to_date)(centre + at, since + at, count, total[k]);
        store(settled_centre + at, settled);
        store(new_sum + at, sum[k]);
        store(hidden + at, ISA(mul)(scale, ISA(sub)(sum[k], settled)));
    }
}

static void ISA(window_step)(const window_t *w) {
    if (w->update_scale != 1.0f) ISA(scale_update)(w);
#define STRIP_TASK(W) ISA(window_strip)(w, i, W)
    STRIPS(w->dim)
#undef STRIP_TASK
}
