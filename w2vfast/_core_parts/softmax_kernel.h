/* Full softmax: errors over all outputs, and the updates from them; included by
 * block_kernel.h, which has the dot products and the updates.
 *
 * log p(t | c) = logits[t, c] - log_sums[c].  A row of logits has C floats.  Where that is
 * at most half a vector, a vector holds G rows, and per-input values are repeated G
 * times, so that lane l belongs to input l % C. */

/* log_sums[c] = log of the sum over t of exp(logits[t, c]).  Each lane keeps the largest
 * logit that it has seen and the sum relative to it.  rates[c] = alpha * count. */
static void ISA(softmax_log_sums)(const block_t *b, float *logits) {
    const int C = b->n_inputs, G = softmax_group(C, VEC_LANES);
    const int64_t end = (int64_t)b->n_outputs * C, step = (int64_t)G * C;
    for (int l = 0; l < VEC_LANES; l++) logits[end + l] = -FLT_MAX; /* adds 0 */
    for (int c = 0; c < C; c += VEC_LANES) {
        float tops[VEC_LANES], sums[VEC_LANES];
        vec top = fill(-FLT_MAX), sum = fill(0.0f), n;
        for (int64_t k = c; k < end; k += step) top = ISA(max)(top, load(logits + k));
        const vec minus_top = ISA(mul)(top, fill(-1.0f));
        for (int64_t k = c; k < end; k += step) {
            const vec p = ISA(exp_parts)(add(load(logits + k), minus_top), &n);
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
static void ISA(softmax_errors)(const block_t *b, const float *logits) {
    const int64_t C = b->n_inputs, step = softmax_group((int)C, VEC_LANES) * C;
    const vec minus = fill(-1.0f);
    vec n;
    for (int64_t k = 0; k < b->n_outputs * C; k += step)
        for (int64_t c = 0; c < C; c += VEC_LANES) {
            const vec x = fma_(load(b->log_sums + c), minus, load(logits + k + c));
            const vec p = ISA(exp_parts)(x, &n);
            const vec weight = ISA(mul)(load(b->rates + c), minus);
            store(b->errors + k + c, ISA(mul)(ISA(mul)(p, ISA(pow2)(n)), weight));
        }
}

/* Up to SOFTMAX_OUTPUTS outputs from t on, and their errors from the logits given. */
static block_t ISA(softmax_part)(const block_t *b, int t, const float *logits) {
    const int64_t offset = (int64_t)t * b->n_inputs;
    block_t part = *b;
    if (b->n_outputs - t > SOFTMAX_OUTPUTS)
        part.n_outputs = SOFTMAX_OUTPUTS;
    else
        part.n_outputs = b->n_outputs - t;
    if (t > 0) part.n_prefetch = 0;
    part.outputs = b->outputs + t;
    part.first_logits = b->first_logits + offset;
    part.logits = b->logits + offset;
    ISA(softmax_errors)(&part, logits + offset);
    if (t == 0) /* the observed output */
        for (int c = 0; c < b->n_inputs; c++) b->errors[c] += b->rates[c];
    return part;
}

/* The logits after one Jacobi step, as block_correct_logits, and their log sums. */
static void ISA(softmax_correct_logits)(const block_t *b) {
    ISA(block_gram)(b);
    for (int t = 0; t < b->n_outputs; t += SOFTMAX_OUTPUTS) {
        const block_t part = ISA(softmax_part)(b, t, b->first_logits);
        ISA(block_correct_logits)(&part);
    }
    ISA(softmax_log_sums)(b, b->logits);
}

/* Updates outputs in parts; all use the inputs as they were, since targets are others. */
static void ISA(block_softmax)(const block_t *b) {
    float *first_logits = b->n_inputs == 1 ? b->logits : b->first_logits;
    ISA(block_logits)(b, first_logits);
    ISA(softmax_log_sums)(b, first_logits);
    if (b->n_inputs > 1) ISA(softmax_correct_logits)(b);
    for (int t = 0; t < b->n_outputs; t += SOFTMAX_OUTPUTS) {
        const block_t part = ISA(softmax_part)(b, t, b->logits);
        ISA(block_apply_errors)(&part);
    }
}
