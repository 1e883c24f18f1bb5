/* The max-tree of a map by union-find: Berger et al., "Effective component tree computation with application to pattern
   recognition in astronomical imaging", ICIP 2007, with union by size, so that its time stays near-linear.

   The map is padded by one pixel on each side. Pixel 0, in the padding, stands for all of it: the root. */
#include <stdint.h>

/* The root of a pixel in `forest`; paths are halved on the way. */
static int64_t find(int64_t *forest, int64_t pixel)
{
    while (forest[pixel] > 0) {
        if (forest[forest[pixel]] > 0)
            forest[pixel] = forest[forest[pixel]];
        pixel = forest[pixel];
    }
    return pixel;
}

/* score:  the padded map, flat.
   order:  (count) the pixels inside the padding, by ascending score.
   width:  of the padded map.
   parent: (padded) all 0 before; then for each pixel the one that stands for its region at the next lower level, or,
           where the pixel itself stands for no region, the one that stands for its own.
   forest: (padded) scratch, all 0 before. A pixel that was visited has its way to the root of its region so far, or
           as a root less than 0: minus the pixels of the region.
   lowest: (padded) scratch. Of a root: the pixel of the region that was visited last. */
void max_tree(const double *score, const int64_t *order, int64_t count, int64_t width, int64_t *parent,
              int64_t *forest, int64_t *lowest)
{
    const int64_t steps[8] = {-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1};
    for (int64_t visit = count - 1; visit >= 0; visit--) {
        const int64_t pixel = order[visit];
        int64_t own = pixel;
        forest[pixel] = -1;
        lowest[pixel] = pixel;
        for (int step = 0; step < 8; step++) {
            if (forest[pixel + steps[step]] == 0)
                continue;
            int64_t other = find(forest, pixel + steps[step]);
            if (other == own)
                continue;
            parent[lowest[other]] = pixel;
            if (forest[other] < forest[own]) {
                const int64_t larger = other;
                other = own;
                own = larger;
            }
            forest[own] += forest[other];
            forest[other] = own;
            lowest[own] = pixel;
        }
    }
    for (int64_t visit = 0; visit < count; visit++) { /* parents first: each then stands for a region */
        const int64_t pixel = order[visit], above = parent[pixel];
        if (score[above] == score[parent[above]])
            parent[pixel] = parent[above];
    }
}
