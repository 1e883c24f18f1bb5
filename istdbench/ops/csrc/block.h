/* Up to STEPS steps of one order, loaded and with delta ready. */
#pragma once
#include "scan.h"
#include <string.h>

typedef struct {
    int steps;
    int64_t row[STEPS];                                   /* image * length + position */
    V x[STEPS], delta[STEPS], input[STEPS], slope[STEPS]; /* input = delta x; slope = d delta / d dt */
    const float *low[STEPS], *B[STEPS], *C[STEPS];
    float padded[STEPS][2][MAX_STATES];                   /* holds B and C where GROUP does not divide the states */
} Block;

INLINE int lanes_of(const Scan *s, const Span *p)
{
    return s->channels - p->channel < W ? (int)(s->channels - p->channel) : W;
}

/* log(1 + e^v) = max(v, 0) + log1p(e), e = e^-|v|; log1p(e) = 2 artanh(e / (2 + e)), of which the odd series.
   Its slope is the logistic function, 1 / (1 + e) for positive v. */
INLINE V softplus(V v, V *slope)
{
    V zero = {0}, t = -maxv(v, -v);
    V n = nearest(t * 1.44269504f);
    V r = t * 1.92596299e-8f + (t * 1.44269502f - n); /* log2(e) in two parts: no digit of a large t is lost */
    V e = times_power(power(r), n);
    V s = e / (2.0f + e), z = s * s;
    V series = ((0.28024458f * z + 0.27999141f) * z + 0.40021699f) * z + 0.66666413f;
    if (slope) {
        I negative = v < zero;
        *slope = (V)(((I)e & negative) | ((I)(zero + 1.0f) & ~negative)) / (1.0f + e);
    }
    return maxv(zero, v) + (series * z + 2.0f) * s;
}

/* The processor foresees rows, but not columns: ask for a step's data before it is due. After the last step of
   `step` the next image is due, at the same place. */
INLINE void prefetch(const Scan *s, const Span *p, const float *y, int64_t step)
{
    int64_t image = p->image;
    if (step < 0 || step >= s->length) {
        step = step < 0 ? step + STEPS : step - s->length;
        image++;
        if (step >= s->length || image >= s->batch)
            return;
    }
    int64_t row = image * s->length + s->order[p->order * s->length + step];
    int64_t width = s->rank + 2 * s->states;
    const char *proj = (const char *)(s->proj + (row * s->orders + p->order) * width);
    for (int64_t byte = 0; byte < width * 4; byte += 64)
        __builtin_prefetch(proj + byte);
    if (s->dt)
        __builtin_prefetch(s->dt + (p->order * s->batch * s->length + row) * s->channels + p->channel);
    __builtin_prefetch(s->x + row * s->channels + p->channel);
    __builtin_prefetch(y + row * s->channels + p->channel);
}

/* Load the steps from `start` on, with slopes if `slope` is 1; ask for those from `next` on, and for y or dy there. */
INLINE void load_block(Block *o, const Scan *s, const Span *p, const float *y, int64_t start, int64_t next, int slope)
{
    int lanes = lanes_of(s, p);
    V bias = load(s->bias + p->order * s->channels + p->channel, lanes);
    const float *dt_proj = s->dt_proj + p->order * s->rank * s->channels + p->channel;
    const int64_t *order = s->order + p->order * s->length;
    o->steps = p->last - start < STEPS ? (int)(p->last - start) : STEPS;
    for (int t = 0; t < o->steps; t++) {
        prefetch(s, p, y, next + t);
        int64_t row = p->image * s->length + order[start + t];
        const float *proj = s->proj + (row * s->orders + p->order) * (s->rank + 2 * s->states);
        o->row[t] = row;
        V delta = bias;
        if (s->dt)
            delta += load(s->dt + (p->order * s->batch * s->length + row) * s->channels + p->channel, lanes);
        for (int64_t r = 0; r < s->rank; r++)
            delta += proj[r] * load(dt_proj + r * s->channels, lanes);
        if (s->softplus)
            delta = softplus(delta, slope ? &o->slope[t] : NULL);
        else if (slope)
            o->slope[t] = (V){0} + 1.0f;
        o->delta[t] = delta;
        o->x[t] = load(s->x + row * s->channels + p->channel, lanes);
        o->input[t] = delta * o->x[t];
        o->low[t] = proj;
        o->B[t] = proj + s->rank;
        o->C[t] = o->B[t] + s->states;
        if (s->states % GROUP) {
            memset(o->padded[t], 0, sizeof o->padded[t]);
            o->B[t] = memcpy(o->padded[t][0], o->B[t], s->states * sizeof(float));
            o->C[t] = memcpy(o->padded[t][1], o->C[t], s->states * sizeof(float));
        }
    }
}

/* `count` rows of (rows, channels), of which there are `rows`; zeros beyond the last. */
INLINE void load_rows(V *v, int count, const float *p, int64_t rows, int64_t channels, int lanes)
{
    UNROLL for (int i = 0; i < count; i++)
        v[i] = i < rows ? load(p + i * channels, lanes) : (V){0};
}

/* All states, also those that fill up the last group; from zeros where there are none. */
INLINE void load_state(V *h, const Scan *s, const float *state)
{
    for (int64_t n = 0; n < s->states; n += GROUP)
        load_rows(h + n, GROUP, state + n * W, state ? s->states - n : 0, W, W);
}

INLINE void save_state(float *state, const V *h, const Scan *s)
{
    memcpy(state, h, s->states * sizeof(V));
}
