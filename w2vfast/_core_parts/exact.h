/* Exact mode's arithmetic: the operations of the C program in its order, so that every
 * float has the same bits.  Compile with -ffp-contract=off.
 *
 * Sums are sequential, as in C; only independent sums are computed side by side.
 * Element-wise updates may be vectorised freely.
 * Legend: D floats in a row, padded with zeros to whole vectors; T outputs. */
#ifndef W2VFAST_EXACT_H
#define W2VFAST_EXACT_H

#include <math.h>
#include <stdint.h>

#include "block.h"

#define EXACT_TABLE_SIZE 1000 /* word2vec.c EXP_TABLE_SIZE */
#define EXACT_MAX_EXP 6       /* word2vec.c MAX_EXP */
#define EXACT_RUN 32          /* outputs processed together at most */

/* The C program's sigmoid table, (EXACT_TABLE_SIZE,) OUT. */
static void exact_fill_sigmoid(float *table) {
    for (int i = 0; i < EXACT_TABLE_SIZE; i++) {
        float x = (i / (float)EXACT_TABLE_SIZE * 2 - 1) * EXACT_MAX_EXP;
        table[i] = (float)exp(x);
        table[i] = table[i] / (table[i] + 1);
    }
}

/* EXACT_TABLE_SIZE / EXACT_MAX_EXP / 2 is 83 in integers, as in C.
 * Differs: C reads outside its table where the logit is not a number. */
static inline float exact_sigmoid(const float *table, float logit) {
    const int scale = EXACT_TABLE_SIZE / EXACT_MAX_EXP / 2;
    if (logit != logit) return logit;
    return table[(int)((logit + EXACT_MAX_EXP) * scale)];
}

/* y += a * x, rows (D,) */
static inline void exact_axpy(float a, const float *x, float *y, int dim) {
    block_isa->exact_axpy(a, x, y, block_padded(dim));
}

/* How many of the first outputs, at most EXACT_RUN, are distinct rows.  A repeated row
 * starts a new run, because its dot product must see its earlier update. */
static int exact_distinct(float *const *rows, int count) {
    int t = 1;
    for (; t < count && t < EXACT_RUN; t++)
        for (int s = 0; s < t; s++)
            if (rows[s] == rows[t]) return t;
    return t;
}

/* ---- hierarchical softmax (word2vec.c TrainModelThread) ---- */

/* The gradients of a path's nodes from its dots; a saturated node is skipped, as in C. */
static void exact_path_gradients(exact_path_t *path, float alpha, const float *table) {
    const uint8_t *codes = path->codes;
    const float *dots = path->dots;
    float *gradients = path->gradients;
    uint8_t *active = path->active;
    for (int t = 0, n = path->n_nodes; t < n; t++) {
        active[t] = !(dots[t] <= -EXACT_MAX_EXP || dots[t] >= EXACT_MAX_EXP);
        if (active[t])
            gradients[t] = (1 - codes[t] - exact_sigmoid(table, dots[t])) * alpha;
    }
}

static void exact_path_dots(exact_path_t *path, const float *x, int dim) {
    block_isa->exact_dots(x, path->rows, path->n_nodes, dim, path->dots);
}

/* Update error (D,) INOUT and the active rows; the nodes of a path are distinct. */
static void exact_update_path(exact_path_t *path, const float *x, float *error,
                              int dim) {
    int n_active = 0;
    for (int t = 0; t < path->n_nodes; t++)
        if (path->active[t]) {
            path->active_gradients[n_active] = path->gradients[t];
            path->active_rows[n_active++] = path->rows[t];
        }
    block_isa->exact_update(path->active_gradients, x, path->active_rows, n_active,
                            error, block_padded(dim));
}

/* One input: x (D,) IN, error (D,) INOUT, the path's rows INOUT. */
static void exact_hs(exact_path_t *path, const float *x, float *error, int dim,
                     float alpha, const float *table) {
    exact_path_dots(path, x, dim);
    exact_path_gradients(path, alpha, table);
    exact_update_path(path, x, error, dim);
}

/* The inputs (C,) IN one after the other: exact_hs, whose error is added to the input's
 * target (C,) INOUT.  A target may be any input.  error (D,) is scratch.
 *
 * A sequential dot product is a chain of D additions, which leaves the core time for other
 * work: where possible, an input's update also computes the next input's dot products. */
static void exact_hs_inputs(exact_path_t *path, float *const *inputs,
                            float *const *targets, int n_inputs, int dim, float alpha,
                            const float *table, float *error) {
    for (int t = path->n_nodes; t < EXACT_NODES; t++) {
        path->rows[t] = path->rows[0];
        path->active[t] = 0;
    }
    exact_path_dots(path, inputs[0], dim);
    for (int c = 0; c < n_inputs; c++) {
        const float *next = c + 1 < n_inputs ? inputs[c + 1] : NULL;
        exact_path_gradients(path, alpha, table);
        if (next && next != targets[c] && path->n_nodes <= EXACT_NODES) {
            block_isa->exact_path_update(path, inputs[c], targets[c], next,
                                         block_padded(dim));
            continue;
        }
        memset(error, 0, block_padded(dim) * sizeof(float));
        exact_update_path(path, inputs[c], error, dim);
        exact_axpy(1, error, targets[c], dim);
        if (next) exact_path_dots(path, next, dim);
    }
}

/* ---- negative sampling (word2vec.c TrainModelThread) ---- */

static inline float exact_negative_gradient(float logit, int label, float alpha,
                                            const float *table) {
    if (logit > EXACT_MAX_EXP) return (label - 1) * alpha;
    if (logit < -EXACT_MAX_EXP) return (label - 0) * alpha;
    return (label - exact_sigmoid(table, logit)) * alpha;
}

/* Negative sampling of one input; rows[0] is the observed word. */
static void exact_negative(const float *x, float *error, float *const *rows, int count,
                           int dim, float alpha, const float *table, float *dots) {
    for (int start = 0; start < count;) {
        int run = exact_distinct(rows + start, count - start);
        block_isa->exact_dots(x, rows + start, run, dim, dots);
        for (int t = 0; t < run; t++)
            dots[t] = exact_negative_gradient(dots[t], start + t == 0, alpha, table);
        block_isa->exact_update(dots, x, rows + start, run, error, block_padded(dim));
        start += run;
    }
}

/* ---- initial vectors and the learning rate ---- */

/* word2vec.c InitNet: the low 16 bits of the generator, (V, D) rows of `stride` OUT */
static void exact_init(float *syn0, int64_t rows, int dim, int64_t stride) {
    uint64_t random = 1;
    for (int64_t row = 0; row < rows; row++)
        for (int i = 0; i < dim; i++) {
            random = random * 25214903917ULL + 11;
            syn0[row * stride + i] =
                (float)((((random & 0xFFFF) / (float)65536) - 0.5) / (int64_t)dim);
        }
}

/* word2vec.c TrainModelThread: the linear decay with its floor.  total is
 * iter * train_words + 1; the floor is compared as a double. */
static float exact_alpha(float starting_alpha, int64_t words_done, int64_t total) {
    float alpha = starting_alpha * (1 - words_done / (float)total);
    if (alpha < starting_alpha * 0.0001) alpha = (float)(starting_alpha * 0.0001);
    return alpha;
}

/* ---- k-means of -classes (word2vec.c TrainModel) ---- */

/* centroids (K, D) OUT from classes (V,) IN: sums in the order of the words; each count
 * starts at 1; then scaled to unit length. */
static void exact_centroids(const float *vectors, const int32_t *classes, int64_t rows,
                            int dim, int n_classes, float *centroids, int32_t *sizes) {
    for (int64_t i = 0; i < (int64_t)n_classes * dim; i++) centroids[i] = 0;
    for (int k = 0; k < n_classes; k++) sizes[k] = 1;
    for (int64_t row = 0; row < rows; row++) {
        float *centroid = centroids + (int64_t)classes[row] * dim;
        for (int i = 0; i < dim; i++) centroid[i] += vectors[row * dim + i];
        sizes[classes[row]]++;
    }
    for (int k = 0; k < n_classes; k++) {
        float *centroid = centroids + (int64_t)k * dim, norm = 0;
        for (int i = 0; i < dim; i++) {
            centroid[i] /= sizes[k];
            norm += centroid[i] * centroid[i];
        }
        norm = (float)sqrt(norm);
        for (int i = 0; i < dim; i++) centroid[i] /= norm;
    }
}

/* classes (V,) OUT: the centroid with the largest dot product, the first of equals. */
static void exact_assign(const float *vectors, float *const *centroids, int64_t rows,
                         int dim, int n_classes, int32_t *classes, float *dots) {
    for (int64_t row = 0; row < rows; row++) {
        block_isa->exact_dots(vectors + row * dim, centroids, n_classes, dim, dots);
        float closest = -10; /* word2vec.c closev: below any cosine */
        classes[row] = 0;
        for (int k = 0; k < n_classes; k++)
            if (dots[k] > closest) {
                closest = dots[k];
                classes[row] = k;
            }
    }
}

#endif
