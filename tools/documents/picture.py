"""The picture of detections at the top of the README and of the first page.

    python tools/documents/picture.py

draws the one that is committed, of `synth`, and writes into the README what is to be seen on it. No image of others is
ever committed. The build of the pages draws one of IRSTD-1k where that set has been fetched, since its authors publish
it under the MIT licence; NUAA-SIRST and NUDT-SIRST name no licence, so that no page shows an image of theirs.

The images are every n-th of the test part, by their order in its list: nobody has chosen them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from front_page import CAPTION, put

import istdbench
from istdbench.datasets.dataset import Sample
from istdbench.errors import IstdbenchError
from istdbench.files import atomic_write
from istdbench.metrics.counting import DISTANCE
from istdbench.metrics.regions import find_regions, match_regions
from istdbench.registry import build_dataset
from istdbench.spec import parse_spec

COMMITTED = Path(__file__).parents[2] / "docs" / "pictures" / "detections.jpg"
METHOD = "mim_istd"
IMAGES, SIDE, GAP, ZOOM = 4, 400, 8, 5
"""Images in a row, the side of each and the space between them in pixels, and how much larger the inset is."""
AROUND, RADIUS, LINE = 15, 14, 2
"""Pixels of the image on each side of what the inset shows; of the rings around targets, and of lines."""
FOUND, MISSED, FALSE = (90, 220, 90), (60, 170, 255), (80, 80, 255)
"""Colours, as OpenCV orders channels: green, orange, red."""


@dataclass(frozen=True)
class Picture:
    """The file, JPEG, and what is to be seen on it, in one sentence."""

    jpeg: bytes
    caption: str


def picture(dataset: str) -> Picture:
    """Detections of METHOD, by the weights that were trained on this data set, in images that they never saw.

    Raises:
        DataError: the data are not here.
    """
    data = build_dataset(parse_spec(dataset))
    names = data.names(data.default_split, "test")
    detector = istdbench.load(METHOD, parse_spec(dataset).name)
    panels, counts = [], np.zeros(3, dtype=int)
    for name in names[:: len(names) // IMAGES][:IMAGES]:
        panel, counted = _panel(data.load(name), detector)
        panels.append(panel)
        counts += counted
    targets, missed, false = counts.tolist()
    space = np.full((SIDE, GAP, 3), 255, np.uint8)
    row = np.hstack([part for panel in panels for part in (space, panel)][1:])
    alarms = f"{false} false alarm" + "s" * (false != 1)
    said = (
        f"`{METHOD}` on test images of `{dataset}`, every {len(names) // IMAGES}th of the list: {targets - missed} of "
        f"{targets} targets found (green), {missed} missed (orange), {alarms} (red)."
    )
    return Picture(cv2.imencode(".jpg", row, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes(), said)


@cache
def shown() -> Picture:
    """Of IRSTD-1k where it has been fetched and weights for it are here, else of `synth`."""
    try:
        made = picture("irstd1k")
    except IstdbenchError:
        return picture("synth")
    return Picture(made.jpeg, f"{made.caption} Images: IRSTD-1k, Zhang et al., CVPR 2022, MIT licence.")


def _panel(sample: Sample, detector: istdbench.Detector) -> tuple[np.ndarray, tuple[int, int, int]]:
    """One image with what was found in it, (SIDE, SIDE, 3), and how many targets, misses and false alarms it has."""
    predicted = find_regions(detector(sample.image) > detector.threshold)
    targets = find_regions(sample.mask)
    matches = match_regions(targets, predicted, DISTANCE)
    false = sorted(set(range(len(predicted))) - set(matches.tolist()))
    scale = SIDE / max(sample.image.shape)
    size = tuple(round(side * scale) for side in sample.image.shape[::-1])
    drawn = cv2.cvtColor(cv2.resize(_grey(sample.image), size, interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2BGR)
    marks = [(targets.centroids[index], FOUND if match >= 0 else MISSED) for index, match in enumerate(matches)]
    marks += [(predicted.centroids[index], FALSE) for index in false]
    places = [(round((x + 0.5) * scale), round((y + 0.5) * scale)) for (y, x), _ in marks]
    for place, (_, colour) in zip(places, marks, strict=True):
        cv2.circle(drawn, place, RADIUS, colour, LINE, cv2.LINE_AA)
    if marks:
        (y, x), colour = marks[0]
        _inset(drawn, _crop(sample.image, round(y), round(x)), colour, places)
    return drawn, (len(targets), int((matches < 0).sum()), len(false))


def _grey(image: np.ndarray) -> np.ndarray:
    low, high = np.percentile(image, (0.5, 99.95))
    return ((image - low) * (255 / max(high - low, 1e-9))).clip(0, 255).astype(np.uint8)


def _crop(image: np.ndarray, y: int, x: int) -> np.ndarray:
    """The surroundings of a pixel, moved inwards at the edges, enlarged so that pixels are seen."""
    top, left = (int(np.clip(at - AROUND, 0, side - 2 * AROUND)) for at, side in zip((y, x), image.shape, strict=True))
    part = _grey(image[top : top + 2 * AROUND, left : left + 2 * AROUND])
    return cv2.resize(part, None, fx=ZOOM, fy=ZOOM, interpolation=cv2.INTER_NEAREST)


def _inset(drawn: np.ndarray, part: np.ndarray, colour: tuple[int, int, int], marked: list[tuple[int, int]]) -> None:
    """Put an enlarged part into the first corner in which it covers no mark."""
    framed = cv2.copyMakeBorder(cv2.cvtColor(part, cv2.COLOR_GRAY2BGR), *[LINE] * 4, cv2.BORDER_CONSTANT, value=colour)
    side, (height, width) = len(framed), drawn.shape[:2]
    for top, left in ((height - side, 0), (height - side, width - side), (0, 0), (0, width - side)):
        near = side / 2 + RADIUS
        if all(abs(x - left - side / 2) > near or abs(y - top - side / 2) > near for x, y in marked):
            drawn[top : top + side, left : left + side] = framed
            return


if __name__ == "__main__":
    made = picture("synth")
    atomic_write(COMMITTED, made.jpeg)
    put(CAPTION, made.caption)
