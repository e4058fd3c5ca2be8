/* Exact mode's arithmetic over one instruction set's vectors; included by block.h once
 * for each set, which has defined VEC_LANES, ISA(name) and the operations used below:
 * load, store, fill, mul, add, quads, quad, unpack_low, unpack_high, pair_low, pair_high
 * and turn_quads.  Products are rounded before they are added: nothing here is fused. */

#define vec ISA(vec)
#define load ISA(load)
#define store ISA(store)
#define fill ISA(fill)
#define mul ISA(mul)
#define add ISA(add)

/* Four rows of quads, turned by 90 degrees: columns[k] (4,) OUT has column k of each. */
BLOCK_INLINE void ISA(exact_turn)(vec a, vec b, vec c, vec d, vec *columns) {
    const vec ab = ISA(unpack_low)(a, b), cd = ISA(unpack_low)(c, d);
    const vec ab2 = ISA(unpack_high)(a, b), cd2 = ISA(unpack_high)(c, d);
    columns[0] = ISA(pair_low)(ab, cd);
    columns[1] = ISA(pair_high)(ab, cd);
    columns[2] = ISA(pair_low)(ab2, cd2);
    columns[3] = ISA(pair_high)(ab2, cd2);
}

/* sums += the products of columns i to i + 4 of 4 * Q rows with x, one row a lane,
 * column after column: the products are taken along the rows, four rows in four
 * vectors, and turned by 90 degrees.  Q is a constant. */
BLOCK_INLINE vec ISA(exact_add_columns)(vec sums, vec x, float *const *rows, const int Q,
                                        int i) {
    const vec a = mul(ISA(quads)(rows, Q, i), x), b = mul(ISA(quads)(rows + 1, Q, i), x);
    const vec c = mul(ISA(quads)(rows + 2, Q, i), x);
    const vec d = mul(ISA(quads)(rows + 3, Q, i), x);
    vec columns[4];
    ISA(exact_turn)(a, b, c, d, columns);
    BLOCK_UNROLL
    for (int k = 0; k < 4; k++) sums = add(sums, columns[k]);
    return sums;
}

/* dots[t] = x . rows[t] for 4 * Q rows, Q a constant */
BLOCK_INLINE void ISA(exact_dot_tile)(const float *x, float *const *rows, const int Q,
                                      int dim, float *dots) {
    const int whole = VEC_LANES / 4; /* quads in a vector */
    vec sums[EXACT_GROUP / 4];
    int i = 0;
    BLOCK_UNROLL
    for (int q = 0; q < Q; q += whole) sums[q] = fill(0.0f);
    for (; i + 4 <= dim; i += 4) {
        const vec four = ISA(quad)(x + i);
        BLOCK_UNROLL
        for (int q = 0; q < Q; q += whole)
            sums[q] = ISA(exact_add_columns)(sums[q], four, rows + 4 * q,
                                             Q - q < whole ? Q - q : whole, i);
    }
    BLOCK_UNROLL
    for (int q = 0; q < Q; q += whole) store(dots + 4 * q, sums[q]);
    for (; i < dim; i++)
        for (int t = 0; t < 4 * Q; t++) dots[t] += x[i] * rows[t][i];
}

/* dots[t] = x . rows[t], each sum in the order of its elements. */
static void ISA(exact_dots)(const float *x, float *const *rows, int count, int dim,
                            float *dots) {
    for (int first = 0; first < count; first += EXACT_GROUP) {
        float *group[EXACT_GROUP], sums[EXACT_GROUP];
        const int n = count - first < EXACT_GROUP ? count - first : EXACT_GROUP;
        for (int t = 0; t < EXACT_GROUP; t++) /* filled up to whole quads */
            group[t] = rows[first + (t < n ? t : 0)];
#define DOT_CASE(Q) case Q: ISA(exact_dot_tile)(x, group, Q, dim, sums); break;
        switch ((n + 3) / 4) { DOT_CASE(1) DOT_CASE(2) DOT_CASE(3) DOT_CASE(4) }
#undef DOT_CASE
        memcpy(dots + first, sums, n * sizeof(float));
    }
}

/* Columns i to i + W * VEC_LANES, W a constant, of exact_steps. */
BLOCK_INLINE void ISA(exact_step_tile)(const float *g, const float *x,
                                       float *const *rows, int count, float *error,
                                       int i, const int W) {
    vec column[4], sum[4];
    BLOCK_UNROLL
    for (int w = 0; w < W; w++) {
        column[w] = load(x + i + w * VEC_LANES);
        sum[w] = load(error + i + w * VEC_LANES);
    }
    for (int t = 0; t < count; t++) {
        const vec factor = fill(g[t]);
        float *row = rows[t] + i;
        BLOCK_UNROLL
        for (int w = 0; w < W; w++) {
            const vec y = load(row + w * VEC_LANES);
            sum[w] = add(sum[w], mul(factor, y));
            store(row + w * VEC_LANES, add(y, mul(factor, column[w])));
        }
    }
    BLOCK_UNROLL
    for (int w = 0; w < W; w++) store(error + i + w * VEC_LANES, sum[w]);
}

/* For each row in turn: error += g[t] * row from the old row, then row += g[t] * x.
 * The rows are all distinct, so columns may go first. */
static void ISA(exact_steps)(const float *g, const float *x, float *const *rows,
                             int count, float *error, int dim) {
    int i = 0;
    for (; i + 4 * VEC_LANES <= dim; i += 4 * VEC_LANES)
        ISA(exact_step_tile)(g, x, rows, count, error, i, 4);
    for (; i < dim; i += VEC_LANES)
        ISA(exact_step_tile)(g, x, rows, count, error, i, 1);
}

/* y += g * x */
static void ISA(exact_axpy)(float g, const float *x, float *y, int dim) {
    const vec factor = fill(g);
    for (int i = 0; i < dim; i += VEC_LANES)
        store(y + i, add(load(y + i), mul(factor, load(x + i))));
}

/* ---- a path that several inputs take in turn ---- */

/* sums += products, column after column: of 4 * Q rows, Q a constant, a vector of
 * columns each; they are turned by 90 degrees, so that each row has a lane. */
BLOCK_INLINE vec ISA(exact_add_rows)(vec sums, const vec *products, const int Q) {
    vec turned[4][VEC_LANES / 4];
    BLOCK_UNROLL
    for (int q = 0; q < VEC_LANES / 4; q++) {
        const vec *rows = products + 4 * (q < Q ? q : 0);
        vec columns[4];
        ISA(exact_turn)(rows[0], rows[1], rows[2], rows[3], columns);
        BLOCK_UNROLL
        for (int column = 0; column < 4; column++) turned[column][q] = columns[column];
    }
    BLOCK_UNROLL
    for (int column = 0; column < 4; column++) ISA(turn_quads)(turned[column]);
    BLOCK_UNROLL
    for (int q = 0; q < VEC_LANES / 4; q++)
        BLOCK_UNROLL
        for (int column = 0; column < 4; column++) sums = add(sums, turned[column][q]);
    return sums;
}

/* A vector of columns of one input's turn: what exact_steps does for the nodes that are
 * open, the sink's gain, and the same columns of the next input's dot products.
 * Q quads of nodes, a constant; those behind the path's end are not open. */
BLOCK_INLINE void ISA(exact_path_strip)(const exact_path_t *path, const float *x,
                                        float *sink, const float *next, vec *sums,
                                        int i, const int Q) {
    const vec column = load(x + i), next_column = load(next + i);
    float *const *rows = path->rows; /* copied once: the compiler cannot know that */
    const float *gains = path->gains; /* storing to rows leaves them alone */
    const uint8_t *open = path->open;
    vec error = fill(0.0f);
    BLOCK_UNROLL
    for (int first = 0; first < 4 * Q; first += VEC_LANES) {
        const int n = 4 * Q - first < VEC_LANES ? 4 * Q - first : VEC_LANES;
        vec products[VEC_LANES];
        BLOCK_UNROLL
        for (int t = 0; t < n; t++) {
            float *row = rows[first + t] + i;
            vec y = load(row);
            if (open[first + t]) {
                const vec gain = fill(gains[first + t]);
                error = add(error, mul(gain, y));
                y = add(y, mul(gain, column));
                store(row, y);
            }
            products[t] = mul(y, next_column);
        }
        vec *sum = sums + first / VEC_LANES;
        *sum = ISA(exact_add_rows)(*sum, products, n / 4);
    }
    store(sink + i, add(load(sink + i), error));
}

/* All columns, vector by vector. */
BLOCK_INLINE void ISA(exact_path_strips)(const exact_path_t *path, const float *x,
                                         float *sink, const float *next, int dim,
                                         const int Q) {
    const int n_sums = (4 * Q + VEC_LANES - 1) / VEC_LANES;
    vec sums[EXACT_NODES / 4];
    BLOCK_UNROLL
    for (int k = 0; k < n_sums; k++) sums[k] = fill(0.0f);
    for (int i = 0; i < dim; i += VEC_LANES)
        ISA(exact_path_strip)(path, x, sink, next, sums, i, Q);
    BLOCK_UNROLL
    for (int k = 0; k < n_sums; k++) store(path->dots + k * VEC_LANES, sums[k]);
}

/* One input's turn: the open nodes gain, the sink gains their error, and the dots
 * become those of the next input, which is not the sink. */
static void ISA(exact_path_step)(const exact_path_t *path, const float *x, float *sink,
                                 const float *next, int dim) {
#define PATH_CASE(Q) case Q: ISA(exact_path_strips)(path, x, sink, next, dim, Q); break;
    switch ((path->n_nodes + 3) / 4) {
        PATH_CASE(1) PATH_CASE(2) PATH_CASE(3) PATH_CASE(4)
        PATH_CASE(5) PATH_CASE(6) PATH_CASE(7) PATH_CASE(8)
    }
#undef PATH_CASE
}

#undef vec
#undef load
#undef store
#undef fill
#undef mul
#undef add
