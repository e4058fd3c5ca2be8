/* Full softmax: errors over all outputs, and the updates from them; included by
 * block_kernel.h, which has the dot products and the updates.
 *
 * log p(t | c) = logits[t, c] - log_sums[c].  A row of logits has C floats.  Where that is
 * at most half a vector, a vector holds G rows, and per-input values are repeated G
 * times, so that lane l belongs to input l % C. */

/* log_sums[c] = log of the sum over t of exp(logits[t, c]).  Each lane keeps the largest
 * logit that it has seen and the sum relative to it.  rates[c] = alpha * count. */
static void ISA(softmax_log_sums)(const block_t *b) {
    const int C = b->n_inputs, G = softmax_group(C, VEC_LANES);
    const int64_t end = (int64_t)b->n_outputs * C, step = (int64_t)G * C;
    for (int l = 0; l < VEC_LANES; l++) b->logits[end + l] = -FLT_MAX; /* adds 0 */
    for (int c = 0; c < C; c += VEC_LANES) {
        float tops[VEC_LANES], sums[VEC_LANES];
        vec top = fill(-FLT_MAX), sum = fill(0.0f), n;
        for (int64_t k = c; k < end; k += step)
            top = ISA(max)(top, load(b->logits + k));
        const vec minus_top = ISA(mul)(top, fill(-1.0f));
        for (int64_t k = c; k < end; k += step) {
            const vec p = ISA(exp_parts)(add(load(b->logits + k), minus_top), &n);
            sum = fma_(p, ISA(pow2)(n), sum);
        }
        store(tops, top);
        store(sums, sum);
        for (int l = 0; l < VEC_LANES && c + l < C; l++)
            b->log_sums[c + l] = softmax_log_sum(tops + l, sums + l, C, G);
    }
    for (int k = 0; k < G * C; k++) {
        b->log_sums[k] = b->log_sums[k % C];
        b->rates[k] = b->alpha * b->input_counts[k % C];
    }
}

/* errors[t, c] = -p(t | c) * rates[c], the errors of outputs that were not observed.
 * Stores of whole vectors write behind the end of a row, which the next overwrites. */
static void ISA(softmax_errors)(const block_t *b) {
    const int C = b->n_inputs, step = softmax_group(C, VEC_LANES) * C;
    const vec minus = fill(-1.0f);
    vec n;
    for (int k = 0; k < b->n_outputs * C; k += step)
        for (int c = 0; c < C; c += VEC_LANES) {
            const vec x = fma_(load(b->log_sums + c), minus, load(b->logits + k + c));
            const vec p = ISA(exp_parts)(x, &n);
            const vec weight = ISA(mul)(load(b->rates + c), minus);
            store(b->errors + k + c, ISA(mul)(ISA(mul)(p, ISA(pow2)(n)), weight));
        }
}

/* Updates outputs in groups; all use the inputs as they were, since targets are others. */
static void ISA(block_softmax)(const block_t *b) {
    block_t part = *b;
    ISA(block_dots)(b);
    ISA(softmax_log_sums)(b);
    for (int t = 0; t < b->n_outputs; t += SOFTMAX_OUTPUTS) {
        const int left = b->n_outputs - t;
        part.n_outputs = left < SOFTMAX_OUTPUTS ? left : SOFTMAX_OUTPUTS;
        part.outputs = b->outputs + t;
        part.logits = b->logits + (int64_t)t * b->n_inputs;
        ISA(softmax_errors)(&part);
        if (t == 0) /* the observed output */
            for (int c = 0; c < b->n_inputs; c++) b->errors[c] += b->rates[c];
        ISA(block_apply_errors)(&part);
        part.n_prefetch = 0;
    }
}
