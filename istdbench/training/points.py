"""One point a target in the place of its mask: what a click on each target would have made, derived from the masks.

Source: Ying et al., Mapping Degeneration Meets Label Evolution (LESPS), CVPR 2023, arXiv 2304.01484; released code
XinyiYing/LESPS at commit 9292bba, `centroid_anno.m` and `coarse_anno.m`.

A point lies on the grid that the network sees, after `Input.resize`: a stretched point would be several pixels. Of a
coarse point, the code asks that it lies on some target of the image. Ours lies on its own target, and where no draw of
`TRIES` does so, on the target's pixel that is nearest to the centroid.
"""

from __future__ import annotations

import numpy as np

from istdbench.metrics.regions import find_regions

SPREAD = 1 / 4
"""Standard deviation of a coarse point's distance from the centroid, in half sides of the target's bounding box."""
TRIES = 1000


def centroid_points(mask: np.ndarray) -> np.ndarray:
    """The pixel that holds the centroid of each target, which may lie beside a target that is bent.

    Args:
        mask: (H, W) bool.

    Returns:
        (targets,) int64, indices into the flattened mask.
    """
    rows, columns = np.floor(find_regions(mask).centroids).astype(np.int64).T
    return rows * mask.shape[1] + columns


def coarse_points(mask: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A pixel of each target, drawn from a normal distribution around its centroid. As `centroid_points`."""
    targets = find_regions(mask)
    each = zip(targets.each(), targets.centroids, strict=True)
    return np.array([_drawn(pixels, centre, mask, random) for pixels, centre in each], dtype=np.int64)


def _drawn(pixels: np.ndarray, centre: np.ndarray, mask: np.ndarray, random: np.random.Generator) -> int:
    """One of the pixels of a target."""
    places = np.stack(np.divmod(pixels, mask.shape[1]), axis=1)
    half_sides = (np.ptp(places, axis=0) + 1) / 2
    drawn = np.floor(centre + half_sides * SPREAD * random.normal(size=(TRIES, 2))).astype(np.int64)
    rows, columns = np.clip(drawn, 0, np.array(mask.shape) - 1).T
    tried = rows * mask.shape[1] + columns
    hits = tried[np.isin(tried, pixels)]
    return int(hits[0] if hits.size else pixels[np.square(places - centre).sum(axis=1).argmin()])
