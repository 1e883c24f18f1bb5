"""Detections as COCO JSON: images, one category and annotations with scores, which COCO's own tools read.

https://cocodataset.org/#format-data: boxes are left, top, width and height in pixels; a segmentation is run-length
encoded, uncompressed, column by column, and begins with the number of pixels outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from istdbench.detection.detections import Detection
from istdbench.metrics.regions import Regions

CATEGORY = {"id": 1, "name": "target", "supercategory": ""}


def annotate(detections: Iterable[Detection], regions: Regions, shape: tuple[int, int]) -> list[dict[str, Any]]:
    """The detections of one image (H, W) without ids; `regions` are those that they were made of."""
    by_region = regions.pixels[np.argsort(regions.owners, kind="stable")]  # sorted once: noise has many regions
    parts = np.split(by_region, np.cumsum(regions.areas)[:-1])
    return [
        {
            "category_id": CATEGORY["id"],
            "bbox": list(found.box),
            "area": found.area,
            "score": found.score,
            "segmentation": {
                "size": list(shape),
                "counts": run_lengths(pixels, shape),
            },
            "iscrowd": 0,
        }
        for found, pixels in zip(detections, parts, strict=False)
    ]


def run_lengths(pixels: np.ndarray, shape: tuple[int, int]) -> list[int]:
    """Lengths of the runs outside and inside a region in turn, down each column of an image (H, W) after the other.

    Args:
        pixels: (n,) indices into the flattened image.

    >>> run_lengths(np.array([1, 4]), (2, 3))  # the middle column
    [2, 2, 2]
    """
    height, width = shape
    rows, columns = np.divmod(pixels, width)
    inside = np.sort(columns * height + rows)
    breaks = np.flatnonzero(np.diff(inside) > 1)
    starts, ends = inside[np.r_[0, breaks + 1]], inside[np.r_[breaks, len(inside) - 1]] + 1
    edges = np.r_[0, np.stack([starts, ends], axis=1).ravel(), height * width]
    return np.diff(edges).tolist()


def document(
    images: Iterable[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]], about: Mapping[str, Any]
) -> dict[str, Any]:
    """The whole file, of images with their annotations; ids are given here, from 1.

    Args:
        about: how the detections were made, which stands in `info`.
    """
    shown: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for image, its in images:
        shown.append({"id": len(shown) + 1, **image})
        found += [{"id": len(found) + place, "image_id": len(shown), **each} for place, each in enumerate(its, start=1)]
    return {"info": dict(about), "images": shown, "annotations": found, "categories": [CATEGORY]}
