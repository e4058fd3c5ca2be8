/* Compares a step of CBOW's window, of each instruction set, with the same sums in double.
 *
 *     cc -O3 -ffp-contract=off window_check.c \
 *         ../../../w2vfast/_core_parts/kernels.c -lm && ./a.out
 *
 * Exits with 1 and names the case at the first number whose error is too large. */
#include "check.h"

#define U (1.0 / (1 << 24)) /* half a unit in the last place of 1 */

enum { N_ROWS = 7, N_TOTALS = 5, MOST_LISTED = 9 };

typedef struct {
    int n_settled, n_entering, dim;
    float update_scale, n_received;
    int is_frozen; /* the centre word's row must not change */
} case_t;

/* Whole rows of k->dim floats; the last one of `rows` is the one that is never read. */
typedef struct {
    float *rows, *totals, *sum, *next_total, *hidden;
    window_row_t settled[MOST_LISTED];
    float *entering[MOST_LISTED];
    window_t window;
} data_t;

static void compare(const case_t *k, const char *what, int i, double got,
                    double expected) {
    const double slack = 200 * U * (1 + k->n_received);
    check_count++;
    if (fabs(got - expected) <= slack) return; /* false for NaN */
    stop_with("%s, %d settled, %d enter, D=%d: %s[%d] is %.9g, should be %.9g",
              block_isa->name, k->n_settled, k->n_entering, k->dim, what, i, got,
              expected);
}

static float *row_of(float *matrix, const case_t *k, int row) {
    return matrix + (int64_t)row * k->dim;
}

/* A row that is frozen is read, but another one is written. */
static window_row_t draw_row(const data_t *d, const case_t *k, int is_frozen) {
    const int row = draw_below(N_ROWS);
    return (window_row_t){.row = row_of(d->rows, k, row),
                          .since = row_of(d->totals, k, draw_below(N_TOTALS)),
                          .target = row_of(d->rows, k, is_frozen ? N_ROWS : row),
                          .count = draw_below(4),
                          .weight = (float)(draw_below(3) - 1)};
}

static data_t *new_data(const case_t *k) {
    data_t *d = calloc(1, sizeof(data_t));
    if (!d) stop_with("no memory");
    d->rows = new_floats((int64_t)(N_ROWS + 1) * k->dim);
    d->totals = new_floats((int64_t)N_TOTALS * k->dim);
    d->sum = new_floats(k->dim);
    d->next_total = new_floats(k->dim);
    d->hidden = new_floats(k->dim);
    draw_floats(d->rows, (int64_t)(N_ROWS + 1) * k->dim, 1.0);
    draw_floats(d->totals, (int64_t)N_TOTALS * k->dim, 1.0);
    draw_floats(d->sum, k->dim, 1.0);
    for (int n = 0; n < MOST_LISTED; n++) { /* rows may repeat */
        d->settled[n] = draw_row(d, k, n % 3 == 0);
        d->entering[n] = row_of(d->rows, k, draw_below(N_ROWS));
    }
    d->window =
        (window_t){.sum = d->sum,
                   .earlier_total = row_of(d->totals, k, 0),
                   .total = row_of(d->totals, k, 1),
                   .next_total = d->next_total,
                   .update_scale = k->update_scale,
                   .n_received = k->n_received,
                   .settled = d->settled,
                   .entering = d->entering,
                   .n_settled = k->n_settled,
                   .n_entering = k->n_entering,
                   .centre = {.row = row_of(d->rows, k, 2),
                              .since = row_of(d->totals, k, 3),
                              .target = row_of(d->rows, k, k->is_frozen ? N_ROWS : 2),
                              .count = 2},
                   .scale = 0.25f,
                   .hidden = d->hidden,
                   .dim = k->dim};
    return d;
}

static int64_t number_of(const float *row, const float *matrix, const case_t *k) {
    return (row - matrix) / k->dim;
}

/* One row of a step in one column: returns what it is with its updates. */
static double settle(const case_t *k, const data_t *d, const window_row_t *settled,
                     const double *totals, double *rows) {
    const double lacks = totals[1] - totals[number_of(settled->since, d->totals, k)];
    const double row = rows[number_of(settled->row, d->rows, k)];
    return rows[number_of(settled->target, d->rows, k)] = row + settled->count * lacks;
}

/* The step in one column, in double. */
static void check_column(const case_t *k, const data_t *d, const data_t *old, int i) {
    double rows[N_ROWS + 1], totals[N_TOTALS];
    for (int r = 0; r <= N_ROWS; r++) rows[r] = row_of(old->rows, k, r)[i];
    for (int t = 0; t < N_TOTALS; t++) totals[t] = row_of(old->totals, k, t)[i];
    const double update = (double)k->update_scale * (totals[1] - totals[0]);
    totals[1] = totals[0] + update;
    double sum = old->sum[i] + (double)k->n_received * update;
    for (int n = 0; n < k->n_settled; n++)
        sum += d->settled[n].weight * settle(k, d, &d->settled[n], totals, rows);
    for (int n = 0; n < k->n_entering; n++)
        sum += rows[number_of(d->entering[n], d->rows, k)];
    const double centre = settle(k, d, &d->window.centre, totals, rows);
    for (int r = 0; r <= N_ROWS; r++)
        compare(k, "a row", i, row_of(d->rows, k, r)[i], rows[r]);
    for (int t = 0; t < N_TOTALS; t++)
        compare(k, "a total", i, row_of(d->totals, k, t)[i], totals[t]);
    compare(k, "next_total", i, d->next_total[i], totals[1]);
    compare(k, "sum", i, d->sum[i], sum);
    compare(k, "hidden", i, d->hidden[i], 0.25 * (sum - centre));
}

static void free_data(data_t *d) {
    free(d->rows);
    free(d->totals);
    free(d->sum);
    free(d->next_total);
    free(d->hidden);
    free(d);
}

static void check_step(const case_t *k) {
    data_t *d = new_data(k), old = *d;
    old.rows = copy_floats(d->rows, (int64_t)(N_ROWS + 1) * k->dim);
    old.totals = copy_floats(d->totals, (int64_t)N_TOTALS * k->dim);
    old.sum = copy_floats(d->sum, k->dim);
    window_step(&d->window);
    for (int i = 0; i < k->dim; i++) check_column(k, d, &old, i);
    free(old.rows);
    free(old.totals);
    free(old.sum);
    free_data(d);
}

static void check_isa(void) {
    static const int dims[] = {1, 20, 100, 200, 208, 300};
    for (size_t d = 0; d < sizeof dims / sizeof dims[0]; d++)
        for (int listed = 0; listed < (MOST_LISTED + 1) * (MOST_LISTED + 1); listed++) {
            const int n_settled = listed / (MOST_LISTED + 1);
            const int n_entering = listed % (MOST_LISTED + 1);
            const int variant = n_settled + n_entering;
            const case_t k = {.n_settled = n_settled,
                              .n_entering = n_entering,
                              .dim = block_padded(dims[d]),
                              .update_scale = variant % 2 ? 1.0f : 0.125f,
                              .n_received = (float)draw_below(30),
                              .is_frozen = variant % 3 == 0};
            check_step(&k);
        }
}

int main(void) { return check_every_isa(check_isa); }
