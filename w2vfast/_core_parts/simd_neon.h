/* arm64: the vector operations in NEON; block.h documents them. */
#ifndef W2VFAST_SIMD_NEON_H
#define W2VFAST_SIMD_NEON_H

#include <arm_neon.h>

#define VEC_LANES 4
#define DOT_INPUTS 4
#define DOT_OUTPUTS 12
#define DOT_SQUARE 12
#define DOT_SUMS 24
#define GRAM_INPUTS 6
#define UPDATE_INPUTS 10
#define UPDATE_SUMS 12
#define ISA(name) name##_neon

typedef float32x4_t vec_neon;
BLOCK_INLINE vec_neon load_neon(const float *p) { return vld1q_f32(p); }
BLOCK_INLINE vec_neon load_once_neon(const float *p) {
    vec_neon v = load_neon(p);
    BLOCK_IN_REGISTER(v, "w");
    return v;
}
BLOCK_INLINE void store_neon(float *p, vec_neon v) { vst1q_f32(p, v); }
BLOCK_INLINE vec_neon fill_neon(float x) { return vdupq_n_f32(x); }
BLOCK_INLINE vec_neon fma_neon(vec_neon a, vec_neon b, vec_neon c) {
    return vfmaq_f32(c, a, b);
}
BLOCK_INLINE vec_neon add_neon(vec_neon a, vec_neon b) { return vaddq_f32(a, b); }
BLOCK_INLINE vec_neon sub_neon(vec_neon a, vec_neon b) { return vsubq_f32(a, b); }
BLOCK_INLINE vec_neon mul_neon(vec_neon a, vec_neon b) { return vmulq_f32(a, b); }
BLOCK_INLINE vec_neon unpack_low_neon(vec_neon a, vec_neon b) {
    return vzip1q_f32(a, b);
}
BLOCK_INLINE vec_neon unpack_high_neon(vec_neon a, vec_neon b) {
    return vzip2q_f32(a, b);
}
BLOCK_INLINE vec_neon pair_low_neon(vec_neon a, vec_neon b) {
    return vcombine_f32(vget_low_f32(a), vget_low_f32(b));
}
BLOCK_INLINE vec_neon pair_high_neon(vec_neon a, vec_neon b) {
    return vcombine_f32(vget_high_f32(a), vget_high_f32(b));
}
BLOCK_INLINE void transpose_quads_neon(vec_neon *v) { (void)v; }
BLOCK_INLINE vec_neon quads_neon(float *const *rows, const int Q, int i) {
    (void)Q;
    return vld1q_f32(rows[0] + i);
}
BLOCK_INLINE vec_neon quad_neon(const float *p) { return vld1q_f32(p); }
BLOCK_INLINE vec_neon clip_neon(vec_neon v, float limit) {
    return vminnmq_f32(vmaxnmq_f32(v, fill_neon(-limit)), fill_neon(limit));
}
BLOCK_INLINE vec_neon max_neon(vec_neon a, vec_neon b) { return vmaxq_f32(a, b); }
BLOCK_INLINE vec_neon round_neon(vec_neon v) { return vrndnq_f32(v); }
BLOCK_INLINE vec_neon pow2_neon(vec_neon n) {
    int32x4_t biased = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
    return vreinterpretq_f32_s32(vshlq_n_s32(biased, 23));
}
BLOCK_INLINE vec_neon reciprocal_neon(vec_neon v) {
    return vdivq_f32(fill_neon(1.0f), v);
}
BLOCK_INLINE vec_neon lane_sums_neon(const vec_neon *v, const int n) {
    (void)n;
    return vpaddq_f32(vpaddq_f32(v[0], v[1]), vpaddq_f32(v[2], v[3]));
}

#include "block_kernel.h"
#include "exact_kernel.h"
#include "cosine_kernel.h"
#include "exp_sum_kernel.h"
#include "simd_end.h"

#endif
