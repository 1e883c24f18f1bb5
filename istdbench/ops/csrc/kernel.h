/* The scan of one vector of channels, forward and backward, in GNU vector arithmetic.
   Included once by each variant, after it has defined W (lanes), GROUP (states advanced together), V and I (vectors
   of W floats and ints), and load, store, maxv, times_power (v 2^n) and sums (over the lanes of each of W vectors). */
#pragma once
#include "scan.h"
#include <string.h>

#define UNROLL _Pragma("GCC unroll 16")
#define QUAD 4 /* states whose gradients are found together */

/* Up to STEPS steps of one order. */
typedef struct {
    int steps;
    int64_t row[STEPS];                                   /* image * length + position */
    V x[STEPS], delta[STEPS], input[STEPS], slope[STEPS]; /* input = delta x; slope = d delta / d dt */
    const float *B[STEPS], *C[STEPS];
    float padded[STEPS][2][MAX_STATES];                   /* holds B and C where GROUP does not divide the states */
} Block;

/* 2^(a b); compiled to fused multiply-adds, which do not round the product. */
INLINE V exp2_product(V a, V b)
{
    V n = nearest(a * b);
    return times_power(power(a * b - n), n);
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

/* The processor foresees rows, but not columns: ask for a step's data before it is due. */
INLINE void prefetch(const Scan *s, const float *y, int64_t image, int64_t channel, int64_t k, int64_t t)
{
    int64_t position = s->order[k * s->length + t], row = image * s->length + position;
    const float *bc = s->bc + (row * s->orders + k) * 2 * s->states;
    __builtin_prefetch(s->dt + (k * s->batch * s->length + row) * s->channels + channel);
    __builtin_prefetch(s->x + row * s->channels + channel);
    __builtin_prefetch(y + row * s->channels + channel);
    __builtin_prefetch(bc);
    __builtin_prefetch(bc + s->states);
}

/* Load the steps from `start` on, with slopes if `slope` is 1; ask for those from `next` on, and for y or dy there. */
INLINE void load_block(Block *o, const Scan *s, const float *y, int64_t image, int64_t channel, int lanes, int64_t k,
                       int64_t start, int64_t next, int slope)
{
    V bias = load(s->bias + k * s->channels + channel, lanes);
    const float *dt = s->dt + (k * s->batch + image) * s->length * s->channels + channel;
    const int64_t *order = s->order + k * s->length + start;
    o->steps = s->length - start < STEPS ? (int)(s->length - start) : STEPS;
    for (int t = 0; t < o->steps; t++) {
        if (next + t >= 0 && next + t < s->length)
            prefetch(s, y, image, channel, k, next + t);
        o->row[t] = image * s->length + order[t];
        o->delta[t] = load(dt + order[t] * s->channels, lanes) + bias;
        if (s->softplus)
            o->delta[t] = softplus(o->delta[t], slope ? &o->slope[t] : NULL);
        else if (slope)
            o->slope[t] = (V){0} + 1.0f;
        o->x[t] = load(s->x + o->row[t] * s->channels + channel, lanes);
        o->input[t] = o->delta[t] * o->x[t];
        o->B[t] = s->bc + (o->row[t] * s->orders + k) * 2 * s->states;
        o->C[t] = o->B[t] + s->states;
        if (s->states % GROUP) {
            memset(o->padded[t], 0, sizeof o->padded[t]);
            o->B[t] = memcpy(o->padded[t][0], o->B[t], s->states * sizeof(float));
            o->C[t] = memcpy(o->padded[t][1], o->C[t], s->states * sizeof(float));
        }
    }
}

/* Row `first` and those after it of (states, channels); zeros beyond the last state. */
INLINE void load_rows(V *rows, int count, const float *p, const Scan *s, int64_t first, int lanes)
{
    UNROLL for (int i = 0; i < count; i++)
        rows[i] = first + i < s->states ? load(p + (first + i) * s->channels, lanes) : (V){0};
}

/* Zeros for all states, also for those that fill up the last group. */
INLINE void clear(V *h, const Scan *s)
{
    for (int64_t n = 0; n < s->states; n += GROUP)
        UNROLL for (int i = 0; i < GROUP; i++)
            h[n + i] = (V){0};
}

/* Move the states over a block; where y is given, add C h to it. */
INLINE void advance(V *h, V *y, const Block *o, const Scan *s, const float *A, int lanes)
{
    for (int64_t n = 0; n < s->states; n += GROUP) {
        V a[GROUP], state[GROUP];
        load_rows(a, GROUP, A, s, n, lanes);
        UNROLL for (int i = 0; i < GROUP; i++)
            state[i] = h[n + i];
        for (int t = 0; t < o->steps; t++) {
            V sum = {0};
            UNROLL for (int i = 0; i < GROUP; i++) {
                state[i] = exp2_product(o->delta[t], a[i]) * state[i] + o->input[t] * o->B[t][n + i];
                if (y)
                    sum += state[i] * o->C[t][n + i];
            }
            if (y)
                y[t] += sum;
        }
        UNROLL for (int i = 0; i < GROUP; i++)
            h[n + i] = state[i];
    }
}

static void forward(const Scan *s, float *y, int64_t image, int64_t channel)
{
    int lanes = s->channels - channel < W ? (int)(s->channels - channel) : W;
    Block o;
    for (int64_t k = 0; k < s->orders; k++) {
        const float *A = s->A + k * s->states * s->channels + channel;
        V D = load(s->D + k * s->channels + channel, lanes);
        V h[MAX_STATES];
        clear(h, s);
        for (int64_t start = 0; start < s->length; start += STEPS) {
            V sum[STEPS];
            load_block(&o, s, y, image, channel, lanes, k, start, start + STEPS, 0);
            for (int t = 0; t < o.steps; t++)
                sum[t] = D * o.x[t];
            advance(h, sum, &o, s, A, lanes);
            for (int t = 0; t < o.steps; t++) {
                float *out = y + o.row[t] * s->channels + channel;
                store(out, k ? load(out, lanes) + sum[t] : sum[t], lanes);
            }
        }
    }
}

/* Gradients that a block sums up. */
typedef struct {
    V dy[STEPS];
    V through_input[STEPS]; /* of delta x */
    V through_decay[STEPS]; /* of delta, by its part in the decay, over ln 2 */
    float bc[STEPS][2][MAX_STATES];
} BlockGradients;

/* Gradients of QUAD states over a block. `start` are the states before it; `later` is the gradient that comes back
   from the steps after it and becomes the one for the steps before it; dA is added to. */
INLINE void differentiate(BlockGradients *g, const Block *o, int64_t n, const V *A, const V *start, V *later, V *dA)
{
    V decay[STEPS][QUAD], h[STEPS + 1][QUAD], dB[STEPS][QUAD], dC[STEPS][QUAD];
    UNROLL for (int i = 0; i < QUAD; i++)
        h[0][i] = start[i];
    for (int t = 0; t < o->steps; t++)
        UNROLL for (int i = 0; i < QUAD; i++) {
            decay[t][i] = exp2_product(o->delta[t], A[i]);
            h[t + 1][i] = decay[t][i] * h[t][i] + o->input[t] * o->B[t][n + i];
        }
    for (int t = o->steps - 1; t >= 0; t--) {
        V through_input = {0}, through_decay = {0};
        UNROLL for (int i = 0; i < QUAD; i++) {
            V dh = later[i] + g->dy[t] * o->C[t][n + i];
            dC[t][i] = g->dy[t] * h[t + 1][i];
            dB[t][i] = dh * o->input[t];
            later[i] = dh * decay[t][i];
            V by_decay = later[i] * h[t][i];
            dA[i] += by_decay * o->delta[t];
            through_input += dh * o->B[t][n + i];
            through_decay += by_decay * A[i];
        }
        g->through_input[t] += through_input;
        g->through_decay[t] += through_decay;
    }
    for (int t = 0; t < o->steps; t += W / QUAD) {
        V b = sums(dB[t]), c = sums(dC[t]);
        UNROLL for (int j = 0; j < W / QUAD; j++) {
            memcpy(&g->bc[t + j][0][n], (float *)&b + j * QUAD, QUAD * sizeof(float));
            memcpy(&g->bc[t + j][1][n], (float *)&c + j * QUAD, QUAD * sizeof(float));
        }
    }
}

INLINE void add_to(float *p, V v, int lanes)
{
    store(p, load(p, lanes) + v, lanes);
}

static void backward(const Scan *s, const Gradients *g, int64_t image, int64_t channel, float *dbc, int add,
                     float *constants, float *workspace)
{
    int lanes = s->channels - channel < W ? (int)(s->channels - channel) : W;
    int64_t last = (s->length - 1) / STEPS * STEPS;
    Block o;
    BlockGradients sum;
    for (int64_t k = 0; k < s->orders; k++) {
        const float *A = s->A + k * s->states * s->channels + channel;
        float *dA = constants + k * (s->states + 2) * s->channels + channel;
        V D = load(s->D + k * s->channels + channel, lanes), dD = {0}, dbias = {0};
        V h[MAX_STATES], later[MAX_STATES];
        clear(h, s);
        clear(later, s);
        for (int64_t start = 0; start < last; start += STEPS) {
            memcpy(workspace + start / STEPS * s->states * W, h, s->states * sizeof(V));
            load_block(&o, s, g->dy, image, channel, lanes, k, start, start + STEPS, 0);
            advance(h, NULL, &o, s, A, lanes);
        }
        for (int64_t start = last; start >= 0; start -= STEPS) {
            if (start < last)
                memcpy(h, workspace + start / STEPS * s->states * W, s->states * sizeof(V));
            load_block(&o, s, g->dy, image, channel, lanes, k, start, start - STEPS, 1);
            for (int t = 0; t < o.steps; t++) {
                sum.dy[t] = load(g->dy + o.row[t] * s->channels + channel, lanes);
                sum.through_input[t] = sum.through_decay[t] = (V){0};
            }
            for (int64_t n = 0; n < s->states; n += QUAD) {
                V a[QUAD], da[QUAD] = {0};
                load_rows(a, QUAD, A, s, n, lanes);
                differentiate(&sum, &o, n, a, h + n, later + n, da);
                for (int i = 0; i < QUAD && n + i < s->states; i++)
                    add_to(dA + (n + i) * s->channels, da[i], lanes);
            }
            for (int t = 0; t < o.steps; t++) {
                float *dx = g->dx + o.row[t] * s->channels + channel;
                float *ddt = g->ddt + (k * s->batch * s->length + o.row[t]) * s->channels + channel;
                float *out = dbc + (o.row[t] * s->orders + k) * 2 * s->states;
                V dxs = sum.through_input[t] * o.delta[t] + sum.dy[t] * D;
                V ddts = (sum.through_input[t] * o.x[t] + sum.through_decay[t] * 0.693147181f) * o.slope[t];
                store(dx, k ? load(dx, lanes) + dxs : dxs, lanes);
                store(ddt, ddts, lanes);
                dD += sum.dy[t] * o.x[t];
                dbias += ddts;
                for (int j = 0; j < 2; j++)
                    for (int64_t n = 0; n < s->states; n++)
                        out[j * s->states + n] = sum.bc[t][j][n] + (add ? out[j * s->states + n] : 0.0f);
            }
        }
        add_to(dA + s->states * s->channels, dD, lanes);
        add_to(dA + (s->states + 1) * s->channels, dbias, lanes);
    }
}
