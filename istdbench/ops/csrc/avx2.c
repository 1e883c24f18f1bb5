/* The scan with 8 lanes, for x86 processors with AVX2 and FMA. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#include <immintrin.h>
#define W 8
#define GROUP 4
#include "vector.h"

INLINE __m256i first(int lanes)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE V load(const float *p, int lanes)
{
    return lanes == W ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, first(lanes));
}

INLINE void store(float *p, V v, int lanes)
{
    if (lanes == W)
        _mm256_storeu_ps(p, v);
    else
        _mm256_maskstore_ps(p, first(lanes), v);
}

INLINE V maxv(V a, V b)
{
    return _mm256_max_ps(a, b);
}

INLINE V times_power(V v, V n)
{
    n = _mm256_min_ps(_mm256_set1_ps(127.0f), _mm256_max_ps(_mm256_set1_ps(-126.0f), n));
    return (V)((I)v + ((I)_mm256_cvtps_epi32(n) << 23));
}

/* Lane i of the result is the sum over the lanes of v[i]. */
INLINE V sums(const V *v)
{
    V half[2];
    for (int i = 0; i < 2; i++) {
        const V *q = v + 4 * i;
        half[i] = _mm256_hadd_ps(_mm256_hadd_ps(q[0], q[1]), _mm256_hadd_ps(q[2], q[3]));
    }
    return _mm256_permute2f128_ps(half[0], half[1], 0x20) + _mm256_permute2f128_ps(half[0], half[1], 0x31);
}

#include "kernel.h"
const Variant scan_avx2 = {"AVX2", W, forward, backward};
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
