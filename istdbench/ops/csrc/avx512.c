/* The scan with 16 lanes, for x86 processors with AVX-512. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx2,fma")
#endif
#include <immintrin.h>
#define W 16
#define GROUP 8
#include "vector.h"

INLINE V load(const float *p, int lanes)
{
    return _mm512_maskz_loadu_ps((__mmask16)((1u << lanes) - 1), p);
}

INLINE void store(float *p, V v, int lanes)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << lanes) - 1), v);
}

INLINE V maxv(V a, V b)
{
    return _mm512_max_ps(a, b);
}

INLINE V times_power(V v, V n)
{
    return _mm512_scalef_ps(v, n);
}

/* Lane i of the result is the sum over the lanes of v[i]. */
INLINE V sums(const V *v)
{
    V quarter[4], half[2];
    for (int i = 0; i < 4; i++) {
        const V *q = v + 4 * i;
        __m512 a = _mm512_unpacklo_ps(q[0], q[1]) + _mm512_unpackhi_ps(q[0], q[1]);
        __m512 b = _mm512_unpacklo_ps(q[2], q[3]) + _mm512_unpackhi_ps(q[2], q[3]);
        __m512d c = _mm512_castps_pd(a), d = _mm512_castps_pd(b);
        quarter[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(c, d)) + _mm512_castpd_ps(_mm512_unpackhi_pd(c, d));
    }
    for (int i = 0; i < 2; i++)
        half[i] = _mm512_shuffle_f32x4(quarter[2 * i], quarter[2 * i + 1], 0x88) +
                  _mm512_shuffle_f32x4(quarter[2 * i], quarter[2 * i + 1], 0xdd);
    return _mm512_shuffle_f32x4(half[0], half[1], 0x88) + _mm512_shuffle_f32x4(half[0], half[1], 0xdd);
}

#include "kernel.h"
const Variant scan_avx512 = {"AVX-512", W, forward, backward};
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
