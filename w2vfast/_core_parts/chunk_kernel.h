/* CBOW: the hidden vectors of a chunk of centre words by prefix sums, their updates of the
 * context words by a running sum, and the update of pairs; included by block_kernel.h. */

/* ---- hidden vectors and updates of the context words ---- */

/* Columns i to i + W * VEC_LANES of the sum of the rows before r; the last ones only. */
BLOCK_INLINE float *ISA(prefix_sum)(const chunk_t *k, int r, const int W) {
    return k->sums + (int64_t)(r & k->last_sum) * W * VEC_LANES;
}

/* The same columns of: hidden[p] = scales[p] * sum of the window's rows; updates[p] = 0.
 * The window's sum is the difference of two prefix sums. */
BLOCK_INLINE void ISA(hidden_of_centre)(const chunk_t *k, int p, int i, const int W) {
    const float *before = ISA(prefix_sum)(k, k->starts[p], W);
    const float *until = ISA(prefix_sum)(k, k->ends[p], W);
    const float *centre = k->rows[k->first_centre + p] + i;
    const vec scale = fill(k->scales[p]), minus = fill(-1.0f);
    BLOCK_UNROLL
    for (int w = 0; w < W * VEC_LANES; w += VEC_LANES) {
        const vec sum = fma_(minus, load(before + w), load(until + w));
        const vec others = fma_(minus, load(centre + w), sum);
        store(k->hidden[p] + i + w, ISA(mul)(scale, others));
        store(k->updates[p] + i + w, fill(0.0f));
    }
}

/* The same columns for all centres, each as soon as its window has ended. */
BLOCK_INLINE void ISA(hidden_strip)(const chunk_t *k, int i, const int W) {
    vec total[STRIP];
    BLOCK_UNROLL
    for (int w = 0; w < W; w++) {
        total[w] = fill(0.0f);
        store(ISA(prefix_sum)(k, 0, W) + w * VEC_LANES, total[w]);
    }
    for (int r = 1; r < k->n_centres + k->lag; r++) {
        float *sum = ISA(prefix_sum)(k, r, W);
        if (r <= k->n_rows) BLOCK_UNROLL
        for (int w = 0; w < W; w++) {
            total[w] = add(total[w], load(k->rows[r - 1] + i + w * VEC_LANES));
            store(sum + w * VEC_LANES, total[w]);
        }
        if (r >= k->lag) ISA(hidden_of_centre)(k, r - k->lag, i, W);
    }
}

/* The same columns of: targets[r] += sum of update_scales[p] * updates[p] over the
 * windows p that hold row r.  One walk over the rows keeps the sum of the windows that
 * are open; it is exactly 0 where none is. */
BLOCK_INLINE void ISA(scatter_windows_strip)(const chunk_t *k, int i, const int W) {
    const int n = k->n_centres;
    int opened = 0, closed = 0;
    vec open[STRIP];
    BLOCK_UNROLL
    for (int w = 0; w < W; w++) open[w] = fill(0.0f);
    for (int r = 0; r < k->n_rows; r++) {
        for (; closed < n && k->ends[k->by_end[closed]] == r; closed++)
            ISA(add_row)(open, -k->update_scales[k->by_end[closed]],
                         k->updates[k->by_end[closed]] + i, W);
        if (opened == closed) BLOCK_UNROLL
        for (int w = 0; w < W; w++) open[w] = fill(0.0f);
        for (; opened < n && k->starts[k->by_start[opened]] == r; opened++)
            ISA(add_row)(open, k->update_scales[k->by_start[opened]],
                         k->updates[k->by_start[opened]] + i, W);
        if (opened == closed) continue;
        vec sum[STRIP];
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) sum[w] = open[w];
        const int p = r - k->first_centre; /* its own window leaves out the centre */
        if (p >= 0 && p < n)
            ISA(add_row)(sum, -k->update_scales[p], k->updates[p] + i, W);
        float *target = k->targets[r] + i;
        BLOCK_UNROLL
        for (int w = 0; w < W; w++)
            store(target + w * VEC_LANES, add(load(target + w * VEC_LANES), sum[w]));
    }
}

static void ISA(chunk_hidden)(const chunk_t *k) {
#define STRIP_TASK(W) ISA(hidden_strip)(k, i, W)
    STRIPS(k->dim)
#undef STRIP_TASK
}

static void ISA(chunk_scatter)(const chunk_t *k){
#define STRIP_TASK(W) ISA(scatter_windows_strip)(k, i, W)
    STRIPS(k -> dim)
#undef STRIP_TASK
}

/* ---- pairs: each input has an output of its own ---- */

/* logits[c] = inputs[c] . outputs[c], for C inputs from c on. */
BLOCK_INLINE void ISA(pair_dots)(const block_t *b, int c, const int C) {
    vec sums[4];
    BLOCK_UNROLL
    for (int k = 0; k < 4; k++) sums[k] = fill(0.0f);
    for (int i = 0; i < b->dim; i += VEC_LANES) {
        BLOCK_UNROLL
        for (int k = 0; k < C; k++)
            sums[k] =
                fma_(load(b->inputs[c + k] + i), load(b->outputs[c + k] + i), sums[k]);
    }
    ISA(store_sums)(sums, C, b->logits + c);
}

/* Add errors[c] . outputs[c] to targets[c], and errors[c] . inputs[c] to outputs[c]. */
BLOCK_INLINE void ISA(pair_update)(const block_t *b, int c) {
    const vec error = fill(b->errors[c]);
    const float *x = b->inputs[c];
    float *target = b->targets[c], *output = b->outputs[c];
    for (int i = 0; i < b->dim; i += VEC_LANES) {
        const vec y = load(output + i);
        store(target + i, fma_(error, y, load(target + i)));
        store(output + i, fma_(error, load(x + i), y));
    }
}

static void ISA(block_update_pairs)(const block_t *b) {
    const vec rate = fill(b->alpha), one = fill(1.0f);
    for (int c = 0, height; c < b->n_inputs; c += height) {
        height = block_share(b->n_inputs - c, 4);
#define PAIR_CASE(C)             \
    case C:                      \
        ISA(pair_dots)(b, c, C); \
        break;
        switch (height) { BLOCK_CASES_4(PAIR_CASE) }
#undef PAIR_CASE
    }
    for (int c = 0; c < b->n_inputs; c += VEC_LANES) {
        const vec sigmoid = ISA(sigmoid)(load(b->logits + c));
        store(b->sigmoids + c, sigmoid);
        store(b->errors + c, ISA(error)(sigmoid, one, rate));
    }
    for (int c = 0; c < b->n_inputs; c++) ISA(pair_update)(b, c);
}
