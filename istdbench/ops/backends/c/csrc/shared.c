/* What all images of a scan share: its parameters as the kernels read them, and their gradients as the caller does. */
#include "scan.h"
#include <string.h>

/* Whether each order visits each position once; `seen` is scratch of orders * length bytes. Memory safety rests on it. */
static int permutations(const int64_t *order, int64_t orders, int64_t length, char *seen)
{
    memset(seen, 0, orders * length);
    for (int64_t k = 0; k < orders; k++)
        for (int64_t t = 0; t < length; t++) {
            int64_t position = order[k * length + t];
            if (position < 0 || position >= length || seen[k * length + position]++)
                return 0;
        }
    return 1;
}

/* -1e8 to 1e8 of v log2(e): beyond, 2^x for x = delta A loses the fraction of x. */
static float to_base_two(float v)
{
    const float largest = 1e8f;
    v *= 1.44269504f;
    return v < -largest ? -largest : v > largest ? largest : v;
}

/* (rows, columns) to (columns, rows). */
static void transpose(float *to, const float *from, int64_t rows, int64_t columns)
{
    for (int64_t column = 0; column < columns; column++)
        for (int64_t row = 0; row < rows; row++)
            to[column * rows + row] = from[row * columns + column];
}

/* Lays dt_proj, (orders, channels, rank), and A, (orders, channels, states), out as the kernels read them, in
   `scratch`, (orders, rank + states, channels) floats and then orders * length bytes. Returns 0 where the orders are no
   permutations. */
int scan_prepare(Scan *s, const float *dt_proj, const float *A, float *scratch)
{
    int64_t C = s->channels, R = s->rank, N = s->states;
    float *w = scratch, *a = scratch + s->orders * R * C;
    s->dt_proj = w;
    s->A = a;
    for (int64_t k = 0; k < s->orders; k++) {
        transpose(w + k * R * C, dt_proj + k * C * R, C, R);
        transpose(a + k * N * C, A + k * C * N, C, N);
    }
    for (int64_t i = 0; i < s->orders * N * C; i++)
        a[i] = to_base_two(a[i]);
    return permutations(s->order, s->orders, s->length, (char *)(a + s->orders * N * C));
}

/* Adds the chunks of `constants` up, in their order, within the first, and gives the gradients of what all images
   share in the layouts of scan_prepare's arguments. */
void scan_constants(const Scan *s, float *constants, int64_t chunks, float *dt_proj, float *A, float *D, float *bias)
{
    int64_t C = s->channels, R = s->rank, N = s->states, size = (N + 2 + R) * C, all = s->orders * size;
    if (chunks == 0)
        return;
    for (int64_t chunk = 1; chunk < chunks; chunk++)
        for (int64_t i = 0; i < all; i++)
            constants[i] += constants[chunk * all + i];
    for (int64_t k = 0; k < s->orders; k++) {
        const float *of_order = constants + k * size;
        transpose(A + k * C * N, of_order, N, C);
        memcpy(D + k * C, of_order + N * C, C * sizeof(float));
        memcpy(bias + k * C, of_order + (N + 1) * C, C * sizeof(float));
        transpose(dt_proj + k * C * R, of_order + (N + 2) * C, R, C);
    }
}
