/* x86-64: the vector operations in AVX-512; block.h documents them. */
#ifndef W2VFAST_SIMD_AVX512_H
#define W2VFAST_SIMD_AVX512_H

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(                                        \
    __attribute__((target("avx512f,avx512dq,avx512vl,fma,prfchw"))), \
    apply_to = function)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,fma,prfchw")
#endif

#define VEC_LANES 16
#define DOT_INPUTS 4
#define DOT_OUTPUTS 12
#define DOT_SQUARE 12
#define DOT_SUMS 24
#define GRAM_INPUTS 6
#define UPDATE_INPUTS 10
#define UPDATE_SUMS 12
#define ISA(name) name##_avx512

typedef __m512 vec_avx512;
BLOCK_INLINE vec_avx512 load_avx512(const float *p) { return _mm512_loadu_ps(p); }
BLOCK_INLINE vec_avx512 load_once_avx512(const float *p) {
    vec_avx512 v = load_avx512(p);
    BLOCK_IN_REGISTER(v, "v");
    return v;
}
BLOCK_INLINE void store_avx512(float *p, vec_avx512 v) { _mm512_storeu_ps(p, v); }
BLOCK_INLINE vec_avx512 fill_avx512(float x) { return _mm512_set1_ps(x); }
BLOCK_INLINE vec_avx512 fma_avx512(vec_avx512 a, vec_avx512 b, vec_avx512 c) {
    return _mm512_fmadd_ps(a, b, c);
}
BLOCK_INLINE vec_avx512 add_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_add_ps(a, b);
}
BLOCK_INLINE vec_avx512 sub_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_sub_ps(a, b);
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
BLOCK_INLINE void transpose_quads_avx512(vec_avx512 *v) {
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
BLOCK_INLINE vec_avx512 max_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_max_ps(a, b);
}
BLOCK_INLINE vec_avx512 round_avx512(vec_avx512 v) {
    return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
BLOCK_INLINE vec_avx512 pow2_avx512(vec_avx512 n) {
    return _mm512_scalef_ps(fill_avx512(1.0f), n);
}
BLOCK_INLINE vec_avx512 reciprocal_avx512(vec_avx512 v) {
    return _mm512_div_ps(fill_avx512(1.0f), v);
}
/* Halves of two vectors in one, then quads of four in one, then the lanes of the quads:
 * half the shuffles of separate sums, which only one port executes. */
BLOCK_INLINE vec_avx512 halves_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x4E),
                         _mm512_mask_blend_ps(0xFF00, a, b));
}
BLOCK_INLINE vec_avx512 quad_sums_avx512(const vec_avx512 *v) {
    const vec_avx512 a = halves_avx512(v[0], v[1]), b = halves_avx512(v[2], v[3]);
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88),
                         _mm512_shuffle_f32x4(a, b, 0xDD));
}
BLOCK_INLINE vec_avx512 pair_sums_avx512(vec_avx512 a, vec_avx512 b) {
    return _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xDD));
}
BLOCK_INLINE vec_avx512 lane_sums_avx512(const vec_avx512 *v, const int n) {
    const vec_avx512 a = quad_sums_avx512(v), b = n > 4 ? quad_sums_avx512(v + 4) : a;
    const vec_avx512 c = n > 8 ? quad_sums_avx512(v + 8) : a;
    const vec_avx512 d = n > 12 ? quad_sums_avx512(v + 12) : c;
    const vec_avx512 pairs = pair_sums_avx512(a, b);
    const vec_avx512 sums =
        pair_sums_avx512(pairs, n > 8 ? pair_sums_avx512(c, d) : pairs);
    const __m512i quads_of_lanes =
        _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    return _mm512_permutexvar_ps(quads_of_lanes, sums);
}

#include "block_kernel.h"
#include "exact_kernel.h"
#include "cosine_kernel.h"
#include "exp_sum_kernel.h"
#include "simd_end.h"

#if defined(__clang__)
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif

#endif
