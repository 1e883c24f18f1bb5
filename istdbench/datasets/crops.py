"""Training crops: random, and yet a pure function of (seed, epoch, image name).

Whatever the number of workers, and after any resume, an epoch sees the same crops. What chance decides is drawn by
`draw_crop` and nowhere else; `augment` does it to one image, `istdbench.training.batched_crops` to a batch on a device.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np

from istdbench.datasets.dataset import Sample
from istdbench.files import sha256_bytes


class Draw(NamedTuple):
    """What chance decided for one crop.

    Attributes:
        side: rows and columns of the square that is cut from the image, pixels.
        top, left: its upper left corner.
        up, across: its rows, its columns are mirrored.
        turn: rows and columns are exchanged after that.
        gain, offset: grey levels become `gain` times theirs plus `offset`, at the end.
    """

    side: int
    top: int
    left: int
    up: bool
    across: bool
    turn: bool
    gain: float
    offset: float


def draw_crop(
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
) -> Draw:
    """Draw a random square of an image, and what is done to it.

    Args:
        crop: rows and columns of the square in the end, pixels.
        seed, epoch: of the training run; with `sample.name` they fix every draw.
        sd: standard deviation of the training split's pixels, the unit of `offset_sd`; grey levels.
        target_bias: probability that the crop is drawn around a random target pixel, if the image has one.
        flips: mirror rows, and columns, each with probability one half.
        transpose: exchange rows and columns with probability one half.
        zoom: range of a log-uniform magnification; the square is then `crop / zoom` wide, and stretched to `crop`.
        gain: range of the uniform factor on grey levels.
        offset_sd: standard deviation of the normal offset on grey levels, in units of `sd`.
    """
    random = np.random.default_rng(int(sha256_bytes(f"{seed}/{epoch}/{sample.name}".encode()), 16))
    side = crop if zoom is None else max(1, round(crop / np.exp(random.uniform(*np.log(zoom)))))
    top, left = _corner(_grow(sample.mask, side), side, random, biased=random.random() < target_bias)
    up, across, turn = (bool(half) for half in random.random(3) < 0.5)
    factor, shift = random.uniform(*gain), random.normal() * offset_sd * sd
    return Draw(side, top, left, flips and up, flips and across, transpose and turn, factor, shift)


def augment(sample: Sample, *, crop: int, **chances: Any) -> tuple[np.ndarray, np.ndarray]:
    """A random square of an image, or of the frames of a sequence (frames, H, W) alike, and of its mask.

    An image smaller than the square is mirrored at its lower and right edge, and its mask with it: a mirrored target
    that were no target in the mask would teach the opposite of the data.

    Args:
        crop: rows and columns of the result, pixels.
        chances: as `draw_crop`.

    Returns:
        (crop, crop) or (frames, crop, crop) float32 image, in grey levels and not clipped, and (crop, crop) bool mask,
        or what else the sample has in its place.
    """
    draw = draw_crop(sample, crop=crop, **chances)
    inside = ..., slice(draw.top, draw.top + draw.side), slice(draw.left, draw.left + draw.side)
    image, mask = (_grow(array, draw.side)[inside] for array in (sample.image, sample.mask))
    image, mask = stretch(image, crop), stretch_mask(mask, crop)
    if draw.up:
        image, mask = image[..., ::-1, :], mask[::-1]
    if draw.across:
        image, mask = image[..., ::-1], mask[:, ::-1]
    if draw.turn:
        image, mask = image.swapaxes(-2, -1), mask.T
    image = image * draw.gain + draw.offset
    return np.ascontiguousarray(image, dtype=np.float32), np.ascontiguousarray(mask)


def stretch(image: np.ndarray, side: int) -> np.ndarray:
    """An image (H, W), or each frame of (frames, H, W), stretched to `side` x `side` pixels, bilinear."""
    if image.ndim == 3:
        return np.stack([stretch(frame, side) for frame in image])
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_LINEAR)


def stretch_mask(mask: np.ndarray, side: int) -> np.ndarray:
    """A mask (H, W) bool, or labels float32, stretched to `side` x `side` pixels, by nearest pixel."""
    levels = mask.astype(np.uint8) if mask.dtype == bool else mask
    return cv2.resize(levels, (side, side), interpolation=cv2.INTER_NEAREST_EXACT).astype(mask.dtype)


def _grow(array: np.ndarray, least: int) -> np.ndarray:
    """`array` mirrored at its lower and right edge until both sides are at least `least`."""
    rows, columns = (max(0, least - side) for side in array.shape[-2:])
    frames = [(0, 0)] * (array.ndim - 2)
    return np.pad(array, (*frames, (0, rows), (0, columns)), mode="symmetric") if rows or columns else array


def _corner(mask: np.ndarray, crop: int, random: np.random.Generator, *, biased: bool) -> tuple[int, int]:
    """Upper left corner of a crop within `mask`: anywhere, or anywhere that holds one random target pixel."""
    last = [side - crop for side in mask.shape]
    low, high = [0, 0], last
    targets = np.flatnonzero(mask) if biased else ()  # a hundred times faster than `argwhere`, in the same order
    if len(targets):
        pixel = divmod(int(targets[random.integers(len(targets))]), mask.shape[1])
        low = [max(0, at - crop + 1) for at in pixel]
        high = [min(end, at) for end, at in zip(last, pixel, strict=True)]
    top, left = (int(random.integers(a, b, endpoint=True)) for a, b in zip(low, high, strict=True))
    return top, left
