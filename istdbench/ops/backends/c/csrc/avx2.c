/* The scan with 8 lanes, for x86 processors with AVX2 and FMA. */
#if defined(__x86_64__)
#include <immintrin.h>
#define W 8
#define GROUP 4
#include "target.h"
BEGIN_TARGET("avx2,fma")
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

#include "sums8.h"
#include "polynomial.h"
#include "kernel.h"
const Variant scan_avx2 = VARIANT("AVX2");
END_TARGET
#endif
