/* The block update: the one place where fast mode's arithmetic is done.
 *
 * Knows rows and numbers only; what a row stands for is decided in _core.pyx.
 * Legend: D floats in a row, padded with zeros to a multiple of BLOCK_LANES;
 *         C inputs; T outputs.
 *
 * Written as loops over BLOCK_LANES independent sums, which compilers turn into
 * vector instructions without being allowed to reorder any single sum. */
#ifndef W2VFAST_BLOCK_H
#define W2VFAST_BLOCK_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define BLOCK_LANES 16  /* 64 bytes: rows are padded to it and aligned */
#define BLOCK_GROUP 4   /* outputs whose dot products are taken side by side */

#if defined(_MSC_VER) && !defined(__clang__)
#define BLOCK_RESTRICT __restrict
#else
#define BLOCK_RESTRICT __restrict__
#endif

typedef struct {
    float **inputs;       /* (C,) rows of (D,)                              IN    */
    float **sinks;        /* (C,) rows that gain the inputs' change; may be
                             the inputs themselves                          INOUT */
    float **outputs;      /* (T,) rows of (D,)                              INOUT */
    const float *labels;  /* (T,) 1 for what was seen, 0 for what was not   IN    */
    float *logits;        /* (C, T) dot products                            OUT   */
    float *errors;        /* (C, T) (label - sigmoid(logit)) * alpha        OUT   */
    float *tile;          /* (T, BLOCK_LANES) scratch                             */
    int n_inputs;         /* C */
    int n_outputs;        /* T */
    int dim;              /* D */
    float alpha;
} block_t;

/* exp(x) to about 1e-7, for any x; beyond +-87 it stays at exp(+-87).
 * x = n ln 2 + r, exp(x) = 2^n exp(r), exp(r) by Taylor's series on |r| <= ln(2)/2. */
static inline float block_exp(float x) {
    const float round_to_int = 12582912.0f; /* 1.5 * 2^23: adding it drops fractions */
    x = x < -87.0f ? -87.0f : x > 87.0f ? 87.0f : x;
    float shifted = x * 1.44269504f + round_to_int;
    float n = shifted - round_to_int;
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f; /* ln 2 in two parts */
    float p = 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    int32_t bits;
    memcpy(&bits, &shifted, 4);
    bits = (bits - 0x4B400000 + 127) << 23; /* 0x4B400000: round_to_int's own bits */
    float power;
    memcpy(&power, &bits, 4);
    return p * power;
}

/* errors = (label - sigmoid(logit)) * alpha, for each of the C * T pairs */
static void block_errors(const block_t *b) {
    const int T = b->n_outputs;
    const float *BLOCK_RESTRICT labels = b->labels;
    for (int c = 0; c < b->n_inputs; c++) {
        const float *BLOCK_RESTRICT logits = b->logits + (int64_t)c * T;
        float *BLOCK_RESTRICT errors = b->errors + (int64_t)c * T;
        for (int t = 0; t < T; t++) {
            float sigmoid = 1.0f / (1.0f + block_exp(-logits[t]));
            errors[t] = (labels[t] - sigmoid) * b->alpha;
        }
    }
}

static inline float block_lane_sum(const float *lanes) {
    float sum = 0.0f;
    for (int l = 0; l < BLOCK_LANES; l++) sum += lanes[l];
    return sum;
}

/* dots[t] = x . rows[t] for `count` <= BLOCK_GROUP rows; inlined with a constant count */
static inline void block_dot_group(const float *BLOCK_RESTRICT x, float *const *rows,
                                   int count, int dim, float *dots) {
    float sums[BLOCK_GROUP][BLOCK_LANES] = {{0}};
    for (int i = 0; i < dim; i += BLOCK_LANES)
        for (int t = 0; t < count; t++)
            for (int l = 0; l < BLOCK_LANES; l++)
                sums[t][l] += x[i + l] * rows[t][i + l];
    for (int t = 0; t < count; t++) dots[t] = block_lane_sum(sums[t]);
}

/* logits[c, t] = inputs[c] . outputs[t] */
static void block_dots(const block_t *b) {
    const int T = b->n_outputs;
    for (int c = 0; c < b->n_inputs; c++) {
        float *logits = b->logits + (int64_t)c * T;
        int t = 0;
        for (; t + BLOCK_GROUP <= T; t += BLOCK_GROUP)
            block_dot_group(b->inputs[c], b->outputs + t, BLOCK_GROUP, b->dim, logits + t);
        for (; t < T; t++)
            block_dot_group(b->inputs[c], b->outputs + t, 1, b->dim, logits + t);
    }
}

/* For columns i to i + BLOCK_LANES: outputs[t] += sum over c of errors[c, t] inputs[c],
 * from the old inputs; the old outputs are left in the tile. */
static void block_update_outputs(const block_t *b, int i) {
    const int T = b->n_outputs;
    for (int t = 0; t < T; t++) {
        float change[BLOCK_LANES] = {0};
        for (int c = 0; c < b->n_inputs; c++) {
            const float error = b->errors[(int64_t)c * T + t];
            const float *BLOCK_RESTRICT x = b->inputs[c] + i;
            for (int l = 0; l < BLOCK_LANES; l++) change[l] += error * x[l];
        }
        /* A row that occurs twice among the outputs gains both changes. */
        float *BLOCK_RESTRICT y = b->outputs[t] + i;
        for (int l = 0; l < BLOCK_LANES; l++) y[l] += change[l];
    }
}

/* For columns i to i + BLOCK_LANES: sinks[c] += sum over t of errors[c, t] outputs[t],
 * from the old outputs in the tile. */
static void block_update_inputs(const block_t *b, int i) {
    const int T = b->n_outputs;
    for (int c = 0; c < b->n_inputs; c++) {
        const float *BLOCK_RESTRICT errors = b->errors + (int64_t)c * T;
        float change[BLOCK_LANES] = {0};
        for (int t = 0; t < T; t++) {
            const float *BLOCK_RESTRICT y = b->tile + (int64_t)t * BLOCK_LANES;
            for (int l = 0; l < BLOCK_LANES; l++) change[l] += errors[t] * y[l];
        }
        /* A row that occurs twice among the inputs gains both changes. */
        float *BLOCK_RESTRICT x = b->sinks[c] + i;
        for (int l = 0; l < BLOCK_LANES; l++) x[l] += change[l];
    }
}

/* One step of gradient ascent on sum over (c, t) of log sigmoid(+-logit): all dot
 * products from the rows as they are, then every sink gains its sum over the outputs
 * and every output its sum over the inputs, both from the old rows.
 * Source: Mikolov et al. 2013, arXiv:1310.4546, eqs. 3 and 4.  Differs: word2vec.c
 * updates after each dot product, so that a later one of the same centre word sees
 * the change. */
static void block_update(const block_t *b) {
    const int T = b->n_outputs;
    block_dots(b);
    block_errors(b);
    for (int i = 0; i < b->dim; i += BLOCK_LANES) {
        for (int t = 0; t < T; t++)
            memcpy(b->tile + (int64_t)t * BLOCK_LANES, b->outputs[t] + i,
                   BLOCK_LANES * sizeof(float));
        block_update_outputs(b, i);
        block_update_inputs(b, i);
    }
}

/* y += scale * x */
static inline void block_axpy(float scale, const float *BLOCK_RESTRICT x,
                              float *BLOCK_RESTRICT y, int dim) {
    for (int i = 0; i < dim; i++) y[i] += scale * x[i];
}

/* Sum over (c, t) of -log sigmoid(+-logit), from the logits of the last update. */
static double block_loss(const block_t *b) {
    double loss = 0.0;
    for (int c = 0; c < b->n_inputs; c++)
        for (int t = 0; t < b->n_outputs; t++) {
            double logit = b->logits[(int64_t)c * b->n_outputs + t];
            double wrong = b->labels[t] > 0.5f ? -logit : logit;
            loss += (wrong > 0 ? wrong : 0) + log1p(exp(-fabs(wrong)));
        }
    return loss;
}

#endif
