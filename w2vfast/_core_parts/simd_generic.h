/* Vector operations without an instruction set: four lanes, which compilers map to SSE2
 * or NEON where they can; plain loops elsewhere.  block.h documents the operations. */
#ifndef W2VFAST_SIMD_GENERIC_H
#define W2VFAST_SIMD_GENERIC_H

#define VEC_LANES 4
#define DOT_INPUTS 2
#define DOT_OUTPUTS 8
#define DOT_SQUARE 8
#define DOT_SUMS 8
#define GRAM_INPUTS 4
#define UPDATE_INPUTS 4
#define UPDATE_SUMS 4
#define ISA(name) name##_generic

#if defined(__GNUC__) || defined(__clang__)
typedef float vec_generic __attribute__((vector_size(16), aligned(4), may_alias));
BLOCK_INLINE vec_generic load_generic(const float *p) {
    return *(const vec_generic *)p;
}
BLOCK_INLINE void store_generic(float *p, vec_generic v) { *(vec_generic *)p = v; }
BLOCK_INLINE vec_generic fill_generic(float x) { return (vec_generic){x, x, x, x}; }
BLOCK_INLINE vec_generic fma_generic(vec_generic a, vec_generic b, vec_generic c) {
    return a * b + c;
}
BLOCK_INLINE vec_generic add_generic(vec_generic a, vec_generic b) { return a + b; }
BLOCK_INLINE vec_generic sub_generic(vec_generic a, vec_generic b) { return a - b; }
BLOCK_INLINE vec_generic mul_generic(vec_generic a, vec_generic b) { return a * b; }
#else
typedef struct {
    float lane[VEC_LANES];
} vec_generic;
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
BLOCK_INLINE vec_generic sub_generic(vec_generic a, vec_generic b) {
    for (int l = 0; l < VEC_LANES; l++) a.lane[l] -= b.lane[l];
    return a;
}
BLOCK_INLINE vec_generic mul_generic(vec_generic a, vec_generic b) {
    for (int l = 0; l < VEC_LANES; l++) a.lane[l] *= b.lane[l];
    return a;
}
#endif
BLOCK_INLINE vec_generic load_once_generic(const float *p) { return load_generic(p); }

#define SHUFFLE_GENERIC(a, b, c, d)                                  \
    float lanes[2 * VEC_LANES];                                      \
    store_generic(lanes, v);                                         \
    store_generic(lanes + VEC_LANES, w);                             \
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
BLOCK_INLINE vec_generic quads_generic(float *const *rows, const int Q, int i) {
    (void)Q;
    return load_generic(rows[0] + i);
}
BLOCK_INLINE vec_generic quad_generic(const float *p) { return load_generic(p); }
BLOCK_INLINE void transpose_quads_generic(vec_generic *v) { (void)v; }

/* Lane by lane, because compilers have no vector operation for these. */
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
#else /* 32-bit x86 without SSE rounds a sum to float only when it stores it */
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
BLOCK_INLINE vec_generic pow2_generic(vec_generic v) {
    LANES_GENERIC(pow2_lane(lanes[l]));
}
BLOCK_INLINE vec_generic reciprocal_generic(vec_generic v) {
    LANES_GENERIC(1.0f / lanes[l]);
}
BLOCK_INLINE vec_generic max_generic(vec_generic v, vec_generic w) {
    float others[VEC_LANES];
    store_generic(others, w);
    LANES_GENERIC(lanes[l] > others[l] ? lanes[l] : others[l]);
}
BLOCK_INLINE vec_generic lane_sums_generic(const vec_generic *v, const int n) {
    float lanes[4 * VEC_LANES], sums[VEC_LANES];
    (void)n;
    for (int k = 0; k < 4; k++) store_generic(lanes + k * VEC_LANES, v[k]);
    for (int k = 0; k < 4; k++) {
        const float *l = lanes + k * VEC_LANES;
        sums[k] = (l[0] + l[1]) + (l[2] + l[3]);
    }
    return load_generic(sums);
}

#include "block_kernel.h"
#include "exact_kernel.h"
#include "cosine_kernel.h"
#include "exp_sum_kernel.h"
#include "simd_end.h"

#endif
