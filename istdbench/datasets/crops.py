"""Training crops: random, and yet a pure function of (seed, epoch, image name).

Whatever the number of workers, and after any resume, an epoch sees the same crops.
"""

from __future__ import annotations

import cv2
import numpy as np

from istdbench.datasets.dataset import Sample
from istdbench.files import sha256_bytes


def augment(
    sample: Sample,
    *,
    crop: int,
    seed: int,
    epoch: int,
    sd: float,
    target_bias: float = 0.7,
    flips: bool = True,
    transpose: bool = True,
    zoom: tuple[float, float] | None = None,
    gain: tuple[float, float] = (0.8, 1.2),
    offset_sd: float = 0.2,
) -> tuple[np.ndarray, np.ndarray]:
    """A random square of an image and of its mask.

    An image smaller than the crop is mirrored at its lower and right edge, and its mask with it: a mirrored target
    that were no target in the mask would teach the opposite of the data.

    Args:
        crop: rows and columns of the result, pixels.
        seed, epoch: of the training run; with `sample.name` they fix every draw.
        sd: standard deviation of the training split's pixels, the unit of `offset_sd`; grey levels.
        target_bias: probability that the crop is drawn around a random target pixel, if the image has one.
        flips: mirror rows, and columns, each with probability one half.
        transpose: exchange rows and columns with probability one half.
        zoom: range of a log-uniform magnification; the square is then `crop / zoom` wide, and stretched to `crop`.
        gain: range of the uniform factor on grey levels.
        offset_sd: standard deviation of the normal offset on grey levels, in units of `sd`.

    Returns:
        (crop, crop) float32 image, in grey levels and not clipped, and (crop, crop) bool mask.
    """
    random = np.random.default_rng(int(sha256_bytes(f"{seed}/{epoch}/{sample.name}".encode()), 16))
    side = crop if zoom is None else round(crop / np.exp(random.uniform(*np.log(zoom))))
    image, mask = (_grow(array, side) for array in (sample.image, sample.mask))
    top, left = _corner(mask, side, random, biased=random.random() < target_bias)
    image, mask = (array[top : top + side, left : left + side] for array in (image, mask))
    image, mask = stretch(image, crop), stretch_mask(mask, crop)
    up, across, turn = random.random(3) < 0.5
    if flips and up:
        image, mask = image[::-1], mask[::-1]
    if flips and across:
        image, mask = image[:, ::-1], mask[:, ::-1]
    if transpose and turn:
        image, mask = image.T, mask.T
    image = image * random.uniform(*gain) + random.normal() * offset_sd * sd
    return np.ascontiguousarray(image, dtype=np.float32), np.ascontiguousarray(mask)


def stretch(image: np.ndarray, side: int) -> np.ndarray:
    """An image (H, W) stretched to `side` x `side` pixels, bilinear."""
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_LINEAR)


def stretch_mask(mask: np.ndarray, side: int) -> np.ndarray:
    """A mask (H, W) bool stretched to `side` x `side` pixels, by nearest pixel."""
    return cv2.resize(mask.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST_EXACT) > 0


def _grow(array: np.ndarray, least: int) -> np.ndarray:
    """`array` mirrored at its lower and right edge until both sides are at least `least`."""
    rows, columns = (max(0, least - side) for side in array.shape)
    return np.pad(array, ((0, rows), (0, columns)), mode="symmetric")


def _corner(mask: np.ndarray, crop: int, random: np.random.Generator, *, biased: bool) -> tuple[int, int]:
    """Upper left corner of a crop within `mask`: anywhere, or anywhere that holds one random target pixel."""
    last = [side - crop for side in mask.shape]
    low, high = [0, 0], last
    targets = np.argwhere(mask)
    if biased and len(targets):
        pixel = targets[random.integers(len(targets))]
        low = [max(0, int(at) - crop + 1) for at in pixel]
        high = [min(end, int(at)) for end, at in zip(last, pixel, strict=True)]
    top, left = (int(random.integers(a, b, endpoint=True)) for a, b in zip(low, high, strict=True))
    return top, left
