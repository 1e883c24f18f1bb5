/* The scan with 8 lanes, for x86 processors with AVX-512 and scans of up to 8 channels. */
#if defined(__x86_64__)
#include <immintrin.h>
#define W 8
#define GROUP 4
#include "target.h"
BEGIN_TARGET("avx512f,avx512dq,avx512vl,avx2,fma")
/* Keeps the compiler from fusing a product with the sum that follows it, which is slower here. */
#define UNFUSED(v) ({ V v_ = v; __asm__("" : "+v"(v_)); v_; })
#include "table.h"

INLINE V load(const float *p, int lanes)
{
    return _mm256_maskz_loadu_ps((__mmask8)((1u << lanes) - 1), p);
}

INLINE void store(float *p, V v, int lanes)
{
    _mm256_mask_storeu_ps(p, (__mmask8)((1u << lanes) - 1), v);
}

INLINE V maxv(V a, V b)
{
    return _mm256_max_ps(a, b);
}

INLINE V times_power(V v, V n)
{
    return _mm256_scalef_ps(v, n);
}

INLINE V sixteenth(V k)
{
    return _mm256_permutex2var_ps(_mm256_loadu_ps(sixteenths), (__m256i)k, _mm256_loadu_ps(sixteenths + 8));
}

#include "sums8.h"
#include "kernel.h"
const Variant scan_avx512_narrow = VARIANT("AVX-512 for 8 channels");
END_TARGET
#endif
