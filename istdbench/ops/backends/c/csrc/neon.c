/* The scan with 4 lanes, for 64-bit ARM processors. */
#if defined(__aarch64__)
#include <arm_neon.h>
#define W 4
#define GROUP 8
#include "vector.h"

INLINE V load(const float *p, int lanes)
{
    if (lanes == W)
        return (V)vld1q_f32(p);
    V v = {0};
    for (int i = 0; i < lanes; i++)
        v[i] = p[i];
    return v;
}

INLINE void store(float *p, V v, int lanes)
{
    if (lanes == W)
        vst1q_f32(p, (float32x4_t)v);
    else
        for (int i = 0; i < lanes; i++)
            p[i] = v[i];
}

INLINE V maxv(V a, V b)
{
    return (V)vmaxq_f32((float32x4_t)a, (float32x4_t)b);
}

INLINE V times_power(V v, V n)
{
    float32x4_t in_range = vminq_f32(vdupq_n_f32(127.0f), vmaxq_f32(vdupq_n_f32(-126.0f), (float32x4_t)n));
    return (V)((I)v + ((I)vcvtq_s32_f32(in_range) << 23));
}

INLINE V quarters(const V *v)
{
    float32x4_t a = vpaddq_f32((float32x4_t)v[0], (float32x4_t)v[1]);
    return (V)vpaddq_f32(a, vpaddq_f32((float32x4_t)v[2], (float32x4_t)v[3]));
}

INLINE V sums(const V *q)
{
    return q[0];
}

#include "polynomial.h"
#include "kernel.h"
const Variant scan_neon = VARIANT("NEON");
#endif
