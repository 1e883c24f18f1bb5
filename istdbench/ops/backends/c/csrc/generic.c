/* The scan with 4 lanes in portable vector arithmetic, for whatever processor there is. */
#define W 4
#define GROUP 4
#include "vector.h"

INLINE V load(const float *p, int lanes)
{
    V v = {0};
    for (int i = 0; i < lanes; i++)
        v[i] = p[i];
    return v;
}

INLINE void store(float *p, V v, int lanes)
{
    for (int i = 0; i < lanes; i++)
        p[i] = v[i];
}

INLINE V maxv(V a, V b)
{
    I greater = a > b;
    return (V)(((I)a & greater) | ((I)b & ~greater));
}

INLINE V times_power(V v, V n)
{
    V low = (V){0} - 126.0f, high = (V){0} - 127.0f;
    n = -maxv(high, -maxv(low, n));
    return (V)((I)v + ((I)(n + 12582912.0f) << 23));
}

INLINE V quarters(const V *v)
{
    V total;
    for (int i = 0; i < 4; i++)
        total[i] = (v[i][0] + v[i][1]) + (v[i][2] + v[i][3]);
    return total;
}

INLINE V sums(const V *q)
{
    return q[0];
}

#include "polynomial.h"
#include "kernel.h"
const Variant scan_generic = VARIANT("generic");
