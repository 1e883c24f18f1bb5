"""`istdbench.datasets.crops.augment` for a whole batch at once, on the device that holds the images.

A crop is a product: which pixels it takes of the image's rows, times which of its columns, be they magnified, mirrored
or exchanged. So the host works out two short lists a crop, and the device gathers four pixels for each of the result's,
one where nothing is magnified.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor

from istdbench.datasets.crops import Draw
from istdbench.training.side_by_side import SideBySide

LOW, HIGH, NEAREST = range(3)
"""The two pixels between which the levels of a magnified one lie, and the one whose mask it has."""


def batched_crops(images: SideBySide, numbers: np.ndarray, draws: Sequence[Draw], crop: int) -> tuple[Tensor, Tensor]:
    """A batch of crops, each of one image by one draw, on the device of the images.

    They are those of `augment` up to rounding, and equal to them where nothing is magnified; the masks are equal.

    Args:
        numbers: of the images, counted from 0, (draws) int64; the same one may stand there twice.
        crop: rows and columns of the result.

    Returns:
        images and masks (draws, 1, crop, crop), float32.
    """
    device = images.levels.device
    changes = np.array([(draw.gain, draw.offset) for draw in draws], dtype=np.float32).T
    down, right, weights, changed = (_to(device, array) for array in (*_taken(images, numbers, draws, crop), changes))

    def taken(pixels: Tensor, row: int, column: int) -> Tensor:
        places = down[row, :, :, None] + right[column, :, None, :]
        return pixels.index_select(0, places.flatten()).view(places.shape)

    crops = taken(images.levels, LOW, LOW)
    if any(draw.side != crop for draw in draws):
        along, across = weights[0, :, :, None], weights[1, :, None, :]
        above = crops.lerp(taken(images.levels, LOW, HIGH), across)
        below = taken(images.levels, HIGH, LOW).lerp(taken(images.levels, HIGH, HIGH), across)
        crops = above.lerp(below, along)
    gain, offset = changed[:, :, None, None]
    return (crops * gain + offset)[:, None], taken(images.targets, NEAREST, NEAREST).float()[:, None]


def _taken(
    images: SideBySide, numbers: np.ndarray, draws: Sequence[Draw], crop: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What crops take of their images.

    Returns:
        (3, draws, crop) int64 for the rows of the result and the same for its columns, whose sums are places in
        `SideBySide`, by `LOW`, `HIGH` and `NEAREST`; and (2, draws, crop) float32, the weight of `HIGH` along both.
    """
    corners = np.array([(draw.top, draw.left) for draw in draws])
    up, across, turn = np.array([(draw.up, draw.across, draw.turn) for draw in draws]).T[:, :, None]
    (top, left), (height, width) = corners.T[:, :, None], images.shapes[numbers].T[:, :, None]
    stretched = [stretched_from(draw.side, crop) for draw in draws]
    places, weights = np.stack([place for place, _ in stretched], axis=1), np.stack([weight for _, weight in stretched])
    rows, row_weights = (np.where(up, array[..., ::-1], array) for array in (places, weights))
    columns, column_weights = (np.where(across, array[..., ::-1], array) for array in (places, weights))
    rows = images.starts[numbers, None] + _mirrored(top + rows, height) * width
    columns = _mirrored(left + columns, width)
    both = np.stack([np.where(turn, column_weights, row_weights), np.where(turn, row_weights, column_weights)])
    return np.where(turn, columns, rows), np.where(turn, rows, columns), both


@lru_cache(maxsize=4096)
def stretched_from(side: int, crop: int) -> tuple[np.ndarray, np.ndarray]:
    """What `istdbench.datasets.crops.stretch` and `stretch_mask` make the pixels of one axis of, as OpenCV does it.

    Its releases differ in how they round, so that it is asked and not repeated here.

    Returns:
        (3, crop) int64, pixels of the `side` ones by `LOW`, `HIGH` and `NEAREST`, and (crop) float32, the weight of
        `HIGH`.
    """
    shares = cv2.resize(np.eye(side, dtype=np.float32), (crop, side), interpolation=cv2.INTER_LINEAR)
    low = (shares > 0).argmax(axis=0)
    numbers = np.arange(side, dtype=np.float32)[None]
    nearest = cv2.resize(numbers, (crop, 1), interpolation=cv2.INTER_NEAREST_EXACT)[0].astype(np.int64)
    high = np.minimum(low + 1, side - 1)
    return np.stack([low, high, nearest]), 1 - shares[low, np.arange(crop)]


def _mirrored(places: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Places on an axis that is mirrored at its end, as often as needed, as places on the axis itself."""
    within = places % (2 * length)
    return np.minimum(within, 2 * length - 1 - within)


def _to(device: torch.device, array: np.ndarray) -> Tensor:
    """The array on a device, by a copy that does not wait for what the device is doing."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)
