/* The curvature H (D, D) of the loss in the rows of one matrix, and the transport of a
 * change through it: the contract of transport_kernel.h, and the eigenvectors.
 *
 * Near a working point, n updates with the learning rate alpha take a row from theta to
 * theta* + exp(-n alpha H) (theta - theta*) + noise.  So a change that others made to the
 * row meanwhile is worth exp(-strength H) of itself afterwards, with strength n alpha.
 * At the start of a run one or two directions carry nearly all of H, hence a matrix and
 * not a number.
 *
 * H is the mean over sampled blocks of sum weight x x^T, where x are the rows of the
 * other side and weight is sigma (1 - sigma).  It is never stored: K axes approach its
 * first eigenvectors by orthogonal iteration (Golub and Van Loan, Matrix Computations,
 * section 8.2): the product of H and the axes is summed up over the samples, and a
 * refresh makes its columns orthonormal.  All other directions have the same curvature,
 * so that the trace is right.
 *
 * Rows that are used often may have more of it than rare ones, each time that they are
 * used: then H holds for an average row, and each band of rows has a number of its own,
 * by which its curvature differs from H.
 *
 * Everything is a function of the samples and their order alone. */
#ifndef W2VFAST_CURVATURE_H
#define W2VFAST_CURVATURE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define CURVATURE_AXES 16      /* K, if D is as large */
#define CURVATURE_BLOCKS 32    /* samples between two refreshes, at least */
#define CURVATURE_BANDS 32     /* of rows: 0, 1, 2 to 3, 4 to 7, 8 to 15, and so on */
#define BAND_PRIOR 4.0         /* blocks that each band is taken to have seen before */
#define BAND_MEMORY 0.875      /* what older samples of bands count at a refresh */
#define RESPONSE_SUMS 3        /* of replica_response */
#define RESPONSE_MEMORY 0.9f   /* what older merges count in them */
#define RESPONSE_DOUBT 0.05f   /* of a change, as if it had been received without one */
#define TRANSPORT_LEAST 0.005f /* a smaller exponent changes nothing */

typedef struct {
    float **axes;    /* (K + 1,) rows of (D,), orthonormal; the last: a sample */
    float *values;   /* (K,) curvature along them, about descending, 0 at first */
    float **sums;    /* (K,) rows of (D,): sum over samples of weight (x . axis) x */
    float *dots;     /* (K + 1,) scratch */
    float *change;   /* (D,) scratch */
    double trace;    /* sum over samples of weight x . x */
    double n_blocks; /* blocks that were sampled, older ones counted less */
    double n_known;  /* of these, blocks before the last refresh */
    float rest;      /* curvature along all other directions */
    double band_traces[CURVATURE_BANDS]; /* the trace, by the band of the row */
    double band_uses[CURVATURE_BANDS];   /* of rows of each band, all: 1 for a block */
    float band_scales[CURVATURE_BANDS];  /* curvature of a band over the mean of all */
    int n_axes;                          /* K */
    int n_columns;                       /* D */
    int dim;                             /* D, padded */
} curvature_t;

/* A worker's replica of a row.  All but `sums` are (D,). */
typedef struct {
    float *mine;     /* what the worker has made of it */
    float *base;     /* the row after the last merge */
    float *received; /* of this, what came from others since the worker trained last */
    float *sums;     /* (RESPONSE_SUMS,) of replica_response */
} replica_t;

/* The response of a worker to what others change, from 0 to 1: the part of it that the
 * worker takes back until its next merge, because the row has more curvature than H.
 *
 * back: received . (base - mine), of the last merge and the training since then;
 * received, change: squared lengths, of what came from others then and comes now.
 * The response is the ratio of the sums of back and received over the merges so far, older
 * ones counted less.  It counts as far as the signs of back agree, and a change much
 * larger than those before is taken to have none: both, so that chance loses no update. */
static inline float replica_response(float *sums, float back, float received,
                                     float change) {
    if (received > 0.0f) {
        sums[0] = back + RESPONSE_MEMORY * sums[0];
        sums[1] = fabsf(back) + RESPONSE_MEMORY * sums[1];
        sums[2] = received + RESPONSE_MEMORY * sums[2];
    }
    if (!(sums[0] > 0.0f)) return 0.0f;
    const float part = sums[0] / (sums[2] + RESPONSE_DOUBT * change);
    return (part < 1.0f ? part : 1.0f) * sums[0] / sums[1];
}

/* How many first axes differ enough from the rest to be treated apart. */
static inline int curvature_axes_in_use(const curvature_t *h, float strength) {
    int n = h->n_axes;
    while (n > 0 && strength * fabsf(h->values[n - 1] - h->rest) < TRANSPORT_LEAST) n--;
    return n;
}

/* The band of a row: how many binary digits its number has. */
static inline int curvature_band(uint32_t row) {
    int band = row > 0;
    for (int step = 16; step > 0; step /= 2)
        if (row >> step > 0) {
            band += step;
            row >>= step;
        }
    return band;
}

static inline float curvature_scale(const curvature_t *h, uint32_t row) {
    return h->band_scales[curvature_band(row)];
}

/* Start with the first K unit vectors and no curvature: then a merge is a sum. */
static inline void curvature_start(curvature_t *h) {
    for (int k = 0; k < h->n_axes; k++) {
        memset(h->axes[k], 0, (size_t)h->dim * sizeof(float));
        memset(h->sums[k], 0, (size_t)h->dim * sizeof(float));
        h->axes[k][k] = 1.0f;
        h->values[k] = 0.0f;
    }
    h->trace = h->n_blocks = h->n_known = 0.0;
    h->rest = 0.0f;
    for (int band = 0; band < CURVATURE_BANDS; band++) {
        h->band_traces[band] = h->band_uses[band] = 0.0;
        h->band_scales[band] = 1.0f;
    }
}

static inline double curvature_dot(const float *x, const float *y, int dim) {
    double sums[4] = {0};
    for (int i = 0; i < dim; i += 4)
        for (int l = 0; l < 4; l++) sums[l] += (double)x[i + l] * y[i + l];
    return sums[0] + sums[1] + sums[2] + sums[3];
}

/* Make axis k the direction of the part of sums[k] that no axis before it has; returns
 * the length of this part.  If nothing is left but rounding errors, returns 0 and starts
 * again with a unit vector. */
static inline double curvature_next_axis(curvature_t *h, int k) {
    float *sum = h->sums[k];
    const double length_before = sqrt(curvature_dot(sum, sum, h->dim));
    for (int pass = 0; pass < 2; pass++) /* the second removes rounding errors */
        for (int j = 0; j < k; j++) {
            const float along = (float)curvature_dot(sum, h->axes[j], h->dim);
            for (int i = 0; i < h->dim; i++) sum[i] -= along * h->axes[j][i];
        }
    const double length = sqrt(curvature_dot(sum, sum, h->dim));
    const int is_lost = !(length > 1e-5 * length_before);
    for (int i = 0; i < h->dim; i++)
        h->axes[k][i] = is_lost ? (float)(i == k) : (float)(sum[i] / length);
    return is_lost ? 0.0 : length;
}

/* Compare the bands.  One of which little is known counts as average. */
static inline void curvature_compare_bands(curvature_t *h) {
    double trace = 0.0, uses = 0.0;
    for (int band = 0; band < CURVATURE_BANDS; band++) {
        trace += h->band_traces[band];
        uses += h->band_uses[band];
    }
    if (!(trace > 0.0)) return;
    const double mean = trace / uses;
    for (int band = 0; band < CURVATURE_BANDS; band++) {
        h->band_scales[band] = (float)((h->band_traces[band] / mean + BAND_PRIOR) /
                                       (h->band_uses[band] + BAND_PRIOR));
        h->band_traces[band] *= BAND_MEMORY;
        h->band_uses[band] *= BAND_MEMORY;
    }
}

/* Turn the axes towards the eigenvectors of H, if there are enough samples.  What is
 * known stays in the sums, seen from the new axes, and counts half: rows change, and the
 * first axes are far from the eigenvectors, so that they show too little of H. */
static inline void curvature_refresh(curvature_t *h) {
    if (h->n_blocks - h->n_known < CURVATURE_BLOCKS) return;
    curvature_compare_bands(h);
    double others = h->trace / h->n_blocks;
    int n_others = h->n_columns - h->n_axes;
    for (int k = 0; k < h->n_axes; k++) {
        h->values[k] = (float)(curvature_next_axis(h, k) / h->n_blocks);
        others -= h->values[k];
        n_others += h->values[k] == 0.0f;
    }
    h->rest = n_others > 0 && others > 0.0 ? (float)(others / n_others) : 0.0f;
    h->trace /= 2;
    h->n_blocks /= 2;
    h->n_known = h->n_blocks;
    for (int k = 0; k < h->n_axes; k++) {
        const float known = (float)(h->values[k] * h->n_blocks);
        for (int i = 0; i < h->dim; i++) h->sums[k][i] = known * h->axes[k][i];
        if (h->values[k] == 0.0f) h->values[k] = h->rest;
    }
}

#endif
