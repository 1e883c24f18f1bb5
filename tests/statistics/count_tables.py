"""Random tables of per-image counts that could have been counted."""

from __future__ import annotations

import numpy as np

from istdbench.metrics.counts import ImageCounts, to_table


def random_table(rng: np.random.Generator, images: int) -> np.ndarray:
    """(images, 9) int64; some images without targets, some without predictions, some with neither."""

    def image() -> ImageCounts:
        targets, regions = rng.integers(4), rng.integers(4)
        detected = rng.integers(min(targets, regions) + 1)
        true_positive = int(detected * rng.integers(1, 30))
        false_regions = regions - detected
        false_pixels = int(false_regions * rng.integers(1, 9))
        return ImageCounts(
            pixels=int(rng.integers(400, 900)),
            true_positive=true_positive,
            false_positive=false_pixels + (int(rng.integers(5)) if detected else 0),
            false_negative=int(rng.integers(1, 9)) * int(targets > 0),
            targets=int(targets),
            detected=int(detected),
            regions=int(regions),
            false_regions=int(false_regions),
            false_pixels=false_pixels,
        )

    return to_table(image() for _ in range(images))
