/* The block update, where all of fast mode's arithmetic is done: the contract, the table
 * of kernels, and the choice of an instruction set at import.
 *
 * Knows rows and numbers only; fast.pxi and exact.pxi decide which rows they are.
 * Legend: D floats in a row, padded with zeros to whole vectors; C inputs; T outputs.
 *
 * The kernels are written once, in the *_kernel.h files, with the vector operations that
 * a simd_*.h file defines for its instruction set. */
#ifndef W2VFAST_BLOCK_H
#define W2VFAST_BLOCK_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "compiler.h"
#include "curvature.h"

#define BLOCK_LANES 16     /* floats; rows are padded to 64 bytes and aligned */
#define BLOCK_INPUTS 8     /* contexts that are trained together */
#define SOFTMAX_OUTPUTS 64 /* updated together: few enough to stay in the cache */
#define STRIP 13           /* vectors of a row that are processed together */
#define EXACT_GROUP 16     /* sequential dot products that are computed side by side */
#define EXACT_NODES 32     /* nodes of a path that are computed side by side */
#define COSINE_AHEAD 16    /* rows from the one that is read to the one prefetched */

/* ---- the contract ---- */

/* One update of C inputs and T outputs.
 *
 * No row may occur twice in `inputs`, nor in `outputs`: a repeated row is listed once and
 * counted (block_add_row).  The update of input c is added to row targets[c], which may
 * be the input itself.  Arrays (C,), (T,) and (T, C) need room for BLOCK_LANES more
 * floats, because kernels load and store whole vectors.
 *
 * Full softmax, if `log_sums` is not NULL: the first output is the one that was observed;
 * `labels` and `output_counts` are not read; no target is an input; `errors` and
 * `partial_sums` have SOFTMAX_OUTPUTS rows instead of T. */
typedef struct {
    float **inputs;             /* (C,) rows of (D,)                         IN */
    float **targets;            /* (C,) rows that receive the inputs' updates INOUT */
    float **outputs;            /* (T,) rows of (D,)                         INOUT */
    const float *labels;        /* (T,) 1: observed, 0: negative sample      IN */
    const float *input_counts;  /* (C,) how often each input occurs          IN */
    const float *output_counts; /* (T,) how often each output occurs         IN */
    float *first_logits;        /* (T, C) scratch, if C > 1: before any update */
    float *logits;              /* (T, C) as each input sees the outputs     OUT */
    float *sigmoids;            /* (T, C) of the logits                      OUT */
    float *errors;              /* (T, C) (label - sigmoid) * alpha * counts OUT */
    float *partial_sums;        /* (T, D) scratch, aligned as rows are */
    float *gram;                /* (C, C padded to BLOCK_LANES) scratch */
    float *const *prefetch;     /* (n_prefetch,) rows that are needed next */
    int n_prefetch;
    int n_inputs;  /* C */
    int n_outputs; /* T */
    int dim;       /* D */
    float alpha;
    float *log_sums; /* (C,) softmax: log of sum over outputs of exp(logits) OUT */
    float *rates;    /* (C,) softmax: scratch, alpha * count of each input */
} block_t;

/* A row in the window of CBOW. */
typedef struct {
    float *row;         /* (D,) */
    const float *since; /* (D,) the total of all updates when it was last settled */
    float *target;      /* (D,) `row`, or a row that is never read */
    int count;          /* how often it receives each update since then */
    float weight;       /* in what the sum changes by: -1 leaves, 1 enters, 0 neither */
} window_row_t;

/* CBOW: a window that moves to the next centre word.
 *
 * `sum` is that of the rows in the window, each with all updates so far.  A row in memory
 * lacks those since it entered, as often as its word is in the window.  It is settled,
 * target = row + count * (total - since), when this number changes.  The centre word's row
 * is settled, too; it does not receive, at its own place, the update that it has
 * predicted. */
typedef struct {
    float *sum; /* (D,)                                          INOUT */
    const float *earlier_total; /* (D,) of all updates before the last one       IN */
    float *total;          /* (D,) with it, to be scaled                    INOUT */
    float *next_total;     /* (D,) a copy, to which the next update is added OUT */
    float update_scale;    /* of the last update */
    float n_received;      /* how often the sum receives it */
    window_row_t *settled; /* (n_settled,)                             INOUT */
    float **entering;      /* (n_entering,) other rows that enter             IN */
    int n_settled, n_entering;
    window_row_t centre; /* settled; stays in the sum                     INOUT */
    float scale;         /* of the window's sum */
    float *hidden;       /* (D,) scale * (sum - settled centre)           OUT */
    int dim;             /* D */
} window_t;

/* Exact mode: the path of inner nodes of one word.  Arrays have room for at least
 * EXACT_NODES.  A saturated node (|dot| >= 6) is not active and is not updated. */
typedef struct {
    float **rows;            /* (L,) of (D,), root first            INOUT */
    const uint8_t *codes;    /* (L,)                                IN */
    float *dots;             /* (L,) dot products with the input    OUT */
    float *gradients;        /* (L,) (1 - code - sigmoid) * alpha   OUT */
    uint8_t *active;         /* (L,) 1 where a node is updated      OUT */
    float **active_rows;     /* (n_active,) scratch: rows of the active nodes */
    float *active_gradients; /* (n_active,) scratch: their gradients */
    int n_nodes;             /* L */
} exact_path_t;

/* ---- used by the kernels of every instruction set ---- */

/* The matrix of dot products inputs[c] . outputs[t]. */
typedef struct {
    float *const *inputs; /* (n_inputs,) rows of (D,)  IN */
    int n_inputs;
    float *const *outputs; /* (n_outputs,) rows of (D,) IN */
    int n_outputs;
    int dim;
    float *dots;    /* (n_outputs, n_inputs) OUT */
    int64_t stride; /* of a row of `dots` */
} dots_t;

/* Floats in a row of the Gram matrix of C inputs. */
static inline int gram_stride(int C) {
    return (C + BLOCK_LANES - 1) / BLOCK_LANES * BLOCK_LANES;
}

/* How many of `count` to take at once, at most `limit`, so that shares are about equal:
 * 7 by 6 is 4 and 3, since a last share of 1 would cost nearly as much as one of 6. */
static inline int block_share(int count, int limit) {
    const int shares = (count + limit - 1) / limit;
    return (count + shares - 1) / shares;
}

/* The same for the tiles of a kernel, without a division: the last two are about equal. */
static inline int tile_share(int count, int limit) {
    if (count >= 2 * limit) return limit;
    return count > limit ? (count + 1) / 2 : count;
}

/* Prefetch a row, one cache line at a time. */
static inline void block_prefetch_row(const float *row, int dim) {
    for (int i = 0; i < dim; i += BLOCK_LANES) BLOCK_PREFETCH(row + i);
}

/* The same for a row that will be written, and that another processor has read. */
static inline void block_prefetch_own_row(const float *row, int dim) {
    for (int i = 0; i < dim; i += BLOCK_LANES) BLOCK_PREFETCH_OWN(row + i);
}

/* Prefetch the cache lines that begin in columns i to i + width, of all rows in
 * b->prefetch, for writing.  Spread over the arithmetic, because a core can wait for about
 * a dozen cache lines at once. */
BLOCK_INLINE void block_prefetch_columns(const block_t *b, int i, const int width) {
    const int first = -i & (BLOCK_LANES - 1); /* columns from i to the next line */
    if (first >= width) return;
    for (int k = 0; k < b->n_prefetch; k++) {
        const float *line = block_row(b->prefetch[k] + i + first);
        BLOCK_UNROLL
        for (int j = 0; j < width; j += BLOCK_LANES)
            if (first + j < width) BLOCK_PREFETCH_WRITE(line + j);
    }
}

/* Rows of C logits that a softmax takes in one vector. */
static inline int softmax_group(int C, int lanes) { return C < lanes ? lanes / C : 1; }

/* Log of the sum of exp for one input, from lanes 0, C, ... below G * C: tops has the
 * largest logit of each lane, sums its sum of exp(logit - largest). */
static inline float softmax_log_sum(const float *tops, const float *sums, int C,
                                    int G) {
    float top = tops[0];
    double sum = 0.0;
    for (int l = C; l < G * C; l += C) top = tops[l] > top ? tops[l] : top;
    for (int l = 0; l < G * C; l += C) sum += sums[l] * exp((double)tops[l] - top);
    return (float)(top + log(sum));
}

/* ---- the kernels, once for each instruction set ----
 *
 * A simd_*.h file defines VEC_LANES (floats in a vector), tile sizes that fit its
 * registers, ISA(name), which appends the name of the set, the type vec, and these
 * operations; then it includes the kernels.
 *
 *     DOT_INPUTS, DOT_OUTPUTS       longest sides of a tile of dot products
 *     DOT_SUMS                      registers for its sums
 *     DOT_SQUARE                    its outputs where there are at least DOT_INPUTS inputs
 *     GRAM_INPUTS                   most inputs of a triangle of their dot products
 *     UPDATE_INPUTS, UPDATE_SUMS    the same for a tile of updates
 *
 *     load, store        any alignment
 *     load_once          keeps the vector in a register where gcc would load it twice
 *     fill(x)            x in all lanes
 *     fma(a, b, c)       a * b + c, rounded once where the set has such an instruction
 *     add, sub, mul, max lane by lane
 *     clip(v, limit)     to [-limit, limit]; NaN becomes one of the limits
 *     round, pow2        nearest whole number; 2 to the power of a whole number
 *     reciprocal         1 / v, correctly rounded
 *     lane_sums(v, n)    lane k < n is the sum of all lanes of v[k], for n vectors, n at
 *                        most VEC_LANES; reads n rounded up to a multiple of 4
 *
 * and, on quads of four lanes, for exact mode's sequential sums:
 *
 *     quad(p)            the same four floats in every quad
 *     quads(rows, Q, i)  columns i to i + 4 of rows 0, 4, ... below 4 * Q
 *     unpack_low/high    interleave the lower/upper halves of the quads of two vectors
 *     pair_low/high      join the lower/upper halves of the quads of two vectors
 *     transpose_quads    transpose a square of quads: one vector for each quad in one */

/* For tests: with BLOCK_GENERIC only the generic set is compiled, in a fourth of the time;
 * with BLOCK_LINKED none, because another file of the program has the table. */
#ifndef BLOCK_LINKED
#include "simd_generic.h"
#endif
#if defined(BLOCK_GENERIC) || defined(BLOCK_LINKED)
#elif defined(__x86_64__) || defined(_M_X64)
#define BLOCK_X86
#include "simd_avx2.h"
#include "simd_avx512.h"
#elif defined(__aarch64__) || defined(_M_ARM64)
#define BLOCK_NEON
#include "simd_neon.h"
#endif

/* ---- the table of kernels ---- */

typedef struct {
    const char *name;
    int (*is_supported)(void);
    int lanes; /* floats in a vector */
    void (*update)(const block_t *);
    void (*softmax)(const block_t *);
    void (*window_step)(const window_t *);
    void (*transport)(const curvature_t *, float, const float *, const float *,
                      float *);
    void (*merge_row)(const curvature_t *, float, const replica_t *, float *);
    void (*curvature)(curvature_t *, float, float *);
    void (*exact_dots)(const float *, float *const *, int, int, float *);
    void (*exact_update)(const float *, const float *, float *const *, int, float *,
                         int);
    void (*exact_axpy)(float, const float *, float *, int);
    void (*exact_path_update)(const exact_path_t *, const float *, float *,
                              const float *, int);
    void (*cosine_sums)(const float *, int64_t, int64_t, const float *, int, float *,
                        float *);
    void (*exp_sums)(const float *, const float *, int64_t, int64_t, float *, double *);
} block_isa_t;

#ifdef BLOCK_LINKED
extern const block_isa_t *const linked_isas; /* (n_linked_isas,) */
extern const int n_linked_isas;
static const block_isa_t *block_isa; /* set before the first call */
#else

static int block_always(void) { return 1; }

#ifdef BLOCK_X86
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
/* Both the processor and the operating system, which saves registers, must support it. */
static int block_cpu_has(int leaf7_ebx_bits, int xcr0_bits) {
    int info[4];
    __cpuid(info, 1);
    const int fma_osxsave = (1 << 12) | (1 << 27);
    if ((info[2] & fma_osxsave) != fma_osxsave) return 0;
    if (((int)_xgetbv(0) & xcr0_bits) != xcr0_bits) return 0;
    __cpuidex(info, 7, 0);
    return (info[1] & leaf7_ebx_bits) == leaf7_ebx_bits;
}
static int block_has_avx2(void) { return block_cpu_has(1 << 5, 0x6); }
static int block_has_avx512(void) {
    return block_cpu_has((1 << 5) | (1 << 16) | (1 << 17) | (int)(1u << 31), 0xE6);
}
#else
static int block_has_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static int block_has_avx512(void) {
    return block_has_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif
#endif

#define BLOCK_KERNELS(isa, is_supported, lanes) \
    {#isa,                                      \
     is_supported,                              \
     lanes,                                     \
     block_update_##isa,                        \
     block_softmax_##isa,                       \
     window_step_##isa,                         \
     transport_row_##isa,                       \
     merge_row_##isa,                           \
     curvature_add_##isa,                       \
     exact_dots_##isa,                          \
     exact_update_##isa,                        \
     exact_axpy_##isa,                          \
     exact_path_update_##isa,                   \
     cosine_sums_##isa,                         \
     exp_sums_##isa}

/* Best first; the last one runs everywhere. */
static const block_isa_t block_isas[] = {
#ifdef BLOCK_X86
    BLOCK_KERNELS(avx512, block_has_avx512, 16),
    BLOCK_KERNELS(avx2, block_has_avx2, 8),
#endif
#ifdef BLOCK_NEON
    BLOCK_KERNELS(neon, block_always, 4),
#endif
    BLOCK_KERNELS(generic, block_always, 4),
};
enum { BLOCK_ISAS = sizeof block_isas / sizeof block_isas[0] };

/* The instruction set in use.  Set at import; it must not change while a worker exists,
 * because workers pad rows to the width of its vectors. */
static const block_isa_t *block_isa = &block_isas[BLOCK_ISAS - 1];
#endif

/* ---- what _core.pyx calls ---- */

/* D, padded to whole vectors of the instruction set in use. */
static inline int block_padded(int dim) {
    return (dim + block_isa->lanes - 1) / block_isa->lanes * block_isa->lanes;
}

/* Gradient ascent on the sum over (t, c) of log sigmoid(+-logit), one input after the
 * other, each with all outputs.
 * Source: Mikolov et al. 2013, arXiv:1310.4546, eqs. 3 and 4; word2vec.c,
 * TrainModelThread.  Differs: what earlier inputs d change of an input's logit,
 * sum of error[t, d] * inputs[d] . inputs[c], is taken from the errors of the logits before
 * any update (one Jacobi step); a repeated row does not see its own first update.
 *
 * Full softmax: ascent on the sum over c of log p(first output | c), where p is the
 * softmax of the logits over all outputs (Mikolov et al. 2013, eq. 2; Rong 2014,
 * arXiv:1411.2738, has the gradients), corrected in the same way. */
static inline void block_update(const block_t *b) {
    if (b->log_sums)
        block_isa->softmax(b);
    else
        block_isa->update(b);
}

/* Move a window; compute the hidden vector of the next centre word.  The last update comes
 * first, then the settled rows in their order, then the other rows that enter. */
static inline void window_step(const window_t *w) { block_isa->window_step(w); }

/* row (D,) INOUT = mine + exp(-strength H) (row - base): what one worker would have made
 * of the row, had it done first what others did to `base`, which made `row` of it, and
 * then its own updates, which made `mine` of `base`.  Prefetches the row behind, which is
 * usually next. */
static inline void block_transport(const curvature_t *h, float strength,
                                   const float *mine, const float *base, float *row) {
    block_isa->transport(h, strength, mine, base, row);
}

/* Merge a replica with the shared row (D,) INOUT, by the transport above:
 * shared = mine + exp(-strength H) (1 - response) (shared - base), and the replica is then
 * the same.  response is that of replica_response; with strength 0 a merge is the sum. */
static inline void block_merge_row(const curvature_t *h, float strength,
                                   const replica_t *replica, float *shared) {
    block_isa->merge_row(h, strength, replica, shared);
}

/* Add weight x x^T, x (D,), to the curvature.  The caller counts the blocks. */
static inline void curvature_add(curvature_t *h, float weight, float *x) {
    block_isa->curvature(h, weight, x);
}

/* dots[k] OUT = x . rows[k] and squares[k] OUT = rows[k] . rows[k], for n rows (D,) that
 * are `stride` floats apart, neither padded nor aligned. */
static inline void block_cosine_sums(const float *rows, int64_t stride, int64_t n,
                                     const float *x, int dim, float *dots,
                                     float *squares) {
    block_isa->cosine_sums(rows, stride, n, x, dim, dots, squares);
}

/* Add exp(logits[h, w] + biases[w]) to each row's sum, which is relative to its top.
 * logits (H, W) IN, biases (W,) IN, tops (H,) INOUT, sums (H,) INOUT. */
static inline void block_exp_sums(const float *logits, const float *biases, int64_t H,
                                  int64_t W, float *tops, double *sums) {
    block_isa->exp_sums(logits, biases, H, W, tops, sums);
}

/* Append a row to a list of n distinct rows with counts; returns the new n. */
static inline int block_append_row(float **rows, float *counts, int n, float *row) {
    rows[n] = row;
    counts[n] = 1.0f;
    return n + 1;
}

/* The same for a row that may be in the list: then it is counted once more. */
static inline int block_add_row(float **rows, float *counts, int n, float *row) {
    for (int k = 0; k < n; k++)
        if (rows[k] == row) {
            counts[k] += 1.0f;
            return n;
        }
    return block_append_row(rows, counts, n, row);
}

/* Sum over c of -log p(observed output | c), times the inputs' counts. */
static double softmax_loss(const block_t *b) {
    double loss = 0.0;
    for (int c = 0; c < b->n_inputs; c++)
        loss += b->input_counts[c] * ((double)b->log_sums[c] - b->logits[c]);
    return loss;
}

/* The sum over (t, c) of -log sigmoid(+-logit), times the counts.
 *
 * -log sigmoid(-x) = max(x, 0) - log sigmoid(|x|), where sigmoid(|x|) is the larger of
 * sigmoid(x) and 1 - sigmoid(x) and at least 1/2.  Those are multiplied, so that one
 * logarithm serves many; rows that occur more than once, which are few, have their own. */
static double sigmoid_loss(const block_t *b) {
    double loss = 0.0, product = 1.0;
    for (int t = 0; t < b->n_outputs; t++)
        for (int c = 0; c < b->n_inputs; c++) {
            const int64_t k = (int64_t)t * b->n_inputs + c;
            const float wrong = b->labels[t] > 0.5f ? -b->logits[k] : b->logits[k];
            const float count = b->input_counts[c] * b->output_counts[t];
            if (count == 0.0f) continue;
            const float p = b->sigmoids[k], likelier = p > 1.0f - p ? p : 1.0f - p;
            const float finite = wrong > -FLT_MAX ? wrong : -FLT_MAX;
            loss += count * (0.5f * finite + 0.5f * fabsf(finite)); /* max(wrong, 0) */
            if (count == 1.0f)
                product *= likelier;
            else
                loss -= count * log(likelier);
            if (product < 1e-300) {
                loss -= log(product);
                product = 1.0;
            }
        }
    return loss - log(product);
}

/* Loss of the last update. */
static inline double block_loss(const block_t *b) {
    return b->log_sums ? softmax_loss(b) : sigmoid_loss(b);
}

#endif
