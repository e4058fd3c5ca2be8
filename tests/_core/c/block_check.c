/* Compares the block functions of each instruction set with the same sums in double.
 *
 *     cc -O3 -ffp-contract=off block_check.c \
 *         ../../../w2vfast/_core_parts/kernels.c -lm && ./a.out
 *
 * Exits with 1 and names the case at the first number whose error is too large.  The
 * tolerance is derived, not guessed: one rounding changes a result by at most U of it, so
 * a sum of products in which each product is rounded n times is wrong by at most n * U
 * times the sum of the products' sizes (Higham 2002, Accuracy and Stability of Numerical
 * Algorithms, eq. 3.5; one more n covers its second-order terms).  The error of a kernel
 * that skips one column of 320 is a thousand times as large. */
#include "check.h"

#ifndef VARIANTS
#define VARIANTS 4 /* of each shape: whose targets, and whether rows are repeated */
#endif

#define U (1.0 / (1 << 24)) /* half a unit in the last place of 1 */

/* Taylor's remainder, 0.35^7 / 5040 / exp(-0.35), is 3 U; the roundings of exp(r) and of
 * the reduction of x are 4 U; those of 1 + exp and of its reciprocal 2 U. */
#define SIGMOID_SLACK (9 * U)

typedef struct {
    const char *isa;
    int C, T, D;
    int own_targets; /* targets are not the inputs, as in CBOW */
    int often;       /* rows count more than once */
    double size;     /* of the logits, about */
} case_t;

/* One side of a block: a matrix with one row that is never listed.  Its rows are whole
 * cache lines, so there may be columns after the last one in use. */
typedef struct {
    const char *name;
    int count;     /* rows that are listed */
    int stride;    /* D or more */
    int *list;     /* (count,) */
    float *counts; /* (count + BLOCK_LANES,) how often each row counts */
    float *before; /* (count + 1, stride) */
    float *after;  /* (count + 1, stride) */
    float **rows;  /* (count,) of `after` */
} side_t;

static void compare(const case_t *k, const char *what, int row, int column, double got,
                    double expected, double slack) {
    check_count++;
    if (fabs(got - expected) <= slack) return; /* false for NaN */
    stop_with("%s C=%d T=%d D=%d, %s, %s, logits of about %g:\n"
              "%s[%d, %d] is %.9g, should be %.9g within %.2g",
              k->isa, k->C, k->T, k->D,
              k->own_targets ? "separate targets" : "inputs as targets",
              k->often ? "rows that count more than once" : "rows that count once",
              k->size, what, row, column, got, expected, slack);
}

/* Rows are listed from the last to the first, or at random with repetitions. */
static side_t new_side(const case_t *k, const char *name, int count, double size,
                       int is_repeated) {
    side_t side = {.name = name, .count = count};
    side.stride = (k->D + BLOCK_LANES - 1) / BLOCK_LANES * BLOCK_LANES;
    const int64_t floats = (int64_t)(count + 1) * side.stride;
    side.list = malloc((size_t)count * sizeof(int));
    if (!side.list) stop_with("no memory for %d rows", count);
    side.counts = new_floats(count + BLOCK_LANES);
    for (int n = 0; n < count; n++) {
        side.list[n] = is_repeated ? draw_below((count + 1) / 2) : count - 1 - n;
        side.counts[n] = (float)(k->often ? 1 + draw_below(3) : 1);
    }
    side.before = new_floats(floats);
    draw_floats(side.before, floats, size);
    side.after = copy_floats(side.before, floats);
    side.rows = new_rows(side.after, side.list, count, side.stride);
    return side;
}

static const float *old_row(const side_t *side, int n) {
    return side->before + (int64_t)side->list[n] * side->stride;
}

static void free_side(side_t *side) {
    free(side->list);
    free(side->counts);
    free(side->before);
    free(side->after);
    free(side->rows);
}

static double sigmoid(double x) { return 1.0 / (1.0 + exp(-x)); }

/* Logit and error of one output and one input in double, with tolerances. */
typedef struct {
    double logit, logit_slack, error, error_slack;
} pair_t;

/* The dot product of two rows. */
static pair_t expected_dot(const case_t *k, const float *x, const float *y) {
    pair_t p = {0};
    double sizes = 0.0;
    for (int i = 0; i < k->D; i++) {
        p.logit += (double)x[i] * y[i];
        sizes += fabs((double)x[i] * y[i]);
    }
    /* Four lanes or more, a product and its sum, at most 4 sums of lanes. */
    p.logit_slack = (k->D / 4 + 6) * U * sizes;
    return p;
}

/* The error from the logit. */
static void expect_error(pair_t *p, float label, double weight) {
    const double steepest = fmin(0.25, exp(p->logit_slack - fabs(p->logit)));
    p->error = (label - sigmoid(p->logit)) * weight;
    /* alpha times two counts, the difference and the product are 4 roundings. */
    p->error_slack = weight * (steepest * p->logit_slack + SIGMOID_SLACK + 5 * U);
}

/* What the inputs before the last one of `pairs` (C,) add to its logit: their errors
 * times their dot products with it. */
static void expect_correction(const case_t *k, const side_t *inputs,
                              const pair_t *pairs, int c, pair_t *corrected) {
    double sizes = 0.0;
    *corrected = pairs[c];
    for (int d = 0; d < c; d++) {
        const pair_t gram = expected_dot(k, old_row(inputs, d), old_row(inputs, c));
        corrected->logit += pairs[d].error * gram.logit;
        corrected->logit_slack +=
            fabs(pairs[d].error) * gram.logit_slack +
            pairs[d].error_slack * (fabs(gram.logit) + gram.logit_slack);
        sizes += fabs(pairs[d].error * gram.logit);
    }
    corrected->logit_slack += (c + 1) * U * (fabs(pairs[c].logit) + sizes);
}

/* Errors of all outputs and inputs of a block whose labels are for sigmoids: from the
 * first logits, then again after one Jacobi step. */
static void expect_errors(const case_t *k, const block_t *b, const side_t *inputs,
                          const side_t *outputs, pair_t *expected) {
    pair_t *first = malloc((size_t)k->C * sizeof(pair_t));
    if (!first) stop_with("no memory for %d pairs", k->C);
    for (int t = 0; t < k->T; t++) {
        for (int c = 0; c < k->C; c++) {
            const double count = (double)inputs->counts[c] * outputs->counts[t];
            first[c] = expected_dot(k, old_row(inputs, c), old_row(outputs, t));
            expect_error(first + c, b->labels[t], b->alpha * count);
        }
        for (int c = 0; c < k->C; c++) {
            const double count = (double)inputs->counts[c] * outputs->counts[t];
            pair_t *p = expected + t * k->C + c;
            expect_correction(k, inputs, first, c, p);
            expect_error(p, b->labels[t], b->alpha * count);
        }
    }
    free(first);
}

/* A row of the other side, as input c sees it, with tolerances; (D,). */
typedef struct {
    double *value, *slack;
} seen_t;

/* Output t after the inputs before c have added errors[d, t] * inputs[d]. */
static void see_output(const case_t *k, const side_t *inputs, const side_t *outputs,
                       const pair_t *pairs, int c, int t, seen_t seen) {
    for (int i = 0; i < k->D; i++) {
        double size = fabs(old_row(outputs, t)[i]);
        seen.value[i] = old_row(outputs, t)[i];
        seen.slack[i] = 0.0;
        for (int d = 0; d < c; d++) {
            const pair_t *p = pairs + t * k->C + d;
            seen.value[i] += p->error * old_row(inputs, d)[i];
            seen.slack[i] += p->error_slack * fabs(old_row(inputs, d)[i]);
            size += fabs(p->error * old_row(inputs, d)[i]);
        }
        if (c > 0) seen.slack[i] += (c + 1) * U * size;
    }
}

/* The row must have received `update` since it was `before`; (stride,), beyond D zeros. */
static void check_row(const case_t *k, const side_t *side, int row, int n_terms,
                      const double *update, const double *size, const double *slack) {
    for (int i = 0; i < side->stride; i++) {
        const int64_t at = (int64_t)row * side->stride + i;
        const double before = side->before[at];
        const double roundings = /* each product and its sum, from the old row on */
            size[i] > 0.0 ? (n_terms + 2) * U * (fabs(before) + size[i]) : 0.0;
        compare(k, side->name, row, i, side->after[at], before + update[i],
                slack[i] + roundings);
    }
}

/* Each target must have received the sum of error * output over the outputs as its input
 * sees them; each output the sum of error * input over the inputs as they were.  Rows that
 * are not listed, and columns after the last one in use, must be unchanged. */
static void check_updates(const case_t *k, const side_t *inputs, const side_t *targets,
                          const side_t *outputs, const pair_t *pairs) {
    const int stride = targets->stride;
    double *memory = malloc((size_t)stride * 5 * sizeof(double));
    if (!memory) stop_with("no memory for %d columns", stride);
    double *update = memory, *size = memory + stride, *slack = memory + 2 * stride;
    const seen_t seen = {memory + 3 * stride, memory + 4 * stride};
    for (int is_output = 0; is_output < 2; is_output++) {
        const side_t *side = is_output ? outputs : targets;
        const int n_terms = is_output ? k->C : k->T;
        for (int row = 0; row <= side->count; row++) {
            const int n = side->count - 1 - row; /* of the row in the list, or -1 */
            memset(memory, 0, (size_t)stride * 3 * sizeof(double));
            for (int j = 0; n >= 0 && j < n_terms; j++) {
                const int c = is_output ? j : n, t = is_output ? n : j;
                const pair_t *p = pairs + t * k->C + c;
                if (is_output)
                    for (int i = 0; i < k->D; i++) {
                        seen.value[i] = old_row(inputs, c)[i];
                        seen.slack[i] = 0.0;
                    }
                else
                    see_output(k, inputs, outputs, pairs, c, t, seen);
                for (int i = 0; i < k->D; i++) {
                    update[i] += p->error * seen.value[i];
                    size[i] += fabs(p->error * seen.value[i]);
                    slack[i] += p->error_slack * (fabs(seen.value[i]) + seen.slack[i]) +
                                fabs(p->error) * seen.slack[i];
                }
            }
            check_row(k, side, row, n_terms, update, size, slack);
        }
    }
    free(memory);
}

static void check_loss(const case_t *k, const block_t *b) {
    double loss = 0.0, pairs = 0.0;
    for (int t = 0; t < k->T; t++)
        for (int c = 0; c < k->C; c++) {
            const double count = (double)b->input_counts[c] * b->output_counts[t];
            const double logit = b->logits[t * k->C + c];
            const double wrong = b->labels[t] > 0.5f ? -logit : logit;
            loss += count * (fmax(wrong, 0.0) + log1p(exp(-fabs(wrong))));
            pairs += count;
        }
    /* A factor has its own rounding and that of the sigmoid, up to 1 ulp of at most 1;
     * a count times a logit is rounded. */
    compare(k, "loss", 0, 0, block_loss(b), loss, 3 * U * pairs + U * loss);
}

/* Inputs and outputs of a block, and memory for its results. */
static block_t new_block(const case_t *k, const side_t *inputs, const side_t *targets,
                         const side_t *outputs, float alpha) {
    const int64_t pairs = (int64_t)k->C * k->T + BLOCK_LANES;
    return (block_t){.inputs = inputs->rows,
                     .targets = targets->rows,
                     .outputs = outputs->rows,
                     .labels = new_floats(k->T + BLOCK_LANES),
                     .input_counts = inputs->counts,
                     .output_counts = outputs->counts,
                     .first_logits = new_floats(pairs),
                     .logits = new_floats(pairs),
                     .sigmoids = new_floats(pairs),
                     .errors = new_floats(pairs),
                     .partial_sums = new_floats((int64_t)k->T * k->D),
                     .gram = new_floats((int64_t)k->C * gram_stride(k->C)),
                     .n_inputs = k->C,
                     .n_outputs = k->T,
                     .dim = k->D,
                     .alpha = alpha};
}

static void free_block(block_t *b) {
    free((float *)b->labels);
    free(b->first_logits);
    free(b->logits);
    free(b->sigmoids);
    free(b->errors);
    free(b->partial_sums);
    free(b->gram);
}

static void check_update(const case_t *k) {
    const double size = sqrt(3.0 * k->size / sqrt(k->D));
    side_t inputs = new_side(k, "inputs", k->C, size, 0);
    side_t outputs = new_side(k, "outputs", k->T, size, 0);
    side_t separate = new_side(k, "targets", k->C, size, 0);
    const side_t *targets = k->own_targets ? &separate : &inputs;
    block_t block = new_block(k, &inputs, targets, &outputs, 0.05f);
    for (int t = 0; t < k->T; t++) ((float *)block.labels)[t] = (float)draw_below(2);
    block.prefetch = inputs.rows;
    block.n_prefetch = draw_below(k->C + 1);
    block_update(&block);

    pair_t *expected = malloc((size_t)k->C * k->T * sizeof(pair_t));
    if (!expected) stop_with("no memory for %d pairs", k->C * k->T);
    expect_errors(k, &block, &inputs, &outputs, expected);
    for (int at = 0; at < k->C * k->T; at++) {
        const pair_t *p = expected + at;
        const int t = at / k->C, c = at % k->C;
        compare(k, "logits", t, c, block.logits[at], p->logit, p->logit_slack);
        compare(k, "errors", t, c, block.errors[at], p->error, p->error_slack);
    }
    check_loss(k, &block);
    check_updates(k, &inputs, targets, &outputs, expected);
    if (k->own_targets && memcmp(inputs.before, inputs.after,
                                 (size_t)(k->C + 1) * inputs.stride * sizeof(float)))
        stop_with("%s C=%d T=%d D=%d: inputs changed that are not targets", k->isa,
                  k->C, k->T, k->D);
    free(expected);
    free_block(&block);
    free_side(&inputs);
    free_side(&outputs);
    free_side(&separate);
}

/* The log sum of exp of input c, in double.  Its tolerance is that of a logit, its own
 * rounding, and that of a sum of T exponentials. */
static double expected_log_sum(const case_t *k, pair_t *pairs, int c, double *slack) {
    double top = -INFINITY, sum = 0.0;
    *slack = 0.0;
    for (int t = 0; t < k->T; t++) {
        top = fmax(top, pairs[t * k->C + c].logit);
        *slack = fmax(*slack, pairs[t * k->C + c].logit_slack);
    }
    for (int t = 0; t < k->T; t++) sum += exp(pairs[t * k->C + c].logit - top);
    const double log_sum = top + log(sum);
    *slack += U * (fabs(log_sum) + fabs(top)) + SIGMOID_SLACK + (k->T + 1) * U;
    return log_sum;
}

/* Errors from the logits of all pairs, and the loss.  The first output is the observed
 * one; labels and output counts are ignored. */
static void expect_softmax(const case_t *k, const block_t *b, pair_t *pairs,
                           double *log_sums, double *log_slacks) {
    for (int c = 0; c < k->C; c++) {
        const double weight = b->alpha * b->input_counts[c];
        const double log_sum = expected_log_sum(k, pairs, c, &log_slacks[c]);
        log_sums[c] = log_sum;
        for (int t = 0; t < k->T; t++) {
            pair_t *p = pairs + t * k->C + c;
            const double share = exp(p->logit - log_sum);
            const double off = p->logit_slack + log_slacks[c] + SIGMOID_SLACK +
                               U * (fabs(p->logit) + fabs(log_sum));
            p->error = ((t == 0) - share) * weight;
            p->error_slack = weight * (fmin(1.0, share * expm1(off)) + 6 * U);
        }
    }
}

/* The same after one Jacobi step. */
static void expect_softmax_errors(const case_t *k, const block_t *b,
                                  const side_t *inputs, const side_t *outputs,
                                  pair_t *expected) {
    double log_sums[64], log_slacks[64], loss = 0.0, loss_slack = 0.0;
    pair_t *first = malloc((size_t)k->C * k->T * sizeof(pair_t));
    if (!first) stop_with("no memory for %d pairs", k->C * k->T);
    for (int at = 0; at < k->C * k->T; at++)
        first[at] =
            expected_dot(k, old_row(inputs, at % k->C), old_row(outputs, at / k->C));
    expect_softmax(k, b, first, log_sums, log_slacks);
    for (int at = 0; at < k->C * k->T; at++)
        expect_correction(k, inputs, first + at / k->C * k->C, at % k->C,
                          expected + at);
    expect_softmax(k, b, expected, log_sums, log_slacks);
    for (int c = 0; c < k->C; c++) {
        const double count = b->input_counts[c];
        compare(k, "log_sums", 0, c, b->log_sums[c], log_sums[c], log_slacks[c]);
        loss += count * (log_sums[c] - expected[c].logit);
        loss_slack += count * (log_slacks[c] + expected[c].logit_slack);
    }
    compare(k, "loss", 0, 0, block_loss(b), loss, loss_slack);
    free(first);
}

static void check_softmax(const case_t *k) {
    const double size = sqrt(3.0 * k->size / sqrt(k->D));
    side_t inputs = new_side(k, "inputs", k->C, size, 0);
    side_t outputs = new_side(k, "outputs", k->T, size, 0);
    side_t targets = new_side(k, "targets", k->C, size, 0);
    block_t block = new_block(k, &inputs, &targets, &outputs, 0.05f);
    free(block.errors);
    free(block.partial_sums);
    block.errors = new_floats((int64_t)k->C * SOFTMAX_OUTPUTS + BLOCK_LANES);
    block.partial_sums = new_floats((int64_t)SOFTMAX_OUTPUTS * k->D);
    block.log_sums = new_floats(k->C + BLOCK_LANES);
    block.rates = new_floats(k->C + BLOCK_LANES);
    block_update(&block);

    pair_t *expected = malloc((size_t)k->C * k->T * sizeof(pair_t));
    if (!expected) stop_with("no memory for %d pairs", k->C * k->T);
    expect_softmax_errors(k, &block, &inputs, &outputs, expected);
    check_updates(k, &inputs, &targets, &outputs, expected);
    free(expected);
    free(block.log_sums);
    free(block.rates);
    free_block(&block);
    free_side(&inputs);
    free_side(&outputs);
    free_side(&targets);
}

/* Vectors with several rows of logits, or part of one; several parts of outputs. */
static void check_softmaxes(void) {
    static const int C[] = {1, 2, 3, 5, 8, 9, 13, 16, 17, 35};
    static const int T[] = {1, 2, 3, 17, 63, 64, 65, 130};
    static const double sizes[] = {0.5, 4.0, 200.0};
    for (int n = 0; n < 10 * 8 * 3; n++) {
        const case_t k = {.isa = block_isa->name,
                          .C = C[n / 24],
                          .T = T[n / 3 % 8],
                          .D = block_padded(n % 2 ? 20 : 100),
                          .own_targets = 1,
                          .often = n / 2 % 2,
                          .size = sizes[n % 3]};
        check_softmax(&k);
    }
}

/* Logits from -200 to 200 and beyond, one output each: with alpha 1 and label 0 an error
 * is minus the sigmoid itself, which must be right relative to its size. */
static void check_sigmoid(const char *isa, int C) {
    enum { STEPS = 25600, T = STEPS + 3 };
    const case_t k = {.isa = isa, .C = C, .T = T, .D = BLOCK_LANES, .size = 200};
    side_t inputs = new_side(&k, "inputs", C, 0, 0),
           outputs = new_side(&k, "", T, 0, 0);
    block_t block = new_block(&k, &inputs, &inputs, &outputs, 1.0f);
    float *given = new_floats(T);
    for (int t = 0; t <= STEPS; t++) given[t] = (t - STEPS / 2) / 64.0f;
    given[STEPS + 1] = INFINITY;
    given[STEPS + 2] = -INFINITY;
    inputs.rows[C - 1][0] = 1.0f; /* the other inputs are zeros */
    for (int t = 0; t < T; t++) outputs.rows[t][0] = given[t];
    block_update(&block);
    for (int t = 0; t < T; t++) {
        const double expected = sigmoid(fmax(-87.0, fmin(87.0, given[t])));
        compare(&k, "sigmoid", 0, t, -block.errors[t * C + C - 1], expected,
                SIGMOID_SLACK * expected);
    }
    free(given);
    free_block(&block);
    free_side(&inputs);
    free_side(&outputs);
}

/* A repeated row is counted, not listed again. */
static void check_list(void) {
    enum { ROWS = 7, DRAWS = 40 };
    float matrix[ROWS], counts[ROWS], *rows[ROWS];
    int tally[ROWS] = {0}, n = 0;
    for (int k = 0; k < DRAWS; k++) {
        const int drawn = draw_below(ROWS);
        const int n_distinct = n + (tally[drawn]++ == 0);
        n = block_add_row(rows, counts, n, matrix + drawn);
        if (n != n_distinct)
            stop_with("block_add_row: %d rows, should be %d", n, n_distinct);
    }
    for (int k = 0; k < n; k++)
        if (counts[k] != tally[rows[k] - matrix])
            stop_with("block_add_row: row %d counts %g times, should count %d times",
                      (int)(rows[k] - matrix), counts[k], tally[rows[k] - matrix]);
}

/* With VARIANTS below 4, as many variants of each shape, in turn. */
static void check_shape(int C, int T, int D) {
    static const double sizes[] = {0.5, 4.0, 200.0};
    static unsigned n_checked = 0;
    for (int n = 0; n < VARIANTS; n++, n_checked++) {
        const int variant = n_checked % 4;
        const double size = sizes[n_checked % 3];
        const case_t k = {.isa = block_isa->name,
                          .C = C,
                          .T = T,
                          .D = D,
                          .own_targets = variant & 1,
                          .often = variant >> 1,
                          .size = size};
        check_update(&k);
    }
}

static void check_dim(int D) {
    for (int C = 1; C <= 12; C++) {
        for (int T = 1; T <= 13; T++) check_shape(C, T, D);
    }
}

static void check_isa(void) {
    static const int dims[] = {100, 200, 300, 320};
    static const int large[][3] = {{1, 40, 304},  {1, 257, 112}, {30, 3, 208},
                                   {20, 16, 304}, {64, 25, 16},  {21, 9, 1008}};
    check_sigmoid(block_isa->name, 1);
    check_sigmoid(block_isa->name, 2);
    check_softmaxes();
    /* Rows of 1 vector up to more than twice the widest tile. */
    for (int D = block_isa->lanes; D <= 17 * block_isa->lanes; D += block_isa->lanes)
        check_dim(D);
    for (size_t n = 0; n < sizeof dims / sizeof dims[0]; n++)
        check_dim(block_padded(dims[n]));
    for (size_t n = 0; n < sizeof large / sizeof large[0]; n++)
        check_shape(large[n][0], large[n][1], large[n][2]);
}

int main(void) {
    check_list();
    return check_every_isa(check_isa);
}
