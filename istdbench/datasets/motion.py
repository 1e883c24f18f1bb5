"""Sequences of synthetic frames: what comes before an image of `render.py`, in the same integer arithmetic.

The last frame is the image itself, and the mask is that of the last frame. Going back in time, the background drifts at
a constant velocity, each target moves at a constant velocity of its own, and the sensor's noise is drawn anew.

Where the drift uncovers background, the border mirrors what is beside it. A target comes from the side of the image's
middle, so that it is in the image in every frame; its contrast to its surroundings, `scr`, is the same in all.
"""

from __future__ import annotations

from istdbench.datasets.render import SUBPIXEL, Bits, Scene, draw, expose, sensor_noise
from istdbench.lazy import numpy as np

FASTEST_DRIFT = 1
"""Of the background, pixels a frame along either axis."""
SLOWEST, FASTEST = SUBPIXEL // 2, 2 * SUBPIXEL
"""Of a target along either axis, in 1/8 pixel a frame."""


def longest(size: int) -> int:
    """The most frames in which every target is in an image of `size` rows and columns: what it moves away from is at
    least half as far."""
    return 1 + size * SUBPIXEL // (2 * FASTEST)


def render_sequence(seed: int, scene: Scene, frames: int) -> np.ndarray:
    """Frames of which the last is `render(seed, scene)`'s image.

    Returns:
        (frames, size, size) uint8, oldest first.
    """
    bits = Bits(seed)
    background, noise, targets = draw(bits, scene)
    drift = [bits.below(2 * FASTEST_DRIFT + 1) - FASTEST_DRIFT for _ in range(2)]
    velocities = [[_outwards(bits, place, scene) for place in target] for target in targets]
    images = [expose(background, noise, targets, scene)[0]]
    for age in range(1, frames):
        rows, columns = (_mirrored(scene.size, speed * age) for speed in drift)
        earlier = [
            (row - age * down, column - age * right)
            for (row, column), (down, right) in zip(targets, velocities, strict=True)
        ]
        images.append(expose(background[np.ix_(rows, columns)], sensor_noise(bits, scene), earlier, scene)[0])
    return np.stack(images[::-1])


def _outwards(bits: Bits, place: int, scene: Scene) -> int:
    """A speed along one axis, 1/8 pixel a frame, away from the middle."""
    speed = SLOWEST + bits.below(FASTEST - SLOWEST + 1)
    return speed if 2 * place >= scene.size * SUBPIXEL else -speed


def _mirrored(size: int, by: int) -> np.ndarray:
    """Where each pixel of a line is that was moved by as much; beyond the border it comes back."""
    place = np.abs(np.arange(size) + by)
    return np.minimum(place, 2 * (size - 1) - place)
