/* The block update: the one place where fast mode's arithmetic is done.
 *
 * Knows rows and numbers only; what a row stands for is decided in _core.pyx.
 * Legend: D floats in a row, padded with zeros to a multiple of BLOCK_LANES;
 *         C inputs; T outputs.
 *
 * Written once over small vectors (vec_t); a sum is spread over several of them, which
 * no compiler may do on its own, because it changes the order of the additions. */
#ifndef W2VFAST_BLOCK_H
#define W2VFAST_BLOCK_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define BLOCK_LANES 16  /* 64 bytes: rows are padded to it and aligned */
#define BLOCK_GROUP 4   /* dot products that are taken side by side */

#if defined(_MSC_VER) && !defined(__clang__)
#define BLOCK_RESTRICT __restrict
#else
#define BLOCK_RESTRICT __restrict__
#endif

/* ---- vectors of VEC_LANES floats ---- */

#define VEC_LANES 4
#define BLOCK_VECS (BLOCK_LANES / VEC_LANES)

#if defined(__GNUC__) || defined(__clang__)
typedef float vec_t __attribute__((vector_size(4 * VEC_LANES), may_alias));
static inline vec_t vec_load(const float *p) { return *(const vec_t *)p; }
static inline void vec_store(float *p, vec_t v) { *(vec_t *)p = v; }
static inline vec_t vec_fill(float x) { return (vec_t){x, x, x, x}; }
static inline vec_t vec_mul_add(vec_t a, vec_t b, vec_t c) { return a * b + c; }
static inline vec_t vec_add(vec_t a, vec_t b) { return a + b; }
static inline float vec_sum(vec_t v) { return (v[0] + v[1]) + (v[2] + v[3]); }
#else
typedef struct { float lane[VEC_LANES]; } vec_t;
static inline vec_t vec_load(const float *p) {
    vec_t v;
    memcpy(v.lane, p, sizeof v.lane);
    return v;
}
static inline void vec_store(float *p, vec_t v) { memcpy(p, v.lane, sizeof v.lane); }
static inline vec_t vec_fill(float x) {
    vec_t v;
    for (int l = 0; l < VEC_LANES; l++) v.lane[l] = x;
    return v;
}
static inline vec_t vec_mul_add(vec_t a, vec_t b, vec_t c) {
    for (int l = 0; l < VEC_LANES; l++) c.lane[l] += a.lane[l] * b.lane[l];
    return c;
}
static inline vec_t vec_add(vec_t a, vec_t b) {
    for (int l = 0; l < VEC_LANES; l++) a.lane[l] += b.lane[l];
    return a;
}
static inline float vec_sum(vec_t v) {
    return (v.lane[0] + v.lane[1]) + (v.lane[2] + v.lane[3]);
}
#endif

/* ---- the update ---- */

typedef struct {
    float **inputs;       /* (C,) rows of (D,)                              IN    */
    float **sinks;        /* (C,) rows that gain the inputs' change; may be
                             the inputs themselves                          INOUT */
    float **outputs;      /* (T,) rows of (D,)                              INOUT */
    const float *labels;  /* (T,) 1 for what was seen, 0 for what was not   IN    */
    float *logits;        /* (C, T) dot products                            OUT   */
    float *errors;        /* (C, T) (label - sigmoid(logit)) * alpha        OUT   */
    float **tiles;        /* (T,) scratch of (BLOCK_LANES,)                       */
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

/* dots[t] = x . rows[t] for `count` <= BLOCK_GROUP rows; inlined with a constant count.
 * Each sum is spread over two vectors, so that additions need not wait. */
static inline void block_dot_group(const float *x, float *const *rows, int count,
                                   int dim, float *dots) {
    vec_t even[BLOCK_GROUP], odd[BLOCK_GROUP];
    for (int t = 0; t < count; t++) even[t] = odd[t] = vec_fill(0.0f);
    for (int i = 0; i < dim; i += 2 * VEC_LANES) {
        const vec_t x0 = vec_load(x + i), x1 = vec_load(x + i + VEC_LANES);
        for (int t = 0; t < count; t++) {
            even[t] = vec_mul_add(x0, vec_load(rows[t] + i), even[t]);
            odd[t] = vec_mul_add(x1, vec_load(rows[t] + i + VEC_LANES), odd[t]);
        }
    }
    for (int t = 0; t < count; t++) dots[t] = vec_sum(vec_add(even[t], odd[t]));
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

/* target += sum over k of weights[k * step] rows[k], for BLOCK_LANES columns from i on.
 * The sum is taken first, so a row that occurs twice among the targets gains both. */
static inline void block_gain(float *target, const float *weights, int step,
                              float *const *rows, int count, int i) {
    vec_t sums[BLOCK_VECS];
    for (int v = 0; v < BLOCK_VECS; v++) sums[v] = vec_fill(0.0f);
    for (int k = 0; k < count; k++) {
        const vec_t weight = vec_fill(weights[(int64_t)k * step]);
        for (int v = 0; v < BLOCK_VECS; v++)
            sums[v] = vec_mul_add(weight, vec_load(rows[k] + i + v * VEC_LANES), sums[v]);
    }
    for (int v = 0; v < BLOCK_VECS; v++) {
        float *lanes = target + v * VEC_LANES;
        vec_store(lanes, vec_add(vec_load(lanes), sums[v]));
    }
}

/* One step of gradient ascent on sum over (c, t) of log sigmoid(+-logit): all dot
 * products from the rows as they are, then every sink gains its sum over the outputs
 * and every output its sum over the inputs, both from the old rows.
 * Source: Mikolov et al. 2013, arXiv:1310.4546, eqs. 3 and 4.  Differs: word2vec.c
 * updates after each dot product, so that a later one of the same centre word sees
 * the change. */
static void block_update(const block_t *b) {
    const int C = b->n_inputs, T = b->n_outputs;
    block_dots(b);
    block_errors(b);
    for (int i = 0; i < b->dim; i += BLOCK_LANES) {
        for (int t = 0; t < T; t++) /* the inputs gain from the outputs as they were */
            memcpy(b->tiles[t], b->outputs[t] + i, BLOCK_LANES * sizeof(float));
        for (int t = 0; t < T; t++)
            block_gain(b->outputs[t] + i, b->errors + t, T, b->inputs, C, i);
        for (int c = 0; c < C; c++)
            block_gain(b->sinks[c] + i, b->errors + (int64_t)c * T, 1, b->tiles, T, 0);
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
