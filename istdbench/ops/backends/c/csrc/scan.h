/* The multi-order selective scan in C: what passes between the caller, scan.c, and the SIMD variants.
   All tensors are dense float32 in row-major order. */
#pragma once
#include <stdint.h>

#define STEPS 16      /* time steps of a block: what the backward pass keeps in the first-level cache */
#define MAX_STATES 64

typedef struct {
    const float *x;         /* (batch, length, channels) */
    const float *dt;        /* (orders, batch, length, channels), or NULL: delta before low rank, bias and softplus */
    const float *proj;      /* (batch, length, orders, rank + 2 states): low-rank delta, B, C */
    const float *dt_proj;   /* (orders, rank, channels) */
    const float *A;         /* (orders, states, channels), times log2(e) */
    const float *D;         /* (orders, channels) */
    const float *bias;      /* (orders, channels) */
    const int64_t *order;   /* (orders, length): step t of order k visits position order[k][t] */
    int64_t orders, batch, length, channels, states, rank, softplus;
} Scan;

/* Steps `first` to `last` - 1 of one order over one image, for one vector of channels from `channel` on. */
typedef struct {
    int64_t image, channel, order, first, last;
} Span;

/* Where the gradients of a span go. */
typedef struct {
    const float *dy;  /* (batch, length, channels) */
    float *dx;        /* as x; added to if `add_dx` */
    float *ddt;       /* as dt, or NULL */
    float *dproj;     /* as proj; added to if `add_dproj` */
    float *constants; /* (orders, states + 2 + rank, channels): A, D, bias, dt_proj; always added to */
    float *starts;    /* (blocks, states, lanes), scratch: the state before each block */
    int add_dx, add_dproj;
} Gradients;

/* One SIMD variant. A state is (states + 1, lanes): h, and the sum of delta since the start of the span. */
typedef struct {
    const char *name;
    int64_t lanes; /* channels in a vector */
    /* Moves `state` over the span, from zeros if NULL; stores y there, or adds to it, unless y is NULL. */
    void (*forward)(const Scan *, const Span *, float *y, int add, float *state);
    /* Moves the gradient `later` of the state after the span to that of the state before it. */
    void (*retrace)(const Scan *, const Span *, const float *dy, float *later);
    /* Runs the span forward and backward and stores all its gradients; from zeros if `state` and `later` are NULL. */
    void (*backward)(const Scan *, const Span *, const Gradients *, const float *state, const float *later);
    /* `next` is the state that a span ends in from zeros; adds what `start`, the state before the span, adds to it. */
    void (*carry)(const Scan *, const Span *, const float *start, float *next);
    /* 2^x of `count` numbers in registers, the roofline of a scan. Its result keeps compilers from leaving it out. */
    float (*exponentials)(int64_t count);
} Variant;

extern const Variant scan_generic;
#if defined(__x86_64__)
extern const Variant scan_avx2, scan_avx512, scan_avx512_narrow;
#endif
#if defined(__aarch64__)
extern const Variant scan_neon;
#endif
