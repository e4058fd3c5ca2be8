/* Compares exact mode's arithmetic with plain loops, bit for bit.
 *
 *     cc -O3 -ffp-contract=off exact_check.c \
 *         ../../../w2vfast/_core_parts/kernels.c -lm && ./a.out
 *
 * The plain loops do what the C program does: one output after the other, one column
 * after the other.  Each product is stored to memory, so that no compiler can fuse it
 * with a sum; if the kernels are compiled with such a fusion, their bits differ. */
#include "check.h"

#include "../../../w2vfast/_core_parts/exact.h"

#define LIMIT 400 /* columns and outputs at most */

static float sigmoid_table[EXACT_TABLE_SIZE];

/* Compares bits: NaN equals itself, and -0 differs from 0. */
static void compare(const char *what, int count, int dim, const float *got,
                    const float *expected, int64_t n) {
    check_count += n;
    for (int64_t i = 0; i < n; i++)
        if (memcmp(got + i, expected + i, sizeof(float)))
            stop_with(
                "%s %s of %d rows of %d: number %lld is %.9g (%a), should be %.9g (%a)",
                block_isa->name, what, count, dim, (long long)i, got[i], got[i],
                expected[i], expected[i]);
}

static float plain_product(float a, float b) {
    volatile float product = a * b;
    return product;
}

static float plain_dot(const float *x, const float *y, int dim) {
    volatile float sum = 0; /* a float after each step, also where sums are wider */
    for (int i = 0; i < dim; i++) sum = sum + plain_product(x[i], y[i]);
    return sum;
}

static void plain_step(float g, const float *x, float *y, float *error, int dim) {
    for (int i = 0; i < dim; i++) {
        error[i] += plain_product(g, y[i]);
        y[i] += plain_product(g, x[i]);
    }
}

/* word2vec.c TrainModelThread, both objectives; labels are 1 - code in the first. */
static void plain_outputs(int hs, const float *x, float *error, float *const *rows,
                          const uint8_t *codes, int count, int dim, float alpha) {
    for (int t = 0; t < count; t++) {
        const float f = plain_dot(x, rows[t], dim);
        const int label = hs ? 1 - codes[t] : t == 0;
        const int scale = EXACT_TABLE_SIZE / EXACT_MAX_EXP / 2;
        const int place = (int)((f + EXACT_MAX_EXP) * scale);
        float g;
        if (hs && (f <= -EXACT_MAX_EXP || f >= EXACT_MAX_EXP)) continue;
        if (f > EXACT_MAX_EXP)
            g = plain_product((float)(label - 1), alpha);
        else if (f < -EXACT_MAX_EXP)
            g = plain_product((float)(label - 0), alpha);
        else
            g = plain_product((float)label - sigmoid_table[place], alpha);
        plain_step(g, x, rows[t], error, dim);
    }
}

/* Rows without padding, as in k-means. */
static void check_dots(int count, int dim) {
    int list[LIMIT];
    float dots[LIMIT], expected[LIMIT];
    float *x = new_floats(dim), *matrix = new_floats((int64_t)count * dim);
    draw_floats(x, dim, 1.0);
    draw_floats(matrix, (int64_t)count * dim, 1.0);
    for (int t = 0; t < count; t++) list[t] = draw_below(count);
    float **rows = new_rows(matrix, list, count, dim);
    block_isa->exact_dots(x, rows, count, dim, dots);
    for (int t = 0; t < count; t++) expected[t] = plain_dot(x, rows[t], dim);
    compare("dots", count, dim, dots, expected, count);
    free(x);
    free(matrix);
    free(rows);
}

static int whole_lines(int dim) {
    return (dim + BLOCK_LANES - 1) / BLOCK_LANES * BLOCK_LANES;
}

/* `count` random rows, padded with zeros. */
static float *draw_rows(int count, int dim, double size) {
    float *rows = new_floats((int64_t)count * whole_lines(dim));
    for (int row = 0; row < count; row++)
        draw_floats(rows + (int64_t)row * whole_lines(dim), dim, size);
    return rows;
}

static exact_path_t new_path(float **rows, const uint8_t *codes, int count) {
    exact_path_t path = {0};
    path.rows = rows;
    path.codes = codes;
    path.n_nodes = count;
    path.dots = new_floats(LIMIT);
    path.gradients = new_floats(LIMIT);
    path.active = (uint8_t *)new_floats(LIMIT);
    path.active_rows = (float **)new_floats(4 * LIMIT);
    path.active_gradients = new_floats(LIMIT);
    return path;
}

static void free_path(exact_path_t *path) {
    free(path->dots);
    free(path->gradients);
    free(path->active);
    free(path->active_rows);
    free(path->active_gradients);
}

/* Three inputs one after the other, so that each sees the updates of those before. */
static void check_outputs(int hs, int count, int dim, double size, int repeated) {
    enum { INPUTS = 3 };
    int list[LIMIT];
    uint8_t codes[LIMIT];
    float dots[LIMIT];
    const int stride = whole_lines(dim);
    const int64_t floats = (int64_t)(count + 1) * stride; /* one row is not listed */
    float *x = draw_rows(INPUTS, dim, size), *matrix = draw_rows(count + 1, dim, size);
    float *plain = copy_floats(matrix, floats);
    float *error = new_floats(stride), *plain_error = new_floats(stride);
    for (int t = 0; t < count; t++) {
        list[t] = repeated ? draw_below((count + 1) / 2) : count - 1 - t;
        codes[t] = (uint8_t)draw_below(2);
    }
    float **rows = new_rows(matrix, list, count, stride);
    float **plain_rows = new_rows(plain, list, count, stride);
    exact_path_t path = new_path(rows, codes, count);
    for (int c = 0; c < INPUTS; c++) {
        const float *input = x + c * stride;
        if (hs)
            exact_hs(&path, input, error, dim, 0.025f, sigmoid_table);
        else
            exact_negative(input, error, rows, count, dim, 0.025f, sigmoid_table, dots);
        plain_outputs(hs, input, plain_error, plain_rows, codes, count, dim, 0.025f);
    }
    compare(hs ? "outputs of a path" : "outputs of negative sampling", count, dim,
            matrix, plain, floats);
    compare(hs ? "error of a path" : "error of negative sampling", count, dim, error,
            plain_error, stride);
    free_path(&path);
    free(x);
    free(matrix);
    free(plain);
    free(error);
    free(plain_error);
    free(rows);
    free(plain_rows);
}

/* A window of inputs, with repeated rows and with targets that are not the input. */
static void check_inputs(int count, int dim, double size) {
    enum { ROWS = 5, INPUTS = 8 };
    static const int inputs[INPUTS] = {0, 1, 1, 2, 0, 3, 0, 2};
    static const int targets[INPUTS] = {0, 1, 1, 4, 0, 3, 4, 2};
    const int stride = whole_lines(dim);
    int list[EXACT_NODES + LIMIT];
    uint8_t codes[LIMIT];
    float *x = draw_rows(ROWS, dim, size), *matrix = draw_rows(count, dim, size);
    float *plain = copy_floats(matrix, (int64_t)count * stride);
    float *x_plain = copy_floats(x, ROWS * stride), *error = new_floats(stride);
    for (int t = 0; t < EXACT_NODES + count; t++)
        list[t] = t < count ? count - 1 - t : 0;
    for (int t = 0; t < count; t++) codes[t] = (uint8_t)draw_below(2);
    float **rows = new_rows(matrix, list, EXACT_NODES + count, stride);
    float **plain_rows = new_rows(plain, list, count, stride);
    float **input_rows = new_rows(x, inputs, INPUTS, stride);
    float **target_rows = new_rows(x, targets, INPUTS, stride);
    exact_path_t path = new_path(rows, codes, count);
    exact_hs_inputs(&path, input_rows, target_rows, INPUTS, dim, 0.025f, sigmoid_table,
                    error);
    for (int c = 0; c < INPUTS; c++) {
        memset(error, 0, stride * sizeof(float));
        plain_outputs(1, x_plain + inputs[c] * stride, error, plain_rows, codes, count,
                      dim, 0.025f);
        for (int i = 0; i < dim; i++) x_plain[targets[c] * stride + i] += error[i];
    }
    compare("outputs of a window", count, dim, matrix, plain, (int64_t)count * stride);
    compare("inputs of a window", count, dim, x, x_plain, ROWS * stride);
    free_path(&path);
    free(x);
    free(matrix);
    free(plain);
    free(x_plain);
    free(error);
    free(rows);
    free(plain_rows);
    free(input_rows);
    free(target_rows);
}

static void check_axpy(int dim) {
    float *x = draw_rows(1, dim, 1.0), *y = draw_rows(1, dim, 1.0);
    float *plain = copy_floats(y, whole_lines(dim));
    exact_axpy(0.3f, x, y, dim);
    for (int i = 0; i < dim; i++) plain[i] += plain_product(0.3f, x[i]);
    compare("axpy", 1, dim, y, plain, whole_lines(dim));
    free(x);
    free(y);
    free(plain);
}

static void check_dim(int dim) {
    static const double sizes[] = {0.1, 0.5, 2.0}; /* the last saturates the sigmoid */
    check_axpy(dim);
    for (int count = 1; count <= 3 * EXACT_RUN; count += count < 40 ? 1 : 7) {
        check_dots(count, dim);
        for (int n = 0; n < 3; n++) {
            check_inputs(count, dim, sizes[n]);
            check_outputs(1, count, dim, sizes[n], 0);
            check_outputs(0, count, dim, sizes[n], 0);
            check_outputs(0, count, dim, sizes[n], 1);
        }
    }
}

static void check_isa(void) {
    static const int dims[] = {1,  2,  3,  4,  5,  7,   8,   15,  16, 17,
                               31, 33, 50, 64, 99, 100, 200, 300, 301};
    for (size_t d = 0; d < sizeof dims / sizeof dims[0]; d++) check_dim(dims[d]);
}

int main(void) {
    exact_fill_sigmoid(sigmoid_table);
    return check_every_isa(check_isa);
}
