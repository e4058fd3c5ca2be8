/* x86-64: the vector operations in AVX2 with FMA; block.h documents them. */
#ifndef W2VFAST_SIMD_AVX2_H
#define W2VFAST_SIMD_AVX2_H

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
#define GRAM_INPUTS 5
#define UPDATE_INPUTS 10
#define UPDATE_SUMS 8
#define ISA(name) name##_avx2

typedef __m256 vec_avx2;
BLOCK_INLINE vec_avx2 load_avx2(const float *p) { return _mm256_loadu_ps(p); }
BLOCK_INLINE vec_avx2 load_once_avx2(const float *p) {
    vec_avx2 v = load_avx2(p);
    BLOCK_IN_REGISTER(v, "x");
    return v;
}
BLOCK_INLINE void store_avx2(float *p, vec_avx2 v) { _mm256_storeu_ps(p, v); }
BLOCK_INLINE vec_avx2 fill_avx2(float x) { return _mm256_set1_ps(x); }
BLOCK_INLINE vec_avx2 fma_avx2(vec_avx2 a, vec_avx2 b, vec_avx2 c) {
    return _mm256_fmadd_ps(a, b, c);
}
BLOCK_INLINE vec_avx2 add_avx2(vec_avx2 a, vec_avx2 b) { return _mm256_add_ps(a, b); }
BLOCK_INLINE vec_avx2 sub_avx2(vec_avx2 a, vec_avx2 b) { return _mm256_sub_ps(a, b); }
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
BLOCK_INLINE void transpose_quads_avx2(vec_avx2 *v) {
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
BLOCK_INLINE vec_avx2 max_avx2(vec_avx2 a, vec_avx2 b) { return _mm256_max_ps(a, b); }
BLOCK_INLINE vec_avx2 round_avx2(vec_avx2 v) {
    return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
BLOCK_INLINE vec_avx2 pow2_avx2(vec_avx2 n) {
    __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
}
BLOCK_INLINE vec_avx2 reciprocal_avx2(vec_avx2 v) {
    return _mm256_div_ps(fill_avx2(1.0f), v);
}
BLOCK_INLINE vec_avx2 half_sums_avx2(const vec_avx2 *v) {
    return _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
}
BLOCK_INLINE vec_avx2 lane_sums_avx2(const vec_avx2 *v, const int n) {
    const vec_avx2 a = half_sums_avx2(v), b = n > 4 ? half_sums_avx2(v + 4) : a;
    return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20),
                         _mm256_permute2f128_ps(a, b, 0x31));
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
