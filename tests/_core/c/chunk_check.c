/* Compares the functions for chunks of CBOW's centre words, of each instruction set, with
 * the same sums in double.
 *
 *     cc -O3 -ffp-contract=off chunk_check.c \
 *         ../../../w2vfast/_core_parts/kernels.c -lm && ./a.out
 *
 * Exits with 1 and names the case at the first number whose error is too large.  Updates
 * are multiples of 1/64 of at most 1, so that running sums are exact and windows must
 * leave no trace in rows outside them. */
#include "check.h"

#define U (1.0 / (1 << 24)) /* half a unit in the last place of 1 */

enum { MOST_CENTRES = 48, MOST_ROWS = 200 };

typedef struct {
    int n, reach, dim; /* centre words, largest reach, floats in a row */
    int max_sentence;  /* words */
    int one_target;    /* of frozen words: a row that is not an input */
} case_t;

static void compare(const case_t *k, const char *what, int row, int column, double got,
                    double expected, double slack) {
    check_count++;
    if (fabs(got - expected) <= slack) return; /* false for NaN */
    stop_with("%s, %d centres, reach %d, D=%d: %s[%d, %d] is %.9g, should be %.9g",
              block_isa->name, k->n, k->reach, k->dim, what, row, column, got,
              expected);
}

typedef struct {
    float *matrix, *hidden_rows, *update_rows, *old; /* whole rows of k->dim floats */
    float *rows[MOST_ROWS], *targets[MOST_ROWS];
    float *hidden[MOST_CENTRES], *updates[MOST_CENTRES];
    int starts[MOST_CENTRES], ends[MOST_CENTRES];
    int by_start[MOST_CENTRES], by_end[MOST_CENTRES];
    float scales[MOST_CENTRES], update_scales[MOST_CENTRES];
    chunk_t chunk;
} data_t;

static void order(const int *keys, int n, int n_rows, int *list) {
    int count = 0;
    for (int r = 0; r <= n_rows; r++)
        for (int p = 0; p < n; p++)
            if (keys[p] == r) list[count++] = p;
}

/* Windows with random reaches in sentences of random lengths. */
static void draw_windows(const case_t *k, data_t *d) {
    chunk_t *c = &d->chunk;
    int sentence_start = 0, sentence_end = 0;
    c->first_centre = draw_below(k->reach + 1);
    c->n_rows = c->first_centre + k->n + draw_below(k->reach + 1);
    for (int p = 0; p < k->n; p++) {
        const int own = c->first_centre + p, reach = 1 + draw_below(k->reach);
        if (p == 0 || own == sentence_end) {
            sentence_start = p == 0 ? 0 : own;
            sentence_end = own + 1 + draw_below(k->max_sentence);
            if (sentence_end > c->n_rows) sentence_end = c->n_rows;
        }
        d->starts[p] = own - reach > sentence_start ? own - reach : sentence_start;
        d->ends[p] = own + reach < sentence_end ? own + 1 + reach : sentence_end;
        if (d->ends[p] - p > c->lag) c->lag = d->ends[p] - p;
        d->scales[p] = 1.0f / (1 + draw_below(8));
        d->update_scales[p] = 1.0f / (1 << draw_below(3));
    }
    order(d->starts, k->n, c->n_rows, d->by_start);
    order(d->ends, k->n, c->n_rows, d->by_end);
}

static data_t *new_data(const case_t *k) {
    data_t *d = calloc(1, sizeof(data_t));
    if (!d) stop_with("no memory");
    const int n_words = MOST_ROWS / 2; /* so that rows repeat */
    const int64_t floats = (int64_t)(n_words + 1) * k->dim;
    d->matrix = new_floats(floats);
    draw_floats(d->matrix, floats, 1.0);
    d->old = copy_floats(d->matrix, floats);
    d->hidden_rows = new_floats((int64_t)k->n * k->dim);
    d->update_rows = new_floats((int64_t)k->n * k->dim);
    draw_floats(d->update_rows, (int64_t)k->n * k->dim, 1.0);
    for (int r = 0; r < MOST_ROWS; r++) {
        d->rows[r] = d->targets[r] = d->matrix + (int64_t)draw_below(n_words) * k->dim;
        if (k->one_target && r % 3 == 0)
            d->targets[r] = d->matrix + (int64_t)n_words * k->dim;
    }
    for (int p = 0; p < k->n; p++) {
        d->hidden[p] = d->hidden_rows + (int64_t)p * k->dim;
        d->updates[p] = d->update_rows + (int64_t)p * k->dim;
    }
    d->chunk = (chunk_t){.rows = d->rows,
                         .targets = d->targets,
                         .hidden = d->hidden,
                         .updates = d->updates,
                         .starts = d->starts,
                         .ends = d->ends,
                         .by_start = d->by_start,
                         .by_end = d->by_end,
                         .scales = d->scales,
                         .update_scales = d->update_scales,
                         .n_centres = k->n,
                         .dim = k->dim,
                         .last_sum = 1};
    while (d->chunk.last_sum < 2 * k->reach + 1)
        d->chunk.last_sum = 2 * d->chunk.last_sum + 1;
    d->chunk.sums = new_floats((int64_t)(d->chunk.last_sum + 1) * STRIP * BLOCK_LANES);
    draw_windows(k, d);
    return d;
}

static void free_data(data_t *d) {
    free(d->matrix);
    free(d->old);
    free(d->hidden_rows);
    free(d->update_rows);
    free(d->chunk.sums);
    free(d);
}

/* A prefix sum of R rows below 1 is at most R and rounded R times. */
static void check_hidden(const case_t *k) {
    data_t *d = new_data(k);
    const double slack = (double)d->chunk.n_rows * (d->chunk.n_rows + 4) * 2 * U;
    chunk_hidden(&d->chunk);
    for (int p = 0; p < k->n; p++)
        for (int i = 0; i < k->dim; i++) {
            double sum = 0.0;
            for (int r = d->starts[p]; r < d->ends[p]; r++)
                if (r != d->chunk.first_centre + p) sum += d->rows[r][i];
            compare(k, "hidden", p, i, d->hidden[p][i], sum * d->scales[p], slack);
            compare(k, "updates", p, i, d->updates[p][i], 0.0, 0.0);
        }
    free_data(d);
}

static void check_scatter(const case_t *k) {
    data_t *d = new_data(k);
    const int64_t floats = (int64_t)(MOST_ROWS / 2 + 1) * k->dim;
    for (int64_t i = 0; i < (int64_t)k->n * k->dim; i++)
        d->update_rows[i] = (draw_below(129) - 64) / 64.0f;
    double *expected = malloc((size_t)floats * sizeof(double));
    if (!expected) stop_with("no memory");
    char is_in_window[MOST_ROWS / 2 + 1] = {0};
    for (int64_t i = 0; i < floats; i++) expected[i] = d->old[i];
    for (int p = 0; p < k->n; p++)
        for (int r = d->starts[p]; r < d->ends[p]; r++) {
            const int64_t target = d->targets[r] - d->matrix;
            if (r == d->chunk.first_centre + p) continue;
            is_in_window[target / k->dim] = 1;
            for (int i = 0; i < k->dim; i++)
                expected[target + i] += (double)d->update_scales[p] * d->updates[p][i];
        }
    chunk_scatter(&d->chunk);
    for (int64_t i = 0; i < floats; i++)
        compare(k, "target", (int)(i / k->dim), (int)(i % k->dim), d->matrix[i],
                expected[i],
                is_in_window[i / k->dim] ? d->chunk.n_rows * k->n * U : 0.0);
    free(expected);
    free_data(d);
}

/* The pairs of C inputs and C outputs; every third output is that of the first pair. */
static void check_pairs(int C, int D) {
    const case_t k = {.n = C, .dim = D};
    const int64_t floats = (int64_t)C * D;
    const float alpha = 0.05f, size = (float)sqrt(3.0 / sqrt(D));
    float *rows[3][16], *x = new_floats(floats), *y = new_floats(floats);
    float *target = new_floats(floats), values[3][16 + BLOCK_LANES];
    draw_floats(x, floats, size);
    draw_floats(y, floats, size);
    draw_floats(target, floats, size);
    float *old = copy_floats(target, floats);
    double *output = malloc((size_t)floats * sizeof(double)), error[16];
    if (!output) stop_with("no memory");
    for (int64_t i = 0; i < floats; i++) output[i] = y[i];
    for (int c = 0; c < C; c++) {
        const int64_t at = (int64_t)c * D;
        rows[0][c] = x + at, rows[1][c] = target + at;
        rows[2][c] = c % 3 == 2 ? y : y + at;
        double logit = 0.0;
        for (int i = 0; i < D; i++) logit += (double)x[at + i] * rows[2][c][i];
        error[c] = alpha * (1.0 - 1.0 / (1.0 + exp(-logit)));
    }
    block_t block = {.inputs = rows[0],
                     .targets = rows[1],
                     .outputs = rows[2],
                     .logits = values[0],
                     .sigmoids = values[1],
                     .errors = values[2],
                     .n_inputs = C,
                     .dim = D,
                     .alpha = alpha};
    memset(values, 0, sizeof values);
    block_update_pairs(&block);
    for (int c = 0; c < C; c++) {
        compare(&k, "errors", c, 0, block.errors[c], error[c], alpha * (D + 20) * U);
        for (int i = 0; i < D; i++) {
            double *to = output + (rows[2][c] - y) + i;
            compare(&k, "target", c, i, rows[1][c][i],
                    old[(int64_t)c * D + i] + error[c] * *to, (D + 20) * 2 * U);
            *to += error[c] * rows[0][c][i];
        }
    }
    for (int64_t i = 0; i < floats; i++)
        compare(&k, "output", (int)(i / D), (int)(i % D), y[i], output[i],
                (D + 20) * 4 * U);
    free(x);
    free(y);
    free(target);
    free(old);
    free(output);
}

static void check_isa(void) {
    static const int reaches[] = {1, 2, 5, 20}, dims[] = {20, 100, 200, 300};
    static const int centres[] = {1,  2,  3,  4,  5,  7,           9,
                                  12, 17, 25, 33, 47, MOST_CENTRES};
    for (int d = 0; d < 4; d++) {
        const int dim = block_padded(dims[d]);
        for (size_t n = 0; n < sizeof centres / sizeof centres[0]; n++)
            for (int r = 0; r < 4; r++) {
                const case_t k = {.n = centres[n],
                                  .reach = reaches[r],
                                  .dim = dim,
                                  .max_sentence = 1 + draw_below(60),
                                  .one_target = centres[n] % 2};
                check_hidden(&k);
                check_scatter(&k);
            }
        for (int C = 1; C <= 16; C++) check_pairs(C, dim);
    }
}

int main(void) { return check_every_isa(check_isa); }
