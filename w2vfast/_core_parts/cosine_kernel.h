/* Dot products and squared lengths of many rows in one pass over them, which memory
 * limits; included once for each instruction set.  Unlike in training, rows (D,) are
 * neither padded nor aligned. */

#define vec ISA(vec)
#define load ISA(load)
#define fill ISA(fill)
#define mul ISA(mul)
#define fma_ ISA(fma)

/* The last vector of a row whose D is no multiple of VEC_LANES: it overlaps the one
 * before, so x is 0 and `ones` is 0 where columns are counted already. */
typedef struct {
    float x[VEC_LANES];
    float ones[VEC_LANES];
    int start; /* first column, or D where no vector is needed */
} ISA(cosine_tail_t);

static ISA(cosine_tail_t) ISA(cosine_tail)(const float *x, int dim) {
    ISA(cosine_tail_t) tail = {{0}, {0}, dim};
    const int counted = dim / VEC_LANES * VEC_LANES;
    if (counted == dim) return tail;
    tail.start = dim - VEC_LANES;
    for (int i = counted; i < dim; i++) {
        tail.x[i - tail.start] = x[i];
        tail.ones[i - tail.start] = 1.0f;
    }
    return tail;
}

/* dots[k] OUT = x . rows[k] and squares[k] OUT = rows[k] . rows[k] for four rows.
 * Prefetches the rows that are `ahead` floats behind them. */
BLOCK_INLINE void ISA(cosine_four)(const float *const *rows, int64_t ahead,
                                   const float *x, const ISA(cosine_tail_t) * tail,
                                   int dim, float *dots, float *squares) {
    vec dot[4], square[4];
    BLOCK_UNROLL
    for (int k = 0; k < 4; k++) dot[k] = square[k] = fill(0.0f);
    for (int i = 0; i + VEC_LANES <= dim; i += VEC_LANES) {
        const vec columns = load(x + i);
        BLOCK_UNROLL
        for (int k = 0; k < 4; k++) {
            const vec y = load(rows[k] + i);
            if (i % BLOCK_LANES == 0) BLOCK_PREFETCH(rows[k] + i + ahead);
            dot[k] = fma_(y, columns, dot[k]);
            square[k] = fma_(y, y, square[k]);
        }
    }
    if (tail->start < dim) {
        const vec columns = load(tail->x), ones = load(tail->ones);
        BLOCK_UNROLL
        for (int k = 0; k < 4; k++) {
            const vec y = load(rows[k] + tail->start);
            dot[k] = fma_(y, columns, dot[k]);
            square[k] = fma_(y, mul(y, ones), square[k]);
        }
    }
    float totals[VEC_LANES];
    ISA(store_sums)(dot, 4, totals);
    memcpy(dots, totals, 4 * sizeof(float));
    ISA(store_sums)(square, 4, totals);
    memcpy(squares, totals, 4 * sizeof(float));
}

/* dots (n,) OUT, squares (n,) OUT of rows (n, D), `stride` floats from row to row. */
static void ISA(cosine_sums)(const float *rows, int64_t stride, int64_t n,
                             const float *x, int dim, float *dots, float *squares) {
    if (dim < VEC_LANES) {
        for (int64_t k = 0; k < n; k++, rows += stride) {
            dots[k] = squares[k] = 0.0f;
            for (int i = 0; i < dim; i++) {
                dots[k] += rows[i] * x[i];
                squares[k] += rows[i] * rows[i];
            }
        }
        return;
    }
    const ISA(cosine_tail_t) tail = ISA(cosine_tail)(x, dim);
    for (int64_t first = 0; first < n; first += 4) {
        const int count = n - first < 4 ? (int)(n - first) : 4;
        const int64_t ahead = n - first >= COSINE_AHEAD + 4 ? COSINE_AHEAD * stride : 0;
        const float *four[4];
        float sums[4], lengths[4];
        for (int k = 0; k < 4; k++) /* filled up to four */
            four[k] = rows + (first + (k < count ? k : 0)) * stride;
        ISA(cosine_four)(four, ahead, x, &tail, dim, sums, lengths);
        memcpy(dots + first, sums, count * sizeof(float));
        memcpy(squares + first, lengths, count * sizeof(float));
    }
}

#undef vec
#undef load
#undef fill
#undef mul
#undef fma_
