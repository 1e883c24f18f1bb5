/* A block: up to STEPS steps of one order, loaded for W channels, with their step sizes computed.

     raw_t   = dt_bias + dt_t + sum over r of dt_proj[r] low_t[r]
     delta_t = softplus(raw_t) = log(1 + exp(raw_t)), or raw_t itself where the scan has no softplus
     slope_t = the derivative of delta_t by raw_t, for the backward pass
     input_t = delta_t x_t, which B_t multiplies

   x, dt, delta, slope and input are vectors over channels; low, B and C are numbers that all channels share. */
#pragma once
#include "scan.h"
#include <string.h>

typedef struct {
    int steps;
    int64_t row[STEPS];                 /* image * length + position */
    V x[STEPS], delta[STEPS], input[STEPS], slope[STEPS];
    const float *low[STEPS], *B[STEPS], *C[STEPS];
    float padded[STEPS][2][MAX_STATES]; /* holds B and C where GROUP does not divide the states */
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

/* Loads the steps from `start` on; computes the slopes only if `slope` is 1. */
INLINE void load_block(Block *o, const Scan *s, const Span *p, int64_t start, int slope)
{
    int lanes = lanes_of(s, p), steps = p->last - start < STEPS ? (int)(p->last - start) : STEPS;
    int64_t channels = s->channels, rank = s->rank, states = s->states, base = p->image * s->length;
    int64_t step = s->orders * (rank + 2 * states);
    const float *proj = s->proj + base * step + p->order * (rank + 2 * states);
    const float *x = s->x + base * channels + p->channel;
    const float *dt = s->dt ? s->dt + (p->order * s->batch * s->length + base) * channels + p->channel : NULL;
    const float *dt_proj = s->dt_proj + p->order * rank * channels + p->channel;
    const int64_t *order = s->order + p->order * s->length + start;
    V bias = load(s->bias + p->order * channels + p->channel, lanes);
    o->steps = steps;
    for (int t = 0; t < steps; t++) {
        int64_t position = order[t];
        const float *low = proj + position * step;
        o->row[t] = base + position;
        o->low[t] = low;
        o->B[t] = low + rank;
        o->C[t] = low + rank + states;
        o->x[t] = load(x + position * channels, lanes);
        V delta = dt ? bias + load(dt + position * channels, lanes) : bias;
        for (int64_t r = 0; r < rank; r++)
            delta += low[r] * load(dt_proj + r * channels, lanes);
        o->delta[t] = delta;
    }
    for (int t = 0; t < steps; t++) {
        if (s->softplus)
            o->delta[t] = softplus(o->delta[t], slope ? &o->slope[t] : NULL);
        else if (slope)
            o->slope[t] = (V){0} + 1.0f;
        o->input[t] = o->delta[t] * o->x[t];
    }
    if (states % GROUP)
        for (int t = 0; t < steps; t++) {
            memset(o->padded[t], 0, sizeof o->padded[t]);
            o->B[t] = memcpy(o->padded[t][0], o->B[t], states * sizeof(float));
            o->C[t] = memcpy(o->padded[t][1], o->C[t], states * sizeof(float));
        }
}

/* Loads `count` rows of channels from p, where only `rows` are left: those beyond are zeros. */
INLINE void load_rows(V *v, int count, const float *p, int64_t rows, int64_t channels, int lanes)
{
    UNROLL for (int i = 0; i < count; i++)
        v[i] = i < rows ? load(p + i * channels, lanes) : (V){0};
}

/* Loads all states, with zeros where GROUP does not divide their number; all zeros if `state` is NULL. */
INLINE void load_state(V *h, const Scan *s, const float *state)
{
    for (int64_t n = 0; n < s->states; n += GROUP)
        load_rows(h + n, GROUP, state + n * W, state ? s->states - n : 0, W, W);
}

INLINE void save_state(float *state, const V *h, const Scan *s)
{
    memcpy(state, h, s->states * sizeof(V));
}
