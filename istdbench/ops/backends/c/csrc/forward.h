/* The scan of a span forward, and how spans are joined.

   For one image, one order and W channels side by side, in the names of ScanInputs (istdbench/ops/contract.py), where
   step t visits the position order[t] and n counts the states:

     delta_t = softplus(dt_proj low_t + dt_t + dt_bias)                      (in block.h)
     h_t[n]  = exp(delta_t A[n]) h_(t-1)[n] + delta_t x_t B_t[n]             (in advance)
     y_t     = sum over n of C_t[n] h_t[n] + D x_t

   The caller has multiplied A by log2(e), so the decay exp(delta_t A) is computed as a power of two.

   The recurrence is linear in h: a span that makes h of zeros makes h + exp(A * sum of delta_t) h_0 of a state h_0.
   So the spans of a sequence can run side by side, each from zeros, and `carry` then joins them. */
#pragma once
#include "block.h"

/* Moves the states h over a block, in groups that stay in registers. Adds C_t h_t to y[t] unless y is NULL. */
INLINE void advance(V *h, V *y, const Block *o, const Scan *s, const float *A, int lanes)
{
    for (int64_t n = 0; n < s->states; n += GROUP) {
        V a[GROUP], state[GROUP];
        load_rows(a, GROUP, A + n * s->channels, s->states - n, s->channels, lanes);
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

static void forward(const Scan *s, const Span *p, float *y, int add, float *state)
{
    int lanes = lanes_of(s, p);
    const float *A = s->A + p->order * s->states * s->channels + p->channel;
    V D = load(s->D + p->order * s->channels + p->channel, lanes), elapsed = {0};
    V h[MAX_STATES];
    Block o;
    load_state(h, s, state);
    for (int64_t start = p->first; start < p->last; start += STEPS) {
        V sum[STEPS];
        load_block(&o, s, p, start, 0);
        if (y) {
            for (int t = 0; t < o.steps; t++)
                sum[t] = D * o.x[t];
            advance(h, sum, &o, s, A, lanes);
            for (int t = 0; t < o.steps; t++) {
                float *out = y + o.row[t] * s->channels + p->channel;
                store(out, add ? load(out, lanes) + sum[t] : sum[t], lanes);
            }
        } else {
            advance(h, NULL, &o, s, A, lanes);
            for (int t = 0; t < o.steps; t++)
                elapsed += o.delta[t];
        }
    }
    if (state) {
        save_state(state, h, s);
        memcpy(state + s->states * W, &elapsed, sizeof elapsed);
    }
}

static void carry(const Scan *s, const Span *p, const float *start, float *next)
{
    int lanes = lanes_of(s, p);
    const float *A = s->A + p->order * s->states * s->channels + p->channel;
    V elapsed = load(next + s->states * W, W);
    for (int64_t n = 0; n < s->states; n++) {
        V decay = exp2_product(elapsed, load(A + n * s->channels, lanes));
        store(next + n * W, load(next + n * W, W) + decay * load(start + n * W, W), W);
    }
}

static float exponentials(int64_t count)
{
    V x = {0}, a[GROUP], sum[GROUP] = {0};
    for (int i = 0; i < GROUP; i++)
        a[i] = (V){0} - 0.1f * i;
    for (int64_t done = 0; done < count; done += GROUP * W) {
        x += 1e-6f;
        UNROLL for (int i = 0; i < GROUP; i++)
            sum[i] += exp2_product(x, a[i]);
    }
    for (int i = 1; i < GROUP; i++)
        sum[0] += sum[i];
    return sum[0][0];
}
