/* The block update: the one place where fast mode's arithmetic is done.
 *
 * Knows rows and numbers only; what a row stands for is decided in _core.pyx.
 * Legend: D floats in a row, padded with zeros to whole vectors;
 *         C inputs; T outputs.
 *
 * Written once, in block_kernel.h, over vectors of an instruction set; this file
 * names the vector operations of each set and chooses one when the module is loaded. */
#ifndef W2VFAST_BLOCK_H
#define W2VFAST_BLOCK_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define BLOCK_LANES 16 /* 64 bytes: rows are padded to it and aligned */
#define EXACT_GROUP 16 /* ordered dot products side by side */
#define EXACT_NODES 32 /* nodes of a path side by side */
#define STRIP 13 /* vectors of a row side by side */

#if defined(_MSC_VER) && !defined(__clang__)
#pragma fp_contract(off) /* for exact mode; others: -ffp-contract=off in setup.py */
#define BLOCK_RESTRICT __restrict
#define BLOCK_INLINE static __forceinline
#define BLOCK_UNROLL
#else
#define BLOCK_RESTRICT __restrict__
#define BLOCK_INLINE static inline __attribute__((always_inline))
#define BLOCK_PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#define BLOCK_UNROLL _Pragma("clang loop unroll(full)")
#else
#define BLOCK_UNROLL _Pragma("GCC unroll 32")
#endif
#endif

typedef struct {
    float **inputs;       /* (C,) rows of (D,), none of them twice          IN    */
    float **sinks;        /* (C,) rows that gain the inputs' change; may be
                             the inputs themselves                          INOUT */
    float **outputs;      /* (T,) rows of (D,), none of them twice          INOUT */
    const float *labels;  /* (T,) 1 for what was seen, 0 for what was not   IN    */
    const float *input_counts;  /* (C,) how often each input counts         IN    */
    const float *output_counts; /* (T,) how often each output counts        IN    */
    float *logits;        /* (T, C) dot products                            OUT   */
    float *sigmoids;      /* (T, C) of the logits                           OUT   */
    float *errors;        /* (T, C) (label - sigmoid) * alpha               OUT
                             Arrays (T,), (C,), (T, C) have room for BLOCK_LANES
                             more.                                                */
    float *tile;          /* (T, D) scratch, aligned as rows are                  */
    float *const *ahead;  /* rows that will be needed next, called from memory       */
    int n_ahead;
    int n_inputs;         /* C */
    int n_outputs;        /* T */
    int dim;              /* D */
    float alpha;
    float *shifts;        /* (C,) NULL; or, for a softmax, log of the sum over outputs
                             of exp(logits)                                 OUT
                             The first output is then the one that was seen, labels
                             and counts of outputs are not read, no sink is an input,
                             and errors and tile have SOFTMAX_OUTPUTS rows, not T. */
    float *rates;         /* (C,) softmax: scratch                                */
} block_t;

/* Exact mode: a word's path of inner nodes, for one input after the other.  Arrays have
 * room for EXACT_NODES at least. */
typedef struct {
    float **rows;         /* (L,) of (D,), root first                       INOUT */
    const uint8_t *codes; /* (L,)                                           IN    */
    float *dots;          /* (L,) dot products with the input               OUT   */
    float *gains;         /* (L,) (1 - code - sigmoid) * alpha              OUT   */
    uint8_t *open;        /* (L,) 1 where a node is not saturated           OUT   */
    float **open_rows;    /* (n_open,) scratch: these nodes' rows ...             */
    float *open_gains;    /* (n_open,) ... and gains                              */
    int n_nodes;          /* L */
} exact_path_t;

#define SOFTMAX_OUTPUTS 64 /* that gain at once: few, so that they stay in the cache */

/* How many of `count` to take at once, at most `limit`, so that shares are about equal:
 * 7 by 6 is 4 and 3, since a last share of 1 would cost nearly as much as one of 6. */
static inline int block_share(int count, int limit) {
    const int shares = (count + limit - 1) / limit;
    return (count + shares - 1) / shares;
}

#if defined(__GNUC__) || defined(__clang__)
/* TO_STORE: for a line that is going to be stored to, so that it comes as the core's own
 * at once; where an x86 processor has no such instruction (AVX2 without it: Intel's
 * Haswell), it does nothing there.
 * The empty asm keeps gcc from leaving out calls of a function that does nothing else. */
#define BLOCK_PREFETCH(p) (__builtin_prefetch(p), block_keep())
#define BLOCK_PREFETCH_TO_STORE(p) (__builtin_prefetch(p, 1), block_keep())
static inline void block_keep(void) { __asm__ volatile(""); }
#elif defined(_M_X64)
#include <intrin.h>
#define BLOCK_PREFETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)
#define BLOCK_PREFETCH_TO_STORE(p) _m_prefetchw(p)
#elif defined(_M_ARM64)
#include <intrin.h>
#define BLOCK_PREFETCH(p) __prefetch(p)
#define BLOCK_PREFETCH_TO_STORE(p) __prefetch2(p, 16) /* PSTL1KEEP */
#else
#define BLOCK_PREFETCH(p) ((void)(p))
#define BLOCK_PREFETCH_TO_STORE(p) ((void)(p))
#endif

/* Call a row from memory ahead of its use, cache line by cache line. */
static inline void block_prefetch(const float *row, int dim) {
    for (int i = 0; i < dim; i += BLOCK_LANES) BLOCK_PREFETCH(row + i);
}

/* The same for `width` columns of all rows ahead: called between two stretches of
 * arithmetic, because a core can wait for a dozen cache lines at once and no more. */
BLOCK_INLINE void block_call_ahead(const block_t *b, int i, int width) {
    if (i % BLOCK_LANES) return; /* half a cache line, called with its first half */
    for (int k = 0; k < b->n_ahead; k++)
        for (int j = i; j < i + width; j += BLOCK_LANES)
            BLOCK_PREFETCH_TO_STORE(b->ahead[k] + j);
}

/* Rows of C logits that a softmax takes in one vector. */
static inline int softmax_group(int C, int lanes) { return C < lanes ? lanes / C : 1; }

/* The log of the sum of exp, of what the lanes 0, C, ... below G * C have seen: their
 * largest logits, and the sums of exp(logit - largest). */
static inline float softmax_shift(const float *tops, const float *sums, int C, int G) {
    float top = tops[0];
    double sum = 0.0;
    for (int l = C; l < G * C; l += C) top = tops[l] > top ? tops[l] : top;
    for (int l = 0; l < G * C; l += C) sum += sums[l] * exp((double)tops[l] - top);
    return (float)(top + log(sum));
}

/* ---- generic: four lanes, which compilers map to SSE2 or NEON; or plain loops ---- */

#define VEC_LANES 4
#define DOT_INPUTS 2
#define DOT_OUTPUTS 8
#define DOT_SQUARE 8
#define DOT_SUMS 8
#define GAIN_INPUTS 4
#define GAIN_SUMS 4
#define ISA(name) name##_generic

#if defined(__GNUC__) || defined(__clang__)
typedef float vec_generic __attribute__((vector_size(16), aligned(4), may_alias));
BLOCK_INLINE vec_generic load_generic(const float *p) { return *(const vec_generic *)p; }
BLOCK_INLINE void store_generic(float *p, vec_generic v) { *(vec_generic *)p = v; }
BLOCK_INLINE vec_generic fill_generic(float x) { return (vec_generic){x, x, x, x}; }
BLOCK_INLINE vec_generic fma_generic(vec_generic a, vec_generic b, vec_generic c) {
    return a * b + c;
}
BLOCK_INLINE vec_generic add_generic(vec_generic a, vec_generic b) { return a + b; }
BLOCK_INLINE vec_generic mul_generic(vec_generic a, vec_generic b) { return a * b; }
#else
typedef struct { float lane[VEC_LANES]; } vec_generic;
BLOCK_INLINE vec_generic load_generic(const float *p) {
    vec_generic v;
    memcpy(v.lane, p, sizeof v.lane);
    return v;
}
BLOCK_INLINE void store_generic(float *p, vec_generic v) {
    memcpy(p, v.lane, sizeof v.lane);
}
BLOCK_INLINE vec_generic fill_generic(float x) {
    vec_generic v;
    for (int l = 0; l < VEC_LANES; l++) v.lane[l] = x;
    return v;
}
BLOCK_INLINE vec_generic fma_generic(vec_generic a, vec_generic b, vec_generic c) {
    for (int l = 0; l < VEC_LANES; l++) c.lane[l] += a.lane[l] * b.lane[l];
    return c;
}
BLOCK_INLINE vec_generic add_generic(vec_generic a, vec_generic b) {
    for (int l = 0; l < VEC_LANES; l++) a.lane[l] += b.lane[l];
    return a;
}
BLOCK_INLINE vec_generic mul_generic(vec_generic a, vec_generic b) {
    for (int l = 0; l < VEC_LANES; l++) a.lane[l] *= b.lane[l];
    return a;
}
#endif
#define SHUFFLE_GENERIC(a, b, c, d)                        \
    float lanes[2 * VEC_LANES];                            \
    store_generic(lanes, v);                               \
    store_generic(lanes + VEC_LANES, w);                   \
    const float picked[] = {lanes[a], lanes[b], lanes[c], lanes[d]}; \
    return load_generic(picked)
#if defined(__clang__) || __GNUC__ >= 12
#undef SHUFFLE_GENERIC
#define SHUFFLE_GENERIC(a, b, c, d) return __builtin_shufflevector(v, w, a, b, c, d)
#endif
BLOCK_INLINE vec_generic unpack_low_generic(vec_generic v, vec_generic w) {
    SHUFFLE_GENERIC(0, 4, 1, 5);
}
BLOCK_INLINE vec_generic unpack_high_generic(vec_generic v, vec_generic w) {
    SHUFFLE_GENERIC(2, 6, 3, 7);
}
BLOCK_INLINE vec_generic pair_low_generic(vec_generic v, vec_generic w) {
    SHUFFLE_GENERIC(0, 1, 4, 5);
}
BLOCK_INLINE vec_generic pair_high_generic(vec_generic v, vec_generic w) {
    SHUFFLE_GENERIC(2, 3, 6, 7);
}
/* four columns of the rows 0, 4, ... below 4 * Q */
BLOCK_INLINE vec_generic quads_generic(float *const *rows, const int Q, int i) {
    (void)Q;
    return load_generic(rows[0] + i);
}
/* four floats, over and over */
BLOCK_INLINE vec_generic quad_generic(const float *p) { return load_generic(p); }
/* as many vectors as each has quads: that square of quads, turned by 90 degrees */
BLOCK_INLINE void turn_quads_generic(vec_generic *v) { (void)v; }
/* The operations that compilers have no vectors for, lane by lane. */
#define LANES_GENERIC(expression)                              \
    float lanes[VEC_LANES];                                    \
    store_generic(lanes, v);                                   \
    for (int l = 0; l < VEC_LANES; l++) lanes[l] = expression; \
    return load_generic(lanes)
BLOCK_INLINE vec_generic clip_generic(vec_generic v, float limit) {
    LANES_GENERIC(lanes[l] > -limit ? (lanes[l] < limit ? lanes[l] : limit) : -limit);
}
#if FLT_EVAL_METHOD == 0
#define BLOCK_STORED
#else /* 32-bit x86 without SSE: a sum is a float only once it is in memory */
#define BLOCK_STORED volatile
#endif
BLOCK_INLINE float round_lane(float x) {
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it drops the fraction */
    BLOCK_STORED float sum = x + magic;
    return sum - magic;
}
BLOCK_INLINE vec_generic round_generic(vec_generic v) {
    LANES_GENERIC(round_lane(lanes[l]));
}
BLOCK_INLINE float pow2_lane(float n) {
    const int32_t bits = (int32_t)((uint32_t)((int32_t)n + 127) << 23);
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}
BLOCK_INLINE vec_generic pow2_generic(vec_generic v) { LANES_GENERIC(pow2_lane(lanes[l])); }
BLOCK_INLINE vec_generic inverse_generic(vec_generic v) {
    LANES_GENERIC(1.0f / lanes[l]);
}
BLOCK_INLINE vec_generic larger_generic(vec_generic v, vec_generic w) {
    float others[VEC_LANES];
    store_generic(others, w);
    LANES_GENERIC(lanes[l] > others[l] ? lanes[l] : others[l]);
}
/* sums[k] = all lanes of v[k], for four vectors */
BLOCK_INLINE void sum4_generic(const vec_generic *v, float *sums) {
    float lanes[4 * VEC_LANES];
    for (int k = 0; k < 4; k++) store_generic(lanes + k * VEC_LANES, v[k]);
    for (int k = 0; k < 4; k++) {
        const float *l = lanes + k * VEC_LANES;
        sums[k] = (l[0] + l[1]) + (l[2] + l[3]);
    }
}
#include "block_kernel.h"
#include "exact_kernel.h"
#include "isa_end.h"

/* ---- x86-64: AVX2 with FMA, and AVX-512 ---- */

#if defined(__x86_64__) || defined(_M_X64)
#define BLOCK_X86
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,prfchw"))), \
                             apply_to = function)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC target("avx2,fma,prfchw")
#endif
#define VEC_LANES 8
#define DOT_INPUTS 3
#define DOT_OUTPUTS 12
#define DOT_SQUARE 4 /* for as many inputs as outputs, or nearly: fewer loads */
#define DOT_SUMS 12
#define GAIN_INPUTS 10
#define GAIN_SUMS 8
#define ISA(name) name##_avx2
typedef __m256 vec_avx2;
BLOCK_INLINE vec_avx2 load_avx2(const float *p) { return _mm256_loadu_ps(p); }
BLOCK_INLINE void store_avx2(float *p, vec_avx2 v) { _mm256_storeu_ps(p, v); }
BLOCK_INLINE vec_avx2 fill_avx2(float x) { return _mm256_set1_ps(x); }
BLOCK_INLINE vec_avx2 fma_avx2(vec_avx2 a, vec_avx2 b, vec_avx2 c) {
    return _mm256_fmadd_ps(a, b, c);
}
BLOCK_INLINE vec_avx2 add_avx2(vec_avx2 a, vec_avx2 b) { return _mm256_add_ps(a, b); }
BLOCK_INLINE vec_avx2 mul_avx2(vec_avx2 a, vec_avx2 b) { return _mm256_mul_ps(a, b); }
BLOCK_INLINE vec_avx2 unpack_low_avx2(vec_avx2 a, vec_avx2 b) {
    return _mm256_unpacklo_ps(a, b);
}
BLOCK_INLINE vec_avx2 unpack_high_avx2(vec_avx2 a, vec_avx2 b) {
    return _mm256_unpackhi_ps(a, b);
}
BLOCK_INLINE vec_avx2 pair_low_avx2(vec_avx2 a, vec_avx2 b) {
    return _mm256_shuffle_ps(a, b, 0x44);
}
BLOCK_INLINE vec_avx2 pair_high_avx2(vec_avx2 a, vec_avx2 b) {
    return _mm256_shuffle_ps(a, b, 0xEE);
}
BLOCK_INLINE void turn_quads_avx2(vec_avx2 *v) {
    const vec_avx2 low = _mm256_permute2f128_ps(v[0], v[1], 0x20);
    v[1] = _mm256_permute2f128_ps(v[0], v[1], 0x31);
    v[0] = low;
}
BLOCK_INLINE vec_avx2 quads_avx2(float *const *rows, const int Q, int i) {
    const vec_avx2 v = _mm256_zextps128_ps256(_mm_loadu_ps(rows[0] + i));
    return Q < 2 ? v : _mm256_insertf128_ps(v, _mm_loadu_ps(rows[4] + i), 1);
}
BLOCK_INLINE vec_avx2 quad_avx2(const float *p) {
    return _mm256_broadcast_ps((const __m128 *)p);
}
BLOCK_INLINE vec_avx2 clip_avx2(vec_avx2 v, float limit) {
    return _mm256_min_ps(_mm256_max_ps(v, fill_avx2(-limit)), fill_avx2(limit));
}
BLOCK_INLINE vec_avx2 larger_avx2(vec_avx2 a, vec_avx2 b) {
    return _mm256_max_ps(a, b);
}
BLOCK_INLINE vec_avx2 round_avx2(vec_avx2 v) {
    return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
BLOCK_INLINE vec_avx2 pow2_avx2(vec_avx2 n) {
    __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
}
BLOCK_INLINE vec_avx2 inverse_avx2(vec_avx2 v) {
    return _mm256_div_ps(fill_avx2(1.0f), v);
}
BLOCK_INLINE void sum4_avx2(const vec_avx2 *v, float *sums) {
    __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    __m128 high = _mm256_extractf128_ps(pairs, 1);
    _mm_storeu_ps(sums, _mm_add_ps(_mm256_castps256_ps128(pairs), high));
}
#include "block_kernel.h"
#include "exact_kernel.h"
#include "isa_end.h"
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(                                                    \
    __attribute__((target("avx512f,avx512dq,avx512vl,fma,prfchw"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,fma,prfchw")
#endif
#define VEC_LANES 16
#define DOT_INPUTS 4
#define DOT_OUTPUTS 12
#define DOT_SQUARE 12
#define DOT_SUMS 24
#define GAIN_INPUTS 10
#define GAIN_SUMS 12
#define ISA(name) name##_avx512
typedef __m512 vec_avx512;
BLOCK_INLINE vec_avx512 load_avx512(const float *p) { return _mm512_loadu_ps(p); }
BLOCK_INLINE void store_avx512(float *p, vec_avx512 v) { _mm512_storeu_ps(p, v); }
BLOCK_INLINE vec_avx512 fill_avx512(float x) { return _mm512_set1_ps(x); }
BLOCK_INLINE vec_avx512 fma_avx512(vec_avx512 a, vec_avx512 b, vec_avx512 c) {
    return _mm512_fmadd_ps(a, b, c);
}
BLOCK_INLINE vec_avx512 add_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_add_ps(a, b);
}
BLOCK_INLINE vec_avx512 mul_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_mul_ps(a, b);
}
BLOCK_INLINE vec_avx512 unpack_low_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_unpacklo_ps(a, b);
}
BLOCK_INLINE vec_avx512 unpack_high_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_unpackhi_ps(a, b);
}
BLOCK_INLINE vec_avx512 pair_low_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_shuffle_ps(a, b, 0x44);
}
BLOCK_INLINE vec_avx512 pair_high_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_shuffle_ps(a, b, 0xEE);
}
BLOCK_INLINE void turn_quads_avx512(vec_avx512 *v) {
    const vec_avx512 a = _mm512_shuffle_f32x4(v[0], v[1], 0x44);
    const vec_avx512 b = _mm512_shuffle_f32x4(v[0], v[1], 0xEE);
    const vec_avx512 c = _mm512_shuffle_f32x4(v[2], v[3], 0x44);
    const vec_avx512 d = _mm512_shuffle_f32x4(v[2], v[3], 0xEE);
    v[0] = _mm512_shuffle_f32x4(a, c, 0x88);
    v[1] = _mm512_shuffle_f32x4(a, c, 0xDD);
    v[2] = _mm512_shuffle_f32x4(b, d, 0x88);
    v[3] = _mm512_shuffle_f32x4(b, d, 0xDD);
}
BLOCK_INLINE vec_avx512 quad_avx512(const float *p) {
    return _mm512_broadcast_f32x4(_mm_loadu_ps(p));
}
BLOCK_INLINE vec_avx512 quads_avx512(float *const *rows, const int Q, int i) {
    vec_avx512 v = _mm512_zextps128_ps512(_mm_loadu_ps(rows[0] + i));
    if (Q > 1) v = _mm512_mask_broadcast_f32x4(v, 0x00F0, _mm_loadu_ps(rows[4] + i));
    if (Q > 2) v = _mm512_mask_broadcast_f32x4(v, 0x0F00, _mm_loadu_ps(rows[8] + i));
    if (Q > 3) v = _mm512_mask_broadcast_f32x4(v, 0xF000, _mm_loadu_ps(rows[12] + i));
    return v;
}
BLOCK_INLINE vec_avx512 clip_avx512(vec_avx512 v, float limit) {
    return _mm512_min_ps(_mm512_max_ps(v, fill_avx512(-limit)), fill_avx512(limit));
}
BLOCK_INLINE vec_avx512 larger_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_max_ps(a, b);
}
BLOCK_INLINE vec_avx512 round_avx512(vec_avx512 v) {
    return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
BLOCK_INLINE vec_avx512 pow2_avx512(vec_avx512 n) {
    return _mm512_scalef_ps(fill_avx512(1.0f), n);
}
BLOCK_INLINE vec_avx512 inverse_avx512(vec_avx512 v) {
    return _mm512_div_ps(fill_avx512(1.0f), v);
}
BLOCK_INLINE __m256 half_avx512(vec_avx512 v) {
    return _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
}
BLOCK_INLINE void sum4_avx512(const vec_avx512 *v, float *sums) {
    __m256 low = _mm256_hadd_ps(half_avx512(v[0]), half_avx512(v[1]));
    __m256 high = _mm256_hadd_ps(half_avx512(v[2]), half_avx512(v[3]));
    __m256 pairs = _mm256_hadd_ps(low, high);
    __m128 upper = _mm256_extractf128_ps(pairs, 1);
    _mm_storeu_ps(sums, _mm_add_ps(_mm256_castps256_ps128(pairs), upper));
}
#include "block_kernel.h"
#include "exact_kernel.h"
#include "isa_end.h"
#if defined(__clang__)
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif
#endif

/* ---- arm64: NEON ---- */

#if defined(__aarch64__) || defined(_M_ARM64)
#define BLOCK_NEON
#include <arm_neon.h>
#define VEC_LANES 4
#define DOT_INPUTS 4
#define DOT_OUTPUTS 12
#define DOT_SQUARE 12
#define DOT_SUMS 24
#define GAIN_INPUTS 10
#define GAIN_SUMS 12
#define ISA(name) name##_neon
typedef float32x4_t vec_neon;
BLOCK_INLINE vec_neon load_neon(const float *p) { return vld1q_f32(p); }
BLOCK_INLINE void store_neon(float *p, vec_neon v) { vst1q_f32(p, v); }
BLOCK_INLINE vec_neon fill_neon(float x) { return vdupq_n_f32(x); }
BLOCK_INLINE vec_neon fma_neon(vec_neon a, vec_neon b, vec_neon c) {
    return vfmaq_f32(c, a, b);
}
BLOCK_INLINE vec_neon add_neon(vec_neon a, vec_neon b) { return vaddq_f32(a, b); }
BLOCK_INLINE vec_neon mul_neon(vec_neon a, vec_neon b) { return vmulq_f32(a, b); }
BLOCK_INLINE vec_neon unpack_low_neon(vec_neon a, vec_neon b) { return vzip1q_f32(a, b); }
BLOCK_INLINE vec_neon unpack_high_neon(vec_neon a, vec_neon b) {
    return vzip2q_f32(a, b);
}
BLOCK_INLINE vec_neon pair_low_neon(vec_neon a, vec_neon b) {
    return vcombine_f32(vget_low_f32(a), vget_low_f32(b));
}
BLOCK_INLINE vec_neon pair_high_neon(vec_neon a, vec_neon b) {
    return vcombine_f32(vget_high_f32(a), vget_high_f32(b));
}
BLOCK_INLINE void turn_quads_neon(vec_neon *v) { (void)v; }
BLOCK_INLINE vec_neon quads_neon(float *const *rows, const int Q, int i) {
    (void)Q;
    return vld1q_f32(rows[0] + i);
}
BLOCK_INLINE vec_neon quad_neon(const float *p) { return vld1q_f32(p); }
BLOCK_INLINE vec_neon clip_neon(vec_neon v, float limit) {
    return vminq_f32(vmaxq_f32(v, fill_neon(-limit)), fill_neon(limit));
}
BLOCK_INLINE vec_neon larger_neon(vec_neon a, vec_neon b) { return vmaxq_f32(a, b); }
BLOCK_INLINE vec_neon round_neon(vec_neon v) { return vrndnq_f32(v); }
BLOCK_INLINE vec_neon pow2_neon(vec_neon n) {
    int32x4_t biased = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
    return vreinterpretq_f32_s32(vshlq_n_s32(biased, 23));
}
BLOCK_INLINE vec_neon inverse_neon(vec_neon v) { return vdivq_f32(fill_neon(1.0f), v); }
BLOCK_INLINE void sum4_neon(const vec_neon *v, float *sums) {
    vst1q_f32(sums, vpaddq_f32(vpaddq_f32(v[0], v[1]), vpaddq_f32(v[2], v[3])));
}
#include "block_kernel.h"
#include "exact_kernel.h"
#include "isa_end.h"
#endif

/* ---- the choice ---- */

typedef struct {
    const char *name;
    int (*is_supported)(void);
    int lanes; /* floats in a vector */
    void (*update)(const block_t *);
    void (*softmax)(const block_t *);
    void (*gather)(float, float *const *, int, float *, int);
    void (*spread)(float, const float *, float *const *, int, int);
    void (*merge)(float *, float *, float *, int);
    void (*exact_dots)(const float *, float *const *, int, int, float *);
    void (*exact_steps)(const float *, const float *, float *const *, int, float *, int);
    void (*exact_axpy)(float, const float *, float *, int);
    void (*exact_path_step)(const exact_path_t *, const float *, float *, const float *,
                            int);
} block_isa_t;

static int block_always(void) { return 1; }

#ifdef BLOCK_X86
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
/* Both the processor and the system's saving of its registers must know the set. */
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

/* Best first; the last one runs everywhere. */
static const block_isa_t block_isas[] = {
#ifdef BLOCK_X86
    {"avx512", block_has_avx512, 16, block_update_avx512, block_softmax_avx512,
     block_gather_avx512, block_spread_avx512, block_merge_avx512, exact_dots_avx512,
     exact_steps_avx512, exact_axpy_avx512, exact_path_step_avx512},
    {"avx2", block_has_avx2, 8, block_update_avx2, block_softmax_avx2,
     block_gather_avx2, block_spread_avx2, block_merge_avx2, exact_dots_avx2,
     exact_steps_avx2, exact_axpy_avx2, exact_path_step_avx2},
#endif
#ifdef BLOCK_NEON
    {"neon", block_always, 4, block_update_neon, block_softmax_neon,
     block_gather_neon, block_spread_neon, block_merge_neon, exact_dots_neon,
     exact_steps_neon, exact_axpy_neon, exact_path_step_neon},
#endif
    {"generic", block_always, 4, block_update_generic, block_softmax_generic,
     block_gather_generic, block_spread_generic, block_merge_generic, exact_dots_generic,
     exact_steps_generic, exact_axpy_generic, exact_path_step_generic},
};
enum { BLOCK_ISAS = sizeof block_isas / sizeof block_isas[0] };

#if defined(__clang__)
#define BLOCK_COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define BLOCK_COMPILER "gcc " __VERSION__
#elif defined(_MSC_VER)
#define BLOCK_COMPILER "Visual C++"
#else
#define BLOCK_COMPILER "unknown"
#endif

/* Written once, when the module is loaded; read-only afterwards. */
static const block_isa_t *block_isa = &block_isas[BLOCK_ISAS - 1];

/* D, padded to whole vectors of the instruction set in use. */
static inline int block_padded(int dim) {
    return (dim + block_isa->lanes - 1) / block_isa->lanes * block_isa->lanes;
}

/* One step of gradient ascent on sum over (t, c) of log sigmoid(+-logit): all dot
 * products from the rows as they are, then every sink gains its sum over the outputs
 * and every output its sum over the inputs, both from the old rows.  Rows are stored to
 * while others still wait in registers, so none may be listed twice: it counts twice.
 * Source: Mikolov et al. 2013, arXiv:1310.4546, eqs. 3 and 4.  Differs: word2vec.c
 * updates after each dot product, so that a later one of the same centre word sees
 * the change.  With `shifts`, of the sum over c of log p(first output | c) where p is
 * the softmax of the logits over all outputs (Mikolov et al. 2013, eq. 2; Rong 2014,
 * arXiv:1411.2738, has the gradients). */
static inline void block_update(const block_t *b) {
    if (b->shifts)
        block_isa->softmax(b);
    else
        block_isa->update(b);
}

/* sum (D,) OUT = scale * sum of `count` rows */
static inline void block_gather(float scale, float *const *rows, int count, float *sum,
                                int dim) {
    block_isa->gather(scale, rows, count, sum, dim);
}

/* Each of `count` rows += scale * x (D,); a row that is listed twice gains twice. */
static inline void block_spread(float scale, const float *x, float *const *rows,
                                int count, int dim) {
    block_isa->spread(scale, x, rows, count, dim);
}

/* Bring one worker's copy of a row and the shared row together: what the copy gained
 * since `base`, when they last met, is added to the shared row, and all three end equal.
 * The row behind the shared one is called from memory, since it is mostly the next. */
static inline void block_merge(float *shared, float *mine, float *base, int stride) {
    block_isa->merge(shared, mine, base, stride);
}

/* Put a row on a list of n, or count it once more if it is there; returns the new n. */
static inline int block_list(float **rows, float *counts, int n, float *row) {
    for (int k = 0; k < n; k++)
        if (rows[k] == row) {
            counts[k] += 1.0f;
            return n;
        }
    rows[n] = row;
    counts[n] = 1.0f;
    return n + 1;
}

/* Sum over c of -log p(output that was seen | c), as often as the inputs count. */
static double softmax_loss(const block_t *b) {
    double loss = 0.0;
    for (int c = 0; c < b->n_inputs; c++)
        loss += b->input_counts[c] * ((double)b->shifts[c] - b->logits[c]);
    return loss;
}

/* Sum over (t, c) of -log sigmoid(+-logit), as often as the rows count, from the logits
 * and sigmoids of the last update: -log sigmoid(-x) = max(x, 0) - log sigmoid(|x|), and
 * sigmoid(|x|) is the larger of sigmoid(x) and 1 - sigmoid(x).  These, at least 1/2 each,
 * are multiplied before one logarithm is taken of them all; but those that count more
 * than once, which are few. */
static double block_loss(const block_t *b) {
    double loss = 0.0, product = 1.0;
    if (b->shifts) return softmax_loss(b);
    for (int t = 0; t < b->n_outputs; t++)
        for (int c = 0; c < b->n_inputs; c++) {
            const int64_t k = (int64_t)t * b->n_inputs + c;
            const float wrong = b->labels[t] > 0.5f ? -b->logits[k] : b->logits[k];
            const float count = b->input_counts[c] * b->output_counts[t];
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

#endif
