/* Vectors of W floats and what every variant computes with them in the same way. */
#pragma once
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

typedef float V __attribute__((vector_size(4 * W)));
typedef int32_t I __attribute__((vector_size(4 * W)));

/* Adding 1.5 * 2^23 leaves no bits for a fraction. */
INLINE V nearest(V x)
{
    return (x + 12582912.0f) - 12582912.0f;
}

/* 2^r for |r| <= 1/2 to 1.1e-7: minimax, with value and slope at 0 exact, so that slow decays stay slow. */
INLINE V power(V r)
{
    V p = ((0.00133002642f * r + 0.00966970844f) * r + 0.0555055999f) * r + 0.240222816f;
    return (p * r + 0.693147181f) * r + 1.0f;
}
