/* Transport of a change through curvature, and the curvature itself, with the vectors of
 * one instruction set; block_kernel.h includes it.  curvature.h has the contract. */

/* ---- transport ---- */

/* dots[k] = exp(-strength * values[k]) - exp(-strength * rest), times dots[k], for the
 * first n axes: what each axis adds to a change that all others shrink alike. */
static void ISA(transport_factors)(const curvature_t *h, float strength,
                                   float rest_factor, int n) {
    const vec zero = fill(0.0f), rest = fill(-rest_factor), rate = fill(-strength);
    for (int k = 0; k < n; k += VEC_LANES) {
        vec power;
        const vec p = ISA(exp_parts)(fma_(rate, load(h->values + k), zero), &power);
        const vec factor = fma_(p, ISA(pow2)(power), rest);
        store(h->dots + k, fma_(factor, load(h->dots + k), zero));
    }
}

/* Columns i to i + W * VEC_LANES of: row = mine + rest_factor * change + the first n
 * axes, each times its number in `dots`. */
BLOCK_INLINE void ISA(transport_strip)(const curvature_t *h, const float *mine,
                                       float rest_factor, int n, float *row, int i,
                                       const int W) {
    vec sum[STRIP];
    BLOCK_UNROLL
    for (int w = 0; w < W; w++)
        sum[w] = fma_(fill(rest_factor), load(h->change + i + w * VEC_LANES),
                      load(mine + i + w * VEC_LANES));
    for (int k = 0; k < n; k++) ISA(add_row)(sum, h->dots[k], h->axes[k] + i, W);
    BLOCK_UNROLL
    for (int w = 0; w < W; w++) store(row + i + w * VEC_LANES, sum[w]);
}

/* row = mine + exp(-strength H) h->change. */
static void ISA(transport_change)(const curvature_t *h, float strength,
                                  const float *mine, float *row) {
    const float rest_factor = (float)exp(-(double)strength * h->rest);
    const int n = curvature_axes_in_use(h, strength);
    const dots_t m = {&h->change, 1, h->axes, n, h->dim, h->dots, 1};
    ISA(block_dots)(&m);
    ISA(transport_factors)(h, strength, rest_factor, n);
#define STRIP_TASK(W) ISA(transport_strip)(h, mine, rest_factor, n, row, i, W)
    STRIPS(h->dim)
#undef STRIP_TASK
}

/* h->change = scale (row - base). */
static void ISA(set_change)(const curvature_t *h, float scale, const float *base,
                            float *row) {
    for (int i = 0; i < h->dim; i += VEC_LANES) {
        if (i % BLOCK_LANES == 0) BLOCK_PREFETCH_WRITE(row + i + h->dim);
        const vec change = fma_(fill(-1.0f), load(base + i), load(row + i));
        store(h->change + i, ISA(mul)(fill(scale), change));
    }
}

static void ISA(transport_row)(const curvature_t *h, float strength, const float *mine,
                               const float *base, float *row) {
    ISA(set_change)(h, 1.0f, base, row);
    ISA(transport_change)(h, strength, mine, row);
}

/* The sums that replica_response needs, of a replica and the shared row. */
static void ISA(response_sums)(const replica_t *r, const float *shared, int dim,
                               float *back, float *received, float *change) {
    vec sums[4] = {fill(0.0f), fill(0.0f), fill(0.0f), fill(0.0f)};
    float totals[4 + BLOCK_LANES];
    for (int i = 0; i < dim; i += VEC_LANES) {
        const vec minus = fill(-1.0f), base = load(r->base + i);
        const vec x = load(r->received + i);
        const vec d = fma_(minus, base, load(shared + i));
        sums[0] = fma_(x, fma_(minus, load(r->mine + i), base), sums[0]);
        sums[1] = fma_(x, x, sums[1]);
        sums[2] = fma_(d, d, sums[2]);
    }
    ISA(store_sums)(sums, 3, totals);
    *back = totals[0], *received = totals[1], *change = totals[2];
}

/* 1 - the response; 1 if the merge is a sum, as where the worker has not trained since
 * its last one. */
static float ISA(kept_share)(const replica_t *r, float strength, const float *shared,
                             int dim) {
    float back, received, change;
    if (!(strength > 0.0f)) return 1.0f;
    ISA(response_sums)(r, shared, dim, &back, &received, &change);
    return 1.0f - replica_response(r->sums, back, received, change);
}

static void ISA(merge_row)(const curvature_t *h, float strength, const replica_t *r,
                           float *shared) {
    /* What was received at merges without training in between is answered together. */
    const vec earlier = fill(strength > 0.0f ? 0.0f : 1.0f);
    ISA(set_change)(h, ISA(kept_share)(r, strength, shared, h->dim), r->base, shared);
    ISA(transport_change)(h, strength, r->mine, shared);
    for (int i = 0; i < h->dim; i += VEC_LANES) {
        const vec merged = load(shared + i);
        const vec received = fma_(fill(-1.0f), load(r->mine + i), merged);
        store(r->received + i, fma_(earlier, load(r->received + i), received));
        store(r->mine + i, merged);
        store(r->base + i, merged);
    }
}

/* ---- curvature ---- */

/* sums[k] += weight * (axes[k] . x) * x, and trace += weight * x . x. */
static void ISA(curvature_add)(curvature_t *h, float weight, float *x) {
    h->axes[h->n_axes] = x;
    const dots_t m = {&x, 1, h->axes, h->n_axes + 1, h->dim, h->dots, 1};
    ISA(block_dots)(&m);
    h->trace += (double)weight * h->dots[h->n_axes];
    for (int k = 0; k < h->n_axes; k++) {
        const vec scale = fill(weight * h->dots[k]);
        float *sum = h->sums[k];
        for (int i = 0; i < h->dim; i += VEC_LANES)
            store(sum + i, fma_(scale, load(x + i), load(sum + i)));
    }
}
