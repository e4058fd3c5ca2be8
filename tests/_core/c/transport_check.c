/* Compares the curvature and the transport of a change through it with the same in double.
 *
 *     cc -O3 -ffp-contract=off transport_check.c \
 *         ../../../w2vfast/_core_parts/kernels.c -lm && ./a.out
 *
 * Exits with 1 and names the case at the first number whose error is too large. */
#include "check.h"

#define U (1.0 / (1 << 24)) /* half a unit in the last place of 1 */

typedef struct {
    const char *isa;
    int D, columns, K;
} case_t;

static void compare(const case_t *k, const char *what, int row, int column, double got,
                    double expected, double slack) {
    check_count++;
    if (fabs(got - expected) <= slack) return; /* false for NaN */
    stop_with("%s D=%d K=%d, %s[%d, %d] is %.9g, should be %.9g within %.2g", k->isa,
              k->columns, k->K, what, row, column, got, expected, slack);
}

static float **new_matrix(int count, int D) {
    int *list = malloc((size_t)count * sizeof(int));
    if (!list) stop_with("no memory for %d rows", count);
    for (int k = 0; k < count; k++) list[k] = k;
    float **rows = new_rows(new_floats((int64_t)count * D), list, count, D);
    free(list);
    return rows;
}

static void free_matrix(float **rows) {
    free(rows[0]);
    free(rows);
}

static void draw_row(const case_t *k, float *row, double size) {
    for (int i = 0; i < k->D; i++) row[i] = i < k->columns ? draw_float(size) : 0.0f;
}

static curvature_t new_curvature(const case_t *k) {
    curvature_t h = {.axes = new_matrix(k->K + 1, k->D),
                     .sums = new_matrix(k->K, k->D),
                     .values = new_floats(k->K + BLOCK_LANES),
                     .dots = new_floats(k->K + BLOCK_LANES),
                     .change = new_floats(k->D),
                     .n_axes = k->K,
                     .n_columns = k->columns,
                     .dim = k->D};
    curvature_start(&h);
    return h;
}

static void free_curvature(curvature_t *h) {
    free_matrix(h->axes);
    free_matrix(h->sums);
    free(h->values);
    free(h->dots);
    free(h->change);
}

/* ---- the row operation, for axes of any kind ---- */

/* Column i of mine + exp(-strength H) d, with its tolerance. */
static double expected_column(const curvature_t *h, double strength, const float *mine,
                              const double *d, int i, double *slack) {
    const double rest = exp(-strength * h->rest);
    double sum = mine[i] + rest * d[i], sizes = fabs(mine[i]) + 4 * fabs(rest * d[i]);
    *slack = 0.0;
    for (int k = 0; k < h->n_axes; k++) {
        const double factor = exp(-strength * h->values[k]) - rest;
        double dot = 0.0, dot_sizes = 0.0;
        for (int j = 0; j < h->dim; j++) {
            dot += h->axes[k][j] * d[j];
            dot_sizes += fabs(h->axes[k][j] * d[j]);
        }
        sum += factor * dot * h->axes[k][i];
        sizes += fabs(factor * dot * h->axes[k][i]);
        /* The dot product; the exponential, its argument and the difference; an axis
         * that is left out. */
        const double factor_slack = (9 + strength * h->values[k]) * U + 3 * U;
        *slack += fabs(h->axes[k][i]) *
                  ((h->dim / 4 + 7) * U * dot_sizes * fabs(factor) +
                   fabs(dot) * (factor_slack + fmin(TRANSPORT_LEAST, fabs(factor))));
    }
    *slack += (h->n_axes + 4) * U * sizes;
    return sum;
}

static void check_transport(const case_t *k, float strength) {
    curvature_t h = new_curvature(k);
    float **rows = new_matrix(4, k->D);
    float *mine = rows[0], *base = rows[1], *row = rows[2];
    double *d = malloc((size_t)k->D * sizeof(double));
    if (!d) stop_with("no memory for %d columns", k->D);
    for (int n = 0; n < 3; n++) draw_row(k, rows[n], 1.0);
    for (int n = 0; n < k->K; n++) {
        draw_row(k, h.axes[n], 1.0 / sqrt(k->columns));
        h.values[n] = 2.0f / (float)((n + 1) * (n + 1));
    }
    h.rest = 0.001f;
    for (int i = 0; i < k->D; i++) d[i] = (float)(row[i] - base[i]);
    float *before = copy_floats(mine, 2 * k->D);
    block_transport(&h, strength, mine, base, row);
    for (int i = 0; i < k->D; i++) {
        double slack;
        const double expected = expected_column(&h, strength, before, d, i, &slack);
        compare(k, "row", 0, i, row[i], expected, slack);
    }
    if (memcmp(before, mine, (size_t)2 * k->D * sizeof(float)))
        stop_with("%s D=%d: mine and base should not change", k->isa, k->columns);
    free(d);
    free(before);
    free_matrix(rows);
    free_curvature(&h);
}

/* Without curvature a merge is a sum. */
static void check_sum(const case_t *k) {
    curvature_t h = new_curvature(k);
    float **rows = new_matrix(4, k->D);
    for (int n = 0; n < 3; n++) draw_row(k, rows[n], 1.0);
    float *before = copy_floats(rows[2], k->D);
    block_transport(&h, 1000.0f, rows[0], rows[1], rows[2]);
    for (int i = 0; i < k->D; i++)
        compare(k, "sum", 0, i, rows[2][i], (double)rows[0][i] + before[i] - rows[1][i],
                4 * U);
    free(before);
    free_matrix(rows);
    free_curvature(&h);
}

/* ---- merges of replicas ---- */

static replica_t new_replica(const case_t *k, float **rows) {
    const replica_t replica = {rows[0], rows[1], rows[2], new_floats(RESPONSE_SUMS)};
    for (int n = 0; n < 2; n++) draw_row(k, rows[n], 1.0);
    return replica;
}

/* A first merge is the transport; then the replica is the shared row. */
static void check_merge(const case_t *k) {
    curvature_t h = new_curvature(k);
    float **rows = new_matrix(4, k->D), *shared = rows[3];
    const replica_t replica = new_replica(k, rows);
    draw_row(k, shared, 1.0);
    draw_row(k, h.axes[0], 1.0 / sqrt(k->columns));
    h.values[0] = 2.0f;
    h.rest = 0.1f;
    float *mine = copy_floats(replica.mine, k->D),
          *expected = copy_floats(shared, k->D);
    block_transport(&h, 0.5f, mine, replica.base, expected);
    block_merge_row(&h, 0.5f, &replica, shared);
    for (int i = 0; i < k->D; i++) {
        compare(k, "merged", 0, i, shared[i], expected[i], 0.0);
        compare(k, "received", 0, i, replica.received[i], (double)shared[i] - mine[i],
                8 * U);
    }
    if (memcmp(shared, replica.mine, (size_t)k->D * sizeof(float)) ||
        memcmp(shared, replica.base, (size_t)k->D * sizeof(float)))
        stop_with("%s D=%d: the replica is not the shared row", k->isa, k->columns);
    free(mine);
    free(expected);
    free(replica.sums);
    free_matrix(rows);
    free_curvature(&h);
}

/* Merge a change of this length; then the worker moves by -part of what it received.
 * Returns the share of the change that the merge kept. */
static double kept_of_change(const case_t *k, const curvature_t *h,
                             const replica_t *replica, float *shared, float strength,
                             double length, float part) {
    float *change = new_floats(k->D), *before = copy_floats(replica->mine, k->D);
    double along = 0.0, square = 0.0;
    draw_row(k, change, 1.0);
    for (int i = 0; i < k->D; i++) square += (double)change[i] * change[i];
    for (int i = 0; i < k->D; i++) {
        change[i] = (float)(change[i] * length / sqrt(square));
        shared[i] = replica->base[i] + change[i];
    }
    block_merge_row(h, strength, replica, shared);
    block_merge_row(h, 0.0f, replica, shared); /* as after a pause, before it trains */
    for (int i = 0; i < k->D; i++) {
        along += ((double)shared[i] - before[i]) * change[i];
        replica->mine[i] = replica->base[i] - part * replica->received[i];
    }
    free(change);
    free(before);
    return along / (length * length);
}

/* A worker that takes back a part of all that it receives, which is `part` with `sign`
 * or, where `sign` is 0, with both signs in turn.  Then a change comes that is so many
 * times as large.  H is 0. */
static void check_response(const case_t *k, float part, int sign, double times,
                           double least, double most) {
    curvature_t h = new_curvature(k);
    float **rows = new_matrix(4, k->D);
    const replica_t replica = new_replica(k, rows);
    memcpy(replica.mine, replica.base, (size_t)k->D * sizeof(float));
    for (int merge = 0; merge < 40; merge++) {
        const int way = sign ? sign : merge % 2 ? 1 : -1;
        kept_of_change(k, &h, &replica, rows[3], 1.0f, 0.1, way * part);
    }
    double kept = kept_of_change(k, &h, &replica, rows[3], 1.0f, 0.1 * times, 0.0f);
    compare(k, "kept", (int)(100 * part), (int)times, kept, (least + most) / 2,
            (most - least) / 2);
    kept = kept_of_change(k, &h, &replica, rows[3], 0.0f, 0.1, 0.0f);
    compare(k, "kept in a sum", (int)(100 * part), (int)times, kept, 1.0, 1e-5);
    free(replica.sums);
    free_matrix(rows);
    free_curvature(&h);
}

static void check_responses(const case_t *k) {
    check_response(k, 0.0f, 1, 1.0, 0.999, 1.001);
    check_response(k, 0.5f, 1, 1.0, 0.45, 0.55);
    check_response(k, 0.9f, 1, 1.0, 0.10, 0.25);    /* received is small then */
    check_response(k, 0.5f, -1, 1.0, 0.999, 1.001); /* it goes on in the same way */
    check_response(k, 0.5f, 0, 1.0, 0.98, 1.001);   /* by chance */
    check_response(k, 0.5f, 1, 300.0, 0.99,
                   1.0); /* nothing is known of such a change */
}

/* ---- the curvature of samples whose eigenvectors are known ---- */

/* `count` rows of 0, 1 and -1 without a common column, so that they are the eigenvectors
 * of sum weight x x^T. */
static void fill_samples(const case_t *k, float **samples, int count) {
    for (int i = 0; i < k->columns; i++)
        samples[i % count][i] = draw_below(2) ? 1.0f : -1.0f;
}

static double length_of(const case_t *k, const float *x) {
    double square = 0.0;
    for (int i = 0; i < k->D; i++) square += (double)x[i] * x[i];
    return sqrt(square);
}

/* Every refresh follows blocks with all samples, of weights 1, 1/3, 1/9, ... */
static void check_curvature(const case_t *k) {
    const int count = k->K < 4 ? k->K : 4;
    curvature_t h = new_curvature(k);
    float **samples = new_matrix(count, k->D), **rows = new_matrix(4, k->D);
    fill_samples(k, samples, count);
    for (int refresh = 0; refresh < 40; refresh++) {
        for (int n = 0; n < count * CURVATURE_BLOCKS; n++)
            curvature_add(&h, (float)pow(3.0, -(n % count)), samples[n % count]);
        h.n_blocks += CURVATURE_BLOCKS;
        curvature_refresh(&h);
    }
    compare(k, "n_blocks", 0, 0, h.n_blocks, CURVATURE_BLOCKS, 1e-6);
    for (int n = 0; n < count; n++) {
        const double length = length_of(k, samples[n]);
        const double value = pow(3.0, -n) * length * length;
        compare(k, "values", 0, n, h.values[n], value, 1e-4 * value);
        double along = 0.0;
        for (int i = 0; i < k->D; i++) along += h.axes[n][i] * samples[n][i] / length;
        compare(k, "axes", n, 0, fabs(along), 1.0, 1e-4);
    }
    /* A change along an eigenvector shrinks by its exponential. */
    for (int n = 0; n < count; n++) {
        const double value = pow(3.0, -n) * pow(length_of(k, samples[n]), 2);
        memset(rows[0], 0, (size_t)2 * k->D * sizeof(float));
        memcpy(rows[2], samples[n], (size_t)k->D * sizeof(float));
        block_transport(&h, 0.1f, rows[0], rows[1], rows[2]);
        for (int i = 0; i < k->D; i++)
            compare(k, "transported", n, i, rows[2][i],
                    exp(-0.1 * value) * samples[n][i], 2e-3);
    }
    free_matrix(samples);
    free_matrix(rows);
    free_curvature(&h);
}

/* Samples in all directions: axes stay orthonormal, and the trace is that of H. */
static void check_many_samples(const case_t *k) {
    curvature_t h = new_curvature(k);
    float **rows = new_matrix(2, k->D);
    double trace = 0.0;
    for (int n = 0; n < 6 * CURVATURE_BLOCKS; n++) {
        const float weight = draw_float(0.5) + 0.5f;
        draw_row(k, rows[0], 1.0);
        curvature_add(&h, weight, rows[0]);
        trace += weight * pow(length_of(k, rows[0]), 2);
        h.n_blocks++;
        curvature_refresh(&h);
        if (n % CURVATURE_BLOCKS == CURVATURE_BLOCKS - 1) trace /= 2;
    }
    compare(k, "trace", 0, 0, h.trace, trace, 1e-5 * trace);
    double values = h.rest * (k->columns - k->K);
    for (int n = 0; n < k->K; n++) {
        values += h.values[n];
        for (int m = 0; m <= n; m++)
            compare(k, "gram", n, m, curvature_dot(h.axes[n], h.axes[m], k->D), n == m,
                    1e-5);
    }
    compare(k, "sum of values", 0, 0, values, h.trace / h.n_blocks,
            (k->columns == k->K ? 0.3 : 1e-4) * h.trace / h.n_blocks);
    free_matrix(rows);
    free_curvature(&h);
}

/* Two unit vectors are samples, of curvatures 4 and 2: one is the first axis, the other is
 * in a column that no axis sees yet.  So all other axes are lost, and have their share of
 * what is left, as all directions without an axis. */
static void check_lost_axes(const case_t *k) {
    if (k->columns == k->K) return; /* the axes see every column */
    curvature_t h = new_curvature(k);
    float **rows = new_matrix(2, k->D);
    rows[0][0] = rows[1][k->K] = 1.0f;
    for (int n = 0; n < CURVATURE_BLOCKS; n++) {
        curvature_add(&h, 4.0f, rows[0]);
        curvature_add(&h, 2.0f, rows[1]);
    }
    h.n_blocks = CURVATURE_BLOCKS;
    curvature_refresh(&h);
    const double rest = 2.0 / (k->columns - 1);
    compare(k, "rest", 0, 0, h.rest, rest, 2 * U * rest);
    compare(k, "value of a sample", 0, 0, h.values[0], 4.0, 8 * U);
    for (int n = 1; n < k->K; n++)
        compare(k, "value of a lost axis", 0, n, h.values[n], h.rest, 0.0);
    free_matrix(rows);
    free_curvature(&h);
}

/* ---- bands of rows ---- */

static void check_band_numbers(const case_t *k) {
    for (int digits = 1; digits < CURVATURE_BANDS; digits++) {
        const uint32_t first = (uint32_t)1 << (digits - 1);
        compare(k, "band of a first row", digits, 0, curvature_band(first), digits, 0);
        compare(k, "band of a last row", digits, 0, curvature_band(2 * first - 1),
                digits, 0);
    }
    compare(k, "band of row", 0, 0, curvature_band(0), 0, 0);
}

/* Bands 1 and 2 have 3 times and half the curvature of band 3; band 4 is not sampled. */
static void check_band_scales(const case_t *k) {
    static const double curvatures[] = {3.0, 0.5, 1.0}, uses[] = {1e4, 2e4, 5e4};
    const double mean = (3.0 * 1 + 0.5 * 2 + 1.0 * 5) / 8;
    curvature_t h = new_curvature(k);
    for (int refresh = 0; refresh < 2; refresh++) {
        for (int n = 0; n < 3; n++) {
            h.band_traces[n + 1] += curvatures[n] * uses[n];
            h.band_uses[n + 1] += uses[n];
        }
        h.n_blocks += CURVATURE_BLOCKS;
        curvature_refresh(&h);
    }
    for (int n = 0; n < 3; n++) {
        compare(k, "scale of band", n + 1, 0, curvature_scale(&h, 1u << n),
                curvatures[n] / mean, 0.02 * curvatures[n] / mean);
        const double older = BAND_MEMORY * (1 + BAND_MEMORY);
        compare(k, "uses of band", n + 1, 0, h.band_uses[n + 1], older * uses[n], 1e-9);
    }
    compare(k, "scale of band", 4, 0, curvature_scale(&h, 8), 1.0, 1e-6);
    free_curvature(&h);
}

static void check_columns(int columns) {
    static const float strengths[] = {0.0f, 0.01f, 1.0f, 1000.0f};
    const case_t k = {.isa = block_isa->name,
                      .D = (columns + BLOCK_LANES - 1) / BLOCK_LANES * BLOCK_LANES,
                      .columns = columns,
                      .K = columns < CURVATURE_AXES ? columns : CURVATURE_AXES};
    for (int n = 0; n < 4; n++) check_transport(&k, strengths[n]);
    check_sum(&k);
    check_merge(&k);
    check_responses(&k);
    check_curvature(&k);
    check_many_samples(&k);
    check_lost_axes(&k);
    check_band_numbers(&k);
    check_band_scales(&k);
}

static void check_isa(void) {
    static const int columns[] = {1, 2, 3, 15, 16, 17, 20, 40, 100, 200, 208, 223, 300};
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++)
        check_columns(columns[c]);
}

int main(void) { return check_every_isa(check_isa); }
