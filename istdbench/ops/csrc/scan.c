/* Entry points called from Python by ctypes: choice of the SIMD variant, and work shared among threads.
   What is added up in which order depends on shapes alone, so results do not depend on the number of threads. */
#include "scan.h"
#include <stddef.h>
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
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && i-- == 0)
        return &scan_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && i-- == 0)
        return &scan_avx2;
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

/* Whether each order visits each position once; `seen` are orders * length zeros. Memory safety rests on it. */
int scan_permutations(const int64_t *order, int64_t orders, int64_t length, char *seen)
{
    for (int64_t i = 0; i < orders * length; i++) {
        int64_t position = order[i];
        if (position < 0 || position >= length || seen[i / length * length + position]++)
            return 0;
    }
    return 1;
}

/* Floats of workspace a thread: the state before each block, which a single block does not need. */
int64_t scan_workspace(const Scan *s, int i)
{
    int64_t blocks = (s->length + STEPS - 1) / STEPS;
    return blocks * s->states * variant(i)->lanes;
}

void scan_forward(const Scan *s, float *y, int threads, int i)
{
    const Variant *v = variant(i);
    int64_t vectors = (s->channels + v->lanes - 1) / v->lanes;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t item = 0; item < s->batch * vectors; item++)
        v->forward(s, y, item / vectors, item % vectors * v->lanes);
    (void)threads;
}

/* A chunk is a run of images whose gradients of A, D and bias are added up together; a part is a run of channels
   whose gradients of B and C are. */
void scan_backward(const Scan *s, const Gradients *g, int threads, int i)
{
    const Variant *v = variant(i);
    int64_t vectors = (s->channels + v->lanes - 1) / v->lanes;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t item = 0; item < g->chunks * g->parts; item++) {
        int64_t chunk = item / g->parts, part = item % g->parts;
        int64_t first = part * vectors / g->parts, last = (part + 1) * vectors / g->parts;
        float *dbc = g->dbc + part * s->batch * s->length * s->orders * 2 * s->states;
        float *constants = g->constants + chunk * s->orders * (s->states + 2) * s->channels;
        float *workspace = g->workspace + thread_number() * scan_workspace(s, i);
        for (int64_t image = chunk * s->batch / g->chunks; image < (chunk + 1) * s->batch / g->chunks; image++)
            for (int64_t j = first; j < last; j++)
                v->backward(s, g, image, j * v->lanes, dbc, j > first, constants, workspace);
    }
    (void)threads;
}
