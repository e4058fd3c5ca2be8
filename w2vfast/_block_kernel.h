/* The block update over one instruction set's vectors; included by _block.h once for
 * each set, which has defined VEC_LANES, the sizes of register tiles, ISA(name) and
 * the operations used below: load, store, fill, fma, add, clip, round, pow2, inverse
 * and sum4.
 *
 * Tiles: a piece of the work whose sums all fit in registers.  DOT_INPUTS x DOT_OUTPUTS
 * dot products side by side; GAIN_OUTPUTS outputs by GAIN_VECS vectors of columns. */

#define vec ISA(vec)
#define load ISA(load)
#define store ISA(store)
#define fill ISA(fill)
#define fma_ ISA(fma)
#define add ISA(add)

/* logits[c, t] = inputs[c] . outputs[t] for one tile; C and T are constants, and the
 * row length of logits is `stride`. */
BLOCK_INLINE void ISA(dot_tile)(float *const *inputs, float *const *outputs, const int C,
                                const int T, int dim, float *logits, int stride) {
    vec sums[DOT_INPUTS * DOT_OUTPUTS + 3];
    BLOCK_UNROLL
    for (int c = 0; c < C; c++)
        BLOCK_UNROLL
        for (int t = 0; t < T; t++) sums[c * T + t] = fill(0.0f);
    for (int i = 0; i < dim; i += VEC_LANES) {
        vec x[DOT_INPUTS];
        BLOCK_UNROLL
        for (int c = 0; c < C; c++) x[c] = load(inputs[c] + i);
        BLOCK_UNROLL
        for (int t = 0; t < T; t++) {
            const vec y = load(outputs[t] + i);
            BLOCK_UNROLL
            for (int c = 0; c < C; c++) sums[c * T + t] = fma_(x[c], y, sums[c * T + t]);
        }
    }
    float dots[DOT_INPUTS * DOT_OUTPUTS + 3];
    for (int k = C * T; k % 4; k++) sums[k] = fill(0.0f);
    BLOCK_UNROLL
    for (int k = 0; k < C * T; k += 4) ISA(sum4)(sums + k, dots + k);
    for (int c = 0; c < C; c++)
        for (int t = 0; t < T; t++) logits[(int64_t)c * stride + t] = dots[c * T + t];
}

/* One row of tiles: C inputs, a constant, against all outputs. */
BLOCK_INLINE void ISA(dot_row)(const block_t *b, int first, const int C) {
    const int T = b->n_outputs;
    float *const *inputs = b->inputs + first;
    float *logits = b->logits + (int64_t)first * T;
    for (int t = 0; t < T;) {
        const int width = block_share(T - t, DOT_OUTPUTS);
        float *const *outputs = b->outputs + t;
        switch (width) {
#if DOT_OUTPUTS == 6
        case 6: ISA(dot_tile)(inputs, outputs, C, 6, b->dim, logits + t, T); break;
        case 5: ISA(dot_tile)(inputs, outputs, C, 5, b->dim, logits + t, T); break;
#endif
        case 4: ISA(dot_tile)(inputs, outputs, C, 4, b->dim, logits + t, T); break;
        case 3: ISA(dot_tile)(inputs, outputs, C, 3, b->dim, logits + t, T); break;
        case 2: ISA(dot_tile)(inputs, outputs, C, 2, b->dim, logits + t, T); break;
        default: ISA(dot_tile)(inputs, outputs, C, 1, b->dim, logits + t, T); break;
        }
        t += width;
    }
}

static void ISA(block_dots)(const block_t *b) {
    for (int c = 0; c < b->n_inputs;) {
        const int height = block_share(b->n_inputs - c, DOT_INPUTS);
        switch (height) {
#if DOT_INPUTS == 4
        case 4: ISA(dot_row)(b, c, 4); break;
        case 3: ISA(dot_row)(b, c, 3); break;
#endif
        case 2: ISA(dot_row)(b, c, 2); break;
        default: ISA(dot_row)(b, c, 1); break;
        }
        c += height;
    }
}

/* 1 / (1 + exp(-x)) to about 1e-7; beyond +-87 it stays what it is there.
 * -x = n ln 2 + r, exp(-x) = 2^n exp(r), exp(r) by Taylor's series on |r| <= ln(2)/2. */
BLOCK_INLINE vec ISA(sigmoid)(vec x) {
    const vec zero = fill(0.0f), one = fill(1.0f);
    x = ISA(clip)(fma_(x, fill(-1.0f), zero), 87.0f);
    const vec n = ISA(round)(fma_(x, fill(1.44269504f), zero));
    vec r = fma_(n, fill(-0.693359375f), x); /* ln 2 in two parts */
    r = fma_(n, fill(2.12194440e-4f), r);
    vec p = fma_(r, fill(1.0f / 720.0f), fill(1.0f / 120.0f));
    p = fma_(p, r, fill(1.0f / 24.0f));
    p = fma_(p, r, fill(1.0f / 6.0f));
    p = fma_(p, r, fill(0.5f));
    p = fma_(p, r, one);
    p = fma_(p, r, one);
    return ISA(inverse)(fma_(p, ISA(pow2)(n), one));
}

/* errors[c, t] = (labels[t] - sigmoid(logits[c, t])) * alpha; sigmoids are taken in
 * whole vectors, so what lies behind the last pair is overwritten. */
static void ISA(block_errors)(const block_t *b) {
    const int C = b->n_inputs, T = b->n_outputs;
    float *errors = b->errors;
    for (int64_t k = 0; k < (int64_t)C * T; k += VEC_LANES)
        store(errors + k, ISA(sigmoid)(load(b->logits + k)));
    for (int c = 0; c < C; c++, errors += T)
        for (int t = 0; t < T; t++) errors[t] = (b->labels[t] - errors[t]) * b->alpha;
}

/* Columns i to i + W * VEC_LANES of T outputs, both constants, from `first` on: adds
 * errors . outputs to the inputs' tile, and puts errors^T . inputs in the outputs'. */
BLOCK_INLINE void ISA(gain_tile)(const block_t *b, int first, const int T, int i,
                                 const int W) {
    float *tile = b->tile;
    vec y[GAIN_OUTPUTS][GAIN_VECS], change[GAIN_OUTPUTS][GAIN_VECS];
    BLOCK_UNROLL
    for (int t = 0; t < T; t++)
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) {
            y[t][w] = load(b->outputs[first + t] + i + w * VEC_LANES);
            change[t][w] = fill(0.0f);
        }
    const float *errors = b->errors + first;
    for (int c = 0; c < b->n_inputs; c++, errors += b->n_outputs, tile += BLOCK_TILE) {
        vec x[GAIN_VECS], gain[GAIN_VECS];
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) {
            x[w] = load(b->inputs[c] + i + w * VEC_LANES);
            gain[w] = first ? load(tile + w * VEC_LANES) : fill(0.0f);
        }
        BLOCK_UNROLL
        for (int t = 0; t < T; t++) {
            const vec error = fill(errors[t]);
            BLOCK_UNROLL
            for (int w = 0; w < W; w++) {
                gain[w] = fma_(error, y[t][w], gain[w]);
                change[t][w] = fma_(error, x[w], change[t][w]);
            }
        }
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) store(tile + w * VEC_LANES, gain[w]);
    }
    tile += (int64_t)first * BLOCK_TILE;
    BLOCK_UNROLL
    for (int t = 0; t < T; t++, tile += BLOCK_TILE)
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) store(tile + w * VEC_LANES, change[t][w]);
}

/* rows[k] += tile[k]: one row after the other, so one that is listed twice gains both. */
BLOCK_INLINE void ISA(add_tile)(float *const *rows, int count, const float *tile, int i,
                                const int W) {
    for (int k = 0; k < count; k++, tile += BLOCK_TILE)
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) {
            float *lanes = rows[k] + i + w * VEC_LANES;
            store(lanes, add(load(lanes), load(tile + w * VEC_LANES)));
        }
}

/* All gains of W * VEC_LANES columns; nothing is stored to a row before the end. */
BLOCK_INLINE void ISA(gain_columns)(const block_t *b, int i, const int W) {
    const int C = b->n_inputs, T = b->n_outputs;
    for (int t = 0; t < T;) {
        const int width = block_share(T - t, GAIN_OUTPUTS);
        switch (width) {
#if GAIN_OUTPUTS == 6
        case 6: ISA(gain_tile)(b, t, 6, i, W); break;
        case 5: ISA(gain_tile)(b, t, 5, i, W); break;
        case 4: ISA(gain_tile)(b, t, 4, i, W); break;
        case 3: ISA(gain_tile)(b, t, 3, i, W); break;
#endif
        case 2: ISA(gain_tile)(b, t, 2, i, W); break;
        default: ISA(gain_tile)(b, t, 1, i, W); break;
        }
        t += width;
    }
    ISA(add_tile)(b->sinks, C, b->tile, i, W);
    ISA(add_tile)(b->outputs, T, b->tile + (int64_t)C * BLOCK_TILE, i, W);
}

static void ISA(block_update)(const block_t *b) {
    ISA(block_dots)(b);
    ISA(block_errors)(b);
    int i = 0;
    for (; i + GAIN_VECS * VEC_LANES <= b->dim; i += GAIN_VECS * VEC_LANES) {
        block_call_ahead(b, i, GAIN_VECS * VEC_LANES);
        ISA(gain_columns)(b, i, GAIN_VECS);
    }
    if (i < b->dim) {
        block_call_ahead(b, i, b->dim - i);
        ISA(gain_columns)(b, i, 1);
    }
}

/* sum = scale * sum of rows */
static void ISA(block_gather)(float scale, float *const *rows, int count, float *sum,
                              int dim) {
    const vec factor = fill(scale);
    for (int i = 0; i < dim; i += VEC_LANES) {
        vec total = fill(0.0f);
        for (int k = 0; k < count; k++) total = add(total, load(rows[k] + i));
        store(sum + i, fma_(factor, total, fill(0.0f)));
    }
}

/* rows[k] += scale * x, one after the other */
static void ISA(block_spread)(float scale, const float *x, float *const *rows, int count,
                              int dim) {
    const vec factor = fill(scale);
    for (int i = 0; i < dim; i += VEC_LANES) {
        const vec change = fma_(factor, load(x + i), fill(0.0f));
        for (int k = 0; k < count; k++)
            store(rows[k] + i, add(load(rows[k] + i), change));
    }
}

#undef vec
#undef load
#undef store
#undef fill
#undef fma_
#undef add
#undef ISA
#undef VEC_LANES
#undef DOT_INPUTS
#undef DOT_OUTPUTS
#undef GAIN_OUTPUTS
#undef GAIN_VECS
