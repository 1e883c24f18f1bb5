/* Sums over the lanes of vectors of 8. */
#pragma once

INLINE V quarters(const V *v)
{
    return _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
}

INLINE V sums(const V *q)
{
    return _mm256_permute2f128_ps(q[0], q[1], 0x20) + _mm256_permute2f128_ps(q[0], q[1], 0x31);
}
