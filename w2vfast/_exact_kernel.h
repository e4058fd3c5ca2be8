/* Exact mode's arithmetic over one instruction set's vectors; included by _block.h once
 * for each set, which has defined VEC_LANES, ISA(name) and the operations used below:
 * load, store, fill, mul, add, quads, quad, unpack_low, unpack_high, pair_low and
 * pair_high.  Products are rounded before they are added: nothing here is fused. */

#define vec ISA(vec)
#define load ISA(load)
#define store ISA(store)
#define fill ISA(fill)
#define mul ISA(mul)
#define add ISA(add)

/* sums += the products of columns i to i + 4 of VEC_LANES rows with x, one row a lane,
 * column after column: the products are taken along the rows, four rows in four
 * vectors, and turned by 90 degrees. */
BLOCK_INLINE vec ISA(exact_add_columns)(vec sums, vec x, float *const *rows, int i) {
    const vec a = mul(ISA(quads)(rows, i), x), b = mul(ISA(quads)(rows + 1, i), x);
    const vec c = mul(ISA(quads)(rows + 2, i), x), d = mul(ISA(quads)(rows + 3, i), x);
    const vec ab = ISA(unpack_low)(a, b), cd = ISA(unpack_low)(c, d);
    const vec ab2 = ISA(unpack_high)(a, b), cd2 = ISA(unpack_high)(c, d);
    sums = add(sums, ISA(pair_low)(ab, cd));
    sums = add(sums, ISA(pair_high)(ab, cd));
    sums = add(sums, ISA(pair_low)(ab2, cd2));
    return add(sums, ISA(pair_high)(ab2, cd2));
}

/* dots[t] = x . rows[t] for V * VEC_LANES rows, V a constant */
BLOCK_INLINE void ISA(exact_dot_tile)(const float *x, float *const *rows, const int V,
                                      int dim, float *dots) {
    vec sums[EXACT_GROUP / VEC_LANES];
    int i = 0;
    BLOCK_UNROLL
    for (int v = 0; v < V; v++) sums[v] = fill(0.0f);
    for (; i + 4 <= dim; i += 4) {
        const vec four = ISA(quad)(x + i);
        BLOCK_UNROLL
        for (int v = 0; v < V; v++)
            sums[v] = ISA(exact_add_columns)(sums[v], four, rows + v * VEC_LANES, i);
    }
    BLOCK_UNROLL
    for (int v = 0; v < V; v++) store(dots + v * VEC_LANES, sums[v]);
    for (; i < dim; i++)
        for (int t = 0; t < V * VEC_LANES; t++) dots[t] += x[i] * rows[t][i];
}

/* dots[t] = x . rows[t], each sum in the order of its elements. */
static void ISA(exact_dots)(const float *x, float *const *rows, int count, int dim,
                            float *dots) {
    for (int first = 0; first < count; first += EXACT_GROUP) {
        float *group[EXACT_GROUP], sums[EXACT_GROUP];
        const int n = count - first < EXACT_GROUP ? count - first : EXACT_GROUP;
        for (int t = 0; t < EXACT_GROUP; t++) /* filled up to whole vectors */
            group[t] = rows[first + (t < n ? t : 0)];
#define DOT_CASE(V) case V: ISA(exact_dot_tile)(x, group, V, dim, sums); break;
        switch ((n + VEC_LANES - 1) / VEC_LANES) {
            DOT_CASE(1)
#if VEC_LANES <= 8
            DOT_CASE(2)
#endif
#if VEC_LANES <= 4
            DOT_CASE(3) DOT_CASE(4)
#endif
        }
#undef DOT_CASE
        memcpy(dots + first, sums, n * sizeof(float));
    }
}

/* For each row in turn: error += g[t] * row from the old row, then row += g[t] * x.
 * The rows are all distinct, so columns may go first. */
static void ISA(exact_steps)(const float *g, const float *x, float *const *rows,
                             int count, float *error, int dim) {
    for (int i = 0; i < dim; i += VEC_LANES) {
        const vec column = load(x + i);
        vec sum = load(error + i);
        for (int t = 0; t < count; t++) {
            const vec factor = fill(g[t]), y = load(rows[t] + i);
            sum = add(sum, mul(factor, y));
            store(rows[t] + i, add(y, mul(factor, column)));
        }
        store(error + i, sum);
    }
}

/* y += g * x */
static void ISA(exact_axpy)(float g, const float *x, float *y, int dim) {
    const vec factor = fill(g);
    for (int i = 0; i < dim; i += VEC_LANES)
        store(y + i, add(load(y + i), mul(factor, load(x + i))));
}

#undef vec
#undef load
#undef store
#undef fill
#undef mul
#undef add
