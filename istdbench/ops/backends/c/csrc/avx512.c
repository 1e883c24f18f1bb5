/* The scan with 16 lanes, for x86 processors with AVX-512. */
#if defined(__x86_64__)
#include <immintrin.h>
#define W 16
#define GROUP 4
#include "target.h"
BEGIN_TARGET("avx512f,avx512dq,avx512vl,avx2,fma")
/* Keeps the compiler from fusing a product with the sum that follows it, which is slower here. */
#define UNFUSED(v) ({ V v_ = v; __asm__("" : "+v"(v_)); v_; })
#include "table.h"

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

INLINE V sixteenth(V k)
{
    return _mm512_permutexvar_ps((__m512i)k, _mm512_loadu_ps(sixteenths));
}

INLINE V quarters(const V *v)
{
    V a = _mm512_unpacklo_ps(v[0], v[1]) + _mm512_unpackhi_ps(v[0], v[1]);
    V b = _mm512_unpacklo_ps(v[2], v[3]) + _mm512_unpackhi_ps(v[2], v[3]);
    __m512d c = _mm512_castps_pd(a), d = _mm512_castps_pd(b);
    return _mm512_castpd_ps(_mm512_unpacklo_pd(c, d)) + _mm512_castpd_ps(_mm512_unpackhi_pd(c, d));
}

INLINE V sums(const V *q)
{
    V low = _mm512_shuffle_f32x4(q[0], q[1], 0x88) + _mm512_shuffle_f32x4(q[0], q[1], 0xdd);
    V high = _mm512_shuffle_f32x4(q[2], q[3], 0x88) + _mm512_shuffle_f32x4(q[2], q[3], 0xdd);
    return _mm512_shuffle_f32x4(low, high, 0x88) + _mm512_shuffle_f32x4(low, high, 0xdd);
}

#include "kernel.h"
const Variant scan_avx512 = VARIANT("AVX-512");
END_TARGET
#endif
