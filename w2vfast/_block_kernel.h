/* The block update over one instruction set's vectors; included by _block.h once for
 * each set, which has defined VEC_LANES, the sizes of register tiles, ISA(name) and
 * the operations ISA(load), ISA(store), ISA(fill), ISA(fma), ISA(add), ISA(sum4).
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
    int t = 0;
    for (; t + DOT_OUTPUTS <= T; t += DOT_OUTPUTS)
        ISA(dot_tile)(inputs, b->outputs + t, C, DOT_OUTPUTS, b->dim, logits + t, T);
    float *const *outputs = b->outputs + t;
    switch (T - t) {
#if DOT_OUTPUTS > 4
    case 5: ISA(dot_tile)(inputs, outputs, C, 5, b->dim, logits + t, T); break;
    case 4: ISA(dot_tile)(inputs, outputs, C, 4, b->dim, logits + t, T); break;
#endif
    case 3: ISA(dot_tile)(inputs, outputs, C, 3, b->dim, logits + t, T); break;
    case 2: ISA(dot_tile)(inputs, outputs, C, 2, b->dim, logits + t, T); break;
    case 1: ISA(dot_tile)(inputs, outputs, C, 1, b->dim, logits + t, T); break;
    default: break;
    }
}

static void ISA(block_dots)(const block_t *b) {
    int c = 0;
    for (; c + DOT_INPUTS <= b->n_inputs; c += DOT_INPUTS) ISA(dot_row)(b, c, DOT_INPUTS);
    switch (b->n_inputs - c) {
#if DOT_INPUTS > 2
    case 3: ISA(dot_row)(b, c, 3); break;
    case 2: ISA(dot_row)(b, c, 2); break;
#endif
    case 1: ISA(dot_row)(b, c, 1); break;
    default: break;
    }
}

/* errors[c, t] = (labels[t] - sigmoid(logits[c, t])) * alpha */
static void ISA(block_errors)(const block_t *b) {
    const int C = b->n_inputs, T = b->n_outputs;
    const float *BLOCK_RESTRICT logits = b->logits;
    const float *BLOCK_RESTRICT labels = b->labels;
    float *BLOCK_RESTRICT errors = b->errors;
    for (int k = 0; k < C * T; k++) errors[k] = 1.0f / (1.0f + block_exp(-logits[k]));
    for (int c = 0; c < C; c++, errors += T)
        for (int t = 0; t < T; t++) errors[t] = (labels[t] - errors[t]) * b->alpha;
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
    int t = 0;
    for (; t + GAIN_OUTPUTS <= T; t += GAIN_OUTPUTS)
        ISA(gain_tile)(b, t, GAIN_OUTPUTS, i, W);
    switch (T - t) {
#if GAIN_OUTPUTS > 2
    case 5: ISA(gain_tile)(b, t, 5, i, W); break;
    case 4: ISA(gain_tile)(b, t, 4, i, W); break;
    case 3: ISA(gain_tile)(b, t, 3, i, W); break;
    case 2: ISA(gain_tile)(b, t, 2, i, W); break;
#endif
    case 1: ISA(gain_tile)(b, t, 1, i, W); break;
    default: break;
    }
    ISA(add_tile)(b->sinks, C, b->tile, i, W);
    ISA(add_tile)(b->outputs, T, b->tile + (int64_t)C * BLOCK_TILE, i, W);
}

static void ISA(block_update)(const block_t *b) {
    ISA(block_dots)(b);
    ISA(block_errors)(b);
    int i = 0;
    for (; i + GAIN_VECS * VEC_LANES <= b->dim; i += GAIN_VECS * VEC_LANES)
        ISA(gain_columns)(b, i, GAIN_VECS);
    if (i < b->dim) ISA(gain_columns)(b, i, 1);
}

static void ISA(block_axpy)(float scale, const float *x, float *y, int dim) {
    const vec factor = fill(scale);
    for (int i = 0; i < dim; i += VEC_LANES)
        store(y + i, fma_(factor, load(x + i), load(y + i)));
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
