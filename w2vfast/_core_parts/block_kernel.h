/* The block update with the vectors of one instruction set; included once for each set.
 * block.h documents the vector operations.
 *
 * A tile is a part of the work whose sums all fit in registers: C x T dot products, at
 * most DOT_SUMS; or the updates of C inputs in W vectors of columns, at most UPDATE_SUMS.
 * C, T and W are compile-time constants in every tile. */

#define vec ISA(vec)
#define load ISA(load)
#define store ISA(store)
#define fill ISA(fill)
#define fma_ ISA(fma)
#define add ISA(add)

/* ---- dot products ---- */

/* totals[k] = sum of all lanes of v[k], for n vectors; writes whole vectors. */
BLOCK_INLINE void ISA(store_sums)(const vec *v, const int n, float *totals) {
    BLOCK_UNROLL
    for (int k = 0; k < n; k += VEC_LANES)
        store(totals + k, ISA(lane_sums)(v + k, n - k < VEC_LANES ? n - k : VEC_LANES));
}

/* The sum of all lanes of sums[l * C + k] is inputs[k] . outputs[l]. */
BLOCK_INLINE void ISA(dot_lanes)(float *const *inputs, const int C,
                                 float *const *outputs, const int T, int dim,
                                 vec *sums) {
    BLOCK_UNROLL
    for (int k = 0; k < C * T; k++) sums[k] = fill(0.0f);
    for (int i = 0; i < dim; i += VEC_LANES) {
        vec x[DOT_INPUTS];
        BLOCK_UNROLL
        for (int k = 0; k < C; k++) x[k] = load(inputs[k] + i);
        BLOCK_UNROLL
        for (int l = 0; l < T; l++) {
            const vec y = load(outputs[l] + i);
            BLOCK_UNROLL
            for (int k = 0; k < C; k++)
                sums[l * C + k] = fma_(x[k], y, sums[l * C + k]);
        }
    }
}

/* dots[l * stride + k] = inputs[k] . outputs[l], for C inputs and T outputs. */
BLOCK_INLINE void ISA(dot_tile)(float *const *inputs, const int C,
                                float *const *outputs, const int T, int dim,
                                float *dots, int64_t stride) {
    vec sums[DOT_SUMS + 3];
    ISA(dot_lanes)(inputs, C, outputs, T, dim, sums);
    for (int k = C * T; k % 4; k++) sums[k] = fill(0.0f);
    if (stride == C) { /* stored as they are loaded next: a load of parts waits */
        ISA(store_sums)(sums, C * T, dots);
        return;
    }
    float totals[DOT_SUMS + VEC_LANES];
    ISA(store_sums)(sums, C * T, totals);
    BLOCK_UNROLL
    for (int l = 0; l < T; l++)
        memcpy(dots + l * stride, totals + l * C, C * sizeof(float));
}

/* All inputs with T outputs from t on. */
BLOCK_INLINE void ISA(dot_outputs)(const dots_t *m, int t, const int T) {
    const int limit = DOT_SUMS / T < DOT_INPUTS ? DOT_SUMS / T : DOT_INPUTS;
    for (int c = 0; c < m->n_inputs;) {
        const int height = tile_share(m->n_inputs - c, limit);
#define DOT_CASE(C)                                                    \
    case C:                                                            \
        if (C <= limit)                                                \
            ISA(dot_tile)(m->inputs + c, C, m->outputs + t, T, m->dim, \
                          m->dots + t * m->stride + c, m->stride);     \
        break;
        switch (height) { BLOCK_CASES_4(DOT_CASE) }
#undef DOT_CASE
        c += height;
    }
}

static void ISA(block_dots)(const dots_t *m) {
    const int limit = m->n_inputs < DOT_INPUTS ? DOT_OUTPUTS : DOT_SQUARE;
    for (int t = 0; t < m->n_outputs;) {
        const int width = tile_share(m->n_outputs - t, limit);
#define DOT_CASE(T)                                      \
    case T:                                              \
        if (T <= DOT_OUTPUTS) ISA(dot_outputs)(m, t, T); \
        break;
        switch (width) { BLOCK_CASES_13(DOT_CASE) }
#undef DOT_CASE
        t += width;
    }
}

static void ISA(block_logits)(const block_t *b, float *logits) {
    const dots_t m = {b->inputs, b->n_inputs, b->outputs, b->n_outputs,
                      b->dim,    logits,      b->n_inputs};
    ISA(block_dots)(&m);
}

/* gram[k, l] = inputs[k] . inputs[l], for k < l < C. */
BLOCK_INLINE void ISA(gram_triangle)(float *const *inputs, const int C, int dim,
                                     float *gram, int stride) {
    vec sums[GRAM_INPUTS * (GRAM_INPUTS - 1) / 2 + 3];
    const int n_sums = C * (C - 1) / 2;
    BLOCK_UNROLL
    for (int n = 0; n < n_sums; n++) sums[n] = fill(0.0f);
    for (int i = 0; i < dim; i += VEC_LANES) {
        vec x[GRAM_INPUTS];
        BLOCK_UNROLL
        for (int k = 0, n = 0; k < C; k++) {
            x[k] = load(inputs[k] + i);
            BLOCK_UNROLL
            for (int l = 0; l < k; l++, n++) sums[n] = fma_(x[l], x[k], sums[n]);
        }
    }
    float totals[GRAM_INPUTS * (GRAM_INPUTS - 1) / 2 + VEC_LANES];
    for (int n = n_sums; n % 4; n++) sums[n] = fill(0.0f);
    ISA(store_sums)(sums, n_sums, totals);
    BLOCK_UNROLL
    for (int k = 1, n = 0; k < C; k++) BLOCK_UNROLL
    for (int l = 0; l < k; l++, n++) gram[l * stride + k] = totals[n];
}

/* gram[d, c] = inputs[d] . inputs[c] for d < c, and 0 elsewhere in whole vectors. */
static void ISA(block_gram)(const block_t *b) {
    const int C = b->n_inputs, stride = gram_stride(C);
    memset(b->gram, 0, (size_t)C * stride * sizeof(float));
    for (int c = 0; c < C;) {
        const int width = tile_share(C - c, GRAM_INPUTS);
        const dots_t earlier = {b->inputs + c, width,       b->inputs, c,
                                b->dim,        b->gram + c, stride};
#define GRAM_CASE(W)                                                       \
    case W:                                                                \
        if (W > 1 && W <= GRAM_INPUTS)                                     \
            ISA(gram_triangle)(b->inputs + c, W, b->dim,                   \
                               b->gram + (int64_t)c * stride + c, stride); \
        break;
        switch (width) { BLOCK_CASES_8(GRAM_CASE) }
#undef GRAM_CASE
        ISA(block_dots)(&earlier);
        c += width;
    }
}

/* ---- errors ---- */

/* exp(sign x) = p * 2^n with an error of about 1e-7, for x clipped to [-87, 87] and a sign
 * of 1 or -1; returns p.  sign x = n ln 2 + r, exp(sign x) = 2^n exp(r), exp(r) by Taylor's
 * series on |r| <= ln(2)/2, in pairs of terms (Estrin's scheme), which wait less for each
 * other than Horner's.  q = sign r. */
BLOCK_INLINE vec ISA(signed_exp)(vec x, const float sign, vec *n) {
    const vec one = fill(1.0f);
    x = ISA(clip)(x, 87.0f);
    *n = ISA(round)(ISA(mul)(x, fill(sign * 1.44269504f)));
    vec q = fma_(*n, fill(sign * -0.693359375f), x); /* ln 2 in two parts */
    q = fma_(*n, fill(sign * 2.12194440e-4f), q);
    const vec square = ISA(mul)(q, q);
    const vec low = fma_(q, fill(sign / 6.0f), fill(0.5f));
    vec high = fma_(q, fill(sign / 120.0f), fill(1.0f / 24.0f));
    high = fma_(square, fill(1.0f / 720.0f), high);
    return fma_(square, fma_(square, high, low), fma_(q, fill(sign), one));
}

/* The same of exp(x). */
BLOCK_INLINE vec ISA(exp_parts)(vec x, vec *n) { return ISA(signed_exp)(x, 1.0f, n); }

/* 1 / (1 + exp(-x)) with an error of about 1e-7, for x clipped to [-87, 87]. */
BLOCK_INLINE vec ISA(sigmoid)(vec x) {
    vec n;
    const vec p = ISA(signed_exp)(x, -1.0f, &n);
    return ISA(reciprocal)(fma_(p, ISA(pow2)(n), fill(1.0f)));
}

/* (label - sigmoid) * weight */
BLOCK_INLINE vec ISA(error)(vec sigmoid, vec label, vec weight) {
    return ISA(mul)(ISA(sub)(label, sigmoid), weight);
}

/* A single input, T outputs from t on: errors[t] = (labels[t] - sigmoid(logits[t])) * alpha
 * * counts.  The logits are used as they leave the sums: a load would wait for the store. */
BLOCK_INLINE void ISA(error_tile)(const block_t *b, int t, const int T) {
    vec sums[DOT_OUTPUTS + 3];
    ISA(dot_lanes)(b->inputs, 1, b->outputs + t, T, b->dim, sums);
    for (int k = T; k % 4; k++) sums[k] = fill(0.0f);
    const vec rate = fill(b->alpha * b->input_counts[0]);
    BLOCK_UNROLL
    for (int k = 0; k < T; k += VEC_LANES, t += VEC_LANES) {
        const int n = T - k < VEC_LANES ? T - k : VEC_LANES;
        const vec logit = ISA(lane_sums)(sums + k, n), sigmoid = ISA(sigmoid)(logit);
        const vec weight = ISA(mul)(rate, load(b->output_counts + t));
        store(b->logits + t, logit);
        store(b->sigmoids + t, sigmoid);
        store(b->errors + t, ISA(error)(sigmoid, load(b->labels + t), weight));
    }
}

static void ISA(block_errors_of_one)(const block_t *b) {
    for (int t = 0; t < b->n_outputs;) {
        const int width = tile_share(b->n_outputs - t, DOT_OUTPUTS);
#define ERROR_CASE(T)                                   \
    case T:                                             \
        if (T <= DOT_OUTPUTS) ISA(error_tile)(b, t, T); \
        break;
        switch (width) { BLOCK_CASES_13(ERROR_CASE) }
#undef ERROR_CASE
        t += width;
    }
}

/* The same for errors[t, c], from the logits given.  A store of whole vectors also writes
 * behind the end of a row of errors, which the next row overwrites. */
static void ISA(block_errors)(const block_t *b, const float *logits) {
    const int64_t C = b->n_inputs, T = b->n_outputs;
    for (int64_t k = 0; k < C * T; k += VEC_LANES)
        store(b->sigmoids + k, ISA(sigmoid)(load(logits + k)));
    for (int64_t t = 0; t < T; t++) {
        const vec rate = fill(b->alpha * b->output_counts[t]),
                  label = fill(b->labels[t]);
        for (int64_t c = 0; c < C; c += VEC_LANES) {
            const vec weight = ISA(mul)(rate, load(b->input_counts + c));
            const vec sigmoid = load(b->sigmoids + t * C + c);
            store(b->errors + t * C + c, ISA(error)(sigmoid, label, weight));
        }
    }
}

/* logits[t, c] = first_logits[t, c] + sum over d < c of errors[t, d] * gram[d, c]: what
 * the inputs before c add to its logit, since they add errors[t, d] * inputs[d] to output
 * t.  Stores behind the end of a row, as above. */
static void ISA(block_correct_logits)(const block_t *b) {
    const int C = b->n_inputs, stride = gram_stride(C);
    const float *first = b->first_logits, *errors = b->errors;
    float *logits = b->logits;
    for (int t = 0; t < b->n_outputs; t++, first += C, errors += C, logits += C)
        for (int c = 0; c < C; c += VEC_LANES) {
            const float *gram = b->gram + c;
            vec corrected = load(first + c);
            for (int d = 0; d < C - 1; d++, gram += stride)
                corrected = fma_(fill(errors[d]), load(gram), corrected);
            store(logits + c, corrected);
        }
}

/* ---- updates ---- */

/* Columns i to i + W * VEC_LANES, C inputs from c on, one input after the other: add
 * errors[t, c] * outputs[t] to its target, then errors[t, c] * inputs[c] to the output.
 * The inputs stay in registers; the outputs are loaded one after the other.  If these are
 * not all inputs (is_all), the outputs' sums stay in `partial_sums` until the last inputs
 * are processed. */
BLOCK_INLINE void ISA(update_tile)(const block_t *b, int c, const int C, int i,
                                   const int W, const int is_all) {
    const int T = b->n_outputs, n_inputs = b->n_inputs;
    const int is_first = is_all || c == 0, is_last = is_all || c + C == n_inputs;
    float *const *outputs = b->outputs;
    const float *errors = b->errors + c;
    float *partial_sums = b->partial_sums + i;
    vec x[UPDATE_INPUTS][STRIP],
        new_targets[UPDATE_INPUTS][STRIP]; /* only C by W of them are used */
    BLOCK_UNROLL
    for (int k = 0; k < C; k++) {
        const float *input = block_row(b->inputs[c + k] + i);
        const float *target = block_row(b->targets[c + k] + i);
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) {
            x[k][w] = load(input + w * VEC_LANES);
            new_targets[k][w] = load(target + w * VEC_LANES);
        }
    }
    for (int t = 0; t < T; t++, errors += n_inputs, partial_sums += b->dim) {
        float *output = block_row(outputs[t] + i);
        vec error[UPDATE_INPUTS];
        if (W > 2) BLOCK_UNROLL
        for (int k = 0; k < C; k++) error[k] = fill(errors[k]);
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) {
            const float *part = (is_first ? output : partial_sums) + w * VEC_LANES;
            vec sum = ISA(load_once)(part);
            BLOCK_UNROLL
            for (int k = 0; k < C; k++) {
                if (W <= 2) error[k] = fill(errors[k]); /* few registers are left */
                new_targets[k][w] = fma_(error[k], sum, new_targets[k][w]);
                sum = fma_(error[k], x[k][w], sum);
            }
            store((is_last ? output : partial_sums) + w * VEC_LANES, sum);
        }
    }
    BLOCK_UNROLL
    for (int k = 0; k < C; k++) {
        float *target = block_row(b->targets[c + k] + i);
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) store(target + w * VEC_LANES, new_targets[k][w]);
    }
}

/* All outputs, columns i to i + W * VEC_LANES, and C inputs from c on. */
BLOCK_INLINE void ISA(update_strip)(const block_t *b, int c, const int C, int i,
                                    const int W) {
    if (c == 0) block_prefetch_columns(b, i, W * VEC_LANES);
    if (b->n_inputs == C)
        ISA(update_tile)(b, 0, C, i, W, 1);
    else
        ISA(update_tile)(b, c, C, i, W, 0);
}

/* All outputs and C inputs from c on. */
BLOCK_INLINE void ISA(update_inputs)(const block_t *b, int c, const int C) {
    const int limit = UPDATE_SUMS > C ? UPDATE_SUMS / C : 1;
    for (int i = 0, width; i < b->dim; i += width * VEC_LANES) {
        width = tile_share((b->dim - i) / VEC_LANES, limit);
#define STRIP_CASE(W)                                     \
    case W:                                               \
        if (W <= limit) ISA(update_strip)(b, c, C, i, W); \
        break;
        switch (width) { BLOCK_CASES_13(STRIP_CASE) }
#undef STRIP_CASE
    }
}

/* Add the errors times the rows of the other side to targets and outputs. */
static void ISA(block_apply_errors)(const block_t *b) {
    for (int c = 0; c < b->n_inputs;) {
        const int height = tile_share(b->n_inputs - c, UPDATE_INPUTS);
#define UPDATE_CASE(C)                                       \
    case C:                                                  \
        if (C <= UPDATE_INPUTS) ISA(update_inputs)(b, c, C); \
        break;
        switch (height) { BLOCK_CASES_10(UPDATE_CASE) }
#undef UPDATE_CASE
        c += height;
    }
}

static void ISA(block_update)(const block_t *b) {
    if (b->n_inputs == 1) {
        ISA(block_errors_of_one)(b);
    } else {
        ISA(block_logits)(b, b->first_logits);
        ISA(block_gram)(b);
        ISA(block_errors)(b, b->first_logits);
        ISA(block_correct_logits)(b);
        ISA(block_errors)(b, b->logits);
    }
    ISA(block_apply_errors)(b);
}

#include "softmax_kernel.h"

/* ---- strips of rows ---- */

/* sum += scale * x, W vectors in registers. */
BLOCK_INLINE void ISA(add_row)(vec *sum, float scale, const float *x, const int W) {
    BLOCK_UNROLL
    for (int w = 0; w < W; w++)
        sum[w] = fma_(fill(scale), load(x + w * VEC_LANES), sum[w]);
}

/* All columns in strips of about equal width: calls STRIP_TASK(W) with i set. */
#define STRIP_CASE(W)  \
    case W:            \
        STRIP_TASK(W); \
        break;
#define STRIPS(dim)                                             \
    for (int i = 0, width; i < (dim); i += width * VEC_LANES) { \
        width = tile_share(((dim) - i) / VEC_LANES, STRIP);     \
        switch (width) { BLOCK_CASES_13(STRIP_CASE) }           \
    }

#include "transport_kernel.h"
#include "window_kernel.h"

#undef STRIPS
#undef STRIP_CASE
#undef vec
#undef load
#undef store
#undef fill
#undef fma_
#undef add
