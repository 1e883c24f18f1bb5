/* The scan of a span backward, block by block from its end.

   In the names of forward.h, with dy_t the gradient of y_t and g_t that of h_t:

     g_t[n]       = C_t[n] dy_t + exp(delta_(t+1) A[n]) g_(t+1)[n]           (the recurrence in reverse time)
     q_t[n]       = g_t[n] exp(delta_t A[n]) h_(t-1)[n]                      (the gradient of delta_t A[n])
     s_t          = sum over n of g_t[n] B_t[n]                              (the gradient of delta_t x_t)

     dx_t         = s_t delta_t + D dy_t
     ddelta_t     = s_t x_t + sum over n of q_t[n] A[n]
     ddt_t        = ddelta_t slope_t, slope_t the derivative of the softplus (in block.h)
     dB_t[n]      = sum over channels of g_t[n] delta_t x_t
     dC_t[n]      = sum over channels of h_t[n] dy_t
     dlow_t[r]    = sum over channels of ddt_t dt_proj[r]
     dA[n]        = sum over t of q_t[n] delta_t
     dD           = sum over t of dy_t x_t
     ddt_bias     = sum over t of ddt_t
     ddt_proj[r]  = sum over t of ddt_t low_t[r]

   Nothing is kept from the forward pass. A first run keeps the state before each block in `starts`; then each block,
   from the last to the first, computes its states and decays again. */
#pragma once
#include "forward.h"

#define QUAD 4 /* states whose gradients are found together */

/* Gradients of a block, summed over its states or, dB and dC, over its channels. */
typedef struct {
    V dy[STEPS];
    V through_input[STEPS];         /* s_t */
    V through_decay[STEPS];         /* sum of q_t A, where A is multiplied by log2(e) */
    float bc[STEPS][2][MAX_STATES]; /* dB_t and dC_t */
} BlockGradients;

INLINE void load_dy(BlockGradients *g, const Block *o, const Scan *s, const Span *p, const float *dy)
{
    for (int t = 0; t < o->steps; t++)
        g->dy[t] = load(dy + o->row[t] * s->channels + p->channel, lanes_of(s, p));
}

/* Adds the gradients of QUAD states from number n on, over a block, to g and dA. `start` are the states before the
   block. `later` is exp(delta A) g, what the recurrence hands to the step before: of the step after the block on entry,
   of the first step of the block on return. In the loop, dh is g_t and by_decay is q_t. */
INLINE void differentiate(BlockGradients *g, const Block *o, int64_t n, const V *A, const V *start, V *later, V *dA)
{
    V decay[STEPS][QUAD], h[STEPS + 1][QUAD], dB[STEPS], dC[STEPS], back[QUAD];
    UNROLL for (int i = 0; i < QUAD; i++) {
        h[0][i] = start[i];
        back[i] = later[i];
    }
    for (int t = 0; t < o->steps; t++)
        UNROLL for (int i = 0; i < QUAD; i++) {
            decay[t][i] = exp2_product(o->delta[t], A[i]);
            h[t + 1][i] = decay[t][i] * h[t][i] + o->input[t] * o->B[t][n + i];
        }
    for (int t = o->steps - 1; t >= 0; t--) {
        V through_input = {0}, through_decay = {0}, b[QUAD], c[QUAD];
        UNROLL for (int i = 0; i < QUAD; i++) {
            V dh = back[i] + g->dy[t] * o->C[t][n + i];
            c[i] = g->dy[t] * h[t + 1][i];
            b[i] = dh * o->input[t];
            back[i] = dh * decay[t][i];
            V by_decay = back[i] * h[t][i];
            dA[i] += by_decay * o->delta[t];
            through_input += dh * o->B[t][n + i];
            through_decay += by_decay * A[i];
        }
        g->through_input[t] += through_input;
        g->through_decay[t] += through_decay;
        dB[t] = quarters(b);
        dC[t] = quarters(c);
    }
    for (int t = 0; t < o->steps; t += W / QUAD) {
        V b = sums(dB + t), c = sums(dC + t);
        UNROLL for (int j = 0; j < W / QUAD; j++) {
            memcpy(&g->bc[t + j][0][n], (float *)&b + j * QUAD, QUAD * sizeof(float));
            memcpy(&g->bc[t + j][1][n], (float *)&c + j * QUAD, QUAD * sizeof(float));
        }
    }
    UNROLL for (int i = 0; i < QUAD; i++)
        later[i] = back[i];
}

INLINE void add_to(float *p, V v, int lanes)
{
    store(p, load(p, lanes) + v, lanes);
}

INLINE void set_or_add(float *p, float v, int add)
{
    *p = add ? *p + v : v;
}

/* Stores or adds dlow of a block, and adds to ddt_proj, from ddt. */
INLINE void differentiate_rank(const Scan *s, const Span *p, const Gradients *g, const Block *o, const V *ddt,
                               float *ddt_proj)
{
    int lanes = lanes_of(s, p);
    for (int64_t r = 0; r < s->rank; r++) {
        V w = load(s->dt_proj + (p->order * s->rank + r) * s->channels + p->channel, lanes), dw = {0};
        for (int t = 0; t < o->steps; t += QUAD) {
            V products[QUAD], quarter[W / QUAD] = {0};
            UNROLL for (int i = 0; i < QUAD; i++) {
                products[i] = t + i < o->steps ? ddt[t + i] * w : (V){0};
                dw += t + i < o->steps ? ddt[t + i] * o->low[t + i][r] : (V){0};
            }
            quarter[0] = quarters(products);
            V low = sums(quarter);
            for (int i = 0; i < QUAD && t + i < o->steps; i++)
                set_or_add(g->dproj + (o->row[t + i] * s->orders + p->order) * (s->rank + 2 * s->states) + r, low[i],
                           g->add_dproj);
        }
        add_to(ddt_proj + r * s->channels, dw, lanes);
    }
}

static void retrace(const Scan *s, const Span *p, const float *dy, float *later)
{
    int lanes = lanes_of(s, p);
    const float *A = s->A + p->order * s->states * s->channels + p->channel;
    V back[MAX_STATES], elapsed = {0};
    Block o;
    BlockGradients g;
    load_state(back, s, later);
    for (int64_t start = p->first + (p->last - 1 - p->first) / STEPS * STEPS; start >= p->first; start -= STEPS) {
        load_block(&o, s, p, start, 0);
        load_dy(&g, &o, s, p, dy);
        for (int64_t n = 0; n < s->states; n += QUAD) {
            V a[QUAD];
            load_rows(a, QUAD, A + n * s->channels, s->states - n, s->channels, lanes);
            for (int t = o.steps - 1; t >= 0; t--)
                UNROLL for (int i = 0; i < QUAD; i++)
                    back[n + i] = (back[n + i] + g.dy[t] * o.C[t][n + i]) * exp2_product(o.delta[t], a[i]);
        }
        for (int t = 0; t < o.steps; t++)
            elapsed += o.delta[t];
    }
    save_state(later, back, s);
    memcpy(later + s->states * W, &elapsed, sizeof elapsed);
}

static void backward(const Scan *s, const Span *p, const Gradients *g, const float *state, const float *later)
{
    int lanes = lanes_of(s, p);
    int64_t last = p->first + (p->last - 1 - p->first) / STEPS * STEPS;
    const float *A = s->A + p->order * s->states * s->channels + p->channel;
    float *dA = g->constants + p->order * (s->states + 2 + s->rank) * s->channels + p->channel;
    float *dD = dA + s->states * s->channels;
    V D = load(s->D + p->order * s->channels + p->channel, lanes), dD_sum = {0}, dbias = {0};
    V h[MAX_STATES], back[MAX_STATES], ddt[STEPS];
    Block o;
    BlockGradients sum;
    load_state(h, s, state);
    load_state(back, s, later);
    for (int64_t start = p->first; start < last; start += STEPS) {
        save_state(g->starts + (start - p->first) / STEPS * s->states * W, h, s);
        load_block(&o, s, p, start, 0);
        advance(h, NULL, &o, s, A, lanes);
    }
    for (int64_t start = last; start >= p->first; start -= STEPS) {
        if (start < last)
            load_state(h, s, g->starts + (start - p->first) / STEPS * s->states * W);
        load_block(&o, s, p, start, 1);
        load_dy(&sum, &o, s, p, g->dy);
        for (int t = 0; t < o.steps; t++)
            sum.through_input[t] = sum.through_decay[t] = (V){0};
        for (int64_t n = 0; n < s->states; n += QUAD) {
            V a[QUAD], da[QUAD] = {0};
            load_rows(a, QUAD, A + n * s->channels, s->states - n, s->channels, lanes);
            differentiate(&sum, &o, n, a, h + n, back + n, da);
            for (int i = 0; i < QUAD && n + i < s->states; i++)
                add_to(dA + (n + i) * s->channels, da[i], lanes);
        }
        for (int t = 0; t < o.steps; t++) {
            float *dx = g->dx + o.row[t] * s->channels + p->channel;
            float *dbc = g->dproj + (o.row[t] * s->orders + p->order) * (s->rank + 2 * s->states) + s->rank;
            V dxs = sum.through_input[t] * o.delta[t] + sum.dy[t] * D;
            ddt[t] = (sum.through_input[t] * o.x[t] + sum.through_decay[t] * 0.693147181f) * o.slope[t];
            store(dx, g->add_dx ? load(dx, lanes) + dxs : dxs, lanes);
            if (g->ddt)
                store(g->ddt + (p->order * s->batch * s->length + o.row[t]) * s->channels + p->channel, ddt[t], lanes);
            dD_sum += sum.dy[t] * o.x[t];
            dbias += ddt[t];
            for (int j = 0; j < 2; j++)
                for (int64_t n = 0; n < s->states; n += W) {
                    float *out = dbc + j * s->states + n;
                    int count = s->states - n < W ? (int)(s->states - n) : W;
                    V v = load(&sum.bc[t][j][n], count);
                    store(out, g->add_dproj ? load(out, count) + v : v, count);
                }
        }
        differentiate_rank(s, p, g, &o, ddt, dD + 2 * s->channels);
    }
    add_to(dD, dD_sum, lanes);
    add_to(dD + s->channels, dbias, lanes);
}
