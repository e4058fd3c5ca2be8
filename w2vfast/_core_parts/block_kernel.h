/* The block update over one instruction set's vectors; included by block.h once for
 * each set, which has defined VEC_LANES, the sizes of register tiles, ISA(name) and
 * the operations used below: load, store, fill, fma, add, mul, larger, clip, round,
 * pow2, inverse and sum4.
 *
 * Tiles: a piece of the work whose sums all fit in registers.  C x T dot products side
 * by side, at most DOT_SUMS; the gains of C inputs by W vectors of columns, at most
 * GAIN_SUMS.  C, T and W are constants wherever a tile is worked on. */

#define vec ISA(vec)
#define load ISA(load)
#define store ISA(store)
#define fill ISA(fill)
#define fma_ ISA(fma)
#define add ISA(add)

/* logits[t, c] = inputs[c] . outputs[t], for C inputs from c on, T outputs from t on. */
BLOCK_INLINE void ISA(dot_tile)(const block_t *b, int c, const int C, int t, const int T) {
    vec sums[DOT_SUMS + 3];
    BLOCK_UNROLL
    for (int k = 0; k < C * T; k++) sums[k] = fill(0.0f);
    for (int i = 0; i < b->dim; i += VEC_LANES) {
        vec x[DOT_INPUTS];
        BLOCK_UNROLL
        for (int k = 0; k < C; k++) x[k] = load(b->inputs[c + k] + i);
        BLOCK_UNROLL
        for (int l = 0; l < T; l++) {
            const vec y = load(b->outputs[t + l] + i);
            BLOCK_UNROLL
            for (int k = 0; k < C; k++) sums[l * C + k] = fma_(x[k], y, sums[l * C + k]);
        }
    }
    float dots[DOT_SUMS + 3];
    for (int k = C * T; k % 4; k++) sums[k] = fill(0.0f);
    BLOCK_UNROLL
    for (int k = 0; k < C * T; k += 4) ISA(sum4)(sums + k, dots + k);
    float *logits = b->logits + (int64_t)t * b->n_inputs + c;
    BLOCK_UNROLL
    for (int l = 0; l < T; l++)
        memcpy(logits + (int64_t)l * b->n_inputs, dots + l * C, C * sizeof(float));
}

/* All inputs against T outputs from t on. */
BLOCK_INLINE void ISA(dot_outputs)(const block_t *b, int t, const int T) {
    const int limit = DOT_SUMS / T < DOT_INPUTS ? DOT_SUMS / T : DOT_INPUTS;
    for (int c = 0; c < b->n_inputs;) {
        const int height = block_share(b->n_inputs - c, limit);
#define DOT_CASE(C) case C: if (C <= limit) ISA(dot_tile)(b, c, C, t, T); break;
        switch (height) { DOT_CASE(1) DOT_CASE(2) DOT_CASE(3) DOT_CASE(4) }
#undef DOT_CASE
        c += height;
    }
}

static void ISA(block_dots)(const block_t *b) {
    const int limit = b->n_inputs < DOT_INPUTS ? DOT_OUTPUTS : DOT_SQUARE;
    for (int t = 0; t < b->n_outputs;) {
        const int width = block_share(b->n_outputs - t, limit);
#define DOT_CASE(T) case T: if (T <= DOT_OUTPUTS) ISA(dot_outputs)(b, t, T); break;
        switch (width) {
            DOT_CASE(1) DOT_CASE(2) DOT_CASE(3) DOT_CASE(4) DOT_CASE(5) DOT_CASE(6)
            DOT_CASE(7) DOT_CASE(8) DOT_CASE(9) DOT_CASE(10) DOT_CASE(11) DOT_CASE(12)
        }
#undef DOT_CASE
        t += width;
    }
}

/* exp(x) = p * 2^n to about 1e-7, for x clipped to +-87; returns p.
 * x = n ln 2 + r, exp(x) = 2^n exp(r), exp(r) by Taylor's series on |r| <= ln(2)/2. */
BLOCK_INLINE vec ISA(exp_parts)(vec x, vec *n) {
    const vec zero = fill(0.0f), one = fill(1.0f);
    x = ISA(clip)(x, 87.0f);
    *n = ISA(round)(fma_(x, fill(1.44269504f), zero));
    vec r = fma_(*n, fill(-0.693359375f), x); /* ln 2 in two parts */
    r = fma_(*n, fill(2.12194440e-4f), r);
    vec p = fma_(r, fill(1.0f / 720.0f), fill(1.0f / 120.0f));
    p = fma_(p, r, fill(1.0f / 24.0f));
    p = fma_(p, r, fill(1.0f / 6.0f));
    p = fma_(p, r, fill(0.5f));
    p = fma_(p, r, one);
    return fma_(p, r, one);
}

/* 1 / (1 + exp(-x)) to about 1e-7; beyond +-87 it stays what it is there. */
BLOCK_INLINE vec ISA(sigmoid)(vec x) {
    vec n;
    const vec p = ISA(exp_parts)(fma_(x, fill(-1.0f), fill(0.0f)), &n);
    return ISA(inverse)(fma_(p, ISA(pow2)(n), fill(1.0f)));
}

/* (label - sigmoid) * weight */
BLOCK_INLINE vec ISA(error)(vec sigmoid, vec label, vec weight) {
    return fma_(fma_(sigmoid, fill(-1.0f), label), weight, fill(0.0f));
}

/* errors[t] = (labels[t] - sigmoid(logits[t])) * alpha, as often as the rows count,
 * for a single input.  In whole vectors, as below. */
static void ISA(block_errors_of_one)(const block_t *b) {
    const vec rate = fill(b->alpha * b->input_counts[0]);
    for (int t = 0; t < b->n_outputs; t += VEC_LANES) {
        const vec weight = fma_(rate, load(b->output_counts + t), fill(0.0f));
        const vec sigmoid = ISA(sigmoid)(load(b->logits + t));
        store(b->sigmoids + t, sigmoid);
        store(b->errors + t, ISA(error)(sigmoid, load(b->labels + t), weight));
    }
}

/* The same for errors[t, c].  What lies behind a row is overwritten by the next, so
 * the sigmoids, of all rows in one go, need a place of their own. */
static void ISA(block_errors)(const block_t *b) {
    const int C = b->n_inputs, T = b->n_outputs;
    for (int k = 0; k < C * T; k += VEC_LANES)
        store(b->sigmoids + k, ISA(sigmoid)(load(b->logits + k)));
    for (int t = 0; t < T; t++) {
        const vec rate = fill(b->alpha * b->output_counts[t]), label = fill(b->labels[t]);
        for (int c = 0; c < C; c += VEC_LANES) {
            const vec weight = fma_(rate, load(b->input_counts + c), fill(0.0f));
            const vec sigmoid = load(b->sigmoids + t * C + c);
            store(b->errors + t * C + c, ISA(error)(sigmoid, label, weight));
        }
    }
}

/* Columns i to i + W * VEC_LANES of C inputs from c on, which stay in registers while
 * the outputs pass by: adds errors . outputs to the sinks, and errors^T . inputs to
 * the outputs.  If these are not all the inputs, the outputs' sums stay in the tile
 * until the last of them have been here. */
BLOCK_INLINE void ISA(gain_tile)(const block_t *b, int c, const int C, int i,
                                 const int W, const int is_all) {
    const int T = b->n_outputs, n_inputs = b->n_inputs;
    const int is_first = is_all || c == 0, is_last = is_all || c + C == n_inputs;
    float *const *outputs = b->outputs;
    const float *errors = b->errors + c;
    float *tile = b->tile + i;
    vec x[GAIN_INPUTS][8], gain[GAIN_INPUTS][8]; /* only C by W of them are used */
    BLOCK_UNROLL
    for (int k = 0; k < C; k++)
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) {
            x[k][w] = load(b->inputs[c + k] + i + w * VEC_LANES);
            gain[k][w] = load(b->sinks[c + k] + i + w * VEC_LANES);
        }
    for (int t = 0; t < T; t++, errors += n_inputs, tile += b->dim) {
        float *output = outputs[t] + i;
        vec error[GAIN_INPUTS];
        if (W > 2)
            BLOCK_UNROLL
            for (int k = 0; k < C; k++) error[k] = fill(errors[k]);
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) {
            const vec y = load(output + w * VEC_LANES);
            vec sum = is_first ? y : load(tile + w * VEC_LANES);
            BLOCK_UNROLL
            for (int k = 0; k < C; k++) {
                if (W <= 2) error[k] = fill(errors[k]); /* few registers are left */
                gain[k][w] = fma_(error[k], y, gain[k][w]);
                sum = fma_(error[k], x[k][w], sum);
            }
            store((is_last ? output : tile) + w * VEC_LANES, sum);
        }
    }
    BLOCK_UNROLL
    for (int k = 0; k < C; k++)
        BLOCK_UNROLL
        for (int w = 0; w < W; w++)
            store(b->sinks[c + k] + i + w * VEC_LANES, gain[k][w]);
}

/* From column i on, W vectors at once while they last; returns where it ended. */
BLOCK_INLINE int ISA(gain_columns)(const block_t *b, int c, const int C, int i,
                                   const int W) {
    if (W > 1 && C * W > GAIN_SUMS) return i;
    for (; i + W * VEC_LANES <= b->dim; i += W * VEC_LANES) {
        if (c == 0) block_call_ahead(b, i, W * VEC_LANES);
        if (b->n_inputs == C)
            ISA(gain_tile)(b, 0, C, i, W, 1);
        else
            ISA(gain_tile)(b, c, C, i, W, 0);
    }
    return i;
}

/* All outputs and C inputs from c on. */
BLOCK_INLINE void ISA(gain_inputs)(const block_t *b, int c, const int C) {
    int i = ISA(gain_columns)(b, c, C, 0, 8);
    i = ISA(gain_columns)(b, c, C, i, 4);
    i = ISA(gain_columns)(b, c, C, i, 2);
    ISA(gain_columns)(b, c, C, i, 1);
}

static void ISA(block_gains)(const block_t *b) {
    for (int c = 0; c < b->n_inputs;) {
        const int height = block_share(b->n_inputs - c, GAIN_INPUTS);
#define GAIN_CASE(C) case C: if (C <= GAIN_INPUTS) ISA(gain_inputs)(b, c, C); break;
        switch (height) {
            GAIN_CASE(1) GAIN_CASE(2) GAIN_CASE(3) GAIN_CASE(4) GAIN_CASE(5)
            GAIN_CASE(6) GAIN_CASE(7) GAIN_CASE(8) GAIN_CASE(9) GAIN_CASE(10)
        }
#undef GAIN_CASE
        c += height;
    }
}

static void ISA(block_update)(const block_t *b) {
    ISA(block_dots)(b);
    if (b->n_inputs == 1)
        ISA(block_errors_of_one)(b);
    else
        ISA(block_errors)(b);
    ISA(block_gains)(b);
}

#include "softmax_kernel.h"

/* Columns i to i + W * VEC_LANES of: sum = scale * sum of rows. */
BLOCK_INLINE void ISA(gather_strip)(float scale, float *const *rows, int count,
                                    float *sum, int i, const int W) {
    vec total[STRIP];
    BLOCK_UNROLL
    for (int w = 0; w < W; w++) total[w] = fill(0.0f);
    for (int k = 0; k < count; k++)
        BLOCK_UNROLL
        for (int w = 0; w < W; w++)
            total[w] = add(total[w], load(rows[k] + i + w * VEC_LANES));
    BLOCK_UNROLL
    for (int w = 0; w < W; w++)
        store(sum + i + w * VEC_LANES, fma_(fill(scale), total[w], fill(0.0f)));
}

/* The same columns of: rows[k] += scale * x, one after the other. */
BLOCK_INLINE void ISA(spread_strip)(float scale, const float *x, float *const *rows,
                                    int count, int i, const int W) {
    vec change[STRIP];
    BLOCK_UNROLL
    for (int w = 0; w < W; w++)
        change[w] = fma_(fill(scale), load(x + i + w * VEC_LANES), fill(0.0f));
    for (int k = 0; k < count; k++) {
        float *row = rows[k] + i;
        BLOCK_UNROLL
        for (int w = 0; w < W; w++)
            store(row + w * VEC_LANES, add(load(row + w * VEC_LANES), change[w]));
    }
}

/* As many strips as `dim` takes, about equally wide. */
#define STRIP_CASE(W) case W: if (W <= STRIP) STRIP_TASK(W); break;
#define STRIPS(dim)                                                                 \
    for (int i = 0, width; i < (dim); i += width * VEC_LANES) {                     \
        width = block_share(((dim) - i) / VEC_LANES, STRIP);                        \
        switch (width) {                                                            \
            STRIP_CASE(1) STRIP_CASE(2) STRIP_CASE(3) STRIP_CASE(4) STRIP_CASE(5)   \
            STRIP_CASE(6) STRIP_CASE(7) STRIP_CASE(8) STRIP_CASE(9) STRIP_CASE(10)  \
            STRIP_CASE(11) STRIP_CASE(12) STRIP_CASE(13)                            \
        }                                                                           \
    }

static void ISA(block_gather)(float scale, float *const *rows, int count, float *sum,
                              int dim) {
#define STRIP_TASK(W) ISA(gather_strip)(scale, rows, count, sum, i, W)
    STRIPS(dim)
#undef STRIP_TASK
}

static void ISA(block_spread)(float scale, const float *x, float *const *rows, int count,
                              int dim) {
#define STRIP_TASK(W) ISA(spread_strip)(scale, x, rows, count, i, W)
    STRIPS(dim)
#undef STRIP_TASK
}

static void ISA(block_merge)(float *shared, float *mine, float *base, int stride) {
    const vec minus = fill(-1.0f);
    for (int i = 0; i < stride; i += VEC_LANES) {
        const vec change = fma_(minus, load(base + i), load(mine + i));
        const vec sum = add(load(shared + i), change);
        if (i % BLOCK_LANES == 0) BLOCK_PREFETCH_TO_STORE(shared + i + stride);
        store(shared + i, sum);
        store(mine + i, sum);
        store(base + i, sum);
    }
}

#undef STRIPS
#undef STRIP_CASE
#undef vec
#undef load
#undef store
#undef fill
#undef fma_
#undef add
