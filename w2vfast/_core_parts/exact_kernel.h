/* Exact mode's arithmetic with the vectors of one instruction set; included once for each
 * set.  block.h documents the vector operations.  Products are rounded before they are
 * added: nothing here is fused. */

#define vec ISA(vec)
#define load ISA(load)
#define store ISA(store)
#define fill ISA(fill)
#define mul ISA(mul)
#define add ISA(add)

/* ---- sequential dot products ---- */

/* Transpose four rows of quads: quad q of columns[k] (4,) OUT has element k of quad q of
 * a, b, c and d. */
BLOCK_INLINE void ISA(exact_transpose)(vec a, vec b, vec c, vec d, vec *columns) {
    const vec ab = ISA(unpack_low)(a, b), cd = ISA(unpack_low)(c, d);
    const vec ab2 = ISA(unpack_high)(a, b), cd2 = ISA(unpack_high)(c, d);
    columns[0] = ISA(pair_low)(ab, cd);
    columns[1] = ISA(pair_high)(ab, cd);
    columns[2] = ISA(pair_low)(ab2, cd2);
    columns[3] = ISA(pair_high)(ab2, cd2);
}

/* sums += products of columns i to i + 4 of 4 * Q rows with x, one column after the
 * other; each row has a lane of `sums`.  Products are computed along the rows, four rows
 * in four vectors, and then transposed.  Q is a compile-time constant. */
BLOCK_INLINE vec ISA(exact_add_columns)(vec sums, vec x, float *const *rows,
                                        const int Q, int i) {
    const vec a = mul(ISA(quads)(rows, Q, i), x),
              b = mul(ISA(quads)(rows + 1, Q, i), x);
    const vec c = mul(ISA(quads)(rows + 2, Q, i), x);
    const vec d = mul(ISA(quads)(rows + 3, Q, i), x);
    vec columns[4];
    ISA(exact_transpose)(a, b, c, d, columns);
    BLOCK_UNROLL
    for (int k = 0; k < 4; k++) sums = add(sums, columns[k]);
    return sums;
}

/* dots[t] = x . rows[t] for 4 * Q rows, Q a compile-time constant */
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

/* dots[t] = x . rows[t], each a sequential sum. */
static void ISA(exact_dots)(const float *x, float *const *rows, int count, int dim,
                            float *dots) {
    for (int first = 0; first < count; first += EXACT_GROUP) {
        float *group[EXACT_GROUP], sums[EXACT_GROUP];
        const int n = count - first < EXACT_GROUP ? count - first : EXACT_GROUP;
        for (int t = 0; t < EXACT_GROUP; t++) /* filled up to whole quads */
            group[t] = rows[first + (t < n ? t : 0)];
#define DOT_CASE(Q)                                  \
    case Q:                                          \
        ISA(exact_dot_tile)(x, group, Q, dim, sums); \
        break;
        switch ((n + 3) / 4) { BLOCK_CASES_4(DOT_CASE) }
#undef DOT_CASE
        memcpy(dots + first, sums, n * sizeof(float));
    }
}

/* ---- updates ---- */

/* Columns i to i + W * VEC_LANES, W a compile-time constant, of exact_update. */
BLOCK_INLINE void ISA(exact_update_tile)(const float *g, const float *x,
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
 * The rows are distinct, so all rows of a tile of columns may go before the next tile. */
static void ISA(exact_update)(const float *g, const float *x, float *const *rows,
                              int count, float *error, int dim) {
    int i = 0;
    for (; i + 4 * VEC_LANES <= dim; i += 4 * VEC_LANES)
        ISA(exact_update_tile)(g, x, rows, count, error, i, 4);
    for (; i < dim; i += VEC_LANES)
        ISA(exact_update_tile)(g, x, rows, count, error, i, 1);
}

/* y += a * x */
static void ISA(exact_axpy)(float a, const float *x, float *y, int dim) {
    const vec factor = fill(a);
    for (int i = 0; i < dim; i += VEC_LANES)
        store(y + i, add(load(y + i), mul(factor, load(x + i))));
}

/* ---- one path, several inputs one after the other ---- */

/* sums += products, one column after the other.  `products` has a vector of columns for
 * each of 4 * Q rows, Q a compile-time constant; transposed, each row has a lane. */
BLOCK_INLINE vec ISA(exact_add_rows)(vec sums, const vec *products, const int Q) {
    vec transposed[4][VEC_LANES / 4];
    BLOCK_UNROLL
    for (int q = 0; q < VEC_LANES / 4; q++) {
        const vec *rows = products + 4 * (q < Q ? q : 0);
        vec columns[4];
        ISA(exact_transpose)(rows[0], rows[1], rows[2], rows[3], columns);
        BLOCK_UNROLL
        for (int column = 0; column < 4; column++)
            transposed[column][q] = columns[column];
    }
    BLOCK_UNROLL
    for (int column = 0; column < 4; column++) ISA(transpose_quads)(transposed[column]);
    BLOCK_UNROLL
    for (int q = 0; q < VEC_LANES / 4; q++) BLOCK_UNROLL
    for (int column = 0; column < 4; column++) sums = add(sums, transposed[column][q]);
    return sums;
}

/* A vector of columns of one input's update: what exact_update does for the active nodes,
 * the update of the target, and these columns of the next input's dot products.
 * Q quads of nodes, a compile-time constant; those behind the path's end are inactive. */
BLOCK_INLINE void ISA(exact_path_strip)(const exact_path_t *path, const float *x,
                                        float *target, const float *next, vec *sums,
                                        int i, const int Q) {
    const vec column = load(x + i), next_column = load(next + i);
    /* Copies: the compiler cannot know that stores to rows do not change the path. */
    float *const *rows = path->rows;
    const float *gradients = path->gradients;
    const uint8_t *active = path->active;
    vec error = fill(0.0f);
    BLOCK_UNROLL
    for (int first = 0; first < 4 * Q; first += VEC_LANES) {
        const int n = 4 * Q - first < VEC_LANES ? 4 * Q - first : VEC_LANES;
        vec products[VEC_LANES];
        BLOCK_UNROLL
        for (int t = 0; t < n; t++) {
            float *row = rows[first + t] + i;
            vec y = load(row);
            if (active[first + t]) {
                const vec gradient = fill(gradients[first + t]);
                error = add(error, mul(gradient, y));
                y = add(y, mul(gradient, column));
                store(row, y);
            }
            products[t] = mul(y, next_column);
        }
        vec *sum = sums + first / VEC_LANES;
        *sum = ISA(exact_add_rows)(*sum, products, n / 4);
    }
    store(target + i, add(load(target + i), error));
}

/* All columns, one vector of columns after the other. */
BLOCK_INLINE void ISA(exact_path_strips)(const exact_path_t *path, const float *x,
                                         float *target, const float *next, int dim,
                                         const int Q) {
    const int n_sums = (4 * Q + VEC_LANES - 1) / VEC_LANES;
    vec sums[EXACT_NODES / 4];
    BLOCK_UNROLL
    for (int k = 0; k < n_sums; k++) sums[k] = fill(0.0f);
    for (int i = 0; i < dim; i += VEC_LANES)
        ISA(exact_path_strip)(path, x, target, next, sums, i, Q);
    BLOCK_UNROLL
    for (int k = 0; k < n_sums; k++) store(path->dots + k * VEC_LANES, sums[k]);
}

/* Update the active nodes and the target of one input x; then `dots` are those of the next
 * input, which must not be the target. */
static void ISA(exact_path_update)(const exact_path_t *path, const float *x,
                                   float *target, const float *next, int dim) {
#define PATH_CASE(Q)                                           \
    case Q:                                                    \
        ISA(exact_path_strips)(path, x, target, next, dim, Q); \
        break;
    switch ((path->n_nodes + 3) / 4) { BLOCK_CASES_8(PATH_CASE) }
#undef PATH_CASE
}

#undef vec
#undef load
#undef store
#undef fill
#undef mul
#undef add
