/* 2^x by a table of sixteenths, for processors that keep it in registers. */
#pragma once
#include "vector.h"

static const float sixteenths[16] = { /* 2^(i / 16) */
    1.0f, 1.04427373f, 1.09050775f, 1.13878858f, 1.18920708f, 1.24185777f, 1.29683959f, 1.35425556f,
    1.41421354f, 1.47682619f, 1.54221082f, 1.61049032f, 1.68179286f, 1.75625217f, 1.8340081f, 1.91520655f,
};

INLINE V times_power(V v, V n);
/* The entry whose index is in the last four bits of each lane. */
INLINE V sixteenth(V index);

/* 2^(a b), to 1e-7 of an exact product: x = k + r, k in sixteenths, |r| <= 1/32; 2^r is a minimax cubic with value and
   slope at 0 exact, so that slow decays stay slow. Adding 1.5 * 2^19 leaves four bits for a fraction. */
INLINE V exp2_product(V a, V b)
{
    V x = UNFUSED(a * b), t = x + 786432.0f, k = t - 786432.0f, r = x - k;
    V entry = sixteenth(t), p = (0.0555033900f * r + 0.240234270f) * r + 0.693147181f;
    return times_power((r * p) * entry + entry, k);
}
