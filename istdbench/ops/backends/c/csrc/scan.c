/* Entry points called from Python by ctypes: choice of the SIMD variant, and work shared among threads.

   A scan with images and channels enough for all threads is `dense`: a thread takes an image and a vector of channels
   through all orders, and what is added up in which order depends on shapes alone. Otherwise it is `spread`: orders
   are separate work too, each with a y (or dx) of its own, and so are `pieces` of the sequence: each piece first runs
   from zeros, the results are carried from piece to piece, and then each runs again from its true start. */
#define _DEFAULT_SOURCE
#include "scan.h"
#include <stddef.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif

static int thread_number(void)
{
#ifdef _OPENMP
    return omp_get_thread_num();
#else
    return 0;
#endif
}

/* Variant number i that this processor can run, the fastest first; NULL after the last. */
static const Variant *variant(int i)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        if (i-- == 0)
            return &scan_avx512;
        if (i-- == 0)
            return &scan_avx512_narrow;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && i-- == 0)
        return &scan_avx2;
#elif defined(__aarch64__)
    if (i-- == 0)
        return &scan_neon;
#endif
    return i == 0 ? &scan_generic : NULL;
}

const char *scan_variant(int i)
{
    const Variant *v = variant(i);
    return v ? v->name : NULL;
}

int64_t scan_lanes(int i)
{
    return variant(i)->lanes;
}

/* Ask for huge pages for memory that is about to be filled: a gradient of many small ones costs as much to get from
   the system as to compute. Where there are none nothing changes. */
void scan_huge_pages(char *memory, int64_t bytes)
{
#if defined(__linux__)
    const int64_t huge = 1 << 21;
    char *first = memory + (huge - (intptr_t)memory % huge) % huge;
    if (first + huge <= memory + bytes)
        madvise(first, (memory + bytes - first) / huge * huge, MADV_HUGEPAGE);
#else
    (void)memory, (void)bytes;
#endif
}

static int64_t vectors(const Scan *s, const Variant *v)
{
    return (s->channels + v->lanes - 1) / v->lanes;
}

/* Piece number i of a spread scan; (order, image, vector, piece) in row-major order. Pieces are whole blocks. */
static Span spread(const Scan *s, const Variant *v, int64_t pieces, int64_t i)
{
    int64_t blocks = (s->length + STEPS - 1) / STEPS, piece = i % pieces, item = i / pieces;
    int64_t first = piece * blocks / pieces * STEPS, last = (piece + 1) * blocks / pieces * STEPS;
    int64_t image = item / vectors(s, v) % s->batch, order = item / vectors(s, v) / s->batch;
    return (Span){image, item % vectors(s, v) * v->lanes, order, first, last < s->length ? last : s->length};
}

static int64_t state_size(const Scan *s, const Variant *v)
{
    return (s->states + 1) * v->lanes;
}

/* The state before each piece, which are zeros on entry. */
static void join(const Scan *s, const Variant *v, float *states, int64_t pieces, int threads)
{
    int64_t items = s->orders * s->batch * vectors(s, v), size = state_size(s, v);
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < items * pieces; i++) {
            Span span = spread(s, v, pieces, i);
            if ((i + 1) % pieces)
                v->forward(s, &span, NULL, 0, states + (i + 1) * size);
        }
#pragma omp for schedule(static)
        for (int64_t item = 0; item < items; item++)
            for (int64_t i = item * pieces; i < (item + 1) * pieces - 1; i++) {
                Span span = spread(s, v, pieces, i);
                v->carry(s, &span, states + i * size, states + (i + 1) * size);
            }
    }
    (void)threads;
}

/* The gradient of the state after each piece, which are zeros on entry. */
static void join_back(const Scan *s, const Variant *v, const float *dy, float *laters, int64_t pieces, int threads)
{
    int64_t items = s->orders * s->batch * vectors(s, v), size = state_size(s, v);
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < items * pieces; i++) {
            Span span = spread(s, v, pieces, i);
            if (i % pieces)
                v->retrace(s, &span, dy, laters + (i - 1) * size);
        }
#pragma omp for schedule(static)
        for (int64_t item = 0; item < items; item++)
            for (int64_t i = (item + 1) * pieces - 1; i > item * pieces; i--) {
                Span span = spread(s, v, pieces, i);
                v->carry(s, &span, laters + i * size, laters + (i - 1) * size);
            }
    }
    (void)threads;
}

/* y: (batch, length, channels). */
void scan_forward(const Scan *s, float *y, int threads, int i)
{
    const Variant *v = variant(i);
    int64_t items = s->batch * vectors(s, v);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t item = 0; item < items; item++)
        for (int64_t k = 0; k < s->orders; k++) {
            Span span = {item / vectors(s, v), item % vectors(s, v) * v->lanes, k, 0, s->length};
            v->forward(s, &span, y, k > 0, NULL);
        }
    (void)threads;
}

/* ys: (orders, batch, length, channels), to be summed over orders; states: zeros, (orders, batch, vectors, pieces,
   states + 1, lanes). */
void scan_forward_spread(const Scan *s, float *ys, float *states, int64_t pieces, int threads, int i)
{
    const Variant *v = variant(i);
    int64_t items = s->orders * s->batch * vectors(s, v) * pieces, size = s->batch * s->length * s->channels;
    if (pieces > 1)
        join(s, v, states, pieces, threads);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t item = 0; item < items; item++) {
        Span span = spread(s, v, pieces, item);
        v->forward(s, &span, ys + span.order * size, 0, states + item * state_size(s, v));
    }
    (void)threads;
}

/* Chunk number `chunk` of constants, part number `part` of dproj, and the scratch of this thread. */
static Gradients share(const Scan *s, const Variant *v, const Gradients *g, int64_t chunk, int64_t part)
{
    Gradients mine = *g;
    int64_t blocks = (s->length + STEPS - 1) / STEPS;
    mine.constants += chunk * s->orders * (s->states + 2 + s->rank) * s->channels;
    mine.dproj += part * s->batch * s->length * s->orders * (s->rank + 2 * s->states);
    mine.starts += thread_number() * blocks * s->states * v->lanes;
    return mine;
}

/* Adds parts 1, 2, ... of dproj to part 0, in their order. */
static void add_parts(const Scan *s, float *dproj, int64_t parts, int threads)
{
    int64_t size = s->batch * s->length * s->orders * (s->rank + 2 * s->states);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < size; i++)
        for (int64_t part = 1; part < parts; part++)
            dproj[i] += dproj[part * size + i];
    (void)threads;
}

/* A chunk is a run of images whose gradients of what all images share are added up together; a part is a run of
   channels whose gradients of proj are; the parts of dproj are added up into its first. */
void scan_backward(const Scan *s, const Gradients *g, int64_t chunks, int64_t parts, int threads, int i)
{
    const Variant *v = variant(i);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t item = 0; item < chunks * parts; item++) {
        int64_t chunk = item / parts, part = item % parts;
        int64_t first = part * vectors(s, v) / parts, last = (part + 1) * vectors(s, v) / parts;
        Gradients mine = share(s, v, g, chunk, part);
        for (int64_t image = chunk * s->batch / chunks; image < (chunk + 1) * s->batch / chunks; image++)
            for (int64_t j = first; j < last; j++)
                for (int64_t k = 0; k < s->orders; k++) {
                    Span span = {image, j * v->lanes, k, 0, s->length};
                    mine.add_dx = k > 0;
                    mine.add_dproj = j > first;
                    v->backward(s, &span, &mine, NULL, NULL);
                }
    }
    add_parts(s, g->dproj, parts, threads);
}

/* dx: (orders, batch, length, channels), to be summed over orders; constants have batch * pieces chunks, dproj has a
   part for each vector, added up into the first; states and laters are as in scan_forward_spread. */
void scan_backward_spread(const Scan *s, const Gradients *g, float *states, float *laters, int64_t pieces, int threads,
                          int i)
{
    const Variant *v = variant(i);
    int64_t items = s->orders * s->batch * vectors(s, v) * pieces, size = state_size(s, v);
    if (pieces > 1) {
        join(s, v, states, pieces, threads);
        join_back(s, v, g->dy, laters, pieces, threads);
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t item = 0; item < items; item++) {
        Span span = spread(s, v, pieces, item);
        Gradients mine = share(s, v, g, span.image * pieces + item % pieces, span.channel / v->lanes);
        mine.dx += span.order * s->batch * s->length * s->channels;
        v->backward(s, &span, &mine, states + item * size, laters + item * size);
    }
    add_parts(s, g->dproj, vectors(s, v), threads);
}

/* 2^x of `count` numbers in each thread. */
float scan_exponentials(int64_t count, int threads, int i)
{
    float sum = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : sum)
    for (int thread = 0; thread < threads; thread++)
        sum += variant(i)->exponentials(count);
    return sum;
}
