/* The multi-order selective scan in C: what passes between the caller, scan.c, and the SIMD variants.
   All tensors are dense float32 in row-major order. */
#pragma once
#include <stdint.h>

#define STEPS 16      /* time steps of a block: what the backward pass keeps in the first-level cache */
#define MAX_STATES 64

typedef struct {
    const float *x;         /* (batch, length, channels) */
    const float *dt;        /* (orders, batch, length, channels), before bias and softplus */
    const float *bc;        /* (batch, length, orders, 2, states): B, then C */
    const float *A;         /* (orders, states, channels), times log2(e) */
    const float *D;         /* (orders, channels) */
    const float *bias;      /* (orders, channels) */
    const int64_t *order;   /* (orders, length): step t of order k visits position order[k][t] */
    int64_t orders, batch, length, channels, states, softplus;
} Scan;

typedef struct {
    const float *dy;        /* (batch, length, channels) */
    float *dx;              /* as x */
    float *ddt;             /* as dt */
    float *dbc;             /* (parts, batch, length, orders, 2, states): to be summed over parts */
    float *constants;       /* (chunks, orders, states + 2, channels), zero on entry: A, D, bias; to be summed over chunks */
    float *workspace;       /* (threads, scan_workspace) */
    int64_t parts, chunks;  /* see scan.c */
} Gradients;

typedef struct {
    const char *name;
    int64_t lanes;          /* channels in a vector */
    /* One image, one vector of channels from `channel` on, all orders. */
    void (*forward)(const Scan *, float *y, int64_t image, int64_t channel);
    /* Stores its part of dbc, or adds to it; adds to its chunk of constants. */
    void (*backward)(const Scan *, const Gradients *, int64_t image, int64_t channel, float *dbc, int add,
                     float *constants, float *workspace);
} Variant;

extern const Variant scan_generic;
#if defined(__x86_64__)
extern const Variant scan_avx2, scan_avx512;
#endif
