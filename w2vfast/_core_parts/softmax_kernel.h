/* The errors of a softmax over a block's outputs, and the gains by them; included by
 * block_kernel.h, whose dot products and gains they share.
 *
 * log p(t | c) = logits[t, c] - shifts[c].  A row of logits is C floats: where that is
 * at most half a vector, a vector takes G rows at once, and what is kept for each
 * input is repeated G times, so that lane l is input l % C. */

/* shifts[c] = log of the sum over t of exp(logits[t, c]), by what each lane has seen:
 * its largest logit and, next to that, its sum.  rates[c] = alpha times the count. */
static void ISA(softmax_shifts)(const block_t *b) {
    const int C = b->n_inputs, G = softmax_group(C, VEC_LANES);
    const int64_t end = (int64_t)b->n_outputs * C, step = (int64_t)G * C;
    for (int l = 0; l < VEC_LANES; l++) b->logits[end + l] = -FLT_MAX; /* adds 0 */
    for (int c = 0; c < C; c += VEC_LANES) {
        float tops[VEC_LANES], sums[VEC_LANES];
        vec top = fill(-FLT_MAX), sum = fill(0.0f), n;
        for (int64_t k = c; k < end; k += step)
            top = ISA(larger)(top, load(b->logits + k));
        const vec down = ISA(mul)(top, fill(-1.0f));
        for (int64_t k = c; k < end; k += step) {
            const vec p = ISA(exp_parts)(add(load(b->logits + k), down), &n);
            sum = fma_(p, ISA(pow2)(n), sum);
        }
        store(tops, top);
        store(sums, sum);
        for (int l = 0; l < VEC_LANES && c + l < C; l++)
            b->shifts[c + l] = softmax_shift(tops + l, sums + l, C, G);
    }
    for (int k = 0; k < G * C; k++) {
        b->shifts[k] = b->shifts[k % C];
        b->rates[k] = b->alpha * b->input_counts[k % C];
    }
}

/* errors[t, c] = -p(t | c) * rates[c], the errors of outputs that were not seen.  What
 * lies behind a row is overwritten by the next. */
static void ISA(softmax_errors)(const block_t *b) {
    const int C = b->n_inputs, step = softmax_group(C, VEC_LANES) * C;
    const vec minus = fill(-1.0f);
    vec n;
    for (int k = 0; k < b->n_outputs * C; k += step)
        for (int c = 0; c < C; c += VEC_LANES) {
            const vec x = fma_(load(b->shifts + c), minus, load(b->logits + k + c));
            const vec p = ISA(exp_parts)(x, &n);
            const vec weight = ISA(mul)(load(b->rates + c), minus);
            store(b->errors + k + c, ISA(mul)(ISA(mul)(p, ISA(pow2)(n)), weight));
        }
}

/* The gains of some outputs after the other. */
static void ISA(block_softmax)(const block_t *b) {
    block_t part = *b;
    ISA(block_dots)(b);
    ISA(softmax_shifts)(b);
    for (int t = 0; t < b->n_outputs; t += SOFTMAX_OUTPUTS) {
        const int left = b->n_outputs - t;
        part.n_outputs = left < SOFTMAX_OUTPUTS ? left : SOFTMAX_OUTPUTS;
        part.outputs = b->outputs + t;
        part.logits = b->logits + (int64_t)t * b->n_inputs;
        ISA(softmax_errors)(&part);
        if (t == 0) /* the output that was seen */
            for (int c = 0; c < b->n_inputs; c++) b->errors[c] += b->rates[c];
        ISA(block_gains)(&part);
        part.n_ahead = 0;
    }
}
