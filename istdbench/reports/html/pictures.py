"""Images with hits, misses and false alarms outlined, as SVG over one PNG an image.

The PNG stands on the page once; overviews and zooms of every method refer to it, and outlines are paths along pixel
edges, so that they stay sharp at any size and on paper.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import cv2
import numpy as np

from istdbench.datasets.dataset import Sample
from istdbench.metrics.breakdown import Findings

LARGEST_ZOOMS = 3
"""Zooms an image has at most."""
CONTEXT = 10
"""Pixels shown around a zoomed region, on each side."""
Run = tuple[int, int, int]
"""The line that an edge lies on, and where on it the edge starts and ends, pixels."""


@dataclass(frozen=True)
class Box:
    """A part of an image, pixels; `view` is it as an SVG viewBox."""

    left: float
    top: float
    side: float

    @property
    def view(self) -> str:
        return f"{self.left:g} {self.top:g} {self.side:g} {self.side:g}"


@dataclass(frozen=True)
class Outlines:
    """What one method did on one image: SVG path data, and centres (x, y) of rings that make small regions seen."""

    hits: str
    misses: str
    false_alarms: str
    rings: tuple[tuple[str, float, float], ...]


def png(image: np.ndarray) -> str:
    """An image (H, W) as a data URI, as `stretched`."""
    encoded = cv2.imencode(".png", stretched(image), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    return f"data:image/png;base64,{base64.b64encode(encoded).decode()}"


def stretched(image: np.ndarray) -> np.ndarray:
    """An image (H, W) as it is shown: uint8, its grey levels stretched from its darkest to its brightest pixel."""
    low, high = float(image.min()), float(image.max())
    return ((image - low) * (255 / max(high - low, 1e-9))).round().astype(np.uint8)


def outline(pixels: np.ndarray, shape: tuple[int, int]) -> str:
    """SVG path data along the edges of pixels (n,), given as indices into a flattened image of `shape`.

    >>> outline(np.array([4]), (3, 3))
    'M1 1h1M1 2h1M1 1v1M2 1v1'
    """
    along, down = edges(pixels, shape)
    return "".join(
        chain(
            (f"M{start} {line}h{end - start}" for line, start, end in along),
            (f"M{line} {start}v{end - start}" for line, start, end in down),
        )
    )


def edges(pixels: np.ndarray, shape: tuple[int, int]) -> tuple[list[Run], list[Run]]:
    """The edges of pixels (n,), given as indices into a flattened image of `shape`: those along x, those along y."""
    inside = np.zeros(np.add(shape, 2), dtype=bool)
    rows, columns = np.divmod(pixels, shape[1])
    inside[rows + 1, columns + 1] = True
    return list(_runs(inside[1:] ^ inside[:-1])), list(_runs((inside[:, 1:] ^ inside[:, :-1]).T))


def kinds(found: Findings) -> dict[str, np.ndarray]:
    """The pixels of each "hit" (the regions that detect), "miss" (the targets' masks) and "false" alarm."""
    targets, regions = found.target_regions, found.predicted_regions
    hit = np.isin(regions.owners, found.matches)
    missed = np.isin(targets.owners, np.flatnonzero(found.matches < 0))
    return {"hit": regions.pixels[hit], "miss": targets.pixels[missed], "false": regions.pixels[~hit]}


def outlines(found: Findings, shape: tuple[int, int]) -> Outlines:
    """The outlines of `kinds`."""
    rings = chain(
        (("hit" if target.detected else "miss", target.place) for target in found.targets),
        (("false", alarm.place) for alarm in found.false_alarms),
    )
    hits, misses, false_alarms = (outline(pixels, shape) for pixels in kinds(found).values())
    return Outlines(hits, misses, false_alarms, tuple((kind, x + 0.5, y + 0.5) for kind, (y, x) in rings))


def zooms(sample: Sample, found: Iterable[Findings]) -> list[Box]:
    """Where to look closer: the targets that some method misses first, then the others; without targets, the largest
    false alarm."""
    methods = list(found)
    first = methods[0]
    misses, pixels = np.sum([each.matches < 0 for each in methods], axis=0), first.target_regions.each()
    chosen = [pixels[index] for index in np.argsort(-misses)]
    if not chosen:
        chosen = [
            each.predicted_regions.pixels[each.predicted_regions.owners == each.predicted_regions.areas.argmax()]
            for each in methods
            if len(each.predicted_regions)
        ][:1]
    return [around(pixels, sample.image.shape) for pixels in chosen[:LARGEST_ZOOMS]]


def around(pixels: np.ndarray, shape: Sequence[int]) -> Box:
    """The square that shows some pixels (n,), given as indices into a flattened image of `shape`, and `CONTEXT`."""
    rows, columns = np.divmod(pixels, shape[1])
    side = float(min(max(np.ptp(rows), np.ptp(columns)) + 1 + 2 * CONTEXT, *shape))
    left, top = (
        float(np.clip((place.min() + place.max() + 1 - side) / 2, 0, size - side))
        for place, size in ((columns, shape[1]), (rows, shape[0]))
    )
    return Box(left, top, side)


def _runs(lines: np.ndarray) -> Iterable[Run]:
    """(line, start, end) of each run of True along the lines of a padded map, in the image's coordinates."""
    steps = np.diff(np.pad(lines, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, ends = np.argwhere(steps == 1), np.argwhere(steps == -1)
    for (line, start), (_, end) in zip(starts.tolist(), ends.tolist(), strict=True):
        yield line, start - 1, end - 1
