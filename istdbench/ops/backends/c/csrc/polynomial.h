/* 2^x by a polynomial alone. */
#pragma once
#include "vector.h"

/* 2^(a b); compiled to fused multiply-adds, which do not round the product. */
INLINE V exp2_product(V a, V b)
{
    V n = nearest(a * b);
    return times_power(power(a * b - n), n);
}
