"""Synthetic infrared images in integer arithmetic, so that every machine renders the same bits.

How determinism is had: random bits come from `PCG64.random_raw`, whose stream NumPy guarantees (its `Generator`
methods may change); everything after is addition, multiplication, shifts and floor division of integers, integer
square roots, and Gaussian profiles from `decimal`, whose `exp` is correctly rounded. No floating-point library
function, FFT or BLAS call takes part.

Grey levels are fixed-point numbers here: integers in units of 1/256 grey level.

An image is     uint8( blend(clutter, target, profile) + noise ),
its mask        profile > half of the profile's peak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal

from istdbench.lazy import numpy as np

LEVEL = 256
"""One grey level in fixed-point units."""
UNIT = 1 << 15
"""1.0 of interpolation weights and spot profiles."""

CLUTTER_SD = 16 * LEVEL
NOISE_SD = 2 * LEVEL
DARKEST, BRIGHTEST = 70, 120
"""Range of an image's mean grey level."""
OCTAVES = (2, 4, 8, 16, 32, 64, 128)
"""Lattice spacings in pixels; equal variance an octave makes an amplitude spectrum of 1/f."""
SUBPIXEL = 8
"""Target centres lie on a grid of 1/8 pixel."""
STRETCH = {"cloud": 1, "sea": 6}
"""How many times longer clutter is along rows than along columns."""


@dataclass(frozen=True)
class Scene:
    """What an image shows.

    Attributes:
        size: rows and columns, pixels.
        scr: (peak of a target - local mean) / local standard deviation of clutter with noise.
        sigma: standard deviation of a target's Gaussian spot, pixels.
        clutter: "cloud" (isotropic), "sea" (streaks along rows), or "mixed" (each image one of the two).
    """

    size: int
    scr: float
    sigma: float
    clutter: str

    @property
    def local(self) -> int:
        """Half width in pixels of the window that `scr` is defined on: six sigma, at least 8."""
        return max(8, math.ceil(6 * self.sigma))


class Bits:
    """Random integers from a seed, the same on every machine and under every NumPy version."""

    def __init__(self, seed: int) -> None:
        self._source = np.random.PCG64(seed)

    def below(self, limit: int) -> int:
        """An integer in 0 to limit - 1 (bias below limit / 2^64)."""
        return int(self._source.random_raw()) % limit

    def signed(self, *shape: int) -> np.ndarray:
        """Uniform int64 in -32768 to 32767."""
        words = self._source.random_raw(math.prod(shape)).reshape(shape)
        return (words >> np.uint64(48)).astype(np.int64) - 32768

    def normal(self, *shape: int, sd: int) -> np.ndarray:
        """Near-normal int64 of mean 0 and standard deviation `sd`: the sum of eight uniform bytes."""
        words = self._source.random_raw(math.prod(shape))
        sums = words.view(np.uint8).reshape(*shape, 8).sum(axis=-1, dtype=np.int64)
        return (sums - 1020) * sd // 209  # mean 8 * 127.5; standard deviation sqrt(8 * (256^2 - 1) / 12) = 209.02


def render(seed: int, scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """One image and its mask.

    Returns:
        (size, size) uint8 image and (size, size) bool mask with 0 (one image in ten) to 3 targets.
    """
    return expose(*draw(Bits(seed), scene), scene)


def draw(bits: Bits, scene: Scene) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int]]]:
    """What an image is made of: background and noise, (size, size) int64 each, and where the targets are."""
    kind = ("cloud", "sea")[bits.below(2)] if scene.clutter == "mixed" else scene.clutter
    mean = (DARKEST + bits.below(BRIGHTEST - DARKEST + 1)) * LEVEL
    background = mean + clutter(bits, scene.size, STRETCH[kind])
    return background, sensor_noise(bits, scene), places(bits, scene)


def sensor_noise(bits: Bits, scene: Scene) -> np.ndarray:
    """(size, size) int64."""
    return bits.normal(scene.size, scene.size, sd=NOISE_SD)


def expose(
    background: np.ndarray, noise: np.ndarray, targets: list[tuple[int, int]], scene: Scene
) -> tuple[np.ndarray, np.ndarray]:
    """The image and the mask, as `render` gives them, of targets centred there."""
    image, mask = background.copy(), np.zeros(background.shape, dtype=bool)
    for row, column in targets:
        peak = target_level(background + noise, row, column, scene)
        spot = profile(row, column, scene)
        image += (peak - image) * spot >> 15
        mask |= 2 * spot > UNIT
    return ((image + noise + LEVEL // 2) // LEVEL).clip(0, 255).astype(np.uint8), mask


def clutter(bits: Bits, size: int, stretch: int) -> np.ndarray:
    """(size, size) int64 clutter of mean 0 and standard deviation CLUTTER_SD: the sum of value noise per octave."""
    total = np.zeros((size, size), dtype=np.int64)
    for cell in OCTAVES:
        total += _value_noise(bits, size, cell, cell * stretch)
    mean, sd = mean_and_sd(total)
    return (total - mean) * CLUTTER_SD // sd


def places(bits: Bits, scene: Scene) -> list[tuple[int, int]]:
    """Centres of 0 to 3 targets in 1/8 pixel, whole in the image and outside each other's local windows."""
    draw = bits.below(100)
    count = 0 if draw < 10 else 1 if draw < 73 else 2 if draw < 91 else 3
    margin = math.ceil(3 * scene.sigma) * SUBPIXEL
    chosen: list[tuple[int, int]] = []
    for _ in range(64):  # bounded: a small image that has no place left gets fewer targets
        if len(chosen) == count:
            break
        row, column = (margin + bits.below((scene.size - 1) * SUBPIXEL - 2 * margin + 1) for _ in range(2))
        if all(max(abs(row - r), abs(column - c)) > 2 * scene.local * SUBPIXEL for r, c in chosen):
            chosen.append((row, column))
    return chosen


def target_level(background: np.ndarray, row: int, column: int, scene: Scene) -> int:
    """The level of a target's peak: local mean + scr * local standard deviation."""
    top, left = (max(0, centre // SUBPIXEL - scene.local) for centre in (row, column))
    bottom, right = (centre // SUBPIXEL + scene.local + 1 for centre in (row, column))
    mean, sd = mean_and_sd(background[top:bottom, left:right])
    return mean + round(scene.scr * LEVEL) * sd // LEVEL


def profile(row: int, column: int, scene: Scene) -> np.ndarray:
    """(size, size) int64 Gaussian spot, its brightest pixel exactly UNIT."""
    spot = np.outer(_gaussian(row, scene), _gaussian(column, scene))
    return spot * UNIT // spot.max()


def mean_and_sd(values: np.ndarray) -> tuple[int, int]:
    """Mean and standard deviation of int64 values, both rounded down, the latter at least 1."""
    count, total, squares = values.size, int(values.sum()), int((values * values).sum())
    return total // count, max(1, math.isqrt(count * squares - total * total) // count)


def _value_noise(bits: Bits, size: int, height: int, width: int) -> np.ndarray:
    """Random values on a lattice of `height` x `width` pixels at a random phase, smoothly interpolated between."""
    rows, row_weight = _lattice(bits, size, height)
    columns, column_weight = _lattice(bits, size, width)
    values = bits.signed(int(rows[-1]) + 2, int(columns[-1]) + 2)
    values = _mix(values[rows], values[rows + 1], row_weight[:, None])
    return _mix(values[:, columns], values[:, columns + 1], column_weight)


def _lattice(bits: Bits, size: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """For each pixel of a line: the lattice point before it, and the smoothstep weight 3t^2 - 2t^3 of the next."""
    position = np.arange(size) + bits.below(cell)
    t = position % cell
    return position // cell, t * t * (3 * cell - 2 * t) * UNIT // cell**3


def _mix(a: np.ndarray, b: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return a + ((b - a) * weight >> 15)


def _gaussian(centre: int, scene: Scene) -> np.ndarray:
    """exp(-d^2 / (2 sigma^2)) along a line of pixels, as int64 with 1.0 = UNIT."""
    context = Context(prec=30)
    variance = Decimal(round(scene.sigma * LEVEL)) ** 2 / LEVEL**2
    reach = 6 * math.ceil(scene.sigma) * SUBPIXEL  # beyond it the profile is below 1 / UNIT
    line = np.zeros(scene.size, dtype=np.int64)
    for pixel in range(scene.size):
        distance = pixel * SUBPIXEL - centre
        if abs(distance) <= reach:
            exponent = context.divide(Decimal(-(distance**2)), 2 * SUBPIXEL**2 * variance)
            line[pixel] = int(context.exp(exponent) * UNIT)
    return line
